"""One number in documents of every format, at each place where people leave such things."""

# ruff: noqa: E501 - tables of texts, one a line

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import quopri
import sqlite3
import sys
import tarfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scan"))

from compound_file import outlook, powerpoint, word
from test_extract_formats import W, docx, office, packed, paragraph, pdf, xlsx
from test_extract_places import PLACES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _mail(body: str = "see below", *, cte: str = "8bit", html: bool = False, **files: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@host.example", "bob@host.example", "Invoice"
    message.set_content(body, subtype="html" if html else "plain", cte=cte)
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name.replace("__", "."))
    return message


def _forwarded(inner: EmailMessage) -> bytes:
    outer = _mail("fyi")
    outer.add_attachment(inner)
    return outer.as_bytes()


def _tar(name: str, data: bytes, mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _open_document(kind: str, content: str, styles: str = "", meta: str = "") -> bytes:
    parts = {"content.xml": f"<o:d>{content}</o:d>", "styles.xml": f"<o:s>{styles}</o:s>", "meta.xml": f"<m>{meta}</m>"}
    return packed(mimetype=f"application/vnd.oasis.opendocument.{kind}", **parts)


def _database(shown: str) -> bytes:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE t (id INTEGER, note TEXT, raw BLOB)")
    made.execute("INSERT INTO t VALUES (1, ?, ?)", (f"card {shown}", b"x"))
    made.commit()
    return made.serialize()


def _pdf_objects(*objects: str) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj{item}endobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF".encode()


def _pdf_with(page: str = "", catalog: str = "", *more: str) -> bytes:
    drawn = "BT /F1 12 Tf 72 700 Td (page text) Tj ET"
    return _pdf_objects(
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        "<</Type/Pages/Count 1/Kids[4 0 R]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R{page}>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        *more,
    )


def documents(shown: str) -> Iterator[tuple[str, bytes]]:
    """Yield a label (its first word is the file's name) and the file, for a number in four groups."""
    a, b = shown[:6], shown[6:]
    line = f"Card {shown}"
    runs = paragraph("Card ", a, b)
    table = f"<w:tbl><w:tr><w:tc>{paragraph('Card')}</w:tc><w:tc>{paragraph(shown)}</w:tc></w:tr></w:tbl>"
    box = f"<w:p><w:r><w:pict><v:textbox><w:txbxContent>{paragraph(shown)}</w:txbxContent></v:textbox></w:pict></w:r></w:p>"
    odd = f'<w:p><w:r><w:t>{a}</w:t></w:r><w:proofErr w:type="spellStart"/><w:r><w:rPr><w:b/></w:rPr><w:t>{b}</w:t></w:r></w:p>'
    for where, data in {
        "body": docx(runs),
        "table": docx(table),
        "text box": docx(box),
        "marked runs": docx(odd),
        "tracked deletion": docx(f"<w:p><w:del><w:r><w:delText>{shown}</w:delText></w:r></w:del></w:p>"),
        "header": docx(paragraph("x"), header2=f"<w:hdr {W}>{paragraph(shown)}</w:hdr>"),
        "footer": docx(paragraph("x"), footer1=f"<w:ftr {W}>{paragraph(shown)}</w:ftr>"),
        "footnote": docx(paragraph("x"), footnotes=f"<w:footnotes {W}>{paragraph(shown)}</w:footnotes>"),
        "comment": docx(paragraph("x"), comments=f"<w:comments {W}>{paragraph(shown)}</w:comments>"),
        "hyphens": docx(f"<w:p><w:r><w:t>{shown[:4]}</w:t><w:noBreakHyphen/><w:t>{shown[5:9]}</w:t><w:noBreakHyphen/>"
                        f"<w:t>{shown[10:14]}</w:t><w:noBreakHyphen/><w:t>{shown[15:]}</w:t></w:r></w:p>"),
        "field": docx(f'<w:p><w:r><w:instrText>HYPERLINK "https://h.example/?c={shown.replace(" ", "")}"</w:instrText></w:r></w:p>'),
        "alt text": docx(f'<w:p><w:drawing><wp:docPr id="1" name="P" descr="{line}"/></w:drawing></w:p>'),
        "entities": docx(paragraph(shown.replace(" ", "&#160;"))),
        "chart": office({"word/document.xml": "<w:document/>", "word/charts/chart1.xml": f"<c:c><a:t>{shown}</a:t></c:c>"}),
        "custom part": office({"word/document.xml": "<w:document/>", "customXml/item1.xml": f"<d><n>{shown}</n></d>"}),
        "title": office({"word/document.xml": "<w:document/>", "docProps/core.xml": f"<c><t>{line}</t></c>"}),
        "embedded sheet": office({
            "word/document.xml": "<w:document/>",
            "word/embeddings/Sheet1.xlsx": xlsx(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{shown}</t></is></c></row>'),
        }),
    }.items():  # fmt: skip
        yield f"a.docx {where}", data
    cell = f'<row r="3"><c r="B3" t="inlineStr"><is><t>{shown}</t></is></c></row>'
    ns = f"<worksheet {_NS}><sheetData/>"
    for where, data in {
        "hidden sheet": xlsx(cell),
        "number cell": xlsx(f'<row r="3"><c r="B3"><v>{shown.replace(" ", "")}</v></c></row>'),
        "formula's text": xlsx(f'<row r="3"><c r="B3" t="str"><f>A1</f><v>{shown}</v></c></row>'),
        "comment": xlsx("", **{"xl/comments1.xml": f"<comments><t>{shown}</t></comments>"}),
        "threaded comment": xlsx("", **{"xl/threadedComments/threadedComment1.xml": f"<T><text>{shown}</text></T>"}),
        "page header": xlsx("", **{"xl/worksheets/sheet1.xml": f"{ns}<headerFooter><oddHeader>&amp;C{line}</oddHeader>"
                                   "</headerFooter></worksheet>"}),
        "page footer": xlsx("", **{"xl/worksheets/sheet1.xml": f"{ns}<headerFooter><oddFooter>{line}</oddFooter>"
                                   "</headerFooter></worksheet>"}),
        "validation": xlsx("", **{"xl/worksheets/sheet1.xml": f'{ns}<dataValidations><dataValidation prompt="{line}"/>'
                                  "</dataValidations></worksheet>"}),
        "text box": xlsx("", **{"xl/drawings/drawing1.xml": f"<d {_A}><a:p><a:t>{shown}</a:t></a:p></d>"}),
        "rich text": xlsx('<row r="3"><c r="B3" t="inlineStr"><is><r><t xml:space="preserve">' + a + "</t></r><r><t>" + b
                          + "</t></r></is></c></row>"),
        "sheet's name": xlsx("").replace(b"Open", b"Open"),
    }.items():  # fmt: skip
        if where != "sheet's name":
            yield f"a.xlsx {where}", data
    slide = "ppt/slides/slide1.xml"
    for where, parts in {
        "slide": {slide: f"<p:s {_A}><a:p><a:r><a:t>{a}</a:t></a:r><a:r><a:t>{b}</a:t></a:r></a:p></p:s>"},
        "table": {slide: f"<p:s {_A}><a:tbl><a:tr><a:tc><a:p><a:t>{shown}</a:t></a:p></a:tc></a:tr></a:tbl></p:s>"},
        "speaker note": {
            slide: "<p:s/>",
            "ppt/notesSlides/notesSlide1.xml": f"<p:n {_A}><a:p><a:t>{shown}</a:t></a:p></p:n>",
        },
        "comment": {slide: "<p:s/>", "ppt/comments/comment1.xml": f"<p:c><p:text>{shown}</p:text></p:c>"},
        "modern comment": {
            slide: "<p:s/>",
            "ppt/comments/modernComment_100_0.xml": f"<p:c {_A}><a:p><a:t>{shown}</a:t></a:p></p:c>",
        },
        "master": {
            slide: "<p:s/>",
            "ppt/slideMasters/slideMaster1.xml": f"<p:m {_A}><a:p><a:t>{shown}</a:t></a:p></p:m>",
        },
        "layout": {
            slide: "<p:s/>",
            "ppt/slideLayouts/slideLayout1.xml": f"<p:m {_A}><a:p><a:t>{shown}</a:t></a:p></p:m>",
        },
        "notes master": {
            slide: "<p:s/>",
            "ppt/notesMasters/notesMaster1.xml": f"<p:m {_A}><a:p><a:t>{shown}</a:t></a:p></p:m>",
        },
        "handout": {
            slide: "<p:s/>",
            "ppt/handoutMasters/handoutMaster1.xml": f"<p:m {_A}><a:p><a:t>{shown}</a:t></a:p></p:m>",
        },
        "chart": {slide: "<p:s/>", "ppt/charts/chart1.xml": f"<c:c><c:v>{shown}</c:v></c:c>"},
    }.items():
        yield f"a.pptx {where}", office(parts)
    for where, data in {
        "body": _open_document("text", f"<text:p>Card <text:span>{a}</text:span>{b}</text:p>"),
        "spaces": _open_document("text", f"<text:p>{shown.replace(' ', '<text:s/>')}</text:p>"),
        "header": _open_document(
            "text", "<text:p>x</text:p>", f"<style:header><text:p>{shown}</text:p></style:header>"
        ),
        "annotation": _open_document(
            "text", f"<text:p>x<o:annotation><text:p>{shown}</text:p></o:annotation></text:p>"
        ),
        "sheet": _open_document("spreadsheet", f"<table:table-cell><text:p>{shown}</text:p></table:table-cell>"),
        "slide note": _open_document(
            "presentation", f"<presentation:notes><text:p>{shown}</text:p></presentation:notes>"
        ),
        "meta": _open_document("text", "<text:p>x</text:p>", "", f"<dc:title>{line}</dc:title>"),
    }.items():
        yield f"a.odt {where}", data
    stream = f"<</Type/EmbeddedFile/Length {len(line)}>>stream\n{line}\nendstream"
    for where, data in {
        "page": pdf("nothing", line),
        "title": _pdf_with("", "", f"<</Title({line})>>").replace(b"/Root 1 0 R", b"/Info 6 0 R/Root 1 0 R"),
        "annotation": _pdf_with(f"/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents({line})>>]"),
        "form field": _pdf_with("/Annots[6 0 R]", "/AcroForm<</Fields[6 0 R]/DA(/F1 9 Tf)>>",
                                f"<</Type/Annot/Subtype/Widget/FT/Tx/T(card)/V({shown})/Rect[9 9 200 30]>>"),
        "attachment": _pdf_with("", "/Names<</EmbeddedFiles<</Names[(a.txt)<</F(a.txt)/EF<</F 6 0 R>>>>]>>>>", stream),
        "link": _pdf_with(f"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://h.example/?c={shown.replace(' ', '')})>>>>]"),
        "outline": _pdf_with("", "/Outlines 6 0 R", "<</First 7 0 R/Last 7 0 R/Count 1>>",
                             f"<</Title({line})/Parent 6 0 R/Dest[4 0 R/Fit]>>"),
    }.items():  # fmt: skip
        yield f"a.pdf {where}", data
    quoted = quopri.encodestring(f"Card {shown[:10]}".encode()).decode().rstrip() + "=\r\n" + shown[10:]
    for where, data in {
        "plain": _mail(line).as_bytes(),
        "base64": _mail(line, cte="base64").as_bytes(),
        "quoted-printable": (
            "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}\r\n"
        ).encode(),
        "html": _mail(f"<p>Card <b>{a}</b>{b}</p>", html=True).as_bytes(),
        "subject": _mail("x").as_bytes().replace(b"Subject: Invoice", f"Subject: {line}".encode()),
        "encoded subject": _mail("x")
        .as_bytes()
        .replace(b"Subject: Invoice", b"Subject: =?utf-8?b?" + base64.b64encode(line.encode()) + b"?="),
        "text attachment": _mail(notes__txt=line.encode()).as_bytes(),
        "utf-16 attachment": _mail(notes__txt=line.encode("utf-16")).as_bytes(),
        "docx attachment": _mail(a__docx=docx(runs)).as_bytes(),
        "zip attachment": _mail(a__zip=packed(**{"in.docx": docx(runs)})).as_bytes(),
        "forwarded": _forwarded(_mail(line)),
        "forwarded attachment": _forwarded(_mail(a__xlsx=xlsx(cell))),
    }.items():
        yield f"a.eml {where}", data
        yield f"a.zip mail in an archive, {where}", packed(**{"mails/1.eml": data})
    folded = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nNOTE:{line[:12]}\r\n {line[12:]}\r\nEND:VCARD\r\n"
    event = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:{line}\\nthanks\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    note = {"cells": [{"cell_type": "code", "source": ["x = 1\n", f"# {line}\n"], "outputs": [{"text": ["y"]}]}]}
    plain = {
        "a.txt": line.encode(),
        "a.txt utf-16": line.encode("utf-16"),
        "a.txt utf-16 without a mark": (line + "\n").encode("utf-16-le"),
        "a.txt big-endian utf-16": line.encode("utf-16-be"),
        "a.txt utf-32": line.encode("utf-32"),
        "a.txt cp1251": f"Номер карты клиента {shown}, срок".encode("cp1251"),
        "a.txt shift-jis": f"カード番号 {shown} です、よろしくお願いします".encode("shift_jis"),
        "a.txt utf-7": line.encode("utf-7"),
        "a.csv utf-16 with columns": f"name\tcard\nAnn\t{shown}\nBob\tx\n".encode("utf-16"),
        "a.json": json.dumps({"card": shown}).encode(),
        "a.json escaped": json.dumps({"card": shown.replace(" ", "\u00a0")}).encode(),
        "a.json slashes": json.dumps({"note": f"first\n{shown}\tlast"}).encode(),
        "a.ipynb": json.dumps(note).encode(),
        "a.xml": f"<?xml version='1.0'?><a><c>{shown}</c></a>".encode(),
        "a.xml entities": f"<?xml version='1.0'?><a><c>{shown.replace(' ', '&#x20;')}</c></a>".encode(),
        "a.xml utf-16": f"<?xml version='1.0' encoding='utf-16'?><a><c>{shown}</c></a>".encode("utf-16"),
        "a.html": f"<!doctype html><p>Card {a}<wbr>{b}</p>".encode(),
        "a.html utf-16": f"<!doctype html><p>Card {shown.replace(' ', '&nbsp;')}</p>".encode("utf-16"),
        "a.html comment": f"<html><body><!-- {line} --></body></html>".encode(),
        "a.html script": f"<html><script>var c = '{shown}';</script></html>".encode(),
        "a.html field": f'<html><input type="hidden" value="{shown}"></html>'.encode(),
        "a.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><text>{line}</text></svg>".encode(),
        "a.yaml": f"card: '{shown}'\n".encode(),
        "a.rtf": rb"{\rtf1\ansi Card {\b " + a.encode() + rb"}" + b.encode() + rb"\par}",
        "a.rtf unicode": rb"{\rtf1\ansi\uc1 Card " + shown.replace(" ", "\\u160?").encode() + rb"\par}",
        "a.rtf tilde": rb"{\rtf1\ansi Card " + shown.replace(" ", "\\~").encode() + rb"\par}",
        "a.rtf header": rb"{\rtf1\ansi{\header Card " + shown.encode() + rb"\\par}body}",
        "a.doc": word(f"{line}\r"),
        "a.doc narrow": word(line.encode() + b"\r"),
        "a.doc torn": word(f"Card {a}", b.encode() + b"\r"),
        "a.ppt": powerpoint("Title", line),
        "a.msg": outlook(line, {}),
        "a.msg attachment": outlook("below", {"a.docx": docx(runs)}),
        "a.msg attached archive": outlook("below", {"a.zip": packed(**{"b.txt": line})}),
        "a.sqlite": _database(shown),
        "a.vcf": folded.encode(),
        "a.ics": event.encode(),
        "a.gz": gzip.compress(line.encode()),
        "a.bz2": bz2.compress(line.encode()),
        "a.xz": lzma.compress(line.encode()),
        "a.lzma old form": lzma.compress(line.encode() * 5, format=lzma.FORMAT_ALONE),
        "a.zst": zstd.compress(line.encode()),
        "a.tar": _tar("b.txt", line.encode()),
        "a.tgz": gzip.compress(_tar("b.docx", docx(runs))),
        "a.tar.zst": zstd.compress(_tar("b.docx", docx(runs))),
        "a.tar.xz": _tar("b.txt", line.encode(), "w:xz"),
        "a.jar": packed(**{"META-INF/MANIFEST.MF": "x", "conf/app.properties": line}),
        "a.epub": packed(mimetype="application/epub+zip", **{"OEBPS/1.xhtml": f"<html><p>{line}</p></html>"}),
        "a.zip": packed(**{"deep/b.txt": line}),
        "a.zip in zips": packed(**{"b.zip": packed(**{"c.zip": packed(**{"d.eml": _mail(line).as_bytes()})})}),
        "a.mbox": b"From a@b Mon Jan  1 00:00:00 2026\n" + _mail("x").as_bytes() + b"\nFrom a@b Tue\n" + _mail(line).as_bytes(),
        "a.jpg a docx by its content": docx(runs),
        "a.docx a text by its content": line.encode(),
        "a.pdf a zip by its content": packed(**{"b.txt": line}),
        "a.txt a pdf by its content": pdf(line),
        "a.png an mbox by its content": b"From a@b Mon\n" + _mail(line).as_bytes(),
        "a.mht": (
            "From: <Saved by Browser>\r\nSubject: page\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; "
            f'boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>{line}</p>\r\n--b1--\r\n'
        ).encode(),
        "a.fodt": f"<?xml version='1.0'?><office:document><text:p>Card {a}<text:span>{b}</text:span></text:p></office:document>".encode(),
        "a.xml spreadsheet of 2003": f"<?xml version='1.0'?><Workbook><Cell><Data>{shown}</Data></Cell></Workbook>".encode(),
        "a.plist": f"<?xml version='1.0'?><plist><dict><key>card</key><string>{shown}</string></dict></plist>".encode(),
    }  # fmt: skip
    yield from plain.items()
    for place, data in PLACES.items():  # with a number of their own
        yield f"a.{place}", data
