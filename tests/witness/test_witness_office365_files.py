"""Microsoft's Graph SDK reads and governs the files of the simulated Office 365; SharePoint's bins by their sheet."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from casb_cli.apps.office365.sandbox import build
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

try:
    from graphsdk import GRAPH, QUIET, Graph, stamp
    from msgraph.generated.drives.item.items.item.copy.copy_post_request_body import CopyPostRequestBody
    from msgraph.generated.drives.item.items.item.create_link.create_link_post_request_body import (
        CreateLinkPostRequestBody,
    )
    from msgraph.generated.drives.item.items.item.invite.invite_post_request_body import InvitePostRequestBody
    from msgraph.generated.models.drive_item import DriveItem
    from msgraph.generated.models.drive_recipient import DriveRecipient
    from msgraph.generated.models.folder import Folder
    from msgraph.generated.models.item_reference import ItemReference
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.permission import Permission
    from msgraph.generated.models.permission_collection_response import PermissionCollectionResponse
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"Microsoft's Graph SDK is not installed: {error}", allow_module_level=True)

pytestmark = QUIET
WORLD = World(seed=23, people=24, files=90, events=48)
ROLES = ("read", "write", "owner")
BIN = {
    "Id": str, "LeafName": str, "DirName": str, "Title": str, "Size": str, "ItemState": int, "ItemType": int,
    "DeletedDate": str, "DeletedByEmail": str, "DeletedByName": str, "AuthorEmail": str, "AuthorName": str,
}  # fmt: skip
"""What SharePoint tells of an entry of a recycle bin; the size is a text."""


@pytest.fixture(scope="module")
def served():
    made = build(WORLD)
    with serve([made]):
        yield made


@pytest.fixture
def drives(office, graph):
    return graph.client.drives


def item_of(drives, key):
    drive, _, id_ = key.partition("/")
    return drives.by_drive_id(drive).items.by_drive_item_id(id_)


def plain_file(office):
    """Return the id of a private file of a OneDrive."""
    for id_, row in sorted(office.truth.rows("file").items()):
        if row["sharing"] == "private" and row["name"].isascii() and office.content(id_):
            return id_
    raise AssertionError("no such file")


def libraries(graph):
    """Return each site with its libraries; of a locked one the error."""
    sites = graph.client.sites
    found = []
    for site in graph.all(sites.get_all_sites, graph.query(sites.get_all_sites, top=5)):
        try:
            found.append((site, graph.all(sites.by_site_id(site.id).drives)))
        except ODataError as error:
            found.append((site, error))
    return found


def refusal(graph, awaited):
    with pytest.raises(ODataError) as caught:
        graph(awaited)
    return caught.value.response_status_code, caught.value.error.code


# Reading


def test_every_library_of_every_site_and_all_that_is_in_it(office, graph, drives, witness):
    expected = office.truth.rows("file")
    found, locked = {}, set()
    for site, libraries_ in libraries(graph):
        if isinstance(libraries_, ODataError):
            assert (libraries_.response_status_code, site.is_personal_site) == (423, True)
            locked.add(site.id)
            continue
        for drive in libraries_:
            assert (drive.drive_type == "business") == site.is_personal_site
            assert (drive.owner.user is not None) == site.is_personal_site
            names, parents = {}, {}
            builder = drives.by_drive_id(drive.id).items.by_drive_item_id("root").delta
            *_, last = pages = list(graph.pages(builder, graph.query(builder, top=7)))
            assert all(page.additional_data.get("@odata.deltaLink") is None for page in pages[:-1])
            assert last.odata_delta_link
            for one in (one for page in pages for one in page.value):
                assert one.parent_reference is None or one.parent_reference.path is None
                names[one.id] = "" if one.root else one.name
                parents[one.id] = None if one.root else one.parent_reference.id
                if one.file is not None:
                    found[f"{drive.id}/{one.id}"] = one
            for id_, name in names.items():
                key, path, at = f"{drive.id}/{id_}", f"/{name}", parents[id_]
                while at is not None:
                    path, at = f"/{names[at]}{path}" if names[at] else path, parents[at]
                assert path == expected.get(key, {"path": path})["path"]
    assert locked == office.truth.hidden("file")
    kept = {key for key in found if key.startswith(graph.fields["quarantine_drive"])}
    assert found.keys() - kept == expected.keys()
    for key, row in expected.items():
        one = found[key]
        assert (one.name, one.size, one.file.mime_type) == (row["name"], row["size"], row["mime"])
        assert f"quickxor:{one.file.hashes.quick_xor_hash}" == row["hash"]
        assert stamp(one.last_modified_date_time) == row["modified"][:19] + "Z"
    assert [one.name for one in found.values() if one.malware] == ["setup-tool.bin"]
    witness(office, "GET /sites/getAllSites", "GET /sites/{id}/drives", "GET /drives/{driveId}/root/delta")


def test_one_drive_its_root_its_folders_and_one_file_with_its_path(office, graph, drives, witness):
    key = plain_file(office)
    row = office.truth.rows("file")[key]
    drive = drives.by_drive_id(key.partition("/")[0])
    told = graph(drive.get())
    assert f"account:{told.owner.user.id}" == row["owner_ref"]
    assert told.owner.user.additional_data["email"]
    at = graph(drive.root.get())
    assert at.root is not None
    *folders, name = row["path"].strip("/").split("/")
    for folder in folders:
        children = drive.items.by_drive_item_id(at.id).children
        at = next(one for one in graph.all(children, graph.query(children, top=2)) if one.name == folder)
        assert at.folder is not None
    one = graph(item_of(drives, key).get())
    assert (one.name, one.parent_reference.id) == (name, at.id)
    above = "/".join(["", *folders])
    assert one.parent_reference.path.replace("%20", " ") == f"/drives/{told.id}/root:{above}"
    by_path = graph(drive.items.by_drive_item_id(f"root:{row['path']}:").get())
    assert by_path.id == one.id
    witness(
        office,
        "GET /drives/{driveId}",
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/items/{itemId}",
        "GET /drives/{driveId}/items/{itemId}/children",
    )


def test_onedrives_of_people_and_of_those_who_have_none(office, graph, witness):
    users, found, refused = graph.client.users, {}, set()
    for id_ in office.truth.rows("account"):
        try:
            found[id_] = graph(users.by_user_id(id_).drive.get())
        except ODataError as error:
            refused.add((error.response_status_code, error.error.code))
    assert refused == {(404, "ResourceNotFound"), (423, "notAllowed")}
    owners = {row["owner_ref"].partition(":")[2]: key for key, row in office.truth.rows("file").items()}
    for id_, drive in found.items():
        assert (drive.owner.user.id, drive.drive_type) == (id_, "business")
    personal = {drive.id for drive in found.values()}
    assert {key.partition("/")[0] for key in owners.values()} & personal
    assert len(found) < len(office.truth.rows("account"))
    witness(office, "GET /users/{id}/drive")


def test_sensitivity_labels_are_told_of_each_file(office, graph, drives, witness):
    labels = graph.client.security.data_security_and_governance.sensitivity_labels
    names = {one.id: one.name for one in graph.all(labels)}
    assert set(names.values()) == {"Confidential", "Internal"}
    found = set()
    for key in sorted(office.truth.rows("file"))[:25]:
        drive, _, id_ = key.partition("/")
        told = graph(item_of(drives, key).extract_sensitivity_labels.post()).labels
        wanted = office.state.item(drive, id_).label
        assert [one.sensitivity_label_id for one in told] == ([wanted] if wanted else [])
        found |= {names[one.sensitivity_label_id] for one in told}
    assert found
    witness(
        office,
        "POST /drives/{driveId}/items/{itemId}/extractSensitivityLabels",
        "GET /security/dataSecurityAndGovernance/sensitivityLabels",
    )


def test_content_comes_from_another_host_without_a_credential(office, graph, drives, witness):
    key = plain_file(office)
    assert graph(item_of(drives, key).content.get()) == office.content(key)
    [fetched] = office.called("GET /download/{unique}/{name}")
    assert fetched.host == "content"
    assert "authorization" not in fetched.headers
    bad = next(id_ for id_, row in office.truth.rows("file").items() if row["name"] == "setup-tool.bin")
    status, code = refusal(graph, item_of(drives, bad).content.get())
    assert status == 403
    assert "malware" in code.lower()
    witness(office, "GET /drives/{driveId}/items/{itemId}/content")


def test_changes_are_followed_until_the_position_is_too_old(office, graph, drives, witness):
    key = plain_file(office)
    drive = drives.by_drive_id(key.partition("/")[0])
    builder = drive.items.by_drive_item_id("root").delta
    latest = builder.with_url(f"{graph.fields['api_url']}/v1.0/drives/{key.partition('/')[0]}/root/delta?token=latest")
    start = graph(latest.get())
    assert (start.value, start.odata_next_link) == ([], None)
    assert graph(builder.with_url(start.odata_delta_link).get()).value == []
    renamed = graph(item_of(drives, key).patch(DriveItem(name="renamed.txt")))
    assert renamed.name == "renamed.txt"
    page = graph(builder.with_url(start.odata_delta_link).get())
    assert {one.id: one.name for one in page.value}[renamed.id] == "renamed.txt"
    graph(item_of(drives, key).delete())
    page = graph(builder.with_url(page.odata_delta_link).get())
    gone = next(one for one in page.value if one.id == renamed.id)
    assert (gone.deleted.state, gone.name) == ("deleted", None)
    office.faults.plan("GET /drives/{driveId}/root/delta", "expired-cursor")
    with pytest.raises(ODataError) as caught:
        graph(builder.with_url(page.odata_delta_link).get())
    assert caught.value.response_status_code == 410
    fresh = caught.value.response_headers["location"]
    assert len(graph(builder.with_url(fresh).get()).value) > 1
    witness(office, "GET /drives/{driveId}/root/delta", "DELETE /drives/{driveId}/items/{itemId}")


# Sharing


def test_who_may_open_what(office, graph, drives, witness):
    expected = office.truth.rows("share")
    by_item = {}
    for key, row in expected.items():
        by_item.setdefault(key.rpartition("/")[0], {})[key.rpartition("/")[2]] = row
    keys = sorted(by_item)[:40]
    seen, inherited = set(), 0
    for start in range(0, len(keys), 20):
        some = keys[start : start + 20]
        asked = [item_of(drives, key).permissions.to_get_request_information() for key in some]
        for key, (status, page) in zip(some, graph.batch(asked, PermissionCollectionResponse), strict=True):
            assert status == 200
            own = [one for one in page.value if one.inherited_from is None]
            inherited += len(page.value) - len(own)
            own = {one.id: one for one in own if one.roles != ["owner"] or one.granted_to_v2.user is None}
            assert own.keys() == by_item[key].keys()
            for id_, row in by_item[key].items():
                seen.add(row["kind"])
                check_permission(own[id_], row)
    assert seen == {"link", "user", "group"}
    assert inherited
    one = graph(item_of(drives, keys[0]).permissions.get())
    assert {row.id for row in one.value} >= by_item[keys[0]].keys()
    witness(office, "GET /drives/{driveId}/items/{itemId}/permissions")


def check_permission(one, row):
    assert max(one.roles, key=ROLES.index) == row["role"]
    assert stamp(one.expiration_date_time) == (row["expires"] and row["expires"][:19] + "Z")
    if row["kind"] == "link":
        assert one.link.web_url.startswith("https://")
        assert (one.link.scope == "anonymous") == (row["sharing"] == "public")
        assert one.link.type in {"view", "edit"}
    elif row["kind"] == "user":
        assert one.link is None
        assert one.granted_to_v2.user.additional_data["email"] == row["who"]
        login = one.granted_to_v2.site_user.login_name
        assert bool(re.search("#ext#|urn:spo:guest", login)) == (row["sharing"] == "external")
    else:
        assert one.granted_to_v2.user is None
        assert one.granted_to_v2.group or one.granted_to_v2.site_group or one.granted_to_v2.site_user


def test_permissions_are_given_changed_and_taken_away(office, graph, drives, witness):
    item = item_of(drives, plain_file(office))
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    asked = InvitePostRequestBody(
        recipients=[DriveRecipient(email="guest@partner.example")],
        roles=["write"],
        require_sign_in=True,
        send_invitation=False,
        expiration_date_time=stamp(ends),
    )
    [made] = graph(item.invite.post(asked)).value
    assert (made.roles, made.expiration_date_time) == (["write"], ends)
    assert made.granted_to_v2.user.additional_data["email"] == "guest@partner.example"
    changed = graph(item.permissions.by_permission_id(made.id).patch(Permission(roles=["read"])))
    assert (changed.id, changed.roles) == (made.id, ["read"])
    asked = CreateLinkPostRequestBody(type="view", scope="anonymous", expiration_date_time=ends)
    link = graph(item.create_link.post(asked))
    assert (link.link.scope, link.link.type, link.roles) == ("anonymous", "view", ["read"])
    assert link.expiration_date_time == ends
    later = graph(
        item.permissions.by_permission_id(link.id).patch(Permission(expiration_date_time=ends + timedelta(1)))
    )
    assert later.expiration_date_time == ends + timedelta(days=1)
    assert refusal(graph, item.permissions.by_permission_id(link.id).patch(Permission(roles=["write"])))[0] == 400
    own = {one.id for one in graph(item.permissions.get()).value if one.inherited_from is None}
    assert own == {made.id, link.id}
    for id_ in own:
        graph(item.permissions.by_permission_id(id_).delete())
        assert refusal(graph, item.permissions.by_permission_id(id_).delete()) == (404, "itemNotFound")
    witness(
        office,
        "POST /drives/{driveId}/items/{itemId}/invite",
        "POST /drives/{driveId}/items/{itemId}/createLink",
        "PATCH /drives/{driveId}/items/{itemId}/permissions/{permissionId}",
        "DELETE /drives/{driveId}/items/{itemId}/permissions/{permissionId}",
    )


# Content and quarantine


def test_content_is_overwritten_and_old_versions_are_removed(office, graph, drives, witness):
    key = plain_file(office)
    item = item_of(drives, key)
    before = graph(item.get())
    after = graph(item.content.put(b"nothing to see"))
    assert (after.id, after.size) == (before.id, 14)
    assert after.e_tag != before.e_tag
    assert office.content(key) == b"nothing to see"
    stale = graph.headers({"If-Match": before.e_tag})
    assert refusal(graph, item.content.put(b"too late", stale))[0] == 412
    newest, *older = graph.all(item.versions)
    assert (newest.id, newest.size, [one.size for one in older]) == ("2.0", 14, [before.size])
    assert refusal(graph, item.versions.by_drive_item_version_id(newest.id).delete())[0] == 400
    for one in older:
        graph(item.versions.by_drive_item_version_id(one.id).delete())
    assert [one.id for one in graph.all(item.versions)] == [newest.id]
    witness(
        office,
        "PUT /drives/{driveId}/items/{itemId}/content",
        "GET /drives/{driveId}/items/{itemId}/versions",
        "DELETE /drives/{driveId}/items/{itemId}/versions/{versionId}",
    )


def test_a_file_is_copied_into_quarantine_deleted_for_good_and_a_note_left(office, graph, drives, witness):
    key = plain_file(office)
    item = item_of(drives, key)
    original = graph(item.get())
    vault = drives.by_drive_id(graph.fields["quarantine_drive"])
    root = graph(vault.root.get())
    folder = DriveItem(name="case 7", folder=Folder(), additional_data={"@microsoft.graph.conflictBehavior": "fail"})
    children = vault.items.by_drive_item_id(root.id).children
    case = graph(children.post(folder))
    assert (case.name, case.folder.child_count) == ("case 7", 0)
    assert refusal(graph, children.post(folder)) == (409, "nameAlreadyExists")
    asked = CopyPostRequestBody(
        parent_reference=ItemReference(drive_id=graph.fields["quarantine_drive"], id=case.id),
        name=original.name,
        include_all_version_history=True,
    )
    _, headers = graph.with_headers(lambda given: item.copy.post(asked, given))
    [monitor] = headers.get("location")
    for _ in range(5):
        told = graph.plain("GET", monitor)
        if told.json()["status"] == "completed":
            break
        assert (told.status_code, told.json()["status"]) == (202, "inProgress")
    copy = graph(vault.items.by_drive_item_id(told.json()["resourceId"]).get())
    assert copy.parent_reference.id == case.id
    assert (copy.size, copy.file.hashes.quick_xor_hash) == (original.size, original.file.hashes.quick_xor_hash)
    graph(item.permanent_delete.post())
    assert refusal(graph, item.get()) == (404, "itemNotFound")
    above = original.parent_reference
    note = drives.by_drive_id(above.drive_id).items.by_drive_item_id(f"{above.id}:/{original.name} - removed.txt:")
    made = graph(note.content.put(b"ask your administrator"))
    assert made.parent_reference.id == above.id
    assert office.content(f"{above.drive_id}/{made.id}") == b"ask your administrator"
    witness(
        office,
        "POST /drives/{driveId}/items/{itemId}/children",
        "POST /drives/{driveId}/items/{itemId}/copy",
        "POST /drives/{driveId}/items/{itemId}/permanentDelete",
        "PUT /drives/{driveId}/items/{itemId}:/{path}:/content",
    )


# SharePoint's own interface, by the sheet of what it answers


def sharepoint(graph, site, method, path, **given):
    """Call SharePoint at a site, with a token of that host."""
    host, where = urlsplit(site.web_url).netloc, urlsplit(site.web_url).path
    base = graph.fields["mysite_url" if site.is_personal_site else "sharepoint_url"]
    headers = {
        "Accept": "application/json;odata=nometadata",
        "Authorization": f"Bearer {graph.token(f'https://{host}/.default')}",
    }
    return graph.plain(method, f"{base}{where}/_api/site/{path}", headers=headers, **given)


def test_recycle_bins_as_sharepoint_tells_them_and_files_brought_back(office, graph, drives, witness):
    expected = office.truth.rows("trash")
    found = {}
    for site in graph.all(graph.client.sites.get_all_sites):
        answer = sharepoint(graph, site, "GET", "RecycleBin?$filter=(ItemType eq 1)&$top=1000")
        if site.id in office.truth.hidden("trash"):
            assert answer.status_code == 423
            continue
        assert answer.status_code == 200
        for row in answer.json()["value"]:
            assert {name: type(row[name]) for name in BIN} == BIN
            assert (row["ItemState"] in {1, 2}, row["ItemType"]) == (True, 1)
            assert datetime.fromisoformat(row["DeletedDate"]).tzinfo is not None
            found[f"{site.id}/{row['Id']}"] = {"name": row["LeafName"], "size": int(row["Size"]), "trashed": True}
    assert found == expected
    key = plain_file(office)
    before = graph(item_of(drives, key).get())
    graph(item_of(drives, key).delete())
    site = graph(graph.client.sites.by_site_id(site_of(graph, key)).get())
    rows = sharepoint(graph, site, "GET", "RecycleBin?$filter=(ItemState eq 1)").json()["value"]
    [one] = [row for row in rows if row["LeafName"] == before.name]
    where = "/".join(
        [urlsplit(site.web_url).path.strip("/"), "Documents", *before.parent_reference.path.split(":/")[1:]]
    )
    assert one["DirName"] == where.replace("%20", " ")
    answer = sharepoint(graph, site, "POST", "RecycleBin/RestoreByIds", json={"ids": [one["Id"]]})
    assert answer.status_code == 200
    assert graph(item_of(drives, key).get()).name == before.name
    again = sharepoint(graph, site, "POST", "RecycleBin/RestoreByIds", json={"ids": [one["Id"]]})
    assert again.status_code == 404
    witness(office, "GET /{site}/_api/site/RecycleBin", "POST /{site}/_api/site/RecycleBin/RestoreByIds")


def test_recycle_bins_as_the_beta_of_graph_tells_them(office, graph, witness):
    found = {}
    for site in graph.all(graph.client.sites.get_all_sites):
        url = f"{graph.fields['api_url']}/beta/sites/{site.id}/recycleBin/items"
        answer = graph.plain("GET", url, headers={"Authorization": f"Bearer {graph.token(GRAPH)}"})
        if site.id in office.truth.hidden("trash"):
            assert answer.status_code == 423
            continue
        for row in answer.json()["value"]:
            assert datetime.fromisoformat(row["deletedDateTime"]).tzinfo is not None
            assert isinstance(row["deletedFromLocation"], str)
            found[f"{site.id}/{row['id']}"] = {"name": row["name"], "size": row["size"], "trashed": True}
    assert found == office.truth.rows("trash")
    witness(office, "GET /beta/sites/{id}/recycleBin/items")


def site_of(graph, key):
    """Return the id of the site whose library holds a file."""
    found = graph(graph.client.drives.by_drive_id(key.partition("/")[0]).get())
    return found.share_point_ids.site_id


def test_sharepoint_takes_no_token_of_a_secret(office, graph):
    one = Graph(office.credentials()["secret"])
    try:
        site = graph(graph.client.sites.by_site_id("root").get())
        answer = sharepoint(one, site, "GET", "RecycleBin")
    finally:
        one.close()
    assert answer.status_code == 401
    assert "Unsupported app only token" in answer.text
