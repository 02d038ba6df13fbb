"""Tables in text: the names of their columns, and the cells of a column whose name tells what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casb_cli.scan.detect.expressions import expression

MARKS = (b",", b"\t", b";", b"|")
"""What parts the cells of a row."""
QUOTED = expression(rb"\"(?:[^\"\n]|\"\")*\"")
"""A cell in which what parts others may stand."""
_JOINTS = expression(rb"[\s\"'_.\-]+")


class Table:
    """The columns of one segment, told by its first line; `sheet` says that tabs part the cells and none is quoted."""

    def __init__(self, start: bytes, *, sheet: bool) -> None:
        first = start[:4096].lstrip(b"\n").split(b"\n", 1)[0]
        self.mark = b"\t" if sheet else max(MARKS, key=first.count)
        self.names = first.split(self.mark)
        self._sheet = sheet
        self.rows = start.find(b"\n", len(start) - len(start.lstrip(b"\n"))) + 1
        """Where, counted from the segment's start, the rows below the names begin; 0 where no row is."""

    def name_at(self, buffer: bytes, start: int) -> bytes:
        """Return the name of the column that an offset stands in, empty where it has none."""
        line = buffer.rfind(b"\n", max(0, start - 8192), start) + 1
        before = buffer[line:start]
        if not self._sheet and b'"' in before:
            before = QUOTED.sub(b"", before)
        at = before.count(self.mark)
        return self.names[at] if at < len(self.names) else b""

    def named(self, names: re.Pattern[bytes]) -> list[re.Pattern[bytes]]:
        """Return, for each column whose bare name fits wholly, the pattern of its cells (`v`)."""
        mark = re.escape(self.mark)
        plain = rb"[^" + mark + rb"\n]*"
        any_cell = plain if self._sheet else rb"(?:\"(?:[^\"\n]|\"\")*\"|" + plain + rb")"
        cell = rb" *\"?(?P<v>[^" + mark + rb"\s\"]{6,100})\"? *(?=" + mark + rb"|\r?$)"
        return [
            re.compile(rb"^(?:" + any_cell + mark + rb"){%d}" % at + cell, re.MULTILINE)
            for at, name in enumerate(self.names)
            if names.fullmatch(_JOINTS.sub(b"", name.lower()))
        ]


def cells(pattern: re.Pattern[bytes], buffer: bytes, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Yield where the cells of a column begin and end, from the line that holds `low` to before `high`."""
    at = buffer.rfind(b"\n", 0, low) + 1
    for match in pattern.finditer(buffer, at):
        start, end = match.span("v")
        if start >= high:
            return
        if start >= low and match.start() > 0:  # the first line names the columns
            yield start, end
