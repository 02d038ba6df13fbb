"""The simulated Okta's sign-in, roles, limits, people and groups."""

from __future__ import annotations

import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from oktacalls import WORLD, Caller, admin, ask, assertion, expression, fresh, proof, sign_in

from casb_cli.sandbox.facts import CAST, INVITED, LEAVER, NO_MFA, OWNER, SUSPENDED


@pytest.fixture
def okta():
    return fresh()


@pytest.fixture
def call(okta):
    return admin(okta)


def user(okta, person):
    return f"/api/v1/users/{okta.company.user_id(person)}"


def token_url(okta):
    return f"{okta.base}/oauth2/v1/token"


# Sign-in


def test_the_first_token_request_is_asked_for_a_nonce(okta):
    status, body, headers = ask(okta, dpop=proof("POST", token_url(okta)))
    assert (status, body["error"]) == (400, "use_dpop_nonce")
    again = proof("POST", token_url(okta), nonce=headers["dpop-nonce"])
    status, body, _ = ask(okta, scope="okta.users.read okta.logs.read", dpop=again)
    assert status == 200
    assert set(body) == {"token_type", "expires_in", "access_token", "scope"}
    assert body["token_type"] == "DPoP"
    assert body["expires_in"] == 3600
    assert body["scope"] == "okta.users.read okta.logs.read"


def test_the_assertion_of_a_challenged_request_is_used_up(okta):
    signed = assertion(okta)
    _, _, headers = ask(okta, signed=signed, dpop=proof("POST", token_url(okta)))
    again = proof("POST", token_url(okta), nonce=headers["dpop-nonce"])
    status, body, _ = ask(okta, signed=signed, dpop=again)
    assert (status, body["error"]) == (401, "invalid_client")
    assert "already been used" in body["error_description"]


def test_without_the_requirement_tokens_are_bearer_tokens():
    okta = fresh(dpop="off")
    status, body, _ = ask(okta)
    assert (status, body["token_type"]) == (200, "Bearer")
    caller = Caller(okta)
    caller("GET", "/api/v1/org", authorization=f"Bearer {body['access_token']}")


OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "http://127.0.0.1:9/oauth2/default/v1/token"},
        {"exp": int(time.time()) - 1},
        {"exp": int(time.time()) + 7200},
        {"exp": None},
        {"sub": "0oaNobody"},
        {"iss": "0oaNobody"},
        {"key": OTHER},
        {"kid": "another"},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_a_wrong_assertion_is_an_invalid_client(okta, wrong):
    status, body, _ = ask(okta, signed=assertion(okta, **wrong))
    assert (status, body["error"]) == (401, "invalid_client")


def test_an_app_that_requires_dpop_takes_no_request_without_proof(okta):
    status, body, _ = ask(okta)
    assert (status, body["error"]) == (400, "invalid_dpop_proof")


def test_scopes_are_what_was_granted():
    okta = fresh(dpop="off", scopes="okta.users.read okta.logs.read")
    assert ask(okta, scope="okta.users.read okta.users.manage")[1]["scope"] == "okta.users.read"
    status, body, _ = ask(okta, scope="okta.users.manage")
    assert (status, body["error"]) == (400, "consent_required")
    status, body, _ = ask(okta, scope="okta.users.read okta.nonsense.read")
    assert (status, body["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    "wrong",
    [
        {"htm": "POST"},
        {"htu": "http://127.0.0.1:9/api/v1/users"},
        {"htu": "http://127.0.0.1:9/api/v1/org?x=1"},
        {"iat": int(time.time()) - 3600},
        {"ath": "x"},
        {"ath": None},
        {"jti": None},
        {"header": {"typ": "jwt"}},
        {"key": OTHER},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_a_wrong_proof_opens_nothing(okta, wrong):
    token = sign_in(okta)
    sent = proof("GET", f"{okta.base}/api/v1/org", token=token)
    bad = proof("GET", f"{okta.base}/api/v1/org", **{"token": token, **wrong})
    caller = Caller(okta)
    caller("GET", "/api/v1/org", authorization=f"DPoP {token}", dpop=sent)
    body = caller("GET", "/api/v1/org", expect=401, authorization=f"DPoP {token}", dpop=bad)
    assert body["error"] == "invalid_dpop_proof"
    caller("GET", "/api/v1/org", expect=401, authorization=f"DPoP {token}", dpop=sent)


def test_a_bound_token_is_no_bearer_token(okta):
    token = sign_in(okta)
    Caller(okta)("GET", "/api/v1/org", expect=401, authorization=f"Bearer {token}")


def test_calls_may_ask_for_a_nonce_too():
    okta = fresh(call_nonce="on")
    token = sign_in(okta)
    okta.signin.forget_nonces()
    caller = Caller(okta, token=token)
    reply = caller.raw("GET", "/api/v1/org")
    assert reply.status == 401
    assert b"use_dpop_nonce" in reply.body
    good = proof("GET", f"{okta.base}/api/v1/org", token=token, nonce=reply.headers["dpop-nonce"])
    caller("GET", "/api/v1/org", dpop=good)


def test_an_expired_token_is_401_and_an_unknown_one_too(okta):
    token = sign_in(okta)
    caller = Caller(okta, token=token)
    assert caller("GET", "/api/v1/org")["subdomain"] == "larkspur"
    okta.signin.expire()
    assert caller.refused("GET", "/api/v1/org") == (401, "E0000011")
    assert Caller(okta, ssws="nonsense").refused("GET", "/api/v1/org") == (401, "E0000011")


def test_an_api_token_dies_with_its_owner(okta, call):
    member = Caller(okta, ssws=okta.credentials()["token-member"].secrets["token"])
    assert member("GET", "/api/v1/users/me")["id"] == okta.company.user_id(LEAVER)
    call("POST", f"{user(okta, LEAVER)}/lifecycle/suspend")
    assert member.refused("GET", "/api/v1/users/me") == (401, "E0000011")


# Scopes and roles


def test_a_missing_scope_is_told_in_the_challenge(okta):
    caller = Caller(okta, token=sign_in(okta, scope="okta.users.read"))
    reply = caller.raw("GET", "/api/v1/groups")
    assert reply.status == 403
    assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
    assert caller.rows("/api/v1/users")


def test_manage_includes_read(okta):
    caller = Caller(okta, token=sign_in(okta, scope="okta.users.manage"))
    assert caller.rows("/api/v1/users")


@pytest.mark.parametrize("signin", ["oauth-roleless", "token-member"])
def test_without_a_role_the_user_list_is_empty_and_the_rest_refused(okta, signin):
    given = okta.credentials()[signin].secrets
    caller = Caller(okta, ssws=given["token"]) if "token" in given else Caller(okta, token=sign_in(okta, signin))
    assert caller("GET", "/api/v1/users?limit=200") == []
    assert caller("GET", f"/api/v1/users?search={expression('status pr')}") == []
    for path in ("/groups", "/logs", "/org", "/apps", "/iam/assignees/users", "/api-tokens"):
        assert caller.refused("GET", f"/api/v1{path}") == (403, "E0000006")


def test_a_reader_reads_and_changes_nothing(okta):
    caller = Caller(okta, ssws=okta.credentials()["token-reader"].secrets["token"])
    assert caller.rows("/api/v1/groups")
    assert caller.refused("GET", "/api/v1/iam/assignees/users") == (403, "E0000006")
    assert caller.refused("POST", f"{user(okta, LEAVER)}/lifecycle/suspend") == (403, "E0000006")


# People


def test_search_finds_everybody_and_the_plain_list_leaves_out_the_deprovisioned(okta, call):
    everybody = call.rows(f"/api/v1/users?search={expression('status pr')}&limit=20")
    former = {row["id"] for row in everybody if row["status"] == "DEPROVISIONED"}
    staff = {i for i in range(WORLD.people) if WORLD.has_account("okta", i)} | set(WORLD.externals())
    assert former
    assert {row["id"] for row in everybody} - former == {okta.company.user_id(i) for i in staff}
    assert {row["id"] for row in call.rows("/api/v1/users?limit=20")} == {r["id"] for r in everybody} - former
    only = call.rows("/api/v1/users?filter=" + expression('status eq "DEPROVISIONED"'))
    assert {row["id"] for row in only} == former


def test_pages_may_be_shorter_than_asked(call):
    sizes = [len(page) for page in call.pages(f"/api/v1/users?search={expression('status pr')}&limit=10")]
    assert set(sizes[:-1]) == {9, 10}


def test_search_expressions(okta, call):
    def found(text):
        return {row["id"] for row in call.rows(f"/api/v1/users?search={expression(text)}")}

    owner = okta.company.user_id(OWNER)
    email = WORLD.person(OWNER).email
    assert found(f'profile.login eq "{email}"') == {owner}
    assert found(f'profile.email sw "{email[:8]}" and not (status eq "SUSPENDED")') >= {owner}
    suspended = found('status eq "SUSPENDED"')
    assert okta.company.user_id(SUSPENDED) in suspended
    assert found('status eq "SUSPENDED" or (id eq "' + owner + '")') == suspended | {owner}
    later = WORLD.now.isoformat().replace("+00:00", ".000Z")
    assert found(f'lastUpdated gt "{later}"') == set()
    for wrong in ('Status eq "ACTIVE"', "status", 'status eq "ACTIVE', 'status is "ACTIVE"', 'status eq ACTIVE"', "()"):
        assert call.refused("GET", f"/api/v1/users?search={expression(wrong)}") == (400, "E0000031"), wrong


def test_statuses_and_sources(call):
    rows = call.rows(f"/api/v1/users?search={expression('status pr')}")
    seen = {row["status"] for row in rows}
    assert seen >= {"ACTIVE", "SUSPENDED", "PROVISIONED", "DEPROVISIONED"}
    assert {row["credentials"]["provider"]["type"] for row in rows} == {"OKTA", "ACTIVE_DIRECTORY", "FEDERATION"}
    bare = call("GET", "/api/v1/users", content_type="application/json; okta-response=omitCredentials")
    assert all("credentials" not in row for row in bare)
    unlinked = "application/json; okta-response=omitCredentialsLinks,omitTransitioningToStatus"
    linkless = call("GET", "/api/v1/users", content_type=unlinked)
    assert all(row["credentials"]["provider"]["type"] for row in linkless), "links alone are left out"


def test_factors(okta, call):
    def kinds(person):
        return {row["factorType"]: row["status"] for row in call("GET", f"{user(okta, person)}/factors")}

    assert kinds(NO_MFA) == {"question": "ACTIVE", "sms": "PENDING_ACTIVATION"}
    assert "ACTIVE" in [status for kind, status in kinds(OWNER).items() if kind != "question"]


def test_a_login_finds_its_account(okta, call):
    login = WORLD.person(LEAVER).email
    assert call("GET", f"/api/v1/users/{login}")["id"] == okta.company.user_id(LEAVER)
    assert call.refused("GET", "/api/v1/users/nobody") == (404, "E0000007")


# Groups


def test_groups_and_members(okta, call):
    groups = call.rows("/api/v1/groups?limit=2&expand=stats")
    assert {g["type"] for g in groups} == {"BUILT_IN", "OKTA_GROUP", "APP_GROUP"}
    names = {g["profile"]["name"] for g in groups if g["type"] == "OKTA_GROUP"}
    assert names == {WORLD.group(i).name for i in range(WORLD.groups)}
    for group in groups:
        members = call.rows(f"/api/v1/groups/{group['id']}/users?limit=7")
        assert len(members) == group["_embedded"]["stats"]["usersCount"]
        assert "DEPROVISIONED" not in {m["status"] for m in members}
    first = next(g for g in groups if g["profile"]["name"] == WORLD.group(1).name)
    expected = {i for i, _ in WORLD.group_members(1) if WORLD.has_account("okta", i)}
    members = {m["id"] for m in call.rows(f"/api/v1/groups/{first['id']}/users")}
    assert members == {okta.company.user_id(i) for i in expected}


def test_the_groups_of_an_account(okta, call):
    names = {g["profile"]["name"] for g in call.rows(f"{user(okta, OWNER)}/groups")}
    expected = {WORLD.group(g).name for g in range(WORLD.groups) if OWNER in dict(WORLD.group_members(g))}
    assert names == expected | {"Everyone"}


# Lifecycle


def test_suspend_only_from_active_and_back(okta, call):
    at = user(okta, LEAVER)
    assert call("POST", f"{at}/lifecycle/suspend") == {}
    assert call("GET", at)["status"] == "SUSPENDED"
    assert call.refused("POST", f"{at}/lifecycle/suspend") == (400, "E0000001")
    assert call("POST", f"{at}/lifecycle/unsuspend") == {}
    assert call.refused("POST", f"{at}/lifecycle/unsuspend") == (400, "E0000001")
    assert call("GET", at)["status"] == "ACTIVE"


def test_passwords(okta, call):
    at = user(okta, LEAVER)
    assert call("POST", f"{at}/lifecycle/expire_password")["status"] == "PASSWORD_EXPIRED"
    assert call.refused("POST", f"{at}/lifecycle/suspend") == (400, "E0000001")
    assert call.refused("POST", f"{at}/lifecycle/reset_password") == (400, "E0000001")
    assert call("POST", f"{at}/lifecycle/reset_password?sendEmail=true") == {}
    assert call("GET", at)["status"] == "RECOVERY"
    assert set(call("POST", f"{at}/lifecycle/reset_password?sendEmail=false&revokeSessions=true")) == {
        "resetPasswordUrl"
    }
    assert set(call("POST", f"{at}/lifecycle/expire_password_with_temp_password")) == {"tempPassword"}
    assert call.refused("POST", f"{user(okta, SUSPENDED)}/lifecycle/expire_password") == (403, "E0000038")
    federated = next(i for i in WORLD.externals() if okta.company.user(i).source == "FEDERATION")
    assert call.refused("POST", f"{user(okta, federated)}/lifecycle/expire_password") == (400, "E0000001")


def test_deactivating_takes_what_an_account_had(okta, call):
    person = next(
        i for i in range(CAST, WORLD.people) if okta.company.has_account(i) and okta.company.status(i) == "ACTIVE"
    )
    at = user(okta, person)
    assert call.rows(f"{at}/groups")
    assert call("POST", f"{at}/lifecycle/deactivate?sendEmail=false") == {}
    assert call("GET", at)["status"] == "DEPROVISIONED"
    assert call.rows(f"{at}/groups") == []
    everyone = okta.company.group_id(0)
    assert okta.company.user_id(person) not in {m["id"] for m in call.rows(f"/api/v1/groups/{everyone}/users")}
    assert call("POST", f"{at}/lifecycle/activate?sendEmail=true") == {}
    assert call("GET", at)["status"] == "PROVISIONED"
    assert call.refused("POST", f"{user(okta, OWNER)}/lifecycle/activate") == (403, "E0000016")


def test_sessions_end(okta, call):
    call("DELETE", f"{user(okta, LEAVER)}/sessions?oauthTokens=true&forgetDevices=false", expect=204)
    id_ = okta.company.user_id(LEAVER)
    assert okta.snapshot()["ended_sessions"] == [{"user": id_, "oauthTokens": True, "forgetDevices": False}]


def test_an_invited_account_waits(okta, call):
    assert call("GET", user(okta, INVITED))["status"] == "PROVISIONED"
