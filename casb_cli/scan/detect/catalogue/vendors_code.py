"""Keys of code hosts, registries of packages, builds and what programmers work with."""

# ruff: noqa: E501 - a table, one key a row

from __future__ import annotations

from casb_cli.scan.detect.catalogue._forms import UUID
from casb_cli.scan.detect.catalogue._keys import ANY_UUID, BASE64, LOWER, Form, Key, formed, keyed
from casb_cli.scan.detect.examples import ALNUM, HEX, UPPER, URLSAFE, rand, uuid
from casb_cli.scan.detect.rules import Detector

_GITHUB = "GitHub: supported secret scanning patterns"

_KEYS = (
    Key("aikido-token", "Aikido token", "AIK_CI_|AIK_SECRET_", ALNUM, 20, 80, "Aikido documentation"),
    Key("apify-token", "Apify API token", "apify_api_", ALNUM, 34, 44, "Apify documentation: API integration"),
    Key("artifactory-key", "JFrog Artifactory API key", "AKCp", ALNUM, 69),
    Key("bitbucket-access-token", "Bitbucket access token", "ATCTT3xFfGN0", URLSAFE + "=", 150, 220, "Atlassian"),
    Key("bitbucket-app-password", "Bitbucket app password", "ATBB", ALNUM, 28, 40, "Atlassian: app passwords"),
    Key("bitbucket-data-center-token", "Bitbucket Data Center token", "BBDC-", BASE64, 40, 50, "Atlassian: HTTP tokens"),
    Key("browserbase-key", "Browserbase API key", "bb_live_", URLSAFE, 24, 40, "Browserbase documentation"),
    Key("buildkite-token", "Buildkite user token", "bkua_", LOWER, 40, 53),
    Key("circleci-token", "CircleCI token", "CCIPAT_|CCIPRJ_", ALNUM + "_", 40, 90, "CircleCI: managing API tokens"),
    Key("clojars-token", "Clojars deploy token", "CLOJARS_", ALNUM, 60),
    Key("cloudsmith-key", "Cloudsmith API key", "csa_", ALNUM, 36, None, "Cloudsmith: API keys"),
    Key("crates-token", "crates.io token", "cio", ALNUM, 32, None, "crates.io source: token prefix"),
    Key("cursor-key", "Cursor API key", "key_", HEX, 64, None, "Cursor documentation: API keys"),
    Key("cursor-user-key", "Cursor user API key", "crsr_", HEX, 64, None, "Cursor documentation: API keys"),
    Key("dependency-track-key", "Dependency-Track API key", "odt_", ALNUM, 32, 60, "Dependency-Track documentation"),
    Key("devcycle-key", "DevCycle server key", "dvc_server_", ALNUM + "_", 16, 60, _GITHUB),
    Key("devin-key", "Devin API key", "apk_user_|apk_|cog_", BASE64 + "=", 50, 200, "Devin documentation: API keys"),
    Key("docker-hub-token", "Docker Hub access token", "dckr_pat_", URLSAFE, 27),
    Key("docker-organization-token", "Docker organization token", "dckr_oat_", URLSAFE, 27, 40, "Docker documentation"),
    Key("endor-key", "Endor Labs API key", "endr+", ALNUM, 16, 24, "Endor Labs documentation"),
    Key("firecrawl-key", "Firecrawl API key", "fc-", HEX, 32, None, "Firecrawl documentation"),
    Key("gitbook-token", "GitBook API token", "gb_api_", ALNUM, 40, None, "GitBook: API"),
    Key("gitlab-more-token", "GitLab token", "glffct-|glwt-|gloas-", URLSAFE, 20, 64, "GitLab documentation: token prefixes"),
    Key("gitlab-runner-token", "GitLab runner registration token", "GR1348941", URLSAFE, 20, 30, "GitLab: token prefixes"),
    Key("gitlab-session", "GitLab session cookie", "_gitlab_session=", LOWER, 32, None, "GitLab source: session store"),
    Key("infracost-key", "Infracost API key", "ico-", ALNUM, 32),
    Key("intra42-secret", "42 API secret", "s-s4t2ud-|s-s4t2af-", HEX, 64, None, "42 API documentation"),
    Key("ionic-token", "Ionic token", "ion_", ALNUM, 42, None, "Ionic Appflow documentation"),
    Key("jfrog-refresh-token", "JFrog reference token", "cmVmdGtuOj", ALNUM, 54, None, "JFrog: reference tokens"),
    Key("linear-key", "Linear API key", "lin_api_", ALNUM, 40),
    Key("linear-oauth-token", "Linear OAuth token", "lin_oauth_", HEX, 64, None, "Linear: OAuth 2.0"),
    Key("linear-webhook-secret", "Linear webhook secret", "lin_wh_", ALNUM, 40, None, "Linear: webhooks"),
    Key("mergify-key", "Mergify application key", "mergify_application_key_", URLSAFE, 40, 200, _GITHUB),
    Key("nuget-key", "NuGet API key", "oy2", LOWER, 43, None, "NuGet: publish packages"),
    Key("octopus-key", "Octopus Deploy API key", "API-", UPPER, 25, 32),
    Key("packagist-token", "Private Packagist token", "packagist_", LOWER + "_", 60, 90, "Private Packagist: token formats"),
    Key("postman-collection-key", "Postman collection access key", "PMAT-", UPPER, 26, None, _GITHUB),
    Key("prefect-key", "Prefect API key", "pnu_", ALNUM, 36),
    Key("pulumi-token", "Pulumi access token", "pul-", HEX, 40),
    Key("pypi-test-token", "TestPyPI token", "pypi-AgENdGVzdC5weXBpLm9yZw", URLSAFE, 60, 250, "PyPI: API tokens", "low"),
    Key("readme-key", "ReadMe API key", "rdme_", ALNUM, 70),
    Key("retool-token", "Retool API token", "retool_01", LOWER, 24, None, "Retool: API authentication"),
    Key("rootly-token", "Rootly API token", "rootly_", HEX, 64),
    Key("rubygems-key", "RubyGems API key", "rubygems_", HEX, 48),
    Key("sentry-internal-token", "Sentry token", "sntrya_|sntryi_", HEX, 64, None, "Sentry: auth token prefixes"),
    Key("sentry-user-token", "Sentry user token", "sntryu_", HEX, 64),
    Key("socket-token", "Socket security token", "sktsec_", ALNUM + "_", 40, 64, "Socket documentation"),
    Key("sonarqube-token", "SonarQube token", "squ_|sqp_|sqa_", HEX, 40, None, "SonarQube: generating tokens"),
    Key("sourcegraph-cody-token", "Sourcegraph Cody token", "slk_", HEX, 64),
    Key("spectral-token", "Spectral token", "spu-", HEX, 32),
    Key("unkey-key", "Unkey root key", "unkey_", ALNUM, 20, 32, "Unkey documentation: root keys"),
    Key("val-town-token", "Val Town API token", "vtwn_", URLSAFE, 24, 80, "Val Town: API tokens"),
    Key("wundergraph-key", "WunderGraph Cosmo key", "cosmo_", HEX, 32, None, _GITHUB),
)  # fmt: skip

_FORMS = (
    Form("sentry-org-token", "Sentry organization token", r"sntrys_eyJ[A-Za-z0-9+/]{40,280}={0,2}_[A-Za-z0-9+/]{43}",
         "sntrys_e" + f"yJ{rand(90)}_{rand(43)}", "Sentry: RFC 91, CI upload tokens"),
    Form("azure-devops-token", "Azure DevOps personal access token", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
         f"{rand(76)}AZ" + f"DO{rand(4)}", "Azure DevOps: format of personal access tokens", "critical"),
    Form("configcat-key", "ConfigCat SDK key", r"configcat-sdk-1/[A-Za-z0-9_-]{22}/[A-Za-z0-9_-]{22}",
         f"configcat-sdk-1/{rand(22)}/{rand(22, seed=2)}", "ConfigCat: SDK keys", "medium"),
    Form("harness-token", "Harness access token", r"[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}",
         f"pat.{rand(22)}.{rand(24, HEX)}.{rand(20)}", ""),
    Form("infura-key", "Infura API key in an address", r"infura\.io/(?:ws/)?v3/[0-9a-f]{32}",
         f"https://mainnet.infura.io/v3/{rand(32, HEX)}", "Infura: API keys", "medium"),
    Form("launchdarkly-key", "LaunchDarkly key", rf"(?:sdk|api)-{ANY_UUID}",
         f"sdk-{uuid()}", "LaunchDarkly: keys", near=("launchdarkly", "launch darkly", "ld sdk")),
    Form("openvsx-token", "Open VSX token", rf"ovsxat_{ANY_UUID}", f"ovsxat_{uuid()}", "Open VSX"),
    Form("postman-key", "Postman API key", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}", "PMAK" + f"-{rand(24, HEX)}-{rand(34, HEX)}", ""),
    Form("rapidapi-key", "RapidAPI key", r"[0-9a-f]{10}msh[0-9a-f]{15}p1[0-9a-f]{5,6}jsn[0-9a-f]{12}",
         f"{rand(10, HEX)}msh{rand(15, HEX, 2)}p1{rand(5, HEX, 3)}jsn{rand(12, HEX, 4)}", "RapidAPI: keys"),
    Form("sidekiq-secret", "Sidekiq Enterprise gem credential", r"CONTRIBSYS__COM[\"']?\s{0,3}[=:]{1,2}\s{0,3}[\"']?[0-9a-f]{8}:[0-9a-f]{8}",
         f"CONTRIBSYS__COM={rand(8, HEX)}:{rand(8, HEX, 2)}", "Sidekiq: Enterprise installation"),
    Form("snyk-token", "Snyk access token", r"snyk_[us]at\.[A-Za-z0-9]{8}\.[A-Za-z0-9_.-]{40,200}",
         f"snyk_uat.{rand(8)}.{rand(60)}", "Snyk: personal access tokens"),
    Form("sourcegraph-token", "Sourcegraph access token", r"sgp_(?:[0-9a-fA-F]{16}_)?(?:local_)?[0-9a-fA-F]{40}",
         f"sgp_local_{rand(40, HEX)}", "Sourcegraph: access tokens"),
    Form("teamcity-token", "TeamCity access token", r"eyJ0eXAiOiAiVENWMiJ9\.[A-Za-z0-9_-]{36}\.[A-Za-z0-9_-]{48}",
         "eyJ0eXAiOiAi" + f"VENWMiJ9.{rand(36)}.{rand(48)}", "TeamCity: access tokens"),
    Form("terraform-token", "Terraform Cloud token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}",
         f"{rand(14)}.atlas" + f"v1.{rand(67)}", "", "critical"),
    Form("wakatime-key", "WakaTime API key", rf"waka_{UUID}", f"waka_{uuid()}", "WakaTime: API keys", "medium"),
    Form("zuplo-key", "Zuplo API key", r"zpka_[a-z0-9]{32}_[0-9a-f]{8}",
         f"zpka_{rand(32, LOWER)}_{rand(8, HEX)}", "Zuplo: API keys"),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = (*map(keyed, _KEYS), *map(formed, _FORMS))
