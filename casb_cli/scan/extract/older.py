"""Older ways of packing, too rare for a library of their own: compress (.Z), lzip, and Microsoft's cabinets."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.archive import Bounded, single
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, Unread, join_place
from casb_cli.scan.extract.blocks import Pieces
from casb_cli.scan.extract.names import Names
from casb_cli.scan.extract.zip_rare import Part

_CLEAR = 256
_GIVEN = 1 << 16


def z_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what a file of `compress` holds."""
    yield from single(source, context, where, cast("IO[bytes]", Pieces(lambda: _z_pieces(source.file))))


def _z_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content in pieces: codes of growing width, in groups of eight; what is left of a group is dropped."""
    file.seek(2)
    flags = (file.read(1) or b"\0")[0]
    most, clears = flags & 31, flags >> 7
    if not 9 <= most <= 16:
        raise Stop("corrupted", "a width of codes")
    prefix, suffix = [0] * (1 << most), bytearray(1 << most)
    bits, end, before, final = 9, _CLEAR if clears else _CLEAR - 1, -1, 0
    out = bytearray()
    while group := file.read(bits):
        value, width = int.from_bytes(group, "little"), bits
        mask = (1 << width) - 1
        for _ in range(len(group) * 8 // width):
            code = value & mask
            value >>= width
            if code == _CLEAR and clears:
                bits, end = 9, _CLEAR - 1
                break
            taken, letters = code, bytearray()
            if code > end or before < 0:
                if (before < 0 and code >= _CLEAR) or (before >= 0 and (code != end + 1 or before > end)):
                    raise Stop("corrupted", "a code that is none")
                if before >= 0:
                    letters.append(final)
                    code = before
            while code >= _CLEAR:
                letters.append(suffix[code])
                code = prefix[code]
            letters.append(code)
            final = code
            if before >= 0 and end < mask:
                end += 1
                prefix[end], suffix[end] = before, final
            before = taken
            letters.reverse()
            out += letters
            if end >= mask and width < most:
                bits = width + 1
                break
        if len(out) >= _GIVEN:
            yield bytes(out)
            out.clear()
    yield bytes(out)


def lzip_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what an lzip file holds, all members in a row."""
    yield from single(source, context, where, cast("IO[bytes]", Pieces(lambda: _lzip_pieces(source.file))))


_LZIP = b"LZIP\x01"
_TRAILER = 20
_LARGEST_DICTIONARY = 256 << 20


def _lzip_pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    data = file.read(_GIVEN)
    while data[:5] == _LZIP and len(data) > 6:
        size = 1 << (data[5] & 31)
        size -= (size >> 4) * (data[5] >> 5)
        if not 4096 <= size <= _LARGEST_DICTIONARY:
            raise Stop("too-large" if size > 4096 else "corrupted", "what must be held to unpack it")
        one = {"id": lzma.FILTER_LZMA1, "dict_size": size, "lc": 3, "lp": 0, "pb": 2}
        inner = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[one])
        data = data[6:]
        crc = 0
        while not inner.eof:
            if inner.needs_input and not data and not (data := file.read(_GIVEN)):
                raise Stop("corrupted", "packed bytes are missing")
            out = inner.decompress(data, BLOCK)
            data = b""
            crc = zlib.crc32(out, crc)
            yield out
        data = inner.unused_data
        data += file.read(max(0, _TRAILER + 6 - len(data)))
        if len(data) < _TRAILER or struct.unpack_from("<I", data)[0] != crc:
            raise Stop("corrupted", "a checksum")
        data = data[_TRAILER:] + file.read(_GIVEN)
    if data[:4] == _LZIP[:4]:
        raise Stop("corrupted", "the head of a packed file")


@dataclass
class _Folder:
    """A run of packed blocks in a cabinet: where they begin, how many they are, and how they are packed."""

    place: int
    blocks: int
    method: int


_HEADER = struct.Struct("<4s4xI4xI4xBBHHHHH")
_RESERVED, _PREVIOUS, _NEXT = 4, 1, 2
_STORED, _ZIPPED = 0, 1
_METHODS = {2: "Quantum", 3: "LZX"}
_CK = b"CK"


def cabinet(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what the files of a cabinet hold ([MS-CAB]); raises Stop, files packed by rare methods are noted."""
    folders, files, extra = _directory(source)
    names = Names(where)
    for _, _, _, name in files:
        yield from names.add(context, name)
    yield from names.rest(context)
    streams: dict[int, Pieces] = {}
    for number, begin, size, name in sorted(files):
        context.member()
        context.tick()
        place = join_place(where, shorten(printable(name), 200))
        if number >= len(folders):
            context.note(place, Unread("a file that goes on in another cabinet"))
            continue
        folder = folders[number]
        if folder.method not in (_STORED, _ZIPPED):
            context.note(place, Unread(f"the method {_METHODS.get(folder.method, folder.method)}"))
            continue
        if number not in streams:
            streams[number] = Pieces(lambda folder=folder: _blocks(source.file, folder, extra))  # type: ignore[misc]
        part = Part(cast("IO[bytes]", streams[number]), begin, size)
        with cast("BinaryIO", Bounded(cast("IO[bytes]", part), context, source.size)) as file:
            yield from context.open(Source(file, name, size, random=False), context, place)


def _directory(source: Source) -> tuple[list[_Folder], list[tuple[int, int, int, str]], int]:
    """Return the folders, the files (number of the folder, begin, size, name), and what each block has beside."""
    file = source.file
    file.seek(0)
    try:
        _, _, place, _, _, folders, files, flags, _, _ = _HEADER.unpack(file.read(_HEADER.size))
        beside = extra = 0
        if flags & _RESERVED:
            size, beside, extra = struct.unpack("<HBB", file.read(4))
            file.seek(size, 1)
        for flag in (_PREVIOUS, _NEXT):
            for _ in range(2 * bool(flags & flag)):
                _word(file)
        found = [_Folder(*struct.unpack_from("<IHH", file.read(8 + beside))) for _ in range(folders)]
        for folder in found:
            folder.method &= 15
        file.seek(place)
        told = []
        for _ in range(files):
            size, begin, number, attributes = struct.unpack("<IIH4xH", file.read(16))
            name = _word(file).decode("utf-8" if attributes & 0x80 else "cp1252", "replace")
            told.append((number, begin, size, name))
    except struct.error:
        raise Stop("corrupted", "the directory is torn") from None
    return found, told, extra


def _word(file: BinaryIO) -> bytes:
    data = file.read(257)
    end = data.find(b"\0")
    if end < 0:
        raise Stop("corrupted", "the directory is torn")
    file.seek(end + 1 - len(data), 1)
    return data[:end]


def _blocks(file: BinaryIO, folder: _Folder, extra: int) -> Iterator[bytes]:
    """Yield the content of a folder block by block, each of which may refer to the one before."""
    place, before = folder.place, b""
    for _ in range(folder.blocks):
        file.seek(place)
        head = file.read(8 + extra)
        if len(head) < 8 + extra:
            raise Stop("corrupted", "packed bytes are missing")
        packed, size = struct.unpack_from("<4xHH", head)
        data = file.read(packed)
        place += 8 + extra + packed
        if folder.method == _ZIPPED:
            if data[:2] != _CK:
                raise Stop("corrupted", "a packed block")
            data = zlib.decompressobj(-15, zdict=before).decompress(data[2:], 1 << 16)
        if len(data) != size:
            raise Stop("corrupted", "a packed block")
        before = data[-(1 << 15) :]
        yield data
