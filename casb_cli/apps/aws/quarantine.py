"""Quarantine: all versions of an object are moved into a private bucket of the same account and region, and back.

Nothing leaves the account. The copies are checked before anything is deleted. An object that must stay where it is
can be shut instead, by a statement in the bucket's policy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws.bucket_policy import digest, shutting
from casb_cli.apps.aws.govern_files import GovernFiles, bucket_args, place, upper_markers, where_it_is
from casb_cli.apps.aws.mapping_s3 import ARCHIVED, WHOLE_BLOCK, Block, Bucket, Stored
from casb_cli.apps.aws.s3_objects import LARGEST_COPY, version_state
from casb_cli.apps.aws.s3_settings import Settings
from casb_cli.apps.aws.s3_xml import document, element
from casb_cli.apps.aws.scopes import may
from casb_cli.apps.base import step
from casb_cli.core.capabilities import Change, QuarantineFile, Step, needs
from casb_cli.core.errors import ObjectMissing, StateConflict, Unsupported
from casb_cli.core.refs import local

MOST = 1000
"""Versions that are moved at most."""
_OTHERS = "replicas in other buckets, backups and caches keep what they hold"
_COMES_BACK = "the versions come back with new ids and times"
_NO_HISTORY = "the bucket's versioning is suspended: only the newest content comes back"


class Quarantine(GovernFiles, Settings, QuarantineFile):
    """Matrix row 11."""

    quarantine_modes: ClassVar[Mapping[str, str]] = {
        "move": "all versions go into a private bucket of the same account and region",
        "deny": "the object stays, and the bucket's policy lets nobody read it (for objects under Object Lock)",
    }

    @needs(
        "GET /s3/ListBuckets",
        "GET /s3/GetBucketVersioning",
        "GET /s3/ListObjectVersions",
        "GET /s3/GetBucketOwnershipControls",
        "GET /s3/GetObjectLockConfiguration",
        "HEAD /s3/HeadBucket",
        "HEAD /s3/HeadObject",
        "GET /s3/GetObjectAcl",
        any_of=may(
            "s3:ListAllMyBuckets",
            "s3:ListBucketVersions",
            "s3:GetBucketVersioning",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionTagging",
        ),
    )
    @needs(
        "PUT /s3/CreateBucket",
        "PUT /s3/PutPublicAccessBlock",
        "PUT /s3/PutBucketVersioning",
        "PUT /s3/PutObject",
        "PUT /s3/CopyObject",
        "PUT /s3/PutObjectAcl",
        "DELETE /s3/DeleteObject",
        any_of=may(
            "s3:CreateBucket",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketVersioning",
            "s3:PutObject",
            "s3:PutObjectTagging",
            "s3:PutObjectVersionAcl",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "kms:Decrypt",
            "kms:GenerateDataKey",
        ),
    )
    @needs(
        "GET /s3/GetBucketPolicy",
        "PUT /s3/PutBucketPolicy",
        "DELETE /s3/DeleteBucketPolicy",
        any_of=may("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    )
    def plan_quarantine(self, file: str, *, case: str, mode: str | None = None) -> Change:
        bucket, key, versions = self.standing(file)
        if self.is_quarantine(bucket):
            raise Unsupported(f"{file} is in quarantine already")
        if mode == "deny":
            return self._plan_deny(file, bucket, key)
        self._check_copies(key, versions)
        self.check_locks(bucket, key, versions)
        room = Bucket(self.quarantine_name(bucket), bucket.account, bucket.region)
        history = self.versioning(bucket)
        args: dict[str, Any] = {
            **bucket_args(bucket, key),
            "case": case,
            "room": room.name,
            "prefix": f"{case}/{hashlib.sha256(file.encode()).hexdigest()[:16]}",
            "history": history,
        }
        held = sum(not one.marker for one in versions)
        now = where_it_is(versions)
        effects = [_OTHERS]
        if not history:
            effects.append("the bucket keeps no versions: the copy is checked first, then the object is deleted")
        if any(one.size > LARGEST_COPY for one in versions):
            effects.append("objects above 5 GiB are copied in parts: their ETag differs afterwards")
        several = len(versions) > 1 and history != "Enabled"
        return Change(
            action="quarantine",
            target=local("file", file),
            target_name=f"/{file}",
            mode=mode,
            version=versions[0].etag or None,
            before={"place": now, "versions": len(versions), "held": 0},
            after={"place": "gone", "versions": 0, "held": held},
            steps=(
                Step(name="make-room", title=f"see that the private bucket {room.name} is there", args=args),
                Step(name="copy-in", title=f"copy {held} versions of {key} into it", args=args),
                Step(name="delete-source", title=f"delete all versions of {key} where they were", args=args),
            ),
            # Deleting may have begun though the step failed: what is missing is brought back from the copies on.
            inverse=(
                Step(name="bring-back", title=f"copy the versions of {key} back", args=args, undoes="copy-in"),
                Step(name="empty-room", title="delete the copies in quarantine", args=args, undoes="copy-in"),
            ),
            approximate=f"{_COMES_BACK}; {_NO_HISTORY}" if several else _COMES_BACK,
            touches=(local("file", file),),
            side_effects=tuple(effects),
            keeps={**args, "versions": self._kept_versions(bucket, key, versions)},
        )

    def _check_copies(self, key: str, versions: list[Stored]) -> None:
        """Raise StateConflict for what cannot be copied as it lies, Unsupported for more than the journal holds."""
        if len(versions) > MOST:
            raise Unsupported(
                f"{key} has {len(versions)} versions: at most {MOST} are moved", hint="shut it where it is: --mode deny"
            )
        archived = next((one for one in versions if one.storage in ARCHIVED), None)
        if archived is not None:
            raise StateConflict(
                f"a version of {key} is archived ({archived.storage}): it cannot be copied before it is restored",
                hint="shut it where it is: --mode deny",
            )

    def _kept_versions(self, bucket: Bucket, key: str, versions: list[Stored]) -> list[dict[str, Any]]:
        """Return all versions, the oldest first, each with its ACL where that lets in anybody but its owner."""
        found = []
        acls = self.acls_on(bucket)
        for one in reversed(versions):
            state = version_state(one)
            if acls and not one.marker:
                known = self.object_acl(bucket, key, one.version if one.version != "null" else None)
                if any(grant.who != known.owner for grant in known.grants):
                    state["acl"] = mapping.acl_state(known)
            found.append(state)
        return found

    # Moving

    def _room(self, args: dict[str, Any]) -> Bucket:
        return Bucket(args["room"], args["account"], args["region"])

    @step("make-room")
    def _make_room(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        room = self._room(args)
        head = self.client.send(self.s3_call("HEAD /s3/HeadBucket", room, answers=(403, 404)))
        if head.status == 403:
            raise StateConflict(
                f"the bucket {room.name} belongs to somebody else, or may not be used",
                hint="name another: casb instances set ... quarantine_bucket=my-quarantine-{account}-{region}",
            )
        if head.status == 404:
            body = None
            if room.region != "us-east-1":
                body = document("CreateBucketConfiguration", element("LocationConstraint", text=room.region))
            headers = {"x-amz-object-ownership": "BucketOwnerEnforced"}
            call = self.act_s3("PUT /s3/CreateBucket", room, headers=headers, content=body, safe=True, answers=(409,))
            self.client.send(call)
        if (self.bucket_block(room) or Block()) != WHOLE_BLOCK:
            self.set_block(room, WHOLE_BLOCK)
        if self.versioning(room) != "Enabled":
            body = document("VersioningConfiguration", element("Status", text="Enabled"))
            query = {"versioning": ""}
            self.client.send(self.act_s3("PUT /s3/PutBucketVersioning", room, query=query, content=body, safe=True))

    @step("copy-in")
    def _copy_in(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        """Copy every version; those that an earlier attempt has copied are found and kept."""
        bucket, key = place(args)
        room = self._room(args)
        held: dict[str, str] = {}
        for number, state in enumerate(memo["versions"]):
            if state["marker"]:
                continue
            name, one = _held_name(args, number), stored(key, state)
            known = self._copied(room, name, one)
            held[str(number)] = known or self.copy((bucket, key, one), (room, name))
        about = {name: args[name] for name in ("account", "region", "bucket", "key", "case")}
        about["versions"] = memo["versions"]
        call = self.act_s3(
            "PUT /s3/PutObject",
            room,
            f"{args['prefix']}/about.json",
            headers={"Content-Type": "application/json"},
            content=msgspec.json.encode(about),
            safe=True,
        )
        self.client.send(call)
        return {"held": held}

    def _copied(self, room: Bucket, name: str, one: Stored) -> str | None:
        """Return the id of a copy that is there already; None where there is none, or another."""
        try:
            found = self.head(room, name)
        except ObjectMissing:
            return None
        return found.version if found.size == one.size and found.etag == one.etag else None

    @step("delete-source")
    def _delete_source(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        """Hide the object, then delete its versions, the newest first and markers last: half-way it stays hidden."""
        bucket, key = place(args)
        room = self._room(args)
        planned = {(state["id"], state["etag"]) for state in memo["versions"]}
        found = self.versions(bucket, key)
        strange = [one for one in found if (one.version, one.etag) not in planned and not one.marker]
        if strange:
            raise StateConflict(f"{key} was written anew meanwhile; what was there is left, and copied")
        for number, state in enumerate(memo["versions"]):
            if not state["marker"]:
                head = self.head(room, _held_name(args, number), memo["held"][str(number)])
                if head.size != state["size"]:
                    raise StateConflict(f"a copy of {key} in quarantine is not whole; nothing was deleted")
        if args["history"] and found and not found[0].marker:
            self.mark_deleted(bucket, key)
            found = self.versions(bucket, key)
        for one in sorted(found, key=lambda one: one.marker):
            self.delete_version(bucket, key, one.version)

    # Back

    @step("bring-back")
    def _bring_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        """Copy back, the oldest first, what is not there: also after a deletion or a return that stopped half-way."""
        bucket, key = place(args)
        room = self._room(args)
        wanted = _wanted(args, memo)
        found = self.versions(bucket, key)
        cover = self._cover(memo, found)
        planned = {(state["id"], state["etag"]) for _, state in wanted}
        if {(one.version, one.etag) for one in found} >= planned and not cover:
            return
        for one in cover:
            self.delete_version(bucket, key, one.version)
            found.remove(one)
        there = list(reversed(found))
        alike = len(there) <= len(wanted) and all(
            (one.marker, one.size) == (state["marker"], state["size"])
            for one, (_, state) in zip(there, wanted, strict=False)
        )
        if not alike:
            raise StateConflict(
                f"somebody has put another object at {key}; the versions are still in {room.name}",
                hint="move or delete that one first",
            )
        for position, (number, state) in enumerate(wanted[len(there) :], len(there)):
            if state["marker"]:
                self.mark_deleted(bucket, key)
                continue
            copy = self.head(room, _held_name(args, number), memo["held"][str(number)])
            held = stored(_held_name(args, number), {**state, "id": copy.version, "etag": copy.etag})
            headers = {} if state["storage"] == "STANDARD" else {"x-amz-storage-class": state["storage"]}
            if position == 0:
                headers["If-None-Match"] = "*"
            made = self.copy((room, held.key, held), (bucket, key), headers)
            if state.get("acl"):
                self.put_object_acl(bucket, key, mapping.acl_of(state["acl"]), made if made != "null" else None)

    @staticmethod
    def _cover(memo: dict[str, Any], found: list[Stored]) -> list[Stored]:
        """Return the delete markers on top that hide the object only while it is moved."""
        states = memo["versions"]
        own = 0
        while own < len(states) and states[-1 - own]["marker"]:
            own += 1
        upper = upper_markers(found)
        complete = len(found) - len(upper) == len(states) - own
        return upper[: len(upper) - own] if complete and len(upper) > own else [] if complete else upper

    @step("empty-room")
    def _empty_room(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        room = self._room(args)
        try:
            pages = list(self.version_pages(room, prefix=f"{args['prefix']}/"))
        except ObjectMissing:
            return
        for page, _ in pages:
            for one in page:
                self.delete_version(room, one.key, one.version)

    def observe_quarantine(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read where the object is and how many copies are held; of one that was shut, the bucket's policy."""
        del memo
        keeps = change.keeps
        bucket, key = place(keeps)
        if change.mode == "deny":
            return {"policy": self.policy_names(bucket)}
        found = self.versions(bucket, key)
        return {"place": where_it_is(found), "versions": len(found), "held": self._held(keeps)}

    def _held(self, keeps: dict[str, Any]) -> int:
        prefix = f"{keeps['prefix']}/"
        try:
            pages = list(self.version_pages(self._room(keeps), prefix=prefix))
        except ObjectMissing:
            return 0  # the bucket is made on first use
        names = {one.key for page, _ in pages for one in page if one.latest and not one.marker}
        return len(names - {f"{prefix}about.json"})

    # Shutting

    def _plan_deny(self, file: str, bucket: Bucket, key: str) -> Change:
        before = self.policy(bucket)
        self.check_block(bucket, self.access(bucket, fresh=True))
        after = shutting(before, self.object_arn(bucket, key), ())
        return Change(
            action="quarantine",
            target=local("file", file),
            target_name=f"/{file}",
            mode="deny",
            before={"policy": digest(before)},
            after={"policy": digest(after)},
            steps=(self.policy_step(f"let nobody read {key}, by the policy of {bucket.name}", bucket, before, after),),
            inverse=(
                self.policy_step(f"put the policy of {bucket.name} back", bucket, after, before, undoes="put-policy"),
            ),
            touches=(local("file", file), local("folder", bucket.name)),
            side_effects=("the content stays in the bucket; whoever may change the policy can open it again",),
            keeps=bucket_args(bucket, key),
        )


def _held_name(args: dict[str, Any], number: int) -> str:
    return f"{args['prefix']}/{number:05d}"


def _wanted(args: dict[str, Any], memo: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Return what must come back, the oldest first: without versioning only what can be told apart."""
    states = list(enumerate(memo["versions"]))
    if args["history"] == "Enabled":
        return states
    last = max((number for number, state in states if not state["marker"]), default=0)
    return states[last:] if args["history"] else states[-1:]


def stored(key: str, state: dict[str, Any]) -> Stored:
    """Return a version that the journal kept."""
    return Stored(
        key=key,
        etag=state["etag"],
        size=state["size"],
        storage=state["storage"],
        version=state["id"],
        marker=state["marker"],
    )
