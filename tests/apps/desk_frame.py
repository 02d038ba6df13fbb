"""What desks share: providers in memory, each behind a connector that has the parts under test alone."""

from __future__ import annotations

import httpx

from casb_cli.core.models import ROOT
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors


class Alone:
    """What every connector must have, and no test of a desk asks for."""

    def prove(self):
        raise NotImplementedError

    def check_visibility(self):
        raise NotImplementedError

    @classmethod
    def expand_scopes(cls, granted):
        return granted


class Recognised:
    """A credential that a desk recognises; `headers` says what by."""

    scope = None

    def renew(self, call, used):
        del call, used
        return False

    def redact(self):
        return ()


def client(desk, app, rules, credential, urls, where, governed=None):
    """Return a client whose provider is the desk; `governed` is the app with other limits."""
    governors = Governors(governed or app, "t")
    return Client(app, rules, credential, urls, governors, where=where, transport=httpx.MockTransport(desk))


def rows(method, part=None):
    """Return all rows and notices of a listing."""
    found, notices, waiting = [], [], [part or ROOT]
    while waiting:
        for page in method(waiting.pop(0), None):
            found += page.items
            notices += page.notices
            waiting += page.more
    return found, notices


def carry_out(connector, change, memo=None):
    """Carry out an action as the governing layer does, each result kept; return what was kept."""
    memo = {**change.keeps, **(memo or {})}
    for step in change.steps:
        memo |= connector.perform(step, memo)
    return memo


def take_back(connector, change, memo):
    """Undo an action as the governing layer does; return what was kept."""
    for step in change.inverse:
        memo |= connector.perform(step, memo)
    return memo
