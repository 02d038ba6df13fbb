"""What is known of a block of text after one look: whether it speaks of base64, and whether there is markup in it."""

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
_DOCUMENTS = ("JVBERi0", "UEsDBBQ", "UEsDBAo", "0M8R4KGx", "H4sIA")
"""How documents begin in base64: PDF, zip and what is one, containers of OLE, gzip."""
_MARKUP = ("</b>", "</span>", "</strong>", "</em>", "</i>", "nbsp;", "#160;", r"\\u003c", "<wbr>", r"<\\/", r"\x1b\[")
"""What the commonest markup within words has: each word more would cost all other text."""


class Told(msgspec.Struct, frozen=True):
    """What stands in a block: where the word for base64 ends, where documents in it begin, what else tells, markup."""

    words: list[int]
    documents: list[int]
    elsewhere: bool
    markup: list[int]


_NOTHING = Told([], [], elsewhere=False, markup=[])


class _Last:
    """The block that was looked at last: who unpacks and who joins ask of the same."""

    block = b""
    told = _NOTHING


def told(block: bytes) -> Told:
    """Return what stands in a block."""
    if block is not _Last.block:
        _Last.told = _look(block)
        _Last.block = block
    return _Last.told


def _look(block: bytes) -> Told:
    # So many times `in` would take longer than all detectors do.
    found = hits(_database(), block)
    if not found:
        return _NOTHING
    words, first = found.pop(0, []), 1 + len(_ELSEWHERE)
    behind = first + len(_DOCUMENTS)
    documents = sorted(
        end - len(begun) for number, begun in enumerate(_DOCUMENTS, first) for end in found.get(number, ())
    )
    markup = sorted(chain.from_iterable(ends for number, ends in found.items() if number >= behind))
    return Told(words, documents, elsewhere=any(number < first for number in found), markup=markup)


@lru_cache(maxsize=1)
def _database() -> Any:
    rules = [Rule(hint=hint, pattern="", linear=True) for hint in (_BASE64, *_ELSEWHERE)]
    rules += [Rule(hint=hint, pattern="") for hint in (*_DOCUMENTS, *_MARKUP)]
    return load(tuple(rules), None)
