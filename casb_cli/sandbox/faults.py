"""Faults by logical call: which request meets what, on schedule or by chance, bounded so that retries pass."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from casb_cli.sandbox import chance
from casb_cli.sandbox.wire import Route

FaultKind = Literal[
    "throttle",
    "error-before",
    "error-after",
    "lost",
    "expired-token",
    "expired-cursor",
    "duplicate-page",
    "truncated",
    "limit-halved",
    "limit-doubled",
    "slow",
]
KINDS: tuple[FaultKind, ...] = (
    "throttle",
    "error-before",
    "error-after",
    "lost",
    "expired-token",
    "expired-cursor",
    "duplicate-page",
    "truncated",
    "limit-halved",
    "limit-doubled",
)
"""What chance draws from; `slow` happens on schedule only."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong.

    `throttle` answers in the vendor's dialect with `wait` seconds; `error-before` and `error-after` answer
    `status` before or after the effect; `lost` closes the connection after it; `expired-token` kills the token
    in use; `expired-cursor` rejects the cursor; `duplicate-page` delivers a page twice; `truncated` stops a
    download half way; `limit-halved` and `limit-doubled` change the allowance; `slow` waits `wait` seconds.
    """

    kind: FaultKind
    status: int = 502
    wait: float = 1.0


class Planned(msgspec.Struct, kw_only=True):
    """A fault on the `nth` call (from 1, counted from when it was planned) of a logical name, `times` times."""

    name: str
    fault: Fault
    nth: int = 1
    times: int = 1


def applies(kind: FaultKind, route: Route) -> bool:
    """Tell whether a kind of fault makes sense on a call."""
    if route.free:
        return False
    if kind in {"expired-cursor", "duplicate-page"}:
        return route.paged
    if kind == "truncated":
        return route.download
    return True


_PASS = re.compile(r"/[0-9]{10}/[^/]+")
"""In the path of a link: the second until which it is good, and what signs that."""
_TOKEN_SERVES = 32
"""Calls that a token serves at least where tokens die by chance: more than readers are at work at once, or one of them
could be late each time."""


class Faults:
    """The schedule of one provider; `taken` counts the faults played, by kind."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self._planned: list[Planned] = []
        self._rate = 0.0
        self._seed = 0
        self._kinds: tuple[FaultKind, ...] = ()
        self._wait = 1.0
        self._most = 2
        self._drawn = 0
        self._died = -_TOKEN_SERVES
        self._streak: dict[str, int] = {}
        self._forgotten: dict[str, int] = {}

    def plan(
        self,
        name: str,
        kind: FaultKind,
        *,
        nth: int = 1,
        times: int = 1,
        status: int = 502,
        wait: float = 1.0,
    ) -> None:
        """Let the `nth` next call of `name` (`*`: any call) meet a fault, and `times` - 1 calls after it."""
        fault = Fault(kind=kind, status=status, wait=wait)
        self._planned.append(Planned(name=name, fault=fault, nth=nth, times=times))

    def randomly(
        self,
        rate: float,
        *,
        seed: int = 1,
        kinds: tuple[FaultKind, ...] = KINDS,
        wait: float = 1.0,
        most: int = 2,
    ) -> None:
        """Let a share `rate` of all calls meet one of `kinds`, the same target at most `most` times in a row."""
        self._rate, self._seed, self._kinds, self._wait, self._most = rate, seed, kinds, wait, most
        self._forgotten.clear()

    def clear(self) -> None:
        """Plan nothing any more."""
        self._planned.clear()
        self._rate = 0.0
        self._streak.clear()

    def take(self, route: Route, target: str) -> Fault | None:
        """Return what this call of `route` (to the raw `target`) meets, counting it as played."""
        # Passes in a query, or in a path, change with every retry; pages are told apart by their query.
        same = target if route.paged else _PASS.sub("", target.partition("?")[0])
        fault = self._scheduled(route) or self._chance(route, same)
        if fault is not None:
            self.taken[fault.kind] = self.taken.get(fault.kind, 0) + 1
        return fault

    def _scheduled(self, route: Route) -> Fault | None:
        found = None
        for planned in list(self._planned):
            if planned.name not in ("*", route.name) or not applies(planned.fault.kind, route):
                continue
            planned.nth -= 1
            if planned.nth > 0 or found is not None:
                continue
            found = planned.fault
            planned.times -= 1
            if planned.times <= 0:
                self._planned.remove(planned)
        return found

    def _chance(self, route: Route, target: str) -> Fault | None:
        if not self._rate or route.free:
            return None
        self._drawn += 1
        bits = chance.mix(self._seed, self._drawn)
        # Readers draw in no certain order: a listing that met one at each of its pages would begin anew too often.
        path = target.partition("?")[0]
        spent = {"expired-cursor"} if self._forgotten.get(path, 0) >= self._most else set()
        kinds = [kind for kind in self._kinds if kind not in spent and applies(kind, route)]
        if (bits % 1_000_000) / 1_000_000 >= self._rate or not kinds:
            self._streak.pop(target, None)
            return None
        if self._streak.get(target, 0) >= self._most:
            self._streak.pop(target, None)
            return None
        kind = kinds[(bits >> 24) % len(kinds)]
        if kind == "expired-token":
            # All readers share the token: one that dies at every few calls would let none of them through.
            if self._drawn - self._died < _TOKEN_SERVES:
                return None
            self._died = self._drawn
        if kind == "expired-cursor":
            self._forgotten[path] = self._forgotten.get(path, 0) + 1
        self._streak[target] = self._streak.get(target, 0) + 1
        statuses = (500, 502, 503, 504)
        return Fault(kind=kind, status=statuses[(bits >> 40) % 4], wait=self._wait)
