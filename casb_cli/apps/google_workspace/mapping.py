"""Wire shapes of the Directory and Reports APIs, decoded straight from bytes, and what they become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Account, Grant, Group, Membership, Status
from casb_cli.core.refs import local

NEVER = "1970-01-01T00:00:00.000Z"
"""What Google gives as time of the last log-in of somebody who never did."""


class Name(msgspec.Struct, rename="camel"):
    full_name: str | None = None


class User(msgspec.Struct, rename="camel", gc=False):
    """A user of the directory."""

    id: str
    primary_email: str
    name: Name | None = None
    is_admin: bool | None = None
    is_delegated_admin: bool | None = None
    last_login_time: str | None = None
    creation_time: str | None = None
    deletion_time: str | None = None
    agreed_to_terms: bool | None = None
    suspended: bool | None = None
    suspension_reason: str | None = None
    archived: bool | None = None
    change_password_at_next_login: bool | None = None
    is_enrolled_in2_sv: bool | None = msgspec.field(default=None, name="isEnrolledIn2Sv")
    is_enforced_in2_sv: bool | None = msgspec.field(default=None, name="isEnforcedIn2Sv")
    org_unit_path: str | None = None
    aliases: list[str] | None = None
    non_editable_aliases: list[str] | None = None
    is_guest_user: bool | None = None
    customer_id: str | None = None


class Users(msgspec.Struct):
    users: list[User] | None = None


class Customer(msgspec.Struct, rename="camel"):
    """The customer account."""

    id: str
    customer_domain: str | None = None
    alternate_email: str | None = None


class UserInfo(msgspec.Struct):
    """Who signed in."""

    email: str


class DomainAlias(msgspec.Struct):
    name: str = msgspec.field(name="domainAliasName")


class Domain(msgspec.Struct):
    name: str = msgspec.field(name="domainName")
    aliases: list[DomainAlias] | None = msgspec.field(default=None, name="domainAliases")


class Domains(msgspec.Struct):
    domains: list[Domain] | None = None


def status(user: User, *, deleted: bool = False) -> Status:
    """Return our word for a user's state; a deleted one is disabled."""
    if deleted or user.deletion_time:
        return "disabled"
    if user.suspended:
        return "suspended"
    if user.archived:
        return "disabled"
    return "invited" if user.agreed_to_terms is False else "active"


def account(user: User, *, deleted: bool = False) -> Account:
    """Return a user as an account; `deleted` says that the list of deleted users had it."""
    profile: dict[str, Any] = {
        "org_unit": user.org_unit_path,
        "super_admin": user.is_admin,
        "delegated_admin": user.is_delegated_admin,
        "suspension_reason": user.suspension_reason,
        "archived": user.archived or None,
        "deleted": clock.normalise(user.deletion_time) or (True if deleted else None),
        "two_step_enforced": user.is_enforced_in2_sv,
        "aliases": user.aliases,
    }
    known = (user.is_admin, user.is_delegated_admin)
    is_admin = None if known == (None, None) else bool(user.is_admin or user.is_delegated_admin)
    never = user.last_login_time == NEVER or (user.last_login_time or "").startswith("1970-01-01T00:00:00")
    unknown = tuple(name for name, value in (("is_admin", is_admin), ("mfa", user.is_enrolled_in2_sv)) if value is None)
    return Account(
        id=user.id,
        login=user.primary_email,
        email=user.primary_email,
        name=user.name.full_name if user.name else None,
        status=status(user, deleted=deleted),
        is_admin=is_admin,
        mfa=user.is_enrolled_in2_sv,
        external=bool(user.is_guest_user),
        last_login=None if never else clock.normalise(user.last_login_time),
        created=clock.normalise(user.creation_time),
        profile={name: value for name, value in profile.items() if value is not None},
        unknown=unknown,
    )


def outsider(member: Member) -> Account:
    """Return a member of a group who is from outside the customer: only the address is told."""
    return Account(
        id=member.key,
        login=member.email,
        email=member.email,
        is_admin=False,
        external=True,
        unknown=("name", "status", "mfa", "last_login", "created"),
    )


class DirectoryGroup(msgspec.Struct, rename="camel", gc=False):
    """A group; counts come as text."""

    id: str
    email: str | None = None
    name: str | None = None
    direct_members_count: str | int | None = None

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name or self.email or self.id


class Groups(msgspec.Struct):
    groups: list[DirectoryGroup] | None = None


class Member(msgspec.Struct, gc=False):
    """One member of a group: a person, a group, or (`CUSTOMER`) everybody; whoever has no id goes by the address."""

    id: str = ""
    email: str | None = None
    role: str | None = None
    type: str | None = None

    @property
    def key(self) -> str:
        """What names it."""
        return self.id or self.email or ""

    def external(self, internal: Callable[[str | None], bool]) -> bool:
        """Tell whether it is a person from outside the customer; `internal` tells whose addresses are its own."""
        kind = (self.type or "USER").upper()
        return kind == "EXTERNAL" or (kind == "USER" and self.email is not None and not internal(self.email))


class Members(msgspec.Struct):
    members: list[Member] | None = None


class Role(msgspec.Struct, rename="camel"):
    role_id: str
    role_name: str | None = None
    is_super_admin_role: bool | None = None


class Roles(msgspec.Struct):
    items: list[Role] | None = None


class _Expiration(msgspec.Struct, rename="camel"):
    expire_time: str | None = None


class Assignment(msgspec.Struct, rename="camel"):
    """A role held by a user, a group or a service account."""

    role_assignment_id: str
    role_id: str
    assigned_to: str
    assignee_type: str | None = None
    scope_type: str | None = None
    org_unit_id: str | None = None
    condition: str | None = None
    expiration_details: _Expiration | None = None


class Assignments(msgspec.Struct):
    items: list[Assignment] | None = None


class OrgUnit(msgspec.Struct, rename="camel"):
    org_unit_id: str
    org_unit_path: str


class OrgUnits(msgspec.Struct, rename="camel"):
    organization_units: list[OrgUnit] | None = None


class Token(msgspec.Struct, rename="camel"):
    """What one user granted to one app."""

    client_id: str
    display_text: str | None = None
    anonymous: bool | None = None
    native_app: bool | None = None
    scopes: list[str] | None = None


class Tokens(msgspec.Struct):
    items: list[Token] | None = None


class AppPassword(msgspec.Struct, rename="camel"):
    """An application-specific password; times are milliseconds as text, `0` is never."""

    code_id: int
    name: str | None = None
    creation_time: str | int | None = None
    last_time_used: str | int | None = None


class AppPasswords(msgspec.Struct):
    items: list[AppPassword] | None = None


def group(found: DirectoryGroup) -> Group:
    """Return a group as ours."""
    count = found.direct_members_count
    return Group(
        id=found.id,
        name=found.title,
        member_count=int(count) if count is not None else None,
        unknown=("member_count",) if count is None else (),
    )


def membership(group_id: str, name: str, member: Member) -> Membership:
    """Return one membership; a member that is the whole customer has no reference."""
    kind = (member.type or "USER").upper()
    everybody = kind == "CUSTOMER"
    return Membership(
        id=f"{group_id}/{member.key}",
        group=name,
        group_ref=local("group", group_id),
        member="everybody" if everybody else member.email or member.id,
        member_ref=None if everybody else local("group" if kind == "GROUP" else "account", member.key),
        role=member.role,
    )


def _millis(value: str | int | None) -> str | None:
    number = int(value) if value not in {None, ""} else 0
    return clock.from_millis(number) if number else None


def token(account_id: str, login: str, found: Token) -> Grant:
    """Return what one user granted to one app."""
    return Grant(
        id=f"{account_id}/{found.client_id}",
        name=found.display_text or found.client_id,
        kind="oauth-token",
        client_id=found.client_id,
        principal=login,
        principal_ref=local("account", account_id),
        scopes=tuple(found.scopes or ()),
        unknown=("issued", "last_used"),
    )


def app_password(account_id: str, login: str, found: AppPassword) -> Grant:
    """Return an application-specific password, which opens everything that the account's password does."""
    return Grant(
        id=f"{account_id}/asp/{found.code_id}",
        name=found.name or f"app password {found.code_id}",
        kind="app-password",
        principal=login,
        principal_ref=local("account", account_id),
        issued=_millis(found.creation_time),
        last_used=_millis(found.last_time_used),
    )
