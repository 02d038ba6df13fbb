"""The files that a trail leaves in S3: listed by account, region and day, read one by one."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from casb_cli.apps.aws import wire
from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.events import activity, records
from casb_cli.core import clock
from casb_cli.core.capabilities import Page, Window
from casb_cli.core.errors import BadAnswer, CursorExpired, UsageError
from casb_cli.core.models import Activity, Partition
from casb_cli.core.shapes import from_json

AGAIN = timedelta(hours=1)
"""How far back files are looked at again: they are published late, and not in order."""
LARGEST = 256 * 1024 * 1024
"""Bytes of a file's records: one is at most a few megabytes compressed."""
_TRAIL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


class _Object(msgspec.Struct):
    Key: str


class _Prefix(msgspec.Struct):
    Prefix: str


class _Listed(msgspec.Struct):
    Contents: list[_Object] = []
    CommonPrefixes: list[_Prefix] = []
    IsTruncated: str | None = None
    NextContinuationToken: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where the reading of a region's files stands: the last key read, and the hour it was read to."""

    key: str
    until: str
    done: bool = False


class Trail(AwsBase):
    """Activity from a trail's bucket, read with our own keys: it lies in the account that gathers the logs."""

    def trail_place(self) -> tuple[str, str]:
        """Return bucket and prefix (with its `/`, or ''); raises UsageError."""
        match = _TRAIL.fullmatch(self.field("trail"))
        if match is None:
            raise UsageError("`trail` names no bucket", hint="--field trail=s3://bucket/prefix")
        prefix = (match[2] or "").strip("/")
        return match[1], f"{prefix}/" if prefix else ""

    def list_trail(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield the records of one account's files; each of its regions is a partition."""
        account = part.data["account"]
        if "region" in part.data:
            yield from self._region(part.data["base"], account, part.data["region"], cursor, window)
            return
        base = self._base(account)
        found = self._folders(f"{base}{account}/CloudTrail/")
        more = tuple(
            Partition(key=f"trail:{account}:{region}", data={"account": account, "region": region, "base": base})
            for region in found
        )
        yield Page(items=(), more=more)

    def _base(self, account: str) -> str:
        """Return the folder that holds an account's: an organization's trail has its id between."""
        _, prefix = self.trail_place()
        logs = f"{prefix}AWSLogs/"
        folders = self._folders(logs)
        if account in folders:
            return logs
        organization = next((one for one in folders if one.startswith("o-")), "")
        return f"{logs}{organization}/" if organization else logs

    def _folders(self, prefix: str) -> list[str]:
        return [
            unquote(one.Prefix).removeprefix(prefix).strip("/")
            for page in self._listed({"prefix": prefix, "delimiter": "/"})
            for one in page.CommonPrefixes
        ]

    def _listed(self, query: dict[str, Any]) -> Iterator[_Listed]:
        bucket, _ = self.trail_place()
        asked = {"list-type": 2, "encoding-type": "url", **query}
        token: str | None = None
        while True:
            more = {"continuation-token": token} if token else {}
            answer = self.client.send(self.bucket_call("ListObjectsV2", "GET", bucket, query={**asked, **more}))
            page = wire.decode(answer, _Listed)
            yield page
            if page.IsTruncated != "true":
                return
            if not page.NextContinuationToken or page.NextContinuationToken == token:
                raise BadAnswer(
                    "the listing of the trail's bucket goes on but does not move", call="GET /s3/ListObjectsV2"
                )
            token = page.NextContinuationToken

    def _region(
        self, base: str, account: str, region: str, cursor: str | None, window: Window
    ) -> Iterator[Page[Activity]]:
        known = _place(cursor)
        now = clock.now().replace(microsecond=0)
        since = clock.parse(window.since) if window.since else now - timedelta(days=90)
        until = clock.parse(window.until) if window.until else now
        start = since
        after = ""
        if known is not None:
            start, after = (
                (clock.parse(known.until) - AGAIN, "") if known.done else (_day_of(known.key) or since, known.key)
            )
            start = max(start, since) if window.since else start
        folder = f"{base}{account}/CloudTrail/{region}/"
        first = f"{folder}{start.astimezone(UTC):%Y/%m/%d}/"
        # Keys are in order of time: one listing from the first day on, however many days are empty.
        for key in self._keys_after(folder, max(first, after) if after.startswith(folder) else first):
            moment = _moment_of(key) or start
            if moment > until + AGAIN:
                break  # a file holds what happened up to a quarter of an hour before its name
            if moment < start - AGAIN:
                continue
            place = Place(key=key, until=clock.text(now))
            yield Page(items=self._rows(key, window), cursor=msgspec.json.encode(place).decode())
            after = key
        place = Place(key=after, until=clock.text(min(now, until)), done=True)
        yield Page(items=(), cursor=msgspec.json.encode(place).decode())

    def _keys_after(self, prefix: str, start: str) -> Iterator[str]:
        for page in self._listed({"prefix": prefix, "start-after": start}):
            yield from (unquote(one.Key) for one in page.Contents)

    def _rows(self, key: str, window: Window) -> list[Activity]:
        bucket, _ = self.trail_place()
        # Half a file would be a gap that nobody sees: it is read whole, or not at all.
        unzip = zlib.decompressobj(wbits=31)
        pieces: list[bytes] = []
        call = self.bucket_call("GetObject", "GET", bucket, "/" + quote(key, safe="/~"))
        with self.client.stream(call) as answer:
            for chunk in answer.chunks():
                pieces.append(unzip.decompress(chunk, LARGEST) if key.endswith(".gz") else chunk)
                if sum(map(len, pieces)) > LARGEST or unzip.unconsumed_tail:
                    raise BadAnswer(f"the trail's file `{key}` is larger than {LARGEST} bytes")
        rows = [activity(one) for one in records(b"".join(pieces)) if one.id]
        return [row for row in rows if row.kind in window.kinds and _inside(row, window)]


def _inside(row: Activity, window: Window) -> bool:
    if row.time is None:
        return True
    return (window.since is None or clock.parse(row.time) >= clock.parse(window.since)) and (
        window.until is None or clock.parse(row.time) < clock.parse(window.until)
    )


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return from_json(cursor, Place)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored position in the trail is unreadable: {error}") from None


def _day_of(key: str) -> datetime | None:
    match = re.search(r"/(\d{4})/(\d\d)/(\d\d)/", key)
    return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None


def _moment_of(key: str) -> datetime | None:
    match = re.search(r"_(\d{8}T\d{4})Z_", key)
    return datetime.strptime(match[1], "%Y%m%dT%H%M").replace(tzinfo=UTC) if match else None
