"""The simulated Okta's System Log: what the world says happened, then what callers caused.

Without `until` the log is polled: there is always a next link, an empty page too, and the bounds count when an
event was stored. With `until` it is bounded: events are sorted by `published`, and a full last page still has a
next link, to an empty one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from casb_cli.apps.okta.sandbox_company import APP
from casb_cli.apps.okta.sandbox_state import State
from casb_cli.apps.okta.sandbox_wire import when
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import Event

RETENTION = timedelta(days=90)
OLDEST = timedelta(days=180)

_ADMIN = (
    ("policy.lifecycle.update", "Update policy"),
    ("application.lifecycle.update", "Update application"),
    ("zone.update", "Update network zone"),
    ("system.api_token.create", "Create API token"),
)
_PLAIN: dict[str, tuple[str, str]] = {
    "download": ("app.oauth2.as.token.grant.access_token", "OAuth2 access token is granted"),
    "upload": ("user.mfa.factor.activate", "Enroll factor for user"),
    "preview": ("app.oauth2.as.token.grant.id_token", "OAuth2 id token is granted"),
    "edit": ("user.account.update_password", "User update password for Okta"),
    "share": ("app.oauth2.as.consent.grant", "User granted consent to app"),
    "delete": ("app.oauth2.token.revoke", "OAuth2 token is revoked"),
    "role-changed": ("user.account.privilege.grant", "Grant user privilege"),
    "member-added": ("group.user_membership.add", "Add user to group membership"),
}


def event_type(event: Event) -> tuple[str, str]:
    """Return what Okta calls an event of the company, and its words."""
    if event.verb == "settings-changed":
        return _ADMIN[event.index // 12 % len(_ADMIN)]
    if event.verb == "sign-in-failed" and event.index // 12 % 3 == 2:
        return "policy.evaluate_sign_on", "Evaluation of sign-on policy"
    if event.verb.startswith("sign-in"):
        if event.success and event.index % 12 == 10:
            return "user.authentication.sso", "User single sign on to app"
        return "user.session.start", "User login to Okta"
    return _PLAIN[event.verb]


def event_id(seed: int, index: int) -> str:
    """Return the id of an event: shaped like a UUID."""
    raw = f"{chance.mix(seed, 51, index, 1):016x}{chance.mix(seed, 51, index, 2):016x}"
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


class Trail:
    """The log over a state; `app` is the id of the app that people sign in to."""

    def __init__(self, state: State, app: str) -> None:
        self.state = state
        self._app = app
        self._company = state.company
        self._world = state.company.world
        self._span: tuple[tuple[datetime, datetime, int], list[int]] | None = None

    @property
    def count(self) -> int:
        """How many events were stored."""
        return self._world.events + len(self.state.happened)

    def note(
        self, kind: str, words: str, actor: dict[str, Any], targets: list[dict[str, Any]], *, late: float = 0.0
    ) -> None:
        """Append an event that a caller caused; it is published `late` seconds before it is stored."""
        stored = self.state.now
        published = stored - timedelta(seconds=late)
        number = self.count
        row = self._row(number, published, kind, words, actor, targets, "SUCCESS", None)
        row["client"] = _client("198.51.100.20", "casb", None)
        self.state.happened.append({"stored": stored, "published": published, "row": row})

    def stored(self, index: int) -> datetime:
        """Return when an event was stored."""
        base = self._world.events
        if index < base:
            return self._world.event_time(index)
        moment: datetime = self.state.happened[index - base]["stored"]
        return moment

    def first_at(self, moment: datetime) -> int:
        """Return the first event stored at or after a moment."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.stored(middle) < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def bounded(self, since: datetime, until: datetime) -> list[int]:
        """Return the events published in a span of time, in that order."""
        key = (since, until, self.count)
        if self._span is not None and self._span[0] == key:
            return self._span[1]
        base = self._world.events
        found = []
        for index in range(min(self.first_at(since), base), base):
            moment = self._world.event_time(index)
            if moment >= until:
                break
            if moment >= since:
                found.append((moment, index))
        for place, event in enumerate(self.state.happened):
            if since <= event["published"] < until:
                found.append((event["published"], base + place))
        self._span = (key, [index for _, index in sorted(found)])
        return self._span[1]

    def all(self) -> Iterator[dict[str, Any]]:
        """Yield every event as stored."""
        return map(self.row, range(self.count))

    # Shapes

    def row(self, index: int) -> dict[str, Any]:
        """Return an event as Okta writes it."""
        base = self._world.events
        if index >= base:
            row: dict[str, Any] = self.state.happened[index - base]["row"]
            return row
        event = self._world.event(APP, index)
        kind, words = event_type(event)
        result, reason = "SUCCESS", None
        if kind == "policy.evaluate_sign_on":
            result, reason = "DENY", "Sign-on policy evaluation resulted in DENY"
        elif not event.success:
            result, reason = "FAILURE", "INVALID_CREDENTIALS"
        row = self._row(
            index, event.time, kind, words, self.person(event.actor), self._targets(event, kind), result, reason
        )
        row["client"] = _client(None if index % 50 == 49 else event.ip, event.user_agent, event.country)
        return row

    def _row(
        self,
        index: int,
        published: datetime,
        kind: str,
        words: str,
        actor: dict[str, Any],
        targets: list[dict[str, Any]] | None,
        result: str,
        reason: str | None,
    ) -> dict[str, Any]:
        return {
            "uuid": self.uuid(index),
            "published": when(published),
            "eventType": kind,
            "version": "0",
            "severity": "INFO" if result == "SUCCESS" else "WARN",
            "legacyEventType": None,
            "displayMessage": words,
            "actor": actor,
            "client": None,
            "device": None,
            "outcome": {"result": result, "reason": reason},
            "target": targets,
            "transaction": {
                "type": "WEB",
                "id": f"W{chance.mix(self._world.seed, 52, index):016x}",
                "detail": {},
            },
            "authenticationContext": {
                "authenticationProvider": None,
                "credentialProvider": None,
                "credentialType": None,
                "issuer": None,
                "interface": None,
                "authenticationStep": 0,
                "externalSessionId": f"102{chance.mix(self._world.seed, 53, index):016x}",
            },
            "securityContext": {"asNumber": None, "asOrg": None, "isp": None, "domain": None, "isProxy": None},
            "debugContext": {"debugData": {"requestUri": "/api/v1/authn"}},
            "request": {"ipChain": []},
        }

    def uuid(self, index: int) -> str:
        """Return the id of an event."""
        return event_id(self._world.seed, index)

    def person(self, index: int) -> dict[str, Any]:
        """Return somebody as actor or target."""
        user = self._company.user(index)
        return {
            "id": user.id,
            "type": "User",
            "alternateId": user.login,
            "displayName": user.name,
            "detailEntry": None,
        }

    def _targets(self, event: Event, kind: str) -> list[dict[str, Any]] | None:
        if kind in {"policy.evaluate_sign_on", "zone.update"}:
            return None
        if event.target_kind == "group":
            number = event.target + 1
            staff = self._world.employees(APP)
            added = staff[chance.mix(self._world.seed, 54, event.index) % len(staff)]
            group = {
                "id": self._company.group_id(number),
                "type": "UserGroup",
                "alternateId": "unknown",
                "displayName": self._company.group_name(number),
                "detailEntry": None,
            }
            return [self.person(added), group]
        if kind == "user.authentication.sso":
            app = {"id": self._app, "type": "AppInstance", "alternateId": "Salesforce", "displayName": "Salesforce"}
            return [app | {"detailEntry": None}, self.person(event.actor)]
        if event.target_kind == "person":
            return [self.person(event.target)]
        return [self.person(event.actor)]


def _client(ip: str | None, agent: str, country: str | None) -> dict[str, Any]:
    place = {"city": None, "state": None, "country": country, "postalCode": None, "geolocation": None}
    return {
        "userAgent": {"rawUserAgent": agent, "os": "Unknown", "browser": "UNKNOWN"},
        "zone": "null",
        "device": "Unknown",
        "id": None,
        "ipAddress": ip,
        "geographicalContext": place if country else None,
    }
