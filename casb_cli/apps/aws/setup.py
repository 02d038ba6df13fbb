"""What to create in AWS before connecting: trust policy, permission policies and the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casb_cli.core.capabilities import Need


def instructions(method: str, needs: Sequence[Need], fields: Mapping[str, str]) -> str:
    """Return the steps to create the credential, with only the actions that `needs` call for."""
    del method, needs, fields
    return ""
