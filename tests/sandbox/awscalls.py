"""How tests reach the simulated AWS: as boto3 does."""

from __future__ import annotations

import contextlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from casb_cli.apps.aws.sandbox import build
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World


class Aws:
    """A simulated AWS being served, with clients of the service account and of each member account."""

    def __init__(self, provider):
        self.provider = provider
        self.company = provider.company
        self.main, *self.members = self.company.active
        key = self.company.service_key
        self.own = (key.id, key.secret, None)

    def client(self, service, region="us-east-1", who=None, **config):
        key, secret, token = who or self.own
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.provider.urls["api"],
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config),
        )

    def member(self, account, **more):
        found = self.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/casb-member",
            RoleSessionName="casb",
            ExternalId=self.company.external_id,
            **more,
        )["Credentials"]
        return (found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


@contextlib.contextmanager
def served(people=20, files=60, seed=7, **options):
    world = World(seed=seed, people=people, files=files, events=240)
    provider = build(world, Options(**options))
    with serve([provider]):
        yield Aws(provider)


def code(call, *args, **more):
    """Return the error code and the status that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(*args, **more)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def signed(aws, method, path, headers=None, body=b"", *, at=None, monkeypatch=None, who=None):
    """Send one request to S3 signed by botocore, as it is or at another time."""
    url = aws.provider.urls["api"] + path
    request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body, headers=headers or {})
    if at is not None:
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_a, **_k: at)
    credentials = botocore.credentials.Credentials(*(who or aws.own))
    botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    prepared = request.prepare()
    return httpx.request(method, prepared.url, headers=dict(prepared.headers), content=body)
