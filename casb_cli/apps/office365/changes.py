"""What changed: the delta of every drive, each read on from its own position, twenty drives a request."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from casb_cli.apps._microsoft.batch import MOST
from casb_cli.apps._microsoft.paging import NEXT_LINK
from casb_cli.apps.office365 import mapping_files as shapes
from casb_cli.apps.office365.drives import DELTA
from casb_cli.apps.office365.files import READING, Files, bin_part
from casb_cli.apps.office365.mapping_files import Item, Permission, Place
from casb_cli.apps.office365.scopes import USERS, graph, on_files, on_users
from casb_cli.apps.office365.sharing import carried, carries
from casb_cli.apps.office365.tree import Tree
from casb_cli.core import clock
from casb_cli.core.capabilities import Ability, FollowFiles, ListFiles, ListShares, ListTrash, Page
from casb_cli.core.compact import Seen
from casb_cli.core.errors import (
    BadAnswer,
    CursorExpired,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    ScopeMissing,
    StateConflict,
)
from casb_cli.core.models import File, Gone, Notice, Partition, Row, Share, Sharing
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Answer, Call

_OWN = "*"
"""Stands for all sites where they cannot be listed."""
_HELD = 5_000
"""Changed items that are held at once; a drive in which more changed is listed anew, page by page."""
_LOOK = timedelta(hours=24)
"""How often a site is looked at for drives that were made in it, at least."""
_FORMS = 8
_LOOKS = 200
"""Up to so many sites, all are looked at each time."""


class _Site(msgspec.Struct, gc=False):
    """A site: the drives that it has (their partitions' data), the position in each, and when it was looked at.

    A drive without a position could not be read. While the site is shut to everybody, what it held stays.
    """

    id: str
    url: str
    name: str
    at: str = ""
    drives: list[dict[str, str]] = []
    positions: list[str] = []
    shut: bool = False


class Feed(msgspec.Struct):
    """Where every drive stands, packed in blocks of sites: of a big tenant one block is unpacked at a time."""

    blocks: list[str] = []
    floors: dict[str, str] = {}
    """How far libraries are open as a whole, those that differ from what libraries mostly are."""
    forms: list[str] = []
    """What positions have in common."""

    def short(self, drive: str, position: str) -> str:
        """Return a position as it is kept: without what most have in common."""
        head, mark, token = position.rpartition("token=")
        form = (head + mark).replace(drive, "{}")
        if mark and form not in self.forms and len(self.forms) < _FORMS:
            self.forms.append(form)
        known = mark and form in self.forms and " " not in position
        return f"{self.forms.index(form)} {token}" if known else position

    def whole(self, drive: str, kept: str) -> str:
        """Return the position that was kept so."""
        form, mark, token = kept.partition(" ")
        return self.forms[int(form)].replace("{}", drive) + token if mark else kept


@dataclass
class _Round:
    """What one drive told since its position."""

    part: Partition
    position: str = ""
    changed: dict[str, Item] = field(default_factory=dict)
    items: list[Row | Gone] = field(default_factory=list)
    again: bool = False
    """Whether the whole drive must be listed anew: a folder of it changed, or its position had expired."""
    binned: bool = False
    """Whether something in it was deleted, or came back from where deleted things are."""
    notices: list[Notice] = field(default_factory=list)

    @property
    def more(self) -> list[Partition]:
        """What must be listed anew: the drive, or the recycle bin of its site."""
        found = [self.part] if self.again else []
        place = Place.of(self.part.data)
        if self.binned and place.site_id and place.site:
            found.append(bin_part(place.site_id, place.site))
        return found


class Follow(Files, FollowFiles):
    """Matrix row 9."""

    def keeps_fresh(self) -> Sequence[type[Ability]]:
        """Return what else the deltas tell the changes of: bins by what was deleted, sharing with full control."""
        return (ListShares, ListTrash) if self.has_full_control else (ListTrash,)

    def relists(self, part: Partition) -> Sequence[type[Ability]]:
        """Return what lists a partition: recycle bins have their own."""
        if part.key.startswith("bin:"):
            return (ListTrash,)
        return (ListFiles, ListShares) if self.has_full_control else (ListFiles,)

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
        feed = Feed()
        for sites in self._pages_of_sites():
            self._look(sites)
            rounds = self._begin([part for site in sites if not site.shut for part in _parts(site)])
            self._look_at_floors([one for one in rounds if one.position], feed)
            _keep(feed, sites, rounds)
            feed.blocks.append(_pack(sites))
        return _encode(feed)

    def _pages_of_sites(self) -> Iterator[list[_Site]]:
        """Yield all sites, a page at a time; for a signed-in person one that stands for all that may be found."""
        if not self.sees_all:
            yield [_Site(_OWN, "", "")]
            return
        for some, _ in self.sites(None):
            yield [_Site(one.id, one.web_url or "", one.display_name or "") for one in some]

    def _look(self, sites: Sequence[_Site]) -> tuple[list[Row | Gone], list[Notice]]:
        """Learn which drives some sites have; return those that are no more, and what is told of shut sites."""
        gone: list[Row | Gone] = []
        notices: list[Notice] = []
        for site, page in zip(sites, self._drives_in(sites), strict=True):
            notices += page.notices
            site.shut = bool(page.notices) and site.id != _OWN
            if site.shut:
                continue  # for a while it shows no drives, but has those that it had
            kept = dict(zip((one["drive"] for one in site.drives), site.positions, strict=True))
            drives = [part.data for part in page.more]
            missing = kept.keys() - {one["drive"] for one in drives} if not page.notices else set()
            gone += [Gone(kind="partition", id=f"drive:{drive}") for drive in sorted(missing)]
            drives += [one for one in site.drives if one["drive"] not in missing and one not in drives and page.notices]
            site.drives, site.positions = drives, [kept.get(one["drive"], "") for one in drives]
            site.at = clock.text(clock.now())
        return gone, notices

    def _drives_in(self, sites: Sequence[_Site]) -> Iterator[Page[Any]]:
        if sites and sites[0].id == _OWN:
            parts, notices = self.all_drives()
            yield Page(items=(), more=parts, notices=notices)
        elif sites:
            asked = [shapes.Site(id=one.id, web_url=one.url, display_name=one.name) for one in sites]
            yield from (self.drives_of(part) for part in self.look_at(asked))

    def follow_look(self) -> None:
        """Ask one drive for its present position: all of a big tenant's would take minutes."""
        if not self.sees_all:
            self.follow_start()
            return
        for sites, _ in self.sites(None):
            for part in self.look_at(sites[:MOST]):
                if drives := self.drives_of(part).more:
                    self._look_at_floors(self._begin(drives[:1]), Feed())
                    return

    def _begin(self, parts: Sequence[Partition]) -> list[_Round]:
        """Return the present position of some drives; empty where one cannot be read now."""
        begun: list[_Round] = []
        for start in range(0, len(parts), MOST):
            some = parts[start : start + MOST]
            calls = [self.delta(one.data["drive"], token="latest") for one in some]
            for part, answer in zip(some, self.batch(calls), strict=True):
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
    def follow_files(self, part: Partition, cursor: str | None) -> Iterator[Page[Row | Gone]]:
        """Yield changed files as they are now, with their shares; where a folder changed, its drive is listed anew."""
        del part
        try:
            feed = from_json(cursor or "", Feed)
        except msgspec.MsgspecError as error:
            raise CursorExpired(f"the stored positions in the drives are unreadable: {error}") from None
        if not feed.blocks:
            raise CursorExpired("the stored positions in the drives are of an earlier version")
        known, present, new = Seen(), Seen(), list[_Site]()
        for block in feed.blocks:
            for site in _unpack(block):
                known.add(site.id)
        for sites in self._pages_of_sites():
            for site in sites:
                present.add(site.id)
            new += [one for one in sites if one.id not in known]
        due = clock.text(clock.now() - _LOOK)
        for number, block in enumerate(feed.blocks):
            sites = _unpack(block)
            there = [one for one in sites if one.id in present]
            gone: list[Row | Gone] = [
                Gone(kind="partition", id=part.key) for one in sites if one.id not in present for part in _parts(one)
            ]
            # In a big tenant a known site is looked at for new drives once a day only.
            all_ = len(present) <= _LOOKS
            lost, notices = self._look([one for one in there if all_ or one.shut or one.at < due])
            yield self._turn(feed, number, there, [*gone, *lost], notices)
        for start in range(0, len(new), _LOOKS):
            sites = new[start : start + _LOOKS]
            _, notices = self._look(sites)
            feed.blocks.append("")
            yield self._turn(feed, len(feed.blocks) - 1, sites, [], notices)
        yield Page(items=(), cursor=_encode(feed))

    def _turn(
        self, feed: Feed, number: int, sites: list[_Site], gone: list[Row | Gone], notices: list[Notice]
    ) -> Page[Row | Gone]:
        """Read the drives of a block of sites on; where nothing changed, the position need not be kept yet."""
        before = [
            _Round(part, feed.whole(part.data["drive"], position))
            for site in sites
            if not site.shut
            for part, position in zip(_parts(site), site.positions, strict=True)
        ]
        rounds = self._read_on(before, feed)
        _keep(feed, sites, rounds)
        feed.blocks[number] = _pack(sites)
        items = [*gone, *(item for one in rounds for item in one.items)]
        more = [part for one in rounds for part in one.more]
        notices = [*notices, *(notice for one in rounds for notice in one.notices)]
        return Page(items=items, cursor=_encode(feed) if items or more else None, more=more, notices=notices)

    def _read_on(self, before: Sequence[_Round], feed: Feed) -> list[_Round]:
        """Read some drives on to their ends; a new one begins, and is listed from then on."""
        rounds = [one for one in before if one.position]
        fresh = [one.part for one in before if not one.position]
        expired: list[Partition] = []
        held = 0
        for start in range(0, len(rounds), MOST):
            some = rounds[start : start + MOST]
            for one, answer in zip(some, self.batch([self._since(one) for one in some]), strict=True):
                position = one.position
                try:
                    if isinstance(answer, ProviderError):
                        raise answer
                    self._collect(one, answer, _HELD - held)
                    held += len(one.changed)
                except CursorExpired:
                    expired.append(one.part)
                except ProviderError as error:
                    one.changed.clear()
                    one.position = position
                    self._shut(one, error)
        rounds = [one for one in rounds if one.part not in expired]
        begun = self._begin([*fresh, *expired])
        for one in begun:
            one.again = bool(one.position)
        roots = [one for one in rounds if any(item.root is not None for item in one.changed.values())]
        self._look_at_floors([*roots, *(one for one in begun if one.position)], feed)
        self._know_floors([one for one in rounds if one.changed], feed)
        self._take(rounds)
        return [*rounds, *begun]

    def _know_floors(self, rounds: Sequence[_Round], feed: Feed) -> None:
        """Know how far some drives are open as a whole: as before, where changes of that are told, else read."""
        if self.has_full_control:
            for one in rounds:
                place = Place.of(one.part.data)
                level: Sharing = feed.floors.get(one.part.key, place.floor)  # type: ignore[assignment]
                self.hold_floor(place, level)
            return
        stale = [Place.of(one.part.data) for one in rounds if not self.knows_floor(one.part.data)]
        if stale:
            self.floors(stale)  # together, before each would ask for its own

    def _since(self, one: _Round) -> Call:
        url = one.position if "://" in one.position else self._base + one.position
        call = self.get(DELTA, {"driveId": one.part.data["drive"]}, url=url, headers=self.delta_headers())
        return msgspec.structs.replace(call, cost=1)

    def _collect(self, one: _Round, answer: Answer, room: int) -> None:
        """Keep what a delta tells to its end; of what it tells twice, the last word."""
        while True:
            page = answer.decode(shapes.Items)
            for item in page.value:
                one.changed.pop(item.id, None)
                one.changed[item.id] = item
            if len(one.changed) > room:
                one.again = one.binned = True
            if one.again:
                one.changed.clear()
            if not page.next_link:
                one.position = self._position_of(page.delta_link, answer)
                return
            answer = self.client.send(NEXT_LINK.prepare(self._since(one), page.next_link))

    def _take(self, rounds: Sequence[_Round]) -> None:
        """Make rows of what changed; permissions are asked for together, whatever drives they are of."""
        files = {one.part.key: self._sorted(one) for one in rounds}
        asked: list[tuple[_Round, Item]] = []
        for one in rounds:
            if not one.again:
                place = Place.of(one.part.data)
                asked += [(one, item) for item in one.changed.values() if self._asks(place, item)]
        found = self.permissions_of([(Place.of(one.part.data).drive, item.id) for one, item in asked])
        levels: dict[str, dict[str, Sharing]] = {one.part.key: {} for one in rounds}
        shares: dict[str, list[Share]] = {}
        trees = {one.part.key: Tree(self, Place.of(one.part.data)) for one in rounds if not one.again}
        for (one, item), permissions in zip(asked, found, strict=True):
            tree = trees[one.part.key]
            levels[one.part.key][item.id] = shapes.level(permissions, self.outside, tree.place)
            shares.setdefault(one.part.key, []).extend(self._shares_told(tree, item, permissions))
        for one in rounds:
            if not one.again and one.changed:
                tree = trees[one.part.key]
                tree.learn(list(one.changed.values()))
                self._tell(one, tree, files[one.part.key], levels[one.part.key], shares.get(one.part.key, []))

    def _asks(self, place: Place, item: Item) -> bool:
        """Tell whether the permissions of what changed are to be read: for its level, or for its shares."""
        if item.deleted is not None:
            return False
        if self.has_full_control:
            return carries(place, item)
        return item.is_file and item.shared is not None and item.shared.scope != "anonymous"

    def _shares_told(self, tree: Tree, item: Item, permissions: Sequence[Permission]) -> list[Share]:
        if not self.has_full_control:
            return []
        path = self._path(tree, item)
        return [
            shapes.share(tree.place, item, one, path, self.outside) for one in permissions if carried(tree.place, one)
        ]

    def _sorted(self, one: _Round) -> list[Item]:
        """Return the files among what changed, note what is gone, and whether the drive must be listed anew."""
        place = Place.of(one.part.data)
        files: list[Item] = []
        for item in one.changed.values():
            id_ = shapes.file_id(place.drive, item.id)
            if item.deleted is not None:
                # What was deleted has no name, and says not always whether it was a file.
                kept = self.recall("file", id_)
                one.again = one.again or (kept is None and item.file is None)
                one.binned = True
                if kept is not None or item.file is not None:
                    one.items.append(Gone(kind="file", id=id_))
            elif item.is_file:
                files.append(item)
                one.binned = one.binned or (_is_old(item) and self.recall("file", id_) is None)
            elif item.is_folder and item.root is None:
                # A folder just made holds nothing that was listed before; another one's files have new paths.
                one.again = one.again or item.createdDateTime != item.lastModifiedDateTime
        return files

    def _tell(
        self, one: _Round, tree: Tree, files: Sequence[Item], told: dict[str, Sharing], shares: Sequence[Share]
    ) -> None:
        place = tree.place
        kept = {item.id: self._kept_here(place, item) for item in files}
        if self.has_full_control:
            told |= {id_: level for id_, known in kept.items() if (level := _inherited(known, one.changed[id_]))}
            ids = [shapes.file_id(place.drive, item.id) for item in one.changed.values()]
            one.items += [Gone(kind="share", id=f"{id_}/", rest=True) for id_ in ids]
            one.items += shares
        unknown = [item for item in files if item.id not in told]
        told |= dict(zip((item.id for item in unknown), self.levels(place, unknown, tree), strict=True))
        labels = self.labels_of(place, list(files))
        for item in files:
            path = self._path(tree, item)
            one.items.append(shapes.file(item, place, path, told[item.id], labels.get(item.id)))

    def _kept_here(self, place: Place, item: Item) -> File | None:
        """Return what was kept of an item that still lies in the folder that it was in."""
        kept = self.recall("file", shapes.file_id(place.drive, item.id))
        here = isinstance(kept, File) and kept.path is not None and kept.locator.get("parent") == item.parent
        return kept if here and isinstance(kept, File) else None

    def _path(self, tree: Tree, item: Item) -> str | None:
        """Return where an item lies; one that still lies in its folder spares a look."""
        kept = self._kept_here(tree.place, item) if item.is_file else None
        if kept is None or kept.path is None or item.name is None:
            return tree.path(item)
        return f"{kept.path.rpartition('/')[0]}/{item.name}"


def _inherited(kept: File | None, item: Item) -> Sharing | None:
    """Return how far a file is open that had no sharing of its own, and has none: as it was. None for any other."""
    return kept.sharing if kept is not None and item.shared is None and "shared" not in kept.locator else None


def _is_old(item: Item) -> bool:
    """Tell whether something was made long before it is told: one not known may have come back from a bin."""
    made = clock.normalise(item.createdDateTime)
    return made is not None and clock.now() - clock.parse(made) > _LOOK


def _parts(site: _Site) -> list[Partition]:
    """Return the partitions of a site's drives."""
    return [Partition(key=f"drive:{one['drive']}", data=one) for one in site.drives]


def _keep(feed: Feed, sites: Sequence[_Site], rounds: Sequence[_Round]) -> None:
    """Keep the positions that drives were read on to."""
    reached = {one.part.data["drive"]: one.position for one in rounds}
    for site in sites:
        if not site.shut:
            site.positions = [feed.short(one["drive"], reached.get(one["drive"], "")) for one in site.drives]


def _pack(sites: Sequence[_Site]) -> str:
    return base64.b64encode(zlib.compress(msgspec.json.encode(sites), 6)).decode()


def _unpack(block: str) -> list[_Site]:
    return from_json(zlib.decompress(base64.b64decode(block)), list[_Site])


def _encode(feed: Feed) -> str:
    return msgspec.json.encode(feed).decode()
