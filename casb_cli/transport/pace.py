"""The pace of one limit: what may be sent now, learned from what was answered. No threads, no clock of its own.

Where the provider's headers tell what is left, a gauge follows them. Where only refusals tell, a learner finds
the allowance: it keeps a little below what was last refused, and tries more after a long good while.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from casb_cli.core.app import HeaderDialect, Limit
from casb_cli.transport import retry
from casb_cli.transport.gauges import LAG, BucketGauge, FixedGauge, Gauge, OwnUse, Sent, SlidingGauge, Told

_HEADERLESS = 20
"""After so many answers in a row without limit headers, they are no longer expected."""
_GROW_AFTER = 100
_MAX_PAUSE = 60.0
_SAVED_FOR = 86_400.0
_CHANCE = 60.0
"""Seconds between two refusals beyond which the second is no sign of a pace that is too high."""


class Learner:
    """The allowance per window where nothing tells it: cut to what was really admitted, grown with patience."""

    def __init__(self, limit: Limit, use: OwnUse) -> None:
        self.allowed = float(limit.allowed)
        self.use = use
        self._ceiling = float(limit.allowed) if limit.known else math.inf
        self._starting = not limit.known
        self.careful = self._starting
        self._cut_at = -math.inf
        self._good = 0.0
        self._since_cut = 0.0
        self._bucket = limit.kind == "bucket"
        self._grown = 0
        self._grown_at = -math.inf
        self._next = -math.inf
        self._born: float | None = None

    def delay(self, now: float, cost: float, flying: float, *, share: float, spare: float) -> float:
        """Return the seconds until a call may go."""
        wait = self._held(now, cost, flying, share=share, spare=spare)
        if wait <= 0 or not self._starting:
            return wait
        step = min(max(self.use.window / 20, 0.5), 5.0)
        if now - self._grown_at >= step:
            # Held back by nothing but our own first guess: feel forward until something refuses.
            self.allowed = min(self.allowed * 1.5, self._ceiling)
            self._grown_at = now
            wait = self._held(now, cost, flying, share=share, spare=spare)
        return min(wait, max(self._grown_at + step - now, 0.001)) if wait > 0 else 0.0

    def _held(self, now: float, cost: float, flying: float, *, share: float, spare: float) -> float:
        allowed = max(self.allowed * share - spare, min(cost, 1.0))
        if self._bucket:
            # A bucket allows its whole size at once, the first call of it without a wait, then its refill; a tenth
            # is left for jitter.
            burst = 0.0 if self.careful else 0.9 * max(allowed - 1, 0.0)
            return max(self._next - burst * self.use.window / allowed - now, 0.0)
        used = self.use.used(now) + flying
        if used and used + cost > allowed + 1e-9:
            return max(self.use.until_free(now, used + cost - allowed), 0.001)
        return max(self._next - now, 0.0) if self.careful else 0.0

    def sent(self, now: float, cost: float, *, share: float) -> None:
        """Count a call that goes out; its cost spaces out the next one."""
        if self._born is None:
            self._born = now
        gap = self.use.window / max(self.allowed * share, 1e-9)
        # A late start is made good by the next calls, so that the pace holds on average; of a first guess a
        # quarter may go at once.
        slack = 0.0 if self._bucket and not self.careful else 2 * gap
        if self._starting:
            slack = self.use.window / 4
        self._next = max(self._next, now - slack) + cost * gap

    def admitted(self, now: float, cost: float, *, share: float) -> None:
        """Grow the allowance once it has been used fully for long enough without a refusal."""
        if self._bucket and not self.careful:
            # After an idle time the bucket was full until the call arrived, which may be as late as its answer.
            self._next = max(self._next, now + cost * self.use.window / max(self.allowed * share, 1e-9))
        self._good += cost
        self._since_cut += cost
        if self._starting or self.allowed >= self._ceiling:
            return
        if self.use.used(now) < 0.8 * self.allowed * share:
            return
        # After three steps without a refusal the limit must have risen: then larger ones, and sooner.
        patience, rest = (_GROW_AFTER, 1.0) if self._grown < 3 else (20, 0.5)
        if self._good < patience or now - max(self._grown_at, self._cut_at) < rest * self.use.window:
            return
        self._grown += 1
        step = 0.02 if self._grown <= 3 else min(0.02 * 2.0 ** (self._grown - 3), 0.25)
        self.allowed = min(self.allowed * (1 + step), self._ceiling)
        self._grown_at = now
        self._good = 0.0

    def refused(self, call: Sent, now: float) -> None:
        """Cut the allowance to a little less than what was admitted; calls sent before a cut tell nothing new."""
        if call.at <= self._cut_at:
            return
        measured = self.use.used(now)
        young = self._born is None or now - self._born < self.use.window
        if young and measured < 0.5 * self.allowed and not (self._starting or self._bucket):
            # Refused so early in our first window, it is owed to what ran before us and says nothing of the limit.
            return
        target = 0.96 * measured
        if measured < 20:
            # Too little went through to measure by: an outage is no limit of nought, and a published one stands.
            target = max(target, self.allowed * (0.9 if self._ceiling < math.inf else 0.5))
        elapsed = now - self._cut_at
        if elapsed < 3 * self.use.window:
            target = min(target, 0.95 * self.allowed)
            if self._bucket and elapsed > self.use.window / 8:
                # A bucket is empty at each refusal: what went through in between is its refill.
                target = min(target, 0.96 * self._since_cut / elapsed * self.use.window)
        self._since_cut = 0.0
        self.allowed = max(min(target, 0.98 * self.allowed), 1.0)
        if not self.careful:
            self._next = now
        self.careful = True
        self._starting = False
        self._cut_at = now
        self._good = 0.0
        self._grown = 0


@dataclass
class Meter:
    """One limit scope. Moments are monotonic seconds; `wall` is this machine's epoch time.

    `share` is the part of the limit that we may use; a hundredth is kept back for governance calls.
    """

    limit: Limit
    dialect: HeaderDialect
    share: float = 1.0
    flying: float = 0.0
    count: int = 0
    told: bool | None = None
    answers: int = 0
    refusals: int = 0
    _seq: int = 0
    _pause: float = -math.inf
    _strikes: int = 0
    _headerless: int = 0
    _rtt: float = 0.05
    _behind: float = -math.inf
    _ahead: float = math.inf
    _brake: float = math.inf
    _braked_at: float = -math.inf
    _last: float = -math.inf
    _first: float = math.inf
    _refused_at: float = -math.inf
    use: OwnUse = field(init=False)
    learner: Learner = field(init=False)
    gauge: Gauge = field(init=False)

    def __post_init__(self) -> None:
        self.use = OwnUse(self.limit.window)
        self.learner = Learner(self.limit, self.use)
        self.gauge = self._gauge(LAG)
        if self.dialect.remaining is None:
            self.told = False

    def _gauge(self, lag: float) -> Gauge:
        allowed, window = float(self.limit.allowed), float(self.limit.window)
        if self.limit.kind == "bucket":
            return BucketGauge(allowed, allowed / window)
        if self.limit.kind == "sliding":
            return SlidingGauge(allowed, self.use)
        return FixedGauge(allowed, window, lag=lag)

    def state(self, wall: float) -> dict[str, Any]:
        """Return what the next run should know; plain JSON."""
        return {
            "at": wall,
            "told": self.told,
            "allowed": self.learner.allowed,
            "careful": self.learner.careful,
            "lag": getattr(self.gauge, "lag", LAG),
            "limit": self.gauge.limit,
        }

    def used_before(self, age: float, units: float, now: float) -> None:
        """Take over what an earlier run used `age` seconds ago and that still counts."""
        if 0 <= age < self.limit.window and 0 < units < 1e12:
            self.use.add(now - age, units)

    def restore(self, state: Mapping[str, Any], wall: float) -> None:
        """Take over what an earlier run learned, unless it is a day old."""
        try:
            age = wall - float(state["at"])
            allowed, lag = float(state["allowed"]), float(state["lag"])
            careful = bool(state["careful"])
        except (KeyError, TypeError, ValueError):
            return
        if not 0 <= age < _SAVED_FOR or not 0 < allowed < 1e12:
            return
        self.learner.allowed = min(allowed, self.limit.allowed) if self.limit.known else allowed
        self.learner.careful = careful
        self.gauge = self._gauge(lag)

    @property
    def allowed(self) -> float:
        """The limit as far as it is known: told, or learned."""
        return self.gauge.limit if self.told else self.learner.allowed

    def delay(self, now: float, cost: float = 1.0, *, governance: bool = False) -> float:
        """Return the seconds until a call may go: 0 now, inf when an answer has to come first."""
        if self.count >= self.limit.concurrency:
            return math.inf
        if now < self._pause:
            return self._pause - now
        if self._brake < math.inf and now < self._last + 1 / self._brake:
            return self._last + 1 / self._brake - now
        spare = 0.0 if governance else float(min(int(self.allowed * 0.01), 50))
        if self.told is False:
            return self.learner.delay(now, cost, self.flying, share=self.share, spare=spare)
        if self.share < 1 and not governance:
            allowed = max(self.gauge.limit * self.share, cost)
            used = self.use.used(now) + self.flying
            if used + cost > allowed + 1e-9:
                return max(self.use.until_free(now, used + cost - allowed), 0.001)
        return self.gauge.delay(now, cost, self.flying, spare=spare)

    def sent(self, now: float, cost: float = 1.0) -> Sent:
        """Count a call that goes out now."""
        self._seq += 1
        call = Sent(self._seq, now, cost)
        self.flying += cost
        self.count += 1
        self._last = now
        self._first = min(self._first, now)
        if self.told is False:
            self.learner.sent(now, cost, share=self.share)
        else:
            self.gauge.sent(call)
        return call

    def dropped(self, call: Sent, *, counted: bool) -> None:
        """Take back a call that got no answer; `counted` when the provider may have received it."""
        self._landed(call)
        self.gauge.untold(call, counted=counted)

    def _landed(self, call: Sent) -> None:
        self.flying = max(self.flying - call.cost, 0.0)
        self.count -= 1

    def answered(
        self,
        call: Sent,
        now: float,
        wall: float,
        headers: Mapping[str, str],
        *,
        throttled: bool = False,
        after: float | None = None,
        tells: bool = True,
    ) -> None:
        """Learn from an answer.

        `after` is the pause that the app's rules read from it (seconds); `tells` is false where its limit
        headers speak of another family.
        """
        self._landed(call)
        self._rtt += 0.2 * (now - call.at - self._rtt)
        self.answers += 1
        told = self._told(call, now, wall, headers, throttled=throttled) if tells else None
        if told is not None:
            self.told = True
            self._headerless = 0
            self.gauge.told(call, now, told, flying=self.flying, rtt=self._rtt)
        else:
            self.gauge.untold(call, counted=not throttled)
            self._headerless += 1
            if (self.told is None and not throttled) or self._headerless >= _HEADERLESS:
                self.told = False
        if throttled:
            self.refusals += 1
            self._refused(call, now, wall, headers, told, after)
            return
        self._strikes = 0
        self.use.add(now, call.cost)
        if self.told is False:
            self.learner.admitted(now, call.cost, share=self.share)
        if self._brake < math.inf and now - self._braked_at > 10:
            self._brake *= 1.1
            self._braked_at = now
            if self._brake > 4 * self.allowed / self.limit.window:
                self._brake = math.inf

    def observed(self, now: float, wall: float, cost: float, headers: Mapping[str, str]) -> None:
        """Learn from an answer to another family's call that drew on this limit."""
        if self.told is None:
            self.told = True
        call = self.sent(now, cost)
        self._landed(call)
        told = self._told(call, now, wall, headers, throttled=False)
        if told is not None:
            self.gauge.told(call, now, told, flying=self.flying, rtt=self._rtt)

    def _told(self, call: Sent, now: float, wall: float, headers: Mapping[str, str], *, throttled: bool) -> Told | None:
        dialect = self.dialect
        if dialect.remaining is None:
            return None
        remaining = _units(headers.get(dialect.remaining))
        if remaining is None:
            return None
        limit = _units(headers.get(dialect.limit)) if dialect.limit else None
        if limit == 0:
            return None  # a limit of nought is no limit of this window: Okta says so of calls at once
        offset = self._offset(call, now, wall, headers)
        text = headers.get(dialect.reset, "") if dialect.reset else ""
        moment = retry.reset_epoch(text, dialect.reset_means, wall=now + offset) if text else None
        if moment is not None and abs(moment - offset - now) > 40 * 86_400:
            moment = None
        return Told(
            limit=limit,
            remaining=remaining,
            reset=None if moment is None else moment - offset,
            throttled=throttled,
        )

    def _offset(self, call: Sent, now: float, wall: float, headers: Mapping[str, str]) -> float:
        """Return the provider's epoch time minus our monotonic one, at its smallest: then no reset is early.

        `Date` is a whole second, so each answer bounds the difference from both sides; many narrow it.
        """
        date = retry.http_date(headers.get("date", ""))
        if date is None:
            return wall - now if self._behind == -math.inf else self._behind
        self._behind = max(self._behind, date - now)
        self._ahead = min(self._ahead, date + 1 - call.at)
        if self._behind > self._ahead + 0.5:  # a clock was set meanwhile
            self._behind, self._ahead = date - now, date + 1 - call.at
        return self._behind

    def _refused(
        self, call: Sent, now: float, wall: float, headers: Mapping[str, str], told: Told | None, after: float | None
    ) -> None:
        seconds = after if after is not None else retry.retry_after(headers, self.dialect, wall=wall)
        spent = told is not None and told.remaining < max(call.cost, 1.0)
        if seconds is not None:
            self._pause = max(self._pause, now + seconds + 0.02)
        elif spent and told is not None and told.reset is not None and told.reset > now:
            self._pause = max(self._pause, told.reset + 0.02)
        elif call.at >= self._pause:
            self._pause = now + min(retry.backoff(self._strikes, base=2.0), _MAX_PAUSE)
        if self.told is False:
            self.learner.refused(call, now)
        elif not spent and told is not None and call.at > self._braked_at:
            self._slow_down(now)
        self._refused_at = now
        self._strikes += 1

    def _slow_down(self, now: float) -> None:
        """Brake after a refusal though the allowance is not used up: a second, unspoken limit on the pace.

        A single one may be chance, and its pause is answer enough. Never slower than uses the told allowance up.
        """
        if now - self._refused_at > _CHANCE:
            return
        recent = self.use.since(now - 10) / min(10.0, max(now - self._first, 1.0))
        floor = max(self.gauge.limit / self.limit.window, 0.2)
        self._brake = max(min(self._brake, recent) * 0.7, floor)
        self._braked_at = now


def _units(text: str | None) -> float | None:
    """Return a header's number of units; the first where a list is given."""
    if text is None:
        return None
    try:
        value = float(text.split(",")[0].split(";")[0].strip())
    except ValueError:
        return None
    return max(value, 0.0) if abs(value) < 1e12 else None
