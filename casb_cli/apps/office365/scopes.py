"""The permissions of Graph, the Management Activity API and SharePoint, and what each implies.

Application permissions stand in a token's `roles`, delegated ones in its `scp`; names are the same but for a
few. SharePoint's own are told apart from Graph's of the same name by a prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from casb_cli.core.exchange import needs

APPLICATION = "application"
DELEGATED = "delegated"
SHAREPOINT = "SharePoint:"
"""Before a permission of the SharePoint resource, which Graph's of the same name does not imply."""

USERS = "User.Read.All"
GROUPS = "GroupMember.Read.All"
ROLES = "RoleManagement.Read.Directory"
ELIGIBLE = "RoleEligibilitySchedule.Read.Directory"
AUDIT = "AuditLog.Read.All"
APPS = "Application.Read.All"
DIRECTORY = "Directory.Read.All"
FEED = "ActivityFeed.Read"
FEED_DLP = "ActivityFeed.ReadDlp"
FILES = "Files.Read.All"
SITES = "Sites.Read.All"
SITES_FULL = "Sites.FullControl.All"
FILES_WRITE = "Files.ReadWrite.All"
SITES_WRITE = "Sites.ReadWrite.All"
SHAREPOINT_FULL = SHAREPOINT + "Sites.FullControl.All"
ENABLE_DISABLE = "User.EnableDisableAccount.All"
USERS_WRITE = "User.ReadWrite.All"
REVOKE_SESSIONS = "User.RevokeSessions.All"
PASSWORDS = "User-PasswordProfile.ReadWrite.All"
GRANTS_WRITE = "DelegatedPermissionGrant.ReadWrite.All"
ASSIGNMENTS_WRITE = "AppRoleAssignment.ReadWrite.All"
APPS_WRITE = "Application.ReadWrite.All"
LABELS = "SensitivityLabel.Read"

BY_ASSERTION = frozenset({"certificate", "federated"})
"""The sign-ins whose tokens SharePoint's own API takes from an app: by a signed assertion, not by a secret."""

_IMPLIES: dict[str, tuple[str, ...]] = {
    "Directory.ReadWrite.All": (
        DIRECTORY,
        USERS,
        GROUPS,
        "Group.Read.All",
        APPS,
        USERS_WRITE,
        "DelegatedPermissionGrant.Read.All",
    ),
    # Roles held are read with it too, those that may be activated are not: whoever needs roles names both.
    DIRECTORY: (USERS, GROUPS, "Group.Read.All", APPS, "DelegatedPermissionGrant.Read.All"),
    USERS_WRITE: (USERS, ENABLE_DISABLE, REVOKE_SESSIONS, PASSWORDS),
    "Group.Read.All": (GROUPS,),
    "Group.ReadWrite.All": ("Group.Read.All", GROUPS),
    "GroupMember.ReadWrite.All": (GROUPS,),
    "RoleManagement.ReadWrite.Directory": (ROLES,),
    "RoleManagement.Read.All": (ROLES,),
    APPS_WRITE: (APPS,),
    GRANTS_WRITE: ("DelegatedPermissionGrant.Read.All",),
    FILES_WRITE: (FILES,),
    SITES_WRITE: (SITES,),
    "Sites.Manage.All": (SITES_WRITE, SITES),
    SITES_FULL: ("Sites.Manage.All", SITES_WRITE, SITES),
}


def expand(granted: frozenset[str]) -> frozenset[str]:
    """Return the permissions with all that they imply."""
    found = set(granted)
    waiting = list(granted)
    while waiting:
        new = [one for one in _IMPLIES.get(waiting.pop(), ()) if one not in found]
        found.update(new)
        waiting += new
    return frozenset(found)


def graph(*alternatives: str | Sequence[str]) -> dict[str, Sequence[str | Sequence[str]]]:
    """Return the `any_of` of a need that both kinds of permission serve."""
    return {APPLICATION: list(alternatives), DELEGATED: list(alternatives)}


def app_only(*alternatives: str | Sequence[str]) -> dict[str, Sequence[str | Sequence[str]]]:
    """Return the `any_of` of a need that no signed-in person's token serves."""
    return {APPLICATION: list(alternatives)}


on_users = partial(needs, component="users")
"""`@needs` of what the component users brings; the others likewise."""
on_events = partial(needs, component="management-events")
on_sign_ins = partial(needs, component="sign-ins")
on_apps = partial(needs, component="apps")
on_activities = partial(needs, component="activities")
on_files = partial(needs, component="files")
