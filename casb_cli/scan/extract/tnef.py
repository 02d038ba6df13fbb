"""winmail.dat: what Outlook wraps a mail's texts and attachments in ([MS-OXTNEF])."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.packed_rtf import unpacked_rtf

_TITLE, _DATA, _START = 0x8010, 0x800F, 0x9002
_PROPERTIES = frozenset((0x9003, 0x9004, 0x9005))
_TEXTS = frozenset((0x8000, 0x8004, 0x800C, 0x8008))
"""From, subject, body, class."""
_ANSI, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_SIZES = {2: 4, 3: 4, 4: 4, 0x0A: 4, 0x0B: 4, 5: 8, 6: 8, 7: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_RTF, _HTML, _CONTENT, _LONG_NAME = 0x1009, 0x1013, 0x3701, 0x3707
_GUID = 16
_NAMED = 0x8000


@dataclass
class _Held:
    """What the mail, or one attachment, has: lines of text, texts that are documents, its content and name."""

    lines: list[bytes] = field(default_factory=list)
    documents: list[tuple[str | None, bytes]] = field(default_factory=list)
    content: bytes = b""
    name: str = ""


def tnef(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the mail's texts, then each attachment, mails in mails too; what can't be read is raised at the end."""
    if source.size > context.limits.in_memory:
        raise Stop("too-large", "a wrapped mail that must be read whole")
    source.file.seek(0)
    data = source.file.read(context.limits.in_memory)
    held = _Held()
    at = 6
    while at + 9 <= len(data):
        context.tick()
        level, number, size = struct.unpack_from("<BHxxI", data, at)
        if level not in (1, 2) or at + 9 + size + 2 > len(data):
            yield from _given(held, context, where)
            raise Stop("corrupted", "a wrapped mail")
        value = data[at + 9 : at + 9 + size]
        at += 9 + size + 2
        if level == 2 and number == _START:
            yield from _given(held, context, where)
            held = _Held()
        elif number == _TITLE and not held.name:
            held.name = value.rstrip(b"\0").decode("cp1252", "replace")
        elif number == _DATA:
            held.content = value
        elif number in _TEXTS and level == 1:
            held.lines.append(value.rstrip(b"\0").decode("cp1252", "replace").encode())
        elif number in _PROPERTIES:
            try:
                _properties(value, held, number == 0x9004, context)
            except (struct.error, IndexError):
                context.note(where, Stop("corrupted", "properties of a wrapped mail"))
    yield from _given(held, context, where)


def _given(held: _Held, context: Context, where: str) -> Iterator[Segment]:
    place = join_place(where, shorten(printable(held.name), 200)) if held.name else where
    if held.lines:
        yield Segment(place, "none", iter((b"\n".join(held.lines) + b"\n",)))
    for kind, data in [*held.documents, (None, held.content)]:
        if data:
            context.member()
            yield from context.open(Source(io.BytesIO(data), held.name, len(data)), context, place, kind)


def _properties(data: bytes, held: _Held, rows: bool, context: Context) -> None:
    at = 4 if rows else 0
    for _ in range(min(struct.unpack_from("<I", data)[0] if rows else 1, len(data))):
        count = struct.unpack_from("<I", data, at)[0]
        at += 4
        for _ in range(min(count, len(data))):
            at = _property(data, at, held, context)


def _property(data: bytes, at: int, held: _Held, context: Context) -> int:
    kind, tag = struct.unpack_from("<HH", data, at)
    at += 4
    if tag >= _NAMED:
        by_name = struct.unpack_from("<I", data, at + _GUID)[0]
        at += _GUID + 4
        at += 4 + _padded(struct.unpack_from("<I", data, at)[0]) if by_name else 4
    many = bool(kind & 0x1000)
    kind &= 0x0FFF
    if kind in _SIZES:
        count = 1
        if many:
            count = struct.unpack_from("<I", data, at)[0]
            at += 4
        return at + count * _SIZES[kind]
    if kind not in (_ANSI, _UNICODE, _OBJECT, _BINARY):
        raise IndexError
    count = struct.unpack_from("<I", data, at)[0]
    at += 4
    for _ in range(min(count, len(data))):
        size = struct.unpack_from("<I", data, at)[0]
        value = data[at + 4 : at + 4 + size]
        if len(value) < size:
            raise IndexError
        at += 4 + _padded(size)
        _keep(kind, tag, value, held, context)
    return at


def _keep(kind: int, tag: int, value: bytes, held: _Held, context: Context) -> None:
    if kind in (_ANSI, _UNICODE):
        text = value.decode("utf-16-le" if kind == _UNICODE else "cp1252", "replace").rstrip("\0")
        if tag == _LONG_NAME:
            held.name = text
        held.lines.append(text.encode("utf-8", "replace"))
    elif tag == _RTF:
        held.documents.append(("rtf", unpacked_rtf(value, context)))
    elif tag == _HTML:
        held.documents.append(("html", value))
    elif tag == _CONTENT:
        held.content = value[_GUID:] if kind == _OBJECT else value  # an object begins with what it is


def _padded(size: int) -> int:
    return size + -size % 4
