"""Revoking what may act without a person: credentials off, trusts edited, applications disabled."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import msgspec

from casb_cli.apps.aws.grants import PREFIXES, Application, Grants
from casb_cli.apps.aws.mapping import RoleDetail
from casb_cli.apps.aws.policies import trusted
from casb_cli.apps.aws.scopes import may
from casb_cli.apps.aws.users import ACTIVE, INACTIVE, principal
from casb_cli.apps.base import step
from casb_cli.core.capabilities import Change, RevokeGrant, Step, needs
from casb_cli.core.errors import ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import local

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_TRUST = re.compile(r"trust/(arn:[^/]+:role/.+?)/(arn:.+|\d{12}|\*|[^/]+)")


class _FoundRole(msgspec.Struct):
    Role: RoleDetail


class _User(msgspec.Struct):
    Arn: str


class _FoundUser(msgspec.Struct):
    User: _User


class GovernGrants(Grants, RevokeGrant):
    """Matrix row 14."""

    @needs(
        "POST /iam/GetUser",
        "POST /iam/ListAccessKeys",
        "POST /iam/ListSSHPublicKeys",
        "POST /iam/ListServiceSpecificCredentials",
        "POST /iam/ListSigningCertificates",
        "POST /iam/UpdateAccessKey",
        "POST /iam/UpdateSSHPublicKey",
        "POST /iam/UpdateServiceSpecificCredential",
        "POST /iam/UpdateSigningCertificate",
        any_of=may(
            "iam:GetUser",
            "iam:ListAccessKeys",
            "iam:ListSSHPublicKeys",
            "iam:ListServiceSpecificCredentials",
            "iam:ListSigningCertificates",
            "iam:UpdateAccessKey",
            "iam:UpdateSSHPublicKey",
            "iam:UpdateServiceSpecificCredential",
            "iam:UpdateSigningCertificate",
        ),
    )
    @needs(
        "POST /iam/GetRole",
        "POST /iam/UpdateAssumeRolePolicy",
        any_of=may("iam:GetRole", "iam:UpdateAssumeRolePolicy"),
    )
    @needs(
        "POST /sso-admin/DescribeApplication",
        "POST /sso-admin/UpdateApplication",
        any_of=may("sso:DescribeApplication", "sso:UpdateApplication"),
    )
    def plan_revoke_grant(self, grant: str) -> Change:
        prefix, _, rest = grant.partition("/")
        if prefix in _KINDS:
            return self._credential(grant, _KINDS[prefix], rest.split("/"))
        if prefix == "trust" and (match := _TRUST.fullmatch(grant)):
            return self._trust(grant, match[1], match[2])
        if prefix == "app":
            return self._application_off(grant, rest)
        if prefix in {"oidc", "saml"}:
            raise Unsupported(
                "a provider alone lets nobody in, and deleting it breaks every role that trusts it at once:"
                " revoke the trusts of the roles (`trust/...`) instead"
            )
        raise UsageError(f"aws has no grant `{grant}`", hint="casb list grants --app aws")

    def _credential(self, grant: str, kind: str, ids: list[str]) -> Change:
        if len(ids) != 3 or not all(ids):
            raise UsageError(f"aws has no grant `{grant}`", hint="casb list grants --app aws")
        account, user, id_ = ids
        arn = self._user_arn(account, user)
        before = self._status(account, user, kind, id_)
        args = {"account": arn, "kind": kind, "id": id_}
        word = kind.replace("-", " ")
        off = Step(
            name="credential-status", title=f"switch off the {word} {id_} of {user}", args={**args, "status": INACTIVE}
        )
        on = Step(
            name="credential-status",
            title=f"switch on the {word} {id_} of {user} again",
            args={**args, "status": ACTIVE},
        )
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=f"{word} {id_} of {user}",
            before={"status": before},
            after={"status": INACTIVE},
            steps=(off,) if before == ACTIVE else (),
            inverse=(on,),
            touches=(local("grant", grant),),
            side_effects=(
                "what uses it stops; sessions made with it before live on until they end",
                "it is switched off, not deleted: delete it in the console once nothing is missed",
            ),
            keeps={"of": "credential", "ids": [account, user, kind, id_], "principal_ref": local("account", arn)},
        )

    def _user_arn(self, account: str, user: str) -> str:
        return self.query("iam", "GetUser", _FoundUser, {"UserName": user}, account=account).User.Arn

    def _status(self, account: str, user: str, kind: str, id_: str) -> str:
        for one in self.credentials_of(account, user):
            if one.kind == kind and one.id == id_:
                return INACTIVE if one.status == "Expired" else one.status
        raise ObjectMissing(f"{user} has no {kind.replace('-', ' ')} {id_}")

    def _role(self, arn: str) -> RoleDetail:
        who = principal(arn)
        return self.query("iam", "GetRole", _FoundRole, {"RoleName": who.name}, account=who.home).Role

    def _trust(self, grant: str, arn: str, value: str) -> Change:
        role = self._role(arn)
        if not role.own:
            raise Unsupported(f"the role {role.RoleName} belongs to a service of AWS, which alone may change it")
        former = unquote(role.AssumeRolePolicyDocument)
        present = any(one == value for _, one in trusted(role.trust))
        edited = without_principal(former, value) if present else former
        revoke = Step(
            name="trust",
            title=f"let {value} no longer assume {role.RoleName}",
            args={"role": arn, "document": edited},
        )
        back = Step(
            name="trust", title=f"put the trust policy of {role.RoleName} back", args={"role": arn, "document": former}
        )
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=f"{role.RoleName} for {value}",
            before={"present": present},
            after={"present": False},
            steps=(revoke,) if present else (),
            inverse=(back,),
            touches=(local("grant", grant), local("account", arn)),
            side_effects=(
                "sessions already open live on until they end: add revoke-sessions on the role",
                "whatever of theirs works through this role stops",
            ),
            keeps={"of": "trust", "role": arn, "who": value, "principal_ref": local("account", arn)},
        )

    def _application_off(self, grant: str, arn: str) -> Change:
        app = self._application_now(arn)
        name = app.Name or arn
        off = Step(name="application", title=f"disable the application {name}", args={"arn": arn, "status": "DISABLED"})
        on = Step(
            name="application", title=f"enable the application {name} again", args={"arn": arn, "status": "ENABLED"}
        )
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=f"application {name}",
            before={"status": app.Status},
            after={"status": "DISABLED"},
            steps=(off,) if app.Status != "DISABLED" else (),
            inverse=(on,),
            touches=(local("grant", grant),),
            side_effects=("nobody can sign in to the application through Identity Center",),
            keeps={"of": "application", "arn": arn},
        )

    def _application_now(self, arn: str) -> Application:
        found: Application = self.center_get("sso-admin", "DescribeApplication", Application, {"ApplicationArn": arn})
        return found

    @step("trust")
    def _set_trust(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        who = principal(args["role"])
        self.iam_write("UpdateAssumeRolePolicy", who.home, RoleName=who.name, PolicyDocument=args["document"])

    @step("application")
    def _set_application(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        params = {"ApplicationArn": args["arn"], "Status": args["status"]}
        call = self.json_call("sso-admin", "UpdateApplication", params, region=self.center_region, safe=True)
        self.client.send(call)

    def observe_revoke_grant(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the credential, the trust policy or the application again."""
        del memo
        keeps = change.keeps
        if keeps["of"] == "credential":
            account, user, kind, id_ = keeps["ids"]
            return {"status": self._status(account, user, kind, id_)}
        if keeps["of"] == "trust":
            trust = self._role(keeps["role"]).trust
            return {"present": any(one == keeps["who"] for _, one in trusted(trust))}
        return {"status": self._application_now(keeps["arn"]).Status}


def without_principal(text: str, value: str) -> str:
    """Return a trust policy that no longer lets a principal in; a policy that would let nobody in denies everybody.

    IAM takes no policy without a statement.
    """
    policy = json.loads(text)
    kept = []
    given = policy.get("Statement")
    for one in given if isinstance(given, list) else [given]:
        if one.get("Effect") != "Allow":
            kept.append(one)
            continue
        named = one.get("Principal")
        if isinstance(named, str):
            if named != value:
                kept.append(one)
            continue
        left: dict[str, Any] = {}
        for kind, words in (named or {}).items():
            many = [word for word in (words if isinstance(words, list) else [words]) if word != value]
            if many:
                left[kind] = many if isinstance(words, list) else many[0]
        if left or not named:
            kept.append({**one, **({"Principal": left} if named else {})})
    if not any(one.get("Effect") == "Allow" for one in kept):
        kept.append({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    return json.dumps({**policy, "Statement": kept})
