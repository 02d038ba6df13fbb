"""What Entra ID makes of the invented company: users, groups, roles, applications, grants, by index.

Nothing here changes; what callers change lies over it. Contractors are guests; one group nests another, one has a
guest and an application in it; a group that may hold roles holds one; some accounts come from on-premises.
"""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.office365.sandbox_ids import Guids, Texts
from casb_cli.apps.office365.sandbox_objects import Assigned, Delegated, Principal, RoleHeld, User
from casb_cli.apps.office365.sandbox_permits import GRAPH, GRAPH_ROLES, MANAGE, ROLES, SHAREPOINT
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import BREAK_GLASS, CAST, LEAVER, MAINTAINER, NO_MFA, OWNER, SECOND_ADMIN, SERVICE
from casb_cli.sandbox.world import World

APP = "office365"
NESTING, NESTED, MIXED = 1, 2, 5
MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
DELETED = 2
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
ROLE_NAMES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": "SharePoint Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
}
_ROLE = {name: id_ for id_, name in ROLE_NAMES.items()}
CASB = 3
"""The number of casb's own application among the service principals."""
_FOREIGN = (
    ("Harbor Sync", "Harbor Software GmbH", ("Files.ReadWrite.All", "Sites.Read.All")),
    ("Brass Signature", "Brass Signature Ltd", ()),
    ("Pier Notes", None, ("Mail.Read",)),
    ("Lantern Mail", None, ()),
    ("Old Exporter", None, ("User.Read.All",)),
)
_DELEGATED = (
    (4, "AllPrincipals", " User.Read Files.Read.All offline_access"),
    (5, "Principal", " User.Read Files.ReadWrite"),
    (6, "Principal", "User.Read Notes.ReadWrite.All"),
    (7, "Principal", " Mail.Read Mail.Send offline_access"),
)


class Company:
    """The tenant of `world` before anybody acts; `granted` is what casb's own application has at each API."""

    def __init__(self, world: World, granted: dict[str, frozenset[str]]) -> None:
        self.world = world
        self.now = world.now.timestamp()
        seed = world.seed
        self.tenant = chance.uuid(seed, 901)
        self.domain = world.domain
        self.initial = f"{world.slug}.onmicrosoft.com"
        self.host = f"{world.slug}.sharepoint.com"
        self.my_host = f"{world.slug}-my.sharepoint.com"
        self.staff = world.employees(APP)
        self.users = Guids(seed, "user")
        self.groups = Guids(seed, "group")
        self.principal_ids = Guids(seed, "principal")
        self.app_ids = Guids(seed, "application")
        self.grant_ids = Texts(seed, "grant", "", 43)
        self.assigned_ids = Texts(seed, "assigned", "", 43)
        self.unit = Guids(seed, "unit").make(0)
        self.custom_role = Guids(seed, "role").make(0)
        self.roles = {**ROLE_NAMES, self.custom_role: "Workshop Helpdesk"}
        self.principals = [self._principal(number) for number in range(4 + len(_FOREIGN))]
        self.held = list(self._held())
        self.granted = granted

    @property
    def granted(self) -> dict[str, frozenset[str]]:
        """What casb's own application has been granted, by API."""
        return self._granted

    @granted.setter
    def granted(self, value: dict[str, frozenset[str]]) -> None:
        self._granted = value
        self.assigned = list(self._assigned())

    # Users

    @property
    def count(self) -> int:
        """How many users there are, guests too."""
        return len(self.staff) + self.world.contractors

    def index_at(self, position: int) -> int:
        """Return the person at a position of the listing of users."""
        return self.staff[position] if position < len(self.staff) else self.world.people + position - len(self.staff)

    def exists(self, index: int) -> bool:
        """Tell whether a person has an account here, as a member or guest."""
        world = self.world
        if world.people <= index < world.people + world.contractors:
            return True
        return 0 <= index < world.people and world.has_account(APP, index)

    def user(self, index: int) -> User | None:
        """Return an account as it was at first, None where a person has none."""
        if not self.exists(index):
            return None
        person = self.world.person(index)
        bits = chance.mix(self.world.seed, 911, index)
        guest = person.external
        never = person.status == "invited" or index == SERVICE
        last = self.now - 60 - bits % 2_000_000
        upn = person.email
        if guest:
            upn = f"{person.email.replace('@', '_')}#EXT#@{self.initial}"
        return User(
            id=self.users.make(index),
            index=index,
            name=person.name,
            upn=upn,
            mail=None if index == BREAK_GLASS else person.email,
            guest=guest,
            created=person.created.timestamp(),
            department=person.department,
            enabled=person.status != "suspended",
            pending=person.status == "invited",
            synced=not guest and index >= CAST and bits % 4 == 0,
            last_sign_in=None if never else float(int(last)),
            mfa=person.mfa,
            licensed=not guest and index != BREAK_GLASS,
            password_changed=max(person.created.timestamp(), self.now - 86_400 * (10 + (bits >> 16) % 200)),
        )

    def deleted_user(self, rank: int) -> User:
        """Return an account that was deleted lately."""
        return User(
            id=self.users.make(3_000_000_000 + rank),
            index=-1,
            name=f"Former Colleague {rank}",
            upn=f"{self.users.make(3_000_000_000 + rank).replace('-', '')}former.colleague{rank}@{self.domain}",
            mail=None,
            guest=False,
            created=self.now - 400 * 86_400,
            department="Sales",
            enabled=False,
            deleted=self.now - (1 + rank) * 86_400,
        )

    def index_of(self, key: str) -> int | None:
        """Return the person of an object id, user principal name or address."""
        if "@" not in key:
            found = self.users.index(key)
            return found if found is not None and self.exists(found) else None
        name = key.casefold()
        local, _, domain = name.partition("@")
        if domain == self.initial and local.endswith("#ext#"):
            head, _, tail = local.removesuffix("#ext#").rpartition("_")
            local, name = head, f"{head}@{tail}"
        digits = ""
        while local and local[-1].isascii() and local[-1].isdigit():
            local, digits = local[:-1], local[-1] + digits
        candidates = [BREAK_GLASS, SERVICE] + ([int(digits)] if digits and len(digits) < 9 else [])
        for index in candidates:
            if self.exists(index) and self.world.person(index).email.casefold() == name:
                return index
        return None

    # Groups

    @property
    def group_count(self) -> int:
        """How many groups there are."""
        return self.world.groups

    def group_of(self, guid: str) -> int | None:
        """Return the group of an object id."""
        found = self.groups.index(guid)
        return found if found is not None and found < self.group_count else None

    def members(self, group: int) -> list[tuple[str, int]]:
        """Return the direct members of a group: user, group or app, and its index."""
        found = [("user", index) for index, _ in self.world.group_members(group) if self.world.has_account(APP, index)]
        if group == NESTING:
            found.append(("group", NESTED))
        if group == MIXED:
            found += [("user", self.world.people), ("app", 4)]
        return found

    def transitive(self, group: int) -> list[tuple[str, int]]:
        """Return the members of a group and of the groups in it, each once."""
        found: dict[tuple[str, int], None] = {}
        for kind, index in self.members(group):
            found[kind, index] = None
            if kind == "group":
                found |= dict.fromkeys(self.transitive(index))
        return list(found)

    def member_id(self, kind: str, index: int) -> str:
        """Return the object id of a member."""
        if kind == "user":
            return self.users.make(index)
        return self.groups.make(index) if kind == "group" else self.principals[index].id

    # Roles

    def _held(self) -> Iterator[RoleHeld]:
        ids = Texts(self.world.seed, "held", "", 43)
        eligible = Guids(self.world.seed, "eligible")
        unit = f"/administrativeUnits/{self.unit}"
        rows = (
            (_ROLE["Global Administrator"], self.users.make(OWNER), "/"),
            (_ROLE["Global Administrator"], self.users.make(BREAK_GLASS), "/"),
            (_ROLE["User Administrator"], self.users.make(SECOND_ADMIN), "/"),
            (_ROLE["Global Reader"], self.users.make(SERVICE), "/"),
            (_ROLE["Security Administrator"], self.groups.make(0), "/"),
            (self.custom_role, self.users.make(MAINTAINER), unit),
            (_ROLE["Application Administrator"], self.principals[4].id, "/"),
        )
        for rank, (role, principal, scope) in enumerate(rows):
            yield RoleHeld(id=ids.make(rank), role=role, principal=principal, scope=scope, activated=rank == 2)
        for rank, (role, index) in enumerate(
            (("Global Administrator", SECOND_ADMIN), ("Exchange Administrator", NO_MFA))
        ):
            yield RoleHeld(id=eligible.make(rank), role=_ROLE[role], principal=self.users.make(index), eligible=True)

    def administrators(self) -> frozenset[str]:
        """Return the object ids of the users who hold a role now, through groups too."""
        found = set()
        for one in self.held:
            if one.eligible:
                continue
            group = self.group_of(one.principal)
            if group is not None:
                found |= {self.users.make(index) for kind, index in self.transitive(group) if kind == "user"}
            found.add(one.principal)
        return frozenset(found)

    # Applications

    def _principal(self, number: int) -> Principal:
        apis = (
            ("Microsoft Graph", GRAPH),
            ("Office 365 Management APIs", MANAGE),
            ("Office 365 SharePoint Online", SHAREPOINT),
        )
        id_, created = self.principal_ids.make(number), self.now - 86_400 * (300 - number)
        if number < CASB:
            name, app = apis[number]
            roles = {guid: role for role, guid in ROLES[app].items()}
            return Principal(id=id_, app=app, name=name, owner=MICROSOFT, created=created, roles=roles)
        listed = ("WindowsAzureActiveDirectoryIntegratedApp",)
        app = self.app_ids.make(number)
        if number == CASB:
            return Principal(id=id_, app=app, name="casb", owner=self.tenant, created=created, tags=listed)
        name, publisher, _ = _FOREIGN[number - CASB - 1]
        return Principal(
            id=id_,
            app=app,
            name=name,
            owner=chance.uuid(self.world.seed, 921, number),
            created=created,
            verified=publisher,
            enabled=name != "Old Exporter",
            tags=listed,
        )

    def _assigned(self) -> Iterator[Assigned]:
        number = 0
        for rank, (_, _, roles) in enumerate(_FOREIGN):
            for role in roles:
                yield self._assign(number, CASB + 1 + rank, 0, GRAPH_ROLES[role])
                number += 1
        owner = self.user(OWNER)
        assert owner is not None  # noqa: S101 - the cast is everywhere
        yield Assigned(
            id=self.assigned_ids.make(number),
            role=DEFAULT_ROLE,
            principal=owner.id,
            principal_name=owner.name,
            principal_type="User",
            resource=self.principals[4].id,
            created=self.now - 86_400 * 40,
        )
        for rank, app in enumerate((GRAPH, MANAGE, SHAREPOINT)):
            for place, (name, guid) in enumerate(sorted(ROLES[app].items())):
                if name in self._granted[app]:
                    yield self._assign(100 * (rank + 1) + place, CASB, rank, guid)

    def _assign(self, number: int, client: int, resource: int, role: str) -> Assigned:
        return Assigned(
            id=self.assigned_ids.make(number),
            role=role,
            principal=self.principals[client].id,
            principal_name=self.principals[client].name,
            principal_type="ServicePrincipal",
            resource=self.principals[resource].id,
            created=float(int(self.now - 86_400 * (20 + number % 50))),
        )

    # Delegated grants: the first is everybody's, then each person's by position

    @property
    def grant_positions(self) -> int:
        """How many positions a listing of delegated grants has; some hold none."""
        return 1 + 3 * len(self.staff)

    def delegated_at(self, position: int) -> Delegated | None:
        """Return the delegated grant at a position, None where it holds none."""
        if position == 0:
            return self._delegated(0, 0, None)
        index = self.staff[(position - 1) // 3]
        which = 1 + (position - 1) % 3
        bits = chance.mix(self.world.seed, 931, index, which)
        if bits % 6 and not (index == LEAVER and which < 3):
            return None
        return self._delegated(position, which, index)

    def _delegated(self, position: int, which: int, index: int | None) -> Delegated:
        client, _, scope = _DELEGATED[which]
        return Delegated(
            id=self.grant_ids.make(position),
            client=self.principals[client].id,
            resource=self.principals[0].id,
            principal=None if index is None else self.users.make(index),
            scope=scope,
        )

    def group_name(self, group: int) -> str:
        """Return the name of a group."""
        return self.world.group(group).name
