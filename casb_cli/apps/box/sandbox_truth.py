"""What a perfect reader of the simulated Box sees before anybody acts: derived from the company, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.box.sandbox_company import Company
from casb_cli.apps.box.sandbox_events import LOG_DAYS, SERVICES, event_type, service_of
from casb_cli.apps.box.sandbox_objects import Item
from casb_cli.apps.box.sandbox_people import membership_id
from casb_cli.core import clock
from casb_cli.sandbox.facts import INVITED, PENDING_PLACE, Exposure
from casb_cli.sandbox.planted import Planted

_ORDER: tuple[Exposure, ...] = ("private", "internal", "external", "public")
_FAILED = ("FAILED_LOGIN",)


class Truth:
    """The expected answers; every id is Box's own, times are RFC 3339 UTC."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._world = company.world
        self._library = company.library

    def rows(self, kind: str) -> dict[Any, dict[str, Any]]:
        """Return every row of a kind by id, with the fields that the world knows.

        Memberships are known by (group ref, member ref), privileges by (principal ref, role, scope), findings by
        (file id, detector). A share's id is `owner:kind:item`, a collaboration's `owner:kind:item:id`.
        """
        found: dict[Any, dict[str, Any]] = getattr(self, f"_{kind}_rows")()
        return found

    def hidden(self, kind: str) -> set[str]:
        """Return the logins of those whose part of a listing nobody can read; it must be said."""
        if kind not in {"file", "share", "trash"}:
            return set()
        return {login for id_ in self.unreachable() if (login := self._login(id_))}

    # People

    def _account_rows(self) -> dict[Any, dict[str, Any]]:
        kept = ("login", "name", "status", "is_admin", "created")
        return {id_: {k: row[k] for k in kept} | {"external": False} for id_, row in self.accounts().items()}

    def _group_rows(self) -> dict[Any, dict[str, Any]]:
        return {id_: {"name": row["name"]} for id_, row in self.groups().items()}

    def _membership_rows(self) -> dict[Any, dict[str, Any]]:
        return {
            (f"group:{row['group']}", f"account:{row['member']}"): {"id": id_, "role": row["role"]}
            for id_, row in self.memberships().items()
        }

    def _privilege_rows(self) -> dict[Any, dict[str, Any]]:
        names = {id_: row["name"] for id_, row in self.groups().items()}
        return {(f"account:{who}", role, names.get(over, over)): {} for who, role, over in self.privileges()}

    def accounts(self) -> dict[str, dict[str, Any]]:
        """Return every managed account by id; who was invited counts as active, as Box has no such status."""
        found = {}
        for person in self.company.staff:
            user = self.company.user(self.company.user_id(person))
            if user is not None:
                found[user.id] = {
                    "login": user.login,
                    "name": user.name,
                    "status": "suspended" if user.status == "inactive" else "active",
                    "role": user.role,
                    "is_admin": user.role != "user",
                    "created": clock.text(self._world.person(person).created),
                }
        return found

    @property
    def service_account(self) -> str:
        """The app's own account: it owns nothing of the company."""
        return self.company.service

    def unreachable(self) -> dict[str, str]:
        """Return the accounts that can't be acted as, and why; none of them owns a file at the start."""
        found = {}
        for person in self.company.staff:
            user = self.company.user(self.company.user_id(person))
            if user is not None and user.status == "inactive":
                found[user.id] = "inactive"
            elif user is not None and (user.unconfirmed or person == INVITED):
                found[user.id] = "password_reset_required"
        return found

    def groups(self) -> dict[str, dict[str, Any]]:
        """Return every team by id."""
        return {
            self.company.group_id(group): {
                "name": self._world.group(group).name,
                "member_count": len(self.company.members(group)),
            }
            for group in range(self._world.groups)
        }

    def memberships(self) -> dict[str, dict[str, str]]:
        """Return every membership by id."""
        return {
            membership_id(group, person): {
                "group": self.company.group_id(group),
                "member": self.company.user_id(person),
                "role": "admin" if leads else "member",
            }
            for group in range(self._world.groups)
            for person, leads in self.company.members(group)
        }

    def privileges(self) -> set[tuple[str, str, str]]:
        """Return who holds which role over what: account, role, and `enterprise` or the team's id."""
        found = {
            (id_, account["role"], "enterprise")
            for id_, account in self.accounts().items()
            if account["role"] != "user"
        }
        for row in self.memberships().values():
            if row["role"] == "admin":
                found.add((row["member"], "admin", row["group"]))
        return found

    # Activity

    def activity(self) -> Iterator[dict[str, Any]]:
        """Yield the audit trail of the last year, oldest first."""
        oldest = self._world.now.timestamp() - LOG_DAYS * 86_400
        for index in range(self._world.events):
            event = self._world.event("box", index)
            if event.time.timestamp() < oldest:
                continue
            kind = event_type(event)
            yield {
                "id": event.id,
                "time": clock.text(event.time.replace(microsecond=0)),
                "kind": event.kind,
                "action": kind,
                "actor": self.company.user_id(event.actor),
                "ip": None if index % 50 == 49 else event.ip,
                "outcome": "failure" if kind in _FAILED else "success",
            }

    def _activity_rows(self) -> dict[Any, dict[str, Any]]:
        return {
            row.pop("id"): row | {"actor": self._login(row["actor"]), "actor_ref": f"account:{row['actor']}"}
            for row in self.activity()
        }

    def _login(self, id_: str) -> str | None:
        user = self.company.user(id_)
        return user.login if user else None

    def _grant_rows(self) -> dict[Any, dict[str, Any]]:
        return {
            f"service:{id_}:{who}": {"name": row["name"], "client_id": id_, "principal_ref": f"account:{who}"}
            for id_, row in self.services().items()
            for who in row["users"]
        }

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the applications seen in use, by id, with the accounts that used them."""
        found: dict[str, dict[str, Any]] = {}
        names = dict(SERVICES)
        for index in range(self._world.events):
            event = self._world.event("box", index)
            seen = service_of(event)
            if seen is not None:
                row = found.setdefault(seen[0], {"name": names[seen[0]], "users": set()})
                row["users"].add(self.company.user_id(event.actor))
        return found

    # Files

    def _file_rows(self) -> dict[Any, dict[str, Any]]:
        return {row["id"]: _told(row) | {"sharing": row["sharing"], "path": row["path"]} for row in self.files()}

    def _trash_rows(self) -> dict[Any, dict[str, Any]]:
        return {id_: _told(row) for id_, row in self.trash().items()}

    def _finding_rows(self) -> dict[Any, dict[str, Any]]:
        return {(id_, planted.detector): {"count": planted.count} for id_, planted in self.findings()}

    @property
    def file_count(self) -> int:
        """How many files there are, the trash excepted."""
        return self._world.files

    def files(self) -> Iterator[dict[str, Any]]:
        """Yield every file, the trash excepted."""
        for index in range(self._world.files):
            yield self.file(index)

    def file(self, index: int) -> dict[str, Any]:
        """Return one file by its index."""
        return self._row(self.company.file(index), self.sharing(index))

    def sharing(self, index: int) -> Exposure:
        """Return how far a file is open, by itself and by the folders above it."""
        found = self._library.effective_exposure(index)
        if self._library.place_of(index) == PENDING_PLACE:
            found = max(found, "external", key=_ORDER.index)  # a bidder was invited there
        return found

    def _row(self, item: Item, sharing: Exposure | None) -> dict[str, Any]:
        return {
            "id": item.id,
            "name": item.name,
            "path": self.path(item),
            "owner": item.holder,
            "size": item.current.size,
            "sha1": item.current.sha1,
            "version": str(item.etag),
            "sharing": sharing,
            "trashed": item.trashed is not None,
        }

    def path(self, item: Item) -> str:
        """Return an item's path from its owner's root on."""
        names = [item.name]
        at = item.parent
        while at != "0":
            folder = self.company.item("folder", at)
            if folder is None:
                break
            names.append(folder.name)
            at = folder.parent
        return "/" + "/".join(reversed(names))

    def trash(self) -> dict[str, dict[str, Any]]:
        """Return the files in the trash by id."""
        drafts = map(self.company.draft, range(self.company.drafts))
        return {item.id: self._row(item, None) for item in drafts}

    def findings(self) -> Iterator[tuple[str, Planted]]:
        """Yield what a perfect inspection finds: the file's id, and what was planted in it."""
        for index in range(self._world.files):
            for planted in self._library.planted(index):
                yield self.company.file_id(index), planted

    def trash_findings(self) -> Iterator[tuple[str, Planted]]:
        """Yield what a perfect inspection of the trash would find."""
        for rank in range(self.company.drafts):
            for planted in self._library.planted(self.company.draft_source(rank)):
                yield self.company.draft(rank).id, planted

    # Sharing

    def _share_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        holders = {(item.kind, item.id): item.holder for item in self._items()}
        for at, link in self.links().items():
            sharing = {"open": "public", "company": "internal"}[link["access"]]
            id_ = f"{holders[at]}:{at[0]}:{at[1]}"
            found[id_] = {"kind": "link", "role": link["role"], "sharing": sharing, "file_ref": f"{at[0]}:{at[1]}"}
        for ident, collab in self.collaborations().items():
            at = collab["item"]
            row = {"kind": collab["kind"], "role": collab["role"], "file_ref": f"{at[0]}:{at[1]}"}
            row["sharing"] = "external" if collab["external"] else "internal"
            found[f"{holders[at]}:{at[0]}:{at[1]}:{ident}"] = row
        return found

    def links(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the shared links by kind and id of the item that carries them."""
        found = {}
        for item in self._items():
            if item.link is not None:
                found[item.kind, item.id] = {
                    "access": item.link.access,
                    "role": item.link.role,
                    "url": item.link.url,
                }
        return found

    def collaborations(self) -> dict[str, dict[str, Any]]:
        """Return the collaborations by id, each on the item that carries it."""
        found = {}
        for kind, id_ in self._keys():
            for collab in self.company.collabs(kind, id_):
                user = self.company.user(collab.who) if collab.who_kind == "user" and collab.who else None
                found[collab.id] = {
                    "item": (kind, id_),
                    "kind": collab.who_kind,
                    "who": collab.who,
                    "email": collab.email or (user.login if user else None),
                    "role": collab.role,
                    "status": collab.status,
                    "external": collab.who is None or bool(user and user.external),
                }
        return found

    def _keys(self) -> Iterator[tuple[str, str]]:
        yield from (("folder", folder) for folder in self.company.folders())
        own = self._library.own_exposure
        yield from (("file", self.company.file_id(n)) for n in range(self._world.files) if own(n))

    def _items(self) -> Iterator[Item]:
        for key in self._keys():
            item = self.company.item(*key)
            if item is not None:
                yield item


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a file's fields under the product's names."""
    told = {name: row[name] for name in ("name", "size", "version", "trashed")}
    return told | {"owner_ref": f"account:{row['owner']}", "hash": f"sha1:{row['sha1']}"}
