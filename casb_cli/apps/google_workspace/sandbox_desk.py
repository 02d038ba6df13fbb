"""What every part of the simulated Google Workspace shares: sign-in, scopes, roles, quotas, and the state."""

from __future__ import annotations

import secrets
import time
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_auth import PREFIX, READ_SCOPES, SCOPES, Robot, SignIn, Subject, Token
from casb_cli.apps.google_workspace.sandbox_company import ROLES, Company
from casb_cli.apps.google_workspace.sandbox_library import Library
from casb_cli.apps.google_workspace.sandbox_objects import User
from casb_cli.apps.google_workspace.sandbox_state import State
from casb_cli.apps.google_workspace.sandbox_trail import Trail
from casb_cli.apps.google_workspace.sandbox_wire import (
    Refusal,
    error_body,
    forbidden,
    insufficient_scope,
    unauthorized,
)
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import OWNER
from casb_cli.sandbox.limits import LimitSpec
from casb_cli.sandbox.provider import Options, Provider
from casb_cli.sandbox.wire import Reply, Request, Route, answer
from casb_cli.sandbox.world import World

DIRECTORY = "/admin/directory/v1/"
FILTERS = frozenset({"actorIpAddress", "eventName", "filters", "orgUnitID", "groupIdFilter"})
_MODIFY, _DOWNLOAD, _LIST, _GET = 50, 200, 100, 5


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The caller: an account by index, or None and the service account itself."""

    index: int | None
    token: Token

    @property
    def account(self) -> int:
        """The acting account; Drive refuses a service account without one, as it has no files here."""
        if self.index is None:
            raise Refusal(403, "domainPolicy", "The domain policy has disabled Drive for this account.")
        return self.index


def _short(*names: str) -> frozenset[str]:
    return frozenset(PREFIX + name for name in names)


_DRIVE = _short("drive")
_DRIVE_READ = _short("drive", "drive.readonly")
_DRIVE_META = _short("drive", "drive.readonly", "drive.metadata.readonly")


class Desk(Provider):
    """Google Workspace without its calls.

    Settings: `scopes` (blank separated, full or without the common prefix: what is delegated), `lifetime` of access
    tokens and `lag` of Reports in seconds, `export_limit` in bytes, `token_uri` (`loopback`: the key file names the
    sandbox's own token endpoint, and assertions for it are taken), `trusted_movers` (`off`: nobody but managers may
    move files into shared drives), `barred_moves` (`drives` or `my-drive`: nothing may be moved out of there).
    """

    key: ClassVar[str] = "google-workspace"
    hosts: ClassVar[tuple[str, ...]] = ("api", "admin", "oauth", "accounts", "iam", "sts", "cloudidentity")
    default_limits: ClassVar[dict[str, LimitSpec]] = {
        "directory": LimitSpec(kind="fixed", allowed=2400, window=60),
        "reports": LimitSpec(kind="fixed", allowed=2400, window=60),
        "reports-filtered": LimitSpec(kind="fixed", allowed=250, window=60),
        "drive": LimitSpec(kind="fixed", allowed=325_000, window=60),
        "drive-project": LimitSpec(kind="fixed", allowed=1_000_000, window=60),
    }

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        settings = self.options.settings
        self.company = Company(world)
        self.library = Library(self.company)
        self.clock = time.time
        self.state = State(self.company, self.library, self.now)
        self.state.barred = self.options.settings.get("barred_moves", "")
        self.trail = Trail(self.state, self.now, float(settings.get("lag", "0")))
        self.uploads: dict[str, dict[str, Any]] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self._turn = 0
        project = f"{world.slug}-casb"
        seed = world.seed
        robots = [
            Robot(
                email=f"{name}@{project}.iam.gserviceaccount.com",
                id=chance.number(21, seed, 841, n),
                key_id=chance.text(chance.HEX, 40, seed, 843, n),
                scopes=scopes,
            )
            for n, (name, scopes) in enumerate((("casb", self._delegated()), ("casb-reader", READ_SCOPES)))
        ]
        robots.append(
            Robot(
                email=f"auditor@{project}.iam.gserviceaccount.com",
                id=self.company.robot,
                key_id=chance.text(chance.HEX, 40, seed, 843, 9),
                scopes=frozenset(),
            )
        )
        self.robots = robots
        self.signin = SignIn(
            robots,
            client_id=f"{chance.number(12, seed, 845)}-{chance.text(chance.HEX, 32, seed, 847)}"
            ".apps.googleusercontent.com",
            client_secret="GOCSPX-" + chance.text(chance.BASE62, 28, seed, 849),
            project=project,
            admin=OWNER,
            subject=self._subject,
            internal=self._internal,
            clock=self.now,
            lifetime=float(settings.get("lifetime", "3599")),
        )

    def _delegated(self) -> frozenset[str]:
        told = self.options.settings.get("scopes")
        if told is None:
            return frozenset(SCOPES)
        return frozenset(name if "/" in name else PREFIX + name for name in told.split())

    def bound(self) -> None:
        """Where the key file is to name the sandbox itself, say so and take assertions for it."""
        if self.options.settings.get("token_uri") == "loopback":
            self.signin.token_uri = f"{self.urls['oauth']}/token"
            self.signin.audiences.add(self.signin.token_uri)

    def now(self) -> float:
        """Return the present, in epoch seconds."""
        return self.clock()

    def _subject(self, email: str) -> Subject | None:
        index = self.state.index_of(email)
        user = None if index is None else self.state.user(index)
        if user is None:
            return None
        return Subject(index=user.index, deleted=user.deleted is not None, suspended=user.suspended)

    def _internal(self, email: str) -> bool:
        return email.rpartition("@")[2].casefold() in (self.company.domain, self.company.alias)

    def reset(self) -> None:
        """Forget every change; tokens given out stay good. What is delegated is as the settings say by now."""
        super().reset()
        self.robots[0].scopes = self._delegated()
        self.state = State(self.company, self.library, self.now)
        self.state.barred = self.options.settings.get("barred_moves", "")
        self.trail = Trail(self.state, self.now, self.trail.lag)
        self.uploads.clear()
        self.operations.clear()

    # One request

    def path(self, request: Request) -> str:
        """Tell downloads apart from the metadata that the same path gives."""
        media = request.query_text and request.query.get("alt") == "media" and request.method == "GET"
        if media and not request.path.endswith("/export"):
            return f"/media{request.path}"
        return request.path

    def enter(self, request: Request, route: Route) -> Reply | None:
        """Check token, scope, licence and role; sign-in needs none."""
        if route.host in {"oauth", "accounts", "iam", "sts"} or route.name.endswith("/tokeninfo") or route.free:
            return None
        token = self.signin.check(request.headers.get("authorization"))
        user = None if token.user is None else self.state.user(token.user)
        if token.user is not None and (user is None or user.deleted is not None):
            raise unauthorized()
        request.who = Who(index=token.user, token=token)
        needed = self._needed(request, route)
        if needed and not needed & token.scopes:
            raise insufficient_scope(" ".join(sorted(needed)))
        if route.host == "admin":
            if user is not None and user.suspended:
                raise forbidden()
            return None
        if user is not None and not user.drive:
            raise Refusal(403, "domainPolicy", "The domain administrators have disabled Drive apps.")
        return None

    def _needed(self, request: Request, route: Route) -> frozenset[str]:
        reading = request.method == "GET"
        path = request.path
        if path.startswith("/admin/reports/"):
            return _short("admin.reports.audit.readonly")
        if path.startswith(DIRECTORY):
            return self._directory_scopes(path.removeprefix(DIRECTORY).split("/"), reading)
        if "/drive/v3/" in path:
            if route.name.endswith("listLabels"):
                return _DRIVE_META
            if not reading and not route.name.endswith("/download"):
                return _DRIVE
            content = route.download or route.name.endswith("/download") or "/drives" in path
            return _DRIVE_READ if content else _DRIVE_META
        return frozenset()

    @staticmethod
    def _directory_scopes(parts: list[str], reading: bool) -> frozenset[str]:
        kind = parts[2] if parts[0] in {"customer", "users", "groups"} and len(parts) > 2 else parts[0]
        if kind in {"tokens", "asps", "verificationCodes", "signOut", "twoStepVerification"}:
            return _short("admin.directory.user.security")
        area = {
            "users": "user",
            "makeAdmin": "user",
            "undelete": "user",
            "groups": "group",
            "members": "group",
            "hasMember": "group",
            "roles": "rolemanagement",
            "roleassignments": "rolemanagement",
            "customers": "customer",
            "domains": "domain",
            "domainaliases": "domain",
            "orgunits": "orgunit",
        }.get(kind, "customer")
        found = {f"admin.directory.{area}"} | ({f"admin.directory.{area}.readonly"} if reading else set())
        if kind in {"members", "hasMember"}:
            found |= {"admin.directory.group.member"} | (
                {"admin.directory.group.member.readonly"} if reading else set()
            )
        return _short(*found)

    def privileges(self, who: Who) -> frozenset[str]:
        """Return what the caller's administrator roles allow; `SUPER_ADMIN` means all."""
        if who.index is None:
            robot = self.signin.robots.get(who.token.robot or "")
            holder = robot.id if robot else ""
            groups: tuple[str, ...] = ()
        else:
            user = self.state.user(who.index)
            if user is not None and user.super_admin:
                return frozenset({"SUPER_ADMIN"})
            holder = ids.user_id(who.index)
            groups = tuple(
                one.to for one in self.state.assignments() if one.type == "group" and self._member_of(who.index, one.to)
            )
        roles = {one.role for one in self.state.assignments() if one.to == holder or one.to in groups}
        return frozenset(name for role in ROLES if role.id in roles and not role.super for name in role.privileges)

    def _member_of(self, index: int, group: str) -> bool:
        found = self.company.group_of(group)
        return found is not None and self.company.in_group(index, found)

    def require(self, request: Request, *any_of: str) -> None:
        """Refuse a caller whose roles allow none of some privileges; none given: any administrator will do."""
        held = self.privileges(request.who)
        if "SUPER_ADMIN" in held or (held and not any_of) or held & set(any_of):
            return
        raise forbidden()

    def require_over(self, request: Request, target: User) -> None:
        """Refuse a caller who is no super administrator where the account acted upon is an administrator."""
        held = self.privileges(request.who)
        if "SUPER_ADMIN" not in held and (target.super_admin or target.delegated):
            raise forbidden()

    # Quotas

    def throttle(self, request: Request, route: Route) -> Reply | None:
        """Count the call: Directory and Reports by calls, Drive by units, for the acting account and the project."""
        who = request.who
        if who is None:
            return None
        key = f"{who.token.client if who.index is None else who.index}"
        if route.host == "admin":
            if route.name.startswith("GET /admin/reports/"):
                return self._count_reports(request, key)
            verdict = self.limits["directory"].take(key, now=self.now())
            return None if verdict.admitted else self._over(403, "userRateLimitExceeded")
        cost = _DOWNLOAD if route.download else _LIST if route.paged else _MODIFY if route.effect else _GET
        if not self.limits["drive"].take(key, cost, now=self.now()).admitted:
            return self._over(403 if self._next() % 3 else 429, "userRateLimitExceeded")
        if not self.limits["drive-project"].take("", cost, now=self.now()).admitted:
            self.limits["drive"].refund(key, cost)
            return self._over(403, "rateLimitExceeded")
        return None

    def _count_reports(self, request: Request, key: str) -> Reply | None:
        filtered = FILTERS & request.query.keys() or not request.path.startswith(
            "/admin/reports/v1/activity/users/all/"
        )
        if filtered and not self.limits["reports-filtered"].take(key, now=self.now()).admitted:
            return self._over(429, "rateLimitExceeded")
        if not self.limits["reports"].take(key, now=self.now()).admitted:
            return answer(error_body(503, "backendError", "The service is currently unavailable."), 503)
        return None

    def _next(self) -> int:
        self._turn += 1
        return self._turn

    def _over(self, status: int, reason: str) -> Reply:
        words = {
            "userRateLimitExceeded": "User Rate Limit Exceeded. Rate of requests for user exceed configured project "
            "quota, you may consider re-evaluating expected per-user traffic to the API and adjust project quota "
            "limits accordingly.",
            "rateLimitExceeded": "Rate Limit Exceeded",
        }[reason]
        if status == 429 and reason == "rateLimitExceeded":
            words = "Quota exceeded for quota metric 'Filtered queries' and limit 'Filtered queries per minute'."
        return answer(error_body(status, reason, words, domain="usageLimits"), status)

    def throttled(self, request: Request, wait: float) -> Reply:
        """Answer that there was too much: how long to wait is never told."""
        del wait
        if request.host in {"oauth", "accounts", "iam", "sts"}:
            return answer({"error": "internal_failure"}, 503)
        return self._over(403 if self._next() % 3 else 429, "userRateLimitExceeded")

    def failed(self, request: Request, status: int) -> Reply:
        """Answer a server error: a 502 is a web page."""
        if request.host in {"oauth", "accounts"}:
            return answer({"error": "internal_failure", "error_description": "Backend Error"}, status)
        if status == 502:
            page = b"<!DOCTYPE html>\n<html lang=en><title>Error 502 (Server Error)!!1</title><p>502.</html>\n"
            return Reply(502, page, {"content-type": "text/html; charset=UTF-8"})
        return answer(error_body(status, "internalError" if status == 500 else "backendError", "Backend Error"), status)

    def missing(self, request: Request) -> Reply:
        """Answer a path that isn't there: a web page."""
        del request
        page = b"<!DOCTYPE html>\n<html lang=en><title>Error 404 (Not Found)!!1</title><p>404.</html>\n"
        return Reply(404, page, {"content-type": "text/html; charset=UTF-8"})

    def lapse(self, request: Request) -> None:
        """Let the token that the request carries expire."""
        if request.headers.get("authorization"):
            self.signin.expire(request.headers["authorization"])

    def finish(self, request: Request, route: Route | None, reply: Reply) -> Reply:
        """Give every answer Google's own headers."""
        del request, route
        reply.headers.setdefault("cache-control", "private, max-age=0, must-revalidate")
        reply.headers.setdefault("x-goog-request-id", secrets.token_hex(8))
        return reply

    # For handlers

    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON object of the body; anything else is refused."""
        try:
            data = request.json()
        except msgspec.DecodeError:
            raise Refusal(400, "parseError", "Parse Error") from None
        if not isinstance(data, dict):
            raise Refusal(400, "parseError", "Parse Error")
        return data
