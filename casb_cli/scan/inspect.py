"""Inspect one file's content: sniff, extract, detect. Runs in a worker, and in process for tests."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec

from casb_cli.scan.detect.collector import Collector
from casb_cli.scan.detect.engine import Scanner
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.extract.base import Context, Exhausted, Limits, Note, Segment, Source, Stop
from casb_cli.scan.extract.formats import extract
from casb_cli.scan.extract.names import telling
from casb_cli.scan.results import InspectResult, Match, Outcome


def inspect_stream(
    content: BinaryIO | bytes,
    *,
    name: str,
    scanner: Scanner,
    key: bytes,
    limits: Limits | None = None,
    every: bool = False,
    reveal: bool = False,
    hand_on: Callable[[tuple[Match, ...]], None] | None = None,
) -> InspectResult:
    """Return what the detectors find in a seekable file or in bytes; raises nothing for foreign content.

    `key` keys the fingerprints (32 bytes). `every` asks for one match per occurrence; `hand_on` then takes many of
    them in batches before the result, and its time doesn't count. `reveal` asks for the clear text: the result is
    then for the user's eyes only, and never kept.
    """
    limits = limits or Limits()
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    base = InspectResult(outcome="done", size=size)
    if size > limits.max_size:
        return msgspec.structs.replace(base, outcome="skipped", reason="too-large")
    context = Context(limits=limits, open=extract, deadline=time.monotonic() + limits.wall)

    def handed(batch: list[dict[str, Any]]) -> None:
        begun = time.monotonic()
        assert hand_on is not None  # noqa: S101 - the collector has this function only then
        hand_on(tuple(Match(**one) for one in batch))
        context.deadline += time.monotonic() - begun

    collector = Collector(
        key, keep=limits.matches, every=every, name=name, reveal=reveal, hand_on=handed if hand_on else None
    )
    stopped: Stop | None = None
    copies = scanner.copies(key)
    try:
        own = name.rsplit("/", 1)[-1]
        if telling(own):
            label = context.beside(iter((own.encode("utf-8", "replace"),)))
            scanner.scan(Segment("name", "none", label), collector, context)
        for segment in extract(Source(file, name, size), context, ""):
            scanner.scan(copies.watch(segment, context.members) if copies else segment, collector, context)
    except Exhausted as stop:
        stopped = stop
    if file.seek(0, io.SEEK_END) != size:
        context.notes.insert(0, Note("", "changed", "its size, while it was read"))
    if copies:
        copies.finish(collector)
    matches, totals = collector.finish()
    failed = len(context.notes) + context.skipped_notes
    # What missed text is told before what has none: a picture in front of an encrypted member hides nothing.
    first = stopped or next((note for note in context.notes if note.missed), next(iter(context.notes), None))
    outcome: Outcome = "done"
    if first is not None:
        outcome = "partial" if matches or totals or collector.scanned > context.aside else "skipped"
    return msgspec.structs.replace(
        base,
        outcome=outcome,
        reason=first.reason if first else None,
        detail=first.detail if first else "",
        kind=context.kind,
        text=collector.scanned,
        matches=tuple(Match(**found) for found in matches),
        totals=totals,
        untold=collector.untold,
        notes=tuple(context.notes),
        parts_failed=failed,
    )


def new_scanner(detectors: DetectorSet | None = None, cache_dir: str | None = None) -> Scanner:
    """Return a scanner for a detector set (the shipped one by default), its patterns compiled or from cache."""
    return Scanner(detectors or DetectorSet.shipped(), cache_dir)
