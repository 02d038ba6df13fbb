"""Numbers that mean nothing without a word near by are looked for only around such words."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from casb_cli.scan.detect.rules import Detector, Rule

_DIGITS = b"0123456789"
_HEXADECIMAL = re.compile("[a-f]+", re.IGNORECASE)
_SHORT = 7
"""Letters up to which a word is sought with what parts it from others: it stands in too many of them."""
_PART = "[^A-Za-z]"
_HUMP = 3
"""Letters that a word must have to count within a name such as `holderSsn` or `ssnOfHolder`."""

_JOINTS = ("", " ", "_", "-", "\n")


def bordered(words: Iterable[str]) -> str:
    """Return an expression, for letters of any case, of the words: alone, or part of a name in camel case."""
    hump = "(?-i:(?<=[a-z])(?=[A-Z]))"
    known = tuple(words)
    short = [word for word in known if word.isascii() and len(word) < _HUMP]
    long = [word for word in known if word not in short]
    # Letters of two bytes that Latin words have, such as the `é` of `Bénin`, part nothing.
    start, end = r"(?<![A-Za-z])(?<![\xc3-\xc9][\x80-\xbf])", r"(?![a-z\xc3-\xc9])"
    parts = [rf"(?:{start}|{hump})(?:{forms(long)})(?:{end}|{hump})"] if long else []
    parts += [f"{start}(?:{forms(short)}){end}"] if short else []
    return "|".join(parts)


def forms(words: Iterable[str]) -> str:
    """Return an alternation of the words, longest first, in which spaces match any joint or none."""
    found = {_form(spelt) for word in words for spelt in (*_spelt(word), *(() if word.isascii() else (word.title(),)))}
    return "|".join(sorted(found, key=lambda form: (-len(form), form)))


def _form(word: str) -> str:
    form = r"[\s_\-]?".join(map(re.escape, word.split())).replace(r"\.", r"[._]")
    # `aba` beside a digit is more likely a piece of a hexadecimal number.
    return rf"(?<![0-9]){form}(?![0-9])" if _HEXADECIMAL.fullmatch(word) else form


def _spelt(word: str) -> set[str]:
    """Return a word as text may spell it: the expressions ignore the case of ASCII letters only."""
    if word.isascii():
        return {word}
    plain = unicodedata.normalize("NFKD", word.lower().translate(_STROKES)).encode("ascii", "ignore").decode("ascii")
    # Columns are named without accents; a word of another script keeps none of its letters.
    bare = {plain} if len(plain) >= max(_BARE, len(word) - 1) else set()
    return {word, word.lower(), word.upper(), word.capitalize()} | bare


_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "\u2019": "'"})
_BARE = 5
"""Letters from which a word counts without its accents too."""

_TELLING = 7
"""Letters from which one part of a term is sought in the place of all the ways in which its parts may be joined."""
_FOREIGN = 4
"""The same for a part with letters beyond ASCII."""
_COMMON_WORDS = (
    "number numbers identity identification identifier national personal document documento security insurance license"
    " licence licencia registration registro reference residence resident account company business service services"
    " provider patient general customer employer employee student medicare british american european product digital"
    " virtual express driving drivers individual education register reference details elector electors"
    " election numeric único única pièce référence portuguese japanese norwegian croatian georgian"
    " slovenian adoption transit unified german french spanish italian swedish russian numerical uniform"
    " bootstrap identif central secret private"
)
_COMMON = frozenset(_COMMON_WORDS.split())
"""Parts of terms that stand in too many texts to be sought alone."""
_PEOPLES_WORDS = (
    "swiss irish indian iranian korean latvian finnish spanish"
    " turkish serbian slovak kenyan ghanaian cuban qatari kuwaiti saudi uzbek kazakh maltese"
    " austrian belgian canadian chilean chinese croatian cypriot estonian israeli jordan jordanian kuwait mexican"
    " nigerian salvadoran tunisian ugandan"
)
_PEOPLES = frozenset(_PEOPLES_WORDS.split())
"""Those that name a people are sought alone however short they are."""

_SHOUTED = frozenset(("run", "ss"))
"""Abbreviations that are also words of programs: sought in capitals only."""

_NOBODY = frozenset[str]()


class Window(NamedTuple):
    """A stretch of text in which, or near enough to which, words of some detectors stand."""

    start: int
    end: int
    owners: frozenset[str]


class _Word(NamedTuple):
    size: int
    reach: int
    owners: frozenset[str]
    wordy: frozenset[str]
    """Those of the owners that look for values without a digit too."""
    behind: int = 0
    """Bytes behind the word that its expression takes as well."""
    part: bool = False
    """Whether it is a part of terms, so that anything may stand behind it."""


_LONGER = 16
"""Bytes by which a form of a word may be longer than the word itself."""
_SIGNS = re.compile("[°º№#]")
_POINTS = re.compile(r"[._]+")


def _written(word: str) -> Iterator[str]:
    """Yield a word as it may be joined, and with points as the names of columns have them."""
    parts = word.split()
    joints: tuple[str, ...] = _JOINTS if word.islower() or word.isascii() else (" ", "_", "\n")
    if _SIGNS.search(word):
        joints = ("", " ")  # no name of a column has a sign for `number` in it
    for joint in joints:
        if joint == "\n" and (len(parts) > 2 or len(word) <= _SHORT):
            continue  # a line ends once among them, not behind each, and seldom within an abbreviation
        text = joint.join(parts)
        yield text
        if "." in text and joint in ("", "_") and len(text) > 3:
            yield _POINTS.sub("_", text)
    if not word.isascii() and " " in word:
        yield word.title()


def _telling(word: str) -> str:
    """Return the part of a term that tells enough to look for it alone, empty where there is none."""
    parts = re.split(r"[\s'\u2019]+", word)
    if len(parts) < 2:
        return ""
    if parts[0] in _PEOPLES:
        return parts[0]
    known = [part for part in parts if part.isalpha() and part not in _COMMON]
    foreign = [part for part in known if not part.isascii() and len(part) >= _FOREIGN]
    longest = max(foreign or known, key=len, default="")
    return longest if foreign or len(longest) >= _TELLING else ""


def _hump(word: str) -> str:
    """Return the expression of a word within a name in camel case, and the byte behind it."""
    first, *others = word.split()
    rest = "".join(part.capitalize() for part in others)
    joined = first + "".join(others)
    heads = dict.fromkeys((first.capitalize() + rest, joined.capitalize(), joined.upper()))
    within = f"[a-z](?:{'|'.join(heads)})[^a-z]"
    return f"{within}|{_PART}(?:{first}|{first.capitalize()}){rest}[A-Z]" if rest else within


def _parted(buffer: bytes, at: int) -> bool:
    """Return whether a word may begin or end at an offset: by what is no letter, or by a camel's hump."""
    before, behind = buffer[max(0, at - 1) : at], buffer[at : at + 1]
    return not (before.isalpha() and behind.isalpha()) or (before.islower() and behind.isupper())


def _escaped(word: str) -> str:
    return word if word.isalnum() else re.escape(word)


class Gates:
    """The required words of all detectors, each once; `rules` are what the one pass looks for them with.

    The rules of longer ones are bare words, since a thousand of them with borders would take a second to compile:
    whether a word stands alone is seen where one was found.
    """

    def __init__(self, detectors: Iterable[Detector]) -> None:
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        far: defaultdict[str, int] = defaultdict(int)
        for detector in detectors:
            rules = detector.rules if detector.gated else tuple(rule for rule in detector.rules if rule.words)
            if not rules:
                continue
            wide = max(max(rule.before, rule.width) + rule.after for rule in rules)
            for word in detector.keywords if detector.gated else sum((rule.words for rule in rules), ()):
                wanted[word].add(detector.id)
                far[word] = max(far[word], detector.distance + wide)
        owners: dict[str, frozenset[str]] = {}
        reach: dict[str, int] = {}
        loose: set[str] = set()
        same: dict[frozenset[str], frozenset[str]] = {}
        for word, names in wanted.items():
            ids = frozenset(names)
            ids = same.setdefault(ids, ids)  # one object for all words and forms: to compare sets takes long
            around = far[word] + 2 * len(word.encode()) + _LONGER
            telling = _telling(word)
            texts = _spelt(telling) if telling else {form for spelt in _spelt(word) for form in _written(spelt)}
            if telling:
                loose |= texts
            for text in texts:
                others = owners.get(text)
                owners[text] = ids if others is None else others | ids
                reach[text] = around if others is None else max(reach[text], around)
        digits = {d.id for d in detectors if all(rule.digit for rule in d.rules)}
        camels = {"".join(word.split()): word for word in wanted if word.isascii() and " " in word}
        wordy = {ids: ids - digits for ids in owners.values()}
        self._words: list[_Word] = []
        self._last: dict[bytes, _Word] = {}  # short words, for where one ends the text
        hints: list[str] = []
        humps: list[str] = []
        for word in sorted(owners):
            size = len(word) if word.isascii() else len(word.encode())
            ids = owners[word]
            known = _Word(size, reach[word], ids, wordy[ids], 0, word in loose)
            if word in loose:
                self._words.append(known)
                hints.append(_escaped(word))
            elif word.isascii() and len(word) <= _SHORT and word[0].isalpha() and word[-1].isalpha():
                self._words.append(_Word(size, reach[word], ids, wordy[ids], 1))
                self._last[word.encode()] = known
                if word in _SHOUTED:
                    hints.append(f"(?:^|{_PART})(?:{word.upper()}|{word.capitalize()})[^a-z]")
                elif _HEXADECIMAL.fullmatch(word):  # beside a digit it is more likely a piece of a hexadecimal number
                    hints.append(f"(?:^|[^A-Za-z0-9])(?i:{word})[^a-z0-9]")
                else:
                    hints.append(f"(?:^|{_PART})(?i:{_escaped(word)})[^a-z]")
                if len(word) >= _HUMP and word.isalpha():
                    humps.append(word)
            else:
                self._words.append(known)
                hints.append(_escaped(word))
        made = [Rule(hint=hint, pattern="", caseless=not hint.endswith(("[^a-z]", "[^a-z0-9]"))) for hint in hints]
        for word in humps:
            known = _Word(len(word), reach[word], owners[word], wordy[owners[word]], 1)
            self._words.append(known)
            made.append(Rule(hint=_hump(camels.get(word, word)), pattern=""))
        self.rules = tuple(made)

    def windows(self, hits: Mapping[int, list[int]], first: int, buffer: bytes) -> Iterator[Window]:
        """Yield where to look for whom; `hits` are the ends of what the one pass found, words from number `first`."""
        marks = sorted(self._marks(hits, first, buffer), key=lambda mark: mark[0])
        low, high, owners, wordy = 0, -1, _NOBODY, _NOBODY
        for end, word in marks:
            start = max(0, end - word.reach)
            if start > high:
                if owners := self._likely(buffer, low, high, owners, wordy):
                    yield Window(low, high, owners)
                low, high, owners, wordy = start, end + word.reach, word.owners, word.wordy
            else:
                low, high = min(low, start), max(high, end + word.reach)
                if not word.owners <= owners:
                    owners, wordy = owners | word.owners, wordy | word.wordy
        if owners := self._likely(buffer, low, high, owners, wordy):
            yield Window(low, high, owners)

    def owners(self, hits: Mapping[int, list[int]], first: int, buffer: bytes) -> frozenset[str]:
        """Return whose words stand anywhere in a text."""
        return frozenset().union(*(word.owners for _, word in self._marks(hits, first, buffer)))

    def _marks(self, hits: Mapping[int, list[int]], first: int, buffer: bytes) -> Iterator[tuple[int, _Word]]:
        """Yield where words end that stand alone."""
        for number, ends in hits.items():
            if number < first:
                continue
            word = self._words[number - first]
            for found in ends:
                end = found - word.behind
                at = end - word.size
                if _parted(buffer, at) and (word.part or _parted(buffer, end)):
                    yield end, word
        tail = buffer[-_SHORT:].lower()
        for at in range(len(tail) - 1):
            last = self._last.get(tail[at:])
            if last and _parted(buffer, len(buffer) - len(tail) + at):
                yield len(buffer), last

    @staticmethod
    def _likely(buffer: bytes, low: int, high: int, owners: frozenset[str], wordy: frozenset[str]) -> frozenset[str]:
        """Return those who may find something in a stretch of text: where no digit is, few."""
        if owners is wordy or high < 0:
            return owners
        text = buffer[low:high]
        return owners if len(text.translate(None, _DIGITS)) < len(text) else wordy
