"""Files: the default branch of every repository, its content, and what changed in it."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, cast

import msgspec

from casb_cli.apps.github import blobs, mapping
from casb_cli.apps.github.common import GitHubBase, encode, repo_path
from casb_cli.apps.github.scopes import either
from casb_cli.core import clock
from casb_cli.core.capabilities import (
    FollowFiles,
    ListFiles,
    ListFindings,
    Page,
    ReadFile,
    Unscannable,
    needs,
)
from casb_cli.core.errors import BadAnswer, CursorExpired, NotPermitted, ObjectMissing, StateConflict
from casb_cli.core.models import SHARING_ORDER, File, Finding, Gone, Notice, Partition
from casb_cli.core.refs import local
from casb_cli.core.shapes import from_json
from casb_cli.transport.paging import LinkHeader

_CONTENTS = either(oauth=["repo"], app=["contents:read"])
_ALERTS = either(oauth=["repo", "security_events"], app=["secret_scanning_alerts:read"])
SYMLINK = "120000"
SLICE = 5000
BULK_FROM = 20
"""An archive is one call; below this many files single blobs move fewer bytes."""
BULK_LIMIT = 32 << 20
"""Bytes of one archive member held to check its identity; larger ones are read as single blobs."""


POINTER = b"version https://git-lfs.github.com/spec/"
POINTER_SIZE = 1024
"""git-lfs, specification of pointers: smaller than 1024 bytes; the content itself is elsewhere."""
READ_WHOLE = 600.0
"""Seconds after which all pages of repositories are read again, though the newest pushes are unchanged."""


SETTLING = "|settling"
JUST_NOW = 5.0
"""Seconds within which a push may be followed by one that looks the same, clocks differing a little."""


class Feed(msgspec.Struct):
    """The position in the change feed: each repository's state as last seen, and the first page's ETag."""

    repos: dict[str, str]
    etag: str | None = None
    read: float = 0.0
    """When all pages were last read, in seconds since the epoch."""
    outside: dict[str, bool] = {}
    """Whether private repositories had outside collaborators, by id: no push tells that one came or went."""


class Files(GitHubBase, ListFiles, ReadFile, ListFindings, FollowFiles):
    """Matrix rows 8 and 9."""

    @needs(
        "GET /orgs/{org}/repos",
        "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
        "GET /repos/{owner}/{repo}/collaborators",
        "GET /repos/{owner}/{repo}/contents/{path}",
        any_of=_CONTENTS,
    )
    def list_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        if part.key == "":
            for repos, after in self.repositories(cursor):
                yield Page(items=(), cursor=after, more=self.repo_partitions(repos))
        else:
            yield from self._tree(part)

    def _tree(self, part: Partition) -> Iterator[Page[File]]:
        data = dict(part.data)
        if not data["branch"]:
            return
        notices: tuple[Notice, ...] = ()
        if data["sharing"] == "private" and "tree" not in data:
            data["sharing"], notices = self._level(data["full_name"])
        prefix = data.get("prefix", "")
        recursive = {} if data.get("flat") else {"recursive": "1"}
        call = self.get(
            "/repos/{owner}/{repo}/git/trees/{tree_sha}",
            {**repo_path(data["full_name"]), "tree_sha": data.get("tree") or data["branch"]},
            query=recursive,
        )
        try:
            tree = self.read(call, mapping.Tree)
        except StateConflict:
            # 409 "Git Repository is empty" is documented for repositories without a commit.
            return
        if tree.truncated and recursive:
            # Over 100,000 entries or 7 MB: walk the tree level by level.
            level_by_level = self._subtree(part, data, "", data.get("tree", ""), flat=True)
            yield Page(items=(), more=(level_by_level,), notices=notices)
            return
        if tree.truncated:
            about = f"files of /{data['full_name']}/{prefix}: GitHub lists no folder of that many entries whole"
            notices = (*notices, Notice(code="not-visible", about=about))
        more = tuple(
            self._subtree(part, data, f"{prefix}{entry.path}/", entry.sha, flat=False)
            for entry in tree.tree
            if entry.type == "tree" and not recursive
        )
        entries = [entry for entry in tree.tree if entry.type == "blob"]
        if prefix:
            for entry in entries:
                entry.path = prefix + entry.path
        # In slices: the rows of a hundred thousand entries at once would be the largest thing in memory.
        yield Page(items=blobs.files(entries[:SLICE], data, self.org_ref), more=more, notices=notices)
        for at in range(SLICE, len(entries), SLICE):
            yield Page(items=blobs.files(entries[at : at + SLICE], data, self.org_ref))

    def _level(self, full_name: str) -> tuple[str, tuple[Notice, ...]]:
        """Return the level of a private repository; it is unknown where its collaborators may not be read."""
        try:
            return "external" if self._has_outsiders(full_name) else "private", ()
        except NotPermitted as error:
            about = f"whether files of private repositories are open to outside collaborators: {error.words}"
            return "", (Notice(code="scope-missing", about=about, needed=error.needed, effect="degraded"),)

    @staticmethod
    def _subtree(part: Partition, data: dict[str, str], prefix: str, sha: str, *, flat: bool) -> Partition:
        root = part.key.split("#", 1)[0]
        own = {**data, "prefix": data.get("prefix", "") if flat else prefix, "tree": sha or data["branch"]}
        own.pop("flat", None)
        if flat:
            own["flat"] = "1"
        return Partition(
            key=f"{root}#{own['prefix']}{'=' if flat else ''}",
            data=own,
            exposure=SHARING_ORDER[own["sharing"] or None],
        )

    def _has_outsiders(self, full_name: str) -> bool:
        call = self.get(
            "/repos/{owner}/{repo}/collaborators",
            repo_path(full_name),
            query={"affiliation": "outside", "per_page": 1},
        )
        return bool(self.read(call, list[mapping.User]))

    @needs(
        "GET /orgs/{org}/repos",
        "GET /repos/{owner}/{repo}",
        "GET /repos/{owner}/{repo}/contents/{path}",
        any_of=_CONTENTS,
    )
    def find_file(self, id_: str) -> File:
        repo_id, _, path = id_.partition(":")
        repo = self.repository(repo_id)
        data = dict(self.repo_partition(repo).data)
        if data["sharing"] == "private":
            data["sharing"] = self._level(repo.full_name)[0]
        found = self.contents(repo.full_name, path, data["branch"])
        entry = mapping.TreeEntry(path=path, type="blob", sha=found.sha, size=found.size)
        if found.type == "symlink":
            entry.mode = SYMLINK
        return blobs.file(entry, data, self.org_ref)

    def contents(self, full_name: str, path: str, branch: str) -> mapping.ContentFile:
        """Return what stands at a path of a branch; raises ObjectMissing, also for a folder."""
        call = self.get(
            "/repos/{owner}/{repo}/contents/{+path}",
            {**repo_path(full_name), "path": path},
            query={"ref": branch},
        )
        answer = self.client.send(call)
        if answer.body.lstrip().startswith(b"["):
            raise ObjectMissing(f"{full_name}/{path} is a folder", call=call.name)
        return answer.decode(mapping.ContentFile)

    @needs(
        "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
        "GET /repos/{owner}/{repo}/tarball/{ref}",
        any_of=_CONTENTS,
    )
    @contextmanager
    def read_file(self, file: File) -> Iterator[Iterator[bytes]]:
        if file.locator.get("mode") == SYMLINK:
            raise Unscannable("symlink")
        repo = file.locator.get("repo") or self.repository(file.id.partition(":")[0]).full_name
        sha = (file.hash or "").removeprefix("git:")
        call = self.get(
            "/repos/{owner}/{repo}/git/blobs/{file_sha}",
            {**repo_path(repo), "file_sha": sha},
            headers={"Accept": "application/vnd.github.raw+json"},
        )
        with self.client.stream(call) as answer:
            if (file.size or 0) > POINTER_SIZE:
                yield answer.chunks()
                return
            content = b"".join(answer.chunks())
            if content.startswith(POINTER):
                raise Unscannable("lfs-pointer")
            yield iter((content,))

    def bulk_key(self, file: File) -> str | None:
        if file.locator.get("mode") == SYMLINK or not file.locator.get("repo"):
            return None
        return f"{file.locator['repo']}@{file.locator['branch']}"

    def read_many(self, files: Sequence[File]) -> Iterator[tuple[File, Iterator[bytes] | Unscannable]] | None:
        """Read a repository's first scan through its archive; each member is held to the blob id of the tree."""
        if len(files) < BULK_FROM or len({(f.locator.get("repo"), f.locator.get("branch")) for f in files}) != 1:
            return None
        return self._archive(files)

    def _archive(self, files: Sequence[File]) -> Iterator[tuple[File, Iterator[bytes] | Unscannable]]:
        wanted = {file.id.partition(":")[2]: file for file in files}
        where = files[0].locator
        call = self.get("/repos/{owner}/{repo}/tarball/{+ref}", {**repo_path(where["repo"]), "ref": where["branch"]})
        with self.client.stream(call) as answer:
            try:
                with tarfile.open(fileobj=cast("IO[bytes]", _Readable(answer.chunks())), mode="r|gz") as archive:
                    for member in archive:
                        file = wanted.get(member.name.partition("/")[2])
                        if file is None or not member.isreg() or member.size > BULK_LIMIT:
                            continue
                        source = archive.extractfile(member)
                        content = source.read() if source else b""
                        if blob_id(content) == (file.hash or "").removeprefix("git:"):
                            yield file, Unscannable("lfs-pointer") if content.startswith(POINTER) else iter((content,))
            except (tarfile.TarError, EOFError, OSError) as error:
                raise BadAnswer(f"the archive of {where['repo']} is damaged: {error}", call=call.name) from None

    @needs("GET /orgs/{org}/secret-scanning/alerts", any_of=_ALERTS)
    @needs("GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}/locations", any_of=_ALERTS)
    def list_findings(self, part: Partition, cursor: str | None) -> Iterator[Page[Finding]]:
        del part
        query = {"state": "open", "hide_secret": "true"}
        name = "/orgs/{org}/secret-scanning/alerts"
        with self.hidden("secret scanning is not switched on, or its alerts are hidden from this credential"):
            for alerts, after in self.listed(name, mapping.Alert, cursor=cursor, query=query):
                rows = [row for alert in alerts for row in self._alert_findings(alert)]
                yield Page(items=rows, cursor=after)

    def _alert_findings(self, alert: mapping.Alert) -> Iterator[Finding]:
        path = {**repo_path(alert.repository.full_name), "alert_number": str(alert.number)}
        name = "/repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}/locations"
        seen: set[tuple[str | None, int | None]] = set()
        for locations, _ in self.listed(name, mapping.Location, path):
            for location in locations:
                details = location.details
                if (details.path, details.start_line) in seen or not details.path:
                    continue
                seen.add((details.path, details.start_line))
                yield self._finding(alert, details)
        if not seen:
            yield self._finding(alert, mapping.LocationDetails())

    def _finding(self, alert: mapping.Alert, details: mapping.LocationDetails) -> Finding:
        repo_id = str(alert.repository.id)
        repo = self._repositories.get(repo_id)
        sharing = repo.level if repo else None
        return Finding(
            id=f"github:{repo_id}:{alert.number}:{details.path or ''}:{details.start_line or 0}",
            detector=f"github/{alert.secret_type or 'secret'}",
            severity="critical" if alert.validity == "active" or alert.publicly_leaked else "high",
            confidence="high",
            count=1,
            excerpt=alert.secret_type_display_name,
            place=f"line {details.start_line}" if details.start_line else None,
            file=f"/{alert.repository.full_name}/{details.path}" if details.path else f"/{alert.repository.full_name}",
            file_ref=local("file", mapping.file_id(repo_id, details.path))
            if details.path
            else local("folder", repo_id),
            first_seen=clock.normalise(alert.created_at),
            sharing=sharing,
            state="open",
            unknown=() if sharing else ("sharing",),
        )

    @needs("GET /orgs/{org}/repos", any_of=_CONTENTS)
    def follow_start(self) -> str:
        etag: str | None = None
        states: dict[str, str] = {}
        now = clock.now().timestamp()
        for repos, _, tag in self._pushed(None):
            etag = etag or tag
            states.update({str(repo.id): _state(repo, self._their_time()) for repo in repos})
        return encode(Feed(repos=states, etag=etag, read=now, outside=dict(self._outside)))

    def _their_time(self) -> float:
        """Return GitHub's present time, as its newest answer told it, in seconds since the epoch."""
        return clock.now().timestamp() - (self.client.skew or 0.0)

    @needs("GET /orgs/{org}/repos", "GET /repos/{owner}/{repo}/git/trees/{tree_sha}", any_of=_CONTENTS)
    def follow_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File | Gone]]:
        """Yield the repositories whose head, visibility or branch changed, as partitions to list anew.

        So is a private one that outside collaborators came to or left, where shares were listed meanwhile.
        """
        del part
        try:
            feed = from_json(cursor or "", Feed)
        except msgspec.MsgspecError as error:
            raise CursorExpired(f"the stored position in the repository feed is unreadable: {error}") from None
        states = dict(feed.repos)
        etag, missing = feed.etag, set(states)
        changed: list[mapping.Repository] = []
        moved = {key for key, has in self._outside.items() if feed.outside.get(key, False) != has}
        outside = {**feed.outside, **self._outside}
        now = clock.now().timestamp()
        # The tag stands for the first page: a repository on a later one may be opened to the world, or vanish.
        fresh = len(states) < 100 or now - feed.read < READ_WHOLE
        fresh = fresh and not any(state.endswith(SETTLING) for state in states.values())
        for repos, unchanged, tag in self._pushed(feed.etag if fresh else None):
            if unchanged:
                again = [self._repositories[key] for key in sorted(moved) if key in self._repositories]
                after = encode(msgspec.structs.replace(feed, outside=outside)) if again else cursor
                yield Page(items=(), more=self.repo_partitions(again), cursor=after)
                return
            etag = tag or etag
            for repo in repos:
                key = str(repo.id)
                missing.discard(key)
                before, state = states.get(key, ""), _state(repo, self._their_time())
                # One pushed at just before it was last seen looks the same after another push in that second.
                if before != state or before.endswith(SETTLING) or key in moved:
                    states[key] = state
                    changed.append(repo)
        gone = [Gone(kind="partition", id=f"repo:{key}") for key in missing]
        for key in missing:
            del states[key]
            outside.pop(key, None)
        after = encode(Feed(repos=states, etag=etag, read=now, outside=outside))
        yield Page(items=gone, more=self.repo_partitions(changed), cursor=after)

    def _pushed(self, etag: str | None) -> Iterator[tuple[list[mapping.Repository], bool, str | None]]:
        """Yield all repositories, newest push first; the first page is conditional and a 304 costs no quota."""
        call = self.get(
            "/orgs/{org}/repos",
            query={"type": "all", "sort": "pushed", "direction": "desc", "per_page": 100},
            headers={"If-None-Match": etag} if etag else {},
            answers=(304,),
        )
        first = self.client.send(call)
        if first.status == 304:
            yield [], True, etag
            return
        repos = first.decode(list[mapping.Repository])
        tag = first.headers.get("etag")
        yield repos, False, tag
        after = LinkHeader().after(call, first)
        if after:
            plain = msgspec.structs.replace(call, headers={})
            for answer, _ in self.client.pages(plain, LinkHeader(), after):
                yield answer.decode(list[mapping.Repository]), False, None


def _state(repo: mapping.Repository, now: float) -> str:
    """Return what of a repository decides whether its files must be listed anew.

    `pushed_at` has whole seconds: of one pushed at just now, a second push might not show, so it is looked at
    once more.
    """
    state = f"{repo.pushed_at}|{repo.level}|{repo.default_branch}|{repo.full_name}"
    pushed = clock.normalise(repo.pushed_at)
    if pushed and now - clock.parse(pushed).timestamp() < JUST_NOW:
        return f"{state}{SETTLING}"
    return state


def blob_id(content: bytes) -> str:
    """Return git's id of a blob: SHA-1 over the word `blob`, the length, a zero byte and the content."""
    return hashlib.sha1(b"blob %d\x00" % len(content) + content, usedforsecurity=False).hexdigest()


class _Readable:
    """Gives `tarfile` an answer's chunks as a file; its stream mode only reads."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = bytearray()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        while len(self._rest) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._rest += chunk
        head = bytes(self._rest[:size])
        del self._rest[:size]
        return head
