"""The change feed of files: what changed since the last scan, into the same queue that a full listing fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.anew import from_its_beginning
from casb_cli.core.capabilities import Ability, FollowFiles, ListFiles
from casb_cli.core.errors import CasbError, CursorExpired, Stopped
from casb_cli.core.models import ROOT, File, Gone, Notice, Partition
from casb_cli.core.shapes import from_json
from casb_cli.scan import readon
from casb_cli.scan.census import Census, Lost, Taken

FEED = "files"
BEGUN = "files begun"
"""Under which it is kept since when the feed has been read without a break."""
LEFT = "files left"
"""Under which the partitions are kept that a feed named and that could not be listed anew yet."""


def has_position(census: Census) -> bool:
    """Tell whether an earlier full listing left a position to go on from."""
    return census.store.runs.cursor(census.instance.key, FEED) is not None


def mark_position(census: Census) -> None:
    """Keep the feed's present position, taken before a full listing begins, so that nothing falls between."""
    connector: Any = census.instance.connector_for(FollowFiles)
    begun = clock.text(clock.now())
    census.store.runs.save_cursor(census.instance.key, FEED, from_its_beginning(connector.follow_start))
    census.store.runs.save_cursor(census.instance.key, BEGUN, begun)
    census.store.runs.forget_cursors(census.instance.key, LEFT)


def told_since(census: Census, ability: type[Ability]) -> bool:
    """Tell whether the feed has told every change of another listing since that was made, within the week."""
    begun = census.store.runs.cursor(census.instance.key, BEGUN)
    connector: Any = census.instance.connector_for(FollowFiles)
    if begun is None or ability not in connector.keeps_fresh() or not readon.is_recent(census, ability):
        return False
    started = census.store.partitions.began(census.instance.key, ability.key)
    return started is not None and started >= clock.parse(begun[0]).timestamp() * 1000


def follow(census: Census) -> Taken | None:
    """Read the feed on from its kept position; None when that expired and a full listing must follow.

    Partitions that the feed names are listed anew before the position moves past them; those that cannot be are
    kept, and tried again each time, so that one of them never holds up all others.
    """
    taken = Taken(FollowFiles)
    saved = census.store.runs.cursor(census.instance.key, FEED)
    if saved is None:
        return None
    try:
        connector: Any = census.instance.connector_for(FollowFiles)
        left = _Left(census, connector)
        if census.store.runs.cursor(census.instance.key, BEGUN) is None:
            census.store.runs.save_cursor(census.instance.key, BEGUN, clock.text(clock.now()))
        for page in connector.follow_files(ROOT, saved[0]):
            taken.note(page.notices)
            if page.more and not left.list_anew(page.more, taken):
                break
            items = [item for item in page.items if not _is_partition(item)]
            for item in page.items:
                if _is_partition(item):
                    left.drop(item.id)
                    for ability in connector.relists(Partition(key=item.id)):
                        taken.gone += census.store.inventory.end_part(census.instance.key, ability.key, item.id)
            census.store.inventory.write_changes(census.instance.key, items, feed=FEED, cursor=page.cursor)
            files = sum(_is_of_files(item) for item in items)
            taken.rows += files
            census.count("file", files)
            if census.stop.is_set():
                return taken
        left.try_again(taken)
    except CursorExpired:
        census.store.runs.forget_cursors(census.instance.key, FEED)
        return None
    except Stopped:
        return taken
    except CasbError as error:
        taken.lost.append(Lost("", census.named(error, FollowFiles)))
    taken.complete = not taken.lost and not census.stop.is_set()
    return taken


def expired_notice(saved: str) -> Notice:
    """Return what is said when the feed's position had expired."""
    return Notice(
        code="gap",
        about=f"the change feed's position of {saved} had expired: all files were listed anew",
        effect="degraded",
    )


def _is_of_files(item: object) -> bool:
    return item.kind == "file" if isinstance(item, Gone) else isinstance(item, File)


def _is_partition(item: object) -> bool:
    return isinstance(item, Gone) and item.kind == "partition"


class _Left:
    """The partitions that still have to be listed anew, kept over runs."""

    def __init__(self, census: Census, connector: Any) -> None:
        self._census = census
        self._connector = connector
        kept = census.store.runs.cursor(census.instance.key, LEFT)
        self._parts = {} if kept is None else {part.key: part for part in _decode(kept[0])}
        self._tried: set[str] = set()

    def list_anew(self, parts: Sequence[Partition], taken: Taken) -> bool:
        """List partitions anew, and keep those that failed; False where the position must not move past them."""
        left: dict[str, Partition] = {}
        by_ability: dict[type[Ability], list[Partition]] = {}
        for part in parts:
            for ability in self._connector.relists(part):
                # What was never listed as a whole will be, and needs no part of it listed anew.
                if ability is ListFiles or self._census.ever_ended(ability):
                    by_ability.setdefault(ability, []).append(part)
        for ability, some in by_ability.items():
            again = self._census.take(ability, inspect=ability.yields == "file", roots=tuple(some))
            taken.rows += again.rows if ability is ListFiles else 0
            taken.gone += again.gone if ability is ListFiles else 0
            taken.lost += again.lost
            taken.note(again.notices)
            if self._census.stop.is_set() or not (again.complete or again.left):
                return False
            left.update({part.key: part for part in again.left})
        for part in parts:
            self._tried.add(part.key)
            self._parts.pop(part.key, None)
        self._parts.update(left)
        self._keep()
        return True

    def try_again(self, taken: Taken) -> None:
        """List anew what earlier runs left and this one has not tried."""
        waiting = [part for key, part in self._parts.items() if key not in self._tried]
        if waiting:
            self.list_anew(waiting, taken)

    def drop(self, key: str) -> None:
        """Forget a partition that is no more."""
        if self._parts.pop(key, None) is not None:
            self._keep()

    def _keep(self) -> None:
        runs, key = self._census.store.runs, self._census.instance.key
        if self._parts:
            runs.save_cursor(key, LEFT, msgspec.json.encode(list(self._parts.values())).decode())
        else:
            runs.forget_cursors(key, LEFT)


def _decode(text: str) -> list[Partition]:
    return from_json(text, list[Partition])
