r"""How rows become text: JSON, JSON lines, CSV. Tables are in `table`.

JSON carries exact values; what could steer a terminal is written as `\uXXXX`, which means the same. CSV
carries the same values with formula cells escaped; read a leading `'` before `= + - @`, tab, line break (or
further quotes) as not there and the value is exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from casb_cli.core.text import csv_safe, printable

Row = Mapping[str, Any]

_RAW = "[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
"""Not compiled here: most runs meet no such character, and `re` keeps it after the first."""


def json_text(value: Any) -> str:
    """Return a value as one line of JSON, exact, with no character that acts on a terminal."""
    import msgspec

    try:
        text = msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):  # half of a surrogate pair, or a number of more than 64 bits
        import json

        text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() and "\x7f" not in text else re.sub(_RAW, _escape, text)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


class JsonLines:
    """One object a line."""

    whole = True
    """Whether all rows came; told before `end` is asked."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def begin(self) -> str:
        """Return what stands before the first row."""
        return ""

    def row(self, row: Row) -> str:
        """Return one row."""
        return json_text(dict(zip(self.columns, map(row.get, self.columns), strict=True))) + "\n"

    def end(self, rows: int) -> str:
        """Return what stands after the last row."""
        del rows
        return ""


class JsonArray(JsonLines):
    """One array, an object a line, written as the rows come."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(columns)
        self._between = "[\n"

    def row(self, row: Row) -> str:
        text = self._between + super().row(row)[:-1]
        self._between = ",\n"
        return text

    def end(self, rows: int) -> str:
        return "\n]\n" if rows else "[]\n"


class Csv(JsonLines):
    """Comma-separated values with a header; null is an empty cell, lists and objects are JSON.

    `raw` is false where a terminal reads it: control characters are then escaped.
    """

    def __init__(self, columns: Sequence[str], *, raw: bool = True) -> None:
        import csv
        import io

        super().__init__(columns)
        self._raw = raw
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer)

    def begin(self) -> str:
        return self._line(list(self.columns))

    def row(self, row: Row) -> str:
        return self._line([self._cell(name, row.get(name)) for name in self.columns])

    def _line(self, cells: list[str]) -> str:
        self._buffer.seek(0)
        self._buffer.truncate()
        self._writer.writerow(cells)
        return self._buffer.getvalue()[:-2] + "\n"

    def _cell(self, name: str, value: Any) -> str:
        if isinstance(value, str):
            return csv_safe(value if self._raw else printable(value))
        if value is None or (name == "unknown" and not value):
            return ""
        return json_text(value)
