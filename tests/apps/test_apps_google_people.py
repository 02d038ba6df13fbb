"""Google Workspace against scripted answers: the directory, the audit trail, grants, and acting on people."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.google_workspace import APP, activity, common, mapping
from casb_cli.apps.google_workspace.connector import GoogleWorkspace
from casb_cli.apps.google_workspace.events import APPLICATIONS, kind_of, kinds_of
from casb_cli.apps.google_workspace.people import People, Person
from casb_cli.apps.google_workspace.scopes import DRIVE_READ, GROUPS, ORG_UNITS, USERS
from casb_cli.core import clock
from casb_cli.core.capabilities import Window
from casb_cli.core.errors import CursorExpired, NotPermitted, ObjectMissing, RequestRefused, ScopeMissing, UsageError
from casb_cli.core.models import ROOT, Partition
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DIRECTORY = "/admin/directory/v1"


class Token:
    scope = f"{USERS} {DRIVE_READ}"

    def headers(self, call):
        return {"Authorization": f"Bearer {call.identity.id or 'admin'}"}

    def renew(self, call, used):
        return False

    def sign_in(self, interaction):
        pass

    def redact(self):
        return ()


class Desk:
    """Answers by method and path; keeps what was asked."""

    def __init__(self, **routes):
        self.routes, self.asked = {}, []
        for name, answer in routes.items():
            self.on(name, answer)

    def on(self, name, answer):
        self.routes[name] = answer
        return self

    def __call__(self, request):
        request.read()
        name = f"{request.method} {request.url.path}"
        self.asked.append((name, dict(request.url.params), request.content))
        answer = self.routes.get(name)
        if answer is None:
            return refused(404, "notFound")
        if callable(answer):
            answer = answer(request)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def changes(self):
        return [
            (name, json.loads(body) if body else None) for name, _, body in self.asked if not name.startswith("GET")
        ]


def refused(status, reason, message="no"):
    inner = {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
    return httpx.Response(status, json={"error": inner})


def connector(desk, **fields):
    urls = dict(APP.hosts)
    transport = httpx.MockTransport(desk)
    client = Client(APP, GoogleWorkspace.rules, Token(), urls, Governors(APP, "t"), where="g/t", transport=transport)
    given = {"subject": "admin@example.com", **fields}
    return GoogleWorkspace(client, InstanceFacts("google-workspace", "t", "service-account", given, urls))


def user(id_, login, **more):
    return {"id": id_, "primaryEmail": f"{login}@example.com", **more}


def people(*users):
    return Desk().on(f"GET {DIRECTORY}/users", {"users": list(users)})


def rows(method, part, *more):
    return [row for page in method(part, None, *more) for row in page.items]


# Accounts


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "active"),
        ({"agreedToTerms": False}, "invited"),
        ({"archived": True, "agreedToTerms": False}, "disabled"),
        ({"suspended": True, "archived": True}, "suspended"),
        ({"suspended": True, "deletionTime": "2026-11-01T00:00:00.000Z"}, "disabled"),
    ],
)
def test_the_states_of_an_account(told, status):
    [row] = rows(connector(people(user("1", "ann", **told))).list_accounts, Partition(key="users"))
    assert row.status == status


def test_an_account_is_what_google_tells():
    told = user(
        "103",
        "ann",
        name={"fullName": "Ann Lee"},
        isAdmin=False,
        isDelegatedAdmin=True,
        isEnrolledIn2Sv=True,
        lastLoginTime="1970-01-01T00:00:00.000Z",
        creationTime="2020-01-01T00:00:00.000Z",
        isGuestUser=True,
    )
    [row] = rows(connector(people(told)).list_accounts, Partition(key="users"))
    assert (row.id, row.login, row.name) == ("103", "ann@example.com", "Ann Lee")
    assert (row.is_admin, row.mfa, row.external) == (True, True, True)
    assert (row.last_login, row.created, row.unknown) == (None, "2020-01-01T00:00:00Z", ())


def test_deleted_accounts_are_a_listing_of_their_own():
    desk = people(user("1", "ann"))
    app = connector(desk)
    [page] = app.list_accounts(ROOT, None)
    assert [part.key for part in page.more] == ["users", "deleted", "outside"]
    [row] = rows(app.list_accounts, Partition(key="deleted"))
    assert row.status == "disabled"
    assert desk.asked[-1][1]["showDeleted"] == "true"


OUTSIDE = Partition(key="outside")


def groups_with_strangers():
    return (
        people()
        .on(f"GET {DIRECTORY}/groups", {"groups": [{"id": "g1", "name": "One"}, {"id": "g2", "name": "Two"}]})
        .on(f"GET {DIRECTORY}/customer/my_customer/domains", {"domains": [{"domainName": "example.com"}]})
        .on(
            f"GET {DIRECTORY}/groups/g1/members",
            {
                "members": [
                    {"id": "1", "email": "ann@example.com", "type": "USER"},
                    {"id": "70", "email": "guest@partner.test", "type": "USER"},
                    {"id": "C", "type": "CUSTOMER"},
                    {"id": "g2", "email": "two@example.com", "type": "GROUP"},
                    {"email": "nobody@mail.test", "type": "EXTERNAL"},
                ]
            },
        )
        .on(
            f"GET {DIRECTORY}/groups/g2/members",
            {"members": [{"id": "70", "email": "guest@partner.test", "type": "EXTERNAL"}]},
        )
    )


def test_members_of_groups_from_outside_are_external_accounts_each_once():
    app = connector(groups_with_strangers())
    found = {row.id: row for row in rows(app.list_accounts, OUTSIDE)}
    assert sorted(found) == ["70", "nobody@mail.test"]
    stranger = found["70"]
    assert (stranger.login, stranger.external, stranger.is_admin) == ("guest@partner.test", True, False)
    assert {"status", "mfa", "last_login"} <= set(stranger.unknown)
    members = rows(app.list_memberships, Partition(key="group:g1", data={"id": "g1", "name": "One"}))
    refs = {row.member: row.member_ref for row in members}
    assert (refs["guest@partner.test"], refs["nobody@mail.test"]) == ("account:70", "account:nobody@mail.test")


def test_external_accounts_that_may_not_be_looked_for_are_told_as_hidden():
    desk = people().on(f"GET {DIRECTORY}/groups", refused(403, "insufficientPermissions"))
    [page] = connector(desk).list_accounts(OUTSIDE, None)
    [notice] = page.notices
    assert (notice.code, notice.effect, notice.needed) == ("scope-missing", "hidden", (GROUPS,))


# Groups and roles


def test_members_are_people_groups_strangers_and_everybody():
    members = [
        {"id": "1", "email": "ann@example.com", "role": "OWNER", "type": "USER"},
        {"id": "g2", "email": "sub@example.com", "role": "MEMBER", "type": "GROUP"},
        {"id": "9", "email": "bob@other.org", "role": "MEMBER", "type": "EXTERNAL"},
        {"id": "C01", "role": "MEMBER", "type": "CUSTOMER"},
    ]
    desk = Desk().on(f"GET {DIRECTORY}/groups/g1/members", {"members": members})
    part = Partition(key="group:g1", data={"id": "g1", "name": "All"})
    found = rows(connector(desk).list_memberships, part)
    assert [(row.member, row.member_ref, row.role) for row in found] == [
        ("ann@example.com", "account:1", "OWNER"),
        ("sub@example.com", "group:g2", "MEMBER"),
        ("bob@other.org", "account:9", "MEMBER"),
        ("everybody", None, "MEMBER"),
    ]
    assert {row.group_ref for row in found} == {"group:g1"}


def test_a_group_without_members_and_one_that_is_gone_are_empty():
    app = connector(Desk().on(f"GET {DIRECTORY}/groups/g1/members", {"kind": "admin#directory#members"}))
    for id_ in ("g1", "gone"):
        assert rows(app.list_memberships, Partition(key=f"group:{id_}", data={"id": id_, "name": id_})) == []


def test_roles_of_people_groups_and_service_accounts():
    desk = people(user("1", "ann"))
    customer = f"{DIRECTORY}/customer/my_customer"
    desk.on(f"GET {customer}/roles", {"items": [{"roleId": "7", "roleName": "_SEED_ADMIN_ROLE"}]})
    held = [
        {"roleAssignmentId": "a", "roleId": "7", "assignedTo": "1", "assigneeType": "USER", "scopeType": "CUSTOMER"},
        {"roleAssignmentId": "b", "roleId": "7", "assignedTo": "g1", "assigneeType": "group", "scopeType": "ORG_UNIT"}
        | {"orgUnitId": "03ph8a2z"},
        {"roleAssignmentId": "c", "roleId": "8", "assignedTo": "115", "scopeType": "CUSTOMER"},
        {"roleAssignmentId": "d", "roleId": "7", "assignedTo": "1", "scopeType": "CUSTOMER"}
        | {"expirationDetails": {"expireTime": "2020-01-01T00:00:00Z"}},
    ]
    desk.on(f"GET {customer}/roleassignments", {"items": held})
    desk.on(f"GET {DIRECTORY}/groups/g1", {"id": "g1", "email": "helpdesk@example.com"})
    units = [{"orgUnitId": "id:03ph8a2z", "orgUnitPath": "/Sales"}]
    desk.on(f"GET {customer}/orgunits", {"organizationUnits": units})
    found = rows(connector(desk).list_privileges, ROOT)
    assert [(row.id, row.principal, row.principal_ref, row.role, row.scope) for row in found] == [
        ("a", "ann@example.com", "account:1", "_SEED_ADMIN_ROLE", "org"),
        ("b", "helpdesk@example.com", "group:g1", "_SEED_ADMIN_ROLE", "/Sales"),
        ("c", "115", "account:115", "8", "org"),
    ]


def test_a_path_that_may_not_be_read_is_said():
    desk = people(user("1", "ann"))
    customer = f"{DIRECTORY}/customer/my_customer"
    desk.on(f"GET {customer}/roles", {})
    one = {"roleAssignmentId": "a", "roleId": "7", "assignedTo": "1", "scopeType": "ORG_UNIT", "orgUnitId": "03p"}
    desk.on(f"GET {customer}/roleassignments", {"items": [one]})
    desk.on(f"GET {customer}/orgunits", refused(403, "insufficientPermissions"))
    [page] = connector(desk).list_privileges(ROOT, None)
    assert page.items[0].scope == "03p"
    [notice] = page.notices
    assert (notice.code, notice.effect) == ("scope-missing", "hidden")
    assert notice.needed == (ORG_UNITS,)


def test_domains_are_those_of_google_their_aliases_and_the_named_ones():
    told = [{"domainName": "Example.com", "isPrimary": True, "domainAliases": [{"domainAliasName": "example.net"}]}]
    desk = Desk().on(f"GET {DIRECTORY}/customer/my_customer/domains", {"domains": told})
    app = connector(desk, internal_domains="sub.example, @Other.example")
    assert app.domains() == {"example.com", "example.net", "sub.example", "other.example"}
    assert app.is_internal("ann@EXAMPLE.net")
    assert not app.is_internal("bob@example.org")


# Activity


def test_every_kind_of_application_is_read_and_only_where_wanted():
    assert len(set(APPLICATIONS)) == 41
    app = connector(Desk())
    [page] = app.list_activity(ROOT, None, Window(kinds=("logon",)))
    assert [part.data["application"] for part in page.more] == ["login", "saml"]
    [page] = app.list_activity(ROOT, None, Window(kinds=("admin",)))
    assert "admin" in [part.data["application"] for part in page.more]
    assert "drive" not in [part.data["application"] for part in page.more]


@pytest.mark.parametrize(
    ("application", "name", "kind"),
    [
        ("login", "login_success", "logon"),
        ("login", "login_failure", "logon"),
        ("login", "gov_attack_warning", "logon"),
        ("login", "2sv_disable", "user"),
        ("login", "password_edit", "user"),
        ("login", "recovery_secret_qa_edit", "user"),
        ("saml", "login_success", "logon"),
        ("admin", "CREATE_USER", "admin"),
        ("vault", "create_matter", "admin"),
        ("drive", "view", "user"),
        ("token", "authorize", "user"),
    ],
)
def test_the_kind_of_an_event(application, name, kind):
    assert kind_of(application, name) == kind
    assert kind in kinds_of(application)


def item(moment, qualifier="-358", *events, application="drive", **more):
    id_ = {"time": moment, "uniqueQualifier": qualifier, "applicationName": application}
    told = [{"name": name, "parameters": parameters} for name, parameters in events or (("view", []),)]
    return {"id": id_, "actor": {"email": "ann@example.com", "profileId": "103"}, "events": told, **more}


def trail(answer, application="drive"):
    path = f"GET /admin/reports/v1/activity/users/all/applications/{application}"
    return people(user("103", "ann"), user("104", "ben")).on(path, answer)


def part_of(application="drive"):
    return Partition(key=f"app:{application}", data={"application": application})


@pytest.mark.usefixtures("frozen")
def test_each_event_of_an_item_is_a_row():
    found = item(
        "2026-11-20T08:01:02.123Z",
        "-358",
        ("change_user_access", [{"name": "doc_id", "value": "1AbC"}, {"name": "doc_title", "value": "plan"}]),
        ("CHANGE_PASSWORD", [{"name": "USER_EMAIL", "value": "Ben@example.com"}]),
        ("login_failure", [{"name": "login_challenge_method", "multiValue": ["password"]}]),
        ipAddress="203.0.113.7",
    )
    first, second, third = rows(connector(trail({"items": [found]})).list_activity, part_of(), Window())
    base = "drive:2026-11-20T08:01:02.123Z:-358"
    assert [first.id, second.id, third.id] == [base, f"{base}:1", f"{base}:2"]
    assert (first.time, first.actor, first.actor_ref) == (
        "2026-11-20T08:01:02.123Z",
        "ann@example.com",
        "account:103",
    )
    assert (first.target, first.target_ref, first.ip, first.outcome) == ("plan", "file:1AbC", "203.0.113.7", "success")
    assert (second.target, second.target_ref) == ("Ben@example.com", "account:104")
    assert third.outcome == "failure"
    assert first.unknown == ("user_agent",)


@pytest.mark.usefixtures("frozen")
def test_people_who_may_not_be_read_are_asked_for_once():
    changed = ("CHANGE_PASSWORD", [{"name": "USER_EMAIL", "value": "ben@example.com"}])
    items = [item("2026-11-20T08:01:02.123Z", str(number), changed) for number in range(3)]
    desk = trail({"items": items}).on(f"GET {DIRECTORY}/users", refused(403, "insufficientPermissions"))
    found = rows(connector(desk).list_activity, part_of(), Window(since="2026-11-20T00:00:00Z"))
    assert [(row.target, row.target_ref) for row in found] == [("ben@example.com", None)] * 3
    assert len([name for name, _, _ in desk.asked if name == f"GET {DIRECTORY}/users"]) == 1


def at(text):
    return clock.parse(text)


@pytest.fixture
def frozen(monkeypatch):
    """A clock that stands still until it is set."""
    moment = [NOW]
    monkeypatch.setattr(activity.clock, "now", lambda: moment[0])
    return moment


def test_the_windows_reach_back_as_far_as_google_keeps_and_none_is_longer_than_a_month(frozen):
    desk = trail({})
    pages = list(connector(desk).list_activity(part_of(), None, Window()))
    windows = [(at(asked["startTime"]), at(asked["endTime"])) for _, asked, _ in desk.asked]
    assert windows[0][0] == NOW - timedelta(days=180)
    assert windows[-1][1] == NOW
    assert all(end - start <= timedelta(days=30) for start, end in windows)
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    assert not [notice for page in pages for notice in page.notices]


def test_a_listing_that_goes_on_reads_the_last_minutes_again_and_the_last_day_now_and_then(frozen):
    desk = trail({})
    app = connector(desk)
    cursor = [page.cursor for page in app.list_activity(part_of(), None, Window(since="2026-11-22T00:00:00Z"))][-1]

    def start_after(elapsed):
        nonlocal cursor
        frozen[0] += elapsed
        desk.asked.clear()
        cursor = [page.cursor for page in app.list_activity(part_of(), cursor, Window())][-1]
        return at(desk.asked[0][1]["startTime"])

    assert start_after(timedelta(hours=1)) == NOW - timedelta(minutes=15)
    assert start_after(timedelta(hours=1)) == NOW + timedelta(hours=1) - timedelta(minutes=15)
    # Six hours after the last look for late events, a day before that look is read again.
    assert start_after(timedelta(hours=4)) == NOW - timedelta(hours=24)
    assert start_after(timedelta(minutes=1)) == NOW + timedelta(hours=6) - timedelta(minutes=15)


def test_a_listing_that_was_stopped_ends_its_window_first(frozen):
    def answer(request):
        if request.url.params.get("pageToken") == "A:2":
            return {"items": [item("2026-11-21T01:00:00.000Z", "2")]}
        return {"items": [item("2026-11-22T01:00:00.000Z", "1")], "nextPageToken": "A:2"}

    desk = trail(answer)
    window = Window(since="2026-11-20T00:00:00Z")
    first = next(iter(connector(desk).list_activity(part_of(), None, window)))
    assert [row.id for row in first.items] == ["drive:2026-11-22T01:00:00.000Z:1"]
    frozen[0] += timedelta(hours=2)
    desk.asked.clear()
    rest = list(connector(desk).list_activity(part_of(), first.cursor, window))
    assert [row.id for row in rest[0].items] == ["drive:2026-11-21T01:00:00.000Z:2"]
    asked = [(given.get("pageToken"), at(given["startTime"]), at(given["endTime"])) for _, given, _ in desk.asked]
    assert asked[0] == ("A:2", at("2026-11-20T00:00:00Z"), NOW)
    assert asked[1] == (None, NOW - timedelta(minutes=15), NOW + timedelta(hours=2))


def test_a_page_token_that_died_costs_its_window_and_loses_nothing(frozen):
    def answer(request):
        if "pageToken" in request.url.params:
            return refused(400, "invalid", "Invalid page token")
        return {"items": [item("2026-11-22T01:00:00.000Z", "1")]}

    place = activity.Position("2026-11-20T00:00:00Z", "A:dead", "2026-11-22T12:00:00Z")
    pages = connector(trail(answer)).list_activity(part_of(), activity.msgspec.json.encode(place).decode(), Window())
    assert [row.id for row in next(iter(pages)).items] == ["drive:2026-11-22T01:00:00.000Z:1"]


def test_what_google_no_longer_keeps_is_said(frozen):
    app = connector(trail({}))
    first = next(iter(app.list_activity(part_of(), None, Window(since="2025-01-01T00:00:00Z"))))
    assert [notice.code for notice in first.notices] == ["unreachable"]
    old = activity.msgspec.json.encode(activity.Position("2026-01-01T00:00:00Z")).decode()
    first = next(iter(app.list_activity(part_of(), old, Window())))
    assert [notice.code for notice in first.notices] == ["gap"]
    with pytest.raises(CursorExpired):
        list(app.list_activity(part_of(), "{", Window()))


def test_an_application_that_the_edition_lacks_is_said_and_no_failure():
    app = connector(trail(refused(403, "forbidden", "Not in this edition"), "access_transparency"))
    [page] = app.list_activity(part_of("access_transparency"), None, Window())
    assert [notice.code for notice in page.notices] == ["unreachable"]
    with pytest.raises(ScopeMissing):
        list(
            connector(trail(refused(403, "insufficientPermissions"), "chat")).list_activity(
                part_of("chat"), None, Window()
            )
        )
    with pytest.raises(NotPermitted):
        list(connector(trail(refused(403, "forbidden"), "login")).list_activity(part_of("login"), None, Window()))
    with pytest.raises(RequestRefused):
        list(connector(trail(refused(400, "invalid"), "admin")).list_activity(part_of("admin"), None, Window()))


# Grants


def test_tokens_and_app_passwords_of_a_user():
    tokens = [{"clientId": "1.apps", "displayText": "Some App", "scopes": ["https://www.googleapis.com/auth/drive"]}]
    passwords = [{"codeId": 5, "name": "mail", "creationTime": "1700000000000", "lastTimeUsed": "0"}]
    desk = Desk().on(f"GET {DIRECTORY}/users/1/tokens", {"items": tokens})
    desk.on(f"GET {DIRECTORY}/users/1/asps", {"items": passwords})
    part = Partition(key="user:1", data={"id": "1", "login": "ann@example.com"})
    token, password = rows(connector(desk).list_grants, part)
    assert (token.id, token.name, token.kind, token.client_id) == ("1/1.apps", "Some App", "oauth-token", "1.apps")
    assert token.scopes == ("https://www.googleapis.com/auth/drive",)
    assert (password.id, password.kind) == ("1/asp/5", "app-password")
    assert (password.issued, password.last_used) == ("2023-11-14T22:13:20Z", None)


def test_a_user_without_grants_and_one_who_is_gone_have_none():
    desk = Desk().on(f"GET {DIRECTORY}/users/1/tokens", {}).on(f"GET {DIRECTORY}/users/1/asps", {})
    for id_ in ("1", "2"):
        assert rows(connector(desk).list_grants, Partition(key=f"user:{id_}", data={"id": id_, "login": "x"})) == []


def held(**more):
    desk = Desk().on(f"GET {DIRECTORY}/users/1", user("1", "ann", **more))
    desk.on(f"GET {DIRECTORY}/users/1/tokens", {"items": [{"clientId": "1.apps", "displayText": "Some App"}]})
    desk.on(f"GET {DIRECTORY}/users/1/asps", {"items": [{"codeId": 5, "name": "mail"}]})
    for name in (
        f"PATCH {DIRECTORY}/users/1",
        f"POST {DIRECTORY}/users/1/signOut",
        f"POST {DIRECTORY}/users/1/verificationCodes/invalidate",
        f"DELETE {DIRECTORY}/users/1/tokens/1.apps",
        f"DELETE {DIRECTORY}/users/1/asps/5",
    ):
        desk.on(name, httpx.Response(204))
    return desk


def carried_out(app, steps):
    for one in steps:
        app.perform(one, {})


@pytest.mark.parametrize(
    ("grant", "call"),
    [("1/1.apps", "DELETE /users/1/tokens/1.apps"), ("1/asp/5", "DELETE /users/1/asps/5")],
)
def test_a_grant_is_revoked(grant, call):
    desk = held()
    app = connector(desk)
    change = app.plan_revoke_grant(grant)
    assert (change.before, change.keeps["principal_ref"]) == ({"present": True}, "account:1")
    assert desk.changes() == []
    carried_out(app, change.steps)
    assert [name.replace(DIRECTORY, "") for name, _ in desk.changes()] == [call]


@pytest.mark.parametrize("grant", ["1/2.apps", "1/asp/6", "9/1.apps"])
def test_a_grant_that_is_gone_needs_nothing(grant):
    assert connector(held()).plan_revoke_grant(grant).steps == ()


@pytest.mark.parametrize("grant", ["1", "/x", "1/", "1/asp/x"])
def test_what_names_no_grant_is_refused(grant):
    with pytest.raises(UsageError):
        connector(held()).plan_revoke_grant(grant)


# People


def test_a_person_is_suspended_and_given_access_back():
    desk = held()
    app = connector(desk)
    change = app.plan_suspend("1")
    assert (change.before, change.after) == ({"suspended": False}, {"suspended": True})
    carried_out(app, (*change.steps, *change.inverse))
    patch = f"PATCH {DIRECTORY}/users/1"
    assert desk.changes() == [(patch, {"suspended": True}), (patch, {"suspended": False})]
    assert connector(held(suspended=True)).plan_suspend("1").steps == ()
    assert connector(held()).plan_unsuspend("1").steps == ()


def test_a_compromised_person_is_cut_off_in_the_right_order():
    desk = held()
    app = connector(desk)
    carried_out(app, app.plan_suspend("1", mode="compromised").steps)
    names = [name.replace(f"{DIRECTORY}/users/1", "").strip() for name, _ in desk.changes()]
    assert names == [
        "PATCH",
        "DELETE /asps/5",
        "POST /verificationCodes/invalidate",
        "DELETE /tokens/1.apps",
        "POST /signOut",
        "PATCH",
    ]
    assert desk.changes()[-1][1] == {"suspended": True}


def test_a_suspended_person_who_is_compromised_is_cut_off_all_the_same():
    change = connector(held(suspended=True)).plan_suspend("1", mode="compromised")
    # Google voids no codes of a suspended account.
    assert [one.name for one in change.steps] == ["new-password", "delete-app-password", "revoke-token", "sign-out"]
    assert not change.observable, "that it is suspended would be taken for all that was to be done"
    assert change.irreversible
    assert not change.inverse, "an undo would let in who was suspended before"


@pytest.mark.parametrize("mode", ["reset", "all"])
def test_a_password_is_replaced_though_a_new_one_was_asked_for_before(mode):
    assert not connector(held(changePasswordAtNextLogin=True)).plan_revoke_password("1", mode=mode).observable
    assert connector(held()).plan_revoke_password("1", mode=mode).observable
    assert connector(held(changePasswordAtNextLogin=True)).plan_revoke_password("1", mode="expire").steps == ()


def test_a_password_is_replaced_by_one_that_no_plan_holds():
    desk = held()
    app = connector(desk)
    change = app.plan_revoke_password("1")
    carried_out(app, change.steps)
    carried_out(app, change.steps)
    first, second = (body for _, body in desk.changes())
    assert first["changePasswordAtNextLogin"] is True
    assert 8 <= len(first["password"]) <= 100
    assert first["password"] != second["password"]
    assert first["password"] not in repr(change)
    assert change.irreversible


@pytest.mark.parametrize(("before", "now", "told"), [(False, True, True), (False, False, False), (True, True, None)])
def test_whether_a_password_was_replaced_is_told_by_what_was_asked_for_with_it(before, now, told):
    [replace] = connector(held(changePasswordAtNextLogin=before)).plan_revoke_password("1").steps
    assert not replace.repeatable
    assert connector(held(changePasswordAtNextLogin=now)).settle(replace, {}) is told


@pytest.mark.parametrize(("mode", "seen"), [("reset", False), ("all", False), ("expire", True)])
def test_a_password_that_is_to_be_changed_anyway_is_replaced_all_the_same(mode, seen):
    # Whoever has stolen it could sign in with it and choose the next one.
    change = connector(held(changePasswordAtNextLogin=True)).plan_revoke_password("1", mode=mode)
    assert bool(change.steps) is not seen
    assert change.observable is seen, "read as done already, it would not be done"
    assert connector(held(changePasswordAtNextLogin=False)).plan_revoke_password("1", mode=mode).observable


def test_a_password_may_be_asked_for_at_the_next_sign_in_and_that_is_undone():
    desk = held()
    app = connector(desk)
    change = app.plan_revoke_password("1", mode="expire")
    carried_out(app, (*change.steps, *change.inverse))
    assert [body for _, body in desk.changes()] == [
        {"changePasswordAtNextLogin": True},
        {"changePasswordAtNextLogin": False},
    ]
    all_ = app.plan_revoke_password("1", mode="all")
    assert [one.name for one in all_.steps] == ["new-password", "delete-app-password", "void-codes"]


def test_signing_out_is_sent_once_and_cannot_be_read_back():
    desk = held()
    app = connector(desk)
    change = app.plan_revoke_sessions("1")
    carried_out(app, change.steps)
    assert [name for name, _ in desk.changes()] == [f"POST {DIRECTORY}/users/1/signOut"]
    assert not change.observable
    assert not change.steps[0].repeatable


@pytest.mark.parametrize("plan", ["plan_suspend", "plan_revoke_password"])
def test_an_unknown_mode_is_refused(plan):
    with pytest.raises(UsageError):
        getattr(connector(held()), plan)("1", mode="softly")


# The connection


def test_only_a_super_administrator_surely_sees_the_whole_company():
    desk = people(user("1", "admin")).on(f"GET {DIRECTORY}/users/admin@example.com", user("1", "admin", isAdmin=True))
    connector(desk).check_visibility()
    desk.on(f"GET {DIRECTORY}/users/admin@example.com", user("1", "admin", isAdmin=False, isDelegatedAdmin=True))
    with pytest.raises(NotPermitted):
        connector(desk).check_visibility()


def test_the_tenant_is_the_customer():
    desk = Desk().on(f"GET {DIRECTORY}/customers/my_customer", {"id": "C0abc", "customerDomain": "example.com"})
    tenant = connector(desk).prove()
    assert (tenant.id, tenant.name) == ("C0abc", "example.com")
    own = user("1", "admin", customerId="C0abc")
    other = Desk().on(f"GET {DIRECTORY}/customers/my_customer", refused(403, "insufficientPermissions"))
    other.on(f"GET {DIRECTORY}/users/admin@example.com", own)
    assert connector(other).prove().id == "C0abc"


def test_own_permissions_are_the_scopes_of_both_tokens():
    desk = Desk().on(f"GET {DIRECTORY}/users/admin@example.com", user("1", "admin", isAdmin=True))
    own = connector(desk.on("GET /drive/v3/about", {"user": {}})).read_own_permissions()
    assert own.granted == (USERS, DRIVE_READ)
    assert own.complete
    assert (own.identity, own.identity_name) == ("account:1", "admin@example.com")


def test_whose_an_address_is():
    def user(id_, primary, aliases=(), fixed=()):
        return mapping.User(id=id_, primary_email=primary, aliases=list(aliases), non_editable_aliases=list(fixed))

    known = People()
    for made in (
        user("1", "Ana@acme.test", ["chief@acme.test"], ["ana@acme.example", "ana@acme.test-google-a.test"]),
        user("2", "ben@acme.test", ["ben.x@shop.test"], ["ben@acme.example", "benny@old.test"]),
    ):
        known.add(made)
    told = {
        "ana@acme.test": "1",
        "chief@acme.test": "1",
        "ana@acme.example": "1",
        "ana@acme.test-google-a.test": "1",
        "ben@acme.example": "2",
        "ben.x@shop.test": "2",
        "benny@old.test": "2",
        "chief@acme.example": "1",  # an alias domain gives every address of the domain its like
        "ana@shop.test": None,
        "ana@old.test": None,
        "nobody@acme.test": None,
        "nobody": None,
    }
    assert {address: known.id_of(address) for address in told} == told
    assert known.get("1") == Person("1", "ana@acme.test", suspended=False, archived=False, is_admin=False)
    assert known.get("3") is None
    assert (len(known), list(known.addresses())) == (2, ["ana@acme.test", "ben@acme.test"])


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"suspended": True}, False),
        ({"primary_email": "anna@acme.test"}, False),
        ({"aliases": ["chief@acme.test", "boss@acme.test"]}, False),
        ({"aliases": ["boss@acme.test"]}, False),
        ({"aliases": []}, False),
        ({"non_editable_aliases": ["ana@acme.test-google-a.test"]}, False),
        ({"id": "2"}, False),
    ],
)
def test_a_user_is_held_just_so_or_not(change, same):
    told = {
        "id": "1",
        "primary_email": "Ana@acme.test",
        "aliases": ["Chief@acme.test"],
        "non_editable_aliases": ["ana@acme.example"],
    }
    known = People()
    known.add(mapping.User(**told))
    assert known.holds(mapping.User(**told | change)) is same


def test_a_directory_that_did_not_change_is_kept_and_another_takes_its_place(monkeypatch):
    people = [user("1", "ana"), user("2", "ben")]
    desk = Desk().on(f"GET {DIRECTORY}/users", lambda request: {"users": people})
    google = connector(desk)
    first = google.people()
    monkeypatch.setattr(common, "_HELD", -1.0)
    assert google.people() is first
    people.pop()
    second = google.people()
    assert second is not first
    assert (second.id_of("ana@example.com"), second.id_of("ben@example.com")) == ("1", None)
    people.append(user("3", "cy"))
    assert google.people().id_of("cy@example.com") == "3"


def test_the_state_of_a_user_is_held():
    known = People()
    for id_, states in (("1", {"suspended": True}), ("2", {"archived": True}), ("3", {"is_admin": True}), ("4", {})):
        known.add(mapping.User(id=id_, primary_email=f"{id_}@acme.test", **states))
    held = {one.id: (one.suspended, one.archived, one.is_admin) for one in map(known.get, "1234") if one}
    nothing = (False, False, False)
    assert held == {"1": (True, False, False), "2": (False, True, False), "3": (False, False, True), "4": nothing}


def test_an_outsider_cannot_be_suspended_and_is_told_what_can_be_done():
    with pytest.raises(ObjectMissing) as told:
        connector(people()).plan_suspend("70")
    assert "outside the customer" in told.value.hint
