"""S3's notifications in SQS queues as the change feed: where an administrator has set them up.

A queue forgets what was deleted from it, so messages are deleted only once their rows are kept. Buckets that send
nothing to the queues are listed anew from time to time: what they change is told by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import msgspec

from casb_cli.apps.aws.files import Files, bucket_partition
from casb_cli.apps.aws.mapping_s3 import Bucket, file_id
from casb_cli.apps.aws.scopes import may
from casb_cli.core import clock
from casb_cli.core.capabilities import FollowFiles, Page, needs
from casb_cli.core.errors import CursorExpired, NotPermitted, ObjectMissing, Unsupported, UsageError
from casb_cli.core.models import File, Gone, Notice, Partition
from casb_cli.core.shapes import from_json

RELIST = timedelta(hours=1)
"""How often buckets are listed that no queue tells of."""
_KEPT = 345_600
"""Seconds for which a queue keeps messages unless told otherwise."""
_HIDDEN = 300
"""Seconds for which a message that was received is shown to nobody else."""
_AT_ONCE = 10
_WAIT = 1
"""Seconds that S3 is given to answer: a shorter look asks only some of the queue's servers."""
_WHOLE = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")


class Message(msgspec.Struct):
    MessageId: str
    ReceiptHandle: str
    Body: str = ""


class Received(msgspec.Struct):
    Messages: list[Message] | None = None


class Failed(msgspec.Struct):
    Id: str
    Code: str | None = None


class Deleted(msgspec.Struct):
    Failed: list[Failed] | None = None


class Attributes(msgspec.Struct):
    Attributes: dict[str, str] | None = None


class Position(msgspec.Struct):
    """When the queues were last read to their end, which buckets they tell of, and when the others were listed."""

    time: str
    listed: str
    told: tuple[str, ...] = ()


class Queue(msgspec.Struct, frozen=True):
    """A queue by its URL."""

    url: str
    region: str
    account: str
    name: str


def queue_of(url: str, home: str) -> Queue:
    """Return the queue that a URL names; raises UsageError."""
    parts = urlsplit(url)
    names = parts.path.strip("/").split("/")
    if parts.scheme not in {"https", "http"} or len(names) != 2 or not names[0].isdigit():
        raise UsageError(
            f"`{url}` is no queue of SQS", hint="it reads https://sqs.<region>.amazonaws.com/<account>/<name>"
        )
    labels = (parts.hostname or "").split(".")
    if labels[0] == "sqs" and len(labels) > 2:
        region = labels[1]
    elif len(labels) > 2 and labels[1] == "queue":
        region = labels[0]
    else:
        region = home
    return Queue(url, region, names[0], names[1])


class Follow(Files, FollowFiles):
    """Matrix row 9."""

    def queues(self) -> list[Queue]:
        """Return the queues of the instance; raises Unsupported where none is set."""
        found = [one.strip() for one in self.field("queue_url").split(",") if one.strip()]
        if not found:
            raise Unsupported(
                "no SQS queue of S3 notifications is set, so nothing tells what changed",
                hint="have the buckets notify a queue, then: casb instances set aws/NAME queue_url=https://sqs...",
            )
        return [queue_of(one, self.home) for one in found]

    def _sqs(self, queue: Queue, operation: str, params: Mapping[str, Any], *, safe: bool = True) -> Any:
        # Whose queue it is stands in its URL; ours are read by our own keys there.
        account = queue.account if queue.account in self.accounts() else None
        call = self.json_call(
            "sqs", operation, {"QueueUrl": queue.url, **params}, region=queue.region, account=account, safe=safe
        )
        return self.client.send(msgspec.structs.replace(call, governance=False))

    @needs("POST /sqs/GetQueueAttributes", any_of=may("sqs:GetQueueAttributes"))
    @needs("GET /s3/ListBuckets", "GET /s3/GetBucketNotificationConfiguration", any_of=may("s3:GetBucketNotification"))
    def follow_start(self) -> str:
        """Return the present position; what waits in the queues already is read after it, and may repeat."""
        queues = self.queues()
        for queue in queues:
            self._kept_for(queue)
        now = clock.now_text()
        told = tuple(sorted(one.name for one in self._all_buckets() if self._tells(one, queues)))
        return _encode(Position(time=now, listed=now, told=told))

    def _kept_for(self, queue: Queue) -> timedelta:
        answer = self._sqs(queue, "GetQueueAttributes", {"AttributeNames": ["MessageRetentionPeriod"]})
        known = answer.decode(Attributes).Attributes or {}
        return timedelta(seconds=int(known.get("MessageRetentionPeriod", _KEPT)))

    def _all_buckets(self) -> list[Bucket]:
        found = [one for account in self.accounts() for one in self.buckets(account, fresh=True).values()]
        return [one for one in found if not self.is_quarantine(one)]

    def _tells(self, bucket: Bucket, queues: Sequence[Queue]) -> bool:
        """Tell whether a bucket notifies one of the queues of all that is written and removed in it."""
        try:
            root = self.ask("GET /s3/GetBucketNotificationConfiguration", bucket, query={"notification": ""})
        except (NotPermitted, ObjectMissing):
            return False  # then it is listed, which misses nothing
        ours = {f"arn:{self.partition}:sqs:{one.region}:{one.account}:{one.name}" for one in queues}
        for one in root.named("QueueConfiguration"):
            events = {event.text for event in one.named("Event")}
            if one.value("Queue") in ours and one.find("Filter") is None and events >= set(_WHOLE):
                return True
        return False

    @needs(
        "POST /sqs/ReceiveMessage",
        "POST /sqs/DeleteMessageBatch",
        "POST /sqs/GetQueueAttributes",
        any_of=may("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    )
    @needs(
        "GET /s3/ListBuckets",
        "GET /s3/GetBucketNotificationConfiguration",
        "HEAD /s3/HeadObject",
        any_of=may("s3:ListAllMyBuckets", "s3:GetBucketNotification", "s3:GetObject"),
    )
    def follow_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File | Gone]]:
        """Yield what the queues tell, as it is now; each page's messages are deleted when the next one is asked for."""
        del part
        try:
            position = from_json(cursor or "", Position)
        except msgspec.MsgspecError as error:
            raise CursorExpired(f"the stored position of the queues is unreadable: {error}") from None
        queues = self.queues()
        shortest = min(self._kept_for(queue) for queue in queues)
        if clock.now() - clock.parse(position.time) > shortest:
            raise CursorExpired(f"the queues keep messages for {shortest}, and were last read at {position.time}")
        begun = clock.now_text()
        for queue in queues:
            for messages in self._messages(queue):
                items, notices = self._changes(messages)
                yield Page(items=items, notices=notices, cursor=_encode(position))
                # Asked for the next page: these rows are kept. Messages that stay are told again, which is harmless.
                self._delete(queue, messages)
        yield self._untold(position, queues, begun)

    def _messages(self, queue: Queue) -> Iterator[list[Message]]:
        params = {"MaxNumberOfMessages": _AT_ONCE, "WaitTimeSeconds": _WAIT, "VisibilityTimeout": _HIDDEN}
        while True:
            found = self._sqs(queue, "ReceiveMessage", params).decode(Received).Messages or []
            if not found:
                return
            yield found

    def _delete(self, queue: Queue, messages: Sequence[Message]) -> None:
        entries = [{"Id": str(n), "ReceiptHandle": one.ReceiptHandle} for n, one in enumerate(messages)]
        self._sqs(queue, "DeleteMessageBatch", {"Entries": entries}).decode(Deleted)

    def _untold(self, position: Position, queues: Sequence[Queue], begun: str) -> Page[File | Gone]:
        """Return the last page: buckets gone, those new to the queues, and in due time those that they leave out."""
        now = self._all_buckets()
        told = {one.name for one in now if self._tells(one, queues)}
        due = clock.now() - clock.parse(position.listed) >= RELIST
        fresh = told - set(position.told)
        anew = [one for one in now if one.name in fresh or (due and one.name not in told)]
        names = {one.name for one in now}
        gone = [Gone(kind="partition", id=f"bucket:{name}") for name in position.told if name not in names]
        left = len(names) - len(told)
        about = f"{left} buckets send no notifications to the queue: they are listed once an hour instead"
        notices = (Notice(code="degraded", about=about, effect="degraded"),) if left else ()
        after = Position(time=begun, listed=begun if due else position.listed, told=tuple(sorted(told)))
        more = [bucket_partition(one) for one in anew]
        return Page(items=gone, more=more, notices=notices, cursor=_encode(after))

    def _changes(self, messages: Sequence[Message]) -> tuple[list[File | Gone], list[Notice]]:
        """Return the objects that messages name, each once and as it is now."""
        touched: dict[tuple[str, str], None] = {}
        strange = 0
        for message in messages:
            named = objects_in(message.Body)
            if named is None:
                strange += 1
                continue
            touched.update(dict.fromkeys(named))
        items: list[File | Gone] = []
        notices: list[Notice] = []
        for name, key in touched:
            try:
                bucket = self.bucket(name)
                if self.is_quarantine(bucket):
                    continue
                items.append(self.file_now(bucket, key, fresh=False))
            except ObjectMissing:
                items.append(Gone(kind="file", id=file_id(name, key)))
            except NotPermitted as error:
                notices.append(Notice(code="not-visible", about=f"a changed object ({name}/{key}): {error.words}"))
        if strange:
            about = f"{strange} messages in the queue are no notifications of S3 and were removed"
            notices.append(Notice(code="degraded", about=about, effect="degraded"))
        return items, notices


def objects_in(body: str) -> list[tuple[str, str]] | None:
    """Return bucket and key of each object that a message names; None for a message of another kind.

    S3 writes keys as forms do; EventBridge writes them plainly; SNS wraps either in a text.
    """
    try:
        data = msgspec.json.decode(body.encode("utf-8", "surrogatepass"))
    except msgspec.DecodeError:
        return None
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("Message"), str) and "Records" not in data:
        return objects_in(data["Message"])
    if data.get("Event") == "s3:TestEvent":
        return []
    detail = data.get("detail")
    try:
        if isinstance(detail, dict):
            return [(str(detail["bucket"]["name"]), str(detail["object"]["key"]))]
        named = [(one["s3"]["bucket"]["name"], one["s3"]["object"]["key"]) for one in data["Records"]]
    except (KeyError, TypeError):
        return None
    return [(str(bucket), unquote_plus(str(key))) for bucket, key in named]


def _encode(position: Position) -> str:
    return msgspec.json.encode(position).decode()
