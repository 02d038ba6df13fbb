"""Time: RFC 3339 in UTC, durations, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from casb_cli.core import clock
from casb_cli.core.errors import UsageError


def test_moments_are_written_in_utc():
    moment = datetime(2026, 11, 1, 2, 0, tzinfo=timezone(timedelta(hours=2)))
    assert clock.text(moment) == "2026-11-01T00:00:00Z"
    assert clock.text(moment.replace(microsecond=123456)) == "2026-11-01T00:00:00.123Z"


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("2026-11-01T02:00:00+02:00", "2026-11-01T00:00:00Z"),
        ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("2026-11-01", "2026-11-01T00:00:00Z"),
        ("", None),
        (None, None),
        ("yesterday", None),
    ],
)
def test_a_providers_time_becomes_ours_or_nothing(given, ours):
    assert clock.normalise(given) == ours


@pytest.mark.parametrize(
    ("millis", "ours"), [(0, "1970-01-01T00:00:00Z"), (1763769600123, "2025-11-22T00:00:00.123Z"), (None, None),
                         (10**20, None)]
)  # fmt: skip
def test_milliseconds(millis, ours):
    assert clock.from_millis(millis) == ours


def test_http_dates():
    assert clock.from_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert clock.from_http_date("soon") is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604800), ("2w", 1209600)]
)
def test_durations(text, seconds):
    assert clock.duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "1y", "1.5h", "9999999d"])
def test_what_is_no_duration(text):
    with pytest.raises(UsageError):
        clock.duration(text)


def test_since_takes_a_time_or_an_age():
    assert clock.since("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC)
    assert abs(clock.now() - timedelta(days=7) - clock.since("7d")) < timedelta(seconds=5)
    with pytest.raises(UsageError):
        clock.since("last week")


def test_an_age_before_all_time_is_a_word_not_a_crash():
    with pytest.raises(UsageError):
        clock.since("999999w")
