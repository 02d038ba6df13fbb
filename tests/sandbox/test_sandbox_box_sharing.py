"""The simulated Box's links and collaborations, and a quarantine as it allows it."""

from __future__ import annotations

import json

import pytest
from boxcalls import WORLD, Caller, ccg, file_in, fresh, served, upload, walk

from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    EXTERNAL_PLACE,
    PENDING_PLACE,
    PERSONAL_PLACE,
)


@pytest.fixture
def box():
    return fresh()


@pytest.fixture
def call(box):
    return Caller(box, ccg(box)[1]["access_token"])


@pytest.fixture
def owner(box):
    return box.company.holder(PERSONAL_PLACE)


def test_a_link_is_removed_tightened_and_new_again(box, call, owner):
    index = box.company.library.place(PERSONAL_PLACE).files[1]  # the company says: public
    file = f"/files/{box.company.file_id(index)}?fields=shared_link,etag"
    old = call("GET", file, as_user=owner)
    assert old["shared_link"]["effective_access"] == "open"
    tight = call("PUT", file, {"shared_link": {"access": "company"}}, as_user=owner)
    assert tight["shared_link"]["access"] == "company"
    assert tight["shared_link"]["url"] == old["shared_link"]["url"]
    assert call("PUT", file, {"shared_link": None}, as_user=owner)["shared_link"] is None
    new = call("PUT", file, {"shared_link": {"access": "open"}}, as_user=owner)
    assert new["shared_link"]["url"] != old["shared_link"]["url"]
    assert int(new["etag"]) > int(old["etag"])


def test_if_match(box, call, owner):
    file = f"/files/{file_in(box, PERSONAL_PLACE)}"
    etag = call("GET", file, as_user=owner)["etag"]
    wrong = {"if-match": str(int(etag) + 5)}
    assert call.refused("PUT", file, {"name": "other.txt"}, as_user=owner, headers=wrong)[0] == 412
    row = call("PUT", file, {"name": "other.txt"}, as_user=owner, headers={"if-match": etag})
    assert row["name"] == "other.txt"


def test_collaborations_come_from_the_folders_above(box, call):
    place = box.company.library.place(EXTERNAL_PLACE)
    owner, file = box.company.holder(EXTERNAL_PLACE), file_in(box, EXTERNAL_PLACE)
    rows = call("GET", f"/files/{file}/collaborations?limit=100", as_user=owner)["entries"]
    folder = box.company.folder_id(EXTERNAL_PLACE)
    inherited = [row for row in rows if row["item"]["id"] == folder]
    ids = {box.company.user_id(p) for p in (*place.externals, *place.members)}
    ids |= {box.company.group_id(g) for g in place.groups}
    assert {row["accessible_by"]["id"] for row in inherited} == ids
    managed = {r["id"] for r in call.pages("/users?limit=1000&fields=id")}
    outside = {r["accessible_by"]["id"] for r in inherited if r["accessible_by"]["type"] == "user"} - managed
    assert outside == {box.company.user_id(p) for p in place.externals}


def test_a_pending_invitation_hides_item_and_invitee(box, call):
    owner, folder = box.company.holder(PENDING_PLACE), box.company.folder_id(PENDING_PLACE)
    rows = call("GET", f"/folders/{folder}/collaborations", as_user=owner)["entries"]
    [row] = [row for row in rows if row["status"] == "pending"]
    assert row["accessible_by"] is None
    assert row["item"] is None
    assert row["invite_email"] == box.company.invitee
    assert box.truth.sharing(box.company.library.place(PENDING_PLACE).files[0]) == "external"


def test_sharing_levels_follow_links_and_guests_of_all_folders(box, call):
    """Evaluate each file as the fact sheet says, by reading, and hold it against the company."""
    managed = {r["id"] for r in call.pages("/users?limit=1000&fields=id")}
    rank = ["private", "internal", "external", "public"]
    for index in range(0, WORLD.files, 7):
        user, file = box.truth.file(index)["owner"], box.company.file_id(index)
        row = call("GET", f"/files/{file}?fields=shared_link,path_collection", as_user=user)
        links = [row["shared_link"]]
        for above in row["path_collection"]["entries"][1:]:
            links.append(call("GET", f"/folders/{above['id']}?fields=shared_link", as_user=user)["shared_link"])
        found = [{"open": "public", "company": "internal"}[link["effective_access"]] for link in links if link]
        for collab in call("GET", f"/files/{file}/collaborations", as_user=user)["entries"]:
            who = collab["accessible_by"]
            if who is None or (who["type"] == "user" and who["id"] not in managed):
                found.append("external")
        assert max(found, default="private", key=rank.index) == box.truth.sharing(index)


def test_ending_and_renewing_a_collaboration(box, call, owner):
    folder = box.company.folder_id(PERSONAL_PLACE)
    member = box.company.user_id(box.company.library.place(PERSONAL_PLACE).members[0])
    rows = call("GET", f"/folders/{folder}/collaborations", as_user=owner)["entries"]
    [collab] = [row for row in rows if row["accessible_by"]["id"] == member]
    again = {
        "item": {"type": "folder", "id": folder},
        "accessible_by": {"type": "user", "id": member},
        "role": "viewer",
    }
    assert call.refused("POST", "/collaborations", again, as_user=owner) == (400, "user_already_collaborator")
    call("DELETE", f"/collaborations/{collab['id']}", expect=204, as_user=owner)
    assert call.refused("DELETE", f"/collaborations/{collab['id']}", as_user=owner)[0] == 404
    assert call.refused("GET", f"/folders/{folder}", as_user=member)[0] == 404
    new = call("POST", "/collaborations?notify=false", again, expect=201, as_user=owner)
    assert (new["status"], new["role"]) == ("accepted", "viewer")
    assert new["id"] != collab["id"]
    file = file_in(box, PERSONAL_PLACE)
    assert call.refused("PUT", f"/files/{file}", {"name": "y"}, as_user=member)[0] == 403, "a viewer edits nothing"
    root = {**again, "item": {"type": "folder", "id": "0"}}
    code = "collaborations_not_available_on_root_folder"
    assert call.refused("POST", "/collaborations", root, as_user=owner) == (400, code)


def test_unknown_addresses_stay_pending(box, call, owner):
    data = {
        "item": {"type": "file", "id": file_in(box, PERSONAL_PLACE)},
        "accessible_by": {"type": "user", "login": "someone@elsewhere.example"},
        "role": "viewer",
    }
    row = call("POST", "/collaborations", data, expect=201, as_user=owner)
    assert (row["status"], row["invite_email"]) == ("pending", "someone@elsewhere.example")


def test_where_the_enterprise_asks_for_acceptance(owner):
    box, call = served(acceptance="on")
    member = box.company.user_id(BREAK_GLASS)
    data = {
        "item": {"type": "folder", "id": box.company.folder_id(PERSONAL_PLACE)},
        "accessible_by": {"type": "user", "id": member},
        "role": "editor",
    }
    row = call("POST", "/collaborations", data, expect=201, as_user=owner)
    assert row["status"] == "pending"
    assert row["accessible_by"]["name"] == ""
    pending = call("GET", "/collaborations?status=pending", as_user=member)["entries"]
    assert [entry["id"] for entry in pending] == [row["id"]]
    assert call("PUT", f"/collaborations/{row['id']}", {"status": "accepted"}, as_user=member)["status"] == "accepted"
    accept = {"status": "accepted"}
    assert call.refused("PUT", f"/collaborations/{row['id']}", accept, as_user=member) == (400, "invalid_status")


def test_handing_an_item_over(box, call, owner):
    member = box.company.user_id(BREAK_GLASS)
    file = file_in(box, PERSONAL_PLACE, 5)
    data = {
        "item": {"type": "file", "id": file},
        "accessible_by": {"type": "user", "id": member},
        "role": "co-owner",
    }
    row = call("POST", "/collaborations", data, expect=201, as_user=owner)
    call("PUT", f"/collaborations/{row['id']}", {"role": "owner"}, expect=204, as_user=owner)
    assert call("GET", f"/files/{file}?fields=owned_by", as_user=member)["owned_by"]["id"] == member
    rows = call("GET", f"/files/{file}/collaborations", as_user=member)["entries"]
    assert [(r["accessible_by"]["id"], r["role"]) for r in rows] == [(owner, "co-owner")]


def test_quarantine_by_moving_and_the_way_back(box, call, owner):
    file, old = file_in(box, PERSONAL_PLACE, 3), box.company.folder_id(PERSONAL_PLACE)
    before = call("GET", f"/files/{file}", as_user=owner)
    top = call("POST", "/folders", {"name": "casb-quarantine", "parent": {"id": "0"}}, expect=201)
    case = call("POST", "/folders", {"name": "case-1", "parent": {"id": top["id"]}}, expect=201)
    move = {"parent": {"id": case["id"]}}
    assert call.refused("PUT", f"/files/{file}", move, as_user=owner)[0] == 404, "no access to the case yet"
    invite = {
        "item": {"type": "folder", "id": case["id"]},
        "accessible_by": {"type": "user", "id": owner},
        "role": "editor",
    }
    helper = call("POST", "/collaborations", invite, expect=201)
    etag = {"if-match": before["etag"]}
    moved = call("PUT", f"/files/{file}?fields=owned_by,parent", move, as_user=owner, headers=etag)
    assert moved["owned_by"]["id"] == box.company.service, "ownership follows the folder"
    call("DELETE", f"/collaborations/{helper['id']}", expect=204)
    assert call.refused("GET", f"/files/{file}", as_user=owner) == (404, "not_found")
    assert file not in {r["id"] for r in walk(call, owner) if r["type"] == "file"}
    assert call("GET", f"/files/{file}")["id"] == file, "the id survives"
    back = {"item": {"type": "folder", "id": old}, "accessible_by": {"type": "user", "id": box.company.service}}
    helper = call("POST", "/collaborations", {**back, "role": "editor"}, expect=201, as_user=owner)
    call("PUT", f"/files/{file}", {"parent": {"id": before["parent"]["id"]}})
    call("DELETE", f"/collaborations/{helper['id']}", expect=204, as_user=owner)
    after = call("GET", f"/files/{file}", as_user=owner)
    for name in ("name", "sha1", "parent", "owned_by", "path_collection", "file_version"):
        assert after[name] == before[name]
    assert call.refused("GET", f"/files/{file}") == (404, "not_found")


def test_a_move_across_owners_needs_the_owner(box, call, owner):
    file = file_in(box, PERSONAL_PLACE)
    member = box.company.user_id(box.company.library.place(PERSONAL_PLACE).members[0])
    own = call("POST", "/folders", {"name": "mine", "parent": {"id": "0"}}, expect=201, as_user=member)
    assert call.refused("PUT", f"/files/{file}", {"parent": {"id": own["id"]}}, as_user=member)[0] == 403


def test_into_a_users_root(box, call, owner):
    file = json.loads(upload(call, "tomb.txt", "0").body)["entries"][0]["id"]
    row = call("PUT", f"/files/{file}?fields=owned_by,parent", {"parent": {"id": "0", "user_id": owner}})
    assert row["owned_by"]["id"] == owner
    assert "tomb.txt" in {r["name"] for r in call.pages("/folders/0/items?limit=100", as_user=owner)}


def test_the_service_account_fills_up(box, call):
    box.state.users[box.company.service] = box.company.user(box.company.service)
    box.state.users[box.company.service].space_amount = 8
    assert upload(call, "small", "0", b"12345").status == 201
    reply = upload(call, "large", "0", b"12345")
    assert (reply.status, json.loads(reply.body)["code"]) == (403, "storage_limit_exceeded")
    call("PUT", f"/users/{box.company.service}", {"space_amount": -1})
    assert upload(call, "large", "0", b"12345").status == 201


def test_names_clash_whatever_their_case(box, call, owner):
    files = box.company.library.place(PERSONAL_PLACE).files
    rows = {row["id"]: row for row in walk(call, owner, fields="name,parent,owned_by") if row["type"] == "file"}
    first = rows[box.company.file_id(files[0])]
    reply = upload(call, first["name"].upper(), first["parent"]["id"], as_user=owner)
    answer = json.loads(reply.body)
    assert (reply.status, answer["code"]) == (409, "item_name_in_use")
    assert answer["context_info"]["conflicts"][0]["id"] == first["id"]


def test_a_lock_holds_others_back(box, call, owner):
    file = f"/files/{file_in(box, PERSONAL_PLACE)}"
    member = box.company.user_id(box.company.library.place(PERSONAL_PLACE).members[0])
    lock = {"type": "lock", "access": "lock", "is_download_prevented": True}
    call("PUT", f"{file}?fields=lock", {"lock": lock}, as_user=owner)
    assert call.refused("PUT", file, {"name": "x"}, as_user=member) == (403, "access_denied_item_locked")
    assert call.refused("GET", f"{file}/content", as_user=member) == (403, "access_denied_item_locked")
    call("GET", f"{file}/content", expect=302, as_user=owner)
    assert call("PUT", f"{file}?fields=lock", {"lock": None}, as_user=owner)["lock"] is None
