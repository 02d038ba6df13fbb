"""Later looks: whether what was done still holds, and how what was pending or unknown came out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from casb_cli.core.errors import CasbError, Stopped
from casb_cli.govern.execute import Engine
from casb_cli.govern.plan import differing_keys, matches
from casb_cli.govern.record import CHANGED, FAILED, INTENT, MANUAL, PENDING, UNKNOWN, Record
from casb_cli.govern.steps import Ending

HOLDS, REVERTED, DIFFERS, UNREADABLE, STILL_PENDING, UNDONE, NOT_DONE = (
    "holds",
    "reverted",
    "differs",
    "unreadable",
    "pending",
    "undone",
    "not-done",
)


@dataclass(frozen=True)
class Look:
    """What a later look at an action's object found; `code` is its exit code."""

    record: Record
    state: str
    detail: str | None = None
    observed: dict[str, object] = field(default_factory=dict)
    code: int = 0


def verify(engine: Engine, records: list[Record]) -> Iterator[Look]:
    """Read each action's object again and yield what it says; settles what was pending or unknown."""
    for record in records:
        if record.undone_by:
            yield Look(record, UNDONE, f"undone by {record.undone_by}")
            continue
        if record.state in {FAILED, MANUAL, INTENT}:
            yield Look(record, NOT_DONE, record.detail)
            continue
        if not record.change.observable:
            yield Look(record, UNREADABLE, "the provider gives no way to read it back")
            continue
        try:
            yield _look(engine, record)
        except Stopped:
            raise
        except CasbError as error:
            yield Look(record, UNREADABLE, str(error), code=error.exit_code)


def _look(engine: Engine, record: Record) -> Look:
    observed = engine.observe(record)
    if matches(observed, record.after):
        if record.state in {PENDING, UNKNOWN}:
            with engine.locks(record.instance, (record.target,)):
                engine.runner(record).end(Ending(CHANGED, "read back later", observed=observed))
        return Look(record, HOLDS, observed=observed)
    if record.state == PENDING and record.change.pending and matches(observed, record.change.pending):
        return Look(record, STILL_PENDING, "the provider has not carried it out yet", observed)
    differing = ", ".join(differing_keys(observed, record.after))
    if record.before and matches(observed, record.before):
        words = "it is as it was before the action: something has reverted it"
        return Look(record, REVERTED, words, observed, code=1)
    return Look(record, DIFFERS, f"it is neither as before nor as after the action: {differing}", observed, 1)
