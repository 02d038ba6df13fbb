"""Wire shapes of the Directory and Reports APIs, decoded straight from bytes, and what they become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Account, Status

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


class Users(msgspec.Struct):
    users: list[User] | None = None


class Person(msgspec.Struct, frozen=True, gc=False):
    """What is held of each user while a run lasts."""

    id: str
    primary_email: str
    suspended: bool
    archived: bool
    is_admin: bool


class Customer(msgspec.Struct, rename="camel"):
    """The customer account."""

    id: str
    customer_domain: str | None = None
    alternate_email: str | None = None


class _Me(msgspec.Struct, rename="camel"):
    email_address: str


class About(msgspec.Struct):
    """Whom Drive takes us for."""

    user: _Me


class DomainAlias(msgspec.Struct):
    name: str = msgspec.field(name="domainAliasName")


class Domain(msgspec.Struct):
    name: str = msgspec.field(name="domainName")
    aliases: list[DomainAlias] | None = msgspec.field(default=None, name="domainAliases")


class Domains(msgspec.Struct):
    domains: list[Domain] | None = None


def addresses(user: User) -> Iterator[str]:
    """Yield all addresses of a user in lower case, the primary one first."""
    yield user.primary_email.lower()
    for address in (*(user.aliases or ()), *(user.non_editable_aliases or ())):
        yield address.lower()


def person(user: User) -> Person:
    """Return what is held of a user."""
    return Person(user.id, user.primary_email.lower(), bool(user.suspended), bool(user.archived), bool(user.is_admin))


def status(user: User) -> Status:
    """Return our word for a user's state; a deleted one is disabled."""
    if user.deletion_time:
        return "disabled"
    if user.suspended:
        return "suspended"
    if user.archived:
        return "disabled"
    return "invited" if user.agreed_to_terms is False else "active"


def account(user: User) -> Account:
    """Return a user as an account."""
    profile: dict[str, Any] = {
        "org_unit": user.org_unit_path,
        "super_admin": user.is_admin,
        "delegated_admin": user.is_delegated_admin,
        "suspension_reason": user.suspension_reason,
        "archived": user.archived or None,
        "deleted": clock.normalise(user.deletion_time),
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
        status=status(user),
        is_admin=is_admin,
        mfa=user.is_enrolled_in2_sv,
        external=bool(user.is_guest_user),
        last_login=None if never else clock.normalise(user.last_login_time),
        created=clock.normalise(user.creation_time),
        profile={name: value for name, value in profile.items() if value is not None},
        unknown=unknown,
    )
