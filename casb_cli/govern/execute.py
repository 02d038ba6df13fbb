"""Carrying out a plan: one object at a time under its lock, journalled before and after, proved by reading back.

One failing object never stops the others. What a crash leaves behind is the business of `settle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.anew import from_its_beginning
from casb_cli.core.capabilities import Actor
from casb_cli.core.errors import CasbError, ProviderError, StateConflict, Stopped, Unsupported
from casb_cli.core.refs import Ref, parse
from casb_cli.govern.actions import action_kind
from casb_cli.govern.plan import Open, Plan, Request, Target, differing_keys, matches, new_id, plan_one
from casb_cli.govern.ports import Hold, Ledger, Opened, Wait
from casb_cli.govern.record import (
    ALREADY,
    BEGUN,
    CHANGED,
    FAILED,
    MANUAL,
    PENDING,
    PLANNED,
    UNKNOWN,
    History,
    Names,
    Record,
)
from casb_cli.govern.steps import Ending, StepRunner

READ_BACK = (0.0, 1.0, 2.0, 4.0)
"""Seconds before each look that proves a change: providers answer before all their copies know."""


class Engine:
    """Carries out actions against open instances, with one journal and one set of locks.

    `opened` opens the instance of a reference, `by_key` the one of an instance key, whatever its name is now;
    `names` tells that name without opening it. With `dry_run` nothing is sent and nothing journalled.
    """

    def __init__(
        self,
        ledger: Ledger,
        hold: Hold,
        opened: Open,
        by_key: Callable[[str], Opened],
        wait: Wait,
        names: Names | None = None,
        *,
        dry_run: bool = False,
    ) -> None:
        self.dry_run = dry_run
        self.ledger = ledger
        self.history = History(ledger, names)
        self.hold = hold
        self.opened = opened
        self.by_key = by_key
        self.wait = wait

    def execute(self, plan: Plan) -> Iterator[Record]:
        """Carry out a plan in its order and yield each object's outcome as it is known."""
        touched: set[tuple[str, str]] = set()
        for target in plan.targets:
            fresh = target_record(target, plan.id, plan.reason)
            record = self.guarded(fresh, partial(self._one, target, plan, touched))
            if record.state in {CHANGED, PENDING, UNKNOWN} or record.done:
                touched |= {(target.instance, ref) for ref in target.touched}
            yield record

    def guarded(self, record: Record, act: Callable[[], Record]) -> Record:
        """Return the outcome of `act`; a failure becomes the outcome of `record`, for it must not stop others."""
        try:
            return act()
        except Stopped:
            raise
        except CasbError as error:
            return failure(record, error)
        except Exception as error:  # noqa: BLE001 - a fault of one connector must not keep the others from being contained
            return failure(record, as_fault(error))

    def _one(self, target: Target, plan: Plan, touched: set[tuple[str, str]]) -> Record:
        instance = self.opened(parse(target.ref))
        where, doing = f"{instance.app_key}/{instance.name}", f"{target.action} {target.ref}"
        with self.locks(target.instance, target.touched):
            if self.history.open(target.instance, target=target.local):
                raise StateConflict(
                    "an earlier action on this object was interrupted",
                    hint="settle it first: casb govern settle",
                ).at(where, doing)
            if target.resumes:
                record = next(r for r in self.history.by_name(target.resumes) if r.id == target.resumes)
                return self.go_on(record)
            if any((target.instance, ref) in touched for ref in target.touched):
                target = self._again(target, instance)
            return self.begin(target_record(target, plan.id, plan.reason))

    def _again(self, target: Target, instance: Opened) -> Target:
        """Plan a target anew that an earlier one of this run has touched."""
        request = Request(action=target.action, ref=parse(target.ref), options=target.options)
        fresh = plan_one(request, instance, case=target.case)
        if beyond := set(fresh.touched) - set(target.touched):
            raise StateConflict(
                f"planned anew, it would touch more than the plan says: {', '.join(sorted(beyond))}",
                hint="make a plan of its own for it",
            ).at(f"{instance.app_key}/{instance.name}", f"{target.action} {target.ref}")
        return fresh

    def begin(self, record: Record) -> Record:
        """Start a new action after a last look at its object, and see it to its end."""
        return self._act(record, fresh=True)

    def go_on(self, record: Record) -> Record:
        """Continue an action of the journal where it stopped."""
        return self._act(record, fresh=False)

    def _act(self, record: Record, *, fresh: bool) -> Record:
        if self.dry_run:
            # The one test of it: every action, undo and settlement comes through here before anything is sent.
            record.state = PLANNED
            return record
        runner = self.runner(record)
        untouched = fresh or (record.sending is None and not record.done)
        ending = self._before_begin(record, runner) if untouched else None
        if fresh:
            self._write_begun(record, runner)
        return self._see_through(record, runner, ending)

    def _before_begin(self, record: Record, runner: StepRunner) -> Ending | None:
        """Return how an action ends before it begins: nothing to send, already so, or no longer as planned."""
        change = record.change
        if change.manual and not record.inverse:
            return Ending(MANUAL, f"no API does this; by hand: {change.manual}", Unsupported.exit_code)
        if not record.steps:
            return Ending(ALREADY, "it already is as it shall be")
        if not change.observable or record.forced:
            return None
        observed = self._read(record, runner)
        if record.after and matches(observed, record.after):
            return Ending(ALREADY, "it already is as it shall be", observed=observed)
        if differing := differing_keys(observed, record.before):
            past = "since the action" if record.inverse else "since the plan was made"
            words = f"it has changed {past} ({', '.join(differing)}); nothing was done"
            if record.inverse:
                words += "; --force undoes it anyway"
            return Ending(FAILED, words, StateConflict.exit_code, observed)
        return None

    def _write_begun(self, record: Record, runner: StepRunner) -> None:
        body: dict[str, Any] = {
            "action": record.action,
            "change": msgspec.to_builtins(record.change),
            "app": record.app,
            "instance": record.instance_name,
        }
        for name in ("options", "case", "reason", "undo_of", "forced"):
            if value := getattr(record, name):
                body[name] = value
        if record.inverse:
            body["memo"] = record.memo
        if record.done:
            body["skip"] = sorted(record.done)
        runner.note(BEGUN, **body)

    def _see_through(self, record: Record, runner: StepRunner, ending: Ending | None) -> Record:
        if ending is None:
            ending = runner.run() or self._prove(record, runner)
            if ending.state == FAILED and len(record.steps) == 1 and record.change.observable:
                ending = self._despite(record, runner, ending)
        runner.end(ending)
        return record

    def _despite(self, record: Record, runner: StepRunner, ending: Ending) -> Ending:
        """Return the ending that a reading tells where the provider refused what is already so."""
        try:
            observed = self._read(record, runner)
        except ProviderError:
            return ending  # the first error says more than the failing look after it
        if record.after and matches(observed, record.after):
            # The look before said otherwise: it was this action, whose answer got lost and whose repeat was refused.
            return Ending(CHANGED, f"it reads back as it shall be, though: {ending.detail}", observed=observed)
        return ending

    def _prove(self, record: Record, runner: StepRunner) -> Ending:
        """Decide the outcome by reading back, where the provider can be read."""
        if not record.change.observable:
            return Ending(CHANGED, "accepted by the provider, which gives no way to read it back")
        observed: dict[str, Any] = {}
        for delay in READ_BACK:
            if delay:
                self.wait(delay)
            try:
                observed = self._read(record, runner)
            except Stopped:
                raise
            except CasbError as error:
                words = f"done, but it could not be read back: {error}"
                return Ending(UNKNOWN, words, error.exit_code)
            if matches(observed, record.after):
                return Ending(CHANGED, observed=observed)
            if record.change.pending and matches(observed, record.change.pending):
                words = "the provider has accepted it and carries it out later"
                return Ending(PENDING, words, observed=observed)
        differing = ", ".join(differing_keys(observed, record.after))
        if record.inverse and record.change.approximate and not matches(observed, record.before):
            words = f"{record.change.approximate} (differs in: {differing})"
            return Ending(CHANGED, words, observed=observed)
        words = f"the provider accepted every call, yet it reads back otherwise: {differing}"
        return Ending(FAILED, words, 1, observed)

    def standing(self, instance: str, target: str, action: str, options: dict[str, str]) -> Record | None:
        """Return an object's newest action if it is this one and still holds, by a look at the provider."""
        found = [r for r in self.history.all(instance=instance, target=target) if r.state != ALREADY]
        if not found or found[-1].state != CHANGED or not found[-1].change.observable:
            return None
        last = found[-1]
        same = (last.action, last.options) == (action, options)
        return last if same and matches(self.observe(last), last.after) else None

    def observe(self, record: Record) -> dict[str, Any]:
        """Read an action's object as it is now."""
        return self._read(record, self.runner(record))

    def _read(self, record: Record, runner: StepRunner) -> dict[str, Any]:
        try:
            return from_its_beginning(lambda: runner.connector.observe(record.change, dict(record.memo)))
        except ProviderError as error:
            raise error.at(runner.where, f"read {record.target} back") from None

    def runner(self, record: Record) -> StepRunner:
        """Return what carries out an action's steps, through the credential that may."""
        instance = self.by_key(record.instance)
        ability = action_kind(record.kind).ability
        connector: Actor = instance.connector(ability)
        explain = partial(instance.explain, ability=ability)
        return StepRunner(self.ledger, record, connector, self.wait, f"{instance.app_key}/{instance.name}", explain)

    def locks(self, instance: str, refs: tuple[str, ...]) -> ExitStack:
        """Hold every touched object, always in the same order; raises Locked."""
        stack = ExitStack()
        try:
            for ref in sorted(set(refs)):
                stack.enter_context(self.hold(instance, ref))
        except BaseException:
            stack.close()
            raise
        return stack


def as_fault(error: Exception) -> CasbError:
    """Return an exception as an error: one of ours as it is, any other by its kind and place alone.

    Its own words may quote content or a credential.
    """
    if isinstance(error, CasbError):
        return error
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else "unknown place"
    return CasbError(f"a fault inside casb: {type(error).__name__} in {place}")


def target_record(target: Target, run: str, reason: str | None) -> Record:
    """Return the action that a target of a plan becomes."""
    ref = parse(target.ref)
    return Record(
        id=new_id("a"),
        run=run,
        time=clock.now_text(),
        instance=target.instance,
        target=ref.local,
        action=target.action,
        change=target.change,
        app=ref.app,
        instance_name=ref.instance,
        options=dict(target.options),
        case=target.case,
        reason=reason,
        memo=dict(target.change.keeps),
    )


def failure(record: Record, error: CasbError) -> Record:
    """Return `record` ended with an error that never reached the journal."""
    record.state, record.detail, record.code = FAILED, str(error), error.exit_code
    if error.hint:
        record.detail += f"; {error.hint}"
    return record


def full_ref(record: Record) -> Ref:
    """Return the full reference of an action's object, under its instance's present name."""
    return parse(f"{record.app}:{record.instance_name}:{record.target}")
