"""boto3 for the witness tests: the management account's clients, and other accounts' through the member role."""

from __future__ import annotations

import boto3
from botocore.config import Config


class Sdk:
    """boto3 in the management account, and in others through the member role."""

    def __init__(self, provider):
        self._known = provider.credentials()["keys"]
        self._main = provider.company.main
        self._options = {
            "endpoint_url": self._known.fields["endpoint_url"],
            "region_name": self._known.fields["region"],
            "config": Config(retries={"max_attempts": 6, "mode": "standard"}, s3={"addressing_style": "path"}),
        }
        self._keys = {
            "aws_access_key_id": self._known.fields["access_key_id"],
            "aws_secret_access_key": self._known.secrets["secret_access_key"],
        }
        self._clients = {}

    def __call__(self, service, account=None, region=None):
        key = (service, account or self._main, region)
        if key not in self._clients:
            keys = self._keys if key[1] == self._main else self._assumed(key[1])
            where = {"region_name": region} if region else {}
            self._clients[key] = boto3.client(service, **{**self._options, **keys, **where})
        return self._clients[key]

    def _assumed(self, account):
        given = self("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{self._known.fields['member_role']}",
            RoleSessionName="witness",
            ExternalId=self._known.fields["external_id"],
        )["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def pages(self, service, operation, member, *, account=None, region=None, **params):
        """All rows of a listing, through boto3's own paginator."""
        for page in self(service, account, region).get_paginator(operation).paginate(**params):
            yield from page[member]

    def close(self):
        for one in self._clients.values():
            one.close()


def spanned(sdk):
    """The active accounts of the organization."""
    return [one["Id"] for one in sdk.pages("organizations", "list_accounts", "Accounts") if one["Status"] == "ACTIVE"]


def details(sdk, account):
    """An account's users, groups and roles with their policies."""
    found = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": []}
    for page in sdk("iam", account).get_paginator("get_account_authorization_details").paginate():
        for member, rows in found.items():
            rows += page[member]
    return found
