"""The simulated directory's organization and accounts: listings, deltas, registration, what is done to accounts."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from casb_cli.apps.office365.sandbox_company import DELETED
from casb_cli.apps.office365.sandbox_desk import Desk
from casb_cli.apps.office365.sandbox_ids import guid_of
from casb_cli.apps.office365.sandbox_objects import User
from casb_cli.apps.office365.sandbox_wire import (
    Refusal,
    bad,
    link,
    listed,
    no_object,
    numbers_of,
    page,
    selected,
    token_of,
    top_of,
    when,
)
from casb_cli.sandbox.wire import Reply, Request, answer, route

DEFAULT = frozenset(
    {
        "id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
        "preferredLanguage", "surname", "userPrincipalName",
    }
)  # fmt: skip
SKU = "c7df2760-2c81-4ef7-b578-5b5392b571df"
_NO_PREMIUM = "Neither tenant is B2C or tenant doesn't have premium license"
_FILTER = re.compile(r"(\w+)\s+(eq|ne)\s+('(?:[^']|'')*'|true|false|null)")
_PRIVILEGED = frozenset({"accountEnabled", "passwordProfile"})
_SYNCED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently "
    "undergoing migration."
)


class Users(Desk):
    """Accounts."""

    @route("GET /organization", paged=True)
    def organization(self, request: Request) -> Reply:
        """Tell whose tenant it is."""
        company = self.company
        row = {
            "id": company.tenant,
            "displayName": company.world.name,
            "tenantType": "AAD",
            "onPremisesSyncEnabled": True,
            "createdDateTime": when(company.now - 86_400 * 1200),
            "countryLetterCode": "DE",
            "assignedPlans": self._plans(),
            "verifiedDomains": [
                {
                    "name": company.initial,
                    "isInitial": True,
                    "isDefault": False,
                    "type": "Managed",
                    "capabilities": "Email",
                },
                {
                    "name": company.domain,
                    "isInitial": False,
                    "isDefault": True,
                    "type": "Managed",
                    "capabilities": "Email",
                },
            ],
        }
        return page(request, self.graph, listed([row]), 100, 999, context="organization")

    def _plans(self) -> list[dict[str, Any]]:
        names = {"premium": ["AAD_PREMIUM", "AAD_PREMIUM_P2"], "p1": ["AAD_PREMIUM"]}.get(self.licence, [])
        return [{"service": name, "capabilityStatus": "Enabled", "servicePlanId": SKU} for name in ["exchange", *names]]

    def user_row(self, user: User) -> dict[str, Any]:
        """Return an account with all that can be selected."""
        given, _, family = user.name.partition(" ")
        last = user.last_sign_in
        return {
            "id": user.id,
            "businessPhones": [],
            "displayName": user.name,
            "givenName": given,
            "surname": family or None,
            "jobTitle": None,
            "mail": user.mail,
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "userPrincipalName": user.upn,
            "accountEnabled": user.enabled,
            "userType": "Guest" if user.guest else "Member",
            "externalUserState": "PendingAcceptance" if user.pending else "Accepted" if user.guest else None,
            "createdDateTime": when(user.created),
            "lastPasswordChangeDateTime": when(user.password_changed),
            "signInSessionsValidFromDateTime": when(user.revoked or user.password_changed),
            "onPremisesSyncEnabled": True if user.synced else None,
            "onPremisesImmutableId": f"imm{user.index}==" if user.synced else None,
            "department": user.department,
            "assignedLicenses": [{"skuId": SKU, "disabledPlans": []}] if user.licensed else [],
            "proxyAddresses": [f"SMTP:{user.mail}"] if user.mail and not user.guest else [],
            "otherMails": [],
            "signInActivity": None
            if last is None
            else {
                "lastSignInDateTime": when(last - 40),
                "lastSignInRequestId": guid_of(self.world.seed, "request", user.index),
                "lastNonInteractiveSignInDateTime": when(last),
                "lastNonInteractiveSignInRequestId": guid_of(self.world.seed, "silent", user.index),
                "lastSuccessfulSignInDateTime": when(last - 20),
            },
        }

    def told_user(self, request: Request, user: User) -> dict[str, Any]:
        """Return an account cut to what is asked for; a sign-in activity that is null is left out."""
        row = self.user_row(user)
        if row["signInActivity"] is None:
            del row["signInActivity"]
        return selected(request, row, DEFAULT)

    def _check_activity(self, request: Request) -> None:
        if "signInActivity" not in request.query.get("$select", ""):
            return
        if self.licence == "free":
            raise Refusal(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", _NO_PREMIUM)
        if "AuditLog.Read.All" not in request.who.roles | request.who.scopes:
            message = "Calling principal does not have required MSGraph permissions AuditLog.Read.All"
            raise Refusal(403, "Authentication_MSGraphPermissionMissing", message)

    def _wanted(self, request: Request) -> Callable[[User], bool]:
        text = request.query.get("$filter")
        advanced = "$search" in request.query or (text is not None and (" ne " in text or "not" in text.split()))
        if advanced and request.headers.get("consistencylevel", "").lower() != "eventual":
            raise bad(
                "Filter operator 'NotEqualsMatch' is not supported. ConsistencyLevel: eventual is needed.",
                "Request_UnsupportedQuery",
            )
        if text is None:
            return lambda _: True
        terms = _FILTER.findall(text)
        if not terms or len(terms) != len(text.split(" and ")):
            raise bad(f"Invalid filter clause: {text[:80]}", "BadRequest")

        def wants(user: User) -> bool:
            row = self.user_row(user)
            for name, verb, raw in terms:
                value: Any = {"true": True, "false": False, "null": None}.get(raw, raw[1:-1].replace("''", "'"))
                if (row.get(name) == value) != (verb == "eq"):
                    return False
            return True

        return wants

    def _source(self, request: Request) -> Callable[[int], Iterator[tuple[int, dict[str, Any]]]]:
        wants = self._wanted(request)

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for position in range(start, self.company.count):
                user = self.state.user(self.company.index_at(position))
                if user is not None and user.deleted is None and wants(user):
                    yield position + 1, self.told_user(request, user)

        return source

    @route("GET /users", paged=True)
    def list_users(self, request: Request) -> Reply:
        """List accounts, guests too."""
        self._check_activity(request)
        most = 500 if "signInActivity" in request.query.get("$select", "") else 999
        if request.query.get("$top", "").isdigit() and int(request.query["$top"]) > most:
            raise bad(
                f"Invalid page size specified: '{request.query['$top']}'. Must be between 1 and {most} inclusive."
            )
        count = self.company.count if request.query.get("$count") == "true" else None
        return page(request, self.graph, self._source(request), 100, most, context="users", count=count)

    @route("GET /users/$count")
    def count_users(self, request: Request) -> Reply:
        """Count accounts."""
        if request.headers.get("consistencylevel", "").lower() != "eventual":
            raise bad("$count is not currently supported. ConsistencyLevel: eventual is needed.", "Request_BadRequest")
        return Reply(200, str(self.company.count).encode(), {"content-type": "text/plain"})

    @route("GET /users/delta", paged=True)
    def users_delta(self, request: Request) -> Reply:
        """List accounts with a delta link, or those changed since one."""
        raw = request.query.get("$deltatoken")
        if raw == "latest":
            return answer({"value": [], "@odata.deltaLink": self._delta_link(request)})
        if raw is not None:
            found = numbers_of(raw, "U", "")
            if request.fault == "expired-cursor" or found is None or self.now() - found[1] > 7 * 86_400:
                raise bad("The sync state generation is not found; Please initiate a full sync.", "syncStateNotFound")
            changed = dict.fromkeys(self.state.user_log[found[0] :])
            rows = []
            for index in changed:
                user = self.state.user(index)
                if user is not None and user.deleted is not None:
                    rows.append({"id": user.id, "@removed": {"reason": "changed"}})
                elif user is not None:
                    rows.append(self.told_user(request, user))
            return answer({"value": rows, "@odata.deltaLink": self._delta_link(request)})
        since = len(self.state.user_log)
        reply = page(request, self.graph, self._source(request), 200, 999, context="users")
        if b"@odata.nextLink" not in reply.body:
            body = {**_decoded(reply), "@odata.deltaLink": self._delta_link(request, since)}
            return answer(body)
        return reply

    def _delta_link(self, request: Request, since: int | None = None) -> str:
        number = len(self.state.user_log) if since is None else since
        token = token_of("U", "", number, int(self.now()))
        select = {"_select": request.query["$select"]} if "$select" in request.query else {}
        bare = copy.copy(request)
        bare.query_text = ""
        return link(self.graph, bare, **select, _deltatoken=token)

    @route("GET /users/{id}")
    def get_user(self, request: Request) -> Reply:
        """Return an account."""
        self._check_activity(request)
        return answer(self.told_user(request, self.require_user(request)))

    @route("GET /me")
    def me(self, request: Request) -> Reply:
        """Return the signed-in person's account."""
        if request.who.user is None:
            raise bad("/me request is only valid with delegated authentication flow.", "BadRequest")
        user = self.state.user(request.who.user)
        assert user is not None  # noqa: S101 - the token is a person's
        return answer(self.told_user(request, user))

    def require_user(self, request: Request) -> User:
        """Return the account of a path; raises 404."""
        user = self.user_of(request.params["id"])
        if user is None:
            raise no_object(request.params["id"])
        return user

    @route("GET /reports/authenticationMethods/userRegistrationDetails", paged=True)
    def registration(self, request: Request) -> Reply:
        """List how accounts sign in; disabled ones are left out."""
        if self.licence == "free":
            raise Refusal(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", _NO_PREMIUM)
        top_of(request, 100, 999)
        admins = self.company.administrators()

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for position in range(start, self.company.count):
                user = self.state.user(self.company.index_at(position))
                if user is None or user.deleted is not None or not user.enabled:
                    continue
                yield (
                    position + 1,
                    {
                        "id": user.id,
                        "userPrincipalName": user.upn,
                        "userDisplayName": user.name,
                        "userType": "guest" if user.guest else "member",
                        "isAdmin": user.id in admins,
                        "isSsprRegistered": user.mfa,
                        "isSsprEnabled": True,
                        "isSsprCapable": user.mfa,
                        "isMfaRegistered": user.mfa,
                        "isMfaCapable": user.mfa,
                        "isPasswordlessCapable": False,
                        "methodsRegistered": ["microsoftAuthenticatorPush"] if user.mfa else [],
                        "isSystemPreferredAuthenticationMethodEnabled": True,
                        "systemPreferredAuthenticationMethods": [],
                        "userPreferredMethodForSecondaryAuthentication": "push",
                        "lastUpdatedDateTime": when(self.company.now - 7200),
                    },
                )

        return page(request, self.graph, source, 100, 999, context="userRegistrationDetails")

    # What is done to accounts

    def _may_act_on(self, user: User) -> None:
        if user.id in self.company.administrators() and self.options.settings.get("app_role") != "privileged":
            raise Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

    @route("PATCH /users/{id}")
    def patch_user(self, request: Request) -> Reply:
        """Disable, enable, or give a new password."""
        user, body = self.require_user(request), self.body(request)
        if not body or body.keys() - {"accountEnabled", "passwordProfile", "department", "jobTitle"}:
            raise bad("Invalid value specified for property of resource 'User'.")
        held = request.who.roles | request.who.scopes
        broad = {"User.ReadWrite.All", "Directory.ReadWrite.All"} & held
        if "accountEnabled" in body and not broad and "User.EnableDisableAccount.All" not in held:
            raise Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if "passwordProfile" in body and "User-PasswordProfile.ReadWrite.All" not in held:
            raise Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if body.keys() & _PRIVILEGED:
            self._may_act_on(user)
        profile = body.get("passwordProfile")
        if profile is not None:
            if user.synced:
                raise bad(_SYNCED)
            password = profile.get("password")
            if password is not None and len(str(password)) < 8:
                raise bad("The specified password does not comply with password complexity requirements.")
        if not isinstance(body.get("accountEnabled", True), bool):
            raise bad("Cannot convert a value to target type 'Edm.Boolean'.")
        enabled = body.get("accountEnabled", user.enabled)
        if profile is None and enabled == user.enabled:
            return Reply(204)  # what changes nothing is no event
        held_user = self.state.change_user(user)
        held_user.enabled = enabled
        if profile is not None:
            held_user.passwords += "password" in profile
            held_user.must_change = bool(profile.get("forceChangePasswordNextSignIn", held_user.must_change))
            held_user.password_changed = self.now()
        self.trail.note_audit(self.actor(request), "Update user", "UserManagement", _target(user))
        return Reply(204)

    @route("POST /users/{id}/revokeSignInSessions")
    def revoke(self, request: Request) -> Reply:
        """End an account's sessions."""
        user = self.state.change_user(self.require_user(request))
        user.revoked = self.now()
        self.trail.note_audit(
            self.actor(request), "Update StsRefreshTokenValidFrom Timestamp", "UserManagement", _target(user)
        )
        return answer({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean", "value": True})

    # Deleted objects

    @route("GET /directory/deletedItems/microsoft.graph.user", paged=True)
    def deleted_users(self, request: Request) -> Reply:
        """List accounts that were deleted lately."""
        rows = []
        for rank in range(DELETED):
            user = self.company.deleted_user(rank)
            row = self.user_row(user) | {"deletedDateTime": when(user.deleted or 0)}
            rows.append(selected(request, row, DEFAULT | {"deletedDateTime"}))
        return page(request, self.graph, listed(rows), 100, 999, context="directoryObjects")


def _target(user: User) -> dict[str, Any]:
    return {"id": user.id, "displayName": user.name, "type": "User", "userPrincipalName": user.upn}


def _decoded(reply: Reply) -> dict[str, Any]:
    import msgspec

    found: dict[str, Any] = msgspec.json.decode(reply.body)
    return found
