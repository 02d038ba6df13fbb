"""A plan as people read it: what can't be undone first, then each object from its state before to that after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from casb_cli.core.text import printable
from casb_cli.govern.plan import Plan, Target
from casb_cli.govern.rows import planned


def warnings(plan: Plan) -> Iterator[str]:
    """Yield what must be known before agreeing: irreversible first, then exposure, approximate undo, the rest."""
    targets = [t for t in plan.targets if not t.already]
    for target in targets:
        row = planned(target, plan)
        if not target.change.manual and row.undo and row.undo.startswith("cannot be undone"):
            yield f"{_name(target)}: {target.action} {row.undo}"
    for target in targets:
        change = target.change
        if change.exposure:
            yield f"{_name(target)}: a moment of exposure: {change.exposure}"
    for target in targets:
        change = target.change
        if change.manual:
            yield f"{_name(target)}: no API does this; by hand: {change.manual}"
        if change.approximate:
            yield f"{_name(target)}: undo is approximate: {change.approximate}"
        for effect in change.side_effects:
            yield f"{_name(target)}: {effect}"
        if len(target.touched) > 1:
            others = [ref for ref in target.touched if ref != target.local]
            yield f"{_name(target)}: also touches {_some(others)}"
        if target.resumes:
            yield f"{_name(target)}: continues {target.resumes}, which stopped between its steps"


def _name(target: Target) -> str:
    return f"{target.ref} ({target.change.target_name})" if target.change.target_name else target.ref


def _some(refs: Sequence[str], most: int = 5) -> str:
    more = f" and {len(refs) - most} more" if len(refs) > most else ""
    return ", ".join(refs[:most]) + more


def change_text(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """Return a change of state in words: `status: active -> suspended`."""
    before, after = before or {}, after or {}
    parts = []
    for key, value in after.items():
        old = before.get(key)
        if old != value:
            parts.append(f"{key}: {_value(old)} -> {_value(value)}")
    return "; ".join(parts)


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list | tuple):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)


def plan_table(plan: Plan, *, width: int, color: bool) -> str:
    """Return a plan as a Rich table, one line per object and per step of it."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("ACTION", "TARGET", "CHANGE", "UNDO"):
        table.add_column(title, overflow="fold", ratio=None if title == "ACTION" else 1)
    for target in plan.targets:
        row = planned(target, plan)
        action = f"{row.action} ({row.mode})" if row.mode else str(row.action)
        if row.state != "planned":
            change = f"{row.state}: nothing to do" if row.state == "already" else str(row.state)
        else:
            change = change_text(row.before, row.after) or "; ".join(step.title for step in target.change.steps)
        cells = (action, f"{target.ref} {target.change.target_name}".strip(), change, row.undo or "")
        table.add_row(*(Text(printable(cell)) for cell in cells))
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        no_color=not color,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(table)
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())
