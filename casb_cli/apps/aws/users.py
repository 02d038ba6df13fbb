"""One IAM user or role as it is now: its deny policy, password and every credential it may sign with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.apps.aws.directory import Directory
from casb_cli.apps.aws.mapping import DENY_ALL, SUSPENDED, Attached
from casb_cli.core.errors import ObjectMissing, RequestRefused, UsageError

_ARN = re.compile(r"arn:([^:]+):iam::(\d{12}):(?:(user|role)/(?:.*/)?([^/]+)|(root))")
_CENTER = re.compile(r"(d-[^/]+|[0-9a-z-]+)/([^/]+)")
ACTIVE, INACTIVE = "Active", "Inactive"
UPDATES = {
    "access-key": ("UpdateAccessKey", "AccessKeyId"),
    "ssh-key": ("UpdateSSHPublicKey", "SSHPublicKeyId"),
    "service-credential": ("UpdateServiceSpecificCredential", "ServiceSpecificCredentialId"),
    "certificate": ("UpdateSigningCertificate", "CertificateId"),
}
"""By kind of credential: what sets its status, and how that names it."""


class Principal(msgspec.Struct, frozen=True):
    """Whom an account's id names: `kind` is `user`, `role`, `root` or `center`; `home` its account or store."""

    id: str
    kind: str
    home: str
    name: str


def principal(id_: str) -> Principal:
    """Return whom an account's id names; raises UsageError."""
    match = _ARN.fullmatch(id_)
    if match:
        return Principal(id_, match[3] or match[5], match[2], match[4] or "root")
    center = _CENTER.fullmatch(id_)
    if center and not id_.startswith("arn:"):
        return Principal(id_, "center", center[1], center[2])
    raise UsageError(f"`{id_}` names no account of AWS", hint="casb list accounts --app aws")


class Credential(msgspec.Struct, frozen=True):
    """One credential of a user."""

    kind: str
    id: str
    status: str
    name: str
    created: str | None = None
    expires: str | None = None

    @property
    def key(self) -> str:
        """How states name it: `access-key AKIA...`."""
        return f"{self.kind} {self.id}"


class _Ssh(msgspec.Struct):
    SSHPublicKeyId: str
    Status: str = ACTIVE
    UploadDate: str | None = None


class _SshKeys(msgspec.Struct):
    SSHPublicKeys: list[_Ssh] = []


class _Service(msgspec.Struct):
    ServiceSpecificCredentialId: str
    UserName: str | None = None
    ServiceName: str | None = None
    Status: str = ACTIVE
    CreateDate: str | None = None
    ExpirationDate: str | None = None


class _ServiceCredentials(msgspec.Struct):
    ServiceSpecificCredentials: list[_Service] = []


class _Certificate(msgspec.Struct):
    CertificateId: str
    Status: str = ACTIVE
    UploadDate: str | None = None


class _Certificates(msgspec.Struct):
    Certificates: list[_Certificate] = []


class _PolicyNames(msgspec.Struct):
    PolicyNames: list[str] = []


class _AttachedPolicies(msgspec.Struct):
    AttachedPolicies: list[Attached] = []


class _PolicyText(msgspec.Struct):
    PolicyDocument: str


class Users(Directory):
    """Reading one principal, always as it is now."""

    def credentials_of(self, account: str, name: str) -> Iterator[Credential]:
        """Yield a user's credentials: access keys, SSH keys, service credentials and certificates."""
        yield from self.signing_credentials(account, name)
        for _, service in self.service_credentials(account, name):
            yield service

    def signing_credentials(self, account: str, name: str) -> Iterator[Credential]:
        """Yield a user's access keys, SSH keys and certificates."""
        who = {"UserName": name}
        for key in self.access_keys(account, name):
            yield Credential("access-key", key.AccessKeyId, key.Status or ACTIVE, "access key", key.CreateDate)
        for ssh, _ in self.query_pages("iam", "ListSSHPublicKeys", _SshKeys, who, account=account):
            for one in ssh.SSHPublicKeys:
                yield Credential("ssh-key", one.SSHPublicKeyId, one.Status, "ssh key", one.UploadDate)
        for page, _ in self.query_pages("iam", "ListSigningCertificates", _Certificates, who, account=account):
            for cert in page.Certificates:
                yield Credential("certificate", cert.CertificateId, cert.Status, "signing certificate", cert.UploadDate)

    def service_credentials(self, account: str, name: str | None = None) -> Iterator[tuple[str, Credential]]:
        """Yield the service-specific credentials of one user, or with their users those of the whole account."""
        params: dict[str, Any] = {"UserName": name} if name else {"AllUsers": True}
        pages = self.query_pages("iam", "ListServiceSpecificCredentials", _ServiceCredentials, params, account=account)
        try:
            for page, _ in pages:
                for one in page.ServiceSpecificCredentials:
                    found = Credential(
                        "service-credential",
                        one.ServiceSpecificCredentialId,
                        one.Status,
                        f"{one.ServiceName or 'service'} credential",
                        one.CreateDate,
                        one.ExpirationDate,
                    )
                    yield one.UserName or name or "", found
        except (ObjectMissing, RequestRefused) as error:
            if error.code != "NotSupportedService":
                raise
            # Some partitions have no such credentials at all.

    def principal_policies(self, who: Principal) -> set[str]:
        """Return the names of the inline policies of a user or role, and of those attached to it."""
        kind = who.kind.capitalize()
        params = {f"{kind}Name": who.name}
        names: set[str] = set()
        for page, _ in self.query_pages("iam", f"List{kind}Policies", _PolicyNames, params, account=who.home):
            names.update(page.PolicyNames)
        pages = self.query_pages("iam", f"ListAttached{kind}Policies", _AttachedPolicies, params, account=who.home)
        for attached, _ in pages:
            names.update(f"attached:{one.PolicyName}" for one in attached.AttachedPolicies)
        return names

    def denied(self, who: Principal) -> bool:
        """Tell whether a policy that denies everything is on a user or role."""
        return bool(self.principal_policies(who) & {SUSPENDED, f"attached:{DENY_ALL}"})

    def inline_policy(self, who: Principal, policy: str) -> str | None:
        """Return the text of an inline policy, percent-encoded as IAM gives it; None where there is none."""
        kind = who.kind.capitalize()
        params = {f"{kind}Name": who.name, "PolicyName": policy}
        try:
            return self.query("iam", f"Get{kind}Policy", _PolicyText, params, account=who.home).PolicyDocument
        except ObjectMissing:
            return None

    def iam_write(self, operation: str, account: str, **params: Any) -> None:
        """Send a changing call of IAM that may be repeated; what was to be removed may be gone already."""
        gone = operation.startswith(("Delete", "Detach"))
        call = self.query_call("iam", operation, params, account=account, safe=True)
        try:
            self.client.send(call)
        except ObjectMissing:
            if not gone:
                raise
