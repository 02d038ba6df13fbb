"""Governors: one per limit scope, shared by all threads, so that calls use what is allowed and no more."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from casb_cli.core.app import App, Budget, HeaderDialect, Limit
from casb_cli.core.errors import Stopped, Throttled
from casb_cli.core.protocols import RateMemory
from casb_cli.core.shapes import from_plain
from casb_cli.transport.calls import Call
from casb_cli.transport.gauges import Sent
from casb_cli.transport.pace import Meter

_LOOK = 0.1
"""How often a waiting call looks for a stop (seconds)."""
_MOST_SCOPES = 256
_FLUSH_EVERY = 50
_NEGLIGIBLE = 0.02
"""Of a user's limit so little may be forgotten, where users are many."""
_OWN = "~of:"
"""Marks the scope of one identity within a limit that all share."""
OTHERS = "~others"
"""Stands in the place of a user, for all who made few calls."""
_RECENT = "recent"
"""Under which the use of every scope is kept for the run that follows at once."""


class Governor:
    """One limit scope's meter with its waiting threads: first come, first served, governance first of all."""

    def __init__(self, meter: Meter, stop: threading.Event, clock: Callable[[], float]) -> None:
        self.meter = meter
        self._stop = stop
        self._clock = clock
        self._turn = threading.Lock()
        self._change = threading.Condition(threading.Lock())

    def acquire(self, cost: float, *, governance: bool = False, deadline: float | None = None) -> Sent:
        """Wait until the call may go; raises Stopped, or Throttled where that would be after the deadline."""
        if governance:
            return self._wait(cost, governance=True, deadline=deadline)
        # Only the first in line looks at the clock; the others wait for its turn to end.
        with self._turn:
            return self._wait(cost, governance=False, deadline=deadline)

    def _wait(self, cost: float, *, governance: bool, deadline: float | None) -> Sent:
        with self._change:
            while True:
                if self._stop.is_set():
                    raise Stopped("stopped while waiting for the provider's limit")
                now = self._clock()
                delay = self.meter.delay(now, cost, governance=governance)
                if delay <= 0:
                    return self.meter.sent(now, cost)
                if deadline is not None and now + (0 if delay == float("inf") else delay) > deadline:
                    raise Throttled("the provider's limit leaves no call within the time allowed", retry_after=delay)
                self._change.wait(min(delay, _LOOK))

    def answered(
        self, sent: Sent, headers: Mapping[str, str], *, throttled: bool, after: float | None, tells: bool
    ) -> None:
        """Learn from an answer and let waiting calls look again."""
        with self._change:
            self.meter.answered(
                sent, self._clock(), time.time(), headers, throttled=throttled, after=after, tells=tells
            )
            self._change.notify_all()

    def observed(self, cost: float, headers: Mapping[str, str]) -> None:
        """Learn from another family's answer that tells about this limit."""
        with self._change:
            self.meter.observed(self._clock(), time.time(), cost, headers)

    def dropped(self, sent: Sent, *, counted: bool) -> None:
        """Give back the place of a call that got no answer."""
        with self._change:
            self.meter.dropped(sent, counted=counted)
            self._change.notify_all()


class Lease:
    """One call's place within its limits; told what the answer said before it is given back.

    `waited` is how long it took to get (seconds).
    """

    def __init__(self, governors: Governors, call: Call, places: list[tuple[Governor, Sent]], waited: float) -> None:
        """`places` is the caller's own part of the limit, where it has one, and last the whole limit."""
        self.waited = waited
        self._governors = governors
        self._call = call
        self._places = places

    def answered(
        self, headers: Mapping[str, str], *, throttled: bool = False, after: float | None = None, own: bool = False
    ) -> None:
        """Learn from an answer's headers; `after` is the pause that the provider asked for, in seconds.

        `own` tells that the caller's own part of the limit was used up, not the whole.
        """
        if not self._places:
            return
        other = self._governors.told_family(self._call, headers)
        refused = self._places[0 if own else -1][0]
        for governor, sent in self._places:
            if throttled and governor is not refused:
                governor.dropped(sent, counted=False)  # the other one refused it, before this one counted it
            else:
                tells = other is None and governor is self._places[-1][0]
                governor.answered(sent, headers, throttled=throttled, after=after, tells=tells)
        self._places = []
        if other is not None:
            other.observed(self._call.cost, headers)

    def _end(self) -> None:
        for governor, sent in self._places:
            governor.dropped(sent, counted=True)
        self._places = []


class Governors:
    """All governors of one credential of an instance, made when a scope is first used.

    `scope` names the credential in what is remembered. `share` is the part of each limit that may be used.
    """

    def __init__(
        self,
        app: App,
        scope: str,
        *,
        memory: RateMemory | None = None,
        stop: threading.Event | None = None,
        share: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.scope = scope
        self.stop = stop or threading.Event()
        self.share = share
        self._memory = memory
        self._clock = clock
        self._all: OrderedDict[str, Governor] = OrderedDict()
        self._lock = threading.Lock()
        self._families = {limit.family: limit for limit in app.limits}
        self._budgets = {budget.key: budget for budget in app.budgets}
        self._spent: dict[str, int] = {}
        self._unsaved: dict[str, int] = {}
        self._recent: Mapping[str, list[tuple[float, float]]] | None = None
        self._answered: Counter[str] = Counter()
        """Answers of the scopes that were forgotten."""

    def narrow(self, share: float) -> None:
        """Use at most this share of each limit from now on; a lower one stays."""
        with self._lock:
            self.share = min(self.share, share)
            for governor in self._all.values():
                governor.meter.share = self.share

    def of(self, call: Call) -> Governor:
        """Return the governor of a call's scope: its family, and the user or identity that the provider counts."""
        return self._get(call.family, _who(call, self._limit(call.family)))

    def own_of(self, call: Call) -> Governor | None:
        """Return the governor of what the call's identity may use of its family's limit, or None where it may all."""
        limit = self._limit(call.family)
        if limit.one_may is None or call.identity.kind == "nobody":
            return None
        return self._get(call.family, f"{_OWN}{call.identity.id}")

    def told_family(self, call: Call, headers: Mapping[str, str]) -> Governor | None:
        """Return the governor of another family that the answer's headers speak of, or None."""
        name = self.app.dialect.resource
        told = headers.get(name, "") if name else ""
        if not told or told == call.family or told not in self._families:
            return None
        return self._get(told, _who(call, self._families[told]))

    def _limit(self, family: str) -> Limit:
        # `lookup:eu-west-1`: a limit that the provider counts for each of something, under the declared name.
        known = self._families.get(family) or self._families.get(family.partition(":")[0])
        # An undeclared family has no published limit: start low and learn.
        return known or Limit(family=family, allowed=60, window=60, concurrency=4, kind="sliding", known=False)

    def _get(self, family: str, who: str) -> Governor:
        key = family + who
        with self._lock:
            governor = self._all.get(key)
            if governor is not None:
                self._all.move_to_end(key)
                return governor
            declared = family.partition(":")[0] in self._families
            dialect = self.app.dialect
            if not declared:
                # Its headers, if any, speak of limits that nobody declared; a pause holds all the same.
                dialect = HeaderDialect(retry_after=dialect.retry_after, retry_after_means=dialect.retry_after_means)
            limit = self._limit(family)
            if who.startswith(_OWN) and limit.one_may is not None:
                limit = msgspec.structs.replace(limit, allowed=limit.one_may)
            meter = Meter(limit, dialect, self.share)
            if self._memory is not None and not who:
                state = self._memory.load(self._name(key))
                if state is not None:
                    meter.restore(state, time.time())
            self._take_recent(meter, key)
            governor = self._all[key] = Governor(meter, self.stop, self._clock)
            if len(self._all) > _MOST_SCOPES:
                self._forget_idle()
            return governor

    def _take_recent(self, meter: Meter, key: str) -> None:
        """Count what earlier runs used just before this one: the provider still does."""
        if self._memory is None:
            return
        if self._recent is None:
            self._recent = _moments(self._memory.load(self._name(_RECENT)) or {})
        for moment, units in self._recent.get(key, ()):
            meter.used_before(time.time() - moment, units, self._clock())

    def _forget_idle(self) -> None:
        now = self._clock()
        for key, governor in list(self._all.items())[: _MOST_SCOPES // 4]:
            meter = governor.meter
            if meter.count == 0 and meter.use.used(now) <= meter.allowed * _NEGLIGIBLE and meter.delay(now) <= 0:
                if _OWN not in key:
                    self._answered[_counted_as(key, meter.answers, meter)] += meter.answers
                del self._all[key]

    def _window(self, key: str) -> float:
        return self._limit(key.partition("~")[0]).window

    def _name(self, key: str) -> str:
        return f"{self.scope}:{key}"

    @contextmanager
    def slot(self, call: Call, *, deadline: float | None = None) -> Iterator[Lease]:
        """Wait for the call's turn and hold its place; raises Stopped, or Throttled beyond the deadline.

        A place given back without an answer counts as used.
        """
        self._spend(call)
        own = self.own_of(call)
        begun = self._clock()
        places: list[tuple[Governor, Sent]] = []
        lease = Lease(self, call, places, 0.0)
        try:
            # The own part first: waiting for it keeps nobody from what is left of the whole.
            for governor in (own, self.of(call)) if own is not None else (self.of(call),):
                try:
                    places.append(
                        (governor, governor.acquire(call.cost, governance=call.governance, deadline=deadline))
                    )
                except (Stopped, Throttled):
                    for held, sent in places:
                        held.dropped(sent, counted=False)
                    places.clear()
                    raise
            lease.waited = self._clock() - begun
            yield lease
        finally:
            lease._end()  # noqa: SLF001 - its own lease

    def _spend(self, call: Call) -> None:
        budget = self._budgets.get(call.budget or "")
        if budget is None:
            return
        period = _period_at(budget, int(time.time() // 3600))
        key = f"{budget.key} {period}"
        with self._lock:
            if key not in self._spent:
                self._spent[key] = self._memory.spent(budget.key, period) if self._memory else 0
            if budget.allowed is not None and self._spent[key] >= budget.allowed * self.share and not call.governance:
                raise Throttled(
                    f"the {budget.period}'s budget of {budget.allowed} calls (`{budget.key}`) is used up",
                    call=call.name,
                    hint="raise the budget or the quota share, or go on in the next period",
                )
            units = max(int(call.cost), 1)
            self._spent[key] += units
            self._unsaved[key] = self._unsaved.get(key, 0) + units
            if self._unsaved[key] >= _FLUSH_EVERY:
                self._flush()

    def _flush(self) -> None:
        for key, units in self._unsaved.items():
            name, period = key.rsplit(" ", 1)
            if self._memory is not None and units:
                # Other processes spend from it as well: what comes back is everyone's use.
                self._spent[key] = self._memory.spend(name, period, units)
        self._unsaved.clear()

    def save(self) -> None:
        """Keep what was learned and spent for the next run; raises StoreError."""
        with self._lock:
            self._flush()
            if self._memory is None:
                return
            for key, governor in self._all.items():
                if "~" not in key and governor.meter.answers:
                    self._memory.save(self._name(key), governor.meter.state(time.time()))
            wall = time.time()
            # What this run did not touch still counts for the next one.
            used = {
                key: [(moment, units) for moment, units in parts if wall - moment < self._window(key)]
                for key, parts in (self._recent or {}).items()
            }
            for key, governor in self._all.items():
                used[key] = [(at, units) for at, units in governor.meter.use.parts(self._clock(), wall)]
            if any(used.values()):
                self._memory.save(self._name(_RECENT), {"used": {key: parts for key, parts in used.items() if parts}})

    def answered(self) -> dict[str, int]:
        """Return how many calls were answered, by scope, forgotten ones too.

        Users who made no more calls than one window allows are counted together, under the family and `OTHERS`:
        a big company has tens of thousands.
        """
        with self._lock:
            found = Counter(self._answered)
            for key, governor in self._all.items():
                if _OWN not in key:
                    meter = governor.meter
                    found[_counted_as(key, meter.answers + self._answered[key], meter)] += meter.answers
        return {key: answers for key, answers in found.items() if answers}

    def ledger(self) -> list[dict[str, float | str | bool | None]]:
        """Return, for each scope used: its allowance per window, what we used of it, refusals and calls."""
        with self._lock:
            scopes = [(key, governor) for key, governor in self._all.items() if _OWN not in key]
        return [
            {
                "scope": key,
                "allowed": governor.meter.allowed,
                "window": governor.meter.limit.window,
                "used": governor.meter.use.used(self._clock()),
                "answers": governor.meter.answers,
                "refusals": governor.meter.refusals,
                "told": governor.meter.told,
            }
            for key, governor in scopes
        ]


def _counted_as(key: str, answers: int, meter: Meter) -> str:
    family, _, who = key.partition("~")
    return family + OTHERS if who.startswith("user:") and answers <= meter.limit.allowed else key


def _moments(state: Mapping[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Return what was used, by scope, as epoch seconds and units; what is not of this form says nothing."""
    try:
        return from_plain(state.get("used") or {}, dict[str, list[tuple[float, float]]])
    except msgspec.ValidationError:
        return {}


def _who(call: Call, limit: Limit) -> str:
    if call.identity.kind == "user":
        return f"~user:{call.identity.id}" if limit.per == "user" else ""
    return "" if call.identity.kind == "instance" else f"~{call.identity.kind}"


@lru_cache(maxsize=16)
def _period_at(budget: Budget, hour: int) -> str:
    return period_of(budget, datetime.fromtimestamp(hour * 3600, UTC))


def period_of(budget: Budget, moment: datetime) -> str:
    """Return the name of the period that `moment` lies in: `2026-11`, `2026-11-22` or `2026-11-22T05`, UTC."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H")
    return text[: {"month": 7, "day": 10, "hour": 13}[budget.period]]
