"""Live listings: parts read in parallel, nothing lost, nothing left behind when the reader goes."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest
from harness import wait_until
from scan_fake import ALL, FakeConnector, FakeInstance, Provider, own, refusal

from casb_cli.core.capabilities import ListAccounts, ListFiles, ListGrants, Page
from casb_cli.core.errors import NotPermitted, Unavailable
from casb_cli.core.models import File, Notice, Partition
from casb_cli.scan.listing import WAITING_PAGES, Listing


@pytest.fixture
def provider():
    return Provider()


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("list ")]


class Deep(FakeConnector):
    """A tree of folders, two wide and `depth` deep; every folder holds a file."""

    depth = 6

    def list_files(self, part, cursor):
        self.provider.call("page")
        path = part.key
        more = [Partition(key=path + way) for way in "ab"] if len(path) < self.depth else []
        yield Page(
            items=[File(id=path or "/")], more=more, notices=[Notice(code="degraded", about="alike", effect="degraded")]
        )


class Endless(FakeConnector):
    """Folders below folders, without an end and without a file."""

    def list_files(self, part, cursor):
        self.provider.call("page")
        yield Page(items=[File(id=part.key)] if part.key == "" else [], more=[Partition(key=part.key + "x")])


def test_every_part_is_read_once(provider):
    listing = Listing([FakeInstance(provider, connector=Deep)], ListFiles)
    ids = [row.id for page in listing for row in page.rows]
    assert len(ids) == len(set(ids)) == 2**7 - 1
    assert not listing.outcome.hidden


def test_what_many_pages_say_is_noted_once(provider):
    listing = Listing([FakeInstance(provider, connector=Deep)], ListFiles)
    assert list(listing)
    assert len(listing.outcome.notices) == 1


def test_a_tree_is_read_in_depth_so_that_it_never_waits_whole(provider):
    order = []

    class Ordered(Deep):
        def list_files(self, part, cursor):
            order.append(part.key)
            yield from super().list_files(part, cursor)

    import casb_cli.scan.listing as module

    before, module.WORKERS = module.WORKERS, 1
    try:
        assert list(Listing([FakeInstance(provider, connector=Ordered)], ListFiles))
    finally:
        module.WORKERS = before
    assert order[:4] == ["", "a", "aa", "aaa"]


def test_a_reader_who_stops_early_leaves_no_thread(provider):
    listing = Listing([FakeInstance(provider, connector=Endless)], ListFiles)
    for page in listing:
        assert page.rows
        break
    del page
    listing = None
    assert wait_until(lambda: threads() == [])


def test_a_slow_reader_is_waited_for(provider):
    class Wide(FakeConnector):
        def list_accounts(self, part, cursor):
            for number in range(500):
                self.provider.call("page")
                yield Page(items=[File(id=str(number))])

    pages = iter(Listing([FakeInstance(provider, connector=Wide)], ListAccounts))
    next(pages)
    time.sleep(0.3)
    assert provider.calls.count("page") <= WAITING_PAGES + 3
    assert sum(1 for _ in pages) == 499


def test_a_listing_stopped_from_outside_ends_and_is_not_complete(provider):
    until = threading.Event()
    listing = Listing([FakeInstance(provider, connector=Endless)], ListFiles, until=until)
    threading.Timer(0.2, until.set).start()
    list(listing)
    assert listing.outcome.stopped
    assert listing.outcome.complete == []


def test_one_broken_instance_does_not_stop_the_others(provider):
    broken = Provider()
    broken.refused["GET /accounts"] = refusal("GET /accounts", Unavailable)
    good, bad = FakeInstance(provider), FakeInstance(broken, name="bad")
    listing = Listing([bad, good], ListAccounts)
    assert [row.login for page in listing for row in page.rows] == ["ana"]
    assert listing.outcome.complete == [good]
    assert [failure.instance for failure in listing.outcome.failures] == [bad]
    assert "fake/bad" in str(listing.outcome.failures[0].error)


def test_a_refused_part_is_hidden_and_the_rest_is_listed(provider):
    provider.refused["GET /tokens"] = refusal("GET /tokens")
    instance = FakeInstance(provider)
    listing = Listing([instance], ListGrants)
    assert [row.id for page in listing for row in page.rows] == ["g1"]
    assert listing.outcome.hidden
    assert listing.outcome.answered == [instance]


def test_a_refused_part_holds_nothing_of_what_was_being_read(provider):
    class Answer:
        """Stands for a page of some megabytes."""

    answers = []

    class Failing(FakeConnector):
        def list_files(self, part, cursor):
            answer = Answer()
            answers.append(weakref.ref(answer))
            yield Page(items=())
            raise Unavailable("the provider broke off", call="GET /files")

    listing = Listing([FakeInstance(provider, connector=Failing)], ListFiles)
    assert list(listing) == []
    gc.collect()
    assert [one.error.words for one in listing.outcome.failures] == ["the provider broke off"]
    assert [answer() for answer in answers] == [None]


def test_where_every_part_is_refused_nothing_was_answered(provider):
    provider.refused = {f"GET /{kind}": refusal(f"GET /{kind}") for kind in ("apps", "tokens")}
    listing = Listing([FakeInstance(provider)], ListGrants)
    assert list(listing) == []
    assert listing.outcome.answered == []
    assert len(listing.outcome.failures) == 2


def test_a_blind_credential_lists_nothing(provider):
    provider.blind.add("main")
    listing = Listing([FakeInstance(provider)], ListAccounts)
    assert list(listing) == []
    assert isinstance(listing.outcome.failures[0].error, NotPermitted)
    assert listing.outcome.failures[0].root


def test_a_blindness_accepted_at_connect_is_told_with_every_listing(provider):
    provider.blind.add("main")
    listing = Listing([FakeInstance(provider, owns={"main": own(*ALL, shortened="a part only")})], ListAccounts)
    assert len(list(listing)) == 1
    assert listing.outcome.hidden


def test_a_defect_reaches_the_reader(provider):
    def broken():
        raise RuntimeError("a defect")

    provider.on["GET /accounts"] = broken
    with pytest.raises(RuntimeError, match="a defect"):
        list(Listing([FakeInstance(provider)], ListAccounts))


class Doubling(FakeConnector):
    """Gathers a page that the provider gave twice into one, and gives it again as the next."""

    def list_files(self, part, cursor):
        self.provider.call("page")
        for _ in range(2):
            yield Page(items=[File(id="1"), File(id="2"), File(id="1")])


def test_a_row_given_twice_is_shown_once(provider):
    listing = Listing([FakeInstance(provider, connector=Doubling)], ListFiles)
    assert [row.id for page in listing for row in page.rows] == ["1", "2"]
