"""The directory of a 7z archive: which members lie in which packed block, read with every count checked.

After 7zFormat.txt of the LZMA SDK, which is in the public domain.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from casb_cli.scan.extract.base import Stop, Unread

MAGIC = b"7z\xbc\xaf\x27\x1c"
_END, _HEADER, _FILES, _PACK, _UNPACK, _SUBSTREAMS, _SIZE, _CRC = 0, 1, 5, 6, 7, 8, 9, 10
_FOLDER, _UNPACK_SIZE, _COUNT, _EMPTY_STREAM, _NAMES, _ENCODED = 11, 12, 13, 14, 17, 23
_MOST = 1_000_000
_START = struct.Struct("<6sBBIQQI")


@dataclass
class Coder:
    """One step of unpacking: its method and properties."""

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass
class Folder:
    """One packed block: coders from the packed bytes to the text, and where the packed bytes stand."""

    coders: list[Coder]
    simple: bool
    """Whether the coders stand in one row: one packed stream, one output each."""
    packed_streams: int
    sizes: list[int] = field(default_factory=list)
    """What each coder gives, in the order of `coders`."""
    crc: int | None = None
    place: int = 0
    packed: int = 0
    parts: list[tuple[int, int | None]] | None = None
    """Size and checksum of each member in it, in order; None until they are told."""


@dataclass
class Directory:
    """The blocks of an archive and its members' names: those with content first to last, `None` where unnamed."""

    folders: list[Folder]
    names: list[str | None]


def start(head: bytes) -> tuple[int, int, int]:
    """Return place, size and checksum of the directory from the first 32 bytes; raises Stop."""
    if len(head) < _START.size:
        raise Stop("corrupted", "the start is torn")
    magic, major, _, crc, place, size, inner = _START.unpack(head)
    if magic != MAGIC or major != 0 or zlib.crc32(head[12:32]) != crc:
        raise Stop("corrupted", "the start is wrong")
    return place + _START.size, size, inner


class Reader:
    """Reads the numbers of a directory in turn; what is missing or cannot be raises Stop(corrupted)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if count > len(self._data) - self._at:
            raise Stop("corrupted", "the directory is torn")
        self._at += count
        return self._data[self._at - count : self._at]

    def rest(self) -> bytes:
        """Return all bytes that are left."""
        return self.take(len(self._data) - self._at)

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """Return a number of one to nine bytes, its length told by the leading ones of the first."""
        first = self.byte()
        more = 8 - (first ^ 0xFF).bit_length()
        high = first & ((1 << max(7 - more, 0)) - 1)
        return int.from_bytes(self.take(more), "little") + (high << (8 * more))

    def count(self) -> int:
        """Return how many of something follow; more than there are bits left cannot be."""
        found = self.number()
        if found > 8 * (len(self._data) - self._at) + 8:
            raise Stop("corrupted", "a count passes what follows")
        if found > _MOST:
            raise Stop("too-large", "a directory of too many members")
        return found

    def bits(self, count: int) -> list[bool]:
        data = self.take((count + 7) // 8)
        return [bool(data[n // 8] & (0x80 >> n % 8)) for n in range(count)]

    def checksums(self, count: int) -> list[int | None]:
        """Return a checksum or None for each."""
        known = [True] * count if self.byte() else self.bits(count)
        return [struct.unpack("<I", self.take(4))[0] if has else None for has in known]

    def kind(self, *allowed: int) -> int:
        found = self.byte()
        if found not in allowed:
            raise Stop("corrupted", "the directory makes no sense")
        return found


def directory(data: bytes) -> Directory | list[Folder]:
    """Return the directory, or the blocks that hold it packed; raises Stop."""
    reader = Reader(data)
    if reader.kind(_HEADER, _ENCODED) == _ENCODED:
        return _streams(reader)
    folders: list[Folder] = []
    names: list[str | None] = []
    while (kind := reader.byte()) != _END:
        if kind == 4:
            folders = _streams(reader)
        elif kind == _FILES:
            names = _files(reader)
        elif kind == 2:  # properties of the archive
            while reader.byte() != _END:
                reader.take(reader.number())
        else:
            raise Unread("a directory of another form")
    return Directory(folders, names)


def _streams(reader: Reader) -> list[Folder]:
    place, sizes, folders = 0, list[int](), list[Folder]()
    while (kind := reader.kind(_END, _PACK, _UNPACK, _SUBSTREAMS)) != _END:
        if kind == _PACK:
            place, sizes = _packed(reader)
        elif kind == _UNPACK:
            folders = _folders(reader)
        else:
            _substreams(reader, folders)
    if sum(folder.packed_streams for folder in folders) > len(sizes):
        raise Stop("corrupted", "packed streams are missing")
    following = iter(sizes)
    for folder in folders:
        own = [next(following) for _ in range(folder.packed_streams)]
        folder.place, folder.packed = place + _START.size, sum(own)
        place += sum(own)
        if folder.parts is None:
            folder.parts = [(folder.sizes[-1], folder.crc)]
    return folders


def _packed(reader: Reader) -> tuple[int, list[int]]:
    place, count, sizes = reader.number(), reader.count(), list[int]()
    while (kind := reader.kind(_END, _SIZE, _CRC)) != _END:
        if kind == _SIZE:
            sizes = [reader.number() for _ in range(count)]
        else:
            reader.checksums(count)
    return place, sizes


def _folders(reader: Reader) -> list[Folder]:
    reader.kind(_FOLDER)
    count = reader.count()
    if reader.byte():
        raise Unread("a directory in parts")
    folders = [_folder(reader) for _ in range(count)]
    reader.kind(_UNPACK_SIZE)
    for folder in folders:
        sizes = [reader.number() for coder in folder.coders for _ in range(coder.outputs)]
        order = _order(folder)
        folder.sizes = [sizes[n] for n in order]
        folder.coders = [folder.coders[n] for n in order]
    if reader.kind(_END, _CRC) == _CRC:
        for folder, crc in zip(folders, reader.checksums(count), strict=True):
            folder.crc = crc
        reader.kind(_END)
    return folders


def _folder(reader: Reader) -> Folder:
    coders = []
    for _ in range(_few(reader.number())):
        flags = reader.byte()
        method = reader.take(flags & 0x0F)
        inputs, outputs = (_few(reader.number()), _few(reader.number())) if flags & 0x10 else (1, 1)
        properties = reader.take(reader.number()) if flags & 0x20 else b""
        coders.append(Coder(method, properties, inputs, outputs))
    inputs = sum(coder.inputs for coder in coders)
    outputs = sum(coder.outputs for coder in coders)
    bound = [(reader.number(), reader.number()) for _ in range(outputs - 1)]
    packed = inputs - len(bound)
    if not coders or packed < 1:
        raise Stop("corrupted", "the steps of a block make no sense")
    if packed > 1:
        for _ in range(packed):
            reader.number()
    folder = Folder(coders, packed == 1 and inputs == outputs == len(coders), packed)
    folder.sizes = [-1] * len(coders)
    for into, out in bound:
        if into >= inputs or out >= outputs:
            raise Stop("corrupted", "the steps of a block make no sense")
        if folder.simple:
            folder.sizes[into] = out  # for now: whose output each coder takes
    return folder


def _order(folder: Folder) -> list[int]:
    """Return the coders' numbers from the packed bytes to the text."""
    if not folder.simple:
        return list(range(len(folder.coders)))
    takes = {out: into for into, out in enumerate(folder.sizes)}
    order = [-1]
    while order[-1] in takes and len(order) <= len(folder.coders):
        order.append(takes[order[-1]])
    if sorted(order[1:]) != list(range(len(folder.coders))):
        raise Stop("corrupted", "the steps of a block make no sense")
    return order[1:]


def _few(number: int) -> int:
    if number > 32:
        raise Stop("corrupted", "the steps of a block make no sense")
    return number


def _substreams(reader: Reader, folders: list[Folder]) -> None:
    counts = [1] * len(folders)
    kind = reader.kind(_END, _COUNT, _SIZE, _CRC)
    if kind == _COUNT:
        counts = [reader.count() for _ in folders]
        kind = reader.kind(_END, _SIZE, _CRC)
    sizes: list[list[int]] = []
    for folder, count in zip(folders, counts, strict=True):
        # The last one's size is what the others leave.
        own = [reader.number() for _ in range(count - 1)] if kind == _SIZE else []
        if count:
            own.append(folder.sizes[-1] - sum(own))
        if len(own) != count or any(size < 0 for size in own):
            raise Stop("corrupted", "the sizes of members make no sense")
        sizes.append(own)
    if kind == _SIZE:
        kind = reader.kind(_END, _CRC)
    unknown = sum(count for folder, count in zip(folders, counts, strict=True) if not _told(folder, count))
    crcs = iter(reader.checksums(unknown) if kind == _CRC else [None] * unknown)
    for folder, own in zip(folders, sizes, strict=True):
        told = _told(folder, len(own))
        folder.parts = [(size, folder.crc if told else next(crcs)) for size in own]
    if kind == _CRC:
        reader.kind(_END)


def _told(folder: Folder, count: int) -> bool:
    return count == 1 and folder.crc is not None


def _files(reader: Reader) -> list[str | None]:
    """Return the names of the members that have content."""
    count = reader.count()
    names: list[str | None] = [None] * count
    empty = [False] * count
    while (kind := reader.number()) != _END:
        inner = Reader(reader.take(reader.number()))
        if kind == _EMPTY_STREAM:
            empty = inner.bits(count)
        elif kind == _NAMES and inner.byte() == 0:
            text = inner.rest().decode("utf-16-le", "replace").split("\0")
            names = [*text[:count], *[None] * (count - len(text))]
    return [name for name, hollow in zip(names, empty, strict=True) if not hollow]
