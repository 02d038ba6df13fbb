"""Markup made text: HTML, RTF and the XML parts of office documents, block by block."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from casb_cli.scan.extract.base import Context, Segment, Source
from casb_cli.scan.extract.text import utf8_blocks

_TAG = re.compile(rb"<[^<>]*>")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NAME = re.compile(rb"</?([A-Za-z][A-Za-z0-9]*)")
_INLINE = frozenset(
    b"a abbr b bdi bdo big cite code em font i ins del mark q s small span strong sub sup tt u wbr".split()
)
_ATTRIBUTE = re.compile(
    rb"\b(href|src|value|content|alt|title|action|placeholder|data-[a-z0-9-]{1,40})\s{0,4}=\s{0,4}"
    rb"(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE,
)
_HOLD = 1 << 16


def html_text(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the visible text, comments, scripts and telling attributes of HTML; lines stay where they were."""
    yield Segment(where, "line", converted(utf8_blocks(source, context), _html))


_FLAT = re.compile(rb"<(?:office:document|w:wordDocument|pkg:package)[\s>]")


def xml_text(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield XML as it stands, with character references resolved; an office document in one XML as its text."""
    if _FLAT.search(source.head(4096)):
        yield Segment(where, "none", converted(utf8_blocks(source, context), office_xml))
    else:
        yield Segment(where, "line", converted(utf8_blocks(source, context), unescaped))


def converted(blocks: Iterable[bytes], convert: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Yield each block converted, cut so that no tag is torn apart (one longer than 64 KiB is)."""
    held = b""
    for block in blocks:
        data = held + block if held else block
        cut = data.rfind(b"<")
        entity = data.rfind(b"&", max(0, len(data) - 40))
        whole = cut < 0 or data.find(b">", cut) >= 0
        if whole:
            cut = entity if entity >= 0 and data.find(b";", entity) < 0 else len(data)
        if len(data) - cut > _HOLD:
            cut = len(data)
        held = data[cut:]
        yield convert(data[:cut])
    if held:
        yield convert(held)


def unescaped(data: bytes) -> bytes:
    """Return the data with character references resolved."""
    if b"&" not in data:
        return data
    return _ENTITY.sub(lambda m: html.unescape(m[0].decode("ascii")).encode("utf-8", "replace"), data)


def _html(data: bytes) -> bytes:
    return unescaped(_TAG.sub(_html_tag, data))


def _html_tag(found: re.Match[bytes]) -> bytes:
    tag = found[0]
    lines = b"\n" * tag.count(b"\n")
    if tag.startswith(b"<!--"):
        return b" " + tag[4:].removesuffix(b"-->") + b" "
    name = _NAME.match(tag)
    if name is None:
        # `a < b > c` is text, not a tag
        return lines if tag.startswith((b"<!", b"<?")) else tag
    gap = b"" if name[1].lower() in _INLINE else b" "
    if b"=" in tag:
        values = [
            b' %s="%s" ' % (m[1], m[2] or m[3] or m[4] or b"")
            for m in _ATTRIBUTE.finditer(tag)
            if not (m[2] or m[3] or m[4] or b"").startswith(b"data:")
        ]
        if values:
            return b"".join(values).replace(b"\n", b" ") + gap + lines
    return gap + lines


_PARAGRAPH = re.compile(
    rb"</(?:[A-Za-z0-9]+:)?(?:p|tr|table-row|h|row|si|cmt|text)>|<(?:[A-Za-z0-9]+:)?(?:br|cr|line-break)\s*/>"
    rb"|<(?:[A-Za-z0-9]+:)?annotation(?:\s[^<>]*)?>"
)
_CELL = re.compile(
    rb"</(?:[A-Za-z0-9]+:)?(?:tc|table-cell|v|t-cell|lpwstr|author)>|<(?:[A-Za-z0-9]+:)?(?:tab|ptab)\s*/>"
)
_SPACES = re.compile(rb"<text:s(?:\s[^<>]*)?/>")
_DESCRIBED = re.compile(rb"<[^<>]* descr=\"([^\"<>]+)\"[^<>]*>")
_ELEMENT_END = re.compile(rb"</[^<>]*>")


_RUN_OF_TAGS = re.compile(rb"<[^<>]*+>(?:<[^<>]*+>)*+")
_WRITER = (
    (b"</w:p>", b"\n"),
    (b"<w:br/>", b"\n"),
    (b"<w:cr/>", b"\n"),
    (b"</a:p>", b"\n"),
    (b"</w:tc>", b"\t"),
    (b"<w:tab/>", b"\t"),
)
_SLIDES = ((b"</a:p>", b"\n"), (b"<a:br/>", b"\n"), (b"</a:tc>", b"\t"), (b"</c:v>", b"\t"), (b"</p:text>", b"\n"))
"""Tags as nearly every office program writes them: looked for as such, faster than all forms that they may have."""


def office_xml(data: bytes) -> bytes:
    """Return the text of an office document's XML: paragraphs as lines, cells and tabs as tabs."""
    if b' descr="' in data:
        data = _DESCRIBED.sub(rb"\n\1\n\g<0>", data)
    usual = _WRITER if b"</w:p>" in data else _SLIDES if b"</a:p>" in data else None
    if usual:
        for tag, mark in usual:
            data = data.replace(tag, mark)
    else:
        data = _PARAGRAPH.sub(b"\n", data)
        data = _SPACES.sub(b" ", _CELL.sub(b"\t", data))
    return unescaped(_RUN_OF_TAGS.sub(b"", data))


def spaced_xml(data: bytes) -> bytes:
    """Return the text of XML whose elements are values of their own (properties, raw sheets)."""
    return unescaped(_TAG.sub(b" ", _ELEMENT_END.sub(b"\n", data)))


_RTF = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\u(-?[0-9]{1,6}) ?\??|\\([a-z]{1,32})(-?[0-9]{1,10})? ?|\\([^a-z])|([{}])|\r?\n"
)
_RTF_BREAKS = {b"par": b"\n", b"line": b"\n", b"row": b"\n", b"page": b"\n", b"tab": b"\t", b"cell": b"\t"}


def rtf_text(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the text of an RTF file; formatting words are dropped, line breaks kept."""

    def blocks() -> Iterator[bytes]:
        held = b""
        while block := source.file.read(1 << 18):
            context.tick()
            data = held + block
            cut = max(data.rfind(b"\\", max(0, len(data) - 64)), 0) or len(data)
            held = data[cut:]
            yield _RTF.sub(_rtf_word, data[:cut])
        if held:
            yield _RTF.sub(_rtf_word, held)

    yield Segment(where, "none", blocks())


def _rtf_word(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 16)]).decode("cp1252", "replace").encode()
    if found[2]:
        return chr(int(found[2]) % 0x10000).encode("utf-8", "replace")
    if found[3]:
        return _RTF_BREAKS.get(found[3], b"")
    if found[5]:
        return found[5] if found[5] in b"\\{}" else (b" " if found[5] == b"~" else b"")
    return b""
