r"""Text in which what is written at length, such as `\u0026` or `&amp;`, is the character that it stands for."""

from __future__ import annotations

import bisect
import re
from array import array
from collections.abc import Callable, Iterable, Iterator

_KEPT = 8 << 20
"""Bytes of the text, back from its end, about which may be asked: who reads is never further behind."""
_CONTINUED = bytes(range(0x80, 0xC0))


class Shortened:
    """The blocks of a text, shortened, and how much so: places are told as they are in the text itself.

    No block may end inside of what `pattern` finds, in all of which `mark` is; `plain` gives what it stands for.
    """

    def __init__(
        self,
        blocks: Iterable[bytes],
        pattern: re.Pattern[bytes],
        plain: Callable[[re.Match[bytes]], bytes],
        *,
        mark: bytes = b"",
    ) -> None:
        self._source = blocks
        self._pattern = pattern
        self._plain = plain
        self._mark = mark
        self._size = 0
        self._ends = array("q")  # behind each shortened piece
        self._bytes = array("q")  # bytes that the text had more up to there
        self._chars = array("q")  # and characters
        self._before = (0, 0)  # the same for what has been forgotten

    def __iter__(self) -> Iterator[bytes]:
        for block in self._source:
            yield self._short(block)

    def _short(self, text: bytes) -> bytes:
        if self._mark not in text:
            self._size += len(text)
            return text
        gone, chars = self._last()
        size, at = self._size, 0
        parts: list[bytes] = []
        for match in self._pattern.finditer(text):
            old, new = match[0], self._plain(match)
            parts += (text[at : match.start()], new)
            size += match.start() - at + len(new)
            at = match.end()
            gone += len(old) - len(new)
            chars += _characters(old) - _characters(new)
            self._ends.append(size)
            self._bytes.append(gone)
            self._chars.append(chars)
        self._size = size + len(text) - at
        if not parts:
            return text
        self._forget(self._size - _KEPT)
        return b"".join((*parts, text[at:]))

    def _last(self) -> tuple[int, int]:
        return (self._bytes[-1], self._chars[-1]) if self._ends else self._before

    def _forget(self, offset: int) -> None:
        at = bisect.bisect_left(self._ends, offset)
        if at > len(self._ends) // 2:
            self._before = (self._bytes[at - 1], self._chars[at - 1])
            del self._ends[:at], self._bytes[:at], self._chars[:at]

    def lost(self, offset: int) -> tuple[int, int]:
        """Return how many bytes, and how many characters, the text has more up to an offset."""
        at = bisect.bisect_right(self._ends, offset)
        return (self._bytes[at - 1], self._chars[at - 1]) if at else self._before


def _characters(text: bytes) -> int:
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUED))
