"""Made-up values for the detectors' own examples: assembled at run time, so that no token stands in the source."""

from __future__ import annotations

import base64
import random
import string
import zlib

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
URLSAFE = ALNUM + "-_"


def rand(size: int, alphabet: str = ALNUM, seed: int = 1) -> str:
    """Return characters that look random and are the same in every run; a digit and both cases among them."""
    source = random.Random(f"{size}{alphabet}{seed}")  # noqa: S311 - examples, no secrets
    while True:
        text = "".join(source.choice(alphabet) for _ in range(size))
        low = text.lower()
        if "xxx" in low or "000" in low:
            continue
        if size < 8 or any(c.isdigit() for c in text) or not any(c.isdigit() for c in alphabet):
            return text


def digits(size: int, seed: int = 1) -> str:
    """Return digits that look random."""
    return rand(size, string.digits, seed)


def crc_token(prefix: str, seed: int = 1) -> str:
    """Return a token of thirty characters and their six-character CRC32, as GitHub and npm issue."""
    body = rand(30, ALNUM, seed)
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        text = _BASE62[rest] + text
    return prefix + body + text


def card(prefix: str, size: int = 16, seed: int = 1) -> str:
    """Return a card number of a brand with a right Luhn digit."""
    body = prefix + digits(size - len(prefix) - 1, seed)
    total = 0
    for place, char in enumerate(reversed(body)):
        digit = int(char)
        total += digit if place & 1 else (digit * 2 - 9 if digit > 4 else digit * 2)
    return body + str(-total % 10)


def iban(country: str, account: str) -> str:
    """Return the IBAN of an account part with right check digits."""
    moved = "".join(str(int(c, 36)) for c in account + country + "00")
    return f"{country}{98 - int(moved) % 97:02d}{account}"


def grouped(text: str, size: int = 4, joint: str = " ") -> str:
    """Return the text in groups."""
    return joint.join(text[at : at + size] for at in range(0, len(text), size))


def uuid(seed: int = 1) -> str:
    """Return a UUID that is drawn."""
    text = rand(32, HEX, seed)
    return "-".join((text[:8], text[8:12], "4" + text[13:16], "a" + text[17:20], text[20:]))


def pem(kind: str, lines: int = 6) -> str:
    """Return the shape of a PEM private key: it holds no key."""
    dashes = "-" * 5
    words = f"{kind} PRIVATE KEY".strip()
    start = "b3BlbnNzaC1rZXktdjE" + "AAAAA" if kind == "OPENSSH" else "MIIEpAIB" + "AAKCAQEA"
    body = "\n".join(
        (start + rand(64, ALNUM + "+/", seed))[:64] if seed == 0 else rand(64, ALNUM + "+/", seed)
        for seed in range(lines)
    )
    return f"{dashes}BEGIN {words}{dashes}\n{body}\n{dashes}END {words}{dashes}\n"


def jwt(seed: int = 1) -> str:
    """Return a JSON web token with a signature that nobody made."""

    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    return ".".join(
        (part('{"alg":"HS256","typ":"JWT"}'), part('{"sub":"4711","iat":1516239022}'), rand(43, URLSAFE, seed))
    )


def b64(size: int, seed: int = 1) -> str:
    """Return base64 of so many bytes."""
    return base64.b64encode(random.Random(seed).randbytes(size)).decode()  # noqa: S311
