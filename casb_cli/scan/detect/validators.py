"""Structure and checksum of a value, by name. Each gets the value's bytes and says whether it holds."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections.abc import Callable
from itertools import pairwise

from casb_cli.scan.detect import checks_documents, checks_further, checks_more, checks_personal

_BRANDS = re.compile(
    rb"4\d{15}(?:\d{3})?"  # Visa
    rb"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    rb"|3[47]\d{13}"  # American Express
    rb"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
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
# In an address a space is written so.
_NOT_DIGIT = re.compile(rb"%20|[^0-9]")
_NOT_ALNUM = re.compile(rb"%20|[^0-9A-Za-z]")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


_NUMBER_OF = {char: str(int(char, 36)) for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def digits(value: bytes) -> bytes:
    """Return the digits of a value, without those that stand for a space in an address."""
    return _NOT_DIGIT.sub(b"", value)


def payment_card(value: bytes) -> bool:
    """Hold for a number of a known brand's range and length with a right Luhn digit."""
    number = digits(value)
    return _BRANDS.fullmatch(number) is not None and luhn(number) and not _with_code(value, number)


_RARE = re.compile(
    rb"4\d{12}"  # Visa of old
    rb"|(?:2131|1800)\d{11}|35\d{14,17}"  # JCB of old, and long
    rb"|3(?:0[0-5]|095|[689]\d)\d{12,16}"  # Diners Club
    rb"|(?:6011|64[4-9]\d|65\d\d)\d{13,15}"  # Discover, Verve
    rb"|(?:5[678]\d\d|6390|0604|6799|63(?:04|33|34)|67\d\d|50[0-9]\d)\d{8,15}"  # Maestro, Laser, Solo, Switch
    rb"|(?:564182|633110)\d{10,13}|63[6-9]\d{13,16}"  # Switch, InterPayment, InstaPayment
    rb"|(?:9792|9860|8600|5614|2205)\d{12}|9704\d{12,15}"  # Troy, Humo, Uzcard, Borica, Napas
    rb"|1\d{14}"  # UATP
)


def named_card(value: bytes) -> bool:
    """Hold for a card's number where a word for cards stands near: for rare and old ranges as well."""
    number = digits(value)
    known = _BRANDS.fullmatch(number) is not None or _RARE.fullmatch(number) is not None
    return known and luhn(number) and not _with_code(value, number)


def article(value: bytes) -> bool:
    """Hold for thirteen digits in a row that are right as the number of an article (EAN)."""
    return len(value) == 13 and value.isdigit() and (sum(value[0::2]) + 3 * sum(value[1::2]) - 48 * 25) % 10 == 0


def _with_code(value: bytes, number: bytes) -> bool:
    """Return whether groups are sixteen digits of a card and, behind them, the three that are printed on its back.

    Behind four groups of four they are the number's own: nobody joins that code to it with a dash, and a space alone
    tells less than the number's check digit.
    """
    if len(number) != 19 or number[:1] not in b"45" or value.isdigit() or _FOURS.match(value):
        return False
    return luhn(number[:16])


_FOURS = re.compile(rb"(?:[0-9]{4}[^0-9]{1,9}){4}[0-9]{3}")


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""Each digit doubled, and the two digits of that added up."""


def luhn(number: bytes) -> bool:
    """Hold for digits whose last one is right by Luhn's rule."""
    total = sum(number[-1::-2]) + sum(number[-2::-2].translate(_DOUBLED))
    return (total - 48 * len(number)) % 10 == 0


_BESIDE = re.compile(
    r"(?:AO|CV|GW|MZ)\d{23}|(?:DZ|IR)\d{24}|(?:CF|CG|CM|GA|GQ|KM|MG|TD)\d{25}|MA\d{26}"
    r"|(?:BF|BJ|CI|ML|NE|SN|TG)\d{2}[A-Z]{2}\d{22}|(?:BF|BJ|CI|ML|NE|SN|TG)\d{26}"
)
"""IBANs of countries that are not in SWIFT's registry and whose banks use the form all the same."""


def iban(value: bytes) -> bool:
    """Hold for an IBAN of a known country's structure whose check digits are right."""
    text = _NOT_ALNUM.sub(b"", value).decode("ascii").upper()
    if int("".join(map(_NUMBER_OF.__getitem__, text[4:] + text[:4]))) % 97 != 1:
        return False  # ninety-six of a hundred chance texts end here, at a tenth of the cost of the whole check
    if _BESIDE.fullmatch(text):
        return True
    import stdnum.iban

    return bool(stdnum.iban.is_valid(text, check_country=False))


def us_ssn(value: bytes) -> bool:
    """Hold for a number that the Social Security Administration could have issued."""
    number = digits(value)
    area, group, serial = number[:3], number[3:5], number[5:]
    return len(number) == 9 and area not in (b"000", b"666") and area < b"900" and group != b"00" and serial != b"0000"


def base62_crc32(value: bytes) -> bool:
    """Hold where the last six characters are the base-62 CRC32 of those between prefix and them."""
    body = value.rsplit(b"_", 1)[-1]
    if len(body) <= 6 or not body.isalnum():
        return False
    return _base62(zlib.crc32(body[:-6])).encode() == body[-6:]


def _base62(number: int) -> str:
    text = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        text = _BASE62[rest] + text
    return text


def jwt(value: bytes) -> bool:
    """Hold where the first part decodes to a JSON object that names an algorithm."""
    head = value.split(b".", 1)[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("alg"), str)


def aws_account_id(value: bytes) -> bool:
    """Hold for an access key id whose characters decode to an account of twelve digits."""
    try:
        raw = base64.b32decode(value[4:20])
    except (ValueError, binascii.Error):
        return False
    return (int.from_bytes(raw[:6], "big") & 0x7FFFFFFFFF80) >> 7 <= 999_999_999_999


def entropy(value: bytes) -> float:
    """Return Shannon's entropy of the bytes, in bits per byte."""
    size = len(value)
    counts = {byte: value.count(byte) for byte in set(value)}
    return -sum(n / size * math.log2(n / size) for n in counts.values()) if size else 0.0


_CLASSES = bytes(1 if 97 <= c <= 122 else 2 if 65 <= c <= 90 else 3 if 48 <= c <= 57 else 4 for c in range(256))
_PREFIXED_HEX = re.compile(rb"(?:[A-Za-z0-9]{1,30}[-_:.]){0,4}[A-Za-z]{0,4}(?=[0-9]*[a-f][0-9a-f]*[0-9])[0-9a-f]{32,}")
_LOWER_RUN = re.compile(rb"[a-z]{7}")
_LONE = re.compile(rb"(?<![a-z])[a-z](?![a-z])")
_CAPITALS = re.compile(rb"[A-Z]{2}")
_DIGITS = re.compile(rb"[0-9+/]+")


_SELDOM = frozenset(
    row[:1] + second
    for row in (
        b"ahjoqz bfkqtvxz cjqvwxz djkqz ejz fghjkmpqvwxz gbjkqwx hfghjkqvwxz iquwy jbcdfghijklmnpqrtvwxyz "
        b"kbdfhjklmoqvwxyz lhqx mghjkwx nqwx ohjqz pfjkmnqvwxz qabcdefghijkmnopqrsvwxyz rjqxz svxz tjkqx "
        b"uhjkoquvwxy vdfghjklmnpqrtvwx wbfgkpquwyz xdfghjkoquvwyz ydfghjkquvy zbdfjklnpqrtuvz"
    ).split()
    for second in (row[at : at + 1] for at in range(1, len(row)))
)
"""Pairs of letters that words and names seldom have: a thirtieth of all their pairs, but a third of chance's."""


def _pairs(value: bytes) -> tuple[int, int]:
    """Return how many pairs of neighbouring letters there are, and how many of them words seldom have."""
    low = value.lower()
    found = [low[at : at + 2] for at in range(len(low) - 1) if low[at : at + 2].isalpha()]
    return len(found), sum(pair in _SELDOM for pair in found)


_LIKELY = (
    b"36762361604878060879543340 86658421851943840774710060 83548318607732930658610030 85569542911544730665632130 "
    b"64785541401768353997244630 84558831900734840766701140 72439357800657730874721021 92249201902454930657511050 "
    b"65766560002769850688050305 94559412725344952382835010 83459444932645641585625140 83359320902832830266630070 "
    b"96349210801462880364620040 82788592714435740389540020 45672451404779660966756210 91449316702822860967501060 "
    b"54455323301745234664943232 92559350804465840677541050 61739327804543772389722050 82539307900433840876512062 "
    b"67657550601879370888010200 92439221900342740353211320 92459326903527840884222210 74768624801564591469341751 "
    b"74657442601777691588444244 92249414812443740454303346"
).replace(b" ", b"")
"""How likely a letter (column) follows another (row) in words of any kind against chance: 6 is even, 8 four times."""


def lettered(value: bytes) -> int:
    """Return how much the letters of a value follow each other as in words (above zero) or by chance (below)."""
    total = 0
    for first, second in pairwise(value):
        if 97 <= first <= 122 and 65 <= second <= 90:
            continue  # where one word of a camel-cased name ends and another begins
        row, column = (first | 32) - 97, (second | 32) - 97
        if 0 <= row < 26 and 0 <= column < 26:
            total += _LIKELY[row * 26 + column] - 54
    return total


def _unrest(value: bytes) -> float:
    """Return how often neighbouring characters are of different classes: words and names seldom, random often."""
    kinds = value.translate(_CLASSES)
    return sum(a != b for a, b in pairwise(kinds)) / max(len(value) - 1, 1)


def random_looking(value: bytes) -> bool:
    """Hold for values too mixed to be words or names: entropy for their length, and restless classes."""
    size = len(value)
    if size < 12:
        return False
    if re.fullmatch(rb"[0-9a-fA-F]+", value):
        return size >= 16 and entropy(value) >= 2.9 and not value.isdigit() and _unrest(value) >= 0.2
    count = sum(48 <= c <= 57 for c in value)
    if entropy(value) < min(3.1 + (size - 12) * 0.03, 4.2):
        return False
    if _PREFIXED_HEX.fullmatch(value):
        return True
    pairs, seldom = _pairs(value)
    if size >= 16 and (count or size >= 20) and pairs >= 6 and seldom >= max(2, pairs * (0.12 if count else 0.2)):
        return True
    if pairs >= 12 and seldom <= pairs * 0.05 and count < size * 0.3 and _unrest(value) < 0.5:
        return False
    if re.search(rb"[a-z]", value) and re.search(rb"[A-Z]", value):
        plain = count >= 2 and _unrest(value) >= 0.36 and (size > 60 or not _LOWER_RUN.search(value))
        return plain or (size >= 24 and _jumbled(value))
    least = 0.17 if size >= 28 and entropy(value) >= 4.3 else 0.25
    return count >= 2 and bool(re.search(rb"[A-Za-z]", value)) and _unrest(value) >= least and count >= size // 10


def _jumbled(value: bytes) -> bool:
    """Hold where lone small letters, neighbouring capitals and digits are more than any camel-cased name has."""
    lone = len(_LONE.findall(value))
    return lone > 0 and lone + len(_CAPITALS.findall(value)) + len(_DIGITS.findall(value)) >= len(value) * 0.2


def random_base64(value: bytes) -> bool:
    """Hold for base64 of random bytes: both cases, many different characters, jumbled.

    A looser test than the one for values of any form: for where place and length tell much already.
    """
    both = re.search(rb"[a-z]", value) and re.search(rb"[A-Z]", value)
    return bool(both) and entropy(value) >= 4.0 and (_unrest(value) >= 0.4 or _jumbled(value))


def mixed(value: bytes) -> bool:
    """Hold for values with six distinct characters, letters among them, and a digit or letters that make no words.

    One in thirty tokens of twenty characters has no digit.
    """
    if len(set(value)) < 6 or not re.search(rb"[A-Za-z]", value):
        return False
    return bool(re.search(rb"[0-9]", value)) or (len(value) >= 16 and lettered(value) <= -0.75 * len(value))


def strong_password(value: bytes) -> bool:
    """Hold for a value that mixes classes of characters as passwords do and words do not."""
    classes = sum(bool(re.search(kind, value)) for kind in (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^A-Za-z0-9]"))
    return len(value) >= 6 and len(set(value)) >= 5 and classes >= 2 and not value.isdigit()


_LEAST_LETTERED = {4: -6, 5: -4, 6: -3, 7: -3}


def by_chance(value: bytes) -> bool:
    """Hold for four letters or more that follow each other as chance has it, by a table of all pairs."""
    return len(value) >= 4 and value.isascii() and lettered(value) <= _LEAST_LETTERED.get(len(value), -2)


def given(value: bytes) -> bool:
    """Hold for a password as written in quotes where only one can stand: a word too."""
    return password_like(value) or (len(set(value)) >= 4 and _GIVEN.fullmatch(value) is not None)


_GIVEN = re.compile(rb"(?:[a-z]+|[A-Z][a-z]+)(?:[-_.@]?[A-Za-z0-9]+)*[!.?]?")


def password_like(value: bytes) -> bool:
    """Hold for what mixes classes of characters, and for letters that make no words."""
    if strong_password(value) or (value.isdigit() and 6 <= len(value) <= 12 and len(set(value)) >= 4):
        return True
    return (
        by_chance(value) and len(set(value)) >= min(5, len(value) - 1) and re.search(rb"[A-Za-z]{4}", value) is not None
    )


_LETTERS_AND_DIGITS = re.compile(rb"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9])[A-Za-z0-9+/_=.~-]+")


_PADDED = re.compile(rb"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9+/]{10,}={1,2}")
"""Base64 that ends in what fills it up: nothing else does."""


_BOTH = re.compile(rb"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])")


_LIKE_LETTERS = bytes.maketrans(b"01345$@7", b"oieassat")
_ALIKE = re.compile(rb"secret|pass|token|asdf|qwer|test|admin|abc")
"""Words written with digits that look like letters, and rows of keys: what comes to mind first."""


def _short_secret(value: bytes) -> bool:
    """Hold for letters and digits that are no word with a number behind: as short as people choose them."""
    if len(value) < 6 or len(set(value)) < 5 or not value.isalnum():
        return False
    count = sum(48 <= c <= 57 for c in value)
    if not 2 <= count <= len(value) - 2 or _ALIKE.search(value.lower().translate(_LIKE_LETTERS)):
        return False
    return lettered(value) <= 0 and (_unrest(value) >= 0.3 or by_chance(value))


def secret_like(value: bytes) -> bool:
    """Hold for what looks random, also where it is as short as keys of old services are: behind a telling name."""
    if random_looking(value):
        return True
    size = len(value)
    if size < 10:
        return _short_secret(value)
    if len(set(value)) < 6:
        return False
    if value.replace(b"_", b"").replace(b"-", b"").isalpha():
        return size >= 10 and lettered(value) <= (-6 if size >= 14 else -8)
    if _PADDED.fullmatch(value) and size % 4 == 0 and entropy(value) >= 2.9:
        return True
    if _LETTERS_AND_DIGITS.fullmatch(value) is None:
        return False
    count = sum(48 <= c <= 57 for c in value)
    if re.fullmatch(rb"[0-9a-f]+|[0-9A-F]+", value):
        return count >= 3 and size - count >= 2 and (size >= 32 or _unrest(value) >= 0.25)
    if count == 1:
        return bool(_BOTH.search(value)) and lettered(value) <= -6 and entropy(value) >= 2.8
    restless = _unrest(value) >= 0.2 or (size >= 20 and count >= 4) or lettered(value) <= -8
    return count >= 2 and restless and entropy(value) >= 2.8 and lettered(value) <= 0


def unpacked(value: bytes) -> bytes | None:
    """Return what base64 holds, though the signs at its end may lack; None of what is none."""
    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None


def base64_key(value: bytes) -> bool:
    """Hold for valid base64 that decodes to bytes which are no text."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return False
    return not raw.isascii() or entropy(raw) > 4.5


def basic_credentials(value: bytes) -> bool:
    """Hold for base64 of printable `name:password`."""
    try:
        name, colon, password = base64.b64decode(value, validate=True).partition(b":")
    except (ValueError, binascii.Error):
        return False
    return bool(name and colon and len(password) >= 3) and (name + password).isascii()


_LOGIN = re.compile(rb"\"auth\"\s*:\s*\"([A-Za-z0-9+/]{8,}={0,2})\"")


def registry_logins(value: bytes) -> bool:
    """Hold for base64 of a configuration of Docker with a login in it."""
    return any(map(basic_credentials, _LOGIN.findall(unpacked(value) or b"")))


def bytes_by_chance(value: bytes) -> bool:
    """Hold for a list of eight bytes or more that neither count up nor repeat, as keys have them."""
    numbers = [int(one, 0) for one in _BYTE.findall(value)]
    if len(numbers) < 8 or max(numbers) > 255 or len(set(numbers)) < min(12, len(numbers) * 0.6):
        return False
    steps = [b - a for a, b in pairwise(numbers)]
    return max(map(steps.count, set(steps))) * 3 < len(steps) * 2


_BYTE = re.compile(rb"0[xX][0-9a-fA-F]{1,2}|[1-9][0-9]*|0")


def nats_seed(value: bytes) -> bool:
    """Hold for a seed of NATS: base 32 whose last two bytes are the CRC-16 (XMODEM) of those before."""
    try:
        raw = base64.b32decode(value + b"=" * (-len(value) % 8))
    except (ValueError, binascii.Error):
        return False
    return binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")


def mail_domain(value: bytes) -> bool:
    """Hold for an address whose domain ends in letters and whose labels are no file suffix."""
    domain = value.rsplit(b"@", 1)[-1].lower()
    last = domain.rsplit(b".", 1)[-1]
    return last.isalpha() and last not in _SUFFIXES and b".." not in value


_SUFFIXES = frozenset(b"png jpg jpeg gif svg webp css js ts json xml html htm py rb php yml yaml md txt".split())


def nik(value: bytes) -> bool:
    """Hold for an Indonesian identity number that is no payment card: it has no check digit of its own."""
    return CHECKS["stdnum.id.nik"](value) and not payment_card(value)


CHECKS: dict[str, Callable[[bytes], bool]] = (
    checks_personal.CHECKS
    | checks_more.CHECKS
    | checks_further.CHECKS
    | checks_documents.CHECKS
    | {
        check.__name__: check
        for check in (
            payment_card,
            named_card,
            iban,
            us_ssn,
            base62_crc32,
            jwt,
            aws_account_id,
            random_looking,
            random_base64,
            mixed,
            strong_password,
            password_like,
            given,
            secret_like,
            base64_key,
            basic_credentials,
            registry_logins,
            nats_seed,
            bytes_by_chance,
            mail_domain,
            nik,
        )
    }
)


_JOINTS = re.compile(r"[^0-9A-Za-z]")


def _national(name: str) -> Callable[[bytes], bool]:
    """Return the check of a module of python-stdnum, loaded when a number is first put to it.

    A number is tried as it is written, then without what joins its parts: each country's module knows some joints only.
    """

    def holds(value: bytes) -> bool:
        from importlib import import_module

        module, text = import_module(f"stdnum.{name}"), value.decode("utf-8", "replace")
        return bool(module.is_valid(text)) or bool(module.is_valid(_JOINTS.sub("", text)))

    return holds


_NUMBERS = """
ad.nrt al.nipt ar.cbu ar.cuit at.tin at.vnr au.abn au.tfn az.voen be.bis be.eid be.nn bg.egn bg.pnf bic bitcoin
br.cnpj br.cpf by.unp ca.bc_phn ca.sin ch.ssn cl.rut cn.ric co.nit cr.cpf cr.cr cu.ni cy.vat cz.bankaccount cz.dic
cz.rc de.idnr de.stnr dk.cpr do.cedula dz.nif ec.ci ec.ruc ee.ik eg.tn es.ccc es.cif es.dni es.nie fi.hetu fo.vn fr.nif
fr.nir gb.nhs gb.upn gb.utr gh.tin gn.nifp gr.amka gr.vat gt.nit hr.oib hu.anum id.nik id.npwp ie.pps il.idnr imei
in_.aadhaar in_.epic in_.gstin in_.pan in_.vid is_.kennitala it.codicefiscale it.iva jp.in_ ke.pin kr.rrn li.peid
lt.asmens lv.pvn ma.ice md.idno me.pib mk.edb mt.vat mu.nid mx.curp mx.rfc my.nric mz.nuit nl.bsn
nl.onderwijsnummer no.fodselsnummer no.kontonr nz.bankaccount nz.ird pe.cui pe.ruc pk.cnic
pl.nip pl.pesel pt.cc pt.nif py.ruc ro.cnp rs.pib ru.inn se.personnummer si.ddv si.emso sk.rc sn.ninea sv.nit th.pin
th.tin tn.mf tr.tckimlik tr.vkn tw.ubn ua.rntrc us.atin us.ein us.itin us.ptin us.rtn uy.rut ve.rif vn.mst za.idnr
za.tin au.acn ca.bn ch.uid cn.uscc dk.cvr ee.registrikood fi.veronumero fi.ytunnus jp.cn kr.brn no.orgnr pl.regon
ru.ogrn se.orgnr sg.uen ua.edrpou
"""
CHECKS.update({f"stdnum.{name}": _national(name) for name in _NUMBERS.split()})
