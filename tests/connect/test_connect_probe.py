"""Proving abilities by asking: refusals are kept by call, passing failures are no refusals."""

from __future__ import annotations

import pytest
from scan_fake import ALL, FakeConnector, FakeInstance, Provider, credential, own, refusal

from casb_cli.connect.probe import probed, prove_ability, prove_all
from casb_cli.core.capabilities import ListAccounts, ListGrants, ReadFile
from casb_cli.core.errors import LicenceMissing, Unavailable, Unsupported
from casb_cli.core.models import OwnPermissions, Tenant

TENANT = Tenant(id="t", name="t")


@pytest.fixture
def provider():
    return Provider()


def look(provider, permissions=None):
    connector = FakeInstance(provider).credential(credential()).connector
    return probed(connector, TENANT, permissions or OwnPermissions(vocabulary="fake"))


def test_what_answers_is_proven(provider):
    found = look(provider)
    assert set(found.proven) >= {"list-accounts", "list-grants", "list-files", "list-activity", "list-findings"}
    assert found.refused == {}


def test_a_refused_call_is_kept_and_the_ability_is_not_called_proven(provider):
    provider.refused["GET /tokens"] = refusal("GET /tokens")
    found = look(provider)
    assert found.refused == {"list-grants GET /tokens": "it is forbidden"}
    assert "list-grants" not in found.proven


def test_every_kind_of_partition_is_tried(provider):
    provider.grants = {f"kind{n}": [] for n in range(5)} | {"tokens": []}
    provider.refused["GET /tokens"] = refusal("GET /tokens")
    assert "list-grants GET /tokens" in look(provider).refused


def test_a_wholly_refused_ability_is_kept_by_its_call(provider):
    provider.refused["GET /accounts"] = refusal("GET /accounts", LicenceMissing)
    assert "list-accounts GET /accounts" in look(provider).refused


def test_an_outage_is_no_refusal(provider):
    provider.refused["GET /accounts"] = refusal("GET /accounts", Unavailable)
    found = look(provider)
    assert found.refused == {}
    assert "list-accounts" not in found.proven


def test_what_this_instance_has_not_is_no_refusal_and_hinders_nothing(provider):
    provider.refused["GET /accounts"] = Unsupported("a setting that it needs was left out")
    found = look(provider)
    assert found.refused == {}
    assert "list-accounts" not in found.proven
    assert "list-grants" in found.proven


def test_what_was_not_granted_is_not_asked_for(provider):
    look(provider, own("files", "content"))
    assert "GET /accounts" not in provider.calls


def test_a_proof_tells_what_is_refused_beside_what_answers(provider):
    provider.refused["GET /tokens"] = refusal("GET /tokens")
    found = prove_ability(FakeInstance(provider), ListGrants)
    assert found.state == "proven"
    assert "GET /tokens: it is forbidden" in (found.note or "")


def test_a_proof_that_fails_says_which_layer_says_no(provider):
    provider.refused["GET /accounts"] = refusal("GET /accounts", LicenceMissing)
    assert prove_ability(FakeInstance(provider), ListAccounts).state == "licence-missing"
    provider.refused["GET /accounts"] = refusal("GET /accounts")
    assert prove_ability(FakeInstance(provider), ListAccounts).state == "scope-missing"
    provider.refused["GET /accounts"] = refusal("GET /accounts", Unavailable)
    assert prove_ability(FakeInstance(provider), ListAccounts).state == "unverifiable"
    assert prove_ability(FakeInstance(provider, owns={"main": own()}), ListAccounts).state == "scope-missing"


def test_all_abilities_of_the_app_are_proved_in_order(provider):
    found = prove_all(FakeInstance(provider, owns={"main": own(*ALL)}))
    assert [one.ability.key for one in found] == [
        "list-accounts", "list-activity", "list-files", "read-file", "list-findings", "follow-files", "list-grants"
    ]  # fmt: skip
    assert next(one for one in found if one.ability is ReadFile).state == "granted"
    assert issubclass(FakeConnector, ReadFile)
