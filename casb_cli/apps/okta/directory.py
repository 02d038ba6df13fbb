"""Accounts and groups of an org."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from casb_cli.apps.okta import mapping
from casb_cli.apps.okta.administrators import Administrators
from casb_cli.apps.okta.scopes import ADMIN_ROLES, GROUPS, USERS, okta
from casb_cli.core.capabilities import ListAccounts, ListGroups, ListMemberships, Page, needs
from casb_cli.core.errors import NotPermitted, ObjectMissing, ScopeMissing
from casb_cli.core.models import Account, Group, Membership, Notice, Partition

FACTOR_PAGE = 50
"""Users a page where each costs a call for factors: rows show early, and a stop repeats little."""
AT_ONCE = 8
"""Factors read at once."""


class Directory(Administrators, ListAccounts, ListGroups, ListMemberships):
    """Matrix rows 1 and 2."""

    @needs("GET /api/v1/users", "GET /api/v1/users/{userId}/factors", any_of=okta(USERS))
    @needs(
        "GET /api/v1/iam/assignees/users",
        "GET /api/v1/groups",
        "GET /api/v1/groups/{groupId}/users",
        any_of=okta((ADMIN_ROLES, GROUPS)),
    )
    def list_accounts(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield all users; `is_admin` and `mfa` are unknown where they may not, or are not to be, read."""
        del part
        notices: list[Notice] = []
        admins: frozenset[str] | None = None
        try:
            admins = self.administrators()
        except NotPermitted as error:
            scope = ADMIN_ROLES if "/iam/" in error.call else GROUPS
            notices.append(_unread("is_admin", error, scope, "SUPER_ADMIN or a role with okta.iam.read"))
        check = self.facts.fields.get("factors", "check") != "skip"
        refused: NotPermitted | None = None
        for users, after in self.users(cursor, FACTOR_PAGE if check else 200):
            factors: dict[str, bool] = {}
            if check and refused is None:
                try:
                    factors = self._factors(users)
                except NotPermitted as error:
                    refused = error
                    notices.append(_unread("mfa", error, USERS, "an admin role that shows factors"))
            rows = [
                mapping.account(user, is_admin=None if admins is None else user.id in admins, mfa=factors.get(user.id))
                for user in users
            ]
            yield Page(items=rows, cursor=after, notices=tuple(notices))
            notices.clear()

    def _factors(self, users: Sequence[mapping.User]) -> dict[str, bool]:
        """Return who has an active second factor; who was deprovisioned has none left to read."""
        wanted = [user.id for user in users if user.status != "DEPROVISIONED"]
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="okta-factors")
        try:
            found = list(pool.map(self._has_factor, wanted))
        finally:
            pool.shutdown(cancel_futures=True)
        return {id_: has for id_, has in zip(wanted, found, strict=True) if has is not None}

    def _has_factor(self, account: str) -> bool | None:
        call = self.get("/api/v1/users/{userId}/factors", {"userId": account})
        try:
            return any(factor.second for factor in self.read(call, list[mapping.Factor]))
        except ObjectMissing:
            return None  # deleted meanwhile

    @needs("GET /api/v1/groups", any_of=okta(GROUPS))
    def list_groups(self, part: Partition, cursor: str | None) -> Iterator[Page[Group]]:
        del part
        for groups, after in self.groups(cursor):
            yield Page(items=[mapping.group(group) for group in groups], cursor=after)

    @needs("GET /api/v1/groups", "GET /api/v1/groups/{groupId}/users", any_of=okta(GROUPS))
    def list_memberships(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        if part.key == "":
            for groups, after in self.groups(cursor):
                more = tuple(
                    Partition(key=f"group:{group.id}", data={"id": group.id, "name": group.name or group.id})
                    for group in groups
                )
                yield Page(items=(), cursor=after, more=more)
            return
        group, name = part.data["id"], part.data["name"]
        for users, after in self.members(group, cursor):
            yield Page(items=[mapping.membership(group, name, user) for user in users], cursor=after)


def _unread(field: str, error: NotPermitted, scope: str, role: str) -> Notice:
    """Return what is said once where a field of all accounts may not be read."""
    needed = error.needed or ((scope,) if isinstance(error, ScopeMissing) else (role,))
    return Notice(
        code="scope-missing", about=f"{field} of every account: {error.words}", needed=needed, effect="degraded"
    )
