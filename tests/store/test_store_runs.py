from __future__ import annotations

import pytest

from casb_cli.store import runs
from casb_cli.store.store import Store


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


def test_only_an_ended_run_counts_for_due(store):
    assert store.runs.last_ended("k") is None
    first = store.runs.begin("k", trigger="due")
    store.runs.end(first, "failed", exit_code=4, statement={"seen": 0}, counts={"files": 3})
    store.runs.begin("k")
    last = store.runs.last_ended("k")
    assert (last.id, last.state, last.exit_code, last.trigger) == (first, "failed", 4, "due")
    assert (last.statement, last.counts) == ({"seen": 0}, {"files": 3})
    assert store.runs.last_ended("other") is None


def test_a_run_goes_on_with_the_killed_and_stopped_ones_before_it(store, monkeypatch):
    at = [0]

    def tick() -> int:
        at[0] += 1000
        return at[0]

    monkeypatch.setattr(runs, "now_ms", tick)
    done = store.runs.begin("k")
    store.runs.end(done, "done", exit_code=0, statement={})
    second = store.runs.begin("k")  # 3000; will be found killed
    assert store.runs.resumes_from(second) is None
    stopped = store.runs.begin("k")
    store.runs.end(stopped, "stopped", exit_code=143, statement={})
    store.runs.begin("other")
    third = store.runs.begin("k")
    assert store.runs.resumes_from(third) == 3000
    assert [run.state for run in store.runs.list("k")] == ["running", "stopped", "killed", "done"]
    assert [run.id for run in store.runs.list("k", before=third, limit=1)] == [stopped]
    assert store.runs.get(second).state == "killed"
    assert store.runs.get(999) is None


def test_cursors(store):
    assert store.runs.cursor("k", "events") is None
    store.runs.save_cursor("k", "events", "7")
    store.runs.save_cursor("k", "audit", "8")
    assert store.runs.cursor("k", "events")[0] == "7"
    store.runs.forget_cursors("k", "events")
    assert store.runs.cursor("k", "events") is None
    store.runs.forget_cursors("k")
    assert store.runs.cursor("k", "audit") is None


def test_protected_objects(store):
    store.protected.add("k", "account:1", name="root", why="break glass")
    store.protected.add("k", "account:1", name="root", why="break-glass account")
    assert store.protected.targets("k") == {"account:1"}
    assert store.protected.targets("other") == frozenset()
    assert [(p.name, p.why) for p in store.protected.list()] == [("root", "break-glass account")]
    assert store.protected.remove("k", "account:1")
    assert not store.protected.remove("k", "account:1")


def test_what_a_governor_learned_is_kept_per_instance(tmp_path):
    with Store(tmp_path) as store:
        store.rates("k").save("api", {"pace": 1.5, "until": None})
        assert store.rates("k").spend("month", "2026-11", 5) == 5
        assert store.rates("k").spend("month", "2026-11", 7) == 12
    with Store(tmp_path) as store:
        assert store.rates("k").load("api") == {"pace": 1.5, "until": None}
        assert store.rates("k").load("upload") is None
        assert store.rates("other").load("api") is None
        assert store.rates("k").spent("month", "2026-11") == 12
        assert store.rates("k").spent("month", "2026-12") == 0
