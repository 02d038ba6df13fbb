"""The simulated Google Workspace: `build(world, options)` returns it, to be served on loopback.

It plays the customer of the invented company: service accounts with domain-wide delegation, the Directory, Reports,
My Drives that each need their own account, shared drives, permissions from above, change logs, Google-native documents.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_auth import JWT_TYPE, PREFIX
from casb_cli.apps.google_workspace.sandbox_content import Content
from casb_cli.apps.google_workspace.sandbox_state import State
from casb_cli.apps.google_workspace.sandbox_truth import Truth
from casb_cli.apps.google_workspace.sandbox_wire import Refusal, insufficient_scope, unauthorized
from casb_cli.sandbox.facts import OWNER
from casb_cli.sandbox.provider import Options, Signin
from casb_cli.sandbox.wire import Reply, Request, answer, route
from casb_cli.sandbox.world import World


class GoogleWorkspace(Content):
    """The whole of the simulated Google Workspace; `truth` says what a perfect reader would have seen at first."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.truth = Truth(State(self.company, self.library, lambda: self.company.now))

    @property
    def tokens(self) -> dict[str, Any]:
        """Every access token given out, by its value: for tests."""
        return self.signin.tokens

    def credentials(self) -> dict[str, Signin]:
        """Return what signs in: a key file, signing without a key, the browser; and a key that may only read."""
        urls = {f"{name}_url": url for name, url in self.urls.items()}
        drives = {"quarantine_drive": self.library.vault, "intake_drive": self.library.intake}
        subject = {"subject": self.company.email(OWNER)}
        full, reader = self.robots[:2]
        return {
            "service-account": Signin(
                fields={**subject, **drives, **urls}, secrets={"key": self.signin.key_file(full)}
            ),
            "service-account-reader": Signin(
                fields={**subject, **drives, **urls}, secrets={"key": self.signin.key_file(reader)}
            ),
            "keyless": Signin(
                fields={"service_account": full.email, **subject, **drives, **urls},
                secrets={"access_token": self.signin.source},
            ),
            "federation": Signin(
                fields={"service_account": full.email, **subject, **drives, **urls},
                secrets={"configuration": self._federation()},
            ),
            "oauth": Signin(
                fields={"client_id": self.signin.client_id, **drives, **urls},
                secrets={"client_secret": self.signin.client_secret},
            ),
        }

    def _federation(self) -> str:
        """Return an external_account file, whose identity's token the sandbox itself gives."""
        values = {
            "type": "external_account",
            "audience": self.signin.pool,
            "subject_token_type": JWT_TYPE,
            "token_url": "https://sts.googleapis.com/v1/token",
            "credential_source": {
                "url": f"{self.urls.get('sts', 'https://sts.googleapis.com')}/subject-token",
                "headers": {"x-runner": self.world.slug},
                "format": {"type": "json", "subject_token_field_name": "value"},
            },
        }
        return json.dumps(values, indent=2)

    # Sign-in

    @route("POST /v1/token", host="sts")
    def exchange(self, request: Request) -> Reply:
        """Give a token of a workload identity for another identity provider's."""
        return answer(self.signin.exchange(request.form()), headers={"cache-control": "no-store"})

    @route("GET /subject-token", host="sts", free=True)
    def subject_token(self, request: Request) -> Reply:
        """Say who this machine is, as the other identity provider would."""
        if request.headers.get("x-runner") != self.world.slug:
            return self.missing(request)
        return answer({"value": self.signin.outside})

    @route("POST /token", host="oauth")
    def token(self, request: Request) -> Reply:
        """Give a token."""
        return answer(self.signin.token(request.form()), headers={"cache-control": "no-store"})

    @route("POST /revoke", host="oauth")
    def revoke(self, request: Request) -> Reply:
        """Revoke a token."""
        self.signin.revoke(request.form().get("token") or request.query.get("token", ""))
        return answer({})

    @route("GET /o/oauth2/v2/auth", host="accounts", free=True)
    def authorize(self, request: Request) -> Reply:
        """Send the browser back with a code: the administrator always agrees."""
        where = self.signin.authorize(request.query)
        page = f'<!doctype html><title>Sign in</title><p>Granted. <a href="{escape(where)}">Continue</a>'
        return Reply(302, page.encode(), {"location": where, "content-type": "text/html; charset=utf-8"})

    @route(
        "POST /v1/projects/-/serviceAccounts/{name}:signJwt",
        host="iam",
        path="/v1/projects/-/serviceAccounts/{target}",
        effect=False,
    )
    def sign_jwt(self, request: Request) -> Reply:
        """Sign claims in the name of a service account."""
        name, _, verb = request.params["target"].rpartition(":")
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if verb not in {"signJwt", "generateAccessToken"}:
            return self.missing(request)
        if scheme.lower() != "bearer":
            raise unauthorized()
        if verb == "generateAccessToken":
            return answer({"accessToken": self.signin.act_as(bearer, name), "expireTime": "2099-01-01T00:00:00Z"})
        return answer(self.signin.sign(bearer, name, str(self.body(request).get("payload", "{}"))))

    @route("POST /oauth2/v2/tokeninfo", effect=False)
    def token_info(self, request: Request) -> Reply:
        """Tell what a token may do."""
        return self._token_info(request)

    @route("GET /oauth2/v2/tokeninfo")
    def get_token_info(self, request: Request) -> Reply:
        """Tell what a token may do."""
        return self._token_info(request)

    def _token_info(self, request: Request) -> Reply:
        value = request.query.get("access_token") or request.form().get("access_token", "")
        token = self.signin.tokens.get(value)
        email = None if token is None or token.user is None else self.company.email(token.user)
        return answer(self.signin.info(value, email))

    @route("GET /oauth2/v2/userinfo")
    def user_info(self, request: Request) -> Reply:
        """Tell whose token it is."""
        token = request.who.token
        if not token.scopes & {"email", PREFIX + "userinfo.email"}:
            raise insufficient_scope(PREFIX + "userinfo.email")
        if token.user is None:
            raise Refusal(401, "authError", "Invalid Credentials")
        user = self.state.user(token.user)
        email = self.company.email(token.user)
        return answer(
            {
                "id": ids.user_id(token.user),
                "email": email,
                "verified_email": True,
                "hd": self.company.domain,
                "name": f"{user.given} {user.family}" if user is not None else "",
            }
        )

    # For tests

    def content(self, file: str) -> bytes | None:
        """Return what a file holds now, None where it is gone or in the trash; of native documents the export."""
        item = self.state.find(file)
        if item is None or self.state.in_trash(item):
            return None
        if item.native is not None:
            return self.library.files.content(item.native)
        return self.state.content(item)

    def edit(self, file: str, data: bytes) -> None:
        """Let whoever works on a file save new content."""
        found = self.state.find(file)
        if found is None:
            raise KeyError(file)
        item = self.state.keep(found)
        self.saved(item, data, ids.user_index(item.by) or 0)

    def snapshot(self) -> dict[str, Any]:
        """Return what has changed on top of the company."""
        state = self.state
        return {
            "users": {
                user.id: {
                    "suspended": user.suspended,
                    "admin": user.super_admin,
                    "passwords": user.passwords,
                    "change_password": user.change_password,
                    "signed_out": user.signed_out,
                    "codes": user.codes,
                    "mfa": user.mfa,
                }
                for user in state.users.values()
            },
            "items": {
                item.id: {
                    "name": item.name,
                    "parent": item.parent,
                    "owner": item.owner,
                    "drive": item.drive,
                    "trashed": item.trashed is not None,
                    "gone": item.gone,
                    "limited": item.limited,
                    "revisions": len(item.revisions),
                    "permissions": sorted(f"{one.id} {one.role}" for one in item.permissions),
                }
                for item in state.items.values()
            },
            "drives": {
                drive.id: {"name": drive.name, "gone": drive.gone, "members": sorted(m.id for m in drive.members)}
                for drive in state.drives.values()
            },
            "revoked": sorted(f"{ids.user_id(index)} {what}" for index, what in state.revoked),
            "assigned": [one.id for one in state.assigned],
            "unassigned": sorted(state.unassigned),
            "events": len(state.happened),
        }


def build(world: World, options: Options | None = None) -> GoogleWorkspace:
    """Return a simulated Google Workspace of `world`."""
    return GoogleWorkspace(world, options)
