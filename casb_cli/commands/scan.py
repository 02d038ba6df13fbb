"""`casb scan`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands._ocr import Ocr
from casb_cli.commands._options import (
    Apps,
    BaselineFile,
    FailOn,
    Instances,
    OutputFormat,
    Trace,
    UpdateBaseline,
    checked_severity,
)
from casb_cli.commands._own_detectors import DetectorFiles
from casb_cli.core.models import SEVERITY_ORDER

if TYPE_CHECKING:
    from casb_cli.scan.detect.rules import Source
    from casb_cli.scan.run import Options
    from casb_cli.scan.statement import Statement
    from casb_cli.store.baseline import Baseline
    from casb_cli.store.store import Store

EXAMPLES = (
    "casb scan",
    "casb scan --app box --fail-on high",
    "casb scan --detectors acme.toml --baseline known.json --fail-on medium",
    "casb scan --due --quiet",
    "casb scan --instance prod --only accounts,grants",
    "casb scan --estimate",
)
COLUMNS = ("instance", "state", "seen", "inspected", "findings", "suppressed", "lost", "denied", "exit_code")

_STATES = {"done": "inspected", "seen": "not inspected"}
"""Words for the states of files; the others say it themselves."""


def command(
    apps: Apps = None,
    names: Instances = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="A,B", help="Only: accounts, groups, privileges, activity, grants, shares, files."
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Forget cursors and hashes: list and inspect all anew.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Only instances whose last scan is 12 hours old.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell the calls a scan would cost; scan nothing.")
    ] = False,
    detectors: DetectorFiles = None,
    ocr: Ocr = None,
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    update_baseline: UpdateBaseline = False,
    quota_share: Annotated[
        float, typer.Option("--quota-share", min=0.05, max=1.0, help="Use at most this share of each limit.")
    ] = 1.0,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Inspecting processes.")] = None,
    output: OutputFormat = "table",
    trace: Trace = None,
) -> int:
    """Scan users, groups, privileges, activity, grants, sharing and files, and inspect content."""
    from casb_cli.commands import _baseline, _ocr
    from casb_cli.commands._own_detectors import sources
    from casb_cli.commands._session import chosen
    from casb_cli.core.errors import UsageError
    from casb_cli.scan.run import PARTS, Options

    wanted = tuple(part.strip() for part in only.split(",")) if only else ()
    for part in wanted:
        if part not in PARTS:
            raise UsageError(f"`{part}` is no part of a scan", hint=f"choose of {', '.join(PARTS)}")
    checked_severity(fail_on)
    configs = chosen(apps, names)
    if estimate:
        from casb_cli.commands._estimate import show

        show(configs, output)
        return 0
    options = Options(full=full, only=wanted, trigger="due" if due else "manual")
    known = _baseline.opened(baseline, update_baseline)
    own, read = sources(detectors), _ocr.chosen(ocr)
    return _Runner(configs, options, due, fail_on, quota_share, workers, trace, own, known, read).run(output)


class _Runner:
    """All chosen instances at once, each with a thread, a lock and a statement of its own."""

    def __init__(
        self,
        configs: Any,
        options: Options,
        due: bool,
        fail_on: str | None,
        quota_share: float,
        workers: int | None,
        trace: str | None,
        own: tuple[Source, ...],
        baseline: Baseline | None,
        ocr: tuple[str, str],
    ) -> None:
        self._own = own
        self._ocr = ocr
        self._baseline = baseline
        self._configs = configs
        self._options = options
        self._due = due
        self._fail_on = fail_on
        self._share = quota_share
        self._workers = workers
        self._trace = trace
        self._again: set[str] = set()
        self._statements: dict[str, Statement] = {}
        self._errors: dict[str, BaseException] = {}

    def run(self, output: Any) -> int:
        from casb_cli.commands._session import environment, opened
        from casb_cli.scan.workers import WorkerPool
        from casb_cli.store.keys import fingerprint_key
        from casb_cli.store.paths import cache_dir
        from casb_cli.store.store import Store
        from casb_cli.ui.progress import Progress
        from casb_cli.ui.streams import streams

        with Store() as store, environment(trace=self._trace, store=store, quota_share=self._share) as env:
            cache = str(cache_dir())
            with opened(self._configs, env) as every:
                verdicts = {i.label: self._verdict(store, i) for i in every}
                self._again = {label for label, verdict in verdicts.items() if verdict == "failed"}
                instances = [i for i in every if verdicts[i.label]]
                if not instances and not self._errors:
                    streams.note("no instance is due")
                    return 0
                with (
                    WorkerPool(
                        key=fingerprint_key(), own=self._own, cache_dir=cache, workers=self._workers, ocr=self._ocr
                    ) as pool,
                    Progress("scanning", unit="rows") as progress,
                ):
                    self._all(instances, store, pool, env, progress)
            return self._end(store, output)

    def _verdict(self, store: Store, instance: Any) -> str | None:
        """Return what is to be done for an instance; one whose settings cannot be read never stops the others."""
        from casb_cli.core.errors import CasbError
        from casb_cli.scan.run import due

        if not self._due:
            return "scan"
        try:
            return due(store, instance)
        except CasbError as error:
            self._errors[instance.label] = error
            return None

    def _all(self, instances: Any, store: Store, pool: Any, env: Any, progress: Any) -> None:
        import threading

        # Not `join`: interrupted, it takes the thread for ended (CPython before 3.13), and nobody would wait for it.
        ended = {instance.label: threading.Event() for instance in instances}

        def one(instance: Any) -> None:
            try:
                self._one(instance, store, pool, env, progress)
            finally:
                ended[instance.label].set()

        for instance in instances:
            threading.Thread(target=one, args=(instance,), name=f"scan {instance.label}", daemon=True).start()
        try:
            for end in ended.values():
                while not end.wait(0.5):
                    for instance in instances:
                        for family, used, allowed in instance.limits():
                            progress.quota(f"{instance.label} {family}", used, allowed)
        except KeyboardInterrupt:
            env.stop.set()
            for end in ended.values():
                end.wait(30)
            raise

    def _one(self, instance: Any, store: Store, pool: Any, env: Any, progress: Any) -> None:
        from dataclasses import replace

        from casb_cli.core.errors import Locked
        from casb_cli.scan.run import Scan
        from casb_cli.store.locks import scan_lock
        from casb_cli.ui.streams import streams

        try:
            with scan_lock(instance.key, instance.label):
                options = replace(self._options, failed_only=instance.label in self._again)
                scan = Scan(instance, store, pool, env.stop, options, lambda _noun, count: progress.advance(count))
                self._statements[instance.label] = scan.run()
        except Locked as error:
            if self._due:
                streams.note(f"{instance.label} skipped: {error.message}")
            else:
                self._errors[instance.label] = error
        except Exception as error:  # noqa: BLE001 - one broken instance never stops the others; reported below
            self._errors[instance.label] = error

    def _end(self, store: Store, output: Any) -> int:
        from casb_cli.core.errors import CasbError, PartlyDone, combined_exit_code
        from casb_cli.ui.output import Output
        from casb_cli.ui.process import tell
        from casb_cli.ui.streams import streams

        rows = [self._row(label, statement, store) for label, statement in sorted(self._statements.items())]
        Output("scan", output, columns=COLUMNS).write(map(_short, rows) if output == "table" else rows)
        for label, statement in sorted(self._statements.items()):
            self._say(label, statement)
        suppressed = sum(row["suppressed"] for row in rows)
        if suppressed:
            streams.note(f"findings suppressed, and not counted: {suppressed:,}: casb findings suppressions")
        for error in self._errors.values():
            if not isinstance(error, CasbError):
                raise error
            tell(error)
        codes = [statement.exit_code for statement in self._statements.values()]
        codes += [error.exit_code for error in self._errors.values() if isinstance(error, CasbError)]
        code = 0 if not codes else combined_exit_code(codes)
        if self._found(store, whole=not code):
            new = "new" if self._baseline is not None else "open"
            streams.note(f"there are {new} findings of severity {self._fail_on} or higher: casb findings")
            return 11 if code else 10
        return PartlyDone.exit_code if code and len(codes) > 1 and not all(codes) else code

    def _row(self, label: str, statement: Statement, store: Store) -> dict[str, Any]:
        key = next(config.key for config in self._configs if config.label == label)
        counts: Counter[str] = Counter()
        for (state, _), count in store.findings.counts(key).items():
            counts[state] += count
        return {
            "instance": label,
            "state": "complete" if statement.complete else "stopped" if statement.stopped else "partial",
            "seen": statement.seen,
            "inspected": statement.inspected,
            "findings": counts["open"],
            "suppressed": counts["suppressed"],
            "lost": statement.lost + statement.gaps,
            "denied": statement.denied,
            "exit_code": statement.exit_code,
        }

    def _say(self, label: str, statement: Statement) -> None:
        from casb_cli.commands._missed import in_words
        from casb_cli.core.text import counted
        from casb_cli.ui.streams import streams

        seen = ", ".join(counted(count, noun) for noun, count in sorted(statement.seen.items()))
        files = ", ".join(f"{count:,} {_STATES.get(state, state)}" for state, count in statement.files.items())
        streams.note(f"{label}: seen {seen or 'nothing'}")
        if files and statement.looked_at_nothing:
            streams.note(f"{label}: no file was looked at; from earlier scans: {files}")
        elif files:
            streams.note(f"{label}: files: {files}")
        if statement.missed:
            streams.note(f"{label}: {in_words(statement.missed)}")
        for what in statement.remedies:
            streams.note(f"{label}: not read: {what}")
        for text in statement.stated:
            if text not in statement.denied:
                streams.detail(f"{label}: not part of this scan: {text}")
        for text in statement.denied:
            streams.note(f"{label}: not seen for want of a permission: {text}")
        if statement.stated:
            things = "1 thing is" if len(statement.stated) == 1 else f"{len(statement.stated)} things are"
            streams.note(f"{label}: {things} not part of any scan here: casb matrix --live")
        for text in statement.unreachable:
            streams.warn(f"{label}: unreachable: {text}")
        for text in statement.gaps:
            streams.warn(f"{label}: gap: {text}")
        for text in statement.lost:
            streams.warn(f"{label}: not seen: {text}")
        if statement.waiting:
            streams.warn(f"{label}: {statement.waiting:,} files wait to be inspected; run the scan again")

    def _found(self, store: Store, *, whole: bool) -> bool:
        """Tell whether open findings are severe enough, those apart that the baseline knows; write it where due."""
        from casb_cli.commands._baseline import saved

        keys = [config.key for config in self._configs]
        baseline = self._baseline
        if baseline is None:
            return bool(self._fail_on) and any(
                store.findings.list(key, min_severity=self._fail_on, limit=1) for key in keys
            )
        least = checked_severity(self._fail_on)
        severe = False
        for stored in store.findings.worst_first(keys):
            known = baseline.knows_finding(stored.instance_key, stored.finding.id)
            baseline.note_finding(stored.instance_key, stored.finding.id)
            rank = SEVERITY_ORDER[stored.finding.severity or "low"]
            severe = severe or (least is not None and not known and rank >= least)
        saved(baseline, "findings", instances=keys, whole=whole)
        return severe


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row for the table: numbers, as what they stand for is told below it."""
    inspected = ", ".join(f"{count:,} {state}" for state, count in row["inspected"].items())
    return {
        **row,
        "seen": f"{sum(row['seen'].values()):,} rows",
        "inspected": inspected,
        "lost": len(row["lost"]),
        "denied": len(row["denied"]),
    }
