"""Base URLs from the host: github.com, GHE.com and Enterprise Server differ in form.

The three forms are those of GitHub's own command line (`ghinstance`).
"""

from __future__ import annotations

from collections.abc import Mapping


def base_urls(fields: Mapping[str, str]) -> dict[str, str]:
    """Return API, sign-in and GraphQL base URLs for the `host` field; github.com where there is none."""
    host = (fields.get("host") or "github.com").strip().lower().removeprefix("https://").strip("/")
    if host in {"github.com", "www.github.com", "api.github.com"}:
        return {
            "api": "https://api.github.com",
            "oauth": "https://github.com",
            "graphql": "https://api.github.com/graphql",
        }
    if host.endswith(".ghe.com"):
        host = host.removeprefix("api.")
        return {
            "api": f"https://api.{host}",
            "oauth": f"https://{host}",
            "graphql": f"https://api.{host}/graphql",
        }
    return {
        "api": f"https://{host}/api/v3",
        "oauth": f"https://{host}",
        "graphql": f"https://{host}/api/graphql",
    }


def variant_of(fields: Mapping[str, str]) -> str:
    """Return the variant that the host alone tells: `github.com`, `ghe.com` or `ghes`."""
    host = (fields.get("host") or "github.com").strip().lower().removeprefix("https://").strip("/")
    if host in {"github.com", "www.github.com", "api.github.com"}:
        return "github.com"
    return "ghe.com" if host.endswith(".ghe.com") else "ghes"
