"""What streams of unpacked content share: `read` and `seek` are all that each has of its own."""

from __future__ import annotations

import io
from typing import IO, cast


class Stream(io.RawIOBase):
    """Content that is read from `_at` on, through `read`."""

    _at: int

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        target = cast("bytearray", buffer)
        # Not by a view of it: those of ctypes, as pdfium hands them, take no assignment.
        return io.BytesIO(self.read(memoryview(target).nbytes)).readinto(target)


class Slice(Stream):
    """The bytes of a file from a place on, such as one member's as they lie in an archive; fewer where it is cut."""

    def __init__(self, file: IO[bytes], begin: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._begin = begin
        self._size = size
        self._at = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(self._size - self._at, 0)
        self._file.seek(self._begin + self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data
