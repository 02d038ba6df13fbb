"""Okta's official SDK makes every call against the simulated Okta and takes the answers as its own typed objects."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from oktasdk import Refused, Sdk, body_pages, named, token_client

from casb_cli.apps.okta.sandbox import build
from casb_cli.apps.okta.sandbox_apps import BADGES, PAYROLL, TERMINAL
from casb_cli.apps.okta.sandbox_company import CUSTOM_ROLES, RESOURCE_SETS
from casb_cli.core import clock
from casb_cli.sandbox.facts import BREAK_GLASS, CAST, LEAVER, MAINTAINER, NO_MFA, OWNER, SECOND_ADMIN, SERVICE
from casb_cli.sandbox.limits import LimitSpec
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

if find_spec("okta") is None and os.environ.get("CI_STRICT") != "1":
    pytest.skip("Okta's SDK is not installed", allow_module_level=True)

WORLD = World(seed=11, people=40, files=0, events=240)
AREAS = (
    "users",
    "groups",
    "roles",
    "logs",
    "orgs",
    "apps",
    "appGrants",
    "apiTokens",
    "authorizationServers",
    "clients",
)
SCOPES = [
    *(f"okta.{area}.read" for area in AREAS),
    *(f"okta.{area}.manage" for area in ("users", "apps", "appGrants", "apiTokens", "authorizationServers")),
    "okta.universalLogout.manage",
]
EVERYBODY = "status pr"


@cache
def proof_key(bits):
    from Cryptodome.PublicKey import RSA

    return RSA.generate(bits)


@pytest.fixture(autouse=True)
def loopback(monkeypatch):
    """Let the SDK talk to loopback without TLS, and make its proof key once: that takes seconds."""
    from okta import dpop

    monkeypatch.setattr(dpop, "RSA", SimpleNamespace(generate=proof_key))
    monkeypatch.setattr(dpop, "RSA_KEY_SIZE_BITS", 2048)
    monkeypatch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def okta():
    made = build(WORLD)
    with serve([made]):
        yield made


@pytest.fixture
def app(okta):
    """What the service app's client is made of."""
    signin = okta.credentials()["oauth"]
    return {
        "orgUrl": signin.fields["org_url"],
        "authorizationMode": "PrivateKey",
        "clientId": signin.fields["client_id"],
        "kid": signin.fields["key_id"],
        "privateKey": signin.secrets["private_key"],
        "scopes": SCOPES,
        "dpopEnabled": True,
    }


@pytest.fixture
def sdk(app):
    return Sdk(app)


@pytest.fixture
def by_key(okta):
    """The SDK with the static API token of the service account."""
    return token_client(okta, "token")


# Sign-in


def test_signs_in_with_bound_tokens_after_the_nonce(okta, sdk, witness):
    org = sdk("get_org_settings")
    assert (org.company_name, org.subdomain) == (WORLD.name, WORLD.slug)
    assert [call.status for call in okta.called("POST /oauth2/v1/token")] == [400, 200]
    assert "dpop" in okta.called("GET /api/v1/org")[0].headers
    sdk("get_org_settings")
    assert len(okta.called("POST /oauth2/v1/token")) == 2
    witness(okta, "POST /oauth2/v1/token", "GET /api/v1/org")


def test_calls_may_ask_for_a_nonce(okta, sdk, witness):
    okta.signin.nonce_on_calls = True
    sdk("get_org_settings")
    okta.signin.forget_nonces()
    sdk("list_api_tokens")
    assert [call.status for call in okta.called("GET /api/v1/api-tokens")] == [401, 200]
    witness(okta, "GET /api/v1/api-tokens")


def test_signs_in_with_an_api_token(okta, by_key, witness):
    from okta import models

    me = by_key("get_user", "me")
    assert isinstance(me, models.User)
    assert me.id == okta.company.user_id(SERVICE)
    assert by_key("get_wellknown_org_metadata").id == okta.company.org_id
    witness(okta, "GET /api/v1/users/me", "GET /.well-known/okta-organization")


def test_scopes_not_granted_and_unknown_keys(okta, app):
    with pytest.raises(Refused, match="You are not allowed any of the requested scopes"):
        Sdk(app | {"scopes": ["okta.policies.manage"]})("get_org_settings")
    with pytest.raises(Refused, match="key id"):
        Sdk(app | {"kid": "another"})("get_org_settings")
    with pytest.raises(Refused, match="E0000006"):
        Sdk(app | {"scopes": ["okta.users.read"]})("get_org_settings")


def test_introspects_its_own_token(okta, app, sdk, witness):
    from okta.jwt import JWT

    sdk("get_org_settings")
    token = sdk.client.get_request_executor()._oauth.get_current_token()[0]

    def signed(path):
        # The SDK signs for the token endpoint alone: its own signer is asked for another one.
        before, JWT.OAUTH_ENDPOINT = JWT.OAUTH_ENDPOINT, path
        try:
            made = JWT.create_token(app["orgUrl"], app["clientId"], app["privateKey"], app["kid"])
        finally:
            JWT.OAUTH_ENDPOINT = before
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {"client_assertion_type": kind, "client_assertion": made}

    form = {"token": token, "token_type_hint": "access_token"}
    told = sdk.send("POST", "/oauth2/v1/introspect", form=form | signed("/oauth2/v1/introspect"))
    assert told["active"] is True
    assert told["client_id"] == told["sub"] == app["clientId"]
    assert set(told["scope"].split()) == set(SCOPES)
    sdk.send("POST", "/oauth2/v1/revoke", form=form | signed("/oauth2/v1/revoke"))
    again = sdk.send("POST", "/oauth2/v1/introspect", form=form | signed("/oauth2/v1/introspect"))
    assert again == {"active": False}
    witness(okta, "POST /oauth2/v1/introspect", "POST /oauth2/v1/revoke")


def test_own_roles_and_grants(okta, app, sdk, witness):
    from okta import models

    # The SDK cannot tell its own StandardRole from its CustomRole here; each row is parsed by itself.
    rows = sdk.send("GET", f"/oauth2/v1/clients/{app['clientId']}/roles")
    roles = [models.StandardRole.from_dict(row) for row in rows]
    assert [(named(r.type), named(r.assignment_type)) for r in roles] == [("SUPER_ADMIN", "CLIENT")]
    grants = sdk("list_scope_consent_grants", app["clientId"])
    assert {grant.scope_id for grant in grants} == set(SCOPES)
    clients = sdk.send("GET", "/oauth2/v1/clients?limit=200")
    assert app["clientId"] in {row["client_id"] for row in clients}
    witness(okta, "GET /oauth2/v1/clients/{clientId}/roles", "GET /api/v1/apps/{appId}/grants")
    witness(okta, "GET /oauth2/v1/clients")


# People


def test_users(okta, sdk, witness):
    from okta import models

    found = sdk.all("list_users", search=EVERYBODY, limit=20)
    assert {user.id: user.profile.login for user in found} == {
        id_: row["login"] for id_, row in okta.truth.rows("account").items()
    }
    assert all(isinstance(user, models.User) for user in found)
    assert "DEPROVISIONED" in {named(user.status) for user in found}
    assert "DEPROVISIONED" not in {named(user.status) for user in sdk.all("list_users", limit=30)}
    one = sdk("get_user", okta.company.user_id(LEAVER))
    assert one.profile.email == WORLD.person(LEAVER).email
    assert clock.text(one.created) == clock.text(WORLD.person(LEAVER).created)
    witness(okta, "GET /api/v1/users", "GET /api/v1/users/{id}")


def test_factors(okta, sdk, witness):
    for person in (OWNER, NO_MFA, LEAVER):
        id_ = okta.company.user_id(person)
        found = sdk("list_factors", id_)
        strong = any(named(f.status) == "ACTIVE" and named(f.factor_type) != "question" for f in found)
        assert strong == okta.truth.mfa()[id_]
    witness(okta, "GET /api/v1/users/{userId}/factors")


def test_groups_and_members(okta, sdk, witness):
    groups = sdk.all("list_groups", limit=4, expand="stats")
    expected = okta.truth.rows("group")
    assert {g.id for g in groups} == set(expected)
    members = {
        (f"group:{g.id}", f"account:{user.id}") for g in groups for user in sdk.all("list_group_users", g.id, limit=20)
    }
    assert members == set(okta.truth.rows("membership"))
    assert sdk("get_group", groups[1].id).id == groups[1].id
    mine = {g.id for g in sdk("list_user_groups", okta.company.user_id(OWNER))}
    assert mine == {g.removeprefix("group:") for g, m in members if m == f"account:{okta.company.user_id(OWNER)}"}
    witness(okta, "GET /api/v1/groups", "GET /api/v1/groups/{groupId}/users", "GET /api/v1/groups/{groupId}")
    witness(okta, "GET /api/v1/users/{id}/groups")


# Administrators


def test_roles_of_users_and_groups(okta, sdk, witness):
    company = okta.company
    listed = {row.id for page in body_pages(sdk, "list_users_with_role_assignments") for row in page.value}
    direct = (OWNER, BREAK_GLASS, SERVICE, SECOND_ADMIN, NO_MFA, MAINTAINER)
    assert listed == {company.user_id(i) for i in direct}
    roles = sdk("list_assigned_roles_for_user", company.user_id(SECOND_ADMIN), expand="targets/groups")
    told = {(named(r.actual_instance.type), named(r.actual_instance.assignment_type)) for r in roles}
    assert told >= {("ORG_ADMIN", "USER"), ("HELP_DESK_ADMIN", "USER"), ("CUSTOM", "GROUP")}
    [security] = sdk("list_group_assigned_roles", company.group_id(1))
    assert security.actual_instance.label == "Access Auditor"
    witness(okta, "GET /api/v1/iam/assignees/users", "GET /api/v1/users/{userId}/roles")
    witness(okta, "GET /api/v1/groups/{groupId}/roles")


def test_custom_roles_and_resource_sets(okta, sdk, witness):
    company = okta.company
    roles = [role for page in body_pages(sdk, "list_roles") for role in page.roles]
    assert [role.label for role in roles] == [label for label, _, _ in CUSTOM_ROLES]
    permissions = sdk("list_role_permissions", roles[1].id).permissions
    assert tuple(p.label for p in permissions) == CUSTOM_ROLES[1][2]
    sets = [one for page in body_pages(sdk, "list_resource_sets") for one in page.resource_sets]
    assert [one.label for one in sets] == [label for label, _ in RESOURCE_SETS]
    [binding] = sdk("list_bindings", sets[1].id).roles
    assert binding.id == roles[1].id
    [member] = sdk("list_members_of_binding", sets[1].id, binding.id).members
    assert member.links.var_self.href.endswith(f"/api/v1/groups/{company.group_id(1)}")
    assert sdk("get_role", roles[0].label).id == roles[0].id
    bindings = "/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings"
    witness(okta, "GET /api/v1/iam/roles", "GET /api/v1/iam/roles/{roleIdOrLabel}/permissions")
    witness(okta, "GET /api/v1/iam/roles/{roleIdOrLabel}", "GET /api/v1/iam/resource-sets")
    witness(okta, f"GET {bindings}", f"GET {bindings}/{{roleIdOrLabel}}/members")


# Governance


def status_of(sdk, id_):
    return named(sdk("get_user", id_).status)


def test_suspend_and_back(okta, sdk, witness):
    id_ = okta.company.user_id(LEAVER)
    sdk("suspend_user", id_)
    assert status_of(sdk, id_) == "SUSPENDED"
    with pytest.raises(Refused, match="E0000001"):
        sdk("suspend_user", id_)
    sdk("unsuspend_user", id_)
    assert status_of(sdk, id_) == "ACTIVE"
    witness(okta, "POST /api/v1/users/{id}/lifecycle/suspend", "POST /api/v1/users/{id}/lifecycle/unsuspend")


def test_passwords(okta, sdk, witness):
    id_ = okta.company.user_id(LEAVER)
    assert named(sdk("expire_password", id_).status) == "PASSWORD_EXPIRED"
    assert sdk("reset_password", id_, False, revoke_sessions=True).reset_password_url.startswith(okta.base)
    assert status_of(sdk, id_) == "RECOVERY"
    sdk("expire_password_with_temp_password", id_, revoke_sessions=True)
    assert status_of(sdk, id_) == "PASSWORD_EXPIRED"
    at = "POST /api/v1/users/{id}/lifecycle/"
    witness(okta, at + "expire_password", at + "reset_password", at + "expire_password_with_temp_password")


def test_unlock_deactivate_activate(okta, sdk, witness):
    people = [i for i in okta.company.people() if i >= CAST]
    company = okta.company
    locked = next(i for i in people if company.user(i).status == "ACTIVE" and company.user(i).source == "OKTA")
    okta.state.change(okta.state.user(locked), "LOCKED_OUT")
    id_ = company.user_id(locked)
    sdk("unlock_user", id_)
    assert status_of(sdk, id_) == "ACTIVE"
    sdk("deactivate_user", id_, send_email=False)
    assert status_of(sdk, id_) == "DEPROVISIONED"
    assert sdk("activate_user", id_, send_email=False).activation_token
    at = "POST /api/v1/users/{id}/lifecycle/"
    witness(okta, at + "unlock", at + "deactivate", at + "activate")


def test_sessions(okta, sdk, witness):
    id_ = okta.company.user_id(LEAVER)
    sdk("revoke_user_sessions", id_, oauth_tokens=True, forget_devices=False)
    assert okta.snapshot()["ended_sessions"] == [{"user": id_, "oauthTokens": True, "forgetDevices": False}]
    subject = {"sub_id": {"format": "opaque", "id": id_}}
    sdk.send("POST", "/oauth2/v1/global-token-revocation", body=subject)
    assert len(okta.snapshot()["ended_sessions"]) == 2
    witness(okta, "DELETE /api/v1/users/{userId}/sessions", "POST /oauth2/v1/global-token-revocation")


# System Log


def test_the_log_bounded_and_polled(okta, sdk, witness):
    from okta.pagination import PaginationHelper

    expected = okta.truth.rows("activity")
    since, until = clock.text(WORLD.event_time(0)), clock.text(WORLD.event_time(239))
    bounded = sdk.all("list_log_events", since=since, until=until, limit=50)
    assert {e.uuid for e in bounded} == set(expected) - {okta.trail.uuid(239)}
    told = {e.uuid: (e.event_type, clock.text(e.published), e.actor.alternate_id, e.client.ip_address) for e in bounded}
    assert told == {id_: tuple(expected[id_][k] for k in ("action", "time", "actor", "ip")) for id_ in told}
    polled, after, pages = [], None, 0
    while True:
        page, reply = sdk.whole("list_log_events", since=since, limit=100, after=after)
        following = PaginationHelper.extract_next_cursor(reply.headers)
        assert following
        if not page:
            assert following == after
            break
        polled, after, pages = polled + page, following, pages + 1
    assert [e.uuid for e in polled] == [okta.trail.uuid(i) for i in range(240)]
    sdk("suspend_user", okta.company.user_id(LEAVER))
    [new], _ = sdk.whole("list_log_events", since=since, limit=100, after=after)
    assert (new.event_type, new.actor.type) == ("user.lifecycle.suspend", "PublicClientApp")
    assert new.target[0].id == okta.company.user_id(LEAVER)
    witness(okta, "GET /api/v1/logs")


def test_the_log_is_filtered(okta, sdk):
    text = 'eventType sw "user.session" and outcome.result eq "FAILURE"'
    since = clock.text(WORLD.event_time(0))
    found = sdk("list_log_events", since=since, filter=text, limit=1000)
    expected = okta.truth.rows("activity")
    wanted = {k for k, v in expected.items() if v["action"] == "user.session.start" and v["outcome"] == "failure"}
    assert {e.uuid for e in found} == wanted != set()


# Apps, grants, tokens


@pytest.fixture
def consenting(okta):
    return next(i for i in okta.company.people() if okta.apps.consents(i) and okta.apps.tokens(i))


def test_apps(okta, sdk, witness):
    found = sdk.all("list_applications", limit=3, include_non_deleted=True)
    assert {a.id: (a.label, named(a.status)) for a in found} == {a.id: (a.label, a.status) for a in okta.apps.all}
    badges = okta.apps.all[BADGES].id
    assert sdk("get_application", badges).label == "Badge Printer"
    assigned = sdk.all("list_application_users", badges, limit=20)
    assert {user.id for user in assigned} == {okta.company.user_id(i) for i in okta.company.members(0)}
    sdk("deactivate_application", badges)
    assert named(sdk("get_application", badges).status) == "INACTIVE"
    sdk("activate_application", badges)
    assert named(sdk("get_application", badges).status) == "ACTIVE"
    at = "/api/v1/apps/{appId}"
    witness(okta, "GET /api/v1/apps", f"GET {at}", f"GET {at}/users")
    witness(okta, f"POST {at}/lifecycle/deactivate", f"POST {at}/lifecycle/activate")


def test_grants_of_an_app(okta, sdk, witness):
    from okta import models

    payroll = okta.apps.all[PAYROLL].id
    first, second = sdk("list_scope_consent_grants", payroll)
    assert (named(first.source), first.client_id) == ("ADMIN", payroll)
    sdk("revoke_scope_consent_grant", payroll, first.id)
    assert [g.id for g in sdk("list_scope_consent_grants", payroll)] == [second.id]
    wanted = models.OAuth2ScopeConsentGrant(issuer=okta.base, scopeId=first.scope_id)
    assert sdk("grant_consent_to_scope", payroll, wanted).scope_id == first.scope_id
    assert len(sdk("list_scope_consent_grants", payroll)) == 2
    at = "/api/v1/apps/{appId}/grants"
    witness(okta, f"GET {at}", f"POST {at}", f"DELETE {at}/{{grantId}}")


def test_grants_of_a_user(okta, sdk, consenting, witness):
    id_, badges = okta.company.user_id(consenting), okta.apps.all[BADGES].id
    assert badges in {client.client_id for client in sdk("list_user_clients", id_)}
    first, second = sdk("list_user_grants", id_, limit=20)
    assert (named(first.source), first.user_id) == ("END_USER", id_)
    sdk("revoke_user_grant", id_, first.id)
    assert [g.id for g in sdk("list_grants_for_user_and_client", id_, badges)] == [second.id]
    sdk("revoke_grants_for_user_and_client", id_, badges)
    sdk("revoke_user_grants", id_)
    assert sdk("list_user_grants", id_) == []
    user, client = "/api/v1/users/{userId}", "/api/v1/users/{userId}/clients/{clientId}"
    witness(okta, f"GET {user}/clients", f"GET {user}/grants", f"DELETE {user}/grants/{{grantId}}")
    witness(okta, f"GET {client}/grants", f"DELETE {client}/grants", f"DELETE {user}/grants")


def test_tokens_of_a_user(okta, sdk, consenting, witness):
    id_, badges = okta.company.user_id(consenting), okta.apps.all[BADGES].id
    [token] = sdk("list_refresh_tokens_for_user_and_client", id_, badges, expand="scope")
    assert (token.user_id, token.client_id) == (id_, badges)
    sdk("revoke_token_for_user_and_client", id_, badges, token.id)
    assert sdk("list_refresh_tokens_for_user_and_client", id_, badges) == []
    sdk("revoke_tokens_for_user_and_client", id_, badges)
    client = "/api/v1/users/{userId}/clients/{clientId}"
    witness(okta, f"GET {client}/tokens", f"DELETE {client}/tokens/{{tokenId}}", f"DELETE {client}/tokens")


def test_tokens_of_an_app(okta, sdk, witness):
    terminal = okta.apps.all[TERMINAL].id
    found = sdk.all("list_o_auth2_tokens_for_application", terminal, limit=4)
    expected = {key.rpartition(":")[2] for key in okta.truth.rows("grant") if f":{terminal}:oar" in key}
    assert {token.id for token in found} == expected != set()
    sdk("revoke_o_auth2_token_for_application", terminal, found[0].id)
    assert len(sdk.all("list_o_auth2_tokens_for_application", terminal)) == len(found) - 1
    sdk("revoke_o_auth2_tokens_for_application", terminal)
    assert sdk("list_o_auth2_tokens_for_application", terminal) == []
    at = "/api/v1/apps/{appId}/tokens"
    witness(okta, f"GET {at}", f"DELETE {at}/{{tokenId}}", f"DELETE {at}")


def test_custom_authorization_servers(okta, sdk, witness):
    [server] = sdk("list_authorization_servers")
    [client] = sdk("list_o_auth2_clients_for_authorization_server", server.id)
    args = (server.id, client.client_id)
    tokens = sdk.all("list_refresh_tokens_for_authorization_server_and_client", *args, limit=5)
    assert tokens[0].issuer == server.issuer
    sdk("revoke_refresh_token_for_authorization_server_and_client", *args, tokens[0].id)
    left = sdk.all("list_refresh_tokens_for_authorization_server_and_client", *args)
    assert {t.id for t in left} == {t.id for t in tokens[1:]}
    at = "/api/v1/authorizationServers/{authServerId}/clients"
    witness(okta, "GET /api/v1/authorizationServers", f"GET {at}", f"GET {at}/{{clientId}}/tokens")
    witness(okta, f"DELETE {at}/{{clientId}}/tokens/{{tokenId}}")


def test_api_tokens(okta, sdk, witness):
    found = sdk("list_api_tokens")
    assert {f"api-token:{key.id}" for key in found} == {k for k in okta.truth.rows("grant") if k.startswith("api-")}
    assert sdk("get_api_token", found[0].id).name == found[0].name
    sdk("revoke_api_token", found[3].id)
    assert found[3].id not in {key.id for key in sdk("list_api_tokens")}
    reader = token_client(okta, "token-reader")
    reader("revoke_current_api_token")
    with pytest.raises(Refused, match="E0000011"):
        reader("get_user", "me")
    at = "/api/v1/api-tokens"
    witness(okta, f"GET {at}", f"GET {at}/{{apiTokenId}}", f"DELETE {at}/{{apiTokenId}}", f"DELETE {at}/current")


# Limits and roles


def test_without_a_role_nobody_is_listed(okta):
    member = token_client(okta, "token-member")
    assert member("list_users", search=EVERYBODY) == []
    with pytest.raises(Refused, match="E0000006"):
        member("list_groups")


def test_the_sdk_waits_out_a_limit(witness):
    made = build(WORLD, Options(limits={"groups-list": LimitSpec(kind="fixed", allowed=1, window=2)}))
    with serve([made]):
        sdk = token_client(made, "token")
        sdk("list_groups")
        assert len(sdk("list_groups")) == len(made.truth.rows("group"))
        statuses = [call.status for call in made.called("GET /api/v1/groups")]
        assert statuses[:2] == [200, 429]
        assert statuses[-1] == 200
        witness(made, "GET /api/v1/groups")
