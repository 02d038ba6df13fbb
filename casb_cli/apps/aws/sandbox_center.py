"""Identity Center of the invented company: its people, teams, permission sets, assignments and applications."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from casb_cli.apps.aws.sandbox_company import ALL, LOCAL, Company, document, managed_arn
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import BREAK_GLASS, LEAVER, OWNER, SERVICE


class CenterUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the identity store."""

    id: str
    person: int
    login: str
    name: str
    email: str
    enabled: bool
    created: datetime


class PermissionSet(msgspec.Struct, frozen=True, kw_only=True):
    """A permission set: policies of AWS's own, one inline policy, those it names in each account, and its boundary."""

    arn: str
    name: str
    managed: tuple[str, ...]
    inline: dict[str, Any] | None
    named: tuple[str, ...] = ()
    boundary: dict[str, Any] | None = None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a permission set in an account; `kind` is USER or GROUP."""

    account: str
    set: str
    kind: str
    principal: str


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An application known to Identity Center."""

    arn: str
    name: str
    account: str
    scopes: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    created: datetime


class Center:
    """Identity Center as it was at the start, in the home region of the organization's main account."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.world = company.world
        seed = company.seed
        self.store = "d-" + chance.text(chance.HEX, 10, seed, 70)
        self.instance = "arn:aws:sso:::instance/ssoins-" + chance.text(chance.HEX, 16, seed, 71)

    def user_id(self, person: int) -> str:
        """Return the id of a person's user."""
        return self._id(72, person)

    def group_id(self, group: int) -> str:
        """Return the id of a team."""
        return self._id(73, group)

    def user(self, person: int) -> CenterUser:
        """Return a person's user."""
        found = self.world.person(person)
        return CenterUser(
            id=self.user_id(person),
            person=person,
            login=found.login,
            name=found.name,
            email=found.email,
            enabled=found.status != "suspended",
            created=found.created.replace(microsecond=0),
        )

    @cached_property
    def people(self) -> tuple[int, ...]:
        """Everybody in the store: neither the service account nor the one for emergencies."""
        return tuple(i for i in self.company.staff if i not in (SERVICE, BREAK_GLASS))

    def members(self, group: int) -> tuple[int, ...]:
        """Return the people of a team."""
        inside = self._inside
        return tuple(person for person, _ in self.world.group_members(group) if person in inside)

    @cached_property
    def _inside(self) -> frozenset[int]:
        return frozenset(self.people)

    def membership_id(self, group: int, person: int) -> str:
        """Return the id of a membership."""
        return self._id(74, group, person)

    def _id(self, *parts: int) -> str:
        """Return an id in the form of a UUID, made quickly: a large company has a hundred thousand."""
        found = f"{chance.mix(self.company.seed, *parts):016x}{chance.mix(self.company.seed, *parts, 1):016x}"
        return f"{found[:8]}-{found[8:12]}-4{found[13:16]}-a{found[17:20]}-{found[20:]}"

    @cached_property
    def by_id(self) -> dict[str, int]:
        """Everybody in the store by the id of their user."""
        return {self.user_id(person): person for person in self.people}

    @cached_property
    def sets(self) -> tuple[PermissionSet, ...]:
        """Every permission set."""
        billing = {"Effect": "Allow", "Action": ["billing:*"], "Resource": "*"}
        wanted: tuple[tuple[str, tuple[str, ...], dict[str, Any] | None], ...] = (
            ("AdministratorAccess", ("AdministratorAccess",), None),
            ("ReadOnly", ("ReadOnlyAccess",), None),
            ("Billing", (), document(billing)),
            ("EverythingInline", (), document(ALL)),
            ("Bounded", ("AdministratorAccess",), None),
            ("Local", (), None),
        )
        named = {"Local": (LOCAL,)}
        bounds: dict[str, dict[str, Any]] = {"Bounded": {"ManagedPolicyArn": managed_arn("ReadOnlyAccess")}}
        number = self.instance.rpartition("/")[2]
        return tuple(
            PermissionSet(
                arn=f"arn:aws:sso:::permissionSet/{number}/ps-{chance.text(chance.HEX, 16, self.company.seed, 75, n)}",
                name=name,
                managed=tuple(managed_arn(one) for one in managed),
                inline=inline,
                named=named.get(name, ()),
                boundary=bounds.get(name),
            )
            for n, (name, managed, inline) in enumerate(wanted)
        )

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """Who holds what where."""
        admin, read, billing, inline, bounded, local = (one.arn for one in self.sets)
        first, second, third = self.company.active
        last = self.people[-1]
        return (
            Assignment(account=first, set=admin, kind="USER", principal=self.user_id(OWNER)),
            Assignment(account=second, set=admin, kind="GROUP", principal=self.group_id(0)),
            Assignment(account=second, set=read, kind="GROUP", principal=self.group_id(1)),
            Assignment(account=third, set=read, kind="GROUP", principal=self.group_id(1)),
            Assignment(account=second, set=read, kind="USER", principal=self.user_id(LEAVER)),
            Assignment(account=first, set=billing, kind="GROUP", principal=self.group_id(3)),
            Assignment(account=second, set=inline, kind="USER", principal=self.user_id(last)),
            Assignment(account=third, set=inline, kind="USER", principal=self.user_id(self.people[-2])),
            Assignment(account=first, set=bounded, kind="USER", principal=self.user_id(self.people[-3])),
            Assignment(account=first, set=local, kind="USER", principal=self.user_id(self.people[-4])),
        )

    @cached_property
    def applications(self) -> tuple[Application, ...]:
        """The applications that people reach through Identity Center."""
        number = self.instance.rpartition("-")[2]
        names = ("Orchard Analytics", "Lantern Tickets")
        scopes = (("sso:account:access",), ("openid", "email"))
        return tuple(
            Application(
                arn=f"arn:aws:sso::{self.company.main}:application/ssoins-{number}/apl-"
                + chance.text(chance.HEX, 16, self.company.seed, 76, n),
                name=name,
                account=self.company.main,
                scopes=scopes[n],
                principals=(("GROUP", self.group_id(1)), ("USER", self.user_id(LEAVER))),
                created=self.world.now.replace(day=1),
            )
            for n, name in enumerate(names)
        )
