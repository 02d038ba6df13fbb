"""Blobs of a repository's tree as files: the one mapping that a listing does a million times."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from casb_cli.apps.github.mapping import TreeEntry
from casb_cli.core.models import File

_REGULAR = "100644"
_PACKED = frozenset({"gz", "bz2", "xz", "z", "br"})
"""Endings of packed files: the type is told by the ending before."""


def file(entry: TreeEntry, repo: dict[str, str], owner_ref: str) -> File:
    """Return one blob of a repository's tree; `repo` is the partition's data."""
    return files([entry], repo, owner_ref)[0]


def files(entries: Iterable[TreeEntry], repo: dict[str, str], owner_ref: str) -> list[File]:
    """Return blobs of a repository's tree; what they have in common is made once, and shared."""
    head, root, owner = f"{repo['id']}:", f"/{repo['full_name']}/", repo["owner"]
    sharing: Any = repo["sharing"] or None
    unknown = ("modified",) if sharing else ("modified", "sharing")
    regular = {"repo": repo["full_name"], "branch": repo["branch"]}
    found = []
    for entry in entries:
        path, sha = entry.path, entry.sha
        name = path.rpartition("/")[2]
        found.append(
            File(
                id=head + path,
                name=name,
                path=root + path,
                owner=owner,
                owner_ref=owner_ref,
                size=entry.size,
                mime=_mime(name),
                hash="git:" + sha,
                version=sha,
                sharing=sharing,
                trashed=False,
                locator=regular if entry.mode == _REGULAR else {**regular, "mode": entry.mode},
                unknown=unknown,
            )
        )
    return found


def _mime(name: str) -> str | None:
    stem, _, extension = name.rpartition(".")
    if not stem.strip("."):
        return None
    if extension.lower() in _PACKED and "." in stem:
        extension = f"{stem.rpartition('.')[2]}.{extension}"
    return _mime_of(extension)


@lru_cache(maxsize=1024)
def _mime_of(extension: str) -> str | None:
    return mimetypes.guess_type(f"x.{extension}")[0]
