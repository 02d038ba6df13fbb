"""Rows: immutable, unknown told apart from absent."""

from __future__ import annotations

import pytest

from casb_cli.core.models import (
    SHARING_ORDER,
    Account,
    Notice,
    OwnPermissions,
    Partition,
)


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
