"""The simulated Box's sign-in, scopes, limits, people."""

from __future__ import annotations

import json
import uuid
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from boxcalls import WORLD, Caller, ccg, file_in, form, fresh, served, sign_in, upload
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from casb_cli.apps.box import APP
from casb_cli.apps.box.sandbox import build
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    INVITED,
    PERSONAL_PLACE,
    SECOND_ADMIN,
    SUSPENDED,
)
from casb_cli.sandbox.provider import Options


@pytest.fixture
def box():
    return fresh()


@pytest.fixture
def call(box):
    return Caller(box, ccg(box)[1]["access_token"])


@pytest.fixture
def owner(box):
    return box.company.holder(PERSONAL_PLACE)


def test_enterprise_subject_is_the_service_account(box):
    status, answer = ccg(box)
    assert status == 200
    assert set(answer) == {"access_token", "expires_in", "token_type", "restricted_to"}
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] > 3600
    me = Caller(box, answer["access_token"])("GET", "/users/me?fields=enterprise,login")
    assert me["enterprise"]["id"] == box.company.enterprise_id
    assert me["login"].startswith("AutomationUser_")


def test_enterprise_is_told_only_when_asked(call):
    assert "enterprise" not in call("GET", "/users/me")
    assert set(call("GET", "/users/me?fields=enterprise")) == {"type", "id", "enterprise"}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_secret": "x"}, "invalid_client"),
        ({"box_subject_id": "4711"}, "invalid_grant"),
        ({"box_subject_type": "user", "box_subject_id": "4711"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
def test_wrong_sign_in_is_400(box, wrong, error):
    good = {"grant_type": "client_credentials", "box_subject_type": "enterprise"}
    status, answer = sign_in(box, **{**good, "box_subject_id": box.company.enterprise_id, **wrong})
    assert status == 400
    assert answer["error"] == error
    assert set(answer) == {"error", "error_description"}


def test_nobody_signs_in_as_a_deactivated_user(box):
    assert ccg(box, box.company.user_id(SUSPENDED))[1]["error"] == "invalid_grant"


def assertion(box, *, alg="RS256", kid=None, key=None, **changes):
    settings = box.signin.settings()
    auth = settings["boxAppSettings"]["appAuth"]
    private = key or load_pem_private_key(auth["privateKey"].encode(), auth["passphrase"].encode())
    claims = {
        "iss": settings["boxAppSettings"]["clientID"],
        "sub": settings["enterpriseID"],
        "box_sub_type": "enterprise",
        "aud": "https://api.box.com/oauth2/token",
        "jti": uuid.uuid4().hex,
        "exp": int(box.now()) + 45,
        **changes,
    }
    return jwt.encode(claims, private, algorithm=alg, headers={"kid": kid or auth["publicKeyID"]})


def bear(box, text):
    return sign_in(box, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=text)


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
def test_signed_assertion(box, alg):
    status, answer = bear(box, assertion(box, alg=alg))
    assert status == 200
    assert "refresh_token" not in answer


def test_private_key_is_encrypted(box):
    pem = box.signin.settings()["boxAppSettings"]["appAuth"]["privateKey"]
    assert pem.startswith("-----BEGIN ENCRYPTED PRIVATE")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://example.test/token"},
        {"exp": 1},
        {"jti": "short"},
        {"sub": "1"},
        {"box_sub_type": "other"},
        {"kid": "other"},
    ],
)
def test_bad_assertions(box, changes):
    assert bear(box, assertion(box, **changes))[1]["error"] == "invalid_grant"


def test_assertion_may_live_a_minute_at_most(box):
    assert bear(box, assertion(box, exp=int(box.now()) + 59))[0] == 200
    assert bear(box, assertion(box, exp=int(box.now()) + 90))[0] == 400


def test_assertion_is_good_once(box):
    text = assertion(box)
    assert bear(box, text)[0] == 200
    assert bear(box, text)[1]["error"] == "invalid_grant"


def test_assertion_by_another_key(box):

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert bear(box, assertion(box, key=other))[1]["error"] == "invalid_grant"


def browser(box, redirect="http://127.0.0.1:5000/callback", **more):
    query = {
        "response_type": "code",
        "client_id": box.signin.client_id,
        "redirect_uri": redirect,
        "state": "s1",
        **more,
    }
    reply = Caller(box).raw("GET", f"/api/oauth2/authorize?{urlencode(query)}", host="account")
    assert reply.status == 302, reply.body
    back = parse_qs(urlsplit(reply.headers["location"]).query)
    assert back["state"] == ["s1"]
    return back["code"][0]


def test_browser_code_and_rotating_refresh_token(box):
    code = browser(box)
    redirect = "http://127.0.0.1:5000/callback"
    status, first = sign_in(box, grant_type="authorization_code", code=code, redirect_uri=redirect)
    assert status == 200
    assert sign_in(box, grant_type="authorization_code", code=code)[0] == 400
    assert Caller(box, first["access_token"])("GET", "/users/me?fields=role")["role"] == "admin"
    status, second = sign_in(box, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    status, used = sign_in(box, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (status, used["error"]) == (400, "invalid_grant")


def test_code_lives_thirty_seconds(box):
    code, now = browser(box), box.now()
    box.clock = lambda: now + 31
    assert sign_in(box, grant_type="authorization_code", code=code)[1]["error"] == "invalid_grant"


def test_redirect_elsewhere_is_refused(box):
    query = urlencode(
        {"response_type": "code", "client_id": box.signin.client_id, "redirect_uri": "https://evil.test/"}
    )
    assert Caller(box).raw("GET", f"/api/oauth2/authorize?{query}", host="account").status == 400


def test_revoked_and_expired_tokens_are_401_without_a_body(box):
    token = ccg(box)[1]["access_token"]
    good = {"client_id": box.signin.client_id, "client_secret": box.signin.client_secret}
    assert Caller(box).raw("POST", "/oauth2/revoke", body=form(token=token, **good)).status == 200
    reply = Caller(box, token).raw("GET", "/2.0/users/me")
    assert (reply.status, reply.body) == (401, b"")
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]
    token, now = ccg(box)[1]["access_token"], box.now()
    box.clock = lambda: now + 5000
    reply = Caller(box, token).raw("GET", "/2.0/users/me")
    assert 'error="expired_token"' in reply.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        ("manage_managed_users", "/users?limit=1"),
        ("manage_groups", "/groups?limit=1"),
        (
            "manage_enterprise_properties",
            "/events?stream_type=admin_logs_streaming&stream_position=now&limit=1",
        ),
        ("root_readonly", "/folders/0?fields=id"),
        ("manage_legal_hold", "/legal_hold_policies?limit=1"),
        ("manage_data_retention", "/retention_policies?limit=1"),
        ("root_readonly enterprise_content", "/search?query=a&scope=enterprise_content&limit=1"),
    ],
)
def test_each_probe_needs_its_scope(scope, target):
    _, without = served(scopes="nothing" if " " not in scope else "root_readonly")
    reply = without.raw("GET", "/2.0" + target)
    assert (reply.status, reply.body) == (403, b"")
    assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
    _, granted = served(scopes=scope)
    granted("GET", target)


def test_reading_does_not_permit_writing(owner):
    box, call = served(scopes="root_readonly")
    reply = call.raw("PUT", f"/2.0/files/{file_in(box, PERSONAL_PLACE)}", body=b"{}", as_user=owner)
    assert reply.status == 403
    assert reply.body == b""


@pytest.mark.parametrize("person", [SUSPENDED, 41])
def test_as_user_is_for_active_managed_users(box, call, person):
    target = box.company.user_id(person)
    assert call.refused("GET", "/folders/0", as_user=target)[0] == 403


def test_as_user_of_an_unfinished_account(box, call):
    target = box.company.user_id(INVITED)
    assert call.refused("GET", "/folders/0", as_user=target) == (400, "password_reset_required")


def test_as_user_needs_an_administrator(box, owner):
    plain = Caller(box, ccg(box, owner)[1]["access_token"])
    assert plain.refused("GET", "/folders/0", as_user=box.company.user_id(SECOND_ADMIN))[0] == 403
    assert plain.refused("GET", "/users")[0] == 403
    admin = Caller(box, ccg(box, box.company.user_id(SECOND_ADMIN))[1]["access_token"])
    admin("GET", "/folders/0", as_user=owner)
    assert admin.refused("GET", "/folders/0", as_user=box.company.service)[0] == 403


def test_limit_counts_by_acting_user():
    box = build(WORLD, Options())
    call = Caller(box, ccg(box)[1]["access_token"])
    owner, other = box.company.holder(PERSONAL_PLACE), box.company.user_id(SECOND_ADMIN)
    moment = 1_000_000_020.0
    box.signin._clock = lambda: 0.0
    box.clock = lambda: moment
    for _ in range(1000):
        call("GET", "/folders/0?fields=id", as_user=owner)
    reply = call.raw("GET", "/2.0/folders/0?fields=id", as_user=owner)
    assert reply.status == 429
    assert json.loads(reply.body)["code"] == "rate_limit_exceeded"
    assert 1 <= int(reply.headers["retry-after"]) <= 60
    call("GET", "/folders/0?fields=id", as_user=other)
    call("GET", "/users/me")
    box.clock = lambda: moment + 60
    call("GET", "/folders/0?fields=id", as_user=owner)


def test_uploads_have_a_limit_of_their_own(box, call):
    moment = box.now()
    box.clock = lambda: moment
    for number in range(240):
        assert upload(call, f"n{number}", "0").status == 201
    assert upload(call, "one more", "0").status == 429
    call("GET", "/users/me")


def test_users_are_the_companys(box, call):
    rows = call.pages("/users?user_type=managed&limit=7&fields=id,name,login,status,role,is_platform_access_only")
    people = [p for p in range(40) if WORLD.has_account("box", p)]
    assert [row["id"] for row in rows] == [box.company.user_id(p) for p in people]
    by_id = {row["id"]: row for row in rows}
    for person in people:
        row, known = by_id[box.company.user_id(person)], WORLD.person(person)
        assert row["name"] == known.name
        assert row["status"] == ("inactive" if known.status == "suspended" else "active")
    assert by_id[box.company.admin]["role"] == "admin"
    assert by_id[box.company.user_id(BREAK_GLASS)]["role"] == "coadmin"
    assert [r["id"] for r in rows if r["is_platform_access_only"]] == [box.company.service]
    assert {r["id"]: r["login"] for r in rows} == {i: a["login"] for i, a in box.truth.accounts().items()}


def test_external_people_answer_only_to_their_address(call):
    email = WORLD.person(41).email
    assert call("GET", "/users?user_type=external")["entries"] == []
    assert [r["login"] for r in call("GET", f"/users?user_type=external&filter_term={email}")["entries"]] == [email]
    assert call("GET", f"/users?user_type=managed&filter_term={email}")["entries"] == []


def test_suspend_and_back(box, call, owner):
    row = call("PUT", f"/users/{owner}?fields=status", {"status": "inactive"})
    assert row == {"type": "user", "id": owner, "status": "inactive"}
    assert call.refused("GET", "/folders/0", as_user=owner)[0] == 403
    member = box.company.user_id(box.company.library.place(PERSONAL_PLACE).members[0])
    folder = box.company.folder_id(PERSONAL_PLACE)
    assert call.refused("GET", f"/folders/{folder}", as_user=member)[0] == 404, "the folders vanish for everybody"
    call("PUT", f"/users/{owner}", {"status": "active"})
    call("GET", "/folders/0", as_user=owner)
    call("GET", f"/folders/{folder}", as_user=member)


def test_what_cannot_be_changed(box, call, owner):
    assert call.refused("PUT", f"/users/{box.company.admin}", {"status": "inactive"})[0] == 403
    assert call.refused("PUT", f"/users/{owner}", {"status": "gone"})[0] == 400
    assert call.refused("PUT", f"/users/{owner}", {"role": "admin"})[0] == 400
    assert call.refused("GET", "/users/4711")[0] == 404
    assert call.refused("GET", "/users/abc")[0] == 405


def test_role_and_password(box, call):
    second = box.company.user_id(SECOND_ADMIN)
    assert call("PUT", f"/users/{second}?fields=role", {"role": "user"})["role"] == "user"
    call("PUT", f"/users/{second}", {"is_password_reset_required": True})
    assert box.state.user(second).reset_required
    kinds = [happened["row"]["event_type"] for happened in box.state.happened]
    assert kinds == ["CHANGE_ADMIN_ROLE", "EDIT_USER"]


def test_ending_sessions_takes_both_lists(box, call, owner):
    login = box.state.user(owner).login
    answer = call("POST", "/users/terminate_sessions", {"user_ids": [owner], "user_logins": [login]}, expect=202)
    assert "message" in answer
    assert box.state.ended_sessions == [owner]
    assert call.refused("POST", "/users/terminate_sessions", {"user_ids": [owner]})[0] == 400
    assert call.refused("POST", "/users/terminate_sessions", {"user_ids": [], "user_logins": []})[0] == 400


def test_groups_and_members(box, call):
    page = call("GET", "/groups?limit=4")
    assert page["total_count"] == WORLD.groups
    assert len(page["entries"]) == 4
    found = {}
    for group in call("GET", "/groups?limit=1000")["entries"]:
        for row in call("GET", f"/groups/{group['id']}/memberships?limit=1000")["entries"]:
            found[row["id"]] = {"group": row["group"]["id"], "member": row["user"]["id"], "role": row["role"]}
    assert found == box.truth.memberships()
    expected = sum(WORLD.has_account("box", m) for g in range(WORLD.groups) for m, _ in WORLD.group_members(g))
    assert len(found) == expected


def test_offset_beyond_ten_thousand(call):
    assert call.refused("GET", "/groups?offset=10001")[0] == 400
    call("GET", "/groups?offset=10000")


def test_what_connect_is_told_fits_what_it_asks(box):
    told = box.credentials()
    assert set(told) == {method.key for method in APP.auth}
    for method in APP.auth:
        fields = told[method.key].fields
        given = set(fields) | set(told[method.key].secrets)
        assert {field.key for field in method.fields if field.required} <= given
        assert {key for key in fields if key.endswith("_url")} <= {f"{name}_url" for name in APP.hosts}
