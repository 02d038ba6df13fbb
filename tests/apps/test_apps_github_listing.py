"""What GitHub leaves out, shortens or hides is said; what it moves is followed."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from github_scripted import github, repo, rows, user

from casb_cli.apps.github import activity as activity_module
from casb_cli.core import clock
from casb_cli.core.capabilities import Unscannable, Window
from casb_cli.core.errors import CursorExpired, NotPermitted, ObjectMissing, RequestRefused
from casb_cli.core.models import ROOT, File

LOG = "GET /orgs/{org}/audit-log"
REPOS = "GET /orgs/{org}/repos"
TREE = "GET /repos/{owner}/{repo}/git/trees/{tree_sha}"
OUTSIDERS = "GET /repos/{owner}/{repo}/collaborators"


def event(millis, id_, action="repo.access"):
    return {"@timestamp": millis, "_document_id": id_, "action": action}


def read_log(connector, cursor=None, window=None):
    pages = list(connector.list_activity(ROOT, cursor, window or Window()))
    notices = [notice for page in pages for notice in page.notices]
    return [row.id for page in pages for row in page.items], pages[-1].cursor, notices


@pytest.fixture
def november(monkeypatch):
    """A moment soon after the events that these tests tell: a log is kept for 180 days."""
    monkeypatch.setattr("casb_cli.core.clock.now", lambda: clock.parse("2026-11-21T00:00:00Z"))


def phrase(connector):
    return connector.client.sent[-1].query.get("phrase")


def test_a_list_shortened_by_single_sign_on_is_no_list():
    connector = github()
    connector.client.on["GET /orgs/{org}/teams"] = (
        200,
        {"x-github-sso": "partial-results; organizations=21955855,20582480"},
        [{"id": 1, "slug": "a"}],
    )
    with pytest.raises(NotPermitted, match="single sign-on"):
        rows(connector.list_groups)


@pytest.mark.usefixtures("november")
def test_the_audit_log_goes_on_ten_minutes_before_the_newest_event():
    connector = github()
    newest = int(clock.parse("2026-11-20T12:00:00Z").timestamp() * 1000)
    connector.client.on[LOG] = [event(newest - 60_000, "a"), event(newest, "b")]
    ids, cursor, _ = read_log(connector)
    assert ids == ["a", "b"]
    connector.client.on[LOG] = []
    read_log(connector, cursor)
    assert phrase(connector) == "created:>=2026-11-20T11:50:00Z"


@pytest.mark.usefixtures("november")
def test_an_empty_audit_log_is_read_again_from_the_same_time():
    connector = github()
    connector.client.on[LOG] = []
    _, cursor, _ = read_log(connector, window=Window(since="2026-11-01T00:00:00Z"))
    read_log(connector, cursor)
    assert phrase(connector) == "created:>=2026-10-31T23:50:00Z"


@pytest.mark.usefixtures("november")
def test_a_run_killed_between_two_pages_goes_on_and_keeps_the_newest_time():
    connector = github()
    newest = int(clock.parse("2026-11-20T12:00:00Z").timestamp() * 1000)
    connector.client.on[LOG] = lambda call: (
        [] if call.url else (200, {"link": '<https://api.github.com/x?after=1>; rel="next"'}, [event(newest, "a")])
    )
    first = next(connector.list_activity(ROOT, None, Window()))
    ids, cursor, _ = read_log(connector, first.cursor)
    assert ids == []
    connector.client.on[LOG] = []
    read_log(connector, cursor)
    assert phrase(connector) == "created:>=2026-11-20T11:50:00Z"


def test_a_page_link_that_is_too_old_is_left_for_the_newest_time():
    connector = github()
    newest = int(clock.now().timestamp() * 1000)
    connector.client.on[LOG] = lambda call: (
        RequestRefused("bad cursor", call=LOG, status=422) if call.url else [event(newest, "b")]
    )
    cursor = json.dumps({"newest": newest, "read": newest, "link": "https://api.github.com/x?after=1"})
    assert read_log(connector, cursor)[0] == ["b"]


@pytest.mark.parametrize(("days", "words"), [(1, None), (8, "git events"), (181, "events from")])
def test_what_the_log_forgot_before_it_was_read_is_a_gap_with_its_dates(days, words):
    connector = github()
    connector.client.on[LOG] = []
    before = int((clock.now() - timedelta(days=days)).timestamp() * 1000)
    _, _, notices = read_log(connector, json.dumps({"newest": before, "read": before}))
    assert [notice.code for notice in notices] == ([] if words is None else ["gap"])
    if words:
        assert words in notices[0].about
        assert clock.text(clock.now() - timedelta(days=days))[:10] in notices[0].about


def test_an_unreadable_position_is_expired():
    with pytest.raises(CursorExpired):
        read_log(github(), "newest:0")


def test_a_hidden_audit_log_is_told_apart_from_a_missing_licence():
    with pytest.raises(NotPermitted, match="hidden"):
        read_log(github(plan="enterprise"))
    with pytest.raises(NotPermitted, match="plan is `team`"):
        read_log(github(plan="team"))
    assert activity_module.LICENCE == "GitHub Enterprise Cloud"


def test_lists_that_github_shows_to_apps_only_are_refusals_not_missing_objects():
    connector = github()
    for part in connector.list_grants(ROOT, None).__next__().more:
        with pytest.raises(NotPermitted):
            rows(connector.list_grants, part)


def test_secret_scanning_that_is_off_is_a_refusal_of_its_call():
    with pytest.raises(NotPermitted) as caught:
        rows(github().list_findings)
    assert caught.value.call == "GET /orgs/{org}/secret-scanning/alerts"


def test_alerts_are_asked_for_without_the_secret():
    connector = github()
    connector.client.on["GET /orgs/{org}/secret-scanning/alerts"] = []
    rows(connector.list_findings)
    assert connector.client.sent[0].query["hide_secret"] == "true"


def blob(path, content=b"x", mode="100644"):
    sha = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return {"path": path, "mode": mode, "type": "blob", "sha": sha, "size": len(content)}


def tree(path, sha):
    return {"path": path, "mode": "040000", "type": "tree", "sha": sha}


def test_a_truncated_tree_is_walked_level_by_level():
    connector = github()
    whole = {"truncated": True, "tree": [blob("a/1")]}
    shapes = {
        ("main", True): whole,
        ("main", False): {"tree": [tree("a", "sha-a"), tree("b", "sha-b"), blob("top")]},
        ("sha-a", True): {"tree": [blob("1"), blob("deep/2")]},
        ("sha-b", True): whole,
        ("sha-b", False): {"tree": [tree("c", "sha-c"), blob("3")]},
        ("sha-c", True): {"tree": [blob("4")]},
    }
    connector.client.on = {
        REPOS: [repo()],
        OUTSIDERS: [],
        TREE: lambda call: shapes[call.path["tree_sha"], "recursive" in call.query],
    }
    found, notices = rows(connector.list_files)
    assert sorted(row.id for row in found) == ["7:a/1", "7:a/deep/2", "7:b/3", "7:b/c/4", "7:top"]
    assert notices == []


def test_a_folder_too_large_even_alone_is_said_to_be_shortened():
    connector = github()
    connector.client.on = {REPOS: [repo()], OUTSIDERS: [], TREE: {"truncated": True, "tree": [blob("1")]}}
    _, notices = rows(connector.list_files)
    assert [notice.effect for notice in notices] == ["hidden"]


def test_an_empty_repository_has_no_files_and_a_submodule_is_none():
    connector = github()
    connector.client.on = {
        REPOS: [repo(), repo(8, "empty"), repo(9, "new", default_branch=None)],
        OUTSIDERS: [],
        TREE: lambda call: (
            (409, {}, {"message": "Git Repository is empty."})
            if call.path["repo"] == "empty"
            else {"tree": [blob("a"), {"path": "sub", "mode": "160000", "type": "commit", "sha": "s"}]}
        ),
    }
    assert [row.id for row in rows(connector.list_files)[0]] == ["7:a"]


@pytest.mark.parametrize(
    ("visibility", "outsiders", "level"),
    [("public", [], "public"), ("internal", [], "internal"), ("private", [], "private"),
     ("private", [user(9, "ext")], "external")],
)  # fmt: skip
def test_a_file_is_as_open_as_its_repository(visibility, outsiders, level):
    connector = github()
    connector.client.on = {REPOS: [repo(visibility=visibility)], OUTSIDERS: outsiders, TREE: {"tree": [blob("a")]}}
    (row,), _ = rows(connector.list_files)
    assert row.sharing == level


def test_where_collaborators_may_not_be_read_the_level_is_unknown_and_the_files_are_listed():
    connector = github()
    connector.client.on = {
        REPOS: [repo()],
        OUTSIDERS: (403, {}, {"message": "Must have push access"}),
        TREE: {"tree": [blob("a")]},
    }
    (row,), notices = rows(connector.list_files)
    assert row.sharing is None
    assert "sharing" in row.unknown
    assert [notice.effect for notice in notices] == ["degraded"]


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def stored(content, mode="100644"):
    entry = blob("big.bin", content, mode)
    locator = {"repo": "corp/web", "branch": "main", "path": "big.bin", "mode": mode}
    return File(id="7:big.bin", hash=f"git:{entry['sha']}", size=len(content), locator=locator)


def test_an_lfs_pointer_is_not_inspected_as_if_it_were_the_content():
    connector = github()
    connector.client.on["GET /repos/{owner}/{repo}/git/blobs/{file_sha}"] = POINTER
    with pytest.raises(Unscannable) as caught, connector.read_file(stored(POINTER)):
        pass
    assert caught.value.reason == "lfs-pointer"


def test_a_symbolic_link_is_not_followed():
    connector = github()
    with pytest.raises(Unscannable, match="symlink"), connector.read_file(stored(b"../x", "120000")):
        pass
    assert connector.client.sent == []


def test_small_content_is_read_as_it_is():
    connector = github()
    connector.client.on["GET /repos/{owner}/{repo}/git/blobs/{file_sha}"] = b"hello"
    with connector.read_file(stored(b"hello")) as chunks:
        assert b"".join(chunks) == b"hello"


def follow(connector, cursor):
    (page,) = connector.follow_files(ROOT, cursor)
    return page


def test_two_pushes_within_a_second_are_both_listed(monkeypatch):
    monkeypatch.setattr("casb_cli.core.clock.now", lambda: clock.parse("2026-11-02T10:00:01Z"))
    connector = github()
    connector.client.on[REPOS] = [repo(1, "a", pushed_at="2026-11-02T10:00:00Z")]
    start = connector.follow_start()
    once = follow(connector, start)
    assert [part.key for part in once.more] == ["repo:1"], "its second push has the same time"
    monkeypatch.setattr("casb_cli.core.clock.now", lambda: clock.parse("2026-11-02T10:00:30Z"))
    again = follow(connector, once.cursor)
    assert [part.key for part in again.more] == ["repo:1"]
    assert not follow(connector, again.cursor).more


def test_the_age_of_a_push_is_told_by_the_providers_clock(monkeypatch):
    monkeypatch.setattr("casb_cli.core.clock.now", lambda: clock.parse("2026-11-02T12:00:01Z"))
    connector = github()
    connector.client.skew = 7200.0
    connector.client.on[REPOS] = [repo(1, "a", pushed_at="2026-11-02T10:00:00Z")]
    assert follow(connector, connector.follow_start()).more


@pytest.mark.parametrize("unchanged", [False, True])
def test_an_outside_collaborator_who_came_or_went_has_the_files_listed_anew(unchanged):
    connector = github()
    connector.client.on[REPOS] = (200, {"etag": '"1"'}, [repo(1, "a"), repo(2, "b", visibility="public")])
    start = connector.follow_start()
    list(connector.repositories())
    connector.client.on["GET /repos/{owner}/{repo}/collaborators"] = [{"id": 5, "login": "guest"}]
    for name in ("invitations", "keys", "teams"):
        connector.client.on[f"GET /repos/{{owner}}/{{repo}}/{name}"] = []
    for one in ("repo:1", "repo:2"):
        part = connector.repo_partition(connector._repositories[one[5:]], "shares")
        list(connector.list_shares(part, None))
    if unchanged:
        connector.client.on[REPOS] = (304, {}, b"")
    page = follow(connector, start)
    assert [part.key for part in page.more] == ["repo:1"]
    assert not follow(connector, page.cursor).more


def test_the_feed_names_repositories_pushed_renamed_opened_and_gone():
    connector = github()
    connector.client.on[REPOS] = [repo(1, "a"), repo(2, "b"), repo(3, "c"), repo(4, "d")]
    start = connector.follow_start()
    connector.client.on[REPOS] = [
        repo(1, "a", pushed_at="2026-11-02T00:00:00Z"),
        repo(2, "renamed"),
        repo(3, "c", visibility="public"),
    ]
    page = follow(connector, start)
    assert [part.key for part in page.more] == ["repo:1", "repo:2", "repo:3"]
    assert [gone.id for gone in page.items] == ["repo:4"]


def test_an_unchanged_first_page_is_believed_only_for_a_while():
    connector = github()
    many = [repo(n, f"r{n}") for n in range(150)]
    connector.client.on[REPOS] = (200, {"etag": '"1"'}, many)
    start = connector.follow_start()
    connector.client.on[REPOS] = lambda call: (304, {}, b"") if "If-None-Match" in call.headers else many
    assert follow(connector, start).more == ()
    feed = json.loads(start)
    opened = [*many[:-1], repo(149, "r149", visibility="public")]
    connector.client.on[REPOS] = lambda call: (304, {}, b"") if "If-None-Match" in call.headers else opened
    page = follow(connector, json.dumps({**feed, "read": feed["read"] - 601}))
    assert [part.key for part in page.more] == ["repo:149"]


def test_a_renamed_repository_is_found_by_its_id_and_its_namesake_is_not_taken_for_it():
    connector = github()
    connector.client.on["GET /repos/{owner}/{repo}"] = repo(8, "web")
    connector.client.on[REPOS] = [repo(7, "moved"), repo(8, "web")]
    assert connector.name_of({"repo_id": "7", "repo": "corp/web"}) == "corp/moved"
    connector.client.on[REPOS] = [repo(8, "web")]
    connector._repositories.clear()
    with pytest.raises(ObjectMissing):
        connector.name_of({"repo_id": "7", "repo": "corp/web"})


def test_members_whom_github_does_not_show_are_said():
    connector = github()
    node = {"databaseId": 1, "login": "ana"}
    connection = {
        "pageInfo": {"hasNextPage": False},
        "edges": [{"role": "ADMIN", "hasTwoFactorEnabled": None, "node": node}, {"node": None}],
    }
    connector.client.on["POST /graphql"] = {
        "data": {"organization": {"membersWithRole": connection}},
        "errors": [{"type": "FORBIDDEN", "message": "no"}],
    }
    connector.client.on["GET /orgs/{org}/outside_collaborators"] = [user(2, "ext")]
    connector.client.on["GET /orgs/{org}/invitations"] = [{"id": 9, "login": None, "email": "new@corp.test"}]
    found, notices = rows(connector.list_accounts)
    assert {row.id: row.status for row in found} == {"1": "active", "2": "active", "invitation-9": "invited"}
    ana = next(row for row in found if row.id == "1")
    assert ana.mfa is None
    assert "mfa" in ana.unknown
    assert next(row for row in found if row.status == "invited").login is None
    assert [notice.effect for notice in notices] == ["hidden"]
