"""Box against scripted answers: what is asked, as whom, and what is made of it."""

from __future__ import annotations

import json

import httpx
import pytest

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.box import APP
from casb_cli.apps.box.connector import Box
from casb_cli.apps.box.mapping import Collaboration, User
from casb_cli.apps.box.people import People
from casb_cli.apps.box.urls import base_urls
from casb_cli.core import clock
from casb_cli.core.capabilities import (
    Unscannable,
    Window,
)
from casb_cli.core.errors import (
    CursorExpired,
    NotPermitted,
    StateConflict,
    Unsupported,
    UsageError,
)
from casb_cli.core.models import ROOT, File, Partition
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors


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
    # Roles in the enterprise are readable all the same, those in groups are not.
    assert "list-privileges" in own.proven
    assert "manage_groups" in own.refused["list-privileges GET /groups"]
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
    part = Partition(key="user:11", data={"user": "11", "login": "ana@corp.test"})
    (page,) = box.list_files(part, None)
    assert [file.id for file in page.items] == ["a"]
    assert page.more == []


def test_users_without_a_door_are_told_not_walked():
    def answer(request):
        if request.url.path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        return entries(
            ME,
            {"id": "11", "login": "ana@corp.test", "status": "active"},
            {"id": "12", "login": "bo@corp.test", "status": "inactive"},
            {"id": "13", "login": "AutomationUser_2_y@boxdevedition.com", "status": "active"},
        )

    box = scripted(answer)
    (page,) = box.list_files(ROOT, None)
    assert [part.key for part in page.more] == ["user:11", "user:12", "user:13"]
    for part, why in zip(page.more[1:], ("suspended", "service account"), strict=True):
        (shut,) = box.list_files(part, None)
        assert list(shut.items) == []
        assert [(notice.code, notice.effect) for notice in shut.notices] == [("unreachable", "hidden")]
        assert why in shut.notices[0].about


def test_collaborators_of_single_files_are_asked_for_unless_told_not_to():
    asked = []

    def answer(request):
        path = request.url.path
        if path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        if path == "/2.0/users":
            return entries({"id": "11", "login": "ana@corp.test"})
        if path.endswith("/collaborations"):
            asked.append(path)
            who = {"type": "user", "id": "44", "login": "bo@else.test"}
            return entries({"id": "33", "role": "viewer", "status": "accepted", "accessible_by": who, "item": None})
        return entries(item("a", has_collaborations=True), item("b", has_collaborations=False))

    data = {"user": "11", "login": "ana@corp.test", "folder": "77", "path": "/HR", "collaborated": "1"}
    part = Partition(key="folder:77", data=data)
    (page,) = scripted(answer).list_files(part, None)
    assert {file.id: file.sharing for file in page.items} == {"a": "external", "b": "private"}
    assert asked == ["/2.0/files/a/collaborations"]
    (page,) = scripted(answer, file_collaborators="inherit").list_files(part, None)
    assert {file.id: file.sharing for file in page.items} == {"a": "private", "b": "private"}
    assert [notice.effect for notice in page.notices] == ["degraded"]
    assert len(asked) == 1


def test_what_a_folder_is_open_to_its_files_are_too():
    folder = item("78", type_="folder", shared_link={"access": "open", "effective_access": "open"})

    def answer(request):
        if request.url.path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        return entries(folder) if request.url.path == "/2.0/folders/0/items" else entries(item("a"))

    box = scripted(answer)
    (root,) = box.list_files(Partition(key="user:11", data={"user": "11", "login": "ana@corp.test"}), None)
    (inner,) = root.more
    assert (inner.key, inner.exposure) == ("folder:78", 0)  # public first
    (page,) = box.list_files(inner, None)
    assert [(file.sharing, file.path) for file in page.items] == [("public", "/78/a")]


@pytest.mark.parametrize(
    ("code", "raised"),
    [("forbidden_by_policy", Unscannable), ("access_denied_insufficient_permissions", NotPermitted)],
)
def test_what_a_policy_blocks_is_unscannable(code, raised):
    def answer(request):
        if request.url.path == "/2.0/users/me":
            return httpx.Response(200, json=ME)
        assert (request.url.path, request.url.params["version"]) == ("/2.0/files/89/content", "5")
        return httpx.Response(403, json={"code": code, "message": "no"})

    box = scripted(answer)
    with pytest.raises(raised), box.read_file(File(id="89", locator={"owner": "11", "version": "5"})):
        pytest.fail("there is no content")


def test_without_room_nothing_is_begun():
    def answer(request):
        if request.url.path == "/2.0/users/me":
            return httpx.Response(200, json={**ME, "space_amount": 100, "space_used": 60})
        assert request.method == "GET"
        return httpx.Response(200, json=item("89", size=50, has_collaborations=False))

    box = scripted(answer)
    box.recall = lambda kind, id_: File(id=id_, locator={"owner": "11"})
    with pytest.raises(StateConflict, match="no room"):
        box.plan_quarantine("89", case="c")


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


def test_the_people_of_an_enterprise_are_held_by_id_and_by_login():
    known = People()
    for user in (
        User(id="1", login="Ana@corp.test", status="active", space_used=5),
        User(id="2", login="bo@corp.test", status="inactive", space_used=70),
        User(id="3", name="nobody's login"),
    ):
        known.add(user)
    assert known.get("1") == User(id="1", login="Ana@corp.test", status="active", space_used=5)
    assert known.get("3") == User(id="3", space_used=0)
    assert known.get("4") is None
    assert ("2" in known, "4" in known, len(known)) == (True, False, 3)
    assert [known.has_login(login) for login in ("ANA@corp.test", "bo@corp.test", "cy@corp.test", "")] == [
        True,
        True,
        False,
        False,
    ]
    assert [user.id for user in known.by_content()] == ["2", "1", "3"]


@pytest.mark.parametrize(("email", "external"), [("ANA@corp.test", False), ("ana@other.test", True), (None, True)])
def test_who_is_invited_but_has_not_answered_counts_by_the_address(email, external):
    def answer(request):
        return entries({"id": "11", "login": "ana@corp.test", "status": "active"})

    invited = Collaboration(id="1", status="pending", invite_email=email)
    assert scripted(answer).is_external(invited) is external
