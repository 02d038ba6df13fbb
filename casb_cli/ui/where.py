"""`--where`: a JMESPath expression held against each row, true, false or unknown.

Names are checked before the first row. A field that the provider doesn't tell makes the answer unknown only
where it decides: `is_admin || mfa` holds for an administrator whatever `mfa` may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from casb_cli.core.errors import UnknownName, UsageError

Node = Mapping[str, Any]

WHOLE_ROW = "@"

_SCOPED = {"subexpression", "pipe", "projection", "value_projection", "index_expression", "filter_projection"}
"""Nodes whose further children are read from what the first one gave, not from the row."""


class Where:
    """A compiled expression; raises UsageError when it can't be read, UnknownName for a name that is no field."""

    def __init__(self, expression: str, fields: Sequence[str], kind: str = "row") -> None:
        import jmespath
        from jmespath import exceptions

        self.expression = expression
        try:
            self._tree: Node = jmespath.compile(expression).parsed
        except exceptions.JMESPathError as error:
            words = str(error).splitlines()[0] if str(error) else "it cannot be read"
            raise UsageError(
                f"--where `{expression}`: {words}",
                hint="text stands in single quotes, numbers in backticks: status == 'active' && size > `100`",
            ) from None
        if self._tree["type"] == "filter_projection" and self._tree["children"][0]["type"] == "identity":
            raise UsageError(
                f"--where `{expression}`: the expression is held against each row by itself",
                hint="leave out the `[?` and `]`",
            )
        names = frozenset(_names(self._tree))
        for name in sorted(names.difference(fields, {WHOLE_ROW})):
            quoted = f"`{name}`" if name in {"true", "false", "null"} or name.isdecimal() else f"'{name}'"
            raise UnknownName(
                f"--where names `{name}`, which is no field of {kind}",
                hint=f"a value is written {quoted}; fields: {', '.join(fields)}",
            )
        self.fields = frozenset(fields) if WHOLE_ROW in names else names
        self._visit = _interpreter()

    def holds(self, row: Mapping[str, Any]) -> bool | None:
        """Tell whether the row fits: True, False, or None where an unknown field decides. Raises UsageError."""
        return self._decide(self._tree, row, frozenset(self.deciding(row)))

    def deciding(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields of the expression that the row doesn't tell."""
        return tuple(
            sorted(name for name in self.fields.intersection(row.get("unknown") or ()) if row.get(name) is None)
        )

    def _decide(self, node: Node, row: Mapping[str, Any], unknown: frozenset[str]) -> bool | None:
        kind = node["type"]
        if kind in {"or_expression", "and_expression"}:
            settles: bool = kind == "or_expression"
            sides = [self._decide(child, row, unknown) for child in node["children"]]
            if settles in sides:
                return settles
            return None if None in sides else not settles
        if kind == "not_expression":
            side = self._decide(node["children"][0], row, unknown)
            return None if side is None else not side
        if unknown:
            names = set(_names(node))
            if WHOLE_ROW in names or not unknown.isdisjoint(names):
                return None
        return self._true(node, row)

    def _true(self, node: Node, row: Mapping[str, Any]) -> bool:
        from jmespath import exceptions

        try:
            value = self._visit(node, row)
        except (exceptions.JMESPathTypeError, _Incomparable) as error:
            # A function refuses null where the row has no value: such a row just doesn't fit.
            if any(row.get(name) is None for name in _names(node)):
                return False
            raise UsageError(f"--where `{self.expression}`: {error}") from None
        except exceptions.JMESPathError as error:
            raise UsageError(f"--where `{self.expression}`: {error}") from None
        return not (value is None or value is False or value in ("", [], {}))


class _Incomparable(Exception):
    pass


def _names(node: Node) -> Iterator[str]:
    """Yield the fields of the row itself that an expression reads."""
    kind, children = node["type"], node.get("children") or []
    if kind == "field":
        yield node["value"]
    elif kind == "current":
        yield WHOLE_ROW
    elif kind in _SCOPED and children[0]["type"] in {"current", "identity"}:
        for child in children[1:]:
            yield from _names(child)
    elif kind in _SCOPED:
        yield from _names(children[0])
    elif kind != "expref":
        for child in children:
            if isinstance(child, Mapping):
                yield from _names(child)


def _interpreter() -> Any:
    from jmespath import visitor

    class Interpreter(visitor.TreeInterpreter):
        """JMESPath, and text in order too: times as moments, other text by its characters."""

        def visit_comparator(self, node: Any, value: Any) -> Any:
            if node["value"] in {"eq", "ne"}:
                return super().visit_comparator(node, value)
            left, right = (self.visit(child, value) for child in node["children"])
            if isinstance(left, str) and isinstance(right, str):
                left, right = _ordered(left, right)
            elif left is None or right is None:
                return None
            elif not (_number(left) and _number(right)):
                raise _Incomparable(f"{left!r} and {right!r} have no order; numbers stand in backticks: `100`")
            return self.COMPARATOR_FUNC[node["value"]](left, right)

    return Interpreter().visit


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(left: str, right: str) -> tuple[Any, Any]:
    from casb_cli.core import clock

    if left[4:5] == "-" and right[4:5] == "-":
        try:
            return clock.parse(left), clock.parse(right)
        except ValueError:
            pass  # not times after all
    return left, right
