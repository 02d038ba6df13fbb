"""AWS: what access points and S3 Access Grants open, beside the bucket's own policy."""

from __future__ import annotations

import json

import botocore.session
import pytest
from aws_s3_stage import ACCOUNT, Script, against, carry_out, rows
from botocore.awsrequest import AWSResponse

from casb_cli.apps.aws import wire
from casb_cli.apps.aws.access_points import Granted, Point
from casb_cli.apps.aws.bucket_policy import BucketPolicy, Ours
from casb_cli.apps.aws.mapping_s3 import Block, Bucket
from casb_cli.core.errors import Unsupported
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World

SISTER, STRANGER = "222222222222", "999999999999"
OURS = Ours(frozenset({ACCOUNT, SISTER}), "o-abcdefghij")
POINT = f"arn:aws:s3:eu-central-1:{ACCOUNT}:accesspoint/door"
OBJECT = "arn:aws:s3:::casb-tests/pay/a.csv"
BUCKET = Bucket("casb-tests", ACCOUNT, "eu-central-1")


def policy(*statements, public=False, restricted=False):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return BucketPolicy(document, ACCOUNT, OURS, public=public, restricted=restricted)


def lets(who="*", condition=None, resource="arn:aws:s3:::casb-tests/*", **more):
    """A bucket's statement; by default it leaves everything to the account's own access points."""
    by = {"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}} if condition is None else condition
    return {"Effect": "Allow", "Principal": who, "Action": "s3:*", "Resource": resource, "Condition": by, **more}


def opens(who, place="*"):
    return {"Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": f"{POINT}/object/{place}"}


def aws(account):
    return {"AWS": f"arn:aws:iam::{account}:root"}


DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT}


@pytest.mark.parametrize(
    ("bucket", "point", "vpc", "expected"),
    [
        # Without the bucket's word an access point opens nothing.
        ([], [opens("*")], False, "private"),
        ([lets()], [opens("*")], False, "public"),
        ([lets()], [opens(aws(STRANGER))], False, "external"),
        ([lets()], [opens(aws(SISTER))], False, "internal"),
        ([lets()], [opens(aws(ACCOUNT))], False, "private"),
        ([lets()], [opens("*", "other/*")], False, "private"),
        ([lets(resource="arn:aws:s3:::casb-tests/other/*")], [opens("*")], False, "private"),
        ([lets(aws(STRANGER))], [opens("*")], False, "external"),
        ([lets(condition={"StringEquals": {"s3:DataAccessPointAccount": SISTER}})], [opens("*")], False, "private"),
        ([lets(condition={"ArnLike": {"s3:DataAccessPointArn": POINT[:-4] + "*"}})], [opens("*")], False, "public"),
        ([lets(condition={"StringLike": {"s3:DataAccessPointArn": POINT + "2"}})], [opens("*")], False, "private"),
        ([lets(condition={"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}})], [opens("*")], False, "private"),
        ([lets(condition={"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}})], [opens("*")], True, "internal"),
        ([lets()], [opens("*")], True, "internal"),
        ([lets(condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT,
                                           "aws:PrincipalOrgID": "o-abcdefghij"}})], [opens("*")], False, "internal"),
        ([lets(), DENY], [opens("*")], False, "private"),
        ([lets()], [opens("*"), {**opens("*"), "Effect": "Deny"}], False, "private"),
    ],
)  # fmt: skip
def test_the_narrower_of_bucket_and_access_point_counts(bucket, point, vpc, expected):
    door = Point("door", POINT, policy(*point, public=True), vpc)
    assert door.level(policy(*bucket), "pay/a.csv", OBJECT) == expected


def test_a_blocked_access_point_lets_only_its_own_account_in():
    door = Point("door", POINT, policy(opens("*"), public=True, restricted=True), vpc=False)
    assert door.level(policy(lets()), "pay/a.csv", OBJECT) == "private"
    assert door.openings(policy(lets())) == []


def test_a_bucket_left_to_access_points_is_not_open_itself():
    found = policy(lets())
    assert found.level(OBJECT) == "private"
    assert found.openings() == []


def test_access_points_of_another_account_are_that_accounts_to_open():
    by = {"StringEquals": {"s3:DataAccessPointAccount": [ACCOUNT, STRANGER]}}
    assert [(one.who, one.sharing) for one in policy(lets(condition=by)).openings()] == [(STRANGER, "external")]
    arn = {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{SISTER}:accesspoint/*"}}
    assert policy(lets(condition=arn)).level(OBJECT) == "internal"


@pytest.mark.parametrize(
    ("scope", "bucket", "key", "covered"),
    [
        ("s3://casb-tests/pay/*", "casb-tests", "pay/a.csv", True),
        ("s3://casb-tests/pay/*", "casb-tests", "other.csv", False),
        ("s3://casb-tests/pay/*", "casb-tests", None, True),
        ("s3://casb-tests/pay/a.csv", "casb-tests", "pay/a.csv", True),
        ("s3://casb-tests/pay/a.csv", "casb-tests", "pay/a.csv2", False),
        ("s3://casb-tests/pay/a.csv", "casb-tests", None, True),
        ("s3://casb-tests*", "casb-tests", "pay/a.csv", True),
        ("s3://*", "casb-tests", None, True),
        ("s3://casb-tests2/*", "casb-tests", None, False),
    ],
)
def test_what_a_grant_covers(scope, bucket, key, covered):
    found = Granted("g-1", f"arn:aws:iam::{STRANGER}:role/r", False, "READ", scope, "external")
    assert found.covers(bucket, key) is covered
    if key is not None:
        assert found.level(bucket, key) == ("external" if covered else "private")


# The calls


def parsed(operation, body):
    """Return an answer as botocore reads it by its model."""
    from botocore.parsers import create_parser

    model = botocore.session.get_session().get_service_model("s3control").operation_model(operation)
    return create_parser("rest-xml").parse({"status_code": 200, "headers": {}, "body": body}, model.output_shape)


LIST = (
    "<ListAccessPointsResult><AccessPointList><AccessPoint><Name>{}</Name><NetworkOrigin>Internet</NetworkOrigin>"
    "<Bucket>{}</Bucket><AccessPointArn>{}</AccessPointArn></AccessPoint></AccessPointList>{}</ListAccessPointsResult>"
)
GRANT = (
    "<ListAccessGrantsResult><AccessGrantsList><AccessGrant><AccessGrantId>g-1</AccessGrantId><Grantee>"
    "<GranteeType>DIRECTORY_USER</GranteeType><GranteeIdentifier>u-1</GranteeIdentifier></Grantee>"
    "<Permission>READ</Permission><GrantScope>s3://casb-tests/pay/*</GrantScope></AccessGrant></AccessGrantsList>"
    "</ListAccessGrantsResult>"
)
V1 = "123456789012/v20180820"


def scripted():
    script = Script()
    script.on(
        f"GET {V1}/accesspoint?", body=LIST.format("other", "another-bucket", "arn", "<NextToken>t 1</NextToken>")
    )
    script.on(
        f"GET {V1}/accesspoint?maxResults=1000&nextToken=t%201", body=LIST.format("door", "casb-tests", POINT, "")
    )
    script.on(f"GET {V1}/accesspoint/door", body="<GetAccessPointResult><Name>door</Name></GetAccessPointResult>")
    text = json.dumps({"Statement": opens(aws(STRANGER))}).replace('"', "&quot;")
    answer = f"<GetAccessPointPolicyResult><Policy>{text}</Policy></GetAccessPointPolicyResult>"
    script.on(f"GET {V1}/accesspoint/door/policy", body=answer)
    status = "<Result><PolicyStatus><IsPublic>false</IsPublic></PolicyStatus></Result>"
    script.on(f"GET {V1}/accesspoint/door/policyStatus", body=status)
    script.on(f"GET {V1}/accessgrantsinstance/grants", body=GRANT)
    return script


def test_access_points_and_grants_are_read_page_by_page_in_the_buckets_region():
    script = scripted()
    assert parsed("ListAccessPoints", script.answers[f"GET {V1}/accesspoint?"][1])["NextToken"] == "t 1"
    assert parsed("ListAccessGrants", GRANT.encode())["AccessGrantsList"][0]["Grantee"]["GranteeIdentifier"] == "u-1"
    found = script.connector().doors(BUCKET, Block(), OURS)
    assert [(one.name, one.arn, one.vpc) for one in found.points] == [("door", POINT, False)]
    assert [(one.id, one.who, one.group, one.sharing) for one in found.grants] == [("g-1", "u-1", False, "internal")]
    assert found.notices == ()
    assert {one.url.host for one in script.sent} == {f"{ACCOUNT}.s3-control.eu-central-1.amazonaws.com"}
    assert {one.headers["x-amz-account-id"] for one in script.sent} == {ACCOUNT}


def test_a_region_without_an_instance_of_grants_has_none():
    script = scripted()
    absent = "<ErrorResponse><Error><Code>AccessGrantsInstanceNotExistsError</Code></Error></ErrorResponse>"
    script.on(f"GET {V1}/accessgrantsinstance/grants", 404, absent)
    found = script.connector().doors(BUCKET, Block(), OURS)
    assert (found.grants, found.notices) == ((), ())


@pytest.mark.parametrize(
    ("status", "body"), [(404, "<html>Not Found"), (405, ""), (400, "<Error><Code>X</Code></Error>")]
)
def test_where_there_is_no_such_thing_the_rest_is_seen_and_that_is_told(status, body):
    script = scripted()
    script.on(f"GET {V1}/accessgrantsinstance/grants", status, body)
    found = script.connector().doors(BUCKET, Block(), OURS)
    assert [one.name for one in found.points] == ["door"]
    [notice] = found.notices
    assert (notice.code, notice.effect, notice.needed) == ("degraded", "degraded", ())
    assert "S3 Access Grants" in notice.about


def test_what_may_not_be_looked_at_is_told_with_the_action():
    script = scripted()
    denied = "<Error><Code>AccessDenied</Code><Message>User: x is not authorized to perform: {}</Message></Error>"
    script.on(f"GET {V1}/accesspoint?", 403, denied.format("s3:ListAccessPoints"))
    script.on(f"GET {V1}/accessgrantsinstance/grants", 403, "<Error><Code>AccessDenied</Code></Error>")
    found = script.connector().doors(BUCKET, Block(), OURS)
    assert [(one.code, one.effect, one.needed) for one in found.notices] == [
        ("scope-missing", "degraded", ("s3:ListAccessPoints",)),
        ("scope-missing", "degraded", ("s3:ListAccessGrants",)),
    ]
    assert all(ACCOUNT in one.about for one in found.notices)


def test_the_policy_of_an_access_point_goes_out_as_botocore_spells_it():
    sent = []

    def keep(request, **_):
        sent.append(request)
        return AWSResponse(request.url, 200, {}, None)

    client = botocore.session.get_session().create_client(
        "s3control", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.meta.events.register("before-send.s3-control", keep)
    wanted = {"Statement": [opens("*")]}
    text = json.dumps(wanted, separators=(",", ":"))
    with pytest.raises(AttributeError):  # there is no body behind this answer: only what was sent matters
        client.put_access_point_policy(AccountId=ACCOUNT, Name="door", Policy=text)
    script = Script()
    script.on(f"GET {V1}/accesspoint/door/policy", 404, "<Error><Code>NoSuchAccessPointPolicy</Code></Error>")
    script.on(f"PUT {V1}/accesspoint/door/policy", 200)
    connector = script.connector()
    connector.perform(connector.policy_step("x", BUCKET, None, wanted, point="door"), {})
    ours, theirs = script.sent[-1], sent[0]
    assert f"https://{ours.url.host}{ours.url.raw_path.decode()}" == theirs.url
    assert wire.parse(ours.content) == wire.parse(theirs.body)


# Against the simulated AWS


@pytest.fixture
def stage(tmp_path):
    [provider] = build(["aws"], World(seed=9, people=12, files=60, events=4), {})
    with serve([provider]) as running, against(provider, running) as connector:
        yield provider, connector


def door(provider, name):
    return next(one for one in provider.buckets.points if one.name == name)


def test_an_access_point_loses_a_principal_and_gets_it_back(stage):
    provider, connector = stage
    point = door(provider, "partner-door")
    share = f"{point.bucket}/accesspoint:{point.name}:{point.reader}"
    change = connector.plan_remove_share(share)
    memo = carry_out(connector, change)
    assert connector.observe(change, memo) == change.after
    connector._doors_seen.clear()
    connector._open.clear()
    assert share not in rows(connector.list_shares)[0]
    carry_out(connector, change, memo, inverse=True)
    assert connector.observe(change, memo) == change.before
    connector._doors_seen.clear()
    connector._open.clear()
    assert share in rows(connector.list_shares)[0]


def test_a_file_open_through_an_access_point_is_shut(stage):
    provider, connector = stage
    point = door(provider, "partner-door")
    file = next(one for one in rows(connector.list_files)[0].values() if one.id.startswith(point.bucket + "/"))
    assert file.sharing == "external"
    change = connector.plan_make_private(file.id)
    memo = carry_out(connector, change)
    assert connector.observe(change, memo) == {"wider": []}
    assert connector.find_file(file.id).sharing == "private"
    carry_out(connector, change, memo, inverse=True)
    assert connector.find_file(file.id).sharing == "external"


def test_a_grant_of_access_grants_is_refused_with_the_way_to_do_it(stage):
    _, connector = stage
    share = next(id_ for id_ in rows(connector.list_shares)[0] if "/grant:" in id_)
    with pytest.raises(Unsupported) as told:
        connector.plan_remove_share(share)
    assert "delete-access-grant" in told.value.hint
