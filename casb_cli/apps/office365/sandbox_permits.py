"""Application permissions of the simulated tenant: their ids, what is granted by default, which call takes which."""

from __future__ import annotations

GRAPH, MANAGE, SHAREPOINT = (
    "00000003-0000-0000-c000-000000000000",
    "c5393580-f805-4401-95e8-94b7a6ef2fc2",
    "00000003-0000-0ff1-ce00-000000000000",
)
"""The application ids of the three APIs."""

GRAPH_ROLES = {
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "User.ReadWrite.All": "741f803b-c850-494e-b5df-cde7c675a1ca",
    "User.EnableDisableAccount.All": "3011c876-62b7-4ada-afa2-506cbbecc68c",
    "User.RevokeSessions.All": "77f3a031-c388-4f99-b373-dc68676a979e",
    "User-PasswordProfile.ReadWrite.All": "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Directory.ReadWrite.All": "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    "RoleManagement.Read.Directory": "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
    "RoleEligibilitySchedule.Read.Directory": "ff278e11-4a33-4d0c-83d2-d01dc58929a5",
    "RoleAssignmentSchedule.Read.Directory": "d5fe8ce8-684c-4c83-a52c-46e882ce4be1",
    "AuditLog.Read.All": "b0afded3-3588-46d8-8b3d-9842eff778da",
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "DelegatedPermissionGrant.ReadWrite.All": "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Sites.Read.All": "332a536c-c7ef-4017-ab91-336970924f0d",
    "Sites.ReadWrite.All": "9492366f-7969-46a4-8d15-ed1a20078fff",
    "Sites.FullControl.All": "a82116e5-55eb-4c41-a434-62fe8a61c773",
    "Files.Read.All": "01d4889c-1287-42c6-ac1f-5d1e02578ef6",
    "Files.ReadWrite.All": "75359482-378d-4052-8f01-80520e7db3cd",
    "Mail.Read": "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
    "Mail.Send": "b633e1c5-b582-4048-a93e-9f11b44c7e96",
    "Reports.Read.All": "230c1aed-a721-4c5d-9cb4-a90514e508ef",
    "UserAuthenticationMethod.Read.All": "38d9df27-64da-44fd-b7c5-a6fbac20248f",
    "InformationProtectionPolicy.Read.All": "19da66cb-0fb0-4390-b071-ebc76a349482",
}
MANAGE_ROLES = {
    "ActivityFeed.Read": "594c1fb6-4f81-4475-ae41-0c394909246d",
    "ActivityFeed.ReadDlp": "4807a72c-ad38-4250-94c9-4eabfe26cd55",
    "ServiceHealth.Read": "e2cea78f-e743-4d8f-a16a-75b629a038ae",
}
SHAREPOINT_ROLES = {
    "Sites.FullControl.All": "678536fe-1083-478a-9c59-b99265e6b0d3",
    "Sites.Read.All": "d13f72ca-a275-4b96-b789-48ebcc4da984",
}
ROLES = {GRAPH: GRAPH_ROLES, MANAGE: MANAGE_ROLES, SHAREPOINT: SHAREPOINT_ROLES}
_PREFIX = {"graph": GRAPH, "manage": MANAGE, "management": MANAGE, "sharepoint": SHAREPOINT}

DEFAULT = {
    GRAPH: frozenset(
        {
            "User.Read.All", "User.EnableDisableAccount.All", "User.RevokeSessions.All",
            "User-PasswordProfile.ReadWrite.All", "GroupMember.Read.All", "RoleManagement.Read.Directory",
            "AuditLog.Read.All", "Directory.Read.All", "Application.Read.All", "Application.ReadWrite.All",
            "DelegatedPermissionGrant.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "Files.Read.All",
            "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All",
        }
    ),
    MANAGE: frozenset({"ActivityFeed.Read", "ActivityFeed.ReadDlp"}),
    SHAREPOINT: frozenset({"Sites.FullControl.All"}),
}  # fmt: skip
"""What is granted unless told otherwise: all components, reading and governing."""


def granted(text: str | None) -> dict[str, frozenset[str]]:
    """Return what a setting grants at each API: blank separated names, `sharepoint:Name` at that API alone."""
    if text is None:
        return DEFAULT
    found: dict[str, set[str]] = {api: set() for api in ROLES}
    for word in text.split():
        prefix, _, name = word.rpartition(":")
        apis = [_PREFIX[prefix.lower()]] if prefix else [api for api, roles in ROLES.items() if word in roles]
        for api in apis:
            if name in ROLES[api]:
                found[api].add(name)
    return {api: frozenset(names) for api, names in found.items()}


def _any(*names: str) -> frozenset[str]:
    return frozenset(names)


_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
_FILES_READ = _any(
    "Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All"
)
_FILES_WRITE = _any("Files.ReadWrite.All", "Sites.ReadWrite.All", "Sites.FullControl.All")
_GROUPS = _any("Group.Read.All", "GroupMember.Read.All", *_DIRECTORY)
_APPS = _any("Application.Read.All", "Application.ReadWrite.All", *_DIRECTORY)
_ROLES = _any("RoleManagement.Read.Directory", *_DIRECTORY)
_USERS = _any("User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
_GRANTS = _any("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
_AUDIT = _any("AuditLog.Read.All")
_SITES = _any("Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All")
_BIN = _any("Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All")


def needed(method: str, parts: list[str]) -> frozenset[str]:
    """Return the application permissions of which any one allows a call of Graph; none: any token will do.

    `parts` are the segments after the version.
    """
    reading = method == "GET"
    match parts[0]:
        case "organization":
            return _any("Organization.Read.All", "User.Read.All", *_DIRECTORY)
        case "users":
            return _user_call(method, parts)
        case "groups":
            return _FILES_READ if "drive" in parts else _GROUPS
        case "roleManagement" | "directoryRoles":
            return _role_call(parts)
        case "auditLogs" | "reports":
            return _AUDIT
        case "servicePrincipals" | "servicePrincipals-by-app":
            return _app_call(method, parts)
        case "oauth2PermissionGrants":
            return _GRANTS | _any("Directory.Read.All") if reading else _GRANTS
        case "directory":
            return _any("User.ReadWrite.All", "Application.ReadWrite.All", *_DIRECTORY)
        case "directoryObjects":
            return _any("Directory.Read.All", "User.Read.All")
        case "sites":
            return _site_call(parts)
        case "drives":
            return _drive_call(method, parts)
    return frozenset()


def _user_call(method: str, parts: list[str]) -> frozenset[str]:
    if "drive" in parts or "drives" in parts:
        return _FILES_READ
    if "revokeSignInSessions" in parts:
        return _any("User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All")
    if "oauth2PermissionGrants" in parts:
        return _GRANTS | _any("Directory.Read.All")
    if method == "PATCH":
        names = ("User.EnableDisableAccount.All", "User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All")
        return _any(*names, "Directory.ReadWrite.All")
    return _USERS


def _role_call(parts: list[str]) -> frozenset[str]:
    if parts[-1] == "roleEligibilityScheduleInstances":
        return _any("RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory")
    if parts[-1] == "roleAssignmentScheduleInstances":
        return _any("RoleManagement.Read.Directory", "RoleAssignmentSchedule.Read.Directory")
    return _ROLES


def _app_call(method: str, parts: list[str]) -> frozenset[str]:
    if method == "GET":
        return _GRANTS | _any("Directory.Read.All") if "oauth2PermissionGrants" in parts else _APPS
    if "appRoleAssignedTo" in parts or "appRoleAssignments" in parts:
        return _any("AppRoleAssignment.ReadWrite.All")
    return _any("Application.ReadWrite.All", "Directory.ReadWrite.All")


def _site_call(parts: list[str]) -> frozenset[str]:
    if "recycleBin" in parts:
        return _BIN
    if "permissions" in parts:
        return _any("Sites.FullControl.All")
    return _FILES_READ if "drives" in parts or "drive" in parts else _SITES


def _drive_call(method: str, parts: list[str]) -> frozenset[str]:
    if parts[-1] == "createUploadSession" or ":createUploadSession" in parts:
        return _any("Sites.ReadWrite.All", "Files.ReadWrite.All", "Sites.FullControl.All")
    return _FILES_READ if method == "GET" or "extractSensitivityLabels" in parts else _FILES_WRITE
