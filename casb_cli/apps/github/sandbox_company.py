"""The simulated organization's changing state, laid over the invented company."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import msgspec

from casb_cli.apps.github.sandbox_git import Git
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import (
    EXTERNAL_PLACE,
    INVITED,
    OWNER,
    PENDING_PLACE,
    PUBLIC_PLACE,
    SECOND_ADMIN,
    SERVICE,
    SHARED_PLACE,
    Person,
    Place,
)
from casb_cli.sandbox.world import World

USER_BASE, REPO_BASE, TEAM_BASE = 1_000_001, 70_001, 501
Visibility = Literal["public", "internal", "private"]
LEVELS = ("pull", "triage", "push", "maintain", "admin")
ROLE_OF = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}


class Invitation(msgspec.Struct, kw_only=True):
    """An invitation to the organization."""

    id: int
    email: str | None
    login: str | None
    role: str
    created: datetime


class RepoInvitation(msgspec.Struct, kw_only=True):
    """An invitation to one repository."""

    id: int
    invitee: int | None
    permission: str
    created: datetime
    expired: bool = False


class DeployKey(msgspec.Struct, kw_only=True):
    """A deploy key of one repository."""

    id: int
    title: str
    key: str
    read_only: bool
    created: datetime
    last_used: datetime | None
    added_by: str


class Repo(msgspec.Struct, kw_only=True):
    """One repository as it is now; `index` is its place in the world, None for one made in the sandbox."""

    id: int
    index: int | None
    name: str
    visibility: Visibility
    archived: bool
    created: datetime
    pushed: datetime
    size: int
    collaborators: dict[int, str]
    teams: dict[int, str]
    invitations: dict[int, RepoInvitation]
    keys: dict[int, DeployKey]
    pages: bool
    git: Git
    description: str = ""
    default_branch: str = "main"


class Company:
    """Members, collaborators, invitations, teams and repositories of the one organization.

    Members are employees who accepted; a suspended employee is suspended only where the edition knows that
    (`emu`, `ghes`). Lists are recomputed only after a change.
    """

    def __init__(self, world: World, variant: str) -> None:
        self.world = world
        self.variant = variant
        self.library = world.library("github")
        self.removed: set[int] = set()
        self.joined: set[int] = set()
        self.roles: dict[int, str] = {}
        self.blocked: set[int] = set()
        self.suspended: set[int] = set()
        self.made_outside: set[int] = set()
        self.dropped_outside: set[int] = set()
        self.team_removed: set[tuple[int, int]] = set()
        self.team_joined: dict[tuple[int, int], bool] = {}
        self.repos: dict[int, Repo] = {}
        self.default_permission = "read"
        self._members: list[int] | None = None
        self._next = 9_000_000
        self.made: list[int] = []
        self.invitations = {i.id: i for i in self._first_invitations()}
        if variant in {"emu", "ghes"}:
            self.suspended = {i for i in world.employees("github") if world.person(i).status == "suspended"}

    def next_id(self) -> int:
        """Return a number never used before."""
        self._next += 1
        return self._next

    # People

    def _first_invitations(self) -> Iterable[Invitation]:
        if self.variant == "emu":
            return
        for index in self.world.employees("github"):
            person = self.world.person(index)
            if person.status == "invited":
                login = None if index == INVITED or index % 2 else person.login
                created = self.world.now - timedelta(days=1 + index % 5)
                yield Invitation(
                    id=4_000_000 + index,
                    email=person.email,
                    login=login,
                    role="direct_member",
                    created=created,
                )

    def members(self) -> list[int]:
        """Return the indices of all members in order of id."""
        if self._members is None:
            person, emu = self.world.person, self.variant == "emu"
            first = (i for i in self.world.employees("github") if emu or person(i).status != "invited")
            self._members = sorted({*first, *self.joined} - self.removed)
        return self._members

    def is_member(self, index: int) -> bool:
        """Tell whether somebody is a member now."""
        if index in self.removed:
            return False
        if index in self.joined:
            return True
        known = self.world.has_account("github", index)
        return known and (self.variant == "emu" or self.world.person(index).status != "invited")

    def role(self, index: int) -> str:
        """Return `admin` or `member`."""
        known = self.roles.get(index)
        return known or ("admin" if self.world.person(index).is_admin else "member")

    def admins(self) -> list[int]:
        """Return the owners."""
        cast = {OWNER, 1, SERVICE, SECOND_ADMIN, *(i for i, role in self.roles.items() if role == "admin")}
        return sorted(i for i in cast if self.is_member(i) and self.role(i) == "admin")

    def remove_member(self, index: int) -> None:
        """End a membership: teams and direct access to repositories go with it."""
        self.joined.discard(index)
        self.removed.add(index)
        self._members = None
        for team in range(self.world.groups):
            self.team_removed.add((team, index))
        for repo in self.all_repos():
            repo.collaborators.pop(index, None)

    def add_member(self, index: int, role: str) -> None:
        """Make somebody a member at once."""
        self.removed.discard(index)
        self.joined.add(index)
        self.roles[index] = role
        self.made_outside.discard(index)
        self._members = None

    def make_outside(self, index: int) -> None:
        """Turn a member into an outside collaborator: teams go, access to repositories stays."""
        kept = [(repo, repo.collaborators[index]) for repo in self.all_repos() if index in repo.collaborators]
        self.remove_member(index)
        for repo, permission in kept:
            repo.collaborators[index] = permission
        self.made_outside.add(index)

    @cached_property
    def _first_outside(self) -> frozenset[int]:
        return frozenset(e for j in range(self.library.places) for e in self.library.place(j).externals)

    def outside(self) -> list[int]:
        """Return the outside collaborators: everybody with access to a repository who is no member."""
        found = self.made_outside | (self._first_outside - self.dropped_outside)
        for repo in self.repos.values():
            found |= {i for i in repo.collaborators if not self.is_member(i)}
        return sorted(i for i in found if not self.is_member(i) and (i in self.made_outside or self.has_access(i)))

    def has_access(self, index: int) -> bool:
        """Tell whether an outsider is a collaborator of some repository."""
        if any(index in repo.collaborators for repo in self.repos.values()):
            return True
        places = (self.library.place(j) for j in range(self.library.places))
        return any(index in place.externals for place in places if place.index not in self.repos)

    def drop_outside(self, index: int) -> None:
        """Take every access from an outside collaborator."""
        for repo in self.all_repos():
            repo.collaborators.pop(index, None)
        self.made_outside.discard(index)
        self.dropped_outside.add(index)

    @cached_property
    def _logins(self) -> dict[str, int]:
        total = self.world.people + self.world.contractors
        return {self.world.person(i).login: i for i in range(total)}

    def by_login(self, login: str) -> int | None:
        """Return whose login that is, or None."""
        return self._logins.get(login.lower())

    def person(self, index: int) -> Person:
        """Return the facts of somebody."""
        return self.world.person(index)

    # Teams

    def team_by_slug(self, slug: str) -> int | None:
        """Return which team has a slug, or None."""
        return next((g for g in range(self.world.groups) if self.world.group(g).slug == slug), None)

    def team_members(self, team: int) -> list[tuple[int, bool, bool]]:
        """Return members of a team: who, whether maintainer, whether through a child team."""
        found: dict[int, tuple[bool, bool]] = {}
        for child in range(self.world.groups) if team == 1 else ():
            if self.world.group(child).parent == team:
                found.update((who, (False, True)) for who, _ in self._direct(child))
        found.update((who, (lead, False)) for who, lead in self._direct(team))
        return [(who, lead, inherited) for who, (lead, inherited) in sorted(found.items())]

    def _direct(self, team: int) -> list[tuple[int, bool]]:
        known = dict(self.world.group_members(team))
        known.update((who, lead) for (t, who), lead in self.team_joined.items() if t == team)
        gone = self.team_removed
        return [(w, lead) for w, lead in known.items() if (team, w) not in gone and self.is_member(w)]

    def join_team(self, team: int, index: int, *, maintainer: bool) -> None:
        """Put somebody into a team; it counts once they are a member of the organization."""
        self.team_removed.discard((team, index))
        self.team_joined[team, index] = maintainer

    # Repositories

    def repo(self, index: int) -> Repo:
        """Return the repository of a place, or one made in the sandbox by its id."""
        if index not in self.repos:
            self.repos[index] = self._first(self.library.place(index))
        return self.repos[index]

    def peek(self, index: int) -> Repo:
        """Return a repository to look at only: an untouched one is not kept in memory."""
        known = self.repos.get(index)
        return known or self._first(self.library.place(index))

    def order(self) -> list[int]:
        """Return the keys of all repositories in order of id."""
        return [*range(self.library.places), *self.made]

    def all_repos(self) -> list[Repo]:
        """Return all repositories, to change."""
        return [self.repo(key) for key in self.order()]

    def _first(self, place: Place) -> Repo:
        visibility: Visibility = "private" if place.exposure == "external" else place.exposure
        if self.variant == "github.com-free" and visibility == "internal":
            visibility = "private"
        collaborators = dict.fromkeys(place.externals, "push")
        collaborators.update((m, "maintain") for m in place.members if self.is_member(m))
        if self.is_member(place.owner):
            collaborators[place.owner] = "admin"
        invitations = {}
        if place.index == PENDING_PLACE:
            ident = 5_000_000 + place.index
            invitee = self.world.people + 2
            invitations[ident] = RepoInvitation(
                id=ident, invitee=invitee, permission="pull", created=place.changed - timedelta(days=2)
            )
        keys = {}
        if place.index in (EXTERNAL_PLACE, PUBLIC_PLACE):
            ident = 6_000_000 + place.index
            body = chance.text(chance.BASE62, 64, self.world.seed, 61, place.index)
            keys[ident] = DeployKey(
                id=ident,
                title="build machine",
                key=f"ssh-ed25519 {body}",
                read_only=place.index == PUBLIC_PLACE,
                created=place.created,
                last_used=place.changed,
                added_by=self.world.person(OWNER).login,
            )
        return Repo(
            id=REPO_BASE + place.index,
            index=place.index,
            name=place.name,
            visibility=visibility,
            archived=place.archived,
            created=place.created,
            pushed=place.changed,
            size=place.count,
            collaborators=collaborators,
            teams={g: "push" if g == 3 else "pull" for g in place.groups},
            invitations=invitations,
            keys=keys,
            pages=place.index in (PUBLIC_PLACE, SHARED_PLACE),
            git=Git(self.library, place),
        )

    def create(self, name: str, visibility: Any, now: datetime) -> Repo:
        """Make an empty repository."""
        ident = self.next_id()
        repo = Repo(
            id=ident, index=None, name=name, visibility=visibility, archived=False, created=now, pushed=now,
            size=0, collaborators={}, teams={}, invitations={}, keys={}, pages=False, git=Git(None, None, ident),
        )  # fmt: skip
        self.repos[ident] = repo
        self.made.append(ident)
        self._names[name.lower()] = ident
        return repo

    @cached_property
    def _names(self) -> dict[str, int]:
        return {self.library.place(j).name.lower(): j for j in range(self.library.places)}

    @cached_property
    def former_names(self) -> dict[str, int]:
        """Names that redirect to the repository renamed since."""
        places = (self.library.place(j) for j in range(self.library.places))
        return {p.former_name.lower(): p.index for p in places if p.former_name}

    def key_of(self, name: str) -> int | None:
        """Return the key of the repository of that name, or None."""
        return self._names.get(name.lower())

    def rename(self, repo: Repo, key: int, name: str) -> None:
        """Rename a repository; the former name redirects."""
        self._names.pop(repo.name.lower(), None)
        self.former_names[repo.name.lower()] = key
        self._names[name.lower()] = key
        repo.name = name

    def by_id(self, ident: int) -> int | None:
        """Return the key of the repository with an id, or None."""
        key = ident - REPO_BASE if REPO_BASE <= ident < REPO_BASE + self.library.places else ident
        return key if 0 <= key < self.library.places or key in self.repos else None

    def access(self, index: int, repo: Repo) -> str | None:
        """Return what somebody may do in a repository, as a permission, or None."""
        best = -1
        if self.is_member(index):
            if self.role(index) == "admin":
                return "admin"
            best = {"none": -1, "read": 0, "write": 2, "admin": 4}[self.default_permission]
            if repo.visibility == "internal":
                best = max(best, 0)
            for team, permission in repo.teams.items():
                if any(index == who for who, _, _ in self.team_members(team)):
                    best = max(best, LEVELS.index(permission))
        if index in repo.collaborators:
            best = max(best, LEVELS.index(repo.collaborators[index]))
        if best < 0 and repo.visibility == "public":
            best = 0
        return None if best < 0 else LEVELS[best]
