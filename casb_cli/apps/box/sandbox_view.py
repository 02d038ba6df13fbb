"""How one caller sees things: every object as JSON, with only the fields asked for.

What a page of files has in common (owner, parent, path) is encoded once and copied, so that a page of a thousand
costs little more than its names and hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from casb_cli.apps.box.sandbox_company import ALL_FILES
from casb_cli.apps.box.sandbox_objects import Collab, Item, Link, User, Version
from casb_cli.apps.box.sandbox_shapes import (
    COLLAB,
    FILE_MINI,
    FOLDER_MINI,
    GROUP,
    TRASH_SECONDS,
    USER,
    USER_STANDARD,
    VERSION,
    always,
)
from casb_cli.apps.box.sandbox_state import State
from casb_cli.apps.box.sandbox_wire import when

FIRST = 100
TEMPLATE = "securityClassification-6VMVochwUWo"
LABELS = {
    "Public": ("Anybody may read it.", "#4A9C6D"),
    "Internal": ("For colleagues only.", "#2486FC"),
    "Confidential": ("For named people only.", "#F5B31B"),
    "Quarantined": ("Held back by security.", "#ED3757"),
}
"""The classifications of the enterprise: definition and colour."""

_ENCODE = msgspec.json.encode
_TIMES = ("created_at", "modified_at", "content_created_at", "content_modified_at")
FILE_STANDARD = (
    *FILE_MINI,
    "description",
    "size",
    "path_collection",
    *_TIMES,
    "trashed_at",
    "purged_at",
    "created_by",
    "modified_by",
    "owned_by",
    "shared_link",
    "parent",
    "item_status",
)
FOLDER_STANDARD = (
    *FOLDER_MINI,
    "description",
    "size",
    "path_collection",
    *_TIMES,
    "trashed_at",
    "purged_at",
    "created_by",
    "modified_by",
    "owned_by",
    "shared_link",
    "folder_upload_email",
    "parent",
    "item_status",
    "item_collection",
)
LOCK_FIELDS = ("id", "type", "created_by", "created_at", "expired_at", "is_download_prevented")


class View:
    """The state through the eyes of `caller` (an account's id)."""

    def __init__(self, state: State, caller: str) -> None:
        self.state = state
        self.caller = caller
        self._minis: dict[str, msgspec.Raw] = {}
        self._places: dict[tuple[str, str], _Place] = {}

    # Accounts and teams

    def mini(self, user: str) -> msgspec.Raw:
        """Return an account in its shortest form."""
        known = self._minis.get(user)
        if known is None:
            found = self.state.user(user)
            row = {"type": "user", "id": user, "name": found.name, "login": found.login} if found else None
            known = self._minis[user] = msgspec.Raw(_ENCODE(row))
        return known

    def user(self, user: User, fields: Sequence[str] | None) -> dict[str, Any]:
        """Return an account; `enterprise`, `role` and other full fields only when asked for."""
        return _select(USER, (self, user), fields, USER_STANDARD)

    def group(self, index: int, fields: Sequence[str] | None = ("name", "group_type")) -> dict[str, Any]:
        """Return a team."""
        group = self.state.company.world.group(index)
        standard = ("name", "group_type", "created_at", "modified_at")
        return _select(GROUP, (self, group, self.state.company.group_id(index)), fields, standard)

    # Items

    def item(self, item: Item, fields: Sequence[str] | None, standard: Sequence[str] | None = None) -> dict[str, Any]:
        """Return a file or folder."""
        if item.kind == "file":
            return _select(_FILE, (self, item), fields, standard or FILE_STANDARD)
        return _select(_FOLDER, (self, item), fields, standard or FOLDER_STANDARD)

    def root(self, fields: Sequence[str] | None) -> dict[str, Any]:
        """Return the caller's root folder."""
        return _select(_ROOT, (self, self.caller), fields, FOLDER_STANDARD)

    def entries(self, found: Iterable[Item | int], fields: Sequence[str] | None) -> list[dict[str, Any]]:
        """Return a page of a folder; an untouched file comes as its index."""
        company = self.state.company
        makers = {"file": _chosen(_FILE, fields or FILE_MINI), "folder": _chosen(_FOLDER, fields or FOLDER_MINI)}
        rows = []
        for one in found:
            item = one if isinstance(one, Item) else company.file(one)
            thing = (self, item)
            rows.append({name: make(thing) for name, make in makers[item.kind]})
        return rows

    def first_items(self, folder: str) -> dict[str, Any]:
        """Return what a folder carries of its own content: the first hundred entries, and how many there are."""
        state = self.state
        if folder == "0":
            root = state.root(self.caller)
            found: list[Item | int] = list(root[:FIRST])
            total = len(root)
        else:
            found = [one for _, one in islice(state.children(folder), FIRST)]
            folders, files = state.base_children(folder)
            total = len(folders) + len(files) + len(state.came.get(folder, ())) - len(state.left.get(folder, ()))
        order = [{"by": "type", "direction": "ASC"}, {"by": "name", "direction": "ASC"}]
        entries = self.entries(found, None)
        return {"total_count": total, "entries": entries, "offset": 0, "limit": FIRST, "order": order}

    def trashed(self, item: Item, fields: Sequence[str] | None) -> dict[str, Any]:
        """Return an item in the trash: its link reads null although it lives on."""
        row = self.item(item, fields)
        if "shared_link" in row:
            row["shared_link"] = None
        row.pop("item_collection", None)
        return row

    def place(self, item: Item) -> _Place:
        """Return where an item lies as the caller sees it, with the owner; shared by all its siblings."""
        key = (item.parent, item.holder if item.parent == "0" else "")
        known = self._places.get(key)
        if known is None:
            known = self._places[key] = _Place(self, item)
        return known

    def link(self, link: Link | None, kind: str) -> dict[str, Any] | None:
        """Return a shared link."""
        if link is None:
            return None
        row: dict[str, Any] = {
            "url": link.url,
            "download_url": None,
            "vanity_url": f"https://larkspur.app.box.example/v/{link.vanity_name}" if link.vanity_name else None,
            "vanity_name": link.vanity_name,
            "effective_access": link.access,
            "effective_permission": link.role,
            "is_password_enabled": link.password,
            "unshared_at": when(link.unshared),
            "download_count": link.downloads,
            "preview_count": 0,
            "access": link.access,
            "permissions": {"can_preview": True, "can_download": link.can_download, "can_edit": link.can_edit},
        }
        if kind == "file" and link.access != "collaborators" and link.can_download:
            row["download_url"] = link.url.replace("/s/", "/shared/static/")
        return row

    def has_collabs(self, item: Item) -> bool:
        """Tell whether somebody collaborates on an item, by itself or from above."""
        return self.place(item).shared or bool(self.state.collabs_on(item.kind, item.id))

    # Others

    def version(self, version: Version, number: int, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """Return a version of a file."""
        row = _select(VERSION, (self, version, number), fields, tuple(VERSION))
        return _told(row, "trashed_by", "restored_by")

    def collab(self, collab: Collab, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """Return a collaboration; while it is pending, item and invitee are hidden as Box hides them."""
        return _told(_select(COLLAB, (self, collab), fields, tuple(COLLAB)), "acknowledged_at")


class _Place:
    """The folder of some items as one caller sees it."""

    def __init__(self, view: View, item: Item) -> None:
        state = view.state
        chain = state.above(item)
        self.owner = state.owner(item, chain)
        self.owned_by = view.mini(self.owner)
        owned = self.owner == view.caller
        seen = chain if owned else [f for n, f in enumerate(chain) if state.role(view.caller, f, chain[n + 1 :])]
        path = [_folder_mini(None), *(_folder_mini(folder) for folder in reversed(seen))]
        self.path = msgspec.Raw(_ENCODE({"total_count": len(path), "entries": path}))
        self.parent = msgspec.Raw(_ENCODE(path[-1]))
        self.trashed = any(folder.trashed is not None for folder in chain)
        self.shared = any(state.collabs_on("folder", folder.id) for folder in chain)
        self.foreign = not state.managed(self.owner)
        self.role = "owner" if owned else None
        self.chain = chain


def _folder_mini(folder: Item | None) -> dict[str, Any]:
    if folder is None:
        return {"type": "folder", "id": "0", "sequence_id": None, "etag": None, "name": ALL_FILES}
    etag = str(folder.etag)
    return {"type": "folder", "id": folder.id, "sequence_id": etag, "etag": etag, "name": folder.name}


_TRASH_PATH = {
    "total_count": 1,
    "entries": [{"type": "folder", "id": "1", "sequence_id": None, "etag": None, "name": "Trash"}],
}


def _chosen(
    makers: Mapping[str, Callable[[Any], Any]], fields: Sequence[str]
) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return the makers of `type`, `id` and some fields, looked up once for a whole page."""
    return [(name, makers[name]) for name in dict.fromkeys(("type", "id", *fields)) if name in makers]


def _select(
    makers: Mapping[str, Callable[[Any], Any]], thing: Any, fields: Sequence[str] | None, standard: Sequence[str]
) -> dict[str, Any]:
    row = {"type": makers["type"](thing), "id": makers["id"](thing)}
    for name in standard if fields is None else fields:
        make = makers.get(name)
        if make is not None:
            row[name] = make(thing)
    return row


def _told(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """Leave out fields that Box leaves out where they are empty."""
    for name in names:
        if row.get(name) is None:
            row.pop(name, None)
    return row


def _size(view: View, folder: str) -> int:
    return sum(
        (one.current.size if one.kind == "file" else 0) if isinstance(one, Item) else 0
        for _, one in view.state.children(folder)
    )


def _status(view: View, item: Item) -> str:
    return "trashed" if item.trashed is not None or view.place(item).trashed else "active"


def _permissions(view: View, item: Item) -> dict[str, bool]:
    place = view.place(item)
    role = place.role or view.state.role(view.caller, item, place.chain) or "viewer"
    edit = role in {"owner", "co-owner", "editor"}
    found = {
        "can_delete": edit,
        "can_download": role in {"owner", "co-owner", "editor", "viewer uploader", "viewer"},
        "can_invite_collaborator": edit,
        "can_rename": edit,
        "can_set_share_access": edit,
        "can_share": edit,
        "can_upload": edit or role.endswith("uploader"),
    }
    if item.kind == "folder":
        return found
    return {
        **found,
        "can_annotate": edit,
        "can_comment": edit,
        "can_preview": role != "uploader",
        "can_view_annotations_all": edit,
        "can_view_annotations_self": True,
    }


def _classification(item: Item) -> dict[str, str] | None:
    if item.label is None:
        return None
    definition, color = LABELS[item.label]
    return {"name": item.label, "definition": definition, "color": color}


def _lock(view: View, item: Item) -> dict[str, Any] | None:
    if item.lock is None:
        return None
    return {**item.lock, "created_by": view.mini(item.lock["created_by"])}


_ITEM: dict[str, Callable[[Any], Any]] = {
    "id": lambda t: t[1].id,
    "etag": lambda t: str(t[1].etag),
    "sequence_id": lambda t: str(t[1].etag),
    "name": lambda t: t[1].name,
    "description": lambda t: t[1].description,
    "path_collection": lambda t: _TRASH_PATH if t[1].trashed is not None else t[0].place(t[1]).path,
    "created_at": lambda t: when(t[1].created),
    "modified_at": lambda t: when(t[1].modified),
    "trashed_at": lambda t: when(t[1].trashed),
    "purged_at": lambda t: None if t[1].trashed is None else when(t[1].trashed + TRASH_SECONDS),
    "created_by": lambda t: t[0].mini(t[1].by),
    "modified_by": lambda t: t[0].mini(t[1].by),
    "owned_by": lambda t: t[0].place(t[1]).owned_by,
    "shared_link": lambda t: t[0].link(t[1].link, t[1].kind),
    "parent": lambda t: t[0].place(t[1]).parent,
    "item_status": lambda t: _status(t[0], t[1]),
    "permissions": lambda t: _permissions(t[0], t[1]),
    "tags": lambda t: t[1].tags,
    "has_collaborations": lambda t: t[0].has_collabs(t[1]),
    "is_externally_owned": lambda t: t[0].place(t[1]).foreign,
    "is_accessible_via_shared_link": lambda t: t[1].link is not None,
    "classification": lambda t: _classification(t[1]),
    "watermark_info": always({"is_watermarked": False}),
    "allowed_invitee_roles": always(["editor", "viewer"]),
}
_FILE: dict[str, Callable[[Any], Any]] = {
    **_ITEM,
    "type": always("file"),
    "sha1": lambda t: t[1].current.sha1,
    "size": lambda t: t[1].current.size,
    "file_version": lambda t: {"type": "file_version", "id": t[1].current.id, "sha1": t[1].current.sha1},
    "content_created_at": lambda t: when(t[1].versions[0].created),
    "content_modified_at": lambda t: when(t[1].current.created),
    "version_number": lambda t: str(len(t[1].versions)),
    "comment_count": always(0),
    "lock": lambda t: _lock(t[0], t[1]),
    "extension": lambda t: t[1].name.rpartition(".")[2] if "." in t[1].name else "",
    "is_package": always(False),
    "expires_at": always(None),
    "uploader_display_name": lambda t: t[0].state.known_user(t[1].current.by).name,
    "shared_link_permission_options": always(["can_preview", "can_download"]),
}
_FOLDER: dict[str, Callable[[Any], Any]] = {
    **_ITEM,
    "type": always("folder"),
    "size": lambda t: _size(t[0], t[1].id),
    "content_created_at": lambda t: when(t[1].created),
    "content_modified_at": lambda t: when(t[1].modified),
    "folder_upload_email": always(None),
    "item_collection": lambda t: t[0].first_items(t[1].id),
    "sync_state": always("not_synced"),
    "can_non_owners_invite": always(True),
    "is_collaboration_restricted_to_enterprise": always(False),
    "allowed_shared_link_access_levels": always(["collaborators", "company", "open"]),
    "can_non_owners_view_collaborators": always(True),
}
_ROOT: dict[str, Callable[[Any], Any]] = {
    "type": always("folder"),
    "id": always("0"),
    "etag": always(None),
    "sequence_id": always(None),
    "name": always(ALL_FILES),
    "description": always(""),
    "size": always(0),
    "path_collection": always({"total_count": 0, "entries": []}),
    **{name: always(None) for name in (*_TIMES, "trashed_at", "purged_at", "shared_link", "parent")},
    "folder_upload_email": always(None),
    "created_by": always({"type": "user", "id": "", "name": "", "login": ""}),
    "modified_by": lambda t: t[0].mini(t[1]),
    "owned_by": lambda t: t[0].mini(t[1]),
    "item_status": always("active"),
    "item_collection": lambda t: t[0].first_items("0"),
    "has_collaborations": always(False),
    "is_externally_owned": always(False),
    "sync_state": always("not_synced"),
    "tags": always([]),
}
