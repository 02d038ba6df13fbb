"""The abilities of the matrix: one abstract class each, inherited by the connectors that have it.

A connector inherits the abilities its app has, excuses the others in `without`, qualifies in `partial`, and
puts `@needs` on each method; `check` lists omissions. Matrix, docs tables, refusals, requested scopes and
`doctor` are derived from here.

Reading. A listing method yields `Page`s for one `Partition`, starting at `cursor` (None: at the beginning).
`Page.cursor` is where to resume after that page, `Page.more` are new partitions. When the generator ends, the
partition is complete. A connector never sleeps, retries, pages by hand or writes to the store.

Acting. A `plan_*` method only reads: it returns a `Change` with the state before and after, the steps and
what they touch. Each step is plain data that the journal can hold; `Actor.perform` carries one out,
`Actor.observe` reads the state again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from casb_cli.core.exchange import Change, Need, Page, Step, Window, needs
from casb_cli.core.models import (
    Account,
    Activity,
    File,
    Finding,
    Grant,
    Group,
    Membership,
    OwnPermissions,
    Partition,
    Privilege,
    Share,
)

# Connectors import what they inherit and what it passes from one place.
__all__ = ["Change", "Need", "Page", "Step", "Window", "needs"]


class Ability(ABC):
    """One thing a connector can do; `row` is its line in the capability matrix."""

    key: ClassVar[str]
    title: ClassVar[str]
    row: ClassVar[int]
    changes: ClassVar[bool] = False
    yields: ClassVar[str | None] = None
    """The kind of row it lists, where it lists."""
    supplement: ClassVar[bool] = False
    """Adds to its line where a provider has it, and takes nothing from it, nor needs an excuse, where not."""


class ListAccounts(Ability):
    key, title, row, yields = "list-accounts", "list accounts", 1, "account"

    @abstractmethod
    def list_accounts(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield every account: active, suspended, invited and external ones that the provider lists."""

    def list_accounts_briefly(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield every account, for who only asks which they are, their status, and who is an administrator.

        Overridden where other fields cost calls of their own, which are then left unknown.
        """
        return self.list_accounts(part, cursor)


class ListGroups(Ability):
    key, title, row, yields = "list-groups", "list groups", 2, "group"

    @abstractmethod
    def list_groups(self, part: Partition, cursor: str | None) -> Iterator[Page[Group]]:
        """Yield every group."""


class ListMemberships(Ability):
    key, title, row, yields = "list-memberships", "list group members", 2, "membership"

    @abstractmethod
    def list_memberships(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        """Yield every membership of every group."""


class ListPrivileges(Ability):
    key, title, row, yields = "list-privileges", "list privileges", 3, "privilege"

    @abstractmethod
    def list_privileges(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        """Yield every role that a principal holds."""


class ListActivity(Ability):
    key, title, row, yields = "list-activity", "list activity", 6, "activity"
    kinds: ClassVar[Mapping[str, str | None]] = {"logon": None, "user": None, "admin": None}
    """Each kind the connector delivers; the value qualifies it where it is partial."""

    @abstractmethod
    def list_activity(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield events inside the window, oldest first where the provider orders them.

        The last page's cursor, given back later with an open window, continues behind what was delivered;
        events may repeat (they have ids) but none is skipped.
        """


class ListFiles(Ability):
    key, title, row, yields = "list-files", "list files", 8, "file"

    @abstractmethod
    def list_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        """Yield every file once, each under its owner."""

    @abstractmethod
    def find_file(self, id_: str) -> File:
        """Return one file as it is now; raises ObjectMissing."""


class Unscannable(Exception):
    """A file whose content the provider won't give: the reason becomes its state, not an error of the run."""

    def __init__(self, reason: str, *, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


class ReadFile(Ability):
    key, title, row = "read-file", "read file content", 8

    @abstractmethod
    def read_file(self, file: File) -> AbstractContextManager[Iterator[bytes]]:
        """Open the content as a stream of chunks; raises Unscannable or a ProviderError."""

    def bulk_key(self, file: File) -> str | None:
        """Return what files have in common that `read_many` can read together; None: each alone."""
        del file
        return None

    def read_many(self, files: Sequence[File]) -> Iterator[tuple[File, Iterator[bytes] | Unscannable]] | None:
        """Return the contents of many files of one partition at the price of fewer calls, or None.

        Each content must be consumed before the next. Files that the bulk answer lacks are simply not yielded.
        """
        del files
        return None


class ListFindings(Ability):
    key, title, row, yields = "list-findings", "list the provider's own findings", 8, "finding"
    supplement = True

    @abstractmethod
    def list_findings(self, part: Partition, cursor: str | None) -> Iterator[Page[Finding]]:
        """Yield what the provider's own inspection found; never with the clear text."""


class FollowFiles(Ability):
    key, title, row, yields = "follow-files", "follow file changes", 9, "file"

    @abstractmethod
    def follow_start(self) -> str:
        """Return the feed's present position: taken before a full listing, so nothing falls between."""

    def follow_look(self) -> None:
        """Ask the feed so much that what is not allowed shows: overridden where a position costs many calls."""
        self.follow_start()

    @abstractmethod
    def follow_files(self, part: Partition, cursor: str | None) -> Iterator[Page[Any]]:
        """Yield what changed since `cursor`, files and `Gone`; the last page's cursor is the next start.

        Raises CursorExpired. `more` are partitions of ListFiles (or what `relists` says) that must be listed anew,
        where the feed names no single files.
        """

    def keeps_fresh(self) -> Sequence[type[Ability]]:
        """Return the listings that the feed tells the changes of, beside files: their rows stand among its own."""
        return ()

    def relists(self, part: Partition) -> Sequence[type[Ability]]:
        """Return the listings of which the feed means that a partition must be listed anew, or is no more."""
        del part
        return (ListFiles, *self.keeps_fresh())


class ReadsOn(ABC):
    """A connector of which some listings may be read on from a position, instead of being listed anew each time."""

    reads_on: ClassVar[tuple[type[Ability], ...]] = ()

    @abstractmethod
    def present_position(self, ability: type[Ability]) -> str:
        """Return where such a listing's changes stand now: taken before it is listed, so nothing falls between."""

    @abstractmethod
    def read_on(self, ability: type[Ability], cursor: str) -> Iterator[Page[Any]]:
        """Yield what changed since `cursor`, rows and `Gone`; the last page's cursor is the next start.

        `more` are partitions of the listing that must be listed anew. Raises CursorExpired.
        """


class ListShares(Ability):
    key, title, row, yields = "list-shares", "list sharing", 10, "share"

    @abstractmethod
    def list_shares(self, part: Partition, cursor: str | None) -> Iterator[Page[Share]]:
        """Yield every way in which files, folders or repositories are open to somebody."""


class ListTrash(Ability):
    key, title, row, yields = "list-trash", "list trash", 12, "file"

    @abstractmethod
    def list_trash(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        """Yield files in the trash."""


class ListGrants(Ability):
    key, title, row, yields = "list-grants", "view app permissions", 13, "grant"

    @abstractmethod
    def list_grants(self, part: Partition, cursor: str | None) -> Iterator[Page[Grant]]:
        """Yield tokens, keys, credentials and app installations."""


class ReadOwnPermissions(Ability):
    key, title, row = "read-own-permissions", "read back own permissions", 15

    @abstractmethod
    def read_own_permissions(self) -> OwnPermissions:
        """Return what this credential may do, as far as the provider tells."""


class Actor(Ability):
    """What every changing ability shares."""

    changes: ClassVar[bool] = True

    @abstractmethod
    def perform(self, step: Step, memo: dict[str, Any]) -> dict[str, Any]:
        """Carry out one step; `memo` holds earlier steps' results, the return value is added to it.

        Keys that begin with `_` stay in memory and never reach the journal (a secret read to be revoked). The key
        `now` is the local reference under which the target goes on, where the provider gives it another id.
        Raises LostAnswer when a step that is not repeatable got no answer.
        """

    @abstractmethod
    def observe(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the target's present state in the shape of `before` and `after`; pure reading."""

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Tell by reading whether a step took effect: True, False, or None where nothing can be read.

        What the step would have returned (an id created on the way) is added to `memo`.
        """
        del step, memo
        return None


class SuspendAccount(Actor):
    key, title, row = "suspend-account", "suspend and unsuspend accounts", 4
    suspend_modes: ClassVar[Mapping[str, str]] = {}
    """Mode and what it does; the first is the default, empty where there is one way only."""

    @abstractmethod
    def plan_suspend(self, account: str, *, mode: str | None = None) -> Change:
        """Plan to take away access; `account` is the immutable id."""

    @abstractmethod
    def plan_unsuspend(self, account: str) -> Change:
        """Plan to give access back."""


class RevokePassword(Actor):
    key, title, row = "revoke-password", "revoke passwords", 4
    revoke_password_modes: ClassVar[Mapping[str, str]] = {}
    """Mode and what it does, as in `suspend_modes`; where there are any, the method takes `mode` too."""

    @abstractmethod
    def plan_revoke_password(self, account: str) -> Change:
        """Plan to make the account choose a new password."""


class RevokeSessions(Actor):
    key, title, row = "revoke-sessions", "revoke sessions", 4

    @abstractmethod
    def plan_revoke_sessions(self, account: str) -> Change:
        """Plan to end the account's sessions, or what comes nearest."""


class RemoveShare(Actor):
    key, title, row = "remove-share", "remove sharing", 10

    @abstractmethod
    def plan_remove_share(self, share: str) -> Change:
        """Plan to remove one share."""

    @abstractmethod
    def plan_make_private(self, file: str) -> Change:
        """Plan to remove every share wider than the tenant from one file (or what carries it)."""


class ChangeShare(Actor):
    key, title, row = "change-share", "change sharing", 10

    @abstractmethod
    def plan_change_share(
        self, share: str, *, role: str | None = None, sharing: str | None = None, expires: str | None = None
    ) -> Change:
        """Plan to change a share's role, level or expiry (RFC 3339)."""


class QuarantineFile(Actor):
    key, title, row = "quarantine-file", "quarantine and restore files", 11
    quarantine_modes: ClassVar[Mapping[str, str]] = {}
    """Mode and what it does, as in `suspend_modes`; a connector has both, so their names differ."""

    @abstractmethod
    def plan_quarantine(self, file: str, *, case: str, mode: str | None = None) -> Change:
        """Plan to put a file, in the trash too, out of everybody's reach; `case` is the correlation id."""


class TrashFile(Actor):
    key, title, row = "trash-file", "trash and restore files", 12

    @abstractmethod
    def plan_trash(self, file: str) -> Change:
        """Plan to move a file to the trash."""

    @abstractmethod
    def plan_restore(self, file: str) -> Change:
        """Plan to bring a file back from the trash."""


class OverwriteFile(Actor):
    key, title, row = "overwrite-file", "overwrite files", 12

    @abstractmethod
    def plan_overwrite(self, file: str, *, case: str) -> Change:
        """Plan to replace the content by a tombstone that names `case`."""


class RevokeGrant(Actor):
    key, title, row = "revoke-grant", "revoke app permissions", 14

    @abstractmethod
    def plan_revoke_grant(self, grant: str) -> Change:
        """Plan to revoke a token, credential, key or installation."""


class RevokeLeaked(Actor):
    key, title, row = "revoke-leaked", "revoke leaked tokens", 14
    supplement = True

    @abstractmethod
    def plan_revoke_leaked(self, file: str) -> Change:
        """Plan to revoke the provider's own tokens that stand in a file.

        The file is read again when the step runs; the tokens are held in memory only and never journalled.
        """


ABILITIES: tuple[type[Ability], ...] = (
    ListAccounts,
    ListGroups,
    ListMemberships,
    ListPrivileges,
    SuspendAccount,
    RevokePassword,
    RevokeSessions,
    ListActivity,
    ListFiles,
    ReadFile,
    ListFindings,
    FollowFiles,
    ListShares,
    RemoveShare,
    ChangeShare,
    QuarantineFile,
    ListTrash,
    TrashFile,
    OverwriteFile,
    ListGrants,
    RevokeGrant,
    RevokeLeaked,
    ReadOwnPermissions,
)

MATRIX_ROWS: dict[int, str] = {
    1: "list accounts",
    2: "groups and members",
    3: "privileges",
    4: "user governance",
    5: "log-on activity",
    6: "user activity",
    7: "administrative activity",
    8: "periodic file scan",
    9: "near-real-time file scan",
    10: "sharing control",
    11: "quarantine and restore",
    12: "trash and overwrite",
    13: "view app permissions",
    14: "revoke app permissions",
    15: "read back own permissions",
}

ACTIVITY_ROWS: dict[str, int] = {"logon": 5, "user": 6, "admin": 7}


def abilities_of_row(row: int) -> tuple[type[Ability], ...]:
    """Return the abilities behind a line of the matrix."""
    if row in ACTIVITY_ROWS.values():
        return (ListActivity,)
    return tuple(ability for ability in ABILITIES if ability.row == row)


def ability_methods(ability: type[Ability]) -> tuple[str, ...]:
    """Return the names of the methods an ability is made of, without what `Actor` shares."""
    shared = Actor.__abstractmethods__
    return tuple(sorted(ability.__abstractmethods__ - shared)) or tuple(sorted(ability.__abstractmethods__))


def needs_of(connector: type, ability: type[Ability]) -> tuple[Need, ...]:
    """Return what the connector's methods of an ability need, in order of declaration."""
    found: list[Need] = []
    for name in ability_methods(ability):
        for need in getattr(getattr(connector, name, None), "__needs__", ()):
            if need not in found:
                found.append(need)
    return tuple(found)


def check(connector: type) -> list[str]:
    """Return the omissions of a connector class: silent abilities, needless excuses, methods without `@needs`."""
    without: Mapping[type[Ability], str] = getattr(connector, "without", {})
    partial: Mapping[type[Ability], str] = getattr(connector, "partial", {})
    faults = []
    name = connector.__name__
    for ability in ABILITIES:
        has = issubclass(connector, ability)
        if has and ability in without:
            faults.append(f"{name} has {ability.key} and excuses it")
        if not has and ability not in without and not ability.supplement:
            faults.append(f"{name} neither has nor excuses {ability.key}")
        if not has and ability in partial:
            faults.append(f"{name} qualifies {ability.key}, which it lacks")
        if has:
            faults += [
                f"{name}.{method} has no @needs"
                for method in ability_methods(ability)
                if not getattr(getattr(connector, method), "__needs__", ())
            ]
    faults += [
        f"{name}: {ability.__name__} needs a reason"
        for table in (without, partial)
        for ability, reason in table.items()
        if not reason.strip()
    ]
    return faults
