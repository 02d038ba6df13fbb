"""Workload identity federation: another provider's token exchanged for Google's, by an `external_account` file."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import msgspec

from casb_cli.core.errors import SignInNeeded
from casb_cli.core.shapes import from_json
from casb_cli.transport.auth.endpoint import TokenEndpoint, send_fresh
from casb_cli.transport.auth.subject import CredentialSource, check, subject_token
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.signin import PlainHttp

EXCHANGE = "POST /v1/token"
IMPERSONATE = "POST /v1/projects/-/serviceAccounts/{name}:generateAccessToken"
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
TOKEN_URL = "https://sts.googleapis.com/v1/token"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
_POOL = re.compile(
    r"//iam\.googleapis\.com/projects/\d+/locations/global/workloadIdentityPools/[\w-]+/providers/[\w-]+"
)
_IMPERSONATION = re.compile(
    r"https://iamcredentials\.googleapis\.com/v1/projects/-/serviceAccounts/([^/:?#]+):generateAccessToken"
)
_HINT = "give the file that `gcloud iam workload-identity-pools create-cred-config` writes"


class Lifetime(msgspec.Struct):
    token_lifetime_seconds: int = 3600


class Configuration(msgspec.Struct):
    """An `external_account` file."""

    type: str
    audience: str
    subject_token_type: str
    token_url: str
    credential_source: CredentialSource
    service_account_impersonation_url: str | None = None
    service_account_impersonation: Lifetime = msgspec.field(default_factory=Lifetime)
    universe_domain: str = "googleapis.com"

    @property
    def service_account(self) -> str | None:
        """The service account that the exchanged token is exchanged once more for; None: it is used as it is."""
        match = _IMPERSONATION.fullmatch(self.service_account_impersonation_url or "")
        return unquote(match[1]) if match else None


def read_configuration(text: str) -> Configuration:
    """Return the file's content; raises SignInNeeded for what is none, or leads to another host than Google's own."""
    problem = ""
    try:
        found = from_json(text, Configuration)
    except msgspec.ValidationError as error:
        problem = f"it lacks what an external_account file holds: {error}"
    except msgspec.DecodeError:
        problem = "it is no JSON"
    else:
        if found.type != "external_account":
            problem = f"its type is `{found.type}`, not `external_account`"
        elif found.universe_domain != "googleapis.com":
            problem = f"domain-wide delegation exists in googleapis.com only, not in {found.universe_domain}"
        elif found.token_url != TOKEN_URL:
            problem = f"its `token_url` is not {TOKEN_URL}"
        elif not _POOL.fullmatch(found.audience):
            problem = "its `audience` is no provider of a workload identity pool"
        elif found.service_account_impersonation_url and found.service_account is None:
            problem = "its `service_account_impersonation_url` leads elsewhere than to iamcredentials.googleapis.com"
    if problem:
        raise SignInNeeded(f"the federation's configuration cannot be used: {problem}", hint=_HINT)
    check(found.credential_source)
    return found


class _Impersonated(msgspec.Struct, rename={"token": "accessToken"}):
    token: str


class Federation:
    """Gives a new access token each time: the workload identity's, or that of the service account it may act as.

    The configuration is read when first needed. Raises SignInNeeded, SecretUnavailable, UsageError.
    """

    def __init__(self, http: PlainHttp, text: Callable[[], str], hint: str) -> None:
        self._http = http
        self._text = text
        self._hint = hint
        self._read: Configuration | None = None

    @property
    def configuration(self) -> Configuration:
        """The configuration; raises SignInNeeded."""
        if self._read is None:
            self._read = read_configuration(self._text())
        return self._read

    def __call__(self) -> str:
        found = self.configuration
        endpoint = TokenEndpoint(self._http, EXCHANGE, "", host="sts", client_auth="assertion", hint=self._hint)
        token = endpoint.grant(GRANT, lambda: self._asked(found))["access_token"]
        account = found.service_account
        return token if account is None else self._as_account(account, token, found)

    def _asked(self, found: Configuration) -> dict[str, str]:
        known = {
            "GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE": found.audience,
            "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE": found.subject_token_type,
            "GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE": "0",
        }
        if found.service_account:
            known["GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL"] = found.service_account
        return {
            "audience": found.audience,
            "scope": CLOUD,
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token": subject_token(found.credential_source, self._http, known, found.subject_token_type),
            "subject_token_type": found.subject_token_type,
        }

    def _as_account(self, email: str, token: str, found: Configuration) -> str:
        lifetime = f"{found.service_account_impersonation.token_lifetime_seconds}s"
        call = Call(
            name=IMPERSONATE,
            path={"name": email},
            host="iam",
            family="iam",
            headers={"Authorization": f"Bearer {token}"},
            json={"scope": [CLOUD], "lifetime": lifetime},
            identity=NOBODY,
            safe=True,
        )
        return send_fresh(self._http, lambda: call).decode(_Impersonated).token
