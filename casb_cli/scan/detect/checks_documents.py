"""Checks of identity numbers whose structure is all that may be asked: each takes the value's bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

from casb_cli.scan.detect.checks_personal import document_number, plain

_PRIMES = (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)
_VAT = re.compile(
    r"ATU\d{8}|BE[01]?\d{9}|BG\d{9,10}|CHE\d{9}(?:MWST|TVA|IVA)?|CY\d{8,9}[A-Z]|CZ\d{8,10}|DE\d{9}|DK\d{8}|EE\d{9}|(?:EL|GR)\d{9}"
    r"|ES[A-Z0-9]\d{7}[A-Z0-9]|FI\d{8}|FR[A-Z0-9]{2}\d{9}|(?:GB|XI)(?:\d{9}(?:\d{3})?|(?:GD|HA)\d{3})|HR\d{11}|HU\d{8}"
    r"|IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|IT\d{11}|LT(?:\d{9}|\d{12})|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}|NO\d{9}(?:MVA)?|PL\d{10}"
    r"|PT\d{9}|RO\d{2,10}|SE\d{12}|SI\d{8}|SK\d{10}"
)


def _date(year: str, month: str, day: str) -> bool:
    import datetime as dt

    try:
        return dt.date(int(year), int(month), int(day)).year >= 1850
    except ValueError:
        return False


def cn_resident(value: bytes) -> bool:
    """Hold for a Chinese number with a day of birth and a right check character (GB 11643): regions come and go."""
    text = plain(value)
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text) or not _date(text[6:10], text[10:12], text[12:14]):
        return False
    total = sum(int(char) * 2 ** (17 - at) for at, char in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


def kr_resident(value: bytes) -> bool:
    """Hold for a day of birth and a mark of century and sex: since October 2020 the rest is chance, without a check."""
    text = plain(value)
    if not re.fullmatch(r"\d{13}", text):
        return False
    century = {"9": "18", "0": "18", "1": "19", "2": "19", "5": "19", "6": "19"}.get(text[6], "20")
    return _date(century + text[:2], text[2:4], text[4:6])


def pt_niss(value: bytes) -> bool:
    """Hold for a Portuguese social security number: the weighted sum of primes."""
    text = plain(value)
    if not re.fullmatch(r"[12]\d{10}", text):
        return False
    return 9 - sum(int(char) * weight for char, weight in zip(text[:10], _PRIMES, strict=True)) % 10 == int(text[10])


def gb_labelled(value: bytes) -> bool:
    """Hold for two letters, six digits and a letter: beside its name a temporary or voided number counts too."""
    return re.fullmatch(r"[A-Z]{2}\d{6}[A-Z]", plain(value)) is not None


def az_pin(value: bytes) -> bool:
    """Hold for the seven characters of an Azerbaijani code: letters and digits among them."""
    text = plain(value)
    return len(text) == 7 and sum(map(str.isdigit, text)) >= 2 and not text.isdigit()


def dz_nin(value: bytes) -> bool:
    """Hold for the eighteen digits of an Algerian number: sex, a sign of correction, year of birth."""
    return re.fullmatch(r"[12][0-4]\d{16}", plain(value)) is not None


def jo_national(value: bytes) -> bool:
    """Hold for the ten digits of a Jordanian number."""
    return re.fullmatch(r"[259]\d{9}", plain(value)) is not None


def tz_nida(value: bytes) -> bool:
    """Hold for a Tanzanian number: day of birth, place, number, check."""
    text = plain(value)
    return re.fullmatch(r"\d{20}", text) is not None and _date(text[:4], text[4:6], text[6:8])


def by_personal(value: bytes) -> bool:
    """Hold for a Belarusian number: sex and century, day of birth, region, number, citizenship."""
    text = plain(value)
    return re.fullmatch(r"[1-6]\d{6}[ABCHKEM]\d{3}[A-Z]{2}\d", text) is not None and 1 <= int(text[3:5]) <= 12


def gh_card(value: bytes) -> bool:
    """Hold for the letters GHA and ten digits."""
    return re.fullmatch(r"GHA\d{10}", plain(value)) is not None


def tn_cin(value: bytes) -> bool:
    """Hold for the eight digits of a Tunisian card."""
    return re.fullmatch(r"[01]\d{7}", plain(value)) is not None


def qa_qid(value: bytes) -> bool:
    """Hold for a Qatari number: century, year of birth, country, number."""
    return re.fullmatch(r"[23]\d{10}", plain(value)) is not None


def letters_digits(value: bytes) -> bool:
    """Hold for what has at least six digits or letters, three of them different: the form itself tells the rest."""
    text = plain(value)
    return len(text) >= 6 and len(set(text)) >= 3


def nl_document(value: bytes) -> bool:
    """Hold for two letters, letters and digits by chance, a digit: one form alone in having letters in the middle."""
    text = plain(value)
    return len(text) == 9 and not text[2:].isdigit() and letters_digits(value)


def vat_number(value: bytes) -> bool:
    """Hold for the structure that a European country's VAT numbers have."""
    return _VAT.fullmatch(plain(value)) is not None


def labelled_number(value: bytes) -> bool:
    """Hold for what may be somebody's number: seven characters at least, mostly digits, no date, no amount."""
    text = "".join(filter(str.isalnum, value.decode("utf-8", "replace")))
    count = sum(map(str.isdigit, text))
    return (
        len(text) >= 7
        and count >= max(4, len(text) // 2)
        and document_number(value)
        and not re.fullmatch(
            rb"\d{1,3}(?:[.,]\d{3})*[.,]\d\d?|\d{4}[-/.]\d{4}|\d{4}[-/.]\d\d[-/.]\d\d.*|\d\d?[./-]\d\d?[./-]\d{2}",
            value,
        )
    )


def account_number(value: bytes) -> bool:
    """Hold for what may be the number of a bank account: six to twenty digits, three of them different."""
    text = plain(value)
    if not text.isdigit() or not 6 <= len(text) <= 20:
        return False
    if len(text) == 6:  # lengthened below, a month would be none any more
        return document_number(value) and labelled_number(value.ljust(7, b"0"))
    return labelled_number(value)


CHECKS: dict[str, Callable[[bytes], bool]] = {
    check.__name__: check
    for check in (
        cn_resident,
        kr_resident,
        pt_niss,
        gb_labelled,
        az_pin,
        dz_nin,
        jo_national,
        tz_nida,
        tn_cin,
        by_personal,
        gh_card,
        qa_qid,
        letters_digits,
        nl_document,
        vat_number,
        labelled_number,
        account_number,
    )
}
