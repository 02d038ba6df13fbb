"""Personal data and secrets planted in documents, with known answers, and near misses that must not match.

Secrets are put together at run time from the seed, so that no source file holds anything of their form. All
belong to nobody: card and account numbers are random digits with correct checks.
"""

from __future__ import annotations

import binascii
from typing import Literal

import msgspec

from casb_cli.sandbox import chance

Detector = Literal[
    "payment-card",
    "iban",
    "us-ssn",
    "email-bulk",
    "private-key",
    "aws-access-key",
    "aws-secret-key",
    "github-token",
    "slack-token",
    "high-entropy-assignment",
]
"""Kinds of planted things, named as the product's detectors that must find them."""
PLANTS: tuple[Detector, ...] = (
    "payment-card",
    "iban",
    "us-ssn",
    "email-bulk",
    "private-key",
    "aws-access-key",
    "github-token",
    "slack-token",
    "high-entropy-assignment",
)
"""What is planted on its own; `aws-secret-key` comes with its `aws-access-key`, on the next line."""
DETECTORS: tuple[Detector, ...] = (*PLANTS, "aws-secret-key")
BULK = 60
"""How many different addresses a planted `email-bulk` has; ordinary documents have at most two."""


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """What a document holds: which kind, how many different ones, and the first line (from 1) of the first.

    `place` says where in the document's own terms: `line 3`, `row 3`, `paragraph 3`, `slide 1`, `page 1`,
    `member notes.txt`, `attachment data.csv`, `body`.
    """

    detector: Detector
    count: int
    line: int
    place: str = ""


def luhn_digit(digits: str) -> str:
    """Return the check digit that makes `digits` pass Luhn."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = int(char) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card(seed: int, *parts: int) -> str:
    """Return a payment card number, 16 digits, correct check digit."""
    digits = chance.pick(("4", "52", "53"), seed, *parts) + chance.text("0123456789", 14, seed, *parts, 5)
    digits = digits[:15]
    return digits + luhn_digit(digits)


def iban(seed: int, *parts: int) -> str:
    """Return a German account number with correct check digits."""
    account = chance.number(8, seed, *parts, 1) + chance.number(10, seed, *parts, 2)
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


def _wrong_iban(seed: int, *parts: int) -> str:
    right = iban(seed, *parts)
    return f"DE{int(right[2:4]) % 97 + 1:02d}{right[4:]}"  # one more is never right: the check is modulo 97


def ssn(seed: int, *parts: int) -> str:
    """Return a US social security number of a valid area, group and serial."""
    bits = chance.mix(seed, *parts)
    return f"{100 + bits % 500:03d}-{10 + (bits >> 16) % 89:02d}-{1000 + (bits >> 32) % 8999:04d}"


def github_token(seed: int, *parts: int, prefix: str = "ghp") -> str:
    """Return a token of GitHub's form: 30 random characters and their checksum."""
    body = chance.text(chance.BASE62, 30, seed, *parts)
    value, check = binascii.crc32(body.encode()), ""
    while value:
        value, rest = divmod(value, 62)
        check = chance.BASE62[rest] + check
    return f"{prefix}_{body}{check.rjust(6, '0')}"


def slack_token(seed: int, *parts: int) -> str:
    """Return a bot token of Slack's form."""
    a, b = chance.number(12, seed, *parts, 1), chance.number(13, seed, *parts, 2)
    return "-".join(("xox" + "b", a, b, chance.text(chance.BASE62, 24, seed, *parts, 3)))


def aws_pair(seed: int, *parts: int) -> tuple[str, str]:
    """Return an access key id and secret of AWS's form."""
    key = "AK" + "IA" + chance.text(chance.BASE32, 16, seed, *parts, 1)
    return key, chance.text(chance.BASE62 + "+/", 40, seed, *parts, 2)


def private_key(seed: int, *parts: int) -> list[str]:
    """Return the lines of a PEM block of a private key's form (random, no key at all)."""
    mark = "-----{} RSA PRIVATE " + "KEY-----"
    body = "MIIEow" + "IBAAKCAQEA" + chance.text(chance.BASE62 + "+/", 48 * 4, seed, *parts)
    return [mark.format("BEGIN"), *(body[i : i + 64] for i in range(0, len(body), 64)), mark.format("END")]


def lines_for(detector: Detector, count: int, seed: int, *parts: int) -> list[str]:
    """Return the lines that plant `count` of a detector's things."""
    many = range(count)
    match detector:
        case "payment-card":
            return [f"card number {card(seed, *parts, n)} expires 09/31" for n in many]
        case "iban":
            return [f"please pay to IBAN {iban(seed, *parts, n)}" for n in many]
        case "us-ssn":
            return [f"SSN: {ssn(seed, *parts, n)}" for n in many]
        case "email-bulk":
            tag = chance.text(chance.HEX, 4, seed, *parts)
            return [f"subscriber.{tag}.{n}@readers.example" for n in range(BULK)]
        case "private-key":
            return [line for n in many for line in private_key(seed, *parts, n)]
        case "aws-access-key" | "aws-secret-key":
            pairs = [aws_pair(seed, *parts, n) for n in many]
            return [line for k, s in pairs for line in (f"aws_access_key_id = {k}", f"aws_secret_access_key = {s}")]
        case "github-token":
            return [f"GITHUB_TOKEN={github_token(seed, *parts, n)}" for n in many]
        case "slack-token":
            return [f"SLACK_TOKEN={slack_token(seed, *parts, n)}" for n in many]
        case "high-entropy-assignment":
            return [f'api_secret = "{chance.text(chance.BASE62, 40, seed, *parts, n)}"' for n in many]


def near_miss(seed: int, *parts: int) -> str:
    """Return a line that resembles a finding and is none."""
    bits = chance.mix(seed, *parts)
    wrong = chance.number(15, seed, *parts)
    wrong += str((int(luhn_digit(wrong)) + 1) % 10)
    options = (
        "test card 4111 1111 1111 1111 from the documentation",
        f"order number {wrong}",
        f"request {chance.uuid(seed, *parts)}",
        f"sha256 {chance.text(chance.HEX, 64, seed, *parts)}",
        f"commit {chance.text(chance.HEX, 40, seed, *parts)}",
        f"part 000-{10 + bits % 80}-{1000 + bits % 8000}",
        "example key " + "AKIA" + "IOSFODNN7EXAMPLE",
        "token placeholder " + "ghp_" + "x" * 36,
        f"account {_wrong_iban(seed, *parts)}",
        "password = changeme",
        "contact desk@larkspur.example",
        f"version 4.{bits % 90}.{bits % 7} build 20261101",
    )
    return options[bits % len(options)]
