"""The invented company as an Okta org: who has an account in which status, teams, administrator roles.

Everything is a pure function of the world. A quarter of the employees has no account; every second of those had
one once and is DEPROVISIONED.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

import msgspec

from casb_cli.apps.okta.sandbox_wire import index_of, make_id
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    CAST,
    HOSTILE_ANSI,
    HOSTILE_RTL,
    INVITED,
    LEAVER,
    MAINTAINER,
    NO_MFA,
    OWNER,
    SECOND_ADMIN,
    SERVICE,
)
from casb_cli.sandbox.world import World

APP = "okta"
"""Under which name the world tells who has an account."""

_USER, _GROUP, _ASSIGNED, _ROLE, _SET, _FACTOR, _APP = 21, 22, 23, 24, 25, 26, 41

ADMIN_LABELS = {
    "SUPER_ADMIN": "Super Organization Administrator",
    "ORG_ADMIN": "Organization Administrator",
    "APP_ADMIN": "Application Administrator",
    "USER_ADMIN": "Group Administrator",
    "HELP_DESK_ADMIN": "Help Desk Administrator",
    "READ_ONLY_ADMIN": "Read-Only Administrator",
    "REPORT_ADMIN": "Report Administrator",
    "GROUP_MEMBERSHIP_ADMIN": "Group Membership Administrator",
}
CUSTOM_ROLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "HelpDesk EU",
        "Resets passwords and clears sessions in Europe",
        ("okta.users.read", "okta.users.credentials.manage", "okta.users.lifecycle.clearSessions"),
    ),
    (
        "Access Auditor",
        "Reads who may do what",
        ("okta.users.read", "okta.groups.read", "okta.apps.read", "okta.iam.read"),
    ),
)
"""The org's own roles: label, description, permissions."""

RESOURCE_SETS = (("Europe", "People and groups of the European offices"), ("Everything", "All users, groups and apps"))

SECURITY, SUPPORT = 0, 5
"""Groups of the world that hold a role."""


class User(msgspec.Struct, kw_only=True):
    """An account; `index` is the person."""

    id: str
    index: int
    login: str
    status: str
    first: str
    last: str | None
    display: str | None
    kind: str | None
    department: str
    source: str
    mfa: bool
    created: datetime
    activated: datetime | None
    last_login: datetime | None
    password_changed: datetime | None
    status_changed: datetime | None
    updated: datetime

    @property
    def name(self) -> str:
        """The name that a reader shows: the display name, or first and last."""
        return self.display or f"{self.first} {self.last}"


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A role held by a user, a group or an app (`holder`): standard, or one of `CUSTOM_ROLES` over a resource set.

    `targets` are the groups that a standard role is limited to.
    """

    id: str
    holder: str
    type: str
    custom: int | None = None
    resource_set: int | None = None
    targets: tuple[str, ...] = ()


class Company:
    """The org as it is before anybody acts; with `app_admin` the app of that number holds a role too."""

    def __init__(self, world: World, app_admin: int | None = None) -> None:
        self.world = world
        self._app_admin = app_admin
        self._seed = world.seed
        rest = world.people - CAST
        self._former = range(CAST + 1, CAST + rest // 4, 2)
        self._staff: Sequence[int] = world.employees(APP)
        self._external = world.externals()
        self.count = len(self._staff) + len(self._external) + len(self._former)
        self.org_id = make_id(self._seed, "00o", 20, 0)
        self._user = lru_cache(maxsize=4096)(self._make_user)

    # Accounts

    def people(self) -> Iterator[int]:
        """Yield everybody who has or had an account, in listing order."""
        yield from self._staff
        yield from self._external
        yield from self._former

    def at(self, position: int) -> int:
        """Return who stands at a position of the listing."""
        if position < len(self._staff):
            return self._staff[position]
        position -= len(self._staff)
        if position < len(self._external):
            return self._external[position]
        return self._former[position - len(self._external)]

    def user_id(self, index: int) -> str:
        """Return the account id of a person."""
        return make_id(self._seed, "00u", _USER, index)

    def person_of(self, id_: str) -> int | None:
        """Return the person of an account id, None where there is no such account."""
        index = index_of(self._seed, "00u", _USER, id_)
        return index if index is not None and self.has_account(index) else None

    def has_account(self, index: int) -> bool:
        """Tell whether somebody has or had an account."""
        if index in self._external or index in self._former:
            return True
        return 0 <= index < self.world.people and self.world.has_account(APP, index)

    def user(self, index: int) -> User:
        """Return an account as a copy of its own."""
        return msgspec.structs.replace(self._user(index))

    def status(self, index: int) -> str:
        """Return the status of an account at the start."""
        return self._user(index).status

    def _make_user(self, index: int) -> User:
        person = self.world.person(index)
        bits = chance.mix(self._seed, 31, index)
        status = "ACTIVE"
        if index in self._former:
            status = "DEPROVISIONED"
        elif person.status == "suspended":
            status = "SUSPENDED"
        elif person.status == "invited":
            status = "PROVISIONED" if index == INVITED or bits % 2 else "STAGED"
        elif index >= CAST:
            status = {3: "LOCKED_OUT", 7: "PASSWORD_EXPIRED", 11: "RECOVERY"}.get(bits % 24, "ACTIVE")
        source = "OKTA"
        if index >= self.world.people:
            source = "FEDERATION" if index % 2 else "OKTA"
        elif index >= CAST and bits % 5 == 2:
            source = "ACTIVE_DIRECTORY"
        first, _, last = person.name.partition(" ")
        waiting = status in {"STAGED", "PROVISIONED"}
        now = self.world.now
        signed_in = None if waiting or bits % 17 == 4 else now - timedelta(hours=(bits >> 8) % 2000)
        return User(
            id=self.user_id(index),
            index=index,
            login=person.email,
            status=status,
            first=first,
            last=last or None,
            display=person.name if not last or index == HOSTILE_RTL or bits % 3 == 0 else None,
            kind="contractor" if person.external else ("service" if index == SERVICE else None),
            department=person.department,
            source=source,
            mfa=person.mfa and not waiting,
            created=person.created,
            activated=None if waiting else person.created + timedelta(minutes=1),
            last_login=signed_in,
            password_changed=None if waiting or source == "FEDERATION" else person.created + timedelta(hours=1),
            status_changed=None if status == "ACTIVE" else now - timedelta(days=1 + (bits >> 20) % 20),
            updated=signed_in or person.created + timedelta(hours=2),
        )

    def factors(self, index: int) -> list[tuple[str, str, str, str]]:
        """Return an account's factors: id, type, provider, status."""
        user = self._user(index)

        def factor(number: int, kind: str, provider: str, status: str = "ACTIVE") -> tuple[str, str, str, str]:
            return make_id(self._seed, "opf", _FACTOR + number, index), kind, provider, status

        found = [factor(0, "question", "OKTA")] if index % 3 == 0 or index == NO_MFA else []
        if index == NO_MFA:
            found.append(factor(1, "sms", "OKTA", "PENDING_ACTIVATION"))
        if user.mfa:
            kinds = (("push", "OKTA"), ("webauthn", "FIDO"), ("token:software:totp", "GOOGLE"))
            found.append(factor(2, *kinds[index % 3]))
        return found

    # Groups

    @property
    def group_count(self) -> int:
        """How many groups there are: Everyone, the world's, and one imported from a directory."""
        return self.world.groups + 2

    def app_id(self, number: int) -> str:
        """Return the id of an app."""
        return make_id(self._seed, "0oa", _APP, number)

    def group_id(self, number: int) -> str:
        """Return a group's id: 0 is Everyone, then the world's, the last is imported."""
        return make_id(self._seed, "00g", _GROUP, number)

    def group_of(self, id_: str) -> int | None:
        """Return a group's number, None where there is none."""
        number = index_of(self._seed, "00g", _GROUP, id_)
        return number if number is not None and number < self.group_count else None

    def group_name(self, number: int) -> str:
        """Return a group's name."""
        if number == 0:
            return "Everyone"
        return "Partners" if number > self.world.groups else self.world.group(number - 1).name

    def group_type(self, number: int) -> str:
        """Return `BUILT_IN`, `OKTA_GROUP` or `APP_GROUP`."""
        if number == 0:
            return "BUILT_IN"
        return "APP_GROUP" if number > self.world.groups else "OKTA_GROUP"

    def group_created(self, number: int) -> datetime:
        """Return when a group was made."""
        if 0 < number <= self.world.groups:
            return self.world.group(number - 1).created
        return self.world.now - timedelta(days=1600)

    def members(self, number: int) -> Sequence[int]:
        """Return a group's members, in order; who is deprovisioned is in none."""
        if number == 0:
            return _Joined(self._staff, self._external)
        if number > self.world.groups:
            return self._external
        return [who for who, _ in self.world.group_members(number - 1) if self.world.has_account(APP, who)]

    def groups_of(self, index: int) -> list[int]:
        """Return the groups of somebody."""
        inside = [number for number in range(1, self.world.groups + 1) if index in self.members(number)]
        ends = [self.group_count - 1] if index in self._external else []
        return ([] if index in self._former else [0]) + inside + ends

    # Administrators

    def role_id(self, custom: int) -> str:
        """Return the id of a custom role."""
        return make_id(self._seed, "cr0", _ROLE, custom)

    def set_id(self, resource_set: int) -> str:
        """Return the id of a resource set."""
        return make_id(self._seed, "iam", _SET, resource_set)

    def assignments(self) -> list[Assignment]:
        """Return every role given to a user or a group directly."""
        return self._assignments

    @cached_property
    def _assignments(self) -> list[Assignment]:
        user, group = self.user_id, self.group_id
        everything = (
            (user(OWNER), "SUPER_ADMIN", None, None, ()),
            (user(BREAK_GLASS), "SUPER_ADMIN", None, None, ()),
            (user(SERVICE), "SUPER_ADMIN", None, None, ()),
            (user(SECOND_ADMIN), "ORG_ADMIN", None, None, ()),
            (user(SECOND_ADMIN), "HELP_DESK_ADMIN", None, None, (group(2), group(3))),
            (user(NO_MFA), "READ_ONLY_ADMIN", None, None, ()),
            (user(MAINTAINER), "CUSTOM", 0, 0, ()),
            (group(1 + SECURITY), "CUSTOM", 1, 1, ()),
            (group(1 + SUPPORT), "REPORT_ADMIN", None, None, ()),
            *([(self.app_id(self._app_admin), "CUSTOM", 1, 1, ())] if self._app_admin is not None else []),
        )
        return [
            Assignment(
                id=make_id(self._seed, "irb" if type_ == "CUSTOM" else "ra1", _ASSIGNED, number),
                holder=holder,
                type=type_,
                custom=custom,
                resource_set=set_,
                targets=targets,
            )
            for number, (holder, type_, custom, set_, targets) in enumerate(everything)
        ]

    def held_by(self, holder: str) -> list[Assignment]:
        """Return the roles given to a user, group or app directly."""
        return [one for one in self.assignments() if one.holder == holder]

    def inherited(self, index: int) -> list[Assignment]:
        """Return the roles that somebody has through groups."""
        return [one for one in self.assignments() if index in self._holding.get(one.holder, ())]

    @cached_property
    def _holding(self) -> dict[str, frozenset[int]]:
        numbers = ((one.holder, self.group_of(one.holder)) for one in self.assignments())
        return {holder: frozenset(self.members(number)) for holder, number in numbers if number is not None}

    def admins(self) -> set[int]:
        """Return everybody with a role, through groups too."""
        found: set[int] = set()
        for one in self.assignments():
            number = self.group_of(one.holder)
            person = self.person_of(one.holder)
            if number is not None:
                found |= set(self.members(number))
            elif person is not None:
                found.add(person)
        return found

    @property
    def plain(self) -> int:
        """Somebody active without any role, through groups neither."""
        admins = self.admins()
        likely = (LEAVER, HOSTILE_ANSI, HOSTILE_RTL)
        for index in (*likely, *self._staff[CAST:], *self._external):
            if index not in admins and self.status(index) == "ACTIVE":
                return int(index)
        raise ValueError("everybody is an administrator")


class _Joined(Sequence[int]):
    """Two sequences as one, without a copy."""

    def __init__(self, first: Sequence[int], second: range) -> None:
        self._first, self._second = first, second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def __getitem__(self, at: int) -> int:  # type: ignore[override]
        if at >= len(self):
            raise IndexError(at)
        return self._first[at] if at < len(self._first) else self._second[at - len(self._first)]

    def __contains__(self, value: object) -> bool:
        return value in self._first or value in self._second
