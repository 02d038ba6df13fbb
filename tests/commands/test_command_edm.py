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


def test_an_index_that_is_gone_is_told_of_and_can_be_removed(home, capsys):
    assert build(home) == 0
    assert untested(own(None)) == [], "nobody wrote a pattern that could be wrong"
    (home / "config" / "detectors" / "edm-customers.index").unlink()
    assert main(["detect", str(home / "customers.csv")]) == 2
    assert "casb edm remove" in capsys.readouterr().err
    assert main(["edm", "remove", "customers", "--yes"]) == 0
    assert own(None) == ()
