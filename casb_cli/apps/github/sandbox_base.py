"""How the simulated GitHub admits, counts and answers a request; its groups of calls build on this."""

# ruff: noqa: ARG002 - handlers share one signature

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, NoReturn, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec

from casb_cli.apps.github.sandbox_access import ACCESS, LEVEL, Access, expand, normalise
from casb_cli.apps.github.sandbox_company import LEVELS, Company, Repo
from casb_cli.apps.github.sandbox_shapes import Shapes
from casb_cli.core import clock
from casb_cli.sandbox.facts import OWNER
from casb_cli.sandbox.limits import LimitSpec, Verdict
from casb_cli.sandbox.provider import Options, Provider, Refused
from casb_cli.sandbox.wire import Reply, Request, Route, answer
from casb_cli.sandbox.world import World

T = TypeVar("T")

DOCS = "https://docs.github.com/rest"
SSO_TEXT = (
    "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to "
    "this organization."
)
RESTRICTED_TEXT = (
    "Although you appear to have the correct authorization credentials, the `{org}` organization has enabled OAuth "
    "App access restrictions, meaning that data access to third-parties is limited."
)
ALLOW_LIST_TEXT = (
    "Although you appear to have the correct authorization credentials, the `{org}` organization has an IP allow "
    "list enabled, and your IP address is not permitted to access this resource."
)


class Token(msgspec.Struct, kw_only=True):
    """A token that was issued; `kind` is `classic`, `oauth`, `fine` or `installation`."""

    value: str
    kind: str
    user: int | None
    scopes: frozenset[str] = frozenset()
    permissions: dict[str, str] = {}
    expires: float | None = None
    client_id: str = ""
    selection: frozenset[int] | None = None
    revoked: bool = False


class Session(msgspec.Struct, kw_only=True):
    """Who sent a request: a token, the App itself (`jwt`), or nobody; and what the limiter said."""

    token: Token | None = None
    jwt: bool = False
    public_only: bool = False
    blind: bool = False
    verdict: Verdict | None = None
    resource: str = "core"
    counted: bool = False
    access: Access | None = None


class Base(Provider):
    """The parts every group of calls needs: refusals, paging, sign-in, limits, and the organization's state."""

    key = "github"
    hosts = ("api", "oauth")
    default_limits: ClassVar[dict[str, LimitSpec]] = {
        "core": LimitSpec(allowed=15_000, window=3600),
        "audit_log": LimitSpec(allowed=1750, window=3600),
        "graphql": LimitSpec(allowed=10_000, window=3600),
        "secondary": LimitSpec(kind="sliding", allowed=900, window=60),
        "content": LimitSpec(kind="sliding", allowed=80, window=60),
        "revoke": LimitSpec(allowed=60, window=3600),
        "concurrent": LimitSpec(kind="concurrency", allowed=100),
    }

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.variant = self.options.variant or "github.com"
        self.plan = self.options.settings.get("plan", "enterprise")
        self.tokens: dict[str, Token] = {}
        self.company = self._first_company()
        self.installation_suspended = False
        self._refusals = 0

    def bound(self) -> None:
        self.__dict__.pop("shapes", None)

    def reset(self) -> None:
        super().reset()
        self.company = self._first_company()
        self.__dict__.pop("shapes", None)

    def _first_company(self) -> Company:
        company = Company(self.world, self.variant)
        company.default_permission = self.options.settings.get("base_permission", "read")
        return company

    @cached_property
    def shapes(self) -> Shapes:
        """The writer of JSON shapes with this server's addresses."""
        return Shapes(self.company, self.api_url, self.urls.get("oauth", ""))

    @property
    def org(self) -> str:
        """The organization's login."""
        return self.world.slug

    @property
    def enterprise(self) -> str:
        """The enterprise's slug."""
        return f"{self.world.slug}-group"

    @property
    def api_url(self) -> str:
        """The base URL of the REST API, with the prefix of an enterprise server."""
        return self.urls.get("api", "") + ("/api/v3" if self.variant == "ghes" else "")

    def path(self, request: Request) -> str:
        if self.variant != "ghes" or request.host != "api":
            return request.path
        if request.path == "/api/graphql":
            return "/graphql"
        return request.path.removeprefix("/api/v3") if request.path.startswith("/api/v3/") else "/-"

    def now(self) -> datetime:
        """Return the present moment: the world's own now plus what has passed is not needed for new events."""
        return max(clock.now().replace(microsecond=0), self.world.now + timedelta(seconds=1))

    # Refusals

    def error(self, status: int, message: str, *, headers: dict[str, str] | None = None, **more: Any) -> Reply:
        """Return an error body of GitHub's form."""
        body = {"message": message, "documentation_url": DOCS, "status": str(status), **more}
        return answer(body, status, headers)

    def refuse(self, status: int, message: str, **more: Any) -> NoReturn:
        """End the call with an error."""
        raise Refused(self.error(status, message, **more))

    def missing(self, request: Request) -> Reply:
        return self.error(404, "Not Found")

    def invalid(self, field: str, code: str = "invalid", message: str = "Validation Failed") -> NoReturn:
        """End the call with 422."""
        self.refuse(422, message, errors=[{"resource": "Sandbox", "field": field, "code": code}])

    def ident(self, request: Request, name: str) -> int:
        """Return a numeric id of the path; one that is no number names nothing."""
        text = request.params[name]
        if not text.isascii() or not text.isdigit():
            self.refuse(404, "Not Found")
        return int(text)

    def failed(self, request: Request, status: int) -> Reply:
        if status in (502, 504):
            page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Reply(status, page, {"content-type": "text/html"})
        return self.error(status, "Server Error")

    def throttled(self, request: Request, wait: float) -> Reply:
        self._refusals += 1
        status = 403 if self._refusals % 2 else 429
        text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return self.error(status, text, headers={"retry-after": str(max(round(wait), 1))})

    # Sign-in

    def enter(self, request: Request, route: Route) -> Reply | None:
        request.who = session = Session()
        if request.host != "api":
            return None
        if not request.headers.get("user-agent"):
            text = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            return Reply(403, text.encode(), {"content-type": "text/html"})
        access = session.access = ACCESS.get(route.name)
        if access is None:
            return None
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if not value:
            return self._anonymous(route, session, access)
        if scheme.lower() not in {"bearer", "token"}:
            return self.error(401, "Bad credentials")
        if access.jwt:
            session.jwt = True
            self.check_jwt(value)
            return None
        token = self.tokens.get(value)
        if token is None or token.revoked or (token.expires is not None and token.expires <= time.time()):
            return self.error(401, "Bad credentials")
        session.token = token
        return self._known_host(request) or self._admit(request, route, session, token, access)

    def check_jwt(self, value: str) -> None:
        """Refuse anything but a JWT of the sandbox's App."""
        raise NotImplementedError(value)

    def _anonymous(self, route: Route, session: Session, access: Access) -> Reply | None:
        session.public_only = True
        if access.scopes == () and access.permission != ("", ""):
            return None if route.name != "GET /user" else self.error(401, "Requires authentication")
        if access.scopes == ():
            return None if route.name != "POST /graphql" else self.error(401, "Requires authentication")
        if route.name.startswith("GET /repos/"):
            return None
        return self.error(401, "Requires authentication")

    def _known_host(self, request: Request) -> Reply | None:
        org = request.params.get("org")
        if org is not None and org.lower() != self.org:
            return self.error(404, "Not Found")
        if request.params.get("enterprise", self.enterprise) != self.enterprise:
            return self.error(404, "Not Found")
        settings = self.options.settings
        if org is not None or "enterprise" in request.params:
            if settings.get("ip_allow_list") == "deny":
                return self.error(403, ALLOW_LIST_TEXT.format(org=self.org))
            if settings.get("sso") == "required":
                url = f"{self.urls['oauth']}/orgs/{self.org}/sso?authorization_request=A1B2"
                return self.error(403, SSO_TEXT, headers={"x-github-sso": f"required; url={url}"})
        return None

    def _admit(self, request: Request, route: Route, session: Session, token: Token, access: Access) -> Reply | None:
        if access.cloud and self.plan != "enterprise":
            return self.error(404, "Not Found")
        if token.kind == "installation" and self.installation_suspended:
            return self.error(403, "This installation has been suspended")
        if token.kind == "oauth" and self.options.settings.get("oauth_apps") == "restricted":
            return self.error(403, RESTRICTED_TEXT.format(org=self.org))
        on_repo = "/repos/{owner}" in route.name or "/repositories/" in route.name
        if token.kind in {"installation", "fine"}:
            words = "integration" if token.kind == "installation" else "personal access token"
            if access.permission is None or (token.kind == "fine" and "personal-access-token" in route.name):
                return self.error(403, f"Resource not accessible by {words}")
            name, level = access.permission
            if name and LEVEL.get(token.permissions.get(name, ""), 0) < LEVEL.get(level, 0):
                if on_repo and request.method == "GET":
                    session.public_only = True
                    return None
                if access.refusal == "blind":
                    session.blind = True
                    return None
                status = 404 if access.refusal == "404" and not on_repo else 403
                return self.error(status, f"Resource not accessible by {words}" if status == 403 else "Not Found")
            return None
        if access.scopes is None:
            return self.error(403, "You must authenticate with an installation access token to use this endpoint")
        if access.scopes and not expand(token.scopes) & set(access.scopes):
            if on_repo and request.method == "GET":
                session.public_only = True
                return None
            if access.refusal == "blind":
                session.blind = True
                return None
            return self.error(404, "Not Found") if access.refusal == "404" else self.error(403, _must(access))
        if access.owner and token.user is not None and self.company.role(token.user) != "admin":
            return self.error(404, "Not Found") if access.refusal == "404" else self.error(403, _must(access))
        return None

    def acting(self, request: Request) -> int:
        """Return the person behind a request; an App acts in the owner's place."""
        token = request.who.token if isinstance(request.who, Session) else None
        return OWNER if token is None or token.user is None else token.user

    def lapse(self, request: Request) -> None:
        token = self.tokens.get(request.headers.get("authorization", "").partition(" ")[2])
        if token is not None and token.kind == "installation":
            token.expires = 0.0  # of the others none expires by itself

    # Limits

    def _key(self, session: Session, request: Request) -> str:
        token = session.token
        if token is None:
            return "app" if session.jwt else "anonymous"
        return f"user {token.user}" if token.user is not None else f"installation {token.client_id}"

    def throttle(self, request: Request, route: Route) -> Reply | None:
        session: Session = request.who
        if request.host != "api" or session is None:
            return None
        key = self._key(session, request)
        if route.name == "POST /credentials/revoke":
            key, session.resource = "address", "revoke"
        elif route.name.endswith("/audit-log"):
            session.resource = "audit_log"
        elif route.name == "POST /graphql":
            session.resource = "graphql"
        verdict = session.verdict = self.limits[session.resource].take(key)
        if not verdict.admitted:
            return self._exceeded(verdict, f"API rate limit exceeded for {key}.")
        points = 1 if request.method in {"GET", "HEAD"} else 5
        second = self.limits["secondary"].take(key, points)
        if second.admitted and "/contents/" in route.name and points > 1:
            second = self.limits["content"].take(key)
        if second.admitted:
            second = self.limits["concurrent"].take(key)
            session.counted = second.admitted
        if not second.admitted:
            return self.throttled(request, second.wait + 1)
        return None

    def leave(self, request: Request, route: Route) -> None:
        if isinstance(request.who, Session) and request.who.counted:
            self.limits["concurrent"].release(self._key(request.who, request))

    def _exceeded(self, verdict: Verdict, message: str) -> Reply:
        hidden = {} if self.options.limit_headers else {"retry-after": str(int(verdict.wait) + 1)}
        return self.error(403, message, headers=hidden)

    def finish(self, request: Request, route: Route | None, reply: Reply) -> Reply:
        headers = reply.headers
        headers["x-github-request-id"] = f"{zlib.crc32(request.path.encode()):08X}:{len(self.calls):X}"
        session = request.who
        if not isinstance(session, Session) or request.host != "api":
            return reply
        headers["x-github-media-type"] = "github.v3; format=json"
        headers["x-github-api-version-selected"] = request.headers.get("x-github-api-version", "2022-11-28")
        verdict = session.verdict
        if verdict is not None and self.options.limit_headers:
            headers["x-ratelimit-limit"] = str(verdict.limit)
            headers["x-ratelimit-remaining"] = str(verdict.remaining)
            headers["x-ratelimit-used"] = str(verdict.used)
            headers["x-ratelimit-reset"] = str(math.ceil(verdict.reset))
            headers["x-ratelimit-resource"] = session.resource
        self._permission_headers(session, headers)
        if self.options.settings.get("sso") == "partial" and reply.status == 200 and "org" not in request.params:
            headers["x-github-sso"] = "partial-results; organizations=9001"
        if reply.status == 200 and request.method == "GET" and reply.chunks is None:
            tag = f'W/"{zlib.crc32(reply.body):08x}{len(reply.body):x}"'
            headers["etag"] = tag
            if request.headers.get("if-none-match") == tag:
                if verdict is not None:
                    self.limits[session.resource].refund(self._key(session, request))
                return Reply(304, b"", headers)
        return reply

    def _permission_headers(self, session: Session, headers: dict[str, str]) -> None:
        token, access = session.token, session.access
        if token is None:
            return
        if token.kind in {"classic", "oauth"}:
            headers["x-oauth-scopes"] = ", ".join(normalise(token.scopes))
            headers["x-accepted-oauth-scopes"] = ", ".join((access.scopes or ()) if access else ())
            if token.client_id:
                headers["x-oauth-client-id"] = token.client_id
        elif access is not None and access.permission and access.permission[0]:
            headers["x-accepted-github-permissions"] = "=".join(access.permission)
        if token.kind in {"classic", "fine"} and token.expires is not None:
            stamp = datetime.fromtimestamp(token.expires, tz=clock.now().tzinfo)
            headers["github-authentication-token-expiration"] = stamp.strftime("%Y-%m-%d %H:%M:%S UTC")

    # Paging

    def page(
        self,
        request: Request,
        items: Sequence[T],
        shape: Callable[[T], Any],
        *,
        wrap: Callable[[list[Any]], Any] | None = None,
    ) -> Reply:
        """Answer one page of `items` by `page` and `per_page`, with the Link header."""
        size = max(request.number("per_page", 30, 100), 1)
        number = max(request.number("page", 1), 1)
        start = (number - 1) * size
        body = [shape(item) for item in items[start : start + size]]
        reply = answer(wrap(body) if wrap else body)
        last = max(-(-len(items) // size), 1)
        links = []
        if request.fault == "duplicate-page" and body and "again" not in request.query:
            links.append((self.link(request, page=number, again=1), "next"))
        elif number < last:
            links.append((self.link(request, page=number + 1, again=None), "next"))
        if number < last:
            links.append((self.link(request, page=last, again=None), "last"))
        if number > 1:
            links += [(self.link(request, page=1), "first"), (self.link(request, page=number - 1), "prev")]
        if links:
            reply.headers["link"] = ", ".join(f'<{url}>; rel="{rel}"' for url, rel in links)
        return reply

    def link(self, request: Request, **changes: Any) -> str:
        """Return the request's own URL with some query values changed (None: left out)."""
        query = dict(parse_qsl(request.query_text, keep_blank_values=True))
        for name, value in changes.items():
            if value is None:
                query.pop(name, None)
            else:
                query[name] = str(value)
        return f"{self.urls['api']}{request.path}?{urlencode(query)}"

    # Repositories

    def repo(self, request: Request, level: str = "pull", *, peek: bool = False) -> Repo:
        """Return the repository that a request names, if the caller may do `level` there; else end the call.

        A former name redirects. `peek` keeps an untouched repository out of memory.
        """
        owner, name = request.params["owner"], request.params["repo"]
        key = self.company.key_of(name) if owner.lower() == self.org else None
        if key is None:
            former = self.company.former_names.get(name.lower()) if owner.lower() == self.org else None
            if former is None:
                self.refuse(404, "Not Found")
            tail = request.path.split(f"/repos/{owner}/{name}", 1)[1]
            query = f"?{request.query_text}" if request.query_text else ""
            url = f"{self.api_url}/repositories/{self.company.peek(former).id}{tail}{query}"
            status = 301 if request.method == "GET" else 307
            headers = {"location": url}
            text = "Moved Permanently" if status == 301 else "Temporary Redirect"
            raise Refused(answer({"message": text, "url": url, "documentation_url": DOCS}, status, headers))
        repo = self.company.peek(key) if peek and request.method == "GET" else self.company.repo(key)
        session: Session = request.who
        token = session.token
        if session.public_only and repo.visibility != "public":
            self.refuse(404, "Not Found")
        if token is not None and token.selection is not None and key not in token.selection:
            if repo.visibility != "public" or level != "pull":
                self.refuse(404, "Not Found")
        elif token is not None and token.user is not None:
            held = self.company.access(token.user, repo)
            if held is None:
                self.refuse(404, "Not Found")
            if LEVELS.index(held) < LEVELS.index(level):
                self.refuse(403, f"Must have {level} access to Repository.")
        if repo.archived and request.method not in {"GET", "HEAD", "PATCH"}:
            self.refuse(403, "Repository was archived so is read-only.")
        return repo

    def audit(self, action: str, request: Request, **more: Any) -> None:
        """Add an event to the audit log."""
        raise NotImplementedError(action)


def _must(access: Access) -> str:
    return "Must be an organization owner." if access.owner else "You need further authorization for this call."
