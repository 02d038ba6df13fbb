"""Google Workspace, Drive: what is listed as whom, what a file's openness is, and what changes."""

from __future__ import annotations

import hashlib
import json
import tracemalloc

import httpx
import pytest
from google_drive_desk import ADMIN, ANN, BOB, EVE, FOLDER, Desk, fail, opened, rows

from casb_cli.apps.google_workspace import changes, hints, positions
from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.hints import Asked
from casb_cli.core.capabilities import Unscannable
from casb_cli.core.errors import CursorExpired, ObjectMissing
from casb_cli.core.models import ROOT, File, Gone, Partition

DOC = "application/vnd.google-apps.document"


@pytest.fixture
def desk():
    desk = Desk()
    desk.add("f1", ANN, mime=FOLDER, name="Plans")
    desk.add("a1", ANN, "f1", content=b"hello")
    desk.add("a2", ANN)
    desk.add("b1", BOB)
    return desk


def by_id(found):
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def test_every_file_is_listed_once_under_its_owner(desk):
    desk.share("a1", who=BOB, role="writer")
    found, notices = rows(opened(desk).list_files)
    files = by_id(found)
    assert set(files) == {"a1", "a2", "b1"}
    assert notices == []
    assert files["a1"].path == "/Plans/a1.txt"
    assert (files["a1"].owner, files["a1"].owner_ref) == (ANN, "account:u-ann@example.com")
    assert files["a1"].hash == f"sha256:{hashlib.sha256(b'hello').hexdigest()}"
    assert files["a1"].size == 5
    assert files["a1"].modified == "2026-11-20T08:00:00Z"
    listings = [call for call in desk.calls if call[1] == "/drive/v3/files"]
    assert {call[3] for call in listings} == {ADMIN, ANN, BOB}
    assert all("'me' in owners" in call[2]["q"] for call in listings)


def test_folders_of_later_pages_are_known_for_the_paths_of_earlier_ones(desk):
    desk.shut["small"] = "x"
    desk.add("f2", ANN, "f1", FOLDER, name="Deep")
    desk.items = {"a3": None, **desk.items}
    desk.add("a3", ANN, "f2")
    files = by_id(rows(opened(desk).list_files)[0])
    assert files["a3"].path == "/Plans/Deep/a3.txt"
    assert files["a2"].path == "/a2.txt"


@pytest.mark.parametrize(
    ("permission", "level"),
    [
        ({}, "private"),
        ({"type_": "anyone"}, "public"),
        ({"type_": "anyone", "allowFileDiscovery": True}, "public"),
        ({"type_": "domain", "who": "example.com"}, "internal"),
        ({"type_": "domain", "who": "0abc.audience.googledomains.com"}, "internal"),
        ({"type_": "domain", "who": "other.test"}, "external"),
        ({"who": BOB}, "internal"),
        ({"who": EVE}, "external"),
        ({"type_": "group", "who": "all@other.test"}, "external"),
        ({"who": EVE, "deleted": True}, "private"),
        ({"type_": "anyone", "view": "published"}, "private"),
    ],
)
def test_a_permission_opens_a_file_and_all_below_a_folder(desk, permission, level):
    if permission:
        desk.share("f1", **permission)
    files = by_id(rows(opened(desk).list_files)[0])
    assert files["a1"].sharing == level
    assert files["a2"].sharing == "private"


def test_shared_drives_are_read_as_a_member_and_asked_only_where_a_file_has_shares_of_its_own(desk):
    desk.drive("D", {BOB: "organizer", ANN: "reader"}, "Team")
    desk.add("d0", drive="D", mime=FOLDER, name="Sub")
    for number in range(5):
        desk.add(f"d{number + 1}", parent="d0", drive="D")
    desk.share("d3", type_="anyone")
    google = opened(desk)
    found, _ = rows(google.list_files, Partition(key="drive:D", data={"drive": "D", "name": "Team"}))
    files = by_id(found)
    assert files["d1"].path == "/Team/Sub/d1.txt"
    assert files["d1"].owner == "Team"
    assert files["d1"].sharing == "internal"
    assert files["d3"].sharing == "public"
    asked = [call for call in desk.calls if call[1].endswith("/permissions")]
    assert [(call[1], call[3]) for call in asked] == [
        ("/drive/v3/files/D/permissions", ADMIN),
        ("/drive/v3/files/d3/permissions", BOB),
    ]


def test_an_outsider_in_a_shared_drive_opens_all_of_it(desk):
    desk.drive("D", {BOB: "organizer", EVE: "reader"}, "Team")
    desk.add("d1", drive="D")
    assert by_id(rows(opened(desk).list_files)[0])["d1"].sharing == "external"


def test_a_shared_drive_without_a_member_of_ours_is_told(desk):
    desk.drive("D", {EVE: "organizer"}, "Lost")
    found, notices = rows(opened(desk).list_files)
    assert set(by_id(found)) == {"a1", "a2", "b1"}
    [notice] = notices
    assert notice.code == "not-visible"
    assert "Lost" in notice.about


@pytest.mark.parametrize("reason", ["domainPolicy", "domainCannotUseApis"])
def test_a_user_without_drive_is_told_and_stops_nobody(desk, reason):
    desk.shut[BOB] = reason
    found, notices = rows(opened(desk).list_files)
    assert set(by_id(found)) == {"a1", "a2"}
    [notice] = notices
    assert notice.code == "unreachable"
    assert BOB in notice.about


def test_suspended_users_are_read_too(desk):
    desk.people[ANN]["suspended"] = True
    assert {"a1", "a2"} <= set(by_id(rows(opened(desk).list_files)[0]))


def test_a_drive_that_only_calls_itself_quarantine_is_listed(desk):
    desk.drive("X", {BOB: "organizer"}, "casb quarantine vault")
    desk.add("x1", drive="X")
    desk.drive("V", {ADMIN: "organizer"}, "casb quarantine vault")
    desk.add("v1", drive="V")
    files = by_id(rows(opened(desk).list_files)[0])
    assert "x1" in files
    assert "v1" not in files


def test_the_trash_is_apart(desk):
    desk.items["a2"] |= {"trashed": True, "explicitlyTrashed": True}
    google = opened(desk)
    assert set(by_id(rows(google.list_files)[0])) == {"a1", "b1"}
    [row] = rows(google.list_trash)[0]
    assert (row.id, row.trashed) == ("a2", True)


def test_a_file_is_found_by_its_id_alone_as_its_owner(desk):
    google = opened(desk)
    found = google.find_file("b1")
    assert (found.id, found.owner, found.path) == ("b1", BOB, "/b1.txt")
    with pytest.raises(ObjectMissing):
        google.find_file("nowhere")


def test_what_was_kept_of_a_file_spares_the_search(desk):
    google = opened(desk)
    google.recall = lambda kind, id_: File(id=id_, locator={"as": BOB})
    google.find_file("b1")
    assert [call[3] for call in desk.calls if call[1] == "/drive/v3/files/b1"] == [BOB]


# Shares


def test_a_share_is_told_where_it_stands_and_not_below(desk):
    desk.share("f1", who=BOB, role="writer")
    desk.share("a1", who=BOB, role="reader", expirationTime="2027-01-01T00:00:00.000Z")
    desk.share("a2", type_="anyone")
    desk.drive("D", {BOB: "organizer", EVE: "reader"}, "Team")
    desk.add("d1", drive="D")
    found, _ = rows(opened(desk).list_shares)
    shares = by_id(found)
    assert set(shares) == {
        f"f1/p-{BOB}",
        f"a1/p-{BOB}",
        "a2/anyoneWithLink",
        f"D/p-{BOB}",
        f"D/p-{EVE}",
    }
    folder, file, link = shares[f"f1/p-{BOB}"], shares[f"a1/p-{BOB}"], shares["a2/anyoneWithLink"]
    assert (folder.file_ref, folder.file, folder.role) == ("folder:f1", "/Plans", "writer")
    assert (file.file_ref, file.role, file.expires) == ("file:a1", "reader", "2027-01-01T00:00:00Z")
    assert (link.kind, link.who, link.sharing) == ("link", "anyone", "public")
    assert shares[f"D/p-{EVE}"].sharing == "external"


# Content


def content(google, file):
    with google.read_file(file) as chunks:
        return b"".join(chunks)


def test_content_is_read_as_its_owner(desk):
    google = opened(desk)
    file = by_id(rows(google.list_files)[0])["a1"]
    assert content(google, file) == b"hello"
    assert desk.calls[-1][2:] == ({"alt": "media", "supportsAllDrives": "true"}, ANN)


def exporting(desk, answers, *, link=None):
    """Let native documents be exported: `answers` by media type, bytes or the reason of a refusal."""

    def answer(request):
        path = request.url.path
        if path.endswith("/export"):
            found = answers[request.url.params["mimeType"]]
            return fail(403, found) if isinstance(found, str) else httpx.Response(200, content=found)
        if path.endswith("/download"):
            return httpx.Response(200, json={"name": "op1", "done": False})
        if path.endswith("/operations/op1"):
            return httpx.Response(200, json={"name": "op1", "done": True, "response": {"downloadUri": link}})
        if request.url.host == "doc-0.googleusercontent.com":
            assert "authorization" not in request.headers
            return httpx.Response(200, content=b"long")
        return desk(request)

    return answer


DOCX, PLAIN = shapes.EXPORTS[DOC]


@pytest.mark.parametrize(
    ("answers", "read"),
    [
        ({DOCX: b"docx"}, b"docx"),
        ({DOCX: "exportSizeLimitExceeded", PLAIN: b"plain"}, b"plain"),
        ({DOCX: "exportSizeLimitExceeded", PLAIN: "exportSizeLimitExceeded"}, b"long"),
    ],
)
def test_a_document_is_exported_as_full_as_google_gives_it(desk, answers, read):
    link = "https://doc-0.googleusercontent.com/x?e=1"
    google = opened(exporting(desk, answers, link=link))
    assert content(google, File(id="n1", mime=DOC, locator={"as": ANN})) == read


def test_a_link_to_another_host_is_not_followed(desk):
    refused = {DOCX: "exportSizeLimitExceeded", PLAIN: "exportSizeLimitExceeded"}
    google = opened(exporting(desk, refused, link="https://evil.test/x"))
    with pytest.raises(Unscannable) as told:
        content(google, File(id="n1", mime=DOC, locator={"as": ANN}))
    assert told.value.reason == "export-out-of-reach"


@pytest.mark.parametrize("kind", ["form", "site", "map"])
def test_what_google_exports_nothing_of_is_unscannable(desk, kind):
    with pytest.raises(Unscannable) as told:
        content(opened(desk), File(id="n1", mime=f"application/vnd.google-apps.{kind}", locator={"as": ANN}))
    assert told.value.reason == "no-content"


def test_client_side_encryption_is_told_without_a_call(desk):
    desk.items["a1"]["clientEncryptionDetails"] = {"encryptionState": "encrypted"}
    google = opened(desk)
    file = by_id(rows(google.list_files)[0])["a1"]
    before = len(desk.calls)
    with pytest.raises(Unscannable) as told:
        content(google, file)
    assert told.value.reason == "client-side-encrypted"
    assert len(desk.calls) == before


def test_a_native_document_has_neither_size_nor_hash(desk):
    desk.add("n1", ANN, mime=DOC, size="0")
    file = by_id(rows(opened(desk).list_files)[0])["n1"]
    assert (file.size, file.hash, file.version) == (None, None, "2026-11-20T08:00:00Z")


# Changes


def followed(google, cursor):
    items, more, notices = [], [], []
    for page in google.follow_files(ROOT, cursor):
        items += page.items
        more += page.more
        notices += page.notices
        cursor = page.cursor
    return items, [one.key for one in more], notices, cursor


def test_a_changed_file_is_told_as_its_owner_sees_it_and_the_next_round_is_empty(desk):
    google = opened(desk)
    start = google.follow_start()
    desk.share("a1", type_="anyone")
    desk.changes[ANN] = ["a1"]
    items, more, _, cursor = followed(google, start)
    assert [(one.id, one.sharing, one.path) for one in items] == [("a1", "public", "/Plans/a1.txt")]
    assert more == []
    assert followed(google, cursor)[0] == []


def test_of_many_feeds_those_are_asked_that_the_audit_trail_names(desk, monkeypatch):
    monkeypatch.setattr(hints, "FEW", 0)
    google = opened(desk)
    start = google.follow_start()
    desk.changes[ANN] = ["a1"]
    trail = {
        "id": {"time": "2026-11-22T08:00:00.000Z", "uniqueQualifier": "1", "applicationName": "drive"},
        "events": [{"name": "edit", "parameters": [{"name": "owner", "value": ANN.upper()}]}],
    }
    answers = {"/admin/reports/v1/activity/users/all/applications/drive": {"items": [trail]}}
    directory = desk.directory
    monkeypatch.setattr(
        desk, "directory", lambda path: httpx.Response(200, json=answers[path]) if path in answers else directory(path)
    )

    def asked():
        return {who for _, path, _, who in desk.calls if path == "/drive/v3/changes"}

    desk.calls.clear()
    items, _, _, cursor = followed(google, start)
    assert [one.id for one in items] == ["a1"]
    assert asked() == {ANN}
    # An hour after the last time that all were asked, all are.
    old = json.loads(cursor)
    old["asked"]["all"] = "2026-01-01T00:00:00Z"
    desk.calls.clear()
    followed(google, json.dumps(old))
    assert asked() > {ANN}


def test_what_went_is_gone_and_what_only_left_me_is_not(desk):
    desk.share("a1", who=BOB)
    google = opened(desk)
    start = google.follow_start()
    kept = {one.id: one for one in rows(google.list_files)[0]}
    google.recall = lambda kind, id_: kept.get(id_) if kind == "file" else None
    desk.perms["a1"].clear()
    desk.changes[BOB] = ["a1", "b1"]
    del desk.items["b1"]
    desk.items["a2"]["trashed"] = True
    desk.changes[ANN] = ["a2"]
    items, *_ = followed(google, start)
    assert sorted(items, key=lambda one: one.id) == [Gone(kind="file", id="a2"), Gone(kind="file", id="b1")]


def test_a_changed_folder_has_its_drive_listed_anew(desk):
    google = opened(desk)
    start = google.follow_start()
    desk.changes[ANN] = ["f1"]
    assert followed(google, start)[1] == [f"user:u-{ANN}"]


def test_a_new_user_is_listed_and_one_who_left_is_gone(desk):
    google = opened(desk)
    start = google.follow_start()
    desk.people["new@example.com"] = {}
    del desk.people[BOB]
    items, more, *_ = followed(opened(desk), start)
    assert more == ["user:u-new@example.com"]
    assert items == [Gone(kind="partition", id=f"user:u-{BOB}")]


def test_a_round_that_stops_half_way_goes_on_with_the_feeds_it_had_not_read(desk, monkeypatch):
    monkeypatch.setattr(changes, "_BATCH", 1)
    monkeypatch.setattr(changes, "_LEAST", 1)
    desk.people["old@example.com"] = {}
    start = opened(desk).follow_start()
    desk.changes = {ANN: ["a1"], BOB: ["b1"]}
    desk.people["new@example.com"] = {}
    del desk.people["old@example.com"]
    pages = []
    for page in opened(desk).follow_files(ROOT, start):
        pages.append(page)
        if any(page.items):
            break
    [first] = pages[-1].items
    items, more, _, cursor = followed(opened(desk), pages[-1].cursor)
    told = {one.id for one in items if isinstance(one, File)}
    assert {first.id} | told == {"a1", "b1"}
    assert first.id not in told
    assert more == ["user:u-new@example.com"]
    assert [one for one in items if isinstance(one, Gone)] == [Gone(kind="partition", id="user:u-old@example.com")]
    assert followed(opened(desk), cursor)[0] == []


def test_the_positions_of_many_feeds_take_little_memory():
    tracemalloc.start()
    try:
        held = positions.Positions()
        for n in range(10_000):
            held.add(f"user:{n:021}", str(1_000_000 + n))
        cursor = positions.encode(Asked("2026-11-22T12:00:00Z", ""), held)
        read, _ = positions.decode(cursor)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(read), read.get(f"user:{7:021}")) == (10_000, "1000007")
    assert peak < 4 * 2**20  # lists and dictionaries of them: more than 8


def test_a_file_that_moved_to_a_shared_drive_is_there_and_not_gone(desk):
    desk.drive("D", {BOB: "organizer"}, "Team")
    google = opened(desk)
    start = google.follow_start()
    desk.items["a1"] |= {"driveId": "D", "parents": ["D"], "owner": None}
    desk.changes = {ANN: ["a1"], "D": ["a1"]}
    [row] = followed(google, start)[0]
    assert (row.id, row.path) == ("a1", "/Team/a1.txt")


def test_an_unreadable_position_is_an_expired_one(desk):
    with pytest.raises(CursorExpired):
        followed(opened(desk), "nonsense")


def test_a_user_without_drive_is_told_in_every_round(desk):
    desk.shut[BOB] = "domainPolicy"
    google = opened(desk)
    _, _, notices, cursor = followed(google, google.follow_start())
    assert [one.code for one in notices] == ["unreachable"]
    del desk.shut[BOB]
    assert followed(google, cursor)[1] == [f"user:u-{BOB}"]


def test_a_shared_drive_that_cannot_be_read_now_stops_no_other_feed_and_goes_on_later(desk):
    desk.drive("D", {BOB: "organizer", ANN: "organizer"}, "Team")
    desk.add("d1", drive="D")
    google = opened(desk)
    start = google.follow_start()
    desk.changes = {ANN: ["a1"], "D": ["d1"]}
    real, desk.get_changes_1 = desk.get_changes_1, None

    def refused(who, parts, query, body):
        return fail(404, "notFound") if query.get("driveId") else real(who, parts, query, body)

    desk.get_changes_1 = refused
    items, _, notices, cursor = followed(google, start)
    assert [one.id for one in items] == ["a1"]
    assert [one.code for one in notices] == ["not-visible"]
    desk.get_changes_1 = real
    assert [one.id for one in followed(google, cursor)[0]] == ["d1"]


def test_a_look_at_the_feed_asks_for_one_position_and_not_for_everybodys(desk):
    opened(desk).follow_look()
    asked = [call for call in desk.calls if call[1] == "/drive/v3/changes/startPageToken"]
    assert {call[3] for call in asked} == {ADMIN}
    assert len(asked) <= 2, "one My Drive, and one shared drive where there is one"


def test_equal_managers_share_the_reading_of_shared_drives_and_each_keeps_its_own(desk):
    for number in range(40):
        desk.drive(f"D{number}", {ANN: "organizer", BOB: "organizer", ADMIN: "writer"})
    google = opened(desk)
    readers = {f"D{number}": google.reader_of(f"D{number}") for number in range(40)}
    assert set(readers.values()) == {ANN, BOB}
    assert 10 <= list(readers.values()).count(ANN) <= 30
    assert readers == {drive: opened(desk).reader_of(drive) for drive in readers}
