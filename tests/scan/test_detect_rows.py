"""Groups and runs of digits in rows of data, which have a card's form and check digit by chance."""

from __future__ import annotations

import io
import random

import pytest
from scan_scanner import SCANNER
from stdnum import luhn

from casb_cli.sandbox.planted import card
from casb_cli.scan.inspect import inspect_stream


def _found(text: str, detector: str = "payment-card") -> list[str]:
    seen = inspect_stream(
        io.BytesIO(text.encode()), name="a.txt", scanner=SCANNER, key=bytes(32), every=True, reveal=True
    )
    return [clear for match in seen.matches if match.detector == detector for clear in match.clear]


CARD = card(5, 1)
PARTS = [CARD[at : at + 4] for at in range(0, 16, 4)]


def _grid(joint: str, width: int) -> str:
    source = random.Random(7)
    return "".join(joint.join(str(source.randrange(10**4)).rjust(width) for _ in range(16)) + "\n" for _ in range(3000))


@pytest.mark.parametrize(("joint", "width"), [(" ", 4), ("  ", 4), ("", 6), ("  ", 0)])
def test_a_table_of_small_numbers_holds_no_cards(joint: str, width: int) -> None:
    assert _found(_grid(joint, width)) == []


@pytest.mark.parametrize(
    "row",
    [
        "{}  9760",
        "  {}   136    48  7117  2712",
        "5412 1644 2054   83 {}",
        "2054 763 {}",
        "{} 899 9760",
    ],
)
def test_four_groups_of_a_longer_row_are_no_card(row: str) -> None:
    assert _found("12 9\n" + row.format("  ".join(PARTS)) + "\n12 9\n") == []


@pytest.mark.parametrize("behind", ["", " 1227", " 12 27 123", " 12/27", "  845.00"])
def test_a_card_with_what_is_printed_on_it_is_one(behind: str) -> None:
    assert _found(f"Ann Lee\n{' '.join(PARTS)}{behind}\nthanks\n") == [" ".join(PARTS)]


def test_what_a_line_ends_with_and_the_day_of_the_next_are_no_card() -> None:
    rows = []
    for number in range(400):
        digits = f"4{number * 12_345_678_917 % 10**10:010d}"
        last = next(one for one in range(10) if luhn.is_valid(f"{digits}{one}2024"))
        rows.append(f"2024-03-0{number % 9 + 1} payment authorised, card ending 0156, merchant={digits}{last}")
    assert _found("\n".join(rows)) == []


def test_a_card_that_a_line_parts_is_found() -> None:
    assert [found.replace("\n", "") for found in _found(f"my card {CARD[:9]}\n{CARD[9:]} is lost\n")] == [CARD]


def test_the_number_of_an_article_in_a_bar_code_is_no_card() -> None:
    digits = "3619345078402"
    number = digits + luhn.calc_check_digit(digits)
    assert _found(f"(01){number}(10)A12") == []
    assert _found(f"card {number}") == [number]


def test_the_digits_of_an_account_that_is_none_are_no_card() -> None:
    number = "442361688869814" + luhn.calc_check_digit("442361688869814")
    groups = " ".join(number[at : at + 4] for at in range(0, 16, 4))
    assert _found(f"paid from FR26 9724 {groups}") == []


def test_a_field_that_a_message_numbers_is_judged_by_those_of_its_number() -> None:
    source = random.Random(3)
    lines = [
        f"35=D|11={source.randrange(10**15, 10**16)}|37=5{source.randrange(10**14, 10**15)}|38=9" for _ in range(400)
    ]
    assert _found("8=FIX.4.4|\n" + "\n".join(lines)) == []


def test_a_customers_number_with_a_dash_before_its_word_is_no_tax_number() -> None:
    text = "USt-IdNr. des Lieferanten siehe Briefkopf\nKunden-Nr. {}\nLieferschein 18856617862\n"
    assert _found(text.format("32949320"), "tax-number") == []


def test_the_name_of_a_substance_is_no_key() -> None:
    assert _found("InChIKey RYYVLZVUVIJVGH-UHFFFAOYSA-N\n", "high-entropy-assignment") == []  # caffeine's, as published
