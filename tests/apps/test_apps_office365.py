"""Office 365: its components on the wire, signing in for each audience, and what the provider's forms become."""

from __future__ import annotations

import json

import msgspec
import pytest
from harness import Stage

from casb_cli.apps._microsoft.clouds import Addresses, cloud_of, sharepoint_host, tenant_of
from casb_cli.apps._microsoft.rules import classify, waiting_words
from casb_cli.apps.office365 import APP, mapping, records
from casb_cli.apps.office365.auth import audience_of
from casb_cli.apps.office365.connector import Office365
from casb_cli.apps.office365.mapping_grants import risk_of
from casb_cli.apps.office365.scopes import expand
from casb_cli.apps.office365.setup import consent_url, instructions, permissions_of
from casb_cli.apps.office365.urls import base_urls
from casb_cli.core.capabilities import ABILITIES, check, needs_of
from casb_cli.core.errors import (
    CursorExpired,
    LicenceMissing,
    ObjectMissing,
    ScopeMissing,
    SignInNeeded,
    StateConflict,
    UnknownName,
    UsageError,
)
from casb_cli.sandbox.provider import Options
from casb_cli.store.config import Config
from casb_cli.transport.calls import Call

USERS = ("/organization", "/users", "/groups", "/roleManagement/", "/reports/authenticationMethods", "/$batch")
SIGNING_IN = "/{tenant}/oauth2/v2.0/token"
OF = {
    "users": (),
    "management-events": ("/auditLogs/directoryAudits",),
    "sign-ins": ("/auditLogs/signIns",),
    "apps": ("/servicePrincipals", "/oauth2PermissionGrants"),
    "activities": ("/api/v1.0/{tenant}/activity/feed",),
    "files": (
        "/sites",
        "/drives",
        "/security/dataSecurityAndGovernance",
        "/beta/sites",
        "/_api/",
        "/{site}/_api/",
        "/download/",
    ),
}
"""What each component may call beside the prerequisite, as Microsoft's pages group it."""
NEEDS = [n for a in ABILITIES if issubclass(Office365, a) for n in needs_of(Office365, a)]


@pytest.fixture
def stage(home, casb, hurried):
    with Stage("office365", home, casb, people=12, files=12, options=Options()) as made:
        yield made


@pytest.mark.parametrize("component", OF)
def test_a_component_alone_calls_nothing_outside_it_and_its_prerequisite(stage, component):
    run = stage.connect("prod", "certificate", "--component", component)
    assert run.code == 0, run
    stage.casb("scan", "--app", "office365")
    for kind in ("account", "group", "activity", "file", "share", "grant"):
        stage.list(kind, "--limit", "3")
    called = {call.name.partition(" ")[2] for call in stage.provider.calls}
    allowed = (*USERS, SIGNING_IN, *OF[component])
    assert not {name for name in called if not name.startswith(allowed)}
    if OF[component]:
        assert any(name.startswith(OF[component]) for name in called)


def test_what_is_switched_off_is_refused_with_the_way_to_switch_it_on(stage):
    assert stage.connect("prod", "certificate", "--component", "apps").code == 0
    run = stage.list("file")
    assert run.code == 6, run
    assert "the component `files` is switched off" in run.err
    assert stage.casb("instances", "set", "prod", "components=users,apps,files").code == 0
    assert Config.load().get("office365", "prod").fields["components"] == "users,apps,files"
    run = stage.list("file")
    assert run.rows, run


def test_what_is_switched_on_later_has_its_permissions_read_and_its_tokens_asked_for(stage):
    assert stage.connect("prod", "certificate", "--component", "sign-ins").code == 0
    own = stage.config.own["main"]
    assert "ActivityFeed.Read" not in own.granted
    assert "SharePoint:Sites.FullControl.All" not in own.granted
    run = stage.casb("instances", "set", "prod", "components=activities,files")
    assert run.code == 0, run
    own = stage.config.own["main"]
    assert {"ActivityFeed.Read", "SharePoint:Sites.FullControl.All"} <= set(own.granted)
    assert "list-files" in own.proven
    run = stage.casb("scan", "--app", "office365")
    assert run.code == 0, run
    assert "lacks" not in run.err
    since = len(stage.provider.calls)
    assert stage.casb("instances", "set", "prod", "components=files").code == 0
    assert len(stage.provider.calls) == since, "what is switched off needs no look"
    assert "ActivityFeed.Read" in stage.config.own["main"].granted


def test_the_prerequisite_cannot_be_left_out_and_unknown_components_are_named(stage):
    run = stage.connect("prod", "certificate", "--component", "sign-ins")
    assert "`users` is connected too" in run.err
    run = stage.connect("other", "certificate", "--component", "mail")
    assert run.code == 2
    assert "management-events" in run.err
    assert APP.switched_on({}) == frozenset(OF)
    with pytest.raises(UnknownName):
        APP.switched_on({"components": "users,mail"})


def test_activity_is_listed_by_product(stage):
    assert stage.connect("prod", "certificate", "--component", "activities").code == 0
    names = {"skype-for-business": "Skype for Business", "dynamics-365-crm": "Dynamics 365 CRM"}
    truth = stage.truth.products()
    for product in ("teams", "onedrive", "exchange"):
        run = stage.list("activity", "--product", product)
        wanted = {id_ for id_, name in truth.items() if name == names.get(product, name) and name.lower() == product}
        assert {row["id"] for row in run.rows} == wanted


def test_a_product_is_told_by_key_or_title_and_an_unknown_one_is_refused(stage):
    assert stage.connect("prod", "certificate", "--component", "activities").code == 0
    by_key, by_title = (stage.list("activity", "--product", name) for name in ("exchange", "Exchange"))
    assert by_key.rows == by_title.rows != []
    assert stage.list("activity", "--product", "Skype for Business").code == 0
    for kind in ("activity", "file"):
        run = stage.list(kind, "--product", "mail")
        assert run.code == 2, run
        assert "skype-for-business" in run.err
    assert set(APP.products) == set(records.PRODUCTS)


def test_setup_for_reading_names_no_permission_to_act(stage):
    words = ("connect", "office365", "--print-setup", "--component", "files")
    whole, reading = stage.casb(*words).out, stage.casb(*words, "--purpose", "read").out
    assert "Files.ReadWrite.All of Microsoft Graph" in whole
    assert "Write" not in reading
    assert "EnableDisable" not in reading
    assert "Files.Read.All of Microsoft Graph" in reading


def test_a_disabled_account_that_is_compromised_still_loses_password_and_sessions(stage):
    assert stage.connect("prod", "certificate").code == 0
    rows = [row for row in stage.list("account").rows if row["status"] == "active" and not row["is_admin"]]
    ref = next(row["ref"] for row in rows if not (row["external"] or row["profile"].get("synced")))
    assert stage.casb("govern", "suspend", ref, "--yes").code == 0
    since = len(stage.provider.calls)
    run = stage.casb("govern", "suspend", ref, "--mode", "compromised", "--yes", "-o", "jsonl")
    assert [row["state"] for row in run.rows] == ["changed"], run
    assert [call.name for call in stage.effects(since)] == [
        "PATCH /users/{id}",
        "POST /users/{id}/revokeSignInSessions",
    ]
    assert run.rows[0]["undo"].startswith("cannot be undone"), "an undo would enable what was disabled before"


def test_every_ability_is_there_or_excused():
    assert check(Office365) == []
    brought = {key for one in APP.components for key in one.abilities}
    assert brought <= {ability.key for ability in ABILITIES}
    known = {one.key for one in APP.components}
    for ability in ABILITIES:
        if issubclass(Office365, ability):
            assert {need.component for need in needs_of(Office365, ability)} <= known


# Clouds and audiences


def test_each_cloud_has_its_own_hosts():
    assert base_urls({"cloud": "gcc-high"})["api"] == "https://graph.microsoft.us/v1.0"
    assert base_urls({"cloud": "gcc-high"})["manage"] == "https://manage.office365.us"
    assert base_urls({"cloud": "gcc"})["manage"] == "https://manage-gcc.office.com"
    assert base_urls({"cloud": "dod"})["api"] == "https://dod-graph.microsoft.us/v1.0"
    assert "manage" not in base_urls({"cloud": "china"})
    assert base_urls({})["login"] == "https://login.microsoftonline.com"
    with pytest.raises(UsageError):
        cloud_of({"cloud": "mars"})


@pytest.mark.parametrize("tenant", ["", "a/b", "contoso.com?x", "../x", ".."])
def test_what_cannot_be_a_tenant_is_refused(tenant):
    with pytest.raises(UsageError):
        tenant_of({"tenant": tenant})


def test_only_hosts_of_sharepoint_get_an_address_and_a_token():
    urls = base_urls({})
    host = sharepoint_host("https://contoso-my.sharepoint.com/personal/ada")
    assert host == "sharepoint:contoso-my.sharepoint.com"
    assert urls[host] == "https://contoso-my.sharepoint.com"
    for other in ("sharepoint:evil.example", "sharepoint:sharepoint.com.evil.example", "sharepoint:a/b.sharepoint.com"):
        with pytest.raises(KeyError):
            urls[other]
    served = Addresses({"sharepoint": "http://127.0.0.1:1", "mysite": "http://127.0.0.1:2"}, ".sharepoint.com")
    assert served["sharepoint:contoso.sharepoint.com"] == "http://127.0.0.1:1"
    assert served[host] == "http://127.0.0.1:2"


def test_a_token_is_for_the_api_that_is_called():
    graph, manage = "https://graph.microsoft.com", "https://manage.office.com"

    def of(host):
        return audience_of(Call(name="GET /x", host=host), graph, manage)

    assert of("api") == of("beta") == graph
    assert of("manage") == manage
    assert of("sharepoint:contoso.sharepoint.com") == "https://contoso.sharepoint.com"


def test_a_certificate_signs_and_a_secret_reaches_no_sharepoint(stage):
    assert stage.connect("prod", "certificate").code == 0
    own = Config.load().get("office365", "prod").own["main"]
    assert "SharePoint:Sites.FullControl.All" in own.granted
    assert "ActivityFeed.Read" in own.granted
    run = stage.connect("poor", "secret", "--force")
    assert run.code == 0, run
    assert "takes no token of a client secret" in run.err
    own = Config.load().get("office365", "poor").own["main"]
    assert not [one for one in own.granted if one.startswith("SharePoint:")]


def test_a_federated_credential_reaches_the_recycle_bins(stage):
    run = stage.connect("prod", "federated")
    assert run.code == 0, run
    assert "out of reach" not in run.err
    assert [row["status"] for row in stage.casb("doctor", "-o", "jsonl").rows if row["check"] == "list trash"] == ["ok"]


def test_what_is_printed_to_be_set_up_is_enough(home, casb, hurried):
    names = permissions_of("certificate", NEEDS)
    options = Options(settings={"scopes": " ".join(one.replace("SharePoint:", "sharepoint:") for one in names)})
    with Stage("office365", home, casb, people=12, files=12, options=options) as stage:
        run = stage.connect("prod", "certificate")
        assert run.code == 0, run
        assert "unavailable" not in run.err
        roles = [row["role"] for row in stage.casb("list", "privileges", "-o", "jsonl").rows]
        assert [one for one in roles if one.endswith("(eligible)")]


# What answers mean


def said(status, code, message="no", *, inner=None, headers=None):
    body = {"error": {"code": code, "message": message, **({"innererror": {"code": inner}} if inner else {})}}
    return classify(Call(name="GET /x"), status, headers or {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "Authorization_RequestDenied", ScopeMissing),
        (403, "accessDenied", ScopeMissing),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", LicenceMissing),
        (402, "PaymentRequired", LicenceMissing),
        (404, "itemNotFound", ObjectMissing),
        (410, "resyncChangesApplyDifferences", CursorExpired),
        (400, "syncStateNotFound", CursorExpired),
        (400, "Directory_ExpiredPageToken", CursorExpired),
        (409, "nameAlreadyExists", StateConflict),
        (423, "resourceLocked", StateConflict),
        (401, "InvalidAuthenticationToken", SignInNeeded),
        (401, "AF10001", ScopeMissing),
    ],
)
def test_errors_are_told_apart_by_code(status, code, kind):
    assert type(said(status, code).error) is kind


def test_the_innermost_known_code_counts():
    assert type(said(423, "notAllowed", inner="resourceLocked").error) is StateConflict
    assert said(400, "badRequest", inner="syncStateNotFound").error.code == "syncStateNotFound"


def test_auditing_that_is_off_is_no_missing_permission():
    error = said(400, "AF20010", "Tenant 1234 does not exist.").error
    assert isinstance(error, LicenceMissing)
    assert error.words == "auditing is not switched on for this tenant: Tenant 1234 does not exist."
    assert "switch on auditing" in error.hint


def test_a_wait_may_be_told_in_words():
    assert waiting_words("Too many frequent subscription start requests, retry again after 14m 56s.") == 896
    assert waiting_words("Too many requests") is None
    verdict = said(429, "AF429", "retry again after 10s")
    assert (verdict.kind, verdict.after) == ("throttled", 10)


# What the provider's forms become


def record(**told):
    base = {"Id": "r1", "CreationTime": "2026-11-20T07:12:09", "Operation": "FileAccessed", "RecordType": 6}
    return records.activity(msgspec.json.decode(json.dumps({**base, **told}).encode(), type=records.Record))


@pytest.mark.parametrize(
    ("told", "product", "kind"),
    [
        ({"RecordType": 6, "Workload": "OneDrive"}, "onedrive", "user"),
        ({"RecordType": 6, "Workload": "SharePoint"}, "sharepoint", "user"),
        ({"RecordType": 14, "SiteUrl": "https://c-my.sharepoint.com/personal/a/"}, "onedrive", "user"),
        ({"RecordType": 4, "Workload": "SharePoint", "Operation": "SiteCollectionAdminAdded"}, "sharepoint", "admin"),
        ({"RecordType": 14, "Workload": "SharePoint", "Operation": "SharingSet"}, "sharepoint", "user"),
        ({"RecordType": 25, "Workload": "MicrosoftTeams", "Operation": "MessageSent"}, "teams", "user"),
        ({"RecordType": 25, "Workload": "MicrosoftTeams", "Operation": "TeamsSessionStarted"}, "teams", "logon"),
        ({"RecordType": 57, "Operation": "TeamSettingChanged"}, "teams", "admin"),
        ({"RecordType": 1, "Workload": "Exchange", "Operation": "Set-Mailbox"}, "exchange", "admin"),
        ({"RecordType": 2, "Operation": "MailboxLogin"}, "exchange", "logon"),
        ({"RecordType": 21, "Workload": "CRM"}, "dynamics-365-crm", "user"),
        ({"RecordType": 30}, "power-automate", "user"),
        ({"RecordType": 20}, "power-bi", "user"),
        ({"RecordType": 70}, "office", "user"),
        ({"RecordType": 16}, "skype-for-business", "user"),
        ({"RecordType": 22}, "yammer", "user"),
        ({"RecordType": 15, "Operation": "UserLoggedIn"}, "azure-ad", "logon"),
        ({"RecordType": 6, "Workload": "SharePoint", "UserType": 3}, "sharepoint", "admin"),
        # An administrator who reads a file is a user of it.
        ({"RecordType": 6, "Workload": "SharePoint", "UserType": 2}, "sharepoint", "user"),
        ({"RecordType": 999, "Workload": "SomethingNew"}, None, "user"),
    ],
)
def test_records_are_sorted_by_type(told, product, kind):
    row = record(**told)
    assert (row.product, row.kind) == (product, kind)


def test_a_record_is_read_as_its_schema_says():
    row = record(UserId="ada@contoso.example", ClientIP="[2001:db8::7]:51234", ObjectId="https://x/y.docx")
    assert row.time == "2026-11-20T07:12:09Z"
    assert row.ip == "2001:db8::7"
    assert (row.actor, row.target, row.outcome) == ("ada@contoso.example", "https://x/y.docx", "success")
    assert record(ClientIP="198.51.100.7:8080").ip == "198.51.100.7"
    assert record(ClientIP="198.51.100.7").ip == "198.51.100.7"
    assert record(ResultStatus="False").outcome == "failure"
    # Of sign-ins the status is not to be trusted.
    assert record(RecordType=15, Operation="UserLoginFailed", ResultStatus="Success").outcome == "failure"


def user(**told):
    return msgspec.json.decode(json.dumps({"id": "u1", **told}).encode(), type=mapping.User)


def test_accounts_are_read_as_the_directory_says():
    dates = {"lastSignInDateTime": "2026-11-20T07:00:00Z", "lastNonInteractiveSignInDateTime": "2026-11-21T01:00:00Z"}
    ada = user(userPrincipalName="ada@c.example", accountEnabled=True, userType="Member", signInActivity=dates)
    row = mapping.account(ada, is_admin=True, mfa=None, signed_in=True)
    assert (row.status, row.external, row.last_login) == ("active", False, "2026-11-21T01:00:00Z")
    assert row.unknown == ("mfa",)
    guest = user(userPrincipalName="bob_x.example#EXT#@c.onmicrosoft.com", externalUserState="PendingAcceptance")
    row = mapping.account(guest, is_admin=False, mfa=False, signed_in=False)
    assert (row.status, row.external, row.last_login) == ("invited", True, None)
    assert row.unknown == ("last_login",)
    assert mapping.status(user(accountEnabled=False)) == "suspended"


def test_risk_is_of_the_worst_permission():
    assert risk_of(("User.Read", "openid"), app_only=False) == "low"
    assert risk_of(("User.Read", "Files.Read.All"), app_only=False) == "medium"
    assert risk_of(("User.Read", "Directory.ReadWrite.All"), app_only=False) == "high"
    assert risk_of(("User.Read",), app_only=True) == "medium"
    # In a person's name a mailbox is read, in the app's own everybody's.
    assert [risk_of(("Mail.Read",), app_only=only) for only in (False, True)] == ["medium", "high"]
    assert risk_of(("Mail.ReadBasic.All",), app_only=True) == "medium"
    for wide in ("Domain.ReadWrite.All", "Exchange.ManageAsApp", "IMAP.AccessAsApp", "AllSites.FullControl"):
        assert risk_of((wide,), app_only=False) == "high"


def test_wider_permissions_imply_narrower_ones_but_not_sharepoints_own():
    assert {"User.Read.All", "GroupMember.Read.All"} <= expand(frozenset({"Directory.Read.All"}))
    assert "Sites.Read.All" in expand(frozenset({"Sites.FullControl.All"}))
    assert "SharePoint:Sites.FullControl.All" not in expand(frozenset({"Sites.FullControl.All"}))
    # Microsoft's list of permissions has Directory.Read.All for the roles held, not for those that may be activated.
    assert "RoleManagement.Read.Directory" not in expand(frozenset({"Directory.Read.All"}))


# Set-up


def test_setup_names_only_what_the_chosen_components_need():
    needs = NEEDS
    narrow = instructions("certificate", [n for n in needs if n.component in {"users", "sign-ins"}], {})
    assert "b0afded3-3588-46d8-8b3d-9842eff778da" in narrow  # AuditLog.Read.All
    assert "Files." not in narrow
    assert "c5393580-f805-4401-95e8-94b7a6ef2fc2" not in narrow
    whole = instructions("certificate", needs, {"cloud": "gcc-high", "tenant": "contoso.us", "client_id": "abc"})
    assert "678536fe-1083-478a-9c59-b99265e6b0d3=Role" in whole
    assert "ActivityFeed.ReadDlp of the Office 365 Management APIs" in whole
    assert "https://login.microsoftonline.us/contoso.us/adminconsent?client_id=abc" in whole
    # The vendor's commands would register the app in the global cloud otherwise.
    assert [text.count("az cloud set --name AzureUSGovernment") for text in (whole, narrow)] == [1, 0]
    assert whole.index("az cloud set") < whole.index("az ad app create")
    # Graph's permission of that name is for those who want it, where files are read.
    offered = "Sites.FullControl.All of Microsoft Graph as well"
    assert [offered in text for text in (whole, narrow, instructions("device", needs, {}))] == [True, False, False]
    assert whole.index(offered) < whole.index("Grant admin consent")
    # SharePoint's own permission is of no use with a secret.
    assert "678536fe" not in instructions("secret", needs, {})
    person = instructions("device", needs, {})
    assert "=Scope" in person
    assert "of SharePoint" not in person, "a person's token is of no use there either"
    assert consent_url({}).endswith("/TENANT/adminconsent?client_id=CLIENT-ID")
    assert "ActivityFeed" not in instructions("certificate", needs, {"cloud": "china"}), "there is no such API there"
