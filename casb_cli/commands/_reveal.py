"""`casb findings --reveal`: the clear text of matches, on a terminal and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from casb_cli.core.errors import CasbError, UsageError, combined_exit_code
from casb_cli.ui.streams import streams

if TYPE_CHECKING:
    from casb_cli.scan.results import Match
    from casb_cli.store.findings import StoredFinding
    from casb_cli.store.journal import Journal
    from casb_cli.store.store import Store

MOST = 25
"""Findings that are revealed at a time: each one's file is fetched again."""
_SHOWN = 20
"""Values of one match that are shown: a detector of many counts thousands."""


def check(output: str) -> None:
    """Raise UsageError unless a person, and only a person, will see the output."""
    if not (streams.out_tty and streams.in_tty):
        raise UsageError(
            "clear text is shown on a terminal only, never to a file or another program",
            hint="run it without pipes and redirections",
        )
    if output != "table":
        raise UsageError("clear text is no output for programs", hint="leave --output out")


def reveal(store: Store, wanted: Sequence[StoredFinding], files: Sequence[str] | None) -> int:
    """Fetch the findings' files again, journal it and show each match; return the exit code."""
    from casb_cli.commands import _ocr
    from casb_cli.commands._own_detectors import sources
    from casb_cli.commands._session import environment, opened
    from casb_cli.scan.reveal import revealed
    from casb_cli.scan.workers import WorkerPool
    from casb_cli.store.config import Config
    from casb_cli.store.journal import Journal
    from casb_cli.store.keys import fingerprint_key
    from casb_cli.store.paths import cache_dir
    from casb_cli.ui.process import tell

    config = Config.load()
    configs = [one for one in config.instances if any(one.key == f.instance_key for f in wanted)]
    pool = WorkerPool(
        key=fingerprint_key(), own=sources(files), cache_dir=str(cache_dir()), workers=1, ocr=_ocr.chosen(None)
    )
    codes: list[int] = []
    with pool, environment(store=store) as env, opened(configs, env) as instances, Journal() as journal:
        by_key = {instance.key: instance for instance in instances}
        for stored in wanted:
            instance = by_key.get(stored.instance_key)
            if instance is None:
                continue
            try:
                matches = revealed(instance, store, pool, stored.finding)
            except CasbError as error:
                tell(error)
                codes.append(error.exit_code)
                continue
            _note(journal, stored, instance, len(matches))
            _show(stored, instance.label, matches)
            codes.append(0)
    return combined_exit_code(codes)


def _note(journal: Journal, stored: StoredFinding, instance: Any, count: int) -> None:
    """Write durably, before anything is shown, who looks at what."""
    import getpass
    import secrets

    finding = stored.finding
    name = f"reveal-{secrets.token_hex(6)}"
    journal.append(
        "revealed",
        run=name,
        action=name,
        instance=stored.instance_key,
        target=finding.file_ref or f"finding:{finding.id}",
        body={
            "action": "reveal",
            "app": instance.app.key,
            "instance": instance.name,
            "finding": finding.id,
            "detector": finding.detector,
            "file": finding.file,
            "matches": count,
            "user": getpass.getuser(),
        },
    )


def _show(stored: StoredFinding, label: str, matches: Sequence[Match]) -> None:
    from casb_cli.core.text import printable

    finding = stored.finding
    streams.write(printable(f"{finding.severity}  {finding.detector}  {label}  {finding.file}") + "\n")
    for match in matches:
        if not match.clear:  # a copy of a document is told by its share: there is no value to show
            streams.write(f"  {printable(match.place)}: {printable(match.excerpt)}\n")
        for text in match.clear[:_SHOWN]:
            lines = text.splitlines() or [""]
            streams.write(f"  {printable(match.place)}: {printable(lines[0])}\n")
            for line in lines[1:]:
                streams.write(f"    {printable(line)}\n")
        if len(match.clear) > _SHOWN:
            streams.write(f"  and {len(match.clear) - _SHOWN:,} more\n")
    streams.flush()
