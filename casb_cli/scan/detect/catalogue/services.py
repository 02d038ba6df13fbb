"""Tokens of code hosts, chats, payment, mail and model providers."""

from __future__ import annotations

from base64 import b64encode

from casb_cli.scan.detect.catalogue._build import credential, prefixed
from casb_cli.scan.detect.catalogue._cards import ENCODED
from casb_cli.scan.detect.examples import ALNUM, HEX, URLSAFE, crc_token, digits, jwt, rand
from casb_cli.scan.detect.rules import Detector, Rule

_SLACK_HOOK = r"https?://hooks\.slack\.com/(?:services|workflows|triggers)/"


def _slack(kind: str) -> str:
    return f"xox{kind}-{digits(12)}-{digits(12, 2)}-{rand(24)}"


DETECTORS: tuple[Detector, ...] = (
    credential(
        "github-token",
        "GitHub token",
        "A personal, OAuth, user, server or refresh token of GitHub; the checksum is verified.",
        prefixed("gh[pousr]_", "A-Za-z0-9", 36),
        prefixed("ghs_", "A-Za-z0-9", 37, 80),
        prefixed("ghr_", "A-Za-z0-9", 76),
        Rule(
            hint=r"ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{10}",
            pattern=r"(?<![A-Za-z0-9_])(?P<v>ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{10,400}(?:\.[A-Za-z0-9_-]{20,900}){2})",
            before=64,
            after=2300,
        ),
        Rule(
            hint=r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
            pattern=r"(?<![A-Za-z0-9_])(?P<v>github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?![A-Za-z0-9_])",
            before=110,
            after=8,
        ),
        severity="critical",
        confidence="medium",
        proofs=("base62_crc32",),
        checks=("mixed",),
        reference="GitHub: token formats; six last characters are the CRC32 in base 62",
        keywords=("github", "gh", "token", "git", "authorization", "bearer", "pat"),
        match=lambda: (
            *(f"token: {crc_token(f'gh{kind}_', seed)}" for seed, kind in enumerate("pousr")),
            f"GITHUB_TOKEN={'github_' + 'pat_'}{rand(22)}_{rand(59)}",
            f"token: {'ghs' + '_'}12345_eyJ{rand(40)}.{rand(80, seed=2)}.{rand(86, seed=3)}",
            f"https://x:{crc_token('ghp' + '_', 9)}@github.com/a/b.git",
        ),
        no_match=lambda: (
            "ghp_" + rand(30),
            "ghp_" + "x" * 36,
            "ghp_" + rand(36) + "_more",
            "ghx_" + rand(36),
            "github_pat_" + rand(80),
        ),
    ),
    credential(
        "gitlab-token",
        "GitLab token",
        "A personal, deploy, runner, feed or trigger token of GitLab.",
        prefixed("gl(?:pat|dt|rt|ft|ptt|soat|agent|oas|cbt|imt)-", "A-Za-z0-9_-", 20, 64, edge="A-Za-z0-9_-"),
        checks=("mixed",),
        match=lambda: ("glpat-" + rand(20, URLSAFE), "PRIVATE-TOKEN: " + "glrt-" + rand(20, ALNUM, 2)),
        no_match=lambda: ("glpat-" + rand(12), "glpat-" + "x" * 20, "aglpat-" + rand(20)),
    ),
    credential(
        "slack-token",
        "Slack token",
        "A bot, user, app, refresh or configuration token of Slack.",
        Rule(
            hint=r"xox[abeoprs]-[A-Za-z0-9-]{10}",
            pattern=rf"(?:(?<![A-Za-z0-9])|{ENCODED})"
            r"(?P<v>xox[abeoprs]-(?:[0-9]{1,14}-){0,4}[A-Za-z0-9-]{10,180}[A-Za-z0-9])(?![A-Za-z0-9])",
            before=24,
            after=220,
        ),
        Rule(
            hint=r"xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[a-f0-9]{32}",
            pattern=r"(?<![A-Za-z0-9])(?P<v>xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[a-f0-9]{32,64})(?![A-Za-z0-9])",
            before=110,
            after=48,
        ),
        checks=("mixed",),
        severity="critical",
        reference="Slack: token types",
        match=lambda: (
            f"SLACK={_slack('b')}",
            _slack("p"),
            f"xapp-1-A{rand(10, 'ABCDEF0123456789')}-{digits(13)}-{rand(64, HEX)}",
        ),
        no_match=lambda: ("xoxb-" + "your-token-here", "xoxb-" + "1234", "xoxz-" + digits(12) + "-" + rand(24)),
    ),
    credential(
        "slack-webhook",
        "Slack webhook",
        "An address through which anybody may post into a Slack channel.",
        Rule(
            hint=_SLACK_HOOK + r"[A-Za-z0-9]{6,14}/[A-Za-z0-9]{6,14}/[A-Za-z0-9]{16}",
            pattern=r"(?P<v>" + _SLACK_HOOK + r"[A-Za-z0-9]{6,14}/[A-Za-z0-9]{6,14}/[A-Za-z0-9]{16,48})(?![A-Za-z0-9])",
            before=110,
            after=48,
        ),
        Rule(
            hint=_SLACK_HOOK + r"[A-Za-z0-9+/]{43}",
            pattern=r"(?P<v>" + _SLACK_HOOK + r"[A-Za-z0-9+/]{43,64})(?![A-Za-z0-9])",
            before=110,
            after=64,
        ),
        filters=("documentation",),
        match=lambda: (
            "https://hooks.slack.com/" + "workflows/" + rand(46),
            "https://hooks.slack.com/" + f"services/T{rand(8, HEX).upper()}/B{rand(8, HEX, 2).upper()}/{rand(24)}",
        ),
        no_match=lambda: (
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "https://slack.com/services/T1",
        ),
    ),
    credential(
        "stripe-key",
        "Stripe secret key",
        "A live secret or restricted key of Stripe.",
        prefixed("[rs]k_live_", "A-Za-z0-9", 20, 120),
        severity="critical",
        checks=("mixed",),
        match=lambda: ("sk_" + "live_" + rand(24), "rk_" + "live_" + rand(99, ALNUM, 2)),
        no_match=lambda: ("sk_test_" + rand(24), "pk_live_" + rand(24), "sk_live_" + "x" * 24),
    ),
    credential(
        "npm-token",
        "npm token",
        "A token of the npm registry; the checksum is verified.",
        prefixed("npm_", "A-Za-z0-9", 36),
        confidence="medium",
        proofs=("base62_crc32",),
        checks=("mixed",),
        keywords=("npm", "token", "registry", "authtoken"),
        match=lambda: ("//registry/:_authToken=" + crc_token("npm" + "_"),),
        no_match=lambda: ("npm_" + rand(30), "npm_" + "config_" + "registry_url_of_this_long_name_"),
    ),
    credential(
        "pypi-token",
        "PyPI token",
        "An upload token of the Python package index.",
        prefixed("pypi-AgEI(?:cHlwaS5vcmc|dGVzdC5weXBpLm9yZw)", "A-Za-z0-9_-", 50, 1000, edge="A-Za-z0-9_-"),
        severity="critical",
        match=lambda: ("password = " + "pypi-" + "AgEIcHlwaS5vcmc" + rand(150, URLSAFE),),
        no_match=lambda: ("pypi-AgEIcHlwaS5vcmc", "pypi-" + rand(60)),
    ),
    credential(
        "openai-key",
        "OpenAI API key",
        "A user, project or service account key of OpenAI.",
        Rule(
            hint=r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,74}T3BlbkFJ[A-Za-z0-9_-]{20}",
            pattern=r"(?<![A-Za-z0-9_-])(?P<v>sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,74}T3BlbkFJ[A-Za-z0-9_-]{20,74})(?![A-Za-z0-9_-])",
            before=160,
            after=80,
        ),
        match=lambda: (
            "sk-" + rand(20) + "T3Blbk" + "FJ" + rand(20, ALNUM, 2),
            "OPENAI_API_KEY=sk-proj-" + rand(58, URLSAFE) + "T3Blbk" + "FJ" + rand(58, URLSAFE, 2),
        ),
        no_match=lambda: ("sk-" + rand(40), "sk-learn-model-" + "a" * 30),
    ),
    credential(
        "anthropic-key",
        "Anthropic API key",
        "An API or admin key of Anthropic.",
        prefixed("sk-ant-(?:api|admin)[0-9]{2}-", "A-Za-z0-9_-", 80, 120, edge="A-Za-z0-9_-"),
        match=lambda: ("sk-ant-" + "api03-" + rand(93, URLSAFE) + "AA",),
        no_match=lambda: ("sk-ant-api03-" + rand(20), "sk-ant-api03-" + "x" * 93),
    ),
    credential(
        "huggingface-token",
        "Hugging Face token",
        "A user or organisation token of Hugging Face.",
        prefixed("(?:hf|api_org)_", "A-Za-z", 34),
        match=lambda: ("hf_" + rand(34, ALNUM[:52]),),
        no_match=lambda: ("hf_" + rand(20, ALNUM[:52]), "hf_" + "a" * 34),
    ),
    credential(
        "sendgrid-key",
        "SendGrid API key",
        "A key that sends mail in the owner's name.",
        Rule(
            hint=r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
            pattern=rf"(?:(?<![A-Za-z0-9_.-])|{ENCODED})"
            r"(?P<v>SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])",
            before=84,
            after=8,
        ),
        match=lambda: ("SG." + rand(22, URLSAFE) + "." + rand(43, URLSAFE),),
        no_match=lambda: ("SG." + rand(22) + "." + rand(20), "SG." + "x" * 22 + "." + "x" * 43),
    ),
    credential(
        "twilio-key",
        "Twilio API key",
        "A key SID of Twilio next to words for it.",
        prefixed("SK", "a-fA-F0-9", 32),
        confidence="medium",
        keywords=("twilio", "api key sid", "account sid"),
        match=lambda: ("TWILIO_API_KEY=SK" + rand(32, HEX),),
        no_match=lambda: ("ASK" + rand(32, HEX), "twilio SK" + rand(30, HEX)),
    ),
    credential(
        "mailgun-key",
        "Mailgun key",
        "A private API key of Mailgun.",
        prefixed("key-", "a-z0-9", 32, edge="A-Za-z0-9-"),
        keywords=("mailgun", "mg", "api key"),
        required=True,
        match=lambda: ("mailgun: key-" + rand(32, HEX),),
        no_match=lambda: ("key-" + rand(32, HEX), "mailgun key-" + rand(20, HEX)),
    ),
    credential(
        "sonar-login",
        "SonarQube login token",
        "A token of SonarQube as analysers are handed it.",
        Rule(
            hint=r"sonar\.login[\"']?\s{0,3}[=:,]\s{0,3}[\"']?[0-9a-f]{40}",
            pattern=r"sonar\.login[\"']?\s{0,3}[=:,]\s{0,3}[\"']?(?P<v>[0-9a-f]{40})(?![0-9A-Za-z])",
            before=72,
            after=8,
        ),
        reference="SonarQube: analysis parameters",
        match=lambda: ("mvn sonar:sonar -Dsonar." + "login=" + rand(40, HEX),),
        no_match=lambda: ("sonar.login=admin", "sonar.login=" + rand(30, HEX), "sonar.login=" + "a" * 40),
    ),
    credential(
        "code-climate-reporter-id",
        "Code Climate reporter id",
        "What lets anybody report the coverage of a repository to Code Climate.",
        Rule(
            hint=r"CC_TEST_REPORTER_ID[\"']?\s{0,3}[=:]\s{0,3}[\"']?[0-9a-f]{64}",
            pattern=r"CC_TEST_REPORTER_ID[\"']?\s{0,3}[=:]\s{0,3}[\"']?(?P<v>[0-9a-f]{64})(?![0-9A-Za-z])",
            before=100,
            after=8,
        ),
        severity="low",
        reference="Code Climate: finding your test coverage token",
        match=lambda: ("CC_TEST_REPORTER_ID=" + rand(64, HEX),),
        no_match=lambda: ("CC_TEST_REPORTER_ID=${{ secrets.CC }}", "CC_TEST_REPORTER_ID=" + rand(40, HEX)),
    ),
    credential(
        "tink-keyset",
        "Keyset of Tink",
        "A secret or private key of Tink, in the clear.",
        Rule(
            hint=r"type\.googleapis\.com/google\.crypto\.tink\.[A-Za-z0-9]{3}",
            pattern=(
                r"type\.googleapis\.com/google\.crypto\.tink\.(?![A-Za-z0-9]{1,40}PublicKey)[A-Za-z0-9]{3,60}\\{0,6}\""
                r"\s{0,20},\s{0,20}\\{0,6}\"value\\{0,6}\"\s{0,8}:\s{0,8}\\{0,6}\"(?P<v>[A-Za-z0-9+/_-]{12,6000}={0,2})\\{0,6}\""
            ),
            before=60,
            after=6200,
        ),
        severity="critical",
        reference="Tink: keysets",
        match=lambda: (
            '"keyData": {"typeUrl": "type.googleapis.com/google.' + f'crypto.tink.AesGcmKey", "value": "{rand(24)}"',
        ),
        no_match=lambda: (
            f'"typeUrl":"type.googleapis.com/google.crypto.tink.EcdsaPublicKey","value":"{rand(60)}"',
            "type.googleapis.com/google.crypto.tink.AesGcmKey",
        ),
    ),
    credential(
        "telegram-bot-token",
        "Telegram bot token",
        "A token that is the bot.",
        Rule(
            hint=r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
            pattern=r"(?<![A-Za-z0-9_:-])(?P<v>[0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])",
            before=56,
            after=8,
        ),
        match=lambda: (f"bot {digits(10)}:AA{rand(33, URLSAFE)}",),
        no_match=lambda: (f"{digits(10)}:{rand(33)}", f"{digits(10)}:AA{rand(20)}"),
    ),
    credential(
        "shopify-token",
        "Shopify token",
        "An access token or shared secret of Shopify.",
        prefixed("shp(?:at|ca|pa|ss)_", "A-Za-z0-9", 32, 64),
        match=lambda: ("shpat_" + rand(32, HEX), "shpss_" + rand(32, HEX, 2)),
        no_match=lambda: ("shpat_" + rand(30, HEX), "shpxx_" + rand(32, HEX)),
    ),
    credential(
        "atlassian-token",
        "Atlassian API token",
        "An API token of Atlassian Cloud.",
        prefixed("ATATT3xFfGF0", "A-Za-z0-9_=-", 150, 200, edge="A-Za-z0-9_-"),
        match=lambda: ("ATATT3x" + "FfGF0" + rand(171, URLSAFE) + "=" + rand(8, "0123456789ABCDEF"),),
        no_match=lambda: ("ATATT3xFfGF0" + rand(40), "ATATT" + rand(180)),
    ),
    credential(
        "json-web-token",
        "JSON web token",
        "A signed token: whoever holds it is its subject until it expires.",
        Rule(
            hint=r"(?:\b|%3D|%20|%22)eyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{6}",
            pattern=rf"(?:(?<![A-Za-z0-9_-])|{ENCODED})"
            r"(?P<v>eyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{6,3000}\.[A-Za-z0-9_-]{16,700})(?![A-Za-z0-9_-])",
            before=560,
            after=4000,
        ),
        # As secrets of Kubernetes have it: in base64 once more.
        Rule(
            hint=r"ZXlK[A-Za-z0-9+/]{60}",
            pattern=r"(?<![A-Za-z0-9+/])(?P<v>ZXlK[A-Za-z0-9+/]{80,4000}={0,2})(?![A-Za-z0-9+/=])",
            before=80,
            after=4100,
            checks=("encoded_jwt",),
        ),
        severity="medium",
        checks=("jwt",),
        reference="RFC 7519",
        match=lambda: (
            f"Authorization: Bearer {jwt()}",
            f'"id_token":"{jwt(2)}"',
            "  token: " + b64encode(jwt(3).encode()).decode(),
        ),
        no_match=lambda: (
            jwt().rsplit(".", 1)[0],
            "eyJ" + rand(30) + ".eyJ" + rand(30) + "." + rand(43),
        ),
    ),
)
