"""`casb edm`: from a table to findings, without a value kept."""

from __future__ import annotations

import json
import stat

import pytest

from casb_cli.__main__ import main

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
