"""`casb findings`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from casb_cli.commands._options import (
    Apps,
    BaselineFile,
    FailOn,
    Fields,
    Instances,
    Limit,
    OutputFormat,
    ReportFormat,
    UpdateBaseline,
    Where,
    checked_severity,
    examples,
)
from casb_cli.commands._own_detectors import DetectorFiles

if TYPE_CHECKING:
    from casb_cli.store.baseline import Baseline
    from casb_cli.store.findings import StoredFinding
    from casb_cli.store.store import Store

app = typer.Typer(
    help="List, show and suppress findings.",
    invoke_without_command=True,
    epilog=examples(
        "casb findings --severity high",
        "casb findings --where \"sharing == 'public'\" -o csv",
        "casb findings list --baseline known.json --fail-on high -o sarif",
        "casb findings --detector payment-card --reveal",
        "casb findings show REF",
        "casb findings suppress REF --reason 'test data' --until 2027-01-31",
    ),
)


Severity = Annotated[str | None, typer.Option("--severity", metavar="LEAST", help="From this severity.")]
Detector = Annotated[str | None, typer.Option("--detector", metavar="ID", help="Only of this detector.")]
State = Annotated[list[str] | None, typer.Option("--state", help="open (default), suppressed or resolved; repeatable.")]
Reveal = Annotated[
    bool,
    typer.Option("--reveal", help="Fetch the files again and show the matches in clear text: on a terminal only."),
]


def _labels(apps: list[str] | None, names: list[str] | None) -> dict[str, tuple[str, str]]:
    from casb_cli.commands._session import chosen

    return {config.key: (config.app, config.name) for config in chosen(apps, names)}


class _Wishes(NamedTuple):
    """What a listing was asked for."""

    apps: list[str] | None
    names: list[str] | None
    severity: str | None
    detector: str | None
    state: list[str] | None
    fail_on: str | None
    baseline: str | None
    update_baseline: bool
    reveal: bool
    detectors: list[str] | None
    output: Any
    fields: str | None
    where: str | None
    limit: int | None


@app.callback()
def listing(
    context: typer.Context,
    apps: Apps = None,
    names: Instances = None,
    severity: Severity = None,
    detector: Detector = None,
    state: State = None,
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    update_baseline: UpdateBaseline = False,
    reveal: Reveal = False,
    detectors: DetectorFiles = None,
    output: ReportFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> int:
    """List findings, the most exposed first; without options, the open ones."""
    if context.invoked_subcommand is not None:
        return 0
    return _list(
        _Wishes(
            apps, names, severity, detector, state, fail_on, baseline, update_baseline, reveal, detectors,
            output, fields, where, limit,
        )
    )  # fmt: skip


@app.command(
    "list", epilog=examples("casb findings list --severity high", "casb findings list -o sarif --baseline known.json")
)
def list_(
    apps: Apps = None,
    names: Instances = None,
    severity: Severity = None,
    detector: Detector = None,
    state: State = None,
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    update_baseline: UpdateBaseline = False,
    reveal: Reveal = False,
    detectors: DetectorFiles = None,
    output: ReportFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> int:
    """List findings, the most exposed first; without options, the open ones."""
    return _list(
        _Wishes(
            apps, names, severity, detector, state, fail_on, baseline, update_baseline, reveal, detectors,
            output, fields, where, limit,
        )
    )  # fmt: skip


def _list(asked: _Wishes) -> int:
    from casb_cli.commands import _baseline, _missed, _reveal, _sarif
    from casb_cli.core.errors import UsageError
    from casb_cli.store.store import Store

    checked_severity(asked.severity)
    fail_from = checked_severity(asked.fail_on)
    # What reads SARIF shows suppressed results apart by itself.
    states = tuple(asked.state or (("open", "suppressed") if asked.output == "sarif" else ("open",)))
    for one in states:
        if one not in {"open", "suppressed", "resolved"}:
            raise UsageError(f"`{one}` is no state of a finding", hint="use open, suppressed or resolved")
    if asked.reveal:
        _reveal.check(asked.output)
    known = _baseline.opened(asked.baseline, asked.update_baseline, limit=asked.limit)
    labels = _labels(asked.apps, asked.names)
    count = _Count(fail_from, known)
    with Store() as store:
        sink = _sink(asked, count, store, labels, compared=known is not None)
        if asked.detector:
            _check_detector(store, asked)
        if known is not None and known.writes and (asked.severity or asked.detector or "open" not in states):
            raise UsageError("a baseline is written from all open findings", hint="leave the other options out")
        found = _found(store, labels, states, min_severity=asked.severity, detector=asked.detector)
        if asked.reveal:
            return _reveal.reveal(store, _chosen(found, labels, asked), asked.detectors)
        listed = sink.write(count.rows(found, labels))
        _baseline.saved(known, "findings", instances=labels)
        hidden = {} if "suppressed" in states else count.hidden(store, labels)
        if "open" in states:
            _missed.tell(store, labels)
    if asked.output == "sarif":
        _sarif.told(listed)
    return count.end(hidden)


def _check_detector(store: Store, asked: _Wishes) -> None:
    """Raise UnknownName for a detector that is none: a wrong name must not look like a clean company."""
    from casb_cli.commands._own_detectors import own
    from casb_cli.scan.detect.rules import DetectorSet

    if asked.detector and not store.findings.any_of(asked.detector):
        DetectorSet.shipped((asked.detector,), own(asked.detectors))


def _found(store: Store, labels: dict[str, tuple[str, str]], states: tuple[str, ...], **how: Any) -> Iterator[Any]:
    return store.findings.worst_first(tuple(labels), states=states, **how)


def _chosen(found: Iterator[StoredFinding], labels: dict[str, tuple[str, str]], asked: _Wishes) -> list[StoredFinding]:
    """Return the findings that a condition and a limit leave, no more than are revealed at a time."""
    from itertools import islice

    from casb_cli.commands._reveal import MOST
    from casb_cli.ui import kinds
    from casb_cli.ui.output import render_row
    from casb_cli.ui.streams import streams
    from casb_cli.ui.where import Where as Condition

    condition = Condition(asked.where, kinds.columns("finding"), "finding") if asked.where else None
    kept = (
        one for one in found if condition is None or condition.holds(render_row(one.finding, *labels[one.instance_key]))
    )
    most = asked.limit or MOST
    chosen = list(islice(kept, most + 1))
    if len(chosen) > most and asked.limit is None:
        streams.warn(f"the first {MOST} are shown: choose with --where, --detector or --limit")
    return chosen[:most]


def _sink(asked: _Wishes, count: _Count, store: Store, labels: dict[str, tuple[str, str]], *, compared: bool) -> Any:
    from casb_cli.ui.output import Output

    if asked.output != "sarif":
        return Output(
            "finding", asked.output, fields=asked.fields, where=asked.where, limit=asked.limit, taken=count.taken
        )
    from casb_cli.commands import _missed, _sarif
    from casb_cli.commands._own_detectors import sources

    own = sources(asked.detectors)
    writer = _sarif.writer(own, lambda: list(_missed.missed(store, labels)), compared=compared)
    return Output("finding", where=asked.where, limit=asked.limit, writer=writer, taken=count.taken)


class _Count:
    """What counts of the findings that are listed."""

    def __init__(self, fail_from: int | None, baseline: Baseline | None) -> None:
        self._fail_from = fail_from
        self._baseline = baseline
        self._severe = self._known = 0
        self._key = ""
        """The instance of the row that is on its way out."""

    def rows(self, found: Iterator[StoredFinding], labels: dict[str, tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Yield the output rows, counting those that the baseline knows."""
        from casb_cli.ui.output import render_row

        for stored in found:
            row = render_row(stored.finding, *labels[stored.instance_key])
            row["suppressed_why"] = stored.suppressed_why
            self._key = stored.instance_key
            known = self._baseline
            if row["state"] == "open" and known and known.knows_finding(self._key, row["id"]):
                row["state"] = "known"
                self._known += 1
            yield row

    def taken(self, row: Mapping[str, Any]) -> None:
        """Count a finding that was not left out by `--where`, for `--fail-on`, and let the baseline know it."""
        from casb_cli.core.models import SEVERITY_ORDER

        if self._baseline is not None and row["state"] in {"open", "known"}:
            self._baseline.note_finding(self._key, row["id"])
        if self._fail_from is not None and row["state"] == "open":
            self._severe += SEVERITY_ORDER[row["severity"] or "low"] >= self._fail_from

    @staticmethod
    def hidden(store: Store, labels: dict[str, tuple[str, str]]) -> dict[str, int]:
        """Return how many findings are suppressed, by instance."""
        counts = {f"{label[0]}:{label[1]}": store.findings.counts(key) for key, label in labels.items()}
        return {
            label: total
            for label, found in counts.items()
            if (total := sum(n for (state, _), n in found.items() if state == "suppressed"))
        }

    def end(self, hidden: dict[str, int]) -> int:
        """Say what doesn't count; return the exit code."""
        from casb_cli.ui.streams import streams

        if self._known:
            streams.note(f"known from the baseline, and not counted: {self._known:,}")
        if hidden:
            streams.note(f"suppressed, and not listed: {sum(hidden.values()):,}: casb findings suppressions")
        return 10 if self._severe else 0


def _find(store: Store, ref: str) -> tuple[str, str, StoredFinding]:
    """Return instance key, finding id and the finding of a ref or an id, or of the beginning that only one has."""
    from casb_cli.core.errors import AmbiguousReference, UnknownName
    from casb_cli.core.refs import Ref as FullRef
    from casb_cli.core.refs import parse
    from casb_cli.store.config import Config

    config = Config.load()
    if ref.count(":") >= 3:
        named = parse(ref)
        instance = config.get(named.app, named.instance)
        instances, id_ = [instance], named.id
    else:
        instances, id_ = list(config.instances), ref
    labels = {one.key: one for one in instances}
    found = store.findings.named(tuple(labels), id_)
    if not found:
        hint = "casb findings --fields ref,detector,file; a match is named by its whole fingerprint"
        raise UnknownName(
            f"there is no finding `{ref}`", hint=f"{hint}: casb detect PATH --fields file,place,fingerprint"
        )
    if len(found) > 1:
        candidates = tuple(
            str(FullRef(labels[one.instance_key].app, labels[one.instance_key].name, "finding", one.finding.id))
            for one in found
        )
        raise AmbiguousReference(f"several findings begin with `{ref}`", candidates=candidates)
    return found[0].instance_key, found[0].finding.id, found[0]


Ref = Annotated[str, typer.Argument(metavar="REF", help="The finding: its ref, its id, or the beginning of one.")]
Fingerprint = Annotated[
    str,
    typer.Argument(
        metavar="FINGERPRINT", help="A finding's ref or id, or the fingerprint of a match of `casb detect`."
    ),
]


@app.command(
    "show",
    epilog=examples("casb findings show github:prod:finding:0a1b2c", "casb findings show 0a1b2c --reveal"),
)
def show(ref: Ref, reveal: Reveal = False, detectors: DetectorFiles = None, output: OutputFormat = "table") -> int:
    """Show one finding in full; the match itself is nowhere kept, and fetched again by --reveal."""
    from casb_cli.commands import _reveal
    from casb_cli.store.config import Config
    from casb_cli.store.store import Store
    from casb_cli.ui.output import render_row
    from casb_cli.ui.output import show as show_row

    if reveal:
        _reveal.check(output)
    with Store() as store:
        key, _, stored = _find(store, ref)
        if reveal:
            return _reveal.reveal(store, [stored], detectors)
    config = Config.load().by_key(key)
    row = render_row(stored.finding, config.app if config else "?", config.name if config else "?")
    more = {
        "last_seen": stored.last_seen,
        "resolved": stored.resolved,
        "suppressed_until": stored.suppressed_until,
        "suppressed_why": stored.suppressed_why,
    }
    whole = {**row, **more}
    show_row(whole, "finding", output, columns=tuple(whole))
    return 0


@app.command(
    "suppress",
    epilog=examples(
        "casb findings suppress REF --reason 'sample data in the docs' --until 2027-01-31",
        "casb findings suppress FINGERPRINT --reason 'the test card of our shop'",
    ),
)
def suppress(
    ref: Fingerprint,
    reason: Annotated[str, typer.Option("--reason", help="Why this is no problem.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="End date; afterwards it is open again.")
    ] = None,
) -> None:
    """Suppress a finding, or a value, with a reason and an end date; other matches in the same file stay open."""
    from casb_cli.core import clock
    from casb_cli.core.errors import UsageError
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    end: int | None = None
    if until is not None:
        try:
            end = int(clock.parse(until).timestamp() * 1000)
        except ValueError:
            raise UsageError(f"`{until}` is no date", hint="write 2027-01-31") from None
        if end <= clock.now().timestamp() * 1000:
            raise UsageError(
                f"`{until}` is past: the finding would stay open", hint="write a later date, or leave it out"
            )
    if not reason.strip():
        raise UsageError("a suppression needs a reason", hint="--reason TEXT")
    with Store() as store:
        if _of_match(ref):
            store.suppressions.add(ref, why=reason, until=end)
        else:
            key, id_, _ = _find(store, ref)
            store.findings.suppress(key, id_, why=reason, until=end)
    streams.note(f"suppressed {ref}" + (f" until {until}" if until else " for good"))


def _of_match(word: str) -> bool:
    """Return whether a word is the fingerprint of a match; a finding's id is shorter."""
    return len(word) == 64 and all(char in "0123456789abcdef" for char in word)


def _suppressed_match(store: Store, word: str) -> str | None:
    """Return the suppressed fingerprint that a word is or begins; raises AmbiguousReference."""
    if _of_match(word):
        return word
    found = [
        one.fingerprint for one in store.suppressions.list() if len(word) >= 4 and one.fingerprint.startswith(word)
    ]
    if len(found) > 1:
        from casb_cli.core.errors import AmbiguousReference

        raise AmbiguousReference(f"several suppressed fingerprints begin with `{word}`", candidates=tuple(found))
    return found[0] if found else None


@app.command("unsuppress", epilog=examples("casb findings unsuppress REF", "casb findings unsuppress FINGERPRINT"))
def unsuppress(ref: Fingerprint) -> None:
    """End a suppression."""
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    with Store() as store:
        if whole := _suppressed_match(store, ref):
            store.suppressions.remove(whole)
        else:
            key, id_, stored = _find(store, ref)
            if stored.suppressed_why is None:
                streams.note(f"{ref} was not suppressed")
                return
            store.findings.unsuppress(key, id_)
    streams.note(f"{ref} is open again")


@app.command("suppressions", epilog=examples("casb findings suppressions", "casb findings suppressions -o csv"))
def suppressions(
    output: OutputFormat = "table", fields: Fields = None, where: Where = None, limit: Limit = None
) -> None:
    """List what is suppressed, why and until when; what is expired counts again."""
    from casb_cli.store.config import Config
    from casb_cli.store.store import Store
    from casb_cli.ui.output import Output, render_row

    sink = Output("suppression", output, fields=fields, where=where, limit=limit)
    config = Config.load()
    rows: list[dict[str, Any]] = []
    with Store() as store:
        for stored in store.findings.ever_suppressed():
            place = config.by_key(stored.instance_key)
            row = render_row(stored.finding, place.app if place else "?", place.name if place else "?")
            rows.append(
                {
                    "fingerprint": row["id"],
                    "kind": "finding",
                    "ref": row["ref"],
                    "detector": row["detector"],
                    "file": row["file"],
                    "reason": stored.suppressed_why,
                    "until": stored.suppressed_until,
                    "state": "active" if _holds(stored.suppressed_until) else "expired",
                }
            )
        rows += [
            {
                "fingerprint": one.fingerprint,
                "kind": "match",
                "detector": one.detector,
                "file": one.file,
                "reason": one.why,
                "until": one.until,
                "state": "active" if one.active else "expired",
            }
            for one in store.suppressions.list()
        ]
    sink.write(rows)


def _holds(until: str | None) -> bool:
    from casb_cli.core import clock

    return until is None or clock.parse(until) > clock.now()
