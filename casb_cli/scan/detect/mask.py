"""What of a match may be seen: at most its last four characters, never more than a quarter of it."""

from __future__ import annotations

from casb_cli.core.text import printable
from casb_cli.scan.detect.checking import digits, letters_and_digits
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.rules import Mask, Normal

_HEADER = expression(rb"-----BEGIN [A-Z0-9 ]{1,40}-----|Private-Lines: [0-9]{1,3}")


def excerpt(value: bytes, how: Mask) -> str:
    """Return the masked form: stars for up to twelve hidden characters, then what may be seen."""
    if how == "header":
        found = _HEADER.search(value)
        return found[0].decode("ascii") if found else "********"
    if how == "none":
        return "********"
    # Without its blanks: a number in groups shows as many characters as one that is written together.
    text = "".join(value.decode("utf-8", "replace").split())
    seen = min(4, len(text) // 4)
    return "*" * min(len(text) - seen, 12) + printable(text[len(text) - seen :])


def normalised(value: bytes, how: Normal) -> bytes:
    """Return the value as it enters the fingerprint: the same for every way of writing it."""
    if how == "digits":
        return digits(value)
    if how == "alnum":
        return letters_and_digits(value).upper()
    if how == "lower":
        return value.lower()
    return value
