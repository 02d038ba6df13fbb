"""Numbers in the ways in which people, programs and other scripts write them."""

from __future__ import annotations

import pytest
from scan_scanner import SCANNER
from stdnum import luhn
from stdnum.jp import in_

from casb_cli.scan.detect.checks_payment import article, payment_card
from casb_cli.scan.detect.examples import iban as account
from casb_cli.scan.detect.folded import Folded
from casb_cli.scan.inspect import inspect_stream

CARD = "453914880343" + "6467"
IBAN = "DE89" + "370400440532013000"


@pytest.fixture(scope="module")
def found():
    def look(text, name="a.txt"):
        result = inspect_stream(text.encode(), name=name, scanner=SCANNER, key=bytes(32), every=True, reveal=True)
        return {(match.detector, "".join(match.clear)): match for match in result.matches}

    return look


def kinds(matches):
    return {detector for detector, _ in matches}


def groups(number, joint):
    return joint.join(number[at : at + 4] for at in range(0, len(number), 4))


def card(prefix, size):
    body = prefix + "7193046528130947652"[: size - len(prefix) - 1]
    return body + luhn.calc_check_digit(body)


FULL_WIDTH = str.maketrans({str(digit): chr(0xFF10 + digit) for digit in range(10)})


@pytest.mark.parametrize(
    "text",
    [
        "Please charge my card 4539 1488\n0343 6467 with it.",
        "Please charge my card 4539 1488 0343\r\n6467 with it.",
        "> my card is 4539\n> 1488 0343 6467",
        "card 4539-1488-\n0343-6467",
        "card 45391488\n03436467",
        "card " + groups(CARD, "/"),
        "card " + groups(CARD, "\t"),
        "card " + groups(CARD, " - "),
        "card " + " ".join(CARD),
        "card " + "".join(f"[{digit}]" for digit in CARD),
        "card [ " + " ] [ ".join(CARD) + " ]",
        "card |" + "|".join(CARD) + "|\t144.17",
        "card " + groups(CARD, ":"),
        "card " + groups(CARD, "~"),
        "card " + groups(CARD, ";"),
        "name,card,,,\nAnn," + groups(CARD, ","),
        "note=card%20number%3D" + groups(CARD, "%20"),
        "12:04:53 DEBUG emv tag 5A=" + CARD + " 5F24=291231",
        "card 4539 1488 03436467",
        "card 453914 8803436467",
        "card " + groups(CARD, "\N{ZERO WIDTH SPACE}"),
        "card " + CARD.translate(FULL_WIDTH),
        "kart " + groups(CARD, "\N{IDEOGRAPHIC SPACE}").translate(FULL_WIDTH),
        "card 4539 1488 0343 6467 737 09/27",
        CARD.translate(FULL_WIDTH),
    ],
)
def test_a_card_is_found_however_it_is_written(found, text):
    assert "payment-card" in kinds(found(text))


@pytest.mark.parametrize(
    ("prefix", "size"),
    [("4", 13), ("2131", 15), ("1800", 15), ("5612", 16), ("6390", 12), ("8600", 16), ("9704", 16), ("6011", 19)],
)
def test_old_and_rare_ranges_need_a_word_for_cards(found, prefix, size):
    number = card(prefix, size)
    assert "payment-card" in kinds(found(f"Card number: {number}"))
    assert "payment-card" in kinds(found(f"id,card_number\n7,{number}\n", "a.csv"))
    assert "payment-card" not in kinds(found(f"stock {number} pieces"))


@pytest.mark.parametrize(
    ("prefix", "size"), [("9792", 16), ("506699", 16), ("509012", 16), ("636368", 16), ("508227", 16), ("650002", 16)]
)
def test_numbers_of_national_brands_are_found_without_a_word(found, prefix, size):
    assert "payment-card" in kinds(found(f"Ann Lee;{card(prefix, size)};09/27"))


@pytest.mark.parametrize("prefix", ["305", "3095", "36", "39"])
def test_each_range_of_diners_club_has_fourteen_digits(found, prefix):
    assert "payment-card" in kinds(found(f"Ann Lee;{card(prefix, 14)};09/27"))


def test_cards_of_twelve_and_fifteen_digits_are_found_in_groups(found):
    assert "payment-card" in kinds(found("card " + groups(card("5038", 12), " ")))
    old = card("1800", 15)
    assert "payment-card" in kinds(found(f"card {old[:4]} {old[4:10]} {old[10:]}"))


def test_accounts_beside_cards_in_a_table_say_nothing_against_them(found):
    row = f"{groups(CARD, ' ')},{groups(IBAN, ' ')},x\n"
    assert "payment-card" in kinds(found("a,b,c\n" + row * 8, "a.csv"))


@pytest.mark.parametrize("prefix", ["62", "65"])
def test_a_long_number_is_told_whole_where_its_first_digits_would_do(found, prefix):
    long = next(n for n in (card(f"{prefix}{k:013}", 19) for k in range(1300, 1400)) if luhn.is_valid(n[:16]))
    assert ("payment-card", groups(long, " ")) in found(f"card {groups(long, ' ')}")


def test_the_three_digits_behind_a_card_are_not_taken_for_a_part_of_it(found):
    number = next(n for n in (CARD + f"{k:03}" for k in range(1000)) if luhn.is_valid(n))
    wrong = f"{(int(number[16:]) + 1) % 1000:03}"
    assert ("payment-card", CARD) in found(f"card {CARD} {number[16:]}")
    assert ("payment-card", groups(CARD, " ")) in found(f"card {groups(CARD, ' ')} {wrong}")


def test_loose_ways_of_writing_need_a_word_for_cards(found):
    assert kinds(found("rows 4539 1488\n0343 6467 and more")) == set()
    assert kinds(found("a card's measures;" + groups(CARD, ";") + ";1950;2100")) == set()


def test_the_element_of_a_number_with_rare_many_digits_tells_what_it_is(found):
    number = card("4", 13)
    assert kinds(found(f"<paid><Locator>{number}</Locator><card>Visa</card></paid>")) == set()
    assert "payment-card" in kinds(found(f"<paid><Card>{number}</Card></paid>"))


def test_codes_of_characters_in_a_row_and_powers_of_two_are_no_cards(found):
    number = groups(CARD, " ")
    assert "payment-card" in kinds(found(f"x {number} y"))
    assert kinds(found(f"52BB 523A {number}")) == kinds(found(f"{number} 59BE 5A3C")) == set()
    assert kinds(found(f"most {2**52 + 4}")) == set()


@pytest.mark.parametrize(
    "text",
    [
        "my account number is DE89 3704 0044\n0532 0130 00",
        "Konto: DE89 3704 0044\n> 0532 0130 00",
        "IBAN " + groups(IBAN, "/"),
        "iban " + groups(IBAN, "\t"),
        "pay to " + groups(IBAN, "\N{EN DASH}"),
        "pay to " + groups(IBAN, "\N{ZERO WIDTH SPACE}"),
        "IBAN" + IBAN,
        "".join(chr(ord(char) + 0xFEE0) for char in IBAN),
        "Konto DE 89 3704 0044 0532 0130 00",
        "Konto DE 89370400440532013000",
        "Konto DE 89 37040044 0532013000",
        account("IR", "0120000000012345678901"),
        "IBAN DE-89-370400440532013000",
        "IBAN | " + " | ".join(IBAN) + " |",
        "IBAN " + "".join(f"[{char}]" for char in IBAN),
        "IBAN [" + groups(IBAN, "] [") + "]",
        "pay it to my account " + " ".join(IBAN),
        ":86:116?20RENT?30AAAADEFFXXX?31" + IBAN + "?32ANN",
    ],
)
def test_an_account_is_found_however_it_is_written(found, text):
    assert "iban" in kinds(found(text))


@pytest.mark.parametrize(
    ("detector", "text"),
    [
        ("pl-bank-account", "Nr konta 61 1090 1014 0000 0712 1981 2874"),
        ("fr-bank-account", "RIB : 20041 01005 0500013M026 06"),
        ("us-routing-number", "routing no 0260-0959-3"),
        ("bic", "<BICFI>COBADEFFXXX</BICFI>"),
        ("jp-my-number", "個人番号：" + f"58104397266{in_.calc_check_digit('58104397266')}".translate(FULL_WIDTH)),
        ("eg-national-id", "الرقم القومي: ٢٨٨٠٦١٥٠١٠٧٣٩٤"),
        ("ir-national-code", "کد ملی: ۰۴۹۹۳۷۰۸۹۹"),
        ("in-aadhaar", "आधार संख्या: ८४६३२१०२९६५०"),
    ],
)
def test_numbers_of_banks_and_in_digits_of_other_scripts_count(found, detector, text):
    assert detector in kinds(found(text))


@pytest.mark.parametrize("size", [13, 19])
def test_a_length_that_few_cards_have_needs_a_word_for_them(found, size):
    """So long are article numbers (EAN), and the numbers of stars, posts and parcels."""
    number = card("4286", size)
    assert "payment-card" in kinds(found(f"her old Visa, {number}, was declined"))
    assert "payment-card" in kinds(found(f"id,card\n7,{number}\n", "a.csv"))
    assert "payment-card" not in kinds(found(f"<name>Gaia DR2 {number}</name>", "a.xml"))
    assert "payment-card" not in kinds(found(f"Ann Lee;{number};09/27"))


def test_a_word_in_small_letters_is_no_code_of_a_bank(found):
    assert "bic" not in kinds(found("An app in Kotlin and Swift.\n* The platform-side app"))
    assert "bic" in kinds(found("SWIFT/BIC: PLATFORM"))


def test_the_place_of_a_match_behind_folded_digits_is_that_in_the_text(found):
    text = "１２３ ４５\n" * 3 + "IBAN: " + IBAN
    (match,) = (match for (kind, _), match in found(text).items() if kind == "iban")
    assert match.place == "line 4, column 7"
    assert text.encode()[match.start : match.end].decode() == IBAN


def test_folding_is_the_same_wherever_blocks_end():
    text = "x４５ abc ٣٤é१ Ａ－ end €𝟙".encode()
    for cut in range(len(text)):
        folded = Folded([text[:cut], text[cut:]])
        joined = b"".join(folded)
        assert joined.decode() == "x45 abc 34é1 A- end €𝟙"
        assert folded.origin(joined.index(b"end")) == text.index(b"end")
        assert folded.origin(joined.index(b"1 A")) == text.index("१".encode())
        assert folded.origin(len(joined)) == len(text)


def test_what_was_folded_and_will_not_be_asked_for_is_forgotten():
    text = ("４２ " * 60_000).encode()
    folded = Folded([text])
    joined = b"".join(folded)
    at = joined.rindex(b"42")
    before = folded.origin(at)
    folded.forget(at)
    assert folded.origin(at) == before == text.rindex("４".encode())
    assert folded.origin(len(joined)) == len(text)


@pytest.mark.parametrize(
    ("detector", "text"),
    [
        ("br-cpf", '{"employeeCpf": "677.775.459-81"}'),
        ("us-ssn", '{"holderSSN": "219-46-7315"}'),
        ("passport-number", '{"customerPassportNumber": "533380006"}'),
        ("at-insurance-number", '{"patientSvnr": "3987310122"}'),
        ("hk-identity-card", '{"idCardNumber": "A366100(0)"}'),
        ("driving-licence", '{"driverDlNo": "D6481923"}'),
        ("cz-dic", "danove_identifikacni_cislo,mesto\n640903926,Praha\n"),
        ("passport-number", "numero de passeport: 14AB72843"),
        ("es-nie", "<n_i_e>Y9165479Q</n_i_e>"),
        ("gr-amka", "Αριθμός Μητρώου Κοινωνικής Ασφάλισης: 21091899555"),
    ],
)
def test_words_count_as_programs_and_titles_write_them(found, detector, text):
    assert detector in kinds(found(text))


@pytest.mark.parametrize(
    "text", ["Bénin 13224860", "Jörg 52.687.939-9", "assassinTin 123", '{"native": "Bénin", "population": 13224860}']
)
def test_the_end_of_a_word_with_an_accent_is_no_word(found, text):
    assert kinds(found(text)) == set()


@pytest.mark.parametrize(
    ("detector", "text"),
    [
        ("cn-resident-id", "身份证号码 61058119770218642X"),
        ("kr-resident-number", "주민등록번호 201013-3019902"),
        ("kr-resident-number", "외국인등록번호 900515-5371292"),
        ("es-social-security", "Número de la Seguridad Social: 270474067850"),
        ("gb-national-insurance", "National Insurance No: TN 15 06 85 M"),
        ("eu-vat-number", "USt-IdNr. DE 570435642"),
        ("eu-vat-number", "TVA intracommunautaire FR01 691091912"),
        ("pt-niss", "NISS 11719304659"),
        ("identity-document", "broj osobne iskaznice: 147602928"),
        ("bank-account", "número de cuenta: 8834-7716-2093"),
        ("bank-account", "BLZ 37040044 Konto 532013000"),
        ("bank-account", "BSB 733-144, 4512870"),
        ("bank-account", "NUBAN: 0148392771"),
        ("se-bankgiro", "Bankgiro: 5050-1055"),
        ("mx-clabe", "CLABE 032 180 00011835971 9"),
        ("tax-number", "Tax identification no. 7316-924-58"),
        ("driving-licence", "Körkortsnummer 850615-0452"),
    ],
)
def test_numbers_that_their_name_tells(found, detector, text):
    assert detector in kinds(found(text))


def test_a_number_of_a_told_kind_is_not_told_again_as_any(found):
    matches = kinds(found("National identity number (CPF): 677.775.459-81"))
    assert "br-cpf" in matches
    assert "identity-document" not in matches


@pytest.mark.parametrize(
    "joint",
    ["\N{HAIR SPACE}", "\N{EN SPACE}", "\N{FIGURE DASH}", "\N{EM DASH}", "\N{MINUS SIGN}", "\N{MIDDLE DOT}"],
)
def test_spaces_and_dashes_of_any_width_join_groups(found, joint):
    assert kinds(found(f"paid by {groups(CARD, joint)} on Monday")) == {"payment-card"}
    assert kinds(found(f"paid to {groups(IBAN, joint)} on Monday")) == {"iban"}


@pytest.mark.parametrize("size", [12, 13, 15, 16, 19])
def test_a_stripe_has_a_card_of_any_range(found, size):
    number = card({12: "5018", 13: "4539", 15: "1800", 16: "6390", 19: "4539"}[size], size)
    assert ("payment-card", number) in found(f"%B{number}^DOE/ANN^2911101000")


def test_nineteen_digits_in_groups_are_one_card_though_sixteen_would_do():
    number = next(n for n in (CARD + f"{k:03}" for k in range(1000)) if luhn.is_valid(n))
    assert luhn.is_valid(CARD)
    assert payment_card(groups(number, "-").encode())
    assert not payment_card(f"{CARD} {number[16:]}".encode()), "the code on its back stands behind it"


def test_an_account_set_apart_from_its_country_needs_no_word(found):
    assert kinds(found(f"Ann Lind; {IBAN[:2]} {IBAN[2:4]} {IBAN[4:]}; Oslo")) == {"iban"}
    parted = f"{IBAN[:2]} {IBAN[2:4]} {groups(IBAN[4:], ' ')}"
    assert kinds(found(f"Ann Lind; {parted}; Oslo")) == {"iban"}


def test_fields_of_a_record_are_no_account(found):
    assert kinds(found("X AD21 1000 1000 250 L 50 50 17 1 W\n")) == set()


@pytest.mark.parametrize(
    "label",
    ["Bestellnummer:", "Rechnungs-Nr.:", "Pedido n.º", "Nr zamówienia", "Заказ №", "注文番号：", "RRN", "REF", "MID:"],
)
def test_digits_behind_the_name_of_a_paper_are_no_card(found, label):
    assert "payment-card" not in kinds(found(f"{label} {CARD}\n"))
    assert "payment-card" in kinds(found(f"Karte {CARD}\n"))


def test_a_card_behind_a_reference_that_is_no_receipt_s_is_one(found):
    assert "payment-card" in kinds(found(f"Ref {CARD}\n"))


def test_thirteen_digits_of_a_column_of_cards_are_no_article(found):
    number = next(card(f"4539{n:08}", 13) for n in range(500) if article(card(f"4539{n:08}", 13).encode()))
    assert kinds(found(f"name,credit_card\nAnn,{number}\nBo,1\n", "a.csv")) == {"payment-card"}
    assert kinds(found(f"name,thing\nAnn,{number}\nBo,1\n", "a.csv")) == set()


@pytest.mark.parametrize("number", ["4111111111111111", "5506900490000436", "6331101999990016", "6205500000000000004"])
def test_numbers_published_for_tests_are_no_cards(found, number):
    assert kinds(found(f"card {number}, visa {groups(number, ' ')}")) == set()


def test_an_account_may_run_into_the_word_for_its_bank(found):
    assert ("iban", IBAN) in found(f"IBAN:{IBAN}BIC:COBADEFFXXX")
    assert "iban" not in kinds(found(f"IBAN:{IBAN}BICYCLE"))


def test_what_a_stripe_holds_behind_the_number_is_no_card(found):
    rest = "2705101130504392"
    assert luhn.is_valid(rest)
    assert {value for _, value in found(f"track data of the card: %B{CARD}^LONGSON/ANN^{rest}?")} == {CARD}
    assert {value for _, value in found(f"track data of the card: ;{CARD}={rest}?")} == {CARD}


@pytest.mark.parametrize(
    "word",
    [
        "Karten-Nr.",
        "Betaalkaart",
        "Kredittkort",
        "kartou",
        "cardul",
        "کارت",
        "कार्ड",
        "কার্ড",
        "ქარდი ბარათი",
        "Krediidikaart",
    ],
)
def test_words_for_cards_count_in_many_languages(found, word):
    number = groups(CARD, "\n")
    assert "payment-card" in kinds(found(f"{word}: {number}\n"))


@pytest.mark.parametrize(
    "word",
    [
        "Spendenkonto",
        "bankrekening",
        "contul",
        "Számlaszám",
        "Рачун",
        "λογαριασμού",
        "账号",
        "شبا",
        "Tài khoản",
        "खाता",
    ],
)
def test_words_for_accounts_count_in_many_languages(found, word):
    assert "iban" in kinds(found(f"{word}: {' '.join(IBAN)}\n"))
