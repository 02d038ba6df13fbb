"""7z archives with what Python unpacks: LZMA, LZMA2, BZip2, Deflate and Deflate64, Zstandard, stored, and filters.

Members of a block are read in turn as one stream, never twice. Other methods (PPMd, BCJ2, ...) and
locked blocks cost their members only.
"""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol, cast

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.archive import Bounded
from casb_cli.scan.extract.base import BLOCK, Context, Exhausted, Segment, Source, Stop, Unread, join_place
from casb_cli.scan.extract.blocks import Pieces
from casb_cli.scan.extract.deflate64 import deflate64
from casb_cli.scan.extract.names import Names
from casb_cli.scan.extract.sevenzip_header import Coder, Directory, Folder, directory, start
from casb_cli.scan.extract.stream import Stream

_STEP = 1 << 16
_LARGEST_DICTIONARY = 256 << 20
_AES = b"\x06\xf1\x07\x01"
_FILTERS = {
    b"\x03": lzma.FILTER_DELTA,
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
    b"\x04": lzma.FILTER_X86,
    b"\x05": lzma.FILTER_POWERPC,
    b"\x06": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x09": lzma.FILTER_SPARC,
}
_BCJ2 = b"\x03\x03\x01\x1b"
_NAMED = {
    b"\x03\x04\x01": "PPMd",
    b"\x04\xf7\x11\x02": "Brotli",
    b"\x04\xf7\x11\x04": "LZ4",
    b"\x0a": "ARM64",
    b"\x0b": "RISCV",
}
"""Methods that nothing here unpacks."""
_DEFLATE64 = b"\x04\x01\x09"
_REPLAYED = 1 << 20
_HEADERS = 4


def members(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what every member holds; raises Stop, also where the directory itself is locked."""
    found = _directory(source, context)
    told = Names(where)
    yield from told.add(context, *filter(None, found.names))
    yield from told.rest(context)
    names = iter(found.names)
    for folder in found.folders:
        yield from _block(source, folder, names, context, where)


def _directory(source: Source, context: Context) -> Directory:
    place, size, crc = start(source.head(32))
    if size == 0:
        return Directory([], [])
    data = _stored(source, place, size, crc, context)
    for _ in range(_HEADERS):
        found = directory(data)
        if isinstance(found, Directory):
            return found
        if len(found) != 1:
            raise Stop("corrupted", "the directory makes no sense")
        size = found[0].sizes[-1]
        if size > context.limits.in_memory:
            raise Stop("too-large", "a directory that must be read whole")
        data = _exactly(_unpacked(source, found[0], context), size)
        if found[0].crc not in (None, zlib.crc32(data)):
            raise Stop("corrupted", "a checksum of the directory")
    raise Stop("expansion", "a directory nested too deep")


def _stored(source: Source, place: int, size: int, crc: int, context: Context) -> bytes:
    if place + size > source.size:
        raise Stop("corrupted", "the directory is missing")
    if size > context.limits.in_memory:
        raise Stop("too-large", "a directory that must be read whole")
    source.file.seek(place)
    data = source.file.read(size)
    if zlib.crc32(data) != crc:
        raise Stop("corrupted", "a checksum of the directory")
    return data


def _block(
    source: Source, folder: Folder, names: Iterator[str | None], context: Context, where: str
) -> Iterator[Segment]:
    """Yield what the members of one block hold; where it cannot be read on, the members left are noted."""
    stem = source.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    stream: BinaryIO | None = None
    fault: Stop | None = None
    for number, (size, crc) in enumerate(folder.parts or (), 1):
        name = next(names, None) or f"{stem} {number}".strip()
        context.member()
        context.tick()
        place = join_place(where, shorten(printable(name), 200))
        if fault is None:
            try:
                stream = stream or _unpacked(source, folder, context)
            except Stop as stop:
                fault = stop
        if fault is not None or stream is None:
            context.note(place, fault or Stop("corrupted"))
            continue
        if size == 0:
            continue
        part = _Part(stream, size, crc)
        yield from context.open(Source(cast("BinaryIO", part), name, size, random=False), context, place)
        try:
            part.finish()
        except Exhausted:
            raise
        except _WrongSum as stop:
            context.note(place, stop)  # costs this member only
        except Stop as stop:
            fault = stop
        except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
            fault = Stop("corrupted", type(error).__name__)
        if fault is not None and not part.told:
            context.note(place, fault)


class _WrongSum(Stop):
    """A member's content is not what was packed."""


class _Part(Stream):
    """One member of a block: read once, from its start; only its first mebibyte can be gone back to."""

    def __init__(self, stream: BinaryIO, size: int, crc: int | None) -> None:
        super().__init__()
        self._stream = stream
        self._left = size
        self._expected = crc
        self._crc = 0
        self._first = bytearray()
        self._read = 0
        self._at = 0
        self.told = False
        """Whether the reader has met the fault itself."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset > self._read or (offset < self._read and self._read > _REPLAYED):
            raise io.UnsupportedOperation("only the start of a member can be gone back to")
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(BLOCK), b""))
        if self._at < self._read:
            data = bytes(self._first[self._at : self._at + size])
        else:
            try:
                data = self._more(size)
            except Exception:  # of any decoder: kept from being told twice
                self.told = True
                raise
        self._at += len(data)
        return data

    def _more(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left)) if self._left else b""
        if not data and self._left and size:
            raise EOFError
        self._left -= len(data)
        self._read += len(data)
        if self._read <= _REPLAYED:
            self._first += data
        else:
            self._first.clear()
        if self._expected is not None:
            self._crc = zlib.crc32(data, self._crc)
            if not data and self._left == 0 and self._crc != self._expected:  # its text has been given before
                self._expected = None
                raise _WrongSum("corrupted", "a checksum")
        return data

    def finish(self) -> None:
        """Go on to the end of the member, where the next one begins."""
        while self._more(BLOCK):
            pass


class _Decompressor(Protocol):
    """The form that decompressors of lzma, bz2 and zstd share."""

    @property
    def needs_input(self) -> bool: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Deflate:
    """Raw deflate in that form."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-15)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Filtered:
    """A filter of liblzma alone: it takes them only before LZMA2, so the bytes are wrapped as stored chunks of that."""

    eof = False
    unused_data = b""

    def __init__(self, filters: list[dict[str, int]]) -> None:
        self._inner = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[*filters, {"id": lzma.FILTER_LZMA2}])
        self._mark = b"\x01"

    @property
    def needs_input(self) -> bool:
        return self._inner.needs_input

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        wrapped = self._mark + struct.pack(">H", len(data) - 1) + data if data else b""
        self._mark = b"\x02" if data else self._mark
        return self._inner.decompress(wrapped, max_length)

    def last(self, max_length: int) -> bytes:
        """Return what a filter has held back at the end."""
        return b"" if self._inner.eof else self._inner.decompress(b"\0", max_length)


class _Step(io.RawIOBase):
    """One step of unpacking, read as a stream that ends at its size."""

    def __init__(self, source: Any, size: int, made: Callable[[], _Decompressor]) -> None:
        super().__init__()
        self._source = source
        self._left = size
        self._made = made
        self._inner = made()
        self._ended = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        most = min(size if size >= 0 else BLOCK, self._left)
        while most:
            data = b""
            if self._inner.eof:  # of several in a row
                data, self._inner = self._inner.unused_data, self._made()
            if not data and self._inner.needs_input:
                data = self._source.read(_STEP)
                if not data:
                    return self._rest(most)
            if out := self._inner.decompress(data, most):
                self._left -= len(out)
                return out
        return b""

    def _rest(self, most: int) -> bytes:
        """Return what a filter has held back; raises EOFError where the packed bytes end too early."""
        out = self._inner.last(most) if isinstance(self._inner, _Filtered) else b""
        if not out:
            raise EOFError
        self._left -= len(out)
        return out


class _Sized(io.RawIOBase):
    """Deflate64, read as a stream that ends at its size."""

    def __init__(self, source: Any, size: int) -> None:
        super().__init__()
        self._inner = Pieces(lambda: deflate64(source.read))
        self._left = size

    def read(self, size: int = -1) -> bytes:
        most = min(size if size >= 0 else BLOCK, self._left)
        data = self._inner.read(most) if most else b""
        if most and not data:
            raise EOFError
        self._left -= len(data)
        return data


class _Packed(io.RawIOBase):
    """The packed bytes of a block."""

    def __init__(self, source: Source, folder: Folder) -> None:
        super().__init__()
        self._source = source
        self._at = folder.place
        self._end = folder.place + folder.packed

    def read(self, size: int = -1) -> bytes:
        self._source.file.seek(self._at)
        data = self._source.file.read(min(size if size >= 0 else BLOCK, self._end - self._at))
        self._at += len(data)
        return data


def _unpacked(source: Source, folder: Folder, context: Context) -> BinaryIO:
    """Return a block's content as a stream inside the limits; raises Stop where it is locked or of another method."""
    if any(coder.method == _AES for coder in folder.coders):
        raise Stop("encrypted")
    if not folder.simple:
        bcj2 = any(coder.method == _BCJ2 for coder in folder.coders)
        raise Unread("the method BCJ2" if bcj2 else "steps with several streams")
    if folder.place + folder.packed > source.size:
        raise Stop("corrupted", "packed bytes are missing")
    stream: Any = _Packed(source, folder)
    for coder, size in zip(folder.coders, folder.sizes, strict=True):
        if coder.method == _DEFLATE64:
            stream = _Sized(stream, size)
            continue
        made = _decompressor(coder, size)
        stream = stream if made is None else _Step(stream, size, made)
    return cast("BinaryIO", Bounded(stream, context, folder.packed))


def _decompressor(coder: Coder, size: int) -> Callable[[], _Decompressor] | None:
    """Return what makes a decompressor for a coder, None where bytes are stored; raises Stop."""
    method, properties = coder.method, coder.properties
    if method in (b"\0", b""):
        return None
    if method in (b"\x03\x01\x01", b"\x21"):
        filters = [_lzma(properties, size) if method != b"\x21" else _lzma2(properties, size)]
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    if method in _FILTERS:
        one = {"id": _FILTERS[method]}
        if method == b"\x03" and properties:
            one["dist"] = properties[0] + 1
        return lambda: _Filtered([one])
    if method == b"\x04\x01\x08":
        return _Deflate
    if method == b"\x04\x02\x02":
        return bz2.BZ2Decompressor
    if method == b"\x04\xf7\x11\x01":
        return _zstd
    raise Unread(f"the method {_NAMED.get(method) or method.hex()}")


def _lzma(properties: bytes, size: int) -> dict[str, int]:
    if len(properties) < 5 or properties[0] >= 225:
        raise Stop("corrupted", "wrong properties of a method")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    return {
        "id": lzma.FILTER_LZMA1,
        "lc": lc,
        "lp": lp,
        "pb": pb,
        "dict_size": _dictionary(struct.unpack_from("<I", properties, 1)[0], size),
    }


def _lzma2(properties: bytes, size: int) -> dict[str, int]:
    if len(properties) != 1 or properties[0] > 40:
        raise Stop("corrupted", "wrong properties of a method")
    bits = properties[0]
    told = 0xFFFFFFFF if bits == 40 else (2 | (bits & 1)) << (bits // 2 + 11)
    return {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(told, size)}


def _dictionary(told: int, size: int) -> int:
    """Return how much a decompressor has to remember: never more than there is."""
    needed = max(min(told, size), 4096)
    if needed > _LARGEST_DICTIONARY:
        raise Stop("too-large", "what must be held to unpack it")
    return needed


def _zstd() -> _Decompressor:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    from casb_cli.scan.extract.archive import ZSTD_WINDOW_LOG

    return zstd.ZstdDecompressor(options={int(zstd.DecompressionParameter.window_log_max): ZSTD_WINDOW_LOG})


def _exactly(stream: BinaryIO, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = stream.read(min(size - len(parts), BLOCK))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
