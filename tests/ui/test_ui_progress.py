from __future__ import annotations

import io
import math
import re

import pytest

from casb_cli.ui.progress import Progress
from casb_cli.ui.streams import Streams


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def cron():
    return Streams(io.StringIO(), io.StringIO(), io.StringIO())


def test_one_line_a_minute_without_a_terminal():
    streams, clock = cron(), Clock()
    with Progress("listing accounts", unit="accounts", to=streams, clock=clock) as progress:
        for _ in range(180):
            clock.now += 1
            progress.advance(10)
    lines = streams.err.getvalue().splitlines()
    assert lines == [
        "listing accounts: 600 accounts, 10/s",
        "listing accounts: 1,200 accounts, 10/s",
        "listing accounts: 1,800 accounts, 10/s",
    ]
    assert streams.out.getvalue() == ""


@pytest.mark.parametrize(("after", "shown"), [(0.01, True), (60.0, False), (math.inf, False)])
def test_a_job_that_ends_at_once_shows_no_line_on_a_terminal(after, shown):
    streams = Streams(io.StringIO(), io.StringIO(), Terminal())
    with Progress("inspecting", to=streams, after=after) as progress:
        if shown:
            progress._timer.join()
        assert (streams.live is progress) == shown
    assert ("inspecting" in streams.err.getvalue()) == shown
    assert streams.live is None


def test_one_is_told_in_the_singular():
    streams, clock = cron(), Clock()
    with Progress("inspecting", unit="files", to=streams, clock=clock) as progress:
        progress.advance(1)
        assert progress.text() == "inspecting: 1 file"


def test_quiet_is_silent():
    streams, clock = cron(), Clock()
    streams.quiet = True
    with Progress("listing", to=streams, clock=clock) as progress:
        clock.now += 61
        progress.advance()
    assert streams.err.getvalue() == ""


def test_time_left_is_told_once_the_total_is_known():
    clock = Clock()
    progress = Progress("scan", unit="files", to=cron(), clock=clock)
    clock.now += 10
    progress.advance(100)
    assert progress.rate() == 10
    assert progress.left() is None
    progress.total(4300)
    assert progress.left() == 420
    progress.quota("core", 312, 5000)
    progress.quota("search", 3, None)
    assert progress.text() == "scan: 100 of 4,300 files, 10/s, core 312/5,000, search 3, 7 min 00 s left"


def test_the_rate_forgets_the_past():
    clock = Clock()
    progress = Progress("scan", to=cron(), clock=clock)
    for _ in range(60):
        clock.now += 1
        progress.advance(100)
    for _ in range(60):
        clock.now += 1
        progress.advance(2)
    assert progress.rate() == pytest.approx(2, rel=0.05)


def test_a_terminal_gets_a_line_that_is_gone_at_the_end_and_steps_aside_for_rows(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    streams = Streams(Terminal(), Terminal(), Terminal())
    with Progress("listing \x1b[31m", to=streams) as progress:
        assert streams.live is progress
        progress.advance(5)
        streams.note("said aloud")
        assert streams.live is progress
    assert streams.live is None
    text = streams.err.getvalue()
    assert "listing \\x1b[31m" in text
    assert re.search(r"\x1b\[2K.*said aloud\n", text, re.DOTALL)
    assert text.rindex("\x1b[2K") > text.rindex("listing")
    assert streams.out.getvalue() == ""


def test_only_one_display_at_a_time():
    streams = Streams(Terminal(), Terminal(), Terminal())
    with Progress("outer", to=streams) as outer, Progress("inner", to=streams):
        assert streams.live is outer
