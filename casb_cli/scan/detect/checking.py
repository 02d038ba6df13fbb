"""What checks of values share, and the table of them: each takes the value's bytes and says whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from casb_cli.scan.detect.expressions import expression

Check = Callable[[bytes], bool]

CHECKS: dict[str, Check] = {}
"""The checks by name: each module of them adds its own when it is imported, and `validators` imports them all."""


def check(holds: Check) -> Check:
    """Make a function known as a check, by its name."""
    CHECKS[holds.__name__] = holds
    return holds


_PLAIN = expression(r"[^0-9A-Za-z]")


def plain(value: bytes) -> str:
    """Return the letters (capital) and digits of a value."""
    return _PLAIN.sub("", value.decode("ascii", "replace")).upper()


# In an address a space is written `%20`.
_NOT_DIGIT = expression(rb"%20|[^0-9]")
_NOT_ALNUM = expression(rb"%20|[^0-9A-Za-z]")


def digits(value: bytes) -> bytes:
    """Return the digits of a value, without those that stand for a space in an address."""
    return _NOT_DIGIT.sub(b"", value)


def letters_and_digits(value: bytes) -> bytes:
    """Return the letters and digits of a value, without those that stand for a space in an address."""
    return _NOT_ALNUM.sub(b"", value)


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
