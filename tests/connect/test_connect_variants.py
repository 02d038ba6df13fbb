"""Whole runs over tenants and credentials that can do less: what was never had changes no exit code, a loss does."""

from __future__ import annotations

import json

import pytest
from harness import Stage

from casb_cli.sandbox.provider import Options
from casb_cli.store.config import Config


@pytest.fixture
def github(home, casb, request):
    with Stage(
        "github", home, casb, people=12, files=20, options=Options(settings=getattr(request, "param", {}))
    ) as made:
        yield made


def settings(**given):
    return pytest.mark.parametrize("github", [given], indirect=True)


def scan(stage, *more):
    run = stage.casb("scan", "-o", "json", *more)
    return run, (json.loads(run.out)[0] if run.out else {})


@settings()
def test_a_fine_grained_token_is_probed_and_its_scan_is_complete(github):
    run = github.connect("prod", "token", signin=github.signins["token-fine-grained"])
    assert run.code == 0, run
    expected = Config.load().get("github", "prod").expected
    assert "list-accounts POST /graphql" in expected
    assert not [entry for entry in expected if "personal-access-token" in entry]
    run, row = scan(github)
    assert run.code == 0, run
    assert row["state"] == "complete"


@settings(plan="free")
def test_a_plan_without_an_audit_log_is_stated_and_no_failure(github):
    assert github.connect("prod", "token").code == 0
    run, row = scan(github, "-v")
    assert run.code == 0, run
    assert "GitHub Enterprise Cloud" in run.err
    assert row["state"] == "complete"


@settings(app_repositories="selected")
def test_an_app_on_selected_repositories_is_refused_and_with_force_scanned_with_a_word(github):
    run = github.connect("prod", "app")
    assert run.code == 5, run
    assert "selected repositories" in run.err
    assert Config.load().instances == ()
    assert github.connect("prod", "app", "--force").code == 0
    run, _ = scan(github, "-v")
    assert run.code == 0, run
    assert "selected repositories" in run.err
    listed = github.casb("list", "files", "-o", "jsonl")
    assert listed.code == 3, listed
    assert listed.rows
    assert "selected repositories" in listed.err


def test_an_app_narrowed_to_selected_repositories_since_is_a_failure(github):
    assert github.connect("prod", "app").code == 0
    github.provider.options.settings["app_repositories"] = "selected"
    run, row = scan(github)
    assert run.code == 5, run
    assert row["state"] == "partial"
    assert "selected repositories" in run.err


@settings(tree_cap="3")
def test_truncated_trees_are_listed_whole(github):
    assert github.connect("prod", "token").code == 0
    run, row = scan(github)
    assert run.code == 0, run
    assert row["seen"]["file"] == len(github.truth.rows("file"))


def test_a_second_scan_over_truncated_trees_sees_what_was_pushed(home, casb):
    with Stage("github", home, casb, people=12, files=20, options=Options(settings={"tree_cap": "3"})) as github:
        assert github.connect("prod", "token").code == 0
        assert scan(github)[0].code == 0
        file = min(github.truth.rows("file"))
        github.provider.edit(file, b"changed content")
        assert scan(github)[0].code == 0
        rows = github.casb("list", "files", "--stored", "-o", "jsonl").rows
        assert len(rows) == len(github.truth.rows("file"))
        assert next(row for row in rows if row["id"] == file)["size"] == len(b"changed content")


@settings(sso="partial")
def test_lists_shortened_by_single_sign_on_are_never_whole(github):
    run = github.connect("prod", "token", "--force")
    if run.code == 0:
        assert scan(github)[0].code in {3, 5}
    else:
        assert run.code == 5, run
        assert "single sign-on" in run.err


@settings()
def test_only_what_was_wanted_is_expected(github):
    assert github.connect("prod", "token").code == 0
    run, _ = scan(github, "--only", "accounts,groups")
    assert run.code == 0
    due, _ = scan(github, "--due")
    assert due.code == 0
    assert github.casb("list", "files", "--stored", "-o", "jsonl").rows
