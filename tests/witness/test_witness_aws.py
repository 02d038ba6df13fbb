"""boto3 makes every call on people, rights and events against the simulated AWS; casb lists what boto3 lists."""

from __future__ import annotations

import csv
import json
import os
from datetime import timedelta
from types import SimpleNamespace

import pytest

from casb_cli.apps.aws.sandbox import build
from casb_cli.sandbox.facts import LEAVER, SERVICE
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

try:
    from awssdk import Sdk, details, spanned
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"boto3 is not installed: {error}", allow_module_level=True)

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBHzCBx6ADAgECAgEHMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD3dpdG5lc3Mu
ZXhhbXBsZTAeFw0yNjAxMDEwMDAwMDBaFw00NjAxMDEwMDAwMDBaMBoxGDAWBgNV
BAMMD3dpdG5lc3MuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJuD
Gda4kXo4VMHaUO8KT/4KF4zU7DY13fEvstlOZj/5d6Rfs19osMP+TetJmRCgnaR0
IojED2In5REkrZrXEggwCgYIKoZIzj0EAwIDRwAwRAIgdUJtwtPbsnJvBFuGOb20
yME0tpH6jsSnRtKJAGvhPdECIDjef3Jm5ZPVCOb3j4TWY4XNxAjgM5UHUE7MShJa
fNoA
-----END CERTIFICATE-----
"""
"""Self-signed, for nobody: its key was thrown away."""
DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})


@pytest.fixture(scope="module")
def aws():
    made = build(World(seed=11, people=12, files=10, events=40))
    with serve([made]):
        yield made


@pytest.fixture(scope="module")
def sdk(aws):
    made = Sdk(aws)
    yield made
    made.close()


@pytest.fixture(scope="module")
def middle(sdk):
    """The Identity Center instance's ARN and store, as boto3 finds them."""
    [found] = sdk.pages("sso-admin", "list_instances", "Instances")
    return SimpleNamespace(arn=found["InstanceArn"], store=found["IdentityStoreId"])


@pytest.fixture
def user(sdk):
    """A user of the test's own, with one of each credential that moto makes."""
    iam, name = sdk("iam"), "witness-user"
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password="Correct-horse-7-battery")
    made = SimpleNamespace(
        name=name,
        key=iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"],
        ssh=iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody="ssh-rsa AAAA witness")["SSHPublicKey"][
            "SSHPublicKeyId"
        ],
        certificate=iam.upload_signing_certificate(UserName=name, CertificateBody=CERTIFICATE)["Certificate"][
            "CertificateId"
        ],
    )
    yield made
    for one in iam.list_signing_certificates(UserName=name)["Certificates"]:
        iam.delete_signing_certificate(UserName=name, CertificateId=one["CertificateId"])
    iam.delete_ssh_public_key(UserName=name, SSHPublicKeyId=made.ssh)
    iam.delete_access_key(UserName=name, AccessKeyId=made.key)
    iam.delete_user(UserName=name)


# Reading


def test_whose_keys_and_which_accounts_and_regions(witness, aws, sdk):
    own = sdk("sts").get_caller_identity()
    assert (own["Account"], own["Arn"]) == (aws.company.main, aws.company.user_of[SERVICE].arn)
    assert spanned(sdk) == list(aws.company.active)
    organization = sdk("organizations").describe_organization()["Organization"]
    assert (organization["Id"], organization["MasterAccountId"]) == (aws.company.org_id, aws.company.main)
    enabled = ["ENABLED", "ENABLED_BY_DEFAULT"]
    found = sdk.pages("account", "list_regions", "Regions", RegionOptStatusContains=enabled)
    assert {one["RegionName"] for one in found} == {"us-east-1", "eu-central-1"}
    decided = sdk("iam").simulate_principal_policy(
        PolicySourceArn=own["Arn"], ActionNames=["iam:GetUser", "s3:PutObject"]
    )["EvaluationResults"]
    assert {one["EvalActionName"]: one["EvalDecision"] for one in decided} == {
        "iam:GetUser": "allowed",
        "s3:PutObject": "allowed",
    }
    witness(
        aws,
        "POST /sts/GetCallerIdentity",
        "POST /organizations/ListAccounts",
        "POST /organizations/DescribeOrganization",
        "POST /account/ListRegions",
        "POST /iam/SimulatePrincipalPolicy",
    )


def test_people_and_their_rights_are_the_world(witness, aws, sdk):
    truth = aws.truth
    users, groups, members = {}, set(), set()
    for account in spanned(sdk):
        found = details(sdk, account)
        arns = {one["GroupName"]: one["Arn"] for one in found["GroupDetailList"]}
        groups |= set(arns.values())
        for one in found["UserDetailList"]:
            users[one["Arn"]] = one
            members |= {(f"group:{arns[name]}", f"account:{one['Arn']}") for name in one["GroupList"]}
        iam = sdk("iam", account)
        iam.generate_credential_report()
        iam.generate_credential_report()
        rows = csv.DictReader(iam.get_credential_report()["Content"].decode().splitlines())
        report = {row["arn"]: row["mfa_active"] == "true" for row in rows}
        assert report == {arn: truth.rows("account")[arn]["mfa"] for arn in report}
    assert set(users) == {arn for arn in truth.rows("account") if ":user/" in arn}
    assert groups == {id_ for id_ in truth.rows("group") if id_.startswith("arn:")}
    assert members == {pair for pair in truth.rows("membership") if pair[0].startswith("group:arn:")}
    witness(
        aws,
        "POST /iam/GetAccountAuthorizationDetails",
        "POST /iam/GenerateCredentialReport",
        "POST /iam/GetCredentialReport",
    )


def test_service_control_policies_seal_the_accounts_that_the_world_says(witness, aws, sdk):
    client, sealed = sdk("organizations"), set()
    for account in spanned(sdk):
        target, denied = account, False
        while target:
            listed = client.list_policies_for_target(TargetId=target, Filter="SERVICE_CONTROL_POLICY")["Policies"]
            for one in listed:
                content = json.loads(client.describe_policy(PolicyId=one["Id"])["Policy"]["Content"])
                denied = denied or any(
                    "iam:*" in part["Action"] for part in content["Statement"] if "Condition" in part
                )
            above = [] if target.startswith("r-") else client.list_parents(ChildId=target)["Parents"]
            target = above[0]["Id"] if above else None
        sealed |= {account} if denied else set()
    roots = {f"arn:aws:iam::{account}:root": account not in sealed for account in spanned(sdk)}
    assert roots == {arn: aws.truth.rows("account")[arn]["is_admin"] for arn in roots}
    assert sealed
    witness(
        aws,
        "POST /organizations/ListPoliciesForTarget",
        "POST /organizations/DescribePolicy",
        "POST /organizations/ListParents",
    )


def test_credentials_trusts_and_providers_are_the_grants(witness, aws, sdk):
    found = {}
    for account in spanned(sdk):
        iam = sdk("iam", account)
        for one in details(sdk, account)["UserDetailList"]:
            name = one["UserName"]
            place = f"{account}/{name}"
            for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
                used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
                found[f"key/{place}/{key['AccessKeyId']}"] = "LastUsedDate" in used
            for key in iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]:
                found[f"ssh/{place}/{key['SSHPublicKeyId']}"] = None
            assert iam.list_signing_certificates(UserName=name)["Certificates"] == []
        for one in iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]:
            found[f"ssc/{account}/{one['UserName']}/{one['ServiceSpecificCredentialId']}"] = None
        for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
            found[f"oidc/{one['Arn']}"] = None
        for one in iam.list_saml_providers()["SAMLProviderList"]:
            found[f"saml/{one['Arn']}"] = None
    rows = aws.truth.rows("grant")
    assert set(found) == {id_ for id_ in rows if not id_.startswith(("trust/", "app/"))}
    used = {id_: row["last_used"] is not None for id_, row in rows.items() if id_.startswith("key/")}
    assert {id_: value for id_, value in found.items() if id_.startswith("key/")} == used
    witness(
        aws,
        "POST /iam/ListAccessKeys",
        "POST /iam/GetAccessKeyLastUsed",
        "POST /iam/ListSSHPublicKeys",
        "POST /iam/ListSigningCertificates",
        "POST /iam/ListServiceSpecificCredentials",
        "POST /iam/ListOpenIDConnectProviders",
        "POST /iam/ListSAMLProviders",
    )


def test_the_identity_center_is_the_world(witness, aws, sdk, middle):
    store, rows = {"IdentityStoreId": middle.store}, aws.truth.rows
    people = list(sdk.pages("identitystore", "list_users", "Users", **store))
    assert {f"{middle.store}/{one['UserId']}" for one in people} == {
        id_ for id_ in rows("account") if id_.startswith(middle.store)
    }
    one = sdk("identitystore").describe_user(**store, UserId=people[0]["UserId"])
    assert one["UserName"] == people[0]["UserName"]
    groups = list(sdk.pages("identitystore", "list_groups", "Groups", **store))
    pairs = {
        (f"group:{middle.store}/{group['GroupId']}", f"account:{middle.store}/{member['MemberId']['UserId']}")
        for group in groups
        for member in sdk.pages(
            "identitystore", "list_group_memberships", "GroupMemberships", **store, GroupId=group["GroupId"]
        )
    }
    assert pairs == {pair for pair in rows("membership") if pair[0].startswith(f"group:{middle.store}")}
    instance = {"InstanceArn": middle.arn}
    held = set()
    for arn in sdk.pages("sso-admin", "list_permission_sets", "PermissionSets", **instance):
        chosen = {**instance, "PermissionSetArn": arn}
        name = sdk("sso-admin").describe_permission_set(**chosen)["PermissionSet"]["Name"]
        managed = [
            policy["Name"]
            for policy in sdk.pages(
                "sso-admin", "list_managed_policies_in_permission_set", "AttachedManagedPolicies", **chosen
            )
        ]
        inline = sdk("sso-admin").get_inline_policy_for_permission_set(**chosen)["InlinePolicy"]
        named = sdk("sso-admin").list_customer_managed_policy_references_in_permission_set(**chosen)
        local = [one["Name"] for one in named["CustomerManagedPolicyReferences"]]
        assert [bool(managed), bool(inline), bool(local)].count(True) == 1
        try:
            bound = sdk("sso-admin").get_permissions_boundary_for_permission_set(**chosen)["PermissionsBoundary"]
        except sdk("sso-admin").exceptions.ResourceNotFoundException:
            bound = None
        assert (bound is not None) == (name == "Bounded")
        for account in sdk.pages("sso-admin", "list_accounts_for_provisioned_permission_set", "AccountIds", **chosen):
            for given in sdk.pages(
                "sso-admin", "list_account_assignments", "AccountAssignments", **chosen, AccountId=account
            ):
                kind = "account" if given["PrincipalType"] == "USER" else "group"
                held.add((f"{kind}:{middle.store}/{given['PrincipalId']}", name, account))
    assert held == {key for key in rows("privilege") if f":{middle.store}/" in key[0]}
    witness(
        aws,
        "POST /sso-admin/ListInstances",
        "POST /identitystore/ListUsers",
        "POST /identitystore/DescribeUser",
        "POST /identitystore/ListGroups",
        "POST /identitystore/ListGroupMemberships",
        "POST /sso-admin/ListPermissionSets",
        "POST /sso-admin/DescribePermissionSet",
        "POST /sso-admin/ListManagedPoliciesInPermissionSet",
        "POST /sso-admin/GetInlinePolicyForPermissionSet",
        "POST /sso-admin/ListCustomerManagedPolicyReferencesInPermissionSet",
        "POST /sso-admin/GetPermissionsBoundaryForPermissionSet",
        "POST /sso-admin/ListAccountsForProvisionedPermissionSet",
        "POST /sso-admin/ListAccountAssignments",
    )


def test_the_events_are_the_worlds(witness, aws, sdk):
    since = aws.world.now - timedelta(days=80)
    found = {
        one["EventId"]: one["EventName"]
        for account in spanned(sdk)
        for region in ("us-east-1", "eu-central-1")
        for one in sdk.pages("cloudtrail", "lookup_events", "Events", account=account, region=region, StartTime=since)
    }
    expected = {
        id_: row["action"]
        for id_, row in aws.truth.rows("activity").items()
        if row["time"] >= since.strftime("%Y-%m-%dT%H:%M:%SZ")
    }
    assert found == expected
    witness(aws, "POST /cloudtrail/LookupEvents")


# Acting


def test_a_user_is_denied_and_its_credentials_switched_off(witness, aws, sdk, user):
    iam, who = sdk("iam"), {"UserName": user.name}
    assert iam.get_user(**who)["User"]["Arn"].endswith(f"user/{user.name}")
    iam.put_user_policy(**who, PolicyName="witness", PolicyDocument=DENY)
    assert iam.list_user_policies(**who)["PolicyNames"] == ["witness"]
    assert iam.get_user_policy(**who, PolicyName="witness")["PolicyDocument"] == json.loads(DENY)
    iam.delete_user_policy(**who, PolicyName="witness")
    iam.attach_user_policy(**who, PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    attached = iam.list_attached_user_policies(**who)["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["AWSDenyAll"]
    iam.detach_user_policy(**who, PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    iam.update_access_key(**who, AccessKeyId=user.key, Status="Inactive")
    assert iam.list_access_keys(**who)["AccessKeyMetadata"][0]["Status"] == "Inactive"
    iam.update_ssh_public_key(**who, SSHPublicKeyId=user.ssh, Status="Inactive")
    assert iam.list_ssh_public_keys(**who)["SSHPublicKeys"][0]["Status"] == "Inactive"
    iam.update_signing_certificate(**who, CertificateId=user.certificate, Status="Inactive")
    assert iam.list_signing_certificates(**who)["Certificates"][0]["Status"] == "Inactive"
    iam.update_login_profile(**who, PasswordResetRequired=True)
    assert iam.get_login_profile(**who)["LoginProfile"]["PasswordResetRequired"] is True
    iam.delete_login_profile(**who)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_login_profile(**who)
    witness(
        aws,
        "POST /iam/GetUser",
        "POST /iam/PutUserPolicy",
        "POST /iam/ListUserPolicies",
        "POST /iam/GetUserPolicy",
        "POST /iam/DeleteUserPolicy",
        "POST /iam/AttachUserPolicy",
        "POST /iam/ListAttachedUserPolicies",
        "POST /iam/DetachUserPolicy",
        "POST /iam/UpdateAccessKey",
        "POST /iam/UpdateSSHPublicKey",
        "POST /iam/UpdateSigningCertificate",
        "POST /iam/UpdateLoginProfile",
        "POST /iam/GetLoginProfile",
        "POST /iam/DeleteLoginProfile",
    )


def test_a_service_credential_is_switched_off_and_on(witness, aws, sdk):
    [(id_, row), *_] = [(i, r) for i, r in aws.truth.rows("grant").items() if i.startswith("ssc/")]
    _, account, name, credential = id_.split("/")
    iam = sdk("iam", account)
    for status in ("Inactive", "Active"):
        iam.update_service_specific_credential(
            UserName=name, ServiceSpecificCredentialId=row["client_id"], Status=status
        )
        [found] = iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]
        assert (found["ServiceSpecificCredentialId"], found["Status"]) == (credential, status)
    witness(aws, "POST /iam/UpdateServiceSpecificCredential")


def test_a_role_is_denied_and_its_trust_replaced(witness, aws, sdk):
    iam, who = sdk("iam"), {"RoleName": "build-deploy"}
    former = iam.get_role(**who)["Role"]["AssumeRolePolicyDocument"]
    assert "Federated" in former["Statement"][0]["Principal"]
    iam.put_role_policy(**who, PolicyName="witness", PolicyDocument=DENY)
    assert iam.list_role_policies(**who)["PolicyNames"] == ["witness"]
    assert iam.get_role_policy(**who, PolicyName="witness")["PolicyDocument"] == json.loads(DENY)
    iam.delete_role_policy(**who, PolicyName="witness")
    attached = iam.list_attached_role_policies(**who)["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["PowerUserAccess"]
    closed = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(**who, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [closed]}))
    assert iam.get_role(**who)["Role"]["AssumeRolePolicyDocument"]["Statement"] == [closed]
    iam.update_assume_role_policy(**who, PolicyDocument=json.dumps(former))
    assert iam.get_role(**who)["Role"]["AssumeRolePolicyDocument"] == former
    witness(
        aws,
        "POST /iam/GetRole",
        "POST /iam/PutRolePolicy",
        "POST /iam/ListRolePolicies",
        "POST /iam/GetRolePolicy",
        "POST /iam/DeleteRolePolicy",
        "POST /iam/ListAttachedRolePolicies",
        "POST /iam/UpdateAssumeRolePolicy",
    )


def test_an_identity_center_user_loses_and_regains_all(witness, aws, sdk, middle):
    leaver = aws.center.user_id(LEAVER)
    store, admin = {"IdentityStoreId": middle.store}, sdk("sso-admin")
    person = {"PrincipalType": "USER", "PrincipalId": leaver}

    def assigned():
        rows = sdk.pages(
            "sso-admin",
            "list_account_assignments_for_principal",
            "AccountAssignments",
            InstanceArn=middle.arn,
            **person,
        )
        return {(one["AccountId"], one["PermissionSetArn"]) for one in rows if one["PrincipalType"] == "USER"}

    before = assigned()
    assert before
    for account, arn in before:
        place = {"InstanceArn": middle.arn, "TargetId": account, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": arn}
        gone = admin.delete_account_assignment(**place, **person)["AccountAssignmentDeletionStatus"]
        state = admin.describe_account_assignment_deletion_status(
            InstanceArn=middle.arn, AccountAssignmentDeletionRequestId=gone["RequestId"]
        )["AccountAssignmentDeletionStatus"]["Status"]
        assert (state, assigned()) == ("SUCCEEDED", before - {(account, arn)})
        made = admin.create_account_assignment(**place, **person)["AccountAssignmentCreationStatus"]
        state = admin.describe_account_assignment_creation_status(
            InstanceArn=middle.arn, AccountAssignmentCreationRequestId=made["RequestId"]
        )["AccountAssignmentCreationStatus"]["Status"]
        assert (state, assigned()) == ("SUCCEEDED", before)

    def memberships():
        rows = sdk.pages(
            "identitystore",
            "list_group_memberships_for_member",
            "GroupMemberships",
            **store,
            MemberId={"UserId": leaver},
        )
        return {one["GroupId"]: one["MembershipId"] for one in rows}

    groups = memberships()
    [(group, membership), *_] = groups.items()
    sdk("identitystore").delete_group_membership(**store, MembershipId=membership)
    assert set(memberships()) == set(groups) - {group}
    sdk("identitystore").create_group_membership(**store, GroupId=group, MemberId={"UserId": leaver})
    assert set(memberships()) == set(groups)
    witness(
        aws,
        "POST /sso-admin/ListAccountAssignmentsForPrincipal",
        "POST /sso-admin/DeleteAccountAssignment",
        "POST /sso-admin/DescribeAccountAssignmentDeletionStatus",
        "POST /sso-admin/CreateAccountAssignment",
        "POST /sso-admin/DescribeAccountAssignmentCreationStatus",
        "POST /identitystore/ListGroupMembershipsForMember",
        "POST /identitystore/DeleteGroupMembership",
        "POST /identitystore/CreateGroupMembership",
    )


def test_an_application_is_switched_off_and_on(witness, aws, sdk, middle):
    admin = sdk("sso-admin")
    found = {
        one["ApplicationArn"]: one["Name"]
        for one in sdk.pages("sso-admin", "list_applications", "Applications", InstanceArn=middle.arn)
    }
    expected = {id_: row["name"] for id_, row in aws.truth.rows("grant").items() if id_.startswith("app/")}
    assert {f"app/{arn}": name for arn, name in found.items()} == expected
    for arn in found:
        assert list(sdk.pages("sso-admin", "list_application_access_scopes", "Scopes", ApplicationArn=arn))
        for status in ("DISABLED", "ENABLED"):
            admin.update_application(ApplicationArn=arn, Status=status)
            assert admin.describe_application(ApplicationArn=arn)["Status"] == status
    witness(
        aws,
        "POST /sso-admin/ListApplications",
        "POST /sso-admin/ListApplicationAccessScopes",
        "POST /sso-admin/UpdateApplication",
        "POST /sso-admin/DescribeApplication",
    )
