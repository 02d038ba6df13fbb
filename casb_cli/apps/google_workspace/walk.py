"""Walking Drive: every My Drive as its owner and every shared drive as a member are the partitions of listings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.drives import ANY_DRIVE, DriveBase, shut
from casb_cli.core.capabilities import Page
from casb_cli.core.errors import NotPermitted, ObjectMissing, ScopeMissing
from casb_cli.core.models import Notice, Partition, Sharing
from casb_cli.core.refs import local

R = TypeVar("R")
FILE_PAGE = 250
"""Files a page: many pages are read at once, and a file comes with its permissions, some kilobytes."""
_USERS, _DRIVES = "users ", "drives "


class Tree:
    """The folders of one My Drive or shared drive: where an item lies, and what it inherits.

    Folders come with the pages that are read anyway; where that is not enough they are listed once, and one that
    somebody else owns is read alone. Held while its partition is listed.
    """

    def __init__(self, drives: DriveBase, user: str, drive: str | None, name: str = "") -> None:
        self.drives, self.user, self.drive, self.name = drives, user, drive, name
        self._folders: dict[str, _Folder | None] = {}
        self._levels: dict[str, Sharing | None] = {}
        self._root: str | None = drive
        self._loaded = False

    def learn(self, items: Iterable[shapes.Item]) -> None:
        """Keep the folders among some items."""
        for item in items:
            if item.is_folder:
                self._folders[item.id] = _held(item)

    def path(self, item: shapes.Item, *, alone: bool = False) -> str:
        """Return where an item lies, from the root of its drive; one whose folder is not visible stands alone.

        `alone`: all folders that may be met are known already, or are read one by one.
        """
        return self.above(item, alone=alone) + f"/{item.name or item.id}"

    def above(self, item: shapes.Item, *, alone: bool = False) -> str:
        """Return the path of the folder that holds an item."""
        names: list[str] = []
        seen: set[str] = set()
        at = item.parent
        while at is not None and at not in seen and at != self._root:
            seen.add(at)
            folder = self._folder(at, alone=alone)
            if folder is None:
                break
            names.append(folder.name or at)
            at = folder.parent
        start = f"/{self.name}" if self.drive else ""
        return start + "".join(f"/{name}" for name in reversed(names))

    def folder(self, id_: str, *, alone: bool = False) -> shapes.Item | None:
        """Return a folder; None for the root, and for one that is not visible."""
        held = self._folder(id_, alone=alone)
        if held is None:
            return None
        return shapes.Item(
            id=id_,
            name=held.name,
            mime_type=shapes.FOLDER,
            parents=[held.parent] if held.parent else None,
            drive_id=self.drive,
            has_augmented_permissions=held.augmented,
            inherited_permissions_disabled=held.apart,
        )

    def _folder(self, id_: str, *, alone: bool) -> _Folder | None:
        if id_ in self._folders:
            return self._folders[id_]
        if self._root is None:
            self._root = self.drives.item("root", self.user, "id").id
        if id_ == self._root:
            return None
        if not self._loaded and not alone:
            self._load()
            if id_ in self._folders:
                return self._folders[id_]
        try:
            self._folders[id_] = _held(self.drives.item(id_, self.user, f"{shapes.FOLDER_FIELDS},mimeType"))
        except (ObjectMissing, NotPermitted) as error:
            if isinstance(error, ScopeMissing):
                raise
            self._folders[id_] = None
        return self._folders[id_]

    def _load(self) -> None:
        self._loaded = True
        clause = f"mimeType='{shapes.FOLDER}'" + ("" if self.drive else " and 'me' in owners")
        fields = f"nextPageToken,files({shapes.FOLDER_FIELDS},mimeType)"
        for page, _ in self.drives.pages(
            f"{DRIVE}/files", shapes.Items, user=self.user, **scope(self.drive), q=clause, fields=fields
        ):
            self.learn(page.files or ())

    def level(self, item: shapes.Item, *, alone: bool = False) -> Sharing | None:
        """Return how far an item is open; None where Drive does not tell.

        In a shared drive permissions are read only of what has some of its own; all else is as open as its folder.
        """
        if self.drive is None:
            if item.permissions is None and item.shared is False:
                return "private"
            return self._asked(item, "private")
        if item.has_augmented_permissions is False and not item.inherited_permissions_disabled:
            return self._inherited(item, alone=alone)
        return self._asked(item, "internal")

    def _asked(self, item: shapes.Item, floor: Sharing) -> Sharing | None:
        try:
            found = self.drives.all_permissions(item, self.user)
        except ScopeMissing:
            raise
        except NotPermitted:
            return None
        except ObjectMissing:
            return floor  # it went between the page and this look; the next change feed tells
        return shapes.level(found, self.drives.is_internal, floor)

    def _inherited(self, item: shapes.Item, *, alone: bool) -> Sharing | None:
        at = item.parent
        if at is None or at == self.drive:
            return self._top()
        if at not in self._levels:
            folder = self.folder(at, alone=alone)
            self._levels[at] = self._top() if folder is None else self.level(folder, alone=alone)
        return self._levels[at]

    def _top(self) -> Sharing:
        if "" not in self._levels:
            members = self.drives.members(self.drive or "")
            self._levels[""] = shapes.level(members, self.drives.is_internal, "internal")
        return self._levels[""] or "internal"


class _Folder(msgspec.Struct, frozen=True, gc=False):
    """What of a folder is held: a drive may have many thousands."""

    name: str | None
    parent: str | None
    augmented: bool | None
    apart: bool | None
    """Whether it inherits nothing."""


def _held(item: shapes.Item) -> _Folder:
    return _Folder(item.name, item.parent, item.has_augmented_permissions, item.inherited_permissions_disabled)


def scope(drive: str | None) -> dict[str, Any]:
    """Return what makes a listing that of one shared drive, or of the user's own."""
    if drive is None:
        return {"corpora": "user", "spaces": "drive", "pageSize": FILE_PAGE}
    return {
        "corpora": "drive",
        "driveId": drive,
        "includeItemsFromAllDrives": True,
        **ANY_DRIVE,
        "pageSize": FILE_PAGE,
    }


Rows = Callable[[Tree, list[shapes.Item], bool], tuple[list[R], list[Notice]]]
"""Make rows of the items of a page; the flag tells that all folders are known or must be read one by one."""


class Walker(DriveBase):
    """Partitions: users, then shared drives, each listed alone and resumed by page token."""

    def partitions(self, cursor: str | None) -> Iterator[Page[Any]]:
        """Yield a partition for every user, suspended ones too, and for every shared drive."""
        if cursor is None or cursor.startswith(_USERS):
            yield from self._people_partitions(cursor.removeprefix(_USERS) if cursor else None)
            cursor = None
        at = cursor.removeprefix(_DRIVES) if cursor else None
        for drives, after in self.shared_drives(at or None):
            more = tuple(self.drive_partition(one.id, one.name) for one in drives)
            yield Page(items=(), cursor=None if after is None else _DRIVES + after, more=more)

    def _people_partitions(self, token: str | None) -> Iterator[Page[Any]]:
        if not self.delegated:
            known = self.id_of(self.admin)
            others = len(self.people()) - (known is not None)
            about = f"the files of {others} other people: a person's own sign-in reaches that person's My Drive only"
            own = self.user_partition(known or self.admin, self.admin)
            notices = (Notice(code="not-visible", about=about),) if others else ()
            yield Page(items=(), cursor=_DRIVES, more=(own,), notices=notices)
            return
        for users, after in self.users(token, fields="nextPageToken,users(id,primaryEmail)"):
            more = tuple(self.user_partition(one.id, one.primary_email.lower()) for one in users)
            yield Page(items=(), cursor=_DRIVES if after is None else _USERS + after, more=more)

    @staticmethod
    def user_partition(id_: str, address: str) -> Partition:
        """Return the partition of a user's My Drive."""
        return Partition(key=f"user:{id_}", data={"user": id_, "as": address})

    @staticmethod
    def drive_partition(id_: str, name: str | None) -> Partition:
        """Return the partition of a shared drive."""
        return Partition(key=f"drive:{id_}", data={"drive": id_, "name": name or id_})

    def walk(
        self, part: Partition, cursor: str | None, fields: str, rows: Rows[R], *, trashed: bool = False
    ) -> Iterator[Page[R]]:
        """Yield a partition's items page by page through `rows`; folders and shortcuts among them."""
        drive = part.data.get("drive")
        name = part.data.get("name", "")
        user = part.data.get("as") if drive is None else self.reader_of(drive)
        if user is None:
            about = f"the shared drive {name}: no member of it can be acted as; make somebody of the company a member"
            yield Page(items=(), notices=(Notice(code="not-visible", about=about),))
            return
        tree = Tree(self, user, drive, name)
        mine = "" if drive else "'me' in owners and "
        query = {
            **scope(drive),
            "q": f"{mine}trashed={str(trashed).lower()}",
            "fields": f"nextPageToken,incompleteSearch,files({fields})",
        }
        whole = cursor is None
        try:
            for page, after in self.pages(f"{DRIVE}/files", shapes.Items, user=user, cursor=cursor, **query):
                items = page.files or []
                tree.learn(items)
                found, notices = rows(tree, items, whole and after is None)
                whole = False
                if page.incomplete_search:
                    where = f"the shared drive {name}" if drive else user
                    notices.append(Notice(code="gap", about=f"files of {where}: Drive says that it did not search all"))
                yield Page(items=found, cursor=after, notices=notices)
        except ObjectMissing:
            if drive is not None:
                self.forget(drive)
            raise
        except NotPermitted as error:
            if drive is not None or not shut(error):
                raise
            about = f"files of {user}: nobody can act as this user in Drive ({error.words})"
            yield Page(items=(), notices=(Notice(code="unreachable", about=about),))

    def owner_of(self, tree: Tree) -> tuple[str | None, str | None]:
        """Return the name and the reference of who owns what lies in a tree: a shared drive itself has no account."""
        if tree.drive:
            return tree.name, None
        id_ = self.id_of(tree.user)
        return tree.user, local("account", id_) if id_ else None

    def levels(self, tree: Tree, items: list[shapes.Item], *, alone: bool) -> list[Sharing | None]:
        """Return how far each of some items is open, what must be asked for several at a time."""
        asked = [item for item in items if tree.drive and item.has_augmented_permissions is not False]
        told = dict(
            zip(
                (item.id for item in asked),
                self.each(lambda item: tree.level(item, alone=alone), asked),
                strict=True,
            )
        )
        return [told[item.id] if item.id in told else tree.level(item, alone=alone) for item in items]

    def tree_of(self, item: shapes.Item, user: str) -> Tree:
        """Return the folders around a single item, each read when it is met."""
        return Tree(self, user, item.drive_id, self.drive_name(item.drive_id) if item.drive_id else "")

    def drive_name(self, drive: str) -> str:
        """Return a shared drive's name, or its id where it has none; raises ObjectMissing."""
        call = self.get(f"{DRIVE}/drives/{{driveId}}", {"driveId": drive}, query={"useDomainAdminAccess": True})
        return self.read(call, shapes.Drive).name or drive
