"""The arithmetic of `casb scan --estimate`: what was measured, and what the limits make of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from casb_cli.core.app import App, Budget, Limit
from casb_cli.scan.estimate import budgets, ledger
from casb_cli.store.runs import Run

APP = App(
    key="fake",
    title="Fake",
    auth=(),
    common_fields=(),
    hosts={},
    connector="x:y",
    signin="x:y",
    setup="x:y",
    limits=(
        Limit(family="core", allowed=100, window=60, concurrency=4),
        Limit(family="user", allowed=10, window=60, concurrency=4, per="user"),
        Limit(family="odd", allowed=1, window=3600, concurrency=1, known=False),
    ),
    budgets=(Budget(key="month", allowed=50_000, period="month"),),
)


class Memory:
    def __init__(self, learned=None, spent=None):
        self.learned, self.used = learned or {}, spent or {}

    def load(self, scope):
        return self.learned.get(scope)

    def save(self, scope, state):
        raise AssertionError("an estimate changes nothing")

    def spend(self, budget, period, units):
        raise AssertionError("an estimate spends nothing")

    def spent(self, budget, period):
        return self.used.get((budget, period), 0)


def run(number, calls, *, fresh=False, **statement):
    started = f"2026-11-{number:02}T00:00:00Z"
    return Run(
        id=number, instance_key="i1", job="scan", trigger="manual", started=started, started_ms=0, ended=started,
        state="done", statement={"calls": calls, "fresh": fresh, **statement},
    )  # fmt: skip


def of(runs, memory=None, **how):
    return {one.scan: one for one in ledger(APP, "i1", runs, memory or Memory(), **how).estimates}


def test_nothing_measured_nothing_guessed():
    assert of([]) == {}
    assert of([run(1, {})]) == {}


def test_the_newest_of_each_kind():
    runs = [run(4, {"main:core": 30}), run(3, {"main:core": 50}), run(2, {"main:core": 400}, fresh=True), run(1, {})]
    found = of(runs)
    assert (found["next"].calls, found["full"].calls) == (30, 400)
    assert "2026-11-04" in found["next"].basis
    assert "2026-11-02" in found["full"].basis


def test_after_the_first_scan_the_next_is_held_against_it():
    found = of([run(2, {"main:core": 400}, fresh=True)])
    assert found["next"].calls == 400
    assert "the first scan" in found["next"].basis


@pytest.mark.parametrize("statement", [{"only": ["accounts"]}, {"stopped": True}])
def test_a_run_of_a_part_tells_nothing(statement):
    assert of([run(1, {"main:core": 5}, fresh=True, **statement)]) == {}


@pytest.mark.parametrize(
    ("calls", "share", "minutes"),
    [
        ({"main:core": 100}, 1.0, 0.0),  # the first window takes them all
        ({"main:core": 600}, 1.0, 5.0),  # five more windows of a minute
        ({"main:core": 600}, 0.5, 11.0),  # twelve halves
        ({"main:core": 600, "audit:core": 200}, 1.0, 5.0),  # credentials have limits of their own
        ({"main:user~user:1": 20, "main:user~user:2": 40}, 1.0, 3.0),  # and people, at some providers
        ({"main:user~user:1": 40, "main:user~others": 4000}, 1.0, 3.0),  # those who made few are counted together
        ({"main:odd": 500}, 1.0, 0.0),  # nothing is known of its limit
    ],
)
def test_minutes_are_what_the_limits_make_it_last(calls, share, minutes):
    found = of([run(1, calls, fresh=True)], share=share)["full"]
    assert found.minutes == minutes
    assert found.calls == sum(calls.values())


def test_families_are_summed_over_credentials_and_people():
    calls = {"main:core": 5, "audit:core": 6, "main:user~user:1": 1, "main:user~user:2": 2}
    assert of([run(1, calls, fresh=True)])["full"].families == {"core": 11, "user": 3}


def test_what_the_provider_told_counts_more_than_what_is_published():
    told = Memory({"i1/main:core": {"told": True, "limit": 300.0}})
    assert of([run(1, {"main:core": 600}, fresh=True)], told)["full"].minutes == 1.0
    untold = Memory({"i1/main:core": {"told": None, "limit": 300.0}})
    assert of([run(1, {"main:core": 600}, fresh=True)], untold)["full"].minutes == 5.0


def test_budgets_of_the_present_period():
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    [found] = budgets(APP, Memory(spent={("month", "2026-11"): 1234, ("month", "2026-10"): 9}), moment)
    assert (found.key, found.period, found.spent, found.allowed) == ("month", "month", 1234, 50_000)
