"""What changed: the feed of every My Drive and of every shared drive, each read on from its own position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.drives import ANY_DRIVE, shut
from casb_cli.apps.google_workspace.files import READING, Files
from casb_cli.apps.google_workspace.hints import Asked, Hints
from casb_cli.apps.google_workspace.scopes import USERS, google
from casb_cli.apps.google_workspace.walk import Tree
from casb_cli.core import clock
from casb_cli.core.capabilities import FollowFiles, Page, needs
from casb_cli.core.errors import CursorExpired, NotPermitted, ObjectMissing, ScopeMissing
from casb_cli.core.models import File, Gone, Notice, Partition
from casb_cli.core.refs import local
from casb_cli.core.shapes import from_json

CHANGE_PAGE = 1000
_CHUNKS = 16
"""Pages that one round yields at most: each carries the positions of all feeds."""
_LEAST = 64
_FIELDS = (
    "nextPageToken,newStartPageToken,"
    f"changes(changeType,fileId,removed,driveId,file({shapes.FILE_FIELDS},explicitlyTrashed))"
)


class Feed(msgspec.Struct):
    """The positions by partition; an empty one means that nobody can act as that user."""

    at: dict[str, str] = {}
    asked: Asked = msgspec.field(default_factory=Asked)


@dataclass
class _Round:
    """What one feed told since its position."""

    part: Partition
    position: str = ""
    items: list[File | Gone] = field(default_factory=list)
    again: bool = False
    """Whether the whole partition must be listed anew: a folder of it changed."""
    shut: Notice | None = None


class Follow(Files, Hints, FollowFiles):
    """Matrix row 9."""

    @needs("GET /admin/directory/v1/users", any_of=google(USERS))
    @needs("GET /drive/v3/drives", "GET /drive/v3/changes/startPageToken", any_of=READING)
    def follow_start(self) -> str:
        now = clock.now_text()
        begun: dict[str, str] = {}
        for page in self.partitions(None):  # page by page: a big company has tens of thousands of feeds
            rounds: list[_Round] = self.each(self._begin, list(page.more))
            begun |= {one.part.key: one.position for one in rounds}
        return _encode(Feed(at=begun, asked=Asked(now, now)))

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

    def _feeds(self) -> list[Partition]:
        return [part for page in self.partitions(None) for part in page.more]

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
        try:
            feed = from_json(cursor or "", Feed)
        except msgspec.MsgspecError as error:
            raise CursorExpired(f"the stored positions in the feeds are unreadable: {error}") from None
        parts = self._feeds()
        present = {one.key for one in parts}
        gone: list[File | Gone] = [Gone(kind="partition", id=key) for key in feed.at if key not in present]
        feed = Feed(at={key: at for key, at in feed.at.items() if key in present}, asked=feed.asked)
        before = msgspec.structs.replace(feed.asked)
        parts = self.due(parts, feed.at, feed.asked)
        asked, feed.asked = feed.asked, before
        seen: set[str] = set()
        size = max(_LEAST, -(-len(parts) // _CHUNKS))
        for start in range(0, max(1, len(parts)), size):
            rounds: list[_Round] = self.each(lambda one: self._read_on(one, feed), parts[start : start + size])
            items, gone = [*gone], []
            if start + size >= len(parts):
                feed.asked = asked  # a round that stops half way is begun anew
            for one in rounds:
                feed.at[one.part.key] = one.position
                items += one.items
            seen.update(item.id for item in items if isinstance(item, File))
            # What left one drive may have come to another in the same round: it is there, and not gone.
            items = [item for item in items if isinstance(item, File) or item.kind != "file" or item.id not in seen]
            yield Page(
                items=items,
                cursor=_encode(feed),
                more=[one.part for one in rounds if one.again],
                notices=[one.shut for one in rounds if one.shut],
            )

    def _read_on(self, part: Partition, feed: Feed) -> _Round:
        """Read one feed to its end; a new one begins, and its partition is listed from then on."""
        at = feed.at.get(part.key)
        if not at:
            begun = self._begin(part)
            begun.again = bool(begun.position)
            return begun
        user = self._reader(part)
        drive = part.data.get("drive")
        found = _Round(part, at)
        if user is None:
            found.shut = _nobody(part)
            return found
        tree = Tree(self, user, drive, part.data.get("name", ""))
        query = {**ANY_DRIVE, "pageSize": CHANGE_PAGE, "includeRemoved": True, "fields": _FIELDS}
        if drive:
            query |= {"driveId": drive, "includeItemsFromAllDrives": True}
        changed: dict[str, shapes.Changed] = {}
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
            found.position = feed.at[part.key]
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


def _encode(feed: Feed) -> str:
    return msgspec.json.encode(feed).decode()
