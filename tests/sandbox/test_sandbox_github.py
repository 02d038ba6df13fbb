"""The simulated GitHub's own manners: refusals, headers, limits, sign-in, editions."""

from __future__ import annotations

import base64
import hashlib
import time
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest

from casb_cli.apps.github.sandbox import build
from casb_cli.sandbox.facts import EMPTY_PLACE, LEAVER, PERSONAL_PLACE, SUSPENDED
from casb_cli.sandbox.limits import LimitSpec
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

WORLD = World(seed=3)
ORG = "/orgs/larkspur"


class Client:
    """Plain HTTP to one provider."""

    def __init__(self, provider, token):
        self.provider = provider
        headers = {"user-agent": "test", "authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=provider.api_url, headers=headers)

    def __call__(self, verb, path, **more):
        return self.http.request(verb, path, **more)


@pytest.fixture
def open_provider():
    """Serve a GitHub with options; return `(provider, client)` for a token of it."""
    stack = []

    def make(token="pat", **options):
        context = serve([build(WORLD, Options(**options))])
        provider = context.__enter__().provider("github")
        client = Client(provider, getattr(provider, token) if token else "")
        stack.append((context, client))
        return provider, client

    yield make
    for context, client in stack:
        client.http.close()
        context.__exit__(None, None, None)


@pytest.fixture
def github(open_provider):
    return open_provider()


def test_refusals(github, open_provider):
    provider, client = github
    assert client("GET", ORG, headers={"user-agent": ""}).status_code == 403
    assert client("GET", ORG, headers={"authorization": "Bearer x"}).json()["message"] == "Bad credentials"
    assert client("GET", f"{ORG}/members/").status_code == 404
    assert client("GET", "/orgs/other/members").status_code == 404
    body = client("GET", "/orgs/other/members").json()
    assert set(body) >= {"message", "documentation_url", "status"}
    empty = provider.company.library.place(EMPTY_PLACE).name
    answer = client("GET", f"/repos/larkspur/{empty}/git/trees/main?recursive=1")
    assert (answer.status_code, answer.json()["message"]) == (409, "Git Repository is empty.")


def test_less_scope_is_told_apart_from_nothing(open_provider):
    provider, _ = open_provider(settings={"base_permission": "none"})
    member = Client(provider, provider.member_pat)
    assert member("GET", f"{ORG}/audit-log").status_code == 404
    assert member("GET", f"{ORG}/credential-authorizations").status_code == 403
    payroll = provider.company.library.place(PERSONAL_PLACE).name
    held = {
        repo.name: provider.company.access(LEAVER, provider.company.peek(repo.index)) for repo in provider.truth.repos()
    }
    lesser = next(name for name, level in held.items() if level == "pull")
    unseen = next(name for name, level in held.items() if level is None)
    assert member("PATCH", f"/repos/larkspur/{lesser}", json={"private": True}).status_code == 403
    assert member("GET", f"/repos/larkspur/{unseen}").status_code == 404
    reader = Client(provider, provider.reader_pat)
    refused = reader("DELETE", f"{ORG}/memberships/{WORLD.person(LEAVER).login}")
    assert refused.status_code == 403
    assert refused.headers["x-accepted-oauth-scopes"] == "admin:org"
    assert refused.headers["x-oauth-scopes"] == "read:audit_log, read:org, repo"
    assert reader("GET", ORG).json()["plan"]["name"] == "enterprise"
    assert member("GET", ORG).json().get("plan") is None
    assert reader("GET", f"/repos/larkspur/{payroll}").status_code == 200
    for client in (member, reader):
        client.http.close()


def test_without_read_org_members_are_fewer_not_refused(github):
    provider, client = github
    full = client("GET", f"{ORG}/members?per_page=100").json()
    provider.tokens[provider.reader_pat].scopes = frozenset({"repo"})
    blind = Client(provider, provider.reader_pat)
    answer = blind("GET", f"{ORG}/members?per_page=100")
    assert answer.status_code == 200
    assert 0 < len(answer.json()) < len(full)
    blind.http.close()


def test_etag(github):
    _, client = github
    path = f"{ORG}/repos?sort=pushed&per_page=100"
    first = client("GET", path)
    again = client("GET", path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    before = client("GET", "/rate_limit").json()["rate"]["remaining"]
    client("GET", path, headers={"if-none-match": first.headers["etag"]})
    assert client("GET", "/rate_limit").json()["rate"]["remaining"] == before
    client("PATCH", "/repos/larkspur/website", json={"visibility": "private"})
    assert client("GET", path, headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_paging_visits_everything_once(github):
    provider, client = github
    seen, url = [], f"{ORG}/members?per_page=7"
    while url:
        answer = client("GET", url)
        seen += [row["id"] for row in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == [1_000_001 + i for i in provider.company.members()]


def test_a_duplicated_page_repeats_and_goes_on(github):
    provider, client = github
    provider.faults.plan("GET /orgs/{org}/members", "duplicate-page", nth=2)
    seen, url, urls = [], f"{ORG}/members?per_page=7", []
    while url:
        urls.append(url)
        answer = client("GET", url)
        seen += [row["id"] for row in answer.json()]
        url = answer.links.get("next", {}).get("url")
    members = [1_000_001 + i for i in provider.company.members()]
    assert len(set(urls)) == len(urls)
    assert set(seen) == set(members)
    assert len(seen) == len(members) + 7


def test_rate_limit_headers_and_refusal(open_provider):
    began = time.time()
    _, client = open_provider(limits={"core": LimitSpec(allowed=3, window=3600)})
    left = [int(client("GET", ORG).headers["x-ratelimit-remaining"]) for _ in range(3)]
    assert left == [2, 1, 0]
    refused = client("GET", ORG)
    assert refused.status_code == 403
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert began < int(refused.headers["x-ratelimit-reset"]) - 3599 <= time.time() + 2
    assert "retry-after" not in refused.headers
    assert client("GET", "/rate_limit").status_code == 200


def test_secondary_limit(open_provider):
    _, client = open_provider(limits={"secondary": LimitSpec(kind="sliding", allowed=3, window=60)})
    answers = [client("GET", ORG) for _ in range(4)]
    assert [a.status_code for a in answers[:3]] == [200] * 3
    assert "secondary rate limit" in answers[3].json()["message"]
    assert int(answers[3].headers["retry-after"]) > 0


def test_single_sign_on_and_allow_list(open_provider):
    provider, client = open_provider(settings={"sso": "required"})
    refused = client("GET", f"{ORG}/members")
    assert refused.status_code == 403
    assert refused.headers["x-github-sso"].startswith(f"required; url={provider.urls['oauth']}")
    _, client = open_provider(settings={"ip_allow_list": "deny"})
    assert "IP allow list" in client("GET", ORG).json()["message"]


def test_a_free_plan_has_no_audit_log(open_provider):
    _, client = open_provider(settings={"plan": "free"})
    assert client("GET", f"{ORG}/audit-log").status_code == 404
    assert client("GET", ORG).json()["plan"]["name"] == "free"


def test_installation_tokens_expire_and_narrow(open_provider):
    provider, _ = open_provider(settings={"app_permissions": "members:read metadata:read contents:read"})
    now = int(time.time())

    def signed(**claims):
        return jwt.encode({"iat": now - 60, "exp": now + 540, "iss": "424242"} | claims, provider.private_key, "RS256")

    path = "/app/installations/25381/access_tokens"
    app = Client(provider, signed())
    answer = app("POST", path)
    assert answer.status_code == 201
    assert answer.json()["permissions"] == {"members": "read", "metadata": "read", "contents": "read"}
    client = Client(provider, answer.json()["token"])
    assert client("GET", f"{ORG}/members").status_code == 200
    refused = client("GET", f"{ORG}/personal-access-tokens")
    assert refused.status_code == 403
    assert refused.headers["x-accepted-github-permissions"] == "organization_personal_access_tokens=read"
    assert client("GET", "/user").status_code == 403
    provider.faults.plan("GET /orgs/{org}/members", "expired-token")
    assert client("GET", f"{ORG}/members").status_code == 401
    assert client("GET", f"{ORG}/teams").status_code == 401
    for wrong in (signed(exp=now - 10), signed(exp=now + 3600), signed(iss="1"), "x"):
        bad = Client(provider, wrong)
        assert bad("POST", path).status_code == 401
        bad.http.close()
    client.http.close()
    app.http.close()


def test_selected_repositories_hide_the_others(open_provider):
    provider, client = open_provider(settings={"app_repositories": "selected"})
    now = int(time.time())
    claims = {"iat": now, "exp": now + 300, "iss": "424242"}
    client.http.headers["authorization"] = f"Bearer {jwt.encode(claims, provider.private_key, 'RS256')}"
    minted = client("POST", "/app/installations/25381/access_tokens").json()
    assert minted["repository_selection"] == "selected"
    client.http.headers["authorization"] = f"Bearer {minted['token']}"
    listed = {row["name"] for row in client("GET", f"{ORG}/repos?per_page=100").json()}
    assert len(listed) == 6
    assert client("GET", "/repos/larkspur/payroll").status_code == 404


def test_oauth_with_pkce(github):
    provider, client = github
    verifier = "v" * 60
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": provider.client_id, "redirect_uri": "http://127.0.0.1:5555/callback", "scope": "repo read:org",
        "state": "abc", "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    page, exchange = (f"{provider.urls['oauth']}/login/oauth/{p}" for p in ("authorize", "access_token"))

    def code():
        sent = httpx.get(page, params=asked)
        assert sent.status_code == 302
        back = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
        assert back["state"] == "abc"
        return back["code"]

    form = {
        "client_id": provider.client_id, "client_secret": provider.client_secret, "code": code(),
        "redirect_uri": asked["redirect_uri"], "code_verifier": verifier,
    }  # fmt: skip
    accept = {"accept": "application/json"}
    wrong = httpx.post(exchange, data=form | {"code_verifier": "no"}, headers=accept)
    assert (wrong.status_code, wrong.json()["error"]) == (200, "bad_verification_code")
    assert httpx.post(exchange, data=form, headers=accept).json()["error"] == "bad_verification_code"
    granted = httpx.post(exchange, data=form | {"code": code()}, headers=accept).json()
    assert granted["scope"] == "read:org,repo"
    client.http.headers["authorization"] = f"Bearer {granted['access_token']}"
    assert client("GET", ORG).headers["x-oauth-scopes"] == "read:org, repo"
    basic = (provider.client_id, provider.client_secret)
    body = {"access_token": granted["access_token"]}
    check = httpx.post(f"{provider.api_url}/applications/{provider.client_id}/token", json=body, auth=basic)
    assert check.json()["scopes"] == ["read:org", "repo"]
    bad = httpx.post(exchange, data=form | {"client_secret": "x"}, headers=accept)
    assert bad.json()["error"] == "incorrect_client_credentials"


def test_device_flow(open_provider):
    provider, _ = open_provider(settings={"device_interval": "0"})
    base, accept = provider.urls["oauth"], {"accept": "application/json"}
    began = httpx.post(f"{base}/login/device/code", data={"client_id": provider.client_id}, headers=accept).json()
    assert began["expires_in"] == 900
    poll = {
        "client_id": provider.client_id, "device_code": began["device_code"],
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
    }  # fmt: skip
    url = f"{base}/login/oauth/access_token"
    assert httpx.post(url, data=poll, headers=accept).json()["error"] == "authorization_pending"
    assert httpx.post(url, data=poll, headers=accept).json()["token_type"] == "bearer"
    assert httpx.post(url, data=poll, headers=accept).json()["error"] == "incorrect_device_code"


def test_archives_take_no_credential(github):
    provider, client = github
    sent = client("GET", "/repos/larkspur/payroll/tarball/main")
    location = sent.headers["location"]
    assert sent.status_code == 302
    assert not location.startswith(provider.api_url)
    assert httpx.get(location).status_code == 200
    assert httpx.get(location, headers={"authorization": f"Bearer {provider.pat}"}).status_code == 400


def test_actions_show_in_the_audit_log(github):
    _, client = github
    client("PATCH", "/repos/larkspur/website", json={"visibility": "private"})
    (event,) = client("GET", f"{ORG}/audit-log?phrase=action:repo.access&order=desc&per_page=1").json()
    assert (event["visibility"], event["previous_visibility"]) == ("private", "public")
    assert event["actor"] == WORLD.person(0).login


def test_archived_repositories_are_read_only(github):
    _, client = github
    repo = "/repos/larkspur/partner-portal"
    login = WORLD.person(LEAVER).login
    assert client("PATCH", repo, json={"archived": True}).json()["archived"] is True
    assert client("PUT", f"{repo}/collaborators/{login}").status_code == 403
    assert client("PATCH", repo, json={"visibility": "public"}).status_code == 403
    assert client("PATCH", repo, json={"archived": False}).json()["archived"] is False


def test_truncated_trees(open_provider):
    _, client = open_provider(settings={"tree_cap": "5"})
    tree = client("GET", "/repos/larkspur/payroll/git/trees/main?recursive=1").json()
    assert tree["truncated"] is True
    assert len(tree["tree"]) == 5
    whole = client("GET", "/repos/larkspur/payroll/git/trees/main").json()
    assert whole["truncated"] is False


def test_tree_ids_are_gits_own(github):
    _, client = github
    tree = client("GET", "/repos/larkspur/workshop/git/trees/main").json()
    rows = sorted(tree["tree"], key=lambda r: (r["path"] + ("/" if r["type"] == "tree" else "")).encode())
    body = b"".join(f"{r['mode'].lstrip('0')} {r['path']}\0".encode() + bytes.fromhex(r["sha"]) for r in rows)
    assert tree["sha"] == hashlib.sha1(b"tree %d\0" % len(body) + body).hexdigest()
    assert {r["type"] for r in client("GET", "/repos/larkspur/workshop/git/trees/main?recursive=1").json()["tree"]} == {
        "blob", "tree", "commit",
    }  # fmt: skip


def test_managed_users_are_suspended_by_scim(open_provider):
    provider, client = open_provider(variant="emu")
    base = f"/scim/v2/enterprises/{provider.enterprise}/Users"
    listed = client("GET", f"{base}?count=100").json()
    assert listed["totalResults"] == len(provider.company.members())
    ident = provider.scim_id(LEAVER)
    assert client("GET", f"{base}/{ident}").json()["userName"] == WORLD.person(LEAVER).email
    schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    body = {"schemas": [schema], "Operations": [{"op": "replace", "value": {"active": False}}]}
    assert client("PATCH", f"{base}/{ident}", json=body).json()["active"] is False
    assert client("GET", f"{base}/{ident}").json()["userName"] != WORLD.person(LEAVER).email
    assert client("GET", f"{base}/{provider.scim_id(SUSPENDED)}").json()["active"] is False


def test_an_enterprise_server(open_provider):
    provider, client = open_provider(variant="ghes")
    assert provider.api_url.endswith("/api/v3")
    assert client("GET", "/meta").json()["installed_version"] == "3.19.1"
    login = WORLD.person(LEAVER).login
    assert client("PUT", f"/users/{login}/suspended").status_code == 204
    assert "suspended_at" in client("GET", f"/users/{login}").json()
    assert client("DELETE", f"/users/{login}/suspended").status_code == 204
    graphql = provider.credentials()["token"].fields["graphql_url"] + "/graphql"
    query = {"query": "query($o:String!){organization(login:$o){membersWithRole(first:1){pageInfo{endCursor}}}}"}
    auth = {"authorization": f"Bearer {provider.pat}"}
    answer = httpx.post(graphql, json=query | {"variables": {"o": "larkspur"}}, headers=auth)
    assert "membersWithRole" in answer.json()["data"]["organization"]
    assert httpx.get(f"{provider.urls['api']}/user", headers=auth).status_code == 404
