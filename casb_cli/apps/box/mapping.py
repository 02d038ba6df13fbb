"""Box's wire shapes and what they become. Fields are those of its OpenAPI description and of real events.

A field without a default is one the model truly needs; any other that is missing degrades to unknown.
"""

from __future__ import annotations

import mimetypes
from functools import lru_cache, partial

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import SHARING_ORDER, Account, File, Group, Membership, Privilege, Share, ShareKind, Sharing
from casb_cli.core.refs import local

USER_FIELDS = (
    "id,type,name,login,status,role,created_at,modified_at,space_used,is_exempt_from_login_verification,"
    "is_external_collab_restricted,is_platform_access_only,job_title"
)
FILE_FIELDS = (
    "type,id,etag,name,size,sha1,modified_at,owned_by,shared_link,has_collaborations,is_externally_owned,file_version"
)
SHARE_FIELDS = "type,id,name,owned_by,shared_link,has_collaborations,is_externally_owned"
ITEM_FIELDS = f"{FILE_FIELDS},parent,path_collection,item_status"
TRASH_FIELDS = "type,id,etag,name,size,sha1,modified_at,owned_by,parent,trashed_at,file_version"


class Who(msgspec.Struct, gc=False):
    """A user or group as other objects name it."""

    id: str
    type: str = "user"
    login: str | None = None
    name: str | None = None


class Enterprise(msgspec.Struct):
    id: str
    name: str | None = None


class User(msgspec.Struct):
    id: str
    login: str | None = None
    name: str | None = None
    status: str | None = None
    role: str | None = None
    created_at: str | None = None
    space_used: int | None = None
    space_amount: int | None = None
    is_exempt_from_login_verification: bool | None = None
    is_external_collab_restricted: bool | None = None
    is_platform_access_only: bool | None = None
    job_title: str | None = None
    enterprise: Enterprise | None = None

    @property
    def is_service(self) -> bool:
        """Whether it is the service account of a platform app."""
        return (self.login or "").startswith("AutomationUser_")


class Users(msgspec.Struct):
    entries: list[User]


class BoxGroup(msgspec.Struct):
    id: str
    name: str | None = None
    group_type: str | None = None


class Groups(msgspec.Struct):
    entries: list[BoxGroup]


class GroupMembership(msgspec.Struct):
    id: str
    role: str | None = None
    user: Who | None = None
    group: Who | None = None


class GroupMemberships(msgspec.Struct):
    entries: list[GroupMembership]


class Permissions(msgspec.Struct):
    can_download: bool | None = None
    can_preview: bool | None = None
    can_edit: bool | None = None


class Link(msgspec.Struct, gc=False):
    """A shared link, without its URL: whoever holds that may enter."""

    access: str | None = None
    effective_access: str | None = None
    effective_permission: str | None = None
    unshared_at: str | None = None
    is_password_enabled: bool | None = None

    @property
    def level(self) -> Sharing:
        """How far the link reaches by itself."""
        return _LEVELS.get(self.effective_access or self.access or "", "private")


_LEVELS: dict[str, Sharing] = {"open": "public", "company": "internal"}


class Folder(msgspec.Struct, gc=False):
    id: str
    name: str | None = None


class Path(msgspec.Struct, gc=False):
    entries: list[Folder] = []


class Version(msgspec.Struct, gc=False):
    id: str


class Item(msgspec.Struct, gc=False):
    """A file, folder or web link, with the fields that were asked for."""

    type: str
    id: str
    name: str | None = None
    etag: str | None = None
    size: int | None = None
    sha1: str | None = None
    modified_at: str | None = None
    trashed_at: str | None = None
    owned_by: Who | None = None
    shared_link: Link | None = None
    has_collaborations: bool | None = None
    is_externally_owned: bool | None = None
    file_version: Version | None = None
    parent: Folder | None = None
    path_collection: Path | None = None
    item_status: str | None = None

    @property
    def folder_path(self) -> str:
        """The path of the folders above, as their owner sees them; empty at the root."""
        above = self.path_collection.entries if self.path_collection else []
        return "".join(f"/{folder.name}" for folder in above if folder.id not in {"0", "1"})

    @property
    def level(self) -> Sharing:
        """How far its own link reaches."""
        return self.shared_link.level if self.shared_link else "private"


class Items(msgspec.Struct):
    entries: list[Item]


class Collaboration(msgspec.Struct):
    id: str
    role: str | None = None
    status: str | None = None
    expires_at: str | None = None
    accessible_by: Who | None = None
    invite_email: str | None = None
    item: Folder | None = None


class Collaborations(msgspec.Struct):
    entries: list[Collaboration]


def wider(first: Sharing, second: Sharing) -> Sharing:
    """Return the level that is open to more."""
    return first if SHARING_ORDER[first] <= SHARING_ORDER[second] else second


def account(user: User) -> Account:
    """Return a managed user; limited ones count as active, their raw status stays in the profile."""
    unknown = ["mfa", "last_login"]
    unknown += [name for name, value in (("status", user.status), ("is_admin", user.role)) if value is None]
    facts = {
        "role": user.role,
        "status": user.status,
        "job_title": user.job_title,
        "exempt_from_login_verification": user.is_exempt_from_login_verification,
        "external_collaboration_restricted": user.is_external_collab_restricted,
        "platform_access_only": user.is_platform_access_only,
    }
    return Account(
        id=user.id,
        login=user.login,
        email=user.login,
        name=user.name,
        status=None if user.status is None else "suspended" if user.status == "inactive" else "active",
        is_admin=None if user.role is None else user.role != "user",
        external=False,
        created=clock.normalise(user.created_at),
        profile={name: value for name, value in facts.items() if value is not None},
        unknown=tuple(unknown),
    )


def group(found: BoxGroup) -> Group:
    """Return a group; lists don't tell its size."""
    return Group(id=found.id, name=found.name, unknown=("member_count",))


def membership(found: GroupMembership, group_id: str, group_name: str) -> Membership:
    """Return one person in a group."""
    return Membership(
        id=found.id,
        group=group_name,
        group_ref=local("group", group_id),
        member=found.user.login if found.user else None,
        member_ref=local("account", found.user.id) if found.user else None,
        role=found.role,
        unknown=() if found.user else ("member", "member_ref"),
    )


def privilege(who: Who | User, role: str, scope: str, scope_id: str) -> Privilege:
    """Return a role that a person holds over the enterprise or over a group."""
    return Privilege(
        id=f"{scope_id}/{role}/{who.id}",
        principal=who.login,
        principal_ref=local("account", who.id),
        role=role,
        scope=scope,
    )


_account = lru_cache(maxsize=1024)(partial(local, "account"))


@lru_cache(maxsize=512)
def _mime(extension: str) -> str | None:
    return mimetypes.guess_type(f"x.{extension}")[0]


def file(item: Item, user: str, login: str, folder_path: str, sharing: Sharing) -> File:
    """Return a file of `user`, the account that owns it."""
    name = item.name or item.id
    return File(
        id=item.id,
        name=name,
        path=f"{folder_path}/{name}",
        owner=login,
        owner_ref=_account(user),
        size=item.size,
        mime=_mime(name.rpartition(".")[2].lower()),
        modified=clock.normalise(item.modified_at),
        hash=f"sha1:{item.sha1}" if item.sha1 else None,
        version=item.etag,
        sharing=sharing,
        trashed=False,
        locator={"owner": user, "version": item.file_version.id} if item.file_version else {"owner": user},
    )


def trashed_file(item: Item, user: str, login: str, folder_path: str | None) -> File:
    """Return a file in the trash; its links and collaborators rest, so its level is not told."""
    name = item.name or item.id
    unknown = ("sharing",) if folder_path is not None else ("sharing", "path")
    return File(
        id=item.id,
        name=name,
        path=None if folder_path is None else f"{folder_path}/{name}",
        owner=login,
        owner_ref=_account(user),
        size=item.size,
        mime=_mime(name.rpartition(".")[2].lower()),
        modified=clock.normalise(item.modified_at),
        hash=f"sha1:{item.sha1}" if item.sha1 else None,
        version=item.etag,
        trashed=True,
        locator={"owner": user, "trashed": "1"},
        unknown=unknown,
    )


def link_share(item: Item, user: str, path: str) -> Share | None:
    """Return the share that an item's link is; None where it has none."""
    link = item.shared_link
    if link is None:
        return None
    access = link.effective_access or link.access
    return Share(
        id=f"{user}:{item.type}:{item.id}",
        file=path,
        file_ref=local(item.type, item.id),
        kind="link",
        who=access,
        role=link.effective_permission,
        sharing=link.level,
        expires=clock.normalise(link.unshared_at),
        unknown=() if access else ("who", "sharing"),
    )


def principal(found: Collaboration) -> tuple[ShareKind, str | None]:
    """Return the kind and the name of whom a collaboration lets in."""
    who = found.accessible_by
    if who is None:
        return "user", found.invite_email
    if who.type == "group":
        return "group", who.name
    return "user", who.login or who.name or who.id


def collaboration_share(found: Collaboration, item: Item, user: str, path: str, *, external: bool) -> Share:
    """Return the share that a collaboration on an item is."""
    kind, name = principal(found)
    return Share(
        id=f"{user}:{item.type}:{item.id}:{found.id}",
        file=path,
        file_ref=local(item.type, item.id),
        kind=kind,
        who=name,
        role=found.role,
        sharing="external" if external else "internal",
        expires=clock.normalise(found.expires_at),
        unknown=() if name else ("who",),
    )
