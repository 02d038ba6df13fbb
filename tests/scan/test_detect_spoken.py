"""Numbers that could be cards where something else is named, or nothing speaks of cards."""

from __future__ import annotations

import json

import pytest
from scan_scanner import SCANNER
from stdnum import luhn
from test_extract_formats import pdf

from casb_cli.scan.inspect import inspect_stream


def card(begun):
    return begun + luhn.calc_check_digit(begun)


CARD = card("453957876362148")
GROUPED = " ".join(CARD[at : at + 4] for at in range(0, 16, 4))
MORE = [card(f"41{at}7193055{at}2604") for at in range(3, 7)]
NONE = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in MORE]


def cards(text, name="a.txt"):
    data = text if isinstance(text, bytes) else text.encode()
    return inspect_stream(data, name=name, scanner=SCANNER, key=bytes(32), every=True).totals.get("payment-card", 0)


@pytest.mark.parametrize(
    "text",
    [
        f"Colet: {CARD}\n",
        f"Umowa ........ {CARD}\n",
        f"Seguimiento\t{CARD}\n",
        f"Demande  {CARD}\n",
        f"Compte bancaire: {CARD}\n",
        f"Poliçe\n{CARD}\n",
        f'{{"voucher": "{CARD}"}}',
        f"<colet>{CARD}</colet>",
        f"<table><tr><th>Serie</th><th>Ort</th></tr><tr><td>{CARD}</td><td>Rom</td></tr></table>",
        f"serie;ort;tag\n{CARD};Rom;Mo\n",
        f"Serie   Ort  Tag\n{CARD}  Rom  Mo\n",
        f"Serie   Ort    Tag\n{GROUPED}  Rom    Mo\n",
        f"INSERT INTO t (serie, ort) VALUES ('{CARD}', 'Rom');",
        f"Cikkszám;Rendelés\n{NONE[0]};12\n{CARD};13\n",
        f"Thank you, the goods left our house today and {CARD} arrives on Monday.\n",
        f"Colete: {NONE[0]}, {CARD}, {NONE[1]}\n",
        f"[14:08] Ana: Colete?\n[14:09] Bogdan: {CARD}\n",
        f"cpu3 90144 {CARD} 180611 2277 90\n",
        f"90144123 {GROUPED} 18061122 2277\n",
        "".join(f"<row><c>{number}</c><c>x</c></row>\n" for number in [*NONE, CARD]),
        f"FR60 {GROUPED}\n153\n",
        "Colete\n" + "\n".join([NONE[0], CARD, *NONE[1:]]) + "\n",
    ],
)
def test_a_number_of_which_something_else_is_said_is_no_card(text):
    name = "a.html" if text.startswith("<table") else "a.csv" if ";" in text[:16] else "a.txt"
    assert cards(text, name) == 0


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        f"- {CARD}\n",
        f"Ann, {CARD}\n",
        f"Colet: {GROUPED}\n",
        f"Ann: {CARD} 11/29\n",
        f"Please charge {CARD} for the goods of last week, thank you.\n",
        f"The goods of last week were paid by Visa, that is the one with the number\n{CARD} as told.\n",
        f"Unsere Mitglieder zahlen mit {CARD} am liebsten.\n",
        f"Titular:\tAnn Lee\nNúmero do cartão:\t{CARD}\n",
        f"serie;ort;zahlung\n12;Rom;{CARD}\n",
        f"Details: {CARD}\n",
        f"field7;ort;tag\n{CARD};Rom;Mo\n",
        f'{{"value": "{CARD}"}}',
        f"cbnum={CARD}\n",
        f"<p>Card number <span>x</span></p><p><span>Card number</span><span class='v'>{CARD}</span></p>",
        f"Plătit cu cardul: {CARD}\n",
        f"Billing: {CARD}\n",
        f"Guaranteed by {CARD}\n",
        f"Replacement: {CARD}\n",
        f"Abbuchung von: {CARD}\n",
        f"Please use {CARD}\n",
        f"[14:08] Ana: Kortnummer?\n[14:27] Bogdan: {CARD}\n",
        f"<p>[15:20] Ana: O cartão?</p>\n<p>[15:22] Bogdan: {CARD}</p>\n",
        f"02.03.26, 9:30 - Ana: kártyaszám?\n\ntext: |\n  02.03.26, 9:31 - Bogdan: {CARD}\n",
        f"https://shop.example/pay?note=Card+number%3A+{GROUPED.replace(' ', '+')}&ok=1\n",
        f"Číslo objednávky\tQ2FE44\nMoje nové číslo karty je {GROUPED}.\tx\n",
        f"Agent: what is the card number, please?\nClient: {CARD}\n",
        f"Bokningsnummer\tQ2FE44\nBokningen garanteras med kreditkort {CARD} (01/30)\tx\n",
        "".join(f"tx={number} ok\n" for number in NONE) + f"request track2={CARD}=2709201\n",
        "".join(f"tx={number} ok\n" for number in NONE) + f"request DE2={CARD} DE4=000000012300\n",
        f"DEBUG c.a.Gateway - request <AcctNum>{CARD}</AcctNum>\n",
        "".join(f'{{"row": "{number}", "number": "{CARD}", "brand": "mastercard"}}\n' for number in NONE[:1])
        + "".join(f'{{"row": "{number}"}}\n' for number in NONE),
        "".join(f"<row><c>{number}</c><c>{CARD}</c></row>\n" for number in NONE[:1])
        + "".join(f"<row><c>{number}</c><c>x</c></row>\n" for number in NONE),
    ],
)
def test_a_number_of_which_nothing_else_is_said_is_a_card(text):
    assert cards(text, "a.html" if text.startswith("<p>") else "a.csv" if ";" in text[:16] else "a.txt") == 1


@pytest.mark.parametrize("name", ["serie", "secret", "field7"])
def test_a_column_of_cards_is_one_whatever_its_name(name):
    rows = "".join(f"{number},Rom,Mo\n" for number in MORE)
    assert cards(f"{name},ort,tag\n{rows}", "a.csv") == len(MORE)


def test_a_list_below_a_word_for_cards_holds_cards_among_other_lines():
    lines = "\n".join([*NONE[:3], "Carta di pagamento", CARD, *NONE, "Scadenza", "11/29"])
    assert cards(f"Cliente\n{lines}\n") == 1


def test_cards_behind_a_name_of_two_words_in_one_line_of_json():
    pairs = list(zip(NONE, MORE, strict=True))
    rows = [{"order": other, "parcel": other[::-1], "N° de carte bancaire": number} for other, number in pairs]
    assert cards(json.dumps(rows)) == len(rows)
    assert cards(json.dumps([{"order": number, "no": other} for other, number in pairs])) == 0


def test_a_row_of_two_cells_is_a_label_and_its_card_whatever_the_first_row_says():
    assert cards(f"Reservation,Q2FE44\nPlatební karta,{GROUPED}\nCVC,123\n", "a.csv") == 1
    assert cards(f"Platební karta,Reservation,Name\nx,{CARD},Ann\n", "a.csv") == 0


def test_cards_side_by_side_are_no_row_of_numbers():
    assert cards(" ".join([*MORE, CARD]) + "\n") == len(MORE) + 1


def test_digits_that_no_bank_draws_are_no_card():
    few = "4" * 12 + "747"
    assert cards(f"Card: {few + luhn.calc_check_digit(few)}\n") == 0
    codes = next(
        f"{first} {code} {code + 1} {code + 2}"
        for first in range(4100, 4400)
        for code in range(7944, 7950)
        if luhn.is_valid(f"{first}{code}{code + 1}{code + 2}")
    )
    assert cards(f"Card: {codes}\n") == 0


def test_a_sign_of_a_pdf_that_means_no_character_parts_words():
    assert cards(pdf(f"Tarjeta\\000{CARD}"), "a.pdf") == 1


def test_the_names_of_columns_of_a_pdf_are_told_apart():
    def page(name):
        return pdf(
            f"Datum) Tj 90 0 Td ({name}) Tj 150 0 Td (Ort) Tj -240 -20 Td (Mo) Tj 90 0 Td ({CARD}) Tj 150 0 Td (Rom"
        )

    assert cards(page("Inkooporder"), "a.pdf") == 0
    assert cards(page("Kaartnummer"), "a.pdf") == 1
