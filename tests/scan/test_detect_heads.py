"""Numbers far below the line that names their column."""

from __future__ import annotations

import io
import zipfile

import pytest
from scan_scanner import CARDS
from stdnum import luhn

from casb_cli.scan.detect.engine import Scanner
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream
from casb_cli.store.paths import cache_dir

NAMES = ("No", "Name", "Dept", "City", "Personnummer", "Start")
NUMBER = "640823-3234"  # documented by the Swedish tax agency
ROWS = [(str(1000 + at), "Maria Lind", "Sales", "Stockholm", "", "2020-01-05") for at in range(30)]
ROWS.append(("1030", "Bo Ek", "IT", "Lund", NUMBER, "2020-01-06"))
WIDTHS = (6, 14, 8, 12, 15, 12)


def _spread(row: tuple[str, ...]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(row, WIDTHS, strict=True))


def _lines(names: str, *rest: str) -> str:
    return "\n".join((names, *rest)) + "\n"


def _page() -> str:
    cells = "".join("<tr>\n" + "".join(f"<td>{cell}</td>\n" for cell in row) + "</tr>" for row in ROWS)
    return "<html><body><table><tr>" + "".join(f"<th>{name}</th>" for name in NAMES) + f"</tr>{cells}</table></body>"


def _quoted(row: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{cell}'" for cell in row) + ")"


TABLES = {
    "columns.txt": "Report\n\n" + _lines(_spread(NAMES), "-" * 60, *map(_spread, ROWS)),
    "bare.txt": _lines(_spread(NAMES), *map(_spread, ROWS)),
    "marked.md": "# Staff\n\n" + _lines("|".join(NAMES), "|".join(["---"] * 6), *map("|".join, ROWS)),
    "titled.csv": "Staff, 2024\n\n" + _lines(",".join(NAMES), *map(",".join, ROWS)),
    "dump.sql": "INSERT INTO `emp` (" + ",".join(NAMES) + ") VALUES\n" + ",\n".join(map(_quoted, ROWS)) + ";\n",
    "copy.sql": "COPY emp (" + ", ".join(NAMES) + ") FROM stdin;\n" + _lines(*map("\t".join, ROWS)) + "\\.\n",
    "page.html": _page(),
}


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(DetectorSet.shipped(["se-personnummer"]), str(cache_dir()))


def _found(scanner: Scanner, data: bytes, name: str) -> list[str]:
    seen = inspect_stream(io.BytesIO(data), name=name, scanner=scanner, key=bytes(32), every=True, reveal=True)
    return [text for match in seen.matches for text in match.clear]


@pytest.mark.parametrize("name", TABLES)
def test_a_number_is_told_by_the_name_of_its_column_however_far_above(scanner: Scanner, name: str) -> None:
    assert _found(scanner, TABLES[name].encode(), name) == [NUMBER]


@pytest.mark.parametrize("name", TABLES)
def test_a_number_in_a_column_of_another_name_is_none(scanner: Scanner, name: str) -> None:
    swapped = TABLES[name].replace("Personnummer", "Articlenumber").replace("Start ", "Personnummer ")
    assert _found(scanner, swapped.encode(), name) == []


def test_a_table_of_a_document_is_read_row_by_row(scanner: Scanner) -> None:
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row) + "</w:tr>"
        for row in (NAMES, *ROWS)
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        )
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        body = f"<w:p><w:r><w:t>Staff</w:t></w:r></w:p><w:tbl>{rows}</w:tbl>"
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>')
    assert _found(scanner, data.getvalue(), "staff.docx") == [NUMBER]


def test_the_rows_go_on_where_the_text_is_cut(scanner: Scanner) -> None:
    many = _lines(";".join(NAMES), *map(";".join, ROWS[:-1] * 3000), ";".join(ROWS[-1]))
    assert _found(scanner, ("Staff\n\n" + many).encode(), "many.txt") == [NUMBER]


def test_what_follows_a_table_belongs_to_none_of_its_columns(scanner: Scanner) -> None:
    text = TABLES["columns.txt"].replace(NUMBER, " " * len(NUMBER)) + "\n" + "x" * 200 + "\n" + " " * 40 + NUMBER
    assert _found(scanner, text.encode(), "after.txt") == []


def test_a_number_on_the_line_of_a_form_is_found(scanner: Scanner) -> None:
    assert _found(scanner, f"Personnummer: ____{NUMBER}____ Date: ____".encode(), "form.txt") == [NUMBER]


_SOLD = [(f"4539{at * 12_345_678_917 % 10**11:011d}", f"5425{at * 98_765_432_111 % 10**11:011d}") for at in (3, 5, 7)]
_ORDERS, _CARDS = ([one + luhn.calc_check_digit(one) for one in column] for column in zip(*_SOLD, strict=True))
_SALES = list(zip(_ORDERS, _CARDS, strict=True))
_MARKED = [f"| {order} | {card} |" for order, card in _SALES]
_ALIGNED = [f"{order}    {card}" for order, card in _SALES]
_TUPLES = ",\n".join(f"('{order}', '{card}')" for order, card in _SALES)
SALES = {
    "sales.csv": _lines("order id,card number", *map(",".join, _SALES)),
    "sales.md": "# Sales\n\n" + _lines("| order id | card number |", "|---|---|", *_MARKED),
    "sales.txt": "Sales\n\n" + _lines("order id            card number", *_ALIGNED),
    "sales.sql": f"INSERT INTO sales (order_id, card_number) VALUES\n{_TUPLES};\n",
}


@pytest.mark.parametrize("name", SALES)
def test_what_another_name_of_its_column_tells_is_no_card_however_the_table_is_written(name: str) -> None:
    found = _found(CARDS, SALES[name].encode(), name)
    assert sorted(found) == sorted(_CARDS)


def test_a_bracket_within_a_cell_of_a_statement_begins_no_row() -> None:
    rows = "('sold (twice), returned', 'ORDER'), ('a (b) and (c', 'CARD')".replace("CARD", _CARDS[0])
    text = f"INSERT INTO sales (note, card_number) VALUES {rows.replace('ORDER', _CARDS[1])};\n"
    found = _found(CARDS, text.encode(), "sales.sql")
    assert sorted(found) == sorted(_CARDS[:2])
    swapped = text.replace("(note, card_number)", "(card_number, order_id)")
    assert _found(CARDS, swapped.encode(), "sales.sql") == []


def test_a_name_is_read_where_a_drawn_line_parts_it_from_its_numbers() -> None:
    text = _lines(
        "Name".ljust(24) + "BVN".ljust(34) + "Code", "-" * 70, "Ann Lee".ljust(24) + "22729743950".ljust(34) + "7"
    )
    scanner = Scanner(DetectorSet.shipped(["ng-nin"]), str(cache_dir()))
    assert _found(scanner, text.encode(), "staff.txt") == ["22729743950"]


@pytest.mark.parametrize("order", ['<label>Order no.</label><input value="{}">', '<input name="orderNo" value="{}">'])
def test_a_number_in_a_field_is_told_by_its_name_or_its_label(order):
    number = "531293071902340" + luhn.calc_check_digit("531293071902340")
    page = f"<html><body><label>Card number</label><input name='n' value='none'>{order.format(number)}</body></html>"
    assert not inspect_stream(page.encode(), name="a.html", scanner=CARDS, key=bytes(32)).totals
    paid = page.replace("Order no.", "Card no.").replace("orderNo", "cardNo")
    assert inspect_stream(paid.encode(), name="a.html", scanner=CARDS, key=bytes(32)).totals == {"payment-card": 1}


def test_what_stands_in_front_of_a_table_on_the_line_of_a_page_is_none_of_its_names():
    number = "5312 9307 1902 340" + luhn.calc_check_digit("531293071902340")
    table = f"<table><tr><th>Ref</th><th>Invoice number</th></tr><tr><td>A7</td><td>{number}</td></tr></table>"
    page = f"<html><body><p>Card number on file. And 4700</p>{table}</body></html>"
    assert not inspect_stream(page.encode(), name="a.html", scanner=CARDS, key=bytes(32)).totals


@pytest.mark.parametrize("bullet", ["*", "-", "+", "•", ">>"])
def test_a_sign_in_front_of_each_line_names_no_column(scanner: Scanner, bullet: str) -> None:
    listed = [f"  {bullet}  {text}" for text in ("of the Personnummer", *["as before"] * 9, f"{NUMBER} later")]
    assert _found(scanner, _lines(*listed).encode(), "changes.txt") == []


def test_a_table_of_codes_is_no_heading_of_cards() -> None:
    card = " ".join(_CARDS[0][at : at + 4] for at in range(0, 16, 4))
    codes = _lines("77DE 77DF 77EC 77ED 785C", "785E 785F 7860 7861", f"7876 7877 {card}")  # `EC`: a kind of card
    assert _found(CARDS, codes.encode(), "codes.txt") == []
    assert _found(CARDS, codes.replace("77DE 77DF 77EC 77ED 785C", "EC cards").encode(), "codes.txt") == [card]
