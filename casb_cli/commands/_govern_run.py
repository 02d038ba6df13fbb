"""One governing run, the same for every action: settle, plan, show, guard, agree, act, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from casb_cli.commands._govern_show import plan_table, warnings
from casb_cli.commands._session import environment
from casb_cli.core.errors import CasbError, UsageError, combined_exit_code
from casb_cli.core.models import Action
from casb_cli.core.refs import Ref
from casb_cli.govern import rows
from casb_cli.govern.plan import Limits, Plan, save
from casb_cli.govern.record import Record
from casb_cli.ui.output import Output, render_row
from casb_cli.ui.process import tell
from casb_cli.ui.streams import streams

if TYPE_CHECKING:
    from casb_cli.govern.actions import ActionKind
    from casb_cli.govern.desk import Desk

Format = Literal["table", "json", "jsonl", "csv"]


@dataclass(frozen=True)
class Wishes:
    """How a run was asked to go: what is printed, whether anything is done, how far the guards may be widened."""

    output: Format = "table"
    fields: str | None = None
    dry_run: bool = False
    yes: bool = False
    plan: Path | None = None
    max_targets: int | None = None
    own_account: bool = False
    last_admin: bool = False
    protected: bool = False
    reason: str | None = None
    trace: str | None = None

    @property
    def limits(self) -> Limits:
        """What a new plan carries."""
        base = Limits()
        return Limits(
            max_targets=base.max_targets if self.max_targets is None else self.max_targets,
            own_account=self.own_account,
            last_admin=self.last_admin,
            protected=self.protected,
        )

    @property
    def widening(self) -> Limits:
        """What is added to a saved plan's own limits."""
        return Limits(
            max_targets=self.max_targets or 0,
            own_account=self.own_account,
            last_admin=self.last_admin,
            protected=self.protected,
        )

    @property
    def only_plans(self) -> bool:
        """Whether nothing is to be changed."""
        return self.dry_run or self.plan is not None

    def must_agree(self) -> None:
        """Raise UsageError now, before any call, where nobody could agree later."""
        if not (self.only_plans or self.yes or streams.may_ask):
            why = "--no-input is set" if streams.no_input else "there is no terminal to ask on"
            raise UsageError(
                f"nobody can agree to the plan: {why}",
                hint="look at it with --dry-run, then give --yes",
            )


@dataclass
class Work:
    """A plan, how it is carried out, and what could not be planned: each as a row and its error."""

    plan: Plan
    act: Callable[[], Iterator[Record]]
    problems: list[tuple[Ref, Action, CasbError]] = field(default_factory=list)
    limits: Limits | None = None


@contextmanager
def desk(trace: str | None = None, *, dry_run: bool = False) -> Iterator[Desk]:
    """Yield the desk of a governing command; connections, journal and store are closed on leaving.

    With `dry_run` its engine sends nothing.
    """
    from casb_cli.govern.desk import Desk
    from casb_cli.store.config import Config
    from casb_cli.store.journal import Journal
    from casb_cli.store.store import Store

    with ExitStack() as stack:
        store = stack.enter_context(Store())
        env = stack.enter_context(environment(trace=trace, store=store))
        journal = stack.enter_context(Journal())
        made = Desk(Config.load(), env, store, journal, dry_run=dry_run)
        stack.callback(made.close)
        yield made


def settle_first(at: Desk, keys: Sequence[str], wishes: Wishes) -> None:
    """Settle what interrupted runs left open, saying so; a run that changes nothing leaves it alone."""
    if wishes.only_plans:
        return
    for record in at.settle(keys):
        streams.warn(
            f"an interrupted action was settled: {record.action} {record.app}:{record.instance_name}:"
            f"{record.target}: {record.state}" + (f" ({record.detail})" if record.detail else "")
        )


def refs_of(words: Sequence[str], kind: ActionKind, at: Desk, apps: list[str], names: list[str]) -> list[Ref]:
    """Return the objects that the command line and standard input name."""
    from casb_cli.govern.resolve import Resolver, from_lines

    def instances() -> list[Any]:
        return list(at.chosen(apps, names))

    resolver = Resolver(kind, instances, lambda: at.store.inventory, friendly=streams.in_tty)
    found: list[Ref] = []
    import sys

    for word in words:
        found += from_lines(sys.stdin, kind, limit=100_000) if word == "-" else [resolver.resolve(word)]
    if not found:
        raise UsageError("no object was named", hint=f"casb govern {kind.key} REF, or - to read references")
    return list(dict.fromkeys(found))


def action_names(words: Sequence[str]) -> list[str]:
    """Return the actions and runs that are named: by id, by the reference of a row, or by rows on standard input."""
    import sys

    from casb_cli.core.refs import parse

    found: list[str] = []
    for word in words:
        for line in sys.stdin if word == "-" else [word]:
            name = line.strip()
            if name.startswith("{"):
                name = _ref_in(name)
            if not name:
                continue
            if ":" in name and (ref := parse(name)).kind != "action":
                raise UsageError(f"`{ref}` is no action", hint="see `casb govern log`")
            found.append(parse(name).id if ":" in name else name)
    if not found:
        raise UsageError("no action was named", hint="see `casb govern log`")
    return list(dict.fromkeys(found))


def _ref_in(line: str) -> str:
    import json

    try:
        ref = json.loads(line).get("ref")
    except ValueError:
        ref = None
    if not isinstance(ref, str):
        raise UsageError("a line of standard input has no `ref`", hint="keep the field `ref` when you filter rows")
    return ref


def carry_out(at: Desk, work: Work, wishes: Wishes) -> int:
    """Show a plan, hold it against the guards, have it agreed to, carry it out; return the exit code."""
    if not work.plan.targets and len(work.problems) == 1:
        raise work.problems[0][2]
    for _, _, error in work.problems:
        tell(error)
    codes = [error.exit_code for _, _, error in work.problems]
    if not work.plan.targets:
        return combined_exit_code(codes)
    on_stdout = wishes.dry_run and wishes.output == "table" and streams.out_tty and not wishes.fields
    _show(work.plan, on_stdout=on_stdout)
    at.check(work.plan, work.limits)
    if wishes.dry_run:
        if not on_stdout:
            _print(_planned_rows(work), wishes)
        streams.note("nothing was changed")
        return combined_exit_code([*codes, *(0 for _ in work.plan.targets)])
    if wishes.plan:
        return _save(work, wishes, codes)
    if not _agreed(work, wishes):
        streams.note("nothing was changed")
        return 1
    return _act(work, wishes, codes)


def _show(plan: Plan, *, on_stdout: bool) -> None:
    for line in warnings(plan):
        streams.warn(line)
    if on_stdout:
        streams.write(plan_table(plan, width=streams.width, color=streams.out_color))
        streams.flush()
    elif streams.err_tty and not streams.as_json:
        for line in plan_table(plan, width=streams.width, color=False).splitlines():
            streams.err_line(line)


def _planned_rows(work: Work) -> Iterator[dict[str, Any]]:
    from casb_cli.core.refs import parse

    for target in work.plan.targets:
        ref = parse(target.ref)
        yield render_row(rows.planned(target, work.plan), ref.app, ref.instance)
    for ref, row, _ in work.problems:
        yield render_row(row, ref.app, ref.instance)


def _print(found: Iterator[dict[str, Any]], wishes: Wishes) -> None:
    Output("action", wishes.output, fields=wishes.fields).write(found)


def _save(work: Work, wishes: Wishes, codes: list[int]) -> int:
    from casb_cli.store.paths import write_private

    assert wishes.plan is not None  # noqa: S101 - the caller's condition
    save(work.plan, wishes.plan, write_private)
    streams.note(f"the plan is in {wishes.plan}; its digest is sha256:{work.plan.digest}")
    streams.note(f"carry it out: casb govern apply {wishes.plan} --approved sha256:{work.plan.digest}")
    return combined_exit_code([*codes, *(0 for _ in work.plan.targets)])


def _agreed(work: Work, wishes: Wishes) -> bool:
    acting = [t for t in work.plan.targets if not t.already and not t.change.manual]
    if not acting:
        return True
    actions = sorted({target.action for target in acting})
    count = len(acting)
    question = f"{' and '.join(actions)} {count} object{'s' if count > 1 else ''}"
    if final := sum(1 for t in acting if t.action != "undo" and not t.change.inverse):
        question += " for good" if final == count else f", {final} of them for good"
    if work.problems:
        question += f" ({len(work.problems)} more cannot be)"
    return streams.confirm(f"{question}?", yes=wishes.yes)


def _act(work: Work, wishes: Wishes, codes: list[int]) -> int:
    output = Output("action", wishes.output, fields=wishes.fields)
    records: list[Record] = []

    def done() -> Iterator[dict[str, Any]]:
        for record in work.act():
            records.append(record)
            yield render_row(rows.done(record), record.app, record.instance_name)
        for ref, row, _ in work.problems:
            yield render_row(row, ref.app, ref.instance)

    try:
        output.write(done())
    except KeyboardInterrupt:
        streams.warn("what was begun is settled by the next action, or now: casb govern settle")
        raise
    for record in records:
        report(record)
        codes.append(record_code(record))
    undoable = [r for r in records if r.state == "changed" and r.change.inverse and not r.inverse]
    if undoable:
        run = undoable[0].id if len(undoable) == 1 else work.plan.id
        streams.note(f"undo: casb govern undo {run}")
    return combined_exit_code(codes)


def report(record: Record) -> None:
    """Tell on stderr why an action did not end well, or what else is to be known of it."""
    name = f"{record.action} {record.app}:{record.instance_name}:{record.target}"
    if record.state in {"failed", "unknown", "manual"}:
        error = CasbError(f"{name}: {record.state}: {record.detail}", hint=_next(record))
        tell(error)
        return
    if record.detail:
        streams.note(f"{name}: {record.state}: {record.detail}")
    if record.now != record.target:
        streams.note(f"{name}: it is now {record.app}:{record.instance_name}:{record.now}")


def _next(record: Record) -> str | None:
    if record.resumable and record.undo_of:
        return f"go on: casb govern undo {record.undo_of}"
    if record.resumable:
        return (
            f"go on: casb govern {record.action} {record.app}:{record.instance_name}:{record.target}; "
            f"or take back what was done: casb govern undo {record.id}"
        )
    if record.state == "unknown":
        return f"look later: casb govern verify {record.id}"
    return None


def record_code(record: Record) -> int:
    """Return the exit code of one action."""
    if record.state in {"changed", "already", "pending"}:
        return 0
    return record.code or 1
