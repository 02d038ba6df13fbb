"""Amazon Web Services: one account, or all accounts of an organization, in any partition."""

from __future__ import annotations

from casb_cli.core.app import App, AuthMethod, Field, Limit, Variant

_ROLE = Field(
    key="role_arn",
    prompt="Role ARN",
    help="arn:aws:iam::123456789012:role/casb: the role made for this purpose",
)
_SESSION = Field(
    key="session_name",
    prompt="Session name",
    required=False,
    default="casb",
    help="stands in CloudTrail beside the role",
)

APP = App(
    key="aws",
    title="Amazon Web Services",
    auth=(
        AuthMethod(
            key="keys",
            title="Access key of a user made for this purpose",
            fields=(
                Field(key="access_key_id", prompt="Access key ID", help="begins with AKIA (ASIA for temporary keys)"),
                Field(key="secret_access_key", prompt="Secret access key", secret=True),
                Field(
                    key="session_token",
                    prompt="Session token (temporary keys only)",
                    secret=True,
                    required=False,
                ),
            ),
            unattended=True,
            note="a role is safer: its keys end by themselves",
        ),
        AuthMethod(
            key="role",
            title="Assume a role (recommended)",
            fields=(
                _ROLE,
                _SESSION,
                Field(
                    key="base_profile",
                    prompt="Profile that may assume it",
                    required=False,
                    help="empty: the given key, or what the AWS environment offers",
                ),
                Field(key="access_key_id", prompt="Access key ID that may assume it", required=False),
                Field(
                    key="secret_access_key",
                    prompt="Secret access key that may assume it",
                    secret=True,
                    required=False,
                ),
            ),
            unattended=True,
            note="the role's trust policy should ask for an external ID",
        ),
        AuthMethod(
            key="profile",
            title="A profile of the AWS command line (IAM Identity Center profiles too)",
            fields=(Field(key="profile", prompt="Profile", default="default"),),
            unattended=True,
            note="a profile of IAM Identity Center needs `aws sso login` from time to time: not for cron",
        ),
        AuthMethod(
            key="environment",
            title="What the AWS environment offers (AWS_* variables, default profile, container or instance role)",
            fields=(),
            unattended=True,
            note="cron has another environment than your shell",
        ),
        AuthMethod(
            key="web-identity",
            title="A token of another identity provider, exchanged for a role",
            fields=(
                _ROLE,
                _SESSION,
                Field(
                    key="token_file",
                    prompt="File that holds the token",
                    required=False,
                    help="read anew each time; empty: AWS_WEB_IDENTITY_TOKEN_FILE",
                ),
                Field(
                    key="web_identity_token",
                    prompt="Token, where it is in no file",
                    secret=True,
                    required=False,
                ),
            ),
            unattended=True,
        ),
        AuthMethod(
            key="instance-role",
            title="The role of this EC2 instance, ECS task or EKS pod",
            fields=(),
            unattended=True,
        ),
    ),
    common_fields=(
        Field(
            key="region",
            prompt="Home region",
            required=False,
            default="us-east-1",
            help="where the first calls go; it decides the partition: us-gov-west-1 or cn-north-1 lead to those",
        ),
        Field(
            key="regions",
            prompt="Regions to look into",
            required=False,
            default="enabled",
            help="`enabled` asks each account; else a list with commas",
        ),
        Field(
            key="member_role",
            prompt="Name of the role in member accounts",
            required=False,
            help="set, the instance spans all accounts of the organization; empty, one account",
        ),
        Field(
            key="accounts",
            prompt="Only these accounts (12 digits, commas)",
            required=False,
            help="of the organization's; empty: all active ones",
        ),
        Field(
            key="external_id",
            prompt="External ID",
            required=False,
            help="what the trust policies of the roles ask for",
        ),
        Field(
            key="identity_center_region",
            prompt="Region of IAM Identity Center",
            required=False,
            help="empty: the home region; `none`: do not look",
        ),
        Field(
            key="trail",
            prompt="CloudTrail bucket and prefix",
            required=False,
            help="s3://bucket/prefix: activity is read from the trail's files instead of LookupEvents",
        ),
        Field(
            key="queue_url",
            prompt="SQS queue of S3 notifications",
            required=False,
            help="for near-real-time scanning; the administrator sets the buckets' notifications up",
        ),
        Field(
            key="object_acls",
            prompt="Read the ACL of each object (check or skip)",
            required=False,
            default="check",
            help="`skip` saves one call an object in buckets whose ACLs are on; their objects' sharing is then unknown",
        ),
    ),
    hosts={"endpoint": ""},
    limits=(
        # Two LookupEvents a second for each account and region: the service's model says so. Counted as a bucket,
        # whatever the time of an answer, the pace of a listing page by page is two a second too.
        Limit(family="lookup", allowed=2, window=1, concurrency=2, per="user", kind="bucket"),
        # Twenty a second are published for Identity Center and its store, which others use too: learned all the same.
        # Nothing is published for the rest, and no header tells: low, then learned.
        Limit(family="iam", allowed=20, window=1, concurrency=4, per="user", kind="bucket", known=False),
        Limit(family="sts", allowed=10, window=1, concurrency=4, kind="bucket", known=False),
        Limit(family="organizations", allowed=2, window=1, concurrency=1, kind="bucket", known=False),
        Limit(family="identitystore", allowed=20, window=1, concurrency=4, kind="bucket", known=False),
        Limit(family="sso-admin", allowed=20, window=1, concurrency=4, kind="bucket", known=False),
        Limit(family="cloudtrail", allowed=5, window=1, concurrency=2, per="user", kind="bucket", known=False),
        Limit(family="account", allowed=2, window=1, concurrency=1, per="user", kind="bucket", known=False),
        Limit(family="access-analyzer", allowed=10, window=1, concurrency=4, per="user", kind="bucket", known=False),
        Limit(family="s3", allowed=200, window=1, concurrency=32, per="user", kind="bucket", known=False),
        Limit(family="s3control", allowed=10, window=1, concurrency=4, per="user", kind="bucket", known=False),
        Limit(family="sqs", allowed=50, window=1, concurrency=8, kind="bucket", known=False),
        Limit(family="core", allowed=10, window=1, concurrency=4, kind="bucket", known=False),
    ),
    variants=(
        Variant(key="account", title="one account"),
        Variant(key="organization", title="the accounts of an organization"),
    ),
    prerequisites=(
        "an administrator of the account, or of the organization's management account, to make roles",
        "the AWS-managed policy SecurityAudit and the reading policy that --print-setup shows, to look",
        "the acting policy that --print-setup shows, to act: give it to a role of its own",
        "a trail with data events, or an SQS queue of S3 notifications, to see file activity at once",
    ),
    allow_list_hint="if policies restrict source addresses (aws:SourceIp), allow the address of this machine",
    service_account_advice=(
        "use a role made for this purpose alone, with an external ID; never the root user's access keys"
    ),
    connector="casb_cli.apps.aws.connector:Aws",
    signin="casb_cli.apps.aws.auth:signin",
    setup="casb_cli.apps.aws.setup:instructions",
    urls="casb_cli.apps.aws.endpoints:base_urls",
)
