"""Connecting through the real command line: proved before it is saved, never sent elsewhere."""

from __future__ import annotations

import dataclasses

import pytest
from harness import Stage

from casb_cli.connect.open import Credential, Environment
from casb_cli.connect.prove import GivenSecret, Proof, Request
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.store.config import Config
from casb_cli.store.instances import InstanceConfig
from casb_cli.store.tokens import MemoryTokens
from casb_cli.transport.signin import SigninContext

CANARY = "ghp_canaryCanaryCanaryCanaryCanary0000"


@pytest.fixture
def github(home, casb):
    with Stage("github", home, casb, people=12, files=20) as made:
        yield made


@pytest.fixture
def two(home, casb):
    """Another company at another address."""
    with Stage("github", home, casb, people=12, files=20, seed=99) as made:
        yield made


def test_what_is_expected_of_scans_is_what_was_proved(github):
    run = github.connect("prod", "token")
    assert run.code == 0, run
    config = Config.load().get("github", "prod")
    assert config.tenant is not None
    assert "list-accounts GET /orgs/{org}/invitations" in config.expected
    assert "list-grants GET /orgs/{org}/installations" in config.expected
    assert not [entry for entry in config.expected if "personal-access-tokens" in entry]
    assert "list-files" in config.own["main"].proven


def test_a_rejected_credential_saves_nothing(github):
    run = github.connect("prod", "token", secrets={"token": CANARY})
    assert run.code == 4, run
    assert Config.load().instances == ()
    assert CANARY not in run.out + run.err


def test_a_tenant_is_not_connected_twice_without_force(github):
    assert github.connect("prod", "token").code == 0
    again = github.connect("second", "token")
    assert again.code == 2, again
    assert [one.name for one in Config.load().instances] == ["prod"]
    assert github.connect("second", "token", "--force").code == 0


def test_an_added_credential_cannot_lead_elsewhere(github, two):
    assert github.connect("prod", "token").code == 0
    before = len(two.provider.calls)
    run = github.casb(
        "connect", "github", "--instance", "prod", "--add", "--credential", "x",
        *github.words("token", fields={"api_url": two.signins["token"].fields["api_url"]}),
    )  # fmt: skip
    assert run.code == 2, run
    assert "api_url" in run.err
    assert len(two.provider.calls) == before


def test_an_address_of_another_tenant_is_not_saved(github, two):
    assert github.connect("prod", "token").code == 0
    fields = Config.load().get("github", "prod").fields
    other = two.signins["token"].fields["api_url"]
    run = github.casb("instances", "set", "prod", f"api_url={other}")
    assert run.code in {2, 4}, run
    assert Config.load().get("github", "prod").fields == fields


def test_a_setting_that_moves_nothing_is_saved_without_a_call(github):
    assert github.connect("prod", "token").code == 0
    before = len(github.provider.calls)
    run = github.casb("instances", "set", "prod", "scan_every=6h", "quota_share=0.5")
    assert run.code == 0, run
    assert len(github.provider.calls) == before
    assert Config.load().get("github", "prod").settings == {"scan_every": "6h", "quota_share": "0.5"}


def test_a_share_of_the_quota_reaches_the_governor(github):
    assert github.connect("prod", "token").code == 0
    assert github.casb("instances", "set", "prod", "quota_share=0.5").code == 0
    with github.instance() as instance:
        (spec,) = instance.specs("read")
        assert instance.credential(spec).connector.client.governors.share == 0.5


def test_a_renamed_instance_keeps_what_was_stored_under_its_new_name(github):
    assert github.connect("prod", "token").code == 0
    assert github.casb("scan", "--only", "accounts").code == 0
    assert github.casb("instances", "rename", "prod", "live").code == 0
    run = github.casb("list", "accounts", "--stored", "-o", "jsonl")
    assert run.code == 0, run
    assert run.rows
    assert all(row["ref"].startswith("github:live:account:") for row in run.rows)


def test_no_repr_holds_a_secret():
    tokens = MemoryTokens()
    tokens.save({"access_token": CANARY})
    given = GivenSecret("keyring", CANARY)
    config = InstanceConfig(app="github", name="prod")
    things = [
        given,
        tokens,
        Request(app=None, instance="p", method="token", fields={}, secrets={"token": given}),
        Proof(config, None, Tenant(id="1", name="x"), OwnPermissions(), (), tokens),
        SigninContext("github", "p", "token", {}, lambda key: CANARY, tokens, None, {}),
        Environment(secrets=None),
        Credential(None, None, None, None, None),
    ]
    for one in things:
        assert CANARY not in repr(one), type(one)
        if dataclasses.is_dataclass(one):
            assert CANARY not in str(one)
