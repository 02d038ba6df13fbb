"""The engine: every action exactly once, whatever gets lost, proved by reading back."""

from __future__ import annotations

import json
import threading

import pytest
from govern_fake import CANARY, MemoryLedger
from harness import PATIENCE

from casb_cli.core.errors import Stopped
from casb_cli.govern.record import History


def test_a_change_is_journalled_before_and_after_and_read_back(rig):
    record = rig.one("suspend", "account:2")
    assert record.state == "changed"
    assert record.observed == {"status": "suspended"}
    assert rig.world.accounts["2"]["status"] == "suspended"
    assert [line.event for line in rig.ledger.lines] == ["begun", "sending", "done", "ended"]
    assert rig.record(record.id).change.before == {"status": "active"}


def test_what_is_already_so_is_not_done_again(rig):
    rig.world.accounts["2"]["status"] = "suspended"
    record = rig.one("suspend", "account:2")
    assert (record.state, record.code) == ("already", 0)
    assert rig.world.effects == {}


def test_what_a_refused_step_needs_is_told_and_journalled(rig):
    rig.world.faults["move"] = ["refuse"]
    record = rig.one("quarantine", "file:f1")
    assert record.state == "failed"
    assert record.detail.endswith("; ask the owner for the right to move"), record.detail
    assert rig.record(record.id).detail == record.detail


@pytest.mark.parametrize(
    "fault", ["lost-before", "lost-after", "503-before", "503-after", "forgot-before", "forgot-after"]
)
@pytest.mark.parametrize(
    ("action", "ref", "step"),
    [
        ("unshare", "share:s1", "unshare"),
        ("overwrite", "file:f1", "write"),
        ("quarantine", "file:f1", "make-case"),
        ("quarantine", "file:f1", "cut-link"),
        ("quarantine", "file:f1", "move"),
        ("revoke-grant", "grant:g1", "kill-token"),
    ],
)
def test_lost_answers_never_do_a_thing_twice(rig, action, ref, step, fault):
    rig.world.faults[step] = [fault]
    record = rig.one(action, ref)
    assert record.state == "changed", record.detail
    assert all(count == 1 for count in rig.world.effects.values()), rig.world.effects


def test_repeated_faults_still_end_once(rig):
    rig.world.faults["move"] = ["lost-before", "503-before", "lost-after"]
    assert rig.one("quarantine", "file:f1").state == "changed"
    assert rig.world.effects["move"] == 1


@pytest.mark.parametrize("fault", ["lost-before", "lost-after"])
def test_what_cannot_be_read_back_is_unknown_and_sent_once(rig, fault):
    rig.world.faults["end-sessions"] = [fault]
    record = rig.one("revoke-sessions", "account:2")
    assert (record.state, record.code) == ("unknown", 1)
    assert rig.world.effects["end-sessions"] == (1 if fault == "lost-after" else 0)
    assert "not sent again" in record.detail


def test_an_unobservable_action_with_an_answer_is_changed_and_says_so(rig):
    record = rig.one("revoke-sessions", "account:2")
    assert record.state == "changed"
    assert "no way to read it back" in record.detail


def test_an_answer_alone_proves_nothing(rig):
    rig.world.hook = lambda when, step: rig.world.accounts["2"].update(status="active") if when == "after" else None
    record = rig.one("suspend", "account:2")
    assert record.state == "failed"
    assert "reads back otherwise: status" in record.detail
    assert rig.waited == [1.0, 2.0, 4.0]


def test_an_object_that_changed_after_planning_is_left_alone(rig):
    draft = rig.draft(("suspend", "account:2"))
    rig.world.accounts["2"]["status"] = "disabled"
    [record] = rig.engine.execute(draft.plan)
    assert record.state == "failed"
    assert "changed since the plan" in record.detail
    assert rig.world.effects == {}


def test_one_failing_object_does_not_stop_the_others(rig):
    rig.world.faults["set-status"] = ["refuse"]
    first, second = rig.do(("suspend", "account:2"), ("suspend", "account:3"))
    assert (first.state, first.code, second.state) == ("failed", 5, "changed")
    assert "box/prod: could not set 2 suspended: not yours (HTTP 403, PUT /x)" in first.detail


def test_a_fault_of_a_connector_is_contained_and_its_words_are_not_told(rig):
    rig.world.faults["cut-link"] = ["bug", "bug"]
    first, second = rig.do(("quarantine", "file:f1"), ("suspend", "account:3"))
    assert (first.state, second.state) == ("failed", "changed")
    assert "KeyError" in first.detail
    assert CANARY not in first.detail


def test_files_and_links_come_before_credentials_and_accounts(rig):
    rig.do(
        ("revoke-sessions", "account:2"),
        ("suspend", "account:2"),
        ("revoke-grant", "grant:g1"),
        ("trash", "file:f2"),
        ("unshare", "share:s1"),
    )
    assert rig.world.log == ["unshare", "move-back", "kill-token", "set-status", "end-sessions"]


def test_a_target_touched_earlier_in_the_run_is_planned_anew(rig):
    """Removing one share changes what `make-private` finds on the same file."""
    first, second = rig.do(("make-private", "file:f1"), ("unshare", "share:s1"))
    assert (first.action, first.state) == ("unshare", "changed")
    assert (second.action, second.state) == ("make-private", "changed")
    assert rig.world.effects["unshare"] == 2
    assert second.change.before == {"shares": ["s2"]}


def test_a_failed_action_goes_on_where_it_stopped(rig):
    rig.world.faults["move"] = ["refuse"]
    failed = rig.one("quarantine", "file:f1")
    assert failed.state == "failed"
    assert "step 3 of 3 (move the file)" in failed.detail
    resume = History(rig.ledger).resumable("i1", "file:f1", "quarantine", {})
    assert resume.id == failed.id
    assert resume.next_step == 2
    [record] = rig.do(rig.request("quarantine", "file:f1"), resume=History(rig.ledger).resumable)
    assert (record.id, record.state) == (failed.id, "changed")
    assert rig.world.effects == {"make-case": 1, "cut-link": 1, "move": 1}


def _crash_points(action, ref):
    """The number of journal lines of an undisturbed action."""
    from govern_rig import Rig

    rig = Rig()
    rig.one(action, ref)
    return range(len(rig.ledger.lines))


CRASHES = [
    (action, ref, point)
    for action, ref in [
        ("quarantine", "file:f1"),
        ("suspend", "account:2"),
        ("unshare", "share:s1"),
        ("overwrite", "file:f1"),
        ("revoke-grant", "grant:g1"),
    ]
    for point in range(1, 10)
]


@pytest.mark.parametrize(("action", "ref", "point"), CRASHES)
def test_a_crash_at_any_journal_line_is_completed_by_the_next_run(rig, action, ref, point):
    draft = rig.draft((action, ref))
    rig.ledger.crash_at = point
    try:
        [undisturbed] = rig.engine.execute(draft.plan)
    except KeyboardInterrupt:
        pass
    else:
        assert undisturbed.state == "changed"
        return
    rig.ledger.crash_at = None
    _age_now(rig.ledger)
    [settled] = rig.settle()
    # An action that reads as done was done by us: its own journal says so.
    assert settled.state == "changed" or (settled.state == "already" and point == 1), settled.detail
    assert all(count == 1 for count in rig.world.effects.values()), rig.world.effects
    assert rig.settle() == []


@pytest.mark.parametrize("point", range(1, 4))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_a_call_that_cannot_be_read_is_unknown(rig, when, point):
    def die(moment, step):
        if moment == when:
            raise KeyboardInterrupt

    rig.world.hook = die
    with pytest.raises(KeyboardInterrupt):
        rig.one("revoke-sessions", "account:2")
    rig.world.hook = None
    _age_now(rig.ledger)
    [settled] = rig.settle()
    assert settled.state == "unknown"
    assert rig.world.effects["end-sessions"] == (1 if when == "after" else 0)


@pytest.mark.parametrize("step", ["make-case", "cut-link", "move"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_any_call_of_a_quarantine_is_completed_once(rig, when, step):
    def die(moment, name):
        if (moment, name) == (when, step):
            raise Stopped("ended by a signal")

    rig.world.hook = die
    with pytest.raises(Stopped):
        rig.one("quarantine", "file:f1")
    rig.world.hook = None
    _age_now(rig.ledger)
    [settled] = rig.settle()
    assert settled.state == "changed", settled.detail
    assert rig.world.effects == {"make-case": 1, "cut-link": 1, "move": 1}


def test_an_old_interrupted_action_is_read_and_not_completed(rig):
    draft = rig.draft(("quarantine", "file:f1"))
    rig.ledger.crash_at = 4
    with pytest.raises(KeyboardInterrupt):
        list(rig.engine.execute(draft.plan))
    rig.ledger.crash_at = None
    effects = dict(rig.world.effects)
    [settled] = rig.settle()  # the ledger's lines are of 2020
    assert settled.state == "failed"
    assert "too long ago" in settled.detail
    assert rig.world.effects == effects
    assert rig.record(settled.id).resumable


def test_a_new_action_waits_for_the_interrupted_one_to_be_settled(rig):
    draft = rig.draft(("quarantine", "file:f1"))
    rig.ledger.crash_at = 4
    with pytest.raises(KeyboardInterrupt):
        list(rig.engine.execute(draft.plan))
    rig.ledger.crash_at = None
    [record] = rig.engine.execute(draft.plan)
    assert record.state == "failed"
    assert "casb govern settle" in record.detail


def test_the_token_read_again_after_a_crash_is_in_memory_only(rig):
    def die(moment, name):
        if (moment, name) == ("before", "kill-token"):
            raise KeyboardInterrupt

    rig.world.hook = die
    with pytest.raises(KeyboardInterrupt):
        rig.one("revoke-grant", "grant:g1")
    rig.world.hook = None
    _age_now(rig.ledger)
    [settled] = rig.settle()
    assert settled.state == "changed"
    assert CANARY not in json.dumps([line.body for line in rig.ledger.lines])


def test_content_that_a_step_returns_never_reaches_the_journal(rig, monkeypatch):
    from govern_fake import FakeConnector

    monkeypatch.setattr(FakeConnector, "_write", lambda self, args, memo: {"content": b"pay"})
    record = rig.one("overwrite", "file:f1")
    assert record.state == "failed"
    assert "must not keep" in record.detail
    assert "pay" not in json.dumps([line.body for line in rig.ledger.lines])


def test_two_runs_on_one_object_the_second_is_locked_out(rig, tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path))
    from govern_rig import Rig

    from casb_cli.store.locks import object_lock

    def hold(key, ref):
        return object_lock(key, ref, f"box:prod:{ref}")

    one, two = Rig(rig.world, MemoryLedger(), hold), Rig(rig.world, MemoryLedger(), hold)
    inside, go_on = threading.Event(), threading.Event()

    def pause(moment, name):
        if (moment, name) == ("before", "cut-link"):
            inside.set()
            assert go_on.wait(PATIENCE)

    plan = two.draft(("quarantine", "file:f1")).plan
    rig.world.hook = pause
    results = []
    thread = threading.Thread(target=lambda: results.extend(one.do(("quarantine", "file:f1"))))
    thread.start()
    try:
        assert inside.wait(PATIENCE)
        [locked] = two.engine.execute(plan)
    finally:
        go_on.set()
        thread.join()
    assert (locked.state, locked.code) == ("failed", 9)
    assert [r.state for r in results] == ["changed"]
    assert rig.world.effects["move"] == 1


def _age_now(ledger):
    """Let the interrupted run have been a moment ago."""
    from dataclasses import replace

    from casb_cli.core import clock

    ledger.lines[:] = [replace(line, time=clock.now_text()) for line in ledger.lines]


def test_what_can_never_be_settled_does_not_stay_open(rig, monkeypatch):

    def die(moment, name):
        if (moment, name) == ("after", "write"):
            raise KeyboardInterrupt

    rig.world.hook = die
    with pytest.raises(KeyboardInterrupt):
        rig.one("overwrite", "file:f1")
    rig.world.hook = None
    _age_now(rig.ledger)
    del rig.world.files["f1"]  # gone meanwhile: reading it is a fault of the fake's
    [settled] = rig.settle()
    assert settled.state == "unknown"
    assert "KeyError" in settled.detail
    assert rig.settle() == []
    assert rig.record(settled.id).state == "unknown"


def test_what_could_not_be_settled_now_stays_open_for_later(rig, monkeypatch):
    from govern_fake import FakeConnector

    from casb_cli.core.errors import Unavailable

    draft = rig.draft(("suspend", "account:2"))
    rig.ledger.crash_at = 1
    with pytest.raises(KeyboardInterrupt):
        list(rig.engine.execute(draft.plan))
    rig.ledger.crash_at = None
    _age_now(rig.ledger)

    def down(self, change, memo):
        raise Unavailable("down", status=503)

    with monkeypatch.context() as patched:
        patched.setattr(FakeConnector, "observe", down)
        [later] = rig.settle()
    assert (later.state, later.code) == ("failed", 7)
    [settled] = rig.settle()
    assert settled.state == "changed"


def test_a_change_that_cannot_be_read_back_now_is_unknown(rig, monkeypatch):
    from govern_fake import FakeConnector

    from casb_cli.core.errors import Unsupported

    real = FakeConnector.observe

    def observe(self, change, memo):
        if self.world.effects:
            raise Unsupported("not readable any more")
        return real(self, change, memo)

    monkeypatch.setattr(FakeConnector, "observe", observe)
    record = rig.one("suspend", "account:2")
    assert (record.state, record.code) == ("unknown", 6)
    assert rig.ledger.lines[-1].event == "ended"


def test_a_dry_engine_sends_and_journals_nothing_whatever_is_asked(rig):
    from casb_cli.govern.settle import settle_unsettled
    from casb_cli.govern.undo import undo

    record = rig.one("suspend", "account:2")
    draft = rig.draft(("quarantine", "file:f1"), ("revoke-sessions", "account:3"))
    interrupted = rig.draft(("trash", "file:f2")).plan
    rig.ledger.crash_at = len(rig.ledger.lines) + 1
    with pytest.raises(KeyboardInterrupt):
        list(rig.engine.execute(interrupted))
    rig.ledger.crash_at = None
    lines, effects = list(rig.ledger.lines), dict(rig.world.effects)
    engine = rig.engine
    engine.dry_run = True
    assert [r.state for r in engine.execute(draft.plan)] == ["planned", "planned"]
    assert undo(engine, rig.record(record.id), run="r").state == "planned"
    assert list(settle_unsettled(engine, "i1")) == []
    assert (rig.ledger.lines, rig.world.effects) == (lines, effects)


def test_the_state_that_an_action_leads_to_does_not_prove_its_last_step(rig, monkeypatch):
    from govern_fake import FakeConnector

    # All that is read back was reached by the steps before; nothing tells of the last one.
    monkeypatch.setattr(FakeConnector, "settle", lambda self, step, memo: None)
    monkeypatch.setattr(
        FakeConnector,
        "observe",
        lambda self, change, memo: change.after if self.world.effects["cut-link"] else change.before,
    )
    rig.world.faults["move"] = ["lost-before"]
    record = rig.one("quarantine", "file:f1")
    assert rig.world.effects["move"] == 0
    assert (record.state, record.code) == ("unknown", 1)
