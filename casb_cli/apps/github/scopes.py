"""GitHub's two vocabularies of permission, and what each grant implies.

`oauth` are scopes of OAuth apps and classic tokens; `app` are permissions of GitHub Apps and fine-grained
tokens, written `name:read|write|admin`. docs.github.com, "Scopes for OAuth apps": a granted parent hides its
children in `X-OAuth-Scopes`.
"""

from __future__ import annotations

from collections.abc import Sequence

_CHILDREN: dict[str, tuple[str, ...]] = {
    "admin:org": ("write:org", "read:org", "manage_runners:org"),
    "write:org": ("read:org",),
    "repo": ("repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"),
    "admin:repo_hook": ("write:repo_hook", "read:repo_hook"),
    "admin:enterprise": (
        "manage_runners:enterprise",
        "manage_billing:enterprise",
        "read:enterprise",
        "scim:enterprise",
    ),
    "user": ("read:user", "user:email", "user:follow"),
    "audit_log": ("read:audit_log",),
}
_LEVELS = ("read", "write", "admin")


def expand(granted: frozenset[str]) -> frozenset[str]:
    """Return the grants with all that they imply, in either vocabulary."""
    known = set(granted)
    waiting = list(granted)
    while waiting:
        scope = waiting.pop()
        name, _, level = scope.rpartition(":")
        implied = list(_CHILDREN.get(scope, ()))
        if name and level in _LEVELS and scope not in _CHILDREN:
            implied += [f"{name}:{lower}" for lower in _LEVELS[: _LEVELS.index(level)]]
        waiting += [scope for scope in implied if scope not in known]
        known.update(implied)
    return frozenset(known)


def either(
    *, oauth: Sequence[str | Sequence[str]] = (), app: Sequence[str | Sequence[str]] = ()
) -> dict[str, Sequence[str | Sequence[str]]]:
    """Return the `any_of` of a need; a vocabulary left out means that such a credential cannot make the call."""
    return {name: scopes for name, scopes in (("oauth", oauth), ("app", app)) if scopes}
