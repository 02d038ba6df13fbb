"""Findings in the order in which a person wants them: what the world can open first."""

from __future__ import annotations

import pytest

from casb_cli.core.models import Finding
from casb_cli.store.store import Store

PLACES = [  # sharing, severity, id: in the order that is right
    ("public", "critical", "g"),
    ("public", "high", "b"),
    ("public", "high", "h"),
    ("external", "low", "a"),
    ("internal", "critical", "f"),
    (None, "critical", "c"),
    ("private", "critical", "d"),
    ("private", "low", "e"),
]


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as made:
        rows = [
            Finding(id=id_, detector="iban", severity=severity, sharing=sharing, file_ref=f"file:{id_}")
            for sharing, severity, id_ in sorted(PLACES, key=lambda place: place[2])
        ]
        made.findings.record("i1", "all", rows, complete=True)
        made.findings.record("i2", "all", rows[:1], complete=True)
        yield made


def ids(found):
    return [(one.instance_key, one.finding.id) for one in found]


def test_exposure_then_severity(store):
    assert ids(store.findings.worst_first(["i1"])) == [("i1", id_) for _, _, id_ in PLACES]


def test_over_instances(store):
    found = ids(store.findings.worst_first(["i2", "i1"]))
    assert found[2:5] == [("i1", "h"), ("i1", "a"), ("i2", "a")]
    assert ids(store.findings.worst_first([])) == []


def test_filters(store):
    assert ids(store.findings.worst_first(["i1"], min_severity="critical")) == [("i1", x) for x in "gfcd"]
    assert ids(store.findings.worst_first(["i1"], detector="us-ssn")) == []
    store.findings.suppress("i1", "g", why="sample")
    assert ("i1", "g") not in ids(store.findings.worst_first(["i1"]))
    [one] = store.findings.worst_first(["i1"], states=("suppressed",))
    assert (one.finding.id, one.finding.state, one.suppressed_why) == ("g", "suppressed", "sample")


def test_more_than_a_page_and_changes_meanwhile(store, monkeypatch):
    monkeypatch.setattr("casb_cli.store.findings._PAGE", 3)
    found = store.findings.worst_first(["i1"])
    first = next(found)
    store.findings.record("i1", "all", [], complete=True)
    rest = list(found)
    assert ids([first, *rest]) == [("i1", id_) for _, _, id_ in PLACES]
    assert {one.finding.state for one in rest[2:]} == {"resolved"}
