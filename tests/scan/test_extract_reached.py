"""What lies in pages of its own, in packages, in attachments of calendars, and in more than memory holds."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import random
import re
import struct

import pytest
from compound_file import compound
from scan_scanner import CARDS as SCANNER
from test_extract_formats import LINE, SHOWN, docx, look, paragraph
from test_extract_more import database

from casb_cli.scan.extract.base import Context, Limits, Source
from casb_cli.scan.extract.formats import extract
from casb_cli.scan.extract.text import _Attached, _unfolded
from casb_cli.scan.inspect import inspect_stream

WIDE = SHOWN.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
"""The number as East Asian keyboards write it: only the right code page tells it."""


def escaped(text: str, page: str) -> str:
    return "".join(f"\\'{byte:02x}" for byte in text.encode(page))


def rtf(fonts: dict[int, int], body: str, head: str = "\\ansi\\ansicpg1252\\deff0") -> bytes:
    table = "".join(f"{{\\f{number}\\fnil\\fcharset{charset} Font {number};}}" for number, charset in fonts.items())
    return f"{{\\rtf1{head}{{\\fonttbl{table}}}\\pard\\f0 Letter\\par {body}\\par}}".encode()


@pytest.mark.parametrize(("charset", "page"), [(128, "cp932"), (134, "gbk"), (129, "cp949"), (136, "big5")])
def test_a_font_of_rtf_may_have_a_page_of_its_own(charset, page):
    text = escaped(f"Card {WIDE}", page)
    assert look(rtf({0: 0, 7: charset}, f"{{\\f7\\fs20 {text}}} end")).totals == {"payment-card": 1}
    assert look(rtf({0: charset}, text)).totals == {"payment-card": 1}
    assert look(rtf({0: charset, 1: 0}, f"{{\\f1 x}}\\plain {text}")).totals == {"payment-card": 1}


def test_the_page_of_a_font_ends_with_its_group():
    euro = rtf({0: 0, 1: 204}, "{\\f1 \\'ca\\'e0}\\'e4 " + SHOWN)
    context = Context(limits=Limits(), open=extract)
    text = b"".join(b"".join(one.blocks) for one in extract(Source(io.BytesIO(euro), "", len(euro)), context, ""))
    assert "Каä".encode() in text


def rpm(payload: bytes, store: bytes = b"A package\0") -> bytes:
    """A package as its format says: a lead of 96 bytes, a header of signatures padded to 8, a header, the payload."""
    entry = struct.pack(">IIII", 1000, 6, 0, 1)
    signature = b"\x8e\xad\xe8\1" + bytes(4) + struct.pack(">II", 1, 5) + entry + b"abcd\0" + bytes(3)
    header = b"\x8e\xad\xe8\1" + bytes(4) + struct.pack(">II", 1, len(store)) + entry + store
    return b"\xed\xab\xee\xdb\3\0" + bytes(90) + signature + header + payload


def newc(name: str, data: bytes) -> bytes:
    def one(name: str, data: bytes, mode: int) -> bytes:
        numbers = (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % number for number in numbers) + name.encode() + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    return one(name, data, 0o100644) + one("TRAILER!!!", b"", 0)


def test_a_package_of_rpm_is_opened():
    found = look(rpm(gzip.compress(newc("./etc/note.txt", LINE.encode()))))
    assert (found.outcome, found.totals) == ("done", {"payment-card": 1})
    assert found.matches[0].place.startswith("./etc/note.txt")
    told = look(rpm(gzip.compress(newc("a", b"text")), f"Card {SHOWN}\0".encode()))
    assert told.totals == {"payment-card": 1}
    assert look(rpm(b"")[:150]).reason == "corrupted"


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_document_attached_to_a_calendar_is_opened(size):
    document = docx(paragraph("".join(random.Random(4).choices("abcdefgh ", k=size))) + paragraph(f"Card {SHOWN}"))
    line = "ATTACH;FMTTYPE=application/octet-stream;ENCODING=BASE64;VALUE=BINARY:" + base64.b64encode(document).decode()
    folded = "\r\n ".join(re.findall(".{1,70}", line))
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{folded}\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    found = look(text.encode())
    assert (found.outcome, found.totals, found.matches[0].place) == ("done", {"payment-card": 1}, "file 1")


def test_attached_files_beyond_what_memory_may_hold_are_told():
    line = "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + base64.b64encode(docx(paragraph(f"Card {SHOWN}"))).decode()
    size = len(docx(paragraph(f"Card {SHOWN}")))
    found = look(f"BEGIN:VCALENDAR\r\n{line}\r\n{line}\r\nEND:VCALENDAR\r\n".encode(), in_memory=size + size // 2)
    assert ([note.reason for note in found.notes], found.totals) == (["too-large"], {"payment-card": 1})


def test_no_fold_is_looked_at_for_each_block_again():
    class Counted(bytes):
        looks = 0

        def __add__(self, other):
            return Counted(bytes(self) + other)

        def __radd__(self, other):
            return Counted(other + bytes(self))

        def rfind(self, *where):
            Counted.looks += 1
            return super().rfind(*where)

    blocks = [Counted(b"NOTE:x"), *(Counted(b"\n a" * 10_000) for _ in range(8)), Counted(b"\nEND:VCARD\n")]
    context = Context(limits=Limits(), open=extract)
    text = b"".join(_unfolded(iter(blocks), _Attached(context), 1 << 20))
    assert text == b"NOTE:x" + b"a" * 80_000 + b"\nEND:VCARD\n"
    assert 70_000 < Counted.looks < 90_000


def test_a_database_larger_than_memory_may_hold_is_read_from_a_copy():
    assert look(database(300), in_memory=4096).totals == {"payment-card": 1}
    logged = bytearray(database(300))
    logged[18:20] = b"\2\2"  # as where it writes ahead into a log: without that file it is opened as any other
    assert look(bytes(logged), in_memory=4096).totals == {"payment-card": 1}
    assert look(database(300)[:9000], in_memory=4096).reason == "corrupted"


def test_declared_footers_of_slides_stand_apart():
    body = f"<p:footer-decl>Card {SHOWN}</p:footer-decl><p:footer-decl>4 more</p:footer-decl>"
    names = 'xmlns:office="urn:o" xmlns:p="urn:p"'
    flat = f'<?xml version="1.0"?><office:document {names}><office:body>{body}</office:body></office:document>'
    assert look(flat.encode()).totals == {"payment-card": 1}


def old_workbook(*cells: tuple[int, int, str]) -> bytes:
    """A workbook of [MS-XLS] with one sheet of texts in their cells (LABEL records)."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    start = struct.pack("<HHHHII", 0x600, 0x10, 0, 0x7CC, 0, 6)
    labels = b"".join(
        record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode())
        for row, column, text in cells
    )
    sheet = record(0x809, start) + labels + record(0x0A, b"")
    top = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0x7CC, 0, 6))
    bound = record(0x85, struct.pack("<IBBBB", len(top) + 4 + 9 + 4, 0, 0, 1, 0) + b"A")
    stream = top + bound + record(0x0A, b"") + sheet
    return compound({"Workbook": stream.ljust(4096, b"\0")})


def test_cells_far_apart_in_an_old_workbook_are_read_without_their_addresses():
    near = look(old_workbook((0, 0, "x"), (3, 1, f"Card {SHOWN}")))
    assert (near.outcome, near.matches[0].place) == ("done", "A!B4")
    far = look(old_workbook((0, 0, "x"), (65_535, 255, f"Card {SHOWN}")))
    assert (far.outcome, far.reason, far.totals) == ("partial", "too-large", {"payment-card": 1})


@pytest.mark.parametrize("head", [b"Rar!\x1a\x07\x01\0", b"!BDN", b"hsqs", b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"])
def test_text_that_nothing_reads_is_told_as_missed(head):
    assert [note.unread for note in look(head + bytes(range(32)) * 20).notes] == [True]


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(50), b"MZ" + bytes(200), bytes(range(256)) * 8])
def test_what_has_no_text_is_not(data):
    assert [note.unread for note in look(data).notes] == [False]


def test_an_image_of_a_disc_is_told_as_missed():
    disc = bytes(0x8000) + b"\1CD001\1\0" + bytes(2040) + LINE.encode()
    found = look(disc)
    assert ([note.unread for note in found.notes], found.totals) == ([True], {"payment-card": 1})


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_a_flood_of_zeros_is_told_by_its_ratio(pack):
    assert [note.reason for note in look(pack(bytes(40 << 20))).notes][:1] == ["expansion"]


def test_a_log_to_which_wide_text_was_added_is_read_as_what_it_begins_as():
    log = "a line of the log\n" * 10 + f"card {SHOWN}\n"
    assert look(log.encode() + ("Müller\n" * 50).encode("utf-16-le") + b"\xa4\xb1" * 60).totals == {"payment-card": 1}
    wide = "氏名とカード番号, 株式会社\n" * 5 + f"card {SHOWN}\n"
    assert look(wide.encode("utf-16-le")).totals == {"payment-card": 1}


@pytest.mark.parametrize(
    "start",
    [  # RFC 4880: the packets of a session key, by a passphrase (5.3) and by a public key (5.1)
        bytes((0x8C, 13, 4, 9, 3, 8)),
        bytes((0x85, 0x01, 0x0C, 3)),
        bytes((0x85, 0x02, 0x0C, 3)),
        bytes((0x84, 0x5E, 3)),
    ],
)
def test_messages_of_openpgp_are_encrypted(start):
    assert look(start + random.Random(7).randbytes(300)).reason == "encrypted"


def test_colours_of_terminals_part_nothing_and_places_are_those_of_the_file():
    log = f"started\nat \x1b[1;31m{SHOWN}\x1b[0m card\ncard \x1b[32m{SHOWN[:7]}\x1b[0m{SHOWN[7:]}\x1b[K\n".encode()
    seen = inspect_stream(log, name="a.log", scanner=SCANNER, key=bytes(32), every=True).matches
    assert [(one.place, one.start) for one in seen] == [("line 2, column 11", 18), ("line 3, column 11", 57)]


def test_fields_of_a_tiff_that_share_their_bytes_are_read_up_to_a_limit():
    shared = struct.pack("<HHII", 270, 2, 1 << 19, 10 + 12 * 500) * 500
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 500) + shared + bytes(4) + b"no number at all\n" * 40_000
    context = Context(limits=Limits(), open=extract)
    read = sum(
        len(block) for one in extract(Source(io.BytesIO(data), "", len(data)), context, "") for block in one.blocks
    )
    assert len(data) < read < 4 << 20
