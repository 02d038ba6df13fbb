"""Threads that read side by side what waits, each of which may lead to more."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from casb_cli.core.errors import Stopped

T = TypeVar("T")


class Crew(Generic[T]):
    """Up to `at_once` threads, each started only while something waits that no other is free for.

    `read` is given one thing after another; raising Stopped, it ends the whole. `stopped` is asked before each, and
    `fetch` for what else there is where nothing waits any more. `change` guards what they share.
    """

    def __init__(
        self,
        name: str,
        at_once: int,
        read: Callable[[T], None],
        *,
        stopped: Callable[[], bool],
        fetch: Callable[[], Iterable[T]] = tuple,
    ) -> None:
        self.change = threading.Condition()  # whoever holds it may call `add`
        self.waiting: deque[T] = deque()
        self._name = name
        self._at_once = at_once
        self._read = read
        self._stopped = stopped
        self._fetch = fetch
        self._busy = 0
        self._over = False
        self._threads: list[threading.Thread] = []
        self._defect: BaseException | None = None

    def run(self) -> None:
        """Read until nothing waits, or the run is stopped; what was not read then is left in `waiting`."""
        self.look_again()
        for thread in self._threads:  # they may grow more meanwhile
            thread.join()
        if self._defect is not None:
            raise self._defect

    def add(self, parts: Iterable[T], *, first: bool = False) -> None:
        """Let further ones wait, in front of the others or behind them."""
        with self.change:
            if first:
                self.waiting.extendleft(reversed(tuple(parts)))
            else:
                self.waiting.extend(parts)
            self._enough(len(self.waiting))

    def look_again(self) -> None:
        """Have `fetch` asked by whoever is free: there may be more."""
        with self.change:
            self._enough(max(1, len(self.waiting)))

    def _enough(self, waiting: int) -> None:
        free = len(self._threads) - self._busy
        for _ in range(min(waiting - free, self._at_once - len(self._threads))):
            name = f"{self._name} {len(self._threads) + 1}"
            self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
            self._threads[-1].start()
        self.change.notify_all()

    def _claim(self) -> T | None:
        with self.change:
            while not self._over and not self._stopped():
                if not self.waiting:
                    self.waiting.extend(self._fetch())
                if self.waiting:
                    part = self.waiting.popleft()
                    self._busy += 1
                    self._enough(len(self.waiting))
                    return part
                if self._busy == 0:
                    break
                self.change.wait(1.0)
            return None

    def _work(self) -> None:
        try:
            while (part := self._claim()) is not None:
                try:
                    self._read(part)
                finally:
                    with self.change:
                        self._busy -= 1
                        self.change.notify_all()
        except Stopped:
            self._over = True
        except Exception as error:  # noqa: BLE001 - a defect must reach the run's thread, not die in this one
            self._defect = error
            self._over = True
