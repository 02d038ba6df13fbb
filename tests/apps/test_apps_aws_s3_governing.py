"""Acting on S3 against the simulated AWS: boto3 makes the objects and looks at what became of them."""

from __future__ import annotations

import json

import boto3
import pytest
from aws_s3_stage import against, carry_out
from botocore.config import Config
from botocore.exceptions import ClientError

from casb_cli.apps.aws.govern_files import where_it_is
from casb_cli.core.errors import CursorExpired, StateConflict, Unsupported, UsageError
from casb_cli.core.models import ROOT, Gone
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World

VERSIONED, PLAIN = "casb-tests-versioned", "casb-tests-plain"


@pytest.fixture(scope="module")
def simulated():
    [provider] = build(["aws"], World(seed=7, people=12, files=4, events=4), {})
    with serve([provider]) as running, against(provider, running) as connector:
        known = running.signins()["aws"]["keys"]
        options = {
            "endpoint_url": known.fields["endpoint_url"],
            "aws_access_key_id": known.fields["access_key_id"],
            "aws_secret_access_key": known.secrets["secret_access_key"],
            "region_name": "us-east-1",
        }
        s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}), **options)
        for name, owner in ((VERSIONED, "ObjectWriter"), (PLAIN, "ObjectWriter")):
            s3.create_bucket(Bucket=name, ObjectOwnership=owner)
            s3.delete_public_access_block(Bucket=name)  # which AWS sets on every new bucket
        s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
        sqs = boto3.client("sqs", **options)
        yield connector, s3, provider, sqs, known.fields["queue_url"]
        s3.close()
        sqs.close()


@pytest.fixture
def connector(simulated):
    return simulated[0]


@pytest.fixture
def s3(simulated):
    return simulated[1]


@pytest.fixture
def history(s3, request):
    """An object with a past: two versions, a deletion, and a newest version with metadata, tags and a public ACL."""
    key = f"{request.node.name}/a+b c.txt"
    s3.put_object(Bucket=VERSIONED, Key=key, Body=b"first")
    s3.put_object(Bucket=VERSIONED, Key=key, Body=b"second one")
    s3.delete_object(Bucket=VERSIONED, Key=key)
    s3.put_object(
        Bucket=VERSIONED,
        Key=key,
        Body=b"third and last",
        ContentType="text/x-test",
        Metadata={"who": "me"},
        Tagging="a=b",
    )
    s3.put_object_acl(Bucket=VERSIONED, Key=key, ACL="public-read")
    return key


def past(s3, bucket, key):
    """What each version of a key holds, the oldest first; None for a delete marker."""
    page = s3.list_object_versions(Bucket=bucket, Prefix=key)
    found = [(one["LastModified"], one["VersionId"]) for one in page.get("Versions", ())]
    marks = {one["VersionId"]: one["LastModified"] for one in page.get("DeleteMarkers", ())}
    contents = {id_: s3.get_object(Bucket=bucket, Key=key, VersionId=id_)["Body"].read() for _, id_ in found}
    latest = {
        one["VersionId"] for kind in ("Versions", "DeleteMarkers") for one in page.get(kind, ()) if one["IsLatest"]
    }
    return sorted(contents.values()), len(marks), latest


def ends(connector, change, memo):
    seen = connector.observe(change, memo)
    return {name: seen[name] for name in change.after}


def test_quarantine_moves_every_version_and_brings_all_back(connector, s3, history):
    change = connector.plan_quarantine(f"{VERSIONED}/{history}", case="c-1")
    assert connector.observe(change, {}) == change.before == {"place": "bucket", "versions": 4, "held": 0}
    memo = carry_out(connector, change)
    assert ends(connector, change, memo) == change.after == {"place": "gone", "versions": 0, "held": 3}
    assert past(s3, VERSIONED, history) == ([], 0, set())
    room = change.keeps["room"]
    block = s3.get_public_access_block(Bucket=room)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    assert s3.get_bucket_versioning(Bucket=room)["Status"] == "Enabled"
    held = [one["Key"] for one in s3.list_objects_v2(Bucket=room, Prefix=change.keeps["prefix"])["Contents"]]
    assert len(held) == 4, "three versions and what says where they came from"
    about = json.loads(s3.get_object(Bucket=room, Key=f"{change.keeps['prefix']}/about.json")["Body"].read())
    assert (about["bucket"], about["key"], about["case"]) == (VERSIONED, history, "c-1")

    memo = carry_out(connector, change, memo, inverse=True)
    assert connector.observe(change, memo) == change.before
    contents, marks, _ = past(s3, VERSIONED, history)
    assert (contents, marks) == ([b"first", b"second one", b"third and last"], 1)
    back = s3.get_object(Bucket=VERSIONED, Key=history)
    assert (back["Body"].read(), back["ContentType"], back["Metadata"]) == (
        b"third and last",
        "text/x-test",
        {"who": "me"},
    )
    assert s3.get_object_tagging(Bucket=VERSIONED, Key=history)["TagSet"] == [{"Key": "a", "Value": "b"}]
    grants = s3.get_object_acl(Bucket=VERSIONED, Key=history)["Grants"]
    assert any(one["Grantee"].get("URI", "").endswith("AllUsers") and one["Permission"] == "READ" for one in grants)
    assert "Contents" not in s3.list_objects_v2(Bucket=room, Prefix=change.keeps["prefix"])


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_quarantine_that_stops_while_it_deletes_hides_the_object_and_can_be_undone(
    connector, s3, history, monkeypatch, after
):
    change = connector.plan_quarantine(f"{VERSIONED}/{history}", case="c-1")
    memo = dict(change.keeps)
    for step in change.steps[:2]:
        memo.update(connector.perform(step, dict(memo)))
    deleted = []
    real = type(connector).delete_version

    def stop(self, bucket, key, version):
        if len(deleted) == after:
            raise StateConflict("the power went")
        deleted.append(version)
        real(self, bucket, key, version)

    with monkeypatch.context() as patch:
        patch.setattr(type(connector), "delete_version", stop)
        with pytest.raises(StateConflict, match="power"):
            connector.perform(change.steps[2], dict(memo))
    with pytest.raises(ClientError, match=r"404|NoSuchKey"):
        s3.get_object(Bucket=VERSIONED, Key=history)
    if after == 2:  # taken up again where it stopped
        connector.perform(change.steps[2], dict(memo))
        assert ends(connector, change, memo) == change.after
    for _ in range(2):  # and what was brought back once is not brought back twice
        connector.perform(change.inverse[0], dict(memo))
    connector.perform(change.inverse[1], dict(memo))
    assert connector.observe(change, memo) == change.before
    assert past(s3, VERSIONED, history)[:2] == ([b"first", b"second one", b"third and last"], 1)
    assert s3.get_object(Bucket=VERSIONED, Key=history)["Body"].read() == b"third and last"


def test_copying_again_finds_the_copies(connector, history, simulated):
    change = connector.plan_quarantine(f"{VERSIONED}/{history}", case="c-2")
    memo = carry_out(
        connector, type(change)(action="", target="", target_name="", steps=change.steps[:2], keeps=change.keeps)
    )
    since = len(simulated[2].calls)
    assert connector.perform(change.steps[1], dict(memo))["held"] == memo["held"]
    assert not [one for one in list(simulated[2].calls)[since:] if one.name == "PUT /s3/CopyObject"]


def test_what_was_written_meanwhile_is_not_deleted(connector, s3, history):
    change = connector.plan_quarantine(f"{VERSIONED}/{history}", case="c-3")
    s3.put_object(Bucket=VERSIONED, Key=history, Body=b"newer")
    with pytest.raises(StateConflict, match="anew"):
        carry_out(connector, change)
    assert s3.get_object(Bucket=VERSIONED, Key=history)["Body"].read() == b"newer"
    assert len(past(s3, VERSIONED, history)[0]) == 4


def test_an_object_in_the_trash_goes_back_to_the_trash(connector, s3, history):
    s3.delete_object(Bucket=VERSIONED, Key=history)
    change = connector.plan_quarantine(f"{VERSIONED}/{history}", case="c-4")
    assert change.before["place"] == "trash"
    memo = carry_out(connector, change)
    assert ends(connector, change, memo) == change.after
    memo = carry_out(connector, change, memo, inverse=True)
    assert connector.observe(change, memo) == change.before
    assert past(s3, VERSIONED, history)[1] == 2


def test_an_object_of_a_bucket_without_versions_is_quarantined_and_a_strangers_in_its_place_is_left(connector, s3):
    s3.put_object(Bucket=PLAIN, Key="pay.txt", Body=b"salaries")
    change = connector.plan_quarantine(f"{PLAIN}/pay.txt", case="c-5")
    memo = carry_out(connector, change)
    assert ends(connector, change, memo) == change.after
    s3.put_object(Bucket=PLAIN, Key="pay.txt", Body=b"somebody else's")
    with pytest.raises(StateConflict, match="another object"):
        carry_out(connector, change, memo, inverse=True)
    s3.delete_object(Bucket=PLAIN, Key="pay.txt")
    carry_out(connector, change, memo, inverse=True)
    assert s3.get_object(Bucket=PLAIN, Key="pay.txt")["Body"].read() == b"salaries"


def test_trash_is_a_delete_marker_and_its_undo_removes_just_that(connector, s3, history):
    change = connector.plan_trash(f"{VERSIONED}/{history}")
    memo = carry_out(connector, change)
    assert connector.observe(change, memo) == {"place": "trash"}
    connector.perform(change.steps[0], dict(memo))
    assert past(s3, VERSIONED, history)[1] == 2, "sent again it makes no second marker"
    carry_out(connector, change, memo, inverse=True)
    contents, marks, _ = past(s3, VERSIONED, history)
    assert (len(contents), marks) == (3, 1)
    assert s3.get_object(Bucket=VERSIONED, Key=history)["Body"].read() == b"third and last"


def test_what_has_no_versions_is_never_trashed(connector, s3):
    s3.put_object(Bucket=PLAIN, Key="keep.txt", Body=b"x")
    with pytest.raises(Unsupported, match="no versions"):
        connector.plan_trash(f"{PLAIN}/keep.txt")


def test_overwriting_leaves_a_tombstone_alone(connector, s3, history):
    change = connector.plan_overwrite(f"{VERSIONED}/{history}", case="c-6")
    assert change.irreversible
    assert not change.inverse
    memo = carry_out(connector, change)
    assert connector.observe(change, memo) == change.after == {"case": "c-6", "older": 0}
    carry_out(connector, change)
    [content], marks, _ = past(s3, VERSIONED, history)
    assert b"c-6" in content
    assert marks == 0
    now = s3.head_object(Bucket=VERSIONED, Key=history)
    assert (now["ContentType"], now["Metadata"]) == ("text/x-test", {"who": "me", "casb-case": "c-6"})
    assert s3.get_object_tagging(Bucket=VERSIONED, Key=history)["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_what_was_changed_since_the_plan_is_not_overwritten(connector, s3, history):
    change = connector.plan_overwrite(f"{VERSIONED}/{history}", case="c-7")
    s3.put_object(Bucket=VERSIONED, Key=history, Body=b"newer")
    with pytest.raises(StateConflict, match="changed meanwhile"):
        carry_out(connector, change)
    assert len(past(s3, VERSIONED, history)[0]) == 4


@pytest.fixture
def open_policy(s3):
    """A policy that lets everybody and a partner read a bucket."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "All",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{PLAIN}/*",
            },
            {
                "Sid": "Partner",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{PLAIN}", f"arn:aws:s3:::{PLAIN}/*"],
            },
        ],
    }
    s3.put_bucket_policy(Bucket=PLAIN, Policy=json.dumps(document))
    s3.put_object(Bucket=PLAIN, Key="shared.txt", Body=b"x")
    yield document
    s3.delete_bucket_policy(Bucket=PLAIN)


def policy_of(s3):
    return json.loads(s3.get_bucket_policy(Bucket=PLAIN)["Policy"])


@pytest.mark.parametrize(("who", "left"), [("public", "Partner"), ("999999999999", "All")])
def test_a_principal_leaves_a_policy_and_comes_back(connector, s3, open_policy, who, left):
    change = connector.plan_remove_share(f"{PLAIN}/policy:{who}")
    memo = carry_out(connector, change)
    assert [one["Sid"] for one in policy_of(s3)["Statement"]] == [left]
    assert connector.observe(change, memo) == change.after
    carry_out(connector, change, memo, inverse=True)
    assert policy_of(s3) == open_policy
    assert connector.observe(change, memo) == change.before


def test_a_policy_that_somebody_changed_meanwhile_is_left(connector, s3, open_policy):
    change = connector.plan_remove_share(f"{PLAIN}/policy:public")
    open_policy["Statement"].pop()
    s3.put_bucket_policy(Bucket=PLAIN, Policy=json.dumps(open_policy))
    with pytest.raises(StateConflict, match="changed meanwhile"):
        carry_out(connector, change)
    assert policy_of(s3) == open_policy


def test_one_object_is_made_private_while_the_others_stay_open(connector, s3, open_policy):
    s3.put_object(Bucket=PLAIN, Key="other.txt", Body=b"x")
    assert connector.find_file(f"{PLAIN}/shared.txt").sharing == "public"
    change = connector.plan_make_private(f"{PLAIN}/shared.txt")
    assert change.before == {"wider": ["policy: public"]}
    memo = carry_out(connector, change)
    assert connector.observe(change, memo) == {"wider": []}
    assert connector.find_file(f"{PLAIN}/shared.txt").sharing == "private"
    assert connector.find_file(f"{PLAIN}/other.txt").sharing == "public"
    carry_out(connector, change, memo, inverse=True)
    assert policy_of(s3) == open_policy
    assert connector.observe(change, memo) == change.before


def test_an_objects_acl_loses_a_grant_and_gets_it_back(connector, s3, history):
    def grants():
        return sorted(
            (one["Grantee"].get("URI", "id"), one["Permission"])
            for one in s3.get_object_acl(Bucket=VERSIONED, Key=history)["Grants"]
        )

    before = grants()
    change = connector.plan_remove_share(f"{VERSIONED}/{history}/acl:public:READ")
    memo = carry_out(connector, change)
    assert grants() == [("id", "FULL_CONTROL")]
    carry_out(connector, change, memo, inverse=True)
    assert grants() == before
    change = connector.plan_change_share(f"{VERSIONED}/{history}/acl:public:READ", role="read-acp")
    memo = carry_out(connector, change)
    assert ("http://acs.amazonaws.com/groups/global/AllUsers", "READ_ACP") in grants()
    carry_out(connector, change, memo, inverse=True)
    assert grants() == before


def test_a_bucket_is_blocked_and_opened_again(connector, s3, open_policy):
    change = connector.plan_change_share(f"{PLAIN}/policy:public", sharing="private")
    memo = carry_out(connector, change)
    assert all(s3.get_public_access_block(Bucket=PLAIN)["PublicAccessBlockConfiguration"].values())
    assert connector.find_file(f"{PLAIN}/shared.txt").sharing == "private"
    assert policy_of(s3) == open_policy
    carry_out(connector, change, memo, inverse=True)
    assert not any(s3.get_public_access_block(Bucket=PLAIN)["PublicAccessBlockConfiguration"].values())
    assert connector.find_file(f"{PLAIN}/shared.txt").sharing == "public"


@pytest.mark.parametrize(
    "share", ["", "bucket", "bucket/other:x", "bucket/key/policy:x", "bucket/acl:x:EAT", "/acl:x:READ"]
)
def test_what_is_no_share_is_refused(connector, share):
    with pytest.raises(UsageError):
        connector.plan_remove_share(share)


def test_changes_come_from_the_queue_and_are_deleted_only_once_they_are_kept(simulated):
    connector, s3, _, sqs, url = simulated
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    told = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=VERSIONED, NotificationConfiguration={"QueueConfigurations": [told]}
    )
    sqs.purge_queue(QueueUrl=url)
    position = connector.follow_start()
    s3.put_object(Bucket=VERSIONED, Key="new/a+b c.txt", Body=b"x")
    s3.put_object(Bucket=VERSIONED, Key="new/gone.txt", Body=b"x")
    s3.delete_object(Bucket=VERSIONED, Key="new/gone.txt")

    pages = connector.follow_files(ROOT, position)
    first = next(pages)
    items = {getattr(one, "id", None): one for one in first.items}
    assert items[f"{VERSIONED}/new/a+b c.txt"].size == 1
    assert isinstance(items[f"{VERSIONED}/new/gone.txt"], Gone)
    pages.close()
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert int(waiting["Attributes"]["ApproximateNumberOfMessagesNotVisible"]) >= 2, "nobody kept those rows"
    s3.put_object(Bucket=VERSIONED, Key="new/later.txt", Body=b"x")
    rest = list(connector.follow_files(ROOT, first.cursor))
    assert [one.id for page in rest for one in page.items] == [f"{VERSIONED}/new/later.txt"]
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert rest[-1].cursor
    assert not rest[-1].more, "nothing is listed anew within the hour"
    assert any(PLAIN not in notice.about and "once an hour" in notice.about for notice in rest[-1].notices)


def test_a_position_older_than_the_queues_memory_has_expired(connector):
    with pytest.raises(CursorExpired):
        list(connector.follow_files(ROOT, '{"time":"2020-01-01T00:00:00Z","listed":"2020-01-01T00:00:00Z"}'))


def test_the_list_of_buckets_is_begun_anew_where_its_position_is_forgotten(simulated):
    connector, _, provider, *_ = simulated
    whole = set(connector.buckets(provider.company.main, fresh=True))
    provider.faults.plan("GET /s3/ListBuckets", "duplicate-page")
    provider.faults.plan("GET /s3/ListBuckets", "expired-cursor", nth=2)
    assert set(connector.buckets(provider.company.main, fresh=True)) == whole >= {VERSIONED, PLAIN}
    assert provider.faults.taken["expired-cursor"] == 1


def test_places_of_an_object():
    assert where_it_is([]) == "gone"
