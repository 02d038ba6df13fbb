"""What is embedded in OLE containers: packed files ([MS-OLEDS]), documents in streams, old documents in storages."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.compound import document_properties, opened_ole, records, stream, word_text
from casb_cli.scan.extract.records import workbook_text

_NATIVE = "\x01ole10native"
_WHOLE = ("package", "contents", "embeddedodf")
"""Streams that are a file of their own: an office document, a PDF."""


def embedded(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what an OLE container of no known kind holds, plain strings where that is nothing known.

    Raises Stop(unsupported) then.
    """
    from casb_cli.scan.extract.macros import macros
    from casb_cli.scan.extract.unknown import runs

    with opened_ole(source) as ole:
        found = False
        for segment in objects(ole, context, where, top=True):
            found = True
            yield segment
        yield from document_properties(ole, context, where)
        yield from macros(ole, context, where)
        if not found and ole.listdir():
            yield Segment(where, "none", context.beside(runs(_streams(ole), context)), nature="scraps")
            raise Stop("unsupported", "an OLE document")


def _streams(ole: Any) -> Iterator[bytes]:
    """Yield the streams of a container but those that are read otherwise, each with an end of its own."""
    for path in ole.listdir(streams=True, storages=False):
        if path[-1][:1] != "\x05" and "VBA" not in path:
            file = ole.openstream(path)
            while block := file.read(BLOCK):
                yield block
            yield b"\0"


def objects(ole: Any, context: Context, where: str, *, top: bool = False) -> Iterator[Segment]:
    """Yield what is embedded in an OLE container, below its own document, or also at its top."""
    for path in ole.listdir(streams=True, storages=False):
        if len(path) == 1 and not top:
            continue
        context.tick()
        name = path[-1].lower()
        place = join_place(where, shorten(printable("/".join(path[:-1]) or "object"), 100))
        if name == _NATIVE:
            data = stream(ole, path, context)
            yield from _opened(*native(data), context, place)
        elif name in _WHOLE:
            yield from _opened("", stream(ole, path, context), context, place)
        elif name in ("workbook", "book"):
            yield Segment(place, "none", workbook_text(stream(ole, path, context), context, cells=True))
        elif name == "worddocument":
            yield Segment(place, "none", word_text(ole, path[:-1], context))


def _opened(name: str, data: bytes, context: Context, where: str) -> Iterator[Segment]:
    if data:
        context.member()
        place = join_place(where, shorten(printable(name), 200)) if name else where
        yield from context.open(Source(io.BytesIO(data), name, len(data)), context, place)


def native(data: bytes) -> tuple[str, bytes]:
    """Return the name and content of a packed file: its size, a label, paths, then the bytes."""
    rest = data[4:]
    if rest[:2] != b"\x02\0":
        return "", rest  # the bytes of a server of its own
    label, at = _ended(rest, 2)
    _, at = _ended(rest, at)
    at += 4
    if at + 4 > len(rest):
        raise Stop("corrupted", "a packed object")
    at += 4 + struct.unpack_from("<I", rest, at)[0]
    if at + 4 > len(rest):
        raise Stop("corrupted", "a packed object")
    size = struct.unpack_from("<I", rest, at)[0]
    return label.decode("cp1252", "replace"), rest[at + 4 : at + 4 + size]


def _ended(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise Stop("corrupted", "a packed object")
    return data[at:end], end + 1


def slide_objects(data: bytes, context: Context, where: str) -> Iterator[Segment]:
    """Yield the documents embedded in a presentation: atoms, mostly packed ([MS-PPT] ExOleObjStg)."""
    place = join_place(where, "object")
    for instance, kind, atom in records(data, context):
        if kind == _OBJECT and len(atom) > 4:
            yield from _opened("", _inflated(atom, context, place) if instance == 1 else atom, context, place)


def _inflated(packed: bytes, context: Context, place: str) -> bytes:
    """Return an object that stands behind its size, as far as it can be unpacked; a fault is noted."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed[4:], context.limits.in_memory)
    except zlib.error:
        context.note(place, Stop("corrupted", "a packed object"))
        return b""
    context.unpack(len(data), len(data), len(packed))
    if not unpacker.eof and len(data) < int.from_bytes(packed[:4], "little"):
        whole = len(data) < context.limits.in_memory
        context.note(place, Stop("corrupted" if whole else "too-large", "a packed object"))
    return data


_OBJECT = 0x1011
