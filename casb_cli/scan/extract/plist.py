"""Binary property lists of macOS and iOS: the strings, numbers and files in their table of objects."""

from __future__ import annotations

import io
from collections.abc import Iterator

from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.sniff import looks_textual

_TRAILER = 32
_DICTIONARY = 0xD0


def plist(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the pairs of each dictionary and all other values, one a line; no object is followed, so none recurs."""
    if source.size > context.limits.in_memory:
        raise Stop("too-large", "a property list that must be read whole")
    source.file.seek(0)
    data = source.file.read(context.limits.in_memory)
    table = _Table(data)
    files: list[bytes] = []
    yield Segment(where, "none", _lines(table, context, files))
    for number, file in enumerate(files, 1):
        context.member()
        place = join_place(where, f"data {number}")
        yield from context.open(Source(io.BytesIO(file), "", len(file)), context, place)


class _Table:
    """The objects of a property list by number, as texts."""

    def __init__(self, data: bytes) -> None:
        tail = data[-_TRAILER:]
        self._data = data
        self._wide, self.wide = tail[6:7], tail[7:8]
        self.count = int.from_bytes(tail[8:16], "big")
        self._place = int.from_bytes(tail[24:32], "big")
        width = self._wide[0] if self._wide else 0
        if len(tail) < _TRAILER or not 1 <= width <= 8 or self.count * width > len(data) - self._place:
            raise Stop("corrupted", "a property list")
        self._width = width

    def object(self, number: int) -> tuple[int, int, int]:
        """Return an object's kind, where its content begins, and its count; raises Stop."""
        data, width = self._data, self._width
        place = self._place + number * width
        at = int.from_bytes(data[place : place + width], "big")
        if number >= self.count or at >= len(data):
            raise Stop("corrupted", "a property list")
        kind, count = data[at] & 0xF0, data[at] & 0x0F
        at += 1
        if kind > 0x30 and count == 15:
            size = 1 << (data[at] & 0x0F) if at < len(data) else 0
            count = int.from_bytes(data[at + 1 : at + 1 + size], "big")
            at += 1 + size
        if kind > 0x30 and at + count > len(data):
            raise Stop("corrupted", "a property list")
        return kind, at, count

    def text(self, number: int) -> str | bytes | None:
        """Return a string or a number as text, data as bytes, None for what is neither."""
        kind, at, count = self.object(number)
        data = self._data
        if kind == 0x50:
            return data[at : at + count].decode("latin-1")
        if kind == 0x60:
            return data[at : at + 2 * count].decode("utf-16-be", "replace")
        if kind == 0x70:
            return data[at : at + count].decode("utf-8", "replace")
        if kind == 0x40:
            return data[at : at + count]
        if kind == 0x10:
            return str(int.from_bytes(data[at : at + (1 << count)], "big"))
        return None

    def pairs(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield the numbers of a dictionary's keys and values."""
        kind, at, count = self.object(number)
        wide = self.wide[0] if self.wide else 0
        if kind != _DICTIONARY or not wide or at + 2 * count * wide > len(self._data):
            return
        for place in range(at, at + count * wide, wide):
            key = int.from_bytes(self._data[place : place + wide], "big")
            yield key, int.from_bytes(self._data[place + count * wide : place + (count + 1) * wide], "big")


def _lines(table: _Table, context: Context, files: list[bytes]) -> Iterator[bytes]:
    told: set[int] = set()
    held: list[str] = []
    size = 0
    for number in range(table.count):
        if number % 1000 == 0:
            context.tick()
        for key, value in table.pairs(number):
            name, text = table.text(key), table.text(value)
            told.update((key, value))
            if isinstance(name, str):
                held.append(f"{name}: {_shown(text, files)}")
                size += len(held[-1])
        if size > BLOCK:
            yield "\n".join(held).encode("utf-8", "replace") + b"\n"
            context.unpack(size, size, size)
            held, size = [], 0
    held += [_shown(table.text(number), files) for number in range(table.count) if number not in told]
    yield "\n".join(filter(None, held)).encode("utf-8", "replace") + b"\n"


_MOST_FILES = 1_000


def _shown(value: str | bytes | None, files: list[bytes]) -> str:
    if not isinstance(value, bytes):
        return value or ""
    if looks_textual(value[:1024]) and b"\0" not in value:
        return value.decode("utf-8", "replace")
    if len(files) < _MOST_FILES and len(value) > 16 and value not in files[-50:]:
        files.append(value)
    return ""
