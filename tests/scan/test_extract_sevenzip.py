"""7z archives: every method gives its members up, in any order of steps; what cannot be unpacked says why."""

from __future__ import annotations

import gzip
import struct

import pytest
from seven_file import directory, seven, streams, wrapped
from test_extract_formats import LINE, NUMBER, SHOWN, docx, look, packed, paragraph

from casb_cli.scan.detect.examples import card

OTHER = card("5212", 16, 2)
FILLING = "".join(f"nothing to see in line {n}\n" for n in range(4000))


@pytest.mark.parametrize(
    "steps",
    [
        ("copy",),
        ("lzma",),
        ("lzma2",),
        ("deflate",),
        ("bzip2",),
        ("zstd",),
        ("delta", "lzma2"),
        ("delta", "lzma"),
        ("x86", "lzma"),
        ("x86", "lzma2"),
        ("arm", "bzip2"),
        ("delta", "copy"),
        ("x86", "delta", "deflate"),
    ],
    ids="-".join,
)
@pytest.mark.parametrize("packed_directory", [0, 1])
def test_members_of_every_method_are_read(steps, packed_directory):
    members = {"a.txt": FILLING.encode(), "in/b.txt": LINE.encode(), "c.txt": f"{FILLING}card {OTHER}".encode()}
    result = look(seven(members, steps, packed_directory))
    assert [m.place for m in result.matches] == ["in/b.txt, line 2, column 8", "c.txt, line 4001, column 6"]
    assert (result.kind, result.outcome) == ("7z", "done"), result


def test_members_of_a_block_may_be_containers():
    members = {
        "x.jpg": docx(paragraph(SHOWN)),
        "b.gz": gzip.compress((FILLING * 20 + f"card {OTHER}").encode()),
        "c.zip": packed(d=LINE),
        "d.7z": seven({"e": LINE.encode()}),
        "last.txt": LINE.encode(),
    }
    result = look(seven(members, ("deflate",)))
    places = {m.place for m in result.matches}
    assert places >= {"x.jpg", "b.gz!b, line 80001, column 6"}
    assert result.outcome == "done", result
    assert look(seven({"d.7z": seven({"e": f"card {NUMBER}".encode()})})).matches[0].place == "d.7z!e, line 1, column 6"


def test_a_member_that_nothing_reads_costs_itself_only():
    result = look(seven({"p.png": b"\x89PNG\r\n\x1a\n" + bytes(300_000), "b": LINE.encode()}))
    assert [(n.place, n.reason) for n in result.notes] == [("p.png", "unsupported")]
    assert [m.place for m in result.matches] == ["b, line 2, column 8"]


def wrong_method() -> bytes:
    return seven({"a": LINE.encode(), "b": b"x"}, ("ppmd",))


def patched_directory(change) -> bytes:
    body, header = directory({"a": LINE.encode()}, ("copy",))
    return wrapped(body, change(header))


def several_streams() -> bytes:
    header = b"\1\x04\x06\0\2\x09\5\5\0\x07\x0b\1\0\1\x14\x03\x03\x01\x1b\2\1" + b"\0\1" + b"\x0c\5\0\0\0"
    return wrapped(bytes(10), header)


LARGE_DICTIONARY = b"\1\x04" + streams(("lzma2",), [1 << 40], 4).replace(b"\x21\x21\1\x08", b"\x21\x21\1\x28") + b"\0"
WHOLE = seven({"a": FILLING.encode(), "b": LINE.encode()}, ("lzma",), 1)


@pytest.mark.parametrize(
    ("data", "reason", "limits"),
    [
        (seven({"a": LINE.encode(), "b": b"x"}, ("lzma2", "aes")), "encrypted", {}),
        (seven({"a": LINE.encode()}, ("lzma2",), 1, ("lzma", "aes")), "encrypted", {}),
        (wrong_method(), "unsupported", {}),
        (several_streams(), "unsupported", {}),
        (seven({"a": LINE.encode()}, wrong_sum=True), "corrupted", {}),
        (WHOLE[: len(WHOLE) // 2], "corrupted", {}),
        (WHOLE[:20], "corrupted", {}),
        (WHOLE[:40] + bytes(100) + WHOLE[140:], "corrupted", {}),
        (patched_directory(lambda h: h[:-8]), "corrupted", {}),
        (patched_directory(lambda h: h.replace(b"\x05\1\x11", b"\x05\xff" + b"\xff" * 8 + b"\x11")), "corrupted", {}),
        (patched_directory(lambda h: b"\1\x04\x06\0\xff" + b"\xff" * 8 + h), "corrupted", {}),
        (wrapped(bytes(4), LARGE_DICTIONARY), "too-large", {}),
        (seven({"a": b"a b\n" * (1 << 20)}, ("lzma2",)), "expansion", {"ratio_floor": 1 << 20}),
        (seven({"a": b"a" * (4 << 20)}, ("bzip2",)), "expansion", {"expansion": 1 << 20}),
        (seven({"a": LINE.encode()}, ("lzma2",), 6), "expansion", {}),
        (seven({f"m{n}": b"x" for n in range(50)}), "expansion", {"members": 20}),
        (seven({"a" * 9000: b"x"}), "too-large", {"in_memory": 4096}),
    ],
)
def test_what_cannot_be_unpacked_says_why(data, reason, limits):
    result = look(data, **limits)
    assert result.reason == reason, result


def test_a_wrong_checksum_costs_its_member_only():
    good, bad = LINE.encode(), f"card {OTHER}".encode()
    data = bytearray(seven({"a": bad, "b": good}, ("copy",)))
    data[32 + 1] ^= 1  # a letter of the first member
    result = look(bytes(data))
    assert [(n.place, n.reason) for n in result.notes] == [("a", "corrupted")]
    assert [m.place for m in result.matches] == ["a, line 1, column 6", "b, line 2, column 8"]


def test_an_archive_of_nothing_is_read():
    start = struct.pack("<QQI", 0, 0, 0)
    import zlib

    data = b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start
    assert look(data).outcome == "done"
