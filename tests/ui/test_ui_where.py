from __future__ import annotations

import pytest

from casb_cli.core.errors import UnknownName, UsageError
from casb_cli.ui.kinds import columns
from casb_cli.ui.where import Where

FIELDS = columns("account")


def where(expression):
    return Where(expression, FIELDS, "account")


def row(**fields):
    return {**dict.fromkeys(FIELDS), "profile": {}, "unknown": [], **fields}


@pytest.mark.parametrize(
    ("expression", "fields", "holds"),
    [
        ("is_admin", {"is_admin": True}, True),
        ("is_admin", {"is_admin": False}, False),
        ("is_admin", {"is_admin": None}, False),
        ("!is_admin", {"is_admin": None}, True),
        ("status == 'active'", {"status": "active"}, True),
        ("status == 'active' && !mfa", {"status": "active", "mfa": False}, True),
        ("contains(email, '@corp.example')", {"email": "a@corp.example"}, True),
        ("contains(email, '@corp.example')", {"email": None}, False),
        ("profile.department == 'it'", {"profile": {"department": "it"}}, True),
        ("profile.department == 'it'", {"profile": {}}, False),
        ("@.is_admin", {"is_admin": True}, True),
        ("length(login) > `3`", {"login": "anna"}, True),
        ("last_login < '2026-01-01'", {"last_login": "2025-12-31T23:59:59Z"}, True),
        ("last_login < '2026-01-01'", {"last_login": "2026-01-01T00:00:00Z"}, False),
        ("last_login < '2026-01-01T01:00:00+02:00'", {"last_login": "2025-12-31T22:59:59.500Z"}, True),
        ("last_login < '2026-01-01'", {"last_login": None}, False),
        ("login > 'm'", {"login": "zoe"}, True),
        ("name", {"name": ""}, False),
    ],
)
def test_an_expression_holds_or_not(expression, fields, holds):
    assert where(expression).holds(row(**fields)) is holds


@pytest.mark.parametrize(
    ("expression", "fields", "verdict"),
    [
        ("mfa", {}, None),
        ("!mfa", {}, None),
        ("mfa == `false`", {}, None),
        ("is_admin || mfa", {"is_admin": True}, True),
        ("is_admin || mfa", {"is_admin": False}, None),
        ("is_admin && mfa", {"is_admin": False}, False),
        ("is_admin && !mfa", {"is_admin": True}, None),
        ("!(is_admin && mfa)", {"is_admin": False}, True),
        ("contains(keys(@), 'x')", {}, None),
        ("is_admin", {"is_admin": True}, True),
    ],
)
def test_an_unknown_field_leaves_open_only_what_it_decides(expression, fields, verdict):
    assert where(expression).holds(row(unknown=["mfa"], **fields)) is verdict


def test_a_field_named_unknown_that_has_a_value_is_known():
    assert where("mfa").holds(row(mfa=True, unknown=["mfa"])) is True


@pytest.mark.parametrize(
    "expression",
    ["nope", "status == active", "@.nope", "is_admin || nope.x", "@ | nope", "contains(nope, 'x')", "is_admin == true"],
)
def test_names_must_be_fields(expression):
    with pytest.raises(UnknownName) as caught:
        where(expression)
    assert caught.value.exit_code == 2


def test_the_hint_shows_how_a_value_is_written():
    with pytest.raises(UnknownName) as caught:
        where("status == active")
    assert "'active'" in caught.value.hint
    with pytest.raises(UnknownName) as caught:
        where("is_admin == true")
    assert "`true`" in caught.value.hint


@pytest.mark.parametrize("expression", ["status ==", "size > 100)", "[?is_admin]", "((", "", "nofunction(login)("])
def test_an_unreadable_expression_is_a_usage_error(expression):
    with pytest.raises(UsageError) as caught:
        where(expression)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("expression", ["login > `3`", "starts_with(is_admin, 'x')", "nofunction(login)"])
def test_an_expression_that_compares_the_incomparable_is_a_usage_error_not_an_empty_answer(expression):
    with pytest.raises(UsageError):
        where(expression).holds(row(login="ann", is_admin=True))


def test_fields_below_a_field_are_not_checked():
    assert where("profile.items[?kind == 'x'].value").holds(row(profile={"items": [{"kind": "x", "value": 1}]}))
