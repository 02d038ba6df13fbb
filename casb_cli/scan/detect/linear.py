"""Confirming without backtracking: where a pattern of the user matches, in time that grows with the text alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from casb_cli.core.errors import UsageError
from casb_cli.scan.detect.rules import Rule

_STEP = 4096
_UNBOUNDED_STEP = 1024
_SPLITS = 8
"""How many ends of what stands before a value, and of the value, are tried: the longest first."""
_ANY = "[\\x00-\\xff]"


def compiled(expression: str, *, caseless: bool = False, start: bool = False, once: bool = False) -> Any:
    """Return the database of one expression; `start` tells where matches begin. Raises UsageError."""
    import hyperscan

    flags = hyperscan.HS_FLAG_MULTILINE
    flags |= hyperscan.HS_FLAG_CASELESS * caseless | hyperscan.HS_FLAG_SINGLEMATCH * once
    flags |= hyperscan.HS_FLAG_SOM_LEFTMOST * start
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[expression.encode("ascii")], ids=[0], flags=[flags])
    except hyperscan.HyperscanError as error:
        raise UsageError(str(error).rstrip(".")) from None
    return database


def _spans(database: Any, data: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []

    def note(_id: int, start: int, end: int, _flags: int, _context: Any) -> None:
        found.append((start, end))

    database.scan(data, match_event_handler=note)
    return found


class Words:
    """Expressions of which it is asked whether any of them is somewhere, or is all of a value."""

    def __init__(self, patterns: tuple[str, ...], *, caseless: bool, whole: bool = False) -> None:
        text = "|".join(f"(?:{pattern})" for pattern in patterns)
        self._text = f"\\A(?:{text})\\z" if whole else text
        self._caseless = caseless

    @cached_property
    def database(self) -> Any:
        """The compiled form; raises UsageError."""
        return compiled(self._text, caseless=self._caseless, once=True)

    def within(self, data: bytes) -> bool:
        """Return whether one of them fits."""
        return bool(data) and bool(_spans(self.database, data))


class Linear:
    """One rule of a user's detector: the leftmost matches, each as long as it goes, none over another.

    A match of a pattern without upper bound is cut where it has grown wider than `rule.width` and a step.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._step = _UNBOUNDED_STEP if rule.unbounded else max(rule.width, _STEP)

    @cached_property
    def whole(self) -> Any:
        """The compiled form of all of it; raises UsageError."""
        return compiled(self._rule.hint, caseless=self._rule.caseless, start=True)

    @cached_property
    def _lead(self) -> Any:
        return self._anchored(self._rule.lead)

    @cached_property
    def _value(self) -> Any:
        return self._anchored(self._rule.pattern)

    @cached_property
    def _trail(self) -> Any:
        return self._anchored(self._rule.trail)

    def _anchored(self, text: str) -> Any:
        return compiled(f"\\A{_ANY}(?:{text})", caseless=self._rule.caseless)

    def compile(self) -> None:
        """Compile all of it now; raises UsageError where the engine can't."""
        for ready in (self.whole, self._rule.lead and self._lead, self._value, self._rule.trail and self._trail):
            assert ready is not None  # noqa: S101 - the properties compile by being read

    def spans(self, buffer: bytes, low: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield where values begin and end whose match ends behind `low` and not behind `last`."""
        width, longest = self._rule.width, {}
        at = low
        while at < last:
            start = max(0, at - width - 1)
            # One byte more than is looked at: what stands behind a match decides on `$` and `\b`.
            for begin, end in _spans(self.whole, buffer[start : at + self._step + 1]):
                # At a cut, a match may begin only because what stands before it is not seen.
                if (begin or not start) and at < start + end <= at + self._step:
                    longest[start + begin] = max(longest.get(start + begin, 0), start + end)
            at += self._step
        at = -1
        for begin in sorted(longest):
            if begin >= at:
                at = longest[begin]
                found = self._split(buffer, begin, at)
                if found is not None:
                    yield found

    def _split(self, buffer: bytes, start: int, stop: int) -> tuple[int, int] | None:
        """Return the value's part of a match."""
        rule = self._rule
        if not rule.lead and not rule.trail:
            return start, stop
        for begin in self._ends(self._lead, buffer, start, stop) if rule.lead else [start]:
            if not rule.trail:
                if begin < stop and stop in self._ends(self._value, buffer, begin, stop):
                    return begin, stop
                continue
            for end in self._ends(self._value, buffer, begin, stop):
                if stop in self._ends(self._trail, buffer, end, stop):
                    return begin, end
        return None

    @staticmethod
    def _ends(database: Any, buffer: bytes, start: int, stop: int) -> list[int]:
        """Return where a match that begins at `start` may end, the farthest first."""
        data = buffer[start - 1 : stop + 1] if start else b"\n" + buffer[: stop + 1]
        ends = (end + start - 1 for _, end in _spans(database, data))
        return sorted((end for end in ends if end <= stop), reverse=True)[:_SPLITS]
