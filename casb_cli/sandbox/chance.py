"""Chance without state: every invented fact is a pure function of the seed and an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
HEX = "0123456789abcdef"


def mix(seed: int, *parts: int) -> int:
    """Return 64 well-mixed bits of `seed` and `parts`: the same on every machine and run."""
    value = (seed + 0x9E3779B97F4A7C15) & _MASK
    for part in parts:
        value = ((value ^ part) * 0xBF58476D1CE4E5B9) & _MASK
        value ^= value >> 29
        value = (value * 0x94D049BB133111EB) & _MASK
        value ^= value >> 32
    return value


def pick(items: Sequence[T], seed: int, *parts: int) -> T:
    """Return one of `items`."""
    return items[mix(seed, *parts) % len(items)]


def text(alphabet: str, length: int, seed: int, *parts: int) -> str:
    """Return `length` characters of `alphabet`."""
    size, out, state = len(alphabet), [], mix(seed, *parts)
    for position in range(length):
        state = mix(state, position)
        out.append(alphabet[state % size])
    return "".join(out)


def number(digits: int, seed: int, *parts: int) -> str:
    """Return a decimal text of exactly `digits` digits, the first not 0."""
    return "123456789"[mix(seed, *parts, 1) % 9] + text("0123456789", digits - 1, seed, *parts, 2)


def uuid(seed: int, *parts: int) -> str:
    """Return a UUID-shaped text (version 4)."""
    raw = text(HEX, 32, seed, *parts)
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"
