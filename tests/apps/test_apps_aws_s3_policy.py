"""Bucket policies: whom they let in, as AWS evaluates them, and what takes that back."""

from __future__ import annotations

import pytest

from casb_cli.apps.aws.bucket_policy import BucketPolicy, Ours, digest, shut_name, shutting, who_is, without

OWN, SISTER, STRANGER = "111111111111", "222222222222", "999999999999"
OURS = Ours(frozenset({OWN, SISTER}), "o-abcdefghij")


def statement(principal, *, resource="arn:aws:s3:::bucket/*", action="s3:GetObject", effect="Allow", **more):
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}


def policy(*statements, public=False, restricted=False):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return BucketPolicy(document, OWN, OURS, public=public, restricted=restricted)


def aws(account, rest="root"):
    return {"AWS": f"arn:aws:iam::{account}:{rest}"}


@pytest.mark.parametrize(
    ("statements", "public", "expected"),
    [
        ([statement("*")], True, "public"),
        ([statement({"AWS": "*"})], True, "public"),
        ([statement({"AWS": ["*", OWN]})], True, "public"),
        ([statement(aws(STRANGER))], False, "external"),
        ([statement({"AWS": STRANGER})], False, "external"),
        ([statement(aws(STRANGER, "role/reader"))], False, "external"),
        (
            [statement({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"})],
            False,
            "external",
        ),
        ([statement(aws(SISTER))], False, "internal"),
        ([statement(aws(OWN, "role/app"))], False, "private"),
        ([statement({"Service": "cloudtrail.amazonaws.com"})], False, "private"),
        ([statement("*", action="s3:ListBucket", resource="arn:aws:s3:::bucket")], True, "private"),
        ([statement("*", action="s3:*")], True, "public"),
        ([statement("*", action="S3:getobject*")], True, "public"),
        ([statement("*", resource="arn:aws:s3:::bucket/open/*")], True, "private"),
        (
            [statement("*", resource=["arn:aws:s3:::bucket/open/*", "arn:aws:s3:::bucket/pay/r?port.csv"])],
            True,
            "public",
        ),
        ([statement("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})], False, "internal"),
        ([statement("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-strangers0"}})], False, "external"),
        ([statement("*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})], False, "external"),
        ([statement("*", Condition={"StringLike": {"aws:Referer": "https://example.com/*"}})], True, "public"),
        (
            [
                {
                    "Effect": "Allow",
                    "NotPrincipal": aws(STRANGER),
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::bucket/*",
                }
            ],
            True,
            "public",
        ),
        (
            [{"Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "NotResource": "arn:aws:s3:::bucket/hr/*"}],
            True,
            "public",
        ),
    ],
)
def test_a_policy_opens_an_object_as_far_as_its_principals_and_conditions_say(statements, public, expected):
    assert policy(*statements, public=public).level("arn:aws:s3:::bucket/pay/report.csv") == expected


def test_a_block_cuts_a_public_policy_for_everybody_outside_the_account():
    found = policy(
        statement("*"), statement(aws(STRANGER)), statement(aws(OWN, "role/app")), public=True, restricted=True
    )
    assert found.level("arn:aws:s3:::bucket/a") == "private"
    assert [one.who for one in found.openings()] == [f"arn:aws:iam::{OWN}:role/app"]


def test_a_block_leaves_a_policy_that_is_not_public_as_it_is():
    assert policy(statement(aws(STRANGER)), restricted=True).level("arn:aws:s3:::bucket/a") == "external"


@pytest.mark.parametrize(
    ("denial", "expected"),
    [
        ({}, "private"),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": [OWN]}}}, "private"),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": STRANGER}}}, "external"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, "public"),
        ({"resource": "arn:aws:s3:::bucket/other"}, "public"),
        ({"action": "s3:PutObject"}, "public"),
    ],
)
def test_a_denial_counts_where_it_names_everybody_and_the_object(denial, expected):
    # "external": the stranger is spared by the denial, the public is not.
    found = policy(statement("*"), statement(aws(STRANGER)), statement("*", effect="Deny", **denial), public=True)
    assert found.level("arn:aws:s3:::bucket/a") == expected


def test_each_principal_is_one_opening_with_all_its_actions():
    found = policy(
        statement(aws(STRANGER), action=["s3:GetObject", "s3:PutObject"]),
        statement({"AWS": STRANGER}, action="s3:GetObject"),
        statement({"AWS": STRANGER}, action="s3:ListBucket", resource="arn:aws:s3:::bucket"),
    )
    [one] = found.openings()
    assert (one.who, one.actions, one.sharing) == (
        STRANGER,
        ("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        "external",
    )


def test_a_principal_is_taken_out_of_every_statement_and_others_stay():
    document = {
        "Version": "2012-10-17",
        "Statement": [
            statement({"AWS": [f"arn:aws:iam::{STRANGER}:root", OWN]}),
            statement(aws(STRANGER)),
            statement(aws(STRANGER), effect="Deny"),
        ],
    }
    left = without(document, STRANGER)["Statement"]
    assert left == [statement({"AWS": [OWN]}), statement(aws(STRANGER), effect="Deny")]


@pytest.mark.parametrize("key", ["pay/report.csv", "a*b?c$d", "${aws:username}", "line\nbreak"])
def test_shutting_an_object_leaves_every_other_as_it_was(key):
    before = {"Version": "2012-10-17", "Statement": [statement("*")]}
    arn = f"arn:aws:s3:::bucket/{key}"
    after = shutting(before, arn, [OWN])
    found = BucketPolicy(after, OWN, OURS, public=True, restricted=False)
    assert found.level(arn) == "private"
    for other in ("aXb?c$d", "aXbXcXd", "pay/report2.csv", "anything"):
        assert found.level(f"arn:aws:s3:::bucket/{other}") == "public"
    assert after["Statement"][:-1] == before["Statement"]
    assert shutting(after, arn, [OWN]) == after


def test_shutting_spares_nobody_without_accounts_and_makes_a_policy_where_there_is_none():
    arn = "arn:aws:s3:::bucket/key"
    assert shutting(None, arn, ()) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": shut_name(arn),
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": arn,
            }
        ],
    }
    assert shut_name(arn).isalnum()  # a Sid may hold nothing else


def test_what_a_policy_says_is_compared_whatever_the_order_of_its_fields():
    one, other = statement("*"), dict(reversed(statement("*").items()))
    assert digest({"Version": "2012-10-17", "Statement": [one]}) == digest(
        {"Statement": other, "Version": "2012-10-17"}
    )
    assert digest({"Version": "2012-10-17", "Statement": []}) is digest(None) is None


def test_root_arns_are_account_ids():
    assert who_is(f"arn:aws-cn:iam::{OWN}:root") == OWN
    assert who_is("*") == "public"
    assert who_is(f"arn:aws:iam::{OWN}:role/x") == f"arn:aws:iam::{OWN}:role/x"
