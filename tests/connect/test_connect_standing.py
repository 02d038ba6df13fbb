"""Which credential serves an ability, and what scans are expected to deliver through it."""

from __future__ import annotations

import msgspec
import pytest
from scan_fake import ALL, FakeConnector, FakeInstance, Provider, credential, own

from casb_cli.connect.open import quota_share
from casb_cli.connect.standing import expected_calls, standing
from casb_cli.core.capabilities import ListAccounts, ListGrants, ListTrash, SuspendAccount
from casb_cli.core.errors import ConfigError, NotPermitted, ScopeMissing, SignInNeeded, Unsupported
from casb_cli.core.models import OwnPermissions, Tenant

TENANT = Tenant(id="t", name="t")


def stands(permissions, ability=ListGrants):
    return standing(FakeConnector, ability, TENANT, permissions)


def test_everything_granted_leaves_no_gap():
    assert stands(own(*ALL)).state == "granted"
    assert stands(own(*ALL)).gaps == ()


def test_one_of_two_needs_makes_it_usable_and_names_the_gap():
    found = stands(own("grants"))
    assert found.usable
    assert [(gap.calls, gap.needed) for gap in found.gaps] == [(("GET /tokens",), ("tokens",))]


def test_none_of_its_needs_is_scope_missing():
    assert stands(own()).state == "scope-missing"
    assert not stands(own()).usable


def test_permissions_that_the_provider_does_not_list_are_unverifiable():
    assert stands(OwnPermissions(vocabulary="fake")).state == "unverifiable"


def test_a_call_refused_by_a_probe_is_a_gap_whatever_was_granted():
    refused = own(*ALL, refused={"list-grants GET /tokens": "apps only"})
    assert [gap.reason for gap in stands(refused).gaps] == ["apps only"]
    assert expected_calls(FakeConnector, ListGrants, TENANT, refused) == {"GET /apps"}


def test_a_refused_ability_is_not_usable():
    assert not stands(own(*ALL, refused={"list-grants": "no"})).usable


def test_a_proven_ability_says_so():
    assert stands(own(*ALL, proven=("list-grants",))).state == "proven"


def chosen(**owns):
    instance = FakeInstance(Provider(), specs=[credential(name) for name in owns], owns=owns)
    return instance.choose(ListGrants)[0].name


def test_the_first_credential_that_may_serves():
    assert chosen(first=own(*ALL), second=own(*ALL)) == "first"
    assert chosen(first=own(), second=own("grants")) == "second"


def test_the_one_with_fewer_gaps_serves_before_the_first():
    assert chosen(first=own("grants"), second=own(*ALL)) == "second"


def test_what_was_read_back_wins_over_what_nobody_can_verify():
    assert chosen(first=OwnPermissions(vocabulary="fake"), second=own(*ALL)) == "second"


def test_a_credential_for_governing_is_not_read_with_and_adds_nothing_to_what_is_expected():
    specs = (credential("reader", "read"), credential("acting", "govern"))
    owns = {"reader": own("grants"), "acting": own(*ALL)}
    instance = FakeInstance(Provider(), specs=specs, owns=owns)
    assert instance.choose(ListGrants)[0].name == "reader"
    assert instance.config.expected == ("list-grants GET /apps",)


def test_what_is_expected_goes_through_the_one_credential_that_serves():
    specs = (credential("apps"), credential("tokens"))
    instance = FakeInstance(Provider(), specs=specs, owns={"apps": own("grants"), "tokens": own("tokens")})
    assert [entry for entry in instance.config.expected if entry.startswith("list-grants")] == ["list-grants GET /apps"]


def test_refusals_name_instance_credential_and_what_to_add():
    instance = FakeInstance(Provider(), owns={"main": own()})
    with pytest.raises(ScopeMissing) as caught:
        instance.connector_for(ListAccounts)
    assert caught.value.needed == ("accounts",)
    assert "fake/prod: could not list accounts" in str(caught.value)
    assert caught.value.hint == "casb doctor --app fake --instance prod"
    with pytest.raises(Unsupported):
        instance.choose(ListTrash)
    with pytest.raises(SignInNeeded) as caught:
        FakeInstance(Provider(), specs=(credential("acting", "govern"),)).choose(ListAccounts)
    assert "--add" in (caught.value.hint or "")
    with pytest.raises(Unsupported):
        instance.choose(SuspendAccount)


def test_a_look_raises_where_a_credential_turned_blind_and_tells_what_was_accepted():
    provider = Provider()
    instance = FakeInstance(provider)
    (spec,) = instance.specs("read")
    assert instance.look(spec) is None
    provider.blind.add("main")
    with pytest.raises(NotPermitted):
        instance.look(spec)
    accepted = FakeInstance(provider, owns={"main": own(*ALL, shortened="a part only")})
    assert accepted.look(spec) == "a part only"


@pytest.mark.parametrize(("text", "share"), [(None, 1.0), ("0.25", 0.25), ("1", 1.0)])
def test_an_instances_share_of_the_quota_is_its_setting(text, share):
    settings = {} if text is None else {"quota_share": text}
    assert quota_share(FakeInstance(Provider(), settings=settings).config) == share


@pytest.mark.parametrize("text", ["0", "2", "much", "nan"])
def test_a_share_that_is_none_is_refused(text):
    config = msgspec.structs.replace(FakeInstance(Provider()).config, settings={"quota_share": text})
    with pytest.raises(ConfigError, match="quota_share"):
        quota_share(config)


def test_the_scopes_of_a_refused_call_are_told_by_its_declaration():
    from casb_cli.apps import registry
    from casb_cli.connect.standing import lacking
    from casb_cli.core.capabilities import ABILITIES, needs_of

    for app in registry.all():
        connector = registry.load_connector(app)
        for ability in ABILITIES:
            for need in needs_of(connector, ability):
                for kind, alternatives in (need.any_of or {}).items():
                    told = lacking(connector, ability, need.calls[0], (kind,))
                    assert told, (app.key, ability.key, need.calls[0])
                    assert all(isinstance(scope, str) for scope in (*told, *alternatives[0]))
        assert lacking(connector, ABILITIES[0], "GET /none", ("*",)) == ()
