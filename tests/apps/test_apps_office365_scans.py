"""Office 365, scans of a tenant: what a component calls, what a second scan finds, what a lost permission costs."""

from __future__ import annotations

import json

import pytest
from harness import Stage

from casb_cli.apps.office365.sandbox_objects import Permission
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.wire import Request
from casb_cli.store.store import Store

FEED = "/api/v1.0/{tenant}/activity/feed"
PREREQUISITE = {
    "POST /{tenant}/oauth2/v2.0/token",
    "POST /$batch",
    "GET /organization",
    "GET /users",
    "GET /users/{id}",
    "GET /users/delta",
    "GET /groups",
    "GET /groups/{id}",
    "GET /groups/delta",
    "GET /groups/{id}/members",
    "GET /groups/{id}/transitiveMembers",
    "GET /roleManagement/directory/roleAssignments",
    "GET /roleManagement/directory/roleDefinitions",
    "GET /roleManagement/directory/roleEligibilityScheduleInstances",
    "GET /roleManagement/directory/roleAssignmentScheduleInstances",
    "GET /reports/authenticationMethods/userRegistrationDetails",
}
CALLS = {
    "users": set(),
    "management-events": {"GET /auditLogs/directoryAudits"},
    "sign-ins": {"GET /auditLogs/signIns"},
    "apps": {
        "GET /servicePrincipals",
        "GET /servicePrincipals(appId='{appId}')",
        "GET /servicePrincipals/{id}",
        "GET /servicePrincipals/{id}/appRoleAssignments",
        "GET /servicePrincipals/{id}/appRoleAssignedTo",
        "GET /oauth2PermissionGrants",
    },
    "activities": {
        f"GET {FEED}/subscriptions/list",
        f"POST {FEED}/subscriptions/start",
        f"GET {FEED}/subscriptions/content",
        f"GET {FEED}/audit/{{contentId}}",
    },
    "files": {
        "GET /sites/root",
        "GET /sites/getAllSites",
        "GET /sites/{id}",
        "GET /sites/{id}/drives",
        "GET /users/{id}/drive",
        "GET /drives/{driveId}",
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/root/delta",
        "GET /drives/{driveId}/items/{itemId}",
        "GET /drives/{driveId}/items/{itemId}/permissions",
        "GET /drives/{driveId}/items/{itemId}/content",
        "GET /{site}/_api/site/RecycleBin",
        # Any call shows what SharePoint's own token holds; and where content is redirected to.
        "GET /{site}/_api/web",
        "GET /download/{unique}/{name}",
    },
}
"""What Microsoft's pages give each component, by the calls that its permissions are for."""
KINDS = ("account", "group", "membership", "privilege", "activity", "file", "share", "grant")
LEAST = (
    "User.Read.All",
    "GroupMember.Read.All",
    "RoleManagement.Read.Directory",
    "AuditLog.Read.All",
    "Application.Read.All",
    "Directory.Read.All",
    "ActivityFeed.Read",
    "graph:Files.Read.All",
    "graph:Sites.FullControl.All",
    "sharepoint:Sites.FullControl.All",
)
"""What reading all components takes."""


@pytest.fixture
def stage(home, casb, hurried):
    with Stage("office365", home, casb, people=12, files=30, options=Options(settings={})) as made, made.brisk():
        yield made


def scan(stage, *more):
    """Scan; return the exit code, the row that ends it, and what was said."""
    run = stage.casb("scan", "--app", "office365", "-o", "json", *more)
    assert run.out.strip() not in {"", "[]"}, run
    return run.code, json.loads(run.out)[0], run.err


def kept(stage):
    """Return every row that the store keeps, by kind and id, as plain data."""
    key = stage.config.key
    with Store() as store:
        rows = store.inventory.all_rows
        return {(kind, row.id): row for kind in KINDS if kind != "activity" for row in rows(key, kind)}


# Components


@pytest.mark.parametrize("component", CALLS)
def test_all_listings_and_two_scans_of_a_component_call_nothing_outside_it(stage, component):
    run = stage.connect("prod", "certificate", "--component", component)
    assert run.code == 0, run
    for _ in range(2):
        code, row, err = scan(stage)
        assert code == 0, (row, err)
    for kind in KINDS:
        stage.list(kind)
    stage.list("file", "--trashed")
    called = {call.name for call in stage.provider.calls}
    assert not called - PREREQUISITE - CALLS[component], component
    assert not CALLS[component] or called & CALLS[component]
    hosts = {call.host for call in stage.provider.calls}
    beside = {"activities": {"manage"}, "files": {"sharepoint", "mysite", "content"}}.get(component, set())
    assert hosts <= {"api", "login"} | beside


# A second scan


def test_what_a_second_scan_reads_on_is_what_a_full_one_lists(stage):
    assert stage.connect("prod", "certificate").code == 0
    assert scan(stage)[0] == 0
    first, provider = kept(stage), stage.provider
    state, company, library = provider.state, provider.company, provider.library
    files = [library.file(index) for index in range(provider.world.files)]
    apart = [one for one in files if not one.permissions]
    edited, shared, deleted = apart[3], apart[8], apart[-1]
    provider.edit(f"{edited.drive}/{edited.id}", b"other words\n")
    link = Permission(id="new-link", kind="link", role="read", scope="anonymous", type="view")
    held = state.keep(shared)
    held.permissions = [link]
    state.changed(held, sharing=True)
    closed = state.keep(next(one for one in files if one.permissions))
    closed.permissions = []
    state.changed(closed, sharing=True)
    provider.bin(Request("DELETE", "", "", {}, b"", "api"), state.keep(deleted))
    folder = next(library.item(one.parent) for one in files if library.item(one.parent).permissions)
    open_ = state.keep(folder)
    open_.permissions = [link]
    state.changed(open_, sharing=True)
    state.change_members(3, [("user", company.index_at(5)), *state.members(3)[1:]])
    state.change_members(4, [])
    since = len(provider.calls)
    code, _, err = scan(stage)
    assert code == 0, err
    called = [call.name for call in list(provider.calls)[since:]]
    assert called.count("GET /groups/{id}/members") == 2
    assert called.count("GET /{site}/_api/site/RecycleBin") == 1
    second = kept(stage)
    assert scan(stage, "--full")[0] == 0
    third = kept(stage)
    assert second.keys() == third.keys(), second.keys() ^ third.keys()
    assert {key: row for key, row in second.items() if row != third[key]} == {}
    assert {key for key in first if key not in second}, "nothing was gone at all"
    assert ("membership", f"{company.groups.make(4)}/") not in {(kind, id_[:37]) for kind, id_ in second}


# A permission that is taken away


@pytest.mark.parametrize(
    ("gone", "costs"),
    [
        ("User.Read.All", {"Azure AD users and groups": "list accounts"}),
        ("GroupMember.Read.All", {"Azure AD users and groups": "groups and members"}),
        ("RoleManagement.Read.Directory", {"Azure AD users and groups": "privileges"}),
        (
            "AuditLog.Read.All",
            {
                "Azure AD users and groups": "list accounts",
                "Azure AD management events": "administrative activity",
                "Azure AD sign-in events": "log-on activity",
            },
        ),
        ("Application.Read.All", {"Azure AD apps": "view app permissions"}),
        ("Directory.Read.All", {"Azure AD apps": "view app permissions"}),
        ("ActivityFeed.Read", {"Office 365 activities": "activity in ten apps"}),
    ],
)
def test_a_permission_taken_away_between_two_scans_is_named_with_what_it_costs(stage, gone, costs):
    stage.provider.options.settings["scopes"] = " ".join(LEAST)
    stage.provider.reset()
    assert stage.connect("prod", "certificate").code == 0
    code, _, err = scan(stage)
    assert code == 0, err
    before = kept(stage)
    # Whatever implies it goes with it.
    implied = () if gone.startswith(("Audit", "Activity")) else ("Directory.Read.All",)
    left = [one for one in LEAST if one not in (gone, *implied)]
    stage.provider.options.settings["scopes"] = " ".join(left)
    stage.provider.reset()
    code, row, err = scan(stage)
    assert code in {3, 5}, err
    assert row["state"] != "complete"
    told = [line for line in err.splitlines() if f"the permission {gone} was taken away" in line]
    assert told, err
    for component, cell in costs.items():
        assert component in told[0]
        assert cell in told[0].partition(component)[2]
    # Of our own app's roles those that were taken away are gone indeed.
    gone_rows = {kind for kind, id_ in before.keys() - kept(stage).keys() if not id_.startswith("role/")}
    assert not gone_rows, "what cannot be seen is not gone"


def test_files_that_may_no_longer_be_read_are_never_no_files_and_no_findings(stage):
    assert stage.connect("prod", "certificate").code == 0
    assert scan(stage)[0] == 0
    before = kept(stage)
    findings = stage.casb("findings", "--app", "office365", "-o", "jsonl").rows
    assert findings
    stage.provider.options.settings["scopes"] = " ".join(
        one for one in LEAST if "Sites" not in one and "Files" not in one
    )
    stage.provider.reset()
    code, _, err = scan(stage)
    assert code in {3, 5}, err
    assert "the permission Files.Read.All was taken away" in err, err
    assert "Office 365 files" in err
    assert not [one for one in before.keys() - kept(stage).keys() if not one[1].startswith("role/")]
    assert stage.casb("findings", "--app", "office365", "-o", "jsonl").rows == findings
    run = stage.list("file")
    assert run.code == 5
    assert run.rows == []
    assert "Files.Read.All" in run.err
