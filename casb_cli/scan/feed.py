"""The change feed of files: what changed since the last scan, into the same queue that a full listing fills."""

from __future__ import annotations

from typing import Any

from casb_cli.core.capabilities import FollowFiles, ListFiles
from casb_cli.core.errors import CasbError, CursorExpired, Stopped
from casb_cli.core.models import ROOT, Gone, Notice, Partition
from casb_cli.scan.census import Census, Lost, Taken

FEED = "files"


def has_position(census: Census) -> bool:
    """Tell whether an earlier full listing left a position to go on from."""
    return census.store.runs.cursor(census.instance.key, FEED) is not None


def mark_position(census: Census) -> None:
    """Keep the feed's present position, taken before a full listing begins, so that nothing falls between."""
    connector = census.instance.connector_for(FollowFiles)
    census.store.runs.save_cursor(census.instance.key, FEED, connector.follow_start())


def follow(census: Census) -> Taken | None:
    """Read the feed on from its kept position; None when that expired and a full listing must follow.

    Partitions that the feed names are listed anew before the position moves past them.
    """
    taken = Taken(FollowFiles)
    saved = census.store.runs.cursor(census.instance.key, FEED)
    if saved is None:
        return None
    try:
        connector: Any = census.instance.connector_for(FollowFiles)
        for page in connector.follow_files(ROOT, saved[0]):
            taken.note(page.notices)
            if page.more and not _list_anew(census, page.more, taken):
                break
            items = [item for item in page.items if not _is_partition(item)]
            for item in page.items:
                if _is_partition(item):
                    taken.gone += census.store.inventory.end_part(census.instance.key, ListFiles.key, item.id)
            census.store.inventory.write_changes(census.instance.key, items, feed=FEED, cursor=page.cursor)
            taken.rows += len(items)
            census.count("file", len(items))
            if census.stop.is_set():
                return taken
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


def _list_anew(census: Census, parts: Any, taken: Taken) -> bool:
    roots: tuple[Partition, ...] = tuple(parts)
    again = census.take(ListFiles, inspect=True, roots=roots)
    taken.rows += again.rows
    taken.gone += again.gone
    taken.lost += again.lost
    taken.note(again.notices)
    return again.complete
