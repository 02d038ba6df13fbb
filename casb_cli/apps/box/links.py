"""Reading and writing shared links and collaborations of one item, as its owner; what governed actions share."""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.box import mapping
from casb_cli.apps.box.common import BoxBase
from casb_cli.core import clock
from casb_cli.core.errors import ObjectMissing, RequestRefused, StateConflict

LINK_FIELDS = "type,id,name,etag,shared_link,has_collaborations,owned_by"
NO_LINK: dict[str, Any] = {"access": None}
ITEMS = {"file": "/files/{file_id}", "folder": "/folders/{folder_id}"}


def item_path(kind: str, id_: str) -> dict[str, str]:
    """Return the path values of an item's calls."""
    return {f"{kind}_id": id_}


def link_state(item: mapping.Item) -> dict[str, Any]:
    """Return an item's link as the journal keeps it: never its URL."""
    link = item.shared_link
    if link is None:
        return dict(NO_LINK)
    return {
        "access": link.access or link.effective_access,
        "role": link.effective_permission,
        "expires": clock.normalise(link.unshared_at),
        "password": bool(link.is_password_enabled),
    }


def link_body(kind: str, state: dict[str, Any]) -> dict[str, Any] | None:
    """Return what makes the link of a file or folder have a state; None removes it.

    Permissions can be set on links that anybody or the company may open only, and editing on files alone.
    """
    if state.get("access") is None:
        return None
    body: dict[str, Any] = {"access": state["access"]}
    if "expires" in state:
        body["unshared_at"] = state["expires"]
    role = state.get("role")
    if role and state["access"] != "collaborators":
        body["permissions"] = {"can_download": role in {"can_download", "can_edit"}}
        if kind == "file":
            # What is not named stays: a link that could be edited must be told that it no longer can.
            body["permissions"]["can_edit"] = role == "can_edit"
    return body


def collaboration_state(found: mapping.Collaboration) -> dict[str, Any]:
    """Return a collaboration as the journal keeps it: enough to make it again."""
    who = found.accessible_by
    return {
        "id": found.id,
        "type": who.type if who else "user",
        "account": who.id if who else None,
        "who": mapping.principal(found)[1],
        "login": who.login if who else found.invite_email,
        "role": found.role,
        "expires": clock.normalise(found.expires_at),
    }


class Links(BoxBase):
    """Steps on links and collaborations; each may be repeated."""

    def link_of(self, kind: str, id_: str, user: str) -> dict[str, Any]:
        """Return an item's link as it is now; raises ObjectMissing."""
        return link_state(self.item(kind, id_, user, LINK_FIELDS))

    def put_link(self, kind: str, id_: str, user: str, state: dict[str, Any]) -> None:
        """Give an item's link a state; `access` None removes it."""
        self.client.send(
            self.act(
                f"PUT {ITEMS[kind]}",
                item_path(kind, id_),
                user,
                query={"fields": "shared_link"},
                json={"shared_link": link_body(kind, state)},
                safe=True,
            )
        )

    def same(self, found: mapping.Collaboration, state: dict[str, Any]) -> bool:
        """Tell whether a collaboration lets in the same person or group."""
        if found.accessible_by is not None and state.get("account"):
            return found.accessible_by.id == str(state["account"])
        login = found.accessible_by.login if found.accessible_by else found.invite_email
        return bool(login) and str(login).lower() == str(state.get("login") or "").lower()

    def standing(self, kind: str, id_: str, user: str, state: dict[str, Any]) -> mapping.Collaboration | None:
        """Return the collaboration of the same person or group that stands on an item now."""
        return next((one for one in self.direct(kind, id_, user) if self.same(one, state)), None)

    def join(self, kind: str, id_: str, user: str, state: dict[str, Any]) -> str:
        """Let somebody in, where they are not yet, without a mail; return the collaboration's id."""
        present = self.standing(kind, id_, user, state)
        if present is not None:
            return present.id
        who: dict[str, Any] = {"type": state["type"]}
        who |= {"id": state["account"]} if state.get("account") else {"login": state["login"]}
        body = {"item": {"type": kind, "id": id_}, "accessible_by": who, "role": state["role"]}
        body |= {"expires_at": state["expires"]} if state.get("expires") else {}
        call = self.act("POST /collaborations", None, user, query={"notify": False}, json=body, safe=False)
        try:
            return self.client.send(call).decode(mapping.Collaboration).id
        except (RequestRefused, StateConflict) as error:
            if error.code != "user_already_collaborator":
                raise
            present = self.standing(kind, id_, user, state)
            if present is None:
                raise
            return present.id

    def leave(self, collaboration: str, user: str) -> None:
        """End a collaboration; one that is gone already is fine."""
        self.client.send(
            self.act(
                "DELETE /collaborations/{collaboration_id}",
                {"collaboration_id": collaboration},
                user,
                safe=True,
                answers=(404,),
            )
        )

    @step("set-link")
    def _set_link(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.put_link(args["kind"], args["id"], args["owner"], args["link"])

    @step("drop-link")
    def _drop_link(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.put_link(args["kind"], args["id"], args["owner"], NO_LINK)

    @step("drop-collaboration")
    def _drop_collaboration(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        # After an undo the same person's collaboration has another id: it is looked for by whom it lets in.
        try:
            present = self.standing(args["kind"], args["id"], args["owner"], args["collaboration"])
        except ObjectMissing:
            return
        if present is not None:
            self.leave(present.id, args["owner"])

    @step("restore-collaboration")
    def _restore_collaboration(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.join(args["kind"], args["id"], args["owner"], args["collaboration"])

    @step("change-collaboration")
    def _change_collaboration(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        present = self.standing(args["kind"], args["id"], args["owner"], args["collaboration"])
        if present is None:
            raise ObjectMissing(f"{args['collaboration']['who']} is no longer a collaborator")
        body = msgspec.to_builtins({key: args["to"][key] for key in args["to"]})
        self.client.send(
            self.act(
                "PUT /collaborations/{collaboration_id}",
                {"collaboration_id": present.id},
                args["owner"],
                json=body,
                safe=True,
            )
        )
