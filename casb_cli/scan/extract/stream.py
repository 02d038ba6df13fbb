"""What streams of unpacked content share: `read` and `seek` are all that each has of its own."""

from __future__ import annotations

import io
from typing import cast


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
        view = memoryview(cast("bytearray", buffer))
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)
