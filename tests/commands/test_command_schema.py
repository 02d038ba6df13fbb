from __future__ import annotations

import importlib
import json

import pytest

from casb_cli.__main__ import main
from casb_cli.ui import kinds

SPECIFIED = {
    "account": "login, email, name, status, is_admin, mfa, external, last_login, created, profile",
    "group": "name, member_count",
    "membership": "group, group_ref, member, member_ref, role",
    "privilege": "principal, principal_ref, role, scope",
    "activity": "time, kind, action, actor, actor_ref, target, target_ref, ip, user_agent, outcome",
    "file": "name, path, owner, owner_ref, size, mime, modified, hash, sharing, trashed",
    "share": "file, file_ref, kind, who, role, expires",
    "grant": "kind, name, client_id, principal, principal_ref, scopes, issued, last_used",
    "finding": "detector, severity, confidence, count, excerpt, place, file, file_ref, sharing, first_seen, state",
    "action": "time, action, mode, target, target_ref, state, before, after, undo, reason",
}


@pytest.mark.parametrize("kind", SPECIFIED)
def test_a_kind_has_at_least_the_fields_that_users_were_promised(capsys, kind):
    assert main(["schema", kind, "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    names = {row["field"] for row in rows}
    assert names >= {"ref", "app", "instance", "id", "unknown", *SPECIFIED[kind].split(", ")}
    assert all(row["type"] and row["meaning"] for row in rows)


def test_the_cells_of_the_matrix_are_described_too(capsys):
    assert main(["schema", "matrix cell", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["field"] for row in rows] == [
        "app", "capability", "status", "note", "abilities", "instance", "live", "credential",
    ]  # fmt: skip


def test_without_a_kind_the_kinds_are_listed(capsys):
    assert main(["schema", "-o", "json"]) == 0
    assert {row["kind"] for row in json.loads(capsys.readouterr().out)} >= SPECIFIED.keys()


def test_an_unknown_kind_is_a_usage_error(capsys):
    assert main(["schema", "nope"]) == 2
    assert "kinds: account" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("instances", "COLUMNS", "instance"),
        ("doctor", "COLUMNS", "check"),
        ("scan", "COLUMNS", "scan"),
        ("scans", "COLUMNS", "run"),
        ("diff", "COLUMNS", "change"),
        ("_govern_look", "PROTECTED_COLUMNS", "protection"),
    ],
)
def test_what_a_command_prints_is_what_is_described(module, name, kind):
    printed = getattr(importlib.import_module(f"casb_cli.commands.{module}"), name)
    assert printed == kinds.columns(kind)
