"""Files made to harm their reader: each ends soon, inside its limits, with the reason that fits."""

# ruff: noqa: E501 - one file of a kind, one line where that is possible

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import sqlite3
import struct
import sys
import tarfile
import time
import tracemalloc
import zlib

import pytest
from compound_file import compound, outlook, powerpoint, word
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_scanner import CARDS as SCANNER
from test_extract_formats import W, docx, office, packed, paragraph, pdf, xlsx

from casb_cli.core.errors import ConfigError
from casb_cli.scan.detect.custom import detectors
from casb_cli.scan.detect.examples import card, grouped
from casb_cli.scan.detect.rules import Source
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.inspect import inspect_stream
from casb_cli.scan.workers import Task, WorkerPool
from casb_cli.store.paths import cache_dir

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SHOWN = grouped(card("4539"))
LINE = f"Card {SHOWN}\n"
SMALL = Limits(
    expansion=6 << 20, ratio=100, ratio_floor=1 << 20, members=300, depth=4, in_memory=4 << 20, wall=100.0, cpu=30.0
)


def look(data: bytes, name: str = "file", limits: Limits = SMALL):
    return inspect_stream(data, name=name, scanner=SCANNER, key=bytes(32), limits=limits)


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def nested(make, times: int) -> bytes:
    data: bytes = LINE.encode()
    for _ in range(times):
        data = make(data)
    return data


def overlapping() -> bytes:
    """Return a zip whose many directory entries all lead to one member."""
    whole = packed(a="a b\n" * 300_000)
    at = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    entry = whole[at:end] * 200
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 200, 200, len(entry), at, 0)
    return whole[:at] + entry + tail


def lying(size: int) -> bytes:
    """Return a zip whose member says another size than it has."""
    data = bytearray(packed(a=LINE * 50))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, size)
    struct.pack_into("<I", data, 22, size)
    return bytes(data)


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def looped_fat() -> bytes:
    """Return an OLE container in which a stream's chain of sectors leads back to its own start."""
    data = bytearray(word(f"{LINE}" * 400))
    table = struct.unpack_from("<I", data, 76)[0]
    struct.pack_into("<I", data, 512 * (table + 1) + 4, 0)
    return bytes(data)


def looped_directory() -> bytes:
    """Return an OLE container whose directory entries are children of themselves."""
    data = bytearray(outlook(LINE, {"a.txt": LINE.encode()}))
    first = struct.unpack_from("<I", data, 48)[0]
    for number in range(4):
        at = 512 * (first + 1) + 128 * number
        struct.pack_into("<III", data, at + 68, number, number, number)
    return bytes(data)


def looped_mini() -> bytes:
    """Return an OLE container whose chain of small sectors is a circle."""
    data = bytearray(outlook(LINE * 30, {}))
    mini = struct.unpack_from("<I", data, 60)[0]
    at = 512 * (mini + 1)
    for number in range(8):
        struct.pack_into("<I", data, at + 4 * number, (number + 1) % 8)
    return bytes(data)


def boundless_root() -> bytes:
    """Return an OLE container whose small streams lie in a circle of sectors that is said to be 512 MiB long."""
    data = bytearray(outlook(LINE, {}))
    first, table = struct.unpack_from("<I", data, 48)[0], struct.unpack_from("<I", data, 76)[0]
    root = 512 * (first + 1)
    start = struct.unpack_from("<I", data, root + 116)[0]
    struct.pack_into("<Q", data, root + 120, 512 << 20)
    struct.pack_into("<I", data, 512 * (table + 1) + 4 * start, start)
    return bytes(data)


def database(*statements: str) -> bytes:
    made = sqlite3.connect(":memory:")
    for statement in statements:
        made.execute(statement)
    made.commit()
    return made.serialize()


TREE = database("CREATE TABLE t (a TEXT)", *[f"INSERT INTO t VALUES ('{'x' * 900} {n}')" for n in range(60)])


def multipart(depth: int) -> bytes:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"From: a@b.example\nTo: c@d.example\nSubject: x\nMIME-Version: 1.0\n{head}\n{LINE}".encode()


def pdf_of(*objects: str) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj{item}endobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R"
    return out + f"{end}>>\nstartxref\n{len(out)}\n%%EOF".encode()


FLAT = zlib.compress(b"BT " + b"(xy) Tj " * (1 << 20) + b"ET", 9).decode("latin-1")
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
CYCLIC = "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>"
SHEET = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
BIG = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"y " * (3 << 20)}</t></is></c></row>'
ENCRYPTED_PDF = pdf("text").replace(b"/Root 1 0 R", b"/Encrypt<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>/Root 1 0 R")
ENCRYPTED_PDF = ENCRYPTED_PDF.replace(b"(%s)", b"(" + b"k" * 32 + b")")


def encrypted(data: bytes) -> bytes:
    """Return a zip with the mark of encryption on each member."""
    made, at = bytearray(data), 0
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = 0
        while (at := made.find(mark, at)) >= 0:
            made[at + offset] |= 1
            at += 4
    return bytes(made)


TEXT = "a b\n" * (2 << 20)
ENDED: set[str | None] = {"expansion"}
NONE: set[str | None] = {None}
CASES: dict[str, tuple[bytes, set[str | None]]] = {  # each with the one reason that is right
    "bomb-zip": (packed(a=TEXT), {"expansion"}),
    "bomb-gzip": (gzip.compress(TEXT.encode()), {"expansion"}),
    "bomb-bzip2": (bz2.compress(b"a" * (8 << 20)), {"expansion"}),
    "bomb-xz": (lzma.compress(TEXT.encode()), {"expansion"}),
    "bomb-lzma": (lzma.compress(TEXT.encode(), format=lzma.FORMAT_ALONE), {"expansion"}),
    "bomb-zstd": (zstd.compress(TEXT.encode()), {"expansion"}),
    "bomb-docx": (docx(paragraph(TEXT)), {"expansion"}),
    "bomb-pptx": (office({"ppt/slides/slide1.xml": f"<a:t>{TEXT}</a:t>"}), {"expansion"}),
    "bomb-odt": (
        packed(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": f"<p>{TEXT}</p>"}),
        {"expansion"},
    ),
    "bomb-tar-gzip": (gzip.compress(tarred((tarfile.TarInfo("a"), TEXT.encode()))), {"expansion"}),
    "bomb-in-mail": (
        b"From: a@b.example\nTo: c@d.example\nSubject: x\nContent-Type: application/zip\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(packed(a=TEXT)),
        {"expansion"},
    ),
    "sum-of-members": (packed(**{f"m{n}": f"{n} " * 200_000 for n in range(40)}), {"expansion"}),
    "many-members": (packed(**{f"m{n}": "x" for n in range(400)}), {"expansion"}),
    "overlapping-zip": (overlapping(), {"expansion"}),
    "nested-zip": (nested(lambda data: packed(a=data), 12), {"expansion"}),
    "nested-gzip": (nested(gzip.compress, 30), {"expansion"}),
    "nested-zstd": (nested(zstd.compress, 30), {"expansion"}),
    "nested-tar": (nested(lambda data: tarred((tarfile.TarInfo("a"), data)), 12), {"expansion"}),
    "nested-docx": (nested(lambda data: office({"word/document.xml": "<w/>", "word/embeddings/a": data}), 12), ENDED),
    "nested-msg": (nested(lambda data: outlook("x", {"a": data}), 8), {"expansion"}),
    "lying-small": (lying(10), {"corrupted"}),
    "lying-large": (lying(1 << 30), NONE),
    "sparse-tar": (
        patched(tarred((tarfile.TarInfo("a"), LINE.encode())), 124, b"77777777777\0"),
        {"corrupted"},
    ),
    "tar-to-a-device": (tarred((tarfile.TarInfo("a"), b"")), NONE),
    "gzip-trailing-junk": (gzip.compress(LINE.encode()) + b"junk after it" * 9, {"corrupted"}),
    "bzip2-trailing-junk": (bz2.compress(LINE.encode()) + b"junk", NONE),
    "zstd-window": (b"\x28\xb5\x2f\xfd\x00\xf8" + b"\0" * 40, {"corrupted"}),
    "zip-method": (patched(packed(a="x"), packed(a="x").index(b"PK\x01\x02") + 10, b"\x63\0"), {"unsupported"}),
    "zip-encrypted": (encrypted(packed(a=LINE)), {"encrypted"}),
    "docx-encrypted-members": (encrypted(docx(paragraph(SHOWN))), {"encrypted"}),
    "xlsx-encrypted-members": (encrypted(xlsx("")), {"encrypted"}),
    "office-encrypted": (compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"y"}), {"encrypted"}),
    "pdf-encrypted": (ENCRYPTED_PDF, {"encrypted"}),
    "ole-fat-loop": (looped_fat(), {"corrupted"}),
    "ole-directory-loop": (looped_directory(), {"corrupted"}),
    "ole-mini-loop": (looped_mini(), {"corrupted"}),
    "ole-sector-size": (patched(word("x"), 30, b"\x1f\0"), {"corrupted"}),
    "ole-many-sectors": (patched(word("x"), 44, b"\xff\xff\xff\x7f"), NONE),
    "doc-piece-table": (
        compound({"WordDocument": b"\xff" * 2048, "1Table": b"\xff" * 100}),
        {"encrypted"},
    ),
    "ppt-record": (compound({"PowerPoint Document": struct.pack("<HHI", 0, 0x0FA0, 0xFFFFFFFF) * 9}), NONE),
    "ppt-containers": (compound({"PowerPoint Document": struct.pack("<HHI", 15, 1000, 0) * 60_000}), NONE),
    "xml-laughs": (f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]><a>&a9;</a>'.encode(), NONE),
    "docx-laughs": (
        office({"word/document.xml": f"<!DOCTYPE a [<!ENTITY a0 'ha'>{LAUGHS}]><w:document {W}>&a9;</w:document>"}),
        NONE,
    ),
    "xlsx-laughs": (
        office({"xl/workbook.xml": f"<!DOCTYPE a [<!ENTITY a0 'ha'>{LAUGHS}]><workbook>&a9;</workbook>"}),
        {"corrupted"},
    ),
    "xml-external": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', NONE),
    "xlsx-last-cell": (xlsx(SHEET), NONE),
    "xlsx-huge-cell": (xlsx(BIG), ENDED),
    "json-deep": (b'{"a":' + b"[" * 300_000 + b"]" * 300_000 + b"}", NONE),
    "html-deep": (b"<html>" + b"<div>" * 200_000 + LINE.encode(), NONE),
    "html-open-tag": (b"<html><" + b"a" * 3_000_000, NONE),
    "html-ampersands": (b"<html>" + b"&" * 2_000_000, NONE),
    "html-entities": (b"<html>" + b"&#x110000;" * 100_000, NONE),
    "rtf-deep": (b"{\\rtf1" + b"{" * 1_000_000 + LINE.encode(), NONE),
    "rtf-numbers": (b"{\\rtf1" + b"\\u-999999?\\'zz\\bin99999999999 " * 20_000, {"corrupted"}),
    "line-gigantic": (b"x y " * (1 << 20) + LINE.encode(), NONE),
    "digits-gigantic": (b"4" * (4 << 20), NONE),
    "nul-padding": (LINE.encode() + b"\0" * 100_000, NONE),
    "utf8-invalid": (LINE.encode() + b"\xc0\x80\xff\xfe\xed\xa0\x80 \n" * 1000, NONE),
    "utf16-odd": (LINE.encode("utf-16") + b"\x00", NONE),
    "utf16-halves": (b"\xff\xfe" + b"\x00\xd8" * 50_000 + LINE.encode("utf-16-le"), NONE),
    "utf32-wild": (b"\xff\xfe\0\0" + b"\xff\xff\xff\xff" * 20_000, NONE),
    "encodings-mixed": (LINE.encode() + "Größe ".encode("latin-1") * 50 + "日本語".encode("shift_jis") * 50, NONE),
    "sqlite-pages": (patched(TREE, 28, b"\x7f\xff\xff\xff"), {"corrupted"}),
    "sqlite-tree": (patched(TREE, 4096, b"\x05\xff\xff\xff\xff\xff\xff\xff" * 20), {"corrupted"}),
    "sqlite-self": (patched(TREE, 4096 + 8, b"\0\0\0\x02" * 3), {"corrupted"}),
    "sqlite-view": (
        database(
            "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            "CREATE TABLE t (a)",
        ),
        NONE,
    ),
    "sqlite-virtual": (
        database("CREATE VIRTUAL TABLE f USING fts4(a)", "INSERT INTO f VALUES ('x')"),
        NONE,
    ),
    "mail-recursion": (multipart(400), NONE),
    "mail-forwarded": (
        b"".join(b"From: a@b.c\nTo: d@e.f\nSubject: x\nContent-Type: message/rfc822\n\n" for _ in range(300)) + b"x",
        NONE,
    ),
    "mail-boundary": (
        b'From: a@b.c\nTo: d@e.f\nSubject: x\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\n" * 600,
        {"expansion"},
    ),
    "mail-header": (b"From: a@b.c\nTo: d@e.f\nSubject: " + b"=?utf-8?b?/////w==?= " * 20_000 + b"\n\nx", NONE),
    "mbox-large-mail": (b"From a@b Mon\nFrom: a@b.c\nTo: d@e.f\nSubject: x\n\n" + b"x y\n" * (2 << 20), {"too-large"}),
    "mail-large": (b"From: a@b.c\nTo: d@e.f\nSubject: x\n\n" + b"x y\n" * (2 << 20), {"too-large"}),
    "pdf-cyclic-pages": (pdf_of(*CYCLIC), {"corrupted"}),
    "pdf-cyclic-form": (
        pdf_of(
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</A 4 0 R>>>>/Contents 5 0 R>>",
            "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A 4 0 R>>>>/Length 5>>stream\n/A Do\nendstream",
            "<</Length 5>>stream\n/A Do\nendstream",
        ),
        {"unsupported"},
    ),
    "pdf-bomb": (
        pdf_of(
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
            f"<</Filter/FlateDecode/Length {len(FLAT)}>>stream\n{FLAT}\nendstream",
        ),
        {"unsupported"},
    ),
    "pdf-many-pages": (
        pdf_of("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2147483647/Kids[]>>"),
        {"corrupted"},
    ),
    "pdf-outline-loop": (
        pdf_of(
            "<</Type/Catalog/Pages 2 0 R/Outlines 3 0 R>>",
            "<</Type/Pages/Count 0/Kids[]>>",
            "<</First 4 0 R/Last 4 0 R/Count 1>>",
            "<</Title(x)/Parent 3 0 R/First 4 0 R/Next 4 0 R>>",
        ),
        {"corrupted"},
    ),
    "card-folds": (b"BEGIN:VCARD\r\nNOTE:" + b"x\r\n " * 500_000 + b"\r\nEND:VCARD\r\n", NONE),
    "notebook": (b'{"cells": [{"source": ["' + b"\\u" * 300_000 + LINE.encode() + b'"]}]}', NONE),
}
for _kind, _whole in {
    "zip": packed(a=LINE * 400),
    "gzip": gzip.compress(LINE.encode() * 400),
    "xz": lzma.compress(LINE.encode() * 400),
    "docx": docx(paragraph(LINE * 400)),
    "doc": word(LINE * 400),
    "sqlite": TREE,
}.items():
    for _part in (3, 50, 97):
        CASES[f"torn-{_kind}-at-{_part}"] = (
            _whole[: max(len(_whole) * _part // 100, 16)],
            {"corrupted"},
        )


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_ends_with_its_reason_inside_the_limits(case):
    data, reasons = CASES[case]
    begun = time.process_time()
    result = look(data)
    assert result.reason in reasons, result
    assert (result.outcome == "done") == (result.reason is None)
    assert time.process_time() - begun < 60
    assert result.text <= SMALL.expansion + len(data) * 2 + (4 << 20)


def test_what_a_container_says_of_its_size_takes_no_memory():
    tracemalloc.start()
    try:
        look(boundless_root())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


def test_there_are_enough_of_them():
    assert len(CASES) >= 60


def test_a_quine_of_an_archive_ends():
    """An archive that unpacks to itself never ends by itself: depth does it, whoever made it."""

    data = nested(lambda inner: packed(**{"r/r.zip": inner}), 40)
    result = look(data)
    assert (result.reason, result.matches) == ("expansion", ())


HARD = (
    "pdf-cyclic-pages",
    "pdf-outline-loop",
    "pdf-many-pages",
    "ole-fat-loop",
    "sqlite-tree",
    "mail-recursion",
    "xlsx-last-cell",
)


def test_workers_outlive_files_that_could_end_them():
    with WorkerPool(key=bytes(32), detectors=("payment-card",), cache_dir=str(cache_dir()), workers=1) as pool:
        for case in HARD:
            result = pool.submit(Task(ref=case, name="file", limits=SMALL), CASES[case][0]).result()
            assert result.reason in CASES[case][1] | {"crashed", "out-of-memory", "timeout"}, (case, result)
        after = pool.submit(Task(ref="x", name="x.txt", limits=SMALL), LINE.encode()).result()
    assert (after.outcome, after.totals) == ("done", {"payment-card": 1})


SEEDS = (
    docx(paragraph(LINE)), xlsx('<row r="1"><c r="A1"><v>1</v></c></row>'), pdf(LINE), word(LINE), powerpoint("x", LINE),
    outlook(LINE, {"a.txt": b"x"}), TREE[:12288], packed(a=LINE, b=packed(c=LINE)), gzip.compress(LINE.encode()),
    tarred((tarfile.TarInfo("a"), LINE.encode())), multipart(3), zstd.compress(LINE.encode()), b"{\\rtf1 " + LINE.encode(),
    f"<html><p>{LINE}</p>".encode(), b"BEGIN:VCARD\r\nNOTE:x\r\n y\r\nEND:VCARD\r\n", LINE.encode("utf-16"),
)  # fmt: skip
KNOWN = {None, "encrypted", "corrupted", "unsupported", "too-large", "expansion", "timeout", "empty", "lfs-pointer"}


@settings(max_examples=150, derandomize=True)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
    st.integers(0, 100),
)
def test_a_document_with_wrong_bytes_ends_with_a_known_reason(data, changes, cut):
    for at, new in changes:
        data = patched(data, at % len(data), new)
    result = look(data[: len(data) * (100 - cut // 10) // 100])
    assert result.reason in KNOWN, result


TOML = (
    "[[detector]]\nid = \"acme-x\"\ntitle = \"X\"\nseverity = \"low\"\npatterns = ['a[0-9]{3}', { pattern = 'b+', before = 'c' }]\n"
    'keywords = ["k"]\nat_least = 2\nvalidator = "luhn"\n[detector.tests]\nmatch = ["a123"]\n'
)


@settings(max_examples=150, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, len(TOML) - 1), st.text(max_size=6)), min_size=1, max_size=4),
    st.integers(0, len(TOML)),
)
def test_a_wrong_file_of_detectors_is_refused_or_taken_whole(changes, cut):
    text = TOML
    for at, new in changes:
        text = text[:at] + new + text[at + len(new) :]
    for written in (text, text[:cut]):
        refused: ConfigError | None = None
        try:
            found = detectors((Source("own.toml", written),))
        except ConfigError as error:
            refused = error
        assert refused.message.startswith("own.toml") if refused else found
