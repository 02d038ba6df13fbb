"""Google Workspace: signing in as a workload identity, and never giving its token to anybody but Google."""

from __future__ import annotations

import contextlib
import json
from urllib.parse import unquote

import pytest

from casb_cli.apps.google_workspace import APP
from casb_cli.apps.google_workspace.auth import signin
from casb_cli.apps.google_workspace.federation import read_configuration
from casb_cli.apps.google_workspace.rules import RULES
from casb_cli.apps.google_workspace.scopes import USERS
from casb_cli.apps.google_workspace.setup import instructions
from casb_cli.core.errors import SecretUnavailable, SignInNeeded, UsageError
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World
from casb_cli.store.tokens import MemoryTokens
from casb_cli.transport.calls import Call
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext

PROOF = Call(name="GET /admin/directory/v1/customers/{c}", path={"c": "my_customer"}, host="admin", family="directory")
GOOD = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/runner",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {"file": "/run/token"},
}


@pytest.fixture(scope="module")
def stage():
    [provider] = build(["google-workspace"], World(seed=7, people=12, files=4, events=4), {})
    with serve([provider]) as running:
        yield provider, running.signins()["google-workspace"]["federation"]


@contextlib.contextmanager
def signed_in(stage, configuration=None, **fields):
    provider, known = stage
    urls = {**APP.hosts, **provider.urls}
    governors = Governors(APP, "main")
    text = known.secrets["configuration"] if configuration is None else json.dumps(configuration)
    with Client(APP, RULES, None, urls, governors, where="google-workspace/prod") as plain:
        context = SigninContext(
            app="google-workspace",
            instance="prod",
            method="federation",
            fields={**known.fields, **fields},
            secret=lambda key: {"configuration": text}[key],
            tokens=MemoryTokens(),
            http=plain,
            urls=urls,
            want=(USERS,),
        )
        with Client(APP, RULES, signin(context), urls, governors, where="google-workspace/prod") as client:
            yield client


def of(stage):
    return json.loads(stage[1].secrets["configuration"])


def calls(provider):
    return [f"{one.name.partition(' ')[0]} {unquote(one.target)}" for one in provider.calls]


def test_a_workload_identity_lets_google_sign_for_the_service_account(stage):
    provider, known = stage
    with signed_in(stage) as client:
        assert client.send(PROOF).status == 200
        sent = calls(provider)
    robot = known.fields["service_account"]
    assert [one for one in sent if "token" in one or "signJwt" in one][:3] == [
        "GET /subject-token",
        "POST /v1/token",
        f"POST /v1/projects/-/serviceAccounts/{robot}:signJwt",
    ]


def test_a_workload_identity_may_act_as_a_service_account_first(stage):
    robot = stage[1].fields["service_account"]
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{robot}:generateAccessToken"
    configuration = {**of(stage), "service_account_impersonation_url": url}
    with signed_in(stage, configuration, service_account="") as client:  # the same account is the delegated one then
        assert client.send(PROOF).status == 200
    assert any("generateAccessToken" in one for one in calls(stage[0]))


def test_an_identity_that_the_pool_does_not_know_is_told(stage, tmp_path):
    place = tmp_path / "token"
    place.write_text("eyJ.somebody.else")
    with (
        signed_in(stage, {**of(stage), "credential_source": {"file": str(place)}}) as client,
        pytest.raises(SignInNeeded) as told,
    ):
        client.send(PROOF)
    assert "eyJ.somebody" not in str(told.value)
    with (
        signed_in(stage, {**of(stage), "credential_source": {"file": "/nowhere"}}) as client,
        pytest.raises(SecretUnavailable),
    ):
        client.send(PROOF)


def test_without_a_service_account_nobody_is_delegated(stage):
    with pytest.raises(UsageError, match="must be named"), signed_in(stage, service_account=""):
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"type": "service_account"},
        {"token_url": "https://sts.googleapis.com.evil.test/v1/token"},
        {"token_url": "http://sts.googleapis.com/v1/token"},
        {"audience": "//iam.googleapis.com/locations/global/workforcePools/p/providers/q"},
        {"universe_domain": "s3ns.fr"},
        {
            "service_account_impersonation_url": "https://evil.test/v1/projects/-/serviceAccounts/a@b:generateAccessToken"
        },
        {"service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/x"},
        {"credential_source": None},
    ],
)
def test_a_configuration_that_leads_elsewhere_than_to_google_is_refused(change):
    with pytest.raises(SignInNeeded) as told:
        read_configuration(json.dumps({**GOOD, **change}))
    assert "create-cred-config" in told.value.hint


def test_a_good_configuration_is_read_and_one_that_is_no_json_is_refused():
    assert read_configuration(json.dumps(GOOD)).service_account is None
    with pytest.raises(SignInNeeded):
        read_configuration("no json")


def test_setup_names_the_pool_the_role_and_the_apis():
    text = instructions("federation", [], {"service_account": "robot@p.iam.gserviceaccount.com"})
    for word in (
        "sts.googleapis.com",
        "iamcredentials.googleapis.com",
        "create-cred-config",
        "serviceAccountTokenCreator",
    ):
        assert word in text
