"""Detectors and rules made ready: what of the text around a hint is a value, and whether it may be one."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from casb_cli.scan.detect.expressions import compiled, expression
from casb_cli.scan.detect.filters import FILTERS
from casb_cli.scan.detect.linear import Family, Linear, Words
from casb_cli.scan.detect.rules import Detector, Rule
from casb_cli.scan.detect.sought import bordered
from casb_cli.scan.detect.validators import CHECKS

if TYPE_CHECKING:
    from casb_cli.scan.detect.checking import Check
    from casb_cli.scan.detect.exact import Index
    from casb_cli.scan.detect.view import Reason

_FAR, _FEWER = 200, 2
"""Bytes behind a hint's end from which on a search that finds nothing takes far longer than it need, and how many times
as many bytes a stretch has at least where its hints are tried one by one: text full of hints is searched once."""


class Armed:
    """A detector made ready to judge, each part when it is first asked for: most never are."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    @cached_property
    def filters(self) -> tuple[Reason, ...]:
        """What makes a value no match."""
        return tuple(FILTERS[reason] for reason in self.detector.filters)

    @cached_property
    def doubts(self) -> tuple[Reason, ...]:
        """What makes the confidence low."""
        return tuple(FILTERS[doubt] for doubt in self.detector.doubts)

    @cached_property
    def proofs(self) -> tuple[Check, ...]:
        """What makes the confidence high."""
        return tuple(CHECKS[proof] for proof in self.detector.proofs)

    @cached_property
    def exclude(self) -> Words | None:
        """What a value must not fit wholly."""
        return _words(self.detector, self.detector.exclude, whole=True)

    @cached_property
    def near(self) -> Words | None:
        """What must be near, None for nothing."""
        return _words(self.detector, self.detector.near)

    @cached_property
    def not_near(self) -> Words | None:
        """What must not be near."""
        return _words(self.detector, self.detector.not_near)

    @cached_property
    def keywords(self) -> re.Pattern[bytes] | None:
        """The words that raise the confidence, None where there are none."""
        return _word_pattern(self.detector.keywords)

    @cached_property
    def index(self) -> Index | None:
        """The index of exact data that decides, None where there is none; raises ConfigError."""
        if not self.detector.index:
            return None
        from casb_cli.scan.detect.exact import Index

        return Index(self.detector.index[0])

    def holds(self, value: bytes, rule: Rule | None = None) -> bool:
        """Return whether all checks hold: those of the rule that found the value, where it has its own."""
        for name in self.detector.checks if rule is None else rule.checks or self.detector.checks:
            if not CHECKS[name](value):  # looked up one by one: some load a module when they are first asked for
                return False
        return True

    def placed(self, buffer: bytes, start: int, end: int) -> bool:
        """Return whether what a user excluded is not there, and what must be near is."""
        if self.exclude is not None and self.exclude.within(buffer[start:end]):
            return False
        if self.near is None and self.not_near is None:
            return True
        within = self.detector.within
        around = (buffer[max(0, start - within) : start], buffer[end : end + within])
        if self.not_near is not None and any(map(self.not_near.within, around)):
            return False
        return self.near is None or any(map(self.near.within, around))


def _words(detector: Detector, patterns: tuple[str, ...], *, whole: bool = False) -> Words | None:
    return Words(patterns, caseless=detector.caseless, whole=whole) if patterns else None


class Aim(msgspec.Struct, dict=True):
    """A rule made ready to confirm what its hint found; compiled when that is first to be done."""

    rule: Rule
    owner: Armed
    family: Family

    @cached_property
    def pattern(self) -> re.Pattern[bytes] | Linear:
        """What confirms."""
        return Linear(self.rule, self.family) if self.rule.linear else self._compiled(self.rule.pattern)

    @cached_property
    def nearest(self) -> re.Pattern[bytes]:
        """What confirms, for a match from `before` bytes in front of a hint's end: tries no place far behind it.

        A search would look for a beginning up to where the longest match may end. `at` is where the match begins.
        """
        return self._compiled(rf"(?s:.{{0,{self.rule.before}}}?)(?P<at>)(?:{self.rule.pattern})")

    @cached_property
    def each(self) -> re.Pattern[bytes] | None:
        """What finds the values of a collection, None where the pattern finds the value itself."""
        return self._compiled(self.rule.each) if self.rule.each else None

    @cached_property
    def then(self) -> re.Pattern[bytes] | None:
        """What must match right behind the hint's end, None for anything."""
        return self._compiled(self.rule.then) if self.rule.then else None

    @cached_property
    def words(self) -> re.Pattern[bytes] | None:
        """The words around which alone it is looked for; None where it is looked for everywhere."""
        return _word_pattern(self.rule.words) if self.rule.words else self.owner.keywords

    def _compiled(self, pattern: str) -> re.Pattern[bytes]:
        return compiled(pattern.encode("utf-8"), re.IGNORECASE if self.rule.caseless else 0)


def spans(aim: Aim, ends: list[int], buffer: bytes, key: bytes) -> Iterator[tuple[int, int]]:
    """Return where the values begin and end that the rule's pattern, or an index, confirms around its hint's ends."""
    found, each = _confirmed(aim, ends, buffer, key), aim.each
    if each is None:
        return found
    return (one.span(_value(one)) for start, end in found for one in each.finditer(buffer, start, end))


def _confirmed(aim: Aim, ends: list[int], buffer: bytes, key: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the values, or collections of them, begin and end."""
    if aim.owner.index is not None:
        near = [(0, 0, len(buffer))] if aim.rule.once else _windows(aim, ends, buffer)
        for low, _, high in near:
            yield from aim.owner.index.found(key, buffer, (low, high), aim.rule.written, aim.owner.detector.within)
        return
    pattern = aim.pattern
    if isinstance(pattern, Linear):
        if aim.rule.fixed:
            yield from pattern.spans(buffer, 0, ends[-1], ends)
            return
        for low, last, _ in _windows(aim, ends, buffer):
            yield from pattern.spans(buffer, low, last)
        return
    if aim.rule.led:
        led, before, after = aim.rule.led.encode(), aim.rule.before, aim.rule.after
        for end in ends:
            low = max(0, end - before)
            at = low + len(buffer[low : end - 2].rstrip(led))
            if (match := pattern.match(buffer, at, end + after)) is not None:
                yield match.span(_value(match))
        return
    if tight := aim.rule.tight:
        parted = []
        for end in ends:
            if buffer[end - tight : end].isalnum():
                if (match := pattern.match(buffer, end - tight, end + aim.rule.after)) is not None:
                    yield match.span(_value(match))
            else:
                parted.append(end)
        ends = parted
    for low, last, high in _windows(aim, ends, buffer):
        if aim.rule.after > _FAR:
            told = ends[bisect_left(ends, low) : bisect_right(ends, last)]
            if len(told) * aim.rule.before * _FEWER < high - low:
                yield from _nearest(aim, told, buffer)
                continue
        at = low
        while at < last:  # whatever begins there has a hint that ends behind it
            match = pattern.search(buffer, at, high)
            if match is None or match.start() > last:
                break  # what begins behind the last hint is cut by the window: its own hint will show it
            at = max(match.end(), at + 1)
            yield match.span(_value(match))


_HEAD = expression(rb"([A-Za-z]{2,4}) (?=[0-9])")


def behind_label(aim: Aim, buffer: bytes, start: int, stop: int) -> int:
    """Return where a value begins whose first letters are its label, which its form allows as part of the number."""
    head = _HEAD.match(buffer, start, stop) if aim.owner.detector.gated and not aim.rule.linear else None
    if head is None or (words := aim.words) is None or words.fullmatch(head[1]) is None:
        return start
    rest = aim.pattern.match(buffer, head.end()) if isinstance(aim.pattern, re.Pattern) else None
    return head.end() if rest is not None and rest.end(_value(rest)) == stop else start


def _nearest(aim: Aim, ends: list[int], buffer: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the values begin and end that the rule's pattern confirms at each of its hint's ends in turn."""
    before, after = aim.rule.before, aim.rule.after
    then = aim.then.match if aim.then else None
    done = 0
    for end in ends:
        if end <= done or (then is not None and then(buffer, end) is None):
            continue
        done = max(done, end - before)
        while done < end and (match := aim.nearest.match(buffer, done, end + after)) is not None:
            done = max(match.end(), match.start("at") + 1)
            value = _value(match)
            yield match.span(value) if value else (match.start("at"), match.end())


def _value(match: re.Match[bytes]) -> str | int:
    """Return the group that is the value: `v`, or `v2` of an alternative, or all of the match."""
    names = match.re.groupindex
    if "v" not in names:
        return 0
    return "v2" if "v2" in names and match["v"] is None else "v"


def _windows(aim: Aim, ends: list[int], buffer: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield where to look: from, the last hint's end, to. Windows that touch are one, so no byte is read twice."""
    before, after, size = aim.rule.before, aim.rule.after, len(buffer)
    then = aim.then.match if aim.then else None
    low, last = -1, 0
    for end in ends:
        if then is not None and then(buffer, end) is None:
            continue
        if low < 0:
            low = max(0, end - before)
        elif end - before > last + after:
            yield low, last, min(size, last + after)
            low = end - before
        last = end
    if low >= 0:
        yield low, last, min(size, last + after)


def _word_pattern(words: tuple[str, ...]) -> re.Pattern[bytes] | None:
    """Return a pattern of the words, letters of any case."""
    return compiled(bordered(words).encode(), re.IGNORECASE) if words else None
