"""Near real time: a failing round never ends it, a rejected credential does, an expired feed loses nothing."""

from __future__ import annotations

import threading

import pytest
from scan_fake import FakeInstance, FakePool, Provider, refusal

from casb_cli.core.errors import SignInNeeded, Unavailable
from casb_cli.scan.run import Scan
from casb_cli.scan.watch import Watch


@pytest.fixture
def provider():
    return Provider()


def watch(provider, store, rounds, *, instance=None):
    """Run some rounds; `rounds` are called one after the other, each before its round."""
    instance = instance or FakeInstance(provider)
    stop, said, left = threading.Event(), [], list(rounds)

    class Paced(threading.Event):
        def wait(self, timeout=None):
            if timeout == 30.0:
                if not left:
                    self.set()
                    return True
                left.pop(0)()
                return False
            return super().wait(timeout)

    stop = Paced()
    Watch(instance, store, FakePool(), stop, 30.0, lambda label, text, *, warn=False: said.append(text)).run()
    return said


def files(store):
    return {row.id for row in store.inventory.all_rows("key-prod", "file")}


def test_a_change_is_listed_and_inspected(provider, store):
    Scan(FakeInstance(provider), store, FakePool(), threading.Event()).run()

    def push():
        provider.files["a"]["a/9"] = b"new"
        provider.change("a")

    said = watch(provider, store, [push])
    assert "a/9" in files(store)
    assert any("1 done" in text for text in said)


def test_a_scan_after_the_first_watch_lists_what_was_there_before(provider, store):
    watch(provider, store, [])
    statement = Scan(FakeInstance(provider), store, FakePool(), threading.Event()).run()
    assert statement.seen["file"] == 3


def test_an_outage_at_the_start_or_later_is_told_once_and_outlived(provider, store):
    provider.refused = {"GET /changes now": refusal("GET /changes", Unavailable)}

    def back():
        provider.refused = {}

    said = watch(provider, store, [lambda: None, back, lambda: None])
    assert len([text for text in said if "trying again" in text]) == 1
    assert store.runs.cursor("key-prod", "files") is not None


def test_a_rejected_credential_ends_it(provider, store):
    provider.refused = {"GET /changes now": refusal("GET /changes", SignInNeeded)}
    with pytest.raises(SignInNeeded):
        watch(provider, store, [])


def test_an_expired_position_lists_everything_anew_and_says_so(provider, store):
    Scan(FakeInstance(provider), store, FakePool(), threading.Event()).run()
    provider.expired.add("0")
    provider.files["a"]["a/9"] = b"came in the gap"
    said = watch(provider, store, [])
    assert any("expired" in text for text in said)
    assert "a/9" in files(store)


def test_an_expired_position_found_while_a_scan_runs_is_not_forgotten(provider, store):
    from casb_cli.store.locks import scan_lock

    Scan(FakeInstance(provider), store, FakePool(), threading.Event()).run()
    provider.expired.add("0")
    provider.files["a"]["a/9"] = b"came in the gap"
    with scan_lock("key-prod", "fake/prod"):
        watch(provider, store, [])
    assert "a/9" not in files(store)
    watch(provider, store, [])
    assert "a/9" in files(store)


def test_activity_is_followed_too(provider, store):
    from casb_cli.core.models import Activity

    watch(provider, store, [lambda: provider.events.append(Activity(id="e2", time="2026-11-02T00:00:00Z"))])
    assert {event.id for event in store.activity.events("key-prod")} == {"e1", "e2"}
