"""`casb detect`."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands._ocr import Ocr
from casb_cli.commands._options import (
    BaselineFile,
    FailOn,
    Fields,
    Limit,
    ReportFormat,
    UpdateBaseline,
    Where,
    checked_severity,
)
from casb_cli.commands._own_detectors import DetectorFiles
from casb_cli.ui.streams import ClosedPipe

if TYPE_CHECKING:
    from casb_cli.report.sarif import Missed
    from casb_cli.scan.inspect_local import LocalResult
    from casb_cli.store.baseline import Baseline

EXAMPLES = (
    "casb detect ~/Downloads",
    "git diff --cached | casb detect - --fail-on high --quiet",
    "casb detect ~/exports --template gdpr --template pci-dss",
    "casb detect src --detector private-key --detector aws-secret-key -o jsonl",
    "casb detect . --detectors acme.toml --baseline known.json --fail-on medium -o sarif",
    "casb detect export.zip --where \"severity == 'critical'\" --fields file,place,excerpt",
)

COLUMNS = ("detector", "severity", "confidence", "excerpt", "file", "place", "start", "end", "fingerprint")
"""What JSON and CSV print of a match; `state` joins it where matches may be known or suppressed."""


def _detectors(incomplete: str) -> list[str]:
    from casb_cli.scan.detect.rules import catalogue

    return [name for name in catalogue() if name.startswith(incomplete)]


def _templates(incomplete: str) -> list[str]:
    from casb_cli.scan.detect.templates import names

    return [name for name in names() if name.startswith(incomplete)]


def _of_templates(wanted: Sequence[str], cache: str) -> tuple[str, ...]:
    if not wanted:
        return ()
    from casb_cli.scan.detect.templates import chosen

    return chosen(wanted, cache)


def command(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files and folders; - is standard input. In folders, links, devices and version control are left out.",
        ),
    ],
    detector: Annotated[
        list[str] | None,
        typer.Option("--detector", metavar="ID", help="Only this detector; repeatable.", autocompletion=_detectors),
    ] = None,
    template: Annotated[
        list[str] | None,
        typer.Option(
            "--template",
            metavar="NAME",
            help="Only detectors of this purpose: pci-dss, gdpr, hipaa, credentials, country-de, ...; repeatable.",
            autocompletion=_templates,
        ),
    ] = None,
    detectors: DetectorFiles = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude",
            metavar="GLOB",
            help="Leave names (*.min.js) or paths (docs/*) out of folders; counted; repeatable.",
        ),
    ] = None,
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    update_baseline: UpdateBaseline = False,
    output: ReportFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Inspecting processes.")] = None,
    ocr: Ocr = None,
) -> int:
    """Inspect local files as a scan does; needs no instance. What can't be looked at is named, and exits 3."""
    from casb_cli.commands import _baseline, _ocr, _sarif
    from casb_cli.commands._own_detectors import sources
    from casb_cli.core.errors import UsageError
    from casb_cli.scan.inspect_local import Excluded, detect_paths
    from casb_cli.scan.workers import WorkerPool
    from casb_cli.store.paths import cache_dir
    from casb_cli.ui.output import Output
    from casb_cli.ui.progress import Progress
    from casb_cli.ui.streams import streams

    if "" in paths:
        raise UsageError("an empty path names no file", hint="is a variable unset? `.` is the working folder")
    if paths.count("-") > 1:
        raise UsageError("standard input can be inspected once")
    if "-" in paths and sys.__stdin__ is None:
        raise UsageError("standard input is closed: there is nothing to inspect")
    own = sources(detectors)
    read = _ocr.chosen(ocr)
    key, lasting = _key(kept=baseline is not None)
    known = _baseline.opened(baseline, update_baseline, limit=limit)
    look = _Look(checked_severity(fail_on), known, _suppressed())
    if output == "sarif":
        out = Output(
            "match",
            where=where,
            limit=limit,
            writer=_sarif.writer(own, lambda: look.missed, compared=look.compares, lasting=lasting),
            taken=look.taken,
        )
    else:
        told = fields if fields or output == "table" else [*COLUMNS, *(["state"] if look.judges else [])]
        out = Output("match", output, fields=told, where=where, limit=limit, taken=look.taken)
    typed = "-" in paths and streams.in_tty
    if typed:
        streams.note("reading standard input; Ctrl-D ends it")
    excluded = Excluded(exclude or ())
    cache = str(cache_dir())
    only = tuple(dict.fromkeys((*(detector or ()), *_of_templates(template or (), cache))))
    soon = 2 if len(paths) > 1 or Path(paths[0]).is_dir() else 1
    with (
        WorkerPool(key=key, detectors=only, own=own, cache_dir=cache, workers=workers, soon=soon, ocr=read) as pool,
        closing(
            detect_paths(
                paths,
                pool,
                stdin=sys.stdin.buffer if "-" in paths else None,
                excluded=excluded,
                unread=look.left_files,
            )
        ) as found,
        # Nothing moves while somebody types; and most looks end before anybody asks how far they are.
        Progress("inspecting", unit="files", after=math.inf if typed else 1.0) as progress,
    ):
        try:
            out.write(look.rows(found, progress.advance))
        except KeyboardInterrupt:
            look.broken_off()
            raise
        except ClosedPipe:
            pool.close(wait=False)
            return look.unheard()
        if out.full:
            pool.close(wait=False)
    _keep_places(look.passed_over)
    _baseline.saved(known, "matches", whole=not look.missed)
    if output == "sarif":
        _sarif.told(out.rows)
    return look.end(limited=out.full, excluded=excluded.count)


def _key(*, kept: bool) -> tuple[bytes, bool]:
    """Return the key of the fingerprints and whether it lasts: it is this run's where none can or need be kept."""
    from casb_cli.store.keys import NoPlaceForKey, fingerprint_key, passing_key
    from casb_cli.ui.streams import streams

    try:
        return fingerprint_key(), True
    except NoPlaceForKey as error:
        if kept:
            raise
        streams.warn(f"{error}: fingerprints are those of this run only")
        return passing_key(), False


def _suppressed() -> dict[str, str]:
    """Return the reasons by fingerprint; without a store, or one that can be opened here, there are none."""
    from casb_cli.store.paths import state_dir

    if not (state_dir() / "casb.db").exists():
        return {}
    from casb_cli.core.errors import StoreError
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    try:
        with Store() as store:
            return store.suppressions.active()
    except StoreError as error:
        streams.warn(f"{error}: what is suppressed counts all the same")
        return {}


def _keep_places(passed_over: dict[str, tuple[str, str]]) -> None:
    """Keep where suppressed matches were met, for `casb findings suppressions`."""
    from casb_cli.core.errors import StoreError
    from casb_cli.store.paths import absolute
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    if not passed_over:
        return
    places = {
        mark: (detector, file if file == "-" else str(absolute(file)).encode("utf-8", "backslashreplace").decode())
        for mark, (detector, file) in passed_over.items()
    }
    try:
        with Store() as store:
            store.suppressions.met(places)
    except StoreError as error:
        streams.detail(f"where suppressed matches stand could not be kept: {error.message}")


class _Look:
    """What came of all files: counts, what could not be looked at, and whether anything is severe enough."""

    def __init__(self, fail_from: int | None, baseline: Baseline | None, suppressed: dict[str, str]) -> None:
        self.missed: list[Missed] = []
        self.passed_over: dict[str, tuple[str, str]] = {}
        """Detector and file of each suppressed match, by fingerprint."""
        self._baseline = baseline
        self._suppressed = suppressed
        self._states: Counter[str] = Counter()
        self._fail_from = fail_from
        self._severe = 0
        self._matches = 0
        self._files = 0
        self._textless: Counter[str] = Counter()
        self._partly: Counter[str] = Counter()
        self._looked = 0
        self._remedies: set[str] = set()
        self._left_files = self._left_rows = False
        self._open = False
        """Whether the last file's outcome is still to come."""

    @property
    def compares(self) -> bool:
        """Whether matches are held against a baseline."""
        return self._baseline is not None

    @property
    def judges(self) -> bool:
        """Whether a match may be one that doesn't count."""
        return self.compares or bool(self._suppressed)

    def rows(self, found: Iterator[LocalResult], ended: Callable[[], None]) -> Iterator[dict[str, Any]]:
        """Yield the output rows of the matches, counting; `ended` is called behind each file."""
        from casb_cli.scan.inspect_local import rows

        for one in found:
            self._open = one.more
            if not one.more:
                self._count(one)
            told = list(rows(one))
            for number, row in enumerate(told, 1):
                self._matches += 1
                self._left_rows = one.more or number < len(told)
                why = self._suppressed.get(row["fingerprint"])
                known = self._baseline is not None and self._baseline.knows_match(
                    row["detector"], row["file"], row["fingerprint"]
                )
                row["state"] = state = "suppressed" if why is not None else "known" if known else "open"
                row["suppressed_why"] = why
                if why is not None:
                    self.passed_over[row["fingerprint"]] = (row["detector"], row["file"])
                self._states[state] += 1
                yield row
            if not one.more:
                ended()

    def left_files(self) -> None:
        """Take note that files were left when the output had its limit."""
        self._left_files = True

    def taken(self, row: Mapping[str, Any]) -> None:
        """Count a match that was not left out by `--where`, for `--fail-on`, and let the baseline know it."""
        if self._baseline is not None:
            self._baseline.note_match(row["detector"], row["file"], row["fingerprint"])
        if self._fail_from is not None and row["state"] == "open":
            from casb_cli.core.models import SEVERITY_ORDER

            self._severe += SEVERITY_ORDER[row["severity"]] >= self._fail_from

    def _count(self, one: LocalResult) -> None:
        result = one.result
        self._looked += result.outcome != "skipped"
        self._files += 1
        if result.outcome == "done":
            return
        from casb_cli.report.sarif import Missed
        from casb_cli.ui.streams import streams

        why = f"{result.outcome}: {result.why}"
        self._remedies.update(result.remedies)
        if result.missed:
            self._partly[f"{result.outcome}: {result.reason}"] += 1
            self.missed.append(Missed(one.file, why))
            streams.warn(f"{one.file}: {why}")
        else:
            self._textless[f"{result.reason}{' in part' * (result.outcome == 'partial')}"] += 1
            streams.detail(f"{one.file}: {why}")
        for note in result.notes:
            if note.place:
                streams.detail(f"{one.file}: {note.place}: {note.reason} {note.detail}".rstrip())

    def _counts(self) -> str:
        total = self._files + self._open
        files = f"{total:,} file{'s' * (total != 1)}"
        return f"{files}, {self._matches:,} match{'es' * (self._matches != 1)}"

    def broken_off(self) -> None:
        """Say how far the look came that ends early."""
        from casb_cli.ui.streams import streams

        streams.note(f"ended early, after {self._counts()}: what comes behind was not inspected")

    def unheard(self) -> int:
        """Say how far the look came whose reader is gone; return the exit code, which tells that it wasn't all."""
        from casb_cli.core.errors import PartlyDone

        self.broken_off()
        return 11 if self._severe else PartlyDone.exit_code

    def end(self, *, limited: bool, excluded: int) -> int:
        """Say what was looked at; return the exit code."""
        from casb_cli.core.errors import PartlyDone
        from casb_cli.ui.streams import streams

        streams.note(self._counts())
        if excluded:
            streams.note(f"left out by --exclude, and not inspected: {excluded:,}")
        if self._states["known"]:
            streams.note(f"known from the baseline, and not counted: {self._states['known']:,}")
        if self._states["suppressed"]:
            streams.note(f"suppressed, and not counted: {self._states['suppressed']:,}: casb findings suppressions")
        for what, counted in (("without text", self._textless), ("not wholly inspected", self._partly)):
            if counted:
                told = (f"{count:,} {name}" for name, count in sorted(counted.items()))
                streams.note(f"{what}: {', '.join(told)}")
        for what in sorted(self._remedies):
            streams.note(f"not read: {what}")
        if limited and self._left_files:
            streams.note("ended at --limit: files after it were not inspected")
        elif limited and self._left_rows:
            streams.note("ended at --limit: the file has more matches")
        if self._severe:
            return 11 if self.missed else 10
        if not self.missed:
            return 0
        return PartlyDone.exit_code if self._looked else 1
