"""`casb govern` as a whole: words in, rows and exit codes out, over an invented provider and the real journal."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "govern"))

from govern_fake import CANARY, FakeInstance, World
from harness import casb_of

from casb_cli.core.models import Account, File
from casb_cli.store import config
from casb_cli.store.instances import InstanceConfig
from casb_cli.store.journal import Journal
from casb_cli.store.store import Store


@pytest.fixture
def world(home, monkeypatch):
    with config.edit() as edited:
        edited.add(InstanceConfig(key="i1", app="box", name="prod"))
    world = World()
    from casb_cli.govern.desk import Desk

    instance = FakeInstance(world)
    monkeypatch.setattr(Desk, "by_key", lambda self, key: instance)
    return world


@pytest.fixture
def casb(world, casb):
    return partial(casb, "govern")


@pytest.fixture
def typed(world):
    """Run at a terminal; the answers are typed."""
    run = casb_of(tty=True)
    return lambda *args, answer="": run("govern", *args, stdin=answer)


def test_without_a_terminal_nobody_agrees_and_nothing_is_read(casb, world):
    run = casb("suspend", "box:prod:account:2")
    assert run.code == 2
    assert "--yes" in run.err
    assert world.effects == {}


def test_an_agreed_action_is_done_printed_and_logged(casb, world):
    run = casb("suspend", "box:prod:account:2", "--yes", "--reason", "case 7", "-o", "jsonl")
    assert run.code == 0
    assert run.row["state"] == "changed"
    assert run.row["target_ref"] == "box:prod:account:2"
    assert (run.row["before"], run.row["after"]) == ({"status": "active"}, {"status": "suspended"})
    assert run.row["undo"] == f"casb govern undo {run.row['id']}"
    assert world.accounts["2"]["status"] == "suspended"
    logged = casb("log", "-o", "jsonl").row
    assert {key: logged[key] for key in ("id", "action", "state", "reason")} == {
        "id": run.row["id"],
        "action": "suspend",
        "state": "changed",
        "reason": "case 7",
    }


def test_dry_run_shows_the_plan_and_changes_nothing_not_even_the_journal(casb, world):
    run = casb("suspend", "box:prod:account:2", "--dry-run", "-o", "jsonl")
    assert run.code == 0
    assert run.row["state"] == "planned"
    assert run.row["after"] == {"status": "suspended"}
    assert "nothing was changed" in run.err
    assert world.effects == {}
    assert casb("log", "-o", "jsonl").rows == []


def test_what_cannot_be_undone_is_said_first(casb):
    run = casb("overwrite", "box:prod:file:f1", "--dry-run")
    assert run.err.splitlines()[0] == (
        "warning: box:prod:file:f1 (f1): overwrite cannot be undone: the provider keeps no older version"
    )


def test_a_person_sees_the_plan_and_may_say_no(typed, world):
    run = typed("suspend", "box:prod:account:2", answer="n\n")
    assert run.code == 1
    assert "status: active -> suspended" in run.err
    assert "suspend 1 object? [y/N]" in run.err
    assert world.effects == {}
    run = typed("suspend", "box:prod:account:2", answer="y\n")
    assert run.code == 0
    assert world.accounts["2"]["status"] == "suspended"


def test_the_question_says_what_is_for_good(typed):
    run = typed("overwrite", "box:prod:file:f1", answer="n\n")
    assert "overwrite 1 object for good? [y/N]" in run.err


def test_undo_of_an_action_and_restore_of_a_file(casb, world):
    done = casb("quarantine", "box:prod:file:f1", "--yes", "-o", "jsonl").row
    assert world.files["f1"]["place"].startswith("c-")
    back = casb("restore", "box:prod:file:f1", "--yes", "-o", "jsonl")
    assert back.code == 0
    assert (back.row["action"], back.row["mode"], back.row["state"]) == ("undo", "quarantine", "changed")
    assert back.row["undo"] == f"undid {done['id']}"
    assert world.files["f1"]["place"] == "home"
    # With nothing of ours to undo, the provider's own trash is asked.
    world.files["f1"]["place"] = "trash"
    again = casb("restore", "box:prod:file:f1", "--yes", "-o", "jsonl")
    assert again.row["action"] == "restore"
    assert world.files["f1"]["place"] == "home"


def test_undo_of_a_run(casb, world):
    casb("unshare", "box:prod:share:s1", "box:prod:share:s2", "--yes")
    with Journal() as journal:
        run_id = next(journal.events()).run
    run = casb("undo", run_id, "--yes", "-o", "jsonl")
    assert [row["state"] for row in run.rows] == ["changed", "changed"]
    assert sorted(world.shares) == ["s1", "s2"]


def test_undo_of_what_drifted_wants_force_and_tells_the_difference(casb, world):
    done = casb("change-share", "box:prod:share:s1", "--role", "viewer", "--yes", "-o", "jsonl").row
    world.shares["s1"]["role"] = "owner"
    run = casb("undo", done["id"], "--yes")
    assert run.code == 1
    assert "changed since the action (role)" in run.err
    run = casb("undo", done["id"], "--yes", "--force")
    assert run.code == 0
    assert "not as the action left it: role: viewer -> owner" in run.err
    assert world.shares["s1"]["role"] == "editor"


def test_undoing_the_irreversible_is_refused_with_code_6(casb):
    done = casb("overwrite", "box:prod:file:f1", "--yes", "-o", "jsonl").row
    assert casb("undo", done["id"], "--yes").code == 6
    run = casb("undo", "a-nothing", "--yes")
    assert run.code == 2
    assert "casb govern log" in run.err


def test_plan_approve_apply(casb, world, tmp_path):
    file = tmp_path / "plan.json"
    saved = casb("suspend", "box:prod:account:2", "--plan", str(file))
    assert saved.code == 0
    assert world.effects == {}
    assert file.stat().st_mode & 0o777 == 0o600
    digest = json.loads(file.read_text())["digest"]
    assert f"sha256:{digest}" in saved.err
    assert casb("apply", str(file), "--approved", "sha256:" + "0" * 64, "--yes").code == 2
    done = casb("apply", str(file), "--approved", f"sha256:{digest}", "--yes", "-o", "jsonl")
    assert (done.code, done.row["state"]) == (0, "changed")
    assert casb("apply", str(file), "--yes", "-o", "jsonl").row["state"] == "already"


def test_apply_refuses_what_changed_since(casb, world, tmp_path):
    file = tmp_path / "plan.json"
    casb("overwrite", "box:prod:file:f1", "--plan", str(file))
    world.files["f1"]["etag"] = "2"
    run = casb("apply", str(file), "--yes")
    assert run.code == 1
    assert "has changed since the plan was made" in run.err
    assert world.effects == {}


def test_guards_name_their_flags(casb, world):
    run = casb("suspend", "box:prod:account:1", "box:prod:account:9", "--max-targets", "1", "--yes")
    assert run.code == 2
    for flag in ("--max-targets 2", "--allow-own-account", "--allow-last-admin"):
        assert flag in run.err
    assert world.effects == {}
    run = casb("suspend", "box:prod:account:9", "--allow-own-account", "--yes")
    assert run.code == 0


def test_protected_accounts(casb, world):
    assert casb("protect", "add", "box:prod:account:2", "--why", "break glass").code == 0
    listed = casb("protect", "list", "-o", "jsonl").row
    assert (listed["ref"], listed["why"]) == ("box:prod:account:2", "break glass")
    run = casb("suspend", "box:prod:account:2", "--yes")
    assert run.code == 2
    assert "protected: break glass" in run.err
    assert "--allow-protected" in run.err
    assert casb("suspend", "box:prod:account:2", "--dry-run").code == 2
    assert casb("protect", "remove", "box:prod:account:2").code == 0
    assert casb("suspend", "box:prod:account:2", "--yes").code == 0


def test_rows_from_a_pipe(casb, world):
    lines = '{"ref": "box:prod:account:2", "login": "ana"}\n\nbox:prod:account:3\n'
    run = casb("suspend", "-", "--yes", "-o", "jsonl", stdin=lines)
    assert [row["state"] for row in run.rows] == ["changed", "changed"]


def test_a_finding_from_a_pipe_means_its_file(casb, world):
    line = json.dumps({"ref": "box:prod:finding:ab12", "file_ref": "box:prod:file:f2"})
    run = casb("trash", "-", "--yes", "-o", "jsonl", stdin=line)
    assert run.row["target_ref"] == "box:prod:file:f2"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": "2"}', "line 1 of standard input: the JSON object has no `ref`"),
        ("{nonsense", "neither a reference nor a JSON object"),
        ("ana", "`ana` is no full reference"),
    ],
)
def test_a_bad_line_stops_all(casb, world, line, words):
    run = casb("suspend", "-", "--yes", stdin=line + "\nbox:prod:account:2\n")
    assert run.code == 2
    assert words in run.err
    assert world.effects == {}


def test_an_empty_pipe_is_an_error(casb):
    assert casb("suspend", "-", "--yes").code == 2


def test_without_a_terminal_only_full_references(casb):
    run = casb("suspend", "ana", "--yes")
    assert run.code == 2
    assert "full references only" in run.err


def test_friendlier_words_on_a_terminal(typed, world):
    with Store() as store:
        store.inventory.write_rows("i1", [Account(id="2", login="ana", email="ana@acme.test")])
        store.inventory.write_rows("i1", [File(id="f1", name="pay.xlsx", path="/Finance/pay.xlsx")])
    assert typed("suspend", "Ana@acme.test", "--yes").code == 0
    assert world.accounts["2"]["status"] == "suspended"
    assert typed("trash", "box:prod:/Finance/pay.xlsx", "--yes").code == 0
    assert world.files["f1"]["place"] == "trash"
    # Never scanned: the provider is asked.
    assert typed("suspend", "ben", "--yes").code == 0
    assert world.accounts["3"]["status"] == "suspended"


def test_an_ambiguous_word_lists_the_candidates_and_does_nothing(typed, world):
    with Store() as store:
        store.inventory.write_rows(
            "i1",
            [Account(id="2", login="ana", email="x@acme.test"), Account(id="3", login="ben", email="x@acme.test")],
        )
    run = typed("suspend", "x@acme.test", "--yes")
    assert run.code == 2
    assert run.err.endswith(" say which:\n      box:prod:account:2\n      box:prod:account:3\n")
    assert world.effects == {}
    assert typed("suspend", "nobody", "--yes").code == 2


def test_one_failing_of_two_is_partly_done(casb, world):
    world.faults["set-status"] = ["refuse"]
    run = casb("suspend", "box:prod:account:2", "box:prod:account:3", "--yes", "-o", "jsonl")
    assert run.code == 3
    assert [row["state"] for row in run.rows] == ["failed", "changed"]
    assert "not yours (HTTP 403" in run.err


@pytest.mark.parametrize(("fault", "code"), [("refuse", 5), ("busy", 7)])
def test_one_operation_ends_with_its_own_code(casb, world, fault, code):
    world.faults["set-status"] = [fault]
    assert casb("suspend", "box:prod:account:2", "--yes").code == code


def test_an_unsupported_action_is_6_with_the_reason(casb):
    run = casb("revoke-password", "box:prod:account:2", "--yes")
    assert run.code == 6
    assert "the directory keeps the passwords" in run.err


def test_an_unknown_outcome_is_1_and_says_where_to_look(casb, world):
    world.faults["end-sessions"] = ["lost-after"]
    run = casb("revoke-sessions", "box:prod:account:2", "--yes", "-o", "jsonl")
    assert (run.code, run.row["state"]) == (1, "unknown")
    assert "casb govern verify" in run.err
    assert world.effects["end-sessions"] == 1


def test_a_stopped_action_goes_on_when_asked_again(casb, world):
    world.faults["move"] = ["refuse"]
    first = casb("quarantine", "box:prod:file:f1", "--yes", "-o", "jsonl")
    assert first.code == 5
    assert "go on: casb govern quarantine" in first.err
    second = casb("quarantine", "box:prod:file:f1", "--yes", "-o", "jsonl")
    assert (second.code, second.row["id"], second.row["state"]) == (0, first.row["id"], "changed")
    assert world.effects == {"make-case": 1, "cut-link": 1, "move": 1}


def test_an_interrupted_run_is_settled_by_the_next(casb, world):
    def die(moment, step):
        if (moment, step) == ("after", "cut-link"):
            raise KeyboardInterrupt

    world.hook = die
    stopped = casb("quarantine", "box:prod:file:f1", "--yes")
    assert stopped.code == 130
    assert "casb govern settle" in stopped.err
    world.hook = None
    assert casb("log", "-o", "jsonl").row["state"] == "interrupted"
    run = casb("suspend", "box:prod:account:2", "--yes", "-o", "jsonl")
    assert "an interrupted action was settled: quarantine box:prod:file:f1: changed" in run.err
    assert run.row["action"] == "suspend"
    assert world.effects["move"] == 1


def test_settle_by_name(casb, world):
    def die(moment, step):
        if (moment, step) == ("before", "move"):
            raise KeyboardInterrupt

    world.hook = die
    casb("quarantine", "box:prod:file:f1", "--yes")
    world.hook = None
    # A look at a plan leaves it alone.
    casb("suspend", "box:prod:account:2", "--dry-run")
    assert casb("log", "-o", "jsonl").row["state"] == "interrupted"
    run = casb("settle", "-o", "jsonl")
    assert (run.code, run.row["state"]) == (0, "changed")
    assert casb("settle", "-o", "jsonl").rows == []


def test_verify_tells_what_was_reverted(casb, world):
    casb("suspend", "box:prod:account:2", "box:prod:account:3", "--yes")
    world.accounts["2"]["status"] = "active"
    run = casb("verify", "-o", "jsonl")
    assert run.code == 3
    assert {row["target_ref"]: row["state"] for row in run.rows} == {
        "box:prod:account:2": "reverted",
        "box:prod:account:3": "holds",
    }


def test_log_filters_and_its_chain(casb, world):
    casb("suspend", "box:prod:account:2", "--yes")
    casb("trash", "box:prod:file:f1", "--yes")
    assert [r["action"] for r in casb("log", "-o", "jsonl").rows] == ["trash", "suspend"]
    assert [r["action"] for r in casb("log", "--action", "suspend", "-o", "jsonl").rows] == ["suspend"]
    assert casb("log", "--state", "failed", "-o", "jsonl").rows == []
    assert casb("log", "--target", "box:prod:file:f1", "-o", "jsonl").row["action"] == "trash"
    assert casb("log", "--since", "1h", "-o", "jsonl").rows
    assert casb("log", "--until", "1h", "-o", "jsonl").rows == []
    intact = casb("log", "--verify")
    assert (intact.code, "intact" in intact.err) == (0, True)


def test_an_altered_journal_is_told(casb, world, tmp_path):
    import sqlite3

    casb("suspend", "box:prod:account:2", "--yes")
    with sqlite3.connect(tmp_path / "state" / "journal.db") as link:
        for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            link.execute(f"DROP TRIGGER {name}")
        link.execute("UPDATE entries SET body = replace(body, 'account', 'acc0unt') WHERE seq = 1")
    link.close()
    run = casb("log", "--verify")
    assert run.code == 1
    assert "line 1 was changed" in run.err


def test_a_token_and_content_are_in_no_file_and_no_output(casb, world, tmp_path):
    world.faults["kill-token"] = ["lost-before"]
    run = casb("revoke-token", "box:prod:grant:g1", "--yes", "-o", "json")
    assert json.loads(run.out)[0]["state"] == "changed"
    casb("overwrite", "box:prod:file:f1", "--yes")
    log = casb("log", "-o", "json")
    for text in (run.out, run.err, log.out, log.err):
        assert CANARY not in text
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file


def test_hostile_names_stay_harmless(casb, world):
    world.accounts["2"]["login"] = "\x1b[2J[bold]=cmd()\n"
    run = casb("suspend", "box:prod:account:2", "--yes", "-v")
    assert "\x1b" not in run.out + run.err


def test_errors_are_one_json_object_under_json(casb):
    run = casb("suspend", "box:prod:account:404", "--yes", "-o", "json")
    error = json.loads(run.err.splitlines()[-1])
    assert error["where"] == "box/prod"
    assert error["status"] == 404


@pytest.mark.parametrize("name", ["suspend", "quarantine", "revoke-token", "change-share"])
def test_help_tells_permissions_and_limits(casb, name):
    run = casb(name, "--help")
    assert run.code == 0
    assert "Permission needed" in run.out
    assert "Cannot reach:" in run.out
    assert f"casb govern {name}" in run.out


def test_after_a_rename_the_journal_speaks_of_the_present_name(casb, world):
    from casb_cli.govern.desk import Desk

    done = casb("suspend", "box:prod:account:2", "--yes", "-o", "jsonl").row
    with config.edit() as edited:
        edited.rename("box", "prod", "europe")
    Desk.by_key(None, "i1").name = "europe"
    assert casb("log", "-o", "jsonl").row["target_ref"] == "box:europe:account:2"
    undone = casb("undo", done["id"], "--yes", "-o", "jsonl")
    assert (undone.code, undone.row["state"]) == (0, "changed")
    assert undone.row["target_ref"] == "box:europe:account:2"


def test_quarantining_twice_is_already_so_and_keeps_the_way_back(casb, world):
    first = casb("quarantine", "box:prod:file:f1", "--yes", "-o", "jsonl").row
    case = world.files["f1"]["place"]
    again = casb("quarantine", "box:prod:file:f1", "--yes", "-o", "jsonl")
    assert (again.code, again.row["state"]) == (0, "already")
    assert world.files["f1"]["place"] == case
    back = casb("restore", "box:prod:file:f1", "--yes", "-o", "jsonl").row
    assert back["undo"] == f"undid {first['id']}"
    assert world.files["f1"]["place"] == "home"
    # Restored by hand, it may be quarantined again.
    casb("quarantine", "box:prod:file:f1", "--yes")
    world.files["f1"].update(place="home", link=None)
    assert casb("quarantine", "box:prod:file:f1", "--yes", "-o", "jsonl").row["state"] == "changed"


def test_rows_of_the_log_are_undone_from_a_pipe(casb, world):
    casb("suspend", "box:prod:account:2", "box:prod:account:3", "--yes")
    log = casb("log", "--action", "suspend", "-o", "jsonl").out
    run = casb("undo", "-", "--yes", "-o", "jsonl", stdin=log)
    assert [row["state"] for row in run.rows] == ["changed", "changed"]
    assert {world.accounts[id_]["status"] for id_ in "23"} == {"active"}
    assert casb("undo", "-", "--yes").code == 2
    assert casb("undo", "box:prod:account:2", "--yes").code == 2
    assert casb("verify", json.loads(log.splitlines()[0])["ref"], "-o", "jsonl").row["state"] == "undone"


def test_an_object_that_another_run_is_at_work_on_is_9(casb, world):
    from casb_cli.store.locks import object_lock

    with object_lock("i1", "account:2", "box:prod:account:2"):
        run = casb("suspend", "box:prod:account:2", "--yes", "-o", "jsonl")
        assert (run.code, run.row["state"]) == (9, "failed")
        assert "box:prod:account:2" in run.err
        assert casb("suspend", "box:prod:account:2", "box:prod:account:3", "--yes").code == 3
    assert world.effects == {"set-status": 1}
    assert casb("suspend", "box:prod:account:2", "--yes").code == 0


def test_governing_works_during_a_scan(casb, world):
    from casb_cli.store.locks import scan_lock

    with scan_lock("i1", "box/prod"):
        assert casb("suspend", "box:prod:account:2", "--yes").code == 0
