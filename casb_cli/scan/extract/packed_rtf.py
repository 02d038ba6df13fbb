"""RTF as mails of Outlook pack it ([MS-OXRTFCP])."""

from __future__ import annotations

import struct

from casb_cli.scan.extract.base import Context, Stop

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_FIRST = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What every reader has in its window before the first byte."""
_WINDOW = 4096


def unpacked_rtf(data: bytes, context: Context) -> bytes:
    """Return the RTF text; raises Stop where it is torn or larger than may be held."""
    if len(data) < 16:
        raise Stop("corrupted", "a packed text")
    size, kind = struct.unpack_from("<4xII", data)
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED:
        raise Stop("corrupted", "a packed text")
    if size > context.limits.in_memory:
        raise Stop("too-large", "a packed text")
    out = bytearray(_FIRST)
    end = size + len(_FIRST)
    at = 16
    while at < len(data) and len(out) < end:
        flags = data[at]
        at += 1
        context.tick()
        for bit in range(8):
            if at >= len(data) or len(out) >= end:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 2 > len(data):
                raise Stop("corrupted", "a packed text")
            token = data[at] << 8 | data[at + 1]
            at += 2
            back = (len(out) - (token >> 4)) % _WINDOW
            if back == 0:
                return _given(out, len(data), context)
            if back > len(out):
                raise Stop("corrupted", "a packed text")
            begin = len(out) - back
            for step in range((token & 0x0F) + 2):
                out.append(out[begin + step])
    return _given(out, len(data), context)


def _given(out: bytearray, packed: int, context: Context) -> bytes:
    size = len(out) - len(_FIRST)
    context.unpack(size, size, packed)
    return bytes(out[len(_FIRST) :])
