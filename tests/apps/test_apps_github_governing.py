"""Acting on GitHub: nobody keeps access unsaid, nothing is written into another repository, undo takes back no more."""

from __future__ import annotations

import base64

import pytest
from github_scripted import github, repo, user

from casb_cli.apps.github.files import blob_id
from casb_cli.apps.github.govern_files import tombstone
from casb_cli.core.capabilities import Step
from casb_cli.core.errors import RequestRefused, ScopeMissing, StateConflict, Unsupported, UsageError
from casb_cli.core.models import Account, OwnPermissions
from casb_cli.govern.plan import matches

MEMBERSHIP = "GET /orgs/{org}/memberships/{username}"
CONTENTS = "GET /repos/{owner}/{repo}/contents/{+path}"
PUT = "PUT /repos/{owner}/{repo}/contents/{+path}"
REPO = "GET /repos/{owner}/{repo}"


def people(connector, *, members=(), outside=(), collaborators=(), invitations=()):
    connector.client.on |= {
        "GET /orgs/{org}/members": list(members),
        "GET /orgs/{org}/outside_collaborators": list(outside),
        "GET /orgs/{org}/teams": [],
        "GET /orgs/{org}/repos": [repo()],
        "GET /repos/{owner}/{repo}/collaborators": list(collaborators),
        "GET /repos/{owner}/{repo}/invitations": list(invitations),
    }
    return connector


def test_an_outside_collaborator_is_suspended_by_losing_every_repository():
    ext = user(9, "ext", role_name="write")
    connector = people(github(), outside=[ext], collaborators=[ext])
    change = connector.plan_suspend("9")
    assert [step.name for step in change.steps] == ["remove-outsider"]
    assert not matches(connector.observe(change, {}), change.after)
    connector.client.on["DELETE /orgs/{org}/outside_collaborators/{username}"] = (204, {}, b"")
    connector.perform(change.steps[0], {})
    people(connector)
    assert matches(connector.observe(change, {}), change.after)
    assert [(step.name, step.args["repo"], step.args["role"]) for step in change.inverse] == [
        ("grant-repository", "corp/web", "write")
    ]


def test_who_is_outside_already_is_not_thrown_out_by_being_made_an_outsider():
    ext = user(9, "ext", role_name="write")
    change = people(github(), outside=[ext], collaborators=[ext]).plan_suspend("9", mode="outside-collaborator")
    assert change.steps == ()
    assert matches(change.before, change.after)


def test_taking_an_outside_collaborators_suspension_back_waits_for_the_invitation():
    ext = user(9, "ext", role_name="write")
    connector = people(github(), outside=[ext], collaborators=[ext])
    change = connector.plan_suspend("9")
    people(connector, invitations=[{"id": 3, "invitee": ext}])
    assert matches(connector.observe(change, {}), change.pending)
    assert not matches(connector.observe(change, {}), change.before)


def test_an_invitation_that_waits_is_withdrawn():
    connector = people(github(), members=[user(9, "new")])
    connector.client.on[MEMBERSHIP] = {"state": "pending", "role": "member"}
    change = connector.plan_suspend("9")
    assert [step.name for step in change.steps] == ["remove-member"]
    assert change.before["invited"] is True
    assert change.after["invited"] is False


def test_a_removed_member_comes_back_to_the_teams_of_before_and_to_no_more():
    connector = people(github(), members=[user(9, "ana")])
    connector.client.on |= {
        MEMBERSHIP: {"state": "active", "role": "member"},
        "GET /orgs/{org}/teams": [{"id": 1, "slug": "parent"}, {"id": 2, "slug": "child"}],
        "GET /orgs/{org}/teams/{team_slug}/members": lambda call: [
            user(9, "ana", role="member", inherited=call.path["team_slug"] == "parent")
        ],
    }
    change = connector.plan_suspend("9")
    (invite,) = [step for step in change.inverse if step.name == "invite-member"]
    assert invite.args["team_ids"] == [2]
    assert invite.args["role"] == "direct_member"


def test_undoing_a_removal_is_pending_until_the_person_accepts():
    connector = people(github(), members=[user(9, "ana")])
    connector.client.on[MEMBERSHIP] = {"state": "active", "role": "admin"}
    change = connector.plan_suspend("9")
    connector.client.on[MEMBERSHIP] = {"state": "pending", "role": "admin"}
    seen = connector.observe(change, {})
    assert not matches(seen, change.before)
    assert matches(seen, change.pending)


def test_an_invitation_is_no_suspended_account():
    with pytest.raises(Unsupported):
        people(github()).plan_unsuspend("invitation-9")


def test_a_former_member_is_invited_back_by_the_login_of_the_last_scan():
    connector = people(github())
    connector.recall = lambda kind, id_: Account(id=id_, login="ana") if (kind, id_) == ("account", "9") else None
    change = connector.plan_unsuspend("9")
    assert change.steps[0].args["invitee_id"] == 9
    connector.client.on[MEMBERSHIP] = {"state": "pending", "role": "member"}
    assert matches(connector.observe(change, {}), change.pending)


def sharer(**given):
    """Return a GitHub with one outside collaborator on one repository, whose share is `repo:7:user:9`."""
    connector = people(github(**given), collaborators=[user(9, "ext", role_name="write")])
    connector.client.on["GET /repos/{owner}/{repo}"] = repo()
    return connector


CUSTOM = "GET /orgs/{org}/custom-repository-roles"


@pytest.mark.parametrize("plan", ["free", "enterprise"])
def test_a_role_that_github_lacks_is_refused_with_those_that_it_has(plan):
    connector = sharer(plan=plan)
    connector.client.on[CUSTOM] = {"total_count": 1, "custom_roles": [{"id": 1, "name": "auditor"}]}
    with pytest.raises(UsageError) as caught:
        connector.plan_change_share("repo:7:user:9", role="viewer")
    own = ", auditor" if plan == "enterprise" else ""
    assert caught.value.hint == f"one of: read, triage, write, maintain, admin{own}"
    assert (CUSTOM in connector.client.names()) is bool(own), "only an enterprise has roles of its own"
    if own:
        assert connector.plan_change_share("repo:7:user:9", role="auditor").after["role"] == "auditor"


def test_roles_that_may_not_be_read_are_told_and_the_common_ones_need_no_look():
    connector = sharer()
    connector.client.on[CUSTOM] = (403, {}, {"message": "Resource not accessible by integration"})
    with pytest.raises(UsageError, match="is no role") as caught:
        connector.plan_change_share("repo:7:user:9", role="auditor")
    assert "could not be read: Resource not accessible" in caught.value.hint
    connector.client.sent.clear()
    change = connector.plan_change_share("repo:7:user:9", role="pull")
    assert change.after["role"] == "read", "what people's roles are called is what reads back"
    assert CUSTOM not in connector.client.names()
    assert connector.plan_change_share("repo:7:user:9", role="push").steps == ()


def test_only_an_enterprise_has_internal_repositories():
    with pytest.raises(UsageError) as caught:
        sharer(plan="team").plan_change_share("repo:7:visibility", sharing="internal")
    assert caught.value.hint == "use --sharing private or public"
    assert sharer().plan_change_share("repo:7:visibility", sharing="internal").steps


def test_make_private_takes_in_those_from_outside_too():
    ext = user(9, "ext", role_name="read")
    connector = people(github(), collaborators=[ext], invitations=[{"id": 3, "invitee": None}])
    connector.client.on[REPO] = repo()
    change = connector.plan_make_private("7:a")
    assert [(step.name, step.args["kind"]) for step in change.steps] == [
        ("remove-share", "user"),
        ("remove-share", "invitation"),
    ]
    assert not matches(connector.observe(change, {}), change.after)
    assert set(change.touches) == {"folder:7", "share:repo:7:user:9", "share:repo:7:invitation:3"}
    people(connector)
    assert matches(connector.observe(change, {}), change.after)


def file_in(connector, path, content, **more):
    connector.client.on |= {
        "GET /orgs/{org}/repos": [repo(**more)],
        REPO: repo(**more),
        "GET /repos/{owner}/{repo}/collaborators": [],
        "GET /repos/{owner}/{repo}/branches": [{"name": "main"}],
        "GET /repos/{owner}/{repo}/git/blobs/{file_sha}": content,
        CONTENTS: {"path": path, "sha": blob_id(content), "type": "file", "size": len(content)},
    }
    return connector


def test_a_tombstone_follows_a_rename_and_never_lands_in_a_namesake():
    content = b"x" * 2000
    connector = file_in(github(), "a b/#1?.txt", content)
    change = connector.plan_quarantine("7:a b/#1?.txt", case="c-1")
    connector.client.on[REPO] = repo(8, "web")
    connector.client.on["GET /orgs/{org}/repos"] = [repo(7, "moved"), repo(8, "web")]
    connector._repositories.clear()
    connector.client.on[PUT] = {}
    connector.perform(change.steps[-1], {})
    written = next(call for call in connector.client.sent if call.name == PUT)
    assert written.path == {"owner": "corp", "repo": "moved", "path": "a b/#1?.txt"}
    assert base64.b64decode(written.json["content"]) == tombstone("c-1")
    assert written.json["sha"] == blob_id(content)


def test_a_file_changed_since_is_not_overwritten():
    connector = file_in(github(), "a", b"x" * 2000)
    change = connector.plan_overwrite("7:a", case="c-1")
    connector.client.on[CONTENTS] = {"path": "a", "sha": "other", "type": "file", "size": 1}
    with pytest.raises(StateConflict, match="changed meanwhile"):
        connector.perform(change.steps[0], {})
    assert PUT not in connector.client.names()


def test_a_tombstone_changed_since_is_not_written_over_by_undo():
    content = b"x" * 2000
    connector = file_in(github(), "a", content)
    change = connector.plan_overwrite("7:a", case="c-1")
    connector.client.on[CONTENTS] = {"path": "a", "sha": "edited", "type": "file", "size": 1}
    with pytest.raises(StateConflict, match="changed meanwhile"):
        connector.perform(change.inverse[0], {})


@pytest.mark.parametrize(("status", "error"), [(409, StateConflict), (422, RequestRefused)])
def test_a_protected_branch_is_reported_in_githubs_words(status, error):
    connector = file_in(github(), "a", b"x" * 2000)
    change = connector.plan_overwrite("7:a", case="c-1")
    connector.client.on[PUT] = (status, {}, {"message": "Repository rule violations found"})
    with pytest.raises(error, match="rule violations"):
        connector.perform(change.steps[0], {})


def test_undoing_a_quarantine_that_stopped_before_its_copies_deletes_none():
    connector = file_in(github(), "a", b"x" * 2000)
    change = connector.plan_quarantine("7:a", case="c-1")
    drop = change.inverse[-1]
    assert drop.undoes == "copy-to-quarantine"
    connector.perform(drop, {"quarantine": "corp/casb-quarantine"})
    assert connector.client.names("DELETE") == []


def test_an_archived_repository_and_an_lfs_pointer_and_a_link_are_refused():
    with pytest.raises(StateConflict, match="archived"):
        file_in(github(), "a", b"x" * 2000, archived=True).plan_overwrite("7:a", case="c")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n"
    with pytest.raises(Unsupported, match="LFS"):
        file_in(github(), "a", pointer).plan_overwrite("7:a", case="c")
    linked = file_in(github(), "a", b"../b")
    linked.client.on[CONTENTS] = {"path": "a", "sha": "1", "type": "symlink", "size": 4}
    with pytest.raises(Unsupported, match="symbolic link"):
        linked.plan_overwrite("7:a", case="c")


def test_a_workflow_needs_githubs_own_permission_for_it():
    without = OwnPermissions(granted=("repo",), vocabulary="oauth", complete=True)
    with pytest.raises(ScopeMissing) as caught:
        file_in(github(own=without), ".github/workflows/ci.yml", b"x" * 2000).plan_overwrite(
            "7:.github/workflows/ci.yml", case="c"
        )
    assert caught.value.needed == ("workflow",)
    with_it = OwnPermissions(granted=("repo", "workflow"), vocabulary="oauth", complete=True)
    file_in(github(own=with_it), ".github/workflows/ci.yml", b"x" * 2000).plan_overwrite(
        "7:.github/workflows/ci.yml", case="c"
    )


def test_the_search_of_other_branches_says_where_it_ended():
    connector = file_in(github(), "a", b"x" * 2000)
    connector.client.on["GET /repos/{owner}/{repo}/branches"] = [{"name": f"b{n}"} for n in range(30)]
    change = connector.plan_quarantine("7:a", case="c-1")
    assert any("may stand in others" in effect for effect in change.side_effects)


def test_every_step_of_every_plan_has_a_method():
    connector = file_in(people(github(), members=[user(9, "ana")]), "a", b"x" * 2000)
    connector.client.on[MEMBERSHIP] = {"state": "active", "role": "member"}
    plans = [
        connector.plan_suspend("9"),
        connector.plan_quarantine("7:a", case="c"),
        connector.plan_quarantine("7:a", case="c", mode="lock-repo"),
        connector.plan_overwrite("7:a", case="c"),
        connector.plan_make_private("7:a"),
    ]
    steps: list[Step] = [step for plan in plans for step in (*plan.steps, *plan.inverse)]
    assert {step.name for step in steps} <= set(type(connector)._steps)
