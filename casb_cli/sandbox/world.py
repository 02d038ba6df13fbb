"""One invented company that every simulated provider serves: people, groups, containers, files, events.

A `World` is immutable truth, computed by index from its seed: a million files and a hundred thousand people
cost nothing until asked for. What providers change is kept by them, as an overlay on this. Every address lies
under `.example` or `.test`; every network address in a documentation range.

The first people and containers are a fixed cast with roles of their own, named in `facts`; the rest follow by
chance.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from casb_cli.core import clock
from casb_cli.sandbox import chance, names
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    CAST,
    HOSTILE_ANSI,
    HOSTILE_FORMULA,
    HOSTILE_RTL,
    INVITED,
    LEAVER,
    MAINTAINER,
    NO_MFA,
    OWNER,
    PLACES,
    SECOND_ADMIN,
    SERVICE,
    SUSPENDED,
    VERBS,
    Event,
    Group,
    Person,
    PersonKind,
)
from casb_cli.sandbox.library import Library


class World:
    """The company by seed; `people` employees, `files` files per app, `events` audit events per app.

    `now` is the moment of the newest event (default: the present, to the second). Raises ValueError where the
    cast does not fit.
    """

    name = "Larkspur Instruments"
    slug = "larkspur"
    domain = "larkspur.example"
    partner_domains = ("kestrel.test", "oakmoor.example")

    def __init__(
        self,
        *,
        seed: int = 1,
        people: int = 40,
        files: int = 400,
        events: int | None = None,
        places: int | None = None,
        groups: int | None = None,
        now: datetime | None = None,
    ) -> None:
        if people < CAST or files < 0:
            raise ValueError(f"a world has at least {CAST} people and no negative number of files")
        self.seed = seed
        self.people = people
        self.contractors = max(4, people // 10)
        self.groups = max(len(names.GROUPS), people // 20 if groups is None else groups)
        self.files = files
        self.places = max(PLACES, PLACES + files // 1000 if places is None else places)
        self.events = max(240, min(people * 10, 50_000)) if events is None else events
        self.now = (now or clock.now()).astimezone(UTC).replace(microsecond=0)
        self._libraries: dict[str, Library] = {}
        self._staff: dict[str, Sequence[int]] = {}

    # People

    def person(self, index: int) -> Person:
        """Return a person: employees from 0, contractors from `people` on; raises IndexError."""
        if not 0 <= index < self.people + self.contractors:
            raise IndexError(index)
        return _person(self, index)

    def employees(self, app: str) -> Sequence[int]:
        """Return the employees (the service account too) with an account at `app`, suspended and invited too.

        The cast is everywhere; of the others, three quarters are at each app, half at both.
        """
        if app not in self._staff:
            rest = self.people - CAST
            self._staff[app] = (
                range(CAST + rest * 3 // 4)
                if app == "github"
                else array("I", [*range(CAST), *range(CAST + rest // 4, self.people)])
            )
        return self._staff[app]

    def externals(self) -> range:
        """Return the contractors."""
        return range(self.people, self.people + self.contractors)

    def has_account(self, app: str, index: int) -> bool:
        """Tell whether an employee has an account at `app`."""
        rest = self.people - CAST
        if index < CAST:
            return True
        return index < CAST + rest * 3 // 4 if app == "github" else CAST + rest // 4 <= index < self.people

    # Groups

    def group(self, index: int) -> Group:
        """Return a group; raises IndexError."""
        if not 0 <= index < self.groups:
            raise IndexError(index)
        name = names.GROUPS[index] if index < len(names.GROUPS) else f"Crew {index}"
        return Group(
            index=index,
            name=name,
            slug=name.lower().replace(" ", "-"),
            parent=1 if index == 2 else None,
            created=self.now - timedelta(days=400 + index % 300),
        )

    def group_members(self, index: int) -> tuple[tuple[int, bool], ...]:
        """Return the direct members of a group and whether each leads it; invited people are in none."""
        if index == 0:
            members = {OWNER, SECOND_ADMIN, MAINTAINER}
        else:
            size = 4 + chance.mix(self.seed, 11, index) % 12
            members = {(index * 7 + k * (self.groups + 1)) % self.people for k in range(size)}
            members |= {LEAVER} if index in (1, 3) else set()
        members = {m for m in members if self.person(m).status != "invited" and m != SERVICE}
        return tuple((m, m == MAINTAINER or m == min(members)) for m in sorted(members))

    # Files

    def library(self, app: str) -> Library:
        """Return the files as `app` holds them: same size everywhere, other content in each app."""
        if app not in self._libraries:
            self._libraries[app] = Library(self, app)
        return self._libraries[app]

    # Events

    def event_time(self, index: int) -> datetime:
        """Return when an event happened: evenly over 60 days, index 0 the oldest, the last one now."""
        age = (self.events - 1 - index) * (60 * 86_400_000 // max(self.events, 1))
        return self.now - timedelta(milliseconds=age)

    def event(self, app: str, index: int) -> Event:
        """Return an event of `app`; raises IndexError."""
        if not 0 <= index < self.events:
            raise IndexError(index)
        bits = chance.mix(self.seed, _salt(app), 17, index)
        kind, verb, target_kind, success = VERBS[index % len(VERBS)]
        staff = self.employees(app)
        actor = OWNER if kind == "admin" else staff[bits % len(staff)]
        if actor == INVITED or self.person(actor).status == "invited":
            actor = LEAVER
        count = {"person": len(staff), "place": self.places, "file": max(self.files, 1), "group": self.groups}
        target = (bits >> 20) % count[target_kind]
        if target_kind == "person":
            target = actor if kind == "logon" else staff[target]
        return Event(
            index=index,
            id=f"{chance.text(chance.HEX, 8, self.seed, _salt(app), 19, index)}-{index}",
            time=self.event_time(index),
            kind=kind,
            verb=verb,
            actor=actor,
            target_kind=target_kind,
            target=target,
            ip=f"203.0.113.{1 + (bits >> 8) % 250}",
            user_agent=names.AGENTS[(bits >> 16) % len(names.AGENTS)],
            country=names.COUNTRIES[(bits >> 12) % len(names.COUNTRIES)],
            success=success,
        )

    def events_since(self, moment: datetime) -> int:
        """Return the index of the first event at or after `moment` (`events` if none)."""
        step = 60 * 86_400_000 // max(self.events, 1)
        age = (self.now - moment) // timedelta(milliseconds=1)
        return min(max(self.events - 1 - age // step, 0), self.events) if step else 0


def _salt(app: str) -> int:
    return int.from_bytes(app.encode()[:7], "big")


@lru_cache(maxsize=4096)
def _cached_person(seed: int, now: datetime, people: int, index: int) -> Person:
    bits = chance.mix(seed, 3, index)
    first = names.FIRST[bits % len(names.FIRST)]
    last = names.LAST[(bits >> 8) % len(names.LAST)]
    name, login = f"{first} {last}", f"{first}-{last}{index}".lower()
    kind: PersonKind = "employee"
    status: Literal["active", "suspended", "invited"] = "active"
    domain = World.domain
    if index >= people:
        kind, domain = "contractor", World.partner_domains[index % 2]
        login = f"ext-{login}"
    elif index == BREAK_GLASS:
        name, login = "Break Glass", "break-glass"
    elif index == SERVICE:
        kind, name, login = "service", "CASB Service Account", "casb-service"
    elif index == HOSTILE_ANSI:
        name = f"{names.ESCAPE}[31m[bold]{first}[/bold]{names.ESCAPE}[0m {last}"
    elif index == HOSTILE_RTL:
        name = f"{names.RTL}{first} 日本 {last}"
    elif index == HOSTILE_FORMULA:
        name = f"=cmd()|'{last}'!A1"
    if index == SUSPENDED or (CAST <= index < people and bits % 40 == 1):
        status = "suspended"
    elif index == INVITED or (CAST <= index < people and bits % 50 == 2):
        status = "invited"
    return Person(
        index=index,
        kind=kind,
        name=name,
        login=login,
        email=f"{login.replace('-', '.')}@{domain}",
        department=names.DEPARTMENTS[(bits >> 24) % len(names.DEPARTMENTS)],
        status=status,
        is_admin=index in (OWNER, BREAK_GLASS, SERVICE, SECOND_ADMIN),
        mfa=index != NO_MFA and (index < CAST or (bits >> 32) % 20 != 0),
        created=now - timedelta(days=30 + (bits >> 40) % 1500),
    )


def _person(world: World, index: int) -> Person:
    return _cached_person(world.seed, world.now, world.people, index)
