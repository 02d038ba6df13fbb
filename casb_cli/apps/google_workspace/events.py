"""Activities of the Reports API: their wire shape, which kind of activity each event is, and what it acted on.

Kinds follow the applications of the Reports API; within `login`, changes to an account's own settings are no
log-ons. One item may hold several events, and each becomes a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Activity, ActivityKind, Outcome
from casb_cli.core.refs import local

LOGON = ("login", "saml")
ADMIN = ("admin", "admin_data_action", "rules", "gcp", "vault", "data_migration")
USER = (
    "drive",
    "token",
    "user_accounts",
    "groups",
    "groups_enterprise",
    "calendar",
    "chat",
    "gmail",
    "meet",
    "mobile",
    "access_evaluation",
    "access_transparency",
    "assignments",
    "chrome",
    "chrome_sync",
    "classroom",
    "cloud_search",
    "contacts",
    "context_aware_access",
    "data_studio",
    "directory_sync",
    "gemini_in_workspace_apps",
    "gplus",
    "graduation",
    "jamboard",
    "keep",
    "ldap",
    "meet_hardware",
    "profile",
    "takeout",
    "tasks",
    "voice",
    "workspace_studio",
)
APPLICATIONS = (*LOGON, *ADMIN, *USER)
EVERYWHERE = frozenset({"login", "admin", "token"})
"""Applications that every edition records: being refused these is a failure."""
PROMPT = frozenset({"login", "saml", "admin", "drive", "token", "user_accounts", "groups", "mobile"})
"""Applications whose events come within minutes; the others may take hours."""
_OWN_SETTINGS = re.compile(r"2sv_(enroll|disable)$|password_edit$|recovery_\w+_edit$|titanium_(un)?enroll$")
_OUTCOMES: Mapping[str, Outcome] = {
    "SUCCEEDED": "success",
    "SUCCEEDED_WITH_WARNINGS": "success",
    "FAILED": "failure",
}
_PEOPLE = ("USER_EMAIL", "user_email", "affected_email_address", "target_user", "email")
_NAMES = (
    "GROUP_EMAIL",
    "group_email",
    "app_name",
    "APP_NAME",
    "ROLE_NAME",
    "ORG_UNIT_NAME",
    "SETTING_NAME",
    "DOMAIN_NAME",
    "rule_name",
    "RESOURCE_NAME",
)


class Parameter(msgspec.Struct, rename="camel", gc=False):
    """One parameter of an event, its value in the field of its type."""

    name: str
    value: str | None = None
    int_value: str | int | None = None
    bool_value: bool | None = None
    multi_value: list[str] | None = None

    @property
    def text(self) -> str | None:
        """The value as text; the first one of several."""
        if self.value is not None:
            return self.value
        if self.multi_value:
            return self.multi_value[0]
        return str(self.int_value) if self.int_value is not None else None


class _Status(msgspec.Struct, rename="camel"):
    event_status: str | None = None


class Event(msgspec.Struct):
    name: str = ""
    status: _Status | None = None
    parameters: list[Parameter] | None = None


class _Id(msgspec.Struct, rename="camel"):
    time: str
    unique_qualifier: str | int
    application_name: str


class _Actor(msgspec.Struct, rename="camel"):
    email: str | None = None
    profile_id: str | int | None = None
    key: str | None = None


class Item(msgspec.Struct, rename="camel"):
    """What one person did at one moment: one event or several."""

    id: _Id
    actor: _Actor | None = None
    ip_address: str | None = None
    events: list[Event] | None = None


class Activities(msgspec.Struct):
    items: list[Item] | None = None


def kind_of(application: str, name: str) -> ActivityKind:
    """Return the kind of activity of an event."""
    if application in LOGON:
        return "user" if application == "login" and _OWN_SETTINGS.match(name) else "logon"
    return "admin" if application in ADMIN else "user"


def kinds_of(application: str) -> frozenset[str]:
    """Return the kinds of activity that an application may hold."""
    return frozenset({"logon", "user"}) if application == "login" else frozenset({kind_of(application, "")})


def outcome_of(event: Event) -> Outcome | None:
    """Return how an event ended; None where Google says neither."""
    if event.name == "login_failure":
        return "failure"
    told = event.status.event_status if event.status else None
    return _OUTCOMES.get(told) if told else "success"


def rows(item: Item, account_ref: Callable[[str], str | None]) -> Iterator[Activity]:
    """Yield an item's events as activity; `account_ref` finds a person by address."""
    actor = item.actor or _Actor()
    profile = str(actor.profile_id) if actor.profile_id not in {None, ""} else None
    base = f"{item.id.application_name}:{item.id.time}:{item.id.unique_qualifier}"
    for number, event in enumerate(item.events or ()):
        target, target_ref = _target(event, account_ref)
        told: dict[str, Any] = {
            "actor": actor.email or actor.key,
            "ip": item.ip_address,
            "user_agent": None,
            "outcome": outcome_of(event),
        }
        yield Activity(
            id=f"{base}:{number}" if number else base,
            time=clock.normalise(item.id.time),
            kind=kind_of(item.id.application_name, event.name),
            action=event.name,
            actor_ref=local("account", profile) if profile else None,
            target=target,
            target_ref=target_ref,
            unknown=tuple(name for name, value in told.items() if value is None),
            **told,
        )


def _target(event: Event, account_ref: Callable[[str], str | None]) -> tuple[str | None, str | None]:
    """Return what an event acted on: a document, a person, or what else its parameters name."""
    told = {one.name: one.text for one in event.parameters or ()}
    document = told.get("doc_id")
    if document:
        return told.get("doc_title") or document, local("file", document)
    for name in _PEOPLE:
        address = told.get(name)
        if address:
            return address, account_ref(address)
    return next((value for name in _NAMES if (value := told.get(name))), None), None
