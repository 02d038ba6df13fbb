"""What a scan will cost, from what earlier scans of the instance cost: calls, and how long the limits make it wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from casb_cli.core import clock
from casb_cli.core.app import App, Limit
from casb_cli.core.protocols import RateMemory
from casb_cli.store.runs import Run
from casb_cli.transport.governor import OTHERS, period_of


@dataclass(frozen=True)
class Estimate:
    """The cost of one scan. `families` counts calls by limit; `minutes` is what the limits alone make it last."""

    scan: Literal["next", "full"]
    calls: int
    families: dict[str, int]
    minutes: float
    basis: str


@dataclass(frozen=True)
class BudgetUse:
    """A long budget in its present period; `allowed` is None where the provider tells no number."""

    key: str
    period: str
    spent: int
    allowed: int | None
    note: str = ""


@dataclass
class Ledger:
    """What is known of an instance's capacity before it is scanned."""

    estimates: list[Estimate] = field(default_factory=list)
    budgets: list[BudgetUse] = field(default_factory=list)


def ledger(app: App, key: str, runs: Sequence[Run], memory: RateMemory, *, share: float = 1.0) -> Ledger:
    """Return what the next scan and a full one cost, going by the newest measured `runs` (newest first) of each kind.

    `key` is the instance's. No estimate is made where nothing was measured: a guess would be worse than none.
    """
    measured = [run for run in runs if _whole(run)]
    full = next((run for run in measured if run.statement.get("fresh")), None)
    later = next((run for run in measured if not run.statement.get("fresh")), None)
    made = Ledger()
    if later is not None:
        made.estimates.append(_estimate("next", later, app, key, memory, share, f"the scan of {later.started}"))
    elif full is not None:
        told = f"the first scan, of {full.started}: a later one skips what hasn't changed"
        made.estimates.append(_estimate("next", full, app, key, memory, share, told))
    if full is not None:
        made.estimates.append(_estimate("full", full, app, key, memory, share, f"the full scan of {full.started}"))
    made.budgets = budgets(app, memory, clock.now())
    return made


def _whole(run: Run) -> bool:
    """Tell whether a run was measured and looked at everything."""
    told = run.statement
    return run.job == "scan" and bool(told.get("calls")) and not told.get("only") and not told.get("stopped")


def _estimate(
    scan: Literal["next", "full"], run: Run, app: App, key: str, memory: RateMemory, share: float, basis: str
) -> Estimate:
    calls: Mapping[str, int] = run.statement["calls"]
    families: Counter[str] = Counter()
    for scope, count in calls.items():
        families[_family(scope)] += count
    seconds = max(_seconds(scope, count, app, key, memory, share) for scope, count in calls.items())
    return Estimate(scan, sum(calls.values()), dict(sorted(families.items())), round(seconds / 60, 1), basis)


def _family(scope: str) -> str:
    """Return the family of a scope such as `main:core~user:7`."""
    return scope.partition(":")[2].partition("~")[0]


def _seconds(scope: str, count: int, app: App, key: str, memory: RateMemory, share: float) -> float:
    """Return how long a limit makes so many calls last: the first window's are free, and then it is paced."""
    if scope.endswith(OTHERS):
        return 0.0  # of users counted together none made more calls than a window takes
    limit = next((one for one in app.limits if one.family == _family(scope)), None)
    allowed, window = _allowance(limit, memory.load(f"{key}/{scope}"))
    return max(0.0, count / (allowed * share) - 1) * window if allowed else 0.0


def _allowance(limit: Limit | None, learned: Mapping[str, Any] | None) -> tuple[float, float]:
    """Return units and seconds of a window: as the provider told last, else as published; 0 where unknown."""
    if limit is None:
        return 0.0, 0.0
    if learned and learned.get("told") and isinstance(learned.get("limit"), int | float):
        return float(learned["limit"]), limit.window
    return (limit.allowed, limit.window) if limit.known else (0.0, 0.0)


def budgets(app: App, memory: RateMemory, moment: datetime) -> list[BudgetUse]:
    """Return the use of each long budget of the app in the period of `moment`."""
    found = []
    for budget in app.budgets:
        period = period_of(budget, moment)
        spent = memory.spent(budget.key, period)
        found.append(BudgetUse(budget.key, budget.period, spent, budget.allowed, budget.note))
    return found
