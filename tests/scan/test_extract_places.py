"""A number is found wherever a format can hold text: beside the cells, in attributes, in objects within objects."""

# ruff: noqa: E501 - tables of documents, one a line

import base64
import binascii
import io
import sqlite3
import struct
import tarfile
import zlib

import pytest
from compound_file import compound, word_streams
from test_extract_formats import SHOWN, W, docx, look, office, packed, paragraph, pdf, xlsx

A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
CELL = f'<row r="3"><c r="B3" t="inlineStr"><is><t>{SHOWN}</t></is></c></row>'
HEAD, TAIL = SHOWN[:6], SHOWN[6:]


def inside(xml):
    return docx(f"<w:p>{xml}</w:p>")


def beside(part, xml):
    return xlsx("", **{f"xl/{part}": xml})


def behind(xml, rows=""):
    sheet = f"<worksheet {NS}><sheetData>{rows}</sheetData>{xml}</worksheet>"
    return xlsx("", **{"xl/worksheets/sheet1.xml": sheet})


def slide(**parts):
    return office({"ppt/slides/slide1.xml": f"<p:s {A}/>", **{f"ppt/{k}": v for k, v in parts.items()}})


def native(name, data):
    label = name.encode() + b"\0"
    body = b"\x02\0" + label + label + struct.pack("<HHI", 0, 3, len(label)) + label
    body += struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(body)) + body


def opened(kind, content, styles=""):
    return packed(mimetype=f"application/vnd.oasis.opendocument.{kind}", **{"content.xml": f"<o:d>{content}</o:d>"})


def opened_with(**parts):
    return packed(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": "<o:d/>"}, **parts)


PLACES = {
    "docx tabs of other writers": inside(f"<w:r><w:t>Nr</w:t><w:tab /><w:t>{SHOWN}</w:t><w:tab /><w:t>ok</w:t></w:r>"),
    "docx broken lines": inside(f'<w:r><w:t>Nr</w:t><w:br w:type="page"/><w:t>{SHOWN}</w:t><w:br /><w:t>ok</w:t></w:r>'),
    "docx set in lines": docx(
        f"<w:p>\n  <w:r>\n    <w:t>{HEAD}</w:t>\n  </w:r>\r\n  <w:r>\n    <w:t>{TAIL}</w:t>\n  </w:r>\n</w:p>"
    ),
    "docx hyphens that stay": inside(f"<w:r><w:t>{SHOWN.replace(' ', '</w:t><w:noBreakHyphen/><w:t>')}</w:t></w:r>"),
    "docx attribute of any name": inside(f'<w:bookmarkStart w:id="0" w:name="Nr {SHOWN}"/>'),
    "pptx lines of one paragraph": slide(**{
        "slides/slide2.xml": f"<p:s {A}><a:p><a:r><a:t>Nr1</a:t></a:r><a:br><a:rPr/></a:br><a:r><a:t>{SHOWN}</a:t></a:r></a:p></p:s>"
    }),
    "pptx name of a shape": slide(**{"slides/slide2.xml": f'<p:s {A}><p:cNvPr id="2" name="Nr {SHOWN}"/><a:p/></p:s>'}),
    "odt link with a number": opened("text", f'<text:a xlink:href="https://a.org/?n={SHOWN.replace(" ", "%20")}"/>'),
    "word 2003 xml properties": (
        f'<w:wordDocument {W}><o:Keywords>{SHOWN}</o:Keywords><o:Pages>1</o:Pages><w:p><w:t>x</w:t></w:p></w:wordDocument>'
    ).encode(),
    "word 2003 xml file within": (
        f'<w:wordDocument {W}><w:binData w:name="a">{base64.b64encode(docx(f"<w:p><w:t>{SHOWN}</w:t></w:p>")).decode()}'
        "</w:binData><w:p><w:t>x</w:t></w:p></w:wordDocument>"
    ).encode(),
    "pdf letters set apart": pdf(f"Nr ) Tj 9 Tc ({SHOWN}) Tj 0 Tc ( ok"),
    "pdf letters set far apart": pdf(f"Nr ) Tj 20 Tc ({SHOWN}) Tj 0 Tc ( ok"),
    "pdf blanks among letters set apart": pdf(f"Nr ) Tj 5 Tc ({SHOWN}) Tj 0 Tc ( ok"),
    "pdf number in two lines": pdf(f"Nr {SHOWN[:10]}) Tj 0 -14 Td ({SHOWN[10:]} ok"),
    "doc shape": compound({**word_streams("text"), "Data": b"\3\0" + SHOWN.encode("utf-16-le") + b"\0\0\1"}),
    "ppt alternative text": compound({
        "PowerPoint Document": struct.pack("<HHI", 0x33, 0xF00B, 46) + bytes(8) + SHOWN.encode("utf-16-le"),
        "Current User": bytes(64),
    }),
    "docx title of a picture": inside(f'<w:drawing><wp:docPr id="1" name="P" title="{SHOWN}"/></w:drawing>'),
    "docx picture of old": inside(f'<w:pict><v:shape alt="{SHOWN}"/></w:pict>'),
    "docx word art": inside(f'<w:pict><v:textpath string="{SHOWN}"/></w:pict>'),
    "docx hint of a link": inside(f'<w:hyperlink w:tooltip="{SHOWN}"/>'),
    "docx simple field": inside(f'<w:fldSimple w:instr=" QUOTE &quot;{SHOWN}&quot; "/>'),
    "docx choice": inside(f'<w:sdt><w:listItem w:displayText="one" w:value="{SHOWN}"/></w:sdt>'),
    "docx control's tag": inside(f'<w:sdt><w:sdtPr><w:tag w:val="{SHOWN}"/></w:sdtPr></w:sdt>'),
    "docx form's default": inside(f'<w:ffData><w:textInput><w:default w:val="{SHOWN}"/></w:textInput></w:ffData>'),
    "docx variable": docx(
        "", settings=f'<w:settings><w:docVars><w:docVar w:name="v" w:val="{SHOWN}"/></w:docVars></w:settings>'
    ),
    "docx commentator": docx("", comments=f'<w:comments {W}><w:comment w:id="0" w:author="{SHOWN}"/></w:comments>'),
    "docx property's name": office(
        {"word/document.xml": "<w:document/>", "docProps/custom.xml": f'<P><property name="{SHOWN}"/></P>'}
    ),
    "docx attribute of a custom part": office(
        {"word/document.xml": "<w:document/>", "customXml/item1.xml": f'<r><row number="{SHOWN}"/></r>'}
    ),
    "docx chart's values": office(
        {
            "word/document.xml": "<w:document/>",
            "word/charts/chart1.xml": f"<c:c><c:f>S!$A$1</c:f><c:v>{SHOWN}</c:v><c:idx>1</c:idx></c:c>",
        }
    ),
    "docx packed object": office(
        {
            "word/document.xml": "<w:document/>",
            "word/embeddings/o.bin": compound({"\x01Ole10Native": native("a.txt", SHOWN.encode())}),
        }
    ),
    "docx sheet in an object": office(
        {"word/document.xml": "<w:document/>", "word/embeddings/o.bin": compound({"Package": xlsx(CELL)})}
    ),
    "xlsx name": xlsx("", **{
        "xl/workbook.xml": f'<workbook {NS}><sheets/><definedNames><definedName name="n">"{SHOWN}"</definedName>'
        "</definedNames></workbook>"}),
    "xlsx formula": behind(
        "", f'<row r="1"><c r="A1"><f>IF(B1=&quot;{SHOWN}&quot;,1,0)</f><v>1</v></c></row>'
    ),
    "xlsx list of choices": behind(
        f'<dataValidations><dataValidation><formula1>"a,{SHOWN}"</formula1></dataValidation></dataValidations>'
    ),
    "xlsx condition": behind(
        f'<conditionalFormatting><cfRule><formula>A1="{SHOWN}"</formula></cfRule></conditionalFormatting>'
    ),
    "xlsx hint of a link": behind(f'<hyperlinks><hyperlink ref="A1" tooltip="{SHOWN}"/></hyperlinks>'),
    "xlsx filter": behind(f'<autoFilter><filters><filter val="{SHOWN}"/></filters></autoFilter>'),
    "xlsx sized header": behind(f'<headerFooter><oddHeader>&amp;L&amp;"Arial"&amp;12{SHOWN}</oddHeader></headerFooter>'),
    "xlsx format": beside("styles.xml", f'<styleSheet {NS}><numFmts><numFmt numFmtId="164" '
        f'formatCode="0 &quot;{SHOWN}&quot;"/></numFmts></styleSheet>'),
    "xlsx text of old drawings": beside("drawings/vmlDrawing1.vml", f"<xml><v:textbox><div>{SHOWN}</div></v:textbox></xml>"),
    "xlsx text box": beside(
        "drawings/drawing1.xml",
        f"<x {A}><x:row>2</x:row><x:rowOff>190</x:rowOff><a:p><a:r><a:t>{HEAD}</a:t></a:r><a:r><a:t>{TAIL}</a:t></a:r>"
        "</a:p><x:col>7</x:col></x>",
    ),
    "xlsx what was there before": beside("revisions/revisionLog1.xml", f"<r><oc><is><t>{SHOWN}</t></is></oc></r>"),
    "xlsx slicer": beside("slicerCaches/slicerCache1.xml", f'<s><i n="{SHOWN}"/></s>'),
    "xlsx macro sheet": beside("macrosheets/sheet1.xml", f'<m><c r="A1"><f>ALERT("{SHOWN}")</f></c></m>'),
    "pptx hint of a link": slide(**{"slides/slide2.xml": f'<p:s {A}><a:hlinkClick tooltip="{SHOWN}"/></p:s>'}),
    "pptx tag": slide(**{"tags/tag1.xml": f'<p:tagLst><p:tag name="A" val="{SHOWN}"/></p:tagLst>'}),
    "pptx section": slide(**{"presentation.xml": f'<p:p><p14:section name="{SHOWN}"/></p:p>'}),
    "pptx captions": slide(**{"media/media1.vtt": f"WEBVTT\n\n00:00.000 --> 00:02.000\n{SHOWN}\n"}),
    "odt comment behind its author": opened(
        "text", f"<o:annotation><dc:creator>A1</dc:creator><text:p>{SHOWN}</text:p></o:annotation>"
    ),
    "odt footnote": opened(
        "text", f"<text:p>x<text:note-citation>1</text:note-citation><text:p>{SHOWN}</text:p></text:p>"
    ),
    "odt variable": opened("text", f'<text:variable-set office:string-value="{SHOWN}"/>'),
    "odt link": opened("text", f'<text:a xlink:href="https://h.example/?c={SHOWN.replace(" ", "")}">x</text:a>'),
    "odt form": opened("text", f'<form:text form:current-value="{SHOWN}"/>'),
    "ods formula": opened("spreadsheet", f'<table:table-cell table:formula="of:=IF(A1=&quot;{SHOWN}&quot;)"/>'),
    "ods long number": opened(
        "spreadsheet",
        f'<table:table-cell office:value-type="float" office:value="{SHOWN.replace(" ", "")}"><text:p>4.53E+15</text:p>',
    ),
    "rtf footnote": rb"{\rtf1 x{\footnote\pard " + SHOWN.encode() + rb"}next}",
    "rtf comment": rb"{\rtf1 x{\*\atnid A}{\*\annotation " + SHOWN.encode() + rb"}7}",
    "rtf title": rb"{\rtf1{\info{\title " + SHOWN.encode() + rb"}{\author 7}}x}",
    "rtf variable": rb"{\rtf1{\*\docvar {n1}{" + SHOWN.encode() + rb"}}}",
    "rtf bookmark within": rb"{\rtf1 " + HEAD.encode() + rb"{\*\bkmkstart _1}{\*\bkmkend _1}" + TAIL.encode() + rb"}",
    "rtf characters with others for old readers": rb"{\rtf1 \uc1 "
    + "".join(f"\\u{ord(c)}\\'3f" for c in SHOWN).encode()
    + b"}",
    "rtf two for old readers": rb"{\rtf1 \uc2 " + "".join(f"\\u{ord(c)}\\'82\\'4f" for c in SHOWN).encode() + b"}",
    "rtf none for old readers": rb"{\rtf1 \uc0 " + "".join(f"\\u{ord(c)} " for c in SHOWN).encode() + b"}",
    "rtf dash before": rb"{\rtf1 Card\emdash " + SHOWN.encode() + rb"}",
    "rtf shape": rb"{\rtf1{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv " + SHOWN.encode() + rb"}}}}}",
    "rtf behind raw bytes": rb"{\rtf1{\pict\bin5 }{}\}}" + SHOWN.encode() + rb"}",
    "rtf packed object": rb"{\rtf1{\object{\*\objdata "
    + binascii.hexlify(
        struct.pack("<III", 0x501, 2, 8) + b"Package\0" + bytes(8) + (lambda d: struct.pack("<I", len(d)) + d)(
            native("a.txt", SHOWN.encode())[4:]
        )
    )
    + rb"}}}",
    "zip comment": (lambda d: d[:-2] + struct.pack("<H", len(SHOWN)) + SHOWN.encode())(packed(a="x")),
    "program that unpacks itself": b"MZ" + bytes(400) + packed(a=SHOWN),
    "zstd behind a frame that is passed over": b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + __import__("backports.zstd").zstd.compress(SHOWN.encode()),
}  # fmt: skip


def mail(content, kind="text/plain", packing="7bit", more=""):
    return (
        f"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
        f"Content-Transfer-Encoding: {packing}\r\n{more}\r\n{content}"
    ).encode()


def parts(*each, before="", behind=""):
    return mail(
        before + "".join(f"\r\n--b1\r\n{one}" for one in each) + f"\r\n--b1--\r\n{behind}",
        "multipart/mixed; boundary=b1",
    )


def signed(content):
    def element(tag, *inner):
        data = b"".join(inner)
        return bytes((tag, 0x82)) + struct.pack(">H", len(data)) + data

    data, whole = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    return element(
        0x30,
        whole,
        element(0xA0, element(0x30, b"\x02\x01\x01\x31\0", element(0x30, data, element(0xA0, element(4, content))))),
    )


def wrapped(properties=b"", *attachments):
    def one(level, number, data):
        return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    out = struct.pack("<IH", 0x223E9F78, 1) + one(1, 0x00089006, b"\0\0\1\0")
    if properties:
        out += one(1, 0x00069003, properties)
    for name, data in attachments:
        out += one(2, 0x00069002, bytes(14)) + one(2, 0x00018010, name) + one(2, 0x0006800F, data)
    return out


def prop(tag, data):
    return struct.pack("<III", tag, 1, len(data)) + data + b"\0" * (-len(data) % 4)


LZFU = b"{\\rtf1\\ansi " + SHOWN.encode() + b"}"
PACKED_RTF = struct.pack("<IIII", len(LZFU) + 12, len(LZFU), 0x414C454D, 0) + LZFU
PLACES |= {
    "mail before the parts": parts("Content-Type: text/plain\r\n\r\nx", before=SHOWN),
    "mail behind the parts": parts("Content-Type: text/plain\r\n\r\nx", behind=SHOWN),
    "mail in a mail, packed": parts(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(mail(base64.b64encode(SHOWN.encode()).decode(), packing="base64")).decode()
    ),
    "mail with a name in parts": parts(
        "Content-Type: text/plain\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''%C3%BC%20"
        f"{HEAD.replace(' ', '%20')};\r\n filename*1*={TAIL.replace(' ', '%20')}.txt\r\n\r\nx"
    ),
    "mail with a file as of old": mail(
        "hello\r\n\r\nbegin 644 a.txt\r\n" + binascii.b2a_uu(SHOWN.encode()).decode().strip("\n") + "\r\n`\r\nend\r\n"
    ),
    "mail of many headers": b"".join(b"X-%d: v\r\n" % n for n in range(90))
    + mail(base64.b64encode(SHOWN.encode()).decode(), packing="base64"),
    "mail behind a mark": b"\xef\xbb\xbf" + mail(base64.b64encode(SHOWN.encode()).decode(), packing="base64"),
    "mail signed in one piece": mail(
        base64.encodebytes(
            signed(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(SHOWN.encode()))
        ).decode(),
        "application/pkcs7-mime; smime-type=signed-data",
        "base64",
    ),
    "winmail attachment": wrapped(b"", (b"A.DAT\0", SHOWN.encode())),
    "winmail attached docx": wrapped(b"", (b"A.DAT\0", docx(paragraph(HEAD, TAIL)))),
    "winmail text": wrapped(struct.pack("<I", 1) + prop(0x1000001F, (SHOWN + "\0").encode("utf-16-le"))),
    "winmail html": wrapped(struct.pack("<I", 1) + prop(0x10130102, f"<p><b>{HEAD}</b>{TAIL}".encode())),
    "winmail rtf": wrapped(struct.pack("<I", 1) + prop(0x10090102, PACKED_RTF)),
}  # fmt: skip


GROUPS = SHOWN.split()


def html(body):
    return f"<!doctype html><html><body>{body}</body></html>".encode()


def contact(line, kind="VCARD"):
    return f"BEGIN:{kind}\r\nVERSION:3.0\r\n{line}\r\nEND:{kind}\r\n".encode()


def database(*statements):
    made = sqlite3.connect(":memory:")
    for statement, values in statements:
        made.execute(statement, values)
    made.commit()
    return made.serialize()


MADE = ("CREATE TABLE t (a)", ())
PLACES |= {
    "html label for readers": html(f'<a aria-label="{SHOWN}">x</a>'),
    "html action": html(f"<a onclick=\"go('{SHOWN}')\">x</a>"),
    "html page in a page": html(f'<iframe srcdoc="&lt;p&gt;&lt;b&gt;{HEAD}&lt;/b&gt;{TAIL}"></iframe>'),
    "html element of its own": html(f'<x-card number="{SHOWN}"></x-card>'),
    "html lines as they are broken": html(f"<p>Your card {GROUPS[0]} {GROUPS[1]}\n{GROUPS[2]} {GROUPS[3]} was charged</p>"),
    "html line ends in tags": html(f"<p>{HEAD}<span\nclass='x'\n>{TAIL}</span></p>"),
    "html soft hyphen": html(f"<p>{HEAD}&shy;{TAIL}</p>"),
    "html space of no width": html(f"<p>{HEAD}&#8203;{TAIL}</p>"),
    "html references that do not end": html("<p>" + "".join(f"&#{ord(c)}" for c in SHOWN) + "</p>"),
    "html section of XML": html(f"<![CDATA[{SHOWN}]]>"),
    "html packed link": html(f'<a href="data:text/plain;base64,{base64.b64encode(SHOWN.encode()).decode()}">x</a>'),
    "html piece": f"<ul>\n<li>{HEAD}<b>{TAIL}</b></li></ul>".encode(),
    "json escaped": ('{"card": "' + "".join(f"\\u{ord(c):04x}" for c in SHOWN) + '"}').encode(),
    "text in UTF-32 without a mark": f"card {SHOWN}\n".encode("utf-32-le"),
    "text in UTF-32 of the other order": f"card {SHOWN}\n".encode("utf-32-be"),
    "text in Cyrillic UTF-16 without a mark": f"Номер карты клиента {SHOWN} спасибо\n".encode("utf-16-le"),
    "text in Chinese UTF-16 without a mark": f"这是我们公司客户的号码 {SHOWN} 谢谢您的合作与支持\n".encode("utf-16-be"),
    "text filled up with zeros": b"".join(one.ljust(64, b"\0") for one in (b"Ann Example", SHOWN.encode(), b"Bob")),
    "contact in base64": contact(f"NOTE;ENCODING=b:{base64.b64encode(SHOWN.encode()).decode()}"),
    "contact quoted": contact(f"NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:{HEAD}=\r\n{TAIL}"),
    "contact behind an escaped line end": contact(f"NOTE:see below\\n{SHOWN}\\nend"),
    "event in markup": contact(f"X-ALT-DESC;FMTTYPE=text/html:<p><b>{HEAD}</b>{TAIL}</p>", "VCALENDAR"),
    "sqlite document in a cell": database(MADE, ("INSERT INTO t VALUES (?)", (docx(paragraph(HEAD, TAIL)),))),
    "sqlite UTF-16 in a cell": database(MADE, ("INSERT INTO t VALUES (?)", (SHOWN.encode("utf-16-le"),))),
    "sqlite default": database((f"CREATE TABLE t (a DEFAULT '{SHOWN}')", ())),
    "odt object": opened_with(**{"Object 1": compound({"Package": xlsx(CELL)})}),
    "odt macro": opened_with(**{"Basic/Standard/M.xml": f"<?xml version='1.0'?><m>n = &quot;{SHOWN}&quot;</m>"}),
}  # fmt: skip


def pdf_with(page="", catalog="", *more):
    """Return a document of one page; further objects begin with the sixth."""
    drawn = "BT /F1 12 Tf 72 700 Td (page text) Tj ET"
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        "<</Type/Pages/Count 1/Kids[4 0 R]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R{page}>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        *more,
    ]
    out, at = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, 1):
        at.append(len(out))
        out += f"{number} 0 obj{item}endobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in at)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF".encode()


WIDE = "FEFF" + SHOWN.encode("utf-16-be").hex().upper()
XFA = f"<xfa:datasets><n>{SHOWN}</n></xfa:datasets>"
PACKED_XFA = zlib.compress(XFA.encode()).decode("latin-1")
PLACES |= {
    "pdf choice of a form": pdf_with("", "", f"<</FT/Ch/T(n)/Opt[(a)({SHOWN})]>>"),
    "pdf field above its parts": pdf_with(
        "/Annots[7 0 R]", "", f"<</FT/Tx/T(n)/V({SHOWN})/Kids[7 0 R]>>", "<</Type/Annot/Subtype/Widget/Parent 6 0 R/Rect[0 0 9 9]>>"
    ),
    "pdf field that no page shows": pdf_with("", "/AcroForm<</Fields[6 0 R]>>", f"<</FT/Tx/T(n)/V<{WIDE}>>>"),
    "pdf subject of a note": pdf_with(f"/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Subj({SHOWN})>>]"),
    "pdf script": pdf_with("", f'/OpenAction<</S/JavaScript/JS(app.alert\\("{SHOWN}"\\))>>'),
    "pdf form in XML": pdf_with("", "/AcroForm<</XFA 6 0 R>>", f"<</Length {len(XFA)}>>stream\n{XFA}\nendstream"),
    "pdf form in XML, packed": pdf_with(
        "", "/AcroForm<</XFA 6 0 R>>", f"<</Filter/FlateDecode/Length {len(PACKED_XFA)}>>stream\n{PACKED_XFA}\nendstream"
    ),
    "pdf text for a picture": pdf_with("", "/StructTreeRoot 6 0 R", f"<</Type/StructElem/S/Figure/Alt({SHOWN})>>"),
    "pdf layer": pdf_with("", "/OCProperties<</OCGs[6 0 R]>>", f"<</Type/OCG/Name({SHOWN})>>"),
    "pdf octal": pdf_with("", "", "<</N(" + "".join(f"\\{ord(c):03o}" for c in SHOWN) + ")>>"),
    "pdf file on a note": pdf_with(
        "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS<</F(a.txt)/EF<</F 6 0 R>>>>>>]",
        "",
        f"<</Type/EmbeddedFile/Length {len(SHOWN)}>>stream\n{SHOWN}\nendstream",
    ),
}  # fmt: skip


def record(kind, data=b""):
    return struct.pack("<HH", kind, len(data)) + data


def workbook(whole=b"", sheet=b"", **streams):
    """Return an old workbook with records of its own ([MS-XLS]): among those of the whole, and of its one sheet."""
    begin = struct.pack("<HHHHII", 0x600, 0, 0, 1997, 0, 0x600)
    head = record(0x809, begin[:2] + b"\5\0" + begin[4:])
    name = b"\1\0S"
    at = len(head) + 4 + 6 + len(name) + len(whole) + 4
    head += record(0x85, struct.pack("<IH", at, 0) + name) + whole + record(0x0A)
    body = head + record(0x809, begin[:2] + b"\x10\0" + begin[4:]) + sheet + record(0x0A)
    return compound({"Workbook": body.ljust(4096, b"\0"), **streams})


def wide(text):
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def narrow(text):
    return struct.pack("<HB", len(text), 0) + text.encode()


PLACES |= {
    "xls header": workbook(sheet=record(0x14, narrow(f"&C&12{SHOWN}"))),
    "xls footer": workbook(sheet=record(0x15, wide(SHOWN))),
    "xls comment or text box": workbook(sheet=record(0x1B6, bytes(18)) + record(0x3C, b"\0" + SHOWN.encode())),
    "xls choices": workbook(sheet=record(0x1BE, bytes(4) + wide(SHOWN) + bytes(8))),
    "xls name of a chart": workbook(sheet=record(0x100D, b"\0\0" + bytes((len(SHOWN), 0)) + SHOWN.encode())),
    "xls user": workbook(record(0x5C, narrow(SHOWN.ljust(109)))),
    "odt field of another program": opened("text", f'<field:param field:name="code" field:value="QUOTE &quot;{SHOWN}&quot;"/>'),
}  # fmt: skip


def old_tar():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo("a.docx")
        data = docx(paragraph(HEAD, TAIL))
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    raw = bytearray(out.getvalue())
    raw[257:265] = bytes(8)
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw[:512])
    return bytes(raw)


PLACES["tar without a mark"] = old_tar()
for _part, _xml in (
    ("word/numbering", f'<w:numbering><w:lvlText w:val="Nr {SHOWN} %1"/></w:numbering>'),
    ("word/styles", f'<w:styles><w:style><w:name w:val="{SHOWN}"/></w:style></w:styles>'),
    ("word/people", f'<w15:people><w15:person w15:author="{SHOWN}"/></w15:people>'),
    ("word/activeX/activeX1", f'<ax:ocx><ax:ocxPr ax:name="Caption" ax:value="{SHOWN}"/></ax:ocx>'),
    ("ppt/commentAuthors", f'<p:cmAuthorLst><p:cmAuthor name="{SHOWN}"/></p:cmAuthorLst>'),
    ("xl/persons/person", f'<personList><person displayName="{SHOWN}"/></personList>'),
):
    _main = {"word": "word/document.xml", "ppt": "ppt/slides/slide1.xml"}.get(_part.split("/")[0])
    _parts = {f"{_part}.xml": _xml}
    PLACES[f"{_part} beside"] = office({_main: "<p/>", **_parts}) if _main else xlsx("", **_parts)


@pytest.mark.parametrize("place", PLACES)
def test_a_number_is_found_at_its_place_once(place):
    result = look(PLACES[place])
    assert [(one.detector, one.count) for one in result.matches] == [("payment-card", 1)], result
    assert result.outcome == "done"


def test_a_packed_text_of_outlook_unpacks_as_the_specification_shows():
    """The two examples of [MS-OXRTFCP], section 4."""
    from casb_cli.scan.extract.base import Context, Limits
    from casb_cli.scan.extract.formats import extract
    from casb_cli.scan.extract.packed_rtf import unpacked_rtf

    context = Context(limits=Limits(), open=extract)
    simple = "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c09002062 7705b06c647d0a800fa0"
    crossing = "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"
    assert unpacked_rtf(bytes.fromhex(simple.replace(" ", "")), context) == (
        b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    )
    assert unpacked_rtf(bytes.fromhex(crossing), context) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_an_object_that_bursts_in_a_presentation_is_stopped_by_its_ratio():
    bomb = zlib.compress(bytes(40 << 20), 9)
    record = struct.pack("<HHI", 0x10, 0x1011, len(bomb) + 4) + bytes(4) + bomb
    result = look(compound({"PowerPoint Document": record, "Current User": bytes(64)}))
    assert result.reason == "expansion"


@pytest.mark.parametrize(("head", "name"), [(b"Rar!\x1a\x07\x01\0", "RAR"), (b"!BDN", "a store of Outlook (PST)")])
def test_what_is_often_met_and_not_read_is_named(head, name):
    result = look(head + bytes(range(32)) * 20)
    assert (result.outcome, result.reason, result.detail) == ("skipped", "unsupported", name)
