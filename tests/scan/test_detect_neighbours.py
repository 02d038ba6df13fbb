"""Each of several values is found, however far it stands from the one before it."""

from __future__ import annotations

import io
import zipfile

import pytest
from scan_scanner import SCANNER

from casb_cli.sandbox.planted import aws_pair, card, github_token, iban, slack_token, ssn
from casb_cli.scan.inspect import inspect_stream

VALUES = {
    "payment-card": ("card", card),
    "iban": ("IBAN", iban),
    "us-ssn": ("SSN:", ssn),
    "github-token": ("GITHUB_TOKEN=", github_token),
    "slack-token": ("SLACK_TOKEN=", slack_token),
    "aws-access-key": ("aws_access_key_id =", lambda *parts: aws_pair(*parts)[0]),
    "aws-secret-key": ("aws_secret_access_key =", lambda *parts: aws_pair(*parts)[1]),
}


CARD = card(7, 1)
NOISE = bytes((at * 37 + 11) % 251 ^ 0x80 for at in range(400))


@pytest.mark.parametrize("detector", VALUES)
@pytest.mark.parametrize("gap", [*range(0, 60, 3), 64, 80, 100, 128, 200, 256, 400])
def test_the_second_and_third_value_are_found_at_any_distance(detector, gap):
    word, make = VALUES[detector]
    text = f"\n{'.' * gap}".join(f"{word} {make(5, gap, n)}" for n in range(3))
    result = inspect_stream(text.encode(), name="notes.txt", scanner=SCANNER, key=bytes(32))
    assert result.totals.get(detector) == 3, text


@pytest.mark.parametrize(("place", "detector"), [(0, "aws-access-key"), (1, "aws-secret-key")])
def test_pairs_without_digits_and_with_long_runs_are_found_too(place, detector):
    words = ("aws_access_key_id =", "aws_secret_access_key =")
    missed = []
    for number in range(2000):
        value = aws_pair(9, number)[place]
        result = inspect_stream(f"{words[place]} {value}\n".encode(), name="x.txt", scanner=SCANNER, key=bytes(32))
        missed += [value] if detector not in result.totals else []
    assert len(missed) <= 4, missed


@pytest.mark.parametrize("word", ["identity number", "tax number", "taxpayer identification", "bank account"])
@pytest.mark.parametrize(
    "address", ["Boston, MA 02110-1301", "Boston, MA\n# 02110-1301 USA", "Fifth Floor, 02110-1301, U.S.A."]
)
def test_the_postcode_of_an_address_is_no_number_of_another_kind(word, address):
    told = inspect_stream(f"{word} of the office at {address}".encode(), name="a.txt", scanner=SCANNER, key=bytes(32))
    assert told.totals == {}
    told = inspect_stream(f"{word}: 82110-4301".encode(), name="a.txt", scanner=SCANNER, key=bytes(32))
    assert len(told.totals) == 1


def test_ranges_of_an_expression_are_no_identity_numbers():
    text = b"national number: '[1-46-8][2-9]|[1-35-9]', national number 8-814-2207"
    told = inspect_stream(text, name="a.py", scanner=SCANNER, key=bytes(32), every=True)
    assert [(match.detector, match.start) for match in told.matches] == [("pa-cedula", text.index(b"8-814"))]


@pytest.mark.parametrize("words", ["NIT", "identity number", "bank account", "tax number"])
@pytest.mark.parametrize("span", ["2015-2024", "2015/2024", "1999 2008", "20000617"])
def test_a_span_of_years_is_no_number_of_another_kind(words, span):
    told = inspect_stream(f"{words}, copyright {span} by us".encode(), name="a.txt", scanner=SCANNER, key=bytes(32))
    assert told.totals == {}
    told = inspect_stream(b"NIT: 213.123.432-1", name="a.txt", scanner=SCANNER, key=bytes(32))
    assert told.totals == {"co-nit": 1}


@pytest.mark.parametrize(
    ("head", "confidence"),
    [
        (b"\x7fELF\x02\x01", None),
        (b"MZ\x90\0", None),
        (b"\0\1\0\0\0\x13\1\0", None),
        (b"\x42\x0d\x0d\x0a\0", None),
        (b"\x93NUMPY\1\0", "low"),
    ],
)
def test_bare_numbers_among_the_strings_of_programs_are_chance(head, confidence):
    def told(text: str) -> list[tuple[str, str]]:
        data = head + NOISE + b"\0" + text.encode() + b"\0" + NOISE
        result = inspect_stream(data, name="a", scanner=SCANNER, key=bytes(32))
        return [(match.detector, match.confidence) for match in result.matches]

    assert told(CARD) == ([("payment-card", confidence)] if confidence else [])
    assert confidence or told(f"identity card {CARD[:9]}") == []
    grouped = " ".join(CARD[at : at + 4] for at in range(0, 16, 4))
    assert told(grouped) == [("payment-card", "medium")], "nothing writes groups of four by chance"
    assert told(f"aws_access_key_id = {aws_pair(9, 1)[0]}") == [("aws-access-key", "high")]


@pytest.mark.parametrize("name", ["web/package-lock.json", "x-1.0.dist-info/RECORD"])
def test_the_name_of_a_member_tells_as_that_of_a_file_does(name):
    text = f"path,sha256,size\nidentity number,{CARD[:9]}\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    assert inspect_stream(text, name=name, scanner=SCANNER, key=bytes(32)).totals == {}
    assert inspect_stream(packed.getvalue(), name="a.zip", scanner=SCANNER, key=bytes(32)).totals == {}
    assert inspect_stream(text, name="people.csv", scanner=SCANNER, key=bytes(32)).totals != {}


@pytest.mark.parametrize(
    "text",
    [
        "name,downloads_a_month,size\nuse,4216053,1\npassport,4216055,2\nkoa,4216057,3\n",
        '{"passport": true, "fileSize": 42160553}',
        "identity card width=42160553",
        "bank account opened on 20170930",
        "driving licence, build of 20170930",
        "an identity card of I-94 seen in Tustin on 5/26/1999",
        "ncurses C/c menu did not work with 4216055",
        "rng = RandomState(2353425)\nr = rng.rand(nin)",
    ],
)
def test_what_counts_measures_or_dates_is_no_number_of_a_person(text):
    name = "a.csv" if text.startswith("name,") else "a.txt"
    assert inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32)).totals == {}


@pytest.mark.parametrize("text", ["c/c n. 42160553", "c/c bancario 42160553", "Numero c/c: 42160553"])
def test_an_account_is_told_by_its_italian_mark(text):
    told = inspect_stream(text.encode(), name="a.txt", scanner=SCANNER, key=bytes(32))
    assert told.totals == {"bank-account": 1}
