"""`casb detect`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands._options import Fields, Limit, OutputFormat, Where

if TYPE_CHECKING:
    from casb_cli.scan.inspect_local import LocalResult

EXAMPLES = (
    "casb detect ~/Downloads",
    "git diff --cached | casb detect - --fail-on high --quiet",
    "casb detect src --detector private-key --detector aws-secret-key -o jsonl",
    "casb detect export.zip --where \"severity == 'critical'\" --fields file,place,excerpt",
)

NO_TEXT = frozenset({"empty", "lfs-pointer", "unsupported"})
"""Reasons for which a file is skipped as in a scan: it is counted, named with `-v`, and not missed."""


def _detectors(incomplete: str) -> list[str]:
    from casb_cli.scan.detect.rules import catalogue

    return [name for name in catalogue() if name.startswith(incomplete)]


def command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders; - is standard input.")],
    detector: Annotated[
        list[str] | None,
        typer.Option("--detector", metavar="ID", help="Only this detector; repeatable.", autocompletion=_detectors),
    ] = None,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 10 from this severity: low to critical.")
    ] = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Inspecting processes.")] = None,
) -> int:
    """Inspect local files as a scan does; needs no instance. What can't be looked at is named, and exits 3."""
    from casb_cli.core.errors import UsageError
    from casb_cli.core.models import SEVERITY_ORDER
    from casb_cli.scan.inspect_local import detect_paths
    from casb_cli.scan.workers import WorkerPool
    from casb_cli.store.keys import fingerprint_key
    from casb_cli.store.paths import state_dir
    from casb_cli.ui.output import Output
    from casb_cli.ui.streams import streams

    if fail_on is not None and fail_on not in SEVERITY_ORDER:
        raise UsageError(f"`{fail_on}` is no severity", hint=f"choose of {', '.join(SEVERITY_ORDER)}")
    if paths.count("-") > 1:
        raise UsageError("standard input can be inspected once")
    out = Output("match", output, fields=fields, where=where, limit=limit)
    look = _Look(SEVERITY_ORDER[fail_on] if fail_on else None)
    if "-" in paths and streams.in_tty:
        streams.note("reading standard input; Ctrl-D ends it")
    cache = str(state_dir() / "cache")
    with WorkerPool(key=fingerprint_key(), detectors=tuple(detector or ()), cache_dir=cache, workers=workers) as pool:
        out.write(look.rows(detect_paths(paths, pool, stdin=sys.stdin.buffer if "-" in paths else None)))
    return look.end(limited=out.full)


class _Look:
    """What came of all files: counts, what could not be looked at, and whether anything is severe enough."""

    def __init__(self, fail_from: int | None) -> None:
        self._fail_from = fail_from
        self._severe = 0
        self._matches = 0
        self._outcomes: Counter[str] = Counter()
        self._missed = 0
        self._looked = 0

    def rows(self, found: Iterator[LocalResult]) -> Iterator[dict[str, Any]]:
        """Yield the output rows of the matches, counting."""
        from casb_cli.core.models import SEVERITY_ORDER
        from casb_cli.scan.inspect_local import rows

        for one in found:
            self._count(one)
            for row in rows(one):
                self._matches += 1
                if self._fail_from is not None and SEVERITY_ORDER[row["severity"]] >= self._fail_from:
                    self._severe += 1
                yield row

    def _count(self, one: LocalResult) -> None:
        from casb_cli.ui.streams import streams

        result = one.result
        self._looked += result.outcome != "skipped"
        self._outcomes[result.outcome if result.outcome == "done" else f"{result.outcome}: {result.reason}"] += 1
        if result.outcome == "done":
            return
        why = f"{result.reason}: {result.detail}" if result.detail else str(result.reason)
        if result.outcome == "skipped" and result.reason in NO_TEXT:
            streams.detail(f"{one.file}: skipped: {why}")
            return
        self._missed += 1
        streams.warn(f"{one.file}: {result.outcome}: {why}")
        for note in result.notes:
            if note.place:
                streams.detail(f"{one.file}: {note.place}: {note.reason} {note.detail}".rstrip())

    def end(self, *, limited: bool) -> int:
        """Say what was looked at; return the exit code."""
        from casb_cli.core.errors import PartlyDone
        from casb_cli.ui.streams import streams

        total = self._outcomes.total()
        files = f"{total:,} file{'s' * (total != 1)}"
        told = [f"{count:,} {name}" for name, count in sorted(self._outcomes.items()) if name != "done"]
        streams.note(f"{files}, {self._matches:,} match{'es' * (self._matches != 1)}")
        if told:
            streams.note(f"not wholly inspected: {', '.join(told)}")
        if limited:
            streams.note("ended at --limit: files after it were not inspected")
        if self._severe:
            return 11 if self._missed else 10
        if not self._missed:
            return 0
        return PartlyDone.exit_code if self._looked else 1
