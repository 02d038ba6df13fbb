"""Confirming without backtracking: where a pattern of the user matches, in time that grows with the text alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from casb_cli.core.errors import UsageError
from casb_cli.scan.detect.database import load
from casb_cli.scan.detect.rules import Rule

_ANY = "[\\x00-\\xff]"
_SMALL = 4096
"""Bytes of a window in which a match is looked for from every place, where none was found from its end."""
_SPLITS = 8
"""How many ends of what stands before a value, and of the value, are tried: the longest first."""


def compiled(expression: str, *, caseless: bool = False, once: bool = False) -> Any:
    """Return the database of one expression; raises UsageError."""
    import hyperscan

    # Never with HS_FLAG_SOM_LEFTMOST: asked for the start of `x+y`, Vectorscan 5.4.12 ends the process.
    flags = hyperscan.HS_FLAG_MULTILINE
    flags |= hyperscan.HS_FLAG_CASELESS * caseless | hyperscan.HS_FLAG_SINGLEMATCH * once
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[expression.encode("ascii")], ids=[0], flags=[flags])
    except hyperscan.HyperscanError as error:
        raise UsageError(str(error).rstrip(".")) from None
    return database


def _ends(database: Any, data: bytes) -> list[int]:
    """Return where matches end."""
    found: list[int] = []

    def note(_id: int, _start: int, end: int, _flags: int, _context: Any) -> None:
        found.append(end)

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
        return bool(data) and bool(_ends(self.database, data))


def _context(rule: Rule) -> int:
    return 0 if "^" in rule.hint.replace("[^", "") else 1


def _anchored(text: str, context: int) -> str:
    return f"\\A{_ANY * context}(?:{text})"


class Family:
    """Rules that share their databases, which are kept in `cache_dir`: one for all is faster made than one for each."""

    def __init__(self, rules: Iterable[Rule], cache_dir: str | None) -> None:
        self._rules = tuple(rules)
        self._number = {rule.hint + "\0" * rule.caseless: number for number, rule in enumerate(self._rules)}
        self._cache_dir = cache_dir

    @cached_property
    def back(self) -> Any:
        """The database of the rules read backwards."""
        return self._loaded(lambda rule: rule.back)

    @cached_property
    def whole(self) -> Any:
        """The database of the rules from where a text begins."""
        return self._loaded(lambda rule: _anchored(rule.hint, _context(rule)))

    def _loaded(self, expression: Callable[[Rule], str]) -> Any:
        # The forms of expressions that `load` takes: everything else of a rule says nothing to the database.
        parts = (Rule(hint=expression(one), pattern="", caseless=one.caseless, linear=True) for one in self._rules)
        return load(tuple(parts), self._cache_dir)

    def ends(self, database: Any, rule: Rule, data: bytes) -> list[int]:
        """Return where matches of one of the rules end."""
        wanted = self._number[rule.hint + "\0" * rule.caseless]
        found: list[int] = []

        def note(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            if number == wanted:
                found.append(end)

        database.scan(data, match_event_handler=note)
        return found


class Linear:
    """One rule of a user's detector: the leftmost matches, each as long as it goes, none over another.

    Matches are sought backwards first, which tells where they begin, then forwards from there.
    """

    def __init__(self, rule: Rule, family: Family | None = None) -> None:
        """Ready a rule; one of a `family` is looked for with databases that all of it share."""
        self._rule = rule
        self._family = family
        # The engine takes `^` at the very start only. Where there is none, one byte of what stands before is seen.
        self._context = _context(rule)

    @cached_property
    def _back(self) -> Any:
        return compiled(self._rule.back, caseless=self._rule.caseless)

    @cached_property
    def _whole(self) -> Any:
        return self._anchored(self._rule.hint)

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
        return compiled(_anchored(text, self._context), caseless=self._rule.caseless)

    def compile(self) -> None:
        """Compile all of it now; raises UsageError where the engine can't."""
        compiled(self._rule.hint, caseless=self._rule.caseless)
        for part in (self._rule.back, *filter(None, (self._rule.lead, self._rule.trail))):
            compiled(part, caseless=self._rule.caseless)
        assert self._whole  # noqa: S101 - compiled by being read

    def spans(self, buffer: bytes, low: int, last: int, ends: Sequence[int] = ()) -> Iterator[tuple[int, int]]:
        """Yield where values begin and end whose match begins at `low` or behind it and ends at `last` or before.

        `ends` are the hint's within: all that is asked where every match is equally wide.
        """
        if self._rule.fixed and ends:
            lead, trail = self._rule.cut
            at = low
            for end in ends:
                begin = end - self._rule.width
                if begin >= at:
                    at = end
                    yield begin + lead, end - trail
            return
        # One byte more on both sides than is looked at: what stands around a match decides on `^`, `$` and `\\b`.
        first = max(0, low - 1)
        reverse = buffer[first : last + 1][::-1]
        top = first + len(reverse)
        family = self._family
        back = family.ends(family.back, self._rule, reverse) if family else _ends(self._back, reverse)
        begins: Iterable[int] = sorted({top - end for end in back})
        if not begins and self._context and last - low <= _SMALL:
            # Something matches here, and the engine misses some alternatives when it reads them backwards.
            begins = range(low, last)
        at = low
        for begin in begins:
            if begin < at:
                continue
            ends = self._from(family.whole if family else self._whole, buffer, begin, begin + self._rule.width)
            if ends:
                at = max(ends)
                found = self._split(buffer, begin, at)
                if found is not None:
                    yield found

    def _split(self, buffer: bytes, start: int, stop: int) -> tuple[int, int] | None:
        """Return the value's part of a match: what stands before it taken as long as it goes, then the value."""
        rule = self._rule
        if not rule.lead and not rule.trail:
            return start, stop
        for begin in self._longest(self._lead, buffer, start, stop) if rule.lead else [start]:
            for end in self._longest(self._value, buffer, begin, stop):
                if (stop in self._from(self._trail, buffer, end, stop)) if rule.trail else end == stop:
                    return begin, end
        return None

    def _longest(self, database: Any, buffer: bytes, start: int, stop: int) -> list[int]:
        return sorted(self._from(database, buffer, start, stop), reverse=True)[:_SPLITS]

    def _from(self, database: Any, buffer: bytes, start: int, stop: int) -> list[int]:
        """Return where a match that begins at `start` may end, as far as `stop`."""
        if self._context:
            data = buffer[start - 1 : stop + 1] if start else b"\n" + buffer[: stop + 1]
        else:
            data = buffer[start : stop + 1]
        first = start - self._context
        family = self._family
        if family is not None and database is family.whole:
            ends = family.ends(database, self._rule, data)
        else:
            ends = _ends(database, data)
        return [end for end in (found + first for found in ends) if end <= stop]
