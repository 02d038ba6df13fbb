"""What may act without a person: keys and other credentials of users, trusts to others, providers, applications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.apps.aws.authority import Rights
from casb_cli.apps.aws.directory import CENTER
from casb_cli.apps.aws.mapping import LastUsed, RoleDetail, UserDetail
from casb_cli.apps.aws.policies import account_of, trusted
from casb_cli.apps.aws.scopes import may
from casb_cli.apps.aws.users import Credential, Users
from casb_cli.apps.base import FEW
from casb_cli.core import clock
from casb_cli.core.capabilities import ListGrants, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Grant, Partition
from casb_cli.core.refs import local

PREFIXES = {
    "access-key": "key",
    "ssh-key": "ssh",
    "service-credential": "ssc",
    "certificate": "cert",
}
"""How ids begin, by kind of credential."""
_USERS = 20
"""Users a page: each costs four calls more, and a page is what a stopped listing repeats."""


class _Used(msgspec.Struct):
    AccessKeyLastUsed: LastUsed | None = None


class _Provider(msgspec.Struct):
    Arn: str
    CreateDate: str | None = None
    ValidUntil: str | None = None


class _Oidc(msgspec.Struct):
    OpenIDConnectProviderList: list[_Provider] = []


class _Saml(msgspec.Struct):
    SAMLProviderList: list[_Provider] = []


class Application(msgspec.Struct):
    ApplicationArn: str
    Name: str | None = None
    Status: str | None = None
    CreatedDate: float | None = None


class _Applications(msgspec.Struct):
    Applications: list[Application] = []


class _Scope(msgspec.Struct):
    Scope: str


class _Scopes(msgspec.Struct):
    Scopes: list[_Scope] = []


class Grants(Users, ListGrants):
    """Matrix row 13."""

    @needs(
        "POST /iam/GetAccountAuthorizationDetails",
        "POST /iam/ListAccessKeys",
        "POST /iam/GetAccessKeyLastUsed",
        "POST /iam/ListSSHPublicKeys",
        "POST /iam/ListServiceSpecificCredentials",
        "POST /iam/ListSigningCertificates",
        any_of=may(
            "iam:GetAccountAuthorizationDetails",
            "iam:ListAccessKeys",
            "iam:GetAccessKeyLastUsed",
            "iam:ListSSHPublicKeys",
            "iam:ListServiceSpecificCredentials",
            "iam:ListSigningCertificates",
        ),
    )
    @needs(
        "POST /iam/ListOpenIDConnectProviders",
        "POST /iam/ListSAMLProviders",
        any_of=may("iam:ListOpenIDConnectProviders", "iam:ListSAMLProviders"),
    )
    @needs(
        "POST /sso-admin/ListInstances",
        "POST /sso-admin/ListApplications",
        "POST /sso-admin/ListApplicationAccessScopes",
        any_of=may("sso:ListInstances", "sso:ListApplications", "sso:ListApplicationAccessScopes"),
    )
    def list_grants(self, part: Partition, cursor: str | None) -> Iterator[Page[Grant]]:
        """Yield credentials by user, trusts by role, providers by account, and Identity Center's applications."""
        kind = part.key.partition(":")[0]
        if kind == "":
            middle = (Partition(key=CENTER),) if self.looks_at_center else ()
            yield Page(items=(), more=(*self.account_parts("users", "roles", "providers"), *middle))
        elif kind == CENTER:
            for one in self.centers():
                params = {"InstanceArn": one.InstanceArn, "MaxResults": 100}
                for page, after in self.center_pages("sso-admin", "ListApplications", _Applications, params, cursor):
                    yield Page(items=[self._application(app) for app in page.Applications], cursor=after)
        elif kind == "users":
            account = part.data["account"]
            rights = self.rights(account)
            services: dict[str, list[Credential]] = {}
            for name, credential in self.service_credentials(account):
                services.setdefault(name, []).append(credential)
            for page, after in self.details(account, "User", cursor=cursor, size=_USERS):
                users = page.UserDetailList[:FEW] if self.trying else page.UserDetailList
                rows = [
                    row
                    for user in users
                    for row in self._of_user(account, user, rights, services.get(user.UserName, []))
                ]
                yield Page(items=rows, cursor=after)
        elif kind == "roles":
            for page, after in self.details(part.data["account"], "Role", cursor=cursor):
                rows = [row for role in page.RoleDetailList if role.own for row in self.trusts(role)]
                yield Page(items=rows, cursor=after)
        else:
            yield Page(items=list(self._providers(part.data["account"])))

    def _of_user(self, account: str, user: UserDetail, rights: Rights, services: list[Credential]) -> Iterator[Grant]:
        try:
            found = [*self.signing_credentials(account, user.UserName), *services]
        except ObjectMissing:
            return  # deleted meanwhile
        for one in found:
            used = self._last_used(account, one) if one.kind == "access-key" else None
            unknown = () if one.kind == "access-key" else ("last_used",)
            yield Grant(
                id=f"{PREFIXES[one.kind]}/{account}/{user.UserName}/{one.id}",
                name=one.name,
                kind=one.kind,
                client_id=one.id,
                principal=user.UserName,
                principal_ref=local("account", user.Arn),
                scopes=rights.names(user),
                issued=clock.normalise(one.created),
                expires=clock.normalise(one.expires),
                last_used=used,
                profile={"status": one.status},
                unknown=unknown,
            )

    def _last_used(self, account: str, one: Credential) -> str | None:
        params = {"AccessKeyId": one.id}
        try:
            found = self.query("iam", "GetAccessKeyLastUsed", _Used, params, account=account).AccessKeyLastUsed
        except ObjectMissing:
            return None
        return clock.normalise(found.LastUsedDate) if found else None

    def trusts(self, role: RoleDetail) -> Iterator[Grant]:
        """Yield one row for each principal outside the spanned accounts that a role lets in."""
        spanned = self.accounts()
        names = tuple(sorted({p.PolicyName for p in (*role.inline, *role.AttachedManagedPolicies)}))
        for kind, value in dict.fromkeys(trusted(role.trust)):
            if kind not in {"AWS", "Federated"} or (kind == "AWS" and account_of(value) in spanned):
                continue
            used = role.RoleLastUsed.LastUsedDate if role.RoleLastUsed else None
            yield Grant(
                id=f"trust/{role.Arn}/{value}",
                name=role.RoleName,
                kind="role-trust",
                client_id=value,
                principal=role.RoleName,
                principal_ref=local("account", role.Arn),
                scopes=names,
                issued=clock.normalise(role.CreateDate),
                last_used=clock.normalise(used),
            )

    def _providers(self, account: str) -> Iterator[Grant]:
        oidc = self.query("iam", "ListOpenIDConnectProviders", _Oidc, account=account)
        saml = self.query("iam", "ListSAMLProviders", _Saml, account=account)
        for kind, found in (("oidc", oidc.OpenIDConnectProviderList), ("saml", saml.SAMLProviderList)):
            for one in found:
                yield Grant(
                    id=f"{kind}/{one.Arn}",
                    name=one.Arn.rpartition("/")[2],
                    kind=f"{kind}-provider",
                    client_id=one.Arn,
                    issued=clock.normalise(one.CreateDate),
                    expires=clock.normalise(one.ValidUntil),
                    unknown=("last_used",) if one.CreateDate else ("issued", "last_used"),
                )

    def _application(self, app: Application) -> Grant:
        return Grant(
            id=f"app/{app.ApplicationArn}",
            name=app.Name,
            kind="application",
            client_id=app.ApplicationArn,
            scopes=self._scopes_of(app.ApplicationArn),
            issued=clock.from_millis(app.CreatedDate * 1000) if app.CreatedDate else None,
            unknown=("last_used",),
        )

    def _scopes_of(self, arn: str) -> tuple[str, ...]:
        params: dict[str, Any] = {"ApplicationArn": arn, "MaxResults": 10}
        pages = self.center_pages("sso-admin", "ListApplicationAccessScopes", _Scopes, params)
        return tuple(one.Scope for page, _ in pages for one in page.Scopes)
