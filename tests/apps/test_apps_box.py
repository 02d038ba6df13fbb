"""Box: the vendor's error bodies, events and links, its addresses, sign-in and set-up."""

from __future__ import annotations

import json

import msgspec
import pytest

from casb_cli.apps.box import APP, events, mapping
from casb_cli.apps.box.auth import read_settings
from casb_cli.apps.box.connector import Box
from casb_cli.apps.box.links import link_body, link_state
from casb_cli.apps.box.rules import classify
from casb_cli.apps.box.setup import instructions
from casb_cli.apps.box.urls import base_urls
from casb_cli.core.capabilities import (
    ABILITIES,
    ListGroups,
    check,
    needs_of,
)
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
from casb_cli.transport.calls import Call

CALL = Call(name="GET /files/{file_id}")


# Rules


def body(code, message="no", **more):
    return json.dumps({"type": "error", "status": 0, "code": code, "message": message, **more}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind", "error"),
    [
        (400, "invalid_limit", "fail", RequestRefused),
        (400, "terms_of_service_required", "fail", NotPermitted),
        (400, "password_reset_required", "fail", NotPermitted),
        (401, "unauthorized", "reauth", SignInNeeded),
        (403, "insufficient_scope", "fail", ScopeMissing),
        (403, "access_denied_insufficient_permissions", "fail", NotPermitted),
        (403, "access_denied_item_locked", "fail", StateConflict),
        (403, "storage_limit_exceeded", "fail", StateConflict),
        (403, "forbidden_by_policy", "fail", NotPermitted),
        (404, "not_found", "fail", ObjectMissing),
        (404, "trashed", "fail", ObjectMissing),
        (405, "method_not_allowed", "fail", ObjectMissing),
        (409, "item_name_in_use", "fail", StateConflict),
        (409, "name_temporarily_reserved", "busy", StateConflict),
        (409, "operation_blocked_temporary", "busy", StateConflict),
        (412, "precondition_failed", "fail", StateConflict),
        (429, "rate_limit_exceeded", "throttled", Throttled),
        (503, "unavailable", "busy", Unavailable),
    ],
)
def test_error_codes(status, code, kind, error):
    verdict = classify(CALL, status, {}, body(code, request_id="r1"))
    assert verdict.kind == kind
    assert type(verdict.error) is error
    assert verdict.error.code == code
    assert verdict.error.request_id == "r1"


def test_an_empty_body_is_read_from_its_challenge():
    headers = {"www-authenticate": 'Bearer realm="Service", error="insufficient_scope"'}
    verdict = classify(CALL, 403, headers, b"")
    assert type(verdict.error) is ScopeMissing
    assert "authorize" in verdict.error.hint


def test_an_expired_token_is_renewed():
    headers = {"www-authenticate": 'Bearer realm="Service", error="invalid_token", error_description="expired_token"'}
    assert classify(CALL, 401, headers, b"").kind == "reauth"


def test_only_a_202_that_says_when_is_waited_for():
    assert classify(CALL, 202, {"retry-after": "2"}, b"").kind == "busy"
    assert classify(CALL, 202, {}, b'{"message":"accepted"}').kind == "ok"
    assert classify(CALL, 302, {"location": "https://dl.boxcloud.com/x"}, b"").kind == "ok"


def test_reasons_in_the_context_are_told():
    context = {"errors": [{"reason": "invalid_parameter", "name": "item", "message": "Invalid value 'f_1'."}]}
    verdict = classify(CALL, 404, {}, body("not_found", "Not Found", context_info=context))
    assert verdict.error.words == "Not Found (Invalid value 'f_1'.)"


# Declaration, addresses, sign-in


def test_nothing_is_left_out():
    assert check(Box) == []
    assert {limit.family: (limit.allowed, limit.window, limit.per) for limit in APP.limits if limit.known} == {
        "core": (1000, 60, "user"),
        "upload": (240, 60, "user"),
    }


@pytest.mark.parametrize("given", ["https://box.test", "https://box.test/", "https://box.test/2.0"])
def test_the_version_stands_in_the_base(given):
    urls = base_urls({"api_url": given, "upload_url": "https://up.test/api"})
    assert urls["api"] == "https://box.test/2.0"
    assert urls["oauth"] == "https://box.test"
    assert urls["upload"] == "https://up.test/api/2.0"
    assert urls["account"] == "https://account.box.com/api/oauth2"


def test_settings_that_lack_a_field_name_it_and_quote_nothing():
    text = json.dumps({"boxAppSettings": {"clientID": "c", "clientSecret": "canary-secret"}, "enterpriseID": "1"})
    with pytest.raises(SignInNeeded) as caught:
        read_settings(text)
    assert "appAuth" in str(caught.value)
    assert "canary" not in str(caught.value)
    with pytest.raises(SignInNeeded, match="no JSON"):
        read_settings("canary {")


def test_setup_names_only_the_scopes_of_what_is_wanted():
    text = instructions("ccg", needs_of(Box, ListGroups), {})
    assert "(manage_groups)" in text
    assert "(manage_managed_users)" not in text
    assert "Client Credentials Grant" in text
    everything = [need for ability in ABILITIES if issubclass(Box, ability) for need in needs_of(Box, ability)]
    text = instructions("jwt", everything, {"admin_id": "11"})
    assert "(root_readwrite)" in text
    assert "(root_readonly)" not in text  # writing implies reading
    assert "Generate user access tokens" in text
    assert "enterprise_content" in text  # the warning


def test_writing_implies_reading():
    assert Box.expand_scopes(frozenset({"root_readwrite"})) == {"root_readwrite", "root_readonly"}
    assert Box.expand_scopes(frozenset({"manage_groups"})) == {"manage_groups"}


# Mapping


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("active", "active"),
        ("inactive", "suspended"),
        ("cannot_delete_edit", "active"),
        ("cannot_delete_edit_upload", "active"),
        (None, None),
    ],
)
def test_account_status(status, expected):
    row = mapping.account(mapping.User(id="1", login="a@b.test", status=status, role="coadmin"))
    assert row.status == expected
    assert row.is_admin is True
    assert ("status" in row.unknown) is (status is None)
    assert row.mfa is None
    assert {"mfa", "last_login"} <= set(row.unknown)


@pytest.mark.parametrize(
    ("link", "level"),
    [
        ({"access": "open", "effective_access": "open"}, "public"),
        ({"access": "open", "effective_access": "company"}, "internal"),
        ({"access": "collaborators", "effective_access": "collaborators"}, "private"),
        ({}, "private"),
    ],
)
def test_the_effective_access_counts(link, level):
    assert mapping.Link(**link).level == level


@pytest.mark.parametrize(
    ("event", "kind", "outcome"),
    [
        ("LOGIN", "logon", "success"),
        ("FAILED_LOGIN", "logon", "failure"),
        ("USER_AUTHENTICATE_OAUTH2_ACCESS_TOKEN_CREATE", "logon", "success"),
        ("DEVICE_TRUST_CHECK_FAILED", "logon", "failure"),
        ("UPLOAD", "user", "success"),
        ("SHIELD_DOWNLOAD_BLOCKED", "user", "failure"),
        ("SOMETHING_NEW", "user", "success"),
        ("CHANGE_ADMIN_ROLE", "admin", "success"),
        ("GROUP_ADMIN_CREATED", "admin", "success"),
        ("DISABLE_MULTI_FACTOR_AUTH", "admin", "success"),
        ("MASTER_INVITE_ACCEPT", "admin", "success"),
        ("OAUTH2_REFRESH_TOKEN_REVOKE", "admin", "success"),
    ],
)
def test_kinds_of_events(event, kind, outcome):
    assert (events.kind_of(event), events.outcome_of(event)) == (kind, outcome)


@pytest.mark.parametrize(
    ("source", "target", "ref"),
    [
        ({"type": "user", "id": "11", "login": "ana@corp.test"}, "ana@corp.test", "account:11"),
        ({"item_type": "file", "item_id": "89", "item_name": "x.docx"}, "x.docx", "file:89"),
        ({"folder_id": "77", "folder_name": "HR", "user_id": "44", "user_name": "Bo"}, "HR", "folder:77"),
        ({"file_id": 9007199254740993, "file_name": "y"}, "y", "file:9007199254740993"),
        ({"group_id": "5", "group_name": "Sec", "user_id": "11"}, "Sec", "group:5"),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_forms_of_an_event_source(source, target, ref):
    wire = {
        "event_id": "e",
        "event_type": "SHARE",
        "created_at": "2026-11-02T10:00:00-07:00",
        "created_by": {"type": "user", "id": "2", "name": "Anonymous"},
        "source": source,
        "ip_address": "Unknown IP",
    }
    row = events.activity(msgspec.json.decode(json.dumps(wire), type=events.Event))
    assert (row.target, row.target_ref) == (target, ref)
    assert row.time == "2026-11-02T17:00:00Z"
    assert (row.actor, row.actor_ref) == ("anonymous", None)
    assert row.ip is None
    assert "ip" in row.unknown


def test_a_link_is_kept_without_its_url_and_made_again_from_that():
    wire = {
        "url": "https://corp.test/s/canary",
        "access": "open",
        "effective_access": "open",
        "effective_permission": "can_preview",
        "unshared_at": "2027-01-01T00:00:00-08:00",
        "is_password_enabled": False,
    }
    item = msgspec.convert({"type": "file", "id": "1", "shared_link": wire}, mapping.Item)
    state = link_state(item)
    assert "canary" not in json.dumps(state)
    assert link_body("folder", state) == {
        "access": "open",
        "unshared_at": "2027-01-01T08:00:00Z",
        "permissions": {"can_download": False},
    }
    assert link_body("folder", {"access": None}) is None
    # Box takes no permissions for links that only collaborators open.
    assert link_body("folder", {"access": "collaborators", "role": "can_download"}) == {"access": "collaborators"}


@pytest.mark.parametrize("role", ["can_preview", "can_download", "can_edit"])
def test_a_link_to_a_file_is_told_each_permission_and_one_to_a_folder_none_that_box_lacks(role):
    wanted = {"access": "open", "role": role}
    may = {"can_download": role != "can_preview"}
    assert link_body("file", wanted)["permissions"] == {**may, "can_edit": role == "can_edit"}
    assert link_body("folder", wanted)["permissions"] == may
