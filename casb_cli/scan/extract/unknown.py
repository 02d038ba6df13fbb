"""What no extractor reads: plain strings in programs, databases and the like, and the notes in pictures."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from casb_cli.scan.extract.base import BLOCK, Context, Nature, Segment, Source, Stop, Unread
from casb_cli.scan.extract.blocks import snappy_block
from casb_cli.scan.extract.markup import unescaped

TABLES = "pip install 'casb-cli[parquet]'"
"""What makes tables of data lakes readable."""
_NAMED = {
    b"PAR1": f"Parquet: {TABLES}",
    b"ARROW1": f"Arrow: {TABLES}",
    b"FEA1": "Feather of the first version",
    b"ORC": f"ORC: {TABLES}",
    b"Obj\x01": f"Avro: {TABLES}",
    b"regf": "a hive of the Windows registry",
    b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d": "OneNote",
    b"\0\1\0\0Standard ": "a database of Access",
}
"""What is often met and not read, by how it begins."""
_PACKED = {
    b"Rar!\x1a\x07": "RAR",
    b"!BDN": "a store of Outlook (PST)",
    b"MSWIM\0\0\0": "WIM",
    b"xar!": "XAR",
    b"hsqs": "squashfs",
    b"\x89LZO\0": "lzop",
}
"""The same, where no plain strings are to be found."""
_PROGRAMS = (
    *(b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"\0asm", b"dex\n", b"\xde\xc0\x17\x0b", b"BC\xc0\xde"),
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    *(b"\0\1\0\0\0", b"OTTO\0", b"ttcf\0", b"wOFF", b"wOF2"),
)
"""How programs and fonts begin: ELF, PE, Java, WebAssembly, DEX, LLVM, Mach-O; TrueType, OpenType, WOFF."""
_COMPILED = b"\r\n"
"""What follows the version in compiled Python."""
_MARK_OF_DISC = 0x8001
_SILENT = ("audio/", "video/", "font/")
_TAGS = 1 << 17
"""Bytes at both ends of sound and films in which their titles and comments stand."""
_TIFF = (b"II*\0", b"MM\0*")
_MOST = 32 << 20
"""Bytes of which plain strings are looked for."""
_SHORTEST = 6
_LEAST_AMONG_NOISE = 16
_SAMPLE = 1 << 14
_RUN = re.compile(rb"[\t\r\n\x20-\x7e](?:[\t\r\n\x20-\x7e]{5,}|\0(?:[\t\r\n\x20-\x7e]\0){5,})")
_WIDE = re.compile(rb"[\t\x20-\x7e]\0(?:[\t\x20-\x7e]\0){5,}")
_HELD = 4096


def strings(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the plain strings of content that nothing reads; raises Stop(unsupported), but where a picture is read."""
    head = source.head()
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            raise Unread(name)
    named = next((name for magic, name in _NAMED.items() if head.startswith(magic)), "") or _disc(source)
    name = named or _mime(head)
    if name.startswith(_SILENT):
        yield from _segment(where, _ends(source, _TAGS), context, "scraps")
        raise Stop("unsupported", name)
    if head.startswith(_TIFF):
        yield from _segment(where, _tiff(source, context), context)
    if name.startswith("image/"):
        yield from _segment(where, _ends(source), context, "scraps" if head[40:44] == b" EMF" else "program")
        yield from _shown(source, context, where, name)
        return
    if _is_iwork(head, source.size):
        yield Segment(where, "none", context.beside(runs(_iwork(source, context), context)))
        name = name or "a document of iWork"
    else:
        nature: Nature = "program" if head.startswith(_PROGRAMS) or head[2:4] == _COMPILED else "scraps"
        yield Segment(where, "none", context.beside(runs(_blocks(source), context)), nature=nature)
    raise Unread(named) if named else Stop("unsupported", name)


def _disc(source: Source) -> str:
    """Return what an image of a disc is called, whose mark stands behind sixteen empty sectors (ECMA-119)."""
    if source.size <= _MARK_OF_DISC or not source.random:
        return ""
    source.file.seek(_MARK_OF_DISC)
    return "an image of a disc" if source.file.read(5) in (b"CD001", b"BEA01") else ""


def _mime(head: bytes) -> str:
    import puremagic

    try:
        return str(puremagic.from_string(head, mime=True))
    except (puremagic.PureError, ValueError):
        return ""


def _segment(where: str, texts: Iterator[bytes], context: Context, nature: Nature = "text") -> Iterator[Segment]:
    if text := b"\n".join(texts):
        yield Segment(where, "none", context.beside(iter((text + b"\n",))), nature=nature)


def _blocks(source: Source) -> Iterator[bytes]:
    source.file.seek(0)
    left = _MOST
    while left > 0 and (block := source.file.read(min(BLOCK, left))):
        left -= len(block)
        yield block
    if not left:
        source.file.read(1)  # what is packed beyond all measure is told as that


def runs(blocks: Iterator[bytes], context: Context) -> Iterator[bytes]:
    """Yield the runs of printable ASCII in one or two bytes a character, one a line, up to a fault of the blocks."""
    held = b""
    fault: Exception | None = None
    while fault is None:
        try:
            block = next(blocks, b"")
        except Exception as error:  # noqa: BLE001 - of any kind of packing: told below, behind what is held
            fault, block = error, b""
        if not block:
            break
        context.tick()
        data = held + block
        found, cut = _found(data, max(len(data) - _HELD, 0))
        held = data[cut:]
        if found:
            yield found
    if found := _found(held, len(held))[0]:
        yield found
    if fault is not None:
        raise fault


def _found(data: bytes, cut: int) -> tuple[bytes, int]:
    """Return the runs that begin in front of a place, and where what is left begins."""
    end = cut
    texts, parts = [], []
    least = _SHORTEST if len(data) < 4 * _SAMPLE or not _packed(data) else _LEAST_AMONG_NOISE
    for found in _RUN.finditer(data):
        start = found.start()
        if start >= cut:
            break
        text = found[0]
        if text[1] == 0:
            text = text[::2]
        elif len(text) >= least:
            # Most ways of storing strings put the length in front: what follows that many is no part of it.
            size, told = data[start - 1] if start else 0, text[0]
            if _SHORTEST <= size < len(text):
                parts.append(text[:size])
            if told < len(text) - 1:
                parts.append(text[1 : told + 1])
        if len(text) >= least:
            texts.append(text)
            end = max(end, found.end())
    return b"\n".join((*texts, *parts)) + b"\n" if texts else b"", end


def _packed(data: bytes) -> bool:
    """Return whether bytes are random, or packed: what looks like a short text among them is chance."""
    samples = (data[at : at + _SAMPLE] for at in range(0, len(data) - _SAMPLE, len(data) // 3))
    return all(len(zlib.compress(sample, 1)) > _SAMPLE * 15 // 16 for sample in samples)


_EDGE = 1 << 20


def _ends(source: Source, edge: int = _EDGE) -> Iterator[bytes]:
    """Yield the strings at both ends of a picture, where its notes stand; at its start only, where it is packed."""
    source.file.seek(0)
    data = source.file.read(edge)
    if source.size > edge and source.random:
        source.file.seek(max(edge, source.size - edge))
        data += b"\0" + source.file.read(edge)
    yield from _notes(data)


_NOTED = frozenset((700, 33723, 34377, 37510, *range(0x9C9B, 0x9CA0)))
"""Fields of TIFF whose bytes are notes: XMP, IPTC, Photoshop's, a user's, those of Windows."""
_FURTHER = (330, 34665)
_FIELDS = 512


def _tiff(source: Source, context: Context) -> Iterator[bytes]:
    """Yield the texts in the directories of a TIFF picture, up to a megabyte: fields may share their bytes."""
    start = source.head(_EDGE)
    left = _EDGE
    order = "<" if start[:1] == b"I" else ">"
    ahead = [struct.unpack(order + "I", start[4:8].ljust(4, b"\0"))[0]]
    for at in ahead:
        context.tick()
        told = _bytes(source, start, at, 2)
        count = min(struct.unpack(order + "H", told)[0], _FIELDS) if len(told) == 2 else 0
        fields = _bytes(source, start, at + 2, 12 * count + 4)
        for tag, kind, size, value in struct.iter_unpack(order + "HHII", fields[: len(fields) // 12 * 12]):
            if (kind == 2 or tag in _NOTED) and 4 < size < left:
                left -= size
                note = _bytes(source, start, value, size)
                yield from (note.strip(b"\0"),) if kind == 2 else _notes(note)
            elif tag in _FURTHER and len(ahead) < _MOST_DIRECTORIES:
                ahead.append(value)
        if len(fields) == 12 * count + 4 and len(ahead) < _MOST_DIRECTORIES:
            ahead += [value for (value,) in struct.iter_unpack(order + "I", fields[-4:]) if value]


_MOST_DIRECTORIES = 64


_TELLING = re.compile(rb"[\t\r\n\x20-\x7e\x80-\xff]{8,}")
_LETTERS = re.compile(rb"[\x20-\x7e]{8}")
_TAG = re.compile(rb"<[^<>]*>")


def _notes(data: bytes) -> Iterator[bytes]:
    """Yield what a picture's notes (EXIF, XMP, comments) say, the markup of XMP aside."""
    for found in _TELLING.findall(data):
        if _LETTERS.search(found):
            yield found
            if b"<" in found:
                yield unescaped(_TAG.sub(b" ", found))
    for wide in _WIDE.findall(data):
        yield wide[::2]


def picture(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the notes in a JPEG or PNG picture; and what it shows; raises Stop(unsupported) where that is not read."""
    source.file.seek(0)
    start = source.file.read(_EDGE)
    png = start.startswith(b"\x89PNG")
    yield from _segment(where, (_png if png else _jpeg)(source, start, context), context)
    yield from _shown(source, context, where, "image/png" if png else "image/jpeg")


def _shown(source: Source, context: Context, where: str, name: str) -> Iterator[Segment]:
    """Yield the text that a picture shows, where that was asked for; raises Stop(unsupported) where not."""
    if not context.limits.ocr:
        raise Stop("unsupported", name)
    from casb_cli.scan.extract.pictures import shown

    yield from shown(source, context, where)


def _bytes(source: Source, start: bytes, at: int, size: int) -> bytes:
    """Return bytes at a place; beyond the start only where that costs no unpacking."""
    if at + size <= len(start) or not source.random:
        return start[at : at + size]
    source.file.seek(at)
    return source.file.read(size)


_LARGEST = 1 << 24


def _png(source: Source, start: bytes, context: Context) -> Iterator[bytes]:
    at = 8
    while len(head := _bytes(source, start, at, 8)) == 8:
        context.tick()
        size, kind = struct.unpack(">I4s", head)
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf") and size < _LARGEST:
            keyword, _, rest = _bytes(source, start, at + 8, size).partition(b"\0")
            if kind == b"eXIf":
                yield from _notes(keyword + b"\0" + rest)
            elif kind == b"zTXt":
                yield from _notes(_inflated(rest[1:]))
            elif kind == b"tEXt":
                yield keyword + b": " + rest.decode("latin-1").encode()
            else:
                text = rest[2:].split(b"\0", 2)[-1]
                yield from _notes(_inflated(text) if rest[:1] == b"\1" else text)
        at += 12 + size
        if kind == b"IEND":
            yield from _notes(_bytes(source, start, at, _EDGE))  # whoever hides a text, or joins files
            return


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LARGEST)
    except zlib.error:
        return b""


def _jpeg(source: Source, start: bytes, context: Context) -> Iterator[bytes]:
    at = 2
    while len(head := _bytes(source, start, at, 4)) == 4:
        context.tick()
        mark, kind, size = struct.unpack(">BBH", head)
        if mark != 0xFF or kind in (0xD9, 0xDA):  # the picture itself begins
            return
        if 0xE0 <= kind <= 0xEF or kind == 0xFE:
            yield from _notes(_bytes(source, start, at + 4, max(size - 2, 0)))
        at += 2 + max(size, 2)


_CHUNK = 1 << 17


def _is_iwork(head: bytes, size: int) -> bool:
    """Return whether bytes are chunks of Snappy, as documents of iWork are made of: each tells both of its sizes."""
    at = 0
    while at + 7 <= len(head):
        packed = int.from_bytes(head[at + 1 : at + 4], "little")
        unpacked = (head[at + 4] & 127) | (head[at + 5] & 127) << 7 | (head[at + 6] & 3) << 14
        if head[at] or not 0 < packed <= size - at - 4 or unpacked > _CHUNK or (head[at + 4] < 128 < packed):
            return False
        at += 4 + packed
    return at >= len(head) or at == size


def _iwork(source: Source, context: Context) -> Iterator[bytes]:
    source.file.seek(0)
    while len(told := source.file.read(4)) == 4:
        data = source.file.read(int.from_bytes(told[1:], "little"))
        out = snappy_block(data, _CHUNK)
        context.unpack(len(out), len(out), max(len(data), 1))
        yield out
