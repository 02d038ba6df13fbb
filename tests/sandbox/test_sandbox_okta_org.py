"""The simulated Okta's administrators, System Log, grants, tokens, limits and faults."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta

import pytest
from oktacalls import WORLD, Caller, admin, ask, expression, following, fresh, local, sign_in

from casb_cli.core import clock
from casb_cli.sandbox.facts import CAST, LEAVER, MAINTAINER, OWNER, SECOND_ADMIN
from casb_cli.sandbox.limits import LimitSpec

LOGS = "/api/v1/logs"


@pytest.fixture
def okta():
    return fresh()


@pytest.fixture
def call(okta):
    return admin(okta)


def of_user(okta, person):
    return f"/api/v1/users/{okta.company.user_id(person)}"


def oldest():
    return f"since={clock.text(WORLD.event_time(0))}"


# Administrators


def test_assignees_are_paged_in_the_body(okta, call):
    rows = call.bodies("/api/v1/iam/assignees/users?limit=2", "value")
    assert len(rows) == len({row["id"] for row in rows}) == 6
    assert okta.company.user_id(OWNER) in {row["id"] for row in rows}
    everybody = admin(fresh(inherited="on")).bodies("/api/v1/iam/assignees/users", "value")
    assert len(everybody) > 6


def test_roles_through_a_group_are_marked(okta, call):
    rows = call("GET", f"{of_user(okta, MAINTAINER)}/roles")
    told = {(row["label"], row["assignmentType"]) for row in rows}
    assert told >= {("HelpDesk EU", "USER"), ("Access Auditor", "GROUP")}
    custom = next(row for row in rows if row["label"] == "HelpDesk EU")
    assert custom["type"] == "CUSTOM"
    sets = {row["id"]: row["label"] for row in call.bodies("/api/v1/iam/resource-sets", "resource-sets")}
    roles = {row["id"]: row["label"] for row in call.bodies("/api/v1/iam/roles", "roles")}
    assert (roles[custom["role"]], sets[custom["resource-set"]]) == ("HelpDesk EU", "Europe")


def test_targets_only_when_asked_for(okta, call):
    at = f"{of_user(okta, SECOND_ADMIN)}/roles"
    limited = [row for row in call("GET", f"{at}?expand=targets/groups") if "_embedded" in row]
    names = [group["profile"]["name"] for row in limited for group in row["_embedded"]["targets"]["groups"]]
    assert names == [WORLD.group(1).name, WORLD.group(2).name]
    assert all("_embedded" not in row for row in call("GET", at))


def test_members_of_a_binding_are_told_by_their_link(okta, call):
    for one in call.bodies("/api/v1/iam/resource-sets", "resource-sets"):
        at = f"/api/v1/iam/resource-sets/{one['id']}/bindings"
        for role in call.bodies(at, "roles"):
            [member] = call.bodies(f"{at}/{role['id']}/members", "members")
            assert re.fullmatch(r"/api/v1/(users|groups)/00[ug]\w{17}", local(member["_links"]["self"]["href"]))
            assert member["id"].startswith("irb")


def test_an_app_may_be_a_member_of_a_binding():
    okta = fresh(app_admin="on")
    call = admin(okta)
    _, everything = call.bodies("/api/v1/iam/resource-sets", "resource-sets")
    at = f"/api/v1/iam/resource-sets/{everything['id']}/bindings"
    [role] = call.bodies(at, "roles")
    links = [local(one["_links"]["self"]["href"]) for one in call.bodies(f"{at}/{role['id']}/members", "members")]
    payroll = next(row["id"] for row in call.rows("/api/v1/apps?limit=200") if row["label"] == "Payroll Sync")
    assert f"/oauth2/v1/clients/{payroll}" in links
    assert [row["role"] for row in call("GET", f"/oauth2/v1/clients/{payroll}/roles")] == [role["id"]]
    assert (f"app:{payroll}", "Access Auditor", "Everything") in okta.truth.rows("privilege")


# System Log


def test_the_polled_log_never_ends_and_goes_on(okta, call):
    seen, target = [], f"{LOGS}?{oldest()}&limit=250"
    while True:
        reply = call.raw("GET", target)
        rows, after = json.loads(reply.body), following(reply)
        assert after is not None
        if not rows:
            break
        seen, target = seen + rows, after
    assert after == target
    assert [row["uuid"] for row in seen] == [okta.trail.uuid(i) for i in range(WORLD.events)]
    call("POST", f"{of_user(okta, LEAVER)}/lifecycle/suspend")
    reply = call.raw("GET", target)
    [row] = json.loads(reply.body)
    assert (row["eventType"], row["outcome"]["result"]) == ("user.lifecycle.suspend", "SUCCESS")
    assert row["target"][0]["id"] == okta.company.user_id(LEAVER)
    assert following(reply) != target


def test_a_late_event_is_polled_though_it_was_published_before(okta, call):
    call.rows(f"{LOGS}?since={clock.text(WORLD.now)}&until={clock.text(clock.now() + timedelta(minutes=1))}")
    reply = call.raw("GET", f"{LOGS}?{oldest()}&limit=1000")
    okta.trail.note("user.session.start", "late", okta.trail.person(LEAVER), [], late=7200.0)
    [row] = call("GET", following(reply))
    assert clock.parse(row["published"]) < WORLD.now - timedelta(hours=1)


def test_the_bounded_log_ends_with_an_empty_page_when_the_last_was_full(call):
    since, until = WORLD.event_time(0), WORLD.event_time(100)
    span = f"since={clock.text(since)}&until={clock.text(until)}"
    assert [len(page) for page in call.pages(f"{LOGS}?{span}&limit=50")] == [50, 50, 0]
    assert [len(page) for page in call.pages(f"{LOGS}?{span}&limit=60")] == [60, 40]
    newest = call("GET", f"{LOGS}?{span}&limit=1&sortOrder=DESCENDING")
    assert clock.parse(newest[0]["published"]) == WORLD.event_time(99)


def test_seven_days_unless_told_otherwise(call):
    rows = call.rows(f"{LOGS}?until={clock.text(WORLD.now)}&limit=1000")
    expected = [i for i in range(WORLD.events) if WORLD.now - timedelta(days=7) <= WORLD.event_time(i) < WORLD.now]
    assert len(rows) == len(expected)


def test_the_log_is_searched(call):
    text = 'eventType eq "user.account.privilege.grant" or target.type eq "UserGroup"'
    rows = call("GET", f"{LOGS}?{oldest()}&limit=1000&filter={expression(text)}")
    verbs = [WORLD.event("okta", i).verb for i in range(WORLD.events)]
    assert len(rows) == verbs.count("role-changed") + verbs.count("member-added")
    assert call("GET", f"{LOGS}?{oldest()}&q=invalid_credentials&limit=1000")
    assert call.refused("GET", f"{LOGS}?filter={expression('nonsense eq 1')}") == (400, "E0000053")
    old = clock.text(clock.now() - timedelta(days=181))
    assert call.refused("GET", f"{LOGS}?since={old}") == (400, "E0000053")
    assert call.refused("GET", f"{LOGS}?after=nonsense") == (400, "E0000001")
    assert call.refused("GET", f"{LOGS}?limit=1001") == (400, "E0000001")


LOGON = re.compile(
    r"user\.session\.(start|end|expire|clear|access_admin_app|context)|user\.authentication\.|"
    r"policy\.evaluate_sign_on|user\.account\.(lock|unlock)|user\.mfa\.(attempt_bypass|okta_verify)|app\.oauth2\.signon"
)
ADMIN = re.compile(
    r"user\.session\.impersonation\.|user\.lifecycle\.|user\.account\.privilege\.|group\.|"
    r"application\.(lifecycle|user_membership|policy|configuration|provision)\.|policy\.(lifecycle|rule|mapping)\.|"
    r"iam\.|zone\.|network_zone\.|system\.(api_token|idp|org.lifecycle|feature|log_stream)"
)
SELF = re.compile(r"user\.account\.(reset_password|expire_password|update_password|update_profile)|user\.mfa\.factor\.")


def test_kinds_of_events_follow_the_published_catalogue(call, okta):
    expected = okta.truth.rows("activity")
    for row in call.rows(f"{LOGS}?{oldest()}&until={clock.text(clock.now())}&limit=1000"):
        targets = {target["id"] for target in row["target"] or []}
        if LOGON.match(row["eventType"]):
            kind = "logon"
        elif ADMIN.match(row["eventType"]) or (SELF.match(row["eventType"]) and row["actor"]["id"] not in targets):
            kind = "admin"
        else:
            kind = "user"
        assert expected.pop(row["uuid"])["kind"] == kind, row["eventType"]
    assert not expected


# Grants and tokens


def consenting(okta):
    return next(i for i in range(CAST) if okta.apps.consents(i) and okta.apps.tokens(i))


def listed_grants(okta, call):
    """Read every grant and token the long way, through each person."""
    found = set()
    for app in call.rows("/api/v1/apps?limit=4&includeNonDeleted=true"):
        found |= {f"app-grant:{app['id']}:{one['id']}" for one in call("GET", f"/api/v1/apps/{app['id']}/grants")}
    for user in call.rows(f"/api/v1/users?search={expression('status pr')}"):
        at = f"/api/v1/users/{user['id']}"
        found |= {f"user-grant:{user['id']}:{one['id']}" for one in call.rows(f"{at}/grants?limit=1")}
        for client in call("GET", f"{at}/clients"):
            id_ = client["client_id"]
            found |= {
                f"token:{user['id']}:{id_}:{one['id']}" for one in call.rows(f"{at}/clients/{id_}/tokens?limit=1")
            }
    return found | {f"api-token:{key['id']}" for key in call("GET", "/api/v1/api-tokens")}


def test_grants_and_tokens_are_the_world(okta, call):
    assert listed_grants(okta, call) == set(okta.truth.rows("grant"))


def test_tokens_are_the_same_seen_from_the_app_and_from_the_server(okta, call):
    apps = {row["id"] for row in call.rows("/api/v1/apps?limit=200")}
    tokens = {one["id"] for app in apps for one in call.rows(f"/api/v1/apps/{app}/tokens?limit=7")}
    assert tokens == {key.split(":")[3] for key in okta.truth.rows("grant") if key.startswith("token:")}
    [server] = call("GET", "/api/v1/authorizationServers")
    at = f"/api/v1/authorizationServers/{server['id']}/clients"
    [client] = call("GET", at)
    custom = {one["id"] for one in call.rows(f"{at}/{client['client_id']}/tokens")}
    assert custom
    assert custom < tokens


def test_clearing_sessions_with_tokens_revokes_them(okta, call):
    at = of_user(okta, consenting(okta))
    [client] = {row["client_id"] for row in call("GET", f"{at}/clients")} & {
        token.app for token in okta.apps.tokens(consenting(okta))
    }
    assert call.rows(f"{at}/clients/{client}/tokens")
    call("DELETE", f"{at}/sessions?oauthTokens=true", expect=204)
    assert call.rows(f"{at}/clients/{client}/tokens") == []
    assert call.rows(f"{at}/grants")


def test_what_is_revoked_is_gone_and_logged(okta, call):
    at = of_user(okta, consenting(okta))
    first, *rest = call.rows(f"{at}/grants")
    call("DELETE", f"{at}/grants/{first['id']}", expect=204)
    assert call.rows(f"{at}/grants") == rest
    assert call.refused("DELETE", f"{at}/grants/{first['id']}") == (404, "E0000007")
    since = clock.text(clock.now() - timedelta(seconds=30))
    kinds = {row["eventType"] for row in call("GET", f"{LOGS}?since={since}&limit=1000")}
    assert "app.oauth2.as.consent.revoke" in kinds
    okta.reset()
    assert first in call.rows(f"{at}/grants")


def test_a_scope_taken_from_an_app_is_no_longer_given(okta, call):
    okta.signin.clients[next(iter(okta.signin.clients))].dpop = False
    id_ = okta.credentials()["oauth"].fields["client_id"]
    at = f"/api/v1/apps/{id_}/grants"
    grant = next(row for row in call("GET", at) if row["scopeId"] == "okta.logs.read")
    call("DELETE", f"{at}/{grant['id']}", expect=204)
    assert ask(okta, scope="okta.logs.read")[1]["error"] == "consent_required"
    call("POST", at, {"issuer": okta.base, "scopeId": "okta.logs.read"}, expect=201)
    assert ask(okta, scope="okta.logs.read")[1]["scope"] == "okta.logs.read"
    assert call.refused("POST", at, {"issuer": okta.base, "scopeId": "nonsense"}) == (400, "E0000001")


def test_an_app_switched_off_gets_no_token_and_uses_none(okta, call):
    id_ = okta.credentials()["oauth"].fields["client_id"]
    service = Caller(okta, token=sign_in(okta))
    service("GET", "/api/v1/org")
    call("POST", f"/api/v1/apps/{id_}/lifecycle/deactivate")
    assert service.refused("GET", "/api/v1/org") == (401, "E0000011")
    assert ask(okta)[1]["error"] == "invalid_client"


def test_a_revoked_api_token_opens_nothing(okta, call):
    reader = Caller(okta, ssws=okta.credentials()["token-reader"].secrets["token"])
    key = next(row for row in call("GET", "/api/v1/api-tokens") if row["name"] == "reporting")
    assert reader("GET", "/api/v1/users/me")["id"] == key["userId"]
    call("DELETE", f"/api/v1/api-tokens/{key['id']}", expect=204)
    assert reader.refused("GET", "/api/v1/users/me") == (401, "E0000011")


def test_a_reading_service_app_sees_only_itself(okta, call):
    reader = Caller(okta, token=sign_in(okta, "oauth-reader", "okta.apps.read"))
    own = okta.credentials()["oauth-reader"].fields["client_id"]
    assert [row["id"] for row in reader("GET", "/api/v1/apps")] == [own]
    names = {row["name"] for row in call.rows("/api/v1/apps?limit=200")}
    assert {"saasure", "okta_enduser"} <= names
    assert "bookmark" not in names


# Limits and faults


def test_limits_are_told_in_epoch_seconds_and_apart_for_each_family():
    began = time.time()
    okta = fresh(unlimited=False, limits={"users-list": LimitSpec(kind="fixed", allowed=2, window=3600)})
    call = admin(okta)
    first = call.raw("GET", "/api/v1/users")
    assert first.headers["x-rate-limit-limit"] == "2"
    assert first.headers["x-rate-limit-remaining"] == "1"
    assert began < int(first.headers["x-rate-limit-reset"]) <= time.time() + 3601
    call.raw("GET", "/api/v1/users")
    refused = call.raw("GET", "/api/v1/users")
    body = json.loads(refused.body)
    assert (refused.status, body["errorCode"]) == (429, "E0000047")
    assert set(body) == {"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"}
    assert "retry-after" not in refused.headers
    assert refused.headers["x-rate-limit-remaining"] == "0"
    other = call.raw("GET", "/api/v1/groups")
    assert other.status == 200
    assert other.headers["x-rate-limit-limit"] == "250"
    assert call.raw("GET", f"{LOGS}").headers["x-rate-limit-limit"] == "60"
    member = Caller(okta, ssws=okta.credentials()["token-reader"].secrets["token"])
    assert member.raw("GET", "/api/v1/users").status == 200


def test_too_many_at_once_is_told_by_two_zeros():
    okta = fresh(unlimited=False, limits={"concurrent": LimitSpec(kind="concurrency", allowed=1)})
    call = admin(okta)
    assert call.raw("GET", "/api/v1/users").status == 200
    refused = call.raw("GET", "/api/v1/users")  # the first was never said to have ended
    assert refused.status == 429
    told = (refused.headers["x-rate-limit-limit"], refused.headers["x-rate-limit-remaining"])
    assert told == ("0", "0")


def test_faults_speak_okta(okta, call):
    okta.faults.plan("GET /api/v1/users", "throttle", wait=3)
    refused = call.raw("GET", "/api/v1/users")
    assert refused.status == 429
    assert int(refused.headers["x-rate-limit-reset"]) >= time.time() + 2
    okta.faults.plan("GET /api/v1/users", "error-before", status=500)
    assert json.loads(call.raw("GET", "/api/v1/users").body)["errorCode"] == "E0000009"
    okta.faults.plan("GET /api/v1/users", "duplicate-page", nth=2)
    everybody = call.rows(f"/api/v1/users?search={expression('status pr')}&limit=20")
    ids = [row["id"] for row in everybody]
    assert len(ids) == len(set(ids)) + 20
    okta.faults.plan("GET /api/v1/users", "expired-cursor", nth=2)
    reply = call.raw("GET", "/api/v1/users?limit=5")
    assert call.refused("GET", following(reply)) == (400, "E0000001")


def test_an_expired_token_fault_ends_bound_tokens_only(okta, call):
    service = Caller(okta, token=sign_in(okta))
    for caller, status in ((service, 401), (call, 200)):
        okta.faults.plan("GET /api/v1/org", "expired-token")
        assert caller.raw("GET", "/api/v1/org").status == status


def test_unknown_paths_and_methods(call):
    assert call.refused("GET", "/api/v1/nonsense") == (404, "E0000008")
    assert call.refused("POST", "/api/v1/logs") == (405, "E0000022")


def test_search_lags_behind_when_told_to():
    okta = fresh(search_lag="60")
    call = admin(okta)
    call("POST", f"{of_user(okta, LEAVER)}/lifecycle/suspend")
    id_ = okta.company.user_id(LEAVER)
    searched = {row["id"]: row["status"] for row in call.rows(f"/api/v1/users?search={expression('status pr')}")}
    assert searched[id_] == "ACTIVE"
    assert call("GET", of_user(okta, LEAVER))["status"] == "SUSPENDED"


# Truth


def test_who_is_an_administrator_counts_groups(okta):
    rows = okta.truth.rows("account")
    through = {who for who, role, _ in okta.truth.rows("privilege") if who.startswith("account:")}
    assert {f"account:{id_}" for id_, row in rows.items() if row["is_admin"]} == through
    assert not rows[okta.company.user_id(okta.company.plain)]["is_admin"]
    assert okta.truth.rows("file") == {}
