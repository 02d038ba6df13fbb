"""What callers have changed in the simulated Box, lying over the company as it was.

Only touched objects are held; every other one is computed when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from casb_cli.apps.box.sandbox_company import NEW, Company
from casb_cli.apps.box.sandbox_objects import Collab, Item, User
from casb_cli.apps.box.sandbox_wire import Refusal, not_found

ROLES = (
    "owner",
    "co-owner",
    "editor",
    "viewer uploader",
    "viewer",
    "previewer uploader",
    "previewer",
    "uploader",
)
"""From the most powerful role to the least."""

_MAY = {
    "see": set(ROLES),
    "download": {"owner", "co-owner", "editor", "viewer uploader", "viewer"},
    "upload": {"owner", "co-owner", "editor", "viewer uploader", "previewer uploader", "uploader"},
    "edit": {"owner", "co-owner", "editor"},
    "share": {"owner", "co-owner", "editor"},
    "own": {"owner", "co-owner"},
}
_DIGITS = re.compile(r"\d+")

Key = tuple[str, str]
"""Kind and id of an item."""


class State:
    """The overlay: accounts, items, collaborations and events as they are now."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.users: dict[str, User] = {}
        self.items: dict[Key, Item] = {}
        self.left: dict[str, set[Key]] = {}
        self.came: dict[str, list[Key]] = {}
        self.collabs: dict[str, Collab] = {}
        self.ended: set[str] = set()
        self.on_item: dict[Key, list[str]] = {}
        self.for_whom: dict[Key, list[str]] = {}
        self.blobs: dict[str, bytes] = {}
        self.happened: list[dict[str, Any]] = []
        self.ended_sessions: list[str] = []
        self.holds: dict[str, dict[str, Any]] = {}
        self.folder_locks: dict[str, dict[str, Any]] = {}
        self._next = NEW

    def new_id(self) -> str:
        """Return an id that nothing has."""
        self._next += 1
        return str(self._next)

    # Accounts

    def user(self, id_: str) -> User | None:
        """Return an account as it is now."""
        return self.users.get(id_) or self.company.user(id_)

    def known_user(self, id_: str) -> User:
        """Return an account; raises 404."""
        found = self.user(id_)
        if found is None:
            raise not_found("user", id_)
        return found

    def managed(self, id_: str) -> bool:
        """Tell whether an id is an account of this enterprise."""
        found = self.user(id_)
        return found is not None and not found.external

    def by_login(self, login: str) -> User | None:
        """Return the account that signs in with an address."""
        for user in self.users.values():
            if user.login.casefold() == login.casefold():
                return user
        found = self.company.user_by_login(login)
        return self.user(found.id) if found else None

    # Items

    def find(self, kind: str, id_: str) -> Item | None:
        """Return an item as it is now, trashed ones too; None where there is none or no longer one."""
        found = self.items.get((kind, id_))
        if found is None:
            return self.company.item(kind, id_)
        return None if found.gone else found

    def known_folder(self, id_: str) -> Item:
        """Return a folder, whatever has become of it; raises 404."""
        found = self.items.get(("folder", id_)) or self.company.item("folder", id_)
        if found is None:
            raise not_found("folder", id_)
        return found

    def keep(self, item: Item) -> Item:
        """Hold an item from now on, because it changes."""
        return self.items.setdefault((item.kind, item.id), item)

    def above(self, item: Item) -> list[Item]:
        """Return the folders above an item, the nearest first, the root excepted."""
        chain = []
        at = item.parent
        while at != "0":
            folder = self.items.get(("folder", at)) or self.company.item("folder", at)
            if folder is None:
                break  # never: nothing lies in a folder that never was
            chain.append(folder)
            at = folder.parent
        return chain

    def owner(self, item: Item, chain: list[Item] | None = None) -> str:
        """Return who owns an item: whoever holds the folder on top."""
        found = self.above(item) if chain is None else chain
        return found[-1].holder if found else item.holder

    def in_trash(self, item: Item, chain: list[Item] | None = None) -> bool:
        """Tell whether an item or a folder above it is in the trash."""
        found = self.above(item) if chain is None else chain
        return item.trashed is not None or any(folder.trashed is not None for folder in found)

    # Who may what

    def role(self, user: str, item: Item, chain: list[Item] | None = None) -> str | None:
        """Return the best role that an account has on an item, None where it can't even see it."""
        found = self.above(item) if chain is None else chain
        owner = self.owner(item, found)
        if owner == user:
            return "owner"
        holder = self.user(owner)
        if holder is None or holder.status == "inactive":
            return None  # what a deactivated account owns is gone for everybody until it is active again
        best: int | None = None
        for at in (item, *found):
            for collab in self.collabs_on(at.kind, at.id):
                if collab.status == "accepted" and self._is_for(collab, user):
                    rank = ROLES.index(collab.role)
                    best = rank if best is None else min(best, rank)
        return None if best is None else ROLES[best]

    def _is_for(self, collab: Collab, user: str) -> bool:
        if collab.who is None:
            return False
        return collab.who == user if collab.who_kind == "user" else self.company.in_group(user, collab.who)

    def visible(self, user: str, kind: str, id_: str, need: str = "see") -> Item:
        """Return an item on which an account may do `need`; raises the 404 or 403 that Box answers."""
        item = self.find(kind, id_)
        if item is None:
            raise not_found(kind, id_)
        chain = self.above(item)
        role = self.role(user, item, chain)
        if role is None:
            raise not_found(kind, id_)
        if self.in_trash(item, chain):
            raise Refusal(404, "trashed", "Item is trashed")
        if role not in _MAY[need]:
            raise Refusal(403)
        return item

    def folder(self, user: str, id_: str, need: str = "see") -> Item | None:
        """Return a folder as `visible`, None for the account's root."""
        return None if id_ == "0" else self.visible(user, "folder", id_, need)

    # What lies where

    @staticmethod
    def place_key(parent: str, holder: str) -> str:
        """Return the key of a folder, or of the root of an account."""
        return f"0:{holder}" if parent == "0" else parent

    def base_children(self, key: str) -> tuple[list[str], Any]:
        """Return the folders and the file indices that a folder or root had at first."""
        if key.startswith("0:"):
            return [self.company.folder_id(p) for p in self.company.roots.get(key[2:], ())], ()
        return self.company.folders_in(key), self.company.files_in(key)

    def children(self, key: str, start: int = 0) -> Iterator[tuple[int, Item | int]]:
        """Yield position and child of a folder or root from a position on: an item, or an untouched file's index.

        Positions never change, so that a marker stays good while things come and go. Trashed items are left out.
        """
        folders, files = self.base_children(key)
        left = self.left.get(key, ())
        company, items = self.company, self.items
        first = len(folders)
        for position in range(start, first):
            at = ("folder", folders[position])
            if at not in left:
                found = self.find(*at)
                if found is not None and found.trashed is None:
                    yield position, found
        touched = bool(left) or bool(items)
        for position in range(max(start - first, 0), len(files)):
            if touched:
                at = ("file", company.file_id(files[position]))
                if at in left:
                    continue
                known = items.get(at)
                if known is not None:
                    if known.trashed is None and not known.gone:
                        yield first + position, known
                    continue
            yield first + position, files[position]
        base = first + len(files)
        came = self.came.get(key, ())
        for position in range(max(start - base, 0), len(came)):
            found = self.find(*came[position])
            if found is not None and found.trashed is None and self._lies_in(found, key):
                yield base + position, found

    def _lies_in(self, item: Item, key: str) -> bool:
        return self.place_key(item.parent, item.holder) == key

    def root(self, user: str) -> list[Item]:
        """Return what an account sees in its root: its own, then what others share with it."""
        own = [item if isinstance(item, Item) else self.company.file(item) for _, item in self.children(f"0:{user}")]
        seen = {(item.kind, item.id) for item in own}
        keys: list[Key] = []
        for who in (("user", user), *self._teams(user)):
            keys += [("folder", self.company.folder_id(p)) for p in self.company.shared.get(who, ())]
            keys += [(c.kind, c.item) for c in map(self.collabs.get, self.for_whom.get(who, ())) if c is not None]
        for key in keys:
            item = self.find(*key) if key not in seen else None
            seen.add(key)
            if item is None:
                continue
            chain = self.above(item)
            if self.in_trash(item, chain) or self.role(user, item, chain) in (None, "owner"):
                continue
            if not chain or self.role(user, chain[0], chain[1:]) is None:
                own.append(item)
        return own

    def _teams(self, user: str) -> Iterator[Key]:
        teams = {who for kind, who in (*self.company.shared, *self.for_whom) if kind == "group"}
        for team in sorted(teams):
            if self.company.in_group(user, team):
                yield "group", team

    def taken(self, key: str, name: str, but: Key | None = None) -> Item | None:
        """Return the child of a folder or root that has a name already, ignoring case."""
        wanted = name.casefold()
        folders, files = self.base_children(key)
        left = self.left.get(key, ())
        candidates = [("folder", folder) for folder in folders]
        numbers = {int(digits) for digits in _DIGITS.findall(name) if len(digits) < 10}
        # a file of the company has its index in its name, so no other can clash
        candidates += [("file", self.company.file_id(n)) for n in numbers if files and n in files]
        for at in (*candidates, *self.came.get(key, ()), *(k for k in self.items if k not in left)):
            if at == but or at in left:
                continue
            found = self.find(*at)
            if found is None or found.trashed is not None or not self._lies_in(found, key):
                continue
            if found.name.casefold() == wanted:
                return found
        return None

    def put(self, item: Item, parent: str, holder: str) -> None:
        """Lay an item into a folder or root; the item is held from now on."""
        self.keep(item)
        was, new = self.place_key(item.parent, item.holder), self.place_key(parent, holder)
        at = (item.kind, item.id)
        if was != new:
            self.left.setdefault(was, set()).add(at)
            self.left.get(new, set()).discard(at)
        item.parent, item.holder = parent, holder
        if not self._is_base(at, new) and at not in self.came.get(new, ()):
            self.came.setdefault(new, []).append(at)

    def _is_base(self, at: Key, key: str) -> bool:
        born = self.company.item(*at)
        return born is not None and born.trashed is None and self.place_key(born.parent, born.holder) == key

    # Collaborations

    def collabs_on(self, kind: str, id_: str) -> list[Collab]:
        """Return the collaborations that stand on an item itself."""
        ended = self.ended
        found = [self.collabs.get(c.id, c) for c in self.company.collabs(kind, id_) if c.id not in ended]
        found += [self.collabs[key] for key in self.on_item.get((kind, id_), ()) if key not in ended]
        return found

    def collab(self, id_: str) -> Collab | None:
        """Return a collaboration as it is now."""
        if id_ in self.ended:
            return None
        known = self.collabs.get(id_)
        if known is not None:
            return known
        at = self.company.collab_item(id_)
        if at is None:
            return None
        return next((c for c in self.company.collabs(*at) if c.id == id_), None)

    def add_collab(self, collab: Collab) -> None:
        """Hold a new collaboration."""
        self.collabs[collab.id] = collab
        self.on_item.setdefault((collab.kind, collab.item), []).append(collab.id)
        if collab.who is not None:
            self.for_whom.setdefault((collab.who_kind, collab.who), []).append(collab.id)

    def end_collab(self, id_: str) -> None:
        """Forget a collaboration."""
        self.ended.add(id_)
        gone = self.collabs.pop(id_, None)
        if gone is not None:
            for index, key in ((self.on_item, (gone.kind, gone.item)), (self.for_whom, (gone.who_kind, gone.who))):
                if key[1] is not None and id_ in index.get(key, ()):  # type: ignore[arg-type]
                    index[key].remove(id_)  # type: ignore[index]

    # Content

    def content(self, item: Item, version: str | None = None) -> bytes | None:
        """Return the bytes of a version that is not in the trash, None where there is no such version."""
        for found in item.versions:
            if found.id == (version or item.current.id) and found.trashed is None:
                if found.source is not None:
                    return self.company.library.content(found.source)
                return self.blobs[found.sha1]
        return None

    def stored(self, user: str) -> int:
        """Return how many bytes callers have laid into what an account owns."""
        total = 0
        for item in self.items.values():
            if item.kind == "file" and not item.gone and self.owner(item) == user:
                total += sum(version.size for version in item.versions)
        return total
