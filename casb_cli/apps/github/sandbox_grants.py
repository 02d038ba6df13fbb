"""Simulated app permissions: installations, fine-grained tokens, SAML credentials; and secret-scanning alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from casb_cli.apps.github.sandbox_auth import INSTALLATION_ID, Auth
from casb_cli.apps.github.sandbox_company import REPO_BASE
from casb_cli.apps.github.sandbox_shapes import moment
from casb_cli.sandbox import chance, planted
from casb_cli.sandbox.facts import LEAVER, MAINTAINER, OWNER, SECOND_ADMIN
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.wire import Reply, Request, answer, route
from casb_cli.sandbox.world import World

ALERT_TYPES = {
    "github-token": ("github_personal_access_token", "GitHub Personal Access Token"),
    "aws-access-key": ("aws_access_key_id", "Amazon AWS Access Key ID"),
    "slack-token": ("slack_api_token", "Slack API Token"),
}
"""Which planted secrets secret scanning knows, and what it calls them."""
CREDENTIAL_TYPES = {
    "personal access token": ("classic_pat", "fine_grained_pat"),
    "SSH key": ("ssh_key",),
    "OAuth app token": ("oauth_app_token",),
}


class Credential(msgspec.Struct, kw_only=True):
    """A credential that a member authorized for single sign-on."""

    id: int
    owner: int
    kind: str
    scopes: list[str]
    title: str | None
    authorized: datetime


class Pat(msgspec.Struct, kw_only=True):
    """A fine-grained token with access to the organization, or (`reason` set) one that asks for it."""

    id: int
    owner: int
    name: str
    permissions: dict[str, dict[str, str]]
    created: datetime
    expires: datetime | None
    reason: str | None = None


class Alert(msgspec.Struct, kw_only=True):
    """A secret-scanning alert on a planted secret."""

    number: int
    place: int
    file: int
    detector: str
    line: int
    state: str = "open"
    resolution: str | None = None
    comment: str | None = None


class Grants(Auth):
    """Rows 13 and 14 of the matrix, and alerts."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self._begin()

    def reset(self) -> None:
        super().reset()
        self._begin()

    def _begin(self) -> None:
        world, now = self.world, self.world.now
        owners = [OWNER, SECOND_ADMIN, LEAVER, MAINTAINER]
        kinds = ["personal access token", "SSH key", "OAuth app token", "personal access token"]
        self.sso_credentials = {
            161_195 + n: Credential(
                id=161_195 + n,
                owner=owner,
                kind=kind,
                scopes=["repo", "user"] if kind != "SSH key" else [],
                title="laptop" if kind == "SSH key" else None,
                authorized=now - timedelta(days=40 + n),
            )
            for n, (owner, kind) in enumerate(
                (owner, kind) for owner in owners for kind in kinds[: 1 + (owner == LEAVER) * 3]
            )
        }
        self.pats = {
            250 + n: Pat(
                id=250 + n,
                owner=owner,
                name=name,
                permissions={"organization": {"members": "read"}, "repository": {"contents": "read"}},
                created=now - timedelta(days=20 + n),
                expires=None if n == 1 else now + timedelta(days=60),
            )
            for n, (owner, name) in enumerate([(LEAVER, "ci"), (SECOND_ADMIN, "nightly"), (MAINTAINER, "[bold]odd")])
        }
        self.pat_requests = {
            350: Pat(
                id=350,
                owner=LEAVER,
                name="more",
                permissions={"repository": {"contents": "write"}},
                created=now - timedelta(days=1),
                expires=None,
                reason="deploy",
            )
        }
        self.other_installations: dict[int, dict[str, Any]] = {}
        for n, (slug, contents) in enumerate((("ci-runner", "write"), ("chat-bridge", "read"))):
            ident = 31_000 + n
            self.other_installations[ident] = {
                "id": ident,
                "app_id": 777 + n,
                "app_slug": slug,
                "client_id": f"Iv1.other{n}",
                "repository_selection": "all",
                "permissions": {"contents": contents, "metadata": "read"},
                "events": ["push"],
                "created_at": moment(now - timedelta(days=90)),
                "updated_at": moment(now - timedelta(days=90)),
            }
        self._alerts: dict[tuple[int, int], Alert] | None = None
        del world

    # Installations

    def _installed(self, facts: dict[str, Any]) -> dict[str, Any]:
        own = self.installation()
        ident, web = facts["id"], self.urls["oauth"]
        url = f"{self.api_url}/app/installations/{ident}/access_tokens"
        page = f"{web}/organizations/{self.org}/settings/installations/{ident}"
        return {**own, **facts, "html_url": page, "access_tokens_url": url, "suspended_at": None}

    def installed(self) -> list[dict[str, Any]]:
        """Return all installations of the organization, as `installation`."""
        return [self.installation(), *(self._installed(row) for row in self.other_installations.values())]

    @route("GET /orgs/{org}/installations", paged=True)
    def installations(self, request: Request) -> Reply:
        found = self.installed()
        return self.page(
            request, found, lambda row: row, wrap=lambda rows: {"total_count": len(found), "installations": rows}
        )

    @route("GET /enterprises/{enterprise}/apps/organizations/{org}/installations", paged=True)
    def enterprise_installations(self, request: Request) -> Reply:
        keep = ("id", "app_slug", "client_id", "repository_selection", "repositories_url", "permissions",
                "events", "created_at", "updated_at")  # fmt: skip
        return self.page(request, self.installed(), lambda row: {k: row[k] for k in keep})

    @route("DELETE /enterprises/{enterprise}/apps/organizations/{org}/installations/{installation_id}")
    def remove_installation(self, request: Request) -> Reply:
        ident = self.ident(request, "installation_id")
        if self.other_installations.pop(ident, None) is None:
            self.refuse(404, "Not Found")
        self.audit("integration_installation.destroy", request)
        return Reply(204)

    @route("DELETE /app/installations/{installation_id}")
    def uninstall(self, request: Request) -> Reply:
        if request.params["installation_id"] != str(INSTALLATION_ID):
            self.refuse(404, "Not Found")
        self.installation_suspended = True
        return Reply(204)

    # Fine-grained tokens

    def _pat(self, pat: Pat) -> dict[str, Any]:
        url = f"{self.api_url}/organizations/9001/personal-access-tokens/{pat.id}/repositories"
        found = {
            "id": pat.id, "owner": self.shapes.user(pat.owner), "repository_selection": "all",
            "repositories_url": url, "permissions": pat.permissions, "token_id": pat.id - 152,
            "token_name": pat.name, "token_expired": False,
            "token_expires_at": moment(pat.expires) if pat.expires else None,
            "token_last_used_at": moment(self.world.now - timedelta(hours=3)),
        }  # fmt: skip
        if pat.reason is None:
            return found | {"access_granted_at": moment(pat.created)}
        return found | {"reason": pat.reason, "created_at": moment(pat.created)}

    @route("GET /orgs/{org}/personal-access-tokens", paged=True)
    def list_pats(self, request: Request) -> Reply:
        return self.page(request, list(self.pats.values()), self._pat)

    @route("GET /orgs/{org}/personal-access-tokens/{pat_id}/repositories", paged=True)
    def pat_repos(self, request: Request) -> Reply:
        if self.ident(request, "pat_id") not in self.pats:
            self.refuse(404, "Not Found")
        return self.page(request, self.company.order(), lambda k: self.shapes.repo(self.company.peek(k)))

    @route("POST /orgs/{org}/personal-access-tokens/{pat_id}")
    def revoke_pat(self, request: Request) -> Reply:
        if request.json().get("action") != "revoke":
            self.invalid("action")
        if self.pats.pop(self.ident(request, "pat_id"), None) is None:
            self.refuse(404, "Not Found")
        self.audit("personal_access_token.access_revoked", request)
        return Reply(204)

    @route("POST /orgs/{org}/personal-access-tokens")
    def revoke_pats(self, request: Request) -> Reply:
        body = request.json()
        idents = body.get("pat_ids", [])
        if body.get("action") != "revoke" or not 0 < len(idents) <= 100:
            self.invalid("pat_ids")
        for ident in idents:
            self.pats.pop(int(ident), None)
        self.audit("personal_access_token.access_revoked", request)
        return answer({}, 202)

    @route("GET /orgs/{org}/personal-access-token-requests", paged=True)
    def list_requests(self, request: Request) -> Reply:
        return self.page(request, list(self.pat_requests.values()), self._pat)

    @route("POST /orgs/{org}/personal-access-token-requests")
    def review_several(self, request: Request) -> Reply:
        body = request.json()
        idents, action = body.get("pat_request_ids") or [], body.get("action")
        if action not in {"approve", "deny"} or len(idents) > 100:
            self.invalid("action")
        for ident in idents:
            asked = self.pat_requests.pop(int(ident), None)
            if asked is not None and action == "approve":
                asked.reason = None
                self.pats[asked.id] = asked
        return answer({}, 202)

    @route("POST /orgs/{org}/personal-access-token-requests/{pat_request_id}")
    def review(self, request: Request) -> Reply:
        action = request.json().get("action")
        if action not in {"approve", "deny"}:
            self.invalid("action")
        asked = self.pat_requests.pop(self.ident(request, "pat_request_id"), None)
        if asked is None:
            self.refuse(404, "Not Found")
        if action == "approve":
            asked.reason = None
            self.pats[asked.id] = asked
        self.audit(f"personal_access_token.request_{'denied' if action == 'deny' else 'created'}", request)
        return Reply(204)

    # Credentials authorized for single sign-on

    def _credential(self, row: Credential) -> dict[str, Any]:
        ssh = row.kind == "SSH key"
        tail = chance.text(chance.BASE62, 8, self.world.seed, 99, row.id)
        found: dict[str, Any] = {
            "login": self.company.person(row.owner).login, "credential_id": row.id, "credential_type": row.kind,
            "credential_authorized_at": moment(row.authorized),
            "credential_accessed_at": moment(self.world.now - timedelta(hours=9)),
            "authorized_credential_id": row.id - 100_000, "authorized_credential_expires_at": None,
        }  # fmt: skip
        if ssh:
            return found | {"fingerprint": f"SHA256:{tail}", "authorized_credential_title": row.title}
        return found | {"token_last_eight": tail, "scopes": row.scopes, "authorized_credential_note": "note"}

    @route("GET /orgs/{org}/credential-authorizations", paged=True)
    def credential_authorizations(self, request: Request) -> Reply:
        login = request.query.get("login")
        rows = [row for row in self.sso_credentials.values()
                if login is None or self.company.person(row.owner).login == login]  # fmt: skip
        return self.page(request, rows, self._credential)

    @route("DELETE /orgs/{org}/credential-authorizations/{credential_id}")
    def end_credential(self, request: Request) -> Reply:
        if self.sso_credentials.pop(self.ident(request, "credential_id"), None) is None:
            self.refuse(404, "Not Found")
        self.audit("org_credential_authorization.revoke", request)
        return Reply(204)

    @route("POST /orgs/{org}/credential-authorizations/{username}/revoke")
    @route("POST /enterprises/{enterprise}/credential-authorizations/{username}/revoke")
    @route("POST /orgs/{org}/credential-authorizations/{username}/revoke-credential-type")
    @route("POST /enterprises/{enterprise}/credential-authorizations/{username}/revoke-credential-type")
    def end_credentials(self, request: Request) -> Reply:
        index = self.company.by_login(request.params["username"])
        if index is None:
            self.refuse(404, "Not Found")
        kind = request.json().get("credential_type")
        known = {name for names in CREDENTIAL_TYPES.values() for name in names}
        if request.name.endswith("revoke-credential-type") and kind not in known:
            self.invalid("credential_type")
        for row in list(self.sso_credentials.values()):
            if row.owner == index and (kind is None or kind in CREDENTIAL_TYPES[row.kind]):
                del self.sso_credentials[row.id]
        self.audit("org_credential_authorization.revoke", request, user=request.params["username"])
        return answer({"message": "Credential authorization revocation has been queued."}, 202)

    @route("POST /orgs/{org}/credential-authorizations/revoke-all")
    @route("POST /orgs/{org}/credential-authorizations/revoke-credential-type")
    def end_all_credentials(self, request: Request) -> Reply:
        kind = request.json().get("credential_type")
        for row in list(self.sso_credentials.values()):
            if request.name.endswith("revoke-all") or kind in CREDENTIAL_TYPES[row.kind]:
                del self.sso_credentials[row.id]
        self.audit("org_credential_authorization.revoke", request)
        return answer({"message": "Credential authorization revocation has been queued."}, 202)

    # Secret-scanning alerts

    def alerts(self) -> dict[tuple[int, int], Alert]:
        """Return the alerts by place and number; looked for among the first files of the company."""
        if self._alerts is None:
            self._alerts, library = {}, self.company.library
            counts: dict[int, int] = {}
            for index in range(min(library.count, 2000)):
                for found in library.planted(index):
                    if found.detector in ALERT_TYPES:
                        place = library.place_of(index)
                        counts[place] = number = counts.get(place, 0) + 1
                        self._alerts[place, number] = Alert(
                            number=number, place=place, file=index, detector=found.detector, line=found.line
                        )
        return self._alerts

    def _alert(self, alert: Alert, *, hide: bool, repository: bool) -> dict[str, Any]:
        repo = self.company.peek(alert.place)
        kind, title = ALERT_TYPES[alert.detector]
        url = f"{self.api_url}/repos/{self.org}/{repo.name}/secret-scanning/alerts/{alert.number}"
        done = alert.state == "resolved"
        created = moment(self.world.now - timedelta(days=3))
        found = {
            "number": alert.number, "created_at": created, "updated_at": created, "url": url,
            "html_url": f"{self.urls['oauth']}/{self.org}/{repo.name}/security/secret-scanning/{alert.number}",
            "locations_url": f"{url}/locations", "state": alert.state, "resolution": alert.resolution,
            "resolved_at": moment(self.now()) if done else None,
            "resolved_by": self.shapes.user(OWNER) if done else None, "resolution_comment": alert.comment,
            "secret_type": kind, "secret_type_display_name": title, "validity": "unknown",
            "publicly_leaked": repo.visibility == "public", "multi_repo": False,
            "push_protection_bypassed": False, "push_protection_bypassed_by": None,
            "push_protection_bypassed_at": None,
        }  # fmt: skip
        if not hide:
            found["secret"] = planted.lines_for("github-token", 1, self.world.seed, 27, alert.file)[0]
        if repository:
            found["repository"] = self.shapes.repo(repo)
        return found

    @route("GET /orgs/{org}/secret-scanning/alerts", paged=True)
    def org_alerts(self, request: Request) -> Reply:
        state, hide = request.query.get("state"), request.query.get("hide_secret") == "true"
        rows = [a for a in self.alerts().values() if state in (None, a.state)]
        rows = [a for a in rows if self._sees(request, a.place)]
        return self.page(request, rows, lambda a: self._alert(a, hide=hide, repository=True))

    def _sees(self, request: Request, key: int) -> bool:
        token = request.who.token
        return token is None or token.selection is None or key in token.selection

    def _one(self, request: Request) -> Alert:
        repo = self.repo(request, "push" if request.method == "GET" else "admin", peek=True)
        found = self.alerts().get((repo.id - REPO_BASE, self.ident(request, "alert_number")))
        if found is None:
            self.refuse(404, "Not Found")
        return found

    @route("GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}")
    def get_alert(self, request: Request) -> Reply:
        hide = request.query.get("hide_secret") == "true"
        return answer(self._alert(self._one(request), hide=hide, repository=False))

    @route("PATCH /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}")
    def resolve_alert(self, request: Request) -> Reply:
        alert, body = self._one(request), request.json()
        state, resolution = body.get("state"), body.get("resolution")
        if state not in {"open", "resolved"}:
            self.invalid("state")
        if state == "resolved" and resolution not in {"revoked", "false_positive", "wont_fix", "used_in_tests"}:
            self.invalid("resolution")
        alert.state, alert.comment = state, body.get("resolution_comment")
        alert.resolution = resolution if state == "resolved" else None
        self.audit("secret_scanning_alert.resolve", request)
        return answer(self._alert(alert, hide=True, repository=False))

    @route("GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}/locations", paged=True)
    def alert_locations(self, request: Request) -> Reply:
        alert = self._one(request)
        library = self.company.library
        repo = self.company.peek(alert.place)
        head = repo.git.resolve("main")
        sha = library.sums(alert.file)[2]
        base = f"{self.api_url}/repos/{self.org}/{repo.name}/git"
        details = {
            "path": library.entry(alert.file).path, "start_line": alert.line, "end_line": alert.line,
            "start_column": 1, "end_column": 40, "blob_sha": sha, "blob_url": f"{base}/blobs/{sha}",
            "commit_sha": head.sha if head else "", "commit_url": f"{base}/commits/{head.sha if head else ''}",
            "html_url": "",
        }  # fmt: skip
        return self.page(request, [{"type": "commit", "details": details}], lambda row: row)
