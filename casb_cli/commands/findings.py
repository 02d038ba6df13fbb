"""`casb findings`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands._options import Apps, Fields, Instances, Limit, OutputFormat, Where, examples

if TYPE_CHECKING:
    from casb_cli.store.findings import StoredFinding
    from casb_cli.store.store import Store

app = typer.Typer(
    help="List, show and suppress findings.",
    invoke_without_command=True,
    epilog=examples(
        "casb findings --severity high",
        "casb findings --where \"sharing == 'public'\" -o csv",
        "casb findings show REF",
        "casb findings suppress REF --reason 'test data' --until 2027-01-31",
    ),
)


Severity = Annotated[str | None, typer.Option("--severity", metavar="LEAST", help="From this severity.")]
Detector = Annotated[str | None, typer.Option("--detector", metavar="ID", help="Only of this detector.")]
State = Annotated[list[str] | None, typer.Option("--state", help="open (default), suppressed or resolved; repeatable.")]


def _labels(apps: list[str] | None, names: list[str] | None) -> dict[str, tuple[str, str]]:
    from casb_cli.commands._session import chosen

    return {config.key: (config.app, config.name) for config in chosen(apps, names)}


def _rows(store: Store, labels: dict[str, tuple[str, str]], states: tuple[str, ...], **how: Any) -> Iterator[Any]:
    from casb_cli.ui.output import render_row

    for stored in store.findings.worst_first(tuple(labels), states=states, **how):
        yield render_row(stored.finding, *labels[stored.instance_key])


@app.callback()
def listing(
    context: typer.Context,
    apps: Apps = None,
    names: Instances = None,
    severity: Severity = None,
    detector: Detector = None,
    state: State = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> None:
    """List findings, the most exposed first; without options, the open ones."""
    if context.invoked_subcommand is None:
        _list(apps, names, severity, detector, state, output, fields, where, limit)


@app.command("list", epilog=examples("casb findings list --severity high", "casb findings list -o jsonl"))
def list_(
    apps: Apps = None,
    names: Instances = None,
    severity: Severity = None,
    detector: Detector = None,
    state: State = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> None:
    """List findings, the most exposed first; without options, the open ones."""
    _list(apps, names, severity, detector, state, output, fields, where, limit)


def _list(
    apps: list[str] | None,
    names: list[str] | None,
    severity: str | None,
    detector: str | None,
    state: list[str] | None,
    output: Any,
    fields: str | None,
    where: str | None,
    limit: int | None,
) -> None:
    from casb_cli.core.errors import UsageError
    from casb_cli.core.models import SEVERITY_ORDER
    from casb_cli.store.store import Store
    from casb_cli.ui.output import Output

    if severity is not None and severity not in SEVERITY_ORDER:
        raise UsageError(f"`{severity}` is no severity", hint=f"choose of {', '.join(SEVERITY_ORDER)}")
    states = tuple(state or ("open",))
    for one in states:
        if one not in {"open", "suppressed", "resolved"}:
            raise UsageError(f"`{one}` is no state of a finding", hint="use open, suppressed or resolved")
    sink = Output("finding", output, fields=fields, where=where, limit=limit)
    with Store() as store:
        sink.write(_rows(store, _labels(apps, names), states, min_severity=severity, detector=detector))


def _find(store: Store, ref: str) -> tuple[str, str, StoredFinding]:
    """Return instance key, finding id and the finding of a ref, or of an id that only one instance has."""
    from casb_cli.core.errors import AmbiguousReference, UnknownName
    from casb_cli.core.refs import parse
    from casb_cli.store.config import Config

    config = Config.load()
    if ref.count(":") >= 3:
        named = parse(ref)
        instance = config.get(named.app, named.instance)
        found = [(instance.key, named.id, store.findings.get(instance.key, named.id))]
    else:
        found = [(one.key, ref, store.findings.get(one.key, ref)) for one in config.instances]
    there = [(key, id_, stored) for key, id_, stored in found if stored is not None]
    if not there:
        raise UnknownName(f"there is no finding `{ref}`", hint="casb findings --fields ref,detector,file")
    if len(there) > 1:
        raise AmbiguousReference(f"several instances have a finding `{ref}`", hint="give the full ref")
    key, id_, stored = there[0]
    return key, id_, stored


Ref = Annotated[str, typer.Argument(metavar="REF", help="The finding: its ref, or its id.")]


@app.command("show", epilog=examples("casb findings show github:prod:finding:0a1b2c"))
def show(ref: Ref, output: OutputFormat = "table") -> None:
    """Show one finding in full; the match itself is nowhere kept."""
    from casb_cli.store.config import Config
    from casb_cli.store.store import Store
    from casb_cli.ui.output import render_row
    from casb_cli.ui.output import show as show_row

    with Store() as store:
        key, _, stored = _find(store, ref)
    config = Config.load().by_key(key)
    row = render_row(stored.finding, config.app if config else "?", config.name if config else "?")
    more = {
        "last_seen": stored.last_seen,
        "resolved": stored.resolved,
        "suppressed_until": stored.suppressed_until,
        "suppressed_why": stored.suppressed_why,
    }
    whole = {**row, **more}
    show_row(whole, "finding", output, columns=tuple(whole))


@app.command(
    "suppress", epilog=examples("casb findings suppress REF --reason 'sample data in the docs' --until 2027-01-31")
)
def suppress(
    ref: Ref,
    reason: Annotated[str, typer.Option("--reason", help="Why this is no problem.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="End date; afterwards it is open again.")
    ] = None,
) -> None:
    """Suppress a finding with a reason and an end date; other matches in the same file open a new finding."""
    from casb_cli.core import clock
    from casb_cli.core.errors import UsageError
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    end: int | None = None
    if until is not None:
        try:
            end = int(clock.parse(until).timestamp() * 1000)
        except ValueError:
            raise UsageError(f"`{until}` is no date", hint="write 2027-01-31") from None
        if end <= clock.now().timestamp() * 1000:
            raise UsageError(
                f"`{until}` is past: the finding would stay open", hint="write a later date, or leave it out"
            )
    if not reason.strip():
        raise UsageError("a suppression needs a reason", hint="--reason TEXT")
    with Store() as store:
        key, id_, _ = _find(store, ref)
        store.findings.suppress(key, id_, why=reason, until=end)
    streams.note(f"suppressed {ref}" + (f" until {until}" if until else " for good"))


@app.command("unsuppress", epilog=examples("casb findings unsuppress REF"))
def unsuppress(ref: Ref) -> None:
    """End a suppression."""
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    with Store() as store:
        key, id_, _ = _find(store, ref)
        store.findings.unsuppress(key, id_)
    streams.note(f"{ref} is open again")
