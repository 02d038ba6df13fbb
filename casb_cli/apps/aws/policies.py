"""IAM policies: documents read, and the questions that are asked of them: who may, who administers, who is trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

ADMINISTRATOR = "AdministratorAccess"
ADMIN_POLICIES = frozenset({ADMINISTRATOR, "IAMFullAccess"})
"""Policies of AWS that make an administrator: all rights, or the right to give oneself all."""
_ACCOUNT = re.compile(r"(?:arn:[^:]*:[^:]*::)?(\d{12})(?::.*)?")


class Statement(msgspec.Struct, frozen=True):
    """One statement, its one-or-many values as tuples; `principals` are pairs of kind and value."""

    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    conditional: bool = False


Document = tuple[Statement, ...]


def read(text: str) -> Document:
    """Return the statements of a policy, percent-encoded JSON or plain; an unreadable one has none."""
    try:
        data = msgspec.json.decode(text if text.lstrip().startswith("{") else unquote(text))
    except msgspec.DecodeError:
        return ()
    return statements(data)


def statements(data: Any) -> Document:
    """Return the statements of a policy's JSON value."""
    found = data.get("Statement") if isinstance(data, dict) else None
    return tuple(_statement(one) for one in _many(found) if isinstance(one, dict))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in _many(value))


def _statement(one: dict[str, Any]) -> Statement:
    given = one.get("Principal")
    pairs = (
        [("AWS", str(given))]
        if isinstance(given, str)
        else [(kind, word) for kind, words in (given or {}).items() for word in _words(words)]
    )
    return Statement(
        effect=str(one.get("Effect", "")),
        actions=_words(one.get("Action")),
        not_actions=_words(one.get("NotAction")),
        resources=_words(one.get("Resource")),
        principals=tuple(pairs),
        conditional=bool(one.get("Condition")),
    )


def administers(document: Document) -> bool:
    """Tell whether a policy allows, on everything and without condition, everything or all of IAM."""
    return any(_whole(one, ("*", "*:*", "iam:*")) for one in document)


def allows_all(document: Document) -> bool:
    """Tell whether a policy allows everything on everything, as a boundary that bounds nothing does."""
    return any(_whole(one, ("*", "*:*")) for one in document)


def _whole(one: Statement, words: tuple[str, ...]) -> bool:
    if one.effect != "Allow" or one.conditional or "*" not in one.resources:
        return False
    if one.not_actions:
        return "iam:*" in words and not any(a == "*" or a.lower().startswith("iam:") for a in one.not_actions)
    return any(action.lower() in words for action in one.actions)


def account_of(principal: str) -> str | None:
    """Return the account that a principal names or lies in, None for `*` and canonical ids."""
    match = _ACCOUNT.fullmatch(principal)
    return match[1] if match else None


def trusted(document: Document) -> Iterator[tuple[str, str]]:
    """Yield kind and value of each principal that a trust policy lets in: AWS, Federated, Service."""
    for one in document:
        if one.effect == "Allow":
            yield from one.principals


def used_by_people(document: Document, accounts: Iterable[str]) -> bool:
    """Tell whether a trust policy lets in principals of these accounts, or people from a SAML provider."""
    own = set(accounts)
    for one in document:
        if one.effect != "Allow":
            continue
        actions = {action.lower() for action in one.actions}
        if "sts:assumerolewithsaml" in actions:
            return True
        if actions & {"sts:assumerole", "sts:*", "*"} and any(
            kind == "AWS" and account_of(value) in own for kind, value in one.principals
        ):
            return True
    return False
