"""Which of several matches on the same text are told."""

from __future__ import annotations

import bisect
from typing import Protocol, TypeVar

from casb_cli.core.models import Confidence
from casb_cli.scan.detect.rules import Detector


class _Owner(Protocol):
    detector: Detector


class _Found(Protocol):
    start: int
    end: int

    @property
    def armed(self) -> _Owner: ...


Item = TypeVar("Item", bound=_Found)


def gives_way_to(detector: Detector) -> bool:
    """Return whether a generic detector, which all are of credentials, says nothing of what this one found."""
    return detector.family == "credential" and not detector.generic


def covered(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    """Return whether one of the spans, which are sorted, overlaps a stretch of text."""
    at = bisect.bisect_left(spans, (start, 0))
    return any(s < end and e > start for s, e in spans[max(0, at - 3) : at + 3])


def outside(places: list[int], spans: list[tuple[int, int]]) -> list[int]:
    """Return the places that are in none of the spans, behind whose first byte they are; both are in order."""
    kept, at = [], 0
    for place in places:
        while at < len(spans) and spans[at][1] < place:
            at += 1
        if at == len(spans) or place <= spans[at][0]:
            kept.append(place)
    return kept


def outside_accounts(found: list[Item]) -> list[Item]:
    """Return the candidates, in the order of where they begin, without cards whose digits are a piece of an IBAN."""
    accounts = [(one.start, one.end) for one in found if one.armed.detector.id == "iban"]
    if not accounts:
        return found
    return [
        one for one in found if one.armed.detector.id != "payment-card" or not covered(accounts, one.start, one.end)
    ]


def unless_told(held: list[tuple[Item, Confidence]]) -> list[tuple[Item, Confidence]]:
    """Return the candidates without the labelled numbers of any kind that another detector tells the kind of.

    A bare number has the form of many kinds, so it's not enough that it could be one.
    """
    if not any(candidate.armed.detector.generic and candidate.armed.detector.gated for candidate, _ in held):
        return held
    told = [(c.start, c.end) for c, _ in held if not c.armed.detector.generic]
    return [
        one
        for one in held
        if not (one[0].armed.detector.generic and one[0].armed.detector.gated)
        or not covered(told, one[0].start, one[0].end)
    ]


def one_generic(held: list[tuple[Item, Confidence]]) -> list[tuple[Item, Confidence]]:
    """Return the candidates with one generic detector's for each text: the surest, then the first by its id."""
    generic = [one for one in held if one[0].armed.detector.generic]
    if len(generic) < 2:
        return held
    taken: list[tuple[int, int]] = []
    dropped = set()
    generic.sort(key=lambda one: ("high medium low".index(one[0].armed.detector.confidence), one[0].armed.detector.id))
    for candidate, _ in generic:
        at = bisect.bisect_left(taken, (candidate.start, 0))
        if any(s < candidate.end and e > candidate.start for s, e in taken[max(0, at - 1) : at + 1]):
            dropped.add(id(candidate))
        else:
            taken.insert(at, (candidate.start, candidate.end))
    return [one for one in held if id(one[0]) not in dropped]


def distinct(found: list[Item]) -> list[Item]:
    """Return the candidates without those of the same detector that overlap an earlier, wider one."""
    kept: list[Item] = []
    last: dict[str, int] = {}
    for candidate in found:
        name = candidate.armed.detector.id
        if candidate.start >= last.get(name, -1):
            kept.append(candidate)
            last[name] = candidate.end
    return kept
