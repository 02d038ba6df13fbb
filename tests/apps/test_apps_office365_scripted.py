"""Office 365 against scripted answers: the audit feed, batches, and fields that may not be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from casb_cli.apps._microsoft.signin import claims_of, explained
from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.office365 import APP
from casb_cli.apps.office365.connector import Office365
from casb_cli.apps.office365.urls import base_urls
from casb_cli.core import clock
from casb_cli.core.capabilities import Window
from casb_cli.core.errors import CursorExpired, ObjectMissing, SignInNeeded, UnsafeAddress
from casb_cli.core.models import ROOT, Partition, Tenant
from casb_cli.transport.calls import Answer
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FEED = "/api/v1.0/t1/activity/feed"
GENERAL = Partition(key="feed:Audit.General")


class Token:
    scope = ""

    def headers(self, call):
        return {"Authorization": "Bearer x"}

    def renew(self, call, used):
        return False

    def sign_in(self, interaction):
        pass

    def redact(self):
        return ()


class Desk:
    """Answers by method and path; keeps what was asked."""

    def __init__(self, **routes):
        self.routes, self.asked = dict(routes), []

    def on(self, name, answer):
        self.routes[name] = answer
        return self

    def __call__(self, request):
        request.read()
        name = f"{request.method} {request.url.path}"
        self.asked.append((name, dict(request.url.params), request.content))
        answer = self.routes.get(name)
        if answer is None:
            return httpx.Response(404, json={"error": {"code": "itemNotFound", "message": "none"}})
        if callable(answer):
            answer = answer(request)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def names(self):
        return [name for name, _, _ in self.asked]


@pytest.fixture
def tenant(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def open_(desk, **fields):
        fields = {"tenant": "t1", "client_id": "c1", "components": "users,activities", **fields}
        urls = base_urls(fields)
        client = Client(
            APP,
            Office365.rules,
            Token(),
            urls,
            Governors(APP, "test"),
            where="office365/test",
            transport=httpx.MockTransport(desk),
        )
        facts = InstanceFacts(
            app="office365",
            name="test",
            method="certificate",
            fields=fields,
            urls=urls,
            tenant=Tenant(id="t1", name="Contoso"),
        )
        return Office365(client, facts)

    return open_


def subscribed(*names):
    return [{"contentType": name, "status": "enabled", "webhook": None} for name in names]


def bundle(name, hours_ago, uri=None):
    made = NOW - timedelta(hours=hours_ago)
    return {
        "contentType": "Audit.General",
        "contentId": name,
        "contentUri": uri or f"https://manage.office.com{FEED}/audit/{name}",
        "contentCreated": made.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def record(id_, hours_ago=3):
    made = NOW - timedelta(hours=hours_ago)
    return {
        "Id": id_,
        "CreationTime": made.strftime("%Y-%m-%dT%H:%M:%S"),
        "Operation": "MessageSent",
        "RecordType": 25,
        "UserId": "ada@contoso.example",
    }


def content(bundles):
    """Answer the listing of bundles by when they were made: the start counts, the end does not."""

    def answer(request):
        begin, end = request.url.params["startTime"], request.url.params["endTime"]
        return [one for one in bundles if begin <= one["contentCreated"][:19] < end]

    return answer


def read(connector, cursor=None, window=None):
    pages = list(connector.list_activity(GENERAL, cursor, window or Window()))
    rows = [row.id for page in pages for row in page.items]
    notices = [notice for page in pages for notice in page.notices]
    return rows, pages[-1].cursor, notices


def test_subscriptions_are_listed_and_only_the_missing_one_is_started(tenant):
    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", subscribed("Audit.Exchange"))
    desk.on(f"POST {FEED}/subscriptions/start", {"contentType": "Audit.General", "status": "enabled"})
    rows, cursor, [notice] = read(tenant(desk))
    assert desk.names() == [f"GET {FEED}/subscriptions/list", f"POST {FEED}/subscriptions/start"]
    assert desk.asked[1][1] == {"contentType": "Audit.General", "PublisherIdentifier": "t1"}
    assert desk.asked[1][2] == b""
    assert (rows, cursor, notice.code) == ([], None, "unreachable")
    assert "twelve hours" in notice.about


@pytest.mark.parametrize(
    ("status", "code", "message", "told"),
    [
        (400, "AF20024", "The subscription is already enabled. No property change.", "twelve hours"),
        (429, "AF429", "Too many frequent subscription start requests, retry again after 14m 56s.", "14m 56s"),
    ],
)
def test_a_start_that_is_refused_for_now_costs_no_waiting(tenant, status, code, message, told):
    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", [])
    refusal = httpx.Response(status, json={"error": {"code": code, "message": message}})
    desk.on(f"POST {FEED}/subscriptions/start", refusal)
    _, _, [notice] = read(tenant(desk))
    assert told in notice.about
    assert desk.names().count(f"POST {FEED}/subscriptions/start") == 1


def test_records_told_twice_are_one_and_known_bundles_are_not_read_again(tenant):
    bundles = [bundle("b2", 2), bundle("b1", 30)]
    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", subscribed("Audit.General"))
    desk.on(f"GET {FEED}/subscriptions/content", content(bundles))
    desk.on(f"GET {FEED}/audit/b1", [record("r1", 31), record("r2", 32)])
    desk.on(f"GET {FEED}/audit/b2", [record("r3"), record("r2", 32), record("r3")])
    rows, cursor, notices = read(tenant(desk))
    assert (sorted(rows), notices) == (["r1", "r2", "r3"], [])
    windows = [asked for name, asked, _ in desk.asked if name.endswith("/content")]
    assert all(asked["PublisherIdentifier"] == "t1" for asked in windows)
    assert windows[0]["startTime"] == "2026-11-15T12:10:00"
    assert windows[-1]["endTime"] == "2026-11-22T12:00:00"
    for one in windows:
        length = datetime.fromisoformat(one["endTime"]) - datetime.fromisoformat(one["startTime"])
        assert timedelta(0) < length <= timedelta(hours=24)
    desk.asked.clear()
    # A late bundle, made within the day that was read already.
    bundles.append(bundle("b3", 5))
    desk.on(f"GET {FEED}/audit/b3", [record("r4", 6)])
    rows, _, _ = read(tenant(desk), cursor)
    assert rows == ["r4"]
    assert f"GET {FEED}/audit/b2" not in desk.names()


@pytest.mark.parametrize("header", ["NextPageUri", "NextPageUrl"])
def test_pages_of_bundles_are_followed_by_either_name(tenant, header):
    def pages(request):
        if "nextPage" in request.url.params:
            return [bundle("b2", 1)]
        if request.url.params["endTime"] != "2026-11-22T12:00:00":
            return []
        link = f"https://manage.office.com{FEED}/subscriptions/content?nextPage=2"
        return httpx.Response(200, json=[bundle("b1", 2)], headers={header: link})

    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", subscribed("Audit.General"))
    desk.on(f"GET {FEED}/subscriptions/content", pages)
    desk.on(f"GET {FEED}/audit/b1", [record("r1")])
    desk.on(f"GET {FEED}/audit/b2", [record("r2")])
    assert sorted(read(tenant(desk))[0]) == ["r1", "r2"]


def test_a_bundle_that_is_gone_is_a_gap_and_costs_nothing_else(tenant):
    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", subscribed("Audit.General"))
    desk.on(f"GET {FEED}/subscriptions/content", content([bundle("old", 3), bundle("b1", 2)]))
    desk.on(f"GET {FEED}/audit/b1", [record("r1")])
    rows, _, [notice] = read(tenant(desk))
    assert (rows, notice.code) == (["r1"], "gap")


def test_a_bundle_elsewhere_gets_no_token(tenant):
    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", subscribed("Audit.General"))
    desk.on(f"GET {FEED}/subscriptions/content", content([bundle("b1", 2, "https://evil.example/audit/b1")]))
    with pytest.raises(UnsafeAddress):
        read(tenant(desk))


def test_a_position_older_than_what_is_kept_names_the_gap(tenant):
    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", subscribed("Audit.General"))
    desk.on(f"GET {FEED}/subscriptions/content", [])
    _, _, [notice] = read(tenant(desk), json.dumps({"after": "2026-11-10T00:00:00"}))
    assert notice.code == "gap"
    assert "2026-11-10T00:00:00Z" in notice.about
    with pytest.raises(CursorExpired):
        read(tenant(desk), "nonsense")


def test_a_run_that_was_stopped_reads_its_last_day_anew(tenant):
    desk = Desk()
    desk.on(f"GET {FEED}/subscriptions/list", subscribed("Audit.General"))
    desk.on(f"GET {FEED}/subscriptions/content", content([bundle("b1", 2)]))
    desk.on(f"GET {FEED}/audit/b1", [record("r1")])
    pages = tenant(desk).list_activity(GENERAL, None, Window())
    first = next(pages).cursor
    rows, _, _ = read(tenant(desk), first)
    assert rows == ["r1"]


# Batches


def test_what_a_batch_could_not_answer_for_now_is_asked_alone(tenant):
    def batch(request):
        asked = json.loads(request.content)["requests"]
        assert [one["url"] for one in asked] == [
            "/users/u1?%24select=id",
            "/users/u2?%24select=id",
            "/users/u3?%24select=id",
        ]
        missing = {"error": {"code": "Request_ResourceNotFound", "message": "gone"}}
        throttled = {"error": {"code": "TooManyRequests", "message": "slow"}}
        answers = [
            {"id": "2", "status": 404, "headers": {}, "body": missing},
            {"id": "1", "status": 429, "headers": {"Retry-After": "9"}, "body": throttled},
            {"id": "0", "status": 200, "headers": {"Content-Type": "application/json"}, "body": {"id": "u1"}},
        ]
        return {"responses": answers}

    desk = Desk()
    desk.on("POST /v1.0/$batch", batch)
    desk.on("GET /v1.0/users/u2", {"id": "u2"})
    connector = tenant(desk)
    calls = [connector.get("/users/{id}", {"id": id_}, query={"$select": "id"}) for id_ in ("u1", "u2", "u3")]
    one, two, three = connector.batch(calls)
    assert isinstance(one, Answer)
    assert (one.json(), two.json()) == ({"id": "u1"}, {"id": "u2"})
    assert isinstance(three, ObjectMissing)
    assert desk.names() == ["POST /v1.0/$batch", "GET /v1.0/users/u2"]


# A cloud without the audit feed


def test_in_china_the_audit_feed_is_told_to_be_missing_and_asked_for_by_nobody(tenant):
    desk = Desk().on("GET /v1.0/organization", {"value": [{"id": "t1", "displayName": "Contoso"}]})
    connector = tenant(desk, cloud=" China", components="users,sign-ins,activities")
    parts = [part.key for page in connector.list_activity(ROOT, None, Window()) for part in page.more]
    rows, _, [notice] = read(connector)
    assert (rows, notice.code) == ([], "unreachable")
    assert "no Management Activity API" in notice.about
    [page] = connector.list_activity(Partition(key="sign-ins"), None, Window())
    assert "this cloud lists to nobody" in page.notices[0].about
    assert parts == ["sign-ins", "feed:Audit.AzureActiveDirectory"], "one part is enough to say so"
    assert [note for note in connector.read_own_permissions().notes if "no Management Activity API" in note]
    assert not [name for name in desk.names() if FEED in name]


# Fields that a licence hides


def test_accounts_are_listed_without_sign_in_dates_where_these_are_not_licensed(tenant):
    def users(request):
        if "signInActivity" in request.url.params["$select"]:
            code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
            return httpx.Response(403, json={"error": {"code": code, "message": "no premium licence"}})
        return {"value": [{"id": "u1", "userPrincipalName": "ada@contoso.example", "accountEnabled": True}]}

    desk = Desk()
    desk.on("GET /v1.0/users", users)
    desk.on("GET /v1.0/roleManagement/directory/roleAssignments", {"value": []})
    desk.on("GET /v1.0/reports/authenticationMethods/userRegistrationDetails", {"value": []})
    [page] = tenant(desk).list_accounts(ROOT, None)
    assert [(row.id, row.unknown) for row in page.items] == [("u1", ("mfa", "last_login"))]
    [notice] = page.notices
    assert (notice.code, notice.effect) == ("licence-missing", "degraded")
    assert "last_login" in notice.about
    # Asked twice, since licensed tenants are refused now and then too.
    assert desk.names().count("GET /v1.0/users") == 3


# What a mode leaves out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"onPremisesSyncEnabled": True}, "kept in the on-premises directory"),
        ({"userType": "Guest"}, "kept by another organization"),
    ],
)
def test_a_password_that_entra_does_not_keep_is_said_to_stay(tenant, more, words):
    user = {"id": "u1", "userPrincipalName": "ada@contoso.example", "accountEnabled": True, **more}
    desk = Desk().on("GET /v1.0/users/u1", user)
    desk.on("GET /v1.0/roleManagement/directory/roleAssignments", {"value": []})
    connector = tenant(desk)
    change = connector.plan_suspend("u1", mode="compromised")
    assert [step.name for step in change.steps] == ["set-enabled", "end-sessions"]
    [told] = [one for one in change.side_effects if "password stays" in one]
    assert words in told
    assert not [one for one in connector.plan_suspend("u1").side_effects if "password" in one]


def test_where_a_password_is_not_replaced_the_plan_does_not_say_that_it_is(tenant):
    user = {"id": "u1", "userPrincipalName": "ada@contoso.example", "accountEnabled": True}
    desk = Desk().on("GET /v1.0/users/u1", {**user, "onPremisesSyncEnabled": True})
    desk.on("GET /v1.0/roleManagement/directory/roleAssignments", {"value": []})
    change = tenant(desk).plan_revoke_password("u1")
    assert (change.steps, change.side_effects) == ((), ())
    assert "reset it there" in change.manual


# Sessions


def test_that_sessions_ended_is_read_from_the_date_since_which_they_are_good(tenant):
    user = {"id": "u1", "userPrincipalName": "ada@contoso.example", "accountEnabled": True}
    desk = Desk().on("GET /v1.0/users/u1", {**user, "signInSessionsValidFromDateTime": "2026-11-22T10:00:00Z"})
    desk.on("POST /v1.0/users/u1/revokeSignInSessions", {"value": True})
    connector = tenant(desk)
    change = connector.plan_revoke_sessions("u1")
    [step] = change.steps
    assert connector.observe(change, {}) == change.before == {"sessions": "former"}
    assert connector.settle(step, {}) is False
    memo = connector.perform(step, {})
    # Entra keeps whole seconds: ended once more in the same one, the date does not move.
    assert connector.observe(change, memo) == change.after == {"sessions": "ended"}
    desk.on("GET /v1.0/users/u1", {**user, "signInSessionsValidFromDateTime": "2026-11-22T10:00:01Z"})
    assert connector.settle(step, {}) is True
    assert connector.observe(change, {}) == change.after
    # What Entra does not tell is not claimed.
    silent = tenant(Desk().on("GET /v1.0/users/u1", user)).plan_revoke_sessions("u1")
    assert not silent.observable
    assert connector.settle(silent.steps[0], {}) is None


# Signing in


def test_a_refused_sign_in_says_what_to_do():
    def refuse():
        words = "AADSTS7000215: Invalid client secret provided. Trace ID: 1-2 Correlation ID: 3 Timestamp: 2026"
        raise SignInNeeded(words, code="invalid_client")

    with pytest.raises(SignInNeeded) as caught:
        explained(refuse)
    assert caught.value.words == "AADSTS7000215: Invalid client secret provided."
    assert "its value" in caught.value.hint or "value, not its ID" in caught.value.hint


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.bm8=.c"])
def test_a_token_that_cannot_be_read_tells_no_permissions(token):
    class Held(Token):
        def redact(self):
            return (token,)

    assert claims_of(Held()) is None
