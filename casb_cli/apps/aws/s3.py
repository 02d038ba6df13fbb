"""S3's calls: exact targets, buckets with their regions, and how far each bucket is open."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws.access_points import AccessPoints, Doors, Granted
from casb_cli.apps.aws.bucket_policy import BucketPolicy, Ours, policy_document, wider
from casb_cli.apps.aws.mapping_s3 import Acl, Block, Bucket, Reach
from casb_cli.apps.aws.rules import told
from casb_cli.apps.aws.s3_xml import word, yes
from casb_cli.apps.aws.wire import Element
from casb_cli.apps.aws.wire import root as read
from casb_cli.core.anew import from_its_beginning
from casb_cli.core.errors import BadAnswer, CursorExpired, ObjectMissing, RequestRefused, UsageError
from casb_cli.core.models import File, Sharing
from casb_cli.transport.calls import Answer, Call

T = TypeVar("T")

QUARANTINE = "casb-quarantine"
PAGE = 1000
"""Entries a page: the most that S3 gives."""
_HELD = 60.0
"""Seconds for which buckets and how they are open are held, while listing."""
_NOT_SET = frozenset(
    {
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchBucketPolicy",
        "OwnershipControlsNotFoundError",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchObjectLockConfiguration",
        "NoSuchTagSet",
    }
)
"""How S3 says that a setting was never made: a 404 that is no error."""


class Access(msgspec.Struct, frozen=True):
    """How a bucket is open: its policy as it works, its blocks, and whether ACLs mean anything in it."""

    policy: BucketPolicy
    block: Block
    acls: bool
    reach: Reach
    doors: Doors = Doors()

    def by_policy(self, key: str, arn: str) -> Sharing:
        """Return how far policies open an object for reading: the bucket's, and those of its access points."""
        level = self.policy.level(arn)
        for point in self.doors.points:
            level = wider(level, point.level(self.policy, key, arn))
        return level

    def granted(self, bucket: str, key: str) -> list[Granted]:
        """Return the grants of S3 Access Grants that open an object to others than our accounts."""
        return [one for one in self.doors.grants if one.level(bucket, key) in {"external", "public"}]

    def level(self, bucket: str, key: str, arn: str) -> Sharing:
        """Return how far an object is open for reading, its own ACL left aside."""
        level = self.by_policy(key, arn)
        for one in self.doors.grants:
            level = wider(level, one.level(bucket, key))
        return level


class S3(AccessPoints):
    """Buckets of all accounts, and what opens them."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._s3_lock = threading.Lock()
        self._holding: dict[tuple[int, str], threading.Lock] = {}
        self._buckets: dict[str, tuple[float, dict[str, Bucket]]] = {}
        self._canonical: dict[str, str] = {}
        self._blocks: dict[str, tuple[float, Block]] = {}
        self._open: dict[str, tuple[float, Access]] = {}

    # Calls

    def s3_call(
        self,
        name: str,
        bucket: Bucket,
        key: str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        **more: Any,
    ) -> Call:
        """Return a call to a bucket in its own region, or to a key of it, spelt exactly as it is.

        It fails where the bucket is not owned by the account that is taken for its owner.
        """
        sent = {"Accept": "*/*", "x-amz-expected-bucket-owner": bucket.account, **(headers or {})}
        if content is not None and not any(one.lower() == "content-type" for one in sent):
            sent["Content-Type"] = "application/xml"
        return Call(
            name=name,
            host=f"s3:{bucket.region}:{bucket.name}",
            target="/" if key is None else "/" + quote(key, safe="/~"),
            query=dict(query or {}),
            headers=sent,
            content=content,
            identity=self.identity(bucket.account),
            family="s3",
            **more,
        )

    def act_s3(self, name: str, bucket: Bucket, key: str | None = None, **more: Any) -> Call:
        """Return a changing call, drawn from the reserve for governance, its body's checksum with it."""
        content: bytes | None = more.get("content")
        headers = dict(more.pop("headers", None) or {})
        if content is not None:
            digest = hashlib.md5(content, usedforsecurity=False).digest()
            headers["Content-MD5"] = base64.b64encode(digest).decode()
        return self.s3_call(name, bucket, key, headers=headers, governance=True, **more)

    def ask(self, name: str, bucket: Bucket, key: str | None = None, **more: Any) -> Element:
        """Return the root element of an answer."""
        return read(self.client.send(self.s3_call(name, bucket, key, **more)))

    def setting(self, call: Call) -> Answer | None:
        """Return the answer that tells a setting, None where it was never made; raises ProviderError."""
        answer = self.client.send(msgspec.structs.replace(call, answers=(404,)))
        if answer.status != 404:
            return answer
        code = told(answer.headers, answer.body).code
        if code in _NOT_SET:
            return None
        raise ObjectMissing(
            f"there is no such thing: {code or 'no reason given'}", call=call.name, status=404, code=code
        ).at(self.client.where)

    # Buckets

    def buckets(self, account: str, *, fresh: bool = False) -> dict[str, Bucket]:
        """Return an account's buckets by name, at most a minute old unless `fresh`."""
        return self._hold(self._buckets, account, lambda: self._list_buckets(account), fresh=fresh)

    def _list_buckets(self, account: str) -> dict[str, Bucket]:
        found: dict[str, Bucket] = {}
        token: str | None = None
        while True:
            query = {"max-buckets": PAGE, "continuation-token": token}
            call = Call(
                name="GET /s3/ListBuckets",
                host=f"s3:{self.home}",
                target="/",
                query=query,
                headers={"Accept": "*/*"},
                identity=self.identity(account),
                family="s3",
            )
            root = read(self.client.send(call))
            owner = word(root, "Owner/ID")
            if owner:
                self._canonical[account] = owner
            holder = root.find("Buckets")
            for one in holder.named("Bucket") if holder else ():
                name = word(one, "Name")
                if not name:
                    raise BadAnswer("the list of buckets names one without a name", call=call.name)
                found[name] = Bucket(name, account, word(one, "BucketRegion") or self._location(name, account))
            following = word(root, "ContinuationToken")
            if following is None or following == token:
                return found
            token = following

    def _location(self, name: str, account: str) -> str:
        """Return a bucket's region; the oldest two answers are names of their own."""
        root = self.ask("GET /s3/GetBucketLocation", Bucket(name, account, self.home), query={"location": ""})
        told = root.text.strip() or word(root, "LocationConstraint") or ""
        return {"": "us-east-1", "EU": "eu-west-1"}.get(told, told)

    def bucket(self, name: str, account: str | None = None) -> Bucket:
        """Return a bucket of any of our accounts; raises ObjectMissing."""
        for fresh in (False, True):  # it may be younger than what is held
            for one in [account, *self.accounts()] if account else self.accounts():
                found = self.buckets(one, fresh=fresh).get(name)
                if found is not None:
                    return found
        raise ObjectMissing(
            f"none of the accounts of this instance has a bucket `{name}`", call="GET /s3/ListBuckets"
        ).at(self.client.where)

    def place_of(self, id_: str) -> tuple[Bucket, str]:
        """Return bucket and key of a file's id; raises UsageError for what is none, ObjectMissing."""
        name, slash, key = id_.partition("/")
        if not slash or not key or not name:
            raise UsageError(f"`{id_}` is no file of S3", hint="its id reads bucket/key; list them: casb list files")
        kept = self.recall("file", id_)
        account = kept.locator.get("account") if isinstance(kept, File) else None
        return self.bucket(name, account), key

    def is_quarantine(self, bucket: Bucket) -> bool:
        """Tell whether a bucket is the one into which casb moves files."""
        return bucket.name == self.quarantine_name(bucket)

    def quarantine_name(self, bucket: Bucket) -> str:
        """Return the name of the quarantine beside a bucket: same account, same region."""
        pattern = self.field("quarantine_bucket")
        pattern = pattern or QUARANTINE + "-{account}-{region}"
        return pattern.replace("{account}", bucket.account).replace("{region}", bucket.region)

    # How far a bucket is open

    def account_block(self, account: str, *, fresh: bool = False) -> Block:
        """Return the public-access block that an account sets over all its buckets."""
        return self._hold(self._blocks, account, lambda: self._account_block(account), fresh=fresh)

    def _account_block(self, account: str) -> Block:
        call = Call(
            name="GET /s3control/GetPublicAccessBlock",
            host=f"s3control:{self.home}:{account}",
            target="/v20180820/configuration/publicAccessBlock",
            headers={"Accept": "*/*", "x-amz-account-id": account},
            identity=self.identity(account),
            family="s3control",
        )
        answer = self.setting(call)
        return mapping.block(read(answer)) if answer else Block()

    def bucket_block(self, bucket: Bucket) -> Block | None:
        """Return the block set on a bucket itself; None where none is."""
        call = self.s3_call("GET /s3/GetPublicAccessBlock", bucket, query={"publicAccessBlock": ""})
        answer = self.setting(call)
        return mapping.block(read(answer)) if answer else None

    def policy_text(self, bucket: Bucket) -> str | None:
        """Return a bucket's policy as it is written; None where it has none."""
        answer = self.setting(self.s3_call("GET /s3/GetBucketPolicy", bucket, query={"policy": ""}))
        return answer.body.decode("utf-8") if answer and answer.body.strip() else None

    def policy_public(self, bucket: Bucket) -> bool:
        """Return S3's own verdict whether a bucket's policy is public."""
        answer = self.setting(self.s3_call("GET /s3/GetBucketPolicyStatus", bucket, query={"policyStatus": ""}))
        return yes(read(answer), "IsPublic") if answer else False

    def acls_on(self, bucket: Bucket) -> bool:
        """Tell whether ACLs mean anything in a bucket: its ownership controls may switch them off."""
        call = self.s3_call("GET /s3/GetBucketOwnershipControls", bucket, query={"ownershipControls": ""})
        answer = self.setting(call)
        rule = word(read(answer), "Rule/ObjectOwnership") if answer else None
        return rule != "BucketOwnerEnforced"

    def bucket_acl(self, bucket: Bucket) -> Acl:
        """Return a bucket's own ACL, which opens its listing and not its objects."""
        return mapping.acl(self.ask("GET /s3/GetBucketAcl", bucket, query={"acl": ""}))

    def object_acl(self, bucket: Bucket, key: str, version: str | None = None) -> Acl:
        """Return an object's ACL."""
        query = {"acl": "", "versionId": version}
        return mapping.acl(self.ask("GET /s3/GetObjectAcl", bucket, key, query=query))

    def reach(self) -> Reach:
        """Return who belongs to us, as far as accounts were listed."""
        tenant = self.facts.tenant
        organization = tenant.id if tenant and tenant.variant == "organization" else None
        ours = Ours(frozenset(self.accounts()), organization)
        return Reach(ours, frozenset(self._canonical.values()))

    def access(self, bucket: Bucket, *, fresh: bool = False) -> Access:
        """Return how a bucket is open, at most a minute old unless `fresh`."""
        return self._hold(self._open, bucket.name, lambda: self._access(bucket, fresh=fresh), fresh=fresh)

    def _access(self, bucket: Bucket, *, fresh: bool) -> Access:
        for account in self.accounts():
            self.buckets(account)  # their answers tell the canonical ids that are ours
        block = self.account_block(bucket.account, fresh=fresh) | (self.bucket_block(bucket) or Block())
        text = self.policy_text(bucket)
        document = policy_document(text, bucket.name)
        reach = self.reach()
        policy = BucketPolicy(
            document,
            bucket.account,
            reach.ours,
            public=self.policy_public(bucket) if document else False,
            restricted=block.restrict,
        )
        doors = self.doors(bucket, block, reach.ours, fresh=fresh)
        return Access(policy, block, self.acls_on(bucket), reach, doors)

    def object_arn(self, bucket: Bucket, key: str) -> str:
        """Return an object's ARN, which names no account."""
        return f"arn:{self.partition}:s3:::{bucket.name}/{key}"

    def level_of(self, bucket: Bucket, key: str, access: Access, version: str | None = None) -> Sharing | None:
        """Return how far an object is open; None where its ACL would tell and was not to be read."""
        level = access.level(bucket.name, key, self.object_arn(bucket, key))
        if level == "public" or not access.acls:
            return level
        if self.field("object_acls") == "skip":
            return None
        try:
            found = self.object_acl(bucket, key, version)
        except ObjectMissing:
            return level  # it went between the page and this look
        return wider(level, mapping.acl_level(found, access.block, access.reach))

    def _hold(self, held: dict[str, tuple[float, T]], name: str, make: Callable[[], T], *, fresh: bool) -> T:
        with self._s3_lock:
            one = self._holding.setdefault((id(held), name), threading.Lock())
        with one:  # buckets are read side by side: what they share is asked for once
            known = held.get(name)
            if known is not None and not fresh and time.monotonic() - known[0] < _HELD:
                return known[1]
            made = from_its_beginning(make)
            held[name] = (time.monotonic(), made)
            return made

    # Pages

    def listing(
        self, bucket: Bucket, cursor: str | None = None, prefix: str | None = None
    ) -> Iterator[tuple[list[mapping.Stored], str | None]]:
        """Yield a bucket's objects page by page, each with the cursor behind it."""
        query = {
            "list-type": 2,
            "max-keys": PAGE,
            "encoding-type": "url",
            "prefix": prefix,
            "continuation-token": cursor,
        }
        call = self.s3_call("GET /s3/ListObjectsV2", bucket, query=query)
        pages = ObjectPages()
        try:
            for _, after in self.client.pages(call, pages, cursor):
                url = word(pages.root, "EncodingType") == "url"
                yield [mapping.stored(one, url=url) for one in pages.root.named("Contents")], after
        except RequestRefused as error:
            if "continuation" not in error.words.lower():
                raise
            raise CursorExpired(
                error.words, call=error.call, status=error.status, code=error.code, request_id=error.request_id
            ).at(self.client.where) from None


class ObjectPages:
    """ListObjectsV2's pages: a token as long as the answer says that it is truncated."""

    feed = False

    def __init__(self) -> None:
        self.root = Element("")
        """The page read last."""

    def prepare(self, call: Call, cursor: str | None) -> Call:
        """Return the call for the page at `cursor`."""
        query = {**call.query, "continuation-token": cursor}
        return msgspec.structs.replace(call, query=query)

    def after(self, call: Call, answer: Answer) -> str | None:
        """Return the cursor behind a page; raises BadAnswer."""
        self.root = read(answer)
        if not yes(self.root, "IsTruncated"):
            return None
        token = word(self.root, "NextContinuationToken")
        if token is None:
            raise BadAnswer("the page says that more follow, and not where", call=call.name, status=answer.status)
        return token
