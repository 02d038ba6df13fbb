"""More files made to harm, to hide or to mislead: each with the one reason that is right, and what is found in it."""

# ruff: noqa: E501 - one file of a kind, one line where that is possible

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import time
import zlib

import pytest
from compound_file import compound, outlook, powerpoint, word
from seven_file import directory, seven, streams, wrapped
from test_extract_formats import docx, office, packed, paragraph, pdf, xlsx
from test_extract_hostile import LINE, SCANNER, SHOWN, SMALL, encrypted, look, nested, patched, pdf_of, tarred, zstd
from test_extract_more import CALENDAR, VCARD
from test_extract_workbook import cell

from casb_cli.scan.inspect import inspect_stream

ODF = "application/vnd.oasis.opendocument.text"
LOCKED = '<m:manifest><m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>'
ALL: str | None = None


def biff(*records: tuple[int, bytes]) -> bytes:
    """Return an xls workbook of records ([MS-XLS])."""
    stream = b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)
    return compound({"Workbook": stream.ljust(4096, b"\0")})


BOF = (0x0809, struct.pack("<HHHHII", 0x0600, 5, 0x0DBB, 0x07CC, 0, 6))
LOCKED_XLS = biff(BOF, (0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48)), (0x000A, b""))


def aes_zip() -> bytes:
    """Return a zip as AES tools mark it: locked, of method 99."""
    data = bytearray(encrypted(packed(a=LINE)))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(mark) + at, 99)
    return bytes(data)


def mailed(kind: str, content: bytes, *more: str) -> bytes:
    lines = ["From: a@b.example", "To: c@d.example", "Subject: x", "MIME-Version: 1.0", f"Content-Type: {kind}", *more]
    return "\n".join([*lines, "Content-Transfer-Encoding: base64", "", ""]).encode() + base64.encodebytes(content)


def quoted_overlap() -> bytes:
    """Return a zip whose directory leads ever deeper into one long member, so that each takes all behind it."""
    body = packed(**{f"m{n}": "a b\n" * 30_000 for n in range(30)})
    at = body.index(b"PK\x01\x02")
    made, entry = bytearray(body), at
    for _ in range(30):
        length = struct.unpack_from("<H", made, entry + 28)[0]
        struct.pack_into("<I", made, entry + 20, at - struct.unpack_from("<I", made, entry + 42)[0] - 32)
        entry += 46 + length
    return bytes(made)


def strings(content: str) -> dict[str, str]:
    return {"xl/sharedStrings.xml": f"<sst>{content}</sst>"}


def pages(text: str, *, filters: str = "/FlateDecode", times: int = 1) -> bytes:
    """Return a document of one page whose drawing is packed so many times."""
    data = text.encode("latin-1")
    for _ in range(times):
        data = zlib.compress(data, 9)
    return pdf_of(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
        f"<</Filter[{filters * times}]/Length {len(data)}>>stream\n{data.decode('latin-1')}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )


TEXT = "a b\n" * (3 << 20)
DRAWN = "BT /F 12 Tf 72 700 Td (" + "x y " * (1 << 21) + ") Tj ET"
NOISE = random.Random(1).randbytes(60_000)
SHEET = xlsx(f'<row r="1">{cell("A1", 1)}</row>')
HUGE_CELL = cell("A1", "y " * (3 << 20), "inlineStr")
CASES: dict[str, tuple[bytes, str | None]] = {
    # locked
    "zip-aes": (aes_zip(), "encrypted"),
    "zip-locked-in-zip": (packed(a=encrypted(packed(a=LINE))), "encrypted"),
    "7z-locked": (seven({"a": LINE.encode()}, ("lzma2", "aes")), "encrypted"),
    "7z-locked-names": (seven({"a": LINE.encode()}, ("lzma2",), 1, ("lzma", "aes")), "encrypted"),
    "odt-locked": (packed(mimetype=ODF, **{"content.xml": NOISE, "META-INF/manifest.xml": LOCKED}), "encrypted"),
    "xls-locked": (LOCKED_XLS, "encrypted"),
    "office-locked-in-mail": (mailed("application/x", compound({"EncryptedPackage": b"x" * 5000})), "encrypted"),
    "office-with-rights": (compound({"\x06DataSpaces/x": b"x", "EncryptedPackage": b"x" * 5000}), "encrypted"),
    "mail-smime": (mailed('application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', NOISE), "encrypted"),
    "mail-smime-unnamed": (mailed("application/x-pkcs7-mime", NOISE), "encrypted"),
    "mail-pgp": (b'From: a@b.c\nTo: d@e.f\nSubject: x\nContent-Type: multipart/encrypted; boundary="b"\n\n--b\n\nVersion: 1\n\n--b\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n--b--\n', "encrypted"),
    "pgp-message": (b"-----BEGIN PGP MESSAGE-----\n\n" + base64.encodebytes(NOISE), "encrypted"),
    "mail-with-rights": (b"\x76\xe8\x04\x60\xc4\x11\xe3\x86" + NOISE, "encrypted"),
    "vault-of-passwords": (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5" + NOISE, "encrypted"),
    # bombs
    "zip-quoted-overlap": (quoted_overlap(), "expansion"),
    "7z-bomb": (seven({"a": TEXT.encode()}), "expansion"),
    "7z-of-zips": (nested(lambda data: seven({"a": packed(b=data)}), 5), "expansion"),
    "7z-in-itself": (nested(lambda data: seven({"a": data}), 30), "expansion"),
    "7z-directory-in-directory": (seven({"a": b"x"}, ("copy",), 40, ("copy",)), "expansion"),
    "7z-many": (seven({f"m{n}": b"x" for n in range(400)}), "expansion"),
    "7z-dictionary": (wrapped(bytes(4), b"\1\x04" + streams(("lzma2",), [1 << 40], 4).replace(b"\x21\x21\1\x08", b"\x21\x21\1\x28") + b"\0"), "too-large"),
    "7z-count": (wrapped(b"", b"\1\x04\x06\0\xff" + b"\xff" * 8), "corrupted"),
    "7z-steps-in-a-circle": (wrapped(bytes(4), directory({"a": b"x" * 9}, ("x86", "delta", "copy"))[1].replace(b"\0\1\1\2", b"\0\0\1\1")), "corrupted"),
    "gzip-in-bzip2-in-xz": (nested(lambda data: gzip.compress(bz2.compress(lzma.compress(data))), 4), "expansion"),
    "gzip-many-parts": (gzip.compress(b"a b\n" * 9000) * 400, "expansion"),
    "tar-many": (tarred(*[(tarfile.TarInfo(f"m{n}"), b"x") for n in range(400)]), "expansion"),
    "docx-in-docx": (nested(lambda data: office({"word/document.xml": "<w/>", "word/embeddings/a.docx": data}), 40), "expansion"),
    "pptx-bomb-in-notes": (office({"ppt/slides/slide1.xml": "<p/>", "ppt/notesSlides/notesSlide1.xml": f"<a:t>{TEXT}</a:t>"}), "expansion"),
    "docx-bomb-in-links": (office({"word/document.xml": "<w/>", "word/_rels/document.xml.rels": f"<R>{TEXT[: 3 << 20]}</R>"}), "expansion"),
    "xlsx-strings": (xlsx("", **strings(f"<si><t>{TEXT}</t></si>")), "expansion"),
    "xlsx-many-strings": (xlsx("", **strings("<si><t>a</t></si>" * 500_000)), "expansion"),
    "xlsx-cell": (xlsx(f'<row r="1">{HUGE_CELL}</row>'), "expansion"),
    "xlsx-comment": (xlsx("", **{"xl/comments1.xml": f"<c><t>{TEXT}</t></c>"}), "expansion"),
    "msg-bomb": (outlook("x", {"a.zip": packed(a=TEXT)}), "expansion"),
    "mail-mail-mail": (nested(lambda data: mailed("application/octet-stream", data, 'Content-Disposition: attachment; filename="a.eml"'), 12), "expansion"),
    "pdf-twice-packed": (pages(DRAWN, times=2), ALL),
    # broken, cyclic, lying
    "pdf-tables-in-a-circle": (pdf(LINE.strip()).replace(b"trailer<<", b"trailer<</Prev 9 "), ALL),
    "pdf-page-is-its-parent": (pdf_of("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Pages/Parent 3 0 R/Kids[2 0 R]/Count 1>>"), "corrupted"),
    "pdf-stream-is-its-length": (pdf_of("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>", "<</Length 4 0 R>>stream\nx\nendstream"), "unsupported"),
    "xlsx-strings-missing": (xlsx(f'<row r="1">{cell("A1", 7, "s")}</row>'), "corrupted"),
    "xlsx-sheet-missing": (xlsx("").replace(b"worksheets/sheet2.xml", b"worksheets/sheet3.xml"), "corrupted"),
    "xlsx-no-end": (xlsx(f'<row r="1">{cell("A1", 1)}<c r="B1"><v>'), "corrupted"),
    "tar-link-to-itself": (tarred((_link := tarfile.TarInfo("a"), b"")), ALL),
    "zip-names": (packed(**{"../" * 60 + "a\x1b[2J\n": LINE, "C:\\a": "x", "a" * 60_000: "y"}), ALL),
    "zip-comment": (packed(a=LINE)[:-2] + struct.pack("<H", 60_000) + b"PK\x05\x06" * 15_000, "corrupted"),
    "zip64-sizes": (patched(packed(a=LINE), packed(a=LINE).index(b"PK\x01\x02") + 20, b"\xff" * 8), ALL),
    "doc-without-table": (compound({"WordDocument": patched(bytes(2048), 10, b"\0\2")}), "corrupted"),
    "ole-torn": (word(LINE * 400)[:700], "corrupted"),
    "msg-without-properties": (compound({"__properties_version1.0": bytes(40)}), "corrupted"),
    "sqlite-of-nothing": (b"SQLite format 3\0" + bytes(84), "corrupted"),
    "rtf-objects": (b"{\\rtf1{\\object{\\*\\objdata " + b"d0cf11e0" * 300_000 + b"}}" + LINE.encode() + b"}", "corrupted"),
    "html-comment": (b"<html><!--" + b"- " * 1_000_000 + LINE.encode(), ALL),
    "html-attributes": (b"<html><p " + b"a='<' " * 200_000 + b">" + LINE.encode(), ALL),
    "xml-sections": (b'<?xml version="1.0"?><a>' + b"<![CDATA[<]]>" * 100_000 + LINE.encode() + b"</a>", ALL),
    "card-quoted": (b"BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:" + b"=3D" * 500_000 + b"\r\nEND:VCARD\r\n", ALL),
    "json-string": (b'{"a": "' + b"\\\\n" * 1_000_000 + LINE.encode() + b'"}', ALL),
    # not what the name or the first bytes say
    "program": (b"MZ" + bytes(200) + b"PE\0\0" + bytes(4000), "unsupported"),
    "picture-with-zip": (b"\x89PNG\r\n\x1a\n" + bytes(900) + packed(a=LINE), ALL),
    "text-like-zip": (b"PK is short for something\n" + LINE.encode(), ALL),
    "text-like-pdf": (b"a word on %PDF- headers, no document\n" + LINE.encode(), ALL),
    "text-like-parquet": (b"PARENT folder\n" + LINE.encode(), ALL),
    "text-like-bzip2": (b"BZh1 is no head of its own\n" + LINE.encode(), ALL),
    "text-like-cpio": (b"0707012026 a number, and\n" + LINE.encode() * 9, ALL),
    "zip-like-docx": (packed(**{"[Content_Types].xml": "<T/>", "a/word/x": LINE}), ALL),
    "gzip-head": (b"\x1f\x8b" + NOISE, "corrupted"),
    # encodings
    "utf8-overlong": (b"\xc1\xbf\xe0\x80\xaf\xf0\x80\x80\xaf" * 5000 + b"\n" + LINE.encode(), ALL),
    "utf16-of-two-orders": (LINE.encode("utf-16-le") * 200 + LINE.encode("utf-16-be") * 200, ALL),
    "utf32-odd": (LINE.encode("utf-32") + b"\0\0\1", ALL),
    "nul-between": ("\0".join(LINE * 99).encode("utf-16-le"), ALL),  # it is UTF-32
    "ebcdic": ((LINE * 300).encode("cp500"), ALL),
}  # fmt: skip
_link.type, _link.linkname = tarfile.LNKTYPE, "a"
FOUND = {"utf8-overlong", "utf32-odd", "html-comment", "html-attributes", "xml-sections", "json-string", "rtf-objects"}
FOUND |= {
    "text-like-zip",
    "zip-like-docx",
    "zip-names",
    "utf16-of-two-orders",
    "ebcdic",
    "zip64-sizes",
    "pdf-tables-in-a-circle",
}
for _kind, _whole in {
    "pdf": pdf(*[LINE.strip()] * 40),
    "pptx": office({f"ppt/slides/slide{n}.xml": f"<a:t>{LINE * 40}</a:t>" for n in range(9)}),
    "xlsx": SHEET,
    "odt": packed(mimetype=ODF, **{"content.xml": f"<p>{LINE * 90}</p>"}),
    "ppt": powerpoint(LINE * 400),
    "msg": outlook(LINE * 400, {"a.txt": LINE.encode() * 400}),
    "bzip2": bz2.compress(NOISE),
    "zstd": zstd.compress(LINE.encode() * 400 + NOISE.hex().encode()),
    "lzma": lzma.compress(NOISE.hex().encode(), format=lzma.FORMAT_ALONE),
    "tar": tarred(*[(tarfile.TarInfo(f"m{n}"), LINE.encode() * 400) for n in range(10)]),
    "7z": seven({"a": LINE.encode() * 400, "b": NOISE.hex().encode()}, ("lzma",), 1),
}.items():
    for _part in (10, 50, 90):
        CASES[f"torn-{_kind}-at-{_part}"] = (_whole[: len(_whole) * _part // 100], "corrupted")


@pytest.mark.parametrize("case", CASES)
def test_each_ends_with_the_reason_that_is_right(case):
    data, reason = CASES[case]
    begun = time.process_time()
    result = look(data)
    assert result.reason == reason, result
    assert (result.outcome == "done") == (reason is None)
    assert time.process_time() - begun < 60
    assert result.text <= SMALL.expansion + len(data) * 2 + (4 << 20)
    assert bool(result.matches) >= (case in FOUND)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("holiday.jpg", docx(paragraph(SHOWN)), "docx"),
        ("report.pdf", xlsx(f'<row r="1">{cell("A1", SHOWN, "inlineStr")}</row>'), "xlsx"),
        ("notes.txt", pdf(SHOWN), "pdf"),
        ("a.docx", LINE.encode("utf-16"), "text"),
        ("a.xlsx", b"name,card\nAnn," + SHOWN.encode() + b"\nBob,x\n", "text"),
        ("a.xls", f"<html><table><tr><td>{SHOWN}</td></tr></table></html>".encode(), "html"),
        ("a.doc", b"{\\rtf1 " + SHOWN.encode() + b"}", "rtf"),
        ("a.exe", seven({"a": LINE.encode()}), "7z"),
        ("a.dll", gzip.compress(packed(a=LINE)), "gzip"),
        ("a", word(LINE), "doc"),
        ("a.mp3", VCARD, "card"),
        ("a.bin", CALENDAR, "card"),
        ("a.log", outlook(LINE, {}), "msg"),
    ],
)
def test_a_wrong_name_hides_nothing(name, data, kind):
    result = inspect_stream(io.BytesIO(data), name=name, scanner=SCANNER, key=bytes(32), limits=SMALL)
    assert (result.kind, result.outcome, list(result.totals)) == (kind, "done", ["payment-card"])
