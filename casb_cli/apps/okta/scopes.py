"""Okta's two vocabularies of permission: scopes of OAuth for Okta, and the admin roles behind an API token.

developer.okta.com, "OAuth 2.0 scopes": whoever may manage may read.
"""

from __future__ import annotations

from collections.abc import Sequence

OAUTH = "oauth"
ROLES = "role"
SUPER = "SUPER_ADMIN"

USERS = "okta.users.read"
USERS_MANAGE = "okta.users.manage"
GROUPS = "okta.groups.read"
ADMIN_ROLES = "okta.roles.read"
LOGS = "okta.logs.read"
APPS = "okta.apps.read"
APP_GRANTS = "okta.appGrants.read"
APP_GRANTS_MANAGE = "okta.appGrants.manage"
API_TOKENS = "okta.apiTokens.read"
API_TOKENS_MANAGE = "okta.apiTokens.manage"
ORG = "okta.orgs.read"

ALL = (
    ORG,
    USERS,
    USERS_MANAGE,
    GROUPS,
    ADMIN_ROLES,
    LOGS,
    APPS,
    APP_GRANTS,
    APP_GRANTS_MANAGE,
    API_TOKENS,
    API_TOKENS_MANAGE,
)
"""Asked for with every token: Okta puts those into it that the app was granted."""

READING_ROLES = frozenset({"READ_ONLY_ADMIN", "REPORT_ADMIN"})
"""Roles that change nothing, whatever the scopes say."""


def expand(granted: frozenset[str]) -> frozenset[str]:
    """Return the grants with all that they imply."""
    return granted | {scope.removesuffix(".manage") + ".read" for scope in granted if scope.endswith(".manage")}


def okta(*alternatives: str | Sequence[str]) -> dict[str, Sequence[str | Sequence[str]]]:
    """Return the `any_of` of a need: scopes of a service app, or the role that surely may with an API token."""
    return {OAUTH: list(alternatives), ROLES: [SUPER]}
