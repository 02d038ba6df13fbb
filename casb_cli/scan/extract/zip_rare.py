"""Members of zip archives by methods that Python's own reader lacks: Deflate64, Zstandard, xz."""

from __future__ import annotations

import lzma
import struct
import zipfile
from typing import IO, BinaryIO, cast

from casb_cli.scan.extract.base import Stop
from casb_cli.scan.extract.blocks import Pieces
from casb_cli.scan.extract.deflate64 import deflate64
from casb_cli.scan.extract.stream import Slice

_DEFLATE64, _ZSTD, _XZ = 9, (20, 93), 95
_HEADER = 30


class Part(Slice):
    """A part of a file, such as the packed bytes of one member; raises Stop(corrupted) where the file is cut."""

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        if size and not data and self._at < self._size:
            raise Stop("corrupted", "packed bytes are missing")
        return data


def rare_member(file: IO[bytes], info: zipfile.ZipInfo) -> IO[bytes]:
    """Return a member as a stream, outside any limit; raises NotImplementedError for other methods."""
    file.seek(info.header_offset)
    head = file.read(_HEADER)
    if len(head) < _HEADER:
        raise zipfile.BadZipFile
    begin = info.header_offset + _HEADER + sum(struct.unpack_from("<HH", head, 26))
    packed = cast("BinaryIO", Part(file, begin, info.compress_size))
    if info.compress_type == _DEFLATE64:
        return cast("IO[bytes]", Pieces(lambda: deflate64(Part(file, begin, info.compress_size).read)))
    if info.compress_type == _XZ:
        return lzma.LZMAFile(packed)
    if info.compress_type in _ZSTD:
        from casb_cli.scan.extract.archive import zstd_file

        return zstd_file(packed)
    raise NotImplementedError
