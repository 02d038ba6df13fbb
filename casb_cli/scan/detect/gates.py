"""Numbers that mean nothing without a word near by are looked for only around such words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.heads import Heads
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.detect.sought import NUMBERED, SHORT, SHOUTED, Word, sought

_DIGITS = b"0123456789"
_NUMBERED = expression(NUMBERED.encode())
_SHOUTED = frozenset(word.encode() for word in SHOUTED)
_NOBODY = frozenset[str]()
_LOWER, _UPPER = 1, 2
_CASES = bytes(_LOWER * chr(byte).islower() + _UPPER * chr(byte).isupper() for byte in range(128)) + bytes(128)
_BELOW = 400
"""Bytes in which a line of names may go on, with the one drawn below it and the first cells of a row."""
_WIDEST = 4096
"""Bytes from which on a window takes in no word but of just its detectors: so a word in one line has no number of its
kind looked for in all the others."""


class Window(NamedTuple):
    """A stretch of text in which, or near enough to which, words of some detectors stand."""

    start: int
    end: int
    owners: frozenset[str]


def _parted(buffer: bytes, at: int) -> bool:
    """Return whether a word may begin or end at an offset: by what is no letter, or by a hump of camel case."""
    if at <= 0 or at >= len(buffer):
        return True
    before, behind = _CASES[buffer[at - 1]], _CASES[buffer[at]]
    if not before or not behind:
        return True
    return behind == _UPPER and (before == _LOWER or buffer[at + 1 : at + 2].islower())


class WordEnds:
    """Where the words of detectors end in a text, in order: `found` are these places and the words."""

    def __init__(self, marks: Sequence[tuple[int, Word]] = (), owners: Sequence[frozenset[str]] = ()) -> None:
        self.found = marks
        self._ends = [end for end, _ in marks]
        self._owners = [owners[word.owners] for _, word in marks]

    def within(self, owner: str, low: int, high: int) -> bool:
        """Return whether a word of a detector, by id, may stand in a stretch of the text."""
        for at in range(bisect_left(self._ends, low), len(self._ends)):
            if self._ends[at] > high:
                return False
            if owner in self._owners[at]:
                return True
        return False


class Gates:
    """The required words of all detectors, each once; `hints` are what the one pass looks for them with, packed.

    The hints of longer ones are bare words, since a thousand of them with borders would take a second to compile:
    whether a word stands alone is seen where one was found.
    """

    def __init__(self, detectors: DetectorSet, cache_dir: str | None = None) -> None:
        known = sought(detectors, cache_dir)
        self._words, self._owners = known.words, known.owners
        self._last = {word.encode(): told for word, told in known.last.items()}
        self.hints = bytes(known.hints) if known.words else b""

    def word_ends(self, hits: Mapping[int, list[int]], first: int, buffer: bytes) -> WordEnds:
        """Return where words end; `hits` are the ends of what the one pass found, words from number `first`."""
        return WordEnds(sorted(self._standing(hits, first, buffer), key=lambda mark: mark[0]), self._owners)

    def windows(self, words: WordEnds, buffer: bytes, heads: Heads) -> Iterator[Window]:
        """Yield where to look for whom. `heads` is shown the words, and knows then the tables that name a column so."""
        marks = words.found
        low, high, owners, wordy, begun = 0, -1, _NOBODY, _NOBODY, 0
        for number, (end, word) in enumerate(marks):
            theirs, wordy_ones = self._owners[word.owners], self._owners[word.wordy]
            start = max(0, end - word.reach)
            if start > high or (high - low > _WIDEST and theirs != owners):
                yield from self._window(buffer, Window(low, high, owners), wordy, marks[begun:number], heads)
                low, high, owners, wordy, begun = start, end + word.reach, theirs, wordy_ones, number
            else:
                low, high = min(low, start), max(high, end + word.reach)
                if not theirs <= owners:
                    owners, wordy = owners | theirs, wordy | wordy_ones
        yield from self._window(buffer, Window(low, high, owners), wordy, marks[begun:], heads)

    def owners(self, hits: Mapping[int, list[int]], first: int, buffer: bytes) -> frozenset[str]:
        """Return whose words stand anywhere in a text."""
        return frozenset().union(*(self._owners[word.owners] for _, word in self._standing(hits, first, buffer)))

    def _standing(self, hits: Mapping[int, list[int]], first: int, buffer: bytes) -> Iterator[tuple[int, Word]]:
        """Yield where words end that stand alone."""
        for number, ends in hits.items():
            if number < first:
                continue
            word = self._words[number - first]
            for found in ends:
                end = found - word.behind
                at = end - word.size
                if word.hump and not buffer[max(0, at - 1) : at].islower():
                    continue
                if _parted(buffer, at) and (word.part or _parted(buffer, end) or _NUMBERED.match(buffer, end)):
                    yield end, word
        size = len(buffer)  # each short word begins and ends with a letter
        for end in range(2, min(SHORT + 1, size)) if buffer[:1].isalpha() else ():
            if (short := self._short(buffer, 0, end)) and (_parted(buffer, end) or _NUMBERED.match(buffer, end)):
                yield end, short
        for at in range(max(0, size - SHORT), size - 1) if buffer[-1:].isalpha() else ():
            if (short := self._short(buffer, at, size)) and _parted(buffer, at):
                yield size, short

    def _short(self, buffer: bytes, start: int, end: int) -> Word | None:
        """Return what a stretch of text is, where that is a short word."""
        text = buffer[start:end]
        return None if text in _SHOUTED else self._last.get(text.lower())

    def _window(
        self, buffer: bytes, near: Window, wordy: frozenset[str], marks: Sequence[tuple[int, Word]], heads: Heads
    ) -> Iterator[Window]:
        """Yield a stretch of text for those who may find something there: where no digit is, few.

        The numbers below a line of names stand farther off where that is long, or ruled.
        """
        if near.end < 0:
            return
        figures = near.owners is wordy or _figures(buffer[near.start : near.end])
        if likely := near.owners if figures else wordy:
            yield near._replace(owners=likely)
        if figures or _figures(buffer[near.end : near.end + _BELOW]):
            heads.look(buffer, marks, self._owners)


def _figures(text: bytes) -> bool:
    return len(text.translate(None, _DIGITS)) < len(text)
