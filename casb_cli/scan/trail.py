"""Reading the audit trail on into the store: each partition from where the last run stopped, many side by side.

Providers count their limits by region, account or application, and each such part is read page after page: what is
allowed is used only where all of them are read at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from casb_cli.core.capabilities import ListActivity, Page
from casb_cli.core.errors import CasbError, CursorExpired, Stopped
from casb_cli.core.models import ROOT, Notice, Partition
from casb_cli.scan.crew import Crew

if TYPE_CHECKING:
    from casb_cli.scan.census import Census, Taken

AT_ONCE = 32
"""Partitions read at once at most."""


class Trail:
    """One reading of one instance's trail; `read` fills what was taken."""

    def __init__(self, census: Census, method: Callable[..., Iterator[Page[Any]]], taken: Taken) -> None:
        self._census = census
        self._method = method
        self._taken = taken
        self._crew = Crew("activity", AT_ONCE, self._follow_or_lose, stopped=census.stop.is_set)

    def read(self) -> None:
        """Read every partition on; returns when all were, or when the run is stopped."""
        self._crew.add([ROOT])
        self._crew.run()

    def _follow_or_lose(self, part: Partition) -> None:
        try:
            self._crew.add(self._follow(part))
        except Stopped:
            raise
        except CasbError as error:
            named = self._census.named(error, ListActivity)
            with self._crew.change:
                self._taken.lose(part.key, named)

    def _follow(self, part: Partition) -> list[Partition]:
        """Read a partition on and return what it led to."""
        store, key = self._census.store, self._census.instance.key
        feed = f"activity:{part.key}" if part.key else "activity"
        more: list[Partition] = []
        saved = store.runs.cursor(key, feed)
        forgot = False
        while True:
            try:
                self._read(self._method(part, saved[0] if saved else None), feed, more)
            except CursorExpired as error:
                reached = store.runs.cursor(key, feed)
                if reached is not None and (saved is None or reached[0] != saved[0]):
                    saved = reached  # it ended on the way: what was read so far stands
                    continue
                if saved is None or forgot:
                    raise
                # What lies between is lost; what the provider still has is read at once.
                forgot = True
                store.runs.forget_cursors(key, feed)
                with self._crew.change:
                    self._taken.note([Notice(code="gap", about=f"activity since {saved[1]}: {error.words}")])
                saved = None
            else:
                return more

    def _read(self, pages: Iterator[Page[Any]], feed: str, more: list[Partition]) -> None:
        """Write the pages and where they end, and gather what they lead to."""
        census = self._census
        for page in pages:
            census.store.inventory.write_changes(
                census.instance.key, list(page.items), feed=feed, cursor=page.cursor, inspect=False
            )
            with self._crew.change:
                self._taken.rows += len(page.items)
                self._taken.note(page.notices)
            census.count("activity", len(page.items))
            more += page.more
            if census.stop.is_set():
                raise Stopped("stopped")
