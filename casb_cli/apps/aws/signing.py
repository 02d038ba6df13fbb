"""Signing: botocore's Signature Version 4 over the request exactly as it goes out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from casb_cli.apps.aws.endpoints import Place
from casb_cli.transport.signin import Outgoing

# Its debug lines hold canonical requests, and with them session tokens.
logging.getLogger("botocore").setLevel(logging.WARNING)

_UNSIGNED = frozenset({"accept", "accept-encoding", "connection", "content-length", "user-agent"})
"""What botocore's client adds only after signing, or never signs: proxies may change it."""
_MADE = ("Authorization", "X-Amz-Date", "X-Amz-Content-SHA256", "X-Amz-Security-Token")


@dataclass(frozen=True)
class Keys:
    """A key pair, with its session token and end (epoch seconds) where it is temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires: float | None = None


def sign(outgoing: Outgoing, keys: Keys, place: Place, *, moment: datetime | None = None) -> Mapping[str, str]:
    """Return the headers that sign a request at `moment` (now, unless given), those that botocore would send."""
    from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials

    headers = {name: value for name, value in outgoing.headers.items() if name.lower() not in _UNSIGNED}
    request: Any = AWSRequest(method=outgoing.method, url=outgoing.url, headers=headers, data=outgoing.content or b"")
    kind = S3SigV4Auth if place.s3 else SigV4Auth
    known = ReadOnlyCredentials(keys.access_key, keys.secret_key, keys.token)
    signer: Any = kind(known, place.signing_name, place.region)
    # The steps of `add_auth`, which knows no clock but this machine's.
    request.context["timestamp"] = (moment or datetime.now(UTC)).strftime(SIGV4_TIMESTAMP)
    signer._modify_request_before_signing(request)  # noqa: SLF001
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))  # noqa: SLF001
    return {name: request.headers[name] for name in _MADE if name in request.headers}
