"""Errors: each class its exit code, messages in one shape, a JSON form."""

from __future__ import annotations

import pytest

from casb_cli.core import errors
from casb_cli.core.errors import (
    EXIT_CODES,
    AmbiguousReference,
    CasbError,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    ScopeMissing,
    UsageError,
    combined_exit_code,
)

CODES = {
    "CasbError": 1, "UsageError": 2, "UnknownName": 2, "AmbiguousReference": 2, "GuardRefused": 2, "ConfigError": 2,
    "StoreError": 1, "PartlyDone": 3, "SecretUnavailable": 4, "Unsupported": 6, "Locked": 9, "Stopped": 143,
    "ProviderError": 1, "SignInNeeded": 4, "NotPermitted": 5, "ScopeMissing": 5, "LicenceMissing": 5,
    "ObjectMissing": 1, "StateConflict": 1, "RequestRefused": 1, "CursorExpired": 1, "BadAnswer": 1,
    "UnsafeAddress": 1, "LostAnswer": 1, "Throttled": 7, "Unavailable": 7, "BrokenOff": 7,
}  # fmt: skip


def classes(root=CasbError):
    return [root, *(found for child in root.__subclasses__() for found in classes(child))]


def test_every_class_of_the_tree_has_the_documented_code():
    own = {one.__name__: one.exit_code for one in classes() if one.__module__ == errors.__name__}
    assert own == CODES
    assert set(CODES.values()) <= set(EXIT_CODES)


def test_kinds_tell_the_classes_apart():
    own = [one for one in classes() if one.__module__ == errors.__name__]
    assert len({one.kind for one in own}) == len(own)


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 0], 0), ([5], 5), ([5, 5], 5), ([5, 7], 3), ([0, 5], 3), ([4, 4, 0], 3)]
)
def test_several_alike_keep_their_code_and_mixed_ones_are_partly_done(codes, code):
    assert combined_exit_code(codes) == code


def test_a_providers_refusal_reads_as_documented():
    error = NotPermitted("Must have admin rights", call="GET /x", status=403, request_id="A1")
    error.at("github/prod", "list accounts")
    assert str(error) == (
        "github/prod: could not list accounts: Must have admin rights (HTTP 403, GET /x, request id A1)"
    )


def test_the_innermost_place_stays():
    error = ProviderError("no").at("github/prod", "read a page").at("elsewhere", "list accounts")
    assert str(error) == "github/prod: could not read a page: no"


def test_the_json_form_carries_what_a_script_needs():
    error = ScopeMissing("no", needed=("read:org",), status=403, call="GET /x", request_id="A1", hint="casb doctor")
    assert error.at("github/prod", "list").as_dict() == {
        "error": "scope-missing",
        "message": "github/prod: could not list: no; needs read:org (HTTP 403, GET /x, request id A1)",
        "exit_code": 5,
        "hint": "casb doctor",
        "where": "github/prod",
        "call": "GET /x",
        "status": 403,
        "request_id": "A1",
        "needed": ["read:org"],
    }
    assert UsageError("x").as_dict() == {"error": "usage", "message": "x", "exit_code": 2}
    assert AmbiguousReference("x", candidates=("a", "b")).as_dict()["candidates"] == ["a", "b"]


def test_a_call_is_named_as_its_provider_documents_it():
    error = ObjectMissing("no GET /a/{+path}", call="GET /a/{+path}", status=404)
    assert str(error) == "no GET /a/{path} (HTTP 404, GET /a/{path})"
    error.call = "PUT /b/{+ref}"
    assert error.as_dict()["call"] == "PUT /b/{ref}"
