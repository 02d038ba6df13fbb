"""`casb schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from casb_cli.commands._options import OutputFormat
from casb_cli.ui import kinds
from casb_cli.ui.output import Output

EXAMPLES = ("casb schema", "casb schema account", "casb schema finding -o json")


def _complete(incomplete: str) -> list[str]:
    return [name for name in kinds.names() if name.startswith(incomplete)]


def command(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help="A kind of row; none lists the kinds.", autocompletion=_complete),
    ] = None,
    output: OutputFormat = "table",
) -> None:
    """Describe the output fields of a kind of row: the same in table, JSON and CSV, only ever added to."""
    if kind is None:
        rows = ({"kind": name, "fields": list(kinds.columns(name))} for name in kinds.names())
        Output("kind", output, columns=("kind", "fields")).write(rows)
        return
    Output("field", output).write(
        {"field": told.name, "type": told.type, "meaning": told.meaning}
        for told in kinds.describe(kind.replace(" ", "-"))
    )
