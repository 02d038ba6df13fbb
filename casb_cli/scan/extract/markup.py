"""Markup made text: XML, and the XML parts of office documents, block by block."""

from __future__ import annotations

import base64
import html
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote_to_bytes

from casb_cli.scan.extract.attributes import INDENTED, RARE, all_attributes, attributes
from casb_cli.scan.extract.base import Context, Segment, Source, join_place
from casb_cli.scan.extract.inline import RUN, joined
from casb_cli.scan.extract.packed_words import DOCUMENTS, decoded, unpacked_words, words
from casb_cli.scan.extract.shortened import Shortened
from casb_cli.scan.extract.text import utf8_blocks

_TAG = re.compile(rb"<[^<>]*>")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}+;?|#[xX][0-9a-fA-F]{1,6}+;?|[A-Za-z][A-Za-z0-9]{1,31}+;)")
_HOLD = 1 << 16


_FLAT = re.compile(
    rb"<(?:office:document|w:(?:wordDocument|document|hdr|ftr|comments)|p:(?:sld|notes)|pkg:package)[\s>]"
)
_WITHIN = re.compile(
    rb"<(?:(?<=[0-9A-Za-z_-]<)|(?<=[0-9A-Za-z] <))(?!(?:\w+:)?(?:br|lb|tab|p|div|li|td|row)\b)"
    rb"[A-Za-z][\w:.-]{0,24}(?:\s(?=[^<>]*=)[^<>]*+)?/?>|</[^<>]*+>(?= ?[0-9A-Za-z])"
)
"""A tag within a run of text: no element that is a value of its own begins or ends there."""


def xml_text(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield XML as it stands, with character references resolved; an office document in one XML as its text."""
    packed: list[bytes]
    if _FLAT.search(source.head(4096)):
        packed = []
        blocks = _without_parts(converted(utf8_blocks(source, context), lambda block: block), packed, context)
        yield Segment(where, "none", (_flat(block) for block in blocks))
        yield from words(packed, context, where)
        return
    packed = []
    blocks = unpacked_words(utf8_blocks(source, context), packed, formed=True)
    shorter = Shortened(converted(blocks, lambda block: block), lambda _: _LONG, _as_it_stands)
    yield Segment(where, "line", iter(shorter), shorter=shorter)
    yield from words(packed, context, where)
    if b"<mxfile" in source.head():
        yield from _diagrams(source, context, where)


_PART = re.compile(rb"<(?:w:binData|pkg:binaryData|office:binary-data)(?:\s[^<>]*)?>(?<!/>)")
_VALUES = re.compile(rb"</(?:o|meta|dc|dcterms|cp|vt):[A-Za-z][\w.-]*+>")


def _without_parts(blocks: Iterator[bytes], found: list[bytes], context: Context) -> Iterator[bytes]:
    """Yield the blocks without what is packed in them; documents among that are put into the list."""
    held: bytearray | None = None
    left = context.limits.in_memory
    for block in blocks:
        out, at = [], 0
        while at < len(block):
            if held is None:
                begun = _PART.search(block, at)
                end = begun.end() if begun else len(block)
                out.append(block[at:end])
                held = bytearray() if begun else None
            else:
                end = block.find(b"<", at)
                done, end = end >= 0, end if end >= 0 else len(block)
                held += block[at : min(end, at + max(left, 0))]
                left -= end - at
                if done:
                    data = decoded(bytes(held))
                    found += [data] if data.startswith(DOCUMENTS) else []
                    held = None
            at = end
        yield b"".join(out)


def _flat(data: bytes) -> bytes:
    return office_xml(_VALUES.sub(b"\n", data))


_SPANS = (
    rb"</tspan><tspan(?:\s(?![^<>]*\b[dxy]{1,2}=)[^<>]*+)?>|</run><run(?:\s[^<>]*+)?>"
    rb"|</hp:t></hp:run><hp:run(?:\s[^<>]*+)?><hp:t(?:\s[^<>]*+)?>"
)
"""Where a text goes on in another style: in pictures (SVG) at no place of its own, in Tableau, in Hancom's (HWPX)."""
_LONG = re.compile(_SPANS + b"|" + RUN + b"|" + _WITHIN.pattern + b"|" + _ENTITY.pattern)


def _as_it_stands(found: re.Match[bytes]) -> bytes:
    """Return what a reference stands for, or the line ends of a tag that only marks up a part of a text."""
    piece = found[0]
    if _RUN.match(found.string, found.start()):
        shown = joined(found)
        return shown if shown != piece else unescaped(piece)
    return b"\n" * piece.count(b"\n") if piece[:1] == b"<" else _referred(found).replace(b"\n", b" ")


_RUN = re.compile(RUN)
_DIAGRAM = re.compile(rb"<diagram\b[^<>]*>([A-Za-z0-9+/=\s]{16,}+)</diagram>")


def _diagrams(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the pages of a drawing of draw.io that are packed: deflated, in base64, and percent-encoded inside."""
    source.file.seek(0)
    data = source.file.read(context.limits.in_memory)
    for number, found in enumerate(_DIAGRAM.finditer(data), 1):
        unpacker = zlib.decompressobj(-15)
        text = unpacker.decompress(base64.b64decode(found[1]), context.limits.in_memory)
        context.unpack(len(text), len(text), max(len(found[1]), 1))
        shown = all_attributes(unquote_to_bytes(text))
        yield Segment(join_place(where, f"page {number}"), "none", iter((_TAG.sub(b" ", unescaped(unescaped(shown))),)))


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
    return _ENTITY.sub(_referred, data)


def _referred(found: re.Match[bytes]) -> bytes:
    return html.unescape(found[0].decode("ascii")).encode("utf-8", "replace")


_PARAGRAPH = re.compile(
    rb"</(?:[A-Za-z0-9]+:)?(?:p|tr|table-row|h|row|si|cmt|text|creator|date|note-citation|title|desc|ruby-base"
    rb"|[a-z-]{4,9}-decl)>"
    rb"|</(?:meta|dc|o):[A-Za-z][\w.-]*+>"
    rb"|<(?:[A-Za-z0-9]+:)?(?:br|cr|line-break)\s*/>|<(?:[A-Za-z0-9]+:)?annotation(?:\s[^<>]*)?>"
)
_CELL = re.compile(
    rb"\n?</(?:[A-Za-z0-9]+:)?(?:tc|table-cell|v|t-cell|lpwstr|author)>|<(?:[A-Za-z0-9]+:)?(?:tab|ptab)\s*/>"
)
_SPACES = re.compile(rb"<text:s(?:\s[^<>]*)?/>")
_ROUNDED = re.compile(rb"(office:value=\"([0-9]{12,19})\"[^<>]{0,1000}><text:p>)[^<>]*(?=</text:p>)")
"""A long number of a sheet, and how it is shown."""
_ELEMENT_END = re.compile(rb"</[^<>]*>")


_RUN_OF_TAGS = re.compile(rb"<[^<>]*+>(?:<[^<>]*+>)*+")
_WRITER = (
    (b"</w:t></w:r></w:p>", b"\n"),  # one run of tags less than if only the last of them were replaced
    (b"</w:p>", b"\n"),
    (b"<w:br/>", b"\n"),
    (b"<w:cr/>", b"\n"),
    (b"</a:p>", b"\n"),
    (b"</w:tc>", b"\t"),
    (b"<w:tab/>", b"\t"),
)
_SLIDES = (
    (b"</a:t></a:r></a:p>", b"\n"),
    (b"</a:p>", b"\n"),
    (b"<a:br/>", b"\n"),
    (b"</a:br>", b"\n"),
    (b"</a:tc>", b"\t"),
    (b"</c:v>", b"\t"),
    (b"</a:tableStyleId>", b"\n"),
    (b"</p:text>", b"\n"),
)
"""Tags as nearly every office program writes them: looked for as such, faster than all forms that they may have."""
_ROWS = {
    b"</w:tc>": ((b"\n</w:tc>", b"\t"), (b"</w:tr>", b"\n")),
    b"</a:tc>": ((b"\n</a:txBody>", b""), (b"</a:tr>", b"\n")),
}
"""What is done before the cells of tables, so that a row is a line."""
_RARE = re.compile(
    rb"<(?:(?P<line>w:br|w:cr|a:br)|w:(?P<tab>p?tab)(?!\s[^<>]*\bw:(?:val|pos)=)|w:noBreakHyphen)(?:\s[^<>]*)?/>"
)
_INDENTED = re.compile(rb"(?<!<w:t)(?<!<a:t)(?<!preserve\")>\r?\n\s*+<")


def _rare(found: re.Match[bytes]) -> bytes:
    return b"\n" if found["line"] else b"\t" if found["tab"] else b"-"


def _without_sections(data: bytes) -> bytes:
    """Return XML whose sections of plain text are written as all other text is."""
    out, at = [], 0
    # Not by re: where the end is missing, it would look for it behind each of a million beginnings.
    while (begin := data.find(b"<![CDATA[", at)) >= 0 and (end := data.find(b"]]>", begin)) >= 0:
        out += [data[at:begin], data[begin + 9 : end].replace(b"&", b"&amp;").replace(b"<", b"&lt;")]
        at = end + 3
    return b"".join([*out, data[at:]]) if at else data


def office_xml(data: bytes) -> bytes:
    """Return the text of an office document's XML: paragraphs as lines, cells and tabs as tabs."""
    data = _without_sections(data)
    aside, marks = attributes(data)
    usual = _WRITER if b"</w:p>" in marks else _SLIDES if b"</a:p>" in marks else None
    if usual:
        if INDENTED in marks:
            data = _INDENTED.sub(b"><", data)
        if RARE in marks:
            data = _RARE.sub(_rare, data)
        for tag, mark in usual:
            if tag in marks:
                for end, other in _ROWS.get(tag, ()):
                    data = data.replace(end, other)
                data = data.replace(tag, mark)
    else:
        if b"office:value=" in marks:
            data = _ROUNDED.sub(rb"\1\2", data)
        data = _PARAGRAPH.sub(b"\n", data)
        data = _SPACES.sub(b" ", _CELL.sub(b"\t", data))
    text = _RUN_OF_TAGS.sub(b"", data)
    return unescaped(text + b"\n" + aside + b"\n" if aside else text)


_DRAWN_END = re.compile(rb"</(?!a:)[^<>]*>|</a:(?:p|br)>|<a:br\s?/>")


def drawn_xml(data: bytes) -> bytes:
    """Return the text of charts and drawings: paragraphs of runs, among elements whose values stand alone."""
    data = _without_sections(data)
    aside, _ = attributes(data)
    text = _RUN_OF_TAGS.sub(b"", _DRAWN_END.sub(b"\n", data))
    return unescaped(text + b"\n" + aside + b"\n" if aside else text)


_TORN = re.compile(rb"<[^<>]{0,65536}\Z")
_NAMED = re.compile(
    rb"<(?=[^<>]*\sname=|[\w-]+:user-defined\s)[^<>]*?\b(?:\w+:)?name=\"([^\"<>]{1,200}+)\"[^<>]*+(?<!/)>"
    rb"|<(?:[\w.-]{1,60}+:)?(?!lpw?str)([A-Za-z][\w.-]{1,60}+)(?:\s[^<>]*+)?(?<!/)>(?=[^<>\s])"
)
"""An element that an attribute names, as the properties that users add, or one with a text of its own."""


def valued_xml(data: bytes) -> bytes:
    """Return the text of XML that describes things: its elements' and its attributes' values, behind their names."""
    data = _without_sections(data)
    told = _NAMED.sub(lambda found: (found[1] or found[2]) + b": ", data)
    text = _TAG.sub(b" ", _ELEMENT_END.sub(b"\n", _TORN.sub(b"", told))) + b"\n" + all_attributes(data) + b"\n"
    return b"" if text.isspace() else unescaped(text)


def attributes_xml(data: bytes) -> bytes:
    """Return only the texts in attributes of XML that is formatting for the rest."""
    return unescaped(attributes(data)[0])


def spaced_xml(data: bytes) -> bytes:
    """Return the text of XML whose elements are values of their own (properties, raw sheets)."""
    return unescaped(_TAG.sub(b" ", _ELEMENT_END.sub(b"\n", _without_sections(data))))
