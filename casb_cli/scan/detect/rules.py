"""What a detector is, and the set of them that an inspection uses."""

from __future__ import annotations

import hashlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec

from casb_cli.core.errors import UnknownName, UsageError
from casb_cli.core.models import Confidence, Severity
from casb_cli.core.text import meant

ENGINE = 10
"""Raised when the engine itself judges content differently: all content is then inspected anew."""

Normal = Literal["none", "digits", "alnum", "lower"]
Mask = Literal["tail", "header", "none"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One form of what is sought. Both expressions work on UTF-8 bytes.

    `hint` is what the one pass over the text looks for (no look-around; it should end seldom and once per
    match); `pattern` then confirms, at most `before` bytes before the hint's end to `after` bytes behind it.
    `then`, where given, must match right behind the hint's end: cheaper than the pattern, so it is tried first.
    `once` asks only whether the hint is anywhere. `tight` is how wide the hint is where nothing parts its letters and
    digits: where so many stand before its end, the value begins there, and need not be sought. `led` are the
    characters that a value begins with, up to the last two bytes of its hint, and that none stands behind: it begins
    where their run does.
    With `words` it is looked for only around these, one of which must stand near; `checks` then hold in the place of
    the detector's, where given.
    A group named `v` (or `v2`, in an alternative) is the value, else all of the match is. With `each` it is a
    collection, a list or a mapping, and the values are what that expression finds in it.
    A `linear` rule is a user's: no expression of it is ever given to `re`. Its hint is `lead`, `pattern` and
    `trail` in a row (`written` as the user did), `back` the same read backwards; the pattern's part is the
    value. No match is wider than `width`; with `fixed` every one is as wide, and its value begins behind `cut[0]`
    bytes and ends before the last `cut[1]`. `digit` says that every match has a digit. Of an index of exact data
    `written` is the way in which a leading value is written, and the index confirms.
    """

    hint: str
    pattern: str
    then: str = ""
    caseless: bool = False
    once: bool = False
    tight: int = 0
    led: str = ""
    before: int = 128
    after: int = 256
    linear: bool = False
    lead: str = ""
    trail: str = ""
    back: str = ""
    width: int = 0
    fixed: bool = False
    cut: tuple[int, int] = (0, 0)
    written: str = ""
    digit: bool = False
    words: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    each: str = ""


Examples = Callable[[], tuple[str, ...]]


class Detector(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing worth finding; the id never changes.

    `checks` must all hold, one of `proofs` makes the confidence high, one of `doubts` low, one of `filters` makes it no
    match.
    The cells of a column whose name (small letters, no joints) fits `columns` wholly are candidates as well.
    `keywords` within `distance` bytes raise the confidence by one (`required` ones are a condition; `everywhere`: the
    form is rarer than they are, so it is what is looked for, and they only where it was found).
    `common` are those keywords that many kinds share: they say less of which one a value is. With
    `min_count` the distinct values are counted and give one match. `generic` detectors give way to others on
    the same text. `exclude` are expressions that a value must not fit wholly; one of `near` must, and none of
    `not_near` may, match within `within` bytes: all these are linear, as a user's rules are. `source` names the
    file that a user's detector stands in, `told` holds these expressions as they are written there. `index` is the
    file of an index of exact data and its digest: a value counts only if it leads to a row, within `within`. `prints`
    is the file of fingerprints of documents and its digest, `share` how much of one must be found, from 0 to 1.
    """

    id: str
    title: str
    family: str
    severity: Severity
    confidence: Confidence = "medium"
    description: str
    reference: str = ""
    rules: tuple[Rule, ...]
    checks: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    required: bool = False
    everywhere: bool = False
    columns: str = ""
    common: tuple[str, ...] = ()
    distance: int = 100
    min_count: int = 1
    exclude: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    not_near: tuple[str, ...] = ()
    within: int = 100
    caseless: bool = False
    normal: Normal = "none"
    mask: Mask = "tail"
    generic: bool = False
    source: str = ""
    index: tuple[str, str] | None = None
    prints: tuple[str, str] | None = None
    share: float = 0.0
    told: dict[str, tuple[str, ...]] = {}
    match: Examples
    no_match: Examples

    @property
    def gated(self) -> bool:
        """Whether it is looked for around its words only."""
        return self.required and not self.everywhere


class Source(msgspec.Struct, frozen=True):
    """One file of a user's detectors: its name for messages, and its text."""

    name: str
    text: str


_NOT_JUDGING = frozenset(("match", "no_match", "description", "reference", "title", "source", "told"))


def digest(detectors: Iterable[Detector]) -> str:
    """Return what names the rules of some detectors: with another one, content is inspected anew."""
    total = hashlib.sha256(b"engine %d\n" % ENGINE)
    for item in sorted(detectors, key=lambda d: d.id):
        fields = {name: getattr(item, name) for name in item.__struct_fields__ if name not in _NOT_JUDGING}
        if item.prints is None:
            del fields["prints"], fields["share"]
        total.update(msgspec.json.encode(fields, order="sorted"))
    return total.hexdigest()[:32]


class DetectorSet:
    """Detectors that inspect together. `id` is a digest of their rules: another id asks for a new inspection."""

    def __init__(self, detectors: Iterable[Detector], known_as: str = "") -> None:
        """`known_as` is their digest, where that is known."""
        self.detectors = tuple(sorted(detectors, key=lambda d: d.id))
        for one, next_one in pairwise(self.detectors):
            if one.id == next_one.id:
                raise UsageError(f"two detectors have the id `{one.id}`", hint="casb detectors list")
        self.id = known_as or digest(self.detectors)

    @classmethod
    def shipped(
        cls, only: Iterable[str] = (), own: Iterable[Detector] = (), cache_dir: str | None = None
    ) -> DetectorSet:
        """Return the shipped detectors and a user's own, or those of the given ids; raises UnknownName.

        With a folder for what is kept between starts they may be without their examples.
        """
        theirs, mine, chosen = shipped(cache_dir), {item.id: item for item in own}, tuple(only)
        if not chosen and not mine:
            return cls(theirs.all.values(), theirs.digest)
        known = {*theirs.all, *mine}
        for name in chosen:
            if name not in known:
                raise UnknownName(f"no detector `{name}`", hint=f"{meant(name, known)}casb detectors list")
        return cls(mine.get(name) or theirs.all[name] for name in (chosen or known))

    def __getitem__(self, name: str) -> Detector:
        for item in self.detectors:
            if item.id == name:
                return item
        raise UnknownName(f"no detector `{name}`", hint="casb detectors list")


class Shipped(NamedTuple):
    """Every shipped detector by id, and the digest of the set of them all."""

    all: Mapping[str, Detector]
    digest: str


@cache
def shipped(cache_dir: str | None) -> Shipped:
    """Return what is shipped, without examples where it is read from the folder that keeps it."""
    if cache_dir is None:
        found = catalogue()
        return Shipped(found, digest(found.values()))
    from casb_cli.scan.detect.kept import kept_catalogue

    return kept_catalogue(cache_dir)


@cache
def catalogue() -> dict[str, Detector]:
    """Return every shipped detector by id, from all modules of the catalogue."""
    package = import_module("casb_cli.scan.detect.catalogue")
    found: dict[str, Detector] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        if info.name.startswith("_"):
            continue
        module = import_module(f"{package.__name__}.{info.name}")
        for item in module.DETECTORS:
            if item.id in found:
                raise UsageError(f"the detector id `{item.id}` stands twice in the catalogue")
            found[item.id] = item
    return found
