"""The client: one instance's HTTP, from a `Call` to an `Answer`.

A call passes authentication, its governor, the wire, classification by the app's rules, and is then returned,
tried again or raised. Only safe calls are tried again once they may have reached the provider.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlencode

import msgspec

from casb_cli.core.app import App
from casb_cli.core.errors import (
    BadAnswer,
    BrokenOff,
    LostAnswer,
    ProviderError,
    SignInNeeded,
    Stopped,
    Throttled,
    Unavailable,
    UnsafeAddress,
)
from casb_cli.core.protocols import Tracer
from casb_cli.transport import retry
from casb_cli.transport.address import Address, Hosts
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.governor import Governors
from casb_cli.transport.paging import Pager
from casb_cli.transport.redact import HIDDEN, Redactor, secrets_in, secrets_of
from casb_cli.transport.rules import OK, ApiRules, Verdict
from casb_cli.transport.said import provider_words, request_id
from casb_cli.transport.signin import Authenticator, Outgoing, Proving
from casb_cli.transport.trace import event
from casb_cli.transport.wire import USER_AGENT, NetworkFault, Request, Response, Wire

if TYPE_CHECKING:
    import httpx

R = TypeVar("R")

MAX_BODY = 64 * 1024 * 1024
MAX_ERROR_BODY = 1024 * 1024
MAX_THROTTLED = 30
MAX_RENEWALS = 8
"""A token made afresh may end before it is used: it is made anew so often, as long as each is another one."""
LONGEST_BUSY = 300.0
"""A single busy object is waited for at most so many seconds at a time."""
_STALE = 30.0
"""After so long a wait for the governor, the credential is read again (seconds)."""


class StreamAnswer:
    """An answer whose body is read piece by piece; `cut` tells that a limit left some of it unread."""

    def __init__(self, call: Call, response: Response) -> None:
        self.call = call
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.cut = False
        self._response = response

    def chunks(self, limit: int | None = None) -> Iterator[bytes]:
        """Yield the body, at most `limit` bytes of it; raises BrokenOff where it does."""
        left = limit
        fault: NetworkFault | None = None
        try:
            for piece in self._response.chunks():
                if left is not None and len(piece) > left:
                    self.cut = True
                    if left:
                        yield piece[:left]
                    return
                if left is not None:
                    left -= len(piece)
                yield piece
        except NetworkFault as error:
            fault = error
        if fault is not None:
            raise BrokenOff(f"the content broke off: {fault.words}", call=self.call.name, status=self.status)


class Client:
    """Sends calls for one credential of one instance. Thread-safe.

    `where` is `app/instance`, named in every error. `deadline` is a moment of `time.monotonic()` after which
    no new attempt starts. Without an authenticator calls go out without a credential (token endpoints).
    """

    def __init__(
        self,
        app: App,
        rules: ApiRules,
        authenticator: Authenticator | None,
        urls: Mapping[str, str],
        governors: Governors,
        *,
        where: str,
        tracer: Tracer | None = None,
        stop: threading.Event | None = None,
        quota_share: float = 1.0,
        deadline: float | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.app = app
        self.rules = rules
        self.where = where
        self.governors = governors
        self.hosts = Hosts(urls, app.content_hosts)
        self.stop = stop or governors.stop
        self.deadline = deadline
        self.skew: float | None = None
        """Seconds that this machine's clock is ahead of the provider's, by its newest answer."""
        self._elsewhere: dict[str, str] = {}
        """Host names whose calls were found to be answered at another."""
        self._authenticator = authenticator
        self._prover: Proving | None = _as_prover(authenticator)
        self._tracer = tracer
        self.transport = transport
        governors.narrow(quota_share)
        self._wire = Wire(self.hosts, transport=transport)

    @property
    def granted(self) -> str | None:
        """The scopes that came with the present token, space separated; None where the provider told none."""
        scope: str | None = getattr(self._authenticator, "scope", None)
        return scope

    def close(self) -> None:
        """Close the connections and keep what the governors learned."""
        self._wire.close()
        self.governors.save()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, call: Call, *, limit: int = MAX_BODY) -> Answer:
        """Return the answer, its body read whole up to `limit` bytes; raises ProviderError or Stopped."""
        with self._open(call, accept="gzip", limit=limit) as (response, body):
            return self._answer(call, response, body if body is not None else b"")

    def pages(self, call: Call, pager: Pager, cursor: str | None = None) -> Iterator[tuple[Answer, str | None]]:
        """Yield each page and the cursor behind it (None at the end), from `cursor` on.

        Raises BadAnswer where the cursor does not move, unless the pager reads a feed, which then ends.
        """
        while True:
            asked = pager.prepare(call, cursor)
            answer = self.send(asked)
            try:
                following = pager.after(asked, answer)
            except ProviderError as error:
                error.at(self.where)
                raise
            if following is not None and following == cursor:
                if not pager.feed:
                    raise BadAnswer(
                        "the provider gave the same page position again",
                        call=call.name,
                        status=answer.status,
                        request_id=request_id(answer.headers),
                    ).at(self.where)
                yield answer, following
                return
            yield answer, following
            if following is None:
                return
            cursor = following

    @contextmanager
    def stream(self, call: Call) -> Iterator[StreamAnswer]:
        """Open a body to be read in pieces; redirects lead only to declared hosts, without a credential."""
        with self._open(call, accept="identity", limit=None) as (response, _):
            yield StreamAnswer(call, response)

    @contextmanager
    def _open(self, call: Call, *, accept: str, limit: int | None) -> Iterator[tuple[Response, bytes | None]]:
        """Try until the answer is taken; `limit` None leaves a good answer's body to the reader."""
        tries = _Tries()
        asked = call.host
        call, address = self._placed(call, self._elsewhere.get(asked, asked))
        while True:
            with ExitStack() as stack:
                outcome = self._attempt(stack, call, address, accept=accept, limit=limit, tries=tries)
                if outcome.kind == "ok" and outcome.response is not None:
                    yield outcome.response, outcome.body
                    return
            there = outcome.verdict.host if outcome.kind == "moved" and outcome.verdict else ""
            if there and there != call.host and not tries.moved:
                tries.moved = True
                call, address = self._placed(call, there)
                self._elsewhere[asked] = call.host
                continue
            self._settle(call, outcome, tries)

    def _placed(self, call: Call, host: str) -> tuple[Call, Address]:
        """Return a call for a host, which another may stand in for, and its address."""
        refused: ProviderError | None = None
        call = call if host == call.host else msgspec.structs.replace(call, host=host)
        try:
            return call, self.hosts.of(call)
        except UnsafeAddress as error:
            refused = error
        raise self._named(refused, call)

    def _attempt(
        self,
        stack: ExitStack,
        call: Call,
        address: Address,
        *,
        accept: str,
        limit: int | None,
        tries: _Tries,
    ) -> _Outcome:
        self._check()
        signer = self._authenticator if call.identity.kind != "nobody" else None
        given = self._credential(call, signer)
        request = self._request(call, address, given, accept)
        prover = self._prover if signer is not None else None
        again = False
        fault: NetworkFault | None = None
        refused: ProviderError | None = None
        with self.governors.slot(call, deadline=self.deadline) as lease:
            if signer and lease.waited > _STALE:
                # In the place that was waited for: whoever gave it back would wait as long again, for ever.
                given = self._credential(call, signer)
                request = self._request(call, address, given, accept)
            outgoing = Outgoing(request.method, address.url, request.headers, request.content)
            if prover is not None:
                request = replace(
                    request,
                    headers={**request.headers, **self._asked(call, lambda: prover.prove(call, outgoing, given))},
                )
            started = time.monotonic()
            response: Response | None = None
            body: bytes | None = None
            try:
                kept = (*call.answers, *self.rules.redirects)
                response = stack.enter_context(self._wire.exchange(request, keep=kept))
                if limit is not None or not 200 <= response.status < 300:
                    body = self._read(call, response, limit)
            except NetworkFault as error:
                fault = error
            except ProviderError as error:
                refused = error
            verdict: Verdict | None = None
            if fault is None and refused is None and response is not None:
                self.skew = retry.skew(response.headers) if not response.private else self.skew
                verdict = self.rules.classify(call, response.status, response.headers, body or b"")
                if prover is not None:
                    asked = prover.challenged(call, outgoing, response.status, response.headers, body or b"")
                    again = asked and not tries.challenged
                    tries.challenged = tries.challenged or asked
                if verdict.kind != "throttled" and response.status in call.answers:
                    verdict = OK
                lease.answered(
                    response.told,
                    throttled=verdict.kind == "throttled",
                    after=verdict.after,
                    own=verdict.own,
                )
        outcome = _Outcome(
            "again" if again else verdict.kind if verdict else "fault",
            response=response,
            body=body,
            verdict=verdict,
            fault=fault,
            refused=refused,
            given=given,
        )
        if self._tracer is not None:
            self._trace(call, request, outcome, tries, time.monotonic() - started)
        return outcome

    def _credential(self, call: Call, signer: Authenticator | None) -> Mapping[str, str]:
        return self._asked(call, lambda: dict(signer.headers(call)) if signer is not None else {})

    def _asked(self, call: Call, ask: Callable[[], R]) -> R:
        """Return what the authenticator gives; its errors name the call and hold no secret."""
        failure: ProviderError | None = None
        try:
            return ask()
        except ProviderError as error:
            failure = error
        raise self._named(failure, call)

    def _request(self, call: Call, address: Address, given: Mapping[str, str], accept: str) -> Request:
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": accept}
        if accept == "identity":
            headers["Accept"] = "*/*"
        names = {name.lower(): name for name in headers}
        layers: list[Mapping[str, str]] = [self.rules.headers]
        if call.identity.kind == "user" and self.rules.identity_headers is not None:
            layers.append(self.rules.identity_headers(call.identity.id))
        content, kind = _content(call)
        if kind:
            layers.append({"Content-Type": kind})
        for layer in (*layers, call.headers, given):
            for name, value in layer.items():
                headers.pop(names.get(name.lower(), name), None)
                names[name.lower()] = name
                headers[name] = value
        files = [(p.name, (p.filename, p.content, p.content_type)) for p in call.parts] or None
        return Request(call.method, address, headers, content, files, self.rules.timeout)

    def _read(self, call: Call, response: Response, limit: int | None) -> bytes:
        good = 200 <= response.status < 300
        most = limit if good and limit is not None else MAX_ERROR_BODY
        pieces: list[bytes] = []
        size = 0
        for piece in response.chunks():
            size += len(piece)
            if size > most:
                if good:
                    raise BadAnswer(
                        f"the answer to {call.name} is larger than {most} bytes",
                        call=call.name,
                        status=response.status,
                    )
                break
            pieces.append(piece)
        return b"".join(pieces)

    def _settle(self, call: Call, outcome: _Outcome, tries: _Tries) -> None:
        """Wait for the next attempt, or raise what ends the call."""
        if outcome.kind == "again":
            return
        if outcome.refused is not None:
            raise self._named(outcome.refused, call, outcome)
        if outcome.fault is not None or outcome.response is None or outcome.verdict is None:
            self._settle_fault(call, outcome, tries)
            return
        verdict, response = outcome.verdict, outcome.response
        if verdict.kind == "throttled":
            tries.throttled += 1
            if tries.throttled <= MAX_THROTTLED and not call.once:
                return  # the governor waits
            raise self._named(verdict.error or self._words(Throttled, call, outcome), call, outcome)
        if verdict.kind == "busy":
            if response.status >= 500 and not call.is_safe:
                error = verdict.error or self._words(LostAnswer, call, outcome)
                raise self._named(LostAnswer(error.words, call=call.name, status=response.status), call, outcome)
            final = verdict.error or self._words(Unavailable, call, outcome)
            after = verdict.after
            if after is None:
                after = retry.retry_after(response.headers, self.app.dialect)
            self._pause(call, tries, after, final, outcome)
            return
        if verdict.kind == "reauth":
            signer = self._authenticator
            if signer is not None and len(tries.rejected) < MAX_RENEWALS and outcome.given not in tries.rejected:
                tries.rejected.append(outcome.given)
                if self._asked(call, lambda: signer.renew(call, outcome.given)):
                    return
            error = verdict.error or self._words(SignInNeeded, call, outcome)
            error.hint = retry.skew_hint(response.headers) or error.hint
            raise self._named(error, call, outcome)
        error = verdict.error or self._words(ProviderError, call, outcome)
        if response.status >= 500 and not call.is_safe and isinstance(error, Unavailable):
            error = LostAnswer(error.words, call=call.name, status=response.status)
        raise self._named(error, call, outcome)

    def _settle_fault(self, call: Call, outcome: _Outcome, tries: _Tries) -> None:
        fault = outcome.fault or NetworkFault("no answer", sent=True)
        if fault.sent and not call.is_safe:
            raise self._named(
                LostAnswer(f"{fault.words}; whether it took effect is unknown", call=call.name), call, outcome
            )
        final = Unavailable(fault.words, call=call.name, hint="check the network and the proxy with `casb doctor`")
        if fault.certificate:
            final.hint = "set SSL_CERT_FILE to the PEM file of the CA that signs for this host or proxy"
            raise self._named(final, call, outcome)
        self._pause(call, tries, None, final, outcome)

    def _pause(self, call: Call, tries: _Tries, after: float | None, final: ProviderError, outcome: _Outcome) -> None:
        tries.failed += 1
        seconds = retry.backoff(tries.failed - 1) if after is None else after
        late = self.deadline is not None and time.monotonic() + seconds > self.deadline
        last = call.once or tries.failed >= self.rules.max_attempts
        if last or seconds > LONGEST_BUSY or late:
            final.retry_after = after
            raise self._named(final, call, outcome)
        if self.stop.wait(seconds):
            raise Stopped("stopped while waiting to try again")

    def _check(self) -> None:
        if self.stop.is_set():
            raise Stopped("stopped")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Stopped("the time allowed is over")

    def _redactor(self, call: Call, given: Mapping[str, str]) -> Redactor:
        known = self._authenticator.redact() if self._authenticator is not None else ()
        return Redactor([*known, *secrets_of(given), *secrets_in(call)])

    def _named(self, error: ProviderError, call: Call, outcome: _Outcome | None = None) -> ProviderError:
        """Return the error with instance, call, status and request id, and without any secret."""
        redactor = self._redactor(call, outcome.given if outcome else {})
        error.words = error.message = redactor.text(error.words)
        error.args = (error.words,)
        error.hint = redactor.text(error.hint) if error.hint else error.hint
        error.call = error.call or call.name
        if outcome is not None and outcome.response is not None:
            error.status = error.status or outcome.response.status
            error.request_id = error.request_id or request_id(outcome.response.headers)
        return error.at(self.where)

    def _words(self, kind: type[ProviderError], call: Call, outcome: _Outcome) -> ProviderError:
        """Return an error in the provider's own words, where the app's rules gave none."""
        words = provider_words(outcome.body or b"") or "the provider gave no reason"
        return kind(words, call=call.name)

    def _trace(self, call: Call, request: Request, outcome: _Outcome, tries: _Tries, seconds: float) -> None:
        if self._tracer is None:
            return
        redactor = self._redactor(call, outcome.given)
        sent, response = request.address, outcome.response
        foreign = sent.origin != self.hosts.base(call.host).origin
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._tracer.record(
            event(
                where=self.where,
                call=call.name,
                attempt=1 + tries.failed + tries.throttled + len(tries.rejected),
                method=request.method,
                url=redactor.url(str(sent.origin), sent.target, pre_authenticated=foreign),
                request_headers=redactor.headers(headers),
                request_body=redactor.body(request.content or b"", headers.get("content-type", "")),
                status=response.status if response else None,
                verdict=outcome.kind,
                milliseconds=round(seconds * 1000, 1),
                answered_by=str(response.address.origin) if response and response.private else None,
                response_headers=redactor.headers(response.headers) if response else None,
                response_body=redactor.body(outcome.body or b"", response.headers.get("content-type", ""))
                if response
                else None,
                fault=redactor.text(outcome.fault.words) if outcome.fault else None,
                refused=redactor.text(outcome.refused.words) if outcome.refused else None,
            )
        )

    def _answer(self, call: Call, response: Response, body: bytes) -> Answer:
        address = response.address
        url = f"{address.origin}/{HIDDEN}" if response.private else address.url
        return Answer(call=call, status=response.status, headers=response.headers, body=body, url=url)


class _Tries:
    """How often a call was tried, by what went wrong."""

    def __init__(self) -> None:
        self.failed = 0
        self.throttled = 0
        self.rejected: list[Mapping[str, str]] = []
        self.challenged = False
        self.moved = False


@dataclass
class _Outcome:
    """What one attempt came to."""

    kind: str
    given: Mapping[str, str] = field(repr=False)
    response: Response | None = None
    body: bytes | None = field(default=None, repr=False)
    verdict: Verdict | None = None
    fault: NetworkFault | None = None
    refused: ProviderError | None = None


def _as_prover(authenticator: object) -> Proving | None:
    return authenticator if isinstance(authenticator, Proving) else None


def _content(call: Call) -> tuple[bytes | None, str | None]:
    """Return a call's body and its type; of multipart forms httpx makes both."""
    if call.json is not msgspec.UNSET:
        return msgspec.json.encode(call.json), "application/json"
    if call.form is not None:
        return urlencode(call.form).encode("ascii"), "application/x-www-form-urlencoded"
    return call.content, None
