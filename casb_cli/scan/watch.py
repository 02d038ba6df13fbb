"""Near real time: the change feed read again and again into the stages of a scan."""

from __future__ import annotations

import threading
from typing import Protocol

from casb_cli.connect.open import OpenInstance
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, ListFiles
from casb_cli.core.errors import CasbError, SignInNeeded, Stopped
from casb_cli.scan import feed
from casb_cli.scan.census import Census, Taken
from casb_cli.scan.inspection import Inspector
from casb_cli.scan.workers import WorkerPool
from casb_cli.store.locks import scan_lock
from casb_cli.store.store import Store


class Say(Protocol):
    """Tells the user something about an instance."""

    def __call__(self, label: str, text: str, *, warn: bool = False) -> None:
        """Print one line."""


class Watch:
    """Follows one instance until stopped; one failing round never ends it, a rejected credential does."""

    def __init__(
        self,
        instance: OpenInstance,
        store: Store,
        pool: WorkerPool,
        stop: threading.Event,
        seconds: float,
        say: Say,
    ) -> None:
        self._instance = instance
        self._store = store
        self._pool = pool
        self._stop = stop
        self._seconds = seconds
        self._say = say
        self._told: str | None = None

    def run(self) -> None:
        """Read the feed, inspect what changed, wait, again; raises SignInNeeded."""
        label = self._instance.label
        census = Census(self._instance, self._store, self._stop)
        if feed.has_position(census):
            self._say(label, "following changes")
        else:
            self._say(label, "following changes from now on; `casb scan` inspects what is there already")
        while not self._stop.is_set():
            try:
                self._round(census)
            except Stopped:
                return
            except CasbError as error:
                self._complain(error)
            self._stop.wait(self._seconds)

    def _round(self, census: Census) -> None:
        label = self._instance.label
        before = clock.now()
        if not feed.has_position(census) and not census.ever_ended(ListFiles):
            feed.mark_position(census)
        taken = feed.follow(census)
        if taken is None:
            # A position that is missing although all files were listed once had expired, perhaps in a former run.
            self._say(label, "the feed's position had expired: listing all files anew", warn=True)
            taken = self._list_all(census)
        for lost in taken.lost:
            self._complain(lost.error)
        if not taken.lost:
            self._told = None
        if issubclass(self._instance.connector_class, ListActivity):
            for lost in census.follow_activity().lost:
                self._complain(lost.error)
        if self._store.files.waiting(self._instance.key):
            inspector = Inspector(self._instance, self._store, self._pool, self._stop)
            inspector.run()
            done = ", ".join(f"{count} {state}" for state, count in sorted(inspector.settled.items()))
            if done:
                self._say(label, f"{taken.rows} changed, files {done}")
            self._report(int(before.timestamp() * 1000))

    def _list_all(self, census: Census) -> Taken:
        """List every file, from a new position on; raises Locked while a scan runs, which does the same."""
        with scan_lock(self._instance.key, self._instance.label):
            if not census.begin(ListFiles):
                return census.take(ListFiles)
            feed.mark_position(census)
            return census.take(ListFiles, inspect=True)

    def _report(self, since: int) -> None:
        """Tell each finding that this round brought."""
        for stored in self._store.findings.list(self._instance.key, first_seen_since=since):
            one = stored.finding
            self._say(
                self._instance.label,
                f"finding {one.severity}: {one.detector} in {one.file} ({one.sharing}): {one.excerpt}",
                warn=True,
            )

    def _complain(self, error: CasbError) -> None:
        if isinstance(error, SignInNeeded):
            raise error
        if str(error) != self._told:
            self._told = str(error)
            self._say(self._instance.label, f"{error}; trying again", warn=True)
