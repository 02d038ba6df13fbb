"""GitHub: github.com, GHE.com with data residency, and GitHub Enterprise Server."""

from __future__ import annotations

from casb_cli.core.app import App, AuthMethod, Field, HeaderDialect, Limit, Variant

_ORGANIZATION = Field(
    key="organization",
    prompt="Organization login name",
    help="as in the address of the organization's page",
)
_CLIENT_ID = Field(key="client_id", prompt="Client ID", help="of the OAuth app made for casb")
_CLIENT_SECRET = Field(key="client_secret", prompt="Client secret", secret=True)

APP = App(
    key="github",
    title="GitHub",
    auth=(
        AuthMethod(
            key="oauth",
            title="OAuth app, in the browser",
            fields=(_CLIENT_ID, _CLIENT_SECRET, _ORGANIZATION),
            unattended=True,
            interactive=True,
            rotates=True,
            note="the person who signs in must be an owner of the organization",
        ),
        AuthMethod(
            key="device",
            title="OAuth app, with a code entered on another machine",
            fields=(_CLIENT_ID, _ORGANIZATION),
            unattended=True,
            interactive=True,
            rotates=True,
            note="device flow must be enabled in the OAuth app's settings",
        ),
        AuthMethod(
            key="app",
            title="GitHub App (recommended for cron)",
            fields=(
                Field(key="app_id", prompt="App ID", help="on the GitHub App's settings page"),
                Field(
                    key="private_key",
                    prompt="Private key (PEM)",
                    secret=True,
                    multiline=True,
                    help="the .pem file that GitHub lets you download once",
                ),
                _ORGANIZATION,
            ),
            unattended=True,
            note="the only kind that sees fine-grained personal access tokens",
        ),
        AuthMethod(
            key="token",
            title="Personal access token, classic or fine-grained",
            fields=(Field(key="token", prompt="Token", secret=True), _ORGANIZATION),
            unattended=True,
            note="the token's owner must be an owner of the organization",
        ),
    ),
    common_fields=(
        Field(
            key="host",
            prompt="GitHub host",
            required=False,
            default="github.com",
            help="github.com, <subdomain>.ghe.com, or your GitHub Enterprise Server",
        ),
        Field(
            key="enterprise",
            prompt="Enterprise slug",
            required=False,
            help="lets casb recognise managed users and remove installed apps",
        ),
    ),
    hosts={
        "api": "https://api.github.com",
        "oauth": "https://github.com",
        "graphql": "https://api.github.com",
    },
    content_hosts=("codeload.github.com", ".githubusercontent.com"),
    limits=(
        # docs.github.com, rate limits for the REST API: 5,000 an hour at least; headers tell the real figure.
        Limit(family="core", allowed=5000, window=3600, concurrency=8, kind="fixed"),
        Limit(family="graphql", allowed=5000, window=3600, concurrency=4, kind="fixed"),
        # docs.github.com, audit log: 1,750 queries an hour for a user and address.
        Limit(family="audit_log", allowed=1750, window=3600, concurrency=2, kind="fixed"),
        # docs.github.com, secondary limits: at most 80 content-creating calls a minute.
        Limit(family="write", allowed=80, window=60, concurrency=1, kind="sliding"),
        # docs.github.com, revoke a list of credentials: 60 an hour for an address, unauthenticated.
        Limit(family="anonymous", allowed=60, window=3600, concurrency=1, kind="fixed"),
    ),
    dialect=HeaderDialect(
        limit="x-ratelimit-limit",
        remaining="x-ratelimit-remaining",
        reset="x-ratelimit-reset",
        reset_means="epoch-seconds",
        resource="x-ratelimit-resource",
    ),
    variants=(
        Variant(key="github.com", title="organization on github.com"),
        Variant(key="emu", title="Enterprise Managed Users"),
        Variant(key="ghe.com", title="GHE.com with data residency"),
        Variant(key="ghes", title="GitHub Enterprise Server"),
    ),
    prerequisites=(
        "an organization; the audit log, sign-ins and credential authorizations need GitHub Enterprise Cloud",
        "an owner of the organization approves the OAuth app or installs the GitHub App on all repositories",
        "with SAML single sign-on, a token must be authorized for the organization",
    ),
    allow_list_hint=(
        "if the organization has an IP allow list, add the address of this machine, "
        "or allow the app's own addresses in the organization's security settings"
    ),
    service_account_advice=(
        "use a GitHub App, or an owner account made for this purpose alone, with two-factor sign-in"
    ),
    connector="casb_cli.apps.github.connector:GitHub",
    signin="casb_cli.apps.github.auth:signin",
    setup="casb_cli.apps.github.setup:instructions",
    urls="casb_cli.apps.github.urls:base_urls",
)
