"""What stands in documents beside their text: macros, how data is fetched; and what a fault there leaves."""

from __future__ import annotations

import struct

import pytest
from compound_file import compound, word
from test_extract_formats import SHOWN, docx, look, office, packed, paragraph, xlsx
from test_extract_hostile_more import BOF, biff
from test_extract_workbook import cell

from casb_cli.scan.detect.examples import card

SOURCE = f'Attribute VB_Name = "Module1"\r\nSub Pay()\r\n  number = "{SHOWN}"\r\nEnd Sub\r\n'


def module(text: str, tokens: bytes = b"") -> bytes:
    """Return a module of a macro project, packed as letters only ([MS-OVBA] 2.4.1), behind what the editor keeps."""
    data = text.encode("cp1252")
    data += b" " * (-len(data) % 8)  # what follows stands at a flag of its own
    chunk = b"".join(b"\0" + data[at : at + 8] for at in range(0, len(data), 8)) + tokens
    return b"\x01\x16\3\0" + bytes(60) + b"\1" + struct.pack("<H", 0xB000 | (len(chunk) - 1)) + chunk


def project(text: str = SOURCE, tokens: bytes = b"") -> bytes:
    return compound({"VBA/Module1": module(text, tokens), "VBA/dir": b"x" * 100, "PROJECT": b"ID=1"})


DOC_STREAMS = {"VBA/Module1": module(SOURCE)}


@pytest.mark.parametrize(
    ("data", "kind", "place"),
    [
        (project(), "vba", "macro Module1, line 3, column 13"),
        (
            office({"word/document.xml": "<w/>", "word/vbaProject.bin": project()}),
            "docx",
            "word/vbaProject.bin!macro Module1, line 3, column 13",
        ),
        (xlsx("", **{"xl/vbaProject.bin": project()}), "xlsx", "xl/vbaProject.bin!macro Module1, line 3, column 13"),
        (packed(**{"a.bin": project()}), "zip", "a.bin!macro Module1, line 3, column 13"),
    ],
)
def test_the_source_of_macros_is_text(data, kind, place):
    result = look(data)
    assert [m.place for m in result.matches] == [place]
    assert (result.kind, result.outcome) == (kind, "done"), result


def test_macros_of_old_documents_are_text():
    old_sheet = (BOF, (0x000A, b""))
    stream = b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in old_sheet).ljust(4096, b"\0")
    result = look(compound({"Workbook": stream, **DOC_STREAMS}))
    assert ([m.place for m in result.matches], result.kind) == (["macro Module1, line 3, column 13"], "xls")
    assert look(biff(*old_sheet)).outcome == "done"
    assert look(word("x")).outcome == "done"


def test_copies_in_a_packed_macro_are_resolved():
    number = card("4539")
    text = f'Attribute VB_Name = "M"\r\n{number[:8]} {number[8:12]}'
    text += " " * (-len(text) % 8)
    back = len(text) - text.index(number[:8])
    bits = max((len(text) - 1).bit_length(), 4)
    token = (back - 1) << (16 - bits) | (8 - 3)
    result = look(project(text, b"\1" + struct.pack("<H", token)))
    assert result.outcome == "done"
    assert result.text == len(text) + 8


def test_a_torn_macro_costs_itself_only():
    torn = module(SOURCE, b"\1\xff\xff")
    result = look(compound({"VBA/Bad": torn, "VBA/Good": module(SOURCE)}))
    assert [(n.place, n.reason) for n in result.notes] == [("macro Bad", "corrupted")]
    assert [m.place for m in result.matches] == ["macro Good, line 3, column 13"]


def test_how_a_workbook_fetches_its_data_is_text():
    number = card("4539")
    text = f'<connections><connection id="1"><dbPr connection="Provider=X;Card={number}"/></connection></connections>'
    assert [m.place for m in look(xlsx("", **{"xl/connections.xml": text})).matches] == ["connections"]


def test_a_fault_among_the_cells_leaves_what_stands_beside_them():
    data = office({"xl/workbook.xml": "<oops", "xl/comments1.xml": f"<comments><t>{SHOWN}</t></comments>"})
    result = look(data)
    assert [m.place for m in result.matches] == ["comments1"]
    assert (result.outcome, result.reason) == ("partial", "corrupted")
    large = xlsx(
        f'<row r="1">{cell("A1", "x " * (2 << 20), "inlineStr")}</row>',
        **{"xl/comments1.xml": f"<c><t>{SHOWN}</t></c>"},
    )
    result = look(large, ratio_floor=1 << 20)
    assert ([m.place for m in result.matches], result.reason) == (["comments1"], "expansion")


def test_documents_without_macros_say_nothing_of_them():
    assert look(docx(paragraph("text"))).outcome == "done"


@pytest.mark.parametrize("broken", ["word/_rels/document.xml.rels", "word/embeddings/a.bin"])
def test_a_torn_part_of_a_document_costs_itself_only(broken):
    parts = {"word/_rels/document.xml.rels": "<R/>", "word/embeddings/a.bin": "text", "word/embeddings/b.bin": SHOWN}
    data = bytearray(office({"word/document.xml": "<w/>", **parts}))
    at = data.index(broken.encode()) - 30
    assert data[at : at + 4] == b"PK\x03\x04"
    data[at] ^= 1
    result = look(bytes(data))
    assert [(n.place, n.reason) for n in result.notes] == [(broken, "corrupted")]
    assert [m.place for m in result.matches] == ["word/embeddings/b.bin, line 1, column 1"]
