"""Which of several kinds that a number could be of is the one that the words beside it speak of."""

from __future__ import annotations

import re
from itertools import islice
from typing import Protocol, TypeVar

from casb_cli.core.models import Confidence
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.places import Places
from casb_cli.scan.detect.rules import Detector

_Rank = tuple[bool, bool]
"""How far a number is from being of a kind: the least is the likeliest."""

_SURE: _Rank = (False, False)
"""The rank of a form that needs no word."""
_FEW = 5
_RIGHT_BEFORE = 20
"""Bytes in front of a value within which a word is its label."""
_JOINTS = expression(rb"[\s_\-]+")
_DIGIT = expression(rb"[0-9](?=[^0-9]*$)")


class _Owner(Protocol):
    @property
    def detector(self) -> Detector: ...
    @property
    def keywords(self) -> re.Pattern[bytes] | None: ...
    def holds(self, value: bytes) -> bool: ...


class _Found(Protocol):
    start: int
    end: int
    value: bytes

    @property
    def armed(self) -> _Owner: ...


Item = TypeVar("Item", bound=_Found)


def one_kind(held: list[tuple[Item, Confidence]], buffer: bytes, places: Places) -> list[tuple[Item, Confidence]]:
    """Return the candidates without the numbers of people that, on the same text, another kind is likelier for."""
    several = [one[0] for one in held if one[0].armed.detector.family == "personal" and not one[0].armed.detector.index]
    if len(several) < 2:
        return held
    dropped: set[int] = set()
    group = several[:1]
    upto = group[0].end
    for candidate in (*several[1:], None):
        if candidate is not None and candidate.start < upto:
            group.append(candidate)
            upto = max(upto, candidate.end)
            continue
        if len(group) > 1:
            dropped |= {id(one) for one in group} - {id(one) for one in _likeliest(group, buffer, places)}
        if candidate is not None:
            group, upto = [candidate], candidate.end
    return [one for one in held if id(one[0]) not in dropped] if dropped else held


def founded(held: list[tuple[Item, Confidence]], buffer: bytes, places: Places) -> list[tuple[Item, Confidence]]:
    """Return the candidates without bare digits whose kind no check tells, only words that many kinds share.

    They stay where no generic detector found the same text: it says as much as is known.
    """
    generic = {(c.start, c.end) for c, _ in held if c.armed.detector.generic and c.armed.detector.gated}
    if not generic:
        return held
    return [
        one
        for one in held
        if not (one[0].armed.detector.common and one[0].value.isdigit() and (one[0].start, one[0].end) in generic)
        or not _rank(one[0], buffer, places)[1]
        or _proven(one[0])
    ]


def _likeliest(group: list[Item], text: bytes, places: Places) -> list[Item]:
    """Return those of the kinds that a number is likeliest of.

    A kind of which a check digit holds for the value is likelier than one that has none for it; asked last, since it
    takes longest.
    """
    ranks = [_rank(one, text, places) for one in group]
    best = [one for one, its in zip(group, ranks, strict=True) if its == min(ranks)]
    return [one for one in best if _proven(one)] or best if len(best) > 1 else best


def _needed(one: _Found) -> re.Pattern[bytes] | None:
    """Return the words without which a number is not of the kind that it was found as, None for a form that is sure."""
    return one.armed.keywords if one.armed.detector.gated else None


def _rank(one: _Found, text: bytes, places: Places) -> _Rank:
    """Return how far a number is from being of the kind that it was found as.

    A label tells more than a word near by, and a word of its own more than one that many kinds share.
    """
    detector, words = one.armed.detector, _needed(one)
    if words is None:
        return _SURE
    name, rows = places.column(text, one.start)
    near = list(words.finditer(text, max(rows, one.start - detector.distance), one.start))
    label = [found[0] for found in near if found.end() >= one.start - _RIGHT_BEFORE]
    label += [found[0] for found in words.finditer(name)]
    said = label or [found[0] for found in (*near, *words.finditer(text, one.end, one.end + detector.distance))]
    own = any(_JOINTS.sub(b" ", word).lower().decode("utf-8", "ignore") not in detector.common for word in said)
    return not label, not own


def _proven(one: _Found) -> bool:
    """Return whether a check tells a number from others: few hold that differ from it in the last digit."""
    last = _DIGIT.search(one.value)
    if last is None or _needed(one) is None:
        return True
    at = last.start()
    others = (one.value[:at] + b"%d" % digit + one.value[at + 1 :] for digit in range(10) if b"%d" % digit != last[0])
    return sum(islice(filter(None, map(one.armed.holds, others)), _FEW)) < _FEW
