"""Real documents out of lines of text, written with the standard library alone; the same bytes every time."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from html import escape
from xml.sax.saxutils import escape as xml

MIME = {
    "txt": "text/plain",
    "source": "text/x-python",
    "env": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pdf": "application/pdf",
    "eml": "message/rfc822",
    "zip": "application/zip",
}
EXTENSION = {kind: {"source": "py"}.get(kind, kind) for kind in MIME}
MULTILINE = frozenset({"txt", "source", "env", "eml", "zip", "docx", "html"})
"""Kinds in which lines that belong together, such as a PEM block, stay lines."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_REL = f"{_OFFICE}/officeDocument/2006/relationships"
_PKG = f"{_OFFICE}/package/2006"


def _pack(members: Sequence[tuple[str, str | bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))  # a fixed time: the same bytes every time
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
    return out.getvalue()


def _package(types: Sequence[tuple[str, str]], main: str, parts: Sequence[tuple[str, str]]) -> bytes:
    overrides = "".join(f'<Override PartName="/{p}" ContentType="{t}"/>' for p, t in types)
    content = (
        f'{_XML}<Types xmlns="{_PKG}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    return _pack(
        [
            ("[Content_Types].xml", content),
            ("_rels/.rels", _relations([("rId1", "officeDocument", main)])),
            *((name, _XML + body) for name, body in parts),
        ]
    )


def _relations(items: Sequence[tuple[str, str, str]]) -> str:
    rows = "".join(f'<Relationship Id="{i}" Type="{_REL}/{t}" Target="{g}"/>' for i, t, g in items)
    return f'{_XML}<Relationships xmlns="{_PKG}/relationships">{rows}</Relationships>'


def docx(lines: Sequence[str]) -> bytes:
    """Return a Word document: one paragraph a line."""
    ns = f"{_OFFICE}/wordprocessingml/2006/main"
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{xml(line)}</w:t></w:r></w:p>' for line in lines)
    kind = MIME["docx"] + ".main+xml"
    document = f'<w:document xmlns:w="{ns}"><w:body>{body}<w:sectPr/></w:body></w:document>'
    return _package([("word/document.xml", kind)], "word/document.xml", [("word/document.xml", document)])


def xlsx(lines: Sequence[str]) -> bytes:
    """Return a workbook with one sheet, `Sheet1`: a row a line, its number in column A, the text in column B."""
    ns = f"{_OFFICE}/spreadsheetml/2006/main"
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" t="inlineStr"><is><t>{xml(line)}</t></is></c></row>'
        for n, line in enumerate(lines, 1)
    )
    book = (
        f'<workbook xmlns="{ns}" xmlns:r="{_REL}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>"
    )
    base = MIME["xlsx"]
    return _package(
        [
            ("xl/workbook.xml", base + ".main+xml"),
            ("xl/worksheets/sheet1.xml", base.replace(".sheet", ".worksheet") + "+xml"),
        ],
        "xl/workbook.xml",
        [
            ("xl/workbook.xml", book),
            (
                "xl/_rels/workbook.xml.rels",
                _relations([("rId1", "worksheet", "worksheets/sheet1.xml")]).removeprefix(_XML),
            ),
            (
                "xl/worksheets/sheet1.xml",
                f'<worksheet xmlns="{ns}"><sheetData>{rows}</sheetData></worksheet>',
            ),
        ],
    )


SLIDE_LINES = 10
PAGE_LINES = 40


def pptx(lines: Sequence[str]) -> bytes:
    """Return a presentation: ten lines a slide, each a paragraph."""
    p_ns, a_ns = f"{_OFFICE}/presentationml/2006/main", f"{_OFFICE}/drawingml/2006/main"
    slides = [lines[i : i + SLIDE_LINES] for i in range(0, max(len(lines), 1), SLIDE_LINES)]
    base = "application/vnd.openxmlformats-officedocument.presentationml."
    types = [("ppt/presentation.xml", base + "presentation.main+xml")]
    parts, relations, ids = [], [], []
    for n, slide in enumerate(slides, 1):
        text = "".join(f"<a:p><a:r><a:t>{xml(line)}</a:t></a:r></a:p>" for line in slide)
        shape = (
            f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="Text {n}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
            f"<p:txBody><a:bodyPr/>{text}</p:txBody></p:sp>"
        )
        tree = (
            '<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>'
            f"<p:grpSpPr/>{shape}</p:spTree></p:cSld>"
        )
        name = f"ppt/slides/slide{n}.xml"
        parts.append((name, f'<p:sld xmlns:p="{p_ns}" xmlns:a="{a_ns}" xmlns:r="{_REL}">{tree}</p:sld>'))
        types.append((name, base + "slide+xml"))
        relations.append((f"rId{n}", "slide", f"slides/slide{n}.xml"))
        ids.append(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>')
    deck = f'<p:presentation xmlns:p="{p_ns}" xmlns:r="{_REL}"><p:sldIdLst>{"".join(ids)}</p:sldIdLst></p:presentation>'
    rels = _relations(relations).removeprefix(_XML)
    return _package(
        types,
        "ppt/presentation.xml",
        [("ppt/presentation.xml", deck), ("ppt/_rels/presentation.xml.rels", rels), *parts],
    )


def pdf(lines: Sequence[str]) -> bytes:
    """Return a PDF of forty lines a page in Courier, uncompressed; characters outside Latin-1 become `?`."""
    pages = [lines[i : i + PAGE_LINES] for i in range(0, max(len(lines), 1), PAGE_LINES)]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for n, page in enumerate(pages):
        escaped = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in page)
        shown = "".join(f"({line}) Tj T*\n" for line in escaped).encode("latin-1", "replace")
        stream = b"BT /F1 9 Tf 12 TL 40 800 Td\n" + shown + b"ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * n} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream")
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for n, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{n} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def eml(lines: Sequence[str]) -> bytes:
    """Return a message: the even lines in its body, everything in the attachment `notes.txt` (base64)."""
    import base64

    attached = base64.encodebytes("\n".join(lines).encode()).decode().replace("\n", "\r\n")
    head = (
        "From: Desk <desk@larkspur.example>\r\nTo: Archive <archive@larkspur.example>\r\nSubject: notes\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@larkspur.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="=-part"\r\n\r\n'
    )
    body = '--=-part\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\nSee the attached notes.\r\n'
    part = (
        '--=-part\r\nContent-Type: text/plain; charset="utf-8"; name="notes.txt"\r\n'
        'Content-Disposition: attachment; filename="notes.txt"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return f"{head}{body}{part}{attached}--=-part--\r\n".encode()


def zipped(lines: Sequence[str]) -> bytes:
    """Return an archive of a short `readme.txt` and everything in `inner/notes.txt`."""
    return _pack([("readme.txt", "see inner/notes.txt\n"), ("inner/notes.txt", "\n".join(lines) + "\n")])


def render(kind: str, lines: Sequence[str]) -> bytes:
    """Return a document of `kind` (a key of `MIME`) that holds `lines`."""
    match kind:
        case "docx":
            return docx(lines)
        case "xlsx":
            return xlsx(lines)
        case "pptx":
            return pptx(lines)
        case "pdf":
            return pdf(lines)
        case "eml":
            return eml(lines)
        case "zip":
            return zipped(lines)
        case "csv":
            rows = ('{},"{}"'.format(n, line.replace('"', '""')) for n, line in enumerate(lines, 1))
            return ("\n".join(rows) + "\n").encode()
        case "json":
            return (json.dumps({"notes": list(lines)}, indent=1, ensure_ascii=False) + "\n").encode()
        case "html":
            rows = (f"<p>{escape(line)}</p>" for line in lines)
            return ("<!doctype html><html><body>\n" + "\n".join(rows) + "\n</body></html>\n").encode()
        case _:
            return ("\n".join(lines) + "\n").encode()


def place(kind: str, line: int) -> str:
    """Return where line number `line` (from 1) lies in a document of `kind`, in its own terms."""
    match kind:
        case "docx":
            return f"paragraph {line}"
        case "xlsx":
            return f"sheet Sheet1 row {line}"
        case "pptx":
            return f"slide {(line - 1) // SLIDE_LINES + 1}"
        case "pdf":
            return f"page {(line - 1) // PAGE_LINES + 1}"
        case "eml":
            return f"attachment notes.txt line {line}"
        case "zip":
            return f"inner/notes.txt line {line}"
        case "json":
            return f"line {line + 2}"
        case "html":
            return f"line {line + 1}"
        case _:
            return f"line {line}"
