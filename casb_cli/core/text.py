"""Foreign text made harmless: for terminals, for spreadsheets, for references."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UNSAFE_FORMATS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(value: str) -> str:
    """Return `value` with control characters, line breaks, bidi overrides and surrogates escaped.

    Rich markup is not touched: callers print through `rich.text.Text`, which reads none.
    """
    if value.isascii() and value.isprintable():
        return value
    return "".join(
        _escaped(char) if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in _UNSAFE_FORMATS else char
        for char in value
    )


_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def csv_safe(value: str) -> str:
    """Return `value` so that a spreadsheet shows it as text: a leading `= + - @`, tab or line break gets a quote.

    Quotes that stand before such a character already get one more, so taking one away gives the value back.
    """
    return f"'{value}" if _FORMULA.match(value) else value


_REF_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f-\x9f%\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def ref_encode(value: str) -> str:
    """Return an id with white space, control characters and `%` percent-encoded: one safe word."""
    if value.isalnum() and value.isascii():  # most ids, and a million of them in a listing
        return value
    return _REF_UNSAFE.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode("utf-8", "surrogatepass")), value)


_ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def ref_decode(value: str) -> str:
    """Return the id that `ref_encode` encoded; raises ValueError on a stray `%`."""
    if "%" in _ESCAPE.sub("", value):
        raise ValueError("a % in a reference is followed by two hexadecimal digits")
    return _ESCAPE.sub(lambda m: bytes.fromhex(m[0].replace("%", "")).decode("utf-8", "surrogatepass"), value)


def shorten(value: str, width: int) -> str:
    """Return `value` cut to `width` characters, the cut shown by an ellipsis."""
    return value if len(value) <= width else value[: max(width - 1, 0)] + "…"


def meant(name: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> str:
    """Return `did you mean ...? ` with the names that come closest, and a blank; empty where none is close."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), most, cutoff)
    return f"did you mean {' or '.join(f'`{one}`' for one in near)}? " if near else ""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun in the right number: `1 account`, `1,234 activities`, `0 files`."""
    if count != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun}"
