"""RTF made text: the body in one run, what stands beside it (headers, notes, fields, properties) and embedded files."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.objects import native

_MARKS = {
    **dict.fromkeys((b"par", b"line", b"row", b"nestrow", b"page", b"sect", b"column", b"softline"), b"\n"),
    **dict.fromkeys((b"tab", b"cell", b"nestcell"), b"\t"),
    **dict.fromkeys((b"enspace", b"emspace", b"qmspace"), b" "),
    b"emdash": "\u2014".encode(),
    b"endash": "\u2013".encode(),
    b"bullet": "\u2022".encode(),
    b"lquote": "\u2018".encode(),
    b"rquote": "\u2019".encode(),
    b"ldblquote": "\u201c".encode(),
    b"rdblquote": "\u201d".encode(),
}
_ASIDE = frozenset(
    b"fonttbl colortbl stylesheet info title subject author manager company operator category keywords comment doccomm"
    b" hlinkbase header headerl headerr headerf footer footerl footerr footerf footnote sn sv sp shptxt fldinst"
    b" pntext pntxta pntxtb listtext nonshppict xe tc rxe txe propname staticval linkval".split()
)
"""Words that begin a text of its own; so does each behind a star."""
_SILENT = frozenset((b"pict", b"themedata", b"colorschememapping", b"datastore", b"blipuid", b"filetbl"))
"""Words that begin pictures and the like, in hexadecimal."""
_SYMBOLS = {b"~": b" ", b"_": b"-", b"\\": b"\\", b"{": b"{", b"}": b"}", b"\n": b"\n", b"\r": b"\n", b"\t": b"\t"}
_MEANT = b"|".join(sorted({*_MARKS, *_ASIDE, *_SILENT, b"u", b"uc", b"bin", b"ansicpg", b"objdata", b"docvar"}))
_FONTS = b"f|fcharset|deff|plain"


def _tokens(meant: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"(?:\\(?!(?:" + meant + rb")(?![a-z]))[a-z]{1,32}+(?:-?[0-9]{1,10}+)? ?)++"  # of no meaning to us, in a row
        rb"|\\'([0-9a-f]{2})|\\u(-?[0-9]{1,6}) ?|\\([a-z]{1,32})(-?[0-9]{1,10})? ?|\\([^a-z])|([{}])|[\r\n\0]+",
        re.IGNORECASE,
    )


_TOKEN = _tokens(_MEANT)
_TOKEN_OR_FONT = _tokens(_MEANT + b"|" + _FONTS)
"""Where no font has a page of its own, their many changes mean nothing and cost nothing."""
_CHARSETS = {
    77: "mac-roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gbk",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    255: "cp437",
}
"""The code page of a font, by the number of its character set; those of the others is the document's."""
_HELD = 64
_DEEPEST = 5_000
_MOST_OBJECTS = 1_000


def rtf_text(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the text of an RTF file, then what stands beside the body, then embedded files."""
    reader = _Reader(context)
    yield Segment(where, "none", reader.blocks(source))
    if reader.asides:
        yield Segment(join_place(where, "aside"), "none", iter((b"\n".join(reader.asides) + b"\n",)))
    for number, data in enumerate(reader.objects[:_MOST_OBJECTS], 1):
        context.member()
        place = join_place(where, f"object {number}")
        try:
            name, content = _object(data)
        except (Stop, struct.error) as error:
            context.note(place, error if isinstance(error, Stop) else Stop("corrupted", "an embedded object"))
            continue
        if content:
            yield from context.open(Source(io.BytesIO(content), name, len(content)), context, place)


def _object(data: bytes) -> tuple[str, bytes]:
    """Return the name and content of an embedded object ([MS-OLEDS] EmbeddedObject)."""
    kind, at = struct.unpack_from("<I", data, 4)[0], 8
    names = []
    for _ in range(3):
        size = struct.unpack_from("<I", data, at)[0]
        names.append(data[at + 4 : at + 4 + size].rstrip(b"\0"))
        at += 4 + size
    if kind != 2:
        return "", b""  # a link
    size = struct.unpack_from("<I", data, at)[0]
    content = data[at + 4 : at + 4 + size]
    if names[0] == b"Package":
        return native(bytes(4) + content)
    return "", content


class _Group(NamedTuple):
    """What holds again where a group ends."""

    alternative: int
    out: list[bytes]
    silent: bool
    packed: bool
    shown: str


class _Reader:
    """Takes RTF piece by piece; remembers groups, the code page and what follows a character to be passed over."""

    def __init__(self, context: Context) -> None:
        self.objects: list[bytes] = []
        self.asides: list[bytes] = []
        self._context = context
        self._body: list[bytes] = []
        self._out = self._body
        self._groups: list[_Group] = []
        self._star = False
        self._alternative = 1  # characters behind one that older readers cannot show
        self._skip = 0
        self._silent = False
        self._packed = False
        self._bytes = bytearray()
        self._page = "cp1252"
        self._shown = ""  # the page of the font in force, where it has one of its own
        self._fonts: dict[int, str] = {}
        self._font = self._default = 0  # the one that the table speaks of, and that of plain text
        self._table = -1  # how deep the group of the table of fonts stands
        self._tokens = _TOKEN_OR_FONT
        self._raw = 0
        self._kept = 0
        self._beyond = 0
        self._variable = -1  # how deep the group of a variable stands: its name and value are groups in it

    def blocks(self, source: Source) -> Iterator[bytes]:
        """Yield the body's text."""
        held = b""
        while block := source.file.read(1 << 18):
            self._context.tick()
            data = held + block
            cut = data.rfind(b"\\", max(0, len(data) - _HELD))
            cut = len(data) if cut < 0 else cut
            held = data[cut:]
            yield self._text(data[:cut])
        yield self._text(held)
        while self._groups:
            self._close()
        yield self._text(b"")
        if self._raw:
            raise Stop("corrupted", "bytes are missing")

    def _text(self, data: bytes) -> bytes:
        at = min(self._raw, len(data))
        self._raw -= at
        while found := self._tokens.search(data, at):
            self._add(data[at : found.start()])
            at = found.end()
            self._token(found)
            if self._raw:
                gone = min(self._raw, len(data) - at)
                at += gone
                self._raw -= gone
        self._add(data[at:])
        self._flush()
        text = b"".join(self._body)
        self._body.clear()
        return text

    def _add(self, text: bytes) -> None:
        if self._skip and text:
            gone = min(self._skip, len(text))
            self._skip -= gone
            text = text[gone:]
        if text:
            self._star = False
            if not self._silent:
                self._flush()
                self._out.append(text)

    def _flush(self) -> None:
        """Put down bytes of the code page: only in a row they make up characters."""
        if self._bytes:
            self._out.append(self._bytes.decode(self._shown or self._page, "replace").encode("utf-8", "replace"))
            self._bytes.clear()

    def _token(self, found: re.Match[bytes]) -> None:
        number = found.lastindex
        if number is None:
            return
        if number == 1:
            if self._skip:
                self._skip -= 1
            elif not self._silent:
                self._bytes.append(int(found[1], 16))
            return
        if number in (3, 4):
            self._word(found[3].lower(), int(found[4] or 1))
        elif number == 2:
            if not self._silent:
                self._flush()
                self._out.append(chr(int(found[2]) % 0x10000).encode("utf-8", "replace"))
            self._skip = self._alternative
        elif number == 6 and found[6] == b"{":
            if len(self._groups) >= _DEEPEST:
                self._beyond += 1
                return
            self._groups.append(_Group(self._alternative, self._out, self._silent, self._packed, self._shown))
            self._skip = 0
            if len(self._groups) == self._variable + 1:
                self._out.append(b"\n")
        elif number == 6 and self._beyond:
            self._beyond -= 1
        elif number == 6:
            self._close()
        elif found[5] == b"*":
            self._star = True
            self._aside()
        elif found[5]:
            self._add(_SYMBOLS.get(found[5], b""))

    def _word(self, word: bytes, value: int) -> None:
        if mark := _MARKS.get(word):
            self._add(mark)
        elif word == b"uc":
            self._alternative = max(0, min(value, 100))
        elif word == b"bin":
            self._raw = max(0, value)
        elif word == b"ansicpg":
            self._page = _page(value)
        elif word in (b"f", b"plain", b"deff", b"fcharset"):
            self._dress(word, value)
        elif word in _SILENT:
            self._silent = True
        elif word == b"objdata":
            self._packed = True
        elif word == b"docvar":
            self._variable = len(self._groups)
        elif word in _ASIDE and not self._star:
            self._aside()
            if word == b"fonttbl":
                self._table = len(self._groups)
        self._star = False

    def _dress(self, word: bytes, value: int) -> None:
        """Take a change of the font, or what the table says of one."""
        if word == b"deff":
            self._default = value
        elif word == b"fcharset":
            if page := _CHARSETS.get(value):
                self._fonts[self._font] = page
        elif self._table >= 0:
            self._font = value
        else:
            self._flush()
            self._shown = self._fonts.get(value if word == b"f" else self._default, "")

    def _aside(self) -> None:
        """Let what follows in this group be a text of its own."""
        if self._groups and self._out is self._groups[-1].out:
            self._flush()
            self._out = []

    def _close(self) -> None:
        self._flush()
        self._skip = 0
        if not self._groups:
            return
        group = self._groups.pop()
        if len(self._groups) < self._variable:
            self._variable = -1
        if len(self._groups) < self._table:
            self._table = -1
            self._tokens = _TOKEN_OR_FONT if self._fonts else _TOKEN
        if self._out is not group.out:
            text = b"".join(self._out)
            self._kept += len(text)
            if self._kept > self._context.limits.in_memory:
                raise Stop("too-large", "what stands beside the text")
            if self._packed and not group.packed:
                with contextlib.suppress(ValueError):  # digits are missing: there is no object
                    self.objects.append(bytes.fromhex(text.decode("ascii", "replace")))
            elif text.strip():
                self.asides.append(text)
        self._alternative, self._out, self._silent, self._packed, self._shown = group


def _page(number: int) -> str:
    name = {65001: "utf-8", 10000: "mac-roman", 932: "cp932", 936: "gbk", 949: "cp949", 950: "big5"}.get(number)
    name = name or f"cp{number}"
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
