"""Microsoft's Graph SDK and MSAL work against the simulated Office 365: sign-in, directory, logs, applications."""

from __future__ import annotations

import os
import time

import pytest

from casb_cli.apps.office365.sandbox import build
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

try:
    from graphsdk import GRAPH, LOGIN, QUIET, Graph, stamp
    from msgraph.generated.models.app_role_assignment import AppRoleAssignment
    from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.service_principal import ServicePrincipal
    from msgraph.generated.models.user import User
    from msgraph.generated.models.user_collection_response import UserCollectionResponse
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"Microsoft's Graph SDK is not installed: {error}", allow_module_level=True)

pytestmark = QUIET
WORLD = World(seed=19, people=40, files=24, events=240)
FIELDS = [
    "id", "displayName", "userPrincipalName", "mail", "accountEnabled", "userType", "externalUserState",
    "createdDateTime", "onPremisesSyncEnabled", "signInActivity",
]  # fmt: skip


@pytest.fixture(scope="module")
def served():
    made = build(WORLD, Options(settings={"device_polls": "1", "device_interval": "0"}))
    with serve([made]):
        yield made


def somebody(office, **wanted):
    """Return id and row of the first account that is an active member without roles, and as wanted."""
    wanted = {"status": "active", "external": False, "is_admin": False, **wanted}
    for id_, row in sorted(office.truth.rows("account").items()):
        if all(row[name] == value for name, value in wanted.items()):
            return id_, row
    raise AssertionError(wanted)


# Sign-in


def test_msal_signs_in_by_certificate_secret_and_federated_token(office, witness):
    for kind, signin in office.credentials().items():
        if kind == "device":
            continue
        one = Graph(signin)
        try:
            found = one.application().acquire_token_for_client(scopes=[GRAPH])
            assert found["token_type"] == "Bearer"
            assert 3500 < found["expires_in"] < 3700
            tenant = one(one.client.organization.get()).value[0]
        finally:
            one.close()
        assert (tenant.id, tenant.display_name) == (signin.fields["tenant"], WORLD.name)
        names = {domain.name: (domain.is_default, domain.is_initial) for domain in tenant.verified_domains}
        assert names[WORLD.domain] == (True, False)
        assert [name for name, (_, initial) in names.items() if initial] == [f"{WORLD.slug}.onmicrosoft.com"]
    witness(office, "POST /{tenant}/oauth2/v2.0/token", "GET /organization")


def test_a_tenant_is_known_by_its_domain_too(office, graph):
    app = graph.application(WORLD.domain)
    assert app.authority.tenant == graph.fields["tenant"]
    assert "access_token" in app.acquire_token_for_client(scopes=[GRAPH])
    nobody = graph.login.post(f"{LOGIN}/nobody.example/oauth2/v2.0/token", data={"grant_type": "client_credentials"})
    assert nobody.status_code == 400
    assert "AADSTS90002" in nobody.text


def test_a_wrong_secret_is_refused_by_its_number(office):
    signin = office.credentials()["secret"]
    one = Graph(type(signin)(fields=signin.fields, secrets={"client_secret": "wrong"}))
    found = one.application().acquire_token_for_client(scopes=[GRAPH])
    one.close()
    assert (found["error"], found["error_codes"]) == ("invalid_client", [7000215])


def test_a_person_signs_in_on_another_device_and_stays(office, witness):
    one = Graph(office.credentials()["device"])
    try:
        app = one.person()
        flow = app.initiate_device_flow(scopes=[GRAPH])
        assert flow["user_code"] in flow["message"]
        found = app.acquire_token_by_device_flow(flow)
        again = app.acquire_token_by_refresh_token(found["refresh_token"], scopes=[GRAPH])
        assert again["access_token"] != found["access_token"]
        assert again["refresh_token"] != found["refresh_token"]
        one._known[GRAPH] = again["access_token"]
        with pytest.raises(ODataError) as caught:
            one(one.client.sites.get_all_sites.get())
        assert (caught.value.response_status_code, caught.value.error.code) == (403, "accessDenied")
        assert one.all(one.client.sites) == []
        searched = one.all(one.client.sites, one.query(one.client.sites, search="*"))
        assert searched
        me = one(one.client.me.get())
        assert office.truth.rows("account")[me.id]["login"] == me.user_principal_name
    finally:
        one.close()
    witness(office, "POST /{tenant}/oauth2/v2.0/devicecode", "GET /sites", "GET /me")


# Accounts


def test_accounts(office, graph, witness):
    users = graph.client.users
    found = graph.all(users, graph.query(users, select=FIELDS, top=7))
    expected = office.truth.rows("account")
    assert {one.id for one in found} == expected.keys()
    for one in found:
        row = expected[one.id]
        assert (one.user_principal_name, one.display_name) == (row["login"], row["name"])
        assert (one.mail or one.user_principal_name) == row["email"]
        assert (one.user_type == "Guest") == row["external"]
        pending = one.external_user_state == "PendingAcceptance"
        status = "invited" if pending else "active" if one.account_enabled else "suspended"
        assert status == row["status"]
        assert stamp(one.created_date_time) == row["created"][:19] + "Z"
        seen = one.sign_in_activity
        times = [] if seen is None else [
            seen.last_sign_in_date_time, seen.last_non_interactive_sign_in_date_time,
            seen.last_successful_sign_in_date_time,
        ]  # fmt: skip
        assert stamp(max(times, default=None)) == (row["last_login"] and row["last_login"][:19] + "Z")
    one = graph(users.by_user_id(found[0].user_principal_name).get())
    assert (one.id, one.account_enabled) == (found[0].id, None)
    witness(office, "GET /users", "GET /users/{id}")


def test_how_accounts_prove_themselves(office, graph, witness):
    details = graph.client.reports.authentication_methods.user_registration_details
    found = graph.all(details, graph.query(details, top=9))
    expected = office.truth.rows("account")
    assert {one.id: one.is_mfa_registered for one in found} == {
        id_: row["mfa"] for id_, row in expected.items() if row["mfa"] is not None
    }
    assert {one.id for one in found if one.is_admin} == {one.id for one in found if expected[one.id]["is_admin"]}
    witness(office, "GET /reports/authenticationMethods/userRegistrationDetails")


def test_groups_their_members_and_those_of_groups_in_them(office, graph, witness):
    groups = graph.client.groups
    found = graph.all(groups, graph.query(groups, top=2))
    expected = office.truth.rows("group")
    assert {one.id: one.display_name for one in found} == {id_: row["name"] for id_, row in expected.items()}
    members, nested = set(), {}
    for group in found:
        builder = groups.by_group_id(group.id)
        assert graph(builder.get()).display_name == group.display_name
        for one in graph.all(builder.members, graph.query(builder.members, top=3)):
            kind = one.odata_type.removeprefix("#microsoft.graph.")
            members.add((f"group:{group.id}", f"{'group' if kind == 'group' else 'account'}:{one.id}"))
        nested[group.id] = {one.id for one in graph.all(builder.transitive_members)}
    assert members == office.truth.rows("membership").keys()
    [(above, below)] = [(a[6:], b[6:]) for a, b in members if b.startswith("group:")]
    assert nested[below] | {below} <= nested[above]
    witness(office, "GET /groups", "GET /groups/{id}", "GET /groups/{id}/members", "GET /groups/{id}/transitiveMembers")


def test_changed_groups_and_accounts_are_followed(office, graph, witness):
    groups = graph.client.groups.delta
    *_, last = pages = list(graph.pages(groups, graph.query(groups, select=["displayName", "members"])))
    expected = office.truth.rows("membership")
    told = {
        (f"group:{group.id}", f"{'group' if one['@odata.type'].endswith('.group') else 'account'}:{one['id']}")
        for page in pages
        for group in page.value
        for one in group.additional_data["members@delta"]
    }
    assert told == expected.keys()
    latest = groups.with_url(f"{graph.fields['api_url']}/v1.0/groups/delta?$select=members&$deltatoken=latest")
    start = graph(latest.get())
    assert (start.value, graph(groups.with_url(last.odata_delta_link).get()).value) == ([], [])
    group = office.company.group_of(last.value[0].id)
    (kind, gone), *rest = office.company.members(group)
    office.state.change_members(group, rest)
    [changed] = graph(groups.with_url(start.odata_delta_link).get()).value
    assert changed.id == last.value[0].id
    [one] = changed.additional_data["members@delta"]
    assert (str(one["id"]), one["@removed"]) == (office.company.member_id(kind, gone), {"reason": "deleted"})
    users = graph.client.users.delta
    *_, last = list(graph.pages(users, graph.query(users, select=["accountEnabled"])))
    assert graph(users.with_url(last.odata_delta_link).get()).value == []
    id_, _ = somebody(office)
    graph(graph.client.users.by_user_id(id_).patch(User(account_enabled=False)))
    [changed] = graph(users.with_url(last.odata_delta_link).get()).value
    assert (changed.id, changed.account_enabled) == (id_, False)
    office.faults.plan("GET /groups/delta", "expired-cursor")
    with pytest.raises(ODataError) as caught:
        graph(groups.with_url(start.odata_delta_link).get())
    assert (caught.value.response_status_code, caught.value.error.code) == (400, "syncStateNotFound")
    witness(office, "GET /groups/delta", "GET /users/delta")


def test_calls_in_a_batch(office, graph, witness):
    groups = graph.client.groups
    ids = sorted(office.truth.rows("group"))[:5]
    missing = "00000000-0000-4000-8000-000000000000"
    asked = [groups.by_group_id(id_).members.to_get_request_information() for id_ in [*ids, missing]]
    *found, (status, body) = graph.batch(asked, UserCollectionResponse)
    assert (status, body.value) == (404, None)
    expected = office.truth.rows("membership")
    for id_, (status, page) in zip(ids, found, strict=True):
        assert status == 200
        told = {ref.partition(":")[2] for group, ref in expected if group == f"group:{id_}"}
        assert {one.id for one in page.value} == told
    witness(office, "POST /$batch", "GET /groups/{id}/members")


def test_roles_held_and_those_that_may_be_activated(office, graph, witness):
    directory = graph.client.role_management.directory
    names = {one.id: one.display_name for one in graph.all(directory.role_definitions)}
    assignments = directory.role_assignments
    found = {}
    for one in graph.all(assignments, graph.query(assignments, expand=["principal"], top=3)):
        assert one.principal.id == one.principal_id
        kind = "group" if one.principal.odata_type == "#microsoft.graph.group" else "account"
        scope = "org" if one.directory_scope_id == "/" else one.directory_scope_id
        found[f"{kind}:{one.principal_id}", names[one.role_definition_id], scope] = one.id
    for one in graph.all(directory.role_eligibility_schedule_instances):
        assert one.start_date_time < one.end_date_time
        role = f"{names[one.role_definition_id]} (eligible)"
        found[f"account:{one.principal_id}", role, "org"] = one.role_eligibility_schedule_id
    assert found == {key: row["id"] for key, row in office.truth.rows("privilege").items()}
    witness(
        office,
        "GET /roleManagement/directory/roleDefinitions",
        "GET /roleManagement/directory/roleAssignments",
        "GET /roleManagement/directory/roleEligibilityScheduleInstances",
    )


# Logs


def test_sign_ins_and_directory_audits(office, graph, witness):
    activity = office.truth.rows("activity")
    signs = graph.client.audit_logs.sign_ins
    found = graph.all(signs, graph.query(signs, top=40))
    logons = {id_: row for id_, row in activity.items() if row["kind"] == "logon"}
    assert {one.id for one in found} == logons.keys()
    for one in found:
        row = logons[one.id]
        assert (one.user_principal_name, one.ip_address) == (row["actor"], row["ip"])
        assert ("success" if one.status.error_code == 0 else "failure") == row["outcome"]
        assert stamp(one.created_date_time) == row["time"][:19] + "Z"
    audits = graph.client.audit_logs.directory_audits
    told = graph.all(audits, graph.query(audits, orderby=["activityDateTime"]))
    assert [one.activity_date_time for one in told] == sorted(one.activity_date_time for one in told)
    expected = {id_: row["action"] for id_, row in activity.items() if id_.startswith("Directory_")}
    assert {one.id: one.activity_display_name for one in told} == expected
    assert {one.initiated_by.user.user_principal_name for one in told} <= {row["actor"] for row in activity.values()}
    witness(office, "GET /auditLogs/signIns", "GET /auditLogs/directoryAudits")


def test_the_sdk_waits_when_it_is_told_to_and_reads_a_window(office, graph):
    times = sorted(row["time"] for row in office.truth.rows("activity").values() if row["kind"] == "logon")
    start, end = times[len(times) // 3], times[2 * len(times) // 3]
    signs = graph.client.audit_logs.sign_ins
    office.faults.plan("GET /auditLogs/signIns", "throttle", wait=1.0)
    began = time.monotonic()
    text = f"createdDateTime ge {start[:19]}Z and createdDateTime lt {end[:19]}Z"
    found = graph.all(signs, graph.query(signs, filter=text))
    assert time.monotonic() - began >= 1
    assert [call.status for call in office.called("GET /auditLogs/signIns")] == [429, 200]
    inside = [moment for moment in times if start[:19] <= moment[:19] < end[:19]]
    assert sorted(stamp(one.created_date_time)[:19] for one in found) == [moment[:19] for moment in inside]


# Applications


def test_applications_and_what_they_were_granted(office, graph, witness):
    client = graph.client
    principals = client.service_principals
    apps = {one.id: one for one in graph.all(principals, graph.query(principals, top=4))}
    expected = office.truth.rows("grant")
    found = {}
    for one in graph.all(client.oauth2_permission_grants, graph.query(client.oauth2_permission_grants, top=9)):
        assert (one.consent_type == "AllPrincipals") == (one.principal_id is None)
        who = one.principal_id and f"account:{one.principal_id}"
        found[f"delegated/{one.id}"] = (apps[one.client_id].app_id, who, one.scope.split())
    for id_, resource in apps.items():
        roles = {str(role.id): role.value for role in resource.app_roles}
        builder = principals.by_service_principal_id(id_).app_role_assigned_to
        for one in graph.all(builder, graph.query(builder, top=5)):
            if one.principal_type == "ServicePrincipal":
                key = f"role/{one.id}@{id_}"
                found[key] = (apps[str(one.principal_id)].app_id, None, [roles[str(one.app_role_id)]])
                assert stamp(one.created_date_time) == expected[key]["issued"][:19] + "Z"
    assert found == {
        id_: (row["client_id"], row["principal_ref"], list(row["scopes"])) for id_, row in expected.items()
    }
    own = graph(client.service_principals_with_app_id(graph.fields["client_id"]).get())
    assert own.display_name == "casb"
    item = principals.by_service_principal_id(own.id)
    assert graph(item.get()).app_id == graph.fields["client_id"]
    mine = {f"role/{one.id}@{one.resource_id}" for one in graph.all(item.app_role_assignments)}
    assert mine == {id_ for id_, row in expected.items() if row["client_id"] == graph.fields["client_id"]}
    given = next(one for one in apps.values() if one.display_name == "Pier Notes")
    held = graph.all(principals.by_service_principal_id(given.id).oauth2_permission_grants)
    assert {f"delegated/{one.id}" for one in held} == {
        id_ for id_, row in expected.items() if row["client_id"] == given.app_id and id_.startswith("delegated/")
    }
    witness(
        office,
        "GET /servicePrincipals",
        "GET /servicePrincipals(appId='{appId}')",
        "GET /servicePrincipals/{id}",
        "GET /servicePrincipals/{id}/appRoleAssignedTo",
        "GET /servicePrincipals/{id}/appRoleAssignments",
        "GET /servicePrincipals/{id}/oauth2PermissionGrants",
        "GET /oauth2PermissionGrants",
    )


def test_a_delegated_grant_is_taken_back_and_given_again(office, graph, witness):
    grants = graph.client.oauth2_permission_grants
    one = next(row for row in graph.all(grants) if row.consent_type == "Principal")
    graph(grants.by_o_auth2_permission_grant_id(one.id).delete())
    assert one.id not in {row.id for row in graph.all(grants)}
    with pytest.raises(ODataError) as caught:
        graph(grants.by_o_auth2_permission_grant_id(one.id).delete())
    assert (caught.value.response_status_code, caught.value.error.code) == (404, "Request_ResourceNotFound")
    made = graph(
        grants.post(
            OAuth2PermissionGrant(
                client_id=one.client_id, consent_type=one.consent_type, principal_id=one.principal_id,
                resource_id=one.resource_id, scope=one.scope,
            )
        )
    )  # fmt: skip
    assert (made.client_id, made.principal_id, made.scope) == (one.client_id, one.principal_id, one.scope)
    assert made.id != one.id
    witness(office, "DELETE /oauth2PermissionGrants/{id}", "POST /oauth2PermissionGrants")


def test_an_application_role_is_taken_back_and_given_again_and_the_application_disabled(office, graph, witness):
    principals = graph.client.service_principals
    resource = next(one for one in graph.all(principals) if one.display_name == "Microsoft Graph")
    assigned = principals.by_service_principal_id(resource.id).app_role_assigned_to
    one = next(row for row in graph.all(assigned) if row.principal_display_name == "Harbor Sync")
    graph(assigned.by_app_role_assignment_id(one.id).delete())
    assert one.id not in {row.id for row in graph.all(assigned)}
    body = AppRoleAssignment(principal_id=one.principal_id, resource_id=one.resource_id, app_role_id=one.app_role_id)
    made = graph(assigned.post(body))
    assert (made.principal_display_name, made.app_role_id) == ("Harbor Sync", one.app_role_id)
    item = principals.by_service_principal_id(str(one.principal_id))
    for enabled in (False, True):
        graph(item.patch(ServicePrincipal(account_enabled=enabled)))
        assert graph(item.get()).account_enabled is enabled
    witness(
        office,
        "DELETE /servicePrincipals/{id}/appRoleAssignedTo/{assignmentId}",
        "POST /servicePrincipals/{id}/appRoleAssignedTo",
        "PATCH /servicePrincipals/{id}",
    )


# What is done to accounts


def test_accounts_are_disabled_enabled_signed_out_and_given_a_new_password(office, graph, witness):
    users = graph.client.users
    seen = graph.all(users, graph.query(users, select=["id", "onPremisesSyncEnabled"]))
    synced = {one.id for one in seen if one.on_premises_sync_enabled}
    active = {id_ for id_, row in office.truth.rows("account").items() if row["status"] == "active"}
    usual = {id_ for id_ in active if not office.truth.rows("account")[id_]["is_admin"]}
    item = users.by_user_id(min(usual - synced))
    wanted = graph.query(item, select=["accountEnabled", "lastPasswordChangeDateTime"])
    told = lambda: graph(item.get(graph.asked(wanted)))  # noqa: E731
    before = told()
    graph(item.patch(User(account_enabled=False)))
    assert told().account_enabled is False
    graph(item.patch(User(account_enabled=True)))
    profile = PasswordProfile(force_change_password_next_sign_in=True, password="Correct-horse-7-battery-staple")
    graph(item.patch(User(password_profile=profile)))
    after = told()
    assert after.account_enabled is True
    assert after.last_password_change_date_time > before.last_password_change_date_time
    assert graph(item.revoke_sign_in_sessions.post()).value is True
    with pytest.raises(ODataError) as caught:
        graph(users.by_user_id(min(usual & synced)).patch(User(password_profile=profile)))
    assert (caught.value.response_status_code, caught.value.error.code) == (400, "Request_BadRequest")
    assert "on-premises" in caught.value.error.message
    witness(office, "PATCH /users/{id}", "POST /users/{id}/revokeSignInSessions")


def test_administrators_are_out_of_reach_and_what_is_missing_is_told_by_code(office, graph):
    users = graph.client.users
    admin, _ = somebody(office, is_admin=True)
    for id_, status, code in (
        (admin, 403, "Authorization_RequestDenied"),
        ("00000000-0000-4000-8000-000000000000", 404, "Request_ResourceNotFound"),
    ):
        with pytest.raises(ODataError) as caught:
            graph(users.by_user_id(id_).patch(User(account_enabled=False)))
        assert (caught.value.response_status_code, caught.value.error.code) == (status, code)
        assert caught.value.error.inner_error.request_id
    with pytest.raises(ODataError) as caught:
        graph.all(users, graph.query(users, filter="userType ne 'Guest'"))
    assert caught.value.error.code == "Request_UnsupportedQuery"
    query = graph.query(users, filter="userType ne 'Guest'", count=True)
    found = graph.all(users, query, {"ConsistencyLevel": "eventual"})
    expected = {id_ for id_, row in office.truth.rows("account").items() if not row["external"]}
    assert {one.id for one in found} == expected
