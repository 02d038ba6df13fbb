"""What all parts of the Box connector share: who we are, who belongs to the enterprise, acting as an owner."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from casb_cli.apps.base import Connector
from casb_cli.apps.box import mapping
from casb_cli.apps.box.people import PEOPLE_FIELDS, People
from casb_cli.core.errors import NotPermitted, ObjectMissing
from casb_cli.core.models import File, Partition
from casb_cli.core.models import Sharing as Level
from casb_cli.transport.calls import INSTANCE, Call, Identity, as_user
from casb_cli.transport.paging import MarkerInBody

T = TypeVar("T")

LIMIT = 1000
"""Entries a page: the most that Box gives."""
QUARANTINE = "casb-quarantine"
_PEOPLE_LAST = 600.0
"""Seconds for which the list of managed users is held."""


class BoxBase(Connector):
    """The enterprise and the lookups that several abilities need."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._lock = threading.Lock()
        self._listing = threading.Lock()
        self._me: mapping.User | None = None
        self._people: tuple[float, People] | None = None
        self._owners: dict[tuple[str, str], str] = {}

    # Calls

    def identity(self, user: str | None) -> Identity:
        """Return the identity that acts as `user`; nobody impersonates themselves."""
        return INSTANCE if user is None or user == self.me.id else as_user(user)

    def get(self, name: str, path: Mapping[str, str] | None = None, user: str | None = None, **more: Any) -> Call:
        """Return a GET call, as `user` where one is given."""
        return Call(name=f"GET {name}", path=dict(path or {}), identity=self.identity(user), budget="month", **more)

    def act(self, name: str, path: Mapping[str, str] | None = None, user: str | None = None, **more: Any) -> Call:
        """Return a changing call, as `user` where one is given, drawn from the reserve for governance."""
        return Call(
            name=name, path=dict(path or {}), identity=self.identity(user), budget="month", governance=True, **more
        )

    def read(self, call: Call, type_: type[T]) -> T:
        """Return the decoded answer of one call."""
        return self.client.send(call).decode(type_)

    def marked(
        self,
        name: str,
        type_: type[T],
        path: Mapping[str, str] | None = None,
        *,
        user: str | None = None,
        cursor: str | None = None,
        **query: Any,
    ) -> Iterator[tuple[T, str | None]]:
        """Yield the pages of a listing that is paged by marker, each with the cursor behind it."""
        call = self.get(name, path, user, query={"limit": LIMIT, **query})
        for answer, after in self.client.pages(call, MarkerInBody(), cursor):
            yield answer.decode(type_), after

    # People

    @property
    def me(self) -> mapping.User:
        """The account that the credential signs in as."""
        with self._lock:
            if self._me is None:
                fields = "id,login,name,role,enterprise,status,is_platform_access_only"
                call = Call(name="GET /users/me", query={"fields": fields}, budget="month")
                self._me = self.read(call, mapping.User)
            return self._me

    @property
    def alone(self) -> bool:
        """Whether we are the app's service account, which owns nothing but the quarantine."""
        return self.me.is_service or bool(self.me.is_platform_access_only)

    def users(
        self, cursor: str | None = None, fields: str = mapping.USER_FIELDS
    ) -> Iterator[tuple[list[mapping.User], str | None]]:
        """Yield all managed users, page by page."""
        query: dict[str, Any] = {"user_type": "managed", "usemarker": True, "fields": fields}
        for found, after in self.marked("/users", mapping.Users, cursor=cursor, **query):
            yield found.entries, after

    def people(self) -> People:
        """Return the managed users, at most ten minutes old."""
        with self._listing:  # once for all threads
            held = self._people
            if held is None or time.monotonic() - held[0] > _PEOPLE_LAST:
                held = self._people = None  # never two lists at once
                found = People()
                for users, _ in self.users(fields=PEOPLE_FIELDS):
                    for user in users:
                        found.add(user)
                held = self._people = (time.monotonic(), found)
        return held[1]

    def login_of(self, user: str) -> str | None:
        """Return a managed user's login; None for one who is none."""
        known = self.people().get(user)
        return known.login if known else None

    def is_external(self, found: mapping.Collaboration) -> bool:
        """Tell whether a collaboration lets in somebody of another company, invited ones too."""
        if found.status == "rejected":
            return False
        who = found.accessible_by
        if who is None:
            return not self.people().has_login(found.invite_email or "")
        return who.type != "group" and who.id not in self.people()

    # Items

    def collaborations(self, kind: str, id_: str, user: str) -> list[mapping.Collaboration]:
        """Return who may reach a file or folder, those let in by a folder above too; owners are left out."""
        name = f"/{kind}s/{{{kind}_id}}/collaborations"
        pages = self.marked(name, mapping.Collaborations, {f"{kind}_id": id_}, user=user)
        return [one for page, _ in pages for one in page.entries if one.role != "owner"]

    def direct(
        self, kind: str, id_: str, user: str, above: Callable[[], Collection[str]] | None = None
    ) -> list[mapping.Collaboration]:
        """Return the collaborations that stand on this very item.

        A pending one doesn't name its item: it stands here unless the folder above has it too. `above` returns
        the ids of that folder's collaborations, where the caller knows them.
        """
        found = self.collaborations(kind, id_, user)
        inherited: Collection[str] = ()
        if any(one.item is None for one in found):
            inherited = above() if above is not None else self._above(kind, id_, user)
        return [one for one in found if (one.item.id == id_ if one.item else one.id not in inherited)]

    def _above(self, kind: str, id_: str, user: str) -> Collection[str]:
        parent = self.item(kind, id_, user, "id,type,parent").parent
        return self.collaboration_ids(parent.id if parent else "0", user)

    def collaboration_ids(self, folder: str, user: str) -> Collection[str]:
        """Return the ids of the collaborations that reach a folder; the root has none."""
        return {one.id for one in self.collaborations("folder", folder, user)} if folder != "0" else ()

    def level_of(self, item: mapping.Item, user: str, inherited: Level = "private") -> Level:
        """Return how far an item is open, by its link, its collaborators and what it inherits."""
        level = mapping.wider(inherited, item.level)
        if level in {"public", "external"} or not item.has_collaborations:
            return level
        if any(self.is_external(one) for one in self.collaborations(item.type, item.id, user)):
            return "external"
        return level

    def item(self, kind: str, id_: str, user: str, fields: str = mapping.ITEM_FIELDS) -> mapping.Item:
        """Return a file or folder as `user` sees it; raises ObjectMissing, its code `trashed` if it is in the trash."""
        call = self.get(f"/{kind}s/{{{kind}_id}}", {f"{kind}_id": id_}, user, query={"fields": fields})
        return self.read(call, mapping.Item)

    def trashed(self, kind: str, id_: str, user: str) -> mapping.Item:
        """Return an item of the trash of `user`; raises ObjectMissing."""
        call = self.get(
            f"/{kind}s/{{{kind}_id}}/trash", {f"{kind}_id": id_}, user, query={"fields": mapping.TRASH_FIELDS}
        )
        return self.read(call, mapping.Item)

    def owner_of(self, kind: str, id_: str) -> str:
        """Return who owns an item, its id alone given; raises ObjectMissing.

        What an earlier listing kept is tried first. Else Box has no call: each user is asked, those with the
        most content first, one call each; any who may see the item names its owner.
        """
        tried: list[str] = []
        known = self._owners.get((kind, id_)) or self._kept_owner(kind, id_)
        for user in [known] if known else (one.id for one in self.people().by_content() if self.can_act_as(one)):
            if (owner := self._ask(kind, id_, user)) is not None:
                self._owners[kind, id_] = owner
                return owner
            tried.append(user)
        if known:
            self._owners.pop((kind, id_), None)
            for one in self.people().by_content():
                if one.id not in tried and self.can_act_as(one) and (owner := self._ask(kind, id_, one.id)):
                    self._owners[kind, id_] = owner
                    return owner
        raise ObjectMissing(
            f"no user of the enterprise who can be acted as sees the {kind} {id_}",
            call=f"GET /{kind}s/{{{kind}_id}}",
            hint="the owner may be suspended, or the id may be of another enterprise",
        )

    def can_act_as(self, user: mapping.User) -> bool:
        """Tell whether as-user may name a user: not suspended, and no app's service account but ours."""
        return user.id == self.me.id or (user.status != "inactive" and not user.is_service)

    def _kept_owner(self, kind: str, id_: str) -> str | None:
        kept = self.recall(kind, id_)
        return kept.locator.get("owner") if isinstance(kept, File) else None

    def _ask(self, kind: str, id_: str, user: str) -> str | None:
        """Return the owner that `user` names; None where the item is not visible to them."""
        try:
            found = self.item(kind, id_, user, "owned_by")
        except NotPermitted:
            return None
        except ObjectMissing as error:
            if error.code != "trashed":
                return None
            try:
                found = self.trashed(kind, id_, user)
            except ObjectMissing:
                return None
        return found.owned_by.id if found.owned_by else user


def user_data(part: Partition) -> tuple[str, str]:
    """Return id and login of the user whose partition it is."""
    return part.data["user"], part.data["login"]
