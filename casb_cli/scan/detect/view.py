"""A value in its surroundings, as filters, doubts and passwords look at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps

import msgspec

from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.heads import Heads

_LINE = rb"(?:^|\n)(?:[^\n,;|\t ]| (?! ))"
_LABEL_ABOVE = expression(
    rb"(?:" + _LINE + rb"{0,24}|" + _LINE + rb"{0,110}\b(?:n[or]|num(?:ber|mer)|id)\W{0,4})\r?\n[ \t]*$",
    re.IGNORECASE,
)
"""A short line, or one that ends in a word for a number; none that names several columns."""


_BULLETS = b" -*>#.0123456789\"'"
"""What stands in front of the items of a list."""


class View(msgspec.Struct, frozen=True, gc=False):
    """A value in its surroundings: the buffer, where the value stands in it, and the file's name.

    One is made for every value that is judged, for which a dataclass takes ten times as long.
    """

    text: bytes
    start: int
    end: int
    name: str
    column: bytes = b""
    """The name of the column that it stands in, in whatever way the table is told."""
    words: re.Pattern[bytes] | None = None
    """Those that its detector needs near by; None where it needs none, or its column's name has one."""
    heads: Heads | None = None
    """The tables of its text."""

    def before(self, count: int) -> bytes:
        """Return up to `count` bytes in front of the value, on its line."""
        return self.text[max(0, self.start - count) : self.start].rsplit(b"\n", 1)[-1]

    def label(self, count: int) -> bytes:
        """Return what stands in front of the value: of bare digits that begin their line, a label on the line above."""
        told = self.before(count)
        if told.strip() or not self.text[self.start : self.end].isdigit() or self.after(1) in (b",", b";", b"|", b"\t"):
            return told
        above = self.text[max(0, self.start - len(told) - count) : self.start]
        return above if _LABEL_ABOVE.search(above) is not None else told

    def above(self, count: int) -> bytes:
        """Return up to `count` bytes of the line above a value that begins its own, where they are all of that line."""
        lines = self.text[max(0, self.start - count) : self.start].split(b"\n")
        return lines[-2].rstrip() if len(lines) > (1 if self.start <= count else 2) and not lines[-1].strip() else b""

    def heading(self) -> bytes:
        """Return the line above the list of numbers whose line a value begins; empty where it begins none."""
        if self.heads is None or self.before(60).strip(_BULLETS):
            return b""
        return self.heads.heading(self.text, self.start)

    def around(self, count: int) -> bytes:
        """Return the value's line, with the line before and the one behind, up to `count` bytes on either side."""
        before = self.text[max(0, self.start - count) : self.start].split(b"\n")[-2:]
        return b" ".join((*before, *self.text[self.end : self.end + count].split(b"\n", 2)[:2]))

    def after(self, count: int) -> bytes:
        """Return up to `count` bytes behind the value, on its line."""
        return self.text[self.end : self.end + count].split(b"\n", 1)[0]

    def head(self) -> bytes:
        """Return the name of the value's column, also where no word that detectors know tells which line has it."""
        return self.column or (self.heads.above(self.text, self.start) if self.heads is not None else b"")

    def same_run(self, words: re.Pattern[bytes]) -> bool:
        """Return whether one of the words stands on the value's line, which is a string of a binary file."""
        return words.search(self.before(200)) is not None or words.search(self.after(200)) is not None


Reason = Callable[[bytes, View], bool]
"""Tells of a value, and where it stands, whether it is none, or doubtful."""


def by_value(holds: Callable[[bytes], bool]) -> Reason:
    """Make a filter of what looks at a value alone: it is asked once of a value that a text repeats."""
    known = lru_cache(256)(holds)

    @wraps(holds)
    def reason(value: bytes, view: View) -> bool:  # noqa: ARG001
        return known(value)

    return reason
