"""Sheets of xlsb workbooks: cells that leave out their column are given it, as their reader knows whole ones only."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_ROW = 0
_WHOLE = range(1, 12)
_SHORT = {12: 1, 13: 2, 14: 3, 15: 4, 16: 5, 17: 6, 18: 7}
"""Records of cells without a column ([MS-XLSB] BrtShortBlank to BrtShortIsst) and those that say the same with one."""
_SHORTEST = 8
"""Bytes of a row or cell at least: its place and its style."""
_ANYWHERE = 1 << 20
_LONGEST = 4 << 20
"""Bytes of a record at most: what waits longer for its end is none."""


class Extent:
    """How far out the cells of a sheet lie."""

    rows = columns = 1


def lengthened(blocks: Iterator[bytes], extent: Extent) -> Iterator[bytes]:
    """Yield the records of a sheet, short cells as whole ones; from what is no record on, the rest as it stands."""
    held = b""
    column = -1
    for block in blocks:
        if len(held) > _LONGEST:
            yield held
            yield block
            yield from blocks
            return
        data = held + block
        out, at, begun = bytearray(), 0, 0
        while (head := _head(data, at)) is not None:
            kind, size, body = head
            if size < 0 or body + size > len(data):
                break
            if (kind == _ROW or kind in _WHOLE) and size < _SHORTEST:
                extent.rows = extent.columns = _ANYWHERE  # its reader takes other bytes for the place
            elif kind == _ROW:
                column = -1
                extent.rows = max(extent.rows, struct.unpack_from("<I", data, body)[0] + 1)
            elif kind in _WHOLE:
                column = struct.unpack_from("<I", data, body)[0]
            elif kind in _SHORT:
                column += 1
                out += data[begun:at] + bytes((_SHORT[kind],)) + _size(size + 4) + struct.pack("<I", column & 0x3FFF)
                begun = body
            extent.columns = max(extent.columns, column + 1)
            at = body + size
        out += data[begun:at]
        held = data[at:]
        yield bytes(out)
    if held:
        yield held


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Return a record's kind, its size and where its content begins; None where that is cut."""
    if at >= len(data):
        return None
    kind = data[at]
    at += 1
    if kind & 0x80:
        if at >= len(data):
            return None
        kind = kind & 0x7F | (data[at] & 0x7F) << 7
        at += 1
    size = shift = 0
    while at < len(data) and shift < 28:
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind, size, at
    return None


def _size(size: int) -> bytes:
    made = bytearray()
    while size > 0x7F:
        made.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes((*made, size))
