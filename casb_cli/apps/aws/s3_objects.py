"""Single objects of S3: their versions, and copying, writing and deleting them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from casb_cli.apps.aws import mapping_s3 as mapping
from casb_cli.apps.aws.mapping_s3 import Acl, Bucket, Stored
from casb_cli.apps.aws.s3 import PAGE, S3
from casb_cli.apps.aws.s3_xml import document, element, word, yes
from casb_cli.apps.aws.wire import Element
from casb_cli.apps.aws.wire import root as read
from casb_cli.core import clock
from casb_cli.core.errors import BadAnswer, ObjectMissing, StateConflict
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Answer, Call

LARGEST_COPY = 5 << 30
"""Bytes that S3 copies in one call; more goes in parts."""
PART = 1 << 30
_CARRIED = (
    "content-type",
    "content-encoding",
    "content-disposition",
    "content-language",
    "cache-control",
    "expires",
    "x-amz-website-redirect-location",
)
"""Headers of an object that a copy in parts must set again."""


class Head(msgspec.Struct, frozen=True):
    """What S3 tells of one object, or version, without its content."""

    etag: str
    size: int
    modified: str | None
    version: str
    storage: str
    headers: dict[str, str]

    @property
    def meta(self) -> dict[str, str]:
        """The object's own metadata."""
        return {name: value for name, value in self.headers.items() if name.startswith("x-amz-meta-")}

    @property
    def lock(self) -> str | None:
        """What forbids deleting it: `legal-hold`, `COMPLIANCE`, `GOVERNANCE`, or None."""
        if self.headers.get("x-amz-object-lock-legal-hold", "").upper() == "ON":
            return "legal-hold"
        until = self.headers.get("x-amz-object-lock-retain-until-date")
        mode = self.headers.get("x-amz-object-lock-mode")
        if not mode or not until:
            return None
        end = clock.normalise(until)
        return mode.upper() if end is None or clock.parse(end) > clock.now() else None


class VersionPages:
    """ListObjectVersions' pages; the cursor holds both markers. Spelt with care: a key may hold anything."""

    feed = False

    def __init__(self) -> None:
        self.root = Element("")
        """The page read last."""

    def prepare(self, call: Call, cursor: str | None) -> Call:
        """Return the call for the page at `cursor`."""
        if cursor is None:
            return call
        key, version = from_json(cursor, tuple[str, str | None])
        return msgspec.structs.replace(call, query={**call.query, "key-marker": key, "version-id-marker": version})

    def after(self, call: Call, answer: Answer) -> str | None:
        """Return the cursor behind a page; raises BadAnswer."""
        self.root = read(answer)
        if not yes(self.root, "IsTruncated"):
            return None
        key = word(self.root, "NextKeyMarker")
        if key is None:
            raise BadAnswer("the page says that more follow, and not where", call=call.name, status=answer.status)
        url = word(self.root, "EncodingType") == "url"
        place = (mapping.text_of(key, url=url), word(self.root, "NextVersionIdMarker"))
        return msgspec.json.encode(place).decode()


class Objects(S3):
    """Reading and changing one object at a time."""

    def head(self, bucket: Bucket, key: str, version: str | None = None) -> Head:
        """Return what S3 tells of an object; raises ObjectMissing, also where a delete marker stands for it."""
        call = self.s3_call("HEAD /s3/HeadObject", bucket, key, query={"versionId": version}, answers=(404, 405))
        answer = self.client.send(call)
        if answer.status in {404, 405}:
            marked = answer.headers.get("x-amz-delete-marker") == "true"
            raise ObjectMissing(
                f"there is no object {bucket.name}/{key}" + (", only a delete marker" if marked else ""),
                call=call.name,
                status=answer.status,
                code="deleted" if marked else "NoSuchKey",
            ).at(self.client.where)
        found = dict(answer.headers)
        modified = clock.from_http_date(found.get("last-modified", ""))
        return Head(
            etag=found.get("etag", "").strip('"'),
            size=int(found.get("content-length") or 0),
            modified=clock.text(modified) if modified else None,
            version=found.get("x-amz-version-id") or "null",
            storage=found.get("x-amz-storage-class") or "STANDARD",
            headers=found,
        )

    def version_pages(
        self, bucket: Bucket, cursor: str | None = None, prefix: str | None = None
    ) -> Iterator[tuple[list[Stored], str | None]]:
        """Yield versions and delete markers page by page, each key's newest first."""
        query = {"versions": "", "max-keys": PAGE, "encoding-type": "url", "prefix": prefix}
        pages = VersionPages()
        call = self.s3_call("GET /s3/ListObjectVersions", bucket, query=query)
        for _, after in self.client.pages(call, pages, cursor):
            url = word(pages.root, "EncodingType") == "url"
            found = [
                mapping.stored(one, url=url) for one in pages.root.children if one.name in {"Version", "DeleteMarker"}
            ]
            yield found, after

    def versions(self, bucket: Bucket, key: str) -> list[Stored]:
        """Return all versions and delete markers of one key, the newest first."""
        found: list[Stored] = []
        for page, _ in self.version_pages(bucket, prefix=key):
            found += [one for one in page if one.key == key]
            if any(one.key > key for one in page):
                break
        return newest_first(found)

    def versioning(self, bucket: Bucket) -> str:
        """Return whether a bucket keeps versions: `Enabled`, `Suspended`, or `` where it never did."""
        return word(self.ask("GET /s3/GetBucketVersioning", bucket, query={"versioning": ""}), "Status") or ""

    def tags(self, bucket: Bucket, key: str, version: str | None = None) -> list[tuple[str, str]]:
        """Return an object's tags."""
        query = {"tagging": "", "versionId": version}
        holder = self.ask("GET /s3/GetObjectTagging", bucket, key, query=query).find("TagSet")
        return [(one.value("Key") or "", one.value("Value") or "") for one in (holder.named("Tag") if holder else ())]

    def delete_version(self, bucket: Bucket, key: str, version: str) -> None:
        """Delete one version or delete marker for good; one that is gone already is fine."""
        query = {"versionId": version}
        self.client.send(self.act_s3("DELETE /s3/DeleteObject", bucket, key, query=query, safe=True, answers=(404,)))

    def mark_deleted(self, bucket: Bucket, key: str) -> str:
        """Put a delete marker over an object of a versioned bucket and return the marker's id."""
        answer = self.client.send(self.act_s3("DELETE /s3/DeleteObject", bucket, key, safe=False))
        return answer.headers.get("x-amz-version-id") or "null"

    def put_object_acl(self, bucket: Bucket, key: str, wanted: Acl, version: str | None = None) -> None:
        """Set an object's ACL."""
        query = {"acl": "", "versionId": version}
        body = mapping.acl_body(wanted)
        self.client.send(self.act_s3("PUT /s3/PutObjectAcl", bucket, key, query=query, content=body, safe=True))

    # Copying

    def copy(
        self,
        source: tuple[Bucket, str, Stored],
        target: tuple[Bucket, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Copy one version with metadata and tags, and return the id of the version made; checks that it is whole."""
        origin, key, version = source
        place, name = target
        made = self._copy_whole(source, target, headers or {})
        copied = self.head(place, name, made if made != "null" else None)
        plain = "-" not in version.etag and "-" not in copied.etag
        encrypted = "kms" in copied.headers.get("x-amz-server-side-encryption", "")
        if copied.size != version.size or (plain and not encrypted and not self._explained(source, copied)):
            raise StateConflict(
                f"the copy of {origin.name}/{key} in {place.name} is not equal to it; nothing was deleted",
                call="HEAD /s3/HeadObject",
            ).at(self.client.where)
        return copied.version

    def _explained(self, source: tuple[Bucket, str, Stored], copied: Head) -> bool:
        """Tell whether differing ETags are explained: those of objects under a key of KMS are no checksums."""
        bucket, key, version = source
        if copied.etag == version.etag:
            return True
        head = self.head(bucket, key, version.version)
        return bool(head.headers.get("x-amz-server-side-encryption", "").startswith("aws:kms"))

    def _source(self, bucket: Bucket, key: str, version: Stored) -> dict[str, str]:
        return {
            "x-amz-copy-source": f"/{bucket.name}/{quote(key, safe='/~')}?versionId={quote(version.version, safe='')}",
            "x-amz-copy-source-if-match": f'"{version.etag}"',
            "x-amz-source-expected-bucket-owner": bucket.account,
        }

    def _copy_whole(
        self, source: tuple[Bucket, str, Stored], target: tuple[Bucket, str], headers: Mapping[str, str]
    ) -> str:
        if source[2].size > LARGEST_COPY:
            return self._copy_parts(source, target, headers)
        sent = {
            **self._source(*source),
            "x-amz-metadata-directive": "COPY",
            "x-amz-tagging-directive": "COPY",
            **headers,
        }
        call = self.act_s3("PUT /s3/CopyObject", *target, headers=sent, safe=False)
        answer = self.client.send(call)
        if word(read(answer), "ETag") is None:
            raise BadAnswer("the copy has no ETag", call=call.name, status=answer.status)
        return answer.headers.get("x-amz-version-id") or "null"

    def _copy_parts(
        self, source: tuple[Bucket, str, Stored], target: tuple[Bucket, str], headers: Mapping[str, str]
    ) -> str:
        bucket, key, version = source
        head = self.head(bucket, key, version.version)
        kept = {name: head.headers[name] for name in _CARRIED if name in head.headers} | head.meta
        tags = self.tags(bucket, key, version.version)
        if tags:
            kept["x-amz-tagging"] = tag_header(tags)
        conditions = {name: value for name, value in headers.items() if name == "If-None-Match"}
        kept |= {name: value for name, value in headers.items() if name not in conditions}
        begun = self.act_s3("POST /s3/CreateMultipartUpload", *target, query={"uploads": ""}, headers=kept, safe=True)
        upload = word(read(self.client.send(begun)), "UploadId")
        if upload is None:
            raise BadAnswer("the upload in parts has no id", call=begun.name)
        try:
            parts = [
                self._copy_part(source, target, upload, number, at)
                for number, at in enumerate(range(0, version.size, part_size(version.size)), 1)
            ]
            body = document("CompleteMultipartUpload", *parts)
            done = self.act_s3(
                "POST /s3/CompleteMultipartUpload",
                *target,
                query={"uploadId": upload},
                headers=conditions,
                content=body,
                safe=True,
            )
            return self.client.send(done).headers.get("x-amz-version-id") or "null"
        except Exception:  # raised again: parts that stay behind are paid for until somebody finds them
            query = {"uploadId": upload}
            self.client.send(
                self.act_s3("DELETE /s3/AbortMultipartUpload", *target, query=query, safe=True, answers=(404,))
            )
            raise

    def _copy_part(
        self, source: tuple[Bucket, str, Stored], target: tuple[Bucket, str], upload: str, number: int, at: int
    ) -> str:
        size = source[2].size
        last = min(at + part_size(size), size) - 1
        sent = {**self._source(*source), "x-amz-copy-source-range": f"bytes={at}-{last}"}
        query = {"partNumber": number, "uploadId": upload}
        call = self.act_s3("PUT /s3/UploadPartCopy", *target, query=query, headers=sent, safe=True)
        etag = word(read(self.client.send(call)), "ETag")
        if etag is None:
            raise BadAnswer("a part that was copied has no ETag", call=call.name)
        return element("Part", element("PartNumber", text=str(number)), element("ETag", text=etag))


def part_size(size: int) -> int:
    """Return the size of the parts of a large copy: S3 takes at most 10,000."""
    return max(PART, -(-size // 10_000))


def tag_header(tags: list[tuple[str, str]]) -> str:
    """Return tags as a header carries them."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in tags)


def newest_first(found: list[Stored]) -> list[Stored]:
    """Return a key's versions with the newest first, whether or not the provider mixes versions and markers."""
    latest = [one for one in found if one.latest]
    rest = [one for one in found if not one.latest]
    # S3 lists newest first; the sort keeps that order among equal times.
    return latest + sorted(rest, key=lambda one: one.modified or "", reverse=True)


def version_state(found: Stored) -> dict[str, Any]:
    """Return a version as the journal keeps it."""
    return {
        "id": found.version,
        "marker": found.marker,
        "etag": found.etag,
        "size": found.size,
        "storage": found.storage,
    }
