"""Digits and letters of other widths and scripts, read as the ASCII ones that they stand for."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterable, Iterator

from casb_cli.scan.extract.shortened import Shortened

# By the byte that they begin with: an expression that begins with one byte only is sought far faster.
_FOLDED = {
    b"\xef": re.compile(rb"\xef(?:\xbc[\x8d\x90-\x99\xa1-\xba]|\xbd[\x81-\x9a])"),  # full width: dash, digits, letters
    b"\xd9": re.compile(rb"\xd9[\xa0-\xa9]"),  # Arabic
    b"\xdb": re.compile(rb"\xdb[\xb0-\xb9]"),  # Persian and Urdu
    b"\xe0": re.compile(rb"\xe0(?:[\xa5\xa7][\xa6-\xaf]|\xb9[\x90-\x99])"),  # Hindi, Bengali, Thai
}
_MANY = 50_000


def _plain(match: re.Match[bytes]) -> bytes:
    char = match[0].decode("utf-8")
    value = unicodedata.digit(char, -1)
    return b"%d" % value if value >= 0 else bytes([ord(char) - 0xFEE0])


class Folded:
    """The blocks of a text, folded, and the way back: `origin` tells where in the text an offset in them was.

    A character stays a character, so lines and columns are those of the text.
    """

    def __init__(self, blocks: Iterable[bytes], shorter: Shortened | None = None) -> None:
        self._source = blocks
        self._shorter = shorter
        self._ends: list[int] = []  # behind each folded character
        self._gone: list[int] = []  # bytes that the text had more up to there
        self._before = 0  # the same for what has been forgotten
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        held = b""
        for block in self._source:
            if not held and block.isascii():
                self._size += len(block)
                yield block
                continue
            text, held = _whole(held + block)
            yield self._fold(text)
        if held:
            yield self._fold(held)

    def _fold(self, text: bytes) -> bytes:
        found = [match for lead, chars in _FOLDED.items() if lead in text for match in chars.finditer(text)]
        if not found:
            self._size += len(text)
            return text
        found.sort(key=lambda match: match.start())
        parts: list[bytes] = []
        at = 0
        gone = self._gone[-1] if self._gone else self._before
        origin = self._size + gone  # where the block begins in the text
        for match in found:
            parts += (text[at : match.start()], _plain(match))
            at = match.end()
            gone += len(match[0]) - 1
            self._ends.append(origin + at - gone)
            self._gone.append(gone)
        self._size = origin + len(text) - gone
        return b"".join((*parts, text[at:]))

    def origin(self, offset: int) -> int:
        """Return the offset in the text of an offset in the blocks."""
        offset = self._unfolded(offset)
        return offset + self._shorter.lost(offset)[0] if self._shorter and self._shorter.shortened else offset

    def lost(self, offset: int) -> tuple[int, int]:
        """Return how many characters and lines the text has more up to an offset in the blocks."""
        return self._shorter.lost(self._unfolded(offset))[1:] if self._shorter and self._shorter.shortened else (0, 0)

    def _unfolded(self, offset: int) -> int:
        if not self._ends:
            return offset + self._before
        at = bisect.bisect_right(self._ends, offset)
        return offset + (self._gone[at - 1] if at else self._before)

    def forget(self, offset: int) -> None:
        """Keep nothing about what lies before an offset: nobody will ask."""
        if len(self._ends) > _MANY and (at := bisect.bisect_left(self._ends, offset)):
            self._before = self._gone[at - 1]
            del self._ends[:at], self._gone[:at]


def _whole(text: bytes) -> tuple[bytes, bytes]:
    """Return a text up to its last whole character, and the begun one behind it."""
    for count in (1, 2):
        lead = text[-count : len(text) - count + 1]
        if lead >= (b"\xe0" if count == 2 else b"\xc2"):
            return text[:-count], text[-count:]
    return text, b""
