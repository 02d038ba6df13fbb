"""A GitHub of scripted answers: each call's name leads to what is answered, or to what is raised."""

from __future__ import annotations

import json
from contextlib import contextmanager

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.github.connector import GitHub
from casb_cli.apps.github.rules import classify
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Tenant
from casb_cli.transport.calls import Answer


class Scripted:
    """Stands for the client. `on[name]` is a body, a status with a body, an error, or a function of the call."""

    skew = None

    def __init__(self):
        self.on = {}
        self.sent = []

    def _answer(self, call):
        self.sent.append(call)
        found = self.on.get(call.name)
        if callable(found) and not isinstance(found, type):
            found = found(call)
        if isinstance(found, Exception):
            raise found
        if found is None:
            if 404 in call.answers:
                return Answer(call=call, status=404, headers={}, body=b"", url="")
            raise ObjectMissing("Not Found", call=call.name, status=404)
        status, headers, body = (200, {}, found) if not isinstance(found, tuple) else found
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        verdict = classify(call, status, headers, raw)
        if verdict.error is not None:
            raise verdict.error
        return Answer(call=call, status=status, headers=headers, body=raw, url="")

    def send(self, call):
        return self._answer(call)

    def pages(self, call, pager, cursor=None):
        while True:
            asked = pager.prepare(call, cursor)
            answer = self._answer(asked)
            cursor = pager.after(asked, answer)
            yield answer, cursor
            if cursor is None:
                return

    @contextmanager
    def stream(self, call):
        answer = self._answer(call)

        class Body:
            def chunks(self, limit=None):
                yield answer.body[:limit]

        yield Body()

    def names(self, verb=None):
        return [call.name for call in self.sent if verb is None or call.name.startswith(verb)]


def github(method="token", *, plan="enterprise", own=None, fields=None):
    """Return a connector over a new script."""
    facts = InstanceFacts(
        app="github",
        name="prod",
        method=method,
        fields={"organization": "corp", **(fields or {})},
        urls={"oauth": "https://github.com"},
        tenant=Tenant(id="1", name="corp", plan=plan),
        own=own,
    )
    return GitHub(Scripted(), facts)


def rows(method, part=None, *more):
    """Read a listing to its end, with all its partitions; return rows and notices."""
    from casb_cli.core.models import ROOT

    found, notices, waiting = [], [], [part or ROOT]
    while waiting:
        for page in method(waiting.pop(0), None, *more):
            found += page.items
            notices += page.notices
            waiting += page.more
    return found, notices


def repo(id_=7, name="web", **more):
    """Return a repository as GitHub lists it."""
    return {
        "id": id_,
        "full_name": f"corp/{name}",
        "name": name,
        "private": True,
        "visibility": "private",
        "default_branch": "main",
        "pushed_at": "2026-11-01T00:00:00Z",
        **more,
    }


def user(id_, login, **more):
    return {"id": id_, "login": login, **more}
