"""Acting on sharing: policies and ACLs lose principals, buckets are blocked, objects shut; all can be put back."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws.bucket_policy import PUBLIC, account_of, digest, shutting, without
from casb_cli.apps.aws.files import Files
from casb_cli.apps.aws.mapping_s3 import WHOLE_BLOCK, Acl, Block, Bucket
from casb_cli.apps.aws.s3 import Access
from casb_cli.apps.aws.s3_settings import Settings, bucket_args, bucket_in
from casb_cli.apps.aws.scopes import may
from casb_cli.core.capabilities import Change, ChangeShare, RemoveShare, Step, needs
from casb_cli.core.errors import ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import local

_ROLES = ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
_ANYBODY = frozenset({PUBLIC, "authenticated"})
_LOOKING = may(
    "s3:ListAllMyBuckets",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetObjectAcl",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketOwnershipControls",
)
_POLICY = may("s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
_ACLS = may("s3:PutBucketAcl", "s3:PutObjectAcl")
_BLOCKED = "a public-access block refuses what is public now: AWS would not let it be put back"
_DELETE = "delete the grant in AWS: aws s3control delete-access-grant --access-grant-id ID --account-id ACCOUNT"
_PRESIGNED = "links signed in advance work until they end or their signer's key does"


class _Named:
    """A share by its id: a principal of a policy (the bucket's or an access point's), or one grant of an ACL."""

    def __init__(self, share: str) -> None:
        place, slash, suffix = share.rpartition("/")
        kind, _, rest = suffix.partition(":")
        self.point: str | None = None
        if kind == "accesspoint":
            self.point, _, rest = rest.partition(":")
        who, _, permission = rest.partition(":")
        self.bucket, _, key = place.partition("/")
        self.key: str | None = key or None
        self.who = unquote(who)
        self.permission = permission
        self.policy = kind in {"policy", "accesspoint"}
        if kind == "grant" and self.bucket and not key:
            raise Unsupported(
                "a grant of S3 Access Grants can be deleted, and not be given again as it was",
                hint=_DELETE,
            )
        good = (self.policy and not key and not permission) or (kind == "acl" and permission in _ROLES)
        if not slash or not self.bucket or not who or not good:
            raise UsageError(f"`{share}` is no share of S3", hint="list them: casb list shares --app aws")


class GovernSharing(Files, Settings, RemoveShare, ChangeShare):
    """Matrix row 10, the acting half."""

    @needs(
        "GET /s3/ListBuckets",
        "GET /s3/GetBucketPolicy",
        "GET /s3/GetBucketAcl",
        "GET /s3/GetObjectAcl",
        any_of=_LOOKING,
    )
    @needs("PUT /s3/PutBucketPolicy", "DELETE /s3/DeleteBucketPolicy", any_of=_POLICY)
    @needs(
        "PUT /s3control/PutAccessPointPolicy",
        "DELETE /s3control/DeleteAccessPointPolicy",
        any_of=may("s3:PutAccessPointPolicy", "s3:DeleteAccessPointPolicy"),
    )
    @needs("PUT /s3/PutBucketAcl", "PUT /s3/PutObjectAcl", any_of=_ACLS)
    def plan_remove_share(self, share: str) -> Change:
        named = _Named(share)
        bucket = self.bucket(named.bucket)
        if named.policy:
            return self._remove_principal(share, named, bucket)
        before = self.acl_now(bucket, named.key)
        kept = tuple(one for one in before.grants if (one.who, one.permission) != (named.who, named.permission))
        return self._replace_acl("unshare", share, named, bucket, before, Acl(before.owner, kept))

    def _remove_principal(self, share: str, named: _Named, bucket: Bucket) -> Change:
        point = named.point
        before = self.policy(bucket, point)
        after = without(before or {}, named.who)
        who = "everybody" if named.who == PUBLIC else named.who
        of = bucket.name if point is None else f"access point {point}"
        title = f"take {who} out of the policy of {of}"
        back = self.policy_step(f"put the policy of {of} back", bucket, after, before, undoes="put-policy", point=point)
        there = digest(before) != digest(after)
        # What a block refuses is refused to us too, when the former policy is to be put back.
        final = named.who == PUBLIC and self._shut_out(bucket, point)
        return Change(
            action="unshare",
            target=local("share", share),
            target_name=f"{who} in the policy of {of}",
            before={"policy": digest(before)},
            after={"policy": digest(after)},
            steps=(self.policy_step(title, bucket, before, after, point=point),) if there else (),
            inverse=() if final else (back,),
            irreversible=_BLOCKED if final else None,
            touches=(local("share", share), local("folder", bucket.name)),
            side_effects=("everything in the bucket that the statement opened is closed with it", _PRESIGNED),
            keeps={**bucket_args(bucket), "kind": "policy", "point": point},
        )

    def _shut_out(self, bucket: Bucket, point: str | None) -> bool:
        """Tell whether a block lets nobody set a public policy on a bucket, or on an access point to it."""
        block = self.access(bucket, fresh=True).block
        return block.block_policy if point is None else (block | self.point_block(bucket, point)).block_policy

    def _replace_acl(self, action: str, share: str, named: _Named, bucket: Bucket, before: Acl, after: Acl) -> Change:
        on = bucket.name if named.key is None else f"{bucket.name}/{named.key}"
        who = "everybody" if named.who in _ANYBODY else named.who
        there = _words(before) != _words(after)
        final = named.who in _ANYBODY and self.access(bucket, fresh=True).block.block_acls
        back = self.acl_step(f"put the ACL of {on} back", bucket, named.key, after, before, undoes="put-acl")
        return Change(
            action=action,
            target=local("share", share),
            target_name=f"{who} in the ACL of {on}",
            before={"acl": _words(before)},
            after={"acl": _words(after)},
            steps=(self.acl_step(f"change the ACL of {on}", bucket, named.key, before, after),) if there else (),
            inverse=() if final else (back,),
            irreversible=_BLOCKED if final else None,
            touches=(local("share", share),),
            side_effects=(_PRESIGNED,),
            keeps={**bucket_args(bucket), "key": named.key, "kind": "acl"},
        )

    @needs(
        "GET /s3/ListBuckets",
        "GET /s3/GetBucketPolicy",
        "GET /s3/GetBucketPolicyStatus",
        "GET /s3/GetBucketOwnershipControls",
        "GET /s3/GetPublicAccessBlock",
        "GET /s3control/GetPublicAccessBlock",
        "GET /s3/GetObjectAcl",
        any_of=_LOOKING,
    )
    @needs("PUT /s3/PutBucketPolicy", "DELETE /s3/DeleteBucketPolicy", any_of=_POLICY)
    @needs("PUT /s3/PutObjectAcl", any_of=_ACLS)
    def plan_make_private(self, file: str) -> Change:
        bucket, key = self.place_of(file)
        self.head(bucket, key)
        access = self.access(bucket, fresh=True)
        arn = self.object_arn(bucket, key)
        steps: list[Step] = []
        inverse: list[Step] = []
        touches = [local("file", file)]
        granted = access.granted(bucket.name, key)
        if granted:
            who = ", ".join(one.who for one in granted)
            raise Unsupported(
                f"S3 Access Grants let {who} read {key}, which no policy of ours takes away", hint=_DELETE
            )
        if access.by_policy(key, arn) in {"public", "external"}:
            before = access.policy.document
            self.check_block(bucket, access)
            after = shutting(before, arn, self._inside(access))
            title = f"let only our own accounts read {key}, by the policy of {bucket.name}"
            steps.append(self.policy_step(title, bucket, before, after))
            back = f"put the policy of {bucket.name} back"
            inverse.append(self.policy_step(back, bucket, after, before, undoes="put-policy"))
            touches.append(local("folder", bucket.name))
        if access.acls:
            found = self.object_acl(bucket, key)
            kept = tuple(
                one for one in found.grants if access.reach.level(one.who, found.owner) not in {"public", "external"}
            )
            if len(kept) != len(found.grants) and mapping.acl_level(found, Block(), access.reach) != "private":
                narrow = Acl(found.owner, kept)
                steps.append(self.acl_step(f"narrow the ACL of {key}", bucket, key, found, narrow))
                back = f"put the ACL of {key} back"
                inverse.append(self.acl_step(back, bucket, key, narrow, found, undoes="put-acl"))
        return Change(
            action="make-private",
            target=local("file", file),
            target_name=f"/{file}",
            before={"wider": self._wider(bucket, key, access)},
            after={"wider": []},
            steps=tuple(steps),
            inverse=tuple(inverse),
            touches=tuple(touches),
            side_effects=(_PRESIGNED, "other objects of the bucket stay as open as they are"),
            keeps={**bucket_args(bucket), "key": key},
        )

    def _inside(self, access: Access) -> list[str]:
        """Return the accounts that may go on reading: the bucket's own, and those of ours that its policy names."""
        named = {account_of(one.who) for one in access.policy.openings()}
        return sorted({access.policy.account} | {one for one in named if one and one in access.reach.ours.accounts})

    def _wider(self, bucket: Bucket, key: str, access: Access) -> list[str]:
        """Return what opens an object to others than our accounts, in words that stay the same."""
        words = []
        level = access.by_policy(key, self.object_arn(bucket, key))
        if level in {"public", "external"}:
            words.append(f"policy: {level}")
        if access.acls:
            found = self.object_acl(bucket, key)
            words += [
                f"acl: {one.who} {one.permission}"
                for one in mapping.effective(found, access.block)
                if access.reach.level(one.who, found.owner) in {"public", "external"}
                and one.permission in {"READ", "FULL_CONTROL"}
            ]
        return sorted(words)

    @needs("GET /s3/ListBuckets", "GET /s3/GetPublicAccessBlock", "GET /s3/GetBucketAcl", any_of=_LOOKING)
    @needs("GET /s3/GetObjectAcl", "GET /s3/GetBucketPolicy", any_of=_LOOKING)
    @needs("PUT /s3/PutPublicAccessBlock", any_of=may("s3:PutBucketPublicAccessBlock"))
    @needs("PUT /s3/PutBucketAcl", "PUT /s3/PutObjectAcl", any_of=_ACLS)
    def plan_change_share(
        self, share: str, *, role: str | None = None, sharing: str | None = None, expires: str | None = None
    ) -> Change:
        if expires:
            raise Unsupported("a share of S3 has no expiry")
        named = _Named(share)
        bucket = self.bucket(named.bucket)
        if sharing:
            if role:
                raise UsageError("--role and --sharing are two changes", hint="make them one after the other")
            return self._block_public(share, named, bucket, sharing)
        return self._change_role(share, named, bucket, role or "")

    def _change_role(self, share: str, named: _Named, bucket: Bucket, role: str) -> Change:
        if named.policy:
            raise Unsupported("what a policy allows is not changed by role; remove the share instead")
        wanted = role.upper().replace("-", "_")
        # What may be written into is a bucket: S3 has no WRITE on an object.
        possible = [one for one in _ROLES if named.key is None or one != "WRITE"]
        if wanted not in possible:
            raise UsageError(f"`{role}` is no permission of this ACL", hint=f"one of: {', '.join(possible)}")
        before = self.acl_now(bucket, named.key)
        grants = []
        found = False
        for one in before.grants:
            ours = (one.who, one.permission) == (named.who, named.permission)
            found = found or ours
            grants.append(mapping.Granted(one.who, wanted, one.name, one.group) if ours else one)
        if not found:
            raise ObjectMissing(f"there is no such grant any more: {share}")
        return self._replace_acl("change-share", share, named, bucket, before, Acl(before.owner, tuple(grants)))

    def _block_public(self, share: str, named: _Named, bucket: Bucket, sharing: str) -> Change:
        """Plan to make a public share of a bucket count for nothing, by the bucket's public-access block."""
        if sharing not in {"private", "internal"}:
            raise UsageError(f"a share of S3 cannot be made `{sharing}`", hint="use --sharing private")
        if named.who not in _ANYBODY or named.key is not None or named.point is not None:
            raise Unsupported(
                "only what a bucket gives to everybody can be blocked", hint="remove the share: casb govern unshare"
            )
        before = self.bucket_block(bucket) or Block()
        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"everybody in {bucket.name}",
            before={"block": before.words},
            after={"block": WHOLE_BLOCK.words},
            steps=()
            if before == WHOLE_BLOCK
            else (self.block_step(f"block public access to {bucket.name}", bucket, WHOLE_BLOCK),),
            inverse=(self.block_step(f"put the block of {bucket.name} back", bucket, before, undoes="put-block"),),
            touches=(local("share", share), local("folder", bucket.name)),
            side_effects=(
                "policy and ACLs stay as they are, and give nothing to the public while the block stands",
                "a public policy gives nothing to other accounts either",
            ),
            keeps={**bucket_args(bucket), "kind": "block"},
        )

    def observe_unshare(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the policy, the ACL or the block again."""
        del memo
        keeps = change.keeps
        bucket = bucket_in(keeps)
        if keeps["kind"] == "block":
            return {"block": (self.bucket_block(bucket) or Block()).words}
        if keeps["kind"] == "policy":
            return {"policy": self.policy_names(bucket, keeps.get("point"))}
        return {"acl": _words(self.acl_now(bucket, keeps["key"]))}

    observe_change_share = observe_unshare

    def observe_make_private(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read again what opens the object to others than our accounts."""
        del memo
        bucket, key = bucket_in(change.keeps), change.keeps["key"]
        return {"wider": self._wider(bucket, key, self.access(bucket, fresh=True))}


def _words(found: Acl) -> list[str]:
    return sorted(f"{one.who} {one.permission}" for one in found.grants)
