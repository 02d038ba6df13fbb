"""The simulated repositories as things to share: visibility, collaborators, invitations, keys, teams, pages."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.github.sandbox_base import Base
from casb_cli.apps.github.sandbox_company import ROLE_OF, DeployKey, Repo, RepoInvitation
from casb_cli.apps.github.sandbox_shapes import moment, node_id
from casb_cli.sandbox.facts import OWNER
from casb_cli.sandbox.wire import Reply, Request, answer, route


class Repos(Base):
    """Row 10 of the matrix, and the list of repositories."""

    def visible(self, request: Request) -> list[int]:
        """Return the keys of the repositories that the caller sees in a listing."""
        company, token = self.company, request.who.token
        keys = company.order()
        if token is None:
            return [k for k in keys if company.peek(k).visibility == "public"]
        if token.selection is not None:
            return [k for k in keys if k in token.selection]
        if token.kind in {"classic", "oauth"} and "repo" not in token.scopes:
            return [k for k in keys if company.peek(k).visibility == "public"]
        if token.user is not None and company.role(token.user) != "admin":
            return [k for k in keys if company.access(token.user, company.peek(k))]
        return keys

    @route("GET /orgs/{org}/repos", paged=True)
    def repos(self, request: Request) -> Reply:
        company, query = self.company, request.query
        keys, kind = self.visible(request), query.get("type", "all")
        token = request.who.token
        if kind in {"public", "private", "internal"}:
            if kind == "internal" and token is not None and token.kind == "installation":
                keys = []
            keys = [k for k in keys if company.peek(k).visibility == kind or (
                kind == "private" and company.peek(k).visibility == "internal")]  # fmt: skip
        order = query.get("sort", "created")
        down = query.get("direction", "asc" if order == "full_name" else "desc") == "desc"
        if order in {"pushed", "updated"}:
            keys = sorted(keys, key=lambda k: company.peek(k).pushed, reverse=down)
        elif order == "full_name":
            keys = sorted(keys, key=lambda k: company.peek(k).name, reverse=down)
        elif down:
            keys = keys[::-1]
        user = token.user if token is not None else None
        return self.page(request, keys, lambda k: self._listed(company.peek(k), user))

    def _listed(self, repo: Repo, user: int | None) -> dict[str, Any]:
        return self.shapes.repo(repo, "pull" if user is None else self.company.access(user, repo))

    @route("POST /orgs/{org}/repos")
    def create_repo(self, request: Request) -> Reply:
        body = request.json()
        name = str(body.get("name", ""))
        if not name or self.company.key_of(name) is not None:
            self.invalid("name", "already_exists" if name else "missing_field", "Repository creation failed.")
        visibility = body.get("visibility") or ("private" if body.get("private") else "public")
        repo = self.company.create(name, visibility, self.now())
        repo.description = str(body.get("description") or "")
        if body.get("auto_init"):
            from casb_cli.apps.github.sandbox_git import FILE, Leaf

            data = f"# {name}\n".encode()
            leaf = Leaf(FILE, repo.git.add_blob(data), len(data))
            repo.git.commit(
                "main", {"README.md": leaf}, "Initial commit", ("casb", "casb@larkspur.example"), repo.pushed
            )
        self.audit("repo.create", request, repo=f"{self.org}/{name}", visibility=visibility)
        return answer(self.shapes.full_repo(repo, "admin"), 201)

    @route("GET /repos/{owner}/{repo}")
    def get_repo(self, request: Request) -> Reply:
        return answer(self._full(request, self.repo(request, peek=True)))

    def _full(self, request: Request, repo: Repo) -> dict[str, Any]:
        token = request.who.token
        access = "pull" if token is None or token.user is None else self.company.access(token.user, repo)
        return self.shapes.full_repo(repo, access)

    @route("GET /repositories/{id}")
    def repo_by_id(self, request: Request) -> Reply:
        text = request.params["id"]
        key = self.company.by_id(int(text)) if text.isdigit() else None
        if key is None:
            self.refuse(404, "Not Found")
        request.params |= {"owner": self.org, "repo": self.company.peek(key).name}
        return answer(self._full(request, self.repo(request, peek=True)))

    @route("PATCH /repos/{owner}/{repo}")
    def change_repo(self, request: Request) -> Reply:
        repo, body = self.repo(request, "admin"), request.json()
        full = f"{self.org}/{repo.name}"
        if repo.archived and body.get("archived") is not False:
            self.refuse(403, "Repository was archived so is read-only.")
        if "visibility" in body or "private" in body:
            wanted: Any = body.get("visibility") or ("private" if body["private"] else "public")
            if wanted not in {"public", "internal", "private"}:
                self.invalid("visibility")
            if self.options.settings.get("visibility") == "locked" and wanted != repo.visibility:
                self.refuse(422, "Visibility can't be changed by a policy of the enterprise.")
            if wanted != repo.visibility:
                before, repo.visibility = repo.visibility, wanted
                self.audit("repo.access", request, repo=full, visibility=wanted, previous_visibility=before)
        if "archived" in body and bool(body["archived"]) != repo.archived:
            repo.archived = bool(body["archived"])
            self.audit("repo.archived" if repo.archived else "repo.unarchived", request, repo=full)
        if body.get("name") and body["name"] != repo.name:
            key = self.company.by_id(repo.id)
            self.company.rename(repo, repo.id if key is None else key, str(body["name"]))
            self.audit("repo.rename", request, repo=f"{self.org}/{repo.name}")
        if "description" in body:
            repo.description = str(body["description"] or "")
        return answer(self._full(request, repo))

    # Collaborators

    @route("GET /repos/{owner}/{repo}/collaborators", paged=True)
    def collaborators(self, request: Request) -> Reply:
        repo, company = self.repo(request, "push", peek=True), self.company
        affiliation = request.query.get("affiliation", "all")
        found = dict(repo.collaborators)
        if affiliation == "outside":
            found = {i: p for i, p in found.items() if not company.is_member(i)}
        elif affiliation == "all":
            held = {i: company.access(i, repo) for i in {*company.members(), *found}}
            found = {i: level for i, level in held.items() if level is not None}
        return self.page(request, sorted(found.items()), lambda row: self._collaborator(*row))

    def _collaborator(self, index: int, permission: str) -> dict[str, Any]:
        more = {"permissions": self.shapes.levels(permission), "role_name": ROLE_OF[permission]}
        return {**self.shapes.user(index), **more}

    def _named(self, request: Request) -> int:
        index = self.company.by_login(request.params["username"])
        if index is None:
            self.refuse(404, "Not Found")
        return index

    @route("PUT /repos/{owner}/{repo}/collaborators/{username}")
    def add_collaborator(self, request: Request) -> Reply:
        repo, index, company = self.repo(request, "admin"), self._named(request), self.company
        permission = request.json().get("permission", "push")
        if permission not in ROLE_OF:  # the words of writing; `read` and `write` are no custom roles here
            self.invalid("permission")
        if index in company.blocked:
            self.refuse(422, "User is blocked.")
        self.audit("repo.add_member", request, repo=f"{self.org}/{repo.name}", user=request.params["username"])
        if company.is_member(index) or index in repo.collaborators:
            repo.collaborators[index] = permission
            return Reply(204)
        made = next((i for i in repo.invitations.values() if i.invitee == index), None)
        if made is None:
            ident = company.next_id()
            made = RepoInvitation(id=ident, invitee=index, permission=permission, created=self.now())
            repo.invitations[ident] = made
        made.permission = permission
        return answer(self._invitation(repo, made), 201)

    @route("DELETE /repos/{owner}/{repo}/collaborators/{username}")
    def remove_collaborator(self, request: Request) -> Reply:
        repo, index = self.repo(request, "admin"), self._named(request)
        repo.collaborators.pop(index, None)
        for ident in [i.id for i in repo.invitations.values() if i.invitee == index]:
            del repo.invitations[ident]
        self.audit("repo.remove_member", request, repo=f"{self.org}/{repo.name}", user=request.params["username"])
        return Reply(204)

    @route("GET /repos/{owner}/{repo}/collaborators/{username}/permission")
    def permission(self, request: Request) -> Reply:
        repo, index = self.repo(request, "push", peek=True), self._named(request)
        held = self.company.access(index, repo)
        old = {"maintain": "write", "triage": "read"}.get(ROLE_OF[held], ROLE_OF[held]) if held else "none"
        role = ROLE_OF[held] if held else ""
        user = self._collaborator(index, held) if held else self.shapes.user(index)
        return answer({"permission": old, "role_name": role, "user": user})

    @route("GET /repos/{owner}/{repo}/teams", paged=True)
    def repo_teams(self, request: Request) -> Reply:
        repo = self.repo(request, "push", peek=True)
        return self.page(request, sorted(repo.teams), lambda team: self.shapes.team(team, repo.teams[team]))

    # Invitations, keys, pages

    @route("GET /repos/{owner}/{repo}/invitations", paged=True)
    def repo_invitations(self, request: Request) -> Reply:
        repo = self.repo(request, "admin", peek=True)
        found = sorted(repo.invitations.values(), key=lambda i: i.id)
        return self.page(request, found, lambda i: self._invitation(repo, i))

    def _invitation(self, repo: Repo, made: RepoInvitation) -> dict[str, Any]:
        invitee = None if made.invitee is None else self.shapes.user(made.invitee)
        return {
            "id": made.id, "node_id": node_id("RepositoryInvitation", made.id),
            "repository": self.shapes.repo(repo), "invitee": invitee, "inviter": self.shapes.user(OWNER),
            "permissions": ROLE_OF[made.permission], "created_at": moment(made.created), "expired": made.expired,
            "url": f"{self.api_url}/user/repository_invitations/{made.id}",
            "html_url": f"{self.urls['oauth']}/{self.org}/{repo.name}/invitations",
        }  # fmt: skip

    @route("DELETE /repos/{owner}/{repo}/invitations/{invitation_id}")
    def end_invitation(self, request: Request) -> Reply:
        repo = self.repo(request, "admin")
        if repo.invitations.pop(self.ident(request, "invitation_id"), None) is None:
            self.refuse(404, "Not Found")
        self.audit("repository_invitation.cancel", request, repo=f"{self.org}/{repo.name}")
        return Reply(204)

    @route("GET /repos/{owner}/{repo}/keys", paged=True)
    def keys(self, request: Request) -> Reply:
        repo = self.repo(request, "admin", peek=True)
        return self.page(request, sorted(repo.keys.values(), key=lambda k: k.id), lambda k: self._key_shape(repo, k))

    def _key_shape(self, repo: Repo, key: DeployKey) -> dict[str, Any]:
        return {
            "id": key.id, "key": key.key, "url": f"{self.api_url}/repos/{self.org}/{repo.name}/keys/{key.id}",
            "title": key.title, "verified": True, "created_at": moment(key.created), "read_only": key.read_only,
            "added_by": key.added_by, "last_used": moment(key.last_used) if key.last_used else None,
            "enabled": True,
        }  # fmt: skip

    @route("GET /repos/{owner}/{repo}/keys/{key_id}")
    def get_key(self, request: Request) -> Reply:
        repo = self.repo(request, "admin", peek=True)
        key = repo.keys.get(self.ident(request, "key_id"))
        if key is None:
            self.refuse(404, "Not Found")
        return answer(self._key_shape(repo, key))

    @route("POST /repos/{owner}/{repo}/keys")
    def add_key(self, request: Request) -> Reply:
        repo, body = self.repo(request, "admin"), request.json()
        text = str(body.get("key", ""))
        if any(key.key == text for key in repo.keys.values()):
            self.invalid("key", "custom", "key is already in use")
        ident = self.company.next_id()
        key = repo.keys[ident] = DeployKey(
            id=ident,
            title=str(body.get("title", "")),
            key=text,
            read_only=bool(body.get("read_only")),
            created=self.now(),
            last_used=None,
            added_by=self.company.person(self.acting(request)).login,
        )
        self.audit("public_key.create", request, repo=f"{self.org}/{repo.name}")
        return answer(self._key_shape(repo, key), 201)

    @route("DELETE /repos/{owner}/{repo}/keys/{key_id}")
    def remove_key(self, request: Request) -> Reply:
        repo = self.repo(request, "admin")
        if repo.keys.pop(self.ident(request, "key_id"), None) is None:
            self.refuse(404, "Not Found")
        self.audit("public_key.delete", request, repo=f"{self.org}/{repo.name}")
        return Reply(204)

    @route("GET /repos/{owner}/{repo}/pages")
    def pages(self, request: Request) -> Reply:
        repo = self.repo(request, peek=True)
        if not repo.pages:
            self.refuse(404, "Not Found")
        return answer(self._pages(repo))

    def _pages(self, repo: Repo) -> dict[str, Any]:
        return {
            "url": f"{self.api_url}/repos/{self.org}/{repo.name}/pages", "status": "built", "cname": None,
            "custom_404": False, "html_url": f"https://{self.org}.pages.example/{repo.name}/",
            "build_type": "legacy", "source": {"branch": "main", "path": "/"}, "public": True,
            "https_enforced": True,
        }  # fmt: skip

    @route("POST /repos/{owner}/{repo}/pages")
    def make_pages(self, request: Request) -> Reply:
        repo = self.repo(request, "admin")
        if repo.pages:
            self.refuse(409, "GitHub Pages is already enabled.")
        repo.pages = True
        self.audit("repo.pages_create", request, repo=f"{self.org}/{repo.name}")
        return answer(self._pages(repo), 201)

    @route("DELETE /repos/{owner}/{repo}/pages")
    def drop_pages(self, request: Request) -> Reply:
        repo = self.repo(request, "admin")
        if not repo.pages:
            self.refuse(404, "Not Found")
        repo.pages = False
        self.audit("repo.pages_destroy", request, repo=f"{self.org}/{repo.name}")
        return Reply(204)

    @route("GET /repos/{owner}/{repo}/forks", paged=True)
    def forks(self, request: Request) -> Reply:
        self.repo(request, peek=True)
        return self.page(request, [], lambda value: value)

    @route("GET /repos/{owner}/{repo}/releases", paged=True)
    def releases(self, request: Request) -> Reply:
        self.repo(request, peek=True)
        return self.page(request, [], lambda value: value)
