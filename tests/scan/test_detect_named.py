"""What a number's own name tells: that it is no card."""

from __future__ import annotations

import pytest
from scan_scanner import SCANNER
from stdnum import luhn, verhoeff

from casb_cli.scan.inspect import inspect_stream

CARD = "453957876362148" + luhn.calc_check_digit("453957876362148")

GROUPED = " ".join(CARD[at : at + 4] for at in range(0, 16, 4))
AADHAAR = "29412343238" + verhoeff.calc_check_digit("29412343238")


def kinds(text, name="a.txt"):
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), every=True)
    return {match.detector for match in result.matches}


@pytest.mark.parametrize(
    "text",
    [
        f"INFO done req={CARD} ok",
        f"rng = np.random.default_rng({CARD})",
        f"random.seed({CARD})",
        f"GET /x id={CARD} 200",
        f"trace={CARD}",
        f'{{"orderId":"{CARD}"}}',
        f"<OrderId>{CARD}</OrderId>",
        f'{{"bestellnr": "{CARD}"}}',
        f'<row commande="{CARD}"/>',
        f"Bestellnummer = {CARD}",
        f"Facebook ID {CARD}",
        f"S/N: {CARD}",
        f"KID: {CARD}",
        f"OCR-nummer {CARD}",
        f"Order number\n{CARD}\n",
        f"ऑर्डर नंबर: {CARD}",
        f"the goods that you bought have the invoice no:\n{CARD} thanks",
        f"<table><tr><td>payment_card</td><td>tracking</td></tr><tr><td>none</td><td>{CARD}</td></tr></table>",
        f'{{"session_id": {CARD}}}',
        f"order_id,name,city\n{CARD},Ann,Oslo\n4539578763621488,Bob,Rome\n1,Eve,Bonn\n",
        "\n".join(f"lease={number}" for number in range(int(CARD) - 3, int(CARD) + 4)),
    ],
)
def test_what_its_name_tells_to_be_another_number_is_no_card(text):
    assert "payment-card" not in kinds(text, "a.csv" if text.startswith("order_id") else "a.txt")


@pytest.mark.parametrize(
    "text",
    [
        f"pan={CARD}",
        f'{{"card_id":"{CARD}"}}',
        f'{{"number":"{CARD}"}}',
        f'{{"card": {{"id": "{CARD}"}}}}',
        f"my card id: {CARD}",
        f"कार्ड नंबर: {CARD}",
        f"कार्ड संख्या - {CARD}",
        f"Credit card ref: {CARD}",
        f"kartnummer={CARD}",
        f"<td>{CARD}</td>",
        f"my order\n{GROUPED}\n",
        f"the card is below\n{CARD}\n",
        f"card number   order id\n{CARD}   12\n",
        f"card;order id\n{CARD};12\n",
        f"F002={CARD}",
        f"57 13 {CARD}D2709101123400001F",
        f"card_number,name,city\n{CARD},Ann,Oslo\n1,Bob,Rome\n2,Eve,Bonn\n",
    ],
)
def test_a_card_with_a_name_for_cards_or_with_none_is_one(text):
    assert "payment-card" in kinds(text, "a.csv" if text.startswith("card_number") else "a.txt")


@pytest.mark.parametrize(
    ("text", "detector"),
    [
        (f'{{"aadhaarNo": "{AADHAAR}"}}', "in-aadhaar"),
        (f"<AadhaarNo>{AADHAAR}</AadhaarNo>", "in-aadhaar"),
        (f"aadhaarNo={AADHAAR}", "in-aadhaar"),
        (f"{AADHAAR} aadhaar", "in-aadhaar"),
        ('{"ssnNumber": "536-90-4399"}', "us-ssn"),
        ("Soc. Sec. No. 536-90-4399", "us-ssn"),
        ("R.U.C. 1790011674001", "ec-ruc"),
        ("Dominican ID: 00113918205", "do-cedula"),
        ("GSIS No. 76406961049", "ph-gsis"),
        ("N° de permis 17AC43104", "driving-licence"),
        ("Numero patente U1A5556906M", "driving-licence"),
        ("Seria i nr dowodu ABA 300000", "pl-identity-card"),
        ("Nº de documento 27.504.918", "ar-dni"),
    ],
)
def test_a_name_tells_the_kind_in_camel_case_with_points_and_in_other_words(text, detector):
    assert detector in kinds(text), text


IN_HEX = "55674861" + "67767164"
"""A card whose pairs of digits are, as hexadecimal, letters too."""


@pytest.mark.parametrize(
    "text",
    [
        f"Rechnungsnummer: {CARD}",
        f"Faktura {CARD}",
        f"Kundennummer {CARD}",
        f"Sendungsnummer {GROUPED}",
        f"Commande n° {CARD}",
        f"Nº de pedido: {CARD}",
        f"Заказ № {CARD}",
        f"Счёт {CARD}",
        f"注文番号 {CARD}",
        f"주문번호 {CARD}",
        f"رقم الطلب: {CARD}",
        "\n".join(f"lot {n}" for n in ("4539 5787 6362 1486", *(f"8{n}12 1923 4410 0041" for n in range(4)))),
        f"delete blk_-{CARD}",
        "<a>39015035557555</a><a>39015035557506</a><a>39015035557548</a><a>39015035557530</a>",
    ],
)
def test_numbers_of_papers_parcels_and_columns_in_any_language_are_no_cards(text):
    assert "payment-card" not in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        f"Rechnung bezahlt mit Karte {CARD}",
        f"Faktura, kort {CARD}",
        f"고객 번호 {GROUPED}",
        f"Kundennummer: {GROUPED}",
        IN_HEX,
        "\n".join(f"trace {10**15 + 97 * n} authorize card #{CARD}" for n in range(3)),
        f"{CARD}Visa",
        f"Visa{CARD} exp 09/27",
        f"{CARD}exp0927",
        f"FP CCVI{CARD}/0928/N123456",
        f"/return?pan={CARD[:4]}%20{CARD[4:8]}%20{CARD[8:12]}%20{CARD[12:]}",
        f"card {CARD[:12]} {CARD[12:]}",
        f"моєї картки {CARD[:8]} {CARD[8:]}",
        f"bankkártyámat: {CARD[:8]} {CARD[8:]}",
        "card 4070355800839765248",
    ],
)
def test_a_card_is_one_whatever_stands_beside_it(text):
    assert "payment-card" in kinds(text)


def test_an_article_of_a_shop_is_no_card_of_thirteen_digits():
    assert "payment-card" not in kinds("4230102089801 biscuits, paid by card")
    assert "payment-card" in kinds("card 4222221234566")


def test_a_piece_of_an_account_is_no_card():
    assert kinds("BI98 4726 9363 4488 7401 8147 672") == {"iban"}


@pytest.mark.parametrize(
    "label",
    [
        "Mitgliedsnummer: ",
        "Client no.\t",
        "Account ref.: ",
        "N° de contrat : ",
        "Código do cliente: ",
        "Numer umowy ",
        "Номер договора: ",
        "会員番号：",
        "رقم العقد: ",
        "thank you. Member number ",
        "Gutscheincode\n",
        "the parcel that you sent has the device code\n",
        '"policyNo": "',
        "<member-number>",
    ],
)
def test_a_label_with_a_word_for_a_number_and_one_for_a_thing_says_that_it_is_no_card(label):
    assert "payment-card" not in kinds(f"{label}{CARD}\n")


@pytest.mark.parametrize(
    "label",
    [
        "my number is ",
        "Nummer: ",
        "Account number: ",
        "the customer gave number ",
        "Le numéro est le ",
        "番号：",
        "no. ",
    ],
)
def test_a_label_that_only_says_number_or_account_says_nothing_against_a_card(label):
    assert "payment-card" in kinds(f"{label}{CARD}\n")


def others(count):
    """Numbers of sixteen digits that are no cards."""
    return [str(7_000_000_000_000_000 + 9_173_311_771 * at) for at in range(count)]


def cards(count):
    return [(part := f"45{at:02}5787{at:02}62148") + luhn.calc_check_digit(part) for at in range(10, 10 + count)]


def found(text, name="a.txt"):
    result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), every=True)
    return sum(match.detector == "payment-card" for match in result.matches)


def test_a_column_of_other_numbers_says_nothing_of_the_cards_beside_it():
    rows = list(zip(others(12), cards(12), strict=True))
    assert found("\n".join(f"{other} Ann Ek {card} 09/28" for other, card in rows)) == 12
    assert found("\n".join(f"{card} Ann Ek {other} 09/28" for other, card in rows)) == 12
    assert found("\n".join(others(11) + cards(1))) == 0


def test_columns_are_known_by_their_first_row_though_no_word_that_is_looked_for_stands_there():
    row = "<tr>" + "<td>%s</td>" * 3 + "</tr>"
    table = row % ("Name", "Voucher no.", "Sum") + "".join(row % ("Ann", card, "3.10") for card in cards(3))
    assert found(f"<p>hello</p><table>{table}</table>", "a.html") == 0
    assert found("INSERT INTO t (`name`, `voucher_no`) VALUES\n" + ",\n".join(f"('A','{c}')" for c in cards(3))) == 0
    aligned = "Name      Voucher no.        Sum\n" + "".join(f"Ann Ek    {card}   3.10\n" for card in cards(3))
    assert found(f"hello\n\n{aligned}") == 0


def test_digits_of_the_next_cell_are_none_of_the_card():
    part = CARD[:15]
    tail = next(n for n in range(100, 999) if luhn.is_valid(f"{CARD}{n}"))
    assert luhn.is_valid(part + CARD[15])
    text = f"<table><tr><td>card</td><td>sum</td></tr><tr><td>{GROUPED}</td><td>{tail}.10</td></tr></table>"
    result = inspect_stream(text.encode(), name="a.html", scanner=SCANNER, key=bytes(32), every=True, reveal=True)
    assert ["".join(m.clear) for m in result.matches if m.detector == "payment-card"] == [GROUPED]
