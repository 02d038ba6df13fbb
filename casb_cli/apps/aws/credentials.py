"""Credentials of AWS: fixed keys, what botocore finds where AWS users keep them, and roles that are assumed.

botocore's own requests for a profile (assuming its role, tokens and credentials of IAM Identity Center) go through
our client, by the event that botocore offers for that. Two do not: the metadata services of EC2 and ECS, which
answer over plain http on link-local addresses that our client refuses, and the processes that a profile may name.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import msgspec

from casb_cli.apps.aws import wire
from casb_cli.apps.aws.endpoints import Endpoints
from casb_cli.apps.aws.signing import Keys, sign
from casb_cli.core import clock
from casb_cli.core.errors import SignInNeeded, UsageError
from casb_cli.transport.address import Hosts
from casb_cli.transport.auth.endpoint import send_fresh
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.signin import Outgoing, PlainHttp

LIFETIME = 3600
"""Seconds of an assumed role: the most that a role assumed through another role may have."""
EARLY = 300.0
"""Seconds before their end at which keys are made anew."""
_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_ANY = tuple(range(300, 600))


class Source(Protocol):
    """Where keys come from. Thread-safe; a renewal is single flight."""

    def keys(self) -> Keys:
        """Return keys that are valid for some minutes; raises SignInNeeded."""

    def renew(self, token: str | None) -> bool:
        """Make new keys if those with this session token are still the present ones; False if in vain."""

    def known(self) -> tuple[str, ...]:
        """Return the secret values held."""


@dataclass(frozen=True)
class Fixed:
    """A key pair from the instance's secrets, read when it is first used."""

    read: Callable[[], Keys]
    _kept: list[Keys] = field(default_factory=list, repr=False)

    def keys(self) -> Keys:
        if not self._kept:
            self._kept.append(self.read())
        return self._kept[0]

    def renew(self, token: str | None) -> bool:
        del token
        return False

    def known(self) -> tuple[str, ...]:
        return _secrets(self._kept)


class Renewed(ABC):
    """Keys that end: made by `_make`, kept until shortly before their end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: Keys | None = None

    @abstractmethod
    def _make(self) -> Keys:
        """Return new keys; raises SignInNeeded."""

    def keys(self) -> Keys:
        with self._lock:
            if self._kept is None or (self._kept.expires or 2e10) - time.time() < EARLY:
                self._kept = self._make()
            return self._kept

    def renew(self, token: str | None) -> bool:
        with self._lock:
            before = self._kept
            if before is None or before.token != token:
                return True
            self._kept = self._make()
            return self._kept != before

    def known(self) -> tuple[str, ...]:
        return _secrets([self._kept] if self._kept else [])


def _secrets(kept: list[Keys]) -> tuple[str, ...]:
    return tuple(value for keys in kept for value in (keys.secret_key, keys.token) if value)


class _Credentials(msgspec.Struct):
    AccessKeyId: str
    SecretAccessKey: str
    SessionToken: str
    Expiration: str | None = None


class Assumed(Renewed):
    """A role assumed with other keys, or with another provider's token."""

    def __init__(
        self,
        http: PlainHttp,
        endpoints: Endpoints,
        role: str,
        *,
        session: str,
        base: Source | None = None,
        token: Callable[[], str] | None = None,
        external_id: str = "",
    ) -> None:
        super().__init__()
        self._http = http
        self._endpoints = endpoints
        self._base = base
        self._token = token
        self._operation = "AssumeRole" if base is not None else "AssumeRoleWithWebIdentity"
        self._params = {
            "Action": self._operation,
            "Version": "2011-06-15",
            "RoleArn": role,
            "RoleSessionName": session,
            "DurationSeconds": str(LIFETIME),
            **({"ExternalId": external_id} if external_id and base is not None else {}),
        }

    def known(self) -> tuple[str, ...]:
        return (*super().known(), *(self._base.known() if self._base else ()))

    def _make(self) -> Keys:
        used: list[Keys] = []
        try:
            return self._asked(used)
        except SignInNeeded as error:
            expired = error.code in {"ExpiredToken", "ExpiredTokenException"}
            if not expired or self._base is None or not self._base.renew(used[-1].token):
                raise
        return self._asked(used)

    def _asked(self, used: list[Keys]) -> Keys:
        def call() -> Call:
            params = dict(self._params)
            if self._token is not None:
                params["WebIdentityToken"] = self._token()
            made = Call(
                name=f"POST /sts/{self._operation}",
                target="/",
                host="sts",
                family="sts",
                content=urlencode(params).encode("ascii"),
                headers={"Content-Type": _FORM, "Accept": "*/*"},
                identity=NOBODY,
                safe=True,
            )
            if self._base is None:
                return made
            used.append(self._base.keys())
            url = Hosts(self._endpoints, ()).of(made).url
            outgoing = Outgoing(made.method, url, made.headers, made.content)
            signed = sign(outgoing, used[-1], self._endpoints.place("sts"))
            return msgspec.structs.replace(made, headers={**made.headers, **signed})

        answer = send_fresh(self._http, call)
        found = wire.decode(answer, _Credentials, f"{self._operation}Result/Credentials")
        end = clock.normalise(found.Expiration)
        return Keys(
            found.AccessKeyId,
            found.SecretAccessKey,
            found.SessionToken,
            clock.parse(end).timestamp() if end else time.time() + LIFETIME,
        )


class Found:
    """What botocore finds: a profile, the environment, a container's or an instance's role. botocore renews it."""

    def __init__(
        self, http: PlainHttp, endpoints: Endpoints, *, profile: str | None = None, instance: bool = False
    ) -> None:
        self._http = http
        self._endpoints = endpoints
        self._profile = profile
        self._instance = instance
        self._lock = threading.Lock()
        self._found: Any = None
        self._last: Keys | None = None

    def keys(self) -> Keys:
        from botocore.exceptions import BotoCoreError, ClientError

        failure = ""
        with self._lock:
            try:
                if self._found is None:
                    self._found = self._looked()
                if self._found is not None:
                    frozen = self._found.get_frozen_credentials()
                    self._last = Keys(frozen.access_key, frozen.secret_key, frozen.token)
                    return self._last
            except (BotoCoreError, ClientError) as error:
                failure = str(error)
                self._found = None
        raise SignInNeeded(failure or "no AWS credentials were found", hint=self._hint())

    def renew(self, token: str | None) -> bool:
        with self._lock:
            before = self._last
            if before is None or before.token != token:
                return True
            self._found = None
        return self.keys() != before

    def known(self) -> tuple[str, ...]:
        return _secrets([self._last] if self._last else [])

    def _hint(self) -> str:
        if self._instance:
            return "this machine has no instance profile, task role or pod identity, or its metadata cannot be reached"
        name = f" --profile {self._profile}" if self._profile else ""
        return (
            f"check `aws sts get-caller-identity{name}`; a profile of IAM Identity Center needs `aws sso login{name}`"
        )

    def _looked(self) -> Any:
        from botocore.credentials import create_credential_resolver
        from botocore.session import Session

        session = Session(profile=self._profile)
        session.set_config_variable("region", session.get_config_variable("region") or self._endpoints.region)
        for service in ("sts", "sso", "sso-oidc"):
            session.register(f"before-send.{service}", self._sent)
        resolver = create_credential_resolver(session, region_name=session.get_config_variable("region"))
        if not self._instance:
            return resolver.load_credentials()
        found = (resolver.get_provider(name).load() for name in ("container-role", "iam-role"))
        return next((one for one in found if one is not None), None)

    def _sent(self, request: Any, event_name: str, **rest: Any) -> Any:
        """Send a finished request of botocore's through our client and return the answer as botocore takes it."""
        import io

        from botocore.awsrequest import AWSResponse

        del rest
        _, service, operation = event_name.split(".")
        region = _region_in(urlsplit(request.url).hostname or "")
        headers = {
            name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
            if name.lower() not in {"user-agent", "content-length", "accept-encoding"}
        }
        body = request.body
        answer = self._http.send(
            Call(
                name=f"{request.method} /{service}/{operation}",
                host=f"{service}:{region}" if region else service,
                url=request.url,
                headers=headers,
                content=body.encode() if isinstance(body, str) else body,
                family="sts",
                identity=NOBODY,
                safe=True,
                answers=_ANY,
            )
        )
        given = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return AWSResponse(request.url, answer.status, given, _Raw(io.BytesIO(answer.body)))


class _Raw:
    """A body as botocore reads it from urllib3."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body.read()

    def read(self, *_: Any, **__: Any) -> bytes:
        return bytes(self._body.read())


def _region_in(host: str) -> str:
    """Return the region in a host name of AWS (`portal.sso.eu-west-1.amazonaws.com`), or ''."""
    import re

    found = re.search(r"\.([a-z]{2,}(?:-[a-z]+)+-\d)\.", host)
    return found[1] if found else ""


def token_reader(
    fields: Mapping[str, str], secret: Callable[[str], str], given: bool, environ: Mapping[str, str]
) -> Callable[[], str]:
    """Return what reads a web identity token anew each time: a secret, a named file, or the environment's."""
    path = (fields.get("token_file") or "").strip() or ("" if given else environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", ""))

    def read() -> str:
        if not path:
            return secret("web_identity_token").strip()
        try:
            return Path(path).expanduser().read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise UsageError(
                f"the token file `{path}` cannot be read",
                hint="--field token_file=PATH, or --secret web_identity_token=",
            ) from None

    return read
