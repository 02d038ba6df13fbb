"""What every part of the simulated tenant shares: routing, sign-in, permissions, throttling, and the state."""

from __future__ import annotations

import secrets
import time
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import msgspec

from casb_cli.apps.office365.sandbox_auth import SignIn, Token
from casb_cli.apps.office365.sandbox_company import CASB, Company
from casb_cli.apps.office365.sandbox_library import Library
from casb_cli.apps.office365.sandbox_objects import User
from casb_cli.apps.office365.sandbox_permits import GRAPH, MANAGE, SHAREPOINT, granted, needed
from casb_cli.apps.office365.sandbox_state import State
from casb_cli.apps.office365.sandbox_trail import Trail
from casb_cli.apps.office365.sandbox_wire import (
    FeedRefusal,
    Refusal,
    SiteRefusal,
    bad,
    denied_files,
    error_body,
    unauthorized,
)
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import OWNER
from casb_cli.sandbox.limits import LimitSpec, Verdict
from casb_cli.sandbox.provider import Options, Provider
from casb_cli.sandbox.wire import Reply, Request, Route, answer
from casb_cli.sandbox.world import World

_FILES = ("drives", "sites")
_DENIED = "Insufficient privileges to complete the operation."


class Desk(Provider):
    """The tenant without its calls.

    Settings: `scopes` (blank separated: what is granted), `licence` (`premium`, `p1`, `free`), `lifetime` of tokens in
    seconds, `subscriptions` (`all`, `none` or content types), `silence` after a start, `lag` of the audit feed,
    `auditing` (`off`), `delta_life` in seconds, `device_polls` before a device code is approved, `app_role` (`none`, or
    `privileged` where the application may act on administrators).
    """

    key: ClassVar[str] = "office365"
    hosts: ClassVar[tuple[str, ...]] = ("api", "login", "manage", "sharepoint", "mysite", "content")
    default_limits: ClassVar[dict[str, LimitSpec]] = {
        "identity": LimitSpec(kind="fixed", allowed=8000, window=10),
        "audit": LimitSpec(kind="fixed", allowed=5, window=10),
        "sign-ins": LimitSpec(kind="sliding", allowed=10, window=60),
        "files": LimitSpec(kind="fixed", allowed=1200, window=60),
        "manage": LimitSpec(kind="fixed", allowed=2000, window=60),
    }

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        settings = self.options.settings
        self.clock = time.time
        self.granted = granted(settings.get("scopes"))
        self.company = Company(world, self.granted)
        self.library = Library(self.company)
        self.state = State(self.company, self.library, self.now)
        self.trail = Trail(self.state)
        self.uploads: dict[str, dict[str, Any]] = {}
        self.copies: dict[str, dict[str, Any]] = {}
        self.downloads: dict[str, tuple[str, str, float]] = {}
        self.started: dict[str, float | None] = {}
        owner = self.company.user(OWNER)
        assert owner is not None  # noqa: S101 - the cast is everywhere
        self.casb = self.company.principals[CASB]
        self.signin = SignIn(
            tenant=self.company.tenant,
            names=(self.company.domain, self.company.initial),
            client_id=self.casb.app,
            object_id=self.casb.id,
            hosts=(self.company.host, self.company.my_host),
            granted=lambda: self.granted,
            clock=self.now,
            lifetime=float(settings.get("lifetime", "3599")),
            polls=int(settings.get("device_polls", "1")),
            secret=chance.text(chance.BASE62, 3, world.seed, 971)
            + "8Q~"
            + chance.text(chance.BASE62, 34, world.seed, 973),
            user=(OWNER, owner.id, owner.upn),
        )

    def bound(self) -> None:
        """Take assertions for the sandbox's own token endpoint too."""
        self.signin.endpoint = self.urls["login"]
        self.signin.interval = int(self.options.settings.get("device_interval", "5"))

    def now(self) -> float:
        """Return the present, in epoch seconds."""
        return self.clock()

    @property
    def licence(self) -> str:
        """The tenant's Entra licence: `premium` (P2), `p1` or `free`."""
        return self.options.settings.get("licence", "premium")

    def reset(self) -> None:
        """Forget every change; where another set of permissions is granted by now, tokens given out are dead."""
        super().reset()
        told = granted(self.options.settings.get("scopes"))
        if told != self.granted:
            self.granted = told
            self.company.granted = told
            self.signin.expire()
        self.state = State(self.company, self.library, self.now)
        self.trail = Trail(self.state)
        for held in (self.uploads, self.copies, self.downloads, self.started):
            held.clear()

    # The way of a request

    def path(self, request: Request) -> str:
        """Return the path to route: without the version, addressing by path and site made plain."""
        path = request.path
        if request.host in {"sharepoint", "mysite"}:
            site, api, rest = path.partition("/_api/")
            return f"/{quote(unquote(site.strip('/')), safe='') or '~root'}/_api/{rest.lower()}" if api else path
        if request.host != "api":
            return path
        path = path.removeprefix("/v1.0") if path.startswith("/v1.0/") else path
        # OData takes a function with its brackets or without them; Microsoft's SDKs write them.
        path = "/".join(part.removesuffix("()") for part in path.split("/"))
        if path.startswith(("/servicePrincipals(", "/servicePrincipals%28")):
            key, _, below = unquote(path).removeprefix("/servicePrincipals").partition(")")
            key = quote(f"{key})", safe="")
            path = f"/servicePrincipals/{key}{below}" if below else f"/servicePrincipals-by-app/{key}"
        if path.startswith("/drives/"):
            # Neither sign is part of a name: an SDK's `root:/a/b:`, taken for an id, comes wholly encoded.
            for sign, code in ((":", "%3A"), ("/", "%2F")):
                path = path.replace(code, sign).replace(code.lower(), sign)
            parts = path.split("/")
            if len(parts) > 3 and parts[3] in {"root", "root:"}:
                path = "/".join([*parts[:3], "items", *parts[3:]])
            if ":/" in path:
                head, _, rest = path.partition(":/")
                below, colon, action = rest.rpartition(":/")
                if not colon:
                    below, action = rest.removesuffix(":"), "item"
                path = f"{head}/:{action}/{below.replace('/', '%2F')}"
        return path

    def enter(self, request: Request, route: Route) -> Reply | None:
        """Check token, audience and permission; sign-in, content and monitors need none."""
        if route.host in {"login", "content"} or route.free or route.name.endswith("/monitor/{id}"):
            return None
        token = self.signin.find(request.headers.get("authorization"))
        request.who = token
        match request.host:
            case "manage":
                self._enter_feed(token)
            case "sharepoint" | "mysite":
                self._enter_site(request, token)
            case _:
                self._enter_graph(request, token)
        return None

    def _enter_graph(self, request: Request, token: Token | None) -> None:
        if token is None:
            raise unauthorized()
        if token.api != GRAPH:
            raise unauthorized("Access token validation failure. Invalid audience.")
        parts = [part for part in self.path(request).split("/") if part and part != "beta"]
        wanted = needed(request.method, parts)
        if not wanted or wanted & (token.roles | token.scopes):
            return
        if parts[0] in _FILES or "drive" in parts or "drives" in parts:
            raise denied_files()
        if parts[0] in {"auditLogs", "reports"}:
            message = f"Calling principal does not have required MSGraph permissions {','.join(sorted(wanted))}"
            raise Refusal(403, "Authentication_MSGraphPermissionMissing", message)
        raise Refusal(403, "Authorization_RequestDenied", _DENIED)

    def _enter_feed(self, token: Token | None) -> None:
        if token is None or token.api != MANAGE:
            text = "Authorization has been denied for this request."
            raise FeedRefusal(401, "Unauthorized", text)
        if not (token.roles | token.scopes) & {"ActivityFeed.Read"}:
            held = ",".join(sorted(token.roles))
            message = f"The permission set ({held}) sent in the request did not include the expected permission."
            raise FeedRefusal(403, "AF10001", message)
        if self.options.settings.get("auditing") == "off":
            raise FeedRefusal(400, "AF20020", f"Tenant {self.company.tenant} does not exist.")

    def _enter_site(self, request: Request, token: Token | None) -> None:
        host = self.company.host if request.host == "sharepoint" else self.company.my_host
        if token is None or token.api != SHAREPOINT or token.host not in (host, SHAREPOINT):
            message = "Access denied. You do not have permission to perform this action or access this resource."
            raise SiteRefusal(401, "-2147024891, System.UnauthorizedAccessException", message)
        if token.user is None and not token.by_assertion:
            raise SiteRefusal(
                401, "-1, Microsoft.SharePoint.Client.UnauthorizedException", "Unsupported app only token."
            )
        if token.user is None and "Sites.FullControl.All" not in token.roles:
            reading = request.method == "GET" and "Sites.Read.All" in token.roles
            if not reading:
                raise SiteRefusal(403, "-2147024891, System.UnauthorizedAccessException", "Access denied.")

    # Throttling

    def _family(self, request: Request, route: Route) -> str | None:
        if request.host == "manage":
            return "manage"
        if request.host in {"sharepoint", "mysite"}:
            return "files"
        if request.host != "api" or route.name == "POST /$batch":
            return None
        first = self.path(request).removeprefix("/beta").split("/")[1]
        if first in {"auditLogs", "reports"}:
            return "audit" if first == "auditLogs" else "identity"
        if "signInActivity" in request.query.get("$select", "") + request.query.get("$filter", ""):
            return "sign-ins"
        return "files" if first in _FILES or "/drive" in request.path else "identity"

    def _cost(self, family: str, request: Request, route: Route) -> float:
        name = route.name
        if family == "files":
            if "permissions" in name or "invite" in name or "createLink" in name or "permissions" in request.query_text:
                return 5
            if name.endswith("/root/delta"):
                return 1 if "token=" in request.query_text else 2
            return 2 if route.paged or route.effect else 1
        if family != "identity":
            return 1
        cost = {"/members": 3, "/transitiveMembers": 5, "/users": 2, "/oauth2PermissionGrants": 2}.get(
            "/" + name.rpartition("/")[2], 1
        )
        cost -= "$select" in request.query
        cost += "$expand" in request.query
        return max(cost, 1)

    def throttle(self, request: Request, route: Route) -> Reply | None:
        """Count the call in its family's units, for the application in this tenant."""
        family = self._family(request, route)
        if family is None or request.who is None:
            return None
        verdict = self.limits[family].take("", self._cost(family, request, route), now=self.now())
        if verdict.admitted:
            if family == "files" and self.options.limit_headers and verdict.used >= 0.8 * verdict.limit:
                self._tell = verdict
            return None
        return self._over(request, family, verdict)

    _tell: Verdict | None = None

    def _over(self, request: Request, family: str, verdict: Verdict) -> Reply:
        wait = str(max(int(verdict.wait + 0.999), 1))
        reply = self._rejection(request, wait)
        if family == "files":
            reply.headers |= self._limit_headers(verdict)
        if family == "identity":
            reply.headers |= {
                "x-ms-throttle-scope": "Tenant_Application/ReadWrite",
                "x-ms-throttle-information": "CPULimitExceeded",
            }
        return reply

    def _limit_headers(self, verdict: Verdict) -> dict[str, str]:
        left = max(int(verdict.reset - self.now() + 0.999), 1)
        return {
            "ratelimit-limit": str(verdict.limit),
            "ratelimit-remaining": str(verdict.remaining),
            "ratelimit-reset": str(left),
        }

    def _rejection(self, request: Request, wait: str) -> Reply:
        headers = {"retry-after": wait}
        if request.host == "manage":
            message = f"Too many requests. Method={request.method}, PublisherId={self.company.tenant}"
            return answer({"error": {"code": "AF429", "message": message}}, 429, headers)
        if request.host == "login":
            body = {
                "error": "temporarily_unavailable",
                "error_description": "AADSTS90055: Too many requests.",
                "error_codes": [90055],
            }
            return answer(body, 429, headers)
        if request.host in {"sharepoint", "mysite", "content"}:
            return Reply(429, b"429 TOO MANY REQUESTS", {**headers, "content-type": "text/plain"})
        if request.path.startswith(("/v1.0/drives", "/v1.0/sites")) or "/drive" in request.path:
            return answer(error_body("activityLimitReached", "The request has been throttled."), 429, headers)
        return answer(error_body("TooManyRequests", "Too many requests."), 429, headers)

    def throttled(self, request: Request, wait: float) -> Reply:
        """Answer that the caller must wait, in the dialect of the API."""
        return self._rejection(request, str(max(round(wait), 1)))

    def failed(self, request: Request, status: int) -> Reply:
        """Answer a server error in the dialect of the API."""
        if request.host == "manage":
            return answer(
                {"error": {"code": "AF50000", "message": "An internal error occurred. Retry the request."}}, status
            )
        if request.host == "login":
            return answer({"error": "temporarily_unavailable", "error_codes": [90033]}, status)
        if request.host != "api":
            return Reply(status, b"<html><body>Service unavailable</body></html>", {"content-type": "text/html"})
        code = {500: "InternalServerError", 502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout"}
        return answer(error_body(code.get(status, "UnknownError"), ""), status)

    def missing(self, request: Request) -> Reply:
        """Answer a path that isn't there."""
        if request.host == "api":
            part = self.path(request).split("/")[1][:60]
            return answer(error_body("BadRequest", f"Resource not found for the segment '{part}'."), 400)
        return Reply(404, b"404 NOT FOUND", {"content-type": "text/plain"})

    def lapse(self, request: Request) -> None:
        """Let the token that the request carries expire."""
        if request.headers.get("authorization"):
            self.signin.expire(request.headers["authorization"])

    def finish(self, request: Request, route: Route | None, reply: Reply) -> Reply:
        """Give every answer the headers that Microsoft always sends."""
        del route
        id_ = secrets.token_hex(4) + "-2222-4222-a222-" + secrets.token_hex(6)
        if request.host == "api":
            reply.headers.setdefault("request-id", id_)
            reply.headers.setdefault("client-request-id", request.headers.get("client-request-id", id_))
        elif request.host in {"sharepoint", "mysite", "content"}:
            reply.headers.setdefault("sprequestguid", id_)
        if self._tell is not None:
            reply.headers |= self._limit_headers(self._tell)
            self._tell = None
        reply.headers.setdefault("cache-control", "private")
        return reply

    # For handlers

    @property
    def graph(self) -> str:
        """The base address of Graph, to which next links lead."""
        return self.urls.get("api", "https://graph.microsoft.com")

    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON object of the body, without OData's annotations; anything else is refused."""
        try:
            data = request.json()
        except msgspec.DecodeError:
            raise bad("Unable to read JSON request payload.", "BadRequest") from None
        if not isinstance(data, dict):
            raise bad("Unable to read JSON request payload.", "BadRequest")
        return {name: value for name, value in data.items() if not name.startswith("@odata.")}

    def actor(self, request: Request) -> tuple[str, str]:
        """Return who acts: object id and name of the user, or of the application."""
        token = request.who
        if isinstance(token, Token) and token.user is not None:
            user = self.state.user(token.user)
            return (user.id, user.upn) if user is not None else ("", "")
        return self.casb.id, self.casb.name

    def user_of(self, key: str) -> User | None:
        """Return an account that is not deleted, by id, user principal name or address."""
        index = self.company.index_of(key)
        user = None if index is None else self.state.user(index)
        return None if user is None or user.deleted is not None else user
