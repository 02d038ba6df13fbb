"""CloudTrail's records: their shape, which kind of activity each is, who acted, and how it ended."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Activity, ActivityKind, Outcome
from casb_cli.core.refs import local

_LOGON_NAMES = re.compile(r"AssumeRole\w*|GetFederationToken|GetSessionToken|ConsoleLogin|SwitchRole|ExitRole")
_SSO_LOGON = frozenset({"Federate", "Authenticate"})
_ADMIN_SOURCES = frozenset(
    {
        "access-analyzer.amazonaws.com",
        "account.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "iam.amazonaws.com",
        "identitystore.amazonaws.com",
        "kms.amazonaws.com",
        "organizations.amazonaws.com",
        "s3.amazonaws.com",
        "sso-directory.amazonaws.com",
        "sso.amazonaws.com",
        "sts.amazonaws.com",
        "rolesanywhere.amazonaws.com",
        "ram.amazonaws.com",
        "guardduty.amazonaws.com",
        "securityhub.amazonaws.com",
        "config.amazonaws.com",
    }
)
_OBJECTS = re.compile(
    r"(?:Get|Put|Head|Delete|Copy|Restore|Select|Upload|Create|Complete|Abort)\w*(?:Object|Part|Upload)\w*"
)
"""S3's events on objects are what users do; on buckets, what administrators do."""


class Issuer(msgspec.Struct, rename="camel"):
    arn: str | None = None
    user_name: str | None = None
    type: str | None = None


class Session(msgspec.Struct, rename="camel"):
    session_issuer: Issuer | None = None


class OnBehalf(msgspec.Struct, rename="camel"):
    user_id: str | None = None
    identity_store_arn: str | None = None


class Identity(msgspec.Struct, rename="camel"):
    type: str | None = None
    arn: str | None = None
    user_name: str | None = None
    principal_id: str | None = None
    account_id: str | None = None
    invoked_by: str | None = None
    session_context: Session | None = None
    on_behalf_of: OnBehalf | None = None


class Resource(msgspec.Struct):
    ARN: str | None = None
    type: str | None = None


class Record(msgspec.Struct, rename="camel"):
    id: str = msgspec.field(name="eventID", default="")
    event_name: str = ""
    event_time: str | None = None
    event_source: str = ""
    event_type: str | None = None
    user_identity: Identity | None = None
    source_ip: str | None = msgspec.field(name="sourceIPAddress", default=None)
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    read_only: bool | str | None = None
    request_parameters: Any = None
    response_elements: Any = None
    service_event_details: Any = None
    resources: list[Resource] | None = None

    @property
    def reads(self) -> bool | None:
        """Whether the call changed nothing; None where the record does not say."""
        if isinstance(self.read_only, str):
            return {"true": True, "false": False}.get(self.read_only.lower())
        return self.read_only


class File(msgspec.Struct):
    Records: list[Record] = []


_one = msgspec.json.Decoder(Record)
_file = msgspec.json.Decoder(File)


def records(text: str | bytes) -> list[Record]:
    """Return the records of a trail's file, or the one of an event's text; an unreadable text has none."""
    data = text.encode() if isinstance(text, str) else text
    if not data.strip():
        return []
    try:
        if data.lstrip().startswith(b'{"Records"'):
            return _file.decode(data).Records
        found = _one.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return []
    return [found]


def kind_of(record: Record) -> ActivityKind:
    """Return which kind of activity a record is."""
    if (record.event_type or "").lower() == "awsconsolesignin" or record.event_source == "signin.amazonaws.com":
        return "logon"
    if record.event_source == "sso.amazonaws.com" and record.event_name in _SSO_LOGON:
        return "logon"
    if record.event_source == "sts.amazonaws.com" and _LOGON_NAMES.fullmatch(record.event_name):
        return "logon"
    if record.reads is False and record.event_source in _ADMIN_SOURCES:
        of_objects = record.event_source == "s3.amazonaws.com" and _OBJECTS.fullmatch(record.event_name)
        return "user" if of_objects else "admin"
    return "user"


def outcome_of(record: Record) -> Outcome:
    """Return whether what was tried succeeded."""
    if record.error_code or record.error_message:
        return "failure"
    for told in (record.response_elements, record.service_event_details):
        if isinstance(told, dict) and "Failure" in (told.get("ConsoleLogin"), told.get(record.event_name)):
            return "failure"
    return "success"


def actor_of(who: Identity) -> tuple[str | None, str | None]:
    """Return an actor's name and, where it is an account of ours, its local ref."""
    behalf = who.on_behalf_of
    if behalf and behalf.user_id:
        store = (behalf.identity_store_arn or "").rpartition("/")[2]
        ref = local("account", f"{store}/{behalf.user_id}") if store else None
        return who.user_name or behalf.user_id, ref
    if who.type == "AssumedRole":
        issuer = who.session_context.session_issuer if who.session_context else None
        session = (who.arn or "").rpartition("/")[2] or (who.principal_id or "").rpartition(":")[2]
        name = f"{issuer.user_name}/{session}" if issuer and issuer.user_name else session or None
        return name, local("account", issuer.arn) if issuer and issuer.arn else None
    if who.type == "Root":
        return "root", local("account", who.arn) if who.arn else None
    name = who.user_name or who.invoked_by or who.principal_id
    return name, local("account", who.arn) if who.arn else None


def _target(record: Record) -> tuple[str | None, str | None]:
    for one in record.resources or ():
        if one.ARN:
            return one.ARN, _ref(one.ARN)
    given = record.request_parameters
    if isinstance(given, dict):
        for key in ("userName", "roleName", "groupName", "bucketName", "roleArn", "policyArn", "name"):
            value = given.get(key)
            if isinstance(value, str) and value:
                return value, _ref(value)
    return None, None


def _ref(arn: str) -> str | None:
    if re.fullmatch(r"arn:[^:]+:iam::\d{12}:(?:user|role)/.+", arn):
        return local("account", arn)
    if re.fullmatch(r"arn:[^:]+:iam::\d{12}:group/.+", arn):
        return local("group", arn)
    return None


def activity(record: Record, id_: str = "") -> Activity:
    """Return one record as activity."""
    actor, actor_ref = actor_of(record.user_identity) if record.user_identity else (None, None)
    target, target_ref = _target(record)
    return Activity(
        id=id_ or record.id,
        time=clock.normalise(record.event_time),
        kind=kind_of(record),
        action=record.event_name or None,
        actor=actor,
        actor_ref=actor_ref,
        target=target,
        target_ref=target_ref,
        ip=record.source_ip,
        user_agent=record.user_agent,
        outcome=outcome_of(record),
    )
