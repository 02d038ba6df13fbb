"""The source of macros in office documents, unpacked as [MS-OVBA] tells."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.compound import opened_ole, stream

_FIRST = b"\0Attribut\0e "
"""How the source of every module begins when packed, behind three bytes; what the editor keeps stands before it."""
_CHUNK = 4096


def project(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield each module of a macro project that stands in a file of its own."""
    with opened_ole(source) as ole:
        yield from macros(ole, context, where)


def macros(ole: Any, context: Context, where: str) -> Iterator[Segment]:
    """Yield each module of the macro projects inside an OLE container; a torn one is noted."""
    for path in ole.listdir(streams=True, storages=False):
        if "VBA" not in (name.upper() for name in path[:-1]):
            continue
        context.tick()
        place = join_place(where, f"macro {shorten(printable(path[-1]), 100)}")
        data = stream(ole, path, context)
        at = data.find(_FIRST) - 3
        if at < 0 or data[at] != 1:
            continue
        try:
            text = _unpacked(data[at:], context)
        except (Stop, struct.error) as error:
            context.note(place, error if isinstance(error, Stop) else Stop("corrupted", "a packed module"))
            continue
        yield Segment(place, "line", iter((text.decode("cp1252", "replace").encode(),)))


def _unpacked(data: bytes, context: Context) -> bytes:
    out = bytearray()
    at = 1
    while at < len(data):
        header = struct.unpack_from("<H", data, at)[0]
        size = (header & 0x0FFF) + 3
        part = data[at + 2 : at + size]
        before = len(out)
        out += _chunk(part) if header & 0x8000 else part
        context.unpack(len(out) - before, len(out), len(data))
        at += size
    return bytes(out)


def _chunk(data: bytes) -> bytes:
    """Return what one chunk unpacks to: letters as they are, and copies of what came before in it."""
    out = bytearray()
    at = 0
    while at < len(data):
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data) or len(out) > _CHUNK:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            token = struct.unpack_from("<H", data, at)[0]
            at += 2
            bits = max((len(out) - 1).bit_length(), 4)
            back, length = (token >> (16 - bits)) + 1, (token & (0xFFFF >> bits)) + 3
            if back > len(out):
                raise Stop("corrupted", "a packed module")
            for _ in range(length):
                out.append(out[-back])
    return bytes(out)
