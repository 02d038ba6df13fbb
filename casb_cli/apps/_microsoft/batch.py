"""`$batch`: up to twenty calls of Graph in one request, each with a status of its own.

learn.microsoft.com, "Combine multiple requests": the outer answer is 200, inner ones are throttled one by one,
and their units are counted one by one. What is answered for a passing reason is asked again alone, so that the
governor sees it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from casb_cli.core.errors import ProviderError
from casb_cli.transport.address import expand, query_text
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.rules import ApiRules

BATCH = "POST /$batch"
MOST = 20
_PREFIX = "/v1.0"


class _Inner(msgspec.Struct):
    id: str
    status: int
    headers: dict[str, str] | None = None
    body: msgspec.Raw = msgspec.Raw()


class _Batch(msgspec.Struct):
    responses: list[_Inner]


class Sender(Protocol):
    """What a batch needs of a client."""

    def send(self, call: Call) -> Answer:
        """Return the answer; raises ProviderError."""


def batched(client: Sender, rules: ApiRules, calls: Sequence[Call]) -> list[Answer | ProviderError]:
    """Return the answer or the error of each reading call, in order; raises what the whole batch met."""
    found: list[Answer | ProviderError] = []
    for start in range(0, len(calls), MOST):
        found += _some(client, rules, calls[start : start + MOST])
    return found


def _some(client: Sender, rules: ApiRules, calls: Sequence[Call]) -> Iterator[Answer | ProviderError]:
    if len(calls) == 1:
        yield _alone(client, calls[0])
        return
    outer = Call(
        name=BATCH,
        family=calls[0].family,
        cost=sum(call.cost for call in calls),
        json={"requests": [_request(number, call) for number, call in enumerate(calls)]},
        safe=True,
    )
    answer = client.send(outer)
    inner = {one.id: one for one in answer.decode(_Batch).responses}
    for number, call in enumerate(calls):
        one = inner.get(str(number))
        result = _result(rules, call, one, answer.url) if one is not None else None
        yield result if result is not None else _alone(client, call)


def _request(number: int, call: Call) -> dict[str, Any]:
    if call.url is not None:
        parts = urlsplit(call.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
    else:
        query = query_text(call.query)
        target = expand(call.template, call.path) + (f"?{query}" if query else "")
    request: dict[str, Any] = {"id": str(number), "method": call.method, "url": target.removeprefix(_PREFIX)}
    if call.headers:
        request["headers"] = dict(call.headers)
    return request


def _result(rules: ApiRules, call: Call, one: _Inner, url: str) -> Answer | ProviderError | None:
    """Return what an inner answer is; None where the call is to be made again, alone."""
    headers: Mapping[str, str] = {name.lower(): value for name, value in (one.headers or {}).items()}
    body = bytes(one.body)
    if headers.get("content-type", "").startswith(("application/octet-stream", "text/")) and body.startswith(b'"'):
        body = base64.b64decode(msgspec.json.decode(body))
    verdict = rules.classify(call, one.status, headers, body)
    if verdict.kind == "ok" or one.status in call.answers:
        return Answer(call=call, status=one.status, headers=headers, body=body, url=url)
    return verdict.error if verdict.kind == "fail" else None


def _alone(client: Sender, call: Call) -> Answer | ProviderError:
    try:
        return client.send(call)
    except ProviderError as error:
        # One of many: the caller decides what its failure means for the rest.
        return error
