"""Checks of personal numbers of Europe that python-stdnum lacks, or that have structure alone."""

from __future__ import annotations

import re

from casb_cli.scan.detect.checking import check, digits, luhn, plain, possible_day, summed
from casb_cli.scan.detect.checks_documents import letters_digits
from casb_cli.scan.detect.expressions import expression


def _ordinal(letter: str) -> str:
    """Return a letter's place in the alphabet in two digits: A is 01."""
    return f"{ord(letter) - 64:02d}"


@check
def icao_731(value: bytes) -> bool:
    """Hold where the last digit is the check of what stands before it by weights 7, 3, 1 (ICAO Doc 9303)."""
    text = plain(value)
    return text[-1:].isdigit() and summed(text[:-1], (7, 3, 1) * 15) % 10 == int(text[-1])


@check
def de_document(value: bytes) -> bool:
    """Hold for the number of a German passport or identity card: its nine characters, and a digit that may check them.

    Without that digit they must be letters and digits as chance mixes them.
    """
    text = plain(value)
    if len(text) == 9:
        return re.fullmatch(r"[CFGHJKLMNPRTVWXYZ](?=[A-Z]*[0-9]+[A-Z])[0-9CFGHJKLMNPRTVWXYZ]{8}", text) is not None
    return len(text) == 10 and icao_731(value) and sum(c.isdigit() for c in text) >= 2


@check
def de_insurance(value: bytes) -> bool:
    """Hold for a German pension insurance number: a possible birthday and a right check digit."""
    text = plain(value)
    if not re.fullmatch(r"\d{8}[A-Z]\d{3}", text) or not possible_day(text[2:4], text[4:6]):
        return False
    digits = text[:8] + _ordinal(text[8]) + text[9:11]
    products = (int(d) * w for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(text[11])


@check
def de_health(value: bytes) -> bool:
    """Hold for the unchangeable part of a German health insurance number."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z]\d{9}", text):
        return False
    digits = _ordinal(text[0]) + text[1:9]
    products = (int(d) * w for d, w in zip(digits, (1, 2) * 5, strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(text[9])


@check
def es_social_security(value: bytes) -> bool:
    """Hold for a Spanish social security number of a province: the last two digits are the remainder by 97."""
    text = plain(value)
    if not re.fullmatch(r"\d{12}", text) or not 1 <= int(text[:2]) <= 66:
        return False
    province, number = int(text[:2]), int(text[2:10])
    whole = province * 10**7 + number if number < 10**7 else int(text[:10])
    return int(text[10:]) in (whole % 97, int(text[:10]) % 97)  # offices differ about numbers with a nought in front


_NINO = expression(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")


@check
def gb_nino(value: bytes) -> bool:
    """Hold for a British national insurance number with a prefix that is given out."""
    return _NINO.fullmatch(plain(value)) is not None


@check
def gb_driving_licence(value: bytes) -> bool:
    """Hold for a British driver number: name, then decade, month (plus 50 for women), day and year of birth."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z]{1,5}9{0,4}\d{6}[A-Z][A-Z9][0-9A-Z][A-Z]{2}", text) or len(text) != 16:
        return False
    month = int(text[6:8])
    return possible_day(text[8:10], f"{month - 50 if month > 50 else month:02d}")


@check
def hu_tax(value: bytes) -> bool:
    """Hold for a Hungarian personal tax number: the weighted sum by 11 is the last digit."""
    text = plain(value)
    return text.isdigit() and len(text) == 10 and summed(text, range(1, 10)) % 11 == int(text[9])


@check
def hu_health(value: bytes) -> bool:
    """Hold for a Hungarian social security number: weights 3 and 7, modulo 10."""
    text = plain(value)
    return text.isdigit() and len(text) == 9 and summed(text[:8], (3, 7) * 4) % 10 == int(text[8])


@check
def lu_national(value: bytes) -> bool:
    """Hold for a Luxembourgish number: a day of birth, Luhn's digit, then Verhoeff's, both over the first eleven."""
    import stdnum.verhoeff

    text = plain(value)
    if not re.fullmatch(r"\d{13}", text) or not possible_day(text[6:8], text[4:6]):
        return False
    return luhn(text[:12].encode()) and bool(stdnum.verhoeff.is_valid(text[:11] + text[12]))


@check
def pl_identity_card(value: bytes) -> bool:
    """Hold for a Polish identity card: the fourth character checks all others."""
    text = plain(value)
    weights = (7, 3, 1, 9, 7, 3, 1, 7, 3)
    return re.fullmatch(r"[A-Z]{3}\d{6}", text) is not None and summed(text, weights) % 10 == 0


@check
def se_personal(value: bytes) -> bool:
    """Hold for a Swedish personal or coordination number (60 more than the day): a possible day and Luhn's digit."""
    digits = "".join(filter(str.isdigit, value.decode()))
    day = int(digits[-6:-4])
    return (
        len(digits) in {10, 12}
        and possible_day(f"{day - 60 if day > 60 else day}", digits[-8:-6])
        and luhn(digits[-10:].encode())
    )


@check
def ru_snils(value: bytes) -> bool:
    """Hold for a Russian insurance number: the weighted sum by 101."""
    text = plain(value)
    if not re.fullmatch(r"\d{11}", text):
        return False
    return summed(text, range(9, 0, -1)) % 101 % 100 == int(text[9:])


@check
def hu_personal(value: bytes) -> bool:
    """Hold for a Hungarian personal number: a day of birth and a sum by 11, its weights falling until 1996."""
    text = plain(value)
    if not re.fullmatch(r"[1-8]\d{10}", text) or not possible_day(text[5:7], text[3:5]):
        return False
    rising, falling = summed(text[:10], range(1, 11)), summed(text[:10], range(10, 0, -1))
    return int(text[10]) in (rising % 11, falling % 11)


@check
def jmbg(value: bytes) -> bool:
    """Hold for a personal number of the Yugoslav successors: day of birth, region, sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{4}[09]\d{8}", text) or not possible_day(text[:2], text[2:4]):
        return False
    rest = 11 - summed(text[:12], (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return int(text[12]) == (0 if rest > 9 else rest)


@check
def mt_id(value: bytes) -> bool:
    """Hold for up to seven digits and one of the letters that Maltese cards have."""
    return re.fullmatch(r"\d{3,7}[MGAPLHBZ]", plain(value)) is not None


_PRIMES = (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)


_VAT = expression(
    r"ATU\d{8}|BE[01]?\d{9}|BG\d{9,10}|CHE\d{9}(?:MWST|TVA|IVA)?|CY\d{8,9}[A-Z]|CZ\d{8,10}|DE\d{9}|DK\d{8}|EE\d{9}|(?:EL|GR)\d{9}"
    r"|ES[A-Z0-9]\d{7}[A-Z0-9]|FI\d{8}|FR[A-Z0-9]{2}\d{9}|(?:GB|XI)(?:\d{9}(?:\d{3})?|(?:GD|HA)\d{3})|HR\d{11}|HU\d{8}"
    r"|IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|IT\d{11}|LT(?:\d{9}|\d{12})|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}|NO\d{9}(?:MVA)?|PL\d{10}"
    r"|PT\d{9}|RO\d{2,10}|SE\d{12}|SI\d{8}|SK\d{10}"
)


@check
def pt_niss(value: bytes) -> bool:
    """Hold for a Portuguese social security number: the weighted sum of primes."""
    text = plain(value)
    if not re.fullmatch(r"[12]\d{10}", text):
        return False
    return 9 - sum(int(char) * weight for char, weight in zip(text[:10], _PRIMES, strict=True)) % 10 == int(text[10])


@check
def gb_labelled(value: bytes) -> bool:
    """Hold for two letters, six digits and a letter: beside its name a temporary or voided number counts too."""
    return re.fullmatch(r"[A-Z]{2}\d{6}[A-Z]", plain(value)) is not None


@check
def by_personal(value: bytes) -> bool:
    """Hold for a Belarusian number: sex and century, day of birth, region, number, citizenship."""
    text = plain(value)
    return re.fullmatch(r"[1-6]\d{6}[ABCHKEM]\d{3}[A-Z]{2}\d", text) is not None and 1 <= int(text[3:5]) <= 12


@check
def nl_document(value: bytes) -> bool:
    """Hold for two letters, letters and digits by chance, a digit: one form alone in having letters in the middle.

    A word in small letters with one digit behind it is a name.
    """
    text = plain(value)
    if value.islower() and len(digits(value)) == 1:
        return False
    return len(text) == 9 and not text[2:].isdigit() and letters_digits(value)


@check
def vat_number(value: bytes) -> bool:
    """Hold for the structure that a European country's VAT numbers have."""
    return _VAT.fullmatch(plain(value)) is not None


@check
def fr_company(value: bytes) -> bool:
    """Hold for a French SIREN or SIRET: Luhn's digit of the first nine digits, and of all."""
    text = plain(value)
    return len(text) in (9, 14) and text.isdigit() and luhn(text[:9].encode()) and luhn(text.encode())


@check
def health_card(value: bytes) -> bool:
    """Hold for the number of a European health insurance card: 80, a country's number, fifteen further digits."""
    text = plain(value)
    return re.fullmatch(r"80[0-8][0-9]{17}", text) is not None and len(set(text)) > 3


@check
def ru_oms(value: bytes) -> bool:
    """Hold for sixteen digits with Luhn's digit."""
    text = plain(value)
    return len(text) == 16 and text.isdigit() and len(set(text)) > 3 and luhn(text.encode())
