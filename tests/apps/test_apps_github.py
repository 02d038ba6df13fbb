"""What is peculiar to GitHub: addresses, permissions, what an answer means, git's identities."""

from __future__ import annotations

import hashlib
import io
import tarfile
from contextlib import contextmanager

import pytest

from casb_cli.apps.github import APP, mapping
from casb_cli.apps.github.connector import GitHub
from casb_cli.apps.github.files import blob_id
from casb_cli.apps.github.govern_files import tombstone
from casb_cli.apps.github.rules import classify
from casb_cli.apps.github.scopes import expand
from casb_cli.apps.github.setup import instructions
from casb_cli.apps.github.urls import base_urls, variant_of
from casb_cli.core.capabilities import ABILITIES, check, needs_of
from casb_cli.core.errors import (
    NotPermitted,
    ObjectMissing,
    RequestRefused,
    ScopeMissing,
    SignInNeeded,
    StateConflict,
    Throttled,
    Unavailable,
)
from casb_cli.core.models import File, Tenant
from casb_cli.transport.calls import Call

CALL = Call(name="GET /orgs/{org}/members", path={"org": "corp"})


def test_no_ability_is_silent():
    assert check(GitHub) == []


@pytest.mark.parametrize(
    ("fields", "api", "oauth", "graphql", "variant"),
    [
        ({}, "https://api.github.com", "https://github.com", "https://api.github.com", "github.com"),
        (
            {"host": "acme.ghe.com"},
            "https://api.acme.ghe.com",
            "https://acme.ghe.com",
            "https://api.acme.ghe.com",
            "ghe.com",
        ),
        (
            {"host": "https://github.acme.example/"},
            "https://github.acme.example/api/v3",
            "https://github.acme.example",
            "https://github.acme.example/api",
            "ghes",
        ),
    ],
)
def test_every_form_of_github_has_its_own_addresses(fields, api, oauth, graphql, variant):
    assert base_urls(fields) == {"api": api, "oauth": oauth, "graphql": graphql}
    assert variant_of(fields) == variant


def test_addresses_given_by_hand_win_and_the_graphql_one_may_be_written_in_full():
    urls = base_urls(
        {"host": "ghes.test", "graphql_url": "https://x.test/api/graphql", "api_url": "https://x.test/v3/"}
    )
    assert urls == {"api": "https://x.test/v3", "oauth": "https://ghes.test", "graphql": "https://x.test/api"}


def test_a_granted_parent_implies_its_children():
    # docs.github.com, scopes for OAuth apps
    assert {"write:org", "read:org"} <= expand(frozenset({"admin:org"}))
    assert {"public_repo", "security_events"} <= expand(frozenset({"repo"}))
    assert "members:read" in expand(frozenset({"members:write"}))
    assert "members:write" not in expand(frozenset({"members:read"}))
    assert "read:org" not in expand(frozenset({"repo"}))


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "error"),
    [
        (403, {"retry-after": "30"}, b'{"message":"wait"}', "throttled", Throttled),
        (429, {}, b'{"message":"too many"}', "throttled", Throttled),
        (403, {"x-ratelimit-remaining": "0"}, b'{"message":"API rate limit exceeded"}', "throttled", Throttled),
        (403, {}, b'{"message":"You have exceeded a secondary rate limit."}', "throttled", Throttled),
        (
            403,
            {"x-accepted-github-permissions": "members=read"},
            b'{"message":"Resource not accessible by integration"}',
            "fail",
            ScopeMissing,
        ),
        (403, {}, b'{"message":"Must have admin rights"}', "fail", NotPermitted),
        (401, {}, b'{"message":"Bad credentials"}', "reauth", SignInNeeded),
        (404, {}, b'{"message":"Not Found"}', "fail", ObjectMissing),
        (409, {}, b'{"message":"Git Repository is empty."}', "fail", StateConflict),
        (
            422,
            {},
            b'{"message":"Validation Failed","errors":[{"field":"role","code":"invalid"}]}',
            "fail",
            RequestRefused,
        ),
        (502, {}, b"<html>", "busy", Unavailable),
    ],
)
def test_an_answer_means_what_github_documents(status, headers, body, kind, error):
    verdict = classify(CALL, status, headers, body)
    assert verdict.kind == kind
    assert type(verdict.error) is error


def test_a_secondary_limit_without_a_time_waits_a_minute():
    verdict = classify(CALL, 403, {}, b'{"message":"You have exceeded a secondary rate limit"}')
    assert verdict.after == 60


def test_the_missing_permission_is_named_in_githubs_words():
    verdict = classify(CALL, 403, {"x-accepted-github-permissions": "members=read,metadata=read; members=write"}, b"{}")
    assert isinstance(verdict.error, ScopeMissing)
    assert verdict.error.needed == ("members:read", "metadata:read")


def test_an_ip_allow_list_is_told_apart_from_a_missing_permission():
    words = (
        b'{"message":"Although you appear to have the correct authorization credentials, the `corp` organization '
        b'has an IP allow list enabled, and your IP address is not permitted to access this resource."}'
    )
    verdict = classify(CALL, 403, {}, words)
    assert verdict.error is not None
    assert "allow list" in (verdict.error.hint or "")


def test_single_sign_on_is_told_with_what_to_do():
    headers = {"x-github-sso": "required; url=https://github.com/orgs/corp/sso"}
    verdict = classify(CALL, 403, headers, b'{"message":"Resource protected by organization SAML enforcement."}')
    assert isinstance(verdict.error, NotPermitted)
    assert "single sign-on" in str(verdict.error)


def test_graphql_tells_a_used_up_limit_with_status_200():
    call = Call(name="POST /graphql", family="graphql")
    body = b'{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}'
    assert classify(call, 200, {"x-ratelimit-remaining": "0"}, body).kind == "throttled"
    partial = (
        b'{"data":{"organization":{"membersWithRole":{"edges":[]}}},"errors":[{"type":"FORBIDDEN","message":"x"}]}'
    )
    assert classify(call, 200, {}, partial).kind == "ok"


def test_a_blob_has_gits_own_id():
    # `printf 'hello\n' | git hash-object --stdin`
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_the_tombstone_names_its_case_and_nothing_else():
    assert b"c-17" in tombstone("c-17")
    assert len(tombstone("c-17")) < 200


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("user.login", "logon"),
        ("org.sso_response", "logon"),
        ("org.add_member", "admin"),
        ("repo.access", "admin"),
        ("repo.download_zip", "user"),
        ("git.clone", "user"),
        ("personal_access_token.access_granted", "admin"),
    ],
)
def test_activity_is_sorted_by_the_documented_vocabulary(action, kind):
    assert mapping.activity_kind(action) == kind


def test_what_github_does_not_tell_is_unknown():
    row = mapping.outside_collaborator(mapping.User(id=7, login="ext"))
    assert row.email is None
    assert {"email", "mfa", "name"} <= set(row.unknown)
    event = mapping.activity(mapping.AuditEvent(timestamp=1763769600123, action="git.push", actor="ana", actor_id=101))
    assert event.time == "2025-11-22T00:00:00.123Z"
    assert {"ip", "user_agent"} <= set(event.unknown)


def test_setup_asks_for_what_is_wanted_and_no_more():
    needs = [need for ability in ABILITIES if ability.key == "list-groups" for need in needs_of(GitHub, ability)]
    text = instructions("token", needs, {"organization": "acme"})
    assert "read:org" in text
    assert "admin:org" not in text
    assert "members=read" in instructions("app", needs, {"organization": "acme"})


def test_the_audit_log_needs_the_enterprise_plan():
    def tenant(plan):
        return Tenant(id="1", name="x", plan=plan)

    assert GitHub.licensed("GitHub Enterprise Cloud", tenant("enterprise")) is True
    assert GitHub.licensed("GitHub Enterprise Cloud", tenant("free")) is False
    assert GitHub.licensed("GitHub Enterprise Cloud", tenant(None)) is None


def test_the_declaration_offers_the_original_procedure_first():
    assert [field.key for field in APP.auth[0].fields] == ["client_id", "client_secret", "organization"]


class Archive:
    """Stands for a client that streams one archive."""

    def __init__(self, members: dict[str, bytes]) -> None:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(f"corp-web-1a2b3c/{name}")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        self._bytes = made.getvalue()

    @contextmanager
    def stream(self, call):
        del call

        class Answer:
            def chunks(answer, limit=None):
                del limit
                for start in range(0, len(self._bytes), 100):
                    yield self._bytes[start : start + 100]

        yield Answer()


def _file(path: str, content: bytes) -> File:
    sha = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return File(
        id=f"7:{path}",
        hash=f"git:{sha}",
        size=len(content),
        locator={"repo": "corp/web", "branch": "main", "path": path, "mode": "100644"},
    )


def test_an_archive_gives_only_what_is_the_blob_of_the_tree():
    contents = {f"f{n}.txt": b"x" * n for n in range(25)}
    files = [_file(name, content) for name, content in contents.items()]
    connector = object.__new__(GitHub)
    connector.client = Archive({**contents, "f3.txt": b"changed by export-subst"})
    read = {file.locator["path"]: b"".join(chunks) for file, chunks in connector.read_many(files) or ()}
    assert "f3.txt" not in read
    assert read == {name: content for name, content in contents.items() if name != "f3.txt"}


def test_few_files_are_not_worth_an_archive():
    connector = object.__new__(GitHub)
    assert connector.read_many([_file("a", b"1")]) is None
