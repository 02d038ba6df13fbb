"""How one provider's answers are to be understood: declared by the app, applied by the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from casb_cli.core.errors import ProviderError
from casb_cli.transport.calls import Call


@dataclass(frozen=True)
class Verdict:
    """What an answer means.

    `ok`: take it. `throttled`: the limit scope must wait (`after` seconds, else by header or back-off).
    With `own` it is what the call's identity may use of a shared limit (`Limit.one_may`) that is used up.
    `busy`: only this call must wait (not ready, object locked, 5xx). `reauth`: renew the credential once.
    `moved`: nothing was done, the same call is answered at the host named `host`: it is signed and sent anew, once,
    and later ones go there at once. `fail`: raise `error`, as where a `moved` call is still at the wrong place.
    """

    kind: Literal["ok", "throttled", "busy", "reauth", "moved", "fail"]
    error: ProviderError | None = None
    after: float | None = None
    own: bool = False
    host: str = ""


OK = Verdict("ok")

Classify = Callable[[Call, int, Mapping[str, str], bytes], Verdict]


@dataclass(frozen=True)
class ApiRules:
    """Constant headers, the classification of answers, and how an identity becomes a header.

    `classify` sees every answer, 2xx too (a limit may arrive as 200 with errors); `throttled` and `busy`
    verdicts carry the error to raise when waiting is over. `statuses that the call lists in `answers` are
    `ok` unless classified as throttled. `identity_header` returns the headers for an impersonated user.
    """

    classify: Classify
    headers: Mapping[str, str] = field(default_factory=dict)
    identity_headers: Callable[[str], Mapping[str, str]] | None = None
    redirects: frozenset[int] = frozenset()
    """Redirects that `classify` judges instead of their being followed: a signed request is good for one address."""
    max_attempts: int = 6
    timeout: float = 60.0
