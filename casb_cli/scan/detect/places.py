"""From an offset in text that streams by to line and column, or to the cell of a sheet."""

from __future__ import annotations

import re
from collections.abc import Callable

from casb_cli.core.text import printable, shorten
from casb_cli.scan.detect.columns import Table
from casb_cli.scan.detect.gates import WordEnds
from casb_cli.scan.detect.heads import Heads
from casb_cli.scan.extract.base import Segment

_WIDE = 1 << 17
"""Bytes without a line's end from which on the line's beginning may soon be too far behind to be asked about."""
_CONTINUED = bytes(range(0x80, 0xC0))
"""The bytes that begin no character."""


class Places:
    """Turns offsets into places while text streams by: counts lines once, in order."""

    def __init__(self, segment: Segment, lost: Callable[[int], tuple[int, int]] | None = None) -> None:
        """`lost` tells how many characters and lines the text has more up to an offset: it may be written at length."""
        self._segment = segment
        self._lost = lost
        self._line_at = 0  # where the line begins
        self._lost_before: tuple[int, int] | None = None  # up to there; asked for only where a match is
        self._lines = 0  # line breaks before `_counted`
        self._counted = 0
        self._marks = 0  # cells of the line before `_counted`
        self._column = 0  # characters of the line before `_counted`
        self.nature, self.name = segment.nature, segment.name
        self.table: Table | None = None
        self.named: frozenset[str] | None = None
        """The detectors, by id, one of whose words is in the name of a column; told by who knows the words."""
        self.word_ends = WordEnds()
        """Where detectors' words stand in the text that is looked at."""
        self.heads = Heads(page=segment.scheme == "lines")
        self._columns: tuple[bytes, dict[int, tuple[bytes, int]]] = b"", {}  # of places in the text that is looked at
        self._said: dict[tuple[int, bytes], bool] = {}  # of a pattern of words and a column's name

    def says(self, words: re.Pattern[bytes], name: bytes) -> bool:
        """Return whether one of the words is in the name of a column; asked anew for each of its cells."""
        said = self._said.get((id(words), name))
        if said is None:
            said = self._said[id(words), name] = words.search(name) is not None
        return said

    def column(self, buffer: bytes, start: int) -> tuple[bytes, int]:
        """Return the name of the column that an offset stands in and where its rows begin; empty and 0 without one."""
        if self._columns[0] is not buffer:
            self._columns = buffer, {}
        known = self._columns[1]
        if start not in known:
            known[start] = self._column_at(buffer, start)
        return known[start]

    def _column_at(self, buffer: bytes, start: int) -> tuple[bytes, int]:
        told = self.heads.column(buffer, start)
        if self.table is not None and not told[0]:
            rows = self.heads.since(self.table.rows)
            if start >= rows:
                return self.table.name_at(buffer, start), rows
        return told

    def skip(self, buffer: bytes, base: int, upto: int) -> None:
        """Count the lines of the part of the buffer that is about to be dropped."""
        if self._segment.scheme != "none":
            self._advance(buffer, base, base + upto)

    def _advance(self, buffer: bytes, base: int, target: int) -> None:
        low, high = self._counted - base, target - base
        if high <= low:
            return
        count = _lines(buffer, low, high)
        if count:
            self._lines += count
            low = buffer.rfind(b"\n", low, high) + 1
            self._marks = self._column = 0
            self._line_at, self._lost_before = base + low, None
        elif self._lost is not None and high - low > _WIDE:
            self._lost_up_to_line()  # while that can still be told
        if self._segment.scheme in ("cell", "row"):
            self._marks += buffer.count(b"\t", low, high)
        else:
            self._column += len(buffer[low:high].translate(None, _CONTINUED))
        self._counted = target

    def _lost_up_to_line(self) -> tuple[int, int]:
        if self._lost_before is None:
            self._lost_before = self._lost(self._line_at) if self._lost is not None else (0, 0)
        return self._lost_before

    def at(self, buffer: bytes, base: int, start: int) -> str:
        """Return the place of an offset; offsets come in ascending order."""
        where, scheme = self._segment.where, self._segment.scheme
        if scheme == "none":
            return where
        self._advance(buffer, base, base + start)
        if scheme == "cell":
            return f"{where}!{_letters(self._marks)}{self._lines + 1}"
        if scheme == "row":
            names = self.table.names if self.table else []
            name = names[self._marks].decode("utf-8", "replace") if self._marks < len(names) else _letters(self._marks)
            place = f"column {shorten(printable(name), 100)}, row {self._lines}" if self._lines else "column names"
        elif scheme == "lines":
            place = f"line {self._lines + 1}"
        else:
            before = self._lost_up_to_line()
            chars, lines = self._lost(base + start) if self._lost is not None else before
            place = f"line {self._lines + lines + 1}"
            if lines == before[1]:  # else it begins where nobody looked
                place += f", column {self._column + chars - before[0] + 1}"
        return f"{where}, {place}" if where else place


def _lines(buffer: bytes, low: int, high: int) -> int:
    if high - low < 4096:
        return buffer.count(b"\n", low, high)
    part = buffer[low:high]
    return len(part) - len(part.replace(b"\n", b""))  # looks for line breaks in words of memory, as `count` does not


def _letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
