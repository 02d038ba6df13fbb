"""Old Office files, databases, contacts, zstd: each gives up a planted number with its place; bad ones their reason."""

from __future__ import annotations

import sqlite3
import struct
import sys

import pytest
from compound_file import compound, outlook, powerpoint, word
from scan_scanner import CARDS as SCANNER

from casb_cli.scan.detect.examples import card, grouped
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.inspect import inspect_stream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

KEY = b"k" * 32
NUMBER = card("4539")
SHOWN = grouped(NUMBER)


def look(data: bytes, name: str = "file", **limits):
    return inspect_stream(data, name=name, scanner=SCANNER, key=KEY, limits=Limits(**limits))


def database(rows: int = 3) -> bytes:
    made = sqlite3.connect(":memory:")
    made.execute('CREATE TABLE "pay ""ments" (name TEXT, number TEXT)')
    made.executemany('INSERT INTO "pay ""ments" VALUES (?, ?)', [("Ann", "none")] * (rows - 1) + [("Bob", SHOWN)])
    made.execute('CREATE VIEW again AS SELECT * FROM "pay ""ments"')
    made.commit()
    return made.serialize()


VCARD = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:Ann\r\nNOTE;ENCODING=QUOTED-PRINTABLE:Card =\r\n4539=20"
    + SHOWN.encode()[5:12]
    + b"=\r\n"
    + SHOWN.encode()[12:]
    + b"\r\nEND:VCARD\r\n"
)
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:pay with "
    + NUMBER.encode()[:7]
    + b"\r\n "
    + NUMBER.encode()[7:]
    + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("data", "kind", "place"),
    [
        (word(f"Card {SHOWN}\r"), "doc", ""),
        (word("Ünïcode first\r", f"then {SHOWN}\r".encode()), "doc", ""),
        (word(f"torn {SHOWN[:9]}", SHOWN[9:].encode() + b"\r"), "doc", ""),
        (powerpoint("Title", f"Card {SHOWN}"), "ppt", ""),
        (powerpoint(b"narrow " + SHOWN.encode()), "ppt", ""),
        (outlook(f"Card {SHOWN}", {}), "msg", "message"),
        (
            outlook("see below", {"pay.csv": f"name,card\nAnn,{NUMBER}\nBob,1\n".encode()}),
            "msg",
            "pay.csv, line 2, column 5",
        ),
        (outlook("see below", {"old.doc": word(f"Card {SHOWN}\r")}), "msg", "old.doc"),
        (database(), "sqlite", 'pay "ments!B4'),
        # As programs keep them that write ahead into a log: whole in themselves once that is written back.
        (database()[:18] + b"\2\2" + database()[20:], "sqlite", 'pay "ments!B4'),
        (VCARD, "card", ""),
        (CALENDAR, "card", ""),
        (zstd.compress(f"Card {SHOWN}\n".encode()), "zstd", "file, line 1, column 6"),
        (zstd.compress(b"one\n") + zstd.compress(f"Card {SHOWN}\n".encode()), "zstd", "file, line 2, column 6"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_planted_number_is_found_where_it_stands(data, kind, place):
    result = look(data)
    assert [(m.detector, m.place) for m in result.matches] == [("payment-card", place)]
    assert result.kind == kind
    assert not result.notes


def encrypted_word() -> bytes:
    main = bytearray(2048)
    struct.pack_into("<H", main, 0x0A, 0x0100)
    return compound({"WordDocument": bytes(main), "0Table": b""})


@pytest.mark.parametrize(
    ("data", "reason", "limits"),
    [
        (encrypted_word(), "encrypted", {}),
        (word(f"Card {SHOWN}\r")[:-512], "corrupted", {}),
        (compound({"WordDocument": bytes(2048)}), "corrupted", {}),
        (powerpoint("x" * 9000), "too-large", {"in_memory": 4096}),
        (database()[:5000], "corrupted", {}),
        (zstd.compress(b"x" * 5_000_000), "expansion", {"ratio_floor": 1 << 20}),
        (zstd.compress(b"some text\n" * 100)[:-4], "corrupted", {}),
        (compound({"Other": b"x"}), "unsupported", {}),
    ],
)
def test_what_cannot_be_read_gives_its_reason(data, reason, limits):
    assert [note.reason for note in look(data, **limits).notes][:1] == [reason]


def test_a_view_or_a_generated_column_of_a_database_cannot_hold_its_reader():
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE t (a TEXT, b TEXT GENERATED ALWAYS AS (hex(zeroblob(200000000))) VIRTUAL)")
    made.execute("INSERT INTO t (a) VALUES ('x')")
    made.execute(
        "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    )
    made.commit()
    result = look(made.serialize(), wall=5.0)
    assert not result.matches
    assert {note.reason for note in result.notes} <= {"corrupted", "timeout"}
