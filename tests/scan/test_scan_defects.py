"""A defect while a failure is being told must end the listing as a defect: it neither hangs nor passes for done."""

from __future__ import annotations

import threading

import pytest
from scan_fake import FakeInstance, Provider, refusal

from casb_cli.core.capabilities import ListAccounts, ListActivity, ListFiles
from casb_cli.scan.census import Census
from casb_cli.scan.listing import Listing
from casb_cli.store.store import Store

SECONDS = 20


@pytest.fixture
def broken():
    """An instance that cannot even say what was refused."""
    provider = Provider()
    instance = FakeInstance(provider)

    def explain(*args):
        raise RuntimeError("a defect")

    instance.explain = explain
    return provider, instance


def ended(work):
    """Run something in a thread and return the exception that ended it; fails where it does not end."""
    found = []

    def run():
        try:
            work()
        except Exception as error:
            found.append(error)
        else:
            found.append(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    assert found, "it hangs"
    return found[0]


def refuse_all(provider):
    """Refuse every call that the imagined connector makes."""
    for name in list(provider.calls):
        provider.refused[name] = refusal(name)


def calls_of(provider, work):
    provider.calls.clear()
    work()
    refuse_all(provider)


@pytest.mark.parametrize("ability", [ListAccounts, ListFiles, ListActivity])
@pytest.mark.parametrize("visibility", [True, False])
def test_a_live_listing_ends_with_the_defect(broken, ability, visibility):
    provider, instance = broken
    calls_of(provider, lambda: list(Listing([FakeInstance(provider)], ability, check_visibility=visibility)))
    assert provider.refused
    error = ended(lambda: list(Listing([instance], ability, check_visibility=visibility)))
    assert isinstance(error, RuntimeError)


@pytest.mark.parametrize("ability", [ListAccounts, ListFiles])
def test_a_listing_into_the_store_ends_with_the_defect(broken, ability, home):
    provider, instance = broken
    with Store() as store:
        stop = threading.Event()
        calls_of(provider, lambda: Census(FakeInstance(provider), store, stop).take(ability))
        error = ended(lambda: Census(instance, store, stop).take(ability, fresh=True))
    assert isinstance(error, RuntimeError)


def test_reading_the_trail_ends_with_the_defect(broken, home):
    provider, instance = broken
    calls_of(provider, lambda: list(Listing([FakeInstance(provider)], ListActivity, check_visibility=False)))
    with Store() as store:
        error = ended(lambda: Census(instance, store, threading.Event()).follow_activity())
    assert isinstance(error, RuntimeError)
