"""Bucket policies: whom they let in to which objects, and the statements that take that back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from casb_cli.core.errors import BadAnswer
from casb_cli.core.models import SHARING_ORDER, Sharing

PUBLIC = "public"
"""How a share names everybody."""
READING = "s3:getobject"
_SHUT = "CasbShut"
_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_POINT = re.compile(r"arn:[^:]+:s3:[^:]*:(\d{12}):accesspoint/")
_ARN_ACCOUNT = re.compile(r"arn:[^:]+:(?:iam|sts)::(\d{12}):")
_POINTS = {"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin"}
"""Conditions that hold only for what comes through an access point."""
_OURS = {"aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:sourceorgid"}


class Ours(msgspec.Struct, frozen=True):
    """What belongs to the instance: its accounts' ids, and its organization's id where there is one."""

    accounts: frozenset[str]
    organization: str | None = None


class Opening(msgspec.Struct, frozen=True):
    """One principal that a policy lets in, and by which actions, over all its statements."""

    who: str
    actions: tuple[str, ...]
    sharing: Sharing


def policy_document(text: str | None, of: str) -> dict[str, Any] | None:
    """Return a policy's content, None for None; `of` names whose it is. Raises BadAnswer."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise BadAnswer(f"the policy of {of} cannot be read", call="GET /s3/GetBucketPolicy") from None


def listed(value: Any) -> list[Any]:
    """Return a policy's value as a list: one thing may stand without brackets."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    return [one for one in listed(policy.get("Statement")) if isinstance(one, dict)]


def who_is(principal: str) -> str:
    """Return a principal as shares name it: `public`, an account id, or the ARN or canonical id as it stands."""
    if principal == "*":
        return PUBLIC
    root = _ROOT.fullmatch(principal)
    return root[1] if root else principal


def principals(statement: dict[str, Any]) -> list[str]:
    """Return whom a statement names, AWS's own services left out; NotPrincipal names everybody else."""
    if "NotPrincipal" in statement:
        return [PUBLIC]
    named = statement.get("Principal")
    if isinstance(named, str):
        return [who_is(named)]
    found: dict[str, None] = {}
    for kind in ("AWS", "CanonicalUser", "Federated"):
        if isinstance(named, dict):
            found.update({who_is(str(one)): None for one in listed(named.get(kind))})
    return list(found)


def account_of(who: str) -> str | None:
    """Return the account that a principal belongs to, as far as its name tells."""
    if _ACCOUNT.fullmatch(who):
        return who
    match = _ARN_ACCOUNT.match(who)
    return match[1] if match else None


def _point_account(arn: str) -> str | None:
    match = _POINT.match(arn)
    return match[1] if match else None


@lru_cache(maxsize=512)
def _pattern(text: str, *, fold: bool) -> re.Pattern[str]:
    # A policy variable such as ${aws:username} may stand for anything; ${*}, ${?} and ${$} for themselves.
    out = []
    for part in re.findall(r"\$\{[*?$]\}|\$\{[^}]*\}|.", text, re.DOTALL):
        if len(part) == 4 and part[2] in "*?$":
            out.append(re.escape(part[2]))
        elif part == "*" or part.startswith("${"):
            out.append(".*")
        else:
            out.append("." if part == "?" else re.escape(part))
    return re.compile("".join(out), re.DOTALL | (re.IGNORECASE if fold else 0))


def _any(patterns: Sequence[Any], value: str, *, fold: bool = False) -> bool:
    return any(_pattern(str(one), fold=fold).fullmatch(value) for one in patterns)


def reads(statement: dict[str, Any]) -> bool:
    """Tell whether a statement speaks of reading objects."""
    if "NotAction" in statement:
        return not _any(listed(statement["NotAction"]), READING, fold=True)
    return _any(listed(statement.get("Action")), READING, fold=True)


def covers(statement: dict[str, Any], arn: str) -> bool:
    """Tell whether a statement speaks of an object, given by its ARN."""
    if "NotResource" in statement:
        return not _any(listed(statement["NotResource"]), arn)
    return _any(listed(statement.get("Resource")), arn)


def _spared(statement: dict[str, Any]) -> frozenset[str] | None:
    """Return the accounts that a Deny for everybody spares; None where it depends on anything else."""
    condition = statement.get("Condition")
    if not condition:
        return frozenset()
    if not isinstance(condition, dict) or set(condition) != {"StringNotEquals"}:
        return None
    keys = {str(key).lower(): value for key, value in condition["StringNotEquals"].items()}
    if set(keys) != {"aws:principalaccount"}:
        return None
    return frozenset(str(one) for one in listed(keys["aws:principalaccount"]))


def _level(statement: dict[str, Any], who: str, account: str, ours: Ours, *, public: bool) -> Sharing:
    if who != PUBLIC:
        owner = account_of(who)
        return "internal" if owner in ours.accounts or owner == account else "external"
    condition = statement.get("Condition")
    if not condition:
        return "public"
    for operator, tests in condition.items() if isinstance(condition, dict) else ():
        if not str(operator).lower().startswith(("stringequals", "stringlike", "foranyvalue:string")):
            continue
        for key, value in tests.items():
            words = [str(one) for one in listed(value)]
            known = ours.accounts | ({ours.organization} if ours.organization else set())
            if str(key).lower() in _OURS and words and all(word.split("/")[0] in known for word in words):
                return "internal"
    # AWS tells whether the policy as a whole is public; a condition that it takes for a fixed set is not.
    return "public" if public and not _bound(condition) else "external"


def _bound(condition: dict[str, Any]) -> bool:
    """Tell whether a condition binds callers to fixed values, so that AWS does not count the statement as public."""
    fixed = _OURS | {
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourcearn",
        "aws:userid",
        "aws:principalarn",
    }
    return any(
        str(key).lower() in fixed
        and not str(operator).lower().startswith(("stringnot", "arnnot", "notip"))
        and not any(str(one) in {"*", "0.0.0.0/0", "::/0"} for one in listed(value))
        for operator, tests in condition.items()
        if isinstance(tests, dict)
        for key, value in tests.items()
    )


def _doors(statement: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Return the conditions of a statement on access points: operator, key and values, in lower case but the values."""
    condition = statement.get("Condition")
    return [
        (str(operator).lower(), str(key).lower(), [str(one) for one in listed(value)])
        for operator, tests in (condition.items() if isinstance(condition, dict) else ())
        for key, value in (tests.items() if isinstance(tests, dict) else ())
        if str(key).lower() in _POINTS and not str(operator).lower().startswith(("stringnot", "arnnot"))
    ]


def _direct(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement without its conditions on access points."""
    condition = statement.get("Condition") or {}
    left = {
        operator: {key: value for key, value in tests.items() if str(key).lower() not in _POINTS}
        for operator, tests in condition.items()
    }
    return {**statement, "Condition": {operator: tests for operator, tests in left.items() if tests}}


class BucketPolicy:
    """A bucket's policy as it works: `public` is S3's own verdict, `restricted` that a block cuts public policies."""

    def __init__(
        self, document: dict[str, Any] | None, account: str, ours: Ours, *, public: bool, restricted: bool
    ) -> None:
        self.document = document or {}
        """The policy as it stands."""
        self.account = account
        self._ours = ours
        self.public = public
        """S3's own verdict, blocks left aside."""
        # A block that restricts a public policy leaves the bucket's own account and AWS's services alone.
        self._cut = public and restricted
        self._denials = [
            (one, spared)
            for one in statements(self.document)
            if one.get("Effect") == "Deny"
            and PUBLIC in principals(one)
            and "NotPrincipal" not in one
            and reads(one)
            and (spared := _spared(one)) is not None
        ]
        self._granted = list(self._grants())
        self._readers = [
            (statement, owner, level)
            for statement, who, level in self._granted
            if (owner := account_of(who)) != account and reads(statement)
        ]

    def _grants(self) -> Iterator[tuple[dict[str, Any], str, Sharing]]:
        for one in statements(self.document):
            if one.get("Effect") != "Allow":
                continue
            doors = _doors(one)
            for who in self._others(doors) if doors else principals(one):
                if self._cut and account_of(who) != self.account:
                    continue
                yield one, who, _level(one, who, self.account, self._ours, public=self.public)

    def _others(self, doors: list[tuple[str, str, list[str]]]) -> list[str]:
        """Return the other accounts whose access points a statement trusts: they then say who comes in."""
        named = [
            account
            for _, key, values in doors
            for value in values
            if (account := value if key == "s3:dataaccesspointaccount" else _point_account(value)) is not None
        ]
        return [one for one in dict.fromkeys(named) if one != self.account]

    def through(self, point: str, arn: str | None, *, vpc: bool) -> Sharing | None:
        """Return how far the policy lets through what comes by one of the account's own access points.

        `point` is the access point's ARN, `arn` the object's; None asks for any. None: it lets nothing through.
        """
        facts = {
            "s3:dataaccesspointaccount": self.account,
            "s3:dataaccesspointarn": point,
            "s3:accesspointnetworkorigin": "VPC" if vpc else "Internet",
        }
        denied = [spared for statement, spared in self._denials if arn is not None and covers(statement, arn)]
        found: Sharing | None = None
        for one in statements(self.document):
            doors = _doors(one)
            lets = one.get("Effect") == "Allow" and doors and (reads(one) or arn is None)
            if not lets or (arn is not None and not covers(one, arn)):
                continue
            if not all(_any(values, facts[key]) for _, key, values in doors):
                continue
            for who in principals(one):
                if all(account_of(who) in spared for spared in denied):
                    level = _level(_direct(one), who, self.account, self._ours, public=True)
                    found = level if found is None else wider(found, level)
        return found

    def openings(self) -> list[Opening]:
        """Return every principal let in, each once, with all actions that it may."""
        actions: dict[str, dict[str, None]] = {}
        levels: dict[str, Sharing] = {}
        for statement, who, level in self._granted:
            named = listed(statement.get("Action")) or [f"all but {one}" for one in listed(statement.get("NotAction"))]
            actions.setdefault(who, {}).update({str(one): None for one in named})
            levels[who] = wider(levels.get(who, level), level)
        return [Opening(who, tuple(actions[who]), levels[who]) for who in actions]

    def level(self, arn: str) -> Sharing:
        """Return how far the policy opens one object for reading; the bucket's own account does not count."""
        found: Sharing = "private"
        if not self._readers:
            return found
        denied = [spared for statement, spared in self._denials if covers(statement, arn)]
        for statement, owner, level in self._readers:
            if covers(statement, arn) and all(owner in spared for spared in denied):
                found = wider(found, level)
        return found


def wider(first: Sharing, second: Sharing) -> Sharing:
    """Return the level that is open to more."""
    return first if SHARING_ORDER[first] <= SHARING_ORDER[second] else second


def narrower(first: Sharing, second: Sharing) -> Sharing:
    """Return the level that is open to fewer."""
    return second if SHARING_ORDER[first] <= SHARING_ORDER[second] else first


def without(document: dict[str, Any], who: str) -> dict[str, Any]:
    """Return the policy with a principal taken out of every Allow statement; raises ValueError where that can't be."""
    kept = []
    for one in statements(document):
        if one.get("Effect") != "Allow" or who not in principals(one):
            kept.append(one)
            continue
        if "NotPrincipal" in one:
            continue
        named = one.get("Principal")
        left: dict[str, Any] = {}
        for kind, value in named.items() if isinstance(named, dict) else ():
            rest = [item for item in listed(value) if who_is(str(item)) != who]
            if rest:
                left[kind] = rest if isinstance(value, list) else rest[0]
        if left:
            kept.append({**one, "Principal": left})
    return {**document, "Statement": kept}


def shut_name(arn: str) -> str:
    """Return the Sid of the statement that shuts one object."""
    return _SHUT + hashlib.sha256(arn.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def shutting(document: dict[str, Any] | None, arn: str, spared: Collection[str]) -> dict[str, Any]:
    """Return the policy with a statement that lets only some accounts read one object; none spared, nobody."""
    base = document or {"Version": "2012-10-17", "Statement": []}
    # Older policies know no escapes: there, a * or ? of a key stands for more than itself.
    resource = re.sub(r"[*?$]", r"${\g<0>}", arn) if base.get("Version") == "2012-10-17" else arn
    statement: dict[str, Any] = {
        "Sid": shut_name(arn),
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": resource,
    }
    if spared:
        # Nobody signed in has no account: the condition holds for the public too.
        statement["Condition"] = {"StringNotEquals": {"aws:PrincipalAccount": sorted(spared)}}
    kept = [one for one in statements(base) if one.get("Sid") != statement["Sid"]]
    return {**base, "Statement": [*kept, statement]}


def same(first: dict[str, Any] | None, second: dict[str, Any] | None) -> bool:
    """Tell whether two policies say the same, whatever the order of their fields."""
    return digest(first) == digest(second)


def digest(document: dict[str, Any] | None) -> str | None:
    """Return a hash of what a policy says; None for no policy, an empty one too."""
    if not document or not statements(document):
        return None
    plain = {"Version": document.get("Version"), "Statement": [_plain(one) for one in statements(document)]}
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()[:24]


def _plain(value: Any) -> Any:
    """Return a part of a policy as it is compared: S3 writes back single values and accounts in a form of its own."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        plain = sorted((_plain(one) for one in value), key=msgspec.json.encode)
        return plain[0] if len(plain) == 1 else plain
    return who_is(value) if isinstance(value, str) and value != "*" else value
