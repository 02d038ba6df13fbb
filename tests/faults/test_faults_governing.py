"""Actions of any app with a fault on one call in five, and killed at random moments: each change exactly once."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest
from acting import actions_of, as_new, chosen_for
from harness import all_gone, routes_of, wait_until

from casb_cli.core.capabilities import QuarantineFile
from casb_cli.govern.actions import ACTIONS

DIRECT = [kind.key for kind in ACTIONS if kind.key not in {"unsuspend", "restore"}]
SEEDS = range(1, 40)
RUNS = 2
"""Runs in which a fault was met: a short action meets none with most seeds."""
MOMENTS = 4
"""Twenty over the suite, as five apps have files to quarantine; more with every further app."""


@pytest.fixture(params=DIRECT)
def action(request, connected):
    """One action that the app has, by its key."""
    if request.param not in actions_of(connected):
        pytest.skip(f"{connected.app} excuses {request.param}")
    return request.param


SETTING = ("PUT ", "PATCH ")
"""Calls that set a state: one whose answer was lost may be sent again, and then changes nothing more."""


def sent(stage):
    """Return what took effect at the provider, as the simulation's own book has it: made and ended by number."""
    found = Counter(call.name for call in stage.effects())
    return {name: 1 if name.startswith(SETTING) else count for name, count in found.items()}


def again(stage):
    """Return how many calls set a state that an earlier one had set: the provider writes each of them down."""
    found = Counter(call.name for call in stage.effects() if call.name.startswith(SETTING))
    return found.total() - len(found)


def happened(stage):
    """Return how many events the provider has written down on top of its world."""
    return stage.provider.snapshot()["events"]


def test_each_change_happens_exactly_once_under_faults(connected, hurried, home, action):
    stage = connected
    ref, words = chosen_for(stage, action)
    command = ("govern", action, ref, *words, "--yes", "-o", "jsonl")
    as_new(stage, stage.home, home)
    assert stage.casb(*command).code == 0
    expected, events = sent(stage), happened(stage)
    assert expected
    met = 0
    for seed in SEEDS:
        if met == RUNS:
            break
        as_new(stage, stage.home, home)
        stage.provider.faults.taken.clear()
        stage.provider.faults.randomly(0.2, seed=seed, wait=0.01)
        run = stage.casb(*command)
        met += bool(sum(stage.provider.faults.taken.values()))
        stage.provider.faults.clear()
        assert run.rows, (seed, run)
        [row] = run.rows
        found = sent(stage)
        if row["state"] == "unknown":
            assert row["unknown"], f"what can be read is not unknown: {run}"
            assert run.code != 0
            assert all(count <= expected.get(name, 0) for name, count in found.items()), (found, expected)
            continue
        assert run.code == 0, (seed, run)
        assert row["state"] in {"changed", "pending"}, run
        assert found == expected, (seed, run)
        assert events <= happened(stage) <= events + again(stage), (seed, run)
    assert met == RUNS, "hardly a fault was met"


@pytest.mark.parametrize("kind", ["error-before", "error-after", "lost"])
def test_each_write_of_a_quarantine_may_fail_once(connected, hurried, home, kind):
    stage = connected
    if not stage.has(QuarantineFile):
        pytest.skip(f"{stage.app} excuses {QuarantineFile.key}")
    ref, _ = chosen_for(stage, "quarantine")
    command = ("govern", "quarantine", ref, "--yes", "-o", "jsonl")
    as_new(stage, stage.home, home)
    assert stage.casb(*command).code == 0
    expected, events = sent(stage), happened(stage)
    for name in expected:
        as_new(stage, stage.home, home)
        stage.provider.faults.plan(name, kind)
        run = stage.casb(*command)
        assert run.code == 0, (name, run)
        assert (sent(stage), happened(stage)) == (expected, events), (name, run)


@pytest.mark.parametrize("forgotten", [False, True], ids=["a page twice", "a position forgotten"])
def test_lists_are_read_right_whatever_becomes_of_their_pages(connected, hurried, home, action, forgotten):
    stage = connected
    ref, words = chosen_for(stage, action)
    command = ("govern", action, ref, *words, "--yes", "-o", "jsonl")
    as_new(stage, stage.home, home)
    before = len(list(stage.provider.calls))
    assert stage.casb(*command).code == 0
    expected, events = sent(stage), happened(stage)
    paged = {route.name for route in routes_of(stage.provider) if route.paged}
    names = sorted({call.name for call in list(stage.provider.calls)[before:]} & paged)
    if not names:
        pytest.skip(f"{action} reads no list of {stage.app}")
    for name in names:
        as_new(stage, stage.home, home)
        stage.provider.faults.plan(name, "duplicate-page")
        stage.provider.faults.plan(name, "duplicate-page", nth=3)
        if forgotten:
            stage.provider.faults.plan(name, "expired-cursor", nth=2)
        run = stage.casb(*command)
        stage.provider.faults.clear()
        assert run.code == 0, (name, run)
        assert (sent(stage), happened(stage)) == (expected, events), (name, run)


def reached(stage, process, calls):
    """Wait until a provider has had so many calls, or the process has ended."""
    return wait_until(lambda: len(stage.provider.calls) >= calls or process.process.poll() is not None, pause=0.002)


def test_a_quarantine_killed_at_random_moments_is_completed_by_the_next_run(connected, home, casb_process):
    stage = connected
    if not stage.has(QuarantineFile):
        pytest.skip(f"{stage.app} excuses {QuarantineFile.key}")
    ref, _ = chosen_for(stage, "quarantine")
    command = ("govern", "quarantine", ref, "--yes", "-o", "jsonl")
    as_new(stage, stage.home, home)
    before = stage.provider.options
    stage.provider.options = type(before)(latency=0.02)
    try:
        assert casb_process(*command).end().code == 0
        expected, events, calls = sent(stage), happened(stage), len(stage.provider.calls)
        moments = random.Random(f"{stage.app} 20")
        begun = set()
        for number in range(MOMENTS):
            as_new(stage, stage.home, home)
            process = casb_process(*command)
            wanted = moments.randint(1 + calls * number // MOMENTS, max(1, calls * (number + 1) // MOMENTS))
            # The call that leads to the death, and a part of the time that it takes.
            assert reached(stage, process, wanted)
            threading.Event().wait(moments.uniform(0, 0.03))
            left = process.family()
            process.kill()
            process.end()
            assert all_gone(left), left
            begun.add(len(stage.effects()))
            first = stage.casb("govern", "settle", "-o", "jsonl") if number % 2 else stage.casb(*command)
            assert first.code == 0, first
            last = stage.casb(*command)
            assert last.code == 0, last
            assert [row["state"] for row in last.rows] in (["changed"], ["already"]), last
            assert sent(stage) == expected, (number, wanted, first, last)
            assert happened(stage) == events, (number, wanted, first, last)
            assert [row["state"] for row in stage.casb("govern", "log", "-o", "jsonl").rows].count("changed") == 1
        assert len(begun) > 1, f"every death came at the same step: {begun}"
    finally:
        stage.provider.options = before
