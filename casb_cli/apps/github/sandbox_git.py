"""The simulated git of one repository: real blob and tree ids over the company's files, commits on top."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from casb_cli.sandbox.facts import EMPTY_PLACE, PLAIN_PLACE, Place
from casb_cli.sandbox.library import Library

FILE, LINK, MODULE, TREE = "100644", "120000", "160000", "040000"


class Leaf(msgspec.Struct, frozen=True):
    """One path of a tree: mode, id, size; a `MODULE` has neither content nor size."""

    mode: str
    sha: str
    size: int


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One commit; `changes` is its difference from the repository's first content: None where a path is gone."""

    sha: str
    parents: tuple[str, ...]
    message: str
    author: str
    email: str
    date: datetime
    changes: Mapping[str, Leaf | None]


def blob_sha(data: bytes) -> str:
    """Return the id that git gives to a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _sha(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


ODDITIES: dict[str, tuple[str, bytes]] = {
    "docs-link": (LINK, b"docs"),
    "model.bin": (
        FILE,
        b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 123456\n",
    ),
    ".github/workflows/build.yml": (FILE, b"on: push\njobs: {}\n"),
}
"""What else lies in the `workshop`: a symbolic link, a pointer to large content, a workflow; and a submodule."""
SUBMODULE = "vendor/lib"


@lru_cache(maxsize=12)
def _listing(library: Library, place: Place) -> dict[str, Leaf]:
    found = {}
    for index in place.files:
        size, _, sha = library.sums(index)
        found[library.entry(index).path] = Leaf(FILE, sha, size)
    if place.index == PLAIN_PLACE:
        found.update((p, Leaf(mode, blob_sha(data), len(data))) for p, (mode, data) in ODDITIES.items())
        found[SUBMODULE] = Leaf(MODULE, _sha("submodule"), 0)
    return found


@lru_cache(maxsize=12)
def _by_sha(library: Library, place: Place) -> dict[str, int]:
    return {library.sums(index)[2]: index for index in place.files}


class Git:
    """Branches, commits, trees and blobs; blobs and trees are found by content as in git."""

    def __init__(self, library: Library | None, place: Place | None, ident: int = 0) -> None:
        self._library = library
        self._place = place
        self.blobs: dict[str, bytes] = {}
        self.commits: dict[str, Commit] = {}
        self.branches: dict[str, str] = {}
        self.loose_trees: dict[str, Mapping[str, Leaf | None]] = {}
        self.subtrees: dict[str, tuple[str, str]] = {}
        self.pushes: list[tuple[str, str, str, datetime, str]] = []
        self._roots: dict[str, str] = {}
        self._ident = ident if place is None else place.index
        if place is not None and place.index != EMPTY_PLACE and place.count:
            self._begin(place)

    def _begin(self, place: Place) -> None:
        first = Commit(
            sha=_sha(f"first {place.index} {place.name}"), parents=(), message="Begin", author="Desk",
            email="desk@larkspur.example", date=place.created, changes={},
        )  # fmt: skip
        head = Commit(
            sha=_sha(f"head {place.index} {place.name}"), parents=(first.sha,), message="Bring up to date",
            author="Desk", email="desk@larkspur.example", date=place.changed, changes={},
        )  # fmt: skip
        self.commits = {first.sha: first, head.sha: head}
        self.branches = {"main": head.sha}
        if place.index % 4 == 1:
            self.branches["release/1.x"] = first.sha
        self.pushes.append(("refs/heads/main", first.sha, head.sha, place.changed, "push"))

    @property
    def empty(self) -> bool:
        """Whether there is no commit yet."""
        return not self.branches

    # Reading

    def resolve(self, ref: str) -> Commit | None:
        """Return the commit of a branch, `heads/<branch>`, `HEAD` or a commit id."""
        name = ref.removeprefix("refs/").removeprefix("heads/")
        if ref == "HEAD":
            name = "main" if "main" in self.branches else next(iter(self.branches), "")
        return self.commits.get(self.branches.get(name, name))

    def base(self) -> dict[str, Leaf]:
        """Return the repository's first content."""
        if self._library is None or self._place is None or not self._place.count:
            return {}
        return _listing(self._library, self._place)

    def files(self, changes: Mapping[str, Leaf | None]) -> dict[str, Leaf]:
        """Return all leaves by path after `changes`, in git's order."""
        found = dict(self.base())
        for path, leaf in changes.items():
            if leaf is None:
                found.pop(path, None)
            else:
                found[path] = leaf
        return dict(sorted(found.items(), key=lambda item: item[0].encode("utf-8", "surrogateescape")))

    def leaf(self, commit: Commit, path: str) -> Leaf | None:
        """Return the leaf at a path of a commit, or None."""
        return commit.changes[path] if path in commit.changes else self.base().get(path)

    def root(self, commit: Commit) -> str:
        """Return the id of a commit's tree."""
        if commit.sha not in self._roots:
            self._roots[commit.sha] = self.tree_of(commit.changes)
        return self._roots[commit.sha]

    def tree_of(self, changes: Mapping[str, Leaf | None]) -> str:
        """Return the id of the tree after `changes`, which is known by it from now on."""
        folders = self.folders(self.files(changes))
        sha = folders[""]
        self.loose_trees[sha] = changes
        self.subtrees.update((tree, (sha, path)) for path, tree in folders.items() if path)
        return sha

    @staticmethod
    def folders(files: Mapping[str, Leaf]) -> dict[str, str]:
        """Return the ids of all trees by path (`""` is the root), computed as git does."""
        children: dict[str, list[tuple[str, str, str]]] = {"": []}
        for path, leaf in files.items():
            parent, _, name = path.rpartition("/")
            while parent not in children:
                children[parent] = []
                parent = parent.rpartition("/")[0]
            children[path.rpartition("/")[0]].append((leaf.mode.lstrip("0"), name, leaf.sha))
        result: dict[str, str] = {}
        for path in sorted(children, key=lambda p: (-p.count("/") if p else 1, p)):
            rows = sorted(children[path], key=lambda r: (r[1] + ("/" if r[0] == "40000" else "")).encode())
            body = b"".join(f"{m} {n}\0".encode() + bytes.fromhex(s) for m, n, s in rows)
            sha = hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
            result[path] = sha
            if path:
                parent, _, name = path.rpartition("/")
                children[parent].append(("40000", name, sha))
        return result

    def blob(self, sha: str) -> bytes | None:
        """Return a blob's bytes, or None."""
        if sha in self.blobs:
            return self.blobs[sha]
        if self._library is None or self._place is None or not self._place.count:
            return None
        index = _by_sha(self._library, self._place).get(sha)
        if index is not None:
            return self._library.content(index)
        if self._place.index == PLAIN_PLACE:
            return next((data for _, data in ODDITIES.values() if blob_sha(data) == sha), None)
        return None

    def history(self, commit: Commit, path: str | None) -> list[Commit]:
        """Return commits from `commit` backwards; with `path`, those that touched it."""
        found, at = [], commit
        while True:
            before = self.commits.get(at.parents[0]) if at.parents else None
            if path is None or self._touched(at, before, path):
                found.append(at)
            if before is None:
                return found
            at = before

    def _touched(self, commit: Commit, before: Commit | None, path: str) -> bool:
        if before is None:
            return path in self.base()
        return self.leaf(commit, path) != self.leaf(before, path)

    # Writing

    def add_blob(self, data: bytes) -> str:
        """Keep a blob; return its id."""
        sha = blob_sha(data)
        self.blobs[sha] = data
        return sha

    def commit(
        self,
        branch: str | None,
        changes: Mapping[str, Leaf | None],
        message: str,
        author: tuple[str, str],
        now: datetime,
        parents: tuple[str, ...] | None = None,
    ) -> Commit:
        """Add a commit of the whole difference `changes` on top of a branch; without one it has `parents`."""
        parent = self.branches.get(branch) if branch else None
        above = ((parent,) if parent else ()) if parents is None else parents
        date = max([now, *(c.date for c in self.commits.values())])
        made = Commit(
            sha=_sha(f"{self._ident} {above} {message} {date.isoformat()} {len(self.commits)}"),
            parents=above,
            message=message,
            author=author[0],
            email=author[1],
            date=date,
            changes=dict(changes),
        )
        self.commits[made.sha] = made
        if branch:
            self.move(branch, made.sha, date)
        return made

    def move(self, branch: str, sha: str, now: datetime) -> None:
        """Let a branch point to a commit, as a push does."""
        before = self.branches.get(branch, "0" * 40)
        self.branches[branch] = sha
        forward = before in {c.sha for c in self.history(self.commits[sha], None)}
        kind = "push" if forward else "branch_creation" if before == "0" * 40 else "force_push"
        self.pushes.append((f"refs/heads/{branch}", before, sha, now + timedelta(0), kind))
