"""Microsoft's clouds: each has its own hosts, and tokens are for the host's own audience."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from casb_cli.core.errors import UsageError


class Cloud(msgspec.Struct, frozen=True):
    """The base URLs of one cloud, and the suffix of its SharePoint hosts; no `manage`, no Management API."""

    login: str
    graph: str
    manage: str | None
    sharepoint: str
    outlook: str


GLOBAL = "global"

CLOUDS: dict[str, Cloud] = {
    GLOBAL: Cloud(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://manage.office.com",
        ".sharepoint.com",
        "https://outlook.office365.com",
    ),
    "gcc": Cloud(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://manage-gcc.office.com",
        ".sharepoint.com",
        "https://outlook.office365.com",
    ),
    "gcc-high": Cloud(
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://manage.office365.us",
        ".sharepoint.us",
        "https://outlook.office365.us",
    ),
    "dod": Cloud(
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://manage.protection.apps.mil",
        ".sharepoint-mil.us",
        "https://webmail.apps.mil",
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        None,
        ".sharepoint.cn",
        "https://partner.outlook.cn",
    ),
}


def cloud_of(fields: Mapping[str, str]) -> Cloud:
    """Return the cloud that the `cloud` field names, the global one without it; raises UsageError."""
    name = (fields.get("cloud") or GLOBAL).strip().lower()
    found = CLOUDS.get(name)
    if found is None:
        raise UsageError(f"there is no cloud `{name}`", hint=f"--field cloud= one of {', '.join(CLOUDS)}")
    return found


def tenant_of(fields: Mapping[str, str]) -> str:
    """Return the tenant's GUID or domain as it stands in addresses; raises UsageError where it could not be one."""
    tenant = fields.get("tenant", "").strip()
    if not tenant or not all(letter.isalnum() or letter in ".-" for letter in tenant) or not tenant.strip(".-"):
        raise UsageError(
            f"`{tenant}` is neither a tenant's GUID nor one of its domains",
            hint="--field tenant=contoso.onmicrosoft.com",
        )
    return tenant


class Addresses(dict[str, str]):
    """Base URLs by name; a host of SharePoint (`sharepoint:contoso.sharepoint.com`) is found as it is asked for.

    Where `sharepoint_url` or `mysite_url` are given (a test server), they stand for every such host.
    """

    def __init__(self, urls: Mapping[str, str], suffix: str) -> None:
        super().__init__(urls)
        self._suffix = suffix

    def __missing__(self, name: str) -> str:
        kind, _, host = name.partition(":")
        # Letters, digits, hyphens and dots below Microsoft's own domain: nothing else gets a token.
        ours = host.endswith(self._suffix) and all(letter.isalnum() or letter in "-." for letter in host)
        if kind != "sharepoint" or not ours or not host.isascii():
            raise KeyError(name)
        return self.get("mysite" if is_personal(host) else "sharepoint") or f"https://{host}"


def is_personal(host: str) -> bool:
    """Tell whether a SharePoint host holds personal sites (OneDrive)."""
    return host.partition(".")[0].endswith("-my")


def sharepoint_host(url: str) -> str:
    """Return the name under which calls reach the SharePoint host of a URL: `sharepoint:HOST`."""
    return f"sharepoint:{(urlsplit(url).hostname or '').lower()}"
