"""Records of the audit feed: their wire shape, which kind of activity and which app each belongs to.

learn.microsoft.com, "Office 365 Management Activity API schema": the number of the record's type is the key;
the workload only splits SharePoint from OneDrive. Of sign-ins the operation tells how they ended, since
workloads overwrite the status.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Activity, ActivityKind, Outcome
from casb_cli.core.refs import local

CONTENT_TYPES = (
    "Audit.AzureActiveDirectory",
    "Audit.Exchange",
    "Audit.SharePoint",
    "Audit.General",
    "DLP.All",
)
AZURE_AD = "azure-ad"
_PRODUCTS: dict[str, tuple[int, ...]] = {
    "dynamics-365-crm": (21, 278),
    "exchange": (1, 2, 3, 13, 19, 50, 68, 75, 101, 107, 275),
    "office": (70, 83, 84, 93, 94, 95, 96, 97, 131),
    "power-automate": (30,),
    "power-bi": (20, 144),
    "skype-for-business": (16, 17, 23),
    "teams": (25, 49, 57, 59, 60, 73, 92, 206, 230, 293),
    "yammer": (22,),
    AZURE_AD: (8, 9, 15),
    "onedrive": (7,),
}
_BY_TYPE = {number: product for product, numbers in _PRODUCTS.items() for number in numbers}
_SHAREPOINT = frozenset({4, 6, 14, 36, 37, 54, 55, 56, 102, 205, 277})
"""Types that SharePoint and OneDrive share."""
_BY_WORKLOAD = {
    "crm": "dynamics-365-crm",
    "dynamics365": "dynamics-365-crm",
    "exchange": "exchange",
    "office": "office",
    "officenative": "office",
    "aip": "office",
    "publicendpoint": "office",
    "onedrive": "onedrive",
    "microsoftflow": "power-automate",
    "powerbi": "power-bi",
    "sharepoint": "sharepoint",
    "skypeforbusiness": "skype-for-business",
    "microsoftteams": "teams",
    "yammer": "yammer",
    "azureactivedirectory": AZURE_AD,
}
PRODUCTS = (*(name for name in _PRODUCTS), "sharepoint")
SIGN_INS = frozenset({9, 15})
"""Types that are sign-ins of the directory, which the list of sign-ins has too."""
_LOGON = SIGN_INS | {275}
_LOGON_OPERATIONS = frozenset({"mailboxlogin", "teamssessionstarted", "userloggedin", "userloginfailed"})
_ADMIN = frozenset({1, 8, 18, 23, 57, 87, 256})
_OPERATOR = 3
_ADMIN_OPERATIONS = re.compile(
    r"Site(CollectionAdmin\w+|CollectionCreated|PermanentlyDeleted|Deleted|Renamed|Restored|AdminChangeRequest)|"
    r"Sharing\w*PolicyChanged|AuditPolicy\w+|Administrator(Added|Deleted)\w+|ContainerType\w+|eDiscoveryHold\w+|"
    r"\w+EnabledSet|\w+SettingModified|AllowGroupCreationSet|ExemptUserAgentSet|CustomizeExemptUsers|"
    r"OfficeOnDemandSet|PeopleResultsScopeSet|SearchCenterUrlSet|SecondaryMySiteOwnerSet|SSO\w+CredentialsSet|"
    r"(Create|Delete|Update)SSOApplication|TenantWideTheme\w+|ManagedSyncClientAllowed|UnmanagedSyncClientBlocked|"
    r"SendToConnection(Added|Removed)|AppCatalogCreated|MaxQuotaModified|MaxResourceUsageModified"
)
"""Of the operations that Microsoft lists for SharePoint, those that settle how sites and the tenant work."""
_FAILED = frozenset({"failed", "fail", "failure", "false", "error"})
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|(\d{1,3}(?:\.\d{1,3}){3}):\d+")
_REFRESH = frozenset({"oauth2:token"})


class Property(msgspec.Struct, gc=False):
    name: str | None = msgspec.field(name="Name", default=None)
    value: Any = msgspec.field(name="Value", default=None)


class Record(msgspec.Struct, rename="pascal", gc=False):
    """One audit record; workloads differ in what they tell."""

    id: str
    creation_time: str | None = None
    operation: str | None = None
    record_type: int | None = None
    workload: str | None = None
    user_id: str | None = None
    user_key: str | None = None
    user_type: int | None = None
    result_status: str | bool | None = None
    object_id: str | None = None
    client_ip: str | None = msgspec.field(name="ClientIP", default=None)
    client_ip_address: str | None = msgspec.field(name="ClientIPAddress", default=None)
    actor_ip_address: str | None = None
    user_agent: str | None = None
    client_info_string: str | None = None
    error_code: str | int | None = None
    logon_error: str | None = None
    site_url: str | None = None
    extended_properties: list[Property] | None = None

    def extended(self, name: str) -> str | None:
        """Return one of the extended properties as text."""
        found = next((one.value for one in self.extended_properties or () if one.name == name), None)
        return str(found) if found not in {None, ""} else None

    @property
    def renewal(self) -> bool:
        """Whether a sign-in only renewed a token, which the list of (interactive) sign-ins leaves out."""
        return (self.extended("RequestType") or "").lower() in _REFRESH


def product_of(record: Record) -> str | None:
    """Return which of the suite's apps a record belongs to; None where nothing known tells."""
    number = record.record_type
    workload = (record.workload or "").lower()
    if number in _SHAREPOINT:
        if workload in {"onedrive", "sharepoint"}:
            return workload
        where = f"{record.site_url or ''} {record.object_id or ''}".lower()
        return "onedrive" if "-my.sharepoint." in where else "sharepoint"
    return _BY_TYPE.get(number if number is not None else -1) or _BY_WORKLOAD.get(workload)


def kind_of(record: Record) -> ActivityKind:
    """Return the kind of activity: what was done decides, not whether an administrator did it."""
    operation = record.operation or ""
    if record.record_type in _LOGON or operation.lower() in _LOGON_OPERATIONS:
        return "logon"
    if record.record_type in _ADMIN or record.user_type == _OPERATOR:
        return "admin"
    if record.record_type in _SHAREPOINT and _ADMIN_OPERATIONS.fullmatch(operation):
        return "admin"
    return "user"


def outcome_of(record: Record) -> Outcome:
    """Return how it ended; what tells no status has happened."""
    if record.record_type in SIGN_INS:
        operation = (record.operation or "").lower()
        if operation in {"userloggedin", "userloginfailed"}:
            return "failure" if operation == "userloginfailed" else "success"
        return "failure" if record.logon_error or str(record.error_code or "0") != "0" else "success"
    return "failure" if str(record.result_status or "").lower() in _FAILED else "success"


def address(text: str | None) -> str | None:
    """Return an address without its port."""
    value = (text or "").strip()
    found = _WITH_PORT.fullmatch(value)
    return (found[1] or found[2]) if found else value or None


def activity(record: Record) -> Activity:
    """Return a record as activity."""
    ip = address(record.client_ip or record.client_ip_address or record.actor_ip_address)
    agent = record.user_agent or record.extended("UserAgent") or record.client_info_string
    key = record.user_key or ""
    # Only the directory's own records name the user by object id.
    known = record.record_type in {8, *SIGN_INS} and _GUID.fullmatch(key) is not None
    told = {"actor": record.user_id, "ip": ip, "user_agent": agent}
    return Activity(
        id=record.id,
        time=clock.normalise(record.creation_time),
        kind=kind_of(record),
        action=record.operation,
        actor_ref=local("account", key) if known else None,
        target=record.object_id,
        outcome=outcome_of(record),
        product=product_of(record),
        unknown=tuple(name for name, value in told.items() if value is None),
        **told,
    )


class Subscription(msgspec.Struct, rename="camel"):
    """Whether a content type is recorded for us."""

    content_type: str
    status: str | None = None


class Blob(msgspec.Struct, rename="camel", gc=False):
    """A bundle of records; its times are when it was made, not when anything happened."""

    content_id: str
    content_uri: str
    content_created: str | None = None


# Sign-ins and directory audits of Graph


class _SignInStatus(msgspec.Struct, rename="camel"):
    error_code: int | None = None


class SignIn(msgspec.Struct, rename="camel", gc=False):
    """An interactive sign-in."""

    id: str
    created: str | None = msgspec.field(name="createdDateTime", default=None)
    user_id: str | None = None
    user_principal_name: str | None = None
    app_display_name: str | None = None
    app_id: str | None = None
    resource_display_name: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    status: _SignInStatus | None = None


def sign_in(one: SignIn) -> Activity:
    """Return a sign-in as activity; its target is the app that was signed in to."""
    code = one.status.error_code if one.status else None
    told: dict[str, Any] = {
        "actor": one.user_principal_name or one.user_id,
        "ip": address(one.ip_address),
        "user_agent": one.user_agent,
        "outcome": None if code is None else "success" if code == 0 else "failure",
    }
    return Activity(
        id=one.id,
        time=clock.normalise(one.created),
        kind="logon",
        action="UserLoginFailed" if code else "UserLoggedIn",
        actor_ref=local("account", one.user_id) if one.user_id else None,
        target=one.app_display_name or one.app_id,
        product=AZURE_AD,
        unknown=tuple(name for name, value in told.items() if value is None),
        **told,
    )


class _Actor(msgspec.Struct, rename="camel"):
    id: str | None = None
    user_principal_name: str | None = None
    display_name: str | None = None
    ip_address: str | None = None
    app_id: str | None = None
    service_principal_id: str | None = None


class _Initiator(msgspec.Struct):
    user: _Actor | None = None
    app: _Actor | None = None


class _Target(msgspec.Struct, rename="camel"):
    id: str | None = None
    display_name: str | None = None
    type: str | None = None
    user_principal_name: str | None = None


class DirectoryAudit(msgspec.Struct, rename="camel", gc=False):
    """A change of the directory."""

    id: str
    time: str | None = msgspec.field(name="activityDateTime", default=None)
    action: str | None = msgspec.field(name="activityDisplayName", default=None)
    result: str | None = None
    initiated_by: _Initiator | None = None
    target_resources: list[_Target] | None = None


_TARGETS = {"user": "account", "serviceprincipal": "account", "group": "group"}


def directory_audit(one: DirectoryAudit) -> Activity:
    """Return a change of the directory as activity; who made it is a person or an app."""
    by = one.initiated_by or _Initiator()
    person, app = by.user or _Actor(), by.app or _Actor()
    actor = person.user_principal_name or person.display_name or person.id or app.display_name or app.app_id
    id_ = person.id or app.service_principal_id
    target, target_ref = next(_targets(one), (None, None))
    told: dict[str, Any] = {
        "actor": actor,
        "ip": address(person.ip_address),
        "outcome": {"success": "success", "failure": "failure", "timeout": "failure"}.get((one.result or "").lower()),
        "user_agent": None,
    }
    return Activity(
        id=one.id,
        time=clock.normalise(one.time),
        kind="admin",
        action=one.action,
        actor_ref=local("account", id_) if id_ else None,
        target=target,
        target_ref=target_ref,
        product=AZURE_AD,
        unknown=tuple(name for name, value in told.items() if value is None),
        **told,
    )


def _targets(one: DirectoryAudit) -> Iterator[tuple[str | None, str | None]]:
    for target in one.target_resources or ():
        kind = _TARGETS.get((target.type or "").lower())
        name = target.user_principal_name or target.display_name or target.id
        yield name, local(kind, target.id) if kind and target.id else None
