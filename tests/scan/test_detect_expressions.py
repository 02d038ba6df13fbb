"""Expressions kept compiled are those that `re` would compile, whoever wrote the file that they were kept in."""

from __future__ import annotations

import re
import stat
from hashlib import sha256

import pytest

from casb_cli.scan.detect import expressions
from casb_cli.scan.detect.aims import _word_pattern
from casb_cli.scan.detect.expressions import _Kept, expression
from casb_cli.scan.detect.rules import catalogue
from casb_cli.scan.detect.sought import bordered


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where expressions are kept, whatever they took to compile."""
    monkeypatch.setattr(expressions, "_WORTH", 0.0)
    return str(tmp_path / "cache")


def opened(folder):
    kept = _Kept()
    kept.open(folder)
    return kept


def of_the_catalogue():
    for detector in catalogue().values():
        for rule in detector.rules:
            yield rule.pattern.encode(), re.IGNORECASE if rule.caseless else 0


def test_every_expression_of_the_catalogue_is_the_same_from_the_file(folder):
    patterns = [*of_the_catalogue(), (r"(?P<year>\d{4})-(?P<month>\d\d)|ά", re.IGNORECASE), ("", 0), (b"(a)|(b)", 0)]
    patterns += [
        (bordered(item.keywords).encode(), re.IGNORECASE) for item in [*catalogue().values()][::9] if item.keywords
    ]
    first = opened(folder)
    for pattern, flags in patterns:
        first.compiled(pattern, flags)
    first.keep()
    second = opened(folder)
    known = len(second._codes)
    for pattern, flags in patterns:
        # Patterns of `re` are equal where their codes are.
        assert second.compiled(pattern, flags) == re.compile(pattern, flags)
    assert known == len(second._codes) == len(set(patterns)), "each was read, none compiled again"
    match = second.compiled(*patterns[len([*of_the_catalogue()])]).search("on 2026-11-05")
    assert match.groupdict() == {"year": "2026", "month": "11"}


def test_text_and_bytes_and_flags_are_told_apart(folder):
    kept = opened(folder)
    assert kept.compiled("é", 0).search("é")
    assert kept.compiled("é".encode(), 0).search("é".encode())
    assert kept.compiled("k", re.IGNORECASE).search("K")
    assert not kept.compiled("k", 0).search("K")


def test_only_the_user_may_read_the_file(folder, tmp_path):
    kept = opened(folder)
    kept.compiled("a+", 0)
    kept.keep()
    [path] = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "other"])
def test_a_file_that_is_not_whole_costs_only_its_time(folder, tmp_path, harm):
    kept = opened(folder)
    kept.compiled("a+b", 0)
    kept.keep()
    [path] = (tmp_path / "cache").iterdir()
    data = path.read_bytes()
    other = b"\x91\x01"
    harmed = {"cut": data[:-3], "changed": data[:-1] + b"\0", "empty": b"", "other": sha256(other).digest() + other}
    path.write_bytes(harmed[harm])
    assert opened(folder).compiled("a+b", 0).fullmatch("aab")


def test_codes_that_this_interpreter_does_not_take_are_compiled_anew(folder, monkeypatch):
    kept = opened(folder)
    kept.compiled("a+b", 0)
    [(key, code)] = kept._codes.items()
    kept._codes[key] = expressions.msgspec.structs.replace(code, codes=code.codes[4:])
    assert kept.compiled("a+b", 0).fullmatch("aab")
    monkeypatch.setattr(expressions.importlib, "import_module", lambda name: object())
    assert kept.compiled("a+c", 0).fullmatch("aac"), "an interpreter without these modules"


def test_a_wrong_expression_is_refused_as_ever(folder):
    with pytest.raises(re.error, match="unterminated"):
        opened(folder).compiled("(a", 0)


def test_what_two_processes_left_is_there_for_a_third(folder):
    one, two = opened(folder), opened(folder)
    one.compiled("one", 0)
    two.compiled("two", 0)
    one.keep()
    two.keep()
    assert len(opened(folder)._codes) == 2


def test_more_than_may_be_kept_leaves_what_was_used(folder, monkeypatch):
    old = opened(folder)
    old.compiled("old", 0)
    old.keep()
    monkeypatch.setattr(expressions, "_MOST", 1)
    new = opened(folder)
    new.compiled("new", 0)
    new.keep()
    assert len(opened(folder)._codes) == 1


def test_little_is_not_written_down(tmp_path):
    kept = opened(str(tmp_path / "cache"))
    kept.compiled("a", 0)
    kept.keep()
    assert not (tmp_path / "cache").exists()


def test_an_expression_is_compiled_when_it_is_used():
    wrong = expression("(")
    with pytest.raises(re.error):
        wrong.search("")
    right = expression(rb"(?P<v>[0-9]+)")
    assert right.search(b"a12")["v"] == b"12"
    assert right.pattern == rb"(?P<v>[0-9]+)"
    assert right.sub(b"", b"1a2") == b"a"


def test_a_detector_finds_its_words_with_a_kept_expression(folder, monkeypatch):
    monkeypatch.setattr(expressions, "_KEPT", opened(folder))
    words = _word_pattern(("passport number", "pasaporte"))
    assert words is not None
    assert words.search(b"PASSPORT-NUMBER: 1")
    assert words == re.compile(bordered(("passport number", "pasaporte")).encode(), re.IGNORECASE)
