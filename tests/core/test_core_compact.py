"""Rows of text held small: they behave as dictionaries would."""

from __future__ import annotations

import threading
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casb_cli.core.compact import Seen, Table

TEXT = st.text(max_size=3)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=300))
def test_rows_are_found_by_each_indexed_column_the_first_first(rows):
    table = Table(0, 1)
    for row in rows:
        table.add(*row)
    for column in (0, 1):
        first = {}
        for row in rows:
            first.setdefault(row[column], row)
        assert {text: table.find(column, text) for text in first} == first
        assert table.find(column, "none of these") is None
    assert list(table) == rows
    assert len(table) == len(rows)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=300))
def test_the_newest_row_takes_the_place_of_an_earlier_one(rows):
    table = Table(0)
    for row in rows:
        table.add(*row, newest=True)
    assert {key: table.find(0, key) for key, _ in rows} == {row[0]: row for row in rows}


def test_a_row_that_is_too_long_is_refused_and_nothing_of_it_kept():
    table = Table(0)
    table.add("a", "x" * 60_000)
    with pytest.raises(ValueError, match="too much"):
        table.add("b", "x" * 66_000)
    assert table.find(0, "b") is None
    assert [row[0] for row in table] == ["a"]


def test_many_threads_may_add_and_find():
    table = Table(0)
    missing = []

    def work(part):
        for n in range(2000):
            table.add(f"{part}-{n}", str(n))
            if table.find(0, f"{part}-{n // 2}") != (f"{part}-{n // 2}", str(n // 2)):
                missing.append((part, n))

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not missing
    assert len(set(table)) == 8000


def test_a_row_takes_little_beside_its_text():
    tracemalloc.start()
    try:
        table = Table(0)
        for n in range(20_000):
            table.add(f"{n:021}", f"some.body.{n:05}@example.com")
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 20_000 * (21 + 27 + 36)  # as a dictionary of two texts: about 250 each


@given(st.lists(TEXT, max_size=400))
def test_a_text_is_new_once(texts):
    seen, met = Seen(), set()
    for text in texts:
        assert seen.add(text) is (text not in met)
        assert text in seen
        met.add(text)
    assert len(seen) == len(met)
    assert "none of these" not in seen
    assert None not in seen


def test_what_was_seen_takes_little_however_long_it_is():
    tracemalloc.start()
    try:
        seen = Seen()
        assert all(seen.add(f"{n:0200}") for n in range(20_000))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not any(seen.add(f"{n:0200}") for n in range(20_000))
    assert size < 20_000 * 50
