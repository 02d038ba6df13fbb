"""casb lists what Microsoft's Graph SDK lists, asks for what its types have, and the SDK sees what casb does."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from acting import acted, actions_of, chosen_for, full
from harness import Stage, listed

from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.world import World

try:
    from graphsdk import QUIET, Graph, parsed, undeclared
    from msgraph.generated.drives.item.items.item.copy.copy_post_request_body import CopyPostRequestBody
    from msgraph.generated.drives.item.items.item.create_link.create_link_post_request_body import (
        CreateLinkPostRequestBody,
    )
    from msgraph.generated.drives.item.items.item.invite.invite_post_request_body import InvitePostRequestBody
    from msgraph.generated.models.app_role_assignment import AppRoleAssignment
    from msgraph.generated.models.drive import Drive
    from msgraph.generated.models.drive_item import DriveItem
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.organization import Organization
    from msgraph.generated.models.permission import Permission
    from msgraph.generated.models.service_principal import ServicePrincipal
    from msgraph.generated.models.site import Site
    from msgraph.generated.models.unified_role_definition import UnifiedRoleDefinition
    from msgraph.generated.models.user import User
    from msgraph.generated.models.user_registration_details import UserRegistrationDetails
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"Microsoft's Graph SDK is not installed: {error}", allow_module_level=True)

pytestmark = QUIET
WHERE = {
    "suspend": {"users", "applications"},
    "revoke-password": {"users"},
    "revoke-sessions": {"users"},
    "revoke-grant": {"grants", "roles", "applications"},
    "unshare": {"shares"},
    "change-share": {"shares"},
    "make-private": {"shares"},
    "quarantine": {"files", "shares"},
    "trash": {"files", "shares"},
    "overwrite": {"files"},
}
"""Where the SDK may see a difference after each action, and nowhere else."""
TYPES = {
    "organization": Organization,
    "users": User,
    "me": User,
    "groups": Group,
    "members": User,  # a directory object's own properties are a user's too
    "transitiveMembers": User,
    "userRegistrationDetails": UserRegistrationDetails,
    "roleDefinitions": UnifiedRoleDefinition,
    "servicePrincipals": ServicePrincipal,
    "appRoleAssignedTo": AppRoleAssignment,
    "sites": Site,
    "getAllSites": Site,
    "drives": Drive,
    "drive": Drive,
    "root": DriveItem,
    "items": DriveItem,
    "children": DriveItem,
    "delta": DriveItem,
}
"""Of what type is what a path ends in, its ids aside."""
_ITEM = "/drives/{driveId}/items/{itemId}"
BODIES = {
    "PATCH /users/{id}": User,
    "PATCH /servicePrincipals/{id}": ServicePrincipal,
    "POST /oauth2PermissionGrants": OAuth2PermissionGrant,
    "POST /servicePrincipals/{id}/appRoleAssignedTo": AppRoleAssignment,
    f"POST {_ITEM}/children": DriveItem,
    f"POST {_ITEM}/copy": CopyPostRequestBody,
    f"POST {_ITEM}/createLink": CreateLinkPostRequestBody,
    f"POST {_ITEM}/invite": InvitePostRequestBody,
    f"PATCH {_ITEM}/permissions/{{permissionId}}": Permission,
}
"""Of what type is what a call sends."""
OPEN = {"servicePrincipals.createdDateTime"}
"""Properties that Microsoft answers though its schema does not declare them."""


@pytest.fixture
def stage(home, casb, hurried):
    world = World(seed=29, people=12, files=12, events=48)
    with Stage("office365", home, casb, world=world, options=Options(unlimited=True)) as made:
        assert made.connect().code == 0
        yield made


@pytest.fixture
def graph(stage):
    made = Graph(stage.provider.credentials()["certificate"])
    yield made
    made.close()


@pytest.fixture
def drives(graph):
    """The ids of all drives that open, casb's quarantine apart."""
    found = []
    for site in graph.rows(graph.client.sites.get_all_sites):
        try:
            found += [one["id"] for one in graph.rows(graph.client.sites.by_site_id(site["id"]).drives)]
        except ODataError as error:
            if error.response_status_code != 423:
                raise
    return [id_ for id_ in found if id_ != graph.fields["quarantine_drive"]]


def items(graph, drives):
    """Return everything in drives as `drive:path`, with the id of its drive."""
    found = {}
    for drive in drives:
        builder = graph.client.drives.by_drive_id(drive).items.by_drive_item_id("root").delta
        above = {}
        for one in graph.rows(builder):
            parent = one["parentReference"].get("id")
            above[one["id"]] = path = f"{above[parent]}/{one['name']}" if parent in above else ""
            found[f"{drive}:{path}"] = (drive, one)
    return found


def shown(one):
    """Return what a permission opens, to whom and how far: its id and address are new when it is made again."""
    told = one.get("grantedToV2", {})
    who = next((told[kind]["displayName"] for kind in ("group", "siteGroup", "user", "siteUser") if kind in told), None)
    link = one.get("link") and (one["link"]["scope"], one["link"]["type"])
    people = sorted(each["user"]["displayName"] for each in one.get("grantedToIdentitiesV2", ()))
    return str((link, who, people, sorted(one["roles"]), one.get("expirationDateTime")))


def shares(graph, seen):
    """Return what stands on each item itself."""
    known = {path: pair for path, pair in seen.items() if pair[1].keys() & {"shared", "root"}}
    found, paths = {}, sorted(known)
    for start in range(0, len(paths), 20):
        some = paths[start : start + 20]
        builders = [
            graph.client.drives.by_drive_id(known[path][0]).items.by_drive_item_id(known[path][1]["id"]).permissions
            for path in some
        ]
        answers = graph.batch([one.to_get_request_information() for one in builders])
        for path, (status, page) in zip(some, answers, strict=True):
            assert status == 200
            own = sorted(shown(one) for one in page["value"] if "inheritedFrom" not in one)
            if own:
                found[path] = own
    return found


def state(graph, drives):
    """All that the SDK can see of what governance touches."""
    client, seen = graph.client, items(graph, drives)
    fields = ["id", "accountEnabled", "lastPasswordChangeDateTime", "signInSessionsValidFromDateTime"]
    principals = graph.rows(client.service_principals)
    return {
        "users": {one["id"]: one for one in graph.rows(client.users, graph.query(client.users, select=fields))},
        "applications": {one["id"]: one["accountEnabled"] for one in principals},
        "grants": Counter(
            (one["clientId"], one["principalId"], one["resourceId"], frozenset(one["scope"].split()))
            for one in graph.rows(client.oauth2_permission_grants)
        ),
        "roles": {
            (each["principalId"], each["appRoleId"], each["resourceId"])
            for one in principals
            if one["appRoles"]
            for each in graph.rows(client.service_principals.by_service_principal_id(one["id"]).app_role_assigned_to)
        },
        "files": {path: (one["size"], one["file"]) for path, (_, one) in seen.items() if "file" in one},
        "shares": shares(graph, seen),
    }


def test_casb_lists_exactly_what_the_sdk_lists_and_asks_for_what_its_types_have(stage, graph, drives):
    asked = recorded(stage.provider, lambda request: request.query.get("$select"))
    kinds = ("account", "group", "membership", "privilege", "file", "share", "grant", "trash", "activity")
    seen = {kind: listed(stage.list(kind).rows, kind) for kind in kinds}
    check_selected(asked)
    client = graph.client
    users = {one["id"]: one["userPrincipalName"] for one in graph.rows(client.users)}
    assert {id_: row["login"] for id_, row in seen["account"].items()} == users
    groups = {one["id"]: one["displayName"] for one in graph.rows(client.groups)}
    assert {id_: row["name"] for id_, row in seen["group"].items()} == groups
    members = {
        (group, one["id"]) for group in groups for one in graph.rows(client.groups.by_group_id(group).members)
    }  # fmt: skip
    assert {(group[6:], ref.partition(":")[2]) for group, ref in seen["membership"]} == members
    files = {
        f"{drive}/{one['id']}": one["size"] for drive, one in items(graph, drives).values() if "file" in one
    }  # fmt: skip
    assert {id_: row["size"] for id_, row in seen["file"].items()} == files
    grants = {f"delegated/{one['id']}" for one in graph.rows(client.oauth2_permission_grants)}
    assert {id_ for id_ in seen["grant"] if id_.startswith("delegated/")} == grants
    logs = client.audit_logs
    told = {one["id"] for builder in (logs.sign_ins, logs.directory_audits) for one in graph.rows(builder)}
    assert told <= seen["activity"].keys()


def recorded(provider, told):
    """Return a set that fills with the logical call of each request and what is told of it, unless that is nothing."""
    found, handle = set(), provider.handle

    def watched(request):
        outcome = handle(request)
        if "python-httpx" not in request.headers.get("user-agent", "") and told(request):
            found.add((request.name, told(request)))
        return outcome

    provider.handle = watched
    return found


def check_selected(asked):
    assert len(asked) > 8
    for name, selected in asked:
        parts = [part.partition("(")[0] for part in name.partition(" ")[2].split("/") if not part.startswith("{")]
        if "_api" in parts:
            continue
        kind = "groups" if parts == ["groups", "delta"] else parts[-1]
        declared = TYPES[kind]().get_field_deserializers().keys() | {one.partition(".")[2] for one in OPEN}
        assert set(selected.split(",")) <= declared, (name, selected)


def test_the_sdk_sees_every_action_and_its_undo(stage, graph, drives):
    sent = recorded(stage.provider, lambda request: "json" in request.headers.get("content-type", "") and request.body)
    before = state(graph, drives)
    acting = [action for action in actions_of(stage) if action in WHERE]
    assert set(actions_of(stage)) - set(acting) == {"unsuspend", "restore"}, "these are tried by taking others back"
    for action, ref, words in cases(stage, graph, acting):
        done = acted(stage.casb("govern", action, ref, *words, "--yes", "-o", "jsonl"))
        during = state(graph, drives)
        differs = {part for part, rows in before.items() if rows != during[part]}
        assert differs, f"the SDK sees nothing of {action}"
        assert differs <= WHERE[action], action
        undone = stage.casb("govern", "undo", done["id"], "--yes", "-o", "jsonl")
        if undone.code != 0:
            assert "cannot be undone" in undone.err, undone
            stage.provider.reset()
            before = state(graph, drives)
            continue
        after = state(graph, drives)
        assert after == before, action
    check_bodies(sent)


def cases(stage, graph, acting):
    """Yield an action, on what, and its options: each action once, and those on applications besides."""
    for action in acting:
        yield action, *chosen_for(stage, action)
    role = next(
        id_
        for id_, row in sorted(stage.truth.rows("grant").items())
        if id_.startswith("role/") and row["name"] == "Harbor Sync"
    )
    yield "revoke-grant", full(stage, "grant", role), ()
    [app] = [one["id"] for one in graph.rows(graph.client.service_principals) if one["displayName"] == "Pier Notes"]
    yield "suspend", full(stage, "account", app), ()


def check_bodies(sent):
    seen = set()
    for name, body in sent:
        if name in BODIES:
            told = parsed(body, BODIES[name])
            assert set(undeclared(told)) == set(), (name, body)
            seen.add(name)
    assert seen == BODIES.keys()
    others = {name for name, _ in sent if name not in BODIES}
    assert others <= {"POST /$batch", "POST /{site}/_api/site/RecycleBin/RestoreByIds"}
