"""quickXorHash, the checksum that OneDrive for Business and SharePoint tell of every file."""

from __future__ import annotations

import base64

_WIDTH = 160
_SHIFT = 11


class QuickXor:
    """Takes content piece by piece; `text` is the hash as Graph writes it (base64 of 20 bytes)."""

    def __init__(self) -> None:
        self._folded = 0
        self._length = 0
        self._rest = b""

    def update(self, data: bytes) -> None:
        """Take the next piece."""
        self._length += len(data)
        data = self._rest + data
        whole = len(data) - len(data) % _WIDTH
        # A byte's place repeats every 160 bytes, so blocks of that length are folded onto one another.
        for at in range(0, whole, _WIDTH):
            self._folded ^= int.from_bytes(data[at : at + _WIDTH], "little")
        self._rest = data[whole:]

    @property
    def text(self) -> str:
        """The hash of what was taken so far."""
        folded = self._folded ^ int.from_bytes(self._rest, "little")
        state, mask = 0, (1 << _WIDTH) - 1
        for index, byte in enumerate(folded.to_bytes(_WIDTH, "little")):
            turned = byte << (_SHIFT * index % _WIDTH)
            state ^= (turned & mask) | (turned >> _WIDTH)
        state ^= (self._length & 0xFFFFFFFFFFFFFFFF) << (12 * 8)
        return base64.b64encode(state.to_bytes(20, "little")).decode()


def quickxor(content: bytes) -> str:
    """Return the hash of a whole content."""
    hashed = QuickXor()
    hashed.update(content)
    return hashed.text
