"""What callers have changed in the simulated Google Workspace, lying over the company as it was.

Only touched objects are held; every other one is computed when asked for. Nothing here checks a right but `role`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_company import Assignment, Company
from casb_cli.apps.google_workspace.sandbox_library import Library
from casb_cli.apps.google_workspace.sandbox_objects import ROLES, Drive, Item, Permission, User

RANK = {role: rank for rank, role in enumerate(ROLES)}


class Grant(NamedTuple):
    """One reason why somebody may open an item: a permission on it, or inherited `source` from above."""

    permission: Permission
    role: str
    source: str | None
    member: bool


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the change log: what changed, whose it was before or after, and in which shared drives."""

    id: str
    at: float
    owners: frozenset[str]
    drives: frozenset[str]
    access_only: bool = False
    drive_itself: bool = False


class State:
    """The overlay; `clock` gives epoch seconds."""

    def __init__(self, company: Company, library: Library, clock: Callable[[], float]) -> None:
        self.company = company
        self.library = library
        self.clock = clock
        self.users: dict[int, User] = {}
        self.items: dict[str, Item] = {}
        self.arrived: dict[str, None] = {}
        self.drives: dict[str, Drive] = {}
        self.revoked: set[tuple[int, str]] = set()
        self.assigned: list[Assignment] = []
        self.unassigned: set[str] = set()
        self.blobs: dict[str, bytes] = {}
        self.happened: list[dict[str, Any]] = []
        self.log: list[Change] = []
        self.latest: dict[str, int] = {}
        self.barred = ""
        """What the customer's settings let leave its place for nobody: `drives`, `my-drive`, or nothing."""
        self._new = 0
        self._inherited: dict[str, tuple[Grant, ...]] = {}
        self._holders: dict[str, str | None] = {}

    # Accounts

    def user(self, index: int) -> User | None:
        """Return an account as it is now, deleted ones too."""
        return self.users.get(index) or self.company.user(index)

    def index_of(self, key: str) -> int | None:
        """Return the account of this customer by id, address or alias."""
        index = self.company.index_of(key) if "@" in key else ids.user_index(key)
        return index if index is not None and self.company.exists(index) else None

    def change_user(self, index: int) -> User:
        """Hold an account from now on, because it changes; raises KeyError."""
        if index not in self.users:
            user = self.company.user(index)
            if user is None:
                raise KeyError(index)
            self.users[index] = user
        return self.users[index]

    def assignments(self) -> list[Assignment]:
        """Return the role assignments as they are now."""
        return [one for one in (*self.company.assignments, *self.assigned) if one.id not in self.unassigned]

    # Items and shared drives

    def find(self, id_: str) -> Item | None:
        """Return an item as it is now, trashed ones too; None where there is none or no longer one."""
        found = self.items.get(id_)
        if found is None:
            return self.library.item(id_)
        return None if found.gone else found

    def keep(self, item: Item) -> Item:
        """Hold an item from now on, because it changes."""
        self._forget()
        return self.items.setdefault(item.id, item)

    def add(self, item: Item) -> None:
        """Hold a new item, or one that has moved to another place."""
        self.keep(item)
        self.arrived.setdefault(item.id)

    def drive(self, id_: str) -> Drive | None:
        """Return a shared drive as it is now."""
        found = self.drives.get(id_) or self.library.drive(id_)
        return None if found is None or found.gone else found

    def keep_drive(self, drive: Drive) -> Drive:
        """Hold a shared drive from now on."""
        self._forget()
        return self.drives.setdefault(drive.id, drive)

    def all_drives(self) -> list[Drive]:
        """Return the shared drives, the oldest ones first."""
        known = self.library.all_drives()
        found = (self.drive(id_) for id_ in [*known, *(id_ for id_ in self.drives if id_ not in known)])
        return [drive for drive in found if drive is not None]

    def fresh(self) -> int:
        """Return a number that nothing has."""
        self._new += 1
        return self._new

    def changed(
        self,
        item: Item,
        *,
        owners: Iterable[str | None] = (),
        drives: Iterable[str | None] = (),
        access_only: bool = False,
    ) -> None:
        """Write a change of an item into the log; `owners` and `drives` are those of before."""
        self._forget()
        item.version += 1
        self.latest[item.id] = len(self.log)
        self.log.append(
            Change(
                id=item.id,
                at=self.clock(),
                owners=frozenset(one for one in (*owners, item.owner) if one),
                drives=frozenset(one for one in (*drives, item.drive) if one),
                access_only=access_only,
            )
        )

    def drive_changed(self, drive: Drive) -> None:
        """Write a change of a shared drive into the log."""
        self._forget()
        self.latest[drive.id] = len(self.log)
        self.log.append(
            Change(id=drive.id, at=self.clock(), owners=frozenset(), drives=frozenset([drive.id]), drive_itself=True)
        )

    def _forget(self) -> None:
        """Forget what was worked out of folders."""
        self._inherited.clear()
        self._holders.clear()

    def chain(self, item: Item) -> list[Item]:
        """Return the folders above an item, the nearest first."""
        found = []
        at = item.parent
        while not at.startswith("0A"):
            folder = self.items.get(at) or self.library.item(at)
            if folder is None:
                break  # never: nothing lies in a folder that never was
            found.append(folder)
            at = folder.parent
        return found

    def in_trash(self, item: Item) -> bool:
        """Tell whether an item or a folder above it is in the trash."""
        if item.trashed is not None:
            return True
        if not self.items:
            return False  # at first no folder is in the trash
        return any(folder.trashed is not None or folder.gone for folder in self.chain(item))

    # Who may what

    def alive(self, permission: Permission) -> bool:
        """Tell whether a permission opens anything now."""
        return not permission.deleted and (permission.expires is None or permission.expires > self.clock())

    def above(self, parent: str) -> tuple[Grant, ...]:
        """Return what everything in a folder, root or shared drive inherits."""
        known = self._inherited.get(parent)
        if known is None:
            known = tuple(self._above(parent))
            if len(self._inherited) > 20_000:
                self._forget()
            self._inherited[parent] = known
        return known

    def _above(self, parent: str) -> Iterator[Grant]:
        if parent.startswith("0A"):
            drive = self.drive(parent)
            if drive is not None:
                yield from (Grant(one, one.role, parent, True) for one in drive.members)
            return
        folder = self.items.get(parent) or self.library.item(parent)
        if folder is None:
            return
        yield from (Grant(one, one.role, parent, False) for one in folder.permissions)
        for grant in self.above(folder.parent):
            if not folder.limited or grant.role == "organizer":
                yield grant

    def grants(self, item: Item) -> list[Grant]:
        """Return every reason why somebody may open an item, its owner first, its own permissions before others."""
        found = []
        if item.owner is not None:
            found.append(Grant(self.owner_permission(item.owner), "owner", None, False))
        found += [Grant(one, one.role, None, False) for one in item.permissions]
        above = self.above(item.parent)
        if item.limited:
            above = tuple(grant for grant in above if grant.role == "organizer")
        if item.owner is not None and not item.parent.startswith("0A"):
            if item.parent not in self._holders:
                folder = self.items.get(item.parent) or self.library.item(item.parent)
                self._holders[item.parent] = None if folder is None else folder.owner
            holder = self._holders[item.parent]
            if holder not in (None, item.owner):
                above = (Grant(self.owner_permission(str(holder)), "writer", item.parent, False), *above)
        found += [grant for grant in above if grant.permission.id != (found[0].permission.id if item.owner else "")]
        return found

    def owner_permission(self, owner: str) -> Permission:
        """Return the permission that an owner has by owning."""
        index = ids.user_index(owner) or 0
        return Permission(
            id=ids.permission_id(index),
            type="user",
            role="owner",
            email=self.company.email(index),
            name=self.company.name(index),
        )

    def is_for(self, permission: Permission, who: int) -> bool:
        """Tell whether a permission opens something to a person."""
        if not self.alive(permission):
            return False
        match permission.type:
            case "user":
                return permission.id == ids.permission_id(who)
            case "group":
                group = self.company.group_of(permission.email or "")
                return group is not None and self.company.in_group(who, group)
            case "domain":
                return permission.domain in (self.company.domain, self.company.alias) and self.company.exists(who)
            case _:
                return True

    def role(self, who: int, item: Item, *, direct: bool = False) -> str | None:
        """Return the best role of a person on an item, None where it can't be opened.

        With `direct` what everybody, or everybody of a domain, may open doesn't count: it's in nobody's listing.
        """
        if item.owner == ids.user_id(who):
            return "owner"
        best: str | None = None
        for grant in self.grants(item):
            if direct and grant.permission.type in {"anyone", "domain"}:
                continue
            if (best is None or RANK[grant.role] > RANK[best]) and self.is_for(grant.permission, who):
                best = grant.role
        return best

    def drive_role(self, who: int, drive: Drive) -> str | None:
        """Return the best role of a person in a shared drive, None where it's no member."""
        roles = [one.role for one in drive.members if self.is_for(one, who)]
        return max(roles, key=RANK.__getitem__, default=None)

    # What lies where

    def owned(self, owner: str, start: int = 0) -> Iterator[tuple[int, Item]]:
        """Yield position and item of everything that an account owns, from a position on; positions never change."""
        index = ids.user_index(owner)
        library = self.library
        segments: list[Sequence[Any]] = []
        if index is not None:
            for place in library.places_of(index):
                segments += [list(library.folders(place)), library.files.place(place).files]
            drafts = map(library.draft, range(library.drafts))
            segments.append([item.id for item in drafts if item.owner == owner])
            segments.append([id_ for id_ in library.children(library.root_id(index))[0] if not library.place_at(id_)])
        yield from self._among(segments, lambda item: item.owner == owner, start)

    def in_drive(self, drive: str, start: int = 0) -> Iterator[tuple[int, Item]]:
        """Yield position and item of everything in a shared drive, from a position on."""
        library = self.library
        segments: list[Sequence[Any]] = []
        at = library.place_at(drive)
        if at is not None:
            segments += [list(library.folders(at[0])), library.files.place(at[0]).files]
            drafts = map(library.draft, range(library.drafts))
            segments.append([item.id for item in drafts if item.drive == drive])
        yield from self._among(segments, lambda item: item.drive == drive, start)

    def children(self, folder: str, start: int = 0) -> Iterator[tuple[int, Item]]:
        """Yield position and item of what lies directly in a folder, root or shared drive."""
        folders, files = self.library.children(folder)
        yield from self._among([folders, files], lambda item: item.parent == folder, start)

    def _among(
        self, segments: list[Sequence[Any]], belongs: Callable[[Item], bool], start: int
    ) -> Iterator[tuple[int, Item]]:
        """Yield what segments (ids, or indices of files) hold and what came to them, if it still belongs."""
        position, items, library = 0, self.items, self.library
        for segment in segments:
            for offset in range(max(start - position, 0), len(segment)):
                one = segment[offset]
                if isinstance(one, str):
                    item = self.find(one)
                    if item is not None and belongs(item):
                        yield position + offset, item
                elif not items:
                    yield position + offset, library.file(one)
                else:
                    known = items.get(library.file_id(one)) or library.file(one)
                    if not known.gone and belongs(known):
                        yield position + offset, known
            position += len(segment)
        came = list(self.arrived)
        for offset in range(max(start - position, 0), len(came)):
            item = self.find(came[offset])
            if item is None or not belongs(item):
                continue
            born = library.item(item.id)
            if born is None or not belongs(born):
                yield position + offset, item

    # Content

    def content(self, item: Item, revision: str | None = None) -> bytes | None:
        """Return the bytes of a version of a binary file, None where there is none."""
        for found in item.revisions:
            if found.id == (revision or item.revisions[-1].id):
                return self.bytes_of(found.source, found.blob)
        return None

    def bytes_of(self, source: int | None, blob: str | None) -> bytes:
        """Return the bytes of the world's file, or of what was uploaded."""
        if source is not None:
            return self.library.files.content(source)
        return self.library.sealed if blob == "sealed" else self.blobs[blob or ""]
