"""Part of the AWS connector by itself, against the simulated AWS: S3, its sharing, its governance, its queue."""

from __future__ import annotations

import contextlib

import httpx

from casb_cli.apps.aws import APP
from casb_cli.apps.aws.auth import signin
from casb_cli.apps.aws.endpoints import base_urls
from casb_cli.apps.aws.feed import Follow
from casb_cli.apps.aws.govern_sharing import GovernSharing
from casb_cli.apps.aws.quarantine import Quarantine
from casb_cli.apps.aws.rules import RULES
from casb_cli.apps.aws.sharing import Sharing
from casb_cli.apps.base import InstanceFacts
from casb_cli.core.errors import SecretUnavailable
from casb_cli.core.models import ROOT, Tenant
from casb_cli.store.tokens import MemoryTokens
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext


class Storage(Follow, Quarantine, GovernSharing, Sharing):
    """What of the connector speaks to S3."""

    app = APP
    rules = RULES

    def prove(self):
        return Tenant(id=self.own_account, name=self.own_account)

    def check_visibility(self):
        self.caller()

    @classmethod
    def expand_scopes(cls, granted):
        return granted


def _clients(fields, secrets, urls, transport=None):
    common = {"where": "aws/prod", "transport": transport}
    governors = Governors(APP, "main")
    plain = Client(APP, RULES, None, urls, governors, **common)

    def secret(key):
        if key not in secrets:
            raise SecretUnavailable(key)
        return secrets[key]

    context = SigninContext(
        app="aws",
        instance="prod",
        method="keys",
        fields=fields,
        secret=secret,
        tokens=MemoryTokens(),
        http=plain,
        urls=urls,
    )
    return Client(APP, RULES, signin(context), urls, governors, **common), plain


def storage(fields, secrets, *, account="123456789012", transport=None):
    """Return the connector's part for some settings; with a transport its calls reach nobody."""
    urls = base_urls(fields)
    client, plain = _clients(fields, secrets, urls, transport)
    tenant = Tenant(id=account, name=account, facts={"account": account})
    facts = InstanceFacts(app="aws", name="prod", method="keys", fields=fields, urls=urls, tenant=tenant)
    made = Storage(client, facts)
    made.signing_in = plain
    return made


@contextlib.contextmanager
def against(provider, running, **more):
    """Give the connector's part signed in to a simulated AWS."""
    known = running.signins()["aws"]["keys"]
    made = storage({**known.fields, **more}, known.secrets, account=provider.company.main)
    try:
        yield made
    finally:
        made.client.close()
        made.signing_in.close()


def rows(method):
    """Return all rows of a listing by id, and what it noticed."""
    waiting, found, notices = [ROOT], {}, []
    while waiting:
        part = waiting.pop()
        for page in method(part, None):
            waiting += page.more
            notices += page.notices
            for one in page.items:
                assert one.id not in found, one.id
                found[one.id] = one
    return found, notices


def carry_out(connector, change, memo=None, *, inverse=False):
    """Perform a change's steps, or those that undo it, as the engine does; return the memo."""
    memo = dict(change.keeps) if memo is None else memo
    for step in change.inverse if inverse else change.steps:
        memo.update(connector.perform(step, dict(memo)))
    return memo


ACCOUNT = "123456789012"
KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "region": "eu-central-1"}


class Script:
    """Answers calls from a table: `GET /path?sub` to (status, body, headers), or a function of the request."""

    def __init__(self, **fields):
        self.answers = {}
        self.sent = []
        self.fields = {**KEYS, **fields}

    def on(self, line, status=200, body=b"", **headers):
        """Answer requests whose method, host's first label and path match; later ones win."""
        self.answers[line] = (status, body.encode() if isinstance(body, str) else body, headers)

    def connector(self):
        return storage(self.fields, {"secret_access_key": "wJalrXUtnFEMI"}, transport=httpx.MockTransport(self._answer))

    def _answer(self, request):
        self.sent.append(request)
        target = request.url.raw_path.decode()
        label = request.url.host.partition(".")[0]
        for line, answer in reversed(self.answers.items()):
            method, place = line.split(" ", 1)
            if method == request.method and f"{label}{target}".startswith(place):
                if callable(answer[1]):
                    return answer[1](request)
                status, body, headers = answer
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return httpx.Response(status, content=body, headers=named)
        raise AssertionError(f"nobody answers {request.method} {label}{target}")
