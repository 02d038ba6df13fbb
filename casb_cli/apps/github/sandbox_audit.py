"""The simulated audit log: the company's past by index, then what was done in the sandbox."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from casb_cli.apps.github.sandbox_base import Base
from casb_cli.apps.github.sandbox_company import USER_BASE
from casb_cli.core import clock
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import VERBS, Event
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.wire import Reply, Request, answer, route
from casb_cli.sandbox.world import World

ACTIONS: dict[str, tuple[str, str]] = {
    "sign-in": ("org.sso_response", "user"),
    "sign-in-failed": ("user.failed_login", "user"),
    "download": ("git.clone", "repository"),
    "upload": ("git.push", "repository"),
    "role-changed": ("org.update_member", "user"),
    "preview": ("repo.download_zip", "repo"),
    "edit": ("pull_request.merge", "repo"),
    "member-added": ("team.add_member", "team"),
    "share": ("public_key.create", "repo"),
    "settings-changed": ("repo.access", "repo"),
    "delete": ("issues.deleted", "repo"),
}
"""What GitHub calls the company's events, and which field names their target."""
_IS_GIT = tuple(ACTIONS[verb][0].startswith("git.") for _, verb, _, _ in VERBS)
_CREATED = re.compile(r"created:(?P<op>>=|<=|>|<)?(?P<one>[^\s.]+(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)(?:\.\.(?P<two>\S+))?")
_GIT_DAYS, _KEPT_DAYS, _DEFAULT_DAYS = 7, 180, 90


class Audit(Base):
    """Rows 5 to 7 of the matrix."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.added: list[dict[str, Any]] = []

    def reset(self) -> None:
        super().reset()
        self.added.clear()

    def event(self, index: int) -> dict[str, Any]:
        """Return an event of the company's past as GitHub logs it."""
        event: Event = self.world.event("github", index)
        action, field = ACTIONS[event.verb]
        person = self.world.person(event.actor)
        millis = int(event.time.timestamp() * 1000)
        found: dict[str, Any] = {
            "@timestamp": millis,
            "_document_id": event.id,
            "action": action,
            "actor": person.login,
            "actor_id": USER_BASE + event.actor,
            "actor_location": {"country_code": event.country},
            "org": self.org,
            "org_id": 9001,
            "operation_type": "authentication" if event.kind == "logon" else "modify",
        }
        if self.options.settings.get("ip_disclosure", "on") == "on":
            found["actor_ip"] = event.ip
        if not action.startswith("git."):
            found["created_at"] = millis
            found["user_agent"] = event.user_agent
        if field == "user":
            found["user"] = self.world.person(event.target).login
            found["user_id"] = USER_BASE + event.target
        elif field == "team":
            found["team"] = f"{self.org}/{self.world.group(event.target).slug}"
        else:
            found[field] = f"{self.org}/{self._place(event).name}"
        if action.startswith("git."):
            found["transport_protocol_name"] = "ssh"
        if action == "repo.access":
            found |= {"visibility": "private", "previous_visibility": "internal"}
        return found

    def _place(self, event: Event) -> Any:
        library = self.company.library
        if event.target_kind == "file" and library.count:
            return library.place(library.place_of(event.target % library.count))
        return library.place(event.target % library.places)

    def audit(self, action: str, request: Request, **more: Any) -> None:
        session = request.who
        token = session.token if session is not None else None
        actor, ident = "casb[bot]", None
        if token is not None and token.user is not None:
            actor, ident = self.world.person(token.user).login, USER_BASE + token.user
        millis = int(self.now().timestamp() * 1000) + len(self.added) % 1000
        number = len(self.added)
        row = {
            "@timestamp": millis,
            "_document_id": f"{chance.text(chance.HEX, 8, self.world.seed, 97, number)}-n{number}",
            "action": action, "actor": actor, "actor_id": ident, "org": self.org, "org_id": 9001,
            "created_at": millis, "actor_ip": "127.0.0.1",
            "user_agent": request.headers.get("user-agent", ""), "operation_type": "modify", **more,
        }  # fmt: skip
        self.added.append({name: value for name, value in row.items() if value is not None})

    def log(self, since: datetime | None, until: datetime | None, include: str) -> list[int]:
        """Return the numbers of all events in a window, oldest first; those made here follow the past."""
        world = self.world
        oldest = world.now - timedelta(days=_KEPT_DAYS)
        start = world.now - timedelta(days=_DEFAULT_DAYS) if since is None else max(since, oldest)
        end = world.events
        if until is not None:
            end = world.events_since(until)
            end += end < world.events and world.event_time(end) == until
        git_from = world.events_since(world.now - timedelta(days=_GIT_DAYS))
        found = [
            index
            for index in range(world.events_since(start), end)
            if (include != "web" and index >= git_from if _IS_GIT[index % len(VERBS)] else include != "git")
        ]
        for number, row in enumerate(self.added):
            moment = datetime.fromtimestamp(row["@timestamp"] / 1000, UTC)
            inside = moment >= start and (until is None or moment <= until)
            if inside and include in ("all", "git" if row["action"].startswith("git.") else "web"):
                found.append(world.events + number)
        return found

    def _row(self, number: int) -> dict[str, Any]:
        past = self.world.events
        return self.event(number) if number < past else self.added[number - past]

    @route("GET /orgs/{org}/audit-log", paged=True)
    @route("GET /enterprises/{enterprise}/audit-log", paged=True)
    def audit_log(self, request: Request) -> Reply:
        query = request.query
        phrase = query.get("phrase", "")
        since, until = _window(phrase)
        numbers = self.log(since, until, query.get("include", "web"))
        words = dict(word.split(":", 1) for word in phrase.split() if ":" in word and not word.startswith("created"))
        if words:
            numbers = [n for n in numbers if _matches(self._row(n), words)]
        down = query.get("order", "desc") == "desc"
        if down:
            numbers.reverse()
        if self.variant == "ghes":  # an enterprise server pages by number
            return self.page(request, numbers, self._row)
        size = max(request.number("per_page", 30, 100), 1)
        at = 0
        if query.get("after"):
            last = _cursor(query["after"])
            if last is None:
                self.refuse(400, "Invalid cursor")
            # Behind the last one delivered, wherever that now stands: new events don't shift the pages.
            at = next((i for i, n in enumerate(numbers) if (n < last if down else n > last)), len(numbers))
        chosen = numbers[at : at + size]
        reply = answer([self._row(n) for n in chosen])
        if request.fault == "duplicate-page" and chosen and "again" not in query:
            reply.headers["link"] = f'<{self.link(request, again=1)}>; rel="next"'
        elif at + size < len(numbers):
            mark = base64.urlsafe_b64encode(f"MS:{chosen[-1]}".encode()).decode()
            link = self.link(request, after=mark, before="", again=None)
            reply.headers["link"] = f'<{link}>; rel="next"'
        return reply

    @route("GET /orgs/{org}/events", paged=True)
    def events(self, request: Request) -> Reply:
        return self.page(request, [], lambda value: value)


def _cursor(text: str) -> int | None:
    try:
        return int(base64.urlsafe_b64decode(text).decode().removeprefix("MS:"))
    except ValueError:
        return None


def _window(phrase: str) -> tuple[datetime | None, datetime | None]:
    since = until = None
    for found in _CREATED.finditer(phrase):
        one = clock.parse(found["one"])
        whole_day = len(found["one"]) == 10
        end = one + timedelta(days=1) - timedelta(milliseconds=1) if whole_day else one
        match found["op"]:
            case ">=":
                since = one
            case ">":
                since = end + timedelta(milliseconds=1)
            case "<=":
                until = end
            case "<":
                until = one - timedelta(milliseconds=1)
            case _:
                since, until = one, end
                if found["two"]:
                    two = clock.parse(found["two"])
                    until = two + timedelta(days=1) if len(found["two"]) == 10 else two
    return since, until


def _matches(row: dict[str, Any], words: dict[str, str]) -> bool:
    for name, value in words.items():
        present = str(row.get(name, ""))
        if name == "action":
            if present != value and not present.startswith(f"{value}."):
                return False
        elif present != value:
            return False
    return True
