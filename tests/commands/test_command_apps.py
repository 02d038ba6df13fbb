from __future__ import annotations

import json

from casb_cli.__main__ import main
from casb_cli.apps import registry


def test_apps_are_listed_with_their_ways_to_sign_in(capsys):
    assert main(["apps", "--app", "github", "-o", "json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert row["app"] == "github"
    assert row["title"] == "GitHub"
    assert {"oauth", "device", "app", "token"} <= set(row["auth"])
    assert {"app", "token"} <= set(row["unattended"]) <= set(row["auth"])


def test_globs_choose(capsys):
    assert main(["apps", "--app", "g*b", "--app", "github", "-o", "jsonl"]) == 0
    assert [json.loads(line)["app"] for line in capsys.readouterr().out.splitlines()] == ["github"]


def test_an_unknown_app_is_a_usage_error(capsys):
    assert main(["apps", "--app", "gihtub"]) == 2
    assert "did you mean `github`" in capsys.readouterr().err


def test_an_app_that_cannot_be_loaded_is_told_and_hides_no_other(capsys, monkeypatch):
    monkeypatch.setattr(registry, "broken", lambda: {"odd": "ImportError: \x1b[31m"})
    assert main(["apps", "-o", "csv", "--fields", "app"]) == 0
    told = capsys.readouterr()
    assert "github" in told.out.splitlines()
    assert told.err == "warning: the app `odd` could not be loaded: ImportError: \\x1b[31m\n"
