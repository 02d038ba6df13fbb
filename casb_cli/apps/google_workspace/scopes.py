"""Google's scopes, as the domain-wide delegation entry lists them, and which of them includes which.

developers.google.com, "OAuth 2.0 scopes for Google APIs": a scope without `.readonly` reads too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

VOCABULARY = "oauth"
_AT = "https://www.googleapis.com/auth/"

USERS = _AT + "admin.directory.user.readonly"
USERS_MANAGE = _AT + "admin.directory.user"
GROUPS = _AT + "admin.directory.group.readonly"
ROLES = _AT + "admin.directory.rolemanagement.readonly"
ROLES_MANAGE = _AT + "admin.directory.rolemanagement"
SECURITY = _AT + "admin.directory.user.security"
CUSTOMER = _AT + "admin.directory.customer.readonly"
DOMAINS = _AT + "admin.directory.domain.readonly"
ORG_UNITS = _AT + "admin.directory.orgunit.readonly"
AUDIT = _AT + "admin.reports.audit.readonly"
DRIVE_READ = _AT + "drive.readonly"
DRIVE = _AT + "drive"
EMAIL = _AT + "userinfo.email"
"""Asked of a person, to know who signed in."""

DIRECTORY_SET = (
    CUSTOMER,
    DOMAINS,
    USERS,
    USERS_MANAGE,
    GROUPS,
    ROLES,
    ROLES_MANAGE,
    ORG_UNITS,
    SECURITY,
    AUDIT,
)
"""Asked for with the administrator's token towards the Admin SDK."""
DRIVE_SET = (DRIVE_READ, DRIVE)
"""Asked for with every token towards Drive."""
ALL = (*DIRECTORY_SET, *DRIVE_SET)

ALWAYS = (CUSTOMER, DOMAINS)
"""Needed to know whose this is and who belongs to it, whatever else is wanted."""


def expand(granted: frozenset[str]) -> frozenset[str]:
    """Return the grants with all that they imply."""
    return granted | {scope for scope in ALL if scope.removesuffix(".readonly") in granted}


def least(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return scopes in our order, without those that another of them implies."""
    asked = frozenset(scopes)
    return tuple(
        scope
        for scope in dict.fromkeys((*(one for one in ALL if one in asked), *sorted(asked)))
        if not any(other != scope and scope in expand(frozenset({other})) for other in asked)
    )


def google(*alternatives: str | Sequence[str]) -> dict[str, Sequence[str | Sequence[str]]]:
    """Return the `any_of` of a need."""
    return {VOCABULARY: list(alternatives)}
