"""Workbooks: what their cells show, where, and what they cost; containers known by what stands at their top."""

from __future__ import annotations

import math
import struct
import time
import zipfile
from io import BytesIO

import pytest
from compound_file import compound, powerpoint, word
from test_extract_formats import KEY, NUMBER, SCANNER, SHOWN, look, packed, xlsx

from casb_cli.scan.detect.examples import card
from casb_cli.scan.extract import sheets, workbook
from casb_cli.scan.extract.base import Context, Limits, Source
from casb_cli.scan.extract.formats import extract
from casb_cli.scan.inspect import inspect_stream


def text_of(data: bytes) -> dict[str, str]:
    context = Context(limits=Limits(), open=extract, deadline=math.inf)
    found = {s.where: b"".join(s.blocks).decode() for s in extract(Source(BytesIO(data), "x", len(data)), context, "")}
    assert not context.notes
    return found


TEXT = "inlineStr"


def cell(place: str, value: object, kind: str = "") -> str:
    if kind == "inlineStr":
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
    return f'<c r="{place}"{f" t={kind!r}" if kind else ""}><v>{value}</v></c>'


def test_cells_show_what_a_reader_sees():
    rows = (
        f'<row r="2">{cell("B2", "id", TEXT)}{cell("C2", "amount", TEXT)}{cell("D2", "x", TEXT)}</row>'
        f'<row r="3">{cell("B3", 7)}{cell("C3", "12.50")}{cell("D3", "a&#9;b&#10;c", "inlineStr")}</row>'
        f'<row r="5">{cell("B5", 4539148803436467)}{cell("C5", "1E+17")}{cell("D5", 1, "b")}</row>'
        f'<row r="6">{cell("B6", "1.5E-7")}{cell("C6", "10.0", "inlineStr")}</row>'
    )
    assert text_of(xlsx(rows))["Pay"] == (
        "\n\tid\tamount\tx\n\t7\t12.5\ta b c\n\t\t\t\n\t4539148803436467\t100000000000000000\tTrue\n\t1.5e-07\t10.0\t\n"
    )


@pytest.mark.parametrize("in_file", [False, True])
def test_a_cell_far_down_has_its_address(monkeypatch, in_file):
    if in_file:
        monkeypatch.setattr(workbook, "_LARGE", 0)
    filler = "".join(f'<row r="{n}">{cell(f"A{n}", n)}</row>' for n in range(1, 20_000))
    result = look(xlsx(f'{filler}<row r="30001">{cell("AB30001", NUMBER)}</row>'))
    assert [m.place for m in result.matches] == ["Pay!AB30001"]
    assert result.outcome == "done"


@pytest.mark.parametrize(
    "rows",
    [
        cell("A1", 1) + f'</row><row r="1048576">{cell("XFD1048576", NUMBER)}',
        cell("A1", 1) + f'</row><row r="999999999"><c><v>{NUMBER}</v></c>',
        cell("A1", 1) + cell("A4294967295", NUMBER),
        cell("ZZZZ1", 1) + f'</row><row r="90000">{cell("A90000", NUMBER)}',
    ],
)
def test_cells_far_apart_are_read_without_a_table_of_all_between(rows):
    begun = time.process_time()
    result = look(xlsx(f'<row r="1">{rows}</row>'))
    assert [m.place for m in result.matches] == ["xl/worksheets/sheet2.xml"]
    assert time.process_time() - begun < 60


def test_an_empty_row_far_down_costs_no_addresses():
    result = look(xlsx(f'<row r="1">{cell("A1", 1)}</row><row r="2">{cell("XFD2", NUMBER)}</row><row r="1048576"/>'))
    assert [m.place for m in result.matches] == ["Pay!XFD2"]


def test_a_broken_sheet_costs_itself_only():
    data = xlsx(
        f'<row r="1">{cell("A1", NUMBER)}</row>',
        **{
            "xl/worksheets/sheet1.xml": "<worksheet><sheetData><row><c t='s'><v>9</v></c></row></sheetData></worksheet>"
        },
    )
    result = look(data)
    assert [m.place for m in result.matches] == ["Pay!A1"]
    assert [(n.place, n.reason) for n in result.notes] == [("Open", "corrupted")]


def test_what_stands_behind_the_cells_is_text():
    first, second = card("4716", 16, 3), card("5212", 16, 2)
    data = xlsx(
        f'<row r="1">{cell("A1", 1)}</row></sheetData><dataValidation prompt="use {first}"/>'
        f"<headerFooter><oddHeader>&amp;L{second}</oddHeader></headerFooter><sheetData>"
    )
    result = look(data)
    assert {m.place for m in result.matches} == {"sheet2 aside"}
    assert len(result.matches) == 2


def test_a_workbook_that_says_to_be_smaller_than_it_is_ends_at_the_limit():
    row = f'<row r="1">{cell("A1", "x y " * (1 << 20), "inlineStr")}</row>'
    data = bytearray(xlsx(row * 3))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.rindex(
            b"xl/worksheets/sheet2.xml" if at == 24 else b"PK\x03\x04", 0, data.rindex(b"PK\x01\x02") + 99
        )
        place = data.rindex(mark, 0, place + 4)
        struct.pack_into("<I", data, place + at, 100)
    result = look(bytes(data), expansion=4 << 20)
    assert result.reason in ("expansion", "corrupted")
    assert result.text <= 4 << 20


def test_pivot_caches_and_linked_workbooks_are_text():
    first, second = card("4716", 16, 3), card("5212", 16, 2)
    result = look(
        xlsx(
            "",
            **{
                "xl/pivotCache/pivotCacheRecords1.xml": f'<records><r><s v="{first}"/></r></records>',
                "xl/externalLinks/externalLink1.xml": f"<externalLink><cell><v>{second}</v></cell></externalLink>",
            },
        )
    )
    assert {m.place for m in result.matches} == {"pivotCache", "externalLinks"}
    assert result.totals == {"payment-card": 2}


def test_containers_are_known_wherever_their_directory_lies():
    large = word("filling " * 300_000, f"Card {SHOWN}\r")
    assert len(large) > 2 << 20
    result = look(large)
    assert (result.kind, result.totals) == ("doc", {"payment-card": 1})
    inside = look(packed(**{"old.bin": large}))
    assert inside.totals == {"payment-card": 1}
    assert look(compound({"WORKBOOK": b"x" * 5000})).kind == "xls"


def test_what_is_embedded_does_not_name_its_container():
    data = compound({"Workbook": b"x" * 5000, "MBD0001/WordDocument": b"x" * 5000})
    assert look(data).kind == "xls"


def test_locked_documents_say_so():
    manifest = '<m:file-entry m:full-path="content.xml"><m:encryption-data m:checksum="x"/></m:file-entry>'
    opendocument = packed(
        mimetype="application/vnd.oasis.opendocument.text",
        **{"content.xml": bytes(range(256)) * 9, "META-INF/manifest.xml": f"<m:manifest>{manifest}</m:manifest>"},
    )
    slides = powerpoint("x")
    user = struct.pack("<HHIII", 0, 0x0FF6, 20, 20, 0xF3D1C4DF) + bytes(8)
    locked_slides = compound({"PowerPoint Document": b"x" * 5000, "Current User": user})
    rights = compound({"\tDRMContent": b"x" * 5000})
    assert look(slides).outcome == "done"
    for data in (opendocument, locked_slides, rights):
        assert (look(data).outcome, look(data).reason) == ("skipped", "encrypted")


def test_memory_of_a_table_is_that_of_its_pieces():
    rows = "".join(
        f'<row r="{n}">{cell(f"A{n}", n)}{cell(f"B{n}", "text", "inlineStr")}</row>' for n in range(1, 9_000)
    )
    source = Source(BytesIO(xlsx(rows)), "x", 1)
    context = Context(limits=Limits(), open=extract, deadline=math.inf)
    (_, pay) = list(sheets.sheets(source, context, ""))[:2]
    assert len(list(pay.blocks)) > 2


def test_the_same_cells_in_any_packing_are_the_same_matches():
    data = xlsx(f'<row r="1">{cell("A1", NUMBER)}</row>')
    stored = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    results = [inspect_stream(one, name="x", scanner=SCANNER, key=KEY) for one in (data, stored.getvalue())]
    assert [[(m.place, m.fingerprint) for m in r.matches] for r in results] == [
        [("Pay!A1", results[0].matches[0].fingerprint)]
    ] * 2


def test_wide_strings_beside_a_code_page_are_read_as_such():
    """As Perl's and PHP's old writers leave them: [MS-XLS] says that strings tell their width themselves."""

    def record(kind, data=b""):
        return struct.pack("<HH", kind, len(data)) + data

    text = f"Nr {SHOWN}".encode("utf-16-le")
    strings = struct.pack("<IIHB", 1, 1, len(text) // 2, 1) + text
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += (
        record(0x200, struct.pack("<IIHHH", 0, 3, 0, 2, 0))
        + record(0xFD, struct.pack("<HHHI", 2, 1, 0, 0))
        + record(10)
    )
    head = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + record(0x42, struct.pack("<H", 1252))
    place = len(head) + 4 + 8 + 4 + 4 + len(strings) + 4
    book = head + record(0x85, struct.pack("<IBBBB", place, 0, 0, 4, 0) + b"Data") + record(0xFC, strings) + record(10)
    book += (b"" if len(book) == place else b"\0" * (place - len(book))) + sheet
    (match,) = look(compound({"Workbook": book})).matches
    assert match.place == "Data!B3"


@pytest.mark.parametrize("part", ["workbook", "styles", "worksheets/sheet1"])
def test_texts_among_the_records_of_a_binary_workbook_are_read(part):
    records = b"\x27\x30" + b"\x13\0\0\0" + f"{SHOWN}".encode("utf-16-le") + b"\0\0\x01\x02"
    found = look(packed(**{"[Content_Types].xml": "<t/>", f"xl/{part}.bin": records})).matches
    assert [(match.place, match.count) for match in found] == [("beside", 1)]
