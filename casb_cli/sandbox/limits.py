"""Allowances as providers give them: fixed and sliding windows, token buckets, concurrency caps, per user."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Literal

import msgspec


class LimitSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One allowance: `allowed` units in `window` seconds, counted apart for each key.

    A `bucket` holds `burst` units (default `allowed`) and refills evenly. `shared` is the part that another
    client of the same tenant uses up all the time (0.3: thirty per cent).
    """

    kind: Literal["fixed", "sliding", "bucket", "concurrency"] = "fixed"
    allowed: float
    window: float = 1.0
    burst: float | None = None
    shared: float = 0.0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a limiter says to one call; `reset` is epoch seconds, `wait` seconds until one more is admitted."""

    admitted: bool
    limit: int
    remaining: int
    used: int
    reset: float
    wait: float


class _Account:
    __slots__ = ("foreign", "level", "since", "stamps", "used")

    def __init__(self, now: float, level: float) -> None:
        self.since = now
        self.used = 0.0
        self.foreign = 0.0
        self.level = level
        self.stamps: deque[float] = deque()


class Limiter:
    """Counts calls against a spec; `admitted` and `rejected` count what it said. `scale` changes it at run time."""

    def __init__(self, spec: LimitSpec) -> None:
        self.spec = spec
        self.factor = 1.0
        self.admitted = 0
        self.rejected = 0
        self._accounts: dict[str, _Account] = {}

    @property
    def allowed(self) -> float:
        """The units allowed in a window now."""
        return max(self.spec.allowed * self.factor, 1.0)

    def scale(self, factor: float) -> None:
        """Set the allowance to `factor` times the spec's."""
        self.factor = factor

    def reset(self) -> None:
        """Forget all use."""
        self._accounts.clear()
        self.factor, self.admitted, self.rejected = 1.0, 0, 0

    def take(self, key: str = "", cost: float = 1.0, now: float | None = None) -> Verdict:
        """Count one call of `cost` units by `key`; `now` is epoch seconds (default: the present)."""
        moment = time.time() if now is None else now
        account = self._accounts.get(key)
        if account is None:
            burst = self.spec.burst if self.spec.burst is not None else self.allowed
            # Windows begin on whole seconds, so that a reset told in epoch seconds is exact.
            since = math.floor(moment) if self.spec.kind == "fixed" else moment
            account = self._accounts[key] = _Account(since, burst)
        verdict = getattr(self, "_" + self.spec.kind)(account, cost, moment)
        if verdict.admitted:
            self.admitted += 1
        else:
            self.rejected += 1
        return verdict  # type: ignore[no-any-return]

    def refund(self, key: str = "", cost: float = 1.0) -> None:
        """Give back what an admitted call of a fixed window cost: some answers are free."""
        account = self._accounts.get(key)
        if account is not None:
            account.used = max(account.used - cost, 0.0)

    def release(self, key: str = "") -> None:
        """Tell a concurrency cap that a call has ended."""
        account = self._accounts.get(key)
        if account is not None and self.spec.kind == "concurrency":
            account.used = max(account.used - 1, 0)

    def _fixed(self, account: _Account, cost: float, now: float) -> Verdict:
        window, allowed = self.spec.window, self.allowed
        if now >= account.since + window:
            account.since += (now - account.since) // window * window
            account.used = 0.0
        foreign = allowed * self.spec.shared * min((now - account.since) / window, 1.0)
        reset = account.since + window
        admitted = account.used + foreign + cost <= allowed
        if admitted:
            account.used += cost
        return self._verdict(admitted, allowed - account.used - foreign, reset, reset - now)

    def _sliding(self, account: _Account, cost: float, now: float) -> Verdict:
        window, stamps = self.spec.window, account.stamps
        allowed = self.allowed * (1 - self.spec.shared)
        while stamps and stamps[0] <= now - window:
            stamps.popleft()
        admitted = len(stamps) + cost <= allowed
        if admitted:
            stamps.extend([now] * max(int(cost), 1))
        reset = (stamps[0] if stamps else now) + window
        return self._verdict(admitted, allowed - len(stamps), reset, reset - now)

    def _bucket(self, account: _Account, cost: float, now: float) -> Verdict:
        burst = (self.spec.burst if self.spec.burst is not None else self.spec.allowed) * self.factor
        rate = self.allowed / self.spec.window * (1 - self.spec.shared)
        account.level = min(account.level + (now - account.since) * rate, max(burst, 1.0))
        account.since = now
        admitted = account.level >= cost
        if admitted:
            account.level -= cost
        wait = max(cost - account.level, 0.0) / rate
        return self._verdict(admitted, account.level, now + (burst - account.level) / rate, wait)

    def _concurrency(self, account: _Account, cost: float, now: float) -> Verdict:
        admitted = account.used + cost <= self.allowed
        if admitted:
            account.used += cost
        return self._verdict(admitted, self.allowed - account.used, now, 0.0 if admitted else 1.0)

    def _verdict(self, admitted: bool, remaining: float, reset: float, wait: float) -> Verdict:
        left = max(int(remaining), 0)
        limit = int(self.allowed)
        return Verdict(
            admitted=admitted,
            limit=limit,
            remaining=left,
            used=max(limit - left, 0),
            reset=reset,
            wait=max(wait, 0.0),
        )
