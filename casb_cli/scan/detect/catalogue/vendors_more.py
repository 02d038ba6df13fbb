"""Keys of further services: a telling prefix and body, an address that is the key, or a form beside a word."""

# ruff: noqa: E501 - tables of forms

from __future__ import annotations

import re
from typing import NamedTuple

from casb_cli.core.models import Severity
from casb_cli.scan.detect.catalogue._build import VALUE_FILTERS, credential, prefixed
from casb_cli.scan.detect.examples import ALNUM, HEX, UPPER, URLSAFE, digits, rand, uuid
from casb_cli.scan.detect.rules import Detector, Rule

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_B64 = ALNUM + "+/"
_CLASSES = {
    HEX: "a-f0-9",
    ALNUM: "A-Za-z0-9",
    UPPER: "A-Z0-9",
    URLSAFE: "A-Za-z0-9_-",
    _LOWER: "a-z0-9",
    _B64: "A-Za-z0-9+/",
}


class Key(NamedTuple):
    """A key that a telling text begins."""

    id: str
    title: str
    start: str
    """What stands in front, as text; several with a stroke between them."""
    body: str
    least: int
    most: int | None = None
    source: str = ""
    severity: Severity = "high"


_KEYS = (
    Key("adafruit-key", "Adafruit IO key", "aio_", ALNUM, 28, None, "Adafruit IO documentation: API keys"),
    Key("apify-token", "Apify API token", "apify_api_", ALNUM, 36, 44, "Apify documentation: API integration"),
    Key("appsync-key", "AWS AppSync API key", "da2-", _LOWER, 26, None, "AWS AppSync: API_KEY authorization"),
    Key("anyscale-key", "Anyscale API key", "esecret_", ALNUM, 24, 40, "Anyscale documentation: API keys"),
    Key("asaas-key", "Asaas API key", "aact_prod_|aact_hmlg_", _B64, 60, 300, "Asaas documentation", "critical"),
    Key(
        "azure-registry-key",
        "Azure identifiable key",
        "+ACR|+AMC|+ASt|+ABa|+AEh|+ASb|+ARm|AIoT|AzSe|AzFu|APIM",
        _B64,
        6,
        None,
        "",
    ),
    Key("bitbucket-app-password", "Bitbucket app password", "ATBB", ALNUM, 28, 40, "Atlassian: app passwords"),
    Key("bitbucket-access-token", "Bitbucket access token", "ATCTT3xFfGN0", URLSAFE + "=", 150, 220, "Atlassian"),
    Key("bitbucket-data-center-token", "Bitbucket Data Center token", "BBDC-", _B64, 40, 50, "Atlassian: HTTP tokens"),
    Key("browserbase-key", "Browserbase API key", "bb_live_", URLSAFE, 24, 40, "Browserbase documentation"),
    Key("brave-key", "Brave Search API key", "BSA", URLSAFE, 28, None, "Brave Search API documentation"),
    Key("cursor-key", "Cursor API key", "key_", HEX, 64, None, "Cursor documentation: API keys"),
    Key("clerk-key", "Clerk secret key", "sk_live_c", ALNUM, 40, 60, "Clerk documentation", "critical"),
    Key("cerebras-key", "Cerebras API key", "csk-", _LOWER, 48, None, "Cerebras inference documentation"),
    Key("circleci-token", "CircleCI token", "CCIPAT_|CCIPRJ_", ALNUM + "_", 40, 90, "CircleCI: managing API tokens"),
    Key("clickhouse-key", "ClickHouse Cloud key", "4b1d", ALNUM, 38, None, "ClickHouse Cloud: API keys"),
    Key("cloudflare-token", "Cloudflare token", "cfut_|cfat_|cfk_", URLSAFE, 40, 60, "Cloudflare: token formats"),
    Key("contentful-token", "Contentful management token", "CFPAT-", URLSAFE, 43, 80, "Contentful documentation"),
    Key("crates-token", "crates.io token", "cio", ALNUM, 32, None, "crates.io source: token prefix"),
    Key("deno-token", "Deno Deploy token", "ddp_|ddw_|ddo_", ALNUM, 36, 40, "Deno Deploy documentation"),
    Key(
        "defined-token", "Defined Networking token", "dnkey-", URLSAFE + "=", 79, 90, "Defined Networking documentation"
    ),
    Key("dependency-track-key", "Dependency-Track API key", "odt_", ALNUM, 32, 60, "Dependency-Track documentation"),
    Key("dropbox-token", "Dropbox access token", "sl.|sl.u.", URLSAFE, 120, 1400, "Dropbox: OAuth guide"),
    Key("docker-organization-token", "Docker organization token", "dckr_oat_", URLSAFE, 27, 40, "Docker documentation"),
    Key("doppler-service-token", "Doppler service token", "dp.ct.|dp.sa.|dp.scim.|dp.audit.", ALNUM, 40, 44, "Doppler"),
    Key("duffel-test-token", "Duffel test token", "duffel_test_", URLSAFE + "=", 43, None, "Duffel: tokens", "low"),
    Key("devin-key", "Devin API key", "apk_user_|cog_", _B64 + "=", 50, 200, "Devin documentation: API keys"),
    Key("docker-swarm-unlock-key", "Docker swarm unlock key", "SWMKEY-1-", _B64, 43, None, "Docker: locking a swarm"),
    Key("endor-key", "Endor Labs API key", "endr+", ALNUM, 16, 24, "Endor Labs documentation"),
    Key("e2b-key", "E2B API key", "e2b_", HEX, 40, None, "E2B documentation: API key"),
    Key("easypost-test-key", "EasyPost test key", "EZTK", ALNUM, 54, None, "EasyPost documentation", "low"),
    Key("elastic-cloud-key", "Elastic Cloud key", "essu_", _B64, 60, 120, "Elastic Cloud: API keys"),
    Key("firecrawl-key", "Firecrawl API key", "fc-", HEX, 32, None, "Firecrawl documentation"),
    Key("fireworks-key", "Fireworks API key", "fw_", ALNUM, 22, 26, "Fireworks documentation"),
    Key("flutterwave-test-key", "Flutterwave test key", "FLWSECK_TEST-", ALNUM + "-", 12, 40, "Flutterwave", "low"),
    Key(
        "gitlab-session", "GitLab session cookie", "_gitlab_session=", _LOWER, 32, None, "GitLab source: session store"
    ),
    Key(
        "gitlab-runner-token",
        "GitLab runner registration token",
        "GR1348941",
        URLSAFE,
        20,
        30,
        "GitLab: token prefixes",
    ),
    Key(
        "gitlab-more-token",
        "GitLab token",
        "glffct-|glwt-|gloas-",
        URLSAFE,
        20,
        64,
        "GitLab documentation: token prefixes",
    ),
    Key("grafana-api-key", "Grafana API key", "eyJrIjoi", ALNUM + "=", 60, 400, "Grafana: API keys"),
    Key(
        "honeycomb-key",
        "Honeycomb key",
        "hcaik_|hcamk_|hcxik_|hcxmk_",
        ALNUM,
        50,
        64,
        "Honeycomb documentation: API keys",
    ),
    Key("infisical-token", "Infisical service token", "st.", HEX + ".", 60, 140, "Infisical documentation"),
    Key("intercom-token", "Intercom access token", "dG9rO", _B64 + "=", 50, 60, "Intercom: access tokens"),
    Key("intra42-secret", "42 API secret", "s-s4t2ud-|s-s4t2af-", HEX, 64, None, "42 API documentation"),
    Key("ionic-token", "Ionic token", "ion_", ALNUM, 42, None, "Ionic Appflow documentation"),
    Key("jfrog-refresh-token", "JFrog reference token", "cmVmdGtuOj", ALNUM, 54, None, "JFrog: reference tokens"),
    Key("jina-key", "Jina API key", "jina_", URLSAFE, 60, None, "Jina documentation"),
    Key("langsmith-service-key", "LangSmith service key", "lsv2_sk_", HEX + "_", 43, None, "LangSmith documentation"),
    Key("linear-oauth-token", "Linear OAuth token", "lin_oauth_", HEX, 64, None, "Linear: OAuth 2.0"),
    Key("mailersend-token", "MailerSend token", "mlsn.", HEX, 64, None, "MailerSend documentation"),
    Key(
        "mercadopago-token",
        "Mercado Pago token",
        "APP_USR-",
        ALNUM + "-",
        60,
        90,
        "Mercado Pago: credentials",
        "critical",
    ),
    Key("neon-key", "Neon API key", "napi_", _LOWER, 60, 70, "Neon documentation: API keys"),
    Key("netlify-token", "Netlify token", "nfp_|nfc_|nfo_|nfu_|nfb_", ALNUM, 36, None, "Netlify: token formats"),
    Key(
        "new-relic-insert-key", "New Relic insights key", "NRII-|NRIQ-|NRAA-|NRRA-|NRSP-", URLSAFE, 27, 44, "New Relic"
    ),
    Key("new-relic-browser-key", "New Relic browser key", "NRJS-", HEX, 19, None, "New Relic: API keys", "low"),
    Key("nuget-key", "NuGet API key", "oy2", _LOWER, 43, None, "NuGet: publish packages"),
    Key(
        "onesignal-key", "OneSignal API key", "os_v2_app_|os_v2_org_", _LOWER, 100, 110, "OneSignal documentation: keys"
    ),
    Key(
        "packagist-token",
        "Private Packagist token",
        "packagist_",
        _LOWER + "_",
        60,
        90,
        "Private Packagist: token formats",
    ),
    Key(
        "paddle-key",
        "Paddle API key",
        "pdl_live_apikey_|pdl_sdbx_apikey_",
        ALNUM + "_",
        50,
        60,
        "Paddle: API keys",
        "critical",
    ),
    Key("pganalyze-key", "pganalyze key", "pgar_", _LOWER, 27, None, "pganalyze documentation"),
    Key("planetscale-oauth-token", "PlanetScale OAuth token", "pscale_oauth_", ALNUM + "=_.-", 32, 64, "PlanetScale"),
    Key("posthog-key", "PostHog personal key", "phx_|pha_", ALNUM, 40, 50, "PostHog: personal API keys"),
    Key("render-key", "Render API key", "rnd_", ALNUM, 28, 32, "Render documentation: API"),
    Key("sentry-internal-token", "Sentry token", "sntrya_|sntryi_", HEX, 64, None, "Sentry: auth token prefixes"),
    Key("settlemint-token", "SettleMint token", "sm_pat_|sm_aat_|sm_sat_", ALNUM, 16, None, "SettleMint documentation"),
    Key("shippo-test-token", "Shippo test token", "shippo_test_", HEX, 40, None, "Shippo documentation", "low"),
    Key("sonarqube-token", "SonarQube token", "squ_|sqp_|sqa_", HEX, 40, None, "SonarQube: generating tokens"),
    Key(
        "stripe-test-key",
        "Stripe test key",
        "sk_test_|rk_test_|sk_prod_|rk_prod_",
        ALNUM,
        10,
        120,
        "Stripe: API keys",
        "low",
    ),
    Key("stripe-webhook-secret", "Stripe webhook secret", "whsec_", _B64 + "=", 32, 64, "Stripe: webhook signatures"),
    Key("supabase-secret", "Supabase secret key", "sb_secret_", URLSAFE, 30, 44, "Supabase: API keys"),
    Key("tavily-key", "Tavily API key", "tvly-|tvly-dev-|tvly-prod-", ALNUM, 32, None, "Tavily documentation"),
    Key("tencent-key", "Tencent Cloud key", "AKID", ALNUM, 32, None, "Tencent Cloud: CAM API keys"),
    Key("together-key", "Together API key", "tgp_v1_", URLSAFE, 43, None, "Together documentation"),
    Key("twitter-bearer", "X app bearer token", "AAAAAAAAAAAAAAAAAAAAA", ALNUM + "%", 60, 110, "X API: app only"),
    Key("twitch-stream-key", "Twitch stream key", "live_", ALNUM + "_", 37, 45, "Twitch: stream keys"),
    Key(
        "vercel-token", "Vercel token", "vcp_|vci_|vca_|vcr_|vck_", ALNUM, 56, None, "Vercel: token formats", "critical"
    ),
    Key("volcengine-key", "Volcengine access key", "AKLT", URLSAFE, 43, None, "Volcengine: access keys"),
    Key("wandb-key", "Weights & Biases key", "wandb_v1_", URLSAFE, 60, 90, "Weights & Biases documentation"),
    Key("xendit-key", "Xendit secret key", "xnd_production_", ALNUM, 60, 70, "Xendit: API keys", "critical"),
    Key("yandex-iam-token", "Yandex IAM token", "t1.", URLSAFE + ".=", 60, 400, "Yandex Cloud: IAM token"),
)


def _class(alphabet: str) -> str:
    for letters, short in sorted(_CLASSES.items(), key=lambda item: -len(item[0])):
        if alphabet.startswith(letters):
            inside = short.removesuffix("-") + "".join(re.escape(char) for char in alphabet[len(letters) :])
            return inside + "-" * short.endswith("-")
    return re.escape(alphabet)


def keyed(key: Key) -> Detector:
    """Return the detector of a key that a telling text begins."""
    starts = key.start.split("|")
    body = _class(key.body)
    start = starts[0] if len(starts) == 1 else ""
    form = re.escape(start) if start else "(?:" + "|".join(map(re.escape, starts)) + ")"
    edge = "A-Za-z0-9_-" if "-" in key.body else "A-Za-z0-9_"
    if key.id == "azure-registry-key":
        return _identifiable(key, form)
    return credential(
        key.id,
        key.title,
        f"{key.title}: told by its prefix and its length.",
        prefixed(form, body, key.least, key.most, edge=edge),
        severity=key.severity,
        reference=key.source,
        checks=("mixed",),
        filters=VALUE_FILTERS if len(set(start)) != 1 else ("documentation",),
        match=lambda: tuple(f"key={one}{rand(key.least, key.body)}" for one in starts),
        no_match=lambda: (
            starts[0] + rand(key.least, key.body)[:-4],
            starts[0] + key.body[0] * (key.least - 1),
            f"a{starts[0]}{rand(key.least, key.body)}",
        ),
    )


def _identifiable(key: Key, form: str) -> Detector:
    """Return the detector of keys that Azure marks by four characters at a fixed place, 42 or 76 behind the start."""
    return credential(
        key.id,
        key.title,
        "A key of an Azure service: told by the characters that mark the service near its end.",
        Rule(
            hint=rf"[A-Za-z0-9+/]{{20}}{form}[A-Za-z0-9+/]{{6}}",
            pattern=rf"(?<![A-Za-z0-9+/])(?P<v>(?:[A-Za-z0-9+/]{{42}}|[A-Za-z0-9+/]{{44}}|[A-Za-z0-9+/]{{76}}){form}[A-Za-z0-9+/]{{6}}(?:==)?)(?![A-Za-z0-9+/=])",
            before=120,
            after=8,
        ),
        severity="critical",
        checks=("mixed",),
        reference="Microsoft: identifiable keys of Azure services",
        match=lambda: (
            f"docker login -p {rand(42, _B64)}+ACR{rand(6, _B64)}",
            f"{rand(76, _B64)}+ASt{rand(6, _B64)}==",
        ),
        no_match=lambda: (f"{rand(30, _B64)}+ACR{rand(6, _B64)}", f"{rand(42, _B64)}+AXX{rand(6, _B64)}"),
    )


_HEX8 = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


class Form(NamedTuple):
    """A key whose parts stand at fixed places."""

    id: str
    title: str
    form: str
    """The whole of it; the hint as well."""
    example: str
    source: str
    severity: Severity = "high"
    near: tuple[str, ...] = ()
    """Words of which one must be near by, for a form that no fixed text begins: it would cost each file time."""


_FORMS = (
    Form("amazon-mws-token", "Amazon MWS token", rf"amzn\.mws\.{_HEX8}", f"amzn.mws.{uuid()}", "Amazon MWS guide"),
    Form("asana-token", "Asana personal access token", r"[012]/1[0-9]{11,16}(?:/1[0-9]{11,16})?:[0-9a-f]{32}",
          f"1/1{digits(15)}:{rand(32, HEX)}", "Asana: personal access tokens"),
    Form("besttime-key", "BestTime private key", r"pri_[0-9a-f]{32}", f"pri_{rand(32, HEX)}", "BestTime documentation"),
    Form("braintree-token", "PayPal Braintree token", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
          f"access_token$production${rand(16, _LOWER)}${rand(32, HEX)}", "Braintree: access tokens", "critical"),
    Form("checkout-key", "Checkout.com secret key", rf"sk_(?:test_)?{_HEX8}", f"sk_{uuid()}", "Checkout.com: API keys"),
    Form("clickup-token", "ClickUp token", r"pk_[0-9]{6,9}_[A-Z0-9]{32}", f"pk_{digits(8)}_{rand(32, UPPER)}", "ClickUp API"),
    Form("discord-bot-token", "Discord bot token", r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
          f"M{rand(24)}.{rand(6)}.{rand(27)}", "Discord: authentication", near=("discord", "bot token")),
    Form("doppler-config-token", "Doppler config token", r"dp\.st\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
          f"dp.st.dev.{rand(43)}", "Doppler: token formats"),
    Form("facebook-app-token", "Facebook app token", r"[0-9]{13,17}\|[A-Za-z0-9_-]{27}", f"{digits(15)}|{rand(27)}",
          "Meta: access tokens", near=("facebook", "access token", "graph api")),
    Form("firebase-server-key", "Firebase messaging server key", r"AAAA[A-Za-z0-9_-]{7}:[A-Za-z0-9_-]{140}",
          f"AAAA{rand(7)}:{rand(140, URLSAFE)}", "Firebase Cloud Messaging"),
    Form("hubspot-token", "HubSpot private app token", rf"pat-(?:na|eu|ap)[0-9]-{_HEX8}", f"pat-na1-{uuid()}", "HubSpot"),
    Form("lob-key", "Lob API key", r"(?:live|test)_[0-9a-f]{35}", f"live_{rand(35, HEX)}", "Lob documentation: API keys", near=("lob",)),
    Form("kubernetes-bootstrap-token", "Kubernetes bootstrap token", r"[a-z0-9]{6}\.[a-z0-9]{16}",
          f"{rand(6, _LOWER)}.{rand(16, _LOWER)}", "Kubernetes: bootstrap tokens", near=("bootstrap token", "kubeadm", "discovery token")),
    Form("resend-key", "Resend API key", r"re_[A-Za-z0-9]{8}(?:_[A-Za-z0-9]{23,27}|[A-Za-z0-9]{24,28})",
          f"re_{rand(8)}_{rand(24)}", "Resend documentation: API keys"),
    Form("sidekiq-secret", "Sidekiq Enterprise gem credential", r"CONTRIBSYS__COM[\"']?\s{0,3}[=:]{1,2}\s{0,3}[\"']?[0-9a-f]{8}:[0-9a-f]{8}",
          f"CONTRIBSYS__COM={rand(8, HEX)}:{rand(8, HEX, 2)}", "Sidekiq: Enterprise installation"),
    Form("launchdarkly-key", "LaunchDarkly key", rf"(?:sdk|api)-{_HEX8}", f"sdk-{uuid()}", "LaunchDarkly: keys", near=("launchdarkly", "launch darkly", "ld sdk")),
    Form("mailgun-signing-key", "Mailgun key", r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}",
          f"{rand(32, HEX)}-{rand(8, HEX)}-{rand(8, HEX, 2)}", "Mailgun: API keys", near=("mailgun", "signing key")),
    Form("new-relic-license-key", "New Relic licence key", r"(?:eu01xx)?[0-9a-f]{34,36}NRAL|[A-Za-z]{2}[0-9a-f]{40}-NRMA",
          f"{rand(36, HEX)}NRAL", "New Relic: licence key", near=("new relic", "newrelic", "license key", "licence key", "nr license")),
    Form("onepassword-secret-key", "1Password secret key",
          r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
          "A3-" + "-".join((rand(6, UPPER), rand(6, UPPER, 2), rand(5, UPPER), rand(5, UPPER, 2), rand(5, UPPER, 3),
                            rand(5, UPPER, 4))), "1Password security design white paper", "critical"),
    Form("onfido-token", "Onfido token", r"api_(?:live|sandbox)(?:_us|_ca)?\.[A-Za-z0-9_-]{10,12}\.[A-Za-z0-9_-]{32}",
          f"api_live.{rand(11)}.{rand(32)}", "Onfido: API tokens"),
    Form("openvsx-token", "Open VSX token", rf"ovsxat_{_HEX8}", f"ovsxat_{uuid()}", "Open VSX"),
    Form("plaid-token", "Plaid access token", rf"access-(?:sandbox|development|production)-{_HEX8}",
          f"access-production-{uuid()}", "Plaid: tokens", "critical"),
    Form("pubnub-secret", "PubNub secret key", r"sec-c-[A-Za-z0-9]{48}", f"sec-c-{rand(48)}", "PubNub: keys"),
    Form("salesforce-session", "Salesforce session or access token", r"00D[A-Za-z0-9]{12,15}![A-Za-z0-9_.]{80,120}",
          f"00D{rand(12)}!{rand(96)}", "Salesforce: session id"),
    Form("docker-swarm-token", "Docker swarm join token", r"SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}",
          f"SWMTKN-1-{rand(50, _LOWER)}-{rand(25, _LOWER)}", "Docker: swarm tokens"),
    Form("ticket-tailor-key", "Ticket Tailor key", r"sk_[0-9]{3,6}_[0-9]{3,8}_[0-9a-f]{32}",
          f"sk_{digits(4)}_{digits(6)}_{rand(32, HEX)}", "Ticket Tailor documentation"),
    Form("truenas-key", "TrueNAS API key", r"[0-9]{1,3}-[A-Za-z0-9]{64}", f"10-{rand(64)}", "TrueNAS: API keys", near=("truenas", "freenas", "api key")),
    Form("ubidots-token", "Ubidots token", r"BBFF-[A-Za-z0-9]{30}", f"BBFF-{rand(30)}", "Ubidots documentation"),
    Form("azure-sas", "Azure shared access signature", r"sig=[A-Za-z0-9%+/]{43,90}(?:=|%3[dD])",
          f"sv=2022-11-02&se=2030&sig={rand(43, _B64)}%3D", "Microsoft: service SAS"),
    Form("azure-app-configuration", "Azure App Configuration connection",
          r"azconfig\.io;Id=[A-Za-z0-9+/:=-]{4,40};Secret=[A-Za-z0-9+/]{36,90}={0,2}",
          f"Endpoint=https://x.azconfig.io;Id=abcd-l0-s0:{rand(20)};Secret={rand(43, _B64)}=", "Microsoft", "critical"),
    Form("dingtalk-webhook", "DingTalk robot webhook", r"oapi\.dingtalk\.com/robot/send\?access_token=[0-9a-f]{64}",
          f"https://oapi.dingtalk.com/robot/send?access_token={rand(64, HEX)}", "DingTalk: custom robots", "medium"),
    Form("feishu-webhook", "Feishu or Lark robot webhook",
          rf"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/{_HEX8}",
          f"https://open.feishu.cn/open-apis/bot/v2/hook/{uuid()}", "Feishu: custom bots", "medium"),
    Form("wecom-webhook", "WeCom robot webhook", rf"qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key={_HEX8}",
          f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={uuid()}", "WeCom: group robots", "medium"),
    Form("outlook-webhook", "Microsoft 365 connector webhook",
          rf"outlook\.office(?:365)?\.com/webhook/{_HEX8}@{_HEX8}/[A-Za-z]{{5,30}}/[0-9a-f]{{32}}/{_HEX8}",
          f"https://outlook.office.com/webhook/{uuid()}@{uuid(2)}/IncomingWebhook/{rand(32, HEX)}/{uuid(3)}",
          "Microsoft: incoming webhooks", "medium"),
    Form("zapier-webhook", "Zapier webhook", r"hooks\.zapier\.com/hooks/catch/[A-Za-z0-9/]{16,40}",
          f"https://hooks.zapier.com/hooks/catch/{digits(7)}/{rand(9, _LOWER)}/", "Zapier: webhooks", "medium"),
)  # fmt: skip


def formed(one: Form) -> Detector:
    """Return the detector of a key whose parts stand at fixed places."""
    cut = one.example[: max(8, len(one.example) // 2)]
    word = f"{one.near[0]}: " if one.near else ""
    return credential(
        one.id,
        one.title,
        f"{one.title}: told by the form of its parts.",
        Rule(
            hint=one.form,
            pattern=f"(?<![A-Za-z0-9_-])(?P<v>{one.form})(?![A-Za-z0-9_-])",
            before=360,
            after=200,
        ),
        severity=one.severity,
        reference=one.source,
        checks=("mixed",),
        filters=("documentation", "monotone", "hash_part"),
        keywords=one.near,
        required=bool(one.near),
        distance=160,
        match=lambda: (f"{word}key = {one.example}", f'{word}"{one.example}"'),
        no_match=lambda: (cut, f"{cut}..."),
    )


DETECTORS: tuple[Detector, ...] = (
    *map(keyed, _KEYS),
    *map(formed, _FORMS),
    credential(
        "nats-seed",
        "NATS seed",
        "The private seed of a NATS operator, account or user; a right checksum makes it sure.",
        Rule(
            hint=r"S[UAONCX][A-Z2-7]{56}",
            pattern=r"(?<![A-Z2-7a-z])(?P<v>S[UAONCX][A-Z2-7]{56})(?![A-Z2-7a-z=])",
            before=64,
            after=8,
        ),
        severity="critical",
        confidence="medium",
        checks=("mixed",),
        proofs=("nats_seed",),
        keywords=("nats", "nkey", "seed"),
        reference="NATS nkeys: seeds end in a CRC-16",
        filters=(),
        # The seed that the documentation of nkeys prints, in two pieces as every example here.
        match=lambda: ("seed: SUAKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5" + "LDNOXD43IZY",),
        no_match=lambda: ("seed: SUAKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5" + "LDNOXD43IZ",),
    ),
)
