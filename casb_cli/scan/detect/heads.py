"""Tables within text: a line that names columns, how far its rows go, and what names the column of an offset."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.sought import Word
from casb_cli.scan.extract.base import ROW, TABLE

_LONGEST = 1200
"""Bytes that a line of names may have on either side of a word in it."""
_MARKS = ((b"\t", 1), (b"|", 1), (b";", 2), (b",", 2))
"""What parts cells, and how often at least."""
_NO_NAMES = expression(rb"[0-9]{3}|[={}<>]|\": ?|://")
"""What tells a line of values, of code or of JSON."""
_DIGITS = b"0123456789"
_WIDEST = 60
_CELL_END = expression(rb"[^\n\t|;,(){}<>=:]{0,60}(?:[\n\t|;,)]|  )")
"""What stands behind a word in a name of a column: most words in sentences and in code are passed over by it."""
_RULER = expression(rb"[\s|+:=\-_]*[+=\-_][\s|+:=\-_]*")
_GAP = expression(r"\S+(?: \S+)*")
_QUOTED = expression(rb"\"[^\"\n]*\"|'(?:[^'\\\n]|\\.|'')*'")
_BLANK = expression(rb"\n[ \t\r]*(?:\n|\Z)")
_STATEMENT = expression(
    rb"(?:insert\s+(?:ignore\s+)?into|copy)\s[^()]{1,200}\(([^()]{1,4000})\)\s*(values|from\s+stdin[^\n]{0,200}\n)",
    re.IGNORECASE,
)
_FILLED = expression(rb"insert\s", re.IGNORECASE)
_TUPLE = expression(rb"(?:values|\)\s{0,20},)\s{0,20}\Z", re.IGNORECASE)
"""What stands in front of the bracket that opens a row."""
_BEFORE_TUPLE = 50
_NO_TUPLE = 4096
_ABOVE = 8192
"""Bytes in which the names of columns are sought that no word tells, and the table's beginning."""
_LISTED = expression(rb"[^A-Za-z\x80-\xff]*|[^0-9]{0,4}(?:[0-9][^0-9]{0,2}){6,40}[^0-9]{0,4}")
"""What a list of numbers has a line, also with letters in front."""
_NOBODY = frozenset[str]()
_WITHIN = 20
"""Tables in one another from which on a row names no columns: where each holds a word, each would begin a table."""


class Head(msgspec.Struct):
    """The names of columns and where, counted from the segment's start, the rows below them begin and end.

    `mark` parts the cells; empty, they stand below their names, whose first and last places `spans` tells.
    """

    start: int
    end: int | None
    names: list[bytes]
    mark: bytes
    owners: frozenset[str]
    row: bytes = b"\n"
    spans: tuple[tuple[int, int], ...] = ()
    until: re.Pattern[bytes] | bytes = b""
    tuples: bool = False


class _Way(NamedTuple):
    """How far up the rows of a table go from a line, by the marks that part its cells."""

    buffer: bytes
    line: int
    mark: bytes
    cells: int
    top: int


class Heads:
    """The tables of one segment that name a column by one of the detectors' words, told while text streams by."""

    def __init__(self, *, page: bool = False) -> None:
        self._row = ROW if page else b"\n"
        self._known: list[Head] = []
        self._open: list[Head] = []
        self._base = 0
        self._seen = 0
        self._last: Head | None = None
        self._way = _Way(b"", 0, b"", 0, 0)
        self._named: tuple[bytes, int, bytes] = b"", 0, b""
        self._topmost: tuple[bytes, int, Head | None] = b"", 0, None
        self._listed: tuple[bytes, int, bytes] = b"", 0, b""

    def begin(self, buffer: bytes, base: int) -> None:
        """Take the next stretch of text, and drop the tables that end before it."""
        self._base, self._seen, self._last = base, 0, None
        self._known = [head for head in self._known if head.end is None or head.end > base]
        self._open = list(self._known)
        for head in self._known:
            if head.end is None:
                head.end = _ends(head, buffer, max(0, head.start - base), base)

    def look(self, buffer: bytes, words: Sequence[tuple[int, Word]], owners: Sequence[frozenset[str]]) -> None:
        """See whether the lines in which words end name columns; words come in ascending order."""
        for at, word in words:
            if at > self._seen:
                if _CELL_END.match(buffer, at) is None:
                    continue
                self._seen = self._end(buffer, at)
                self._open = [head for head in self._open if head.end is None or head.end > self._base + at]
                self._last = self._head(buffer, at, self._seen) if len(self._open) < _WITHIN else None
                if self._last is not None:
                    self._last.owners = owners[word.owners]
                    if not any(head.start == self._last.start for head in self._open):
                        self._known.append(self._last)
                        self._open.append(self._last)
            elif self._last is not None:
                self._last.owners |= owners[word.owners]

    def _end(self, buffer: bytes, at: int) -> int:
        """Return where the row ends that an offset stands in; of a long one, how far behind it is looked."""
        stop = buffer.find(self._row, at, at + _LONGEST)
        return stop if stop >= 0 else at + _LONGEST

    def _head(self, buffer: bytes, at: int, stop: int) -> Head | None:
        """Return the columns that a row names in which an offset stands, and which ends at `stop`."""
        low = max(0, at - _LONGEST)
        start = buffer.rfind(self._row, low, at) + 1
        if not start and low:
            return None
        line = buffer[start:stop]
        if self._row == ROW:  # what stands in front of a page's table is none of its names
            first = line[: max(line.find(b"\t"), 0)].rstrip(b" ")
            line = line[max(first.rfind(b"\n"), first.rfind(b"  ")) + 1 :]
        if b"(" in line and (b"NTO " in line or b"into " in line or b"COPY " in line):
            return self._statement(buffer, start, at)
        bare = line.strip()
        if stop == at + _LONGEST or not (
            b"  " in bare or b"\t" in bare or b"|" in bare or bare.count(b",") > 1 or bare.count(b";") > 1
        ):
            return None
        return None if _NO_NAMES.search(bare) is not None else self._columns(buffer, line, stop)

    def _columns(self, buffer: bytes, line: bytes, stop: int) -> Head | None:
        low, row = self._first_row(buffer, stop + 1)
        for mark, least in _MARKS:
            count = line.count(mark)
            if count < least or row.count(mark) < count or (least > 1 and b"(" in line):
                continue
            names = line.split(mark)
            if any(len(name.strip()) > _WIDEST for name in names):
                continue
            until = TABLE if self._row == ROW else re.compile(rb"\n[^" + re.escape(mark) + rb"\n]*(?:\n|\Z)")
            return self._told(Head(self._base + low, None, names, mark, _NOBODY, self._row, until=until), buffer)
        if self._row == b"\n" and b"  " in line.strip():
            return self._below(buffer, line, low, row)
        return None

    def _below(self, buffer: bytes, line: bytes, low: int, row: bytes) -> Head | None:
        found = list(_GAP.finditer(line.decode("utf-8", "replace")))
        if len(found) < 2 or b"  " not in row.strip() or any(len(one[0]) > _WIDEST for one in found):
            return None
        names = [one[0].encode() for one in found]
        if not any(map(str.isalnum, found[0][0])) and row.lstrip().startswith(names[0]):
            return None  # the signs in front of a list
        spans = tuple(one.span() for one in found)
        return self._told(Head(self._base + low, None, names, b"", _NOBODY, spans=spans, until=_BLANK), buffer)

    def _first_row(self, buffer: bytes, at: int) -> tuple[int, bytes]:
        """Return where the first row below the names begins, and the row; a line that is drawn is passed over."""
        end = buffer.find(self._row, at, at + 4 * _LONGEST)
        row = buffer[at : end if end >= 0 else at + 4 * _LONGEST]
        if end >= 0 and _RULER.fullmatch(row) is not None:
            at, end = end + 1, buffer.find(self._row, end + 1, end + 4 * _LONGEST)
            row = buffer[at : end if end >= 0 else at + 4 * _LONGEST]
        return at, row

    def _statement(self, buffer: bytes, start: int, at: int | None = None) -> Head | None:
        """Return the columns of a statement that fills a table of a database, where a word of theirs ends."""
        found = _STATEMENT.search(buffer, start, start + 5000)
        if found is None or (at is not None and not found.start(1) <= at <= found.end(1)):
            return None
        names = found[1].split(b",")
        if found[2][:1] in b"Vv":
            head = Head(self._base + found.start(2), None, names, b",", _NOBODY, until=b";\n", tuples=True)
        else:
            head = Head(self._base + found.end(2), None, names, b"\t", _NOBODY, until=b"\n\\.")
        return self._told(head, buffer)

    def _told(self, head: Head, buffer: bytes) -> Head:
        head.end = _ends(head, buffer, head.start - self._base, self._base)
        return head

    def windows(self, size: int) -> list[tuple[int, int, frozenset[str]]]:
        """Return from where to where in the text, and for whom, the rows of tables stand."""
        return [
            (
                max(0, head.start - self._base),
                size if head.end is None else min(size, head.end - self._base),
                head.owners,
            )
            for head in self._known
        ]

    def column(self, buffer: bytes, start: int) -> tuple[bytes, int]:
        """Return the name of the column that an offset stands in and where its rows begin; empty and 0 without one."""
        at = self._base + start
        for head in reversed(self._known):
            if head.start <= at and (head.end is None or at < head.end):
                return _name(head, buffer, start), max(0, head.start - self._base)
        return b"", 0

    def above(self, buffer: bytes, start: int) -> bytes:
        """Return the name of the column that an offset stands in, where none of the detectors' words names one.

        The names are the first of the rows right above that have as many cells, or else are aligned.
        """
        if self._named[0] is buffer and self._named[1] == start:
            return self._named[2]
        name = self._name_above(buffer, start)
        self._named = buffer, start, name
        return name

    def _name_above(self, buffer: bytes, start: int) -> bytes:
        low = max(0, start - _ABOVE)
        line = buffer.rfind(self._row, low, start) + 1 or low
        own = buffer[line : start + _LONGEST].split(self._row, 1)[0].strip(b" \r")
        mark = next((mark for mark in (b"\t", b"|", b";", b"  ") if mark in own), b"")
        count = own.rstrip().count(mark) if mark != b"  " else 0
        top = line
        while mark and top > low:
            way = self._way
            if way.buffer is buffer and (way.line, way.mark, way.cells) == (top, mark, count):
                top = way.top  # the rest of the way was gone for a row before this one
                break
            above = buffer.rfind(self._row, low, top - 1) + 1 or low
            if not _goes_on(buffer[above : top - 1].strip(b" \r"), mark, count):
                break
            top = above
        self._way = _Way(buffer, line, mark, count, top)
        filled = _FILLED.match(buffer, line) or (own[:1] == b"(" and _FILLED.search(buffer, low, start)) or None
        if filled is not None:
            head = self._statement(buffer, filled.start())
        else:
            end = buffer.find(self._row, top)
            head = self._top(buffer, end) if top < line else None
        return b"" if head is None else _name(head, buffer, start)

    def _top(self, buffer: bytes, end: int) -> Head | None:
        """Return the columns that a row names which ends at a place; the same for all rows below it."""
        if self._topmost[0] is not buffer or self._topmost[1] != end:
            self._topmost = buffer, end, self._head(buffer, end, end)
        return self._topmost[2]

    def heading(self, buffer: bytes, start: int) -> bytes:
        """Return the line above a list of numbers, one a line, in which an offset stands; empty where none is."""
        own = line = buffer.rfind(b"\n", 0, start) + 1
        low = max(0, line - _ABOVE)
        told = b""
        while line > low:
            if self._listed[0] is buffer and self._listed[1] == line:
                told = self._listed[2]
                break
            above = buffer.rfind(b"\n", low, line - 1) + 1
            told = buffer[above : line - 1].strip()
            if told and _LISTED.fullmatch(told) is None:
                break
            line, told = above, b""
        whole = told.replace(b" ", b"")
        if any(mark in told for mark, _ in _MARKS) or 2 * len(whole.translate(None, _DIGITS)) < len(whole):
            told = b""  # the names of columns, or codes
        self._listed = buffer, own, told
        return told

    def since(self, at: int) -> int:
        """Return where a place, counted from the segment's start, stands in the text; 0 where that was before it."""
        return max(0, at - self._base)


def _goes_on(row: bytes, mark: bytes, count: int) -> bool:
    """Return whether a row belongs to the same table as one with so many marks, or two spaces, below it."""
    if mark == b"  ":
        return mark in row and b"\t" not in row
    return row.rstrip().count(mark) == count or _RULER.fullmatch(row) is not None


def _ends(head: Head, buffer: bytes, at: int, base: int) -> int | None:
    """Return where a table ends, None where the text does before it."""
    if isinstance(head.until, bytes):
        end = buffer.find(head.until, at)
        return None if end < 0 else base + end
    found = head.until.search(buffer, at)
    return None if found is None or found.end() == len(buffer) else base + found.start() + 1


def _name(head: Head, buffer: bytes, start: int) -> bytes:
    if head.tuples:
        opened = _opened(buffer, max(0, start - _NO_TUPLE), start)
        return _nth(head.names, _unquoted(buffer[opened:start]).count(b",")) if opened else b""
    line = buffer.rfind(head.row, max(0, start - 8192), start) + 1
    before = buffer[line:start]
    if head.mark:
        return _nth(head.names, (_unquoted(before) if head.mark in b",;" else before).count(head.mark))
    first = len(before.decode("utf-8", "replace"))
    end = buffer.find(head.row, start, start + _LONGEST)
    cells = list(_GAP.finditer(buffer[line : end if end >= 0 else start + _LONGEST].decode("utf-8", "replace")))
    # What was read from a picture or copied from a page keeps the order of its cells, not where they stood.
    if len(cells) == len(head.names):
        return _nth(head.names, sum(cell.end() <= first for cell in cells))
    last = first + 6
    for name, (low, high) in zip(head.names, head.spans, strict=True):
        if first < high and low < last:
            return name
    return b""


def _opened(buffer: bytes, low: int, start: int) -> int:
    """Return where the first cell begins of the row of a statement that an offset stands in, 0 where none does."""
    at = start
    while (at := buffer.rfind(b"(", low, at)) >= 0:
        if _TUPLE.search(buffer, max(low, at - _BEFORE_TUPLE), at) is not None:
            return at + 1
    return 0


def _unquoted(text: bytes) -> bytes:
    return _QUOTED.sub(b"", text) if b'"' in text or b"'" in text else text


def _nth(names: list[bytes], at: int) -> bytes:
    return names[at] if at < len(names) else b""
