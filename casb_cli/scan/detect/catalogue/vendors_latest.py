"""Keys of services that took up telling prefixes lately, by the public lists of secret scanners."""

# ruff: noqa: E501 - tables of forms

from __future__ import annotations

from casb_cli.scan.detect.catalogue._forms import UUID
from casb_cli.scan.detect.catalogue.vendors_more import Form, Key, formed, keyed
from casb_cli.scan.detect.examples import ALNUM, HEX, UPPER, URLSAFE, digits, rand, uuid
from casb_cli.scan.detect.rules import Detector

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_GITHUB = "GitHub: supported secret scanning patterns"


_KEYS = (
    Key("aikido-token", "Aikido token", "AIK_CI_|AIK_SECRET_", ALNUM, 20, 80, "Aikido documentation"),
    Key("aiven-password", "Aiven service password", "AVNS_", URLSAFE, 19, 22, "Aiven: service users"),
    Key("bedrock-short-key", "Amazon Bedrock short-term key", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", ALNUM + "+/", 60, 2000, "Amazon Bedrock: API keys"),
    Key("canva-secret", "Canva client secret", "cnvca", URLSAFE, 51, None, "Canva Connect: authentication"),
    Key("cashfree-key", "Cashfree secret key", "cfsk_ma_prod_|cfsk_ma_test_", HEX + "_", 41, None, _GITHUB),
    Key("cockroach-key", "CockroachDB Cloud API key", "CCDB1_", ALNUM + "_", 62, 66, _GITHUB),
    Key("confluent-secret", "Confluent API secret", "cflt", ALNUM + "+/", 60, None, "Confluent: API keys"),
    Key("cursor-user-key", "Cursor user API key", "crsr_", HEX, 64, None, "Cursor documentation: API keys"),
    Key("dbt-token", "dbt Cloud token", "dbtc_|dbtu_", URLSAFE, 36, 60, "dbt: service account tokens"),
    Key("devcycle-key", "DevCycle server key", "dvc_server_", ALNUM + "_", 24, 60, _GITHUB),
    Key("dnsimple-token", "DNSimple token", "dnsimple_a_|dnsimple_u_", ALNUM, 32, None, "DNSimple: API tokens"),
    Key("facebook-user-token", "Facebook access token", "EAAB|EAAG|EAAM", ALNUM, 100, 300, "Meta: access tokens"),
    Key("gitbook-token", "GitBook API token", "gb_api_", ALNUM, 40, None, "GitBook: API"),
    Key("google-refresh-token", "Google OAuth refresh token", "1//0", URLSAFE, 60, 120, "Google: OAuth 2.0"),
    Key("helicone-key", "Helicone API key", "sk-helicone-", ALNUM + "-", 32, 40, "Helicone documentation"),
    Key("kaggle-token", "Kaggle API token", "KGAT_", HEX, 32, None, "Kaggle: API tokens"),
    Key("kong-token", "Kong Konnect token", "kpat_|spat_", ALNUM, 48, 60, "Kong Konnect: access tokens"),
    Key("lichess-token", "Lichess token", "lip_", ALNUM, 20, None, _GITHUB),
    Key("linear-webhook-secret", "Linear webhook secret", "lin_wh_", ALNUM, 40, None, "Linear: webhooks"),
    Key("mergify-key", "Mergify application key", "mergify_application_key_", ALNUM, 64, None, _GITHUB),
    Key("midtrans-key", "Midtrans server key", "Mid-server-", URLSAFE, 16, 32, _GITHUB, "critical"),
    Key("model-service-key", "Key of a model service", "sk-", HEX, 32, None, "DeepSeek, Alibaba Model Studio: API keys"),
    Key("mongodb-atlas-secret", "MongoDB Atlas service account secret", "mdb_sa_sk_", URLSAFE, 40, None, "MongoDB Atlas: service accounts", "critical"),
    Key("moonshot-key", "Moonshot or Stability API key", "sk-", ALNUM, 48, None, "Moonshot, Stability: API keys"),
    Key("notion-secret", "Notion integration secret", "secret_", ALNUM, 43, None, "Notion: authorization"),
    Key("persona-key", "Persona API key", "persona_production_", ALNUM + "-", 32, 40, _GITHUB),
    Key("pinterest-token", "Pinterest token", "pina_", ALNUM, 32, 120, _GITHUB),
    Key("polar-token", "Polar access token", "polar_oat_|polar_pat_", URLSAFE, 40, 50, "Polar documentation"),
    Key("porkbun-key", "Porkbun API key", "pk1_|sk1_", HEX, 64, None, "Porkbun: API"),
    Key("postman-collection-key", "Postman collection access key", "PMAT-", UPPER, 26, None, _GITHUB),
    Key("pypi-test-token", "TestPyPI token", "pypi-AgENdGVzdC5weXBpLm9yZw", URLSAFE, 60, 250, "PyPI: API tokens", "low"),
    Key("retool-token", "Retool API token", "retool_01", _LOWER, 24, None, "Retool: API authentication"),
    Key("runpod-key", "RunPod API key", "rpa_", ALNUM, 42, 48, "RunPod documentation: API keys"),
    Key("runway-key", "Runway API key", "key_", HEX, 128, None, "Runway documentation: API keys"),
    Key("samsara-token", "Samsara API token", "samsara_api_", ALNUM, 30, None, _GITHUB),
    Key("segment-token", "Segment public API token", "sgp_", ALNUM, 64, None, _GITHUB),
    Key("slack-cookie", "Session cookie of Slack", "xoxd-", ALNUM + "%+/=", 60, 300, "Slack: what the client signs in with", "critical"),
    Key("socket-token", "Socket security token", "sktsec_", ALNUM + "_", 40, 64, "Socket documentation"),
    Key("square-access-token", "Square access token", "EAAA", URLSAFE, 60, None, "Square: access tokens", "critical"),
    Key("supabase-oauth-token", "Supabase OAuth token", "sbp_oauth_", HEX, 40, None, _GITHUB),
    Key("unkey-key", "Unkey root key", "unkey_", ALNUM, 20, 26, "Unkey documentation: root keys"),
    Key("upcloud-token", "UpCloud API token", "ucat_", UPPER, 26, None, "UpCloud: API tokens"),
    Key("vault-recovery-token", "HashiCorp Vault recovery token", "hvr.", URLSAFE, 90, 300, "HashiCorp Vault: tokens", "critical"),
    Key("vercel-blob-token", "Vercel Blob token", "vercel_blob_rw_", ALNUM + "_", 44, 54, "Vercel Blob"),
    Key("wundergraph-key", "WunderGraph Cosmo key", "cosmo_", HEX, 32, None, _GITHUB),
)  # fmt: skip

_FORMS = (
    Form("baidu-cloud-key", "Baidu Cloud API key", r"bce-v3/ALTAK-[A-Za-z0-9]{21}/[0-9a-f]{40}",
         f"bce-v3/ALTAK-{rand(21)}/{rand(40, HEX)}", "Baidu Cloud: API keys", "critical"),
    Form("brevo-smtp-key", "Brevo SMTP key", r"xsmtpsib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
         f"xsmtpsib-{rand(64, HEX)}-{rand(16)}", "Brevo: SMTP keys"),
    Form("circle-payments-key", "Circle API key", r"(?:LIVE|TEST)_API_KEY:[0-9a-f]{32}:[0-9a-f]{32}",
         f"LIVE_API_KEY:{rand(32, HEX)}:{rand(32, HEX, 2)}", "Circle: API keys", "critical"),
    Form("configcat-key", "ConfigCat SDK key", r"configcat-sdk-1/[A-Za-z0-9_-]{22}/[A-Za-z0-9_-]{22}",
         f"configcat-sdk-1/{rand(22)}/{rand(22, seed=2)}", "ConfigCat: SDK keys", "medium"),
    Form("convex-key", "Convex deploy key", r"(?:prod|dev|preview):[a-z]{2,20}-[a-z]{2,20}-[0-9]{1,4}\|[A-Za-z0-9+/=]{40,200}",
         f"prod:happy-otter-123|{rand(60)}", "Convex: deploy keys", "critical"),
    Form("datastax-token", "DataStax Astra token", r"AstraCS:[A-Za-z0-9]{24}:[0-9a-f]{64}",
         f"AstraCS:{rand(24)}:{rand(64, HEX)}", "DataStax Astra: application tokens", "critical"),
    Form("dynatrace-client-secret", "Dynatrace OAuth or platform secret", r"dt0s[0-9]{2}\.[A-Z0-9]{8}\.[A-Z0-9]{64}",
         f"dt0s16.{rand(8, UPPER)}.{rand(64, UPPER)}", "Dynatrace: token formats"),
    Form("ngrok-token", "ngrok token", r"[12][A-Za-z0-9]{26}_[A-Za-z0-9]{21}",
         f"2{rand(26)}_{rand(21)}", "ngrok: authtokens", near=("ngrok", "authtoken")),
    Form("pagerduty-key", "PagerDuty API key", r"u\+[A-Za-z0-9_-]{18}|pdus\+_0XBPWQQ_[0-9a-f-]{36}",
         f"u+{rand(18)}", "PagerDuty: API access keys", near=("pagerduty", "pager duty", "pd token")),
    Form("rapidapi-key", "RapidAPI key", r"[0-9a-f]{10}msh[0-9a-f]{15}p1[0-9a-f]{5,6}jsn[0-9a-f]{12}",
         f"{rand(10, HEX)}msh{rand(15, HEX, 2)}p1{rand(5, HEX, 3)}jsn{rand(12, HEX, 4)}", "RapidAPI: keys"),
    Form("riot-key", "Riot Games API key", rf"RGAPI-{UUID}", f"RGAPI-{uuid()}", "Riot Games: API keys", "medium"),
    Form("secret-token-uri", "Token of the scheme secret-token", r"secret-token:[A-Za-z0-9._~%-]{20,200}",
         f"secret-token:bank_{rand(40)}", "RFC 8959"),
    Form("slack-client-token", "Token of Slack's client", r"xoxc-[0-9]{9,14}-[0-9]{9,14}-[0-9]{9,14}-[0-9a-f]{64}",
         f"xoxc-{digits(12)}-{digits(12, 2)}-{digits(12, 3)}-{rand(64, HEX)}", "Slack: what the client signs in with", "critical"),
    Form("snyk-token", "Snyk access token", r"snyk_[us]at\.[A-Za-z0-9]{8}\.[A-Za-z0-9_.-]{40,200}",
         f"snyk_uat.{rand(8)}.{rand(60)}", "Snyk: personal access tokens"),
    Form("stytch-secret", "Stytch project secret", r"secret-(?:live|test)-[A-Za-z0-9_-]{36}=",
         f"secret-live-{rand(36)}=", "Stytch: API keys", "critical"),
    Form("telnyx-key", "Telnyx API key", r"KEY0[0-9A-F]{31}_[A-Za-z0-9]{22}",
         f"KEY0{rand(31, '0123456789ABCDEF')}_{rand(22)}", "Telnyx: API keys"),
    Form("tinybird-token", "Tinybird token", r"p\.eyJ[A-Za-z0-9_-]{60,400}\.[A-Za-z0-9_-]{43}",
         f"p.eyJ{rand(80)}.{rand(43, seed=2)}", "Tinybird: tokens"),
    Form("wakatime-key", "WakaTime API key", rf"waka_{UUID}", f"waka_{uuid()}", "WakaTime: API keys", "medium"),
    Form("zuplo-key", "Zuplo API key", r"zpka_[a-z0-9]{32}_[0-9a-f]{8}", f"zpka_{rand(32, _LOWER)}_{rand(8, HEX)}", "Zuplo: API keys"),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = (*map(keyed, _KEYS), *map(formed, _FORMS))
