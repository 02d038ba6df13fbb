"""The hint after an action that stopped between its steps names a command that goes on with it."""

from __future__ import annotations

import pytest

from casb_cli.commands._govern_run import _next
from casb_cli.core.capabilities import Change, Step
from casb_cli.govern.record import CHANGED, FAILED, UNKNOWN, Record

STEPS = (Step(name="one", title="one"), Step(name="two", title="two"))


def record(state, done=(), **more):
    change = Change(
        action="quarantine", target="file:89", target_name="pay.xlsx", before={}, after={}, steps=STEPS, inverse=STEPS
    )
    return Record(
        id="a-2", run="r-1", time="2026-11-22T00:00:00Z", instance="i1", target="file:89", action="quarantine",
        change=change, app="box", instance_name="prod", state=state, done=set(done), **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("made", "hint"),
    [
        (
            record(FAILED, {0}),
            "go on: casb govern quarantine box:prod:file:89; or take back what was done: casb govern undo a-2",
        ),
        (record(FAILED, {0}, undo_of="a-1"), "go on: casb govern undo a-1"),
        (record(UNKNOWN), "look later: casb govern verify a-2"),
        (record(FAILED), None),
        (record(CHANGED, {0, 1}), None),
    ],
)
def test_what_to_do_next(made, hint):
    assert _next(made) == hint
