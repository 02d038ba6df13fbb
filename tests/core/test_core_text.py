"""Foreign text made harmless, and nothing of it lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casb_cli.core.text import counted, csv_safe, printable, ref_decode, ref_encode, shorten


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain ä €", "plain ä €"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\r\t", "two\\x0alines\\x0d\\x09"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("[bold]x[/]", "[bold]x[/]"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
    ],
)
def test_nothing_reaches_the_terminal_raw(foreign, shown):
    assert printable(foreign) == shown


@given(st.text())
def test_what_is_printable_stays_and_nothing_controls(text):
    shown = printable(text)
    assert not any(ord(char) < 32 or ord(char) == 127 or 0x80 <= ord(char) < 0xA0 for char in shown)


@pytest.mark.parametrize("cell", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝x", "'=x"])
def test_a_formula_becomes_text(cell):
    assert csv_safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "x", "1-2", "'quoted'", "a=b"])
def test_ordinary_cells_stay(cell):
    assert csv_safe(cell) == cell


@given(st.text())
def test_a_cell_can_be_given_back(cell):
    safe = csv_safe(cell)
    assert safe in {cell, f"'{cell}"}
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.text())
def test_an_id_comes_back_exactly(id_):
    assert ref_decode(ref_encode(id_)) == id_


def test_shortening_shows_the_cut():
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("count", "noun", "told"),
    [
        (1, "account", "1 account"),
        (0, "file", "0 files"),
        (35, "account", "35 accounts"),
        (1, "activity", "1 activity"),
        (1234, "activity", "1,234 activities"),
        (2, "key", "2 keys"),
    ],
)
def test_a_count_takes_its_noun_in_the_right_number(count, noun, told):
    assert counted(count, noun) == told
