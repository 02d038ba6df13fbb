"""What every part of the simulated Okta shares: sign-in, scopes and roles, limits, paging, and the state."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from casb_cli.apps.okta.sandbox_access import NEEDS, Who, powers_of
from casb_cli.apps.okta.sandbox_apps import PAYROLL, SALES, Apps, Grant
from casb_cli.apps.okta.sandbox_auth import KNOWN_SCOPES, MANAGE_SCOPES, READ_SCOPES, UNIVERSAL_LOGOUT, Client, SignIn
from casb_cli.apps.okta.sandbox_company import CUSTOM_ROLES, Company
from casb_cli.apps.okta.sandbox_log import Trail
from casb_cli.apps.okta.sandbox_state import State
from casb_cli.apps.okta.sandbox_wire import (
    INSUFFICIENT_SCOPE,
    Refusal,
    address,
    cursor,
    error_body,
    link_header,
    oauth_error,
    refused,
    server_error,
    uncursor,
)
from casb_cli.sandbox.limits import LimitSpec, Verdict
from casb_cli.sandbox.provider import Options, Provider
from casb_cli.sandbox.wire import Reply, Request, Route, answer
from casb_cli.sandbox.world import World

T = TypeVar("T")

OPEN = frozenset(
    {
        "POST /oauth2/v1/token",
        "POST /oauth2/v1/introspect",
        "POST /oauth2/v1/revoke",
        "GET /.well-known/okta-organization",
        "GET /.well-known/openid-configuration",
    }
)
"""Calls without an access token."""

_LISTS = {"GET /api/v1/users": "users-list", "GET /api/v1/groups": "groups-list", "GET /api/v1/logs": "logs"}
_EMPTY_CONCURRENT = {"x-rate-limit-limit": "0", "x-rate-limit-remaining": "0"}


class Desk(Provider):
    """Okta without its calls.

    Settings: `scopes` granted to the app (blank separated), `roles` of it, `dpop` (`on`, `off`: must tokens be
    bound), `call_nonce` (`on`: calls need a nonce too), `lifetime` of access tokens and `search_lag` of the user
    search in seconds, `scope_error` (`header`, `oauth`: how a missing scope is told), `inherited` (`on`: the list
    of assignees holds those with a role through a group only, too), `app_admin` (`on`: another app is a member of
    a binding).
    """

    key: ClassVar[str] = "okta"
    hosts: ClassVar[tuple[str, ...]] = ("api",)
    # The last table that Okta published, for one org a minute; one app or token may use half of it.
    default_limits: ClassVar[dict[str, LimitSpec]] = {
        family: LimitSpec(kind="fixed", allowed=allowed / 2, window=60)
        for family, allowed in {
            "users-list": 600,
            "groups-list": 500,
            "group": 1000,
            "apps": 100,
            "app": 500,
            "logs": 120,
            "clients": 100,
            "oauth": 1200,
            "other": 1200,
        }.items()
    } | {"concurrent": LimitSpec(kind="concurrency", allowed=75)}

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        settings = self.options.settings
        self.company = Company(world, PAYROLL if settings.get("app_admin") == "on" else None)
        self.apps = Apps(self.company, self._clients(settings))
        self.signin = SignIn(self.apps.services, time.time, float(settings.get("lifetime", "3600")))
        self.signin.nonce_on_calls = settings.get("call_nonce") == "on"
        self.signin.granted = lambda client: frozenset(grant.scope for grant in self.grants_of(client.id))
        self.lag = float(settings.get("search_lag", "0"))
        self._start()

    def _start(self) -> None:
        self.state = State(self.company, time.time)
        self.trail = Trail(self.state, self.apps.all[SALES].id)
        self._verdict: tuple[Request, Verdict] | None = None
        self._inside: set[int] = set()

    def _clients(self, settings: dict[str, str]) -> list[tuple[str, frozenset[str], tuple[str, ...], bool]]:
        everything = (*READ_SCOPES, *MANAGE_SCOPES, UNIVERSAL_LOGOUT)
        scopes = frozenset(settings["scopes"].split() if "scopes" in settings else everything)
        roles = tuple(settings["roles"].split() if "roles" in settings else ("SUPER_ADMIN",))
        dpop = settings.get("dpop", "on") == "on"
        return [
            ("casb", scopes & KNOWN_SCOPES, roles, dpop),
            ("casb reader", frozenset(READ_SCOPES), ("READ_ONLY_ADMIN",), dpop),
            ("casb without a role", frozenset(everything), (), dpop),
        ]

    def reset(self) -> None:
        """Forget every change, token and event. The app's scopes are those of the settings by now."""
        super().reset()
        for own, (_, scopes, _, _) in zip(
            self.apps.services.values(), self._clients(self.options.settings), strict=True
        ):
            own.scopes = scopes
        self.signin.reset()
        self._start()

    @property
    def base(self) -> str:
        """The org's address."""
        return self.urls.get("api", "https://larkspur.okta.example")

    def grants_of(self, app: str) -> list[Grant]:
        """Return the scopes that an app may use now by an administrator's word."""
        found = [*self.apps.admin_grants(self.apps.by_id[app]), *(g for g in self.state.granted if g.app == app)]
        return [grant for grant in found if grant.id not in self.state.revoked]

    # Sign-in

    def enter(self, request: Request, route: Route) -> Reply | None:
        """Find out who calls, whether the token has the scope and the role the power."""
        if route.name in OPEN:
            return None
        who = self._who(request)
        request.who = who
        needed = NEEDS.get(route.name)
        if needed is None:
            return None
        scope, power = needed
        if not who.has_scope(scope):
            raise self._no_scope(request, scope)
        if power not in who.powers and not self._harmless(who, route, request):
            raise refused("E0000006")
        return None

    def _harmless(self, who: Who, route: Route, request: Request) -> bool:
        """Without a role the list of users is empty, not refused; and everybody may read themselves."""
        if route.name == "GET /api/v1/users":
            return True
        return route.name == "GET /api/v1/users/{id}" and request.params["id"] in {who.id, "me"}

    def _who(self, request: Request) -> Who:
        header = request.headers.get("authorization", "")
        if header[:4].upper() == "SSWS":  # Okta's own Python SDK leaves out the blank after it
            return self._owner_of(header[4:].strip())
        scheme, _, value = header.partition(" ")
        scheme = scheme.lower()
        if scheme not in {"bearer", "dpop"} or not value:
            raise refused("E0000011" if scheme else "E0000005")
        token = self.signin.check(
            scheme, value, request.headers.get("dpop"), request.method, f"{self.base}{request.path}"
        )
        client = token.client
        return Who(
            kind="app",
            id=client.id,
            key=client.id,
            scopes=token.scopes,
            powers=powers_of(client.roles),
            roles=frozenset(client.roles),
        )

    def _owner_of(self, secret: str) -> Who:
        key = self.apps.key_of(secret)
        if key is None or key.id in self.state.revoked:
            raise refused("E0000011")
        owner = self.state.user(key.owner)
        if owner.status in {"SUSPENDED", "DEPROVISIONED"}:
            raise refused("E0000011")
        held = [*self.company.held_by(owner.id), *self.company.inherited(key.owner)]
        roles = frozenset(one.type for one in held)
        permissions = [name for one in held if one.custom is not None for name in CUSTOM_ROLES[one.custom][2]]
        return Who(
            kind="user",
            id=owner.id,
            key=key.id,
            scopes=None,
            powers=powers_of(roles, permissions),
            roles=roles,
            token=key.id,
        )

    def _no_scope(self, request: Request, scope: str) -> Refusal:
        challenge = (
            f'Bearer realm="OktaOAuth2", scope="{scope}", error="insufficient_scope", '
            f'error_description="{INSUFFICIENT_SCOPE}", resource="{request.path}"'
        )
        if self.options.settings.get("scope_error") == "oauth":
            return oauth_error("insufficient_scope", INSUFFICIENT_SCOPE, 403)
        return refused("E0000006", headers={"www-authenticate": challenge})

    def lapse(self, request: Request) -> None:
        """Let the access token that the request carries expire; API tokens don't."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() in {"bearer", "dpop"}:
            self.signin.expire(value)

    def client_of(self, request: Request) -> Client:
        """Return the app that signed a call to an OAuth endpoint."""
        return self.signin.client(request.form(), f"{self.base}{request.path}")

    # Limits

    @staticmethod
    def family(name: str) -> str:
        """Return the bucket that a logical call is counted in."""
        if name in _LISTS:
            return _LISTS[name]
        path = name.partition(" ")[2]
        if path.startswith("/api/v1/apps"):
            return "app" if name == "GET /api/v1/apps/{appId}" else "apps"
        if path.startswith("/oauth2/v1/clients"):
            return "clients"
        if path.startswith("/oauth2/"):
            return "oauth"
        return "group" if name == "GET /api/v1/groups/{groupId}" else "other"

    def throttle(self, request: Request, route: Route) -> Reply | None:
        """Count the call in its bucket, and those being answered at once."""
        caller = request.who.key if request.who is not None else ""
        verdict = self.limits[self.family(route.name)].take(caller)
        self._verdict = (request, verdict)
        if not verdict.admitted:
            return self._too_many()
        if not self.limits["concurrent"].take().admitted:
            self._verdict = None
            reset = {"x-rate-limit-reset": str(math.ceil(time.time()) + 1)}
            return answer(error_body("E0000047"), 429, {**_EMPTY_CONCURRENT, **reset})
        self._inside.add(id(request))
        return None

    def leave(self, request: Request, route: Route) -> None:
        """Count the call as answered."""
        del route
        if id(request) in self._inside:
            self._inside.discard(id(request))
            self.limits["concurrent"].release()

    def throttled(self, request: Request, wait: float) -> Reply:
        """Answer that the caller must wait: the reset is a moment, in epoch seconds."""
        found = self.router.find(request.host, request.method, self.path(request))
        name = found[1].name if found else ""
        limit = int(self.limits[self.family(name)].allowed)
        reset = math.ceil(time.time() + wait)
        verdict = Verdict(admitted=False, limit=limit, remaining=0, used=limit, reset=reset, wait=wait)
        self._verdict = (request, verdict)
        return self._too_many()

    @staticmethod
    def _too_many() -> Reply:
        return answer(error_body("E0000047"), 429)

    def failed(self, request: Request, status: int) -> Reply:
        """Answer a server error."""
        del request
        return server_error(status)

    def missing(self, request: Request) -> Reply:
        """Answer a path, or a method on a path, that isn't there."""
        for method in ("GET", "POST", "DELETE"):
            if method != request.method and self.router.find(request.host, method, self.path(request)):
                return refused("E0000022").reply
        return refused("E0000008").reply

    def finish(self, request: Request, route: Route | None, reply: Reply) -> Reply:
        """Give every reply its request id and its limits."""
        del route
        reply.headers.setdefault("x-okta-request-id", secrets.token_urlsafe(20))
        reply.headers.setdefault("cache-control", "no-cache, no-store")
        if reply.headers.get("content-type", "").startswith("application/json"):
            reply.headers["content-type"] = "application/json"
        told = self._verdict
        if told is not None and told[0] is request and (self.options.limit_headers or reply.status == 429):
            verdict = told[1]
            reply.headers.setdefault("x-rate-limit-limit", str(verdict.limit))
            reply.headers.setdefault("x-rate-limit-remaining", str(verdict.remaining))
            reply.headers.setdefault("x-rate-limit-reset", str(math.ceil(verdict.reset)))
        return reply

    # Pages

    @staticmethod
    def page_size(request: Request, default: int, most: int) -> int:
        """Return the page size: the asked one, at most `most`; anything but a whole number is refused."""
        raw = request.query.get("limit", "")
        if raw and (not raw.isdigit() or not raw.isascii()):
            raise refused("E0000001", "limit", "limit: must be a whole number")
        return max(1, min(int(raw or default), most))

    def place(self, request: Request) -> tuple[int, int]:
        """Return where the asked page begins, and how often it has been delivered; plays an expired cursor."""
        raw = request.query.get("after")
        if request.fault == "expired-cursor" and raw:
            raise refused("E0000001", "after", "Invalid paging request")
        return uncursor(raw) if raw else (0, 0)

    def page(
        self,
        request: Request,
        things: Sequence[T],
        shape: Callable[[T], Any],
        *,
        default: int,
        most: int,
        keep: Callable[[T], bool] | None = None,
    ) -> Reply:
        """Return one page of a listing, with a Link header; every third page is shorter than asked."""
        rows, own, following = self._rows(request, things, shape, default, most, keep)
        return answer(rows, headers=link_header(own, following))

    def body_page(self, request: Request, name: str, things: Sequence[T], shape: Callable[[T], Any]) -> Reply:
        """Return one page of a listing whose link to the next is in the body."""
        rows, own, following = self._rows(request, things, shape, 100, 100, None)
        links: dict[str, Any] = {"self": {"href": own}}
        if following is not None:
            links["next"] = {"href": following}
        return answer({name: rows, "_links": links})

    def _rows(
        self,
        request: Request,
        things: Sequence[T],
        shape: Callable[[T], Any],
        default: int,
        most: int,
        keep: Callable[[T], bool] | None,
    ) -> tuple[list[Any], str, str | None]:
        at, turn = self.place(request)
        limit = self.page_size(request, default, most)
        if (at // limit) % 3 == 2:
            limit = max(1, limit * 9 // 10)
        found: list[T] = []
        here = at
        total = len(things)
        while here < total and len(found) < limit:
            thing = things[here]
            if keep is None or keep(thing):
                found.append(thing)
            here += 1
        following = None
        if request.fault == "duplicate-page":
            following = cursor(at, turn + 1)
        elif here < total:
            following = cursor(here, 0)
        rows = [shape(thing) for thing in found]
        own = address(self.base, request.path, request.query_text)
        if following is not None:
            following = address(self.base, request.path, request.query_text, after=following)
        return rows, own, following
