"""Mails and files signed in one piece (S/MIME .p7m, RFC 5652): the content that the signature goes around."""

from __future__ import annotations

import io
from collections.abc import Iterator

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place

SIGNED = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_OCTETS, _OCTETS_IN_PARTS, _CONTENT = 0x04, 0x24, 0xA0
_DEEPEST = 8


def signed(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what the signed content holds; raises Stop where there is none or it is torn."""
    if source.size > context.limits.in_memory:
        raise Stop("too-large", "signed content that must be read whole")
    source.file.seek(0)
    data = source.file.read(context.limits.in_memory)
    at = data.find(_DATA)
    if at < 0:
        raise Stop("unsupported", "a signature alone")
    kind, begin, _ = _element(data, at + len(_DATA))
    if kind != _CONTENT:
        raise Stop("unsupported", "a signature alone")
    content = b"".join(_octets(data, begin, 0))
    context.member()
    name = source.name.rsplit("/", 1)[-1].removesuffix(".p7m")
    inner = Source(io.BytesIO(content), name, len(content))
    form = "mail" if content[:8].lower() == b"content-" else None
    yield from context.open(inner, context, join_place(where, shorten(printable(name), 200)), form)


def _octets(data: bytes, at: int, depth: int) -> Iterator[bytes]:
    kind, begin, size = _element(data, at)
    if kind == _OCTETS and size is not None:
        yield data[begin : begin + size]
    elif kind == _OCTETS_IN_PARTS and depth < _DEEPEST:
        end = len(data) if size is None else begin + size
        while begin < end and data[begin : begin + 2] != b"\0\0":
            yield from _octets(data, begin, depth + 1)
            _, inner, count = _element(data, begin)
            if count is None:
                raise Stop("corrupted", "signed content")
            begin = inner + count
    else:
        raise Stop("corrupted", "signed content")


def _element(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Return an element's tag, where its content begins, and its size (None: until its end is marked)."""
    head = data[at : at + 2]
    if len(head) < 2:
        raise Stop("corrupted", "signed content")
    if head[1] == 0x80:
        return head[0], at + 2, None
    if head[1] < 0x80:
        return head[0], at + 2, head[1]
    more = head[1] & 0x7F
    if more > 8 or at + 2 + more > len(data):
        raise Stop("corrupted", "signed content")
    return head[0], at + 2 + more, int.from_bytes(data[at + 2 : at + 2 + more], "big")
