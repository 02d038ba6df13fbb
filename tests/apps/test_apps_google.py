"""What is peculiar to Google Workspace: what an answer means, delegated tokens, scopes, setup."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from casb_cli.apps.google_workspace import APP
from casb_cli.apps.google_workspace.auth import signin
from casb_cli.apps.google_workspace.common import cost_of, place_of
from casb_cli.apps.google_workspace.connector import GoogleWorkspace
from casb_cli.apps.google_workspace.delegation import read_key
from casb_cli.apps.google_workspace.rules import classify
from casb_cli.apps.google_workspace.scopes import (
    ALL,
    ALWAYS,
    AUDIT,
    DRIVE,
    DRIVE_READ,
    GROUPS,
    USERS,
    USERS_MANAGE,
    expand,
    least,
)
from casb_cli.apps.google_workspace.setup import instructions
from casb_cli.core.capabilities import ABILITIES, ListAccounts, ListFiles, SuspendAccount, check, needs_of
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
    UsageError,
)
from casb_cli.transport.calls import Call, as_user
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext

ADMIN = "admin@example.com"
CALL = Call(name="GET /drive/v3/files", query={})
PREFIX = "https://www.googleapis.com/auth/"


def test_no_ability_is_silent():
    assert check(GoogleWorkspace) == []


def test_every_scope_that_a_need_names_is_known_and_no_other_is_asked_for():
    named = {
        scope
        for ability in ABILITIES
        for need in needs_of(GoogleWorkspace, ability)
        for alternative in need.any_of.get("oauth", ())
        for scope in alternative
    }
    assert named <= set(ALL)
    assert set(least(named | set(ALWAYS))) <= set(ALL)


# Answers


def error(status, reason=None, message="no", headers=None, call=CALL, **inner):
    if reason:
        inner["errors"] = [{"domain": "global", "reason": reason, "message": message}]
    body = {"error": {"code": status, "message": message, **inner.pop("inner", {}), **inner}}
    return classify(call, status, headers or {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "reason", "kind", "type_"),
    [
        (403, "userRateLimitExceeded", "throttled", Throttled),
        (403, "rateLimitExceeded", "throttled", Throttled),
        (403, "quotaExceeded", "throttled", Throttled),
        (403, "sharingRateLimitExceeded", "throttled", Throttled),
        (429, "rateLimitExceeded", "throttled", Throttled),
        (403, "dailyLimitExceeded", "fail", Throttled),
        (403, "downloadQuotaExceeded", "fail", Throttled),
        (403, "forbidden", "fail", NotPermitted),
        (403, "insufficientFilePermissions", "fail", NotPermitted),
        (403, "insufficientPermissions", "fail", ScopeMissing),
        (403, "accessNotConfigured", "fail", NotPermitted),
        (403, "domainPolicy", "fail", LicenceMissing),
        (403, "cannotModifyInheritedPermission", "fail", StateConflict),
        (400, "failedPrecondition", "fail", NotPermitted),
        (400, "invalid", "fail", RequestRefused),
        (401, "authError", "reauth", SignInNeeded),
        (404, "notFound", "fail", ObjectMissing),
        (409, "duplicate", "fail", StateConflict),
        (412, "conditionNotMet", "fail", StateConflict),
        (500, "backendError", "busy", Unavailable),
        (503, "backendError", "busy", Unavailable),
    ],
)
def test_the_reason_decides_what_an_answer_means(status, reason, kind, type_):
    verdict = error(status, reason)
    assert (verdict.kind, type(verdict.error)) == (kind, type_)
    assert verdict.error.code == reason


def test_newer_services_give_a_status_and_details_alone():
    limited = error(429, inner={"status": "RESOURCE_EXHAUSTED", "details": [{"reason": "RATE_LIMIT_EXCEEDED"}]})
    assert limited.kind == "throttled"
    off = error(403, inner={"status": "PERMISSION_DENIED", "details": [{"reason": "SERVICE_DISABLED"}]})
    assert off.error.code == "SERVICE_DISABLED"
    assert "enable the API" in off.error.hint


def test_a_missing_scope_is_named_by_the_header():
    told = f'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{DRIVE} {DRIVE_READ}"'
    verdict = error(403, "insufficientPermissions", headers={"www-authenticate": told})
    assert isinstance(verdict.error, ScopeMissing)
    assert verdict.error.needed == (DRIVE, DRIVE_READ)
    assert f"add {DRIVE} or {DRIVE_READ}" in verdict.error.hint


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (502, b"<html><head><title>Error 502 (Server Error)!!1</title></head></html>", "busy", "Error 502"),
        (403, b"Domain cannot use apis.", "fail", "Domain cannot use apis."),
        (429, b"Quota exceeded for quota metric 'Queries'", "throttled", "Quota exceeded"),
        (403, b"Quota exceeded for quota metric 'Queries'", "throttled", "Quota exceeded"),
        (503, b"", "busy", "Google answered 503 without a message"),
    ],
)
def test_answers_that_are_no_json_are_understood(status, body, kind, words):
    verdict = classify(CALL, status, {}, body)
    assert verdict.kind == kind
    assert verdict.error.words.startswith(words)


def test_a_404_says_that_it_may_be_invisible():
    assert "not visible" in error(404, "notFound", "File not found: 1AbC.").error.words


def test_a_stale_page_token_begins_the_listing_anew():
    paged = Call(name="GET /drive/v3/files", query={"pageToken": "old"})
    assert isinstance(error(400, "invalid", call=paged).error, CursorExpired)


def test_one_user_whose_token_is_refused_is_no_broken_connection():
    verdict = error(401, "authError", call=Call(name="GET /drive/v3/files", identity=as_user("bob@example.com")))
    assert verdict.kind == "reauth"
    assert type(verdict.error) is NotPermitted


# Calls


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("/admin/directory/v1/users", ("admin", "directory")),
        ("/admin/reports/v1/activity/users/{userKey}/applications/{applicationName}", ("admin", "reports")),
        ("/drive/v3/files", ("api", "drive")),
        ("/upload/drive/v3/files/{fileId}", ("api", "drive")),
    ],
)
def test_each_api_has_its_host_and_its_limit(template, place):
    assert place_of(template) == place
    assert place[0] in APP.hosts
    assert place[1] in {limit.family for limit in APP.limits}


@pytest.mark.parametrize(
    ("method", "template", "query", "units"),
    [
        ("GET", "/drive/v3/files", {}, 100),
        ("GET", "/drive/v3/changes", {}, 100),
        ("GET", "/drive/v3/files/{fileId}", {}, 5),
        ("GET", "/drive/v3/files/{fileId}", {"alt": "media"}, 200),
        ("GET", "/drive/v3/files/{fileId}/export", {}, 200),
        ("GET", "/drive/v3/changes/startPageToken", {}, 5),
        ("PATCH", "/drive/v3/files/{fileId}", {}, 50),
        ("PATCH", "/upload/drive/v3/files/{fileId}", {}, 50),
        ("GET", "/admin/directory/v1/users", {}, 1),
    ],
)
def test_drive_counts_units(method, template, query, units):
    assert cost_of(method, template, query) == units


# Signing in


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_file(key, **changes):
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    known = {
        "type": "service_account",
        "client_email": "casb@p.iam.gserviceaccount.com",
        "client_id": "1234",
        "private_key": pem,
        "private_key_id": "kid-1",
        "token_uri": "https://evil.example/token",
        "universe_domain": "googleapis.com",
    }
    return json.dumps({**known, **changes})


class Google:
    """Gives tokens for what the delegation entry has, as Google does: all of it or nothing."""

    def __init__(self, key, delegated=ALL, users=(ADMIN, "ann@example.com")):
        self.key, self.delegated, self.users = key.public_key(), set(delegated), users
        self.asked, self.calls, self.signed = [], [], []

    def __call__(self, request):
        request.read()
        url = request.url
        if url.host == "oauth2.googleapis.com":
            return self.token(parse_qs(request.content.decode()))
        if url.path == "/oauth2/v2/tokeninfo":
            token = url.params["access_token"]
            return httpx.Response(200, json={"scope": token.split("|")[1].replace("+", " "), "expires_in": 3599})
        if url.host == "iamcredentials.googleapis.com":
            self.signed.append((request.headers["authorization"], json.loads(request.content)["payload"]))
            if request.headers["authorization"] == "Bearer old":
                return httpx.Response(401, json={"error": {"code": 401, "status": "UNAUTHENTICATED"}})
            return httpx.Response(200, json={"keyId": "k", "signedJwt": self.sign(json.loads(self.signed[-1][1]))})
        self.calls.append((url.path, request.headers.get("authorization")))
        return httpx.Response(200, json={})

    sign = None

    def token(self, form):
        [assertion] = form["assertion"]
        claims = jwt.decode(assertion, self.key, ["RS256"], audience="https://oauth2.googleapis.com/token")
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        assert claims["exp"] - claims["iat"] <= 3600
        assert claims["iss"] == "casb@p.iam.gserviceaccount.com"
        scopes = claims["scope"].split()
        self.asked.append((claims["sub"], tuple(scopes)))
        if not set(scopes) <= self.delegated:
            words = "Client is unauthorized to retrieve access tokens using this method, or client not authorized"
            return httpx.Response(401, json={"error": "unauthorized_client", "error_description": words})
        if claims["sub"] not in self.users:
            said = {"error": "invalid_grant", "error_description": "Invalid email or User ID"}
            return httpx.Response(400, json=said)
        token = f"ya29.{claims['sub']}|{'+'.join(scopes)}"
        return httpx.Response(200, json={"access_token": token, "expires_in": 3599, "token_type": "Bearer"})


def opened(google, method="service-account", secret=None, fields=None, tokens=None, **more):
    urls = dict(APP.hosts)
    common = {"where": "google-workspace/t", "transport": httpx.MockTransport(google)}
    governors = Governors(APP, "t")
    plain = Client(APP, GoogleWorkspace.rules, None, urls, governors, **common)
    given = {"subject": "Admin@Example.com", **(fields or {})}
    read = secret or (lambda _: "")
    context = SigninContext("google-workspace", "t", method, given, read, tokens, plain, urls, **more)
    signer = signin(context)
    return signer, Client(APP, GoogleWorkspace.rules, signer, urls, governors, **common)


def directory():
    return Call(name="GET /admin/directory/v1/users", host="admin", family="directory")


def drive(user=None):
    return Call(name="GET /drive/v3/files", family="drive", **({"identity": as_user(user)} if user else {}))


def test_each_side_and_each_user_has_a_token_of_its_own(key):
    google = Google(key)
    _, client = opened(google, secret=lambda _: key_file(key), want=(USERS, DRIVE_READ))
    for call in (directory(), drive(), drive("ann@example.com"), drive("Ann@example.com"), directory()):
        client.send(call)
    assert google.asked == [
        (ADMIN, (*ALWAYS, USERS)),
        (ADMIN, (DRIVE_READ,)),
        ("ann@example.com", (DRIVE_READ,)),
    ]
    assert [given for _, given in google.calls] == [
        f"Bearer ya29.{ADMIN}|{'+'.join((*ALWAYS, USERS))}",
        f"Bearer ya29.{ADMIN}|{DRIVE_READ}",
        f"Bearer ya29.ann@example.com|{DRIVE_READ}",
        f"Bearer ya29.ann@example.com|{DRIVE_READ}",
        f"Bearer ya29.{ADMIN}|{'+'.join((*ALWAYS, USERS))}",
    ]
    assert set(client.granted.split()) == {*ALWAYS, USERS, DRIVE_READ}


def test_scopes_are_asked_for_one_by_one_where_not_all_are_delegated(key):
    google = Google(key, delegated={*ALWAYS, USERS, GROUPS, DRIVE_READ})
    signer, client = opened(google, secret=lambda _: key_file(key))
    signer.sign_in(None)
    client.send(drive("ann@example.com"))
    alone = [scopes for _, scopes in google.asked if len(scopes) == 1]
    assert set(alone) >= {(scope,) for scope in ALL if not scope.startswith(PREFIX + "drive")}
    assert google.asked[-1] == ("ann@example.com", (DRIVE_READ,))
    client.send(drive())
    assert set(client.granted.split()) == {*ALWAYS, USERS, GROUPS, DRIVE_READ}
    before = len(google.asked)
    client.send(directory())
    client.send(drive("ann@example.com"))
    assert len(google.asked) == before, "what was learned is not asked again"


def test_without_any_delegation_the_admin_console_is_named(key):
    signer, _ = opened(Google(key, delegated=()), secret=lambda _: key_file(key))
    with pytest.raises(SignInNeeded) as caught:
        signer.sign_in(None)
    assert caught.value.code == "unauthorized_client"
    assert "Domain-wide delegation" in caught.value.hint


def test_a_side_without_scopes_is_refused_by_name_and_not_asked(key):
    google = Google(key, delegated={*ALWAYS, USERS})
    _, client = opened(google, secret=lambda _: key_file(key), want=(USERS,))
    with pytest.raises(ScopeMissing) as caught:
        client.send(drive("ann@example.com"))
    assert caught.value.needed == (DRIVE,)
    assert google.asked == []


def test_a_connected_credential_asks_for_what_it_was_granted(key):
    google = Google(key)
    _, client = opened(google, secret=lambda _: key_file(key), granted=(*ALWAYS, USERS, DRIVE_READ))
    client.send(directory())
    client.send(drive())
    assert google.asked == [(ADMIN, (*ALWAYS, USERS)), (ADMIN, (DRIVE_READ,))]


def test_a_user_who_is_gone_is_that_users_matter(key):
    _, client = opened(Google(key), secret=lambda _: key_file(key))
    with pytest.raises(NotPermitted) as caught:
        client.send(drive("gone@example.com"))
    assert caught.value.code == "invalid_grant"
    client.send(drive("ann@example.com"))


def test_the_administrator_who_is_gone_breaks_the_connection(key):
    signer, _ = opened(Google(key, users=()), secret=lambda _: key_file(key))
    with pytest.raises(SignInNeeded) as caught:
        signer.sign_in(None)
    assert "licensed" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-----BEGIN PRIVATE KEY-----", "no JSON"),
        ('{"client_email": "a@b"}', "private_key"),
        ('{"client_email": "a@b", "private_key": "s3cr3t", "universe_domain": "s3ns.fr"}', "s3ns.fr"),
    ],
)
def test_a_key_file_that_is_none_says_why_and_shows_nothing(text, said):
    with pytest.raises(SignInNeeded) as caught:
        read_key(text)
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_without_a_key_google_signs_by_another_identitys_token(key):
    google = Google(key)
    google.sign = lambda claims: jwt.encode(claims, key, "RS256")
    tokens = iter(["old\n", "new"])
    fields = {"service_account": "casb@p.iam.gserviceaccount.com"}
    _, client = opened(google, "keyless", lambda _: next(tokens), fields, want=(USERS, DRIVE_READ))
    client.send(directory())
    client.send(drive("ann@example.com"))
    assert [given for given, _ in google.signed] == ["Bearer old", "Bearer new", "Bearer new"]
    claims = json.loads(google.signed[-1][1])
    assert (claims["sub"], claims["scope"]) == ("ann@example.com", DRIVE_READ)


def test_a_person_reaches_nobody_elses_files(key):
    class Kept:
        def load(self):
            return {"access_token": "ya29.x", "expires_at": 4e9, "refresh_token": "r"}

    _, client = opened(Google(key), "oauth", fields={"client_id": "1.apps"}, tokens=Kept())
    with pytest.raises(NotPermitted):
        client.send(drive("ann@example.com"))
    client.send(drive())


def test_the_subject_is_an_address(key):
    with pytest.raises(UsageError):
        opened(Google(key), fields={"subject": "admin"})


# Scopes and setup


def test_a_managing_scope_reads_too():
    assert expand(frozenset({USERS_MANAGE, DRIVE})) == {USERS_MANAGE, USERS, DRIVE, DRIVE_READ}
    assert least({USERS, USERS_MANAGE, DRIVE_READ, AUDIT}) == (USERS_MANAGE, AUDIT, DRIVE_READ)


def needs_for(*abilities):
    return [need for ability in abilities for need in needs_of(GoogleWorkspace, ability)]


def test_setup_lists_the_scopes_of_the_wanted_abilities_alone():
    text = instructions("service-account", needs_for(ListAccounts), {})
    assert ",".join((*ALWAYS, USERS, GROUPS)) in text
    assert "drive" not in text
    text = instructions("service-account", needs_for(SuspendAccount, ListFiles), {})
    assert USERS_MANAGE in text
    assert f"{PREFIX}admin.directory.user.readonly" not in text
    assert DRIVE_READ in text
    assert "drive.googleapis.com" in text


def test_setup_names_what_each_method_needs():
    keyless = instructions("keyless", needs_for(ListAccounts), {"service_account": "robot@p.iam.gserviceaccount.com"})
    assert "roles/iam.serviceAccountTokenCreator" in keyless
    assert "iamcredentials.googleapis.com" in keyless
    assert "robot@p.iam.gserviceaccount.com" in keyless
    assert "Desktop app" in instructions("oauth", needs_for(ListAccounts), {})
