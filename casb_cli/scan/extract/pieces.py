"""Texts that JSON holds in pieces, one string for each style: chats, documents of editors and of word processors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from casb_cli.scan.extract.inline import replaced
from casb_cli.scan.extract.shortened import Finder
from casb_cli.scan.extract.told import styled

_LOOKS = (
    "style|bold|italic|italics|underline|underlined|strike|strikethrough|code|client_highlight|highlight|marks"
    "|attrs|attributes|color|backgroundColor|background|font|fontFamily|fontSize|fontType|fontWeight|size|weight"
    "|script|annotations|link|href|textStyle|magnitude|unit|foregroundColor|rgbColor|themeColor|opaqueColor|red"
    "|green|blue|weightedFontFamily|baselineOffset|smallCaps|isSubtle|detail|format|mode|textFormat|markDefs"
    "|nodeType|_type|textRun"
)
"""Names of what says how a piece looks, or that it is one of those that are parted by that only."""
_IS = (
    "type|_key|version|data|startIndex|endIndex|namedStyleType|paragraphStyle|paragraphMarker|direction|indent"
    "|listItem|level|border|offset|localId|colspan|rowspan|colwidth|layout|width|rowSpan|columnSpan|tableCellStyle"
    "|alignment|nestingLevel|language"
)
_HOLDS = "paragraph|elements|textElements|content|children|tableCells|tableRows|table"
"""Names of what says what a piece is, and of what holds pieces: those of values, and of labels, are not among them."""


def _seam(q: str) -> str:
    """Return what parts two pieces, where quotes are written so."""
    css = r"(?:[a-z-]{2,30}+:\s?+[\w #.,()%-]{1,40}+;?+\s?+){0,4}+"
    word = r"[A-Za-z][A-Za-z #_-]{0,30}+[0-9]{0,4}+|#[0-9A-Fa-f]{3,8}+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    word += r"|[0-9a-f]{6,12}+|[0-9]{0,4}+(?:\.[0-9]{1,2}+)?(?:px|pt|em|rem|%)?"
    atom = rf"(?:true|false|null|-?[0-9]{{1,9}}+(?:\.[0-9]{{1,18}}+)?(?:[eE]-?[0-9]{{1,2}}+)?|{q}(?:{word}){q})"
    value = rf"(?:(?=\{{)|\[\s*+(?:{atom}(?:\s*+,\s*+{atom})*+\s*+\])|(?=\[)|{atom})"
    looks = rf"{q}(?:{_LOOKS}){q}\s*+:\s*+{value}|{q}style{q}\s*+:\s*+{q}{css}{q}"
    told_so = rf"{looks}|{q}(?:{_IS}){q}\s*+:\s*+{value}"
    holds = rf"{q}(?:{_HOLDS}){q}\s*+:\s*+(?=[{{\[])"
    copy = rf"{q}plain_text{q}\s*+:\s*+{q}[^\"\\]*+{q}"  # the piece once more
    begins = rf"{q}(?:text|content|value|insert){q}\s*+:\s*+(?:\{{\s*+{q}content{q}\s*+:\s*+)?+{q}"
    # What begins none is consumed all the same: tried again from each quote in it, it would take time in its square.
    return rf"{q}\s*+(?=[,}}])(?:\s++|[{{}}\[\],]|{told_so}|{holds}|{copy})*+(?:({begins})|)"


@cache
def _seams() -> re.Pattern[bytes]:
    """Find what is from a piece's end to the next one's beginning, where all between them says how they look."""
    return re.compile("|".join(_seam(quote) for quote in ('"', r"\\\"", r"\\\\\\\"")).encode())


_COPY = re.compile(rb"plain_text[\"\\]{1,4}\s*+:\s*+[\"\\]{1,4}[^\"\\]*+")
_LOOKS_BEHIND = re.compile(rb"[^\"\\]{0,4000}+[\"\\]{1,4},\s*+[\"\\]{1,4}(?:" + _LOOKS.encode() + rb")[\"\\]")
_STYLED = frozenset(_LOOKS.encode().split(b"|")) | {b"TextRun", b"insert", b"plain"}
_WORD = re.compile(rb"\"(\w+)")
_STRUCTURE = bytes(set(range(256)) - set(b"{}[]"))
_BEFORE, _BEHIND, _LONGEST = 1_500, 500, 4_000


def _kind(found: re.Match[bytes]) -> bytes | None:
    """Return what stands for a seam: nothing within a line of text, a comma between two; None where it is none."""
    if found.lastindex is None:
        return None
    gap = found[0]
    if b"}" not in gap or len(gap) > _LONGEST:
        return None
    marks = (_COPY.sub(b"", gap) if b"plain_text" in gap else gap).translate(None, _STRUCTURE)
    while len(marks) > len(marks := marks.replace(b"{}", b"").replace(b"[]", b"")):
        pass
    ends = marks.rstrip(b"{[")
    if not ends or len(ends) == len(marks) or ends.strip(b"}]"):
        return None
    if b"]" in ends:
        return b'", "'
    one_line = len(ends) * 2 == len(marks) and b"[" not in marks
    styled = not _STYLED.isdisjoint(_WORD.findall(gap)) or _LOOKS_BEHIND.match(found.string, found.end()) is not None
    return b"" if one_line and styled else None


class Pieces:
    """Finds the seams of a block, and between them what another pattern finds."""

    def __init__(self, block: bytes, ends: list[int], other: re.Pattern[bytes] | None) -> None:
        self._other = other
        self._seams = list(_found(block, ends))

    def finditer(self, block: bytes) -> Iterator[re.Match[bytes]]:
        """Yield what is found in order."""
        at = 0
        for seam in self._seams:
            if self._other is not None:
                yield from self._other.finditer(block, at, seam.start())
            yield seam
            at = seam.end()
        if self._other is not None:
            yield from self._other.finditer(block, at)

    def sub(self, plain: Callable[[re.Match[bytes]], bytes], block: bytes) -> bytes:
        """Return the block with what `plain` gives for each."""
        return replaced(self.finditer(block), plain, block)


def _found(block: bytes, ends: list[int]) -> Iterator[re.Match[bytes]]:
    near: list[tuple[int, int]] = []
    for end in ends:
        low = max(end - _BEFORE, 0)
        if near and low <= near[-1][1]:
            low = near.pop()[0]
        near.append((low, end + _BEHIND))
    for low, high in near:
        yield from (seam for seam in _seams().finditer(block, low, high) if _kind(seam) is not None)


def pieces(block: bytes, other: re.Pattern[bytes] | None) -> Finder | None:
    """Return what finds the seams in a block, and what another pattern finds between them; that one without any."""
    return Pieces(block, ends, other) if (ends := styled(block)) else other


def together(found: re.Match[bytes]) -> bytes | None:
    """Return what stands for a seam; None where something else was found."""
    return _kind(found) if found.lastindex and found.re is _seams() else None


def whole(text: bytes) -> bytes:
    """Return text with the pieces in it joined; lines stay as they are where no piece goes on in another one."""
    found = pieces(text, None)
    return found.sub(lambda seam: together(seam) or b"", text) if found else text
