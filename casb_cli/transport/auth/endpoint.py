"""Token endpoints: requests built and answers parsed by oauthlib, sent and attached by us."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote_plus

import msgspec

from casb_cli.core.errors import BadAnswer, LostAnswer, ProviderError, SignInNeeded, Stopped, Throttled, Unavailable
from casb_cli.transport import retry
from casb_cli.transport.calls import NOBODY, Answer, Call
from casb_cli.transport.redact import Redactor, secrets_in
from casb_cli.transport.signin import PlainHttp, SigninContext

if TYPE_CHECKING:
    from casb_cli.transport.auth.dpop import Proofs

TokenSet = dict[str, Any]
"""`access_token`, and where given `refresh_token`, `expires_at` (epoch seconds), `scope` (space separated),
`token_type` (only where it is another than the usual one: `DPoP`)."""

_ATTEMPTS = 6
_CLIENT_ERRORS = frozenset({"invalid_client", "unauthorized_client", "incorrect_client_credentials"})


def sign_in_again(context: SigninContext) -> str:
    """Return the hint that names the command to sign in again."""
    return f"run `casb connect {context.app} --instance {context.instance}` to sign in again"


def normalise_scope(value: Any) -> str:
    """Return scopes, given as text (commas or spaces) or as a list, separated by single spaces."""
    if isinstance(value, list | tuple):
        value = " ".join(str(item) for item in value)
    return " ".join(word for word in re.split(r"[,\s]+", str(value or "")) if word)


def parse_token(answer: Answer, *, hint: str | None = None, wall: float | None = None) -> TokenSet:
    """Return the token set of an answer; raises SignInNeeded in the provider's words, or BadAnswer.

    An error that arrives with HTTP 200 is an error all the same.
    """
    from oauthlib.oauth2.rfc6749.errors import OAuth2Error
    from oauthlib.oauth2.rfc6749.parameters import parse_token_response

    now = time.time() if wall is None else wall
    params = _fields(answer)
    refused: SignInNeeded | None = None
    parsed: Mapping[str, Any] = {}
    lifetime = params.pop("expires_in", None)
    if "error" in params:
        params["error"] = str(params["error"])
    try:
        parsed = parse_token_response(msgspec.json.encode(params).decode())
    except OAuth2Error as error:
        if "error" not in params:
            raise _bad(answer, "access_token") from None
        refused = SignInNeeded(
            Redactor(secrets_in(answer.call)).text(str(error.description or error.error)),
            call=answer.call.name,
            status=answer.status,
            code=error.error,
        )
    if refused is not None:
        refused.hint = retry.skew_hint(answer.headers, wall=wall) or _hint_for(str(refused.code), hint)
        raise refused
    if answer.status >= 400 or not isinstance(parsed.get("access_token"), str):
        raise _bad(answer, "access_token")
    token: TokenSet = {"access_token": parsed["access_token"]}
    if isinstance(parsed.get("refresh_token"), str) and parsed["refresh_token"]:
        token["refresh_token"] = parsed["refresh_token"]
    if str(params.get("token_type", "")).lower() == "dpop":
        token["token_type"] = "DPoP"
    if parsed.get("scope"):
        token["scope"] = normalise_scope(params["scope"])
    seconds = _seconds(lifetime)
    if seconds is not None:
        token["expires_at"] = now + seconds
    return token


def _fields(answer: Answer) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        data = dict(parse_qsl(answer.body.decode("utf-8", "replace")))
    if not isinstance(data, dict) or not data:
        if answer.status in {400, 401, 403}:
            return {"error": "invalid_client", "error_description": "the credential was rejected"}
        raise _bad(answer, "access_token")
    if answer.status >= 400 and "error" not in data:
        data["error"] = str(data.get("code") or "access_denied")
        data.setdefault("error_description", data.get("message") or data["error"])
    return data


def _bad(answer: Answer, name: str) -> BadAnswer:
    words = f"the answer to {answer.call.name} has no usable `{name}`"
    return BadAnswer(words, call=answer.call.name, status=answer.status)


def _seconds(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < 1e10 else None


def _hint_for(code: str, hint: str | None) -> str | None:
    if code in _CLIENT_ERRORS:
        return "check the client ID and client secret, and that the app is authorized in the provider's console"
    return hint


def send_fresh(http: PlainHttp, make: Callable[[], Call], *, repeatable: bool = True) -> Answer:
    """Return the answer to a call that is made afresh for each of a few attempts (signed ones expire)."""
    stop = getattr(http, "stop", None) or threading.Event()
    attempt = 0
    while True:
        failure: ProviderError
        again = True
        try:
            return http.send(msgspec.structs.replace(make(), once=True))
        except (Throttled, Unavailable) as error:
            failure = error
        except LostAnswer as error:
            again = repeatable
            failure = Unavailable(error.words, call=error.call, status=error.status).at(error.where)
        attempt += 1
        if attempt == _ATTEMPTS or not again:
            raise failure
        # The governor waits for a throttled endpoint; only what it can't know is waited for here.
        if stop.wait(0 if isinstance(failure, Throttled) else retry.backoff(attempt - 1)):
            raise Stopped("stopped while signing in")


def _never() -> str | None:
    return None


@dataclass(frozen=True)
class TokenEndpoint:
    """One app's token endpoint. The client secret goes into the body or into a Basic header."""

    http: PlainHttp = field(repr=False)
    name: str
    """The logical call, such as `POST /oauth2/token`."""
    client_id: str
    client_secret: Callable[[], str | None] = field(default=_never, repr=False)
    client_auth: Literal["body", "basic", "assertion"] = "body"
    """Where the client names itself; `assertion`: in a signed assertion that each grant's fields carry."""
    host: str = "oauth"
    family: str = "oauth"
    headers: Mapping[str, str] = field(default_factory=dict)
    hint: str | None = None
    proofs: Proofs | None = field(default=None, repr=False)
    """Proves possession of the key that tokens are to be bound to; `url` is then the endpoint's own."""
    url: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    """Values for the call's template, where the tenant stands in it."""

    def grant(self, grant_type: str, make: Callable[[], Mapping[str, str]], *, repeatable: bool = True) -> TokenSet:
        """Return the token set for a grant; `make` gives its fields afresh for each attempt.

        A grant that can be used once only (a code, a rotating refresh token) is not `repeatable`: it is sent
        again only while it cannot have reached the provider. Raises SignInNeeded and ProviderError.
        """
        return parse_token(self.ask(grant_type, make, repeatable=repeatable), hint=self.hint)

    def ask(self, grant_type: str, make: Callable[[], Mapping[str, str]], *, repeatable: bool = True) -> Answer:
        """Return the endpoint's answer to a grant, errors included; a challenge for a nonce is met once."""

        def once() -> Answer:
            return send_fresh(self.http, lambda: self._call(grant_type, make()), repeatable=repeatable)

        answer = once()
        if self.proofs is not None and self.proofs.challenged(self.url, answer.status, answer.headers, answer.body):
            answer = once()
            self.proofs.heard(self.url, answer.headers)
        return answer

    def _call(self, grant_type: str, fields: Mapping[str, str]) -> Call:
        from oauthlib.oauth2.rfc6749.parameters import prepare_token_request

        secret = self.client_secret()
        headers = {"Accept": "application/json", **self.headers}
        known: dict[str, Any] = {"client_id": self.client_id, **fields}
        if self.proofs is not None:
            headers["DPoP"] = self.proofs.make("POST", self.url)
        if self.client_auth == "assertion":
            del known["client_id"]
        elif self.client_auth == "basic":
            pair = f"{quote_plus(self.client_id)}:{quote_plus(secret or '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif secret:
            known["client_secret"] = secret
        body = prepare_token_request(grant_type, include_client_id=self.client_auth == "body", **known)
        return Call(
            name=self.name,
            path=dict(self.path),
            host=self.host,
            family=self.family,
            headers=headers,
            form=dict(parse_qsl(body, keep_blank_values=True)),
            identity=NOBODY,
            safe=False,
            answers=(400, 401, 403),
        )
