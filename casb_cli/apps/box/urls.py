"""Base URLs: the user sets Box's own; the version stands in ours, so that calls read as documented."""

from __future__ import annotations

from collections.abc import Mapping

from casb_cli.apps.box import APP

VERSION = "/2.0"


def base_urls(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the bases of API, uploads, downloads and sign-in; `<name>_url` fields win, with or without `/2.0`."""
    told = {name: (fields.get(f"{name}_url") or default).rstrip("/") for name, default in APP.hosts.items()}
    root = told["api"].removesuffix(VERSION)
    return {
        **told,
        "api": root + VERSION,
        "upload": told["upload"].removesuffix(VERSION) + VERSION,
        # The token endpoint stands beside the versioned API: POST /oauth2/token.
        "oauth": root,
    }
