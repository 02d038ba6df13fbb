"""The base of connectors: steps found by name, states read by the action's name, facts that hold no secret."""

from __future__ import annotations

import pytest

from casb_cli.apps.base import Connector, InstanceFacts, step
from casb_cli.core.app import App
from casb_cli.core.capabilities import Change, Step
from casb_cli.core.errors import CasbError
from casb_cli.core.models import Tenant

APP = App(key="x", title="X", auth=(), common_fields=(), hosts={}, connector="", signin="", setup="")
FACTS = InstanceFacts(app="x", name="prod", method="token", fields={}, urls={})


class Base(Connector):
    app = APP
    rules = None

    def prove(self):
        return Tenant(id="1", name="x")

    def check_visibility(self):
        return None

    @classmethod
    def expand_scopes(cls, granted):
        return granted

    @step("greet")
    def _greet(self, args, memo):
        return {"said": f"hello {args['who']}", "before": dict(memo)}

    @step("silent")
    def _silent(self, args, memo):
        return None

    def observe_make_private(self, change, memo):
        return {"of": change.target, **memo}


class Derived(Base):
    @step("greet")
    def _greet_louder(self, args, memo):
        return {"said": "HELLO"}


def perform(connector, name, **args):
    return connector.perform(Step(name=name, title=name, args=args), {"id": 1})


def test_a_step_is_found_by_its_name_and_gets_arguments_and_memo():
    assert perform(Base(None, FACTS), "greet", who="ana") == {"said": "hello ana", "before": {"id": 1}}


def test_a_step_that_returns_nothing_adds_nothing():
    assert perform(Base(None, FACTS), "silent") == {}


def test_a_derived_connector_may_do_a_step_its_own_way():
    assert perform(Derived(None, FACTS), "greet", who="ana") == {"said": "HELLO"}


def test_a_step_nobody_has_is_an_error_in_words():
    with pytest.raises(CasbError, match="x has no step `vanish`"):
        perform(Base(None, FACTS), "vanish")


def test_a_steps_arguments_are_not_changed_by_it():
    class Greedy(Base):
        @step("eat")
        def _eat(self, args, memo):
            args.clear()

    given = Step(name="eat", title="eat", args={"a": 1})
    Greedy(None, FACTS).perform(given, {})
    assert given.args == {"a": 1}


def test_the_state_is_read_by_the_method_of_the_action():
    change = Change(action="make-private", target="folder:1", target_name="x")
    assert Base(None, FACTS).observe(change, {"id": 2}) == {"of": "folder:1", "id": 2}


def test_without_an_earlier_listing_nothing_is_recalled():
    assert Base(None, FACTS).recall("account", "1") is None


def test_a_tenant_has_every_call_that_names_no_variant_and_an_unknown_licence():
    tenant = Tenant(id="1", name="x", variant="plus")
    assert Base.available((), tenant)
    assert Base.available(("plus", "pro"), tenant)
    assert not Base.available(("pro",), tenant)
    assert Base.licensed("Big", tenant) is None
