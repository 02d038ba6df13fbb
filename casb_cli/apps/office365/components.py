"""The six components that an instance is made of: what each brings, and what it needs."""

from __future__ import annotations

from casb_cli.core.app import Component

USERS = "users"
EVENTS = "management-events"
SIGN_INS = "sign-ins"
APPS = "apps"
ACTIVITIES = "activities"
FILES = "files"

COMPONENTS = (
    Component(
        key=USERS,
        title="Azure AD users and groups",
        brings="accounts, groups and members, directory roles, and governing accounts; all others need it",
        needs=(
            "User.Read.All, GroupMember.Read.All, RoleManagement.Read.Directory, AuditLog.Read.All",
            "to act User.EnableDisableAccount.All, User.RevokeSessions.All, User-PasswordProfile.ReadWrite.All",
        ),
        notes=("last sign-in and MFA state need Entra ID P1; eligible roles (PIM) need Entra ID P2",),
        required=True,
    ),
    Component(
        key=EVENTS,
        title="Azure AD management events",
        brings="administrative activity of the directory",
        needs=("AuditLog.Read.All",),
        notes=("seven days back without Entra ID P1, thirty with it",),
        abilities=("list-activity",),
    ),
    Component(
        key=SIGN_INS,
        title="Azure AD sign-in events",
        brings="log-on activity",
        needs=("AuditLog.Read.All",),
        notes=("needs Entra ID P1 or P2",),
        abilities=("list-activity",),
    ),
    Component(
        key=APPS,
        title="Azure AD apps",
        brings="app permissions: delegated grants and application roles, and revoking them",
        needs=(
            "Application.Read.All, Directory.Read.All",
            "to act DelegatedPermissionGrant.ReadWrite.All, AppRoleAssignment.ReadWrite.All, Application.ReadWrite.All",
        ),
        abilities=("list-grants", "revoke-grant"),
    ),
    Component(
        key=ACTIVITIES,
        title="Office 365 activities",
        brings="log-on, user and administrative activity in ten apps, Exchange to Yammer",
        needs=("ActivityFeed.Read, ActivityFeed.ReadDlp of the Office 365 Management APIs",),
        notes=(
            "auditing must be on (Microsoft Purview portal, Audit); the first records take up to twelve hours",
            "seven days back at most",
        ),
        abilities=("list-activity",),
    ),
    Component(
        key=FILES,
        title="Office 365 files",
        brings="files of OneDrive and SharePoint: scan, changes, sharing, quarantine, trash",
        needs=("Files.Read.All, Sites.Read.All; to act Files.ReadWrite.All, Sites.ReadWrite.All",),
        notes=(
            "the recycle bins need a certificate (or federated credential) and Sites.FullControl.All of SharePoint",
        ),
        abilities=(
            "list-files",
            "read-file",
            "follow-files",
            "list-shares",
            "remove-share",
            "change-share",
            "quarantine-file",
            "list-trash",
            "trash-file",
            "overwrite-file",
        ),
    ),
)
