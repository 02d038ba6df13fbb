"""The simulated AWS, asked by boto3: who is let in, what is refused and how, whom it knows."""

from __future__ import annotations

import csv
import datetime as dt
import json

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import httpx
import pytest
from awscalls import code, served, signed
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def serving():
    with served() as made:
        yield made


@pytest.fixture
def aws(serving):
    serving.provider.reset()
    yield serving
    serving.provider.faults.clear()


# Signatures


@pytest.mark.parametrize(
    ("service", "call", "unknown", "wrong"),
    [
        ("iam", "list_users", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("s3", "list_buckets", ("InvalidAccessKeyId", 403), ("SignatureDoesNotMatch", 403)),
        ("organizations", "list_accounts", ("UnrecognizedClientException", 400), ("InvalidSignatureException", 400)),
        ("account", "list_regions", ("UnrecognizedClientException", 403), ("InvalidSignatureException", 403)),
    ],
)
def test_a_stranger_and_a_wrong_secret_are_refused_in_the_words_of_each_protocol(aws, service, call, unknown, wrong):
    assert code(getattr(aws.client(service, who=("AKIA" + "A" * 16, "x" * 40, None)), call)) == unknown
    assert code(getattr(aws.client(service, who=(aws.own[0], "x" * 40, None)), call)) == wrong


def test_an_inactive_key_is_unknown(aws):
    leaver = next(user for user in aws.company.users if len(user.keys) == 2 and not user.keys[1].active)
    key = leaver.keys[1]
    assert code(aws.client("sts", who=(key.id, key.secret, None)).get_caller_identity)[0] == "InvalidClientTokenId"
    key = leaver.keys[0]
    client = aws.client("sts", who=(key.id, key.secret, None))
    assert client.get_caller_identity()["Arn"] == leaver.arn


def test_a_clock_that_is_wrong_is_told(aws, monkeypatch):
    then = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(hours=1)
    reply = signed(aws, "GET", "/", at=then, monkeypatch=monkeypatch)
    assert reply.status_code == 403
    assert "<Code>RequestTimeTooSkewed</Code>" in reply.text


def test_a_body_other_than_the_signed_one_is_refused(aws):
    url = aws.provider.urls["api"] + "/larkspur-website/x.txt"
    request = botocore.awsrequest.AWSRequest(method="PUT", url=url, data=b"one")
    botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(*aws.own), "s3", "us-east-1").add_auth(request)
    reply = httpx.put(url, headers=dict(request.prepare().headers), content=b"two")
    assert (reply.status_code, "XAmzContentSHA256Mismatch" in reply.text) == (400, True)


def test_no_signature_is_no_entry(aws):
    reply = httpx.post(aws.provider.urls["api"], data={"Action": "ListUsers", "Version": "2010-05-08"})
    assert reply.status_code in (400, 403)
    assert httpx.get(aws.provider.urls["api"] + "/larkspur-payroll/").status_code == 403


# Roles


def test_a_role_is_given_with_the_right_external_id_alone(aws):
    sts = aws.client("sts")
    role = {"RoleArn": f"arn:aws:iam::{aws.members[0]}:role/casb-member", "RoleSessionName": "casb"}
    assert code(sts.assume_role, **role) == ("AccessDenied", 403)
    assert code(sts.assume_role, ExternalId="guess", **role) == ("AccessDenied", 403)
    who = aws.member(aws.members[0])
    told = aws.client("sts", who=who).get_caller_identity()
    assert told["Account"] == aws.members[0]
    assert told["Arn"] == f"arn:aws:sts::{aws.members[0]}:assumed-role/casb-member/casb"


def test_a_job_gets_its_role_for_the_token_of_its_provider(aws):
    role = next(one for one in aws.company.roles if one.name == "build-deploy")
    wanted = {"RoleArn": role.arn, "RoleSessionName": "job"}
    sts = aws.client("sts")
    assert code(sts.assume_role_with_web_identity, WebIdentityToken="a.b.c", **wanted)[0] == "InvalidIdentityToken"
    given = sts.assume_role_with_web_identity(WebIdentityToken=aws.company.web_token, **wanted)["Credentials"]
    who = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert aws.client("sts", who=who).get_caller_identity()["Arn"].endswith("assumed-role/build-deploy/job")


def test_a_session_ends(aws):
    who = aws.member(aws.members[0])
    aws.provider.faults.plan("POST /iam/ListUsers", "expired-token")
    assert code(aws.client("iam", who=who).list_users) == ("ExpiredToken", 403)
    assert code(aws.client("identitystore", who=who).list_users, IdentityStoreId="d-1234567890") == (
        "ExpiredTokenException",
        400,
    )


def test_a_chained_role_lives_an_hour_at_most(aws):
    base = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{aws.main}:role/casb", RoleSessionName="casb", ExternalId=aws.company.external_id
    )["Credentials"]
    sts = aws.client("sts", who=(base["AccessKeyId"], base["SecretAccessKey"], base["SessionToken"]))
    member = {"RoleArn": f"arn:aws:iam::{aws.members[0]}:role/casb-member", "RoleSessionName": "casb"}
    member["ExternalId"] = aws.company.external_id
    assert code(sts.assume_role, DurationSeconds=7200, **member)[0] == "ValidationError"
    assert sts.assume_role(DurationSeconds=3600, **member)["Credentials"]["SessionToken"]


# Rights


def test_rights_are_weighed_and_simulated_alike(aws):
    members = {(group.account, name) for group in aws.company.groups for name in group.members}
    plain = next(
        user
        for user in aws.company.users
        if any(key.active for key in user.keys[:1]) and not (user.attached or user.inline)
        if (user.account, user.name) not in members
    )
    iam = aws.client("iam", who=(plain.keys[0].id, plain.keys[0].secret, None))
    own = aws.client("iam") if plain.account == aws.main else aws.client("iam", who=aws.member(plain.account))
    found = own.simulate_principal_policy(PolicySourceArn=plain.arn, ActionNames=["iam:CreateUser"])
    assert found["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
    assert code(iam.create_user, UserName="x") == ("AccessDenied", 403)


def test_a_deny_policy_shuts_out_at_once(aws):
    owner = aws.client("iam")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    person = aws.company.user_of[11]  # the maintainer, in the main account
    owner.put_user_policy(UserName=person.name, PolicyName="stop", PolicyDocument=json.dumps(document))
    found = owner.simulate_principal_policy(PolicySourceArn=person.arn, ActionNames=["s3:GetObject"])
    assert found["EvaluationResults"][0]["EvalDecision"] == "explicitDeny"


def test_settings_refuse_single_actions():
    with served(settings={"deny": "organizations:ListAccounts iam:UpdateAccessKey"}) as aws:
        assert code(aws.client("organizations").list_accounts) == ("AccessDeniedException", 400)
        key = aws.company.service_key.id
        refused = code(aws.client("iam").update_access_key, UserName="casb-service", AccessKeyId=key, Status="Inactive")
        assert refused == ("AccessDenied", 403)


# What it knows


def test_pages_of_users_are_whole(aws):
    iam = aws.client("iam")
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2}))
    names = [user["UserName"] for page in pages for user in page["Users"]]
    assert len(pages) > 2
    assert sorted(names) == sorted(user.name for user in aws.company.users if user.account == aws.main)
    details = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 3})
    found = [row for page in details for row in page["UserDetailList"]]
    assert sorted(row["UserName"] for row in found) == sorted(names)
    assert code(iam.list_users, Marker="nobody's")[0] == "ValidationError"


def test_a_page_is_delivered_twice_and_a_cursor_expires(aws):
    iam = aws.client("iam")
    aws.provider.faults.plan("POST /iam/ListUsers", "duplicate-page")
    first = iam.list_users(MaxItems=2)
    again = iam.list_users(MaxItems=2, Marker=first["Marker"])
    assert [u["Arn"] for u in first["Users"]] == [u["Arn"] for u in again["Users"]]
    assert first["Marker"] != again["Marker"]
    aws.provider.faults.plan("POST /iam/ListUsers", "expired-cursor")
    assert code(iam.list_users, Marker=again["Marker"])[1] == 400


def test_the_report_has_the_root_and_everybody(aws):
    iam = aws.client("iam")
    assert code(iam.get_credential_report) == ("ReportNotPresent", 410)
    assert [iam.generate_credential_report()["State"] for _ in range(2)] == ["STARTED", "COMPLETE"]
    rows = list(csv.DictReader(iam.get_credential_report()["Content"].decode().splitlines()))
    assert rows[0]["user"] == "<root_account>"
    assert None not in rows[0].values()
    truth = aws.provider.truth.rows("account")
    for row in rows:
        assert truth[row["arn"]]["mfa"] == (row["mfa_active"] == "true")
    assert len(rows) == 1 + sum(user.account == aws.main for user in aws.company.users)


def test_a_new_password_rule_keeps_the_password(aws):
    iam = aws.client("iam")
    name = aws.company.user_of[0].name
    iam.update_login_profile(UserName=name, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName=name)["LoginProfile"]["PasswordResetRequired"] is True


def test_a_service_credential_is_switched_off_and_on(aws):
    user = next(one for one in aws.company.users if one.credentials)
    iam = aws.client("iam", who=aws.member(user.account)) if user.account != aws.main else aws.client("iam")
    [one] = iam.list_service_specific_credentials(UserName=user.name)["ServiceSpecificCredentials"]
    id_ = one["ServiceSpecificCredentialId"]
    iam.update_service_specific_credential(UserName=user.name, ServiceSpecificCredentialId=id_, Status="Inactive")
    [one] = iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert one["Status"] == "Inactive"


def test_accounts_and_regions(aws):
    found = aws.client("organizations").list_accounts()["Accounts"]
    assert [one["State"] for one in found] == ["ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED"]
    regions = aws.client("account").list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])["Regions"]
    assert [one["RegionName"] for one in regions] == ["us-east-1", "eu-central-1"]
    assert code(aws.client("cloudtrail", region="af-south-1").lookup_events)[0] == "UnrecognizedClientException"


def test_a_first_page_may_be_empty():
    with served(settings={"empty_page": "on"}) as aws:
        pages = list(aws.client("organizations").get_paginator("list_accounts").paginate())
        assert pages[0]["Accounts"] == []
        assert len([one for page in pages for one in page["Accounts"]]) == 4


def test_identity_center(aws):
    store, center = aws.client("identitystore"), aws.provider.center
    users = [
        user
        for page in store.get_paginator("list_users").paginate(IdentityStoreId=center.store, MaxResults=3)
        for user in page["Users"]
    ]
    assert {user["UserId"] for user in users} == {center.user_id(person) for person in center.people}
    assert {user["UserStatus"] for user in users} == {"ENABLED", "DISABLED"}
    sso = aws.client("sso-admin")
    held = set()
    for arn in sso.list_permission_sets(InstanceArn=center.instance)["PermissionSets"]:
        where = sso.list_accounts_for_provisioned_permission_set(InstanceArn=center.instance, PermissionSetArn=arn)
        for account in where["AccountIds"]:
            found = sso.list_account_assignments(InstanceArn=center.instance, AccountId=account, PermissionSetArn=arn)
            held |= {(arn, account, one["PrincipalId"]) for one in found["AccountAssignments"]}
    assert held == {(one.set, one.account, one.principal) for one in center.assignments}


def test_an_application_is_unassigned_and_switched_off(aws):
    sso, one = aws.client("sso-admin"), aws.provider.center.applications[0]
    kind, id_ = one.principals[0]
    sso.delete_application_assignment(ApplicationArn=one.arn, PrincipalType=kind, PrincipalId=id_)
    left = sso.list_application_assignments(ApplicationArn=one.arn)["ApplicationAssignments"]
    assert [row["PrincipalId"] for row in left] == [one.principals[1][1]]
    sso.update_application(ApplicationArn=one.arn, Status="DISABLED")
    assert sso.describe_application(ApplicationArn=one.arn)["Status"] == "DISABLED"


# Events


def test_the_event_history_is_the_world(serving):
    serving.provider.reset()
    with served(unlimited=True) as aws:
        found = {}
        for account in aws.company.active:
            who = None if account == aws.main else aws.member(account)
            for region in ("us-east-1", "eu-central-1"):
                pages = aws.client("cloudtrail", region, who).get_paginator("lookup_events").paginate()
                for page in pages:
                    for event in page["Events"]:
                        assert event["EventId"] not in found
                        found[event["EventId"]] = json.loads(event["CloudTrailEvent"])
        truth = aws.provider.truth.rows("activity")
        assert found.keys() == truth.keys()
        for id_, row in truth.items():
            assert found[id_]["eventName"] == row["action"]
            assert found[id_]["userIdentity"]["userName"] == row["actor"]


def test_events_are_looked_up_by_one_attribute_and_time(aws):
    trail = aws.client("cloudtrail")
    one = {"AttributeKey": "ReadOnly", "AttributeValue": "true"}
    found = trail.lookup_events(LookupAttributes=[one])["Events"]
    assert found
    assert {event["ReadOnly"] for event in found} == {"true"}
    latest = max(event["EventTime"] for event in found)
    assert found[0]["EventTime"] == latest
    assert code(trail.lookup_events, LookupAttributes=[one, one])[0] == "InvalidLookupAttributesException"


def test_the_event_history_is_asked_twice_a_second(aws):
    trail = aws.client("cloudtrail", "eu-central-1")
    codes = []
    for _ in range(4):
        try:
            trail.lookup_events(MaxResults=1)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert codes
    assert set(codes) == {"ThrottlingException"}
    aws.client("cloudtrail", "us-east-1").lookup_events(MaxResults=1)


@pytest.mark.parametrize(
    ("service", "call", "name", "said"),
    [
        ("iam", "list_users", "POST /iam/ListUsers", ("Throttling", 400)),
        ("s3", "list_buckets", "GET /s3/ListBuckets", ("SlowDown", 503)),
        ("sso-admin", "list_instances", "POST /sso-admin/ListInstances", ("ThrottlingException", 400)),
    ],
)
def test_who_is_too_fast_is_told_so_in_each_protocol(aws, service, call, name, said):
    aws.provider.faults.plan(name, "throttle")
    assert code(getattr(aws.client(service), call)) == said


# The state


def test_two_simulations_in_one_process_are_apart(aws):
    with served(seed=8) as other:
        other.client("iam").create_user(UserName="only-there")
        names = {user["UserName"] for user in aws.client("iam").list_users()["Users"]}
        assert "only-there" not in names
        assert {user.name for user in aws.company.users if user.account == aws.main} == names
        assert "only-there" in {user["UserName"] for user in other.client("iam").list_users()["Users"]}


def test_a_reset_brings_everything_back(aws):
    before = aws.provider.snapshot()
    iam = aws.client("iam")
    iam.delete_login_profile(UserName=aws.company.user_of[0].name)
    iam.update_access_key(UserName="casb-service", AccessKeyId=aws.company.service_key.id, Status="Inactive")
    changed = aws.provider.snapshot()
    assert changed != before
    assert changed["events"] == 2
    aws.provider.reset()
    assert aws.provider.snapshot() == before


def test_the_same_change_again_changes_nothing(aws):
    iam = aws.client("iam")
    key = aws.company.user_of[11].keys[0].id
    for status in ("Inactive", "Inactive", "Active"):
        iam.update_access_key(UserName=aws.company.user_of[11].name, AccessKeyId=key, Status=status)
    assert aws.provider.snapshot()["events"] == 2
    calls = aws.provider.called("POST /iam/UpdateAccessKey")
    assert [call.effect for call in calls] == [True, False, True]
