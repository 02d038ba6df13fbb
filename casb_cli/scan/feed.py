"""The change feed of files: what changed since the last scan, into the same queue that a full listing fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from casb_cli.core.capabilities import FollowFiles, ListFiles
from casb_cli.core.errors import CasbError, CursorExpired, Stopped
from casb_cli.core.models import ROOT, Gone, Notice, Partition
from casb_cli.core.shapes import from_json
from casb_cli.scan.census import Census, Lost, Taken

FEED = "files"
LEFT = "files left"
"""Under which the partitions are kept that a feed named and that could not be listed anew yet."""


def has_position(census: Census) -> bool:
    """Tell whether an earlier full listing left a position to go on from."""
    return census.store.runs.cursor(census.instance.key, FEED) is not None


def mark_position(census: Census) -> None:
    """Keep the feed's present position, taken before a full listing begins, so that nothing falls between."""
    connector = census.instance.connector_for(FollowFiles)
    census.store.runs.save_cursor(census.instance.key, FEED, connector.follow_start())
    census.store.runs.forget_cursors(census.instance.key, LEFT)


def follow(census: Census) -> Taken | None:
    """Read the feed on from its kept position; None when that expired and a full listing must follow.

    Partitions that the feed names are listed anew before the position moves past them; those that cannot be are
    kept, and tried again each time, so that one of them never holds up all others.
    """
    taken = Taken(FollowFiles)
    saved = census.store.runs.cursor(census.instance.key, FEED)
    if saved is None:
        return None
    left = _Left(census)
    try:
        connector: Any = census.instance.connector_for(FollowFiles)
        for page in connector.follow_files(ROOT, saved[0]):
            taken.note(page.notices)
            if page.more and not left.list_anew(page.more, taken):
                break
            items = [item for item in page.items if not _is_partition(item)]
            for item in page.items:
                if _is_partition(item):
                    left.drop(item.id)
                    taken.gone += census.store.inventory.end_part(census.instance.key, ListFiles.key, item.id)
            census.store.inventory.write_changes(census.instance.key, items, feed=FEED, cursor=page.cursor)
            taken.rows += len(items)
            census.count("file", len(items))
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


def _is_partition(item: object) -> bool:
    return isinstance(item, Gone) and item.kind == "partition"


class _Left:
    """The partitions that still have to be listed anew, kept over runs."""

    def __init__(self, census: Census) -> None:
        self._census = census
        kept = census.store.runs.cursor(census.instance.key, LEFT)
        self._parts = {} if kept is None else {part.key: part for part in _decode(kept[0])}
        self._tried: set[str] = set()

    def list_anew(self, parts: Sequence[Partition], taken: Taken) -> bool:
        """List partitions anew, and keep those that failed; False where the position must not move past them."""
        again = self._census.take(ListFiles, inspect=True, roots=tuple(parts))
        taken.rows += again.rows
        taken.gone += again.gone
        taken.lost += again.lost
        taken.note(again.notices)
        if self._census.stop.is_set() or not (again.complete or again.left):
            return False
        for part in parts:
            self._tried.add(part.key)
            self._parts.pop(part.key, None)
        self._parts.update({part.key: part for part in again.left})
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
