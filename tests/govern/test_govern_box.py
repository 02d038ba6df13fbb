"""The engine against the simulated Box: every action and its undo, answers lost and errors thrown in."""

from __future__ import annotations

from collections import Counter

import pytest

from casb_cli.core.app import CredentialSpec
from casb_cli.core.capabilities import ListAccounts, ListFiles, ListShares
from casb_cli.core.models import ROOT
from casb_cli.core.refs import Ref
from casb_cli.govern.plan import Limits, Request, build
from casb_cli.govern.undo import plan_undo, undo_all
from casb_cli.sandbox.server import build as simulated
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World
from casb_cli.store import config
from casb_cli.store.instances import InstanceConfig

LOSSES = ("error-before", "error-after", "lost")
ONCE = ("POST /collaborations", "DELETE ", "POST /files/{file_id}/content")
"""Calls that would do something a second time; the others set a state."""


@pytest.fixture
def box(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    with serve(simulated(["box"], World(seed=7, people=40, files=200, events=240))) as running:
        signin = running.signins()["box"]["ccg"]
        for key, value in signin.secrets.items():
            monkeypatch.setenv(f"SANDBOX_{key}", value)
        with config.edit() as edited:
            sources = {key: f"env:SANDBOX_{key}" for key in signin.secrets}
            spec = CredentialSpec(name="main", method="ccg", secrets=sources)
            edited.add(InstanceConfig(key="i1", app="box", name="prod", fields=signin.fields, credentials=(spec,)))
        yield running.provider("box")


@pytest.fixture
def desk(box):
    from casb_cli.commands._govern_run import desk

    with desk() as at:
        yield at


def _all(listing, most):
    found, queue = [], [ROOT]
    while queue and len(found) < most:
        for page in listing(queue.pop(0), None):
            found += page.items
            queue += page.more
    return found


def _requests(at):
    instance = at.by_key("i1")
    people = _all(instance.connector(ListAccounts, govern=False).list_accounts, 60)
    files = _all(instance.connector(ListFiles, govern=False).list_files, 80)
    shares = _all(instance.connector(ListShares, govern=False).list_shares, 20)
    person = [p.id for p in people if p.status == "active" and not p.is_admin and not p.external][-1]
    public = [f.id for f in files if f.sharing == "public"]
    closed = [f.id for f in files if f.sharing != "public"]
    wanted = [
        ("quarantine", "file", public[0]),
        ("overwrite", "file", closed[0]),
        ("trash", "file", closed[1]),
        ("unshare", "share", shares[0].id),
        ("suspend", "account", person),
    ]
    return [Request(action=action, ref=Ref("box", "prod", kind, id_)) for action, kind, id_ in wanted]


@pytest.mark.parametrize("seed", [2])
def test_every_action_and_its_undo_survive_lost_answers(desk, box, seed):
    draft = build(_requests(desk), desk.opened, limits=Limits(max_targets=100))
    assert not draft.problems
    before = len(box.calls)
    box.faults.randomly(0.2, seed=seed, kinds=LOSSES, wait=0.05)
    records = list(desk.engine.execute(draft.plan))
    assert len(records) == 5
    assert {r.state for r in records} == {"changed"}, [r.detail for r in records]
    plan, problems = plan_undo([r for record in records for r in desk.history.by_name(record.id)])
    assert not problems
    undone = list(undo_all(desk.engine, desk.history.all(), plan))
    box.faults.clear()
    assert {r.state for r in undone} == {"changed"}, [r.detail for r in undone]
    effects = Counter(
        (call.name, call.target)
        for call in list(box.calls)[before:]
        if call.name.startswith(ONCE) and (call.status < 300 or call.fault in {"lost", "error-after"})
    )
    assert all(count == 1 for (name, _), count in effects.items() if name.startswith("DELETE")), effects
    assert box.faults.taken
