"""`casb scan --estimate`: what a scan of each instance would cost; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from casb_cli.ui.streams import streams

if TYPE_CHECKING:
    from casb_cli.scan.estimate import BudgetUse, Ledger
    from casb_cli.store.instances import InstanceConfig
    from casb_cli.store.store import Store
    from casb_cli.ui.output import Format

COLUMNS = ("instance", "scan", "calls", "minutes", "families", "budgets", "basis", "unknown")
COLUMNS_SHOWN = ("instance", "scan", "calls", "minutes", "families", "basis")
_RUNS = 100


def show(configs: Sequence[InstanceConfig], output: Format) -> None:
    """Print a row for the next and for a full scan of each instance, and what is left of long budgets."""
    from casb_cli.store.store import Store
    from casb_cli.ui.output import Output

    with Store() as store:
        rows = _rows(configs, store)
        table = output == "table"
        columns = COLUMNS_SHOWN if table else COLUMNS
        Output("estimate", output, columns=columns).write(map(_short, rows) if table else rows)


def _rows(configs: Sequence[InstanceConfig], store: Store) -> Iterator[dict[str, Any]]:
    from casb_cli.apps import registry
    from casb_cli.scan import estimate

    for config in configs:
        share = float(config.settings.get("quota_share", "1"))
        runs = store.runs.list(config.key, limit=_RUNS)
        told = estimate.ledger(registry.get(config.app), config.key, runs, store.rates(config.key), share=share)
        yield from _of(config, told)
        for budget in told.budgets:
            _say(config, budget)


def _of(config: InstanceConfig, told: Ledger) -> Iterator[dict[str, Any]]:
    used = {one.key: {"spent": one.spent, "allowed": one.allowed, "period": one.period} for one in told.budgets}
    for one in told.estimates:
        yield {
            "instance": config.label,
            "scan": one.scan,
            "calls": one.calls,
            "minutes": one.minutes,
            "families": one.families,
            "budgets": used,
            "basis": one.basis,
            "unknown": [],
        }
    if not told.estimates:
        yield {
            "instance": config.label,
            "scan": "next",
            "budgets": used,
            "basis": "never scanned in full: nothing to go by",
            "unknown": ["calls", "minutes", "families"],
        }
        streams.note(
            f"{config.label}: what its first scan costs is unknown; it may be stopped at any time, goes on where it"
            " stopped, and `casb scan --deadline 30m` stops it by itself"
        )


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row for the table: `core 213, audit_log 4`."""
    families = row.get("families")
    return {**row, "families": families and ", ".join(f"{name} {count:,}" for name, count in families.items())}


def _say(config: InstanceConfig, budget: BudgetUse) -> None:
    if budget.allowed is None:
        streams.note(f"{config.label}: {budget.spent:,} calls counted this {budget.period}; {budget.note}")
        return
    left = max(budget.allowed - budget.spent, 0)
    streams.note(f"{config.label}: {left:,} of {budget.allowed:,} calls left this {budget.period}")
