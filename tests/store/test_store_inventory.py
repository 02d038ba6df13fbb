from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casb_cli.core.models import ROOT, Account, Activity, File, Gone, Grant, Membership, Notice, Partition, Row, Share
from casb_cli.store import database, inventory
from casb_cli.store.store import Store

KEY = "instance-key"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set, in milliseconds."""
    at = [1000]
    for module in (inventory, database):
        monkeypatch.setattr(module, "now_ms", lambda: at[0])
    return at


def listed(store: Store, ability: str, parts: dict[str, list[Row]], *, leave: tuple[str, ...] = ()) -> int | None:
    """List all parts completely, except those to `leave` unfinished after their page."""
    roots = [Partition(key=key) for key in parts]
    listing = store.partitions.open_listing(KEY, ability, roots=roots, fresh=True)
    while part := store.partitions.claim(listing):
        store.inventory.write_page(listing, part, parts[part.partition.key], None)
        if part.partition.key in leave:
            store.partitions.fail(listing, part, "unavailable", retry_at=None)
        else:
            store.inventory.end_partition(listing, part)
    return store.inventory.end_listing(listing)


def ids(store: Store, kind: str, at: int | None = None) -> list[str]:
    return [row.id for row in store.inventory.all_rows(KEY, kind, at=at)]


def test_every_field_comes_back(store):
    file = File(
        id="a:b%2F/..\x1b[31m\n'",
        name="=cmd()|' /C calc'!A0",
        path="/Ünïcode/\x00nul",
        size=2**40,
        sharing="public",
        trashed=False,
        locator={"branch": "main"},
        unknown=("owner", "mime"),
    )
    account = Account(id="1", login="ann", is_admin=True, profile={"teams": ["a", {"b": None}], "n": 1.5})
    grant = Grant(id="9", scopes=("repo", "read:org"))
    for ability, row in (("list-files", file), ("list-accounts", account), ("list-grants", grant)):
        listed(store, ability, {"": [row]})
        assert store.inventory.get(KEY, row.kind_of_row, row.id) == row
    assert store.inventory.find_files(KEY, "/Ünïcode/\x00nul") == [file]
    assert store.inventory.find_accounts(KEY, "ANN") == [account]
    assert store.inventory.find_files(KEY, "/Ünïcode") == []


def test_instances_are_apart(store):
    listed(store, "list-accounts", {"": [Account(id="1", login="a")]})
    assert store.inventory.get("other", "account", "1") is None
    assert store.inventory.count("other", "account") == 0


def test_history_keeps_each_version_once(store, clock):
    listed(store, "list-accounts", {"": [Account(id="1", status="active"), Account(id="2")]})
    clock[0] = 2000
    listed(store, "list-accounts", {"": [Account(id="1", status="active"), Account(id="2")]})
    clock[0] = 3000
    listed(store, "list-accounts", {"": [Account(id="1", status="suspended"), Account(id="3")]})
    clock[0] = 4000
    listed(store, "list-accounts", {"": [Account(id="1", status="suspended"), Account(id="3")]})

    versions = [(v.row.status, v.valid_from, v.valid_to) for v in store.inventory.versions(KEY, "account", "1")]
    assert versions == [("active", 1000, 3000), ("suspended", 3000, None)]
    assert [(v.valid_from, v.valid_to) for v in store.inventory.versions(KEY, "account", "2")] == [(1000, 3000)]
    assert ids(store, "account", at=999) == []
    assert ids(store, "account", at=1000) == ["1", "2"]
    assert ids(store, "account", at=2999) == ["1", "2"]
    assert ids(store, "account", at=3000) == ["1", "3"]
    assert ids(store, "account") == ["1", "3"]
    assert store.inventory.get(KEY, "account", "1", at=2500).status == "active"
    assert store.db.fetch("SELECT count(*) FROM past") == [(2,)]


def test_diff_tells_the_net_change(store, clock):
    listed(store, "list-accounts", {"": [Account(id=n, is_admin=False) for n in ("1", "2", "3", "4")]})
    clock[0] = 2000
    listed(store, "list-accounts", {"": [Account(id="1", is_admin=True), Account(id="3", is_admin=True)]})
    clock[0] = 3000
    now = [Account(id="1", is_admin=True), Account(id="3", is_admin=False), Account(id="5"), Account(id="4")]
    listed(store, "list-accounts", {"": now})
    found = {d.id: (d.what, d.fields) for d in store.inventory.changes(KEY, ["account"], since=1500)}
    assert found == {
        "1": ("changed", ("is_admin",)),
        "2": ("gone", ()),
        "4": ("changed", ("is_admin",)),
        "5": ("added", ()),
    }
    gone = next(d for d in store.inventory.changes(KEY, ["account"], since=1500) if d.id == "2")
    assert (gone.before, gone.after) == (Account(id="2", is_admin=False), None)
    between = {d.id: d.what for d in store.inventory.changes(KEY, ["account"], since=1500, until=2500)}
    assert between == {"1": "changed", "2": "gone", "3": "changed", "4": "gone"}
    assert list(store.inventory.changes(KEY, ["account"], since=3000)) == []


def test_only_a_complete_partition_makes_rows_gone(store):
    listed(store, "list-files", {"a": [File(id="1"), File(id="2")], "b": [File(id="3"), File(id="4")]})
    left = listed(store, "list-files", {"a": [File(id="1")], "b": [File(id="3")]}, leave=("b",))
    assert left is None
    assert ids(store, "file") == ["1", "3", "4"]


def test_a_partition_that_is_no_more_takes_its_rows_along(store):
    listed(store, "list-files", {"a": [File(id="1")], "b": [File(id="2")], "c": [File(id="3")]})
    assert listed(store, "list-files", {"a": [File(id="1"), File(id="3")]}) == 1
    assert ids(store, "file") == ["1", "3"]


def test_a_row_that_moves_between_partitions_stays(store):
    listed(store, "list-files", {"a": [File(id="1")], "b": []})
    listed(store, "list-files", {"a": [], "b": [File(id="1")]})
    assert ids(store, "file") == ["1"]
    assert listed(store, "list-files", {"a": [], "b": [File(id="1")]}) == 0
    listed(store, "list-files", {"a": [], "b": []})
    assert ids(store, "file") == []


def test_abilities_with_rows_of_one_kind_do_not_undo_each_other(store):
    listed(store, "list-files", {"": [File(id="1"), File(id="2")]})
    listed(store, "list-trash", {"": [File(id="2", trashed=True)]})
    listed(store, "list-files", {"": [File(id="1")]})
    assert ids(store, "file") == ["1", "2"]


def test_a_repeated_page_and_a_repeated_row_count_once(store):
    listing = store.partitions.open_listing(KEY, "list-files")
    part = store.partitions.claim(listing)
    rows = [File(id=str(n), name="x") for n in range(120)]
    store.inventory.write_page(listing, part, rows, "c")
    store.inventory.write_page(listing, part, [*rows, *rows, File(id="5", name="newer")], "c")
    store.inventory.end_partition(listing, part)
    assert store.inventory.count(KEY, "file") == 120
    assert store.inventory.get(KEY, "file", "5").name == "newer"


def test_a_page_is_saved_wholly_or_not_at_all(store):
    listing = store.partitions.open_listing(KEY, "list-files")
    part = store.partitions.claim(listing)
    store.inventory.write_page(listing, part, [File(id="1")], "first")
    bad = Partition(key="x", exposure=object())  # type: ignore[arg-type]
    with pytest.raises(Exception, match="type"):
        store.inventory.write_page(listing, part, [File(id="2")], "second", more=[bad])
    assert ids(store, "file") == ["1"]
    again = store.partitions.open_listing(KEY, "list-files")
    assert again.resumed
    assert store.partitions.claim(again).cursor == "first"


def test_the_queue_goes_by_exposure_and_resumes(store):
    listing = store.partitions.open_listing(KEY, "list-files")
    root = store.partitions.claim(listing)
    assert (root.partition, root.cursor) == (ROOT, None)
    more = [
        Partition(key="private", exposure=4),
        Partition(key="public", exposure=0, data={"folder": "7"}),
        Partition(key="unknown"),
    ]
    notice = Notice(code="scope-missing", about="secrets", needed=("repo",))
    store.inventory.write_page(listing, root, [], "end", more=more, notices=[notice])
    store.inventory.write_page(listing, root, [], "end", more=more, notices=[notice])
    store.inventory.end_partition(listing, root)
    first = store.partitions.claim(listing)
    assert first.partition == more[1]
    store.inventory.write_page(listing, first, [File(id="1")], "page-2")

    again = store.partitions.open_listing(KEY, "list-files")
    assert (again.id, again.resumed) == (listing.id, True)
    assert store.partitions.claim(again).cursor == "page-2"
    second = store.partitions.claim(again)
    assert second.partition.key == "unknown"
    store.partitions.fail(again, second, "HTTP 500", retry_at=1)
    # What was never tried comes before what failed.
    assert store.partitions.claim(again).partition.key == "private"
    assert store.partitions.claim(again).partition.key == "unknown"
    store.partitions.fail(again, second, "HTTP 500", retry_at=1 << 60)
    assert store.partitions.claim(again) is None
    assert store.partitions.failures(again)[0].attempts == 2
    assert store.inventory.end_listing(again) is None
    progress = store.partitions.progress(again)
    assert (progress.running, progress.done, progress.failed, progress.rows) == (2, 1, 1, 1)
    assert not progress.complete
    assert store.partitions.notices(again) == [(notice, 2)]
    assert not store.partitions.open_listing(KEY, "list-files", fresh=True).resumed


def test_a_change_feed_adds_changes_ends_and_keeps_its_cursor(store):
    listed(store, "list-files", {"": [File(id="1", name="a"), File(id="2")]})
    items = [File(id="1", name="b"), File(id="3"), Gone(kind="file", id="2"), File(id="4"), Gone(kind="file", id="4")]
    store.inventory.write_changes(KEY, items, feed="events", cursor="stream-9")
    assert [(r.id, r.name) for r in store.inventory.all_rows(KEY, "file")] == [("1", "b"), ("3", None)]
    assert store.runs.cursor(KEY, "events")[0] == "stream-9"
    store.inventory.write_changes(
        KEY, [Gone(kind="file", id="3"), File(id="3", name="back")], feed="events", cursor="stream-10"
    )
    assert store.inventory.get(KEY, "file", "3").name == "back"


def begin_whole(store, *keys):
    listing = store.partitions.open_listing(KEY, "list-files", fresh=True)
    root = store.partitions.claim(listing)
    store.inventory.write_page(listing, root, [], "end", more=[Partition(key=key) for key in keys])
    store.inventory.end_partition(listing, root)
    return listing


def finish(store, listing, held):
    while part := store.partitions.claim(listing):
        store.inventory.write_page(listing, part, held[part.partition.key], None)
        store.inventory.end_partition(listing, part)


def test_a_listing_of_some_parts_beside_a_complete_one_loses_nothing(store):
    held = {"a": [File(id="1")], "b": [File(id="2")]}
    whole = begin_whole(store, "a", "b")
    first = store.partitions.claim(whole)
    assert first.partition.key == "a"
    store.inventory.write_page(whole, first, held["a"], None)
    store.inventory.end_partition(whole, first)

    some = store.partitions.open_listing(KEY, "list-files", fresh=True, roots=[Partition(key="a"), Partition(key="b")])
    mine = store.partitions.claim(some)
    assert mine.partition.key == "a"
    assert store.partitions.claim(some) is None  # `b` is still the complete listing's to do
    store.inventory.write_page(some, mine, [File(id="1"), File(id="new")], None)
    store.inventory.end_partition(some, mine)
    assert not store.inventory.end_relisting(some)
    assert store.partitions.ended(KEY, "list-files") is None
    assert store.partitions.left_over(KEY, "list-files").waiting == 1

    finish(store, whole, held)
    assert store.inventory.end_listing(whole) == 0
    assert ids(store, "file") == ["1", "2", "new"]
    assert store.partitions.ended(KEY, "list-files") is not None

    again = begin_whole(store, "a")
    finish(store, again, held)
    assert store.inventory.end_listing(again) == 1
    assert ids(store, "file") == ["1"]


def test_a_full_listing_corrects_what_the_feed_missed(store, clock):
    store.inventory.write_changes(KEY, [File(id="fed"), File(id="deleted unseen")], feed="events", cursor="1")
    clock[0] = 2000
    from casb_cli.store import partitions

    listing = store.partitions.open_listing(KEY, "list-files")
    assert listing.started >= partitions.now_ms() - 60_000
    part = store.partitions.claim(listing)
    store.inventory.write_page(listing, part, [File(id="fed")], None)
    store.inventory.end_partition(listing, part)
    assert store.inventory.end_listing(listing) == 1
    assert ids(store, "file") == ["fed"]


def test_activity_is_kept_once_and_read_by_time(store):
    first = [Activity(id=str(n), time=f"2026-11-0{n}T00:00:00Z", kind="logon") for n in (3, 1, 2)]
    assert store.activity.add(KEY, first) == 3
    assert store.activity.add(KEY, [*first, Activity(id="4", time="2026-11-04T00:00:00Z")]) == 1
    listed(store, "list-activity", {"": first})
    since = 1793577600000  # 2026-11-02T00:00:00Z
    assert [e.id for e in store.activity.events(KEY)] == ["1", "2", "3", "4"]
    assert [e.id for e in store.activity.events(KEY, since=since)] == ["2", "3", "4"]
    assert [e.id for e in store.activity.events(KEY, since=since, until=since + 86_400_000)] == ["2"]


@settings(max_examples=40)
@given(
    held=st.sets(st.text(min_size=0, max_size=6).filter(lambda t: t.isprintable() or "\n" in t), max_size=40),
    limit=st.integers(1, 7),
    added=st.sets(st.text("abcxyz", min_size=1, max_size=3), max_size=5),
)
def test_keyset_pages_show_each_row_once_whatever_is_added_meanwhile(held, limit, added):
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        store.inventory.write_rows(KEY, [Account(id=id_) for id_ in sorted(held)])
        seen: list[str] = []
        after = None
        while page := store.inventory.rows(KEY, "account", after=after, limit=limit):
            assert len(page) <= limit
            seen += [row.id for row in page]
            after = seen[-1]
            store.inventory.write_rows(KEY, [Account(id=id_) for id_ in added])
        assert len(seen) == len(set(seen))
        assert set(seen) >= held
        assert seen == sorted(seen, key=lambda t: t.encode("utf-8", "surrogatepass"))


def test_a_page_can_end_its_partition_in_the_same_transaction(store):
    first = listed(store, "list-files", {"a": [File(id="1"), File(id="2")]})
    listing = store.partitions.open_listing(KEY, "list-files", roots=[Partition(key="a")], fresh=True)
    [part] = store.partitions.claim_some(listing, 5)
    assert store.inventory.write_page(listing, part, [File(id="2")], None, ends=True) == 1
    assert (first, store.inventory.end_listing(listing), ids(store, "file")) == (0, 0, ["2"])


def test_several_parts_are_claimed_at_once_most_exposed_first(store):
    roots = [Partition(key=key, exposure=level) for key, level in (("a", 3), ("b", 0), ("c", 2))]
    listing = store.partitions.open_listing(KEY, "list-files", roots=roots, fresh=True)
    assert [part.partition.key for part in store.partitions.claim_some(listing, 2)] == ["b", "c"]
    assert [part.partition.key for part in store.partitions.claim_some(listing, 2)] == ["a"]
    assert store.partitions.claim_some(listing, 2) == []


def test_the_rest_of_what_begins_alike_is_gone_unless_the_same_page_holds_it(store):
    listed(store, "list-memberships", {"": [Membership(id=one) for one in ("g1/a", "g1/b", "g10/a", "g2/a")]})
    page = [Membership(id="g1/b"), Membership(id="g1/c"), Gone(kind="membership", id="g1/", rest=True)]
    assert store.inventory.write_changes(KEY, page, feed="on", cursor="7") == 1
    assert ids(store, "membership") == ["g1/b", "g1/c", "g10/a", "g2/a"]
    page = [Gone(kind="membership", id="g2/", rest=True)]
    assert store.inventory.write_changes(KEY, page, feed="on", cursor="8") == 1
    assert ids(store, "membership") == ["g1/b", "g1/c", "g10/a"]


def test_what_a_feed_told_of_one_kind_is_not_ended_by_the_listing_of_another(store, clock):
    store.inventory.write_changes(KEY, [Membership(id="g/a"), Share(id="f/1")], feed="on", cursor="1")
    clock[0] = 2000
    listed(store, "list-files", {"": [File(id="f")]})
    end_whole(store, "list-files", [File(id="f")])
    assert (ids(store, "membership"), ids(store, "share")) == (["g/a"], ["f/1"])
    end_whole(store, "list-memberships", [])
    assert (ids(store, "membership"), ids(store, "share")) == ([], ["f/1"])


def end_whole(store, ability, rows):
    listing = store.partitions.open_listing(KEY, ability, fresh=True)
    part = store.partitions.claim(listing)
    store.inventory.write_page(listing, part, rows, None)
    store.inventory.end_partition(listing, part)
    store.inventory.end_listing(listing)
