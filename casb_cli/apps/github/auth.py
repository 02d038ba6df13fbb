"""Signing in to GitHub: an OAuth app's user, a GitHub App's installation, or a personal access token."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import BadAnswer, SignInNeeded
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.endpoint import TokenEndpoint, TokenSet, send_fresh, sign_in_again
from casb_cli.transport.auth.person import AuthorizationCode, DeviceCode, UserToken
from casb_cli.transport.auth.static import Routed, SignedAssertion, StaticToken
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.calls import NOBODY, Answer, Call
from casb_cli.transport.signin import Authenticator, Interaction, PlainHttp, SigninContext


class _Installation(msgspec.Struct):
    id: int


class _InstallationToken(msgspec.Struct):
    token: str
    expires_at: str


@dataclass(frozen=True)
class InstallationToken:
    """A GitHub App's installation token: the app's assertion exchanged, anew each hour; there is no refresh."""

    http: PlainHttp = field(repr=False)
    assertion: Assertion = field(repr=False)
    organization: str
    rotates: bool = False

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        """Return a token of the organization's installation; raises SignInNeeded."""
        del saved
        found = self._send("GET /orgs/{org}/installation", {"org": self.organization}, answers=(404,))
        if found.status == 404:
            raise SignInNeeded(
                f"the GitHub App is not installed on {self.organization}",
                call=found.call.name,
                status=404,
                hint=f"an owner of {self.organization} installs the app from its public page, on all repositories",
            )
        installation = found.decode(_Installation).id
        answer = self._send(
            "POST /app/installations/{installation_id}/access_tokens", {"installation_id": str(installation)}
        )
        token = answer.decode(_InstallationToken)
        try:
            expires = clock.parse(token.expires_at).timestamp()
        except ValueError:
            raise BadAnswer(
                f"the answer to {answer.call.name} has no usable `expires_at`", call=answer.call.name
            ) from None
        return {"access_token": token.token, "expires_at": expires}

    def interact(self, interaction: Interaction | None) -> TokenSet:
        """Return the first token; nobody is needed."""
        del interaction
        return self.obtain(None)

    def _send(self, name: str, path: dict[str, str], answers: tuple[int, ...] = ()) -> Answer:
        return send_fresh(
            self.http,
            lambda: Call(
                name=name,
                path=path,
                headers={"Authorization": f"Bearer {self.assertion.make()}"},
                identity=NOBODY,
                safe=True,
                answers=answers,
            ),
        )


def signin(context: SigninContext) -> Authenticator:
    """Return the authenticator of a sign-in method; nothing is sent yet."""
    if context.method == "token":
        return StaticToken(lambda: context.secret("token"))
    if context.method == "app":
        # GitHub allows ten minutes at most; a minute is taken back for clocks that run ahead.
        assertion = Assertion(
            lambda: context.secret("private_key"),
            issuer=context.fields["app_id"],
            lifetime=540,
            backdate=60,
            nonce=False,
        )
        installation = TokenAuthenticator(
            InstallationToken(context.http, assertion, context.fields["organization"]), hint=sign_in_again(context)
        )
        itself = SignedAssertion(assertion)
        return Routed(lambda call: itself if call.identity.kind == "app" else installation, (installation, itself))
    return TokenAuthenticator(_user_token(context), context.tokens, hint=sign_in_again(context))


def _user_token(context: SigninContext) -> UserToken:
    device = context.method == "device"
    endpoint = TokenEndpoint(
        context.http,
        "POST /login/oauth/access_token",
        context.fields["client_id"],
        (lambda: None) if device else (lambda: context.secret("client_secret")),
        hint=sign_in_again(context),
    )
    if device:
        return UserToken(DeviceCode(endpoint, "POST /login/device/code", scopes=context.want), endpoint)
    authorize = f"{context.urls['oauth']}/login/oauth/authorize"
    return UserToken(AuthorizationCode(endpoint, authorize, scopes=context.want), endpoint)
