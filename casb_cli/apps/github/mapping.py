"""GitHub's wire shapes and what they become. Fields are those of its OpenAPI and GraphQL descriptions.

A field without a default is one the model truly needs; any other that is missing degrades to unknown.
"""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import (
    Account,
    Activity,
    ActivityKind,
    Grant,
    Group,
    Membership,
    Privilege,
    Sharing,
)
from casb_cli.core.refs import local


class User(msgspec.Struct):
    """A `simple-user`, with what collaborators and team members add."""

    id: int
    login: str
    role_name: str | None = None
    role: str | None = None
    assignment: str | None = None
    inherited: bool | None = None


class Plan(msgspec.Struct):
    name: str | None = None


class Organization(msgspec.Struct):
    id: int
    login: str
    name: str | None = None
    plan: Plan | None = None
    two_factor_requirement_enabled: bool | None = None
    default_repository_permission: str | None = None


class Invitation(msgspec.Struct):
    id: int
    login: str | None = None
    email: str | None = None
    role: str | None = None
    created_at: str | None = None


class Team(msgspec.Struct):
    id: int
    slug: str
    name: str | None = None
    permission: str | None = None


class OrgRole(msgspec.Struct):
    id: int
    name: str


class OrgRoles(msgspec.Struct):
    roles: list[OrgRole]


class Repository(msgspec.Struct):
    id: int
    full_name: str
    name: str
    private: bool
    fork: bool = False
    archived: bool = False
    visibility: str | None = None
    default_branch: str | None = None
    size: int | None = None
    pushed_at: str | None = None

    @property
    def level(self) -> Sharing:
        """The sharing level that the visibility alone gives."""
        visibility = self.visibility or ("private" if self.private else "public")
        return {"public": "public", "internal": "internal"}.get(visibility, "private")  # type: ignore[return-value]


class TreeEntry(msgspec.Struct, gc=False):
    path: str
    type: str
    sha: str
    mode: str = "100644"
    size: int | None = None


class Tree(msgspec.Struct):
    tree: list[TreeEntry]
    truncated: bool = False


class ContentFile(msgspec.Struct):
    path: str
    sha: str
    type: str
    size: int | None = None


class OrgMembership(msgspec.Struct):
    state: str
    role: str


class CustomRole(msgspec.Struct):
    name: str


class CustomRoles(msgspec.Struct):
    custom_roles: list[CustomRole] = []


class RepoInvitation(msgspec.Struct):
    id: int
    invitee: User | None = None
    permissions: str | None = None
    expired: bool | None = None


class DeployKey(msgspec.Struct):
    id: int
    key: str | None = None
    title: str | None = None
    read_only: bool | None = None
    added_by: str | None = None


class Pages(msgspec.Struct):
    public: bool | None = None


class Installation(msgspec.Struct):
    id: int
    app_slug: str | None = None
    client_id: str | None = None
    app_id: int | None = None
    permissions: dict[str, str] | None = None
    repository_selection: str | None = None
    created_at: str | None = None
    suspended_at: str | None = None
    html_url: str | None = None


class Installations(msgspec.Struct):
    installations: list[Installation]


class TokenGrant(msgspec.Struct):
    """A fine-grained token's access, granted or requested."""

    id: int
    owner: User | None = None
    permissions: dict[str, dict[str, str]] | None = None
    token_name: str | None = None
    access_granted_at: str | None = None
    created_at: str | None = None
    token_expires_at: str | None = None
    token_last_used_at: str | None = None


class CredentialAuthorization(msgspec.Struct):
    credential_id: int
    login: str | None = None
    credential_type: str | None = None
    credential_authorized_at: str | None = None
    credential_accessed_at: str | None = None
    scopes: list[str] | None = None
    authorized_credential_note: str | None = None
    authorized_credential_title: str | None = None
    authorized_credential_expires_at: str | None = None


class AlertRepository(msgspec.Struct):
    id: int
    full_name: str


class Alert(msgspec.Struct):
    number: int
    repository: AlertRepository
    secret_type: str | None = None
    secret_type_display_name: str | None = None
    validity: str | None = None
    publicly_leaked: bool | None = None
    created_at: str | None = None
    state: str | None = None


class LocationDetails(msgspec.Struct):
    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None


class Location(msgspec.Struct):
    type: str
    details: LocationDetails


class AuditEvent(msgspec.Struct):
    """One audit event; git events lack most of it, so only the time and the action are needed."""

    timestamp: int = msgspec.field(name="@timestamp")
    action: str
    document_id: str | None = msgspec.field(default=None, name="_document_id")
    actor: str | None = None
    actor_id: int | None = None
    actor_ip: str | None = None
    user_agent: str | None = None
    user: str | None = None
    user_id: int | None = None
    repo: str | None = None
    repository: str | None = None
    team: str | None = None
    name: str | None = None


class GraphqlUser(msgspec.Struct, rename="camel"):
    database_id: int
    login: str
    name: str | None = None
    email: str | None = None
    created_at: str | None = None
    organization_verified_domain_emails: list[str] = []


class MemberEdge(msgspec.Struct, rename="camel"):
    node: GraphqlUser | None = None
    role: str | None = None
    has_two_factor_enabled: bool | None = None


class PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class MemberConnection(msgspec.Struct, rename="camel"):
    page_info: PageInfo
    edges: list[MemberEdge | None]


class GraphqlOrganization(msgspec.Struct, rename="camel"):
    members_with_role: MemberConnection


class GraphqlData(msgspec.Struct):
    organization: GraphqlOrganization


class GraphqlMembers(msgspec.Struct):
    data: GraphqlData


MEMBERS_QUERY = (
    "query($o:String!,$c:String){organization(login:$o){membersWithRole(first:100,after:$c){"
    "pageInfo{hasNextPage endCursor} edges{role hasTwoFactorEnabled node{databaseId login name email createdAt "
    "organizationVerifiedDomainEmails(login:$o)}}}}}"
)


def member(edge: MemberEdge, node: GraphqlUser) -> Account:
    """Return a member; the e-mail is the one in a verified domain, else the public one."""
    emails = node.organization_verified_domain_emails
    email = emails[0] if emails else node.email or None
    unknown = ["last_login"]
    if email is None:
        unknown.append("email")
    if edge.has_two_factor_enabled is None:
        unknown.append("mfa")
    if edge.role is None:
        unknown.append("is_admin")
    return Account(
        id=str(node.database_id),
        login=node.login,
        email=email,
        name=node.name,
        status="active",
        is_admin=None if edge.role is None else edge.role == "ADMIN",
        mfa=edge.has_two_factor_enabled,
        external=False,
        created=clock.normalise(node.created_at),
        profile={"role": edge.role.lower()} if edge.role else {},
        unknown=tuple(unknown),
    )


def outside_collaborator(user: User) -> Account:
    """Return an outside collaborator: GitHub lists neither name, e-mail nor second factor."""
    return Account(
        id=str(user.id),
        login=user.login,
        status="active",
        is_admin=False,
        external=True,
        profile={"role": "outside collaborator"},
        unknown=("name", "email", "mfa", "last_login", "created"),
    )


def invited(invitation: Invitation) -> Account:
    """Return a pending invitation as an account that is not one yet."""
    unknown = [name for name, value in (("login", invitation.login), ("email", invitation.email)) if not value]
    return Account(
        id=f"invitation-{invitation.id}",
        login=invitation.login,
        email=invitation.email,
        status="invited",
        is_admin=invitation.role == "admin",
        external=False,
        created=clock.normalise(invitation.created_at),
        profile={"role": invitation.role} if invitation.role else {},
        unknown=(*unknown, "name", "mfa"),
    )


def group(team: Team) -> Group:
    """Return a team as a group; lists don't tell its size."""
    return Group(id=str(team.id), name=team.name or team.slug, unknown=("member_count",))


def membership(team_id: str, team_name: str, user: User) -> Membership:
    """Return one person in a team."""
    return Membership(
        id=f"{team_id}/{user.id}",
        group=team_name,
        group_ref=local("group", team_id),
        member=user.login,
        member_ref=local("account", str(user.id)),
        role=user.role,
        unknown=() if user.role else ("role",),
    )


def user_privilege(user: User, role: str, scope: str, scope_id: str) -> Privilege:
    """Return a role that a person holds; `scope_id` is immutable where `scope` may be renamed."""
    return Privilege(
        id=f"{scope_id}/{role}/account/{user.id}",
        principal=user.login,
        principal_ref=local("account", str(user.id)),
        role=role,
        scope=scope,
    )


def team_privilege(team: Team, role: str, scope: str, scope_id: str) -> Privilege:
    """Return a role that a team holds."""
    return Privilege(
        id=f"{scope_id}/{role}/group/{team.id}",
        principal=team.name or team.slug,
        principal_ref=local("group", str(team.id)),
        role=role,
        scope=scope,
    )


_LOGON = ("user.login", "user.failed_login", "user.logout", "user.two_factor_")
_ADMIN = (
    "org.",
    "business.",
    "team.",
    "role.",
    "integration_installation.",
    "oauth_application.",
    "personal_access_token.",
    "org_credential_authorization.",
    "hook.",
    "protected_branch.",
    "repo.access",
    "repo.add_member",
    "repo.remove_member",
    "repo.destroy",
    "repo.transfer",
    "repo.create",
    "ip_allow_list",
)


def activity_kind(action: str) -> ActivityKind:
    """Return the kind of an audit action, by the vocabulary of GitHub's audit log documentation."""
    if action.startswith(_LOGON) or action.endswith(".sso_response"):
        return "logon"
    return "admin" if action.startswith(_ADMIN) else "user"


def activity(event: AuditEvent) -> Activity:
    """Return one audit event; what it acted on is the person, the repository or the team it names."""
    target = event.user or event.repo or event.repository or event.team or event.name
    target_ref = local("account", str(event.user_id)) if event.user and event.user_id else None
    unknown = [name for name, value in (("ip", event.actor_ip), ("user_agent", event.user_agent)) if not value]
    return Activity(
        id=event.document_id or f"{event.timestamp}/{event.action}/{event.actor_id}/{target}",
        time=clock.from_millis(event.timestamp),
        kind=activity_kind(event.action),
        action=event.action,
        actor=event.actor,
        actor_ref=local("account", str(event.actor_id)) if event.actor_id else None,
        target=target,
        target_ref=target_ref,
        ip=event.actor_ip,
        user_agent=event.user_agent,
        outcome="failure" if "failed" in event.action else "success",
        unknown=tuple(unknown),
    )


def file_id(repo_id: str, path: str) -> str:
    """Return a file's id: the repository's immutable id and the path in it."""
    return f"{repo_id}:{path}"


def installation_grant(installation: Installation) -> Grant:
    """Return an app installed on the organization."""
    return Grant(
        id=f"installation:{installation.id}",
        name=installation.app_slug,
        kind="github app",
        client_id=installation.client_id or (str(installation.app_id) if installation.app_id else None),
        scopes=_flat(installation.permissions),
        issued=clock.normalise(installation.created_at),
        unknown=("last_used", "principal"),
    )


def token_grant(grant: TokenGrant, *, requested: bool) -> Grant:
    """Return a fine-grained token's access to the organization, or its request."""
    scopes = sorted(f"{name}:{level}" for area in (grant.permissions or {}).values() for name, level in area.items())
    return Grant(
        id=f"{'pat-request' if requested else 'pat'}:{grant.id}",
        name=grant.token_name,
        kind="fine-grained token request" if requested else "fine-grained token",
        principal=grant.owner.login if grant.owner else None,
        principal_ref=local("account", str(grant.owner.id)) if grant.owner else None,
        scopes=tuple(scopes) if grant.permissions is not None else None,
        issued=clock.normalise(grant.created_at if requested else grant.access_granted_at),
        expires=clock.normalise(grant.token_expires_at),
        last_used=clock.normalise(grant.token_last_used_at),
        unknown=("client_id",),
    )


def credential_grant(credential: CredentialAuthorization) -> Grant:
    """Return a credential that a member authorized for single sign-on; the login has no id here."""
    return Grant(
        id=f"credential:{credential.credential_id}",
        name=credential.authorized_credential_note or credential.authorized_credential_title,
        kind=credential.credential_type,
        principal=credential.login,
        scopes=tuple(credential.scopes) if credential.scopes is not None else None,
        issued=clock.normalise(credential.credential_authorized_at),
        expires=clock.normalise(credential.authorized_credential_expires_at),
        last_used=clock.normalise(credential.credential_accessed_at),
        unknown=("client_id", "principal_ref"),
    )


def _flat(permissions: dict[str, Any] | None) -> tuple[str, ...] | None:
    if permissions is None:
        return None
    return tuple(sorted(f"{name}:{level}" for name, level in permissions.items()))
