"""Base URLs from the host: github.com, GHE.com and Enterprise Server differ in form.

The three forms are those of GitHub's own command line (`ghinstance`). `graphql` is the address above
`/graphql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def _host(fields: Mapping[str, str]) -> str:
    host = (fields.get("host") or "github.com").strip().lower().removeprefix("https://").strip("/")
    return "github.com" if host in {"www.github.com", "api.github.com"} else host.removeprefix("api.")


def base_urls(fields: Mapping[str, str]) -> dict[str, str]:
    """Return API, sign-in and GraphQL base URLs for the `host` field; `<name>_url` fields win."""
    host = _host(fields)
    if host == "github.com":
        urls = {
            "api": "https://api.github.com",
            "oauth": "https://github.com",
            "graphql": "https://api.github.com",
        }
    elif host.endswith(".ghe.com"):
        urls = {"api": f"https://api.{host}", "oauth": f"https://{host}", "graphql": f"https://api.{host}"}
    else:
        urls = {"api": f"https://{host}/api/v3", "oauth": f"https://{host}", "graphql": f"https://{host}/api"}
    urls |= {name: fields[f"{name}_url"].rstrip("/") for name in urls if fields.get(f"{name}_url")}
    return urls | {"graphql": urls["graphql"].removesuffix("/graphql")}


def variant_of(fields: Mapping[str, str]) -> str:
    """Return the variant that the addresses tell: `github.com`, `ghe.com` or `ghes` (its API is under `/api/v3`)."""
    host = _host(fields)
    api = urlsplit((fields.get("api_url") or "").strip())
    if host == "github.com" and api.hostname:
        host = "ghes" if api.path.rstrip("/").endswith("/api/v3") else api.hostname.removeprefix("api.")
        if host != "ghes" and not host.endswith(".ghe.com"):
            return "github.com"
    if host == "github.com":
        return "github.com"
    return "ghe.com" if host.endswith(".ghe.com") else "ghes"
