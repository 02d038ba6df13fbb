"""One pass over the text for all patterns, then confirming, validating and filtering where something hit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from casb_cli.core.models import Confidence
from casb_cli.scan.detect.aims import Aim, Armed, behind_label, spans
from casb_cli.scan.detect.collector import Collector
from casb_cli.scan.detect.columns import Table, cells
from casb_cli.scan.detect.database import hits, load
from casb_cli.scan.detect.expressions import expression, kept_in
from casb_cli.scan.detect.folded import Folded
from casb_cli.scan.detect.gates import Gates, Window
from casb_cli.scan.detect.linear import Family
from casb_cli.scan.detect.nearby import near
from casb_cli.scan.detect.overlaps import (
    covered,
    distinct,
    gives_way_to,
    one_generic,
    outside,
    outside_accounts,
    unless_told,
)
from casb_cli.scan.detect.peoples import of_that_people
from casb_cli.scan.detect.places import Places
from casb_cli.scan.detect.rules import Detector, DetectorSet
from casb_cli.scan.detect.specific import founded, one_kind
from casb_cli.scan.detect.view import View
from casb_cli.scan.extract.base import BLOCK, Context, Segment

if TYPE_CHECKING:
    from casb_cli.scan.detect.copies import Copies, Known

OVERLAP = 16 << 10
"""Bytes that two successive scans share: no match, with its surroundings, is wider."""

_PIECE = BLOCK // 2
_RAISED: dict[Confidence, Confidence] = {"low": "medium", "medium": "high", "high": "high"}
_LOWERED: dict[Confidence, Confidence | None] = {"low": None, "medium": "low", "high": "medium"}


class _Gated(msgspec.Struct, dict=True):
    """The rules of one detector that need a word near by, compiled when its word is first met: most never are."""

    cache_dir: str | None
    aims: list[Aim] = []

    @cached_property
    def database(self) -> Any:
        """The compiled hints of the rules: one of many detectors takes seconds to compile, and finds them no sooner."""
        return load(tuple(aim.rule for aim in self.aims), self.cache_dir)


class _Candidate(msgspec.Struct):
    start: int
    end: int
    value: bytes
    armed: Armed
    told: bool = False
    """Whether a word that its detector needs is known to be near."""


class _Block(msgspec.Struct):
    """What of a segment is inspected at once, and what is known of the segment."""

    buffer: bytes
    base: int
    """Where it begins in the segment."""
    floor: int
    limit: int
    """From where to where in the buffer a match must begin: the others are for the blocks beside it."""
    places: Places
    collector: Collector
    folded: Folded
    found: list[_Candidate] = []
    known: set[tuple[str, int, int]] = set()
    """Where they are, and the detectors' ids: what several rules of one confirm is checked once."""


class Scanner:
    """The compiled form of a detector set; one per process, used for one inspection at a time."""

    def __init__(self, detectors: DetectorSet, cache_dir: str | None = None) -> None:
        if cache_dir is not None:
            kept_in(cache_dir)
        self.detectors = detectors
        self._aims: list[Aim] = []
        self._columns: list[tuple[Armed, re.Pattern[bytes]]] = []
        family = Family((r for d in detectors.detectors for r in d.rules if r.linear and not r.fixed), cache_dir)
        for detector in detectors.detectors:
            armed = Armed(detector)
            for rule in detector.rules:
                if rule.before + rule.after + 2 * max(detector.distance, detector.within) > OVERLAP // 2:
                    raise ValueError(f"{detector.id}: a rule reaches further than blocks overlap")
                self._aims.append(Aim(rule, armed, family))
            if detector.columns:
                self._columns.append((armed, expression(detector.columns.encode("utf-8"))))
        self._gated: dict[str, _Gated] = {}
        for aim in self._aims:
            if aim.owner.detector.gated or aim.rule.words:
                self._gated.setdefault(aim.owner.detector.id, _Gated(cache_dir)).aims.append(aim)
        self._aims = [aim for aim in self._aims if not (aim.owner.detector.gated or aim.rule.words)]
        self._gates = Gates(detectors, cache_dir)
        rules, words = tuple(aim.rule for aim in self._aims), self._gates.hints
        self._database = load(rules, cache_dir, words) if rules or words else None
        self._printed = any(detector.prints for detector in detectors.detectors)
        self._known: Known | None = None

    def copies(self, key: bytes) -> Copies | None:
        """Return what watches one file for copies of known documents, None where none are known; raises ConfigError."""
        if not self._printed:
            return None
        from casb_cli.scan.detect.copies import Copies, Known

        if self._known is None:
            self._known = Known(self.detectors.detectors, key)
        return Copies(self._known)

    def scan(self, segment: Segment, collector: Collector, context: Context) -> None:
        """Give the collector every match in a segment, each once, wherever blocks begin or end."""
        folded = Folded(segment.blocks, segment.shorter)
        places = Places(segment, folded.lost if segment.shorter else None)
        columns: list[tuple[Armed, re.Pattern[bytes]]] = []
        buffer = b""
        base = 0  # where the buffer begins in the segment
        done = 0  # matches that begin before it have been judged
        for piece, last in _pieces(iter(folded)):
            buffer = buffer + piece if buffer else piece
            if segment.header_row and places.table is None:
                places.table = table = Table(buffer, sheet=segment.scheme != "line")
                columns = [(armed, cell) for armed, names in self._columns for cell in table.named(names)]
            limit = len(buffer) if last else len(buffer) - OVERLAP
            self._round(_Block(buffer, base, done - base, limit, places, collector, folded), columns)
            collector.scanned += len(piece)
            context.tick()
            if last:
                return
            done = base + limit
            gone = limit - OVERLAP
            places.skip(buffer, base, gone)
            base += gone
            buffer = buffer[gone:]
            folded.forget(base)

    def _round(self, block: _Block, columns: list[tuple[Armed, re.Pattern[bytes]]]) -> None:
        if self._database is None:
            return
        buffer, places, collector, found = block.buffer, block.places, block.collector, block.found
        found_at = hits(self._database, buffer)
        rules = len(self._aims)
        for number in sorted(number for number in found_at if number < rules):
            self._confirm(self._aims[number], found_at[number], block)
        self._gated_round(found_at, block)
        for armed, column in columns:
            known = {(one.start, one.end) for one in found if one.armed is armed}
            for start, end in cells(column, buffer, block.floor, block.limit):
                if (start, end) not in known and armed.holds(buffer[start:end]):
                    found.append(_Candidate(start, end, buffer[start:end], armed))
        if not found:
            return
        found.sort(key=lambda c: (c.start, -c.end))
        found = outside_accounts(distinct(found))
        specific = sorted((c.start, c.end) for c in found if gives_way_to(c.armed.detector))
        held: list[tuple[_Candidate, Confidence]] = []
        for candidate in found:
            generic = candidate.armed.detector.generic
            if generic and not candidate.armed.detector.gated and covered(specific, candidate.start, candidate.end):
                continue
            confidence = self._judged(buffer, candidate, places, places.name or collector.name)
            if confidence is not None:
                held.append((candidate, confidence))
        for candidate, confidence in one_kind(
            one_generic(unless_told(founded(of_that_people(held, buffer, places), buffer, places))), buffer, places
        ):
            detector, start, end, place = candidate.armed.detector, 0, 0, ""
            if not collector.placed(detector):
                start, end = map(block.folded.origin, (block.base + candidate.start, block.base + candidate.end))
                place = places.at(buffer, block.base, candidate.start)
            collector.add(detector, confidence, candidate.value, start, end, place)

    def _gated_round(self, found_at: dict[int, list[int]], block: _Block) -> None:
        """Look for the numbers that need a word: around the words, and in all of a table that names its columns so."""
        buffer, places = block.buffer, block.places
        named = self._named(places)
        places.heads.begin(buffer, block.base)
        places.word_ends = self._gates.word_ends(found_at, len(self._aims), buffer)
        windows = list(self._gates.windows(places.word_ends, buffer, places.heads))
        windows.extend(Window(*rows) for rows in places.heads.windows(len(buffer)))
        if named:
            windows.append(Window(0, len(buffer), named))
        around: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        for window in windows:
            text = buffer[window.start : window.end]
            for owner in window.owners:
                for number, ends in hits(self._gated[owner].database, text).items():
                    around[owner, number].update([end + window.start for end in ends] if window.start else ends)
        held = _held(block.found, {owner for owner, _ in around})
        for (owner, number), at in sorted(around.items()):
            ends = outside(sorted(at), held[owner]) if owner in held else sorted(at)
            if ends:
                self._confirm(self._gated[owner].aims[number], ends, block)

    def _named(self, places: Places) -> frozenset[str]:
        """Return the detectors, by id, one of whose words is in the name of a column."""
        if places.table is None or self._database is None:
            return frozenset()
        if places.named is None:
            names = places.table.names
            text = b"\n".join(names)
            places.named = frozenset(
                owner
                for owner in self._gates.owners(hits(self._database, text), len(self._aims), text)
                if (words := self._gated[owner].aims[0].words) is not None and any(map(words.search, names))
            )
        return places.named

    def _confirm(self, aim: Aim, ends: list[int], block: _Block) -> None:
        """Add what the rule's pattern confirms around the ends of its hint."""
        buffer, places = block.buffer, block.places
        detector = aim.owner.detector
        distinct = detector.min_count > 1
        needed = aim.owner.keywords if detector.gated else None
        words = aim.words if aim.rule.words else None
        owner = "" if detector.gated else detector.id
        known = block.known
        for begin, stop in spans(aim, ends, buffer, block.collector.key):
            start = behind_label(aim, buffer, begin, stop)
            if start < 0 or not block.floor <= start < block.limit or (detector.id, start, stop) in known:
                continue
            value = buffer[start:stop]
            if distinct and value in block.collector.seen:
                continue  # only distinct values count: the same address again tells nothing new
            if words is not None and not near(
                words, detector.distance, buffer, start, stop, places, places.column(buffer, start), owner
            ):
                continue
            if needed is not None and not near(  # costs less than most checks, and rules out more
                needed, detector.distance, buffer, start, stop, places, places.column(buffer, start), detector.id
            ):
                continue
            if aim.owner.holds(value, aim.rule):
                block.found.append(_Candidate(start, stop, value, aim.owner, told=needed is not None))
                known.add((detector.id, start, stop))

    def _judged(self, buffer: bytes, candidate: _Candidate, places: Places, name: str) -> Confidence | None:
        """Return the confidence of a candidate, or None where a filter or a missing keyword rules it out."""
        detector = candidate.armed.detector
        if places.nature == "program" and _by_chance(detector, candidate.value):
            return None
        words, told = candidate.armed.keywords, False
        at, end = candidate.start, candidate.end
        column = places.column(buffer, at)
        if words is not None and detector.required:  # cheaper than the filters, and rules out more
            told = candidate.told or near(words, detector.distance, buffer, at, end, places, column)
            if not told:
                return None
        sought = words if words is not None and detector.required and not places.says(words, column[0]) else None
        view = View(buffer, at, end, name, column[0], sought, places.heads)
        for reason in candidate.armed.filters:
            if reason(candidate.value, view):
                return None
        if not candidate.armed.placed(buffer, at, end):
            return None
        confidence = detector.confidence
        if words is not None and not detector.required:
            told = near(words, detector.distance, buffer, at, end, places, column)
        if told and words is not None:
            if places.nature == "scraps" and _by_chance(detector, candidate.value) and not view.same_run(words):
                return None
            confidence = _RAISED[confidence]
        if any(proof(candidate.value) for proof in candidate.armed.proofs):
            return "high"
        if any(doubt(candidate.value, view) for doubt in candidate.armed.doubts):
            return "low"
        if places.nature == "scraps" and _by_chance(detector, candidate.value):
            return _LOWERED[confidence]
        return confidence


def _held(found: list[_Candidate], owners: set[str]) -> dict[str, list[tuple[int, int]]]:
    """Return where values of some detectors, by id, were found, in the order of where they begin."""
    held: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in found:
        if one.armed.detector.id in owners:
            held[one.armed.detector.id].append((one.start, one.end))
    return {owner: sorted(places) for owner, places in held.items()}


def _by_chance(detector: Detector, value: bytes) -> bool:
    """Return whether a value is one that strings of programs and tables have by chance: bare digits or letters.

    Secrets, and what a user's own detectors seek, are none.
    """
    if detector.family == "credential" or detector.source:
        return False
    return value.isdigit() or value.isalpha() or detector.generic


def _pieces(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the text in pieces of half a block to two; the last one, marked so, may have any size."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        if size >= _PIECE:
            yield _joined(held), False
            held, size = [], 0
        at = 0
        while size + len(block) - at > 2 * BLOCK:
            cut = at + BLOCK - size
            yield _joined([*held, block[at:cut]]), False
            held, size, at = [], 0, cut
        held.append(block[at:] if at else block)
        size += len(block) - at
    yield _joined(held), True


def _joined(parts: list[bytes]) -> bytes:
    return parts[0] if len(parts) == 1 else b"".join(parts)
