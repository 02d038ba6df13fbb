"""Undo: inverses replayed, drift refused, and the way back after half an action."""

from __future__ import annotations

import pytest

from casb_cli.core.errors import StateConflict, Unsupported
from casb_cli.govern import rows
from casb_cli.govern.undo import plan_undo, undo, undo_all


def test_undo_brings_the_former_state_back_and_is_journalled(rig):
    record = rig.one("quarantine", "file:f1")
    assert rig.world.files["f1"]["link"] is None
    undone = undo(rig.engine, rig.record(record.id), run="r-undo")
    assert undone.state == "changed", undone.detail
    assert rig.world.files["f1"] == {"place": "home", "link": "open", "etag": "1", "content": "pay"}
    original = rig.record(record.id)
    assert original.undone_by == undone.id
    assert rig.record(undone.id).undo_of == record.id


def test_what_comes_back_under_another_reference_is_told_by_it(rig):
    record = rig.one("quarantine", "file:f1")
    rig.world.data["moved back"] = {"now": "file:f7"}
    undone = undo(rig.engine, rig.record(record.id), run="r-undo")
    assert (undone.target, undone.now) == ("file:f1", "file:f7")
    assert rows.done(rig.record(undone.id)).target_ref == "file:f7"
    assert rows.done(rig.record(record.id)).target_ref == "file:f1"


def test_undoing_twice_is_already_so(rig):
    record = rig.one("suspend", "account:2")
    undo(rig.engine, rig.record(record.id), run="r1")
    effects = dict(rig.world.effects)
    again = undo(rig.engine, rig.record(record.id), run="r2")
    assert (again.state, again.code) == ("already", 0)
    assert rig.world.effects == effects


def test_undo_refuses_what_somebody_changed_since_and_force_goes_on(rig):
    record = rig.one("change-share", "share:s1", role="viewer")
    rig.world.shares["s1"]["role"] = "owner"
    refused = undo(rig.engine, rig.record(record.id), run="r1")
    assert refused.state == "failed"
    assert "changed since the action (role)" in refused.detail
    assert "--force" in refused.detail
    assert rig.world.shares["s1"]["role"] == "owner"
    forced = undo(rig.engine, rig.record(record.id), run="r2", force=True)
    assert forced.state == "changed"
    assert rig.world.shares["s1"]["role"] == "editor"


def test_a_whole_run_is_undone_newest_first(rig):
    rig.do(("unshare", "share:s1"), ("suspend", "account:2"))
    run = rig.ledger.lines[-1].run
    originals = rig.engine.history.by_name(run)
    plan, problems = plan_undo(originals)
    assert not problems
    assert [r.state for r in undo_all(rig.engine, originals, plan)] == ["changed", "changed"]
    assert rig.world.log == ["unshare", "set-status", "set-status", "share"]


def test_what_cannot_be_undone_says_why(rig):
    record = rig.one("overwrite", "file:f1")
    _, [(_, error)] = plan_undo([rig.record(record.id)])
    assert isinstance(error, Unsupported)
    assert "keeps no older version" in error.message
    assert undo(rig.engine, rig.record(record.id), run="r").code == 6


def test_half_an_action_is_undone_only_as_far_as_it_went(rig):
    rig.world.faults["move"] = ["refuse"]
    record = rig.one("quarantine", "file:f1")
    assert record.state == "failed"
    undone = undo(rig.engine, rig.record(record.id), run="r1")
    assert undone.state == "changed", undone.detail
    assert rig.world.log == ["make-case", "cut-link", "link-back"]
    assert rig.world.files["f1"]["link"] == "open"
    assert not rig.record(record.id).resumable


def test_half_an_action_whose_inverse_names_no_steps_wants_force(rig):
    rig.world.faults["unshare"] = [None, "refuse"]
    record = rig.one("make-private", "file:f1")
    assert record.state == "failed"
    _, [(_, error)] = plan_undo([rig.record(record.id)])
    assert isinstance(error, StateConflict)
    assert "--force" in error.hint
    undone = undo(rig.engine, rig.record(record.id), run="r1", force=True)
    assert undone.state == "changed"
    assert sorted(rig.world.shares) == ["s1", "s2"]


def test_an_undo_that_stopped_goes_on_where_it_stopped(rig):
    record = rig.one("quarantine", "file:f1")
    rig.world.faults["link-back"] = ["refuse"]
    stopped = undo(rig.engine, rig.record(record.id), run="r1")
    assert stopped.state == "failed"
    done = undo(rig.engine, rig.record(record.id), run="r2")
    assert (done.id, done.state) == (stopped.id, "changed")
    assert rig.world.effects["move-back"] == 1


@pytest.mark.parametrize("point", range(1, 8))
def test_a_crash_while_undoing_is_completed(rig, point):
    from test_govern_execute import _age_now

    record = rig.one("quarantine", "file:f1")
    original = rig.record(record.id)
    rig.ledger.crash_at = len(rig.ledger.lines) + point
    try:
        undo(rig.engine, original, run="r1")
    except KeyboardInterrupt:
        rig.ledger.crash_at = None
        _age_now(rig.ledger)
        [settled] = rig.settle()
        assert settled.state == "changed", settled.detail
    assert rig.world.files["f1"]["place"] == "home"
    assert rig.world.files["f1"]["link"] == "open"
    assert rig.record(record.id).undone_by


def test_the_newest_quarantine_or_trash_is_what_restore_undoes(rig):
    trashed = rig.one("trash", "file:f2")
    undo(rig.engine, rig.record(trashed.id), run="r1")
    assert rig.engine.history.newest_hidden("i1", "file:f2") is None
    hidden = rig.one("quarantine", "file:f2")
    assert rig.engine.history.newest_hidden("i1", "file:f2").id == hidden.id


def test_what_is_pending_becomes_changed_by_a_later_look(rig, monkeypatch):
    from govern_fake import FakeConnector

    from casb_cli.govern.verify import verify

    def plan(self, account, *, mode=None):
        import msgspec

        change = self._status("suspend", account, "suspended")
        return msgspec.structs.replace(change, pending={"status": "suspending"})

    monkeypatch.setattr(FakeConnector, "plan_suspend", plan)
    rig.world.hook = lambda when, step: rig.world.accounts["2"].update(status="suspending") if when == "after" else None
    record = rig.one("suspend", "account:2")
    assert (record.state, record.code) == ("pending", 0)
    [look] = verify(rig.engine, rig.engine.history.standing())
    assert look.state == "pending"
    rig.world.accounts["2"]["status"] = "suspended"
    [look] = verify(rig.engine, rig.engine.history.standing())
    assert look.state == "holds"
    assert rig.record(record.id).state == "changed"


def test_verify_finds_what_a_directory_sync_reverted(rig):
    from casb_cli.govern.verify import verify

    rig.one("suspend", "account:2")
    rig.one("change-share", "share:s1", role="viewer")
    first = rig.one("suspend", "account:3")
    rig.world.accounts["3"]["status"] = "active"
    rig.world.shares["s1"]["role"] = "owner"
    looks = {look.record.target: (look.state, look.code) for look in verify(rig.engine, rig.engine.history.standing())}
    assert looks == {
        "account:2": ("holds", 0),
        "account:3": ("reverted", 1),
        "share:s1": ("differs", 1),
    }
    undo(rig.engine, rig.record(first.id), run="r")
    rig.one("unsuspend", "account:2")
    actions = {(r.action, r.target) for r in rig.engine.history.standing()}
    assert ("suspend", "account:2") not in actions
    assert ("unsuspend", "account:2") in actions


def test_an_undo_that_waits_for_somebody_is_settled_by_a_later_look(rig, monkeypatch):
    """An invitation is accepted days later: the look that finds it says so in the journal."""
    import msgspec
    from govern_fake import FakeConnector

    from casb_cli.govern.verify import verify

    real = FakeConnector._status

    def status(self, action, id_, after, mode=None):
        return msgspec.structs.replace(
            real(self, action, id_, after, mode), pending={"status": "invited"}, approximate="it must be accepted"
        )

    monkeypatch.setattr(FakeConnector, "_status", status)
    record = rig.one("suspend", "account:2")
    rig.world.hook = lambda when, step: rig.world.accounts["2"].update(status="invited") if when == "after" else None
    undone = undo(rig.engine, rig.record(record.id), run="r")
    assert undone.state == "pending"
    rig.world.accounts["2"]["status"] = "active"
    [look] = verify(rig.engine, rig.engine.history.standing())
    assert (look.record.id, look.state) == (undone.id, "holds")
    assert rig.record(undone.id).state == "changed"
    assert rig.engine.history.standing() == []


def test_what_no_api_does_is_manual_and_names_the_page(rig, monkeypatch):
    import msgspec
    from govern_fake import FakeConnector

    real = FakeConnector.plan_revoke_grant

    def plan(self, grant):
        return msgspec.structs.replace(real(self, grant), steps=(), manual="https://console.test/apps/1")

    monkeypatch.setattr(FakeConnector, "plan_revoke_grant", plan)
    record = rig.one("revoke-grant", "grant:g1")
    assert (record.state, record.code) == ("manual", 6)
    assert "https://console.test/apps/1" in record.detail
