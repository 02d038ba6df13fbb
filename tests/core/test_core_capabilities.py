"""The abilities behind the matrix, and the check that none is passed over in silence."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import pytest

from casb_cli.core.capabilities import (
    ABILITIES,
    MATRIX_ROWS,
    Actor,
    Change,
    ListAccounts,
    ListActivity,
    ListFindings,
    ListTrash,
    RevokeLeaked,
    Step,
    abilities_of_row,
    ability_methods,
    check,
    needs,
    needs_of,
)


def test_each_of_the_fifteen_lines_has_an_ability():
    assert sorted(MATRIX_ROWS) == list(range(1, 16))
    for row in MATRIX_ROWS:
        assert abilities_of_row(row), row


def test_keys_and_titles_tell_abilities_apart():
    assert len({one.key for one in ABILITIES}) == len(ABILITIES)
    assert all(one.title for one in ABILITIES)


@pytest.mark.parametrize("ability", [one for one in ABILITIES if issubclass(one, Actor)])
def test_what_acts_is_declared_as_changing_and_lists_nothing(ability):
    assert ability.changes
    assert ability.yields is None
    assert all(name.startswith("plan_") for name in ability_methods(ability))


def test_activity_stands_behind_three_lines():
    assert [abilities_of_row(row) for row in (5, 6, 7)] == [(ListActivity,)] * 3


def others(*but):
    return {one: "a reason" for one in ABILITIES if one not in but and not one.supplement}


class Good(ListAccounts, ABC):
    without = others(ListAccounts)

    @needs("GET /a", any_of={"x": ["one", ("two", "three")]})
    @needs("GET /b", licence="big")
    def list_accounts(self, part, cursor):
        yield from ()


def test_a_connector_that_has_or_excuses_all_is_in_order():
    assert check(Good) == []


def test_needs_are_read_in_the_order_they_stand():
    first, second = needs_of(Good, ListAccounts)
    assert first.calls == ("GET /a",)
    assert first.any_of == {"x": (("one",), ("two", "three"))}
    assert (second.calls, second.licence) == (("GET /b",), "big")


def test_omissions_are_told():
    class Silent(ListAccounts, ABC):
        without = others(ListAccounts, ListTrash)

        def list_accounts(self, part, cursor):
            yield from ()

    class Contradicting(Good, ABC):
        without: ClassVar = {**others(ListAccounts), ListAccounts: "no"}
        partial: ClassVar = {ListTrash: "half", ListActivity: " "}

    silent = {"Silent.list_accounts has no @needs", "Silent neither has nor excuses list-trash"}
    assert set(check(Silent)) == silent
    told = " / ".join(check(Contradicting))
    assert "has list-accounts and excuses it" in told
    assert "qualifies list-trash, which it lacks" in told
    assert "ListActivity needs a reason" in told


def test_a_supplement_needs_no_excuse():
    assert ListFindings.supplement
    assert RevokeLeaked.supplement
    assert not [fault for fault in check(Good) if "list-findings" in fault]


def test_a_misspelt_method_fails_at_creation():
    class Misspelt(ListAccounts):
        def list_acounts(self, part, cursor):
            yield from ()

    with pytest.raises(TypeError, match="list_accounts"):
        Misspelt()


def test_a_step_is_repeatable_unless_said_otherwise_and_a_change_observable():
    assert Step(name="x", title="x").repeatable
    change = Change(action="suspend", target="account:1", target_name="ana")
    assert change.observable
    assert change.inverse == ()
