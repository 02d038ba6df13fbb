"""Microsoft Office 365: one tenant through an app registration, as six components that are chosen."""

from __future__ import annotations

from casb_cli.apps.office365.components import COMPONENTS
from casb_cli.core.app import App, AuthMethod, Field, HeaderDialect, Limit

_TENANT = Field(key="tenant", prompt="Tenant (directory) ID or domain", help="such as contoso.onmicrosoft.com")
_CLIENT = Field(key="client_id", prompt="Application (client) ID", help="on the app registration's overview page")

APP = App(
    key="office365",
    title="Microsoft Office 365",
    auth=(
        AuthMethod(
            key="certificate",
            title="App registration with a certificate (recommended, also for cron)",
            fields=(
                _TENANT,
                _CLIENT,
                Field(
                    key="private_key",
                    prompt="Private key (PEM)",
                    secret=True,
                    multiline=True,
                    help="the file may hold the certificate too",
                ),
                Field(
                    key="certificate",
                    prompt="Certificate (PEM)",
                    secret=True,
                    required=False,
                    multiline=True,
                    help="the one uploaded to the app registration, where it is not in the private key's file",
                ),
                Field(key="passphrase", prompt="Passphrase of the private key", secret=True, required=False),
            ),
            unattended=True,
            note="reaches SharePoint's recycle bins too",
        ),
        AuthMethod(
            key="secret",
            title="App registration with a client secret (also for cron)",
            fields=(
                _TENANT,
                _CLIENT,
                Field(key="client_secret", prompt="Client secret (its value, not its ID)", secret=True),
            ),
            unattended=True,
            note="SharePoint's own API takes no token of a secret: recycle bins cannot be acted on",
        ),
        AuthMethod(
            key="federated",
            title="App registration without a secret: a token of another identity provider (also for cron)",
            fields=(
                _TENANT,
                _CLIENT,
                Field(
                    key="token",
                    prompt="Token of the federated credential",
                    secret=True,
                    help="such as --secret token=file:/var/run/secrets/azure/tokens/azure-identity-token",
                ),
            ),
            unattended=True,
            note="read anew for each sign-in; keyless",
        ),
        AuthMethod(
            key="device",
            title="A person with a code, in any browser",
            fields=(_TENANT, _CLIENT),
            unattended=True,
            interactive=True,
            rotates=True,
            note="reaches what that person may; the list of all sites is out of reach, so files are incomplete",
        ),
    ),
    common_fields=(
        Field(
            key="cloud",
            prompt="Cloud (global, gcc, gcc-high, dod or china)",
            required=False,
            default="global",
        ),
        Field(
            key="internal_domains",
            prompt="Further domains that count as internal, separated by commas",
            required=False,
            help="the tenant's verified domains are read from the directory",
        ),
        Field(
            key="quarantine_drive",
            prompt="ID of the document library that holds quarantined files",
            required=False,
            help="empty: the first library of a site named *casb-quarantine*",
        ),
        Field(
            key="quarantine_tombstone",
            prompt="Leave a note in the place of a quarantined file (yes or no)",
            required=False,
            default="yes",
        ),
        Field(
            key="sign_in_dates",
            prompt="Read when each account last signed in (yes or no)",
            required=False,
            default="yes",
            help="Microsoft gives 5,000 accounts with that date at once, then 5,000 a minute; `no` leaves it out",
        ),
        Field(
            key="sensitivity_labels",
            prompt="Read each file's sensitivity label when listing (yes or no)",
            required=False,
            default="no",
            help="`yes` costs one call a file; a single file's label is always shown",
        ),
    ),
    components=COMPONENTS,
    products=(
        "azure-ad",
        "dynamics-365-crm",
        "exchange",
        "office",
        "onedrive",
        "power-automate",
        "power-bi",
        "sharepoint",
        "skype-for-business",
        "teams",
        "yammer",
    ),
    hosts={
        "api": "https://graph.microsoft.com",
        "login": "https://login.microsoftonline.com",
        "manage": "https://manage.office.com",
        "sharepoint": "https://YOUR-TENANT.sharepoint.com",
        "mysite": "https://YOUR-TENANT-my.sharepoint.com",
        "content": "https://YOUR-TENANT.sharepoint.com",
    },
    content_hosts=(
        ".sharepoint.com",
        ".sharepoint.us",
        ".sharepoint-mil.us",
        ".sharepoint.cn",
        ".svc.ms",
        ".1drv.com",
    ),
    limits=(
        # learn.microsoft.com, Microsoft Graph throttling limits. Identity: resource units in ten seconds by app and
        # tenant, 3,500 in the smallest tenants; writes 3,000 in 150 seconds.
        Limit(family="identity", allowed=3500, window=10, concurrency=8, kind="sliding"),
        Limit(family="identity-writes", allowed=3000, window=150, concurrency=4, kind="sliding"),
        # Identity and access reports: five requests in ten seconds.
        Limit(family="reports", allowed=5, window=10, concurrency=1, kind="sliding"),
        # Whatever selects `signInActivity`: ten requests a minute.
        Limit(family="sign-in-dates", allowed=10, window=60, concurrency=1, kind="sliding"),
        # SharePoint and OneDrive: resource units a minute by licences, 1,200 in the smallest tenants.
        Limit(family="sharepoint", allowed=1200, window=60, concurrency=10, kind="sliding"),
        Limit(family="manage", allowed=2000, window=60, concurrency=8, kind="sliding"),
        Limit(family="core", allowed=130_000, window=10, concurrency=8, kind="sliding"),
        Limit(family="oauth", allowed=200, window=10, concurrency=4, kind="sliding", known=False),
        Limit(family="content", allowed=6000, window=60, concurrency=10, kind="sliding", known=False),
    ),
    dialect=HeaderDialect(
        limit="ratelimit-limit", remaining="ratelimit-remaining", reset="ratelimit-reset", reset_means="seconds"
    ),
    prerequisites=(
        "an administrator who may register an app and grant admin consent (Privileged Role Administrator)",
        "Entra ID P1 or P2 for sign-ins and last sign-in dates, P2 for eligible roles",
        "auditing switched on in the Microsoft Purview portal for Office 365 activities",
    ),
    allow_list_hint=(
        "if Conditional Access for workload identities restricts the app by location, allow this machine's address"
    ),
    service_account_advice=(
        "use an app registration made for this purpose alone: whoever holds its key reads every file of the tenant"
    ),
    connector="casb_cli.apps.office365.connector:Office365",
    signin="casb_cli.apps.office365.auth:signin",
    setup="casb_cli.apps.office365.setup:instructions",
    urls="casb_cli.apps.office365.urls:base_urls",
)
