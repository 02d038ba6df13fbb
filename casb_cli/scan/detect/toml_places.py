"""Where things stand in a TOML text: the reader of TOML gives values only, and a refusal must name the place."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)"
    r"|(?P<basic3>\"\"\"(?:[^\\]|\\.)*?\"\"\"\"{0,2})"
    r"|(?P<literal3>'''.*?''''{0,2})"
    r"|(?P<basic>\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<literal>'[^'\n]*')"
    r"|(?P<header>^[ \t]*\[\[?[^\]\n]*\]\]?)"
    r"|(?P<key>(?:^|(?<=[{,.]))[ \t]*[A-Za-z0-9_-]+(?=[ \t]*[.=]))",
    re.MULTILINE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(\s+)|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


@dataclass(frozen=True)
class _Text:
    """A string of the text: its value, and where each of its characters stands."""

    value: str
    offsets: tuple[int, ...]


class Places:
    """The strings, headers and keys of one TOML text that is known to be well-formed."""

    def __init__(self, text: str) -> None:
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._headers: list[int] = []
        self._keys: list[tuple[int, str]] = []
        self._texts: list[_Text] = []
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            at = match.start()
            if kind == "header":
                if match[0].strip().replace(" ", "") == "[[detector]]":
                    self._headers.append(at)
                else:
                    self._keys += [(at, name.strip()) for name in match[0].strip(" \t[]").split(".")]
            elif kind == "key":
                self._keys.append((match.end() - len(match[0].lstrip()), match[0].strip()))
            elif kind and kind.startswith("literal"):
                self._texts.append(_literal(match[0], at))
            elif kind and kind.startswith("basic"):
                self._texts.append(_basic(match[0], at))

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def _range(self, number: int | None) -> tuple[int, int]:
        """Return where a detector begins and ends in the text, as far as its header tells."""
        if number is None or number >= len(self._headers):
            return 0, self._lines[-1] + (1 << 30)
        after = self._headers[number + 1] if number + 1 < len(self._headers) else self._lines[-1] + (1 << 30)
        return self._headers[number], after

    def of_text(self, number: int | None, value: str, at: int = 0) -> tuple[int, int] | None:
        """Return line and column of a character of a string in the detector of that number."""
        low, high = self._range(number)
        for text in self._texts:
            if text.value == value and text.offsets and low <= text.offsets[0] < high:
                return self._place(text.offsets[min(at, len(text.offsets) - 1)])
        return None

    def of_key(self, number: int | None, key: str) -> tuple[int, int] | None:
        """Return line and column of a key in the detector of that number."""
        low, high = self._range(number)
        return next((self._place(at) for at, name in self._keys if name == key and low <= at < high), None)

    def of_detector(self, number: int | None) -> tuple[int, int] | None:
        """Return line and column of a detector's header."""
        return self._place(self._headers[number]) if number is not None and number < len(self._headers) else None


def _literal(token: str, at: int) -> _Text:
    marks = 3 if token.startswith("'''") else 1
    body = token[marks:-marks]
    skipped = marks + (marks == 3 and body.startswith("\n"))
    body = body.removeprefix("\n") if marks == 3 else body
    # One offset more than characters: the end of the string is a place too.
    return _Text(body, tuple(at + skipped + n for n in range(len(body) + 1)))


def _basic(token: str, at: int) -> _Text:
    marks = 3 if token.startswith('"""') else 1
    end = len(token) - marks
    place = marks + (marks == 3 and token[3:4] == "\n")
    value, offsets = [], []
    while place < end:
        match = _ESCAPE.match(token, place) if token[place] == "\\" else None
        char = token[place]
        if match is not None:
            code = match[1] or match[2]
            char = chr(int(code, 16)) if code else "" if match[3] else _ESCAPED.get(match[4], match[4])
        if char:
            value.append(char)
            offsets.append(at + place)
        place = match.end() if match else place + 1
    return _Text("".join(value), (*offsets, at + end))
