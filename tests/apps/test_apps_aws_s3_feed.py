"""Messages of S3's queues, as S3, SNS and EventBridge write them; and which queue a URL names."""

from __future__ import annotations

import json

import pytest
from aws_s3_stage import ACCOUNT, Script

from casb_cli.apps.aws.feed import objects_in, queue_of
from casb_cli.core.errors import CursorExpired, Unsupported, UsageError
from casb_cli.core.models import ROOT

S3_MESSAGE = {
    "Records": [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": "2026-11-20T00:01:39.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "bucket"}, "object": {"key": "a+b%2Bc/%E2%82%AC.txt", "size": 5, "eTag": "e"}},
        }
    ]
}


def test_keys_of_s3s_own_messages_are_written_as_forms():
    assert objects_in(json.dumps(S3_MESSAGE)) == [("bucket", "a b+c/€.txt")]


def test_a_message_that_sns_wrapped_is_unwrapped():
    assert objects_in(json.dumps({"Type": "Notification", "Message": json.dumps(S3_MESSAGE)})) == [
        ("bucket", "a b+c/€.txt")
    ]


def test_keys_of_eventbridge_are_plain():
    body = {"detail-type": "Object Created", "detail": {"bucket": {"name": "bucket"}, "object": {"key": "a+b%2Bc"}}}
    assert objects_in(json.dumps(body)) == [("bucket", "a+b%2Bc")]


def test_the_first_message_of_a_new_notification_names_no_object():
    assert objects_in('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"bucket"}') == []


@pytest.mark.parametrize("body", ["", "hello", "[]", "{}", '{"Records":[{"s3":{}}]}', '{"Records":7}', '{"detail":{}}'])
def test_other_messages_are_told_apart(body):
    assert objects_in(body) is None


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/changes", "eu-west-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/changes", "cn-north-1"),
        ("https://eu-west-2.queue.amazonaws.com/123456789012/changes", "eu-west-2"),
        ("http://127.0.0.1:5000/123456789012/changes", "eu-central-1"),
    ],
)
def test_a_queues_url_names_region_account_and_queue(url, region):
    found = queue_of(url, "eu-central-1")
    assert (found.region, found.account, found.name) == (region, ACCOUNT, "changes")


@pytest.mark.parametrize("url", ["changes", "https://sqs.eu-west-1.amazonaws.com/changes", "arn:aws:sqs:x:1:y"])
def test_what_is_no_queue_is_refused(url):
    with pytest.raises(UsageError):
        queue_of(url, "eu-central-1")


def test_without_a_queue_there_is_no_feed():
    with pytest.raises(Unsupported, match="queue"):
        Script().connector().follow_start()


@pytest.mark.parametrize("cursor", [None, "", "{}", "what"])
def test_a_position_that_cannot_be_read_has_expired(cursor):
    script = Script(queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/changes")
    with pytest.raises(CursorExpired):
        list(script.connector().follow_files(ROOT, cursor))


def told(script, configuration):
    """Whether a bucket with this notification configuration tells the queue of everything."""
    script.on(
        "GET casb-tests/?notification", body=f"<NotificationConfiguration>{configuration}</NotificationConfiguration>"
    )
    script.on("POST sqs/", body='{"Attributes":{"MessageRetentionPeriod":"345600"}}')
    script.on(
        "GET s3/",
        body="<R><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>casb-tests</Name><BucketRegion>eu-central-1"
        "</BucketRegion></Bucket></Buckets></R>",
    )
    return json.loads(script.connector().follow_start())["told"] == ["casb-tests"]


QUEUE = "<Queue>arn:aws:sqs:eu-central-1:123456789012:changes</Queue>"
BOTH = "<Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event>"


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        (f"<QueueConfiguration>{QUEUE}{BOTH}</QueueConfiguration>", True),
        (f"<QueueConfiguration>{QUEUE}<Event>s3:ObjectCreated:*</Event></QueueConfiguration>", False),
        (f"<QueueConfiguration>{QUEUE}{BOTH}<Filter><S3Key/></Filter></QueueConfiguration>", False),
        (f"<QueueConfiguration>{QUEUE.replace('changes', 'others')}{BOTH}</QueueConfiguration>", False),
        (f"<TopicConfiguration><Topic>t</Topic>{BOTH}</TopicConfiguration>", False),
        ("", False),
    ],
)
def test_a_bucket_counts_as_told_only_where_the_queue_hears_of_all_its_objects(configuration, expected):
    script = Script(queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/changes")
    assert told(script, configuration) is expected
