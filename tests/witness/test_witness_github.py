"""PyGithub, and its requester where it has no method, against the simulated GitHub."""

from __future__ import annotations

import base64
import urllib.parse
import urllib.request

import pytest

from casb_cli.sandbox.facts import (
    EXTERNAL_PLACE,
    LEAVER,
    OWNER,
    PENDING_PLACE,
    PERSONAL_PLACE,
    PLAIN_PLACE,
    PUBLIC_PLACE,
    RENAMED_PLACE,
)
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World

pygithub = pytest.importorskip("github", reason="PyGithub is not installed")

ORG = "larkspur"
SIMPLE_USER = {
    "login": str, "id": int, "node_id": str, "avatar_url": str, "url": str, "html_url": str, "type": str,
    "site_admin": bool, "followers_url": str, "gists_url": str, "repos_url": str, "events_url": str,
}  # fmt: skip
"""Required fields of `simple-user` in GitHub's OpenAPI description."""
CREDENTIAL = {
    "login": str, "credential_id": int, "credential_type": str, "credential_authorized_at": str,
    "credential_accessed_at": str, "authorized_credential_id": int,
}  # fmt: skip
PAT_GRANT = {
    "id": int, "owner": dict, "repository_selection": str, "repositories_url": str, "permissions": dict,
    "token_id": int, "token_name": str, "token_expired": bool, "token_last_used_at": str,
}  # fmt: skip


def holds(row, shape):
    for name, kind in shape.items():
        assert name in row, name
        assert isinstance(row[name], kind), (name, row[name])


@pytest.fixture(scope="module")
def world():
    return World(seed=3)


@pytest.fixture(scope="module")
def running(world):
    with serve(build(["github"], world)) as running:
        yield running


@pytest.fixture
def provider(running):
    provider = running.provider("github")
    provider.reset()
    return provider


@pytest.fixture
def sdk(provider):
    client = pygithub.Github(
        base_url=provider.api_url, auth=pygithub.Auth.Token(provider.pat), per_page=7, retry=None,
        seconds_between_requests=None, seconds_between_writes=None,
    )  # fmt: skip
    yield client
    client.close()


@pytest.fixture
def app_sdk(provider):
    auth = pygithub.Auth.AppAuth(424242, provider.private_key)
    client = pygithub.GithubIntegration(base_url=provider.api_url, auth=auth, retry=None)
    yield client
    client.close()


@pytest.fixture
def installed(provider, app_sdk):
    token = app_sdk.get_access_token(app_sdk.get_org_installation(ORG).id).token
    client = pygithub.Github(
        base_url=provider.api_url, auth=pygithub.Auth.Token(token), retry=None, seconds_between_requests=None,
        seconds_between_writes=None,
    )  # fmt: skip
    yield client
    client.close()


def ask(sdk, verb, path, **body):
    """Make a call that PyGithub has no method for, through its own requester."""
    return sdk.requester.requestJsonAndCheck(verb, path, input=body or None)[1]


@pytest.fixture
def org(sdk):
    return sdk.get_organization(ORG)


@pytest.fixture
def repo(sdk):
    def get(provider, place):
        return sdk.get_repo(f"{ORG}/{provider.company.library.place(place).name}")

    return get


def test_who_am_i(witness, provider, sdk, org, world):
    assert sdk.get_user().login == world.person(OWNER).login
    assert org.plan.name == "enterprise"
    assert org.default_repository_permission == "read"
    assert sdk.oauth_scopes
    assert "admin:org" in sdk.oauth_scopes
    assert sdk.get_rate_limit().resources.core.limit == 15000
    assert sdk.get_user(world.person(LEAVER).login).id == 1_000_001 + LEAVER
    witness(provider, "GET /user", "GET /orgs/{org}", "GET /rate_limit", "GET /users/{username}")


def test_members(witness, provider, org, world):
    active = {world.person(i).login for i in world.employees("github") if world.person(i).status != "invited"}
    assert [m.login for m in org.get_members()] == sorted(active, key=provider.company.by_login)
    admins = {m.login for m in org.get_members(role="admin")}
    assert admins == {world.person(i).login for i in range(4) if world.person(i).is_admin}
    outside = {w.login for w in org.get_outside_collaborators()}
    assert outside == {a["login"] for a in provider.truth.accounts().values() if a["external"]}
    invited = {i.email for i in org.invitations()}
    assert invited == {world.person(i).email for i in world.employees("github") if world.person(i).status == "invited"}
    witness(
        provider, "GET /orgs/{org}/members", "GET /orgs/{org}/outside_collaborators",
        "GET /orgs/{org}/invitations",
    )  # fmt: skip


def test_teams(witness, provider, org, world):
    teams = {team.slug: team for team in org.get_teams()}
    assert set(teams) == {world.group(g).slug for g in range(world.groups)}
    assert teams["platform"].parent.slug == "engineering"
    direct = {world.person(i).login for i, _ in world.group_members(3) if provider.company.is_member(i)}
    assert {m.login for m in teams["finance"].get_members()} == direct
    assert "payroll" in {r.name for r in teams["finance"].get_repos()}
    assert org.get_team_by_slug("finance").id == teams["finance"].id
    witness(
        provider, "GET /orgs/{org}/teams", "GET /orgs/{org}/teams/{team_slug}/members",
        "GET /orgs/{org}/teams/{team_slug}/repos", "GET /orgs/{org}/teams/{team_slug}",
    )  # fmt: skip


def test_organization_roles(witness, provider, sdk):
    roles = ask(sdk, "GET", f"/orgs/{ORG}/organization-roles")
    assert roles["total_count"] == len(roles["roles"])
    manager = next(role for role in roles["roles"] if role["name"] == "security_manager")
    base = f"/orgs/{ORG}/organization-roles/{manager['id']}"
    (user,) = ask(sdk, "GET", f"{base}/users")
    holds(user, SIMPLE_USER | {"assignment": str, "inherited_from": list})
    (team,) = ask(sdk, "GET", f"{base}/teams")
    assert (team["slug"], team["assignment"]) == ("security", "direct")
    own = ask(sdk, "GET", f"/orgs/{ORG}/custom-repository-roles")
    assert own["total_count"] == len(own["custom_roles"])
    witness(
        provider, "GET /orgs/{org}/custom-repository-roles",
        "GET /orgs/{org}/organization-roles", "GET /orgs/{org}/organization-roles/{role_id}/users",
        "GET /orgs/{org}/organization-roles/{role_id}/teams",
    )  # fmt: skip


def test_leaving_and_returning(witness, provider, sdk, org, world):
    leaver = sdk.get_user(world.person(LEAVER).login)
    membership = leaver.get_organization_membership(ORG)
    assert (membership.state, membership.role) == ("active", "member")
    org.remove_from_membership(leaver)
    assert not org.has_in_members(leaver)
    org.add_to_members(leaver, role="member")
    assert leaver.get_organization_membership(ORG).state == "pending"
    provider.accept(leaver.login)
    assert org.has_in_members(leaver)
    org.convert_to_outside_collaborator(leaver)
    assert leaver.login in {p.login for p in org.get_outside_collaborators()}
    org.remove_outside_collaborator(leaver)
    assert leaver.login not in {p.login for p in org.get_outside_collaborators()}
    org.invite_user(email="new@larkspur.example")
    assert "new@larkspur.example" in {i.email for i in org.invitations()}
    witness(
        provider, "GET /orgs/{org}/memberships/{username}", "DELETE /orgs/{org}/memberships/{username}",
        "PUT /orgs/{org}/memberships/{username}", "PUT /orgs/{org}/outside_collaborators/{username}",
        "DELETE /orgs/{org}/outside_collaborators/{username}", "POST /orgs/{org}/invitations",
    )  # fmt: skip


def test_last_owner_stays(sdk, org, world):
    for index in (1, 2, 3):
        org.remove_from_members(sdk.get_user(world.person(index).login))
    with pytest.raises(pygithub.GithubException) as refused:
        org.remove_from_members(sdk.get_user(world.person(OWNER).login))
    assert refused.value.status == 403


def test_repositories(witness, provider, org, repo, world):
    found = {r.name: r.visibility for r in org.get_repos()}
    assert len(found) == world.places
    assert found["website"] == "public"
    assert found["handbook"] == "internal"
    assert found["payroll"] == "private"
    website = repo(provider, PUBLIC_PLACE)
    website.edit(visibility="private")
    assert repo(provider, PUBLIC_PLACE).private
    made = org.create_repo("casb-quarantine", private=True, auto_init=True)
    assert made.visibility == "private"
    assert made.get_contents("README.md").decoded_content == b"# casb-quarantine\n"
    witness(
        provider, "GET /orgs/{org}/repos", "GET /repos/{owner}/{repo}", "PATCH /repos/{owner}/{repo}",
        "POST /orgs/{org}/repos",
    )  # fmt: skip


def test_renamed_repository_redirects(sdk, provider):
    place = provider.company.library.place(RENAMED_PLACE)
    assert sdk.get_repo(f"{ORG}/{place.former_name}").name == place.name


def test_collaborators(witness, provider, sdk, repo, world):
    portal = repo(provider, EXTERNAL_PLACE)
    outside = {c.login: c.role_name for c in portal.get_collaborators(affiliation="outside")}
    externals = provider.company.library.place(EXTERNAL_PLACE).externals
    assert outside == {world.person(i).login: "write" for i in externals}
    gone, stays = sorted(outside)
    portal.remove_from_collaborators(gone)
    assert {c.login for c in portal.get_collaborators(affiliation="outside")} == {stays}
    invitation = portal.add_to_collaborators(gone, permission="pull")
    assert [i.invitee.login for i in portal.get_pending_invitations()] == [gone]
    portal.remove_invitation(invitation.id)
    assert not list(portal.get_pending_invitations())
    assert portal.get_collaborator_permission(stays) == "write"
    tender = repo(provider, PENDING_PLACE)
    assert [i.permissions for i in tender.get_pending_invitations()] == ["read"]
    witness(
        provider, "GET /repos/{owner}/{repo}/collaborators",
        "PUT /repos/{owner}/{repo}/collaborators/{username}",
        "DELETE /repos/{owner}/{repo}/collaborators/{username}", "GET /repos/{owner}/{repo}/invitations",
        "DELETE /repos/{owner}/{repo}/invitations/{invitation_id}",
        "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
    )  # fmt: skip


def test_teams_of_a_repository(witness, provider, org, repo):
    payroll = repo(provider, PERSONAL_PLACE)
    assert [t.slug for t in payroll.get_teams()] == ["finance"]
    finance = org.get_team_by_slug("finance")
    path = f"/orgs/{ORG}/teams/finance/repos/{payroll.full_name}"
    ask(payroll, "DELETE", path)
    assert not list(payroll.get_teams())
    ask(payroll, "PUT", path, permission="push")
    assert [(t.slug, t.permission) for t in payroll.get_teams()] == [("finance", "push")]
    assert payroll.name in {r.name for r in finance.get_repos()}
    witness(
        provider, "GET /repos/{owner}/{repo}/teams",
        "DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",
        "PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",
    )  # fmt: skip


def test_keys_and_pages(witness, provider, sdk, repo):
    website = repo(provider, PUBLIC_PLACE)
    (key,) = website.get_keys()
    assert (key.title, key.read_only) == ("build machine", True)
    key.delete()
    assert not list(website.get_keys())
    made = website.create_key("again", key.key, read_only=True)
    assert website.get_key(made.id).title == "again"
    path = f"/repos/{website.full_name}/pages"
    assert ask(sdk, "GET", path)["public"] is True
    ask(sdk, "DELETE", path)
    with pytest.raises(pygithub.UnknownObjectException):
        ask(sdk, "GET", path)
    assert ask(sdk, "POST", path, source={"branch": "main"})["status"] == "built"
    witness(
        provider, "GET /repos/{owner}/{repo}/keys", "POST /repos/{owner}/{repo}/keys",
        "DELETE /repos/{owner}/{repo}/keys/{key_id}", "GET /repos/{owner}/{repo}/pages",
        "DELETE /repos/{owner}/{repo}/pages", "POST /repos/{owner}/{repo}/pages",
        "GET /repos/{owner}/{repo}/keys/{key_id}",
    )  # fmt: skip


def test_trees_and_blobs(witness, provider, sdk, repo):
    payroll, library = repo(provider, PERSONAL_PLACE), provider.company.library
    branches = {b.name: b.commit.sha for b in payroll.get_branches()}
    assert "main" in branches
    tree = payroll.get_git_tree("main", recursive=True)
    files = {e.path: e for e in tree.tree if e.type == "blob"}
    expected = {library.entry(i).path: i for i in library.place(PERSONAL_PLACE).files}
    assert set(files) == set(expected)
    path, index = next(iter(expected.items()))
    blob = payroll.get_git_blob(files[path].sha)
    assert base64.b64decode(blob.content) == library.content(index)
    assert files[path].size == len(library.content(index))
    shallow = payroll.get_git_tree(branches["main"])
    folder = next(e for e in shallow.tree if e.type == "tree")
    inner = {f"{folder.path}/{e.path}" for e in payroll.get_git_tree(folder.sha).tree if e.type == "blob"}
    assert inner <= set(files)
    assert payroll.get_branch("main").commit.sha == branches["main"]
    assert payroll.get_commits(path=path)[0].commit.committer.date
    witness(
        provider, "GET /repos/{owner}/{repo}/branches", "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
        "GET /repos/{owner}/{repo}/git/blobs/{file_sha}", "GET /repos/{owner}/{repo}/commits",
    )  # fmt: skip


def test_contents(witness, provider, repo):
    workshop = repo(provider, PLAIN_PLACE)
    index = provider.company.library.place(PLAIN_PLACE).first
    path = provider.company.library.entry(index).path
    before = workshop.get_contents(path)
    assert before.decoded_content == provider.company.library.content(index)
    done = workshop.update_file(path, "tombstone", b"moved\n", before.sha)
    assert workshop.get_contents(path).sha == done["content"].sha
    with pytest.raises(pygithub.GithubException) as stale:
        workshop.update_file(path, "again", b"x", before.sha)
    assert stale.value.status == 409
    workshop.delete_file(path, "gone", done["content"].sha)
    with pytest.raises(pygithub.UnknownObjectException):
        workshop.get_contents(path)
    workshop.create_file(path, "back", base64.b64decode(before.content))
    assert workshop.get_contents(path).sha == before.sha
    witness(
        provider, "GET /repos/{owner}/{repo}/contents/{path}", "PUT /repos/{owner}/{repo}/contents/{path}",
        "DELETE /repos/{owner}/{repo}/contents/{path}",
    )  # fmt: skip


def test_several_files_in_one_commit(witness, provider, repo):
    workshop = repo(provider, PLAIN_PLACE)
    ref = workshop.get_git_ref("heads/main")
    base = workshop.get_git_commit(ref.object.sha)
    blob = workshop.create_git_blob("hello", "utf-8")
    element = pygithub.InputGitTreeElement("new/hello.txt", "100644", "blob", sha=blob.sha)
    tree = workshop.create_git_tree([element], base.tree)
    commit = workshop.create_git_commit("one commit", tree, [base])
    ref.edit(commit.sha)
    assert workshop.get_contents("new/hello.txt").decoded_content == b"hello"
    assert workshop.compare(base.sha, commit.sha).files[0].filename == "new/hello.txt"
    witness(
        provider, "POST /repos/{owner}/{repo}/git/blobs", "POST /repos/{owner}/{repo}/git/trees",
        "POST /repos/{owner}/{repo}/git/commits", "PATCH /repos/{owner}/{repo}/git/refs/{ref}",
        "GET /repos/{owner}/{repo}/git/commits/{commit_sha}", "GET /repos/{owner}/{repo}/git/ref/{ref}",
        "GET /repos/{owner}/{repo}/compare/{basehead}",
    )  # fmt: skip


def test_archive(witness, provider, repo):
    import io
    import tarfile

    payroll, library = repo(provider, PERSONAL_PLACE), provider.company.library
    link = payroll.get_archive_link("tarball", "main")
    assert link.startswith(provider.urls["oauth"])
    with urllib.request.urlopen(link) as answer:
        data = answer.read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = {m.name.split("/", 1)[1] for m in archive.getmembers()}
    assert names == {library.entry(i).path for i in library.place(PERSONAL_PLACE).files}
    witness(provider, "GET /repos/{owner}/{repo}/tarball/{ref}")


def test_audit_log(witness, provider, sdk, world):
    seen, path = [], f"/orgs/{ORG}/audit-log?include=all&order=asc&per_page=50"
    while path:
        headers, rows = sdk.requester.requestJsonAndCheck("GET", path)
        seen += rows
        links = headers.get("link", "")
        target = links.split(";")[0].strip("<>") if 'rel="next"' in links else ""
        path = target.replace(provider.api_url, "")
    assert [row["_document_id"] for row in seen] == [e["id"] for e in provider.truth.activity()]
    times = [row["@timestamp"] for row in seen]
    assert times == sorted(times)
    assert times[-1] == int(world.now.timestamp() * 1000)
    witness(provider, "GET /orgs/{org}/audit-log")


def test_secret_scanning(witness, provider, org, repo):
    alerts = list(org.get_secret_scanning_alerts(state="open", hide_secret=True))
    kinds = {"github-token", "aws-access-key", "slack-token"}
    planted = [(r, p) for r, p, found in provider.truth.findings() if found.detector in kinds]
    assert sorted(a.repository.full_name for a in alerts) == sorted(r for r, _ in planted)
    one = alerts[0]
    single = one.repository.get_secret_scanning_alert(one.number)
    assert single.state == "open"
    path = f"/repos/{one.repository.full_name}/secret-scanning/alerts/{one.number}/locations"
    (place,) = ask(org, "GET", path)
    assert place["type"] == "commit"
    assert (one.repository.full_name, place["details"]["path"]) in planted
    witness(
        provider, "GET /orgs/{org}/secret-scanning/alerts",
        "GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}/locations",
        "GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}",
    )  # fmt: skip


def test_app_and_installations(witness, provider, app_sdk, installed, org):
    own = app_sdk.get_org_installation(ORG)
    assert own.permissions["contents"] == "write"
    assert app_sdk.get_app().slug == "casb"
    assert {i.app_slug for i in org.get_installations()} == {"casb", "ci-runner", "chat-bridge"}
    assert installed.get_organization(ORG).login == ORG
    witness(
        provider, "GET /orgs/{org}/installation", "GET /orgs/{org}/installations", "GET /app",
        "POST /app/installations/{installation_id}/access_tokens",
    )  # fmt: skip


def test_fine_grained_tokens(witness, provider, installed):
    base = f"/orgs/{ORG}/personal-access-tokens"
    grants = ask(installed, "GET", base)
    assert [g["token_name"] for g in grants] == ["ci", "nightly", "[bold]odd"]
    holds(grants[0], PAT_GRANT | {"access_granted_at": str})
    ask(installed, "POST", f"{base}/{grants[0]['id']}", action="revoke")
    assert [g["id"] for g in ask(installed, "GET", base)] == [g["id"] for g in grants[1:]]
    requests = f"/orgs/{ORG}/personal-access-token-requests"
    (asked,) = ask(installed, "GET", requests)
    holds(asked, PAT_GRANT | {"reason": str, "created_at": str})
    ask(installed, "POST", f"{requests}/{asked['id']}", action="deny", reason="no")
    assert ask(installed, "GET", requests) == []
    witness(
        provider, "GET /orgs/{org}/personal-access-tokens", "POST /orgs/{org}/personal-access-tokens/{pat_id}",
        "GET /orgs/{org}/personal-access-token-requests",
        "POST /orgs/{org}/personal-access-token-requests/{pat_request_id}",
    )  # fmt: skip


def test_fine_grained_tokens_are_for_apps_only(provider, sdk):
    with pytest.raises(pygithub.GithubException) as refused:
        ask(sdk, "GET", f"/orgs/{ORG}/personal-access-tokens")
    assert refused.value.status == 403


def test_credential_authorizations(witness, provider, sdk, world):
    base, leaver = f"/orgs/{ORG}/credential-authorizations", world.person(LEAVER).login
    rows = ask(sdk, "GET", base)
    for row in rows:
        holds(row, CREDENTIAL)
    own = [row for row in rows if row["login"] == leaver]
    assert {row["credential_type"] for row in own} == {"personal access token", "SSH key", "OAuth app token"}
    ask(sdk, "DELETE", f"{base}/{own[0]['credential_id']}")
    assert own[0]["credential_id"] not in {row["credential_id"] for row in ask(sdk, "GET", base)}
    assert "message" in ask(sdk, "POST", f"{base}/{leaver}/revoke")
    assert leaver not in {row["login"] for row in ask(sdk, "GET", base)}
    witness(
        provider, "GET /orgs/{org}/credential-authorizations",
        "DELETE /orgs/{org}/credential-authorizations/{credential_id}",
        "POST /orgs/{org}/credential-authorizations/{username}/revoke",
    )  # fmt: skip


def test_graphql(witness, provider, sdk, world):
    query = (
        "query($o:String!,$c:String){organization(login:$o){membersWithRole(first:100,after:$c){pageInfo"
        "{hasNextPage endCursor} edges{role hasTwoFactorEnabled node{databaseId login name email createdAt}}}}}"
    )
    _, data = sdk.requester.graphql_query(query, {"o": ORG, "c": None})
    members = data["data"]["organization"]["membersWithRole"]
    assert members["pageInfo"]["hasNextPage"] is False
    roles = {edge["node"]["login"]: edge["role"] for edge in members["edges"]}
    assert {login for login, role in roles.items() if role == "ADMIN"} == provider.truth.owners()
    assert len(roles) == sum(not a["external"] for a in provider.truth.accounts().values())
    witness(provider, "POST /graphql")


def test_leaked_token(witness, provider, sdk):
    anonymous = pygithub.Github(base_url=provider.api_url, retry=None, seconds_between_writes=None)
    ask(anonymous, "POST", "/credentials/revoke", credentials=[provider.reader_pat])
    dead = pygithub.Github(base_url=provider.api_url, auth=pygithub.Auth.Token(provider.reader_pat), retry=None)
    with pytest.raises(pygithub.BadCredentialsException):
        _ = dead.get_user().login
    with pytest.raises(pygithub.GithubException) as refused:
        ask(sdk, "POST", "/credentials/revoke", credentials=["x"])
    assert refused.value.status == 403
    anonymous.close()
    dead.close()
    witness(provider, "POST /credentials/revoke")


def test_oauth(witness, provider):
    client = pygithub.Github(base_url=provider.api_url, retry=None)
    app = client.get_oauth_application(provider.client_id, provider.client_secret)
    app.requester._Requester__base_url = provider.api_url
    url = app.get_login_url(redirect_uri="http://127.0.0.1:9/callback", state="s1")
    query = urllib.parse.urlsplit(url).query + "&scope=read:org"
    opener = urllib.request.build_opener(_Stop)
    with pytest.raises(urllib.error.HTTPError) as sent:
        opener.open(f"{provider.urls['oauth']}/login/oauth/authorize?{query}")
    back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sent.value.headers["location"]).query))
    sent.value.close()
    assert back["state"] == "s1"
    assert provider.called("GET /login/oauth/authorize")[-1].status == 302
    client.close()
    assert len(back["code"]) == 20


class _Stop(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs):
        return None
