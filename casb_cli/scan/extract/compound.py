"""The binary formats of old Office inside OLE containers: Word and PowerPoint documents, Outlook messages."""

from __future__ import annotations

import contextlib
import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import BLOCK, Context, Exhausted, Segment, Source, Stop, join_place
from casb_cli.scan.extract.names import telling
from casb_cli.scan.extract.packed_rtf import unpacked_rtf
from casb_cli.scan.extract.properties import property_texts
from casb_cli.scan.extract.records import readable

_PROPERTY = re.compile(r"__substg1\.0_([0-9A-F]{4})(001F|001E|0102|101[EF]-[0-9A-F]{8})", re.IGNORECASE)
_NAMES = "__nameid_version1.0"
_UNICODE, _ANSI = "001F", "001E"
_RTF, _HTML, _DATA, _LONG_NAME, _SHORT_NAME = "1009", "1013", "3701", "3707", "3704"
_ENCRYPTED, _FIRST_TABLE = 0x0100, 0x0200
_COMPRESSED = 1 << 30
_WORD_6, _QUICKLY_SAVED, _WIDE_TEXT = range(0x64, 0xC0), 0x04, 0x1000
"""Word 6 and 95 have no stream of tables, and pieces only where changes alone were saved; few are in UTF-16."""
_TEXT_CHARS, _TEXT_BYTES, _STRING = 0x0FA0, 0x0FA8, 0x0FBA
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FILE_PASS = 0x2F
_LOCKED = b"\xdf\xc4\xd1\xf3"
"""What the record of the current user says where the presentation is encrypted."""
_SUMMARIES = ("\x05SummaryInformation", "\x05DocumentSummaryInformation")


def word(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield all text of a Word document: body, notes, headers, comments in a row ([MS-DOC], piece table); macros."""
    from casb_cli.scan.extract.macros import macros
    from casb_cli.scan.extract.objects import objects

    with opened_ole(source) as ole:
        yield Segment(where, "none", word_text(ole, [], context))
        for name in ("0Table", "1Table", "Data"):
            if ole.exists(name):
                yield Segment(join_place(where, "beside"), "none", wide_values(stream(ole, name, context)))
        yield from document_properties(ole, context, where)
        yield from macros(ole, context, where)
        yield from objects(ole, context, where)


def word_text(ole: Any, folder: list[str], context: Context) -> Iterator[bytes]:
    """Return the text of the Word document in a storage; raises Stop(encrypted), and what torn ones raise."""
    main = stream(ole, [*folder, "WordDocument"], context)
    version, language = struct.unpack_from("<H2xH", main, 0x02)
    flags = struct.unpack_from("<H", main, 0x0A)[0]
    if flags & _ENCRYPTED:
        raise Stop("encrypted")
    if version in _WORD_6:
        encoding = "utf-16-le" if flags & _WIDE_TEXT else code_page(language)
        if flags & _QUICKLY_SAVED:
            start, size = struct.unpack_from("<II", main, 0x160)
            return _pieces(main, main[start : start + size], context, encoding)
        start, end = struct.unpack_from("<II", main, 0x18)
        return iter((_plain(main[start:end].decode(encoding, "replace")),))
    table = stream(ole, [*folder, "1Table" if flags & _FIRST_TABLE else "0Table"], context)
    start, size = struct.unpack_from("<II", main, 0x01A2)
    return _pieces(main, table[start : start + size], context)


def powerpoint(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the text atoms of a presentation, slides and notes in order of the file ([MS-PPT])."""
    from casb_cli.scan.extract.objects import slide_objects

    with opened_ole(source) as ole:
        if ole.exists("Current User") and stream(ole, "Current User", context)[12:16] == _LOCKED:
            raise Stop("encrypted")
        data = stream(ole, "PowerPoint Document", context)
        yield Segment(where, "none", _atoms(data, context))
        yield from document_properties(ole, context, where)
        yield from slide_objects(data, context, where)


def outlook(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield an Outlook message: its texts, then attachments, messages inside it too ([MS-OXMSG])."""
    with opened_ole(source) as ole:
        folders: dict[tuple[str, ...], dict[tuple[str, str], list[str]]] = {}
        for path in ole.listdir(streams=True, storages=False):
            if _NAMES in path[:-1]:
                continue  # tables of the names of properties, numbered as if they were some
            if found := _PROPERTY.fullmatch(path[-1]):
                folders.setdefault(tuple(path[:-1]), {})[found[1].upper(), found[2].upper()] = path
        if not folders:
            raise Stop("corrupted", "no property can be found")
        for folder, properties in folders.items():
            context.tick()
            name = _attachment_name(ole, properties, context)
            place = join_place(where, shorten(printable(name), 200) if name else "")
            texts = [path for (_, kind), path in properties.items() if kind != "0102"]
            if texts:
                lines = (_text(ole, path, context) + b"\n" for path in sorted(texts))
                yield Segment(join_place(place, "message" if not folder else ""), "none", lines)
            for tag, kind in ((_HTML, "html"), (_RTF, "rtf"), (_DATA, None)):
                if (path := properties.get((tag, "0102"))) is not None:
                    context.member()
                    try:
                        data = stream(ole, path, context)
                        if tag == _RTF:
                            data = unpacked_rtf(data, context)
                    except Exhausted:
                        raise
                    except Stop as stop:  # one property that is torn costs no other
                        context.note(place, stop)
                        continue
                    inner = Source(io.BytesIO(data), name, len(data))
                    yield from context.open(inner, context, place, kind)


def locked_workbook(source: Source) -> bool:
    """Return whether an old workbook is encrypted: a record near its start says so ([MS-XLS] FilePass)."""
    if source.head(8) != _OLE:
        return False
    with contextlib.suppress(Exception), opened_ole(source) as ole:  # torn ones are their reader's to refuse
        name = next(name for name in ("Workbook", "Book") if ole.exists(name))
        data, at = ole.openstream(name).read(1 << 14), 0
        for _ in range(40):
            kind, size = struct.unpack_from("<HH", data, at)
            if kind == _FILE_PASS:
                return True
            at += 4 + size
    return False


_SECTOR = 512
_LARGEST_COPY = 32 << 20
_TABLES = (0x2C, 0x40, 0x48)
"""Where the header tells how many sectors its tables have ([MS-CFB] 2.2)."""
_NO_SECTOR = 0xFFFFFFFA
"""Numbers from here on are no sectors: ends, free ones, those of the table itself ([MS-CFB] 2.1)."""


def misleading(source: Source) -> bool:
    """Return whether tables are said to be larger than the file, or a chain of sectors leads back into itself.

    Its reader would take the memory for them, or follow it until memory ends.
    """
    head = source.head(512)
    if len(head) < 80 or max(struct.unpack_from("<I", head, at)[0] for at in _TABLES) > source.size // 64 + 1:
        return True
    if _endless(source, head):
        return True
    if (cut := source.size % _SECTOR) and source.size < _LARGEST_COPY:  # an unfinished last sector is no reason to stop
        source.file.seek(0)
        whole = source.file.read() + b"\xff" * (_SECTOR - cut)
        source = Source(io.BytesIO(whole), source.name, len(whole))
    try:
        with opened_ole(source) as ole:
            return _circles(ole)
    except Exception:  # noqa: BLE001 - of any kind: where one reader finds no directory, the other may look for ever
        return True


def _endless(source: Source, head: bytes) -> bool:
    """Return whether the list of tables goes on from sector to sector for ever, however many it is said to have."""
    width = 1 << min(struct.unpack_from("<H", head, _WIDTH)[0], 12)
    at = struct.unpack_from("<I", head, _MORE_TABLES)[0]
    for _ in range(source.size // width + 2):
        if at >= _NO_SECTOR:
            return False
        source.file.seek((at + 2) * width - 4)
        following = source.file.read(4)
        if len(following) < 4:
            return False
        at = int.from_bytes(following, "little")
    return True


_WIDTH, _MORE_TABLES = 0x1E, 0x44
"""Where the header tells how wide sectors are, as a power of two, and which one the list of tables goes on in."""


def _circles(ole: Any) -> bool:
    """Return whether a chain of sectors leads back into itself."""
    table = ole.fat
    starts = {ole.first_dir_sector, ole.first_mini_fat_sector}
    starts.update(entry.isectStart for entry in ole.direntries if entry and not entry.is_minifat)
    seen = bytearray(len(table))
    for number, start in enumerate(starts):
        mark = 1 + number % 255
        at = start
        while at < min(_NO_SECTOR, len(table)) and seen[at] in (0, mark):
            if seen[at]:
                return True
            seen[at] = mark
            at = table[at]
    return False


def opened_ole(source: Source) -> Any:
    """Return the OLE container, a context manager; raises olefile's errors.

    No stream of it reads as more than the file's own size, whatever the directory says: a circle of sectors under a
    great size would fill the memory.
    """
    import olefile

    most = source.file.seek(0, io.SEEK_END)
    source.file.seek(0)
    ole = olefile.OleFileIO(source.file)
    for entry in filter(None, ole.direntries):
        entry.size = min(entry.size, most)
    return ole


def stream(ole: Any, path: str | list[str], context: Context) -> bytes:
    """Return one stream whole; raises Stop where it is missing or larger than memory allows."""
    if not ole.exists(path):
        raise Stop("corrupted", "a stream is missing")
    if ole.get_size(path) > context.limits.in_memory:
        raise Stop("too-large", "a stream that must be read whole")
    data: bytes = ole.openstream(path).read()
    if not _whole(ole, path):
        name = path if isinstance(path, str) else "/".join(path)
        context.note(shorten(printable(name), 100), Stop("corrupted", "a chain of sectors"))
    return data


def _whole(ole: Any, path: str | list[str]) -> bool:
    """Return whether a stream's sectors follow each other to an end: in a circle, other bytes stand for its own."""
    entry = ole.direntries[ole._find(path)]  # noqa: SLF001 - olefile gives no other way to a stream's first sector
    small = entry.size < ole.minisectorcutoff
    table, size = (ole.minifat, ole.minisectorsize) if small else (ole.fat, ole.sectorsize)
    at, seen = entry.isectStart, set[int]()
    for _ in range(-(-entry.size // size)):
        if at in seen or not 0 <= at < len(table):
            return False
        seen.add(at)
        at = table[at]
    return True


_CODE_PAGES = {
    "cp1250": (0x05, 0x0E, 0x15, 0x18, 0x1A, 0x1B, 0x1C, 0x24),
    "cp1251": (0x02, 0x19, 0x22, 0x23, 0x2F),
    "cp1253": (0x08,),
    "cp1254": (0x1F,),
    "cp1255": (0x0D,),
    "cp1256": (0x01, 0x20, 0x29),
    "cp1257": (0x25, 0x26, 0x27),
    "cp874": (0x1E,),
    "cp932": (0x11,),
    "cp936": (0x04,),
    "cp949": (0x12,),
}
"""The code pages of Windows by language ([MS-LCID]); all others write in that of Western Europe."""
_TRADITIONAL = (0x0404, 0x0C04, 0x1404)


def code_page(language: int) -> str:
    """Return the code page in which a document in a language was written before Unicode."""
    if language in _TRADITIONAL:
        return "cp950"
    return next((page for page, ours in _CODE_PAGES.items() if language & 0x3FF in ours), "cp1252")


def _pieces(main: bytes, clx: bytes, context: Context, older: str = "") -> Iterator[bytes]:
    at = 0
    while at < len(clx) and clx[at] == 1:  # formatting that pieces share
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise Stop("corrupted", "the piece table is missing")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    table = clx[at + 5 : at + 5 + size]
    count = (len(table) - 4) // 12
    for number in range(count):
        context.tick()
        first, last = struct.unpack_from("<II", table, number * 4)
        place = struct.unpack_from("<I", table, (count + 1) * 4 + number * 8 + 2)[0]
        length = max(last - first, 0)
        if older:
            text = main[place : place + length * (1 + (older == "utf-16-le"))].decode(older, "replace")
        elif place & _COMPRESSED:
            begin = (place & ~_COMPRESSED) // 2
            text = main[begin : begin + length].decode("cp1252", "replace")
        else:
            text = main[place : place + 2 * length].decode("utf-16-le", "replace")
        yield _plain(text)


def records(data: bytes, context: Context) -> Iterator[tuple[int, int, bytes]]:
    """Yield each atom of a presentation: its instance, kind and content ([MS-PPT] 2.3.1).

    No atom reaches beyond the container around it: some containers hold packages, whose bytes are no records.
    """
    at = 0
    ends = [len(data)]
    while at + 8 <= len(data):
        while at + 8 > ends[-1] and len(ends) > 1:
            at = ends.pop()
        if at + 8 > len(data):
            return
        if data.startswith(_NOTHING, at):  # filling: another save of the document follows
            at = found.start() if (found := _SOMETHING.search(data, at)) else len(data)
            continue
        version, kind, size = struct.unpack_from("<HHI", data, at)
        at += 8
        end = min(at + size, ends[-1])
        if (version & 0x0F == 0x0F and kind not in _PACKAGES) or kind == _OF_PROGRAMS:
            ends.append(end)  # a container: its records follow
            continue
        yield version >> 4, kind, data[at:end]
        if size > BLOCK:
            context.tick()
        at = end


_NOTHING = bytes(8)
_SOMETHING = re.compile(rb"[^\0]")
_OF_PROGRAMS = 0x138B
"""An atom of records: what later programs keep behind their names, such as comments ([MS-PPT] 2.11.24)."""
_PACKAGES = (0x040E, 0x0427, 0x0428)
"""What newer programs leave for themselves: packages, said to be containers."""


def _atoms(data: bytes, context: Context) -> Iterator[bytes]:
    for _, kind, atom in records(data, context):
        if kind in (_TEXT_CHARS, _STRING):
            yield _plain(atom.decode("utf-16-le", "replace") + "\n")
        elif kind == _TEXT_BYTES:
            yield _plain(atom.decode("latin-1") + "\n")
        elif kind in _DRAWN:
            yield from wide_values(atom)


_DRAWN = (0xF00B, 0xF121, 0xF122)
"""Properties of a shape ([MS-ODRAW]): its name, what it says to those who do not see it, the text of word art."""
_WIDE = re.compile(rb"(?:[\t\x20-\x7e]\0|[\xa0-\xff]\0|[^\0][\x01-\x06]){8,}")


def wide_values(data: bytes) -> Iterator[bytes]:
    """Yield the texts of two bytes a character that may hold a value: in shapes, forms, links."""
    for found in _WIDE.finditer(data):
        text = found[0].decode("utf-16-le", "replace")
        if telling(text):
            yield text.replace("%20", " ").encode("utf-8", "replace") + b"\n"


def _plain(text: str) -> bytes:
    """Return text with the formats' marks for paragraphs, cells and lines as ordinary ones."""
    plain = text.replace("\r", "\n").replace("\x0b", "\n").replace("\x07", "\t").replace("%20", " ")
    return plain.encode("utf-8", "replace")


def _text(ole: Any, path: list[str], context: Context) -> bytes:
    data = stream(ole, path, context)
    if path[-1].upper().partition("-")[0].endswith("1F"):
        return data.decode("utf-16-le", "replace").rstrip("\0").encode("utf-8", "replace")
    return data.decode("cp1252", "replace").rstrip("\0").encode("utf-8")


def _attachment_name(ole: Any, properties: dict[tuple[str, str], list[str]], context: Context) -> str:
    for tag in (_LONG_NAME, _SHORT_NAME):
        for kind in (_UNICODE, _ANSI):
            if (path := properties.get((tag, kind))) is not None:
                return _text(ole, path, context).decode("utf-8", "replace")
    return ""


def document_properties(ole: Any, context: Context, where: str) -> Iterator[Segment]:
    """Yield a document's properties, those too that users add."""
    found: list[str] = []
    for name in _SUMMARIES:
        if ole.exists(name):
            data = stream(ole, name, context)
            try:
                found += property_texts(data)
            except struct.error:
                found += (run.decode("utf-8", "replace") for run in readable(data[:BLOCK]))
    if found:
        yield Segment(join_place(where, "properties"), "none", iter(("\n".join(found).encode("utf-8", "replace"),)))
