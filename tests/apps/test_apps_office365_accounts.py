"""Many accounts of a tenant: the first rows come at once, and dates of sign-in are asked for at the pace given."""

from __future__ import annotations

import random

import pytest
from harness import Stage

from casb_cli.apps.office365 import APP, registrations
from casb_cli.apps.office365.directory import SIGN_IN_PAGE
from casb_cli.apps.office365.mapping import Registration, User
from casb_cli.apps.office365.registrations import Registered, joined
from casb_cli.core.capabilities import ListAccounts
from casb_cli.core.errors import NotPermitted
from casb_cli.core.models import ROOT
from casb_cli.govern import guard
from casb_cli.govern.desk import Governed
from casb_cli.sandbox.world import World

USERS = "GET /users"
REPORT = "GET /reports/authenticationMethods/userRegistrationDetails"


def people(count, order="same"):
    """Return users 0 to `count` in an order."""
    found = [User(id=f"u{number}") for number in range(count)]
    if order == "other":
        random.Random(7).shuffle(found)
    return found[::-1] if order == "reversed" else found


def pages(rows, size, read):
    """Yield rows page by page, each with the cursor behind it."""
    for start in range(0, len(rows), size):
        read.append(start)
        yield rows[start : start + size], None if start + size >= len(rows) else f"after {start // size}"


def listed(users, size):
    for page, after in pages(users, size, []):
        yield page, after, True


@pytest.mark.parametrize("order", ["same", "other", "reversed"])
def test_rows_come_as_soon_as_both_lists_have_told_of_them(order, monkeypatch):
    """Whatever order the report has: few wait at a time, and all come once; in most the first come at once."""
    monkeypatch.setattr(registrations, "WAITING", 2000)
    count, read = 20_000, []
    enabled = [one for number, one in enumerate(people(count, order)) if number % 10]
    report = Registered(
        pages([Registration(id=one.id, is_mfa_registered=one.id.endswith("7")) for one in enabled], 999, read)
    )
    ids, mfa, first_at, waiting = [], {}, None, 0
    asked = 0

    def users():
        nonlocal asked
        for page in listed(people(count), SIGN_IN_PAGE):
            asked += len(page[0])
            yield page

    for rows, _ in joined(users(), report):
        if rows and first_at is None:
            first_at = len(read)
        ids += [one.user.id for one in rows]
        mfa |= {one.user.id: report.of(one.user.id) for one in rows}
        waiting = max(waiting, asked - len(ids))
    assert first_at == 1 or order == "reversed", "one page of the report is enough for the first rows"
    assert sorted(ids) == sorted(one.id for one in people(count))
    known = {one.id for one in enabled}
    assert mfa == {id_: id_.endswith("7") if id_ in known else None for id_ in ids}
    assert waiting <= 2000 + SIGN_IN_PAGE + 1000


def test_a_cursor_stands_only_where_nobody_before_it_waits():
    users = people(30)
    whole = Registered(iter([([Registration(id=one.id, is_mfa_registered=True) for one in reversed(users)], None)]))
    assert [cursor for _, cursor in joined(listed(users, 10), whole)] == ["after 0", "after 1", None]
    # All but one are told of by nobody, which shows at the end.
    report = Registered(
        iter([([Registration(id="u0", is_mfa_registered=True)], "1"), ([], "2"), ([], "3"), ([], None)])
    )
    found = [([one.user.id for one in rows], cursor) for rows, cursor in joined(listed(users, 10), report)]
    assert found[0] == (["u0"], None)
    assert {cursor for _, cursor in found} == {None}, "what waits would be skipped by who goes on from a cursor"
    assert sum(len(rows) for rows, _ in found) == 30


def test_a_report_that_is_refused_keeps_nobody_waiting():
    def refused():
        raise NotPermitted("no licence")
        yield [], None

    report = Registered(refused())
    assert [len(rows) for rows, _ in joined(listed(people(20), 10), report)] == [10, 10]
    assert report.refused is not None


@pytest.fixture
def large(home, casb, hurried):
    """A tenant of which both lists fill several pages."""
    with Stage("office365", home, casb, world=World(seed=7, people=2600, files=12, events=20)) as made, made.brisk():
        yield made


def asked(stage, name, since=0):
    return [call for call in list(stage.provider.calls)[since:] if call.name == name]


def test_connecting_reads_a_page_of_each_list_and_not_the_whole(large):
    assert large.connect("prod", "certificate").code == 0
    # Proved by one page, and the first accounts are shown from others: those that were read before five rows stood.
    assert 1 <= len(asked(large, REPORT)) <= 4
    assert 1 <= len(asked(large, USERS)) <= 6
    since = len(large.provider.calls)
    run = large.list("account")
    assert len(run.rows) == len(large.truth.rows("account")) > 2000
    assert len(asked(large, REPORT, since)) == -(-len([r for r in run.rows if r["mfa"] is not None]) // 999)


def test_the_first_row_needs_one_page_of_each_list(large):
    assert large.connect("prod", "certificate").code == 0
    with large.instance() as instance:
        since = len(large.provider.calls)
        listing = instance.connector_for(ListAccounts).list_accounts(ROOT, None)
        assert next(listing).items
        assert (len(asked(large, USERS, since)), len(asked(large, REPORT, since))) == (1, 1)


def test_sign_in_dates_are_asked_for_at_a_pace_of_their_own(large):
    """Microsoft: ten requests a minute for whatever selects `signInActivity`; all else has the directory's pace."""
    family = next(one for one in APP.limits if one.family == "sign-in-dates")
    assert (family.allowed, family.window) == (10, 60)
    assert large.connect("prod", "certificate").code == 0
    since = len(large.provider.calls)
    for _ in range(3):
        assert large.list("account").code == 0
    dated = asked(large, USERS, since)
    assert len(dated) >= 3 * 6
    assert not [call for call in list(large.provider.calls)[since:] if call.status == 429]


def test_without_sign_in_dates_pages_are_full_and_that_is_told(large):
    assert large.connect("prod", "certificate", "--field", "sign_in_dates=no").code == 0
    since = len(large.provider.calls)
    run = large.list("account")
    assert run.code == 0, run
    # Three pages of 999, and the look whether the tenant is seen at all.
    assert len(asked(large, USERS, since)) == 4
    assert all(row["last_login"] is None and "last_login" in row["unknown"] for row in run.rows)
    assert "sign_in_dates=no" in run.err


def test_who_only_asks_for_administrators_waits_for_no_dates_and_no_report(large):
    """The guard of the last administrator reads accounts before an action: that may not take minutes."""
    assert large.connect("prod", "certificate").code == 0
    truth = large.truth.rows("account")
    admin = next(id_ for id_, row in truth.items() if row["is_admin"] and row["status"] == "active")
    dated, since = large.provider.limits["sign-ins"].admitted, len(large.provider.calls)
    with large.instance() as instance:
        assert guard._admins(Governed(instance), {f"account:{admin}"})[1]
        found = dict.fromkeys(
            (row.id, row.status, row.is_admin)
            for page in instance.connector_for(ListAccounts).list_accounts_briefly(ROOT, None)
            for row in page.items
        )
    assert set(found) == {(id_, row["status"], row["is_admin"]) for id_, row in truth.items()}
    assert large.provider.limits["sign-ins"].admitted == dated
    assert not asked(large, REPORT, since)
