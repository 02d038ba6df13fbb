"""Files: every user's own tree, their content, the trash, and what changes in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec

from casb_cli.apps.box import mapping
from casb_cli.apps.box.activity import EVENTS_LIMIT, LICENCE
from casb_cli.apps.box.common import user_data
from casb_cli.apps.box.events import Event, Events
from casb_cli.apps.box.rules import NOT_SET_UP
from casb_cli.apps.box.scopes import ENTERPRISE, READ, USERS, WRITE, box
from casb_cli.apps.box.walk import Place, Walker
from casb_cli.core import clock
from casb_cli.core.capabilities import FollowFiles, ListFiles, ListTrash, Page, ReadFile, Unscannable, needs
from casb_cli.core.errors import CursorExpired, NotPermitted, ObjectMissing
from casb_cli.core.models import SHARING_ORDER, File, Gone, Notice, Partition
from casb_cli.core.shapes import from_json
from casb_cli.transport.paging import MarkerInBody

_FILES = box((READ, USERS), (WRITE, USERS))
_FEED = box((ENTERPRISE, READ, USERS), (ENTERPRISE, WRITE, USERS))
FEED_LASTS = timedelta(days=13)
"""Box keeps the stream for two weeks and says nothing when a position is older."""
_PAGER = MarkerInBody(field="next_stream_position", param="stream_position", feed=True)

CHANGES = frozenset(
    {
        "UPLOAD",
        "EDIT",
        "COPY",
        "MOVE",
        "RENAME",
        "UNDELETE",
        "FILE_VERSION_RESTORE",
        "SHARE",
        "UNSHARE",
        "SHARE_EXPIRATION",
        "ITEM_SHARED_UPDATE",
        "COLLABORATION_INVITE",
        "COLLABORATION_ACCEPT",
        "COLLABORATION_REMOVE",
        "COLLABORATION_EXPIRATION",
        "CHANGE_FOLDER_PERMISSION",
    }
)
"""Events after which a file or folder may be another, or open to others."""
REMOVALS = frozenset({"DELETE"})
_BLOCKED = {"forbidden_by_policy": "blocked-by-policy"}


class Feed(msgspec.Struct):
    """The position in the stream, and when it was taken."""

    at: str
    time: str


class Files(Walker, ListFiles, ReadFile, FollowFiles, ListTrash):
    """Matrix rows 8, 9 and the reading half of 12."""

    @needs("GET /users", any_of=box(USERS))
    @needs(
        "GET /folders/{folder_id}/items",
        "GET /folders/{folder_id}/collaborations",
        "GET /files/{file_id}/collaborations",
        any_of=_FILES,
    )
    def list_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        if part.key == "":
            yield from self.user_partitions(cursor)
        else:
            yield from self.walk(part, cursor, mapping.FILE_FIELDS, self._files)

    def _files(self, place: Place, items: Sequence[mapping.Item]) -> tuple[list[File], list[Notice]]:
        found = []
        inherited = 0
        # A file below collaborators is flagged whether or not it has some of its own: only a call each tells.
        ask = not (place.collaborated and self.facts.fields.get("file_collaborators") == "inherit")
        for item in items:
            if item.type != "file":
                continue
            level = mapping.wider(place.level, item.level)
            if item.has_collaborations and level not in {"public", "external"}:
                if ask:
                    level = self._checked(item, place)
                else:
                    inherited += 1
            found.append(mapping.file(item, place.user, place.login, place.path, level))
        if not inherited:
            return found, []
        about = "collaborators of single files inside collaborated folders were not looked for (file_collaborators)"
        return found, [Notice(code="degraded", about=about, effect="degraded")]

    def _checked(self, item: mapping.Item, place: Place) -> Any:
        try:
            return self.level_of(item, place.user, place.level)
        except ObjectMissing:
            return place.level  # it went between the page and this look; its owner's feed tells

    @needs(
        "GET /files/{file_id}",
        "GET /folders/{folder_id}",
        "GET /files/{file_id}/collaborations",
        "GET /folders/{folder_id}/collaborations",
        any_of=_FILES,
    )
    def find_file(self, id_: str) -> File:
        owner = self.owner_of("file", id_)
        return self.file_of(self.item("file", id_, owner), owner)

    def file_of(self, item: mapping.Item, user: str, places: dict[tuple[str, str], Any] | None = None) -> File:
        """Return a file as its owner's listing would; `places` holds what was read of folders for the files before."""
        owner = item.owned_by.id if item.owned_by else user
        places = {} if places is None else places
        key = (user, item.parent.id if item.parent else "0")
        if key not in places:
            places[key] = self.place_of(item, user)
        above, _ = places[key]
        level = self.level_of(item, user, above)
        login = (item.owned_by.login if item.owned_by else None) or self.login_of(owner) or owner
        return mapping.file(item, owner, login, item.folder_path, level)

    @needs("GET /files/{file_id}/content", any_of=_FILES)
    @contextmanager
    def read_file(self, file: File) -> Iterator[Iterator[bytes]]:
        owner = file.locator.get("owner") or self.owner_of("file", file.id)
        if file.trashed:
            raise Unscannable("trashed", detail="Box gives no content of a file in the trash")
        version = {"version": file.locator["version"]} if file.locator.get("version") else {}
        call = self.get("/files/{file_id}/content", {"file_id": file.id}, owner, query=version)
        try:
            with self.client.stream(call) as answer:
                yield answer.chunks()
        except NotPermitted as error:
            if error.code in _BLOCKED:
                raise Unscannable(_BLOCKED[error.code or ""], detail=error.words) from None
            raise

    # Trash

    @needs("GET /users", any_of=box(USERS))
    @needs("GET /folders/trash/items", "GET /folders/{folder_id}", any_of=_FILES)
    def list_trash(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        if part.key == "":
            yield from self.user_partitions(cursor)
            return
        shut: Page[File] | None = self.unreachable(part)
        if shut is not None:
            yield shut
            return
        user, login = user_data(part)
        paths: dict[str, str | None] = {}
        query: dict[str, Any] = {"usemarker": True, "fields": mapping.TRASH_FIELDS}
        try:
            for page, after in self.marked("/folders/trash/items", mapping.Items, user=user, cursor=cursor, **query):
                mine = [item for item in page.entries if item.owned_by is not None and item.owned_by.id == user]
                rows = [
                    mapping.trashed_file(item, user, login, self._former_path(item, user, paths))
                    for item in mine
                    if item.type == "file"
                ]
                folders = sum(item.type == "folder" for item in mine)
                about = f"files inside {folders} folders in the trash of {login}, which Box shows as a whole only"
                notices = (Notice(code="unreachable", about=about),) if folders else ()
                yield Page(items=rows, cursor=after, notices=notices)
        except NotPermitted as error:
            if error.code not in NOT_SET_UP:
                raise
            about = f"the trash of {login}, who has not finished setting up the account ({error.code})"
            yield Page(items=(), notices=(Notice(code="unreachable", about=about),))

    def _former_path(self, item: mapping.Item, user: str, known: dict[str, str | None]) -> str | None:
        """Return the path of the folder that a trashed file came from; None where that is gone too."""
        folder = item.parent.id if item.parent else None
        if folder is None:
            return None
        if folder == "0":
            return ""
        if folder not in known:
            try:
                found = self.item("folder", folder, user, "id,type,name,path_collection")
                known[folder] = f"{found.folder_path}/{found.name}"
            except ObjectMissing:
                known[folder] = None
        return known[folder]

    # Changes

    def _stream(self, at: str, limit: int = EVENTS_LIMIT) -> Iterator[tuple[list[Event], str]]:
        query = {"stream_type": "admin_logs_streaming", "limit": limit}
        for answer, following in self.client.pages(self.get("/events", query=query), _PAGER, at):
            yield answer.decode(Events).entries, following or at

    @needs("GET /events", any_of=box(ENTERPRISE), licence=LICENCE)
    def follow_start(self) -> str:
        for _, following in self._stream("now", 1):
            return _encode(Feed(at=following, time=clock.now_text()))
        raise CursorExpired("Box gave no position in the event stream")

    @needs("GET /events", any_of=box(ENTERPRISE), licence=LICENCE)
    @needs(
        "GET /files/{file_id}",
        "GET /folders/{folder_id}",
        "GET /files/{file_id}/collaborations",
        "GET /folders/{folder_id}/collaborations",
        any_of=_FEED,
    )
    def follow_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File | Gone]]:
        """Yield changed files as their owner sees them now, and changed folders as partitions to list anew."""
        del part
        try:
            feed = from_json(cursor or "", Feed)
        except msgspec.MsgspecError as error:
            raise CursorExpired(f"the stored position in the event stream is unreadable: {error}") from None
        if clock.now() - clock.parse(feed.time) > FEED_LASTS:
            raise CursorExpired(f"the position of {feed.time} is older than the two weeks that Box keeps its stream")
        seen: set[str] = set()
        for events, following in self._stream(feed.at):
            fresh = [event for event in events if event.event_id not in seen]
            seen.update(event.event_id for event in fresh)
            items, more, notices = self._changes(fresh)
            place = _encode(Feed(at=following, time=clock.now_text()))
            yield Page(items=items, more=more, notices=notices, cursor=place)
            # The stream repeats itself at its end: a chunk without anything new is the end.
            if not fresh:
                return

    def _changes(self, events: Sequence[Event]) -> tuple[list[File | Gone], list[Partition], list[Notice]]:
        files: dict[str, File | Gone] = {}
        parts: dict[str, Partition] = {}
        notices: list[Notice] = []
        touched: dict[tuple[str, str], str | None] = {}
        for event in events:
            item = event.source.item if event.source else None
            if item is None or event.event_type not in CHANGES | REMOVALS or item == ("folder", "0"):
                continue
            named = event.source.owned_by if event.source else None
            touched[item] = named.id if named else touched.get(item)
        places: dict[tuple[str, str], Any] = {}
        for (kind, id_), owner_id in touched.items():
            if owner_id is not None and owner_id not in self.people():
                continue  # somebody else's enterprise owns it
            if owner_id == self.me.id and self.alone:
                if kind == "file":  # it lies in quarantine, which no listing shows
                    files[id_] = Gone(kind="file", id=id_)
                continue
            try:
                owner = owner_id or self.owner_of(kind, id_)
                item_now = self._now(kind, id_, owner)
                if kind == "file":
                    files[id_] = self.file_of(item_now, item_now.owned_by.id if item_now.owned_by else owner, places)
                else:
                    parts[id_] = self._part_of(item_now, item_now.owned_by.id if item_now.owned_by else owner)
            except ObjectMissing:
                gone = id_ if kind == "file" else f"folder:{id_}"
                files[f"{kind} {id_}"] = Gone(kind="file" if kind == "file" else "partition", id=gone)
            except NotPermitted as error:
                user = self.people().get(owner_id or "")
                nobody = error.code in NOT_SET_UP or (user is not None and not self.can_act_as(user))
                about = f"a changed {kind} ({id_}): {error.words}"
                notices.append(Notice(code="unreachable" if nobody else "not-visible", about=about))
        return list(files.values()), list(parts.values()), notices

    def _now(self, kind: str, id_: str, owner: str) -> mapping.Item:
        """Return an item as it is; an owner who lost it since the event is looked for again."""
        try:
            return self.item(kind, id_, owner)
        except ObjectMissing as error:
            if error.code == "trashed":
                raise
        return self.item(kind, id_, self.owner_of(kind, id_))

    def _part_of(self, item: mapping.Item, user: str) -> Partition:
        level, collaborated = self.place_of(item, user)
        login = self.login_of(user) or user
        data = {"user": user, "login": login, "path": item.folder_path, "level": level}
        place = Place(Partition(key="", data=data | ({"collaborated": "1"} if collaborated else {})))
        level = self.level_of(item, user, level)
        part = self.folder_partition(item, place, level, own=bool(item.has_collaborations))
        return Partition(key=part.key, data=part.data, exposure=SHARING_ORDER[level])


def _encode(feed: Feed) -> str:
    return msgspec.json.encode(feed).decode()
