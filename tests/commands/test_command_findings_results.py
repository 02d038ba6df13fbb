"""What becomes of a scan's findings: baselines, exit codes, SARIF, suppressions, own detectors, and clear text."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest
from harness import Stage, casb_of, environment_of

from casb_cli.store.config import Config
from casb_cli.store.store import Store

OWN = """
[[detector]]
id = "acme-word"
title = "A word"
severity = "low"
patterns = ['[Tt]he ']
at_least = 1
"""


APP = "box"
"""Findings are the same of every app: a quick simulated one shows them."""


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The simulated provider, connected once."""
    home = tmp_path_factory.mktemp("results")
    with Stage(APP, home, None) as made:
        made.casb = casb_of(environment_of(home))
        made.connect_fully()
        yield made


@pytest.fixture
def scanned(once, home, casb):
    """The command line over an instance that was scanned."""
    for folder in ("config", "state"):
        shutil.copytree(once.home / folder, home / folder)
    once.provider.reset()
    once.casb = casb
    assert casb("scan").code in {0, 3}
    return casb


def test_baseline_exit_code_sarif_and_suppressions(scanned, tmp_path):
    casb, known = scanned, tmp_path / "known.json"
    rows = casb("findings", "-o", "jsonl").rows
    assert casb("findings", "--fail-on", "critical").code == 10
    ran = casb("findings", "--baseline", known, "--fail-on", "critical", "-o", "jsonl")
    assert ran.code == 10, "where there was no baseline, all is new"
    assert casb("findings", "--baseline", known, "--severity", "high", "--update-baseline").code == 2
    ran = casb("findings", "--baseline", known, "--fail-on", "low", "-o", "jsonl")
    assert ran.code == 0
    assert {row["state"] for row in ran.rows} == {"known"}
    assert casb("scan", "--baseline", known, "--fail-on", "low").code in {0, 3}

    kept = json.loads(known.read_text())
    kept["findings"] = kept["findings"][1:]
    known.write_text(json.dumps(kept))
    ran = casb("findings", "--baseline", known, "--fail-on", "low", "-o", "jsonl")
    assert ran.code == 10
    [new] = [row for row in ran.rows if row["state"] == "open"]
    assert casb("scan", "--baseline", known, "--fail-on", "low").code in {10, 11}

    assert casb("findings", "suppress", new["ref"], "--reason", "a sample", "--until", "2999-01-01").code == 0
    assert casb("findings", "--baseline", known, "--fail-on", "low").code == 0
    assert "suppressed, and not listed: 1" in casb("findings").err
    ran = casb("scan", "--baseline", known, "--fail-on", "low", "-o", "json")
    assert ran.code in {0, 3}
    [told] = json.loads(ran.out)
    assert (told["findings"], told["suppressed"]) == (len(rows) - 1, 1)
    assert "findings suppressed, and not counted: 1" in ran.err
    [listed] = casb("findings", "suppressions", "-o", "jsonl").rows
    assert (listed["ref"], listed["reason"], listed["state"]) == (new["ref"], "a sample", "active")

    log = json.loads(casb("findings", "--baseline", known, "-o", "sarif").out)
    results = log["runs"][0]["results"]
    assert len(results) == len(rows), "what is suppressed is marked, not left out"
    marks = {result["partialFingerprints"]["casb/v1"]: result for result in results}
    assert marks[new["id"]]["suppressions"][0]["justification"] == "a sample"
    assert [r for r in results if "suppressions" in r] == [marks[new["id"]]]
    assert {r["baselineState"] for r in results if r is not marks[new["id"]]} == {"unchanged"}

    assert casb("findings", "unsuppress", new["id"]).code == 0
    assert casb("findings", "--baseline", known, "--fail-on", "low").code == 10
    assert "was not suppressed" in casb("findings", "unsuppress", new["id"]).err

    ran = casb("findings", "--fail-on", "low", "--where", "detector == 'payment-card'", "-o", "jsonl")
    assert (ran.code, {row["detector"] for row in ran.rows}) == (10, {"payment-card"})
    ran = casb("findings", "--fail-on", "low", "--where", "detector == 'nobody'")
    assert (ran.code, ran.out.strip().splitlines()[1:]) == (0, []), "what a condition leaves out does not count"
    assert casb("findings", "--detector", "payment-cards").code == 2, "a wrong name is no clean company"


def test_what_the_last_scan_missed_is_told_with_its_findings(scanned, home):
    listing = ("list", "files", "--stored", "--where", "missed", "-o", "jsonl")
    before = scanned(*listing, "--trashed").rows
    assert {row["missed"].partition(": Box")[0] for row in before} == {"skipped: trashed"}
    assert f"not wholly inspected: {len(before)} skipped: trashed: " in scanned("findings").err
    with Store() as store:
        [key] = [one.key for one in Config.load().instances]
        file = next(row for row in store.inventory.all_rows(key, "file") if not row.trashed)
        store.files.settle(key, file, "skipped", detectors="d", reason="encrypted", detail="why", missed=True)
    assert f"1 skipped: encrypted, {len(before)} skipped: trashed: casb list files" in scanned("findings").err
    [row] = scanned(*listing).rows
    assert (row["id"], row["missed"]) == (file.id, "skipped: encrypted: why")
    live = scanned("list", "files", "--where", "missed", "-o", "jsonl")
    assert (live.rows, "missed" in live.err) == ([], True), "providers know nothing of it: that is no clean answer"
    [ran] = json.loads(scanned("findings", "-o", "sarif").out)["runs"][0]["invocations"]
    assert not ran["executionSuccessful"]
    told = [one["message"]["text"] for one in ran["toolExecutionNotifications"]]
    assert f"{APP}/prod{file.path}: skipped: encrypted: why" in told
    assert len(told) == len(before) + 1
    with Store() as store:
        store.files.enqueue(key, "other detectors")
    assert {row["missed"] for row in scanned(*listing).rows} == {"waiting"}


def test_findings_of_what_was_never_scanned_look_like_no_clean_company(once, home, casb):
    for folder in ("config", "state"):
        shutil.copytree(once.home / folder, home / folder)
    assert "was never scanned to the end" in casb("findings").err
    [ran] = json.loads(casb("findings", "-o", "sarif").out)["runs"][0]["invocations"]
    assert not ran["executionSuccessful"]


def test_a_finding_is_named_by_the_beginning_of_its_id(scanned):
    rows = scanned("findings", "-o", "jsonl").rows
    new = rows[0]
    shared = next(n for n in range(4, 33) if [row["id"][:n] for row in rows].count(new["id"][:n]) == 1)
    for name in (new["id"][:shared], new["ref"][: len(new["ref"]) - 32 + shared]):
        assert json.loads(scanned("findings", "show", name, "-o", "json").out)["id"] == new["id"]
    assert scanned("findings", "show", new["id"][:3]).code == 2, "too short to name anything"


def test_a_beginning_that_several_findings_share_names_none(scanned, home):
    links = sqlite3.connect(home / "state" / "casb.db")
    with links:
        for number, (id_,) in enumerate(links.execute("SELECT id FROM findings ORDER BY id LIMIT 2").fetchall()):
            links.execute("UPDATE findings SET id = ? WHERE id = ?", (f"abcd{number}", id_))
    links.close()
    ran = scanned("findings", "suppress", "abcd", "--reason", "x")
    assert ran.code == 2
    assert "box:prod:finding:abcd0" in ran.err
    assert scanned("findings", "show", "abcd1").code == 0


def test_clear_text_is_for_a_terminal_journalled_and_kept_nowhere(scanned, home, monkeypatch):
    from casb_cli.ui.streams import Streams

    casb = scanned
    for refused in (("findings", "--reveal"), ("findings", "show", "x", "--reveal")):
        ran = casb(*refused)
        assert ran.code == 2
        assert "terminal only" in ran.err
    row = next(r for r in casb("findings", "-o", "jsonl").rows if r["detector"] == "payment-card")
    monkeypatch.setattr(Streams, "out_tty", True)
    monkeypatch.setattr(Streams, "in_tty", True)
    assert casb("findings", "--reveal", "-o", "jsonl").code == 2
    ran = casb("findings", "show", row["ref"], "--reveal")
    assert ran.code == 0, ran
    lines = ran.out.splitlines()
    assert row["file"] in lines[0]
    shown = [line.rsplit(": ", 1)[1] for line in lines[1:]]
    assert any(text.endswith(row["excerpt"][-4:]) for text in shown)
    assert all(sum(map(str.isdigit, text)) >= 13 for text in shown)
    again = casb("findings", "--reveal", "--where", f"id == '{row['id']}'")
    assert again.out == ran.out

    log = casb("govern", "log", "-o", "jsonl").rows
    assert [one["action"] for one in log] == ["reveal", "reveal"]
    assert row["id"] in log[0]["reason"]
    assert casb("govern", "log", "--verify").code == 0
    for text in shown:
        for path in (home / "state").rglob("*"):
            if path.is_file():
                assert text.encode() not in path.read_bytes(), path.name


def test_a_file_that_changed_shows_nothing_of_what_it_holds_now(scanned, monkeypatch):
    from casb_cli.scan import reveal
    from casb_cli.ui.streams import Streams

    row = next(r for r in scanned("findings", "-o", "jsonl").rows if r["detector"] == "payment-card")
    monkeypatch.setattr(Streams, "out_tty", True)
    monkeypatch.setattr(Streams, "in_tty", True)
    monkeypatch.setattr(reveal, "findings_of", lambda file, result: iter(()))
    ran = scanned("findings", "show", row["id"], "--reveal")
    assert ran.code == 1
    assert ran.out == ""
    assert "no longer holds" in ran.err
    assert scanned("govern", "log", "-o", "jsonl").rows == []


def test_own_detectors_make_findings_and_their_end_resolves_them(scanned, tmp_path):
    casb = scanned
    before = len(casb("findings", "-o", "jsonl").rows)
    assert casb("findings", "--detector", "acme-word").code == 2
    folder = tmp_path / "config" / "detectors"
    folder.mkdir()
    (folder / "acme.toml").write_text(OWN)
    assert casb("scan").code in {0, 3}
    assert casb("findings", "--detector", "acme-word", "-o", "jsonl").rows != []
    (folder / "acme.toml").unlink()
    assert casb("scan").code in {0, 3}
    assert casb("findings", "--detector", "acme-word", "-o", "jsonl").rows == []
    assert len(casb("findings", "-o", "jsonl").rows) == before
    links = sqlite3.connect(tmp_path / "state" / "casb.db")
    assert len(links.execute("SELECT DISTINCT detectors FROM inspections").fetchall()) == 1
    links.close()
