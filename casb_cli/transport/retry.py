"""When to try again: waiting times, and what the provider's headers say about them."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from datetime import UTC

from casb_cli.core import clock
from casb_cli.core.app import HeaderDialect

_ROLL = random.SystemRandom()
LONGEST_WAIT = 86_400.0


def backoff(attempt: int, *, base: float = 0.5, cap: float = 60.0) -> float:
    """Return the seconds to wait before attempt `attempt + 1`: doubling, jittered down to half."""
    whole = min(cap, base * 2.0 ** min(attempt, 16))
    return whole * (0.5 + _ROLL.random() / 2)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e15 else None


def http_date(text: str) -> float | None:
    """Return the epoch seconds of an HTTP date, or None where it is none."""
    from email.utils import parsedate_to_datetime  # dear, and the static matrix loads connectors without a call

    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def retry_after(headers: Mapping[str, str], dialect: HeaderDialect, *, wall: float | None = None) -> float | None:
    """Return the seconds that the provider asks to wait, as its dialect means them, or None.

    Never negative, at most a day; a date is counted from the answer's own `Date`, so a wrong local clock
    does no harm.
    """
    text = headers.get(dialect.retry_after, "").strip()
    if not text:
        return None
    means = dialect.retry_after_means
    seconds: float | None = None
    if means in {"seconds", "seconds-or-date", "millis"}:
        number = _number(text)
        seconds = number / 1000 if number is not None and means == "millis" else number
    if seconds is None and means in {"http-date", "seconds-or-date"}:
        moment = http_date(text)
        if moment is not None:
            seconds = moment - (http_date(headers.get("date", "")) or wall or time.time())
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def reset_epoch(text: str, means: str, *, wall: float) -> float | None:
    """Return the moment (epoch seconds, the provider's clock) that a reset header names, or None.

    `wall` is the provider's present time; the meaning is the app's declaration, never a guess.
    """
    text = text.strip()
    if means == "http-date":
        return http_date(text)
    if means == "rfc3339":
        try:
            return clock.parse(text).timestamp()
        except ValueError:
            return None
    number = _number(text)
    if number is None:
        return None
    if means == "epoch-seconds":
        return number
    if means == "epoch-millis":
        return number / 1000
    return wall + (number / 1000 if means == "millis" else number)


def skew(headers: Mapping[str, str], *, wall: float | None = None) -> float | None:
    """Return how many seconds this machine's clock is ahead of the provider's, or None if not told."""
    date = http_date(headers.get("date", ""))
    return None if date is None else (time.time() if wall is None else wall) - date


def skew_hint(headers: Mapping[str, str], *, wall: float | None = None) -> str | None:
    """Return a hint where the clocks differ by more than a minute: signed assertions fail then."""
    seconds = skew(headers, wall=wall)
    if seconds is None or abs(seconds) < 60:
        return None
    way = "ahead of" if seconds > 0 else "behind"
    return f"this machine's clock is {abs(seconds):.0f} s {way} the provider's: set it by NTP and try again"
