"""Listings that are read on from a position: only what changed since the last one, once a complete one was made.

A complete listing is made anew every week all the same, for what no feed tells.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from casb_cli.core.capabilities import Ability, ReadsOn
from casb_cli.core.errors import CasbError, CursorExpired, Stopped
from casb_cli.core.models import Gone
from casb_cli.scan.census import Census, Lost, Taken

RELIST = timedelta(days=7)


def readable(census: Census, ability: type[Ability]) -> bool:
    """Tell whether an instance's app has such a feed for an ability."""
    connector = census.instance.connector_class
    return issubclass(connector, ReadsOn) and ability in connector.reads_on


def is_recent(census: Census, ability: type[Ability]) -> bool:
    """Tell whether a complete listing was made within the week, and nothing of it is left to do."""
    ended = census.store.partitions.ended(census.instance.key, ability.key)
    if ended is None or census.interrupted(ability) or census.failed_before(ability):
        return False
    return time.time() * 1000 - ended < RELIST.total_seconds() * 1000


def begin(census: Census, ability: type[Ability], taken: Taken) -> None:
    """Open a complete listing, and keep the position before it is read: nothing falls between."""
    runs, key = census.store.runs, census.instance.key
    runs.forget_cursors(key, _name(ability))
    if not census.begin(ability):
        return
    try:
        connector: Any = census.instance.connector_for(ability)
        runs.save_cursor(key, _name(ability), connector.present_position(ability))
    except Stopped:
        return
    except CasbError as error:
        # The listing itself is whole without: the next one will be complete again.
        taken.lost.append(Lost("", census.named(error, ability)))


def read_on(census: Census, ability: type[Ability]) -> Taken | None:
    """Read a listing on from its position; None where there is none, or where it had expired.

    What must be listed anew, and cannot be, holds the position where it was.
    """
    runs, key, name = census.store.runs, census.instance.key, _name(ability)
    saved = runs.cursor(key, name)
    if saved is None or not is_recent(census, ability):
        return None
    taken = Taken(ability, only_changes=True)
    try:
        connector: Any = census.instance.connector_for(ability)
        for page in connector.read_on(ability, saved[0]):
            taken.note(page.notices)
            if page.more:
                again = census.take(ability, roots=tuple(page.more))
                taken.rows += again.rows
                taken.gone += again.gone
                taken.lost += again.lost
                taken.note(again.notices)
            cursor = None if taken.lost or census.stop.is_set() else page.cursor
            taken.gone += census.store.inventory.write_changes(key, page.items, feed=name, cursor=cursor, inspect=False)
            rows = sum(not isinstance(item, Gone) for item in page.items)
            taken.rows += rows
            census.count(ability.yields or "row", rows)
            if census.stop.is_set():
                return taken
    except CursorExpired:
        runs.forget_cursors(key, name)
        return None
    except Stopped:
        return taken
    except CasbError as error:
        taken.lost.append(Lost("", census.named(error, ability)))
    taken.complete = not taken.lost
    return taken


def _name(ability: type[Ability]) -> str:
    return f"on {ability.key}"
