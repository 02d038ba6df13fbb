"""How much fixed text a pattern has, by what its matches must hold."""

from __future__ import annotations

import pytest

from casb_cli.scan.detect.database import _order, hits, load
from casb_cli.scan.detect.fixed_text import fixed_text
from casb_cli.scan.detect.rules import Rule


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("AKIA[0-9A-Z]{16}", 4),
        (r"\b[2-6][0-9]{12}", 0),
        ("(?:card|konto)number", 10),
        ("(?:card|)x", 1),
        ("[Kk]ey=", 4),
        ("[a-z]key[0-9]", 3),
        ("(?i:pass)word", 8),
        ("ab?cd", 2),
        ("é", 2),
        ("(", 0),
    ],
)
def test_fixed_text_is_what_every_match_holds_in_a_row(pattern, size):
    assert fixed_text(pattern) == size


RULES = tuple(Rule(hint=hint, pattern="") for hint in ("secret=", "[0-9]{9}", "token=", "[A-Z]{7}"))


def test_hints_without_fixed_text_are_given_to_the_engine_first():
    assert _order(RULES) == [1, 3, 0, 2]


def test_a_hint_keeps_its_number_wherever_it_is_given_to_the_engine():
    text = b"token=ABCDEFG 123456789 secret="
    assert hits(load(RULES, None), text) == {0: [31], 1: [23], 2: [6], 3: [13]}
