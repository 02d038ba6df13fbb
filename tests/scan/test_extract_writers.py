"""What documents of many programs showed: older forms, and faults at one place that must cost no other."""

from __future__ import annotations

import base64
import gzip
import struct
import time
import zlib

import pytest
from compound_file import compound, outlook, powerpoint
from seven_file import seven
from test_extract_formats import NUMBER, SHOWN, docx, look, office, packed, pdf, xlsx
from test_extract_kinds import ar, cpio
from test_extract_places import pdf_with
from test_extract_workbook import cell

from casb_cli.scan.extract.binary_sheet import Extent, lengthened
from casb_cli.scan.extract.properties import property_texts

ROW = f'<row r="1">{cell("A1", SHOWN)}</row>'


def found(data: bytes) -> tuple[list[str], str | None]:
    result = look(data)
    return [m.place for m in result.matches], result.reason


def test_the_names_of_properties_are_no_properties():
    names = "__nameid_version1.0/__substg1.0_10090102"  # a bucket of names: eight bytes, numbered as a packed text is
    message = outlook("Hello", {"a.txt": SHOWN.encode()}, **{names: bytes(8)})
    assert found(message) == (["a.txt, line 1, column 1"], None)


def test_a_torn_property_of_a_message_costs_no_other():
    message = outlook("Hello", {"a.txt": SHOWN.encode()}, **{"__substg1.0_10090102": b"none of it"})
    assert found(message) == (["a.txt, line 1, column 1"], "corrupted")


def record(kind: int, data: bytes, version: int = 0) -> bytes:
    return struct.pack("<HHI", version, kind, len(data)) + data


SLIDE = record(0x03EE, record(0x0FA0, SHOWN.encode("utf-16-le")), 0x0F)


@pytest.mark.parametrize(
    "before",
    [
        bytes(1003),  # filling: the document was saved once more behind it
        record(0x0428, b"PK\3\4" + b"\xff" * 60, 0x0F),  # a package that is said to be a container
        record(0x03E8, record(0x1388, struct.pack("<HHI", 0, 0x1772, 1 << 30), 0x0F), 0x0F),  # an atom that is too long
    ],
)
def test_what_stands_before_a_slide_does_not_hide_it(before):
    assert len(found(compound({"PowerPoint Document": before + SLIDE}))[0]) == 1
    assert found(powerpoint("x"))[1] is None


def old_word(text: bytes, language: int, flags: int = 0, pieces: int = 0) -> bytes:
    main = bytearray(768) + text
    struct.pack_into("<HH2xHxxH", main, 0, 0xA5DC, 101, language, flags)
    struct.pack_into("<II", main, 0x18, 768, 768 + len(text))
    if pieces:
        half = len(text) // 2
        table = struct.pack("<IIIHIHHIH", 0, half, len(text), 0, 768, 0, 0, 768 + half, 0)
        struct.pack_into("<II", main, 0x160, len(main), len(table) + 5)
        main += b"\2" + struct.pack("<I", len(table)) + table
    return compound({"WordDocument": bytes(main).ljust(4096, b"\0")})


@pytest.mark.parametrize(("flags", "pieces"), [(0, 0), (4, 1)])
def test_documents_of_word_6_are_read_in_the_letters_of_their_language(flags, pieces):
    document = old_word(f"Карта {SHOWN}\r".encode("cp1251"), 0x0419, flags, pieces)
    assert found(document)[1] is None
    assert len(found(document)[0]) == 1
    assert look(document).text == len(f"Карта {SHOWN}\n".encode())


def test_a_locked_document_of_word_6_is_told():
    assert found(old_word(b"x" * 50, 0x0409, 0x0100)) == ([], "encrypted")


def test_the_plain_strings_of_unknown_programs_documents_are_looked_at():
    document = compound({"Quill/Text": f"card number {SHOWN}".encode("utf-16-le"), "VBA/_VBA": b"x" * 10})
    result = look(document)
    assert (result.kind, result.outcome, result.reason) == ("ole", "partial", "unsupported")
    assert len(result.matches) == 1


def test_a_packed_file_of_nothing_in_an_archive_is_no_fault():
    assert found(packed(**{"a.gz": gzip.compress(b""), "b.txt": SHOWN})) == (["b.txt, line 1, column 1"], None)


def test_a_sheet_of_macros_is_read_by_cell():
    kinds = (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet",
        "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet",
    )
    book = xlsx(ROW)
    assert found(book) == (["Pay!A1"], None)
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{kinds[0]}" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{kinds[1]}" Target="worksheets/sheet2.xml"/></Relationships>'
    )
    assert found(xlsx(ROW, **{"xl/_rels/workbook.xml.rels": relations})) == (["Pay!A1"], None)


def test_a_workbook_that_its_reader_refuses_is_read_without_addresses():
    places, reason = found(xlsx(ROW, **{"xl/_rels/workbook.xml.rels": "<Relationships/>"}))
    assert (places, reason) == (["xl/worksheets/sheet2.xml"], "corrupted")


@pytest.mark.parametrize("filter_", ["", "/Filter/FlateDecode"])
@pytest.mark.parametrize("kind", ["", "/Type/EmbeddedFile"])
def test_a_file_told_by_its_unicode_name_alone_is_read(filter_, kind):
    data = zlib.compress(SHOWN.encode()) if filter_ else SHOWN.encode()
    body = data.decode("latin-1")
    document = pdf_with(
        "",
        "/Names<</EmbeddedFiles<</Names[(a) 6 0 R]>>>>",
        "<</Type/Filespec/UF(a.txt)/EF<</F 7 0 R>>>>",
        f"<<{kind}{filter_}/Length {len(data)}>>stream\n{body}\nendstream",
    )
    assert found(document)[0] == ["file 1, line 1, column 1"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_binary_form_of_cpio_is_read(order):
    text = f"{SHOWN}\n".encode()
    name = b"a.txt\0"
    head = struct.pack(f"{order}13H", 0o070707, 1, 2, 0o100644, 0, 0, 1, 0, 0, 0, len(name), 0, len(text))
    last = struct.pack(f"{order}13H", 0o070707, 0, 0, 0, 0, 0, 1, 0, 0, 0, 11, 0, 0) + b"TRAILER!!!\0\0"
    whole = head + name + text + b"\0" * (len(text) % 2) + last
    assert found(whole) == (["a.txt, line 1, column 1"], None)
    assert found(head + name + text[:-4])[1] == "corrupted"


@pytest.mark.parametrize("kind", ["ar", "cpio", "7z"])
def test_a_pdf_is_read_in_archives_whose_members_lie_unpacked(kind):
    document = pdf(f"number {SHOWN}")
    makers = {
        "ar": lambda: ar((b"a", document)),
        "cpio": lambda: cpio(b"a", document),
        "7z": lambda: seven({"a": document}, ("copy",)),
    }
    assert found(makers[kind]()) == (["a!page 1"], None)


def property_stream(*sections: dict[int, bytes]) -> bytes:
    """Return a stream of properties by number, each its kind and value ([MS-OLEPS] 2.21)."""
    head, body = struct.pack("<HHI16xI", 0xFFFE, 0, 2, len(sections)), b""
    start = len(head) + 20 * len(sections)
    for section in sections:
        places, values, at = b"", b"", 8 + 8 * len(section)
        for number, value in section.items():
            places += struct.pack("<II", number, at + len(values))
            values += value + b"\0" * (-len(value) % 4)
        head += struct.pack("<16xI", start + len(body))
        body += struct.pack("<II", at + len(values), len(section)) + places + values
    return head + body


def narrow(text: bytes, kind: int = 0x1E) -> bytes:
    return struct.pack("<II", kind, len(text) + 1) + text + b"\0"


PAGE = struct.pack("<IH", 2, 1251)
NAMES = struct.pack("<III", 1, 2, 8) + b"account\0"


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ([{1: PAGE, 2: narrow(f"Карта {SHOWN}".encode("cp1251"))}], f"Карта {SHOWN}"),
        ([{1: struct.pack("<IH", 2, 10000), 2: narrow(f"é {SHOWN}".encode("mac-roman"))}], f"é {SHOWN}"),
        ([{1: PAGE, 2: struct.pack("<III", 0x41, 80, 1) + SHOWN.encode("utf-16-le") + bytes(38)}], SHOWN),
        ([{1: struct.pack("<IH", 2, 9999), 2: narrow(SHOWN.encode())}], SHOWN),
        ([{1: PAGE}, {0: NAMES, 1: PAGE, 2: narrow(SHOWN.encode())}], f"account\n{SHOWN}"),
        ([{1: PAGE}, {0: NAMES, 1: PAGE, 2: struct.pack("<Id", 5, int(NUMBER))}], f"account\n{NUMBER}"),
        ([{1: PAGE, 2: struct.pack("<II", 0x101E, 1) + narrow(SHOWN.encode())[4:]}], SHOWN),
        ([{1: PAGE, 2: struct.pack("<II", 0x100C, 1) + narrow(SHOWN.encode())}], SHOWN),
    ],
)
def test_properties_are_read_of_any_kind_that_holds_a_value(sections, told):
    result = look(compound({"Contents1": b"x" * 9, "\x05DocumentSummaryInformation": property_stream(*sections)}))
    assert [m.place for m in result.matches] == ["properties"]
    assert list(property_texts(property_stream(*sections))) == told.split("\n")


@pytest.mark.parametrize("kind", [0x101E, 0x100C, 0x1003, 0x101F])
def test_no_number_of_properties_makes_the_reading_long(kind):
    one = struct.pack("<II", kind, 0xFFFFFFF0) + bytes(200_000)
    stream = property_stream({number: one if number == 2 else b"" for number in range(2, 30_000)})
    begun = time.process_time()
    result = look(compound({"Contents1": b"x" * 9, "\x05SummaryInformation": stream}))
    assert result.reason == "unsupported"
    assert time.process_time() - begun < 60


def test_a_property_list_whose_count_passes_its_end_is_told():
    torn = b"bplist00\xaf\x13" + b"\xff" * 8 + b"\x08" + bytes(6) + b"\1\1" + struct.pack(">QQQ", 1, 0, 18)
    assert found(torn) == ([], "corrupted")


@pytest.mark.parametrize(
    ("cells", "extent"),
    [
        (b"\0\x08" + struct.pack("<II", 9, 0) + b"\7\x0c" + struct.pack("<III", 4, 0, 1), (10, 5)),
        (b"\0\x08" + struct.pack("<II", 1 << 19, 0), (1 + (1 << 19), 1)),
        (b"\0\x08" + struct.pack("<II", 0, 0) + b"\5\0", (1 << 20, 1 << 20)),  # a cell without a place
    ],
)
def test_cells_of_a_binary_sheet_that_lie_far_out_are_known_before_they_are_read(cells, extent):
    seen = Extent()
    assert b"".join(lengthened(iter([cells]), seen)) == cells
    assert (seen.rows, seen.columns) == extent


def test_a_binary_workbook_with_a_cell_far_out_is_read_without_addresses():
    far = b"\0\x08" + struct.pack("<II", (1 << 20) - 1, 0) + b"\7\x0c" + struct.pack("<III", 16_383, 0, 0)
    strings = b"\x13" + struct.pack("<BBI", 5 + 2 * len(SHOWN), 0, len(SHOWN)) + SHOWN.encode("utf-16-le")
    book = office({"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": far, "xl/sharedStrings.bin": strings})
    assert found(book) == (["xl/sharedStrings.bin"], "too-large")


def test_a_member_named_otherwise_in_front_of_its_bytes_is_read():
    archive = packed(**{"näme.txt": SHOWN})
    flags = archive.index(b"PK\1\2") + 8
    directory_in_utf8 = archive[:6] + b"\0\0" + archive[8:]
    assert found(directory_in_utf8)[1] is None
    named_otherwise = directory_in_utf8[:30] + b"n\x84\x84me.txt"[: len("näme.txt".encode())] + directory_in_utf8[39:]
    assert found(named_otherwise) == (["näme.txt, line 1, column 1"], None)
    assert archive[flags : flags + 2] == b"\0\x08"


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n',
        b"",
    ],
)
def test_a_part_of_a_mail_that_was_kept_alone_is_decoded(head):
    body = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(SHOWN.encode()) + b"\n"
    assert len(found(head + body + (b"--b--\n" if head else b""))[0]) == 1


def test_a_workbook_without_a_directory_is_told_before_its_reader_looks_for_one():
    book = bytearray(compound({"Workbook": b"x" * 5000}))
    struct.pack_into("<I", book, 48, len(book) // 512 - 1)  # where the directory begins: in the last sector, and cut
    result = look(bytes(book[:-40]))
    assert (result.kind, result.outcome, result.reason) == ("xls", "skipped", "corrupted")


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("words", ["Здравствуйте, номер карты", "拝啓、カード番号", "رقم البطاقة"])
def test_wide_text_of_any_script_is_read_without_a_mark(encoding, words):
    assert found(f"{words} {SHOWN} \n{words}\n".encode(encoding))[1] is None
    assert len(found(f"{words} {SHOWN} \n{words}\n".encode(encoding))[0]) == 1


def test_numbers_of_four_bytes_are_no_text():
    numbers = struct.pack("<400I", *(7 * n * n % 60_000 for n in range(400)))
    assert found(numbers)[1] == "unsupported"


SPACED = '<headerFooter><oddHeader xml:space="preserve">&amp;L&amp;K000000{}</oddHeader></headerFooter>'


@pytest.mark.parametrize(
    ("part", "xml", "place"),
    [
        ("xl/worksheets/sheet1.xml", f"<worksheet><sheetData/>{SPACED.format(SHOWN)}</worksheet>", "sheet1 aside"),
        (
            "xl/pivotCache/pivotCacheDefinition1.xml",
            f'<pivotCacheDefinition><cacheField name="{SHOWN}" numFmtId="0"/></pivotCacheDefinition>',
            "pivotCache",
        ),
    ],
)
def test_what_stands_beside_cells_is_read_with_any_attribute(part, xml, place):
    assert found(xlsx("", **{part: xml})) == ([place], None)


PLAIN = f"<![CDATA[a<b & {SHOWN}]]>"
WORD_2003 = "http://schemas.microsoft.com/office/word/2003/wordml"


@pytest.mark.parametrize(
    "data",
    [
        docx(f"<w:p><w:r><w:t>{PLAIN}</w:t></w:r></w:p>"),
        docx("", **{"charts/chart1": f"<c:chart><c:v>{PLAIN}</c:v></c:chart>"}),
        office({"word/document.xml": "<w/>", "docProps/core.xml": f"<p><dc:title>{PLAIN}</dc:title></p>"}),
        f'<w:wordDocument xmlns:w="{WORD_2003}"><w:p><w:t>{PLAIN}</w:t></w:p></w:wordDocument>'.encode(),
    ],
)
def test_sections_of_plain_text_in_documents_are_text(data):
    assert len(found(data)[0]) == 1


def test_comments_of_a_presentation_stand_among_what_later_programs_keep():
    comment = record(0x2EE0, record(0x0FBA, SHOWN.encode("utf-16-le"), 0x10), 0x0F)
    tags = record(0x138A, record(0x0FBA, "___PPT10".encode("utf-16-le")) + record(0x138B, comment), 0x0F)
    slide = record(0x03EE, record(0x1388, tags, 0x0F), 0x0F)
    assert len(found(compound({"PowerPoint Document": slide}))[0]) == 1
