"""The invented org's apps, what they were granted, who consented, and the tokens given out.

Three service apps are the connector's own registrations; the others are what an org has besides: another service
app, a web app to which people consented, a native one with refresh tokens, single sign-on, Okta's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from casb_cli.apps.okta.sandbox_auth import Client
from casb_cli.apps.okta.sandbox_company import Company
from casb_cli.apps.okta.sandbox_wire import make_id
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import NO_MFA, OWNER, SERVICE

_GRANT, _CONSENT, _TOKEN, _KEY, _SERVER, _SECRET = 42, 43, 44, 45, 46, 47

PAYROLL, BADGES, TERMINAL, SALES, ATTIC, CONSOLE, DASHBOARD = range(3, 10)
_OTHERS = (
    ("Payroll Sync", "oidc_client", "OPENID_CONNECT", "ACTIVE"),
    ("Badge Printer", "oidc_client", "OPENID_CONNECT", "ACTIVE"),
    ("Larkspur Terminal", "oidc_client", "OPENID_CONNECT", "ACTIVE"),
    ("Salesforce", "salesforce", "SAML_2_0", "ACTIVE"),
    ("Attic Wiki", "bookmark", "BOOKMARK", "INACTIVE"),
    ("Okta Admin Console", "saasure", "OPENID_CONNECT", "ACTIVE"),
    ("Okta Dashboard", "okta_enduser", "OPENID_CONNECT", "ACTIVE"),
)
CONSENTED = ("okta.users.read.self", "offline_access")
"""What people allowed the Badge Printer."""

PAYROLL_SCOPES = ("okta.groups.read", "okta.users.read")


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app of the org; its id is its client id too."""

    id: str
    number: int
    label: str
    name: str
    sign_on: str
    status: str
    created: datetime

    @property
    def first_party(self) -> bool:
        """Whether it is Okta's own."""
        return self.name in {"saasure", "okta_enduser"}

    @property
    def client(self) -> bool:
        """Whether it is an OAuth client that the org registered."""
        return self.sign_on == "OPENID_CONNECT" and not self.first_party


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One scope that an app may use: by an administrator, or by a user (`user`, a person) for themselves."""

    id: str
    app: str
    scope: str
    user: int | None
    created: datetime


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token of somebody at an app; `server` tells whether a custom authorization server gave it."""

    id: str
    app: str
    user: int
    scopes: tuple[str, ...]
    server: bool
    created: datetime
    expires: datetime


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A static API token."""

    id: str
    name: str
    owner: int
    created: datetime


class Apps:
    """Apps, grants and tokens as they are before anybody acts.

    `registered` are the connector's own service apps: name, scopes, roles, whether tokens must be bound.
    """

    def __init__(
        self, company: Company, registered: Sequence[tuple[str, frozenset[str], tuple[str, ...], bool]]
    ) -> None:
        self.company = company
        seed, now = company.world.seed, company.world.now
        self._seed = seed
        ids = [company.app_id(number) for number in range(len(registered) + len(_OTHERS))]
        self.services = {
            id_: Client(id=id_, name=name, scopes=scopes, roles=roles, dpop=dpop)
            for id_, (name, scopes, roles, dpop) in zip(ids, registered, strict=False)
        }
        facts = [(name, "oidc_client", "OPENID_CONNECT", "ACTIVE") for name, *_ in registered] + list(_OTHERS)
        self.all = [
            App(
                id=ids[number],
                number=number,
                label=label,
                name=name,
                sign_on=sign_on,
                status=status,
                created=now - timedelta(days=900 - 20 * number),
            )
            for number, (label, name, sign_on, status) in enumerate(facts)
        ]
        self.by_id = {app.id: app for app in self.all}
        self.server_id = make_id(seed, "aus", _SERVER, 0)
        self.keys = [
            Key(
                id=make_id(seed, "00T", _KEY, number),
                name=name,
                owner=owner,
                created=now - timedelta(days=200 - number),
            )
            for number, (name, owner) in enumerate(
                (("casb", SERVICE), ("reporting", NO_MFA), ("old laptop", company.plain), ("ci", OWNER))
            )
        ]
        self._by_secret = {self.secret(number): key for number, key in enumerate(self.keys)}

    def secret(self, number: int) -> str:
        """Return the value of an API token: 0 of the service account, 1 of a reader, 2 of a plain member."""
        return "00" + chance.text(chance.BASE62, 40, self._seed, _SECRET, number)

    def key_of(self, secret: str) -> Key | None:
        """Return the API token of a value."""
        return self._by_secret.get(secret)

    def admin_grants(self, app: App) -> list[Grant]:
        """Return the scopes that an administrator gave an app."""
        service = self.services.get(app.id)
        scopes = sorted(service.scopes) if service else (PAYROLL_SCOPES if app.number == PAYROLL else ())
        return [
            Grant(
                id=make_id(self._seed, "oag", _GRANT, app.number * 100 + place),
                app=app.id,
                scope=scope,
                user=None,
                created=app.created + timedelta(days=1),
            )
            for place, scope in enumerate(scopes)
        ]

    def _signs_in(self, index: int) -> bool:
        return self.company.status(index) not in {"STAGED", "PROVISIONED", "DEPROVISIONED"}

    def consents(self, index: int) -> list[Grant]:
        """Return what somebody allowed apps to do for them."""
        if index % 3 or not self._signs_in(index):
            return []
        return [
            Grant(
                id=make_id(self._seed, "oag", _CONSENT, index * 2 + place),
                app=self.all[BADGES].id,
                scope=scope,
                user=index,
                created=self.company.world.now - timedelta(days=30 + index % 60),
            )
            for place, scope in enumerate(CONSENTED)
        ]

    def tokens(self, index: int) -> list[Refresh]:
        """Return somebody's refresh tokens."""
        if not self._signs_in(index):
            return []
        now = self.company.world.now
        found = []
        for place, (app, held, server, scopes) in enumerate(
            (
                (TERMINAL, index % 4 == 1, False, ("offline_access", "openid")),
                (BADGES, index % 3 == 0, True, ("badges.print", "offline_access", "openid")),
            )
        ):
            if held:
                found.append(
                    Refresh(
                        id=make_id(self._seed, "oar", _TOKEN, index * 2 + place),
                        app=self.all[app].id,
                        user=index,
                        scopes=scopes,
                        server=server,
                        created=now - timedelta(days=3 + index % 20),
                        expires=now + timedelta(days=30 + index % 60),
                    )
                )
        return found
