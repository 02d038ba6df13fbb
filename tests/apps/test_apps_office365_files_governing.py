"""Office 365, files: what acting on sharing and files does, and that undoing it brings all back."""

from __future__ import annotations

import pytest
from office365_desk import ANN, BOB, MY, Desk, carry_out, fail, opened, rows, take_back

from casb_cli.apps.office365.quickxor import quickxor
from casb_cli.core.capabilities import Step
from casb_cli.core.errors import NotPermitted, ObjectMissing, StateConflict, Unsupported, UsageError

EVE = "eve@other.example"
CASE = "c-20261122-1"


@pytest.fixture
def desk():
    desk = Desk()
    desk.put("b!ann", "f1", None, "Pläne", folder=True)
    desk.put("b!ann", "a1", "f1", content=b"secret")
    desk.touch("b!ann", "a1", versions=[b"secret", b"older", b"oldest"])
    desk.put("b!lib", "l1")
    return desk


@pytest.fixture
def office(desk):
    return opened(desk)


def grants(desk, drive="b!ann", item="a1"):
    """Return what stands on an item, without the provider's numbers."""
    found = []
    for one in desk.items[drive, item]["perms"]:
        link = one.get("link", {})
        people = sorted(p["user"]["email"] for p in one.get("grantedToIdentitiesV2", ()))
        to = next(iter(one.get("grantedToV2", {}).values()), {})
        who = to.get("email") or to.get("displayName")
        found.append((link.get("scope"), link.get("type"), tuple(people), who, tuple(one["roles"])))
    return sorted(found, key=str)


def done_and_undone(office, change):
    """Carry out an action, prove it, undo it, prove that; return the memo."""
    assert getattr(office, f"observe_{change.action.replace('-', '_')}")(change, {}) == change.before
    memo = carry_out(office, change)
    assert office.observe(change, memo) == change.after
    for step in change.steps:
        if step.repeatable:
            memo |= office.perform(step, memo)
    assert office.observe(change, memo) == change.after, "a repetition did something else"
    take_back(office, change, memo)
    assert office.observe(change, memo) == change.before
    return memo


SHARES = [
    {"link": ("anonymous", "view"), "roles": ["read"]},
    {"link": ("organization", "edit"), "roles": ["write"]},
    {"link": ("users", "view"), "to": [BOB, EVE], "roles": ["read"]},
    {"to": EVE, "roles": ["write"]},
]


@pytest.mark.parametrize("share", SHARES)
def test_a_share_is_removed_and_given_again(desk, office, share):
    desk.share("b!ann", "a1", "p-old", **share)
    before = grants(desk)
    change = office.plan_remove_share("b!ann/a1/p-old")
    assert (change.approximate is not None) is ("link" in share)
    memo = carry_out(office, change)
    assert grants(desk) == []
    assert office.observe(change, memo) == change.after == {"present": False}
    take_back(office, change, memo)
    assert grants(desk) == before
    assert office.observe(change, memo) == change.before


def test_a_plan_to_remove_changes_nothing_and_names_what_is_touched(desk, office):
    desk.share("b!ann", "f1", "p1", to=EVE)
    since = len(desk.calls)
    change = office.plan_remove_share("b!ann/f1/p1")
    assert {call[0] for call in desk.calls[since:]} == {"GET"}
    assert change.touches == ("share:b!ann/f1/p1", "folder:b!ann/f1")
    assert any("everything in /Pläne" in effect for effect in change.side_effects)


def test_what_comes_from_above_is_not_removed_below(desk, office):
    desk.share("b!ann", "f1", "p1", to=EVE)
    with pytest.raises(Unsupported, match="comes from above"):
        office.plan_remove_share("b!ann/a1/p1")
    with pytest.raises(ObjectMissing):
        office.plan_remove_share("b!ann/a1/none")
    with pytest.raises(UsageError):
        office.plan_remove_share("rubbish")


def test_a_sites_own_groups_cannot_be_removed_through_graph(desk, office):
    to = {"displayName": "Plans Members", "loginName": "Plans Members"}
    desk.share("b!lib", "root-b!lib", "p1", to=to, kind="siteGroup", roles=["write"])
    with pytest.raises(Unsupported, match="permissions of its site"):
        office.plan_remove_share("b!lib/root-b!lib/p1")


def test_a_link_with_a_password_is_removed_for_good(desk, office):
    desk.share("b!ann", "a1", "p1", link=("anonymous", "view"), hasPassword=True)
    change = office.plan_remove_share("b!ann/a1/p1")
    assert change.irreversible
    assert change.inverse == ()


def test_no_address_of_a_link_is_kept(desk, office):
    """A link's address opens the file to whoever has it: it stands in no plan."""
    desk.share("b!ann", "a1", "p1", link=("anonymous", "view"))
    for change in (
        office.plan_remove_share("b!ann/a1/p1"),
        office.plan_make_private("b!ann/a1"),
        office.plan_quarantine("b!ann/a1", case=CASE),
    ):
        assert "/:t:/s/" not in repr(change)


def test_a_grants_role_and_end_are_changed_and_changed_back(desk, office):
    desk.share("b!ann", "a1", "p1", to=EVE, roles=["write"])
    change = office.plan_change_share("b!ann/a1/p1", role="viewer", expires="2099-01-01T00:00:00Z")
    assert change.after == {"present": True, "role": "read", "expires": "2099-01-01T00:00:00Z"}
    done_and_undone(office, change)
    assert grants(desk) == [(None, None, (), EVE, ("write",))]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sharing": "internal"}, ("organization", "edit")),
        ({"role": "read"}, ("anonymous", "view")),
        ({"role": "read", "sharing": "internal"}, ("organization", "view")),
    ],
)
def test_a_link_is_narrowed_by_making_another(desk, office, options, expected):
    desk.share("b!ann", "a1", "p1", link=("anonymous", "edit"), roles=["write"])
    before = grants(desk)
    change = office.plan_change_share("b!ann/a1/p1", **options)
    assert change.approximate
    memo = carry_out(office, change)
    assert [one[:2] for one in grants(desk)] == [expected]
    assert office.observe(change, memo) == change.after
    take_back(office, change, memo)
    assert grants(desk) == before


def test_narrowing_a_link_beside_one_that_is_narrow_already_leaves_that_one(desk, office):
    desk.share("b!ann", "a1", "p1", link=("anonymous", "view"))
    desk.share("b!ann", "a1", "p2", link=("organization", "view"))
    before = grants(desk)
    done_and_undone(office, office.plan_change_share("b!ann/a1/p1", sharing="internal"))
    assert grants(desk) == before


def test_what_cannot_be_changed_is_refused(desk, office):
    desk.share("b!ann", "a1", "p1", to=EVE)
    desk.share("b!ann", "a1", "p2", link=("anonymous", "view"))
    with pytest.raises(Unsupported):
        office.plan_change_share("b!ann/a1/p1", sharing="internal")
    with pytest.raises(UsageError) as caught:
        office.plan_change_share("b!ann/a1/p2", sharing="private")
    assert caught.value.hint.startswith("one of: public, internal; or remove it")
    with pytest.raises(UsageError):
        office.plan_change_share("b!ann/a1/p1", role="king")


def test_making_private_closes_what_the_folder_carries_too(desk, office):
    desk.share("b!ann", "f1", "p1", to=EVE)
    desk.share("b!ann", "a1", "p2", link=("anonymous", "view"))
    desk.share("b!ann", "a1", "p3", to=BOB)
    before = grants(desk), grants(desk, item="f1")
    change = office.plan_make_private("b!ann/a1")
    assert set(change.touches) == {"file:b!ann/a1", "folder:b!ann/f1"}
    assert any("carries" in effect for effect in change.side_effects)
    memo = carry_out(office, change)
    assert grants(desk) == [(None, None, (), BOB, ("read",))]
    assert grants(desk, item="f1") == []
    assert office.observe(change, memo) == {"wider": []}
    take_back(office, change, memo)
    assert (grants(desk), grants(desk, item="f1")) == before
    assert office.observe(change, memo) == change.before


# Trash


def test_a_file_goes_to_the_recycle_bin_and_back_with_all_it_had(desk, office):
    desk.share("b!ann", "a1", "p1", to=EVE)
    before = {key: value for key, value in desk.items["b!ann", "a1"].items() if key != "seq"}
    change = office.plan_trash("b!ann/a1")
    done_and_undone(office, change)
    assert {key: value for key, value in desk.items["b!ann", "a1"].items() if key != "seq"} == before
    assert not any(desk.bins.values())


def test_of_two_files_of_one_name_in_the_bin_the_newer_comes_back(desk, office):
    change = office.plan_trash("b!ann/a1")
    memo = carry_out(office, change)
    old = desk.bins[MY][0]
    desk.bins[MY].append(({**old[0], "Id": "older", "DeletedDate": "2020-01-01T00:00:00Z"}, *old[1:]))
    take_back(office, change, memo)
    assert [entry["Id"] for entry, _, _ in desk.bins[MY]] == ["older"]


def test_a_trashed_file_is_restored_by_its_id_in_the_bin(desk, office):
    desk.delete("b!ann", "a1")
    [row] = rows(office.list_trash)[0]
    change = office.plan_restore(row.id)
    memo = carry_out(office, change)
    assert ("b!ann", "a1") in desk.items
    assert office.observe(change, memo) == change.after == {"place": "folder"}
    take_back(office, change, memo)
    assert office.observe(change, memo) == change.before == {"place": "trash"}


def test_a_trashed_file_is_restored_by_the_id_that_it_had(desk, office):
    kept = {one.id: one for one in rows(office.list_files)[0]}
    office.recall = lambda kind, id_: kept.get(id_) if kind == "file" else None
    desk.delete("b!ann", "a1")
    change = office.plan_restore("b!ann/a1")
    memo = carry_out(office, change)
    assert ("b!ann", "a1") in desk.items
    assert office.observe(change, memo) == {"place": "folder"}
    with pytest.raises(ObjectMissing):
        office.plan_restore("b!ann/never")


def test_without_a_certificate_nothing_is_restored_and_trashing_says_so(desk):
    office = opened(desk, method="secret")
    assert office.plan_trash("b!ann/a1").irreversible
    with pytest.raises(NotPermitted, match="certificate"):
        office.plan_restore("b!ann/a1")


# Overwriting


def test_overwriting_leaves_no_version_that_could_be_read(desk, office):
    desk.share("b!ann", "a1", "p1", link=("anonymous", "view"))
    change = office.plan_overwrite("b!ann/a1", case=CASE)
    assert change.before == {"hash": quickxor(b"secret"), "versions": 3}
    assert change.irreversible
    memo = carry_out(office, change)
    item = desk.items["b!ann", "a1"]
    assert CASE.encode() in item["content"]
    assert item["versions"] == [item["content"]]
    assert office.observe(change, memo) == change.after
    assert len(item["perms"]) == 1


def test_a_file_that_changed_meanwhile_is_not_overwritten(desk, office):
    change = office.plan_overwrite("b!ann/a1", case=CASE)
    desk.touch("b!ann", "a1", content=b"new work")
    with pytest.raises(StateConflict, match="changed meanwhile"):
        carry_out(office, change)
    assert desk.items["b!ann", "a1"]["content"] == b"new work"


# Quarantine


def test_a_file_is_quarantined_and_restored_with_versions_and_shares(desk, office):
    for number, share in enumerate(SHARES):
        desk.share("b!ann", "a1", f"p-old{number}", **share)
    before = grants(desk)
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    memo = carry_out(office, change)
    assert ("b!ann", "a1") not in desk.items
    held = desk.items["b!held", memo["copy"]]
    assert (held["content"], held["versions"]) == (b"secret", [b"secret", b"older", b"oldest"])
    assert held["perms"] == []
    [note] = [item for (drive, _), item in desk.items.items() if drive == "b!ann" and "removed" in item["name"]]
    assert CASE.encode() in note["content"]
    assert note["parent"] == "f1"
    assert office.observe(change, memo) == change.after
    take_back(office, change, memo)
    back = desk.items["b!ann", memo["restored"]]
    assert (back["name"], back["parent"], back["versions"]) == ("a1.txt", "f1", [b"secret", b"older", b"oldest"])
    assert grants(desk, item=memo["restored"]) == before
    assert not [item for (drive, _), item in desk.items.items() if drive == "b!held" and item["parent"]]
    assert not [item for item in desk.items.values() if "removed" in item["name"]]
    assert office.observe(change, memo) == change.before
    assert not any(desk.bins.values()), "something was left where its owner could restore it"


def notes(desk):
    return [one for (drive, _), one in desk.items.items() if drive == "b!ann" and "removed" in one["name"]]


def test_a_note_that_somebody_wrote_over_stays(desk, office):
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    memo = carry_out(office, change)
    [note] = notes(desk)
    note["content"] = b"what the owner wrote there meanwhile"
    take_back(office, change, memo)
    assert notes(desk) == [note]


@pytest.mark.parametrize(
    ("folder", "name", "left"), [("Pläne", "n" * 251, True), ("f" * 200, "n" * 160, True), ("f" * 354, "n", False)]
)
def test_a_note_has_a_name_that_fits(desk, office, folder, name, left):
    desk.touch("b!ann", "f1", name=folder)
    desk.touch("b!ann", "a1", name=f"{name}.txt")
    carry_out(office, office.plan_quarantine("b!ann/a1", case=CASE))
    found = [one["name"] for one in notes(desk)]
    assert bool(found) is left
    for one in found:
        assert one.endswith(f" - removed {CASE}.txt")
        assert len(one) <= 255
        assert len(f"personal/ann/Documents/{folder}/{one}") <= 400


def test_every_step_of_a_quarantine_may_be_repeated(desk, office):
    desk.share("b!ann", "a1", "p1", to=EVE)
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    memo = dict(change.keeps)
    for step in change.steps:
        assert step.repeatable
        memo |= office.perform(step, memo)
        memo |= office.perform(step, memo)
    copies = [key for key in desk.items if key[0] == "b!held" and desk.items[key]["name"] == "a1.txt"]
    assert len(copies) == 1
    for step in change.inverse:
        memo |= office.perform(step, memo)
        memo |= office.perform(step, memo)
    assert office.observe(change, memo) == change.before


def test_a_copy_whose_answer_was_lost_is_found(desk, office):
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    memo = dict(change.keeps)
    memo |= office.perform(change.steps[0], memo)
    step = change.steps[1]
    assert office.settle(step, dict(memo)) is False
    office.perform(step, dict(memo))
    settled = dict(memo)
    assert office.settle(step, settled) is True
    assert settled["copy"] == office.perform(step, dict(memo))["copy"]
    assert office.settle(Step(name="drop-permission", title=""), dict(memo)) is None


def test_the_original_stays_while_its_copy_is_not_whole(desk, office):
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    memo = dict(change.keeps)
    for step in change.steps[:2]:
        memo |= office.perform(step, memo)
    desk.touch("b!held", memo["copy"], content=b"half")
    remove = next(step for step in change.steps if step.name == "remove-original")
    with pytest.raises(StateConflict, match="not whole"):
        office.perform(remove, memo)
    assert ("b!ann", "a1") in desk.items


def test_a_copy_that_fails_says_why_and_the_original_stays(desk, office):
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    memo = dict(change.keeps)
    memo |= office.perform(change.steps[0], memo)
    where = "https://content.sharepoint.com/monitor/bad"
    desk.refused["/copy$"] = fail(202, "x", headers={"Location": where})
    desk.copies["bad"] = {"status": "failed", "error": {"code": "notAllowed", "message": "a label protects it"}}
    with pytest.raises(StateConflict, match="a label protects it"):
        office.perform(change.steps[1], memo)
    assert ("b!ann", "a1") in desk.items


def test_what_was_changed_meanwhile_is_neither_copied_nor_deleted(desk, office):
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    desk.touch("b!ann", "a1", content=b"new work")
    with pytest.raises(StateConflict, match="changed meanwhile"):
        carry_out(office, change)
    assert desk.items["b!ann", "a1"]["content"] == b"new work"


def test_a_file_whose_folder_went_comes_back_to_the_top(desk, office):
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    memo = carry_out(office, change)
    desk.forget("b!ann", "f1")
    take_back(office, change, memo)
    assert desk.items["b!ann", memo["restored"]]["parent"] == "root-b!ann"


def test_no_note_is_left_where_none_is_wanted(desk):
    change = opened(desk, quarantine_tombstone="no").plan_quarantine("b!ann/a1", case=CASE)
    assert not [step for step in (*change.steps, *change.inverse) if "tombstone" in step.name]


def test_without_a_place_for_it_nothing_is_quarantined(desk):
    del desk.sites[next(key for key, site in desk.sites.items() if site["displayName"] == "casb-quarantine")]
    with pytest.raises(StateConflict) as caught:
        opened(desk).plan_quarantine("b!ann/a1", case=CASE)
    assert "quarantine_drive" in (caught.value.hint or "")
    assert opened(desk, quarantine_drive="b!held").plan_quarantine("b!ann/a1", case=CASE).steps


@pytest.mark.parametrize("action", ["plan_quarantine", "plan_overwrite"])
def test_packages_and_folders_are_refused(desk, office, action):
    desk.put("b!ann", "nb", package="oneNote")
    for id_ in ("b!ann/nb", "b!ann/f1"):
        with pytest.raises(Unsupported):
            getattr(office, action)(id_, case=CASE)


def test_the_owner_stays_who_he_is(desk, office):
    """The owner's own permission is neither a share nor taken away."""
    desk.share("b!ann", "a1", "p1", to=ANN, roles=["owner"])
    change = office.plan_quarantine("b!ann/a1", case=CASE)
    assert not [step for step in change.steps if step.name == "drop-permission"]
