"""`casb fingerprint`."""

from __future__ import annotations

from typing import Annotated

import typer

from casb_cli.commands._options import Fields, Limit, OutputFormat, Where, Yes, examples

app = typer.Typer(
    help="Find documents: a form of yours filled in, or a contract template copied in part, wherever they are."
)


@app.command(
    "build",
    short_help="make the fingerprint of documents",
    epilog=examples(
        "casb fingerprint build leave-form.docx --name leave-form",
        "casb fingerprint build contract-2024.pdf contract-2025.pdf --name contract --severity critical",
        "casb fingerprint build claim.docx --name claim --except letterhead.docx --share 40",
    ),
)
def build(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="The blank form or template; all versions.")],
    name: Annotated[str, typer.Option(help="The name of the fingerprint; the detector is then fingerprint-NAME.")],
    common: Annotated[
        list[str] | None,
        typer.Option(
            "--except",
            metavar="FILE",
            help="A document with text that yours share, such as a letterhead or another form: it counts for nothing; "
            "repeatable.",
        ),
    ] = None,
    share: Annotated[int, typer.Option(min=10, max=100, help="How much of it, in percent, makes a match.")] = 70,
    severity: Annotated[str, typer.Option(help="low, medium, high or critical.")] = "high",
    output: OutputFormat = "table",
) -> None:
    """Make the fingerprint of documents and the detector that uses it, in the place of an older one of the same name.

    The fingerprint holds keyed marks of phrases, under the key of this installation: no text can be read from it.
    Scans and `casb detect` use it from now on.
    """
    from casb_cli.commands._options import checked_severity
    from casb_cli.commands._prints import alike, write
    from casb_cli.ui.output import show
    from casb_cli.ui.streams import streams

    checked_severity(severity)
    row = write(files, name, common=list(dict.fromkeys(common or [])), share=share, severity=severity)
    show(row, "document-fingerprint", output, columns=tuple(row))
    for document, percent, other, where in alike(name):
        streams.note(
            f"{document}: {percent} % of its phrases stand in {other} of {where} too: so that one is not taken for "
            "the other, name the other's file with --except"
        )


@app.command("list", short_help="list the fingerprints", epilog=examples("casb fingerprint list"))
def list_(output: OutputFormat = "table", fields: Fields = None, where: Where = None, limit: Limit = None) -> None:
    """List the fingerprints: of which documents, and how many phrases, never a text."""
    from casb_cli.commands._prints import PRINTS, row_of
    from casb_cli.ui.output import Output

    Output("document-fingerprint", output, fields=fields, where=where, limit=limit).write(PRINTS.rows(row_of))


@app.command("remove", short_help="remove a fingerprint", epilog=examples("casb fingerprint remove leave-form --yes"))
def remove(name: Annotated[str, typer.Argument(help="The fingerprint's name.")], yes: Yes = False) -> None:
    """Remove a fingerprint and its detector; findings of it are resolved by the next scan."""
    from casb_cli.commands._prints import PRINTS

    PRINTS.remove(name, yes=yes)
