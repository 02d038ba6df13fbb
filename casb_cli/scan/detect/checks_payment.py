"""Checks of payment cards and bank accounts."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from casb_cli.scan.detect.checking import as_numbers, check, digits, letters_and_digits, luhn, plain
from casb_cli.scan.detect.checks_documents import document_number, labelled_number
from casb_cli.scan.detect.expressions import expression


@check
def mx_clabe(value: bytes) -> bool:
    """Hold for a Mexican bank account: eighteen digits, weights 3, 7, 1 modulo 10."""
    text = plain(value)
    if not re.fullmatch(r"\d{18}", text):
        return False
    return -sum(d * w % 10 for d, w in zip(as_numbers(text[:17]), (3, 7, 1) * 6, strict=False)) % 10 == int(text[17])


@check
def pl_nrb(value: bytes) -> bool:
    """Hold for a Polish bank account: the IBAN without its country."""
    text = plain(value)
    return re.fullmatch(r"\d{26}", text) is not None and int(text[2:] + "2521" + text[:2]) % 97 == 1


_RIB_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


@check
def fr_rib(value: bytes) -> bool:
    """Hold for a French bank account: bank, branch, account and the key over them."""
    text = plain(value).upper()
    if not re.fullmatch(r"\d{10}[0-9A-Z]{11}\d{2}", text):
        return False
    number = text.translate(_RIB_DIGITS)
    return (89 * int(number[:5]) + 15 * int(number[5:10]) + 3 * int(number[10:21]) + int(number[21:])) % 97 == 0


@check
def account_number(value: bytes) -> bool:
    """Hold for what may be the number of a bank account: six to twenty digits, three of them different."""
    text = plain(value)
    if not text.isdigit() or not 6 <= len(text) <= 20:
        return False
    if len(text) == 6:  # lengthened below, a month would be none any more
        return document_number(value) and labelled_number(value.ljust(7, b"0"))
    return labelled_number(value)


@check
def se_giro(value: bytes) -> bool:
    """Hold for the digits of a Bankgiro or Plusgiro number, whose last one is right by Luhn's rule."""
    text = plain(value)
    return text.isdigit() and len(set(text)) > 2 and luhn(text.encode())


_BRANDS = expression(
    rb"4\d{15}(?:\d{3})?"  # Visa
    rb"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    rb"|3[47]\d{13}"  # American Express
    rb"|3(?:0[0-5]\d|095|[689]\d\d)\d{10}"  # Diners Club
    rb"|(?:6011|64[4-9]\d|65\d\d)\d{12}"  # Discover
    rb"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    rb"|62\d{14,17}"  # UnionPay
    rb"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}"  # Maestro
    rb"|220[0-4]\d{12,15}"  # Mir
    rb"|5019\d{12}"  # Dankort
    rb"|(?:506699|5067[0-7]\d|504175|509\d{3}|627780|636(?:297|368))\d{10}|6062\d{12,15}"  # Elo, Hipercard
    rb"|(?:5060|5061|5078|5079)\d{12,15}"  # Verve
    rb"|(?:60\d\d|81\d\d|82\d\d|508\d)\d{12}"  # RuPay
)


_NUMBER_OF = {char: str(int(char, 36)) for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@check
def payment_card(value: bytes) -> bool:
    """Hold for a number of a known brand's range and length with a right Luhn digit."""
    number = digits(value)
    return _BRANDS.fullmatch(number) is not None and luhn(number) and not _of_others(value, number)


_RARE = expression(
    rb"4\d{12}"  # Visa of old
    rb"|(?:2131|1800)\d{11}|35\d{14,17}"  # JCB of old, and long
    rb"|3(?:0[0-5]\d|095|[689]\d\d)\d{11,15}"  # Diners Club
    rb"|(?:6011|64[4-9]\d|65\d\d)\d{13,15}"  # Discover, Verve
    rb"|(?:5[678]\d\d|6390|0604|6799|63(?:04|33|34)|67\d\d|50[0-9]\d)\d{8,15}"  # Maestro, Laser, Solo, Switch
    rb"|(?:564182|633110)\d{10,13}|63[6-9]\d{13,16}"  # Switch, InterPayment, InstaPayment
    rb"|(?:9792|9860|8600|5614|2205)\d{12}|9704\d{12,15}"  # Troy, Humo, Uzcard, Borica, Napas
    rb"|1\d{14}"  # UATP
)


@check
def named_card(value: bytes) -> bool:
    """Hold for a card's number where a word for cards stands near: for rare and old ranges as well."""
    number = digits(value)
    known = _BRANDS.fullmatch(number) is not None or _RARE.fullmatch(number) is not None
    return known and luhn(number) and not _of_others(value, number)


def article(value: bytes) -> bool:
    """Hold for thirteen digits in a row that are right as the number of an article (EAN)."""
    return len(value) == 13 and value.isdigit() and (sum(value[0::2]) + 3 * sum(value[1::2]) - 48 * 25) % 10 == 0


def _of_others(value: bytes, number: bytes) -> bool:
    """Return whether digits are no card's alone, or such as no bank draws: of few kinds, or in groups that count up."""
    if len(set(number)) < _KINDS or _with_code(value, number):
        return True
    groups = map(int, _FOUR.findall(value))
    return sum(behind - group == 1 for group, behind in pairwise(groups)) > 1


_KINDS = 4
"""Of a million cards one or two have fewer digits that differ."""
_FOUR = expression(rb"(?<![0-9])[0-9]{4}(?![0-9])")


def _with_code(value: bytes, number: bytes) -> bool:
    """Return whether groups are sixteen digits of a card and, behind them, the three that are printed on its back.

    Behind four groups of four they are the number's own: nobody joins that code to it with a dash, and a space alone
    tells less than the number's check digit.
    """
    if len(number) != 19 or number[:1] not in b"45" or value.isdigit() or _FOURS.match(value):
        return False
    return luhn(number[:16])


_FOURS = expression(rb"(?:[0-9]{4}[^0-9]{1,9}){4}[0-9]{3}")


_BESIDE = expression(
    r"(?:AO|CV|GW|MZ)\d{23}|(?:DZ|IR)\d{24}|(?:CF|CG|CM|GA|GQ|KM|MG|TD)\d{25}|MA\d{26}"
    r"|(?:BF|BJ|CI|ML|NE|SN|TG)\d{2}[A-Z]{2}\d{22}|(?:BF|BJ|CI|ML|NE|SN|TG)\d{26}"
)
"""IBANs of countries that are not in SWIFT's registry and whose banks use the form all the same."""


@check
def iban(value: bytes) -> bool:
    """Hold for an IBAN of a known country's structure whose check digits are right."""
    text = letters_and_digits(value).decode("ascii").upper()
    if int("".join(map(_NUMBER_OF.__getitem__, text[4:] + text[:4]))) % 97 != 1:
        return False
    structure = _structure(text[:2])
    return (structure is not None and structure.fullmatch(text[4:]) is not None) or _BESIDE.fullmatch(text) is not None


@cache
def _structure(country: str) -> re.Pattern[str] | None:
    """Return what stands behind the check digits of a country's IBANs, None where SWIFT's registry has none."""
    import stdnum.numdb

    known = stdnum.numdb.get("iban").info(country)[0][1].get("bban")
    kinds = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
    return re.compile("".join(f"{kinds[kind]}{{{size}}}" for size, kind in _PARTS.findall(known))) if known else None


_PARTS = expression(r"([0-9]+)!([nac])")
