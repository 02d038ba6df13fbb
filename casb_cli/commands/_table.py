"""A user's table as programs export it: any Unicode encoding, any delimiter, and never rows lost unsaid."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from casb_cli.core.errors import UsageError

_MARKS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"')
_NAMED = re.compile(r'"?sep=(.)"?\s*')
"""How spreadsheets name the delimiter in a line of its own."""
_NARROW = 4
_LONGEST = 4 << 20
"""Characters of a cell."""
_TAB = ("\\t", "tab")
"""How a tab is given on a command line, which can hardly hold one."""
_PACKED = ((b"PK\x03\x04", "a workbook or an archive"), (b"\xd0\xcf\x11\xe0", "an old workbook"))
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Table:
    """The rows of one table, read once; `uneven` counts those that have more cells than there are columns."""

    def __init__(self, name: str, file: io.TextIOWrapper, delimiter: str) -> None:
        self.name = name
        self.uneven = 0
        self.first_uneven = 0
        self._file = file
        self._ahead = 0
        first = self._line()
        if not delimiter and (told := _NAMED.fullmatch(first)):
            delimiter, first = told[1], self._line()
        delimiter = "\t" if delimiter.lower() in _TAB else delimiter
        bare = _QUOTED.sub("", first)
        self._mark = delimiter or max(_MARKS, key=bare.count)
        if len(self._mark) != 1:
            raise UsageError("a delimiter is one character")
        try:
            [names] = csv.reader([first], delimiter=self._mark, strict=True, skipinitialspace=True)
            self.columns = [name.strip() for name in names]
        except csv.Error as error:
            raise UsageError(f"{name}, line {self._ahead}: {error}") from None

    def _line(self) -> str:
        try:
            line = self._file.readline()
        except UnicodeError:
            raise self._undecodable(1) from None
        if not line:
            raise UsageError(f"{self.name}: there is nothing in it")
        self._ahead += 1
        return line

    def _undecodable(self, line: int) -> UsageError:
        return UsageError(
            f"{self.name}, line {line} or soon behind it: it is no {self._file.encoding.upper().removesuffix('-SIG')}",
            hint="name its encoding, such as --encoding cp1252",
        )

    def check(self, wanted: Sequence[str]) -> None:
        """Raise UsageError where a column is not there, or there more than once."""
        for name in wanted:
            if name not in self.columns:
                told = ", ".join(filter(None, self.columns))
                raise UsageError(
                    f"{self.name}: there is no column `{name}`", hint=f"the first line names the columns: {told}"
                )
            if self.columns.count(name) > 1:
                raise UsageError(f"{self.name}: several columns are called `{name}`")

    def rows(self) -> Iterator[Mapping[str, str]]:
        """Yield each row by its columns' names; raises UsageError with the line where quotes don't add up."""
        csv.field_size_limit(_LONGEST)
        reader = csv.reader(self._file, delimiter=self._mark, strict=True, skipinitialspace=True)
        width = len(self.columns)
        before = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except UnicodeError:
                raise self._undecodable(self._ahead + reader.line_num + 1) from None
            except csv.Error as error:
                raise self._unquoted(before, reader.line_num, str(error)) from None
            if reader.line_num > before + 1 and self._swallowed(cells):
                raise self._unquoted(before, reader.line_num, "a cell holds whole rows")
            before = reader.line_num
            if len(cells) > width and any(map(str.strip, cells[width:])):
                self.uneven += 1
                self.first_uneven = self.first_uneven or self._ahead + before
            elif cells:
                yield dict(zip(self.columns, cells, strict=False))

    def _swallowed(self, cells: Sequence[str]) -> bool:
        """Return whether lines inside a cell have the delimiters of rows."""
        inner = (line for cell in cells if "\n" in cell for line in cell.split("\n")[1:])
        rows = sum(line.count(self._mark) == len(self.columns) - 1 for line in inner)
        # Of a few columns one line may be an address with commas; two are hardly.
        return len(self.columns) > 1 and rows > (len(self.columns) < _NARROW)

    def _unquoted(self, before: int, last: int, why: str) -> UsageError:
        begin, end = self._ahead + before + 1, self._ahead + last
        lines = f"line {begin}" if begin >= end else f"lines {begin} to {end}"
        return UsageError(
            f"{self.name}, {lines}: the quotes don't add up: {why}",
            hint="a quote that is opened must be closed, and one inside a quoted cell be doubled",
        )


@contextmanager
def opened(name: str, *, delimiter: str, encoding: str) -> Iterator[Table]:
    """Yield the table of a file, or for `-` of standard input; raises UsageError."""
    if name == "-":
        yield _table(name, sys.stdin.buffer, delimiter, encoding)
        return
    try:
        with Path(name).open("rb") as file:
            yield _table(name, file, delimiter, encoding)
    except OSError as error:
        raise UsageError(f"could not read {name}: {error.strerror}") from None


def _table(name: str, file: IO[bytes], delimiter: str, encoding: str) -> Table:
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(io.BytesIO(file.read()))
    head = buffered.peek(4)[:4]
    packed = next((what for mark, what in _PACKED if head.startswith(mark)), "")
    if packed:
        raise UsageError(f"{name}: this is {packed}, and no table as text", hint="save its sheet as CSV (UTF-8)")
    told = next((kind for mark, kind in _BOMS if head.startswith(mark)), "")
    if not told and not encoding and head.count(0) > 1:
        told = "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    try:
        return Table(name, io.TextIOWrapper(buffered, encoding=told or encoding or "utf-8", newline=""), delimiter)
    except LookupError:
        raise UsageError(f"there is no encoding `{encoding}`") from None
