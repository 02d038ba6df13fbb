"""The audit trail is read on in as many parts at once as the provider names, each from where it stopped."""

from __future__ import annotations

import threading

import pytest
from harness import PATIENCE
from scan_fake import FakeConnector, FakeInstance, Provider, refusal

from casb_cli.core.capabilities import Page
from casb_cli.core.errors import CursorExpired
from casb_cli.core.models import Activity, Partition
from casb_cli.scan.census import Census
from casb_cli.scan.trail import AT_ONCE

REGIONS = [f"region-{number}" for number in range(20)]


class Regional(FakeConnector):
    """An account that leads to regions; each holds two pages, and none is given before all were asked for."""

    together = None

    def list_activity(self, part, cursor, window):
        if not part.key:
            yield Page(items=(), more=[Partition(key="account")])
        elif part.key == "account":
            yield Page(items=(), more=[Partition(key=name) for name in REGIONS])
        else:
            self.provider.call(f"GET /events {part.key} {cursor}")
            if f"{part.key} {cursor}" in self.provider.expired:
                raise CursorExpired("the position is too old", call="GET /events")
            if self.together is not None and cursor is None:
                self.together.wait(PATIENCE)
            for page in range(int(cursor or 0), 2):
                if f"{part.key} page {page}" in self.provider.expired:
                    self.provider.expired.remove(f"{part.key} page {page}")
                    raise CursorExpired("the position is too old", call="GET /events")
                yield Page(items=[Activity(id=f"{part.key}/{page}")], cursor=str(page + 1))


def census(provider, store):
    stop = threading.Event()
    return Census(FakeInstance(provider, connector=Regional), store, stop), stop


def kept(store):
    return {event.id for event in store.activity.events("key-prod")}


def test_all_parts_are_read_at_once(store, monkeypatch):
    # The barrier breaks, and the test fails, unless every region is under way at the same time.
    monkeypatch.setattr(Regional, "together", threading.Barrier(len(REGIONS)))
    assert len(REGIONS) <= AT_ONCE
    one, _ = census(Provider(), store)
    taken = one.follow_activity()
    assert (taken.rows, taken.complete, taken.lost) == (40, True, [])
    assert kept(store) == {f"{name}/{page}" for name in REGIONS for page in (0, 1)}


def test_a_part_that_fails_leaves_the_others(store):
    provider = Provider()
    provider.refused["GET /events region-3 None"] = refusal("GET /events")
    one, _ = census(provider, store)
    taken = one.follow_activity()
    assert [lost.partition for lost in taken.lost] == ["region-3"]
    assert (taken.rows, taken.complete) == (38, False)


def test_each_part_goes_on_from_its_own_position_and_a_forgotten_one_is_a_gap(store):
    provider = Provider()
    one, _ = census(provider, store)
    one.follow_activity()
    provider.calls.clear()
    provider.expired.add("region-5 2")
    taken = one.follow_activity()
    assert sorted(provider.calls) == sorted(
        [f"GET /events {name} 2" for name in REGIONS] + ["GET /events region-5 None"]
    )
    assert (taken.rows, taken.complete) == (2, True)
    assert [(notice.code, "activity since" in notice.about) for notice in taken.notices] == [("gap", True)]


def test_a_stop_ends_every_part_and_the_next_run_reads_the_rest(store):
    provider = Provider()
    one, stop = census(provider, store)
    provider.on["GET /events region-7 None"] = stop.set
    taken = one.follow_activity()
    assert not taken.complete
    again, _ = census(Provider(), store)
    assert again.follow_activity().complete
    assert kept(store) == {f"{name}/{page}" for name in REGIONS for page in (0, 1)}


def test_a_defect_reaches_whoever_asked(store):
    provider = Provider()

    def broken():
        raise ZeroDivisionError

    provider.on["GET /events region-9 None"] = broken
    one, _ = census(provider, store)
    with pytest.raises(ZeroDivisionError):
        one.follow_activity()


def test_a_position_that_ends_on_the_way_costs_nothing(store):
    provider = Provider()
    provider.expired = {"region-1 page 1", "region-2 page 0"}
    one, _ = census(provider, store)
    taken = one.follow_activity()
    # The first page of region 1 stands and the second follows it; of region 2 nothing was ever read.
    assert {"region-1/0", "region-1/1"} <= kept(store)
    asked = [call for call in provider.calls if "region-1 " in call]
    assert asked == ["GET /events region-1 None", "GET /events region-1 1"]
    assert [lost.partition for lost in taken.lost] == ["region-2"]
    assert not taken.notices
