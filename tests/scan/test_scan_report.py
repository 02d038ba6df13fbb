"""What `casb list` says of what it could not read, and with which exit code it ends."""

from __future__ import annotations

import pytest
from scan_fake import FakeConnector, FakeInstance, Provider, refusal

from casb_cli.commands._session import able
from casb_cli.commands.list import report
from casb_cli.core.capabilities import ListAccounts, ListGrants, ListTrash
from casb_cli.core.errors import Unavailable, Unsupported
from casb_cli.core.models import Notice
from casb_cli.scan.listing import Listing


def listed(ability, *providers):
    instances = [FakeInstance(one, name=f"n{number}") for number, one in enumerate(providers)]
    listing = Listing(instances, ability)
    list(listing)
    return listing.outcome


def broken(call, kind=None):
    made = Provider()
    made.refused[call] = refusal(call, kind) if kind else refusal(call)
    return made


def nothing():
    made = Provider()
    made.refused = {f"GET /{kind}": refusal(f"GET /{kind}") for kind in ("apps", "tokens")}
    return made


@pytest.mark.parametrize(
    ("ability", "providers", "code"),
    [
        (ListAccounts, lambda: [Provider()], 0),
        (ListAccounts, lambda: [broken("GET /accounts")], 5),
        (ListAccounts, lambda: [broken("GET /accounts"), broken("GET /accounts")], 5),
        (ListAccounts, lambda: [broken("GET /accounts"), broken("GET /accounts", Unavailable)], 3),
        (ListAccounts, lambda: [Provider(), broken("GET /accounts")], 3),
        (ListGrants, lambda: [broken("GET /tokens")], 3),
        (ListGrants, lambda: [nothing()], 5),
    ],
)
def test_the_exit_code_is_one_operations_own_or_partly_done(ability, providers, code):
    assert report(listed(ability, *providers())) == code


def test_what_a_notice_hides_is_partly_done_and_what_nobody_is_shown_is_not():
    outcome = listed(ListAccounts, Provider())
    outcome.notices.append((outcome.complete[0], Notice(code="unreachable", about="x")))
    assert report(outcome) == 0
    outcome.notices.append((outcome.complete[0], Notice(code="not-visible", about="x")))
    assert report(outcome) == 3


def test_failures_alike_are_told_once(capsys):
    made = Provider()
    made.grants = {f"p{n}": [] for n in range(40)}
    made.refused = {f"GET /p{n}": refusal("GET /apps") for n in range(40)}
    report(listed(ListGrants, made))
    told = capsys.readouterr().err
    assert told.count("it is forbidden") == 1
    assert "39 more parts failed alike" in told


def test_a_reader_who_had_enough_is_no_failure():
    assert report(listed(ListAccounts, Provider()), stopped=True) == 0


class WithTrash(FakeConnector, ListTrash):
    def list_trash(self, part, cursor):
        yield from ()


def test_a_named_instance_that_lacks_the_ability_is_refused_and_does_not_stop_the_others():
    can, cannot = FakeInstance(Provider(), connector=WithTrash), FakeInstance(Provider(), name="other")
    refused = []
    assert able([cannot, can], ListTrash, named=True, refused=refused) == [can]
    assert [error.exit_code for error in refused] == [6]
    assert report(Listing([], ListTrash).outcome, refused) == 6
    with pytest.raises(Unsupported):
        able([cannot], ListTrash, named=True, refused=[])


def test_an_instance_that_was_not_named_is_skipped_with_a_note(capsys):
    can, cannot = FakeInstance(Provider(), connector=WithTrash), FakeInstance(Provider(), name="other")
    assert able([cannot, can], ListTrash, named=False) == [can]
    assert "fake/other skipped" in capsys.readouterr().err
