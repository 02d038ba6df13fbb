"""Hostile files in a worker as it runs: lies, circles, bombs, and what would make an expression search for hours.

Each ends soon, inside the limits, with the one reason that is right, and hides nothing that can be read.
"""

# ruff: noqa: E501 - one file of a kind, one line where that is possible

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import struct
import tarfile
import zlib

import msgspec
import pytest
from compound_file import compound, outlook, word
from seven_file import streams, wrapped
from test_extract_formats import W, docx, office, packed, paragraph, xlsx
from test_extract_hostile import LINE, SHOWN, SMALL, database, patched, pdf_of, tarred, zstd
from test_extract_hostile_more import BOF, NOISE, biff, pages
from test_extract_workbook import cell

from casb_cli.scan.workers import Task, WorkerPool
from casb_cli.store.paths import cache_dir

CARD = LINE.encode()
WORDS = "a b\n" * (1 << 19)
PAGES = "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
MAIL = b"From: a@b.example\nTo: c@d.example\nSubject: x\nMIME-Version: 1.0\n"


def text_mail(charset: str, body: bytes) -> bytes:
    return MAIL + f"Content-Type: text/plain; charset={charset}\n\n".encode() + body


def zip64(count: int, place: int) -> bytes:
    """Return a zip whose larger directory end tells an absurd count and place."""
    data = packed(a=LINE)
    end = data.index(b"PK\x05\x06")
    large = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, end - data.index(b"PK\1\2"), place
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    return data[:end] + large + locator + patched(data[end:], 8, b"\xff" * 12)


def local_only(flags: int, method: int, content: bytes, told: int) -> bytes:
    """Return a zip that is cut off in its first member, of which it tells a size."""
    return b"PK\3\4" + struct.pack("<HHHIIIIHH", 20, flags, method, 0, 0, told, told, 1, 0) + b"a" + content


def twice(first: str, second: str) -> bytes:
    """Return a Word document with two main parts of one name."""
    members = {"[Content_Types].xml": "<T/>", "word/document.xml": first, "word/documenz.xml": second}
    return packed(**members).replace(b"documenz", b"document")


def ole_patched(at: int, value: int, data: bytes | None = None) -> bytes:
    return patched(data or word(LINE * 400), at, struct.pack("<I", value))


def difat_in_a_circle() -> bytes:
    """Return an OLE container whose list of tables goes on in a sector that follows itself."""
    data = word(LINE * 400)
    number = (len(data) - 512) // 512
    more = struct.pack("<I", 0xFFFFFFFF) * 127 + struct.pack("<I", number)
    return ole_patched(72, 1 << 20, ole_patched(68, number, data)) + more


def directory_chain_in_a_circle() -> bytes:
    """Return an OLE container whose directory goes on in its own first sector."""
    data = outlook(LINE * 30, {f"{n}.txt": CARD for n in range(9)})
    first, table = struct.unpack_from("<I", data, 48)[0], struct.unpack_from("<I", data, 76)[0]
    return ole_patched(512 * (table + 1) + 4 * first, first, data)


def pax(records: bytes, content: bytes = CARD) -> bytes:
    """Return a tar archive of one file with a header of records."""
    head = tarfile.TarInfo("x")
    head.type = tarfile.XHDTYPE
    head.size = len(records)
    plain = tarred((tarfile.TarInfo("a"), content))
    return head.tobuf(tarfile.USTAR_FORMAT) + records.ljust(-(-len(records) // 512) * 512, b"\0") + plain


def record(keyword: str, value: str) -> bytes:
    size = len(keyword) + len(value) + 3
    while len(f"{size}") + len(keyword) + len(value) + 3 != size:
        size = len(f"{size}") + len(keyword) + len(value) + 3
    return f"{size} {keyword}={value}\n".encode()


def long_name(size: int) -> bytes:
    """Return a tar archive that tells a name of a size that it does not hold."""
    head = tarfile.TarInfo("././@LongLink")
    head.type = tarfile.GNUTYPE_LONGNAME
    data = bytearray(head.tobuf(tarfile.GNU_FORMAT))
    data[124:136] = b"\x80" + size.to_bytes(11, "big")
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data) + tarred((tarfile.TarInfo("a"), CARD))


def stored(value: str) -> bytes:
    """Return a database with one long value, on pages that follow the first one."""
    return database("PRAGMA page_size = 4096", "CREATE TABLE t (a TEXT)", f"INSERT INTO t VALUES ('{value}')")


def overflow_in_a_circle() -> bytes:
    """Return a database in which each page that a long value goes on in names itself as the next one."""
    data = bytearray(stored(SHOWN + " x y" * 9_000))
    for number in range(3, len(data) // 4096 + 1):
        struct.pack_into(">I", data, (number - 1) * 4096, number)
    return bytes(data)


def tabular(cells: int, text: str) -> bytes:
    """Return a workbook whose many cells all show one long text."""
    row = "".join(f'<c t="s"><v>{at % 3}</v></c>' for at in range(cells))
    shared = f"<sst>{f'<si><t>{text}</t></si>' * 3}</sst>"
    return xlsx(f'<row r="1">{row}</row>', **{"xl/sharedStrings.xml": shared})


def binary_workbook(records: bytes) -> bytes:
    """Return an xlsb workbook with a sheet of these bytes ([MS-XLSB])."""
    name = "Open".encode("utf-16-le")
    bundle = struct.pack("<II", 0, 1) + struct.pack("<I", 2) + "r1".encode("utf-16-le") + struct.pack("<I", 4) + name
    book = b"\x83\x01\0\x8f\x01\0\x9c\x01" + bytes((len(bundle),)) + bundle + b"\x90\x01\0\x84\x01\0"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ns = "http://schemas.openxmlformats.org/package/2006/relationships"
    return office(
        {
            "_rels/.rels": f'<Relationships xmlns="{ns}"><Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{ns}"><Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>',
            "xl/worksheets/sheet1.bin": records,
        }
    )


def page_with(*more: str, page: str = "", text: str = f"({SHOWN}) Tj") -> bytes:
    """Return a PDF of one page with a text, and more objects from the sixth one on."""
    drawn = f"BT /F 12 Tf 72 700 Td {text} ET"
    return pdf_of(
        *PAGES,
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R{page}>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


OBJECTS_OF_ITSELF = "<</Type/ObjStm/N 1/First 4/Extends 6 0 R/Length 20>>stream\n6 0 <</Type/ObjStm>>\nendstream"
MANY = 200_000
NONE: str | None = None
CASES: dict[str, tuple[bytes, str | None]] = {
    # archives that lie
    "zip64-count-and-place": (zip64(1 << 60, 1 << 62), "corrupted"),
    "zip-count-of-65535": (patched(packed(a=LINE), len(packed(a=LINE)) - 14, b"\xff\xff\xff\xff"), NONE),
    "zip-between-texts": (b"#!/bin/sh\n" + packed(b="x") + CARD, NONE),
    "zip-directory-beyond-its-end": (patched(packed(a=LINE), len(packed(a=LINE)) - 6, b"\xff\xff\xff\x7f"), "corrupted"),
    "zip-behind-a-zip": (packed(a=LINE) + packed(b="x"), NONE),
    "zip-member-cut-and-stored": (local_only(0, 0, CARD, 1 << 30), "corrupted"),
    "zip-extra-field-of-nothing": (patched(packed(a=LINE), 28, b"\xff\xff"), "corrupted"),
    "zip-names-of-64-kib": (packed(**{f"word/footer{'1' * 65_000}": LINE, f"word/{'a/' * 32_000}": LINE}), NONE),
    "docx-names-of-64-kib": (docx(paragraph(SHOWN), **{f"footer{'1' * 65_000}": "x"}), NONE),
    "pptx-names-of-64-kib": (office({"ppt/slides/slide1.xml": f"<a:t>{SHOWN}</a:t>", f"ppt/slides/slide{'1' * 65_000}": "x", f"ppt/comments/{'comment' * 9_000}": "x"}), NONE),
    "docx-of-two-main-parts": (twice("<w:p/>", paragraph(SHOWN)), NONE),
    "docx-hidden-behind-case": (packed(**{"[content_types].XML": "<T/>", "WORD/Document.xml": paragraph(SHOWN)}), NONE),
    "docx-with-backslashes": (packed(**{"[Content_Types].xml": "<T/>", "word\\document.xml": paragraph(SHOWN)}), NONE),
    "gzip-wrong-sum": (patched(gzip.compress(CARD), len(gzip.compress(CARD)) - 8, b"\0\1\2\3"), "corrupted"),
    "gzip-wrong-size": (gzip.compress(CARD)[:-4] + b"\xff\xff\xff\xff", NONE),
    "gzip-filled-with-zeros": (gzip.compress(CARD) + bytes(70_000), NONE),
    "gzip-of-empty-parts": (gzip.compress(b"") * 20_000 + gzip.compress(CARD), NONE),
    "gzip-extra-of-64-kib": (b"\x1f\x8b\x08\x04" + bytes(6) + b"\xff\xff" + bytes(65_535) + gzip.compress(CARD)[10:], NONE),
    "xz-many-streams": (lzma.compress(WORDS.encode()) * 9, "expansion"),
    "bzip2-many-streams": (bz2.compress(WORDS.encode()) * 9, "expansion"),
    "zstd-many-frames": ((zstd.compress(WORDS.encode()) + b"\x50\x2a\x4d\x18\4\0\0\0skip") * 9, "expansion"),
    "zstd-skipped-frame-beyond-its-end": (b"\x50\x2a\x4d\x18\xff\xff\xff\x7f" + zstd.compress(CARD), "corrupted"),
    "xz-index-lies": (lzma.compress(CARD)[:-40] + bytes(40), "corrupted"),
    "lzma-dictionary-of-2-gib": (b"\x5d\0\0\0\x80" + b"\xff" * 8 + bytes(30), "too-large"),
    "7z-directory-of-exabytes": (b"7z\xbc\xaf\x27\x1c\0\4" + (lambda s: struct.pack("<I", zlib.crc32(s)) + s)(struct.pack("<QQI", 0, 1 << 60, 0)), "corrupted"),
    "7z-folders-without-number": (wrapped(bytes(4), b"\1\x04\x06\0\1\x09\4\0\x07\x0b\xff" + b"\x7f" * 8 + b"\0"), "corrupted"),
    "7z-names-without-end": (wrapped(b"", b"\1\x05\xf0\xff\xff\xff\x0f\x11\x03\0aa\0\0"), "corrupted"),
    "7z-member-of-exabytes": (wrapped(bytes(4), b"\1\x04" + streams(("copy",), [1 << 60], 1 << 60) + b"\x05\1\x11\5\0a\0\0\0\0\0"), "corrupted"),
    "tar-size-in-records": (pax(record("size", "99999999999999999999")), "corrupted"),
    "tar-negative-size-in-records": (pax(record("size", "-5")), "corrupted"),
    "tar-record-length-lies": (pax(b"999999 path=x\n"), NONE),
    "tar-sparse-map-without-end": (pax(record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") + record("GNU.sparse.realsize", "99999999999"), b"999999999\n" + b"1\n" * 600), "corrupted"),
    "tar-name-of-a-terabyte": (long_name(1 << 40), "corrupted"),
    "tar-names-with-escapes": (tarred((tarfile.TarInfo("\x1b]0;owned\x07../../\u202etxt.exe"), CARD)), NONE),
    # OLE
    "ole-list-of-tables-in-a-circle": (difat_in_a_circle(), "corrupted"),
    "ole-directory-chain-in-a-circle": (directory_chain_in_a_circle(), NONE),
    "ole-directory-beyond-its-end": (ole_patched(48, 0x00FFFFFF), "corrupted"),
    "ole-of-large-sectors": (patched(word(LINE * 400), 26, b"\4\0\xfe\xff\x0c\0"), "corrupted"),
    "xls-record-beyond-its-end": (compound({"Workbook": (struct.pack("<HH", BOF[0], len(BOF[1])) + BOF[1] + b"\xfc\0\xff\xff" + CARD).ljust(4096, b"\0")}), "corrupted"),
    "xls-strings-without-number": (biff(BOF, (0x00FC, struct.pack("<II", 1, 0x7FFFFFFF) + b"\xff\xff\0"), (10, b"")), "corrupted"),
    "xls-list-of-tables-in-a-circle": (ole_patched(68, 0, biff(BOF)), "corrupted"),
    # office documents
    "docx-tables-in-tables": (docx("<w:tbl><w:tr><w:tc>" * 30_000 + paragraph(SHOWN)), NONE),
    "docx-with-external-entities": (office({"word/document.xml": f"<?xml version='1.0'?><!DOCTYPE w SYSTEM 'http://127.0.0.1:9/x.dtd' [<!ENTITY % e SYSTEM 'file:///etc/passwd'> %e;]><w:document {W}>{paragraph(SHOWN)}</w:document>"}), NONE),
    "docx-with-a-template-elsewhere": (office({"word/document.xml": paragraph("x"), "word/_rels/settings.xml.rels": f'<R><Relationship Target="https://h.example/?card={SHOWN}&amp;x" TargetMode="External"/></R>'}), NONE),
    "docx-sections-without-end": (docx(paragraph(SHOWN) + "<![CDATA[" * MANY), NONE),
    "docx-tags-without-end": (docx(paragraph(SHOWN) + "<w:comment w:author=" * 100_000), NONE),
    "docx-links-without-end": (office({"word/document.xml": paragraph(SHOWN), "word/_rels/document.xml.rels": "<" + 'TargetMode="External"' * 100_000}), NONE),
    "xlsx-one-text-in-all-cells": (tabular(16_384, "x y " * 8_000 + LINE), NONE),
    "xlsx-dimension-lies": (xlsx("", **{"xl/worksheets/sheet1.xml": f'<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1">{cell("A1", SHOWN, "inlineStr")}</row></sheetData></worksheet>'}), NONE),
    "xlsx-rows-that-are-none": (xlsx(f'<row r="0"><c r="A0"><v>1</v></c></row><row r="-1"/><row r="99999999999">{cell("A1", SHOWN, "inlineStr")}</row>'), "corrupted"),
    "xlsx-row-without-end": (xlsx("<row " + 'r="1" ' * 60_000), "corrupted"),
    "xlsx-formula-without-end": (xlsx('<row r="1"><c r="A1"><f>' + '" ' * MANY), "corrupted"),
    "xlsx-pivot-without-end": (xlsx(f'<row r="1">{cell("A1", SHOWN, "inlineStr")}</row>', **{"xl/pivotCache/pivotCacheRecords1.xml": "<s" + ' v="a"' * MANY}), NONE),
    "xlsb-record-of-256-megabytes": (binary_workbook(b"\x81\x01\xff\xff\xff\x7f"), "corrupted"),
    "ods-value-without-end": (packed(mimetype=ODS, **{"content.xml": f"<p>{SHOWN}</p><table:table-cell " + 'office:value="4111111111111" ' * 60_000}), NONE),
    "ods-formula-without-end": (packed(mimetype=ODS, **{"content.xml": f'<p>{SHOWN}</p><table:table-cell table:formula="' + "&quot;a" * MANY}), NONE),
    # PDF
    "pdf-objects-of-themselves": (page_with(OBJECTS_OF_ITSELF), NONE),
    "pdf-filters-in-a-row": (pages("BT (x) Tj ET", filters="/ASCIIHexDecode" * 60), "unsupported"),
    "pdf-length-of-terabytes": (page_with("<</Length 9999999999999>>stream\nx\nendstream"), NONE),
    "pdf-fields-in-a-circle": (page_with("<</FT/Tx/T(a)/Kids[6 0 R]/Parent 6 0 R>>", "<</Fields[6 0 R]>>").replace(b"/Catalog", b"/Catalog/AcroForm 7 0 R"), NONE),
    "pdf-names-in-a-circle": (page_with("<</Kids[6 0 R]/Limits[(a)(z)]>>").replace(b"/Catalog", b"/Catalog/Names<</EmbeddedFiles 6 0 R>>"), NONE),
    "pdf-notes-without-number": (page_with("<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(x)>>", page=f"/Annots[{'6 0 R ' * 30_000}]"), NONE),
    "pdf-picture-of-terapixels": (page_with("<</Type/XObject/Subtype/Image/Width 1000000/Height 1000000/BitsPerComponent 8/ColorSpace/DeviceRGB/Length 1>>stream\nx\nendstream"), NONE),
    "pdf-letters-without-number": (page_with(text=f"({SHOWN}) Tj 0 -20 Td <" + "41" * 500_000 + "> Tj"), NONE),
    "pdf-without-end-of-strings": (page_with("<</A" + "(" * 100_000 + ">>"), NONE),
    # mails
    "mail-nested-3000-deep": (MAIL + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)) + b"\n" + CARD, "expansion"),
    "mail-mailbox-of-many": (b"From a@b Mon\nFrom: a@b.c\nTo: d@e.f\nSubject: x\n\nx\n\n" * 20_000, "expansion"),
    "mail-charset-of-another-width": (text_mail("utf-16", CARD), NONE),
    "mail-charset-that-refuses": (text_mail("undefined", CARD), NONE),
    "mail-charset-in-the-square": (text_mail("punycode", CARD + b"-" + b"a9" * 200_000), NONE),
    "mail-charset-of-names": (text_mail("idna", CARD * 9), NONE),
    "mail-charset-of-escapes": (text_mail("unicode_escape", CARD), NONE),
    "mail-charset-of-bytes": (text_mail("zlib", CARD), NONE),
    "mail-in-utf-7": (text_mail("utf-7", "".join(f"+{base64.b64encode(c.encode('utf-16-be')).decode().rstrip('=')}-" for c in LINE).encode()), NONE),
    "mail-header-in-the-square": (MAIL + b"X-A: =?punycode?q?" + b"a9-" * 100_000 + b"?=\n\n" + CARD, NONE),
    "mail-header-charset-that-refuses": (MAIL + b"X-A: =?undefined?q?a?= " + CARD + b"\n\n", NONE),
    "mail-encoded-words-without-end": (MAIL + b"X-A: " + b"=?a?q?" * MANY + b"\n\n" + CARD, NONE),
    "mail-parameters-without-number": (MAIL + b'Content-Type: text/plain; a="' + b";" * 300_000 + b"\n\n" + CARD, NONE),
    "mail-names-in-parts": (MAIL + b"Content-Type: text/plain" + b"".join(b"; name*%d=a" % n for n in range(30_000)) + b"\n\n" + CARD, NONE),
    "mail-header-name-of-a-megabyte": (MAIL + b"x" * (1 << 20) + b"-id: 1\n\n" + CARD, NONE),
    "mail-headers-without-number": (MAIL + b"X-A: b\n" * 100_000 + b"\n" + CARD, NONE),
    "mail-of-broken-base64": (MAIL + b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b"!#$%&*" * 50_000 + base64.b64encode(CARD) + b"\n", NONE),
    "mail-uuencoded-without-end": (MAIL + b"\n" + CARD + (b"begin 644 a\n" + b"M" * 60 + b"\n") * 20_000, NONE),
    "tnef-size-lies": (b"\x78\x9f\x3e\x22\1\0" + struct.pack("<BHHI", 1, 0x800C, 2, 0xFFFFFFF0) + CARD, "corrupted"),
    "msg-with-a-size-of-exabytes": (patched(outlook(LINE, {}), 512 * (struct.unpack_from("<I", outlook(LINE, {}), 48)[0] + 1) + 128 + 120, b"\xff" * 8), NONE),
    # text
    "text-marked-as-wide": (b"\xff\xfe" + CARD * 9, NONE),
    "text-wide-marked-as-narrow": (b"\xef\xbb\xbf" + (LINE * 9).encode("utf-16-le"), NONE),
    "text-in-a-flood-of-zeros": (bytes(1 << 20) + CARD + bytes(16 << 20), "unsupported"),
    "text-in-one-line": (b"word " * (6 << 20) + CARD, NONE),
    "csv-of-a-million-columns": (b"a," * 1_000_000 + b"\n" + b"1," * 1_000_000 + CARD, NONE),
    "yaml-anchors": (b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*a%d, " % (n - 1) * 9) for n in range(1, 900)) + CARD, NONE),
    "xml-deep": (b"<?xml version='1.0'?>" + b"<a>" * MANY + CARD + b"</a>" * MANY, NONE),
    "xml-tag-without-end": (b"<?xml version='1.0'?><a><b>1<x " + b"=" * 1_000_000 + CARD, NONE),
    "xml-sections-without-end": (b"<?xml version='1.0'?><a>" + CARD + b"<![CDATA[" * MANY, NONE),
    "drawing-of-blanks": (b"<mxfile><a>" + CARD + b"</a><diagram>" + b" " * 1_000_000 + b"</mxfile>", NONE),
    "svg-of-spans": (b"<?xml version='1.0'?><svg><text>" + b"</tspan><tspan" * 60_000 + CARD, NONE),
    "html-links-without-end": (b"<html>" + CARD + b"<a href='" * MANY, NONE),
    "html-sections-without-end": (b"<html>" + CARD + b"<![CDATA[" * MANY + b"<!--" * MANY, NONE),
    "html-scripts-without-end": (b"<html>" + CARD + b"<script>" * MANY, NONE),
    "rtf-bytes-that-lie": (b"{\\rtf1 " + CARD + b"\\bin2147483647 " + b"x" * 4096, "corrupted"),
    "rtf-fonts-without-number": (b"{\\rtf1{\\fonttbl" + b"{\\f99999\\fcharset255 x;}" * 50_000 + b"}" + CARD + b"}", NONE),
    "card-folded-without-end": (b"BEGIN:VCARD\r\nNOTE" + b";ENCODING=B" * 100_000 + b"\r\n " * 100_000 + CARD + b"END:VCARD\r\n", NONE),
    "notebook-of-many-cells": (b'{"cells": [' + b'{"cell_type": "code", "source": ["x = 1\\n"], "outputs": []},\n' * 50_000 + b'{"source": "' + CARD.strip() + b'"}]}', NONE),
    # tables
    "sqlite-overflow-in-a-circle": (overflow_in_a_circle(), NONE),
    "sqlite-free-pages-in-a-circle": (patched(stored(SHOWN), 32, struct.pack(">II", 2, 99)), NONE),
    "sqlite-page-of-one-byte": (patched(stored(SHOWN), 16, b"\0\1"), "corrupted"),
    "sqlite-narrow-told-wide": (patched(stored(SHOWN), 56, struct.pack(">I", 2)), "corrupted"),
    "parquet-footer-of-2-gib": (b"PAR1" + NOISE + struct.pack("<I", 0x7FFFFFFF) + b"PAR1", "unsupported"),
    "property-list-deep": (b"<?xml version='1.0'?><plist>" + b"<array>" * MANY + b"<string>" + CARD + b"</string></plist>", NONE),
    "dbf-of-a-billion-rows": (bytes((3, 126, 1, 2)) + struct.pack("<IHH", 1 << 30, 65, 31) + bytes(20) + b"NR".ljust(11, b"\0") + b"C" + bytes(4) + bytes((30, 0)) + bytes(14) + b"\r" + b" " + SHOWN.encode().ljust(30), "unsupported"),
}  # fmt: skip
LIMITS = msgspec.structs.replace(SMALL, ratio_floor=5 << 20, cpu=10.0)


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(key=bytes(32), detectors=("payment-card",), cache_dir=str(cache_dir()), workers=1) as made:
        yield made


@pytest.mark.parametrize("case", CASES)
def test_each_ends_soon_with_the_reason_that_is_right(pool, case):
    """More CPU time, or memory, than a worker has would be a reason of its own."""
    data, reason = CASES[case]
    result = pool.submit(Task(ref=case, name="file", limits=LIMITS), data).result()
    assert result.reason == reason, result
    assert (result.outcome == "done") == (reason is None)
    assert result.text <= SMALL.expansion + len(data) * 2 + (4 << 20)
    if reason is None:
        assert result.totals, "what can be read was hidden"
    for note in result.notes:
        assert note.place.isprintable()
    for match in result.matches:
        assert match.place.isprintable()
