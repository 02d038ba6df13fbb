"""Checks of papers and devices of any country, of birthdays and telephone numbers."""

from __future__ import annotations

import re
from functools import lru_cache

from casb_cli.scan.detect.checking import check, count_digits, luhn, plain, weighted
from casb_cli.scan.detect.expressions import expression

_VIN = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)


@check
def vehicle_number(value: bytes) -> bool:
    """Hold for a vehicle identification number with the check character of North America (ISO 3779, 49 CFR 565)."""
    text = plain(value)
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", text) or text.isdigit() or text.isalpha():
        return False
    numbers = [_VIN[char] if char in _VIN else int(char) for char in text]
    rest = weighted(numbers, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return ("X" if rest == 10 else str(rest)) == text[8]


_MRZ = expression(
    rb"P[A-Z<][A-Z<]{3}[A-Z<]{39}\s+([A-Z0-9<]{9})([0-9])[A-Z<]{3}([0-9]{6})([0-9])[MFX<]([0-9]{6})([0-9])[A-Z0-9<]{14}[0-9<][0-9]\s*"
)


@check
def passport_lines(value: bytes) -> bool:
    """Hold for the two machine-readable lines of a passport whose check digits are right (ICAO Doc 9303, part 4)."""
    match = _MRZ.fullmatch(value)
    if match is None:
        return False
    for text, last in ((match[1], match[2]), (match[3], match[4]), (match[5], match[6])):
        values = [0 if byte == 60 else int(chr(byte), 36) for byte in text]
        if weighted(values, (7, 3, 1) * 3) % 10 != int(last):
            return False
    return True


_MONTH = rb"(?:19|20)\d\d(?:0[1-9]|1[0-2])"


DAY = _MONTH + rb"(?:0[1-9]|[12]\d|3[01])"
"""A day written as one number."""
_PARTS = rb"(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|[12]\d|3[01])"
_DATE = expression(rb"\d{4}[./-]" + _PARTS + rb"|" + _PARTS + rb"\2\d{4}|" + DAY + rb"|" + _MONTH)


@check
def one_case(value: bytes) -> bool:
    """Hold for letters that are all capital or all small: codes of chance mix them."""
    return value.upper() == value or value.lower() == value


@check
def document_number(value: bytes) -> bool:
    """Hold for what may be the number of a document: at least four digits, no date, no year, no price."""
    text = plain(value)
    return count_digits(value) >= 4 and len(text) >= 6 and len(set(text)) >= 3 and not _DATE.fullmatch(value)


_YEAR = expression(rb"(?<!\d)(19\d\d|20\d\d)(?!\d)")


_NUMBER = expression(rb"\d+")


_NO_DIGIT = bytes(byte for byte in range(256) if byte not in b"0123456789")


@check
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


_IN_A_ROW = expression(rb"012345678|123456789|987654321|876543210")


_EXTENSION = expression(rb"[a-z\xd0]")
_DAY = expression(rb"(?:19|20)[0-9]{2}([-/.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12][0-9]|3[01])")
"""A day as ISO 8601 has it: tables of people have one in each row, beside the telephone number."""


@check
def phone(value: bytes) -> bool:
    """Hold for a telephone number: 7 to 15 digits that aren't all of a kind, nor in a row (ITU-T E.164), and no day."""
    if _DAY.fullmatch(value) is not None:
        return False
    text = _EXTENSION.split(value)[0].translate(None, _NO_DIGIT)
    if not 7 <= len(text) <= 15 or len(set(text)) < 3:
        return False
    return _IN_A_ROW.search(text) is None and text not in _ROWS


@check
def letters_digits(value: bytes) -> bool:
    """Hold for what has at least six digits or letters, three of them different: the form itself tells the rest."""
    text = plain(value)
    return len(text) >= 6 and len(set(text)) >= 3


_AMOUNT = expression(
    rb"\d{1,3}(?:[.,]\d{3})*[.,]\d\d?|\d{4}[-/.]\d{4}|\d{4}[-/.]\d\d[-/.]\d\d.*|\d\d?[./-]\d\d?[./-]\d{2}"
)
"""An amount, two years, or a day."""


@check
def labelled_number(value: bytes) -> bool:
    """Hold for what may be somebody's number: seven characters at least, mostly digits, no date, no amount."""
    text = value.decode("utf-8", "replace")
    size, count = sum(map(str.isalnum, text)), sum(map(str.isdigit, text))
    return size >= 7 and count >= max(4, size // 2) and document_number(value) and not _AMOUNT.fullmatch(value)


@check
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


@check
def imsi(value: bytes) -> bool:
    """Hold for fifteen digits that begin with the country code of a mobile network."""
    text = plain(value)
    return re.fullmatch(r"[2-7][0-9]{14}", text) is not None and len(set(text)) > 3


@check
def iccid(value: bytes) -> bool:
    """Hold for the number of a SIM card: 89, seventeen or eighteen digits, Luhn's digit at the end of the nineteen."""
    text = plain(value)
    return re.fullmatch(r"89[0-9]{17,18}", text) is not None and (luhn(text.encode()) or luhn(text[:19].encode()))
