"""Signing in to AWS: keys from one of six places, a role per account, and each request signed as it goes out."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from casb_cli.apps.aws.credentials import Assumed, Fixed, Found, Source, token_reader
from casb_cli.apps.aws.endpoints import Endpoints, base_urls
from casb_cli.apps.aws.rules import told
from casb_cli.apps.aws.signing import Keys, sign
from casb_cli.core.errors import SecretUnavailable, SignInNeeded, UsageError
from casb_cli.transport import retry
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Authenticator, Interaction, Outgoing, SigninContext

TOKEN = "X-Amz-Security-Token"
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired", "SignatureDoesNotMatch"})
_ROLE = re.compile(r"arn:aws[a-z0-9-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_ROLE_NAME = re.compile(r"[\w+=,.@/-]{1,512}")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}")
_MOST_SKEW = 24 * 3600


class Signer:
    """Signs calls with the instance's own keys, or with those of a role in the account that a call acts in."""

    def __init__(
        self, context: SigninContext, endpoints: Endpoints, base: Source, *, member_role: str, external_id: str
    ) -> None:
        self._context = context
        self._endpoints = endpoints
        self._base = base
        self._member_role = member_role
        self._external_id = external_id
        self._members: dict[str, Source] = {}
        self._lock = threading.Lock()
        self._ahead = timedelta()
        """How far this machine's clock is ahead of AWS's."""

    def _source(self, call: Call) -> Source:
        if call.identity.kind != "user":
            return self._base
        account = call.identity.id
        with self._lock:
            if account not in self._members:
                self._members[account] = Assumed(
                    self._context.http,
                    self._endpoints,
                    f"arn:{self._endpoints.partition.name}:iam::{account}:role/{self._member_role}",
                    session=session_name(self._context.fields),
                    base=self._base,
                    external_id=self._external_id,
                )
            return self._members[account]

    def headers(self, call: Call) -> Mapping[str, str]:
        """Return the session token's header where there is one; the signature needs the finished request."""
        return _token(self._source(call).keys())

    def prove(self, call: Call, outgoing: Outgoing, given: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers that sign a request."""
        del given
        keys = self._source(call).keys()
        return sign(outgoing, keys, self._endpoints.place(call.host), moment=datetime.now(UTC) - self._ahead)

    def challenged(self, call: Call, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Learn AWS's time where it refuses ours; the request is then signed once more."""
        del call, outgoing
        if status not in {400, 403} or told(headers, body).code not in _SKEWED:
            return False
        seconds = retry.skew(headers)
        if seconds is None or not 60 < abs(seconds - self._ahead.total_seconds()) < _MOST_SKEW:
            return False
        self._ahead = timedelta(seconds=seconds)
        return True

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        """Make new keys where those used are still the present ones."""
        return self._source(call).renew(used.get(TOKEN))

    def sign_in(self, interaction: Interaction | None) -> None:
        """Obtain the first keys; nobody is needed."""
        del interaction
        self._base.keys()

    def redact(self) -> tuple[str, ...]:
        """Return the secret keys and session tokens held."""
        with self._lock:
            sources = [self._base, *self._members.values()]
        return tuple(value for source in sources for value in source.known())


def _token(keys: Keys) -> dict[str, str]:
    return {TOKEN: keys.token} if keys.token else {}


def session_name(fields: Mapping[str, str]) -> str:
    """Return the name that our sessions have in CloudTrail; raises UsageError where it cannot be one."""
    name = (fields.get("session_name") or "casb").strip()
    if not _SESSION.fullmatch(name):
        raise UsageError(
            f"`{name}` is no session name", hint="2 to 64 letters, digits and `+=,.@-_`: --field session_name=casb"
        )
    return name


def _role(fields: Mapping[str, str]) -> str:
    role = (fields.get("role_arn") or "").strip()
    if not _ROLE.fullmatch(role):
        raise UsageError(f"`{role}` is no ARN of a role", hint="--field role_arn=arn:aws:iam::123456789012:role/casb")
    return role


def _fixed(context: SigninContext) -> Fixed:
    def read() -> Keys:
        return Keys(
            context.fields["access_key_id"].strip(),
            context.secret("secret_access_key").strip(),
            _optional(context, "session_token"),
        )

    return Fixed(read)


def _optional(context: SigninContext, key: str) -> str | None:
    try:
        return context.secret(key).strip() or None
    except SecretUnavailable:
        return None


def _base(context: SigninContext, endpoints: Endpoints) -> Source:
    fields, http = context.fields, context.http
    if context.method == "keys":
        return _fixed(context)
    if context.method == "profile":
        return Found(http, endpoints, profile=(fields.get("profile") or "").strip() or None)
    if context.method == "environment":
        return Found(http, endpoints)
    if context.method == "instance-role":
        return Found(http, endpoints, instance=True)
    external_id = (fields.get("external_id") or "").strip()
    if context.method == "web-identity":
        given = _optional(context, "web_identity_token") is not None
        token = token_reader(fields, context.secret, given, os.environ)
        return Assumed(http, endpoints, _role(fields), session=session_name(fields), token=token)
    if context.method == "role":
        own = bool((fields.get("access_key_id") or "").strip())
        profile = (fields.get("base_profile") or "").strip() or None
        base: Source = _fixed(context) if own else Found(http, endpoints, profile=profile)
        return Assumed(http, endpoints, _role(fields), session=session_name(fields), base=base, external_id=external_id)
    raise SignInNeeded(f"aws has no sign-in method `{context.method}`")


def signin(context: SigninContext) -> Authenticator:
    """Return the authenticator of a sign-in method; nothing is sent yet. Raises UsageError."""
    endpoints = context.urls if isinstance(context.urls, Endpoints) else base_urls(context.fields)
    member_role = (context.fields.get("member_role") or "").strip()
    if member_role and not _ROLE_NAME.fullmatch(member_role):
        raise UsageError(f"`{member_role}` is no name of a role", hint="--field member_role=casb: a name, not an ARN")
    return Signer(
        context,
        endpoints,
        _base(context, endpoints),
        member_role=member_role,
        external_id=(context.fields.get("external_id") or "").strip(),
    )
