"""App permissions: what people and administrators consented to, and what apps hold in their own name."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from casb_cli.apps._microsoft.paging import Listed
from casb_cli.apps.office365 import mapping
from casb_cli.apps.office365 import mapping_grants as shapes
from casb_cli.apps.office365.common import PAGE
from casb_cli.apps.office365.directory import Directory
from casb_cli.apps.office365.scopes import APPS, DIRECTORY, USERS, graph, on_apps, on_users
from casb_cli.core.capabilities import ListGrants, Page
from casb_cli.core.errors import ObjectMissing, ProviderError, RequestRefused
from casb_cli.core.models import Account, Grant, Partition
from casb_cli.transport.calls import Answer

CONSENTS = "/oauth2PermissionGrants"
ASSIGNED_TO = "/servicePrincipals/{id}/appRoleAssignedTo"
_APP_FIELDS = (
    "id,appId,displayName,appOwnerOrganizationId,accountEnabled,verifiedPublisher,disabledByMicrosoftStatus,"
    "createdDateTime,appRoles"
)
_HELD = 600.0
"""Seconds for which the apps are held."""
_NAMES = 5_000
"""Users whose login is held."""
_AT_ONCE = 20


class Grants(Directory, ListGrants):
    """Matrix row 13."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._apps_lock = threading.Lock()
        self._apps: tuple[float, dict[str, shapes.ServicePrincipal]] | None = None
        self._logins: dict[str, str | None] = {}

    @on_users("GET /users/{id}", any_of=graph(USERS))
    @on_apps("GET /oauth2PermissionGrants", any_of=graph(DIRECTORY))
    @on_apps("GET /servicePrincipals", "GET /servicePrincipals/{id}/appRoleAssignedTo", any_of=graph(APPS))
    def list_grants(self, part: Partition, cursor: str | None) -> Iterator[Page[Grant]]:
        """Yield delegated permissions, then those that apps hold themselves, resource by resource."""
        if part.key == "":
            yield Page(items=(), more=(Partition(key="delegated"), Partition(key="roles")))
        elif part.key == "delegated":
            apps = self.apps()
            for found, after in self.pages(CONSENTS, shapes.Consent, query={"$top": PAGE}, cursor=cursor):
                logins = self.logins(one.principal_id for one in found if one.principal_id)
                rows = [
                    shapes.delegated(
                        one, apps.get(one.client_id), apps.get(one.resource_id), logins.get(one.principal_id or "")
                    )
                    for one in found
                ]
                yield Page(items=rows, cursor=after)
        else:
            apps = self.apps()
            resources = [one for one in apps.values() if one.app_roles]
            for start in range(0, len(resources), _AT_ONCE):
                yield Page(items=self._roles_of(resources[start : start + _AT_ONCE], apps))

    def _roles_of(
        self, resources: Sequence[shapes.ServicePrincipal], apps: dict[str, shapes.ServicePrincipal]
    ) -> list[Grant]:
        calls = [self.get(ASSIGNED_TO, {"id": one.id}, query={"$top": PAGE}) for one in resources]
        rows: list[Grant] = []
        for resource, answer in zip(resources, self.batch(calls), strict=True):
            if isinstance(answer, ObjectMissing):
                continue  # removed meanwhile
            if isinstance(answer, ProviderError):
                raise answer
            rows += [
                shapes.app_role(one, apps.get(one.principal_id), resource)
                for one in self._assigned_in(resource.id, answer)
                if one.principal_type == "ServicePrincipal"
            ]
        return rows

    def _assigned_in(self, resource: str, first: Answer) -> Iterator[shapes.RoleAssignment]:
        page = first.decode(Listed[shapes.RoleAssignment])
        yield from page.value
        if page.next:
            for more, _ in self.pages(ASSIGNED_TO, shapes.RoleAssignment, {"id": resource}, cursor=page.next):
                yield from more

    def apps(self) -> dict[str, shapes.ServicePrincipal]:
        """Return the tenant's apps by the id of their service principal, at most ten minutes old."""
        with self._apps_lock:
            held = self._apps
            if held is None or time.monotonic() - held[0] > _HELD:
                held = self._apps = (time.monotonic(), self._read_apps())
        return held[1]

    def _read_apps(self) -> dict[str, shapes.ServicePrincipal]:
        query: dict[str, Any] = {"$select": _APP_FIELDS, "$top": PAGE}
        try:
            return {one.id: one for one in self.every("/servicePrincipals", shapes.ServicePrincipal, query=query)}
        except RequestRefused:
            # `createdDateTime` is returned but not declared: where it may not be selected, all fields come.
            found = self.every("/servicePrincipals", shapes.ServicePrincipal, query={"$top": PAGE})
            return {one.id: one for one in found}

    def logins(self, ids: Iterable[str]) -> dict[str, str | None]:
        """Return what users are called, by id; None for those who are gone."""
        wanted = list(dict.fromkeys(ids))
        if len(self._logins) > _NAMES:
            self._logins = {}
        for id_ in wanted:
            kept = self.recall("account", id_) if id_ not in self._logins else None
            if isinstance(kept, Account) and kept.login:
                self._logins[id_] = kept.login  # listed before: that spares a call each
        asked = [id_ for id_ in wanted if id_ not in self._logins]
        query = {"$select": "id,userPrincipalName,mail"}
        calls = [self.get("/users/{id}", {"id": id_}, query=query) for id_ in asked]
        for id_, answer in zip(asked, self.batch(calls), strict=True):
            if isinstance(answer, Answer):
                self._logins[id_] = answer.decode(mapping.User).login
            elif isinstance(answer, ObjectMissing):
                self._logins[id_] = None
            else:
                raise answer
        return {id_: self._logins[id_] for id_ in wanted}

    def service(self, id_: str) -> shapes.ServicePrincipal:
        """Return an app as it is now, by its service principal's id; raises ObjectMissing."""
        query = {"$select": "id,appId,displayName,accountEnabled,appOwnerOrganizationId"}
        return self.read(self.get("/servicePrincipals/{id}", {"id": id_}, query=query), shapes.ServicePrincipal)

    def consent(self, id_: str) -> shapes.Consent | None:
        """Return a delegated grant by its id; None where there is none."""
        found = self.every(CONSENTS, shapes.Consent, query={"$top": PAGE})
        return next((one for one in found if one.id == id_), None)

    def consents_of(self, app: str) -> list[shapes.Consent]:
        """Return what an app may do in people's names, by its service principal's id; none where it is gone."""
        try:
            return list(self.every("/servicePrincipals/{id}/oauth2PermissionGrants", shapes.Consent, {"id": app}))
        except ObjectMissing:
            return []

    def roles_held(self, app: str) -> list[shapes.RoleAssignment]:
        """Return the permissions that an app holds in its own name; none where it is gone."""
        try:
            return list(self.every("/servicePrincipals/{id}/appRoleAssignments", shapes.RoleAssignment, {"id": app}))
        except ObjectMissing:
            return []
