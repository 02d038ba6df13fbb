"""How files, folders and libraries are open to somebody: each permission on the item that carries it."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.office365 import mapping_files as shapes
from casb_cli.apps.office365.drives import Drives
from casb_cli.apps.office365.files import READING
from casb_cli.apps.office365.mapping_files import Item, Place
from casb_cli.apps.office365.scopes import USERS, graph, on_files, on_users
from casb_cli.apps.office365.tree import Tree
from casb_cli.core.capabilities import ListShares, Page
from casb_cli.core.models import Notice, Partition, Share


class Sharing(Drives, ListShares):
    """Matrix row 10, the reading half. A share's id is `drive/item/permission`, a library's root being an item too."""

    @on_users("GET /organization", "GET /users", any_of=graph(USERS))
    @on_files(
        "POST /$batch",
        "GET /sites/getAllSites",
        "GET /sites/{id}/drives",
        "GET /drives/{driveId}/root/delta",
        "GET /drives/{driveId}/items/{itemId}",
        "GET /drives/{driveId}/items/{itemId}/permissions",
        any_of=READING,
    )
    def list_shares(self, part: Partition, cursor: str | None) -> Iterator[Page[Share]]:
        if self.is_drive(part):
            yield from self.walk(part, cursor, self._shares)
        else:
            yield from self.partitions(part, cursor)

    def _shares(self, tree: Tree, items: list[Item], whole: bool) -> tuple[list[Share], list[Notice]]:
        del whole
        place = tree.place
        shared = [one for one in items if carries(place, one)]
        found = self.permissions_of([(place.drive, one.id) for one in shared])
        rows: list[Share] = []
        for item, permissions in zip(shared, found, strict=True):
            direct = [one for one in permissions if carried(place, one)]
            if direct:
                path = tree.path(item)
                rows += [shapes.share(place, item, one, path, self.outside) for one in direct]
        return rows, []


def carries(place: Place, item: Item) -> bool:
    """Tell whether an item may have permissions of its own: the root of a library has, a person's own is theirs."""
    if item.root is not None:
        return not place.personal or (item.shared is not None and item.shared.scope is not None)
    return item.shared is not None


def carried(place: Place, found: shapes.Permission) -> bool:
    """Tell whether a permission stands on the item itself and is not its owner's own."""
    return found.counts and found.direct and not found.is_of_owner(place.owner_id, place.owner)
