"""Tables as they stream: widths are settled by the first rows, then each further row is one aligned line.

A terminal gets a Rich table cut to its width, the most interesting columns first; a pipe gets every column,
plain and whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.ui.formats import json_text

Row = Mapping[str, Any]

SETTLE_AFTER = 200
"""Rows that are printed together, unless time is up first; the first of them settle the widths."""

_GAP = 2
_LEAST = 6
_SPARE = 8
_PATHS = frozenset({"file", "path"})
"""Columns of which the end says most: they are cut in front, and given the room that is left."""


def cell(name: str, row: Row) -> str:
    """Return a value as a person reads it: harmless, on one line; `?` where the provider doesn't tell."""
    value = row.get(name)
    if value is None:
        return "?" if name in (row.get("unknown") or ()) else ""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        texts = [printable(v) if isinstance(v, str) else json_text(v) for v in value]
        return ("; " if any(", " in text for text in texts) else ", ").join(texts)
    return json_text(value) if value != {} else ""


class PlainTable:
    """Aligned columns for a pipe or a file: never cut, never coloured."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._waiting: list[list[str]] = []
        self._widths: list[int] | None = None

    def begin(self) -> str:
        """Return what stands before the first row: nothing, the header needs the widths."""
        return ""

    def row(self, row: Row) -> str:
        """Take one row and return the text that is ready."""
        self._waiting.append([cell(name, row) for name in self.columns])
        return self.settle() if len(self._waiting) >= SETTLE_AFTER else ""

    def settle(self, *, last: bool = False) -> str:
        """Return the text of all rows taken so far; `last` says that no more will come."""
        del last
        if not self._waiting:
            return ""
        rows, self._waiting = self._waiting, []
        if self._widths is None:
            rows.insert(0, [name.upper() for name in self.columns])
            self._widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        return "".join(self._line(row, self._widths) for row in rows)

    def end(self, rows: int) -> str:
        """Return what is left."""
        del rows
        return self.settle(last=True)

    @staticmethod
    def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
        padded = (text + " " * max(width - _width(text), 0) for text, width in zip(cells, widths, strict=True))
        return (" " * _GAP).join(padded).rstrip() + "\n"


class RichTable(PlainTable):
    """A Rich table for a terminal, printed in pieces."""

    def __init__(self, columns: Sequence[str], *, width: int, color: bool, fixed: bool) -> None:
        super().__init__(columns)
        self._screen = width
        self._color = color
        self._fixed = fixed
        self._shown: list[tuple[int, int]] = []
        self._hidden: set[int] = set()

    @property
    def left_out(self) -> tuple[str, ...]:
        """The columns that hold something and are not shown."""
        return tuple(self.columns[i] for i in sorted(self._hidden))

    def settle(self, *, last: bool = False) -> str:
        if not self._waiting:
            return ""
        rows, self._waiting = self._waiting, []
        first = self._widths is None
        if first:
            self._choose(rows, grow=not last)
        shown = {i for i, _ in self._shown}
        self._hidden.update(i for i in range(len(self.columns)) if i not in shown and any(row[i] for row in rows))
        return self._render(rows, header=first)

    def _choose(self, rows: Sequence[Sequence[str]], *, grow: bool) -> None:
        """Settle which columns are shown and how wide; asked-for columns all stay, others as they fit."""
        natural = [max(len(name), *(_width(row[i]) for row in rows)) for i, name in enumerate(self.columns)]
        wanted = [i for i in range(len(self.columns)) if self._fixed or i == 0 or any(row[i] for row in rows)]
        room = self._screen
        least = [min(natural[i], natural[i] if self.columns[i] == "ref" else 16) for i in wanted]
        while not self._fixed and len(wanted) > 1 and sum(least) + _GAP * (len(least) - 1) > room:
            wanted.pop()
            least.pop()
        widths = {i: natural[i] for i in wanted}
        over = sum(widths.values()) + _GAP * (len(wanted) - 1) - room
        while over > 0:
            soft = [i for i in wanted if self.columns[i] != "ref" and widths[i] > _LEAST] or [
                i for i in wanted if widths[i] > _LEAST
            ]
            if not soft:
                break
            widest = max(soft, key=widths.__getitem__)
            widths[widest] -= 1
            over -= 1
        if grow and over < 0:  # rows to come may be longer than these
            paths = [i for i in wanted if self.columns[i] in _PATHS]
            left = -over
            for i, most in [
                *((i, -over // 2) for i in paths),
                *((i, _SPARE) for i in wanted),
                *((i, left) for i in paths),
            ]:
                more = min(most, left)
                widths[i] += more
                left -= more
        self._shown = [(i, widths[i]) for i in wanted]
        self._widths = list(widths.values())

    def _render(self, rows: Sequence[Sequence[str]], *, header: bool) -> str:
        # A reference that is cut is none: its column widens when it must.
        self._shown = [
            (i, max(width, *(_width(row[i]) for row in rows)) if self.columns[i] == "ref" else width)
            for i, width in self._shown
        ]
        import io

        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, show_header=header, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
        for i, width in self._shown:
            table.add_column(Text(self.columns[i].upper()), width=width, no_wrap=True, overflow="ellipsis")
        for row in rows:
            table.add_row(*(self._text(row[i], width if self.columns[i] in _PATHS else 0) for i, width in self._shown))
        out = io.StringIO()
        console = Console(
            file=out,
            width=max(self._screen, sum(w for _, w in self._shown) + _GAP * len(self._shown)),
            force_terminal=self._color,
            no_color=not self._color,
            color_system="standard" if self._color else None,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
        )
        console.print(table)
        return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())

    @staticmethod
    def _text(value: str, width: int) -> Any:
        """Return a cell; with a width, the end of what is longer."""
        from rich.text import Text

        if width and _width(value) > width:
            value = f"…{_end(value, width - 1)}"
        return Text(value, style="dim" if value == "?" else "")


def _end(text: str, width: int) -> str:
    at = len(text)
    while at and (width := width - _width(text[at - 1])) >= 0:
        at -= 1
    return text[at:]


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def record(row: Row, columns: Sequence[str], *, width: int | None = None) -> str:
    """Return one row as `field: value` lines, cut to `width` where one is given.

    What holds several sentences or pairs stands one below the other.
    """
    longest = max((len(name) for name in columns), default=0)
    lines = []
    for name in columns:
        first, *others = _entries(name, row)
        texts = [f"{name + ':':{longest + 2}}{first}", *(f"{'':{longest + 2}}{one}" for one in others)]
        lines += [shorten(text.rstrip(), width) if width else text.rstrip() for text in texts]
    return "".join(line + "\n" for line in lines)


def _entries(name: str, row: Row) -> list[str]:
    value = row.get(name)
    if isinstance(value, dict) and value:
        return [f"{printable(str(key))}: {cell(key, {key: one})}" for key, one in value.items()]
    if isinstance(value, list | tuple) and any(not isinstance(one, str) or " " in one for one in value):
        return [printable(one) if isinstance(one, str) else json_text(one) for one in value]
    return [cell(name, row)]
