"""`casb edm`."""

from __future__ import annotations

from typing import Annotated

import typer

from casb_cli.commands._options import Fields, Limit, OutputFormat, Where, Yes, examples

app = typer.Typer(help="Find exact data: rows of a table of yours, such as customers, wherever they stand in files.")


@app.command(
    "build",
    short_help="build the index of a table",
    epilog=examples(
        "casb edm build customers.csv --name customers --leading account --beside name",
        "casb edm build staff.csv --name staff --leading badge --beside first --beside last --need 2",
    ),
)
def build(
    table: Annotated[str, typer.Argument(metavar="CSV", help="The table; `-` reads standard input.")],
    name: Annotated[str, typer.Option(help="The name of the index; the detector is then edm-NAME.")],
    leading: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column that leads to a row: an account or customer number.")
    ],
    beside: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column whose value must stand near the leading one; repeatable."),
    ] = None,
    need: Annotated[
        int | None,
        typer.Option(min=0, help="How many of the columns beside must stand near: 1 unless told."),
    ] = None,
    distance: Annotated[int, typer.Option(min=1, max=1000, help="Bytes that count as near.")] = 200,
    at_least: Annotated[int, typer.Option(min=1, help="Distinct rows in one file that make a finding.")] = 1,
    severity: Annotated[str, typer.Option(help="low, medium, high or critical.")] = "high",
    delimiter: Annotated[str, typer.Option(help="What parts the columns; told by the first line otherwise.")] = "",
    encoding: Annotated[
        str, typer.Option(help="The table's encoding, such as cp1252; UTF-8 and UTF-16 are told by themselves.")
    ] = "",
    output: OutputFormat = "table",
) -> None:
    """Build the index of a table and the detector that uses it, in the place of an older one of the same name.

    The index holds keyed, salted marks only, under the key of this installation: no value, and none can be tried
    without the key. Scans and `casb detect` use it from now on.
    """
    from casb_cli.commands._exact import write
    from casb_cli.commands._options import checked_severity
    from casb_cli.core.errors import UsageError
    from casb_cli.ui.output import show
    from casb_cli.ui.streams import streams

    checked_severity(severity)
    columns = list(dict.fromkeys(beside or []))
    if leading in columns:
        raise UsageError(f"`{leading}` leads: it can't stand beside itself")
    if need is not None and need > len(columns):
        raise UsageError(f"--need {need}: there are {len(columns)} columns beside", hint="name each with --beside")
    row, told = write(
        table,
        name,
        leading=leading,
        beside=columns,
        need=min(1, len(columns)) if need is None else need,
        distance=distance,
        at_least=at_least,
        severity=severity,
        delimiter=delimiter,
        encoding=encoding,
    )
    for line in told:
        streams.note(line)
    show(row, "exact-data", output, columns=tuple(row))


@app.command("list", short_help="list the indexes", epilog=examples("casb edm list", "casb edm list -o json"))
def list_(output: OutputFormat = "table", fields: Fields = None, where: Where = None, limit: Limit = None) -> None:
    """List the indexes: how many rows, what must stand near, never a value."""
    from casb_cli.commands._exact import INDEXES, row_of
    from casb_cli.ui.output import Output

    Output("exact-data", output, fields=fields, where=where, limit=limit).write(INDEXES.rows(row_of))


@app.command("remove", short_help="remove an index", epilog=examples("casb edm remove customers --yes"))
def remove(
    name: Annotated[str, typer.Argument(help="The index's name.")],
    yes: Yes = False,
) -> None:
    """Remove an index and its detector; findings of it are resolved by the next scan."""
    from casb_cli.commands._exact import INDEXES

    INDEXES.remove(name, yes=yes)
