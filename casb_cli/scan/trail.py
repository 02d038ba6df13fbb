"""Reading the audit trail on into the store: each partition from where the last run stopped, many side by side.

Providers count their limits by region, account or application, and each such part is read page after page: what is
allowed is used only where all of them are read at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from casb_cli.core.capabilities import ListActivity, Page
from casb_cli.core.errors import CasbError, CursorExpired, Stopped
from casb_cli.core.models import ROOT, Notice, Partition

if TYPE_CHECKING:
    from casb_cli.scan.census import Census, Taken

AT_ONCE = 32
"""Partitions read at once at most; a thread more is started only while one waits."""


class Trail:
    """One reading of one instance's trail; `read` fills what was taken."""

    def __init__(self, census: Census, method: Callable[..., Iterator[Page[Any]]], taken: Taken) -> None:
        self._census = census
        self._method = method
        self._taken = taken
        self._waiting: deque[Partition] = deque([ROOT])
        self._busy = 0
        self._over = False
        self._change = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._defect: BaseException | None = None

    def read(self) -> None:
        """Read every partition on; returns when all were, or when the run is stopped."""
        self._work()  # in this thread too: most trails have one partition
        for thread in self._threads:
            thread.join()
        if self._defect is not None:
            raise self._defect

    def _more(self, parts: list[Partition]) -> None:
        with self._change:
            self._waiting.extend(parts)
            idle = len(self._threads) + 1 - self._busy
            for _ in range(min(len(self._waiting) - idle, AT_ONCE - 1 - len(self._threads))):
                name = f"activity {len(self._threads) + 1}"
                self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
                self._threads[-1].start()
            self._change.notify_all()

    def _claim(self) -> Partition | None:
        with self._change:
            while not self._over and not self._census.stop.is_set():
                if self._waiting:
                    self._busy += 1
                    return self._waiting.popleft()
                if self._busy == 0:
                    self._change.notify_all()
                    return None
                self._change.wait(1.0)
            return None

    def _work(self) -> None:
        while (part := self._claim()) is not None:
            try:
                self._follow_or_lose(part)
            except Exception as error:  # noqa: BLE001 - a defect must reach the run's thread, not die in this one
                self._defect = error
                self._over = True
            finally:
                with self._change:
                    self._busy -= 1
                    self._change.notify_all()

    def _follow_or_lose(self, part: Partition) -> None:
        try:
            self._more(self._follow(part))
        except Stopped:
            self._over = True
        except CasbError as error:
            named = self._census.named(error, ListActivity)
            with self._change:
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
                with self._change:
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
            with self._change:
                self._taken.rows += len(page.items)
                self._taken.note(page.notices)
            census.count("activity", len(page.items))
            more += page.more
            if census.stop.is_set():
                raise Stopped("stopped")
