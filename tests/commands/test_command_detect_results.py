"""What `casb detect` makes of its matches: baselines, suppressions, SARIF, and detectors of one's own."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from sarif_shape import the_run

CARD = "4539 1488 0343 6467"
OTHER = "5425 2334 3010 9903"
"""Both right by Luhn."""
FIELDS = ["detector", "severity", "confidence", "excerpt", "file", "place", "start", "end", "fingerprint"]
OWN = """
[[detector]]
id = "acme-badge"
title = "Badge of Acme"
severity = "medium"
patterns = ['BADGE-[0-9]{6}']
tests.match = ["BADGE-482913"]
tests.no_match = ["BADGE-48291"]
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "files"
    made.mkdir()
    (made / "card.txt").write_text(f"visa card {CARD}\n")
    return made


def test_a_baseline_is_written_where_there_is_none_and_hides_nothing_that_time(casb, folder, tmp_path):
    known = tmp_path / "known.json"
    ran = casb("detect", folder, "--baseline", known, "--fail-on", "high", "-o", "jsonl")
    assert ran.code == 10, "a wrong name for the file must never pass"
    assert [row["state"] for row in ran.rows] == ["open"]
    assert "written: 1 match" in ran.err
    assert CARD not in known.read_text()
    assert "6467" not in known.read_text()


def test_only_what_is_new_counts(casb, folder, tmp_path):
    known = tmp_path / "known.json"
    casb("detect", folder, "--baseline", known)
    ran = casb("detect", folder, "--baseline", known, "--fail-on", "low", "-o", "jsonl")
    assert ran.code == 0
    assert list(ran.rows[0]) == [*FIELDS, "state"]
    assert [row["state"] for row in ran.rows] == ["known"]
    (folder / "card.txt").write_text(f"a line before\nvisa card {CARD}, card {OTHER}\n")
    ran = casb("detect", folder, "--baseline", known, "--fail-on", "low", "-o", "jsonl")
    assert ran.code == 10
    assert [(row["excerpt"][-4:], row["state"]) for row in ran.rows] == [("6467", "known"), ("9903", "open")]
    assert "known from the baseline, and not counted: 1" in ran.err
    casb("detect", folder, "--baseline", known, "--update-baseline")
    assert casb("detect", folder, "--baseline", known, "--fail-on", "low").code == 0


def test_a_value_that_turns_up_in_another_file_is_new(casb, folder, tmp_path):
    known = tmp_path / "known.json"
    casb("detect", folder, "--baseline", known)
    (folder / "public.txt").write_text(f"visa card {CARD}\n")
    assert casb("detect", folder, "--baseline", known, "--fail-on", "high").code == 10


def test_a_baseline_finds_nothing_in_itself_and_older_ones_are_read(casb, folder):
    known = folder / "known.json"
    (folder / "secrets.env").write_text("AWS_SECRET_ACCESS_KEY=kF8vQ2mXz7LpR4tYw9Bn3CdE6hJ1sGaU5oTiVxNq\n")
    found = casb("detect", folder, "--baseline", known, "-o", "jsonl").rows
    assert len(found) > 1
    ran = casb("detect", folder, "--baseline", known, "-o", "jsonl")
    assert [row["file"] for row in ran.rows if row["file"].endswith("known.json")] == []
    known.write_text(known.read_text().replace('"made_with"', '"key"'))
    ran = casb("detect", folder, "--baseline", known, "--fail-on", "low", "--where", "!ends_with(file, 'known.json')")
    assert ran.code == 0


def test_a_baseline_names_files_from_its_own_folder(casb, folder, tmp_path, monkeypatch):
    casb("detect", folder, "--baseline", tmp_path / "known.json")
    monkeypatch.chdir(folder)
    assert casb("detect", "card.txt", "--baseline", "../known.json", "--fail-on", "high").code == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"baseline":1}', '{"baseline":9,"key":"x","written":"y"}'])
def test_what_is_no_baseline_is_refused(casb, folder, tmp_path, text):
    (tmp_path / "known.json").write_text(text)
    ran = casb("detect", folder, "--baseline", tmp_path / "known.json")
    assert ran.code == 2
    assert "known.json" in ran.err


def test_a_baseline_of_another_key_is_refused_and_not_taken_for_new_matches(casb, folder, tmp_path):
    known = tmp_path / "known.json"
    casb("detect", folder, "--baseline", known)
    (tmp_path / "config" / "fingerprint.key").unlink()
    ran = casb("detect", folder, "--baseline", known)
    assert ran.code == 2
    assert "another fingerprint key" in ran.err
    assert casb("detect", folder, "--baseline", known, "--update-baseline").code == 0


def test_options_that_make_no_sense_for_a_baseline(casb, folder, tmp_path):
    assert casb("detect", folder, "--update-baseline").code == 2
    assert casb("detect", folder, "--baseline", tmp_path / "new.json", "--limit", "1").code == 2


def test_a_suppressed_value_is_shown_and_does_not_count(casb, folder):
    [row] = casb("detect", folder, "-o", "jsonl").rows
    mark = row["fingerprint"]
    assert casb("findings", "suppress", mark, "--reason", "the card of our shop", "--until", "2999-01-31").code == 0
    ran = casb("detect", folder, "--fail-on", "low", "-o", "jsonl")
    assert ran.code == 0
    assert [one["state"] for one in ran.rows] == ["suppressed"]
    assert "suppressed, and not counted: 1" in ran.err
    [told] = casb("findings", "suppressions", "-o", "jsonl").rows
    assert (told["fingerprint"], told["kind"], told["state"]) == (mark, "match", "active")
    assert (told["reason"], told["until"]) == ("the card of our shop", "2999-01-31T00:00:00Z")
    assert (told["detector"], told["file"]) == ("payment-card", str(folder / "card.txt")), "where it was met last"
    assert casb("findings", "unsuppress", mark[:12]).code == 0
    assert casb("detect", folder, "--fail-on", "low").code == 10
    assert casb("findings", "unsuppress", mark).code == 2


def test_a_store_that_cannot_be_opened_hides_nothing_and_stops_nothing(casb, folder, tmp_path):
    [row] = casb("detect", folder, "-o", "jsonl").rows
    casb("findings", "suppress", row["fingerprint"], "--reason", "ours")
    assert casb("detect", folder, "--fail-on", "low").code == 0
    for left in (tmp_path / "state").glob("casb.db*"):
        left.unlink()
    (tmp_path / "state" / "casb.db").mkdir()
    ran = casb("detect", folder, "--fail-on", "low")
    assert ran.code == 10
    assert "what is suppressed counts all the same" in ran.err


def test_an_expired_suppression_counts_again(casb, folder, home):
    from casb_cli.store.store import Store

    [row] = casb("detect", folder, "-o", "jsonl").rows
    with Store() as store:
        store.suppressions.add(row["fingerprint"], why="for a while", until=1)
    assert casb("detect", folder, "--fail-on", "low").code == 10
    assert [one["state"] for one in casb("findings", "suppressions", "-o", "jsonl").rows] == ["expired"]


@pytest.mark.parametrize("words", [("--until", "2020-01-01"), ("--until", "soon"), ("--reason", " ")])
def test_a_suppression_needs_a_reason_and_a_date_to_come(casb, words):
    given = {"--reason": "why", words[0]: words[1]}
    flat = [part for pair in given.items() for part in pair]
    assert casb("findings", "suppress", "0" * 64, *flat).code == 2


def test_sarif(casb, folder):
    (folder / "a b.txt").write_text(f"one\ntwo: card {OTHER}\n")
    ran = casb("detect", folder, "-o", "sarif", "--fail-on", "high")
    assert ran.code == 10
    run = the_run(ran.out)
    assert [result["ruleId"] for result in run["results"]] == ["payment-card", "payment-card"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/files/a%20b.txt")
    assert place["region"] == {"startLine": 2, "startColumn": 11, "endColumn": 11 + len(OTHER)}
    assert run["invocations"] == [{"executionSuccessful": True}]
    assert OTHER not in ran.out + ran.err


def test_sarif_tells_the_end_only_where_it_stands_in_the_same_line(casb, folder):
    escaped = CARD.replace(" ", "\\u0020")
    (folder / "card.txt").write_text(f"größe, visa card {CARD}\nvisa card {OTHER[:9]}\n{OTHER[10:]}\n")
    (folder / "escaped.json").write_text(f'{{"card": "{escaped}"}}')
    results = the_run(casb("detect", folder, "--detector", "payment-card", "-o", "sarif").out)["results"]
    assert [result["locations"][0]["physicalLocation"]["region"] for result in results] == [
        {"startLine": 1, "startColumn": 18, "endColumn": 37},
        {"startLine": 2, "startColumn": 11},
        {"startLine": 1, "startColumn": 11},
    ]


def test_sarif_of_nothing_is_whole_too(casb, tmp_path):
    (tmp_path / "clean.txt").write_text("nothing")
    assert the_run(casb("detect", tmp_path / "clean.txt", "-o", "sarif").out)["results"] == []


def test_sarif_tells_what_was_not_looked_at_and_what_does_not_count(casb, folder, tmp_path):
    known = tmp_path / "known.json"
    [row] = casb("detect", folder, "--baseline", known, "-o", "jsonl").rows
    (folder / "new.txt").write_text(f"card {OTHER}")
    casb("findings", "suppress", row["fingerprint"], "--reason", "a sample")
    ran = casb("detect", folder, folder / "gone.txt", "--baseline", known, "-o", "sarif")
    run = the_run(ran.out)
    assert [result["baselineState"] for result in run["results"]] == ["new", "new"]
    assert run["results"][0]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "a sample"}
    ]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "gone.txt" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize("given", [".", "./sub/..", "{here}", "../files"])
def test_sarif_names_files_from_the_working_folder_whatever_was_given(casb, folder, monkeypatch, given):
    monkeypatch.chdir(folder)
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text(f"card {OTHER}")
    run = the_run(casb("detect", given.format(here=folder), "-o", "sarif").out)
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]
    assert uris == ["card.txt", "sub/b.txt"]
    (folder.parent / "link").symlink_to(folder)
    monkeypatch.chdir(folder.parent / "link")
    monkeypatch.setenv("PWD", str(folder.parent / "link"))
    run = the_run(casb("detect", folder.parent / "link" / "card.txt", "-o", "sarif").out)
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "card.txt"
    monkeypatch.chdir(folder / "sub")
    monkeypatch.setenv("PWD", "/nowhere")
    run = the_run(casb("detect", "../card.txt", "-o", "sarif").out)
    [uri] = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]
    assert uri == f"file://{folder}/card.txt", "outside of it: with its scheme"


def test_sarif_of_names_that_would_be_read_as_something_else(casb, folder, monkeypatch):
    (folder / "card.txt").unlink()
    text = f"visa card {CARD}"
    (folder / "c:{0}[x](y)#%?.txt").write_text(text)
    (folder / os.fsdecode(b"bad\xff.txt")).write_text(text)
    with zipfile.ZipFile(folder / "z.zip", "w") as made:
        made.writestr("[here](https://evil.example)\n{0}.txt", text)
    monkeypatch.chdir(folder)
    run = the_run(casb("detect", ".", os.fsdecode(b"gone\xfd{1}"), "-o", "sarif").out)
    bad, odd, packed = run["results"]
    assert bad["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bad%FF.txt"
    assert odd["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "c%3A%7B0%7D%5Bx%5D(y)%23%25%3F.txt"
    assert "](" not in packed["message"]["text"], "a name is no link"
    assert "{{0}}" in packed["message"]["text"], "and no placeholder"
    assert "region" not in packed["locations"][0]["physicalLocation"]
    assert packed["partialFingerprints"]["primaryLocationLineHash"] == packed["partialFingerprints"]["casb/v1"]
    assert "primaryLocationLineHash" not in odd["partialFingerprints"], "GitHub makes it of the line"
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("gone\\udcfd{{1}}: ")


def test_sarif_has_no_fingerprints_where_the_next_run_makes_others(casb, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_CONFIG_DIR", "/proc/nowhere/config")
    monkeypatch.setenv("CASB_STATE_DIR", "/proc/nowhere/state")
    ran = casb("detect", folder, "-o", "sarif")
    assert "those of this run only" in ran.err
    assert ["partialFingerprints" in one for one in json.loads(ran.out)["runs"][0]["results"]] == [False]


def test_more_results_than_github_takes_are_told(casb, folder, monkeypatch):
    monkeypatch.setattr("casb_cli.report.sarif.MOST", 1)
    assert "GitHub takes" not in casb("detect", folder, "-o", "sarif").err
    (folder / "b.txt").write_text(f"card {OTHER}")
    assert "GitHub takes at most 1 results of one upload" in casb("detect", folder, "-o", "sarif").err


def test_sarif_that_ends_early_says_so():
    from casb_cli.report.sarif import Sarif
    from casb_cli.ui.output import Output

    said = io.StringIO()

    class Stream:
        out_tty = False
        live = None
        width = 80

        def write(self, text):
            said.write(text)

        def flush(self):
            pass

    out = Output("match", writer=Sarif({}), to=Stream())
    row = {"detector": "x", "severity": "low", "file": "a", "place": "line 1", "fingerprint": "f"}
    with pytest.raises(KeyboardInterrupt), out:
        out.add([row])
        raise KeyboardInterrupt
    [invocation] = the_run(said.getvalue())["invocations"]
    assert invocation["executionSuccessful"] is False


def test_a_baseline_takes_what_was_shown_and_not_what_a_condition_hid(casb, folder, tmp_path):
    known = tmp_path / "known.json"
    (folder / "other.txt").write_text(f"card {OTHER}")
    narrow = ("--where", "contains(file, 'card.txt')")
    casb("detect", folder, "--baseline", known, *narrow)
    ran = casb("detect", folder, "--baseline", known, "-o", "jsonl")
    assert [row["state"] for row in ran.rows] == ["known", "open"]
    casb("detect", folder, "--baseline", known, "--update-baseline")
    casb("detect", folder, "--baseline", known, "--update-baseline", *narrow)
    ran = casb("detect", folder, "--baseline", known, "-o", "jsonl")
    assert [row["state"] for row in ran.rows] == ["known", "known"], "what was known and is still there stays so"


@pytest.mark.parametrize("size", [0, 33])
def test_a_key_of_another_size_is_told_as_that(casb, folder, tmp_path, size):
    casb("detect", folder)
    (tmp_path / "config" / "fingerprint.key").write_bytes(b"x" * size)
    ran = casb("detect", folder)
    assert ran.code == 1
    assert f"is no key: it has {size} bytes and not 32" in ran.err


def test_own_detectors_of_a_file_and_of_the_configuration(casb, folder, tmp_path):
    (folder / "badge.txt").write_text("BADGE-123456")
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    assert "acme-badge" not in casb("detect", folder, "-o", "jsonl").out
    ran = casb("detect", folder, "--detectors", own, "--detector", "acme-badge", "-o", "jsonl")
    assert [(row["detector"], row["severity"], row["excerpt"]) for row in ran.rows] == [
        ("acme-badge", "medium", "*********456")
    ]
    kept = tmp_path / "config" / "detectors"
    kept.mkdir()
    (kept / "acme.toml").write_text(OWN)
    assert "acme-badge" in casb("detect", folder, "-o", "jsonl").out
    assert "Badge of Acme" in casb("detect", folder, "-o", "sarif").out
    [row] = casb("detectors", "list", "--where", "source != 'shipped'", "-o", "jsonl").rows
    assert (row["detector"], row["source"]) == ("acme-badge", str(kept / "acme.toml"))
    assert "BADGE-[0-9]{6}" in casb("detectors", "show", "acme-badge").out


def test_the_tests_of_own_detectors(casb, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    ran = casb("detectors", "test", "--own", "--detectors", own, "--all", "-o", "jsonl")
    assert ran.code == 0
    assert [(row["expected"], row["found"]) for row in ran.rows] == [(True, True), (False, False)]
    own.write_text(OWN.replace('"BADGE-48291"', '"BADGE-482911"'))
    ran = casb("detectors", "test", "--own", "--detectors", own, "-o", "jsonl")
    assert ran.code == 1
    assert [(row["detector"], row["expected"], row["found"]) for row in ran.rows] == [("acme-badge", False, True)]
    own.write_text(OWN.replace('["BADGE-48291"]', "[]"))
    assert "without examples of both kinds" in casb("detectors", "test", "--own", "--detectors", own).err
    assert casb("detectors", "test", "--own").code == 2


@pytest.mark.parametrize("command", [("detect", "."), ("detectors", "list"), ("detectors", "test"), ("watch",)])
def test_a_broken_file_of_detectors_ends_everything_with_its_place(casb, tmp_path, command):
    own = tmp_path / "own.toml"
    own.write_text(OWN.replace("BADGE-", "(?=BADGE)"))
    ran = casb(*command, "--detectors", own)
    assert ran.code == 2
    if command != ("watch",):
        assert f"{own}:6:14: pattern" in ran.err
    assert casb(*command, "--detectors", tmp_path / "nowhere.toml").code == 2
    own.write_bytes(b"\xff\xfe")
    assert casb(*command, "--detectors", own).code == 2


def test_a_baseline_knows_a_file_whose_name_is_no_text(casb, folder, tmp_path):
    (folder / os.fsdecode(b"\xff.txt")).write_text(f"visa card {OTHER}")
    casb("detect", folder, "--baseline", tmp_path / "known.json")
    ran = casb("detect", folder, "--baseline", tmp_path / "known.json", "--fail-on", "low", "-o", "jsonl")
    assert (ran.code, [row["state"] for row in ran.rows]) == (0, ["known", "known"])
    assert sorted(os.fsencode(row["file"]) for row in ran.rows)[1] == os.fsencode(folder) + b"/\xff.txt"


def test_a_baseline_that_has_no_folder_is_told_before_anything_is_looked_at(casb, folder, tmp_path):
    ran = casb("detect", folder, "--baseline", tmp_path / "nowhere" / "known.json")
    assert (ran.code, ran.out) == (2, "")
    assert str(tmp_path / "nowhere") in ran.err


def test_own_detectors_that_begin_with_a_byte_order_mark(casb, folder, tmp_path):
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8-sig")
    assert casb("detectors", "test", "--own", "--detectors", tmp_path / "own.toml").code == 0


def test_a_folder_of_own_detectors_that_may_not_be_read_is_told(casb, folder, tmp_path, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "config" / "detectors").mkdir(parents=True)
    monkeypatch.setattr(Path, "iterdir", refused)
    ran = casb("detect", folder)
    assert ran.code == 2
    assert "could not read your detectors" in ran.err


def test_what_an_extra_or_an_option_would_read_is_told_once(casb, tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(60))
    ran = casb("detect", tmp_path)
    assert (ran.code, ran.err.count("not read: what pictures and scanned pages show: --ocr eng")) == (0, 1)
    assert casb("detect", "--ocr", "../x", tmp_path).code == 2


def test_text_that_nothing_reads_is_no_file_without_text(casb, folder):
    (folder / "old.rar").write_bytes(b"Rar!\x1a\x07\x01\0" + bytes(range(32)) * 20)
    ran = casb("detect", folder)
    assert ran.code == 3
    assert "old.rar: skipped: unsupported: RAR" in ran.err
    (folder / "old.rar").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    assert casb("detect", folder).code == 0
