"""Whether a word that tells what a number is stands near it, or names its column."""

from __future__ import annotations

import re

from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.places import Places
from casb_cli.scan.detect.sought import ONLY_LABELS

_SHORTEST, _CHANCE = 3, expression(rb"[A-Z]{2}[a-rt-z]|[A-Z][a-z][A-Z]|[a-z][A-Z][a-z]|[a-z]{2}[A-Z]")
"""Letters of an abbreviation, and those that nobody would write so: `DMv`, `dMv`, `dmV`, but not `eID`."""
_TAGS = (b"<", b"/")
_ONLY_LABELS = frozenset(word.encode() for word in ONLY_LABELS)
_ASCII = bytes(range(128))
_LABELS = expression(
    rb"(?:[^\w\n]{0,3}(?:n[o\xc2\xba\xb0.]{1,4}|nr|num|number))?(?: (?:is|es|\xc3\xa9|\xc3\xa8))?[^A-Za-z0-9\n]{1,24}"
    rb"|[ .:]{0,3}\r?\n[ \t]{0,20}",
    re.IGNORECASE,
)


def near(
    words: re.Pattern[bytes],
    distance: int,
    buffer: bytes,
    start: int,
    end: int,
    places: Places,
    column: tuple[bytes, int],
    owner: str = "",
) -> bool:
    """Return whether one of the words stands near a value, or in the name of its column.

    `column` is what `Places.column` tells of the value's start. The names of other columns stand near what is in the
    first row, and say nothing of it. `owner` is the detector, by id, where its words were sought in all of the text:
    where none of them ended there is nothing to be read again.
    """
    name, rows = column
    if places.says(words, name):
        return True
    within = places.word_ends.within
    low = max(rows, start - _bytes(buffer[max(0, start - distance) : start], distance))
    if (not owner or within(owner, low, start)) and _stands(words, buffer, low, start):
        return True
    high = min(len(buffer), end + distance)
    return (not owner or within(owner, end, high)) and _stands(words, buffer, end, high)


def _bytes(text: bytes, distance: int) -> int:
    """Return how many bytes about as many characters take as a distance has, where letters take two or three."""
    return distance if text.isascii() else distance + len(text.translate(None, _ASCII)) // 2


def _stands(words: re.Pattern[bytes], buffer: bytes, low: int, high: int) -> bool:
    """Return whether one of the words stands in a stretch of text.

    What is so short is none as encoded bytes have it by chance (`dMv`), before another number (`CDL8`), and as what
    tags of XML begin with (`<trn:date>`).
    """
    while (found := words.search(buffer, low, high)) is not None:
        start, low = found.span()
        if found[0].lower() in _ONLY_LABELS and not _LABELS.fullmatch(buffer, low, high):
            continue
        if low - start > _SHORTEST:
            return True
        behind = buffer[low : low + 1]
        numbered = low < high and behind.isdigit()
        if not (numbered or (behind == b":" and buffer[start - 1 : start] in _TAGS) or _CHANCE.fullmatch(found[0])):
            return True
    return False
