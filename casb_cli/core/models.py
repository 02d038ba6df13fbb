"""What every app's objects become: frozen structs, one per noun of the command line.

A field that is null is absent, or the provider doesn't say; in the second case its name stands in
`unknown`. A field `x_ref` holds a reference within the instance (`kind:id`, see `core.refs.local`); output
adds app and instance. Times are RFC 3339 UTC with `Z`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

Status = Literal["active", "suspended", "disabled", "invited"]
Sharing = Literal["private", "internal", "external", "public"]
ShareKind = Literal["link", "user", "group", "domain"]
ActivityKind = Literal["logon", "user", "admin"]
Outcome = Literal["success", "failure"]
Severity = Literal["low", "medium", "high", "critical"]
Confidence = Literal["low", "medium", "high"]

SHARING_ORDER: dict[str | None, int] = {"public": 0, "external": 1, "internal": 2, None: 3, "private": 4}
"""Exposure first: the smaller, the earlier a file is inspected."""

SEVERITY_ORDER: dict[str, int] = {"low": 0, "medium": 1, "high": 2, "critical": 3}


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every row has: the provider's immutable id, and the fields the provider doesn't tell.

    Rows hold plain data and never one another, so the collector need not look at a million of them.
    """

    kind_of_row: ClassVar[str] = ""

    id: str
    unknown: tuple[str, ...] = ()


class Account(Row, frozen=True, kw_only=True):
    """A user account as the provider's administrators see it."""

    kind_of_row: ClassVar[str] = "account"

    login: str | None = None
    email: str | None = None
    name: str | None = None
    status: Status | None = None
    is_admin: bool | None = None
    mfa: bool | None = None
    external: bool | None = None
    last_login: str | None = None
    created: str | None = None
    profile: dict[str, Any] = {}


class Group(Row, frozen=True, kw_only=True):
    """A named set of accounts."""

    kind_of_row: ClassVar[str] = "group"

    name: str | None = None
    member_count: int | None = None


class Membership(Row, frozen=True, kw_only=True):
    """One account (or group) in one group."""

    kind_of_row: ClassVar[str] = "membership"

    group: str | None = None
    group_ref: str | None = None
    member: str | None = None
    member_ref: str | None = None
    role: str | None = None


class Privilege(Row, frozen=True, kw_only=True):
    """A role that a principal holds over a scope (`org`, a repository, a group)."""

    kind_of_row: ClassVar[str] = "privilege"

    principal: str | None = None
    principal_ref: str | None = None
    role: str | None = None
    scope: str | None = None


class Activity(Row, frozen=True, kw_only=True):
    """One event of the provider's audit trail; `raw` keeps the provider's own fields."""

    kind_of_row: ClassVar[str] = "activity"

    time: str | None = None
    kind: ActivityKind | None = None
    action: str | None = None
    actor: str | None = None
    actor_ref: str | None = None
    target: str | None = None
    target_ref: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    outcome: Outcome | None = None
    product: str | None = None
    """Which of a provider's several apps it belongs to; null where the provider is one app."""


class File(Row, frozen=True, kw_only=True):
    """One file; `hash` is prefixed with its algorithm, `version` is what a later write must match."""

    kind_of_row: ClassVar[str] = "file"

    name: str | None = None
    path: str | None = None
    owner: str | None = None
    owner_ref: str | None = None
    size: int | None = None
    mime: str | None = None
    modified: str | None = None
    hash: str | None = None
    version: str | None = None
    sharing: Sharing | None = None
    trashed: bool | None = None
    product: str | None = None
    """Which of a provider's several apps holds it; null where the provider is one app."""
    profile: dict[str, Any] = {}
    locator: dict[str, str] = {}
    """What the connector needs to reach the file besides its id (a branch, an owner to act as); not a column."""


class Share(Row, frozen=True, kw_only=True):
    """One way in which something is open to somebody; `inherited_from` is the folder that carries it."""

    kind_of_row: ClassVar[str] = "share"

    file: str | None = None
    file_ref: str | None = None
    kind: ShareKind | None = None
    who: str | None = None
    role: str | None = None
    sharing: Sharing | None = None
    expires: str | None = None


class Grant(Row, frozen=True, kw_only=True):
    """A token, key, credential or app installation, and what it permits."""

    kind_of_row: ClassVar[str] = "grant"

    name: str | None = None
    kind: str | None = None
    client_id: str | None = None
    principal: str | None = None
    principal_ref: str | None = None
    scopes: tuple[str, ...] | None = None
    issued: str | None = None
    expires: str | None = None
    last_used: str | None = None
    profile: dict[str, Any] = {}
    """What else the provider tells: publisher, whether it is verified, who consented, how far it reaches."""


class Finding(Row, frozen=True, kw_only=True):
    """Something a detector recognised in a file: never the match itself, a masked excerpt and a place.

    `id` is the fingerprint: a keyed hash of detector, file and match, stable over scans.
    """

    kind_of_row: ClassVar[str] = "finding"

    detector: str | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None
    count: int | None = None
    excerpt: str | None = None
    place: str | None = None
    file: str | None = None
    file_ref: str | None = None
    sharing: Sharing | None = None
    first_seen: str | None = None
    state: str | None = None


class Action(Row, frozen=True, kw_only=True):
    """One governed action as the journal tells it."""

    kind_of_row: ClassVar[str] = "action"

    time: str | None = None
    action: str | None = None
    mode: str | None = None
    target: str | None = None
    target_ref: str | None = None
    state: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    undo: str | None = None
    reason: str | None = None


ROWS: dict[str, type[Row]] = {
    cls.kind_of_row: cls
    for cls in (Account, Group, Membership, Privilege, Activity, File, Share, Grant, Finding, Action)
}


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A change feed's word that an object is no longer there.

    `kind` is a kind of row, or `partition`: then `id` is the key of a partition of ListFiles that is no more. With
    `rest`, `id` is how ids begin: all objects of the kind that begin so are gone, but for those in the same page.
    """

    kind: str
    id: str
    rest: bool = False


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """Who the provider says this connection belongs to: read at connect, kept with the instance."""

    id: str
    name: str
    variant: str = "standard"
    plan: str | None = None
    facts: dict[str, str] = {}


class OwnPermissions(msgspec.Struct, frozen=True, kw_only=True):
    """What the credential may do: `granted` as the provider names it (not expanded).

    `complete` is true where the provider lists everything granted; else only `proven` and `refused`, settled by
    a probe, are known. `proven` holds ability keys, `refused` ability keys or, where single calls are refused,
    `<ability key> <call>`. `identity` is the account that the credential acts as, a
    local ref.
    """

    granted: tuple[str, ...] = ()
    vocabulary: str = "*"
    """The key under which `@needs(any_of=...)` lists scopes of this kind of credential."""
    complete: bool = False
    proven: tuple[str, ...] = ()
    refused: dict[str, str] = {}
    identity: str | None = None
    identity_name: str | None = None
    expires: str | None = None
    notes: tuple[str, ...] = ()
    shortened: str | None = None
    """What this credential is known not to see: accepted with `--force` when it was connected."""


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """One resumable part of a listing: a repository, a user's folders, a group's members.

    `key` is unique within the ability and stable over runs; `data` is what the connector needs to list it;
    `exposure` orders the queue (see SHARING_ORDER).
    """

    key: str
    data: dict[str, str] = {}
    exposure: int = 3


ROOT = Partition(key="")
"""Where every listing begins."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a listing that could not be read, or reads as less than it is.

    `effect` is `hidden` when rows are missing, `degraded` when only fields are. `unreachable` is what the
    provider shows to nobody, with whatever permission: it is stated and counted, but is no failure of the run.
    """

    code: Literal["scope-missing", "licence-missing", "not-visible", "unreachable", "gap", "degraded"]
    about: str
    needed: tuple[str, ...] = ()
    effect: Literal["hidden", "degraded"] = "hidden"
