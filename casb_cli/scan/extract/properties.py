"""The properties of a document in an OLE container, those too that users add ([MS-OLEPS])."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from itertools import islice

from casb_cli.scan.extract.records import readable

_ENCODINGS = {
    65001: "utf-8",
    1200: "utf-16-le",
    10000: "mac-roman",
    10007: "mac-cyrillic",
    936: "gbk",
    28591: "latin-1",
}
_NARROW, _WIDE, _BYTES, _VARIANT, _MANY = 0x1E, 0x1F, 0x41, 0x0C, 0x1000
_NUMBERS = {0x03: "<i", 0x05: "<d", 0x14: "<q"}
_MOST = 20_000
"""Properties, and items of lists, that are looked at: what is told of their number may be wrong."""
_LARGEST, _LONGEST = 1 << 24, 1 << 20
"""Letters of all of them, and bytes of one."""


def property_texts(data: bytes) -> Iterator[str]:
    """Yield the texts, and whole numbers that users gave, of a stream of properties.

    Raises struct.error where it is torn. What is too much to be true is left out.
    """
    count = min(struct.unpack_from("<I", data, 24)[0], 2)
    for number in range(count):
        start = struct.unpack_from("<I", data, 28 + 20 * number + 16)[0]
        left = _LARGEST
        for text in islice(_section(data[start:]), _MOST):
            left -= len(text)
            if left < 0:
                return
            if text:
                yield text


def _section(data: bytes) -> Iterator[str]:
    count = min(struct.unpack_from("<4xI", data)[0], _MOST)
    places = dict(struct.iter_unpack("<II", data[8 : 8 + 8 * count])) if len(data) >= 8 + 8 * count else {}
    page = 1252
    if 1 in places:
        page = struct.unpack_from("<4xH", data, places[1])[0]
    encoding = _ENCODINGS.get(page, f"cp{page}")
    try:
        codecs.lookup(encoding)
    except LookupError:
        encoding = "cp1252"
    if 0 in places:
        yield from _names(data, places[0], encoding)
    for number, at in places.items():
        if number > 1:
            yield from _value(data, at, encoding, own=0 in places)


def _names(data: bytes, at: int, encoding: str) -> Iterator[str]:
    """Yield the names that users gave to properties."""
    count = min(struct.unpack_from("<I", data, at)[0], _MOST)
    at += 4
    for _ in range(count):
        size = struct.unpack_from("<4xI", data, at)[0] * (1 + (encoding == "utf-16-le"))
        yield _text(data[at + 8 : at + 8 + min(size, _LONGEST)], encoding)
        at += 8 + size + (-size % 4 if encoding == "utf-16-le" else 0)


def _value(data: bytes, at: int, encoding: str, *, own: bool) -> Iterator[str]:
    kind = struct.unpack_from("<I", data, at)[0]
    at += 4
    if kind == _BYTES:  # links of the document, among others
        size = struct.unpack_from("<I", data, at)[0]
        for run in readable(data[at + 4 : at + 4 + min(size, _LONGEST)]):
            yield run.decode("utf-8", "replace").replace("%20", " ")
        return
    if kind in _NUMBERS:
        number = struct.unpack_from(_NUMBERS[kind], data, at)[0]
        yield str(int(number)) if own and number == number // 1 else ""
        return
    count = 1
    if kind & _MANY:
        count = min(struct.unpack_from("<I", data, at)[0], _MOST)
        at += 4
    for _ in range(count):
        one = kind & ~_MANY
        if one == _VARIANT:
            one = struct.unpack_from("<I", data, at)[0]
            at += 4
        if one not in (_NARROW, _WIDE):
            if kind != _MANY | _VARIANT or one not in _NUMBERS:
                return
            at += struct.calcsize(_NUMBERS[one])
            yield ""
            continue
        size = struct.unpack_from("<I", data, at)[0] * (1 + (one == _WIDE))
        yield _text(data[at + 4 : at + 4 + min(size, _LONGEST)], "utf-16-le" if one == _WIDE else encoding)
        at += 4 + size + -size % 4


def _text(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "replace").partition("\0")[0].strip()
