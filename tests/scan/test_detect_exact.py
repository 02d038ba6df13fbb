"""Exact data: rows of a table are found where enough of them stands together, and nothing of them is kept."""

from __future__ import annotations

import random

import pytest

from casb_cli.core.errors import ConfigError, UsageError
from casb_cli.scan.detect import exact
from casb_cli.scan.detect.custom import detectors
from casb_cli.scan.detect.rules import DetectorSet, Source
from casb_cli.scan.inspect import inspect_stream, new_scanner

KEY = b"k" * 32
ROWS = [
    {"account": "AC-482913", "name": "Ann Müller", "city": "Rome"},
    {"account": "AC-771204", "name": "Bob O'Neill", "city": "Oslo"},
    {"account": "AC-100200", "name": "", "city": "Bern"},
    {"account": "7", "name": "Too Short", "city": "Kyiv"},
]


def scanner(folder, rows=ROWS, *, beside=("name", "city"), need=1, key=KEY, more=""):
    path = folder / "edm-customers.index"
    path.unlink(missing_ok=True)
    about = exact.build(rows, path, key, leading="account", beside=beside, need=need)
    text = f'[[detector]]\nid = "edm-customers"\ntitle = "Customers"\nseverity = "high"\nindex = "{path.name}"\n{more}'
    own = detectors([Source(str(folder / "edm-customers.toml"), text)])
    return about, new_scanner(DetectorSet(own))


def found(scanner, text, key=KEY):
    result = inspect_stream(text.encode(), name="a.txt", scanner=scanner, key=key)
    return [(m.start, m.end) for m in result.matches]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("customer AC-482913, Ann Müller", True),
        ("ANN MÜLLER (ac-482913)", False),  # the leading value is looked for in the letters that the table has
        ("account;name\nAC-482913;ann  müller\n", True),
        ("AC-482913 of Rome", True),
        ("AC-771204: Bob O\u2019Neill, Oslo", True),
        ("AC-482913 and Bob O'Neill", False),
        ("AC-482913 alone", False),
        ("AC-482914, Ann Müller, Rome", False),
        ("xAC-482913 Ann Müller", False),
        ("AC-482913" + " far away" * 60 + " Ann Müller", False),
        ("AC-100200 Bern", True),
    ],
)
def test_a_row_is_found_where_enough_of_it_stands_together(tmp_path, text, hit):
    _, ready = scanner(tmp_path)
    assert bool(found(ready, text)) is hit


def test_more_than_one_column_can_be_needed(tmp_path):
    about, ready = scanner(tmp_path, need=2)
    assert (about.rows, about.skipped) == (2, 2)
    assert found(ready, "AC-482913 Ann Müller from Rome")
    assert not found(ready, "AC-482913 Ann Müller from Oslo")


def test_the_leading_column_alone_is_enough_where_nothing_is_needed(tmp_path):
    _, ready = scanner(tmp_path, beside=(), need=0)
    assert found(ready, "AC-771204")
    assert not found(ready, "AC-771205")


def test_so_many_distinct_rows_can_be_asked_for(tmp_path):
    _, ready = scanner(tmp_path, more="at_least = 2\n")
    assert not found(ready, "AC-482913 Rome\nAC-482913 Rome\n")
    assert found(ready, "AC-482913 Rome\nAC-771204 Oslo\n")


def test_the_index_holds_no_value_and_another_key_opens_nothing(tmp_path):
    _, ready = scanner(tmp_path)
    data = (tmp_path / "edm-customers.index").read_bytes()
    assert not any(text.encode() in data for row in ROWS for text in (row["account"], row["city"]) if len(text) > 3)
    exact.check(ready.detectors.detectors, KEY)
    with pytest.raises(ConfigError, match="another installation's key"):
        exact.check(ready.detectors.detectors, b"x" * 32)


def test_a_thousand_rows_are_found_among_others(tmp_path):
    source = random.Random(7)
    numbers = source.sample(range(10**7, 10**8), 2000)
    rows = [
        {"account": str(n), "name": f"Person {chr(65 + i % 26)}{i}", "city": ""} for i, n in enumerate(numbers[:1000])
    ]
    _, ready = scanner(tmp_path, rows, beside=("name",))
    text = "".join(f"{n},Person {chr(65 + i % 26)}{i}\n" for i, n in enumerate(numbers))
    assert len(found(ready, text)) == 1000


def test_a_changed_table_makes_another_set(tmp_path):
    _, first = scanner(tmp_path)
    _, second = scanner(tmp_path, ROWS[:1])
    assert first.detectors.id != second.detectors.id


def test_what_is_no_index_is_refused(tmp_path):
    (tmp_path / "edm-customers.index").write_bytes(b"no index")
    text = '[[detector]]\nid = "edm-x"\ntitle = "x"\nseverity = "high"\nindex = "edm-customers.index"\n'
    with pytest.raises(ConfigError, match="no index"):
        detectors([Source(str(tmp_path / "x.toml"), text)])
    with pytest.raises(UsageError, match="no row"):
        exact.build([{"account": "7"}], tmp_path / "new.index", KEY, leading="account", beside=(), need=0)
