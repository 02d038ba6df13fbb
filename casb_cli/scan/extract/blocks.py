"""gzip member by member, up to where it is torn; xz in bounded memory; LZ4 and Snappy, too rare for a library."""

from __future__ import annotations

import io
import lzma
import struct
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO

from casb_cli.scan.extract.base import Reason, Stop
from casb_cli.scan.extract.stream import Stream

_FRAME, _LEGACY = 0x184D2204, 0x184C2102
_SKIPPED = range(0x184D2A50, 0x184D2A60)
_WINDOW = 1 << 16
_LEGACY_BLOCK = 8 << 20
_UNPACKED = 1 << 31


class Pieces(Stream):
    """A stream of the pieces that a function makes; going back makes them anew."""

    def __init__(self, made: Callable[[], Iterator[bytes]]) -> None:
        super().__init__()
        self._made = made
        self._pieces = made()
        self._left = b""
        self._at = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("the size is not told")
        if offset < self._at:
            self._pieces, self._left, self._at = self._made(), b"", 0
        while self._at < offset and self.read(min(1 << 20, offset - self._at)):
            pass
        return self._at

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = piece
        data, self._left = self._left[:size], self._left[size:]
        self._at += len(data)
        return data


_TAKEN = 1 << 15
_LONGEST_HEAD = 1 << 17


def gzip_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of gzip members in a row (RFC 1952), all that there is of a torn one; raises Stop."""
    file.seek(0)
    data = file.read(_TAKEN)
    while data:
        while (begin := _head(data)) < 0:
            more = file.read(_TAKEN)
            if not more or len(data) > _LONGEST_HEAD:
                raise Stop("corrupted", "the head of a packed file")
            data += more
        inner = zlib.decompressobj(-15)
        data = data[begin:]
        crc = 0
        while not inner.eof:
            data = data or file.read(_TAKEN)
            if not data:
                raise Stop("corrupted", "packed bytes are missing")
            out = inner.decompress(data, 1 << 20)
            crc = zlib.crc32(out, crc)
            if out:
                yield out
            data = inner.unconsumed_tail
        data = inner.unused_data
        if len(data) < 8:
            data += file.read(_TAKEN)
        if len(data) < 8:
            raise Stop("corrupted", "packed bytes are missing")
        if struct.unpack_from("<I", data)[0] != crc:
            raise Stop("corrupted", "a checksum")
        data = data[8:]
        while not (data := data.lstrip(b"\0")) and (data := file.read(_TAKEN)):
            continue  # what fills up behind a member


def zlib_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a stream of zlib (RFC 1950), all that there is of a torn one; raises Stop."""
    file.seek(0)
    inner = zlib.decompressobj()
    while not inner.eof:
        data = inner.unconsumed_tail or file.read(_TAKEN)
        if not data:
            raise Stop("corrupted", "packed bytes are missing")
        if out := inner.decompress(data, 1 << 20):
            yield out


def _head(data: bytes) -> int:
    """Return where a member's packed bytes begin, -1 where its head goes on; raises Stop where it is none."""
    if len(data) < 10:
        return -1
    if data[:3] != b"\x1f\x8b\x08":
        raise Stop("corrupted", "bytes that are no packed file")
    flags, at = data[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            end = data.find(b"\0", at)
            if end < 0:
                return -1
            at = end + 1
    at += flags & 2
    return at if at <= len(data) else -1


_HELD = 192 << 20
"""Bytes that a stream of xz may make its reader hold: twice of what its own program's highest level takes."""


def xz_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of streams of xz in a row, or of one of its older form; raises Stop where they are torn."""
    file.seek(0)
    data, begun = file.read(_TAKEN), False
    while data:
        unpacker = lzma.LZMADecompressor(memlimit=_HELD)
        out = b""
        while not unpacker.eof:
            try:
                out = unpacker.decompress(data, _TAKEN)
            except lzma.LZMAError as error:
                if begun and not out and unpacker.needs_input:
                    return  # what stands behind the last stream is none
                raise Stop(*_UNPACKABLE["limit" in str(error)]) from None
            if out:
                begun = True
                yield out
            data = file.read(_TAKEN) if unpacker.needs_input and not unpacker.eof else b""
            if not data and unpacker.needs_input and not unpacker.eof:
                raise Stop("corrupted", "packed bytes are missing")
        begun = True
        data = unpacker.unused_data or file.read(_TAKEN)
        while data and not (data := data.lstrip(b"\0")):
            data = file.read(_TAKEN)


_UNPACKABLE: dict[bool, tuple[Reason, str]] = {
    True: ("too-large", "a dictionary"),
    False: ("corrupted", "packed bytes"),
}


def lz4_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of LZ4 frames in a row, block by block; raises Stop where they are torn."""
    file.seek(0)
    head = file.read(4)
    while len(head) == 4:
        mark = struct.unpack("<I", head)[0]
        if mark == _LEGACY:
            head = yield from _legacy(file)
            continue
        if mark in _SKIPPED:
            file.seek(struct.unpack("<I", _exactly(file, 4))[0], io.SEEK_CUR)
        elif mark == _FRAME:
            yield from _frame(file)
        else:
            raise Stop("corrupted", "a frame of LZ4")
        head = file.read(4)


def _frame(file: BinaryIO) -> Iterator[bytes]:
    flags, sizes = _exactly(file, 2)
    if flags >> 6 != 1 or (sizes >> 4 & 7) < 4:
        raise Stop("corrupted", "a frame of LZ4")
    _exactly(file, 8 * bool(flags & 8) + 4 * bool(flags & 1) + 1)
    most = 1 << 8 + 2 * (sizes >> 4 & 7)
    before = b""
    while size := struct.unpack("<I", _exactly(file, 4))[0]:
        data = _exactly(file, min(size & ~_UNPACKED, most + 1))
        _exactly(file, 4 * bool(flags & 16))
        out = data if size & _UNPACKED else lz4_block(data, before, most)
        yield out
        if not flags & 32:  # each block goes on from the one before
            before = (before + out)[-_WINDOW:]
    _exactly(file, 4 * bool(flags & 4))


def _legacy(file: BinaryIO) -> Generator[bytes, None, bytes]:
    """Yield the blocks of the older form; it ends at the end of the file, or where another frame begins."""
    while len(head := file.read(4)) == 4:
        size = struct.unpack("<I", head)[0]
        if size in (_FRAME, _LEGACY) or size in _SKIPPED:
            return head
        if size > 2 * _LEGACY_BLOCK:
            raise Stop("corrupted", "a frame of LZ4")
        yield lz4_block(_exactly(file, size), b"", _LEGACY_BLOCK)
    return head


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise Stop("corrupted", "packed bytes are missing")
    return data


def lz4_block(data: bytes, before: bytes, most: int) -> bytes:
    """Return an LZ4 block unpacked, `before` being what stood in front of it; raises Stop beyond `most` bytes."""
    out = bytearray(before)
    most += len(before)
    at, end = 0, len(data)
    try:
        while at < end:
            token = data[at]
            at += 1
            count = token >> 4
            if count == 15:
                more = 255
                while more == 255:
                    more = data[at]
                    at += 1
                    count += more
            out += data[at : at + count]
            at += count
            if at >= end:
                break
            back = data[at] | data[at + 1] << 8
            at += 2
            count = (token & 15) + 4
            if count == 19:
                more = 255
                while more == 255:
                    more = data[at]
                    at += 1
                    count += more
            _copied(out, back, count, most)
    except IndexError:
        raise Stop("corrupted", "packed bytes are missing") from None
    if len(out) > most:
        raise Stop("corrupted", "a block that is too long")
    return bytes(out[len(before) :])


def _copied(out: bytearray, back: int, count: int, most: int) -> None:
    """Append what stands so far back, which may go on into itself."""
    begin = len(out) - back
    if back == 0 or begin < 0 or len(out) + count > most:
        raise Stop("corrupted", "a reference to nothing")
    if back >= count:
        out += out[begin : begin + count]
    else:
        piece = bytes(out[begin:])
        out += (piece * (count // back + 1))[:count]


def snappy_block(data: bytes, most: int) -> bytes:
    """Return a block of Snappy unpacked; raises Stop where it is torn or larger than `most` bytes."""
    size = shift = at = 0
    out = bytearray()
    try:
        while True:
            size |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 128 or shift > 35:
                break
        if size > most:
            raise Stop("too-large", "a packed block")
        while at < len(data):
            token = data[at]
            at += 1
            kind = token & 3
            if kind == 0:
                count = token >> 2
                if count >= 60:
                    width = count - 59
                    count = int.from_bytes(data[at : at + width], "little")
                    at += width
                out += data[at : at + count + 1]
                at += count + 1
                if len(out) > size:
                    raise Stop("corrupted", "a block that is too long")
                continue
            if kind == 1:
                count, back = (token >> 2 & 7) + 4, token >> 5 << 8 | data[at]
                at += 1
            else:
                width = 2 if kind == 2 else 4
                count, back = (token >> 2) + 1, int.from_bytes(data[at : at + width], "little")
                at += width
            _copied(out, back, count, size)
    except IndexError:
        raise Stop("corrupted", "packed bytes are missing") from None
    return bytes(out)
