"""Older and rarer ways of packing: Deflate64, Zstandard and xz in zip, compress, lzip, cabinets; torn ones too."""

import io
import lzma
import random
import struct
import sys
import zlib

import pytest
from seven_file import seven
from test_extract_formats import LINE, look, packed

from casb_cli.scan.extract.base import Stop
from casb_cli.scan.extract.deflate64 import deflate64

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FILLING = "".join(f"nothing to see in line {n}\n" for n in range(4000))
TEXT = (FILLING + LINE).encode()
PLACE = "line 4002, column 8"


def bits(*values):
    """Return numbers, each with its width, as deflate writes them."""
    held = size = 0
    for value, width in values:
        held |= value << size
        size += width
    return held.to_bytes((size + 7) // 8, "little")


def turned(code, width):
    return int(f"{code:0{width}b}"[::-1], 2), width


def letter(value):
    return turned(0x30 + value, 8) if value < 144 else turned(0x190 + value - 144, 9)


def far_copy():
    """Return Deflate64 that says what no deflate can: 60,003 letters by one code of length, and some from afar."""
    head = [(1, 1), (1, 2)]
    copy = [turned(0xC0 + 285 - 280, 8), (60_000, 16), turned(0, 5)]
    again = [turned(1, 7), turned(31, 5), (5_000, 14)]  # three letters, 49,153 + 5,000 back
    return bits(*head, letter(65), *copy, letter(66), *again, letter(67), turned(0, 7))


def deflated(data):
    """Return data packed so that it is Deflate64 as well: no match is as long as its last code of length says."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    return packer.compress(data) + packer.flush()


def zipped(method, data, content=TEXT):
    """Return a zip archive with one member packed by a method that Python's own writer lacks."""
    crc = zlib.crc32(content)
    about = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0, crc, len(data), len(content), 1, 0)
    member = b"PK\3\4" + about + b"a" + data
    entry = b"PK\1\2" + b"\x14\0" + about + bytes(14) + b"a"
    return member + entry + struct.pack("<4s4xHHIIH", b"PK\5\6", 1, 1, len(entry), len(member), 0)


def unpacked(data):
    return b"".join(deflate64(io.BytesIO(data).read))


def test_lengths_and_distances_that_only_deflate64_has():
    assert unpacked(far_copy()) == b"A" * 60_004 + b"B" + b"A" * 3 + b"C"


def test_codes_of_every_width_are_read():
    r = random.Random(3)
    wide = b"".join(bytes((value,)) * (1 << min(value, 14)) for value in range(22)) + r.randbytes(300)
    for data in (wide, r.randbytes(5_000), b"", b"x", b"text " * 20_000):
        assert unpacked(deflated(data)) == data
        stored = zlib.compressobj(0, zlib.DEFLATED, -15)
        assert unpacked(stored.compress(data) + stored.flush()) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\7",
        far_copy()[:-3],
        deflated(TEXT)[:-200],
        bits((1, 1), (1, 2), turned(1, 7), turned(9, 5), (0, 9)),
        b"\5" * 90,
    ],
)
def test_what_is_torn_ends_with_its_reason(data):
    with pytest.raises(Stop, match="corrupted"):
        unpacked(data)


def letters_only(data):
    """Return a file of `compress` in which nothing is packed: codes of nine bits, as long as they are wide enough."""
    value = sum(code << 9 * at for at, code in enumerate(data))
    return b"\x1f\x9d\x90" + value.to_bytes((9 * len(data) + 7) // 8, "little")


def lzipped(data):
    one = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}
    packed = lzma.compress(data, lzma.FORMAT_ALONE, filters=[one])[13:]  # its end is marked, its size not told
    return b"LZIP\1\x10" + packed + struct.pack("<IQQ", zlib.crc32(data), len(data), len(packed) + 26)


def blocks(data, method, wrong=False):
    out, before = [], b""
    for at in range(0, len(data), 1 << 15):
        part = data[at : at + (1 << 15)]
        packed = part
        if method == 1:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before)
            packed = (b"CX" if wrong else b"CK") + packer.compress(part) + packer.flush()
        out.append(struct.pack("<IHH", 0, len(packed), len(part)) + packed)
        before = part
    return out


def cabinet(files, method=1, **wrong):
    """Return a cabinet of one folder ([MS-CAB])."""
    data = blocks(b"".join(files.values()), method, **wrong)
    entries, at = b"", 0
    for name, content in files.items():
        entries += struct.pack("<IIHHHH", len(content), at, 0, 0, 0, 0) + name.encode() + b"\0"
        at += len(content)
    begin = 36 + 8 + len(entries)
    head = struct.pack("<4s4xI4xI4xBBHHHHH", b"MSCF", begin, 44, 3, 1, 1, len(files), 0, 7, 0)
    return head + struct.pack("<IHH", begin, len(data), method) + entries + b"".join(data)


FILES = {"a.txt": FILLING.encode(), "in\\b.txt": LINE.encode(), "c": b"x" * 40_000}
READ = {
    "zip deflate64": (zipped(9, deflated(TEXT)), f"a, {PLACE}"),
    "zip zstandard": (zipped(93, zstd.compress(TEXT)), f"a, {PLACE}"),
    "zip xz": (zipped(95, lzma.compress(TEXT)), f"a, {PLACE}"),
    "7z deflate64": (seven({"a": TEXT, "b": b"x"}, ("deflate64",)), f"a, {PLACE}"),
    "7z deflate64, filtered": (seven({"a": TEXT}, ("x86", "deflate64")), f"a, {PLACE}"),
    "compress": (letters_only(LINE.encode()), "line 2, column 8"),
    "lzip": (lzipped(TEXT), PLACE),
    "lzip, two members": (lzipped(FILLING.encode()) + lzipped(LINE.encode()), PLACE),
    "cabinet": (cabinet(FILES), "in\\b.txt, line 2, column 8"),
    "cabinet stored": (cabinet(FILES, 0), "in\\b.txt, line 2, column 8"),
    "cabinet in zip": (packed(x=cabinet(FILES)), "x!in\\b.txt, line 2, column 8"),
}


@pytest.mark.parametrize("kind", READ)
def test_each_is_read(kind):
    data, place = READ[kind]
    result = look(data, "")
    assert [match.place for match in result.matches] == [place], result
    assert result.outcome == "done", result


BOMB = b"a b " * (3 << 20)
WRONG = {
    "zip deflate64, torn": (zipped(9, deflated(TEXT)[:-900]), "corrupted"),
    "zip deflate64, wrong sum": (zipped(9, deflated(TEXT), TEXT[:-1] + b"x"), "corrupted"),
    "zip deflate64, encrypted": (zipped(9, deflated(TEXT)).replace(b"\x14\0\0\0\x09", b"\x14\0\1\0\x09"), "encrypted"),
    "zip by a method of none": (zipped(77, TEXT), "unsupported"),
    "zip deflate64 that bursts": (
        zipped(9, bits((1, 1), (1, 2), letter(65), *[turned(0xC5, 8), (65_535, 16), turned(0, 5)] * 900, turned(0, 7))),
        "expansion",
    ),
    "zip zstandard that bursts": (zipped(93, zstd.compress(BOMB)), "expansion"),
    "7z deflate64, torn": (seven({"a": TEXT}, ("deflate64",)).replace(deflated(TEXT)[500:520], bytes(20)), "corrupted"),
    "compress of wrong codes": (b"\x1f\x9d\x90" + b"\xff" * 900, "corrupted"),
    "compress of wrong width": (b"\x1f\x9d\x9f" + b"\xff" * 900, "corrupted"),
    "lzip, torn": (lzipped(TEXT)[:-100], "corrupted"),
    "lzip, wrong sum": (lzipped(TEXT)[:-20] + bytes(20), "corrupted"),
    "lzip that wants the memory": (b"LZIP\1\x1d" + lzipped(TEXT)[6:], "too-large"),
    "lzip that bursts": (lzipped(BOMB), "expansion"),
    "cabinet, torn": (cabinet(FILES)[:-9_000], "corrupted"),
    "cabinet, directory torn": (cabinet(FILES)[:60], "corrupted"),
    "cabinet of wrong blocks": (cabinet(FILES, wrong=True), "corrupted"),
    "cabinet by LZX": (cabinet(FILES, 3), "unsupported"),
    "cabinet that goes on elsewhere": (cabinet(FILES).replace(b"\0\0\0\0\0\0a.txt", b"\xfd\xff\0\0\0\0a.txt"), None),
    "cabinet that bursts": (cabinet({"a": BOMB}), "expansion"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_ends_with_its_reason(kind):
    data, reason = WRONG[kind]
    result = look(data, wall=20, cpu=20, ratio_floor=4 << 20)
    told = {note.reason for note in result.notes} | {result.reason}
    assert reason in told, result
    assert told <= {reason, None, "unsupported"}
