"""Spreadsheets through calamine: every sheet as rows of cells, each place a sheet and cell."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.archive import member_file, opened
from casb_cli.scan.extract.base import BLOCK, PANIC, Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.compound import document_properties, locked_workbook, misleading, opened_ole, stream
from casb_cli.scan.extract.inline import shown
from casb_cli.scan.extract.macros import macros
from casb_cli.scan.extract.markup import converted, spaced_xml
from casb_cli.scan.extract.objects import objects
from casb_cli.scan.extract.records import readable, spanned, workbook_text
from casb_cli.scan.extract.workbook import unpack, unpacked_size

_CELLS_IN_MEMORY = 192 << 20
"""Unpacked sheet XML beyond which cells are streamed without their addresses, to keep memory flat."""
_CELLS_AT_ONCE = 1 << 13
_MOST_OLD_CELLS = 6_000_000
"""Cells that an old workbook may span: its reader holds all sheets at once, and the one that is read twice."""


def sheets(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield each sheet of an xlsx, xlsb or xls workbook, hidden ones too, and what stands beside the cells."""
    if source.head(2) != b"PK":
        if locked_workbook(source):
            raise Stop("encrypted")
        if misleading(source):
            raise Stop("corrupted", "sectors that lead astray")
        records = b""
        try:
            with contextlib.suppress(OSError), opened_ole(source) as ole:
                records = stream(ole, "Workbook" if ole.exists("Workbook") else "Book", context)
        except Stop as stop:
            context.note(where, stop)
        refused = False
        try:
            if spanned(records) > _MOST_OLD_CELLS:
                raise Refused("too-large", "cells far apart")
            yield from _tables(source.file, context, where)
        except Refused as fault:
            context.note(where, fault)
            refused = True
        with contextlib.suppress(OSError), opened_ole(source) as ole:
            yield from macros(ole, context, where)
            yield from objects(ole, context, where)
            aside = workbook_text(records, context, cells=refused)
            yield Segment(join_place(where, "aside"), "none", aside)
            yield from document_properties(ole, context, where)
        return
    size = unpacked_size(source)
    if size > _CELLS_IN_MEMORY:
        yield from _streamed(source, context, where)
        return
    book = unpack(source, size, context)
    with book.file:
        try:
            yield from _streamed(source, context, where) if book.far else _tables(book.file, context, where)
        except Refused as fault:
            context.note(where, fault)
            yield from _streamed(source, context, where, torn=True)
        for part, text in book.asides.items():
            yield Segment(join_place(where, f"{part} aside"), "none", iter((text,)))


class Refused(Stop):
    """Says that a workbook cannot be opened by its reader; what it holds may still be read without addresses."""


def _tables(file: BinaryIO, context: Context, where: str) -> Iterator[Segment]:
    from python_calamine import CalamineError, SheetTypeEnum

    workbook = _opened(file)
    try:
        for about in workbook.sheets_metadata:
            context.tick()
            place = join_place(where, shorten(printable(about.name), 100))
            try:
                sheet = workbook.get_sheet_by_name(about.name)
            except (CalamineError, OSError) as error:
                if about.typ is not SheetTypeEnum.ChartSheet:  # a chart alone has no cells
                    context.note(place, Stop("corrupted", type(error).__name__))
                continue
            yield Segment(place, "cell", _rows(sheet, context), header_row=True)
    finally:
        workbook.close()


def _opened(file: BinaryIO) -> Any:
    """Return the workbook; from a file of its own it is read piece by piece, where the system lets that be named."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    file.seek(0)
    try:
        if sys.platform == "linux" and (number := _descriptor(file)) is not None:
            return CalamineWorkbook.from_path(f"/proc/self/fd/{number}")
        return CalamineWorkbook.from_filelike(file)
    except PasswordError:
        raise Stop("encrypted") from None
    except CalamineError as error:
        raise Refused("corrupted", type(error).__name__) from None
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise Refused("corrupted", PANIC) from None


def _descriptor(file: BinaryIO) -> int | None:
    try:
        number = file.fileno()
    except OSError:
        return None  # in memory
    return number if os.access(f"/proc/self/fd/{number}", os.R_OK) else None


def _rows(sheet: Any, context: Context) -> Iterator[bytes]:
    """Yield the rows as lines, cells apart by tabs, from the first row and column of the sheet on."""
    if sheet.start is None:
        return
    above, left = sheet.start
    width = max(sheet.end[1] - left + 1, 1)
    rows = islice(sheet.iter_rows(), above, None)
    head = "\n" * above
    while chunk := list(islice(rows, max(_CELLS_AT_ONCE // width, 1))):
        context.tick()
        yield shown((head + _lines(chunk, "\t" * left)).encode("utf-8", "replace"))
        head = ""


def _lines(rows: list[Any], indent: str) -> str:
    """Return rows of one width as lines; what a cell itself holds of tabs and breaks becomes blanks."""
    columns = [_texts(column) for column in zip(*rows, strict=True)]
    return indent + f"\n{indent}".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def _texts(column: tuple[Any, ...]) -> Sequence[str]:
    """Return the cells of a column as text: all numbers at once, as one by one they cost more than all the rest."""
    kinds = set(map(type, column))
    if kinds == {float}:
        return _numbers(column)
    if kinds == {str}:
        return column if _plain("".join(column)) else list(map(_flat, column))
    following = iter(_numbers([cell for cell in column if type(cell) is float])).__next__
    shown = [cell if type(cell) is str else following() if type(cell) is float else _shown(cell) for cell in column]
    return shown if _plain("".join(shown)) else list(map(_flat, shown))


def _plain(text: str) -> bool:
    return "\t" not in text and "\n" not in text and "\r" not in text and "\0" not in text


def _numbers(numbers: Sequence[float]) -> list[str]:
    if not numbers:
        return []
    text = msgspec.json.encode(numbers)[1:-1]
    if b"e" in text or b"n" in text:  # exponents, and what is no number
        return list(map(_shown, numbers))
    return (text + b",").replace(b".0,", b",")[:-1].decode().split(",")


def _flat(value: str) -> str:
    if "\0" in value:
        value = _wide(value)
    return value.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def _wide(value: str) -> str:
    """Return a text of two bytes a character that was read as one of one: its workbook names a code page besides."""
    try:
        return value.encode("cp1252").decode("utf-16-le")
    except UnicodeError:
        return value.replace("\0", "")


def _shown(cell: object) -> str:
    if type(cell) is float:
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else repr(cell)
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)


def _streamed(source: Source, context: Context, where: str, *, torn: bool = False) -> Iterator[Segment]:
    """Yield the texts of all sheets without addresses: of large workbooks, or of those that their reader refuses."""

    def raw(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
        with member_file(archive, info, context) as file:
            while block := file.read(BLOCK):
                yield block

    with opened(source) as archive:
        for info in archive.infolist():
            name = info.filename.lower()
            if name.startswith(("xl/worksheets/", "xl/sharedstrings.")):
                place = join_place(where, shorten(printable(info.filename), 100))
                if name.endswith(".bin"):
                    if not torn:
                        context.note(where, Stop("too-large", "a binary sheet"))
                        torn = True
                    if name.startswith("xl/shared"):  # texts in sheets are read as what stands beside
                        texts = (b"\n".join(readable(block)) + b"\n" for block in raw(archive, info))
                        yield Segment(place, "none", texts)
                if not name.endswith(".xml"):
                    continue
                yield Segment(place, "none", converted(raw(archive, info), spaced_xml))
