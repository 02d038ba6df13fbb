r"""Text in which what is written at length, such as `\u0026` or `&amp;`, is the character that it stands for."""

from __future__ import annotations

import bisect
import re
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

_KEPT = 8 << 20
"""Bytes of the text, back from its end, about which may be asked: who reads is never further behind."""
_CONTINUED = bytes(range(0x80, 0xC0))


class Finder(Protocol):
    """What finds the pieces of a block that are shortened: a pattern, or what looks at parts of it only."""

    def finditer(self, string: bytes, /) -> Iterator[re.Match[bytes]]: ...
    def sub(self, repl: Callable[[re.Match[bytes]], bytes], string: bytes, /) -> bytes: ...


class _Block(msgspec.Struct, frozen=True):
    """A block as it was: where it begins, shortened; how many bytes, characters and lines the text had more before."""

    start: int
    size: int
    text: bytes
    """Nothing where all of it stands as it was."""
    gone: int
    chars: int
    lines: int


class Shortened:
    """The blocks of a text, shortened, and how much so: places are told as they are in the text itself.

    `pattern` gives what to look for in a block, if anything, inside of which no block may end; `plain` gives what
    that stands for.
    """

    def __init__(
        self,
        blocks: Iterable[bytes],
        pattern: Callable[[bytes], Finder | None],
        plain: Callable[[re.Match[bytes]], bytes],
    ) -> None:
        self._source = blocks
        self._pattern = pattern
        self._plain = plain
        self._blocks: deque[_Block] = deque()
        self._size = self._gone = self._chars = self._lines = 0
        self._looked: _Block | None = None
        self._ends = array("q")  # behind each piece of the block that was looked into
        self._lost: list[tuple[int, int, int]] = []  # bytes, characters and lines that the text had more up to there

    def __iter__(self) -> Iterator[bytes]:
        for block in self._source:
            yield self._short(block)

    def _short(self, text: bytes) -> bytes:
        pattern = self._pattern(text)
        short = text if pattern is None else pattern.sub(self._plain, text)
        kept = b"" if short is text else text
        self._blocks.append(_Block(self._size, len(text), kept, self._gone, self._chars, self._lines))
        while self._blocks[0].start + self._blocks[0].size < self._size - _KEPT:
            self._blocks.popleft()
        self._size += len(short)
        if len(short) != len(text):
            self._gone += len(text) - len(short)
            self._chars += _characters(text) - _characters(short)
            self._lines += text.count(b"\n") - short.count(b"\n")
        return short

    @property
    def shortened(self) -> bool:
        """Whether anything up to the last block was."""
        return self._gone != 0

    def lost(self, offset: int) -> tuple[int, int, int]:
        """Return how many bytes, characters and lines the text has more up to an offset."""
        if not self._gone:
            return 0, 0, 0
        block = next((one for one in reversed(self._blocks) if one.start <= offset), None)
        if block is None:
            return 0, 0, 0
        if block is not self._looked:
            self._look(block)
        at = bisect.bisect_right(self._ends, offset)
        return self._lost[at - 1] if at else (block.gone, block.chars, block.lines)

    def _look(self, block: _Block) -> None:
        """Find out where in a block it was shortened: most of them nobody asks about."""
        self._looked = block
        self._ends = array("q")
        self._lost = []
        gone, chars, lines = block.gone, block.chars, block.lines
        pattern = self._pattern(block.text) if block.text else None
        for match in pattern.finditer(block.text) if pattern else ():
            old, new = match[0], self._plain(match)
            gone += len(old) - len(new)
            chars += _characters(old) - _characters(new)
            lines += old.count(b"\n") - new.count(b"\n")
            self._ends.append(block.start + match.end() - (gone - block.gone))
            self._lost.append((gone, chars, lines))


def _characters(text: bytes) -> int:
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUED))
