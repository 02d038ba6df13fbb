"""What every part of the simulated AWS shares: recognition, signatures, rights, limits, paging; moto does the rest."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.aws.sandbox_access import Access
from casb_cli.apps.aws.sandbox_buckets import Buckets
from casb_cli.apps.aws.sandbox_center import Center
from casb_cli.apps.aws.sandbox_company import HOME, REGIONS, Company
from casb_cli.apps.aws.sandbox_load import load
from casb_cli.apps.aws.sandbox_moto import Moto
from casb_cli.apps.aws.sandbox_sign import Credential, Scope, check, scope_of
from casb_cli.apps.aws.sandbox_store import load as load_store
from casb_cli.apps.aws.sandbox_wire import PROTOCOLS, Operation, error, family_of, read, refusal, write
from casb_cli.sandbox.faults import Fault
from casb_cli.sandbox.limits import LimitSpec
from casb_cli.sandbox.provider import Options, Outcome, Provider, Refused
from casb_cli.sandbox.wire import Reply, Request, Route
from casb_cli.sandbox.world import World

UNSIGNED = {"AssumeRoleWithWebIdentity": "sts"}
_GLOBAL = frozenset({"iam", "organizations", "account"})


class Caller(msgspec.Struct, kw_only=True):
    """Who asks for what: the operation with its parameters, the signature's scope, and who signed, once known."""

    found: Operation
    params: dict[str, Any]
    scope: Scope | None
    region: str
    credential: Credential | None = None

    @property
    def account(self) -> str:
        """The caller's account."""
        assert self.credential is not None  # noqa: S101 - handlers come after the check
        return self.credential.account


class Desk(Provider):
    """AWS without its own answers: what no subclass answers, moto does.

    Settings: `deny` (blank separated IAM actions that nobody may do, as a service control policy would refuse
    them), `empty_page` (`on`: lists of accounts begin with an empty page that has a token), `trail` (`on`: the
    events also lie in a bucket, as the files of an organization's trail; that bucket's files are no rows of the truth).
    """

    key: ClassVar[str] = "aws"
    hosts: ClassVar[tuple[str, ...]] = ("api",)
    # Published: LookupEvents and S3. The others are what callers have been seen to get.
    default_limits: ClassVar[dict[str, LimitSpec]] = {
        "lookup-events": LimitSpec(kind="bucket", allowed=2, burst=2),
        "iam": LimitSpec(kind="bucket", allowed=20, burst=100),
        "sts": LimitSpec(kind="bucket", allowed=50, burst=200),
        "organizations": LimitSpec(kind="bucket", allowed=4, burst=20),
        "directory": LimitSpec(kind="bucket", allowed=20, burst=40),
        "s3-read": LimitSpec(kind="bucket", allowed=5500),
        "s3-write": LimitSpec(kind="bucket", allowed=3500),
        "other": LimitSpec(kind="bucket", allowed=20, burst=100),
    }

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.company = Company(world)
        self.center = Center(self.company)
        self.buckets = Buckets(self.company)
        self.moto = Moto()
        self.access = Access(self.company, self.moto)
        self.handlers = {
            found.name: getattr(self, name)
            for name in dir(type(self))
            for _, _, found in getattr(getattr(type(self), name), "__routes__", ())
        }
        self.denied = self._denied()
        self._loaded = False
        self._loading = threading.Lock()
        self.events = 0
        self._last: tuple[str, ...] = ()

    # State

    def _denied(self) -> frozenset[str]:
        return frozenset(self.options.settings.get("deny", "").split())

    def bound(self) -> None:
        """Fill moto, as soon as the address is known."""
        self.ready()

    def ready(self) -> None:
        """Fill moto with the company, unless it is filled."""
        with self._loading:
            if not self._loaded:
                load(self.moto, self.company, self.center)
                load_store(self.moto, self.buckets)
                self.loaded()
                self._loaded = True

    def loaded(self) -> None:
        """Be told that moto holds the company as it was at the start."""

    def reset(self) -> None:
        """Forget every change; temporary credentials live on, as a test may hold some.

        The denied actions are those of the settings by now.
        """
        with self.moto.held():
            super().reset()
            self.denied = self._denied()
            self.moto.forget()
            self._loaded = False
            self.events, self._last = 0, ()
            self.ready()

    # The way of a request

    def handle(self, request: Request) -> Outcome:
        """Play one request: which operation it is, is told by botocore's models and not by its path alone."""
        with self.moto.held():
            self.ready()
            scope = scope_of(request)
            family = family_of(scope.service, request.path) if scope else _unsigned(request)
            try:
                recognised = read(request, family)
            except Refused as refused:
                return self._kept(request, Outcome(reply=refused.reply), None, effect=False)
            if recognised is None:
                message = f"The action is not valid for {family}."
                return self._kept(
                    request, Outcome(reply=error(family, 400, "InvalidAction", message)), None, effect=False
                )
            found, params = recognised
            request.who = Caller(found=found, params=params, scope=scope, region=scope.region if scope else HOME)
            request.name = found.route.name
            digest = hashlib.sha256(request.body).hexdigest()  # a call's page or object may be told in its body alone
            target = f"{request.name} {request.path}#{digest}?{request.query_text}"
            fault = self.faults.take(found.route, target)
            outcome = self._play(request, found.route, self._handler(found), fault)
            effect = found.route.effect and outcome.took and self._changes(request)
            return self._kept(request, outcome, fault, effect=effect)

    def _handler(self, found: Operation) -> Any:
        return self.handlers.get(found.route.name, self.moto_answers)

    def _changes(self, request: Request) -> bool:
        """Tell whether a call changed anything: the same once more, right after itself, does not."""
        this = (request.name, request.path, request.query_text, request.body.decode("latin-1"))
        if this == self._last and not request.name.startswith("POST /sqs/"):
            return False
        self._last = this
        self.events += 1
        return True

    def _kept(self, request: Request, outcome: Outcome, fault: Fault | None, *, effect: bool) -> Outcome:
        request.name = request.name or f"{request.method} ?"
        return self._logged(request, outcome, fault, effect=effect)

    def moto_answers(self, request: Request) -> Reply:
        """Let moto answer as the caller's account."""
        reply = self.moto.call(request, request.who.account)
        if reply.status >= 500:
            return error(
                request.who.found.family, 501, "NotImplemented", "The simulation does not have this operation."
            )
        if PROTOCOLS[request.who.found.family] == "json":
            version = "1.0" if request.who.found.family == "sqs" else "1.1"
            reply.headers["content-type"] = f"application/x-amz-json-{version}"
        reply.download = request.who.found.route.download
        return reply

    def enter(self, request: Request, route: Route) -> Reply | None:
        """Check signature, region and rights."""
        del route
        who: Caller = request.who
        family = who.found.family
        if who.scope is None and who.found.name in UNSIGNED:
            return None
        who.credential = check(request, who.scope, family, PROTOCOLS[family], self.access.find, time.time())
        if who.region not in REGIONS or (family in _GLOBAL and who.region != HOME):
            code = {"query": "SignatureDoesNotMatch", "rest-xml": "AuthorizationHeaderMalformed"}
            said = f"Credential should be scoped to a valid region, not '{who.region}'."
            raise refusal(family, 403, code.get(PROTOCOLS[family], "UnrecognizedClientException"), said)
        self.permit(request, who)
        return None

    def permit(self, request: Request, who: Caller) -> None:
        """Refuse what the caller may not do."""
        from casb_cli.apps.aws.sandbox_access import action_of

        assert who.credential is not None  # noqa: S101 - checked by the caller
        del request
        versioned = "VersionId" in who.params
        action = action_of(who.found, versioned)
        if action in self.denied or not self.access.allowed(who.credential, who.found, versioned):
            family = who.found.family
            code = "AccessDenied" if PROTOCOLS[family] in ("query", "rest-xml") else "AccessDeniedException"
            status = 400 if PROTOCOLS[family] == "json" else 403
            said = f"User: {who.credential.arn} is not authorized to perform: {action}"
            raise refusal(family, status, code, said)

    def lapse(self, request: Request) -> None:
        """Let the temporary credential of a request expire; those for good do not."""
        scope = scope_of(request)
        found = self.access.given.get(scope.key) if scope else None
        if found is not None:
            found.expires = time.time() - 1

    # Limits

    def throttle(self, request: Request, route: Route) -> Reply | None:
        """Count a call against its family's limit, each account (and region, and bucket) apart."""
        who: Caller = request.who
        if who.credential is None:
            return None
        name, key = self._family(request, who, route)
        verdict = self.limits[name].take(key)
        return None if verdict.admitted else self.throttled(request, verdict.wait)

    def _family(self, request: Request, who: Caller, route: Route) -> tuple[str, str]:
        family = who.found.family
        if who.found.key == "cloudtrail/LookupEvents":
            return "lookup-events", f"{who.account}/{who.region}"
        if family == "s3":
            return "s3-write" if route.effect else "s3-read", request.path.split("/")[1]
        if family in ("iam", "sts", "organizations"):
            return family, who.account
        if family in ("identitystore", "sso-admin"):
            return "directory", who.account
        return "other", f"{family}/{who.account}"

    def throttled(self, request: Request, wait: float) -> Reply:
        """Answer that the caller is too fast; AWS does not say how long to wait."""
        del wait
        family = request.who.found.family
        if family in ("s3", "s3control"):
            return error(family, 503, "SlowDown", "Please reduce your request rate.")
        code = "TooManyRequestsException" if family in ("organizations", "account") else "ThrottlingException"
        if PROTOCOLS[family] == "query":
            code = "Throttling"
        return error(family, 429 if PROTOCOLS[family] == "rest-json" else 400, code, "Rate exceeded")

    def failed(self, request: Request, status: int) -> Reply:
        """Answer a server error."""
        family = request.who.found.family
        code = {500: "InternalError", 503: "ServiceUnavailable"}.get(status, "InternalFailure")
        return error(family, status, code, "We encountered an internal error. Please try again.")

    def finish(self, request: Request, route: Route | None, reply: Reply) -> Reply:
        """Leave out the body of an answer to HEAD."""
        del route
        if request.method == "HEAD" and reply.status >= 400:
            reply.body = b""
        return reply

    # Paging

    def page(
        self,
        request: Request,
        rows: Sequence[Any],
        token: str | None,
        size: int,
        *,
        code: str = "InvalidNextTokenException",
        **more: str,
    ) -> tuple[Sequence[Any], str | None]:
        """Return the rows of a page and the token of the next; a token of nobody's is refused with `code`, `more`."""
        start, turn = 0, 0
        if token:
            try:
                start, turn = map(int, base64.urlsafe_b64decode(token + "==").decode().split("."))
            except ValueError:
                raise refusal(request.who.found.family, 400, code, "The token is not valid.", **more) from None
            if request.fault == "expired-cursor":
                raise refusal(request.who.found.family, 400, code, "The token has expired.", **more)
        end = start + size
        following = None
        if request.fault == "duplicate-page":
            following = f"{start}.{turn + 1}"
        elif end < len(rows):
            following = f"{end}.0"
        marked = base64.urlsafe_b64encode(following.encode()).decode().rstrip("=") if following else None
        return rows[start:end], marked

    def told(self, request: Request, result: dict[str, Any]) -> Reply:
        """Answer a result, shaped by the operation's model."""
        return write(request.who.found, result)


def _unsigned(request: Request) -> str:
    if request.method == "POST" and request.path in ("", "/"):
        return UNSIGNED.get(request.form().get("Action", ""), "sts")
    return "s3"
