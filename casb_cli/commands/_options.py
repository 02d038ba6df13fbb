"""The shared options, ready to annotate a command's parameters, and the text of its examples.

    def command(app: Apps = None, output: OutputFormat = "table", where: Where = None) -> None: ...

`--quiet`, `-v`, `--color`, `--no-input` and `--deadline` need not be declared: every command has them, and
they act through `ui.streams` and `ui.process` by themselves.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from casb_cli.commands import _complete
from casb_cli.ui.streams import streams

FORMATS = ("table", "json", "jsonl", "csv")


def examples(*lines: str) -> str:
    """Return the epilog that shows example commands, one a line; exit codes are added to it on loading."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _moment(value: str | None) -> str | None:
    if value is None:
        return None
    from casb_cli.core import clock

    return clock.text(clock.since(value))


def _seconds(value: str) -> float:
    from casb_cli.core import clock

    return clock.duration(value).total_seconds()


# A group and its command both have these options: what the one was told, the other's default must not undo.
# Each run starts from nothing (`ui.process.guarded`).


def _format(value: str) -> str:
    streams.as_json = streams.as_json or value in {"json", "jsonl"}
    return value


def _quiet(value: bool) -> bool:
    streams.quiet = streams.quiet or value
    return value


def _verbose(value: int) -> int:
    streams.verbose = max(streams.verbose, value)
    return value


def _color(value: str) -> str:
    if value != "auto":
        streams.color = value  # type: ignore[assignment]
    return value


def _no_input(value: bool) -> bool:
    streams.no_input = streams.no_input or value
    return value


def _deadline(value: float | None) -> float | None:
    if value is not None:
        from casb_cli.core.errors import UsageError
        from casb_cli.ui.process import arm_deadline

        if value <= 0:
            raise UsageError("--deadline must be some time, such as 30m")
        arm_deadline(value)
    return value


def checked_severity(value: str | None) -> int | None:
    """Return the rank of a severity, None of none; raises UsageError."""
    from casb_cli.core.errors import UsageError
    from casb_cli.core.models import SEVERITY_ORDER

    if value is not None and value not in SEVERITY_ORDER:
        raise UsageError(f"`{value}` is no severity", hint=f"choose of {', '.join(SEVERITY_ORDER)}")
    return SEVERITY_ORDER[value] if value is not None else None


Apps = Annotated[
    list[str] | None,
    typer.Option(
        "--app",
        envvar="CASB_APP",
        show_envvar=False,
        metavar="APP",
        help="Only this app; repeatable, globs.",
        autocompletion=_complete.apps,
    ),
]
"""`--app`, repeatable; None where not given."""

Instances = Annotated[
    list[str] | None,
    typer.Option(
        "--instance",
        envvar="CASB_INSTANCE",
        show_envvar=False,
        metavar="NAME",
        help="Only this instance; repeatable, globs.",
        autocompletion=_complete.instances,
    ),
]
"""`--instance`, repeatable; None where not given."""

InstanceName = Annotated[
    str | None,
    typer.Option(
        "--instance",
        envvar="CASB_INSTANCE",
        show_envvar=False,
        metavar="NAME",
        help="The instance.",
        autocompletion=_complete.instances,
    ),
]
"""`--instance` where exactly one is meant."""

OutputFormat = Annotated[
    Literal["table", "json", "jsonl", "csv"],
    typer.Option(
        "--output", "-o", envvar="CASB_OUTPUT", show_envvar=False, help="How rows are printed.", callback=_format
    ),
]
"""`--output`; default "table"."""

ReportFormat = Annotated[
    Literal["table", "json", "jsonl", "csv", "sarif"],
    typer.Option(
        "--output", "-o", envvar="CASB_OUTPUT", show_envvar=False, help="How rows are printed.", callback=_format
    ),
]
"""`--output` of what finds something; default "table"."""

FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", metavar="SEVERITY", help="Exit 10 if a row has this severity, or more: low to critical."),
]
"""`--fail-on`: the text as given; `checked_severity` checks it."""

BaselineFile = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="What this file knows doesn't count for --fail-on. Where there is none, it is written.",
    ),
]
"""`--baseline`: a path."""

UpdateBaseline = Annotated[
    bool, typer.Option("--update-baseline", help="Write the baseline anew: all that is there now is known.")
]
"""`--update-baseline`; default False."""

Fields = Annotated[
    str | None,
    typer.Option(
        "--fields",
        envvar="CASB_FIELDS",
        show_envvar=False,
        metavar="A,B",
        help="Only these fields, in this order.",
        autocompletion=_complete.fields,
    ),
]
"""`--fields`: the text as given; `Output` checks it."""

Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        envvar="CASB_WHERE",
        show_envvar=False,
        metavar="JMESPATH",
        help="Only rows for which the expression holds.",
    ),
]
"""`--where`: the text as given; `Output` checks it."""

Limit = Annotated[
    int | None,
    typer.Option("--limit", envvar="CASB_LIMIT", show_envvar=False, min=1, metavar="N", help="At most this many rows."),
]
"""`--limit`."""

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        envvar="CASB_SINCE",
        show_envvar=False,
        metavar="TIME",
        help="From this time on: RFC 3339, or an age such as 7d.",
        callback=_moment,
    ),
]
"""`--since`, as RFC 3339 UTC text."""

Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        envvar="CASB_UNTIL",
        show_envvar=False,
        metavar="TIME",
        help="Before this time: RFC 3339, or an age such as 1d.",
        callback=_moment,
    ),
]
"""`--until`, as RFC 3339 UTC text."""

Yes = Annotated[
    bool, typer.Option("--yes", "-y", envvar="CASB_YES", show_envvar=False, help="Agree without being asked.")
]
"""`--yes`; default False."""

DryRun = Annotated[
    bool,
    typer.Option("--dry-run", "-n", envvar="CASB_DRY_RUN", show_envvar=False, help="Show the plan; change nothing."),
]
"""`--dry-run`; default False."""

NoInput = Annotated[
    bool,
    typer.Option("--no-input", envvar="CASB_NO_INPUT", show_envvar=False, help="Never ask.", callback=_no_input),
]
"""`--no-input`; default False; on every command anyway."""

Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", envvar="CASB_QUIET", show_envvar=False, help="No notes, no progress.", callback=_quiet
    ),
]
"""`--quiet`; default False; on every command anyway."""

Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        envvar="CASB_VERBOSE",
        show_envvar=False,
        count=True,
        show_default=False,
        help="Tell more.",
        callback=_verbose,
    ),
]
"""`-v`, repeatable; default 0; on every command anyway."""

Color = Annotated[
    Literal["auto", "always", "never"],
    typer.Option("--color", envvar="CASB_COLOR", show_envvar=False, help="When to colour.", callback=_color),
]
"""`--color`; default "auto"; on every command anyway."""

Deadline = Annotated[
    float | None,
    typer.Option(
        "--deadline",
        envvar="CASB_DEADLINE",
        show_envvar=False,
        metavar="DURATION",
        help="Stop cleanly after this long, such as 30m.",
        parser=_seconds,
        callback=_deadline,
    ),
]
"""`--deadline`, in seconds; armed by itself (exit 143); on every command anyway."""

Trace = Annotated[
    str | None,
    typer.Option(
        "--trace",
        envvar="CASB_TRACE",
        show_envvar=False,
        metavar="FILE",
        help="Write every request and answer, redacted, to a file.",
    ),
]
"""`--trace`: a path."""
