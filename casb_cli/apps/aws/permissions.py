"""What our own keys may do: IAM's simulator asked for every action that the connector may need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from casb_cli.apps.aws.mapping import Attached, CallerIdentity
from casb_cli.apps.aws.policies import Document, read
from casb_cli.apps.aws.scopes import ACTIONS, covered
from casb_cli.apps.aws.users import Principal, Users, principal
from casb_cli.core.capabilities import ABILITIES, ReadOwnPermissions, needs, needs_of
from casb_cli.core.errors import NotPermitted, ObjectMissing, RequestRefused, Unavailable
from casb_cli.core.models import OwnPermissions
from casb_cli.core.refs import local

_AT_ONCE = 100
"""Actions simulated in one call."""
_SESSION = re.compile(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/.+")
_NOTE_SCP = "service control policies, and conditions on addresses or times, may still deny what the simulator allows"
_NOTE_LIMITED = "allowed on some resources only, or under conditions: {}"


class _Result(msgspec.Struct):
    EvalActionName: str
    EvalDecision: str


class _Simulated(msgspec.Struct):
    EvaluationResults: list[_Result] = []


class _Found(msgspec.Struct):
    Arn: str


class _FoundRole(msgspec.Struct):
    Role: _Found


class _Names(msgspec.Struct):
    PolicyNames: list[str] = []


class _AttachedPolicies(msgspec.Struct):
    AttachedPolicies: list[Attached] = []


class _Policy(msgspec.Struct):
    DefaultVersionId: str


class _FoundPolicy(msgspec.Struct):
    Policy: _Policy


class _Version(msgspec.Struct):
    Document: str = ""


class _FoundVersion(msgspec.Struct):
    PolicyVersion: _Version


class OwnRights(Users, ReadOwnPermissions):
    """Matrix row 15."""

    def own_arn(self, caller: CallerIdentity) -> str:
        """Return the ARN of the user or role behind our keys: a session's own ARN lacks the role's path."""
        match = _SESSION.fullmatch(caller.Arn)
        if match is None:
            return caller.Arn
        try:
            return self.query("iam", "GetRole", _FoundRole, {"RoleName": match[3]}, account=match[2]).Role.Arn
        except (NotPermitted, ObjectMissing):
            return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}"

    @needs(
        "POST /sts/GetCallerIdentity",
        "POST /iam/SimulatePrincipalPolicy",
        any_of={ACTIONS: ["iam:SimulatePrincipalPolicy"]},
    )
    def read_own_permissions(self) -> OwnPermissions:
        """Return the actions that IAM's simulator allows our user or role, of those that casb uses."""
        caller = self.caller()
        arn = self.own_arn(caller)
        known: dict[str, Any] = {"vocabulary": ACTIONS, "identity": local("account", arn), "identity_name": caller.Arn}
        wanted = wanted_actions(type(self))
        if arn.endswith(":root"):
            note = "these are keys of the root user, which may do everything: use a role made for this purpose"
            return OwnPermissions(granted=wanted, complete=True, notes=(note,), **known)
        try:
            decided = dict(self._simulated(arn, wanted))
        except (NotPermitted, ObjectMissing, RequestRefused, Unavailable) as error:
            notes = (f"what these keys may do shows only by trying: {error.words}",)
            return OwnPermissions(complete=False, notes=notes, **known)
        granted = [action for action in wanted if decided.get(action) == "allowed"]
        open_ = [action for action in wanted if decided.get(action) == "implicitDeny"]
        complete, limited = True, []
        if open_:
            # The simulator was asked about everything: what is allowed on some resources it calls denied.
            try:
                limited = [action for action in open_ if covered(self._patterns(principal(arn)), action)]
            except (NotPermitted, ObjectMissing):
                complete = False
        told = (_NOTE_SCP, *([_NOTE_LIMITED.format(", ".join(limited))] if limited else []))
        return OwnPermissions(granted=(*granted, *limited), complete=complete, notes=told, **known)

    def _simulated(self, arn: str, actions: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for start in range(0, len(actions), _AT_ONCE):
            params = {"PolicySourceArn": arn, "ActionNames": list(actions[start : start + _AT_ONCE])}
            for page, _ in self.query_pages("iam", "SimulatePrincipalPolicy", _Simulated, params):
                yield from ((one.EvalActionName, one.EvalDecision) for one in page.EvaluationResults)

    def _patterns(self, who: Principal) -> tuple[str, ...]:
        return tuple(
            action
            for document in self._documents(who)
            for one in document
            if one.effect == "Allow" and (one.conditional or "*" not in one.resources)
            for action in one.actions
        )

    def _documents(self, who: Principal) -> Iterator[Document]:
        kind = who.kind.capitalize()
        params = {f"{kind}Name": who.name}
        for page, _ in self.query_pages("iam", f"List{kind}Policies", _Names, params):
            for name in page.PolicyNames:
                yield read(self.inline_policy(who, name) or "")
        for attached, _ in self.query_pages("iam", f"ListAttached{kind}Policies", _AttachedPolicies, params):
            for one in attached.AttachedPolicies:
                if ":iam::aws:" in one.PolicyArn:
                    continue  # AWS's own are written for everything
                found = self.query("iam", "GetPolicy", _FoundPolicy, {"PolicyArn": one.PolicyArn}).Policy
                version = {"PolicyArn": one.PolicyArn, "VersionId": found.DefaultVersionId}
                yield read(self.query("iam", "GetPolicyVersion", _FoundVersion, version).PolicyVersion.Document)


def wanted_actions(connector: type) -> tuple[str, ...]:
    """Return every IAM action that some method of a connector names, each once."""
    return tuple(dict.fromkeys(_named(connector)))


def _named(connector: type) -> Iterable[str]:
    for ability in ABILITIES:
        if issubclass(connector, ability):
            for need in needs_of(connector, ability):
                for alternative in need.any_of.get(ACTIONS, ()):
                    yield from alternative
