"""What could not be looked at is neither gone nor clean: its rows stay, and those of all below it."""

from __future__ import annotations

import pytest

from casb_cli.core.models import File, Notice, Partition
from casb_cli.store.store import Store

SHUT = (Notice(code="unreachable", about="files of ana, who is suspended"),)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


def _scan(store, shut=False, folders=("f1", "f2")):
    """List a user with folders, one file in each; or the user alone, whom nobody may act as."""
    listing = store.partitions.open_listing("k", "list-files", fresh=True)
    while (part := store.partitions.claim(listing)) is not None:
        key = part.partition.key
        if key == "":
            store.inventory.write_page(listing, part, (), None, more=(Partition(key="user:1"),), ends=True)
        elif key == "user:1" and shut:
            store.inventory.write_page(listing, part, (), None, notices=SHUT, ends=True)
        elif key == "user:1":
            more = tuple(Partition(key=folder) for folder in folders)
            store.inventory.write_page(listing, part, (File(id="root"),), None, more=more, ends=True)
        else:
            store.inventory.write_page(listing, part, (File(id=key),), None, ends=True)
    return store.inventory.end_listing(listing)


def _files(store):
    return {row.id for row in store.inventory.all_rows("k", "file")}


def test_files_of_somebody_who_was_suspended_stay(store):
    _scan(store)
    assert _files(store) == {"root", "f1", "f2"}
    assert _scan(store, shut=True) == 0
    assert _files(store) == {"root", "f1", "f2"}


def test_what_went_meanwhile_is_gone_once_it_can_be_looked_at_again(store):
    _scan(store)
    _scan(store, shut=True)
    assert _scan(store, folders=("f1",)) == 1
    assert _files(store) == {"root", "f1"}


def test_ending_a_partition_ends_all_that_it_led_to(store):
    _scan(store)
    assert store.inventory.end_part("k", "list-files", "user:1") == 3
    assert _files(store) == set()


def test_a_folder_that_a_relisted_partition_no_longer_leads_to_is_gone(store):
    _scan(store)
    listing = store.partitions.open_listing("k", "list-files", roots=(Partition(key="user:1"),))
    while (part := store.partitions.claim(listing)) is not None:
        key = part.partition.key
        if key == "user:1":
            store.inventory.write_page(listing, part, (File(id="root"),), None, more=(Partition(key="f1"),), ends=True)
        else:
            store.inventory.write_page(listing, part, (File(id=key),), None, ends=True)
    assert not store.inventory.end_relisting(listing)
    assert _files(store) == {"root", "f1"}
