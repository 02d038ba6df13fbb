"""Who may call what at the simulated Okta: the scope that a token needs, and the power that a role gives."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

USERS = "/api/v1/users"
USER = USERS + "/{id}"
OF_USER = USERS + "/{userId}"
OF_CLIENT = OF_USER + "/clients/{clientId}"
GROUPS = "/api/v1/groups"
OF_GROUP = GROUPS + "/{groupId}"
IAM = "/api/v1/iam"
BINDINGS = IAM + "/resource-sets/{resourceSetIdOrLabel}/bindings"
APPS = "/api/v1/apps"
OF_APP = APPS + "/{appId}"
SERVERS = "/api/v1/authorizationServers"
OF_SERVER = SERVERS + "/{authServerId}/clients"
KEYS = "/api/v1/api-tokens"

_TABLE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # scope, power, calls
    (
        "okta.users.read",
        "users.read",
        (
            f"GET {USERS}",
            f"GET {USER}",
            f"GET {USER}/groups",
            f"GET {OF_USER}/factors",
            f"GET {OF_USER}/grants",
            f"GET {OF_USER}/clients",
            f"GET {OF_CLIENT}/grants",
            f"GET {OF_CLIENT}/tokens",
        ),
    ),
    ("okta.users.manage", "users.suspend", (f"POST {USER}/lifecycle/suspend",)),
    ("okta.users.manage", "users.unsuspend", (f"POST {USER}/lifecycle/unsuspend",)),
    ("okta.users.manage", "users.unlock", (f"POST {USER}/lifecycle/unlock",)),
    (
        "okta.users.manage",
        "users.lifecycle",
        (f"POST {USER}/lifecycle/deactivate", f"POST {USER}/lifecycle/activate"),
    ),
    (
        "okta.users.manage",
        "users.credentials",
        (
            f"POST {USER}/lifecycle/expire_password",
            f"POST {USER}/lifecycle/expire_password_with_temp_password",
            f"POST {USER}/lifecycle/reset_password",
        ),
    ),
    ("okta.users.manage", "users.sessions", (f"DELETE {OF_USER}/sessions",)),
    ("okta.universalLogout.manage", "users.sessions", ("POST /oauth2/v1/global-token-revocation",)),
    (
        "okta.users.manage",
        "users.grants",
        (
            f"DELETE {OF_USER}/grants",
            f"DELETE {OF_USER}/grants/{{grantId}}",
            f"DELETE {OF_CLIENT}/grants",
            f"DELETE {OF_CLIENT}/tokens",
            f"DELETE {OF_CLIENT}/tokens/{{tokenId}}",
        ),
    ),
    ("okta.groups.read", "groups.read", (f"GET {GROUPS}", f"GET {OF_GROUP}", f"GET {OF_GROUP}/users")),
    (
        "okta.roles.read",
        "iam.read",
        (
            f"GET {OF_USER}/roles",
            f"GET {OF_GROUP}/roles",
            f"GET {IAM}/assignees/users",
            f"GET {IAM}/roles",
            f"GET {IAM}/roles/{{roleIdOrLabel}}",
            f"GET {IAM}/roles/{{roleIdOrLabel}}/permissions",
            f"GET {IAM}/resource-sets",
            f"GET {BINDINGS}",
            f"GET {BINDINGS}/{{roleIdOrLabel}}/members",
            "GET /oauth2/v1/clients/{clientId}/roles",
        ),
    ),
    ("okta.logs.read", "logs.read", ("GET /api/v1/logs",)),
    ("okta.orgs.read", "org.read", ("GET /api/v1/org",)),
    ("okta.apps.read", "apps.read", (f"GET {APPS}", f"GET {OF_APP}", f"GET {OF_APP}/users", f"GET {OF_APP}/tokens")),
    (
        "okta.apps.manage",
        "apps.manage",
        (
            f"DELETE {OF_APP}/tokens",
            f"DELETE {OF_APP}/tokens/{{tokenId}}",
            f"POST {OF_APP}/lifecycle/activate",
            f"POST {OF_APP}/lifecycle/deactivate",
        ),
    ),
    ("okta.appGrants.read", "apps.read", (f"GET {OF_APP}/grants",)),
    ("okta.appGrants.manage", "grants.manage", (f"POST {OF_APP}/grants", f"DELETE {OF_APP}/grants/{{grantId}}")),
    ("okta.apiTokens.read", "keys.read", (f"GET {KEYS}", f"GET {KEYS}/{{apiTokenId}}")),
    ("okta.apiTokens.manage", "keys.manage", (f"DELETE {KEYS}/{{apiTokenId}}",)),
    ("okta.clients.read", "apps.read", ("GET /oauth2/v1/clients",)),
    (
        "okta.authorizationServers.read",
        "servers.read",
        (f"GET {SERVERS}", f"GET {OF_SERVER}", f"GET {OF_SERVER}/{{clientId}}/tokens"),
    ),
    (
        "okta.authorizationServers.manage",
        "servers.manage",
        (f"DELETE {OF_SERVER}/{{clientId}}/tokens/{{tokenId}}",),
    ),
)
NEEDS: dict[str, tuple[str, str]] = {call: (scope, power) for scope, power, calls in _TABLE for call in calls}
"""Scope and power that each logical call needs; calls that are not here check for themselves."""

_READS = frozenset({"users.read", "groups.read", "logs.read", "org.read", "apps.read", "keys.read", "servers.read"})
ALL = frozenset({power for _, power, _ in _TABLE})
POWERS: dict[str, frozenset[str]] = {
    "SUPER_ADMIN": ALL,
    "ORG_ADMIN": _READS
    | {power for power in ALL if power.startswith("users.")}
    | {"apps.manage", "keys.manage", "servers.manage"},
    "READ_ONLY_ADMIN": _READS,
    "REPORT_ADMIN": frozenset({"logs.read", "users.read", "org.read"}),
    "HELP_DESK_ADMIN": frozenset({"users.read", "groups.read", "users.credentials", "users.sessions", "users.unlock"}),
}
PERMISSIONS: dict[str, frozenset[str]] = {
    "okta.users.read": frozenset({"users.read"}),
    "okta.users.credentials.manage": frozenset({"users.credentials"}),
    "okta.users.lifecycle.clearSessions": frozenset({"users.sessions"}),
    "okta.users.lifecycle.suspend": frozenset({"users.suspend"}),
    "okta.users.lifecycle.unsuspend": frozenset({"users.unsuspend"}),
    "okta.groups.read": frozenset({"groups.read"}),
    "okta.apps.read": frozenset({"apps.read"}),
    "okta.iam.read": frozenset({"iam.read"}),
}
"""What a permission of a custom role allows."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The caller: an app (`scopes` are its token's) or the owner of an API token (`scopes` None).

    `key` is whose rate limits are counted; `token` the id of the API token.
    """

    kind: str
    id: str
    key: str
    scopes: frozenset[str] | None
    powers: frozenset[str]
    roles: frozenset[str]
    token: str | None = None

    def has_scope(self, scope: str) -> bool:
        """Tell whether the token carries a scope; `manage` includes `read`, API tokens have no scopes."""
        if self.scopes is None or scope in self.scopes:
            return True
        return scope.endswith(".read") and scope.removesuffix("read") + "manage" in self.scopes


def powers_of(roles: Iterable[str], permissions: Iterable[str] = ()) -> frozenset[str]:
    """Return the powers of standard roles and of the permissions of custom ones."""
    found: set[str] = set()
    for role in roles:
        found |= POWERS.get(role, frozenset())
    for permission in permissions:
        found |= PERMISSIONS.get(permission, frozenset())
    return frozenset(found)
