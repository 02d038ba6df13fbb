"""A scan of any app finds what was planted in the invented world, no more, and fetches nothing twice."""

from __future__ import annotations

import json
import shutil
import signal

import pytest
from harness import assert_told, casb_of, compare, downloads, environment_of, listed, wait_until

from casb_cli.core.capabilities import FollowFiles, ReadFile
from casb_cli.core.refs import parse

KINDS = ("account", "group", "membership", "privilege", "activity", "file", "share", "grant")
EXPOSURE = ["public", "external", "internal", None, "private"]
SEVERITY = ["critical", "high", "medium", "low"]
SECRET = "card number 4556 7375 8689 9855 expires 09/31\n"
"""A number with a correct check digit that belongs to nobody: no detector knows it as an example."""


def findings(casb, app, *more):
    """Return the inspection's own findings by file id and detector, as the command line tells them."""
    run = casb("findings", "--app", app, "-o", "jsonl", *more)
    assert run.code == 0, run
    # A detector with a slash is the provider's own.
    return {(parse(row["file_ref"]).id, row["detector"]): row for row in run.rows if "/" not in row["detector"]}


def scan(stage, *more):
    """Scan, and return the row that ends it."""
    run = stage.casb("scan", "--app", stage.app, "-o", "json", "-v", *more)
    assert_told(run, stage.truth.hidden("file"))
    return json.loads(run.out)[0]


@pytest.fixture(scope="session")
def scanned_once(once, tmp_path_factory):
    """The state of a home after one whole scan."""
    if not once.has(ReadFile):
        pytest.skip(f"{once.app} excuses {ReadFile.key}")
    once.provider.reset()
    home = tmp_path_factory.mktemp(f"scanned-{once.app}")
    for folder in ("config", "state"):
        shutil.copytree(once.home / folder, home / folder)
    run = casb_of(environment_of(home))("scan", "--app", once.app, "-o", "json", "-v")
    assert_told(run, once.truth.hidden("file"))
    return home


@pytest.fixture
def scanned(scanned_once, connected, home):
    """Connected, and scanned once."""
    shutil.rmtree(home / "state")
    shutil.rmtree(home / "config")
    for folder in ("config", "state"):
        shutil.copytree(scanned_once / folder, home / folder)
    return connected


def test_a_scan_finds_what_was_planted_and_nothing_else(scanned):
    expected = scanned.truth.rows("finding")
    assert expected
    compare(findings(scanned.casb, scanned.app), expected)


def test_findings_come_the_most_exposed_first_and_of_these_the_most_severe(scanned):
    rows = scanned.casb("findings", "-o", "jsonl").rows
    places = [(EXPOSURE.index(row["sharing"]), SEVERITY.index(row["severity"])) for row in rows]
    assert len(set(places)) > 2
    assert places == sorted(places)
    assert scanned.casb("findings", "--limit", "3", "-o", "jsonl").rows == rows[:3]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_scan_keeps_is_the_world(scanned, kind):
    run = scanned.list(kind, "--stored")
    assert run.code == 0, run
    compare(listed(run.rows, kind), scanned.truth.rows(kind))


def test_a_second_scan_fetches_no_content_again(scanned):
    before = findings(scanned.casb, scanned.app)
    since = len(scanned.provider.calls)
    scan(scanned)
    assert downloads(scanned.provider, since) == []
    assert findings(scanned.casb, scanned.app) == before


def test_a_full_scan_lists_and_fetches_all_anew(scanned):
    since = len(scanned.provider.calls)
    row = scan(scanned, "--full")
    assert row["seen"]["file"] >= len(scanned.truth.rows("file"))
    assert downloads(scanned.provider, since)
    assert row["inspected"].get("unchanged", 0) == 0
    compare(findings(scanned.casb, scanned.app), scanned.truth.rows("finding"))


def clean_text_file(stage):
    """Return a file of the world in which nothing was planted, and that is plain text."""
    planted = {file for file, _ in stage.truth.rows("finding")}
    files = stage.truth.rows("file")
    return next(id_ for id_, row in files.items() if id_ not in planted and row["name"].endswith(".txt"))


def test_a_changed_file_is_found_by_the_next_scan(scanned):
    file = clean_text_file(scanned)
    scanned.provider.edit(file, SECRET.encode())
    since = len(scanned.provider.calls)
    scan(scanned)
    assert (file, "payment-card") in findings(scanned.casb, scanned.app)
    assert len(downloads(scanned.provider, since)) <= 2, "more was fetched than what changed"
    scanned.provider.edit(file, b"nothing any more\n")
    scan(scanned)
    assert (file, "payment-card") not in findings(scanned.casb, scanned.app)
    compare(findings(scanned.casb, scanned.app), scanned.truth.rows("finding"))


def test_watch_reports_a_change_within_seconds(scanned, casb_process):
    if not scanned.has(FollowFiles):
        pytest.skip(f"{scanned.app} excuses {FollowFiles.key}")
    file = clean_text_file(scanned)
    process = casb_process("watch", "--app", scanned.app, "--every", "1s")
    since = len(scanned.provider.calls)
    assert wait_until(lambda: len(scanned.provider.calls) > since), "watch never asked"
    scanned.provider.edit(file, SECRET.encode())

    def seen():
        return (file, "payment-card") in findings(scanned.casb, scanned.app)

    assert wait_until(seen, pause=0.3), "the change was not reported"
    process.send(signal.SIGINT)
    run = process.end()
    assert run.code == 130, run
    assert "payment-card" in run.err
    assert "4556" not in run.err + run.out
