"""Content on its way to a worker: in memory while small, else in a file that has no name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import TracebackType
from typing import BinaryIO, Self, cast

from casb_cli.scan.extract.base import Stop

INLINE = 256 << 10
"""Bytes up to which content travels inside the message itself."""
_IN_MEMORY_FILE = 16 << 20


class Content:
    """Bytes for one inspection, written once; no name on any file system ever leads to them.

    Small content is held in memory, larger in an anonymous memory file (Linux), the largest in an unlinked
    file of the temporary folder. Writing more than `limit` bytes raises Stop(too-large).
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._small = bytearray()
        self._file: BinaryIO | None = None
        self._descriptor: int | None = None
        self._on_disk = False
        self.size = 0

    @classmethod
    def of(cls, chunks: Iterable[bytes], limit: int | None = None) -> Content:
        """Return the content of all chunks; closed again when they, or the limit, raise."""
        content = cls(limit)
        try:
            for chunk in chunks:
                content.write(chunk)
        except BaseException:
            content.close()
            raise
        return content

    @classmethod
    def of_descriptor(cls, descriptor: int, size: int) -> Content:
        """Return the content of an open regular file of a known size; its descriptor is closed with it."""
        content = cls()
        content._descriptor = descriptor
        content.size = size
        return content

    def write(self, chunk: bytes) -> None:
        """Append bytes; raises Stop(too-large) beyond the limit, OSError when the disk is full."""
        self.size += len(chunk)
        if self._limit is not None and self.size > self._limit:
            raise Stop("too-large")
        if self._file is None:
            if self.size <= INLINE:
                self._small += chunk
                return
            self._file = _memory_file() or _unlinked()
            self._file.write(self._small)
            self._small = bytearray()
        if not self._on_disk and self.size > _IN_MEMORY_FILE:
            self._spill()
        self._file.write(chunk)

    def _spill(self) -> None:
        memory, disk = self._file, _unlinked()
        if memory is not None:
            memory.seek(0)
            while block := memory.read(1 << 20):
                disk.write(block)
            memory.close()
        self._file, self._on_disk = disk, True

    @property
    def held(self) -> bool:
        """Whether the bytes are in memory, and few."""
        return self._file is None and self._descriptor is None

    def inline(self) -> bytes | None:
        """Return the bytes where they are held in memory, else None."""
        return bytes(self._small) if self.held else None

    def fileno(self) -> int:
        """Return the descriptor of the nameless file, everything written through to it."""
        if self._descriptor is not None:
            return self._descriptor
        if self._file is None:
            raise ValueError("this content is held in memory")
        self._file.flush()
        return self._file.fileno()

    def close(self) -> None:
        """Let go of the bytes."""
        if self._file is not None:
            self._file.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self._small = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _memory_file() -> BinaryIO | None:
    if not hasattr(os, "memfd_create"):
        return None
    try:
        return cast("BinaryIO", os.fdopen(os.memfd_create("content", os.MFD_CLOEXEC), "w+b"))
    except OSError:
        return None  # some sandboxes forbid it: the unlinked file serves as well


def _unlinked() -> BinaryIO:
    import tempfile  # here, since most content fits in memory

    return cast("BinaryIO", tempfile.TemporaryFile("w+b"))
