"""`casb matrix`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from casb_cli.commands._options import Apps, Fields, Instances, Limit, OutputFormat, Where
from casb_cli.ui.output import Output

EXAMPLES = (
    "casb matrix",
    "casb matrix --app github --where \"status != 'yes'\"",
    "casb matrix --live --instance prod -o json",
)

Live = Annotated[
    bool, typer.Option("--live", help="Show what is proven on the connected instances, asking the providers.")
]

LIVE_FIELDS = ("instance", "live", "credential")


def command(
    app: Apps = None,
    instance: Instances = None,
    live: Live = False,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> None:
    """Show all 15 capabilities of every app: yes, partial or no, with the abilities and the reasons."""
    from casb_cli.core.errors import UsageError
    from casb_cli.ui import kinds

    if instance and not live:
        raise UsageError("`--instance` needs `--live`", hint="run `casb matrix --live --instance NAME`")
    columns = [name for name in kinds.columns("matrix-cell") if live or name not in LIVE_FIELDS]
    out = Output("matrix-cell", output, fields=fields, where=where, limit=limit, columns=columns)
    out.write(_live(app, instance) if live else _static(app))


def _static(patterns: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    from casb_cli.apps import matrix, registry

    for app in registry.matching(patterns):
        for cell in matrix.cells(app, registry.load_connector(app)):
            yield {
                "app": cell.app,
                "capability": cell.capability,
                "status": cell.status,
                "note": cell.note,
                "abilities": list(cell.abilities),
            }


def _live(apps: Sequence[str] | None, instances: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    """Yield the cells of the chosen instances; `connect.matrix.live_cells` asks the providers."""
    from casb_cli.connect.matrix import live_cells

    yield from live_cells(apps or (), instances or ())
