"""Domain-wide delegation: a service account's tokens as any user of the customer, with the scopes that it was given.

A request is refused whole where one of its scopes is not in the delegation entry, and no call lists that entry:
then each scope is asked for alone, once, and those granted are asked for from then on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from casb_cli.apps.google_workspace.scopes import DIRECTORY_SET, DRIVE_SET, expand, least
from casb_cli.core.errors import ScopeMissing, SignInNeeded
from casb_cli.core.shapes import from_json
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.endpoint import TokenEndpoint, TokenSet, send_fresh
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.signin import Interaction, PlainHttp

AUDIENCE = "https://oauth2.googleapis.com/token"
"""The audience of every assertion, whatever the address of the token endpoint."""
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SIGN = "POST /v1/projects/-/serviceAccounts/{name}:signJwt"
TOKEN_INFO = "POST /oauth2/v2/tokeninfo"
LIFETIME = 3500
"""Seconds that an assertion lives, counted from ten seconds ago; Google allows an hour at most."""
BACKDATE = 10
SETS: Mapping[str, tuple[str, ...]] = {"admin": DIRECTORY_SET, "drive": DRIVE_SET}
"""Scopes that are asked for together: the Admin SDK's, and Drive's."""
_REFUSED = "unauthorized_client"
_ASK_AGAIN = 60.0
"""Seconds for which it is believed what the delegation entry was found to lack."""
_ENTRY = (
    "in the Admin console under Security, API controls, Domain-wide delegation, list the service account's client ID "
    "with these scopes; see --print-setup. A change may take some minutes, at most a day"
)

COMMAND = "give a source that makes a valid token each time, such as command:gcloud auth print-access-token"

Sign = Callable[[Mapping[str, str]], str]
"""Returns an assertion with further claims (`sub`, `scope`), signed afresh."""


class ServiceKey(msgspec.Struct):
    """The key file of a service account."""

    client_email: str
    private_key: str
    private_key_id: str = ""
    client_id: str = ""
    universe_domain: str = "googleapis.com"


def read_key(text: str) -> ServiceKey:
    """Return the key file's content; raises SignInNeeded that names the field at fault, never a value."""
    problem = ""
    try:
        key = from_json(text, ServiceKey)
    except msgspec.ValidationError as error:
        problem = f"it lacks what the key file of a service account holds: {error}"
    except msgspec.DecodeError:
        problem = "it is no JSON"
    else:
        if key.universe_domain != "googleapis.com":
            problem = f"domain-wide delegation exists in googleapis.com only, not in {key.universe_domain}"
    if problem:
        raise SignInNeeded(
            f"the service account's key cannot be used: {problem}",
            hint="give the whole JSON file as the Google Cloud console let you download it",
        )
    return key


class KeySigner:
    """Signs with the key of the service account, which is read when first needed."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text
        self._made: Assertion | None = None
        self._lock = threading.Lock()

    def __call__(self, claims: Mapping[str, str]) -> str:
        with self._lock:
            if self._made is None:
                key = read_key(self._text())
                self._made = Assertion(
                    lambda: key.private_key,
                    issuer=key.client_email,
                    audience=AUDIENCE,
                    key_id=key.private_key_id or None,
                    lifetime=LIFETIME,
                    backdate=BACKDATE,
                    nonce=False,
                )
        return self._made.make(claims)


class _Signed(msgspec.Struct, rename={"signed": "signedJwt"}):
    signed: str


class RemoteSigner:
    """Lets Google sign with the service account's own key, by another identity's access token."""

    def __init__(self, http: PlainHttp, email: str, token: Callable[[], str], hint: str = COMMAND) -> None:
        self._http = http
        self._email = email
        self._read = token
        self._hint = hint
        self._token: str | None = None
        self._lock = threading.Lock()

    def __call__(self, claims: Mapping[str, str]) -> str:
        issued = int(time.time()) - BACKDATE
        payload = {"iss": self._email, "aud": AUDIENCE, "iat": issued, "exp": issued + LIFETIME, **claims}
        refused: SignInNeeded | None = None
        for _ in range(2):
            with self._lock:
                used = self._token = self._token or self._read().strip()
            try:
                return send_fresh(self._http, lambda: self._call(payload, used)).decode(_Signed).signed  # noqa: B023 - sent at once
            except SignInNeeded as error:
                refused = error
            with self._lock:
                # It ends within the hour: what its source gives now may be a newer one.
                self._token = None if self._token == used else self._token
        raise SignInNeeded(
            f"the access token was refused: {refused.words if refused else ''}",
            call=SIGN,
            code=refused.code if refused else None,
            hint=self._hint,
        )

    def _call(self, payload: Mapping[str, object], token: str) -> Call:
        return Call(
            name=SIGN,
            path={"name": self._email},
            host="iam",
            family="iam",
            headers={"Authorization": f"Bearer {token}"},
            json={"payload": msgspec.json.encode(payload).decode()},
            identity=NOBODY,
            safe=True,
        )


@dataclass
class _Learned:
    scopes: tuple[str, ...]
    at: float


class Delegation:
    """What the delegation entry allows, learned once for all users, and tokens for each of them. Thread-safe.

    `wanted` are the scopes that the abilities need; `settled` tells that they were found granted before, so that
    nothing is asked but these.
    """

    def __init__(
        self,
        endpoint: TokenEndpoint,
        sign: Sign,
        admin: str,
        wanted: Sequence[str],
        *,
        settled: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._sign = sign
        self._admin = admin
        self._wanted = {name: least(set(wanted) & set(scopes)) for name, scopes in SETS.items()}
        self._settled = settled
        self._clock = clock
        self._found: dict[str, _Learned] = {}
        self._confirmed: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    @property
    def scope(self) -> str | None:
        """The scopes that tokens of the administrator came with so far, space separated; None before the first."""
        with self._lock:
            found = [scope for name in SETS for scope in self._confirmed.get(name, ())]
            return " ".join(found) if self._confirmed else None

    def token(self, subject: str, name: str) -> TokenSet:
        """Return a token as `subject` with the scopes of a set; raises SignInNeeded, ScopeMissing."""
        scopes = self._scopes(name)
        try:
            token = self._ask(subject, scopes)
        except SignInNeeded as error:
            if error.code != _REFUSED:
                raise self._explained(error, subject) from None
            scopes = self._probe(name, error)
            token = self._ask(subject, scopes)
        if subject == self._admin:
            self._confirm(name, scopes, token)
        return token

    def _scopes(self, name: str) -> tuple[str, ...]:
        with self._lock:
            found = self._found.get(name)
        scopes = found.scopes if found else self._wanted[name]
        if not scopes:
            raise self._lacking(name)
        return scopes

    def _lacking(self, name: str) -> ScopeMissing:
        needed = self._wanted[name] or SETS[name][-1:]
        what = "Drive" if name == "drive" else "the Admin SDK"
        return ScopeMissing(
            f"the service account was delegated no scope of {what} that is asked for", needed=needed, hint=_ENTRY
        )

    def _ask(self, subject: str, scopes: Sequence[str]) -> TokenSet:
        claims = {"sub": subject, "scope": " ".join(scopes)}
        return self._endpoint.grant(GRANT, lambda: {"assertion": self._sign(claims)})

    def _probe(self, name: str, refusal: SignInNeeded) -> tuple[str, ...]:
        """Return the scopes of a set that the entry has, asking for each alone as the administrator."""
        with self._lock:
            found = self._found.get(name)
            if found is None or self._clock() - found.at > _ASK_AGAIN:
                candidates = [one for one in SETS[name] if one in expand(frozenset(self._wanted[name]))]
                granted = [scope for scope in candidates if self._has(scope)]
                found = self._found[name] = _Learned(least(granted), self._clock())
        if found.scopes:
            return found.scopes
        if name == "admin":
            raise SignInNeeded(
                f"domain-wide delegation is not set up for the service account: {refusal.words}",
                call=refusal.call,
                status=refusal.status,
                code=refusal.code,
                hint=_ENTRY,
            )
        raise self._lacking(name)

    def _has(self, scope: str) -> bool:
        try:
            self._ask(self._admin, [scope])
        except SignInNeeded as error:
            if error.code != _REFUSED:
                raise self._explained(error, self._admin) from None
            return False
        return True

    def _confirm(self, name: str, scopes: tuple[str, ...], token: TokenSet) -> None:
        """Keep which scopes the administrator's token has; while connecting, as Google itself tells them."""
        told = scopes
        if not self._settled:
            call = Call(
                name=TOKEN_INFO,
                query={"access_token": token["access_token"]},
                family="oauth",
                identity=NOBODY,
                safe=True,
            )
            said = self._endpoint.http.send(call).decode(_Info).scope
            told = tuple(said.split()) or scopes
        with self._lock:
            self._confirmed[name] = told

    @staticmethod
    def _explained(error: SignInNeeded, subject: str) -> SignInNeeded:
        words = error.words.lower()
        if "no valid verifier" in words:
            error.hint = "the service account's key was deleted or disabled: make a new one and connect again"
        elif "invalid jwt" in words:
            error.hint = error.hint or "check this machine's clock, and that the key is the service account's own"
        elif error.code in {"invalid_grant", "access_denied", "invalid_request"}:
            error.hint = f"check that {subject} is a licensed user who has signed in once and accepted the terms"
        return error


class _Info(msgspec.Struct):
    scope: str = ""


@dataclass(frozen=True)
class AsUser:
    """One user's tokens with the scopes of one set."""

    delegation: Delegation
    subject: str
    name: str
    rotates: bool = False

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        """Return a token; raises SignInNeeded, ScopeMissing."""
        del saved
        return self.delegation.token(self.subject, self.name)

    def interact(self, interaction: Interaction | None) -> TokenSet:
        """Return the first token; nobody is needed."""
        del interaction
        return self.obtain(None)
