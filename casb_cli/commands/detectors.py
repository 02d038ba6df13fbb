"""`casb detectors`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from casb_cli.commands._options import Fields, Limit, OutputFormat, Where, examples
from casb_cli.commands._own_detectors import DetectorFiles

app = typer.Typer(help="List, show and test the detectors that scans and `casb detect` use.")

_PATTERN = 200
"""Characters of a pattern that a terminal shows; those of cards and accounts have thousands."""
CHECKS = ("detector", "example", "expected", "found", "right")


def _names(incomplete: str) -> list[str]:
    from casb_cli.scan.detect.rules import catalogue

    return [name for name in catalogue() if name.startswith(incomplete)]


@app.command(
    "list",
    short_help="list the detectors",
    epilog=examples(
        "casb detectors list",
        "casb detectors list --where \"severity == 'critical'\"",
        "casb detectors list --detectors acme.toml --where \"source != 'shipped'\"",
    ),
)
def list_(
    detectors: DetectorFiles = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> None:
    """List the detectors, by id: the shipped ones, and your own."""
    from casb_cli.commands._own_detectors import own
    from casb_cli.scan.detect.describe import listed
    from casb_cli.ui.output import Output

    rows = ({"detector": row.pop("id"), **row} for row in listed((), own(detectors)))
    Output("detector", output, fields=fields, where=where, limit=limit).write(rows)


@app.command(
    "show",
    short_help="show one detector in full",
    epilog=examples("casb detectors show payment-card", "casb detectors show iban -o json"),
)
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The detector's id.", autocompletion=_names)],
    detectors: DetectorFiles = None,
    output: OutputFormat = "table",
) -> None:
    """Show all that is to be known of one detector: patterns, checks, keywords."""
    from casb_cli.commands._own_detectors import own
    from casb_cli.core.text import shorten
    from casb_cli.scan.detect.describe import shown
    from casb_cli.ui.output import show as show_row
    from casb_cli.ui.streams import streams

    row = shown(name, own(detectors))
    row = {"detector": row.pop("id"), **row}
    if output == "table" and streams.out_tty:
        whole = row["patterns"]
        row["patterns"] = [shorten(pattern, _PATTERN) for pattern in whole]
        if row["patterns"] != whole:
            streams.note("long patterns are cut: -o json has them whole")
    show_row(row, "detector", output, columns=tuple(row))


@app.command(
    "guide",
    short_help="tell how detectors of your own are written",
    epilog=examples("casb detectors guide", "casb detectors guide | less"),
)
def guide() -> None:
    """Print how detectors of your own, indexes of tables and fingerprints of documents are made, with an example."""
    from importlib.resources import files

    from casb_cli.ui.streams import streams

    streams.write((files("casb_cli.scan.detect") / "guide.md").read_text(encoding="utf-8"))


@app.command(
    "test",
    short_help="put each detector's own examples to the engine",
    epilog=examples(
        "casb detectors test",
        "casb detectors test payment-card iban -o json",
        "casb detectors test --detectors acme.toml --own",
    ),
)
def try_(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Detectors; none means all.", autocompletion=_names)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show the examples that came out right too.")] = False,
    only_own: Annotated[bool, typer.Option("--own", help="Only your own detectors.")] = False,
    detectors: DetectorFiles = None,
    output: OutputFormat = "table",
) -> int:
    """Put each detector's own examples to the engine; exit 1 where one comes out wrong."""
    from casb_cli.commands._own_detectors import own
    from casb_cli.core.errors import UsageError
    from casb_cli.scan.detect.describe import checked, untested
    from casb_cli.store.paths import cache_dir
    from casb_cli.ui.output import Output
    from casb_cli.ui.streams import streams

    written = own(detectors)
    if only_own and not written:
        raise UsageError(
            "there are no detectors of your own", hint="--detectors FILE; how one is written: casb detectors guide"
        )
    only = names or ([one.id for one in written] if only_own else [])
    wrong = total = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal wrong, total
        for check in checked(only, written, str(cache_dir())):
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
    lacking = untested(one for one in written if not only or one.id in only)
    if lacking:
        streams.warn(f"without examples of both kinds, what they find and what they don't: {', '.join(lacking)}")
    streams.note(f"{total:,} example{'s' * (total != 1)}, {wrong:,} wrong")
    return 1 if wrong else 0
