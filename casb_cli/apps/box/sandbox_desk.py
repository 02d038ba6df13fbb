"""What every part of the simulated Box shares: sign-in, acting as a user, scopes, limits, and the state."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.box.sandbox_auth import (
    ENTERPRISE,
    GROUPS,
    LEGAL,
    READ,
    RETENTION,
    SCOPES,
    USERS,
    WRITE,
    SignIn,
    Token,
)
from casb_cli.apps.box.sandbox_company import Company
from casb_cli.apps.box.sandbox_events import Trail
from casb_cli.apps.box.sandbox_state import State
from casb_cli.apps.box.sandbox_view import View
from casb_cli.apps.box.sandbox_wire import Refusal, error_body, forbidden, insufficient_scope
from casb_cli.sandbox import chance
from casb_cli.sandbox.limits import LimitSpec
from casb_cli.sandbox.provider import Options, Provider
from casb_cli.sandbox.wire import Reply, Request, Route, answer
from casb_cli.sandbox.world import World

LINK_SECONDS = 900
"""How long a download address is good."""

_SCOPES: dict[str, tuple[str, str]] = {
    "users": (USERS, USERS),
    "groups": (GROUPS, GROUPS),
    "group_memberships": (GROUPS, GROUPS),
    "invites": (USERS, USERS),
    "events": (ENTERPRISE, ENTERPRISE),
    "enterprises": (ENTERPRISE, ENTERPRISE),
    "device_pinners": (ENTERPRISE, ENTERPRISE),
    "collaboration_whitelist_entries": (ENTERPRISE, ENTERPRISE),
    "metadata_templates": (READ, ENTERPRISE),
    "legal_hold_policies": (LEGAL, LEGAL),
    "legal_hold_policy_assignments": (LEGAL, LEGAL),
    "retention_policies": (RETENTION, RETENTION),
    "folders": (READ, WRITE),
    "files": (READ, WRITE),
    "collaborations": (READ, WRITE),
    "folder_locks": (READ, WRITE),
    "search": (READ, READ),
    "shared_items": (READ, READ),
    "web_links": (READ, WRITE),
}
"""Which scope reading and changing each kind of thing needs."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The caller: `own` is the token's account, `user` the one it acts as."""

    own: str
    user: str
    token: Token


class Desk(Provider):
    """Box without its calls.

    Settings: `scopes` (blank separated); `as_user`, `trash`, `acceptance` (`on` or `off`: may the app act as
    users, is there a trash, must invitations be accepted); `lifetime` of access tokens and `stream_delay` of the
    streaming events in seconds; `not_ready` (one download in so many waits first, 0: none).
    """

    key: ClassVar[str] = "box"
    hosts: ClassVar[tuple[str, ...]] = ("api", "upload", "account", "content")
    default_limits: ClassVar[dict[str, LimitSpec]] = {
        "user": LimitSpec(kind="fixed", allowed=1000, window=60),
        "upload": LimitSpec(kind="fixed", allowed=240, window=60),
        "search": LimitSpec(kind="fixed", allowed=60, window=60),
    }

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        settings = self.options.settings
        self.company = Company(world)
        self.clock = time.time
        self._signing = secrets.token_bytes(32)
        seed = world.seed
        self.state = State(self.company)
        self.trail = Trail(self.state, self.now, float(settings.get("stream_delay", "0")))
        self.waited: set[str] = set()
        self.signin = SignIn(
            client_id=chance.text(chance.BASE62, 32, seed, 721).lower(),
            client_secret=chance.text(chance.BASE62, 32, seed, 722),
            enterprise_id=self.company.enterprise_id,
            service_account=self.company.service,
            admin=self.company.admin,
            scopes=self._granted(),
            clock=self.now,
            subject_allowed=self._may_sign_in,
            lifetime=float(settings.get("lifetime", "4123")),
        )

    def now(self) -> float:
        """Return the present, in epoch seconds."""
        return self.clock()

    def on(self, setting: str, default: str = "on") -> bool:
        """Tell whether a setting is switched on."""
        return self.options.settings.get(setting, default) == "on"

    def _may_sign_in(self, user: str) -> bool:
        found = self.state.user(user)
        return found is not None and not found.external and found.status != "inactive"

    def _granted(self) -> tuple[str, ...]:
        settings = self.options.settings
        return tuple(settings["scopes"].split()) if "scopes" in settings else SCOPES

    def reset(self) -> None:
        """Forget every change; tokens given out stay good. The app's scopes are those of the settings by now."""
        super().reset()
        self.signin.scopes = frozenset(self._granted())
        self.state = State(self.company)
        self.trail = Trail(self.state, self.now, self.trail.delay)
        self.waited.clear()

    # One request

    def enter(self, request: Request, route: Route) -> Reply | None:
        """Check token, scope and `as-user`; sign-in and content need none."""
        if route.host in {"account", "content"} or request.path.startswith("/oauth2/"):
            return None
        token = self.signin.check(request.headers.get("authorization"))
        own = self.state.user(token.user)
        if own is None or own.status == "inactive":
            raise Refusal(
                401, headers={"www-authenticate": 'Bearer realm="Service", error="invalid_token"'}, empty=True
            )
        user = self._as_user(token, request.headers.get("as-user"))
        request.who = Who(own=token.user, user=user, token=token)
        self._check_scope(request, token)
        return None

    def _check_scope(self, request: Request, token: Token) -> None:
        parts = request.path.partition("/2.0/")[2].split("/")
        if parts[:2] == ["users", "me"]:
            return
        pair = _SCOPES.get(parts[0])
        if pair is None:
            return
        need = pair[0] if request.method in {"GET", "OPTIONS"} else pair[1]
        if need in token.scopes or (need == READ and WRITE in token.scopes):
            return
        raise insufficient_scope()

    def _as_user(self, token: Token, target: str | None) -> str:
        if target is None or target == token.user:
            return token.user
        own = self.state.known_user(token.user)
        found = self.state.user(target)
        if (
            not self.on("as_user")
            or not (own.admin or own.id == self.company.service)
            or found is None
            or found.external
            or found.id == self.company.service
            or found.status == "inactive"
        ):
            raise forbidden()
        if found.unconfirmed:
            raise Refusal(400, "password_reset_required", "The user has not completed the account set-up")
        return target

    def throttle(self, request: Request, route: Route) -> Reply | None:
        """Count the call against the acting user's allowance, not the app's."""
        if route.host in {"account", "content"} or request.path.startswith("/oauth2/"):
            return None
        try:
            user = request.headers.get("as-user") or self.signin.check(request.headers.get("authorization")).user
        except Refusal:
            return None
        family = "upload" if route.host == "upload" else "search" if route.name == "GET /search" else "user"
        verdict = self.limits[family].take(user, now=self.now())
        return None if verdict.admitted else self.throttled(request, verdict.wait)

    def throttled(self, request: Request, wait: float) -> Reply:
        """Answer 429; Box tells seconds, and no remaining quota ever."""
        del request
        seconds = str(max(int(-(-wait // 1)), 1))
        return answer(error_body(429), 429, {"retry-after": seconds} if self.options.limit_headers else {})

    def failed(self, request: Request, status: int) -> Reply:
        """Answer a server error, one in two with an empty body."""
        del request
        return answer(error_body(status), status) if status == 500 else Reply(status)

    def missing(self, request: Request) -> Reply:
        """Answer a path that isn't there."""
        del request
        return answer(error_body(404), 404)

    def lapse(self, request: Request) -> None:
        """Let the token that the request carries expire."""
        header = request.headers.get("authorization")
        if header:
            self.signin.expire(header)

    def finish(self, request: Request, route: Route | None, reply: Reply) -> Reply:
        """Give every answer Box's own headers."""
        del request, route
        reply.headers.setdefault("box-request-id", secrets.token_hex(10))
        reply.headers.setdefault("cache-control", "no-cache, no-store")
        return reply

    # For handlers

    def view(self, request: Request) -> View:
        """Return the state as the acting user sees it."""
        return View(self.state, request.who.user)

    def admin_only(self, request: Request) -> None:
        """Refuse whoever is neither an administrator nor the app's own account."""
        user = self.state.known_user(request.who.user)
        if not (user.admin or user.id == self.company.service):
            raise forbidden()

    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON object of the body; anything else is refused."""
        try:
            data = request.json()
        except msgspec.DecodeError:
            raise Refusal(400, "bad_request", "Entity body contains invalid JSON.") from None
        if not isinstance(data, dict):
            raise Refusal(400, "bad_request", "Entity body should be a JSON object")
        return data

    def sign(self, text: str) -> str:
        """Return a signature that only this sandbox can make."""
        return hmac.new(self._signing, text.encode(), hashlib.sha256).hexdigest()[:40]

    def again(self, request: Request) -> bool:
        """Tell whether the page asked for has to come twice; refuses the cursor where that is the fault."""
        if request.fault == "expired-cursor" and request.query.get("marker"):
            reason = {"reason": "invalid_parameter", "name": "marker", "message": "The marker has expired"}
            raise Refusal(400, "bad_request", "Bad Request", context={"errors": [reason]})
        return request.fault == "duplicate-page"
