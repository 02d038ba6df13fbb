"""What to create in Entra ID before connecting: the app registration as a manifest and as commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from casb_cli.apps._microsoft.clouds import cloud_of
from casb_cli.apps.office365.scopes import (
    APPLICATION,
    BY_ASSERTION,
    DELEGATED,
    FEED,
    FEED_DLP,
    FILES,
    SHAREPOINT,
    SHAREPOINT_FULL,
    SITES,
    expand,
)
from casb_cli.core.capabilities import Need

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
SHAREPOINT_APP = "00000003-0000-0ff1-ce00-000000000000"
MANAGEMENT_APP = "c5393580-f805-4401-95e8-94b7a6ef2fc2"
_AZURE = {
    "https://login.microsoftonline.us": "AzureUSGovernment",
    "https://login.partner.microsoftonline.cn": "AzureChinaCloud",
}
"""What the Azure CLI calls the clouds that have a sign-in of their own."""
_SHAREPOINT_ROLE = "678536fe-1083-478a-9c59-b99265e6b0d3"
_GRAPH_FULL_CONTROL = "a82116e5-55eb-4c41-a434-62fe8a61c773"
_IDS = {
    "User.Read.All": ("df021288-bdef-4463-88db-98f22de89214", "a154be20-db9c-4678-8ab7-66f6cc099a59"),
    "GroupMember.Read.All": ("98830695-27a2-44f7-8c18-0c3ebc9698f6", "bc024368-1153-4739-b217-4326f2e966d0"),
    "RoleManagement.Read.Directory": ("483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "741c54c3-0c1e-44a1-818b-3f97ab4e8c83"),
    "AuditLog.Read.All": ("b0afded3-3588-46d8-8b3d-9842eff778da", "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20"),
    "Application.Read.All": ("9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "c79f8feb-a9db-4090-85f9-90d820caa0eb"),
    "Directory.Read.All": ("7ab1d382-f21e-4acd-a863-ba3e13f7da61", "06da0dbc-49e2-44d2-8312-53f166ab848a"),
    "Files.Read.All": ("01d4889c-1287-42c6-ac1f-5d1e02578ef6", "df85f4d6-205c-4ac5-a5ea-6bf408dba283"),
    "Sites.Read.All": ("332a536c-c7ef-4017-ab91-336970924f0d", "205e70e5-aba6-4c52-a976-6d2d46c48043"),
    "Files.ReadWrite.All": ("75359482-378d-4052-8f01-80520e7db3cd", "863451e7-0667-486c-a5d6-d135439485f0"),
    "Sites.ReadWrite.All": ("9492366f-7969-46a4-8d15-ed1a20078fff", "89fe6a52-be36-487e-b7d8-d061c450a026"),
    "User.EnableDisableAccount.All": ("3011c876-62b7-4ada-afa2-506cbbecc68c", "f92e74e7-2563-467f-9dd0-902688cb5863"),
    "User.RevokeSessions.All": ("77f3a031-c388-4f99-b373-dc68676a979e", "fc30e98b-8810-4501-81f5-c20a3196387b"),
    "User-PasswordProfile.ReadWrite.All": (
        "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7",
        "56760768-b641-451f-8906-e1b8ab31bca7",
    ),
    "DelegatedPermissionGrant.ReadWrite.All": (
        "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
        "41ce6ca6-6826-4807-84f1-1c82854f7ee5",
    ),
    "AppRoleAssignment.ReadWrite.All": ("06b708a9-e830-4db3-a914-8e69da51d44f", "84bccea3-f856-4a8a-967b-dbe0a3d53a64"),
    "Application.ReadWrite.All": ("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "bdfbf15f-ee85-4955-8675-146e8e5296b5"),
}
"""Graph's permissions by name: the ids of the application's and of the delegated one."""


def permissions_of(method: str, needs: Sequence[Need]) -> list[str]:
    """Return the permissions that some needs call for, those left out that another of them implies."""
    kind = DELEGATED if method == "device" else APPLICATION
    asked: dict[str, None] = {}
    for need in needs:
        for one in need.any_of.get(kind, ())[:1]:
            asked.update(dict.fromkeys(one))
    if FEED in asked:
        asked[FEED_DLP] = None
    if method not in BY_ASSERTION:
        asked.pop(
            SHAREPOINT_FULL, None
        )  # of no use: SharePoint takes no token of a secret, and none of a person is used
    wanted = list(asked)
    return sorted(
        one for one in wanted if not any(one != other and one in expand(frozenset({other})) for other in wanted)
    )


def manifest(method: str, permissions: Sequence[str]) -> list[dict[str, Any]]:
    """Return the registration's `requiredResourceAccess`, but for the audit feed, whose ids each tenant tells."""
    delegated = method == "device"
    kind = "Scope" if delegated else "Role"
    of_graph = [{"id": _IDS[one][delegated], "type": kind} for one in permissions if one in _IDS]
    found = [{"resourceAppId": GRAPH_APP, "resourceAccess": of_graph}] if of_graph else []
    if SHAREPOINT_FULL in permissions:
        found.append({"resourceAppId": SHAREPOINT_APP, "resourceAccess": [{"id": _SHAREPOINT_ROLE, "type": "Role"}]})
    return found


def consent_url(fields: Mapping[str, str]) -> str:
    """Return where an administrator consents to all permissions of the registration."""
    tenant = fields.get("tenant") or "TENANT"
    client = fields.get("client_id") or "CLIENT-ID"
    return f"{cloud_of(fields).login}/{tenant}/adminconsent?client_id={client}"


def instructions(method: str, needs: Sequence[Need], fields: Mapping[str, str]) -> str:
    """Return the steps to create the credential, with only the permissions that `needs` call for."""
    permissions = permissions_of(method, needs)
    if cloud_of(fields).manage is None:
        permissions = [one for one in permissions if one not in {FEED, FEED_DLP}]
    resources = manifest(method, permissions)
    lines = [
        *_command_line(fields),
        "As an administrator, register an app for this purpose alone (portal: Entra ID, App registrations), or:",
        "  az ad app create --display-name casb --sign-in-audience AzureADMyOrg --query appId -o tsv",
        "  az ad sp create --id CLIENT-ID",
        *_credential(method),
        "Give it these permissions, " + ("delegated:" if method == "device" else "of the kind application:"),
        *(f"  {_shown(one)}" for one in permissions),
        "As requiredResourceAccess of the manifest:",
        *(f"  {line}" for line in _json(resources).splitlines()),
        "Or by commands:",
        *(f"  {line}" for line in _commands(method, permissions, resources)),
        *_full_control(method, permissions),
        "Grant admin consent:",
        "  az ad app permission admin-consent --id CLIENT-ID",
        f"  or open {consent_url(fields)}",
        "A permission granted later shows in new tokens only, within an hour",
    ]
    if any("ReadWrite" in one or "EnableDisable" in one for one in permissions) and method != "device":
        lines += [
            "Only where administrators, too, are to be suspended: give the app the role Privileged Authentication",
            "  Administrator. It can then reset any administrator, so leave it out unless that is meant",
        ]
    return _numbered(lines)


def _command_line(fields: Mapping[str, str]) -> list[str]:
    """Return how the commands below reach a cloud of its own: they go to the global one otherwise."""
    name = _AZURE.get(cloud_of(fields).login)
    return ["Have the Azure CLI work in your cloud:", f"  az cloud set --name {name} && az login"] if name else []


def _full_control(method: str, permissions: Sequence[str]) -> list[str]:
    """Return what lets SharePoint tell where sharing stands; a person has that by a role of their own."""
    if method == "device" or not expand(frozenset(permissions)) & {FILES, SITES}:
        return []
    return [
        "Where much is shared, Sites.FullControl.All of Microsoft Graph as well: permissions are then asked for",
        "  only where sharing stands, at five units a call, and not for each file below a shared folder:",
        f"  az ad app permission add --id CLIENT-ID --api {GRAPH_APP} --api-permissions {_GRAPH_FULL_CONTROL}=Role",
    ]


def _credential(method: str) -> list[str]:
    if method == "certificate":
        return [
            "Make a key and a certificate, upload the certificate, keep the key where only you can read it:",
            "  openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN=casb -keyout casb.key -out casb.crt",
            "  az ad app credential reset --id CLIENT-ID --append --cert @casb.crt",
            "  cat casb.key casb.crt > casb.pem, and connect with --secret private_key=import:casb.pem",
        ]
    if method == "secret":
        return [
            "Make a client secret (Certificates & secrets) and note its value, which is shown once:",
            "  az ad app credential reset --id CLIENT-ID --append --display-name casb --query password -o tsv",
        ]
    if method == "federated":
        return [
            "Trust the other identity provider's tokens (Certificates & secrets, Federated credentials):",
            "  az ad app federated-credential create --id CLIENT-ID --parameters credential.json",
            "  with name, issuer, subject and the audience api://AzureADTokenExchange",
        ]
    return [
        "Allow public client flows (Authentication, Advanced settings):",
        "  az ad app update --id CLIENT-ID --is-fallback-public-client true",
    ]


def _commands(method: str, permissions: Sequence[str], resources: Sequence[Mapping[str, Any]]) -> list[str]:
    found = [
        f"az ad app permission add --id CLIENT-ID --api {one['resourceAppId']} --api-permissions "
        + " ".join(f"{access['id']}={access['type']}" for access in one["resourceAccess"])
        for one in resources
    ]
    kind, roles = ("Scope", "oauth2PermissionScopes") if method == "device" else ("Role", "appRoles")
    for name in permissions:
        if name in {FEED, FEED_DLP}:
            # Microsoft publishes no fixed ids for these: the tenant's own copy of the resource tells them.
            found += [
                f"ID=$(az ad sp show --id {MANAGEMENT_APP} --query \"{roles}[?value=='{name}'].id\" -o tsv)",
                f"az ad app permission add --id CLIENT-ID --api {MANAGEMENT_APP} --api-permissions $ID={kind}",
            ]
    return found


def _shown(permission: str) -> str:
    if permission.startswith(SHAREPOINT):
        return f"{permission.removeprefix(SHAREPOINT)} of SharePoint"
    if permission in {FEED, FEED_DLP}:
        return f"{permission} of the Office 365 Management APIs"
    return f"{permission} of Microsoft Graph"


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _numbered(lines: Sequence[str]) -> str:
    number = 0
    text = ""
    for line in lines:
        number += 0 if line.startswith("  ") else 1
        text += f" {line}\n" if line.startswith("  ") else f"{number}. {line}\n"
    return text
