"""What S3 answers, as plain structs, and the rows that become of it."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_plus

import msgspec

from casb_cli.apps.aws.bucket_policy import PUBLIC, Opening, Ours, wider
from casb_cli.apps.aws.s3_xml import document, element, word, yes
from casb_cli.apps.aws.wire import Element
from casb_cli.core import clock
from casb_cli.core.models import File, Share, ShareKind, Sharing
from casb_cli.core.refs import local

ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects nobody reads before they are restored, which takes hours and costs money."""
_GROUPS = "http://acs.amazonaws.com/groups/"
_ALL_USERS, _ANY_ACCOUNT = f"{_GROUPS}global/AllUsers", f"{_GROUPS}global/AuthenticatedUsers"
_GROUP_NAMES = {_ALL_USERS: PUBLIC, _ANY_ACCOUNT: "authenticated"}
_GROUP_URIS = {name: uri for uri, name in _GROUP_NAMES.items()}
_READS = frozenset({"READ", "FULL_CONTROL"})
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Bucket(msgspec.Struct, frozen=True):
    """A bucket, the account that owns it, and its region."""

    name: str
    account: str
    region: str


class Stored(msgspec.Struct, gc=False):
    """An object, or one version of it; `marker` is a delete marker, which has no content."""

    key: str
    etag: str = ""
    size: int = 0
    modified: str | None = None
    storage: str = "STANDARD"
    version: str = "null"
    latest: bool = True
    marker: bool = False


class Granted(msgspec.Struct, frozen=True):
    """One grant of an ACL: `who` is `public`, `authenticated`, another group's URI, or a canonical id."""

    who: str
    permission: str
    name: str | None = None
    group: bool = False


class Acl(msgspec.Struct, frozen=True):
    """An access control list."""

    owner: str
    grants: tuple[Granted, ...] = ()


class Block(msgspec.Struct, frozen=True):
    """A public-access block; none set is one that blocks nothing."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False

    def __or__(self, other: Block) -> Block:
        """Return what both together block: an account's block holds for all its buckets."""
        return Block(
            self.block_acls or other.block_acls,
            self.ignore_acls or other.ignore_acls,
            self.block_policy or other.block_policy,
            self.restrict or other.restrict,
        )

    @property
    def words(self) -> list[bool]:
        """The four settings in S3's order, as the journal keeps them."""
        return [self.block_acls, self.ignore_acls, self.block_policy, self.restrict]


WHOLE_BLOCK = Block(True, True, True, True)


def text_of(encoded: str | None, *, url: bool) -> str:
    """Return a key as it is; with `encoding-type=url` S3 writes a space as `+`, as in forms."""
    if not encoded:
        return ""
    return unquote_plus(encoded) if url else encoded


def stored(node: Element, *, url: bool) -> Stored:
    """Return an entry of a listing."""
    return Stored(
        key=text_of(word(node, "Key"), url=url),
        etag=(word(node, "ETag") or "").strip('"'),
        size=int(word(node, "Size") or 0),
        modified=clock.normalise(word(node, "LastModified")),
        storage=word(node, "StorageClass") or "STANDARD",
        version=word(node, "VersionId") or "null",
        latest=node.find("IsLatest") is None or yes(node, "IsLatest"),
        marker=node.name == "DeleteMarker",
    )


def acl(root: Element) -> Acl:
    """Return an access control list."""
    grants = []
    holder = root.find("AccessControlList")
    for one in holder.named("Grant") if holder else ():
        grantee = one.find("Grantee")
        if grantee is None:
            continue
        uri = word(grantee, "URI")
        who = _GROUP_NAMES.get(uri, uri) if uri else word(grantee, "ID") or word(grantee, "EmailAddress") or ""
        permission = word(one, "Permission") or ""
        grants.append(Granted(who, permission, word(grantee, "DisplayName"), bool(uri)))
    return Acl(word(root, "Owner/ID") or "", tuple(grants))


def acl_state(found: Acl) -> dict[str, Any]:
    """Return an ACL as the journal keeps it."""
    return {"owner": found.owner, "grants": [[one.who, one.permission, one.group] for one in found.grants]}


def acl_of(state: dict[str, Any]) -> Acl:
    """Return the ACL that the journal kept."""
    return Acl(state["owner"], tuple(Granted(who, what, None, group) for who, what, group in state["grants"]))


def acl_body(wanted: Acl) -> bytes:
    """Return the body that sets an ACL."""
    grants = []
    for one in wanted.grants:
        kind = "Group" if one.group else "CanonicalUser"
        inner = element("URI", text=_GROUP_URIS.get(one.who, one.who)) if one.group else element("ID", text=one.who)
        who = element("Grantee", inner, attributes=f' xmlns:xsi="{_XSI}" xsi:type="{kind}"')
        grants.append(element("Grant", who, element("Permission", text=one.permission)))
    owner = element("Owner", element("ID", text=wanted.owner))
    return document("AccessControlPolicy", owner, element("AccessControlList", *grants))


def block(root: Element) -> Block:
    """Return a public-access block."""
    return Block(
        yes(root, "BlockPublicAcls"),
        yes(root, "IgnorePublicAcls"),
        yes(root, "BlockPublicPolicy"),
        yes(root, "RestrictPublicBuckets"),
    )


def block_body(wanted: Block) -> bytes:
    """Return the body that sets a public-access block."""
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    parts = [element(name, text=str(value).lower()) for name, value in zip(names, wanted.words, strict=True)]
    return document("PublicAccessBlockConfiguration", *parts)


class Reach(msgspec.Struct, frozen=True):
    """Who belongs to us: accounts by id, and the canonical ids of those whose buckets were seen."""

    ours: Ours
    canonical: frozenset[str] = frozenset()

    def level(self, who: str, owner: str) -> Sharing:
        """Return how far a grant to `who` opens what `owner` (a canonical id) owns."""
        if who in {PUBLIC, "authenticated"}:
            return "public"
        if who == owner:
            return "private"
        return "internal" if who in self.canonical or who.startswith(_GROUPS) else "external"


def effective(found: Acl, block: Block) -> list[Granted]:
    """Return the grants that count: not the owner's own, and none to everybody that a block ignores."""
    return [
        one
        for one in found.grants
        if one.who != found.owner and not (block.ignore_acls and one.who in {PUBLIC, "authenticated"})
    ]


def acl_level(found: Acl, block: Block, reach: Reach) -> Sharing:
    """Return how far an object's ACL opens its content."""
    level: Sharing = "private"
    for one in effective(found, block):
        if one.permission in _READS:
            level = wider(level, reach.level(one.who, found.owner))
    return level


_owner = lru_cache(maxsize=1024)(lambda partition, account: local("account", f"arn:{partition}:iam::{account}:root"))


@lru_cache(maxsize=512)
def _mime(extension: str) -> str | None:
    return mimetypes.guess_type(f"x.{extension}")[0]


def file_id(bucket: str, key: str) -> str:
    """Return the id of an object: bucket names are unique in a partition, and keys in a bucket."""
    return f"{bucket}/{key}"


def file(found: Stored, bucket: Bucket, partition: str, sharing: Sharing | None) -> File:
    """Return an object as a file; `sharing` None where its ACL was not looked at."""
    name = found.key.rpartition("/")[2] or found.key
    id_ = file_id(bucket.name, found.key)
    # An ETag is an MD5 only of content that came whole and without a key of KMS, which no listing tells.
    return File(
        id=id_,
        name=name,
        path=f"/{id_}",
        owner=bucket.account,
        owner_ref=_owner(partition, bucket.account),
        size=found.size,
        mime=_mime(name.rpartition(".")[2].lower()),
        modified=found.modified,
        hash=f"etag:{found.etag}" if found.etag else None,
        version=found.etag or None,
        sharing=sharing,
        trashed=False,
        locator={"account": bucket.account, "region": bucket.region, "storage": found.storage},
        unknown=("sharing",) if sharing is None else (),
    )


def trashed(marker: Stored, last: Stored, bucket: Bucket, partition: str) -> File:
    """Return a deleted object of a versioned bucket: the newest content behind its delete marker."""
    found = file(last, bucket, partition, None)
    locator = {**found.locator, "version": last.version, "marker": marker.version}
    return msgspec.structs.replace(found, trashed=True, modified=marker.modified, locator=locator)


_ANYONE = {PUBLIC: "anyone", "authenticated": "anyone with an AWS account"}
"""What a share that names nobody is called."""


def policy_share(opening: Opening, bucket: str, point: str | None = None) -> Share:
    """Return what the policy of a bucket, or of one of its access points, gives to one principal."""
    public = opening.who == PUBLIC
    kind = "policy" if point is None else f"accesspoint:{point}"
    return Share(
        id=f"{bucket}/{kind}:{quote(opening.who, safe='')}",
        file=f"/{bucket}",
        file_ref=local("folder", bucket),
        kind="link" if public else "user",
        who=_ANYONE.get(opening.who, opening.who),
        role=",".join(opening.actions),
        sharing=opening.sharing,
    )


def grant_share(one: Any, bucket: str) -> Share:
    """Return what a grant of S3 Access Grants gives."""
    return Share(
        id=f"{bucket}/grant:{one.id}",
        file=f"/{bucket}",
        file_ref=local("folder", bucket),
        kind="group" if one.group else "user",
        who=one.who,
        role=f"{one.permission} {one.scope}",
        sharing=one.sharing,
    )


def acl_shares(found: Acl, block: Block, reach: Reach, bucket: str, key: str | None = None) -> Iterable[Share]:
    """Yield what an ACL, of a bucket or of one of its objects, gives to others than the owner."""
    on = bucket if key is None else file_id(bucket, key)
    for one in effective(found, block):
        public = one.who in {PUBLIC, "authenticated"}
        kind: ShareKind = "link" if public else "group" if one.group else "user"
        yield Share(
            id=f"{on}/acl:{quote(one.who, safe='')}:{one.permission}",
            file=f"/{on}",
            file_ref=local("folder", on) if key is None else local("file", on),
            kind=kind,
            who=_ANYONE.get(one.who, one.who),
            role=one.permission,
            sharing=reach.level(one.who, found.owner),
        )
