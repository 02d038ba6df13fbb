"""`casb edm`: from a table to findings, without a value kept."""

from __future__ import annotations

import io
import json
import stat
import sys

import pytest

from casb_cli.__main__ import main
from casb_cli.commands._own_detectors import own
from casb_cli.scan.detect.describe import untested

TABLE = "account;name;city\nAC-482913;Ann Müller;Rome\nAC-771204;Bob O'Neill;Oslo\n;Nobody;Bern\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "customers.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def build(home, *more):
    table = str(home / "customers.csv")
    return main(["edm", "build", table, "--name", "customers", "--leading", "account", "--beside", "name", *more])


def test_from_a_table_to_a_match(home, capsys):
    assert build(home, "-o", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["detector"], told["rows"], told["skipped"], told["need"]) == ("edm-customers", 2, 1, 1)
    folder = home / "config" / "detectors"
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"482913" not in path.read_bytes()
    (home / "mail.txt").write_text("Dear all, Ann Müller (AC-482913) called.\n", encoding="utf-8")
    assert main(["detect", str(home / "mail.txt"), "-o", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["detector"] for row in rows] == ["edm-customers"]
    assert "482913" not in json.dumps(rows)
    assert main(["edm", "list", "-o", "json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["customers"]
    assert main(["edm", "remove", "customers", "--yes"]) == 0
    assert not list(folder.iterdir())


def test_a_bad_table_leaves_the_older_index(home, capsys):
    assert build(home) == 0
    before = (home / "config" / "detectors" / "edm-customers.index").read_bytes()
    (home / "customers.csv").write_text("number,name\n1,Ann\n")
    assert build(home) == 2
    assert "columns: number, name" in capsys.readouterr().err
    assert (home / "config" / "detectors" / "edm-customers.index").read_bytes() == before
    assert {path.name for path in (home / "config" / "detectors").iterdir()} == {
        "edm-customers.toml",
        "edm-customers.index",
    }


@pytest.mark.parametrize("name", ["../x", "A", "", "a_b"])
def test_a_name_is_no_path(home, name):
    table = str(home / "customers.csv")
    assert main(["edm", "build", table, "--name", name, "--leading", "account"]) == 2


def test_what_is_not_there_cannot_be_removed(home, capsys):
    assert main(["edm", "remove", "nothing", "--yes"]) == 2
    assert "casb edm list" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--beside", "account"], "can't stand beside itself"),
        (["--need", "3"], "1 columns beside"),
        (["--beside", "twice"], "several columns are called `twice`"),
        (["--beside", "Name"], "the first line names the columns: account, name, twice, twice"),
        (["--delimiter", ";;"], "a delimiter is one character"),
    ],
)
def test_what_could_not_be_meant_is_refused(home, capsys, more, words):
    (home / "customers.csv").write_text("account;name;twice;twice\nAC-482913;Ann;x;y\n")
    assert build(home, *more) == 2
    assert words in capsys.readouterr().err
    assert not list((home / "config" / "detectors").glob("*"))


@pytest.mark.parametrize("piped", [False, True])
def test_a_table_that_is_no_utf8_is_told_of(home, capsys, monkeypatch, piped):
    data = "account;name\nAC-482913;Ann Müller\n".encode("latin-1")
    (home / "customers.csv").write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape"))
    table = "-" if piped else str(home / "customers.csv")
    assert main(["edm", "build", table, "--name", "customers", "--leading", "account", "--beside", "name"]) == 2
    assert "it is no UTF-8" in capsys.readouterr().err


def test_a_piped_table_may_begin_with_a_byte_order_mark(home, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TABLE.encode("utf-8-sig"))))
    assert main(["edm", "build", "-", "--name", "customers", "--leading", "account", "--beside", "name"]) == 0


def found(home, capsys, text="Ann Müller (AC-482913)"):
    (home / "mail.txt").write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main(["detect", str(home / "mail.txt"), "--detector", "edm-customers", "-o", "jsonl"]) == 0
    return len(capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    ("data", "more"),
    [
        (TABLE.encode("utf-16"), ()),
        (TABLE.encode("utf-16-le"), ()),
        (TABLE.encode("utf-16-be"), ()),
        (TABLE.encode("utf-32"), ()),
        (TABLE.encode("cp1252"), ("--encoding", "cp1252")),
        (TABLE.replace("\n", "\r\n").encode("utf-8-sig"), ()),
        (TABLE.replace(";", "\t").encode(), ()),
        (TABLE.replace(";", "~").encode(), ("--delimiter", "~")),
        (TABLE.replace(";", "\t").encode(), ("--delimiter", "\\t")),
        (b'account, name\nAC-482913, "M\xc3\xbcller, Ann"\n', ()),
        (b"sep=;\r\n" + TABLE.replace("\n", "\r\n").encode(), ()),
        (b'"account","name","a, b; c; d; e"\nAC-482913,"M\xc3\xbcller, Ann",x\n', ()),
        (TABLE.replace("Ann", "An\0n").replace("\0", "").encode() + b"\n\n;;\n", ()),
        (b"account;name;text\nAC-482913;Ann M\xc3\xbcller;" + b"long " * 100_000 + b"\n", ()),
        (b'account;name;street\nAC-482913;"Ann\nM\xc3\xbcller";"1 Road\nRome; Italy"\n', ()),
    ],
)
def test_tables_are_read_as_programs_export_them(home, capsys, data, more):
    (home / "customers.csv").write_bytes(data)
    assert build(home, *more) == 0
    assert found(home, capsys) == 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04 a workbook", "save its sheet as CSV"),
        (b"account,name\n", "no row below the names"),
        (b"account,name\nAC-482913,M, Ann\n", "line 2: is a value that holds the delimiter not quoted?"),
    ],
)
def test_a_table_without_a_row_of_use_says_why(home, capsys, data, told):
    (home / "customers.csv").write_bytes(data)
    assert build(home) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('account;name;c;d\nAC-1;Ann;x;y\nAC-2;"Bob;x;y\nAC-3;Cid;x;y\nAC-4;Dan;x;y\n', "lines 3 to 5"),
        ('account;name;c;d\nAC-1;"Ann;x;y\nAC-2;Bob;x;y\nAC-3;Cid";x;y\n', "lines 2 to 4"),
        ('account;name\nAC-1;"Ann" B\n', "line 2"),
        ('account;name;c;d\nAC-1;"Ann;x;y\nAC-2;"Bob";x;y\n', "lines 2 to 3"),
    ],
)
def test_a_quote_that_swallows_rows_is_refused_with_its_lines(home, capsys, text, told):
    (home / "customers.csv").write_text(text)
    assert build(home) == 2
    assert f"customers.csv, {told}: the quotes don't add up" in capsys.readouterr().err


def test_rows_that_cannot_be_right_and_columns_that_tell_little_are_told(home, capsys):
    rows = "".join(f"AC-{n},Person{n},active\n" for n in range(100_000, 100_200))
    (home / "customers.csv").write_text(f"account,name,state\nAC-482913,Müller, Ann,active\n{rows}")
    assert build(home, "--beside", "state") == 0
    told = capsys.readouterr().err
    assert "left out: 1 row with more cells than there are columns, the first in line 2" in told
    assert "column state: 100% of the rows have the same value" in told


@pytest.mark.parametrize(("more", "words"), [(["--encoding", "klingon"], "no encoding `klingon`")])
def test_an_unknown_encoding_is_refused(home, capsys, more, words):
    assert build(home, *more) == 2
    assert words in capsys.readouterr().err


def test_an_index_that_was_changed_is_refused(home, capsys):
    assert build(home) == 0
    index = home / "config" / "detectors" / "edm-customers.index"
    data = bytearray(index.read_bytes())
    data[25] ^= 1
    index.write_bytes(data)
    assert main(["detect", str(home / "customers.csv")]) == 2
    assert "was changed since it was built" in capsys.readouterr().err


def test_an_index_that_is_gone_is_told_of_and_can_be_removed(home, capsys):
    assert build(home) == 0
    assert untested(own(None)) == [], "nobody wrote a pattern that could be wrong"
    (home / "config" / "detectors" / "edm-customers.index").unlink()
    assert main(["detect", str(home / "customers.csv")]) == 2
    assert "casb edm remove" in capsys.readouterr().err
    assert main(["edm", "remove", "customers", "--yes"]) == 0
    assert own(None) == ()
