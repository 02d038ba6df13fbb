"""The simulated Drive against the facts: who sees what, permissions from above, moves between drives, content."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import googlecalls
import pytest
from googlecalls import WORLD, Caller, admin, made

from casb_cli.sandbox.facts import LEAVER, OWNER, PUBLIC_PLACE, SERVICE, SUSPENDED
from casb_cli.sandbox.world import World

FILES = "/drive/v3/files"
NATIVE = "application/vnd.google-apps."
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FORCED = {"supportsAllDrives": "true", "useDomainAdminAccess": "true"}
SHARED = {"supportsAllDrives": "true"}


@pytest.fixture
def google():
    return made()


@pytest.fixture
def root(google):
    return admin(google)


@pytest.fixture
def leaver(google):
    return Caller(google, email(LEAVER))


def email(index):
    return WORLD.person(index).email


def everything(google, root, **query):
    """Return every file of the company: each My Drive as its owner, each shared drive as a member."""
    found = {}
    for index in WORLD.employees("google-workspace"):
        if index != SERVICE:
            found |= {row["id"]: row for row in Caller(google, email(index)).owned(**query)}
    for drive in root.pages("/drive/v3/drives", "drives", useDomainAdminAccess="true", pageSize=2):
        members = root.pages(f"{FILES}/{drive['id']}/permissions", "permissions", **FORCED, fields="*")
        organizer = next(m["emailAddress"] for m in members if m["role"] == "organizer")
        rows = Caller(google, organizer).pages(
            FILES, "files", corpora="drive", driveId=drive["id"], includeItemsFromAllDrives="true", **SHARED, **query
        )
        found |= {row["id"]: row for row in rows}
    return found


def binary(caller):
    """Return a file with bytes of the caller's own, in a folder and not in the trash."""
    rows = caller.owned(fields="nextPageToken,files(id,name,mimeType,trashed,parents)")
    folders = {r["id"] for r in rows if r["mimeType"] == f"{NATIVE}folder"}
    return next(
        r for r in rows if NATIVE not in r["mimeType"] and not r["trashed"] and folders.intersection(r["parents"])
    )


# Lists


def test_every_file_is_listed_once_by_its_owner_or_its_drive(google, root):
    rows = everything(google, root, fields="nextPageToken,files(id,name,mimeType,trashed,size,sha256Checksum)")
    files = [r for r in rows.values() if r["mimeType"] not in (f"{NATIVE}folder", f"{NATIVE}shortcut")]
    assert len([r for r in files if not r["trashed"]]) == WORLD.files + 2  # a form and a sealed file
    assert len([r for r in files if r["trashed"]]) == 12
    assert all(isinstance(r["size"], str) for r in files if not r["mimeType"].endswith(".form"))
    library = WORLD.library("google-workspace")
    sums = {hashlib.sha256(library.content(n)).hexdigest() for n in range(WORLD.files)}
    told = {r["sha256Checksum"] for r in files if "sha256Checksum" in r and r["name"] != "sealed.bin"}
    assert told < sums
    assert any(NATIVE in r["mimeType"] for r in files)
    assert all("sha256Checksum" not in r for r in files if NATIVE in r["mimeType"])


def test_only_some_fields_come_unless_asked_for(leaver):
    page = leaver("GET", FILES, q="'me' in owners", pageSize=2)
    assert set(page) == {"kind", "incompleteSearch", "files", "nextPageToken"}
    assert set(page["files"][0]) == {"kind", "id", "name", "mimeType"}
    page = leaver("GET", FILES, q="'me' in owners", fields="files(owners/emailAddress)")
    assert page["files"][0] == {"owners": [{"emailAddress": email(LEAVER)}]}
    assert leaver.refused("GET", FILES, fields="files(id") == (400, "invalidParameter")
    assert leaver.refused("GET", "/drive/v3/about") == (400, "required")


def test_searches(leaver):
    rows = leaver.owned(fields="nextPageToken,files(id,name,mimeType,trashed,modifiedTime,parents)")

    def ids(q):
        return {r["id"] for r in leaver.pages(FILES, "files", q=f"'me' in owners and {q}", pageSize=3)}

    assert ids("trashed = true") == {r["id"] for r in rows if r["trashed"]}
    folder = f"{NATIVE}folder"
    assert ids(f"mimeType='{folder}'") == {r["id"] for r in rows if r["mimeType"] == folder}
    assert ids(f"not mimeType='{folder}' and trashed=false") == {
        r["id"] for r in rows if r["mimeType"] != folder and not r["trashed"]
    }
    middle = sorted(r["modifiedTime"] for r in rows)[len(rows) // 2]
    assert ids(f"modifiedTime > '{middle}'") == {r["id"] for r in rows if r["modifiedTime"] > middle}
    [top] = [r for r in rows if r["name"] == "payroll"]
    inside = leaver.pages(FILES, "files", q=f"'{top['id']}' in parents and trashed=false")
    assert {r["id"] for r in inside} == {r["id"] for r in rows if top["id"] in r["parents"] and not r["trashed"]}
    assert top["parents"] == [leaver("GET", f"{FILES}/root")["id"]]
    assert leaver.refused("GET", FILES, q="nonsense") == (400, "invalid")


def test_admin_rights_open_no_files_and_a_shared_drive_needs_its_switch(google, root, leaver):
    mine = binary(leaver)
    stranger = Caller(google, email(SUSPENDED))
    private = next(r for r in leaver.owned(fields="nextPageToken,files(id,name,shared)") if not r["shared"])
    assert root.refused("GET", f"{FILES}/{private['id']}") == (404, "notFound")
    assert stranger.refused("GET", f"{FILES}/{private['id']}?supportsAllDrives=true") == (404, "notFound")
    assert leaver("GET", f"{FILES}/{mine['id']}")["id"] == mine["id"]
    assert Caller(google, email(SERVICE)).refused("GET", FILES) == (403, "domainPolicy")
    drive = next(d["id"] for d in leaver("GET", "/drive/v3/drives")["drives"])
    query = {"corpora": "drive", "driveId": drive}
    assert leaver.refused("GET", FILES, **query) == (400, "invalid")
    [first, *_] = leaver("GET", FILES, **query, **SHARED, includeItemsFromAllDrives="true")["files"]
    assert leaver.refused("GET", f"{FILES}/{first['id']}") == (404, "notFound")
    assert leaver("GET", f"{FILES}/{first['id']}", supportsAllDrives="true")["id"] == first["id"]
    assert root.refused("GET", FILES, **query, **SHARED, includeItemsFromAllDrives="true") == (404, "notFound")
    assert leaver.refused("GET", "/drive/v3/drives", useDomainAdminAccess="true") == (403, "forbidden")


# Permissions


def test_what_comes_from_above_stays_and_owners_stay(google):
    place = WORLD.library("google-workspace").place(PUBLIC_PLACE)
    owner = Caller(google, email(place.owner))
    rows = owner.owned(fields="nextPageToken,files(id,mimeType,trashed,permissions(id))")
    open_ones = [r for r in rows if {"id": "anyone"} in r["permissions"] and NATIVE not in r["mimeType"]]
    file = next(r for r in open_ones if not r["trashed"])
    where = f"{FILES}/{file['id']}/permissions"
    rows = {p["id"]: p for p in owner("GET", where, fields="*")["permissions"]}
    assert rows["anyone"]["allowFileDiscovery"] is True
    assert rows["anyone"]["permissionDetails"] == [{"permissionType": "file", "role": "commenter", "inherited": True}]
    assert owner.refused("DELETE", f"{where}/anyone") == (403, "cannotModifyInheritedPermission")
    assert owner.refused("PATCH", f"{where}/anyone", {"role": "reader"}) == (403, "cannotModifyInheritedPermission")
    [own] = [p["id"] for p in rows.values() if p["role"] == "owner"]
    assert owner.refused("DELETE", f"{where}/{own}") == (403, "cannotRemoveOwner")
    assert owner.refused("DELETE", f"{where}/12345") == (404, "notFound")
    given = owner("POST", where, {"type": "user", "role": "writer", "emailAddress": "guest@kestrel.test"})
    owner("PATCH", f"{where}/{given['id']}", {"role": "reader"})
    assert owner("GET", f"{where}/{given['id']}", fields="role,emailAddress") == {
        "role": "reader",
        "emailAddress": "guest@kestrel.test",
    }
    owner("DELETE", f"{where}/{given['id']}", expect=204)
    assert owner.refused("DELETE", f"{where}/{given['id']}") == (404, "notFound")
    anyone = {"type": "anyone", "role": "reader"}
    assert owner.refused("POST", where, anyone, sendNotificationEmail="false") == (400, "invalid")
    late = {"type": "user", "role": "reader", "emailAddress": "g@kestrel.test"}
    late["expirationTime"] = "2020-01-01T00:00:00Z"
    assert owner.refused("POST", where, late) == (400, "invalid")
    assert owner.refused("POST", where, {"type": "user", "role": "owner", "emailAddress": email(OWNER)})[0] == 403


def test_ownership_can_be_given_away_inside_the_company(google, root, leaver):
    file = binary(leaver)
    where = f"{FILES}/{file['id']}/permissions"
    give = {"type": "user", "role": "owner", "emailAddress": email(OWNER)}
    query = {"transferOwnership": "true", "moveToNewOwnersRoot": "true"}
    assert leaver.refused("POST", where, give, **query, sendNotificationEmail="false") == (400, "invalid")
    leaver("POST", where, give, **query)
    assert root("GET", f"{FILES}/{file['id']}", fields="owners/emailAddress,parents") == {
        "owners": [{"emailAddress": email(OWNER)}],
        "parents": [root("GET", f"{FILES}/root")["id"]],
    }
    rows = root("GET", where, fields="permissions(id,role,emailAddress)")["permissions"]
    [former] = [r for r in rows if r.get("emailAddress") == email(LEAVER)]
    assert former["role"] == "writer"
    root("DELETE", f"{where}/{former['id']}", expect=204)
    assert file["id"] not in {r["id"] for r in leaver.owned()}
    assert file["id"] in {r["id"] for r in root.owned()}


def test_of_overlapping_permission_changes_only_the_last_counts(google, leaver):
    where = f"{FILES}/{binary(leaver)['id']}/permissions"
    body = [{"type": "user", "role": "reader", "emailAddress": f"guest{n}@kestrel.test"} for n in range(2)]
    under_way = leaver.outcome("POST", where, body=json.dumps(body[0]).encode())
    leaver("POST", where, body[1])
    under_way.done()
    emails = [p.get("emailAddress") for p in leaver("GET", where, fields="permissions(emailAddress)")["permissions"]]
    assert "guest1@kestrel.test" in emails
    assert "guest0@kestrel.test" not in emails


def test_members_of_a_shared_drive_and_its_restrictions(google, root):
    drive = root("POST", "/drive/v3/drives", {"name": "case 12"}, requestId="r-1")
    assert root.refused("POST", "/drive/v3/drives", {"name": "case 12"}, requestId="r-1") == (409, "duplicate")
    where = f"{FILES}/{drive['id']}/permissions"
    assert root.refused("GET", where) == (404, "notFound")
    outsider = {"type": "user", "role": "reader", "emailAddress": "guest@kestrel.test"}
    root("PATCH", f"/drive/v3/drives/{drive['id']}", {"restrictions": {"domainUsersOnly": True}})
    assert root.refused("POST", where, outsider, **SHARED) == (403, "teamDriveDomainUsersOnlyRestriction")
    anyone = {"type": "anyone", "role": "reader"}
    assert root.refused("POST", where, anyone, **SHARED)[0] == 403
    suspended = {"type": "user", "role": "reader", "emailAddress": email(SUSPENDED)}
    assert root.refused("POST", where, suspended, **SHARED) == (400, "invalidSharingRequest")
    folder = root("POST", FILES, {"name": "in", "mimeType": f"{NATIVE}folder", "parents": [drive["id"]]}, **SHARED)
    [row] = root("GET", f"{FILES}/{folder['id']}/permissions", fields="*", **SHARED)["permissions"]
    assert row["permissionDetails"] == [
        {"permissionType": "member", "role": "organizer", "inherited": True, "inheritedFrom": drive["id"]}
    ]
    assert root.refused("DELETE", f"{FILES}/{folder['id']}/permissions/{row['id']}", **SHARED) == (
        403,
        "cannotModifyInheritedTeamDrivePermission",
    )
    assert root.refused("DELETE", f"/drive/v3/drives/{drive['id']}")[0] == 403


# Moves


def test_a_quarantine_from_my_drive_by_way_of_the_intake_and_back(google, root, leaver):
    fields = google.credentials()["service-account"].fields
    intake, vault = fields["intake_drive"], fields["quarantine_drive"]
    file = binary(leaver)
    where = f"{FILES}/{file['id']}"
    own = leaver("POST", f"{where}/permissions", {"type": "user", "role": "reader", "emailAddress": "g@kestrel.test"})
    move = {"addParents": intake, "removeParents": file["parents"][0], **SHARED}
    assert leaver.refused("PATCH", where, {}, **move) == (404, "notFound"), "the owner is no member of it yet"
    member = root(
        "POST",
        f"{FILES}/{intake}/permissions",
        {"type": "user", "role": "fileOrganizer", "emailAddress": email(LEAVER)},
        **FORCED,
        sendNotificationEmail="false",
    )
    leaver("PATCH", where, {}, **move)
    root("DELETE", f"{FILES}/{intake}/permissions/{member['id']}", **FORCED, expect=204)
    root("PATCH", where, {}, addParents=vault, removeParents=intake, **SHARED)
    assert leaver("GET", where, **SHARED), "the former owner keeps access as the file's creator"
    rows = root("GET", f"{where}/permissions", **SHARED, fields="*")["permissions"]
    direct = [p for p in rows if not p["permissionDetails"][0]["inherited"]]
    assert {p.get("emailAddress") for p in direct} >= {"g@kestrel.test", email(LEAVER)}
    assert own["id"] in {p["id"] for p in direct}
    for one in direct:
        root("DELETE", f"{where}/permissions/{one['id']}", **SHARED, expect=204)
    assert leaver.refused("GET", where, **SHARED) == (404, "notFound")
    assert root("GET", where, fields="driveId,owners", **SHARED) == {"driveId": vault}
    root(
        "POST",
        f"{FILES}/{vault}/permissions",
        {"type": "user", "role": "organizer", "emailAddress": email(LEAVER)},
        **FORCED,
    )
    leaver("PATCH", where, {}, addParents=file["parents"][0], removeParents=vault, **SHARED)
    back = leaver("GET", where, fields="parents,owners/emailAddress,driveId")
    assert back == {"parents": file["parents"], "owners": [{"emailAddress": email(LEAVER)}]}


def test_moves_that_drive_refuses(google, root, leaver):
    rows = leaver.owned(fields="nextPageToken,files(id,name,mimeType,trashed,parents)")
    intake = google.credentials()["service-account"].fields["intake_drive"]
    body = {"type": "user", "role": "writer", "emailAddress": email(LEAVER)}
    root("POST", f"{FILES}/{intake}/permissions", body, **FORCED)
    [folder] = [r for r in rows if r["name"] == "payroll"]
    trashed = next((r for r in rows if r["trashed"]), None)
    into = {"addParents": intake, **SHARED}
    assert leaver.refused("PATCH", f"{FILES}/{folder['id']}", {}, **into, removeParents=folder["parents"][0]) == (
        403,
        "teamDrivesFolderMoveInNotSupported",
    )
    assert trashed is not None
    assert leaver.refused("PATCH", f"{FILES}/{trashed['id']}", {}, **into, removeParents=trashed["parents"][0]) == (
        403,
        "cannotMoveTrashedItemIntoTeamDrive",
    )
    file = binary(leaver)
    assert leaver.refused("PATCH", f"{FILES}/{file['id']}", {}, **into) == (403, "cannotAddParent")
    leaver("PATCH", f"{FILES}/{file['id']}", {}, **into, removeParents=file["parents"][0])
    out = {"addParents": "root", "removeParents": intake, **SHARED}
    assert leaver.refused("PATCH", f"{FILES}/{file['id']}", {}, **out)[0] == 403, "only an organizer moves out"


# Content


def test_content_by_ranges_and_exports_of_native_documents(google, leaver):
    file = binary(leaver)
    data = leaver.raw("GET", f"{FILES}/{file['id']}?alt=media").body
    assert data == google.content(file["id"])
    part = leaver.raw("GET", f"{FILES}/{file['id']}?alt=media", headers={"Range": "bytes=5-9"})
    assert (part.status, part.body) == (206, data[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(data)}"
    assert leaver.raw("GET", f"{FILES}/{file['id']}?alt=media", headers={"Range": "bytes=999999-"}).status == 416
    for index in WORLD.employees("google-workspace"):
        caller = Caller(google, email(index))
        if index == SERVICE:
            continue
        rows = caller.owned()
        found = [r for r in rows if r["mimeType"] == f"{NATIVE}document"]
        if found:
            break
    native = found[0]["id"]
    assert caller.refused("GET", f"{FILES}/{native}?alt=media") == (403, "fileNotDownloadable")
    exported = caller.raw("GET", f"{FILES}/{native}/export?mimeType={DOCX}").body
    assert exported == google.content(native)
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(exported)).namelist()
    text = caller.raw("GET", f"{FILES}/{native}/export?mimeType=text/plain").body
    assert b"Larkspur" in text
    assert caller.refused("GET", f"{FILES}/{native}/export?mimeType=image/png") == (400, "badRequest")
    assert leaver.refused("GET", f"{FILES}/{file['id']}/export?mimeType={DOCX}") == (403, "fileNotExportable")
    [sealed] = [r for r in leaver.owned() if r["name"] == "sealed.bin"]
    assert leaver.refused("GET", f"{FILES}/{sealed['id']}?alt=media") == (403, "fileNotDownloadable")


def test_what_is_too_large_to_export_comes_by_an_operation():
    google = made(settings={"export_limit": "100"})
    for index in WORLD.employees("google-workspace"):
        caller = Caller(google, email(index))
        found = [] if index == SERVICE else [r for r in caller.owned() if r["mimeType"] == f"{NATIVE}document"]
        if found:
            break
    where = f"{FILES}/{found[0]['id']}"
    assert caller.refused("GET", f"{where}/export", mimeType=DOCX) == (403, "exportSizeLimitExceeded")
    name = caller("POST", f"{where}/download", mimeType=DOCX)["name"]
    assert caller("GET", f"/drive/v3/operations/{name}")["done"] is False
    done = caller("GET", f"/drive/v3/operations/{name}")
    assert done["response"]["partialDownloadAllowed"] is False
    uri = done["response"]["downloadUri"].removeprefix(google.urls["api"])
    assert Caller(google).raw("GET", uri).body == google.content(found[0]["id"])


def test_overwriting_keeps_revisions_until_they_are_deleted(google, leaver):
    file = binary(leaver)
    where = f"/upload{FILES}/{file['id']}"
    old = google.content(file["id"])
    reply = leaver.raw("PATCH", f"{where}?uploadType=media", headers={"Content-Type": "text/plain"}, body=b"gone")
    assert reply.status == 200
    assert google.content(file["id"]) == b"gone"
    [before, head] = leaver("GET", f"{FILES}/{file['id']}/revisions")["revisions"]
    data = leaver.raw("GET", f"{FILES}/{file['id']}/revisions/{before['id']}?alt=media").body
    assert data == old
    leaver("DELETE", f"{FILES}/{file['id']}/revisions/{before['id']}", expect=204)
    assert leaver.refused("DELETE", f"{FILES}/{file['id']}/revisions/{head['id']}") == (
        403,
        "cannotDeleteOnlyRevision",
    )
    assert leaver("GET", f"{FILES}/{file['id']}", fields="headRevisionId,md5Checksum") == {
        "headRevisionId": head["id"],
        "md5Checksum": hashlib.md5(b"gone", usedforsecurity=False).hexdigest(),
    }


def test_uploads_in_two_parts_and_in_chunks(google, leaver):
    body = b'--b\r\nContent-Type: application/json\r\n\r\n{"name":"a.txt"}\r\n'
    body += b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/related; boundary=b"}
    made_file = json.loads(leaver.raw("POST", f"/upload{FILES}?uploadType=multipart", headers=headers, body=body).body)
    assert google.content(made_file["id"]) == b"hello"
    data = bytes(range(256)) * 1200
    begun = leaver.raw("POST", f"/upload{FILES}?uploadType=resumable", body=b'{"name":"big.bin"}')
    target = begun.headers["location"].removeprefix(google.urls["api"])
    first = 256 << 10

    def put(start, end):
        told = {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
        return leaver.raw("PUT", target, headers=told, body=data[start:end])

    assert put(0, 1000).status == 400
    reply = put(0, first)
    assert (reply.status, reply.headers["range"]) == (308, f"bytes=0-{first - 1}")
    done = put(first, len(data))
    assert google.content(json.loads(done.body)["id"]) == data


# Trash and changes


def test_the_trash_takes_back_and_forgets(google, leaver):
    file = binary(leaver)
    where = f"{FILES}/{file['id']}"
    leaver("PATCH", where, {"trashed": True})
    events = google.snapshot()["events"]
    leaver("PATCH", where, {"trashed": True})
    assert google.snapshot()["events"] == events
    assert file["id"] in {r["id"] for r in leaver.pages(FILES, "files", q="'me' in owners and trashed=true")}
    leaver("PATCH", where, {"trashed": False})
    leaver("DELETE", where, expect=204)
    assert leaver.refused("GET", where) == (404, "notFound")


def test_each_account_and_shared_drive_has_its_own_log(google, root, leaver):
    drive = leaver("GET", "/drive/v3/drives")["drives"][0]["id"]
    own = {"driveId": drive, "includeItemsFromAllDrives": "true", **SHARED}
    start = leaver("GET", "/drive/v3/changes/startPageToken")["startPageToken"]
    [first, *_] = leaver("GET", FILES, corpora="drive", **own)["files"]
    file = binary(leaver)
    for name in ("one", "two"):
        leaver("PATCH", f"{FILES}/{file['id']}", {"name": name})
    leaver("POST", f"{FILES}/{first['id']}/permissions", {"type": "anyone", "role": "reader"}, **SHARED)
    page = leaver("GET", "/drive/v3/changes", pageToken=start, **SHARED, includeItemsFromAllDrives="true")
    assert [(c["fileId"], c["file"]["name"]) for c in page["changes"]] == [(file["id"], "two")], "each thing once"
    page = leaver("GET", "/drive/v3/changes", pageToken=start, **own)
    assert [c["fileId"] for c in page["changes"]] == [first["id"]], "an access change is in the drive's own log"
    again = leaver("GET", "/drive/v3/changes", pageToken=page["newStartPageToken"], **own)
    assert again["changes"] == []
    assert root.refused("GET", "/drive/v3/changes", pageToken=start, **own) == (404, "notFound")
    leaver("DELETE", f"{FILES}/{file['id']}", expect=204)
    [gone] = leaver("GET", "/drive/v3/changes", pageToken=start)["changes"]
    assert (gone["removed"], "file" in gone) == (True, False)


def test_half_a_million_files_cost_nothing_until_asked_for(monkeypatch):
    big = World(seed=3, people=50_000, files=500_000)
    monkeypatch.setattr(googlecalls, "WORLD", big)
    google = made()
    owner = Caller(google, big.person(big.library("google-workspace").place(PUBLIC_PLACE).owner).email)
    page = owner("GET", FILES, q="'me' in owners", pageSize=1000)
    assert len(page["files"]) > 500
    users = admin(google)("GET", "/admin/directory/v1/users", customer="my_customer", maxResults=500)
    assert len(users["users"]) == 500
    assert not google.state.items
