"""Who may open what in the simulated tenant at first, and how far a permission opens something."""

from __future__ import annotations

from functools import cached_property

from casb_cli.apps.office365.sandbox_company import APP, Company
from casb_cli.apps.office365.sandbox_ids import guid_of
from casb_cli.apps.office365.sandbox_objects import Drive, Permission
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import (
    HOSTILE_PLACE,
    PENDING_PLACE,
    PLAIN_PLACE,
    PUBLIC_PLACE,
    SHARED_PLACE,
    SUSPENDED,
    Entry,
    Place,
)

_LONELY = frozenset({PLAIN_PLACE, HOSTILE_PLACE})
"""Containers that are their owner's alone."""
LABELS = ("5b6c1d1e-0000-4a5e-8c1a-000000000001", "5b6c1d1e-0000-4a5e-8c1a-000000000002")
"""The sensitivity labels: confidential and internal."""


class Sharing:
    """The permissions of the company's folders and files."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.world = company.world

    def _id(self, item: str, rank: int) -> str:
        return guid_of(self.world.seed, "permission", item, rank)

    @property
    def bidder(self) -> str:
        """The address of somebody without any account."""
        return f"bidder@{self.world.partner_domains[0]}"

    def _user(self, item: str, rank: int, person: int, role: str) -> Permission:
        return Permission(id=self._id(item, rank), kind="user", role=role, people=[self.world.person(person).email])

    def _group(self, item: str, rank: int, group: int) -> Permission:
        return Permission(
            id=self._id(item, rank),
            kind="group",
            role="write",
            name=self.company.group_name(group),
            group=self.company.groups.make(group),
        )

    def _link(self, item: str, rank: int, scope: str, type_: str = "view") -> Permission:
        role = "write" if type_ == "edit" else "read"
        return Permission(id=self._id(item, rank), kind="link", role=role, scope=scope, type=type_)

    def of_folder(self, item: str, place: Place) -> list[Permission]:
        """Return what stands on the folder of a container in somebody's OneDrive."""
        found: list[Permission] = []
        if place.index not in _LONELY and place.index % 4:
            found += [self._group(item, rank, group) for rank, group in enumerate(place.groups)]
        if place.index not in _LONELY:
            found += [self._user(item, 10 + rank, person, "write") for rank, person in enumerate(place.members)]
        found += [self._user(item, 20 + rank, person, "read") for rank, person in enumerate(place.externals)]
        if place.exposure == "public":
            link = self._link(item, 30, "anonymous", "edit" if place.index % 2 else "view")
            link.password = place.index == SHARED_PLACE
            link.expires = None if place.index == PUBLIC_PLACE else float(int(self.company.now)) + 40 * 86_400
            found.append(link)
        if place.exposure == "internal":
            found.append(self._link(item, 31, "organization"))
        if place.index == PENDING_PLACE:
            found.append(
                Permission(
                    id=self._id(item, 40),
                    kind="user",
                    role="read",
                    people=[self.bidder],
                    invited=True,
                    expires=float(int(self.company.now)) + 20 * 86_400,
                )
            )
        return found

    def of_root(self, item: str, drive: Drive, place: Place | None) -> list[Permission]:
        """Return what stands on the root of a drive: its owner, or a site's groups and members."""
        if drive.person is not None:
            return [self._user(item, 0, drive.person, "owner")]
        title = "Communication site" if place is None else place.name
        found = [
            Permission(
                id=self._id(item, rank), kind="siteGroup", role=role, name=f"{title} {name}", group=str(3 + rank)
            )
            for rank, (name, role) in enumerate((("Owners", "owner"), ("Members", "write"), ("Visitors", "read")))
        ]
        if place is None:
            return found
        found += [self._group(item, 10 + rank, group) for rank, group in enumerate(place.groups)]
        found += [self._user(item, 20 + rank, person, "write") for rank, person in enumerate(place.members)]
        found += [self._user(item, 30 + rank, person, "read") for rank, person in enumerate(place.externals)]
        if place.exposure == "internal":
            name = "Everyone except external users"
            claim = f"c:0-.f|rolemanager|spo-grid-all-users/{self.company.tenant}"
            found.append(Permission(id=self._id(item, 40), kind="claim", role="read", name=name, group=claim))
        return found

    @cached_property
    def published(self) -> int | None:
        """The file with card numbers that somebody made a link to for everybody: however small the company is."""
        files = self.world.library(APP)
        for index in range(min(self.world.files, 1000)):
            entry = files.entry(index)
            place = files.place(entry.place)
            shut = place.owner == SUSPENDED or place.index in _LONELY
            if not shut and entry.exposure is None and any(p.detector == "payment-card" for p in files.planted(index)):
                return index
        return None

    def of_file(self, item: str, entry: Entry) -> list[Permission]:
        """Return what stands on a file itself."""
        if entry.index == self.published:
            return [self._link(item, 0, "anonymous")]
        match entry.exposure:
            case "public":
                return [self._link(item, 0, "anonymous")]
            case "internal":
                return [self._link(item, 0, "organization", "edit")]
            case "external":
                if entry.index % 2:
                    link = self._link(item, 0, "users")
                    link.people = [self.world.person(person).email for person in entry.externals]
                    return [link]
                return [self._user(item, rank, person, "read") for rank, person in enumerate(entry.externals)]
            case _:
                return []

    def label_of(self, index: int) -> str | None:
        """Return the sensitivity label of a file: most have none."""
        bits = chance.mix(self.world.seed, 961, index)
        return LABELS[bits % 2] if bits % 10 < 2 else None

    # How far

    def external(self, address: str) -> bool:
        """Tell whether an address is a guest's or a stranger's."""
        index = self.company.index_of(address)
        if index is not None:
            return self.world.person(index).external
        return address.rpartition("@")[2].casefold() not in (self.company.domain, self.company.initial)

    def level(self, one: Permission) -> str:
        """Return how far a single permission opens something."""
        if one.kind == "link":
            if one.scope == "anonymous":
                return "public"
            if one.scope == "organization":
                return "internal"
            if one.scope == "existingAccess":
                return "private"
        if any(self.external(address) for address in one.people):
            return "external"
        return "internal"
