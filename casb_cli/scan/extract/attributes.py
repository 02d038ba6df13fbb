"""Text that office documents keep in attributes: hints, alternative texts, fields, values of forms and variables."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_NEEDLES: tuple[tuple[bytes, re.Pattern[bytes]], ...] = tuple(
    (needle, re.compile(pattern))
    for needle, pattern in (
        # OOXML
        (rb"descr=\"[^\"]", rb"\bdescr=\"([^\"<>]+)\""),
        (rb"\stitle=\"[^\"]", rb"\stitle=\"([^\"<>]+)\""),
        (rb"\salt=\"[^\"]", rb"\salt=\"([^\"<>]+)\""),
        (rb"\sstring=\"[^\"]", rb"\sstring=\"([^\"<>]+)\""),
        (rb"tooltip=\"[^\"]", rb"tooltip=\"([^\"<>]+)\""),
        (rb":instr=\"[^\"]", rb":instr=\"([^\"<>]+)\""),
        (rb"<w:listItem\s", rb"<w:listItem\s(?:[^<>]*?\bw:value=\"([^\"<>]+)\")"),
        (rb"<w:listItem\s", rb"<w:listItem\s(?:[^<>]*?\bw:displayText=\"([^\"<>]+)\")"),
        (rb"<w:comment\s", rb"<w:comment\s[^<>]*?w:author=\"([^\"<>]+)\""),
        (rb"<w:ffData>", rb"<w:(?:default|helpText|statusText)\s[^<>]*?w:val=\"([^\"<>]+)\""),
        (rb"<w:ffData>", rb"<w:listEntry\s[^<>]*?w:val=\"([^\"<>]+)\""),
        (rb"<w:sdtPr>", rb"<w:(?:alias|tag)\s[^<>]*?w:val=\"([^\"<>]+)\""),
        (rb"<w:docVar\s", rb"<w:docVar\s([^<>]*+)>"),  # its name too, which may tell what its value is
        (rb"w:val=\"[^\"<>]{16}", rb"w:val=\"([^\"<>]{16,})\""),  # titles of tables, names of styles and parts
        (rb"<w:mailMerge>", rb"<w:(?:query|connectString)\s[^<>]*?w:val=\"([^\"<>]+)\""),
        # OpenDocument
        (rb"string-value", rb":string-value(?:-if-(?:true|false))?=\"([^\"<>]+)\""),
        (rb"xlink:href=\"[a-z]{3,8}:", rb"xlink:href=\"([a-z]{3,8}:[^\"<>]+)\""),
        (rb"<form:", rb"\bform:(?:current-value|value|label|title)=\"([^\"<>]+)\""),
        (rb"<text:text-input\s", rb"\btext:description=\"([^\"<>]+)\""),
        (rb"table:formula=\"[^\"]*&quot;", rb"table:formula=\"((?=[^\"<>]*&quot;)[^\"<>]*+)\""),
        (rb"<table:named-expression\s", rb"table:expression=\"([^\"<>]+)\""),
        (rb"<table:content-validation\s", rb"table:condition=\"([^\"<>]+)\""),
        (rb"field:value=", rb"\bfield:value=\"([^\"<>]+)\""),
        (rb"dde-item=", rb"office:dde-item=\"([^\"<>]+)\""),
        (rb"<table:table\s", rb"<table:table\s[^<>]*?table:name=\"([^\"<>]+)\""),
    )
)
"""What tells that a kind of attribute stands in a block of XML, and what takes its values out."""


MARKS = (
    b"</w:p>",
    b"</a:p>",
    b"</w:t></w:r></w:p>",
    b"</a:t></a:r></a:p>",
    b"<w:br/>",
    b"<w:cr/>",
    b"</w:tc>",
    b"<w:tab/>",
    b"<a:br/>",
    b"</a:br>",
    b"</a:tc>",
    b"</c:v>",
    b"</p:text>",
    b"</a:tableStyleId>",
    b"office:value=",
)
"""Tags that part words, as nearly every office program writes them."""
RARE, INDENTED = b"a tag", b"a line"
"""Marks that such tags stand there in another form, and that lines part the tags themselves."""
LONG = b"a value"
"""A mark that an attribute of any name holds a long number, or one as of an account."""
_FORMS = {
    LONG: rb"=\"[^\"<>]*(?:(?:[0-9](?:[ -]|%20)?){12}|[A-Z]{2}[0-9]{2}(?:(?: |%20)?[A-Z0-9]{4}){3})",
    RARE: rb"<(?:w:(?:br|cr|tab|ptab|noBreakHyphen)|a:br)\s",
    INDENTED: rb">\r?\n\s*<",
}


def attributes(data: bytes) -> tuple[bytes, frozenset[bytes]]:
    """Return the texts in attributes of office XML, one a line, each once and still escaped; and which marks it has."""
    found: dict[bytes, None] = {}
    numbers = _present()(data)
    for number in sorted(numbers):
        if number < len(_NEEDLES):
            found.update(dict.fromkeys(_NEEDLES[number][1].findall(data)))
    first = len(_NEEDLES)
    marks = frozenset(_ALL_MARKS[number - first] for number in numbers if number >= first)
    if LONG in marks:
        found.update(dict.fromkeys(value for value in _VALUES.findall(data) if _LONG.search(value)))
    for value in [value for text in found if b'="' in text for value in _WITHIN.findall(text)]:
        found.pop(value, None)
    told = b"\n".join(found)
    return told.replace(b"%20", b" ") if b"%20" in told else told, marks


_WITHIN = re.compile(rb"=\"([^\"]*)\"")
_VALUES = re.compile(rb"(?<!panose)(?<!office:value)=\"([^\"<>]{12,})\"")
_LONG = re.compile(rb"(?:[0-9](?:[ -]|%20)?){12}|[A-Z]{2}[0-9]{2}(?:(?: |%20)?[A-Z0-9]{4}){3}")
_ALL_MARKS = (*MARKS, *_FORMS)


@cache
def _present() -> Any:
    """Return what tells which needles and marks stand in data: looked for all at once, as most XML has few of them."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    needles = [needle for needle, _ in _NEEDLES] + [re.escape(mark) for mark in MARKS]
    needles += _FORMS.values()
    flags = [hyperscan.HS_FLAG_SINGLEMATCH] * len(needles)
    database.compile(expressions=needles, ids=list(range(len(needles))), elements=len(needles), flags=flags)

    def present(data: bytes) -> set[int]:
        hits: set[int] = set()
        database.scan(data, match_event_handler=lambda number, *_: hits.add(number))
        return hits

    return present


_ANY = re.compile(rb"=\"([^\"<>]{6,})\"|='([^'<>]{6,})'")
_MEANINGLESS = (b"http://schemas.", b"http://www.w3.org/", b"http://purl.org/", b"urn:", b"{")


def all_attributes(data: bytes) -> bytes:
    """Return every attribute's value of some length, one a line, each once and still escaped; no names of schemas."""
    values = dict.fromkeys(one or other for one, other in _ANY.findall(data))
    return b"\n".join(value for value in values if not value.startswith(_MEANINGLESS))
