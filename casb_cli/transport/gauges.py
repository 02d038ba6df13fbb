"""What is left of a limit, as the provider's headers tell it: one gauge for each kind of limit.

Gauges are plain arithmetic over moments of a monotonic clock (seconds); they neither wait nor lock. `inf` as a
delay means: wait for an answer that is under way.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol

LAG = 0.05
"""A window is taken as over so much after its told end (seconds); grows where that proves too early."""
_MAX_LAG = 1.6


_PARTS = 24
"""Into so many parts a window is cut when its use is kept for the next run."""


class OwnUse:
    """What we used within the last `window` seconds, each use counted from its answer, so never too little."""

    def __init__(self, window: float) -> None:
        self.window = window
        self.total = 0.0
        self._grain = window / 1000
        self._uses: deque[list[float]] = deque()

    def add(self, now: float, cost: float) -> None:
        """Count a use that was answered now."""
        self.total += cost
        if self._uses and now - self._uses[-1][2] < self._grain:
            self._uses[-1][0] = now
            self._uses[-1][1] += cost
        else:
            self._uses.append([now, cost, now])

    def used(self, now: float) -> float:
        """Return what was used within the window that ends now."""
        while self._uses and self._uses[0][0] + self.window <= now:
            self.total -= self._uses.popleft()[1]
        if not self._uses:
            self.total = 0.0
        return self.total

    def until_free(self, now: float, units: float) -> float:
        """Return the seconds until `units` of what was used have left the window; inf where never."""
        freed = 0.0
        for moment, cost, _ in self._uses:
            freed += cost
            if freed >= units - 1e-9:
                return max(moment + self.window - now, 0.0)
        return math.inf

    def parts(self, now: float, wall: float) -> list[list[float]]:
        """Return what was used within the window that ends now, as pairs of epoch seconds and units, oldest first.

        A part of the window is one pair, at its last moment: parts begin at fixed times, so that what is read back
        and told again by run after run stays in its own.
        """
        self.used(now)
        step = self.window / _PARTS
        found: dict[int, list[float]] = {}
        for moment, cost, _ in self._uses:
            at = wall - (now - moment)
            part = found.setdefault(int(at // step), [at, 0.0])
            part[0] = max(part[0], at)
            part[1] += cost
        return list(found.values())

    def since(self, moment: float) -> float:
        """Return what was used after `moment`, as far as the window reaches."""
        return sum(cost for at, cost, _ in self._uses if at > moment)


@dataclass
class Told:
    """What one answer's headers tell; `reset` is on the monotonic clock."""

    limit: float | None
    remaining: float
    reset: float | None
    throttled: bool


@dataclass
class Sent:
    """One call under way."""

    seq: int
    at: float
    cost: float
    probe: bool = False


class Gauge(Protocol):
    """How much may be sent, for one kind of limit."""

    limit: float

    def delay(self, now: float, need: float, flying: float, *, spare: float) -> float:
        """Return the seconds until `need` units may go while `flying` are under way and `spare` is kept."""

    def sent(self, call: Sent) -> None:
        """Count a call that goes out."""

    def told(self, call: Sent, now: float, told: Told, *, flying: float, rtt: float) -> None:
        """Learn from an answer; `flying` are the units still under way."""

    def untold(self, call: Sent, *, counted: bool) -> None:
        """Note that a call got an answer without these headers, or none at all."""


class FixedGauge:
    """A window that starts anew at a told moment: use what remains, then wait for the reset.

    Behind a reset one call goes ahead to learn the new window. Where others draw on the same allowance, the
    last units are taken one at a time and a few are left.
    """

    def __init__(self, limit: float, window: float, *, lag: float = LAG) -> None:
        self.limit = limit
        self.window = window
        self.lag = min(max(lag, LAG), _MAX_LAG)
        self._left: float | None = None
        self._reset = 0.0
        self._own = 0.0
        self._probe: int | None = None
        self._others = 0.0
        self._scare = 0.0
        self._rtt = 0.0
        self._seen = 0.0

    def delay(self, now: float, need: float, flying: float, *, spare: float) -> float:
        if self._left is None or now >= self._reset + self.lag:
            return 0.0 if self._probe is None else math.inf
        tail = 5 * (1 + self._others * self._rtt)
        left = self._left - flying
        if self._others or self._scare:
            left -= min(self._others * (now - self._seen) * 1.5, self._caution())
            if left - spare < tail and flying:
                return self._reset + self.lag - now
            left -= min(1 + math.ceil(self._others * self._rtt * 2) + self._scare, self._caution())
        if left - spare >= need:
            return 0.0
        return max(self._reset + self.lag - now, 0.001)

    def _caution(self) -> float:
        return max(2.0, 0.02 * self.limit)

    def sent(self, call: Sent) -> None:
        if self._left is None or call.at >= self._reset + self.lag:
            self._probe = call.seq
            call.probe = True
        self._own += call.cost

    def told(self, call: Sent, now: float, told: Told, *, flying: float, rtt: float) -> None:
        self._rtt = rtt
        if call.seq == self._probe:
            self._probe = None
        reset = told.reset if told.reset is not None else (self._reset if self._left is not None else now)
        slack = min(self.window / 2, max(1.5, self.window / 20))
        if told.throttled and call.probe and reset <= now and told.remaining <= 0:
            # The told end, a whole second often, came before the real one.
            self.lag = min(max(self.lag * 2, 0.3), _MAX_LAG)
            self._left, self._reset = 0.0, max(reset, now - self.lag / 2)
            return
        if told.reset is None and (self._left is None or call.at >= self._reset + self.lag):
            reset = now + self.window
        if self._left is None or reset > self._reset + slack:
            self.window = max(self.window, reset - now) if self._left is None else self.window
            self._own = call.cost + flying
            self._left, self._reset = told.remaining, reset
            self._scare *= 0.8
        elif reset < self._reset - slack:
            return
        elif told.limit is not None and told.limit != self.limit:
            self._left = told.remaining
        else:
            if told.throttled and self._left - flying >= call.cost:
                self._scare = min(self._scare + 1, self._caution())
            self._left = min(self._left, told.remaining)
        if told.limit is not None:
            self.limit = told.limit
        self._seen = now
        elapsed = now - (self._reset - self.window)
        if elapsed > self.window / 20:
            others = max(self.limit - told.remaining - self._own, 0.0)
            self._others = others / elapsed if others > max(1.0, 0.01 * self.limit) else self._others * 0.9
            if self._others * self.window < 0.5:
                self._others = 0.0

    def untold(self, call: Sent, *, counted: bool) -> None:
        if call.seq == self._probe:
            self._probe = None
        if counted and self._left is not None:
            self._left -= call.cost


class BucketGauge:
    """An allowance that refills steadily: keep a small standing level, send at the rate of the refill.

    The level is corrected by every answer; the refill that is left to us (others' use taken off) is measured.
    """

    def __init__(self, limit: float, rate: float) -> None:
        self.limit = limit
        self._declared = rate
        self._rate = rate
        self._level: float | None = None
        self._at = 0.0
        self._seq = -1
        self._probe: int | None = None
        self._mark: tuple[float, float] | None = None
        self._done = 0.0
        self._scare = 0.0

    def delay(self, now: float, need: float, flying: float, *, spare: float) -> float:
        del flying  # the level has what is under way taken off
        if self._level is None:
            return 0.0 if self._probe is None else math.inf
        floor = min(spare + 2 + self._scare, self.limit / 3)
        level = min(self._level + self._rate * (now - self._at), self.limit)
        missing = min(need + floor, self.limit) - level
        return 0.0 if missing <= 1e-9 else missing / self._rate

    def sent(self, call: Sent) -> None:
        if self._level is None:
            self._probe = call.seq
            return
        self._level = min(self._level + self._rate * (call.at - self._at), self.limit) - call.cost
        self._at = call.at

    def told(self, call: Sent, now: float, told: Told, *, flying: float, rtt: float) -> None:
        del rtt
        if call.seq == self._probe:
            self._probe = None
        if told.limit is not None and told.limit > 0:
            if told.limit != self.limit and self._level is not None:
                self._rate *= told.limit / self.limit
                self._declared *= told.limit / self.limit
                self._mark = None
            self.limit = told.limit
        if not told.throttled:
            self._done += call.cost
            self._scare *= 0.995
        elif (self._level or 0.0) > 0:
            self._scare = min(self._scare + 1, max(4.0, 0.05 * self.limit))
        level = told.remaining - flying
        if call.seq > self._seq or self._level is None:
            self._seq = call.seq
            self._level, self._at = level, now
        else:
            present = self._level + self._rate * (now - self._at)
            self._level, self._at = min(present, level), now
        self._measure(now, told.remaining)

    def _measure(self, now: float, remaining: float) -> None:
        if remaining >= self.limit - 1 or self._mark is None:
            self._mark = (now, remaining)
            self._done = 0.0
            return
        then, before = self._mark
        if now - then < max(1.0, 5 / self._declared):
            return
        rate = (remaining - before + self._done) / (now - then)
        blended = 0.6 * self._rate + 0.4 * max(rate, 0.0)
        self._rate = min(max(blended, self._declared / 20), self._declared * 4)
        self._mark = (now, remaining)
        self._done = 0.0

    def untold(self, call: Sent, *, counted: bool) -> None:
        if call.seq == self._probe:
            self._probe = None
        if not counted and self._level is not None:
            self._level += call.cost


class SlidingGauge:
    """What we used comes back one window later; the told remainder is the truth in between."""

    def __init__(self, limit: float, use: OwnUse) -> None:
        self.limit = limit
        self._use = use
        self._left: float | None = None
        self._used = 0.0
        self._seq = -1
        self._seen = 0.0
        self._probe: int | None = None
        self._scare = 0.0
        self._shared = False

    def delay(self, now: float, need: float, flying: float, *, spare: float) -> float:
        if self._left is None:
            return 0.0 if self._probe is None else math.inf
        used = self._use.used(now)
        back = max(self._used - used, 0.0)
        left = min(self._left + back, self.limit - used) - flying
        left -= max(2.0, 0.02 * self.limit) if self._shared else min(self._scare, 2.0)
        if left - spare >= need:
            return 0.0
        if now - self._seen >= self._use.window and self._probe is None and not flying:
            return 0.0  # whatever others used has come back by now: ask
        wait = self._use.until_free(now, need + spare - left)
        return max(min(wait, self._seen + self._use.window - now), 0.001) if not flying else max(wait, 0.001)

    def sent(self, call: Sent) -> None:
        if self._left is None:
            self._probe = call.seq

    def told(self, call: Sent, now: float, told: Told, *, flying: float, rtt: float) -> None:
        del rtt
        if call.seq == self._probe:
            self._probe = None
        if told.limit is not None and told.limit > 0:
            self.limit = told.limit
        if told.throttled and self._left is not None and self._left > 0:
            self._scare += 1
        elif self._scare:
            self._scare = max(self._scare - 0.005, 0.0)
        used = self._use.used(now) + (0.0 if told.throttled else call.cost)
        # Where others use a tenth or more, their next call may fall between an answer and ours.
        self._shared = self.limit - told.remaining - used - flying > 0.1 * self.limit
        if call.seq > self._seq or self._left is None:
            self._seq = call.seq
            self._left, self._used, self._seen = told.remaining, used, now
        else:
            # An older answer: what it tells may only lower what we believe.
            self._left = min(self._left, told.remaining)

    def untold(self, call: Sent, *, counted: bool) -> None:
        if call.seq == self._probe:
            self._probe = None
        if counted and self._left is not None:
            self._left -= call.cost
