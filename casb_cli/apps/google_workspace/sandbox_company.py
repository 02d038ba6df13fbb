"""What Google Workspace's Directory makes of the invented company: accounts, groups, roles, app grants, by index.

Nothing here changes; what callers change lies over it (`sandbox_state`). Two accounts were deleted lately, some are
archived; one group nests another, one has members of another company, one has everybody as a single member.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_objects import User
from casb_cli.sandbox import chance, names
from casb_cli.sandbox.facts import BREAK_GLASS, CAST, LEAVER, OWNER, SECOND_ADMIN, SERVICE
from casb_cli.sandbox.world import World

APP = "google-workspace"
DELETED = 2
"""How many accounts were deleted lately."""
NESTING, NESTED, MIXED = 1, 2, 5
"""The group with another in it, that other, and the one with members of another company."""
CACHED = 5000


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """An administrator role; `privileges` are names as the Directory gives them."""

    id: str
    name: str
    description: str
    privileges: tuple[str, ...]
    system: bool = True
    super: bool = False


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a role; `unit` is an org unit's id without its `id:`, None for the whole customer."""

    id: str
    role: str
    to: str
    type: str
    unit: str | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has permitted an application."""

    client: str
    name: str
    native: bool
    scopes: tuple[str, ...]


class Asp(msgspec.Struct, frozen=True, kw_only=True):
    """An application-specific password; times in epoch milliseconds, `used` 0 for never."""

    code: int
    name: str
    created: int
    used: int


_PREFIX = "https://www.googleapis.com/auth/"
ROLES = (
    Role(
        id="38942084610129921",
        name="_SEED_ADMIN_ROLE",
        description="Google Workspace Administrator Seed Role",
        privileges=("SUPER_ADMIN", "ROOT_APP_ADMIN", "ADMIN_APIS_ALL"),
        super=True,
    ),
    Role(
        id="38942084610129922",
        name="_GROUPS_ADMIN_ROLE",
        description="Groups Administrator",
        privileges=("GROUPS_ALL", "USERS_RETRIEVE", "ORGANIZATION_UNITS_RETRIEVE"),
    ),
    Role(
        id="38942084610129923",
        name="_USER_MANAGEMENT_ADMIN_ROLE",
        description="User Management Administrator",
        privileges=("USERS_ALL", "USER_SECURITY_ALL", "GROUPS_RETRIEVE", "ORGANIZATION_UNITS_RETRIEVE"),
    ),
    Role(
        id="38942084610129924",
        name="_HELP_DESK_ADMIN_ROLE",
        description="Help Desk Administrator",
        privileges=("USERS_RETRIEVE", "USERS_RESET_PASSWORD", "ORGANIZATION_UNITS_RETRIEVE"),
    ),
    Role(
        id="38942084610129925",
        name="Directory reader",
        description="Reads accounts and groups",
        privileges=("USERS_RETRIEVE", "GROUPS_RETRIEVE", "ORGANIZATION_UNITS_RETRIEVE"),
        system=False,
    ),
)
_APPS = (
    ("Harbor Sync", False, ("drive",)),
    ("Brass Signature", False, ("drive.file", "userinfo.email")),
    ("Pier Notes", True, ("calendar.readonly", "drive.readonly")),
    ("Lantern Mail", True, ("gmail.readonly",)),
)


class Company:
    """The company of `world` as the Directory knows it before anybody acts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = world.now.timestamp()
        self.count = world.people + world.contractors + DELETED
        """How many indices have an account or had one; contractors are in between."""
        self._deleted = range(self.count - DELETED, self.count)
        self.customer = "C0" + chance.text("0123456789abcdefghijklmnopqrstuvwxyz", 7, world.seed, 801)
        self.domain = world.domain
        self.alias = f"{world.slug}-instruments.example"
        self.staff: Sequence[int] = world.employees(APP)
        self.group_ids = ids.Ids(world.seed, "group", "0", 9)
        self.groups = world.groups + 1
        """How many groups there are: the teams, and the one of everybody."""
        self.admin = ids.user_id(OWNER)
        self.clients = tuple(
            f"{chance.number(12, world.seed, 803, n)}-{chance.text(names_low, 32, world.seed, 805, n)}"
            ".apps.googleusercontent.com"
            for n, names_low in enumerate(["abcdefghijklmnopqrstuvwxyz0123456789"] * len(_APPS))
        )
        self.robot = chance.number(21, world.seed, 807)
        """The unique id of a service account that holds a role itself."""
        self.assignments = tuple(self._assignments())
        self._members: dict[int, tuple[tuple[str, int, str], ...]] = {}

    # People

    def deleted(self) -> range:
        """Return the indices of the deleted accounts."""
        return self._deleted

    def outsiders(self) -> range:
        """Return the indices of the contractors, whose accounts are with their own companies."""
        return self.world.externals()

    def exists(self, index: int) -> bool:
        """Tell whether an index is an account of this customer, deleted ones too."""
        if index in self.deleted():
            return True
        return 0 <= index < self.world.people and self.world.has_account(APP, index)

    def user(self, index: int) -> User | None:
        """Return an account of this customer, None where an index has none."""
        if not self.exists(index):
            return None
        seed = self.world.seed
        if index in self.deleted():
            rank = index - self.deleted().start
            return User(
                id=ids.user_id(index),
                index=index,
                email=f"former.colleague{rank}@{self.domain}",
                given="Former",
                family=f"Colleague {rank}",
                created=self.now - 400 * 86_400,
                unit="/",
                mfa=False,
                deleted=self.now - (1 + rank) * 86_400,
            )
        person = self.world.person(index)
        given, _, family = person.name.partition(" ")
        bits = chance.mix(seed, 811, index)
        created = person.created.timestamp()
        never = person.status == "invited" or index == SERVICE
        suspended = person.status == "suspended"
        return User(
            id=ids.user_id(index),
            index=index,
            email=person.email,
            given=given,
            family=family,
            created=created,
            unit="/" if index in (OWNER, BREAK_GLASS, SERVICE) else f"/{person.department}",
            super_admin=index in (OWNER, BREAK_GLASS),
            delegated=index in (SECOND_ADMIN, SERVICE),
            suspended=suspended,
            suspended_at=self.now - 5 * 86_400 if suspended else None,
            archived=index >= CAST and person.status == "active" and bits % 30 == 3,
            agreed=person.status != "invited",
            mfa=person.mfa,
            last_login=0.0 if never else self.now - 60 - bits % 2_000_000 - (bits >> 32) % 1000 / 1000,
            aliases=(f"{person.login.replace('-', '.')}@{self.alias}",) if bits % 3 == 0 else (),
            drive=index != SERVICE,
        )

    def email(self, index: int) -> str:
        """Return the address of a person, with an account here or not."""
        if index in self.deleted():
            return f"former.colleague{index - self.deleted().start}@{self.domain}"
        return self.world.person(index).email

    def name(self, index: int) -> str:
        """Return the full name of a person."""
        if index in self.deleted():
            return f"Former Colleague {index - self.deleted().start}"
        return self.world.person(index).name

    def index_of(self, email: str) -> int | None:
        """Return the person of an address or alias: of this company or a contractor."""
        local, _, domain = email.casefold().partition("@")
        if domain == self.alias:
            found = self.index_of(f"{local}@{self.domain}")
            user = None if found is None else self.user(found)
            return found if user is not None and email.casefold() in user.aliases else None
        digits = ""
        while local and local[-1].isascii() and local[-1].isdigit():
            digits = local[-1] + digits
            local = local[:-1]
        candidates = [BREAK_GLASS, SERVICE]
        if digits and len(digits) < 10:
            candidates.append(self.deleted().start + int(digits) if local == "former.colleague" else int(digits))
        for index in candidates:
            if 0 <= index < self.count and self.email(index).casefold() == email.casefold():
                return index
        return None

    # Groups

    @property
    def everybody(self) -> int:
        """The index of the group whose only member is the customer."""
        return self.groups - 1

    def group_id(self, group: int) -> str:
        """Return the id of a group."""
        return self.group_ids.make(group)

    def group_name(self, group: int) -> str:
        """Return the name of a group."""
        return "All Staff" if group == self.everybody else self.world.group(group).name

    def group_email(self, group: int) -> str:
        """Return the address of a group."""
        slug = "all-staff" if group == self.everybody else self.world.group(group).slug
        return f"{slug}@{self.domain}"

    def group_of(self, key: str) -> int | None:
        """Return the group of an id or address."""
        if "@" not in key:
            found = self.group_ids.index(key)
            return found if found is not None and found < self.groups else None
        local, _, domain = key.casefold().partition("@")
        if domain not in (self.domain, self.alias):
            return None
        tail = local.rpartition("-")[2]
        candidates = [*range(min(len(names.GROUPS), self.groups)), self.everybody]
        candidates += [int(tail)] if tail.isdigit() and int(tail) < self.groups else []
        return next((n for n in candidates if self.group_email(n).partition("@")[0] == local), None)

    def members(self, group: int) -> tuple[tuple[str, int, str], ...]:
        """Return the direct members of a group: type, index of the person or group, role."""
        known = self._members.get(group)
        if known is None:
            known = tuple(self._made_members(group))
            if len(self._members) < CACHED:
                self._members[group] = known
        return known

    def _made_members(self, group: int) -> Iterator[tuple[str, int, str]]:
        if group == self.everybody:
            yield "CUSTOMER", 0, "MEMBER"
            return
        for index, leads in self.world.group_members(group):
            if self.world.has_account(APP, index):
                yield "USER", index, "OWNER" if leads else "MEMBER"
        if group == NESTING:
            yield "GROUP", NESTED, "MEMBER"
        if group == MIXED:
            yield "USER", self.world.people, "MEMBER"
            yield "EXTERNAL", self.world.people + 1, "MEMBER"

    def visitors(self) -> range:
        """Return who is a member of a group and no user of the customer."""
        return range(self.world.people, self.world.people + 2) if self.groups > MIXED else range(0)

    def in_group(self, index: int, group: int) -> bool:
        """Tell whether a person is in a group, through nested ones too."""
        for kind, member, _ in self.members(group):
            if kind == "CUSTOMER":
                if self.exists(index) and index not in self.deleted():
                    return True
            elif kind == "GROUP":
                if self.in_group(index, member):
                    return True
            elif member == index:
                return True
        return False

    # Org units and roles

    def units(self) -> dict[str, str]:
        """Return the org units below the root: id without its `id:`, by path."""
        return {
            f"/{name}": "03ph8a2z" + chance.text("0123456789abcdefghijklmnopqrstuvwxyz", 7, self.world.seed, 813, n)
            for n, name in enumerate(names.DEPARTMENTS)
        }

    def _assignments(self) -> Iterator[Assignment]:
        sales = self.units()["/Sales"]
        rows: list[tuple[int, str, str, str | None]] = [
            (0, ids.user_id(OWNER), "user", None),
            (0, ids.user_id(BREAK_GLASS), "user", None),
            (2, ids.user_id(SECOND_ADMIN), "user", None),
            (3, ids.user_id(SERVICE), "USER", sales),
            (1, self.group_id(0), "group", None),
            (4, self.robot, "user", None),
        ]
        for rank, (role, to, kind, unit) in enumerate(rows):
            yield Assignment(id=str(38_942_084_610_140_000 + rank), role=ROLES[role].id, to=to, type=kind, unit=unit)

    # Applications

    def tokens(self, index: int) -> tuple[Token, ...]:
        """Return what a person has permitted to whom."""
        bits = chance.mix(self.world.seed, 821, index)
        if index in self.deleted():
            return ()
        chosen = [n for n in range(len(_APPS)) if (bits >> (4 * n)) % 5 == 0 or (index == LEAVER and n < 2)]
        return tuple(self.token(n) for n in chosen)

    def token(self, number: int) -> Token:
        """Return what an application of the catalogue is permitted by whoever permits it."""
        name, native, scopes = _APPS[number]
        return Token(
            client=self.clients[number],
            name=name,
            native=native,
            scopes=tuple(_PREFIX + scope for scope in scopes),
        )

    def asps(self, index: int) -> tuple[Asp, ...]:
        """Return a person's application-specific passwords."""
        bits = chance.mix(self.world.seed, 823, index)
        count = 2 if index == LEAVER else int(bits % 8 == 0 and index not in self.deleted())
        made = int(self.now * 1000) - 86_400_000 * (10 + bits % 200)
        return tuple(
            Asp(
                code=n + 1,
                name=("Mail on my phone", "Old scanner")[n],
                created=made + n * 3_600_000,
                used=0 if n else made + 7_200_000,
            )
            for n in range(count)
        )
