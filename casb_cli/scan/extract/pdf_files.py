"""Files inside of a PDF that pdfium names and does not give: those told by their Unicode name alone."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from casb_cli.scan.extract.base import Context, Source, Stop
from casb_cli.scan.extract.pdf_strings import STREAM

_GIVEN = re.compile(rb"/EF\s{0,10}<<([^<>]{1,200})>>")
_REFERENCE = re.compile(rb"([0-9]{1,10})\s{1,4}[0-9]{1,5}\s{1,4}R\b")
_NUMBER = re.compile(rb"([0-9]{1,10})\s{1,4}[0-9]{1,5}\s{1,4}\Z")
_FILTER = re.compile(rb"/Filter\s{0,4}\[?\s{0,4}/(\w{1,20})")
_LONGEST_HEAD = 4096


def given_files(source: Source, context: Context) -> Iterator[bytes]:
    """Yield the content of each file that an entry of the document gives; raises Stop where that cannot be read."""
    if source.size > context.limits.in_memory:
        raise Stop("too-large", "an attached file")
    source.file.seek(0)
    data = source.file.read()
    numbers = {number for found in _GIVEN.findall(data) for number in _REFERENCE.findall(found)}
    streams: dict[bytes, tuple[bytes, int]] = {}
    for stream in STREAM.finditer(data):
        context.tick()
        begin = data.rfind(b"obj", max(stream.start() - _LONGEST_HEAD, 0), stream.start())
        number = _NUMBER.search(data, max(begin - 20, 0), max(begin, 0))
        head = data[begin : stream.start()]
        if number and (number[1] in numbers or b"/EmbeddedFile" in head):
            streams[number[1]] = head, stream.end()  # the last one counts: each save adds its own
    if not streams:
        raise Stop("corrupted", "an attached file")
    for head, at in streams.values():
        end = data.find(b"endstream", at)
        yield _unpacked(head, data[at : end if end >= 0 else len(data)], context)


def _unpacked(head: bytes, data: bytes, context: Context) -> bytes:
    packing = _FILTER.search(head)
    if packing is None:
        return data.rstrip(b"\r\n")
    if packing[1] not in (b"FlateDecode", b"Fl"):
        raise Stop("unsupported", "an attached file")
    try:
        out = zlib.decompressobj().decompress(data, context.limits.in_memory)
    except zlib.error:
        raise Stop("corrupted", "an attached file") from None
    context.unpack(len(out), len(out), max(len(data), 1))
    return out
