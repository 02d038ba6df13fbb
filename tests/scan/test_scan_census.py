"""Listings into the store: resumed after any stop, gone only where a part ended, no page lost."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from scan_fake import FakeConnector, FakeInstance, Provider, refusal

from casb_cli.core.capabilities import ListAccounts, ListFiles, Page
from casb_cli.core.errors import CursorExpired, Unavailable
from casb_cli.core.models import Account, Notice, Partition
from casb_cli.scan import feed
from casb_cli.scan.census import Census


@pytest.fixture
def provider():
    return Provider()


class Paged(FakeConnector):
    """Ten pages of accounts; `on` may stop or fail at any of them."""

    def list_accounts(self, part, cursor):
        if cursor in self.provider.expired:
            raise CursorExpired("too old", call="GET /accounts")
        for number in range(int(cursor or 0), 10):
            self.provider.call(f"page {number}")
            after = str(number + 1) if number < 9 else None
            yield Page(items=[Account(id=str(number))], cursor=after, notices=[Notice(code="not-visible", about="x")])


def census(provider, store, connector=Paged):
    stop = threading.Event()
    return Census(FakeInstance(provider, connector=connector), store, stop), stop


def kept(store, kind="account"):
    return sorted(row.id for row in store.inventory.all_rows("key-prod", kind))


def test_a_listing_is_kept_whole(provider, store):
    one, _ = census(provider, store)
    taken = one.take(ListAccounts)
    assert (taken.rows, taken.complete, taken.lost) == (10, True, [])
    assert kept(store) == [str(n) for n in range(10)]
    assert len(taken.notices) == 1


def test_a_stopped_listing_goes_on_where_it_stopped_and_calls_nothing_gone(provider, store):
    one, _ = census(provider, store)
    one.take(ListAccounts)
    one, stop = census(provider, store)
    provider.on["page 4"] = stop.set
    provider.calls.clear()
    taken = one.take(ListAccounts)
    assert not taken.complete
    assert taken.gone == 0
    assert len(kept(store)) == 10
    assert one.interrupted(ListAccounts)
    provider.on, provider.calls = {}, []
    again, _ = census(provider, store)
    assert again.take(ListAccounts).complete
    assert "page 0" not in provider.calls
    assert "page 9" in provider.calls


def test_an_expired_cursor_within_a_listing_starts_that_part_again(provider, store):
    one, stop = census(provider, store)
    provider.on["page 4"] = stop.set
    one.take(ListAccounts)
    provider.on = {}
    provider.expired = {str(n) for n in range(1, 10)}
    again, _ = census(provider, store)
    taken = again.take(ListAccounts)
    assert taken.complete
    assert kept(store) == [str(n) for n in range(10)]


def test_a_failed_part_keeps_its_rows_and_is_tried_alone(provider, store):
    one, _ = census(provider, store, FakeConnector)
    one.take(ListFiles)
    provider.refused["GET /files a"] = refusal("GET /files", Unavailable)
    del provider.files["b"]["b/1"]
    taken = one.take(ListFiles)
    assert [lost.partition for lost in taken.lost] == ["a"]
    assert taken.lost[0].call == "GET /files"
    assert not taken.complete
    assert kept(store, "file") == ["a/1", "a/2"]
    assert one.failed_before(ListFiles)
    provider.refused.clear()
    provider.calls.clear()
    assert one.take(ListFiles, failed_only=True).complete
    assert provider.calls == ["GET /files a"]
    assert not one.failed_before(ListFiles)


def test_a_lost_part_holds_nothing_of_what_was_being_read(provider, store):
    class Answer:
        """Stands for a page of some megabytes."""

    answers = []

    class Failing(FakeConnector):
        def list_accounts(self, part, cursor):
            answer = Answer()
            answers.append(weakref.ref(answer))
            try:
                raise KeyError(part.key)
            except KeyError as error:
                raise Unavailable("the provider broke off", call="GET /accounts") from error
            yield Page(items=())

    one, _ = census(provider, store, Failing)
    taken = one.take(ListAccounts)
    gc.collect()
    assert [lost.error.words for lost in taken.lost] == ["the provider broke off"]
    assert [answer() for answer in answers] == [None]


def test_a_part_that_is_no_more_takes_its_rows_with_it(provider, store):
    one, _ = census(provider, store, FakeConnector)
    one.take(ListFiles)
    del provider.files["b"]
    assert one.take(ListFiles).gone == 1
    assert kept(store, "file") == ["a/1", "a/2"]


def test_parts_listed_anew_leave_the_others_alone(provider, store):
    one, _ = census(provider, store, FakeConnector)
    one.take(ListFiles)
    provider.files["a"] = {"a/3": b"x"}
    provider.files["b"] = {}
    taken = one.take(ListFiles, roots=(Partition(key="a"),))
    assert taken.complete
    assert kept(store, "file") == ["a/3", "b/1"]


def test_a_defect_reaches_the_run(provider, store):
    def broken():
        raise RuntimeError("a defect")

    provider.on["page 3"] = broken
    one, _ = census(provider, store)
    with pytest.raises(RuntimeError, match="a defect"):
        one.take(ListAccounts)
    assert one.interrupted(ListAccounts)


def test_begin_opens_a_listing_that_is_still_to_be_done(provider, store):
    one, _ = census(provider, store, FakeConnector)
    assert not one.ever_ended(ListFiles)
    assert one.begin(ListFiles)
    assert one.interrupted(ListFiles)
    assert provider.calls == []
    assert one.take(ListFiles).complete
    assert one.ever_ended(ListFiles)


def test_without_a_position_there_is_nothing_to_follow(provider, store):
    one, _ = census(provider, store, FakeConnector)
    assert not feed.has_position(one)
    assert feed.follow(one) is None
    feed.mark_position(one)
    assert feed.has_position(one)
    taken = feed.follow(one)
    assert taken is not None
    assert taken.complete


def test_a_position_is_asked_for_anew_where_a_page_expired_on_the_way(provider, store, monkeypatch):
    one, _ = census(provider, store, FakeConnector)
    real, left = FakeConnector.follow_start, [CursorExpired("gone"), CursorExpired("gone")]

    def start(self):
        if left:
            raise left.pop()
        return real(self)

    monkeypatch.setattr(FakeConnector, "follow_start", start)
    feed.mark_position(one)
    assert feed.has_position(one)


def test_an_expired_feed_forgets_its_position(provider, store):
    one, _ = census(provider, store, FakeConnector)
    feed.mark_position(one)
    provider.expired.add("0")
    assert feed.follow(one) is None
    assert not feed.has_position(one)
    assert feed.expired_notice("2026-11-01T00:00:00Z").effect == "degraded"
