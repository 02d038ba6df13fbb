"""How the key of a service becomes a detector: what stands in front and how long it is, or where its parts stand."""

from __future__ import annotations

import re
from typing import NamedTuple

from casb_cli.core.models import Severity
from casb_cli.scan.detect.catalogue._build import VALUE_FILTERS, credential, prefixed
from casb_cli.scan.detect.catalogue._cards import ENCODED
from casb_cli.scan.detect.examples import ALNUM, HEX, UPPER, URLSAFE, rand
from casb_cli.scan.detect.rules import Detector, Rule

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
BASE64 = ALNUM + "+/"
ANY_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_CLASSES = {
    HEX: "a-fA-F0-9",
    ALNUM: "A-Za-z0-9",
    UPPER: "A-Z0-9",
    URLSAFE: "A-Za-z0-9_-",
    LOWER: "a-z0-9",
    BASE64: "A-Za-z0-9+/",
}


class Key(NamedTuple):
    """A key that a telling text begins."""

    id: str
    title: str
    start: str
    """What stands in front, as text; several with a stroke between them."""
    body: str
    """The characters of the rest, of which there are `least`, or up to `most`."""
    least: int
    most: int | None = None
    source: str = ""
    severity: Severity = "high"


def _class(alphabet: str) -> str:
    for letters, short in sorted(_CLASSES.items(), key=lambda item: -len(item[0])):
        if alphabet.startswith(letters):
            inside = short.removesuffix("-") + "".join(re.escape(char) for char in alphabet[len(letters) :])
            return inside + "-" * short.endswith("-")
    return re.escape(alphabet)


def keyed(key: Key) -> Detector:
    """Return the detector of a key that a telling text begins."""
    starts = key.start.split("|")
    body = _class(key.body)
    start = starts[0] if len(starts) == 1 else ""
    form = re.escape(start) if start else "(?:" + "|".join(map(re.escape, starts)) + ")"
    edge = "A-Za-z0-9_-" if "-" in key.body else "A-Za-z0-9_"
    return credential(
        key.id,
        key.title,
        f"{key.title}: told by its prefix and its length.",
        prefixed(form, body, key.least, key.most, edge=edge),
        severity=key.severity,
        reference=key.source,
        checks=("mixed",),
        filters=VALUE_FILTERS if len(set(start)) != 1 else ("documentation",),
        match=lambda: tuple(f"key={one}{rand(key.least, key.body)}" for one in starts),
        no_match=lambda: (
            starts[0] + rand(key.least, key.body)[:-4],
            starts[0] + key.body[0] * (key.least - 1),
            f"a{starts[0]}{rand(key.least, key.body)}",
        ),
    )


class Form(NamedTuple):
    """A key whose parts stand at fixed places."""

    id: str
    title: str
    form: str
    """The whole of it; the hint as well."""
    example: str
    source: str
    severity: Severity = "high"
    near: tuple[str, ...] = ()
    """Words of which one must be near by, for a form that no fixed text begins: it would cost each file time."""


def formed(one: Form) -> Detector:
    """Return the detector of a key whose parts stand at fixed places."""
    cut = one.example[: max(8, len(one.example) // 2)]
    word = f"{one.near[0]}: " if one.near else ""
    return credential(
        one.id,
        one.title,
        f"{one.title}: told by the form of its parts.",
        Rule(
            hint=one.form,
            pattern=f"(?:(?<![A-Za-z0-9_-])|{ENCODED})(?P<v>{one.form})(?![A-Za-z0-9_-])",
            before=360,
            after=200,
        ),
        severity=one.severity,
        reference=one.source,
        checks=("mixed",),
        filters=("documentation", "repeated", "hash_part"),
        keywords=one.near,
        required=bool(one.near),
        distance=160,
        match=lambda: (f"{word}key = {one.example}", f'{word}"{one.example}"'),
        no_match=lambda: (cut, f"{cut}..."),
    )
