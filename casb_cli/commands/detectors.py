"""`casb detectors`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from casb_cli.commands._options import Fields, Limit, OutputFormat, Where, examples

app = typer.Typer(help="List, show and test the detectors that scans and `casb detect` use.")

CHECKS = ("detector", "example", "expected", "found", "right")


def _names(incomplete: str) -> list[str]:
    from casb_cli.scan.detect.rules import catalogue

    return [name for name in catalogue() if name.startswith(incomplete)]


@app.command(
    "list",
    short_help="list the detectors",
    epilog=examples("casb detectors list", "casb detectors list --where \"severity == 'critical'\""),
)
def list_(output: OutputFormat = "table", fields: Fields = None, where: Where = None, limit: Limit = None) -> None:
    """List the detectors, by id."""
    from casb_cli.scan.detect.describe import listed
    from casb_cli.ui.output import Output

    rows = ({"detector": row.pop("id"), **row} for row in listed())
    Output("detector", output, fields=fields, where=where, limit=limit).write(rows)


@app.command(
    "show",
    short_help="show one detector in full",
    epilog=examples("casb detectors show payment-card", "casb detectors show iban -o json"),
)
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The detector's id.", autocompletion=_names)],
    output: OutputFormat = "table",
) -> None:
    """Show all that is to be known of one detector: patterns, checks, keywords."""
    from casb_cli.scan.detect.describe import shown
    from casb_cli.ui.output import show as show_row

    row = shown(name)
    row = {"detector": row.pop("id"), **row}
    show_row(row, "detector", output, columns=tuple(row))


@app.command(
    "test",
    short_help="put each detector's own examples to the engine",
    epilog=examples("casb detectors test", "casb detectors test payment-card iban -o json"),
)
def try_(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Detectors; none means all.", autocompletion=_names)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show the examples that came out right too.")] = False,
    output: OutputFormat = "table",
) -> int:
    """Put each detector's own examples to the engine; exit 1 where one comes out wrong."""
    from casb_cli.scan.detect.describe import checked
    from casb_cli.ui.output import Output
    from casb_cli.ui.streams import streams

    wrong = total = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal wrong, total
        for check in checked(names or ()):
            total += 1
            wrong += not check.right
            if every or not check.right:
                yield {
                    "detector": check.detector,
                    "example": check.example,
                    "expected": check.expected,
                    "found": check.found,
                    "right": check.right,
                }

    if every or output != "table":
        Output("check", output, columns=CHECKS).write(rows())
    else:
        failed = list(rows())
        if failed:
            Output("check", output, columns=CHECKS).write(failed)
    streams.note(f"{total:,} example{'s' * (total != 1)}, {wrong:,} wrong")
    return 1 if wrong else 0
