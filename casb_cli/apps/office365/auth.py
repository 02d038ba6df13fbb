"""Signing in to Office 365: an app registration by certificate, secret or federated token, or a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from casb_cli.apps._microsoft.clouds import cloud_of, tenant_of
from casb_cli.apps._microsoft.signin import (
    TOKEN,
    ByAudience,
    ForAudience,
    OfPerson,
    federated,
    person,
    refuse,
    signed_by_certificate,
)
from casb_cli.apps.office365.scopes import SHAREPOINT
from casb_cli.transport.auth.endpoint import TokenEndpoint, sign_in_again
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Authenticator, SigninContext


class Office365Signin(ByAudience):
    """The tokens of one credential, and the permissions that stand in them."""

    @property
    def scope(self) -> str | None:
        """The permissions in all tokens held, space separated, each resource's marked; None where none is told."""
        found: list[str] = []
        told = self.permissions()
        for audience, (_, names) in told.items():
            mark = SHAREPOINT if _is_sharepoint(audience) else ""
            found += [mark + name for name in names]
        return " ".join(dict.fromkeys(found)) if told else None


def _is_sharepoint(audience: str) -> bool:
    return ".sharepoint" in audience


def audience_of(call: Call, graph: str, manage: str | None) -> str:
    """Return the audience that a call's token is for: the API's own host, or each SharePoint host."""
    kind, _, host = call.host.partition(":")
    if kind == "sharepoint" and host:
        return f"https://{host}"
    return manage if kind == "manage" and manage else graph


def signin(context: SigninContext) -> Authenticator:
    """Return the authenticator of a sign-in method; nothing is sent yet."""
    cloud = cloud_of(context.fields)
    tenant = tenant_of(context.fields)
    client_id = context.fields["client_id"].strip()
    hint = sign_in_again(context)
    endpoint = TokenEndpoint(
        context.http,
        TOKEN,
        client_id,
        (lambda: context.secret("client_secret").strip()) if context.method == "secret" else lambda: None,
        host="login",
        hint=hint,
        path={"tenant": tenant},
    )
    prove: Callable[[], Mapping[str, str]] | None = None
    if context.method == "certificate":
        audience = context.urls["login"] + TOKEN.partition(" ")[2].replace("{tenant}", tenant)
        prove = signed_by_certificate(context, client_id, audience)
    elif context.method == "federated":
        prove = federated(context)

    def make(audience: str, claims: Callable[[], str | None]) -> Authenticator:
        if context.method == "secret" and _is_sharepoint(audience):
            return refuse(
                "SharePoint's own API takes no token of a client secret",
                f"connect a certificate: casb connect {context.app} --instance {context.instance} --add"
                " --auth certificate",
            )
        if context.method == "device":
            if audience == cloud.graph:
                return person(context, endpoint, audience, hint)
            return TokenAuthenticator(OfPerson(endpoint, audience, context.tokens), hint=hint)
        return TokenAuthenticator(ForAudience(endpoint, audience, prove, claims), hint=hint)

    return Office365Signin(cloud.graph, lambda call: audience_of(call, cloud.graph, cloud.manage), make)
