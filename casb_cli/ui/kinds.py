"""The kinds of rows that commands print: their fields in order, each field's type and meaning.

Fields and types of the model's kinds come from `core.models`; only the meanings are written here, and a test
holds the two together. A kind that is no model (an app, a cell of the matrix) is declared in `OTHER` as a
table of field to (type, meaning); a new one is one more entry there.
"""

from __future__ import annotations

from typing import NamedTuple

from casb_cli.core.errors import UnknownName


class FieldInfo(NamedTuple):
    """One output field: its name, its type in words, what it tells."""

    name: str
    type: str
    meaning: str


COMMON = {
    "ref": ("text", "the reference of this object: app:instance:kind:id"),
    "app": ("text", "the app"),
    "instance": ("text", "the instance"),
    "id": ("text", "the provider's own immutable id"),
}
STORED = {
    "file": {
        "missed": (
            "text",
            "with --stored: why text of it was not, or not wholly, inspected, or `waiting`",
        ),
    },
}
"""What only the store tells of a kind."""
UNKNOWN = ("list of text", "the fields that the provider doesn't tell for this row")

MEANINGS: dict[str, dict[str, str]] = {
    "account": {
        "login": "the name to sign in with",
        "email": "the e-mail address",
        "name": "the person's name",
        "status": "whether the account can sign in",
        "is_admin": "whether it administers the tenant",
        "mfa": "whether a second factor is set up",
        "external": "whether it belongs to somebody outside the tenant",
        "last_login": "the last sign-in, RFC 3339",
        "created": "when it was made, RFC 3339",
        "profile": "further fields, as the provider names them",
    },
    "group": {"name": "the group's name", "member_count": "how many members it has"},
    "membership": {
        "group": "the group's name",
        "group_ref": "the group",
        "member": "the member's login or name",
        "member_ref": "the member",
        "role": "the role within the group",
    },
    "privilege": {
        "principal": "who holds it",
        "principal_ref": "the account or group that holds it",
        "role": "the role, as the provider names it",
        "scope": "what the role covers",
    },
    "activity": {
        "time": "when it happened, RFC 3339",
        "kind": "sign-in, user or administrative activity",
        "action": "what was done, as the provider names it",
        "actor": "who did it",
        "actor_ref": "the account that did it",
        "target": "what it was done to",
        "target_ref": "the object it was done to",
        "ip": "the address it came from",
        "user_agent": "the program it was done with",
        "outcome": "whether it worked",
        "product": "which of the provider's several apps it belongs to",
    },
    "file": {
        "name": "the file's name",
        "path": "where it lies",
        "owner": "who owns it",
        "owner_ref": "the account that owns it",
        "size": "bytes",
        "mime": "the type that the provider states",
        "modified": "the last change of its content, RFC 3339",
        "hash": "the provider's checksum, after the name of its algorithm",
        "version": "the version that a later write must match",
        "sharing": "the widest audience that can open it",
        "trashed": "whether it lies in the trash",
        "product": "which of the provider's several apps holds it",
        "profile": "further fields, such as a sensitivity label",
    },
    "share": {
        "file": "what is shared",
        "file_ref": "the file or folder that is shared",
        "kind": "how it is shared",
        "who": "with whom",
        "role": "what they may do",
        "sharing": "how wide the audience is",
        "expires": "when it ends, RFC 3339",
    },
    "grant": {
        "name": "the name of the app or token",
        "kind": "token, key, authorization or installation, as the provider names it",
        "client_id": "the app's client id",
        "principal": "whose access it uses",
        "principal_ref": "the account whose access it uses",
        "scopes": "what it permits",
        "issued": "when it was given, RFC 3339",
        "expires": "when it ends, RFC 3339",
        "last_used": "when it was last used, RFC 3339",
        "profile": "further fields, such as publisher, consent and risk",
    },
    "finding": {
        "detector": "the detector that recognised it",
        "severity": "how bad it is",
        "confidence": "how sure the detector is",
        "count": "how many matches at this place",
        "excerpt": "the match, masked",
        "place": "where in the file",
        "file": "the file's name or path",
        "file_ref": "the file",
        "sharing": "the widest audience that can open the file",
        "first_seen": "when it was first found, RFC 3339",
        "state": "open, suppressed or gone",
    },
    "action": {
        "time": "when it was planned or done, RFC 3339",
        "action": "what was done",
        "mode": "in which way, where there are several",
        "target": "the object's name",
        "target_ref": "the object",
        "state": "changed, already, failed, unknown, pending or manual",
        "before": "the state before",
        "after": "the state after",
        "undo": "the command that undoes it",
        "reason": "why it failed, or why it was done",
    },
}

OTHER: dict[str, dict[str, tuple[str, str]]] = {
    "app": {
        "app": ("text", "the app's key, as commands take it"),
        "title": ("text", "the provider's name"),
        "status": ("text", "available, or where it comes from"),
        "auth": ("list of text", "the ways to sign in"),
        "unattended": ("list of text", "those of them that work without a person"),
        "variants": ("list of text", "the provider's editions that differ"),
        "prerequisites": ("list of text", "licences and roles that the provider asks for"),
    },
    "matrix-cell": {
        "app": ("text", "the app"),
        "capability": ("text", "the line of the matrix"),
        "status": ("yes | partial | no", "whether the provider's API can do it and casb does"),
        "note": ("text", "what is missing and why"),
        "abilities": ("list of text", "the abilities of the connector behind it"),
        "instance": ("text", "with --live: the instance"),
        "live": (
            "proven | granted | scope-missing | licence-missing | off | unverifiable",
            "with --live: the first layer that says no, or how well it is known to work",
        ),
        "credential": ("text", "with --live: the credential that is used"),
    },
    "exact-data": {
        "name": ("text", "the index's name"),
        "detector": ("text", "the id of its detector"),
        "rows": ("number", "the rows that can be found"),
        "skipped": ("number", "rows without a usable leading value, or with too few values beside"),
        "beside": ("number", "the columns whose values may stand near"),
        "need": ("number", "how many of them must"),
        "file": ("text", "where the index is"),
    },
    "document-fingerprint": {
        "name": ("text", "the fingerprint's name"),
        "detector": ("text", "the id of its detector"),
        "documents": ("list of text", "the file names of the documents, as they were given"),
        "words": ("number", "the words of all of them"),
        "phrases": ("number", "the phrases that copies are known by"),
        "file": ("text", "where the fingerprint is"),
    },
    "instance": {
        "app": ("text", "the app"),
        "instance": ("text", "the instance's name"),
        "tenant": ("text", "the provider's name and id of the tenant"),
        "variant": ("text", "the provider's edition"),
        "credentials": ("list of text", "each credential: name, method, purpose"),
        "status": ("text", "how the last scan ended"),
        "last_scan": ("text", "when the last scan began, RFC 3339"),
        "next_scan": ("text", "when the next scan is due, RFC 3339, or `due`"),
        "gaps": ("list of text", "what the last scan could not see"),
    },
    "check": {
        "instance": ("text", "the instance, or null for this machine"),
        "check": ("text", "what was checked"),
        "status": ("text", "how it stands"),
        "detail": ("text", "what was found"),
        "fix": ("text", "the exact thing to add or run"),
    },
    "scan": {
        "instance": ("text", "the instance"),
        "state": ("text", "how the scan ended"),
        "seen": ("object", "how many of each kind were seen"),
        "inspected": ("integer", "how many files were inspected"),
        "findings": ("integer", "how many findings are open"),
        "suppressed": ("integer", "how many findings are suppressed, and counted nowhere else"),
        "lost": ("list of text", "what was expected and not delivered"),
        "denied": ("list of text", "what was never expected, for want of a permission or a licence"),
        "exit_code": ("integer", "this instance's exit code"),
    },
    "run": {
        "run": ("integer", "the number of the run"),
        "instance": ("text", "the instance"),
        "trigger": ("text", "what started it"),
        "started": ("text", "when it began, RFC 3339"),
        "ended": ("text", "when it ended, RFC 3339"),
        "state": ("text", "how it ended"),
        "exit_code": ("integer", "its exit code"),
        "seen": ("object", "how many of each kind were seen"),
        "lost": ("list of text", "what was expected and not delivered"),
        "gaps": ("list of text", "what could not be seen, with dates"),
    },
    "change": {
        "instance": ("text", "the instance"),
        "change": ("text", "what happened to the object"),
        "kind": ("text", "the kind of row that changed"),
        "name": ("text", "the object's name"),
        "ref": ("text", "the object"),
        "fields": ("list of text", "the fields that changed"),
        "before": ("object", "their values before"),
        "after": ("object", "their values after"),
    },
    "protection": {
        "ref": ("text", "the protected account"),
        "app": ("text", "the app"),
        "instance": ("text", "the instance"),
        "name": ("text", "the account's name"),
        "why": ("text", "why it is protected"),
        "added": ("text", "since when, RFC 3339"),
    },
    "match": {
        "detector": ("text", "the detector that recognised it"),
        "severity": ("low | medium | high | critical", "how bad it is"),
        "confidence": ("low | medium | high", "how sure the detector is"),
        "excerpt": ("text", "the match, masked"),
        "file": ("text", "the local file, `-` for standard input"),
        "place": ("text", "where in the file"),
        "start": ("integer", "the first byte, in its text as UTF-8: of the file if that is text, else of the part"),
        "end": ("integer", "the byte behind the last"),
        "fingerprint": ("text", "a keyed hash of the value: the same value, the same hash, on this machine"),
        "count": ("integer", "how many distinct values, of a detector that asks for several; else 1"),
        "state": ("open | known | suppressed", "whether it counts: what a baseline knows, or is suppressed, does not"),
    },
    "detector": {
        "detector": ("text", "the detector's id, as --detector takes it"),
        "title": ("text", "what it recognises"),
        "family": ("text", "the kind of data"),
        "severity": ("low | medium | high | critical", "how bad a match is"),
        "confidence": ("low | medium | high", "how sure it is, before keywords and proofs"),
        "source": ("text", "`shipped`, or the file that it stands in"),
        "templates": ("list of text", "the purposes it serves, as --template of `casb detect` takes them"),
    },
    "suppression": {
        "fingerprint": ("text", "what is suppressed: a finding's id, or the fingerprint of a match"),
        "kind": ("finding | match", "a finding of a scan, or a value that `casb detect` meets"),
        "ref": ("text", "the finding"),
        "detector": ("text", "the finding's detector; that with which a match was met last"),
        "file": ("text", "the finding's file; that in which a match was met last"),
        "reason": ("text", "why it is no problem"),
        "until": ("text", "when it ends, RFC 3339; null is never"),
        "state": ("active | expired", "whether it holds: what is expired counts again"),
    },
    "field": {
        "field": ("text", "the field's name, as --fields and --where take it"),
        "type": ("text", "the type of its values; every field may be null"),
        "meaning": ("text", "what it tells"),
    },
}

TABLE: dict[str, tuple[str, ...]] = {
    "account": ("ref", "login", "email", "status", "is_admin", "mfa", "last_login", "name", "external"),
    "group": ("ref", "name", "member_count"),
    "membership": ("group", "member", "role", "group_ref", "member_ref"),
    "privilege": ("principal", "role", "scope", "ref"),
    "activity": ("time", "kind", "actor", "action", "target", "outcome", "ip", "app", "instance"),
    "file": ("ref", "path", "sharing", "owner", "size", "modified", "trashed"),
    "share": ("ref", "file", "kind", "who", "role", "sharing", "expires"),
    "grant": ("ref", "name", "kind", "principal", "scopes", "last_used", "issued"),
    "finding": ("severity", "detector", "file", "place", "excerpt", "sharing", "count", "ref", "state"),
    "action": ("time", "action", "target", "state", "undo", "reason", "mode", "ref"),
    "app": ("app", "title", "auth", "unattended", "status"),
    "match": ("severity", "detector", "file", "place", "excerpt", "confidence", "count"),
    "matrix-cell": ("app", "instance", "capability", "status", "live", "credential", "note"),
}
"""What a terminal shows first, in order of interest, as far as its width goes; the rest is in JSON and CSV."""


def names() -> tuple[str, ...]:
    """Return every kind, in the order of the documentation."""
    return (*MEANINGS, *OTHER)


def columns(kind: str) -> tuple[str, ...]:
    """Return the fields of a kind in output order; raises UnknownName."""
    if kind in OTHER:
        return tuple(OTHER[kind])
    if kind in MEANINGS:
        return (*COMMON, *MEANINGS[kind], *STORED.get(kind, ()), "unknown")
    raise UnknownName(f"`{kind}` is no kind of row", hint=f"kinds: {', '.join(names())}")


def describe(kind: str) -> list[FieldInfo]:
    """Return every field of a kind with type and meaning; raises UnknownName."""
    if kind in OTHER:
        return [FieldInfo(name, *told) for name, told in OTHER[kind].items()]
    if kind not in MEANINGS:
        columns(kind)
    rows = [FieldInfo(name, *told) for name, told in COMMON.items()]
    types = _types(kind)
    rows += [FieldInfo(name, types[name], meaning) for name, meaning in MEANINGS[kind].items()]
    rows += [FieldInfo(name, *told) for name, told in STORED.get(kind, {}).items()]
    return [*rows, FieldInfo("unknown", *UNKNOWN)]


def _types(kind: str) -> dict[str, str]:
    from typing import get_type_hints

    from casb_cli.core.models import ROWS

    return {name: type_in_words(hint) for name, hint in get_type_hints(ROWS[kind]).items()}


def type_in_words(hint: object) -> str:
    """Return a type annotation as a reader of JSON calls it; null is left out, as every field may be null."""
    from types import NoneType, UnionType
    from typing import Literal, Union, get_args, get_origin

    plain = {str: "text", bool: "true | false", int: "integer", float: "number"}
    if isinstance(hint, type) and hint in plain:
        return plain[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " | ".join(map(str, parts))
    if origin in {Union, UnionType}:
        return " | ".join(type_in_words(part) for part in parts if part is not NoneType)
    if origin in {tuple, list}:
        return f"list of {type_in_words(parts[0])}"
    return "object"
