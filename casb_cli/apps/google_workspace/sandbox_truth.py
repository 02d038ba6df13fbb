"""What a perfect reader of the simulated Google Workspace sees before anybody acts: derived from the company.

Conventions: an account's id is its Directory id, a group's, file's, assignment's the provider's own. A grant is
`<user>/<client>` or `<user>/asp/<code>`, a share `<file>/<permission>`, an activity
`<application>:<time>:<qualifier>`, its second event with `:1` after it. Times are RFC 3339 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_company import APP, ROLES, Company
from casb_cli.apps.google_workspace.sandbox_library import INTAKE, VAULT
from casb_cli.apps.google_workspace.sandbox_objects import SHORTCUT, Drive, Item, Permission
from casb_cli.apps.google_workspace.sandbox_state import Grant, State
from casb_cli.apps.google_workspace.sandbox_trail import Trail, application_of, qualifier
from casb_cli.apps.google_workspace.sandbox_view import View
from casb_cli.apps.google_workspace.sandbox_wire import when
from casb_cli.core import clock
from casb_cli.core.refs import local
from casb_cli.sandbox.facts import SERVICE
from casb_cli.sandbox.planted import Planted

_LEVELS = ("private", "internal", "external", "public")


class Truth:
    """The expected answers; `state` is one that nobody ever changes."""

    def __init__(self, state: State) -> None:
        self.company: Company = state.company
        self.library = state.library
        self._state = state
        self._world = state.company.world
        self._trail = Trail(state, state.clock)
        self._view = View(state, 0)

    def rows(self, kind: str) -> dict[Any, dict[str, Any]]:
        """Return every row of a kind by id, with the fields that the world knows.

        Memberships are known by (group ref, member ref), privileges by (principal ref, role, scope), findings by
        (file id, detector).
        """
        found: dict[Any, dict[str, Any]] = getattr(self, f"_{kind}_rows")()
        return found

    def hidden(self, kind: str) -> set[str]:
        """Return the logins of those whose Drive nobody can open; it must be said. They own nothing."""
        return {self.company.email(SERVICE)} if kind in {"file", "share", "trash"} else set()

    # People

    def _account_rows(self) -> dict[Any, dict[str, Any]]:
        found = {}
        for index in (*self.company.staff, *self.company.deleted()):
            user = self.company.user(index)
            if user is None:
                continue
            status = "active"
            if user.deleted is not None or (user.archived and not user.suspended):
                status = "disabled"
            elif user.suspended:
                status = "suspended"
            elif not user.agreed:
                status = "invited"
            found[user.id] = {
                "login": user.email,
                "email": user.email,
                "name": self.company.name(index),
                "status": status,
                "is_admin": user.super_admin or user.delegated,
                "mfa": user.mfa,
                "external": False,
                "last_login": clock.normalise(when(user.last_login)) if user.last_login else None,
                "created": clock.normalise(when(user.created)),
            }
        for index in self.company.visitors():
            email = self.company.email(index)
            found[ids.user_id(index)] = {"login": email, "email": email, "is_admin": False, "external": True}
        return found

    def _group_rows(self) -> dict[Any, dict[str, Any]]:
        company = self.company
        return {
            company.group_id(group): {
                "name": company.group_name(group),
                "member_count": len(company.members(group)),
            }
            for group in range(company.groups)
        }

    def _membership_rows(self) -> dict[Any, dict[str, Any]]:
        company = self.company
        found: dict[Any, dict[str, Any]] = {}
        for group in range(company.groups):
            for kind, member, role in company.members(group):
                ref = f"account:{ids.user_id(member)}"
                if kind == "GROUP":
                    ref = local("group", company.group_id(member))
                key = (local("group", company.group_id(group)), None if kind == "CUSTOMER" else ref)
                found[key] = {"group": company.group_name(group), "role": role}
        return found

    def _privilege_rows(self) -> dict[Any, dict[str, Any]]:
        company = self.company
        names, units = {role.id: role.name for role in ROLES}, {id_: path for path, id_ in company.units().items()}
        found = {}
        for one in company.assignments:
            ref = local("group" if one.type == "group" else "account", one.to)
            found[ref, names[one.role], units[one.unit] if one.unit else "org"] = {"id": one.id}
        return found

    # Activity

    def activity(self) -> Iterator[dict[str, Any]]:
        """Yield the log as the world tells it, oldest first, a row for each event of an item."""
        for index in range(self._world.events):
            event = self._world.event(APP, index)
            application = application_of(index)
            moment = when(event.time.timestamp())
            base = f"{application}:{moment}:{qualifier(self._world.seed, index)}"
            for rank, one in enumerate(self._trail.events_of(event)):
                kind = {"login": "logon", "saml": "logon", "admin": "admin"}.get(application, "user")
                yield {
                    "id": f"{base}:{rank}" if rank else base,
                    "time": clock.normalise(moment),
                    "kind": "user" if one["name"] == "2sv_enroll" else kind,
                    "action": one["name"],
                    "actor": self.company.email(event.actor),
                    "actor_ref": f"account:{ids.user_id(event.actor)}",
                    "ip": None if index % 50 == 49 else event.ip,
                    "outcome": "failure" if one["name"] == "login_failure" else "success",
                }

    def _activity_rows(self) -> dict[Any, dict[str, Any]]:
        return {row.pop("id"): row for row in self.activity()}

    # Grants

    def _grant_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        for index in self.company.staff:
            user = ids.user_id(index)
            for token in self.company.tokens(index):
                found[f"{user}/{token.client}"] = {
                    "name": token.name,
                    "client_id": token.client,
                    "principal_ref": f"account:{user}",
                    "scopes": list(token.scopes),
                }
            for asp in self.company.asps(index):
                found[f"{user}/asp/{asp.code}"] = {
                    "name": asp.name,
                    "principal_ref": f"account:{user}",
                    "issued": clock.from_millis(asp.created),
                    "last_used": clock.from_millis(asp.used) if asp.used else None,
                }
        return found

    # Files

    def files(self) -> Iterator[Item]:
        """Yield every file that is not in the trash: neither folders nor shortcuts."""
        yield from map(self.library.file, range(self._world.files))
        for rank in range(self.library.extras):
            item = self.library.oddity(rank)
            if item.mime != SHORTCUT:
                yield item

    def _file_rows(self) -> dict[Any, dict[str, Any]]:
        return {item.id: self._told(item) | {"sharing": self.sharing(item)} for item in self.files()}

    def _trash_rows(self) -> dict[Any, dict[str, Any]]:
        drafts = map(self.library.draft, range(self.library.drafts))
        return {item.id: self._told(item) | {"trashed": True} for item in drafts}

    def _told(self, item: Item) -> dict[str, Any]:
        row: dict[str, Any] = {
            "name": item.name,
            "path": self.path(item),
            "owner_ref": f"account:{item.owner}" if item.owner else None,
            "modified": clock.normalise(when(item.modified)),
            "trashed": item.trashed is not None,
            "hash": None,
        }
        if item.owner is not None:
            row["owner"] = self.company.email(ids.user_index(item.owner) or 0)
        if item.revisions:
            size, _, _, sha256 = self._view.sums(item.revisions[-1])
            row |= {"size": size, "hash": f"sha256:{sha256}", "mime": item.mime}
        return row

    def path(self, item: Item) -> str:
        """Return an item's path from the root of its My Drive on; in a shared drive that one's name comes first."""
        names = [item.name, *(folder.name for folder in self._state.chain(item))]
        if item.drive is not None:
            drive = self._state.drive(item.drive)
            names.append(drive.name if drive is not None else "")
        return "/" + "/".join(reversed(names))

    def sharing(self, item: Item) -> str:
        """Return how far a file is open, by what stands on it and above it."""
        return max((self._level(grant) for grant in self._state.grants(item)), key=_LEVELS.index, default="private")

    def _level(self, grant: Grant) -> str:
        if not self._state.alive(grant.permission):
            return "private"
        if grant.role == "owner":
            return "private"
        return self.level(grant.permission)

    def level(self, one: Permission) -> str:
        """Return how far a single permission opens something."""
        if one.type == "anyone":
            return "public"
        domain = one.domain if one.type == "domain" else (one.email or "").rpartition("@")[2]
        return "internal" if domain in (self.company.domain, self.company.alias) else "external"

    def _finding_rows(self) -> dict[Any, dict[str, Any]]:
        return {(id_, planted.detector): {"count": planted.count} for id_, planted in self.findings()}

    def findings(self) -> Iterator[tuple[str, Planted]]:
        """Yield what a perfect inspection finds, in the trash too: the file's id, and what was planted in it."""
        for index in range(self._world.files):
            for planted in self.library.files.planted(index):
                yield self.library.file_id(index), planted
        for rank in range(self.library.drafts):
            for planted in self.library.files.planted(self.library.draft_source(rank)):
                yield self.library.draft(rank).id, planted

    # Shares

    def _share_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        for item in self._shared_items():
            ref = local("folder" if item.folder else "file", item.id)
            path = self.path(item)
            found |= {f"{item.id}/{one.id}": self._share(one, ref, path) for one in item.permissions if not one.deleted}
        for drive in self.drives():
            ref = local("folder", drive.id)
            found |= {f"{drive.id}/{one.id}": self._share(one, ref, f"/{drive.name}") for one in drive.members}
        return found

    def drives(self) -> list[Drive]:
        """Return the shared drives, those of the quarantine excepted."""
        return [drive for drive in self._state.all_drives() if drive.name not in (INTAKE, VAULT)]

    def _share(self, one: Permission, ref: str, path: str) -> dict[str, Any]:
        kind = "link" if one.type == "anyone" else one.type
        return {
            "file": path,
            "file_ref": ref,
            "kind": kind,
            "role": one.role,
            "sharing": self.level(one),
            "expires": clock.normalise(when(one.expires)) if one.expires else None,
        } | ({} if kind == "link" else {"who": one.domain if kind == "domain" else one.email})

    def _shared_items(self) -> Iterator[Item]:
        for place in range(self._world.places):
            for folder in self.library.folders(place):
                item = self.library.item(folder)
                if item is not None and item.permissions:
                    yield item
        yield from (item for item in self.files() if item.permissions)
