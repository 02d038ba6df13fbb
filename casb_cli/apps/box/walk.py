"""Walking the folders of every user as that user: the partitions that files, shares and trash have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from casb_cli.apps.box import mapping
from casb_cli.apps.box.common import QUARANTINE, BoxBase, user_data
from casb_cli.apps.box.rules import NOT_SET_UP
from casb_cli.core.capabilities import Page
from casb_cli.core.errors import NotPermitted, ObjectMissing
from casb_cli.core.models import SHARING_ORDER, Notice, Partition
from casb_cli.core.models import Sharing as Level

R = TypeVar("R")
ROOT_FOLDER = "0"


class Place:
    """A folder being listed: whose it is, where it is, and how far it is open."""

    __slots__ = ("collaborated", "folder", "level", "login", "path", "user")

    def __init__(self, part: Partition) -> None:
        self.user, self.login = user_data(part)
        self.folder = part.data.get("folder", ROOT_FOLDER)
        self.path = part.data.get("path", "")
        self.level: Level = part.data.get("level", "private")  # type: ignore[assignment]
        self.collaborated = part.data.get("collaborated") == "1"


Rows = Callable[[Place, Sequence[mapping.Item]], tuple[list[R], list[Notice]]]


class Walker(BoxBase):
    """Partitions: users, then their folders, each listed alone and resumed by marker."""

    def user_partitions(self, cursor: str | None) -> Iterator[Page[R]]:
        """Yield a partition for each user; one who cannot be acted as keeps what was seen there before."""
        for users, after in self.users(cursor, "id,type,login,status,is_platform_access_only"):
            more = tuple(
                Partition(key=f"user:{user.id}", data=self._user_data(user))
                for user in users
                if not (user.id == self.me.id and self.alone)
            )
            yield Page(items=(), cursor=after, more=more)

    def _user_data(self, user: mapping.User) -> dict[str, str]:
        data = {"user": user.id, "login": user.login or user.id}
        if user.status == "inactive":
            data["unreachable"] = "who is suspended"
        elif not self.can_act_as(user):
            data["unreachable"] = "a service account of another app"
        return data

    @staticmethod
    def unreachable(part: Partition) -> Page[R] | None:
        """Return the only page of a user as whom Box lets nobody act; None for everybody else."""
        why = part.data.get("unreachable")
        if why is None:
            return None
        about = f"files of {part.data['login']}, {why}: Box lets nobody act as this account"
        return Page(items=(), notices=(Notice(code="unreachable", about=about),))

    def folder_partition(self, item: mapping.Item, place: Place, level: Level, *, own: bool) -> Partition:
        """Return the partition of a folder; its key survives renaming and moving."""
        data = {
            "user": place.user,
            "login": place.login,
            "folder": item.id,
            "path": f"{place.path}/{item.name or item.id}",
            "level": level,
        }
        if own or place.collaborated:
            data["collaborated"] = "1"
        return Partition(key=f"folder:{item.id}", data=data, exposure=SHARING_ORDER[level])

    def walk(self, part: Partition, cursor: str | None, fields: str, rows: Rows[R]) -> Iterator[Page[R]]:
        """Yield a folder's own items page by page through `rows`, and its folders as partitions."""
        shut: Page[R] | None = self.unreachable(part)
        if shut is not None:
            yield shut
            return
        place = Place(part)
        name, path = "/folders/{folder_id}/items", {"folder_id": place.folder}
        query = {"usemarker": True, "fields": fields}
        pages = self.marked(name, mapping.Items, path, user=place.user, cursor=cursor, **query)
        try:
            for page, after in pages:
                mine = [item for item in page.entries if self._is_mine(item, place)]
                more = [self._into(item, place) for item in mine if item.type == "folder"]
                items, notices = rows(place, mine)
                yield Page(items=items, cursor=after, more=more, notices=notices)
        except NotPermitted as error:
            if error.code not in NOT_SET_UP:
                raise
            about = f"files of {place.login}, who has not finished setting up the account ({error.code})"
            yield Page(items=(), notices=(Notice(code="unreachable", about=about),))
        except ObjectMissing:
            # The folder went meanwhile, and its files with it.
            return

    def _is_mine(self, item: mapping.Item, place: Place) -> bool:
        """Tell whether an item belongs to the user whose folder it is: shared folders stand in many trees."""
        if item.is_externally_owned or item.owned_by is None or item.owned_by.id != place.user:
            return False
        quarantine = place.folder == ROOT_FOLDER and item.name == QUARANTINE and place.user == self.me.id
        return not quarantine

    def _into(self, item: mapping.Item, place: Place) -> Partition:
        level = self.level_of(item, place.user, place.level)
        return self.folder_partition(item, place, level, own=bool(item.has_collaborations))

    def place_of(self, item: mapping.Item, user: str) -> tuple[Level, bool]:
        """Return how far the folders above an item are open, and whether one of them has collaborators."""
        level: Level = "private"
        collaborated = False
        for folder in item.path_collection.entries if item.path_collection else []:
            if folder.id == ROOT_FOLDER:
                continue
            above = self.item("folder", folder.id, user, mapping.SHARE_FIELDS)
            level = self.level_of(above, user, level)
            collaborated = collaborated or bool(above.has_collaborations)
        return level, collaborated
