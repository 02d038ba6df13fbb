"""Exact data: rows of a table are found where enough of them stands together, and nothing of them is kept."""

from __future__ import annotations

import random

import pytest

from casb_cli.core.errors import ConfigError, UsageError
from casb_cli.scan.detect import exact
from casb_cli.scan.detect.custom import detectors
from casb_cli.scan.detect.exact_file import Reader
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
    about = exact.build(rows, path, key, leading="account", beside=beside, need=need).about
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
        ("ANN MÜLLER (ac-482913)", True),
        ("AC 482913: Mueller, Ann", True),
        ("ac482913 Ann M. Mu\u0308ller", True),
        ("Ann Muller\u00a0AC\u2013482913", True),
        ("ＡＣ－４８２９１３ Rome", True),
        ("Ann spoke with Bob, then with a certain Mr Müller of AC-482913", False),
        ("AC-482913\t" + "x\t" * 300 + "Ann Müller\n", True),  # one line of a table
        ("AC-48-29-13 Rome", True),
        ("AC-482913456 Rome", False),
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


@pytest.mark.parametrize(
    ("value", "text", "hit"),
    [
        ("+49 30 1234567", "Tel. 030 / 1234567", True),
        ("+49 30 1234567", "0049 (0)30 1234567", True),
        ("030 1234567", "+49-30-1234567", True),
        ("(555) 123-4567", "+1 555 123 4567", True),
        ("+49 30 1234567", "030 1234568", False),
        ("DE89370400440532013000", "IBAN DE89 3704 0044 0532 0130 00", True),
        ("4829130077", "48 29 13 00 77", True),
        ("4829130077", "4829130077.25", False),
        ("4829130077", "11 4829130077 22", True),
        ("4829130077", "4829 1300 77 12", False),  # part of a longer number
        ("Ann Müller", "MUELLER, Ann", True),
        ("Ann Müller", "Ann and Müller", False),
        ("Ann Müller", "Ann M. Müller", True),
        ("Ann Müller", "Müller, A. Ann", True),
        ("Dr. Ann M. Müller", "Ann Müller", True),
        ("Dr. Ann M. Müller", "Ann M. Müller", True),
        ("Ann Müller", "Ann M. N. Müller", False),
        ("ann.m@example.com", "<Ann.M@Example.com>", True),
        ("X7-Q9/12", "x7q9, 12", False),
        ("X7-Q9/12", "x7q9/12", True),
    ],
)
def test_a_leading_value_is_found_however_it_is_written(tmp_path, value, text, hit):
    _, ready = scanner(tmp_path, [{"account": value}], beside=(), need=0)
    assert bool(found(ready, f"see {text}, please")) is hit


@pytest.mark.parametrize(
    ("value", "text", "hit"),
    [
        ("1980-01-02", "02.01.1980", True),
        ("1980-01-02 00:00:00", "1/2/1980", True),
        ("1980-01-02", "1980-01-02T08:15:00Z", True),
        ("1980-01-02", "born 19800102", True),
        ("1980-01-02", "1980 and later, in 01 of 02", False),
        ("1980-01-02", "2 January 1980", True),
        ("1980-01-02", "January 2nd, 1980", True),
        ("02.01.1980", "02-JAN-1980", True),
        ("1980-01-02", "2. Jänner 1980", True),
        ("1980-08-01", "1er août 1980", True),
        ("1980-01-02", "2 de enero de 1980", True),
        ("1980-01-02", "1980年1月2日", True),
        ("1980-01-02", "2 February 1980", False),
        ("1980-01-02", "3 January 1980", False),
        ("2 Jan 1980", "02.01.1980", True),
        ("January 2nd, 1980", "1980-01-02", True),
        ("2 de enero de 1980", "2 January 1980", True),
        ("2 Jan 1980", "02.03.1980", False),
        ("1980-01-02", "02.01.80", True),
        ("1980-01-02", "1/2/80", True),
        ("1980-01-02", "80-01-02", True),
        ("2004-01-02", "02. 01. 04", True),
        ("1980-01-02", "02.01.80, and so on, not 1980", True),
        ("1980-01-02", "02.01.81", False),
        ("1980-01-02", "02.01.80.12", False),
        ("1980-01-02", "02-01.80", False),
        ("1980-01-02", "room 2, 1 of 80", False),
        ("Dr. Ann M. Müller", "Ann Müller", True),
        ("Müller, Ann M.", "Mrs Müller, Ann", True),
        ("Malcolm X", "Malcolm", False),
        ("Ann Müller", "Mrs A. Müller", True),
        ("Müller, Ann", "MUELLER, A.", True),
        ("Dr. Ann Maria Müller", "A. M. Müller", True),
        ("José van der Berg", "J. van der Berg", True),
        ("Ann Müller", "B. Müller", False),
        ("Ann Müller", "a Müller", False),
        ("Ann Müller", "A. and then another one, Müller", False),
        ("Main Street 5", "M. Street 5", False),
        ("+49 30 1234567", "(030) 1234567", True),
        ("4829130077", "4829 1300 77", True),
        ("X", "X", False),
        ("unknown", "unknown", False),
    ],
)
def test_a_value_beside_is_known_however_it_is_written(tmp_path, value, text, hit):
    rows = [{"account": "AC-482913", "b": value}, {"account": "AC-771204", "b": "Ann Bo"}]
    _, ready = scanner(tmp_path, rows, beside=("b",))
    assert bool(found(ready, f"AC-482913, {text} it says")) is hit


def test_what_tells_no_row_is_left_out(tmp_path):
    rows = [
        *({"account": "ZZ-123456", "name": f"Person {n}"} for n in range(1_001)),
        {"account": "99999999", "name": "Ann"},
        {"account": "unknown", "name": "Ann"},
        {"account": "AC-482913", "name": "Ann"},
    ]
    about, ready = scanner(tmp_path, rows, beside=("name",))
    assert (about.rows, about.skipped, about.shared) == (1, 2, 1_001)
    assert found(ready, "AC-482913 Ann")
    assert not found(ready, "ZZ-123456 Person 7, 99999999 Ann")


def test_many_rows_need_little_memory_and_are_told_from_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr("casb_cli.scan.detect.exact_file._RUN", 100)  # several sorted runs are merged
    rows = [{"account": f"AC-{n:06}", "name": f"Person{n}"} for n in range(100_000, 101_000)]
    _, ready = scanner(tmp_path, rows, beside=("name",))
    assert len(found(ready, "\n".join(f"AC-{n:06} Person{n}" for n in range(100_990, 101_010)))) == 10
    assert not found(ready, "AC-100001 Person100002")


def test_equal_values_in_two_rows_look_unlike(tmp_path):
    rows = [{"account": f"AC-{n}", "name": "Ann Müller"} for n in range(482_900, 482_940)]
    scanner(tmp_path, rows, beside=("name",))
    data = (tmp_path / "edm-customers.index").read_bytes()
    parts = [data[at : at + 8] for at in range(18, 18 + 40 * 9, 9)]
    assert len(set(parts)) == 40


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data[:30] + bytes([data[30] ^ 1]) + data[31:], "changed since it was built"),
        (lambda data: data[:-40], "torn"),
        (lambda data: data[:100], "torn"),
        (lambda data: data[:18], "torn"),
        (lambda data: b"SQLite format 3\0" + data[16:], "another version of casb"),
        (lambda data: b"casb exact data 9\n" + data[18:], "another version of casb"),
    ],
)
def test_a_changed_index_is_refused_with_what_is_wrong(tmp_path, change, told):
    _, ready = scanner(tmp_path)
    path = tmp_path / "edm-customers.index"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ConfigError, match=told):
        exact.check(ready.detectors.detectors, KEY)


def test_a_thousand_rows_are_found_among_others(tmp_path):
    source = random.Random(7)
    numbers = source.sample(range(10**7, 10**8), 2000)
    rows = [
        {"account": str(n), "name": f"Person {chr(65 + i % 26)}{i}", "city": ""} for i, n in enumerate(numbers[:1000])
    ]
    _, ready = scanner(tmp_path, rows, beside=("name",))
    text = "".join(f"{n},Person {chr(65 + i % 26)}{i}\n" for i, n in enumerate(numbers))
    assert len(found(ready, text)) == 1000


def test_each_row_of_a_table_is_told_by_what_stands_near_it(tmp_path):
    source = random.Random(7)
    towns = ["Rom", "Oslo", "Bern", "Kyiv", "Łódź", "Paris"]
    rows = [{"account": f"AC-{number}", "city": source.choice(towns)} for number in range(100_000, 100_400)]
    _, ready = scanner(tmp_path, rows, beside=("city",), more="within = 8\n")
    shown = [(row["account"], row["city"] if source.random() < 0.5 else "Malmö") for row in rows]
    filler = "." * 30  # so far that the towns of the neighbours do not count
    text = "".join(f"{filler} {account} {city} {filler}\n" for account, city in shown).encode()
    right = [account for account, city in shown if city != "Malmö"]
    result = inspect_stream(text, name="a.txt", scanner=ready, key=KEY, every=True)
    assert [text[m.start : m.end].decode() for m in result.matches] == right


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


def test_an_index_with_any_byte_changed_or_cut_off_is_refused(tmp_path):
    scanner(tmp_path)
    path = tmp_path / "edm-customers.index"
    whole = path.read_bytes()
    wrong = [whole[:at] + bytes((whole[at] ^ 0x80,)) + whole[at + 1 :] for at in range(0, len(whole), 25)]
    for data in (*wrong, *(whole[:at] for at in range(0, len(whole), 100)), whole + b"x"):
        path.write_bytes(data)
        with pytest.raises(ConfigError):
            Reader(path).verify(KEY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"codes":["a2d6"]', b'"codes":["d90000"]'),
        (b'"codes":["a2d6"]', b'"codes":["(a+)+d6"]'),
        (b'"names":0', b'"names":99999999'),
        (b'"columns":2', b'"columns":4000000000'),
        (b'"bits":1024', b'"bits":1023'),
    ],
)
def test_what_is_told_of_an_index_can_cost_nothing(tmp_path, old, new):
    scanner(tmp_path)
    path = tmp_path / "edm-customers.index"
    whole = path.read_bytes()
    assert old in whole
    body, head = whole[: whole.rindex(b'{"about"')], whole[whole.rindex(b'{"about"') : -36].replace(old, new)
    path.write_bytes(body + head + len(head).to_bytes(4, "little") + whole[-32:])
    with pytest.raises(ConfigError, match="torn"):
        Reader(path)
