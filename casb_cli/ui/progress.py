"""Progress on stderr: a Rich line on a terminal, one line a minute elsewhere, nothing under `--quiet`.

    with Progress("listing accounts", unit="accounts") as progress:
        progress.advance(len(page))
        progress.total(12_000)
        progress.quota("core", used=312, allowed=5000)

All methods may be called from any thread. Rows printed to the same terminal push the line aside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from casb_cli.core.text import printable
from casb_cli.ui.streams import Streams, streams

if TYPE_CHECKING:
    from rich.live import Live

EVERY = 60.0
"""Seconds between two lines where stderr is no terminal."""

_RATE_OVER = 30.0


class Progress:
    """How far a job is: done, rate, quota use, and the time left once the total is known.

    On a terminal it is shown `after` so many seconds, infinity meaning never. `clock` gives seconds that only grow.
    """

    def __init__(
        self,
        title: str,
        *,
        unit: str = "",
        total: int | None = None,
        after: float = 0.0,
        to: Streams = streams,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.title = title
        self.unit = unit
        self.done = 0
        self._total = total
        self._quota: dict[str, tuple[float, float | None]] = {}
        self._to = to
        self._clock = clock
        self._lock = threading.Lock()
        self._screen = threading.RLock()
        self._began = self._last_line = clock()
        self._marks: list[tuple[float, int]] = [(self._began, 0)]
        self._live: Live | None = None
        self._spinner: Any = None
        self._after = after
        self._timer: threading.Timer | None = None
        self._ended = False

    def advance(self, by: int = 1) -> None:
        """Count more as done."""
        with self._lock:
            self.done += by
            now = self._clock()
            if now - self._marks[-1][0] >= 1:
                self._marks.append((now, self.done))
                while len(self._marks) > 2 and now - self._marks[1][0] > _RATE_OVER:
                    del self._marks[0]
            due = self._live is None and now - self._last_line >= EVERY
            if due:
                self._last_line = now
        if due:
            self._line()

    def total(self, total: int | None) -> None:
        """Tell how many there will be, None where nobody knows."""
        with self._lock:
            self._total = total

    def quota(self, family: str, used: float, allowed: float | None) -> None:
        """Tell how much of a limit is used; `allowed` is None where the provider names no number."""
        with self._lock:
            self._quota[family] = (used, allowed)

    def rate(self) -> float:
        """Return how many a second, over the last half minute."""
        with self._lock:
            then, before = self._marks[0]
            span = self._clock() - then
            return (self.done - before) / span if span > 0 else 0.0

    def left(self) -> float | None:
        """Return the seconds left at the present rate, None where total or rate is unknown."""
        rate = self.rate()
        if self._total is None or rate <= 0:
            return None
        return max(self._total - self.done, 0) / rate

    def text(self) -> str:
        """Return the state in one line of words."""
        number = self.done if self._total is None else self._total
        unit = f" {self.unit.removesuffix('s') if number == 1 else self.unit}" if self.unit else ""
        of = f" of {self._total:,}" if self._total is not None else ""
        parts = [f"{self.title}: {self.done:,}{of}{unit}"]
        rate = self.rate()
        if rate >= 0.05:  # less is shown as none
            parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
        with self._lock:
            quota = list(self._quota.items())
        for family, (used, allowed) in quota:
            parts.append(f"{family} {used:,.0f}" + (f"/{allowed:,.0f}" if allowed is not None else ""))
        left = self.left()
        if left is not None:
            parts.append(f"{_span(left)} left")
        return printable(", ".join(parts))

    def _line(self) -> None:
        self._to.note(self.text())

    def __rich__(self) -> Any:
        from rich.spinner import Spinner
        from rich.text import Text

        if self._spinner is None:
            self._spinner = Spinner("dots")
        self._spinner.update(text=Text(self.text(), overflow="ellipsis", no_wrap=True))
        return self._spinner

    def __enter__(self) -> Self:
        if self._to.err_tty and not self._to.quiet and not self._to.as_json and self._to.live is None:
            if not self._after:
                self._show()
            elif self._after < threading.TIMEOUT_MAX:
                self._timer = threading.Timer(self._after, self._show)
                self._timer.daemon = True
                self._timer.start()
        return self

    def _show(self) -> None:
        with self._screen:
            if not self._ended:
                self._to.live = self
                self._start()

    def _start(self) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(
            file=self._to.err, force_terminal=True, no_color=not self._to.err_color, markup=False, emoji=False
        )
        self._live = Live(
            self,
            console=console,
            transient=True,
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Clear the line for the length of the block, so that other text has the terminal to itself."""
        with self._screen:
            live, self._live = self._live, None
            if live is not None:
                live.stop()
            try:
                yield
            finally:
                if live is not None and self._to.live is self:
                    self._start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._screen:
            self._ended = True
            if self._to.live is self:
                self._to.live = None
            if self._live is not None:
                self._live.stop()
                self._live = None


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole} s"
