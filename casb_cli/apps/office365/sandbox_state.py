"""What callers have changed in the simulated tenant, lying over the company as it was.

Only touched objects are held; every other one is computed when asked for. Nothing here checks a right.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from casb_cli.apps.office365.sandbox_company import Company
from casb_cli.apps.office365.sandbox_ids import Guids, Texts
from casb_cli.apps.office365.sandbox_library import Library
from casb_cli.apps.office365.sandbox_objects import (
    Assigned,
    Binned,
    Delegated,
    Drive,
    Item,
    Permission,
    Principal,
    User,
    Version,
)


class Change(NamedTuple):
    """An entry of a drive's change log; `sharing` tells that only who may open the item changed."""

    item: str
    sharing: bool
    at: float


class GroupChange(NamedTuple):
    """An entry of the groups' change log: who came, and who went."""

    group: int
    added: tuple[tuple[str, int], ...]
    removed: tuple[tuple[str, int], ...]


class State:
    """The overlay; `clock` gives epoch seconds."""

    def __init__(self, company: Company, library: Library, clock: Callable[[], float]) -> None:
        self.company = company
        self.library = library
        self.clock = clock
        self.users: dict[int, User] = {}
        self.user_log: list[int] = []
        self.members_now: dict[int, list[tuple[str, int]]] = {}
        self.group_log: list[GroupChange] = []
        self.principals: dict[int, Principal] = {}
        self.grants_gone: set[str] = set()
        self.grants_new: dict[str, Delegated] = {}
        self.grants_kept: dict[str, Delegated] = {}
        self.assigned_gone: set[str] = set()
        self.assigned_new: dict[str, Assigned] = {}
        self.items: dict[str, Item] = {}
        self.arrived: dict[str, dict[str, None]] = {}
        self.log: dict[str, list[Change]] = {}
        self.blobs: dict[str, bytes] = {}
        self.happened: list[dict[str, Any]] = []
        self.bin: dict[str, Binned] = {one.id: one for one in library.binned()}
        seed = company.world.seed
        self._ids = Texts(seed, "new item", "01", 34, upper=True)
        self._texts = Texts(seed, "new", "", 43)
        self._guids = Guids(seed, "new")
        self._new = 0
        self._paths: dict[str, str] = {}
        self._above: dict[str, tuple[tuple[Permission, Item], ...]] = {}

    # Numbers

    def number(self) -> int:
        """Return a number that nothing has."""
        self._new += 1
        return self._new

    def item_id(self) -> str:
        """Return the id of a new item."""
        return self._ids.make(self.number())

    def text_id(self) -> str:
        """Return a new id of a grant or assignment."""
        return self._texts.make(self.number())

    def guid(self) -> str:
        """Return a new GUID."""
        return self._guids.make(self.number())

    # People and applications

    def user(self, index: int) -> User | None:
        """Return an account as it is now."""
        return self.users.get(index) or self.company.user(index)

    def change_user(self, user: User) -> User:
        """Hold an account from now on, because it changes."""
        self.user_log.append(user.index)
        return self.users.setdefault(user.index, user)

    def members(self, group: int) -> list[tuple[str, int]]:
        """Return the direct members of a group now."""
        found = self.members_now.get(group)
        return self.company.members(group) if found is None else found

    def change_members(self, group: int, members: Sequence[tuple[str, int]]) -> None:
        """Give a group other members."""
        before, now = self.members(group), list(dict.fromkeys(members))
        self.members_now[group] = now
        added = tuple(one for one in now if one not in before)
        removed = tuple(one for one in before if one not in now)
        self.group_log.append(GroupChange(group, added, removed))

    def transitive(self, group: int) -> list[tuple[str, int]]:
        """Return the members of a group and of the groups in it now, each once."""
        found: dict[tuple[str, int], None] = {}
        for kind, index in self.members(group):
            found[kind, index] = None
            if kind == "group":
                found |= dict.fromkeys(self.transitive(index))
        return list(found)

    def principal(self, number: int) -> Principal:
        """Return a service principal as it is now, deleted ones too."""
        return self.principals.get(number) or self.company.principals[number]

    def principal_of(self, key: str) -> tuple[int, Principal] | None:
        """Return the service principal of an object id or `(appId='...')`, with its number."""
        app = key.removeprefix("(appId='").removesuffix("')") if key.startswith("(appId=") else None
        for number in range(len(self.company.principals)):
            one = self.principal(number)
            if (one.app.casefold() == app.casefold()) if app else one.id == key:
                return number, one
        return None

    def change_principal(self, number: int) -> Principal:
        """Hold a service principal from now on."""
        return self.principals.setdefault(number, copy.copy(self.company.principals[number]))

    def grants(self, start: int = 0) -> Iterator[tuple[int, Delegated]]:
        """Yield delegated grants from a position on, with the position after each."""
        size = self.company.grant_positions
        for position in range(start, size):
            one = self.company.delegated_at(position)
            if one is not None and one.id not in self.grants_gone:
                yield position + 1, self.grants_kept.get(one.id, one)
        new = list(self.grants_new.values())
        for offset in range(max(start - size, 0), len(new)):
            if new[offset].id not in self.grants_gone:
                yield size + offset + 1, new[offset]

    def grant(self, id_: str) -> Delegated | None:
        """Return a delegated grant as it is now."""
        if id_ in self.grants_gone:
            return None
        if id_ in self.grants_new:
            return self.grants_new[id_]
        position = self.company.grant_ids.index(id_)
        if position is None or position >= self.company.grant_positions:
            return None
        return self.grants_kept.get(id_) or self.company.delegated_at(position)

    def assigned(self) -> list[Assigned]:
        """Return the application roles assigned now."""
        found = [*self.company.assigned, *self.assigned_new.values()]
        return [one for one in found if one.id not in self.assigned_gone]

    # Items

    def find(self, id_: str) -> Item | None:
        """Return an item as it is now; None where there is none or no longer one."""
        found = self.items.get(id_)
        if found is None:
            return self.library.item(id_)
        return None if found.gone is not None else found

    def item(self, drive: str, id_: str) -> Item | None:
        """Return an item of a drive; `root` is its root."""
        found = self.find(self.library.root_id(drive) if id_ == "root" else id_)
        return found if found is not None and found.drive == drive else None

    def keep(self, item: Item) -> Item:
        """Hold an item from now on, because it changes."""
        self._forget()
        return self.items.setdefault(item.id, item)

    def add(self, item: Item) -> None:
        """Hold a new item."""
        self._forget()
        self.items[item.id] = item
        self.arrived.setdefault(item.drive, {})[item.id] = None

    def changed(self, item: Item, *, sharing: bool = False) -> None:
        """Write a change of an item into its drive's log."""
        self._forget()
        item.tag += 1
        self.log.setdefault(item.drive, []).append(Change(item.id, sharing, self.clock()))

    def _forget(self) -> None:
        self._paths.clear()
        self._above.clear()

    def everything(self, drive: Drive, start: int = 0) -> Iterator[tuple[int, Item]]:
        """Yield what is in a drive from a position on, with the position after each; positions never change."""
        yield from self._among(self.library.segments(drive), drive.id, lambda item: item.drive == drive.id, start)

    def children(self, folder: Item, start: int = 0) -> Iterator[tuple[int, Item]]:
        """Yield what lies directly in a folder."""
        folders, files = self.library.children(folder.id)
        yield from self._among([folders, files], folder.drive, lambda item: item.parent == folder.id, start)

    def _among(
        self, segments: Sequence[Sequence[Any]], drive: str, belongs: Callable[[Item], bool], start: int
    ) -> Iterator[tuple[int, Item]]:
        position, items, library = 0, self.items, self.library
        for segment in segments:
            for offset in range(max(start - position, 0), len(segment)):
                one = segment[offset]
                id_ = one if isinstance(one, str) else library.file_id(one) if items else ""
                known = items.get(id_)
                item = known or (library.item(one) if isinstance(one, str) else library.file(one))
                if item is not None and item.gone is None and (known is None or belongs(known)):
                    yield position + offset + 1, item
            position += len(segment)
        came = list(self.arrived.get(drive, ()))
        for offset in range(max(start - position, 0), len(came)):
            item = self.find(came[offset])
            if item is not None and belongs(item):
                born = library.item(item.id)
                # What was born in this very folder has come already, unless it was moved away and back.
                if born is None or not belongs(born):
                    yield position + offset + 1, item

    def moved(self, item: Item) -> None:
        """Remember that an item lies elsewhere than at first."""
        self.arrived.setdefault(item.drive, {})[item.id] = None

    def chain(self, item: Item) -> list[Item]:
        """Return the folders above an item, the nearest first."""
        found = []
        at = item.parent
        while at is not None:
            folder = self.items.get(at) or self.library.item(at)
            if folder is None:
                break  # never: nothing lies in a folder that never was
            found.append(folder)
            at = folder.parent
        return found

    def folder_path(self, folder: str | None) -> str:
        """Return a folder's path from the drive's root, without slashes at its ends."""
        if folder is None:
            return ""
        known = self._paths.get(folder)
        if known is None:
            item = self.items.get(folder) or self.library.item(folder)
            if item is None or item.parent is None:
                known = ""
            else:
                known = "/".join(part for part in (self.folder_path(item.parent), item.name) if part)
            self._paths[folder] = known
        return known

    def path(self, item: Item) -> str:
        """Return an item's path from the drive's root, beginning with a slash."""
        if item.parent is None:
            return "/"
        return "/" + "/".join(part for part in (self.folder_path(item.parent), item.name) if part)

    def is_gone(self, item: Item) -> bool:
        """Tell whether an item or a folder above it is gone."""
        if item.gone is not None:
            return True
        return bool(self.items) and any(folder.gone is not None for folder in self.chain(item))

    def above(self, folder: str | None) -> tuple[tuple[Permission, Item], ...]:
        """Return what everything in a folder inherits, each with the item on which it stands, the root's last."""
        if folder is None:
            return ()
        known = self._above.get(folder)
        if known is None:
            item = self.items.get(folder) or self.library.item(folder)
            if item is None:
                return ()
            upper = self.above(item.parent) if item.inherits else ()
            known = (*((one, item) for one in item.permissions), *upper)
            self._above[folder] = known
        return known

    def permissions(self, item: Item) -> list[tuple[Permission, Item | None]]:
        """Return every permission on an item, its own (None) first, then the inherited ones."""
        found: list[tuple[Permission, Item | None]] = [(one, None) for one in item.permissions]
        if item.inherits:
            found += self.above(item.parent)
        return [(one, source) for one, source in found if one.expires is None or one.expires > self.clock()]

    def by_name(self, folder: Item, name: str) -> Item | None:
        """Return the item of a name in a folder: case does not matter."""
        wanted = name.casefold()
        return next((item for _, item in self.children(folder) if item.name.casefold() == wanted), None)

    # Content

    def bytes_of(self, version: Version) -> bytes:
        """Return the bytes of a version."""
        if version.source is not None:
            return self.library.files.content(version.source)
        return self.library.malware if version.blob == "malware" else self.blobs[version.blob or ""]

    def content(self, item: Item) -> bytes:
        """Return the bytes of a file."""
        return self.bytes_of(item.versions[-1])

    def save(self, item: Item, data: bytes, by: str) -> None:
        """Give a file new content as its newest version."""
        blob = f"blob {self.number()}"
        self.blobs[blob] = data
        number = int(float(item.versions[-1].id)) + 1 if item.versions else 1
        now = self.clock()
        item.versions.append(Version(id=f"{number}.0", modified=now, by=by, blob=blob))
        item.modified = now
        item.content_tag += 1
        self.changed(item)


def principal_text(principal: Principal) -> dict[str, Any]:
    """Return what of an application tests compare."""
    return {"enabled": principal.enabled, "deleted": principal.deleted is not None}


def user_text(user: User) -> dict[str, Any]:
    """Return what of an account tests compare."""
    found: dict[str, Any] = msgspec.structs.asdict(user)
    return {name: found[name] for name in ("enabled", "passwords", "must_change", "revoked", "deleted")}
