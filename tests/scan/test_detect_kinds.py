"""A number is told as the one kind that its label speaks of, and not at all where the label names another thing."""

from __future__ import annotations

import pytest
from scan_scanner import SCANNER

from casb_cli.sandbox.planted import card
from casb_cli.scan.inspect import inspect_stream

PASSPORT = "K0730284"
ORDER = "K5539071"


def _told(text: str, name: str = "a.txt") -> dict[str, list[str]]:
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), every=True, reveal=True)
    told: dict[str, list[str]] = {}
    for match in result.matches:
        told.setdefault("".join(match.clear), []).append(match.detector)
    return told


BESIDE = {
    "lines": ("a.txt", "Order      : {o}\nPassport   : {p}\n"),
    "before": ("a.txt", "Passport number: {p}\nYour reference: {o}\n"),
    "above": ("a.txt", "Passport\n{p}\n\nTracking no.\n{o}\n"),
    "sentence": ("a.txt", "Ann sent the form back, passport {p} and the order is {o}.\n"),
    "json": ("a.json", '{{"lastOrder": "{o}", "customer": {{"passportNo": "{p}"}}}}'),
    "xml": ("a.xml", '<?xml version="1.0"?>\n<guest><passport>{p}</passport><ts>{o}</ts></guest>\n'),
    "yaml": ("a.yaml", "- passport: {p}\n  invoice_no: {o}\n"),
    "log": ("a.log", 'INFO kyc passport={p} trace={o} user="Ann"\n'),
    "html": ("a.html", "<table><tr><th>Passport</th><td>{p}</td></tr><tr><th>Order</th><td>{o}</td></tr></table>"),
    "german": ("a.txt", "Reisepass {p}, Rechnungsnummer {o}\n"),
    "spanish": ("a.txt", "Pasaporte: {p}\nNúmero de pedido: {o}\n"),
    "russian": ("a.txt", "Паспорт: {p}\nЗаказ № {o}\n"),
    "portuguese": ("a.txt", "Fatura n.º {o}\n\nPassaporte: {p}\n"),
    "slovak": ("a.txt", "Č. faktúry {o}\n\nCestovný pas: {p}\n"),
    "customer": ("a.txt", "N.º de cliente {o}\n\nPasaporte: {p}\n"),
    "customers": ("a.txt", "Ügyfélszám: {o}\n\nÚtlevél: {p}\n"),
}


@pytest.mark.parametrize("form", BESIDE)
def test_what_a_label_of_its_own_names_otherwise_is_no_number_of_a_person(form):
    name, text = BESIDE[form]
    assert list(_told(text.format(p=PASSPORT, o=ORDER), name)) == [PASSPORT]


TABLES = {
    "csv": ("a.csv", "member,passport,name\n{o},{p},Ann\n{o},{p},Bob\n"),
    "markdown": ("a.md", "| Member | Passport | Name |\n|---|---|---|\n| {o} | {p} | Ann |\n"),
    "sql": ("a.sql", "INSERT INTO t (member, passport, name) VALUES ('{o}', '{p}', 'Ann');\n"),
    "columns": ("a.txt", "Member      Passport    Name\n{o}    {p}    Ann\n"),
}


@pytest.mark.parametrize("form", TABLES)
def test_the_name_of_one_column_says_nothing_of_another(form):
    name, text = TABLES[form]
    assert list(_told(text.format(p=PASSPORT, o=ORDER), name)) == [PASSPORT]


@pytest.mark.parametrize(
    "label",
    ["Tax reference number", "tax_reference_number", "Steuernummer", "partial tax number", "customer's tax number"],
)
def test_a_label_that_only_resembles_another_counts(label):
    assert len(_told(f"{label}: 7316-924-58")) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("DNI: 54362315K", "es-dni"),  # Peruvian and Argentine ones have no letter
        ("Cédula: 1710034065", "ec-cedula"),  # of the registry's own example
        ("Driver number: MORGA657054SM9IJ", "gb-driving-licence"),  # DVLA's specimen
        ("CNH: 97625655678", "br-driving-licence"),
        ("SSN: 219-46-7315", "us-ssn"),
        ("Partita IVA: IT00743110157", "it-partita-iva"),  # the Commission's sample
    ],
)
def test_the_kind_that_is_meant_is_told_alone(text, kind):
    assert list(_told(text).values()) == [[kind]]


def test_kinds_that_nothing_tells_apart_are_both_told():
    # Estonia and Lithuania give the same numbers.
    assert sorted(*_told("personal code: 48003100379").values()) == ["ee-isikukood", "lt-asmens-kodas"]
    assert list(_told("Isikukood: 48003100379").values()) == [["ee-isikukood"]]
    assert list(_told("Asmens kodas: 48003100379").values()) == [["lt-asmens-kodas"]]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("NHSNumber: 943 476 5919", "a.txt", "gb-nhs-number"),
        ('{"SSNValue": "219-46-7315"}', "a.json", "us-ssn"),
        ("id,carta_d_identita\n1,CA05005DF\n", "a.csv", "it-identity-card"),
        ("Carte nationale d'identité n° X4RTBPFW4", "a.txt", ""),  # the specimen's letters, too few digits
        ("Carte nationale d'identité n° D2H6862M2", "a.txt", "identity-document"),
        ("Ausweisnummer L8F3K29C6", "a.txt", "de-identity-document"),
        ("Паспорт: МР 538471", "a.txt", "passport-number"),
        ("Bilhete de Identidade 003557013LA045", "a.txt", "ao-identity-card"),
        ("CIF: B82487455", "a.txt", "es-cif"),
        ("Irish passport PU9306857", "a.txt", "passport-number"),
        ("paspoort NW6KB82X4", "a.txt", "nl-identity-document passport-number"),
        ("paspoort nw6kb82x4", "a.txt", "nl-identity-document passport-number"),
        ("@credenza3/passport", "a.txt", ""),  # a name with a version
    ],
)
def test_names_and_forms_of_papers_are_known(text, name, kind):
    told = [one for kinds in _told(text, name).values() for one in kinds]
    assert set(told) <= set(kind.split())
    assert bool(told) == bool(kind)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tel.: 13727895088", "a.txt"),
        ("Téléphone 33612457898", "a.txt"),
        ("Phone: (573)452-8824", "a.txt"),
        ("Κινητό: 6944848966", "a.txt"),
        ("tel 001-732-830-3253x83231", "a.txt"),
        ('{"name": "Ann", "phoneNumber": "911 123 432"}', "a.json"),
        ("id,name,Mobile,city\n1,Ann,61234567,Rome\n", "a.csv"),
        ("BEGIN:VCARD\nTEL;TYPE=CELL:96056927\nEND:VCARD\n", "a.txt"),
        ("<table><tr><td>Phone</td><td>80091234</td></tr></table>", "a.html"),
        ("my mobile is 0 341 099 266", "a.txt"),
    ],
)
def test_a_label_makes_any_country_s_writing_a_telephone_number(text, name):
    assert list(_told(text, name).values()) == [["phone-number"]]


@pytest.mark.parametrize(
    "text",
    [
        "phone model 7291634, 3 pieces",
        "Phone: 10.20.30.40",
        "Tel: 04.05.2021",
        "mobile 2023-01-02",
        "phone 0.504944562",
        "phone 8.7038(14)",
        "phone 1998-2005",
        "phone 1998-11-25",
        "last call 2024/02/29, phone unknown",
        "phone 0.8261686   0",
        "Phone: 123-456-7890",
        "Telephone order 7291634",
        "cell,size\n7291634,91238412\n",
    ],
)
def test_other_digits_beside_a_word_for_a_telephone_are_none(text):
    assert "phone-number" not in [kind for kinds in _told(text, "a.txt").values() for kind in kinds]


@pytest.mark.parametrize("text", ["DOB: 14-Jul-1985", "生年月日：1985年7月14日", "Date of birth 1985-07-14"])
def test_days_of_birth_are_found_as_databases_and_east_asia_write_them(text):
    assert list(_told(text).values()) == [["date-of-birth"]]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("National ID: 22865504", "identity-document"),  # of many countries, and no digit checks it
        ("DNI: 22865504", "pe-dni"),
        ("use the Kenyan national ID 26006510 when you file", "identity-document"),
        # The example of the Swedish tax agency for a coordination number: sixty more than the day.
        ("samordningsnummer: 701063-2391", "se-personnummer"),
        ("Nº de utente SNS: 396 058 832", "pt-health-number"),
        ("NISS: 119 999 999 99", ""),  # no check digit holds
    ],
)
def test_words_that_many_kinds_share_tell_no_kind_that_no_digit_checks(text, kind):
    told = list(_told(text).values())
    assert any(kind in kinds for kinds in told) if kind else told == []


def test_a_number_with_a_key_of_its_own_is_none_beside_one_that_a_digit_checks():
    text = "- name: Ann\n  idcard: 0596679M\n  badge: 00049164\n- name: Bob\n  idcard: 0223329M\n  badge: 84903102\n"
    assert sorted(_told(text, "a.yaml")) == ["0223329M", "0596679M"]


def test_a_line_of_a_log_names_no_column():
    text = "".join(
        f"2024-03-0{day} 10:00:11,409 INFO kyc: 免許証番号=30709927497{day} took=44ms\n" for day in (1, 2, 3)
    )
    assert len(_told(text, "a.log")) == 3


@pytest.mark.parametrize("text", ["Date of birth ____05/05/1954____", "Born: __05/05/1954__"])
def test_a_date_on_the_line_of_a_form_is_one(text):
    assert _told(text) == {"05/05/1954": ["date-of-birth"]}


@pytest.mark.parametrize(
    "text",
    [
        "<taxid>2697049</taxid>\n<ScientificName>SARS-CoV-2</ScientificName>\n",
        "tax_id,organism,length\n2697049,SARS-CoV-2,29903\n1980456,Andes virus,12065\n",
        "state_id,name\n26970493,Ann\n",
    ],
)
def test_a_number_of_the_taxonomy_or_of_a_row_is_none_of_a_person(text):
    assert _told(text, "a.xml" if text.startswith("<") else "a.csv") == {}


def test_groups_at_the_beginning_of_lines_are_no_cards_where_most_are_none():
    cards = [" ".join(map("".join, zip(*[iter(card(7, at))] * 4, strict=True))) for at in range(6)]
    others = [f"{one[:-1]}{(int(one[-1]) + 3) % 10}" for one in cards]

    def count(numbers):
        text = "".join(f"{one} {at + 1200} 123\n" for at, one in enumerate(numbers))
        return sum(kinds.count("payment-card") for kinds in _told(text).values())

    assert count(cards) == 6
    assert count([*others, cards[0]]) == 0
