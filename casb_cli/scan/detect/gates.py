"""Numbers that mean nothing without a word near by are looked for only around such words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from casb_cli.scan.detect.rules import Detector, Rule

_JOINTS = ("", " ", "_", "-", "\n")


def forms(words: Iterable[str]) -> str:
    """Return an alternation of the words, longest first, in which spaces match any joint or none."""
    found = {r"[\s_\-]?".join(map(re.escape, spelt.split())) for word in words for spelt in _spelt(word)}
    return "|".join(sorted(found, key=lambda form: (-len(form), form)))


def _spelt(word: str) -> set[str]:
    """Return a word as text may spell it: the expressions ignore the case of ASCII letters only."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


class Window(NamedTuple):
    """A stretch of text in which, or near enough to which, words of some detectors stand."""

    start: int
    end: int
    owners: frozenset[str]


class _Word(NamedTuple):
    size: int
    reach: int
    owners: frozenset[str]


class Gates:
    """The required words of all detectors, each once; `rules` are what the one pass looks for them with.

    The rules are bare words, since a thousand of them with borders would take a second to compile: whether a word
    stands alone is seen where one was found.
    """

    def __init__(self, detectors: Iterable[Detector]) -> None:
        owners: defaultdict[str, set[str]] = defaultdict(set)
        reach: defaultdict[str, int] = defaultdict(int)
        for detector in detectors:
            if not detector.required:
                continue
            wide = max(max(rule.before, rule.width) + rule.after for rule in detector.rules)
            for word in detector.keywords:
                for text in {joint.join(spelt.split()) for spelt in _spelt(word) for joint in _JOINTS}:
                    owners[text].add(detector.id)
                    reach[text] = max(reach[text], detector.distance + wide + 2 * len(text.encode()))
        words = sorted(owners)
        self._words = [_Word(len(word.encode()), reach[word], frozenset(owners[word])) for word in words]
        self.rules = tuple(Rule(hint=re.escape(word), pattern="", caseless=True) for word in words)

    def windows(self, hits: Mapping[int, list[int]], first: int, buffer: bytes) -> Iterator[Window]:
        """Yield where to look for whom; `hits` are the ends of what the one pass found, words from number `first`."""
        marks: list[tuple[int, _Word]] = []
        for number, ends in hits.items():
            if number < first:
                continue
            word = self._words[number - first]
            for end in ends:
                at = end - word.size
                if not (buffer[at - 1 : at].isalpha() or buffer[end : end + 1].isalpha()):
                    marks.append((end, word))
        marks.sort(key=lambda mark: mark[0])
        low, high, owners = 0, -1, frozenset[str]()
        for end, word in marks:
            start = max(0, end - word.reach)
            if start > high:
                if owners:
                    yield Window(low, high, owners)
                low, high, owners = start, end + word.reach, word.owners
            else:
                low, high, owners = min(low, start), max(high, end + word.reach), owners | word.owners
        if owners:
            yield Window(low, high, owners)
