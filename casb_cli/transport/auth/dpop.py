"""Proof of possession (DPoP, RFC 9449): a token that is worth nothing without the key it was issued to."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Authenticator, Interaction, Outgoing

KEY_BITS = 2048
_CHALLENGE = "use_dpop_nonce"


class _Error(msgspec.Struct):
    error: str | None = None


class Proofs:
    """Makes proofs with a key of its own, made when first needed and held in memory only. Thread-safe.

    Nonces are remembered per origin, as servers hand them out.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._key: Any = None
        self._public: dict[str, str] = {}
        self._nonces: dict[str, str] = {}

    def make(self, method: str, url: str, token: str | None = None) -> str:
        """Return a fresh proof for one request; with `token` it is bound to that access token."""
        import jwt

        with self._lock:
            if self._key is None:
                self._key, self._public = _new_key()
            nonce = self._nonces.get(_origin(url))
        claims: dict[str, Any] = {
            "htm": method,
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": int(self._clock()),
            "jti": secrets.token_hex(32),
        }
        if token is not None:
            claims["ath"] = _unpadded(hashlib.sha256(token.encode("ascii")).digest())
        if nonce is not None:
            claims["nonce"] = nonce
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"typ": "dpop+jwt", "jwk": self._public})

    def heard(self, url: str, headers: Mapping[str, str]) -> bool:
        """Remember the nonce that an answer carries; True where it is a new one."""
        nonce = headers.get("dpop-nonce")
        if not nonce:
            return False
        origin = _origin(url)
        with self._lock:
            known = self._nonces.get(origin)
            self._nonces[origin] = nonce
        return nonce != known

    def challenged(self, url: str, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether an answer only asks for a proof with the nonce that it carries; the nonce is remembered."""
        self.heard(url, headers)
        return status in {400, 401} and "dpop-nonce" in headers and _asks(headers, body)


class Bound:
    """Proves possession on each call whose credential is a DPoP token; other tokens go out as they are.

    Wraps the authenticator that obtains the token with the same proofs.
    """

    def __init__(self, inner: Authenticator, proofs: Proofs) -> None:
        self._inner = inner
        self._proofs = proofs

    @property
    def scope(self) -> str | None:
        """The scopes that came with the present token, as far as the wrapped authenticator tells."""
        scope: str | None = getattr(self._inner, "scope", None)
        return scope

    def headers(self, call: Call) -> Mapping[str, str]:
        return self._inner.headers(call)

    def prove(self, call: Call, outgoing: Outgoing, given: Mapping[str, str]) -> Mapping[str, str]:
        del call
        scheme, _, token = given.get("Authorization", "").partition(" ")
        if scheme.lower() != "dpop":
            return {}
        return {"DPoP": self._proofs.make(outgoing.method, outgoing.url, token)}

    def challenged(self, call: Call, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        del call
        return self._proofs.challenged(outgoing.url, status, headers, body)

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        return self._inner.renew(call, used)

    def sign_in(self, interaction: Interaction | None) -> None:
        self._inner.sign_in(interaction)

    def redact(self) -> tuple[str, ...]:
        return self._inner.redact()


def _asks(headers: Mapping[str, str], body: bytes) -> bool:
    if _CHALLENGE in headers.get("www-authenticate", ""):
        return True
    try:
        return from_json(body, _Error).error == _CHALLENGE
    except msgspec.MsgspecError:
        return False


def _new_key() -> tuple[Any, dict[str, str]]:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    key = generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    numbers = key.public_key().public_numbers()
    return key, {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}


def _number(value: int) -> str:
    return _unpadded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _unpadded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
