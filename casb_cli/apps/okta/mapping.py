"""Okta's wire shapes and what they become. Fields are those of its OpenAPI description and of real answers.

A field without a default is one the model truly needs; any other that is missing degrades to unknown.
"""

from __future__ import annotations

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Account, Grant, Group, Membership, Privilege, Status
from casb_cli.core.refs import local

STATUSES: dict[str, Status] = {
    "ACTIVE": "active",
    "PASSWORD_EXPIRED": "active",
    "RECOVERY": "active",
    "LOCKED_OUT": "active",
    "SUSPENDED": "suspended",
    "DEPROVISIONED": "disabled",
    "STAGED": "invited",
    "PROVISIONED": "invited",
}
"""A status that Okta adds is taken as active; the raw one stands in the profile."""


class Href(msgspec.Struct):
    href: str | None = None


class Links(msgspec.Struct, rename={"self_": "self"}):
    next: Href | None = None
    self_: Href | None = None


class Linked(msgspec.Struct, rename={"links": "_links"}):
    """Any body that names its next page."""

    links: Links | None = None


class Profile(msgspec.Struct, rename="camel"):
    login: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    user_type: str | None = None
    title: str | None = None
    department: str | None = None


class Provider(msgspec.Struct):
    type: str | None = None
    name: str | None = None


class Credentials(msgspec.Struct):
    provider: Provider | None = None


class User(msgspec.Struct, rename="camel"):
    id: str
    status: str | None = None
    created: str | None = None
    last_login: str | None = None
    status_changed: str | None = None
    password_changed: str | None = None
    profile: Profile | None = None
    credentials: Credentials | None = None

    @property
    def login(self) -> str | None:
        """The login name, where the profile tells it."""
        return self.profile.login if self.profile else None

    @property
    def source(self) -> str | None:
        """Where the account is mastered: `OKTA`, `ACTIVE_DIRECTORY`, `LDAP`, `FEDERATION`, ..."""
        return self.credentials.provider.type if self.credentials and self.credentials.provider else None


class Factor(msgspec.Struct, rename="camel"):
    factor_type: str | None = None
    status: str | None = None

    @property
    def second(self) -> bool:
        """Whether it is an active second factor; a security question is none."""
        return self.status == "ACTIVE" and self.factor_type != "question"


class Stats(msgspec.Struct, rename={"users": "usersCount", "admin": "hasAdminPrivlege"}):
    """Okta's own spelling of `hasAdminPrivlege`."""

    users: int | None = None
    admin: bool | None = None


class Embedded(msgspec.Struct):
    stats: Stats | None = None


class GroupProfile(msgspec.Struct):
    name: str | None = None


class OktaGroup(msgspec.Struct, rename={"embedded": "_embedded"}):
    id: str
    type: str | None = None
    profile: GroupProfile | None = None
    embedded: Embedded | None = None

    @property
    def name(self) -> str | None:
        """The group's name."""
        return self.profile.name if self.profile else None

    @property
    def stats(self) -> Stats:
        """What `expand=stats` added; empty where it did not."""
        return (self.embedded.stats if self.embedded else None) or Stats()


class Assignee(msgspec.Struct):
    id: str


class Assignees(msgspec.Struct):
    value: list[Assignee]


class CatalogApp(msgspec.Struct, rename="camel"):
    id: str | None = None
    name: str | None = None
    display_name: str | None = None


class Catalog(msgspec.Struct):
    apps: list[CatalogApp] | None = None


class Targets(msgspec.Struct):
    groups: list[OktaGroup] | None = None
    catalog: Catalog | None = None


class RoleEmbedded(msgspec.Struct):
    targets: Targets | None = None


class Role(
    msgspec.Struct,
    rename={"assignment": "assignmentType", "resource_set": "resource-set", "embedded": "_embedded"},
):
    """One role that a user, group or client holds."""

    type: str
    id: str | None = None
    label: str | None = None
    status: str | None = None
    assignment: str | None = None
    role: str | None = None
    resource_set: str | None = None
    embedded: RoleEmbedded | None = None

    @property
    def name(self) -> str:
        """A standard role's type; a custom role's label."""
        return (self.label or self.role or self.type) if self.type == "CUSTOM" else self.type

    @property
    def targets(self) -> list[str]:
        """What a standard role is confined to; empty: nothing."""
        found = self.embedded.targets if self.embedded else None
        if found is None:
            return []
        groups = [one.name or one.id for one in found.groups or ()]
        apps = [one.display_name or one.name for one in (found.catalog.apps or () if found.catalog else ())]
        return [*groups, *(name for name in apps if name)]


class ResourceSet(msgspec.Struct):
    id: str
    label: str | None = None


class ResourceSets(msgspec.Struct, rename={"sets": "resource-sets"}):
    sets: list[ResourceSet]


class BindingRole(msgspec.Struct):
    id: str


class Bindings(msgspec.Struct):
    roles: list[BindingRole]


class Member(msgspec.Struct, rename={"links": "_links"}):
    id: str | None = None
    links: Links | None = None

    @property
    def principal(self) -> tuple[str, str] | None:
        """Kind (`users`, `groups`, `clients`) and id of who is bound: only the link tells."""
        href = (self.links.self_.href if self.links and self.links.self_ else None) or ""
        parts = href.rstrip("/").rsplit("/", 2)
        return (parts[1], parts[2]) if len(parts) == 3 else None


class Members(msgspec.Struct):
    members: list[Member]


class OauthClient(msgspec.Struct):
    application_type: str | None = None


class AppSettings(msgspec.Struct, rename="camel"):
    oauth_client: OauthClient | None = None


class Application(msgspec.Struct, rename="camel"):
    id: str
    label: str | None = None
    name: str | None = None
    status: str | None = None
    sign_on_mode: str | None = None
    settings: AppSettings | None = None

    @property
    def title(self) -> str:
        """The label that administrators see."""
        return self.label or self.name or self.id

    @property
    def is_client(self) -> bool:
        """Whether it may hold OAuth grants; its id is its client ID."""
        return self.sign_on_mode == "OPENID_CONNECT"

    @property
    def is_service(self) -> bool:
        """Whether it may act as itself, and so hold admin roles; where its kind is not told, it may."""
        client = self.settings.oauth_client if self.settings else None
        return self.is_client and (client is None or client.application_type in {None, "service"})


class ScopeGrant(msgspec.Struct, rename="camel"):
    """One scope that an administrator or a user granted to a client."""

    id: str
    scope_id: str | None = None
    status: str | None = None
    client_id: str | None = None
    issuer: str | None = None
    source: str | None = None
    user_id: str | None = None
    created: str | None = None


class Client(msgspec.Struct):
    client_id: str
    client_name: str | None = None


class RefreshToken(msgspec.Struct, rename="camel"):
    id: str
    status: str | None = None
    client_id: str | None = None
    scopes: list[str] | None = None
    created: str | None = None
    expires_at: str | None = None
    last_updated: str | None = None


class ApiToken(msgspec.Struct, rename="camel"):
    id: str
    name: str | None = None
    user_id: str | None = None
    created: str | None = None
    expires_at: str | None = None
    last_updated: str | None = None


class Organization(msgspec.Struct, rename="camel"):
    id: str
    company_name: str | None = None
    subdomain: str | None = None
    status: str | None = None
    expires_at: str | None = None


class WellKnown(msgspec.Struct):
    id: str
    pipeline: str | None = None


def account(user: User, *, is_admin: bool | None, mfa: bool | None) -> Account:
    """Return an account; Okta does not tell who is external."""
    profile = user.profile or Profile()
    name = profile.display_name or " ".join(filter(None, (profile.first_name, profile.last_name))) or None
    unknown = ["external"]
    if is_admin is None:
        unknown.append("is_admin")
    if mfa is None:
        unknown.append("mfa")
    told = {
        "status": user.status,
        "source": user.source,
        "user_type": profile.user_type,
        "title": profile.title,
        "department": profile.department,
        "password_changed": clock.normalise(user.password_changed),
        "status_changed": clock.normalise(user.status_changed),
    }
    return Account(
        id=user.id,
        login=profile.login,
        email=profile.email,
        name=name,
        status=STATUSES.get(user.status or "ACTIVE", "active"),
        is_admin=is_admin,
        mfa=mfa,
        last_login=clock.normalise(user.last_login),
        created=clock.normalise(user.created),
        profile={key: value for key, value in told.items() if value is not None},
        unknown=tuple(unknown),
    )


def group(found: OktaGroup) -> Group:
    """Return a group."""
    count = found.stats.users
    return Group(
        id=found.id, name=found.name, member_count=count, unknown=() if count is not None else ("member_count",)
    )


def membership(group_id: str, name: str, user: User) -> Membership:
    """Return one user's membership; Okta knows no roles within a group."""
    return Membership(
        id=f"{group_id}:{user.id}",
        group=name,
        group_ref=local("group", group_id),
        member=user.login or user.id,
        member_ref=local("account", user.id),
    )


def privilege(kind: str, id_: str, name: str, role: Role, scope: str) -> Privilege:
    """Return one role that a principal holds over one scope; `kind` is account, group or app."""
    return Privilege(
        id=f"{kind}:{id_}:{role.id or role.name}:{scope}",
        principal=name,
        principal_ref=local(kind, id_),
        role=role.name,
        scope=scope,
    )


def api_token(token: ApiToken, login: str | None) -> Grant:
    """Return an API token; it may do whatever its owner may, and Okta tells no last use."""
    return Grant(
        id=f"api-token:{token.id}",
        name=token.name,
        kind="API token",
        principal=login,
        principal_ref=local("account", token.user_id) if token.user_id else None,
        issued=clock.normalise(token.created),
        expires=clock.normalise(token.expires_at),
        unknown=("scopes", "last_used"),
    )


def app_grant(app_id: str, title: str, grant: ScopeGrant) -> Grant:
    """Return one scope that an administrator granted to an app."""
    return Grant(
        id=f"app-grant:{app_id}:{grant.id}",
        name=title,
        kind="app grant",
        client_id=app_id,
        scopes=(grant.scope_id,) if grant.scope_id else (),
        issued=clock.normalise(grant.created),
        unknown=("last_used",),
    )


def user_grant(user_id: str, login: str, title: str | None, grant: ScopeGrant) -> Grant:
    """Return one scope that a user granted to an app."""
    return Grant(
        id=f"user-grant:{user_id}:{grant.id}",
        name=title,
        kind="user grant",
        client_id=grant.client_id,
        principal=login,
        principal_ref=local("account", user_id),
        scopes=(grant.scope_id,) if grant.scope_id else (),
        issued=clock.normalise(grant.created),
        unknown=("last_used",) if title else ("name", "last_used"),
    )


def refresh_token(user_id: str, login: str, client: Client, token: RefreshToken) -> Grant:
    """Return one refresh token that an app holds for a user; `lastUpdated` is no proof of use."""
    scopes = token.scopes
    return Grant(
        id=f"token:{user_id}:{client.client_id}:{token.id}",
        name=client.client_name,
        kind="refresh token",
        client_id=client.client_id,
        principal=login,
        principal_ref=local("account", user_id),
        scopes=tuple(scopes) if scopes is not None else None,
        issued=clock.normalise(token.created),
        expires=clock.normalise(token.expires_at),
        unknown=("last_used",) if scopes is not None else ("scopes", "last_used"),
    )
