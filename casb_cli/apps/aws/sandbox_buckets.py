"""The buckets of the invented company: what lies in them, who may read it, and what was deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import msgspec

from casb_cli.apps.aws.sandbox_company import APP, REGIONS, Company, document
from casb_cli.sandbox import chance, documents, names
from casb_cli.sandbox.facts import (
    ARCHIVE_PLACE,
    HOSTILE_PLACE,
    NESTED_PLACE,
    PENDING_PLACE,
    PERSONAL_PLACE,
    RENAMED_PLACE,
    SHARED_PLACE,
)

QUEUE = "casb-s3-events"
_FIRST = ("../up", "a//b", "a+b c", "100%2Fdone", f"two{names.NEWLINE}lines", "日本語の名前", "./here", "a/../b")
SPECIAL = (*_FIRST, *(name for name in names.hostile(control=True, slashes=True) if name not in _FIRST))
"""What keys in the bucket of odd names begin with; the most telling come first, for small worlds."""

DOOR_PLACE = NESTED_PLACE
"""The bucket that leaves it to its access points whom to let in."""
BLOCK_ALL = (True, True, True, True)
"""Block and ignore public ACLs, block and restrict public policies, in this order."""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket; `acls` tells whether ACLs count, `block` what its own public access block is (None: not set)."""

    index: int
    name: str
    account: str
    region: str
    created: datetime
    versioned: bool
    acls: bool
    block: tuple[bool, bool, bool, bool] | None
    policy: dict[str, Any] | None
    notify: bool

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:aws:s3:::{self.name}"


class AccessPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An access point to a bucket: whom its policy lets read there, and whether it is reached from a VPC alone."""

    name: str
    bucket: str
    account: str
    region: str
    reader: str
    vpc: str | None = None
    block: bool = False

    @property
    def arn(self) -> str:
        """The access point's ARN."""
        return f"arn:aws:s3:{self.region}:{self.account}:accesspoint/{self.name}"

    @property
    def policy(self) -> dict[str, Any]:
        """The access point's own policy."""
        principal = "*" if self.reader == "*" else {"AWS": f"arn:aws:iam::{self.reader}:root"}
        place = f"{self.arn}/object/*"
        return document({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": place})


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """An object; `open_to` is whom its ACL lets read besides the owner, `deleted` whether a marker hides it."""

    bucket: str
    key: str
    source: int
    modified: datetime
    mime: str
    open_to: Literal["public", "foreign"] | None
    old: bool
    deleted: bool

    @property
    def id(self) -> str:
        """The id of its row."""
        return f"{self.bucket}/{self.key}"


class Buckets:
    """Every bucket and object as it was at the start; contents come from the world when read."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.world = company.world
        self.library = self.world.library(APP)
        self._sums: dict[int, tuple[int, str]] = {}

    @property
    def account_block(self) -> str:
        """The account whose own block covers all its buckets."""
        return self.company.active[2]

    @cached_property
    def all(self) -> tuple[Bucket, ...]:
        """Every bucket, by the index of its place."""
        return tuple(self._bucket(index) for index in range(self.library.places))

    @cached_property
    def by_name(self) -> dict[str, Bucket]:
        """Every bucket by name."""
        return {bucket.name: bucket for bucket in self.all}

    def _bucket(self, index: int) -> Bucket:
        place = self.library.place(index)
        name = f"{self.world.slug}-{place.name}"
        account = self.company.active[index % 3]
        region = REGIONS[index % 2]
        acls = index in (PERSONAL_PLACE, ARCHIVE_PLACE, SHARED_PLACE)
        who, exposure = "", place.exposure
        if exposure == "public" or index == PENDING_PLACE:
            who = "*"
        elif exposure == "external":
            who = f"arn:aws:iam::{self.company.foreign}:root"
        elif exposure == "internal":
            who = f"arn:aws:iam::{next(a for a in self.company.active if a != account)}:root"
        policy = None
        if who:
            policy = document(
                {
                    "Sid": "Readers",
                    "Effect": "Allow",
                    "Principal": "*" if who == "*" else {"AWS": who},
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{name}/*",
                }
            )
        if index == DOOR_PLACE:
            by_point = {"StringEquals": {"s3:DataAccessPointAccount": account}}
            places = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
            delegated = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": places, "Condition": by_point}
            policy = document(delegated)
        opened = bool(who) or index in (PERSONAL_PLACE, DOOR_PLACE)
        return Bucket(
            index=index,
            name=name,
            account=account,
            region=region,
            created=place.created.replace(microsecond=0),
            versioned=index % 2 == 0 or index == NESTED_PLACE,
            acls=acls,
            block=(True, True, True, True) if not opened else None,
            policy=policy,
            notify=account == self.company.main and region == REGIONS[0],
        )

    @cached_property
    def points(self) -> tuple[AccessPoint, ...]:
        """Every access point: two that open the bucket which leaves it to them, and two that open nothing.

        Of these one is public and blocked by itself, the other's bucket lets nothing through.
        """
        door, other, foreign = self.all[DOOR_PLACE], self.all[PERSONAL_PLACE], self.company.foreign
        vpc = "vpc-0123456789abcdef0"
        return (
            self._point("partner-door", door, foreign),
            self._point("inside-door", door, "*", vpc=vpc),
            self._point("blocked-door", door, "*", block=True),
            self._point("walled-door", other, foreign),
        )

    def _point(
        self, name: str, bucket: Bucket, reader: str, *, vpc: str | None = None, block: bool = False
    ) -> AccessPoint:
        return AccessPoint(
            name=name,
            bucket=bucket.name,
            account=bucket.account,
            region=bucket.region,
            reader=reader,
            vpc=vpc,
            block=block,
        )

    @cached_property
    def grants(self) -> tuple[tuple[str, Bucket, str, str, str], ...]:
        """Each grant of S3 Access Grants: its id, the bucket, the grantee's type and identifier, the scope."""
        bucket = self.all[RENAMED_PLACE]
        scope = f"s3://{bucket.name}/reports/*"
        return (
            (
                chance.uuid(self.company.seed, 97),
                bucket,
                "IAM",
                f"arn:aws:iam::{self.company.foreign}:role/reader",
                scope,
            ),
            (chance.uuid(self.company.seed, 98), bucket, "DIRECTORY_GROUP", chance.uuid(self.company.seed, 99), scope),
        )

    # Objects

    def key(self, index: int) -> str:
        """Return the key of a file."""
        entry = self.library.entry(index)
        if entry.place != HOSTILE_PLACE:
            return entry.path
        position = index - self.library.place(HOSTILE_PLACE).first
        special = SPECIAL[position % len(SPECIAL)]
        return f"{special} {index}.{documents.EXTENSION[entry.kind]}"

    def object(self, index: int) -> Object:
        """Return a file as an object."""
        entry = self.library.entry(index)
        bucket = self.all[entry.place]
        open_to: Literal["public", "foreign"] | None = None
        if bucket.acls:
            own = self.library.own_exposure(index)
            if own == "public" or (entry.place == ARCHIVE_PLACE and index == self.library.place(ARCHIVE_PLACE).first):
                open_to = "public"
            elif own == "external":
                open_to = "foreign"
        return Object(
            bucket=bucket.name,
            key=self.key(index),
            source=index,
            modified=entry.modified,
            mime=entry.mime,
            open_to=open_to,
            old=bucket.versioned and index % 10 == 0,
            deleted=False,
        )

    def objects(self) -> Iterator[Object]:
        """Yield every object that is not deleted."""
        for index in range(self.library.count):
            yield self.object(index)

    def trash(self) -> Iterator[Object]:
        """Yield what a delete marker hides: a draft in each versioned bucket that holds anything."""
        for bucket in self.all:
            place = self.library.place(bucket.index)
            if bucket.versioned and place.count:
                source = place.first + place.count - 1
                kind = self.library.kind(source)
                yield Object(
                    bucket=bucket.name,
                    key=f"drafts/old {bucket.index}.{documents.EXTENSION[kind]}",
                    source=source,
                    modified=self.world.now - timedelta(days=9, minutes=bucket.index),
                    mime=documents.MIME[kind],
                    open_to=None,
                    old=False,
                    deleted=True,
                )

    def sums(self, index: int) -> tuple[int, str]:
        """Return the size and the MD5 of a file."""
        found = self._sums.get(index)
        if found is None:
            data = self.library.content(index)
            found = len(data), hashlib.md5(data, usedforsecurity=False).hexdigest()
            self._sums[index] = found
        return found

    def version_id(self, index: int, number: int) -> str:
        """Return the id of a version of a file in a versioned bucket; the draft of a place counts from 100."""
        seed = self.company.seed
        return f"{chance.mix(seed, 80, index, number):016x}{chance.mix(seed, 81, index, number):016x}"

    # Who may read

    def blocks(self, bucket: Bucket) -> tuple[bool, ...]:
        """Return the public access block that holds: the bucket's and its account's together."""
        own = bucket.block or (False, False, False, False)
        whole = BLOCK_ALL if bucket.account == self.account_block else (False, False, False, False)
        return tuple(a or b for a, b in zip(own, whole, strict=True))

    def reader(self, bucket: Bucket) -> str | None:
        """Return whom the bucket's policy really lets read: `*`, an account's id, or None."""
        if bucket.policy is None or bucket.index == DOOR_PLACE:
            return None
        principal = bucket.policy["Statement"][0]["Principal"]
        if principal == "*":
            return None if self.blocks(bucket)[3] else "*"
        return str(principal["AWS"]).split(":")[4]

    def acl_reader(self, bucket: Bucket, one: Object) -> str | None:
        """Return whom the object's ACL really lets read: `*`, a canonical id, or None."""
        if not bucket.acls or one.open_to is None:
            return None
        if one.open_to == "public":
            return None if self.blocks(bucket)[1] else "*"
        return self.company.foreign_canonical

    def sharing(self, bucket: Bucket, one: Object) -> str:
        """Return how far an object is open."""
        readers = {self.reader(bucket), self.acl_reader(bucket, one)} - {None}
        if bucket.index == DOOR_PLACE:
            readers.add(self.company.foreign)
        if "*" in readers:
            return "public"
        if readers - set(self.company.active):
            return "external"
        return "internal" if readers else "private"
