"""Checks of personal numbers that python-stdnum lacks: each takes the value's bytes and says whether it holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_PLAIN = re.compile(r"[^0-9A-Za-z]")


def plain(value: bytes) -> str:
    """Return the letters (capital) and digits of a value."""
    return _PLAIN.sub("", value.decode("ascii", "replace")).upper()


def _numbers(text: str) -> list[int]:
    """Return digits as themselves and letters as 10 to 35."""
    return [int(char, 36) for char in text]


def _weighted(numbers: Iterable[int], weights: Iterable[int]) -> int:
    return sum(number * weight for number, weight in zip(numbers, weights, strict=False))


def luhn_text(text: str) -> bool:
    """Hold for digits whose last one is right by Luhn's rule."""
    import stdnum.luhn

    return bool(stdnum.luhn.is_valid(text))


def _ordinal(letter: str) -> str:
    """Return a letter's place in the alphabet in two digits: A is 01."""
    return f"{ord(letter) - 64:02d}"


def icao_731(value: bytes) -> bool:
    """Hold where the last digit is the check of what stands before it by weights 7, 3, 1 (ICAO Doc 9303)."""
    text = plain(value)
    return text[-1:].isdigit() and _weighted(_numbers(text[:-1]), (7, 3, 1) * 15) % 10 == int(text[-1])


def de_document(value: bytes) -> bool:
    """Hold for the number of a German passport or identity card of ten characters with digits among them."""
    return len(plain(value)) == 10 and icao_731(value) and sum(c.isdigit() for c in plain(value)) >= 2


def de_insurance(value: bytes) -> bool:
    """Hold for a German pension insurance number: a possible birthday and a right check digit."""
    text = plain(value)
    if not re.fullmatch(r"\d{8}[A-Z]\d{3}", text) or not _day(text[2:4], text[4:6]):
        return False
    digits = text[:8] + _ordinal(text[8]) + text[9:11]
    products = (int(d) * w for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(text[11])


def de_health(value: bytes) -> bool:
    """Hold for the unchangeable part of a German health insurance number."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z]\d{9}", text):
        return False
    digits = _ordinal(text[0]) + text[1:9]
    products = (int(d) * w for d, w in zip(digits, (1, 2) * 5, strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(text[9])


def es_social_security(value: bytes) -> bool:
    """Hold for a Spanish social security number of a province: the last two digits are the remainder by 97."""
    text = plain(value)
    if not re.fullmatch(r"\d{12}", text) or not 1 <= int(text[:2]) <= 66:
        return False
    province, number = int(text[:2]), int(text[2:10])
    whole = province * 10**7 + number if number < 10**7 else int(text[:10])
    return int(text[10:]) in (whole % 97, int(text[:10]) % 97)  # offices differ about numbers with a nought in front


_NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")


def gb_nino(value: bytes) -> bool:
    """Hold for a British national insurance number with a prefix that is given out."""
    return _NINO.fullmatch(plain(value)) is not None


def gb_driving_licence(value: bytes) -> bool:
    """Hold for a British driver number: name, then decade, month (plus 50 for women), day and year of birth."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z]{1,5}9{0,4}\d{6}[A-Z][A-Z9][0-9A-Z][A-Z]{2}", text) or len(text) != 16:
        return False
    month = int(text[6:8])
    return _day(text[8:10], f"{month - 50 if month > 50 else month:02d}")


def hu_tax(value: bytes) -> bool:
    """Hold for a Hungarian personal tax number: the weighted sum by 11 is the last digit."""
    text = plain(value)
    return text.isdigit() and len(text) == 10 and _weighted(_numbers(text), range(1, 10)) % 11 == int(text[9])


def hu_health(value: bytes) -> bool:
    """Hold for a Hungarian social security number: weights 3 and 7, modulo 10."""
    text = plain(value)
    return text.isdigit() and len(text) == 9 and _weighted(_numbers(text[:8]), (3, 7) * 4) % 10 == int(text[8])


def lu_national(value: bytes) -> bool:
    """Hold for a Luxembourgish number: a day of birth, Luhn's digit, then Verhoeff's, both over the first eleven."""
    import stdnum.verhoeff

    text = plain(value)
    if not re.fullmatch(r"\d{13}", text) or not _day(text[6:8], text[4:6]):
        return False
    return luhn_text(text[:12]) and bool(stdnum.verhoeff.is_valid(text[:11] + text[12]))


def pl_identity_card(value: bytes) -> bool:
    """Hold for a Polish identity card: the fourth character checks all others."""
    text = plain(value)
    weights = (7, 3, 1, 9, 7, 3, 1, 7, 3)
    return re.fullmatch(r"[A-Z]{3}\d{6}", text) is not None and _weighted(_numbers(text), weights) % 10 == 0


def ru_snils(value: bytes) -> bool:
    """Hold for a Russian insurance number: the weighted sum by 101."""
    text = plain(value)
    if not re.fullmatch(r"\d{11}", text):
        return False
    return _weighted(_numbers(text), range(9, 0, -1)) % 101 % 100 == int(text[9:])


def ca_ohip(value: bytes) -> bool:
    """Hold for an Ontario health number of ten digits."""
    text = plain(value)
    return text.isdigit() and len(text) == 10 and luhn_text(text)


_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y]{2}\d\d"
)


def us_mbi(value: bytes) -> bool:
    """Hold for the structure of a Medicare beneficiary identifier, which has no check digit."""
    return _MBI.fullmatch(plain(value)) is not None


def us_npi(value: bytes) -> bool:
    """Hold for a national provider identifier: Luhn over it with 80840 in front."""
    text = plain(value)
    return re.fullmatch(r"[12]\d{9}", text) is not None and luhn_text("80840" + text)


def us_dea(value: bytes) -> bool:
    """Hold for a DEA registration number: its seventh digit checks the six before."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z][A-Z9]\d{7}", text):
        return False
    digits = _numbers(text[2:])
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def uy_ci(value: bytes) -> bool:
    """Hold for a Uruguayan identity number."""
    text = plain(value)
    if not re.fullmatch(r"\d{8}", text):
        return False
    return -_weighted(_numbers(text[:7]), (2, 9, 8, 7, 6, 3, 4)) % 10 == int(text[7])


def au_medicare(value: bytes) -> bool:
    """Hold for an Australian Medicare number, with or without the person's own number behind it."""
    text = plain(value)
    if not re.fullmatch(r"[2-6]\d{9,10}", text):
        return False
    return _weighted(_numbers(text[:8]), (1, 3, 7, 9) * 2) % 10 == int(text[8])


def hk_id(value: bytes) -> bool:
    """Hold for a Hong Kong identity card number; a single letter counts as if a space stood before it."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z]{1,2}\d{6}[0-9A]", text):
        return False
    numbers = _numbers(text)
    return _weighted([36, *numbers] if len(text) == 8 else numbers, range(9, 0, -1)) % 11 == 0


_NHI = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def nz_nhi(value: bytes) -> bool:
    """Hold for a New Zealand health number, of the form that ends with a digit or of that which ends with letters."""
    text = plain(value)
    if re.fullmatch(r"[A-HJ-NP-Z]{3}\d{2}[A-HJ-NP-Z]{2}", text):
        told = [_NHI.index(char) + 1 if char.isalpha() else int(char) for char in text]
        return (24 - _weighted(told[:6], (7, 6, 5, 4, 3, 2)) % 24) == told[6]
    if not re.fullmatch(r"[A-HJ-NP-Z]{3}\d{4}", text):
        return False
    numbers = [_NHI.index(char) + 1 for char in text[:3]] + _numbers(text[3:6])
    rest = _weighted(numbers, (7, 6, 5, 4, 3, 2)) % 11
    return rest != 0 and (11 - rest) % 10 == int(text[6])


_NRIC = {"S": (0, "JZIHGFEDCBA"), "T": (4, "JZIHGFEDCBA"), "F": (0, "XWUTRQPNMLK"), "G": (4, "XWUTRQPNMLK")}
_NRIC["M"] = (3, "XWUTRQPNJLK")


def sg_nric(value: bytes) -> bool:
    """Hold for a Singaporean number whose last letter is right."""
    text = plain(value)
    if not re.fullmatch(r"[STFGM]\d{7}[A-Z]", text):
        return False
    offset, letters = _NRIC[text[0]]
    return letters[(_weighted(_numbers(text[1:8]), (2, 7, 6, 5, 4, 3, 2)) + offset) % 11] == text[8]


_TAIWAN = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", 10)}


def tw_id(value: bytes) -> bool:
    """Hold for a Taiwanese number, of citizens and (a letter or 8, 9 second) of residents."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z][1289A-D]\d{8}", text):
        return False
    place = _TAIWAN[text[0]]
    second = int(text[1]) if text[1].isdigit() else _TAIWAN[text[1]] % 10
    numbers = [place // 10, place % 10, second, *_numbers(text[2:])]
    return _weighted(numbers, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def _day(day: str, month: str) -> bool:
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12


_VIN = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)


def vehicle_number(value: bytes) -> bool:
    """Hold for a vehicle identification number with the check character of North America (ISO 3779, 49 CFR 565)."""
    text = plain(value)
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", text) or text.isdigit() or text.isalpha():
        return False
    numbers = [_VIN[char] if char in _VIN else int(char) for char in text]
    rest = _weighted(numbers, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return ("X" if rest == 10 else str(rest)) == text[8]


def mx_clabe(value: bytes) -> bool:
    """Hold for a Mexican bank account: eighteen digits, weights 3, 7, 1 modulo 10."""
    text = plain(value)
    if not re.fullmatch(r"\d{18}", text):
        return False
    return -sum(d * w % 10 for d, w in zip(_numbers(text[:17]), (3, 7, 1) * 6, strict=False)) % 10 == int(text[17])


def pl_nrb(value: bytes) -> bool:
    """Hold for a Polish bank account: the IBAN without its country."""
    text = plain(value)
    return re.fullmatch(r"\d{26}", text) is not None and int(text[2:] + "2521" + text[:2]) % 97 == 1


_RIB_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def fr_rib(value: bytes) -> bool:
    """Hold for a French bank account: bank, branch, account and the key over them."""
    text = plain(value).upper()
    if not re.fullmatch(r"\d{10}[0-9A-Z]{11}\d{2}", text):
        return False
    number = text.translate(_RIB_DIGITS)
    return (89 * int(number[:5]) + 15 * int(number[5:10]) + 3 * int(number[10:21]) + int(number[21:])) % 97 == 0


_MRZ = re.compile(
    rb"P[A-Z<][A-Z<]{3}[A-Z<]{39}\s+([A-Z0-9<]{9})([0-9])[A-Z<]{3}([0-9]{6})([0-9])[MFX<]([0-9]{6})([0-9])[A-Z0-9<]{14}[0-9<][0-9]\s*"
)


def passport_lines(value: bytes) -> bool:
    """Hold for the two machine-readable lines of a passport whose check digits are right (ICAO Doc 9303, part 4)."""
    match = _MRZ.fullmatch(value)
    if match is None:
        return False
    for text, check in ((match[1], match[2]), (match[3], match[4]), (match[5], match[6])):
        numbers = [0 if byte == 60 else int(chr(byte), 36) for byte in text]
        if _weighted(numbers, (7, 3, 1) * 3) % 10 != int(check):
            return False
    return True


_MONTH = rb"(?:19|20)\d\d(?:0[1-9]|1[0-2])"
DAY = _MONTH + rb"(?:0[1-9]|[12]\d|3[01])"
"""A day written as one number."""


def document_number(value: bytes) -> bool:
    """Hold for what may be the number of a document: at least four digits, no date, no year, no price."""
    text = plain(value)
    count = sum(c.isdigit() for c in text)
    return (
        count >= 4
        and len(text) >= 6
        and len(set(text)) >= 3
        and not re.fullmatch(rb"\d{4}-\d\d-\d\d|\d\d[./-]\d\d[./-]\d{4}|" + DAY + rb"|" + _MONTH, value)
    )


_YEAR = re.compile(rb"(?<!\d)(19\d\d|20\d\d)(?!\d)")
_NUMBER = re.compile(rb"\d+")
_NO_DIGIT = bytes(byte for byte in range(256) if byte not in b"0123456789")


@lru_cache(4096)
def birthday(value: bytes) -> bool:
    """Hold for a date that may be a birthday: of the last 120 years, with a possible day and month."""
    import datetime as dt

    year = _YEAR.search(value)
    parts = [int(n) for n in _NUMBER.findall(value)]
    today = dt.datetime.now(dt.UTC).year
    if year is None:
        return len(parts) == 3 and all(parts[:2]) and max(parts[:2]) <= 31 and min(parts[:2]) <= 12
    rest = [n for n in parts if n != int(year[1])] or [int(year[1][2:])]
    return (
        today - 120 <= int(year[1]) <= today and all(0 < n <= 31 for n in rest) and (len(rest) < 2 or min(rest) <= 12)
    )


_ROWS = b"0123456789 9876543210"
_IN_A_ROW = re.compile(rb"012345678|123456789|987654321|876543210")
_EXTENSION = re.compile(rb"[a-z\xd0]")


def phone(value: bytes) -> bool:
    """Hold for a telephone number: 7 to 15 digits that aren't all of a kind, nor in a row (ITU-T E.164)."""
    text = _EXTENSION.split(value)[0].translate(None, _NO_DIGIT)
    if not 7 <= len(text) <= 15 or len(set(text)) < 3:
        return False
    return _IN_A_ROW.search(text) is None and text not in _ROWS


CHECKS: dict[str, Callable[[bytes], bool]] = {
    check.__name__: check
    for check in (
        icao_731,
        de_document,
        de_insurance,
        de_health,
        es_social_security,
        gb_nino,
        gb_driving_licence,
        hu_tax,
        hu_health,
        lu_national,
        pl_identity_card,
        ru_snils,
        ca_ohip,
        us_mbi,
        us_npi,
        us_dea,
        uy_ci,
        au_medicare,
        hk_id,
        nz_nhi,
        sg_nric,
        tw_id,
        vehicle_number,
        mx_clabe,
        pl_nrb,
        fr_rib,
        passport_lines,
        document_number,
        birthday,
        phone,
    )
}
