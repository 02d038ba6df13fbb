"""Payment and personal data: cards, accounts, social security numbers, addresses in bulk."""

from __future__ import annotations

from casb_cli.scan.detect.examples import card, digits, grouped, iban
from casb_cli.scan.detect.rules import Detector, Rule

# What joins groups of digits: spaces, dash, point, and the no-break, thin and narrow forms of word processors.
_JOINT = r"(?: {1,2}|[-._]|\xc2\xa0|\xe2\x80[\x87\x89\x8b\x91\x93\xaf])"
_NOT_BEFORE = r"(?<![0-9A-Za-z_$])(?<![0-9][.\-/:])(?<![0-9][ ])"
_NOT_AFTER = r"(?![0-9A-Za-z_])(?![.\-/:][0-9])(?![ ][0-9])"

# A comma before is one between values, but for a nought before it: then it is a fraction's.
_CARD_START = r"(?<![0-9A-Za-z_$])(?<![0-9][.\-/:])(?<![^0-9]0,)(?<![A-Za-z_][\-/])(?<![^A-Za-z]\.)"
# What follows behind a stroke may be the date of expiry.
# A brand, or the word for the date of expiry, may follow without a space.
_CARD_TAIL = r"(?![0-9_])(?:(?![A-Za-z])|(?=(?i:exp|cv[cv]|visa|master|amex|american|discover|diners|jcb|maestro|mir)))"
_CARD_END = _CARD_TAIL + r"(?!(?!/(?:0[1-9]|1[0-2])/?[0-9]{2})[.\-/:][0-9])"

# In scripts without a case of their own, and in Cyrillic and Greek, the stem stands for all its forms.
_CARD_WORDS = (
    "card",
    "cards",
    "credit card",
    "debit card",
    "card number",
    "card no",
    "ccnum",
    "cc number",
    "cc no",
    "pan",
    "visa",
    "mastercard",
    "amex",
    "american express",
    "maestro",
    "jcb",
    "diners",
    "unionpay",
    "rupay",
    "troy",
    "uzcard",
    "humo",
    "karte",
    "karten",
    "kreditkarte",
    "kartennummer",
    "kartennr",
    "kreditkartennummer",
    "carte",
    "carte bancaire",
    "carte bleue",
    "tarjeta",
    "cartão",
    "cartao",
    "carta di credito",
    "carta",
    "kaart",
    "creditcard",
    "kaartnummer",
    "bankpas",
    "kort",
    "kortet",
    "kortnummer",
    "kortnr",
    "kreditkort",
    "bankkort",
    "betalkort",
    "betalingskort",
    "dankort",
    "kortti",
    "kortin",
    "kortilta",
    "luottokortti",
    "luottokortin",
    "maksukortti",
    "karta",
    "karty",
    "kartę",
    "kartą",
    "kartou",
    "kartu",
    "kart",
    "kartı",
    "kartım",
    "kartımdan",
    "kartından",
    "kart numarası",
    "kartica",
    "kartice",
    "karticu",
    "kártya",
    "kártyaszám",
    "kártyám",
    "bankkártya",
    "hitelkártya",
    "cardul",
    "карт",
    "κάρτ",
    "カード",
    "クレカ",
    "信用卡",
    "銀行卡",
    "银行卡",
    "卡号",
    "卡號",
    "카드",
    "بطاق",
    "כרטיס",
    "บัตร",
    "thẻ",
)

# Beside a word for cards more ways of writing tell enough: other groups, each part of a group joined in another way,
# broken by a line's end with what mails and letters put before the next one, a digit at a time.
_SPACE = r"(?:[\s\-./_|>*+]|%20|\xc2[\xa0\xad]|\xe2\x80[\x80-\xaf]|\xe2\x81\xa0|\xe3\x80\x80)"
_APART = rf"{_SPACE}{{1,3}}"
_GAP = rf"{_SPACE}{{1,8}}"
_BREAK = r"[\-\x5c]?[ \t]{0,3}\r?\n[ \t>|*#]{0,8}"
_FREE = r"(?<![0-9A-Za-z_$])(?<![0-9][.\-/:])"
_BEHIND_WORD = "|".join(f"(?<=(?i:{word}))" for word in ("visa", "card", "amex", "kart", "pan", "jcb", "mir", "maestro"))
_FOURS = rf"[2-9][0-9]{{3}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]"


def _named_card(hint: str, form: str, wide: int) -> Rule:
    return Rule(
        hint=hint,
        pattern=rf"(?:{_FREE}|{_BEHIND_WORD})(?P<v>{form}){_CARD_TAIL}",
        before=wide,
        after=wide,
        digit=True,
        words=_CARD_WORDS,
        checks=("named_card",),
    )


_NAMED_CARDS = (
    _named_card(_FOURS, rf"{_FOURS}[0-9]{{0,3}}", 80),
    _named_card(rf"{_FOURS}[0-9]{{3}}{_GAP}[0-9]", rf"{_FOURS}[0-9]{{3}}{_GAP}[0-9]{{2,3}}", 96),
    _named_card(rf"3[0-9]{{3}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4}}", rf"3[0-9]{{3}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}}", 64),
    _named_card(rf"[0-9](?:{_APART}[0-9]){{12}}", rf"[2-9](?:{_APART}[0-9]){{12,18}}(?!{_APART}[0-9])", 160),
    _named_card(rf"[0-9]{_BREAK}[0-9]", rf"[2-9][0-9]{{2,17}}{_BREAK}[0-9]{{1,16}}", 48),
    _named_card(r"[2-9][0-9]{3,14}[ \-][0-9]{4}", r"[2-9][0-9]{3,14}[ \-][0-9]{4,12}(?:[ \-][0-9]{4,8})?", 40),
    _named_card(r"[0-9]{12}", r"[0-9]{12,19}", 24),
)  # fmt: skip

# One rule for each way of writing: the one pass is several times faster than with one hint for all of them.
_CARD = (
    Rule(
        hint=r"\b[2-6][0-9]{12}",
        pattern=_CARD_START + r"(?P<v>[2-6][0-9]{12,18})" + _CARD_END,
        before=16,
        after=24,
    ),
    Rule(
        hint=r"\b[2-6][0-9]{3}" + _JOINT + r"[0-9]{4}" + _JOINT + r"[0-9]{4}",
        pattern=(
            _CARD_START
            + r"(?P<v>[2-6][0-9]{3}(?P<j>"
            + _JOINT
            + r")[0-9]{4}(?P=j)[0-9]{4}(?P=j)[0-9]{2,4}(?:(?P=j)[0-9]{1,3})?)"
            + _CARD_END
        ),
        before=48,
        after=40,
    ),
    Rule(
        hint=r"\b3[0-9]{3}" + _JOINT + r"[0-9]{6}" + _JOINT + r"[0-9]{4}",
        pattern=_CARD_START + r"(?P<v>3[0-9]{3}(?P<k>" + _JOINT + r")[0-9]{6}(?P=k)[0-9]{4,5})" + _CARD_END,
        before=24,
        after=16,
    ),
    *_NAMED_CARDS,
    # Troy's numbers begin as no others do.
    Rule(
        hint=r"\b9792(?:[0-9]{9}|[ \-][0-9]{4}[ \-][0-9]{4})",
        pattern=_CARD_START + r"(?P<v>9792(?P<j>[ \-]?)[0-9]{4}(?P=j)[0-9]{4}(?P=j)[0-9]{4})" + _CARD_END,
        checks=("named_card",),
        before=24,
        after=24,
    ),
    # How airlines and travel agents write it: a code of two letters right in front.
    Rule(
        hint=r"CC(?:VI|CA|MC|AX|DC|DS|JC|TP|UP)[0-9]{13}",
        pattern=r"(?<![A-Za-z])CC[A-Z]{2}(?P<v>[1-6][0-9]{12,18})(?![0-9A-Za-z])",
        checks=("named_card",),
        before=24,
        after=24,
    ),
    # A magnetic stripe's first track.
    Rule(hint=r"%B[0-9]{13}", pattern=r"%B(?P<v>[0-9]{13,19})\^", before=24, after=24),
)


def _cards() -> tuple[str, ...]:
    return (
        f"Card: {card('4539')}",
        f"pay with {grouped(card('5212', 16, 2))} please",
        f"Visa {grouped(card('4716', 16, 3), 4, '-')} exp 11/29",
        f"amex {card('3742', 15, 4)}",
        f"amex {card('3467', 15, 5)[:4]} {card('3467', 15, 5)[4:10]} {card('3467', 15, 5)[10:]}",
        f"number;holder\n{card('6011', 16, 6)};Ann",
        f"Karte {grouped(card('2230', 16, 7), 4, chr(0xA0))}",
        f"Card {grouped(card('4539', 16, 8), 4, '.')}",
        f"Mir {grouped(card('2200', 16, 9))}",
        f"amex {grouped(card('3782', 15, 10))}",
        f"1,{card('4539', 16, 11)},2",
        f"{card('4539', 16, 12)}/11/29",
        f"%B{card('4539', 16, 13)}^DOE/ANN^2911",
        f"Visa {grouped(card('4539', 19, 14))}",
    )


def _no_cards() -> tuple[str, ...]:
    good = card("4539")
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    return (
        f"Card: {wrong}",
        "test card " + "4111" * 1 + "1111" * 3,
        f"id 7{good}",
        f"token_{good}",
        f"1.{good}",
        "timestamps 1711111111111 1722222222222",
        f"{good[:8]}-{good[8:12]}-{good[12:16]}",
        "4444 4444 4444 4448",
        '["' + b"Creative".hex() + '", ".voc"]',
        f"fraction 0,{good} of it",
        f"fuzzer-{good}",
        "order_id,name\n" + "".join(f"{number},Ann\n" for number in range(int(good) - 9, int(good) + 9)),
    )


_IBAN_SIZES = {
    15: "NO",
    16: "BE",
    18: "DK|FI|FK|FO|GL|NL|SD",
    19: "MK|SI",
    20: "AT|BA|EE|KZ|LT|LU|MN|XK",
    21: "CH|HR|LI|LV",
    22: "BG|BH|CR|DE|GB|GE|IE|ME|RS|VA",
    23: "AE|GI|IL|IQ|OM|SO|TL",
    24: "AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG",
    25: "LY|PT|ST",
    26: "IS|TR",
    27: "BI|DJ|FR|GR|IT|MC|MR|SM",
    28: "AL|AZ|BY|CY|DO|GT|HN|HU|LB|NI|PL|SV",
    29: "BR|EG|PS|QA|UA",
    30: "JO|KW|MU|YE",
    31: "MT|SC",
    32: "LC",
    33: "RU",
}
"""Characters of an IBAN by country (SWIFT's registry of IBAN formats)."""
_IBAN_JOINT = r"(?: {1,2}|[.-]|\xc2\xa0|\xe2\x80[\x87\x89\x8b\x91\x93\xaf])"


def _iban_form(space: str, joint: str) -> str:
    """Return the expression of an IBAN, with what may stand behind its country and between its characters."""
    forms = (
        rf"(?:{countries}){space}[0-9]{{2}}(?:{joint}[A-Z0-9]){{{size - 4}}}" for size, countries in _IBAN_SIZES.items()
    )
    return rf"(?P<v>{'|'.join(forms)})(?![0-9A-Za-z])"


_IBAN = Rule(
    hint=r"\b[A-Z]{2}[0-9]{2}(?:" + _IBAN_JOINT + r"?[A-Z0-9]){11}",
    pattern=r"(?<![0-9A-Za-z])(?=[A-Z]{2}[0-9]{2})" + _iban_form("", f"{_IBAN_JOINT}?"),
    caseless=True,
    before=64,
    after=96,
    tight=15,
)

_IBAN_WORDS = (
    "iban",
    "bank account",
    "account number",
    "account no",
    "acct",
    "bank details",
    "bankverbindung",
    "konto",
    "kontonummer",
    "bankkonto",
    "compte",
    "rib",
    "cuenta",
    "conto",
    "conta",
    "rekening",
    "rekeningnummer",
    "rachunek",
    "rachunku",
    "tili",
    "tilinumero",
    "účet",
    "účtu",
    "hesap",
    "számla",
    "bankszámla",
    "счет",
    "счёт",
    "сметка",
    "рахунок",
    "λογαριασμός",
    "حساب",
    "חשבון",
    "bic",
    "swift",
    "račun",
    "口座",
    "账户",
    "帐号",
    "계좌",
    "บัญชี",
)
# Behind the word itself, or behind the mark of a field in an account's statement (MT940).
_GLUED_IBAN = Rule(
    hint=r"(?:IBAN|\?3[18])[A-Z]{2}[0-9]{2}",
    pattern=rf"(?:IBAN|\?3[18]){_iban_form('', f'{_IBAN_JOINT}?')}",
    caseless=True,
    before=16,
    after=96,
)
# Beside a word for accounts it may be broken by a line's end or parted in any way.
_NAMED_IBAN = Rule(
    hint=rf"[A-Z]{{2}}[ \-]?[0-9]{{2}}(?:{_SPACE}{{0,9}}[A-Z0-9]){{3}}",
    pattern=r"(?<![0-9A-Za-z])" + _iban_form(r"[ \-]?", f"{_SPACE}{{0,9}}"),
    caseless=True,
    before=40,
    after=200,
    digit=True,
    words=_IBAN_WORDS,
)

# Apart from its country: groups of banks behind the check digits.
_PARTED_IBAN = Rule(
    hint=r"\b[A-Z]{2} [0-9]{2} [A-Z0-9]{4}(?: ?[A-Z0-9]){7}",
    pattern=r"(?<![0-9A-Za-z])(?=[A-Z]{2} [0-9]{2} )" + _iban_form(" ", " ?"),
    before=48,
    after=64,
)
# As in the boxes of a form: each character for itself.
_BOXED_IBAN = Rule(
    hint=rf"[A-Z](?:{_APART})[A-Z](?:{_APART}[0-9]){{2}}(?:{_APART}[A-Z0-9]){{8}}",
    pattern=rf"(?<![0-9A-Za-z])(?=[A-Z]{_APART}[A-Z]{_APART}[0-9]{_APART}[0-9])(?P<v>[A-Z](?:{_APART}[A-Z0-9]){{14,32}})(?![0-9A-Za-z])",
    before=96,
    after=160,
    digit=True,
    words=_IBAN_WORDS,
)

_SSN = (
    Rule(
        hint=r"\b[0-8][0-9]{2}[- .][0-9]{2}[- .][0-9]{4}",
        pattern=_NOT_BEFORE + r"(?P<v>[0-8][0-9]{2}(?P<j>[- .])[0-9]{2}(?P=j)[0-9]{4})" + _NOT_AFTER,
        before=24,
        after=8,
    ),
    Rule(
        hint=r"\b[0-8][0-9]{8}\b",
        pattern=r"(?<![0-9A-Za-z_$.\-/])(?P<v>[0-8][0-9]{8})(?![0-9A-Za-z_])(?![.\-/][0-9])",
        before=16,
        after=8,
    ),
)

_MAIL = Rule(
    hint=r"[A-Za-z0-9._%+\-]@[A-Za-z0-9]",
    pattern=r"(?<![A-Za-z0-9._%+\-/:@])(?P<v>[A-Za-z0-9_][A-Za-z0-9._%+\-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24})(?![A-Za-z0-9@])",
    before=80,
    after=256,
)


def _ibans() -> tuple[str, ...]:
    german = iban("DE", digits(18, 2))
    return (
        f"IBAN {german}",
        f"Konto: {grouped(german)}",
        f"pay to {grouped(iban('GB', 'WEST' + digits(14, 3)))} today",
        f"{iban('FR', digits(23, 4))};Ann",
        f"acct {iban('NO', digits(11, 5))}.",
        f"iban {german.lower()}",
        f"konto {grouped(iban('GB', 'WEST' + digits(14, 3))).lower()}",
        f"IBAN{german}",
        f"IBAN: DE {german[2:4]} {german[4:]}",
        f"IBAN {grouped(german, 4, chr(10))}",
        f"pay to {grouped(german, 4, '  ')} today",
    )


def _no_ibans() -> tuple[str, ...]:
    german = iban("DE", digits(18, 2))
    wrong = german[:-1] + str((int(german[-1]) + 1) % 10)
    return (f"IBAN {wrong}", f"x{german}", f"{german}9", "ABCD1234ABCD1234ABCD", f"IBAN {german[:12]}")


def _ssn(area: str, group: str, serial: str, joint: str = "-") -> str:
    return joint.join((area, group, serial))


def _ssns() -> tuple[str, ...]:
    return (
        "SSN: " + _ssn("219", "46", "7315"),
        "social security number " + _ssn("528", "61", "9042", " "),
        "name,ssn,city\nAnn," + "401" + "73" + "2986" + ",Berlin\nBob," + "512" + "34" + "8876" + ",Rome\n",
    )


def _no_ssns() -> tuple[str, ...]:
    return (
        "SSN: " + _ssn("000", "46", "7315"),
        "SSN: " + _ssn("666", "46", "7315"),
        "SSN: " + _ssn("912", "46", "7315"),
        "SSN: " + _ssn("219", "00", "7315"),
        "part " + "219" + "46" + "7315",
        "date 2019-46-7315",
        "SSN: " + _ssn("078", "05", "1120"),
    )


def _mails(count: int) -> str:
    return "\n".join(f"person{number}@mail{number % 7}.org" for number in range(count))


DETECTORS = (
    Detector(
        id="payment-card",
        title="Payment card number",
        family="payment",
        severity="high",
        confidence="medium",
        description="A card number in the range and length of a known brand with a right check digit.",
        reference="ISO/IEC 7812-1; the card brands' published number ranges",
        rules=_CARD,
        checks=("payment_card",),
        filters=(
            "test_number",
            "monotone",
            "sequence",
            "hex_text",
            "uuid",
            "lock_file",
            "minified",
            "other_number",
            "one_of_many",
        ),
        keywords=(
            "card",
            "cards",
            "credit",
            "creditcard",
            "debit",
            "visa",
            "mastercard",
            "amex",
            "american express",
            "discover",
            "diners",
            "jcb",
            "maestro",
            "unionpay",
            "pan",
            "cc",
            "ccnum",
            "cardnumber",
            "cvv",
            "cvc",
            "exp",
            "expiry",
            "expires",
            "payment",
            "karte",
            "kreditkarte",
            "carte",
            "tarjeta",
            "carta",
            "kaart",
        ),
        normal="digits",
        match=_cards,
        no_match=_no_cards,
    ),
    Detector(
        id="iban",
        title="International bank account number",
        family="payment",
        severity="medium",
        confidence="high",
        description="An IBAN in its country's structure with right check digits (mod 97).",
        reference="ISO 13616",
        rules=(_IBAN, _GLUED_IBAN, _PARTED_IBAN, _NAMED_IBAN, _BOXED_IBAN),
        checks=("iban",),
        filters=("monotone", "lock_file", "minified", "hexadecimal"),
        normal="alnum",
        match=_ibans,
        no_match=_no_ibans,
    ),
    Detector(
        id="us-ssn",
        title="US social security number",
        family="personal",
        severity="high",
        confidence="medium",
        description="A number that could have been issued, with words for it near by or as its column's name.",
        reference="Social Security Administration, number structure since 2011",
        rules=_SSN,
        checks=("us_ssn",),
        filters=("monotone", "sequence", "published_ssn", "lock_file", "minified"),
        keywords=(
            "ssn",
            "ssns",
            "ss no",
            "ss nr",
            "social security",
            "social security number",
            "social sec",
            "soc sec",
            "soc. sec",
            "taxpayer id",
            "tax id",
            "tin",
            "itin",
            "ss",
        ),
        required=True,
        distance=60,
        normal="digits",
        match=_ssns,
        no_match=_no_ssns,
    ),
    Detector(
        id="email-bulk",
        title="Many e-mail addresses",
        family="personal",
        severity="low",
        confidence="high",
        description="At least 50 distinct e-mail addresses in one file: a list of people, not a signature.",
        rules=(_MAIL,),
        checks=("mail_domain",),
        filters=("lock_file", "minified"),
        min_count=50,
        normal="lower",
        mask="none",
        match=lambda: (_mails(50), _mails(400)),
        no_match=lambda: (_mails(49), _mails(1) + "\n" + (_mails(1) + "\n") * 200, "a@b@c " * 100),
    ),
)
