"""Acting on files: quarantine by copy and tombstone, locking a repository, overwriting.

History keeps the content: older commits, other branches, tags, pull-request refs, forks and caches. The plan
says so, and for secrets the right act is to revoke them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.github import mapping
from casb_cli.apps.github.common import repo_path
from casb_cli.apps.github.files import POINTER, POINTER_SIZE, Files, blob_id
from casb_cli.apps.github.scopes import either
from casb_cli.core.capabilities import Change, OverwriteFile, QuarantineFile, RevokeLeaked, Step, needs
from casb_cli.core.errors import ObjectMissing, RequestRefused, ScopeMissing, StateConflict, Unsupported, UsageError
from casb_cli.core.models import File
from casb_cli.core.refs import local
from casb_cli.core.text import counted
from casb_cli.transport.calls import NOBODY, Call

QUARANTINE_REPOSITORY = "casb-quarantine"
BRANCHES_CHECKED = 10
"""Further branches that are searched for a file before it is quarantined, one call each."""
MAX_BYTES = 40 << 20
"""Bytes that the contents call can take back: its body is base64 in JSON."""
_WRITE = either(oauth=["repo"], app=["contents:write"])
_NO_TOKEN = "no GitHub token stands in the file's plain text; those inside documents and archives are out of reach"

_TOKEN = re.compile(rb"(?<![A-Za-z0-9_])(?:gh[pour]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{22,251})")
"""The kinds of token that the revocation call takes: classic, fine-grained, OAuth, user and refresh tokens."""
_REMAINS = (
    "the content stays in older commits, other branches, tags, pull requests, forks and caches; "
    "revoke any secret in it, and ask GitHub Support to purge history"
)


def tombstone(case: str) -> bytes:
    """Return what stands in the place of a quarantined or overwritten file."""
    return f"This file was removed by the security team. Reference: {case}\n".encode()


class GovernFiles(Files, QuarantineFile, OverwriteFile, RevokeLeaked):
    """Matrix rows 11 and 12."""

    quarantine_modes: ClassVar[Mapping[str, str]] = {
        "copy": f"copy into the private repository {QUARANTINE_REPOSITORY} and leave a tombstone in the branch",
        "lock-repo": "make the whole repository private and archive it",
    }

    @needs(
        "GET /repos/{owner}/{repo}",
        "GET /repos/{owner}/{repo}/contents/{path}",
        "PUT /repos/{owner}/{repo}/contents/{path}",
        "DELETE /repos/{owner}/{repo}/contents/{path}",
        "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
        "GET /repos/{owner}/{repo}/branches",
        any_of=_WRITE,
    )
    @needs(
        "POST /orgs/{org}/repos",
        "PATCH /repos/{owner}/{repo}",
        any_of=either(oauth=["repo"], app=["administration:write"]),
    )
    def plan_quarantine(self, file: str, *, case: str, mode: str | None = None) -> Change:
        mode = mode or "copy"
        if mode not in self.quarantine_modes:
            raise UsageError(
                f"github has no quarantine mode `{mode}`", hint=f"use --mode {' or '.join(self.quarantine_modes)}"
            )
        if mode == "lock-repo":
            return self._lock_repository(file)
        found, args = self._target(file)
        stone = blob_id(tombstone(case))
        copy_path = f"{case}/{args['path']}"
        args = {**args, "case": case, "copy": copy_path}
        put_back = {**args, "expected": stone}
        steps = (
            Step(
                name="ensure-quarantine",
                title=f"make sure {self.org}/{QUARANTINE_REPOSITORY} exists and is private",
            ),
            Step(
                name="copy-to-quarantine",
                title=f"copy {found.path} to {QUARANTINE_REPOSITORY}/{copy_path}",
                args=args,
            ),
            Step(name="write-manifest", title="write the manifest beside it", args=args),
            Step(name="write-tombstone", title=f"replace {found.path} by a tombstone", args=args),
        )
        inverse = (
            Step(name="put-back", title=f"write {found.path} back", args=put_back, undoes="write-tombstone"),
            Step(name="drop-copy", title="delete the quarantined copy", args=args, undoes="copy-to-quarantine"),
        )
        others, whole = self._other_branches(args["repo"], args["branch"], args["path"])
        effects = [_REMAINS]
        if others:
            effects.append(f"the file also stands in branches {', '.join(others)}")
        if not whole:
            effects.append(f"only {BRANCHES_CHECKED} branches were looked at: it may stand in others too")
        return Change(
            action="quarantine",
            target=local("file", file),
            target_name=found.path or file,
            mode=mode,
            version=found.version,
            before={"blob": args["sha"]},
            after={"blob": stone},
            steps=() if args["sha"] == stone else steps,
            inverse=inverse,
            approximate="the file comes back as a new commit",
            touches=(local("file", file),),
            side_effects=tuple(effects),
            keeps=args,
        )

    @needs(
        "GET /repos/{owner}/{repo}/contents/{path}",
        "PUT /repos/{owner}/{repo}/contents/{path}",
        "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
        any_of=_WRITE,
    )
    def plan_overwrite(self, file: str, *, case: str) -> Change:
        found, args = self._target(file)
        stone = blob_id(tombstone(case))
        args = {**args, "case": case}
        return Change(
            action="overwrite",
            target=local("file", file),
            target_name=found.path or file,
            version=found.version,
            before={"blob": args["sha"]},
            after={"blob": stone},
            steps=(Step(name="write-tombstone", title=f"replace {found.path} by a tombstone", args=args),),
            inverse=(
                Step(
                    name="put-back-blob",
                    title=f"write the former blob of {found.path} back",
                    args={**args, "expected": stone},
                ),
            ),
            approximate="the file comes back as a new commit",
            touches=(local("file", file),),
            side_effects=(_REMAINS,),
            keeps=args,
        )

    def _target(self, file: str) -> tuple[File, dict[str, Any]]:
        found = self.find_file(file)
        where = found.locator
        repo_id, _, path = found.id.partition(":")
        if where.get("mode") == "120000":
            raise Unsupported(f"{found.path} is a symbolic link; act on what it points to")
        if (found.size or 0) > MAX_BYTES:
            raise Unsupported(
                f"{found.path} is larger than GitHub's contents call can write back ({MAX_BYTES >> 20} MiB)"
            )
        if self._is_pointer(found):
            raise Unsupported(f"{found.path} is a Git LFS pointer; its content is not reachable through this API")
        self._may_write(path)
        repo = self.repository(repo_id)
        if repo.archived:
            raise StateConflict(f"{repo.full_name} is archived and cannot be written to")
        args = {
            "repo_id": repo_id,
            "repo": where["repo"],
            "branch": where["branch"],
            "path": path,
            "sha": found.version or "",
        }
        return found, args

    def _may_write(self, path: str) -> None:
        """Refuse a workflow where the credential is known to lack GitHub's permission of its own for these."""
        own = self.facts.own
        if own is None or not own.complete or not path.startswith(".github/workflows/"):
            return
        needed = "workflow" if own.vocabulary == "oauth" else "workflows:write"
        if needed not in self.expand_scopes(frozenset(own.granted)):
            raise ScopeMissing(f"{path} is a workflow, which this credential may not change", needed=(needed,))

    def _is_pointer(self, file: File) -> bool:
        small = (file.size or 0) <= POINTER_SIZE
        return small and self._blob(file.locator["repo"], file.version or "").startswith(POINTER)

    def _other_branches(self, full_name: str, branch: str, path: str) -> tuple[list[str], bool]:
        """Return the further branches in which the path stands, one call each, and whether all were looked at."""
        found: list[str] = []
        checked = 0
        for branches, _ in self.listed("/repos/{owner}/{repo}/branches", Branch, repo_path(full_name)):
            for one in branches:
                if one.name == branch:
                    continue
                if checked == BRANCHES_CHECKED:
                    return found, False
                checked += 1
                try:
                    self.contents(full_name, path, one.name)
                except ObjectMissing:
                    continue
                found.append(one.name)
        return found, True

    @property
    def _quarantine(self) -> str:
        return f"{self.org}/{QUARANTINE_REPOSITORY}"

    @step("ensure-quarantine")
    def _ensure_quarantine(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del args, memo
        try:
            repo = self.read(self.get("/repos/{owner}/{repo}", repo_path(self._quarantine)), mapping.Repository)
        except ObjectMissing:
            body = {
                "name": QUARANTINE_REPOSITORY,
                "description": "Files quarantined by the security team",
                "visibility": "private",
                "private": True,
            }
            call = self.act("POST /orgs/{org}/repos", json=body, safe=True, family="write")
            try:
                repo = self.client.send(call).decode(mapping.Repository)
            except RequestRefused:
                # Made meanwhile: by this very call, its answer lost, or by another run. If not, the reading says so.
                repo = self.read(self.get("/repos/{owner}/{repo}", repo_path(self._quarantine)), mapping.Repository)
        if repo.level != "private":
            raise StateConflict(
                f"{self._quarantine} is not private",
                hint=f"make {self._quarantine} private before quarantining files",
            )
        return {"quarantine": repo.full_name}

    @step("copy-to-quarantine")
    def _copy(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        content = self._blob(self.name_of(args), args["sha"])
        return {"copy_sha": self._put(memo["quarantine"], args["copy"], content, f"Quarantine {args['case']}")}

    @step("write-manifest")
    def _manifest(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        manifest = {key: args[key] for key in ("case", "repo_id", "repo", "branch", "path", "sha")}
        path = f"{args['case']}/casb-manifest.json"
        content = msgspec.json.format(msgspec.json.encode(manifest))
        return {"manifest_sha": self._put(memo["quarantine"], path, content, f"Quarantine {args['case']}")}

    @step("write-tombstone")
    def _tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        message = f"Remove {args['path'].rpartition('/')[2]} ({args['case']})"
        self._put(
            self.name_of(args),
            args["path"],
            tombstone(args["case"]),
            message,
            branch=args["branch"],
            over=args["sha"],
        )

    @step("put-back")
    def _put_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        content = self._blob(memo["quarantine"], memo["copy_sha"])
        self._restore(args, content)

    @step("put-back-blob")
    def _put_back_blob(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._restore(args, self._blob(self.name_of(args), args["sha"]))

    def _restore(self, args: dict[str, Any], content: bytes) -> None:
        message = f"Restore {args['path'].rpartition('/')[2]} ({args['case']})"
        where = self.name_of(args)
        self._put(where, args["path"], content, message, branch=args["branch"], over=args["expected"])

    @step("drop-copy")
    def _drop_copy(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        for path, sha in (
            (args["copy"], memo.get("copy_sha")),
            (f"{args['case']}/casb-manifest.json", memo.get("manifest_sha")),
        ):
            if sha is None:
                continue  # the quarantine stopped before it was written
            body = {"message": f"Restored {args['case']}", "sha": sha}
            self.client.send(
                self.act(
                    "DELETE /repos/{owner}/{repo}/contents/{+path}",
                    {**repo_path(memo["quarantine"]), "path": path},
                    json=body,
                    safe=True,
                    family="write",
                    answers=(404,),
                )
            )

    def _blob(self, full_name: str, sha: str) -> bytes:
        call = self.get(
            "/repos/{owner}/{repo}/git/blobs/{file_sha}",
            {**repo_path(full_name), "file_sha": sha},
            headers={"Accept": "application/vnd.github.raw+json"},
        )
        # Read whole, not as a stream: then what breaks off is asked for again by the client.
        content = self.client.send(call).body
        if blob_id(content) != sha:
            raise StateConflict(f"the blob {sha} of {full_name} did not arrive as it is stored")
        return content

    def _put(self, full_name: str, path: str, content: bytes, message: str, *, branch: str = "", over: str = "") -> str:
        """Write a file so that it stands at `path`; writing what stands there already changes nothing."""
        target = blob_id(content)
        try:
            present = self.contents(full_name, path, branch or "HEAD").sha
        except ObjectMissing:
            present = ""
        if present == target:
            return target
        if over and present != over:
            raise StateConflict(f"{full_name}/{path} changed meanwhile: it is {present or 'gone'}, not {over}")
        body = {"message": message, "content": base64.b64encode(content).decode()}
        body |= {"sha": present} if present else {}
        body |= {"branch": branch} if branch else {}
        # Sent again it would meet its own commit, so a repeat reads first: the call itself is safe.
        self.client.send(
            self.act(
                "PUT /repos/{owner}/{repo}/contents/{+path}",
                {**repo_path(full_name), "path": path},
                json=body,
                safe=False,
                family="write",
            )
        )
        return target

    def observe_quarantine(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read which blob stands at the path, or how the repository is locked."""
        del memo
        keeps = change.keeps
        if change.mode == "lock-repo":
            repo = self.repository(keeps["repo_id"], keeps["repo"])
            return {"visibility": repo.level, "archived": repo.archived}
        try:
            return {"blob": self.contents(self.name_of(keeps), keeps["path"], keeps["branch"]).sha}
        except ObjectMissing:
            return {"blob": None}

    observe_overwrite = observe_quarantine

    def _lock_repository(self, file: str) -> Change:
        repo = self.repository(file.partition(":")[0])
        before = {"visibility": repo.level, "archived": repo.archived}
        args = {"repo_id": str(repo.id), "repo": repo.full_name}

        def to(name: str, value: object) -> Step:
            return Step(
                name="set-repository",
                title=f"set {name} of {repo.full_name} to {value}",
                args={**args, name: value},
            )

        # Archived last and first undone: an archived repository is read-only.
        return Change(
            action="quarantine",
            target=local("file", file),
            target_name=f"repository {repo.full_name}",
            mode="lock-repo",
            before=before,
            after={"visibility": "private", "archived": True},
            steps=(to("visibility", "private"), to("archived", True)),
            inverse=(to("archived", repo.archived), to("visibility", repo.level)),
            touches=(local("folder", str(repo.id)),),
            side_effects=(
                "nobody can write to the repository; collaborators and teams still read it",
                "existing public forks stay public",
            ),
            keeps=args,
        )

    @step("set-repository")
    def _set_repository(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        body = {key: value for key, value in args.items() if key not in {"repo", "repo_id"}}
        self.client.send(self.act("PATCH /repos/{owner}/{repo}", repo_path(self.name_of(args)), json=body, safe=True))

    @needs(
        "GET /repos/{owner}/{repo}/contents/{path}",
        "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
        any_of=either(oauth=["repo"], app=["contents:read"]),
    )
    @needs("POST /credentials/revoke", irreversible="a revoked token never works again", observable=False)
    def plan_revoke_leaked(self, file: str) -> Change:
        found = self.find_file(file)
        args = {"repo": found.locator["repo"], "sha": found.version or ""}
        count = len(self._leaked(args["repo"], args["sha"]))
        if not count:
            raise Unsupported(_NO_TOKEN)
        step = Step(
            name="revoke-leaked",
            title=f"report {counted(count, 'GitHub token')} in {found.path} as leaked",
            args=args,
            repeatable=False,
        )
        return Change(
            action="revoke-leaked",
            target=local("file", file),
            target_name=found.path or file,
            version=found.version,
            before={"tokens": count},
            after={"tokens": count, "reported": True},
            steps=(step,),
            irreversible="a revoked token never works again",
            touches=(local("file", file),),
            side_effects=("GitHub mails the owner of each token",),
            observable=False,
            keeps=args,
        )

    @step("revoke-leaked")
    def _revoke_leaked(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        # docs.github.com, "Revoke a list of credentials": without Authorization, at most 1,000 at once.
        del memo
        tokens = self._leaked(args["repo"], args["sha"])
        for start in range(0, len(tokens), 1000):
            self.client.send(
                Call(
                    name="POST /credentials/revoke",
                    json={"credentials": tokens[start : start + 1000]},
                    identity=NOBODY,
                    family="anonymous",
                    governance=True,
                    safe=False,
                )
            )
        return {"reported": len(tokens)}

    def observe_revoke_leaked(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Return what the plan knew: whether a token still works cannot be read."""
        del memo
        return dict(change.before)

    def _leaked(self, full_name: str, sha: str) -> list[str]:
        found = _TOKEN.findall(self._blob(full_name, sha))
        return sorted({token.decode() for token in found})


class Branch(msgspec.Struct):
    """One branch of a repository."""

    name: str
