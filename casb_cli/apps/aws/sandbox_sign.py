"""Signatures, as AWS checks them: the canonical request is built anew from what arrived, raw."""

from __future__ import annotations

import hashlib
import hmac
import posixpath
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import msgspec

from casb_cli.apps.aws.sandbox_wire import Refusal, refusal
from casb_cli.sandbox.wire import Request

SKEW = 900
"""How many seconds a caller's clock may differ."""


class Credential(msgspec.Struct, kw_only=True):
    """What signs: `token` and `expires` (epoch seconds) belong to temporary ones; `role` is the assumed role's ARN."""

    key: str
    secret: str
    account: str
    arn: str
    user_id: str
    token: str | None = None
    expires: float | None = None
    role: str | None = None
    user: str | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """The Authorization header, taken apart."""

    key: str
    day: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str


def scope_of(request: Request) -> Scope | None:
    """Return what the Authorization header says; None where it is missing or no signature of version 4."""
    text = request.headers.get("authorization", "")
    algorithm, _, rest = text.partition(" ")
    if algorithm != "AWS4-HMAC-SHA256":
        return None
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    scope = parts.get("Credential", "").split("/")
    if len(scope) != 5 or scope[4] != "aws4_request" or "Signature" not in parts:
        return None
    return Scope(
        key=scope[0],
        day=scope[1],
        region=scope[2],
        service=scope[3],
        headers=tuple(parts.get("SignedHeaders", "").split(";")),
        signature=parts["Signature"],
    )


def canonical(request: Request, scope: Scope) -> str:
    """Return the canonical request."""
    if scope.service == "s3":
        path = quote(unquote(request.path, "latin-1").encode("latin-1"), safe="/~")
        payload = request.headers.get("x-amz-content-sha256", "")
    else:
        path = posixpath.normpath(request.path) if request.path not in ("", "/") else "/"
        path = quote("/" + path.lstrip("/") + ("/" if request.path.endswith("/") and path != "/" else ""), safe="/~")
        payload = hashlib.sha256(request.body).hexdigest()
    pairs = [pair.partition("=")[::2] for pair in request.query_text.split("&") if pair]
    query = "&".join(f"{name}={value}" for name, value in sorted((_encoded(n), _encoded(v)) for n, v in pairs))
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in scope.headers)
    return "\n".join((request.method, path, query, headers, ";".join(scope.headers), payload))


def _encoded(text: str) -> str:
    return quote(unquote(text, "latin-1").encode("latin-1"), safe="-_.~")


def signature(secret: str, scope: Scope, moment: str, text: str) -> str:
    """Return the signature of a canonical request."""
    key = f"AWS4{secret}".encode()
    for part in (scope.day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    digest = hashlib.sha256(text.encode()).hexdigest()
    place = f"{scope.day}/{scope.region}/{scope.service}/aws4_request"
    return hmac.new(key, f"AWS4-HMAC-SHA256\n{moment}\n{place}\n{digest}".encode(), "sha256").hexdigest()


_DIALECT = {
    "query": ("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "MissingAuthenticationToken", 403),
    "rest-xml": ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "AccessDenied", 403),
    "json": (
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "ExpiredTokenException",
        "MissingAuthenticationTokenException",
        400,
    ),
}


def _said(family: str, protocol: str, which: int, message: str) -> Refusal:
    words = _DIALECT.get(protocol.removeprefix("rest-") if protocol == "rest-json" else protocol, _DIALECT["json"])
    code, status = str(words[which]), int(words[4])
    if protocol == "rest-json":
        status = 403
    if code == "ExpiredToken" and protocol == "rest-xml":
        status = 400
    return refusal(family, status, code, message)


def check(
    request: Request,
    scope: Scope | None,
    family: str,
    protocol: str,
    find: Callable[[str], Credential | None],
    now: float,
) -> Credential:
    """Return who signed a request; raises the refusal in the dialect of the family."""
    if scope is None:
        raise _said(family, protocol, 3, "Request is missing Authentication Token")
    found = find(scope.key)
    token = request.headers.get("x-amz-security-token")
    if found is None or (found.token is None) != (token is None):
        message = "The AWS Access Key Id you provided does not exist in our records."
        raise _said(family, protocol, 0, "The security token included in the request is invalid" if token else message)
    if token is not None and found.token is not None and not hmac.compare_digest(token, found.token):
        raise _said(family, protocol, 0, "The security token included in the request is invalid.")
    moment = request.headers.get("x-amz-date", "")
    try:
        then = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _said(family, protocol, 1, "Date in Credential scope does not match YYYYMMDD from ISO-8601") from None
    if abs(then - now) > SKEW:
        if family in ("s3", "s3control"):
            message = "The difference between the request time and the current time is too large."
            raise refusal(family, 403, "RequestTimeTooSkewed", message)
        raise _said(family, protocol, 1, f"Signature expired: {moment} is now earlier than the server's time")
    _complete(request, scope, family, protocol)
    made = signature(found.secret, scope, moment, canonical(request, scope))
    if not moment.startswith(scope.day) or not hmac.compare_digest(made, scope.signature):
        message = "The request signature we calculated does not match the signature you provided."
        raise _said(family, protocol, 1, message)
    if found.expires is not None and found.expires <= now:
        raise _said(family, protocol, 2, "The security token included in the request is expired")
    return found


def _complete(request: Request, scope: Scope, family: str, protocol: str) -> None:
    """Refuse what leaves out of the signature what AWS wants in it, and a body that is not the signed one."""
    wanted = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
    if not wanted <= set(scope.headers):
        raise _said(family, protocol, 1, "There were headers present in the request which were not signed")
    if scope.service != "s3":
        return
    said = request.headers.get("x-amz-content-sha256")
    if said is None:
        raise refusal(family, 400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    plain = not said.startswith(("UNSIGNED-PAYLOAD", "STREAMING-"))
    if plain and hashlib.sha256(request.body).hexdigest() != said:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise refusal(family, 400, "XAmzContentSHA256Mismatch", message)
