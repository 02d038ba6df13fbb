"""Checks of secrets: structure and checksums of tokens, and whether a value looks drawn by chance or chosen."""

from __future__ import annotations

import base64
import binascii
import math
import re
import zlib
from functools import lru_cache
from itertools import pairwise

import msgspec

from casb_cli.scan.detect.checking import check
from casb_cli.scan.detect.counting import mostly_counts
from casb_cli.scan.detect.expressions import expression

_ONCE = lru_cache(256)
"""What checks and filters ask of one value one after the other is computed once."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@check
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


@check
def jwt(value: bytes) -> bool:
    """Hold where the first part decodes to a JSON object that names an algorithm."""
    head = value.split(b".", 1)[0]
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    except (ValueError, msgspec.DecodeError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("alg"), str)


_JWT = expression(rb"eyJ[\w-]{10,}\.eyJ[\w-]{6,}\.[\w-]{16,}\s*")


@check
def encoded_jwt(value: bytes) -> bool:
    """Hold for base64 of such a token."""
    text = unpacked(value)
    return text is not None and _JWT.fullmatch(text) is not None and jwt(text)


@check
def aws_account_id(value: bytes) -> bool:
    """Hold for an access key id whose characters decode to an account of twelve digits."""
    try:
        raw = base64.b32decode(value[4:20])
    except (ValueError, binascii.Error):
        return False
    return (int.from_bytes(raw[:6], "big") & 0x7FFFFFFFFF80) >> 7 <= 999_999_999_999


@_ONCE
def entropy(value: bytes) -> float:
    """Return Shannon's entropy of the bytes, in bits per byte."""
    size = len(value)
    counts = {byte: value.count(byte) for byte in set(value)}
    return -sum(n / size * math.log2(n / size) for n in counts.values()) if size else 0.0


_CLASSES = bytes(1 if 97 <= c <= 122 else 2 if 65 <= c <= 90 else 3 if 48 <= c <= 57 else 4 for c in range(256))
_PREFIXED_HEX = expression(
    rb"(?:[A-Za-z0-9]{1,30}[-_:.]){0,4}[A-Za-z]{0,4}(?=[0-9]*[a-f][0-9a-f]*[0-9])[0-9a-f]{32,}(?:-?[A-Za-z0-9]{1,12})?"
)
_LOWER_RUN = expression(rb"[a-z]{7}")
_LONE = expression(rb"(?<![a-z])[a-z](?![a-z])")
_CAPITALS = expression(rb"[A-Z]{2}")
_DIGITS = expression(rb"[0-9+/]+")


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


@_ONCE
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


@check
@_ONCE
def random_looking(value: bytes) -> bool:
    """Hold for values too mixed to be words or names: entropy for their length, and restless classes."""
    size = len(value)
    if size < 12:
        return False
    if re.fullmatch(rb"[0-9a-fA-F]+", value):
        return size >= 16 and entropy(value) >= 2.9 and not value.isdigit() and _unrest(value) >= 0.2
    count = sum(48 <= c <= 57 for c in value)
    if size >= 32 and _PREFIXED_HEX.fullmatch(value):  # which has sixteen different characters at most
        return entropy(value) >= 3.1
    if entropy(value) < min(3.1 + (size - 12) * 0.03, 4.2):
        return False
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


@check
def random_base64(value: bytes) -> bool:
    """Hold for base64 of random bytes: both cases, many different characters, jumbled.

    A looser test than the one for values of any form: for where place and length tell much already.
    """
    both = re.search(rb"[a-z]", value) and re.search(rb"[A-Z]", value)
    return bool(both) and entropy(value) >= 4.0 and (_unrest(value) >= 0.4 or _jumbled(value))


@check
def mixed(value: bytes) -> bool:
    """Hold for values with six distinct characters, letters among them, and a digit or letters that make no words.

    One in thirty tokens of twenty characters has no digit.
    """
    if len(set(value)) < 6 or not re.search(rb"[A-Za-z]", value):
        return False
    return bool(re.search(rb"[0-9]", value)) or (len(value) >= 16 and lettered(value) <= -0.75 * len(value))


@check
@_ONCE
def strong_password(value: bytes) -> bool:
    """Hold for a value that mixes classes of characters as passwords do and words do not."""
    return len(value) >= 6 and len(set(value)) >= 5 and len(set(value.translate(_CLASSES))) >= 2


_LETTER_RUN = expression(rb"[A-Za-z]{5}")


@_ONCE
def drawn_password(value: bytes) -> bool:
    """Hold for twelve characters or more of all four classes, mixed as only programs mix them."""
    if not 12 <= len(value) <= 64 or len(set(value.translate(_CLASSES))) < 4 or _LETTER_RUN.search(value):
        return False
    return len(set(value)) >= 9 and _unrest(value) >= 0.5


_LEAST_LETTERED = {4: -6, 5: -4, 6: -3, 7: -3}


def by_chance(value: bytes) -> bool:
    """Hold for four letters or more that follow each other as chance has it, by a table of all pairs."""
    return len(value) >= 4 and value.isascii() and lettered(value) <= _LEAST_LETTERED.get(len(value), -2)


@check
def given(value: bytes) -> bool:
    """Hold for a password as written in quotes where only one can stand: a word too."""
    return password_like(value) or (len(set(value)) >= 4 and _GIVEN.fullmatch(value) is not None)


_NUMBERED = expression(rb"[a-z]+(?:[-_. ][a-z0-9]+)*[-_.]?[0-9]{0,2}", re.IGNORECASE)


@check
def chosen(value: bytes) -> bool:
    """Hold for a password that cannot be a name as well: letters and digits, no word with a number behind."""
    if not password_like(value) or b"/" in value or b":" in value:
        return False
    return any(48 <= c <= 57 for c in value) and (_NUMBERED.fullmatch(value) is None or by_chance(value))


_GIVEN = expression(rb"(?:[a-z]+|[A-Z][a-z]+)(?:[-_.@]?[A-Za-z0-9]+)*[!.?]?")


@check
@_ONCE
def password_like(value: bytes) -> bool:
    """Hold for what mixes classes of characters, and for letters that make no words."""
    if strong_password(value) or (value.isdigit() and 6 <= len(value) <= 12 and len(set(value)) >= 4):
        return True
    return (
        by_chance(value) and len(set(value)) >= min(5, len(value) - 1) and re.search(rb"[A-Za-z]{4}", value) is not None
    )


_LETTERS_AND_DIGITS = expression(rb"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9])[A-Za-z0-9+/_=.~-]+")


_PADDED = expression(rb"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9+/]{10,}={1,2}")
"""Base64 that ends in what fills it up: nothing else does."""


_BOTH = expression(rb"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])")


_LIKE_LETTERS = bytes.maketrans(b"01345$@7", b"oieassat")
_ALIKE = expression(rb"secret|pass|token|asdf|qwer|test|admin|abc")
"""Words written with digits that look like letters, and rows of keys: what comes to mind first."""


def _short_secret(value: bytes) -> bool:
    """Hold for letters and digits that are no word with a number behind: as short as people choose them."""
    if len(value) < 6 or len(set(value)) < 5 or not value.isalnum():
        return False
    count = sum(48 <= c <= 57 for c in value)
    if not 2 <= count <= len(value) - 2 or _ALIKE.search(value.lower().translate(_LIKE_LETTERS)):
        return False
    return lettered(value) <= 0 and (_unrest(value) >= 0.3 or by_chance(value))


_LETTER_AND_DIGIT = expression(rb"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9])[\w.+/-]{16,}={0,2}")


@check
def key_like(value: bytes) -> bool:
    """Hold for what looks random, and for letters and digits that count up, as people make up a key."""
    if random_looking(value):
        return True
    return len(set(value)) >= 8 and _LETTER_AND_DIGIT.fullmatch(value) is not None and mostly_counts(value)


@check
def secret_like(value: bytes) -> bool:
    """Hold for what looks random, also where it is as short as keys of old services are: behind a telling name."""
    if key_like(value):
        return True
    size = len(value)
    if value.isdigit():
        return 15 <= size <= 40 and len(set(value)) >= 5
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


@check
def base64_key(value: bytes) -> bool:
    """Hold for valid base64 that decodes to bytes which are no text."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return False
    return not raw.isascii() or entropy(raw) > 4.5


@check
def basic_credentials(value: bytes) -> bool:
    """Hold for base64 of printable `name:password`, in any script."""
    try:
        pair = base64.b64decode(value, validate=True).decode().strip()
    except ValueError:
        return False
    name, _, password = pair.partition(":")
    return bool(name) and len(password) >= 3 and pair.isprintable() and not name.startswith("{")


_LOGIN = expression(rb"\"auth\"\s*:\s*\"([A-Za-z0-9+/]{8,}={0,2})\"")


@check
def registry_logins(value: bytes) -> bool:
    """Hold for base64 of a configuration of Docker with a login in it."""
    return any(map(basic_credentials, _LOGIN.findall(unpacked(value) or b"")))


@check
def bytes_by_chance(value: bytes) -> bool:
    """Hold for a list of eight bytes or more that neither count up nor repeat, as keys have them."""
    numbers = [int(one, 0) for one in _BYTE.findall(value)]
    if len(numbers) < 8 or max(numbers) > 255 or len(set(numbers)) < min(12, len(numbers) * 0.6):
        return False
    steps = [b - a for a, b in pairwise(numbers)]
    return max(map(steps.count, set(steps))) * 3 < len(steps) * 2


_BYTE = expression(rb"0[xX][0-9a-fA-F]{1,2}|[1-9][0-9]*|0")


@check
def nats_seed(value: bytes) -> bool:
    """Hold for a seed of NATS: base 32 whose last two bytes are the CRC-16 (XMODEM) of those before."""
    try:
        raw = base64.b32decode(value + b"=" * (-len(value) % 8))
    except (ValueError, binascii.Error):
        return False
    return binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")


@check
def mail_domain(value: bytes) -> bool:
    """Hold for an address whose domain ends in letters and whose labels are no file suffix."""
    domain = value.rsplit(b"@", 1)[-1].lower()
    last = domain.rsplit(b".", 1)[-1]
    return last.isalpha() and last not in _SUFFIXES and b".." not in value


_SUFFIXES = frozenset(b"png jpg jpeg gif svg webp css js ts json xml html htm py rb php yml yaml md txt".split())
