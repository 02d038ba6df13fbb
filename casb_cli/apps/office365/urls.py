"""Base URLs from the cloud; `<name>_url` fields win."""

from __future__ import annotations

from collections.abc import Mapping

from casb_cli.apps._microsoft.clouds import Addresses, cloud_of

VERSION = "/v1.0"
_OPTIONAL = ("sharepoint", "mysite", "content")


def base_urls(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the base URLs of the instance's cloud; hosts of SharePoint are found as they are asked for."""
    cloud = cloud_of(fields)
    urls = {"api": cloud.graph, "login": cloud.login}
    if cloud.manage:
        urls["manage"] = cloud.manage
    for name in (*urls, "manage", *_OPTIONAL):
        if fields.get(f"{name}_url"):
            urls[name] = fields[f"{name}_url"].rstrip("/")
    # Calls are named by their path below the version, as the vendor's pages do.
    graph = urls["api"].removesuffix(VERSION)
    return Addresses({**urls, "api": graph + VERSION, "beta": f"{graph}/beta"}, cloud.sharepoint)
