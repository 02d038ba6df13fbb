"""The texts of a PDF that no page shows: strings of its objects, wherever they hang, and its XML (XFA, XMP)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from casb_cli.scan.extract.base import Context, Source
from casb_cli.scan.extract.markup import spaced_xml

_STRING = re.compile(
    rb"\\.|\(((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+)\)|<([0-9A-Fa-f\s]{12,}+)>|%[^\r\n]*+", re.DOTALL
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"", b"f": b"\n"}
STREAM = re.compile(rb">>\s{0,10}stream(?:\r\n|\n|\r)")
"""Where the content of a stream begins, behind its dictionary."""
_OBJECTS = re.compile(rb"/Type\s{0,4}/ObjStm\b")
_FLATE = re.compile(rb"/Filter\s{0,4}\[?\s{0,4}/(?:FlateDecode|Fl)\b")
_OTHER = re.compile(rb"/Filter\s{0,4}\[?\s{0,4}/\w")
_PICTURE = re.compile(rb"/Subtype\s{0,4}/(?:Image|Form|Type1C|CIDFontType0C|OpenType)\b|/Length[123]\b|/EmbeddedFile\b")
_DATE = re.compile(r"D:[0-9]{4}[0-9Z'+-]*")
_SHORTEST = 6


def strings(source: Source, context: Context) -> Iterator[str]:
    """Yield each text of some length once; nothing of documents that are locked or larger than may be held."""
    if source.size > context.limits.in_memory:
        return
    source.file.seek(0)
    data = source.file.read(context.limits.in_memory)
    if b"/Encrypt" in data:
        return
    seen: set[str] = set()
    for text in _all(data, context):
        if text not in seen:
            seen.add(text)
            yield text


def shown_strings(drawn: str) -> Iterator[str]:
    """Yield the texts that the commands of a drawing show, joined line by line."""
    for line in re.split(r"\bT[dDm*]\b|\bE?T\b\s", drawn):
        texts = [
            _decoded(_ESCAPE.sub(_plain, found[1]))
            for found in _STRING.finditer(line.encode("latin-1", "replace"))
            if found[1]
        ]
        if text := "".join(texts).strip():
            yield text


def _all(data: bytes, context: Context) -> Iterator[str]:
    at = 0
    while found := STREAM.search(data, at):
        context.tick()
        yield from _strings(data[at : found.start()])
        head = data[data.rfind(b"obj", at, found.start()) : found.start()]
        end = data.find(b"endstream", found.end())
        end = len(data) if end < 0 else end
        yield from _stream(head, data[found.end() : end], context)
        at = end
    yield from _strings(data[at:])


def _stream(head: bytes, body: bytes, context: Context) -> Iterator[str]:
    """Yield the texts of a stream of objects, and of one that is XML."""
    flate = _FLATE.search(head) is not None
    if _PICTURE.search(head) or (not flate and _OTHER.search(head)):
        return
    objects = _OBJECTS.search(head) is not None
    if not objects:
        first = _unpacked(body[:256], 64) if flate else body[:64]
        if not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?x", b"<x", b"<con", b"<tem", b"<for")):
            return
    if flate:
        packed = len(body)
        body = _unpacked(body, context.limits.in_memory)
        context.unpack(len(body), len(body), packed)
    if objects:
        yield from _strings(body)
    else:
        yield spaced_xml(body).decode("utf-8", "replace")


def _unpacked(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""


def _strings(data: bytes) -> Iterator[str]:
    for found in _STRING.finditer(data):
        raw = found[1]
        if found[2] is not None:
            digits = found[2].translate(None, b" \t\r\n\f\0")
            raw = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        elif raw and b"\\" in raw:
            raw = _ESCAPE.sub(_plain, raw)
        if raw is None or len(raw) < _SHORTEST:
            continue
        text = _decoded(raw)
        if len(text) >= _SHORTEST and not _DATE.fullmatch(text) and _readable(text):
            yield text


def _plain(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes((int(found[1], 8) & 0xFF,))
    return b"" if found[2] else _LETTERS.get(found[3], found[3])


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:].decode("utf-8", "replace")
    return raw.decode("latin-1")


def _readable(text: str) -> bool:
    return all(char.isprintable() or char in "\t\r\n" for char in text)
