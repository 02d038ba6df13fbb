"""Google Workspace, Drive: each action plans without changing anything, does what it says, and comes back."""

from __future__ import annotations

import copy
import hashlib

import pytest
from google_drive_desk import ADMIN, ANN, BOB, EVE, FOLDER, Desk, carry_out, opened, take_back

from casb_cli.core.errors import LostAnswer, ObjectMissing, StateConflict, Unsupported, UsageError

DOC = "application/vnd.google-apps.document"
LATER = "2031-01-01T00:00:00Z"


@pytest.fixture
def desk():
    desk = Desk()
    desk.add("f1", ANN, mime=FOLDER, name="Plans")
    desk.add("a1", ANN, "f1", content=b"secret")
    desk.share("a1", who=BOB, role="writer")
    desk.share("a1", who=EVE, role="reader", expirationTime=LATER)
    desk.share("a1", type_="anyone", role="reader", allowFileDiscovery=False)
    return desk


def writes(desk):
    return [call for call in desk.calls if call[0] != "GET"]


def state(desk):
    """Everything but the quarantine's own drives."""
    return copy.deepcopy(
        (
            {id_: {k: v for k, v in item.items() if k != "version"} for id_, item in desk.items.items()},
            {
                id_: sorted(map(str, (sorted(one.items()) for one in perms)))
                for id_, perms in desk.perms.items()
                if id_ in desk.items
            },
            desk.content,
        )
    )


def there_and_back(desk, google, change):
    """Carry out, see the after-state, undo, see the before-state and everything as it was."""
    assert writes(desk) == []
    before = state(desk)
    assert getattr(google, f"observe_{change.action.replace('-', '_')}")(change, dict(change.keeps)) == change.before
    memo = carry_out(google, change)
    observed = google.observe(change, memo)
    assert {key: observed[key] for key in change.after} == change.after
    assert state(desk) != before
    take_back(google, change, memo)
    assert google.observe(change, memo) == change.before
    assert state(desk) == before
    return memo


# Sharing


@pytest.mark.parametrize("permission", [f"p-{BOB}", f"p-{EVE}", "anyoneWithLink"])
def test_a_share_is_removed_and_given_again(desk, permission):
    google = opened(desk)
    there_and_back(desk, google, google.plan_remove_share(f"a1/{permission}"))
    assert {call[3] for call in writes(desk)} == {ANN}


def test_a_folders_share_is_removed_there(desk):
    desk.share("f1", who=EVE, role="reader")
    google = opened(desk)
    change = google.plan_remove_share(f"f1/p-{EVE}")
    assert any("everything in" in one for one in change.side_effects)
    there_and_back(desk, google, change)


def test_a_shared_drives_member_is_removed_by_the_administrator_but_never_the_last_manager(desk):
    desk.drive("D", {BOB: "organizer", EVE: "reader"}, "Team")
    google = opened(desk)
    with pytest.raises(Unsupported, match="only manager"):
        google.plan_remove_share(f"D/p-{BOB}")
    change = google.plan_remove_share(f"D/p-{EVE}")
    memo = carry_out(google, change)
    assert [one["id"] for one in desk.perms["D"]] == [f"p-{BOB}"]
    assert writes(desk)[-1][2]["useDomainAdminAccess"] == "true"
    assert google.observe(change, memo) == change.after


def test_an_inherited_share_is_refused_with_where_to_act(desk):
    desk.share("f1", who="bob2@example.com", role="reader")
    with pytest.raises(Unsupported, match="comes from above"):
        opened(desk).plan_remove_share("a1/p-bob2@example.com")


@pytest.mark.parametrize("share", ["a1", "a1/", "/x", "a/b/c"])
def test_what_is_no_share_is_refused(desk, share):
    with pytest.raises(UsageError):
        opened(desk).plan_remove_share(share)


def test_a_role_and_an_end_are_changed_and_set_back(desk):
    google = opened(desk)
    there_and_back(desk, google, google.plan_change_share(f"a1/p-{BOB}", role="viewer"))
    desk.calls.clear()
    there_and_back(desk, google, google.plan_change_share(f"a1/p-{BOB}", expires="2030-06-01T00:00:00Z"))


def test_a_link_is_narrowed_to_the_company(desk):
    google = opened(desk)
    change = google.plan_change_share("a1/anyoneWithLink", sharing="internal")
    there_and_back(desk, google, change)
    change = google.plan_change_share("a1/anyoneWithLink", sharing="private")
    carry_out(google, change)
    assert all(one["type"] != "anyone" for one in desk.perms["a1"])


@pytest.mark.parametrize(
    ("share", "words"),
    [
        ("a1/anyoneWithLink", {"expires": "2030-01-01T00:00:00Z"}),
        (f"a1/p-{BOB}", {"sharing": "internal"}),
        (f"a1/p-{BOB}", {"role": "king"}),
        (f"a1/p-{BOB}", {"role": "organizer"}),
    ],
)
def test_what_drive_has_not_is_refused_before_anything_is_done(desk, share, words):
    with pytest.raises((Unsupported, UsageError)):
        opened(desk).plan_change_share(share, **words)
    assert writes(desk) == []


def test_an_outside_share_is_taken_where_it_stands_the_file_or_the_folder(desk):
    desk.share("f1", who="mallory@other.test", role="writer")
    google = opened(desk)
    change = google.plan_make_private("a1")
    assert set(change.touches) == {"file:a1", "folder:f1"}
    assert len(change.before["wider"]) == 3
    there_and_back(desk, google, change)


# Trash and overwriting


def test_a_file_is_trashed_and_restored_by_its_owner(desk):
    google = opened(desk)
    there_and_back(desk, google, google.plan_trash("a1"))
    desk.items["a1"] |= {"trashed": True, "explicitlyTrashed": True}
    change = google.plan_restore("a1")
    carry_out(google, change)
    assert desk.items["a1"]["trashed"] is False


def test_a_file_in_a_trashed_folder_cannot_be_restored_alone(desk):
    desk.items["a1"] |= {"trashed": True, "explicitlyTrashed": False}
    with pytest.raises(Unsupported, match="folder"):
        opened(desk).plan_restore("a1")


def test_overwriting_leaves_one_revision_and_no_way_back(desk):
    desk.put("a1", b"older secret")
    google = opened(desk)
    change = google.plan_overwrite("a1", case="c-1")
    assert writes(desk) == []
    assert change.irreversible
    assert change.before == {"md5": hashlib.md5(b"older secret").hexdigest(), "revisions": 2}
    memo = carry_out(google, change)
    assert b"c-1" in desk.content["a1"]
    assert len(desk.revisions["a1"]) == 1
    assert google.observe(change, memo) == change.after
    for step in change.steps:  # a second time changes nothing
        google.perform(step, memo)
    assert len(desk.revisions["a1"]) == 1


def test_what_was_changed_since_the_plan_is_not_overwritten(desk):
    google = opened(desk)
    change = google.plan_overwrite("a1", case="c-1")
    desk.put("a1", b"newer")
    with pytest.raises(StateConflict):
        carry_out(google, change)
    assert desk.content["a1"] == b"newer"


def test_a_native_document_is_not_overwritten_and_told_what_to_do(desk):
    desk.add("n1", ANN, mime=DOC)
    with pytest.raises(Unsupported) as told:
        opened(desk).plan_overwrite("n1", case="c-1")
    assert "quarantine" in told.value.hint


# Quarantine


def test_a_quarantined_file_is_in_the_vault_and_nobody_but_the_administrator_sees_it(desk):
    google = opened(desk)
    before = state(desk)
    change = google.plan_quarantine("a1", case="c-1")
    assert writes(desk) == []
    assert change.before["place"] == "f1"
    memo = carry_out(google, change)
    vault, intake = memo["vault"], memo["intake"]
    assert desk.items["a1"]["driveId"] == vault
    assert [desk.role(who, "a1") for who in (ANN, BOB, EVE)] == [None, None, None]
    assert desk.role(ADMIN, "a1") == "organizer"
    assert [one["emailAddress"] for one in desk.perms[intake]] == [ADMIN]
    assert desk.drives[vault]["restrictions"]["driveMembersOnly"] is True
    assert google.observe(change, memo) == change.after
    [note] = [item for item in desk.items.values() if item["name"] == "a1.txt - removed.txt"]
    assert (note["owner"], note["parents"]) == (ANN, ["f1"])
    assert b"c-1" in desk.content[note["id"]]
    take_back(google, change, memo)
    assert google.observe(change, memo) == change.before
    left = state(desk)
    del left[2][note["id"]]
    assert left == before


def test_the_second_quarantine_uses_the_same_drives(desk):
    google = opened(desk)
    first = carry_out(google, google.plan_quarantine("a1", case="c-1"))
    desk.add("a2", ANN)
    second = carry_out(google, google.plan_quarantine("a2", case="c-2"))
    assert (first["vault"], first["intake"]) == (second["vault"], second["intake"])
    assert len(desk.drives) == 2


def test_a_drive_of_that_name_in_other_hands_is_not_used(desk):
    desk.drive("TRAP", {BOB: "organizer", ADMIN: "organizer"}, "casb quarantine vault")
    memo = carry_out(opened(desk), opened(desk).plan_quarantine("a1", case="c-1"))
    assert memo["vault"] != "TRAP"


def test_drives_named_at_connect_are_used_if_they_are_ours_to_manage(desk):
    desk.drive("V", {ADMIN: "organizer"}, "Evidence")
    desk.drive("I", {BOB: "organizer"}, "Passage")
    google = opened(desk, quarantine_drive="V", intake_drive="I")
    with pytest.raises(StateConflict, match="no manager"):
        carry_out(google, google.plan_quarantine("a1", case="c-1"))
    assert desk.items["a1"]["owner"] == ANN
    desk.share("I", who=ADMIN, role="organizer")
    assert carry_out(google, google.plan_quarantine("a1", case="c-1"))["vault"] == "V"


def test_a_file_of_a_shared_drive_goes_and_comes_through_the_administrator_who_leaves_again(desk):
    desk.drive("D", {BOB: "organizer", ANN: "writer"}, "Team")
    desk.add("d1", drive="D", content=b"d")
    desk.share("d1", who=EVE, role="reader")
    google = opened(desk)
    before = state(desk)
    change = google.plan_quarantine("d1", case="c-1")
    memo = carry_out(google, change)
    assert [desk.role(who, "d1") for who in (ANN, BOB, EVE)] == [None, None, None]
    assert {one["emailAddress"] for one in desk.perms["D"]} == {ANN, BOB}
    assert google.observe(change, memo) == change.after
    take_back(google, change, memo)
    assert google.observe(change, memo) == change.before
    assert {one["emailAddress"] for one in desk.perms["D"]} == {ANN, BOB}
    left = state(desk)
    assert left[:2] == before[:2]


def test_a_suspended_owners_file_is_moved_by_the_administrator_as_an_editor(desk):
    desk.people[ANN]["suspended"] = True
    google = opened(desk)
    change = google.plan_quarantine("a1", case="c-1")
    memo = carry_out(google, change)
    assert google.observe(change, memo) == change.after
    assert desk.role(ANN, "a1") is None
    assert "must be active" in change.approximate
    desk.people[ANN]["suspended"] = False
    take_back(google, change, memo)
    assert google.observe(change, memo) == change.before
    assert desk.items["a1"]["owner"] == ANN


def test_a_trashed_file_is_quarantined_and_goes_back_to_the_trash(desk):
    desk.items["a1"] |= {"trashed": True, "explicitlyTrashed": True}
    google = opened(desk)
    change = google.plan_quarantine("a1", case="c-1")
    there_and_back(desk, google, change)


def test_the_administrators_own_file_needs_no_door(desk):
    desk.add("r1", ADMIN)
    google = opened(desk)
    change = google.plan_quarantine("r1", case="c-1")
    assert "open-door" not in [step.name for step in change.steps]
    memo = carry_out(google, change)
    assert google.observe(change, memo) == change.after
    take_back(google, change, memo)
    assert google.observe(change, memo) == change.before


def test_a_file_that_lies_in_quarantine_is_not_quarantined_again(desk):
    google = opened(desk)
    carry_out(google, google.plan_quarantine("a1", case="c-1"))
    with pytest.raises(Unsupported, match="already"):
        google.plan_quarantine("a1", case="c-2")


def test_a_file_changed_since_the_plan_is_not_moved(desk):
    google = opened(desk)
    change = google.plan_quarantine("a1", case="c-1")
    desk.put("a1", b"other")
    with pytest.raises(StateConflict, match="changed meanwhile"):
        carry_out(google, change)
    assert desk.items["a1"]["owner"] == ANN


def test_every_step_of_a_quarantine_may_be_repeated(desk):
    google = opened(desk)
    change = google.plan_quarantine("a1", case="c-1")
    memo = dict(change.keeps)
    for step in change.steps:
        memo |= google.perform(step, memo)
        assert step.repeatable
        if step.name != "make-drives":  # which found them the first time
            memo |= google.perform(step, memo)
    assert google.observe(change, memo) == change.after
    for step in change.inverse:
        google.perform(step, memo)
        google.perform(step, memo)
    assert google.observe(change, memo) == change.before


def test_a_former_folder_that_is_gone_sends_the_file_to_the_top(desk):
    google = opened(desk)
    change = google.plan_quarantine("a1", case="c-1")
    memo = carry_out(google, change)
    del desk.items["f1"]
    take_back(google, change, memo)
    assert desk.items["a1"]["parents"] == [f"root-{ANN}"]


def test_a_lost_move_is_not_sent_twice_by_the_client(desk):
    google = opened(desk)
    change = google.plan_quarantine("a1", case="c-1")
    real = desk.moved

    def lost(*args):
        refused = real(*args)
        assert refused is None
        raise TimeoutError

    desk.moved = lost
    import httpx

    def answer(request):
        try:
            return desk(request)
        except TimeoutError:
            desk.moved = real
            raise httpx.ReadTimeout("lost", request=request) from None

    google = opened(answer)
    memo = dict(change.keeps)
    moves = 0
    for step in change.steps:
        try:
            memo |= google.perform(step, memo)
        except LostAnswer:
            moves += 1
            memo |= google.perform(step, memo)
    assert moves == 1
    assert google.observe(change, memo) == change.after


def test_a_folder_is_no_file(desk):
    with pytest.raises(Unsupported):
        opened(desk).plan_quarantine("f1", case="c-1")
    with pytest.raises(ObjectMissing):
        opened(desk).plan_trash("nowhere")


def test_a_file_is_given_to_the_administrator_and_back(desk):
    google = opened(desk)
    change = google.plan_quarantine("a1", case="c-1", mode="transfer")
    assert writes(desk) == []
    before = state(desk)
    memo = carry_out(google, change)
    assert google.observe(change, memo) == change.after
    assert desk.items["a1"]["owner"] == ADMIN
    assert [desk.role(who, "a1") for who in (ANN, BOB, EVE)] == [None, None, None]
    take_back(google, change, memo)
    assert google.observe(change, memo) == change.before
    left = state(desk)
    assert left[:2] == before[:2]


def test_a_shared_drives_file_has_no_owner_to_give_it(desk):
    desk.drive("D", {BOB: "organizer"}, "Team")
    desk.add("d1", drive="D")
    with pytest.raises(Unsupported, match="no owner"):
        opened(desk).plan_quarantine("d1", case="c-1", mode="transfer")
