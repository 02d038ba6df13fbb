"""Settings that governance changes and puts back: bucket policies, ACLs and public-access blocks.

Each step names what it expects to find and what it leaves. It may be repeated: what is already so is left, and what
is neither as expected nor as wanted was changed by somebody else and is not touched.
"""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws.bucket_policy import digest, policy_document
from casb_cli.apps.aws.mapping_s3 import Acl, Block, Bucket
from casb_cli.apps.aws.s3 import Access
from casb_cli.apps.aws.s3_objects import Objects
from casb_cli.apps.aws.s3_xml import CONTROL, document, element
from casb_cli.apps.base import step
from casb_cli.core.capabilities import Step
from casb_cli.core.errors import StateConflict


class Settings(Objects):
    """Reading and setting what opens buckets and objects."""

    # Policies

    def policy(self, bucket: Bucket, point: str | None = None) -> dict[str, Any] | None:
        """Return the policy of a bucket, or of an access point to it, as it is now; None where it has none."""
        text = self.policy_text(bucket) if point is None else self.point_text(bucket, point)
        return policy_document(text, point or bucket.name)

    @staticmethod
    def policy_step(
        title: str,
        bucket: Bucket,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        *,
        undoes: str | None = None,
        point: str | None = None,
    ) -> Step:
        """Return the step that replaces a policy: the bucket's, or that of an access point to it."""
        args = {**bucket_args(bucket), "from": digest(before), "to": after if digest(after) else None}
        if point is not None:
            args["point"] = point
        name = "put-policy-back" if undoes else "put-policy"
        return Step(name=name, title=title, args=args, undoes=undoes)

    @step("put-policy")
    def _put_policy(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        bucket, wanted, point = bucket_in(args), args["to"], args.get("point")
        now = digest(self.policy(bucket, point))
        if now == digest(wanted):
            return
        if now != args["from"]:
            raise StateConflict(f"the policy of {point or bucket.name} was changed meanwhile; it was left as it is")
        if point is not None:
            self._put_point_policy(bucket, point, wanted)
            return
        query = {"policy": ""}
        if wanted is None:
            call = self.act_s3("DELETE /s3/DeleteBucketPolicy", bucket, query=query, safe=True, answers=(404,))
        else:
            call = self.act_s3(
                "PUT /s3/PutBucketPolicy",
                bucket,
                query=query,
                headers={"Content-Type": "application/json"},
                content=msgspec.json.encode(wanted),
                safe=True,
            )
        self.client.send(call)

    def _put_point_policy(self, bucket: Bucket, point: str, wanted: dict[str, Any] | None) -> None:
        path = f"/accesspoint/{point}/policy"
        if wanted is None:
            call = self.control("DELETE /s3control/DeleteAccessPointPolicy", bucket, path, safe=True, answers=(404,))
        else:
            text = element("Policy", text=msgspec.json.encode(wanted).decode())
            body = document("PutAccessPointPolicyRequest", text, namespace=CONTROL)
            sent = {"Content-Type": "application/xml"}
            call = self.control(
                "PUT /s3control/PutAccessPointPolicy", bucket, path, headers=sent, content=body, safe=True
            )
        self.client.send(call)

    @step("put-policy-back")
    def _put_policy_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self._put_policy(args, memo)

    def check_block(self, bucket: Bucket, access: Access) -> None:
        """Raise StateConflict where a block refuses every policy that is public, a stricter one too."""
        if access.block.block_policy and access.policy.public:
            raise StateConflict(
                f"the policy of {bucket.name} is public, and a public-access block lets nobody change a public one",
                hint=f"remove the public statement first: casb govern unshare ...:share:{bucket.name}/policy:public",
            )

    def policy_names(self, bucket: Bucket, point: str | None = None) -> str | None:
        """Return a hash of what the policy of a bucket, or of an access point, says, as states compare it."""
        return digest(self.policy(bucket, point))

    # ACLs

    def acl_now(self, bucket: Bucket, key: str | None) -> Acl:
        """Return the ACL of a bucket, or of one of its objects."""
        return self.bucket_acl(bucket) if key is None else self.object_acl(bucket, key)

    @staticmethod
    def acl_step(
        title: str, bucket: Bucket, key: str | None, before: Acl, after: Acl, *, undoes: str | None = None
    ) -> Step:
        """Return the step that replaces an ACL."""
        args = {
            **bucket_args(bucket),
            "key": key,
            "from": mapping.acl_state(before),
            "to": mapping.acl_state(after),
        }
        return Step(name="put-acl-back" if undoes else "put-acl", title=title, args=args, undoes=undoes)

    @step("put-acl")
    def _put_acl(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        bucket, key, wanted = bucket_in(args), args["key"], mapping.acl_of(args["to"])
        now = self.acl_now(bucket, key)
        if same_acl(now, wanted):
            return
        if not same_acl(now, mapping.acl_of(args["from"])):
            raise StateConflict(f"the ACL of {key or bucket.name} was changed meanwhile; it was left as it is")
        if key is not None:
            self.put_object_acl(bucket, key, wanted)
            return
        body = mapping.acl_body(wanted)
        self.client.send(self.act_s3("PUT /s3/PutBucketAcl", bucket, query={"acl": ""}, content=body, safe=True))

    @step("put-acl-back")
    def _put_acl_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self._put_acl(args, memo)

    # Blocks

    @staticmethod
    def block_step(title: str, bucket: Bucket, wanted: Block, *, undoes: str | None = None) -> Step:
        """Return the step that sets a bucket's public-access block; none set and one that blocks nothing are alike."""
        args = {**bucket_args(bucket), "to": wanted.words}
        return Step(name="put-block-back" if undoes else "put-block", title=title, args=args, undoes=undoes)

    @step("put-block")
    def _put_block(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        bucket, wanted = bucket_in(args), Block(*args["to"])
        if (self.bucket_block(bucket) or Block()) != wanted:
            self.set_block(bucket, wanted)

    @step("put-block-back")
    def _put_block_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self._put_block(args, memo)

    def set_block(self, bucket: Bucket, wanted: Block) -> None:
        """Set a bucket's public-access block."""
        query = {"publicAccessBlock": ""}
        body = mapping.block_body(wanted)
        self.client.send(self.act_s3("PUT /s3/PutPublicAccessBlock", bucket, query=query, content=body, safe=True))


def bucket_args(bucket: Bucket) -> dict[str, Any]:
    """Return a bucket as steps keep it."""
    return {"account": bucket.account, "region": bucket.region, "bucket": bucket.name}


def bucket_in(args: dict[str, Any]) -> Bucket:
    """Return the bucket that a step's arguments name."""
    return Bucket(args["bucket"], args["account"], args["region"])


def same_acl(first: Acl, second: Acl) -> bool:
    """Tell whether two ACLs grant the same."""
    return {(one.who, one.permission) for one in first.grants} == {(one.who, one.permission) for one in second.grants}
