"""The commands of `casb govern` that act on nothing: log, verify, protect."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands._options import (
    Apps,
    Fields,
    Instances,
    Limit,
    OutputFormat,
    Since,
    Trace,
    Until,
    Where,
    examples,
)

if TYPE_CHECKING:
    from casb_cli.core.refs import Ref
    from casb_cli.govern.desk import Desk
    from casb_cli.govern.record import Record

protect = typer.Typer(
    help="Protect break-glass accounts and other objects: acting on them wants a flag of its own.",
    short_help="protect break-glass accounts",
)

PROTECTED_COLUMNS = ("ref", "app", "instance", "name", "why", "added")


def join(group: typer.Typer) -> None:
    """Add these commands to the group."""
    group.command(
        "log",
        short_help="show the journal of actions",
        epilog=examples(
            "casb govern log --since 7d",
            "casb govern log --state failed --state unknown -o jsonl",
            "casb govern log --target box:prod:file:89",
            "casb govern log --verify",
        ),
    )(log)
    group.command(
        "verify",
        short_help="read whether past actions still hold",
        epilog=examples("casb govern verify", "casb govern verify --app box -o json"),
    )(verify)
    protect.command(
        "add", epilog=examples("casb govern protect add github:prod:account:101 --why 'break-glass, sealed'")
    )(protect_add)
    protect.command("remove", epilog=examples("casb govern protect remove github:prod:account:101"))(protect_remove)
    protect.command("list", epilog=examples("casb govern protect list"))(protect_list)
    group.add_typer(protect, name="protect")


def log(
    apps: Apps = None,
    names: Instances = None,
    since: Since = None,
    until: Until = None,
    action: Annotated[
        list[str] | None, typer.Option("--action", metavar="ACTION", help="Only this action; repeatable.")
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help="Only in this state; repeatable.")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", metavar="REF", help="Only on this object.")] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only this run or action.")] = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
    check: Annotated[
        bool, typer.Option("--verify", help="Recompute the journal's hash chain instead of listing.")
    ] = False,
) -> int:
    """Show the journal: every action, newest first, with its state, what it changed and how to undo it."""
    from casb_cli.commands._govern_run import desk
    from casb_cli.govern import rows
    from casb_cli.ui.output import Output, render_row

    if check:
        return _check_chain()
    sink = Output("action", output, fields=fields, where=where, limit=limit)
    with desk() as at:
        keys = {config.key for config in at.config.select(apps or (), names or ())} if apps or names else None
        records = at.history.by_name(run) if run else at.history.all()
        wanted = (
            record
            for record in reversed(records)
            if (keys is None or record.instance in keys)
            and (since is None or record.time >= since)
            and (until is None or record.time < until)
            and (not action or record.action in action)
            and (not state or rows.done(record).state in state)
            and (target is None or target in {record.target, f"{record.app}:{record.instance_name}:{record.target}"})
        )
        done = ((rows.done(record), record.app, record.instance_name) for record in wanted)
        shown = (
            (row, app, name)
            for row, key, app, name in (() if run else rows.reveals(at.engine.ledger))
            if (keys is None or key in keys)
            and (since is None or (row.time or "") >= since)
            and (until is None or (row.time or "") < until)
            and (not action or row.action in action)
            and (not state or row.state in state)
            and (target is None or target in {row.target_ref, f"{app}:{name}:{row.target_ref}"})
        )
        merged = heapq.merge(done, reversed([*shown]), key=lambda one: one[0].time or "", reverse=True)
        sink.write(render_row(*one) for one in merged)
    return 0


def _check_chain() -> int:
    from casb_cli.core.errors import StoreError
    from casb_cli.store.journal import Journal
    from casb_cli.ui.streams import streams

    with Journal() as journal:
        verdict = journal.verify()
    if not verdict.intact:
        raise StoreError(
            f"the journal was tampered with or damaged: {verdict.fault}",
            hint=f"{verdict.entries} lines before it are sound, up to the hash {verdict.head}",
        )
    streams.note(f"the journal is intact: {verdict.entries} lines, last hash {verdict.head}")
    return 0


def verify(
    actions: Annotated[
        list[str] | None, typer.Argument(metavar="[ACTION|RUN...]", help="Only these; all that should hold, if none.")
    ] = None,
    apps: Apps = None,
    names: Instances = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    limit: Limit = None,
    trace: Trace = None,
) -> int:
    """Read again whether past actions still hold: a directory sync or a person may have reverted them.

    States: holds, reverted, differs, pending, undone, not-done, unreadable. `before` is what the action left,
    `after` what is there.
    """
    from casb_cli.commands._govern_run import desk
    from casb_cli.core.errors import combined_exit_code
    from casb_cli.govern.verify import Look
    from casb_cli.govern.verify import verify as look
    from casb_cli.ui.output import Output, render_row

    sink = Output("action", output, fields=fields, limit=limit)
    looks: list[Look] = []
    with desk(trace) as at:
        records = _asked(at, actions, apps, names)

        def found() -> Iterator[dict[str, Any]]:
            for one in look(at.engine, records):
                looks.append(one)
                yield render_row(_row(one), one.record.app, one.record.instance_name)

        sink.write(found())
    return combined_exit_code([one.code for one in looks])


def _asked(
    at: Desk, actions: Sequence[str] | None, apps: Sequence[str] | None, names: Sequence[str] | None
) -> list[Record]:
    if actions:
        from casb_cli.commands._govern_run import action_names

        return [record for name in action_names(actions) for record in at.history.by_name(name)]
    keys = [config.key for config in at.config.select(apps or (), names or ())]
    return [record for key in keys for record in at.history.standing(instance=key)]


def _row(look: Any) -> Any:
    import msgspec

    from casb_cli.govern import rows

    row = rows.done(look.record)
    return msgspec.structs.replace(
        row, state=look.state, before=look.record.after, after=look.observed, reason=look.detail
    )


Refs = Annotated[
    list[str],
    typer.Argument(
        metavar="REF...", help="Full references; on a terminal also an e-mail or login; - reads references."
    ),
]


def _accounts(at: Desk, words: Sequence[str], apps: Sequence[str] | None, names: Sequence[str] | None) -> list[Ref]:
    """Return the objects to protect: any kind by full reference, accounts by friendlier words too."""
    from casb_cli.commands._govern_run import refs_of
    from casb_cli.govern.actions import action_kind

    return refs_of(words, action_kind("suspend"), at, list(apps or ()), list(names or ()))


def protect_add(
    refs: Refs,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; shown when an action is refused.")] = "",
    apps: Apps = None,
    names: Instances = None,
) -> int:
    """Protect objects; doing so again replaces the reason."""
    from casb_cli.commands._govern_run import desk
    from casb_cli.ui.streams import streams

    with desk() as at:
        for ref in _accounts(at, refs, apps, names):
            key = at.config.get(ref.app, ref.instance).key
            row = at.store.inventory.get(key, ref.kind, ref.id)
            name = getattr(row, "login", None) or getattr(row, "name", None) or ""
            at.store.protected.add(key, ref.local, name=name, why=why)
            streams.note(f"{ref} is protected")
    return 0


def protect_remove(
    refs: Refs,
    apps: Apps = None,
    names: Instances = None,
) -> int:
    """Protect objects no longer."""
    from casb_cli.commands._govern_run import desk
    from casb_cli.ui.streams import streams

    with desk() as at:
        for ref in _accounts(at, refs, apps, names):
            done = at.store.protected.remove(at.config.get(ref.app, ref.instance).key, ref.local)
            streams.note(f"{ref} is protected no longer" if done else f"{ref} was not protected")
    return 0


def protect_list(
    output: OutputFormat = "table",
    fields: Fields = None,
) -> int:
    """List protected objects."""
    from casb_cli.commands._govern_run import desk
    from casb_cli.ui.output import Output

    sink = Output("protection", output, fields=fields, columns=PROTECTED_COLUMNS)
    with desk() as at:
        by_key = {config.key: config for config in at.config.instances}
        sink.write(
            {
                "ref": f"{config.app}:{config.name}:{one.target}",
                "app": config.app,
                "instance": config.name,
                "name": one.name,
                "why": one.why,
                "added": one.added,
            }
            for one in at.store.protected.list()
            if (config := by_key.get(one.instance_key))
        )
    return 0
