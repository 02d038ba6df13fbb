from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest

from casb_cli.__main__ import main
from casb_cli.apps import matrix
from casb_cli.core import capabilities as cap
from casb_cli.core.app import App

ROWS = [
    "list accounts", "groups and members", "privileges", "user governance", "log-on activity", "user activity",
    "administrative activity", "periodic file scan", "near-real-time file scan", "sharing control",
    "quarantine and restore", "trash and overwrite", "view app permissions", "revoke app permissions",
    "read back own permissions",
]  # fmt: skip

APP = App(key="fake", title="Fake", auth=(), common_fields=(), hosts={}, connector="x:y", signin="x:y", setup="x:y")


class Fake(cap.ListAccounts, cap.ListGroups, cap.ListActivity, cap.SuspendAccount, cap.ListFiles, cap.ReadFile):
    """Two of three ways of user governance missing, one kind of activity, groups without members."""

    kinds = {"logon": None, "user": "only of the last week"}  # noqa: RUF012
    without = {  # noqa: RUF012
        cap.ListMemberships: "members are secret",
        cap.RevokePassword: "no passwords",
        cap.RevokeSessions: "no sessions",
        cap.ListFindings: "it inspects nothing",
        cap.RemoveShare: "nothing is shared",
        cap.ChangeShare: "nothing is shared",
        cap.ListShares: "nothing is shared",
    }
    partial = {cap.SuspendAccount: "takes an hour"}  # noqa: RUF012


def cells():
    return {cell.capability: cell for cell in matrix.cells(APP, Fake)}


def test_all_fifteen_lines_in_order():
    assert [cell.capability for cell in matrix.cells(APP, Fake)] == ROWS


@pytest.mark.parametrize(
    ("capability", "status", "note", "abilities"),
    [
        ("list accounts", "yes", None, ("list-accounts",)),
        ("groups and members", "partial", "cannot list group members: members are secret", ("list-groups",)),
        (
            "user governance",
            "partial",
            "takes an hour; cannot revoke passwords: no passwords; cannot revoke sessions: no sessions",
            ("suspend-account",),
        ),
        ("log-on activity", "yes", None, ("list-activity",)),
        ("user activity", "partial", "only of the last week", ("list-activity",)),
        ("administrative activity", "no", "the provider's log has no admin events", ()),
        ("periodic file scan", "yes", None, ("list-files", "read-file")),
        ("sharing control", "no", "nothing is shared", ()),
    ],
)
def test_a_cell_follows_from_the_class(capability, status, note, abilities):
    cell = cells()[capability]
    assert (cell.status, cell.note, cell.abilities) == (status, note, abilities)


def test_every_real_app_has_fifteen_cells_and_a_reason_wherever_it_is_not_yes(capsys):
    assert main(["matrix", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    apps = {row["app"] for row in rows}
    assert "github" in apps
    for app in apps:
        assert [row["capability"] for row in rows if row["app"] == app] == ROWS
    for row in rows:
        assert list(row) == ["app", "capability", "status", "note", "abilities"]
        assert row["status"] in {"yes", "partial", "no"}
        assert (row["note"] is None) == (row["status"] == "yes")
        assert bool(row["abilities"]) == (row["status"] != "no")


def test_rows_can_be_chosen(capsys):
    assert main(["matrix", "--app", "github", "--where", "capability == 'list accounts'", "-o", "jsonl"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["abilities"] == ["list-accounts"]


def test_the_proven_cells_come_from_the_connected_instances(capsys, monkeypatch):
    asked = []

    def live_cells(apps, instances):
        asked.append((list(apps), list(instances)))
        yield {
            "app": "github", "capability": "privileges", "status": "yes", "note": None, "abilities": [],
            "instance": "prod", "live": "scope-missing", "credential": "main",
        }  # fmt: skip

    fake = ModuleType("casb_cli.connect.matrix")
    fake.live_cells = live_cells
    monkeypatch.setitem(sys.modules, "casb_cli.connect.matrix", fake)
    args = ["matrix", "--live", "--instance", "prod", "-o", "json", "--fields", "instance,live,credential"]
    assert main(args) == 0
    assert asked == [([], ["prod"])]
    assert json.loads(capsys.readouterr().out) == [{"instance": "prod", "live": "scope-missing", "credential": "main"}]


def test_an_instance_without_live_is_refused(capsys):
    assert main(["matrix", "--instance", "prod"]) == 2
    assert "--live" in capsys.readouterr().err


def test_live_fields_are_no_fields_of_the_static_matrix(capsys):
    assert main(["matrix", "--fields", "live"]) == 2
    assert "`live` is no field" in capsys.readouterr().err
