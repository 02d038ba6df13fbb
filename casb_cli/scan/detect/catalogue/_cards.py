"""Payment cards: the words beside them, and the ways in which people and programs write them."""

from __future__ import annotations

from casb_cli.scan.detect.examples import card, grouped
from casb_cli.scan.detect.rules import Rule

# What joins groups of digits: spaces, dash, point, and the spaces and dashes of all widths of word processors.
_WIDTHS = r"\xe2(?:\x80[\x80-\x95\xaf]|\x81\xa0|\x88\x92)|\xe3\x80\x80"
JOINT = rf"(?: {{1,2}}|[-._]|\xc2[\xa0\xad\xb7]|{_WIDTHS})"
# Behind a caret, or many digits and a sign of equality, a magnetic stripe goes on: the card's number was before them.
# A comma before is one between values, but for a nought before it: then it is a fraction's. Behind `(01)` a bar code
# (GS1) has the number of an article.
_CARD_START = (
    r"(?<![0-9A-Za-z_$^])(?<!\(0[0-3]\))(?<![0-9][.\-/:])(?<![0-9]{6}=)(?<![^0-9]0,)(?<![A-Za-z_][\-/])(?<![^A-Za-z]\.)"
)
# What names a mailbox or a mail is no card.
_NO_ADDRESS = r"(?![A-Za-z0-9.+_\-]{0,60}@[A-Za-z0-9])"
# A brand, or the word for the date of expiry, may follow without a space; on a chip that date itself, behind a D.
_CARD_TAIL = (
    r"(?![0-9_])(?:(?![A-Za-z])|(?=(?i:exp|cv[cv]|visa|master|amex|american|discover|diners|jcb|maestro|mir))"
    r"|(?=D[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}))"
)
# What follows behind a stroke or a colon may be the date of expiry.
_CARD_END = _CARD_TAIL + _NO_ADDRESS + r"(?!(?![/:](?:0[1-9]|1[0-2])[/:]?[0-9]{2})[.\-/:][0-9])"

_NO_MONTH = r"(?!(?:0[1-9]|1[0-2])[ /\-][23][0-9](?![0-9]))"
"""In front of a last, short group: the month and the year up to which a card lasts are none."""

# In scripts without a case of their own, and in Cyrillic and Greek, the stem stands for all its forms.
_CARD_NAMES = (
    "card|cards|cardholder|credit card|debit card|card number|card no|ccnum|cc number|cc no|credit|debit"
    "|cvv|cvc|pan|visa|mastercard|amex|american express|maestro|jcb|diners|unionpay|troy|uzcard|humo"
    "|karte|kreditkarte|kartennummer|kartennr|kreditkartennummer|carte|carte bancaire|carte bleue"
    "|tarjeta|cartão|cartao|carta di credito|carta|kaart|creditcard|kaartnummer|kort|kortnummer"
    "|kreditkort|bankkort|betalkort|betalingskort|dankort|kortti|kortin|kortilta|luottokortti"
    "|luottokortin|maksukortti|karta|karty|kartę|kartą|kartu|kart|kartı|kartım|kartımdan|kart numarası"
    "|kartica|karticu|kártya|kártyaszám|kártyám|kártyámat|bankkártya|bankkártyámat|hitelkártya|карт|κάρτ"
    "|カード|クレカ|信用卡|銀行卡|银行卡|卡号|卡號|카드|بطاق|כרטיס|บัตร|thẻ|karten|karten nr|kk nr|girokarte|bankkarte"
    "|zahlungskarte|kreditkarten|targeta|tarjetas|creditcardnummer|betaalkaart|pinpas|kaarten|kortnr"
    "|kortet|betalningskort|kredittkort|bankkortet|pankkikortti|korttia|kortilla|korttinumero|kartou"
    "|kartice|karticom|kartico|kartici|kártyával|kártyáról|kartınız|kartela|cardul|cardului|cartões"
    "|cartoes|kad kredit|nombor kad|krediidikaart|kaardi|kredītkarte|kartes|karti|kortelė|kortelės"
    "|kortele|kortanúmer|greiðslukort|kredietkaart|kadi ya mkopo|payment method|paid with|کارت|कार्ड"
    "|কার্ড|கார்டு|ბარათ|քարտ|uatp|track2|zahlkarte|kontokort|kontokortsnummer|kreditkortsnummer|betalkortsnummer"
)
_CARD_WORDS = tuple(_CARD_NAMES.split("|"))

# Beside a word for cards more ways of writing tell enough: other groups, each part of a group joined in another way,
# broken by a line's end with what mails and letters put before the next one, a digit at a time.
SPACE = rf"(?:[\s\-./_|>*+~:\[\]]|%20|\xc2[\xa0\xad\xb7]|\xe2\x80[\x96-\xae]|{_WIDTHS})"
APART = rf"{SPACE}{{1,5}}"
_GAP = rf"{SPACE}{{1,8}}"
_BREAK = r"[\-\x5c]?[ \t]{0,3}\r?\n[ \t>|*#]{0,8}"
# A plus sign may be a telephone number's; behind a letter it stands for a blank in an address.
_FREE = r"(?<![0-9A-Za-z_$^%])(?<![^0-9A-Za-z]\+)(?<![0-9][.\-/:])(?<![0-9]{6}=)"
ENCODED = r"(?<=%20)|(?<=%2[2C])|(?<=%3[ADad])"
"""Behind a blank, a quote, a comma, a colon or a sign of equality of an address, which end in what else joins on."""
_BEHIND_WORD = "|".join(
    f"(?<=(?i:{word}))" for word in ("visa", "card", "amex", "kart", "pan", "jcb", "mir", "maestro")
)
_CELL = rf"(?:{SPACE}{{1,8}}|[;,])"
"""A gap, or what parts the cells of a table in text."""
_FOURS = rf"[2-9][0-9]{{3}}{_CELL}[0-9]{{4}}{_CELL}[0-9]{{4}}{_CELL}[0-9]"
# In a longer row of cells they are numbers of their own, but for the year or the month of expiry behind them.
_ROW_BEFORE = r"(?!(?<=[0-9]{4}[;,])[0-9]{4}[;,])"
_ROW_BEHIND = r"(?!(?<=[;,][0-9]{4})[;,](?!(?:0[1-9]|1[0-2])[0-9]{2}\b|20[2-4][0-9]\b)[0-9]{4})"
# Its last group is joined as the others are: what another joint parts is another cell.
_NINETEEN = rf"[2-9][0-9]{{3}}(?P<g>{_GAP})[0-9]{{4}}(?P=g)[0-9]{{4}}(?P=g)[0-9]{{4}}(?P=g)[0-9]{{2,3}}"
_TWELVE = rf"[056][0-9]{{3}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}"
_FIFTEEN = r"(?:[13][0-9]{3}|2131)"


def _named_card(hint: str, form: str, wide: int) -> Rule:
    return Rule(
        hint=hint,
        pattern=rf"(?:{_FREE}|{ENCODED}|{_BEHIND_WORD})(?P<v>{form}){_CARD_TAIL}{_NO_ADDRESS}",
        before=wide,
        after=wide,
        digit=True,
        words=_CARD_WORDS,
        checks=("named_card",),
    )


_NAMED_CARDS = (
    _named_card(_FOURS, rf"{_ROW_BEFORE}{_FOURS}[0-9]{{0,3}}{_ROW_BEHIND}", 80),
    _named_card(rf"{_FOURS}[0-9]{{3}}{_GAP}[0-9]", _NINETEEN, 96),
    _named_card(rf"{_TWELVE}", rf"{_TWELVE}(?!{_GAP}[0-9])", 64),
    _named_card(rf"{_FIFTEEN}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4}}", rf"{_FIFTEEN}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}}", 64),
    _named_card(rf"[0-9](?:{APART}[0-9]){{12}}", rf"[2-9](?:{APART}[0-9]){{12,18}}(?!{APART}[0-9](?![0-9]))", 160),
    # Of thirteen digits at least seven stand on one of the lines; a row that ends and begins with a few is none.
    _named_card(rf"[0-9]{{7}}{_BREAK}[0-9]|[0-9]{_BREAK}[0-9]{{7}}", rf"[2-9][0-9]{{2,17}}{_BREAK}[0-9]{{1,16}}", 48),
    _named_card(r"[2-9][0-9]{3,14}[ \-][0-9]{4}", r"[2-9][0-9]{3,14}[ \-][0-9]{4,12}(?:[ \-][0-9]{4,11})?", 40),
    _named_card(r"[0-9]{12}", r"[0-9]{12,19}", 24),
)  # fmt: skip

# One rule for each way of writing: the one pass is several times faster than with one hint for all of them.
CARD_RULES = (
    Rule(
        hint=r"\b[2-6][0-9]{12}",
        pattern=_CARD_START + r"(?P<v>[2-6][0-9]{13,15})" + _CARD_END,
        before=16,
        after=24,
    ),
    Rule(
        hint=r"\b[2-6][0-9]{3}" + JOINT + r"[0-9]{4}" + JOINT + r"[0-9]{4}",
        pattern=(
            _CARD_START
            + r"(?P<v>[2-6][0-9]{3}(?P<j>"
            + JOINT
            + r")[0-9]{4}(?P=j)[0-9]{4}(?P=j)[0-9]{2,4}(?:(?P=j)"
            + _NO_MONTH
            + r"[0-9]{1,3})?)"
            + _CARD_END
        ),
        before=48,
        after=40,
    ),
    Rule(
        hint=r"\b3[0-9]{3}" + JOINT + r"[0-9]{6}" + JOINT + r"[0-9]{4}",
        pattern=_CARD_START + r"(?P<v>3[0-9]{3}(?P<k>" + JOINT + r")[0-9]{6}(?P=k)[0-9]{4,5})" + _CARD_END,
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
    Rule(hint=r"%B[0-9]{12}", pattern=r"%B(?P<v>[0-9]{12,19})\^", checks=("named_card",), before=24, after=24),
)


def card_examples() -> tuple[str, ...]:
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


def other_numbers() -> tuple[str, ...]:
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
