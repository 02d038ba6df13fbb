"""Every ability is had, or excused with a reason that the command line repeats."""

from __future__ import annotations

import msgspec

from casb_cli.core.capabilities import (
    ListAccounts,
    ListFiles,
    ListGrants,
    ListShares,
    ListTrash,
    OverwriteFile,
    QuarantineFile,
    RemoveShare,
    RevokeGrant,
    RevokePassword,
    RevokeSessions,
    SuspendAccount,
    TrashFile,
    check,
)

LISTING = {ListAccounts: "accounts", ListFiles: "files", ListGrants: "grants", ListShares: "shares"}
ACTING = {
    SuspendAccount: ("suspend", "account:1"),
    RevokePassword: ("revoke-password", "account:1"),
    RevokeSessions: ("revoke-sessions", "account:1"),
    RemoveShare: ("unshare", "share:1"),
    QuarantineFile: ("quarantine", "file:1"),
    TrashFile: ("trash", "file:1"),
    OverwriteFile: ("overwrite", "file:1"),
    RevokeGrant: ("revoke-grant", "grant:1"),
}


def test_no_ability_is_passed_over(connector_class):
    assert check(connector_class) == []


def test_what_an_app_cannot_is_refused_with_its_reason(connected, connector_class):
    for ability, reason in connector_class.without.items():
        if ability is ListTrash:
            words = ("list", "files", "--trashed", "--app", connected.app)
        elif ability in LISTING:
            words = ("list", LISTING[ability], "--app", connected.app)
        elif ability in ACTING:
            action, ref = ACTING[ability]
            words = ("govern", action, f"{connected.app}:prod:{ref}", "--yes")
        else:
            continue
        run = connected.casb(*words)
        assert run.code == 6, (words, run)
        assert reason in run.err, (words, run)
        assert not connected.effects()


def test_the_matrix_has_fifteen_rows_with_reasons(connected):
    rows = connected.casb("matrix", "--app", connected.app, "-o", "jsonl").rows
    assert len(rows) == 15
    assert len({row["capability"] for row in rows}) == 15
    for row in rows:
        assert row["status"] in {"yes", "partial", "no"}
        assert row["status"] == "yes" or row["note"], row


def test_the_live_matrix_proves_all_that_the_world_allows(connected):
    rows = connected.casb("matrix", "--app", connected.app, "--live", "-o", "jsonl").rows
    assert len(rows) == 15
    for row in rows:
        allowed = {"proven", "granted", "unverifiable"} | ({"off"} if row["status"] == "no" else set())
        assert row["live"] in allowed, row


def test_an_app_is_connected_by_its_required_fields_alone(stage):
    method = stage.methods[0]
    declared = (*stage.declared.common_fields, *stage.declared.method(method).fields)
    needed = {one.key for one in declared if one.required} | {f"{host}_url" for host in stage.declared.hosts}
    signin = stage.signins[method]
    bare = msgspec.structs.replace(
        signin,
        fields={key: value for key, value in signin.fields.items() if key in needed},
        secrets={key: value for key, value in signin.secrets.items() if key in needed},
    )
    run = stage.connect("prod", method, signin=bare)
    assert run.code == 0, run
    run = stage.casb("scan", "--app", stage.app, "-o", "json")
    assert run.code in {0, 3}, run
