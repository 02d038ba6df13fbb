"""Checks of personal numbers of Asia, Africa and the Pacific that python-stdnum lacks, or that have structure alone."""

from __future__ import annotations

import re

from casb_cli.scan.detect.checking import CHECKS, as_numbers, check, luhn, plain, possible_day, summed, weighted
from casb_cli.scan.detect.checks_payment import payment_card


@check
def au_medicare(value: bytes) -> bool:
    """Hold for an Australian Medicare number, with or without the person's own number behind it."""
    text = plain(value)
    if not re.fullmatch(r"[2-6]\d{9,10}", text):
        return False
    return summed(text[:8], (1, 3, 7, 9) * 2) % 10 == int(text[8])


@check
def hk_id(value: bytes) -> bool:
    """Hold for a Hong Kong identity card number; a single letter counts as if a space stood before it."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z]{1,2}\d{6}[0-9A]", text):
        return False
    numbers = as_numbers(text)
    return weighted([36, *numbers] if len(text) == 8 else numbers, range(9, 0, -1)) % 11 == 0


_NHI = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@check
def nz_nhi(value: bytes) -> bool:
    """Hold for a New Zealand health number, of the form that ends with a digit or of that which ends with letters."""
    text = plain(value)
    if re.fullmatch(r"[A-HJ-NP-Z]{3}\d{2}[A-HJ-NP-Z]{2}", text):
        told = [_NHI.index(char) + 1 if char.isalpha() else int(char) for char in text]
        return (24 - weighted(told[:6], (7, 6, 5, 4, 3, 2)) % 24) == told[6]
    if not re.fullmatch(r"[A-HJ-NP-Z]{3}\d{4}", text):
        return False
    numbers = [_NHI.index(char) + 1 for char in text[:3]] + as_numbers(text[3:6])
    rest = weighted(numbers, (7, 6, 5, 4, 3, 2)) % 11
    return rest != 0 and (11 - rest) % 10 == int(text[6])


_NRIC = {"S": (0, "JZIHGFEDCBA"), "T": (4, "JZIHGFEDCBA"), "F": (0, "XWUTRQPNMLK"), "G": (4, "XWUTRQPNMLK")}


@check
def sg_nric(value: bytes) -> bool:
    """Hold for a Singaporean number whose last letter is right."""
    text = plain(value)
    if not re.fullmatch(r"[STFGM]\d{7}[A-Z]", text):
        return False
    offset, letters = _NRIC[text[0]]
    return letters[(summed(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + offset) % 11] == text[8]


_TAIWAN = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", 10)}


@check
def tw_id(value: bytes) -> bool:
    """Hold for a Taiwanese number, of citizens and (a letter or 8, 9 second) of residents."""
    text = plain(value)
    if not re.fullmatch(r"[A-Z][1289A-D]\d{8}", text):
        return False
    place = _TAIWAN[text[0]]
    second = int(text[1]) if text[1].isdigit() else _TAIWAN[text[1]] % 10
    numbers = [place // 10, place % 10, second, *as_numbers(text[2:])]
    return weighted(numbers, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


@check
def ge_personal(value: bytes) -> bool:
    """Hold for eleven digits, as a Georgian personal number has."""
    return re.fullmatch(r"\d{11}", plain(value)) is not None


@check
def ir_national(value: bytes) -> bool:
    """Hold for an Iranian national code: ten digits, weighted sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"\d{10}", text):
        return False
    rest = summed(text[:9], range(10, 1, -1)) % 11
    return int(text[9]) == (rest if rest < 2 else 11 - rest)


@check
def kz_iin(value: bytes) -> bool:
    """Hold for a Kazakh number: day of birth, century and sex, check by 11 in two rounds."""
    text = plain(value)
    if not re.fullmatch(r"\d{12}", text) or not possible_day(text[4:6], text[2:4]):
        return False
    rest = summed(text[:11], range(1, 12)) % 11
    if rest == 10:
        rest = summed(text[:11], (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return rest == int(text[11])


@check
def lk_nic(value: bytes) -> bool:
    """Hold for a Sri Lankan number: a year, then the day of it (500 more for women)."""
    text = plain(value)
    match = re.fullmatch(r"(?:\d\d(\d{3})\d{4}[VX]|(?:19|20)\d\d(\d{3})\d{5})", text)
    return match is not None and 1 <= int(match[1] or match[2]) % 500 <= 366


@check
def ng_nin(value: bytes) -> bool:
    """Hold for eleven digits of which none is repeated all through: a Nigerian number has no check digit."""
    text = plain(value)
    return re.fullmatch(r"[1-9]\d{10}", text) is not None and len(set(text)) > 3


@check
def ph_number(value: bytes) -> bool:
    """Hold for the digits of a Philippine number in one of its printed forms."""
    return 9 <= len(plain(value)) <= 16 and len(set(plain(value))) > 3


@check
def sa_id(value: bytes) -> bool:
    """Hold for a Saudi identity (1) or residence (2) number: Luhn's digit."""
    text = plain(value)
    return re.fullmatch(r"[12]\d{9}", text) is not None and luhn(text.encode())


@check
def ae_id(value: bytes) -> bool:
    """Hold for a number of the Emirates: 784, a year, Luhn's digit."""
    text = plain(value)
    return re.fullmatch(r"784(?:19|20)\d{10}", text) is not None and luhn(text.encode())


@check
def eg_national(value: bytes) -> bool:
    """Hold for an Egyptian number: century, day of birth, governorate."""
    text = plain(value)
    return re.fullmatch(r"[23]\d{13}", text) is not None and possible_day(text[5:7], text[3:5])


@check
def kw_civil(value: bytes) -> bool:
    """Hold for a Kuwaiti number: a day of birth, weighted sum by 11."""
    text = plain(value)
    if not re.fullmatch(r"[23]\d{11}", text) or not possible_day(text[5:7], text[3:5]):
        return False
    return 11 - summed(text[:11], (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11 == int(text[11])


@check
def uz_pinfl(value: bytes) -> bool:
    """Hold for an Uzbek number: sex and century, day of birth, weights 7, 3, 1."""
    text = plain(value)
    if not re.fullmatch(r"[3-6]\d{13}", text) or not possible_day(text[1:3], text[3:5]):
        return False
    return summed(text[:13], (7, 3, 1) * 5) % 10 == int(text[13])


@check
def vn_cccd(value: bytes) -> bool:
    """Hold for a Vietnamese number: a province, century and sex, a year; on old cards a province and seven digits."""
    text = plain(value)
    if re.fullmatch(r"[0-3]\d{8}", text):
        return len(set(text)) > 3
    return re.fullmatch(r"0\d{11}", text) is not None and 1 <= int(text[:3]) <= 96


def _date(year: str, month: str, day: str) -> bool:
    import datetime as dt

    try:
        return dt.date(int(year), int(month), int(day)).year >= 1850
    except ValueError:
        return False


@check
def cn_resident(value: bytes) -> bool:
    """Hold for a Chinese number with a day of birth and a right check character (GB 11643): regions come and go."""
    text = plain(value)
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text) or not _date(text[6:10], text[10:12], text[12:14]):
        return False
    total = sum(int(char) * 2 ** (17 - at) for at, char in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


@check
def kr_resident(value: bytes) -> bool:
    """Hold for a day of birth and a mark of century and sex: since October 2020 the rest is chance, without a check."""
    text = plain(value)
    if not re.fullmatch(r"\d{13}", text):
        return False
    century = {"9": "18", "0": "18", "1": "19", "2": "19", "5": "19", "6": "19"}.get(text[6], "20")
    return _date(century + text[:2], text[2:4], text[4:6])


@check
def az_pin(value: bytes) -> bool:
    """Hold for the seven characters of an Azerbaijani code: letters and digits among them."""
    text = plain(value)
    return len(text) == 7 and sum(map(str.isdigit, text)) >= 2 and not text.isdigit()


@check
def dz_nin(value: bytes) -> bool:
    """Hold for the eighteen digits of an Algerian number: sex, a sign of correction, year of birth."""
    return re.fullmatch(r"[12][0-4]\d{16}", plain(value)) is not None


@check
def jo_national(value: bytes) -> bool:
    """Hold for the ten digits of a Jordanian number."""
    return re.fullmatch(r"[259]\d{9}", plain(value)) is not None


@check
def tz_nida(value: bytes) -> bool:
    """Hold for a Tanzanian number: day of birth, place, number, check."""
    text = plain(value)
    return re.fullmatch(r"\d{20}", text) is not None and _date(text[:4], text[4:6], text[6:8])


@check
def gh_card(value: bytes) -> bool:
    """Hold for the letters GHA and ten digits."""
    return re.fullmatch(r"GHA\d{10}", plain(value)) is not None


@check
def tn_cin(value: bytes) -> bool:
    """Hold for the eight digits of a Tunisian card."""
    return re.fullmatch(r"[01]\d{7}", plain(value)) is not None


@check
def qa_qid(value: bytes) -> bool:
    """Hold for a Qatari number: century, year of birth, country, number."""
    return re.fullmatch(r"[23]\d{10}", plain(value)) is not None


@check
def nik(value: bytes) -> bool:
    """Hold for an Indonesian identity number that is no payment card: it has no check digit of its own."""
    return CHECKS["stdnum.id.nik"](value) and not payment_card(value)


@check
def au_ihi(value: bytes) -> bool:
    """Hold for an Australian identifier in health: of a person, a provider or an organisation, with Luhn's digit."""
    text = plain(value)
    return re.fullmatch(r"80036[0-2][0-9]{10}", text) is not None and luhn(text.encode())
