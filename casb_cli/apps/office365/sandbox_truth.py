"""What a perfect reader of the simulated tenant sees before anybody acts: derived from the company.

Conventions: an account's, group's, role assignment's id is the directory's own; a file is `<drive>/<item>`, a share
`<drive>/<item>/<permission>`, a grant `delegated/<id>` or `role/<assignment>@<resource>`, what lies in a recycle bin
`<site>/<id>`. Times are RFC 3339 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.office365.sandbox_company import APP, Company
from casb_cli.apps.office365.sandbox_objects import Drive, Item, Permission
from casb_cli.apps.office365.sandbox_state import State
from casb_cli.apps.office365.sandbox_trail import AUDIT, SIGN_IN, Trail
from casb_cli.apps.office365.sandbox_view import View
from casb_cli.apps.office365.sandbox_wire import when
from casb_cli.core import clock
from casb_cli.core.refs import local
from casb_cli.sandbox.facts import SUSPENDED
from casb_cli.sandbox.planted import Planted

_LEVELS = ("private", "internal", "external", "public")
FEED_MARGIN = 3 * 3600


class Truth:
    """The expected answers; `state` is one that nobody ever changes, `licence` the tenant's."""

    def __init__(self, state: State, licence: str = "premium") -> None:
        self.company: Company = state.company
        self.library = state.library
        self.licence = licence
        self._state = state
        self._world = state.company.world
        self._trail = Trail(state)
        self._view = View(state)

    def rows(self, kind: str) -> dict[Any, dict[str, Any]]:
        """Return every row of a kind by id, with the fields that the world knows.

        Memberships are known by (group ref, member ref), privileges by (principal ref, role, scope), findings by
        (file id, detector).
        """
        found: dict[Any, dict[str, Any]] = getattr(self, f"_{kind}_rows")()
        return found

    def hidden(self, kind: str) -> set[str]:
        """Return the sites that nobody can open, which must be said: a locked OneDrive."""
        if kind not in {"file", "share", "trash"}:
            return set()
        drive = self.library.drive_of_person(SUSPENDED)
        return {drive.site} if drive is not None else set()

    # People

    def _account_rows(self) -> dict[Any, dict[str, Any]]:
        company, found = self.company, {}
        admins = company.administrators()
        for position in range(company.count):
            user = company.user(company.index_at(position))
            if user is None:
                continue
            known = self.licence != "free"
            last = clock.normalise(when(user.last_sign_in)) if user.last_sign_in is not None and known else None
            found[user.id] = {
                "login": user.upn,
                "email": user.mail or user.upn,
                "name": user.name,
                "status": "invited" if user.pending else "active" if user.enabled else "suspended",
                "is_admin": user.id in admins,
                "mfa": user.mfa if user.enabled and known else None,
                "external": user.guest,
                "last_login": last,
                "created": clock.normalise(when(user.created)),
            }
        return found

    def _group_rows(self) -> dict[Any, dict[str, Any]]:
        company = self.company
        return {company.groups.make(n): {"name": company.group_name(n)} for n in range(company.group_count)}

    def _membership_rows(self) -> dict[Any, dict[str, Any]]:
        company, found = self.company, {}
        for group in range(company.group_count):
            above = local("group", company.groups.make(group))
            for kind, index in company.members(group):
                ref = local("group" if kind == "group" else "account", company.member_id(kind, index))
                found[above, ref] = {"group": company.group_name(group)}
        return found

    def _privilege_rows(self) -> dict[Any, dict[str, Any]]:
        company, found = self.company, {}
        for one in company.held:
            if one.eligible and self.licence != "premium":
                continue
            kind = "group" if company.group_of(one.principal) is not None else "account"
            role = company.roles[one.role] + (" (eligible)" if one.eligible else "")
            found[local(kind, one.principal), role, "org" if one.scope == "/" else one.scope] = {"id": one.id}
        return found

    # Activity

    def activity(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield what the logs still have, oldest first: the event's number and its row."""
        trail = self._trail
        start = {SIGN_IN: trail.first(30), AUDIT: trail.first(30 if self.licence != "free" else 7)}
        feed = trail.first(7, FEED_MARGIN)
        if self.licence == "free":
            start[SIGN_IN] = feed
        for index in range(min(*start.values(), feed), self._world.events):
            log = trail.log_of(index)
            if index < start.get(log, feed):
                continue
            event = self._world.event(APP, index)
            user = trail.who(event)
            row: dict[str, Any] = {
                "id": trail.event_id(index),
                "time": clock.normalise(when(event.time.timestamp())),
                "actor": user.upn,
                "ip": event.ip,
                "outcome": "success" if event.success else "failure",
                "kind": event.kind,
            }
            if log == AUDIT:
                row["action"] = trail.audit_name(event)[0]
            elif log != SIGN_IN:
                row["action"] = str(trail.record(index)["Operation"])
                if "ResultStatus" not in trail.record(index):
                    del row["outcome"]
            yield index, row

    def _activity_rows(self) -> dict[Any, dict[str, Any]]:
        return {row.pop("id"): row for _, row in self.activity()}

    def products(self) -> dict[str, str]:
        """Return which of the ten apps each record of the feed belongs to, by its id."""
        found = {}
        for index, row in self.activity():
            if self._trail.log_of(index) not in {SIGN_IN, AUDIT}:
                product = self._trail.product(index)
                if product is not None:
                    found[str(row["id"])] = product
        return found

    # Grants

    def _grant_rows(self) -> dict[Any, dict[str, Any]]:
        by_id = {one.id: one for one in self.company.principals}
        found: dict[Any, dict[str, Any]] = {}
        for _, grant in self._state.grants():
            found[f"delegated/{grant.id}"] = {
                "name": by_id[grant.client].name,
                "client_id": by_id[grant.client].app,
                "principal_ref": None if grant.principal is None else f"account:{grant.principal}",
                "scopes": grant.scope.split(),
            }
        for one in self.company.assigned:
            if one.principal_type == "ServicePrincipal":
                found[f"role/{one.id}@{one.resource}"] = {
                    "name": by_id[one.principal].name,
                    "client_id": by_id[one.principal].app,
                    "principal_ref": None,
                    "scopes": [by_id[one.resource].roles[one.role]],
                    "issued": clock.normalise(when(one.created)),
                }
        return found

    # Files

    def files(self) -> Iterator[Item]:
        """Yield every file, those in recycle bins excepted."""
        yield from map(self.library.file, range(self._world.files))
        if self._world.files:
            yield self.library.oddity()

    def _drive(self, item: Item) -> Drive:
        found = self.library.drive(item.drive)
        assert found is not None  # noqa: S101 - items lie in drives
        return found

    def _file_rows(self) -> dict[Any, dict[str, Any]]:
        found = {}
        for item in self.files():
            drive = self._drive(item)
            owner = self.company.users.make(drive.person) if drive.person is not None else item.by
            size, digest = self._view.sums(item.versions[-1])
            found[f"{item.drive}/{item.id}"] = {
                "name": item.name,
                "path": self._state.path(item),
                "owner_ref": f"account:{owner}",
                "size": size,
                "mime": item.mime,
                "modified": clock.normalise(when(item.modified)),
                "hash": f"quickxor:{digest}",
                "trashed": False,
                "sharing": self.sharing(item),
            }
        return found

    def sharing(self, item: Item) -> str:
        """Return how far a file is open, by what stands on it and on the folders above it."""
        owner = self._drive(item).person
        levels = ["private"]
        for one, _ in self._state.permissions(item):
            if one.kind != "user" or one.role != "owner" or owner is None:
                levels.append(self.library.sharing.level(one))
        return max(levels, key=_LEVELS.index)

    def _trash_rows(self) -> dict[Any, dict[str, Any]]:
        found = {}
        for one in self.library.binned():
            size, _ = self._view.sums(one.item.versions[-1])
            found[f"{one.site}/{one.id}"] = {"name": one.item.name, "size": size, "trashed": True}
        return found

    def _finding_rows(self) -> dict[Any, dict[str, Any]]:
        return {(id_, planted.detector): {"count": planted.count} for id_, planted in self.findings()}

    def findings(self) -> Iterator[tuple[str, Planted]]:
        """Yield what a perfect inspection finds: the file's id, and what was planted in it."""
        for index in range(self._world.files):
            planted = self.library.files.planted(index)
            if planted:
                item = self.library.file(index)
                yield from ((f"{item.drive}/{item.id}", one) for one in planted)

    # Shares

    def _share_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        for item in self._shared_items():
            person = self._drive(item).person
            ref = local("folder" if item.folder else "file", f"{item.drive}/{item.id}")
            for one in item.permissions:
                if one.kind == "user" and one.role == "owner" and person is not None:
                    continue
                found[f"{item.drive}/{item.id}/{one.id}"] = self._share(one, ref, self._state.path(item))
        return found

    def _share(self, one: Permission, ref: str, path: str) -> dict[str, Any]:
        kind = one.kind if one.kind in {"link", "user"} else "group"
        row = {
            "file": path,
            "file_ref": ref,
            "kind": kind,
            "role": one.role,
            "sharing": self.library.sharing.level(one),
            "expires": clock.normalise(when(one.expires)) if one.expires is not None else None,
        }
        if kind == "user":
            row["who"] = one.people[0]
        return row

    def _shared_items(self) -> Iterator[Item]:
        for drive in self.library.drives():
            if drive.locked or self._view.is_quarantine(drive):
                continue
            for segment in self.library.segments(drive):
                for one in segment:
                    item = self.library.file(one) if isinstance(one, int) else self.library.item(one)
                    if item is not None and item.permissions:
                        yield item
