"""What a perfect reader of the simulated Okta sees before anybody acts: derived from the world, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.okta.sandbox_apps import Apps
from casb_cli.apps.okta.sandbox_company import APP, CUSTOM_ROLES, RESOURCE_SETS, Assignment, Company
from casb_cli.apps.okta.sandbox_log import event_id, event_type
from casb_cli.core import clock

_STATUS = {
    "ACTIVE": "active",
    "PASSWORD_EXPIRED": "active",
    "RECOVERY": "active",
    "LOCKED_OUT": "active",
    "SUSPENDED": "suspended",
    "DEPROVISIONED": "disabled",
    "STAGED": "invited",
    "PROVISIONED": "invited",
}

_PRINCIPALS = {"00u": "account", "00g": "group", "0oa": "app"}


class Truth:
    """The expected answers; every id is Okta's own, times are RFC 3339 UTC."""

    def __init__(self, company: Company, apps: Apps) -> None:
        self.company = company
        self.apps = apps
        self._world = company.world

    def rows(self, kind: str) -> dict[Any, dict[str, Any]]:
        """Return every row of a kind by id, with the fields that the world knows.

        Memberships are known by (group ref, member ref), privileges by (principal ref, role, scope). The id of a
        grant says where it hangs: `app-grant:<app>:<grant>`, `user-grant:<user>:<grant>`,
        `token:<user>:<client>:<token>`, `api-token:<id>`. Okta has no files.
        """
        found: dict[Any, dict[str, Any]] = getattr(self, f"_{kind}_rows", dict)()
        return found

    def hidden(self, kind: str) -> set[str]:
        """Return whose part of a listing nobody can read: a super administrator sees everything."""
        del kind
        return set()

    # People

    def _account_rows(self) -> dict[Any, dict[str, Any]]:
        admins = self.company.admins()
        found = {}
        for index in self.company.people():
            user = self.company.user(index)
            found[user.id] = {
                "login": user.login,
                "email": user.login,
                "name": self._world.person(index).name,
                "status": _STATUS[user.status],
                "is_admin": index in admins,
                "created": clock.text(user.created),
                "last_login": clock.text(user.last_login) if user.last_login else None,
            }
        return found

    def mfa(self) -> dict[str, bool]:
        """Return by account whether a second factor is active, a security question not counted."""
        company = self.company
        return {
            company.user_id(index): any(
                kind != "question" and status == "ACTIVE" for _, kind, _, status in company.factors(index)
            )
            for index in company.people()
        }

    def _group_rows(self) -> dict[Any, dict[str, Any]]:
        company = self.company
        return {
            company.group_id(number): {
                "name": company.group_name(number),
                "member_count": len(company.members(number)),
            }
            for number in range(company.group_count)
        }

    def _membership_rows(self) -> dict[Any, dict[str, Any]]:
        company = self.company
        return {
            (f"group:{company.group_id(number)}", f"account:{company.user_id(index)}"): {
                "group": company.group_name(number)
            }
            for number in range(company.group_count)
            for index in company.members(number)
        }

    def _privilege_rows(self) -> dict[Any, dict[str, Any]]:
        """Return who holds which role over what: directly, as a group, through a group, and as an app.

        The role is Okta's type, or the label of the org's own role; the scope `org`, a resource set's label, or
        the name of each group that a standard role is limited to.
        """
        company = self.company
        found = {(f"app:{app.id}", role, "org") for app in self.apps.services.values() for role in app.roles}
        for one in company.assignments():
            holders = {f"{_PRINCIPALS[one.holder[:3]]}:{one.holder}"}
            number = company.group_of(one.holder)
            if number is not None:
                holders |= {f"account:{company.user_id(index)}" for index in company.members(number)}
            role = one.type if one.custom is None else CUSTOM_ROLES[one.custom][0]
            found |= {(holder, role, scope) for holder in holders for scope in self._scopes(one)}
        return {key: {} for key in found}

    def _scopes(self, one: Assignment) -> list[str]:
        if one.resource_set is not None:
            return [RESOURCE_SETS[one.resource_set][0]]
        numbers = [self.company.group_of(target) for target in one.targets]
        return [self.company.group_name(n) for n in numbers if n is not None] or ["org"]

    # Activity

    def activity(self) -> Iterator[dict[str, Any]]:
        """Yield the log as the world tells it, oldest first; it goes back 60 of the 90 days that Okta keeps."""
        for index in range(self._world.events):
            event = self._world.event(APP, index)
            actor = self.company.user(event.actor)
            yield {
                "id": event_id(self._world.seed, index),
                "time": clock.text(event.time),
                "kind": event.kind,
                "action": event_type(event)[0],
                "actor": actor.login,
                "actor_ref": f"account:{actor.id}",
                "ip": None if index % 50 == 49 else event.ip,
                "user_agent": event.user_agent,
                "outcome": "success" if event.success else "failure",
            }

    def _activity_rows(self) -> dict[Any, dict[str, Any]]:
        return {row.pop("id"): row for row in self.activity()}

    # Grants

    def _grant_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        company, labels = self.company, {app.id: app.label for app in self.apps.all}
        for app in self.apps.all:
            for grant in self.apps.admin_grants(app):
                found[f"app-grant:{app.id}:{grant.id}"] = {
                    "name": app.label,
                    "client_id": app.id,
                    "scopes": [grant.scope],
                    "issued": clock.text(grant.created),
                }
        for index in company.people():
            id_ = company.user_id(index)
            for grant in self.apps.consents(index):
                found[f"user-grant:{id_}:{grant.id}"] = {
                    "name": labels[grant.app],
                    "client_id": grant.app,
                    "principal_ref": f"account:{id_}",
                    "scopes": [grant.scope],
                    "issued": clock.text(grant.created),
                }
            for token in self.apps.tokens(index):
                found[f"token:{id_}:{token.app}:{token.id}"] = {
                    "name": labels[token.app],
                    "client_id": token.app,
                    "principal_ref": f"account:{id_}",
                    "scopes": sorted(token.scopes),
                    "issued": clock.text(token.created),
                    "expires": clock.text(token.expires),
                }
        for key in self.apps.keys:
            found[f"api-token:{key.id}"] = {
                "name": key.name,
                "principal_ref": f"account:{company.user_id(key.owner)}",
                "issued": clock.text(key.created),
            }
        return found
