"""The simulated tenant's logs: the company's events as sign-ins, directory audits or records of the audit feed.

Each event of the company belongs to one log, known by its index alone; sign-ins of the last days are records of the
feed too, with the same id. Sign-ins and audits are kept for 30 days, the feed for 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from casb_cli.apps.office365.sandbox_company import APP, Company
from casb_cli.apps.office365.sandbox_ids import Guids, guid_of
from casb_cli.apps.office365.sandbox_objects import User
from casb_cli.apps.office365.sandbox_state import State
from casb_cli.apps.office365.sandbox_wire import when
from casb_cli.sandbox.facts import VERBS, Event

DAY = 86_400
SIGN_IN, AUDIT = "sign-in", "audit"
AAD, EXCHANGE, SHAREPOINT, GENERAL, DLP = (
    "Audit.AzureActiveDirectory",
    "Audit.Exchange",
    "Audit.SharePoint",
    "Audit.General",
    "DLP.All",
)
CONTENT_TYPES = (AAD, EXCHANGE, SHAREPOINT, GENERAL, DLP)

_OTHERS: tuple[tuple[str, int, str, str, str], ...] = (
    (EXCHANGE, 50, "Exchange", "MailItemsAccessed", "Exchange"),
    (GENERAL, 25, "MicrosoftTeams", "MessageSent", "Teams"),
    (GENERAL, 20, "PowerBI", "ViewReport", "Power BI"),
    (GENERAL, 30, "MicrosoftFlow", "CreateFlow", "Power Automate"),
    (GENERAL, 22, "Yammer", "MessageCreated", "Yammer"),
    (GENERAL, 21, "CRM", "CrmDefaultActivity", "Dynamics 365 CRM"),
    (GENERAL, 83, "PublicEndpoint", "SensitivityLabelApplied", "Office"),
    (GENERAL, 16, "SkypeForBusiness", "PSTNUsage", "Skype for Business"),
)
"""What a preview or an edit becomes besides that of a file: content type, record type, workload, operation, app."""
_ADMIN: tuple[tuple[str, int, str, str, str], ...] = (
    (EXCHANGE, 1, "Exchange", "Set-Mailbox", "Exchange"),
    (GENERAL, 57, "MicrosoftTeams", "TeamsAdminAction", "Teams"),
    (SHAREPOINT, 4, "SharePoint", "SharingPolicyChanged", "SharePoint"),
)
_FILE_VERBS = {
    "download": (6, "FileDownloaded"),
    "upload": (6, "FileUploaded"),
    "preview": (6, "FilePreviewed"),
    "edit": (6, "FileModified"),
    "delete": (6, "FileRecycled"),
    "share": (14, "SharingSet"),
}


class Trail:
    """The logs over a state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.company: Company = state.company
        self.world = self.company.world
        self.ids = Guids(self.world.seed, "event")
        self.start = self.company.now
        self.bucket = lru_cache(maxsize=512)(self._bucket)

    # Which event belongs where

    def other(self, index: int) -> tuple[str, int, str, str, str] | None:
        """Return the app's record that an event is, None where it's no record of an app without files."""
        kind, verb, _, _ = VERBS[index % len(VERBS)]
        turn = index // len(VERBS)
        if kind == "admin":
            return _ADMIN[turn % len(_ADMIN)] if verb == "settings-changed" else None
        if verb == "preview":
            return _OTHERS[(2 * turn) % len(_OTHERS)]
        return _OTHERS[(2 * turn + 1) % len(_OTHERS)] if verb == "edit" else None

    def log_of(self, index: int) -> str:
        """Return the log that an event belongs to: sign-ins, audits, or a content type of the feed."""
        kind, verb, _, _ = VERBS[index % len(VERBS)]
        if kind == "logon":
            return SIGN_IN
        if kind == "admin" and verb != "settings-changed":
            return AUDIT
        found = self.other(index)
        return found[0] if found is not None else SHAREPOINT

    def first(self, days: float, margin: float = 3600.0) -> int:
        """Return the first event that a log of so many days still has."""
        return self.world.events_since(datetime.fromtimestamp(self.start - days * DAY + margin, UTC))

    # What callers do

    def note_audit(self, request_actor: tuple[str, str], activity: str, category: str, target: dict[str, Any]) -> None:
        """Write a directory audit that a caller caused."""
        number = self.world.events + len(self.state.happened)
        moment = self.state.clock()
        actor: dict[str, Any] = {
            "user": None,
            "app": {"appId": None, "displayName": request_actor[1], "servicePrincipalId": request_actor[0]},
        }
        row = self._audit(number, moment, activity, category, actor, target)
        self.state.happened.append({"at": moment, "log": AUDIT, "row": row})

    def note_file(
        self, actor: str, operation: str, path: str, name: str, *, personal: bool, sharing: bool = False
    ) -> None:
        """Write a record of the feed that a caller caused."""
        number = self.world.events + len(self.state.happened)
        moment = self.state.clock()
        host = self.company.my_host if personal else self.company.host
        row = {
            **self._common(number, moment, 14 if sharing else 6, operation, actor, "198.51.100.20"),
            "Workload": "OneDrive" if personal else "SharePoint",
            "ObjectId": f"https://{host}/{path}",
            "SiteUrl": f"https://{host}/{'/'.join(path.split('/')[:2])}/",
            "SourceFileName": name,
            "ItemType": "File",
            "EventSource": "SharePoint",
            "UserAgent": "",
            "UserType": 5,
        }
        self.state.happened.append({"at": moment, "log": SHAREPOINT, "row": row})

    # Sign-ins and audits, newest first

    def between(self, log: str, days: float, low: float, high: float, start: int, *, descending: bool) -> Iterator[int]:
        """Yield the numbers of a log's entries of a range of time, from `start` on (0: all of them).

        Newest first these are the numbers below `start`, else those from it on.
        """
        base, happened = self.world.events, self.state.happened
        bottom, top = self.first(days), base + len(happened)
        if low > 0:
            bottom = max(bottom, self.world.events_since(datetime.fromtimestamp(low, UTC)) - 1)
        if high < self.start:
            top = min(top, self.world.events_since(datetime.fromtimestamp(high, UTC)) + 1)
        if start:
            bottom, top = (bottom, min(top, start)) if descending else (max(bottom, start), top)
        for number in range(top - 1, bottom - 1, -1) if descending else range(bottom, top):
            if number >= base:
                if happened[number - base]["log"] == log and low <= int(happened[number - base]["at"]) < high:
                    yield number
            elif self.log_of(number) == log and low <= int(self.world.event_time(number).timestamp()) < high:
                yield number

    def row(self, number: int) -> dict[str, Any]:
        """Return a sign-in or audit by its number."""
        if number >= self.world.events:
            found: dict[str, Any] = self.state.happened[number - self.world.events]["row"]
            return found
        event = self.world.event(APP, number)
        return self.sign_in(event) if self.log_of(number) == SIGN_IN else self.audit(event)

    def who(self, event: Event) -> User:
        """Return the account that an event is of."""
        user = self.company.user(event.actor)
        assert user is not None  # noqa: S101 - events are of those with an account
        return user

    def event_id(self, index: int) -> str:
        """Return the id of an event, as every log tells it."""
        guid = self.ids.make(index)
        return f"Directory_{guid}_{index % 997}" if self.log_of(index) == AUDIT else guid

    def sign_in(self, event: Event) -> dict[str, Any]:
        """Return an event as a sign-in."""
        user = self.who(event)
        failed = not event.success
        return {
            "id": self.event_id(event.index),
            "createdDateTime": when(event.time.timestamp()),
            "userDisplayName": user.name,
            "userPrincipalName": user.upn,
            "userId": user.id,
            "appId": "de8bc8b5-d9f9-48b1-a8ad-b748da725064",
            "appDisplayName": "Graph Explorer",
            "ipAddress": event.ip,
            "clientAppUsed": "Browser",
            "userAgent": event.user_agent,
            "correlationId": guid_of(self.world.seed, "sign-in", event.index),
            "conditionalAccessStatus": "notApplied",
            "isInteractive": True,
            "riskDetail": "none",
            "riskLevelAggregated": "none",
            "riskLevelDuringSignIn": "none",
            "riskState": "none",
            "riskEventTypes_v2": [],
            "resourceDisplayName": "Microsoft Graph",
            "resourceId": "00000003-0000-0000-c000-000000000000",
            "status": {
                "errorCode": 50126 if failed else 0,
                "failureReason": "Error validating credentials due to invalid username or password."
                if failed
                else "Other.",
                "additionalDetails": None,
            },
            "deviceDetail": {"deviceId": "", "displayName": "", "operatingSystem": "Windows 10", "browser": "Edge 120"},
            "location": {"city": "", "state": "", "countryOrRegion": event.country, "geoCoordinates": {}},
            "appliedConditionalAccessPolicies": [],
        }

    def audit(self, event: Event) -> dict[str, Any]:
        """Return an event as a directory audit."""
        user = self.who(event)
        actor = {
            "user": {
                "id": user.id,
                "displayName": None,
                "userPrincipalName": user.upn,
                "ipAddress": event.ip,
            },
            "app": None,
        }
        activity, category = self.audit_name(event)
        if event.verb == "member-added":
            name = self.company.group_name(event.target)
            target = {"id": self.company.groups.make(event.target), "displayName": name, "type": "Group"}
        else:
            other = self.company.user(event.target) or user
            target = {"id": other.id, "displayName": other.name, "type": "User", "userPrincipalName": other.upn}
        return self._audit(event.index, event.time.timestamp(), activity, category, actor, target)

    @staticmethod
    def audit_name(event: Event) -> tuple[str, str]:
        """Return the activity and category of an event that is an audit."""
        if event.verb == "member-added":
            return "Add member to group", "GroupManagement"
        return "Add member to role", "RoleManagement"

    def _audit(
        self, number: int, moment: float, activity: str, category: str, actor: dict[str, Any], target: dict[str, Any]
    ) -> dict[str, Any]:
        changes = {"displayName": "Role.DisplayName", "oldValue": None, "newValue": '"Global Reader"'}
        return {
            "id": f"Directory_{self.ids.make(number)}_{number % 997}",
            "activityDateTime": when(moment),
            "activityDisplayName": activity,
            "category": category,
            "correlationId": guid_of(self.world.seed, "audit", number),
            "loggedByService": "Core Directory",
            "operationType": "Assign" if activity.startswith("Add") else "Update",
            "result": "success",
            "resultReason": "",
            "initiatedBy": actor,
            "targetResources": [{**target, "modifiedProperties": [changes]}],
            "additionalDetails": [],
        }

    # Records of the feed

    def _common(self, number: int, moment: float, kind: int, operation: str, user: str, ip: str) -> dict[str, Any]:
        return {
            "CreationTime": when(moment)[:-1],
            "Id": self.ids.make(number),
            "Operation": operation,
            "OrganizationId": self.company.tenant,
            "RecordType": kind,
            "ResultStatus": "Succeeded",
            "UserKey": f"i:0h.f|membership|{10037 + number % 1000}@live.com",
            "UserType": 0,
            "Version": 1,
            "Workload": "",
            "ClientIP": ip,
            "UserId": user,
        }

    def record(self, number: int) -> dict[str, Any]:
        """Return an event as a record of the feed."""
        if number >= self.world.events:
            found: dict[str, Any] = self.state.happened[number - self.world.events]["row"]
            return found
        event = self.world.event(APP, number)
        user, moment = self.who(event), event.time.timestamp()
        if event.kind == "logon":
            return self._logon(event, user.upn, moment)
        other = self.other(number)
        if other is None:
            return self._file(event, user.upn, moment)
        _, kind, workload, operation, _ = other
        ip = f"{event.ip}:49152" if workload == "Exchange" else event.ip
        row = self._common(number, moment, kind, operation, user.upn, ip)
        row["Workload"] = workload
        row["UserType"] = 2 if event.kind == "admin" else 0
        row |= self._of_workload(kind, user)
        if kind == 50:
            row["ClientIPAddress"] = row.pop("ClientIP")  # what mailboxes tell is under this name alone
        return row

    def _of_workload(self, kind: int, user: User) -> dict[str, Any]:
        """Return what Microsoft's schema of a type of record demands besides the common fields."""
        match kind:
            case 1:
                return {
                    "ObjectId": user.upn,
                    "ExternalAccess": False,
                    "TokenObjectId": user.id,
                    "TokenTenantId": self.company.tenant,
                }
            case 50:
                return {
                    "ObjectId": user.upn,
                    "ClientInfoString": "Client=OWA;Action=ViaProxy",
                    "LogonType": 0,
                    "InternalLogonType": 0,
                    "ExternalAccess": False,
                }
            case 21:
                return {
                    "CrmOrganizationUniqueName": f"org{self.company.tenant[:8]}",
                    "InstanceUrl": f"https://{self.world.slug}.crm4.dynamics.com/",
                    "EntityName": "account",
                    "Message": "Retrieve",
                }
            case 25:
                return {"TeamName": self.company.group_name(1), "TeamGuid": self.company.groups.make(1)}
        return {}

    def _logon(self, event: Event, upn: str, moment: float) -> dict[str, Any]:
        name = "UserLoggedIn" if event.success else "UserLoginFailed"
        row = self._common(event.index, moment, 15, name, upn, event.ip)
        row["ResultStatus"] = "Success" if event.success else "Failed"
        row |= {
            "Workload": "AzureActiveDirectory",
            "ObjectId": "00000003-0000-0000-c000-000000000000",
            "AzureActiveDirectoryEventType": 1,
            "ActorIpAddress": event.ip,
            "ExtendedProperties": [{"Name": "UserAgent", "Value": event.user_agent}],
            "ErrorCode": "0" if event.success else "50126",
        }
        if not event.success:
            row["LogonError"] = "InvalidUserNameOrPassword"
        return row

    def _file(self, event: Event, upn: str, moment: float) -> dict[str, Any]:
        kind, operation = _FILE_VERBS[event.verb]
        library = self.state.library
        row = self._common(event.index, moment, kind, operation, upn, event.ip)
        if event.target_kind == "place":
            place = library.files.place(event.target)
            drive = library.drive(library.drive_of_place(place))
            name, path = place.name, place.name
        elif self.world.files:
            item = library.file(event.target)
            drive, name = library.drive(item.drive), item.name
            path = f"{library.path_of(item.parent or '')}/{name}".strip("/")
        else:
            drive, name, path = None, "", ""
        personal = drive is not None and drive.person is not None
        row |= {
            "Workload": "OneDrive" if personal else "SharePoint",
            "EventSource": "SharePoint",
            "ItemType": "Folder" if event.target_kind == "place" else "File",
            "UserAgent": event.user_agent,
            "ObjectId": "" if drive is None else f"{library.drive_url(drive)}/{path}",
            "SourceFileName": name,
            "SourceFileExtension": name.rpartition(".")[2],
            "SiteUrl": "" if drive is None else library.drive_url(drive).rpartition("/")[0] + "/",
        }
        row.pop("ResultStatus")
        return row

    def product(self, number: int) -> str | None:
        """Return which of the ten apps an event of the feed belongs to."""
        other = self.other(number)
        if other is not None:
            return other[4]
        record = self.record(number)
        return {"OneDrive": "OneDrive", "SharePoint": "SharePoint"}.get(str(record["Workload"]))

    # Blobs of the feed: an hour's records each

    def _bucket(self, content: str, hour: int) -> list[int]:
        """Return the numbers of a content type's events in an hour (since the epoch)."""
        start = datetime.fromtimestamp(hour * 3600, UTC)
        end = start + timedelta(hours=1)
        low = max(self.world.events_since(start) - 1, self.first(7, 3 * 3600), 0)
        wanted = SIGN_IN if content == AAD else content
        found = []
        for number in range(low, self.world.events):
            moment = self.world.event_time(number)
            if moment >= end:
                break
            if moment >= start and self.log_of(number) == wanted:
                found.append(number)
        return found
