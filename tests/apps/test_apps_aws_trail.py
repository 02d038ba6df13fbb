"""Activity from a trail's files: what the simulated trail left in its bucket is what casb lists, once each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from harness import Stage, compare, listed

from casb_cli.core import clock
from casb_cli.sandbox.provider import Options


@pytest.fixture
def stage(home, casb):
    with Stage("aws", home, casb, people=12, files=4, options=Options(settings={"trail": "on"})) as made:
        run = made.connect()
        assert run.code == 0, run
        yield made


def test_activity_is_read_from_the_trails_files(stage):
    stage.provider.calls.clear()
    run = stage.list("activity")
    assert run.code == 0, run
    since = clock.text(clock.now() - timedelta(days=89))
    expected = {id_: row for id_, row in stage.truth.rows("activity").items() if row["time"] > since}
    assert len(expected) > 50
    compare({id_: row for id_, row in listed(run.rows, "activity").items() if row["time"] > since}, expected)
    assert stage.provider.called("GET /s3/GetObject")
    assert not stage.provider.called("POST /cloudtrail/LookupEvents")


def test_a_window_reads_its_own_days_alone(stage):
    now = clock.now()
    since, until = clock.text(now - timedelta(days=30)), clock.text(now - timedelta(days=20))
    stage.provider.calls.clear()
    run = stage.list("activity", "--since", since, "--until", until)
    assert run.code == 0, run
    rows = stage.truth.rows("activity")
    compare(listed(run.rows, "activity"), {id_: row for id_, row in rows.items() if since <= row["time"] < until})
    assert len(stage.provider.called("GET /s3/GetObject")) < len(rows) / 2


def test_a_second_scan_reads_the_last_hour_alone(stage):
    assert stage.casb("scan", "--app", "aws", "--only", "activity", "-o", "json").code == 0
    kept = listed(stage.list("activity", "--stored").rows, "activity")
    stage.provider.calls.clear()
    assert stage.casb("scan", "--app", "aws", "--only", "activity", "-o", "json").code == 0
    read = [call for call in stage.provider.called("GET /s3/GetObject") if "AWSLogs" in call.target]
    assert len(read) < 10
    assert listed(stage.list("activity", "--stored").rows, "activity") == kept
