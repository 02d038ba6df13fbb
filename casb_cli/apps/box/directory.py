"""Accounts, groups and privileges of an enterprise."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.box import mapping
from casb_cli.apps.box.common import LIMIT, BoxBase
from casb_cli.apps.box.scopes import GROUPS, USERS, box
from casb_cli.core.capabilities import ListAccounts, ListGroups, ListMemberships, ListPrivileges, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Account, Group, Membership, Partition, Privilege
from casb_cli.transport.paging import Offset

OFFSET_CAP = 10_000
"""The highest offset that Box accepts."""
_PAGER = Offset(limit=LIMIT, total_field="total_count", cap=OFFSET_CAP)


class Directory(BoxBase, ListAccounts, ListGroups, ListMemberships, ListPrivileges):
    """Matrix rows 1 to 3."""

    @needs("GET /users", any_of=box(USERS))
    def list_accounts(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        del part
        for users, after in self.users(cursor):
            yield Page(items=[mapping.account(user) for user in users], cursor=after)

    def groups(self, cursor: str | None = None) -> Iterator[tuple[list[mapping.BoxGroup], str | None]]:
        """Yield all groups, page by page."""
        call = self.get("/groups", query={"fields": "id,type,name,group_type"})
        for answer, after in self.client.pages(call, _PAGER, cursor):
            yield answer.decode(mapping.Groups).entries, after

    def members(
        self, group: str, cursor: str | None = None
    ) -> Iterator[tuple[list[mapping.GroupMembership], str | None]]:
        """Yield the memberships of one group, page by page."""
        call = self.get("/groups/{group_id}/memberships", {"group_id": group})
        try:
            for answer, after in self.client.pages(call, _PAGER, cursor):
                yield answer.decode(mapping.GroupMemberships).entries, after
        except ObjectMissing:
            return  # the group went meanwhile, and its memberships with it

    @needs("GET /groups", any_of=box(GROUPS))
    def list_groups(self, part: Partition, cursor: str | None) -> Iterator[Page[Group]]:
        del part
        for groups, after in self.groups(cursor):
            yield Page(items=[mapping.group(group) for group in groups], cursor=after)

    @needs("GET /groups", "GET /groups/{group_id}/memberships", any_of=box(GROUPS))
    def list_memberships(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        if part.key == "":
            yield from self._group_partitions(cursor)
            return
        group, name = part.data["id"], part.data["name"]
        for found, after in self.members(group, cursor):
            yield Page(items=[mapping.membership(one, group, name) for one in found], cursor=after)

    def _group_partitions(self, cursor: str | None) -> Iterator[Page[Membership]]:
        for groups, after in self.groups(cursor):
            yield Page(items=(), cursor=after, more=tuple(map(_partition, groups)))

    @needs("GET /users", any_of=box(USERS))
    @needs("GET /groups", "GET /groups/{group_id}/memberships", any_of=box(GROUPS))
    def list_privileges(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        if part.key == "":
            yield Page(items=(), more=(Partition(key="enterprise"), Partition(key="groups")))
        elif part.key == "enterprise":
            for users, after in self.users(cursor):
                rows = [
                    mapping.privilege(user, user.role, "enterprise", "enterprise")
                    for user in users
                    if user.role and user.role != "user"
                ]
                yield Page(items=rows, cursor=after)
        elif part.key == "groups":
            for groups, after in self.groups(cursor):
                yield Page(items=(), cursor=after, more=tuple(map(_partition, groups)))
        else:
            yield from self._group_admins(part, cursor)

    def _group_admins(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        group = part.data["id"]
        for found, after in self.members(group, cursor):
            rows = [
                mapping.privilege(one.user, "admin", part.data["name"], f"group:{group}")
                for one in found
                if one.user and one.role == "admin"
            ]
            yield Page(items=rows, cursor=after)


def _partition(group: mapping.BoxGroup) -> Partition:
    return Partition(key=f"group:{group.id}", data={"id": group.id, "name": group.name or group.id})
