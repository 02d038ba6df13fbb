"""HTML made text: what is shown, comments, scripts and telling attributes; words that only markup parts are joined."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator

from casb_cli.scan.extract.attributes import all_attributes
from casb_cli.scan.extract.base import ROW, TABLE, Context, Segment, Source
from casb_cli.scan.extract.markup import converted, unescaped
from casb_cli.scan.extract.text import utf8_blocks

_TAG = re.compile(rb"<[^<>]*>")
_TAGS = re.compile(b"(" + _TAG.pattern + b")")
_NAME = re.compile(rb"</?([A-Za-z][A-Za-z0-9-]*)")
_INLINE = frozenset(
    b"a abbr b bdi bdo big cite code em font i ins del mark q s small span strong sub sup tspan tt u wbr".split()
)
_AS_IT_STANDS = frozenset((b"script", b"style", b"pre", b"textarea", b"listing", b"xmp"))
"""Elements whose line ends are line ends."""
_CELLS = {b"td": b"\t", b"th": b"\t", b"tr": ROW, b"table": TABLE}
"""What stands for the ends of cells, rows and tables."""
_ATTRIBUTE = re.compile(
    rb"\b(href|src|value|content|alt|title|action|placeholder|summary|label|srcdoc|cite|data|formaction|caption"
    rb"|data-[a-z0-9-]{1,40}|aria-[a-z]{1,40}|on[a-z]{3,30})\s{0,4}=\s{0,4}"
    rb"(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE,
)
_DATA = re.compile(rb"data:(?:text/|application/json|image/svg)[^,]{0,100},", re.IGNORECASE)
_BESIDE = b"</span><span"
_LABELLED = re.compile(rb"(?<=[^\x00-\x40])" + _BESIDE + rb"(?=[^<>]*>[0-9][0-9 .\-]{6})")
"""Between a label and its number in elements of their own, which styles part."""
_BLOCK, _KEPT, _LATER = b"\x01", b"\x02", b"\0"
"""Marks, until the lines are put down: between blocks, in front of text whose lines stay, for a line end in a tag."""
_INVISIBLE = tuple(char.encode() for char in "\u00ad\u200b\u200c\u200d\u2060\ufeff")


def html_text(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the visible text, comments, scripts and telling attributes; each block begins in the line where it was."""
    yield Segment(where, "lines", converted(utf8_blocks(source, context), html_blocks))


def html_blocks(data: bytes) -> bytes:
    """Return the text of HTML."""
    if _BESIDE in data:
        data = _LABELLED.sub(_BESIDE.replace(b">", b"> "), data)
    parts = _TAGS.split(data.translate(None, _BLOCK + _KEPT + _LATER))  # text and tags in turn
    seen: dict[bytes, bytes] = {}
    for at in range(1, len(parts), 2):
        tag = parts[at]
        told = seen.get(tag)
        if told is None:
            seen[tag] = told = _text_of(tag)
        parts[at] = told
    blocks = b"".join(parts).split(_BLOCK)
    text = unescaped(b" ".join([block if block.isspace() else _flowing(block) for block in blocks]))
    for char in _INVISIBLE:
        if char in text:
            text = text.replace(char, b"")
    return text


def _flowing(block: bytes) -> bytes:
    """Return a block with its lines joined, as they are shown; the line ends follow it, so that lines still count."""
    if block[:1] == _KEPT:
        return block[1:].replace(_LATER, b"")
    if b"\n" not in block and _LATER not in block:
        return block
    body = block.strip(b" \t\r\n\0")
    ends = body.count(b"\n") + body.count(_LATER)
    if not ends:
        return block.replace(_LATER, b"\n")
    at = block.index(body)
    joined = body.replace(b"\r\n", b" ").replace(b"\n", b" ").replace(_LATER, b"")
    return block[:at].replace(_LATER, b"\n") + joined + b"\n" * ends + block[at + len(body) :].replace(_LATER, b"\n")


def _text_of(tag: bytes) -> bytes:
    if tag.startswith(b"<!--"):
        return _BLOCK + _KEPT + tag[4:].removesuffix(b"-->") + _BLOCK
    if tag.startswith(b"<![CDATA["):
        return tag[9:].removesuffix(b">").removesuffix(b"]]")
    lines = tag.count(b"\n")
    match = _NAME.match(tag)
    if match is None:
        # `a < b > c` is text, not a tag
        return b"\n" * lines if tag.startswith((b"<!", b"<?")) else tag
    name = match[1].lower()
    inline = name in _INLINE
    values = b"".join(_values(tag, name)).replace(b"\n", b" ") if b"=" in tag else b""
    if inline:
        return values + _LATER * lines
    if tag[1:2] == b"/" and (end := _CELLS.get(name)) is not None:
        return end + b"\n" * lines + _BLOCK
    kept = _KEPT if name in _AS_IT_STANDS and tag[1:2] != b"/" else b""
    return values + b"\n" * lines + _BLOCK + kept


_JOINED = re.compile(rb"(?<=[0-9A-Za-z])\+(?=[0-9A-Za-z])")


def _spaced(value: bytes) -> bytes:
    """Return an attribute's value with the blanks that addresses write as signs."""
    if b"%" in value:
        value = value.replace(b"%20", b" ").replace(b"%C2%A0", b" ")
    if b"+" in value and b"?" in value:
        address, mark, query = value.partition(b"?")
        value = address + mark + _JOINED.sub(b" ", query)
    return value


_NUMBER = re.compile(rb"(?P<part>[0-9]{1,6})|[0-9][0-9 .\-]{0,39}")
"""A number in a field of a form, told by the field's name or its label; or a part of one, read with those beside it."""
_FIELD = re.compile(rb"\sname\s{0,4}=\s{0,4}[\"']?([\w.\-]{2,60})", re.IGNORECASE)


def _values(tag: bytes, name: bytes) -> Iterator[bytes]:
    for found in _ATTRIBUTE.finditer(tag):
        value = found[2] or found[3] or found[4] or b""
        if _DATA.match(value):
            yield b" " + _unpacked(value) + b" "
        elif value.startswith(b"data:"):
            continue
        elif found[1].lower() == b"srcdoc":
            yield b" " + _TAG.sub(b"", unescaped(value)) + b" "
        elif name == b"input" and found[1].lower() == b"value" and (number := _NUMBER.fullmatch(value)):
            field = None if number["part"] else _FIELD.search(tag)
            yield b' %s="%s" ' % (field[1], value) if field else b" " + value + b" "
        else:
            yield b' %s="%s" ' % (found[1], _spaced(value))
    if b"-" in name:  # an element of the page's own
        yield b" " + all_attributes(tag).replace(b"\n", b" ") + b" "


def _unpacked(url: bytes) -> bytes:
    """Return the text that a data URL holds."""
    head, _, data = url.partition(b",")
    text = data.replace(b"%20", b" ")
    if head.lower().endswith(b";base64"):
        with contextlib.suppress(binascii.Error):  # no base64 after all: it stays as it is
            text = base64.b64decode(data + b"=" * (-len(data) % 4))
    return _TAG.sub(b"", text).replace(_BLOCK, b"").replace(_KEPT, b"").replace(_LATER, b"")
