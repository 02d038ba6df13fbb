"""Trash by delete markers, and overwriting: in versioned buckets the one can be undone, the other never."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.aws.files import Files
from casb_cli.apps.aws.mapping_s3 import Bucket, Stored
from casb_cli.apps.aws.s3_objects import Head, tag_header
from casb_cli.apps.aws.scopes import may
from casb_cli.apps.base import step
from casb_cli.core.capabilities import Change, OverwriteFile, Step, TrashFile, needs
from casb_cli.core.errors import ObjectMissing, StateConflict, Unsupported
from casb_cli.core.refs import local

_FINDING = may("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucketVersions")
_CASE = "x-amz-meta-casb-case"
_LIFECYCLE = "a lifecycle rule of the bucket may remove the hidden versions; then nothing brings it back"


def tombstone(case: str) -> bytes:
    """Return what stands in the place of an overwritten file."""
    return f"This file was removed by the security team. Reference: {case}\n".encode()


def bucket_args(bucket: Bucket, key: str) -> dict[str, Any]:
    """Return an object's place as steps keep it."""
    return {"account": bucket.account, "region": bucket.region, "bucket": bucket.name, "key": key}


def place(args: dict[str, Any]) -> tuple[Bucket, str]:
    """Return the bucket and key that a step's arguments name."""
    return Bucket(args["bucket"], args["account"], args["region"]), args["key"]


def where_it_is(versions: list[Stored]) -> str:
    """Return where an object is: `bucket`, `trash` (hidden by a delete marker) or `gone`."""
    if not versions:
        return "gone"
    if not versions[0].marker:
        return "bucket"
    return "trash" if any(not one.marker for one in versions) else "gone"


class GovernFiles(Files, TrashFile, OverwriteFile):
    """The acting half of matrix row 12."""

    def standing(self, id_: str) -> tuple[Bucket, str, list[Stored]]:
        """Return an object's place and versions, trashed or not; raises ObjectMissing."""
        bucket, key = self.place_of(id_)
        versions = self.versions(bucket, key)
        if where_it_is(versions) == "gone":
            raise ObjectMissing(f"there is no object {id_}", call="GET /s3/ListObjectVersions", code="NoSuchKey").at(
                self.client.where
            )
        return bucket, key, versions

    @needs("GET /s3/ListBuckets", "GET /s3/GetBucketVersioning", "GET /s3/ListObjectVersions", any_of=_FINDING)
    @needs("DELETE /s3/DeleteObject", any_of=may("s3:DeleteObject", "s3:DeleteObjectVersion"))
    def plan_trash(self, file: str) -> Change:
        bucket, key, versions = self.standing(file)
        now = where_it_is(versions)
        if now == "bucket":
            self._check_trash(bucket, versions)
        args = bucket_args(bucket, key)
        return Change(
            action="trash",
            target=local("file", file),
            target_name=f"/{file}",
            version=versions[0].etag or None,
            before={"place": now},
            after={"place": "trash"},
            steps=(Step(name="hide-file", title=f"put a delete marker over {key}", args=args, repeatable=False),)
            if now == "bucket"
            else (),
            inverse=(
                Step(name="unhide-file", title=f"remove the delete marker of {key}", args=args, undoes="hide-file"),
            ),
            touches=(local("file", file),),
            side_effects=("older versions stay readable by whoever may read versions", _LIFECYCLE),
            keeps=args,
        )

    def _check_trash(self, bucket: Bucket, versions: list[Stored]) -> None:
        """Raise Unsupported where deleting would not leave the content behind."""
        state = self.versioning(bucket)
        if not state:
            raise Unsupported(
                f"the bucket {bucket.name} keeps no versions: deleting would be for good",
                hint="quarantine the file, which moves it and can be undone; or switch versioning on",
            )
        if state == "Suspended" and any(one.version == "null" for one in versions):
            raise Unsupported(
                f"versioning of {bucket.name} is suspended: deleting would replace the version `null` for good",
                hint="quarantine the file, which moves it and can be undone",
            )

    @needs("GET /s3/ListBuckets", "GET /s3/GetBucketVersioning", "GET /s3/ListObjectVersions", any_of=_FINDING)
    @needs("DELETE /s3/DeleteObject", any_of=may("s3:DeleteObjectVersion", "s3:DeleteObject"))
    def plan_restore(self, file: str) -> Change:
        bucket, key, versions = self.standing(file)
        now = where_it_is(versions)
        args = bucket_args(bucket, key)
        markers = [one.version for one in upper_markers(versions)]
        return Change(
            action="restore",
            target=local("file", file),
            target_name=f"/{file}",
            before={"place": now},
            after={"place": "bucket"},
            steps=(
                Step(
                    name="unhide-file",
                    title=f"remove the delete marker of {key}",
                    args={**args, "markers": markers},
                ),
            )
            if now == "trash"
            else (),
            inverse=(
                Step(
                    name="hide-file",
                    title=f"put a delete marker over {key}",
                    args=args,
                    repeatable=False,
                    undoes="unhide-file",
                ),
            ),
            touches=(local("file", file),),
            exposure=f"whoever could read {key} before can read it again",
            keeps=args,
        )

    @step("hide-file")
    def _hide_file(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        bucket, key = place(args)
        versions = self.versions(bucket, key)
        if where_it_is(versions) != "bucket":
            return {"marker": versions[0].version} if versions else {}
        self._check_trash(bucket, versions)
        return {"marker": self.mark_deleted(bucket, key)}

    @step("unhide-file")
    def _unhide_file(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        """Remove the delete markers above the newest content: those planned, or the one that was made."""
        bucket, key = place(args)
        known = args.get("markers") or [memo.get("marker")]
        for one in upper_markers(self.versions(bucket, key)):
            if known != [None] and one.version not in known:
                raise StateConflict(f"{key} was deleted by somebody else too; nothing more was done")
            self.delete_version(bucket, key, one.version)

    def observe_trash(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the key's versions again."""
        del memo
        bucket, key = place(change.keeps)
        return {"place": where_it_is(self.versions(bucket, key))}

    observe_restore = observe_trash

    # Overwriting

    @needs("GET /s3/ListBuckets", "GET /s3/GetBucketVersioning", "GET /s3/ListObjectVersions", any_of=_FINDING)
    @needs("HEAD /s3/HeadObject", "GET /s3/GetObjectTagging", any_of=may("s3:GetObject", "s3:GetObjectTagging"))
    @needs(
        "PUT /s3/PutObject",
        "DELETE /s3/DeleteObject",
        any_of=may("s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObjectVersion"),
        irreversible="the former content and all its versions are deleted for good",
    )
    def plan_overwrite(self, file: str, *, case: str) -> Change:
        bucket, key, versions = self.standing(file)
        if where_it_is(versions) != "bucket":
            raise Unsupported("a file in the trash cannot be overwritten", hint="restore it first, or quarantine it")
        head = self.head(bucket, key)
        self.check_locks(bucket, key, versions)
        kept = self.versioning(bucket) != ""
        older = len(versions) if kept else 0
        args = {**bucket_args(bucket, key), "case": case}
        steps = [
            Step(
                name="write-tombstone",
                title=f"replace the content of {key} by a tombstone",
                args={**args, "etag": head.etag},
            )
        ]
        if kept:
            steps.append(
                Step(name="drop-versions", title=f"delete {older} former versions of {key} for good", args=args)
            )
        return Change(
            action="overwrite",
            target=local("file", file),
            target_name=f"/{file}",
            version=head.etag,
            before={"case": head.headers.get(_CASE), "older": max(len(versions) - 1, 0)},
            after={"case": case, "older": 0},
            steps=tuple(steps),
            irreversible="the former content and all its versions are deleted for good",
            touches=(local("file", file),),
            side_effects=(
                "its content type, metadata and tags stay; its ACL becomes private",
                "replicas in other buckets, backups and caches keep what they hold",
            ),
            keeps=args,
        )

    def check_locks(self, bucket: Bucket, key: str, versions: list[Stored]) -> None:
        """Raise StateConflict where Object Lock forbids deleting a version: found half-way, it would be too late."""
        call = self.s3_call("GET /s3/GetObjectLockConfiguration", bucket, query={"object-lock": ""})
        if self.setting(call) is None:
            return
        for one in versions:
            lock = None if one.marker else self.head(bucket, key, one.version).lock
            if lock is not None:
                raise StateConflict(
                    f"{key} is under Object Lock ({lock}): its versions cannot be deleted before that ends",
                    hint="take away the access to it instead: casb govern make-private",
                )

    @step("write-tombstone")
    def _write_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        bucket, key = place(args)
        now = self.head(bucket, key)
        if now.headers.get(_CASE) == args["case"]:
            return
        if now.etag != args["etag"]:
            raise StateConflict(f"{key} was changed meanwhile; nothing was overwritten")
        headers = {**_kept_headers(now), _CASE: args["case"], "If-Match": f'"{now.etag}"'}
        tags = self.tags(bucket, key)
        if tags:
            headers["x-amz-tagging"] = tag_header(tags)
        # Not repeatable as a call: sent twice it would make two versions; the step reads before it writes.
        call = self.act_s3(
            "PUT /s3/PutObject", bucket, key, headers=headers, content=tombstone(args["case"]), safe=False
        )
        self.client.send(call)

    @step("drop-versions")
    def _drop_versions(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        bucket, key = place(args)
        if self.head(bucket, key).headers.get(_CASE) != args["case"]:
            raise StateConflict(f"{key} was changed since it was overwritten; its older versions were left")
        for one in self.versions(bucket, key)[1:]:
            self.delete_version(bucket, key, one.version)

    def observe_overwrite(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the tombstone's mark and how many older versions are left."""
        del memo
        bucket, key = place(change.keeps)
        older = max(len(self.versions(bucket, key)) - 1, 0)
        return {"case": self.head(bucket, key).headers.get(_CASE), "older": older}


def upper_markers(versions: list[Stored]) -> list[Stored]:
    """Return the delete markers above the newest content."""
    found = []
    for one in versions:
        if not one.marker:
            break
        found.append(one)
    return found


def _kept_headers(now: Head) -> dict[str, str]:
    kept = {name: now.headers[name] for name in ("content-type",) if name in now.headers}
    return kept | now.meta | ({"x-amz-storage-class": now.storage} if now.storage != "STANDARD" else {})
