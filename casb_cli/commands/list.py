"""`casb list`: live from the providers, or with `--stored` from the last scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
    from casb_cli.core.capabilities import Ability, Window
    from casb_cli.core.errors import CasbError
    from casb_cli.scan.listing import Outcome

app = typer.Typer(help="List accounts, groups, memberships, privileges, activity, files, shares and grants.")

Product = Annotated[
    str | None, typer.Option("--product", metavar="NAME", help="Only of this product of a suite, such as teams.")
]
Stored = Annotated[bool, typer.Option("--stored", help="Read the last scan instead of asking the providers.")]

ABILITY_OF = {
    "account": "ListAccounts",
    "group": "ListGroups",
    "membership": "ListMemberships",
    "privilege": "ListPrivileges",
    "activity": "ListActivity",
    "file": "ListFiles",
    "share": "ListShares",
    "grant": "ListGrants",
}


def _ability(kind: str) -> type[Ability]:
    from casb_cli.core import capabilities

    ability: type[Ability] = getattr(capabilities, ABILITY_OF[kind])
    return ability


def run(
    kind: str,
    apps: list[str] | None,
    names: list[str] | None,
    output: Literal["table", "json", "jsonl", "csv"],
    fields: str | None,
    where: str | None,
    limit: int | None,
    *,
    stored: bool = False,
    trace: str | None = None,
    window: Window | None = None,
    keep: Callable[[Any], bool] | None = None,
    trashed: bool = False,
) -> int:
    """Print the rows of one kind over the chosen instances; return the exit code."""
    from casb_cli.commands._session import chosen
    from casb_cli.ui.output import Output

    sink = Output(kind, output, fields=fields, where=where, limit=limit)
    configs = chosen(apps, names)
    if stored:
        from casb_cli.commands._stored import stored_rows

        sink.write(stored_rows(kind, configs, window, keep, trashed=trashed))
        return 0
    return _live(kind, configs, sink, named=bool(apps or names), trace=trace, window=window, keep=keep, trashed=trashed)


def _live(
    kind: str,
    configs: Any,
    sink: Any,
    *,
    named: bool,
    trace: str | None,
    window: Window | None,
    keep: Callable[[Any], bool] | None,
    trashed: bool,
) -> int:
    from casb_cli.commands._session import able, environment, opened
    from casb_cli.core.capabilities import ListTrash
    from casb_cli.scan.listing import Listing
    from casb_cli.store.store import Store
    from casb_cli.ui.kinds import STORED
    from casb_cli.ui.output import render_row

    ability = ListTrash if trashed else _ability(kind)
    with Store() as store, environment(trace=trace, store=store) as env, opened(configs, env) as instances:
        refused: list[CasbError] = []
        able_ones = able(instances, ability, named=named, refused=refused)
        listing = Listing(able_ones, ability, window=window, stop=env.stop)

        def rows() -> Iterator[dict[str, Any]]:
            for page in listing:
                for row in page.rows:
                    if keep is None or keep(row):
                        told = render_row(row, page.instance.app.key, page.instance.name)
                        yield told | {"unknown": [*told["unknown"], *STORED.get(kind, ())]}

        sink.write(rows())
        return report(listing.outcome, refused, stopped=sink.full)


def report(outcome: Outcome, refused: Sequence[CasbError] = (), *, stopped: bool = False) -> int:
    """Tell on stderr which part could not be read, and return the exit code.

    An instance of which nothing could be read counts with its errors' own code.
    """
    from casb_cli.core.errors import PartlyDone, combined_exit_code
    from casb_cli.ui.process import tell
    from casb_cli.ui.streams import streams

    for error in refused:
        tell(error)
    _tell_failures(outcome)
    for instance, notice in outcome.notices:
        needed = f"; needs {', '.join(notice.needed)}" if notice.needed else ""
        say = streams.warn if notice.effect == "hidden" else streams.note
        say(f"{instance.label}: not shown: {notice.about}{needed}")
    if stopped and not outcome.failures and not refused:
        return 0
    codes = [error.exit_code for error in refused]
    for instance in {failure.instance.key: failure.instance for failure in outcome.failures}.values():
        if any(one is instance for one in outcome.answered):
            codes.append(PartlyDone.exit_code)
        else:
            codes.append(combined_exit_code([f.error.exit_code for f in outcome.failures if f.instance is instance]))
    codes += [PartlyDone.exit_code if _shortened(outcome, instance) else 0 for instance in outcome.complete]
    return combined_exit_code(codes)


def _shortened(outcome: Outcome, instance: Any) -> bool:
    return any(
        one is instance and notice.effect == "hidden" and notice.code != "unreachable"
        for one, notice in outcome.notices
    )


def _tell_failures(outcome: Outcome) -> None:
    """Tell each failure; of parts that failed alike only the first, and how many more there are."""
    from casb_cli.ui.process import tell
    from casb_cli.ui.streams import streams

    alike: dict[tuple[str, str, str], list[Any]] = {}
    for failure in outcome.failures:
        words = getattr(failure.error, "words", failure.error.message)
        key = (f"{failure.instance.key} {failure.error.kind}", getattr(failure.error, "call", ""), words)
        alike.setdefault(key, []).append(failure)
    for failures in alike.values():
        tell(failures[0].error)
        if len(failures) > 1:
            streams.warn(f"{failures[0].instance.label}: {len(failures) - 1:,} more parts failed alike")


def _command(kind: str, noun: str, told: str) -> None:
    def command(
        apps: Apps = None,
        names: Instances = None,
        output: OutputFormat = "table",
        fields: Fields = None,
        where: Where = None,
        limit: Limit = None,
        stored: Stored = False,
        trace: Trace = None,
    ) -> int:
        return run(kind, apps, names, output, fields, where, limit, stored=stored, trace=trace)

    app.command(
        noun,
        help=told,
        epilog=examples(f"casb list {noun}", f"casb list {noun} --app github -o jsonl", *_MORE.get(noun, ())),
    )(command)


_MORE = {
    "accounts": ("casb list accounts --where 'is_admin && !mfa' --fields ref,login",),
    "shares": ("casb list shares --where \"sharing == 'public'\"",),
    "grants": ("casb list grants --app github --fields name,kind,principal,last_used",),
    "privileges": ("casb list privileges --where \"role == 'owner'\"",),
}

_command("account", "accounts", "List accounts: active, suspended, invited and external ones.")
_command("group", "groups", "List groups.")
_command("membership", "memberships", "List who is in which group.")
_command("privilege", "privileges", "List roles that people and groups hold.")


@app.command(
    "activity",
    epilog=examples(
        "casb list activity --since 1d --kind logon",
        "casb list activity --actor ana --since 7d -o csv",
        "casb list activity --app office365 --product teams",
    ),
)
def activity(
    apps: Apps = None,
    names: Instances = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
    since: Since = None,
    until: Until = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="logon, user or admin; repeatable.")
    ] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only by this login, name or ref.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="Only on this object, by name or ref.")] = None,
    product: Product = None,
    stored: Stored = False,
    trace: Trace = None,
) -> int:
    """List sign-ins, user activity and administrative activity."""
    from casb_cli.core.capabilities import Window
    from casb_cli.core.errors import UsageError

    wanted = tuple(kind or ("logon", "user", "admin"))
    for one in wanted:
        if one not in {"logon", "user", "admin"}:
            raise UsageError(f"`{one}` is no kind of activity", hint="use --kind logon, user or admin")
    product = _product(product)

    def keep(row: Any) -> bool:
        about = _is(actor, row.actor, row.actor_ref) and _is(target, row.target, row.target_ref)
        return row.kind in wanted and about and product in {None, row.product}

    window = Window(since=since, until=until, kinds=wanted)
    return run(
        "activity", apps, names, output, fields, where, limit, stored=stored, trace=trace, window=window, keep=keep
    )


def _product(told: str | None) -> str | None:
    """Return a product as rows name it, told by that name or by its title; raises UsageError for one there isn't."""
    if told is None:
        return None
    from casb_cli.apps import registry
    from casb_cli.core.errors import UsageError

    name = told.strip().lower().replace(" ", "-")
    known = sorted({one for app in registry.all() for one in app.products})
    if name not in known:
        raise UsageError(f"no app has a product `{told}`", hint=f"products: {', '.join(known)}")
    return name


def _is(wanted: str | None, name: str | None, ref: str | None) -> bool:
    return wanted is None or wanted == name or (ref is not None and (wanted == ref or wanted.endswith(f":{ref}")))


@app.command(
    "files", epilog=examples("casb list files --app box", "casb list files --where \"sharing == 'public'\" -o jsonl")
)
def files(
    apps: Apps = None,
    names: Instances = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
    stored: Stored = False,
    trashed: Annotated[bool, typer.Option("--trashed", help="Files in the trash instead.")] = False,
    product: Product = None,
    trace: Trace = None,
) -> int:
    """List files with their owner and how far they are shared."""
    product = _product(product)

    def keep(row: Any) -> bool:
        return product in {None, row.product}

    return run(
        "file", apps, names, output, fields, where, limit, stored=stored, trace=trace, keep=keep, trashed=trashed
    )


_command("share", "shares", "List how files, folders and repositories are open to somebody.")
_command("grant", "grants", "List tokens, keys, credentials and installed apps, and what they permit.")
