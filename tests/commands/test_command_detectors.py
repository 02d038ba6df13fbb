from __future__ import annotations

from casb_cli.scan.detect import describe

ISSUE = {"payment-card", "iban", "us-ssn", "private-key", "aws-access-key", "github-token", "slack-token"}
"""What the first set of detectors was asked to recognise, by id."""


def test_list_has_the_first_set(casb):
    ran = casb("detectors", "list", "-o", "jsonl")
    assert ran.code == 0
    ids = [row["detector"] for row in ran.rows]
    assert ids == sorted(ids)
    assert set(ids) >= ISSUE
    assert list(ran.rows[0]) == ["detector", "title", "family", "severity", "confidence", "source", "templates"]


def test_list_takes_a_condition(casb):
    rows = casb("detectors", "list", "--where", "severity == 'critical'", "-o", "jsonl").rows
    assert rows
    assert {row["severity"] for row in rows} == {"critical"}


def test_show(casb):
    ran = casb("detectors", "show", "payment-card", "-o", "json")
    assert ran.code == 0
    assert '"checks":["payment_card"]' in ran.out
    assert "patterns:" in casb("detectors", "show", "iban").out


def test_a_count_is_shown_by_the_name_that_files_of_detectors_have_for_it(casb):
    (row,) = casb("detectors", "show", "email-bulk", "-o", "jsonl").rows
    assert row["at_least"] == 50
    assert "min_count" not in row


def test_an_unknown_detector(casb):
    ran = casb("detectors", "show", "nope")
    assert ran.code == 2
    assert "casb detectors list" in ran.err


def test_a_name_that_comes_close_is_told(casb):
    assert "did you mean `iban`? casb detectors list" in casb("detectors", "show", "ibann").err
    assert "did you mean `gdpr`? known: " in casb("detect", ".", "--template", "gdrp").err


def test_of_a_long_pattern_a_terminal_shows_the_beginning(casb, monkeypatch):
    from casb_cli.ui.streams import Streams

    monkeypatch.setattr(Streams, "out_tty", property(lambda _: True))
    ran = casb("detectors", "show", "iban")
    assert max(map(len, ran.out.splitlines())) < 250
    assert "-o json has them whole" in ran.err


def test_every_detector_holds_to_its_examples(casb):
    ran = casb("detectors", "test")
    assert ran.code == 0, ran
    assert ran.out == ""
    assert ", 0 wrong" in ran.err


def test_examples_are_shown_on_demand(casb):
    rows = casb("detectors", "test", "iban", "--all", "-o", "jsonl").rows
    assert {row["detector"] for row in rows} == {"iban"}
    assert {row["expected"] for row in rows} == {True, False}


def test_a_wrong_example_is_a_failure(casb, monkeypatch):
    wrong = describe.Check("iban", 2, expected=True, found=False)
    monkeypatch.setattr(describe, "checked", lambda only, own, cache_dir: iter([wrong]))
    ran = casb("detectors", "test", "-o", "jsonl")
    assert ran.code == 1
    assert ran.rows == [{"detector": "iban", "example": 2, "expected": True, "found": False, "right": False}]
    assert "1 example, 1 wrong" in ran.err


def test_the_guide_is_there_without_the_documentation_and_its_example_works(casb, tmp_path):
    text = casb("detectors", "guide").out
    example = text.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "acme.toml").write_text(example)
    assert casb("detectors", "test", "--own", "--detectors", tmp_path / "acme.toml").code == 0
    (tmp_path / "bad.toml").write_text(example.replace("severity", "severty", 1))
    ran = casb("detectors", "list", "--detectors", tmp_path / "bad.toml")
    assert (ran.code, "casb detectors guide" in ran.err) == (2, True)
