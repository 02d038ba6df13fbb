from __future__ import annotations

import pytest

from casb_cli.core.errors import UnknownName
from casb_cli.core.models import ROWS
from casb_cli.ui import kinds


@pytest.mark.parametrize("kind", ROWS)
def test_the_fields_of_a_kind_are_the_models(kind):
    own = [name for name in ROWS[kind].__struct_fields__ if name not in {"id", "unknown", "locator"}]
    assert kinds.columns(kind) == ("ref", "app", "instance", "id", *own, *kinds.STORED.get(kind, ()), "unknown")


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
"""What scripts ask for by name."""


@pytest.mark.parametrize("kind", ROWS)
def test_a_kind_keeps_the_columns_that_scripts_know(kind):
    assert set(COLUMNS[kind].split()) <= set(kinds.columns(kind))


@pytest.mark.parametrize("kind", kinds.names())
def test_every_field_has_a_type_and_a_meaning(kind):
    told = kinds.describe(kind)
    assert tuple(field.name for field in told) == kinds.columns(kind)
    assert all(field.type and field.meaning for field in told)


@pytest.mark.parametrize("kind", kinds.TABLE)
def test_a_table_shows_only_fields_that_exist(kind):
    assert set(kinds.TABLE[kind]) <= set(kinds.columns(kind))


def test_types_are_told_in_words():
    types = {field.name: field.type for field in kinds.describe("account")}
    assert types["login"] == "text"
    assert types["status"] == "active | suspended | disabled | invited"
    assert types["mfa"] == "true | false"
    assert types["profile"] == "object"
    assert types["unknown"] == "list of text"
    assert {field.name: field.type for field in kinds.describe("group")}["member_count"] == "integer"
    assert {field.name: field.type for field in kinds.describe("grant")}["scopes"] == "list of text"


def test_an_unknown_kind_lists_those_there_are():
    with pytest.raises(UnknownName) as caught:
        kinds.columns("nope")
    assert "account" in caught.value.hint
