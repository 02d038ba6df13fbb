"""`casb fingerprint`: from a blank form to findings of filled-in ones, without its text kept."""

from __future__ import annotations

import json
import stat

import pytest
from form_texts import FORMS, filled

from casb_cli.__main__ import main


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    for name, form in FORMS.items():
        (tmp_path / f"{name}.txt").write_text(form, encoding="utf-8")
    return tmp_path


def build(home, name, *more):
    return main(["fingerprint", "build", str(home / f"{name}.txt"), "--name", name, *more])


def test_from_a_form_to_a_match(home, capsys):
    assert build(home, "leave", "-o", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["detector"], told["documents"]) == ("fingerprint-leave", ["leave.txt"])
    folder = home / "config" / "detectors"
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"parental" not in path.read_bytes()
    (home / "in").mkdir()
    (home / "in" / "agnes.txt").write_text(filled(FORMS["leave"], 1), encoding="utf-8")
    (home / "in" / "claim.txt").write_text(filled(FORMS["expenses"], 1), encoding="utf-8")
    command = ["detect", str(home / "in"), "-o", "jsonl", "--detector", "fingerprint-leave", "--fail-on", "high"]
    assert main(command) == 10
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["excerpt"], row["severity"]) for row in rows] == [("100 % of leave.txt", "high")]
    assert rows[0]["file"].endswith("agnes.txt")
    assert main(["fingerprint", "list", "-o", "json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["leave"]
    assert main(["fingerprint", "remove", "leave", "--yes"]) == 0
    assert not list(folder.iterdir())


def test_forms_with_text_in_common_are_named(home, capsys):
    assert build(home, "leave") == 0
    assert "--except" not in capsys.readouterr().err
    assert build(home, "expenses") == 0
    assert "leave.txt of leave" in capsys.readouterr().err
    assert build(home, "expenses", "--except", str(home / "leave.txt")) == 0
    assert "leave.txt of leave" not in capsys.readouterr().err


def test_what_cannot_be_used_leaves_the_older_one(home, capsys):
    assert build(home, "leave") == 0
    folder = home / "config" / "detectors"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (home / "leave.txt").write_text("Name: ____", encoding="utf-8")
    assert build(home, "leave") == 2
    assert "too little text" in capsys.readouterr().err
    (home / "leave.txt").write_bytes(b"PK\x03\x04 no archive")
    assert build(home, "leave") == 2
    assert main(["fingerprint", "build", str(home / "none.txt"), "--name", "leave"]) == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["../x", "A", "", "a_b", "a" * 49])
def test_a_name_is_no_path(home, name):
    assert main(["fingerprint", "build", str(home / "leave.txt"), "--name", name]) == 2


def test_what_is_not_there_cannot_be_removed(home, capsys):
    assert main(["fingerprint", "remove", "nothing", "--yes"]) == 2
    assert "casb fingerprint list" in capsys.readouterr().err
