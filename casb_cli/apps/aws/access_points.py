"""Access points and S3 Access Grants: further doors to a bucket, each with a policy or a list of its own.

An access point opens nothing by itself: the bucket's policy has to let through what comes by it, and then the narrower
of both counts. Its own public-access block works beside those of bucket and account.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws import wire
from casb_cli.apps.aws.bucket_policy import BucketPolicy, Opening, Ours, narrower, policy_document
from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.mapping_s3 import Block, Bucket
from casb_cli.apps.aws.rules import told
from casb_cli.core.errors import BadAnswer, NotPermitted, ObjectMissing, ProviderError, RequestRefused, StateConflict
from casb_cli.core.models import Notice, Sharing
from casb_cli.transport.calls import Answer, Call

_KEPT = 60.0
_PAGE = 1000
_ROOT = "/v20180820"
_NO_GRANTS = frozenset(
    {"AccessGrantsInstanceNotExistsError", "AccessGrantsInstanceNotExists", "NoSuchAccessGrantsInstance"}
)
_NOT_HERE = (ObjectMissing, RequestRefused, StateConflict)
"""How a region answers, or a service that speaks S3 without being AWS, where it has no such thing."""
POINTS = ("s3:ListAccessPoints", "s3:GetAccessPoint", "s3:GetAccessPointPolicy", "s3:GetAccessPointPolicyStatus")
GRANTS = ("s3:ListAccessGrants",)


class Point(msgspec.Struct, frozen=True):
    """An access point as it works: its policy under all blocks, and whether it is reached from a VPC alone."""

    name: str
    arn: str
    policy: BucketPolicy
    vpc: bool

    def level(self, bucket: BucketPolicy, key: str, object_arn: str) -> Sharing:
        """Return how far an object is open through the access point."""
        through = bucket.through(self.arn, object_arn, vpc=self.vpc)
        if through is None:
            return "private"
        return self._seen(narrower(self.policy.level(f"{self.arn}/object/{key}"), through))

    def openings(self, bucket: BucketPolicy) -> list[Opening]:
        """Return whom the access point lets in, as far as the bucket lets them through."""
        through = bucket.through(self.arn, None, vpc=self.vpc)
        if through is None:
            return []
        return [
            Opening(one.who, one.actions, self._seen(narrower(one.sharing, through))) for one in self.policy.openings()
        ]

    def _seen(self, level: Sharing) -> Sharing:
        return narrower(level, "internal") if self.vpc else level


class Granted(msgspec.Struct, frozen=True):
    """A grant of S3 Access Grants: who may read or write what begins with a prefix."""

    id: str
    who: str
    group: bool
    permission: str
    scope: str
    sharing: Sharing

    def covers(self, bucket: str, key: str | None = None) -> bool:
        """Tell whether it speaks of a bucket, or of one of its objects."""
        place = f"s3://{bucket}/" if key is None else f"s3://{bucket}/{key}"
        if not self.scope.endswith("*"):
            return place == self.scope if key is not None else self.scope.startswith(place)
        prefix = self.scope.removesuffix("*")
        return place.startswith(prefix) or (key is None and prefix.startswith(place))

    def level(self, bucket: str, key: str) -> Sharing:
        """Return how far it opens an object for reading."""
        return self.sharing if self.permission in {"READ", "READWRITE"} and self.covers(bucket, key) else "private"


class Doors(msgspec.Struct, frozen=True):
    """A bucket's further doors, and what of them could not be looked at."""

    points: tuple[Point, ...] = ()
    grants: tuple[Granted, ...] = ()
    notices: tuple[Notice, ...] = ()


class AccessPoints(AwsBase):
    """S3's control plane in each account and region."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._doors_seen: dict[tuple[str, str, str], tuple[float, Any]] = {}

    def control(self, name: str, bucket: Bucket, path: str, **more: Any) -> Call:
        """Return a call to the control plane beside a bucket: its account's, in its region."""
        verb, _, operation = name.partition(" /s3control/")
        headers = {"x-amz-account-id": bucket.account, **more.pop("headers", {})}
        place = {"region": bucket.region, "account": bucket.account, "part": bucket.account}
        return self.rest_call("s3control", operation, verb, _ROOT + path, headers=headers, **place, **more)

    def doors(self, bucket: Bucket, block: Block, ours: Ours, *, fresh: bool = False) -> Doors:
        """Return a bucket's access points and the access grants that speak of it.

        `block` is what account and bucket block. What may not be read is told in a notice.
        """
        notices: list[Notice] = []
        points: tuple[Point, ...] = ()
        grants: tuple[Granted, ...] = ()
        where = f"in account {bucket.account} ({bucket.region})"
        try:
            points = tuple(self._points(bucket, block, ours, fresh=fresh))
        except (NotPermitted, *_NOT_HERE) as error:
            notices.append(_unseen(f"access points {where}", error, POINTS))
        try:
            grants = tuple(one for one in self._grants(bucket, ours, fresh=fresh) if one.covers(bucket.name))
        except (NotPermitted, *_NOT_HERE) as error:
            notices.append(_unseen(f"S3 Access Grants {where}", error, GRANTS))
        return Doors(points, grants, tuple(notices))

    # Access points

    def _points(self, bucket: Bucket, block: Block, ours: Ours, *, fresh: bool) -> Iterator[Point]:
        for one in self._known("points", bucket, fresh=fresh):
            if one.value("Bucket") != bucket.name or one.value("BucketAccountId") not in {None, "", bucket.account}:
                continue
            name, arn = one.value("Name") or "", one.value("AccessPointArn") or ""
            text = self.point_text(bucket, name)
            if text is None:
                continue
            path = f"/accesspoint/{name}/policyStatus"
            status = self.client.send(self.control("GET /s3control/GetAccessPointPolicyStatus", bucket, path))
            policy = BucketPolicy(
                policy_document(text, name),
                bucket.account,
                ours,
                public=(wire.root(status).value("PolicyStatus/IsPublic") or "").lower() == "true",
                restricted=(block | self.point_block(bucket, name)).restrict,
            )
            yield Point(name, arn, policy, one.value("NetworkOrigin") == "VPC")

    def point_block(self, bucket: Bucket, name: str) -> Block:
        """Return what an access point blocks by itself."""
        call = self.control("GET /s3control/GetAccessPoint", bucket, f"/accesspoint/{name}")
        found = wire.root(self.client.send(call)).find("PublicAccessBlockConfiguration")
        return mapping.block(found) if found else Block()

    def point_text(self, bucket: Bucket, name: str) -> str | None:
        """Return the policy of an access point as it is written; None where it has none, or is none any more."""
        call = self.control(
            "GET /s3control/GetAccessPointPolicy", bucket, f"/accesspoint/{name}/policy", answers=(404,)
        )
        answer = self.client.send(call)
        return None if answer.status == 404 else wire.root(answer).value("Policy") or None

    # Grants

    def _grants(self, bucket: Bucket, ours: Ours, *, fresh: bool) -> Iterator[Granted]:
        for one in self._known("grants", bucket, fresh=fresh):
            who, kind = one.value("Grantee/GranteeIdentifier") or "", one.value("Grantee/GranteeType")
            account = who.split(":")[4] if who.startswith("arn:") and who.count(":") >= 5 else bucket.account
            yield Granted(
                id=one.value("AccessGrantId") or "",
                who=who,
                group=kind == "DIRECTORY_GROUP",
                permission=one.value("Permission") or "",
                scope=one.value("GrantScope") or "",
                sharing="internal" if account in ours.accounts or account == bucket.account else "external",
            )

    # Lists, by account and region

    def _known(self, what: str, bucket: Bucket, *, fresh: bool) -> list[wire.Element]:
        key = (what, bucket.account, bucket.region)
        with self._lock:
            known = self._doors_seen.get(key)
            if known is None or fresh or time.monotonic() - known[0] > _KEPT:
                read = self._list_points if what == "points" else self._list_grants
                known = self._doors_seen[key] = (time.monotonic(), list(read(bucket)))
            found: list[wire.Element] = known[1]
            return found

    def _list_points(self, bucket: Bucket) -> Iterator[wire.Element]:
        call = self.control("GET /s3control/ListAccessPoints", bucket, "/accesspoint", query={"maxResults": _PAGE})
        for answer, _ in self.client.pages(call, ControlPages()):
            holder = wire.root(answer).find("AccessPointList")
            yield from holder.named("AccessPoint") if holder else ()

    def _list_grants(self, bucket: Bucket) -> Iterator[wire.Element]:
        query = {"maxResults": _PAGE}
        call = self.control("GET /s3control/ListAccessGrants", bucket, "/accessgrantsinstance/grants", query=query)
        call = msgspec.structs.replace(call, answers=(404,))
        for answer, _ in self.client.pages(call, ControlPages()):
            if answer.status == 404:
                self._without_grants(call, answer)
                return
            holder = wire.root(answer).find("AccessGrantsList")
            yield from holder.named("AccessGrant") if holder else ()

    def _without_grants(self, call: Call, answer: Answer) -> None:
        """Take it that a region without an instance of Access Grants has none; raises ObjectMissing for another 404."""
        code = told(answer.headers, answer.body).code
        if code not in _NO_GRANTS:
            raise ObjectMissing(code or "no reason given", call=call.name, status=404, code=code).at(self.client.where)


class ControlPages:
    """Pages of S3's control plane: the answer's token goes into the query of the next request."""

    feed = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        """Return the call for the page at `cursor`."""
        return msgspec.structs.replace(call, query={**call.query, "nextToken": cursor}) if cursor else call

    def after(self, call: Call, answer: Answer) -> str | None:
        """Return the cursor behind a page; raises BadAnswer where it does not move."""
        token = None if answer.status == 404 else wire.root(answer).value("NextToken") or None
        if token is not None and token == call.query.get("nextToken"):
            raise BadAnswer(f"the answer to {call.name} goes on but does not move", call=call.name)
        return token


def _unseen(what: str, error: ProviderError, needed: tuple[str, ...]) -> Notice:
    about = f"{what} were not looked at, nor what they open: {error.words}"
    if not isinstance(error, NotPermitted):
        return Notice(code="degraded", about=about, effect="degraded")
    return Notice(code="scope-missing", about=about, needed=error.needed or needed, effect="degraded")
