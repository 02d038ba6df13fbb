"""Acting on sharing: links are tightened or removed, collaborators let out and in again."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.box import mapping
from casb_cli.apps.box.links import NO_LINK, Links, collaboration_state
from casb_cli.apps.box.scopes import USERS, WRITE, box
from casb_cli.apps.box.walk import Walker
from casb_cli.core import clock
from casb_cli.core.capabilities import Change, ChangeShare, RemoveShare, Step, needs
from casb_cli.core.errors import ObjectMissing, Unsupported, UsageError
from casb_cli.core.models import Sharing as Level
from casb_cli.core.refs import local

_WRITE = box((WRITE, USERS))
_ACCESS: dict[Level, str] = {"public": "open", "internal": "company", "private": "collaborators"}
_ROLES = ("can_preview", "can_download", "can_edit")
_COLLABORATOR_ROLES = (
    "editor",
    "viewer",
    "previewer",
    "uploader",
    "previewer uploader",
    "viewer uploader",
    "co-owner",
)
_NEW_URL = "the link comes back under a new URL"
_WORD_LOST = "the link had a password, which Box does not tell: made again it would be open to more than before"


class GovernSharing(Walker, Links, RemoveShare, ChangeShare):
    """Matrix row 10, the acting half."""

    def _parts(self, share: str) -> tuple[str, str, str, str | None]:
        parts = share.split(":")
        if len(parts) not in {3, 4} or parts[1] not in {"file", "folder"} or not all(parts):
            raise UsageError(f"`{share}` is no share of Box", hint="list them: casb list shares --app box")
        return parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else None

    def _find(self, owner: str, kind: str, id_: str, collaboration: str) -> dict[str, Any]:
        found = next((one for one in self.direct(kind, id_, owner) if one.id == collaboration), None)
        if found is None:
            raise ObjectMissing(f"the {kind} {id_} has no collaboration {collaboration}")
        return collaboration_state(found)

    @needs(
        "GET /files/{file_id}",
        "GET /folders/{folder_id}",
        "PUT /files/{file_id}",
        "PUT /folders/{folder_id}",
        "GET /files/{file_id}/collaborations",
        "GET /folders/{folder_id}/collaborations",
        "DELETE /collaborations/{collaboration_id}",
        "POST /collaborations",
        any_of=_WRITE,
    )
    def plan_remove_share(self, share: str) -> Change:
        owner, kind, id_, collaboration = self._parts(share)
        args: dict[str, Any] = {"owner": owner, "kind": kind, "id": id_}
        item = self.item(kind, id_, owner)
        name = f"{item.folder_path}/{item.name}"
        effects = ("everything below the folder is closed with it",) if kind == "folder" else ()
        touches = (local("share", share),)
        if collaboration is None:
            before = self.link_of(kind, id_, owner)
            return Change(
                action="unshare",
                target=local("share", share),
                target_name=f"link of {name}",
                before=before,
                after=dict(NO_LINK),
                steps=(Step(name="drop-link", title=f"remove the link of {name}", args=args),)
                if before["access"]
                else (),
                inverse=()
                if before.get("password")
                else (
                    Step(
                        name="set-link",
                        title=f"make a link of {name} again",
                        args={**args, "link": before},
                        undoes="drop-link",
                    ),
                ),
                irreversible=_WORD_LOST if before.get("password") else None,
                approximate=None if before.get("password") else _NEW_URL,
                touches=touches,
                side_effects=effects,
                keeps=args,
            )
        state = self._find(owner, kind, id_, collaboration)
        args["collaboration"] = state
        who = state["who"]
        return Change(
            action="unshare",
            target=local("share", share),
            target_name=f"{who} in {name}",
            before={"present": True, "role": state["role"]},
            after={"present": False},
            steps=(Step(name="drop-collaboration", title=f"let {who} out of {name}", args=args),),
            inverse=(
                Step(
                    name="restore-collaboration",
                    title=f"let {who} into {name} again",
                    args=args,
                    undoes="drop-collaboration",
                ),
            ),
            approximate="the collaboration gets a new id; somebody of another company must accept it again",
            touches=touches,
            side_effects=effects,
            keeps=args,
        )

    @needs(
        "GET /files/{file_id}",
        "GET /folders/{folder_id}",
        "PUT /files/{file_id}",
        "PUT /folders/{folder_id}",
        "GET /files/{file_id}/collaborations",
        "GET /folders/{folder_id}/collaborations",
        "DELETE /collaborations/{collaboration_id}",
        "POST /collaborations",
        any_of=_WRITE,
    )
    def plan_make_private(self, file: str) -> Change:
        owner = self.owner_of("file", file)
        item = self.item("file", file, owner)
        name = f"{item.folder_path}/{item.name}"
        steps: list[Step] = []
        inverse: list[Step] = []
        touches = [local("file", file)]
        effects: list[str] = []
        for carrier, link, outsiders in self._wide(item, owner):
            title = f"{carrier.type} {carrier.name}"
            args = {"owner": owner, "kind": carrier.type, "id": carrier.id}
            if carrier.type == "folder" and (link or outsiders):
                effects.append(f"the folder {carrier.name} carries it: everything below is closed with it")
            if link or outsiders:
                touches.append(local(carrier.type, carrier.id))
            if link:
                tight = {"access": "company"}
                steps.append(
                    Step(
                        name="set-link",
                        title=f"let only the company open the link of {title}",
                        args={**args, "link": tight},
                    )
                )
                if link["password"]:
                    effects.append(f"the link of {title} loses its password; undo leaves it open to the company only")
                else:
                    inverse.append(
                        Step(
                            name="set-link",
                            title=f"open the link of {title} to everybody again",
                            args={**args, "link": {"access": link["access"]}},
                            undoes="set-link",
                        )
                    )
            for one in outsiders:
                own = {**args, "collaboration": one}
                steps.append(Step(name="drop-collaboration", title=f"let {one['who']} out of {title}", args=own))
                inverse.append(
                    Step(
                        name="restore-collaboration",
                        title=f"let {one['who']} into {title} again",
                        args=own,
                        undoes="drop-collaboration",
                    )
                )
        return Change(
            action="make-private",
            target=local("file", file),
            target_name=name,
            version=item.etag,
            before={"wider": self._words(item, owner)},
            after={"wider": []},
            steps=tuple(steps),
            inverse=tuple(inverse),
            approximate="collaborations get new ids; people of other companies must accept them again",
            touches=tuple(dict.fromkeys(touches)),
            side_effects=tuple(effects),
            keeps={"owner": owner, "file": file},
        )

    def _wide(
        self, item: mapping.Item, owner: str
    ) -> list[tuple[mapping.Item, dict[str, Any] | None, list[dict[str, Any]]]]:
        """Return the file and the folders above it, each with its open link and its outsiders."""
        above = item.path_collection.entries if item.path_collection else []
        carriers = [item, *(self.item("folder", one.id, owner) for one in above if one.id != "0")]
        found = []
        for carrier in carriers:
            outsiders = (
                [
                    collaboration_state(one)
                    for one in self.direct(carrier.type, carrier.id, owner)
                    if self.is_external(one)
                ]
                if carrier.has_collaborations
                else []
            )
            link = self.link_of(carrier.type, carrier.id, owner) if carrier.level == "public" else None
            found.append((carrier, link, outsiders))
        return found

    def _words(self, item: mapping.Item, owner: str) -> list[str]:
        words = []
        for carrier, link, outsiders in self._wide(item, owner):
            words += [f"{carrier.type} {carrier.id}: link open to everybody"] if link else []
            words += [f"{carrier.type} {carrier.id}: {one['who']}" for one in outsiders]
        return sorted(words)

    @needs(
        "GET /files/{file_id}",
        "GET /folders/{folder_id}",
        "PUT /files/{file_id}",
        "PUT /folders/{folder_id}",
        "GET /files/{file_id}/collaborations",
        "GET /folders/{folder_id}/collaborations",
        "PUT /collaborations/{collaboration_id}",
        any_of=_WRITE,
    )
    def plan_change_share(
        self, share: str, *, role: str | None = None, sharing: str | None = None, expires: str | None = None
    ) -> Change:
        owner, kind, id_, collaboration = self._parts(share)
        item = self.item(kind, id_, owner)
        name = f"{item.folder_path}/{item.name}"
        args = {"owner": owner, "kind": kind, "id": id_}
        if collaboration is None:
            return self._change_link(share, name, args, role=role, sharing=sharing, expires=expires)
        if sharing:
            raise Unsupported("a collaborator has a --role and an --expires, no --sharing")
        if role and role not in _COLLABORATOR_ROLES:
            raise UsageError(f"`{role}` is no role of Box", hint=f"one of: {', '.join(_COLLABORATOR_ROLES)}")
        state = self._find(owner, kind, id_, collaboration)
        before = {"present": True, "role": state["role"], "expires": state["expires"]}
        after = {**before, **({"role": role} if role else {}), **({"expires": expires} if expires else {})}
        who = state["who"]

        def to(wanted: dict[str, Any]) -> Step:
            body = {"role": wanted["role"], **({"expires_at": wanted["expires"]} if expires else {})}
            return Step(
                name="change-collaboration",
                title=f"let {who} into {name} as {wanted['role']} until {wanted['expires'] or 'further notice'}",
                args={**args, "collaboration": state, "to": body},
            )

        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"{who} in {name}",
            before=before,
            after=after,
            steps=() if before == after else (to(after),),
            inverse=(to(before),),
            touches=(local("share", share),),
            keeps={**args, "collaboration": state},
        )

    def _change_link(
        self,
        share: str,
        name: str,
        args: dict[str, Any],
        *,
        role: str | None,
        sharing: str | None,
        expires: str | None,
    ) -> Change:
        if sharing and sharing not in _ACCESS:
            raise UsageError(f"a link cannot be `{sharing}`", hint=f"use --sharing {', '.join(_ACCESS)}")
        before = self.link_of(args["kind"], args["id"], args["owner"])
        if before["access"] is None:
            raise ObjectMissing(f"{name} has no link")
        access = _ACCESS[sharing] if sharing else before["access"]
        if role and access == "collaborators":
            raise UsageError(
                "a link for those who are let in anyway has no role", hint="use --sharing internal or public with it"
            )
        # Box lets a link to a folder be looked at and downloaded from, never edited.
        roles = _ROLES if args["kind"] == "file" else _ROLES[:2]
        if role and role not in roles:
            raise UsageError(f"`{role}` is no role of a link to a {args['kind']}", hint=f"one of: {', '.join(roles)}")
        after: dict[str, Any] = {**before, "access": access}
        after |= {"role": role} if role else {}
        after |= {"expires": expires} if expires else {}
        # Box keeps a password on open links only, and no permissions on those for collaborators.
        after["password"] = before["password"] and access == "open"
        if access != before["access"] and not role:
            after.pop("role", None)
        lost = before["password"] and not after["password"]
        step = Step(name="set-link", title=f"set the link of {name} to {access}", args={**args, "link": after})
        back = Step(name="set-link", title=f"set the link of {name} back", args={**args, "link": before})
        wider = access == "open" and before["access"] != "open"
        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"link of {name}",
            before=before,
            after=after,
            steps=() if before == after else (step,),
            inverse=() if lost else (back,),
            irreversible=_WORD_LOST if lost else None,
            touches=(local("share", share),),
            exposure=f"everybody who has the link can open {name}" if wider else None,
            side_effects=("the URL stays",),
            keeps=args,
        )

    def observe_unshare(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the link or the collaboration again, by whom it lets in: undo gives it a new id."""
        del memo
        keeps = change.keeps
        try:
            if "collaboration" not in keeps:
                return self.link_of(keeps["kind"], keeps["id"], keeps["owner"])
            found = self.standing(keeps["kind"], keeps["id"], keeps["owner"], keeps["collaboration"])
        except ObjectMissing:
            return {"present": False, **NO_LINK}
        if found is None:
            return {"present": False}
        return {"present": True, "role": found.role, "expires": clock.normalise(found.expires_at)}

    observe_change_share = observe_unshare

    def observe_make_private(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read again what opens the file to others than the company, itself and the folders above."""
        del memo
        owner = change.keeps["owner"]
        return {"wider": self._words(self.item("file", change.keeps["file"], owner), owner)}
