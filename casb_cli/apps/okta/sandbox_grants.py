"""The simulated Okta's apps and what was given to them: grants, refresh tokens, API tokens; and taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import Any

from casb_cli.apps.okta.sandbox_access import APPS, KEYS, OF_APP, OF_CLIENT, OF_SERVER, OF_USER, SERVERS, USERS
from casb_cli.apps.okta.sandbox_activity import Activity
from casb_cli.apps.okta.sandbox_apps import ATTIC, App, Grant, Key, Refresh
from casb_cli.apps.okta.sandbox_auth import KNOWN_SCOPES
from casb_cli.apps.okta.sandbox_company import User
from casb_cli.apps.okta.sandbox_filter import BadExpression, compile_expression
from casb_cli.apps.okta.sandbox_wire import make_id, not_found, refused, when
from casb_cli.sandbox.facts import OWNER
from casb_cli.sandbox.wire import Reply, Request, answer, route

_NARROW = frozenset({"READ_ONLY_ADMIN", "REPORT_ADMIN"})


class Grants(Activity):
    """Apps, grants, tokens."""

    # Apps

    def _app(self, request: Request, name: str = "appId") -> App:
        id_ = request.params[name]
        app = self.apps.by_id.get(id_)
        if app is None or app not in self._visible(request):
            raise not_found(id_, "AppInstance" if name == "appId" else "PublicClientApp")
        return app

    def _visible(self, request: Request) -> list[App]:
        """Okta's own apps show to super administrators only; a service app that only reads sees itself."""
        who = request.who
        if who.kind == "app" and who.roles <= _NARROW:
            return [self.apps.by_id[who.id]]
        every = "SUPER_ADMIN" in who.roles
        return [app for app in self.apps.all if every or not app.first_party]

    def _status(self, app: App) -> str:
        return self.state.apps.get(app.id, app.status)

    def app_row(self, app: App) -> dict[str, Any]:
        """Return an app as Okta writes it."""
        href = f"{self.base}{APPS}/{app.id}"
        row: dict[str, Any] = {
            "id": app.id,
            "orn": f"orn:okta:idp:{self.company.org_id}:apps:{app.name}:{app.id}",
            "name": app.name,
            "label": app.label,
            "status": self._status(app),
            "created": when(app.created),
            "lastUpdated": when(app.created),
            "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
            "visibility": {
                "autoLaunch": False,
                "autoSubmitToolbar": False,
                "hide": {"iOS": False, "web": False},
                "appLinks": {},
            },
            "features": [],
            "signOnMode": app.sign_on,
            "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}, "signing": {}},
            "settings": {"app": {}, "notifications": {"vpn": {"network": {"connection": "DISABLED"}}}},
            "_links": {"self": {"href": href}, "users": {"href": f"{href}/users"}},
        }
        if app.number == ATTIC:
            row["settings"]["app"] = {"requestIntegration": False, "url": f"https://wiki.{self.world.domain}"}
        if app.sign_on == "OPENID_CONNECT":
            service = self.apps.services.get(app.id)
            row["credentials"]["oauthClient"] = {
                "autoKeyRotation": True,
                "client_id": app.id,
                "token_endpoint_auth_method": "private_key_jwt",
                "pkce_required": False,
            }
            row["settings"]["oauthClient"] = {
                "application_type": "service" if service else "web",
                "grant_types": ["client_credentials"] if service else ["authorization_code", "refresh_token"],
                "response_types": ["token"] if service else ["code"],
                "redirect_uris": [] if service else [f"https://{app.number}.{self.world.domain}/callback"],
                "consent_method": "REQUIRED",
                "dpop_bound_access_tokens": bool(service and service.dpop),
            }
        return row

    @route(f"GET {APPS}", paged=True)
    def list_apps(self, request: Request) -> Reply:
        """List apps: the active ones, with `includeNonDeleted` the others too."""
        query = request.query
        found = self._visible(request)
        if query.get("includeNonDeleted", "").lower() != "true":
            found = [app for app in found if self._status(app) == "ACTIVE"]
        if query.get("filter"):
            try:
                test = compile_expression(query["filter"], ("id", "status", "name"), ("eq",))
            except BadExpression as error:
                raise refused("E0000031", "", str(error)) from None
            found = [app for app in found if test({"id": app.id, "status": self._status(app), "name": app.name})]
        word = query.get("q", "").casefold()
        found = [app for app in found if app.label.casefold().startswith(word) or app.name.startswith(word)]
        return self.page(request, found, self.app_row, default=20, most=200)

    @route(f"GET {OF_APP}")
    def get_app(self, request: Request) -> Reply:
        """Return an app."""
        return answer(self.app_row(self._app(request)))

    @route(f"GET {OF_APP}/users", paged=True)
    def list_app_users(self, request: Request) -> Reply:
        """List the accounts that an app is assigned to: everybody who may sign in."""
        app = self._app(request)
        assigned = app.number > ATTIC or app.sign_on == "SAML_2_0" or (app.client and app.id not in self.apps.services)
        people = [self.state.user(index) for index in self.state.members(0)] if assigned else []

        def shape(user: User) -> dict[str, Any]:
            return {
                "id": user.id,
                "created": when(user.created),
                "lastUpdated": when(user.updated),
                "scope": "GROUP",
                "status": "ACTIVE",
                "credentials": {"userName": user.login},
                "profile": {"name": user.name, "email": user.login},
                "_links": {"user": {"href": f"{self.base}{USERS}/{user.id}"}},
            }

        return self.page(request, people, shape, default=50, most=500)

    @route(f"POST {OF_APP}/lifecycle/deactivate")
    def deactivate_app(self, request: Request) -> Reply:
        """Switch an app off: nobody can sign in with it."""
        return self._switch(request, "INACTIVE", "application.lifecycle.deactivate", "Deactivate application")

    @route(f"POST {OF_APP}/lifecycle/activate")
    def activate_app(self, request: Request) -> Reply:
        """Switch an app on."""
        return self._switch(request, "ACTIVE", "application.lifecycle.activate", "Activate application")

    def _switch(self, request: Request, status: str, kind: str, words: str) -> Reply:
        app = self._app(request)
        self.state.apps[app.id] = status
        if app.id in self.signin.clients:
            self.signin.clients[app.id].active = status == "ACTIVE"
        self.note(request, kind, words, self._app_target(app))
        return answer({})

    @staticmethod
    def _app_target(app: App) -> dict[str, Any]:
        names = {"alternateId": app.label, "displayName": app.label}
        return {"id": app.id, "type": "AppInstance", **names, "detailEntry": None}

    @route("GET /oauth2/v1/clients", paged=True)
    def list_clients(self, request: Request) -> Reply:
        """List the OAuth clients that the org registered."""
        found = [app for app in self._visible(request) if app.client]

        def shape(app: App) -> dict[str, Any]:
            kind = "service" if app.id in self.apps.services else "web"
            return self._client_row(app) | {"application_type": kind}

        return self.page(request, found, shape, default=50, most=200)

    def _client_row(self, app: App, above: str = "") -> dict[str, Any]:
        row: dict[str, Any] = {"client_id": app.id, "client_name": app.label, "client_uri": None, "logo_uri": None}
        if above:
            href = f"{self.base}{above}/clients/{app.id}"
            row["_links"] = {name: {"href": f"{href}/{name}"} for name in ("grants", "tokens")}
        return row

    # Grants

    def _grant_row(self, grant: Grant) -> dict[str, Any]:
        by = OWNER if grant.user is None else grant.user
        row = {
            "id": grant.id,
            "status": "ACTIVE",
            "created": when(grant.created),
            "createdBy": {"id": self.company.user_id(by), "type": "User"},
            "lastUpdated": when(grant.created),
            "issuer": self.base,
            "clientId": grant.app,
            "scopeId": grant.scope,
            "source": "ADMIN" if grant.user is None else "END_USER",
            "_links": {"app": {"href": f"{self.base}{APPS}/{grant.app}"}},
        }
        return row if grant.user is None else row | {"userId": self.company.user_id(grant.user)}

    @route(f"GET {OF_APP}/grants")
    def list_app_grants(self, request: Request) -> Reply:
        """List the scopes that administrators gave an app."""
        return answer([self._grant_row(grant) for grant in self.grants_of(self._app(request).id)])

    @route(f"POST {OF_APP}/grants")
    def add_app_grant(self, request: Request) -> Reply:
        """Give a scope to an app."""
        app, data = self._app(request), request.json()
        scope = data.get("scopeId")
        if scope not in KNOWN_SCOPES or data.get("issuer") != self.base:
            raise refused("E0000001", "scopeId", "scopeId or issuer: not valid")
        found = next((grant for grant in self.grants_of(app.id) if grant.scope == scope), None)
        if found is None:
            number = len(self.state.granted)
            found = Grant(
                id=make_id(self.world.seed, "oag", 49, number),
                app=app.id,
                scope=scope,
                user=None,
                created=self.state.now,
            )
            self.state.granted.append(found)
            self.note(request, "app.oauth2.admin.consent.grant", "Grant OAuth2 consent", self._app_target(app))
        return answer(self._grant_row(found), 201)

    @route(f"DELETE {OF_APP}/grants/{{grantId}}")
    def revoke_app_grant(self, request: Request) -> Reply:
        """Take a scope from an app."""
        app = self._app(request)
        self._take(request, self.grants_of(app.id), "grantId", "app.oauth2.admin.consent.revoke")
        return Reply(204)

    def consents_of(self, user: User, client: str | None = None) -> list[Grant]:
        """Return what an account allows apps now."""
        if user.status == "DEPROVISIONED":
            return []
        found = self.apps.consents(user.index)
        return [g for g in found if g.id not in self.state.revoked and client in (None, g.app)]

    @route(f"GET {OF_USER}/grants", paged=True)
    def list_user_grants(self, request: Request) -> Reply:
        """List what an account allowed apps to do."""
        found = self.consents_of(self._user(request))
        scope = request.query.get("scopeId")
        if scope:
            found = [grant for grant in found if grant.scope == scope]
        return self.page(request, found, self._grant_row, default=20, most=200)

    @route(f"GET {OF_CLIENT}/grants", paged=True)
    def list_user_client_grants(self, request: Request) -> Reply:
        """List what an account allowed one app to do."""
        found = self.consents_of(self._user(request), request.params["clientId"])
        return self.page(request, found, self._grant_row, default=20, most=200)

    @route(f"DELETE {OF_USER}/grants")
    def revoke_user_grants(self, request: Request) -> Reply:
        """Take back all that an account allowed."""
        self._take(request, self.consents_of(self._user(request)), None, "app.oauth2.as.consent.revoke.user")
        return Reply(204)

    @route(f"DELETE {OF_USER}/grants/{{grantId}}")
    def revoke_user_grant(self, request: Request) -> Reply:
        """Take back one thing that an account allowed."""
        self._take(request, self.consents_of(self._user(request)), "grantId", "app.oauth2.as.consent.revoke")
        return Reply(204)

    @route(f"DELETE {OF_CLIENT}/grants")
    def revoke_user_client_grants(self, request: Request) -> Reply:
        """Take back all that an account allowed one app."""
        found = self.consents_of(self._user(request), request.params["clientId"])
        self._take(request, found, None, "app.oauth2.as.consent.revoke.user.client")
        return Reply(204)

    def _take(self, request: Request, found: Iterable[Grant | Refresh], name: str | None, kind: str) -> None:
        """Revoke one of some grants or tokens, named by a parameter, or all of them."""
        wanted = None if name is None else request.params[name]
        chosen = [one for one in found if wanted in (None, one.id)]
        if wanted is not None and not chosen:
            raise not_found(wanted, "OAuth2ScopeConsentGrant" if name == "grantId" else "OAuth2RefreshToken")
        for one in chosen:
            self.state.revoked.add(one.id)
            targets = [self._app_target(self.apps.by_id[one.app])]
            if one.user is not None:
                targets.append(self.trail.person(one.user))
            self.note(request, kind, "OAuth2 consent or token is revoked", *targets)

    # Refresh tokens

    @cached_property
    def _given(self) -> dict[str, list[Refresh]]:
        found: dict[str, list[Refresh]] = {app.id: [] for app in self.apps.all}
        for index in self.company.people():
            for token in self.apps.tokens(index):
                found[token.app].append(token)
        return found

    def _alive(self, token: Refresh) -> bool:
        held = self.state.users.get(token.user)
        return token.id not in self.state.revoked and (held is None or held.status != "DEPROVISIONED")

    def _refresh_row(self, request: Request, token: Refresh) -> dict[str, Any]:
        issuer = f"{self.base}/oauth2/{self.apps.server_id}" if token.server else self.base
        row: dict[str, Any] = {
            "id": token.id,
            "status": "ACTIVE",
            "created": when(token.created),
            "lastUpdated": when(token.created),
            "expiresAt": when(token.expires),
            "issuer": issuer,
            "clientId": token.app,
            "userId": self.company.user_id(token.user),
            "scopes": list(token.scopes),
            "_links": {"app": {"href": f"{self.base}{APPS}/{token.app}"}},
        }
        if request.query.get("expand") == "scope":
            row["_embedded"] = {"scopes": [{"id": name, "name": name} for name in token.scopes]}
        return row

    def _refresh_page(self, request: Request, tokens: list[Refresh]) -> Reply:
        return self.page(request, tokens, lambda token: self._refresh_row(request, token), default=20, most=200)

    def _tokens_of(self, request: Request) -> list[Refresh]:
        user, client = self._user(request), request.params["clientId"]
        return [token for token in self.apps.tokens(user.index) if token.app == client and self._alive(token)]

    @route(f"GET {OF_USER}/clients")
    def list_user_clients(self, request: Request) -> Reply:
        """List the apps that an account gave something to."""
        user = self._user(request)
        kept = {grant.app for grant in self.consents_of(user)}
        kept |= {token.app for token in self.apps.tokens(user.index) if self._alive(token)}
        above = f"{USERS}/{user.id}"
        return answer([self._client_row(app, above) for app in self.apps.all if app.id in kept])

    @route(f"GET {OF_CLIENT}/tokens", paged=True)
    def list_user_client_tokens(self, request: Request) -> Reply:
        """List the refresh tokens of an account at an app."""
        return self._refresh_page(request, self._tokens_of(request))

    @route(f"DELETE {OF_CLIENT}/tokens")
    def revoke_user_client_tokens(self, request: Request) -> Reply:
        """Revoke the refresh tokens of an account at an app."""
        self._take(request, self._tokens_of(request), None, "app.oauth2.as.token.revoke")
        return Reply(204)

    @route(f"DELETE {OF_CLIENT}/tokens/{{tokenId}}")
    def revoke_user_client_token(self, request: Request) -> Reply:
        """Revoke a refresh token of an account at an app."""
        self._take(request, self._tokens_of(request), "tokenId", "app.oauth2.as.token.revoke")
        return Reply(204)

    def _tokens_at(self, app: str, *, server: bool | None = None) -> list[Refresh]:
        return [t for t in self._given.get(app, ()) if server in (None, t.server) and self._alive(t)]

    @route(f"GET {OF_APP}/tokens", paged=True)
    def list_app_tokens(self, request: Request) -> Reply:
        """List the refresh tokens given for an app."""
        return self._refresh_page(request, self._tokens_at(self._app(request).id))

    @route(f"DELETE {OF_APP}/tokens")
    def revoke_app_tokens(self, request: Request) -> Reply:
        """Revoke the refresh tokens given for an app."""
        self._take(request, self._tokens_at(self._app(request).id), None, "app.oauth2.as.token.revoke")
        return Reply(204)

    @route(f"DELETE {OF_APP}/tokens/{{tokenId}}")
    def revoke_app_token(self, request: Request) -> Reply:
        """Revoke a refresh token given for an app."""
        self._take(request, self._tokens_at(self._app(request).id), "tokenId", "app.oauth2.as.token.revoke")
        return Reply(204)

    # Custom authorization servers

    @route(f"GET {SERVERS}", paged=True)
    def list_servers(self, request: Request) -> Reply:
        """List the custom authorization servers."""
        return self.page(request, [self.apps.server_id], self._server_row, default=200, most=200)

    def _server_row(self, id_: str) -> dict[str, Any]:
        href = f"{self.base}{SERVERS}/{id_}"
        made = when(self.company.group_created(0))
        return {
            "id": id_,
            "name": "badges",
            "description": "Tokens for the badge service",
            "audiences": [f"https://badges.{self.world.domain}"],
            "issuer": f"{self.base}/oauth2/{id_}",
            "issuerMode": "ORG_URL",
            "status": "ACTIVE",
            "created": made,
            "lastUpdated": made,
            "credentials": {"signing": {"rotationMode": "AUTO", "kid": "k-" + id_[-6:], "use": "sig"}},
            "_links": {"self": {"href": href}},
        }

    def _server(self, request: Request) -> str:
        id_ = request.params["authServerId"]
        if id_ != self.apps.server_id:
            raise not_found(id_, "AuthorizationServer")
        return id_

    @route(f"GET {OF_SERVER}")
    def list_server_clients(self, request: Request) -> Reply:
        """List the apps with refresh tokens of a custom authorization server."""
        above = f"{SERVERS}/{self._server(request)}"
        found = [app for app in self.apps.all if self._tokens_at(app.id, server=True)]
        return answer([self._client_row(app, above) for app in found])

    @route(f"GET {OF_SERVER}/{{clientId}}/tokens", paged=True)
    def list_server_tokens(self, request: Request) -> Reply:
        """List the refresh tokens that a custom authorization server gave for an app."""
        self._server(request)
        return self._refresh_page(request, self._tokens_at(request.params["clientId"], server=True))

    @route(f"DELETE {OF_SERVER}/{{clientId}}/tokens/{{tokenId}}")
    def revoke_server_token(self, request: Request) -> Reply:
        """Revoke a refresh token of a custom authorization server."""
        self._server(request)
        found = self._tokens_at(request.params["clientId"], server=True)
        self._take(request, found, "tokenId", "app.oauth2.as.token.revoke")
        return Reply(204)

    # API tokens

    def keys_now(self) -> list[Key]:
        """Return the API tokens that still work."""
        return [
            key
            for key in self.apps.keys
            if key.id not in self.state.revoked and self.state.user(key.owner).status != "DEPROVISIONED"
        ]

    def _key_row(self, key: Key) -> dict[str, Any]:
        return {
            "id": key.id,
            "name": key.name,
            "userId": self.company.user_id(key.owner),
            "clientName": "Okta API",
            "tokenWindow": "P30D",
            "created": when(key.created),
            "lastUpdated": when(key.created),
            "expiresAt": when(self.world.now + timedelta(days=30)),
            "network": {"connection": "ANYWHERE"},
            "_links": {"self": {"href": f"{self.base}{KEYS}/{key.id}"}},
        }

    def _key(self, request: Request) -> Key:
        id_ = request.params["apiTokenId"]
        for key in self.keys_now():
            if key.id == id_:
                return key
        raise not_found(id_, "ApiToken")

    @route(f"GET {KEYS}")
    def list_keys(self, request: Request) -> Reply:
        """List API tokens, never their values."""
        del request
        return answer([self._key_row(key) for key in self.keys_now()])

    @route(f"GET {KEYS}/{{apiTokenId}}")
    def get_key(self, request: Request) -> Reply:
        """Return an API token without its value."""
        return answer(self._key_row(self._key(request)))

    @route(f"DELETE {KEYS}/{{apiTokenId}}")
    def revoke_key(self, request: Request) -> Reply:
        """Revoke an API token."""
        self._drop(request, self._key(request))
        return Reply(204)

    @route(f"DELETE {KEYS}/current")
    def revoke_own_key(self, request: Request) -> Reply:
        """Revoke the API token of the call itself."""
        key = next((key for key in self.apps.keys if key.id == request.who.token), None)
        if key is None:
            raise refused("E0000006")
        self._drop(request, key)
        return Reply(204)

    def _drop(self, request: Request, key: Key) -> None:
        self.state.revoked.add(key.id)
        target = {"id": key.id, "type": "Token", "alternateId": "unknown", "displayName": key.name}
        self.note(request, "system.api_token.revoke", "Revoke API token", target | {"detailEntry": None})

    @route("POST /oauth2/v1/global-token-revocation")
    def log_out_everywhere(self, request: Request) -> Reply:
        """End the sessions of an account and revoke its tokens."""
        subject = request.json().get("sub_id", {})
        if subject.get("format") != "opaque" or not isinstance(subject.get("id"), str):
            raise refused("E0000001", "sub_id", "sub_id: must name an account by its opaque id")
        self.end_sessions(request, self.state.known_user(subject["id"]), oauth=True)
        return Reply(204)
