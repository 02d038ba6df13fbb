"""After a crash: what a run left open is read, and then completed or ended; nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from casb_cli.core import clock
from casb_cli.core.errors import Locked, SignInNeeded, Stopped, StoreError, Throttled, Unavailable
from casb_cli.govern.execute import Engine, as_fault
from casb_cli.govern.plan import matches
from casb_cli.govern.record import CHANGED, ENDED, FAILED, INTENT, UNKNOWN, Record
from casb_cli.govern.steps import Ending, note

COMPLETES_WITHIN = timedelta(hours=24)
"""How long an interrupted action is completed unasked; later it is only settled by reading."""


def settle_unsettled(engine: Engine, instance: str) -> Iterator[Record]:
    """Complete what an interrupted run left open in an instance (its key), or settle it by reading; yield each.

    Actions that a living run is at work on are left to it.
    """
    for record in [] if engine.dry_run else engine.history.open(instance):
        try:
            locks = engine.locks(record.instance, (record.target, *record.change.touches))
        except Locked:
            continue  # its run lives, and ends it
        with locks:
            objects = engine.history.all(instance=instance, target=record.target)
            now = next(found for found in objects if found.id == record.id)
            if now.state == INTENT:
                yield engine.guarded(now, partial(_settled, engine, now))


def _settled(engine: Engine, record: Record) -> Record:
    try:
        return _settle(engine, record)
    except (Throttled, Unavailable, SignInNeeded, Stopped, StoreError):
        raise  # it can be settled later
    except Exception as error:  # noqa: BLE001 - what can never be settled must not stay open, or its object is closed to all
        fault = as_fault(error)
        sent = record.sending is not None or len(record.done) == len(record.steps)
        record.state, record.detail = UNKNOWN if sent else FAILED, f"it was interrupted, then: {fault}"
        record.code = fault.exit_code
        note(engine.ledger, record, ENDED, state=record.state, detail=record.detail, code=record.code)
        return record


def _settle(engine: Engine, record: Record) -> Record:
    if clock.now() - clock.parse(record.time) <= COMPLETES_WITHIN:
        return engine.go_on(record)
    runner = engine.runner(record)
    if record.sending is not None:
        effect = runner.effect(record.steps[record.sending])
        if effect:
            runner.skip(record.sending)
        elif effect is None:
            runner.end(Ending(UNKNOWN, "it was interrupted, and no reading tells what happened", 1))
            return record
    ending = Ending(FAILED, "it was interrupted too long ago to be completed unasked; run it again", 1)
    if record.change.observable:
        observed = engine.observe(record)
        if len(record.done) == len(record.steps) and matches(observed, record.after):
            ending = Ending(CHANGED, observed=observed)
    runner.end(ending)
    return record
