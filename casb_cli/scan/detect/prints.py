"""Fingerprints of documents: what is kept of a blank form or a contract template, so that copies are known again.

Kept are marks: eight bytes of BLAKE2b, under the installation's key, of the phrases of three words that winnowing
leaves. Anchors, a pair of words for every few lines, lead to the texts worth a closer look; they are encrypted under
the same key. So the file tells who has no key nothing but the document's name and size.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from casb_cli.core.errors import ConfigError, UsageError
from casb_cli.core.shapes import from_msgpack
from casb_cli.core.text import counted
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.rules import Detector

PHRASE = 3
"""Words of a phrase."""
WINNOW = 4
"""Of so many phrases in a row one is kept at least; all are in a short document."""
_SHORT = 400
_LONG = 800
_FILLED = 2
"""Words that are filled in behind a label, mostly."""
LEAST = 12
"""Marks below which a document can't be told from others."""
MOST_WORDS = 500_000
_STRETCH = 16
"""Words of a short document for each anchor."""
_ANCHORS = 64
"""Anchors of a long document, about."""
_ANCHOR = 10
"""Bytes of the letters of an anchor at least: shorter ones stand in too many texts."""
_MAGIC = b"casb document fingerprint 2\n"
_LARGEST = 256 << 20
"""Bytes of a file: more than a thousand long documents give."""
_LETTERS = r"\u3040-\u30ff\u3400-\u9fff"
_WIDE = expression(rf"[{_LETTERS}]")
_WORD = expression(rf"[^\W\d_{_LETTERS}]+|[{_LETTERS}]")
# What a person writes into, or over: no phrase goes across it, so that a filled form keeps all of its phrases.
_NO_SPACE = expression(r"(?:[^\w\s]|[\d_])+")
_BLANK = expression(
    r"_{2,}|\.{3,}|\u2026+|[\u2610-\u2612\u25a0\u25a1]|[\n\t:|]|\[[^\[\]\n]{0,60}\]|<[^<>\n]{1,60}>|\{\{?[^{}\n]{1,60}\}\}?"
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of one document: its name, its words, and how many of its phrases count."""

    name: str
    words: int
    marks: int


class _Print(msgspec.Struct, frozen=True, kw_only=True):
    """One document: its marks of eight bytes each, and the words that each stands for, two bytes each."""

    name: str
    words: int
    marks: bytes
    weights: bytes
    pairs: bool


class _File(msgspec.Struct, frozen=True, kw_only=True):
    check: bytes
    prints: tuple[_Print, ...]
    nonce: bytes
    anchors: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """A document to be known again: the weight of each of its marks, and the weight of all."""

    name: str
    words: int
    weights: Mapping[int, int]
    total: int
    anchors: tuple[tuple[str, ...], ...]
    pairs: bool
    """Whether phrases of two words are among the marks: labels that stand alone."""

    @property
    def long(self) -> bool:
        """Whether it has several pages: forms and letters have one."""
        return self.words > _LONG

    @property
    def near(self) -> int:
        """Words between two phrases up to which all between them is taken for copied too.

        Of a long document winnowing left some phrases out. Of a short one all are kept: what is between them was
        written by somebody, and may be as much as one fills in; more is another form's label.
        """
        return PHRASE + (2 * WINNOW if self.words > _SHORT else _FILLED)


class Marks:
    """Makes marks under a key."""

    def __init__(self, key: bytes) -> None:
        self._start = hashlib.blake2b(digest_size=8, key=key[:64], person=b"casb-doc-marks")
        self.check = self.of(b"check").to_bytes(8, "big")

    def of(self, phrase: bytes) -> int:
        """Return the mark of a phrase: its words joined by spaces."""
        made = self._start.copy()
        made.update(phrase)
        return int.from_bytes(made.digest(), "big")


def words(text: str) -> tuple[list[str], list[int]]:
    """Return the words of a text as they are compared, and where each begins; figures are none."""
    found: list[str] = []
    starts: list[int] = []
    for match in _WORD.finditer(text):
        word = match[0]
        found.append(word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).casefold())
        starts.append(match.start())
    return found, starts


def phrases(found: Sequence[str], count: int) -> Iterator[bytes]:
    """Yield each phrase of so many words, as marks are made of it."""
    encoded = [word.encode("utf-8", "replace") for word in found]
    return map(b" ".join, zip(*(encoded[at:] for at in range(count)), strict=False))


def build(documents: Iterable[tuple[str, str]], key: bytes, *, common: Iterable[str] = ()) -> bytes:
    """Return the file of some documents, each a name and its text; what `common` texts hold as well counts nothing.

    Raises UsageError for a document with too little text of its own.
    """
    marks = Marks(key)
    passed_over = {
        marks.of(phrase) for text in common for count in (2, PHRASE) for phrase in phrases(words(text)[0], count)
    }
    prints, anchors = [], []
    for name, text in documents:
        made, found = _print(name, text, marks, passed_over)
        prints.append(made)
        anchors.append(found)
    nonce = secrets.token_bytes(_NONCE)
    body = _File(
        check=marks.check,
        prints=tuple(prints),
        nonce=nonce,
        anchors=_cipher(key).encrypt(nonce, msgspec.msgpack.encode(anchors), _bound(prints)),
    )
    return _MAGIC + msgspec.msgpack.encode(body)


def _print(name: str, text: str, marks: Marks, passed_over: set[int]) -> tuple[_Print, list[tuple[str, ...]]]:
    pieces = [found for piece in _BLANK.split(text) if (found := words(piece)[0])]
    total = sum(map(len, pieces))
    if total > MOST_WORDS:
        raise UsageError(f"{name}: {total:,} words are too many: {MOST_WORDS:,} are allowed")
    chain: list[tuple[int, int]] = []  # each phrase's mark and the word that it begins with
    at = 0
    pairs = False
    for piece in pieces:
        count = min(PHRASE, len(piece))
        pairs = pairs or count == 2
        if count > 1:
            chain += [(marks.of(phrase), at + offset) for offset, phrase in enumerate(phrases(piece, count))]
        at += len(piece)
    kept = [one for one in _winnowed(chain) if one[0] not in passed_over]
    weights: Counter[int] = Counter()
    for number, (mark, start) in enumerate(kept):
        end = kept[number + 1][1] if number + 1 < len(kept) else start + PHRASE
        weights[mark] += min(max(end - start, 1), 4 * WINNOW)
    if len(weights) < LEAST:
        raise UsageError(
            f"{name}: there is too little text of its own in it: {counted(len(weights), 'phrase')}, "
            f"and {LEAST} are needed",
            hint="a form is known by its printed words: give the blank form, not a picture of it",
        )
    made = _Print(
        name=name,
        words=total,
        marks=b"".join(mark.to_bytes(8, "big") for mark in weights),
        weights=b"".join(min(weight, 65_535).to_bytes(2, "big") for weight in weights.values()),
        pairs=pairs,
    )
    return made, _anchors(text, total, marks, passed_over)


def _winnowed(chain: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the phrases that are the least of some window, each once; all where there are few."""
    if len(chain) <= _SHORT:
        return chain
    kept: list[tuple[int, int]] = []
    for at in range(len(chain) - WINNOW + 1):
        least = min(chain[at : at + WINNOW], key=lambda one: (one[0], -one[1]))
        if not kept or kept[-1][1] < least[1]:
            kept.append(least)
    return kept


def _anchors(text: str, total: int, marks: Marks, passed_over: set[int]) -> list[tuple[str, ...]]:
    """Return a run of words for each stretch of the text: the longest, which is the rarest in other texts.

    Nothing but a space or a line's end stands between the words, so that the engine can look for plain texts.
    """
    stretch = max(_STRETCH, total // _ANCHORS)
    found: list[tuple[str, ...]] = []
    best: tuple[str, ...] = ()
    best_size = spent = 0
    for line in _BLANK.split(text):
        for piece in map(words, _NO_SPACE.split(line)):
            for at in range(len(piece[0])):
                spent += 1
                run = _run(piece[0], at)
                size = sum(map(len, run)) * (1 + all(map(str.isascii, run)))
                if size > best_size and not any(marks.of(one) in passed_over for one in phrases(run, 2)):
                    best, best_size = run, size
                if spent >= stretch and best:
                    found.append(best)
                    best, best_size, spent = (), 0, 0
    if best:
        found.append(best)
    return list(dict.fromkeys(found))


def literals(run: Sequence[str]) -> list[str]:
    """Return the ways in which an anchor is written; capitals of ASCII letters are left to the engine."""
    if _WIDE.fullmatch(run[0]):
        return ["".join(run)]
    forms = [run]
    if not all(map(str.isascii, run)):
        upper, first = [word.upper() for word in run], [word.capitalize() for word in run]
        forms = [run, upper, first, [first[0], *run[1:]]]
    return list(dict.fromkeys(joint.join(form) for form in forms for joint in (" ", "\n", "  ", "\u00a0")))


def _run(piece: list[str], at: int) -> tuple[str, ...]:
    """Return two words or more from a place on, as many as make an anchor; empty where there are too few."""
    size = 0
    for end in range(at, len(piece)):
        size += len(piece[end].encode("utf-8", "replace"))
        if end > at and size >= _ANCHOR:
            return tuple(piece[at : end + 1])
    return ()


def _cipher(key: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the class is known where it is imported
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hashlib.blake2b(digest_size=32, key=key[:64], person=b"casb-doc-anchor").digest())


_NONCE = 12


def _bound(made: Sequence[_Print]) -> bytes:
    """Return what the anchors are sealed together with: a change of any mark makes them unreadable."""
    return _MAGIC + hashlib.sha256(msgspec.msgpack.encode(made)).digest()


def about(path: Path) -> tuple[tuple[Told, ...], str]:
    """Return what is told of the documents, and the file's digest; raises ConfigError where it is none."""
    file, data = _read(path)
    told = tuple(Told(name=one.name, words=one.words, marks=len(one.marks) // 8) for one in file.prints)
    return told, hashlib.sha256(data).hexdigest()[:32]


def check(detectors: Iterable[Detector], key: bytes) -> None:
    """Raise ConfigError where the fingerprint of one of the detectors was made with another key, or is none."""
    for detector in detectors:
        if detector.prints is not None:
            _checked(Path(detector.prints[0]), key)


def opened(path: Path, key: bytes) -> list[Template]:
    """Return the documents of a file; raises ConfigError where it was made with another key or changed, or is none."""
    file, anchors = _checked(path, key)
    found = []
    for one, runs in zip(file.prints, anchors, strict=True):
        marks = [int.from_bytes(one.marks[at : at + 8], "big") for at in range(0, len(one.marks), 8)]
        weights = [int.from_bytes(one.weights[at : at + 2], "big") for at in range(0, len(one.weights), 2)]
        found.append(
            Template(one.name, one.words, dict(zip(marks, weights, strict=True)), sum(weights), tuple(runs), one.pairs)
        )
    return found


def _checked(path: Path, key: bytes) -> tuple[_File, list[list[tuple[str, ...]]]]:
    from cryptography.exceptions import InvalidTag

    file, _ = _read(path)
    if file.check != Marks(key).check:
        raise ConfigError(
            f"{path}: this fingerprint was made with another installation's key", hint="casb fingerprint build"
        )
    try:
        plain = _cipher(key).decrypt(file.nonce, file.anchors, _bound(file.prints))
        return file, from_msgpack(plain, list[list[tuple[str, ...]]])
    except (InvalidTag, ValueError, msgspec.MsgspecError) as error:
        raise _refused(path, error) from None


def _read(path: Path) -> tuple[_File, bytes]:
    try:
        with path.open("rb") as file:
            data = file.read(len(_MAGIC))
            if data != _MAGIC:
                raise msgspec.DecodeError
            data += file.read(_LARGEST)
        found = from_msgpack(data[len(_MAGIC) :], _File)
        whole = all(len(one.marks) == 4 * len(one.weights) and len(one.marks) % 8 == 0 for one in found.prints)
        if len(data) > _LARGEST or len(found.nonce) != _NONCE or not whole:
            raise msgspec.ValidationError
        return found, data
    except (OSError, ValueError, msgspec.MsgspecError) as error:  # letters that are no UTF-8 are a ValueError
        raise _refused(path, error) from None


def _refused(path: Path, error: Exception) -> ConfigError:
    return ConfigError(
        f"{path}: this is no fingerprint of a document ({type(error).__name__})", hint="casb fingerprint build"
    )
