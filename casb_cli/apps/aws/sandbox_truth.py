"""What a perfect reader of the simulated AWS sees before anybody acts: derived from the company, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from casb_cli.apps.aws.sandbox_buckets import Buckets, Object
from casb_cli.apps.aws.sandbox_center import Center
from casb_cli.apps.aws.sandbox_company import ALL, APP, Company, Role, User
from casb_cli.apps.aws.sandbox_trail import NAMES, Trail
from casb_cli.core import clock
from casb_cli.sandbox.planted import Planted

_ADMIN = ("AdministratorAccess", "IAMFullAccess")
_HIDDEN_PATHS = ("/aws-reserved/", "/aws-service-role/")


class Truth:
    """The expected answers over all active accounts of the organization; times are RFC 3339 UTC."""

    def __init__(self, company: Company, center: Center, buckets: Buckets) -> None:
        self.company = company
        self.center = center
        self.buckets = buckets
        self.trail = Trail(company)

    def rows(self, kind: str) -> dict[Any, dict[str, Any]]:
        """Return every row of a kind by id, with the fields that the world knows.

        Memberships are known by (group ref, member ref), privileges by (principal ref, role, scope), findings by
        (file id, detector). A file's id is `bucket/key`; a share's ends, after the last slash, in `policy:<who>` or
        `acl:<who>:<permission>`; a key's is `key/<account>/<user>/<id>`.
        """
        found: dict[Any, dict[str, Any]] = getattr(self, f"_{kind}_rows")()
        return found

    def hidden(self, kind: str) -> set[str]:
        """Return whose part of a listing nobody can read: the product's role sees everything."""
        del kind
        return set()

    # People

    def is_admin(self, user: User) -> bool:
        """Tell whether a user is an administrator in effect."""
        names, inline = set(user.attached), list(user.inline.values())
        for group in self.company.groups:
            if group.account == user.account and user.name in group.members:
                names |= set(group.attached)
        if user.account == self.company.sealed or (user.boundary is not None and user.boundary not in _ADMIN):
            return False
        return bool(names & set(_ADMIN)) or any(ALL in policy["Statement"] for policy in inline)

    def center_id(self, id_: str) -> str:
        """Return the id of a user or group of the identity store as rows have it."""
        return f"{self.center.store}/{id_}"

    def center_admins(self) -> set[str]:
        """Return the ids of the users who hold an administrator's permission set somewhere."""
        strong = {
            one.arn
            for one in self.center.sets
            if "AdministratorAccess" in str(one.managed) or one.named or (one.inline and ALL in one.inline["Statement"])
            if one.boundary is None
        }
        groups = {self.center.group_id(group): group for group in range(self.center.world.groups)}
        found = set()
        for one in self.center.assignments:
            if one.set not in strong or one.account == self.company.sealed:
                continue
            if one.kind == "USER":
                found.add(one.principal)
            else:
                found |= {self.center.user_id(person) for person in self.center.members(groups[one.principal])}
        return found

    def _account_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        for user in self.company.users:
            found[user.arn] = {
                "login": user.name,
                "status": "suspended" if self.company.suspended(user) else "active",
                "is_admin": self.is_admin(user),
                "mfa": user.mfa,
                "last_login": clock.text(user.password_used) if user.password_used else None,
                "created": clock.text(user.created),
            }
        for account in self.company.active:
            found[f"arn:aws:iam::{account}:root"] = {
                "login": "root",
                "status": "active",
                "is_admin": account != self.company.sealed,
                "mfa": True,
            }
        for role in self.company.roles:
            if self.is_account(role):
                found[role.arn] = {"login": role.name, "status": "active", "created": clock.text(role.created)}
        admins = self.center_admins()
        for person in self.center.people:
            one = self.center.user(person)
            found[self.center_id(one.id)] = {
                "login": one.login,
                "email": one.email,
                "name": one.name,
                "status": "active" if one.enabled else "disabled",
                "is_admin": one.id in admins,
                "created": clock.text(one.created),
            }
        return found

    def _group_rows(self) -> dict[Any, dict[str, Any]]:
        found = {group.arn: {"name": group.name} for group in self.company.groups}
        for group in range(self.center.world.groups):
            id_ = self.center_id(self.center.group_id(group))
            found[id_] = {"name": self.center.world.group(group).name}
        return found

    def _membership_rows(self) -> dict[Any, dict[str, Any]]:
        arns = {(user.account, user.name): user.arn for user in self.company.users}
        found = {
            (f"group:{group.arn}", f"account:{arns[group.account, name]}"): {"group": group.name, "member": name}
            for group in self.company.groups
            for name in group.members
        }
        for group in range(self.center.world.groups):
            ref = f"group:{self.center_id(self.center.group_id(group))}"
            for person in self.center.members(group):
                member = f"account:{self.center_id(self.center.user_id(person))}"
                found[ref, member] = {"group": self.center.world.group(group).name}
        return found

    def _privilege_rows(self) -> dict[Any, dict[str, Any]]:
        keys = set()
        for user in self.company.users:
            keys |= {(f"account:{user.arn}", name, user.account) for name in (*user.attached, *user.inline)}
        for group in self.company.groups:
            keys |= {(f"group:{group.arn}", name, group.account) for name in (*group.attached, *group.inline)}
        for role in filter(self.is_account, self.company.roles):
            keys |= {(f"account:{role.arn}", name, role.account) for name in (*role.attached, *role.inline)}
        names = {one.arn: one.name for one in self.center.sets}
        for one in self.center.assignments:
            kind = "user" if one.kind == "USER" else "group"
            holder = f"{'account' if kind == 'user' else 'group'}:{self.center_id(one.principal)}"
            keys.add((holder, names[one.set], one.account))
        return {key: {} for key in keys}

    def is_account(self, role: Role) -> bool:
        """Tell whether people use a role: it trusts the organization's accounts, or a SAML provider."""
        if role.path.startswith(_HIDDEN_PATHS):
            return False
        trusted = str(role.principal.get("AWS", ""))
        return ":saml-provider/" in str(role.principal) or any(
            f"::{one.id}:" in trusted for one in self.company.accounts
        )

    # Activity

    def activity(self) -> Iterator[dict[str, Any]]:
        """Yield the event history of all accounts and regions, oldest first."""
        world = self.company.world
        for index in range(world.events):
            event, user = world.event(APP, index), self.trail.actor(world.event(APP, index))
            row: dict[str, Any] = {
                "id": self.trail.id(index),
                "time": clock.text(event.time.replace(microsecond=0)),
                "kind": event.kind,
                "action": NAMES[event.verb][0],
                "actor": user.name,
                "user_agent": event.user_agent,
                "outcome": "success" if event.success else "failure",
            }
            if event.success:
                row["actor_ref"] = f"account:{user.arn}"
            if index % 50 != 49:
                row["ip"] = event.ip
            yield row

    def _activity_rows(self) -> dict[Any, dict[str, Any]]:
        return {row.pop("id"): row for row in self.activity()}

    # Grants

    def _grant_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        for user in self.company.users:
            holder = {"principal_ref": f"account:{user.arn}"}
            place = f"{user.account}/{user.name}"
            for key in user.keys:
                used = clock.text(key.used) if key.used else None
                told = {"name": "access key", "kind": "access-key", "client_id": key.id, "last_used": used}
                status = {"profile": {"status": "Active" if key.active else "Inactive"}}
                found[f"key/{place}/{key.id}"] = holder | told | status | {"issued": clock.text(key.created)}
            for key in user.ssh:
                told = {"name": "ssh key", "kind": "ssh-key", "client_id": key.id, "issued": clock.text(key.created)}
                found[f"ssh/{place}/{key.id}"] = holder | told
            for key in user.credentials:
                told = {"name": f"{key.service} credential", "kind": "service-credential", "client_id": key.id}
                found[f"ssc/{place}/{key.id}"] = holder | told | {"issued": clock.text(key.created)}
        for role in self.company.roles:
            outside = str(role.principal.get("AWS") or role.principal.get("Federated") or "")
            inside = any(f"arn:aws:iam::{one.id}:root" == outside for one in self.company.accounts)
            if outside and not inside and not role.path.startswith(_HIDDEN_PATHS):
                told = {"name": role.name, "kind": "role-trust", "client_id": outside}
                found[f"trust/{role.arn}/{outside}"] = told | {"issued": clock.text(role.created)}
        for kind, arn in (("oidc", self.company.oidc), ("saml", self.company.saml)):
            name = arn.partition("-provider/")[2]
            found[f"{kind}/{arn}"] = {"name": name, "kind": f"{kind}-provider", "client_id": arn}
        for one in self.center.applications:
            found[f"app/{one.arn}"] = {"name": one.name, "kind": "application", "client_id": one.arn}
        return found

    # Files

    @property
    def file_count(self) -> int:
        """How many files there are, the trash excepted."""
        return self.buckets.library.count

    def file(self, index: int) -> dict[str, Any]:
        """Return one file by its index."""
        one = self.buckets.object(index)
        return self._row(one) | {"sharing": self.buckets.sharing(self.buckets.by_name[one.bucket], one)}

    def _row(self, one: Object) -> dict[str, Any]:
        size, md5 = self.buckets.sums(one.source)
        account = self.buckets.by_name[one.bucket].account
        return {
            "name": one.key.rpartition("/")[2] or one.key,
            "path": f"/{one.bucket}/{one.key}",
            "owner": account,
            "owner_ref": f"account:arn:aws:iam::{account}:root",
            "size": size,
            "hash": f"etag:{md5}",
            "version": md5,
            "trashed": one.deleted,
        }

    def _file_rows(self) -> dict[Any, dict[str, Any]]:
        found = {}
        for index in range(self.file_count):
            one = self.buckets.object(index)
            found[one.id] = self.file(index) | {"modified": clock.text(one.modified.replace(microsecond=0))}
        return found

    def _trash_rows(self) -> dict[Any, dict[str, Any]]:
        return {one.id: self._row(one) for one in self.buckets.trash()}

    def _finding_rows(self) -> dict[Any, dict[str, Any]]:
        return {(id_, planted.detector): {"count": planted.count} for id_, planted in self.findings()}

    def findings(self) -> Iterator[tuple[str, Planted]]:
        """Yield what a perfect inspection finds, in the trash too: the file's id, and what was planted in it."""
        for one in (*self.buckets.objects(), *self.buckets.trash()):
            for planted in self.buckets.library.planted(one.source):
                yield one.id, planted

    # Sharing

    def _share_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        for bucket in self.buckets.all:
            reader = self.buckets.reader(bucket)
            if reader is not None:
                who = "public" if reader == "*" else reader
                found[f"{bucket.name}/policy:{who}"] = self._share(reader, f"folder:{bucket.name}", "s3:GetObject")
        for point in self.buckets.points[:2]:
            who = "public" if point.reader == "*" else point.reader
            row = self._share(point.reader, f"folder:{point.bucket}", "s3:GetObject")
            # Whoever comes from a VPC alone is no public.
            found[f"{point.bucket}/accesspoint:{point.name}:{who}"] = row | (
                {"sharing": "internal"} if point.vpc else {}
            )
        for id_, bucket, kind, who, scope in self.buckets.grants:
            found[f"{bucket.name}/grant:{id_}"] = {
                "file_ref": f"folder:{bucket.name}",
                "kind": "group" if kind == "DIRECTORY_GROUP" else "user",
                "who": who,
                "role": f"READ {scope}",
                "sharing": "external" if kind == "IAM" else "internal",
            }
        for one in self.buckets.objects():
            reader = self.buckets.acl_reader(self.buckets.by_name[one.bucket], one)
            if reader is not None:
                who = "public" if reader == "*" else quote(reader, safe="")
                found[f"{one.id}/acl:{who}:READ"] = self._share(reader, f"file:{one.id}", "READ")
        return found

    def _share(self, reader: str, ref: str, role: str) -> dict[str, Any]:
        sharing = "internal" if reader in self.company.active else "external"
        return {
            "file_ref": ref,
            "kind": "link" if reader == "*" else "user",
            "who": "anyone" if reader == "*" else reader,
            "role": role,
            "sharing": "public" if reader == "*" else sharing,
        }
