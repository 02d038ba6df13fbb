"""What changed: the feed of every My Drive and of every shared drive, each read on from its own position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.drives import ANY_DRIVE, shut
from casb_cli.apps.google_workspace.files import READING, Files
from casb_cli.apps.google_workspace.hints import Asked, Hints, Touched
from casb_cli.apps.google_workspace.positions import Positions, decode, encode
from casb_cli.apps.google_workspace.scopes import USERS, google
from casb_cli.apps.google_workspace.walk import Tree
from casb_cli.core import clock
from casb_cli.core.capabilities import FollowFiles, Page, needs
from casb_cli.core.errors import NotPermitted, ObjectMissing, ScopeMissing
from casb_cli.core.models import File, Gone, Notice, Partition
from casb_cli.core.refs import local

CHANGE_PAGE = 1000
_CHUNKS = 16
"""Pages that one round yields, as a rule: each carries the positions of all feeds."""
_LEAST = 64
_MANY = 5000
"""Changes that are told at once even where few feeds were read."""
_BATCH = 512
"""Feeds that are read before the next of them are looked for."""
_FIELDS = (
    "nextPageToken,newStartPageToken,"
    f"changes(changeType,fileId,removed,driveId,file({shapes.FILE_FIELDS},explicitlyTrashed))"
)


@dataclass
class _Round:
    """What one feed told since its position."""

    part: Partition
    position: str = ""
    items: list[File | Gone] = field(default_factory=list)
    again: bool = False
    """Whether the whole partition must be listed anew: a folder of it changed."""
    shut: Notice | None = None


@dataclass
class _Told:
    """What the feeds of a round told that was not yet handed on, and how far each was read."""

    size: int
    """Feeds after which it is handed on."""
    read: Positions = field(default_factory=Positions)
    items: list[File | Gone] = field(default_factory=list)
    more: list[Partition] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    feeds: int = 0
    _seen: set[str] = field(default_factory=set)

    def take(self, one: _Round) -> None:
        """Add what one feed told."""
        self.feeds += 1
        self.read.add(one.part.key, one.position)
        self.items += one.items
        if one.again:
            self.more.append(one.part)
        if one.shut:
            self.notices.append(one.shut)

    @property
    def enough(self) -> bool:
        return self.feeds >= self.size or len(self.items) >= _MANY

    def page(self, cursor: str) -> Page[File | Gone]:
        """Return what was told as a page, and begin the next one."""
        self._seen.update(item.id for item in self.items if isinstance(item, File))
        # What left one drive may have come to another in the same round: it is there, and not gone.
        items = [one for one in self.items if isinstance(one, File) or one.kind != "file" or one.id not in self._seen]
        page = Page(items=items, cursor=cursor, more=self.more, notices=self.notices)
        self.items, self.more, self.notices, self.feeds = [], [], [], 0
        return page


class Follow(Files, Hints, FollowFiles):
    """Matrix row 9."""

    @needs("GET /admin/directory/v1/users", any_of=google(USERS))
    @needs("GET /drive/v3/drives", "GET /drive/v3/changes/startPageToken", any_of=READING)
    def follow_start(self) -> str:
        now = clock.now_text()
        begun = Positions()
        for page in self.partitions(None):  # page by page: a big company has tens of thousands of feeds
            for one in self.each(self._begin, list(page.more)):
                begun.add(one.part.key, one.position)
        return encode(Asked(now, now), begun)

    def follow_look(self) -> None:
        """Ask for the position of one My Drive and of one shared drive: every user has a feed of their own."""
        for users, _ in self.users(fields="nextPageToken,users(id,primaryEmail)", maxResults=1):
            for one in users[:1]:
                self._begin(self.user_partition(one.id, self.admin))
            break
        for drives, _ in self.shared_drives():
            for drive in drives[:1]:
                self._begin(self.drive_partition(drive.id, drive.name))
            break

    def _begin(self, part: Partition) -> _Round:
        """Return the present position of a feed; empty where nobody can act as its user."""
        begun = _Round(part)
        user = self._reader(part)
        if user is None:
            begun.shut = _nobody(part)
            return begun
        query = {**ANY_DRIVE, **({"driveId": part.data["drive"]} if "drive" in part.data else {})}
        try:
            call = self.get(f"{DRIVE}/changes/startPageToken", user=user, query=query)
            begun.position = self.read(call, shapes.StartToken).start_page_token
        except (NotPermitted, ObjectMissing) as error:
            begun.shut = self._shut(part, user, error)
        return begun

    def _shut(self, part: Partition, user: str, error: NotPermitted | ObjectMissing) -> Notice:
        """Return what is said of a feed that cannot be read now; the others go on, and this one from where it was."""
        if isinstance(error, ScopeMissing):
            raise error
        if "drive" in part.data:
            self.forget(part.data["drive"])  # somebody else may see it
            return Notice(code="not-visible", about=f"changes of the shared drive {part.data['name']}: {error.words}")
        if not shut(error):
            return Notice(code="not-visible", about=f"changes of {user}: {error.words}")
        about = f"changes of {user}: nobody can act as this user in Drive ({error.words})"
        return Notice(code="unreachable", about=about)

    def _reader(self, part: Partition) -> str | None:
        return self.reader_of(part.data["drive"]) if "drive" in part.data else part.data["as"]

    @needs("GET /admin/directory/v1/users", any_of=google(USERS))
    @needs(
        "GET /drive/v3/drives",
        "GET /drive/v3/changes",
        "GET /drive/v3/changes/startPageToken",
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        any_of=READING,
    )
    def follow_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File | Gone]]:
        """Yield changed files as their owner sees them now; where a folder changed, its drive is listed anew.

        Of many feeds, those are asked in which the audit trail tells of something, and all of them every hour.
        """
        del part
        known, asked = decode(cursor or "")
        before = msgspec.structs.replace(asked)  # a round that stops half way is begun anew
        touched = self.touched(len(known), asked)
        told = _Told(size=max(_LEAST, -(-len(known) // _CHUNKS)))
        for parts in self._due(known, touched, told):
            for one in self.each(lambda part: self._read_on(part, known.get(part.key)), parts):
                told.take(one)
            if told.enough:
                yield told.page(encode(before, told.read, known))
        told.items += [Gone(kind="partition", id=key) for key in known if key not in told.read]
        yield told.page(encode(asked, told.read))

    def _due(self, known: Positions, touched: Touched | None, told: _Told) -> Iterator[list[Partition]]:
        """Yield the feeds to read, some at a time; those in which nothing happened are taken as read."""
        due: list[Partition] = []
        for page in self.partitions(None):
            for part in page.more:
                at = known.get(part.key)
                if touched is None or not at or part in touched:
                    due.append(part)
                else:
                    told.read.add(part.key, at)
            while len(due) >= _BATCH:
                yield due[:_BATCH]
                del due[:_BATCH]
        yield due

    def _read_on(self, part: Partition, since: str) -> _Round:
        """Read one feed to its end; a new one begins, and its partition is listed from then on."""
        if not since:
            begun = self._begin(part)
            begun.again = bool(begun.position)
            return begun
        user = self._reader(part)
        drive = part.data.get("drive")
        found = _Round(part, since)
        if user is None:
            found.shut = _nobody(part)
            return found
        tree = Tree(self, user, drive, part.data.get("name", ""))
        query = {**ANY_DRIVE, "pageSize": CHANGE_PAGE, "includeRemoved": True, "fields": _FIELDS}
        if drive:
            query |= {"driveId": drive, "includeItemsFromAllDrives": True}
        changed: dict[str, shapes.Changed] = {}
        at: str | None = since
        try:
            while at is not None:
                call = self.get(f"{DRIVE}/changes", user=user, query={**query, "pageToken": at})
                page = self.read(call, shapes.Changes)
                for one in page.changes or ():
                    if one.file_id and one.change_type != "drive":
                        changed.pop(one.file_id, None)
                        changed[one.file_id] = one
                found.again = found.again or any(one.change_type == "drive" for one in page.changes or () if drive)
                found.position = page.next_page_token or page.new_start_page_token or found.position
                at = page.next_page_token
        except (NotPermitted, ObjectMissing) as error:
            found.position = since
            found.shut = self._shut(part, user, error)
            return found
        self._take(found, tree, list(changed.values()))
        return found

    def _take(self, found: _Round, tree: Tree, changed: list[shapes.Changed]) -> None:
        for one in changed:
            id_, item = one.file_id or "", one.file
            if one.removed or item is None:
                found.items += self._left(id_, tree)
            elif item.is_folder:
                found.again = found.again or self._is_here(item, tree)
            elif not self._is_here(item, tree):
                # Somebody shared it with us, or it went to another drive: only what was ours is gone from here.
                found.items += self._left(id_, tree) if self.recall("file", id_) else []
            elif item.trashed:
                found.items.append(Gone(kind="file", id=id_))
            elif item.is_file:
                try:
                    found.items.append(self.file_of(item, tree))
                except ObjectMissing:
                    found.items.append(Gone(kind="file", id=id_))

    @staticmethod
    def _is_here(item: shapes.Item, tree: Tree) -> bool:
        return item.drive_id == tree.drive if tree.drive else bool(item.owned_by_me) and not item.drive_id

    def _left(self, id_: str, tree: Tree) -> list[File | Gone]:
        """Return that a file is no more, unless what was kept says that it lies elsewhere by now."""
        kept = self.recall("file", id_)
        if isinstance(kept, File):
            here = kept.locator.get("drive") == tree.drive if tree.drive else kept.owner_ref == self._account(tree)
            return [Gone(kind="file", id=id_)] if here else []
        return [Gone(kind="file", id=id_)]

    def _account(self, tree: Tree) -> str:
        id_ = self.id_of(tree.user)
        return local("account", id_ or "")


def _nobody(part: Partition) -> Notice:
    about = f"changes of the shared drive {part.data['name']}: no member of it can be acted as"
    return Notice(code="not-visible", about=about)
