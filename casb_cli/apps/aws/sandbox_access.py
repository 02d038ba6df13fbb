"""Who calls the simulated AWS and what they may do: credentials given out, policies weighed."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from casb_cli.apps.aws.sandbox_company import Company
from casb_cli.apps.aws.sandbox_moto import Moto
from casb_cli.apps.aws.sandbox_sign import Credential
from casb_cli.apps.aws.sandbox_wire import Operation

_PREFIX = {"sso-admin": "sso", "s3control": "s3"}
_ACTIONS = {
    "s3/ListBuckets": "ListAllMyBuckets",
    "s3/ListObjects": "ListBucket",
    "s3/ListObjectsV2": "ListBucket",
    "s3/HeadBucket": "ListBucket",
    "s3/ListObjectVersions": "ListBucketVersions",
    "s3/HeadObject": "GetObject",
    "s3/CopyObject": "PutObject",
    "s3/UploadPart": "PutObject",
    "s3/UploadPartCopy": "PutObject",
    "s3/CreateMultipartUpload": "PutObject",
    "s3/CompleteMultipartUpload": "PutObject",
    "s3/DeleteObjects": "DeleteObject",
    "s3/GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "s3/PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3/DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3/GetBucketNotificationConfiguration": "GetBucketNotification",
    "s3/PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3/GetBucketEncryption": "GetEncryptionConfiguration",
    "s3/GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "s3control/GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "s3control/PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "s3control/DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
    "access-analyzer/ListFindingsV2": "ListFindings",
    "access-analyzer/GetFindingV2": "GetFinding",
}
OPEN = frozenset({"sts/GetCallerIdentity", "sts/GetSessionToken"})
"""What needs no permission."""


def action_of(found: Operation, versioned: bool = False) -> str:
    """Return the IAM action that an operation needs; S3 names those upon a version apart."""
    name = _ACTIONS.get(found.key, found.name)
    if versioned and found.family == "s3" and name in {"GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl"}:
        name = name.replace("Object", "ObjectVersion", 1)
    return f"{_PREFIX.get(found.family, found.family)}:{name}"


class Access:
    """The credentials given out, and the rights of whom they belong to, as moto's state has them now."""

    def __init__(self, company: Company, moto: Moto) -> None:
        self.company = company
        self.moto = moto
        self.given: dict[str, Credential] = {}

    def find(self, key: str) -> Credential | None:
        """Return an active credential by its access key id."""
        if key in self.given:
            return self.given[key]
        for account in self.company.active:
            for user in self.moto.backend("iam", account).users.values():
                for one in user.access_keys:
                    if one.access_key_id == key and one.status == "Active":
                        return Credential(
                            key=key,
                            secret=one.secret_access_key,
                            account=account,
                            arn=user.arn,
                            user_id=user.id,
                            user=user.name,
                        )
        return None

    def give(self, holder: Credential, seconds: int) -> Credential:
        """Give out a temporary credential for whom `holder` names."""
        made = Credential(
            key="ASIA" + secrets.token_hex(8).upper(),
            secret=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(90),
            account=holder.account,
            arn=holder.arn,
            user_id=holder.user_id,
            expires=time.time() + seconds,
            role=holder.role,
            user=holder.user,
        )
        self.given[made.key] = made
        return made

    # Rights

    def holder(self, account: str, arn: str) -> Any:
        """Return moto's user or role of an ARN, None where there is none."""
        iam = self.moto.backend("iam", account)
        kind, _, rest = arn.split(":", 5)[5].partition("/")
        name = rest.rpartition("/")[2]
        if kind == "user":
            return iam.users.get(name)
        return next((role for role in iam.roles.values() if role.arn == arn or role.name == name), None)

    def statements(self, account: str, holder: Any) -> Iterator[dict[str, Any]]:
        """Yield the statements that hold for a user or role, its groups' too."""
        iam = self.moto.backend("iam", account)
        holders = [holder]
        if hasattr(holder, "access_keys"):
            holders += [group for group in iam.groups.values() if holder in group.users]
        for one in holders:
            texts = [*one.policies.values()]
            texts += [_default(policy) for policy in one.managed_policies.values()]
            for text in texts:
                yield from _statements(text)

    def decision(self, account: str, holder: Any, action: str) -> str:
        """Return `allowed`, `explicitDeny` or `implicitDeny`; resources and most conditions are not weighed."""
        found = list(self.statements(account, holder))
        if any(_matches(one, action) for one in found if one["Effect"] == "Deny" and "Condition" not in one):
            return "explicitDeny"
        boundary = getattr(holder, "permissions_boundary", None)
        if boundary:
            policy = self.moto.backend("iam", account).managed_policies.get(boundary["PermissionsBoundaryArn"])
            within = _statements(_default(policy)) if policy else []
            if not any(_matches(one, action) for one in within if one["Effect"] == "Allow"):
                return "implicitDeny"
        return "allowed" if any(_matches(one, action) for one in found if one["Effect"] == "Allow") else "implicitDeny"

    def allowed(self, who: Credential, found: Operation, versioned: bool = False) -> bool:
        """Tell whether a caller may do an operation."""
        if found.key in OPEN or who.arn.endswith(":root"):
            return True
        holder = self.holder(who.account, who.role or who.arn)
        return holder is not None and self.decision(who.account, holder, action_of(found, versioned)) == "allowed"


def _default(policy: Any) -> str:
    return next(str(one.document) for one in policy.versions if one.version_id == policy.default_version_id)


def _statements(text: str) -> list[dict[str, Any]]:
    found = json.loads(text)["Statement"]
    return found if isinstance(found, list) else [found]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _matches(statement: dict[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not any(_like(pattern, action) for pattern in _listed(statement["NotAction"]))
    return any(_like(pattern, action) for pattern in _listed(statement.get("Action", [])))


def _like(pattern: str, text: str) -> bool:
    return _pattern(pattern.lower()).fullmatch(text.lower()) is not None


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def refuses(policy: bytes | None, action: str, resource: str, own: Credential) -> bool:
    """Tell whether a bucket's policy denies an action upon a resource to a caller; conditions are not weighed."""
    if policy is None or b"Deny" not in policy:
        return False
    for one in _statements(policy.decode()):
        principal = one.get("Principal", "*")
        named = ["*"] if principal == "*" else _listed(principal.get("AWS", []))
        mine = {"*", own.account, f"arn:aws:iam::{own.account}:root", own.arn, own.role}
        if one["Effect"] != "Deny" or "Condition" in one or not mine & set(named) or not _matches(one, action):
            continue
        if any(_pattern(pattern).fullmatch(resource) for pattern in _listed(one.get("Resource", "*"))):
            return True
    return False


def opens(policy: bytes) -> bool:
    """Tell whether a bucket's policy lets everybody do something."""
    return any(
        one["Effect"] == "Allow"
        and "Condition" not in one
        and one.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        for one in _statements(policy.decode())
    )
