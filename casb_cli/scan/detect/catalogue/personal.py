"""Payment and personal data: cards, accounts, social security numbers, addresses in bulk."""

from __future__ import annotations

import string

from casb_cli.scan.detect.catalogue._accounts import IBAN_RULES, account_examples, other_examples
from casb_cli.scan.detect.catalogue._cards import CARD_RULES, card_examples, other_numbers
from casb_cli.scan.detect.rules import Detector, Rule

_NOT_BEFORE = r"(?<![0-9A-Za-z_$])(?<![0-9][.\-/:])(?<![0-9][ ])"
_NOT_AFTER = r"(?![0-9A-Za-z_])(?![.\-/:][0-9])(?![ ][0-9])"

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
    led=string.ascii_letters + string.digits + "._%+-",
    before=80,
    after=256,
)


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
        rules=CARD_RULES,
        checks=("payment_card",),
        filters=(
            "test_number",
            "monotone",
            "sequence",
            "hex_text",
            "uuid",
            "lock_file",
            "minified",
            "next_row",
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
        match=card_examples,
        no_match=other_numbers,
    ),
    Detector(
        id="iban",
        title="International bank account number",
        family="payment",
        severity="medium",
        confidence="high",
        description="An IBAN in its country's structure with right check digits (mod 97).",
        reference="ISO 13616",
        rules=IBAN_RULES,
        checks=("iban",),
        filters=("monotone", "ragged", "lock_file", "minified", "hexadecimal"),
        normal="alnum",
        match=account_examples,
        no_match=other_examples,
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
        filters=("monotone", "sequence", "published_ssn", "other_label", "other_owner", "lock_file", "minified"),
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
