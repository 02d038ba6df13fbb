"""What Box makes of the invented company: ids, folders, links and collaborations, each computed by index.

Nothing here changes; what callers change lies over it (`sandbox_state`). A container of the company is a folder
in its owner's root, its directories are folders inside, its teams, colleagues and contractors collaborate on it.
Besides the company's files every deleted draft (`TRASHED` of them) lies in its owner's trash, with the content of
the file that it was a draft of.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from casb_cli.apps.box.sandbox_objects import GIBIBYTE, Collab, Item, Link, User, Version
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    HOSTILE_PLACE,
    INVITED,
    OWNER,
    PENDING_PLACE,
    SECOND_ADMIN,
    SERVICE,
    Entry,
    Exposure,
    Place,
)
from casb_cli.sandbox.names import PRINTABLE_HOSTILE
from casb_cli.sandbox.world import World

USER, GROUP, MEMBERSHIP = 11_000_000_000, 5_000_000, 900_000_000_000
FOLDER, FILE, VERSION, DRAFT = 300_000_000_000, 1_000_000_000_000, 5_000_000_000_000, 2_000_000_000_000
COLLAB, FILE_COLLAB = 40_000_000_000, 60_000_000_000_000
NEW = 9_000_000_000_000
"""From here on ids are given to what callers create."""

ROOM = 100
"""Folder ids set aside for one container."""

TRASHED = 12
"""How many drafts lie in the trash (fewer in a company of fewer files)."""

CACHED_TEAMS = 5000

ALL_FILES = "All Files"
SERVICE_SPACE = 10 * GIBIBYTE
"""What a service account may store unless an admin raises it."""

_DIRECTORIES = ("docs", "src", "src/app", "data", "data/2026")
_ACCESS: dict[Exposure, str] = {"public": "open", "internal": "company"}


class Company:
    """The company of `world` as it stands in Box before anybody acts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.library = world.library("box")
        self.now = world.now.timestamp()
        self.enterprise_id = str(700_000 + world.seed % 100_000)
        self.staff: Sequence[int] = world.employees("box")
        self.admin = self.user_id(OWNER)
        self.service = self.user_id(SERVICE)
        self.roots: dict[str, list[int]] = {}
        self.nested: dict[int, list[int]] = {}
        self.shared: dict[tuple[str, str], list[int]] = {}
        for index in range(world.places):
            self._register(self.library.place(index))
        self._members: dict[int, tuple[tuple[int, bool], ...]] = {}

    def _register(self, place: Place) -> None:
        if place.parent is None:
            self.roots.setdefault(self.user_id(place.owner), []).append(place.index)
        else:
            self.nested.setdefault(place.parent, []).append(place.index)
        for member in (*place.members, *place.externals):
            self.shared.setdefault(("user", self.user_id(member)), []).append(place.index)
        for group in place.groups:
            self.shared.setdefault(("group", self.group_id(group)), []).append(place.index)

    # Ids

    @staticmethod
    def user_id(person: int) -> str:
        """Return the id of a person's account."""
        return str(USER + person)

    @staticmethod
    def group_id(group: int) -> str:
        """Return the id of a team."""
        return str(GROUP + group)

    @staticmethod
    def file_id(index: int) -> str:
        """Return the id of a file."""
        return str(FILE + index)

    def folder_id(self, place: int, directory: str = "") -> str:
        """Return the id of the folder of a container, or of a directory in it."""
        names = self.directories(place)
        return str(FOLDER + place * ROOM + (names.index(directory) + 1 if directory else 0))

    def person_of(self, id_: str) -> int | None:
        """Return whose account an id is: somebody with an account here, or a contractor."""
        index = _within(id_, USER, self.world.people + self.world.contractors)
        if index is None or (index < self.world.people and not self.world.has_account("box", index)):
            return None
        return index

    def group_of(self, id_: str) -> int | None:
        """Return the team of an id."""
        return _within(id_, GROUP, self.world.groups)

    # People

    def user(self, id_: str) -> User | None:
        """Return the account of an id, None where there is none."""
        index = self.person_of(id_)
        if index is None:
            return None
        person = self.world.person(index)
        created = person.created.timestamp()
        role = {OWNER: "admin", BREAK_GLASS: "coadmin", SECOND_ADMIN: "coadmin"}.get(index, "user")
        login, name = person.email, person.name
        if index == SERVICE:
            tag = chance.text(chance.BASE62, 10, self.world.seed, 701)
            login = f"AutomationUser_{self.world.seed}_{tag}@box-apps.example"
        return User(
            id=id_,
            name=name,
            login=login,
            role=role,
            status="inactive" if person.status == "suspended" else "active",
            created=created,
            modified=created + 86_400,
            external=person.external,
            platform=index == SERVICE,
            unconfirmed=index == INVITED or person.status == "invited",
            exempt=not person.mfa,
            space_amount=SERVICE_SPACE if index == SERVICE else 100 * GIBIBYTE,
            job_title=person.department,
        )

    def user_by_login(self, login: str) -> User | None:
        """Return the account that signs in with an address; contractors' too."""
        wanted = login.casefold()
        if wanted.startswith("automationuser_"):
            found = self.user(self.service)
            return found if found and found.login.casefold() == wanted else None
        digits = ""
        for char in reversed(wanted.partition("@")[0]):
            if not char.isdigit():
                break
            digits = char + digits
        candidates = [int(digits)] if digits else []
        candidates.append(BREAK_GLASS)
        for index in candidates:
            found = self.user(self.user_id(index))
            if found is not None and found.login.casefold() == wanted:
                return found
        return None

    def members(self, group: int) -> tuple[tuple[int, bool], ...]:
        """Return the members of a team who have an account here, and whether each leads it."""
        known = self._members.get(group)
        if known is None:
            found = self.world.group_members(group)
            known = tuple((m, leads) for m, leads in found if self.world.has_account("box", m))
            if len(self._members) < CACHED_TEAMS:
                self._members[group] = known
        return known

    def in_group(self, user: str, group: str) -> bool:
        """Tell whether an account is a member of a team."""
        index, person = self.group_of(group), self.person_of(user)
        return index is not None and any(member == person for member, _ in self.members(index))

    # Folders

    @staticmethod
    def directories(place: int) -> Sequence[str]:
        """Return the directories a container may have."""
        return PRINTABLE_HOSTILE[:7] if place == HOSTILE_PLACE else _DIRECTORIES

    def place_at(self, folder: str) -> tuple[int, str] | None:
        """Return the container and directory of a folder id."""
        number = _within(folder, FOLDER, self.world.places * ROOM)
        if number is None:
            return None
        place, rank = divmod(number, ROOM)
        names = self.directories(place)
        if rank > len(names) or (rank and names[rank - 1] not in self.library.present(place)):
            return None
        return place, names[rank - 1] if rank else ""

    def files_in(self, folder: str) -> array[int]:
        """Return the indices of the files directly in a folder."""
        at = self.place_at(folder)
        return self.library.present(at[0])[at[1]] if at else array("I")

    def folders_in(self, folder: str) -> list[str]:
        """Return the ids of the folders directly in a folder."""
        at = self.place_at(folder)
        if at is None:
            return []
        place, directory = at
        hostile = place == HOSTILE_PLACE
        below = [
            name
            for name in self.library.present(place)
            if name and ((not hostile and name.rpartition("/")[0] == directory) or (hostile and not directory))
        ]
        ids = [self.folder_id(place, name) for name in sorted(below)]
        if not directory:
            ids += [self.folder_id(inner) for inner in self.nested.get(place, ())]
        return ids

    def folders(self) -> Iterator[str]:
        """Yield every folder id, a container before its directories."""
        for place in range(self.world.places):
            yield self.folder_id(place)
            for name in sorted(self.library.present(place)):
                if name:
                    yield self.folder_id(place, name)

    # Items

    def holder(self, place: int) -> str:
        """Return the account whose root a container lies in, and who thus owns it all."""
        at = self.library.place(place)
        while at.parent is not None:
            at = self.library.place(at.parent)
        return self.user_id(at.owner)

    def item(self, kind: str, id_: str) -> Item | None:
        """Return a file or folder as it was before anybody acted, None where there was none."""
        if kind == "folder":
            return self._folder(id_)
        index = _within(id_, FILE, self.world.files)
        if index is not None:
            return self.file(index)
        rank = _within(id_, DRAFT, self.drafts)
        return None if rank is None else self.draft(rank)

    def _folder(self, id_: str) -> Item | None:
        at = self.place_at(id_)
        if at is None:
            return None
        index, directory = at
        place = self.library.place(index)
        if directory:
            above, _, name = directory.rpartition("/") if index != HOSTILE_PLACE else ("", "", legal(directory))
            parent = self.folder_id(index, above)
        else:
            name = legal(place.name)
            parent = "0" if place.parent is None else self.folder_id(place.parent)
        owner = self.holder(index)
        return Item(
            kind="folder",
            id=id_,
            name=name,
            parent=parent,
            holder=owner,
            created=place.created.timestamp(),
            modified=place.changed.timestamp(),
            by=owner,
            etag=1,
            link=None if directory else self._link(place.exposure, 3, index),
        )

    def file(self, index: int) -> Item:
        """Return a file by its index."""
        entry = self.library.entry(index)
        owner = self.holder(entry.place)
        version = self._version(str(VERSION + index), entry, owner)
        return Item(
            kind="file",
            id=str(FILE + index),
            name=legal(entry.name),
            parent=self.folder_id(entry.place, entry.directory),
            holder=owner,
            created=entry.created.timestamp(),
            modified=version.created,
            by=owner,
            etag=index % 4,
            link=self._link(entry.exposure, 5, index),
            versions=[version],
        )

    def _version(self, id_: str, entry: Entry, owner: str) -> Version:
        size, sha1, _ = self.library.sums(entry.index)
        return Version(
            id=id_,
            name=legal(entry.name),
            size=size,
            sha1=sha1,
            created=entry.modified.timestamp(),
            by=owner,
            source=entry.index,
        )

    @property
    def drafts(self) -> int:
        """How many drafts lie in the trash."""
        return min(TRASHED, self.world.files)

    def draft_source(self, rank: int) -> int:
        """Return the index of the file that a trashed draft has the content of."""
        return rank * self.world.files // self.drafts

    def draft(self, rank: int) -> Item:
        """Return a trashed draft; every other one had an open link, which revives with it."""
        index = self.draft_source(rank)
        entry = self.library.entry(index)
        owner = self.holder(entry.place)
        version = self._version(str(VERSION + DRAFT + rank), entry, owner)
        version.name = legal(f"draft {rank} of {entry.name}")
        return Item(
            kind="file",
            id=str(DRAFT + rank),
            name=version.name,
            parent=self.folder_id(entry.place, entry.directory),
            holder=owner,
            created=entry.created.timestamp(),
            modified=version.created,
            by=owner,
            link=self._link("public" if rank % 2 else None, 7, rank),
            versions=[version],
            trashed=self.now - 86_400 * (1 + rank),
            trashed_by=owner,
        )

    def _link(self, exposure: Exposure | None, salt: int, index: int) -> Link | None:
        access = _ACCESS.get(exposure) if exposure else None
        if access is None:
            return None
        seed = self.world.seed
        return Link(
            url=f"https://larkspur.app.box.example/s/{chance.text(chance.HEX, 32, seed, 703, salt, index)}",
            access=access,
            can_download=chance.mix(seed, 705, salt, index) % 4 != 0,
            downloads=chance.mix(seed, 707, salt, index) % 40,
        )

    # Collaborations

    def collabs(self, kind: str, id_: str) -> list[Collab]:
        """Return the collaborations that stand on an item itself."""
        if kind == "folder":
            at = self.place_at(id_)
            return self._place_collabs(at[0], id_) if at and not at[1] else []
        index = _within(id_, FILE, self.world.files)
        if index is None or self.library.own_exposure(index) != "external":
            return []
        entry = self.library.entry(index)
        owner, moment = self.holder(entry.place), entry.modified.timestamp()
        return [
            Collab(
                id=str(FILE_COLLAB + index * 10 + rank),
                kind="file",
                item=id_,
                role="viewer",
                who_kind="user",
                who=self.user_id(person),
                by=owner,
                created=moment,
                modified=moment,
            )
            for rank, person in enumerate(entry.externals)
        ]

    def _place_collabs(self, index: int, folder: str) -> list[Collab]:
        place = self.library.place(index)
        owner, moment = self.holder(index), place.created.timestamp()
        guests: list[tuple[str, str | None, str, str | None]] = []
        guests += [("group", self.group_id(g), "editor", None) for g in place.groups]
        guests += [("user", self.user_id(m), "editor", None) for m in place.members]
        guests += [("user", self.user_id(c), "viewer" if n else "editor", None) for n, c in enumerate(place.externals)]
        if index == PENDING_PLACE:
            guests.append(("user", None, "viewer", self.invitee))
        return [
            Collab(
                id=str(COLLAB + index * ROOM + rank),
                kind="folder",
                item=folder,
                role=role,
                who_kind=who_kind,
                who=who,
                by=owner,
                created=moment,
                modified=moment,
                status="accepted" if who else "pending",
                email=email,
            )
            for rank, (who_kind, who, role, email) in enumerate(guests)
            if who != owner
        ]

    @property
    def invitee(self) -> str:
        """The address of a bidder who was invited to a folder and has not answered."""
        return f"bidder@{self.world.partner_domains[0]}"

    def collab_item(self, id_: str) -> tuple[str, str] | None:
        """Return the item on which a collaboration of the company stands."""
        number = _within(id_, COLLAB, self.world.places * ROOM)
        if number is not None:
            return "folder", self.folder_id(number // ROOM)
        number = _within(id_, FILE_COLLAB, self.world.files * 10)
        return None if number is None else ("file", str(FILE + number // 10))


def legal(name: str) -> str:
    """Return a name as Box takes it: without a slash, a backslash, or a space at its ends."""
    return name.replace("/", "-").replace("\\", "-").strip()


def _within(id_: str, base: int, count: int) -> int | None:
    """Return how far an id lies above `base`, None where it is none of those `count`."""
    if not id_.isascii() or not id_.isdigit() or len(id_) > 19:
        return None
    number = int(id_) - base
    return number if 0 <= number < count else None
