"""The simulated tenant's drives, sharing, contents and recycle bins, as the fact sheet describes the real ones."""

from __future__ import annotations

import time
from urllib.parse import quote, urlsplit

import pytest
from office365calls import Caller, error, made

from casb_cli.apps.office365.sandbox_ids import quick_xor
from casb_cli.sandbox.facts import BREAK_GLASS, LEAVER, SUSPENDED
from casb_cli.sandbox.world import World

SHARING = {"prefer": "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges"}


@pytest.fixture
def tenant():
    return made(unlimited=True)


@pytest.fixture
def call(tenant):
    return Caller(tenant, certificate=True)


def chosen(tenant, sharing="private"):
    """Return drive and item of a text file that is open so far."""
    rows = tenant.truth.rows("file").items()
    return next(key for key, row in rows if row["sharing"] == sharing and row["name"].endswith(".txt")).split("/")


def here(drive, item):
    return f"/drives/{drive}/items/{item}"


def fetched(call, path):
    """Return the content to which a path redirects, fetched without a token."""
    status, _ = call.graph("GET", path)
    assert status == 302
    where = urlsplit(call.headers["location"])
    assert where.port == int(urlsplit(call.tenant.urls["content"]).port)
    status, body = call.send("GET", "content", f"{where.path}?{where.query}")
    assert status == 200
    return body


@pytest.mark.parametrize("size", [0, 1, 19, 20, 21, 159, 160, 161, 4096])
def test_the_hash_is_the_published_one(size):
    import base64

    data = bytes((7 * n + 3) % 256 for n in range(size))
    bits = [0] * 160
    for at, byte in enumerate(data):
        for bit in range(8):
            bits[(11 * at + bit) % 160] ^= byte >> bit & 1
    raw = bytearray(sum(bits[8 * n + bit] << bit for bit in range(8)) for n in range(20))
    for at, byte in enumerate(size.to_bytes(8, "little")):
        raw[12 + at] ^= byte
    assert quick_xor(data) == base64.b64encode(bytes(raw)).decode()


def test_sites_tell_their_drives_and_a_locked_one_is_told(call, tenant):
    sites = call.every("/sites/getAllSites?$top=4")
    assert {site["isPersonalSite"] for site in sites} == {True, False}
    [locked] = [site for site in sites if call.graph("GET", f"/sites/{site['id']}/drives")[0] == 423]
    assert {locked["id"]} == tenant.truth.hidden("file")
    users = tenant.company.users
    assert error(call.graph("GET", f"/users/{users.make(BREAK_GLASS)}/drive")) == (404, "ResourceNotFound")
    assert call.graph("GET", f"/users/{users.make(SUSPENDED)}/drive")[0] == 423
    assert call.get(f"/users/{users.make(LEAVER)}/drive")["driveType"] == "business"
    assert call.get("/sites/root?$select=webUrl")["webUrl"] == "https://larkspur.sharepoint.com"


def test_a_delta_holds_every_item_once_with_hashes_and_no_paths(call, tenant):
    drive, _ = chosen(tenant)
    rows, link = call.delta(f"/drives/{drive}/root/delta?$top=3")
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
    truth = {key.split("/")[1]: row for key, row in tenant.truth.rows("file").items() if key.startswith(drive)}
    files = {row["id"]: row for row in rows if "file" in row}
    assert files.keys() == truth.keys()
    assert all(f"quickxor:{row['file']['hashes']['quickXorHash']}" == truth[id_]["hash"] for id_, row in files.items())
    assert not any("path" in row.get("parentReference", {}) for row in rows)
    assert call.delta(link)[0] == []


def test_changes_follow_and_an_old_token_is_gone(call, tenant):
    drive, item = chosen(tenant)
    _, link = call.delta(f"/drives/{drive}/root/delta")
    assert call.get(f"/drives/{drive}/root/delta?token=latest")["value"] == []
    tenant.edit(f"{drive}/{item}", b"changed")
    rows, later = call.delta(link, prefer="deltaExcludeParent")
    assert [(row["id"], row["size"]) for row in rows] == [(item, 7)]
    assert [row["id"] for row in call.delta(link)[0]][-1] == item
    assert "root" in call.delta(link)[0][0]
    assert call.graph("DELETE", here(drive, item))[0] == 204
    [gone] = call.delta(later)[0]
    assert gone["deleted"] == {"state": "deleted"}
    assert "name" not in gone
    tenant.clock = lambda: time.time() + 40 * 86_400
    call.bearers.clear()
    status, body = call.graph("GET", later)
    assert (status, body["error"]["code"]) == (410, "resyncRequired")
    assert body["error"]["innerError"]["code"] == "resyncChangesApplyDifferences"
    assert call.delta(call.headers["location"])[0]


def test_changes_of_sharing_are_told_to_those_who_ask(call, tenant):
    drive, item = chosen(tenant)
    _, link = call.delta(f"/drives/{drive}/root/delta")
    assert call.graph("POST", here(drive, item) + "/createLink", {"type": "view", "scope": "anonymous"})[0] == 201
    assert call.delta(link)[0] == []
    row = call.delta(link, **SHARING)[0][-1]
    assert (row["id"], row["@microsoft.graph.sharedChanged"]) == (item, "True")
    assert row["shared"]["scope"] == "anonymous"


def test_permissions_come_from_folders_and_are_changed_where_they_stand(call, tenant):
    drive, item = next(key for key, row in tenant.truth.rows("file").items() if row["sharing"] == "public").split("/")
    rows = call.every(here(drive, item) + "/permissions")
    inherited = next(row for row in rows if row.get("inheritedFrom") and row["roles"] != ["owner"])
    assert call.graph("DELETE", f"{here(drive, item)}/permissions/{inherited['id']}")[0] == 403
    above = f"{here(drive, inherited['inheritedFrom']['id'])}/permissions/{inherited['id']}"
    assert call.graph("DELETE", above)[0] == 204
    assert call.graph("DELETE", above)[0] == 404
    assert inherited["id"] not in {row["id"] for row in call.every(here(drive, item) + "/permissions")}


def test_people_are_invited_and_their_role_is_changed(call, tenant):
    drive, item = chosen(tenant)
    body = {
        "recipients": [{"email": "new@kestrel.test"}],
        "roles": ["read"],
        "requireSignIn": True,
        "sendInvitation": False,
    }
    status, made_ = call.graph("POST", here(drive, item) + "/invite", body)
    one = made_["value"][0]
    assert status == 200
    assert one["grantedToV2"]["siteUser"]["loginName"].startswith("i:0#.f|membership|urn:spo:guest")
    path = f"{here(drive, item)}/permissions/{one['id']}"
    assert call.graph("PATCH", path, {"roles": ["write"]})[1]["roles"] == ["write"]
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
    assert call.graph("PATCH", path, {"expirationDateTime": end})[1]["expirationDateTime"] == end
    tenant.clock = lambda: time.time() + 2 * 86_400
    call.bearers.clear()
    assert call.graph("GET", path)[0] == 404


def test_a_link_for_certain_people_loses_one_of_them(call, tenant):
    drive, item = chosen(tenant)
    link = call.graph("POST", here(drive, item) + "/createLink", {"type": "view", "scope": "users"})[1]
    path = f"{here(drive, item)}/permissions/{link['id']}"
    people = [{"email": "a@kestrel.test"}, {"email": "b@kestrel.test"}]
    assert call.graph("POST", path + "/grant", {"recipients": people})[0] == 200
    left = call.graph("POST", path + "/revokeGrants", {"grantees": people[:1]})[1]
    assert [one["user"]["email"] for one in left["grantedToIdentitiesV2"]] == ["b@kestrel.test"]


def test_content_is_fetched_elsewhere_and_old_versions_are_deleted(call, tenant):
    drive, item = chosen(tenant)
    before = fetched(call, here(drive, item) + "/content")
    assert before == tenant.content(f"{drive}/{item}")
    etag = call.get(here(drive, item))["eTag"]
    new = call.send("PUT", "api", f"/v1.0{here(drive, item)}/content", body=b"tombstone",
                    headers={**call.bearer("https://graph.microsoft.com"), "if-match": etag})  # fmt: skip
    assert (new[0], new[1]["id"], new[1]["size"]) == (200, item, 9)
    stale = call.send("PUT", "api", f"/v1.0{here(drive, item)}/content", body=b"x",
                      headers={**call.bearer("https://graph.microsoft.com"), "if-match": etag})  # fmt: skip
    assert stale[0] == 412
    newest, old = call.every(here(drive, item) + "/versions")
    assert fetched(call, f"{here(drive, item)}/versions/{old['id']}/content") == before
    assert call.graph("DELETE", f"{here(drive, item)}/versions/{newest['id']}")[0] == 400
    assert call.graph("DELETE", f"{here(drive, item)}/versions/{old['id']}")[0] == 204
    assert len(call.every(here(drive, item) + "/versions")) == 1


def test_malware_is_not_given_out(call, tenant):
    key = next(key for key, row in tenant.truth.rows("file").items() if row["name"] == "setup-tool.bin")
    assert "malware" in call.get(here(*key.split("/")))
    assert call.graph("GET", here(*key.split("/")) + "/content")[0] == 403


def test_a_big_file_goes_up_in_pieces_without_a_token(call, tenant):
    drive = tenant.library.quarantine().id
    path = f"/drives/{drive}/items/root:/{quote('case 1')}/big.bin:/createUploadSession"
    status, body = call.graph("POST", path, {"item": {"@microsoft.graph.conflictBehavior": "fail"}})
    assert (status, body["nextExpectedRanges"]) == (200, ["0-"])
    where, data = urlsplit(body["uploadUrl"]).path, bytes(range(256)) * 1280 + b"tail"

    def part(start, end):
        return call.send("PUT", "content", where, body=data[start:end],
                         headers={"content-range": f"bytes {start}-{end - 1}/{len(data)}"})  # fmt: skip

    assert part(0, 1000)[0] == 400
    assert part(0, 327_680)[1]["nextExpectedRanges"] == ["327680-"]
    assert part(0, 327_680)[0] == 416
    status, item = part(327_680, len(data))
    assert (status, item["file"]["hashes"]["quickXorHash"]) == (201, quick_xor(data))
    assert call.get(f"/drives/{drive}/root:/case%201/big.bin")["id"] == item["id"]
    assert error(call.graph("PUT", f"/drives/{drive}/root:/case%201/a%3Ab.txt:/content", {}))[0] == 400


def test_a_copy_is_watched_without_a_token_and_a_move_stays_in_the_drive(call, tenant):
    drive, item = chosen(tenant)
    vault = tenant.library.quarantine().id
    target = {"driveId": vault, "id": call.get(f"/drives/{vault}/root")["id"]}
    assert call.graph("PATCH", here(drive, item), {"parentReference": target})[0] == 400
    body = {"parentReference": target, "name": "kept.txt", "includeAllVersionHistory": True}
    assert call.graph("POST", here(drive, item) + "/copy", body)[0] == 202
    monitor = urlsplit(call.headers["location"]).path
    assert call.send("GET", "sharepoint", monitor)[1]["status"] == "inProgress"
    done = call.send("GET", "sharepoint", monitor)[1]
    assert done["status"] == "completed"
    assert tenant.content(f"{vault}/{done['resourceId']}") == tenant.content(f"{drive}/{item}")
    folder = call.graph("POST", f"/drives/{drive}/items/root/children", {"name": "new", "folder": {}})[1]
    moved = call.graph("PATCH", here(drive, item), {"parentReference": {"id": folder["id"]}, "name": "other.txt"})[1]
    assert (moved["id"], moved["name"], moved["parentReference"]["id"]) == (item, "other.txt", folder["id"])
    assert [row["id"] for row in call.every(f"{here(drive, folder['id'])}/children")] == [item]
    rows, _ = call.delta(f"/drives/{drive}/root/delta")
    assert [row["id"] for row in rows].count(item) == 1


def test_the_recycle_bin_gives_back_what_was_deleted(call, tenant):
    drive, item = chosen(tenant)
    site = tenant.library.site_of(tenant.library.drive(drive).site)
    base, personal = f"/{site.path}/_api/site/RecycleBin", site.person is not None
    before = call.get(here(drive, item)), tenant.content(f"{drive}/{item}")
    assert call.graph("DELETE", here(drive, item))[0] == 204
    assert call.graph("GET", here(drive, item))[0] == 404
    query = "?$filter=(ItemState%20eq%201)%20and%20(ItemType%20eq%201)"
    found = call.site("GET", base + query, personal=personal)[1]["value"]
    [one] = [row for row in found if row["LeafName"] == before[0]["name"]]
    assert one["Size"] == str(before[0]["size"])
    assert one["DirName"].startswith(site.path)
    body = {"ids": [one["Id"]]}
    assert call.site("POST", base + "/RestoreByIds", body, personal=personal)[0] == 200
    assert (call.get(here(drive, item))["name"], tenant.content(f"{drive}/{item}")) == (before[0]["name"], before[1])
    assert call.site("POST", base + "/DeleteByIds", body, personal=personal)[0] == 404
    assert call.graph("POST", here(drive, item) + "/permanentDelete")[0] == 204
    assert tenant.content(f"{drive}/{item}") is None


def test_the_bins_hold_the_trash_of_the_world_in_both_stages(call, tenant):
    found, stages = {}, set()
    for site in call.every("/sites/getAllSites"):
        where = urlsplit(site["webUrl"]).path
        status, body = call.site("GET", f"{where}/_api/site/RecycleBin", personal=site["isPersonalSite"])
        if status == 423:
            continue
        found |= {f"{site['id']}/{row['Id']}": row["LeafName"] for row in body["value"]}
        stages |= {row["ItemState"] for row in body["value"]}
    assert found == {key: row["name"] for key, row in tenant.truth.rows("trash").items()}
    assert stages == {1, 2}


def test_a_folder_goes_with_all_that_is_in_it_and_comes_back(call, tenant):
    drive, item = chosen(tenant)
    folder = call.get(here(drive, item))["parentReference"]["id"]
    _, link = call.delta(f"/drives/{drive}/root/delta")
    assert call.graph("DELETE", here(drive, folder))[0] == 204
    gone = {row["id"] for row in call.delta(link)[0] if "deleted" in row}
    assert {folder, item} <= gone
    assert len([one for one in tenant.state.bin.values() if one.item.id == folder]) == 1
    site = tenant.library.site_of(tenant.library.drive(drive).site)
    id_ = next(key for key, one in tenant.state.bin.items() if one.item.id == folder)
    path = f"/{site.path}/_api/web/RecycleBin/RestoreByIds"
    assert call.site("POST", path, {"ids": [id_]}, personal=site.person is not None)[0] == 200
    assert call.get(here(drive, item))["id"] == item


def test_a_million_files_are_counted_on_demand():
    call = Caller(made(World(seed=1, people=100, files=1_000_000, events=240), unlimited=True))
    drive = next(d for d in call.tenant.library.drives() if d.place is not None)
    rows = call.get(f"/drives/{drive.id}/root/delta?$top=200&$select=id,name,size,file")
    assert len(rows["value"]) == 200
    assert "@odata.nextLink" in rows
