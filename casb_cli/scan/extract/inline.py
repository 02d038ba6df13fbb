"""Markup inside of plain text and of strings: words that only tags or written-out blanks part are joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from casb_cli.scan.extract.told import markup

_NAMES = rb"(?:b|i|u|s|em|tt|font|mark|span|strong|small|big|wbr|ins|del)"


_INSIDE = rb"\\?/?" + _NAMES + rb"(?:\s[A-Za-z:-]{1,30}=[^<>\r\n]{0,300}?)?\s?\\?/?"
_BLANK = rb"(?:nbsp|ensp|emsp|thinsp|#160|#[xX][aA]0|#8239|#32);"
_COLOUR = rb"\[[0-9;:]{0,40}[mK]"
_ONE = (
    rb"[<&\\\x1b](?:(?<=\x1b)"
    + _COLOUR
    + rb"|(?<=<)"
    + _INSIDE
    + rb">|(?<=&)(?:(?:amp;)?"
    + _BLANK
    + rb"|lt;"
    + _INSIDE
    + rb"(?:>|&gt;))"
    rb"|(?<=\\)\\{0,3}(?=_)|(?<=\\)u00(?:3[cC]" + _INSIDE + rb"\\u003[eE]|26" + _BLANK + rb"))"
)
RUN = _ONE + rb"(?:" + _ONE + rb"| (?=[<&\\]))*+"
"""Tags that only dress a part of a line, blanks, and colours of terminals, in a row: plain, or as in XML or JSON.

And what Markdown and TeX write in front of a low line.
"""
_RUN = re.compile(RUN)
_COLOURS = re.compile(rb"\x1b" + _COLOUR)
_BLANKS = re.compile(rb"(?:[&;]|\\u0026)" + _BLANK + rb"|[ ](?=[<&\\])")
_WORD = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-./@+=:")
"""What words and numbers have, and the colon between a label and its value, which often look different."""


_NEAR = 400
_MOST = 2_000
"""Places of markup in a block from which all of it is looked through."""


class Runs:
    """Finds the runs in one block, near what tells of markup: in most of a text there is none."""

    def __init__(self, block: bytes, ends: list[int]) -> None:
        self._near = [(0, len(block))] if len(ends) > _MOST else [(max(at - _NEAR, 0), at + _NEAR) for at in ends]

    def finditer(self, block: bytes) -> Iterator[re.Match[bytes]]:
        """Yield the runs in order."""
        done = 0
        for low, high in self._near:
            for found in _RUN.finditer(block, max(low, done), high):
                yield found
                done = found.end()

    def sub(self, plain: Callable[[re.Match[bytes]], bytes], block: bytes) -> bytes:
        """Return the block with what `plain` gives for each run."""
        return replaced(self.finditer(block), plain, block)


def replaced(pieces: Iterator[re.Match[bytes]], plain: Callable[[re.Match[bytes]], bytes], block: bytes) -> bytes:
    """Return a block with what `plain` gives for each piece of it."""
    parts: list[bytes] = []
    at = 0
    for found in pieces:
        piece = plain(found)
        if piece != found[0]:  # most markup stands between words, and stays
            parts += (block[at : found.start()], piece)
            at = found.end()
    return b"".join((*parts, block[at:])) if parts else block


def runs(block: bytes) -> Runs | None:
    """Return what finds the markup in a block, None where there is none."""
    return Runs(block, ends) if (ends := markup(block)) else None


def joined(found: re.Match[bytes]) -> bytes:
    """Return what a run of markup is shown as within a word or number; the run itself elsewhere."""
    if b"\x1b" in found[0]:  # a terminal shows nothing of it
        return _COLOURS.sub(b"", found[0])
    text, begin, end = found.string, found.start(), found.end()
    if begin and text[begin - 1] == 0x20:
        begin -= 1
    if end < len(text) and text[end] == 0x20:
        end += 1
    if not begin or end >= len(text) or text[begin - 1] not in _WORD or text[end] not in _WORD:
        return found[0]
    inner = begin == found.start() and end == found.end()
    return b" " if inner and _BLANKS.search(found[0]) else b""


def shown(text: bytes) -> bytes:
    """Return text with its markup within words and numbers taken out; lines stay as they are."""
    found = runs(text)
    return found.sub(joined, text) if found else text
