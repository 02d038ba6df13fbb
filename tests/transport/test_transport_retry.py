from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casb_cli.core.app import HeaderDialect
from casb_cli.transport.retry import backoff, http_date, reset_epoch, retry_after, skew_hint

DATE = "Mon, 01 Jan 2024 00:00:00 GMT"
LATER = "Mon, 01 Jan 2024 00:00:30 GMT"
EPOCH = 1_704_067_200.0


@pytest.mark.parametrize(
    ("means", "text", "expected"),
    [
        ("seconds", "17", 17.0),
        ("seconds", "0", 0.0),
        ("seconds", "1.5", 1.5),
        ("seconds", "-3", None),
        ("seconds", "soon", None),
        ("seconds", "nan", None),
        ("seconds", "inf", None),
        ("seconds", "", None),
        ("seconds", "99999999", 86_400.0),
        ("seconds", LATER, None),
        ("millis", "1500", 1.5),
        ("http-date", LATER, 30.0),
        ("http-date", "17", None),
        ("seconds-or-date", LATER, 30.0),
        ("seconds-or-date", "17", 17.0),
        ("http-date", "Mon, 01 Jan 2001 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after(means, text, expected):
    headers = {"retry-after": text, "date": DATE}
    assert retry_after(headers, HeaderDialect(retry_after_means=means)) == expected


def test_retry_after_by_another_name():
    dialect = HeaderDialect(retry_after="x-wait", retry_after_means="millis")
    assert retry_after({"x-wait": "250", "retry-after": "9"}, dialect) == 0.25


@given(st.text(max_size=40), st.sampled_from(["seconds", "millis", "http-date", "seconds-or-date"]))
def test_any_retry_after_is_survived(text, means):
    seconds = retry_after({"retry-after": text}, HeaderDialect(retry_after_means=means))
    assert seconds is None or 0 <= seconds <= 86_400


@pytest.mark.parametrize(
    ("means", "text", "expected"),
    [
        ("epoch-seconds", "1704067230", EPOCH + 30),
        ("epoch-millis", "1704067230500", EPOCH + 30.5),
        ("seconds", "30", EPOCH + 30),
        ("millis", "30000", EPOCH + 30),
        ("http-date", LATER, EPOCH + 30),
        ("rfc3339", "2024-01-01T00:00:30Z", EPOCH + 30),
        ("rfc3339", "tomorrow", None),
        ("epoch-seconds", "never", None),
    ],
)
def test_resets(means, text, expected):
    assert reset_epoch(text, means, wall=EPOCH) == expected


@given(st.integers(0, 40))
def test_backoff_doubles_with_jitter_up_to_a_cap(attempt):
    whole = min(60.0, 0.5 * 2**attempt)
    assert whole / 2 <= backoff(attempt) <= whole


def test_clock_hints():
    assert skew_hint({"date": DATE}, wall=EPOCH + 30) is None
    assert "behind" in (skew_hint({"date": DATE}, wall=EPOCH - 300) or "")
    assert "300 s ahead" in (skew_hint({"date": DATE}, wall=EPOCH + 300) or "")
    assert skew_hint({}) is None
    assert http_date("garbage") is None
