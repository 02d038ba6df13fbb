"""Events of the System Log: their wire shape, what kind of activity each is, and what it acted on.

Kinds follow the prefixes of Okta's event catalogue; the first rule that fits decides.
"""

from __future__ import annotations

import re

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Activity, ActivityKind, Outcome
from casb_cli.core.refs import local

_LOGON = re.compile(
    r"user\.session\.(start|end|expire|clear|access_admin_app|context)|user\.authentication\."
    r"|policy\.evaluate_sign_on|user\.account\.(lock|unlock)|user\.mfa\.(attempt_bypass|okta_verify)"
    r"|app\.oauth2\.signon"
)
_BY_ANOTHER = re.compile(
    r"user\.account\.(reset_password|expire_password|update_password|update_profile)|user\.mfa\.factor\."
)
_ADMIN = re.compile(
    r"user\.session\.impersonation\.|user\.lifecycle\.|user\.account\.privilege\.|group\."
    r"|application\.(lifecycle|user_membership|policy|configuration|provision)\."
    r"|policy\.(lifecycle|rule|mapping|branch)\.|iam\.|zone\.|network_zone\."
    r"|security\.(authenticator|trusted_origin|zone|behavior\.settings)"
    r"|app\.oauth2\.(client\.|admin\.consent\.|credentials\.|trusted_server\.|key\.)"
    r"|oauth2\.(as|claim|scope)\.|event_hook\.|inline_hook\."
    r"|system\.(api_token|idp|org\.lifecycle|feature|log_stream|custom_|email\.template|email_domain|mfa\.factor)"
    r"|device\.lifecycle\."
)
_OUTCOMES: dict[str, Outcome] = {
    "SUCCESS": "success",
    "ALLOW": "success",
    "FAILURE": "failure",
    "DENY": "failure",
    "RATE_LIMIT": "failure",
    "ABANDONED": "failure",
    "UNANSWERED": "failure",
}
"""The others say neither: skipped, challenged, deferred, scheduled, unknown."""
_KINDS = {"User": "account", "UserGroup": "group"}
_NOBODY = frozenset({"", "unknown", "null"})


class Who(msgspec.Struct, rename="camel"):
    """An actor or a target."""

    id: str | None = None
    type: str | None = None
    alternate_id: str | None = None
    display_name: str | None = None

    @property
    def name(self) -> str | None:
        """The login, or the name shown."""
        for value in (self.alternate_id, self.display_name):
            if value and value not in _NOBODY:
                return value
        return None

    @property
    def ref(self) -> str | None:
        """A local ref, where it is a user or a group."""
        kind = _KINDS.get(self.type or "")
        return local(kind, self.id) if kind and self.id and self.id not in _NOBODY else None


class UserAgent(msgspec.Struct, rename="camel"):
    raw_user_agent: str | None = None


class Client(msgspec.Struct, rename="camel"):
    ip_address: str | None = None
    user_agent: UserAgent | None = None


class Result(msgspec.Struct):
    result: str | None = None


class Event(msgspec.Struct, rename="camel"):
    uuid: str
    event_type: str
    published: str | None = None
    actor: Who | None = None
    client: Client | None = None
    outcome: Result | None = None
    target: list[Who] | None = None


def kind_of(event: Event) -> ActivityKind:
    """Return the kind of activity of an event."""
    if _LOGON.match(event.event_type):
        return "logon"
    if _ADMIN.match(event.event_type):
        return "admin"
    if _BY_ANOTHER.match(event.event_type):
        actor = event.actor.id if event.actor else None
        people = [who.id for who in event.target or () if who.type == "User"]
        return "admin" if people and actor not in people else "user"
    return "user"


def activity(event: Event) -> Activity:
    """Return one event as activity."""
    actor, client = event.actor, event.client or Client()
    target = _main_target(event)
    ip = client.ip_address if client.ip_address and client.ip_address not in _NOBODY else None
    agent = client.user_agent.raw_user_agent if client.user_agent else None
    outcome = _OUTCOMES.get((event.outcome.result if event.outcome else None) or "")
    told = {"actor": actor.name if actor else None, "ip": ip, "user_agent": agent, "outcome": outcome}
    return Activity(
        id=event.uuid,
        time=clock.normalise(event.published),
        kind=kind_of(event),
        action=event.event_type,
        actor=actor.name if actor else None,
        actor_ref=actor.ref if actor else None,
        target=target.name if target else None,
        target_ref=target.ref if target else None,
        ip=ip,
        user_agent=agent,
        outcome=outcome,
        unknown=tuple(name for name, value in told.items() if value is None),
    )


def _main_target(event: Event) -> Who | None:
    """Return what an event acted on: the first target, as Okta orders them."""
    return event.target[0] if event.target else None
