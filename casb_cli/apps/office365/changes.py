"""What changed: the delta of every drive, each read on from its own position, twenty drives a request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from casb_cli.apps._microsoft.paging import NEXT_LINK
from casb_cli.apps.office365 import mapping_files as shapes
from casb_cli.apps.office365.drives import DELTA, Tree
from casb_cli.apps.office365.files import READING, Files
from casb_cli.apps.office365.mapping_files import Item, Place
from casb_cli.apps.office365.scopes import USERS, graph, on_files, on_users
from casb_cli.core.capabilities import FollowFiles, Page
from casb_cli.core.errors import (
    BadAnswer,
    CursorExpired,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    ScopeMissing,
    StateConflict,
)
from casb_cli.core.models import File, Gone, Notice, Partition
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Answer, Call

_CHUNKS = 16
"""Pages that one round yields at most: each carries the positions of all drives."""
_LEAST = 80


class Feed(msgspec.Struct):
    """The position in each drive, by partition; an empty one means that the drive could not be read."""

    at: dict[str, str] = {}
    floors: dict[str, str] = {}
    """How far libraries are open as a whole, those that differ from what libraries mostly are."""


@dataclass
class _Round:
    """What one drive told since its position."""

    part: Partition
    position: str = ""
    changed: dict[str, Item] = field(default_factory=dict)
    items: list[File | Gone] = field(default_factory=list)
    again: bool = False
    """Whether the whole drive must be listed anew: a folder of it changed, or its position had expired."""
    notices: list[Notice] = field(default_factory=list)


class Follow(Files, FollowFiles):
    """Matrix row 9."""

    @on_files(
        "POST /$batch",
        "GET /sites/getAllSites",
        "GET /sites/{id}/drives",
        "GET /drives/{driveId}/root/delta",
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/items/{itemId}/permissions",
        any_of=READING,
    )
    def follow_start(self) -> str:
        begun = self._begin(self.all_drives()[0])
        feed = Feed(at={one.part.key: one.position for one in begun})
        self._look_at_floors([one for one in begun if one.position], feed)
        return _encode(feed)

    def _begin(self, parts: Sequence[Partition]) -> list[_Round]:
        """Return the present position of some drives; empty where one cannot be read now."""
        calls = [self.delta(one.data["drive"], token="latest") for one in parts]
        begun: list[_Round] = []
        for part, answer in zip(parts, self.batch(calls), strict=True):
            one = _Round(part)
            begun.append(one)
            if isinstance(answer, Answer):
                one.position = self._position_of(answer.decode(shapes.Items).delta_link, answer)
            else:
                self._shut(one, answer)
        return begun

    def _look_at_floors(self, rounds: Sequence[_Round], feed: Feed) -> None:
        """Have those drives listed anew whose library as a whole is open to others than it was."""
        places = {one.part.key: Place.of(one.part.data) for one in rounds}
        now = self.floors(list(places.values())) if places else {}
        for one in rounds:
            place = places[one.part.key]
            level = now[place.drive]
            before = feed.floors.get(one.part.key, place.floor)
            one.again = one.again or level != before
            if level == place.floor:
                feed.floors.pop(one.part.key, None)
            else:
                feed.floors[one.part.key] = level

    def _position_of(self, link: str | None, answer: Answer) -> str:
        """Return a link to changes as it is kept: without the host, which is the instance's own."""
        if not link:
            raise BadAnswer("the delta of a drive ends without a position", call=answer.call.name, status=answer.status)
        return link.removeprefix(self._base)

    @property
    def _base(self) -> str:
        return self.facts.urls["api"].rstrip("/")

    def _shut(self, one: _Round, error: ProviderError) -> None:
        """Keep what is said of a drive that cannot be read now; the others go on."""
        if isinstance(error, ScopeMissing) or not isinstance(error, NotPermitted | ObjectMissing | StateConflict):
            raise error
        about = f"changes of {Place.of(one.part.data).about}: {error.words}"
        one.notices.append(Notice(code="unreachable", about=about))

    @on_users("GET /organization", "GET /users", any_of=graph(USERS))
    @on_files(
        "POST /$batch",
        "GET /sites/getAllSites",
        "GET /sites/{id}/drives",
        "GET /drives/{driveId}/root/delta",
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/items/{itemId}",
        "GET /drives/{driveId}/items/{itemId}/permissions",
        any_of=READING,
    )
    def follow_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File | Gone]]:
        """Yield changed files as they are now; where a folder changed, its drive is listed anew."""
        del part
        try:
            feed = from_json(cursor or "", Feed)
        except msgspec.MsgspecError as error:
            raise CursorExpired(f"the stored positions in the drives are unreadable: {error}") from None
        parts, notices = self.all_drives()
        present = {one.key for one in parts}
        # A site that is locked for a while shows no drives: they are gone only where nothing was hidden.
        lost = [] if notices else [key for key in feed.at if key not in present]
        gone: list[File | Gone] = [Gone(kind="partition", id=key) for key in lost]
        feed.at = {key: at for key, at in feed.at.items() if key not in lost}
        size = max(_LEAST, -(-len(parts) // _CHUNKS))
        for start in range(0, max(1, len(parts)), size):
            rounds = self._read_on(parts[start : start + size], feed)
            items, gone = [*gone, *(item for one in rounds for item in one.items)], []
            feed.at.update({one.part.key: one.position for one in rounds})
            notices += [notice for one in rounds for notice in one.notices]
            yield Page(
                items=items,
                cursor=_encode(feed),
                more=[one.part for one in rounds if one.again],
                notices=notices,
            )
            notices = []

    def _read_on(self, parts: Sequence[Partition], feed: Feed) -> list[_Round]:
        """Read some drives on to their ends; a new one begins, and is listed from then on."""
        known = [part for part in parts if feed.at.get(part.key)]
        rounds = [_Round(part, feed.at[part.key]) for part in known]
        fresh = [part for part in parts if not feed.at.get(part.key)]
        expired: list[Partition] = []
        for one, answer in zip(rounds, self.batch([self._since(one) for one in rounds]), strict=True):
            try:
                if isinstance(answer, ProviderError):
                    raise answer
                self._collect(one, answer)
            except CursorExpired:
                expired.append(one.part)
            except ProviderError as error:
                one.changed.clear()
                one.position = feed.at[one.part.key]
                self._shut(one, error)
        rounds = [one for one in rounds if one.part not in expired]
        begun = self._begin([*fresh, *expired])
        for one in begun:
            one.again = bool(one.position)
        roots = [one for one in rounds if any(item.root is not None for item in one.changed.values())]
        self._look_at_floors([*roots, *(one for one in begun if one.position)], feed)
        stale = [Place.of(one.part.data) for one in rounds if one.changed and not self.knows_floor(one.part.data)]
        if stale:
            self.floors(stale)  # together, before each would ask for its own
        for one in rounds:
            self._take(one)
        return [*rounds, *begun]

    def _since(self, one: _Round) -> Call:
        url = one.position if "://" in one.position else self._base + one.position
        call = self.get(DELTA, {"driveId": one.part.data["drive"]}, url=url, headers=self.delta_headers())
        return msgspec.structs.replace(call, cost=1)

    def _collect(self, one: _Round, answer: Answer) -> None:
        """Keep what a delta tells to its end; of what it tells twice, the last word."""
        while True:
            page = answer.decode(shapes.Items)
            for item in page.value:
                one.changed.pop(item.id, None)
                one.changed[item.id] = item
            if not page.next_link:
                one.position = self._position_of(page.delta_link, answer)
                return
            answer = self.client.send(NEXT_LINK.prepare(self._since(one), page.next_link))

    def _take(self, one: _Round) -> None:
        place = Place.of(one.part.data)
        tree = Tree(self, place)
        files: list[Item] = []
        for item in one.changed.values():
            id_ = shapes.file_id(place.drive, item.id)
            if item.deleted is not None:
                # What was deleted has no name, and says not always whether it was a file.
                kept = self.recall("file", id_)
                one.again = one.again or (kept is None and item.file is None)
                if kept is not None or item.file is not None:
                    one.items.append(Gone(kind="file", id=id_))
            elif item.is_file:
                files.append(item)
            elif item.is_folder and item.root is None:
                tree.learn([item])
                # A folder just made holds nothing that was listed before; another one's files have new paths.
                one.again = one.again or item.createdDateTime != item.lastModifiedDateTime
        if one.again:
            return  # all of it is listed anew
        levels = self.levels(place, files)
        labels = self.labels_of(place, files)
        for item, level in zip(files, levels, strict=True):
            path = self._kept_path(place, item) or tree.path(item)
            one.items.append(shapes.file(item, place, path, level, labels.get(item.id)))

    def _kept_path(self, place: Place, item: Item) -> str | None:
        """Return where an item lies, if it still lies in the folder that it was in: that spares a look."""
        kept = self.recall("file", shapes.file_id(place.drive, item.id))
        if not isinstance(kept, File) or kept.path is None or item.name is None:
            return None
        here = kept.locator.get("parent") == item.parent
        return f"{kept.path.rpartition('/')[0]}/{item.name}" if here else None


def _encode(feed: Feed) -> str:
    return msgspec.json.encode(feed).decode()
