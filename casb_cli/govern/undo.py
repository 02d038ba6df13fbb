"""Undoing: the inverse of an action, replayed as an action of its own and proved by reading back."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import CasbError, StateConflict, Unsupported
from casb_cli.govern.actions import UNDO
from casb_cli.govern.execute import Engine, failure, full_ref
from casb_cli.govern.plan import Limits, Plan, Target, new_id, sealed
from casb_cli.govern.record import ALREADY, CHANGED, FAILED, INTENT, MANUAL, PENDING, UNKNOWN, Record


def plan_undo(
    originals: list[Record], *, limits: Limits | None = None, reason: str | None = None, force: bool = False
) -> tuple[Plan, list[tuple[Record, CasbError]]]:
    """Return what undoing would do, newest action first, and the actions that can't be undone with why."""
    targets, problems = [], []
    for original in reversed(originals):
        if (refusal := why_not(original, force=force)) is not None:
            problems.append((original, refusal))
            continue
        change = original.change
        shown = msgspec.structs.replace(
            change,
            before=change.after,
            after=change.before,
            steps=change.inverse,
            inverse=(),
            irreversible=None,
            side_effects=(),
            exposure=None,
        )
        targets.append(
            Target(
                ref=str(full_ref(original)),
                instance=original.instance,
                action=UNDO,
                change=shown,
                options={"undoes": original.id},
                case=original.case,
            )
        )
    plan = Plan(
        id=new_id("r"),
        created=clock.now_text(),
        targets=tuple(targets),
        limits=limits or Limits(),
        reason=reason,
    )
    return sealed(plan), problems


def undo_all(engine: Engine, originals: list[Record], plan: Plan, *, force: bool = False) -> Iterator[Record]:
    """Undo, in the plan's order, the actions that a plan of `plan_undo` names; yield each outcome."""
    by_id = {original.id: original for original in originals}
    for target in plan.targets:
        yield undo(engine, by_id[target.options["undoes"]], run=plan.id, force=force, reason=plan.reason)


def undo(engine: Engine, original: Record, *, run: str, force: bool = False, reason: str | None = None) -> Record:
    """Replay an action's inverse, unless its object is no longer as the action left it; `force` goes on."""
    record = undo_record(original, run=run, force=force, reason=reason)
    return engine.guarded(record, lambda: _undo(engine, original.id, record, force=force))


def _undo(engine: Engine, id_: str, record: Record, *, force: bool) -> Record:
    change = record.change
    with engine.locks(record.instance, (record.target, *change.touches)):
        # Read again under the lock: another run may have undone it meanwhile.
        objects = engine.history.all(instance=record.instance, target=record.target)
        original = next(found for found in objects if found.id == id_)
        if original.undone_by:
            record.state, record.detail = ALREADY, f"undone before, by {original.undone_by}"
            return record
        if (refusal := why_not(original, force=force)) is not None:
            return failure(record, refusal)
        stopped = [found for found in objects if found.undo_of == id_ and found.resumable]
        if stopped:
            return engine.go_on(stopped[-1])
        return engine.begin(record)


def undo_record(original: Record, *, run: str, force: bool = False, reason: str | None = None) -> Record:
    """Return the action that undoes another, without the steps whose forward step was never done."""
    done = {step.name for index, step in enumerate(original.steps) if index in original.done}
    whole = original.state in {CHANGED, PENDING, UNKNOWN}
    left_out = {
        index
        for index, step in enumerate(original.change.inverse)
        if not whole and step.undoes is not None and step.undoes not in done
    }
    return Record(
        id=new_id("a"),
        run=run,
        time=clock.now_text(),
        instance=original.instance,
        target=original.target,
        action=UNDO,
        change=original.change,
        app=original.app,
        instance_name=original.instance_name,
        options={"undoes": original.action},
        case=original.case,
        reason=reason,
        undo_of=original.id,
        memo=dict(original.memo),
        done=left_out,
        # Half-way, the object is in neither of the two known states.
        forced=force or original.state == FAILED,
    )


def why_not(original: Record, *, force: bool) -> CasbError | None:
    """Return why an action can't be undone, or None."""
    change = original.change
    if original.inverse:
        return Unsupported(
            f"{original.id} is itself an undo",
            hint=f"act again: casb govern {original.kind} {full_ref(original)}",
        )
    if original.state == INTENT:
        return StateConflict(f"{original.id} was interrupted", hint="settle it first: casb govern settle")
    if original.state in {ALREADY, MANUAL} or (original.state == FAILED and not original.done):
        return StateConflict(f"{original.id} changed nothing, so there is nothing to undo")
    if change.irreversible or not change.inverse:
        words = change.irreversible or "the provider has no way back"
        return Unsupported(f"{original.action} of {full_ref(original)} cannot be undone: {words}")
    if force:
        return None
    if original.resumable and not all(step.undoes for step in change.inverse):
        return StateConflict(
            f"{original.id} stopped at step {original.next_step + 1} of {len(original.steps)}",
            hint=f"complete it: casb govern {original.action} {full_ref(original)}; or undo it with --force",
        )
    if original.state == UNKNOWN and not change.observable:
        return StateConflict(f"whether {original.id} took effect is unknown", hint="add --force to undo it anyway")
    return None
