"""The engine against the simulated GitHub: faults on one call in five, each change exactly once; kill -9 too."""

from __future__ import annotations

from collections import Counter

import pytest

from casb_cli.core.app import CredentialSpec
from casb_cli.core.models import ROOT
from casb_cli.core.refs import Ref
from casb_cli.govern.plan import Limits, Request, build
from casb_cli.govern.undo import plan_undo, undo_all
from casb_cli.sandbox.server import build as simulated
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World
from casb_cli.store import config
from casb_cli.store.instances import InstanceConfig


@pytest.fixture
def github(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    with serve(simulated(["github"], World(seed=7, people=40, files=300, events=240))) as running:
        signin = running.signins()["github"]["token"]
        monkeypatch.setenv("SANDBOX_TOKEN", signin.secrets["token"])
        with config.edit() as edited:
            edited.add(
                InstanceConfig(
                    key="i1",
                    app="github",
                    name="prod",
                    fields=signin.fields,
                    credentials=(CredentialSpec(name="token", method="token", secrets={"token": "env:SANDBOX_TOKEN"}),),
                )
            )
        yield running.provider("github")


@pytest.fixture
def desk(github):
    from casb_cli.commands._govern_run import desk

    with desk() as at:
        yield at


def _requests(at):
    """What there is to act on, read from the provider before anything goes wrong."""
    from casb_cli.core.capabilities import ListAccounts, ListFiles

    instance = at.by_key("i1")
    accounts = _all(instance.connector(ListAccounts, govern=False).list_accounts)
    members = [a.id for a in accounts if a.status == "active" and not a.is_admin and not a.external]
    files = [f.id for f in _all(instance.connector(ListFiles, govern=False).list_files) if (f.size or 0) < 5000]
    wanted = [("suspend", "account", id_) for id_ in members[:3]]
    wanted += [("quarantine", "file", files[0]), ("overwrite", "file", files[1])]
    return [Request(action=a, ref=Ref("github", "prod", kind, id_)) for a, kind, id_ in wanted]


def _all(listing, most=200):
    found, queue = [], [ROOT]
    while queue and len(found) < most:
        for page in listing(queue.pop(0), None):
            found += page.items
            queue += page.more
    return found


def _effects(provider, since):
    """What took effect at the provider, by call and target: the simulation's own book, not ours."""
    return Counter(
        f"{call.name} {call.target}"
        for call in list(provider.calls)[since:]
        if not call.name.startswith("GET") and (call.status < 300 or call.fault in {"lost", "error-after"})
    )


@pytest.mark.parametrize("seed", [3, 4, 6])
def test_each_change_happens_exactly_once_whatever_gets_lost(desk, github, seed):
    draft = build(_requests(desk), desk.opened, limits=Limits(max_targets=100))
    assert not draft.problems
    before = len(github.calls)
    github.faults.randomly(0.2, seed=seed, wait=0.05)
    records = list(desk.engine.execute(draft.plan))
    github.faults.clear()
    assert {record.action: record.state for record in records} == {
        "suspend": "changed",
        "quarantine": "changed",
        "overwrite": "changed",
    }, [record.detail for record in records]
    # Three removals, one repository, three files of a quarantine, one overwritten.
    effects = _effects(github, before)
    assert set(effects.values()) == {1}, effects
    assert sum(effects.values()) == 8
    assert github.faults.taken, "no fault was played"


@pytest.mark.parametrize("kind", ["lost", "error-after", "error-before"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_each_write_of_a_quarantine_may_lose_its_answer(desk, github, kind, nth):
    [request] = [r for r in _requests(desk) if r.action == "quarantine"]
    draft = build([request], desk.opened)
    before = len(github.calls)
    github.faults.plan("PUT /repos/{owner}/{repo}/contents/{path}", kind, nth=nth)
    [record] = desk.engine.execute(draft.plan)
    assert record.state == "changed", record.detail
    assert set(_effects(github, before).values()) == {1}
    [undone] = _undo(desk, record)
    assert undone.state == "changed", undone.detail


def _undo(at, record):
    originals = at.history.by_name(record.id)
    plan, problems = plan_undo(originals)
    assert not problems
    return list(undo_all(at.engine, originals, plan))
