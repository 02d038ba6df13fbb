"""`casb govern`: act on accounts, files, shares and tokens; look at it, take it back, protect from it."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands._govern_help import ActionCommand
from casb_cli.commands._options import (
    Apps,
    DryRun,
    Fields,
    Instances,
    OutputFormat,
    Trace,
    Yes,
    examples,
)
from casb_cli.govern.actions import ACTIONS, ActionKind, action_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casb_cli.commands._govern_run import Wishes, Work
    from casb_cli.core.refs import Ref
    from casb_cli.govern.desk import Desk
    from casb_cli.govern.record import Record

app = typer.Typer(help="Act on accounts, files, shares and tokens; and undo.")

Refs = Annotated[
    list[str],
    typer.Argument(
        metavar="REF...",
        help="What to act on: full references; on a terminal also e-mail, login, path or id; - reads standard input.",
    ),
]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="Save the plan for `casb govern apply`; change nothing."),
]
MaxTargets = Annotated[
    int | None,
    typer.Option(
        "--max-targets",
        envvar="CASB_MAX_TARGETS",
        min=0,
        metavar="N",
        help="Touch at most this many objects, those touched besides counted too; 25 unless told.",
    ),
]
OwnAccount = Annotated[bool, typer.Option("--allow-own-account", help="Even on the account that casb signs in with.")]
LastAdmin = Annotated[bool, typer.Option("--allow-last-admin", help="Even if no other active administrator remains.")]
Protected = Annotated[bool, typer.Option("--allow-protected", help="Even on objects that `casb govern protect` lists.")]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept in the journal, never a secret.")
]
Mode = Annotated[str | None, typer.Option("--mode", metavar="MODE", help="In which way, where there are several.")]
Force = Annotated[
    bool, typer.Option("--force", help="Even if the object is no longer as the action left it; shows how it differs.")
]


def _wishes(values: dict[str, Any]) -> Wishes:
    from casb_cli.commands._govern_run import Wishes

    wishes = Wishes(**{name: values[name] for name in Wishes.__dataclass_fields__ if name in values})
    wishes.must_agree()
    return wishes


def _run(kind: ActionKind, values: dict[str, Any], **options: str | None) -> int:
    from casb_cli.commands._govern_run import carry_out, desk, refs_of, settle_first

    wishes = _wishes(values)
    with desk(wishes.trace, dry_run=wishes.only_plans) as at:
        refs = refs_of(values["refs"], kind, at, values["apps"] or [], values["names"] or [])
        settle_first(at, _keys(at, refs), wishes)
        given = {name: value for name, value in options.items() if value is not None}
        work = _restore(at, refs, wishes) if kind.key == "restore" else _planned(at, kind, refs, given, wishes)
        return carry_out(at, work, wishes)


def _keys(at: Desk, refs: list[Ref]) -> list[str]:
    found = (at.config.find(ref.app, ref.instance) for ref in refs)
    return [config.key for config in found if config]


def _planned(at: Desk, kind: ActionKind, refs: list[Ref], options: dict[str, str], wishes: Wishes) -> Work:
    from casb_cli.commands._govern_run import Work
    from casb_cli.govern import rows
    from casb_cli.govern.plan import Request, build

    draft = build(
        [Request(action=kind.key, ref=ref, options=options) for ref in refs],
        at.opened,
        limits=wishes.limits,
        reason=wishes.reason,
        resume=None if wishes.plan else at.history.resumable,
        standing=at.engine.standing,
    )
    problems = [
        (request.ref, rows.refused(request, error, draft.plan, index), error)
        for index, (request, error) in enumerate(draft.problems)
    ]
    return Work(draft.plan, lambda: at.engine.execute(draft.plan), problems)


def _restore(at: Desk, refs: list[Ref], wishes: Wishes) -> Work:
    """Return the undo of each object's newest quarantine or trash, and for others the provider's own restore."""
    import msgspec

    from casb_cli.govern.plan import check_kind, sealed

    kind = action_kind("restore")
    hidden, others = [], []
    for ref in refs:
        check_kind(kind, ref)
        found = at.history.newest_hidden(at.opened(ref).key, ref.local)
        if found:
            hidden.append(found)
        else:
            others.append(ref)
    back = _undone(at, hidden, wishes, force=False)
    if not others:
        return back
    rest = _planned(at, kind, others, {}, wishes)
    for ref, _, error in rest.problems:
        error.hint = error.hint or f"the journal holds no quarantine or trash of it: casb govern log --target {ref}"
    both = sealed(msgspec.structs.replace(rest.plan, targets=(*back.plan.targets, *rest.plan.targets)))
    back.problems += rest.problems
    act = back.act
    back.plan, back.act = both, lambda: chain(act(), rest.act())
    return back


def _undone(at: Desk, originals: list[Record], wishes: Wishes, *, force: bool) -> Work:
    from casb_cli.commands._govern_run import Work
    from casb_cli.govern import rows
    from casb_cli.govern.undo import plan_undo, undo_all

    plan, refused = plan_undo(originals, limits=wishes.limits, reason=wishes.reason, force=force)
    problems = []
    for original, error in refused:
        from casb_cli.govern.execute import full_ref

        problems.append((full_ref(original), rows.done(original), error))
    return Work(plan, lambda: undo_all(at.engine, originals, plan, force=force), problems)


_FILTERS = {
    "account": "accounts --where \"login == 'leaver'\"",
    "file": "files --where \"sharing == 'public'\"",
    "share": "shares --where \"sharing == 'public'\"",
    "grant": "grants --where \"principal == 'leaver'\"",
}


def _examples(kind: ActionKind, name: str) -> str:
    ref = f"box:prod:{kind.kinds[0]}:89"
    listing = "files --trashed" if kind.key == "restore" else _FILTERS[kind.kinds[0]]
    extra = {"change-share": " --role viewer", "suspend": " --reason 'case 7'"}.get(kind.key, "")
    return examples(
        f"casb govern {name} {ref}{extra} --dry-run",
        f"casb govern {name} {ref}{extra} --yes",
        f"casb list {listing} -o jsonl | casb govern {name} -{extra} --yes",
    )


def _told(kind: ActionKind) -> str:
    return kind.title[:1].upper() + kind.title[1:] + ", as a plan that is shown, agreed to, journalled and proved."


def _plain(kind: ActionKind, name: str, *, hidden: bool = False) -> None:
    def command(
        refs: Refs,
        apps: Apps = None,
        names: Instances = None,
        output: OutputFormat = "table",
        fields: Fields = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        plan: PlanFile = None,
        max_targets: MaxTargets = None,
        own_account: OwnAccount = False,
        last_admin: LastAdmin = False,
        protected: Protected = False,
        reason: Reason = None,
        trace: Trace = None,
    ) -> int:
        return _run(kind, locals_of(locals()))

    app.command(
        name,
        cls=ActionCommand,
        help=_told(kind),
        short_help=kind.title,
        epilog=_examples(kind, name),
        hidden=hidden,
    )(command)


def _moded(kind: ActionKind, name: str) -> None:
    def command(
        refs: Refs,
        mode: Mode = None,
        apps: Apps = None,
        names: Instances = None,
        output: OutputFormat = "table",
        fields: Fields = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        plan: PlanFile = None,
        max_targets: MaxTargets = None,
        own_account: OwnAccount = False,
        last_admin: LastAdmin = False,
        protected: Protected = False,
        reason: Reason = None,
        trace: Trace = None,
    ) -> int:
        return _run(kind, locals_of(locals()), mode=mode)

    app.command(name, cls=ActionCommand, help=_told(kind), short_help=kind.title, epilog=_examples(kind, name))(command)


def locals_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return a command's parameters by name, without what its factory closed over."""
    return {name: value for name, value in values.items() if name != "kind"}


for _kind in ACTIONS:
    if "mode" in _kind.options:
        _moded(_kind, _kind.key)
    elif not _kind.options:
        for _name in (_kind.key, *_kind.aliases):
            _plain(_kind, _name, hidden=bool(_kind.aliases) and _name == _kind.key)


@app.command(
    "change-share",
    cls=ActionCommand,
    help=_told(action_kind("change-share")),
    short_help=action_kind("change-share").title,
    epilog=_examples(action_kind("change-share"), "change-share"),
)
def change_share(
    refs: Refs,
    role: Annotated[str | None, typer.Option("--role", help="The new role, as the provider names it.")] = None,
    sharing: Annotated[
        str | None, typer.Option("--sharing", help="The new level: private, internal, external or public.")
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="TIME", help="The new end: RFC 3339.")] = None,
    apps: Apps = None,
    names: Instances = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    plan: PlanFile = None,
    max_targets: MaxTargets = None,
    own_account: OwnAccount = False,
    last_admin: LastAdmin = False,
    protected: Protected = False,
    reason: Reason = None,
    trace: Trace = None,
) -> int:
    """Change a share's role, level or expiry."""
    from casb_cli.core.errors import UsageError
    from casb_cli.govern.plan import checked_share

    wanted = checked_share({"role": role, "sharing": sharing, "expires": expires})
    if sharing not in {None, "private", "internal", "external", "public"}:
        raise UsageError(f"`{sharing}` is no level", hint="private, internal, external or public")
    return _run(action_kind("change-share"), locals_of(locals()), **wanted)


@app.command(
    "undo",
    short_help="undo actions or whole runs",
    epilog=examples("casb govern undo a-20261122-7f3k2m9q1c --dry-run", "casb govern undo r-20261122-02a4b6c8de --yes"),
)
def undo(
    actions: Annotated[
        list[str],
        typer.Argument(metavar="ACTION|RUN...", help="What to undo, as `casb govern log` names it; - reads its rows."),
    ],
    force: Force = False,
    output: OutputFormat = "table",
    fields: Fields = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    max_targets: MaxTargets = None,
    own_account: OwnAccount = False,
    last_admin: LastAdmin = False,
    protected: Protected = False,
    reason: Reason = None,
    trace: Trace = None,
) -> int:
    """Undo actions: replay their inverses, refuse what is no longer as they left it, prove by reading back."""
    from casb_cli.commands._govern_run import action_names, carry_out, desk, settle_first

    wishes = _wishes(locals())
    named = action_names(actions)
    with desk(trace, dry_run=wishes.only_plans) as at:
        found = {record.id: record for name in named for record in at.history.by_name(name)}
        settle_first(at, [record.instance for record in found.values()], wishes)
        found = {record.id: record for name in named for record in at.history.by_name(name)}
        originals = sorted(found.values(), key=lambda record: record.time)
        if len(named) < len(originals):
            # Of a whole run, what changed nothing needs no undoing and is no failure.
            originals = [
                r for r in originals if not r.inverse and (r.state in {"changed", "pending", "unknown"} or r.resumable)
            ]
        work = _undone(at, originals, wishes, force=force)
        if force:
            _differences(at, originals)
        return carry_out(at, work, wishes)


def _differences(at: Desk, originals: list[Record]) -> None:
    """Tell how the objects differ from what their actions left, before going on regardless."""
    from casb_cli.commands._govern_show import change_text
    from casb_cli.core.errors import CasbError
    from casb_cli.ui.streams import streams

    for record in originals:
        if not record.change.observable:
            continue
        try:
            observed = at.engine.observe(record)
        except CasbError as error:
            streams.warn(f"{record.id}: it could not be read: {error}")
            continue
        if text := change_text(record.after, {key: observed.get(key) for key in record.after}):
            streams.warn(f"{record.id}: not as the action left it: {text}")


@app.command(
    "apply",
    short_help="carry out a saved plan",
    epilog=examples(
        "casb govern suspend box:prod:account:12 --plan leaver.json",
        "casb govern apply leaver.json --dry-run",
        "casb govern apply leaver.json --approved sha256:DIGEST --yes",
    ),
)
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A plan saved with --plan.")],
    approved: Annotated[
        str | None, typer.Option("--approved", metavar="DIGEST", help="Refuse any plan but the approved one.")
    ] = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    max_targets: MaxTargets = None,
    own_account: OwnAccount = False,
    last_admin: LastAdmin = False,
    protected: Protected = False,
    trace: Trace = None,
) -> int:
    """Carry out a saved plan: each object planned anew, and refused where it has changed since."""
    from casb_cli.commands._govern_run import Work, carry_out, desk, settle_first
    from casb_cli.govern import rows
    from casb_cli.govern.plan import load, refresh

    wishes = _wishes(locals())
    saved = load(file, approved=approved)
    with desk(trace, dry_run=wishes.only_plans) as at:
        settle_first(at, [target.instance for target in saved.targets], wishes)
        draft = refresh(saved, at.opened)
        problems = [
            (request.ref, rows.refused(request, error, saved, index), error)
            for index, (request, error) in enumerate(draft.problems)
        ]
        work = Work(draft.plan, lambda: at.engine.execute(draft.plan), problems, limits=wishes.widening)
        return carry_out(at, work, wishes)


@app.command(
    "settle",
    short_help="settle what an interrupted run left open",
    epilog=examples("casb govern settle", "casb govern settle --app box --instance prod"),
)
def settle(
    apps: Apps = None,
    names: Instances = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    trace: Trace = None,
) -> int:
    """Complete, or settle by reading, what an interrupted run left open; every action does so first by itself."""
    from casb_cli.commands._govern_run import desk, record_code, report
    from casb_cli.core.errors import combined_exit_code
    from casb_cli.govern import rows
    from casb_cli.ui.output import Output, render_row

    with desk(trace) as at:
        keys = [config.key for config in at.config.select(apps or (), names or ())]
        settled: list[Record] = []

        def found() -> Iterator[dict[str, Any]]:
            for record in at.settle(keys):
                settled.append(record)
                yield render_row(rows.done(record), record.app, record.instance_name)

        Output("action", output, fields=fields).write(found())
        for record in settled:
            report(record)
        return combined_exit_code([record_code(record) for record in settled])


from casb_cli.commands import _govern_look  # noqa: E402 - its commands join the group defined above

_govern_look.join(app)

_ORDER = [
    "suspend",
    "unsuspend",
    "revoke-password",
    "revoke-sessions",
    "quarantine",
    "restore",
    "trash",
    "overwrite",
    "unshare",
    "change-share",
    "make-private",
    "revoke-token",
    "revoke-grant",
    "revoke-leaked",
    "undo",
    "apply",
    "log",
    "verify",
    "settle",
]
app.registered_commands.sort(key=lambda made: _ORDER.index(str(made.name)))
