"""IAM policies: documents read, and the questions that are asked of them: who may, who administers, who is trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

import msgspec

from casb_cli.apps.aws.scopes import covered

ESCALATING = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
)
"""By each of these somebody gives himself more: who has none of them left administers nothing."""
_ACCOUNT = re.compile(r"(?:arn:[^:]*:[^:]*::)?(\d{12})(?::.*)?")


class Statement(msgspec.Struct, frozen=True):
    """One statement, its one-or-many values as tuples; `principals` are pairs of kind and value."""

    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    condition: dict[str, Any] = {}

    @property
    def conditional(self) -> bool:
        """Whether it holds under conditions only."""
        return bool(self.condition)

    def names(self, action: str) -> bool:
        """Tell whether it speaks of an action."""
        if self.not_actions:
            return not covered(self.not_actions, action)
        return covered(self.actions, action)


Document = tuple[Statement, ...]

_ALL = Statement("Allow", actions=("*",), resources=("*",))
OF_AWS: dict[str, Document] = {
    "AdministratorAccess": (_ALL,),
    "IAMFullAccess": (Statement("Allow", actions=("iam:*",), resources=("*",)),),
    "AWSDenyAll": (Statement("Deny", actions=("*",), resources=("*",)),),
}
"""Policies of AWS's own that make an administrator, or nobody: all rights, the right to give oneself all, none.

Its other policies are taken to allow nothing that an administrator needs.
"""


def of_aws(arn: str) -> Document | None:
    """Return what one of AWS's own policies says as far as it matters; None for a policy of the customer's."""
    head, found, path = arn.partition(":iam::aws:policy/")
    return OF_AWS.get(path, ()) if head and found else None


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
    given, condition = one.get("Principal"), one.get("Condition")
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
        condition=condition if isinstance(condition, dict) else {},
    )


def administers(document: Document) -> bool:
    """Tell whether a policy allows, on everything and without condition, everything or all of IAM."""
    return any(_whole(one) for one in document)


def effective(
    held: Iterable[Document], arn: str, *, boundary: Document | None = None, ceilings: Sequence[Document] = ()
) -> bool:
    """Tell whether the policies that a principal holds make an administrator, within what bounds them.

    A boundary must allow what makes an administrator itself. `ceilings` are the service control policies of each
    level above the account, the account's own last: at every level they must allow it too. What any of them denies on
    everything is gone; conditions count where they ask for the principal's ARN alone, and are not judged otherwise.
    """
    documents = list(held)
    if not any(administers(one) for one in documents):
        return False
    if boundary is not None:
        if not administers(boundary):
            return False
        documents.append(boundary)
    return any(
        not any(_refuses(document, action, arn) for document in (*documents, *ceilings))
        and all(_permits(level, action, arn) for level in ceilings)
        for action in ESCALATING
    )


def bounded(ceilings: Sequence[Document], arn: str) -> bool:
    """Tell whether service control policies take an administrator's rights from a principal, whatever it holds."""
    return not effective([(_ALL,)], arn, ceilings=ceilings)


def _refuses(document: Document, action: str, arn: str) -> bool:
    return any(
        one.effect == "Deny" and "*" in one.resources and one.names(action) and _asks_for(one, arn) is True
        for one in document
    )


def _permits(document: Document, action: str, arn: str) -> bool:
    return any(
        one.effect == "Allow" and "*" in one.resources and one.names(action) and _asks_for(one, arn) is not False
        for one in document
    )


def _asks_for(one: Statement, arn: str) -> bool | None:
    """Tell whether a statement's conditions hold for a principal; None where they ask for anything else."""
    verdicts = {
        _compare(str(operator), _words(value), arn) if str(key).lower() == "aws:principalarn" else None
        for operator, tests in one.condition.items()
        for key, value in (tests.items() if isinstance(tests, dict) else ())
    }
    return False if False in verdicts else None if None in verdicts else True


def _compare(operator: str, values: tuple[str, ...], arn: str) -> bool | None:
    word = operator.lower().rpartition(":")[2].removesuffix("ifexists")
    kind, negated = word.replace("not", "", 1), "not" in word
    if kind in {"stringlike", "arnlike", "arnequals"}:
        hit = any(fnmatchcase(arn, value.replace("[", "[[]")) for value in values)
    elif kind == "stringequals":
        hit = arn in values
    else:
        return None
    return hit != negated


def _whole(one: Statement) -> bool:
    if one.effect != "Allow" or one.conditional or "*" not in one.resources:
        return False
    if one.not_actions:
        return not any(a == "*" or a.lower().startswith("iam:") for a in one.not_actions)
    return any(action.lower() in {"*", "*:*", "iam:*"} for action in one.actions)


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
