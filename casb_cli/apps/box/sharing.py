"""How files and folders are open to somebody: shared links and collaborations, each on the item that carries it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from casb_cli.apps.box import mapping
from casb_cli.apps.box.scopes import READ, USERS, WRITE, box
from casb_cli.apps.box.walk import Place, Walker
from casb_cli.core.capabilities import ListShares, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Notice, Partition, Share


class Sharing(Walker, ListShares):
    """Matrix row 10, the reading half. A share's id is `owner:kind:item`, of a collaboration `...:id`."""

    @needs("GET /users", any_of=box(USERS))
    @needs(
        "GET /folders/{folder_id}/items",
        "GET /folders/{folder_id}/collaborations",
        "GET /files/{file_id}/collaborations",
        any_of=box((READ, USERS), (WRITE, USERS)),
    )
    def list_shares(self, part: Partition, cursor: str | None) -> Iterator[Page[Share]]:
        if part.key == "":
            yield from self.user_partitions(cursor)
        else:
            yield from self.walk(part, cursor, mapping.SHARE_FIELDS, self._shares)

    def _shares(self, place: Place, items: Sequence[mapping.Item]) -> tuple[list[Share], list[Notice]]:
        rows: list[Share] = []
        skipped = 0
        spare = place.collaborated and self.facts.fields.get("file_collaborators") == "inherit"
        above: list[Collection[str]] = []

        def inherited() -> Collection[str]:
            if not above:
                above.append(self.collaboration_ids(place.folder, place.user))
            return above[0]

        for item in items:
            if item.type not in {"file", "folder"}:
                continue
            path = f"{place.path}/{item.name or item.id}"
            link = mapping.link_share(item, place.user, path)
            if link is not None:
                rows.append(link)
            if not item.has_collaborations:
                continue
            if spare and item.type == "file":
                skipped += 1
                continue
            rows += self._collaborations(item, place.user, path, inherited)
        if not skipped:
            return rows, []
        about = "collaborators of single files inside collaborated folders were not looked for (file_collaborators)"
        return rows, [Notice(code="degraded", about=about)]

    def _collaborations(
        self, item: mapping.Item, user: str, path: str, above: Callable[[], Collection[str]]
    ) -> list[Share]:
        try:
            found = self.direct(item.type, item.id, user, above)
        except ObjectMissing:
            return []  # the item went between the page and this look, and its sharing with it
        return [
            mapping.collaboration_share(one, item, user, path, external=self.is_external(one))
            for one in found
            if one.status != "rejected"
        ]
