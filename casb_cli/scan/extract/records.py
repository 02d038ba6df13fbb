"""The text that an old workbook keeps outside its cells: headers, comments, names, formulas ([MS-XLS] records)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from casb_cli.scan.extract.base import Context

_CONTINUE, _TEXT_OBJECT = 0x3C, 0x1B6
_ASIDE = frozenset(
    (
        0x06,
        0x14,
        0x15,
        0x18,
        0x1C,
        0x5A,
        0x5C,
        0x85,
        0x1B0,
        0x1B1,
        0x1BA,
        0x1BE,
        0x1B8,
        0x41E,
        0x800,
        0x89C,
        0x9E,
        0x87E,
        0x100D,
    )
)
"""Formulas, headers, footers, names, notes, values of other files, the user, sheets, conditions, hints, links,
filters, charts."""
_CELLS = frozenset((0xFC, 0x04, 0x204, 0xD6, 0x207))
"""The table of strings, labels and what formulas gave."""
_NARROW = re.compile(rb"[\x20-\x7e\x85\x91-\x97\xa0-\xff]{4,}")
_WIDE = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\0|[\x10-\x4f]\x04){4,}")
_PLACED = re.compile(rb"^&[LCR](?:&\"[^\"]*\")?(?:&[0-9]{1,2})?")
"""Where a header's text begins behind its marks of place, font and size."""
_LARGE = 1 << 18


def workbook_text(data: bytes, context: Context, *, cells: bool = False) -> Iterator[bytes]:
    """Yield the readable runs of a workbook's records, a line each; with `cells` those of the cells' strings too."""
    wanted = _ASIDE | _CELLS if cells else _ASIDE
    at = size = last = 0
    lines: list[bytes] = []
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        if kind != _CONTINUE:
            last = kind
        if last in wanted or last == _TEXT_OBJECT:
            for run in readable(data[at + 4 : at + 4 + length]):
                line = _PLACED.sub(b"", run).replace(b"%20", b" ")
                lines.append(line)
                size += len(line)
        if size > _LARGE:
            context.tick()
            yield b"\n".join(lines) + b"\n"
            lines, size = [], 0
        at += 4 + length
    if lines:
        yield b"\n".join(lines) + b"\n"


_SHEET = 0x809
_ADDRESSED = frozenset((0x06, 0x7E, 0xBD, 0xD6, 0xFD, 0x203, 0x204, 0x205, 0x206, 0x27E))
"""Records that begin with the row and column of a cell that holds something."""


def spanned(data: bytes) -> int:
    """Return how many cells the tables of all sheets have, each from its first row and column to the last one used."""
    cells = rows = columns = at = 0
    while at + 8 <= len(data):
        kind, length, row, column = struct.unpack_from("<4H", data, at)
        if kind in _ADDRESSED:
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif kind == _SHEET:
            cells, rows, columns = cells + rows * columns, 0, 0
        at += 4 + length
    return cells + rows * columns


def readable(record: bytes) -> Iterator[bytes]:
    """Yield what reads as text in bytes, narrow or wide; lengths and flags between are no text."""
    wide: list[tuple[int, int]] = []
    for found in _WIDE.finditer(record):
        wide.append(found.span())
        yield found[0].decode("utf-16-le", "replace").encode("utf-8", "replace")
    for found in _NARROW.finditer(record):
        if not any(begin < found.end() and found.start() < end for begin, end in wide):
            yield found[0].decode("cp1252", "replace").encode()
