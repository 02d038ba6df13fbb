"""Structure and check digits of health cards, papers, devices and companies that python-stdnum doesn't know."""

from __future__ import annotations

import re

from casb_cli.scan.detect.checks_personal import luhn_text, plain


def fr_company(value: bytes) -> bool:
    """Hold for a French SIREN or SIRET: Luhn's digit of the first nine digits, and of all."""
    text = plain(value)
    return len(text) in (9, 14) and text.isdigit() and luhn_text(text[:9]) and (len(text) == 9 or luhn_text(text))


def br_cns(value: bytes) -> bool:
    """Hold for a Brazilian health card number: fifteen digits whose weighted sum is divided by 11."""
    text = plain(value)
    return (
        re.fullmatch(r"[1-37-9][0-9]{14}", text) is not None
        and len(set(text)) > 3
        and sum(int(digit) * (15 - at) for at, digit in enumerate(text)) % 11 == 0
    )


def health_card(value: bytes) -> bool:
    """Hold for the number of a European health insurance card: 80, a country's number, fifteen further digits."""
    text = plain(value)
    return re.fullmatch(r"80[0-8][0-9]{17}", text) is not None and len(set(text)) > 3


def medical_record(value: bytes) -> bool:
    """Hold for six to ten digits behind up to three letters, no day and not all alike."""
    text = plain(value)
    figures = text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return (
        6 <= len(figures) <= 10
        and figures.isdigit()
        and len(set(figures)) > 2
        and re.fullmatch(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])", text) is None
    )


def us_hicn(value: bytes) -> bool:
    """Hold for a social security number that may have been given out, and a letter."""
    text = plain(value)
    return re.fullmatch(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}[A-Z][0-9A-Z]?", text) is not None


def us_alien(value: bytes) -> bool:
    """Hold for an A and eight or nine digits, three of them different."""
    text = plain(value)
    return re.fullmatch(r"A[0-9]{8,9}", text) is not None and len(set(text[1:])) > 2


def imsi(value: bytes) -> bool:
    """Hold for fifteen digits that begin with the country code of a mobile network."""
    text = plain(value)
    return re.fullmatch(r"[2-7][0-9]{14}", text) is not None and len(set(text)) > 3


def iccid(value: bytes) -> bool:
    """Hold for the number of a SIM card: 89, seventeen or eighteen digits, Luhn's digit at the end of the nineteen."""
    text = plain(value)
    return re.fullmatch(r"89[0-9]{17,18}", text) is not None and (luhn_text(text) or luhn_text(text[:19]))


def ru_oms(value: bytes) -> bool:
    """Hold for sixteen digits with Luhn's digit."""
    text = plain(value)
    return len(text) == 16 and text.isdigit() and len(set(text)) > 3 and luhn_text(text)


def se_giro(value: bytes) -> bool:
    """Hold for the digits of a Bankgiro or Plusgiro number, whose last one is right by Luhn's rule."""
    text = plain(value)
    return text.isdigit() and len(set(text)) > 2 and luhn_text(text)


CHECKS = {
    check.__name__: check
    for check in (fr_company, br_cns, health_card, medical_record, us_hicn, us_alien, imsi, iccid, ru_oms, se_giro)
}
