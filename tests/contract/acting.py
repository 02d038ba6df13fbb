"""How a test acts on a simulated provider through `casb govern`: whom to choose, and what must be as before."""

from __future__ import annotations

import json
import shutil
from collections import Counter

from harness import listed

from casb_cli.core import capabilities
from casb_cli.core.capabilities import ListAccounts, ListFiles, ListGrants, ListMemberships, ListPrivileges, ListShares
from casb_cli.govern.actions import ACTIONS, action_kind

OPTIONS = {
    "change-share": (
        ("--role", "read"),
        ("--role", "viewer"),
        ("--role", "triage"),
        ("--sharing", "private"),
        ("--sharing", "internal"),
    )
}
"""Options to try in turn, where an action must be told what to make of its object."""

LISTINGS = {
    "account": ListAccounts,
    "membership": ListMemberships,
    "privilege": ListPrivileges,
    "file": ListFiles,
    "share": ListShares,
    "grant": ListGrants,
}

TOUCHED = {
    "account": {"account", "membership", "privilege", "grant"},
    "file": {"file", "share"},
    "share": {"file", "share"},
    "grant": {"account", "grant"},
}
"""What an action on a kind of object may change; that it changes nothing else is shown by `SHOWN_WHOLE`."""

SHOWN_WHOLE = {"suspend", "quarantine"}
"""The actions that do most: after their undo every listing must be as before."""

MOVING = {"id", "ref", "created", "modified", "updated", "last_used", "last_login", "version", "status_changed"}
"""What differs after any undo: times and versions, and the provider's new number for what was made anew."""


def actions_of(stage):
    """Return the keys of the actions that the app has."""
    return [kind.key for kind in ACTIONS if stage.has(kind.ability)]


def full(stage, kind, id_):
    from casb_cli.core.refs import Ref

    return str(Ref(stage.app, "prod", kind, id_))


def members(stage):
    """Return who may be suspended: active, no administrator, no outsider, not the account that signs in."""
    own = {permissions.identity for permissions in stage.config.own.values()}
    return [
        id_
        for id_, row in stage.truth.rows("account").items()
        if row.get("status") == "active"
        and not (row.get("is_admin") or row.get("external"))
        and f"account:{id_}" not in own
    ]


def candidates(stage, action):
    """Return full references on which an action may be tried, in a fixed order."""
    found = []
    for kind in action_kind(action).kinds:
        if kind == "account":
            found += [full(stage, kind, id_) for id_ in members(stage)]
        elif stage.has(LISTINGS[kind]):
            rows = stage.truth.rows(kind)
            if kind == "file":  # plain texts of some size, so that a tombstone is seen; the widest shared first
                order = {"public": 0, "external": 1, "internal": 2}
                ids = sorted(rows, key=lambda id_: (order.get(rows[id_].get("sharing"), 3), id_))
            elif action == "change-share":  # people and links first: a place's own groups can seldom be changed
                ids = sorted(rows, key=lambda id_: ({"user": 0, "link": 1}.get(rows[id_].get("kind"), 2), str(id_)))
            else:
                ids = sorted(rows, key=str)
            found += [full(stage, kind, id_) for id_ in ids]
    return found


def chosen_for(stage, action, *, most=40):
    """Return the first object, with the options, for which a plan would change something and can be carried out.

    The provider is as new, so what was found for an action holds for every test of the stage.
    """
    known = stage.kept.get(action)
    if known is not None:
        return known
    said = None
    for ref in candidates(stage, action)[:most]:
        for words in OPTIONS.get(action, ((),)):
            said = stage.casb("govern", action, ref, *words, "--dry-run", "-o", "json")
            if said.code == 0 and json.loads(said.out)[0]["state"] == "planned":
                stage.kept[action] = ref, words
                return ref, words
    raise AssertionError(f"{stage.app}: nothing to {action}: {said}")


def acted(run, states=("changed", "pending")):
    """Return the one row of an action that was carried out."""
    assert run.code == 0, run
    [row] = run.rows
    assert row["state"] in states, run
    return row


def state_of(stage, kinds=frozenset(LISTINGS)):
    """Return what can be seen of the provider: listings as the command line tells them, and every file's bytes."""
    seen = {}
    for kind, ability in LISTINGS.items():
        if kind in kinds and stage.has(ability):
            run = stage.list(kind)
            assert run.code == 0, run
            seen[kind] = listed(run.rows, kind)
    if stage.has(capabilities.ReadFile):
        seen["content"] = {id_: stage.provider.content(id_) for id_ in stage.truth.rows("file")}
    return seen


def state_as_new(stage):
    """Return `state_of` the provider as new, which it must be: read once for all tests of the stage."""
    if "state" not in stage.kept:
        stage.kept["state"] = state_of(stage)
    return stage.kept["state"]


def as_new(stage, once_home, home):
    """Make the provider, the config and the state what they were before the first action."""
    stage.provider.reset()
    for folder in ("config", "state"):
        shutil.rmtree(home / folder)
        shutil.copytree(once_home / folder, home / folder)


def _lasting(rows):
    return Counter(
        json.dumps(_still(row), sort_keys=True, default=str)
        for row in rows.values()
        # Which apps were used is told by events, and this is one more.
        if row.get("kind") != "app seen in use"
    )


def _still(value):
    if isinstance(value, dict):
        return {name: _still(inner) for name, inner in value.items() if name not in MOVING}
    return value


def as_it_was(stage, before, action):
    """Assert that what an action touches is as before, but for times and for numbers that the provider gives anew."""
    touched = {touched for kind in action_kind(action).kinds for touched in TOUCHED[kind]}
    after = state_of(stage, LISTINGS.keys() if action in SHOWN_WHOLE else touched)
    assert after
    for kind in after:
        rows = before[kind]
        if kind == "content":
            wrong = [id_ for id_, data in rows.items() if after[kind][id_] != data]
            assert not wrong, wrong
            continue
        old, new = _lasting(rows), _lasting(after[kind])
        assert old == new, f"{kind}: gone {list(old - new)[:3]}; new {list(new - old)[:3]}"
