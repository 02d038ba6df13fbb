"""A word near a number tells nothing where the number has a name of its own, or where chance put the word there."""

from __future__ import annotations

import pytest
from scan_scanner import SCANNER
from stdnum.cl import rut
from stdnum.do import cedula

from casb_cli.scan.inspect import inspect_stream

RUT = "2218903" + rut.calc_check_digit("2218903")
CEDULA = "0011391882" + cedula.luhn.calc_check_digit("0011391882")
BIRTH = "1985-02-14"
PASSPORT = "533380006"


def kinds(text, name="a.txt"):
    data = text if isinstance(text, bytes) else text.encode()
    result = inspect_stream(data, name=name, scanner=SCANNER, key=bytes(32), every=True)
    return {match.detector for match in result.matches}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f'{{"Title": "Nowhere to Run", "Worldwide Gross": {RUT}}}', "a.json"),
        (f'{{"passport": true, "locker": "{PASSPORT}"}}', "a.json"),
        (f'{{\\"passport\\": null, \\"locker\\": \\"{PASSPORT}\\"}}', "a.json"),
        (f"book_id,isbn,author\n{PASSPORT},9780,Passport Press\n", "a.csv"),
        (f"station,frequency,kind\nX,{PASSPORT},passport\n", "a.csv"),
        (f'{{"{PASSPORT}": {{"passport": "see above"}}}}', "a.json"),
    ],
)
def test_a_number_with_a_name_of_its_own_is_not_told_by_its_neighbours(text, name):
    assert kinds(text, name) == set()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f'{{"passport": "{PASSPORT}"}}', "a.json"),
        (f'{{"type": "passport", "value": "{PASSPORT}"}}', "a.json"),
        (f'{{"passport": {{"documentNumber": "{PASSPORT}"}}}}', "a.json"),
        (f'{{"note": "passport {PASSPORT}, seen"}}', "a.json"),
        (f"name,passport_no\nAnn,{PASSPORT}\n", "a.csv"),
        (f"Person,Ann Lind\nPassport no,{PASSPORT}\n", "a.csv"),
        (f"kind,number\npassport,{PASSPORT}\n", "a.csv"),
        (f"remarks,city\nher passport is {PASSPORT},Oslo\n", "a.csv"),
    ],
)
def test_a_name_that_tells_nothing_leaves_it_to_the_word(text, name):
    assert kinds(text, name) == {"passport-number"}


@pytest.mark.parametrize(
    "text",
    [
        f"Xfl3.dMv.Cn4-QeeDnen2,{PASSPORT}",
        f"frequency of CDL8: {PASSPORT}",
        f"<trn:ns>{PASSPORT}</trn:ns>",
        "identity card\nS -1000 533 380 0065 -2600 0 1 10 f\nX",
        "tax number 491 492 493 494 495",
        "Dominican Republic,DOM,1967,1034800000.0",
        "SSN on 200803051509, identity number valid to 99991231",
        f"<Taxon><TaxId>{CEDULA[:7]}</TaxId><ScientificName>Homo sapiens</ScientificName></Taxon>",
    ],
)
def test_words_by_chance_and_rows_of_numbers_tell_nothing(text):
    assert kinds(text) == set()


def test_a_tax_number_is_one_where_nothing_lives_around_it():
    assert "tax-number" in kinds(f"<Customer><TaxId>{CEDULA[:7]}</TaxId><Name>Ann</Name></Customer>")


def test_groups_of_four_within_a_row_of_numbers_are_no_card():
    good = "4539 5787 6362 1486"
    assert kinds(f"1700 {good} 1526 342") == set()
    assert kinds(f"pays with {good} 12/29") == {"payment-card"}


def test_bytes_of_a_picture_that_is_not_read_are_no_numbers():
    raw = bytes((at * 37 + 11) % 251 | 0x80 for at in range(200))
    card = b"4539578763621486"
    assert kinds(b"II*\0\x08\0\0\0" + raw + b"\0" + card + b"\0" + raw, "a.tiff") == set()
    assert kinds(b"II*\0\x08\0\0\0" + raw + b"\0card 4539 5787 6362 1486\0" + raw, "a.tiff") == {"payment-card"}
