"""API tokens, what administrators granted to apps, and what people granted: consents and refresh tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from casb_cli.apps.okta import mapping
from casb_cli.apps.okta.administrators import Administrators
from casb_cli.apps.okta.scopes import API_TOKENS, APP_GRANTS, APPS, USERS, okta
from casb_cli.core.capabilities import ListGrants, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Grant, Partition

_ENDED = "REVOKED"


class Grants(Administrators, ListGrants):
    """Matrix row 13."""

    @needs("GET /api/v1/api-tokens", any_of=okta(API_TOKENS))
    @needs("GET /api/v1/apps", "GET /api/v1/apps/{appId}/grants", any_of=okta((APPS, APP_GRANTS)))
    @needs(
        "GET /api/v1/users",
        "GET /api/v1/users/{userId}/grants",
        "GET /api/v1/users/{userId}/clients",
        "GET /api/v1/users/{userId}/clients/{clientId}/tokens",
        any_of=okta(USERS),
    )
    def list_grants(self, part: Partition, cursor: str | None) -> Iterator[Page[Grant]]:
        """Yield API tokens, app grants, consents and refresh tokens; each app and each user is a partition."""
        kind = part.key.partition(":")[0]
        if kind == "":
            yield Page(items=(), more=tuple(Partition(key=key) for key in ("api-tokens", "apps", "users")))
        elif kind == "api-tokens":
            yield Page(items=[self._api_token(token) for token in self.api_tokens()])
        elif kind == "apps":
            yield from self._apps(cursor)
        elif kind == "users":
            for users, after in self.users(cursor):
                more = tuple(
                    Partition(key=f"user:{user.id}", data={"id": user.id, "name": user.login or user.id})
                    for user in users
                )
                yield Page(items=(), cursor=after, more=more)
        elif kind == "app":
            app, name = part.data["id"], part.data["name"]
            yield Page(items=_once(mapping.app_grant(app, name, grant) for grant in self.grants_of_app(app)))
        else:
            yield Page(items=_once(self._of_user(part.data["id"], part.data["name"])))

    def _apps(self, cursor: str | None) -> Iterator[Page[Grant]]:
        for apps, after, notices in self.apps(cursor):
            more = tuple(
                Partition(key=f"app:{app.id}", data={"id": app.id, "name": app.title}) for app in apps if app.is_client
            )
            yield Page(items=(), cursor=after, more=more, notices=notices)

    def api_tokens(self) -> list[mapping.ApiToken]:
        """Return the active API tokens; the list has no pages."""
        return self.read(self.get("/api/v1/api-tokens"), list[mapping.ApiToken])

    def _api_token(self, token: mapping.ApiToken) -> Grant:
        return mapping.api_token(token, self.login_of(token.user_id) if token.user_id else None)

    def grants_of_app(self, app: str) -> list[mapping.ScopeGrant]:
        """Return what administrators granted to one app; what people granted is listed with them."""
        pages = self.listed("/api/v1/apps/{appId}/grants", mapping.ScopeGrant, {"appId": app})
        return [
            grant for grants, _ in pages for grant in grants if grant.source != "END_USER" and grant.status != _ENDED
        ]

    def grants_of_user(self, user: str) -> list[mapping.ScopeGrant]:
        """Return what one user granted to apps."""
        pages = self.listed("/api/v1/users/{userId}/grants", mapping.ScopeGrant, {"userId": user})
        return [grant for grants, _ in pages for grant in grants if grant.status != _ENDED]

    def tokens_of(self, user: str, client: str) -> list[mapping.RefreshToken]:
        """Return the refresh tokens that one app holds for a user."""
        name = "/api/v1/users/{userId}/clients/{clientId}/tokens"
        path = {"userId": user, "clientId": client}
        pages = self.listed(name, mapping.RefreshToken, path, query={"expand": "scope"})
        return [token for tokens, _ in pages for token in tokens if token.status != _ENDED]

    def _of_user(self, user: str, login: str) -> Iterator[Grant]:
        try:
            call = self.get("/api/v1/users/{userId}/clients", {"userId": user})
            clients = self.read(call, list[mapping.Client])
            names = {client.client_id: client.client_name for client in clients}
            for grant in self.grants_of_user(user):
                yield mapping.user_grant(user, login, names.get(grant.client_id or ""), grant)
            for client in clients:
                for token in self.tokens_of(user, client.client_id):
                    yield mapping.refresh_token(user, login, client, token)
        except ObjectMissing:
            return  # deleted meanwhile


def _once(rows: Iterable[Grant]) -> list[Grant]:
    """Return rows without those that a page given twice repeats."""
    return list({row.id: row for row in rows}.values())
