"""Every action of every app through the command line: plan, execute, the provider has changed, undo, as before."""

from __future__ import annotations

import pytest
from acting import acted, actions_of, as_it_was, chosen_for, state_as_new

from casb_cli.govern.actions import ACTIONS

DIRECT = [kind.key for kind in ACTIONS if kind.key not in {"unsuspend", "restore"}]
"""What acts on an object as it lies; the two others take something back, and are tried by doing so."""


@pytest.fixture(params=DIRECT)
def action(request, connected):
    """One action that the app has, by its key."""
    if request.param not in actions_of(connected):
        pytest.skip(f"{connected.app} excuses {request.param}")
    return request.param


def test_an_action_changes_the_provider_and_its_undo_brings_all_back(connected, action):
    stage = connected
    ref, words = chosen_for(stage, action)
    before, plain = state_as_new(stage), stage.provider.snapshot()
    since = len(stage.provider.calls)
    planned = stage.casb("govern", action, ref, *words, "--dry-run", "-o", "jsonl")
    assert planned.code == 0, planned
    assert not stage.effects(since), "a plan changed something"
    done = acted(stage.casb("govern", action, ref, *words, "--yes", "-o", "jsonl"))
    sent = stage.effects(since)
    assert sent, "nothing was changed at the provider"
    assert stage.provider.snapshot() != plain
    [way_back] = [row["undo"] for row in planned.rows]
    undone = stage.casb("govern", "undo", done["id"], "--yes", "-o", "jsonl")
    if way_back.startswith("cannot be undone"):
        assert undone.code != 0, "it cannot be undone, and the undo says it was"
        assert len(stage.effects(since)) == len(sent)
        return
    acted(undone)
    if way_back.startswith("approximately"):
        assert len(stage.effects(since)) > len(sent)
    else:
        as_it_was(stage, before)
