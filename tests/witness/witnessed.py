"""Which calls a provider's own SDK has made against the sandbox and accepted.

A witness test lets the SDK make a call, asserts on the SDK's typed answer, and then tells what it witnessed:

    def test_members(witness, github, sdk):
        assert [m.login for m in sdk.get_organization(...).get_members()] == ...
        witness(github, "GET /orgs/{org}/members")

The fixture asserts that the sandbox received such a call and answered below 400. What passing tests told is
summed up at the end of the run: per app, how many of the calls named by the connector's `@needs` are witnessed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable


def needed_calls(app: str) -> set[str]:
    """Return the logical calls that an app's connector names in `@needs`."""
    from casb_cli.core.app import App
    from casb_cli.core.capabilities import ABILITIES, needs_of

    package = importlib.import_module(f"casb_cli.apps.{app.replace('-', '_')}")
    declaration = next(value for value in vars(package).values() if isinstance(value, App))
    module, _, name = declaration.connector.partition(":")
    connector = getattr(importlib.import_module(module), name)
    return {call for ability in ABILITIES for need in needs_of(connector, ability) for call in need.calls}


def summary(told: Iterable[str]) -> dict[str, set[str]]:
    """Return the witnessed calls by app from lines `app call`."""
    found: dict[str, set[str]] = {}
    for line in told:
        app, _, call = line.partition(" ")
        found.setdefault(app, set()).add(call)
    return found
