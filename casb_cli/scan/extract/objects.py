"""What is embedded in OLE containers: packed files ([MS-OLEDS]), documents in streams, old documents in storages."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.compound import opened_ole, stream, word_text
from casb_cli.scan.extract.records import workbook_text

_NATIVE = "\x01ole10native"
_WHOLE = ("package", "contents", "embeddedodf")
"""Streams that are a file of their own: an office document, a PDF."""


def embedded(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what an OLE container of no known kind holds; raises Stop(unsupported) where that is nothing known."""
    with opened_ole(source) as ole:
        found = False
        for segment in objects(ole, context, where, top=True):
            found = True
            yield segment
        if not found:
            raise Stop("unsupported", "an OLE document")


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
    at = 0
    while at + 8 <= len(data):
        version, kind, size = struct.unpack_from("<HHI", data, at)
        at += 8
        if version & 0x0F == 0x0F:
            continue
        if kind == _OBJECT and size > 4:
            part = data[at : at + size]
            if version >> 4 == 1:
                unpacker = zlib.decompressobj()
                part = unpacker.decompress(part[4:], context.limits.in_memory)
                context.unpack(len(part), len(part), size)
                if not unpacker.eof:
                    whole = len(part) < context.limits.in_memory
                    fault = Stop("corrupted" if whole else "too-large", "a packed object")
                    context.note(join_place(where, "object"), fault)
            yield from _opened("", part, context, join_place(where, "object"))
        at += size


_OBJECT = 0x1011
