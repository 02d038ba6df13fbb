"""Long operations: an answer that says "accepted, look here later", followed until it is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from casb_cli.core.app import HeaderDialect
from casb_cli.core.errors import BadAnswer, Stopped, Unavailable
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.retry import backoff, retry_after


class Sender(Protocol):
    """What a long operation needs of a client."""

    stop: threading.Event

    def send(self, call: Call) -> Answer:
        """Return the answer; raises ProviderError."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that the provider accepted; plain data that survives a restart."""

    call: str
    monitor: str | None = None
    """The URL to ask, checked against the host when it is used; None: the same call again."""


def accepted(answer: Answer) -> Pending | None:
    """Return what to follow where the answer is a 202, else None."""
    if answer.status != 202:
        return None
    return Pending(call=answer.call.name, monitor=answer.headers.get("location"))


def follow(
    client: Sender,
    asked: Call,
    *,
    done: Callable[[Answer], bool],
    dialect: HeaderDialect | None = None,
    timeout: float = 600.0,
    wait: Callable[[float], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """Ask again until `done`, at the pace that the provider tells (seconds); raises Unavailable after `timeout`.

    `asked` is the harmless call that reads the state: the monitor's, or the same read again.
    """
    if not asked.is_safe:
        raise BadAnswer("a long operation is followed by reading only", call=asked.name)
    end = clock() + timeout
    attempt = 0
    while True:
        answer = client.send(asked)
        if done(answer):
            return answer
        headers: Mapping[str, str] = answer.headers
        seconds = retry_after(headers, dialect or HeaderDialect())
        if seconds is None:
            seconds = backoff(attempt, base=1.0, cap=30.0)
        attempt += 1
        if clock() + seconds > end:
            raise Unavailable(
                f"the provider has not finished within {timeout:.0f} s", call=asked.name, retry_after=seconds
            )
        if (wait or client.stop.wait)(seconds):
            raise Stopped("stopped while waiting for the provider")
