"""Rows: the documented columns, immutable, unknown told apart from absent."""

from __future__ import annotations

import pytest

from casb_cli.core.models import (
    ROWS,
    SHARING_ORDER,
    Account,
    File,
    Notice,
    OwnPermissions,
    Partition,
    output_fields,
)

COLUMNS = {
    "account": "login email name status is_admin mfa external last_login created profile",
    "group": "name member_count",
    "membership": "group group_ref member member_ref role",
    "privilege": "principal principal_ref role scope",
    "activity": "time kind action actor actor_ref target target_ref ip user_agent outcome",
    "file": "name path owner owner_ref size mime modified hash sharing trashed",
    "share": "file file_ref kind who role expires",
    "grant": "kind name client_id principal principal_ref scopes issued last_used",
    "finding": "detector severity confidence count excerpt place file file_ref sharing first_seen state",
    "action": "time action mode target target_ref state before after undo reason",
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_row_has_every_documented_column(kind):
    fields = output_fields(kind)
    assert fields[:4] == ("ref", "app", "instance", "id")
    assert fields[-1] == "unknown"
    assert set(COLUMNS[kind].split()) <= set(fields)


def test_every_kind_is_documented():
    assert set(ROWS) == set(COLUMNS)


def test_what_only_the_connector_needs_is_no_column():
    assert "locator" not in output_fields("file")
    assert File(id="1", locator={"branch": "main"}).locator == {"branch": "main"}


def test_rows_cannot_be_changed():
    with pytest.raises(AttributeError):
        Account(id="1").login = "x"


def test_the_most_exposed_comes_first_and_the_unknown_before_the_private():
    assert sorted(SHARING_ORDER, key=SHARING_ORDER.get) == ["public", "external", "internal", None, "private"]


def test_what_is_noted_can_be_counted():
    assert len({Notice(code="gap", about="x"), Notice(code="gap", about="x"), Notice(code="gap", about="y")}) == 2
    assert Partition(key="a").exposure == SHARING_ORDER[None]


def test_nothing_is_taken_as_granted_unless_told():
    own = OwnPermissions()
    assert (own.complete, own.granted, own.proven, own.shortened) == (False, (), (), None)
