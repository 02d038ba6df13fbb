"""Deflate64: deflate with matches and distances of up to 64 KiB, as Windows and 7-Zip write it into large archives.

After RFC 1951; what is other is in PKWARE's APPNOTE: two more distances, and a last length of sixteen bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from casb_cli.scan.extract.base import Stop

_WINDOW = 1 << 16
_TAKEN = 1 << 14
_REFILL = 64
"""Bits that a symbol and all that belongs to it never need more of."""
_HELD = 32
_DIRECT = 10
"""Bits of a code that are looked up at once."""
_MASK = (1 << _DIRECT) - 1
_END = 256
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_LENGTHS = (
    *((n + 3, 0) for n in range(8)),
    *((3 + ((4 + n % 4) << n // 4 - 1), n // 4 - 1) for n in range(8, 28)),
    (3, 16),
)
_DISTANCES = (*((n + 1, 0) for n in range(4)), *((1 + ((2 + n % 2) << n // 2 - 1), n // 2 - 1) for n in range(4, 32)))


class _Codes:
    """The codes of one alphabet: short ones in a table, by the bits that come next, longer ones by length and bits."""

    def __init__(self, lengths: list[int]) -> None:
        self.direct = [0] * (1 << _DIRECT)
        self._longer: dict[int, int] = {}
        self._longest = max(lengths, default=0)
        code = 0
        for size in range(1, self._longest + 1):
            code <<= 1
            for symbol in [n for n, length in enumerate(lengths) if length == size]:
                if code >> size:
                    raise Stop("corrupted", "a table of codes")
                turned = int(f"{code:0{size}b}"[::-1], 2)
                if size > _DIRECT:
                    self._longer[size << 16 | turned] = symbol << 4 | size
                for at in range(turned, 1 << _DIRECT, 1 << size):
                    self.direct[at] = symbol << 4 | size if size <= _DIRECT else 0
                code += 1

    def longer(self, bits: int) -> int:
        """Return symbol and length of a code that the table does not have."""
        for size in range(_DIRECT + 1, self._longest + 1):
            found = self._longer.get(size << 16 | bits & (1 << size) - 1)
            if found is not None:
                return found
        raise Stop("corrupted", "a code that is none")


@lru_cache(maxsize=1)
def _fixed() -> tuple[_Codes, _Codes]:
    return _Codes([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8), _Codes([5] * 32)


class _Bits:
    """Bits from a stream, the lowest first; a few bytes are held at once, as long numbers are slow."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._block = b""
        self._at = 0
        self._missing = False
        self.held = 0
        self.count = 0

    def fill(self) -> None:
        """Take more, and zeros once behind the end; raises Stop where even those are used up."""
        data = self._block[self._at : self._at + _HELD]
        self._at += _HELD
        if not data:
            self._block, self._at = self._read(_TAKEN), _HELD
            data = self._block[:_HELD]
        if not data:
            if self._missing:
                raise Stop("corrupted", "packed bytes are missing")
            self._missing = True
            data = bytes(_REFILL // 8)
        self.held |= int.from_bytes(data, "little") << self.count
        self.count += 8 * len(data)

    def take(self, size: int) -> int:
        while self.count < size:
            self.fill()
        value = self.held & (1 << size) - 1
        self.held >>= size
        self.count -= size
        return value

    def symbol(self, codes: _Codes) -> int:
        if self.count < _REFILL:
            self.fill()
        found = codes.direct[self.held & _MASK] or codes.longer(self.held)
        self.take(found & 15)
        return found >> 4


def deflate64(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield the content of a packed stream in pieces; `read` gives some more of it. Raises Stop where it is torn."""
    source = _Bits(read)
    out = bytearray()
    begin = last = 0
    while not last:
        last, kind = source.take(1), source.take(2)
        if kind == 3:
            raise Stop("corrupted", "a block of no kind")
        codes = _fixed() if kind == 1 else _told(source) if kind == 2 else None
        for _ in _stored(source, out) if codes is None else _coded(source, out, *codes):
            yield bytes(out[begin:])
            del out[: max(0, len(out) - _WINDOW)]
            begin = len(out)
    yield bytes(out[begin:])


def _stored(source: _Bits, out: bytearray) -> Iterator[None]:
    source.take(source.count % 8)
    size, check = source.take(16), source.take(16)
    if size ^ check != 0xFFFF:
        raise Stop("corrupted", "a stored block")
    for _ in range(size):
        out.append(source.take(8))
    yield


def _told(source: _Bits) -> tuple[_Codes, _Codes]:
    """Return the codes of a block that tells them."""
    lengths, distances, count = source.take(5) + 257, source.take(5) + 1, source.take(4) + 4
    sizes = [0] * len(_ORDER)
    for at in range(count):
        sizes[_ORDER[at]] = source.take(3)
    codes = _Codes(sizes)
    found: list[int] = []
    while len(found) < lengths + distances:
        symbol = source.symbol(codes)
        if symbol < 16:
            found.append(symbol)
        elif symbol == 16:
            found += found[-1:] * (3 + source.take(2))
        else:
            found += [0] * (3 + source.take(3) if symbol == 17 else 11 + source.take(7))
        if not found:
            raise Stop("corrupted", "a table of codes")
    return _Codes(found[:lengths]), _Codes(found[lengths : lengths + distances])


def _coded(source: _Bits, out: bytearray, lengths: _Codes, distances: _Codes) -> Iterator[None]:
    """Append a block's content; stops whenever there is enough of it to be given."""
    direct, append = lengths.direct, out.append
    full = len(out) + _WINDOW
    while True:
        if source.count < _REFILL:
            source.fill()
        # Letters follow each other: only these steps are worth their own names.
        held, count = source.held, source.count
        while count >= _REFILL:
            found = direct[held & _MASK] or lengths.longer(held)
            held >>= found & 15
            count -= found & 15
            if found >= _END << 4:
                break
            append(found >> 4)
        else:
            found = 0
        source.held, source.count = held, count
        if found >> 4 == _END:
            return
        if found:
            _copy(source, out, found >> 4, distances)
        if len(out) > full:
            yield
            full = len(out) + _WINDOW


def _copy(source: _Bits, out: bytearray, symbol: int, distances: _Codes) -> None:
    """Append what stood before: so long, so far back."""
    if symbol - _END - 1 >= len(_LENGTHS):
        raise Stop("corrupted", "a code that is none")
    base, more = _LENGTHS[symbol - _END - 1]
    size = base + source.take(more)
    base, more = _DISTANCES[source.symbol(distances)]
    back = base + source.take(more)
    if back > len(out):
        raise Stop("corrupted", "a reference to nothing")
    begin = len(out) - back
    if back >= size:
        out += out[begin : begin + size]
    else:
        out += (bytes(out[begin:]) * (size // back + 1))[:size]
