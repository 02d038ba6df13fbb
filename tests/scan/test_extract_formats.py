"""Each format gives up a planted number, with the place it stands at; each bad input gives its reason."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import math
import tarfile
import zipfile
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
from scan_scanner import CARDS as SCANNER

from casb_cli.scan.detect.examples import card, grouped
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.inspect import inspect_stream, new_scanner
from casb_cli.store.paths import cache_dir

KEY = b"k" * 32
NUMBER = card("4539")
SHOWN = grouped(NUMBER)


def look(data: bytes, name: str = "file", **limits):
    return inspect_stream(data, name=name, scanner=SCANNER, key=KEY, limits=Limits(**limits))


def packed(**members: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def office(members: dict[str, str | bytes]) -> bytes:
    return packed(**{"[Content_Types].xml": "<Types/>", **members})


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str = "", **more: str | bytes) -> bytes:
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    return office({"word/document.xml": document, **{f"word/{k}.xml": v for k, v in more.items()}})


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def xlsx(rows: str, **more: str | bytes) -> bytes:
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return office(
        {
            "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook {ns} xmlns:r="{rel}"><sheets><sheet name="Open" sheetId="1" r:id="r1"/>'
            '<sheet name="Pay" sheetId="2" state="hidden" r:id="r2"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{rel}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f"<worksheet {ns}><sheetData/></worksheet>",
            "xl/worksheets/sheet2.xml": f"<worksheet {ns}><sheetData>{rows}</sheetData></worksheet>",
            **more,
        }
    )


def pdf(*pages: str) -> bytes:
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{4 + 2 * n} 0 R' for n in range(len(pages)))}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(pages):
        drawn = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" if text else ""
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {5 + 2 * number} 0 R>>"
        )
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj{item}endobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
    return out + end.encode()


def mail(attachment: bytes | None = None, html: bool = False, **kwargs) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@b.org", "c@d.org", "Überweisung"
    message.set_content(kwargs.get("body", "hello"), subtype="html" if html else "plain", cte="base64")
    if attachment is not None:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename="pay.bin")
    return message.as_bytes()


def tarred(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("../../etc/pay.txt")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


LINE = f"first\n  card {SHOWN}\n"
CASES = {
    "text": (LINE.encode(), "text", "line 2, column 8"),
    "text-utf16": (LINE.encode("utf-16"), "text", "line 2, column 8"),
    "text-utf16-unmarked": (LINE.encode("utf-16-be"), "text", "line 2, column 8"),
    "text-utf32": (LINE.encode("utf-32"), "text", "line 2, column 8"),
    "text-utf8-mark": (LINE.encode("utf-8-sig"), "text", "line 2, column 8"),
    "text-latin": (f"Größe für München\nKärtchen {SHOWN}".encode("latin-1"), "text", "line 2, column 10"),
    "text-umlauts": (f"ÄÖÜ {SHOWN}".encode(), "text", "line 1, column 5"),
    "csv": (f"name,card\nAnn,{NUMBER}\nBob,1\n".encode(), "text", "line 2, column 5"),
    "json": (f'{{"card":\n "{NUMBER}"}}'.encode(), "text", "line 2, column 3"),
    "xml": (f'<?xml version="1.0"?>\n<a><card>{NUMBER}</card></a>'.encode(), "xml", "line 2, column 10"),
    "xml-utf16": (f'<?xml version="1.0"?>\n<a card="{NUMBER}"/>'.encode("utf-16"), "xml", "line 2, column 10"),
    "html": (f"<!doctype html>\n<p>card <b>{SHOWN[:7]}</b>{SHOWN[7:]}</p>".encode(), "html", "line 2"),
    "html-entities": (f"<html>\n<p>{SHOWN.replace(' ', '&#32;')}</p>".encode(), "html", "line 2"),
    "html-attribute": (f'<html><input\nvalue="{NUMBER}">'.encode(), "html", "line 1"),
    "html-comment": (f"<html><!-- {NUMBER} -->".encode(), "html", "line 1"),
    "rtf": (rb"{\rtf1\ansi\deff0 {\b card} " + SHOWN.encode() + rb"\par}", "rtf", ""),
    "docx": (docx(paragraph("card ", SHOWN[:6], SHOWN[6:])), "docx", ""),
    "docx-header": (docx(header1=f"<w:hdr {W}>{paragraph(SHOWN)}</w:hdr>"), "docx", "header1"),
    "docx-comment": (docx(comments=f"<w:comments {W}>{paragraph(SHOWN)}</w:comments>"), "docx", "comments"),
    "docx-utf16": (
        office({"word/document.xml": f"<w:document {W}>{paragraph(SHOWN)}</w:document>".encode("utf-16")}),
        "docx",
        "",
    ),
    "docx-properties": (
        office({"word/document.xml": "<w:document/>", "docProps/custom.xml": f"<P><v>{NUMBER}</v></P>"}),
        "docx",
        "properties",
    ),
    "docx-embedded": (
        office({"word/document.xml": "<w:document/>", "word/embeddings/x.bin": docx(paragraph(SHOWN))}),
        "docx",
        "word/embeddings/x.bin",
    ),
    "xlsx": (xlsx(f'<row r="7"><c r="C7"><v>1</v></c><c r="D7"><v>{NUMBER}</v></c></row>'), "xlsx", "Pay!D7"),
    "xlsx-text": (
        xlsx(f'<row r="2"><c r="AB2" t="inlineStr"><is><t>a\tb {SHOWN}</t></is></c></row>'),
        "xlsx",
        "Pay!AB2",
    ),
    "xlsx-comment": (xlsx("", **{"xl/comments1.xml": f"<comments><t>{SHOWN}</t></comments>"}), "xlsx", "comments1"),
    "pptx": (office({"ppt/slides/slide12.xml": f"<p:sld><a:p><a:t>{SHOWN}</a:t></a:p></p:sld>"}), "pptx", "slide 12"),
    "pptx-notes": (
        office(
            {
                "ppt/slides/slide1.xml": "<p:sld/>",
                "ppt/notesSlides/notesSlide1.xml": f"<p:notes><a:p><a:t>{SHOWN}</a:t></a:p></p:notes>",
            }
        ),
        "pptx",
        "notes 1",
    ),
    "odt": (
        packed(
            mimetype="application/vnd.oasis.opendocument.text",
            **{"content.xml": f"<o:d><text:p>card {SHOWN}</text:p></o:d>"},
        ),
        "opendocument",
        "",
    ),
    "pdf": (pdf("nothing", f"card {SHOWN}"), "pdf", "page 2"),
    "mail": (mail(body=f"card {SHOWN}"), "mail", "part 1, line 1, column 6"),
    "mail-html": (mail(body=f"<div>card <i>{SHOWN}</i></div>", html=True), "mail", "part 1, line 1"),
    "mail-attachment": (mail(docx(paragraph(SHOWN))), "mail", "pay.bin"),
    "mbox": (
        b"From a@b Mon\n" + mail() + b"\nFrom a@b Tue\n" + mail(body=SHOWN),
        "mbox",
        "mail 2!part 1, line 1, column 1",
    ),
    "zip": (packed(**{"a.txt": "x", "in/b.txt": LINE}), "zip", "in/b.txt, line 2, column 8"),
    "zip-outside": (packed(**{"../../b": LINE, "/etc/c": "x"}), "zip", "../../b, line 2, column 8"),
    "zip-nested": (packed(**{"b.zip": packed(**{"c.zip": packed(d=LINE)})}), "zip", "b.zip!c.zip!d, line 2, column 8"),
    "zip-docx": (packed(**{"x.jpg": docx(paragraph(SHOWN))}), "zip", "x.jpg"),
    "gzip": (gzip.compress(LINE.encode()), "gzip", "file, line 2, column 8"),
    "bzip2": (bz2.compress(LINE.encode()), "bzip2", "file, line 2, column 8"),
    "xz": (lzma.compress(LINE.encode()), "xz", "file, line 2, column 8"),
    "tar": (tarred(LINE.encode()), "tar", "../../etc/pay.txt, line 2, column 8"),
    "tar-gzip": (gzip.compress(tarred(LINE.encode())), "gzip", "file!../../etc/pay.txt, line 2, column 8"),
}


@pytest.mark.parametrize("case", CASES)
def test_planted_number_is_found_at_its_place(case):
    data, kind, place = CASES[case]
    result = look(data)
    assert [m.place for m in result.matches] == [place]
    assert result.kind == kind
    assert result.outcome == "done", result
    assert result.matches[0].excerpt == "*" * 12 + NUMBER[-4:]


def test_the_name_decides_nothing():
    data = docx(paragraph(SHOWN))
    assert look(data, "a.txt").kind == look(data, "a.pdf").kind == "docx"


def test_columns_are_named_by_the_first_row():
    scanner = new_scanner(DetectorSet.shipped(("us-ssn",)), str(cache_dir()))
    number = "401" + "73" + "2986"
    rows = "".join(f"Ann,{i},{number if i == 300 else 100000000 + i}\n" for i in range(400))
    result = inspect_stream(f"name,row,ssn\n{rows}".encode(), name="x", scanner=scanner, key=KEY)
    assert "line 302, column 9" in {m.place for m in result.matches}
    assert not inspect_stream(rows.encode(), name="x", scanner=scanner, key=KEY).matches


def encrypted_zip() -> bytes:
    data = bytearray(packed(a=LINE))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
BAD = {
    "empty": (b"", "skipped", "empty"),
    "lfs": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12\n",
        "skipped",
        "lfs-pointer",
    ),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "skipped", "unsupported"),
    "noise": (bytes(range(256)) * 8, "skipped", "unsupported"),
    "truncated-zip": (packed(a=LINE * 99)[:80], "partial", "corrupted"),
    "truncated-gzip": (
        gzip.compress("".join(f"{n * 7919 % 10007} " for n in range(250_000)).encode())[:-12],
        "partial",
        "corrupted",
    ),
    "encrypted-zip": (encrypted_zip(), "skipped", "encrypted"),
    "encrypted-office": (OLE + "EncryptedPackage".encode("utf-16-le"), "skipped", "encrypted"),
    "ole": (OLE, "skipped", "corrupted"),
    "broken-pdf": (b"%PDF-1.7 nothing here", "skipped", "corrupted"),
    "picture-pdf": (pdf("", ""), "skipped", "unsupported"),
    "half-picture-pdf": (pdf("text", ""), "partial", "unsupported"),
    "broken-xlsx": (office({"xl/workbook.xml": "<oops"}), "skipped", "corrupted"),
    "broken-docx": (office({"word/theme/theme1.xml": "x"}), "skipped", "corrupted"),
    "zip-with-picture": (packed(a=LINE, b=b"\x89PNG\r\n\x1a\n" + b"\0" * 50), "partial", "unsupported"),
    "xz-half": (lzma.compress(LINE.encode() * 9999)[:60], "partial", "corrupted"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_its_reason(case):
    data, outcome, reason = BAD[case]
    result = look(data)
    assert (result.outcome, result.reason) == (outcome, reason), result


def test_too_large():
    assert look(b"x" * 100, max_size=99).reason == "too-large"


def test_a_broken_member_costs_itself_only():
    data = packed(a="x" * 5000, b=LINE, c=b"\x1f\x8b" + b"junk" * 9)
    result = look(data)
    assert result.outcome == "partial"
    assert [m.place for m in result.matches] == ["b, line 2, column 8"]
    assert [(n.place, n.reason) for n in result.notes] == [("c!", "corrupted")] or [n.reason for n in result.notes] == [
        "corrupted"
    ]


def test_zip_bomb_stops_at_the_ratio():
    result = look(packed(bomb=b"\0" * (64 << 20)), ratio_floor=1 << 20)
    assert result.reason in ("expansion", "unsupported")
    text = look(packed(bomb=b"a\n" * (16 << 20), after=LINE), ratio_floor=1 << 20)
    assert (text.outcome, text.reason) == ("partial", "expansion")
    assert [m.place for m in text.matches] == ["after, line 2, column 8"]


def test_gzip_bomb_stops_at_the_sum():
    result = look(gzip.compress(b"a b\n" * (8 << 20)), expansion=4 << 20, ratio=10**9)
    assert (result.outcome, result.reason) == ("partial", "expansion")
    assert result.text <= 6 << 20


def test_nesting_stops_at_the_depth():
    data: bytes = LINE.encode()
    for _ in range(12):
        data = packed(inner=data)
    result = look(data, depth=5)
    assert result.reason == "expansion"
    assert not result.matches


def test_a_quine_like_loop_of_gzip_ends():
    data = LINE.encode()
    for _ in range(40):
        data = gzip.compress(data)
    assert look(data).reason == "expansion"


def test_many_members_stop_at_the_count():
    result = look(packed(**{f"m{n}": "x" for n in range(50)}), members=20)
    assert (result.outcome, result.reason) == ("partial", "expansion")


def test_the_clock_ends_an_inspection_with_what_was_found(monkeypatch):
    asked = itertools.chain([0.0] * 5, itertools.repeat(math.inf))
    monkeypatch.setattr("casb_cli.scan.extract.base.time", SimpleNamespace(monotonic=asked.__next__))
    result = look((LINE + "z " * 1000).encode() * 8000)
    assert (result.outcome, result.reason) == ("partial", "timeout")
