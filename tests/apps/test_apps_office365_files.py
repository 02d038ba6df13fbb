"""Office 365, files: what is listed, how far it is open, what changed, and at what price."""

from __future__ import annotations

import base64
from itertools import pairwise

import httpx
import pytest
from office365_desk import ANN, BOB, MY, SITE, WHEN, Desk, fail, opened, rows

from casb_cli.apps.office365 import mapping_files as shapes
from casb_cli.apps.office365.quickxor import QuickXor, quickxor
from casb_cli.core import clock
from casb_cli.core.capabilities import Unscannable
from casb_cli.core.errors import CursorExpired, ObjectMissing, ScopeMissing
from casb_cli.core.models import ROOT, File, Gone, Share
from casb_cli.core.refs import local

VECTORS = (
    ("", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ("Sg==", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
    ("eAV52qE=", "eChAHrQRCgAAAAAABQAAAAAAAAA="),
    ("T6LYJIfDh81JrAK309H2JMJTXis=", "zBTHrspn3mEcohlJdIUAbjGNaNg="),
    ("DWAAX5/CIfrmErgZa8ot6ZraeSbu", "LR2Z0PjuRYGKQB/mhQAuMrAGZbQ="),
    (
        (
            "PfxMcUd0vIW6VbHG/uj/Y0W6qEoKmyBD0nYebEKazKaKG+UaDqBEcmQjbfQeVnVLuodMoPp7P7TR1htX5n2VnkHh22xDyoJ8C/ZQKiSN"
            "qQfXvh83judf4RVr9exJCud8Uvgip6aVZTaPrJHVjQhMCp/dEnGvqg0oN5OVkM2qqAXvA0teKUDhgNM71sDBVBCGXxNOR2bpbD1iM4dn"
            "uT0ey4L+loXEHTL0fqMeUcEi2asgImnlNakwenDzz0x57aBwyq3AspCFGB1ncX4yYCr/OaCcS5OKi/00WH+wNQU3"
        ),
        "QX/YEpG0gDsmhEpCdWhsxDzsfVE=",
    ),
)
"""Known answers, as rclone holds its own to them: content and hash, both base64."""


@pytest.fixture
def desk():
    desk = Desk()
    desk.put("b!ann", "f1", None, "Plans", folder=True)
    desk.put("b!ann", "a1", "f1", content=b"hello")
    desk.put("b!ann", "a2")
    desk.put("b!lib", "l1", by="u-bob")
    return desk


def by_id(found):
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


@pytest.mark.parametrize(("content", "expected"), VECTORS)
@pytest.mark.parametrize("size", [1, 7, 160, 1000])
def test_the_checksum_is_microsofts(content, expected, size):
    data = base64.b64decode(content)
    hashed = QuickXor()
    for start in range(0, len(data), size):
        hashed.update(data[start : start + size])
    assert hashed.text == expected == quickxor(data)


def test_every_file_of_every_drive_is_listed_once(desk):
    found, notices = rows(opened(desk).list_files)
    files = by_id(found)
    assert set(files) == {"b!ann/a1", "b!ann/a2", "b!lib/l1"}
    assert notices == []
    one = files["b!ann/a1"]
    assert (one.path, one.owner, one.owner_ref) == ("/Plans/a1.txt", ANN, "account:u-ann")
    assert (one.size, one.mime, one.modified, one.trashed) == (5, "text/plain", WHEN, False)
    assert one.hash == f"quickxor:{quickxor(b'hello')}"
    assert (one.product, one.sharing) == ("onedrive", "private")
    lib = files["b!lib/l1"]
    assert (lib.owner, lib.owner_ref) == (BOB, "account:u-bob")
    assert (lib.product, lib.sharing) == ("teams", "internal")
    assert lib.profile == {"library": "https://contoso.sharepoint.com/sites/Plans/Freigegebene%20Dokumente"}


def test_drives_are_found_twenty_sites_a_request(desk):
    for number in range(45):
        id_ = f"contoso.sharepoint.com,x{number},y"
        desk.site(id_, f"https://contoso.sharepoint.com/sites/x{number}", f"x{number}")
        desk.drive(f"b!x{number}", id_, "documentLibrary", {}, "Documents", "Shared Documents")
    parts, notices = opened(desk).all_drives()
    assert (len(parts), notices) == (47, [])  # the quarantine's is none
    assert desk.batches == 3  # 48 sites


def test_a_folder_that_comes_after_its_files_is_looked_up(desk):
    desk.small = 1
    desk.touch("b!ann", "f1")
    files = by_id(rows(opened(desk).list_files)[0])
    assert files["b!ann/a1"].path == "/Plans/a1.txt"


@pytest.mark.parametrize(
    ("link", "to", "expected"),
    [
        (("anonymous", "view"), None, "public"),
        (("organization", "edit"), None, "internal"),
        (("users", "view"), [BOB], "internal"),
        (("users", "view"), ["eve@other.example"], "external"),
        (None, BOB, "internal"),
        (None, "eve@other.example", "external"),
        (None, {"loginName": "i:0#.f|membership|x_y.z#ext#@contoso.onmicrosoft.com"}, "external"),
        (None, {"loginName": "c:0-.f|rolemanager|spo-grid-all-users/t"}, "internal"),
        (None, {"loginName": "c:0(.s|true"}, "external"),
        (None, {"id": "u-eve", "displayName": "Eve"}, "external"),
        (None, {"id": "u-bob", "displayName": "Bob"}, "internal"),
    ],
)
@pytest.mark.parametrize("on", ["a1", "f1"])
def test_how_far_a_file_is_open(desk, link, to, expected, on):
    """Whether the permission stands on the file or on the folder above it."""
    kind = "siteUser" if isinstance(to, dict) and "loginName" in to else "user"
    desk.share("b!ann", on, "p1", link=link, to=to, kind=kind)
    files = by_id(rows(opened(desk).list_files)[0])
    assert files["b!ann/a1"].sharing == expected
    assert files["b!ann/a2"].sharing == "private"
    [share] = rows(opened(desk).list_shares)[0]
    assert share.sharing == expected
    assert share.file_ref == f"{'folder' if on == 'f1' else 'file'}:b!ann/{on}"


def test_the_owners_own_permission_is_no_share_and_opens_nothing(desk):
    desk.share("b!ann", "a1", "p1", to=ANN, roles=["owner"])
    assert rows(opened(desk).list_shares)[0] == []
    assert by_id(rows(opened(desk).list_files)[0])["b!ann/a1"].sharing == "private"


def test_shares_tell_who_what_and_until_when(desk):
    ends = "2026-12-24T00:00:00Z"
    desk.share("b!ann", "a1", "p1", link=("anonymous", "edit"), roles=["write"], expirationDateTime=ends)
    desk.share("b!ann", "a1", "p2", to=BOB, roles=["read", "write"])
    group = {"displayName": "Plans Owners", "loginName": "Plans Owners"}
    desk.share("b!lib", "root-b!lib", "p3", to=group, roles=["owner"], kind="siteGroup")
    shares = by_id(rows(opened(desk).list_shares)[0])
    assert set(shares) == {"b!ann/a1/p1", "b!ann/a1/p2", "b!lib/root-b!lib/p3"}
    link, bob, owners = shares["b!ann/a1/p1"], shares["b!ann/a1/p2"], shares["b!lib/root-b!lib/p3"]
    assert (link.kind, link.who, link.role, link.expires) == ("link", "anyone", "write", ends)
    assert (bob.kind, bob.who, bob.role, bob.sharing) == ("user", BOB, "write", "internal")
    assert (owners.kind, owners.who, owners.role, owners.file) == ("group", "Plans Owners", "owner", "/")


def test_permissions_are_asked_for_only_where_the_listing_does_not_tell(desk):
    desk.share("b!ann", "a1", "p1", link=("anonymous", "view"))
    rows(opened(desk).list_files)
    asked = [call[1] for call in desk.calls if call[1].endswith("/permissions")]
    assert asked == ["/drives/b!lib/items/root-b!lib/permissions"]


@pytest.fixture
def deep(desk):
    """A folder shared with a guest that holds files and folders, and among them files with a sharing of their own."""
    desk.put("b!ann", "g1", "f1", "Inner", folder=True)
    desk.put("b!ann", "g2", "g1", "Innermost", folder=True)
    for number in range(30):
        desk.put("b!ann", f"deep{number}", "g2")
    desk.share("b!ann", "f1", "p1", to="eve@other.example")
    desk.share("b!ann", "g2", "p2", to=BOB)
    desk.share("b!ann", "deep7", "p3", link=("anonymous", "view"))
    desk.share("b!ann", "deep8", "p4", to=BOB)
    return desk


FULL = ("Sites.FullControl.All",)


def asked_permissions(desk):
    return sorted(call[1].split("/")[4] for call in desk.calls if call[1].endswith("/permissions"))


def test_with_full_control_sharing_that_is_inherited_is_asked_for_where_it_stands(deep):
    plainly = by_id(rows(opened(deep).list_files)[0])
    deep.calls.clear()
    files = by_id(rows(opened(deep, own=FULL).list_files)[0])
    assert {id_: one.sharing for id_, one in files.items()} == {id_: one.sharing for id_, one in plainly.items()}
    assert files["b!ann/deep1"].sharing == "external", "the folder above the folder above it lets a guest in"
    assert files["b!ann/deep7"].sharing == "public"
    assert asked_permissions(deep) == ["deep8", "f1", "g2", "root-b!lib"]
    assert files["b!ann/a2"].sharing == "private"


def test_with_full_control_shares_are_looked_for_where_they_stand(deep):
    plainly = by_id(rows(opened(deep).list_shares)[0])
    deep.calls.clear()
    assert by_id(rows(opened(deep, own=FULL).list_shares)[0]) == plainly
    assert set(plainly) == {"b!ann/f1/p1", "b!ann/g2/p2", "b!ann/deep7/p3", "b!ann/deep8/p4"}
    assert asked_permissions(deep) == ["deep7", "deep8", "f1", "g2", "root-b!lib"]


def test_with_full_control_a_walk_that_goes_on_knows_what_is_above(deep):
    deep.small = 5
    office = opened(deep, own=FULL)
    whole = by_id(rows(office.list_files)[0])
    part = next(one for one in office.all_drives()[0] if one.key == "drive:b!ann")
    pages = list(office.list_files(part, None))
    assert len(pages) > 5
    for place, page in enumerate(pages[:-1]):
        rest = [row for more in opened(deep, own=FULL).list_files(part, page.cursor) for row in more.items]
        assert {one.id for one in rest} == {one.id for later in pages[place + 1 :] for one in later.items}
        assert all(one == whole[one.id] for one in rest), place


def test_what_inherits_no_more_is_asked_for_itself(deep):
    deep.items["b!ann", "deep9"]["unique"] = True
    rows(opened(deep, own=FULL).list_files)
    assert "deep9" in asked_permissions(deep)


def test_what_a_library_is_open_to_as_a_whole_counts_for_all_in_it(desk):
    office = opened(desk)
    start = office.follow_start()
    desk.share("b!lib", "root-b!lib", "p1", to="eve@other.example")
    assert by_id(rows(opened(desk).list_files)[0])["b!lib/l1"].sharing == "external"
    _, again, cursor, _ = followed(office, start)
    assert again == ["drive:b!lib"], "its files are as open as before"
    desk.touch("b!lib", "l1", content=b"new")
    items, again, _, _ = followed(office, cursor)
    assert ([one.sharing for one in items], again) == (["external"], [])


def test_a_locked_site_is_told_and_stops_nothing(desk):
    desk.locked.add(MY)
    found, notices = rows(opened(desk).list_files)
    assert set(by_id(found)) == {"b!lib/l1"}
    assert [one.code for one in notices] == ["unreachable"]
    # What it held is kept: its partition says so alone, and the one above says nothing of it.
    above = list(opened(desk).list_files(ROOT, None))
    assert [notice for page in above for notice in page.notices] == []


def test_a_missing_permission_is_an_error_and_no_empty_company(desk):
    desk.refused["/drives$"] = fail(403, "accessDenied", "Access denied")
    with pytest.raises(ScopeMissing):
        rows(opened(desk).list_files)


def test_with_a_person_signed_in_the_rest_is_told(desk):
    found, notices = rows(opened(desk, method="device").list_files)
    assert "b!ann/a1" in by_id(found[:2])
    assert [one.code for one in notices][:1] == ["not-visible"]


def test_content_comes_from_the_content_host_without_a_credential(desk):
    office = opened(desk)
    [file] = [one for one in rows(office.list_files)[0] if one.id == "b!ann/a1"]
    with office.read_file(file) as chunks:
        assert b"".join(chunks) == b"hello"


@pytest.mark.parametrize(("more", "reason"), [({"malware": True}, "malware"), ({"package": "oneNote"}, "no-content")])
def test_what_has_no_readable_content_says_why_and_is_not_asked_for(desk, more, reason):
    desk.put("b!ann", "odd", **more)
    office = opened(desk)
    file = by_id(rows(office.list_files)[0])["b!ann/odd"]
    with pytest.raises(Unscannable) as caught, office.read_file(file):
        pass
    assert caught.value.reason == reason
    assert not [call for call in desk.calls if call[1].endswith("/content")]


def test_malware_that_is_found_meanwhile_and_a_lock_say_so(desk):
    office = opened(desk)
    file = by_id(rows(office.list_files)[0])["b!ann/a1"]
    desk.touch("b!ann", "a1", malware=True)
    with pytest.raises(Unscannable) as caught, office.read_file(file):
        pass
    assert caught.value.reason == "malware"
    desk.refused["/content$"] = fail(423, "resourceLocked", "checked out")
    with pytest.raises(Unscannable) as caught, office.read_file(file):
        pass
    assert caught.value.reason == "locked"


def test_one_file_is_found_as_its_listing_shows_it_with_its_label(desk):
    desk.share("b!ann", "f1", "p1", link=("organization", "view"))
    desk.touch("b!ann", "a1", label="L1")
    listed = by_id(rows(opened(desk).list_files)[0])["b!ann/a1"]
    found = opened(desk).find_file("b!ann/a1")
    mine = {"library": "https://contoso-my.sharepoint.com/personal/ann/Documents"}
    assert found.profile == {**mine, "sensitivity_label": "Confidential"}
    assert listed.profile == mine
    assert (found.path, found.sharing, found.owner, found.product) == ("/Plans/a1.txt", "internal", ANN, "onedrive")
    labelled = by_id(rows(opened(desk, sensitivity_labels="yes").list_files)[0])
    assert labelled["b!ann/a1"].profile == {**mine, "sensitivity_label": "Confidential"}
    assert labelled["b!ann/a2"].profile == mine


@pytest.mark.parametrize("id_", ["b!ann/none", "nothing", "b!ann/", "a/b/c", f"{SITE}/x"])
def test_an_id_of_nothing_is_missing(desk, id_):
    with pytest.raises(ObjectMissing):
        opened(desk).find_file(id_)


def test_the_recycle_bins_are_listed_through_sharepoint(desk):
    office = opened(desk)
    desk.delete("b!ann", "a1")
    found, notices = rows(office.list_trash)
    [one] = found
    assert notices == []
    assert (one.id, one.name, one.path) == (f"{MY}/bin-1", "a1.txt", "/personal/ann/Documents/Plans/a1.txt")
    assert (one.size, one.trashed, one.product) == (5, True, "onedrive")
    asked = [call[1] for call in desk.calls if "RecycleBin" in call[1]]
    assert "/sites/casb-quarantine/_api/site/RecycleBin" not in asked


def test_the_root_sites_bin_is_asked_for_by_the_name_that_its_permission_is_known_by(desk):
    call = opened(desk).rest("GET", "https://contoso.sharepoint.com/", "_api/site/RecycleBin")
    same = opened(desk).rest("GET", "https://contoso.sharepoint.com/sites/Plans", "_api/site/RecycleBin")
    assert call.name == same.name
    assert call.target == "/_api/site/RecycleBin"


def test_with_a_secret_the_recycle_bins_are_listed_through_graph(desk):
    entry = {"id": "e1", "name": "old.txt", "size": 3, "deletedFromLocation": "personal/ann/Documents"}
    desk.refused[r"recycleBin/items"] = httpx.Response(200, json={"value": [entry]})
    found, _ = rows(opened(desk, method="secret").list_trash)
    assert f"{MY}/e1" in by_id(found)
    assert not [call for call in desk.calls if "_api" in call[1]]


# Changes


def followed(office, cursor):
    pages = list(office.follow_files(ROOT, cursor))
    items = [item for page in pages for item in page.items]
    again = [part.key for page in pages for part in page.more if part.key.startswith("drive:")]
    return items, again, pages[-1].cursor, pages


def bins(pages):
    return [part.key for page in pages for part in page.more if part.key.startswith("bin:")]


def test_changes_are_followed_from_where_they_were_left(desk):
    office = opened(desk)
    start = office.follow_start()
    assert followed(office, start)[:2] == ([], [])
    desk.touch("b!ann", "a1", content=b"new")
    desk.put("b!lib", "l2")
    items, again, cursor, _ = followed(office, start)
    assert {one.id for one in items} == {"b!ann/a1", "b!lib/l2"}
    assert again == []
    assert next(one for one in items if one.id == "b!ann/a1").path == "/Plans/a1.txt"
    assert followed(office, cursor)[:2] == ([], [])


def test_what_was_deleted_is_gone_and_what_is_unknown_has_its_drive_listed_anew(desk):
    office = opened(desk)
    kept = by_id(rows(office.list_files)[0])
    office.recall = lambda kind, id_: kept.get(id_) if kind == "file" else None
    start = office.follow_start()
    desk.forget("b!ann", "a1")
    items, again, cursor, _ = followed(office, start)
    assert items == [Gone(kind="file", id="b!ann/a1")]
    assert again == []
    desk.forget("b!ann", "f1")
    assert followed(office, cursor)[1] == ["drive:b!ann"]


def test_the_bin_of_a_site_is_looked_at_again_where_something_was_deleted_or_came_back(desk):
    office = opened(desk)
    kept = by_id(rows(office.list_files)[0])
    office.recall = lambda kind, id_: kept.get(id_) if kind == "file" else None
    start = office.follow_start()
    desk.touch("b!ann", "a1", content=b"new")
    desk.put("b!lib", "l2", created=clock.text(clock.now()))
    _, _, cursor, pages = followed(office, start)
    assert bins(pages) == []
    desk.forget("b!ann", "a1")
    _, _, cursor, pages = followed(office, cursor)
    assert bins(pages) == [f"bin:{MY}"]
    del kept["b!ann/a1"]
    desk.put("b!ann", "a1", created="2025-01-01T00:00:00Z")
    _, _, cursor, pages = followed(office, cursor)
    assert bins(pages) == [f"bin:{MY}"]
    assert [one.key for one in office.relists(pages[0].more[0])] == ["list-trash"]


def test_with_full_control_the_feed_tells_shares_too(desk):
    office = opened(desk, own=("Sites.FullControl.All", "Files.Read.All"))
    assert [one.key for one in office.keeps_fresh()] == ["list-shares", "list-trash"]
    assert [one.key for one in opened(desk).keeps_fresh()] == ["list-trash"]
    start = office.follow_start()
    desk.share("b!lib", "l1", "p9", to="eve@other.example")
    items, again, _, _ = followed(office, start)
    assert again == []
    [share] = [one for one in items if isinstance(one, Share)]
    assert (share.id, share.sharing, share.file_ref) == ("b!lib/l1/p9", "external", local("file", "b!lib/l1"))
    assert Gone(kind="share", id="b!lib/l1/", rest=True) in items
    assert [one.sharing for one in items if isinstance(one, File)] == ["external"]


def test_a_renamed_folder_has_its_drive_listed_anew_and_a_new_one_has_not(desk):
    office = opened(desk)
    start = office.follow_start()
    desk.put("b!ann", "f2", None, "New", folder=True, created=WHEN)
    desk.put("b!ann", "a3", "f2")
    items, again, cursor, _ = followed(office, start)
    assert [(one.id, one.path) for one in items] == [("b!ann/a3", "/New/a3.txt")]
    assert again == []
    desk.touch("b!ann", "f1", name="Renamed")
    assert followed(office, cursor)[1] == ["drive:b!ann"]


def test_an_expired_position_costs_its_own_drive_only(desk):
    office = opened(desk)
    start = office.follow_start()
    token = str(desk.now)
    desk.put("b!lib", "l2")
    desk.expired.add(token)
    # Both drives began at the same moment: both are listed anew, and go on from now.
    items, again, cursor, _ = followed(office, start)
    assert (items, set(again)) == ([], {"drive:b!ann", "drive:b!lib"})
    desk.expired.clear()
    assert followed(office, cursor)[:2] == ([], [])


def test_a_new_drive_is_listed_and_one_that_went_is_gone(desk):
    office = opened(desk)
    start = office.follow_start()
    desk.drive("b!new", SITE, "documentLibrary", {}, "New", "New")
    _, again, cursor, _ = followed(office, start)
    assert again == ["drive:b!new"]
    del desk.drives["b!new"]
    items, _, _, _ = followed(office, cursor)
    assert items == [Gone(kind="partition", id="drive:b!new")]


def test_a_site_that_is_locked_for_a_while_loses_nothing(desk):
    office = opened(desk)
    start = office.follow_start()
    desk.locked.add(MY)
    desk.touch("b!ann", "a1", content=b"new")
    items, _, cursor, pages = followed(office, start)
    assert items == []
    assert [notice.code for page in pages for notice in page.notices] == ["unreachable"]
    desk.locked.clear()
    assert [one.id for one in followed(office, cursor)[0]] == ["b!ann/a1"]


def test_a_look_at_the_feed_costs_little_however_many_drives_there_are(desk):
    for number in range(50):
        desk.drive(f"b!{number}", SITE, "documentLibrary", {}, f"L{number}", f"L{number}")
    office = opened(desk)
    office.follow_look()
    assert len([call for call in desk.calls if "/delta" in call[1]]) <= 1
    assert len(desk.calls) <= 6


def test_a_drive_that_went_is_gone_though_another_site_is_locked(desk):
    office = opened(desk)
    desk.drive("b!new", SITE, "documentLibrary", {}, "New", "New")
    start = office.follow_start()
    desk.locked.add(MY)
    del desk.drives["b!new"]
    items, _, cursor, _ = followed(office, start)
    assert items == [Gone(kind="partition", id="drive:b!new")]
    assert followed(office, cursor)[0] == []


def test_an_unreadable_position_is_an_expired_one(desk):
    with pytest.raises(CursorExpired):
        list(opened(desk).follow_files(ROOT, "rubbish"))


def test_all_pages_of_a_delta_are_read_and_the_last_word_counts(desk):
    office = opened(desk)
    start = office.follow_start()
    desk.small = 1
    for name in ("x", "y", "z"):
        desk.put("b!ann", name)
    items, _, cursor, _ = followed(office, start)
    assert {one.id for one in items} == {"b!ann/x", "b!ann/y", "b!ann/z"}
    assert followed(office, cursor)[0] == []


def test_sharing_changes_are_asked_for_only_where_they_may_be_read(desk):
    for own, expected in ((("Files.Read.All",), False), (("Sites.FullControl.All",), True)):
        headers = opened(desk, own=own).delta_headers()
        assert ("deltashowsharingchanges" in headers["Prefer"]) is expected
        assert "deltaExcludeParent" in headers["Prefer"]


def test_a_second_look_at_one_percent_costs_at_most_three_percent(desk):
    """Counted as requests on the wire, content included: 40 drives of 100 files, of which 40 changed."""
    for number in range(40):
        id_ = f"contoso.sharepoint.com,x{number},y"
        desk.site(id_, f"https://contoso.sharepoint.com/sites/x{number}", f"x{number}")
        desk.drive(f"b!x{number}", id_, "documentLibrary", {}, "Documents", "Shared Documents")
        for file in range(100):
            desk.put(f"b!x{number}", f"x{number}-{file}", content=b"text")

    sent = 0

    def counted(request):
        nonlocal sent
        sent += 1
        return desk(request)

    office = opened(counted)
    start = office.follow_start()
    files = by_id(rows(office.list_files)[0])
    rows(office.list_shares)
    for file in files.values():
        with office.read_file(file) as chunks:
            assert b"".join(chunks) is not None
    first, sent = sent, 0
    office.recall = lambda kind, id_: files.get(id_) if kind == "file" else None
    for number in range(40):
        desk.touch(f"b!x{number}", f"x{number}-7", content=b"other")
    items, again, _, _ = followed(office, start)
    rows(office.list_shares)
    for file in items:
        assert isinstance(file, File)
        with office.read_file(file) as chunks:
            assert b"".join(chunks) == b"other"
    assert (len(items), again) == (40, [])
    assert sent <= 0.03 * first, (sent, first)


def test_ids_are_split_where_they_are_joined():
    for drive, item in pairwise(["b!a-_", "01AB", "x"]):
        assert shapes.split_id(shapes.file_id(drive, item)) == (drive, item)
    assert shapes.split_id("one") == ("", "")
