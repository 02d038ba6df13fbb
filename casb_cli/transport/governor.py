"""Governors: one per limit scope, shared by all threads, so that calls use what is allowed and no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from casb_cli.core.app import App, Limit
from casb_cli.core.errors import Stopped, Throttled
from casb_cli.core.protocols import RateMemory
from casb_cli.transport.calls import Call


class Lease:
    """One call's place within its limits; told what the answer said before it is given back."""

    waited = 0.0

    def unused(self) -> None:
        """Give the place back: no request was sent."""

    def answered(self, headers: Mapping[str, str], *, throttled: bool = False, after: float | None = None) -> None:
        """Learn from an answer's headers; `after` is the pause that the provider asked for, in seconds."""


class Governors:
    """All governors of one credential of an instance, made when a scope is first used."""

    def __init__(
        self,
        app: App,
        scope: str,
        *,
        memory: RateMemory | None = None,
        stop: threading.Event | None = None,
        share: float = 1.0,
    ) -> None:
        self.app = app
        self.scope = scope
        self.memory = memory
        self.stop = stop or threading.Event()
        self.share = share
        self._slots: dict[str, threading.Semaphore] = {}
        self._lock = threading.Lock()

    def _limit(self, family: str) -> Limit:
        fallback = Limit(family=family, allowed=60, window=60, concurrency=4, known=False)
        return next((limit for limit in self.app.limits if limit.family == family), fallback)

    @contextmanager
    def slot(self, call: Call, *, deadline: float | None = None) -> Iterator[Lease]:
        """Wait for the call's turn and hold its place; raises Stopped, or Throttled beyond the deadline."""
        with self._lock:
            slots = self._slots.setdefault(call.family, threading.Semaphore(self._limit(call.family).concurrency))
        while not slots.acquire(timeout=0.1):
            if self.stop.is_set():
                raise Stopped("stopped")
        try:
            if deadline is not None and deadline < 0:
                raise Throttled("no time is left")
            yield Lease()
        finally:
            slots.release()

    def narrow(self, share: float) -> None:
        """Use at most this share of each limit from now on; a lower one stays."""
        self.share = min(self.share, share)

    def save(self) -> None:
        """Keep what was learned for the next run."""
