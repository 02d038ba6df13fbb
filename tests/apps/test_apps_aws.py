"""AWS: where credentials go, how they are obtained and renewed, who administers, what events are, what is planned."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from casb_cli.apps.aws.auth import signin
from casb_cli.apps.aws.credentials import EARLY
from casb_cli.apps.aws.endpoints import Endpoints, base_urls, partition_of
from casb_cli.apps.aws.events import Record, activity, kind_of, records
from casb_cli.apps.aws.govern_grants import without_principal
from casb_cli.apps.aws.mapping import report
from casb_cli.apps.aws.policies import account_of, administers, read, trusted, used_by_people
from casb_cli.apps.aws.setup import policies
from casb_cli.apps.aws.users import principal
from casb_cli.core.errors import SecretUnavailable, SignInNeeded, UnsafeAddress, UsageError
from casb_cli.transport.calls import Answer, Call, as_user
from casb_cli.transport.signin import Outgoing, Proving, SigninContext

ACCOUNT = "123456789012"
MEMBER = "210987654321"


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    import os

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


# Addresses


@pytest.mark.parametrize(
    ("region", "name", "suffix"),
    [
        ("us-east-1", "aws", "amazonaws.com"),
        ("eu-west-1", "aws", "amazonaws.com"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
    ],
)
def test_a_region_decides_the_partition(region, name, suffix):
    assert (partition_of(region).name, partition_of(region).suffix) == (name, suffix)


@pytest.mark.parametrize("region", ["", "evil.test/", "us-east-1.evil.test", "mars", "us_east_1", "a-b-c@d"])
def test_words_that_are_no_region_lead_nowhere(region):
    with pytest.raises(UsageError):
        partition_of(region)


@pytest.mark.parametrize(
    "name",
    [
        "s3:cn-north-1:bucket",  # another partition
        "iam:us-gov-west-1",
        "s3:eu-west-1:evil.test/x",
        "s3:eu-west-1:a@b",
        "s3:eu-west-1:arn:aws:s3:eu-west-1:1:accesspoint/x",
        "s3control:eu-west-1:evil",
        "sts:evil.test",
    ],
)
def test_names_that_would_lead_elsewhere_are_refused(name):
    with pytest.raises(UnsafeAddress):
        Endpoints("us-east-1").place(name)


def test_endpoints_of_the_instance_the_environment_and_the_profile(monkeypatch, bare):
    (bare / "config").write_text(
        "[profile p]\nendpoint_url = https://everywhere.test\nservices = mine\n"
        "[services mine]\ns3 =\n  endpoint_url = https://s3.mine.test\n"
    )
    place = base_urls({"profile": "p"}).place
    assert place("s3:eu-west-1:bucket").url == "https://s3.mine.test/bucket"
    assert place("iam").url == "https://everywhere.test"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://all.test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", "https://trail.test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", "https://control.test")
    place = base_urls({}).place
    assert place("iam").url == "https://all.test"
    assert place("cloudtrail:eu-west-1").url == "https://trail.test"
    assert place(f"s3control:eu-west-1:{ACCOUNT}").url == "https://control.test"
    assert base_urls({"endpoint_url": "http://127.0.0.1:9"}).place("cloudtrail:eu-west-1").url == "http://127.0.0.1:9"
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert base_urls({}).place("iam").url == "https://iam.amazonaws.com"


# Signing in


class Sts:
    """A stand-in for STS behind the plain client: keeps each call, answers with keys that count."""

    def __init__(self, *, lifetime=3600, refuse=None):
        self.calls = []
        self.lifetime = lifetime
        self.refuse = refuse

    def send(self, call):
        self.calls.append(call)
        if self.refuse:
            error, self.refuse = self.refuse, None
            raise error
        number = len(self.calls)
        operation = call.name.rpartition("/")[2]
        end = datetime.fromtimestamp(time.time() + self.lifetime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = (
            f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result><Credentials>'
            f"<AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>secret-{number}</SecretAccessKey>"
            f"<SessionToken>token-{number}</SessionToken><Expiration>{end}</Expiration></Credentials>"
            f"</{operation}Result></{operation}Response>"
        )
        return Answer(call=call, status=200, headers={}, body=body.encode(), url="")


def context(method, fields=None, secrets=None, http=None):
    def secret(key):
        try:
            return (secrets or {})[key]
        except KeyError:
            raise SecretUnavailable(f"no {key}") from None

    given = {"region": "eu-west-1", **(fields or {})}
    return SigninContext(
        app="aws",
        instance="prod",
        method=method,
        fields=given,
        secret=secret,
        tokens=None,
        http=http or Sts(),
        urls=base_urls(given),
    )


KEYS = {"access_key_id": "AKIA1"}
SECRET = {"secret_access_key": "a-secret"}
LIST = Call(name="POST /iam/ListUsers", host="iam", target="/")


def signed(signer, call=LIST):
    outgoing = Outgoing("POST", "https://iam.amazonaws.com/", {}, b"Action=ListUsers")
    given = signer.headers(call)
    return {**given, **signer.prove(call, outgoing, given)}


def test_keys_sign_every_call_and_are_redacted():
    signer = signin(context("keys", KEYS, {**SECRET, "session_token": "the-token"}))
    assert isinstance(signer, Proving)
    headers = signed(signer)
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA1/")
    assert "/us-east-1/iam/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "the-token"
    assert set(signer.redact()) == {"a-secret", "the-token"}
    assert not signer.renew(LIST, {})


def test_a_role_is_assumed_with_the_external_id_and_again_before_its_end():
    sts = Sts(lifetime=EARLY - 1)
    role = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/casb", "external_id": "x-1", **KEYS}
    signer = signin(context("role", role, SECRET, sts))
    assert not sts.calls
    signer.sign_in(None)
    [call] = sts.calls
    asked = dict(pair.split("=") for pair in call.content.decode().split("&"))
    assert asked["RoleArn"] == f"arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2Fcasb"
    assert (asked["ExternalId"], asked["RoleSessionName"], asked["DurationSeconds"]) == ("x-1", "casb", "3600")
    assert call.identity.kind == "nobody"
    assert "/eu-west-1/sts/aws4_request" in call.headers["Authorization"]
    before = len(sts.calls)
    signed(signer)
    assert len(sts.calls) > before  # its end is near
    assert "secret-1" not in signer.redact()


def test_a_rejected_session_is_renewed_once_for_all_threads():
    sts = Sts()
    signer = signin(context("role", {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/casb", **KEYS}, SECRET, sts))
    used = signer.headers(LIST)
    assert used == {"X-Amz-Security-Token": "token-1"}
    assert signer.renew(LIST, used)
    assert signer.renew(LIST, used)  # the other thread's word on the same old keys
    assert len(sts.calls) == 2
    assert signer.headers(LIST) == {"X-Amz-Security-Token": "token-2"}


def test_member_accounts_are_reached_through_the_role_of_that_name():
    sts = Sts()
    fields = {**KEYS, "member_role": "casb-member", "external_id": "x-2"}
    signer = signin(context("keys", fields, SECRET, sts))
    assert signer.headers(LIST) == {}
    there = Call(name="POST /iam/ListUsers", host="iam", target="/", identity=as_user(MEMBER))
    assert signed(signer, there)["X-Amz-Security-Token"] == "token-1"
    assert f"iam%3A%3A{MEMBER}%3Arole%2Fcasb-member" in sts.calls[0].content.decode()
    assert "ExternalId=x-2" in sts.calls[0].content.decode()
    assert {"a-secret", "secret-1", "token-1"} <= set(signer.redact())


def test_the_partition_stands_in_the_roles_of_member_accounts():
    sts = Sts()
    fields = {**KEYS, "member_role": "r", "region": "us-gov-west-1"}
    signer = signin(context("keys", fields, SECRET, sts))
    signer.headers(Call(name="POST /iam/ListUsers", host="iam", target="/", identity=as_user(MEMBER)))
    assert f"RoleArn=arn%3Aaws-us-gov%3Aiam%3A%3A{MEMBER}%3Arole%2Fr" in sts.calls[0].content.decode()


def test_a_web_identity_token_is_read_anew_and_the_call_carries_no_signature(tmp_path):
    sts = Sts(lifetime=1)
    token = tmp_path / "token"
    token.write_text("first\n")
    fields = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/ci", "token_file": str(token)}
    signer = signin(context("web-identity", fields, {}, sts))
    signer.headers(LIST)
    token.write_text("second\n")
    signer.headers(LIST)
    assert [call.name for call in sts.calls] == ["POST /sts/AssumeRoleWithWebIdentity"] * 2
    assert ["WebIdentityToken=first" in sts.calls[0].content.decode(), "Authorization" in sts.calls[0].headers] == [
        True,
        False,
    ]
    assert "WebIdentityToken=second" in sts.calls[1].content.decode()


def test_the_environment_and_profiles_are_found_as_aws_users_expect(monkeypatch, bare):
    (bare / "credentials").write_text("[other]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = p-secret\n")
    signer = signin(context("profile", {"profile": "other"}))
    assert "Credential=AKIAPROFILE/" in signed(signer)["Authorization"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "e-secret")
    assert "Credential=AKIAENV/" in signed(signin(context("environment")))["Authorization"]


def test_a_profile_that_assumes_a_role_asks_sts_through_our_client(bare):
    (bare / "credentials").write_text("[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = b-secret\n")
    (bare / "config").write_text(
        f"[profile there]\nrole_arn = arn:aws:iam::{MEMBER}:role/x\nsource_profile = base\nregion = eu-west-1\n"
    )
    sts = Sts()
    signer = signin(context("profile", {"profile": "there"}, {}, sts))
    assert signed(signer)["X-Amz-Security-Token"] == "token-1"
    [call] = sts.calls
    assert call.name == "POST /sts/AssumeRole"
    assert call.host == "sts:eu-west-1"
    assert call.url == "https://sts.eu-west-1.amazonaws.com/"
    assert "Credential=AKIABASE/" in call.headers["Authorization"]


@pytest.mark.parametrize("method", ["environment", "instance-role"])
def test_nothing_found_says_what_to_check(method):
    signer = signin(context(method))
    with pytest.raises(SignInNeeded) as told:
        signer.sign_in(None)
    assert told.value.hint


def test_a_missing_profile_is_told():
    with pytest.raises(SignInNeeded, match="nowhere") as told:
        signin(context("profile", {"profile": "nowhere"})).sign_in(None)
    assert "--profile nowhere" in told.value.hint


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("role", {"role_arn": "casb"}),
        ("role", {"role_arn": f"arn:aws:iam::{ACCOUNT}:user/x"}),
        ("role", {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/x", "session_name": "a b"}),
        ("keys", {**KEYS, "member_role": "arn:aws:iam::1:role/x"}),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_sent(method, fields):
    with pytest.raises(UsageError):
        signin(context(method, fields, SECRET))


def test_a_wrong_clock_is_learned_from_the_refusal_and_the_call_signed_once_more():
    from email.utils import formatdate

    signer = signin(context("keys", KEYS, SECRET))
    outgoing = Outgoing("POST", "https://iam.amazonaws.com/", {}, b"")
    body = b"<ErrorResponse><Error><Code>RequestTimeTooSkewed</Code></Error></ErrorResponse>"
    theirs = time.time() - 3600
    headers = {"date": formatdate(theirs, usegmt=True)}
    assert signer.challenged(LIST, outgoing, 403, headers, body)
    stamp = signer.prove(LIST, outgoing, {})["X-Amz-Date"]
    told = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    assert abs(told - theirs) < 10
    assert not signer.challenged(LIST, outgoing, 403, headers, body)  # what was learned is no help: not again
    assert not signer.challenged(LIST, outgoing, 200, headers, b"")


# Policies


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.mark.parametrize(
    ("text", "admin"),
    [
        (policy(Action="*", Resource="*"), True),
        (policy(Action=["s3:*", "*"], Resource=["*"]), True),
        (policy(Action="iam:*", Resource="*"), True),
        (policy(Action="IAM:*", Resource="*"), True),
        (policy(NotAction=["s3:*"], Resource="*"), True),
        (policy(NotAction=["iam:*", "organizations:*"], Resource="*"), False),
        (policy(Action="*", Resource="arn:aws:s3:::b"), False),
        (policy(Action="*", Resource="*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), False),
        (policy(Action="iam:Get*", Resource="*"), False),
        (json.dumps({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}), False),
        ("%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D",
         True),
        ("not json", False),
        ("", False),
    ],
)  # fmt: skip
def test_who_administers_by_a_policy(text, admin):
    assert administers(read(text)) is admin


@pytest.mark.parametrize(
    ("principal_", "action", "people"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "sts:AssumeRole", True),
        ({"AWS": ACCOUNT}, "sts:AssumeRole", True),
        ({"AWS": f"arn:aws:iam::{MEMBER}:root"}, "sts:AssumeRole", False),
        ({"AWS": "*"}, "sts:AssumeRole", False),
        ({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole", False),
        ({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"}, "sts:AssumeRoleWithSAML", True),
        ({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.test"}, "sts:AssumeRoleWithWebIdentity", False),
    ],
)
def test_which_roles_people_use(principal_, action, people):
    assert used_by_people(read(policy(Principal=principal_, Action=action)), {ACCOUNT}) is people


def test_principals_and_accounts():
    document = read(policy(Principal={"AWS": [MEMBER, "*"], "Service": "x.amazonaws.com"}, Action="sts:AssumeRole"))
    assert list(trusted(document)) == [("AWS", MEMBER), ("AWS", "*"), ("Service", "x.amazonaws.com")]
    assert [account_of(word) for word in (MEMBER, f"arn:aws:iam::{MEMBER}:user/a/b", "*", "AIDAX")] == [
        MEMBER,
        MEMBER,
        None,
        None,
    ]


def test_a_principal_is_taken_out_of_a_trust_and_nothing_else_changes():
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "a", "Effect": "Allow", "Principal": {"AWS": [MEMBER, ACCOUNT]}, "Action": "sts:AssumeRole"},
                {"Sid": "b", "Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "sts:TagSession"},
            ],
        }
    )
    left = json.loads(without_principal(text, MEMBER))
    assert left["Statement"] == [
        {"Sid": "a", "Effect": "Allow", "Principal": {"AWS": [ACCOUNT]}, "Action": "sts:AssumeRole"}
    ]
    emptied = json.loads(without_principal(json.dumps({**left}), ACCOUNT))
    assert [one["Effect"] for one in emptied["Statement"]] == ["Deny"]


def test_a_policy_to_create_fits_a_managed_policy():
    documents = policies([f"service{number}:SomeQuiteLongActionName{number}" for number in range(400)])
    assert len(documents) > 1
    found = [action for one in documents for action in json.loads(one)["Statement"][0]["Action"]]
    assert len(found) == 400
    assert all(len("".join(one.split())) < 6144 for one in documents)


# Reports and events


def test_a_credential_report_is_read_by_its_headers_and_without_case():
    text = (
        "arn,user,mfa_active,password_enabled,password_last_used,access_key_1_active,access_key_2_active,"
        "user_creation_time\n"
        f"arn:aws:iam::{ACCOUNT}:root,<root_account>,TRUE,not_supported,2026-11-01T00:00:00+00:00,FALSE,false,"
        "2020-01-01T00:00:00+00:00\n"
        f"arn:aws:iam::{ACCOUNT}:user/a,a,false,true,no_information,False,TRUE,2021-01-01T00:00:00+00:00\n"
        f"arn:aws:iam::{ACCOUNT}:user/b,b,false,FALSE,N/A,false,false,2021-01-01T00:00:00+00:00\n"
    )
    found = report(text)
    root = found[f"arn:aws:iam::{ACCOUNT}:root"]
    assert (root.mfa, root.password, root.last_login, root.created) == (
        True,
        None,
        "2026-11-01T00:00:00Z",
        "2020-01-01T00:00:00Z",
    )
    one, other = found[f"arn:aws:iam::{ACCOUNT}:user/a"], found[f"arn:aws:iam::{ACCOUNT}:user/b"]
    assert (one.password, one.keys, one.mfa, one.last_login) == (True, True, False, None)
    assert (other.password, other.keys) == (False, False)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"event_source": "signin.amazonaws.com", "event_name": "ConsoleLogin"}, "logon"),
        ({"event_source": "x", "event_name": "y", "event_type": "AwsConsoleSignin"}, "logon"),
        ({"event_source": "sts.amazonaws.com", "event_name": "AssumeRoleWithSAML", "read_only": True}, "logon"),
        ({"event_source": "sso.amazonaws.com", "event_name": "Federate"}, "logon"),
        ({"event_source": "iam.amazonaws.com", "event_name": "CreateUser", "read_only": False}, "admin"),
        ({"event_source": "iam.amazonaws.com", "event_name": "CreateUser", "read_only": "false"}, "admin"),
        ({"event_source": "iam.amazonaws.com", "event_name": "ListUsers", "read_only": True}, "user"),
        ({"event_source": "s3.amazonaws.com", "event_name": "PutBucketPolicy", "read_only": False}, "admin"),
        ({"event_source": "s3.amazonaws.com", "event_name": "PutObject", "read_only": False}, "user"),
        ({"event_source": "ec2.amazonaws.com", "event_name": "RunInstances", "read_only": False}, "user"),
    ],
)
def test_kinds_of_activity(fields, kind):
    assert kind_of(Record(**fields)) == kind


def event(**more):
    return json.dumps(
        {"eventID": "e-1", "eventName": "X", "eventTime": "2026-11-20T00:01:39Z", "eventSource": "s", **more}
    )


def test_a_failed_sign_in_without_an_arn_names_the_user():
    text = event(
        eventName="ConsoleLogin",
        eventSource="signin.amazonaws.com",
        userIdentity={"type": "IAMUser", "userName": "alice", "accountId": ACCOUNT},
        responseElements={"ConsoleLogin": "Failure"},
        sourceIPAddress="203.0.113.7",
        userAgent="Mozilla",
    )
    [record] = records(text)
    row = activity(record)
    assert (row.id, row.actor, row.actor_ref, row.kind, row.outcome) == ("e-1", "alice", None, "logon", "failure")
    assert (row.ip, row.user_agent, row.time) == ("203.0.113.7", "Mozilla", "2026-11-20T00:01:39Z")


def test_identity_center_tells_the_outcome_in_its_own_place():
    text = event(
        eventName="CredentialVerification",
        eventSource="signin.amazonaws.com",
        eventType="AwsServiceEvent",
        serviceEventDetails={"CredentialVerification": "Failure"},
        userIdentity={
            "type": "Unknown",
            "userName": "bob",
            "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-9"},
        },
    )
    row = activity(records(text)[0])
    assert (row.actor, row.actor_ref, row.outcome) == ("bob", "account:d-9/u-1", "failure")


def test_a_trails_file_and_unreadable_texts():
    assert [one.id for one in records(b'{"Records":[' + event().encode() + b"]}")] == ["e-1"]
    assert records("") == records("{") == records(b"\xff") == []


@pytest.mark.parametrize(
    ("id_", "kind", "name"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/alice", "user", "alice"),
        (f"arn:aws-cn:iam::{ACCOUNT}:user/a/b/alice", "user", "alice"),
        (f"arn:aws:iam::{ACCOUNT}:role/x/y", "role", "y"),
        (f"arn:aws:iam::{ACCOUNT}:root", "root", "root"),
        ("d-1234567890/u-1", "center", "u-1"),
    ],
)
def test_whom_an_id_names(id_, kind, name):
    found = principal(id_)
    assert (found.kind, found.name, found.id) == (kind, name, id_)


@pytest.mark.parametrize("id_", ["", "alice", f"arn:aws:iam::{ACCOUNT}:group/x", "arn:aws:s3:::b/k"])
def test_what_names_nobody_is_refused(id_):
    with pytest.raises(UsageError):
        principal(id_)
