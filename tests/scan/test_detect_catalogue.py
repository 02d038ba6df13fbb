"""Every detector holds to its own examples, through the whole engine."""

from __future__ import annotations

import pkgutil
import random
import re
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
from casb_cli.store.paths import cache_dir

KEY = b"k" * 32
DETECTORS = sorted(catalogue().values(), key=lambda d: d.id)
EACH = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.id)


def found(text: str, name: str = "a.txt"):
    return inspect_stream(text.encode(), name=name, scanner=SCANNER, key=KEY).matches


def finds(detector, text):
    return detector.id in {m.detector for m in found(text)}


@EACH
def test_must_match(detector):
    assert [text for text in detector.match() if not finds(detector, text)] == []


@EACH
def test_must_not_match(detector):
    assert [text for text in detector.no_match() if finds(detector, text)] == []


@EACH
def test_matches_in_the_middle_of_prose(detector):
    around = "Lorem ipsum dolor sit amet.\n" * 50
    # A table is told by the first lines of a file: in the middle of prose its columns have no names.
    texts = [text for text in detector.match() if not (detector.columns and "\n" in text)]
    assert [text for text in texts if not finds(detector, f"{around}{text}\n{around}")] == []


@EACH
def test_declaration(detector):
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", detector.id)
    assert detector.description.endswith(".")
    assert detector.match()
    assert detector.no_match()
    assert set(detector.checks) | set(detector.proofs) <= set(CHECKS)
    assert set(detector.filters) <= set(FILTERS)
    for rule in detector.rules:
        assert refused(rule) is None
    assert not detector.required or detector.keywords


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
def test_the_one_pass_sees_what_each_hint_means(detector):
    """Hyperscan misses some alternations far into a text; `re` tells what each hint means."""
    alone = new_scanner(DetectorSet((detector,)), str(cache_dir()))
    for text in detector.match():
        for prefix in PREFIXES:
            data = prefix + text.encode() + b"\n" + b"and more words\n" * 20
            for scanner in (alone, SCANNER):
                gated = scanner._gated.get(detector.id)
                for database, aims in (
                    (scanner._database, scanner._aims),
                    (gated and gated.database, gated.aims if gated else []),
                ):
                    if not aims:
                        continue
                    hits: list[tuple[int, int]] = []
                    database.scan(data, match_event_handler=lambda n, s, e, f, c: c.append((n, e)), context=hits)
                    for number, rule in enumerate(aim.rule for aim in aims):
                        meant = compiled(rule.hint.encode(), re.IGNORECASE if rule.caseless else 0)
                        for match in meant.finditer(data):
                            assert any(n == number and match.start() < e <= match.end() for n, e in hits), rule.hint


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
