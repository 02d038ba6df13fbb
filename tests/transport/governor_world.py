"""A virtual provider with a virtual clock: workers, latencies, limits of every kind, a second client."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from email.utils import formatdate

from casb_cli.core.app import HeaderDialect, Limit
from casb_cli.transport.pace import Meter

EPOCH = 1_800_000_000.0
TELLING = HeaderDialect(limit="x-limit", remaining="x-remaining", reset="x-reset")
SILENT = HeaderDialect()


class FixedWindow:
    def __init__(self, limit, window, phase=0.37):
        self.limit, self.window, self.phase = limit, window, phase
        self.index, self.count = None, 0

    def _roll(self, now):
        index = math.floor((now + self.phase) / self.window)
        if index != self.index:
            self.index, self.count = index, 0

    def end(self, now):
        return (math.floor((now + self.phase) / self.window) + 1) * self.window - self.phase

    def take(self, now):
        self._roll(now)
        if self.count + 1 > self.limit:
            return False
        self.count += 1
        return True

    def headers(self, now):
        self._roll(now)
        reset = math.ceil(EPOCH + self.end(now))
        return {"x-limit": str(self.limit), "x-remaining": str(max(self.limit - self.count, 0)), "x-reset": str(reset)}

    def retry_after(self, now):
        return math.ceil(self.end(now) - now)

    def admits(self, start, end):
        first, last = math.floor((start + self.phase) / self.window), math.floor((end + self.phase) / self.window)
        return self.limit * (last - first + 1)


class Bucket:
    def __init__(self, limit, window):
        self.limit, self.rate = limit, limit / window
        self.level, self.at = float(limit), 0.0
        self.window = window

    def _fill(self, now):
        self.level = min(self.level + (now - self.at) * self.rate, self.limit)
        self.at = now

    def set(self, limit):
        self.limit, self.rate = limit, limit / self.window

    def take(self, now):
        self._fill(now)
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def headers(self, now):
        self._fill(now)
        return {"x-limit": str(self.limit), "x-remaining": str(int(self.level))}

    def retry_after(self, now):
        self._fill(now)
        return max(math.ceil((1 - self.level) / self.rate), 1)


class Sliding:
    def __init__(self, limit, window):
        self.limit, self.window, self.taken = limit, window, []

    def _drop(self, now):
        self.taken = [t for t in self.taken if t > now - self.window]

    def take(self, now):
        self._drop(now)
        if len(self.taken) >= self.limit:
            return False
        self.taken.append(now)
        return True

    def headers(self, now):
        self._drop(now)
        return {"x-limit": str(self.limit), "x-remaining": str(self.limit - len(self.taken))}

    def retry_after(self, now):
        self._drop(now)
        return max(math.ceil(self.taken[0] + self.window - now), 1)


class Run:
    """What happened: moments of our admitted and refused calls, and of the other's admitted ones."""

    def __init__(self):
        self.ours, self.refused, self.others = [], [], []

    def refusal_share(self, since=0.0):
        ours = sum(t >= since for t in self.ours)
        refused = sum(t >= since for t in self.refused)
        return refused / max(ours + refused, 1)

    def admitted(self, start, end, others=True):
        return sum(start <= t < end for t in self.ours) + (sum(start <= t < end for t in self.others) if others else 0)


def simulate(
    server,
    meter: Meter,
    seconds: float,
    *,
    telling=True,
    workers=8,
    other_rate=0.0,
    changes=(),
    latency=(0.02, 0.06),
    seed=1,
) -> Run:
    """Let `workers` call as fast as the meter allows; `changes` are (moment, function)."""
    random_ = random.Random(seed)
    run, events, order = Run(), [], itertools.count()

    def at(moment, action):
        heapq.heappush(events, (moment, next(order), action))

    idle = workers
    waiting: list[float] = []

    def look(now):
        nonlocal idle
        while idle:
            delay = meter.delay(now)
            if delay <= 0:
                idle -= 1
                call = meter.sent(now)
                there = now + random_.uniform(*latency) / 2
                at(there, lambda t, c=call: serve(t, c))
                continue
            if delay < math.inf and (not waiting or now + delay < waiting[0] - 1e-9):
                waiting[:] = [now + delay]
                at(now + delay, wake)
            return

    def wake(now):
        if waiting and waiting[0] <= now:
            waiting.clear()
        look(now)

    def serve(now, call):
        taken = server.take(now)
        (run.ours if taken else run.refused).append(now)
        headers = {"date": formatdate(math.floor(EPOCH + now), usegmt=True)}
        if telling:
            headers |= server.headers(now)
        elif not taken:
            headers["retry-after"] = str(server.retry_after(now))
        at(now + random_.uniform(*latency) / 2, lambda t: answer(t, call, headers, not taken))

    def answer(now, call, headers, throttled):
        nonlocal idle
        idle += 1
        meter.answered(call, now, EPOCH + now, headers, throttled=throttled)
        look(now)

    def other(now):
        if server.take(now):
            run.others.append(now)
        at(now + random_.uniform(0.5, 1.5) / other_rate, other)

    if other_rate:
        at(0.1, other)
    for moment, action in changes:
        at(moment, lambda t, a=action: (a(), look(t)))
    at(0.0, look)
    while events:
        now, _, action = heapq.heappop(events)
        if now >= seconds:
            break
        action(now)
    return run


def meter(kind, limit, window, *, dialect=TELLING, known=True, share=1.0, concurrency=16) -> Meter:
    return Meter(
        Limit(family="core", allowed=limit, window=window, concurrency=concurrency, kind=kind, known=known),
        dialect,
        share,
    )
