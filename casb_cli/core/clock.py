"""Time as the project writes it: RFC 3339 in UTC with `Z`, and durations such as `7d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

from casb_cli.core.errors import UsageError

_encode = msgspec.json.Encoder().encode
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,6})([smhdw])")


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def text(moment: datetime) -> str:
    """Return `moment` as RFC 3339 UTC with `Z`, whole seconds unless it has milliseconds."""
    utc = moment.astimezone(UTC)
    if utc.microsecond:
        return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    # A third of isoformat's time, which every listed file pays.
    return _encode(utc)[1:-1].decode("ascii")


def now_text() -> str:
    """Return the present moment as text, to the second."""
    return text(now().replace(microsecond=0))


def parse(value: str) -> datetime:
    """Return the moment that an RFC 3339 text names; a naive one is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(value.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def normalise(value: str | None) -> str | None:
    """Return a provider's RFC 3339 time as ours, or None where it gives none or an unreadable one."""
    if not value:
        return None
    try:
        return text(parse(value))
    except (ValueError, OverflowError):
        return None


def from_millis(value: float | None) -> str | None:
    """Return the time of `value` milliseconds since the epoch."""
    if value is None:
        return None
    try:
        return text(datetime.fromtimestamp(value / 1000, UTC))
    except (OverflowError, OSError, ValueError):
        return None


def from_http_date(value: str) -> datetime | None:
    """Return the moment of an HTTP `Date` header, or None where it is none."""
    from email.utils import parsedate_to_datetime  # dear, and no local command needs it

    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def duration(value: str) -> timedelta:
    """Return the duration of `90s`, `30m`, `12h`, `7d` or `2w`; raises UsageError."""
    match = _DURATION.fullmatch(value.strip())
    if not match:
        raise UsageError(f"`{value}` is no duration", hint="write 90s, 30m, 12h, 7d or 2w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def since(value: str) -> datetime:
    """Return the moment of an RFC 3339 text or of a duration before now; raises UsageError."""
    if _DURATION.fullmatch(value.strip()):
        try:
            return now() - duration(value)
        except OverflowError:
            raise UsageError(f"`{value}` is longer than the calendar", hint="write 7d or 52w") from None
    try:
        return parse(value)
    except ValueError:
        raise UsageError(
            f"`{value}` is neither a time nor a duration", hint="write 2026-11-01T00:00:00Z, 2026-11-01 or 7d"
        ) from None
