"""Where in a text a leading value may be written: the ways in which codes, names, addresses and numbers are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

from casb_cli.scan.detect.exact_file import Shape
from casb_cli.scan.detect.exact_text import NAME_JOINT, PARTS, TOKEN, name_form, national, parts_of, word
from casb_cli.scan.detect.rules import Rule

REACH = 256
"""Bytes around a hint in which a leading value lies."""
MOST_CODES = 12
"""Kinds of codes that are looked for one by one."""
LOOSE, PHONE, MAIL, NAME = "loose", "phone", "mail", "name"
"""Ways in which a leading value is written, beside those of its own kind of code."""
_JOINT = r"(?:[ ./()_\'+-]|\xc2\xa0|\xe2\x80[\x87\x89-\x95\x99\xaf])"
_LETTER = r"[0-9A-Za-z\x80-\xff]"
_NO_LETTER = r"(?<![0-9A-Za-z])"
_RUNS = re.compile("[0-9]+|[a-z]+")
_PARTS = re.compile(r"([ad])([0-9]+)")
_CLASSES = {"a": "[A-Za-z]", "d": "[0-9]"}
_LOOSE = r"(?<![0-9A-Za-z_./-])(?=[A-Za-z_./-]{0,64}[0-9])[0-9A-Za-z]+(?:[_./-][0-9A-Za-z]+){0,9}"
_PHONE = rf"(?<![0-9A-Za-z+])[+(]{{0,2}}[0-9](?:{_JOINT}{{0,3}}[0-9]){{5,17}}(?![0-9A-Za-z])"
_MAIL = rf"{_LETTER}(?:{_LETTER}|[._%+'-]){{0,64}}@{_LETTER}(?:{_LETTER}|[.-]){{0,64}}"
_FEW_DIGITS = 6
_WORDS = re.compile(f"({TOKEN.pattern})")


def code_of(form: str) -> str:
    """Return the kind of a code as it is compared, such as `a2d8`; empty where it has other letters than ASCII's."""
    if not form.isascii():
        return ""
    return "".join(f"{'d' if run[0].isdigit() else 'a'}{len(run)}" for run in _RUNS.findall(form))


def _expression(code: str) -> str:
    """Return what a kind of code is written as: its letters and digits, one joint or none between two."""
    runs = [(_CLASSES[kind], int(count)) for kind, count in _PARTS.findall(code)]
    return f"{_JOINT}?".join(one if count == 1 else f"{one}(?:{_JOINT}?{one}){{{count - 1}}}" for one, count in runs)


def rules(shape: Shape) -> tuple[Rule, ...]:
    """Return the rules that tell where leading values may be, without and with names."""
    made = [Rule(hint=_expression(code), pattern="", written=code, before=REACH, after=REACH) for code in shape.codes]
    if shape.least and not shape.codes:
        made.append(Rule(hint="[0-9]", pattern="", written=LOOSE, once=True, before=REACH, after=REACH))
    if shape.phones:
        digits = f"[0-9](?:{_JOINT}{{0,3}}[0-9]){{{_FEW_DIGITS - 1}}}"
        made.append(Rule(hint=digits, pattern="", written=PHONE, before=REACH, after=REACH))
    if shape.mails:
        made.append(Rule(hint="@[0-9A-Za-z\\x80-\\xff]", pattern="", written=MAIL, before=REACH, after=REACH))
    if shape.names:
        made.append(Rule(hint="[A-Za-z\\x80-\\xff]", pattern="", written=NAME, once=True, before=REACH, after=REACH))
    return tuple(made)


class Written:
    """The ways in which the leading values of one index are written, made ready to look for."""

    def __init__(self, shape: Shape) -> None:
        self._names = shape.names
        self._lengths = range(shape.least, shape.most + 1)
        made = {code: rf"{_NO_LETTER}(?=({_expression(code)})(?![0-9A-Za-z]))" for code in shape.codes}
        made |= {LOOSE: _LOOSE, PHONE: _PHONE, MAIL: _MAIL}
        self._made = {way: re.compile(expression.encode("latin-1")) for way, expression in made.items()}

    def candidates(
        self, way: str, text: bytes, start: int, end: int, part_of_name: Callable[[str], bool]
    ) -> Iterator[tuple[int, int, str]]:
        """Yield where in a part of the text a leading value may stand, the widest first, and how it is compared."""
        if way == NAME:
            yield from self._named(text, start, end, part_of_name)
            return
        for found in self._made[way].finditer(text, start, end):
            if way == LOOSE:
                for at, stop in _parts(text, *found.span()):
                    form = _compact(text[at:stop])
                    if len(form) in self._lengths:
                        yield at, stop, form
            elif way == PHONE:
                for at, stop in _parts(text, *found.span(), first_only=True):
                    yield at, stop, national(text[at:stop].decode("utf-8", "replace"))
            elif way == MAIL:
                yield *found.span(), _compact(found[0])
            elif not _cut_out(text, *found.span(1)):
                yield *found.span(1), _compact(found[1])

    def _named(
        self, text: bytes, start: int, end: int, part_of_name: Callable[[str], bool]
    ) -> Iterator[tuple[int, int, str]]:
        part = text[start:end].decode("utf-8", "surrogateescape")
        plain = len(part) == end - start
        pieces = _WORDS.split(part)  # what is between words, and words, in turn
        words = pieces[1::2]
        folded = {one: form for one in set(words) if not one.isdigit() and part_of_name(form := word(one))}
        found = [number for number, one in enumerate(words) if one in folded]
        if not found:
            return
        ends = list(accumulate(map(len, pieces)))
        char, at = 0, start
        for first in found:
            name = [first]
            while len(name) < self._names and (behind := _next(pieces, words, folded, name[-1])):
                name.append(behind)
            begin = ends[2 * first]
            at += begin - char if plain else len(part[char:begin].encode("utf-8", "surrogateescape"))
            char = begin
            for count in range(len(name), 0, -1):
                behind = ends[2 * name[count - 1] + 1]
                size = behind - begin if plain else len(part[begin:behind].encode("utf-8", "surrogateescape"))
                yield at, at + size, name_form(folded[words[number]] for number in name[:count])


def _next(pieces: list[str], words: list[str], folded: dict[str, str], number: int) -> int:
    """Return which word goes on with a name, over an initial too; 0 where none does."""
    for after in (number + 1, number + 2):
        if after >= len(words) or not NAME_JOINT.fullmatch(pieces[2 * after]):
            return 0
        if words[after] in folded:
            return after
        if len(words[after]) > 1 or words[after].isdigit():
            return 0
    return 0


def _compact(value: bytes) -> str:
    return "".join(parts_of(value.decode("utf-8", "replace")))


_ENDS = re.compile(rb"[0-9A-Za-z\x80-\xff]+")


def _parts(text: bytes, start: int, end: int, *, first_only: bool = False) -> Iterator[tuple[int, int]]:
    """Yield a run of parts and those that lie in it, the widest from each part on first."""
    found = [one.span() for one in _ENDS.finditer(text, start, end)][: 2 * PARTS]
    for number, (at, _) in enumerate(found):
        for _, stop in reversed(found[number : number + PARTS]):
            yield (start if first_only else at), stop
        if first_only:
            return


def _cut_out(text: bytes, start: int, end: int) -> bool:
    """Return whether a number is part of a longer one: joined to its neighbours as its own parts are, or by a point."""
    value = text[start:end]
    if not value[:1].isdigit() or not value[-1:].isdigit():
        return False
    joints = value.translate(None, b"0123456789") or b"."
    before, behind = text[max(0, start - 2) : start], text[end : end + 2]
    return (len(before) > 1 and before[:1].isdigit() and before[1] in joints) or (
        len(behind) > 1 and behind[1:].isdigit() and behind[0] in joints
    )
