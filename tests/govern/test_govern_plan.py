"""Plans: pinned, ordered, capped, saved, and refused when altered or out of date."""

from __future__ import annotations

import json

import msgspec
import pytest
from harness import PATIENCE

from casb_cli.core.errors import GuardRefused, ObjectMissing, StateConflict, Unsupported, UsageError
from casb_cli.govern import guard
from casb_cli.govern.plan import Limits, load, refresh, save, sealed


def _write(path, data):
    path.write_bytes(data)


def _check(rig, plan, protected=(), limits=None):
    guard.check(plan, rig.opened, lambda key, ref: "sealed" if ref in protected else None, limits=limits)


def test_planning_changes_nothing_and_one_bad_request_stops_no_other(rig):
    draft = rig.draft(("suspend", "account:2"), ("suspend", "account:404"), ("revoke-password", "account:2"))
    assert [t.local for t in draft.plan.targets] == ["account:2"]
    assert [type(error) for _, error in draft.problems] == [ObjectMissing, Unsupported]
    assert "box/prod: could not plan to suspend box:prod:account:404" in str(draft.problems[0][1])
    assert str(draft.problems[1][1]) == "box:prod:account:2: the directory keeps the passwords"
    assert rig.world.effects == {}
    assert rig.ledger.lines == []


def test_an_action_refuses_objects_of_another_kind_and_unknown_modes(rig):
    draft = rig.draft(("suspend", "file:f1"), rig.request("suspend", "account:2", mode="sideways"))
    first, second = (error for _, error in draft.problems)
    assert isinstance(first, UsageError)
    assert "acts on accounts; `box:prod:file:f1` is none of them" in first.message
    assert "full: no access" in second.hint


def test_the_same_object_asked_twice_is_one_target(rig):
    assert len(rig.draft(("suspend", "account:2"), ("suspend", "account:2")).plan.targets) == 1


def test_the_cap_counts_what_is_really_touched(rig):
    plan = rig.draft(("unshare", "share:s1"), ("unshare", "share:s2")).plan
    # Two shares of one file: three objects.
    _check(rig, sealed(msgspec.structs.replace(plan, limits=Limits(max_targets=3))))
    with pytest.raises(GuardRefused) as caught:
        _check(rig, sealed(msgspec.structs.replace(plan, limits=Limits(max_targets=2))))
    assert "touches 3 objects" in caught.value.message
    assert "--max-targets 3" in caught.value.hint


def test_the_default_cap_is_25(rig):
    for number in range(100, 126):
        rig.world.accounts[str(number)] = {"login": f"u{number}", "status": "active", "is_admin": False}
    plan = rig.draft(*(("suspend", f"account:{n}") for n in range(100, 126))).plan
    with pytest.raises(GuardRefused, match="touches 26 objects, more than the cap of 25"):
        _check(rig, plan)
    _check(rig, plan, limits=Limits(max_targets=26))


def test_what_is_already_so_does_not_count(rig):
    rig.world.accounts["2"]["status"] = "suspended"
    assert rig.draft(("suspend", "account:2")).plan.touched == ()


def test_casbs_own_account_wants_its_flag(rig):
    plan = rig.draft(("suspend", "account:9")).plan
    with pytest.raises(GuardRefused) as caught:
        _check(rig, plan)
    assert "--allow-own-account" in caught.value.hint
    _check(rig, plan, limits=Limits(own_account=True))


def test_a_token_of_casbs_own_account_wants_its_flag(rig):
    rig.world.grants["g1"]["principal"] = "9"
    with pytest.raises(GuardRefused, match="belongs to, the account that casb signs in with"):
        _check(rig, rig.draft(("revoke-grant", "grant:g1")).plan)


def test_whose_a_token_is_is_looked_up_where_the_plan_does_not_say(rig, monkeypatch):
    from govern_fake import FakeConnector

    monkeypatch.setattr(FakeConnector, "tells", False)
    plan = rig.draft(("revoke-grant", "grant:g1")).plan
    _check(rig, plan)
    with pytest.raises(GuardRefused, match=r"grant:g1 \(through account:2\) is protected"):
        _check(rig, plan, protected={"account:2"})
    rig.world.grants["g1"]["principal"] = "9"
    with pytest.raises(GuardRefused, match="the account that casb signs in with"):
        _check(rig, plan)
    rig.world.grants["g1"]["live"] = False  # no longer listed, and one part of the list was refused
    with pytest.raises(GuardRefused, match="could not tell whose box:prod:grant:g1 is"):
        _check(rig, plan)
    _check(rig, plan, limits=Limits(own_account=True, protected=True))


def test_a_token_listed_by_login_alone_is_its_accounts(rig, monkeypatch):
    from govern_fake import FakeConnector

    from casb_cli.core.capabilities import Page
    from casb_cli.core.models import Grant

    def listed(self, part, cursor):
        yield Page(items=[Grant(id="g1", principal=self.world.accounts["9"]["login"])])

    monkeypatch.setattr(FakeConnector, "tells", False)
    monkeypatch.setattr(FakeConnector, "list_grants", listed)
    with pytest.raises(GuardRefused, match="the account that casb signs in with"):
        _check(rig, rig.draft(("revoke-grant", "grant:g1")).plan)


def test_the_last_administrator_wants_its_flag(rig):
    plan = rig.draft(("suspend", "account:1")).plan
    with pytest.raises(GuardRefused) as caught:
        _check(rig, plan)
    assert "last administrator" in caught.value.message
    assert "--allow-last-admin" in caught.value.hint
    rig.world.accounts["3"]["is_admin"] = True
    _check(rig, plan)
    both = rig.draft(("suspend", "account:1"), ("suspend", "account:3")).plan
    with pytest.raises(GuardRefused, match="last administrator"):
        _check(rig, both)
    rig.world.accounts["3"]["status"] = "suspended"
    with pytest.raises(GuardRefused, match="last administrator"):
        _check(rig, plan)


def test_when_nobody_can_tell_who_administers_the_flag_is_wanted(rig, monkeypatch):
    from govern_fake import FakeConnector

    from casb_cli.core.errors import Unavailable

    def down(self, part, cursor):
        raise Unavailable("down", status=503)
        yield

    monkeypatch.setattr(FakeConnector, "list_accounts", down)
    with pytest.raises(GuardRefused, match="could not tell whether an administrator remains"):
        _check(rig, rig.draft(("suspend", "account:1")).plan)
    _check(rig, rig.draft(("suspend", "account:2")).plan)  # the plan itself says: no administrator


def test_protected_objects_want_their_flag_and_so_do_their_tokens(rig):
    with pytest.raises(GuardRefused, match="account:2 is protected: sealed") as caught:
        _check(rig, rig.draft(("suspend", "account:2")).plan, protected={"account:2"})
    assert "--allow-protected" in caught.value.hint
    with pytest.raises(GuardRefused, match=r"grant:g1 \(through account:2\) is protected"):
        _check(rig, rig.draft(("revoke-grant", "grant:g1")).plan, protected={"account:2"})
    # Giving access back is never held up.
    rig.world.accounts["2"]["status"] = "suspended"


def test_every_refusal_is_named_at_once(rig):
    plan = rig.draft(("suspend", "account:1"), ("suspend", "account:9")).plan
    plan = sealed(msgspec.structs.replace(plan, limits=Limits(max_targets=1)))
    with pytest.raises(GuardRefused) as caught:
        _check(rig, plan, protected={"account:1"})
    for flag in ("--max-targets 2", "--allow-own-account", "--allow-protected", "--allow-last-admin"):
        assert flag in caught.value.hint


def test_a_saved_plan_comes_back_the_same(rig, tmp_path):
    plan = rig.draft(("quarantine", "file:f1"), reason="case 7", limits=Limits(max_targets=4)).plan
    save(plan, tmp_path / "plan.json", _write)
    loaded = load(tmp_path / "plan.json", approved=f"sha256:{plan.digest}")
    assert loaded.digest == plan.digest
    assert loaded.limits.max_targets == 4
    fresh = refresh(loaded, rig.opened)
    assert not fresh.problems
    [record] = rig.engine.execute(fresh.plan)
    assert record.state == "changed"
    assert record.reason == "case 7"


def test_an_altered_plan_is_refused(rig, tmp_path):
    path = tmp_path / "plan.json"
    save(rig.draft(("suspend", "account:2")).plan, path, _write)
    path.write_text(path.read_text().replace("account:2", "account:3"))
    with pytest.raises(UsageError, match="altered"):
        load(path)


def test_a_plan_other_than_the_approved_one_is_refused(rig, tmp_path):
    path = tmp_path / "plan.json"
    plan = rig.draft(("suspend", "account:2")).plan
    save(plan, path, _write)
    other = rig.draft(("suspend", "account:3")).plan
    with pytest.raises(UsageError, match="not the approved plan"):
        load(path, approved=other.digest)


@pytest.mark.parametrize("where", ["steps", "inverse"])
def test_altered_steps_are_not_carried_out_even_under_a_fresh_digest(rig, tmp_path, where):
    path = tmp_path / "plan.json"
    save(rig.draft(("suspend", "account:2")).plan, path, _write)
    raw = json.loads(path.read_text())
    raw["targets"][0]["change"][where][0]["args"]["id"] = "1"
    forged = sealed(msgspec.convert(raw, type(rig.draft(("suspend", "account:2")).plan)))
    save(forged, path, _write)
    draft = refresh(load(path), rig.opened)
    [(_, error)] = draft.problems
    assert isinstance(error, StateConflict)
    assert where in error.message
    assert list(rig.engine.execute(draft.plan)) == []
    assert rig.world.accounts["1"]["status"] == "active"


def test_a_plan_refuses_what_changed_since_and_keeps_the_rest(rig, tmp_path):
    plan = rig.draft(("suspend", "account:2"), ("overwrite", "file:f1"), ("suspend", "account:3")).plan
    rig.world.files["f1"]["etag"] = "7"
    rig.world.accounts["3"]["status"] = "suspended"
    draft = refresh(plan, rig.opened)
    [(request, error)] = draft.problems
    assert request.ref.id == "f1"
    assert "has changed since the plan was made: version, before.etag" in str(error)
    assert [r.state for r in rig.engine.execute(draft.plan)] == ["changed", "already"]


def test_a_plan_is_not_applied_to_another_instance_of_the_same_name(rig):
    plan = rig.draft(("suspend", "account:2")).plan
    rig.instance.key = "i2"
    [(_, error)] = refresh(plan, rig.opened).problems
    assert "not the one that was planned for" in str(error)


def test_objects_are_planned_side_by_side_and_stay_in_order(rig, monkeypatch):
    import threading

    from govern_fake import FakeConnector

    together = threading.Barrier(2, timeout=PATIENCE)
    real = FakeConnector.plan_suspend

    def plan(self, account, *, mode=None):
        together.wait()
        return real(self, account, mode=mode)

    monkeypatch.setattr(FakeConnector, "plan_suspend", plan)
    draft = rig.draft(("suspend", "account:3"), ("suspend", "account:2"))
    assert [t.local for t in draft.plan.targets] == ["account:3", "account:2"]


def test_a_stop_while_planning_is_no_problem_of_one_object(rig, monkeypatch):
    from govern_fake import FakeConnector

    from casb_cli.core.errors import Stopped

    def stopped(self, account, *, mode=None):
        raise Stopped("terminated")

    monkeypatch.setattr(FakeConnector, "plan_suspend", stopped)
    with pytest.raises(Stopped):
        rig.draft(("suspend", "account:2"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "nothing to change"),
        ({"role": ""}, "nothing to change"),
        ({"expires": "next week"}, "no RFC 3339 time"),
        ({"expires": "2020-01-01T00:00:00Z"}, "lies ahead"),
    ],
)
def test_what_is_no_change_of_a_share_is_refused_before_the_connector(rig, options, words):
    [problem] = rig.draft(rig.request("change-share", "share:s1", **options)).problems
    assert words in str(problem)


def test_the_end_of_a_share_reaches_the_connector_as_our_time(rig, monkeypatch):
    from govern_fake import FakeConnector

    seen = []
    real = FakeConnector.plan_change_share

    def plan(self, share, *, expires=None, **more):
        seen.append(expires)
        return real(self, share, role="viewer", **more)

    monkeypatch.setattr(FakeConnector, "plan_change_share", plan)
    rig.draft(rig.request("change-share", "share:s1", expires="2099-01-01T01:00:00+01:00"))
    assert seen == ["2099-01-01T00:00:00Z"]
