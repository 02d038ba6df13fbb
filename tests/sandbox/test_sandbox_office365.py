"""The simulated tenant's sign-in, directory and logs, as the fact sheet describes the real ones."""

from __future__ import annotations

import base64
import json
import time

import pytest
from office365calls import ASSERTION, GRAPH, MANAGE, SITES, WORLD, Caller, assertion, error, made

from casb_cli.sandbox.facts import LEAVER, OWNER, SUSPENDED


@pytest.fixture
def tenant():
    return made(unlimited=True)


@pytest.fixture
def call(tenant):
    return Caller(tenant)


def person(tenant, index):
    return tenant.company.users.make(index)


# Sign-in


def test_a_token_is_a_jwt_for_one_audience_with_the_permissions(call, tenant):
    token = call.token(GRAPH)[1]["access_token"]
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=="))
    assert claims["aud"] == GRAPH
    assert claims["tid"] == tenant.company.tenant
    assert "User.Read.All" in claims["roles"]
    assert "ActivityFeed.Read" not in claims["roles"]


@pytest.mark.parametrize(
    ("form", "status", "number"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_id": "00000000-0000-0000-0000-000000000009"}, 400, 700016),
        ({"scope": "User.Read"}, 400, 1002012),
        ({"scope": "https://elsewhere.example/.default"}, 400, 500011),
        ({"grant_type": "password"}, 400, 70003),
        ({"client_assertion": "a.b.c", "client_assertion_type": ASSERTION}, 400, 50027),
    ],
)
def test_the_token_endpoint_tells_its_numbers(call, form, status, number):
    found, body = call.token(GRAPH, **form)
    assert (found, body["error_codes"]) == (status, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"aud": "https://elsewhere.example"}, 700023),
        ({"exp": 1}, 700024),
        ({"iss": "somebody"}, 700021),
        ({"headers": {"x5t": "other"}}, 700027),
    ],
)
def test_a_wrong_assertion_is_refused(tenant, change, number):
    call = Caller(tenant, certificate=True)
    assert call.token(GRAPH)[0] == 200
    status, body = call.token(GRAPH, client_assertion=assertion(tenant, **change))
    assert (status, body["error_codes"]) == (401, [number])


def test_an_unknown_tenant_is_told(call):
    status, body = call.send("POST", "login", "/elsewhere.example/oauth2/v2.0/token", form={"grant_type": "x"})
    assert (status, body["error_codes"]) == (400, [90002])


def test_a_workload_proves_itself_by_its_own_token(call, tenant):
    token = tenant.credentials()["federated"].secrets["token"]
    assert call.token(GRAPH, client_assertion=token, client_assertion_type=ASSERTION)[0] == 200
    status, body = call.token(GRAPH, client_assertion=token[:-4] + "AAAA", client_assertion_type=ASSERTION)
    assert (status, body["error"]) == (401, "invalid_client")


def test_a_device_code_is_pending_then_good_and_reads_as_its_person(call, tenant):
    client = tenant.credentials()["device"].fields["client_id"]
    path = f"/{tenant.company.domain}/oauth2/v2.0"
    form = {"client_id": client, "scope": f"{GRAPH}/.default offline_access"}
    code = call.send("POST", "login", f"{path}/devicecode", form=form)[1]["device_code"]
    poll = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": client, "device_code": code}
    assert call.send("POST", "login", f"{path}/token", form=poll)[1]["error"] == "authorization_pending"
    body = call.send("POST", "login", f"{path}/token", form=poll)[1]
    call.bearers[GRAPH] = body["access_token"]
    assert call.get("/me")["id"] == person(tenant, OWNER)
    assert error(call.graph("GET", "/sites/getAllSites")) == (403, "accessDenied")
    assert call.get("/sites")["value"] == []
    again = {"grant_type": "refresh_token", "client_id": client, "refresh_token": body["refresh_token"]}
    assert call.send("POST", "login", f"{path}/token", form=again)[0] == 200


def test_each_api_takes_its_own_tokens_and_sharepoint_only_those_of_a_certificate(tenant):
    call, proven = Caller(tenant), Caller(tenant, certificate=True)
    call.bearers[MANAGE] = call.token(GRAPH)[1]["access_token"]
    assert call.feed("GET", "/subscriptions/list")[0] == 401
    call.bearers[GRAPH] = call.token(SITES)[1]["access_token"]
    assert error(call.graph("GET", "/users")) == (401, "InvalidAuthenticationToken")
    path = "/sites/handbook/_api/site/RecycleBin"
    status, body = call.site("GET", path)
    assert (status, body["odata.error"]["message"]["value"]) == (401, "Unsupported app only token.")
    assert proven.site("GET", path)[0] == 200


def test_a_permission_taken_away_is_refused_by_name_and_ends_old_tokens(tenant):
    call = Caller(tenant)
    assert call.get("/users")
    tenant.options.settings["scopes"] = "GroupMember.Read.All SharePoint:Sites.FullControl.All"
    tenant.reset()
    assert call.graph("GET", "/groups")[0] == 401
    fresh = Caller(tenant)
    assert fresh.get("/groups")
    assert error(fresh.graph("GET", "/users")) == (403, "Authorization_RequestDenied")
    assert error(fresh.graph("GET", "/auditLogs/signIns")) == (403, "Authentication_MSGraphPermissionMissing")
    assert error(fresh.graph("GET", "/sites/getAllSites")) == (403, "accessDenied")
    assert error(fresh.feed("GET", "/subscriptions/list")) == (403, "AF10001")
    tenant.options.settings.pop("scopes")


# The directory


def test_users_show_little_unless_selected(call, tenant):
    row = call.get("/users?$top=1")["value"][0]
    assert "accountEnabled" not in row
    assert "userPrincipalName" in row
    rows = call.every("/users?$select=id,userType,accountEnabled&$top=7")
    assert {one["id"] for one in rows} == set(tenant.truth.rows("account"))
    guests = call.every("/users?$filter=userType eq 'Guest'&$select=id,userPrincipalName")
    assert len(guests) == WORLD.contractors
    assert all("#EXT#" in one["userPrincipalName"] for one in guests)


def test_sign_in_activity_has_a_smaller_page_and_needs_a_licence(call):
    assert error(call.graph("GET", "/users?$select=signInActivity&$top=999")) == (400, "Request_BadRequest")
    assert call.get("/users?$select=signInActivity&$top=500")["value"]
    free = Caller(made(unlimited=True, settings={"licence": "free"}))
    code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    assert error(free.graph("GET", "/users?$select=id,signInActivity")) == (403, code)
    assert error(free.graph("GET", "/auditLogs/signIns")) == (403, code)
    assert free.get("/users?$select=id")["value"]


def test_registration_leaves_out_disabled_accounts(call, tenant):
    rows = call.every("/reports/authenticationMethods/userRegistrationDetails")
    assert person(tenant, SUSPENDED) not in {row["id"] for row in rows}
    assert person(tenant, OWNER) in {row["id"] for row in rows if row["isAdmin"]}


def test_members_are_of_every_kind_and_transitive_ones_deeper(call, tenant):
    groups = tenant.company.groups
    kinds = {row["@odata.type"] for row in call.every(f"/groups/{groups.make(5)}/members")}
    assert kinds == {"#microsoft.graph.user", "#microsoft.graph.servicePrincipal"}
    direct = {row["id"] for row in call.every(f"/groups/{groups.make(1)}/members")}
    assert groups.make(2) in direct
    deep = {row["id"] for row in call.every(f"/groups/{groups.make(1)}/transitiveMembers")}
    assert direct < deep
    count = f"/groups/{groups.make(1)}/members/$count"
    assert call.graph("GET", count)[0] == 400
    assert call.graph("GET", count, consistencylevel="eventual") == (200, str(len(direct)).encode())


def test_what_may_be_activated_needs_premium(call):
    assert len(call.every("/roleManagement/directory/roleEligibilityScheduleInstances")) == 2
    plain = Caller(made(unlimited=True, settings={"licence": "p1"}))
    assert plain.graph("GET", "/roleManagement/directory/roleEligibilityScheduleInstances")[0] == 400


def test_a_delta_of_users_tells_what_changed_and_expires(call, tenant):
    rows, link = call.delta("/users/delta?$select=id,accountEnabled")
    assert len(rows) == len(tenant.truth.rows("account"))
    assert call.graph("PATCH", f"/users/{person(tenant, LEAVER)}", {"accountEnabled": False})[0] == 204
    changed, _ = call.delta(link)
    assert changed == [{"id": person(tenant, LEAVER), "accountEnabled": False}]
    tenant.clock = lambda: time.time() + 8 * 86_400
    call.bearers.clear()
    assert error(call.graph("GET", link)) == (400, "syncStateNotFound")


def test_a_setting_sent_twice_is_one_event(call, tenant):
    app = next(one["id"] for one in call.every("/servicePrincipals?$select=id,accountEnabled") if one["accountEnabled"])
    for path in (f"/users/{person(tenant, LEAVER)}", f"/servicePrincipals/{app}"):
        before = tenant.snapshot()["events"]
        for _ in range(2):
            assert call.graph("PATCH", path, {"accountEnabled": False})[0] == 204
        assert tenant.snapshot()["events"] == before + 1


def test_administrators_and_accounts_from_on_premises_are_protected(call, tenant):
    assert error(call.graph("PATCH", f"/users/{person(tenant, OWNER)}", {"accountEnabled": False})) == (
        403,
        "Authorization_RequestDenied",
    )
    synced = next(
        one["id"] for one in call.every("/users?$select=id,onPremisesSyncEnabled") if one["onPremisesSyncEnabled"]
    )
    body = {"passwordProfile": {"password": "x" * 24, "forceChangePasswordNextSignIn": True}}
    assert error(call.graph("PATCH", f"/users/{synced}", body)) == (400, "Request_BadRequest")
    assert call.graph("PATCH", f"/users/{person(tenant, LEAVER)}", body)[0] == 204
    assert call.graph("POST", f"/users/{synced}/revokeSignInSessions")[1]["value"] is True
    assert tenant.snapshot()["events"] == 2


def test_grants_are_taken_back_and_given_again(call, tenant):
    grant = call.every("/oauth2PermissionGrants")[0]
    assert grant["consentType"] == "AllPrincipals"
    assert grant["scope"].startswith(" ")
    assert call.graph("DELETE", f"/oauth2PermissionGrants/{grant['id']}")[0] == 204
    assert call.graph("DELETE", f"/oauth2PermissionGrants/{grant['id']}")[0] == 404
    del grant["id"]
    status, again = call.graph("POST", "/oauth2PermissionGrants", grant)
    assert (status, again["scope"]) == (201, grant["scope"])
    graph = tenant.company.principals[0].id
    role = next(
        r for r in call.every(f"/servicePrincipals/{graph}/appRoleAssignedTo") if r["principalDisplayName"] != "casb"
    )
    path = f"/servicePrincipals/{graph}/appRoleAssignedTo"
    assert call.graph("DELETE", f"{path}/{role['id']}")[0] == 204
    assert call.graph("POST", path, {name: role[name] for name in ("principalId", "resourceId", "appRoleId")})[0] == 201


def test_a_batch_has_twenty_each_with_its_own_status(call, tenant):
    one = {"method": "GET", "url": "/users?$top=1"}
    many = [{"id": str(n), **one} for n in range(21)]
    assert error(call.graph("POST", "/$batch", {"requests": many}))[0] == 400
    many[3]["url"] = "/users/nobody"
    tenant.faults.plan("GET /users", "throttle", nth=2, wait=7)
    status, body = call.graph("POST", "/$batch", {"requests": many[:20]})
    found = {each["id"]: each for each in body["responses"]}
    assert status == 200
    assert (found["0"]["status"], found["3"]["status"], found["1"]["status"]) == (200, 404, 429)
    assert found["1"]["headers"]["Retry-After"] == "7"
    assert len(tenant.called("GET /users")) == 19


# Logs


def test_whoever_asks_for_sign_in_activity_is_answered_ten_times_a_minute():
    call = Caller(made(limit_headers=True))
    some = call.get("/users?$select=id&$top=1")["value"][0]["id"]
    dated = ["/users?$select=id,signInActivity&$top=1", f"/users/{some}?$select=signInActivity"]
    assert [call.graph("GET", dated[number % 2])[0] for number in range(11)] == [200] * 10 + [429]
    assert call.graph("GET", "/users?$select=id&$top=1")[0] == 200, "the directory has its own allowance"


def test_sign_ins_are_throttled_to_five_in_ten_seconds():
    call = Caller(made())
    assert [call.graph("GET", "/auditLogs/signIns?$top=1")[0] for _ in range(6)] == [200] * 5 + [429]
    assert 1 <= int(call.headers["retry-after"]) <= 10


def test_sign_ins_come_newest_first_within_a_range(call):
    rows = call.every("/auditLogs/signIns?$top=50")
    times = [row["createdDateTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    middle = times[len(times) // 2]
    newer = call.every(f"/auditLogs/signIns?$filter=createdDateTime ge {middle}")
    assert [row["createdDateTime"] for row in newer] == [moment for moment in times if moment >= middle]
    assert call.graph("GET", "/auditLogs/signIns?$filter=createdDateTime ge 'x'")[0] == 400


def stamp(moment):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


def records(call, content, days=7):
    """Return all records of a content type in the order of the feed."""
    now, found = time.time(), []
    for day in range(days):
        window = f"startTime={stamp(now - (days - day) * 86_400)}&endTime={stamp(now - (days - day - 1) * 86_400)}"
        path = f"/subscriptions/content?contentType={content}&{window}"
        while path:
            status, blobs = call.feed("GET", path)
            assert status == 200, blobs
            path = call.headers.get("nextpageuri")
            for blob in blobs:
                found += call.feed("GET", blob["contentUri"])[1]
    return found


def test_the_feed_has_duplicates_and_all_ten_apps(call, tenant):
    kinds = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General")
    found = [record for kind in kinds for record in records(call, kind)]
    ids = [record["Id"] for record in found]
    assert len(ids) > len(set(ids))
    assert not any(record["CreationTime"].endswith("Z") for record in found)
    assert set(ids) <= set(tenant.truth.rows("activity"))
    assert set(tenant.truth.products()) <= set(ids)
    assert len(set(tenant.truth.products().values())) == 10


def test_the_feed_limits_its_windows(call):
    now = time.time()
    path = "/subscriptions/content?contentType=Audit.General"
    for start, end in ((now - 86_400 * 2, now), (now - 86_400 * 8, now - 86_400 * 7.5), (now, now - 60)):
        assert error(call.feed("GET", f"{path}&startTime={stamp(start)}&endTime={stamp(end)}")) == (400, "AF20030")
    assert error(call.feed("GET", f"{path}&startTime={stamp(now)}")) == (400, "AF20030")
    assert error(call.feed("GET", "/subscriptions/content?contentType=Audit.Nothing")) == (400, "AF20020")
    assert error(call.feed("GET", "/subscriptions/content")) == (400, "AF20001")


def test_a_subscription_must_be_started_and_is_silent_first():
    tenant = made(unlimited=True, settings={"subscriptions": "none", "silence": "60"})
    call = Caller(tenant)
    path = "contentType=Audit.General"
    assert call.feed("GET", "/subscriptions/list") == (200, [])
    assert error(call.feed("GET", f"/subscriptions/content?{path}")) == (400, "AF20022")
    assert call.feed("POST", f"/subscriptions/start?{path}")[1]["status"] == "enabled"
    assert error(call.feed("POST", f"/subscriptions/start?{path}")) == (400, "AF20024")
    assert call.feed("GET", f"/subscriptions/content?{path}") == (200, [])
    assert call.feed("POST", f"/subscriptions/stop?{path}")[0] == 204
    assert error(call.feed("GET", f"/subscriptions/content?{path}")) == (400, "AF20023")


def test_a_tenant_without_auditing_seems_not_to_exist():
    call = Caller(made(settings={"auditing": "off"}))
    status, body = call.feed("GET", "/subscriptions/list")
    assert status == 400
    assert "does not exist" in body["error"]["message"]


def test_nothing_is_held_of_a_big_company():
    from casb_cli.sandbox.world import World

    call = Caller(made(World(seed=1, people=100_000, files=0, events=1000), unlimited=True))
    body = call.get("/users?$top=999&$select=id")
    assert len(body["value"]) == 999
