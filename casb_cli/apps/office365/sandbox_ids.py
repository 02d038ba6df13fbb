"""Ids of the simulated tenant: each made from an index, and readable back without a table."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from casb_cli.sandbox.chance import BASE32, BASE62


class Guids:
    """The GUIDs of one kind of object: `make(index)` is one, `index(guid)` reads it back."""

    def __init__(self, seed: int, kind: str) -> None:
        self._key = f"{seed}:{kind}:"
        self._mask = int.from_bytes(hashlib.blake2b(self._key.encode(), digest_size=4).digest(), "big")
        self.make = lru_cache(maxsize=8192)(self._make)

    def _make(self, index: int) -> str:
        """Return the GUID of an index."""
        rest = hashlib.blake2b(f"{self._key}{index}".encode(), digest_size=12).hexdigest()
        return f"{(index ^ self._mask) & 0xFFFFFFFF:08x}-{rest[:4]}-4{rest[5:8]}-a{rest[9:12]}-{rest[12:24]}"

    def index(self, guid: str) -> int | None:
        """Return the index of a GUID, None where it is none of this kind."""
        head = guid[:8]
        try:
            value = int(head, 16) ^ self._mask
        except ValueError:
            return None
        return value if self.make(value) == guid.lower() else None


class Texts:
    """Opaque ids over an alphabet: a prefix, the index in `digits` characters, a check that fills up to `length`."""

    def __init__(self, seed: int, kind: str, prefix: str, length: int, *, upper: bool = False) -> None:
        self._key = f"{seed}:{kind}:"
        self._prefix = prefix
        self._length = length
        self._alphabet = BASE32 if upper else BASE62
        self._values = {char: value for value, char in enumerate(self._alphabet)}
        self._digits = 7 if upper else 5
        self.make = lru_cache(maxsize=8192)(self._make)

    def _make(self, index: int) -> str:
        """Return the id of an index."""
        base, value, digits = len(self._alphabet), index, ""
        for _ in range(self._digits):
            value, rest = divmod(value, base)
            digits += self._alphabet[rest]
        raw = hashlib.blake2b(f"{self._key}{index}".encode(), digest_size=48).digest()
        coder = base64.b32encode if base == 32 else base64.urlsafe_b64encode
        return self._prefix + digits + coder(raw).decode()[: self._length - len(self._prefix) - self._digits]

    def index(self, id_: str) -> int | None:
        """Return the index of an id, None where it is none of this kind."""
        if len(id_) != self._length or not id_.startswith(self._prefix):
            return None
        value = 0
        start = len(self._prefix)
        for char in reversed(id_[start : start + self._digits]):
            digit = self._values.get(char)
            if digit is None:
                return None
            value = value * len(self._alphabet) + digit
        return value if self.make(value) == id_ else None


def guid_of(seed: int, *parts: object) -> str:
    """Return the GUID of something that need not be read back."""
    raw = hashlib.blake2b(f"{seed}:{parts}".encode(), digest_size=16).hexdigest()
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def quick_xor(data: bytes) -> str:
    """Return the quickXorHash of some bytes, in base64."""
    whole = len(data)
    folded = 0
    for at in range(0, whole, 160):
        folded ^= int.from_bytes(data[at : at + 160], "little")
    total = 0
    for position, byte in enumerate(folded.to_bytes(160, "little")):
        # Byte i is XORed in at bit 11 i modulo 160, so that after 160 bytes it starts anew.
        total ^= byte << (11 * position % 160)
    total = (total & ((1 << 160) - 1)) ^ (total >> 160)
    return base64.b64encode((total ^ (whole << 96)).to_bytes(20, "little")).decode()
