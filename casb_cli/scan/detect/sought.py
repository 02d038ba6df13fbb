"""How the words that detectors need stand in texts, and what the one pass looks for to find them."""

from __future__ import annotations

import contextlib
import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from casb_cli.core.shapes import from_msgpack
from casb_cli.scan.detect.cached import read, write
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.rules import Detector, DetectorSet

_HEXADECIMAL = expression("[a-f]+", re.IGNORECASE)
SHORT = 7
"""Letters up to which a word is sought with what parts it from others: it stands in too many of them.

With 5, the first start takes a sixth less, and every pass a tenth more.
"""
_HUMP = 3
"""Letters that a word must have to count within a name such as `holderSsn` or `ssnOfHolder`."""

NUMBERED = "(?i:no|nr|nbr|num|numbers?|nummer|numero)(?![A-Za-z])"
"""The word for a number, joined to what it is of: `passportno`."""

_JOINTS = ("", " ", "_", "-", "\n")


def bordered(words: Iterable[str]) -> str:
    """Return an expression, for letters of any case, of the words: alone, or part of a name in camel case."""
    # Between `holder` and `Ssn`, and between `SSN` and `Number`.
    hump = "(?-i:(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]))"
    known = tuple(words)
    short = [word for word in known if word.isascii() and len(word) < _HUMP]
    long = [word for word in known if word not in short]
    # Letters of two bytes that Latin words have, such as the `é` of `Bénin`, part nothing.
    start, end = r"(?<![A-Za-z])(?<![\xc3-\xc9][\x80-\xbf])", r"(?![a-z\xc3-\xc9])"
    parts = [rf"(?:{start}|{hump})(?:{forms(long)})(?:{end}|{hump}|(?={NUMBERED}))"] if long else []
    parts += [f"{start}(?:{forms(short)}){end}"] if short else []
    return f"(?=(?-i:[{re.escape(_firsts(known))}]))(?:{'|'.join(parts)})"


def _firsts(words: Iterable[str]) -> str:
    """Return what words may begin with, in any case."""
    first = {letter for word in words for spelt in _spelt(word) for letter in (spelt[0].lower(), spelt[0].upper())}
    return "".join(sorted(first))


def forms(words: Iterable[str]) -> str:
    """Return an alternation of the words, longest first, in which spaces match any joint or none."""
    by_first: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for word in words:
        for spelt in (*_spelt(word), *(() if word.isascii() else (word.title(),))):
            by_first[_first(spelt)][_form(spelt)] = None
    parts = []
    for first, found in sorted(by_first.items()):
        parts.append(f"{first}(?:{'|'.join(sorted(found, key=lambda form: (-len(form), form)))})")
    return "|".join(parts)


def _first(text: str) -> str:
    """Return what looks at the first byte of a text alone: where it fits nowhere, `re` passes over a place at once."""
    return f"(?=(?-i:[{re.escape(text[0].lower() + text[0].upper())}]))"


_APOSTROPHE = expression(r"(?<=[^\W\d_])['\u2019](?=[^\W\d_])")
_NO_APOSTROPHE = "(?:['\\\\s_\\\\-]|\u2019)?"
"""What stands in the place of an apostrophe where names have none: `carta_d_identita`, `driversLicense`."""


def _form(word: str) -> str:
    form = r"[\s_\-]?".join(map(re.escape, word.split())).replace(r"\.", r"[._]")
    form = _APOSTROPHE.sub(_NO_APOSTROPHE, form)
    # `aba` beside a digit is more likely a piece of a hexadecimal number.
    return rf"(?<![0-9]){form}(?![0-9])" if _HEXADECIMAL.fullmatch(word) else form


def _spelt(word: str) -> set[str]:
    """Return a word as text may spell it: the expressions ignore the case of ASCII letters only."""
    if word.isascii():
        return {word}
    plain = unicodedata.normalize("NFKD", word.lower().translate(_STROKES)).encode("ascii", "ignore").decode("ascii")
    # Columns are named without accents; a word of another script keeps none of its letters.
    bare = {plain} if len(plain) >= max(_BARE, len(word) - 1) else set()
    greek = {_unaccented(word.upper())} if _GREEK.search(word) else set()
    return {word, word.lower(), word.upper(), word.capitalize(), word[:1].upper() + word[1:]} | bare | greek


_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "\u2019": "'"})
_GREEK = re.compile("[\u03b1-\u03c9]")
_ACCENT = {0x301: None}


def _unaccented(word: str) -> str:
    """Return a word without accents, as Greek has none in capitals."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).translate(_ACCENT))


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
    " bootstrap identif central secret private registry purpose certificate universal hospital subscriber statistical"
    " deduction contact medical permit unique working details statement numer travel"
    " foreign corporate community licenses licences documents"
    " operator coordinate temporary permanent billing authority discovery verification signing administrative physical"
    " rendering enforcement"
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

_RARE_WORDS = (
    "alien bancar bewijs bleue broj carta cartao cislo clave codice codul cukai cuoc danish davcna deduction documento"
    " electors fiskal georgian gimimo ghana hojin houjin idnr induk isiku italian japanese jazdy kaardi kaart khmer"
    " kimlik kodas kods kodu kojin konta kood lankan licencia manejo medicare muntu nommer nomor norwegian numara"
    " numero nummer numri numru osobne osobni payer pension piradi pobytu polish portuguese potni prawo qatar qawmi"
    " registro relic rodne russian seguro slovenian soleil steier steuer svensk swedish tarikh thue tunnus uimh uimhir"
    " vergi vitale wajib welfare"
)
_RARE = frozenset(_RARE_WORDS.split())
"""Those that stand in hardly any text but such as is meant: one literal in the place of all joined ones."""

SHOUTED = frozenset(("run", "ss", "call"))
"""Those that are also words of programs: sought only with a capital."""
ONLY_LABELS = frozenset(("ci", "bi", "dl", "dls", "cc", "cdls", "chi", "ano", "bino", "sima"))
"""Abbreviations that mean much else, or are names (`Bino`, as `BI nº` is joined, or `Sima`, as `SIM A` is): they count
as a number's own label only, or as the name of its column."""


class Word(NamedTuple):
    """What a word tells where it was found; detectors stand as the number of their set in `Sought.owners`."""

    size: int
    reach: int
    owners: int
    wordy: int
    """Those of the owners that look for values without a digit too."""
    behind: int = 0
    """Bytes behind the word that its expression takes as well."""
    part: bool = False
    """Whether it is a part of terms, so that anything may stand behind it."""
    hump: bool = False
    """Whether it is sought within a name in camel case only."""


class Sought(msgspec.Struct, frozen=True, array_like=True):
    """The words of all detectors, each once: by number what to look for, whether in any case, and what it tells."""

    hints: msgspec.Raw
    """A list of `(expression, in any case)`, packed: only who compiles them reads them."""
    words: list[Word]
    last: dict[str, Word]
    """Short words, for where one begins or ends the text."""
    owners: list[frozenset[str]]
    """Sets of detectors, by id."""


_LONGER = 16
"""Bytes by which a form of a word may be longer than the word itself."""
_SIGNS = expression("[°º№#]")
_POINTS = expression(r"[._]+")


def _written(word: str) -> Iterator[str]:
    """Yield a word as it may be joined, and with points as the names of columns have them."""
    parts = word.split()
    joints: tuple[str, ...] = _JOINTS if word.islower() or word.isascii() else (" ", "_", "\n")
    if _SIGNS.search(word):
        joints = ("", " ")  # no name of a column has a sign for `number` in it
    for joint in joints:
        if joint == "\n" and (len(parts) > 2 or len(word) <= SHORT):
            continue  # a line ends once among them, not behind each, and seldom within an abbreviation
        text = joint.join(parts)
        yield text
        if "." in text and joint in ("", "_") and len(text) > 3:
            yield _POINTS.sub("_", text)
    if not word.isascii() and " " in word:
        yield word.title()


def telling(word: str) -> str:
    """Return the part of a term that tells enough to look for it alone, empty where there is none."""
    parts = re.split(r"[\s'\u2019]+", word)
    if len(parts) < 2:
        return ""
    if parts[0] in _PEOPLES:
        return parts[0]
    if rare := next((part for part in parts if part in _RARE), ""):
        return rare
    known = [part for part in parts if part.isalpha() and part not in _COMMON]
    foreign = [part for part in known if not part.isascii() and len(part) >= _FOREIGN]
    longest = max(foreign or known, key=len, default="")
    return longest if foreign or len(longest) >= _TELLING else ""


def _hump(word: str) -> str:
    """Return the expression of a word within a name in camel case, and the byte behind it.

    What stands before it is seen where one was found: with that in the expression all of them would take three seconds
    and 60 MB more to compile.
    """
    first, *others = word.split()
    rest = "".join(part.capitalize() for part in others)
    joined = first + "".join(others)
    heads = dict.fromkeys((first.capitalize() + rest, joined.capitalize(), joined.upper()))
    return f"(?:{'|'.join(heads)})[^a-z]"


def _escaped(word: str) -> str:
    return word if word.isalnum() else re.escape(word)


def sought(detectors: DetectorSet, cache_dir: str | None) -> Sought:
    """Return what the words of the detectors are, from the cache where it is of these detectors and this module."""
    if cache_dir is None:
        return _sought(detectors.detectors)
    try:
        made_by = Path(__file__).read_bytes()
    except OSError:
        return _sought(detectors.detectors)  # nobody could tell whether what is kept was made alike
    key = hashlib.sha256(detectors.id.encode() + made_by).hexdigest()[:40]
    path = Path(cache_dir) / f"words-{key}.bin"
    data = read(path)
    if data is not None:
        with contextlib.suppress(msgspec.DecodeError):
            return from_msgpack(data, Sought)
    made = _sought(detectors.detectors)
    with contextlib.suppress(OSError):  # a full or read-only disk costs the next start its time
        write(path, msgspec.msgpack.encode(made))
    return made


def _sought(detectors: Iterable[Detector]) -> Sought:
    owners: dict[str, frozenset[str]] = {}
    reach: dict[str, int] = {}
    loose: set[str] = set()
    wanted = _wanted(detectors)
    for word, (ids, around) in wanted.items():
        part = telling(word)
        texts = _spelt(part) if part else {form for spelt in _spelt(word) for form in _written(spelt)}
        if part:
            loose |= texts
        for text in texts:
            others = owners.get(text)
            owners[text] = ids if others is None else others | ids
            reach[text] = around if others is None else max(reach[text], around)
    digits = {d.id for d in detectors if all(rule.digit for rule in d.rules)}
    numbers: dict[frozenset[str], int] = {}
    wordy = {ids: numbers.setdefault(ids - digits, len(numbers)) for ids in dict.fromkeys(owners.values())}
    camels = {"".join(word.split()): word for word in wanted if word.isascii() and " " in word}
    words: list[Word] = []
    last: dict[str, Word] = {}
    hints: list[tuple[str, bool]] = []
    humps: list[tuple[str, Word]] = []
    for word in sorted(owners):
        ids = owners[word]
        whose = numbers.setdefault(ids, len(numbers)), wordy[ids]
        known = Word(len(word.encode()), reach[word], *whose, part=word in loose)
        if known.part or not (word.isascii() and len(word) <= SHORT and word[0].isalpha() and word[-1].isalpha()):
            words.append(known)
            hints.append((_escaped(word), True))
            continue
        last[word] = known
        known = known._replace(behind=1)
        for hint in _alone(word):
            words.append(known)
            hints.append((hint, False))
        if len(word) >= _HUMP and word.isalpha():
            humps.append((_hump(camels.get(word, word)), known._replace(hump=True)))
    for hint, known in humps:
        words.append(known)
        hints.append((hint, False))
    return Sought(msgspec.Raw(msgspec.msgpack.encode(hints)), words, last, list(numbers))


def _wanted(detectors: Iterable[Detector]) -> dict[str, tuple[frozenset[str], int]]:
    """Return for each word the detectors that need it, and how far from it their values may be."""
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
    same: dict[frozenset[str], frozenset[str]] = {}
    sets = {word: frozenset(names) for word, names in wanted.items()}
    # One object for all words of a set: to compare sets takes long.
    return {w: (same.setdefault(ids, ids), far[w] + 2 * len(w.encode()) + _LONGER) for w, ids in sets.items()}


def _alone(word: str) -> Iterator[str]:
    """Yield the expressions of a short word that stands alone: what parts it from others, the word, the byte behind it.

    That may be the first of a word for a number, as in `cprnr`: whether it is one is seen where it was found.
    """
    # Beside a digit, letters up to f are more likely a piece of a hexadecimal number.
    digits = "0-9" if _HEXADECIMAL.fullmatch(word) else ""
    spelt, others = f"(?i:{_escaped(word)})", "a-mo-z" if len(word) >= _HUMP and word.isalpha() else "a-z"
    if word in SHOUTED:
        spelt, others = f"(?:{word.upper()}|{word.capitalize()})", "a-z"
    parts = [f"[^A-Za-z{digits}]"]
    if len(word) <= _HUMP:
        # In classes that can be told by a mask of bits: so the one pass is over at once with `final` as it seeks `fin`.
        parts = [r"[\x00-/:-\x3f]" if digits else r"[\x00-\x3f]", r"[@\[-`{-\x7f]", r"[\x80-\xff]"]
    for part in parts:
        yield f"{part}{spelt}[^{others}{digits}]"
