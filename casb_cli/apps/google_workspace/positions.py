"""How far each of many feeds was read, in little memory: a big company has tens of thousands."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from casb_cli.apps.google_workspace.hints import Asked
from casb_cli.core.compact import Table
from casb_cli.core.errors import CursorExpired
from casb_cli.core.shapes import from_json

_json = msgspec.json.Encoder().encode


class Positions:
    """The position of each feed, by its partition; an empty one means that nobody can act as that user."""

    def __init__(self) -> None:
        self._rows = Table(0)

    def __contains__(self, key: str) -> bool:
        return self._rows.find(0, key) is not None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._rows)

    def add(self, key: str, position: str) -> None:
        """Keep a feed's position; each is added once."""
        self._rows.add(key, position)

    def get(self, key: str) -> str:
        """Return a feed's position, empty also where none is known."""
        row = self._rows.find(0, key)
        return row[1] if row else ""

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield each feed with its position."""
        return ((row[0], row[1]) for row in self._rows)


class _Cursor(msgspec.Struct):
    at: str
    asked: Asked


def decode(cursor: str) -> tuple[Positions, Asked]:
    """Return the positions that a cursor holds, and when was asked; raises CursorExpired for an unreadable one."""
    found = Positions()
    try:
        told = from_json(cursor, _Cursor)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored positions in the feeds are unreadable: {error}") from None
    start = 0
    while start < len(told.at):
        end = told.at.find("\n", start)
        key, _, position = told.at[start : end if end >= 0 else None].partition("\t")
        found.add(key, position)
        start = end + 1 if end >= 0 else len(told.at)
    return found, told.asked


def encode(asked: Asked, read: Positions, rest: Positions | None = None) -> str:
    """Return the cursor of some positions, and of those feeds of `rest` that are not among them."""
    out = bytearray(b'{"asked":' + _json(asked) + b',"at":"')
    for key, position in read.lines():
        out += _json(f"{key}\t{position}\n")[1:-1]
    for key, position in rest.lines() if rest is not None else ():
        if key not in read:
            out += _json(f"{key}\t{position}\n")[1:-1]
    out += b'"}'
    return out.decode()
