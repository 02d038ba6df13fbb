"""The simulated Office 365: `build(world, options)` returns it, to be served on loopback.

It plays the tenant of the invented company: Entra ID with its token endpoint, Microsoft Graph, the Management
Activity API, SharePoint's own interface, and the hosts that content comes from.
"""

from __future__ import annotations

from typing import Any

from casb_cli.apps.office365.sandbox_auth import keys
from casb_cli.apps.office365.sandbox_bins import Bins
from casb_cli.apps.office365.sandbox_state import State, principal_text, user_text
from casb_cli.apps.office365.sandbox_truth import Truth
from casb_cli.sandbox.provider import Options, Signin
from casb_cli.sandbox.wire import Reply, Request, answer, route
from casb_cli.sandbox.world import World

COMPONENTS = "users,management-events,sign-ins,apps,activities,files"


class Office365(Bins):
    """The whole of the simulated Office 365; `truth` says what a perfect reader would have seen at first."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.truth = Truth(State(self.company, self.library, lambda: self.company.now), self.licence)

    @property
    def tokens(self) -> dict[str, Any]:
        """Every access token given out, by its value: for tests."""
        return self.signin.tokens

    def credentials(self) -> dict[str, Signin]:
        """Return what signs in: a certificate, a secret, a workload's own identity, a person's device."""
        fields = {
            "tenant": self.company.tenant,
            "client_id": self.casb.app,
            "cloud": "global",
            "components": COMPONENTS,
            "quarantine_drive": self.library.quarantine().id,
            **{f"{name}_url": url for name, url in self.urls.items()},
        }
        return {
            "certificate": Signin(fields=fields, secrets={"private_key": keys()[0]}),
            "secret": Signin(fields=fields, secrets={"client_secret": self.signin.client_secret}),
            "federated": Signin(fields=fields, secrets={"token": self.signin.assertion()}),
            "device": Signin(fields=fields),
        }

    # Sign-in

    @route("POST /{tenant}/oauth2/v2.0/token", host="login")
    def token(self, request: Request) -> Reply:
        """Give a token."""
        found = self.signin.token(request.params["tenant"], request.form())
        return answer(found, headers={"cache-control": "no-store, no-cache"})

    @route("POST /{tenant}/oauth2/v2.0/devicecode", host="login", effect=False)
    def device_code(self, request: Request) -> Reply:
        """Begin a sign-in on another device."""
        return answer(self.signin.device_code(request.params["tenant"], request.form()))

    @route("GET /{tenant}/v2.0/.well-known/openid-configuration", host="login", free=True)
    def discovery(self, request: Request) -> Reply:
        """Tell whose tenant a domain is, and where tokens come from."""
        self.signin.check_tenant(request.params["tenant"])
        base = f"{self.urls['login']}/{self.company.tenant}"
        return answer(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"https://login.microsoftonline.com/{self.company.tenant}/v2.0",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "msgraph_host": "graph.microsoft.com",
            }
        )

    # For tests

    def content(self, file: str) -> bytes | None:
        """Return what a file holds now, None where it is gone."""
        drive, _, id_ = file.partition("/")
        item = self.state.item(drive, id_)
        return None if item is None or not item.versions or self.state.is_gone(item) else self.state.content(item)

    def edit(self, file: str, data: bytes) -> None:
        """Let whoever works on a file save new content."""
        drive, _, id_ = file.partition("/")
        found = self.state.item(drive, id_)
        if found is None:
            raise KeyError(file)
        self.state.save(self.state.keep(found), data, found.by)

    def snapshot(self) -> dict[str, Any]:
        """Return what has changed on top of the company."""
        state = self.state
        return {
            "users": {user.id: user_text(user) for user in state.users.values()},
            "principals": {one.id: principal_text(one) for one in state.principals.values()},
            "grants": {
                "gone": sorted(state.grants_gone | state.assigned_gone),
                "new": sorted({*state.grants_new, *state.assigned_new}),
                "scopes": {one.id: one.scope for one in state.grants_kept.values()},
            },
            "items": {
                item.id: {
                    "name": item.name,
                    "drive": item.drive,
                    "parent": item.parent,
                    "gone": item.gone is not None,
                    "versions": [one.id for one in item.versions],
                    "permissions": sorted(
                        f"{one.id} {one.role} {','.join(one.people)} {one.expires}" for one in item.permissions
                    ),
                }
                for item in state.items.values()
            },
            "bin": sorted(state.bin),
            "subscriptions": {name: since is not None for name, since in self.started.items()},
            "events": len(state.happened),
        }


def build(world: World, options: Options | None = None) -> Office365:
    """Return a simulated Office 365 of `world`."""
    return Office365(world, options)
