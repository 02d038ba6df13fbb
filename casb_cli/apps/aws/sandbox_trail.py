"""CloudTrail's event history of the invented company: LookupEvents by account and region."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from casb_cli.apps.aws.sandbox_company import APP, HOME, REGIONS, Company, User
from casb_cli.apps.aws.sandbox_identity import Identity
from casb_cli.apps.aws.sandbox_trail_files import deliver
from casb_cli.apps.aws.sandbox_wire import refusal
from casb_cli.core import clock
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import Event
from casb_cli.sandbox.wire import Reply, Request, route

DAYS = 90
"""How far the event history goes back."""

NAMES: dict[str, tuple[str, str, bool]] = {
    "sign-in": ("ConsoleLogin", "signin.amazonaws.com", False),
    "sign-in-failed": ("ConsoleLogin", "signin.amazonaws.com", False),
    "download": ("DescribeInstances", "ec2.amazonaws.com", True),
    "preview": ("GetBucketLocation", "s3.amazonaws.com", True),
    "upload": ("StartInstances", "ec2.amazonaws.com", False),
    "edit": ("ModifyInstanceAttribute", "ec2.amazonaws.com", False),
    "share": ("ModifySnapshotAttribute", "ec2.amazonaws.com", False),
    "delete": ("TerminateInstances", "ec2.amazonaws.com", False),
    "role-changed": ("AttachUserPolicy", "iam.amazonaws.com", False),
    "member-added": ("AddUserToGroup", "iam.amazonaws.com", False),
    "settings-changed": ("PutBucketVersioning", "s3.amazonaws.com", False),
}
"""What the world's verbs are called by CloudTrail: name, source, whether it only reads."""


class Trail:
    """The events as CloudTrail keeps them; `actor` is always an IAM user."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.world = company.world
        self.event = lru_cache(maxsize=20_000)(self._event)

    def actor(self, event: Event) -> User:
        """Return the IAM user who did it: the person's own, or a colleague's where there is none."""
        people = self.company.iam_people
        return self.company.user_of.get(event.actor) or self.company.user_of[people[event.actor % len(people)]]

    def place(self, index: int) -> tuple[str, str]:
        """Return the account and the region that an event is recorded in."""
        event = self.world.event(APP, index)
        source = NAMES[event.verb][1]
        region = HOME if source == "iam.amazonaws.com" else REGIONS[index // 3 % 2]
        return self.actor(event).account, region

    def id(self, index: int) -> str:
        """Return an event's id."""
        return chance.uuid(self.company.seed, 85, index)

    @cached_property
    def by_place(self) -> dict[tuple[str, str], list[int]]:
        """The events of each account and region, the newest first."""
        found: dict[tuple[str, str], list[int]] = {}
        for index in range(self.world.events - 1, -1, -1):
            found.setdefault(self.place(index), []).append(index)
        return found

    def _event(self, index: int) -> dict[str, Any]:
        event, (account, region) = self.world.event(APP, index), self.place(index)
        user, (name, source, reads) = self.actor(event), NAMES[event.verb]
        console = name == "ConsoleLogin"
        key = user.keys[0].id if user.keys and not console else None
        identity: dict[str, Any] = {"type": "IAMUser", "accountId": account, "userName": user.name}
        identity["principalId"] = user.id
        if event.success:
            identity["arn"] = user.arn  # a failed sign-in has none
        if key:
            identity["accessKeyId"] = key
        record: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": clock.text(event.time.replace(microsecond=0)),
            "eventSource": source,
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": "cloudtrail.amazonaws.com" if index % 50 == 49 else event.ip,
            "userAgent": event.user_agent,
            "requestParameters": None,
            "responseElements": None,
            "eventID": self.id(index),
            "readOnly": reads,
            "eventType": "AwsConsoleSignIn" if console else "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
        }
        if console:
            record["responseElements"] = {"ConsoleLogin": "Success" if event.success else "Failure"}
            record["additionalEventData"] = {"MFAUsed": "Yes" if user.mfa else "No", "MobileVersion": "No"}
            if not event.success:
                record["errorMessage"] = "Failed authentication"
        found: dict[str, Any] = {
            "EventId": record["eventID"],
            "EventName": name,
            "ReadOnly": "true" if reads else "false",
            "EventTime": event.time.replace(microsecond=0),
            "EventSource": source,
            "Username": user.name,
            "Resources": [{"ResourceType": "AWS::IAM::User", "ResourceName": user.name}] if console else [],
            "CloudTrailEvent": json.dumps(record, ensure_ascii=False),
        }
        if key:
            found["AccessKeyId"] = key
        return found


class Cloudtrail(Identity):
    """The event history, twice a second in each account and region."""

    def loaded(self) -> None:
        """Begin with the world's events."""
        super().loaded()
        if not hasattr(self, "trail"):
            self.trail = Trail(self.company)
        if self.options.settings.get("trail") == "on":
            deliver(self.moto, self.trail)

    @route("POST /cloudtrail/LookupEvents", paged=True, effect=False)
    def lookup(self, request: Request) -> Reply:
        """Look up events, newest first, by at most one attribute."""
        wanted = request.who.params.get("LookupAttributes") or []
        if len(wanted) > 1:
            raise refusal("cloudtrail", 400, "InvalidLookupAttributesException", "Only one attribute may be given.")
        size = request.who.params.get("MaxResults") or 50
        if not 1 <= size <= 50:
            raise refusal("cloudtrail", 400, "InvalidMaxResultsException", "The maximum is 50 results.")
        now = datetime.now(UTC)
        start = _moment(request.who.params.get("StartTime")) or now - timedelta(days=DAYS)
        end = _moment(request.who.params.get("EndTime")) or now + timedelta(days=1)
        if start > end:
            raise refusal("cloudtrail", 400, "InvalidTimeRangeException", "The start time is after the end time.")
        start = max(start, now - timedelta(days=DAYS))
        found = [
            index
            for index in self.trail.by_place.get((request.who.account, request.who.region), [])
            if start <= self.world.event_time(index).replace(microsecond=0) <= end
        ]
        for one in wanted:
            found = [index for index in found if _has(self.trail.event(index), one)]
        page, token = self.page(request, found, request.who.params.get("NextToken"), size)
        result: dict[str, Any] = {"Events": [_shown(self.trail.event(index)) for index in page]}
        if token:
            result["NextToken"] = token
        return Reply(200, msgspec.json.encode(result), {"content-type": "application/x-amz-json-1.1"})


def _has(event: dict[str, Any], wanted: dict[str, str]) -> bool:
    key, value = wanted["AttributeKey"], wanted["AttributeValue"]
    if key in ("ResourceName", "ResourceType"):
        return any(resource[key] == value for resource in event["Resources"])
    return bool(event.get(key) == value)


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"EventTime": event["EventTime"].timestamp()}


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(value), UTC)
