"""casb lists exactly what boto3 lists, and boto3 sees every governance action of casb's and its undo."""

from __future__ import annotations

import json
import os

import pytest
from acting import acted, actions_of, chosen_for
from harness import Stage, listed

from casb_cli.sandbox.world import World

try:
    from awssdk import Sdk, details, spanned
    from botocore.exceptions import ClientError
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"boto3 is not installed: {error}", allow_module_level=True)

WHERE = {
    "suspend": {"users"},
    "revoke-password": {"users"},
    "revoke-sessions": {"users"},
    "revoke-grant": {"users", "roles", "applications"},
    "unshare": {"buckets"},
    "change-share": {"buckets"},
    "make-private": {"buckets"},
    "quarantine": {"buckets", "objects"},
    "trash": {"objects"},
    "overwrite": {"objects"},
}
"""Where boto3 may see a difference after each action, and nowhere else."""


@pytest.fixture
def stage(home, casb):
    world = World(seed=11, people=12, files=10, events=30)
    with Stage("aws", home, casb, world=world) as made:
        assert made.connect().code == 0
        yield made


@pytest.fixture
def sdk(stage):
    made = Sdk(stage.provider)
    yield made
    made.close()


def users(sdk):
    """Each user with what it may sign in with and what its policies say."""
    found = {}
    for account in spanned(sdk):
        iam = sdk("iam", account)
        for one in details(sdk, account)["UserDetailList"]:
            who = {"UserName": one["UserName"]}
            try:
                password = iam.get_login_profile(**who)["LoginProfile"].get("PasswordResetRequired", False)
            except iam.exceptions.NoSuchEntityException:
                password = None
            found[one["Arn"]] = {
                "password": password,
                "policies": {p["PolicyName"]: p["PolicyDocument"] for p in one.get("UserPolicyList", ())},
                "attached": sorted(p["PolicyName"] for p in one["AttachedManagedPolicies"]),
                "groups": sorted(one["GroupList"]),
                "keys": {k["AccessKeyId"]: k["Status"] for k in iam.list_access_keys(**who)["AccessKeyMetadata"]},
                "ssh": {k["SSHPublicKeyId"]: k["Status"] for k in iam.list_ssh_public_keys(**who)["SSHPublicKeys"]},
                "specific": {
                    k["ServiceSpecificCredentialId"]: k["Status"]
                    for k in iam.list_service_specific_credentials(**who)["ServiceSpecificCredentials"]
                },
            }
    return found


def buckets(sdk):
    """Each bucket, by client and name."""
    for account in spanned(sdk):
        for one in sdk("s3", account).list_buckets()["Buckets"]:
            yield account, sdk("s3", account), one["Name"]


def opened(s3, bucket):
    """What opens a bucket."""

    def get(call, member):
        try:
            return call(Bucket=bucket)[member]
        except ClientError as error:
            return error.response["Error"]["Code"]

    policy = get(s3.get_bucket_policy, "Policy")
    block = get(s3.get_public_access_block, "PublicAccessBlockConfiguration")
    return {
        "policy": json.loads(policy) if policy.startswith("{") else None,
        # None set and one that blocks nothing are alike.
        "block": {name for name, on in block.items() if on} if isinstance(block, dict) else set(),
        "acl": get(s3.get_bucket_acl, "Grants"),
    }


def objects(s3, bucket):
    """The present objects of a bucket: size, checksum and who may read them."""
    return {
        f"{bucket}/{one['Key']}": (
            one["Size"],
            one["ETag"],
            json.dumps(s3.get_object_acl(Bucket=bucket, Key=one["Key"])["Grants"], sort_keys=True),
        )
        for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())
    }


def state(sdk):
    """All that boto3 can see of what governance touches; casb's own quarantine buckets stay apart."""
    own = [(s3, name) for _, s3, name in buckets(sdk) if not name.startswith("casb-quarantine")]
    [middle] = sdk.pages("sso-admin", "list_instances", "Instances")
    applications = sdk.pages("sso-admin", "list_applications", "Applications", InstanceArn=middle["InstanceArn"])
    return {
        "users": users(sdk),
        "roles": {
            one["Arn"]: (one["AssumeRolePolicyDocument"], one["RolePolicyList"])
            for account in spanned(sdk)
            for one in details(sdk, account)["RoleDetailList"]
        },
        "buckets": {name: opened(s3, name) for s3, name in own},
        "objects": {id_: row for s3, name in own for id_, row in objects(s3, name).items()},
        "applications": {one["ApplicationArn"]: one["Status"] for one in applications},
    }


def test_casb_lists_exactly_what_boto3_lists(stage, sdk):
    seen = {kind: listed(stage.list(kind).rows, kind) for kind in ("account", "group", "file", "grant", "activity")}
    known = {account: details(sdk, account) for account in spanned(sdk)}
    [middle] = sdk.pages("sso-admin", "list_instances", "Instances")
    store = middle["IdentityStoreId"]
    people = {
        f"{store}/{one['UserId']}": one["UserName"]
        for one in sdk.pages("identitystore", "list_users", "Users", IdentityStoreId=store)
    }
    people |= {one["Arn"]: one["UserName"] for rows in known.values() for one in rows["UserDetailList"]}
    people |= {f"arn:aws:iam::{account}:root": "root" for account in known}
    # Which roles people use is casb's own judgement: those that it names exist.
    roles = {one["Arn"]: one["RoleName"] for rows in known.values() for one in rows["RoleDetailList"]}
    told = {id_: row["login"] for id_, row in seen["account"].items()}
    assert {id_: login for id_, login in told.items() if id_ not in roles} == people
    assert all(roles[id_] == login for id_, login in told.items() if id_ in roles)
    groups = {one["Arn"]: one["GroupName"] for rows in known.values() for one in rows["GroupDetailList"]}
    groups |= {
        f"{store}/{one['GroupId']}": one["DisplayName"]
        for one in sdk.pages("identitystore", "list_groups", "Groups", IdentityStoreId=store)
    }
    assert {id_: row["name"] for id_, row in seen["group"].items()} == groups
    files = {
        f"{name}/{one['Key']}": one["Size"]
        for _, s3, name in buckets(sdk)
        for one in s3.list_objects_v2(Bucket=name).get("Contents", ())
    }
    assert {id_: row["size"] for id_, row in seen["file"].items()} == files
    keys = {key for one in users(sdk).values() for kind in ("keys", "ssh", "specific") for key in one[kind]}
    kinds = {"access-key", "ssh-key", "service-credential"}
    assert {row["client_id"] for row in seen["grant"].values() if row["kind"] in kinds} == keys
    events = {
        one["EventId"]: one["EventName"]
        for account in known
        for region in ("us-east-1", "eu-central-1")
        for one in sdk.pages("cloudtrail", "lookup_events", "Events", account=account, region=region)
    }
    assert {id_: row["action"] for id_, row in seen["activity"].items()} == events


def test_boto3_sees_every_action_and_its_undo(stage, sdk):
    before = state(sdk)
    acting = [action for action in actions_of(stage) if action in WHERE]
    assert set(actions_of(stage)) - set(acting) == {"unsuspend", "restore"}, "these are tried by taking others back"
    for action in acting:
        ref, words = chosen_for(stage, action)
        done = acted(stage.casb("govern", action, ref, *words, "--yes", "-o", "jsonl"))
        during = state(sdk)
        differs = {part for part, rows in before.items() if rows != during[part]}
        assert differs, f"boto3 sees nothing of {action}"
        assert differs <= WHERE[action], action
        undone = stage.casb("govern", "undo", done["id"], "--yes", "-o", "jsonl")
        if undone.code != 0:
            assert "cannot be undone" in undone.err, undone
            stage.provider.reset()
            before = state(sdk)
            continue
        after = state(sdk)
        assert after == before, action
