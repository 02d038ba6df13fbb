"""The two vocabularies of GitHub's repository roles: `role_name: read` of people, `permission: pull` of teams."""

from __future__ import annotations

ROLES = ("read", "triage", "write", "maintain", "admin")
"""The roles that every organization has, least first; enterprises may add their own."""
_ROLE_OF = {"pull": "read", "push": "write"}


def role_of(permission: str | None) -> str | None:
    """Return the role that a permission gives, in the words that people's roles have."""
    return _ROLE_OF.get(permission or "", permission)


def permission_of(role: str) -> str:
    """Return the permission that grants a role: writing calls take `pull` and `push`, or a custom role's name."""
    return next((permission for permission, name in _ROLE_OF.items() if name == role), role)
