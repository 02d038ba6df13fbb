"""The simulated S3 and SQS, asked by boto3: every key, versions, owners, conditions, notifications."""

from __future__ import annotations

import json
from urllib.parse import unquote, unquote_plus

import pytest
from awscalls import code, served, signed
from botocore.exceptions import ClientError

from casb_cli.sandbox.facts import ARCHIVE_PLACE, HOSTILE_PLACE, PENDING_PLACE, PERSONAL_PLACE, PUBLIC_PLACE


@pytest.fixture(scope="module")
def serving():
    with served(files=120) as made:
        yield made


@pytest.fixture
def aws(serving):
    serving.provider.reset()
    yield serving
    serving.provider.faults.clear()


def s3(aws, bucket):
    """Return a client of a bucket's account in its region."""
    who = None if bucket.account == aws.main else aws.member(bucket.account)
    return aws.client("s3", bucket.region, who)


def bucket_of(aws, place):
    return aws.provider.buckets.all[place]


def some(aws, bucket):
    """Return the objects of a bucket."""
    return [one for one in aws.provider.buckets.objects() if one.bucket == bucket.name]


def test_every_object_is_listed_once_and_read_whole(aws):
    found = {}
    for bucket in aws.provider.buckets.all:
        client = s3(aws, bucket)
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket.name, PaginationConfig={"PageSize": 5}, EncodingType="url"
        )
        for page in pages:
            for row in page.get("Contents", ()):
                key = unquote(row["Key"])
                data = client.get_object(Bucket=bucket.name, Key=key)["Body"].read()
                assert len(data) == row["Size"]
                assert data == aws.provider.content(f"{bucket.name}/{key}")
                found[f"{bucket.name}/{key}"] = row["ETag"].strip('"')
    assert found == {id_: row["version"] for id_, row in aws.provider.truth.rows("file").items()}
    for part in ("../", "//", "+", "%2F", "\n", "日本"):
        assert any(part in key for key in found), part


def test_buckets_lie_in_their_account_and_region(aws):
    told = {}
    for account in aws.company.active:
        client = aws.client("s3", who=None if account == aws.main else aws.member(account))
        for page in client.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}):
            told |= {row["Name"]: (account, row["BucketRegion"]) for row in page["Buckets"]}
    assert told == {bucket.name: (bucket.account, bucket.region) for bucket in aws.provider.buckets.all}
    [plain] = {"BucketRegion" in row for row in aws.client("s3").list_buckets()["Buckets"]}
    assert plain is False


def test_the_wrong_region_is_told_where_to_go(aws):
    bucket = next(one for one in aws.provider.buckets.all if one.account == aws.main and one.region != "us-east-1")
    reply = signed(aws, "GET", f"/{bucket.name}?list-type=2")
    assert reply.status_code == 301
    assert reply.headers["x-amz-bucket-region"] == bucket.region
    assert "<Code>PermanentRedirect</Code>" in reply.text


def test_versions_and_markers_lie_together(aws):
    bucket = bucket_of(aws, HOSTILE_PLACE)
    pages = (
        s3(aws, bucket)
        .get_paginator("list_object_versions")
        .paginate(Bucket=bucket.name, PaginationConfig={"PageSize": 3})
    )
    versions, markers = [], []
    for page in pages:
        versions += page.get("Versions", [])
        markers += page.get("DeleteMarkers", [])
    trash = [one for one in aws.provider.buckets.trash() if one.bucket == bucket.name]
    assert [(row["Key"], row["IsLatest"]) for row in markers] == [(one.key, True) for one in trash]
    objects = some(aws, bucket)
    assert len(versions) == len(objects) + sum(one.old for one in objects) + len(trash)
    assert sum(row["IsLatest"] for row in versions) == len(objects)


def test_a_delete_marker_says_so_and_can_be_removed(aws):
    one = next(aws.provider.buckets.trash())
    bucket = aws.provider.buckets.by_name[one.bucket]
    client = s3(aws, bucket)
    [marker] = client.list_object_versions(Bucket=bucket.name, Prefix=one.key)["DeleteMarkers"]
    assert code(client.get_object, Bucket=bucket.name, Key=one.key)[0] == "NoSuchKey"
    there = {"Bucket": bucket.name, "Key": one.key, "VersionId": marker["VersionId"]}
    assert code(client.get_object, **there) == ("MethodNotAllowed", 405)
    client.delete_object(**there)
    assert client.get_object(Bucket=bucket.name, Key=one.key)["Body"].read() == aws.provider.content(one.id)


def test_a_marker_stands_where_it_was_set(aws):
    bucket = bucket_of(aws, PUBLIC_PLACE)
    client = s3(aws, bucket)
    there = {"Bucket": bucket.name, "Key": "new\nname"}
    assert client.delete_object(**there)["DeleteMarker"] is True
    client.put_object(Body=b"again", **there)
    client.delete_object(**there)
    text = signed(aws, "GET", f"/{bucket.name}?prefix=new&versions=").text
    assert [part[:7] for part in text.split("<") if part.startswith(("Version>", "DeleteMarker>"))] == [
        "DeleteM",
        "Version",
        "DeleteM",
    ]
    found = client.list_object_versions(Bucket=bucket.name, Prefix="new")
    assert {row["Key"] for row in (*found["Versions"], *found["DeleteMarkers"])} == {"new\nname"}


def test_the_wrong_owner_is_refused(aws):
    bucket = bucket_of(aws, PUBLIC_PLACE)
    client = s3(aws, bucket)
    client.list_objects_v2(Bucket=bucket.name, ExpectedBucketOwner=bucket.account)
    assert code(client.list_objects_v2, Bucket=bucket.name, ExpectedBucketOwner="1" * 12) == ("AccessDenied", 403)
    elsewhere = aws.client("s3", bucket.region, aws.member(aws.members[0]))
    assert code(elsewhere.list_objects_v2, Bucket=bucket.name) == ("AccessDenied", 403)


def test_a_copy_and_a_write_keep_their_conditions(aws):
    bucket = bucket_of(aws, PUBLIC_PLACE)
    client, one = s3(aws, bucket), some(aws, bucket)[0]
    there = {"Bucket": bucket.name, "Key": one.key}
    tag = client.head_object(**there)["ETag"]
    target = {"Bucket": bucket.name, "Key": "copies/a+b //../x", "CopySource": there}
    assert code(client.copy_object, CopySourceIfMatch='"0"', **target) == ("PreconditionFailed", 412)
    client.copy_object(CopySourceIfMatch=tag, **target)
    assert aws.provider.content(f"{bucket.name}/copies/a+b //../x") == aws.provider.content(one.id)
    assert code(client.put_object, Body=b"x", IfMatch='"0"', **there) == ("PreconditionFailed", 412)
    assert code(client.put_object, Body=b"x", IfNoneMatch="*", **there) == ("PreconditionFailed", 412)
    client.put_object(Body=b"x", IfMatch=tag, **there)
    assert aws.provider.content(one.id) == b"x"


def test_what_changes_settings_needs_a_checksum(aws):
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    reply = signed(aws, "PUT", f"/{bucket_of(aws, PUBLIC_PLACE).name}?versioning", body=body)
    assert (reply.status_code, "<Code>InvalidRequest</Code>" in reply.text) == (400, True)
    reply = signed(aws, "PUT", f"/{bucket_of(aws, PUBLIC_PLACE).name}?versioning", {"Content-MD5": "AAAA"}, body)
    assert "<Code>BadDigest</Code>" in reply.text


def test_acls_count_only_where_they_are_on(aws):
    off = bucket_of(aws, PUBLIC_PLACE)
    one = some(aws, off)[0]
    refused = code(s3(aws, off).put_object_acl, Bucket=off.name, Key=one.key, ACL="private")
    assert refused == ("AccessControlListNotSupported", 400)
    on = bucket_of(aws, PERSONAL_PLACE)
    shared = next(one for one in some(aws, on) if one.open_to == "public")
    client = s3(aws, on)
    grants = client.get_object_acl(Bucket=on.name, Key=shared.key)["Grants"]
    assert [g["Grantee"].get("URI", "")[-8:] for g in grants if g["Permission"] == "READ"] == ["AllUsers"]
    client.put_object_acl(Bucket=on.name, Key=shared.key, ACL="private")
    assert len(client.get_object_acl(Bucket=on.name, Key=shared.key)["Grants"]) == 1
    blocked = bucket_of(aws, ARCHIVE_PLACE)
    key = some(aws, blocked)[0].key
    assert code(s3(aws, blocked).put_object_acl, Bucket=blocked.name, Key=key, ACL="public-read")[0] == "AccessDenied"


def test_an_acl_is_kept_whole_and_a_head_tells_the_size(aws):
    on = bucket_of(aws, PERSONAL_PLACE)
    client, one = s3(aws, on), some(aws, on)[0]
    there = {"Bucket": on.name, "Key": one.key}
    before = client.get_object_acl(**there)
    reader = {"Grantee": {"Type": "CanonicalUser", "ID": "a" * 64}, "Permission": "READ"}
    everybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    grants = [*before["Grants"], reader, {"Grantee": everybody, "Permission": "READ"}]
    client.put_object_acl(AccessControlPolicy={"Owner": before["Owner"], "Grants": grants}, **there)
    assert client.get_object_acl(**there)["Grants"][-2:] == grants[-2:]
    assert client.head_object(**there)["ContentLength"] == len(aws.provider.content(one.id))


def test_a_policy_that_denies_a_key_shuts_that_key_alone(aws):
    bucket = bucket_of(aws, ARCHIVE_PLACE)
    client, (one, other, *_) = s3(aws, bucket), some(aws, bucket)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject*", "Resource": f"{bucket.arn}/{one.key}"}
    client.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert code(client.get_object, Bucket=bucket.name, Key=one.key) == ("AccessDenied", 403)
    assert code(client.get_object_acl, Bucket=bucket.name, Key=one.key) == ("AccessDenied", 403)
    copied = {"Bucket": bucket.name, "Key": "copy", "CopySource": {"Bucket": bucket.name, "Key": one.key}}
    assert code(client.copy_object, **copied) == ("AccessDenied", 403)
    assert client.get_object(Bucket=bucket.name, Key=other.key)["ContentLength"]
    assert client.list_objects_v2(Bucket=bucket.name)["KeyCount"]
    others = {"StringNotEquals": {"aws:PrincipalAccount": [bucket.account]}}
    apart = {"Version": "2012-10-17", "Statement": [deny | {"Condition": others}]}
    client.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(apart))
    assert client.get_object_acl(Bucket=bucket.name, Key=one.key)["Grants"]
    deny |= {"Effect": "Allow"}
    opened = {"Bucket": bucket.name, "Policy": json.dumps({"Version": "2012-10-17", "Statement": [deny]})}
    assert code(client.put_bucket_policy, **opened) == ("AccessDenied", 403)


def test_blocks_decide_what_is_public(aws):
    truth = aws.provider.truth.rows("file")
    assert {truth[one.id]["sharing"] for one in some(aws, bucket_of(aws, PUBLIC_PLACE))} == {"public"}
    assert {truth[one.id]["sharing"] for one in some(aws, bucket_of(aws, PENDING_PLACE))} == {"private"}
    pending = bucket_of(aws, PENDING_PLACE)
    assert s3(aws, pending).get_bucket_policy_status(Bucket=pending.name)["PolicyStatus"]["IsPublic"] is True
    who = aws.member(pending.account)
    headers = {"x-amz-account-id": pending.account}
    reply = signed(aws, "GET", "/v20180820/configuration/publicAccessBlock", headers, who=who)
    assert reply.text.count("true") == 4


def test_a_new_bucket_is_closed(aws):
    client = aws.client("s3", "eu-central-1")
    client.create_bucket(Bucket="larkspur-new", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    found = client.get_bucket_ownership_controls(Bucket="larkspur-new")["OwnershipControls"]["Rules"]
    assert found == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert client.get_public_access_block(Bucket="larkspur-new")["PublicAccessBlockConfiguration"]["IgnorePublicAcls"]
    assert code(client.get_bucket_policy, Bucket="larkspur-new") == ("NoSuchBucketPolicy", 404)
    assert code(client.get_object_lock_configuration, Bucket="larkspur-new") == (
        "ObjectLockConfigurationNotFoundError",
        404,
    )


def test_changes_are_told_to_the_queue(aws):
    queue = aws.client("sqs")
    bucket = next(one for one in aws.provider.buckets.all if one.notify and one.index == PUBLIC_PLACE)
    s3(aws, bucket).put_object(Bucket=bucket.name, Key="a+b%2Bc d.txt", Body=b"news")
    told = []
    while found := queue.receive_message(QueueUrl=aws.provider.queue_url, MaxNumberOfMessages=10).get("Messages"):
        told += [json.loads(message["Body"]) for message in found]
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(found)]
        queue.delete_message_batch(QueueUrl=aws.provider.queue_url, Entries=entries)
    records = [record for body in told for record in body.get("Records", ())]
    assert any(body.get("Event") == "s3:TestEvent" for body in told)
    assert [unquote_plus(record["s3"]["object"]["key"]) for record in records] == ["a+b%2Bc d.txt"]


def test_a_download_breaks_off_and_a_listing_comes_twice(aws):
    bucket = bucket_of(aws, PUBLIC_PLACE)
    client, one = s3(aws, bucket), some(aws, bucket)[0]
    aws.provider.faults.plan("GET /s3/GetObject", "truncated")
    with pytest.raises(Exception, match=r"broken|read|Incomplete"):
        client.get_object(Bucket=bucket.name, Key=one.key)["Body"].read()
    aws.provider.faults.plan("GET /s3/ListObjectsV2", "duplicate-page")
    first = client.list_objects_v2(Bucket=bucket.name, MaxKeys=2)
    again = client.list_objects_v2(Bucket=bucket.name, MaxKeys=2, ContinuationToken=first["NextContinuationToken"])
    assert [row["Key"] for row in first["Contents"]] == [row["Key"] for row in again["Contents"]]


def test_content_that_a_test_edits_is_read_back(aws):
    one = aws.provider.buckets.object(0)
    aws.provider.edit(one.id, b"edited")
    bucket = aws.provider.buckets.by_name[one.bucket]
    assert s3(aws, bucket).get_object(Bucket=one.bucket, Key=one.key)["Body"].read() == b"edited"
    with pytest.raises(KeyError):
        aws.provider.edit("nowhere/x", b"")
    with pytest.raises(ClientError):
        s3(aws, bucket).get_object(Bucket=one.bucket, Key="nothing")
