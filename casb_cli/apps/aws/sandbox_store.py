"""Puts the company's buckets into moto, whose objects here take their bytes from the world when they are read."""

from __future__ import annotations

import importlib
import io
import json
import threading
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any

from casb_cli.apps.aws.sandbox_buckets import BLOCK_ALL, QUEUE, Bucket, Buckets, Object
from casb_cli.apps.aws.sandbox_company import HOME
from casb_cli.apps.aws.sandbox_moto import Moto, models
from casb_cli.sandbox import chance


@lru_cache(maxsize=1)
def key_class() -> Any:
    """Return moto's object whose bytes come from the world: nothing is rendered before it is asked for."""
    s3 = models("s3")
    base: Any = s3.FakeKey

    class StoredKey(base):  # type: ignore[misc]
        def __init__(self, one: Object, bucket: Bucket, buckets: Buckets, version: str | None) -> None:
            # Not moto's own constructor: it opens a temporary file for each object.
            s3.ManagedState.__init__(
                self, "s3::keyrestore", transitions=[(None, "IN_PROGRESS"), ("IN_PROGRESS", "RESTORED")]
            )
            self._buckets, self.source = buckets, one.source
            self.name, self.bucket_name = one.key, bucket.name
            self.account_id, self.region_name, self.partition = bucket.account, bucket.region, "aws"
            self.last_modified = one.modified
            self.website_redirect_location = self.checksum_algorithm = None
            self._storage_class = "STANDARD"
            self._mime = one.mime
            self._expiry = None
            self._etag = None
            self._version_id, self._is_versioned = version, bucket.versioned
            self.multipart = None
            self._max_buffer_size = 1
            self.disposed = True
            self.encryption = "AES256"
            self.kms_key_id = self.bucket_key_enabled = None
            self.lock_mode = self.lock_legal_status = self.lock_until = None
            self.checksum_value = self.checksum_type = self.checksum_parts = None

        def __getattr__(self, name: str) -> Any:
            # What few objects are ever asked for is made when it is.
            made: Any
            if name == "acl":
                made = s3.get_canned_acl("private")
            elif name == "_metadata":
                made = s3.LowercaseDict()
                made["Content-Type"] = self._mime
            elif name == "lock":
                made = threading.Lock()
            else:
                raise AttributeError(name)
            setattr(self, name, made)
            return made

        @property
        def _value_buffer(self) -> io.BytesIO:
            return io.BytesIO(self.value)

        @property
        def value(self) -> bytes:
            return self._buckets.library.content(self.source)

        @property
        def contentsize(self) -> int:
            return self._buckets.sums(self.source)[0]

        @property
        def etag(self) -> str:
            return f'"{self._buckets.sums(self.source)[1]}"'

        def dispose(self, garbage: bool = False) -> None:
            del garbage

    # A simulation just ends: moto would warn of every object that nobody deleted.
    base.__del__ = lambda self: self.dispose()
    return StoredKey


@lru_cache(maxsize=1)
def bucket_class() -> Any:
    """Return moto's bucket that holds nothing until it is looked into: most of a large company's never are."""
    base: Any = models("s3").FakeBucket

    # Policies are weighed before moto is asked, which knows neither conditions nor one action from another.
    neutral = importlib.import_module("moto.iam.access_control").PermissionResult.NEUTRAL
    base.get_permission = lambda *_: neutral

    class StoredBucket(base):  # type: ignore[misc]
        fill: Any = None

        @property
        def keys(self) -> Any:
            if self.fill is not None:
                fill, self.fill = self.fill, None
                fill(self)
            return self._keys

        @keys.setter
        def keys(self, value: Any) -> None:
            self._keys = value

    return StoredBucket


def load(moto: Moto, buckets: Buckets) -> None:
    """Fill an empty state with the buckets, the queue and the account-wide block."""
    s3 = models("s3")
    with moto.held():
        company = buckets.company
        moto.backend("sqs", company.main, HOME).create_queue(QUEUE, region=HOME)
        moto.backend("s3control", buckets.account_block).public_access_block = s3.PublicAccessBlock(*BLOCK_ALL)
        trash: dict[str, list[Object]] = {}
        for one in buckets.trash():
            trash.setdefault(one.bucket, []).append(one)
        for bucket in buckets.all:
            made = bucket_class()(bucket.name, bucket.account, bucket.region)
            made.creation_date = bucket.created
            made.versioning_status = "Enabled" if bucket.versioned else None
            made.policy = json.dumps(bucket.policy).encode() if bucket.policy else None
            made.ownership_rule = "ObjectWriter" if bucket.acls else "BucketOwnerEnforced"
            if bucket.block is not None:
                made.public_access_block = s3.PublicAccessBlock(*bucket.block)
            moto.backend("s3", bucket.account).buckets[bucket.name] = made
            if bucket.notify:
                queue = f"arn:aws:sqs:{HOME}:{company.main}:{QUEUE}"
                events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
                made.set_notification_configuration({"QueueConfiguration": [{"Queue": queue, "Event": events}]})
            made.fill = partial(_fill, buckets, bucket, trash.get(bucket.name, []))
        for point in buckets.points:
            control = models("s3control")
            names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            own = dict.fromkeys(names, str(point.block).lower())
            network = {"VpcId": point.vpc} if point.vpc else {}
            there = control.AccessPoint(point.account, point.region, point.name, point.bucket, network, own)
            there.arn, there.policy = point.arn, json.dumps(point.policy)
            there.alias = f"{point.name}-{chance.text(chance.BASE32.lower(), 34, company.seed, 96)}-s3alias"
            moto.backend("s3control", point.account).access_points[point.account][point.name] = there


def _fill(buckets: Buckets, bucket: Bucket, trash: list[Object], home: Any) -> None:
    for index in buckets.library.place(bucket.index).files:
        _put(home, buckets, buckets.object(index))
    for one in trash:
        _put(home, buckets, one)


def _put(home: Any, buckets: Buckets, one: Object) -> None:
    s3 = models("s3")
    bucket = buckets.by_name[one.bucket]
    number = 100 if one.deleted else 0
    made = key_class()(one, bucket, buckets, buckets.version_id(one.source, number) if bucket.versioned else "null")
    if one.open_to is not None:
        foreign = s3.FakeGrantee(grantee_id=buckets.company.foreign_canonical)
        grantee = s3.ALL_USERS_GRANTEE if one.open_to == "public" else foreign
        made.acl.grants.append(s3.FakeGrant([grantee], ["READ"]))
    versions = [made]
    if one.old:
        older = key_class()(one, bucket, buckets, buckets.version_id(one.source, 1))
        older.source = (one.source + 1) % buckets.library.count
        older.last_modified = one.modified - timedelta(days=3)
        versions.insert(0, older)
    if one.deleted:
        marker = s3.FakeDeleteMarker(key=made)
        marker.last_modified = one.modified + timedelta(days=1)
        marker._version_id = chance.text(chance.BASE62, 32, buckets.company.seed, 81, one.source)  # noqa: SLF001 - moto gives no other way to fix it
        versions.append(marker)
    home.keys.setlist(one.key, versions)
