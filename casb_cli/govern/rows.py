"""Actions as rows of output, planned and done alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.core.errors import CasbError
from casb_cli.core.models import Action
from casb_cli.govern.actions import UNDO
from casb_cli.govern.plan import Plan, Request, Target
from casb_cli.govern.ports import Ledger
from casb_cli.govern.record import (
    ALREADY,
    CHANGED,
    FAILED,
    INTENT,
    MANUAL,
    PENDING,
    PLANNED,
    UNKNOWN,
    Record,
)

INTERRUPTED = "interrupted"
REVEALED = "revealed"
"""What `casb findings --reveal` writes to the journal."""


def planned(target: Target, plan: Plan) -> Action:
    """Return the row of one object of a plan."""
    change = target.change
    state = MANUAL if change.manual else ALREADY if target.already else PLANNED
    return Action(
        id=f"{plan.id}.{plan.targets.index(target) + 1}",
        time=plan.created,
        action=target.action,
        mode=change.action if target.action == UNDO else change.mode,
        target=change.target_name,
        target_ref=target.local,
        state=state,
        before=change.before,
        after=change.after,
        undo=_way_back(change) if target.action != UNDO else change.approximate,
        reason=change.manual or plan.reason,
        unknown=() if change.observable else ("before", "after"),
    )


def refused(request: Request, error: CasbError, plan: Plan, index: int) -> Action:
    """Return the row of a request that could not be planned."""
    return Action(
        id=f"{plan.id}.e{index + 1}",
        time=plan.created,
        action=request.action,
        mode=request.options.get("mode"),
        target_ref=request.ref.local,
        state=FAILED,
        reason=str(error),
    )


def done(record: Record) -> Action:
    """Return the row of one action of the journal."""
    change = record.change
    return Action(
        id=record.id,
        time=record.ended or record.time,
        action=record.action,
        mode=change.action if record.action == UNDO else change.mode,
        target=change.target_name,
        target_ref=record.now,
        state=INTERRUPTED if record.state == INTENT else record.state,
        before=record.before,
        after=record.observed if record.observed is not None else record.after,
        undo=_undo(record),
        reason=_reason(record),
        unknown=() if change.observable else ("before", "after"),
    )


def reveals(ledger: Ledger) -> Iterator[tuple[Action, str, str, str]]:
    """Yield who had matches shown in clear text, oldest first: the row, instance key, app and instance name."""
    for event in ledger.events():
        if event.event == REVEALED:
            body = event.body
            row = Action(
                id=event.action,
                time=event.time,
                action="reveal",
                mode=body.get("detector"),
                target=body.get("file"),
                target_ref=event.target,
                state="shown",
                undo="cannot be undone: what was seen was seen",
                reason=f"{body.get('user')} had finding {body.get('finding')} shown in clear text",
            )
            yield row, event.instance, body.get("app", ""), body.get("instance", "")


def _way_back(change: Any) -> str:
    if change.irreversible or (not change.inverse and change.steps):
        return f"cannot be undone: {change.irreversible or 'the provider has no way back'}"
    return f"approximately: {change.approximate}" if change.approximate else "casb govern undo"


def _undo(record: Record) -> str | None:
    if record.undo_of:
        return f"undid {record.undo_of}"
    if record.undone_by:
        return f"undone by {record.undone_by}"
    if record.state not in {CHANGED, PENDING, UNKNOWN} and not record.resumable:
        return None
    if record.change.irreversible or not record.change.inverse:
        return _way_back(record.change)
    return f"casb govern undo {record.id}"


def _reason(record: Record) -> str | None:
    return "; ".join(filter(None, (record.detail, record.reason))) or None
