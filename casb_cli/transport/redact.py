"""What may be shown of requests and answers: never a credential, a pre-authenticated link or content."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

from casb_cli.transport.calls import Call

HIDDEN = "***"

_SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|assertion|credential|private|signature|api[-_]?key|authori[sz]ation"
    r"|verifier|device_code|user_code|^code$|^key$|^sig$|^state$|cookie|^x-amz-",
    re.IGNORECASE,
)
_PATTERNS = re.compile(
    r"gh[opsur]_[A-Za-z0-9_]{16,}|github_pat_[A-Za-z0-9_]{16,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}|(?<=[Bb]asic )[A-Za-z0-9+/=]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_LINK = re.compile(r"(https?://[^/\s\"'<>?#]+[^\s\"'<>?#]*)\?[^\s\"'<>]+")
_SHOWN_HEADERS = re.compile(
    r"^(accept|accept-encoding|cache-control|content-encoding|content-length|content-range|content-type|date|etag"
    r"|if-match|if-none-match|range|retry-after|server|user-agent|www-authenticate|x-ratelimit-.*|ratelimit-?.*"
    r"|x-rate-limit-.*|x-.*request-id|request-id|x-github-api-version.*|x-.*oauth-scopes"
    r"|x-accepted-github-permissions|box-request-id)$",
    re.IGNORECASE,
)
_SHOWN_FIELDS = frozenset(
    {"id", "type", "kind", "status", "code", "error", "error_code", "request_id", "expires_in", "token_type"}
)
_LONGEST_BODY = 65_536


class Redactor:
    """Replaces known secrets, and what looks like one, in any text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) < 4:
                continue
            forms |= {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
            forms.add(base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode())
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, value: str) -> str:
        """Return `value` without secrets; a link keeps its path and loses its query."""
        for form in self._forms:
            if form in value:
                value = value.replace(form, HIDDEN)
        return _LINK.sub(rf"\1?{HIDDEN}", _PATTERNS.sub(HIDDEN, value))

    def url(self, origin: str, target: str, *, pre_authenticated: bool = False) -> str:
        """Return a URL for display; of a pre-authenticated one only the host."""
        if pre_authenticated:
            return f"{origin}/{HIDDEN}"
        path, mark, query = target.partition("?")
        for form in self._forms:
            path = path.replace(form, HIDDEN)
        if not mark:
            return origin + path
        shown = [
            f"{quote(name, safe='')}={HIDDEN if _SECRET_NAME.search(name) else quote(value, safe='')}"
            for name, value in parse_qsl(query, keep_blank_values=True)
        ]
        text = "&".join(shown)
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return f"{origin}{path}?{_PATTERNS.sub(HIDDEN, text)}"

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers for display: values of those known to be harmless, the others hidden."""
        return {name: self.text(value) if _SHOWN_HEADERS.match(name) else HIDDEN for name, value in headers.items()}

    def body(self, content: bytes, content_type: str) -> Any:
        """Return the shape of a body: names, numbers and codes stay; text, which may be content, does not."""
        if not content:
            return None
        if "json" in content_type and len(content) <= _LONGEST_BODY:
            try:
                return self._shape(json.loads(content))
            except (ValueError, RecursionError):
                return f"<{len(content)} bytes, not JSON>"
        if "x-www-form-urlencoded" in content_type and len(content) <= _LONGEST_BODY:
            names = parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True)
            return {name: f"<text {len(value)}>" for name, value in names}
        return f"<{len(content)} bytes>"

    def _shape(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {self.text(str(key)): self._shape(item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            shown = [self._shape(item, name) for item in value[:3]]
            return [*shown, f"<{len(value) - 3} more>"] if len(value) > 3 else shown
        if isinstance(value, str):
            plain = name in _SHOWN_FIELDS and len(value) <= 100
            return self.text(value) if plain else f"<text {len(value)}>"
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 1e10:
            return "<number>"
        return value


def secrets_in(call: Call) -> list[str]:
    """Return the values of a call that its own field names call secret (a token request's, say)."""
    found: list[str] = []

    def gather(value: Any, least: int) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                gather(item, least or _least_secret(str(name)))
        elif isinstance(value, list | tuple):
            for item in value:
                gather(item, least)
        elif least and isinstance(value, str) and len(value) >= least:
            found.append(value)
            found.extend(word for word in value.split(" ")[1:] if len(word) >= 8)

    for part in (call.json, call.form, call.query, call.headers, call.path):
        gather(part, 0)
    return found


def _least_secret(name: str) -> int:
    """Return from which length on a value of that name is a secret; 0 never.

    `state=open` or `code=404` are none, and hiding such words would spoil the provider's messages.
    """
    if not _SECRET_NAME.search(name) or name.lower().endswith(("_type", "-type")):
        return 0
    if re.search(r"secret|passw|passphrase", name, re.IGNORECASE):
        return 4
    return 16 if re.match(r"(?:code|key|sig|state)$|x-amz-", name, re.IGNORECASE) else 8


def secrets_of(headers: Mapping[str, str]) -> list[str]:
    """Return the credential values in authentication headers, with and without their scheme."""
    found: list[str] = []
    for value in headers.values():
        found.append(value)
        found.extend(word for word in value.split(" ")[1:] if word)
    return found
