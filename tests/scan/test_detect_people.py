"""Numbers of people beside the words of their countries' forms, and in tables that were read from a picture."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest

from casb_cli.scan.detect.engine import Scanner
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream
from casb_cli.store.paths import cache_dir

KINDS = (
    "identity-document driving-licence be-national-number br-health-card by-personal-number cu-identity-number"
    " dz-nin hr-oib il-identity-number jmbg nl-bsn pa-cedula pt-health-number ru-inn si-emso password-assignment"
)


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(DetectorSet.shipped(KINDS.split()), str(cache_dir()))


def _found(scanner: Scanner, text: str) -> list[tuple[str, str]]:
    seen = inspect_stream(
        io.BytesIO(text.encode()), name="a.txt", scanner=scanner, key=bytes(32), every=True, reveal=True
    )
    return [(match.detector, clear) for match in seen.matches for clear in match.clear]


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        # Numbers with check digits are the examples of python-stdnum.
        ("Nationaal nummer: 85.07.30-033.28", "be-national-number", "85.07.30-033.28"),
        ("OIB HR33392005961", "hr-oib", "HR33392005961"),
        ("ИНН 5001 0073 2259", "ru-inn", "5001 0073 2259"),
        ("identity_no: 3933742-3", "il-identity-number", "3933742-3"),
        ('{"identity_no": "0101006500006"}', "si-emso", "0101006500006"),
        ("Mi CI es 91021027775.", "cu-identity-number", "91021027775"),
        ("O meu N.º de utente é 347990218.", "pt-health-number", "347990218"),
        ("<numero_utente>347 990 218</numero_utente>", "pt-health-number", "347 990 218"),
        ("mon N° d'identité national : 109870412395718016", "dz-nin", "109870412395718016"),
        ("Céd. 8-743-2961", "pa-cedula", "8-743-2961"),
        ("CI N°: 4187305", "identity-document", "4187305"),
        ("گواهینامه رانندگی: 9418730526", "driving-licence", "9418730526"),
    ],
)
def test_labels_of_forms_and_columns_tell_the_kind(scanner: Scanner, text: str, kind: str, number: str) -> None:
    assert (kind, number) in _found(scanner, text)


@pytest.mark.parametrize(
    "number",
    [
        "ΑΒ 123857",
        "Χ-492857",
        "ЕК 638254",
        "AB-1638574",
        "a1638574",
        "ab638574",
        "LZ6V11T47",
        "12 38 57 41",
        "6385741",
        "638574AB12",
        "638574109283746501",
        "LX12AB9C4",
        "4-1638-57412-63",
    ],
)
def test_a_labelled_number_of_any_form_is_found_whole(scanner: Scanner, number: str) -> None:
    found = _found(scanner, f"identity card number: {number}\n")
    assert [value for kind, value in found if kind == "identity-document"] == [number]


def test_a_table_read_from_a_picture_keeps_the_order_of_its_cells(scanner: Scanner) -> None:
    text = "NAAM          BSN          STAD\nJORIS VAN DEN HENDRIKX      367418253      UTRECHT\n"
    assert _found(scanner, text) == [("nl-bsn", "367418253")]
    other = text.replace("BSN ", "STAD").replace("STAD\n", "BSN\n")
    assert _found(scanner, other) == []


def test_who_is_identified_by_a_number_has_no_password(scanner: Scanner) -> None:
    assert _found(scanner, "Ann Lee, born in York, identified by Hx7Tb4dor3, appeared before the notary.") == []
    statement = "GRANT CONNECT TO scott IDENTIFIED BY Hx7Tb4dor3;"
    assert _found(scanner, statement) == [("password-assignment", "Hx7Tb4dor3")]


_TOGETHER = {"CJK", "KATAKANA-HIRAGANA", "KATAKANA", "HIRAGANA"}
_SIGNS = {"MASCULINE", "FEMININE"}


def test_no_word_mixes_letters_that_only_look_alike() -> None:
    words = {word for detector in DetectorSet.shipped().detectors for word in detector.keywords}
    words |= {word for one in DetectorSet.shipped().detectors for rule in one.rules for word in rule.words}
    mixed = set()
    for part in {part for word in words for part in re.findall(r"\w+", word)}:
        scripts = {unicodedata.name(letter).split()[0] for letter in part if letter.isalpha()} - _SIGNS
        if len(scripts) > 1 and not scripts <= _TOGETHER and not part.endswith("no"):  # 免許no is written so
            mixed.add(part)
    assert mixed == set()
