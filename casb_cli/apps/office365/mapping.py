"""Wire shapes of Graph's directory, decoded straight from bytes, and what they become."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Account, Group, Membership, Privilege, Status
from casb_cli.core.refs import local

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""The template of the role that may do everything."""
EVERYWHERE = "org"
_HIDDEN = "hiddenmembership"


class VerifiedDomain(msgspec.Struct, rename="camel"):
    name: str | None = None
    is_default: bool | None = None
    is_initial: bool | None = None


class Organization(msgspec.Struct, rename="camel"):
    """The tenant."""

    id: str
    display_name: str | None = None
    verified_domains: list[VerifiedDomain] | None = None
    tenant_type: str | None = None


class SignInActivity(msgspec.Struct, rename="camel"):
    """When a user last signed in, each kind apart."""

    interactive: str | None = msgspec.field(name="lastSignInDateTime", default=None)
    other: str | None = msgspec.field(name="lastNonInteractiveSignInDateTime", default=None)
    successful: str | None = msgspec.field(name="lastSuccessfulSignInDateTime", default=None)


class Licence(msgspec.Struct, rename="camel"):
    sku_id: str | None = None


class User(msgspec.Struct, rename="camel", gc=False):
    """A user of the directory; what was not selected, or may not be read, is absent."""

    id: str
    display_name: str | None = None
    user_principal_name: str | None = None
    mail: str | None = None
    account_enabled: bool | None = None
    user_type: str | None = None
    external_user_state: str | None = None
    created: str | None = msgspec.field(name="createdDateTime", default=None)
    password_changed: str | None = msgspec.field(name="lastPasswordChangeDateTime", default=None)
    sessions_from: str | None = msgspec.field(name="signInSessionsValidFromDateTime", default=None)
    synced: bool | None = msgspec.field(name="onPremisesSyncEnabled", default=None)
    assigned_licenses: list[Licence] | None = None
    sign_in_activity: SignInActivity | None = None

    @property
    def login(self) -> str:
        """What to call the user."""
        return self.user_principal_name or self.mail or self.id

    @property
    def external(self) -> bool | None:
        """Whether it is somebody else's account, invited as guest; None where nothing tells."""
        if (self.user_type or "").lower() == "guest" or "#ext#" in (self.user_principal_name or "").lower():
            return True
        return False if self.user_type or self.user_principal_name else None

    @property
    def last_login(self) -> str | None:
        """The newest of the sign-ins told."""
        told = self.sign_in_activity
        if told is None:
            return None
        times = (clock.normalise(one) for one in (told.interactive, told.other, told.successful))
        return max((one for one in times if one), default=None)


class Registration(msgspec.Struct, rename="camel", gc=False):
    """What the report of authentication methods says of one user; disabled users are not in it."""

    id: str
    is_mfa_registered: bool | None = None
    is_admin: bool | None = None


class DirectoryGroup(msgspec.Struct, rename="camel", gc=False):
    """A group: a Microsoft 365 group, a security group or a distribution list."""

    id: str
    display_name: str | None = None
    mail: str | None = None
    visibility: str | None = None
    is_assignable_to_role: bool | None = None
    removed: msgspec.Raw | None = msgspec.field(name="@removed", default=None)

    @property
    def title(self) -> str:
        """What to call it."""
        return self.display_name or self.mail or self.id

    @property
    def hidden(self) -> bool:
        """Whether its members show only to whoever may read hidden ones."""
        return (self.visibility or "").lower() == _HIDDEN


class Principal(msgspec.Struct, rename="camel", gc=False):
    """A user, group, application, device or contact, as lists of mixed kinds tell it."""

    id: str
    type: str | None = msgspec.field(name="@odata.type", default=None)
    display_name: str | None = None
    user_principal_name: str | None = None
    mail: str | None = None

    @property
    def name(self) -> str:
        """What to call it."""
        return self.user_principal_name or self.display_name or self.mail or self.id

    @property
    def kind(self) -> str | None:
        """The kind of what our reference names; None for what is neither person, app nor group."""
        return _KINDS.get((self.type or "").lower())


_KINDS = {
    "#microsoft.graph.user": "account",
    "#microsoft.graph.serviceprincipal": "account",
    "#microsoft.graph.group": "group",
}
_DEVICE = "#microsoft.graph.device"


class Assignment(msgspec.Struct, rename="camel"):
    """A directory role that a principal holds, or may activate."""

    id: str
    principal_id: str
    role_definition_id: str
    directory_scope_id: str | None = None
    app_scope_id: str | None = None
    principal: Principal | None = None
    schedule: str | None = msgspec.field(name="roleEligibilityScheduleId", default=None)


class Role(msgspec.Struct, rename="camel"):
    id: str
    display_name: str | None = None
    template_id: str | None = None


def status(user: User) -> Status | None:
    """Return our word for a user's state; None where it is not told."""
    if user.external_user_state == "PendingAcceptance":
        return "invited"
    if user.account_enabled is None:
        return None
    return "active" if user.account_enabled else "suspended"


def account(user: User, *, is_admin: bool | None, mfa: bool | None, signed_in: bool) -> Account:
    """Return a user as an account; `signed_in` says that sign-in dates were readable at all."""
    profile: dict[str, Any] = {
        "user_type": user.user_type,
        "invitation": user.external_user_state,
        "synced": user.synced or None,
        "password_changed": clock.normalise(user.password_changed),
        "licences": [one.sku_id for one in user.assigned_licenses or () if one.sku_id] or None,
    }
    state = status(user)
    lacks = {
        "status": state is None,
        "is_admin": is_admin is None,
        "mfa": mfa is None,
        "external": user.external is None,
        "last_login": not signed_in,
    }
    return Account(
        id=user.id,
        login=user.user_principal_name or user.mail,
        email=user.mail or user.user_principal_name,
        name=user.display_name,
        status=state,
        is_admin=is_admin,
        mfa=mfa,
        external=user.external,
        last_login=user.last_login,
        created=clock.normalise(user.created),
        profile={name: value for name, value in profile.items() if value is not None},
        unknown=tuple(name for name, lacking in lacks.items() if lacking),
    )


def group(found: DirectoryGroup) -> Group:
    """Return a group as ours; the directory tells no count with a list."""
    return Group(id=found.id, name=found.title, unknown=("member_count",))


def memberships(group_id: str, name: str, members: Iterable[Principal]) -> list[Membership]:
    """Return who is directly in a group; devices are nobody, a contact has no account and so no reference."""
    return [
        Membership(
            id=f"{group_id}/{one.id}",
            group=name,
            group_ref=local("group", group_id),
            member=one.name,
            member_ref=local(one.kind, one.id) if one.kind else None,
            role="member",
        )
        for one in members
        if (one.type or "").lower() != _DEVICE
    ]


def privilege(one: Assignment, role: str, principal: Principal | None, *, eligible: bool = False) -> Privilege:
    """Return a directory role held, or with `eligible` one that may be activated."""
    kind = (principal.kind if principal else None) or "account"
    scope = one.directory_scope_id or one.app_scope_id or "/"
    return Privilege(
        id=one.schedule or one.id if eligible else one.id,
        principal=principal.name if principal else one.principal_id,
        principal_ref=local(kind, one.principal_id),
        role=f"{role} (eligible)" if eligible else role,
        scope=EVERYWHERE if scope == "/" else scope,
    )
