"""What checks of values share, and the table of them: each takes the value's bytes and says whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Check = Callable[[bytes], bool]

CHECKS: dict[str, Check] = {}
"""The checks by name: each module of them adds its own when it is imported, and `validators` imports them all."""


def check(holds: Check) -> Check:
    """Make a function known as a check, by its name."""
    CHECKS[holds.__name__] = holds
    return holds


DIGITS = b"0123456789"
_NO_DIGIT = bytes(byte for byte in range(256) if byte not in DIGITS)
_NO_ALNUM = bytes(byte for byte in range(256) if not bytes((byte,)).isalnum())
_SPACE = b"%20"
"""What a space is written as in an address."""


def plain(value: bytes) -> str:
    """Return the letters (capital) and digits of a value."""
    return value.translate(None, _NO_ALNUM).upper().decode()


def count_digits(value: bytes) -> int:
    """Return how many digits a value has."""
    return len(value) - len(value.translate(None, DIGITS))


def digits(value: bytes) -> bytes:
    """Return the digits of a value, without those that stand for a space in an address."""
    return value.replace(_SPACE, b"").translate(None, _NO_DIGIT)


def letters_and_digits(value: bytes) -> bytes:
    """Return the letters and digits of a value, without those that stand for a space in an address."""
    return value.replace(_SPACE, b"").translate(None, _NO_ALNUM)


def as_numbers(text: str) -> list[int]:
    """Return digits as themselves and letters as 10 to 35."""
    return [int(char, 36) for char in text]


def weighted(values: Iterable[int], weights: Iterable[int]) -> int:
    """Return the sum of values, each times its weight."""
    return sum(value * weight for value, weight in zip(values, weights, strict=False))


def summed(text: str, weights: Iterable[int]) -> int:
    """Return the weighted sum of a text's digits and letters."""
    return weighted(as_numbers(text), weights)


def possible_day(day: str, month: str) -> bool:
    """Return whether there may be such a day."""
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""Each digit doubled, and the two digits of that added up."""


def luhn(number: bytes) -> bool:
    """Hold for digits whose last one is right by Luhn's rule."""
    total = sum(number[-1::-2]) + sum(number[-2::-2].translate(_DOUBLED))
    return (total - 48 * len(number)) % 10 == 0
