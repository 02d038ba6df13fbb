"""`casb show`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from casb_cli.commands._options import OutputFormat, Trace

EXAMPLES = ("casb show github:prod:account:101", "casb show box:prod:file:89 -o json", "casb show REF --history")


def command(
    ref: Annotated[str, typer.Argument(metavar="REF", help="A reference, app:instance:kind:id.")],
    history: Annotated[bool, typer.Option("--history", help="Every version that the store keeps.")] = False,
    output: OutputFormat = "table",
    trace: Trace = None,
) -> None:
    """Show one object in full: a file as it is now, everything else as the last scan saw it."""
    from casb_cli.core.errors import UnknownName
    from casb_cli.core.refs import parse
    from casb_cli.store.config import Config
    from casb_cli.store.store import Store
    from casb_cli.ui.output import render_row, show

    named = parse(ref)
    config = Config.load().get(named.app, named.instance)
    with Store() as store:
        if history:
            _history(store, config, named, output)
            return
        row: Any = _live_file(store, config, named.id, trace) if named.kind == "file" else None
        if row is None and named.kind == "finding":
            stored = store.findings.get(config.key, named.id)
            row = stored.finding if stored else None
        if row is None:
            row = store.inventory.get(config.key, named.kind, named.id)
    if row is None:
        raise UnknownName(
            f"the last scan of {config.label} saw no {named.kind} `{named.id}`",
            hint=f"casb scan --app {config.app} --instance {config.name}",
        )
    show(render_row(row, config.app, config.name), named.kind, output)


def _live_file(store: Any, config: Any, id_: str, trace: str | None) -> Any:
    from casb_cli.commands._session import environment, opened
    from casb_cli.core.anew import from_its_beginning
    from casb_cli.core.capabilities import ListFiles

    with environment(trace=trace, store=store) as env, opened([config], env) as instances:
        connector = instances[0].connector_for(ListFiles)
        return from_its_beginning(lambda: connector.find_file(id_))


def _history(store: Any, config: Any, named: Any, output: Any) -> None:
    from datetime import UTC, datetime

    from casb_cli.core import clock
    from casb_cli.ui import kinds
    from casb_cli.ui.output import Output, render_row

    def when(moment: int | None) -> str | None:
        return None if moment is None else clock.text(datetime.fromtimestamp(moment / 1000, UTC))

    rows = [
        {
            "valid_from": when(version.valid_from),
            "valid_to": when(version.valid_to),
            **render_row(version.row, config.app, config.name),
        }
        for version in store.inventory.versions(config.key, named.kind, named.id)
    ]
    columns = ("valid_from", "valid_to", *kinds.columns(named.kind))
    Output(named.kind, output, columns=columns).write(rows)
