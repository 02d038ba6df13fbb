from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casb_cli.store import chunks

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=5000)


def utf16_units(text):
    return len(text.encode("utf-16-le")) // 2


class Power(Exception):
    """The machine stops here."""


class Ring:
    """A keyring that refuses long values, as Windows does, and may stop at its `fails`th change."""

    def __init__(self, limit=1280, fails=None):
        self.kept = {}
        self.limit = limit
        self.fails = fails

    def read(self, name):
        return self.kept.get(name)

    def _change(self):
        if self.fails is not None:
            if self.fails == 0:
                raise Power
            self.fails -= 1

    def write(self, name, value):
        self._change()
        assert utf16_units(value) <= self.limit
        self.kept[name] = value

    def drop(self, name):
        self._change()
        del self.kept[name]

    def put(self, name, value):
        chunks.put(self.read, self.write, self.drop, name, value)

    def get(self, name):
        return chunks.get(self.read, name)


@given(TEXT, st.integers(2, 50))
def test_parts_join_to_the_value_and_fit(text, units):
    parts = chunks.split(text, units)
    assert "".join(parts) == text
    assert all(utf16_units(part) <= units for part in parts)
    assert all(parts) or text == ""


@given(st.lists(TEXT | st.text("𝄞é", min_size=900, max_size=2100), min_size=1, max_size=4))
def test_the_last_value_is_read_back_and_nothing_else_stays(values):
    ring = Ring()
    for value in values:
        ring.put("a/b/c", value)
        assert ring.get("a/b/c") == value
    assert chunks.delete(ring.read, ring.drop, "a/b/c") is True
    assert ring.kept == {}
    assert chunks.delete(ring.read, ring.drop, "a/b/c") is False


@pytest.mark.parametrize("value", ["casb-parts:0123456789abcdef:3", "casb-parts:", "casb-parts:x"])
def test_value_that_looks_like_a_head_stays_a_value(value):
    ring = Ring()
    ring.put("n", value)
    assert ring.get("n") == value


@pytest.mark.parametrize("old", ["short", "o" * 3500])
@pytest.mark.parametrize("new", ["tiny", "n" * 4500])
def test_a_stop_at_any_change_leaves_the_old_or_the_new_value(old, new):
    outcomes = set()
    for stop in range(20):
        ring = Ring()
        ring.put("n", old)
        ring.fails = stop
        try:
            ring.put("n", new)
        except Power:
            outcomes.add(ring.get("n"))
            ring.fails = None
            ring.put("n", new)
        assert ring.get("n") == new
    assert outcomes <= {old, new}
    assert old in outcomes


def test_a_missing_part_is_told_not_skipped():
    ring = Ring()
    ring.put("n", "v" * 3000)
    del ring.kept[next(name for name in ring.kept if name.endswith("/1"))]
    with pytest.raises(chunks.Torn):
        ring.get("n")


def test_a_value_replaced_between_two_reads_is_read_whole():
    ring = Ring()
    ring.put("n", "a" * 3000)
    reads = []

    def read(name):
        reads.append(name)
        if len(reads) == 2:  # after the head was read, another process replaces everything
            ring.put("n", "b" * 3000)
        return ring.read(name)

    assert chunks.get(read, "n") == "b" * 3000
