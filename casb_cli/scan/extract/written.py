"""Files of translations and of the registry, as whoever reads them sees them: strings in one, and none as bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

from casb_cli.scan.extract.inline import RUN, joined

_TRANSLATED = re.compile(rb"^msgid \"", re.MULTILINE)
_ENTRY = rb"(?<!\\[nrt])\"\r?\n\"|" + RUN
"""Where a string goes on in the next line (PO); one that ends a line of its own is followed by another."""
_REGISTRY = (b"Windows Registry Editor Version ", b"REGEDIT4")
_VALUE = rb"hex(?:\(([0-9a-fA-F]{1,8})\))?:(?:[0-9a-fA-F]{2}(?:,(?:\\\r?\n[ \t]*+)?)?)++"
_BYTES = re.compile(rb"[0-9a-fA-F]{2}(?=,|\\|\s|\Z)")
_WIDE = (b"1", b"2", b"6", b"7")
"""Types of values that are text, as `regedit` numbers them: in UTF-16."""

Writing = tuple[Callable[[bytes], re.Pattern[bytes]], Callable[[re.Match[bytes]], bytes]]


def writing(head: bytes) -> Writing | None:
    """Return what finds what is written at length in a file that begins so, and what that stands for."""
    if head.lstrip(b"\xef\xbb\xbf").startswith(_REGISTRY):
        value = re.compile(_VALUE)
        return lambda _: value, _text
    if _TRANSLATED.search(head) is not None:
        entry = re.compile(_ENTRY)
        return lambda _: entry, lambda found: b"" if found[0][:1] == b'"' else joined(found)
    return None


def _text(found: re.Match[bytes]) -> bytes:
    """Return the text that a value of the registry is; the value itself where it is none."""
    data = bytes.fromhex(b" ".join(_BYTES.findall(found[0])).decode("ascii"))
    wide = found[1] in _WIDE or (len(data) > 1 and not any(data[1::2]))
    try:
        text = data.decode("utf-16-le" if wide else "utf-8").rstrip("\0").replace("\0", " | ")
    except UnicodeDecodeError:
        return found[0]
    return (
        b'"%b"' % text.encode() if text and all(char.isprintable() or char in "\t\r\n" for char in text) else found[0]
    )
