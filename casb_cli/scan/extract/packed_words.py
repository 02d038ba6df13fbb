"""Texts in base64 inside of text, where that says that it has some: data URLs, HAR, secrets, LDIF, plist."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator

from casb_cli.scan.extract.base import Context, Segment, Source, join_place
from casb_cli.scan.extract.sniff import looks_textual
from casb_cli.scan.extract.told import packed

_NEAR = 400
"""Bytes behind the word `base64` in which it is believed, in text of no known form."""
_WORD = re.compile(rb"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_MOST = 10_000
_TRIED = 64
DOCUMENTS = (b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x1f\x8b\x08", b"bplist00")
_LARGEST = 1 << 24
"""Bytes of all that is kept of one text."""


def unpacked_words(
    blocks: Iterator[bytes], found: list[bytes], *, formed: bool, all_of: bool = False
) -> Iterator[bytes]:
    """Yield the blocks as they are; what is packed in them is put into the list.

    `formed` says that this is JSON or XML, where base64 may stand far from the word for it; `all_of` that it is of a
    kind that may have any value packed.
    """
    kept = 0
    for block in blocks:
        if kept < _LARGEST:
            for word in _words(block, [(0, len(block))] if all_of else _stretches(block, formed=formed)):
                if len(found) >= _MOST or kept > _LARGEST:
                    break
                found.append(word)
                kept += len(word)
        yield block


def _words(block: bytes, stretches: list[tuple[int, int]]) -> Iterator[bytes]:
    for low, high in stretches:
        for begun in _WORD.finditer(block, low, high):
            match = begun if begun.end() < high else _WORD.match(block, begun.start())
            if match is None:
                continue
            word = match[0]
            start = decoded(word[:_TRIED])
            if _text(start) or start.startswith(DOCUMENTS):
                data = decoded(word)
                if start.startswith(DOCUMENTS) or _text(data):
                    yield data


def _stretches(block: bytes, *, formed: bool) -> list[tuple[int, int]]:
    """Return where words may begin that are packed: all of a block, or right behind what says so."""
    found = packed(block)
    if found.elsewhere or (formed and found.words):
        return [(0, len(block))]
    begun = [(start, start + _TRIED) for start in found.documents]
    stretches: list[tuple[int, int]] = []
    for first, last in sorted([(end, end + _NEAR) for end in found.words] + begun):
        low = max(first, stretches[-1][1] if stretches else 0)
        if low < last:
            stretches.append((low, last))
    return stretches


def decoded(word: bytes) -> bytes:
    """Return what base64 stands for; nothing where it is none."""
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


_BEGUN = re.compile(rb"\s{0,8}[A-Za-z0-9+/]{60,}={0,2}(?:\s|\Z)")
_ALL = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def whole(source: Source, head: bytes, most: int) -> bytes:
    """Return what a text stands for that is nothing but base64; nothing where it is none, or holds no text."""
    if source.size > most or _BEGUN.match(head) is None:
        return b""
    word = b"".join(source.head(source.size).split())
    data = decoded(word) if _ALL.fullmatch(word) else b""
    return data if data.startswith(DOCUMENTS) or _text(data) else b""


def words(found: list[bytes], context: Context, where: str) -> Iterator[Segment]:
    """Yield what was found: texts together, documents each as such."""
    texts = [data for data in found if not data.startswith(DOCUMENTS)]
    if texts:
        yield Segment(join_place(where, "base64"), "none", iter((b"\n".join(texts) + b"\n",)))
    for number, data in enumerate((data for data in found if data.startswith(DOCUMENTS)), 1):
        context.member()
        place = join_place(where, f"base64 {number}")
        yield from context.open(Source(io.BytesIO(data), "", len(data)), context, place)
