"""What Google Drive makes of the company's files: My Drives, shared drives, folders, permissions, by index.

Some containers of the company are shared drives, the others are folders in their owner's My Drive. Word, Excel and
PowerPoint documents are Google-native ones now and then. Drafts lie in the trash beside the file they became.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_company import APP, Company
from casb_cli.apps.google_workspace.sandbox_objects import FOLDER, NATIVE, SHORTCUT, Drive, Item, Permission, Revision
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import (
    ARCHIVE_PLACE,
    COMPANY_PLACE,
    EMPTY_PLACE,
    HOSTILE_PLACE,
    LEAVER,
    PENDING_PLACE,
    PLACES,
    PLAIN_PLACE,
    PUBLIC_PLACE,
    RENAMED_PLACE,
    SHARED_PLACE,
    Entry,
    Place,
)
from casb_cli.sandbox.names import PRINTABLE_HOSTILE

ROOM = 100
"""Folder indices set aside for one container."""
TRASHED = 12
"""How many drafts lie in the trash (fewer in a company of fewer files)."""
INTAKE, VAULT = "casb quarantine intake", "casb quarantine vault"
_DIRECTORIES = ("docs", "src", "src/app", "data", "data/2026")
_DRIVES = frozenset({COMPANY_PLACE, RENAMED_PLACE, ARCHIVE_PLACE, EMPTY_PLACE})
_LONELY = frozenset({PLAIN_PLACE, HOSTILE_PLACE})
_NATIVE = {"docx": "document", "xlsx": "spreadsheet", "pptx": "presentation"}
EXTRAS = ("form", "shortcut", "encrypted")
"""Odd items in the leaver's My Drive: a form, a shortcut, a file that was encrypted by the client."""


class Library:
    """The Drives of the company before anybody acts."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.world = company.world
        self.files = self.world.library(APP)
        seed = self.world.seed
        self._file_ids = ids.Ids(seed, "file", "1", 27)
        self._folder_ids = ids.Ids(seed, "folder", "1", 27)
        self._draft_ids = ids.Ids(seed, "draft", "1", 27)
        self._extra_ids = ids.Ids(seed, "extra", "1", 27)
        self._drive_ids = ids.Ids(seed, "drive", "0A", 6, "Uk9PVA")
        self._root_ids = ids.Ids(seed, "root", "0A", 6, "Uk9PVA")
        self.roots: dict[int, list[int]] = {}
        self.nested: dict[int, list[int]] = {}
        self.shared: dict[tuple[str, int], list[int]] = {}
        self.drives: list[int] = []
        for index in range(self.world.places):
            self._register(self.files.place(index))
        self.intake = self._drive_ids.make(self.world.places)
        self.vault = self._drive_ids.make(self.world.places + 1)

    def _register(self, place: Place) -> None:
        if self.is_drive(place):
            self.drives.append(place.index)
        elif place.parent is None:
            self.roots.setdefault(place.owner, []).append(place.index)
        else:
            self.nested.setdefault(place.parent, []).append(place.index)
        for person in (*place.members, *place.externals):
            self.shared.setdefault(("user", person), []).append(place.index)
        for group in self.groups_of(place):
            self.shared.setdefault(("group", group), []).append(place.index)

    @staticmethod
    def is_drive(place: Place) -> bool:
        """Tell whether a container is a shared drive."""
        if place.index < PLACES:
            return place.index in _DRIVES
        return place.exposure != "public" and chance.mix(place.index, 831) % 3 == 0

    @staticmethod
    def groups_of(place: Place) -> tuple[int, ...]:
        """Return the teams that a container is open to: some containers are their owner's alone."""
        return () if place.index in _LONELY else place.groups

    # Ids

    def file_id(self, index: int) -> str:
        """Return the id of a file."""
        return self._file_ids.make(index)

    def root_id(self, person: int) -> str:
        """Return the id of the root of somebody's My Drive."""
        return self._root_ids.make(person)

    def root_of(self, id_: str) -> int | None:
        """Return whose My Drive an id is the root of."""
        index = self._root_ids.index(id_)
        return index if index is not None and self.company.exists(index) else None

    def drive_id(self, place: int) -> str:
        """Return the id of a shared drive."""
        return self._drive_ids.make(place)

    def folder_id(self, place: int, directory: str = "") -> str:
        """Return the id of a container's folder (or shared drive), or of a directory in it."""
        if not directory and self.is_drive(self.files.place(place)):
            return self.drive_id(place)
        return self._folder_ids.make(place * ROOM + (self.directories(place).index(directory) + 1 if directory else 0))

    # Shared drives

    def all_drives(self) -> list[str]:
        """Return the ids of the shared drives."""
        return [*map(self.drive_id, self.drives), self.intake, self.vault]

    def drive(self, id_: str) -> Drive | None:
        """Return a shared drive as it was at first, None where there is none."""
        index = self._drive_ids.index(id_)
        if index is None or index >= self.world.places + 2:
            return None
        if index >= self.world.places:
            admin = self._user(self.world_owner, "organizer")
            restricted = dict.fromkeys(
                ("domainUsersOnly", "driveMembersOnly", "copyRequiresWriterPermission", "adminManagedRestrictions"),
                True,
            )
            name = INTAKE if id_ == self.intake else VAULT
            created = self.company.now - 40 * 86_400
            return Drive(id=id_, name=name, created=created, members=[admin], restrictions=restricted)
        place = self.files.place(index)
        if not self.is_drive(place):
            return None
        members = [self._user(place.owner, "organizer")]
        members += [self._group(group, "fileOrganizer") for group in self.groups_of(place)]
        members += [self._user(member, "writer") for member in place.members]
        members += [self._user(person, "reader") for person in place.externals]
        return Drive(id=id_, name=place.name, created=place.created.timestamp(), members=members, restrictions={})

    world_owner = 0

    def _user(self, person: int, role: str, expires: float | None = None) -> Permission:
        return Permission(
            id=ids.permission_id(person),
            type="user",
            role=role,
            email=self.company.email(person),
            name=self.company.name(person),
            expires=expires,
        )

    def _group(self, group: int, role: str) -> Permission:
        return Permission(
            id=ids.group_permission_id(group),
            type="group",
            role=role,
            email=self.company.group_email(group),
            name=self.company.group_name(group),
        )

    # Folders

    @staticmethod
    def directories(place: int) -> Sequence[str]:
        """Return the directories a container may have."""
        return PRINTABLE_HOSTILE[:7] if place == HOSTILE_PLACE else _DIRECTORIES

    def place_at(self, folder: str) -> tuple[int, str] | None:
        """Return the container and directory of a folder's or shared drive's id."""
        drive = self._drive_ids.index(folder)
        if drive is not None:
            return (drive, "") if drive < self.world.places and self.is_drive(self.files.place(drive)) else None
        number = self._folder_ids.index(folder)
        if number is None or number >= self.world.places * ROOM:
            return None
        place, rank = divmod(number, ROOM)
        known = self.directories(place)
        if not rank:
            return None if self.is_drive(self.files.place(place)) else (place, "")
        if rank > len(known) or known[rank - 1] not in self.files.present(place):
            return None
        return place, known[rank - 1]

    def children(self, folder: str) -> tuple[list[str], Sequence[int]]:
        """Return the folders (and odd items) and the file indices that a folder, root or drive had at first."""
        person = self.root_of(folder)
        if person is not None:
            found = [self.folder_id(place) for place in self.roots.get(person, ())]
            return found + (list(map(self._extra_ids.make, range(self.extras))) if person == LEAVER else []), ()
        at = self.place_at(folder)
        if at is None:
            return [], ()
        place, directory = at
        below = [name for name in self.files.present(place) if name and self._above(place, name) == directory]
        found = [self.folder_id(place, name) for name in sorted(below)]
        if not directory:
            found += [self.folder_id(inner) for inner in self.nested.get(place, ())]
        drafts = [self._draft_ids.make(rank) for rank in range(self.drafts) if self.draft_parent(rank) == folder]
        return found + drafts, self.files.present(place)[directory]

    @staticmethod
    def _above(place: int, directory: str) -> str:
        return "" if place == HOSTILE_PLACE else directory.rpartition("/")[0]

    def places_of(self, person: int) -> list[int]:
        """Return the containers whose files a person owns, those nested in others too."""
        found, waiting = [], list(self.roots.get(person, ()))
        while waiting:
            place = waiting.pop(0)
            found.append(place)
            waiting += self.nested.get(place, ())
        return found

    def folders(self, place: int) -> Iterator[str]:
        """Yield the ids of a container's folders, its own first (none where it is a shared drive)."""
        if not self.is_drive(self.files.place(place)):
            yield self.folder_id(place)
        for name in sorted(self.files.present(place)):
            if name:
                yield self.folder_id(place, name)

    # Items

    def holder(self, place: Place) -> tuple[str | None, str | None]:
        """Return the owner's user id and the shared drive's id of what lies in a container: one of them is None."""
        if self.is_drive(place):
            return None, self.drive_id(place.index)
        at = place
        while at.parent is not None:
            at = self.files.place(at.parent)
        return ids.user_id(at.owner), None

    def item(self, id_: str) -> Item | None:
        """Return a file or folder as it was before anybody acted, None where there was none."""
        index = self._file_ids.index(id_)
        if index is not None and index < self.world.files:
            return self.file(index)
        at = None if id_.startswith("0A") else self.place_at(id_)
        if at is not None:
            return self._folder(id_, *at)
        rank = self._draft_ids.index(id_)
        if rank is not None and rank < self.drafts:
            return self.draft(rank)
        extra = self._extra_ids.index(id_)
        return self.oddity(extra) if extra is not None and extra < self.extras else None

    def _folder(self, id_: str, index: int, directory: str) -> Item:
        place = self.files.place(index)
        owner, drive = self.holder(place)
        if directory:
            above = self._above(index, directory)
            name = directory if index == HOSTILE_PLACE else directory.rpartition("/")[2]
            parent = self.folder_id(index, above)
        else:
            name = place.name
            parent = self.root_id(place.owner) if place.parent is None else self.folder_id(place.parent)
        by = owner or ids.user_id(place.owner)
        return Item(
            id=id_,
            name=name,
            mime=FOLDER,
            parent=parent,
            owner=owner,
            drive=drive,
            created=place.created.timestamp(),
            modified=place.changed.timestamp(),
            by=by,
            permissions=[] if directory else list(self._place_permissions(place)),
        )

    def _place_permissions(self, place: Place) -> Iterator[Permission]:
        for group in self.groups_of(place):
            yield self._group(group, "writer")
        owner, _ = self.holder(place)
        for member in place.members:
            if ids.user_id(member) != owner:
                yield self._user(member, "writer")
        for rank, person in enumerate(place.externals):
            yield self._user(person, "reader" if rank else "writer")
        if place.exposure == "public":
            yield self._anyone(discovery=place.index == PUBLIC_PLACE, role="reader" if place.index % 2 else "commenter")
        if place.exposure == "internal":
            yield self._domain()
        if place.index == PENDING_PLACE:
            yield Permission(
                id=ids.stranger_permission_id(self.bidder),
                type="user",
                role="reader",
                email=self.bidder,
                expires=self.company.now + 20 * 86_400,
            )
        if place.index == SHARED_PLACE:
            yield Permission(
                id=ids.stranger_permission_id("ghost"), type="user", role="reader", email="", name="", deleted=True
            )

    @staticmethod
    def _anyone(*, discovery: bool, role: str = "reader") -> Permission:
        id_ = "anyone" if discovery else "anyoneWithLink"
        return Permission(id=id_, type="anyone", role=role, discovery=discovery)

    def _domain(self) -> Permission:
        return Permission(
            id=self.domain_permission(self.company.domain),
            type="domain",
            role="reader",
            domain=self.company.domain,
            name=self.world.name,
        )

    @staticmethod
    def domain_permission(domain: str) -> str:
        """Return the id of a permission for a domain."""
        raw = int.from_bytes(blake2b(domain.casefold().encode(), digest_size=8).digest(), "big")
        return f"{raw:020d}k"

    @property
    def bidder(self) -> str:
        """The address of somebody without any account, whom a folder is open to for a while."""
        return f"bidder@{self.world.partner_domains[0]}"

    def native_kind(self, index: int) -> str | None:
        """Return which Google-native type a file is, None where it has bytes."""
        native = _NATIVE.get(self.files.kind(index))
        return native if native and chance.mix(self.world.seed, 833, index) % 2 else None

    def file(self, index: int) -> Item:
        """Return a file by its index."""
        entry = self.files.entry(index)
        place = self.files.place(entry.place)
        owner, drive = self.holder(place)
        by = owner or ids.user_id(place.owner)
        modified = entry.modified.timestamp()
        native = self.native_kind(index)
        return Item(
            id=self.file_id(index),
            name=entry.name.rpartition(".")[0] if native else entry.name,
            mime=NATIVE + native if native else entry.mime,
            parent=self.folder_id(entry.place, entry.directory),
            owner=owner,
            drive=drive,
            created=entry.created.timestamp(),
            modified=modified,
            by=by,
            permissions=self._file_permissions(entry),
            revisions=[] if native else [self._revision(index, modified, by)],
            native=index if native else None,
            version=3 + index % 40,
        )

    def _revision(self, index: int, modified: float, by: str) -> Revision:
        return Revision(id=f"0B{self.file_id(index)[6:32]}PQ", modified=modified, by=by, source=index)

    def _file_permissions(self, entry: Entry) -> list[Permission]:
        match entry.exposure:
            case "public":
                return [self._anyone(discovery=False)]
            case "internal":
                return [self._domain()]
            case "external":
                return [self._user(person, "reader") for person in entry.externals]
            case _:
                return []

    # Drafts and odd items

    @property
    def drafts(self) -> int:
        """How many drafts lie in the trash."""
        return min(TRASHED, self.world.files)

    def draft_source(self, rank: int) -> int:
        """Return the index of the file that a trashed draft has the content of."""
        return rank * self.world.files // self.drafts

    def draft_parent(self, rank: int) -> str:
        """Return the folder that a draft lay in."""
        entry = self.files.entry(self.draft_source(rank))
        return self.folder_id(entry.place, entry.directory)

    def draft(self, rank: int) -> Item:
        """Return a trashed draft; every other one is open by a link."""
        index = self.draft_source(rank)
        item = self.file(index)
        item.id = self._draft_ids.make(rank)
        item.name = f"draft {rank} of {item.name}"
        if item.revisions:
            item.revisions = [self._revision(index, item.modified, item.by)]
            item.revisions[0].id = f"0B{item.id[6:32]}PQ"
        item.permissions = [self._anyone(discovery=False)] if rank % 2 else []
        item.trashed = self.company.now - 86_400 * (1 + rank)
        item.trashed_by = item.by
        return item

    @property
    def extras(self) -> int:
        """How many odd items there are: none where there are no files."""
        return len(EXTRAS) if self.world.files else 0

    def oddity(self, rank: int) -> Item:
        """Return an odd item of the leaver's My Drive."""
        owner = ids.user_id(LEAVER)
        kind = EXTRAS[rank]
        moment = self.company.now - 30 * 86_400
        item = Item(
            id=self._extra_ids.make(rank),
            name=("leaving-survey", "link-to-a-file", "sealed.bin")[rank],
            mime=(NATIVE + "form", SHORTCUT, "application/octet-stream")[rank],
            parent=self.root_id(LEAVER),
            owner=owner,
            drive=None,
            created=moment,
            modified=moment,
            by=owner,
        )
        if kind == "shortcut":
            item.target = self.file_id(0)
        if kind == "encrypted":
            item.encrypted = True
            item.revisions = [Revision(id=f"0B{item.id[6:32]}PQ", modified=moment, by=owner, blob="sealed")]
        return item

    @property
    def sealed(self) -> bytes:
        """The bytes of the file that was encrypted by the client."""
        return blake2b(b"sealed", digest_size=64).digest() * 16
