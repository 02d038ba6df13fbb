"""Okta: one org, on any of Okta's domains or a domain of its own."""

from __future__ import annotations

from casb_cli.core.app import App, AuthMethod, Field, HeaderDialect, Limit

APP = App(
    key="okta",
    title="Okta",
    auth=(
        AuthMethod(
            key="oauth",
            title="API service app with a key (OAuth for Okta, recommended, also for cron)",
            fields=(
                Field(key="client_id", prompt="Client ID", help="on the app's General page, begins with 0oa"),
                Field(
                    key="private_key",
                    prompt="Private key (PEM or JWK)",
                    secret=True,
                    multiline=True,
                    help="the private half of the key registered in the app: RSA, or of a curve P-256, P-384, P-521",
                ),
                Field(
                    key="key_id",
                    prompt="Key ID (kid)",
                    required=False,
                    help="needed where the app has several keys; a JWK carries its own",
                ),
                Field(
                    key="dpop",
                    prompt="Bind tokens to a key of this process (yes or no)",
                    required=False,
                    default="yes",
                    help="`no` only where the app's `Require DPoP header in token requests` is off",
                ),
            ),
            unattended=True,
            note="the app needs granted scopes and an admin role: scopes alone show an empty company",
        ),
        AuthMethod(
            key="token",
            title="API token (SSWS)",
            fields=(Field(key="token", prompt="API token", secret=True),),
            unattended=True,
            note="has all rights of the administrator who made it, ends with that account and after 30 idle days",
        ),
    ),
    common_fields=(
        Field(
            key="org_url",
            prompt="Org URL",
            help="https://acme.okta.com, another of Okta's domains, or your custom domain",
        ),
        Field(
            key="factors",
            prompt="Read each account's second factors (check or skip)",
            required=False,
            default="check",
            help="`skip` saves one call an account; `mfa` is then unknown",
        ),
    ),
    hosts={"api": "https://YOUR-ORG.okta.com"},
    limits=(
        # developer.okta.com, rate limits: a minute, each family apart, by org and plan; the headers tell the real
        # figure. These are the last published ones, of which one app or token may use a half.
        Limit(family="users", allowed=300, window=60, concurrency=4, kind="fixed", known=False),
        Limit(family="groups", allowed=250, window=60, concurrency=4, kind="fixed", known=False),
        Limit(family="group", allowed=500, window=60, concurrency=8, kind="fixed", known=False),
        Limit(family="apps", allowed=50, window=60, concurrency=4, kind="fixed", known=False),
        Limit(family="logs", allowed=60, window=60, concurrency=2, kind="fixed", known=False),
        Limit(family="clients", allowed=50, window=60, concurrency=4, kind="fixed", known=False),
        Limit(family="core", allowed=600, window=60, concurrency=8, kind="fixed", known=False),
        Limit(family="oauth", allowed=60, window=60, concurrency=1, kind="fixed", known=False),
    ),
    dialect=HeaderDialect(
        limit="x-rate-limit-limit",
        remaining="x-rate-limit-remaining",
        reset="x-rate-limit-reset",
        reset_means="epoch-seconds",
    ),
    prerequisites=(
        "a super administrator, to create the service app and to grant its scopes",
        "an admin role assigned to the app itself: Read-Only Administrator to look, user lifecycle rights to act",
        "Super Administrator, or a custom role with `okta.iam.read`, to see administrators",
    ),
    allow_list_hint=(
        "if network zones restrict the app or API tokens, add the address of this machine to an allowed zone"
    ),
    service_account_advice=(
        "use an API service app made for this purpose alone; for a token, an administrator account made for it"
    ),
    connector="casb_cli.apps.okta.connector:Okta",
    signin="casb_cli.apps.okta.auth:signin",
    setup="casb_cli.apps.okta.setup:instructions",
    urls="casb_cli.apps.okta.urls:base_urls",
)
