"""Box: the vendor's error bodies, events and links, the order of a quarantine, and the simulated company."""

from __future__ import annotations

import contextlib
import json
import threading

import httpx
import pytest

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.box import APP, events, mapping
from casb_cli.apps.box.auth import read_settings, signin
from casb_cli.apps.box.connector import Box
from casb_cli.apps.box.govern_files import tombstone
from casb_cli.apps.box.links import link_body, link_state
from casb_cli.apps.box.rules import classify
from casb_cli.apps.box.setup import instructions
from casb_cli.apps.box.urls import base_urls
from casb_cli.core.capabilities import (
    ABILITIES,
    ListAccounts,
    ListFiles,
    ListGroups,
    RemoveShare,
    Window,
    check,
    needs_of,
)
from casb_cli.core.errors import (
    CursorExpired,
    NotPermitted,
    ObjectMissing,
    RequestRefused,
    ScopeMissing,
    SignInNeeded,
    StateConflict,
    Throttled,
    Unavailable,
    Unsupported,
    UsageError,
)
from casb_cli.core.models import ROOT, File, Gone
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World
from casb_cli.transport.calls import Call
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext

CALL = Call(name="GET /files/{file_id}")


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


# Rules


def body(code, message="no", **more):
    return json.dumps({"type": "error", "status": 0, "code": code, "message": message, **more}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind", "error"),
    [
        (400, "invalid_limit", "fail", RequestRefused),
        (400, "terms_of_service_required", "fail", NotPermitted),
        (400, "password_reset_required", "fail", NotPermitted),
        (401, "unauthorized", "reauth", SignInNeeded),
        (403, "insufficient_scope", "fail", ScopeMissing),
        (403, "access_denied_insufficient_permissions", "fail", NotPermitted),
        (403, "access_denied_item_locked", "fail", StateConflict),
        (403, "storage_limit_exceeded", "fail", StateConflict),
        (403, "forbidden_by_policy", "fail", NotPermitted),
        (404, "not_found", "fail", ObjectMissing),
        (404, "trashed", "fail", ObjectMissing),
        (405, "method_not_allowed", "fail", ObjectMissing),
        (409, "item_name_in_use", "fail", StateConflict),
        (409, "name_temporarily_reserved", "busy", StateConflict),
        (409, "operation_blocked_temporary", "busy", StateConflict),
        (412, "precondition_failed", "fail", StateConflict),
        (429, "rate_limit_exceeded", "throttled", Throttled),
        (503, "unavailable", "busy", Unavailable),
    ],
)
def test_error_codes(status, code, kind, error):
    verdict = classify(CALL, status, {}, body(code, request_id="r1"))
    assert verdict.kind == kind
    assert type(verdict.error) is error
    assert verdict.error.code == code
    assert verdict.error.request_id == "r1"


def test_an_empty_body_is_read_from_its_challenge():
    headers = {"www-authenticate": 'Bearer realm="Service", error="insufficient_scope"'}
    verdict = classify(CALL, 403, headers, b"")
    assert type(verdict.error) is ScopeMissing
    assert "authorize" in verdict.error.hint


def test_an_expired_token_is_renewed():
    headers = {"www-authenticate": 'Bearer realm="Service", error="invalid_token", error_description="expired_token"'}
    assert classify(CALL, 401, headers, b"").kind == "reauth"


def test_only_a_202_that_says_when_is_waited_for():
    assert classify(CALL, 202, {"retry-after": "2"}, b"").kind == "busy"
    assert classify(CALL, 202, {}, b'{"message":"accepted"}').kind == "ok"
    assert classify(CALL, 302, {"location": "https://dl.boxcloud.com/x"}, b"").kind == "ok"


def test_reasons_in_the_context_are_told():
    context = {"errors": [{"reason": "invalid_parameter", "name": "item", "message": "Invalid value 'f_1'."}]}
    verdict = classify(CALL, 404, {}, body("not_found", "Not Found", context_info=context))
    assert verdict.error.words == "Not Found (Invalid value 'f_1'.)"


# Declaration, addresses, sign-in


def test_nothing_is_left_out():
    assert check(Box) == []
    assert {limit.family: (limit.allowed, limit.window, limit.per) for limit in APP.limits if limit.known} == {
        "core": (1000, 60, "user"),
        "upload": (240, 60, "user"),
    }


@pytest.mark.parametrize("given", ["https://box.test", "https://box.test/", "https://box.test/2.0"])
def test_the_version_stands_in_the_base(given):
    urls = base_urls({"api_url": given, "upload_url": "https://up.test/api"})
    assert urls["api"] == "https://box.test/2.0"
    assert urls["oauth"] == "https://box.test"
    assert urls["upload"] == "https://up.test/api/2.0"
    assert urls["account"] == "https://account.box.com/api/oauth2"


def test_settings_that_lack_a_field_name_it_and_quote_nothing():
    text = json.dumps({"boxAppSettings": {"clientID": "c", "clientSecret": "canary-secret"}, "enterpriseID": "1"})
    with pytest.raises(SignInNeeded) as caught:
        read_settings(text)
    assert "appAuth" in str(caught.value)
    assert "canary" not in str(caught.value)
    with pytest.raises(SignInNeeded, match="no JSON"):
        read_settings("canary {")


def test_setup_names_only_the_scopes_of_what_is_wanted():
    text = instructions("ccg", needs_of(Box, ListGroups), {})
    assert "(manage_groups)" in text
    assert "(manage_managed_users)" not in text
    assert "Client Credentials Grant" in text
    everything = [need for ability in ABILITIES if issubclass(Box, ability) for need in needs_of(Box, ability)]
    text = instructions("jwt", everything, {"admin_id": "11"})
    assert "(root_readwrite)" in text
    assert "(root_readonly)" not in text  # writing implies reading
    assert "Generate user access tokens" in text
    assert "enterprise_content" in text  # the warning


def test_writing_implies_reading():
    assert Box.expand_scopes(frozenset({"root_readwrite"})) == {"root_readwrite", "root_readonly"}
    assert Box.expand_scopes(frozenset({"manage_groups"})) == {"manage_groups"}


# Mapping


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("active", "active"),
        ("inactive", "suspended"),
        ("cannot_delete_edit", "active"),
        ("cannot_delete_edit_upload", "active"),
        (None, None),
    ],
)
def test_account_status(status, expected):
    row = mapping.account(mapping.User(id="1", login="a@b.test", status=status, role="coadmin"))
    assert row.status == expected
    assert row.is_admin is True
    assert ("status" in row.unknown) is (status is None)
    assert row.mfa is None
    assert {"mfa", "last_login"} <= set(row.unknown)


@pytest.mark.parametrize(
    ("link", "level"),
    [
        ({"access": "open", "effective_access": "open"}, "public"),
        ({"access": "open", "effective_access": "company"}, "internal"),
        ({"access": "collaborators", "effective_access": "collaborators"}, "private"),
        ({}, "private"),
    ],
)
def test_the_effective_access_counts(link, level):
    assert mapping.Link(**link).level == level


@pytest.mark.parametrize(
    ("event", "kind", "outcome"),
    [
        ("LOGIN", "logon", "success"),
        ("FAILED_LOGIN", "logon", "failure"),
        ("USER_AUTHENTICATE_OAUTH2_ACCESS_TOKEN_CREATE", "logon", "success"),
        ("DEVICE_TRUST_CHECK_FAILED", "logon", "failure"),
        ("UPLOAD", "user", "success"),
        ("SHIELD_DOWNLOAD_BLOCKED", "user", "failure"),
        ("SOMETHING_NEW", "user", "success"),
        ("CHANGE_ADMIN_ROLE", "admin", "success"),
        ("GROUP_ADMIN_CREATED", "admin", "success"),
        ("DISABLE_MULTI_FACTOR_AUTH", "admin", "success"),
        ("MASTER_INVITE_ACCEPT", "admin", "success"),
        ("OAUTH2_REFRESH_TOKEN_REVOKE", "admin", "success"),
    ],
)
def test_kinds_of_events(event, kind, outcome):
    assert (events.kind_of(event), events.outcome_of(event)) == (kind, outcome)


@pytest.mark.parametrize(
    ("source", "target", "ref"),
    [
        ({"type": "user", "id": "11", "login": "ana@corp.test"}, "ana@corp.test", "account:11"),
        ({"item_type": "file", "item_id": "89", "item_name": "x.docx"}, "x.docx", "file:89"),
        ({"folder_id": "77", "folder_name": "HR", "user_id": "44", "user_name": "Bo"}, "HR", "folder:77"),
        ({"file_id": 9007199254740993, "file_name": "y"}, "y", "file:9007199254740993"),
        ({"group_id": "5", "group_name": "Sec", "user_id": "11"}, "Sec", "group:5"),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_forms_of_an_event_source(source, target, ref):
    wire = {
        "event_id": "e",
        "event_type": "SHARE",
        "created_at": "2026-11-02T10:00:00-07:00",
        "created_by": {"type": "user", "id": "2", "name": "Anonymous"},
        "source": source,
        "ip_address": "Unknown IP",
    }
    import msgspec

    row = events.activity(msgspec.json.decode(json.dumps(wire), type=events.Event))
    assert (row.target, row.target_ref) == (target, ref)
    assert row.time == "2026-11-02T17:00:00Z"
    assert (row.actor, row.actor_ref) == ("anonymous", None)
    assert row.ip is None
    assert "ip" in row.unknown


def test_a_link_is_kept_without_its_url_and_made_again_from_that():
    wire = {
        "url": "https://corp.test/s/canary",
        "access": "open",
        "effective_access": "open",
        "effective_permission": "can_preview",
        "unshared_at": "2027-01-01T00:00:00-08:00",
        "is_password_enabled": False,
    }
    import msgspec

    item = msgspec.convert({"type": "file", "id": "1", "shared_link": wire}, mapping.Item)
    state = link_state(item)
    assert "canary" not in json.dumps(state)
    assert link_body(state) == {
        "access": "open",
        "unshared_at": "2027-01-01T08:00:00Z",
        "permissions": {"can_download": False},
    }
    assert link_body({"access": None}) is None
    # Box takes no permissions for links that only collaborators open.
    assert link_body({"access": "collaborators", "role": "can_download"}) == {"access": "collaborators"}


# Scripted answers


def scripted(answer, **fields):
    """Return a connector whose provider is the function `answer(request) -> httpx.Response`."""
    urls = base_urls({})

    class Token:
        def headers(self, call):
            del call
            return {"Authorization": "Bearer t"}

        def renew(self, call, used):
            del call, used
            return False

        def sign_in(self, interaction):
            del interaction

        def redact(self):
            return ()

    transport = httpx.MockTransport(answer)
    client = Client(APP, Box.rules, Token(), urls, Governors(APP, "t"), where="box/t", transport=transport)
    return Box(client, InstanceFacts("box", "t", "ccg", fields, urls))


ME = {"type": "user", "id": "1", "login": "AutomationUser_1_x@boxdevedition.com", "is_platform_access_only": True}


def entries(*rows, **more):
    return httpx.Response(200, json={"entries": list(rows), "next_marker": None, **more})


def test_an_app_that_sees_only_its_own_users_is_blind():
    box = scripted(lambda request: entries(ME, {"type": "user", "id": "2", "is_platform_access_only": True}))
    with pytest.raises(NotPermitted, match="own app users"):
        box.check_visibility()
    scripted(lambda request: entries(ME, {"id": "3", "is_platform_access_only": False})).check_visibility()


def test_an_account_without_an_enterprise_is_refused():
    box = scripted(lambda request: httpx.Response(200, json={**ME, "enterprise": None}))
    with pytest.raises(NotPermitted, match="no enterprise"):
        box.prove()


def test_probes_tell_what_is_refused_and_claim_nothing_else():
    def answer(request):
        path = request.url.path
        if path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        if path == "/2.0/groups":
            challenge = {"www-authenticate": 'Bearer realm="Service", error="insufficient_scope"'}
            return httpx.Response(403, headers=challenge)
        if path == "/2.0/events":
            return httpx.Response(200, json={"chunk_size": 0, "next_stream_position": 7, "entries": []})
        if path == "/2.0/folders/0":
            assert request.headers["as-user"] == "12"
            return httpx.Response(403, json={"code": "access_denied_insufficient_permissions", "message": "no"})
        return entries({**ME}, {"id": "11", "status": "inactive"}, {"id": "12", "status": "active"})

    own = scripted(answer).read_own_permissions()
    assert (own.granted, own.complete, own.identity) == ((), False, "account:1")
    assert {"list-accounts", "list-activity", "follow-files"} <= set(own.proven)
    assert {"list-groups", "list-memberships", "list-files", "quarantine-file"} <= set(own.refused)
    assert "manage_groups" in own.refused["list-groups"]
    assert not {"suspend-account", "quarantine-file"} & set(own.proven)


def test_the_window_stays_the_same_on_every_page_and_an_empty_chunk_ends_it():
    asked = []

    def event(id_):
        return {"event_id": id_, "event_type": "LOGIN", "created_at": "2026-11-01T00:00:00Z", "source": None}

    chunks = [[event("a"), event("b")], [event("b"), event("c")], []]

    def answer(request):
        asked.append(dict(request.url.params))
        found = chunks[len(asked) - 1]
        return httpx.Response(
            200, json={"chunk_size": len(found), "next_stream_position": f"p{len(asked)}", "entries": found}
        )

    window = Window(since="2026-11-01T00:00:00Z", until="2026-11-02T00:00:00Z")
    pages = list(scripted(answer).list_activity(ROOT, None, window))
    assert [row.id for page in pages for row in page.items] == ["a", "b", "c"]
    assert [p.get("stream_position") for p in asked] == [None, "p1", "p2"]
    assert {(p["created_after"], p["created_before"], p["stream_type"]) for p in asked} == {
        ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "admin_logs")
    }
    # What a later run begins with reads the last day again.
    assert json.loads(pages[-1].cursor)["after"] == "2026-11-01T00:00:00Z"
    # A run stopped after the first page goes on inside the same window.
    asked.clear()
    chunks[:] = [[event("c")], []]
    list(scripted(answer).list_activity(ROOT, pages[0].cursor, window))
    assert (asked[0]["stream_position"], asked[0]["created_after"]) == ("p1", "2026-11-01T00:00:00Z")


def test_a_feed_position_past_the_stream_is_expired():
    box = scripted(lambda request: pytest.fail("nothing may be asked"))
    for cursor in ('{"at":"5","time":"2020-01-01T00:00:00Z"}', "nonsense", None):
        with pytest.raises(CursorExpired):
            list(box.follow_files(ROOT, cursor))


def test_a_drain_ends_with_a_chunk_that_brings_nothing_new():
    from casb_cli.core import clock

    calls = []

    def answer(request):
        calls.append(request.url.path)
        event = {"event_id": "same", "event_type": "LOGIN", "source": None}
        return httpx.Response(200, json={"next_stream_position": len(calls), "entries": [event]})

    cursor = json.dumps({"at": "0", "time": clock.now_text()})
    assert len(list(scripted(answer).follow_files(ROOT, cursor))) == 2
    assert calls == ["/2.0/events", "/2.0/events"]


def item(id_, owner="11", type_="file", **more):
    return {"type": type_, "id": id_, "name": id_, "etag": "1", "owned_by": {"type": "user", "id": owner}, **more}


def test_what_others_own_is_left_to_their_own_walk():
    def answer(request):
        if request.url.path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        assert request.headers["as-user"] == "11"
        foreign = item("b", "12")
        external = item("c", is_externally_owned=True)
        return entries(item("a"), foreign, external, item("w", type_="web_link"), item("d", "12", "folder"))

    box = scripted(answer)
    from casb_cli.core.models import Partition

    part = Partition(key="user:11", data={"user": "11", "login": "ana@corp.test"})
    (page,) = box.list_files(part, None)
    assert [file.id for file in page.items] == ["a"]
    assert page.more == []


def test_users_without_a_door_are_counted_not_walked():
    def answer(request):
        if request.url.path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        return entries(
            ME,
            {"id": "11", "login": "ana@corp.test", "status": "active"},
            {"id": "12", "login": "bo@corp.test", "status": "inactive"},
            {"id": "13", "login": "AutomationUser_2_y@boxdevedition.com", "status": "active"},
        )

    (page,) = scripted(answer).list_files(ROOT, None)
    assert [part.key for part in page.more] == ["user:11"]
    assert [(notice.code, notice.effect) for notice in page.notices] == [("unreachable", "hidden")] * 2


def test_a_protected_link_is_never_made_again_without_its_password():
    link = {"access": "open", "effective_access": "open", "is_password_enabled": True}

    def answer(request):
        if request.url.path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        return httpx.Response(200, json=item("89", shared_link=link))

    change = scripted(answer).plan_remove_share("11:file:89")
    assert change.inverse == ()
    assert "password" in change.irreversible


@pytest.mark.parametrize("share", ["89", "file:89", "11:web:89", "11:file:", "1:file:2:3:4"])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(UsageError):
        scripted(lambda request: pytest.fail("nothing may be asked")).plan_remove_share(share)


def test_the_primary_administrator_cannot_be_suspended():
    box = scripted(lambda request: httpx.Response(200, json={"id": "1", "login": "a", "role": "admin"}))
    with pytest.raises(Unsupported, match="primary administrator"):
        box.plan_suspend("1")


def test_ending_sessions_names_people_twice():
    sent = []

    def answer(request):
        if request.method == "POST":
            sent.append(json.loads(request.content))
            return httpx.Response(202, json={"message": "accepted"})
        return httpx.Response(200, json={"id": "11", "login": "ana@corp.test", "role": "user"})

    box = scripted(answer)
    change = box.plan_revoke_sessions("11")
    box.perform(change.steps[0], {})
    assert sent == [{"user_ids": ["11"], "user_logins": ["ana@corp.test"]}]
    assert not change.observable


# The simulated company

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
