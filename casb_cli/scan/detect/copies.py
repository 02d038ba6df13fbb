"""Whether a text is a copy of a known document: a form filled in, or a template copied in part.

The text streams by. Anchors, found by the engine in one pass, tell which pieces are worth a closer look; only there
are phrases hashed and compared. What is held is one piece and, for each document, the phrases met of late.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import msgspec

from casb_cli.core.models import Confidence
from casb_cli.core.text import printable
from casb_cli.scan.detect.collector import Collector
from casb_cli.scan.detect.database import hits, load
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.prints import PHRASE, Marks, Template, literals, opened, phrases, words
from casb_cli.scan.detect.rules import Detector, Rule
from casb_cli.scan.extract.base import Segment

_FIGURE = expression(r"\d+")
PIECE = 256 << 10
"""Bytes of text that are looked at together."""
_GAP = 120
"""Words without any phrase of a document that end a run of it."""
_AGAIN = 0.4
"""The share of a document that, met again, begins another copy."""
_PAGE, _WORD_FOR_WORD = 200, 0.9
"""Words of a long document, copied almost word for word, that are enough whatever their share of it."""
_LEAST_PART = 0.7
"""The share of a document that a copied part must make, of the share asked for."""


class Known:
    """The documents that some detectors know again; one per process."""

    def __init__(self, detectors: Iterable[Detector], key: bytes) -> None:
        self.templates: list[tuple[Detector, Template]] = []
        for detector in detectors:
            if detector.prints is not None:
                self.templates += [(detector, one) for one in opened(Path(detector.prints[0]), key)]
        self.marks = Marks(key)
        self.owners: defaultdict[int, list[int]] = defaultdict(list)
        anchors: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, (_, template) in enumerate(self.templates):
            for mark in template.weights:
                self.owners[mark].append(number)
            for run in template.anchors:
                anchors[run].append(number)
        texts = [(text, owners) for run, owners in anchors.items() for text in literals(run)]
        self._anchors = [owners for _, owners in texts]
        self._enough = [_enough(detector.share, len(one.anchors)) for detector, one in self.templates]
        # Kept in memory only: a database on disk would show the anchors.
        self._database = load(tuple(_hint(text) for text, _ in texts), None)
        self.counts = (2, PHRASE) if any(one.pairs for _, one in self.templates) else (PHRASE,)

    def near(self, text: bytes) -> tuple[bool, bool]:
        """Return whether any anchor stands in the text, and whether enough of one document do for a closer look."""
        found = hits(self._database, text)
        met = Counter(number for hit, ends in found.items() for number in self._anchors[hit] for _ in ends)
        return bool(found), any(count >= self._enough[number] for number, count in met.items())


def _enough(share: float, anchors: int) -> int:
    """Return how many anchors must stand in a piece: half of those in one half of the least copy."""
    return max(min(2, anchors), int(share * anchors * _LEAST_PART / 4))


def _hint(text: str) -> Rule:
    hint = re.escape(text)
    return Rule(hint=hint, pattern=hint, caseless=True, once=True)


@dataclass(slots=True)
class _Part:
    """A piece of one segment: where it stands, its first byte there, the line breaks before it, and whose it is."""

    segment: Segment
    base: int
    lines: int
    data: bytes
    document: int


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a phrase stands: its first byte and the one behind its last, in its segment; and the sums around it."""

    segment: Segment
    start: int
    end: int
    line: int
    document: int
    before: int
    behind: int

    @property
    def place(self) -> str:
        """The place, as matches tell it."""
        if self.segment.scheme not in ("line", "lines"):
            return self.segment.where
        return f"{self.segment.where}, line {self.line}" if self.segment.where else f"line {self.line}"


class _Text:
    """The words of a piece, and where they stand; asked for in ascending order, so that no text is read twice."""

    def __init__(self, parts: list[_Part]) -> None:
        self.words: list[str] = []
        self._parts = parts
        self._texts: list[str] = []
        self._starts: list[list[int]] = []
        self._firsts: list[int] = []
        self.figures: list[tuple[int, bytes]] = []
        """Each figure, and the number of the word before it."""
        self.sums: list[int] = []
        """For each word the sum over all text before it; set by who knows the marks."""
        for part in parts:
            text = part.data.decode("utf-8", "replace")
            found, starts = words(text)
            self._firsts.append(len(self.words))
            self._texts.append(text)
            self._starts.append(starts)
            first = len(self.words)
            self.words += found
            for match in _FIGURE.finditer(text):
                at = first + bisect.bisect_right(starts, match.start()) - 1
                self.figures.append((max(at, 0), match[0].encode("utf-8", "replace")))
        self._part = -1
        self._char = self._offset = self._line = 0

    def spot(self, number: int, count: int) -> _Spot:
        """Return where a phrase of so many words stands."""
        at = bisect.bisect_right(self._firsts, number) - 1
        part, text, starts = self._parts[at], self._texts[at], self._starts[at]
        if at != self._part:
            self._part, self._char, self._offset, self._line = at, 0, part.base, part.lines + 1
        char = starts[number - self._firsts[at]]
        between = text[self._char : char]
        self._char = char
        self._offset += _size(between)
        self._line += between.count("\n")
        last = min(number - self._firsts[at] + count, len(starts)) - 1
        behind = starts[last] + len(self.words[self._firsts[at] + last])
        return _Spot(
            part.segment,
            self._offset,
            self._offset + _size(text[char:behind]),
            self._line,
            part.document,
            self.sums[number],
            self.sums[number + 1],
        )


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy: its share of the document, its first and last word's number and place; `part` where it was cut out."""

    share: float
    first: int
    last: int
    start: _Spot
    end: _Spot
    part: bool = False

    @property
    def content(self) -> int:
        """A sum over all words and figures of the copy: that of the same text is the same wherever it stands."""
        return (self.end.behind - self.start.before) % (1 << 64)

    def beside(self, other: _Copy) -> bool:
        """Return whether the two have no text in common."""
        return self.last < other.first or other.last < self.first


@dataclass
class _Trail:
    """The phrases of one document met of late."""

    template: Template
    asked: float
    window: deque[tuple[int, int, _Spot]] = field(default_factory=deque)
    counts: Counter[int] = field(default_factory=Counter)
    weight: int = 0
    best: _Copy | None = None
    echoes: list[tuple[int, int, _Spot]] = field(default_factory=list)
    echoed: set[int] = field(default_factory=set)
    echo: int = 0
    found: list[_Copy] = field(default_factory=list)
    part: _Copy | None = None
    run: tuple[int, _Spot] | None = None
    last: tuple[int, _Spot] | None = None
    run_marks: set[int] = field(default_factory=set)
    covered: int = 0

    def met(self, at: int, mark: int, spot: _Spot) -> None:
        """Take note of one phrase at a word's number."""
        reach = 4 * self.template.words + 2_000
        while self.window and at - self.window[0][0] > reach:
            self._forget()
        if self.best is not None and mark in self.counts:
            # So much of it once more is another copy: the next filled-in form of the same kind.
            if mark not in self.echoed:
                self.echoed.add(mark)
                self.echo += self.template.weights[mark]
            self.echoes.append((at, mark, spot))
            if self.echo > _AGAIN * self.template.total:
                echoes = self.echoes
                self._settle()
                for one in echoes:
                    self._count(*one)
                self._along(at, mark, spot)
                return
        self._count(at, mark, spot)
        self._along(at, mark, spot)

    def _count(self, at: int, mark: int, spot: _Spot) -> None:
        self.window.append((at, mark, spot))
        self.counts[mark] += 1
        if self.counts[mark] == 1:
            self.weight += self.template.weights[mark]
        while self.counts[self.window[0][1]] > 1:
            self._forget()  # it stands again further on: what came before is not needed, so the start is close
        share = self.weight / self.template.total
        if share >= self.asked and (self.best is None or share > self.best.share):
            self.best = _Copy(share, self.window[0][0], at, self.window[0][2], spot)

    def _along(self, at: int, mark: int, spot: _Spot) -> None:
        if self.last is not None and at - self.last[0] > _GAP:
            self._end_run()
        if self.last is None:
            self.run, self.covered = (at, spot), PHRASE
        else:
            gap = at - self.last[0]
            self.covered += gap if gap <= self.template.near else PHRASE
        self.last = (at, spot)
        self.run_marks.add(mark)

    def _forget(self) -> None:
        _, mark, _ = self.window.popleft()
        self.counts[mark] -= 1
        if not self.counts[mark]:
            del self.counts[mark]
            self.weight -= self.template.weights[mark]

    def _settle(self) -> None:
        if self.best is not None:
            self.found.append(self.best)
        self.best = None
        self.window.clear()
        self.counts.clear()
        self.weight = self.echo = 0
        self.echoes = []
        self.echoed.clear()

    def _end_run(self) -> None:
        """Keep a run that stems from the document for the most part, and is enough of it."""
        if self.run is not None and self.last is not None:
            share = sum(self.template.weights[mark] for mark in self.run_marks) / self.template.total
            copied = self.covered / (self.last[0] - self.run[0] + PHRASE)
            enough = copied >= self.asked and share >= _LEAST_PART * self.asked
            enough = enough or (self.template.long and self.covered >= _PAGE and copied >= _WORD_FOR_WORD)
            if enough and (self.part is None or share > self.part.share):
                self.part = _Copy(share, self.run[0], self.last[0], self.run[1], self.last[1], part=True)
        self.run = self.last = None
        self.run_marks.clear()

    def end(self) -> list[_Copy]:
        """Return the copies that were found: forms, or else the largest part."""
        self._settle()
        self._end_run()
        return self.found or ([self.part] if self.part else [])


class Copies:
    """Watches the text of one file."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._parts: list[_Part] = []
        self._size = 0
        self._held: list[_Part] = []  # the piece before, where it has an anchor and was not looked at
        self._open = False  # whether the piece before has enough of them
        self._passed = 0  # words before the piece in hand
        self._document = 0
        self._sum = 0
        self._trails: dict[int, _Trail] = {}
        self._found: list[tuple[int, _Copy]] = []

    def watch(self, segment: Segment, document: int = 0) -> Segment:
        """Return the segment, whose text is looked at as it is read; `document` numbers those of an archive."""
        return msgspec.structs.replace(segment, blocks=self._seen(segment, document))

    def _seen(self, segment: Segment, document: int) -> Iterator[bytes]:
        base = lines = 0
        for block in segment.blocks:
            for at in range(0, len(block), PIECE):
                data = block[at : at + PIECE]
                self._parts.append(_Part(segment, base, lines, data, document))
                self._size += len(data)
                base += len(data)
                lines += len(data) - len(data.replace(b"\n", b""))
                if self._size >= PIECE:
                    self._look()
            yield block

    def _look(self) -> None:
        """Look at the piece in hand, and at its neighbours where a copy may reach into them."""
        parts, self._parts, self._size = self._parts, [], 0
        some, enough = self._known.near(b"\n".join(_joined(parts)))
        if enough or (some and self._open):
            if self._held:
                self._compare(self._held)
            self._compare(parts)
            self._held, self._open = [], enough
            return
        self._pass(self._held)
        self._held, self._open = [], False
        if some:
            self._held = parts
        else:
            self._pass(parts)

    def _pass(self, parts: list[_Part]) -> None:
        self._passed += sum(len(part.data) for part in parts) // 6

    def _compare(self, parts: list[_Part]) -> None:
        text = _Text(parts)
        owners, mark_of = self._known.owners, self._known.marks.of
        hits: list[tuple[int, int, int]] = []
        values = [0] * max(len(text.words), 1)
        for count in self._known.counts:
            for at, phrase in enumerate(phrases(text.words, count)):
                mark = mark_of(phrase)
                if count == PHRASE:
                    values[at] = mark
                if mark in owners:
                    hits.append((at, count, mark))
        hits.sort()
        if hits:
            for at, figure in text.figures:
                values[at] += mark_of(figure)
        text.sums = list(accumulate(values, initial=self._sum))
        self._sum = text.sums[-1] % (1 << 64)
        for at, count, mark in hits:
            spot = text.spot(at, count)
            if spot.document != self._document:
                self._end_document()
                self._document = spot.document
            for number in owners[mark]:
                self._trail(number).met(self._passed + at, mark, spot)
        self._passed += len(text.words)

    def _trail(self, number: int) -> _Trail:
        trail = self._trails.get(number)
        if trail is None:
            detector, template = self._known.templates[number]
            trail = self._trails[number] = _Trail(template, detector.share)
        return trail

    def _end_document(self) -> None:
        """Keep the copies of one document, of several that explain the same text the best."""
        copies = [(number, copy) for number, trail in self._trails.items() for copy in trail.end()]
        copies.sort(key=lambda one: (one[1].part, -one[1].share, one[0]))
        kept: list[tuple[int, _Copy]] = []
        for number, copy in copies:
            owner = self._known.templates[number][0].id
            if all(
                copy.beside(better) or (not copy.part and self._known.templates[other][0].id != owner)
                for other, better in kept
            ):
                kept.append((number, copy))
        self._found += kept
        self._trails.clear()

    def finish(self, collector: Collector) -> None:
        """Give the collector every copy that was found, the most complete ones first."""
        if self._parts:
            self._look()
        self._end_document()
        for number, copy in sorted(self._found, key=lambda one: (one[0], -one[1].share)):
            detector, template = self._known.templates[number]
            collector.add(
                detector,
                _confidence(copy.share),
                b"%s\0%d" % (template.name.encode("utf-8", "replace"), copy.content),
                copy.start.start,
                (copy.end if copy.end.segment is copy.start.segment else copy.start).end,
                copy.start.place,
                told=f"{int(copy.share * 100)} % of {printable(template.name)}",
            )


def _joined(parts: list[_Part]) -> Iterator[bytes]:
    """Yield the text of each segment's parts as one."""
    held: list[bytes] = []
    last: Segment | None = None
    for part in parts:
        if last is not None and part.segment is not last:
            yield b"".join(held)
            held = []
        held.append(part.data)
        last = part.segment
    yield b"".join(held)


def _confidence(share: float) -> Confidence:
    return "high" if share >= 0.9 else "medium"
