"""boto3 makes every call on buckets, objects and queues against the simulated AWS, and reads what casb reads."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest

from casb_cli.apps.aws.sandbox import build
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"boto3 is not installed: {error}", allow_module_level=True)

PLAIN = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})


def without_account(request, **_):
    """Take the account out of the host: no name leads from there to loopback."""
    scheme, _, rest = request.url.partition("://")
    request.url = f"{scheme}://{rest.partition('.')[2]}"


@pytest.fixture(scope="module")
def aws():
    made = build(World(seed=11, people=12, files=40, events=4))
    with serve([made]):
        yield made


@pytest.fixture(scope="module")
def sdk(aws):
    """A client of each service for the management account, and of S3 for every account that is spanned."""
    known = aws.credentials()["keys"]
    options = {
        "endpoint_url": known.fields["endpoint_url"],
        "region_name": known.fields["region"],
        "config": PLAIN,
        "aws_access_key_id": known.fields["access_key_id"],
        "aws_secret_access_key": known.secrets["secret_access_key"],
    }
    made = {name: boto3.client(name, **options) for name in ("s3", "s3control", "sqs", "sts")}
    made["s3control"].meta.events.register("before-sign.s3-control", without_account)
    clients = {aws.company.main: made["s3"]}
    for account in aws.company.active:
        if account != aws.company.main:
            role = f"arn:aws:iam::{account}:role/{known.fields['member_role']}"
            given = made["sts"].assume_role(
                RoleArn=role, RoleSessionName="witness", ExternalId=known.fields["external_id"]
            )["Credentials"]
            clients[account] = boto3.client(
                "s3",
                **{
                    **options,
                    "aws_access_key_id": given["AccessKeyId"],
                    "aws_secret_access_key": given["SecretAccessKey"],
                    "aws_session_token": given["SessionToken"],
                },
            )
    controls = {}

    def control(region):
        if region not in controls:
            controls[region] = boto3.client("s3control", **{**options, "region_name": region})
            controls[region].meta.events.register("before-sign.s3-control", without_account)
        return controls[region]

    yield SimpleNamespace(
        **made, control=control, accounts=clients, queue=known.fields["queue_url"], main=aws.company.main
    )
    for one in {id(client): client for client in (*made.values(), *clients.values(), *controls.values())}.values():
        one.close()


def own(client):
    return [one["Name"] for one in client.list_buckets()["Buckets"] if not one["Name"].startswith("casb-quarantine-")]


def test_the_objects_that_boto3_lists_are_the_files(witness, aws, sdk):
    found = {}
    for account, client in sdk.accounts.items():
        for bucket in own(client):
            region = client.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1"
            assert region in {"us-east-1", "eu-central-1"}
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for one in page.get("Contents", ()):
                    found[f"{bucket}/{one['Key']}"] = (account, one["Size"], one["ETag"].strip('"'))
    expected = {id_: (row["owner"], row["size"], row["version"]) for id_, row in aws.truth.rows("file").items()}
    assert found == expected
    witness(aws, "GET /s3/ListBuckets", "GET /s3/GetBucketLocation", "GET /s3/ListObjectsV2")


def test_contents_and_heads(witness, aws, sdk):
    rows = aws.truth.rows("file")
    [id_, *_] = [one for one in rows if rows[one]["owner"] == sdk.main]
    bucket, _, key = id_.partition("/")
    body = sdk.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert body == aws.content(id_)
    head = sdk.s3.head_object(Bucket=bucket, Key=key)
    assert head["ContentLength"] == len(body)
    assert sdk.s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == []
    witness(aws, "GET /s3/GetObject", "HEAD /s3/HeadObject", "GET /s3/GetObjectTagging")


def test_delete_markers_are_the_trash(witness, aws, sdk):
    found = set()
    for client in sdk.accounts.values():
        for bucket in own(client):
            if client.get_bucket_versioning(Bucket=bucket).get("Status"):
                page = client.list_object_versions(Bucket=bucket)
                found |= {f"{bucket}/{one['Key']}" for one in page.get("DeleteMarkers", ()) if one["IsLatest"]}
    assert found == set(aws.truth.rows("trash"))
    witness(aws, "GET /s3/GetBucketVersioning", "GET /s3/ListObjectVersions")


def test_policies_and_acls_are_the_shares(witness, aws, sdk):
    given, unset = set(), set()
    for client in sdk.accounts.values():
        for bucket in own(client):
            try:
                policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
            except ClientError as error:
                unset.add(error.response["Error"]["Code"])
                continue
            assert policy["Statement"]
            if client.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]:
                given.add(bucket)
    assert unset <= {"NoSuchBucketPolicy"}
    public = {id_.partition("/")[0] for id_, row in aws.truth.rows("share").items() if id_.endswith("/policy:public")}
    assert public <= given, "a block may cut a public policy, and adds none"
    witness(aws, "GET /s3/GetBucketPolicy", "GET /s3/GetBucketPolicyStatus")


def test_a_bucket_is_made_private_versioned_and_locked(witness, aws, sdk):
    sdk.s3.create_bucket(Bucket="witness-locked", ObjectLockEnabledForBucket=True)
    sdk.s3.head_bucket(Bucket="witness-locked")
    lock = sdk.s3.get_object_lock_configuration(Bucket="witness-locked")["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"
    whole = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    sdk.s3.put_public_access_block(Bucket="witness-locked", PublicAccessBlockConfiguration=whole)
    assert sdk.s3.get_public_access_block(Bucket="witness-locked")["PublicAccessBlockConfiguration"] == whole
    sdk.s3.put_bucket_versioning(Bucket="witness-locked", VersioningConfiguration={"Status": "Enabled"})
    assert sdk.s3.get_bucket_versioning(Bucket="witness-locked")["Status"] == "Enabled"
    witness(
        aws,
        "PUT /s3/CreateBucket",
        "HEAD /s3/HeadBucket",
        "GET /s3/GetObjectLockConfiguration",
        "PUT /s3/PutPublicAccessBlock",
        "GET /s3/GetPublicAccessBlock",
        "PUT /s3/PutBucketVersioning",
    )


@pytest.fixture
def shared(sdk):
    """A bucket with ACLs and without any block, which no new bucket is."""
    sdk.s3.create_bucket(Bucket="witness-shared", ObjectOwnership="ObjectWriter")
    sdk.s3.delete_public_access_block(Bucket="witness-shared")
    return "witness-shared"


def test_objects_are_written_copied_shared_and_deleted(witness, aws, sdk, shared):
    s3 = sdk.s3
    rule = s3.get_bucket_ownership_controls(Bucket=shared)["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
    assert rule == "ObjectWriter"
    s3.put_object(Bucket=shared, Key="a b/c", Body=b"x", Tagging="t=1")
    s3.copy_object(Bucket=shared, Key="copy", CopySource={"Bucket": shared, "Key": "a b/c"}, TaggingDirective="COPY")
    assert s3.get_object(Bucket=shared, Key="copy")["Body"].read() == b"x"
    s3.put_object_acl(Bucket=shared, Key="copy", ACL="public-read")
    assert len(s3.get_object_acl(Bucket=shared, Key="copy")["Grants"]) == 2
    s3.put_bucket_acl(Bucket=shared, ACL="public-read")
    assert len(s3.get_bucket_acl(Bucket=shared)["Grants"]) == 2
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{shared}/*"}
    s3.put_bucket_policy(Bucket=shared, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    assert s3.get_bucket_policy_status(Bucket=shared)["PolicyStatus"]["IsPublic"] is True
    s3.delete_bucket_policy(Bucket=shared)
    s3.delete_object(Bucket=shared, Key="copy")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=shared)["Contents"]] == ["a b/c"]
    witness(
        aws,
        "GET /s3/GetBucketOwnershipControls",
        "PUT /s3/PutObject",
        "PUT /s3/CopyObject",
        "PUT /s3/PutObjectAcl",
        "GET /s3/GetObjectAcl",
        "PUT /s3/PutBucketAcl",
        "GET /s3/GetBucketAcl",
        "PUT /s3/PutBucketPolicy",
        "DELETE /s3/DeleteBucketPolicy",
        "DELETE /s3/DeleteObject",
    )


def test_an_accounts_own_block(witness, aws, sdk):
    whole = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    sdk.s3control.put_public_access_block(AccountId=sdk.main, PublicAccessBlockConfiguration=whole)
    assert sdk.s3control.get_public_access_block(AccountId=sdk.main)["PublicAccessBlockConfiguration"] == whole
    witness(aws, "GET /s3control/GetPublicAccessBlock")


def test_access_points_and_grants_are_the_shares(witness, aws, sdk):
    found, account = {}, {"AccountId": sdk.main}
    for region in ("us-east-1", "eu-central-1"):
        control = sdk.control(region)
        for one in control.list_access_points(**account)["AccessPointList"]:
            name = {**account, "Name": one["Name"]}
            text = control.get_access_point_policy(**name)["Policy"]
            public = control.get_access_point_policy_status(**name)["PolicyStatus"]["IsPublic"]
            block = control.get_access_point(**name)["PublicAccessBlockConfiguration"]
            shut = block["BlockPublicPolicy"]
            found[one["Name"]] = (one["Bucket"], one["NetworkOrigin"], json.loads(text), public, shut)
    with pytest.raises(ClientError, match="AccessGrantsInstanceNotExistsError"):
        sdk.control("eu-central-1").list_access_grants(**account)
    grants = sdk.control("us-east-1").list_access_grants(**account)["AccessGrantsList"]
    scopes = {f"{one['GrantScope'].split('/')[2]}/grant:{one['AccessGrantId']}" for one in grants}
    assert found == {
        one.name: (
            one.bucket,
            "VPC" if one.vpc else "Internet",
            one.policy,
            one.reader == "*" and one.vpc is None,
            one.block,
        )
        for one in aws.buckets.points
    }
    assert scopes == {id_ for id_ in aws.truth.rows("share") if "/grant:" in id_}
    point = next(one for one in aws.buckets.points if one.region == "eu-central-1")
    control, name = sdk.control(point.region), {**account, "Name": point.name}
    control.delete_access_point_policy(**name)
    with pytest.raises(ClientError, match="NoSuchAccessPointPolicy"):
        control.get_access_point_policy(**name)
    control.put_access_point_policy(**name, Policy=json.dumps(point.policy))
    assert json.loads(control.get_access_point_policy(**name)["Policy"]) == point.policy
    witness(
        aws,
        "GET /s3control/ListAccessPoints",
        "GET /s3control/GetAccessPoint",
        "GET /s3control/GetAccessPointPolicy",
        "GET /s3control/GetAccessPointPolicyStatus",
        "PUT /s3control/PutAccessPointPolicy",
        "DELETE /s3control/DeleteAccessPointPolicy",
        "GET /s3control/ListAccessGrants",
    )


def test_a_queue_tells_of_changes_until_its_messages_are_deleted(witness, aws, sdk):
    attributes = sdk.sqs.get_queue_attributes(QueueUrl=sdk.queue, AttributeNames=["All"])["Attributes"]
    assert int(attributes["MessageRetentionPeriod"]) > 0
    sdk.s3.create_bucket(Bucket="witness-told")
    told = {"QueueArn": attributes["QueueArn"], "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    sdk.s3.put_bucket_notification_configuration(
        Bucket="witness-told", NotificationConfiguration={"QueueConfigurations": [told]}
    )
    kept = sdk.s3.get_bucket_notification_configuration(Bucket="witness-told")["QueueConfigurations"][0]
    assert set(kept["Events"]) == set(told["Events"])
    sdk.s3.put_object(Bucket="witness-told", Key="a+b c", Body=b"x")
    keys = []
    while messages := sdk.sqs.receive_message(QueueUrl=sdk.queue, MaxNumberOfMessages=10).get("Messages"):
        for one in messages:
            keys += [record["s3"]["object"]["key"] for record in json.loads(one["Body"]).get("Records", ())]
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        assert not sdk.sqs.delete_message_batch(QueueUrl=sdk.queue, Entries=entries).get("Failed")
    assert "a%2Bb+c" in keys
    witness(
        aws,
        "POST /sqs/GetQueueAttributes",
        "GET /s3/GetBucketNotificationConfiguration",
        "POST /sqs/ReceiveMessage",
        "POST /sqs/DeleteMessageBatch",
    )
