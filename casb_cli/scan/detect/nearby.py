"""Whether a word that tells what a number is stands near it, or names its column."""

from __future__ import annotations

import re

from casb_cli.scan.detect.places import Places

_SHORTEST, _CHANCE = 3, re.compile(rb"[A-Z]{2}[a-rt-z]|[A-Z][a-z][A-Z]|[a-z][A-Z][a-z]|[a-z]{2}[A-Z]")
"""Letters of an abbreviation, and those that nobody would write so: `DMv`, `dMv`, `dmV`, but not `eID`."""
_TAGS = (b"<", b"/")


def near(
    words: re.Pattern[bytes],
    distance: int,
    buffer: bytes,
    start: int,
    end: int,
    places: Places,
    column: tuple[bytes, int],
) -> bool:
    """Return whether one of the words stands near a value, or in the name of its column.

    `column` is what `Places.column` tells of the value's start. The names of other columns stand near what is in the
    first row, and say nothing of it.
    """
    name, rows = column
    return bool(
        places.says(words, name)
        or _stands(words, buffer, max(rows, start - distance), start)
        or _stands(words, buffer, end, min(len(buffer), end + distance))
    )


def _stands(words: re.Pattern[bytes], buffer: bytes, low: int, high: int) -> bool:
    """Return whether one of the words stands in a stretch of text.

    What is so short is none as encoded bytes have it by chance (`dMv`), before another number (`CDL8`), and as what
    tags of XML begin with (`<trn:date>`).
    """
    while (found := words.search(buffer, low, high)) is not None:
        start, low = found.span()
        if low - start > _SHORTEST:
            return True
        behind = buffer[low : low + 1]
        numbered = low < high and behind.isdigit()
        if not (numbered or (behind == b":" and buffer[start - 1 : start] in _TAGS) or _CHANCE.fullmatch(found[0])):
            return True
    return False
