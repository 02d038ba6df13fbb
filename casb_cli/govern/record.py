"""The journal's lines folded into actions: what was meant, how far it came, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from casb_cli.core.capabilities import Change, Step
from casb_cli.core.errors import UnknownName
from casb_cli.core.shapes import from_plain
from casb_cli.govern.actions import UNDO
from casb_cli.govern.ports import Event, Ledger

CHANGED, ALREADY, FAILED, UNKNOWN, PENDING, MANUAL = (
    "changed",
    "already",
    "failed",
    "unknown",
    "pending",
    "manual",
)
PLANNED = "planned"
INTENT = "intent"
"""An action that was begun and has no outcome: interrupted, or still running."""

BEGUN, SENDING, DONE, SKIPPED, REFUSED, LOST, ENDED = (
    "begun",
    "sending",
    "done",
    "skipped",
    "refused",
    "lost",
    "ended",
)


Names = Callable[[str], str | None]


@dataclass
class Record:
    """One action of the journal. `inverse` is true for an undo: its steps are the inverse of `change`."""

    id: str
    run: str
    time: str
    instance: str
    target: str
    action: str
    change: Change
    app: str = ""
    instance_name: str = ""
    options: dict[str, str] = field(default_factory=dict)
    case: str | None = None
    reason: str | None = None
    undo_of: str | None = None
    state: str = INTENT
    detail: str | None = None
    code: int = 0
    ended: str | None = None
    observed: dict[str, Any] | None = None
    memo: dict[str, Any] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    volatile: dict[int, tuple[str, ...]] = field(default_factory=dict)
    sending: int | None = None
    lost: bool = False
    undone_by: str | None = None
    forced: bool = False
    """Carried out although the object is not in the state that it should start from."""

    @property
    def inverse(self) -> bool:
        """Whether it replays the inverse of another action."""
        return self.undo_of is not None

    @property
    def kind(self) -> str:
        """The kind of action; of an undo, that of the action it undoes."""
        return self.change.action

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps it carries out."""
        return self.change.inverse if self.inverse else self.change.steps

    @property
    def before(self) -> dict[str, Any]:
        """The state it starts from."""
        return self.change.after if self.inverse else self.change.before

    @property
    def after(self) -> dict[str, Any]:
        """The state it leads to."""
        return self.change.before if self.inverse else self.change.after

    @property
    def now(self) -> str:
        """The object's reference once this was done: another one where the provider gave it a new id."""
        return str(self.memo.get("now") or self.target)

    @property
    def resumable(self) -> bool:
        """Whether it stopped between its steps and can go on where it stopped."""
        part = bool(self.done) and len(self.done) < len(self.steps)
        return self.state == FAILED and part and self.undone_by is None

    @property
    def next_step(self) -> int:
        """The first step that is not done."""
        return next((i for i in range(len(self.steps)) if i not in self.done), len(self.steps))


def _fold(record: Record, event: Event) -> None:
    body = event.body
    if event.event == SENDING:
        record.sending, record.lost = body["step"], False
        record.state = INTENT
        record.ended = None
    elif event.event in {DONE, SKIPPED}:
        record.sending, record.lost = None, False
        record.done.add(body["step"])
        record.memo.update(body.get("memo", {}))
        record.volatile[body["step"]] = tuple(body.get("volatile", ()))
    elif event.event == REFUSED:
        record.sending, record.lost = None, False
    elif event.event == LOST:
        record.lost = True
    elif event.event == ENDED:
        record.state = body["state"]
        record.detail = body.get("detail")
        record.code = body.get("code", 0)
        record.observed = body.get("observed")
        record.ended = event.time


def records(events: Iterable[Event]) -> dict[str, Record]:
    """Return the actions that a run of journal lines tells, oldest first, by id."""
    found: dict[str, Record] = {}
    for event in events:
        if event.event == BEGUN:
            body = event.body
            change = from_plain(body["change"], Change)
            found[event.action] = Record(
                id=event.action,
                run=event.run,
                time=event.time,
                instance=event.instance,
                target=event.target,
                action=body["action"],
                change=change,
                app=body.get("app", ""),
                instance_name=body.get("instance", ""),
                options=body.get("options", {}),
                case=body.get("case"),
                reason=body.get("reason"),
                undo_of=body.get("undo_of"),
                memo={**change.keeps, **body.get("memo", {})},
                done=set(body.get("skip", ())),
                forced=body.get("forced", False),
            )
        elif event.action in found:
            _fold(found[event.action], event)
    for record in found.values():
        undone = found.get(record.undo_of or "")
        if undone is not None and record.state in {CHANGED, ALREADY, PENDING}:
            undone.undone_by = record.id
    return found


class History:
    """The journal read as actions; `names` gives an instance key's present name, which a rename may have changed."""

    def __init__(self, ledger: Ledger, names: Names | None = None) -> None:
        self._ledger = ledger
        self._names = names

    def all(self, *, instance: str | None = None, target: str | None = None) -> list[Record]:
        """Return actions oldest first, of one instance or of one object if asked."""
        found = list(records(self._ledger.events(instance=instance, target=target)).values())
        if self._names is not None:
            for record in found:
                record.instance_name = self._names(record.instance) or record.instance_name
        return found

    def open(self, instance: str, *, target: str | None = None) -> list[Record]:
        """Return the actions of an instance that have no outcome yet, oldest first."""
        if target is not None:
            return [record for record in self.all(instance=instance, target=target) if record.state == INTENT]
        unended = dict(self._ledger.without_end(instance, ENDED))
        objects = dict.fromkeys(unended.values())
        found = [record for place in objects for record in self.all(instance=instance, target=place)]
        return [record for record in found if record.id in unended]

    def by_name(self, name: str) -> list[Record]:
        """Return the action, or the run's actions, that `name` names, oldest first; raises UnknownName."""
        ledger = self._ledger
        events = [*ledger.events(action=name)] or [*ledger.events(run=name)]
        if not events:
            raise UnknownName(f"the journal has no action or run `{name}`", hint="see `casb govern log`")
        wanted = set(records(events))
        # What undid an action stands on the same object, in another run.
        objects = dict.fromkeys((e.instance, e.target) for e in events)
        return [
            record
            for instance, target in objects
            for record in self.all(instance=instance, target=target)
            if record.id in wanted
        ]

    def resumable(self, instance: str, target: str, action: str, options: dict[str, str]) -> Record | None:
        """Return the newest action on an object if it is this one and stopped between its steps."""
        found = [r for r in self.all(instance=instance, target=target) if r.state != ALREADY]
        if found and (last := found[-1]).resumable and (last.action, last.options) == (action, options):
            return last
        return None

    def newest_hidden(self, instance: str, target: str) -> Record | None:
        """Return an object's newest quarantine or trash that still stands."""
        for record in reversed(self.all(instance=instance, target=target)):
            if (
                record.action in {"quarantine", "trash"}
                and record.undone_by is None
                and (record.state in {CHANGED, PENDING, UNKNOWN} or record.resumable)
            ):
                return record
        return None

    def standing(self, *, instance: str | None = None) -> list[Record]:
        """Return per object and kind the newest action that should still hold, and undos that are pending."""
        newest: dict[tuple[str, str, str], Record] = {}
        waiting = []
        for record in self.all(instance=instance):
            if record.action == UNDO:
                waiting += [record] if record.state in {PENDING, UNKNOWN} else []
            elif record.state in {CHANGED, PENDING, UNKNOWN}:
                newest[(record.instance, record.target, _family(record.action))] = record
        return [*(r for r in newest.values() if r.undone_by is None), *waiting]


def _family(action: str) -> str:
    """Return what an action acts on, so that a later opposite replaces the earlier expectation."""
    return {"unsuspend": "suspend", "restore": "place", "quarantine": "place", "trash": "place"}.get(action, action)
