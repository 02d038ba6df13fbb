"""How buckets and objects are open to somebody: bucket policies and ACLs, as the public-access blocks leave them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws.access_points import GRANTS, POINTS
from casb_cli.apps.aws.files import DOORS, LISTING, OPENNESS, Files
from casb_cli.apps.aws.mapping_s3 import Bucket
from casb_cli.apps.aws.s3 import Access
from casb_cli.apps.aws.scopes import may
from casb_cli.core.capabilities import ListShares, Page, needs
from casb_cli.core.errors import NotPermitted, ObjectMissing
from casb_cli.core.models import Notice, Partition, Share

_AT_ONCE = 8


class Sharing(Files, ListShares):
    """Matrix row 10, the reading half.

    A share's id is `bucket/policy:who`, `bucket/accesspoint:name:who`, `bucket/grant:id`, or
    `bucket[/key]/acl:who:PERMISSION`.
    """

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
    @needs("GET /s3/GetBucketAcl", any_of=may("s3:GetBucketAcl"))
    def list_shares(self, part: Partition, cursor: str | None) -> Iterator[Page[Share]]:
        """Yield what a bucket gives; where ACLs count, also each of its objects, at a call each."""
        yield from self.descend(part, lambda bucket: self._bucket_pages(bucket, cursor))

    def _bucket_pages(self, bucket: Bucket, cursor: str | None) -> Iterator[Page[Share]]:
        access = self.access(bucket)
        if cursor is None:
            yield Page(items=self.bucket_shares(bucket, access), notices=access.doors.notices)
        if not access.acls:
            return
        if self.field("object_acls") == "skip":
            about = f"ACLs of the objects of {bucket.name} were not looked at (object_acls)"
            yield Page(items=(), notices=(Notice(code="degraded", about=about),))
            return
        for found, after in self.listing(bucket, cursor):
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="acl") as pool:
                rows = list(pool.map(lambda one: self._object_shares(bucket, one.key, access), found))
            hidden = sum(one is None for one in rows)
            about = f"ACLs of objects of {bucket.name} that belong to other accounts"
            notices = (Notice(code="not-visible", about=about),) if hidden else ()
            yield Page(items=[share for one in rows for share in one or ()], cursor=after, notices=notices)

    def bucket_shares(self, bucket: Bucket, access: Access) -> list[Share]:
        """Return what a bucket's policy, its access points, access grants and its own ACL give."""
        rows = [mapping.policy_share(one, bucket.name) for one in access.policy.openings()]
        for point in access.doors.points:
            rows += [mapping.policy_share(one, bucket.name, point.name) for one in point.openings(access.policy)]
        rows += [mapping.grant_share(one, bucket.name) for one in access.doors.grants]
        if access.acls:
            rows += mapping.acl_shares(self.bucket_acl(bucket), access.block, access.reach, bucket.name)
        return rows

    def _object_shares(self, bucket: Bucket, key: str, access: Access) -> list[Share] | None:
        """Return what an object's ACL gives; None where another account owns it and lets nobody look."""
        try:
            found = self.object_acl(bucket, key)
        except ObjectMissing:
            return []  # it went between the page and this look
        except NotPermitted:
            return None
        return list(mapping.acl_shares(found, access.block, access.reach, bucket.name, key))
