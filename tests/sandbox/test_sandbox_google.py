"""The simulated Google Workspace against the facts: sign-in, Directory, Reports, limits."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from googlecalls import DIRECTORY, JWT_GRANT, PREFIX, WORLD, Caller, admin, assertion, key_of, made

from casb_cli.sandbox.facts import BREAK_GLASS, INVITED, LEAVER, NO_MFA, OWNER, SECOND_ADMIN, SUSPENDED
from casb_cli.sandbox.limits import LimitSpec


@pytest.fixture
def google():
    return made()


@pytest.fixture
def root(google):
    return admin(google)


def email(index):
    return WORLD.person(index).email


# Sign-in


def test_a_key_file_has_what_googles_have_and_names_the_real_token_endpoint(google):
    file = key_of(google)
    assert file["type"] == "service_account"
    assert file["token_uri"] == "https://oauth2.googleapis.com/token"
    assert file["client_email"].endswith(".iam.gserviceaccount.com")
    assert file["client_id"].isdigit()


def test_scopes_are_granted_all_or_none(google):
    caller = Caller(google)
    ask = {"grant_type": JWT_GRANT}
    reader = "service-account-reader"
    fine = assertion(google, email(OWNER), ("drive.readonly",), name=reader)
    status, body = caller.token(**ask, assertion=fine)
    assert (status, body["token_type"], body["expires_in"]) == (200, "Bearer", 3599)
    assert "scope" not in body
    assert "refresh_token" not in body
    wide = assertion(google, email(OWNER), ("drive.readonly", "drive"), name=reader)
    status, body = caller.token(**ask, assertion=wide)
    assert (status, body["error"]) == (401, "unauthorized_client")


def test_assertions_that_google_refuses(google):
    caller, now = Caller(google), int(time.time())
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    subject = email(OWNER)
    cases = {
        "Invalid JWT Signature.": assertion(google, subject, key=other),
        "Invalid JWT: No valid verifier found for issuer": assertion(google, subject, headers={"kid": "gone"}),
        "Invalid email or User ID": assertion(google, "nobody@larkspur.example"),
        "Not a valid email or user ID.": assertion(google, "nobody"),
        "The account has been deleted": assertion(google, "former.colleague0@larkspur.example"),
    }
    for words, value in cases.items():
        status, body = caller.token(grant_type=JWT_GRANT, assertion=value)
        assert (status, body) == (400, {"error": "invalid_grant", "error_description": words})
    for claims in ({"exp": now + 7200}, {"iat": now - 4000, "exp": now - 10}, {"aud": "https://elsewhere.example"}):
        status, body = caller.token(grant_type=JWT_GRANT, assertion=assertion(google, subject, **claims))
        assert (status, body["error"]) == (400, "invalid_grant")
    status, body = caller.token(grant_type=JWT_GRANT, assertion=assertion(google, "x@kestrel.test"))
    assert (status, body["error"]) == (401, "unauthorized_client")


def test_the_loopback_audience_is_taken_only_where_the_key_file_names_it(google):
    where = "http://127.0.0.1:1/oauth/token"
    value = assertion(google, email(OWNER), aud=where)
    assert Caller(google).token(grant_type=JWT_GRANT, assertion=value)[0] == 400
    told = made(settings={"token_uri": "loopback"})
    assert key_of(told)["token_uri"] == where
    assert Caller(told).token(grant_type=JWT_GRANT, assertion=assertion(told, email(OWNER), aud=where))[0] == 200


def test_signing_without_a_key(google):
    signin = google.credentials()["keyless"]
    account = signin.fields["service_account"]
    now = int(time.time())
    claims = {
        "iss": account,
        "sub": signin.fields["subject"],
        "scope": PREFIX + "drive",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    }
    body = json.dumps({"payload": json.dumps(claims)}).encode()
    where = f"/v1/projects/-/serviceAccounts/{account}:signJwt"
    caller = Caller(google)
    assert caller.raw("POST", where, host="iam", body=body).status == 401
    headers = {"authorization": f"Bearer {signin.secrets['access_token']}"}
    signed = json.loads(caller.raw("POST", where, host="iam", headers=headers, body=body).body)
    assert signed["keyId"] == key_of(google)["private_key_id"]
    assert caller.token(grant_type=JWT_GRANT, assertion=signed["signedJwt"])[0] == 200


def test_the_browsers_way_needs_the_verifier_and_refreshes_without_rotation(google):
    signin = google.credentials()["oauth"]
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    client = {"client_id": signin.fields["client_id"]}
    secret = {"client_secret": signin.secrets["client_secret"]}
    redirect = {"redirect_uri": "http://127.0.0.1:5555"}
    ask = (
        client
        | redirect
        | {
            "response_type": "code",
            "scope": PREFIX + "drive",
            "state": "s1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    caller = Caller(google)

    def code():
        reply = caller.raw("GET", f"/o/oauth2/v2/auth?{urlencode(ask)}", host="accounts")
        found = parse_qs(urlsplit(reply.headers["location"]).query)
        assert found["state"] == ["s1"]
        return found["code"][0]

    form = {"grant_type": "authorization_code", **client, **secret, **redirect}
    assert caller.token(**form, code=code(), code_verifier="wrong")[1]["error"] == "invalid_grant"
    used = code()
    status, body = caller.token(**form, code=used, code_verifier=verifier)
    assert status == 200
    assert caller.token(**form, code=used, code_verifier=verifier)[1]["error"] == "invalid_grant"
    again = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"], **client, **secret}
    for _ in range(2):
        status, fresh = caller.token(**again)
        assert status == 200
        assert "refresh_token" not in fresh
    google.signin.forget_refresh()
    assert caller.token(**again)[1]["error"] == "invalid_grant"


def test_a_token_tells_its_scopes_and_a_missing_one_is_named(google):
    caller = Caller(google, email(OWNER), ("drive.metadata.readonly",))
    info = json.loads(caller.raw("POST", f"/oauth2/v2/tokeninfo?access_token={caller.bearer}").body)
    assert info["scope"] == PREFIX + "drive.metadata.readonly"
    assert info["audience"] == key_of(google)["client_id"]
    reply = caller.raw("GET", f"{DIRECTORY}/users?customer=my_customer")
    assert reply.status == 403
    assert json.loads(reply.body)["error"]["errors"][0]["reason"] == "insufficientPermissions"
    assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
    assert PREFIX + "admin.directory.user.readonly" in reply.headers["www-authenticate"]
    assert Caller(google).raw("GET", "/drive/v3/about?fields=user").status == 401


# Directory


def test_accounts_come_in_pages_and_the_deleted_ones_apart(google, root):
    rows = root.pages(f"{DIRECTORY}/users", "users", customer="my_customer", maxResults=7)
    assert [row["primaryEmail"] for row in rows] == [email(n) for n in WORLD.employees("google-workspace")]
    by = {row["primaryEmail"]: row for row in rows}
    assert by[email(OWNER)]["isAdmin"]
    assert not by[email(SECOND_ADMIN)]["isAdmin"]
    assert by[email(SECOND_ADMIN)]["isDelegatedAdmin"]
    assert by[email(SUSPENDED)]["suspended"]
    assert by[email(SUSPENDED)]["suspensionReason"] == "ADMIN"
    assert not by[email(INVITED)]["agreedToTerms"]
    assert by[email(INVITED)]["lastLoginTime"] == "1970-01-01T00:00:00.000Z"
    assert not by[email(NO_MFA)]["isEnrolledIn2Sv"]
    gone = root("GET", f"{DIRECTORY}/users", customer="my_customer", showDeleted="true")["users"]
    assert len(gone) == 2
    assert all("deletionTime" in row for row in gone)
    assert root.refused("GET", f"{DIRECTORY}/users", customer="my_customer", maxResults=501)[0] == 400
    assert root.refused("GET", f"{DIRECTORY}/users", customer="C0other")[0] == 403
    found = root("GET", f"{DIRECTORY}/users", customer="my_customer", query="isSuspended=true")["users"]
    assert {row["primaryEmail"] for row in found} == {r["primaryEmail"] for r in rows if r["suspended"]}


def test_only_administrators_read_the_directory_and_only_super_ones_act_on_administrators(google):
    nobody = Caller(google, email(LEAVER))
    assert nobody.refused("GET", f"{DIRECTORY}/users", customer="my_customer") == (403, "forbidden")
    helper = Caller(google, email(SECOND_ADMIN))
    helper("GET", f"{DIRECTORY}/users", customer="my_customer")
    helper("PATCH", f"{DIRECTORY}/users/{email(LEAVER)}", {"suspended": True})
    assert helper.refused("PATCH", f"{DIRECTORY}/users/{email(BREAK_GLASS)}", {"suspended": True})[0] == 403
    assert helper.refused("GET", f"{DIRECTORY}/customer/my_customer/roleassignments")[0] == 403


def test_suspending_is_written_down_once_and_leaves_tokens(google, root):
    where = f"{DIRECTORY}/users/{email(LEAVER)}"
    tokens = root("GET", f"{where}/tokens")["items"]
    for _ in range(2):
        assert root("PATCH", where, {"suspended": True})["suspended"] is True
    assert google.snapshot()["events"] == 1
    assert root("GET", f"{where}/tokens")["items"] == tokens
    assert root.refused("POST", f"{where}/verificationCodes/invalidate") == (400, "invalid")
    assert Caller(google, email(LEAVER)).owned(), "a suspended account's My Drive can still be read"
    root("PATCH", where, {"suspended": False})
    [newest, before] = root("GET", "/admin/reports/v1/activity/users/all/applications/admin", maxResults=2)["items"]
    assert newest["events"][0]["name"] == "UNSUSPEND_USER"
    assert before["events"][0]["name"] == "SUSPEND_USER"
    google.state.change_user(LEAVER).suspension = "ABUSE"
    root("PATCH", where, {"suspended": True})
    assert root.refused("PATCH", where, {"suspended": False}) == (412, "adminCannotUnsuspend")
    assert root.refused("PATCH", f"{DIRECTORY}/users/{email(OWNER)}", {"suspended": True})[0] == 403


def test_app_tokens_and_passwords_end_for_good(google, root):
    where = f"{DIRECTORY}/users/{email(LEAVER)}"
    [first, *rest] = root("GET", f"{where}/tokens")["items"]
    assert first["scopes"][0].startswith(PREFIX)
    root("DELETE", f"{where}/tokens/{first['clientId']}", expect=204)
    assert root.refused("DELETE", f"{where}/tokens/{first['clientId']}") == (404, "notFound")
    assert root("GET", f"{where}/tokens").get("items", []) == rest
    asps = root("GET", f"{where}/asps")["items"]
    assert [asp["codeId"] for asp in asps] == [1, 2]
    assert asps[1]["lastTimeUsed"] == "0"
    assert asps[0]["creationTime"].isdigit()
    root("DELETE", f"{where}/asps/1", expect=204)
    assert [asp["codeId"] for asp in root("GET", f"{where}/asps")["items"]] == [2]
    assert len(root("GET", f"{where}/verificationCodes")["items"]) == 10
    root("POST", f"{where}/verificationCodes/invalidate", expect=204)
    assert "items" not in root("GET", f"{where}/verificationCodes")
    root("POST", f"{where}/signOut", expect=204)


def test_groups_nest_take_strangers_and_the_whole_company(google, root):
    groups = root.pages(f"{DIRECTORY}/groups", "groups", customer="my_customer", maxResults=3)
    assert [g["name"] for g in groups] == [WORLD.group(n).name for n in range(WORLD.groups)] + ["All Staff"]
    members = {g["name"]: root.pages(f"{DIRECTORY}/groups/{g['id']}/members", "members") for g in groups}
    assert all(int(g["directMembersCount"]) == len(members[g["name"]]) for g in groups)
    [nested] = [m for m in members["Engineering"] if m["type"] == "GROUP"]
    assert nested["email"] == "platform@larkspur.example"
    assert members["All Staff"] == [m for m in members["All Staff"] if m["type"] == "CUSTOMER" and "email" not in m]
    assert [m["type"] for m in members["Contract Review"] if not m["email"].endswith("larkspur.example")] == [
        "USER",
        "EXTERNAL",
    ]
    flat = root.pages(
        f"{DIRECTORY}/groups/engineering@larkspur.example/members", "members", includeDerivedMembership="true"
    )
    direct = {m["id"] for m in members["Engineering"] + members["Platform"] if m["type"] == "USER"}
    assert {m["id"] for m in flat} == direct


def test_roles_can_be_taken_and_given(google, root):
    where = f"{DIRECTORY}/customer/my_customer/roleassignments"
    rows = root("GET", where)["items"]
    assert [row["assigneeType"] for row in rows].count("group") == 1
    [scoped] = [row for row in rows if row["scopeType"] == "ORG_UNIT"]
    units = root("GET", f"{DIRECTORY}/customer/my_customer/orgunits")["organizationUnits"]
    assert f"id:{scoped['orgUnitId']}" in {unit["orgUnitId"] for unit in units}
    second = f"{DIRECTORY}/users/{email(BREAK_GLASS)}"
    root("POST", f"{second}/makeAdmin", {"status": False}, expect=204)
    assert root("GET", second)["isAdmin"] is False
    assert len(root("GET", where)["items"]) == len(rows) - 1
    [role] = [r for r in root("GET", f"{DIRECTORY}/customer/my_customer/roles")["items"] if r["isSuperAdminRole"]]
    who = root("GET", second)["id"]
    given = root("POST", where, {"roleId": role["roleId"], "assignedTo": who, "scopeType": "CUSTOMER"})
    assert root("GET", second)["isAdmin"] is True
    assert root.refused("POST", where, {k: given[k] for k in ("roleId", "assignedTo", "scopeType")})[0] == 409
    root("DELETE", f"{where}/{given['roleAssignmentId']}", expect=204)
    assert root("GET", second)["isAdmin"] is False


# Reports


def test_activities_come_newest_first_and_every_one_once(google, root):
    where = "/admin/reports/v1/activity/users/all/applications"
    seen = []
    for application in ("login", "admin", "drive", "token", "saml", "user_accounts", "chat"):
        rows = root.pages(f"{where}/{application}", "items", maxResults=9)
        times = [row["id"]["time"] for row in rows]
        assert times == sorted(times, reverse=True)
        seen += rows
    assert len({row["id"]["uniqueQualifier"] for row in seen}) == len(seen) == WORLD.events
    shares = [row for row in seen if len(row["events"]) == 2]
    assert {row["id"]["applicationName"] for row in shares} == {"drive"}


def test_times_that_reports_refuses(google, root):
    where = "/admin/reports/v1/activity/users/all/applications/login"
    now = datetime.now(UTC)

    def at(**back):
        return (now - timedelta(**back)).isoformat().replace("+00:00", "Z")

    assert root.refused("GET", where, startTime=at(days=200))[0] == 400
    assert root.refused("GET", where, startTime=at(days=-1))[0] == 400
    assert root.refused("GET", where.replace("login", "gmail"))[0] == 400
    assert root.refused("GET", where.replace("login", "nothing"))[0] == 400
    rows = root("GET", where, startTime=at(days=10), endTime=at(days=5))["items"]
    assert rows
    assert all(at(days=10) <= row["id"]["time"] <= at(days=5) for row in rows)


def test_what_is_new_appears_after_the_lag():
    google = made(settings={"lag": "600"})
    root = admin(google)
    root("PATCH", f"{DIRECTORY}/users/{email(LEAVER)}", {"suspended": True})
    where = "/admin/reports/v1/activity/users/all/applications/admin"
    assert root("GET", where, maxResults=1)["items"][0]["events"][0]["name"] != "SUSPEND_USER"
    google.clock = lambda: time.time() + 601
    assert root("GET", where, maxResults=1)["items"][0]["events"][0]["name"] == "SUSPEND_USER"


# Limits


def test_too_much_is_a_403_with_a_reason_and_no_time_to_wait():
    google = made(limits={"directory": LimitSpec(allowed=2, window=60), "drive": LimitSpec(allowed=250, window=60)})
    root = admin(google)
    for _ in range(2):
        root("GET", f"{DIRECTORY}/customers/my_customer")
    assert root.refused("GET", f"{DIRECTORY}/customers/my_customer") == (403, "userRateLimitExceeded")
    for _ in range(2):
        root("GET", "/drive/v3/files")
    reply = root.raw("GET", "/drive/v3/files")
    assert reply.status in (403, 429)
    assert json.loads(reply.body)["error"]["errors"][0]["domain"] == "usageLimits"
    assert "retry-after" not in reply.headers
    assert Caller(google, email(LEAVER))("GET", "/drive/v3/about", fields="user"), "another account has its own"
    assert "ratelimit" not in " ".join(reply.headers).lower()
