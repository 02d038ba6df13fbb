"""How much of a pattern is fixed text: what every match of it holds, letter for letter."""

from __future__ import annotations

import re
import re._parser as parser  # type: ignore[import-not-found] # its own stub is missing
import warnings
from collections.abc import Iterable
from functools import reduce
from re._constants import AT, BRANCH, IN, LITERAL, MAX_REPEAT, MIN_REPEAT, SUBPATTERN  # type: ignore[import-not-found]
from typing import Any, NamedTuple

_FEW = 3
"""Members up to which a set of bytes counts as one fixed byte: the engine writes them out."""


class _Text(NamedTuple):
    """The fixed bytes at the begin and the end of a part, the most in a row, and those of all of it if it is fixed."""

    head: int
    tail: int
    most: int
    whole: int | None

    def then(self, other: _Text) -> _Text:
        return _Text(
            self.head if self.whole is None else self.whole + other.head,
            other.tail if other.whole is None else self.tail + other.whole,
            max(self.most, other.most, self.tail + other.head),
            None if self.whole is None or other.whole is None else self.whole + other.whole,
        )


_LOOSE = _Text(0, 0, 0, None)


def fixed_text(expression: str) -> int:
    """Return the bytes of the longest run of fixed text that every match holds; 0 where that cannot be told."""
    if expression.isalnum():
        return len(expression.encode())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the engine's syntax has and Python's will have
            return _sequence(parser.parse(expression.replace(r"\z", r"\Z"))).most
    except (re.error, RecursionError, OverflowError):
        return 0


def _sequence(nodes: Iterable[tuple[Any, Any]]) -> _Text:
    return reduce(_Text.then, (_part(*node) for node in nodes), _fixed(0))


def _part(kind: Any, told: Any) -> _Text:
    if kind is LITERAL:
        return _fixed(len(chr(told).encode("utf-8", "surrogatepass")))
    if kind is AT:
        return _fixed(0)
    if kind is IN and len(told) <= _FEW and all(one is LITERAL for one, _ in told):
        return _fixed(1)
    if kind is SUBPATTERN:
        return _sequence(told[3])
    if kind is BRANCH:
        ways = [_sequence(way) for way in told[1]]
        sizes = [way.whole for way in ways if way.whole is not None]
        return _Text(
            min(way.head for way in ways),
            min(way.tail for way in ways),
            min(way.most for way in ways),
            min(sizes) if len(sizes) == len(ways) else None,
        )
    if kind in (MAX_REPEAT, MIN_REPEAT) and told[0] >= 1:
        return _sequence(told[2])._replace(whole=None)
    return _LOOSE


def _fixed(size: int) -> _Text:
    return _Text(size, size, size, size)
