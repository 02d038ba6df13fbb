"""What SharePoint and OneDrive make of the company's files: sites, libraries, folders, items, by index.

Some containers of the company are sites, the others folders in their owner's OneDrive. Names lose what SharePoint
does not take. Drafts lie in the recycle bin of the site in which their file is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from casb_cli.apps.office365.sandbox_company import APP, Company
from casb_cli.apps.office365.sandbox_ids import Guids, Texts
from casb_cli.apps.office365.sandbox_objects import Binned, Drive, Item, Site, Version
from casb_cli.apps.office365.sandbox_sharing import Sharing
from casb_cli.sandbox import chance, names
from casb_cli.sandbox.facts import (
    ARCHIVE_PLACE,
    COMPANY_PLACE,
    EMPTY_PLACE,
    EXTERNAL_PLACE,
    HOSTILE_PLACE,
    LEAVER,
    PLACES,
    RENAMED_PLACE,
    SUSPENDED,
    Place,
)

ROOM = 100
"""Folder numbers set aside for one container."""
TRASHED = 12
QUARANTINE = "casb-quarantine"
_DIRECTORIES = ("docs", "src", "src/app", "data", "data/2026")
_SITES = frozenset({COMPANY_PLACE, RENAMED_PLACE, ARCHIVE_PLACE, EMPTY_PLACE, EXTERNAL_PLACE})
_REFUSED = str.maketrans(dict.fromkeys('"*:<>?/\\|', "_"))
FOLDER_ROOT = 10_000_000
"""Numbers of folder ids from here on are the roots of drives."""


def taken(name: str) -> str:
    """Return a name as SharePoint takes it."""
    return name.translate(_REFUSED)


class Library:
    """The sites and drives of the company before anybody acts."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.world = company.world
        self.files = self.world.library(APP)
        self.sharing = Sharing(company)
        seed = self.world.seed
        self._file_ids = Texts(seed, "file", "01", 34, upper=True)
        self._folder_ids = Texts(seed, "folder", "01", 34, upper=True)
        self._draft_ids = Texts(seed, "draft", "01", 34, upper=True)
        self._extra_ids = Texts(seed, "extra", "01", 34, upper=True)
        self._drive_ids = Texts(seed, "drive", "b!", 66)
        self._site_ids = Guids(seed, "site")
        self._web_ids = Guids(seed, "web")
        self.unique_ids = Guids(seed, "unique")
        self._bin_ids = Guids(seed, "bin")
        self.roots: dict[int, list[int]] = {}
        self.nested: dict[int, list[int]] = {}
        self.place_sites: list[int] = []
        for index in range(self.world.places):
            place = self.files.place(index)
            if self.is_site(place):
                self.place_sites.append(index)
            elif place.parent is None:
                self.roots.setdefault(place.owner, []).append(index)
            else:
                self.nested.setdefault(place.parent, []).append(index)
        self.persons = sorted({*self.roots, SUSPENDED, LEAVER})
        self._known = {self.world.places, self.world.places + 1, *self.place_sites}
        self._known |= {self.world.places + 2 + person for person in self.persons}
        self._at: dict[str, int] = {}
        self.site = lru_cache(maxsize=16_384)(self._site)

    @staticmethod
    def is_site(place: Place) -> bool:
        """Tell whether a container is a site of its own."""
        if place.index < PLACES:
            return place.index in _SITES
        return place.exposure != "public" and chance.mix(place.index, 941) % 3 == 0

    # Sites: containers by their index, then the quarantine, the root site, then persons

    @property
    def numbers(self) -> list[int]:
        """The numbers of all sites, those of persons last."""
        places = self.world.places
        return [places + 1, *self.place_sites, places, *(places + 2 + person for person in self.persons)]

    def _site(self, number: int) -> Site | None:
        """Return a site by its number."""
        company, places = self.company, self.world.places
        person: int | None = None
        place: int | None = None
        host = company.host
        if number not in self._known:
            return None
        if number < places:
            place = number
            name, path = self.files.place(number).name, f"sites/{self.files.place(number).name}"
        elif number == places:
            name, path = QUARANTINE, f"sites/{QUARANTINE}"
        elif number == places + 1:
            name, path = "Communication site", ""
        else:
            person = number - places - 2
            host, name = company.my_host, company.world.person(person).name
            path = "personal/" + "".join(c if c.isalnum() else "_" for c in company.world.person(person).email)
        guid = self._site_ids.make(number)
        return Site(
            id=f"{host},{guid},{self._web_ids.make(number)}",
            guid=guid,
            name=name,
            path=path,
            person=person,
            place=place,
            created=company.now - 86_400 * 400,
            locked=person == SUSPENDED,
        )

    def site_of(self, key: str) -> Site | None:
        """Return the site of an id (`host,guid,guid` or its middle), of `root`, or of a path on a host."""
        if key in {"root", self.company.host}:
            return self.site(self.world.places + 1)
        parts = key.split(",")
        number = self._site_ids.index(parts[1] if len(parts) == 3 else parts[0])
        if number is None:
            return None
        found = self.site(number)
        return found if found is not None and (len(parts) == 1 or found.id == key) else None

    def site_at(self, path: str) -> Site | None:
        """Return the site at a path of either host, in any case."""
        if not self._at:
            for number in self.numbers:
                found = self.site(number)
                if found is not None:
                    self._at.setdefault(found.path.casefold(), number)
        known = self._at.get(path.casefold())
        return None if known is None else self.site(known)

    def web_url(self, site: Site) -> str:
        """Return a site's address."""
        host = self.company.my_host if site.person is not None else self.company.host
        return f"https://{host}/{site.path}".rstrip("/")

    # Drives: one for each site

    def drive_of_site(self, site: Site) -> Drive:
        """Return the library of a site."""
        number = self._site_ids.index(site.guid)
        assert number is not None  # noqa: S101 - sites are made here alone
        name, segment = "Documents", "Shared Documents"
        if site.person is not None:
            name, segment = "OneDrive", "Documents"
        elif site.place == RENAMED_PLACE:
            name, segment = "Dokumente", "Freigegebene Dokumente"
        return Drive(
            id=self._drive_ids.make(number),
            site=site.id,
            name=name,
            segment=segment,
            person=site.person,
            place=site.place,
            created=site.created,
            locked=site.locked,
        )

    def drive(self, id_: str) -> Drive | None:
        """Return a drive, None where there is none."""
        number = self._drive_ids.index(id_)
        site = None if number is None else self.site(number)
        return None if site is None else self.drive_of_site(site)

    def drive_of_person(self, person: int) -> Drive | None:
        """Return somebody's OneDrive."""
        site = self.site(self.world.places + 2 + person)
        return None if site is None else self.drive_of_site(site)

    def drives(self) -> Iterator[Drive]:
        """Yield every drive."""
        for number in self.numbers:
            site = self.site(number)
            if site is not None:
                yield self.drive_of_site(site)

    def quarantine(self) -> Drive:
        """Return the library of the quarantine."""
        site = self.site(self.world.places)
        assert site is not None  # noqa: S101 - it is always there
        return self.drive_of_site(site)

    def drive_url(self, drive: Drive) -> str:
        """Return the address of a library."""
        site = self.site_of(drive.site)
        assert site is not None  # noqa: S101 - a drive has a site
        return f"{self.web_url(site)}/{drive.segment.replace(' ', '%20')}"

    def drive_of_place(self, place: Place) -> str:
        """Return the id of the drive that holds a container."""
        if self.is_site(place):
            return self._drive_ids.make(place.index)
        at = place
        while at.parent is not None:
            at = self.files.place(at.parent)
        return self._drive_ids.make(self.world.places + 2 + at.owner)

    # Folders

    def root_id(self, drive: str) -> str:
        """Return the id of a drive's root."""
        number = self._drive_ids.index(drive)
        return self._folder_ids.make(FOLDER_ROOT + (number or 0))

    @staticmethod
    def directories(place: int) -> Sequence[str]:
        """Return the directories a container may have."""
        return names.PRINTABLE_HOSTILE[:7] if place == HOSTILE_PLACE else _DIRECTORIES

    def folder_id(self, place: int, directory: str = "") -> str:
        """Return the id of a container's folder (a site's root), or of a directory in it."""
        if not directory and self.is_site(self.files.place(place)):
            return self.root_id(self._drive_ids.make(place))
        return self._folder_ids.make(place * ROOM + (self.directories(place).index(directory) + 1 if directory else 0))

    def folders(self, place: int) -> Iterator[str]:
        """Yield the ids of a container's folders, its own first unless it's a site."""
        if not self.is_site(self.files.place(place)):
            yield self.folder_id(place)
        for directory in sorted(self.files.present(place)):
            if directory:
                yield self.folder_id(place, directory)

    def places_of(self, drive: Drive) -> list[int]:
        """Return the containers in a drive, those nested in others too."""
        if drive.place is not None:
            waiting = [drive.place]
        else:
            waiting = list(self.roots.get(drive.person, ())) if drive.person is not None else []
        found: list[int] = []
        while waiting:
            place = waiting.pop(0)
            found.append(place)
            waiting += self.nested.get(place, ())
        return found

    # Items

    def item(self, id_: str) -> Item | None:
        """Return an item as it was before anybody acted, None where there was none."""
        index = self._file_ids.index(id_)
        if index is not None:
            return self.file(index) if index < self.world.files else None
        number = self._folder_ids.index(id_)
        if number is not None:
            return self._folder(id_, number)
        return self.oddity() if id_ == self._extra_ids.make(0) and self.world.files else None

    def _folder(self, id_: str, number: int) -> Item | None:
        if number >= FOLDER_ROOT:
            site = self.site(number - FOLDER_ROOT)
            return None if site is None else self._root(id_, self.drive_of_site(site))
        if number >= self.world.places * ROOM:
            return None
        index, rank = divmod(number, ROOM)
        place = self.files.place(index)
        known = self.directories(index)
        if rank > len(known) or (rank and known[rank - 1] not in self.files.present(index)):
            return None
        if not rank and self.is_site(place):
            return None
        directory = known[rank - 1] if rank else ""
        drive = self.drive_of_place(place)
        if directory:
            above = "" if index == HOSTILE_PLACE else directory.rpartition("/")[0]
            parent = self.folder_id(index, above)
            name = directory if index == HOSTILE_PLACE else directory.rpartition("/")[2]
        else:
            parent = self.root_id(drive) if place.parent is None else self.folder_id(place.parent)
            name = place.name
        return Item(
            id=id_,
            drive=drive,
            name=taken(name),
            parent=parent,
            created=place.created.timestamp(),
            modified=place.changed.timestamp(),
            by=self.company.users.make(place.owner),
            folder=True,
            permissions=[] if directory else self.sharing.of_folder(id_, place),
            unique=self.unique_ids.make(2_000_000_000 + number),
        )

    def _root(self, id_: str, drive: Drive) -> Item:
        owner = drive.person
        if owner is None:
            owner = 0 if drive.place is None else self.files.place(drive.place).owner
        place = None if drive.place is None else self.files.place(drive.place)
        return Item(
            id=id_,
            drive=drive.id,
            name="root",
            parent=None,
            created=drive.created,
            modified=self.company.now - 3600,
            by=self.company.users.make(owner),
            folder=True,
            permissions=self.sharing.of_root(id_, drive, place),
        )

    def file_id(self, index: int) -> str:
        """Return the id of a file."""
        return self._file_ids.make(index)

    def file(self, index: int) -> Item:
        """Return a file by its index."""
        entry = self.files.entry(index)
        place = self.files.place(entry.place)
        id_ = self._file_ids.make(index)
        by = self.company.users.make(place.owner)
        modified = entry.modified.timestamp()
        versions = [Version(id="1.0", modified=modified, by=by, source=index)]
        return Item(
            id=id_,
            drive=self.drive_of_place(place),
            name=taken(entry.name),
            parent=self.folder_id(entry.place, entry.directory),
            created=entry.created.timestamp(),
            modified=modified,
            by=by,
            mime=entry.mime,
            permissions=self.sharing.of_file(id_, entry),
            versions=versions,
            label=self.sharing.label_of(index),
            unique=self.unique_ids.make(index),
        )

    def oddity(self) -> Item:
        """Return the file in the leaver's OneDrive that is flagged as malware."""
        drive = self.drive_of_person(LEAVER)
        assert drive is not None  # noqa: S101 - the leaver always has one
        by = self.company.users.make(LEAVER)
        moment = self.company.now - 30 * 86_400
        return Item(
            id=self._extra_ids.make(0),
            drive=drive.id,
            name="setup-tool.bin",
            parent=self.root_id(drive.id),
            created=moment,
            modified=moment,
            by=by,
            mime="application/octet-stream",
            versions=[Version(id="1.0", modified=moment, by=by, blob="malware")],
            malware=True,
            unique=self.unique_ids.make(3_000_000_000),
        )

    @property
    def malware(self) -> bytes:
        """The bytes of that file: harmless."""
        return b"not a program, though it is flagged as one\n" * 8

    def segments(self, drive: Drive) -> list[Sequence[str] | range]:
        """Return what a drive held at first: ids of root, folders and odd items, and ranges of file indices."""
        found: list[Sequence[str] | range] = [[self.root_id(drive.id)]]
        for place in self.places_of(drive):
            found += [list(self.folders(place)), self.files.place(place).files]
        if drive.person == LEAVER and self.world.files:
            found.append([self._extra_ids.make(0)])
        return found

    def children(self, folder: str) -> tuple[list[str], Sequence[int]]:
        """Return the folders (and odd items) and the files that a folder had at first."""
        number = self._folder_ids.index(folder)
        if number is None:
            return [], ()
        if number < FOLDER_ROOT:
            index, rank = divmod(number, ROOM)
            return self._below(index, self.directories(index)[rank - 1] if rank else "")
        site = self.site(number - FOLDER_ROOT)
        if site is None:
            return [], ()
        if site.place is not None:
            return self._below(site.place, "")
        found = [self.folder_id(place) for place in self.roots.get(site.person, ())] if site.person is not None else []
        if site.person == LEAVER and self.world.files:
            found.append(self._extra_ids.make(0))
        return found, ()

    def _below(self, place: int, directory: str) -> tuple[list[str], Sequence[int]]:
        present = self.files.present(place)
        hostile = place == HOSTILE_PLACE
        below = [d for d in sorted(present) if d and ("" if hostile else d.rpartition("/")[0]) == directory]
        found = [self.folder_id(place, name) for name in below]
        if not directory:
            found += [self.folder_id(inner) for inner in self.nested.get(place, ())]
        return found, present.get(directory, ())

    # Recycle bins

    @property
    def drafts(self) -> int:
        """How many drafts lie in recycle bins."""
        return min(TRASHED, self.world.files)

    def binned(self) -> Iterator[Binned]:
        """Yield what lay in the recycle bins at first; every fourth in the second stage."""
        for rank in range(self.drafts):
            item = self.file(rank * self.world.files // self.drafts)
            drive = self.drive(item.drive)
            assert drive is not None and item.parent is not None  # noqa: S101, PT018 - files lie in drives
            item.id = self._draft_ids.make(rank)
            item.name = f"draft {rank} of {item.name}"
            item.unique = self.unique_ids.make(3_100_000_000 + rank)
            item.permissions = []
            yield Binned(
                id=self._bin_ids.make(rank),
                site=drive.site,
                item=item,
                where=self.where(drive, self.path_of(item.parent)),
                at=self.company.now - 86_400 * (1 + rank),
                by=item.by,
                stage=2 if rank % 4 == 3 else 1,
            )

    def path_of(self, folder: str) -> str:
        """Return the path of a folder as it was at first, from the drive's root, `` for the root itself."""
        parts = []
        at: str | None = folder
        while at is not None:
            item = self.item(at)
            if item is None or item.parent is None:
                break
            parts.append(item.name)
            at = item.parent
        return "/".join(reversed(parts))

    def where(self, drive: Drive, path: str) -> str:
        """Return a path as recycle bins write it: from the host on, without a leading slash."""
        site = self.site_of(drive.site)
        parts = [site.path if site is not None else "", drive.segment, path]
        return "/".join(part for part in parts if part)
