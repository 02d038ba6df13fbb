"""Every action of every app through the command line: plan, execute, the provider has changed, undo, as before."""

from __future__ import annotations

import pytest
from acting import acted, actions_of, as_it_was, chosen_for, full, state_as_new

from casb_cli.core.capabilities import ChangeShare
from casb_cli.core.errors import CasbError, ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import parse
from casb_cli.govern.actions import ACTIONS
from casb_cli.govern.desk import Governed
from casb_cli.govern.plan import Request, modes_of, plan_one

DIRECT = [kind.key for kind in ACTIONS if kind.key not in {"unsuspend", "restore"}]
"""What acts on an object as it lies; the two others take something back, and are tried by doing so."""


@pytest.fixture(params=DIRECT)
def action(request, connected):
    """One action that the app has, by its key."""
    if request.param not in actions_of(connected):
        pytest.skip(f"{connected.app} excuses {request.param}")
    return request.param


def test_an_action_changes_the_provider_and_its_undo_brings_all_back(connected, action):
    stage = connected
    ref, words = chosen_for(stage, action)
    before, plain = state_as_new(stage), stage.provider.snapshot()
    since = len(stage.provider.calls)
    planned = stage.casb("govern", action, ref, *words, "--dry-run", "-o", "jsonl")
    assert planned.code == 0, planned
    assert not stage.effects(since), "a plan changed something"
    done = acted(stage.casb("govern", action, ref, *words, "--yes", "-o", "jsonl"))
    sent = stage.effects(since)
    assert sent, "nothing was changed at the provider"
    assert stage.provider.snapshot() != plain
    [way_back] = [row["undo"] for row in planned.rows]
    undone = stage.casb("govern", "undo", done["id"], "--yes", "-o", "jsonl")
    if way_back.startswith("cannot be undone"):
        assert undone.code != 0, "it cannot be undone, and the undo says it was"
        assert len(stage.effects(since)) == len(sent)
        return
    acted(undone)
    if way_back.startswith("approximately"):
        assert len(stage.effects(since)) > len(sent)
    else:
        as_it_was(stage, before, action)


def test_no_plan_that_has_something_left_to_do_is_taken_for_done(connected):
    """A suspended account may still have a password and sessions: what a mode ends beyond the status is done too."""
    stage = connected
    accounts = {}
    for id_, row in stage.truth.rows("account").items():
        form = row.get("status"), bool(row.get("external")), (row.get("profile") or {}).get("status")
        accounts.setdefault(form, full(stage, "account", id_))
    kinds = [one for one in ACTIONS if one.kinds == ("account",) and one.key in actions_of(stage)]
    planned = 0
    with stage.instance() as instance:
        governed = Governed(instance)
        for kind in kinds:
            for mode in [*modes_of(instance.connector_class, kind), None]:
                for ref in accounts.values():
                    request = Request(action=kind.key, ref=parse(ref), options={"mode": mode} if mode else {})
                    try:
                        target = plan_one(request, governed)
                    except CasbError:
                        continue  # not every account can be acted on in every way, which is said
                    planned += 1
                    dropped = target.already and [one.title for one in target.change.steps]
                    assert not dropped, f"{kind.key} {mode} {ref}: {dropped}"
    assert planned


ROLES = (
    ("read", "viewer", "commenter", "previewer", "can_preview", "can_download", "READ", "READ_ACP", "triage"),
    ("write", "editor", "writer", "can_edit", "contributor", "uploader", "co-owner", "WRITE", "WRITE_ACP", "maintain"),
    ("admin", "owner", "fileOrganizer", "organizer", "FULL_CONTROL", "pull", "push", "nobody-knows-this-role"),
)
"""The words for roles of all apps together, and one of none."""


def shares_by_form(stage):
    """Return one share of each form: what carries it, what it is, and how far it reaches."""
    found = {}
    for id_, row in sorted(stage.truth.rows("share").items(), key=str):
        carrier = (row.get("file_ref") or "").partition(":")[0]
        found.setdefault((carrier, row.get("kind"), row.get("sharing"), id_.partition(":")[0][:6]), id_)
    return list(found.values())


def test_a_role_that_a_plan_accepts_is_one_that_the_provider_takes(connected, hurried):
    """What a share cannot become is refused at planning, with what is possible, and not by the provider."""
    stage = connected
    if not stage.has(ChangeShare):
        pytest.skip(f"{stage.app} excuses change-share")
    words = [role for some in ROLES for role in some]
    taken, refused = set(), {}
    with stage.instance() as instance, stage.brisk():
        connector = instance.connector_for(ChangeShare)
        for share in shares_by_form(stage):
            for role in words:
                since = len(stage.provider.calls)
                try:
                    change = connector.plan_change_share(share, role=role)
                except UsageError as error:
                    refused[role] = error.hint
                    continue
                except (Unsupported, ObjectMissing):
                    continue  # this share has no role of its own, which is said
                assert not stage.effects(since)
                for one in change.steps:
                    connector.perform(one, {})
                taken.add(role)
                for one in change.inverse if change.steps else ():
                    connector.perform(one, {})
    assert "nobody-knows-this-role" in refused
    assert all(refused.values()), f"what is possible instead? {refused}"
    assert taken


def test_a_level_of_sharing_that_there_is_not_is_bad_input(connected):
    stage = connected
    if not stage.has(ChangeShare):
        pytest.skip(f"{stage.app} excuses change-share")
    shares = shares_by_form(stage)
    run = stage.casb("govern", "change-share", full(stage, "share", shares[0]), "--sharing", "everybody", "--dry-run")
    assert run.code == UsageError.exit_code, run
    assert "one of: private, internal, external, public" in run.err
    # A level of ours that no provider has for a share: some shares have no level at all.
    said = []
    with stage.instance() as instance:
        connector = instance.connector_for(ChangeShare)
        for share in shares:
            with pytest.raises((UsageError, Unsupported, ObjectMissing)) as caught:
                connector.plan_change_share(share, sharing="external")
            said.append(caught.value)
    assert [error.hint for error in said if isinstance(error, UsageError)], said
