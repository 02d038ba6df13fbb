"""Writes 7z archives for tests, after 7zFormat.txt: one block, members in a row, steps by name."""

import bz2
import lzma
import struct
import sys
import zlib

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DICT = 1 << 16
LZMA1 = {"id": lzma.FILTER_LZMA1, "dict_size": DICT}
LZMA2 = {"id": lzma.FILTER_LZMA2, "dict_size": DICT}


def _raw(data, *filters):
    return lzma.compress(data, format=lzma.FORMAT_RAW, filters=list(filters))


def _deflated(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _letters(data):
    """Return data packed without any match: Deflate and Deflate64 are then the same."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    return packer.compress(data) + packer.flush()


def _filtered(kind):
    """Return what a filter alone makes of data: it is unpacked again without the filter."""

    def run(data):
        packed = lzma.compress(data, format=lzma.FORMAT_RAW, filters=[kind, LZMA2])
        return lzma.decompress(packed, format=lzma.FORMAT_RAW, filters=[LZMA2])

    return run


STEPS = {  # name: method, properties, packing
    "copy": (b"\0", b"", lambda data: data),
    "lzma": (b"\x03\x01\x01", struct.pack("<BI", 93, DICT), lambda data: _raw(data, LZMA1)),
    "lzma2": (b"\x21", b"\x08", lambda data: _raw(data, LZMA2)),
    "deflate": (b"\x04\x01\x08", b"", _deflated),
    "deflate64": (b"\x04\x01\x09", b"", _letters),
    "bzip2": (b"\x04\x02\x02", b"", bz2.compress),
    "zstd": (b"\x04\xf7\x11\x01", b"\1\0\0\0\0", zstd.compress),
    "delta": (b"\x03", b"\x03", _filtered({"id": lzma.FILTER_DELTA, "dist": 4})),
    "x86": (b"\x03\x03\x01\x03", b"", _filtered({"id": lzma.FILTER_X86})),
    "arm": (b"\x03\x03\x05\x01", b"", _filtered({"id": lzma.FILTER_ARM})),
    "aes": (b"\x06\xf1\x07\x01", bytes(18), lambda data: data[::-1]),
    "ppmd": (b"\x03\x04\x01", bytes(5), lambda data: data[::-1]),
}


def number(value):
    """Return a number as the format writes it, in nine bytes where one is too few."""
    return bytes([value]) if value < 128 else b"\xff" + struct.pack("<Q", value)


def folder(steps):
    """Return the description of a block packed by the steps in turn: the text passes the first one first."""
    out = number(len(steps))
    for step in steps:
        method, properties, _ = STEPS[step]
        out += bytes([len(method) | (0x20 if properties else 0)]) + method
        out += number(len(properties)) + properties if properties else b""
    return out + b"".join(number(n) + number(n + 1) for n in range(len(steps) - 1))


def streams(steps, sizes, packed, place=0, crc=None, parts=None, crcs=()):
    """Return the description of one block at a place: the sizes each step gives, its members' sizes and checksums."""
    out = b"\x06" + number(place) + b"\1\x09" + number(packed) + b"\0"
    out += b"\x07\x0b\1\0" + folder(steps) + b"\x0c" + b"".join(map(number, sizes))
    out += (b"\x0a\1" + struct.pack("<I", crc) if crc is not None else b"") + b"\0"
    if parts is not None:
        out += b"\x08\x0d" + number(len(parts)) + b"\x09" + b"".join(map(number, parts[:-1]))
        out += b"\x0a\1" + b"".join(struct.pack("<I", one) for one in crcs) + b"\0"
    return out + b"\0"


def packed_by(steps, data):
    """Return the packed bytes and the size that each step gives."""
    sizes = []
    for step in steps:
        sizes.append(len(data))
        data = STEPS[step][2](data)
    return data, sizes


def wrapped(body, header, crc=None):
    """Return an archive of packed bytes and a directory."""
    crc = zlib.crc32(header) if crc is None else crc
    start = struct.pack("<QQI", len(body), len(header), crc)
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body + header


def directory(members, steps=("lzma2",), wrong_sum=False):
    """Return the packed bytes of all members in one block, and the directory."""
    body, sizes = packed_by(steps, b"".join(members.values()))
    crcs = [zlib.crc32(data) ^ wrong_sum for data in members.values()]
    names = b"\0" + b"".join(name.encode("utf-16-le") + b"\0\0" for name in members)
    header = b"\1\x04" + streams(steps, sizes, len(body), parts=[*map(len, members.values())], crcs=crcs)
    header += b"\x05" + number(len(members)) + b"\x11" + number(len(names)) + names + b"\0\0"
    return body, header


def seven(members, steps=("lzma2",), packed_directory=0, by=("lzma",), wrong_sum=False):
    """Return an archive; its directory packed so many times, as 7z itself does once."""
    body, header = directory(members, steps, wrong_sum)
    for _ in range(packed_directory):
        more, sizes = packed_by(by, header)
        header = b"\x17" + streams(by, sizes, len(more), place=len(body), crc=zlib.crc32(header))
        body += more
    return wrapped(body, header)
