"""The static capability matrix: what each connector's class says it can do, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from casb_cli.apps.base import Connector
from casb_cli.core.app import App
from casb_cli.core.capabilities import (
    ACTIVITY_ROWS,
    MATRIX_ROWS,
    Ability,
    ListActivity,
    abilities_of_row,
)


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell: `yes`, `partial` or `no`; `note` says what is missing and why, `abilities` what is there."""

    app: str
    row: int
    capability: str
    status: Literal["yes", "partial", "no"]
    note: str | None
    abilities: tuple[str, ...]


def cells(app: App, connector: type[Connector]) -> Iterator[Cell]:
    """Yield all 15 lines of an app's matrix, in order."""
    for row, capability in MATRIX_ROWS.items():
        kind = next((kind for kind, number in ACTIVITY_ROWS.items() if number == row), None)
        status, notes, has = _activity(connector, kind) if kind else _line(connector, row)
        yield Cell(
            app=app.key,
            row=row,
            capability=capability,
            status=status,
            note="; ".join(dict.fromkeys(notes)) or None,
            abilities=has,
        )


Verdict = tuple[Literal["yes", "partial", "no"], list[str], tuple[str, ...]]


def _line(connector: type[Connector], row: int) -> Verdict:
    abilities = abilities_of_row(row)
    has = tuple(ability for ability in abilities if issubclass(connector, ability))
    asked = [ability for ability in abilities if not ability.supplement]
    missing = [ability for ability in asked if ability not in has]
    keys = tuple(ability.key for ability in has)
    if len(missing) == len(asked):
        return "no", [connector.without[ability] for ability in missing if ability in connector.without], keys
    notes = [connector.partial[ability] for ability in has if ability in connector.partial]
    notes += [_cannot(connector, ability) for ability in missing]
    return ("partial" if notes else "yes"), notes, keys


def _cannot(connector: type[Connector], ability: type[Ability]) -> str:
    return f"cannot {ability.title}: {connector.without.get(ability, 'not built')}"


def _activity(connector: type[Connector], kind: str) -> Verdict:
    if not issubclass(connector, ListActivity):
        reason = connector.without.get(ListActivity)
        return "no", [reason] if reason else [], ()
    keys = (ListActivity.key,)
    general = connector.partial.get(ListActivity)
    if kind not in connector.kinds:
        return "no", [general or f"the provider's log has no {kind} events"], ()
    notes = [note for note in (connector.kinds[kind], general) if note]
    return ("partial" if notes else "yes"), notes, keys
