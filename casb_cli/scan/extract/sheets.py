"""Spreadsheets through calamine: every sheet as rows of cells, each place a sheet and cell."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.archive import member_file, opened
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.markup import converted, spaced_xml

_CELLS_IN_MEMORY = 192 << 20
"""Unpacked sheet XML beyond which cells are streamed without their addresses, to keep memory flat."""


def sheets(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield each sheet of an xlsx, xlsb or xls workbook, hidden ones too."""
    if _unpacked(source) > _CELLS_IN_MEMORY:
        yield from _streamed(source, context, where)
        return
    from python_calamine import CalamineWorkbook, PasswordError

    source.file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(source.file)
    except PasswordError:
        raise Stop("encrypted") from None
    try:
        for name in workbook.sheet_names:
            context.tick()
            place = join_place(where, shorten(printable(name), 100))
            sheet = workbook.get_sheet_by_name(name)
            yield Segment(place, "cell", _rows(sheet, context), header_row=True)
    finally:
        workbook.close()


def _unpacked(source: Source) -> int:
    if source.head(2) != b"PK":
        return source.size
    with opened(source) as archive:
        infos = archive.infolist()
    if any(info.flag_bits & 1 for info in infos):
        raise Stop("encrypted")
    source.file.seek(0)
    return sum(info.file_size for info in infos if info.filename.lower().startswith("xl/"))


def _rows(sheet: Any, context: Context) -> Iterator[bytes]:
    start = sheet.start
    if start is None:
        return
    indent = "\t" * start[1]
    lines: list[str] = [""] * start[0]
    held: list[Any] = []
    size = 0
    for row in sheet.to_python(skip_empty_area=True):
        line = indent + "\t".join([cell if type(cell) is str else _shown(cell) for cell in row])
        held.append(row)
        lines.append(line)
        size += len(line)
        if size > BLOCK:
            context.tick()
            yield (_sound(lines, held, indent) + "\n").encode("utf-8", "replace")
            lines, held, size = [], [], 0
    if lines:
        yield _sound(lines, held, indent).encode("utf-8", "replace")


def _sound(lines: list[str], rows: list[Any], indent: str) -> str:
    """Return the lines joined; where a cell itself holds tabs or breaks, with those as blanks."""
    text = "\n".join(lines)
    tabs = sum(map(len, rows)) + len(rows) * (len(indent) - 1)
    if text.count("\n") == len(lines) - 1 and text.count("\t") == tabs and "\r" not in text:
        return text
    blank = lines[: len(lines) - len(rows)]
    return "\n".join([*blank, *(indent + "\t".join([_flat(_shown(cell)) for cell in row]) for row in rows)])


def _flat(value: str) -> str:
    return value.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def _shown(cell: object) -> str:
    if type(cell) is float:
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else repr(cell)
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)


def _streamed(source: Source, context: Context, where: str) -> Iterator[Segment]:
    def raw(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
        with member_file(archive, info, context) as file:
            while block := file.read(BLOCK):
                yield block

    with opened(source) as archive:
        for info in archive.infolist():
            name = info.filename.lower()
            if name.startswith("xl/worksheets/") or name == "xl/sharedstrings.xml":
                if not name.endswith(".xml"):
                    raise Stop("too-large", "a binary sheet")
                place = join_place(where, shorten(printable(info.filename), 100))
                yield Segment(place, "none", converted(raw(archive, info), spaced_xml))
