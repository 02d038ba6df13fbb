"""Texts in base64 inside of text, where that says that it has some: data URLs, HAR, secrets, LDIF, plist."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from casb_cli.scan.detect.database import hits, load
from casb_cli.scan.detect.rules import Rule
from casb_cli.scan.extract.base import Context, Segment, Source, join_place
from casb_cli.scan.extract.sniff import looks_textual

_BASE64, *_TELLING = ("base64", r"kind:[ \t]?Secret\b", '"Secret"', "<data>", r"^dn: ")
"""What stands beside base64: nothing else is looked for, as hashes and keys look alike.

Behind any but the first, all of a text may be packed.
"""
_NEAR = 400
"""Bytes behind the word `base64` in which it is believed, in text of no known form."""
_WORD = re.compile(rb"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_MOST = 10_000
_TRIED = 64
_DOCUMENTS = (b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x1f\x8b\x08", b"bplist00")
_LARGEST = 1 << 24
"""Bytes of all that is kept of one text."""


def unpacked_words(blocks: Iterator[bytes], found: list[bytes], *, formed: bool) -> Iterator[bytes]:
    """Yield the blocks as they are; what is packed in them is put into the list.

    `formed` says that this is JSON or XML, where base64 may stand far from the word for it.
    """
    kept = 0
    for block in blocks:
        if kept < _LARGEST:
            for word in _words(block, formed=formed):
                if len(found) >= _MOST or kept > _LARGEST:
                    break
                found.append(word)
                kept += len(word)
        yield block


def _words(block: bytes, *, formed: bool) -> Iterator[bytes]:
    for low, high in _stretches(block, formed=formed):
        for begun in _WORD.finditer(block, low, high):
            match = begun if begun.end() < high else _WORD.match(block, begun.start())
            if match is None:
                continue
            word = match[0]
            start = _plain(word[:_TRIED])
            if _text(start) or start.startswith(_DOCUMENTS):
                data = _plain(word)
                if start.startswith(_DOCUMENTS) or _text(data):
                    yield data


def _stretches(block: bytes, *, formed: bool) -> list[tuple[int, int]]:
    """Return where words may begin that are packed: all of a block, or right behind what says so."""
    found = hits(_database(), block)
    if not found:
        return []
    if formed or len(found) > 1 or 0 not in found:
        return [(0, len(block))]
    stretches: list[tuple[int, int]] = []
    for end in found[0]:
        low = max(end, stretches[-1][1] if stretches else 0)
        if low < end + _NEAR:
            stretches.append((low, end + _NEAR))
    return stretches


@lru_cache(maxsize=1)
def _database() -> Any:
    # Five times `in` would take longer than all detectors do.
    return load(tuple(Rule(hint=hint, pattern="", linear=True) for hint in (_BASE64, *_TELLING)), None)


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
