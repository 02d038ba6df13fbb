"""Members of a zip archive whose directory is missing: each is told by the header in front of it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, Unread, join_place
from casb_cli.scan.extract.stream import Stream

_MARK = b"PK\x03\x04"
_HEADER = 30
_LOCKED, _LATER = 1, 8
_STORED, _DEFLATED = 0, 8
_STEP = 1 << 16


class _Member(Stream):
    """One member's content, read forward; what is packed without a told size ends where its packing does."""

    def __init__(self, file: BinaryIO, at: int, size: int | None, context: Context, *, deflated: bool) -> None:
        super().__init__()
        self._file = file
        self._begin = at
        self._size = size
        self._context = context
        self._deflated = deflated
        self._furthest = 0
        self._restart()

    def _restart(self) -> None:
        self._taken = 0
        self._at = 0
        self._inner = zlib.decompressobj(-15) if self._deflated else None

    @property
    def end(self) -> int:
        """Where the bytes that were taken end."""
        return self._begin + self._taken - (len(self._inner.unused_data) if self._inner else 0)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("the size is not told")
        if offset < self._at:
            self._restart()
        while self._at < offset and self.read(min(BLOCK, offset - self._at)):
            pass
        return self._at

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(BLOCK), b""))
        data = b""
        while size and not data:
            left = b"" if self._inner is None else self._inner.unconsumed_tail
            if self._inner is not None and self._inner.eof:
                break
            if not left:
                left = self._packed(size)
            data = left if self._inner is None else self._inner.decompress(left, size)
            if not left:
                break
        self._at += len(data)
        if self._at > self._furthest:
            self._context.unpack(self._at - self._furthest, self._at, max(self._taken, 1))
            self._furthest = self._at
        return data

    def _packed(self, size: int) -> bytes:
        most = min(size, _STEP) if self._size is None else min(size, _STEP, self._size - self._taken)
        self._file.seek(self._begin + self._taken)
        data = self._file.read(most)
        self._taken += len(data)
        return data


def members_alone(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what the members hold that are told by their own headers; one that cannot be read is noted."""
    at = _next(source.file, 0)
    while at >= 0:
        context.tick()
        source.file.seek(at)
        head = source.file.read(_HEADER)
        if len(head) < _HEADER:
            return
        flags, method, packed, size, length, extra = struct.unpack("<6xHH8xIIHH", head)
        raw = source.file.read(length)
        name = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        begin = at + _HEADER + length + extra
        told = None if flags & _LATER and not packed else packed
        at = begin
        if length and not name.endswith("/") and (told is None or size):
            context.member()
            place = join_place(where, shorten(printable(name), 200))
            if flags & _LOCKED:
                context.note(place, Stop("encrypted"))
            elif method == _DEFLATED or (method == _STORED and told is not None):
                with _Member(source.file, begin, told, context, deflated=method == _DEFLATED) as file:
                    inner = Source(cast("BinaryIO", file), name, size or packed or 1, random=False)
                    yield from context.open(inner, context, place)
                    at = max(begin, file.end if told is None else begin + told)
            else:
                context.note(place, Unread("a member without a directory"))
        at = _next(source.file, at)


def _next(file: BinaryIO, at: int) -> int:
    """Return where the next member begins, at a place or behind it; -1 where none does."""
    held = b""
    file.seek(at)
    while block := file.read(BLOCK):
        data = held + block
        found = data.find(_MARK)
        if found >= 0:
            return at - len(held) + found
        held = data[-3:]
        at += len(block)
    return -1
