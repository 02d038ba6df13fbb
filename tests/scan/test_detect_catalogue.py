"""Every detector holds to its own examples, through the whole engine."""

from __future__ import annotations

import pkgutil
import random
import re
from collections import defaultdict
from functools import cache
from importlib import import_module

import pytest
from scan_scanner import SCANNER

from casb_cli.scan.detect import catalogue as catalogue_modules
from casb_cli.scan.detect.catalogue._numbers import UNPROVEN, Number
from casb_cli.scan.detect.database import refused
from casb_cli.scan.detect.filters import FILTERS
from casb_cli.scan.detect.rules import DetectorSet, catalogue
from casb_cli.scan.detect.validators import CHECKS
from casb_cli.scan.inspect import inspect_stream, new_scanner

KEY = b"k" * 32
DETECTORS = sorted(catalogue().values(), key=lambda d: d.id)
PARTS = 6
EACH = pytest.mark.parametrize("detectors", [DETECTORS[part::PARTS] for part in range(PARTS)], ids=range(PARTS))
"""A part of all at a time: a test for each would cost more than what it shows."""


def found(text: str, name: str = "a.txt"):
    return inspect_stream(text.encode(), name=name, scanner=SCANNER, key=KEY).matches


def finds(detector, text):
    return detector.id in {m.detector for m in found(text)}


@EACH
def test_must_match(detectors):
    assert [(one.id, text) for one in detectors for text in one.match() if not finds(one, text)] == []


@EACH
def test_must_not_match(detectors):
    assert [(one.id, text) for one in detectors for text in one.no_match() if finds(one, text)] == []


@EACH
def test_matches_in_the_middle_of_prose(detectors):
    around = "Lorem ipsum dolor sit amet.\n" * 50
    # A table is told by the first lines of a file: in the middle of prose its columns have no names.
    texts = [(one, text) for one in detectors for text in one.match() if not (one.columns and "\n" in text)]
    assert [(one.id, text) for one, text in texts if not finds(one, f"{around}{text}\n{around}")] == []


@EACH
def test_declaration(detectors):
    for one in detectors:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", one.id)
        assert one.description.endswith("."), one.id
        assert one.match(), one.id
        assert one.no_match(), one.id
        assert set(one.checks) | set(one.proofs) <= set(CHECKS), one.id
        assert set(one.filters) <= set(FILTERS), one.id
        for rule in one.rules:
            assert refused(rule) is None, one.id
        assert not one.required or one.keywords, one.id


def test_examples_stand_assembled_in_the_source():
    """No example's secret may be found by scanning the source of the catalogue itself."""
    from pathlib import Path

    import casb_cli.scan.detect as package

    secrets = {d.id for d in DETECTORS if d.family == "credential" and not d.generic}
    for path in Path(package.__file__).parent.rglob("*.py"):
        assert not {m.detector for m in found(path.read_text(), path.name)} & secrets, path.name


def test_a_set_is_named_by_its_rules():
    assert DetectorSet.shipped().id == DetectorSet.shipped().id
    assert DetectorSet.shipped(("iban",)).id != DetectorSet.shipped(("us-ssn",)).id


def test_specific_wins_over_generic():
    text = next(iter(catalogue()["stripe-key"].match()))
    assert {m.detector for m in found(f'secret_key = "{text}"')} == {"stripe-key"}


PREFIXES = [b"", b"\n", b"a b\n", b"Lorem ipsum dolor. ", b"word\t" * 20 + b"\n", b"Lorem ipsum dolor sit amet.\n" * 60]


compiled = cache(re.compile)
"""There are more hints than `re` itself keeps."""


@EACH
def test_the_one_pass_sees_what_each_hint_means(detectors):
    """Hyperscan misses some alternations far into a text, among few others or many; `re` tells what each hint means."""
    for start in range(0, len(detectors), 12):
        few = detectors[start : start + 12]
        texts = "\n".join(text for one in few for text in one.match()).encode()
        for scanner in (new_scanner(DetectorSet(tuple(few))), SCANNER):
            for prefix in PREFIXES:
                data = prefix + texts + b"\n" + b"and more words\n" * 20
                seen_as_meant(scanner._database, scanner._aims, data)
                for gated in filter(None, (scanner._gated.get(one.id) for one in few)):
                    seen_as_meant(gated.database, gated.aims, data)


def seen_as_meant(database, aims, data):
    if not aims:
        return
    hits = defaultdict(list)
    database.scan(data, match_event_handler=lambda n, s, e, f, c: c[n].append(e), context=hits)
    for number, rule in enumerate(aim.rule for aim in aims):
        meant = compiled(rule.hint.encode(), re.IGNORECASE if rule.caseless else 0)
        for match in meant.finditer(data):
            assert any(match.start() < end <= match.end() for end in hits[number]), rule.hint


def test_numbers_that_any_digits_would_do_for_are_less_sure():
    numbers = {
        number
        for module in pkgutil.iter_modules(catalogue_modules.__path__)
        for group in vars(import_module(f"{catalogue_modules.__name__}.{module.name}")).values()
        if isinstance(group, tuple) and group and isinstance(group[0], Number)
        for number in group
    }
    assert len(numbers) > 150
    source = random.Random(1)
    unproven = set()
    for number in numbers:
        drawn = ("".join(source.choice("0123456789") if c.isdigit() else c for c in number.sample) for _ in range(300))
        likely = sum(CHECKS[number.checked_by](text.encode()) for text in drawn) >= 150
        if likely and sum(map(str.isalpha, number.sample)) <= 2 and number.family == "personal":
            unproven.add(number.id)
    assert unproven == UNPROVEN
