"""The real journal read as actions."""

from __future__ import annotations

import pytest

from casb_cli.govern.actions import ACTIONS, action_kind
from casb_cli.govern.record import History
from casb_cli.store.journal import Journal


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path) as made:
        yield made


def test_open_actions_are_those_whose_newest_line_is_no_end(journal, rig):
    rig.ledger = journal
    done = rig.one("suspend", "account:2")
    rig.world.faults["move"] = ["refuse"]
    stopped = rig.one("quarantine", "file:f1")
    history = History(journal)
    assert history.open("i1") == []

    def die(moment, name):
        raise KeyboardInterrupt

    rig.world.hook = die
    with pytest.raises(KeyboardInterrupt):
        rig.do(rig.request("quarantine", "file:f1"), resume=history.resumable)
    assert [r.id for r in history.open("i1")] == [stopped.id]
    assert [r.id for r in history.open("i1", target="file:f1")] == [stopped.id]
    assert history.open("i2") == []
    assert [r.state for r in history.all(instance="i1", target="account:2")] == ["changed"]
    assert [r.id for r in history.by_name(done.run)] == [done.id]
    assert journal.verify().intact


def test_every_action_has_its_ability_and_a_name_of_its_own():
    names = [name for kind in ACTIONS for name in (kind.key, *kind.aliases)]
    assert len(names) == len(set(names))
    for kind in ACTIONS:
        assert kind.method in kind.ability.__abstractmethods__, kind.key
        assert kind.cannot_reach, kind.key
    assert action_kind("revoke-token") is action_kind("revoke-grant")
    assert {kind.ability.key for kind in ACTIONS} == {
        "suspend-account",
        "revoke-password",
        "revoke-sessions",
        "remove-share",
        "change-share",
        "quarantine-file",
        "trash-file",
        "overwrite-file",
        "revoke-grant",
        "revoke-leaked",
    }


def test_files_and_links_rank_before_credentials_and_those_before_accounts():
    rank = {kind.key: kind.rank for kind in ACTIONS}
    files = [kind.rank for kind in ACTIONS if kind.kinds[0] in {"file", "share"}]
    assert rank["unsuspend"] < min(files)
    assert max(files) < rank["revoke-grant"] < rank["revoke-password"] < rank["suspend"] < rank["revoke-sessions"]


def test_a_governing_method_without_an_action_shows():
    """A new changing ability must get its action, or nobody could use it."""
    from casb_cli.core.capabilities import ABILITIES, Actor, ability_methods

    planned = {method for ability in ABILITIES if issubclass(ability, Actor) for method in ability_methods(ability)}
    assert planned == {kind.method for kind in ACTIONS}
