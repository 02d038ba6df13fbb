"""Checks of personal numbers of the Americas that python-stdnum lacks, or that have structure alone."""

from __future__ import annotations

import re

from casb_cli.scan.detect.checking import as_numbers, check, digits, luhn, plain, possible_day, summed
from casb_cli.scan.detect.expressions import expression


@check
def ca_ohip(value: bytes) -> bool:
    """Hold for an Ontario health number of ten digits."""
    text = plain(value)
    return text.isdigit() and len(text) == 10 and luhn(text.encode())


_MBI = expression(
    r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y]{2}\d\d"
)


@check
def us_mbi(value: bytes) -> bool:
    """Hold for the structure of a Medicare beneficiary identifier, which has no check digit."""
    return _MBI.fullmatch(plain(value)) is not None


@check
def us_npi(value: bytes) -> bool:
    """Hold for a national provider identifier: Luhn over it with 80840 in front."""
    text = plain(value)
    return re.fullmatch(r"[12]\d{9}", text) is not None and luhn(b"80840" + text.encode())


@check
def us_dea(value: bytes) -> bool:
    """Hold for a DEA registration number: its seventh digit checks the six before."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z][A-Z9]\d{7}", text):
        return False
    digits = as_numbers(text[2:])
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


@check
def uy_ci(value: bytes) -> bool:
    """Hold for a Uruguayan identity number."""
    text = plain(value)
    if not re.fullmatch(r"\d{8}", text):
        return False
    return -summed(text[:7], (2, 9, 8, 7, 6, 3, 4)) % 10 == int(text[7])


@check
def ar_dni(value: bytes) -> bool:
    """Hold for seven or eight digits: an Argentine identity number has no check digit."""
    return re.fullmatch(r"[1-9]\d{6,7}", plain(value)) is not None


@check
def bo_ci(value: bytes) -> bool:
    """Hold for the digits of a Bolivian card and its department."""
    return re.fullmatch(r"\d{6,8}(?:\d[A-Z])?(?:LP|CB|SC|OR|PT|CH|TJ|BE|PA)", plain(value)) is not None


@check
def br_pis(value: bytes) -> bool:
    """Hold for a Brazilian PIS: weighted sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{11}", text):
        return False
    rest = 11 - summed(text[:10], (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest >= 10 else rest) == int(text[10])


@check
def br_cnh(value: bytes) -> bool:
    """Hold for a Brazilian driving licence: two check digits by 11, the second less by two where the first was ten."""
    text = plain(value)
    if not re.fullmatch(r"\d{11}", text):
        return False
    first = summed(text[:9], range(9, 0, -1)) % 11
    less = 2 if first >= 10 else 0
    second = summed(text[:9], range(1, 10)) % 11 - less
    second += 11 if second < 0 else 0
    return int(text[9]) == (0 if first >= 10 else first) and int(text[10]) == (0 if second >= 10 else second)


@check
def br_voter(value: bytes) -> bool:
    """Hold for a Brazilian voter number: the state's number, then two check digits by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{12}", text) or not 1 <= int(text[8:10]) <= 28:
        return False
    first = summed(text[:8], range(2, 10)) % 11 % 10
    second = (int(text[8]) * 7 + int(text[9]) * 8 + first * 9) % 11 % 10
    return text[10:] == f"{first}{second}"


@check
def gt_dpi(value: bytes) -> bool:
    """Hold for a Guatemalan number: eight digits, their check, a department and a place of it."""
    text = plain(value)
    if not re.fullmatch(r"\d{13}", text) or not (1 <= int(text[9:11]) <= 22 and 1 <= int(text[11:]) <= 38):
        return False
    return summed(text[:8], range(2, 10)) % 11 == int(text[8])


@check
def hn_dni(value: bytes) -> bool:
    """Hold for a Honduran number: a department's place and a year of birth."""
    text = plain(value)
    return re.fullmatch(r"\d{13}", text) is not None and 1 <= int(text[:2]) <= 18 and 1900 <= int(text[4:8]) <= 2030


@check
def mx_nss(value: bytes) -> bool:
    """Hold for a Mexican social security number: Luhn's digit over ten."""
    text = plain(value)
    return re.fullmatch(r"\d{11}", text) is not None and luhn(text.encode())


@check
def ni_cedula(value: bytes) -> bool:
    """Hold for a Nicaraguan number: a place, a day of birth, a number and a letter."""
    text = plain(value)
    return re.fullmatch(r"\d{13}[A-Z]", text) is not None and possible_day(text[3:5], text[5:7])


@check
def pa_cedula(value: bytes) -> bool:
    """Hold for the three parts of a Panamanian number; with fewer digits they are rather ranges of an expression."""
    form = re.fullmatch(rb"(?:1[0-3]|[1-9]|PE|E|N|[1-9]AV|[1-9]PI)-\d{1,4}-\d{1,6}", value)
    return form is not None and sum(48 <= byte <= 57 for byte in value) >= 6


@check
def py_ci(value: bytes) -> bool:
    """Hold for the seven digits of a Paraguayan card with its points."""
    return re.fullmatch(r"[1-9]\d{6}", plain(value)) is not None


@check
def sv_dui(value: bytes) -> bool:
    """Hold for a Salvadoran number: weights 9 to 2, modulo 10."""
    text = plain(value)
    return re.fullmatch(r"\d{9}", text) is not None and -summed(text[:8], range(9, 1, -1)) % 10 == int(text[8])


@check
def br_cns(value: bytes) -> bool:
    """Hold for a Brazilian health card number: fifteen digits whose weighted sum is divided by 11."""
    text = plain(value)
    return (
        re.fullmatch(r"[1-37-9][0-9]{14}", text) is not None
        and len(set(text)) > 3
        and sum(int(digit) * (15 - at) for at, digit in enumerate(text)) % 11 == 0
    )


@check
def us_hicn(value: bytes) -> bool:
    """Hold for a social security number that may have been given out, and a letter."""
    text = plain(value)
    return re.fullmatch(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}[A-Z][0-9A-Z]?", text) is not None


@check
def us_alien(value: bytes) -> bool:
    """Hold for an A and eight or nine digits, three of them different."""
    text = plain(value)
    return re.fullmatch(r"A[0-9]{8,9}", text) is not None and len(set(text[1:])) > 2


@check
def us_ssn(value: bytes) -> bool:
    """Hold for a number that the Social Security Administration could have issued."""
    number = digits(value)
    area, group, serial = number[:3], number[3:5], number[5:]
    return len(number) == 9 and area not in (b"000", b"666") and area < b"900" and group != b"00" and serial != b"0000"
