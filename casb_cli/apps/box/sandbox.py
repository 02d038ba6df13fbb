"""The simulated Box: `build(world, options)` returns it, to be served on loopback.

It plays an enterprise of the invented company with one authorized app: the app's service account, `as-user`,
marker and offset paging, two event streams, content through a second host, versions, trash, links, collaborations.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from casb_cli.apps.box.sandbox_admin import Admin
from casb_cli.apps.box.sandbox_content import Content
from casb_cli.apps.box.sandbox_people import People
from casb_cli.apps.box.sandbox_sharing import Sharing
from casb_cli.apps.box.sandbox_truth import Truth
from casb_cli.sandbox.provider import Options, Signin
from casb_cli.sandbox.wire import Reply, Request, answer, route
from casb_cli.sandbox.world import World


class Box(People, Content, Sharing, Admin):
    """The whole of the simulated Box; `truth` says what a perfect reader would have seen at the start."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.truth = Truth(self.company)

    def credentials(self) -> dict[str, Signin]:
        """Return what signs in: client credentials, the app's settings file, or the browser."""
        urls = {f"{name}_url": url for name, url in self.hosts_as_told().items()}
        common = {"client_id": self.signin.client_id, **urls}
        enterprise = {"enterprise_id": self.signin.enterprise_id}
        secret = {"client_secret": self.signin.client_secret}
        return {
            "ccg": Signin(fields={**common, **enterprise}, secrets=secret),
            "jwt": Signin(fields=urls, secrets={"config": json.dumps(self.signin.settings())}),
            "oauth": Signin(fields=common, secrets=secret),
        }

    def hosts_as_told(self) -> dict[str, str]:
        """Return the base URLs with the paths that Box's own have."""
        paths = {"upload": "/api", "account": "/api/oauth2"}
        return {name: url + paths.get(name, "") for name, url in self.urls.items()}

    @route("GET /authorize", host="account", path="/api/oauth2/authorize", free=True)
    def authorize(self, request: Request) -> Reply:
        """Send the browser back with a code: the administrator always agrees."""
        where = self.signin.authorize(request.query)
        page = f'<!doctype html><title>Box</title><p>Granted. <a href="{escape(where)}">Continue</a>'
        return Reply(302, page.encode(), {"location": where, "content-type": "text/html; charset=utf-8"})

    @route("POST /oauth2/token")
    def token(self, request: Request) -> Reply:
        """Give a token."""
        return answer(self.signin.token(request.body))

    @route("POST /oauth2/revoke")
    def revoke(self, request: Request) -> Reply:
        """Revoke a token of the app."""
        self.signin.revoke(request.body)
        return Reply(200)

    def content(self, file: str) -> bytes | None:
        """Return what a file holds now, None where it is gone or in the trash: for tests."""
        item = self.state.find("file", file)
        return None if item is None or self.state.in_trash(item) else self.state.content(item)

    def edit(self, file: str, data: bytes) -> None:
        """Let a file's owner save new content: for tests."""
        found = self.state.find("file", file)
        if found is None:
            raise KeyError(file)
        item = self.state.keep(found)
        item.etag += 1
        self._add_version(item, data, self.state.owner(item))
        self.trail.note("EDIT", self.state.owner(item), self.source(item))

    def snapshot(self) -> dict[str, Any]:
        """Return what has changed on top of the company."""
        state = self.state
        return {
            "users": {id_: {"status": user.status, "role": user.role} for id_, user in state.users.items()},
            "items": {
                f"{kind}:{id_}": {
                    "name": item.name,
                    "parent": item.parent,
                    "owner": state.owner(item),
                    "link": item.link.access if item.link else None,
                    "trashed": item.trashed is not None,
                    "gone": item.gone,
                    "versions": len(item.versions),
                }
                for (kind, id_), item in state.items.items()
            },
            "collaborations": sorted(state.collabs),
            "ended_collaborations": sorted(state.ended),
            "ended_sessions": list(state.ended_sessions),
            "events": len(state.happened),
        }


def build(world: World, options: Options | None = None) -> Box:
    """Return a simulated Box of `world`."""
    return Box(world, options)
