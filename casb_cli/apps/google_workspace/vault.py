"""The two shared drives of the quarantine: files pass through the intake and stay in the vault.

Two, because the owner must be a member of the drive that a file is moved into, and a member of the vault could
read all that lies there.
"""

from __future__ import annotations

import uuid
from typing import Any

from casb_cli.apps.base import step
from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.drives import INTAKE, VAULT
from casb_cli.apps.google_workspace.permits import On, Permits
from casb_cli.core.errors import NotPermitted, ObjectMissing, StateConflict, Unavailable

_FIELDS = {VAULT: "quarantine_drive", INTAKE: "intake_drive"}
_NOT_YET = frozenset({"teamDriveMembershipRequired", "insufficientFilePermissions", "fileOwnerNotMemberOfTeamDrive"})
"""What is answered to a member whom not all of Drive knows yet, and to one who is none."""
_ATTEMPTS = 5
_RESTRICTIONS = {
    "adminManagedRestrictions": True,
    "copyRequiresWriterPermission": True,
    "domainUsersOnly": True,
    "driveMembersOnly": True,
}


class Vault(Permits):
    """Finding and making the quarantine drives, and moving files between drives."""

    @step("make-drives")
    def _make_drives(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        """Return the ids of both drives, made where there are none."""
        del args, memo
        return {"vault": self._drive(VAULT), "intake": self._drive(INTAKE)}

    def _drive(self, name: str) -> str:
        named = self.facts.fields.get(_FIELDS[name], "").strip()
        if named:
            roles = {(one.email_address or "").lower(): one.role for one in self.members(named, fresh=True)}
            if roles.get(self.admin) != "organizer":
                raise StateConflict(
                    f"{self.admin} is no manager of the quarantine drive {named}",
                    hint="make that administrator a manager of it in Google Drive",
                )
            return named
        found = self._ours(name)
        if found is not None:
            return found
        for attempt in range(_ATTEMPTS):
            # The same id for the same drive: a request that is sent twice makes it once.
            request = uuid.uuid5(uuid.NAMESPACE_URL, f"casb:{self.customer_id}:{self.admin}:{name}:{attempt}")
            call = self.act(
                f"POST {DRIVE}/drives",
                query={"requestId": str(request)},
                json={"name": name},
                safe=True,
                answers=(409,),
            )
            answer = self.client.send(call)
            if answer.status == 409:
                made = self._ours(name)
            else:
                made = answer.decode(shapes.Drive).id
                self._restrict(made)
            if made is not None:
                return made
        raise StateConflict(
            f"the shared drive `{name}` can be neither found nor made",
            hint="make two shared drives of your own and name them at connect: quarantine_drive and intake_drive",
        )

    def _ours(self, name: str) -> str | None:
        """Return the oldest shared drive of that name that nobody but us has in hand."""
        query: dict[str, Any] = {
            "useDomainAdminAccess": True,
            "q": f"name = '{name}'",
            "fields": "nextPageToken,drives(id,name,createdTime,restrictions(driveMembersOnly))",
        }
        found = [
            one
            for page, _ in self.pages(f"{DRIVE}/drives", shapes.Drives, **query)
            for one in page.drives or ()
            if one.name == name and self._alone_in(one.id, name)
        ]
        if not found:
            return None
        oldest = min(found, key=lambda one: (one.created_time or "", one.id))
        if not (oldest.restrictions or {}).get("driveMembersOnly"):
            self._restrict(oldest.id)
        return oldest.id

    def _alone_in(self, drive: str, name: str) -> bool:
        """Tell whether we are its only manager, and of the vault its only member."""
        members = self.members(drive, fresh=True)
        return self.is_ours(drive) and (name != VAULT or len(members) == 1)

    def _restrict(self, drive: str) -> None:
        path, query = {"driveId": drive}, {"useDomainAdminAccess": True}
        body = {"restrictions": _RESTRICTIONS}
        self.client.send(self.act(f"PATCH {DRIVE}/drives/{{driveId}}", path, query=query, json=body, safe=True))

    # Moving

    def seen(self, file: str, as_: str | None) -> shapes.Item | None:
        """Return where somebody sees a file; None where they don't."""
        try:
            return self.item(file, as_, "id,parents,driveId,trashed,md5Checksum,owners(emailAddress)")
        except ObjectMissing:
            return None

    def move(self, file: str, as_: str | None, to: str) -> None:
        """Move a file, from where it is seen, into a folder or to the top of a shared drive; raises ObjectMissing."""
        now = self.item(file, as_, "id,parents,driveId")
        if now.parent == to:
            return
        query: dict[str, Any] = {"supportsAllDrives": True, "addParents": to, "fields": "id,parents,driveId"}
        if now.parent:
            query["removeParents"] = now.parent
        self.client.send(
            self.act(f"PATCH {DRIVE}/files/{{fileId}}", {"fileId": file}, as_, query=query, json={}, safe=False)
        )

    def move_through(self, file: str, as_: str, to: str) -> None:
        """Move a file into a drive that `as_` was let into a moment ago; raises Unavailable while that is not known.

        Google takes seconds to know a new member everywhere; whoever runs the steps waits, and tries again.
        """
        try:
            self.move(file, as_, to)
        except (ObjectMissing, NotPermitted, StateConflict) as error:
            if not isinstance(error, ObjectMissing) and error.code not in _NOT_YET:
                raise
            raise Unavailable(error.words, call=error.call, status=error.status, code=error.code) from None

    def lies_in(self, file: str, as_: str, place: str) -> bool:
        """Tell whether somebody sees a file in a folder, or at the top of a shared drive."""
        now = self.seen(file, as_)
        return now is not None and now.parent == place

    def door(self, drive: str) -> On:
        """Return a shared drive as what carries memberships."""
        return On(drive, self.admin, drive=True)

    def let_in(self, drive: str, who: str, role: str) -> None:
        """Make somebody a member of a shared drive."""
        self.give(self.door(drive), membership(who, role))

    def let_out(self, drive: str, who: str) -> None:
        """End somebody's membership of a shared drive; one that is none is fine."""
        try:
            present = self.direct_now(self.door(drive), membership(who, ""))
        except ObjectMissing:
            return
        if present is not None:
            self.drop(self.door(drive), present.id)


def membership(who: str, role: str) -> dict[str, Any]:
    """Return a member's permission on a shared drive."""
    return {"id": "", "type": "user", "who": who, "role": role, "expires": None}
