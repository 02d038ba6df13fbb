"""Tables of dBASE, FoxPro and geographic shapes (.dbf): records of fixed fields, behind a list of these."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, join_place

_KINDS = frozenset((0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x7B, 0x83, 0x8B, 0x8E, 0xCB, 0xF5, 0xFB))
_HEADER, _FIELD = 32, 32
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{0,10}\0*\Z")
_TERMINATOR = 0x0D
_ENCODINGS = {0x01: "cp437", 0x02: "cp850", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0xC8: "cp1250", 0xC9: "cp1251"}


def _sizes(head: bytes) -> tuple[int, int, int]:
    """Return the number of records, the size of the header and of one record."""
    return (
        int.from_bytes(head[4:8], "little"),
        int.from_bytes(head[8:10], "little"),
        int.from_bytes(head[10:12], "little"),
    )


def is_table(head: bytes, size: int) -> bool:
    """Return whether bytes begin as a table does: a date, and a first field with a name and a known type."""
    if len(head) < 2 * _HEADER or head[0] not in _KINDS or not 0 < head[2] <= 12 or not 0 < head[3] <= 31:
        return False
    records, header, record = _sizes(head)
    return (
        header >= 2 * _HEADER
        and record > 1
        and header + records * record <= size + 1
        and head[_HEADER + 11] in b"CNDLFMIYTBGPV0@O+QW"
        and _NAME.match(head[_HEADER : _HEADER + 11].split(b"\0")[0]) is not None
    )


def dbf(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the records as rows of cells under their fields' names, deleted ones too; raises Stop on a torn table."""
    source.file.seek(0)
    head = source.file.read(_HEADER)
    _, header, record = _sizes(head)
    told = source.file.read(max(header - _HEADER, 0))
    fields = []
    at = 1
    for place in range(0, len(told) - _FIELD + 1, _FIELD):
        if told[place] == _TERMINATOR:
            break
        name = told[place : place + 11].split(b"\0")[0].decode("latin-1")
        width = told[place + 16]
        fields.append((name, at, at + width))
        at += width
    if not fields or at > record:
        raise Stop("corrupted", "the fields of a table")
    encoding = _ENCODINGS.get(head[29], "cp1252")
    yield Segment(
        join_place(where, "table"), "cell", _rows(source, context, header, record, fields, encoding), header_row=True
    )


def _rows(
    source: Source, context: Context, header: int, record: int, fields: list[tuple[str, int, int]], encoding: str
) -> Iterator[bytes]:
    yield ("\t".join(name for name, _, _ in fields) + "\n").encode()
    source.file.seek(0)
    left = header
    while left and (passed := source.file.read(min(left, BLOCK))):
        left -= len(passed)
    held = b""
    many = max(BLOCK // record, 1) * record
    while block := source.file.read(many):
        context.tick()
        data = held + block
        whole = len(data) - len(data) % record
        rows = [
            "\t".join(
                data[at + begin : at + end].decode(encoding, "replace").strip(" \0").translate(_FLAT)
                for _, begin, end in fields
            )
            for at in range(0, whole, record)
        ]
        held = data[whole:]
        yield ("\n".join(rows) + "\n").encode("utf-8", "replace")


_FLAT = {9: 32, 10: 32, 13: 32}
