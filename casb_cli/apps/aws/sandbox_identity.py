"""IAM and STS as AWS answers them where moto differs: pages, the report's root, simulation, role sessions."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from casb_cli.apps.aws.sandbox_company import Key, User
from casb_cli.apps.aws.sandbox_desk import Caller, Desk
from casb_cli.apps.aws.sandbox_sign import Credential
from casb_cli.apps.aws.sandbox_wire import environ_of, refusal
from casb_cli.sandbox.wire import Reply, Request, route

REPORT_VALID = 4 * 3600
"""How long a credential report is given again instead of a new one."""

_LISTS: dict[str, tuple[str, ...]] = {
    "ListUsers": ("Users",),
    "ListGroups": ("Groups",),
    "ListRoles": ("Roles",),
    "ListPolicies": ("Policies",),
    "ListAccessKeys": ("AccessKeyMetadata",),
    "GetGroup": ("Users",),
    "ListGroupsForUser": ("Groups",),
    "ListSSHPublicKeys": ("SSHPublicKeys",),
    "GetAccountAuthorizationDetails": ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"),
}
"""The operations whose pages moto does not make, and the members that the rows of a page are in."""


class Identity(Desk):
    """IAM and STS."""

    def loaded(self) -> None:
        """Begin with the service-specific credentials as they were, and no report."""
        super().loaded()
        self.specific: dict[str, tuple[User, Key, str]] = {
            key.id: (user, key, "Active" if key.active else "Inactive")
            for user in self.company.users
            for key in user.credentials
        }
        self.reports: dict[str, tuple[float, str]] = {}

    # Pages

    @route("POST /iam/ListUsers", paged=True)
    @route("POST /iam/ListGroups", paged=True)
    @route("POST /iam/ListRoles", paged=True)
    @route("POST /iam/ListPolicies", paged=True)
    @route("POST /iam/ListAccessKeys", paged=True)
    @route("POST /iam/GetGroup", paged=True)
    @route("POST /iam/ListGroupsForUser", paged=True)
    @route("POST /iam/ListSSHPublicKeys", paged=True)
    @route("POST /iam/GetAccountAuthorizationDetails", paged=True)
    def iam_page(self, request: Request) -> Reply:
        """Answer what moto has, one page of it."""
        from moto.core.exceptions import ServiceException
        from moto.core.request import Request as MotoRequest
        from moto.core.responses import ActionResult
        from moto.core.utils import camelcase_to_underscores
        from moto.iam.responses import IamResponse
        from werkzeug.exceptions import HTTPException

        who: Caller = request.who
        asked: Any = IamResponse()
        asked.setup_class(MotoRequest(environ_of(request, who.account)))
        try:
            result = dict(getattr(asked, camelcase_to_underscores(who.found.name))().result)
        except (ServiceException, HTTPException):
            return self.moto_answers(request)  # it says the same, in words
        size = _size(request)
        rows = [(member, row) for member in _LISTS[who.found.name] for row in result.get(member) or ()]
        if who.found.name == "GetAccountAuthorizationDetails":
            # Of AWS's own policies, only those in use are told.
            rows = [(m, row) for m, row in rows if m != "Policies" or row.attachment_count or "::aws:" not in row.arn]
        page, marker = self.page(request, rows, request.who.params.get("Marker"), size, code="ValidationError")
        for member in _LISTS[who.found.name]:
            result[member] = [row for name, row in page if name == member]
        result |= {"IsTruncated": marker is not None, "Marker": marker}
        status, headers, body = asked.serialized(ActionResult(result))
        del headers["server"]
        return Reply(int(status), body.encode(), {name.lower(): str(value) for name, value in headers.items()})

    # The credential report

    @route("POST /iam/GenerateCredentialReport", effect=False)
    def generate_report(self, request: Request) -> Reply:
        """Begin a report, ready at the second time of asking, unless one of the last four hours is there."""
        account, now = request.who.account, time.time()
        known = self.reports.get(account)
        if known is None or now - known[0] > REPORT_VALID:
            self.reports[account] = (now, self._report(account))
            return self.told(request, {"State": "STARTED", "Description": "No report exists. Starting a new report"})
        return self.told(request, {"State": "COMPLETE"})

    @route("POST /iam/GetCredentialReport")
    def report(self, request: Request) -> Reply:
        """Give the report."""
        known = self.reports.get(request.who.account)
        if known is None:
            raise refusal("iam", 410, "ReportNotPresent", "Report does not exist, create one first")
        made = datetime.fromtimestamp(int(known[0]), UTC)
        result = {"Content": known[1].encode(), "ReportFormat": "text/csv", "GeneratedTime": made}
        return self.told(request, result)

    def _report(self, account: str) -> str:
        iam = self.moto.backend("iam", account)
        iam.generate_report()
        head, *rows = iam.get_credential_report().splitlines()
        created = next(one.joined for one in self.company.accounts if one.id == account)
        root = ["<root_account>", f"arn:aws:iam::{account}:root", f"{created:%Y-%m-%dT%H:%M:%S}+00:00", "not_supported"]
        root += ["no_information", "not_supported", "not_supported", "true"]
        root += ["false", "N/A", "N/A", "N/A", "N/A"] * 2 + ["false", "N/A"] * 2
        return "\n".join([head, ",".join(root), *rows]) + "\n"

    # Login profiles

    @route("POST /iam/UpdateLoginProfile")
    def update_login_profile(self, request: Request) -> Reply:
        """Change a password, or only whether it must be changed: moto would lose it then."""
        user = self.named_user(request)
        if not user.password:
            raise refusal("iam", 404, "NoSuchEntity", f"Login Profile for User {user.name} cannot be found.")
        if request.who.params.get("Password"):
            user.password = request.who.params["Password"]
        if request.who.params.get("PasswordResetRequired") is not None:
            user.password_reset_required = request.who.params["PasswordResetRequired"]
        return self.told(request, {})

    def named_user(self, request: Request) -> Any:
        """Return moto's user whom a call names, or the caller's own; raises the refusal."""
        name = request.who.params.get("UserName") or request.who.credential.user
        user = self.moto.backend("iam", request.who.account).users.get(name)
        if user is None:
            raise refusal("iam", 404, "NoSuchEntity", f"The user with name {name} cannot be found.")
        return user

    # Service-specific credentials

    @route("POST /iam/ListServiceSpecificCredentials")
    def list_specific(self, request: Request) -> Reply:
        """List a user's service-specific credentials, or those of all users."""
        account, wanted = request.who.account, request.who.params.get("UserName")
        if not request.who.params.get("AllUsers"):
            wanted = self.named_user(request).name
        iam = self.moto.backend("iam", account)
        found = [
            {
                "UserName": user.name,
                "Status": status,
                "ServiceUserName": f"{user.name}-at-{account}",
                "CreateDate": key.created,
                "ServiceSpecificCredentialId": key.id,
                "ServiceName": key.service,
            }
            for user, key, status in self.specific.values()
            if user.account == account and user.name in iam.users and wanted in (None, user.name)
        ]
        page, marker = self.page(
            request, found, request.who.params.get("Marker"), _size(request), code="ValidationError"
        )
        result = {"ServiceSpecificCredentials": list(page), "IsTruncated": marker is not None, "Marker": marker}
        return self.told(request, result)

    @route("POST /iam/UpdateServiceSpecificCredential")
    def update_specific(self, request: Request) -> Reply:
        """Switch a service-specific credential on or off."""
        user, key, _ = self._specific(request)
        self.specific[key.id] = (user, key, request.who.params["Status"])
        return self.told(request, {})

    @route("POST /iam/DeleteServiceSpecificCredential")
    def delete_specific(self, request: Request) -> Reply:
        """Delete a service-specific credential."""
        del self.specific[self._specific(request)[1].id]
        return self.told(request, {})

    def _specific(self, request: Request) -> tuple[User, Key, str]:
        id_ = request.who.params.get("ServiceSpecificCredentialId", "")
        found = self.specific.get(id_)
        if found is None or found[0].name != request.who.params.get("UserName", found[0].name):
            raise refusal("iam", 404, "NoSuchEntity", f"No such credential {id_} exists")
        return found

    # Permissions

    @route("POST /iam/SimulatePrincipalPolicy", effect=False)
    def simulate(self, request: Request) -> Reply:
        """Tell what a user or role may do."""
        account, arn = request.who.account, str(request.who.params["PolicySourceArn"])
        holder = self.access.holder(account, arn) if f"::{account}:" in arn and ":iam:" in arn else None
        if holder is None:
            raise refusal("iam", 404, "NoSuchEntity", f"The entity {arn} cannot be found.")
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": "*",
                "EvalDecision": self.access.decision(account, holder, action),
                "MatchedStatements": [],
                "MissingContextValues": [],
                "OrganizationsDecisionDetail": {"AllowedByOrganizations": action not in self.denied},
            }
            for action in request.who.params.get("ActionNames", [])
        ]
        for one in results:
            if one["EvalActionName"] in self.denied:
                one["EvalDecision"] = "implicitDeny"
        return self.told(request, {"EvaluationResults": results, "IsTruncated": False})

    # STS

    @route("POST /sts/GetCallerIdentity")
    def caller(self, request: Request) -> Reply:
        """Tell who calls."""
        own: Credential = request.who.credential
        return self.told(request, {"UserId": own.user_id, "Account": own.account, "Arn": own.arn})

    @route("POST /sts/AssumeRole", effect=False)
    def assume(self, request: Request) -> Reply:
        """Give credentials of a role to whom its trust policy names."""
        own: Credential = request.who.credential
        arn, session = str(request.who.params["RoleArn"]), str(request.who.params["RoleSessionName"])
        seconds = int(request.who.params.get("DurationSeconds") or 3600)
        if own.role is not None and seconds > 3600:
            said = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            raise refusal("sts", 400, "ValidationError", said)
        if not 900 <= seconds <= 43_200:
            raise refusal("sts", 400, "ValidationError", "DurationSeconds must be between 900 and 43200")
        role = self._role(arn)
        outside = request.who.params.get("ExternalId")
        if role is None or not any(_trusts(one, own, outside) for one in _trust(role)):
            said = f"User: {own.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            raise refusal("sts", 403, "AccessDenied", said)
        given = self.access.give(_session(arn, role, session), seconds)
        return self.told(request, {"Credentials": _told(given), "AssumedRoleUser": _assumed(given)})

    @route("POST /sts/AssumeRoleWithWebIdentity", effect=False)
    def assume_with_web_identity(self, request: Request) -> Reply:
        """Give credentials of a role that trusts the OpenID Connect provider, for its token, without a signature."""
        arn, name = str(request.who.params["RoleArn"]), str(request.who.params["RoleSessionName"])
        if request.who.params["WebIdentityToken"] != self.company.web_token:
            raise refusal("sts", 400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
        role = self._role(arn)
        if role is None or all(one["Principal"].get("Federated") != self.company.oidc for one in _trust(role)):
            raise refusal("sts", 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        seconds = int(request.who.params.get("DurationSeconds") or 3600)
        given = self.access.give(_session(arn, role, name), seconds)
        return self.told(request, {"Credentials": _told(given), "AssumedRoleUser": _assumed(given)})

    @route("POST /sts/GetSessionToken", effect=False)
    def session(self, request: Request) -> Reply:
        """Give temporary credentials of the caller's own."""
        given = self.access.give(request.who.credential, int(request.who.params.get("DurationSeconds") or 43_200))
        return self.told(request, {"Credentials": _told(given)})

    def _role(self, arn: str) -> Any:
        parts = arn.split(":")
        if len(parts) < 6 or parts[4] not in self.company.active:
            return None
        roles = self.moto.backend("iam", parts[4]).roles.values()
        return next((role for role in roles if role.arn == arn), None)


def _size(request: Request) -> int:
    return min(max(int(request.who.params.get("MaxItems") or 100), 1), 1000)


def _trust(role: Any) -> list[dict[str, Any]]:
    found = json.loads(role.assume_role_policy_document)["Statement"]
    return found if isinstance(found, list) else [found]


def _trusts(statement: dict[str, Any], own: Credential, outside: str | None) -> bool:
    principal = statement.get("Principal", {})
    named = principal.get("AWS", []) if isinstance(principal, dict) else [principal]
    named = [named] if isinstance(named, str) else named
    mine = {own.account, f"arn:aws:iam::{own.account}:root", own.arn, own.role, "*"}
    wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
    return statement["Effect"] == "Allow" and bool(mine & set(named)) and wanted in (None, outside)


def _session(arn: str, role: Any, name: str) -> Credential:
    account = arn.split(":")[4]
    return Credential(
        key="",
        secret="",
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}",
        user_id=f"{role.id}:{name}",
        role=arn,
    )


def _told(given: Credential) -> dict[str, Any]:
    return {
        "AccessKeyId": given.key,
        "SecretAccessKey": given.secret,
        "SessionToken": given.token,
        "Expiration": datetime.fromtimestamp(int(given.expires or 0), UTC),
    }


def _assumed(given: Credential) -> dict[str, Any]:
    return {"AssumedRoleId": given.user_id, "Arn": given.arn}
