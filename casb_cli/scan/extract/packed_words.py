"""Texts in base64 inside of text, where that says that it has some: data URLs, HAR, secrets, LDIF, plist."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator

from casb_cli.scan.extract.base import Context, Segment, Source, join_place
from casb_cli.scan.extract.sniff import looks_textual

_SAID = (b"base64", b"kind: Secret", b'"Secret"', b"<data>", b"dn: ")
"""What stands beside base64: nothing else is looked for, as hashes and keys look alike."""
_WORD = re.compile(rb"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_URL = re.compile(rb";base64,([A-Za-z0-9+/]{16,}={0,2})")
_MOST = 10_000
_TRIED = 64
_DOCUMENTS = (b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x1f\x8b\x08", b"bplist00")
_LARGEST = 1 << 24
"""Bytes of all that is kept of one text."""


def unpacked_words(blocks: Iterator[bytes], found: list[bytes]) -> Iterator[bytes]:
    """Yield the blocks as they are; what is packed in them is put into the list."""
    kept = 0
    for block in blocks:
        if kept < _LARGEST and any(said in block for said in _SAID):
            for word in _words(block):
                if len(found) >= _MOST or kept > _LARGEST:
                    break
                found.append(word)
                kept += len(word)
        yield block


def _words(block: bytes) -> Iterator[bytes]:
    pattern = (
        _WORD if any(said in block for said in _SAID[1:]) or block.count(b"base64") > block.count(b";base64,") else _URL
    )
    for match in pattern.finditer(block):
        word = match[match.lastindex or 0]
        start = _plain(word[:_TRIED])
        if _text(start) or start.startswith(_DOCUMENTS):
            data = _plain(word)
            if start.startswith(_DOCUMENTS) or _text(data):
                yield data


def _plain(word: bytes) -> bytes:
    try:
        return base64.b64decode(word + b"=" * (-len(word) % 4))
    except binascii.Error:
        return b""


def _text(data: bytes) -> bool:
    """Return whether bytes are a text, and not random ones that look alike."""
    if len(data) < 8 or not looks_textual(data) or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return error.start > len(data) - 4 and len(data) >= _TRIED * 3 // 4 - 3 and _text(data[: error.start])
    return all(char.isprintable() or char in "\t\r\n" for char in text)


def words(found: list[bytes], context: Context, where: str) -> Iterator[Segment]:
    """Yield what was found: texts together, documents each as such."""
    texts = [data for data in found if not data.startswith(_DOCUMENTS)]
    if texts:
        yield Segment(join_place(where, "base64"), "none", iter((b"\n".join(texts) + b"\n",)))
    for number, data in enumerate((data for data in found if data.startswith(_DOCUMENTS)), 1):
        context.member()
        place = join_place(where, f"base64 {number}")
        yield from context.open(Source(io.BytesIO(data), "", len(data)), context, place)
