"""What all parts of the AWS connector share: calls in each protocol, pages, accounts and regions."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import msgspec

from casb_cli.apps.aws import wire
from casb_cli.apps.aws.endpoints import Endpoints, base_urls
from casb_cli.apps.aws.mapping import (
    CallerIdentity,
    DescribedOrganization,
    OrganizationAccounts,
    OrganizationDetails,
    Regions,
)
from casb_cli.apps.base import Connector
from casb_cli.core.errors import BadAnswer, ObjectMissing, UsageError
from casb_cli.core.models import Partition
from casb_cli.transport.calls import INSTANCE, Answer, Call, Identity, as_user

T = TypeVar("T")

_QUERY = {"iam": "2010-05-08", "sts": "2011-06-15"}
_JSON = {
    "cloudtrail": ("1.1", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"),
    "organizations": ("1.1", "AWSOrganizationsV20161128"),
    "identitystore": ("1.1", "AWSIdentityStore"),
    "sso-admin": ("1.1", "SWBExternalService"),
    "sqs": ("1.0", "AmazonSQS"),
}
_READS = ("List", "Get", "Describe", "Lookup", "Head", "Simulate", "Generate")
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True)
class Marker:
    """IAM's pages: `Marker` follows as long as `IsTruncated` is true."""

    feed: ClassVar[bool] = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        if cursor is None:
            return call
        return msgspec.structs.replace(call, form={**(call.form or {}), "Marker": cursor})

    def after(self, call: Call, answer: Answer) -> str | None:
        root = wire.root(answer)
        result = next((one for one in root.children if one.name.endswith("Result")), root)
        if result.value("IsTruncated") != "true":
            return None
        marker = result.value("Marker")
        if not marker:
            raise BadAnswer(f"the answer to {call.name} goes on but has no `Marker`", call=call.name)
        return marker


@dataclass(frozen=True)
class NextToken:
    """Pages of the JSON services: the token of the answer goes into the body of the next request."""

    answered: str = "NextToken"
    asked: str = "NextToken"
    feed: ClassVar[bool] = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        if cursor is None:
            return call
        body = dict(call.json) if isinstance(call.json, dict) else {}
        return msgspec.structs.replace(call, json={**body, self.asked: cursor})

    def after(self, call: Call, answer: Answer) -> str | None:
        body = answer.json()
        token = body.get(self.answered) if isinstance(body, dict) else None
        if token is not None and not isinstance(token, str):
            raise BadAnswer(f"the answer to {call.name} has no usable `{self.answered}`", call=call.name)
        return token or None


class AwsBase(Connector):
    """Calls, accounts and regions."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        urls = self.facts.urls
        self.endpoints: Endpoints = urls if isinstance(urls, Endpoints) else base_urls(self.facts.fields)
        self._lock = threading.RLock()
        self._own: CallerIdentity | None = None
        self._accounts: dict[str, str] | None = None
        self._organization: list[OrganizationDetails] | None = None
        self._regions: dict[str, tuple[str, ...]] = {}

    def field(self, key: str) -> str:
        """Return a setting without white space around it, '' where it is not set."""
        return (self.facts.fields.get(key) or "").strip()

    @property
    def home(self) -> str:
        """The instance's home region."""
        return self.endpoints.region

    @property
    def partition(self) -> str:
        """The partition as ARNs name it: `aws`, `aws-us-gov`, `aws-cn`."""
        return self.endpoints.partition.name

    def arn(self, service: str, account: str, resource: str, region: str = "") -> str:
        """Return an ARN of this partition."""
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    # Calls

    def identity(self, account: str | None) -> Identity:
        """Return who acts in an account: the instance's own keys in its own (or in None), else the member role."""
        return INSTANCE if not account or account == self.own_account else as_user(account)

    def call(
        self,
        service: str,
        operation: str,
        *,
        verb: str = "POST",
        region: str = "",
        account: str | None = None,
        part: str = "",
        family: str = "",
        safe: bool | None = None,
        **more: Any,
    ) -> Call:
        """Return a call of one operation; reading ones are safe, others are drawn from governance's reserve.

        `part` is the bucket of S3, or the account of S3 Control, that stands in the host.
        """
        reads = verb in {"GET", "HEAD"} or operation.startswith(_READS)
        host = ":".join(filter(None, (service, region or (self.home if part else ""), part)))
        return Call(
            name=f"{verb} /{service}/{operation}",
            host=host,
            target=more.pop("target", "/"),
            family=family or service,
            safe=reads if safe is None else safe,
            governance=not reads,
            identity=more.pop("identity", None) or self.identity(account),
            **more,
        )

    def query_call(self, service: str, operation: str, params: Mapping[str, Any] | None = None, **more: Any) -> Call:
        """Return a call in the query protocol (IAM, STS)."""
        form = {"Action": operation, "Version": _QUERY[service], **wire.flat(params or {})}
        return self.call(service, operation, form=form, headers={"Content-Type": _FORM, "Accept": "*/*"}, **more)

    def json_call(self, service: str, operation: str, params: Mapping[str, Any] | None = None, **more: Any) -> Call:
        """Return a call in a JSON protocol (CloudTrail, Organizations, Identity Center, SQS)."""
        version, prefix = _JSON[service]
        headers = {
            "Content-Type": f"application/x-amz-json-{version}",
            "X-Amz-Target": f"{prefix}.{operation}",
            "Accept": "*/*",
        }
        body = {key: value for key, value in (params or {}).items() if value is not None}
        return self.call(service, operation, json=body, headers=headers, **more)

    def query(
        self, service: str, operation: str, type_: type[T], params: Mapping[str, Any] | None = None, **more: Any
    ) -> T:
        """Return the decoded result of a query call; `region`, `account`, `safe` as in `call`."""
        answer = self.client.send(self.query_call(service, operation, params, **more))
        return wire.decode(answer, type_, f"{operation}Result")

    def json(
        self, service: str, operation: str, type_: type[T], params: Mapping[str, Any] | None = None, **more: Any
    ) -> T:
        """Return the decoded answer of a JSON call."""
        return self.client.send(self.json_call(service, operation, params, **more)).decode(type_)

    def query_pages(
        self,
        service: str,
        operation: str,
        type_: type[T],
        params: Mapping[str, Any] | None = None,
        cursor: str | None = None,
        **more: Any,
    ) -> Iterator[tuple[T, str | None]]:
        """Yield the pages of a query listing, each with the cursor behind it."""
        call = self.query_call(service, operation, params, **more)
        for answer, after in self.client.pages(call, Marker(), cursor):
            yield wire.decode(answer, type_, f"{operation}Result"), after

    def json_pages(
        self,
        service: str,
        operation: str,
        type_: type[T],
        params: Mapping[str, Any] | None = None,
        cursor: str | None = None,
        **more: Any,
    ) -> Iterator[tuple[T, str | None]]:
        """Yield the pages of a JSON listing, each with the cursor behind it; a page may be empty and not the last."""
        call = self.json_call(service, operation, params, **more)
        for answer, after in self.client.pages(call, NextToken(), cursor):
            yield answer.decode(type_), after

    def rest_call(self, service: str, operation: str, verb: str, target: str, **more: Any) -> Call:
        """Return a call of a REST service; `target` is the path, percent-encoded, without the bucket."""
        more["headers"] = {"Accept": "*/*", **more.get("headers", {})}
        return self.call(service, operation, verb=verb, target=target, **more)

    def rest_json(
        self,
        service: str,
        operation: str,
        type_: type[T],
        target: str,
        body: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> T:
        """Return the decoded answer of a REST-JSON call: a POST with a body unless `verb` says otherwise."""
        verb = more.pop("verb", "POST")
        if body is not None:
            more["json"] = dict(body)
        return self.client.send(self.rest_call(service, operation, verb, target, **more)).decode(type_)

    def bucket_call(self, operation: str, verb: str, bucket: str, target: str = "/", **more: Any) -> Call:
        """Return a call of S3 on a bucket whose region is not known: one that lives elsewhere is asked there.

        `target` is `/` and the key as `urllib.parse.quote(key, safe="/~")` writes it.
        """
        return self.rest_call("s3", operation, verb, target, region=self.home, part=bucket, **more)

    # Accounts and regions

    @property
    def own_account(self) -> str:
        """The account of the instance's own keys."""
        tenant = self.facts.tenant
        known = tenant.facts.get("account") if tenant else None
        return known or self.caller().Account

    def caller(self) -> CallerIdentity:
        """Return whose keys we use, as STS says."""
        with self._lock:
            if self._own is None:
                self._own = self.query("sts", "GetCallerIdentity", CallerIdentity, identity=INSTANCE)
            return self._own

    def accounts(self) -> dict[str, str]:
        """Return the accounts that the instance spans, by id, with their names: active ones of the organization.

        Without a member role that is the account of our own keys. Raises NotPermitted.
        """
        with self._lock:
            if self._accounts is None:
                self._accounts = self._spanned()
            return self._accounts

    def _spanned(self) -> dict[str, str]:
        if not self.field("member_role"):
            return {self.own_account: ""}
        only = {one.strip() for one in self.field("accounts").split(",") if one.strip()}
        if any(len(one) != 12 or not one.isdigit() for one in only):
            raise UsageError("`accounts` lists accounts by their 12 digits", hint="--field accounts=123456789012,...")
        found: dict[str, str] = {}
        pages = self.json_pages("organizations", "ListAccounts", OrganizationAccounts, {"MaxResults": 20})
        for page, _ in pages:
            found |= {one.Id: one.Name or "" for one in page.Accounts if one.active and (not only or one.Id in only)}
        return found

    def organization(self) -> OrganizationDetails | None:
        """Return the organization that our account belongs to; None where it stands alone. Raises NotPermitted."""
        with self._lock:
            if self._organization is None:
                try:
                    found = self.json("organizations", "DescribeOrganization", DescribedOrganization)
                except ObjectMissing:
                    self._organization = []
                else:
                    self._organization = [found.Organization]
            return self._organization[0] if self._organization else None

    def organization_id(self) -> str | None:
        """Return the id of the organization that our account belongs to; None where it stands alone."""
        found = self.organization()
        return found.Id if found else None

    def account_parts(self, *kinds: str) -> tuple[Partition, ...]:
        """Return a partition for each account and kind: `users:123456789012`."""
        return tuple(
            Partition(key=f"{kind}:{account}", data={"account": account})
            for account in self.accounts()
            for kind in kinds
        )

    def regions(self, account: str) -> tuple[str, ...]:
        """Return the regions to look into in an account: those set, else those enabled there.

        Raises NotPermitted where the account does not let itself be asked: then the regions are to be set.
        """
        told = self.field("regions")
        if told and told != "enabled":
            return tuple(one.strip() for one in told.split(",") if one.strip())
        if account not in self._regions:
            self._regions[account] = self._enabled(account)
        return self._regions[account]

    def _enabled(self, account: str) -> tuple[str, ...]:
        found: list[str] = []
        token: str | None = None
        while True:
            body: dict[str, Any] = {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"], "MaxResults": 50}
            if token:
                body["NextToken"] = token
            page = self.rest_json("account", "ListRegions", Regions, "/listRegions", body, account=account)
            found += [one.RegionName for one in page.Regions]
            if not page.NextToken or page.NextToken == token:
                return tuple(dict.fromkeys(found))
            token = page.NextToken
