"""Google's Python client, from its own discovery documents, makes every call against the simulated Google Workspace."""

from __future__ import annotations

import os

import pytest

from casb_cli.core import clock
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

try:
    from google.auth.exceptions import RefreshError
    from googleapiclient.errors import HttpError
    from googleapiclient.http import MediaInMemoryUpload
    from googlesdk import AUDIT, DRIVE, Google, pages
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"Google's client is not installed: {error}", allow_module_level=True)

from casb_cli.apps.google_workspace.sandbox import build

WORLD = World(seed=17, people=40, files=120, events=240)
ALL = {"customer": "my_customer"}
ANY = {"supportsAllDrives": True}
NATIVE = "application/vnd.google-apps."


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def google():
    made = build(WORLD)
    with serve([made]):
        yield made


@pytest.fixture
def sdk(google):
    made = Google(google.credentials()["service-account"])
    yield made
    made.close()


@pytest.fixture
def vault(google, sdk):
    """The administrator's Drive, which opens the quarantine drives."""
    return sdk.drive(), google.credentials()["service-account"].fields


def logins(google):
    return {id_: row["login"] for id_, row in google.truth.rows("account").items() if row.get("status") == "active"}


def somebody(google, *, admin=False):
    """Return id and login of somebody active."""
    for id_, row in sorted(google.truth.rows("account").items()):
        if row["status"] == "active" and bool(row["is_admin"]) is admin and not row["external"]:
            return id_, row["login"]
    raise AssertionError("nobody")


def my_file(google, sdk):
    """Return id and owner's address of a file of some My Drive that has bytes of its own."""
    for id_, row in sorted(google.truth.rows("file").items()):
        if row.get("owner_ref") and row.get("hash"):
            names = "capabilities(canDownload),clientEncryptionDetails"
            told = sdk.drive(row["owner"]).files().get(fileId=id_, fields=names, **ANY).execute()
            if "clientEncryptionDetails" not in told:
                return id_, row["owner"]
    raise AssertionError("no such file")


def my_document(google, sdk):
    """Return id and owner's address of a document made in Google's own editor."""
    for login in sorted(logins(google).values()):
        query = f"'me' in owners and trashed=false and mimeType='{NATIVE}document'"
        try:
            found = sdk.drive(login).files().list(q=query, fields="files(id)").execute()["files"]
        except HttpError as error:
            if error.error_details[0]["reason"] != "domainPolicy":
                raise
            continue
        if found:
            return found[0]["id"], login
    raise AssertionError("no such document")


# Sign-in


def test_signs_in_as_the_administrator_and_as_anybody(google, sdk, witness):
    made = sdk.refresh(sdk.credentials(DRIVE, somebody(google)[1]))
    assert made.valid
    assert sdk.drive().about().get(fields="user(emailAddress)").execute()["user"]["emailAddress"] == sdk.subject
    info = sdk.service("oauth2.v2", "api").tokeninfo(access_token=made.token).execute()
    assert info["scope"].split() == DRIVE
    assert int(info["expires_in"]) > 3000
    witness(google, "POST /token", "POST /oauth2/v2/tokeninfo", "GET /drive/v3/about")


def test_one_scope_that_is_not_delegated_spoils_the_token(google, sdk):
    with pytest.raises(RefreshError, match="unauthorized_client"):
        sdk.refresh(sdk.credentials([*AUDIT, "https://mail.google.com/"]))
    with pytest.raises(RefreshError, match="invalid_grant"):
        sdk.refresh(sdk.credentials(DRIVE, f"nobody@{WORLD.domain}"))


# Directory


def test_accounts(google, sdk, witness):
    users = sdk.directory.users()
    found = pages(users, "list", "users", **ALL, maxResults=7, projection="full")
    found += pages(users, "list", "users", **ALL, showDeleted="true")
    expected = {id_: row["login"] for id_, row in google.truth.rows("account").items() if not row["external"]}
    assert {one["id"]: one["primaryEmail"] for one in found} == expected
    id_, login = somebody(google)
    one = users.get(userKey=login).execute()
    assert (one["id"], one["suspended"]) == (id_, False)
    witness(google, "GET /admin/directory/v1/users", "GET /admin/directory/v1/users/{userKey}")


def test_the_customer_and_its_domains(google, sdk, witness):
    directory = sdk.directory
    customer = directory.customers().get(customerKey="my_customer").execute()
    assert customer["id"].startswith("C0")
    domains = directory.domains().list(customer="my_customer").execute()["domains"]
    assert customer["customerDomain"] in [one["domainName"] for one in domains if one["isPrimary"]]
    units = directory.orgunits().list(customerId="my_customer", type="all").execute()["organizationUnits"]
    assert all(one["orgUnitPath"].startswith("/") for one in units)
    witness(
        google,
        "GET /admin/directory/v1/customers/{customerKey}",
        "GET /admin/directory/v1/customer/{customer}/domains",
        "GET /admin/directory/v1/customer/{customerId}/orgunits",
    )


def test_groups_and_members(google, sdk, witness):
    directory = sdk.directory
    groups = pages(directory.groups(), "list", "groups", **ALL, maxResults=3)
    assert {one["id"] for one in groups} == google.truth.rows("group").keys()
    first = directory.groups().get(groupKey=groups[0]["email"]).execute()
    assert first["directMembersCount"] == groups[0]["directMembersCount"]
    members = {
        (f"group:{group['id']}", one["id"], one["role"])
        for group in groups
        for one in pages(directory.members(), "list", "members", groupKey=group["id"], maxResults=5)
    }
    expected = google.truth.rows("membership")
    assert len(members) == len(expected)
    roles = sorted((group, row["role"]) for (group, _), row in expected.items())
    assert sorted((group, role) for group, _, role in members) == roles
    witness(
        google,
        "GET /admin/directory/v1/groups",
        "GET /admin/directory/v1/groups/{groupKey}",
        "GET /admin/directory/v1/groups/{groupKey}/members",
    )


def test_roles(google, sdk, witness):
    directory = sdk.directory
    roles = pages(directory.roles(), "list", "items", **ALL, maxResults=2)
    names = {one["roleId"]: one["roleName"] for one in roles}
    assignments = pages(directory.roleAssignments(), "list", "items", **ALL, maxResults=2)
    expected = [role for _, role, _ in google.truth.rows("privilege")]
    assert sorted(names[one["roleId"]] for one in assignments) == sorted(expected)
    witness(
        google,
        "GET /admin/directory/v1/customer/{customer}/roles",
        "GET /admin/directory/v1/customer/{customer}/roleassignments",
    )


def test_tokens_and_app_passwords_are_listed_and_revoked(google, sdk, witness):
    directory = sdk.directory
    grants = google.truth.rows("grant")
    owners = {row["principal_ref"].partition(":")[2] for row in grants.values()}
    found = set()
    for owner in sorted(owners):
        for one in directory.tokens().list(userKey=owner).execute().get("items", []):
            found.add(f"{owner}/{one['clientId']}")
        for one in directory.asps().list(userKey=owner).execute().get("items", []):
            found.add(f"{owner}/asp/{one['codeId']}")
    assert found == grants.keys()
    token = min(one for one in found if "/asp/" not in one)
    password = min(one for one in found if "/asp/" in one)
    user, client = token.split("/", 1)
    directory.tokens().delete(userKey=user, clientId=client).execute()
    left = directory.tokens().list(userKey=user).execute().get("items", [])
    assert client not in [one["clientId"] for one in left]
    user, _, code = password.split("/")
    directory.asps().delete(userKey=user, codeId=int(code)).execute()
    assert int(code) not in [one["codeId"] for one in directory.asps().list(userKey=user).execute().get("items", [])]
    witness(
        google,
        "GET /admin/directory/v1/users/{userKey}/tokens",
        "DELETE /admin/directory/v1/users/{userKey}/tokens/{clientId}",
        "GET /admin/directory/v1/users/{userKey}/asps",
        "DELETE /admin/directory/v1/users/{userKey}/asps/{codeId}",
    )


def test_people_are_suspended_signed_out_and_get_a_new_password(google, sdk, witness):
    users = sdk.directory.users()
    id_, _ = somebody(google)
    sdk.directory.verificationCodes().invalidate(userKey=id_).execute()
    users.signOut(userKey=id_).execute()
    body = {"password": "correct horse battery staple", "changePasswordAtNextLogin": True}
    assert "password" not in users.patch(userKey=id_, body=body).execute()
    assert users.patch(userKey=id_, body={"suspended": True}).execute()["suspended"] is True
    now = users.get(userKey=id_).execute()
    assert (now["suspended"], now["changePasswordAtNextLogin"]) == (True, True)
    assert users.patch(userKey=id_, body={"suspended": False}).execute()["suspended"] is False
    witness(
        google,
        "PATCH /admin/directory/v1/users/{userKey}",
        "POST /admin/directory/v1/users/{userKey}/signOut",
        "POST /admin/directory/v1/users/{userKey}/verificationCodes/invalidate",
    )


# Reports


def test_activities(google, sdk, witness):
    activities = sdk.reports.activities()
    found = {}
    for application in ("login", "saml", "admin", "drive", "token", "user_accounts"):
        items = pages(activities, "list", "items", userKey="all", applicationName=application, maxResults=11)
        times = [one["id"]["time"] for one in items]
        assert times == sorted(times, reverse=True)
        for one in items:
            base = f"{application}:{one['id']['time']}:{one['id']['uniqueQualifier']}"
            for number, event in enumerate(one["events"]):
                found[f"{base}:{number}" if number else base] = event["name"]
    expected = {id_: row["action"] for id_, row in google.truth.rows("activity").items()}
    assert found == expected
    witness(google, "GET /admin/reports/v1/activity/users/{userKey}/applications/{applicationName}")


def test_activities_within_a_window(google, sdk):
    times = sorted(row["time"] for row in google.truth.rows("activity").values() if row["kind"] == "logon")
    start, end = times[len(times) // 3], times[2 * len(times) // 3]
    activities = sdk.reports.activities()
    within = {"userKey": "all", "applicationName": "login", "startTime": start, "endTime": end}
    for one in pages(activities, "list", "items", **within):
        assert clock.parse(start) <= clock.parse(one["id"]["time"]) <= clock.parse(end)


# Files


def test_files_of_every_user_and_of_every_drive(google, sdk, vault, witness):
    drive, fields = vault
    names = "nextPageToken,files(id,mimeType,driveId)"
    found = set()
    for login in logins(google).values():
        try:
            files = sdk.drive(login).files()
            rows = pages(files, "list", "files", q="'me' in owners and trashed=false", fields=names, pageSize=20)
        except HttpError as error:
            if error.error_details[0]["reason"] != "domainPolicy":
                raise
            continue
        found |= {one["id"] for one in rows}
    for one in pages(drive.drives(), "list", "drives", useDomainAdminAccess=True, pageSize=2):
        got = drive.drives().get(driveId=one["id"], useDomainAdminAccess=True).execute()
        assert got["name"] == one["name"]
        if one["id"] in {fields.get("quarantine_drive"), fields.get("intake_drive")}:
            continue
        members = pages(
            drive.permissions(), "list", "permissions", fileId=one["id"], useDomainAdminAccess=True, **ANY,
            fields="nextPageToken,permissions(type,role,emailAddress)",
        )  # fmt: skip
        member = next(who["emailAddress"] for who in members if who["emailAddress"] in logins(google).values())
        rows = pages(
            sdk.drive(member).files(), "list", "files", corpora="drive", driveId=one["id"], q="trashed=false",
            includeItemsFromAllDrives=True, **ANY, fields=names, pageSize=20,
        )  # fmt: skip
        found |= {row["id"] for row in rows}
    assert google.truth.rows("file").keys() <= found
    witness(google, "GET /drive/v3/files", "GET /drive/v3/drives", "GET /drive/v3/drives/{driveId}")


def test_content_is_read_and_documents_are_exported(google, sdk, witness):
    id_, owner = my_file(google, sdk)
    files = sdk.drive(owner).files()
    assert files.get(fileId=id_, fields="id,name,size").execute()["id"] == id_
    assert files.get_media(fileId=id_, **ANY).execute() == google.content(id_)
    id_, owner = my_document(google, sdk)
    files = sdk.drive(owner).files()
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert files.export(fileId=id_, mimeType=docx).execute() == google.content(id_)
    running = files.download(fileId=id_, mimeType=docx).execute()
    ended = running if running.get("done") else None
    for _ in range(5):
        ended = ended or sdk.drive(owner).operations().get(name=running["name"]).execute()
        ended = ended if ended.get("done") else None
    if running.get("done"):
        sdk.drive(owner).operations().get(name=running["name"]).execute()
    assert ended["response"]["downloadUri"].startswith("http")
    witness(
        google,
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/export",
        "POST /drive/v3/files/{fileId}/download",
        "GET /drive/v3/operations/{name}",
    )


def test_changes_are_followed(google, sdk, witness):
    id_, owner = my_file(google, sdk)
    drive = sdk.drive(owner)
    start = drive.changes().getStartPageToken().execute()["startPageToken"]
    drive.files().update(fileId=id_, body={"name": "renamed"}).execute()
    answer = drive.changes().list(pageToken=start, includeRemoved=True, fields="*").execute()
    assert id_ in [one["fileId"] for one in answer["changes"]]
    assert answer["newStartPageToken"] != start
    witness(google, "GET /drive/v3/changes/startPageToken", "GET /drive/v3/changes")


def test_permissions_are_listed_changed_removed_and_given_again(google, sdk, witness):
    id_, owner = my_file(google, sdk)
    permissions = sdk.drive(owner).permissions()
    body = {"type": "user", "role": "writer", "emailAddress": "guest@partner.example"}
    made = permissions.create(fileId=id_, body=body, sendNotificationEmail=False, **ANY).execute()
    permissions.update(fileId=id_, permissionId=made["id"], body={"role": "reader"}, **ANY).execute()
    names = "nextPageToken,permissions(id,type,role,emailAddress)"
    listed = pages(permissions, "list", "permissions", fileId=id_, fields=names, **ANY)
    assert next(one for one in listed if one["id"] == made["id"])["role"] == "reader"
    permissions.delete(fileId=id_, permissionId=made["id"], **ANY).execute()
    left = pages(permissions, "list", "permissions", fileId=id_, fields=names, **ANY)
    assert made["id"] not in [one["id"] for one in left]
    witness(
        google,
        "GET /drive/v3/files/{fileId}/permissions",
        "POST /drive/v3/files/{fileId}/permissions",
        "PATCH /drive/v3/files/{fileId}/permissions/{permissionId}",
        "DELETE /drive/v3/files/{fileId}/permissions/{permissionId}",
    )


def test_the_trash_and_overwriting_with_its_revisions(google, sdk, witness):
    id_, owner = my_file(google, sdk)
    drive = sdk.drive(owner)
    assert drive.files().update(fileId=id_, body={"trashed": True}, fields="trashed").execute()["trashed"]
    trash = pages(drive.files(), "list", "files", q="trashed=true", fields="nextPageToken,files(id)")
    assert id_ in [one["id"] for one in trash]
    assert not drive.files().update(fileId=id_, body={"trashed": False}, fields="trashed").execute()["trashed"]
    media = MediaInMemoryUpload(b"gone", mimetype="text/plain", resumable=False)
    head = drive.files().update(fileId=id_, media_body=media, fields="headRevisionId").execute()["headRevisionId"]
    names = "nextPageToken,revisions(id)"
    revisions = pages(drive.revisions(), "list", "revisions", fileId=id_, fields=names)
    assert len(revisions) > 1
    for one in revisions:
        if one["id"] != head:
            drive.revisions().delete(fileId=id_, revisionId=one["id"]).execute()
    assert [one["id"] for one in pages(drive.revisions(), "list", "revisions", fileId=id_, fields=names)] == [head]
    assert drive.files().get_media(fileId=id_).execute() == b"gone"
    witness(
        google,
        "PATCH /drive/v3/files/{fileId}",
        "PATCH /upload/drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/revisions",
        "DELETE /drive/v3/files/{fileId}/revisions/{revisionId}",
    )


def test_shared_drives_and_files_are_made(google, sdk, witness):
    drive = sdk.drive()
    made = drive.drives().create(requestId="7c0e3c2e-6b1e-4d0a-9b52-9d0d4a3f3f10", body={"name": "cabinet"}).execute()
    limits = {"restrictions": {"domainUsersOnly": True, "driveMembersOnly": True}}
    asked = {"driveId": made["id"], "useDomainAdminAccess": True, "fields": "id,restrictions"}
    changed = drive.drives().update(body=limits, **asked).execute()
    assert changed["restrictions"]["domainUsersOnly"] is True
    [id_] = drive.files().generateIds(count=1, space="drive", type="files").execute()["ids"]
    body = {"id": id_, "name": "note.txt", "mimeType": "text/plain", "parents": ["root"]}
    assert drive.files().create(body=body).execute()["id"] == id_
    marked = {"name": "copied.txt", "parents": [made["id"]], "appProperties": {"casbSource": id_}}
    copy = drive.files().copy(fileId=id_, body=marked, supportsAllDrives=True, ignoreDefaultVisibility=True).execute()
    shared = {"corpora": "drive", "driveId": made["id"], "includeItemsFromAllDrives": True, "supportsAllDrives": True}
    [found] = drive.files().list(q="trashed=false", fields="files(id,appProperties)", **shared).execute()["files"]
    assert found == {"id": copy["id"], "appProperties": {"casbSource": id_}}
    drive.files().delete(fileId=copy["id"], supportsAllDrives=True).execute()
    drive.files().delete(fileId=id_).execute()
    with pytest.raises(HttpError) as caught:
        drive.files().get(fileId=id_).execute()
    assert caught.value.status_code == 404
    witness(
        google,
        "POST /drive/v3/drives",
        "PATCH /drive/v3/drives/{driveId}",
        "POST /drive/v3/files/{fileId}/copy",
        "GET /drive/v3/files/generateIds",
        "POST /drive/v3/files",
        "DELETE /drive/v3/files/{fileId}",
    )


# Refusals


def test_what_is_not_visible_is_missing_and_limits_are_told_by_reason(google, sdk):
    id_, _ = my_file(google, sdk)
    other = next(login for login in logins(google).values() if login != google.truth.rows("file")[id_]["owner"])
    hidden = [
        file for file, row in google.truth.rows("file").items() if row["sharing"] == "private" and row["owner"] != other
    ]
    with pytest.raises(HttpError) as caught:
        sdk.drive(other).files().get(fileId=min(hidden), **ANY).execute()
    assert caught.value.status_code == 404
    assert caught.value.error_details[0]["reason"] == "notFound"
