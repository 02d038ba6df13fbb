"""What every simulated provider shares: the way of a request through faults, sign-in, limits and handler."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from casb_cli.sandbox.faults import Fault, Faults
from casb_cli.sandbox.limits import Limiter, LimitSpec
from casb_cli.sandbox.wire import LOGGED_HEADERS, Reply, Request, Route, Router, answer
from casb_cli.sandbox.world import World


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider behaves: the tenant's `variant`, replaced limits by family, seconds of `latency` a call.

    `limits` empty means the vendor's published ones; `unlimited` switches counting off. `headers` False hides
    the limit headers, so that only a rejection tells.
    """

    variant: str = ""
    limits: dict[str, LimitSpec] = {}
    unlimited: bool = False
    limit_headers: bool = True
    latency: float = 0.0
    settings: dict[str, str] = {}
    """Switches of one provider only, such as `{"plan": "free"}`."""


class Signin(msgspec.Struct, frozen=True, kw_only=True):
    """What `connect` is told for one authentication method: settings, and secrets by field key."""

    fields: dict[str, str]
    secrets: dict[str, str] = {}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call received: never a credential's value. `headers` are the names of all headers, in lower case.

    `effect` tells whether it took effect: a call that changes something, and succeeded, whatever was answered.
    """

    name: str
    target: str
    host: str
    status: int
    fault: str
    headers: tuple[str, ...]
    values: dict[str, str]
    time: float
    effect: bool = True


class Outcome(msgspec.Struct, kw_only=True):
    """How the server answers: the reply, and whether to close the connection without it or half way."""

    reply: Reply | None
    took: bool = False
    """Whether the call succeeded, whatever is answered."""
    cut: bool = False
    delay: float = 0.0
    call: Call | None = None
    done: Callable[[], None] | None = None


class Provider:
    """A simulated provider; subclasses mark handlers with `@route` and answer in their vendor's dialect.

    `hosts` are the names of its base URLs, each on a port of its own (`api`, a content host, ...); `urls` holds
    them once it is served. The world never changes; `reset` forgets what was changed on top of it.
    """

    key: ClassVar[str] = ""
    hosts: ClassVar[tuple[str, ...]] = ("api",)
    default_limits: ClassVar[dict[str, LimitSpec]] = {}

    def __init__(self, world: World, options: Options | None = None) -> None:
        self.world = world
        self.options = options or Options()
        self.urls: dict[str, str] = {}
        self.faults = Faults()
        self.calls: deque[Call] = deque(maxlen=100_000)
        specs = {**self.default_limits, **self.options.limits}
        self.limits: dict[str, Limiter] = {family: Limiter(spec) for family, spec in specs.items()}
        self.router = Router()
        self.router.collect(self)

    # What subclasses say

    def bound(self) -> None:
        """Be told that `urls` are known."""

    def reset(self) -> None:
        """Forget every change, as at the start; overriders call this too."""
        self.calls.clear()
        self.faults.clear()
        for limiter in self.limits.values():
            limiter.reset()

    def credentials(self) -> dict[str, Signin]:
        """Return what signs in, by the app's authentication method; the fields hold the base URLs too."""
        return {}

    def path(self, request: Request) -> str:
        """Return the raw path to route: where one deployment form has a prefix, without it."""
        return request.path

    def missing(self, request: Request) -> Reply:
        """Answer a path that isn't there."""
        del request
        return answer({"message": "Not Found"}, 404)

    def enter(self, request: Request, route: Route) -> Reply | None:
        """Check sign-in and permission; return a refusal, or None with `request.who` set."""
        del request, route
        return None

    def throttle(self, request: Request, route: Route) -> Reply | None:
        """Count the call (`request.who` is known) against the limits; return the vendor's rejection, or None."""
        del request, route
        return None

    def throttled(self, request: Request, wait: float) -> Reply:
        """Answer that the caller must wait, in the vendor's dialect."""
        del request
        return answer({"message": "too many requests"}, 429, {"retry-after": str(max(round(wait), 1))})

    def failed(self, request: Request, status: int) -> Reply:
        """Answer a server error in the vendor's dialect."""
        del request
        return answer({"message": "server error"}, status)

    def lapse(self, request: Request) -> None:
        """Let the access token that the request carries expire now."""
        del request

    def finish(self, request: Request, route: Route | None, reply: Reply) -> Reply:
        """Give every reply the headers that the vendor always sends."""
        del request, route
        return reply

    def leave(self, request: Request, route: Route) -> None:
        """Be told that an admitted call has ended."""
        del request, route

    def handle(self, request: Request) -> Outcome:
        """Play one request: faults, sign-in, limits, handler, headers; and log it."""
        found = self.router.find(request.host, request.method, self.path(request))
        if found is None:
            request.name = f"{request.method} ?"
            outcome = Outcome(reply=self.finish(request, None, self.missing(request)))
            return self._logged(request, outcome, None)
        handler, route, request.params = found
        request.name = route.name
        target = f"{request.path}?{request.query_text}" if request.query_text else request.path
        fault = self.faults.take(route, f"{request.method} {target}")
        outcome = self._play(request, route, handler, fault)
        return self._logged(request, outcome, fault, effect=route.effect and outcome.took)

    def _play(
        self, request: Request, route: Route, handler: Callable[[Request], Reply], fault: Fault | None
    ) -> Outcome:
        kind = fault.kind if fault else ""
        if fault:
            if kind == "throttle":
                return Outcome(reply=self.finish(request, route, self.throttled(request, fault.wait)))
            if kind == "error-before":
                return Outcome(reply=self.finish(request, route, self.failed(request, fault.status)))
            if kind == "expired-token":
                self.lapse(request)
            elif kind in {"limit-halved", "limit-doubled"}:
                for limiter in self.limits.values():
                    limiter.scale(0.5 if kind == "limit-halved" else 2.0)
            elif kind in {"expired-cursor", "duplicate-page"}:
                request.fault = kind
        try:
            reply = self.enter(request, route)
            if reply is None and not (self.options.unlimited or route.free):
                reply = self.throttle(request, route)
            if reply is None:
                reply = handler(request)
        except Refused as refused:
            reply = refused.reply
        except msgspec.DecodeError:
            reply = answer({"message": "Problems parsing JSON"}, 400)
        reply = self.finish(request, route, reply)
        took = 200 <= reply.status < 300
        outcome = Outcome(reply=reply, took=took, delay=self.options.latency, done=lambda: self.leave(request, route))
        if fault:
            if kind == "error-after":
                outcome.reply = self.finish(request, route, self.failed(request, fault.status))
            elif kind == "lost":
                outcome.reply = None
            elif kind == "truncated" and reply.download:
                outcome.cut = True
            elif kind == "slow":
                outcome.delay = fault.wait
        return outcome

    def _logged(self, request: Request, outcome: Outcome, fault: Fault | None, *, effect: bool = False) -> Outcome:
        outcome.call = Call(
            name=request.name,
            target=request.path,
            host=request.host,
            status=outcome.reply.status if outcome.reply else 0,
            fault=fault.kind if fault else "",
            headers=tuple(request.headers),
            values={k: v for k, v in request.headers.items() if k in LOGGED_HEADERS},
            time=time.time(),
            effect=effect,
        )
        self.calls.append(outcome.call)
        return outcome

    def called(self, name: str) -> list[Call]:
        """Return the calls received of a logical name, oldest first."""
        return [call for call in self.calls if call.name == name]

    def snapshot(self) -> Any:
        """Return what has changed on top of the world, as plain data, for tests and the control interface."""
        return {}


class Refused(Exception):
    """A handler's refusal, as a reply in the vendor's dialect."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply
