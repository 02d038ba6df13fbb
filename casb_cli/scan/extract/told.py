"""What is known of a block of text after a look: whether it speaks of base64, and whether there is markup in it."""

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
_MARKUP = ("</b>", "</span>", "</strong>", "</em>", "</i>", "nbsp;", "#160;", r"\\u003c", "<wbr>", r"<\\/", r"\x1b\[")
"""What the commonest markup within words has: each word more would cost all other text."""


class Packed(msgspec.Struct, frozen=True):
    """What speaks of base64 in a block: where the word for it ends, where documents in it begin, and what else does."""

    words: list[int]
    documents: list[int]
    elsewhere: bool


# Each of the two has few words to look for: with those of both together, one look takes half as long again as two.


def packed(block: bytes) -> Packed:
    """Return what speaks of base64 in a block."""
    found = hits(_of_base64(), block)
    first = 1 + len(_ELSEWHERE)
    documents = (end - len(begun) for number, begun in enumerate(_DOCUMENTS, first) for end in found.get(number, ()))
    return Packed(found.get(0, []), sorted(documents), elsewhere=any(0 < number < first for number in found))


def markup(block: bytes) -> list[int]:
    """Return where markup within words ends in a block, in order."""
    return sorted(chain.from_iterable(hits(_of_markup(), block).values()))


@lru_cache(maxsize=1)
def _of_base64() -> Any:
    rules = [Rule(hint=hint, pattern="", linear=True) for hint in (_BASE64, *_ELSEWHERE)]
    return load((*rules, *(Rule(hint=hint, pattern="") for hint in _DOCUMENTS)), None)


@lru_cache(maxsize=1)
def _of_markup() -> Any:
    return load(tuple(Rule(hint=hint, pattern="") for hint in _MARKUP), None)
