"""Keys of payment, mail, messages, shops, networks of people and office work."""

# ruff: noqa: E501 - a table, one key a row

from __future__ import annotations

from casb_cli.scan.detect.catalogue._forms import UUID
from casb_cli.scan.detect.catalogue._keys import ANY_UUID, BASE64, LOWER, Form, Key, formed, keyed
from casb_cli.scan.detect.examples import ALNUM, HEX, UPPER, URLSAFE, digits, rand, uuid
from casb_cli.scan.detect.rules import Detector

_TEAMS_HOST = "https://corp.webhook.office.com/webhookb2"
_TEAMS = (
    r"https://[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb2/[A-Za-z0-9@-]{60,90}/IncomingWebhook"
    r"/[A-Za-z0-9]{32}/[A-Za-z0-9-]{36}"
)
_DISCORD = r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{68}"
_GITHUB = "GitHub: supported secret scanning patterns"

_KEYS = (
    Key("adobe-client-secret", "Adobe client secret", "p8e-", URLSAFE, 32),
    Key("asaas-key", "Asaas API key", "aact_prod_|aact_hmlg_", BASE64, 60, 300, "Asaas documentation", "critical"),
    Key("canva-secret", "Canva client secret", "cnvca", URLSAFE, 51, None, "Canva Connect: authentication"),
    Key("cashfree-key", "Cashfree secret key", "cfsk_ma_prod_|cfsk_ma_test_", HEX + "_", 41, None, _GITHUB),
    Key("clerk-key", "Clerk secret key", "sk_live_c", ALNUM, 40, 60, "Clerk documentation", "critical"),
    Key("contentful-token", "Contentful management token", "CFPAT-", URLSAFE, 43, 80, "Contentful documentation"),
    Key("dropbox-token", "Dropbox access token", "sl.|sl.u.", URLSAFE, 120, 1400, "Dropbox: OAuth guide"),
    Key("duffel-test-token", "Duffel test token", "duffel_test_", URLSAFE + "=", 43, None, "Duffel: tokens", "low"),
    Key("duffel-token", "Duffel token", "duffel_live_", URLSAFE, 43),
    Key("easypost-key", "EasyPost production key", "EZAK", ALNUM, 54),
    Key("easypost-test-key", "EasyPost test key", "EZTK", ALNUM, 54, None, "EasyPost documentation", "low"),
    Key("facebook-page-token", "Facebook page access token", "EAAC", ALNUM, 100, 300),
    Key("facebook-user-token", "Facebook access token", "EAAB|EAAG|EAAM", ALNUM, 100, 300, "Meta: access tokens"),
    Key("figma-token", "Figma personal access token", "figd_", URLSAFE, 40, 60),
    Key("flutterwave-key", "Flutterwave secret key", "FLWSECK-", ALNUM + "-", 33, 40, severity="critical"),
    Key("flutterwave-test-key", "Flutterwave test key", "FLWSECK_TEST-", ALNUM + "-", 12, 40, "Flutterwave", "low"),
    Key("frameio-token", "Frame.io token", "fio-u-", URLSAFE, 64),
    Key("intercom-token", "Intercom access token", "dG9rO", BASE64 + "=", 50, 60, "Intercom: access tokens"),
    Key("lichess-token", "Lichess token", "lip_", ALNUM, 20, 60, _GITHUB),
    Key("mailersend-token", "MailerSend token", "mlsn.", ALNUM, 60, 70, "MailerSend documentation"),
    Key("mapbox-token", "Mapbox secret token", "sk.eyJ", URLSAFE + ".", 80, 120),
    Key("mercadopago-token", "Mercado Pago token", "APP_USR-", ALNUM + "-", 60, 90, "Mercado Pago: credentials", "critical"),
    Key("mercury-token", "Mercury API token", "mercury_production_", ALNUM + "_", 40, 80, "Mercury: API tokens", "critical"),
    Key("midtrans-key", "Midtrans server key", "Mid-server-", URLSAFE, 16, 32, _GITHUB, "critical"),
    Key("notion-secret", "Notion integration secret", "secret_", ALNUM, 43, None, "Notion: authorization"),
    Key("notion-token", "Notion integration token", "ntn_", ALNUM, 46),
    Key("onesignal-key", "OneSignal API key", "os_v2_app_|os_v2_org_", LOWER, 100, 110, "OneSignal documentation: keys"),
    Key("paddle-key", "Paddle API key", "pdl_live_apikey_|pdl_sdbx_apikey_", ALNUM + "_", 50, 60, "Paddle: API keys", "critical"),
    Key("persona-key", "Persona API key", "persona_production_", ALNUM + "-", 24, 80, _GITHUB),
    Key("pinterest-token", "Pinterest token", "pina_", URLSAFE, 32, 200, _GITHUB),
    Key("polar-token", "Polar access token", "polar_oat_|polar_pat_|polar_at_", URLSAFE, 24, 100, "Polar documentation"),
    Key("posthog-key", "PostHog personal key", "phx_|pha_", URLSAFE, 40, 50, "PostHog: personal API keys"),
    Key("ramp-secret", "Ramp client secret", "ramp_sec_", ALNUM, 48),
    Key("segment-token", "Segment public API token", "sgp_", ALNUM, 64, None, _GITHUB),
    Key("settlemint-token", "SettleMint token", "sm_pat_|sm_aat_|sm_sat_", ALNUM, 16, None, "SettleMint documentation"),
    Key("shippo-test-token", "Shippo test token", "shippo_test_", HEX, 40, None, "Shippo documentation", "low"),
    Key("shippo-token", "Shippo live token", "shippo_live_", HEX, 40),
    Key("slack-cookie", "Session cookie of Slack", "xoxd-", ALNUM + "%+/=", 60, 300, "Slack: what the client signs in with", "critical"),
    Key("square-access-token", "Square access token", "EAAA", URLSAFE, 60, None, "Square: access tokens", "critical"),
    Key("square-secret", "Square OAuth secret", "sq0csp-", URLSAFE, 43, severity="critical"),
    Key("square-token", "Square access token", "sq0atp-", URLSAFE, 22, 60, severity="critical"),
    Key("stripe-test-key", "Stripe test key", "sk_test_|rk_test_|sk_prod_|rk_prod_", ALNUM, 10, 120, "Stripe: API keys", "low"),
    Key("stripe-webhook-secret", "Stripe webhook secret", "whsec_", BASE64 + "=", 32, 64, "Stripe: webhook signatures"),
    Key("teamwork-token", "Teamwork token", "tkn.v1_", ALNUM, 60, 70),
    Key("thunderstore-token", "Thunderstore token", "tss_", URLSAFE, 30, 80, "Thunderstore: service accounts"),
    Key("twitch-stream-key", "Twitch stream key", "live_", ALNUM + "_", 37, 45, "Twitch: stream keys"),
    Key("twitter-bearer", "X app bearer token", "AAAAAAAAAAAAAAAAAAAAA", ALNUM + "%", 60, 110, "X API: app only"),
    Key("typeform-token", "Typeform access token", "tfp_", URLSAFE + ".", 40, 60),
    Key("xendit-key", "Xendit secret key", "xnd_production_", ALNUM, 60, 70, "Xendit: API keys", "critical"),
)  # fmt: skip

_FORMS = (
    Form("airtable-token", "Airtable personal access token", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",
         f"pat{rand(14)}.{rand(64, HEX)}", ""),
    Form("amazon-mws-token", "Amazon MWS token", rf"amzn\.mws\.{ANY_UUID}", f"amzn.mws.{uuid()}", "Amazon MWS guide"),
    Form("asana-token", "Asana personal access token", r"[012]/1[0-9]{11,16}(?:/1[0-9]{11,16})?:[0-9a-f]{32}",
         f"1/1{digits(15)}:{rand(32, HEX)}", "Asana: personal access tokens"),
    Form("besttime-key", "BestTime private key", r"pri_[0-9a-f]{32}", f"pri_{rand(32, HEX)}", "BestTime documentation"),
    Form("braintree-token", "PayPal Braintree token", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
         f"access_token$production${rand(16, LOWER)}${rand(32, HEX)}", "Braintree: access tokens", "critical"),
    Form("brevo-key", "Brevo API key", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}", "xkeysib" + f"-{rand(64, HEX)}-{rand(16)}", ""),
    Form("brevo-smtp-key", "Brevo SMTP key", r"xsmtpsib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
         f"xsmtpsib-{rand(64, HEX)}-{rand(16)}", "Brevo: SMTP keys"),
    Form("checkout-key", "Checkout.com secret key", rf"sk_(?:test_)?{ANY_UUID}", f"sk_{uuid()}", "Checkout.com: API keys"),
    Form("circle-payments-key", "Circle API key", r"(?:LIVE|TEST)_API_KEY:[0-9a-f]{32}:[0-9a-f]{32}",
         f"LIVE_API_KEY:{rand(32, HEX)}:{rand(32, HEX, 2)}", "Circle: API keys", "critical"),
    Form("clickup-token", "ClickUp token", r"pk_[0-9]{6,9}_[A-Z0-9]{32}", f"pk_{digits(8)}_{rand(32, UPPER)}", "ClickUp API"),
    Form("dingtalk-webhook", "DingTalk robot webhook", r"oapi\.dingtalk\.com/robot/send\?access_token=[0-9a-f]{64}",
         f"https://oapi.dingtalk.com/robot/send?access_token={rand(64, HEX)}", "DingTalk: custom robots", "medium"),
    Form("discord-bot-token", "Discord bot token", r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
         f"M{rand(24)}.{rand(6)}.{rand(27)}", "Discord: authentication", near=("discord", "bot token")),
    Form("discord-webhook", "Discord webhook", _DISCORD,
         "https://discord.com/" + f"api/webhooks/{digits(18)}/{rand(68, URLSAFE)}", "", "medium"),
    Form("facebook-app-token", "Facebook app token", r"[0-9]{13,17}\|[A-Za-z0-9_-]{27}",
         f"{digits(15)}|{rand(27)}", "Meta: access tokens", near=("facebook", "access token", "graph api")),
    Form("feishu-webhook", "Feishu or Lark robot webhook", rf"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/{ANY_UUID}",
         f"https://open.feishu.cn/open-apis/bot/v2/hook/{uuid()}", "Feishu: custom bots", "medium"),
    Form("hubspot-token", "HubSpot private app token", rf"pat-(?:na|eu|ap)[0-9]-{ANY_UUID}", f"pat-na1-{uuid()}", "HubSpot"),
    Form("lob-key", "Lob API key", r"(?:live|test)_[0-9a-f]{35}",
         f"live_{rand(35, HEX)}", "Lob documentation: API keys", near=("lob",)),
    Form("mailchimp-key", "Mailchimp API key", r"[a-f0-9]{32}-us[0-9]{1,2}", f"{rand(32, HEX)}-us14", ""),
    Form("mailgun-signing-key", "Mailgun key", r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}",
         f"{rand(32, HEX)}-{rand(8, HEX)}-{rand(8, HEX, 2)}", "Mailgun: API keys", near=("mailgun", "signing key")),
    Form("maxmind-key", "MaxMind licence key", r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk", f"{rand(6)}_{rand(29)}_mmk", ""),
    Form("onfido-token", "Onfido token", r"api_(?:live|sandbox)(?:_us|_ca)?\.[A-Za-z0-9_-]{10,12}\.[A-Za-z0-9_-]{32}",
         f"api_live.{rand(11)}.{rand(32)}", "Onfido: API tokens"),
    Form("outlook-webhook", "Microsoft 365 connector webhook", rf"outlook\.office(?:365)?\.com/webhook/{ANY_UUID}@{ANY_UUID}/[A-Za-z]{{5,30}}/[0-9a-f]{{32}}/{ANY_UUID}",
         f"https://outlook.office.com/webhook/{uuid()}@{uuid(2)}/IncomingWebhook/{rand(32, HEX)}/{uuid(3)}", "Microsoft: incoming webhooks", "medium"),
    Form("plaid-token", "Plaid access token", rf"access-(?:sandbox|development|production)-{ANY_UUID}",
         f"access-production-{uuid()}", "Plaid: tokens", "critical"),
    Form("pubnub-secret", "PubNub secret key", r"sec-c-[A-Za-z0-9]{48}", f"sec-c-{rand(48)}", "PubNub: keys"),
    Form("resend-key", "Resend API key", r"re_[A-Za-z0-9]{8}(?:_[A-Za-z0-9]{23,27}|[A-Za-z0-9]{24,28})",
         f"re_{rand(8)}_{rand(24)}", "Resend documentation: API keys"),
    Form("riot-key", "Riot Games API key", rf"RGAPI-{UUID}", f"RGAPI-{uuid()}", "Riot Games: API keys", "medium"),
    Form("salesforce-session", "Salesforce session or access token", r"00D[A-Za-z0-9]{12,15}![A-Za-z0-9_.]{80,120}",
         f"00D{rand(12)}!{rand(96)}", "Salesforce: session id"),
    Form("slack-client-token", "Token of Slack's client", r"xoxc-[0-9]{9,14}-[0-9]{9,14}-[0-9]{9,14}-[0-9a-f]{64}",
         f"xoxc-{digits(12)}-{digits(12, 2)}-{digits(12, 3)}-{rand(64, HEX)}", "Slack: what the client signs in with", "critical"),
    Form("stytch-secret", "Stytch project secret", r"secret-(?:live|test)-[A-Za-z0-9_-]{36}=",
         f"secret-live-{rand(36)}=", "Stytch: API keys", "critical"),
    Form("teams-webhook", "Microsoft Teams incoming webhook", _TEAMS,
         f"{_TEAMS_HOST}/{rand(36)}@{rand(36, seed=2)}/IncomingWebhook/{rand(32, HEX)}/{rand(36, HEX)}", "", "medium"),
    Form("telnyx-key", "Telnyx API key", r"KEY0[0-9A-F]{31}_[A-Za-z0-9]{22}",
         f"KEY0{rand(31, '0123456789ABCDEF')}_{rand(22)}", "Telnyx: API keys"),
    Form("ticket-tailor-key", "Ticket Tailor key", r"sk_[0-9]{3,6}_[0-9]{3,8}_[0-9a-f]{32}",
         f"sk_{digits(4)}_{digits(6)}_{rand(32, HEX)}", "Ticket Tailor documentation"),
    Form("wecom-webhook", "WeCom robot webhook", rf"qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key={ANY_UUID}",
         f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={uuid()}", "WeCom: group robots", "medium"),
    Form("zapier-webhook", "Zapier webhook", r"hooks\.zapier\.com/hooks/catch/[A-Za-z0-9/]{16,40}",
         f"https://hooks.zapier.com/hooks/catch/{digits(7)}/{rand(9, LOWER)}/", "Zapier: webhooks", "medium"),
    Form("zoho-token", "Zoho OAuth token", r"1000\.[a-f0-9]{32}\.[a-f0-9]{32}", f"1000.{rand(32, HEX)}.{rand(32, HEX, 2)}", ""),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = (*map(keyed, _KEYS), *map(formed, _FORMS))
