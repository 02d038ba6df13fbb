"""What the one pass looks for to find words, and that it is kept for the next start."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import msgspec
import pytest

from casb_cli.scan.detect import cached
from casb_cli.scan.detect.database import hits, load
from casb_cli.scan.detect.gates import Gates, WordEnds
from casb_cli.scan.detect.heads import Heads
from casb_cli.scan.detect.overlaps import outside
from casb_cli.scan.detect.rules import Detector, DetectorSet, Rule
from casb_cli.scan.detect.sought import Word, bordered, sought


def needing(name: str, *words: str) -> Detector:
    return Detector(
        id=name, title=name, family="x", severity="low", description="", required=True, keywords=words,
        rules=(Rule(hint="[0-9]{4}", pattern="[0-9]{4}", digit=True, before=8, after=4),),
        match=lambda: (), no_match=lambda: (),
    )  # fmt: skip


@pytest.fixture
def detectors():
    return DetectorSet([needing("a", "geheimzahl", "pin"), needing("b", "geheimzahl")])


def told(known, hint: str) -> Word:
    return known.words[[one for one, _ in msgspec.msgpack.decode(known.hints)].index(hint)]


def test_a_word_tells_its_detectors_and_how_far_their_values_may_be(detectors):
    known = sought(detectors, None)
    word = told(known, "geheimzahl")
    assert known.owners[word.owners] == {"a", "b"}
    assert known.owners[word.wordy] == frozenset(), "each value of theirs has a digit"
    assert word.size == 10
    assert word.reach >= 100 + 8 + 4, "the distance, and the widest value"
    assert known.owners[known.last["pin"].owners] == {"a"}


def test_words_are_kept_for_these_detectors_and_are_the_same_again(detectors, tmp_path):
    made = sought(detectors, str(tmp_path))
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert made == sought(detectors, str(tmp_path)) == sought(detectors, None)
    sought(DetectorSet([needing("a", "geheimzahl")]), str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"0" * 50, msgspec.msgpack.encode([1, 2])])
@pytest.mark.parametrize("signed", [True, False])
def test_what_is_kept_and_cannot_be_read_is_made_anew(detectors, tmp_path, content, signed):
    made = sought(detectors, str(tmp_path))
    (path,) = tmp_path.iterdir()
    kept = path.read_bytes()
    cached.write(path, content) if signed else path.write_bytes(content)
    assert sought(detectors, str(tmp_path)) == made
    assert path.read_bytes() == kept


def test_what_was_altered_is_made_anew(detectors, tmp_path):
    made = sought(detectors, str(tmp_path))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes().replace(b"geheimzahl", b"geheimnisx"))
    assert sought(detectors, str(tmp_path)) == made


def test_an_unwritable_cache_costs_the_words_nothing_but_time(detectors, tmp_path):
    (tmp_path / "file").write_text("x")
    assert sought(detectors, str(tmp_path / "file" / "deeper")) == sought(detectors, None)


def test_what_nobody_used_for_long_or_is_too_much_goes(tmp_path, monkeypatch):
    def kept(*names: str) -> list[Path]:
        for name in names:
            cached.write(tmp_path / name, b"x" * 1000)
        return [tmp_path / name for name in names]

    def used(path: Path, days: int) -> None:
        then = time.time() - days * 86_400
        os.utime(path, (then, then))

    paths = kept("patterns-a", "words-b", "notes.txt", ".made-c")
    for path in paths:
        used(path, 40)
    assert cached.read(paths[1]) == b"x" * 1000
    some = kept("patterns-1", "patterns-2", "patterns-3")
    assert [path.exists() for path in paths] == [False, True, True, False]
    for days, path in enumerate(some, 1):
        used(path, days)
    monkeypatch.setattr(cached, "_LARGEST", 3 * 1032)
    kept("patterns-new")
    # The new one, the one that was read just now, and the one that was used last.
    assert [path.exists() for path in (*paths[1:3], *some)] == [True, True, True, False, False]


def test_ends_tell_whose_words_end_in_a_stretch():
    one, two = (Word(size=3, reach=50, owners=number, wordy=number) for number in (0, 1))
    ends = WordEnds([(10, one), (40, two), (40, one), (90, two)], [frozenset("a"), frozenset("ab")])
    assert ends.within("a", 5, 10)
    assert ends.within("b", 11, 40)
    assert not ends.within("b", 0, 39)
    assert not ends.within("a", 91, 200)
    assert not WordEnds().within("a", 0, 100)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("a pin: 1", [5]),
        ("the PIN 1", [7]),
        ("holderPin = 1", [9]),
        ("holderPIN_1", [9]),
        ("pinOfHolder", [3]),
        (" Pin ", [4]),
        ("OpinionPinned", []),
        ("spin 1", []),
        ("a5Ade 1", []),  # a piece of a hexadecimal number
        ("myAde 1", [5]),
        ("5ade 1", []),
        ("pin 1", [3]),
        ("ade\n", [3]),
        ("pinned", []),
        ("my_pin=1", [6]),
        ("[pin]", [4]),
        ("\tpin\t", [4]),
        ("{pin}", [4]),
        ("5pin 1", [4]),
        ("\u2014pin\u2014", [6]),
        ("x pin", [5]),
        ("RUN 1", [3]),
        ("run 1", []),  # what programs do
        ("a run", []),
    ],
)
def test_a_short_word_ends_once_where_it_stands_alone_or_is_a_hump(text, ends):
    gates = Gates(DetectorSet([needing("a", "pin", "ade", "run")]))
    found = hits(load((), None, gates.hints), text.encode())
    assert [end for end, _ in gates.word_ends(found, 0, text.encode()).found] == ends


def test_what_a_word_in_one_line_tells_is_not_looked_for_in_all_lines():
    gates = Gates(DetectorSet([needing("a", "pin"), needing("b", "ade")]))
    lines = [b"the pin is 12345\n"] * 4000
    lines[2000] = b"the ade is 12345\n"
    text = b"".join(lines)
    windows = [*gates.windows(gates.word_ends(hits(load((), None, gates.hints), text), 0, text), text, Heads())]
    theirs = [text[one.start : one.end] for one in windows if "b" in one.owners]
    assert any(b"the ade is 12345" in one for one in theirs)
    assert sum(map(len, theirs)) < len(text) // 10
    reached = 0
    for one in sorted(one for one in windows if "a" in one.owners):
        assert one.start <= reached, "no pin is left out"
        reached = max(reached, one.end)
    assert reached >= len(text) - 20


def test_rows_that_hold_words_begin_no_table_each():
    gates = Gates(DetectorSet([needing("a", "pin")]))
    text = b"kind | name\n" + b"pin | Ann 2\n" * 4000
    heads = Heads()
    list(gates.windows(gates.word_ends(hits(load((), None, gates.hints), text), 0, text), text, heads))
    found = heads.windows(len(text))
    assert found
    assert sum(end - start for start, end, _ in found) < 50 * len(text)


@pytest.mark.parametrize(
    "text", ["Telefon", "TELEFON", "telefon", "myTelefon", "Téléphone", "TÉLÉPHONE", "телефон", "Телефон"]
)
def test_words_are_met_in_any_case_and_script(text):
    words = re.compile(bordered(["telefon", "téléphone", "телефон"]).encode(), re.IGNORECASE)
    found = words.search(f"a b {text}: 1".encode())
    assert found is not None
    assert found[0].decode().lower() == text.removeprefix("my").lower()
    assert words.search(f"xx{text.lower()}yy".encode()) is None


def test_places_within_what_was_found_are_left_out():
    assert outside([3, 5, 9, 12, 13, 20], [(4, 9), (10, 12)]) == [3, 13, 20]
    assert outside([4, 9, 10], [(4, 9), (9, 10)]) == [4]
    assert outside([1, 2], []) == [1, 2]
