from __future__ import annotations

import pytest

from casb_cli.core.errors import UnknownName
from casb_cli.core.models import SHARING_ORDER, File, Finding, Gone
from casb_cli.store import database, files, findings
from casb_cli.store.store import Store

KEY = "k"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


def put(store: Store, *rows: File) -> None:
    listing = store.partitions.open_listing(KEY, "list-files")
    part = store.partitions.claim(listing)
    store.inventory.write_page(listing, part, rows, None, inspect=True)
    store.inventory.end_partition(listing, part)
    store.inventory.end_listing(listing)


def finding(id_: str, file: str = "file:1", severity: str = "high") -> Finding:
    return Finding(id=id_, detector="card", severity=severity, excerpt="************1111", file_ref=file, count=1)


def waiting(store: Store, limit: int = 100) -> list[str]:
    return [item.file.id for item in store.files.next(KEY, limit)]


def test_the_public_come_first_then_the_external_then_the_rest(store):
    levels = ["private", "internal", "external", "public", None] * 4
    put(store, *[File(id=f"{n:02}", hash=f"h{n}", sharing=level) for n, level in enumerate(levels)])
    found = store.files.next(KEY, 100)
    assert len(found) == 20
    assert [item.file.sharing for item in found[:8]] == ["public"] * 4 + ["external"] * 4
    assert all(item.exposure == SHARING_ORDER[item.file.sharing] for item in found)
    assert waiting(store, 3) == ["03", "08", "13"]


def test_those_being_read_are_left_out_and_settled_ones_never_return(store):
    put(store, *[File(id=f"{n:03}", hash=f"h{n}", sharing="public" if n % 5 == 0 else None) for n in range(60)])
    seen: list[str] = []
    reading: list[files.Waiting] = []
    while batch := store.files.next(KEY, 7, exclude=frozenset(item.oid for item in reading)):
        reading += batch
        seen += [item.file.id for item in batch]
        if len(reading) > 10:
            store.files.settle(KEY, reading.pop(0).file, "done", detectors="d")
    assert sorted(seen) == [f"{n:03}" for n in range(60)]
    assert store.files.waiting(KEY) == len(reading) > 0
    for item in reading:
        store.files.settle(KEY, item.file, "done", detectors="d")
    assert store.files.waiting(KEY) == 0
    assert store.files.summary(KEY) == {("done", None): 60}


def test_a_file_given_back_is_met_again(store):
    put(store, *[File(id=str(n), hash=f"h{n}") for n in range(5)])
    first = store.files.next(KEY, 2)
    store.files.next(KEY, 2, exclude=frozenset(item.oid for item in first))
    assert sorted(waiting(store)) == ["0", "1", "2", "3", "4"]


def test_unchanged_content_under_the_same_detectors_is_known(store):
    file = File(id="1", name="a", hash="sha1:aa")
    put(store, file)
    assert store.files.known(KEY, file, "d1") is None
    store.files.settle(KEY, file, "partial", detectors="d1", reason="too-large")
    assert waiting(store) == []
    put(store, file)
    assert waiting(store) == []
    renamed = File(id="1", name="b", hash="sha1:aa", sharing="public")
    put(store, renamed)
    assert waiting(store) == ["1"]
    known = store.files.known(KEY, renamed, "d1")
    assert (known.state, known.reason) == ("partial", "too-large")
    store.files.unchanged(KEY, renamed)
    assert waiting(store) == []
    assert store.files.known(KEY, renamed, "d2") is None
    assert store.files.known(KEY, File(id="1", hash="sha1:bb"), "d1") is None
    assert store.files.enqueue(KEY, "d1") == 0
    assert store.files.enqueue(KEY, "d2") == 1


def test_a_file_without_any_content_mark_is_never_known(store):
    put(store, File(id="1"))
    store.files.settle(KEY, File(id="1"), "done", detectors="d")
    assert store.files.known(KEY, File(id="1"), "d") is None


def test_a_file_that_changed_while_it_was_read_goes_on_waiting(store):
    put(store, File(id="1", hash="old"))
    claimed = store.files.next(KEY, 1)[0].file
    put(store, File(id="1", hash="new"))
    store.files.settle(KEY, claimed, "done", detectors="d")
    assert waiting(store) == ["1"]


def test_a_failed_file_waits_for_its_time(store, monkeypatch):
    at = [1000]
    for module in (database, files, findings):
        monkeypatch.setattr(module, "now_ms", lambda: at[0])
    file = File(id="1", hash="h")
    put(store, file)
    store.files.settle(KEY, file, "failed", detectors="d", reason="HTTP 500", retry_at=5000)
    assert waiting(store) == []
    at[0] = 5000
    assert waiting(store) == ["1"]
    store.files.settle(KEY, file, "failed", detectors="d", reason="HTTP 500", retry_at=9000)
    assert store.files.inspection(KEY, "1").attempts == 2
    assert store.files.known(KEY, file, "d") is None


def test_a_twin_is_clean_only_when_wholly_inspected_without_findings(store):
    one, two, three = (File(id=n, hash="sha1:same") for n in ("1", "2", "3"))
    put(store, one, two, three)
    store.files.settle(KEY, one, "partial", detectors="d", reason="time")
    assert store.files.clean_twin(KEY, two, "d") is None
    store.files.settle(KEY, one, "done", detectors="d", findings=[finding("f1")])
    assert store.files.clean_twin(KEY, two, "d") is None
    store.files.settle(KEY, three, "done", detectors="d")
    assert store.files.clean_twin(KEY, two, "d") == "3"
    assert store.files.clean_twin(KEY, two, "other") is None


def states(store):
    found = store.findings.list(KEY, states=("open", "suppressed", "resolved"))
    return {item.finding.id: item.finding.state for item in found}


def test_findings_open_resolve_and_open_again(store):
    file = File(id="1", hash="h")
    put(store, file)
    store.files.settle(KEY, file, "done", detectors="d", findings=[finding("a"), finding("b")])
    first = store.findings.get(KEY, "a").finding.first_seen
    store.files.settle(KEY, file, "partial", detectors="d", findings=[finding("a")], reason="time")
    assert states(store) == {"a": "open", "b": "open"}  # half a look resolves nothing
    store.files.settle(KEY, file, "done", detectors="d", findings=[finding("a")])
    assert states(store) == {"a": "open", "b": "resolved"}
    store.files.settle(KEY, file, "done", detectors="d", findings=[finding("b")])
    assert states(store) == {"a": "resolved", "b": "open"}
    assert store.findings.get(KEY, "a").finding.first_seen == first


def test_a_suppression_holds_until_its_end_and_over_rescans(store, monkeypatch):
    at = [1000]
    monkeypatch.setattr(findings, "now_ms", lambda: at[0])
    store.findings.record(KEY, "alerts", [finding("a")], complete=True)
    store.findings.suppress(KEY, "a", why="test data", until=2000)
    store.findings.record(KEY, "alerts", [finding("a")], complete=True)
    assert states(store) == {"a": "suppressed"}
    assert store.findings.list(KEY) == []
    at[0] = 2000
    assert states(store) == {"a": "open"}
    store.findings.suppress(KEY, "a", why="test data")
    store.findings.unsuppress(KEY, "a")
    assert states(store) == {"a": "open"}
    with pytest.raises(UnknownName):
        store.findings.suppress(KEY, "none", why="x")


def test_findings_are_filtered_and_paged(store):
    rows = [finding(f"{n:03}", severity=("low", "critical")[n % 2]) for n in range(25)]
    store.findings.record(KEY, "alerts", rows, complete=True)
    store.findings.record("other", "alerts", [finding("x")], complete=True)
    seen, after = [], None
    while page := store.findings.list(after=after, limit=4):
        seen += [(item.instance_key, item.finding.id) for item in page]
        after = seen[-1]
    assert seen == [(KEY, f"{n:03}") for n in range(25)] + [("other", "x")]
    assert len(store.findings.list(KEY, min_severity="high")) == 12
    assert store.findings.list(KEY, detector="iban") == []
    assert store.findings.counts(KEY) == {("open", "low"): 13, ("open", "critical"): 12}
    assert store.findings.get(KEY, "001").finding.severity == "critical"


def test_findings_of_a_file_that_is_gone_are_resolved(store):
    file = File(id="a b", hash="h")
    put(store, file)
    store.files.settle(KEY, file, "done", detectors="d", findings=[finding("a", "file:a%20b")])
    assert store.findings.resolve_gone(KEY) == 0
    store.inventory.write_changes(KEY, [Gone(kind="file", id="a b")], feed="f", cursor="1")
    assert store.findings.resolve_gone(KEY) == 1
    assert states(store) == {"a": "resolved"}
