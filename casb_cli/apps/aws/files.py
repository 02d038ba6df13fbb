"""Objects of S3 as files: every bucket of every account, their content, and the trash of versioned buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws.access_points import GRANTS, POINTS
from casb_cli.apps.aws.mapping_s3 import ARCHIVED, Bucket, Stored
from casb_cli.apps.aws.s3 import Access
from casb_cli.apps.aws.s3_objects import Objects, newest_first
from casb_cli.apps.aws.scopes import may
from casb_cli.apps.base import FEW
from casb_cli.core.capabilities import ListFiles, ListTrash, Page, ReadFile, Unscannable, needs
from casb_cli.core.errors import BrokenOff, NotPermitted, ObjectMissing, RequestRefused, StateConflict
from casb_cli.core.models import File, Notice, Partition, Sharing
from casb_cli.transport.calls import Call

if TYPE_CHECKING:
    from casb_cli.transport.client import StreamAnswer  # it brings httpx, which the static matrix does without

R = TypeVar("R")
_AT_ONCE = 8
_RESUMES = 3
"""How often a content that breaks off is read on from where it stopped."""
LISTING = may("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:ListBucket")
DOORS = (
    "GET /s3control/ListAccessPoints",
    "GET /s3control/GetAccessPoint",
    "GET /s3control/GetAccessPointPolicy",
    "GET /s3control/GetAccessPointPolicyStatus",
    "GET /s3control/ListAccessGrants",
)
OPENNESS = may(
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketOwnershipControls",
    "s3:GetObjectAcl",
)


class Files(Objects, ListFiles, ReadFile, ListTrash):
    """Matrix row 8 and the reading half of 12."""

    def descend(self, part: Partition, read: Callable[[Bucket], Iterator[Page[R]]]) -> Iterator[Page[R]]:
        """Yield a page of parts for the accounts, then for an account's buckets; of a bucket what `read` yields.

        casb's own quarantine is left out. A bucket that goes meanwhile takes its rows with it.
        """
        if part.key == "":
            more = tuple(Partition(key=f"account:{one}", data={"account": one}) for one in self.accounts())
            yield Page(items=(), more=more)
        elif "bucket" not in part.data:
            found = self.buckets(part.data["account"]).values()
            yield Page(items=(), more=tuple(bucket_partition(one) for one in found if not self.is_quarantine(one)))
        else:
            try:
                yield from read(bucket_of(part))
            except ObjectMissing as error:
                if error.code != "NoSuchBucket":
                    raise

    @needs("POST /organizations/ListAccounts", any_of=may("organizations:ListAccounts"), variant=("organization",))
    @needs("GET /s3/ListBuckets", "GET /s3/GetBucketLocation", "GET /s3/ListObjectsV2", any_of=LISTING)
    @needs(
        "GET /s3control/GetPublicAccessBlock",
        "GET /s3/GetPublicAccessBlock",
        "GET /s3/GetBucketPolicy",
        "GET /s3/GetBucketPolicyStatus",
        "GET /s3/GetBucketOwnershipControls",
        "GET /s3/GetObjectAcl",
        any_of=OPENNESS,
    )
    @needs(*DOORS, any_of=may(*POINTS, *GRANTS))
    def list_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        yield from self.descend(part, lambda bucket: self._bucket_files(bucket, cursor))

    def _bucket_files(self, bucket: Bucket, cursor: str | None) -> Iterator[Page[File]]:
        access, notices = self._access_or_notice(bucket)
        notices += self._skipped(bucket, access)
        for found, after in self.listing(bucket, cursor):
            levels = self._levels(bucket, found, access)
            items = [mapping.file(one, bucket, self.partition, level) for one, level in zip(found, levels, strict=True)]
            yield Page(items=items, cursor=after, notices=notices + self._refused(bucket, access, levels))

    def _refused(self, bucket: Bucket, access: Access | None, levels: list[Sharing | None]) -> tuple[Notice, ...]:
        if access is None or self.field("object_acls") == "skip" or None not in levels:
            return ()
        about = f"ACLs of objects of {bucket.name} that may not be read: how far these are open is unknown"
        return (Notice(code="scope-missing", about=about, needed=("s3:GetObjectAcl",), effect="degraded"),)

    def _levels(self, bucket: Bucket, found: list[Stored], access: Access | None) -> list[Sharing | None]:
        """Return how far each object is open; where ACLs count that is a call each, some at a time."""
        if access is None or not access.acls or self.field("object_acls") == "skip":
            return [self._level(bucket, one.key, access) for one in found]
        asked = found[:FEW] if self.trying else found
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="acl") as pool:
            levels = list(pool.map(lambda one: self._level(bucket, one.key, access), asked))
        return levels + [None] * (len(found) - len(asked))

    def _access_or_notice(self, bucket: Bucket, *, fresh: bool = False) -> tuple[Access | None, tuple[Notice, ...]]:
        """Return how a bucket is open; where that may not be read, a notice, and every level is unknown."""
        try:
            found = self.access(bucket, fresh=fresh)
            return found, found.doors.notices
        except NotPermitted as error:
            about = f"how the objects of {bucket.name} are shared: {error.words}"
            return None, (Notice(code="scope-missing", about=about, needed=error.needed, effect="degraded"),)

    def _level(self, bucket: Bucket, key: str, access: Access | None) -> Sharing | None:
        if access is None:
            return None
        try:
            return self.level_of(bucket, key, access)
        except NotPermitted:
            return None  # an object of another owner: who may read its ACL is that owner's to say

    def _skipped(self, bucket: Bucket, access: Access | None) -> tuple[Notice, ...]:
        if access is None or not access.acls or self.field("object_acls") != "skip":
            return ()
        about = f"ACLs of the objects of {bucket.name} were not looked at (object_acls)"
        return (Notice(code="degraded", about=about, effect="degraded"),)

    @needs(
        "GET /s3/ListBuckets",
        "HEAD /s3/HeadObject",
        "GET /s3/GetObjectAcl",
        any_of=may("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectAcl"),
    )
    def find_file(self, id_: str) -> File:
        bucket, key = self.place_of(id_)
        return self.file_now(bucket, key)

    def file_now(self, bucket: Bucket, key: str, *, fresh: bool = True) -> File:
        """Return an object as the listing would; raises ObjectMissing."""
        head = self.head(bucket, key)
        access, _ = self._access_or_notice(bucket, fresh=fresh)
        found = Stored(key, head.etag, head.size, head.modified, head.storage, head.version)
        return mapping.file(found, bucket, self.partition, self._level(bucket, key, access))

    # Content

    @needs("GET /s3/GetObject", any_of=may("s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt"))
    @contextmanager
    def read_file(self, file: File) -> Iterator[Iterator[bytes]]:
        """Open the content; one that breaks off is read on from there, as long as it is the same."""
        name, _, key = file.id.partition("/")
        if file.locator.get("storage") in ARCHIVED:
            raise Unscannable("archived", detail=f"it is in {file.locator['storage']}: it would have to be restored")
        if {"account", "region"} <= file.locator.keys():
            bucket = Bucket(name, file.locator["account"], file.locator["region"])
        else:
            bucket, key = self.place_of(file.id)
        version = file.locator.get("version")
        call = self.s3_call("GET /s3/GetObject", bucket, key, query={"versionId": version})
        try:
            with self.client.stream(call) as answer:
                yield self._chunks(call, answer)
        except StateConflict as error:
            if error.code == "InvalidObjectState":
                raise Unscannable("archived", detail=error.words) from None
            raise
        except NotPermitted as error:
            if "kms" in error.words.lower():
                raise Unscannable("encrypted", detail=error.words) from None
            raise
        except RequestRefused as error:
            if "server side encryption" in error.words.lower() or "server-side encryption" in error.words.lower():
                raise Unscannable("encrypted", detail="it is encrypted with a key that its owner holds") from None
            raise

    def _chunks(self, call: Call, answer: StreamAnswer) -> Iterator[bytes]:
        etag, size = answer.headers.get("etag"), answer.headers.get("content-length")
        done = 0
        for attempt in range(_RESUMES + 1):
            broken: BrokenOff
            try:
                for piece in answer.chunks() if attempt == 0 else self._rest(call, done, etag or ""):
                    done += len(piece)
                    yield piece
            except BrokenOff as error:
                broken = error
            else:
                return
            if attempt == _RESUMES or etag is None or size is None:
                raise broken

    def _rest(self, call: Call, done: int, etag: str) -> Iterator[bytes]:
        """Yield a content from a byte on; raises BrokenOff where it is no longer the same."""
        headers = {**call.headers, "Range": f"bytes={done}-", "If-Match": etag}
        try:
            with self.client.stream(_with(call, headers)) as rest:
                if rest.status == 206:
                    yield from rest.chunks()
                    return
        except (StateConflict, ObjectMissing):
            pass  # what came is of a content that is no more: said below
        raise BrokenOff("the content was changed while it was read", call=call.name).at(self.client.where)

    # Trash

    @needs("POST /organizations/ListAccounts", any_of=may("organizations:ListAccounts"), variant=("organization",))
    @needs(
        "GET /s3/ListBuckets",
        "GET /s3/GetBucketLocation",
        "GET /s3/GetBucketVersioning",
        "GET /s3/ListObjectVersions",
        any_of=may("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucketVersions"),
    )
    def list_trash(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        """Yield what a delete marker hides in versioned buckets; a key's versions may stand on two pages."""
        yield from self.descend(part, lambda bucket: self._bucket_trash(bucket, cursor))

    def _bucket_trash(self, bucket: Bucket, cursor: str | None) -> Iterator[Page[File]]:
        if not self.versioning(bucket):
            return
        marks: dict[str, Stored] = {}
        for found, after in self.version_pages(bucket, cursor):
            marks |= {one.key: one for one in found if one.marker and one.latest}
            contents: dict[str, list[Stored]] = {}
            for one in found:
                if not one.marker and one.key in marks:
                    contents.setdefault(one.key, []).append(one)
            rows = [
                mapping.trashed(marks.pop(key), newest_first(versions)[0], bucket, self.partition)
                for key, versions in contents.items()
            ]
            # Only the last key can go on; where its marker ends the page, reading is resumed before that page.
            last = max((one.key for one in found), key=str.encode, default="")
            marks = {last: marks[last]} if last in marks else {}
            yield Page(items=rows, cursor=cursor if marks and after else after)
            cursor = after


def _with(call: Call, headers: dict[str, str]) -> Call:
    return msgspec.structs.replace(call, headers=headers)


def bucket_partition(bucket: Bucket) -> Partition:
    """Return the partition of a bucket."""
    data = {"account": bucket.account, "bucket": bucket.name, "region": bucket.region}
    return Partition(key=f"bucket:{bucket.name}", data=data)


def bucket_of(part: Partition) -> Bucket:
    """Return the bucket whose partition it is."""
    return Bucket(part.data["bucket"], part.data["account"], part.data["region"])
