"""How values of a table and texts are compared: words without case, accents or order, codes without joints.

What joins the parts of a number differs from text to text (`DE89 3704`, `DE893704`), as do the order of names
(`Müller, Ann`), accents (`Mueller`) and the front of a telephone number (`+49 (0)30`, `030`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from casb_cli.scan.detect.exact_months import MONTHS

_SINGLE = r"\u3040-\u30ff\u3400-\u9fff"
TOKEN = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}](?:[^\W_{_SINGLE}]|[\u0300-\u036f])*")
"""A word: a run of letters and digits, or one letter of those scripts that part no words."""
_PLAIN = re.compile("[0-9a-z]+")
_DASH = r"\-\u2010-\u2015"
_SPACE = r" \u00a0\u2007\u2009\u202f"
CODE_JOINT = re.compile(rf"[{_SPACE}{_DASH}./()_'\u2019+@]{{0,2}}")
"""What may stand between two parts of a number or code."""
NAME_JOINT = re.compile(rf"[{_SPACE}{_DASH}.,'\u2019@_/]?[ \n]?|\r\n")
"""What may stand between two words of a name."""
PARTS = 10
"""Parts that a code may be written in."""
_SPECIAL = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})
_UMLAUT = re.compile(r"(?<=[aou])e")
_PHONE = re.compile(rf"(?:\+|0|\(|1[{_SPACE}{_DASH}.])[\d{_SPACE}{_DASH}().\/]{{6,24}}")
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?Z?$")
_TIME = re.compile(r"(?<=\d-\d\d)T(?=\d\d:\d\d)")
_DATE = re.compile("((?:19|20)[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])")
_SHORT_DATE = re.compile(r"(?<![\d./-])(\d\d?)([./-]) ?\d\d?\2 ?(\d\d?)(?![\d]|[./-]\d)", re.ASCII)
"""A date whose year has two digits, at its end or at its beginning."""
_DAY = re.compile("([0-3]?[0-9])(?:st|nd|rd|th|er)?")
_TITLES = frozenset(("dr", "prof", "mr", "mrs", "ms", "herr", "frau", "mme", "mlle", "jr"))
_TWO = re.compile("20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
"""Country codes of two digits (ITU-T E.164); those with 1 or 7 have one, all others three."""
_NOTHING = frozenset(
    (
        "na",
        "n",
        "a",
        "nil",
        "none",
        "null",
        "nan",
        "unknown",
        "undefined",
        "empty",
        "test",
        "tbd",
        "todo",
        "xxx",
        "yes",
        "no",
        "true",
        "false",
        "unbekannt",
        "ja",
        "nein",
    )
)
Kind = Literal["code", "mail", "name", "phone"]
_INITIAL = "initial "
_SEQUENCE = "01234567890123456789"


@lru_cache(maxsize=1 << 14)
def bare(token: str) -> str:
    """Return a word small and without accents."""
    if token.isascii():
        return token.lower()
    parts = unicodedata.normalize("NFKD", token).casefold().translate(_SPECIAL)
    return "".join(char for char in parts if not unicodedata.combining(char))


def word(token: str) -> str:
    """Return a word of a name as it is compared: bare, and `ae` and `\u00e4` alike."""
    return _alike(bare(token))


def _alike(found: str) -> str:
    return _UMLAUT.sub("", found) if len(found) > 3 and "e" in found and found.isalpha() else found


def parts_of(value: str) -> list[str]:
    """Return the words of a value, bare."""
    return _PLAIN.findall(value.lower()) if value.isascii() else [bare(found[0]) for found in TOKEN.finditer(value)]


def _figure(part: str) -> bool:
    return part.isascii() and part.isdigit()


def national(written: str) -> str:
    """Return the digits of a telephone number without what precedes them abroad or at home."""
    return _without_front("".join(filter(_figure, parts_of(written))), abroad=written.startswith("+"))


def _without_front(digits: str, *, abroad: bool) -> str:
    if abroad or digits.startswith("00"):
        digits = digits.lstrip("0")
        country = 1 if digits[:1] in ("1", "7") else 2 if _TWO.match(digits) else 3
        return digits[country:].lstrip("0")
    if len(digits) == 11 and digits.startswith("1"):
        return digits[1:]
    return digits.lstrip("0")


def is_phone(value: str) -> bool:
    """Return whether a value is written as telephone numbers are."""
    return bool(_PHONE.fullmatch(value.strip()))


def says_nothing(parts: Sequence[str]) -> bool:
    """Return whether words stand for no value, or only fill a place."""
    compact = "".join(parts)
    return _NOTHING.issuperset(parts) or not compact.strip(compact[0]) or compact in _SEQUENCE


def leading_form(value: str) -> tuple[str, Kind]:
    """Return a leading value as it is compared, and its kind."""
    value = value.strip()
    if is_phone(value):
        return national(value), "phone"
    compact = "".join(parts_of(value))
    if "@" in value:
        return compact, "mail"
    if any(map(str.isdigit, compact)):
        return compact, "code"
    return name_form(map(_alike, _name_parts(parts_of(value)))), "name"


def _name_parts(parts: Sequence[str]) -> Sequence[str]:
    """Return the words of a name without initials and titles, which letters leave out; all, where little is left."""
    kept = [part for part in parts if part not in _TITLES and (len(part) > 1 or not part.isascii() or _figure(part))]
    return kept if len(kept) > 1 else parts


def name_form(parts: Iterable[str]) -> str:
    """Return words as they are compared in any order."""
    return " ".join(sorted(parts))


def beside_forms(value: str) -> list[str]:
    """Return what must all stand close together for a value to be there; empty where it would tell nothing."""
    value = _MIDNIGHT.sub("", value.strip())
    parts = parts_of(value)
    compact = "".join(parts)
    if len(compact) < 2 or len(parts) > PARTS or says_nothing(parts):
        return []
    if _figure(compact):
        if _is_date(parts):
            return [_plain(part) for part in parts]
        if len(compact) > 4:
            return ["=" + (national(value) if is_phone(value) else compact)]
        return [compact] if len(compact) > 2 else []
    if any(map(str.isdigit, compact)) and "@" not in value and not any(map(str.isspace, value)):
        return ["=" + compact]
    return _named_date(parts) or [_plain(_alike(part)) for part in _name_parts(parts)]


def initial_form(value: str, forms: Sequence[str]) -> tuple[str, str] | None:
    """Return what stands for a name whose first one is shortened (`A. Müller`): the initial, the surname; else None."""
    parts = [part for part in _name_parts(parts_of(value)) if part]
    if not 1 < len(parts) < 5 or len(forms) < 2 or not all(map(str.isalpha, parts)):
        return None
    front = len(_name_parts(parts_of(value.partition(",")[0]))) if "," in value else 0
    given, surname = (parts[front], parts[front - 1]) if 0 < front < len(parts) else (parts[0], parts[-1])
    return (_INITIAL + given[0], _alike(surname)) if len(surname) > 2 else None


def _named_date(parts: Sequence[str]) -> list[str]:
    """Return year, month and day of a date whose month has its name; empty for everything else."""
    years = [part for part in parts if _figure(part) and len(part) == 4]
    months = [MONTHS[part] for part in parts if part in MONTHS]
    days = [found[1] for part in parts if (found := _DAY.fullmatch(part))]
    if len(years) != 1 or len(months) != 1 or len(days) != 1 or len(parts) > 5:
        return []
    return [years[0], months[0], _plain(days[0])]


def _is_date(parts: Sequence[str]) -> bool:
    return len(parts) == 3 and max(map(len, parts)) == 4 and sum(map(len, parts)) <= 8


def _plain(part: str) -> str:
    """Return a word, a day's or month's number without its zero."""
    return part.lstrip("0") or "0" if len(part) == 2 and _figure(part) else part


Words = tuple[int, int]
"""The numbers of the first and the last word of what stands in a text."""


class Near:
    """The words and codes of a stretch of text, by mark, each with the words where it stands."""

    def __init__(self, text: bytes, base: int, mark: Callable[[str], bytes]) -> None:
        """Read a stretch that begins at `base` in the text whose offsets `holds` is asked about."""
        shown = _TIME.sub(" ", text.decode("utf-8", "surrogateescape"))
        found = list(TOKEN.finditer(shown))
        self._begins, self._ends = _offsets(shown, found, base, plain=len(shown) == len(text))
        self._at: defaultdict[bytes, list[Words]] = defaultdict(list)
        parts = [bare(one[0]) for one in found]
        known = {part: [mark(form) for form in _told_by(part)] for part in set(parts)}
        for number, part in enumerate(parts):
            for one in known[part]:
                self._at[one].append((number, number))
            if len(part) == 1 and found[number][0].isupper():
                self._at[mark(_INITIAL + part)].append((number, number))
        for first, last, code in _codes(shown, found, parts):
            self._at[mark("=" + code)].append((first, last))
        for number, year in _short_years(shown, found):
            insort(self._at[mark(year)], (number, number))  # it may stand there in four digits too

    def holds(self, marks: Sequence[bytes], around: Words, value: Words) -> bool:
        """Return whether all marks stand close together, in any order, two words more between them at most.

        They must stand in a part of the text, told by its bytes as the value is, which counts for nothing.
        """
        inside = bisect_left(self._begins, around[0]), bisect_right(self._ends, around[1])
        without = bisect_right(self._ends, value[0]), bisect_left(self._begins, value[1])
        places = []
        for mark in marks:
            found = self._places(mark, inside, without)
            if not found:
                return False
            places.append(found)
        if len(places) == 1:
            return True
        reach = len(marks) + 1
        return any(
            all(any(start <= at <= start + reach for at in other) for other in places)
            for one in places
            for start in one
        )

    def _places(self, mark: bytes, inside: Words, without: Words) -> list[int]:
        """Return the words at which a mark begins, counted as if those of the value were not there."""
        known = self._at.get(mark)
        if not known:
            return []
        cut, after = without
        return [
            first if first < cut else first - (after - cut)
            for first, last in known[bisect_left(known, (inside[0],)) : bisect_left(known, (inside[1],))]
            if last < inside[1] and (last < cut or first >= after)
        ]


def _told_by(part: str) -> Iterator[str]:
    """Yield as what a word of a text is compared: as itself, and as what a date in one run has in it."""
    yield _plain(_alike(part))
    if part in MONTHS:
        yield MONTHS[part]
    elif (day := _DAY.fullmatch(part)) and day[0] != day[1]:
        yield _plain(day[1])
    if date := _DATE.fullmatch(part):
        yield from map(_plain, date.groups())


def _short_years(text: str, found: Sequence[re.Match[str]]) -> Iterator[tuple[int, str]]:
    """Yield the words that may be the year of a date in two digits, and the years that they may be."""
    for date in _SHORT_DATE.finditer(text):
        for group in (1, 3):
            if len(date[group]) == 2:
                number = bisect_left(found, date.start(group), key=re.Match.start)
                yield number, "19" + date[group]
                yield number, "20" + date[group]


def _offsets(text: str, found: Sequence[re.Match[str]], base: int, *, plain: bool) -> tuple[list[int], list[int]]:
    """Return the bytes at which words begin and end; in plain text each character is one."""
    if plain:
        return [base + one.start() for one in found], [base + one.end() for one in found]
    begins, ends, char, at = [], [], 0, base
    for one in found:
        at += len(text[char : one.start()].encode("utf-8", "surrogateescape"))
        begins.append(at)
        at += len(one[0].encode("utf-8", "surrogateescape"))
        ends.append(at)
        char = one.end()
    return begins, ends


def _codes(text: str, found: Sequence[re.Match[str]], parts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield each run of parts with a digit, joined as codes are, and telephone numbers without their front."""
    numbered = [any(map(str.isdigit, part)) for part in parts]
    joined = [bool(CODE_JOINT.fullmatch(text, before.end(), behind.start())) for before, behind in pairwise(found)]
    for first, start in enumerate(found):
        code, digits = "", False
        for number in range(first, min(first + PARTS, len(found))):
            if number > first and not joined[number - 1]:
                break
            code += parts[number]
            digits = digits or numbered[number]
            if digits and len(code) > 4:
                yield first, number, code
                if _figure(code):
                    plain = _without_front(code, abroad=text[max(0, start.start() - 1) : start.start()] == "+")
                    if plain != code and len(plain) > 4:
                        yield first, number, plain
