"""The simulated audit log (Reports): the company's events as Google tells them, then what callers did.

Each event of the company belongs to one application, known by its index alone. Items come newest first; what is new
appears after the lag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_company import APP, Company
from casb_cli.apps.google_workspace.sandbox_state import State
from casb_cli.apps.google_workspace.sandbox_wire import when
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import VERBS, Event

KEPT_DAYS = 180
_TARGETS = {
    "download": "download",
    "upload": "upload",
    "preview": "view",
    "edit": "edit",
    "delete": "trash",
}


def application_of(index: int) -> str:
    """Return the application that an event of the company belongs to."""
    verb = VERBS[index % len(VERBS)][1]
    turn = index // len(VERBS)
    kind = VERBS[index % len(VERBS)][0]
    if kind == "logon":
        return "saml" if index % len(VERBS) == 10 and turn % 2 else "login"
    if kind == "admin":
        return "admin"
    if verb == "edit" and turn % 10 == 7:
        return "login"
    if verb == "edit" and turn % 10 == 3:
        return "user_accounts"
    return "token" if verb == "preview" and turn % 2 else "drive"


def qualifier(seed: int, index: int) -> str:
    """Return the unique qualifier of an event: a signed 64-bit number as text."""
    return str(chance.mix(seed, 851, index) - (1 << 63))


class Trail:
    """The log over a state; `clock` gives epoch seconds, `lag` how long what is new stays unseen."""

    def __init__(self, state: State, clock: Callable[[], float], lag: float = 0.0) -> None:
        self.state = state
        self.lag = lag
        self._clock = clock
        self._world = state.company.world

    @property
    def company(self) -> Company:
        """The company."""
        return self.state.company

    # What happens

    def note(self, application: str, actor: int | None, events: list[dict[str, Any]], kind: str = "") -> None:
        """Append an item that a caller caused."""
        number = self._world.events + len(self.state.happened)
        moment = self._clock()
        row = self._item(application, moment, number, actor, "198.51.100.20", events)
        self.state.happened.append({"at": moment, "application": application, "row": row, "kind": kind})

    def note_admin(self, actor: int | None, name: str, kind: str, **values: str) -> None:
        """Append an event of the admin application."""
        self.note("admin", actor, [_event(kind, name, **values)])

    def note_drive(self, actor: int | None, name: str, **values: str) -> None:
        """Append an event of the drive application."""
        kind = "acl_change" if name.startswith("change_") else "access"
        self.note("drive", actor, [_event(kind, name, **values)])

    def _item(
        self, application: str, moment: float, number: int, actor: int | None, ip: str | None,
        events: list[dict[str, Any]],
    ) -> dict[str, Any]:  # fmt: skip
        who: dict[str, Any] = {"callerType": "KEY", "key": "SYSTEM"}
        if actor is not None:
            who = {"callerType": "USER", "email": self.company.email(actor), "profileId": ids.user_id(actor)}
        row: dict[str, Any] = {
            "kind": "admin#reports#activity",
            "id": {
                "time": when(moment),
                "uniqueQualifier": qualifier(self._world.seed, number),
                "applicationName": application,
                "customerId": self.company.customer,
            },
            "actor": who,
            "ownerDomain": self.company.domain,
        }
        if ip is not None:
            row["ipAddress"] = ip
            row["networkInfo"] = {"ipAsn": [64500], "regionCode": "DE"}
        return row | {"events": events}

    # Reading

    def newest(self, application: str, before: int | None, end: float | None) -> Iterator[tuple[int, float]]:
        """Yield number and time of an application's items, newest first, below a number."""
        base, happened = self._world.events, self.state.happened
        ready = self._clock() - self.lag
        top = base + len(happened) if before is None else before
        for number in range(top - 1, -1, -1):
            if number >= base:
                seen = happened[number - base]
                if seen["application"] == application and seen["at"] <= ready and (end is None or seen["at"] <= end):
                    yield number, seen["at"]
            elif application_of(number) == application:
                moment = self._world.event_time(number).timestamp()
                if end is None or moment <= end:
                    yield number, moment

    def row(self, number: int) -> dict[str, Any]:
        """Return an item by its number."""
        base = self._world.events
        if number >= base:
            found: dict[str, Any] = self.state.happened[number - base]["row"]
            return found
        event = self._world.event(APP, number)
        ip = None if number % 50 == 49 else event.ip
        return self._item(
            application_of(number), event.time.timestamp(), number, event.actor, ip, self.events_of(event)
        )

    def events_of(self, event: Event) -> list[dict[str, Any]]:
        """Return the events of an item of the company: a share has two, all others one."""
        match application_of(event.index):
            case "login":
                return [self._login(event)]
            case "saml":
                return [_event("login", "login_success", application_name="Harbor Sync", initiated_by="sp")]
            case "admin":
                return [self._admin(event)]
            case "user_accounts":
                return [_event("password_change", "password_edit")]
            case "token":
                return [self._token(event)]
            case _:
                return self._drive(event)

    def _login(self, event: Event) -> dict[str, Any]:
        if event.kind == "user":
            return _event("2sv_change", "2sv_enroll")
        if not event.success:
            found = _event("login", "login_failure", login_type="google_password")
            found["parameters"].append({"name": "login_failure_type", "value": "login_failure_invalid_password"})
            return found
        found = _event("login", "login_success", login_type="google_password")
        found["parameters"] += [
            {"name": "login_challenge_method", "multiValue": ["password"]},
            {"name": "is_suspicious", "boolValue": False},
        ]
        return found

    def _admin(self, event: Event) -> dict[str, Any]:
        company = self.company
        if event.verb == "role-changed":
            return _event(
                "DELEGATED_ADMIN_SETTINGS", "ASSIGN_ROLE", ROLE_NAME="_HELP_DESK_ADMIN_ROLE",
                USER_EMAIL=company.email(event.target),
            )  # fmt: skip
        if event.verb == "member-added":
            return _event(
                "GROUP_SETTINGS", "ADD_GROUP_MEMBER", GROUP_EMAIL=company.group_email(event.target),
                USER_EMAIL=company.email(event.actor),
            )  # fmt: skip
        return _event(
            "APPLICATION_SETTINGS", "CHANGE_APPLICATION_SETTING", APPLICATION_NAME="Drive and Docs",
            SETTING_NAME="SHARING_OUTSIDE_DOMAIN", OLD_VALUE="false", NEW_VALUE="true",
        )  # fmt: skip

    def _token(self, event: Event) -> dict[str, Any]:
        turn = event.index // len(VERBS)
        token = self.company.token(turn % len(self.company.clients))
        name = "authorize" if turn % 4 == 1 else "activity"
        found = _event(
            "auth", name, app_name=token.name, client_id=token.client, api_name="drive",
            client_type="NATIVE_DESKTOP" if token.native else "WEB",
        )  # fmt: skip
        found["parameters"].append({"name": "scope", "multiValue": list(token.scopes)})
        return found

    def _drive(self, event: Event) -> list[dict[str, Any]]:
        library = self.state.library
        if event.verb == "share":
            place = library.files.place(event.target)
            id_, title, kind = library.folder_id(event.target), place.name, "folder"
        elif not self._world.files:
            return [_event("access", "view", doc_type="unknown")]
        else:
            item = library.file(event.target)
            id_, title, kind = item.id, item.name, "unknown" if item.binary else item.mime.rpartition(".")[2]
        common = {"doc_id": id_, "doc_title": title, "doc_type": kind}
        if event.verb == "share":
            target = self.company.email(self._world.people)
            first = _event("acl_change", "change_user_access", **common, target_user=target, new_value="can_view")
            second = _event("acl_change", "change_document_visibility", **common, visibility="shared_externally")
            first["parameters"].append({"name": "primary_event", "boolValue": True})
            second["parameters"].append({"name": "primary_event", "boolValue": False})
            return [first, second]
        found = _event("access", _TARGETS[event.verb], **common)
        found["parameters"].append({"name": "billable", "boolValue": True})
        found["resourceIds"] = [id_]
        return [found]


def _event(kind: str, name: str, **values: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "parameters": [{"name": key, "value": text} for key, text in values.items()]}
