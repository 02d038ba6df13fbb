"""Ids of the simulated Google Workspace: each made from an index, and readable back without a table."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from casb_cli.sandbox.chance import BASE62

_DIGITS = {char: value for value, char in enumerate(BASE62)}
USER, USER_STEP = 103_400_000_000_000_000_000, 1_000_003
PERMISSION, PERMISSION_STEP = 4_200_000_000_000_000_000, 1_000_033
GROUP_PERMISSION = 1_700_000_000_000_000_000


class Ids:
    """The ids of one kind: `prefix`, the index in five digits, a check of `length`, `suffix`; `make(index)` is one."""

    def __init__(self, seed: int, salt: str, prefix: str, length: int, suffix: str = "") -> None:
        self._key = f"{seed}:{salt}:"
        self._prefix = prefix
        self._length = length
        self._suffix = suffix
        self._total = len(prefix) + 5 + length + len(suffix)
        self.make = lru_cache(maxsize=4096)(self._make)

    def _make(self, index: int) -> str:
        """Return the id of an index."""
        value, digits = index, ""
        for _ in range(5):
            value, rest = divmod(value, 62)
            digits += BASE62[rest]
        raw = hashlib.blake2b(f"{self._key}{index}".encode(), digest_size=24).digest()
        return self._prefix + digits + base64.urlsafe_b64encode(raw).decode()[: self._length] + self._suffix

    def index(self, id_: str) -> int | None:
        """Return the index of an id, None where it is no id of this kind."""
        if len(id_) != self._total or not id_.startswith(self._prefix):
            return None
        value = 0
        for char in reversed(id_[len(self._prefix) : len(self._prefix) + 5]):
            digit = _DIGITS.get(char)
            if digit is None:
                return None
            value = value * 62 + digit
        return value if self.make(value) == id_ else None


def user_id(index: int) -> str:
    """Return the Directory's id of a person's account."""
    return str(USER + index * USER_STEP)


def user_index(id_: str) -> int | None:
    """Return the person of a Directory id."""
    return _counted(id_, USER, USER_STEP, 21)


def permission_id(index: int) -> str:
    """Return Drive's id of a person's account: not the Directory's."""
    return f"0{PERMISSION + index * PERMISSION_STEP}"


def group_permission_id(index: int) -> str:
    """Return Drive's id of a group."""
    return f"0{GROUP_PERMISSION + index * PERMISSION_STEP}"


def stranger_permission_id(email: str) -> str:
    """Return Drive's id of an address that is nobody of the invented world."""
    raw = int.from_bytes(hashlib.blake2b(email.casefold().encode(), digest_size=7).digest(), "big")
    return f"0{9_000_000_000_000_000_000 + raw % 10**18}"


def _counted(id_: str, base: int, step: int, length: int) -> int | None:
    if len(id_) != length or not id_.isascii() or not id_.isdigit():
        return None
    index, rest = divmod(int(id_) - base, step)
    return index if rest == 0 and index >= 0 else None
