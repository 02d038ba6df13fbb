"""Why an address with a password is none: hosts that stand for any, and what tests of addresses try."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casb_cli.scan.detect.filters import View

_EXAMPLE_HOST = re.compile(
    rb"@(?:[\w.-]*\.)?(?:(?:example|domain|yourdomain|mydomain|server|some\.url|complex\.url)\.(?:com|org|net)|invalid|example"
    rb"|host(?:name)?|domain|server)(?![\w.-])",
    re.IGNORECASE,
)


def example_host(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold for an address at a host that stands for any: those that RFC 2606 keeps free, and bare words for one."""
    return _EXAMPLE_HOST.match(view.after(80)) is not None


_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_TRIED = re.compile(rb"(?:foo|bar|baz|pass|password|user|name|secret|word|[a-z])?[0-9]{0,3}", re.IGNORECASE)


def escaped_words(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold for what tests of addresses try: escaped controls, brackets, and escaped signs between words of samples."""
    if b"[" in value or b"]" in value:
        return True
    if b"%" not in value:
        return False
    text = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), value)
    return any(char < 32 for char in text) or all(map(_TRIED.fullmatch, re.split(rb"[^A-Za-z0-9]+", text)))
