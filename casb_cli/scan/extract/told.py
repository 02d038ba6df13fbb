"""What is known of a block of text after a look: whether it speaks of base64, has markup, or is held in pieces."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec

from casb_cli.scan.detect.database import hits, load
from casb_cli.scan.detect.rules import Rule

_BASE64 = "base64"
_ELSEWHERE = (r"kind:[ \t]?Secret\b", '"Secret"', "<data>")
"""What stands beside base64: nothing else is looked for, as hashes and keys look alike.

Behind any but the first, all of a text may be packed.
"""
_DOCUMENTS = ("JVBERi0", "UEsDB", "0M8R4KGx", "H4sIA")
"""How documents begin in base64: PDF, zip and what is one, containers of OLE, gzip."""
_MARKUP = (
    "</b>",
    "</span>",
    "</strong>",
    "</em>",
    "</i>",
    "nbsp;",
    "#160;",
    r"\\u003c",
    "<wbr>",
    r"<\\/",
    r"\x1b\[",
    r"\w\\+_\w",
)
"""What the commonest markup within words has: each word more would cost all other text."""
_KIND = r'ype["\\]{1,4}:\s?["\\]{1,4}(?:text|span|TextRun|plain|bold|italic|underline|strikethrough|code)["\\]'
_NEXT = r"\}\s*,\s*\{"
_PIECE = r'"(?:text(?:Run)?|TextRun|insert|span|tableCell)["\\]'
"""What all of the following have one of, made for the look at once: most JSON has none."""
_PIECES = (
    _NEXT + r'\s*["\\]{1,4}(?:t|nodeT|_t)' + _KIND,
    _KIND + r"[^{}]*" + _NEXT,
    r'"textRun["\\]{1,4}:',
    r'"insert["\\]{1,4}:',
    r'"table(?:Cell|Header)["\\]',
)
"""How programs name a piece of text that has a style of its own, and another in front of it or behind."""


class Packed(msgspec.Struct, frozen=True):
    """What speaks of base64 in a block: where the word for it ends, where documents in it begin, and what else does."""

    words: list[int]
    documents: list[int]
    elsewhere: bool


# Each has few words to look for: with those of two together, one look takes half as long again as two.


def packed(block: bytes) -> Packed:
    """Return what speaks of base64 in a block."""
    found = hits(_of_base64(), block)
    first = 1 + len(_ELSEWHERE)
    documents = (end - len(begun) for number, begun in enumerate(_DOCUMENTS, first) for end in found.get(number, ()))
    return Packed(found.get(0, []), sorted(documents), elsewhere=any(0 < number < first for number in found))


def markup(block: bytes) -> list[int]:
    """Return where markup within words ends in a block, in order."""
    return sorted(chain.from_iterable(hits(_of_markup(), block).values()))


def styled(block: bytes) -> list[int]:
    """Return where the names of pieces of text end in a block, in order."""
    if not hits(_of_piece(), block):
        return []
    return sorted(chain.from_iterable(hits(_of_pieces(), block).values()))


@lru_cache(maxsize=1)
def _of_base64() -> Any:
    rules = [Rule(hint=hint, pattern="", linear=True) for hint in (_BASE64, *_ELSEWHERE)]
    return load((*rules, *(Rule(hint=hint, pattern="") for hint in _DOCUMENTS)), None)


@lru_cache(maxsize=1)
def _of_markup() -> Any:
    return load(tuple(Rule(hint=hint, pattern="") for hint in _MARKUP), None)


@lru_cache(maxsize=1)
def _of_piece() -> Any:
    return load((Rule(hint=_PIECE, pattern="", once=True),), None)


@lru_cache(maxsize=1)
def _of_pieces() -> Any:
    return load(tuple(Rule(hint=hint, pattern="") for hint in _PIECES), None)
