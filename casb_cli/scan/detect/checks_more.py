"""Checks of further personal numbers that python-stdnum lacks: each takes the value's bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from casb_cli.scan.detect.checks_personal import luhn_text, plain


def _sum(text: str, weights: Iterable[int]) -> int:
    return sum(int(char) * weight for char, weight in zip(text, weights, strict=False))


def _day(day: int, month: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12


def ar_dni(value: bytes) -> bool:
    """Hold for seven or eight digits: an Argentine identity number has no check digit."""
    return re.fullmatch(r"[1-9]\d{6,7}", plain(value)) is not None


def bo_ci(value: bytes) -> bool:
    """Hold for the digits of a Bolivian card and its department."""
    return re.fullmatch(r"\d{6,8}(?:\d[A-Z])?(?:LP|CB|SC|OR|PT|CH|TJ|BE|PA)", plain(value)) is not None


def br_pis(value: bytes) -> bool:
    """Hold for a Brazilian PIS: weighted sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{11}", text):
        return False
    rest = 11 - _sum(text[:10], (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest >= 10 else rest) == int(text[10])


def br_cnh(value: bytes) -> bool:
    """Hold for a Brazilian driving licence: two check digits by 11, the second less by two where the first was ten."""
    text = plain(value)
    if not re.fullmatch(r"\d{11}", text):
        return False
    first = _sum(text[:9], range(9, 0, -1)) % 11
    less = 2 if first >= 10 else 0
    second = _sum(text[:9], range(1, 10)) % 11 - less
    second += 11 if second < 0 else 0
    return int(text[9]) == (0 if first >= 10 else first) and int(text[10]) == (0 if second >= 10 else second)


def br_voter(value: bytes) -> bool:
    """Hold for a Brazilian voter number: the state's number, then two check digits by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{12}", text) or not 1 <= int(text[8:10]) <= 28:
        return False
    first = _sum(text[:8], range(2, 10)) % 11 % 10
    second = (int(text[8]) * 7 + int(text[9]) * 8 + first * 9) % 11 % 10
    return text[10:] == f"{first}{second}"


def ge_personal(value: bytes) -> bool:
    """Hold for eleven digits, as a Georgian personal number has."""
    return re.fullmatch(r"\d{11}", plain(value)) is not None


def gt_dpi(value: bytes) -> bool:
    """Hold for a Guatemalan number: eight digits, their check, a department and a place of it."""
    text = plain(value)
    if not re.fullmatch(r"\d{13}", text) or not (1 <= int(text[9:11]) <= 22 and 1 <= int(text[11:]) <= 38):
        return False
    return _sum(text[:8], range(2, 10)) % 11 == int(text[8])


def hn_dni(value: bytes) -> bool:
    """Hold for a Honduran number: a department's place and a year of birth."""
    text = plain(value)
    return re.fullmatch(r"\d{13}", text) is not None and 1 <= int(text[:2]) <= 18 and 1900 <= int(text[4:8]) <= 2030


def hu_personal(value: bytes) -> bool:
    """Hold for a Hungarian personal number: a day of birth and a sum by 11, its weights falling until 1996."""
    text = plain(value)
    if not re.fullmatch(r"[1-8]\d{10}", text) or not _day(int(text[5:7]), int(text[3:5])):
        return False
    rising, falling = _sum(text[:10], range(1, 11)), _sum(text[:10], range(10, 0, -1))
    return int(text[10]) in (rising % 11, falling % 11)


def ir_national(value: bytes) -> bool:
    """Hold for an Iranian national code: ten digits, weighted sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{10}", text):
        return False
    rest = _sum(text[:9], range(10, 1, -1)) % 11
    return int(text[9]) == (rest if rest < 2 else 11 - rest)


def jmbg(value: bytes) -> bool:
    """Hold for a personal number of the Yugoslav successors: day of birth, region, sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{4}[09]\d{8}", text) or not _day(int(text[:2]), int(text[2:4])):
        return False
    rest = 11 - _sum(text[:12], (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return int(text[12]) == (0 if rest > 9 else rest)


def kz_iin(value: bytes) -> bool:
    """Hold for a Kazakh number: day of birth, century and sex, check by 11 in two rounds."""
    text = plain(value)
    if not re.fullmatch(r"\d{12}", text) or not _day(int(text[4:6]), int(text[2:4])):
        return False
    rest = _sum(text[:11], range(1, 12)) % 11
    if rest == 10:
        rest = _sum(text[:11], (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return rest == int(text[11])


def lk_nic(value: bytes) -> bool:
    """Hold for a Sri Lankan number: a year, then the day of it (500 more for women)."""
    text = plain(value)
    match = re.fullmatch(r"(?:\d\d(\d{3})\d{4}[VX]|(?:19|20)\d\d(\d{3})\d{5})", text)
    return match is not None and 1 <= int(match[1] or match[2]) % 500 <= 366


def mt_id(value: bytes) -> bool:
    """Hold for up to seven digits and one of the letters that Maltese cards have."""
    return re.fullmatch(r"\d{3,7}[MGAPLHBZ]", plain(value)) is not None


def mx_nss(value: bytes) -> bool:
    """Hold for a Mexican social security number: Luhn's digit over ten."""
    text = plain(value)
    return re.fullmatch(r"\d{11}", text) is not None and luhn_text(text)


def ng_nin(value: bytes) -> bool:
    """Hold for eleven digits of which none is repeated all through: a Nigerian number has no check digit."""
    text = plain(value)
    return re.fullmatch(r"[1-9]\d{10}", text) is not None and len(set(text)) > 3


def ni_cedula(value: bytes) -> bool:
    """Hold for a Nicaraguan number: a place, a day of birth, a number and a letter."""
    text = plain(value)
    return re.fullmatch(r"\d{13}[A-Z]", text) is not None and _day(int(text[3:5]), int(text[5:7]))


def pa_cedula(value: bytes) -> bool:
    """Hold for the three parts of a Panamanian number; with fewer digits they are rather ranges of an expression."""
    form = re.fullmatch(rb"(?:1[0-3]|[1-9]|PE|E|N|[1-9]AV|[1-9]PI)-\d{1,4}-\d{1,6}", value)
    return form is not None and sum(48 <= byte <= 57 for byte in value) >= 6


def ph_number(value: bytes) -> bool:
    """Hold for the digits of a Philippine number in one of its printed forms."""
    return 9 <= len(plain(value)) <= 16 and len(set(plain(value))) > 3


def py_ci(value: bytes) -> bool:
    """Hold for the seven digits of a Paraguayan card with its points."""
    return re.fullmatch(r"[1-9]\d{6}", plain(value)) is not None


def sa_id(value: bytes) -> bool:
    """Hold for a Saudi identity (1) or residence (2) number: Luhn's digit."""
    text = plain(value)
    return re.fullmatch(r"[12]\d{9}", text) is not None and luhn_text(text)


def sv_dui(value: bytes) -> bool:
    """Hold for a Salvadoran number: weights 9 to 2, modulo 10."""
    text = plain(value)
    return re.fullmatch(r"\d{9}", text) is not None and -_sum(text[:8], range(9, 1, -1)) % 10 == int(text[8])


def ae_id(value: bytes) -> bool:
    """Hold for a number of the Emirates: 784, a year, Luhn's digit."""
    text = plain(value)
    return re.fullmatch(r"784(?:19|20)\d{10}", text) is not None and luhn_text(text)


def eg_national(value: bytes) -> bool:
    """Hold for an Egyptian number: century, day of birth, governorate."""
    text = plain(value)
    return re.fullmatch(r"[23]\d{13}", text) is not None and _day(int(text[5:7]), int(text[3:5]))


def kw_civil(value: bytes) -> bool:
    """Hold for a Kuwaiti number: a day of birth, weighted sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"[23]\d{11}", text) or not _day(int(text[5:7]), int(text[3:5])):
        return False
    return 11 - _sum(text[:11], (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11 == int(text[11])


def uz_pinfl(value: bytes) -> bool:
    """Hold for an Uzbek number: sex and century, day of birth, weights 7, 3, 1."""
    text = plain(value)
    if not re.fullmatch(r"[3-6]\d{13}", text) or not _day(int(text[1:3]), int(text[3:5])):
        return False
    return _sum(text[:13], (7, 3, 1) * 5) % 10 == int(text[13])


def vn_cccd(value: bytes) -> bool:
    """Hold for a Vietnamese number: a province, century and sex, a year."""
    text = plain(value)
    return re.fullmatch(r"0\d{11}", text) is not None and 1 <= int(text[:3]) <= 96


CHECKS: dict[str, Callable[[bytes], bool]] = {
    check.__name__: check
    for check in (
        ar_dni,
        bo_ci,
        br_pis,
        br_cnh,
        br_voter,
        ge_personal,
        gt_dpi,
        hn_dni,
        hu_personal,
        ir_national,
        jmbg,
        kz_iin,
        lk_nic,
        mt_id,
        mx_nss,
        ng_nin,
        ni_cedula,
        pa_cedula,
        ph_number,
        py_ci,
        sa_id,
        sv_dui,
        ae_id,
        eg_national,
        kw_civil,
        uz_pinfl,
        vn_cccd,
    )
}
