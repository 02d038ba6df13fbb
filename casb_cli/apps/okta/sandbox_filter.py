"""Okta's filter and search expressions (SCIM), such as `status eq "ACTIVE" and profile.login sw "a"`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec

from casb_cli.apps.okta.sandbox_wire import moment_of

Test = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(r'\s*(?:(\(|\))|("(?:[^"\\]|\\.)*")|([^\s()"]+))')
_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
_OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")


class BadExpression(ValueError):
    """An expression that Okta refuses; the text says why."""


def compile_expression(text: str, known: Collection[str], operators: Collection[str] = _OPERATORS) -> Test:
    """Return the test of an expression over an object as JSON; raises BadExpression.

    `known` are the attributes that may be asked for, case-sensitive; one ending in `.` allows all below it.
    """
    return _Parser(text, known, operators).parse()


class _Parser:
    def __init__(self, text: str, known: Collection[str], operators: Collection[str]) -> None:
        self._known = known
        self._operators = operators
        self._tokens: list[tuple[str, str]] = []
        at, text = 0, text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise BadExpression(f"unexpected character at {at}")
            kind = ("mark", "text", "word")[(found.lastindex or 1) - 1]
            self._tokens.append((kind, found[found.lastindex or 0]))
            at = found.end()
        self._at = 0

    def parse(self) -> Test:
        test = self._any()
        if self._at < len(self._tokens):
            raise BadExpression(f"unexpected '{self._tokens[self._at][1]}'")
        return test

    def _peek(self) -> str:
        return self._tokens[self._at][1].lower() if self._at < len(self._tokens) else ""

    def _take(self, what: str) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadExpression(f"{what} expected at the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _any(self) -> Test:
        tests = [self._all()]
        while self._peek() == "or":
            self._at += 1
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda thing: any(test(thing) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._peek() == "and":
            self._at += 1
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda thing: all(test(thing) for test in tests)

    def _one(self) -> Test:
        kind, word = self._take("an attribute")
        if word == "(":
            inner = self._any()
            if self._take("')'")[1] != ")":
                raise BadExpression("')' expected")
            return inner
        if word.lower() == "not":
            negated = self._one()
            return lambda thing: not negated(thing)
        if kind != "word" or not self._allowed(word):
            raise BadExpression(f"{word} is not an attribute that can be asked for")
        operator = self._take("an operator")[1].lower()
        path = word.split(".")
        if operator == "pr":
            return lambda thing: bool(_values(thing, path))
        if operator not in self._operators:
            raise BadExpression(f"operator '{operator}' is not supported")
        return _comparison(path, operator, _constant(*self._take("a value")))

    def _allowed(self, word: str) -> bool:
        return any(word == name or (name.endswith(".") and word.startswith(name)) for name in self._known)


def _constant(kind: str, token: str) -> Any:
    if kind == "text":
        try:
            return msgspec.json.decode(token)
        except msgspec.DecodeError:
            raise BadExpression(f"{token} is not a text") from None
    if kind == "word" and token in {"true", "false"}:
        return token == "true"
    if kind == "word" and token.lstrip("-").isdigit():
        return int(token)
    raise BadExpression(f"{token} is not a value")


def _values(thing: Any, path: list[str]) -> list[Any]:
    found = [thing]
    for name in path:
        below: list[Any] = []
        for one in found:
            value = one.get(name) if isinstance(one, Mapping) else None
            if isinstance(value, list):
                below += value
            elif value is not None:
                below.append(value)
        found = below
    return found


def _comparison(path: list[str], operator: str, wanted: Any) -> Test:
    date = _date(wanted)

    def same(value: Any) -> bool:
        if date is not None:
            return _date(value) == date
        if isinstance(value, str) and isinstance(wanted, str):
            return value.casefold() == wanted.casefold()
        return bool(value == wanted)

    def ordered(value: Any) -> int | None:
        one, other = (_date(value), date) if date is not None else (value, wanted)
        if one is None or type(one) is not type(other):
            return None
        return 0 if one == other else (1 if one > other else -1)

    folded = wanted.casefold() if isinstance(wanted, str) else wanted
    if operator in {"co", "sw", "ew"} and not isinstance(wanted, str):
        raise BadExpression(f"operator '{operator}' needs a text")
    tests: dict[str, Callable[[Any], bool]] = {
        "eq": same,
        "co": lambda value: isinstance(value, str) and folded in value.casefold(),
        "sw": lambda value: isinstance(value, str) and value.casefold().startswith(folded),
        "ew": lambda value: isinstance(value, str) and value.casefold().endswith(folded),
        "gt": lambda value: ordered(value) == 1,
        "ge": lambda value: ordered(value) in (0, 1),
        "lt": lambda value: ordered(value) == -1,
        "le": lambda value: ordered(value) in (0, -1),
    }
    if operator == "ne":
        return lambda thing: not any(same(value) for value in _values(thing, path))
    test = tests[operator]
    return lambda thing: any(test(value) for value in _values(thing, path))


def _date(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        return moment_of(value)
    except ValueError:
        return None
