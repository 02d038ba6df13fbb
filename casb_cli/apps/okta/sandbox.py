"""The simulated Okta: `build(world, options)` returns it, to be served on loopback.

It plays the org of the invented company: sign-in with signed assertions and DPoP, static API tokens, accounts,
groups, administrator roles, the System Log, apps with their grants and tokens.
"""

from __future__ import annotations

from typing import Any

from casb_cli.apps.okta.sandbox_grants import Grants
from casb_cli.apps.okta.sandbox_truth import Truth
from casb_cli.sandbox.provider import Options, Signin
from casb_cli.sandbox.wire import Reply, Request, answer, route
from casb_cli.sandbox.world import World


class Okta(Grants):
    """The whole of the simulated Okta; `truth` says what a perfect reader would have seen at the start."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.truth = Truth(self.company, self.apps)

    def credentials(self) -> dict[str, Signin]:
        """Return what signs in: the service app and API tokens, and variants of both that may do too little."""
        pem = self.signin.private_key()
        services = list(self.signin.clients.values())
        found = {
            name: Signin(
                fields={"org_url": self.base, "client_id": client.id, "key_id": self.signin.key_id},
                secrets={"private_key": pem},
            )
            for name, client in zip(("oauth", "oauth-reader", "oauth-roleless"), services, strict=True)
        }
        for number, name in enumerate(("token", "token-reader", "token-member")):
            found[name] = Signin(fields={"org_url": self.base}, secrets={"token": self.apps.secret(number)})
        return found

    @route("POST /oauth2/v1/token")
    def token(self, request: Request) -> Reply:
        """Give an access token."""
        url = f"{self.base}{request.path}"
        headers = {"cache-control": "no-store"}
        proof = request.headers.get("dpop")
        found = self.signin.token(request.form(), url, proof)
        if proof is not None:
            headers["dpop-nonce"] = self.signin.nonce()
        return answer(found, headers=headers)

    @route("POST /oauth2/v1/introspect")
    def introspect(self, request: Request) -> Reply:
        """Tell what a token of the calling app may do."""
        return answer(self.signin.introspect(self.client_of(request), request.form().get("token", "")))

    @route("POST /oauth2/v1/revoke")
    def revoke(self, request: Request) -> Reply:
        """Revoke a token of the calling app."""
        self.signin.revoke(self.client_of(request), request.form().get("token", ""))
        return Reply(200)

    @route("GET /.well-known/okta-organization")
    def organization(self, request: Request) -> Reply:
        """Tell the org's id to everybody."""
        del request
        links = {"organization": {"href": self.base}}
        return answer({"id": self.company.org_id, "pipeline": "idx", "_links": links})

    @route("GET /api/v1/org")
    def org(self, request: Request) -> Reply:
        """Tell about the org."""
        del request
        return answer(
            {
                "id": self.company.org_id,
                "companyName": self.world.name,
                "subdomain": self.world.slug,
                "status": "ACTIVE",
                "website": f"https://www.{self.world.domain}",
                "created": "2020-01-01T00:00:00.000Z",
                "lastUpdated": "2025-01-01T00:00:00.000Z",
                "expiresAt": None,
                "_links": {"self": {"href": f"{self.base}/api/v1/org"}},
            }
        )

    def snapshot(self) -> dict[str, Any]:
        """Return what has changed on top of the company."""
        state = self.state
        return {
            "users": {user.id: user.status for user in state.users.values()},
            "apps": dict(state.apps),
            "revoked": sorted(state.revoked),
            "granted": [grant.scope for grant in state.granted],
            "ended_sessions": list(state.ended_sessions),
            "events": len(state.happened),
        }


def build(world: World, options: Options | None = None) -> Okta:
    """Return a simulated Okta of `world`."""
    return Okta(world, options)
