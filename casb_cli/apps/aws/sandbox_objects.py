"""S3 as AWS answers it where moto differs: listings, regions, owners, checksums, ACLs that are off, delete markers."""

from __future__ import annotations

import base64
import hashlib
import zlib
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from casb_cli.apps.aws.sandbox_access import action_of, opens, refuses
from casb_cli.apps.aws.sandbox_center_calls import CenterCalls
from casb_cli.apps.aws.sandbox_desk import Caller
from casb_cli.apps.aws.sandbox_moto import models
from casb_cli.apps.aws.sandbox_wire import model_of, refusal
from casb_cli.sandbox.wire import Reply, Request, Route, route

_PUBLIC = (b"groups/global/AllUsers", b"groups/global/AuthenticatedUsers")
_BREAKS = {"\n": "&#10;", "\r": "&#13;"}
_ANYWHERE = frozenset({"ListBuckets", "CreateBucket", "GetBucketLocation"})
"""Operations that need not go to the bucket's region (the last from the home region alone)."""


class Objects(CenterCalls):
    """Buckets and objects."""

    def canonical(self, account: str) -> str:
        """Return the canonical id of an account: the same for all of the organization, as moto has but one."""
        del account
        return str(models("s3").OWNER)

    def enter(self, request: Request, route: Route) -> Reply | None:
        """Check what AWS checks before it looks at an object."""
        refused = super().enter(request, route)
        if refused is None and request.who.found.family == "s3":
            self._before(request, request.who)
        return refused

    def bucket(self, name: str) -> Any:
        """Return moto's bucket of a name, None where there is none."""
        held = self.moto.register("s3").bucket_accounts.get(name)
        return None if held is None else self.moto.backend("s3", held[1]).buckets.get(name)

    def _before(self, request: Request, who: Caller) -> None:
        name = who.params.get("Bucket")
        self._checksum(request, who)
        if name is None or who.found.name == "CreateBucket":
            return
        bucket = self.bucket(name)
        if bucket is None:
            raise refusal("s3", 404, "NoSuchBucket", "The specified bucket does not exist", BucketName=name)
        anywhere = who.found.name in _ANYWHERE and who.region == "us-east-1"
        if bucket.region_name != who.region and not anywhere:
            said = "The bucket you are attempting to access must be addressed using the specified endpoint."
            host = f"{name}.s3.{bucket.region_name}.amazonaws.com"
            elsewhere = refusal("s3", 301, "PermanentRedirect", said, Endpoint=host, Bucket=name)
            elsewhere.reply.headers["x-amz-bucket-region"] = bucket.region_name
            raise elsewhere
        self._owner(request.headers.get("x-amz-expected-bucket-owner"), bucket)
        if bucket.account_id != who.account:
            raise refusal("s3", 403, "AccessDenied", "Access Denied")
        self._policy(who, bucket, action_of(who.found, "VersionId" in who.params), who.params.get("Key"))
        self._acls(request, who, bucket)

    def _policy(self, who: Caller, bucket: Any, action: str, key: str | None) -> None:
        """Refuse what the bucket's own policy denies, which no right of the caller's outweighs."""
        assert who.credential is not None  # noqa: S101 - checked before
        resource = f"arn:aws:s3:::{bucket.name}" + ("" if key is None else f"/{key}")
        if refuses(bucket.policy, action, resource, who.credential):
            said = f"User: {who.credential.arn} is not authorized to perform: {action} with an explicit deny"
            raise refusal("s3", 403, "AccessDenied", said)

    def _owner(self, expected: str | None, bucket: Any) -> None:
        if expected is not None and bucket is not None and expected != bucket.account_id:
            raise refusal("s3", 403, "AccessDenied", "Access Denied")

    def _checksum(self, request: Request, who: Caller) -> None:
        model = model_of("s3").operation_model(who.found.name)
        sums = {
            n: v for n, v in request.headers.items() if n.startswith("x-amz-checksum-") and n != "x-amz-checksum-mode"
        }
        md5 = request.headers.get("content-md5")
        if model.http_checksum.get("requestChecksumRequired") and not sums and md5 is None:
            said = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
            raise refusal("s3", 400, "InvalidRequest", said)
        made = {
            "x-amz-checksum-sha256": lambda: hashlib.sha256(request.body).digest(),
            "x-amz-checksum-sha1": lambda: hashlib.sha1(request.body, usedforsecurity=False).digest(),
            "x-amz-checksum-crc32": lambda: zlib.crc32(request.body).to_bytes(4, "big"),
        }
        body = not request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
        wrong = body and any(base64.b64encode(made[n]()).decode() != v for n, v in sums.items() if n in made)
        if md5 is not None:
            own = base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
            wrong = wrong or own != md5
        if wrong:
            raise refusal("s3", 400, "BadDigest", "The checksum you specified did not match what we received.")

    def _acls(self, request: Request, who: Caller, bucket: Any) -> None:
        canned = request.headers.get("x-amz-acl", "")
        grants = any(name.startswith("x-amz-grant-") for name in request.headers)
        sets = who.found.name in {"PutBucketAcl", "PutObjectAcl"}
        off = (bucket.ownership_rule or "ObjectWriter") == "BucketOwnerEnforced"
        if off and (sets or grants or canned not in ("", "bucket-owner-full-control")):
            raise refusal("s3", 400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
        own, whole = self._blocks(bucket)
        opened = canned.startswith(("public-", "authenticated-")) or (sets and any(p in request.body for p in _PUBLIC))
        if opened and any(block and block.block_public_acls in (True, "true") for block in (own, whole)):
            raise refusal("s3", 403, "AccessDenied", "Access Denied: public ACLs are blocked")
        blocked = any(block and block.block_public_policy in (True, "true") for block in (own, whole))
        if who.found.name == "PutBucketPolicy" and blocked and opens(request.body):
            raise refusal("s3", 403, "AccessDenied", "Access Denied: public policies are blocked")

    def _blocks(self, bucket: Any) -> tuple[Any, Any]:
        return bucket.public_access_block, self.moto.backend("s3control", bucket.account_id).public_access_block

    # Buckets

    @route("GET /s3/ListBuckets", paged=True)
    def list_buckets(self, request: Request) -> Reply:
        """List the caller's buckets; their regions are told in pages alone."""
        params = request.who.params
        found = sorted(self.moto.backend("s3", request.who.account).buckets.values(), key=lambda one: one.name)
        if params.get("BucketRegion"):
            found = [one for one in found if one.region_name == params["BucketRegion"]]
        paged = "MaxBuckets" in params or "ContinuationToken" in params or "BucketRegion" in params
        size = int(params.get("MaxBuckets") or 10_000)
        page, token = self.page(request, found, params.get("ContinuationToken"), size, code="InvalidArgument")
        rows = [
            {"Name": one.name, "CreationDate": one.creation_date} | ({"BucketRegion": one.region_name} if paged else {})
            for one in page
        ]
        result: dict[str, Any] = {"Buckets": rows, "Owner": {"ID": self.canonical(request.who.account)}}
        return self.told(request, result | ({"ContinuationToken": token} if token else {}))

    @route("PUT /s3/CreateBucket")
    def create_bucket(self, request: Request) -> Reply:
        """Make a bucket as AWS does since 2023: ACLs off, all public access blocked."""
        name = str(request.who.params["Bucket"])
        held = self.bucket(name)
        if held is not None:
            own = held.account_id == request.who.account
            code = "BucketAlreadyOwnedByYou" if own else "BucketAlreadyExists"
            raise refusal("s3", 409, code, "The requested bucket name is not available.", BucketName=name)
        reply = self.moto_answers(request)
        made = self.bucket(name)
        if reply.status == 200 and made is not None:
            ownership = request.headers.get("x-amz-object-ownership", "BucketOwnerEnforced")
            made.ownership_rule = ownership
            made.public_access_block = models("s3").PublicAccessBlock(True, True, True, True)
            made.region_name = (request.who.params.get("CreateBucketConfiguration") or {}).get(
                "LocationConstraint"
            ) or "us-east-1"
        return reply

    # Listings

    @route("GET /s3/ListObjectsV2", paged=True)
    def list_objects(self, request: Request) -> Reply:
        """List the objects, in the order of their names' bytes."""
        params, bucket = request.who.params, self.bucket(request.who.params["Bucket"])
        prefix, after, delimiter = params.get("Prefix") or "", params.get("StartAfter") or "", params.get("Delimiter")
        size = min(int(params.get("MaxKeys") if params.get("MaxKeys") is not None else 1000), 1000)
        names = [
            name
            for name in sorted(bucket.keys, key=str.encode)
            if name.startswith(prefix) and name.encode() > after.encode() and _alive(bucket.keys[name])
        ]
        rows = _folded(names, prefix, delimiter)
        page, token = self.page(request, rows, params.get("ContinuationToken"), size, code="InvalidArgument")
        encode = _encoder(params.get("EncodingType"))
        owner = {"Owner": {"ID": self.canonical(bucket.account_id)}} if params.get("FetchOwner") else {}
        result: dict[str, Any] = {
            "Name": bucket.name,
            "Prefix": encode(prefix),
            "MaxKeys": size,
            "KeyCount": len(page),
            "IsTruncated": token is not None,
            "Contents": [_content(bucket.keys[name], encode) | owner for folder, name in page if not folder],
            "CommonPrefixes": [{"Prefix": encode(name)} for folder, name in page if folder],
        }
        given = {"Delimiter": delimiter, "EncodingType": params.get("EncodingType"), "StartAfter": after or None}
        given |= {"ContinuationToken": params.get("ContinuationToken"), "NextContinuationToken": token}
        return self.told(request, result | {name: value for name, value in given.items() if value is not None})

    @route("GET /s3/ListObjectVersions", paged=True)
    def list_versions(self, request: Request) -> Reply:
        """List versions and delete markers as they lie: by name, the newest first."""
        params, bucket = request.who.params, self.bucket(request.who.params["Bucket"])
        prefix = params.get("Prefix") or ""
        size = min(int(params.get("MaxKeys") if params.get("MaxKeys") is not None else 1000), 1000)
        rows = [
            (one, number == 0)
            for name in sorted(bucket.keys, key=str.encode)
            if name.startswith(prefix)
            for number, one in enumerate(reversed(bucket.keys.getlist(name)))
        ]
        start = self._after(request, rows, params.get("KeyMarker"), params.get("VersionIdMarker"))
        page = rows[start : start + size]
        more = start + size < len(rows)
        encode = _encoder(params.get("EncodingType"))
        told = {"Name": bucket.name, "Prefix": encode(prefix), "KeyMarker": encode(params.get("KeyMarker") or "")}
        told |= {"VersionIdMarker": params.get("VersionIdMarker") or "", "MaxKeys": str(size)}
        if params.get("EncodingType"):
            told["EncodingType"] = params["EncodingType"]
        told["IsTruncated"] = str(more).lower()
        if more and page:
            told |= {"NextKeyMarker": encode(page[-1][0].name), "NextVersionIdMarker": str(page[-1][0].version_id)}
        owner = f"<Owner><ID>{self.canonical(bucket.account_id)}</ID></Owner>"
        text = "".join(_element(name, value) for name, value in told.items())
        # Written here: the model's serializer would put all versions before all markers.
        text += "".join(_version_element(one, latest, encode, owner) for one, latest in page)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        return Reply(200, f"{head}{text}</ListVersionsResult>".encode(), {"content-type": "application/xml"})

    def _after(self, request: Request, rows: list[tuple[Any, bool]], key: str | None, version: str | None) -> int:
        if not key:
            return 0
        if request.fault == "expired-cursor":
            raise refusal("s3", 400, "InvalidArgument", "Invalid version id specified")
        for number, (one, _) in enumerate(rows):
            if one.name == key and version == one.version_id:
                return number + 1
        if version:
            raise refusal("s3", 400, "InvalidArgument", "Invalid version id specified")
        return sum(one.name.encode() <= key.encode() for one, _ in rows)

    # Objects

    @route("GET /s3/GetObject", download=True)
    @route("HEAD /s3/HeadObject")
    def get_object(self, request: Request) -> Reply:
        """Give an object; a delete marker is told as such."""
        found, marked = self._version(request)
        if marked:
            headers = {"x-amz-delete-marker": "true", "x-amz-version-id": found.version_id}
            if request.who.params.get("VersionId"):
                refused = refusal("s3", 405, "MethodNotAllowed", "The specified method is not allowed.", Method="GET")
            else:
                refused = refusal("s3", 404, "NoSuchKey", "The specified key does not exist.")
            refused.reply.headers.update(headers)
            raise refused
        reply = self.moto_answers(request)
        if request.method == "HEAD" and reply.status == 200:
            reply.body = bytes(found.value)  # the server tells its length and keeps it back
        return reply

    @route("PUT /s3/PutObjectAcl")
    @route("PUT /s3/PutBucketAcl")
    def put_acl(self, request: Request) -> Reply:
        """Set an ACL; one that is told in full is kept in full."""
        told = request.who.params.get("AccessControlPolicy")
        if not told:
            return self.moto_answers(request)
        s3 = models("s3")
        acl = s3.FakeAcl([_grant(s3, one) for one in told.get("Grants") or ()])
        bucket = self.bucket(request.who.params["Bucket"])
        if request.who.found.name == "PutBucketAcl":
            bucket.set_acl(acl)
            return self.told(request, {})
        found, marked = self._version(request)
        if found is None or marked:
            raise refusal("s3", 404, "NoSuchKey", "The specified key does not exist.")
        found.set_acl(acl)
        return self.told(request, {})

    def _version(self, request: Request) -> tuple[Any, bool]:
        params = request.who.params
        versions = self.bucket(params["Bucket"]).keys.getlist(params.get("Key"), [])
        wanted = params.get("VersionId")
        if wanted:
            found = next((one for one in versions if str(one.version_id) == wanted), None)
        else:
            found = versions[-1] if versions else None
        return found, found is not None and not _alive(found)

    @route("PUT /s3/CopyObject")
    def copy_object(self, request: Request) -> Reply:
        """Copy an object, if its source is what the caller thinks it is."""
        path, _, query = request.headers["x-amz-copy-source"].partition("?versionId=")
        name, _, key = unquote(path).lstrip("/").partition("/")
        bucket = self.bucket(name)
        if bucket is None:
            raise refusal("s3", 404, "NoSuchBucket", "The specified bucket does not exist", BucketName=name)
        self._owner(request.headers.get("x-amz-source-expected-bucket-owner"), bucket)
        if bucket.account_id != request.who.account:
            raise refusal("s3", 403, "AccessDenied", "Access Denied")
        versions = bucket.keys.getlist(key, [])
        source = next((one for one in versions if str(one.version_id) == query), None) if query else None
        if not query and versions:
            source = versions[-1]
        if source is None or not _alive(source):
            raise refusal("s3", 404, "NoSuchVersion" if query else "NoSuchKey", "The source does not exist.", Key=key)
        self._policy(request.who, bucket, "s3:GetObjectVersion" if query else "s3:GetObject", key)
        wanted = request.headers.get("x-amz-copy-source-if-match")
        if wanted is not None and wanted.strip('"') != source.etag.strip('"'):
            said = "At least one of the pre-conditions you specified did not hold"
            raise refusal("s3", 412, "PreconditionFailed", said, Condition="x-amz-copy-source-If-Match")
        self._unchanged(request)
        return self.moto_answers(request)

    @route("PUT /s3/PutObject")
    def put_object(self, request: Request) -> Reply:
        """Store an object, if what it replaces is what the caller thinks it is."""
        self._unchanged(request)
        return self.moto_answers(request)

    def _unchanged(self, request: Request) -> None:
        found, marked = self._version(request)
        there = found is not None and not marked
        wanted = request.headers.get("if-match")
        if wanted is not None and not there:
            raise refusal("s3", 404, "NoSuchKey", "The specified key does not exist.")
        said = "At least one of the pre-conditions you specified did not hold"
        if wanted is not None and wanted.strip('"') != found.etag.strip('"'):
            raise refusal("s3", 412, "PreconditionFailed", said, Condition="If-Match")
        if request.headers.get("if-none-match") == "*" and there:
            raise refusal("s3", 412, "PreconditionFailed", said, Condition="If-None-Match")

    @route("DELETE /s3/DeleteObject")
    def delete_object(self, request: Request) -> Reply:
        """Delete an object; where versions are kept, even what was never there gets a delete marker."""
        params, bucket = request.who.params, self.bucket(request.who.params["Bucket"])
        if params.get("VersionId") or not bucket.is_versioned or params["Key"] in bucket.keys:
            return self.moto_answers(request)
        marker = models("s3").FakeDeleteMarker(key=SimpleNamespace(name=params["Key"]))
        bucket.keys[params["Key"]] = marker
        return Reply(204, b"", {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version_id})

    # For tests

    def where(self, file: str) -> tuple[Any, str]:
        """Return moto's bucket and the key of a file's id; raises KeyError."""
        name, _, key = file.partition("/")
        bucket = self.bucket(name)
        if bucket is None:
            raise KeyError(file)
        return bucket, key

    def content(self, file: str) -> bytes | None:
        """Return what a file holds now, None where it is gone or hidden by a delete marker: for tests."""
        with self.moto.held():
            self.ready()
            bucket, key = self.where(file)
            versions = bucket.keys.getlist(key, [])
            return bytes(versions[-1].value) if versions and _alive(versions[-1]) else None

    def edit(self, file: str, data: bytes) -> None:
        """Let somebody save new content: for tests."""
        with self.moto.held():
            self.ready()
            bucket, key = self.where(file)
            before = bucket.keys.getlist(key, [])
            if not before:
                raise KeyError(file)
            self.moto.backend("s3", bucket.account_id).put_object(bucket.name, key, data)
            made = bucket.keys.getlist(key)[-1]
            made.acl = getattr(before[-1], "acl", made.acl)
            made.set_metadata({"Content-Type": getattr(before[-1], "metadata", {}).get("Content-Type", "text/plain")})


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value, _BREAKS)}</{name}>"


def _version_element(one: Any, latest: bool, encode: Any, owner: str) -> str:
    told = {"Key": encode(one.name), "VersionId": str(one.version_id), "IsLatest": str(latest).lower()}
    told["LastModified"] = f"{one.last_modified:%Y-%m-%dT%H:%M:%S.000Z}"
    name = "DeleteMarker"
    if _alive(one):
        name = "Version"
        told |= {"ETag": one.etag, "Size": str(one.size), "StorageClass": one.storage_class}
    return f"<{name}>{''.join(_element(field, value) for field, value in told.items())}{owner}</{name}>"


def _grant(s3: Any, one: dict[str, Any]) -> Any:
    grantee = one["Grantee"]
    holder = s3.FakeGrantee(
        grantee_id=grantee.get("ID") or "", uri=grantee.get("URI") or "", display_name=grantee.get("DisplayName") or ""
    )
    return s3.FakeGrant([holder], [one["Permission"]])


def _alive(one: Any) -> bool:
    """Tell an object from a delete marker."""
    return hasattr(one, "bucket_name")


def _encoder(kind: str | None) -> Any:
    return (lambda text: quote(text, safe="/")) if kind == "url" else str


def _content(one: Any, encode: Any) -> dict[str, Any]:
    return {
        "Key": encode(one.name),
        "LastModified": one.last_modified,
        "ETag": one.etag,
        "Size": one.size,
        "StorageClass": one.storage_class,
    }


def _folded(names: list[str], prefix: str, delimiter: str | None) -> list[tuple[bool, str]]:
    found: dict[tuple[bool, str], None] = {}
    for name in names:
        head, mark, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        found[(True, prefix + head + mark) if mark else (False, name)] = None
    return list(found)
