"""What is peculiar to Okta: addresses, scopes and roles, what an answer means, the log that never ends, lifecycles."""

from __future__ import annotations

import json

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from harness import Stage

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.okta import APP, mapping
from casb_cli.apps.okta.auth import signin
from casb_cli.apps.okta.common import family_of
from casb_cli.apps.okta.connector import Okta
from casb_cli.apps.okta.events import Event, activity, kind_of
from casb_cli.apps.okta.rules import classify
from casb_cli.apps.okta.scopes import ALL, expand
from casb_cli.apps.okta.setup import instructions
from casb_cli.apps.okta.urls import base_urls
from casb_cli.core import clock
from casb_cli.core.capabilities import ABILITIES, Window, check, needs_of
from casb_cli.core.errors import (
    CursorExpired,
    LicenceMissing,
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
from casb_cli.core.models import ROOT
from casb_cli.transport.calls import Call
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext

CALL = Call(name="GET /api/v1/users")
ORG = "https://acme.okta.com"


def test_no_ability_is_silent():
    assert check(Okta) == []


def test_all_scopes_that_needs_name_are_asked_for_and_no_other():
    named = {
        scope
        for ability in ABILITIES
        for need in needs_of(Okta, ability)
        for alternative in need.any_of.get("oauth", ())
        for scope in alternative
    }
    assert expand(frozenset(ALL)) - {"okta.orgs.read"} == expand(frozenset(named))


@pytest.mark.parametrize(
    ("given", "api"),
    [
        ("https://acme.okta.com", ORG),
        ("https://acme.okta.com/", ORG),
        ("acme.okta.com", ORG),
        ("https://ACME-admin.okta.com/admin/dashboard", ORG),
        ("https://acme-admin.oktapreview.com", "https://acme.oktapreview.com"),
        ("https://acme.okta-emea.com", "https://acme.okta-emea.com"),
        ("https://agency.okta-gov.com", "https://agency.okta-gov.com"),
        ("https://base-admin.okta.mil", "https://base.okta.mil"),
        ("https://id.acme.example", "https://id.acme.example"),
        ("https://login-admin.acme.example", "https://login-admin.acme.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_the_org_url_is_taken_in_any_form(given, api):
    assert base_urls({"org_url": given}) == {"api": api}


@pytest.mark.parametrize("given", ["", "https://", "https://user:secret@acme.okta.com", "https://acme.okta.com:no"])
def test_what_is_no_org_url_is_refused(given):
    with pytest.raises(UsageError) as caught:
        base_urls({"org_url": given})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "family"),
    [
        ("/api/v1/users", "users"),
        ("/api/v1/users/{id}", "core"),
        ("/api/v1/groups", "groups"),
        ("/api/v1/groups/{groupId}", "group"),
        ("/api/v1/groups/{groupId}/users", "core"),
        ("/api/v1/apps", "apps"),
        ("/api/v1/apps/{appId}/grants", "apps"),
        ("/api/v1/logs", "logs"),
        ("/oauth2/v1/clients/{clientId}/roles", "clients"),
    ],
)
def test_each_endpoint_is_paced_in_its_own_family(call, family):
    assert family_of(call) == family
    assert family in {limit.family for limit in APP.limits}


def answer(status, code=None, summary="", headers=None, **body):
    if code:
        body = {"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oae1", "errorCauses": []}
    return classify(CALL, status, headers or {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "code", "kind", "error"),
    [
        (400, "E0000001", "fail", RequestRefused),
        (400, "E0000031", "fail", RequestRefused),
        (401, "E0000011", "reauth", SignInNeeded),
        (401, "E0000004", "reauth", SignInNeeded),
        (401, "E0000015", "fail", LicenceMissing),
        (403, "E0000005", "fail", NotPermitted),
        (403, "E0000006", "fail", NotPermitted),
        (403, "E0000016", "fail", StateConflict),
        (403, "E0000038", "fail", StateConflict),
        (404, "E0000007", "fail", ObjectMissing),
        (409, "E0000090", "fail", StateConflict),
        (429, "E0000047", "throttled", Throttled),
        (500, "E0000009", "busy", Unavailable),
        (503, "E0000010", "busy", Unavailable),
    ],
)
def test_okta_error_codes(status, code, kind, error):
    verdict = answer(status, code, "words of Okta")
    assert verdict.kind == kind
    assert type(verdict.error) is error
    assert "words of Okta" in str(verdict.error)


def test_a_refused_position_in_a_listing_is_told_from_a_refused_request():
    page = Call(name="GET /api/v1/users", url=f"{ORG}/api/v1/users?search=status+pr&limit=200&after=100u65")
    words = json.dumps({"errorCode": "E0000001", "errorSummary": "Api validation failed: after"}).encode()
    assert type(classify(page, 400, {}, words).error) is CursorExpired


def test_a_missing_scope_is_seen_in_header_oauth_body_and_okta_body():
    told = 'Bearer error="insufficient_scope", error_description="The access token provided does not contain ..."'
    words = "The access token provided does not contain the required scopes."
    for verdict in (
        answer(403, headers={"www-authenticate": told}),
        answer(403, error="insufficient_scope", error_description=words),
        answer(403, "E0000006", words),
    ):
        assert type(verdict.error) is ScopeMissing


def test_too_many_calls_at_once_wait_briefly_and_teach_the_window_nothing():
    told = {"x-rate-limit-limit": "0", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "99999999999"}
    assert answer(429, "E0000047", headers=told).after == 1.0
    assert answer(429, "E0000047", headers={**told, "x-rate-limit-limit": "600"}).after is None
    governors = Governors(APP, "main")
    with governors.slot(CALL_OF_USERS) as lease:
        lease.answered({"x-rate-limit-limit": "600", "x-rate-limit-remaining": "500", "x-rate-limit-reset": "0"})
    with governors.slot(CALL_OF_USERS) as lease:
        lease.answered(told, throttled=True, after=0.0)
    [row] = governors.ledger()
    assert row["allowed"] == 600


CALL_OF_USERS = Call(name="GET /api/v1/users", family="users")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("user.session.start", "logon"),
        ("user.session.impersonation.initiate", "admin"),
        ("user.authentication.auth_via_mfa", "logon"),
        ("policy.evaluate_sign_on", "logon"),
        ("user.lifecycle.suspend", "admin"),
        ("group.user_membership.add", "admin"),
        ("application.user_membership.add", "admin"),
        ("system.api_token.create", "admin"),
        ("app.oauth2.client.lifecycle.create", "admin"),
        ("app.oauth2.as.token.grant.access_token", "user"),
        ("app.oauth2.as.consent.grant", "user"),
        ("something.that.okta.adds", "user"),
    ],
)
def test_the_kind_of_an_event(event, kind):
    assert kind_of(Event(uuid="1", event_type=event)) == kind


def read_event(**changes):
    import msgspec

    return msgspec.convert({"uuid": "e1", "eventType": "user.account.reset_password", **changes}, Event)


def test_a_password_set_by_another_is_administration():
    ana, bo = {"id": "00u1", "type": "User"}, {"id": "00u2", "type": "User"}
    assert kind_of(read_event(actor=ana, target=[bo])) == "admin"
    assert kind_of(read_event(actor=ana, target=[ana])) == "user"


def test_what_an_event_does_not_tell_is_unknown():
    row = activity(
        read_event(
            actor={"id": "unknown", "type": "User", "alternateId": "unknown"},
            client={"ipAddress": None},
            outcome={"result": "CHALLENGE"},
            target=None,
            published="2026-05-01T08:00:00.123Z",
        )
    )
    assert (row.actor, row.actor_ref, row.ip, row.outcome, row.target) == (None, None, None, None, None)
    assert set(row.unknown) == {"actor", "ip", "user_agent", "outcome"}
    system = activity(read_event(actor={"id": "sys", "type": "SystemPrincipal", "alternateId": "system@okta.com"}))
    assert (system.actor, system.actor_ref) == ("system@okta.com", None)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("ACTIVE", "active"),
        ("PASSWORD_EXPIRED", "active"),
        ("RECOVERY", "active"),
        ("LOCKED_OUT", "active"),
        ("SUSPENDED", "suspended"),
        ("DEPROVISIONED", "disabled"),
        ("STAGED", "invited"),
        ("PROVISIONED", "invited"),
        ("A_NEW_ONE", "active"),
    ],
)
def test_statuses_keep_the_raw_one(raw, status):
    row = mapping.account(mapping.User(id="1", status=raw), is_admin=None, mfa=None)
    assert row.status == status
    assert row.profile == {"status": raw}
    assert set(row.unknown) == {"external", "is_admin", "mfa"}


def test_a_security_question_is_no_second_factor():
    assert mapping.Factor(factor_type="push", status="ACTIVE").second
    assert not mapping.Factor(factor_type="question", status="ACTIVE").second
    assert not mapping.Factor(factor_type="push", status="PENDING_ACTIVATION").second


def test_setup_prints_only_what_is_wanted():
    from casb_cli.core.capabilities import ListAccounts, SuspendAccount

    looking = instructions("oauth", needs_of(Okta, ListAccounts), {"org_url": ORG})
    assert "okta.users.read" in looking
    assert "okta.users.manage" not in looking
    assert "API Services" in looking
    assert "Admin roles" in looking
    acting = instructions("oauth", needs_of(Okta, SuspendAccount), {})
    assert "okta.users.manage" in acting
    assert "okta.users.read\n" not in acting
    assert "okta.users" not in instructions("token", needs_of(Okta, SuspendAccount), {})


# Against scripted answers


class Scripted:
    """Answers by path in order; keeps the requests."""

    def __init__(self, **answers):
        self.answers = {path: list(found) for path, found in answers.items()}
        self.requests = []

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        found = self.answers[request.url.path.rsplit("/", 1)[-1]]
        one = found.pop(0) if len(found) > 1 else found[0]
        return one(request) if callable(one) else one


def reply(status=200, body=None, **headers):
    content = [] if body is None else body
    return httpx.Response(status, json=content, headers={k.replace("_", "-"): v for k, v in headers.items()})


def connector(script, method="token", **fields):
    urls = base_urls({"org_url": ORG})
    client = Client(
        APP, Okta.rules, None, urls, Governors(APP, "main"), where="okta/prod", transport=httpx.MockTransport(script)
    )
    return Okta(client, InstanceFacts(app="okta", name="prod", method=method, fields=fields, urls=urls))


def context(script, secrets, **fields):
    urls = base_urls({"org_url": ORG})
    http = Client(
        APP, Okta.rules, None, urls, Governors(APP, "main"), where="okta/prod", transport=httpx.MockTransport(script)
    )
    method = "token" if "token" in secrets else "oauth"
    return SigninContext("okta", "prod", method, fields, secrets.__getitem__, None, http, urls)


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def form(request):
    return dict(httpx.QueryParams(request.content.decode()))


TOKEN = {"token_type": "DPoP", "expires_in": 3600, "access_token": "at-1", "scope": "okta.users.read"}


def test_a_service_app_signs_for_the_host_that_is_called(key):
    script = Scripted(token=[reply(400, {"error": "use_dpop_nonce"}, dpop_nonce="n1"), reply(200, TOKEN)])
    auth = signin(context(script, {"private_key": pem(key)}, client_id="0oa1", key_id="k1"))
    assert auth.headers(CALL) == {"Authorization": "DPoP at-1"}
    assertions = [form(request)["client_assertion"] for request in script.requests]
    assert jwt.get_unverified_header(assertions[0])["kid"] == "k1"
    claims = [
        jwt.decode(one, key.public_key(), algorithms=["RS256"], audience=f"{ORG}/oauth2/v1/token") for one in assertions
    ]
    assert claims[0]["iss"] == claims[0]["sub"] == "0oa1"
    assert claims[0]["exp"] - claims[0]["iat"] <= 3600
    assert claims[0]["jti"] != claims[1]["jti"], "a repeated request needs a fresh assertion"
    asked = form(script.requests[0])
    assert asked["grant_type"] == "client_credentials"
    assert set(asked["scope"].split()) == set(ALL)
    assert "client_id" not in asked
    assert "client_secret" not in asked
    assert auth.scope == "okta.users.read"


def test_without_dpop_no_proof_is_sent(key):
    script = Scripted(token=[reply(200, {**TOKEN, "token_type": "Bearer"})])
    auth = signin(context(script, {"private_key": pem(key)}, client_id="0oa1", dpop="no"))
    assert auth.headers(CALL) == {"Authorization": "Bearer at-1"}
    assert "dpop" not in script.requests[0].headers


def test_a_scope_that_is_refused_is_left_out_of_what_is_asked(key):
    def grant(request):
        asked = form(request)["scope"].split()
        if set(asked) <= {"okta.users.read", "okta.logs.read"}:
            return reply(200, {**TOKEN, "scope": " ".join(asked)})
        return reply(400, {"error": "invalid_scope", "error_description": "not configured"})

    script = Scripted(token=[grant])
    auth = signin(context(script, {"private_key": pem(key)}, client_id="0oa1"))
    auth.headers(CALL)
    assert set(auth.scope.split()) == {"okta.users.read", "okta.logs.read"}
    before = len(script.requests)
    assert auth.renew(CALL, auth.headers(CALL))
    assert len(script.requests) == before + 1, "what was granted is remembered"


def test_no_granted_scope_says_where_to_grant(key):
    script = Scripted(token=[reply(400, {"error": "consent_required", "error_description": "not allowed"})])
    with pytest.raises(SignInNeeded) as caught:
        signin(context(script, {"private_key": pem(key)}, client_id="0oa1")).headers(CALL)
    assert "Okta API Scopes" in caught.value.hint


def test_an_api_token_has_its_own_scheme():
    auth = signin(context(Scripted(), {"token": "00token\n"}))
    assert auth.headers(CALL) == {"Authorization": "SSWS 00token"}


def an_event(number, minutes=5):
    from datetime import timedelta

    moment = clock.text(clock.now() - timedelta(minutes=minutes))
    return {"uuid": f"u{number}", "eventType": "user.session.start", "published": moment}


def link(after):
    return f'<{ORG}/api/v1/logs?after={after}&limit=1000>; rel="next"'


def read_log(okta, cursor=None, **window):
    pages = list(okta.list_activity(ROOT, cursor, Window(**window)))
    return [row.id for page in pages for row in page.items], pages[-1].cursor, pages


def test_the_log_ends_at_an_empty_page_and_goes_on_from_its_link():
    script = Scripted(
        logs=[
            reply(200, [an_event(1), an_event(2)], link=link("a")),
            reply(200, [], link=link("b")),
            reply(200, [an_event(3)], link=link("c")),
            reply(200, [], link=link("c")),
        ]
    )
    okta = connector(script)
    rows, cursor, _ = read_log(okta)
    assert rows == ["u1", "u2"]
    assert len(script.requests) == 2, "a link that never ends is not followed for ever"
    first = script.requests[0].url.params
    assert "until" not in first
    assert first["sortOrder"] == "ASCENDING"
    rows, _, _ = read_log(okta, cursor)
    assert rows == ["u3"]
    assert script.requests[2].url.params["after"] == "b"


def test_a_refused_link_begins_ten_minutes_before_the_newest_event():
    newest = an_event(1)
    script = Scripted(
        logs=[
            reply(200, [newest], link=link("a")),
            reply(200, [], link=link("a")),
            reply(400, {"errorCode": "E0000001", "errorSummary": "after (Invalid paging request)"}),
            reply(200, [newest, an_event(2)], link=link("z")),
            reply(200, [], link=link("z")),
        ]
    )
    okta = connector(script)
    _, cursor, _ = read_log(okta)
    rows, _, _ = read_log(okta, cursor)
    assert rows == ["u1", "u2"]
    since = clock.parse(script.requests[3].url.params["since"])
    assert (clock.parse(newest["published"]) - since).total_seconds() == 600


def test_links_refused_for_ever_are_an_error():
    refused = reply(400, {"errorCode": "E0000001", "errorSummary": "Invalid paging request"})
    answers = [reply(200, [an_event(1)], link=link("a")), refused] * 12
    with pytest.raises(CursorExpired):
        read_log(connector(Scripted(logs=answers)))


def test_a_bounded_window_leaves_a_place_in_time():
    script = Scripted(logs=[reply(200, [an_event(1)]), reply(200, [])])
    _, cursor, _ = read_log(connector(script), until=clock.now_text())
    assert "until" in script.requests[0].url.params
    assert json.loads(cursor)["link"] is None
    assert json.loads(cursor)["last"]


def test_what_the_log_no_longer_keeps_is_said():
    script = Scripted(logs=[reply(200, [])])
    _, _, pages = read_log(connector(script), since="2020-01-01T00:00:00Z")
    assert [notice.code for notice in pages[0].notices] == ["unreachable"]
    asked = clock.parse(script.requests[0].url.params["since"])
    assert (clock.now() - asked).days <= 90, "more than 180 days would be refused"
    gone = json.dumps({"link": None, "last": "2020-01-01T00:00:00Z", "at": "2020-01-02T00:00:00Z"})
    _, _, pages = read_log(connector(script), gone)
    assert [notice.code for notice in pages[0].notices] == ["gap"]
    assert "2020-01-02" in pages[0].notices[0].about


def test_an_empty_company_is_a_missing_role():
    with pytest.raises(NotPermitted) as caught:
        connector(Scripted(users=[reply(200, [])])).check_visibility()
    assert "admin role" in str(caught.value)
    connector(Scripted(users=[reply(200, [{"id": "00u1"}])])).check_visibility()


def test_an_org_that_may_not_be_read_is_named_by_what_everybody_is_told():
    script = Scripted(
        users=[reply(200, [{"id": "00u1"}])],
        org=[reply(403, {"errorCode": "E0000006", "errorSummary": "no permission"})],
        **{"okta-organization": [reply(200, {"id": "00o1", "pipeline": "v1"})]},
    )
    tenant = connector(script).prove()
    assert (tenant.id, tenant.facts) == ("00o1", {"engine": "classic"})


def user(status, source="OKTA"):
    found = {"id": "00u1", "status": status, "profile": {"login": "ana@x.test"}}
    return reply(200, {**found, "credentials": {"provider": {"type": source}}})


@pytest.mark.parametrize(
    ("status", "mode", "verbs", "after"),
    [
        ("ACTIVE", None, ["suspend"], "suspended"),
        ("SUSPENDED", None, [], "suspended"),
        ("DEPROVISIONED", None, [], "deactivated"),
        ("LOCKED_OUT", "unlock", ["unlock", "suspend"], "suspended"),
        ("ACTIVE", "deactivate", ["deactivate"], "deactivated"),
        ("STAGED", "deactivate", ["deactivate"], "deactivated"),
        ("DEPROVISIONED", "deactivate", [], "deactivated"),
    ],
)
def test_how_an_account_is_suspended(status, mode, verbs, after):
    change = connector(Scripted(**{"00u1": [user(status)], "roles": [reply()]})).plan_suspend("00u1", mode=mode)
    assert [step.args["verb"] for step in change.steps] == verbs
    assert change.after == {"status": after}
    assert change.keeps["is_admin"] is False
    assert (change.before == change.after) == (not verbs)


@pytest.mark.parametrize("status", ["LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY", "STAGED", "PROVISIONED"])
def test_okta_suspends_active_accounts_only(status):
    with pytest.raises(StateConflict) as caught:
        connector(Scripted(**{"00u1": [user(status)]})).plan_suspend("00u1")
    assert status in str(caught.value)
    assert "--mode deactivate" in caught.value.hint
    assert ("--mode unlock" in caught.value.hint) == (status == "LOCKED_OUT")


def test_deactivating_says_what_never_comes_back():
    change = connector(Scripted(**{"00u1": [user("ACTIVE")], "roles": [reply()]})).plan_suspend(
        "00u1", mode="deactivate"
    )
    assert any("irreversible" in effect for effect in change.side_effects)
    assert "app assignments" in change.approximate


def test_a_password_kept_elsewhere_is_not_ours_to_revoke():
    with pytest.raises(Unsupported):
        connector(Scripted(**{"00u1": [user("ACTIVE", "FEDERATION")]})).plan_revoke_password("00u1")
    change = connector(Scripted(**{"00u1": [user("ACTIVE", "ACTIVE_DIRECTORY")]})).plan_revoke_password("00u1")
    assert any("ACTIVE_DIRECTORY" in effect for effect in change.side_effects)


def test_a_password_that_okta_answers_with_is_let_go():
    script = Scripted(
        **{
            "00u1": [user("ACTIVE")],
            "expire_password_with_temp_password": [reply(200, {"tempPassword": "hunter2hunter2"})],
        }
    )
    okta = connector(script)
    change = okta.plan_revoke_password("00u1", mode="temporary")
    memo = {}
    assert okta.perform(change.steps[0], memo) == {}
    assert "hunter2" not in json.dumps([memo, change.before, change.after])
    assert script.requests[-1].url.params["revokeSessions"] == "true"


def test_an_expired_password_is_replaced_all_the_same_and_its_status_proves_nothing():
    """An expired one still opens the door to whoever knows it: what is asked for is a password nobody knows."""
    expired = user("PASSWORD_EXPIRED")
    refused = reply(400, {"errorCode": "E0000001", "errorSummary": "no"})
    script = Scripted(**{"00u1": [expired], "expire_password_with_temp_password": [refused]})
    okta = connector(script)
    change = okta.plan_revoke_password("00u1", mode="temporary")
    [replace] = change.steps
    assert not change.observable
    with pytest.raises(RequestRefused):
        okta.perform(replace, {})
    assert okta.settle(replace, {}) is None
    assert connector(Scripted(**{"00u1": [user("ACTIVE")]})).plan_revoke_password("00u1", mode="temporary").observable
    assert connector(Scripted(**{"00u1": [expired]})).plan_revoke_password("00u1", mode="expire").steps == ()


def test_what_is_done_already_is_no_failure_and_what_is_not_is():
    refused = reply(400, {"errorCode": "E0000001", "errorSummary": "Cannot suspend a user that is not active"})
    script = Scripted(**{"00u1": [user("ACTIVE"), user("SUSPENDED")], "roles": [reply()], "suspend": [refused]})
    okta = connector(script)
    okta.perform(okta.plan_suspend("00u1").steps[0], {})
    script = Scripted(**{"00u1": [user("ACTIVE")], "roles": [reply()], "suspend": [refused]})
    okta = connector(script)
    with pytest.raises(RequestRefused):
        okta.perform(okta.plan_suspend("00u1").steps[0], {})


def test_forgetting_devices_is_said_and_not_left_to_the_engine():
    script = Scripted(**{"00u1": [user("ACTIVE")], "sessions": [reply(204)]})
    okta = connector(script)
    okta.perform(okta.plan_revoke_sessions("00u1").steps[0], {})
    assert dict(script.requests[-1].url.params) == {"oauthTokens": "true", "forgetDevices": "true"}


@pytest.mark.parametrize("grant", ["api-token:", "app-grant:0oa1", "token:1:2", "what:ever", "user-grant:a:b:c"])
def test_what_is_no_grant_is_refused(grant):
    with pytest.raises(UsageError):
        connector(Scripted()).plan_revoke_grant(grant)


# Against the simulated org


@pytest.fixture
def stage(home, casb):
    with Stage("okta", home, casb) as made:
        yield made


def test_an_app_without_a_role_is_refused_and_nothing_is_saved(stage):
    run = stage.connect("prod", "oauth", signin=stage.signins["oauth-roleless"])
    assert run.code == 5, run
    assert "admin role" in run.err
    assert stage.casb("instances", "-o", "jsonl").rows == []


def first(stage, *more):
    rows = stage.casb("list", "accounts", "-o", "jsonl", "--where", *more).rows
    return min(row["ref"] for row in rows)


def status_of(stage, ref):
    [row] = stage.casb("list", "accounts", "-o", "jsonl", "--where", f"ref == '{ref}'").rows
    return row["profile"]["status"]


@pytest.mark.parametrize("method", ["oauth", "token"])
@pytest.mark.parametrize(
    ("words", "reached"),
    [
        (("suspend",), "SUSPENDED"),
        (("suspend", "--mode", "deactivate"), "DEPROVISIONED"),
        (("revoke-password",), "RECOVERY"),
        (("revoke-password", "--mode", "expire"), "PASSWORD_EXPIRED"),
        (("revoke-password", "--mode", "temporary"), "PASSWORD_EXPIRED"),
    ],
)
def test_acting_on_an_account_over_the_wire(stage, method, words, reached):
    assert stage.connect("prod", method).code == 0
    ref = first(stage, "profile.status == 'ACTIVE' && is_admin == `false`")
    action, *mode = words
    run = stage.casb("govern", action, ref, *mode, "--yes", "-o", "jsonl")
    assert run.code == 0, run
    assert [row["state"] for row in run.rows] == ["changed"]
    assert status_of(stage, ref) == reached
    assert "tempPassword" not in run.out + run.err
    [done] = stage.casb("govern", "log", "-o", "jsonl").rows
    if action == "suspend":
        undone = stage.casb("govern", "undo", done["id"], "--yes", "-o", "jsonl")
        assert undone.code == 0, undone
        assert status_of(stage, ref) not in {"SUSPENDED", "DEPROVISIONED"}


def grants(stage):
    return {row["id"]: row for row in stage.casb("list", "grants", "-o", "jsonl").rows}


@pytest.mark.parametrize("kind", ["app-grant", "user-grant", "token", "api-token"])
def test_revoking_a_grant_over_the_wire(stage, kind):
    assert stage.connect("prod", "oauth").code == 0
    client = stage.signins["oauth"].fields["client_id"]
    before = grants(stage)
    row = min(
        (row for id_, row in before.items() if id_.startswith(f"{kind}:") and row["client_id"] != client),
        key=lambda row: row["id"],
    )
    run = stage.casb("govern", "revoke-grant", row["ref"], "--yes", "-o", "jsonl")
    assert run.code == 0, run
    after = grants(stage)
    assert before.keys() - after.keys() == {row["id"]}
    if kind == "app-grant":
        [done] = stage.casb("govern", "log", "-o", "jsonl").rows
        assert stage.casb("govern", "undo", done["id"], "--yes").code == 0
        held = [one["scopes"] for one in grants(stage).values() if one["client_id"] == row["client_id"]]
        assert row["scopes"] in held, "granted again, under another id"


def test_casb_does_not_take_its_own_scopes_away(stage):
    assert stage.connect("prod", "oauth").code == 0
    client = stage.signins["oauth"].fields["client_id"]
    own = next(row for row in grants(stage).values() if row["client_id"] == client and not row["principal"])
    run = stage.casb("govern", "revoke-grant", own["ref"], "--yes")
    assert run.code == 2, run
    assert "casb signs in with" in run.err
    assert not [call for call in stage.effects() if call.name.startswith("DELETE ")]


def test_sessions_end_and_nobody_claims_to_have_seen_it(stage):
    assert stage.connect("prod", "token").code == 0
    ref = first(stage, "profile.status == 'ACTIVE' && is_admin == `false`")
    run = stage.casb("govern", "revoke-sessions", ref, "--yes", "-o", "jsonl")
    assert run.code == 0, run
    assert [call.name for call in stage.effects()][-1] == "DELETE /api/v1/users/{userId}/sessions"


def test_a_temporary_password_replaces_one_that_has_expired_already(stage):
    assert stage.connect("prod", "token").code == 0
    ref = first(stage, "profile.status == 'ACTIVE' && is_admin == `false`")
    words = ("govern", "revoke-password", ref, "--yes", "-o", "jsonl", "--mode")
    assert stage.casb(*words, "expire").rows[0]["state"] == "changed"
    since = len(stage.provider.calls)
    run = stage.casb(*words, "temporary")
    assert [row["state"] for row in run.rows] == ["changed"], run
    [call] = stage.effects(since)
    assert call.name.endswith("/expire_password_with_temp_password")


def test_factors_are_left_unread_when_told_so(stage):
    assert stage.connect("prod", "oauth", "--field", "factors=skip").code == 0
    since = len(stage.provider.calls)
    rows = stage.casb("list", "accounts", "-o", "jsonl").rows
    assert all(row["mfa"] is None and "mfa" in row["unknown"] for row in rows)
    assert not [call for call in list(stage.provider.calls)[since:] if "factors" in call.name]
