"""What each simulated call demands: scopes, App permission, ownership; and how a refusal looks."""

from __future__ import annotations

import msgspec

PARENTS = {
    "admin:org": ("write:org",),
    "write:org": ("read:org",),
    "repo": ("public_repo", "security_events", "repo:invite", "repo:status", "repo_deployment"),
    "admin:enterprise": ("read:enterprise", "manage_billing:enterprise"),
    "user": ("read:user", "user:email"),
    "admin:org_hook": (),
}
LEVEL = {"read": 1, "write": 2, "admin": 3}


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """The demands of one call.

    `scopes` are alternatives for OAuth and classic tokens (None: not callable with them), `permission` the name
    and level for Apps and fine-grained tokens (None: not callable with them, "" level: none needed). `refusal`:
    `403`, `404` (also a lack of permission), or `blind` (a shorter list instead). `cloud` calls exist on
    Enterprise Cloud only, `owner` ones ask for an organization owner, `jwt` ones for the App itself.
    """

    scopes: tuple[str, ...] | None
    permission: tuple[str, str] | None
    refusal: str
    owner: bool
    cloud: bool
    jwt: bool


# call | scopes, any of (x: none will do, -: none needed) | App permission | refusal and marks
_TABLE = """
GET /rate_limit | - | - | 403
GET /meta | - | - | 403
GET /user | - | x | 403
GET /users/{username} | - | - | 403
GET /orgs/{org} | - | - | 403
GET /orgs/{org}/members | read:org | members:read | blind
GET /orgs/{org}/members/{username} | read:org | members:read | 404
DELETE /orgs/{org}/members/{username} | admin:org | members:write | 403 owner
GET /orgs/{org}/memberships/{username} | read:org | members:read | 403
PUT /orgs/{org}/memberships/{username} | admin:org | members:write | 403 owner
DELETE /orgs/{org}/memberships/{username} | admin:org | members:write | 403 owner
GET /orgs/{org}/outside_collaborators | read:org | members:read | 403
PUT /orgs/{org}/outside_collaborators/{username} | admin:org | members:write | 403 owner
DELETE /orgs/{org}/outside_collaborators/{username} | admin:org | members:write | 403 owner
GET /orgs/{org}/invitations | admin:org | members:read | 404 owner
POST /orgs/{org}/invitations | admin:org | members:write | 404 owner
DELETE /orgs/{org}/invitations/{invitation_id} | admin:org | members:write | 404 owner
GET /orgs/{org}/failed_invitations | admin:org | members:read | 404 owner
GET /orgs/{org}/blocks | admin:org | organization_user_blocking:read | 403 owner
PUT /orgs/{org}/blocks/{username} | admin:org | organization_user_blocking:write | 403 owner
DELETE /orgs/{org}/blocks/{username} | admin:org | organization_user_blocking:write | 403 owner
GET /orgs/{org}/audit-log | read:audit_log | organization_administration:read | 404 owner cloud
GET /enterprises/{enterprise}/audit-log | read:audit_log | x | 404 owner cloud
GET /orgs/{org}/credential-authorizations | read:org | organization_administration:read | 403 owner cloud
DELETE /orgs/{org}/credential-authorizations/{credential_id} | admin:org | organization_administration:write | 403 owner cloud
POST /orgs/{org}/credential-authorizations/revoke-all | admin:org | organization_administration:write | 403 owner cloud
POST /orgs/{org}/credential-authorizations/revoke-credential-type | admin:org | organization_administration:write | 403 owner cloud
POST /orgs/{org}/credential-authorizations/{username}/revoke | admin:org | organization_administration:write | 403 owner cloud
POST /orgs/{org}/credential-authorizations/{username}/revoke-credential-type | admin:org | organization_administration:write | 403 owner cloud
POST /enterprises/{enterprise}/credential-authorizations/{username}/revoke | admin:enterprise | enterprise_credentials:write | 403 owner cloud
POST /enterprises/{enterprise}/credential-authorizations/{username}/revoke-credential-type | admin:enterprise | enterprise_credentials:write | 403 owner cloud
GET /enterprises/{enterprise}/apps/organizations/{org}/installations | x | enterprise_organization_installations:read | 404 cloud
DELETE /enterprises/{enterprise}/apps/organizations/{org}/installations/{installation_id} | x | enterprise_organization_installations:write | 404 cloud
GET /enterprises/{enterprise}/consumed-licenses | read:enterprise | x | 404 owner cloud
GET /enterprises/{enterprise}/enterprise-roles | read:enterprise | enterprise_custom_enterprise_roles:read | 404 owner cloud
GET /orgs/{org}/personal-access-tokens | x | organization_personal_access_tokens:read | 403
POST /orgs/{org}/personal-access-tokens | x | organization_personal_access_tokens:write | 403
POST /orgs/{org}/personal-access-tokens/{pat_id} | x | organization_personal_access_tokens:write | 403
GET /orgs/{org}/personal-access-tokens/{pat_id}/repositories | x | organization_personal_access_tokens:read | 403
GET /orgs/{org}/personal-access-token-requests | x | organization_personal_access_token_requests:read | 403
POST /orgs/{org}/personal-access-token-requests | x | organization_personal_access_token_requests:write | 403
POST /orgs/{org}/personal-access-token-requests/{pat_request_id} | x | organization_personal_access_token_requests:write | 403
GET /orgs/{org}/installations | read:org | organization_administration:read | 403 owner
GET /orgs/{org}/teams | read:org | members:read | 403
GET /orgs/{org}/teams/{team_slug} | read:org | members:read | 404
GET /orgs/{org}/teams/{team_slug}/members | read:org | members:read | 404
GET /orgs/{org}/teams/{team_slug}/repos | read:org | members:read | 404
PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo} | admin:org,repo | members:write | 403
DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo} | admin:org,repo | members:write | 403
PUT /orgs/{org}/teams/{team_slug}/memberships/{username} | admin:org,write:org | members:write | 403
DELETE /orgs/{org}/teams/{team_slug}/memberships/{username} | admin:org,write:org | members:write | 403
GET /orgs/{org}/organization-roles | read:org | organization_custom_org_roles:read | 403
GET /orgs/{org}/organization-roles/{role_id} | read:org | organization_custom_org_roles:read | 403
GET /orgs/{org}/organization-roles/{role_id}/users | read:org | members:read | 403
GET /orgs/{org}/organization-roles/{role_id}/teams | read:org | members:read | 403
GET /orgs/{org}/custom-repository-roles | admin:org | organization_custom_roles:read | 403 cloud
GET /orgs/{org}/repos | - | metadata:read | 403
POST /orgs/{org}/repos | repo | administration:write | 403
GET /orgs/{org}/secret-scanning/alerts | repo,security_events | secret_scanning_alerts:read | 404
GET /orgs/{org}/events | - | metadata:read | 403
GET /scim/v2/organizations/{org}/Users | admin:org | members:read | 403 owner cloud
GET /scim/v2/organizations/{org}/Users/{scim_user_id} | admin:org | members:read | 403 owner cloud
PATCH /scim/v2/organizations/{org}/Users/{scim_user_id} | admin:org | members:write | 403 owner cloud
DELETE /scim/v2/organizations/{org}/Users/{scim_user_id} | admin:org | members:write | 403 owner cloud
GET /scim/v2/enterprises/{enterprise}/Users | scim:enterprise,admin:enterprise | x | 403 owner
GET /scim/v2/enterprises/{enterprise}/Users/{scim_user_id} | scim:enterprise,admin:enterprise | x | 403 owner
PATCH /scim/v2/enterprises/{enterprise}/Users/{scim_user_id} | scim:enterprise,admin:enterprise | x | 403 owner
GET /scim/v2/enterprises/{enterprise}/Groups | scim:enterprise,admin:enterprise | x | 403 owner
PUT /users/{username}/suspended | site_admin | x | 403 owner
DELETE /users/{username}/suspended | site_admin | x | 403 owner
GET /app | x | - | 403 jwt
GET /app/installations | x | - | 403 jwt
GET /app/installations/{installation_id} | x | - | 403 jwt
DELETE /app/installations/{installation_id} | x | - | 403 jwt
PUT /app/installations/{installation_id}/suspended | x | - | 403 jwt
DELETE /app/installations/{installation_id}/suspended | x | - | 403 jwt
POST /app/installations/{installation_id}/access_tokens | x | - | 403 jwt
GET /orgs/{org}/installation | x | - | 403 jwt
POST /graphql | - | - | 403
GET /repos/{owner}/{repo} | repo | metadata:read | 404
GET /repositories/{id} | repo | metadata:read | 404
PATCH /repos/{owner}/{repo} | repo | administration:write | 404
GET /repos/{owner}/{repo}/activity | repo | contents:read | 404
GET /repos/{owner}/{repo}/branches | repo | contents:read | 404
GET /repos/{owner}/{repo}/branches/{branch} | repo | contents:read | 404
GET /repos/{owner}/{repo}/collaborators | repo | metadata:read | 404
PUT /repos/{owner}/{repo}/collaborators/{username} | repo | administration:write | 404
DELETE /repos/{owner}/{repo}/collaborators/{username} | repo | administration:write | 404
GET /repos/{owner}/{repo}/collaborators/{username}/permission | repo | metadata:read | 404
GET /repos/{owner}/{repo}/teams | repo | administration:read | 404
GET /repos/{owner}/{repo}/invitations | repo,repo:invite | administration:read | 404
DELETE /repos/{owner}/{repo}/invitations/{invitation_id} | repo,repo:invite | administration:write | 404
GET /repos/{owner}/{repo}/keys | repo | administration:read | 404
POST /repos/{owner}/{repo}/keys | repo | administration:write | 404
GET /repos/{owner}/{repo}/keys/{key_id} | repo | administration:read | 404
DELETE /repos/{owner}/{repo}/keys/{key_id} | repo | administration:write | 404
GET /repos/{owner}/{repo}/forks | repo | metadata:read | 404
GET /repos/{owner}/{repo}/pages | repo | pages:read | 404
POST /repos/{owner}/{repo}/pages | repo | pages:write | 404
DELETE /repos/{owner}/{repo}/pages | repo | pages:write | 404
GET /repos/{owner}/{repo}/contents/{path} | repo | contents:read | 404
PUT /repos/{owner}/{repo}/contents/{path} | repo | contents:write | 404
DELETE /repos/{owner}/{repo}/contents/{path} | repo | contents:write | 404
GET /repos/{owner}/{repo}/commits | repo | contents:read | 404
GET /repos/{owner}/{repo}/commits/{ref} | repo | contents:read | 404
GET /repos/{owner}/{repo}/compare/{basehead} | repo | contents:read | 404
GET /repos/{owner}/{repo}/git/trees/{tree_sha} | repo | contents:read | 404
GET /repos/{owner}/{repo}/git/blobs/{file_sha} | repo | contents:read | 404
GET /repos/{owner}/{repo}/git/ref/{ref} | repo | contents:read | 404
GET /repos/{owner}/{repo}/git/commits/{commit_sha} | repo | contents:read | 404
POST /repos/{owner}/{repo}/git/blobs | repo | contents:write | 404
POST /repos/{owner}/{repo}/git/trees | repo | contents:write | 404
POST /repos/{owner}/{repo}/git/commits | repo | contents:write | 404
PATCH /repos/{owner}/{repo}/git/refs/{ref} | repo | contents:write | 404
GET /repos/{owner}/{repo}/tarball/{ref} | repo | contents:read | 404
GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number} | repo,security_events | secret_scanning_alerts:read | 404
PATCH /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number} | repo,security_events | secret_scanning_alerts:write | 404
GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}/locations | repo,security_events | secret_scanning_alerts:read | 404
GET /repos/{owner}/{repo}/releases | repo | contents:read | 404
"""  # noqa: E501 - a table reads by its rows


def _parse() -> dict[str, Access]:
    found = {}
    for line in _TABLE.strip().splitlines():
        name, scopes, permission, marks = (part.strip() for part in line.split("|"))
        refusal, *flags = marks.split()
        kind, _, level = permission.partition(":")
        found[name] = Access(
            scopes=None if scopes == "x" else () if scopes == "-" else tuple(scopes.split(",")),
            permission=None if permission == "x" else ("", "") if permission == "-" else (kind, level),
            refusal=refusal,
            owner="owner" in flags,
            cloud="cloud" in flags,
            jwt="jwt" in flags,
        )
    return found


ACCESS = _parse()

ALL_PERMISSIONS = {
    "organization_administration": "write",
    "members": "write",
    "organization_custom_org_roles": "read",
    "organization_custom_roles": "read",
    "organization_personal_access_tokens": "write",
    "organization_personal_access_token_requests": "write",
    "organization_user_blocking": "write",
    "organization_plan": "read",
    "metadata": "read",
    "contents": "write",
    "administration": "write",
    "secret_scanning_alerts": "write",
    "pages": "write",
    "workflows": "write",
}
"""What the sandbox's App was granted."""


def expand(scopes: frozenset[str]) -> frozenset[str]:
    """Return scopes with all that they include."""
    found, todo = set(scopes), list(scopes)
    while todo:
        for child in PARENTS.get(todo.pop(), ()):
            if child not in found:
                found.add(child)
                todo.append(child)
    return frozenset(found)


def normalise(scopes: frozenset[str]) -> list[str]:
    """Return scopes as GitHub stores them: without those that another includes."""
    implied = {child for scope in scopes for child in expand(frozenset({scope})) - {scope}}
    return sorted(scopes - implied)
