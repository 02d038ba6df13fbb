"""How labels tell the kind of a person's number: shortened, joined, in small letters, of another people or thing."""

from __future__ import annotations

import io

import pytest

from casb_cli.scan.detect.engine import Scanner
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream
from casb_cli.store.paths import cache_dir

KINDS = (
    "identity-document passport-number driving-licence tax-number date-of-birth phone-number medical-record-number"
    " pe-dni cl-rut ec-cedula ie-pps sg-nric in-voter-id ge-personal-number in-uan ua-unzr zm-nrc de-identity-document"
    " dk-cpr in-pan za-tax-number"
    " ao-identity-card ph-sss vn-citizen-card pl-pesel ng-nin ro-cnp"
)


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(DetectorSet.shipped(KINDS.split()), str(cache_dir()))


def _found(scanner: Scanner, text: str, name: str = "a.txt") -> dict[str, str]:
    seen = inspect_stream(io.BytesIO(text.encode()), name=name, scanner=scanner, key=bytes(32), every=True, reveal=True)
    return {match.detector: clear for match in seen.matches for clear in match.clear}


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("Identification No.: S9911808C", "sg-nric", "S9911808C"),
        ("passportno: K0730284", "passport-number", "K0730284"),
        ("passportnbr: K0730284", "passport-number", "K0730284"),
        ("cprnr: 2110625629", "dk-cpr", "2110625629"),  # this and the next are examples of python-stdnum
        ("pancard: ACUPA7085R", "in-pan", "ACUPA7085R"),
        ("<TaxRefNo>0001339050</TaxRefNo>", "za-tax-number", "0001339050"),
        ("passport: k0730284", "passport-number", "k0730284"),
        ("PPSN 6433435f", "ie-pps", "6433435f"),  # the example of python-stdnum
        ("Номер ВУ: 5036011384", "driving-licence", "5036011384"),
        ("2. პირადი ნომერი ............ 18334220948", "ge-personal-number", "18334220948"),
        ("Universal Account Number: 100947362518", "in-uan", "100947362518"),
        ("УНЗР 19850614-47361", "ua-unzr", "19850614-47361"),
        ("NRC No: 479236/10/1", "zm-nrc", "479236/10/1"),
        ("EPIC No. ZKB9473628", "in-voter-id", "ZKB9473628"),
        ("BI n.º: 004783621LA047", "ao-identity-card", "004783621LA047"),
        ("SSS No. 0427346625", "ph-sss", "0427346625"),
        ("CMND: 025573614", "vn-citizen-card", "025573614"),
        ("Ausweis-Nr. LZ6V11T47", "de-identity-document", "LZ6V11T47"),
        ("Data urodzenia: 23 stycznia 1989", "date-of-birth", "23 stycznia 1989"),
        ("Дата рождения: 4 декабря 1942", "date-of-birth", "4 декабря 1942"),
        ("생년월일: 1989년 03월 06일", "date-of-birth", "1989년 03월 06일"),
        ("fecha de nacimiento: 4 de marzo de 1971", "date-of-birth", "4 de marzo de 1971"),
        ("Contact phone\n13844798376\n", "phone-number", "13844798376"),
        # The forms of Microsoft's and Presidio's definitions of sensitive information.
        ("Führerscheinnummer: N26B6054861", "driving-licence", "N26B6054861"),
        ("Patente n. U1K45B678C", "driving-licence", "U1K45B678C"),
        ("паспорт: АВ № 275493", "passport-number", "АВ № 275493"),
        ("여권번호: M384A5079", "passport-number", "M384A5079"),
        ("ΑΔΕΙΑ ΟΔΗΓΗΣΗΣ: 583201944", "driving-licence", "583201944"),  # Greek capitals have no accents
        ("EHLİYET NO: 583201", "driving-licence", "583201"),  # Turkish ones have points
        ("carteDidentite: 181123662166", "identity-document", "181123662166"),
        ("DLS: D6481923", "driving-licence", "D6481923"),
        ("Personal Numeric Code 1800101221144", "ro-cnp", "1800101221144"),
        ("Documento Nacional de Identidad (RENIEC): 10117410", "pe-dni", "10117410"),
    ],
)
def test_a_label_tells_its_number(scanner: Scanner, text: str, kind: str, number: str) -> None:
    assert _found(scanner, text).get(kind) == number


def test_a_label_of_another_people_leaves_the_number_to_no_other_country(scanner: Scanner) -> None:
    assert set(_found(scanner, "Czech ID card number: 914948304")) == {"identity-document"}
    assert "cl-rut" in _found(scanner, "Chilean ID number: 12.531.909-2")  # the example of python-stdnum
    # The example of python-stdnum is eleven digits, as Nigerian numbers are.
    assert set(_found(scanner, "national identification number (Poland): 44051401359")) == {"pl-pesel"}
    assert set(_found(scanner, "national_id_poland=44051401359")) == {"pl-pesel"}
    assert set(_found(scanner, "Kenya national ID: 23344556")) == {"identity-document"}
    assert set(_found(scanner, "<KenyaNationalID>23344556</KenyaNationalID>")) == {"identity-document"}
    assert "ie-pps" in _found(scanner, "Israel Brennan, PPSN: 6433435F")  # a name of a person, and of a country


def test_a_label_that_looks_like_letters_of_the_number_is_no_part_of_it(scanner: Scanner) -> None:
    assert _found(scanner, "NIF 197343844") == {"tax-number": "197343844"}
    assert _found(scanner, "MRN 9533255") == {"medical-record-number": "9533255"}


def test_two_letters_are_a_label_only_right_in_front_or_as_a_name(scanner: Scanner) -> None:
    assert "ec-cedula" in _found(scanner, '<person CI="1714307103"/>')  # the example of python-stdnum
    assert "ec-cedula" in _found(scanner, "name,ci,city\nAna,1714307103,Quito\n")
    assert "ec-cedula" not in _found(scanner, "the CI runs build 1714307103 tonight")
    # As do those whose letters, joined, are a name: of the Indonesian `SIM A`, and of `BI nº`.
    assert "driving-licence" in _found(scanner, "SIM A: 850612340117")
    assert "driving-licence" not in _found(scanner, "113030,Sima Nikolic,YUG,850612340117,9")
    assert "identity-document" in _found(scanner, "BI nº 13702771")
    assert "identity-document" not in _found(scanner, "(281, 'Bino Torres', 25, 1, 7, NULL, 404323, 13702771, 0.99)")


@pytest.mark.parametrize(
    "text",
    [
        "Passport number   K0730284\nPolicy            2024165258\n",
        "| Field | Value |\n|---|---|\n| Passport | K0730284 |\n| Invoice | 232639328 |\n",
        "Passport no.\nK0730284\n\nCustomer reference\n232639328\n",
        '{"ids": [{"type": "Passport", "value": "K0730284"}, {"type": "customer", "value": "232639328"}]}',
        "Passport number: K0730284\nCase no.: 232639328\n",
        "Field,Value\nPassport no.,K0730284\nTicket,LB0544141\n",
        "Q: Passport no.?\nA: K0730284\nQ: Order no.?\nA: 232639328\n",
        "Q: Passport no.?\nA: K0730284\nQ: Container no.?\nA: LB0544141\n",
        "Passport no.|K0730284|Container no.|LB0544141\n",
        "name,passport_no,meter_no\nAnna,K0730284,58213947\n",
        "Field,Value\nPassport no.,K0730284\nContainer no.,LB0544141\n",
        "Passport number: K0730284\nMeter reading: 23263932\n",
        "Passport number: K0730284\nПоказания: 23263932\n",
        "Passport no. K0730284, certificate no. 23263932\n",
    ],
)
def test_a_number_labelled_as_another_thing_is_none_beside_a_persons(scanner: Scanner, text: str) -> None:
    assert _found(scanner, text) == {"passport-number": "K0730284"}


@pytest.mark.parametrize(
    "text",
    [
        "Passport numbers:\nAnna Weber: K0730284\nBen Novak: K0730299\n",
        "Passport: K0730284\nSpouse: K0730299\n",
        "Passport no.: K0730284 / K0730299\n",
        "Name   Passport\nAnna   K0730284\nBen    K0730299\n",
    ],
)
def test_a_name_in_front_of_a_number_is_no_label_of_another(scanner: Scanner, text: str) -> None:
    seen = inspect_stream(io.BytesIO(text.encode()), name="a.txt", scanner=scanner, key=bytes(32), every=True)
    assert [match.detector for match in seen.matches] == ["passport-number", "passport-number"]


def test_a_measure_has_no_letters(scanner: Scanner) -> None:
    assert "passport-number" in _found(scanner, "passport_population: K0730284")
    assert "passport-number" not in _found(scanner, "passport_population: 40730284")
