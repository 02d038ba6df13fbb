"""Google Workspace: one customer, its directory through an administrator, each My Drive through its owner."""

from __future__ import annotations

from casb_cli.core.app import App, AuthMethod, Field, HeaderDialect, Limit

_SUBJECT = Field(
    key="subject",
    prompt="E-mail address of a super administrator to act as",
    help="a licensed account that has signed in once; the directory and the audit trail are read as this account",
)

APP = App(
    key="google-workspace",
    title="Google Workspace",
    auth=(
        AuthMethod(
            key="service-account",
            title="Service account with domain-wide delegation (recommended, also for cron)",
            fields=(
                Field(
                    key="key",
                    prompt="Key of the service account (the JSON file)",
                    secret=True,
                    multiline=True,
                    help="made in the Google Cloud console: the service account, Keys, Add key, JSON",
                ),
                _SUBJECT,
            ),
            unattended=True,
            note="a super administrator lists the service account's client ID with its scopes in the Admin console",
        ),
        AuthMethod(
            key="keyless",
            title="Service account with domain-wide delegation, without a key: another credential signs for it",
            fields=(
                Field(
                    key="service_account",
                    prompt="E-mail address of the service account",
                    help="ends with .iam.gserviceaccount.com",
                ),
                Field(
                    key="access_token",
                    prompt="Access token of an identity that may create tokens for the service account",
                    secret=True,
                    help='such as --secret "access_token=command:gcloud auth print-access-token"; read anew as needed',
                ),
                _SUBJECT,
            ),
            unattended=True,
            note="needs the IAM Service Account Credentials API and the role Service Account Token Creator",
        ),
        AuthMethod(
            key="federation",
            title="Service account with domain-wide delegation, without a key: a workload identity signs for it",
            fields=(
                Field(
                    key="configuration",
                    prompt="Configuration of the workload identity (the external_account JSON file)",
                    secret=True,
                    multiline=True,
                    help="written by gcloud iam workload-identity-pools create-cred-config",
                ),
                Field(
                    key="service_account",
                    prompt="E-mail address of the service account",
                    required=False,
                    help="empty: the one that the configuration acts as",
                ),
                _SUBJECT,
            ),
            unattended=True,
            note="for runners of another cloud or CI; the token's file or address is read anew each time",
        ),
        AuthMethod(
            key="oauth",
            title="OAuth 2.0, an administrator in the browser",
            fields=(
                Field(key="client_id", prompt="Client ID", help="of an OAuth client of the type Desktop app"),
                Field(key="client_secret", prompt="Client secret", secret=True),
            ),
            unattended=True,
            interactive=True,
            note="reaches the directory and the administrator's own My Drive, but no other person's files",
        ),
    ),
    common_fields=(
        Field(
            key="internal_domains",
            prompt="Further domains that count as internal, separated by commas",
            required=False,
            help="the customer's own domains and their aliases are read from Google",
        ),
        Field(
            key="quarantine_drive",
            prompt="ID of the shared drive that holds quarantined files",
            required=False,
            help="empty: a drive named *casb quarantine vault*, made when first needed",
        ),
        Field(
            key="intake_drive",
            prompt="ID of the shared drive through which files enter the quarantine",
            required=False,
            help="empty: a drive named *casb quarantine intake*, made when first needed",
        ),
    ),
    hosts={
        "api": "https://www.googleapis.com",
        "admin": "https://admin.googleapis.com",
        "oauth": "https://oauth2.googleapis.com",
        "accounts": "https://accounts.google.com",
        "iam": "https://iamcredentials.googleapis.com",
        "sts": "https://sts.googleapis.com",
        "cloudidentity": "https://cloudidentity.googleapis.com",
    },
    content_hosts=(".googleusercontent.com", ".usercontent.google.com"),
    limits=(
        # developers.google.com, Admin SDK limits and quotas: 2,400 queries a minute for a user and project.
        Limit(family="directory", allowed=2400, window=60, concurrency=8, kind="sliding"),
        Limit(family="reports", allowed=2400, window=60, concurrency=8, kind="sliding"),
        # developers.google.com, Drive usage limits: 1,000,000 quota units a minute for a project, of which
        # 325,000 for a user; a list costs 100 units, a download 200, a change 50, a get 5.
        Limit(family="drive", allowed=1_000_000, one_may=325_000, window=60, concurrency=16, kind="sliding"),
        # Nothing is published for delegated tokens; each user acted as costs one call an hour.
        Limit(family="oauth", allowed=6000, window=60, concurrency=16, kind="sliding", known=False),
        Limit(family="iam", allowed=3000, window=60, concurrency=16, kind="sliding", known=False),
    ),
    # Google tells no remaining quota; Retry-After comes now and then.
    dialect=HeaderDialect(),
    prerequisites=(
        "a Google Cloud project with the Admin SDK API and the Google Drive API enabled",
        "a super administrator, to list the service account under domain-wide delegation and to be acted as",
        "Business Standard or higher for the audit trail of Drive",
    ),
    allow_list_hint="if context-aware access restricts the Admin console or Drive by address, allow this machine's",
    service_account_advice=(
        "use a service account in a project made for this purpose alone: whoever holds its key reads every My Drive"
    ),
    connector="casb_cli.apps.google_workspace.connector:GoogleWorkspace",
    signin="casb_cli.apps.google_workspace.auth:signin",
    setup="casb_cli.apps.google_workspace.setup:instructions",
)
