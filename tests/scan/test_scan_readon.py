"""Listings that are read on: complete once, then only what changed; and what a file feed tells beside files."""

from __future__ import annotations

import threading

import pytest
from scan_fake import FakeConnector, FakeInstance, FakePool, Provider

from casb_cli.core.capabilities import ListAccounts, ListFiles, ListMemberships, ListShares, Page, ReadsOn, needs
from casb_cli.core.errors import CursorExpired, Unavailable
from casb_cli.core.models import Account, Gone, Membership, Share
from casb_cli.scan import readon
from casb_cli.scan.run import Options, Scan


class Following(FakeConnector, ListMemberships, ListShares, ReadsOn):
    """Groups whose changes are told, and files whose feed tells their sharing."""

    reads_on = (ListMemberships,)

    @needs("GET /members")
    def list_memberships(self, part, cursor):
        self.provider.call("GET /members")
        rows = [Membership(id=f"{group}/{one}") for group, some in self.provider.groups.items() for one in some]
        yield Page(items=rows)

    def present_position(self, ability):
        assert ability is ListMemberships
        self.provider.call("GET /position")
        return str(len(self.provider.news))

    def read_on(self, ability, cursor):
        self.provider.call("GET /news")
        if "news" in self.provider.expired:
            raise CursorExpired("too old")
        for group in self.provider.news[int(cursor) :]:
            rows = [Membership(id=f"{group}/{one}") for one in self.provider.groups.get(group, ())]
            yield Page(items=[*rows, Gone(kind="membership", id=f"{group}/", rest=True)])
        yield Page(items=(), cursor=str(len(self.provider.news)))

    @needs("GET /shares")
    def list_shares(self, part, cursor):
        self.provider.call("GET /shares")
        yield Page(items=[Share(id=one) for one in self.provider.shares])

    def keeps_fresh(self):
        return (ListShares,)

    def relists(self, part):
        return (ListFiles, ListShares) if part.key == "b" else (ListFiles,)

    def follow_files(self, part, cursor):
        for page in super().follow_files(part, cursor):
            told = [Share(id=f"{part.key}/2/x") for part in page.more]
            yield Page(items=[*page.items, *told], cursor=page.cursor, more=page.more)


@pytest.fixture
def provider():
    made = Provider()
    made.groups, made.news, made.shares = {"g1": ["a", "b"], "g2": ["a"]}, [], ["a/1/x"]
    return made


def scan(provider, store, **options):
    provider.calls.clear()
    instance = FakeInstance(provider, connector=Following)
    return Scan(instance, store, FakePool(), threading.Event(), Options(**options)).run()


def kept(store, kind):
    return [row.id for row in store.inventory.all_rows(FakeInstance(Provider()).key, kind)]


def test_a_second_scan_reads_on_what_a_first_one_listed(provider, store):
    statement = scan(provider, store)
    assert statement.complete, statement
    assert provider.calls.index("GET /position") < provider.calls.index("GET /members"), "something falls between"
    provider.groups = {"g1": ["b", "c"], "g3": ["z"]}
    provider.news += ["g1", "g2", "g3"]
    statement = scan(provider, store)
    assert "GET /members" not in provider.calls
    assert kept(store, "membership") == ["g1/b", "g1/c", "g3/z"]
    assert (statement.seen["membership"], statement.gone["membership"]) == (3, 2)
    assert "membership" not in scan(provider, store).seen, "nothing new is not nothing"
    assert kept(store, "membership") == ["g1/b", "g1/c", "g3/z"]


def test_a_full_scan_an_expired_position_and_a_week_list_all_anew(provider, store, monkeypatch):
    scan(provider, store)
    scan(provider, store, full=True)
    assert {"GET /members", "GET /position"} <= set(provider.calls)
    provider.expired.add("news")
    assert scan(provider, store).complete
    assert "GET /members" in provider.calls
    provider.expired.clear()
    scan(provider, store)
    assert "GET /members" not in provider.calls
    monkeypatch.setattr(readon, "RELIST", readon.RELIST * 0)
    scan(provider, store)
    assert {"GET /members", "GET /shares"} <= set(provider.calls)


def test_what_could_not_be_read_on_keeps_its_rows_and_its_position(provider, store):
    scan(provider, store)
    provider.refused["GET /news"] = Unavailable("down")
    provider.news.append("g1")
    provider.groups["g1"] = []
    statement = scan(provider, store)
    assert not statement.complete
    assert "could not list group members" in statement.lost[0]
    assert kept(store, "membership") == ["g1/a", "g1/b", "g2/a"]
    provider.refused.clear()
    assert scan(provider, store).complete
    assert kept(store, "membership") == ["g2/a"]


def test_sharing_that_the_feed_of_files_tells_is_not_listed_again(provider, store):
    scan(provider, store)
    assert provider.calls.count("GET /shares") == 1
    assert provider.calls.index("GET /shares") > provider.calls.index("GET /changes now"), "something falls between"
    provider.change("a")
    scan(provider, store)
    assert "GET /shares" not in provider.calls
    assert kept(store, "share") == ["a/1/x", "a/2/x"]
    provider.change("b")
    scan(provider, store)
    assert provider.calls.count("GET /shares") == 1, "a part of it was to be listed anew"
    scan(provider, store, only=("shares",))
    assert provider.calls.count("GET /shares") == 1


def test_a_listing_without_a_feed_is_made_each_time(provider, store):
    scan(provider, store)
    provider.accounts.append(Account(id="2"))
    assert scan(provider, store).seen["account"] == 2
    assert ListAccounts not in Following.reads_on
