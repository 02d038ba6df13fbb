"""Why an address is none, or a value that says so of itself; why a postcode or a span of years is no other number."""

from __future__ import annotations

import re

from casb_cli.scan.detect.checks_documents import DAY
from casb_cli.scan.detect.checks_secrets import by_chance, lettered, unpacked
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.view import View, by_value

_EXAMPLE_HOST = expression(
    rb"@(?:[\w.-]*\.)?(?:(?:example|domain|yourdomain|mydomain|server|some\.url|complex\.url)\.(?:com|org|net)|invalid|example"
    rb"|host(?:name)?|domain|server)(?![\w.-])",
    re.IGNORECASE,
)


def example_host(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold for an address at a host that stands for any: those that RFC 2606 keeps free, and bare words for one."""
    return _EXAMPLE_HOST.match(view.after(80)) is not None


def sample_host(value: bytes, view: View) -> bool:
    """Hold for an address at such a host, unless its password is drawn by lot: then somebody left the host out only."""
    return not by_chance(value) and example_host(value, view)


_USER = expression(rb"//([^\s/:@]{1,80}):$")


def same_twice(value: bytes, view: View) -> bool:
    """Hold where user and password are the same word, as examples have it, and for `https://mailto:`."""
    match = _USER.search(view.before(100))
    return match is not None and match[1].lower() in (value.lower(), b"mailto")


_ESCAPE = expression(rb"%([0-9A-Fa-f]{2})")
_TRIED = expression(
    rb"(?:foo|bar|baz|pass|passwd|password|pwd|my|p|ss|ssword|user|name|secret|word|[a-z])?[0-9]{0,3}", re.IGNORECASE
)


@by_value
def escaped_words(value: bytes) -> bool:
    """Hold for what tests of addresses try: escaped controls, brackets, and escaped signs between words of samples."""
    if b"[" in value or b"]" in value:
        return True
    if b"%" not in value:
        return False
    text = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), value)
    return any(char < 32 for char in text) or all(map(_TRIED.fullmatch, re.split(rb"[^A-Za-z0-9]+", text)))


_ZIP = expression(rb"[0-9]{5}-[0-9]{4}")
_STATE = expression(rb"(?:^|[^A-Za-z])[A-Z]{2}[^0-9A-Za-z]{1,8}$")
_COUNTRY = expression(rb"[\s,.]{1,4}U\.?\s?S", re.IGNORECASE)


def postcode(value: bytes, view: View) -> bool:
    """Hold for the long postcode of an American address: behind a state, or before the country."""
    if not _ZIP.fullmatch(value):
        return False
    # Not `before`: in the licences of programs the line ends between the two.
    in_front = view.text[max(0, view.start - 16) : view.start]
    return _STATE.search(in_front) is not None or _COUNTRY.match(view.after(8)) is not None


_SAMPLE = expression(
    rb"(?:foo|bar|baz|user|username|name|login|pass|passwd|password|pwd|test|admin|secret|token|key|id|client|[a-z])[0-9]{0,3}",
    re.IGNORECASE,
)


@by_value
def sample_pair(value: bytes) -> bool:
    """Hold for base64 of a pair of which both parts are what manuals write for a user's name and a password."""
    text = unpacked(value)
    return text is not None and all(map(_SAMPLE.fullmatch, re.split(rb"[^A-Za-z0-9]+", text)))


_YEARS = expression(rb"((?:19|20)\d\d)[ ./-]((?:19|20)\d\d)")
_DAY = expression(DAY + rb"(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?|99991231")
"""A day, with the time of day or without, and the one that stands for no end."""


@by_value
def years(value: bytes) -> bool:
    """Hold for a year and the same or a later one, as periods are told, and for a day and time in one number."""
    span = _YEARS.fullmatch(value)
    return span[1] <= span[2] if span is not None else _DAY.fullmatch(value) is not None


_TAXON = expression(rb"tax[_ ]?(?:on[_ ]?)?ids?[\"']?\W{0,4}$", re.IGNORECASE)
_LIVING = expression(
    rb"taxon|species|organism|genus|lineage|ncbi|genom|scientific_?name|accession|strain|phylum|protein|virus|bacteri",
    re.IGNORECASE,
)


def taxon(value: bytes, view: View) -> bool:
    """Hold for a number of NCBI's taxonomy, whose name is that of a tax number: living things stand around it."""
    if len(value) > 8 or not value.isdigit() or not any(map(_TAXON.search, (view.before(24), view.column))):
        return False
    return _LIVING.search(view.text, max(0, view.start - 1000), min(len(view.text), view.end + 1000)) is not None


_HEXADECIMAL = expression(rb"[0-9a-f]{16,}|[0-9A-F]{16,}")
_SAYS_SAMPLE = (
    rb"example|sample|dummy|placeholder|xxxx|your[_-]|redacted|fake[-_]?(?:pass|secret|token|key|cred)"
    rb"|not[-_]?(?:a[-_]?)?(?:real|valid)|(?:string|token|key|secret|value|goes)[-_]?here"
)
"""What a value says of itself that is none."""
_PATTERN = rb"a-z_?-?(?:a-z|0-9)|0-9_?-?a-[zf]|\\[dws][+*{]|\]\{[0-9]|\(\?[:i=!<]|\[(?:0-9|\^)"
"""What expressions are written with that look for values."""
_DOCUMENTED = expression(_SAYS_SAMPLE + rb"|\*\*\*|###|\.\.\.|000000000|" + _PATTERN, re.IGNORECASE)


@by_value
def documentation(value: bytes) -> bool:
    """Hold for values that say of themselves that they are examples or masked, and for expressions."""
    return _DOCUMENTED.search(value) is not None


_TELLING = expression(_SAYS_SAMPLE + rb"|change_?me|[^0-9]12345$", re.IGNORECASE)
_SPELT = expression(rb"[A-Za-z]+(?:[ :_.,-]{1,2}[A-Za-z]+)*[0-9]{0,3}[.!]?\n?")


@by_value
def encoded_words(value: bytes) -> bool:
    """Hold for base64 or hexadecimal of plain words, and of what says that it is an example: samples of manuals."""
    if len(value) % 2 == 0 and _HEXADECIMAL.fullmatch(value):
        return _SPELT.fullmatch(bytes.fromhex(value.decode())) is not None
    text = unpacked(value)
    if text is None:
        return False
    if text.isascii() and _TELLING.search(text):
        return True
    words = re.split(rb"[^A-Za-z]+", text)
    return _SPELT.fullmatch(text) is not None and all(len(word) < 4 or lettered(word) >= 0 for word in words)
