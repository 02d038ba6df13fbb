"""Box against the simulated company: every listing is the world's, every action is undone."""

from __future__ import annotations

import contextlib
import json
import threading

import pytest

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.box import APP
from casb_cli.apps.box.auth import signin
from casb_cli.apps.box.connector import Box
from casb_cli.apps.box.govern_files import tombstone
from casb_cli.apps.box.urls import base_urls
from casb_cli.core.capabilities import (
    ListAccounts,
    ListFiles,
    RemoveShare,
    Window,
    needs_of,
)
from casb_cli.core.errors import (
    ObjectMissing,
)
from casb_cli.core.models import ROOT, File, Gone
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext


class Memory:
    """Tokens kept for one test."""

    def __init__(self):
        self.token = None
        self._lock = threading.RLock()

    def load(self):
        return self.token

    def save(self, token):
        self.token = token

    def lock(self):
        return self._lock


WORLD = World(seed=11, people=40, files=240, events=360)


def connected(provider, method="ccg"):
    told = provider.credentials()[method]
    urls = base_urls(told.fields)
    governors = Governors(APP, "t")
    plain = Client(APP, Box.rules, None, urls, governors, where="box/t")
    context = SigninContext(
        app="box",
        instance="t",
        method=method,
        fields=told.fields,
        secret=lambda key: told.secrets[key],
        tokens=Memory(),
        http=plain,
        urls=urls,
    )
    authenticator = signin(context)
    authenticator.sign_in(None)
    client = Client(APP, Box.rules, authenticator, urls, governors, where="box/t")
    return plain, Box(client, InstanceFacts("box", "t", method, told.fields, urls))


@pytest.fixture
def company():
    with serve(build(["box"], WORLD, {"box": Options(unlimited=True)})) as running:
        provider = running.provider("box")
        with contextlib.ExitStack() as stack:
            plain, box = connected(provider)
            stack.callback(plain.close)
            stack.callback(box.client.close)
            yield provider, box


def everything(method, *more):
    queue, rows, notices = [ROOT], [], []
    while queue:
        part = queue.pop(0)
        for page in method(part, None, *more):
            rows += page.items
            queue += page.more
            notices += page.notices
    return rows, notices


def test_the_downloaded_settings_sign_in(company):
    plain, box = connected(company[0], "jwt")
    with plain, box.client:
        assert box.prove().id == company[0].credentials()["ccg"].fields["enterprise_id"]


def test_the_directory_is_the_world_s(company):
    provider, box = company
    truth = provider.truth
    box.check_visibility()
    accounts, _ = everything(box.list_accounts)
    told = {a.id: (a.login, a.name, a.status, a.is_admin, a.created) for a in accounts}
    assert told == {
        id_: (a["login"], a["name"], a["status"], a["is_admin"], a["created"]) for id_, a in truth.accounts().items()
    }
    groups, _ = everything(box.list_groups)
    assert {g.id: g.name for g in groups} == {id_: g["name"] for id_, g in truth.groups().items()}
    members, _ = everything(box.list_memberships)
    assert {m.id: (m.group_ref, m.member_ref, m.role) for m in members} == {
        id_: (f"group:{m['group']}", f"account:{m['member']}", m["role"]) for id_, m in truth.memberships().items()
    }
    names = {g["name"]: id_ for id_, g in truth.groups().items()}
    privileges, _ = everything(box.list_privileges)
    held = {(p.principal_ref.removeprefix("account:"), p.role, names.get(p.scope, p.scope)) for p in privileges}
    assert held == truth.privileges()


def test_activity_and_apps_are_the_world_s(company):
    provider, box = company
    truth = provider.truth
    services = {(id_, user) for id_, one in truth.services().items() for user in one["users"]}
    rows, _ = everything(box.list_grants)
    assert {(g.client_id, g.principal_ref.removeprefix("account:")) for g in rows} == services
    assert all(g.scopes is None and "scopes" in g.unknown for g in rows)
    rows, _ = everything(box.list_activity, Window())
    told = {r.id: (r.time, r.kind, r.action, r.actor_ref, r.ip, r.outcome) for r in rows}
    assert told == {
        e["id"]: (e["time"], e["kind"], e["action"], f"account:{e['actor']}", e["ip"], e["outcome"])
        for e in truth.activity()
    }
    only, _ = everything(box.list_activity, Window(kinds=("logon",)))
    assert {r.id for r in only} == {e["id"] for e in truth.activity() if e["kind"] == "logon"}


def test_files_shares_and_trash_are_the_world_s(company):
    provider, box = company
    truth = provider.truth
    files, notices = everything(box.list_files)
    told = {f.id: (f.path, f.owner_ref, f.size, f.hash, f.version, f.sharing) for f in files}
    assert len(files) == len(told)
    assert told == {
        f["id"]: (f["path"], f"account:{f['owner']}", f["size"], f"sha1:{f['sha1']}", f["version"], f["sharing"])
        for f in truth.files()
    }
    assert len(notices) == len(truth.unreachable())
    assert {n.code for n in notices} == {"unreachable"}
    for level in ("public", "external", "internal", "private"):
        one = next(f for f in files if f.sharing == level)
        assert box.find_file(one.id) == one
    shares, _ = everything(box.list_shares)
    links = {tuple(s.id.split(":")[1:]): (s.who, s.role) for s in shares if s.kind == "link"}
    assert links == {key: (link["access"], link["role"]) for key, link in truth.links().items()}
    others = {s.id.split(":")[3]: (s.file_ref, s.kind, s.role, s.sharing) for s in shares if s.kind != "link"}
    assert others == {
        id_: (":".join(c["item"]), c["kind"], c["role"], "external" if c["external"] else "internal")
        for id_, c in truth.collaborations().items()
    }
    trash, _ = everything(box.list_trash)
    assert {f.id: (f.path, f.trashed) for f in trash} == {id_: (f["path"], True) for id_, f in truth.trash().items()}


def test_content_comes_without_our_credential_and_is_what_was_listed(company):
    import hashlib

    provider, box = company
    files, _ = everything(box.list_files)
    with box.read_file(files[0]) as chunks:
        content = b"".join(chunks)
    assert f"sha1:{hashlib.sha1(content, usedforsecurity=False).hexdigest()}" == files[0].hash
    download = [call for call in provider.calls if call.host == "content"]
    assert download
    assert not any("authorization" in call.headers or "as-user" in call.headers for call in download)


def test_an_owner_kept_before_saves_the_search(company):
    provider, box = company
    files, _ = everything(box.list_files)
    kept = {f.id: f for f in files}
    box.people()
    box.recall = lambda kind, id_: kept.get(id_) if kind == "file" else None
    provider.calls.clear()
    assert box.owner_of("file", files[-1].id) == files[-1].locator["owner"]
    assert len(provider.calls) == 1


def performed(box, steps, memo):
    for step in steps:
        for _ in range(2):  # each may be sent again after a crash
            memo |= box.perform(step, dict(memo))
            json.dumps(memo)
    return memo


def test_quarantine_takes_a_file_out_of_reach_and_gives_it_back(company):
    provider, box = company
    shared = next(c["item"][1] for c in provider.truth.collaborations().values() if c["item"][0] == "file")
    before = box.find_file(shared)
    change = box.plan_quarantine(shared, case="c-1")
    assert [step.name for step in change.steps] == [
        "make-case",
        "drop-link",
        "drop-collaboration",
        "open-door",
        "move-in",
        "take-over",
        "shut-door",
        "leave-tombstone",
    ]
    assert all(step.undoes for step in change.inverse)
    memo = performed(box, change.steps, dict(change.keeps))
    assert box.observe(change, memo) == change.after
    with pytest.raises(ObjectMissing):
        box.item("file", shared, before.locator["owner"])
    files, _ = everything(box.list_files)
    assert shared not in {f.id for f in files}
    (stone,) = [f for f in files if f.id == memo["tombstone"]]
    with box.read_file(stone) as chunks:
        assert b"".join(chunks) == tombstone("c-1")
    memo = performed(box, change.inverse, memo)
    assert box.observe(change, memo) == change.before
    after = box.find_file(shared)
    assert (after.path, after.hash, after.owner, after.sharing) == (
        before.path,
        before.hash,
        before.owner,
        before.sharing,
    )
    assert memo["tombstone"] not in {f.id for f in everything(box.list_files)[0]}


def test_a_note_beside_the_longest_name_has_one_that_fits(company):
    _, box = company
    file = next(one for one in everything(box.list_files)[0] if not one.trashed)
    owner = file.locator["owner"]
    box.client.send(box.act("PUT /files/{file_id}", {"file_id": file.id}, owner, json={"name": "n" * 255}, safe=True))
    change = box.plan_quarantine(file.id, case="c-3")
    memo = performed(box, change.steps, dict(change.keeps))
    note = box.item("file", memo["tombstone"], owner)
    assert note.name == "n" * 241 + " - removed.txt"


def test_a_trashed_file_is_quarantined_without_its_former_link(company):
    provider, box = company
    id_ = next(iter(provider.truth.trash()))
    change = box.plan_quarantine(id_, case="c-2")
    names = [step.name for step in change.steps]
    assert names.index("make-case") < names.index("leave-trash") < names.index("drop-link") < names.index("move-in")
    assert "leave-tombstone" not in names
    assert change.exposure
    memo = performed(box, change.steps, dict(change.keeps))
    assert box.observe(change, memo) == change.after
    memo = performed(box, change.inverse, memo)
    assert box.observe(change, memo)["place"] == "trash"


def test_the_feed_brings_changes_and_what_left_every_listing(company):
    provider, box = company
    cursor = box.follow_start()
    files, _ = everything(box.list_files)
    written, trashed, taken = (f.id for f in files[:3])
    box.perform(box.plan_overwrite(written, case="c-3").steps[0], {})
    box.perform(box.plan_trash(trashed).steps[0], {})
    change = box.plan_quarantine(taken, case="c-4")
    performed(box, change.steps, dict(change.keeps))
    folder = next(key[1] for key in provider.truth.links() if key[0] == "folder")
    owner = box.owner_of("folder", folder)
    change = box.plan_change_share(f"{owner}:folder:{folder}", sharing="private")
    box.perform(change.steps[0], {})
    pages = list(box.follow_files(ROOT, cursor))
    found = {one.id: one for page in pages for one in page.items}
    assert isinstance(found[written], File)
    assert found[written].hash != files[0].hash
    assert isinstance(found[trashed], Gone)
    assert isinstance(found[taken], Gone)
    assert f"folder:{folder}" in {part.key for page in pages for part in page.more}
    # Drained: the next look from there brings nothing.
    again = [one for page in box.follow_files(ROOT, pages[-1].cursor) for one in page.items]
    assert again == []


def test_overwriting_keeps_the_name_and_is_undone_by_the_former_version(company):
    _, box = company
    files, _ = everything(box.list_files)
    change = box.plan_overwrite(files[0].id, case="c-5")
    memo = performed(box, change.steps, dict(change.keeps))
    assert box.observe(change, memo) == change.after
    assert box.find_file(files[0].id).name == files[0].name
    memo = performed(box, change.inverse, memo)
    assert box.find_file(files[0].id).hash == files[0].hash


def test_making_private_tightens_the_folder_that_carries_it_and_keeps_the_url(company):
    provider, box = company
    files, _ = everything(box.list_files)
    folders = {key[1]: link["url"] for key, link in provider.truth.links().items() if key[0] == "folder"}
    for file in files:
        if file.sharing == "public":
            change = box.plan_make_private(file.id)
            carried = [ref for ref in change.touches if ref.startswith("folder:")]
            if carried:
                break
    folder = carried[0].removeprefix("folder:")
    memo = performed(box, change.steps, dict(change.keeps))
    assert box.observe(change, memo) == {"wider": []}
    assert box.find_file(file.id).sharing == "internal"
    owner = file.locator["owner"]
    raw = box.client.send(box.get("/folders/{folder_id}", {"folder_id": folder}, owner)).json()
    assert raw["shared_link"]["url"] == folders[folder]
    performed(box, change.inverse, memo)
    assert box.find_file(file.id).sharing == "public"


def test_needs_are_named_as_box_documents_them():
    for ability in (ListAccounts, ListFiles, RemoveShare):
        assert all(need.calls and set(need.any_of) <= {"box"} for need in needs_of(Box, ability))


def test_an_inactive_account_is_not_let_in_by_limiting_it(company):
    provider, box = company
    inactive = next(id_ for id_, one in provider.truth.accounts().items() if one["status"] == "suspended")
    change = box.plan_suspend(inactive, mode="limit")
    assert change.steps == ()
    assert change.before == change.after == {"status": "inactive"}
