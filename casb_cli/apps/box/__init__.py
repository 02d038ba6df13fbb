"""Box: one enterprise, reached as a service account or as an administrator, acting as each user."""

from __future__ import annotations

from casb_cli.core.app import App, AuthMethod, Budget, Field, HeaderDialect, Limit

_CLIENT_ID = Field(key="client_id", prompt="Client ID", help="on the app's Configuration page")
_CLIENT_SECRET = Field(key="client_secret", prompt="Client secret", secret=True)
_ADMIN = Field(
    key="admin_id",
    prompt="User ID of an administrator to act as",
    required=False,
    help="empty: the app's own service account, which is recommended",
)

APP = App(
    key="box",
    title="Box",
    auth=(
        AuthMethod(
            key="ccg",
            title="Platform app with client credentials (recommended, also for cron)",
            fields=(
                _CLIENT_ID,
                _CLIENT_SECRET,
                Field(
                    key="enterprise_id",
                    prompt="Enterprise ID",
                    help="Admin Console, Account & Billing",
                ),
                _ADMIN,
            ),
            unattended=True,
            note="an administrator authorizes the app in the Admin Console, again after every change of its scopes",
        ),
        AuthMethod(
            key="jwt",
            title="Platform app with a signed assertion (the downloaded settings JSON)",
            fields=(
                Field(
                    key="config",
                    prompt="Settings JSON of the app, as downloaded",
                    secret=True,
                    multiline=True,
                    help="the file that Generate a Public/Private Keypair lets you download once",
                ),
                _ADMIN,
            ),
            unattended=True,
            note="this machine's clock must be right: assertions live for seconds",
        ),
        AuthMethod(
            key="oauth",
            title="OAuth 2.0, an administrator in the browser",
            fields=(_CLIENT_ID, _CLIENT_SECRET),
            unattended=True,
            interactive=True,
            rotates=True,
            note="needs an admin, or a co-admin who may manage users and run reports; sign in again after 60 idle days",
        ),
    ),
    common_fields=(
        Field(
            key="file_collaborators",
            prompt="Look for collaborators of single files inside collaborated folders (check or inherit)",
            required=False,
            default="check",
            help="`inherit` saves one call a file there and takes it to be as open as its folder",
        ),
    ),
    hosts={
        "api": "https://api.box.com",
        "upload": "https://upload.box.com/api",
        "account": "https://account.box.com/api/oauth2",
        "content": "https://dl.boxcloud.com",
    },
    content_hosts=(".boxcloud.com",),
    limits=(
        # developer.box.com, rate limits: 1,000 calls a minute for a user; calls with as-user count for that user.
        Limit(family="core", allowed=1000, window=60, concurrency=8, per="user", kind="sliding"),
        # developer.box.com, rate limits: 240 uploads a minute for a user.
        Limit(family="upload", allowed=240, window=60, concurrency=2, per="user", kind="sliding"),
        # Nothing is published for the token endpoint.
        Limit(family="oauth", allowed=60, window=60, concurrency=1, kind="sliding", known=False),
    ),
    # Box tells no remaining quota, only how long to wait.
    dialect=HeaderDialect(),
    budgets=(
        Budget(
            key="month",
            allowed=None,
            period="month",
            note="Box sells calls a month by plan, shared by all apps of the enterprise; cap it to your share",
        ),
    ),
    prerequisites=(
        "a Business or Enterprise plan (enterprise events)",
        "a platform app with App + Enterprise Access, authorized by an administrator in the Admin Console",
        "the advanced feature `Make API calls using the as-user header`",
        "do not grant Global Content Manager: with it foreign content becomes unreadable",
    ),
    allow_list_hint="if the enterprise restricts access by IP address, allow the address of this machine for the app",
    service_account_advice=(
        "use an app made for this purpose alone; its service account owns the quarantine folder, "
        "so give that account enough storage"
    ),
    connector="casb_cli.apps.box.connector:Box",
    signin="casb_cli.apps.box.auth:signin",
    setup="casb_cli.apps.box.setup:instructions",
    urls="casb_cli.apps.box.urls:base_urls",
)
