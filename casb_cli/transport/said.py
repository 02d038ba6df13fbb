"""What a provider says in an answer, in the places that providers commonly use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_REQUEST_IDS = (
    "x-request-id",
    "x-github-request-id",
    "box-request-id",
    "request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the provider's id of a request, by which its support finds it."""
    return next((headers[name] for name in _REQUEST_IDS if headers.get(name)), None)


def provider_words(body: bytes) -> str:
    """Return what an error body says, at most 500 characters, from the fields that providers commonly use."""
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if not isinstance(data, dict):
        return ""
    for name in ("error_description", "message", "error_summary", "detail", "title", "error", "code"):
        value: Any = data.get(name)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value:
            return value[:500]
    return ""
