"""The simulated git data API: trees, blobs, commits, branches, contents, archives."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from casb_cli.apps.github.sandbox_base import Base
from casb_cli.apps.github.sandbox_company import Repo
from casb_cli.apps.github.sandbox_git import FILE, LINK, MODULE, TREE, Commit, Leaf
from casb_cli.apps.github.sandbox_shapes import moment, node_id
from casb_cli.core import clock
from casb_cli.sandbox import chance
from casb_cli.sandbox.wire import Reply, Request, answer, route

KIND = {FILE: "blob", "100755": "blob", LINK: "blob", MODULE: "commit", TREE: "tree"}
LARGEST_JSON = 1_000_000


class Files(Base):
    """Rows 8, 9, 11 and 12 of the matrix."""

    def _url(self, repo: Repo, tail: str) -> str:
        return f"{self.api_url}/repos/{self.org}/{repo.name}/{tail}"

    def _head(self, repo: Repo, ref: str | None) -> Commit:
        if repo.git.empty:
            self.refuse(409, "Git Repository is empty.")
        commit = repo.git.resolve(ref or repo.default_branch)
        if commit is None:
            self.refuse(404, "No commit found for the ref " + (ref or ""))
        return commit

    # Trees and blobs

    @route("GET /repos/{owner}/{repo}/git/trees/{tree_sha}")
    @route("GET /repos/{owner}/{repo}/git/trees/{tree_sha:rest}")
    def tree(self, request: Request) -> Reply:
        repo, ref = self.repo(request, peek=True), request.params["tree_sha"]
        git = repo.git
        if git.empty:
            self.refuse(409, "Git Repository is empty.")
        changes: Mapping[str, Leaf | None]
        commit, prefix = git.resolve(ref), ""
        if commit is not None:
            changes, sha = commit.changes, git.root(commit)
        else:
            self._learn(repo)
            root, prefix = git.subtrees.get(ref, (ref, ""))
            if root not in git.loose_trees:
                self.refuse(404, "Not Found")
            changes, sha = git.loose_trees[root], ref
        entries = self._entries(repo, changes, prefix, deep="recursive" in request.query)
        cap = int(self.options.settings.get("tree_cap", "100000"))
        cut = "recursive" in request.query and len(entries) > cap
        body = {"sha": sha, "url": self._url(repo, f"git/trees/{sha}"), "truncated": cut}
        return answer(body | {"tree": entries[:cap] if cut else entries})

    def _learn(self, repo: Repo) -> None:
        """Let trees be found by id: those of every branch, as a fresh look at a repository lists them."""
        for sha in set(repo.git.branches.values()):
            repo.git.root(repo.git.commits[sha])

    def _entries(
        self, repo: Repo, changes: Mapping[str, Leaf | None], prefix: str, *, deep: bool
    ) -> list[dict[str, Any]]:
        files = repo.git.files(changes)
        folders = repo.git.folders(files)
        start = f"{prefix}/" if prefix else ""
        base = self._url(repo, "git/")
        rows: list[dict[str, Any]] = []
        for path, sha in folders.items():
            if path and path.startswith(start) and path != prefix and (deep or "/" not in path[len(start) :]):
                rows.append({
                    "path": path[len(start) :], "mode": TREE, "type": "tree", "sha": sha, "url": f"{base}trees/{sha}",
                })  # fmt: skip
        for path, leaf in files.items():
            if not path.startswith(start) or (not deep and "/" in path[len(start) :]):
                continue
            kind = KIND[leaf.mode]
            row: dict[str, Any] = {"path": path[len(start) :], "mode": leaf.mode, "type": kind, "sha": leaf.sha}
            if kind == "blob":
                row |= {"size": leaf.size, "url": f"{base}blobs/{leaf.sha}"}
            rows.append(row)
        rows.sort(key=lambda row: row["path"])
        return rows

    @route("GET /repos/{owner}/{repo}/git/blobs/{file_sha}", download=True)
    def blob(self, request: Request) -> Reply:
        repo, sha = self.repo(request, peek=True), request.params["file_sha"]
        data = repo.git.blob(sha)
        if data is None:
            self.refuse(404, "Not Found")
        if "raw" in request.headers.get("accept", ""):
            kind = "application/vnd.github.raw+json; charset=utf-8"
            return Reply(200, data, {"content-type": kind}, download=True)
        return answer({
            "sha": sha, "node_id": node_id("Blob", int(sha[:6], 16)), "size": len(data),
            "url": self._url(repo, f"git/blobs/{sha}"), "content": base64.encodebytes(data).decode(),
            "encoding": "base64",
        })  # fmt: skip

    @route("POST /repos/{owner}/{repo}/git/blobs")
    def make_blob(self, request: Request) -> Reply:
        repo, body = self.repo(request, "push"), request.json()
        if repo.git.empty:
            self.refuse(409, "Git Repository is empty.")
        text = str(body.get("content", ""))
        data = base64.b64decode(text) if body.get("encoding") == "base64" else text.encode()
        sha = repo.git.add_blob(data)
        return answer({"sha": sha, "url": self._url(repo, f"git/blobs/{sha}")}, 201)

    @route("POST /repos/{owner}/{repo}/git/trees")
    def make_tree(self, request: Request) -> Reply:
        repo, body = self.repo(request, "push"), request.json()
        git = repo.git
        if git.empty:
            self.refuse(409, "Git Repository is empty.")
        base = body.get("base_tree")
        changes: dict[str, Leaf | None]
        if base is None:
            changes = dict.fromkeys(git.base(), None)
        else:
            commit = git.resolve(base)
            self._learn(repo)
            if commit is None and base not in git.loose_trees:
                self.refuse(404, "base_tree is not a tree of this repository")
            changes = dict(commit.changes if commit is not None else git.loose_trees[base])
        for row in body.get("tree", []):
            path, sha = row["path"], row.get("sha")
            if "content" in row:
                sha = git.add_blob(str(row["content"]).encode())
            if sha is None:
                changes[path] = None
                continue
            data = git.blob(sha)
            if data is None:
                self.refuse(422, "tree.sha " + sha + " is not a valid blob")
            changes[path] = Leaf(row.get("mode", FILE), sha, len(data))
        sha = git.tree_of(changes)
        entries = self._entries(repo, changes, "", deep=False)
        url = self._url(repo, f"git/trees/{sha}")
        return answer({"sha": sha, "url": url, "truncated": False, "tree": entries}, 201)

    # Commits and branches

    def _git_commit(self, repo: Repo, commit: Commit) -> dict[str, Any]:
        who = {"name": commit.author, "email": commit.email, "date": moment(commit.date)}
        tree = repo.git.root(commit)
        return {
            "sha": commit.sha, "node_id": node_id("Commit", int(commit.sha[:6], 16)),
            "url": self._url(repo, f"git/commits/{commit.sha}"),
            "html_url": f"{self.urls['oauth']}/{self.org}/{repo.name}/commit/{commit.sha}",
            "author": who, "committer": who, "message": commit.message,
            "tree": {"sha": tree, "url": self._url(repo, f"git/trees/{tree}")},
            "parents": [
                {"sha": p, "url": self._url(repo, f"git/commits/{p}"), "html_url": self._url(repo, f"commit/{p}")}
                for p in commit.parents
            ],
            "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None,
                             "verified_at": None},
        }  # fmt: skip

    def _commit(self, repo: Repo, commit: Commit) -> dict[str, Any]:
        inner = self._git_commit(repo, commit)
        keys = ("author", "committer", "message", "tree", "verification")
        return {
            "sha": commit.sha, "node_id": inner["node_id"], "url": self._url(repo, f"commits/{commit.sha}"),
            "html_url": inner["html_url"], "comments_url": self._url(repo, f"commits/{commit.sha}/comments"),
            "commit": {key: inner[key] for key in keys} | {"url": inner["url"], "comment_count": 0},
            "author": None, "committer": None, "parents": inner["parents"],
        }  # fmt: skip

    @route("GET /repos/{owner}/{repo}/git/commits/{commit_sha}")
    def git_commit(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        commit = repo.git.commits.get(request.params["commit_sha"])
        if commit is None:
            self.refuse(404, "Not Found")
        return answer(self._git_commit(repo, commit))

    @route("POST /repos/{owner}/{repo}/git/commits")
    def make_commit(self, request: Request) -> Reply:
        repo, body = self.repo(request, "push"), request.json()
        self._learn(repo)
        changes = repo.git.loose_trees.get(body.get("tree", ""))
        if changes is None:
            self.refuse(422, "Tree SHA does not exist")
        parents = tuple(body.get("parents", []))
        if any(parent not in repo.git.commits for parent in parents):
            self.refuse(422, "Parent SHA does not exist or is not a commit object")
        made = repo.git.commit(None, changes, str(body.get("message", "")), self._author(request), self.now(), parents)
        return answer(self._git_commit(repo, made), 201)

    def _author(self, request: Request) -> tuple[str, str]:
        token = request.who.token
        if token is None or token.user is None:
            return "casb[bot]", "casb[bot]@users.noreply.larkspur.example"
        person = self.company.person(token.user)
        return person.name, person.email

    @route("GET /repos/{owner}/{repo}/commits", paged=True)
    def commits(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        head = self._head(repo, request.query.get("sha"))
        found = repo.git.history(head, request.query.get("path"))
        for bound, keep in (("since", 1), ("until", -1)):
            if bound in request.query:
                limit = clock.parse(request.query[bound])
                found = [c for c in found if (c.date - limit).total_seconds() * keep >= 0]
        return self.page(request, found, lambda commit: self._commit(repo, commit))

    @route("GET /repos/{owner}/{repo}/commits/{ref:rest}")
    def commit(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        return answer(self._commit(repo, self._head(repo, request.params["ref"])))

    @route("GET /repos/{owner}/{repo}/branches", paged=True)
    def branches(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        found = sorted(repo.git.branches.items())
        return self.page(request, found, lambda row: self._branch(repo, *row))

    def _branch(self, repo: Repo, name: str, sha: str) -> dict[str, Any]:
        return {
            "name": name, "commit": {"sha": sha, "url": self._url(repo, f"commits/{sha}")}, "protected": False,
        }  # fmt: skip

    @route("GET /repos/{owner}/{repo}/branches/{branch:rest}")
    def branch(self, request: Request) -> Reply:
        repo, name = self.repo(request, peek=True), request.params["branch"]
        if name not in repo.git.branches:
            self.refuse(404, "Branch not found")
        commit = repo.git.commits[repo.git.branches[name]]
        found = self._branch(repo, name, commit.sha) | {"commit": self._commit(repo, commit)}
        return answer(found | {"protection_url": self._url(repo, f"branches/{quote(name)}/protection")})

    def _ref(self, repo: Repo, name: str) -> dict[str, Any]:
        sha = repo.git.branches[name]
        return {
            "ref": f"refs/heads/{name}", "node_id": node_id("Ref", int(sha[:6], 16)),
            "url": self._url(repo, f"git/refs/heads/{quote(name)}"),
            "object": {"type": "commit", "sha": sha, "url": self._url(repo, f"git/commits/{sha}")},
        }  # fmt: skip

    @route("GET /repos/{owner}/{repo}/git/ref/{ref:rest}")
    def ref(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        if repo.git.empty:
            self.refuse(409, "Git Repository is empty.")
        name = request.params["ref"].removeprefix("heads/")
        if name not in repo.git.branches:
            self.refuse(404, "Not Found")
        return answer(self._ref(repo, name))

    @route("PATCH /repos/{owner}/{repo}/git/refs/{ref:rest}")
    def move_ref(self, request: Request) -> Reply:
        repo, body = self.repo(request, "push"), request.json()
        name, sha = request.params["ref"].removeprefix("heads/"), str(body.get("sha", ""))
        git = repo.git
        if name not in git.branches:
            self.refuse(422, "Reference does not exist")
        if sha not in git.commits:
            self.refuse(422, "Object does not exist")
        self._protected(name)
        forward = git.branches[name] in {c.sha for c in git.history(git.commits[sha], None)}
        if not forward and not body.get("force"):
            self.refuse(422, "Update is not a fast forward")
        git.move(name, sha, self.now())
        repo.pushed = self.now()
        return answer(self._ref(repo, name))

    def _protected(self, branch: str) -> None:
        if branch in self.options.settings.get("protected", "").split():
            self.refuse(409, "Repository rule violations found: changes must be made through a pull request.")

    @route("GET /repos/{owner}/{repo}/activity", paged=True)
    def activity(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        found = repo.git.pushes[::-1]
        return self.page(request, list(enumerate(found)), lambda row: {
            "id": repo.id * 1000 + row[0], "node_id": node_id("Push", row[0]), "before": row[1][1],
            "after": row[1][2], "ref": row[1][0], "timestamp": moment(row[1][3]), "activity_type": row[1][4],
            "actor": self.shapes.user(0),
        })  # fmt: skip

    @route("GET /repos/{owner}/{repo}/compare/{basehead:rest}")
    def compare(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        base, _, head = request.params["basehead"].partition("...")
        old, new = self._head(repo, base), self._head(repo, head)
        before, after = repo.git.files(old.changes), repo.git.files(new.changes)
        files = []
        for path in sorted(before.keys() | after.keys()):
            was, now = before.get(path), after.get(path)
            if was != now:
                status = "added" if was is None else "removed" if now is None else "modified"
                sha = (now or was).sha  # type: ignore[union-attr]
                files.append({"filename": path, "status": status, "sha": sha, "additions": 0, "deletions": 0,
                              "changes": 0})  # fmt: skip
        commits = [c for c in repo.git.history(new, None) if c.sha != old.sha]
        return answer({
            "url": self._url(repo, f"compare/{base}...{head}"), "status": "ahead" if commits else "identical",
            "base_commit": self._commit(repo, old), "merge_base_commit": self._commit(repo, old),
            "ahead_by": len(commits), "behind_by": 0, "total_commits": len(commits),
            "commits": [self._commit(repo, c) for c in commits[::-1]], "files": files[:300],
        })  # fmt: skip

    # Contents

    def _content(self, repo: Repo, path: str, leaf: Leaf, *, body: bool) -> dict[str, Any]:
        data = repo.git.blob(leaf.sha) if body and leaf.mode != MODULE else None
        ref = self._url(repo, f"contents/{quote(path)}")
        found: dict[str, Any] = {
            "type": "symlink" if leaf.mode == LINK else "file", "name": path.rpartition("/")[2], "path": path,
            "sha": leaf.sha, "size": leaf.size, "url": ref, "git_url": self._url(repo, f"git/blobs/{leaf.sha}"),
            "html_url": f"{self.urls['oauth']}/{self.org}/{repo.name}/blob/main/{quote(path)}",
            "download_url": None, "_links": {"self": ref, "git": None, "html": None},
        }  # fmt: skip
        if data is not None:
            large = len(data) > LARGEST_JSON
            found["encoding"] = "none" if large else "base64"
            found["content"] = "" if large else base64.encodebytes(data).decode()
        return found

    @route("GET /repos/{owner}/{repo}/contents/{path:rest}", download=True)
    def contents(self, request: Request) -> Reply:
        repo, path = self.repo(request, peek=True), request.params["path"]
        if repo.git.empty:
            self.refuse(404, "This repository is empty.")
        commit = self._head(repo, request.query.get("ref"))
        leaf = repo.git.leaf(commit, path)
        if leaf is not None:
            if "raw" in request.headers.get("accept", ""):
                kind = "application/vnd.github.raw+json; charset=utf-8"
                return Reply(200, repo.git.blob(leaf.sha) or b"", {"content-type": kind}, download=True)
            return answer(self._content(repo, path, leaf, body=True))
        files = repo.git.files(commit.changes)
        start = f"{path}/" if path else ""
        rows = [self._content(repo, p, f, body=False) for p, f in files.items()
                if p.startswith(start) and "/" not in p[len(start):]]  # fmt: skip
        if not rows:
            self.refuse(404, "Not Found")
        return answer(rows[:1000])

    @route("PUT /repos/{owner}/{repo}/contents/{path:rest}")
    def put_contents(self, request: Request) -> Reply:
        repo, body, path = self.repo(request, "push"), request.json(), request.params["path"]
        git, branch = repo.git, str(body.get("branch") or repo.default_branch)
        if any(part in {"", ".", ".."} for part in path.split("/")):
            self.refuse(422, "path contains a malformed path component")
        if not body.get("message"):
            self.invalid("message", "missing_field", 'Invalid request. "message" wasn\'t supplied.')
        self._workflow(request, path)
        self._protected(branch)
        if not git.empty and branch not in git.branches:
            self.refuse(404, f"Branch {branch} not found")
        head = None if git.empty else git.commits[git.branches[branch]]
        present = git.leaf(head, path) if head is not None else None
        given = body.get("sha")
        if present is not None and given is None:
            self.refuse(422, 'Invalid request. "sha" wasn\'t supplied.')
        if given is not None and (present is None or present.sha != given):
            self.refuse(409, f"{path} does not match {given}")
        try:
            data = base64.b64decode(str(body.get("content", "")), validate=False)
        except ValueError:
            self.refuse(422, "content is not valid Base64")
        leaf = Leaf(present.mode if present else FILE, git.add_blob(data), len(data))
        changes = {**(head.changes if head else {}), path: leaf}
        made = git.commit(branch, changes, str(body["message"]), self._author(request), self.now())
        repo.pushed = made.date
        self._pushed(request, repo)
        shown = self._content(repo, path, leaf, body=False)
        return answer({"content": shown, "commit": self._git_commit(repo, made)}, 200 if present else 201)

    def _pushed(self, request: Request, repo: Repo) -> None:
        self.audit("git.push", request, repository=f"{self.org}/{repo.name}", transport_protocol_name="http")

    def _workflow(self, request: Request, path: str) -> None:
        token = request.who.token
        if not path.startswith(".github/workflows/"):
            return
        may = token.permissions.get("workflows") == "write" or "workflow" in token.scopes
        if not may:
            self.refuse(403, "refusing to allow an app or token to create or update workflow without `workflows`")

    @route("DELETE /repos/{owner}/{repo}/contents/{path:rest}")
    def delete_contents(self, request: Request) -> Reply:
        repo, path = self.repo(request, "push"), request.params["path"]
        body = request.json() or request.query
        git, branch = repo.git, str(body.get("branch") or repo.default_branch)
        head = self._head(repo, branch)
        present = git.leaf(head, path)
        if present is None:
            self.refuse(404, "Not Found")
        if not body.get("sha") or not body.get("message"):
            self.refuse(422, 'Invalid request. "sha" and "message" are needed.')
        if present.sha != body["sha"]:
            self.refuse(409, f"{path} does not match {body['sha']}")
        self._workflow(request, path)
        self._protected(branch)
        changes = {**head.changes, path: None}
        made = git.commit(branch, changes, str(body["message"]), self._author(request), self.now())
        repo.pushed = made.date
        self._pushed(request, repo)
        return answer({"content": None, "commit": self._git_commit(repo, made)})

    # Archives

    @route("GET /repos/{owner}/{repo}/tarball/{ref:rest}", download=False)
    @route("GET /repos/{owner}/{repo}/tarball", path="/repos/{owner}/{repo}/tarball")
    def tarball(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        if repo.git.empty:
            self.refuse(404, "Not Found")
        commit = self._head(repo, request.params.get("ref") or None)
        pass_ = chance.text(chance.BASE62, 24, self.world.seed, 95, repo.id, len(self._passes))
        self._passes[pass_] = (repo, commit)
        url = f"{self.urls['oauth']}/codeload/{self.org}/{quote(repo.name)}/legacy.tar.gz/{commit.sha}?token={pass_}"
        return Reply(302, b"", {"location": url})

    @property
    def _passes(self) -> dict[str, tuple[Repo, Commit]]:
        return self.__dict__.setdefault("_archive_passes", {})  # type: ignore[no-any-return]

    @route("GET /codeload/{owner}/{repo}/legacy.tar.gz/{sha}", host="oauth", download=True)
    def codeload(self, request: Request) -> Reply:
        """Serve an archive to whoever has its pass; a credential has no business here."""
        if "authorization" in request.headers:
            return Reply(400, b"credentials are not accepted here")
        found = self._passes.get(request.query.get("token", ""))
        if found is None or found[1].sha != request.params["sha"]:
            return Reply(404, b"404: Not Found")
        repo, commit = found
        data = io.BytesIO()
        root = f"{self.org}-{repo.name}-{commit.sha[:7]}"
        with tarfile.open(fileobj=data, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT,
                          pax_headers={"comment": commit.sha}) as archive:  # fmt: skip
            for path, leaf in repo.git.files(commit.changes).items():
                info = tarfile.TarInfo(f"{root}/{path}")
                info.mtime = int(commit.date.timestamp())
                content = repo.git.blob(leaf.sha) or b""
                if leaf.mode == LINK:
                    info.type, info.linkname, content = tarfile.SYMTYPE, content.decode(), b""
                elif leaf.mode == MODULE:
                    info.type = tarfile.DIRTYPE
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return Reply(200, data.getvalue(), {"content-type": "application/x-gzip"}, download=True)
