"""Plain text, code, CSV, JSON, XML, contacts, calendars: any encoding in, UTF-8 blocks out, line and column kept."""

from __future__ import annotations

import base64
import binascii
import codecs
import io
import re
from collections.abc import Iterator

from casb_cli.scan.detect.columns import MARKS, QUOTED
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.inline import RUN, joined, runs
from casb_cli.scan.extract.packed_words import unpacked_words, whole, words
from casb_cli.scan.extract.pieces import pieces, together
from casb_cli.scan.extract.shortened import Finder, Shortened
from casb_cli.scan.extract.sniff import looks_textual, utf16_flavour
from casb_cli.scan.extract.told import markup
from casb_cli.scan.extract.written import writing

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 16


def text(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the text as one segment; the first line of comma- or tab-separated text names its columns."""
    head = _plain_head(source.head(4096))
    blocks = utf8_blocks(source, context)
    packed: list[bytes] = []
    if formed := _JSON.match(head) is not None:
        shorter = Shortened(map(_unbroken, _uncut(blocks)), _long, _letter)
    else:
        shorter = Shortened(blocks, *(writing(head) or (runs, joined)))
    blocks = unpacked_words(iter(shorter), packed, formed=formed, all_of=_is_directory(head))
    yield Segment(where, "line", blocks, header_row=_has_columns(head), shorter=shorter)
    yield from words(packed, context, where)
    if data := whole(source, head, context.limits.in_memory):
        context.member()
        yield from context.open(Source(io.BytesIO(data), "", len(data)), context, join_place(where, "base64"))


_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,100}[\[{]\s{0,1000}[\[{\"]")
_BREAKS = (b"\\n", b"\\r", b"\\t")
_BACKSLASH, _AWAY = b"\\\\", b"\xff\xfe"
"""An escaped backslash, and what stands for it meanwhile: no text of UTF-8 holds it."""
_LONG = re.compile(rb"(?:\\u[0-9a-fA-F]{4})+")
_BLANKS = re.compile("[\x00-\x1f\x7f-\xa0\u2007\u2009\u202f]")
"""Blanks, and what nobody sees, become one blank."""
_LONG_OR_RUN = re.compile(RUN + rb"|" + _LONG.pattern)


def _long(block: bytes) -> Finder | None:
    return pieces(block, _LONG_OR_RUN if markup(block) else _LONG if b"\\u" in block else None)


def _unbroken(block: bytes) -> bytes:
    """Return JSON with escaped breaks as blanks of the same size: no letter of theirs then touches a word."""
    if b"\\" not in block:
        return block
    held = _BACKSLASH in block
    if held:
        block = block.replace(_BACKSLASH, _AWAY)
    for escape in _BREAKS:
        block = block.replace(escape, b"  ")
    return block.replace(_AWAY, _BACKSLASH) if held else block


def _letter(found: re.Match[bytes]) -> bytes:
    if (seam := together(found)) is not None:
        return seam
    escape = found[0][:1] == b"\\"
    # Here and not in the expression: one that looks back takes many times as long.
    before = found.string[max(0, found.start() - 64) : found.start()] if escape else b""
    if (len(before) - len(before.rstrip(b"\\"))) % 2:
        return found[0]
    if not escape or _LONG.fullmatch(found[0]) is None:
        piece = joined(found)
        return _LONG.sub(_letter, piece) if piece[:1] == b"\\" else piece
    plain = bytes.fromhex(found[0].replace(b"\\u", b"").decode("ascii")).decode("utf-16-be", "replace")
    return _BLANKS.sub(" ", plain).encode("utf-8")


def _uncut(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the blocks so that none ends inside of an escape."""
    held = b""
    for block in blocks:
        text = held + block if held else block
        at = text.rfind(b"\\", len(text) - 5)
        held = b""
        if at >= 0 and not text.endswith(b"\\" * 64):
            at = len(text[:at].rstrip(b"\\"))
            held, text = text[at:], text[:at]
        yield text
    if held:
        yield held


_FOLD = re.compile(rb"\r?\n[ \t]")
_FOLDS = (b" ", b"\t")
_SOFT = re.compile(rb"=\r?\n")
_QUOTED = re.compile(rb"=([0-9A-F]{2})")
_HELD = 4096


def card(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield contacts and calendars with their folded lines joined and quoted characters plain (RFC 6350, RFC 5545).

    No place is told: joined lines have other numbers. Files that are attached in them follow.
    """
    attached = _Attached(context)
    yield Segment(where, "none", _unfolded(utf8_blocks(source, context), attached, context.limits.in_memory))
    for number, data in enumerate(attached.files, 1):
        context.member()
        yield from context.open(Source(io.BytesIO(data), "", len(data)), context, join_place(where, f"file {number}"))


class _Attached:
    """Files met in a text, which are opened when it is through: as many as memory may hold."""

    def __init__(self, context: Context) -> None:
        self.files: list[bytes] = []
        self._context = context
        self._left = context.limits.in_memory

    def add(self, data: bytes) -> None:
        if len(data) > self._left:
            self._context.note("", Stop("too-large", "files that are attached"))
            return
        self._left -= len(data)
        self.files.append(data)


def _unfolded(blocks: Iterator[bytes], attached: _Attached, most: int) -> Iterator[bytes]:
    rest = b""
    folded = 0  # before it each line that ends is gone on with
    for block in blocks:
        rest += block
        cut = end = max(len(rest) - _HELD, 0) + 1  # a fold may still follow behind the last lines
        while (cut := rest.rfind(b"\n", folded, cut)) >= 0 and rest[cut + 1 : cut + 2] in _FOLDS:
            pass
        if cut < 0 and len(rest) > most:
            cut = len(rest) - 1
        if cut >= 0:
            yield _plain(rest[: cut + 1], attached)
            rest = rest[cut + 1 :]
        folded = max(end - cut - 1, 0)
    yield _plain(rest, attached)


def _plain(text: bytes, attached: _Attached) -> bytes:
    quoted = b"QUOTED-PRINTABLE" in text.upper()
    joined = _FOLD.sub(b"", _SOFT.sub(b"", text) if quoted else text)
    if quoted:
        joined = _QUOTED.sub(lambda found: bytes((int(found[1], 16),)), joined)
    if b"ENCODING=B" in joined.upper():
        joined = _PACKED.sub(lambda found: _unpacked(found, attached), joined)
    if b"\\" in joined:
        joined = _ESCAPED.sub(lambda found: b"\n" if found[1] in b"nN" else found[1], joined)
    if b";FMTTYPE=text/html" in joined:
        from casb_cli.scan.extract.hypertext import html_blocks

        joined = _MARKUP.sub(lambda found: b": " + html_blocks(found[1]), joined)
    return _PARAMETERS.sub(rb"\1: ", joined)


_ESCAPED = re.compile(rb"\\([nN,;:\\])")
_PARAMETERS = re.compile(rb"(;[A-Z][A-Z0-9-]*=[^:;\r\n\"]{1,60}):(?=[^\s/])")
_MARKUP = re.compile(rb";FMTTYPE=text/html:([^\r\n]*)")
_PACKED = re.compile(
    rb"^(?!PHOTO|LOGO|SOUND|KEY)((?>[A-Z-]+;[^:\r\n]*?ENCODING=B(?:ASE64)?\b)[^:\r\n]*+):([A-Za-z0-9+/=]+)",
    re.IGNORECASE | re.MULTILINE,
)


def _unpacked(found: re.Match[bytes], attached: _Attached) -> bytes:
    """Return a property with its packed value plain, where that is text; any other is a file."""
    try:
        value = base64.b64decode(found[2])
    except binascii.Error:
        return found[0]
    if looks_textual(value) and b"\0" not in value:
        return found[1] + b": " + value
    attached.add(value)
    return found[1]


_LEAST, _PAIR = 3, 2
"""Lines from which their columns tell a table, and how many columns more two lines need for that."""


def _is_directory(head: bytes) -> bool:
    """Return whether an entry of a directory (LDIF) stands there: its values may be packed."""
    return b"\ndn: " in head or head.startswith(b"dn: ")


def _has_columns(head: bytes) -> bool:
    first = head.lstrip(b"\r\n").partition(b"\n")[0]
    if not any(mark in first for mark in MARKS) or _JSON.match(head):
        return False  # as in most texts, whatever follows; records of JSON name their values themselves
    if b'"' in head:
        head = QUOTED.sub(b"", head)
    lines = [line for line in (head.split(b"\n", 6) if b"\n" in head else head.splitlines())[:6] if line.strip(b"\r")]
    if len(lines) < _PAIR:
        return False
    least, compared = (1, lines[:-1]) if len(lines) >= _LEAST else (_PAIR, lines)
    return any(lines[0].count(mark) >= least and len({line.count(mark) for line in compared}) == 1 for mark in MARKS)


def _plain_head(head: bytes) -> bytes:
    """Return the beginning of a text as UTF-8 where it is UTF-16, else as it is."""
    if b"\0" not in head:
        return head
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else utf16_flavour(head)
    return head.decode(encoding, "replace").encode("utf-8", "replace") if encoding else head


def utf8_blocks(source: Source, context: Context) -> Iterator[bytes]:
    """Yield the content as UTF-8 blocks; bytes that no encoding explains become replacement characters."""
    sample = source.head(_SAMPLE)
    file = source.file
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8):
        if sample.startswith(mark) and _misleads(mark, sample[len(mark) :]):
            sample = sample[len(mark) :]
            file.seek(len(mark))
            break
    encoding = encoding_of(sample, whole=source.size <= _SAMPLE)
    if encoding is None:
        while block := file.read(BLOCK):
            context.tick()
            yield block
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while block := file.read(BLOCK):
        context.tick()
        yield decoder.decode(block).encode("utf-8", "replace")
    if rest := decoder.decode(b"", final=True):
        yield rest.encode("utf-8", "replace")


def _misleads(mark: bytes, text: bytes) -> bool:
    """Return whether a mark says that text is wide, or narrow, and it is the other."""
    if mark == codecs.BOM_UTF8:
        return b"\0" in text and utf16_flavour(text[:4096]) is not None
    return len(text) > _LEAST_TOLD and text.isascii() and b"\0" not in text


_LEAST_TOLD = 16
"""Bytes of ASCII that are no letters of East Asia."""


def encoding_of(sample: bytes, *, whole: bool) -> str | None:
    """Return the encoding to decode from, or None where the bytes are UTF-8 (or ASCII) already.

    `whole` says that the sample is all there is: else a character cut at its end is no fault.
    """
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    if b"\0" in sample and (flavour := utf16_flavour(sample) or utf16_flavour(sample[:4096])):
        return flavour
    if sample.isascii():
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=whole)
    except UnicodeDecodeError:
        return _guess(sample)
    return None


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    # Guessing looks at the lines that hold foreign bytes; plain ASCII in front of them tells nothing.
    telling = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:8192]
    best = from_bytes(telling or sample[:8192]).best()
    if best is None:
        return "cp1252"
    try:
        codecs.lookup(best.encoding)
    except LookupError:
        return "cp1252"
    return best.encoding
