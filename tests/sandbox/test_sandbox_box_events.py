"""The simulated Box's audit trail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from boxcalls import WORLD, Caller, ccg, file_in, fresh, served, upload

from casb_cli.sandbox.facts import (
    PERSONAL_PLACE,
)


@pytest.fixture
def box():
    return fresh()


@pytest.fixture
def call(box):
    return Caller(box, ccg(box)[1]["access_token"])


@pytest.fixture
def owner(box):
    return box.company.holder(PERSONAL_PLACE)


def drain(call, query):
    position, rows = "", []
    while True:
        page = call("GET", f"/events?{query}" + (f"&stream_position={position}" if position else ""))
        assert page["chunk_size"] == len(page["entries"])
        if not page["chunk_size"]:
            return rows
        rows += page["entries"]
        position = str(page["next_stream_position"])


def test_the_log_is_complete_in_order_without_repeats(box, call):
    rows = drain(call, "stream_type=admin_logs&limit=100")
    truth = list(box.truth.activity())
    assert len(truth) == WORLD.events
    assert [row["event_id"] for row in rows] == [row["id"] for row in truth]
    assert [row["event_type"] for row in rows] == [row["action"] for row in truth]
    assert [row["created_by"]["id"] for row in rows] == [row["actor"] for row in truth]


def test_the_log_in_a_window_by_type(box, call):
    first, last = WORLD.event_time(100), WORLD.event_time(300)
    window = f"created_after={first:%Y-%m-%dT%H:%M:%SZ}&created_before={last:%Y-%m-%dT%H:%M:%SZ}"
    rows = drain(call, f"stream_type=admin_logs&limit=7&{window}&event_type=LOGIN,FAILED_LOGIN")
    wanted = [
        WORLD.event("box", index).id
        for index in range(90, 310)
        if first.replace(microsecond=0) <= WORLD.event_time(index).replace(microsecond=0)
        and WORLD.event_time(index).replace(microsecond=0) < last.replace(microsecond=0)
        and WORLD.event("box", index).kind == "logon"
        and not (WORLD.event("box", index).verb == "sign-in" and index % 12 == 10)
    ]
    assert [row["event_id"] for row in rows] == wanted


def test_types_outside_the_filter_are_refused_though_they_happen(call):
    assert call.refused("GET", "/events?stream_type=admin_logs&event_type=ENABLE_MULTI_FACTOR_AUTH")[0] == 400
    kinds = {row["event_type"] for row in drain(call, "stream_type=admin_logs&limit=500")}
    assert {"ENABLE_MULTI_FACTOR_AUTH", "CONTENT_ACCESS"} <= kinds


def test_the_stream_repeats_and_reorders_and_reaches_back_two_weeks(box, call):
    rows = drain(call, "stream_type=admin_logs_streaming&limit=20&stream_position=0".replace("&stream_position=0", ""))
    ids = [row["event_id"] for row in rows]
    young = [row["id"] for row in box.truth.activity() if row["time"] >= _days_ago(13)]
    assert set(young) <= set(ids)
    assert len(ids) > len(set(ids)), "at least once"
    assert [i for i in dict.fromkeys(ids) if i in young] != young, "out of order"
    assert not set(ids) & {row["id"] for row in box.truth.activity() if row["time"] < _days_ago(15)}


def _days_ago(days):

    return f"{WORLD.now - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def test_the_stream_tells_what_was_done(box, call, owner):
    start = call("GET", "/events?stream_type=admin_logs_streaming&stream_position=now")
    assert (start["chunk_size"], start["entries"]) == (0, [])
    assert start["next_stream_position"] > 2**53
    assert isinstance(start["next_stream_position"], int)
    file = file_in(box, PERSONAL_PLACE)
    call("PUT", f"/files/{file}", {"shared_link": {"access": "open"}}, as_user=owner)
    upload(call, "new.txt", "0", as_user=owner)
    more = call("GET", f"/events?stream_type=admin_logs_streaming&stream_position={start['next_stream_position']}")
    kinds = {row["event_type"]: row for row in more["entries"]}
    assert {"SHARE", "UPLOAD"} <= set(kinds)
    assert kinds["SHARE"]["source"]["item_id"] == file
    assert kinds["SHARE"]["source"]["owned_by"]["id"] == owner
    assert kinds["SHARE"]["created_by"]["id"] == owner
    log = call("GET", "/events?stream_type=admin_logs&limit=1")
    assert isinstance(log["next_stream_position"], str)


def test_the_stream_holds_back_what_is_new(owner):
    box, call = served(stream_delay="12")
    start = call("GET", "/events?stream_type=admin_logs_streaming&stream_position=now")["next_stream_position"]
    upload(call, "new.txt", "0", as_user=owner)
    target = f"/events?stream_type=admin_logs_streaming&stream_position={start}"
    assert call("GET", target)["chunk_size"] == 0
    now = box.now()
    box.clock = lambda: now + 13
    kinds = [row["event_type"] for row in call("GET", target)["entries"]]
    assert "UPLOAD" in kinds


def test_a_chunk_twice(box, call):
    query = "stream_type=admin_logs&limit=50"
    straight = [row["event_id"] for row in drain(call, query)]
    box.faults.plan("GET /events", "duplicate-page", nth=2, times=2)
    twice = [row["event_id"] for row in drain(call, query)]
    assert len(twice) > len(straight)
    assert list(dict.fromkeys(twice)) == straight
