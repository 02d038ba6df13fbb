"""The invented company at AWS: an organization of accounts, their users, groups, roles and policies."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec

from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    CAST,
    INVITED,
    LEAVER,
    MAINTAINER,
    NO_MFA,
    OWNER,
    SECOND_ADMIN,
    SERVICE,
)
from casb_cli.sandbox.world import World

APP = "aws"
HOME = "us-east-1"
REGIONS = (HOME, "eu-central-1")
"""The enabled regions; buckets and events lie in both."""
DISABLED_REGIONS = ("af-south-1", "ap-east-1", "me-south-1")
MEMBER_ROLE = "casb-member"
ROLE = "casb"
IAM_MOST = 60
"""The most people with an IAM user of their own; all others come through Identity Center."""

ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
READ = {"Effect": "Allow", "Action": ["*:Get*", "*:List*", "*:Describe*"], "Resource": "*"}
MANAGED: dict[str, dict[str, Any]] = {
    "AdministratorAccess": ALL,
    "IAMFullAccess": {"Effect": "Allow", "Action": ["iam:*", "organizations:Describe*"], "Resource": "*"},
    "PowerUserAccess": {
        "Effect": "Allow",
        "NotAction": ["iam:*", "organizations:*", "account:*"],
        "Resource": "*",
    },
    "ReadOnlyAccess": READ,
    "SecurityAudit": READ,
    "AWSDenyAll": {"Effect": "Deny", "Action": ["*"], "Resource": "*"},
}
"""The policies of AWS's own that the company uses, by name; `SecurityAudit` and `ReadOnlyAccess` shortened."""
LOCAL = "larkspur-operators"
"""A policy of the main account's own that allows everything; a permission set names it."""


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def managed_arn(name: str) -> str:
    """Return the ARN of a policy of AWS's own."""
    return f"arn:aws:iam::aws:policy/{name}"


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """A service control policy and the id of the account or organizational unit it is attached to."""

    id: str
    name: str
    target: str
    document: dict[str, Any]


class AwsAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the organization."""

    id: str
    name: str
    email: str
    state: str
    joined: datetime


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An access key, an SSH key or a service-specific credential of a user."""

    id: str
    secret: str = ""
    active: bool = True
    created: datetime
    used: datetime | None = None
    service: str = ""
    region: str = HOME


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An IAM user; `person` is None for a machine."""

    account: str
    name: str
    path: str
    id: str
    person: int | None
    created: datetime
    password: bool
    password_used: datetime | None
    mfa: bool
    keys: tuple[Key, ...]
    ssh: tuple[Key, ...]
    credentials: tuple[Key, ...]
    attached: tuple[str, ...]
    inline: dict[str, dict[str, Any]]
    boundary: str | None

    @property
    def arn(self) -> str:
        """The user's ARN."""
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """An IAM group; `members` are user names of the same account."""

    account: str
    name: str
    id: str
    created: datetime
    members: tuple[str, ...]
    attached: tuple[str, ...]
    inline: dict[str, dict[str, Any]]

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return f"arn:aws:iam::{self.account}:group/{self.name}"


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A role; `principal` is what its trust policy lets in, as `Principal` has it."""

    account: str
    name: str
    path: str
    id: str
    created: datetime
    principal: dict[str, Any]
    action: str
    condition: dict[str, Any] | None = None
    attached: tuple[str, ...] = ()
    inline: dict[str, dict[str, Any]] = {}
    used: datetime | None = None

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    @property
    def trust(self) -> dict[str, Any]:
        """The trust policy."""
        statement = {"Effect": "Allow", "Principal": self.principal, "Action": self.action}
        if self.condition:
            statement["Condition"] = self.condition
        return document(statement)


class Company:
    """The organization as it was at the start; every id and secret follows from the seed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seed = chance.mix(world.seed, 0x617773)
        names = ("Larkspur Instruments", "Larkspur Production", "Larkspur Research", "Larkspur Closed")
        self.accounts = tuple(
            AwsAccount(
                id=chance.number(12, self.seed, 1, n),
                name=name,
                email=f"aws+{n}@{world.domain}",
                state="SUSPENDED" if n == 3 else "ACTIVE",
                joined=world.now - timedelta(days=900 - n * 100),
            )
            for n, name in enumerate(names)
        )
        self.active = tuple(a.id for a in self.accounts if a.state == "ACTIVE")
        self.main = self.accounts[0].id
        self.foreign = chance.number(12, self.seed, 2)
        self.foreign_canonical = chance.text(chance.HEX, 64, self.seed, 3)
        self.org_id = "o-" + chance.text(chance.BASE32.lower(), 10, self.seed, 4)
        self.alias = world.slug
        self.external_id = chance.uuid(self.seed, 5)
        self.staff = world.employees(APP)

    def unique(self, prefix: str, *parts: int, length: int = 21) -> str:
        """Return an id as AWS gives it: a prefix that tells the kind, then capitals and digits."""
        return prefix + chance.text(chance.BASE32, length - len(prefix), self.seed, *parts)

    @property
    def web_token(self) -> str:
        """The token of the OpenID Connect provider that a build's job holds."""
        return ".".join(chance.text(chance.BASE62, length, self.seed, 6, length) for length in (36, 120, 43))

    # The organization

    @property
    def root_id(self) -> str:
        """The id of the organization's root."""
        return f"r-{self.org_id[2:6]}"

    @property
    def unit_id(self) -> str:
        """The id of the organizational unit in which the last active account lies."""
        return f"ou-{self.org_id[2:6]}-" + chance.text(chance.BASE32.lower(), 8, self.seed, 7)

    @cached_property
    def guardrails(self) -> tuple[Guardrail, ...]:
        """The service control policies: everything everywhere, but no rights of IAM in the unit, save for the product.

        Nobody administers the unit's account then, its root user neither.
        """
        spared = f"arn:aws:iam::*:role/{MEMBER_ROLE}"
        sealed = {
            "Effect": "Deny",
            "Action": ["iam:*", "organizations:*"],
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": [spared]}},
        }
        whole = [self.root_id, self.unit_id, *(one.id for one in self.accounts)]
        found = [
            Guardrail(id="p-FullAWSAccess", name="FullAWSAccess", target=one, document=document(ALL)) for one in whole
        ]
        id_ = "p-" + chance.text(chance.BASE32.lower(), 8, self.seed, 8)
        return (*found, Guardrail(id=id_, name="no-identities", target=self.unit_id, document=document(sealed)))

    @property
    def sealed(self) -> str:
        """The account in which service control policies leave nobody but the product an administrator."""
        return self.active[2]

    # IAM users

    @cached_property
    def iam_people(self) -> tuple[int, ...]:
        """The people with an IAM user: the cast, and some of the others."""
        rest = [i for i in self.staff if i >= CAST and i % 3 == 0]
        return tuple([*(i for i in range(CAST) if i != INVITED), *rest][:IAM_MOST])

    @cached_property
    def users(self) -> tuple[User, ...]:
        """Every IAM user."""
        return tuple(self._user(position, person) for position, person in enumerate(self.iam_people)) + tuple(
            self._machine(account, n) for n, account in enumerate(self.active)
        )

    @cached_property
    def user_of(self) -> dict[int, User]:
        """The IAM users by person."""
        return {user.person: user for user in self.users if user.person is not None}

    def _user(self, position: int, index: int) -> User:
        person, now = self.world.person(index), self.world.now
        bits = chance.mix(self.seed, 11, index)
        home = index in (OWNER, BREAK_GLASS, SERVICE, SECOND_ADMIN, MAINTAINER)
        on = person.status == "active"
        keys = []
        if index not in (OWNER, BREAK_GLASS) and (index < CAST or bits % 3):
            count = 2 if index in (SERVICE, LEAVER) else 1
            for n in range(count):
                active = on and not (n and index == LEAVER)
                keys.append(self._key(index, n, active=active, used=bool(active and (bits >> n) % 4)))
        attached = {OWNER: ("AdministratorAccess",), SERVICE: ("AdministratorAccess",)}.get(index, ())
        if index == MAINTAINER:
            attached = ("AdministratorAccess",)
        elif index == LEAVER:
            attached = ("PowerUserAccess",)
        inline = {"break-glass": document(ALL)} if index == BREAK_GLASS else {}
        if index == NO_MFA:
            bucket = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::larkspur-*/*"}
            inline = {"read-documents": document(bucket)}
        password = index != SERVICE and on
        return User(
            account=self.main if home else self.active[position % len(self.active)],
            name=person.login,
            path="/staff/" if index % 4 == 3 else "/",
            id=self.unique("AIDA", 12, index),
            person=index,
            created=person.created.replace(microsecond=0),
            password=password,
            password_used=now - timedelta(hours=1 + bits % 900) if password and bits % 5 else None,
            mfa=person.mfa and password,
            keys=tuple(keys),
            ssh=(Key(id=self.unique("APKA", 13, index, length=20), created=now - timedelta(days=50)),)
            if index in (LEAVER, MAINTAINER)
            else (),
            credentials=(
                Key(
                    id=self.unique("ACCA", 14, index, length=21),
                    created=now - timedelta(days=40),
                    service="codecommit.amazonaws.com",
                ),
            )
            if index == LEAVER
            else (),
            attached=attached,
            inline=inline,
            boundary="ReadOnlyAccess" if index == MAINTAINER else None,
        )

    def _machine(self, account: str, number: int) -> User:
        return User(
            account=account,
            name="backup-robot",
            path="/robots/",
            id=self.unique("AIDA", 15, number),
            person=None,
            created=self.world.now - timedelta(days=700),
            password=False,
            password_used=None,
            mfa=False,
            keys=(self._key(100_000 + number, 0, active=True, used=False),),
            ssh=(),
            credentials=(),
            attached=("AdministratorAccess",) if account == self.sealed else (),
            inline={},
            boundary=None,
        )

    def _key(self, owner: int, number: int, *, active: bool, used: bool) -> Key:
        bits = chance.mix(self.seed, 16, owner, number)
        return Key(
            id=self.unique("AKIA", 17, owner, number, length=20),
            secret=chance.text(chance.BASE62, 40, self.seed, 18, owner, number),
            active=active,
            created=self.world.now - timedelta(days=5 + bits % 500),
            used=self.world.now - timedelta(hours=2 + bits % 80) if used else None,
            service="s3" if used else "",
            region=REGIONS[bits % 2],
        )

    @cached_property
    def service_key(self) -> Key:
        """The key with which the product signs in."""
        return self.user_of[SERVICE].keys[0]

    # Groups and roles

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Every IAM group: administrators in the main account, developers in each, and one that is empty."""
        created = self.world.now - timedelta(days=800)
        found = []
        for n, account in enumerate(self.active):
            people = [u for u in self.users if u.account == account and u.person is not None]
            members = tuple(sorted(u.name for u in people if u.person is not None and u.person % 2 and u.person > 5))
            found.append(self._group(account, "developers", 20 + n, created, members, ("ReadOnlyAccess",)))
        second = self.user_of[SECOND_ADMIN].name
        found.append(self._group(self.main, "administrators", 30, created, (second,), ("AdministratorAccess",)))
        found.append(self._group(self.active[1], "auditors", 31, created, (), ("SecurityAudit",)))
        return tuple(found)

    def _group(
        self, account: str, name: str, number: int, created: datetime, members: tuple[str, ...], held: tuple[str, ...]
    ) -> Group:
        return Group(
            account=account,
            name=name,
            id=self.unique("AGPA", number),
            created=created,
            members=members,
            attached=held,
            inline={},
        )

    @cached_property
    def saml(self) -> str:
        """The ARN of the main account's SAML provider."""
        return f"arn:aws:iam::{self.main}:saml-provider/larkspur-idp"

    @cached_property
    def oidc(self) -> str:
        """The ARN of the main account's OpenID Connect provider."""
        return f"arn:aws:iam::{self.main}:oidc-provider/token.builds.example"

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """Every role: the product's own, people's, machines', a vendor's, AWS's."""
        outside = {"StringEquals": {"sts:ExternalId": self.external_id}}
        found = [
            self._role(self.main, ROLE, {"AWS": f"arn:aws:iam::{self.main}:root"}, 40, condition=outside),
            self._role(self.main, "federated-admin", {"Federated": self.saml}, 41, "sts:AssumeRoleWithSAML"),
            self._role(
                self.main,
                "build-deploy",
                {"Federated": self.oidc},
                42,
                "sts:AssumeRoleWithWebIdentity",
                attached=("PowerUserAccess",),
                condition={"StringEquals": {"token.builds.example:sub": "repo:larkspur/tools"}},
            ),
            self._role(
                self.main,
                "AWSServiceRoleForOrganizations",
                {"Service": "organizations.amazonaws.com"},
                43,
                path="/aws-service-role/organizations.amazonaws.com/",
                attached=(),
            ),
            self._role(
                self.main,
                "AWSReservedSSO_AdministratorAccess_" + chance.text(chance.HEX, 16, self.seed, 44),
                {"Federated": f"arn:aws:iam::{self.main}:saml-provider/AWSSSO_{self.org_id}_DO_NOT_DELETE"},
                44,
                "sts:AssumeRoleWithSAML",
                path="/aws-reserved/sso.amazonaws.com/",
            ),
        ]
        for n, account in enumerate(self.active[1:]):
            trusted = {"AWS": f"arn:aws:iam::{self.main}:root"}
            found.append(self._role(account, MEMBER_ROLE, trusted, 50 + n, condition=outside))
        found.append(
            self._role(
                self.active[1],
                "vendor-monitor",
                {"AWS": f"arn:aws:iam::{self.foreign}:root"},
                60,
                attached=("SecurityAudit",),
            )
        )
        found.append(
            self._role(self.active[2], "web-server", {"Service": "ec2.amazonaws.com"}, 61, attached=("ReadOnlyAccess",))
        )
        return tuple(found)

    def _role(
        self,
        account: str,
        name: str,
        principal: dict[str, Any],
        number: int,
        action: str = "sts:AssumeRole",
        *,
        path: str = "/",
        attached: tuple[str, ...] = ("AdministratorAccess",),
        condition: dict[str, Any] | None = None,
    ) -> Role:
        return Role(
            account=account,
            name=name,
            path=path,
            id=self.unique("AROA", number),
            created=self.world.now - timedelta(days=600 - number),
            principal=principal,
            action=action,
            condition=condition,
            attached=attached,
            used=self.world.now - timedelta(days=3) if number % 2 else None,
        )

    def suspended(self, user: User) -> bool:
        """Tell whether nobody can sign in as a user: no password and no active key."""
        return not user.password and not any(key.active for key in user.keys)
