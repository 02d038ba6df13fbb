"""A workbook's parts unpacked once, inside the limits: what calamine reads, and what stands beside the cells."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from array import array
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO, cast

from casb_cli.scan.extract.archive import member_file, opened
from casb_cli.scan.extract.base import BLOCK, Context, Source, Stop
from casb_cli.scan.extract.binary_sheet import Extent, lengthened
from casb_cli.scan.extract.markup import unescaped

_CELLS = re.compile(
    r"xl/(?!(?:media|drawings|charts|embeddings|theme|external\w*|pivot\w*|comments|threaded\w*|persons|printer\w*"
    r"|activeX|ctrlProps|chartsheets|customXml|vba\w*)\b).*\.(?:xml|bin|rels)"
    r"|_rels/\.rels|\[Content_Types\]\.xml",
    re.IGNORECASE,
)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_BINARY_SHEET = re.compile(r"xl/worksheets/[^/]+\.bin", re.IGNORECASE)
_RELATIONS = "xl/_rels/workbook.xml.rels"
_MACRO_SHEETS = re.compile(rb"\bType=\"[^\"]*/xl(?:Intl)?Macrosheet\"")
_SHEETS = b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
"""What a sheet of macros is said to be, for which calamine refuses all of a workbook: its cells are those of any."""
_ASIDE = re.compile(
    rb"<(?:\w{1,32}:)?(?:odd|even|first)(?:Header|Footer)(?:\s[^<>]*)?>([^<]*)<"
    rb"|<(?:\w{1,32}:)?(?:formula[12]?|f)(?:\s[^<>]*)?>([^<]+)<"
    rb"|\b(?:prompt|promptTitle|error|errorTitle|tooltip|display|val|comment)=\"([^\"]{4,})\""
)
_FORMULA = re.compile(rb"<(?:\w{1,32}:)?f(?:\s[^<>]*)?>((?=[^<]*(?:\"|&quot;))[^<]*+)<")
_LITERAL = re.compile(rb"(?:\"|&quot;)([^\"&]{6,})(?:\"|&quot;)")
_MOST_LITERALS = 100_000
_LONGEST_FORMULA = 1 << 13
_CODE = re.compile(rb"&(?:[A-JL-Z]|[0-9]{1,2}|\"[^\"]*\"|K[0-9A-Fa-f]{6})")
"""What places and dresses the text of a page's header."""
_END = re.compile(rb"sheetData(?:(?<=/sheetData)|(?<=/\w:sheetData)|\s*/)>")
_FAR = rb"[\"'](?:[A-Z]{3,20}[0-9]|[A-Z]{2}[0-9]{5}|[A-Z]?[0-9]{6})"
"""Addresses that may lie far out; nearer ones span no more cells than `MOST_CELLS`."""
_ADDRESS = re.compile(
    rb"<(?:\w{1,32}:)?c\s[^<>]*?\br\s*=\s*[\"']([A-Za-z]+)([0-9]+)"
    rb"|<(?:\w{1,32}:)?row\s(?>[^<>]*?\br\s*=\s*[\"']([0-9]+)[\"'])[^<>]*+>\s*+<(?:\w{1,32}:)?c(?![^<>]*\br\s*=)[\s>]"
)
_LARGE = 16 << 20
_TAIL = 4 * BLOCK

MOST_CELLS = 16_000_000
"""Cells, from the first one of a sheet to the last row and column used, that are held at once."""

MOST_SHOWN = 256 << 20
"""Bytes of shared texts, counted for each cell that shows one, that are held at once."""


class Workbook:
    """The parts that hold cells, as a package that is packed no more; `file` is closed by the caller.

    `asides` holds, by part, what stands behind the cells: headers and footers of pages, hints on cells. `far` says
    that a table of its cells would not fit: some lie so far out, or the same long text is shown in so many.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.asides: dict[str, bytes] = {}
        self.far = False
        self.shared = 0


def unpacked_size(source: Source) -> int:
    """Return the bytes that a workbook's parts say to have; raises Stop(encrypted), zipfile.BadZipFile."""
    with opened(source) as archive:
        infos = archive.infolist()
    if any(info.flag_bits & 1 for info in infos):
        raise Stop("encrypted")
    return sum(info.file_size for info in infos if _CELLS.fullmatch(info.filename))


def unpack(source: Source, size: int, context: Context) -> Workbook:
    """Return the workbook unpacked, in memory or in a file without a name; raises Stop beyond the limits."""
    file = tempfile.TemporaryFile() if size > _LARGE else io.BytesIO()  # noqa: SIM115 - handed to the caller
    book = Workbook(cast("BinaryIO", file))
    try:
        with opened(source) as archive, zipfile.ZipFile(book.file, "w", zipfile.ZIP_STORED) as package:
            for info in archive.infolist():
                if _CELLS.fullmatch(info.filename) and not info.is_dir():
                    with package.open(zipfile.ZipInfo(info.filename), "w", force_zip64=True) as out:
                        blocks, extent = _blocks(archive, info, context), None
                        if info.filename == _RELATIONS:
                            blocks = (_MACRO_SHEETS.sub(_SHEETS, block) for block in blocks)
                        if _SHEET.fullmatch(info.filename):
                            blocks = _watched(blocks, info.filename, book)
                        elif _BINARY_SHEET.fullmatch(info.filename):
                            extent = Extent()
                            blocks = lengthened(blocks, extent)
                        for block in blocks:
                            out.write(block)
                        if extent is not None:
                            book.far = book.far or extent.rows * extent.columns > MOST_CELLS
    except BaseException:
        book.file.close()
        raise
    book.far = book.far or _swollen(book)
    book.file.seek(0)
    return book


def _swollen(book: Workbook) -> bool:
    """Return whether texts that cells share would take more memory than may be, once for each cell that shows one."""
    with zipfile.ZipFile(book.file) as package:
        infos = package.infolist()
        texts = [info for info in infos if _SHARED.fullmatch(info.filename)]
        if book.shared * sum(info.file_size for info in texts) <= MOST_SHOWN:
            return False
        sizes = array("I")
        for info in texts:
            held, size = b"", 0
            for block in _plain_blocks(package, info):
                *ended, rest = (held + block).split(b"</si>")
                for text in ended:
                    sizes.append(size + len(text))
                    size = 0
                held = rest[-4:]  # in which the next end may have begun
                size += len(rest) - len(held)
        if book.shared * max(sizes, default=0) <= MOST_SHOWN:
            return False
        shown = 0
        for info in infos:
            for block in _plain_blocks(package, info) if _SHEET.fullmatch(info.filename) else ():
                for number, count in Counter(_SHARES.findall(block)).items():
                    shown += sizes[int(number)] * count if int(number) < len(sizes) else 0
        return shown > MOST_SHOWN


def _plain_blocks(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with package.open(info) as file:
        while block := file.read(BLOCK):
            yield block


_SHARED = re.compile(r"xl/sharedStrings\.xml", re.IGNORECASE)
_SHARES = re.compile(rb"\bt=\"s\"[^<>]*>\s{0,100}<v>([0-9]{1,9})</v>")


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, context: Context) -> Iterator[bytes]:
    with member_file(archive, info, context) as file:
        while block := file.read(BLOCK):
            yield block


def _watched(blocks: Iterator[bytes], name: str, book: Workbook) -> Iterator[bytes]:
    """Yield a sheet's blocks; note how far out its cells lie, and what follows them."""
    look = _telling()
    tail = b""
    behind = False
    rows = columns = 1
    literals: dict[bytes, None] = {}
    before = b""
    for block in blocks:
        yield block
        seen = tail[-64:] + block if not behind else block
        told = look(seen) if not behind else ()
        if _FORMULAS in told and len(literals) < _MOST_LITERALS:
            for formula in _FORMULA.findall(before + block):
                literals.update(dict.fromkeys(_LITERAL.findall(formula)))
        before = block[-_LONGEST_FORMULA:]
        if _FAR_CELLS in told and not book.far:
            for letters, digits, row in _ADDRESS.findall(seen):
                columns = max(columns, _column(letters))
                rows = max(rows, int((digits or row)[:10]))
            book.far = columns * rows > MOST_CELLS
        book.shared += block.count(b't="s"')
        if behind:
            tail = (tail + block)[:_TAIL]
            continue
        found = _END.search(seen) if _ENDS in told else None
        behind = found is not None
        tail = seen[found.end() :][:_TAIL] if found else seen[-64:]
    words = [unescaped(literal) for literal in literals]
    for text, formula, prompt in _ASIDE.findall(tail) if behind else ():
        words.append(unescaped(formula or prompt) if formula or prompt else _CODE.sub(b" ", unescaped(text)))
    if words:
        book.asides[name.rsplit("/", 1)[-1].removesuffix(".xml")] = b"\n".join(words)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - 64
    return number


_FAR_CELLS, _FORMULAS, _ENDS = 0, 1, 2


@cache
def _telling() -> Any:
    """Return what tells whether bytes name a cell that may lie far out, hold formulas, or end the cells of a sheet.

    Not by re, as that would cost more than all the rest.
    """
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = {_FAR_CELLS: _FAR, _FORMULAS: rb"<(?:\w{1,32}:)?f[\s>]", _ENDS: rb"sheetData"}
    flags = [hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_CASELESS] * len(expressions)
    database.compile(
        expressions=list(expressions.values()), ids=list(expressions), elements=len(expressions), flags=flags
    )

    def told(data: bytes) -> set[int]:
        hits: set[int] = set()
        database.scan(data, match_event_handler=lambda number, *_: hits.add(number))
        return hits

    return told
