"""Values that repeat or count: nobody was given one of these."""

from __future__ import annotations

import re
from itertools import pairwise

from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.view import View, by_value

_ORDER = (b"01234567890", b"98765432109", b"0123456789abcdefghijklmnopqrstuvwxyz", b"zyxwvutsrqponmlkjihgfedcba")
_COUNTED = expression(rb"(?:012(?:345?)?|1234?5?6?|4567?8?9?0?|567?8?9?0?|7890?|abcd?e?f?|defg?h?|efgh?|ghi)+")
_STEPS = {row[at : at + 2]: number for number, row in enumerate(_ORDER) for at in range(len(row) - 1)}
_LEAST = 5
"""Characters in a row that count up or down and are no chance."""
_RUN = expression(rb"(.)\1{11}", re.DOTALL)
_ALPHABET = 64
"""Letters and digits that encodings write with."""
_BLOCK = 5
"""Characters that a repeated block has less than."""
_NO_ALNUM = bytes(byte for byte in range(256) if not (byte < 128 and chr(byte).isalnum()))


@by_value
def repeated(value: bytes) -> bool:
    """Hold for values of at most two distinct characters, one repeated block, a long run of one, or the alphabet."""
    plain = value.translate(None, _NO_ALNUM)
    kinds = len(set(plain))
    if kinds <= 2 or _RUN.search(plain):
        return True
    if len(plain) <= _ALPHABET and _ORDER[2][10:] in plain and _ORDER[2][10:].upper() in plain:
        return True
    return kinds < _BLOCK and any(
        plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, min(_BLOCK, len(plain) // 2 + 1))
    )


def monotone(value: bytes, view: View) -> bool:
    """Hold for values that repeat, and for rows that count."""
    if repeated(value, view):
        return True
    plain = value.translate(None, _NO_ALNUM)
    small = plain.lower()
    # The first pair is asked first, as few values count there.
    counts = small[:2] in _STEPS
    if counts and len(plain) > 9 and any(small in one for one in _ORDER):
        return True
    if b"0001020304" in plain or (_ORDER[2][10:] in plain and _ORDER[2][10:].upper() in plain):
        return True
    if counts and 15 < len(plain) < 80 and small[-2:] in _STEPS and _counting(small) == len(plain):
        return True
    return 9 < len(plain) < 16 and _COUNTED.fullmatch(small) is not None


@by_value
def sequence(value: bytes) -> bool:
    """Hold for values that mostly count up or down the digits or the alphabet."""
    return mostly_counts(value)


@by_value
def made_longer(value: bytes) -> bool:
    """Hold for short values that end in 123456, as people make a word longer."""
    return len(value) < 20 and value.endswith(b"123456")


def mostly_counts(value: bytes) -> bool:
    """Return whether most of a value counts up or down the digits, the alphabet, or bytes in hexadecimal."""
    return _counts(value, 0.5, 0.6) or _bytes_count(value)


_HEX = expression(rb"(?:0[xX])?((?:[0-9a-fA-F]{2}){8,64})")


def _bytes_count(value: bytes) -> bool:
    """Return whether bytes in hexadecimal go on by one step, but once at most: as vectors for tests are written."""
    match = _HEX.fullmatch(value)
    if match is None:
        return False
    raw = bytes.fromhex(match[1].decode())
    steps = [(after - before) & 255 for before, after in pairwise(raw)]
    return steps[0] != 0 and steps.count(steps[0]) >= len(steps) - 1


@by_value
def counted(value: bytes) -> bool:
    """Hold for values that do little but count up or down the digits or the alphabet."""
    return _counts(value, 0.8, 0.8)


def _counts(value: bytes, short: float, long: float) -> bool:
    """Return whether such a share of a value, short or long, counts up or down."""
    plain = value.lower().translate(None, _NO_ALNUM)
    return len(plain) < 400 and _counting(plain) >= len(plain) * (short if len(plain) < 20 else long)


def _counting(plain: bytes) -> int:
    """Return how many characters stand in rows that count up or down."""
    covered = run = 0
    way = None
    for at in range(len(plain)):
        step = _STEPS.get(plain[at : at + 2])
        if step is not None and step == way:
            run += 1
            continue
        covered += run if run >= _LEAST else 0
        run, way = 2, step
    return covered + (run if run >= _LEAST else 0)
