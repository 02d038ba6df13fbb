"""How files, folders and shared drives are open to somebody: each permission on the item that carries it."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.scopes import DOMAINS, DRIVE_READ, USERS, google
from casb_cli.apps.google_workspace.walk import Tree, Walker
from casb_cli.core.capabilities import ListShares, Page, needs
from casb_cli.core.errors import NotPermitted, ObjectMissing, ScopeMissing
from casb_cli.core.models import Notice, Partition, Share


class Sharing(Walker, ListShares):
    """Matrix row 10, the reading half. A share's id is `item/permission`, a shared drive being an item too."""

    @needs("GET /admin/directory/v1/customer/{customer}/domains", any_of=google(DOMAINS))
    @needs("GET /admin/directory/v1/users", any_of=google(USERS))
    @needs(
        "GET /drive/v3/drives",
        "GET /drive/v3/files",
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        any_of=google((DRIVE_READ, USERS)),
    )
    def list_shares(self, part: Partition, cursor: str | None) -> Iterator[Page[Share]]:
        if part.key == "":
            yield from self.partitions(cursor)
            return
        if cursor is None and (drive := part.data.get("drive")) is not None:
            yield from self._memberships(drive, part.data["name"])
        yield from self.walk(part, cursor, shapes.SHARE_FIELDS, self._shares)

    def _memberships(self, drive: str, name: str) -> Iterator[Page[Share]]:
        """Yield who belongs to a shared drive; asked again when the partition is, for no cursor leads here."""
        path = f"/{name}"
        rows = [shapes.share(drive, "folder", one, path, self.is_internal) for one in self.members(drive) if one.counts]
        yield Page(items=rows)

    def _shares(self, tree: Tree, items: list[shapes.Item], alone: bool) -> tuple[list[Share], list[Notice]]:
        shared = [item for item in items if item.mime_type != shapes.SHORTCUT and self._may_be_shared(item, tree)]
        untold: list[str] = []

        def asked(item: shapes.Item) -> list[shapes.Permission]:
            try:
                return self.permissions_of(item.id, tree.user)
            except ObjectMissing:
                return []  # it went between the page and this look, and its sharing with it
            except NotPermitted as error:
                if isinstance(error, ScopeMissing):
                    raise
                untold.append(item.name or item.id)
                return []

        silent = [item for item in shared if item.permissions is None]
        told = dict(zip((item.id for item in silent), self.each(asked, silent), strict=True))
        rows: list[Share] = []
        for item in shared:
            found = item.permissions if item.permissions is not None else told[item.id]
            direct = [one for one in found if one.counts and one.direct]
            if direct:
                path = tree.path(item, alone=alone)
                kind = "folder" if item.is_folder else "file"
                rows += [shapes.share(item.id, kind, one, path, self.is_internal) for one in direct]
        if not untold:
            return rows, []
        where = f"the shared drive {tree.name}" if tree.drive else tree.user
        about = f"the sharing of {len(untold)} items of {where}: {tree.user} may not see it"
        return rows, [Notice(code="not-visible", about=about)]

    @staticmethod
    def _may_be_shared(item: shapes.Item, tree: Tree) -> bool:
        """Tell whether an item may carry permissions of its own: those that surely don't cost no call."""
        if tree.drive is None:
            return item.permissions is not None or item.shared is not False
        return item.has_augmented_permissions is not False
