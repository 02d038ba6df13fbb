"""IAM actions: the one vocabulary of permission in AWS, however the keys were obtained."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

ACTIONS = "iam"
"""The key under which needs list actions."""


def may(*actions: str) -> dict[str, list[tuple[str, ...]]]:
    """Return the `any_of` of a need: actions that are all needed."""
    return {ACTIONS: [actions]}


def matches(pattern: str, action: str) -> bool:
    """Tell whether a policy's action (`s3:Get*`) covers one; case does not matter."""
    return fnmatchcase(action.lower(), pattern.lower().replace("[", "[[]"))


def covered(patterns: Iterable[str], action: str) -> bool:
    """Tell whether one of the patterns covers an action."""
    return any(matches(pattern, action) for pattern in patterns)
