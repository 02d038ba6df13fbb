"""What our own credential may do: the permissions in its tokens, or what the directory says it was assigned."""

from __future__ import annotations

from casb_cli.apps.office365 import mapping
from casb_cli.apps.office365 import mapping_grants as shapes
from casb_cli.apps.office365.feed import NO_FEED, Feed
from casb_cli.apps.office365.govern_grants import GovernGrants
from casb_cli.apps.office365.scopes import (
    APPLICATION,
    APPS,
    BY_ASSERTION,
    DELEGATED,
    SHAREPOINT,
    graph,
    on_apps,
    on_users,
)
from casb_cli.core.capabilities import ReadOwnPermissions
from casb_cli.core.errors import NotPermitted, ObjectMissing, RequestRefused
from casb_cli.core.models import OwnPermissions
from casb_cli.core.refs import local

_MARKS = {
    "00000003-0000-0000-c000-000000000000": "",
    "00000003-0000-0ff1-ce00-000000000000": SHAREPOINT,
    "c5393580-f805-4401-95e8-94b7a6ef2fc2": "",
}
"""Microsoft's resources by app id, and what marks their permissions here."""
_OWN_APP = "/servicePrincipals(appId='{appId}')"


class _Site(mapping.Principal):
    web_url: str | None = None


class Permissions(GovernGrants, Feed, ReadOwnPermissions):
    """Matrix row 15."""

    @on_users("GET /organization")
    @on_apps(
        "GET /servicePrincipals(appId='{appId}')", "GET /servicePrincipals/{id}/appRoleAssignments", any_of=graph(APPS)
    )
    def read_own_permissions(self) -> OwnPermissions:
        """Return the permissions in a token of each API that the chosen components use, and whom they act as."""
        notes = self._obtain()
        own = self._own_app()
        granted = tuple((self.client.granted or "").split())
        if not granted and own is not None:
            granted = self._assigned_to(own)
        identity, name = (local("account", own.id), f"app {own.title}") if own else (None, None)
        if self.delegated:
            me = self._me()
            if me is not None:
                identity, name = local("account", me.id), me.login
            notes.append("a person signed in: what that person may not see is not seen either")
        return OwnPermissions(
            granted=granted,
            vocabulary=DELEGATED if self.delegated else APPLICATION,
            complete=bool(granted),
            identity=identity,
            identity_name=name,
            notes=tuple(notes),
        )

    @property
    def delegated(self) -> bool:
        """Whether a person signed in; else the app acts in its own name."""
        return self.facts.method == "device"

    def _obtain(self) -> list[str]:
        """Have a token for each API that the components on use; return what must be said of those refused."""
        notes: list[str] = []
        self.client.send(self.get("/organization", query={"$select": "id"}))
        if self.on("activities") and not self.has_feed:
            notes.append(NO_FEED)
        elif self.on("activities"):
            try:
                self.subscribed()
            except NotPermitted as error:
                notes.append(f"the audit feed is out of reach: {error.words}")
        if self.on("files"):
            if self.facts.method in BY_ASSERTION:
                self._reach_sharepoint(notes)
            elif self.delegated:
                notes.append("what lies in recycle bins can be listed and not restored: that takes a certificate")
            else:
                notes.append("SharePoint's own API takes no token of a client secret: recycle bins are out of reach")
        return notes

    def _reach_sharepoint(self, notes: list[str]) -> None:
        try:
            site = self.read(self.get("/sites/root", query={"$select": "id,webUrl"}), _Site)
            if site.web_url:
                # Any call will do: the permissions stand in the token that goes with it.
                self.client.send(self.sharepoint("GET /_api/web", site.web_url, query={"$select": "Title"}))
        except (ObjectMissing, RequestRefused):
            return
        except NotPermitted as error:
            notes.append(f"SharePoint's own API is out of reach: {error.words}")

    def _own_app(self) -> shapes.ServicePrincipal | None:
        """Return our own app, as far as apps may be read."""
        if not self.on("apps") or not self.client_id:
            return None
        call = self.get(_OWN_APP, {"appId": self.client_id}, query={"$select": "id,displayName,appId"})
        try:
            return self.read(call, shapes.ServicePrincipal)
        except (NotPermitted, ObjectMissing):
            return None

    @property
    def client_id(self) -> str:
        """The id of our own app registration."""
        return self.facts.fields.get("client_id", "").strip()

    def _assigned_to(self, own: shapes.ServicePrincipal) -> tuple[str, ...]:
        """Return what the directory says our app was assigned, where its tokens are not to be read."""
        apps = self.apps()
        found = []
        for one in self.roles_held(own.id):
            resource = apps.get(one.resource_id)
            mark = _MARKS.get((resource.app_id or "").lower()) if resource else None
            if resource is not None and mark is not None:
                found.append(mark + shapes.role_name(resource, one.app_role_id))
        return tuple(found)

    def _me(self) -> mapping.User | None:
        try:
            return self.read(self.get("/me", query={"$select": "id,userPrincipalName,mail"}), mapping.User)
        except (NotPermitted, ObjectMissing, RequestRefused):
            return None
