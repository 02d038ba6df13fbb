"""Keys of many services that share one shape: a telling prefix and a random body of a known length."""

from __future__ import annotations

import re
from typing import NamedTuple

from casb_cli.core.models import Severity
from casb_cli.scan.detect.catalogue._build import credential, prefixed
from casb_cli.scan.detect.examples import ALNUM, HEX, UPPER, URLSAFE, digits, rand
from casb_cli.scan.detect.rules import Detector, Examples, Rule

_NAMED = {HEX: "a-f0-9", ALNUM: "A-Za-z0-9", UPPER: "A-Z0-9"}
_BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def _class(alphabet: str) -> str:
    """Return an alphabet as the inside of a character class."""
    for letters, short in sorted(_NAMED.items(), key=lambda item: -len(item[0])):
        if alphabet.startswith(letters):
            return short + "".join(re.escape(char) for char in alphabet[len(letters) :])
    return alphabet


class _Key(NamedTuple):
    id: str
    title: str
    start: str
    body: str
    least: int
    most: int | None = None
    severity: Severity = "high"


_KEYS = (
    _Key("databricks-token", "Databricks token", "dapi", HEX, 32),
    _Key("vault-token", "HashiCorp Vault token", "hvs.", URLSAFE, 90, 160, "critical"),
    _Key("linear-key", "Linear API key", "lin_api_", ALNUM, 40),
    _Key("notion-token", "Notion integration token", "ntn_", ALNUM, 46),
    _Key("doppler-token", "Doppler token", "dp.pt.", ALNUM, 43, 44),
    _Key("new-relic-key", "New Relic user key", "NRAK-", UPPER, 27),
    _Key("docker-hub-token", "Docker Hub access token", "dckr_pat_", URLSAFE, 27),
    _Key("square-token", "Square access token", "sq0atp-", URLSAFE, 22, None, "critical"),
    _Key("square-secret", "Square OAuth secret", "sq0csp-", URLSAFE, 43, None, "critical"),
    _Key("rubygems-key", "RubyGems API key", "rubygems_", HEX, 48),
    _Key("age-secret-key", "age secret key", "AGE-SECRET-KEY-1", _BECH32, 58, None, "critical"),
    _Key("planetscale-password", "PlanetScale password", "pscale_pw_", URLSAFE, 32, 64),
    _Key("planetscale-token", "PlanetScale service token", "pscale_tkn_", URLSAFE, 32, 64),
    _Key("pulumi-token", "Pulumi access token", "pul-", HEX, 40),
    _Key("figma-token", "Figma personal access token", "figd_", URLSAFE, 40, 60),
    _Key("replicate-token", "Replicate API token", "r8_", ALNUM, 37),
    _Key("groq-key", "Groq API key", "gsk_", ALNUM, 52),
    _Key("perplexity-key", "Perplexity API key", "pplx-", ALNUM, 48),
    _Key("xai-key", "xAI API key", "xai-", ALNUM, 80),
    _Key("heroku-key", "Heroku API key", "HRKU-", URLSAFE, 36, 60),
    _Key("supabase-token", "Supabase access token", "sbp_", HEX, 40),
    _Key("sentry-user-token", "Sentry user token", "sntryu_", HEX, 64),
    _Key("grafana-cloud-token", "Grafana Cloud token", "glc_eyJ", ALNUM, 60, 300),
    _Key("google-access-token", "Google OAuth access token", "ya29.", URLSAFE, 60, 400, "medium"),
    _Key("shippo-token", "Shippo live token", "shippo_live_", HEX, 40),
    _Key("easypost-key", "EasyPost production key", "EZAK", ALNUM, 54),
    _Key("buildkite-token", "Buildkite user token", "bkua_", HEX, 40),
    _Key("onepassword-service-token", "1Password service token", "ops_eyJ", ALNUM + "+/", 240, 1200, "critical"),
    _Key("adobe-client-secret", "Adobe client secret", "p8e-", URLSAFE, 32),
    _Key("alibaba-access-key", "Alibaba Cloud access key", "LTAI", ALNUM, 12, 20),
    _Key("artifactory-key", "JFrog Artifactory API key", "AKCp", ALNUM, 69),
    _Key("bedrock-key", "Amazon Bedrock API key", "ABSK", ALNUM + "+/", 109, 269),
    _Key("clojars-token", "Clojars deploy token", "CLOJARS_", HEX, 60),
    _Key("cloudflare-origin-key", "Cloudflare origin CA key", "v1.0-", HEX + "-", 171),
    _Key("duffel-token", "Duffel token", "duffel_live_", URLSAFE, 43),
    _Key("dynatrace-token", "Dynatrace token", "dt0c01.", UPPER + ".", 89),
    _Key("facebook-page-token", "Facebook page access token", "EAAC", ALNUM, 100, 300),
    _Key("flutterwave-key", "Flutterwave secret key", "FLWSECK-", ALNUM + "-", 33, 40, "critical"),
    _Key("fly-token", "Fly.io access token", "fo1_", URLSAFE, 43),
    _Key("fly-macaroon", "Fly.io macaroon", "fm2_", ALNUM + "+/", 100, 1000),
    _Key("frameio-token", "Frame.io token", "fio-u-", URLSAFE, 64),
    _Key("infracost-key", "Infracost API key", "ico-", ALNUM, 32),
    _Key("langfuse-key", "Langfuse secret key", "sk-lf-", HEX + "-", 36),
    _Key("langsmith-key", "LangSmith API key", "lsv2_pt_", HEX + "_", 43),
    _Key("mapbox-token", "Mapbox secret token", "sk.eyJ", URLSAFE + ".", 80, 120),
    _Key("nvidia-key", "NVIDIA API key", "nvapi-", URLSAFE, 64),
    _Key("octopus-key", "Octopus Deploy API key", "API-", UPPER, 25, 32),
    _Key("openrouter-key", "OpenRouter API key", "sk-or-v1-", HEX, 64),
    _Key("openshift-token", "OpenShift user token", "sha256~", URLSAFE, 43),
    _Key("pinecone-key", "Pinecone API key", "pcsk_", ALNUM + "_", 60, 90),
    _Key("prefect-key", "Prefect API key", "pnu_", ALNUM, 36),
    _Key("ramp-secret", "Ramp client secret", "ramp_sec_", ALNUM, 48),
    _Key("readme-key", "ReadMe API key", "rdme_", ALNUM, 70),
    _Key("rootly-token", "Rootly API token", "rootly_", HEX, 64),
    _Key("scalingo-token", "Scalingo token", "tk-us-", URLSAFE, 48),
    _Key("sentry-org-token", "Sentry organization token", "sntrys_eyJ", ALNUM + "+/=_", 100, 400),
    _Key("sourcegraph-token", "Sourcegraph access token", "sgp_", HEX + "_", 40, 57),
    _Key("spectral-token", "Spectral token", "spu-", HEX, 32),
    _Key("elevenlabs-key", "ElevenLabs API key", "sk_", HEX, 48),
    _Key("sourcegraph-cody-token", "Sourcegraph Cody token", "slk_", HEX, 64),
    _Key("teamwork-token", "Teamwork token", "tkn.v1_", ALNUM, 60, 70),
    _Key("typeform-token", "Typeform access token", "tfp_", URLSAFE + ".", 40, 60),
    _Key("vault-batch-token", "HashiCorp Vault batch token", "hvb.", URLSAFE, 138, 300, "critical"),
    _Key("yandex-key", "Yandex Cloud API key", "AQVN", URLSAFE, 35, 38),
)


def _detector(key: _Key) -> Detector:
    body = _class(key.body)
    edge = "A-Za-z0-9_-" if "-" in key.body else "A-Za-z0-9_"
    return credential(
        key.id,
        key.title,
        f"{key.title}: told by its prefix and its length.",
        prefixed(re.escape(key.start), body, key.least, key.most, edge=edge),
        severity=key.severity,
        match=lambda: (f"key={key.start}{rand(key.least, key.body)}", f'"{key.start}{rand(key.least, key.body, 2)}"'),
        no_match=lambda: (
            key.start + rand(key.least - 6, key.body),
            key.start + key.body[0] * key.least,
            f"a{key.start}{rand(key.least, key.body)}",
        ),
    )


def _formed(
    name: str, title: str, form: str, match: Examples, no_match: Examples, severity: Severity = "high"
) -> Detector:
    """Return the detector of a key whose parts stand at fixed places; the hint is the form itself."""
    return credential(
        name,
        title,
        f"{title}: told by the form of its parts.",
        Rule(
            hint=form,
            pattern=f"(?<![A-Za-z0-9_-])(?P<v>{form})(?![A-Za-z0-9_-])",
            before=260,
            after=16,
        ),
        severity=severity,
        filters=("documentation", "monotone"),
        match=match,
        no_match=no_match,
    )


_DISCORD = r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{68}"

_TEAMS_HOST = "https://corp.webhook.office.com/webhookb2"
_TEAMS = (
    r"https://[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb2/[A-Za-z0-9@-]{60,90}/IncomingWebhook"
    r"/[A-Za-z0-9]{32}/[A-Za-z0-9-]{36}"
)

DETECTORS: tuple[Detector, ...] = (
    *map(_detector, _KEYS),
    _formed(
        "teams-webhook",
        "Microsoft Teams incoming webhook",
        _TEAMS,
        lambda: (f"{_TEAMS_HOST}/{rand(36)}@{rand(36, seed=2)}/IncomingWebhook/{rand(32, HEX)}/{rand(36, HEX)}",),
        lambda: (f"{_TEAMS_HOST}/{rand(36)}/IncomingWebhook/{rand(32, HEX)}",),
        "medium",
    ),
    _formed(
        "harness-token",
        "Harness access token",
        r"[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}",
        lambda: (f"pat.{rand(22)}.{rand(24, HEX)}.{rand(20)}",),
        lambda: (f"pat.{rand(22)}.{rand(20, HEX)}.{rand(20)}",),
    ),
    _formed(
        "maxmind-key",
        "MaxMind licence key",
        r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk",
        lambda: (f"{rand(6)}_{rand(29)}_mmk",),
        lambda: (f"{rand(6)}_{rand(20)}_mmk",),
    ),
    _formed(
        "zoho-token",
        "Zoho OAuth token",
        r"1000\.[a-f0-9]{32}\.[a-f0-9]{32}",
        lambda: (f"1000.{rand(32, HEX)}.{rand(32, HEX, 2)}",),
        lambda: (f"1000.{rand(32, HEX)}.{rand(30, HEX, 2)}",),
    ),
    _formed(
        "postman-key",
        "Postman API key",
        r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
        lambda: ("PMAK" + f"-{rand(24, HEX)}-{rand(34, HEX)}",),
        lambda: ("PMAK" + f"-{rand(24, HEX)}-{rand(30, HEX)}",),
    ),
    _formed(
        "grafana-token",
        "Grafana service account token",
        r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
        lambda: ("glsa" + f"_{rand(32)}_{rand(8, HEX)}",),
        lambda: ("glsa" + f"_{rand(30)}_{rand(8, HEX)}",),
    ),
    _formed(
        "brevo-key",
        "Brevo API key",
        r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}",
        lambda: ("xkeysib" + f"-{rand(64, HEX)}-{rand(16)}",),
        lambda: ("xkeysib" + f"-{rand(60, HEX)}-{rand(16)}",),
    ),
    _formed(
        "airtable-token",
        "Airtable personal access token",
        r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",
        lambda: (f"pat{rand(14)}.{rand(64, HEX)}",),
        lambda: (f"pat{rand(14)}.{rand(60, HEX)}", f"a_pat{rand(14)}.{rand(64, HEX)}"),
    ),
    _formed(
        "tailscale-key",
        "Tailscale key",
        r"tskey-(?:api|auth|client|scim|webhook)-[A-Za-z0-9]{9,24}-[A-Za-z0-9]{20,40}",
        lambda: ("tskey-" + f"auth-{rand(12)}-{rand(32)}",),
        lambda: ("tskey-" + f"auth-{rand(4)}-{rand(32)}",),
    ),
    _formed(
        "mailchimp-key",
        "Mailchimp API key",
        r"[a-f0-9]{32}-us[0-9]{1,2}",
        lambda: (f"key={rand(32, HEX)}-us14",),
        lambda: (f"key={rand(30, HEX)}-us14", f"key={rand(32, HEX)}-eu14"),
    ),
    _formed(
        "terraform-token",
        "Terraform Cloud token",
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}",
        lambda: (f"token = {rand(14)}.atlas" + f"v1.{rand(67)}",),
        lambda: (f"token = {rand(14)}.atlas" + f"v1.{rand(20)}",),
        "critical",
    ),
    _formed(
        "azure-devops-token",
        "Azure DevOps personal access token",
        r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{18}AZDO[A-Za-z0-9]{4}",
        lambda: (f"{rand(52)}JQQJ" + f"99{rand(18)}AZDO{rand(4)}",),
        lambda: (f"{rand(52)}JQQJ" + f"99{rand(10)}AZDO{rand(4)}",),
        "critical",
    ),
    _formed(
        "discord-webhook",
        "Discord webhook",
        _DISCORD,
        lambda: ("https://discord.com/" + f"api/webhooks/{digits(18)}/{rand(68, URLSAFE)}",),
        lambda: ("https://discord.com/" + f"api/webhooks/{digits(18)}/{rand(20, URLSAFE)}",),
        "medium",
    ),
)
