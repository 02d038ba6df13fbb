"""Why groups of digits are no number: they stand in a row of numbers, or are the fields of a record."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from casb_cli.scan.detect.expressions import expression

if TYPE_CHECKING:
    from casb_cli.scan.detect.view import View

_ONE = rb"(?:-?[0-9]+(?:\.[0-9]+)?|[0-9a-f]{2}|[0-9A-F]{2})"
_ROW_BEFORE = expression(rb"(?:(?<=[\s,;|(])|^)(" + _ONE + rb" )?" + _ONE + rb" $")
_ROW_AFTER = expression(rb" " + _ONE + rb"( " + _ONE + rb")?(?=[\s,;|)]|$)")


def row(value: bytes, view: View) -> bool:
    """Hold for groups parted by blanks of a longer row of numbers: coordinates, a dump of bytes, a count."""
    if b" " not in value:
        return False
    groups = value.split()
    if len(groups) > 2 and all(map(bytes.isdigit, groups)) and len({int(b) - int(a) for a, b in pairwise(groups)}) == 1:
        return True
    text, end = view.text, view.end
    before = _ROW_BEFORE.search(view.before(40)) if text[view.start - 1 : view.start] == b" " else None
    after = _ROW_AFTER.match(view.after(40)) if text[end : end + 1] == b" " else None
    return bool((before and after) or (before and before[1]) or (after and after[1]))


_GROUPS = expression(rb"[0-9A-Za-z]+")


def ragged(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold for many short groups of unlike length: fields of a record, not how anybody writes an account."""
    sizes = [len(group) for group in _GROUPS.findall(value)]
    return len(sizes) * 3 > sum(sizes) + 3 and len(set(sizes[:-1])) > 2


_BREAK = expression(rb"\r?\n[ \t>|*#]{0,8}")
_DIGITS = expression(rb"[0-9]+")
_SHORTEST = 2


def next_row(value: bytes, view: View) -> bool:
    """Hold for digits over a line's end where lines begin alike: the second part is a day or a number itself."""
    text = view.text
    parts = [part for part in _BREAK.finditer(value) if part.end() < len(value)]
    for part in parts:
        begins = view.start + part.end()
        digits = _DIGITS.match(text, begins)
        if digits is None or digits.end() < view.end or digits.end() >= len(text):
            continue
        sign = text[digits.end() : digits.end() + 1]
        if sign in b"\r\n" or len(digits[0]) < _SHORTEST:
            continue
        alike = (len(digits[0]), sign)
        above = text.rfind(b"\n", 0, view.start + part.start()) + 1
        below = text.find(b"\n", digits.end()) + 1
        if _begins(text, above) == alike or (below and _begins(text, below) == alike):
            return True
    return False


def _begins(text: bytes, at: int) -> tuple[int, bytes]:
    """Return with how many digits a line begins, and the sign behind them."""
    digits = _DIGITS.match(text, at)
    return (len(digits[0]), text[digits.end() : digits.end() + 1]) if digits is not None else (0, b"")
