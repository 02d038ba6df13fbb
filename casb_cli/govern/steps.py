"""The steps of one action, carried out one by one, each journalled before it is sent and when it is answered.

What the journal says at any moment of a crash: nothing sent (`begun`), sent and perhaps done (`sending`), or
done (`done`). A step left at `sending`, or whose answer was lost, is settled by reading; only a repeatable one
is ever sent again without that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from casb_cli.core.anew import from_its_beginning
from casb_cli.core.capabilities import Actor, Step
from casb_cli.core.errors import CasbError, CursorExpired, LostAnswer, Stopped, Unavailable
from casb_cli.govern.plan import matches
from casb_cli.govern.ports import Explain, Ledger, Wait
from casb_cli.govern.record import DONE, ENDED, FAILED, LOST, REFUSED, SENDING, SKIPPED, UNKNOWN, Record

ATTEMPTS = 3
"""How often a step is sent when its answer is lost and reading says it had no effect, or it is harmless."""


@dataclass(frozen=True)
class Ending:
    """How an action ended, why, and the exit code that it stands for."""

    state: str
    detail: str | None = None
    code: int = 0
    observed: dict[str, Any] | None = None


class StepFault(CasbError):
    """A connector broke its contract in a step; the journal keeps the name of the fault, never its words."""

    kind = "internal"


class StepRunner:
    """Carries out the steps of one action through one connector."""

    def __init__(
        self, ledger: Ledger, record: Record, connector: Actor, wait: Wait, where: str, explain: Explain
    ) -> None:
        self.ledger = ledger
        self.record = record
        self.connector = connector
        self.wait = wait
        self.where = where
        self.explain = explain

    def note(self, event: str, **body: Any) -> None:
        """Append a line about this action to the journal."""
        note(self.ledger, self.record, event, **body)

    def end(self, ending: Ending) -> None:
        """Journal the outcome and keep it in the record."""
        record = self.record
        record.state, record.detail = ending.state, ending.detail
        record.code, record.observed = ending.code, ending.observed
        body: dict[str, Any] = {"state": ending.state, "code": ending.code}
        if ending.detail:
            body["detail"] = self.scrubbed(ending.detail)
        if ending.observed is not None:
            body["observed"] = ending.observed
        self.note(ENDED, **body)

    def run(self) -> Ending | None:
        """Carry out every step that is not done; return why it stopped early, or None when all are done."""
        record = self.record
        if record.sending is not None:
            # Before all else: repeating what an earlier step read would lose the doubt about this one.
            ending = self._settle_left(record.sending)
            if ending is not None:
                return ending
        for index, step in enumerate(record.steps):
            if index in record.done and not self._needed_again(index):
                continue
            ending = self._carry_out(index, step)
            if ending is not None:
                return ending
        return None

    def _settle_left(self, index: int) -> Ending | None:
        """Settle the step that an interrupted run had sent, before anything else is."""
        record = self.record
        step = record.steps[index]
        effect = self.effect(step)
        if effect:
            self._done(index, {}, settled=True)
        elif effect is None and not step.repeatable:
            return self._unknown(index, step)
        record.sending = None
        return None

    def _needed_again(self, index: int) -> bool:
        """Tell whether a done step must be repeated for what it read and only memory held."""
        lacking = [key for key in self.record.volatile.get(index, ()) if key not in self.record.memo]
        waiting = any(i not in self.record.done for i in range(index + 1, len(self.record.steps)))
        return bool(lacking) and waiting

    def _carry_out(self, index: int, step: Step) -> Ending | None:
        record = self.record
        last: CasbError | None = None
        for attempt in range(ATTEMPTS + 1):
            if last is not None:
                self.wait(2.0**attempt / 2)
                effect = self.effect(step)
                if effect:
                    self._done(index, {}, settled=True)
                    return None
                if effect is None and not step.repeatable:
                    return self._unknown(index, step)
                if attempt == ATTEMPTS:
                    return self._unknown(index, step) if effect is None else self._refused(index, step, last)
            record.sending = index
            self.note(SENDING, step=index, name=step.name, title=step.title)
            try:
                result = self.connector.perform(step, dict(record.memo))
            except Stopped:
                raise  # as in a crash: the next run settles what this one leaves at `sending`
            except (LostAnswer, Unavailable, CursorExpired) as error:
                last = error
            except CasbError as error:
                return self._refused(index, step, error)
            except Exception as error:  # noqa: BLE001 - a connector's fault must neither stop the other targets nor go unjournalled
                last = StepFault(f"the step `{step.name}` failed inside casb ({type(error).__name__})")
                if not step.repeatable or attempt:
                    return self._fault(index, step, last)
            else:
                return self._answered(index, result)
            self.note(LOST, step=index)
        return self._unknown(index, step)

    def _answered(self, index: int, result: dict[str, Any]) -> Ending | None:
        try:
            self._done(index, plain(result))
        except StepFault as fault:
            self._done(index, {})
            return Ending(FAILED, fault.message, fault.exit_code)
        return None

    def _done(self, index: int, result: dict[str, Any], *, settled: bool = False) -> None:
        record = self.record
        record.memo.update(result)
        kept = {key: value for key, value in record.memo.items() if not key.startswith("_")}
        volatile = tuple(key for key in result if key.startswith("_"))
        body: dict[str, Any] = {"step": index, "memo": kept if settled else _kept(result)}
        if volatile:
            body["volatile"] = volatile
            record.volatile[index] = volatile
        if settled:
            body["settled"] = True
        record.done.add(index)
        record.sending = None
        self.note(DONE, **body)

    def skip(self, index: int) -> None:
        """Journal that a step has nothing to do."""
        self.record.done.add(index)
        self.note(SKIPPED, step=index)

    def _refused(self, index: int, step: Step, error: CasbError | None) -> Ending:
        record = self.record
        record.sending = None
        if error is not None:
            error = self.explain(error, doing=step.title)
        words = self.scrubbed(_with_hint(error)) if error is not None else "it had no effect"
        self.note(REFUSED, step=index, error=words)
        return Ending(FAILED, self._told(index, words), error.exit_code if error else 1)

    def _fault(self, index: int, step: Step, fault: CasbError) -> Ending:
        """End after a fault of ours: done if a reading says so, failed if not, unknown where none can."""
        effect = self.effect(step)
        if effect is None:
            self.note(LOST, step=index)
            return Ending(UNKNOWN, self._told(index, fault.message), fault.exit_code)
        if effect:
            self._done(index, {}, settled=True)
        return self._refused(index, step, fault) if not effect else Ending(FAILED, fault.message, 1)

    def _told(self, index: int, words: str) -> str:
        steps = self.record.steps
        if len(steps) == 1:
            return words
        return f"step {index + 1} of {len(steps)} ({steps[index].title}): {words}"

    def _unknown(self, index: int, step: Step) -> Ending:
        again = "" if step.repeatable else "; it was not sent again"
        words = f"the answer was lost, and nothing can be read that tells what happened{again}"
        self.note(LOST, step=index)
        return Ending(UNKNOWN, self._told(index, words), 1)

    def effect(self, step: Step) -> bool | None:
        """Tell by reading whether a step took effect; None where no reading tells."""
        record = self.record
        memo = dict(record.memo)
        try:
            verdict = from_its_beginning(lambda: self.connector.settle(step, memo))
            if verdict:
                record.memo.update(plain(memo))
            if verdict is not None or not record.change.observable:
                return verdict
            if len(record.steps) > 1 or matches(record.before, record.after):
                # The state that the whole action leads to may be there already, or without this one step.
                return None
            observed = from_its_beginning(lambda: self.connector.observe(record.change, record.memo))
        except Stopped:
            raise
        except CasbError:
            return None  # unreadable now: the caller treats it as not known
        if record.after and matches(observed, record.after):
            return True
        return False if matches(observed, record.before) else None

    def scrubbed(self, text: str) -> str:
        """Return `text` without the values that the action holds in memory only."""
        for key, value in self.record.memo.items():
            if key.startswith("_") and isinstance(value, str) and value:
                text = text.replace(value, "***")
        return text


def _with_hint(error: CasbError) -> str:
    return f"{error}; {error.hint}" if error.hint else str(error)


def note(ledger: Ledger, record: Record, event: str, **body: Any) -> None:
    """Append a line about an action to the journal; it is on disk on return."""
    ledger.append(event, run=record.run, action=record.id, instance=record.instance, target=record.target, body=body)


def _kept(result: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if not key.startswith("_")}


def plain(result: dict[str, Any]) -> dict[str, Any]:
    """Return a step's result if the journal can keep it: JSON values, no bytes; raises StepFault."""
    for key, value in result.items():
        if not key.startswith("_") and not _is_plain(value):
            raise StepFault(f"a step returned `{key}`, which the journal must not keep")
    return result


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)
