"""The org's address: any of Okta's domains or one of the customer's own; the console's address is corrected."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from casb_cli.core.errors import UsageError

DOMAINS = (
    "okta.com",
    "okta-emea.com",
    "oktapreview.com",
    "okta-gov.com",
    "okta.mil",
    "okta-miltest.com",
    "trex-govcloud.com",
)
"""Okta's own; every other host is a custom domain."""


def base_urls(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the one base URL, from `org_url` (or `api_url`); raises UsageError where it names no host."""
    given = (fields.get("api_url") or fields.get("org_url") or "").strip()
    text = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.username is not None or parts.password is not None:
        raise UsageError(
            f"`{given if '@' not in given else '***'}` is no org URL",
            hint="give the address at which people sign in: --field org_url=https://acme.okta.com",
        )
    for domain in DOMAINS:
        if host.endswith(f"-admin.{domain}"):
            # That is the Admin Console, where the API does not answer.
            host = host.removesuffix(f"-admin.{domain}") + f".{domain}"
    shown = f"[{host}]" if ":" in host else host
    return {"api": f"{parts.scheme}://{shown}" + (f":{port}" if port else "")}
