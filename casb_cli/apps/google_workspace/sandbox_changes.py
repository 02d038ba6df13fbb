"""The simulated Drive's change logs, one for each account and shared drive, and the shared drives themselves."""

from __future__ import annotations

import re
from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_items import no_drive, too_little
from casb_cli.apps.google_workspace.sandbox_objects import Drive
from casb_cli.apps.google_workspace.sandbox_permissions import Permissions
from casb_cli.apps.google_workspace.sandbox_state import Change
from casb_cli.apps.google_workspace.sandbox_view import DRIVE_DEFAULT, FILE_DEFAULT
from casb_cli.apps.google_workspace.sandbox_wire import (
    Mask,
    Refusal,
    flag,
    invalid,
    mask_of,
    paged,
    pruned,
    size_of,
    when,
)
from casb_cli.sandbox import chance
from casb_cli.sandbox.wire import Reply, Request, answer, route

FIRST = 48_000
"""The start token of a log in which nothing has happened."""
TURN = 1_000_000
"""What is added to a token where a page comes twice."""
_QUERY = re.compile(r"\s*name\s*(=|contains)\s*'((?:[^'\\]|\\.)*)'\s*")
_RESTRICTIONS = frozenset(
    {
        "adminManagedRestrictions",
        "copyRequiresWriterPermission",
        "domainUsersOnly",
        "driveMembersOnly",
        "sharingFoldersRequiresOrganizerPermission",
    }
)
_CHANGE: Mask = {
    "kind": None, "changeType": None, "removed": None, "fileId": None, "driveId": None, "time": None, "type": None,
    "file": FILE_DEFAULT, "drive": DRIVE_DEFAULT,
}  # fmt: skip


class Changes(Permissions):
    """Change logs and shared drives."""

    # Change logs

    @route("GET /drive/v3/changes/startPageToken")
    def start_token(self, request: Request) -> Reply:
        """Return where what happens from now on begins."""
        self._log_of(request)
        return answer({"kind": "drive#startPageToken", "startPageToken": str(FIRST + len(self.state.log))})

    def _log_of(self, request: Request) -> str | None:
        drive = request.query.get("driveId")
        if drive is None:
            return None
        if not self.all_drives(request):
            raise no_drive(drive)
        return self.member(request, drive).id

    @route("GET /drive/v3/changes", paged=True)
    def list_changes(self, request: Request) -> Reply:
        """List what has changed since a token, each thing once as it is now; tokens never expire."""
        query = request.query
        drive = self._log_of(request)
        raw = query.get("pageToken", "")
        if not raw.isdigit():
            raise invalid("pageToken", "Invalid Value")
        turn, at = divmod(int(raw), TURN)
        start = at - FIRST
        if not 0 <= start <= len(self.state.log):
            raise invalid("pageToken", "Invalid Value")
        size = size_of(request, "pageSize", 100, 1000)
        including = self.all_drives(request) and flag(request, "includeItemsFromAllDrives")
        if drive is not None and not including:
            raise invalid("includeItemsFromAllDrives", "It must be true where driveId is given.")
        mask = self.mask(request, {"kind": None, "nextPageToken": None, "newStartPageToken": None, "changes": _CHANGE})
        below = _CHANGE if mask is None or mask.get("changes") is None else mask["changes"]
        file_mask = None if below is None else below.get("file", {})
        rows: list[dict[str, Any]] = []
        here = start
        while here < len(self.state.log) and len(rows) < size:
            change = self.state.log[here]
            if self.state.latest[change.id] == here:
                row = self._row(request, change, drive, including, file_mask)
                if row is not None and (not row["removed"] or query.get("includeRemoved", "true") == "true"):
                    rows.append(row)
            here += 1
        body: dict[str, Any] = {"kind": "drive#changeList", "changes": [pruned(row, below) for row in rows]}
        if request.fault == "duplicate-page" and rows:
            body["nextPageToken"] = str(at + (turn + 1) * TURN)
        elif here < len(self.state.log):
            body["nextPageToken"] = str(FIRST + here)
        else:
            body["newStartPageToken"] = str(FIRST + here)
        return answer(body if mask is None else {name: value for name, value in body.items() if name in mask})

    def _row(
        self, request: Request, change: Change, drive: str | None, including: bool, mask: Mask | None
    ) -> dict[str, Any] | None:
        """Return an entry as it is now, None where it doesn't belong into the caller's log."""
        who, state = request.who.account, self.state
        me = ids.user_id(who)
        if drive is not None:
            if drive not in change.drives:
                return None
        elif change.drives and me not in change.owners:
            # some of what happens in a shared drive appears in its own log only
            member = any((d := state.drive(one)) and state.drive_role(who, d) for one in change.drives)
            if not including or change.access_only or not member:
                return None
        elif me not in change.owners:
            item = state.items.get(change.id)
            if item is None or (not item.gone and not state.role(who, item, direct=True)):
                return None
        row: dict[str, Any] = {"kind": "drive#change", "time": when(change.at), "removed": False}
        if change.drive_itself:
            found = state.drive(change.id)
            row |= {"changeType": "drive", "type": "drive", "driveId": change.id, "removed": found is None}
            if found is not None:
                row["drive"] = self.view(request).drive(found, state.drive_role(who, found))
            return row
        row |= {"changeType": "file", "type": "file", "fileId": change.id}
        item = state.find(change.id)
        seen = item is not None and state.role(who, item) is not None
        inside = item is not None and (item.drive == drive if drive else item.drive is None or including)
        if item is None or not seen or not inside:
            return row | {"removed": True}
        return row | {"file": self.view(request).file(item, mask)}

    # Shared drives

    @route("GET /drive/v3/drives", paged=True)
    def list_drives(self, request: Request) -> Reply:
        """List the account's shared drives, or all of the domain for an administrator who asks so."""
        who, view = request.who.account, self.view(request)
        user = self.state.user(who)
        forced = self.forced(request)
        found = [one for one in self.state.all_drives() if forced or self.state.drive_role(who, one)]
        if user is not None and user.suspended:
            found = []
        if request.query.get("q"):
            if not forced:
                raise invalid("q", "Searches need useDomainAdminAccess.")
            found = [one for one in found if self._matches(one, request.query["q"])]
        page, following = paged(
            request, "drives", found, size_of(request, "pageSize", 10, 100), f"{forced} {request.query.get('q')}"
        )
        mask = self.mask(request, {"kind": None, "nextPageToken": None, "drives": DRIVE_DEFAULT})
        body: dict[str, Any] = {
            "kind": "drive#driveList",
            "drives": [view.drive(one, self.state.drive_role(who, one)) for one in page],
        }
        if following:
            body["nextPageToken"] = following
        return answer(pruned(body, mask))

    @staticmethod
    def _matches(drive: Drive, text: str) -> bool:
        found = _QUERY.fullmatch(text)
        if found is None:
            raise invalid("q", "Invalid Value")
        wanted = re.sub(r"\\(.)", r"\1", found[2]).casefold()
        return drive.name.casefold() == wanted if found[1] == "=" else wanted in drive.name.casefold()

    def _drive(self, request: Request, need: str) -> Drive:
        found = self.state.drive(request.params["driveId"])
        if found is not None and self.forced(request):
            return found
        found = self.member(request, request.params["driveId"])
        if need == "organizer" and self.state.drive_role(request.who.account, found) != "organizer":
            raise too_little()
        return found

    def _shown_drive(self, request: Request, drive: Drive) -> Reply:
        text = request.query.get("fields")
        row = self.view(request).drive(drive, self.state.drive_role(request.who.account, drive))
        return answer(pruned(row, mask_of(text) if text else DRIVE_DEFAULT))

    @route("GET /drive/v3/drives/{driveId}")
    def get_drive(self, request: Request) -> Reply:
        """Return a shared drive."""
        return self._shown_drive(request, self._drive(request, "reader"))

    @route("POST /drive/v3/drives")
    def create_drive(self, request: Request) -> Reply:
        """Create a shared drive whose only member is the caller; a request id is good for one."""
        asked, data, who = request.query.get("requestId"), self.body(request), request.who.account
        if not asked:
            raise Refusal(400, "required", "Required parameter: requestId")
        if not data.get("name"):
            raise Refusal(400, "required", "The shared drive needs a name.")
        id_ = "0A" + chance.text(chance.BASE62, 11, self.world.seed, *asked.encode()) + "Uk9PVA"
        if self.state.drives.get(id_) is not None:
            raise Refusal(409, "duplicate", "A shared drive was created with this request id already.")
        own = self.state.owner_permission(ids.user_id(who))
        own.role = "organizer"
        drive = Drive(id=id_, name=str(data["name"]), created=self.now(), members=[own])
        self.state.keep_drive(drive)
        self.state.drive_changed(drive)
        self.trail.note_drive(who, "create", doc_id=id_, doc_title=drive.name, doc_type="shared_drive")
        return self._shown_drive(request, drive)

    @route("PATCH /drive/v3/drives/{driveId}")
    def patch_drive(self, request: Request) -> Reply:
        """Change a shared drive's name or restrictions."""
        drive, data = self._drive(request, "organizer"), self.body(request)
        drive = self.state.keep_drive(drive)
        before = (drive.name, dict(drive.restrictions))
        restrictions = data.get("restrictions") or {}
        if restrictions.keys() - _RESTRICTIONS:
            raise invalid("restrictions", "Invalid Value")
        drive.restrictions = {**drive.restrictions, **{name: bool(value) for name, value in restrictions.items()}}
        drive.name = str(data.get("name") or drive.name)
        if before != (drive.name, drive.restrictions):
            self.state.drive_changed(drive)
            self.trail.note_drive(
                request.who.account, "shared_drive_settings_change", doc_id=drive.id, doc_title=drive.name
            )
        return self._shown_drive(request, drive)

    @route("DELETE /drive/v3/drives/{driveId}")
    def delete_drive(self, request: Request) -> Reply:
        """Delete an empty shared drive."""
        drive = self._drive(request, "organizer")
        if any(item.trashed is None for _, item in self.state.in_drive(drive.id)):
            raise Refusal(403, "cannotDeleteTeamDriveWithChildren", "The shared drive holds untrashed items.")
        drive = self.state.keep_drive(drive)
        drive.gone = True
        self.state.drive_changed(drive)
        return Reply(204)
