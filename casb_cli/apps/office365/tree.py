"""The folders of one drive: where its items lie, and which folder's sharing they inherit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from casb_cli.apps.office365.mapping_files import Item, Place
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Sharing

if TYPE_CHECKING:
    from casb_cli.apps.office365.drives import Drives

_FOLDER_FIELDS = "id,name,folder,root,parentReference,shared"


class _Folder(NamedTuple):
    """As much of a folder as paths and sharing need: a big drive has very many."""

    name: str
    parent: str | None
    is_root: bool
    is_shared: bool

    @classmethod
    def of(cls, item: Item) -> _Folder:
        return cls(item.name or item.id, item.parent, item.root is not None, item.shared is not None)


class Tree:
    """The folders of one drive, learned page by page; one that is missing is read when it is met."""

    def __init__(self, drives: Drives, place: Place) -> None:
        self._drives = drives
        self.place = place
        self.root: str | None = None
        self.levels: dict[str, Sharing] = {}
        """How far folders with a sharing of their own are open, those that were asked for."""
        self._folders: dict[str, _Folder] = {}

    def learn(self, items: Sequence[Item]) -> None:
        """Keep the folders among some items."""
        for item in items:
            if (item.is_folder or item.root is not None) and item.deleted is None:
                self._folders[item.id] = _Folder.of(item)
                self.root = item.id if item.root is not None else self.root

    def path(self, item: Item) -> str | None:
        """Return where an item lies, from the drive's root; None where a folder above it is not to be seen."""
        if item.root is not None:
            return "/"
        names = [item.name or item.id]
        seen = {item.id}
        above = item.parent
        while above is not None and above not in seen:
            seen.add(above)
            folder = self._folder(above)
            if folder is None:
                return None
            if folder.is_root:
                break
            names.append(folder.name)
            above = folder.parent
        return "/" + "/".join(reversed(names))

    def carrier(self, item: Item) -> str | None:
        """Return the nearest folder above an item that has a sharing of its own; None below the root's alone."""
        above = item.parent
        seen = {item.id}
        while above is not None and above not in seen:
            seen.add(above)
            folder = self._folder(above)
            if folder is None or folder.is_root:
                return None
            if folder.is_shared:
                return above
            above = folder.parent
        return None

    def _folder(self, id_: str) -> _Folder | None:
        if id_ not in self._folders:
            try:
                self._folders[id_] = _Folder.of(self._drives.item(self.place.drive, id_, _FOLDER_FIELDS))
            except ObjectMissing:
                return None  # it went between the page and this look
        return self._folders[id_]
