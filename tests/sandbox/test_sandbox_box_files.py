"""The simulated Box's files: trees, content, versions, trash, faults."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from random import Random
from urllib.parse import urlsplit

import msgspec
import pytest
from boxcalls import WORLD, Caller, ccg, fetch, file_in, fresh, served, upload, walk

from casb_cli.apps.box.sandbox import build
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    NESTED_PLACE,
    PERSONAL_PLACE,
    PUBLIC_PLACE,
)
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.world import World


@pytest.fixture
def box():
    return fresh()


@pytest.fixture
def call(box):
    return Caller(box, ccg(box)[1]["access_token"])


@pytest.fixture
def owner(box):
    return box.company.holder(PERSONAL_PLACE)


class Mini(msgspec.Struct):
    id: str
    login: str


class Link(msgspec.Struct):
    url: str
    access: str
    effective_access: str
    effective_permission: str
    unshared_at: str | None
    is_password_enabled: bool
    download_count: int


class Entry(msgspec.Struct):
    type: str
    id: str
    etag: str
    name: str
    size: int
    sha1: str
    modified_at: str
    owned_by: Mini
    shared_link: Link | None
    has_collaborations: bool
    is_externally_owned: bool
    item_status: str


def test_every_file_is_found_once_under_its_owner(box, call):
    found = {}
    for person in range(40):
        user = box.company.user_id(person)
        if not WORLD.has_account("box", person) or user in box.truth.unreachable():
            continue
        for row in walk(call, user):
            if row["type"] == "file" and row["owned_by"]["id"] == user:
                assert row["id"] not in found
                found[row["id"]] = row
    assert len(found) == WORLD.files
    for index in range(WORLD.files):
        row, entry = found[box.company.file_id(index)], WORLD.library("box").entry(index)
        assert row["name"] == entry.name.replace("/", "-")
        size, sha1, _ = WORLD.library("box").sums(index)
        assert (row["size"], row["sha1"]) == (size, sha1)
        link = row["shared_link"]
        assert (link and link["effective_access"]) == {"public": "open", "internal": "company"}.get(entry.exposure)
        path = "/".join([*(e["name"] for e in row["path_collection"]["entries"][1:]), row["name"]])
        assert "/" + path == box.truth.file(index)["path"]


def test_a_bookmark_lies_among_the_files(box, call):
    user, folder = box.company.holder(PUBLIC_PLACE), box.company.folder_id(PUBLIC_PLACE)
    rows = call.pages(f"/folders/{folder}/items?limit=1000", as_user=user)
    assert [row["name"] for row in rows if row["type"] == "web_link"] == ["Staff portal"]


def test_collaborators_see_the_shared_folder_in_their_tree(box, call, owner):
    place = box.company.library.place(PERSONAL_PLACE)
    member = box.company.user_id(place.members[0])
    names = {row["name"]: row for row in call.pages("/folders/0/items?limit=100", as_user=member)}
    row = names[place.name]
    seen = call("GET", f"/folders/{row['id']}?fields=parent,owned_by,path_collection", as_user=member)
    assert seen["owned_by"]["id"] == owner
    assert seen["path_collection"]["total_count"] == 1
    stranger = box.company.user_id(BREAK_GLASS)
    assert call.refused("GET", f"/folders/{row['id']}", as_user=stranger) == (404, "not_found")


def test_nested_place_belongs_to_the_owner_of_the_top(box, call, owner):
    folder = box.company.folder_id(NESTED_PLACE)
    row = call("GET", f"/folders/{folder}?fields=owned_by,path_collection", as_user=owner)
    assert row["owned_by"]["id"] == owner
    assert [e["name"] for e in row["path_collection"]["entries"]] == ["All Files", "payroll"]


def test_the_service_account_sees_nobodys_files(box, call):
    assert call("GET", "/folders/0/items")["entries"] == []
    assert call.refused("GET", f"/files/{file_in(box, PERSONAL_PLACE)}") == (404, "not_found")


def test_fields_replace_the_standard_ones(box, call, owner):
    file = file_in(box, PERSONAL_PLACE)
    assert set(call("GET", f"/files/{file}?fields=name,nonsense", as_user=owner)) == {"type", "id", "name"}
    full = call("GET", f"/files/{file}", as_user=owner)
    assert "shared_link" in full
    assert "has_collaborations" not in full


def test_markers_survive_deletions_and_refuse_strangers(box, call, owner):
    folder = box.company.folder_id(PERSONAL_PLACE)
    everything = [r["id"] for r in call.pages(f"/folders/{folder}/items?limit=1000", as_user=owner)]
    page = call("GET", f"/folders/{folder}/items?usemarker=true&limit=6", as_user=owner)
    gone = next(r["id"] for r in page["entries"] if r["type"] == "file")
    call("DELETE", f"/files/{gone}", expect=204, as_user=owner)
    rest, marker = [], page["next_marker"]
    while marker:
        more = call("GET", f"/folders/{folder}/items?usemarker=true&limit=6&marker={marker}", as_user=owner)
        rest += [r["id"] for r in more["entries"]]
        marker = more["next_marker"]
    assert [r["id"] for r in page["entries"]] + rest == everything
    assert call.refused("GET", f"/folders/{folder}/items?usemarker=true&marker=zzz", as_user=owner)[0] == 400


def test_content(box, call, owner):
    index = box.company.library.place(PERSONAL_PLACE).files[0]
    file, data = box.company.file_id(index), WORLD.library("box").content(index)
    assert fetch(call, file, as_user=owner).body == data
    part = fetch(call, file, as_user=owner, headers={"range": "bytes=3-9"})
    assert (part.status, part.body) == (206, data[3:10])
    assert part.headers["content-range"] == f"bytes 3-9/{len(data)}"
    assert fetch(call, file, as_user=owner, headers={"range": "bytes=-4"}).body == data[-4:]
    assert fetch(call, file, as_user=owner, headers={"range": f"bytes={len(data)}-"}).status == 416


def test_download_address_is_good_for_fifteen_minutes(box, call, owner):
    file, now = file_in(box, PERSONAL_PLACE), box.now()
    where = urlsplit(call.raw("GET", f"/2.0/files/{file}/content", as_user=owner).headers["location"]).path
    box.clock = lambda: now + 890
    assert Caller(box).raw("GET", where, host="content").status == 200
    box.clock = lambda: now + 910
    assert Caller(box).raw("GET", where, host="content").status == 403
    assert Caller(box).raw("GET", where.replace(file, "1000000000001"), host="content").status == 404


def test_content_may_not_be_ready_yet(owner):
    box, call = served(not_ready="1")
    target = f"/2.0/files/{file_in(box, PERSONAL_PLACE)}/content"
    first = call.raw("GET", target, as_user=owner)
    assert (first.status, first.headers["retry-after"], first.body) == (202, "1", b"")
    assert call.raw("GET", target, as_user=owner).status == 302


def test_the_trash_holds_the_drafts(box, call):
    found = {}
    for user in {row["owner"] for row in box.truth.trash().values()}:
        for row in call.pages("/folders/trash/items?limit=2&fields=name,sha1,item_status,shared_link", as_user=user):
            assert row["item_status"] == "trashed"
            assert row["shared_link"] is None
            found[row["id"]] = (row["name"], row["sha1"])
    assert found == {id_: (row["name"], row["sha1"]) for id_, row in box.truth.trash().items()}
    assert found


def test_restore_revives_the_link(box, call):
    draft = box.company.draft(1)
    user = draft.holder
    assert call.refused("GET", f"/files/{draft.id}", as_user=user) == (404, "trashed")
    assert call.refused("GET", f"/files/{draft.id}/content", as_user=user) == (404, "trashed")
    seen = call("GET", f"/files/{draft.id}/trash", as_user=user)
    assert seen["purged_at"] > seen["trashed_at"]
    answer = call("POST", f"/files/{draft.id}", {"parent": {"id": "0"}}, expect=201, as_user=user)
    assert answer["shared_link"] is None
    assert answer["parent"]["id"] == draft.parent, "the given parent is only a fallback"
    now = call("GET", f"/files/{draft.id}?fields=shared_link", as_user=user)
    assert now["shared_link"]["access"] == "open"
    assert call.refused("GET", f"/files/{draft.id}/trash", as_user=user) == (404, "not_trashed")
    rows = call.pages(f"/folders/{draft.parent}/items?limit=100", as_user=user)
    assert draft.id in {row["id"] for row in rows}


def test_restore_falls_back_when_the_folder_is_gone(box, call, owner):
    folder = call("POST", "/folders", {"name": "short-lived", "parent": {"id": "0"}}, expect=201, as_user=owner)
    file = json.loads(upload(call, "a.txt", folder["id"], as_user=owner).body)["entries"][0]["id"]
    call("DELETE", f"/files/{file}", expect=204, as_user=owner)
    call("DELETE", f"/folders/{folder['id']}", expect=204, as_user=owner)
    assert call.refused("POST", f"/files/{file}", {}, as_user=owner)[0] == 403
    row = call("POST", f"/files/{file}", {"parent": {"id": "0"}}, expect=201, as_user=owner)
    assert row["parent"]["id"] == "0"


def test_a_file_in_a_trashed_folder_is_not_in_the_trash_by_itself(box, call, owner):
    folder = call("POST", "/folders", {"name": "whole", "parent": {"id": "0"}}, expect=201, as_user=owner)
    file = json.loads(upload(call, "a.txt", folder["id"], as_user=owner).body)["entries"][0]["id"]
    assert call.refused("DELETE", f"/folders/{folder['id']}", as_user=owner) == (400, "folder_not_empty")
    call("DELETE", f"/folders/{folder['id']}?recursive=true", expect=204, as_user=owner)
    assert call.refused("GET", f"/files/{file}", as_user=owner) == (404, "trashed")
    assert call.refused("GET", f"/files/{file}/trash", as_user=owner)[0] == 404
    call("POST", f"/folders/{folder['id']}", {}, expect=201, as_user=owner)
    assert call("GET", f"/files/{file}", as_user=owner)["id"] == file


def test_purge_is_final(box, call, owner):
    file = file_in(box, PERSONAL_PLACE, 2)
    call("DELETE", f"/files/{file}", expect=204, as_user=owner)
    call("DELETE", f"/files/{file}/trash", expect=204, as_user=owner)
    assert call.refused("GET", f"/files/{file}/trash", as_user=owner) == (404, "not_found")
    assert call.refused("DELETE", f"/files/{file}", as_user=owner) == (404, "not_found")


def test_without_a_trash_deletion_is_final(owner):
    box, call = served(trash="off")
    file = file_in(box, PERSONAL_PLACE)
    call("DELETE", f"/files/{file}", expect=204, as_user=owner)
    assert call.refused("GET", f"/files/{file}/trash", as_user=owner) == (404, "not_found")


def test_overwrite_and_promote(box, call, owner):
    index = box.company.library.place(PERSONAL_PLACE).files[4]
    file, old_data = box.company.file_id(index), WORLD.library("box").content(index)
    before = call("GET", f"/files/{file}", as_user=owner)
    data = b"tombstone"
    headers = {"if-match": before["etag"], "content-md5": hashlib.sha1(data).hexdigest()}
    name = before["name"]
    reply = upload(call, name, None, data, target=f"/files/{file}/content", as_user=owner, headers=headers)
    assert reply.status == 200
    row = json.loads(reply.body)["entries"][0]
    assert row["sha1"] == hashlib.sha1(data).hexdigest()
    assert fetch(call, file, as_user=owner).body == data
    past = call("GET", f"/files/{file}/versions", as_user=owner)["entries"]
    assert [version["id"] for version in past] == [before["file_version"]["id"]]
    assert fetch(call, file, as_user=owner, query=f"?version={past[0]['id']}").body == old_data
    promote = {"type": "file_version", "id": past[0]["id"]}
    new = call("POST", f"/files/{file}/versions/current", promote, expect=201, as_user=owner)
    assert new["sha1"] == before["sha1"]
    assert fetch(call, file, as_user=owner).body == old_data
    assert len(call("GET", f"/files/{file}/versions", as_user=owner)["entries"]) == 2


def test_a_version_is_trashed_and_restored(box, call, owner):
    file = file_in(box, PERSONAL_PLACE, 4)
    upload(call, "n.txt", None, b"v2", target=f"/files/{file}/content", as_user=owner)
    [old] = call("GET", f"/files/{file}/versions", as_user=owner)["entries"]
    call("DELETE", f"/files/{file}/versions/{old['id']}", expect=204, as_user=owner)
    [gone] = call("GET", f"/files/{file}/versions", as_user=owner)["entries"]
    assert gone["trashed_at"] is not None
    assert call.refused("GET", f"/files/{file}/content?version={old['id']}", as_user=owner)[0] == 404
    back = call("PUT", f"/files/{file}/versions/{old['id']}", {"trashed_at": None}, as_user=owner)
    assert back["trashed_at"] is None


def test_upload_checks(box, call):
    def code(reply):
        return reply.status, json.loads(reply.body)["code"]

    assert code(upload(call, "a", "0", order=("file", "attributes"))) == (400, "metadata_after_file_contents")
    assert code(upload(call, "a", "0", headers={"content-md5": "0" * 40})) == (400, "bad_digest")
    assert code(upload(call, "a/b", "0")) == (400, "item_name_invalid")
    target = f"/files/{file_in(box, PERSONAL_PLACE)}/content"
    owner = box.company.holder(PERSONAL_PLACE)
    assert upload(call, "a", None, target=target, as_user=owner, headers={"if-match": "99"}).status == 412


def test_classification(box, call, owner):
    meta = f"/files/{file_in(box, PERSONAL_PLACE)}/metadata/enterprise/securityClassification-6VMVochwUWo"
    key = "Box__Security__Classification__Key"
    assert call.refused("GET", meta, as_user=owner) == (404, "instance_not_found")
    assert call("POST", meta, {key: "Confidential"}, expect=201, as_user=owner)[key] == "Confidential"
    assert call.refused("POST", meta, {key: "Public"}, as_user=owner) == (409, "tuple_already_exists")
    patch = [{"op": "replace", "path": f"/{key}", "value": "Public"}]
    assert call.refused("PUT", meta, patch, as_user=owner)[0] == 415
    headers = {"content-type": "application/json-patch+json"}
    assert call("PUT", meta, patch, as_user=owner, headers=headers)[key] == "Public"
    call("DELETE", meta, expect=204, as_user=owner)


def test_a_page_twice(box, call, owner):
    folder = box.company.folder_id(PERSONAL_PLACE)
    target = f"/folders/{folder}/items?limit=4&fields=name"
    straight = [row["id"] for row in call.pages(target, as_user=owner)]
    box.faults.plan("GET /folders/{folder_id}/items", "duplicate-page", nth=2, times=2)
    twice = [row["id"] for row in call.pages(target, as_user=owner)]
    assert len(twice) > len(straight)
    assert list(dict.fromkeys(twice)) == straight


def test_an_expired_marker_and_token(box, call, owner):
    folder = box.company.folder_id(PERSONAL_PLACE)
    page = call("GET", f"/folders/{folder}/items?limit=4&usemarker=true", as_user=owner)
    box.faults.plan("GET /folders/{folder_id}/items", "expired-cursor")
    target = f"/folders/{folder}/items?limit=4&usemarker=true&marker={page['next_marker']}"
    assert call.refused("GET", target, as_user=owner)[0] == 400
    box.faults.plan("GET /folders/{folder_id}/items", "expired-token")
    assert call.raw("GET", f"/2.0/folders/{folder}/items", as_user=owner).status == 401


def test_a_lost_answer_comes_after_the_effect(box, call, owner):
    file = file_in(box, PERSONAL_PLACE)
    box.faults.plan("PUT /files/{file_id}", "lost")
    body = json.dumps({"name": "renamed.txt"}).encode()
    assert call.raw("PUT", f"/2.0/files/{file}", body=body, as_user=owner) is None
    assert call("GET", f"/files/{file}?fields=name", as_user=owner)["name"] == "renamed.txt"


def test_reset_forgets(box, call, owner):
    file = file_in(box, PERSONAL_PLACE)
    call("DELETE", f"/files/{file}", expect=204, as_user=owner)
    assert box.snapshot()["items"][f"file:{file}"]["trashed"]
    box.reset()
    assert box.snapshot()["items"] == {}
    call("GET", f"/files/{file}", as_user=owner)


def test_a_million_files_cost_nothing_until_asked_for():

    tracemalloc.start()
    try:
        world = World(seed=3, people=40, files=1_000_000)
        box = build(world, Options(unlimited=True))
        call = Caller(box, ccg(box)[1]["access_token"])
        owner, folder = box.company.holder(PUBLIC_PLACE), box.company.folder_id(PUBLIC_PLACE)
        page = call("GET", f"/folders/{folder}/items?usemarker=true&limit=1000&fields=name,sha1", as_user=owner)
        assert len(page["entries"]) > 100
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_findings_are_the_companys(box):
    found = list(box.truth.findings())
    assert found == [
        (box.company.file_id(index), planted)
        for index in range(WORLD.files)
        for planted in WORLD.library("box").planted(index)
    ]
    assert found
    assert list(box.truth.trash_findings())


def test_the_truth_by_kind_agrees_with_the_company(box):
    assert len(box.truth.rows("file")) == WORLD.files
    assert len(box.truth.rows("activity")) == WORLD.events
    assert len(box.truth.rows("trash")) == box.company.drafts
    assert len(box.truth.rows("account")) == sum(WORLD.has_account("box", person) for person in range(40))
    assert len(box.truth.rows("finding")) == len(list(box.truth.findings()))
    shares = box.truth.rows("share")
    assert {row["kind"] for row in shares.values()} == {"link", "user", "group"}
    for kind in ("group", "membership", "privilege", "grant"):
        assert box.truth.rows(kind)


def test_wire_is_decodable_as_the_fact_sheet_writes_it(box, call, owner):
    """The shapes of the fact sheet's samples, held by types."""
    fields = ",".join(Entry.__struct_fields__)
    page = call("GET", f"/folders/{box.company.folder_id(PERSONAL_PLACE)}/items?fields={fields}", as_user=owner)
    files = [msgspec.convert(row, Entry) for row in page["entries"] if row["type"] == "file"]
    assert files
    assert files[0].modified_at.endswith("-08:00")


class Bookkeeper:
    """Does random things to files as their owners, and keeps its own account of where each must be."""

    def __init__(self, box, call, chance):
        self.call, self.chance = call, chance
        self.owners = sorted({box.company.holder(place) for place in range(WORLD.places)})
        self.lies: dict[str, tuple[str, str, str]] = {}
        self.folders: dict[str, list[str]] = {user: ["0"] for user in self.owners}
        for (kind, id_), row in self.seen().items():
            if kind == "file":
                self.lies[id_] = row
            else:
                self.folders[row[0]].append(id_)
        self.trash: dict[str, tuple[str, str, str]] = {}

    def seen(self):
        found = {}
        for user in self.owners:
            for row in walk(self.call, user, fields="name,owned_by,parent"):
                if row["owned_by"]["id"] == user and row["type"] != "web_link":
                    assert (row["type"], row["id"]) not in found
                    found[row["type"], row["id"]] = (user, row["parent"]["id"], row["name"])
        return found

    def send(self, method, target, data, user):
        body = json.dumps(data).encode()
        reply = self.call.raw(method, f"/2.0{target}", body=body, as_user=user)
        assert reply.status in (200, 201, 204, 409), reply.body
        return reply.status < 400

    def step(self):
        act = self.chance.choice(["move", "rename", "trash", "restore", "purge"])
        pool = self.trash if act in {"restore", "purge"} else self.lies
        if not pool:
            return
        id_ = self.chance.choice(sorted(pool))
        user, parent, name = pool[id_]
        if act == "move":
            to = self.chance.choice(self.folders[user])
            if self.send("PUT", f"/files/{id_}", {"parent": {"id": to}}, user):
                self.lies[id_] = (user, to, name)
        elif act == "rename":
            new = self.chance.choice(["a.txt", "B.TXT", "b.txt"])
            if self.send("PUT", f"/files/{id_}", {"name": new}, user):
                self.lies[id_] = (user, parent, new)
        elif act == "trash":
            self.send("DELETE", f"/files/{id_}", {}, user)
            self.trash[id_] = self.lies.pop(id_)
        elif act == "purge":
            self.send("DELETE", f"/files/{id_}/trash", {}, user)
            self.trash.pop(id_)
        elif self.send("POST", f"/files/{id_}", {}, user):
            self.lies[id_] = self.trash.pop(id_)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_done_every_file_lies_in_exactly_one_place(seed):
    box = build(WORLD, Options(unlimited=True, settings={"not_ready": "0"}))
    keeper = Bookkeeper(box, Caller(box, ccg(box)[1]["access_token"]), Random(seed))
    for _ in range(200):
        keeper.step()
        names = [(u if p == "0" else "", p, n.casefold()) for u, p, n in keeper.lies.values()]
        assert len(names) == len(set(names)), "a name was taken twice"
    found = {id_: row for (kind, id_), row in keeper.seen().items() if kind == "file"}
    assert found == keeper.lies
