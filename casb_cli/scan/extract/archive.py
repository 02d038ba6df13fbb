"""zip, gzip, bzip2, xz, zstd: members are read as streams, inside limits, never written under their names."""

from __future__ import annotations

import bz2
import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, cast

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, Unread, join_place
from casb_cli.scan.extract.blocks import Pieces, gzip_pieces, lz4_pieces, xz_pieces, zlib_pieces
from casb_cli.scan.extract.names import Names
from casb_cli.scan.extract.sniff import sniff
from casb_cli.scan.extract.stream import Slice, Stream
from casb_cli.scan.extract.torn import members_alone

_LOCAL_HEADER = 30
_NAMED_IN_UTF8 = 0x800


class Bounded(Stream):
    """An unpacking stream that counts what it gives against the limits; raises Stop beyond them."""

    def __init__(self, raw: IO[bytes], context: Context, packed: int, crc: int | None = None) -> None:
        super().__init__()
        self._expected = crc
        self._crc = self._summed = 0
        self._raw = raw
        self._context = context
        self._packed = max(packed, 1)
        self._furthest = 0
        self._at = 0
        self._fault: Exception | None = None
        self._step: Callable[[int], bytes] = getattr(raw, "read1", raw.read)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._fault = None
        self._at = self._raw.seek(offset, whence)
        return self._at

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            parts = []
            while part := self.read(BLOCK):
                parts.append(part)
                if sum(map(len, parts)) > self._context.limits.in_memory:
                    raise Stop("too-large", "a part that must be read whole")
            return b"".join(parts)
        data = self._unpacked(size)
        self._at += len(data)
        if self._expected is not None:
            self._sum(data, whole=not data and size > 0)
        new = self._at - self._furthest
        if new > 0:
            self._furthest = self._at
            self._context.unpack(new, self._furthest, self._packed)
        return data

    def _sum(self, data: bytes, *, whole: bool) -> None:
        """Take bytes into the checksum that it has not had; what is wrong is raised behind the last of them."""
        begin = self._at - len(data)
        if begin <= self._summed < self._at:
            self._crc = zlib.crc32(data[self._summed - begin :], self._crc)
            self._summed = self._at
        if whole and self._summed == self._at and self._crc != self._expected:
            self._expected = None
            raise Stop("corrupted", "a checksum")

    def _unpacked(self, size: int) -> bytes:
        """Return up to `size` bytes; what can be read before a fault is given first, the fault is raised next."""
        if self._fault is not None:
            raise self._fault
        parts: list[bytes] = []
        left = size
        try:
            while left and (part := self._step(left)):
                parts.append(part)
                left -= len(part)
        except Exception as error:  # each kind of packing raises its own on torn data
            if not parts:
                raise
            self._fault = error
        return b"".join(parts)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def opened(source: Source) -> zipfile.ZipFile:
    """Return the archive; raises zipfile.BadZipFile."""
    return zipfile.ZipFile(source.file)


def member_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, context: Context) -> BinaryIO:
    """Return one member as a bounded stream; raises Stop(encrypted)."""
    if info.flag_bits & 1:
        raise Stop("encrypted")
    file: IO[bytes]
    try:
        file = _opened_member(archive, info)
        file._expected_crc = None  # type: ignore[attr-defined] # noqa: SLF001 - it would keep back the last bytes of a torn member
    except NotImplementedError:
        from casb_cli.scan.extract.zip_rare import rare_member

        file = rare_member(cast("IO[bytes]", archive.fp), info)
    return cast("BinaryIO", Bounded(file, context, info.compress_size, info.CRC))


def _opened_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """Return a member as a stream; one that is named otherwise in front of its bytes is no fault.

    Programs write names of other alphabets in two ways, and say so at one place only.
    """
    try:
        return archive.open(info)
    except (zipfile.BadZipFile, UnicodeDecodeError):
        file = cast("IO[bytes]", archive.fp)
        file.seek(info.header_offset)
        head = file.read(_LOCAL_HEADER)
        if len(head) < _LOCAL_HEADER or not head.startswith(b"PK\3\4"):
            raise
        told = file.read(int.from_bytes(head[26:28], "little")).decode("cp437")
        if told == info.orig_filename:
            raise
        info.flag_bits &= ~_NAMED_IN_UTF8
        info.orig_filename = told
        return archive.open(info)


def zip_members(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what every member holds; a member that cannot be read is noted and the next one is taken."""
    try:
        archive = opened(source)
    except zipfile.BadZipFile:
        yield from members_alone(source, context, where)
        raise
    if any(info.header_offset < 0 for info in archive.filelist):
        yield from members_alone(source, context, where)
        raise Stop("corrupted", "a directory that leads nowhere")
    names = Names(where)
    yield from _around(source, archive, context, where)
    with archive:
        overlapping = _overlapping(archive)
        if comments := b"\n".join(filter(None, (archive.comment, *(info.comment for info in archive.filelist)))):
            yield Segment(join_place(where, "comments"), "none", iter((comments.decode("utf-8", "replace").encode(),)))
        # Members are opened by their entries, each for the last time: of a hundred thousand, memory is given back.
        archive.NameToInfo.clear()
        waiting = archive.filelist
        waiting.reverse()
        while waiting:
            info = waiting.pop()
            yield from names.add(context, info.filename)
            if info.is_dir() or info.file_size == 0:
                continue
            context.member()
            place = join_place(where, shorten(printable(info.filename), 200))
            if id(info) in overlapping:
                context.note(place, Stop("expansion", "it lies within another member"))
                continue
            try:
                file = member_file(archive, info, context)
            except Stop as stop:
                context.note(place, stop)
                continue
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
                unknown = isinstance(error, NotImplementedError)
                context.note(place, Unread("a rare method") if unknown else Stop("corrupted", type(error).__name__))
                continue
            with file:
                inner = Source(file, info.filename, info.file_size, random=False)
                yield from context.open(inner, context, place)
        yield from names.rest(context)


_END, _END_SIZE, _LONGEST_COMMENT = b"PK\5\6", 22, 1 << 16


def _around(source: Source, archive: zipfile.ZipFile, context: Context, where: str) -> Iterator[Segment]:
    """Yield what stands in front of an archive, such as another one, and text behind it; programs are left out."""
    begin = min((info.header_offset for info in archive.filelist), default=0)
    if begin:
        front = Source(cast("BinaryIO", Slice(source.file, 0, begin)), source.name, begin)
        if sniff(front) not in ("binary", "picture"):
            yield from context.open(front, context, join_place(where, "in front"))
    source.file.seek(max(source.size - _END_SIZE - _LONGEST_COMMENT, 0))
    tail = source.file.read()
    at = tail.rfind(_END)
    rest = tail[at + _END_SIZE + int.from_bytes(tail[at + 20 : at + 22], "little") :] if at >= 0 else b""
    if rest.strip(b"\0"):
        yield from context.open(Source(io.BytesIO(rest), "", len(rest)), context, join_place(where, "behind"))


def _overlapping(archive: zipfile.ZipFile) -> set[int]:
    """Return the members, by identity, whose packed bytes another one has too: a bomb that no ratio tells."""
    found = set()
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.compress_size and info.header_offset < end:
            found.add(id(info))
        else:
            end = max(end, info.header_offset + _LOCAL_HEADER + info.compress_size)
    return found


def single(source: Source, context: Context, where: str, raw: IO[bytes]) -> Iterator[Segment]:
    """Yield what a packed file holds, as a member of the file's name without its ending."""
    name = source.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    with cast("BinaryIO", Bounded(raw, context, source.size)) as file:
        inner = Source(file, name, source.size, random=False)
        yield from context.open(inner, context, join_place(where, shorten(printable(name), 200)))


def gzip_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what a gzip file holds, and the name and comment in its head."""
    names = Names(where)
    yield from names.add(context, *_told(source.head(1024)))
    yield from names.rest(context)
    yield from single(source, context, where, cast("IO[bytes]", Pieces(lambda: gzip_pieces(source.file))))


def _told(head: bytes) -> Iterator[str]:
    """Yield the texts in the head of a gzip file (RFC 1952)."""
    flags, at = head[3:4], 10
    if not flags:
        return
    if flags[0] & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag in (8, 16):
        if flags[0] & flag:
            end = head.find(b"\0", at)
            if end < 0:
                return
            yield head[at:end].decode("latin-1")
            at = end + 1


def zlib_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what a stream of zlib holds, as objects of repositories and caches are kept."""
    yield from single(source, context, where, cast("IO[bytes]", Pieces(lambda: zlib_pieces(source.file))))


def bzip2_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what a bzip2 file holds."""
    yield from single(source, context, where, bz2.BZ2File(source.file))


def xz_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what an xz file holds, or one of its older form."""
    yield from single(source, context, where, cast("IO[bytes]", Pieces(lambda: xz_pieces(source.file))))


def lz4_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what an LZ4 file holds, all frames in a row."""
    yield from single(source, context, where, cast("IO[bytes]", Pieces(lambda: lz4_pieces(source.file))))


ZSTD_WINDOW_LOG = 27
"""Two to this power bytes are what a frame may make its reader hold: as many as zstd itself reads unasked."""


def zstd_file(packed: BinaryIO) -> IO[bytes]:
    """Return the content of frames of zstd as a stream, with no limit but that of what is held at once."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    options = {int(zstd.DecompressionParameter.window_log_max): ZSTD_WINDOW_LOG}
    return cast("IO[bytes]", zstd.ZstdFile(packed, options=options))


def zstd_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what a zstd file holds, all frames in a row."""
    yield from single(source, context, where, zstd_file(source.file))
