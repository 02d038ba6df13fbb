"""Signatures: ours are botocore's own, byte for byte, for requests as its clients build them and for odd ones."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials

from casb_cli.apps.aws.endpoints import Endpoints
from casb_cli.apps.aws.signing import Keys, sign
from casb_cli.transport.address import Hosts
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Outgoing

MOMENT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SESSION = Keys("ASIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "IQoJb3JpZ2luX2VjE//8=+token")

ODD_KEYS = [
    "plain.txt",
    "public/../private/x",
    "./here",
    "..",
    "a//b///c",
    "/leading",
    "trailing/",
    "a+b",
    "a b",
    "100%",
    "%2F",
    "%41",
    "ünïcødé/файл/文件.txt",
    "emoji-🙂",
    "q?x=1&y=2#z",
    "~!'()*",
    ";:@&=$,",
    "line\nbreak",
    "tab\there",
    "\\back\\slash",
    "a=b=c",
]


@pytest.fixture(autouse=True)
def frozen(monkeypatch):
    for module in ("botocore.auth", "botocore.compat"):
        monkeypatch.setattr(f"{module}.get_current_datetime", lambda *_, **__: MOMENT.replace(tzinfo=None))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def theirs(kind, keys, outgoing, service, region):
    """Return the Authorization header of botocore's signer for a request."""
    request = AWSRequest(
        method=outgoing.method, url=outgoing.url, headers=dict(outgoing.headers), data=outgoing.content or b""
    )
    kind(ReadOnlyCredentials(keys.access_key, keys.secret_key, keys.token), service, region).add_auth(request)
    return request.headers["Authorization"]


def built(endpoints, call, *, headers=None):
    """Return a call as the transport sends it."""
    return Outgoing(call.method, Hosts(endpoints, ()).of(call).url, headers or {}, call.content)


@pytest.mark.parametrize("keys", [KEYS, SESSION], ids=["long-term", "session"])
@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_is_signed_as_botocore_signs_it(key, keys):
    endpoints = Endpoints("eu-west-1")
    call = Call(name="GET /s3/GetObject", host="s3:eu-west-1:bucket-1", target="/" + quote(key, safe="/~"))
    outgoing = built(endpoints, call)
    ours = sign(outgoing, keys, endpoints.place(call.host), moment=MOMENT)
    assert ours["Authorization"] == theirs(S3SigV4Auth, keys, outgoing, "s3", "eu-west-1")
    assert ours["X-Amz-Date"] == "20261122T010203Z"
    assert ours["X-Amz-Content-SHA256"] == hashlib.sha256(b"").hexdigest()
    assert ours.get("X-Amz-Security-Token") == keys.token


@cache
def _session():
    return botocore.session.Session()  # it keeps the services' models, which are long to load


def through_a_client(service, region, operation, keys, **params):
    """Return the finished request of botocore's own client."""
    config = Config(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"us_east_1_regional_endpoint": "regional"},  # the global one is botocore's bow to old clients
    )
    client = _session().create_client(
        service,
        region_name=region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=config,
    )
    sent = []

    class Enough(Exception):
        pass

    def take(request, **_):
        sent.append(request)
        raise Enough

    client.meta.events.register("before-send", take)
    with pytest.raises(Enough):
        getattr(client, operation)(**params)
    return sent[0]


MADE_LATER = {"authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}
"""What signing adds; botocore's `amz-sdk-*` are added after it."""

CALLS = [
    ("iam", "us-east-1", "list_users", {"MaxItems": 100}, "iam"),
    ("iam", "us-gov-west-1", "list_users", {"PathPrefix": "/a b+c/"}, "iam"),
    ("iam", "cn-north-1", "list_users", {}, "iam"),
    ("iam", "eusc-de-east-1", "list_users", {}, "iam"),
    ("sts", "us-east-1", "get_caller_identity", {}, "sts"),
    ("sts", "us-gov-east-1", "get_caller_identity", {}, "sts"),
    ("sts", "cn-northwest-1", "get_caller_identity", {}, "sts"),
    ("sts", "eusc-de-east-1", "get_caller_identity", {}, "sts"),
    ("cloudtrail", "eu-west-1", "lookup_events", {"MaxResults": 50}, "cloudtrail:eu-west-1"),
    ("organizations", "eu-west-1", "list_accounts", {}, "organizations"),
    ("organizations", "us-gov-west-1", "list_accounts", {}, "organizations"),
    ("organizations", "cn-north-1", "list_accounts", {}, "organizations"),
    ("identitystore", "us-east-1", "list_users", {"IdentityStoreId": "d-1234567890"}, "identitystore"),
    ("sso-admin", "us-east-1", "list_instances", {}, "sso-admin"),
    ("sqs", "us-east-1", "list_queues", {}, "sqs"),
    ("account", "eu-west-1", "list_regions", {"MaxResults": 50}, "account"),
    ("accessanalyzer", "us-west-2", "list_analyzers", {"type": "ACCOUNT"}, "access-analyzer:us-west-2"),
    ("accessanalyzer", "us-west-2", "get_finding_v2", {"analyzerArn": "arn:aws:x:1/2 3", "id": "a/b:c"},
     "access-analyzer:us-west-2"),
    ("s3", "us-east-1", "list_buckets", {}, "s3"),
    ("s3", "eu-west-1", "list_objects_v2", {"Bucket": "bucket-1", "Prefix": "a b/+&=~é"}, "s3:eu-west-1:bucket-1"),
    ("s3", "eu-west-1", "list_objects_v2", {"Bucket": "dotted.bucket"}, "s3:eu-west-1:dotted.bucket"),
    ("s3", "cn-north-1", "get_object", {"Bucket": "bucket-1", "Key": "x y", "VersionId": "v+/="},
     "s3:cn-north-1:bucket-1"),
    ("s3", "us-gov-west-1", "get_object", {"Bucket": "bucket-1", "Key": "k", "Range": "bytes=0-9", "IfMatch": '"e"'},
     "s3:us-gov-west-1:bucket-1"),
    ("s3", "eu-west-1", "put_object", {"Bucket": "bucket-1", "Key": "t", "Body": b"content", "ContentType": "text/x"},
     "s3:eu-west-1:bucket-1"),
    ("s3", "eu-west-1", "get_bucket_policy_status", {"Bucket": "bucket-1"}, "s3:eu-west-1:bucket-1"),
    ("s3", "eu-west-1", "copy_object",
     {"Bucket": "bucket-1", "Key": "t/é", "CopySource": {"Bucket": "b2-x", "Key": "a b/é", "VersionId": "v"}},
     "s3:eu-west-1:bucket-1"),
    ("s3control", "eu-west-1", "get_public_access_block", {"AccountId": "123456789012"},
     "s3control:eu-west-1:123456789012"),
]  # fmt: skip


@pytest.mark.parametrize("keys", [KEYS, SESSION], ids=["long-term", "session"])
@pytest.mark.parametrize(("service", "region", "operation", "params", "host"), CALLS)
def test_requests_of_botocores_clients_get_the_same_header(service, region, operation, params, host, keys):
    """The same place, the same signature: endpoint, signing name and region are botocore's own too."""
    prepared = through_a_client(service, region, operation, keys, **params)
    endpoints = Endpoints(region)
    place = endpoints.place(host)
    assert urlsplit(place.url).netloc == urlsplit(prepared.url).netloc
    headers = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in prepared.headers.items()
        if name.lower() not in MADE_LATER and not name.lower().startswith("amz-sdk-")
    }
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    if body is not None and not isinstance(body, bytes):
        body = body.read()
    outgoing = Outgoing(prepared.method, prepared.url, {**headers, "Accept": "*/*", "Connection": "keep-alive"}, body)
    expected = prepared.headers["Authorization"]
    expected = expected.decode() if isinstance(expected, bytes) else expected
    assert sign(outgoing, keys, place, moment=MOMENT)["Authorization"] == expected


@pytest.mark.parametrize("body", [b"", b"x", b"\x00\xff" * 100_000])
def test_a_body_is_signed_as_the_stream_that_botocore_would_send(body):
    endpoints = Endpoints("eu-west-1")
    call = Call(name="PUT /s3/PutObject", host="s3:eu-west-1:bucket-1", target="/t", content=body)
    outgoing = built(endpoints, call, headers={"Content-Type": "text/plain"})
    request = AWSRequest(method="PUT", url=outgoing.url, headers=dict(outgoing.headers), data=io.BytesIO(body))
    S3SigV4Auth(ReadOnlyCredentials(KEYS.access_key, KEYS.secret_key, None), "s3", "eu-west-1").add_auth(request)
    ours = sign(outgoing, KEYS, endpoints.place(call.host), moment=MOMENT)
    assert ours["Authorization"] == request.headers["Authorization"]
    assert ours["X-Amz-Content-SHA256"] == hashlib.sha256(body).hexdigest()


def test_what_a_proxy_may_change_is_not_signed():
    endpoints = Endpoints()
    call = Call(name="POST /iam/ListUsers", host="iam", target="/", content=b"Action=ListUsers&Version=2010-05-08")
    kept = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    loose = {"User-Agent": "casb/1", "Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "keep-alive"}
    outgoing = built(endpoints, call, headers={**kept, **loose})
    ours = sign(outgoing, KEYS, endpoints.place("iam"), moment=MOMENT)["Authorization"]
    assert ours == theirs(SigV4Auth, KEYS, built(endpoints, call, headers=kept), "iam", "us-east-1")
    assert "SignedHeaders=content-type;host;x-amz-date," in ours


def test_keys_do_not_show_in_what_might_be_printed():
    assert SESSION.secret_key not in repr(SESSION)
    assert str(SESSION.token) not in repr(SESSION)
