"""The simulated Okta's accounts and groups: listings, factors, and the lifecycle of an account."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from casb_cli.apps.okta.sandbox_access import GROUPS, OF_GROUP, OF_USER, USER, USERS
from casb_cli.apps.okta.sandbox_company import User
from casb_cli.apps.okta.sandbox_desk import Desk
from casb_cli.apps.okta.sandbox_filter import BadExpression, Test, compile_expression
from casb_cli.apps.okta.sandbox_wire import not_found, refused, when
from casb_cli.sandbox.wire import Reply, Request, answer, route

_SEARCH = ("id", "status", "created", "activated", "statusChanged", "lastUpdated", "lastLogin", "type.id", "profile.")
_FILTER = ("id", "status", "lastUpdated", "profile.login", "profile.email", "profile.firstName", "profile.lastName")
_GROUP_SEARCH = ("id", "type", "created", "lastUpdated", "lastMembershipUpdated", "profile.")
_PASSWORD = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT"})


class People(Desk):
    """Accounts, factors, groups."""

    # Shapes

    def user_row(self, user: User, *, credentials: bool = True) -> dict[str, Any]:
        """Return an account as Okta writes it."""
        row: dict[str, Any] = {
            "id": user.id,
            "status": user.status,
            "created": when(user.created),
            "activated": when(user.activated),
            "statusChanged": when(user.status_changed),
            "lastLogin": when(user.last_login),
            "lastUpdated": when(user.updated),
            "passwordChanged": when(user.password_changed),
            "type": {"id": "oty" + self.company.org_id[3:]},
            "realmId": None,
            "profile": {
                "firstName": user.first,
                "lastName": user.last,
                "displayName": user.display,
                "userType": user.kind,
                "department": user.department,
                "mobilePhone": None,
                "secondEmail": None,
                "login": user.login,
                "email": user.login,
            },
            "_links": {"self": {"href": f"{self.base}{USERS}/{user.id}"}},
        }
        if credentials:
            name = {"OKTA": "OKTA", "ACTIVE_DIRECTORY": f"{self.world.slug}.example"}.get(user.source, "FEDERATION")
            row["credentials"] = {"provider": {"type": user.source, "name": name}}
            if user.source == "OKTA" and user.password_changed is not None:
                row["credentials"]["password"] = {}
        return row

    def _seen(self, index: int) -> User:
        """Return an account as the search sees it: behind by the lag."""
        if self.lag and self.state.clock() < self.state.changed.get(index, 0.0) + self.lag:
            return self.company.user(index)
        return self.state.user(index)

    # Accounts

    @route(f"GET {USERS}", paged=True)
    def list_users(self, request: Request) -> Reply:
        """List accounts: without search or filter those that are deprovisioned are left out."""
        if "users.read" not in request.who.powers:
            return answer([])
        query = request.query
        plain = re.search(r"\bomitCredentials\b", request.headers.get("content-type", "")) is not None
        shape: Callable[[User], dict[str, Any]] = partial(self.user_row, credentials=not plain)
        look = self._seen if query.get("search") else self.state.user
        test = self._user_test(query)
        people = _Mapped(self.company.count, lambda at: look(self.company.at(at)))

        def keep(user: User) -> bool:
            return user.status != "DEPROVISIONED" if test is None else test(self.user_row(user))

        default = 10 if query.get("q") else 200
        always = query.get("search", "").strip() in {"status pr", "id pr"}
        return self.page(request, people, shape, default=default, most=200, keep=None if always else keep)

    def _user_test(self, query: dict[str, str]) -> Test | None:
        try:
            if query.get("search"):
                return compile_expression(query["search"], _SEARCH)
            if query.get("filter"):
                return compile_expression(query["filter"], _FILTER, ("eq", "gt", "ge", "lt", "le"))
        except BadExpression as error:
            raise refused("E0000031", "", str(error)) from None
        word = query.get("q", "").casefold()
        if not word:
            return None

        def starts(row: Any) -> bool:
            profile = row["profile"]
            names = (profile["firstName"], profile["lastName"] or "", profile["email"])
            return row["status"] != "DEPROVISIONED" and any(name.casefold().startswith(word) for name in names)

        return starts

    @route(f"GET {USERS}/me")
    def get_me(self, request: Request) -> Reply:
        """Return the owner of the API token; an app is nobody."""
        if request.who.kind != "user":
            raise not_found("me", "User")
        return answer(self.user_row(self.state.known_user(request.who.id)))

    @route(f"GET {USER}")
    def get_user(self, request: Request) -> Reply:
        """Return an account, by id or login."""
        return answer(self.user_row(self._user(request)))

    def _user(self, request: Request) -> User:
        name = request.params.get("id") or request.params["userId"]
        return self.state.known_user(name, request.who.id if request.who.kind == "user" else None)

    @route(f"GET {USER}/groups")
    def list_user_groups(self, request: Request) -> Reply:
        """List the groups of an account."""
        user = self._user(request)
        numbers = [] if user.status == "DEPROVISIONED" else self.company.groups_of(user.index)
        return self.page(request, numbers, self.group_row, default=200, most=200)

    @route(f"GET {OF_USER}/factors")
    def list_factors(self, request: Request) -> Reply:
        """List an account's factors."""
        user = self._user(request)
        return answer([self._factor(user, *one) for one in self.company.factors(user.index)])

    def _factor(self, user: User, id_: str, kind: str, provider: str, status: str) -> dict[str, Any]:
        profiles: dict[str, dict[str, Any]] = {
            "question": {"question": "disliked_food", "questionText": "What is the food you least liked as a child?"},
            "sms": {"phoneNumber": "+12025550142"},
            "push": {"credentialId": user.login, "deviceType": "SmartPhone_Android", "name": "Pixel"},
            "webauthn": {"credentialId": "k9", "authenticatorName": "Security key"},
            "token:software:totp": {"credentialId": user.login},
        }
        return {
            "id": id_,
            "factorType": kind,
            "provider": provider,
            "vendorName": provider,
            "status": status,
            "created": when(user.created),
            "lastUpdated": when(user.created),
            "profile": profiles[kind],
            "_links": {"self": {"href": f"{self.base}{USERS}/{user.id}/factors/{id_}"}},
        }

    # Groups

    def group_row(self, number: int, *, stats: bool = False) -> dict[str, Any]:
        """Return a group as Okta writes it."""
        company = self.company
        kind, id_ = company.group_type(number), company.group_id(number)
        created = company.group_created(number)
        classes = {"APP_GROUP": ["okta:windows_security_principal"]}.get(kind, ["okta:user_group"])
        profile: dict[str, Any] = {"name": company.group_name(number), "description": None}
        if kind == "APP_GROUP":
            profile |= {"dn": "CN=Partners", "samAccountName": "Partners", "externalId": "UGFydG5lcnM="}
            profile |= {"windowsDomainQualifiedName": "LARKSPUR\\Partners"}
        row: dict[str, Any] = {
            "id": id_,
            "created": when(created),
            "lastUpdated": when(created),
            "lastMembershipUpdated": when(created),
            "objectClass": classes,
            "type": kind,
            "profile": profile,
            "_links": {"users": {"href": f"{self.base}{GROUPS}/{id_}/users"}},
        }
        if stats:
            row["_embedded"] = {
                "stats": {
                    "usersCount": len(self.state.members(number)),
                    "appsCount": 0,
                    "groupPushMappingsCount": 0,
                    "hasAdminPrivlege": bool(company.held_by(id_)),
                }
            }
        return row

    def _group(self, request: Request) -> int:
        number = self.company.group_of(request.params["groupId"])
        if number is None:
            raise not_found(request.params["groupId"], "UserGroup")
        return number

    @route(f"GET {GROUPS}", paged=True)
    def list_groups(self, request: Request) -> Reply:
        """List groups; `q` looks at the beginning of names."""
        query = request.query
        test: Test | None = None
        text = query.get("search") or query.get("filter")
        try:
            if text:
                test = compile_expression(text, _GROUP_SEARCH)
        except BadExpression as error:
            raise refused("E0000031", "", str(error)) from None
        word = query.get("q", "").casefold()

        def keep(number: int) -> bool:
            if word and not self.company.group_name(number).casefold().startswith(word):
                return False
            return test is None or test(self.group_row(number))

        shape = partial(self.group_row, stats="stats" in query.get("expand", "").split(","))
        numbers = range(self.company.group_count)
        return self.page(request, numbers, shape, default=10_000, most=10_000, keep=keep)

    @route(f"GET {OF_GROUP}")
    def get_group(self, request: Request) -> Reply:
        """Return a group."""
        return answer(self.group_row(self._group(request)))

    @route(f"GET {OF_GROUP}/users", paged=True)
    def list_group_users(self, request: Request) -> Reply:
        """List the members of a group."""
        members = self.state.members(self._group(request))
        return self.page(request, members, lambda index: self.user_row(self.state.user(index)), default=1000, most=1000)

    # Lifecycle

    def note(self, request: Request, kind: str, words: str, *targets: dict[str, Any]) -> None:
        """Write to the System Log what the caller did."""
        who = request.who
        if who.kind == "user":
            actor = self.trail.person(self.company.person_of(who.id) or 0)
        else:
            name = self.apps.by_id[who.id].label
            actor = {"id": who.id, "type": "PublicClientApp", "alternateId": who.id, "displayName": name}
            actor["detailEntry"] = None
        self.trail.note(kind, words, actor, list(targets))

    def _turn(self, request: Request, user: User, status: str, kind: str, words: str) -> None:
        self.state.change(user, status)
        self.note(request, kind, words, self.trail.person(user.index))

    @route(f"POST {USER}/lifecycle/suspend")
    def suspend(self, request: Request) -> Reply:
        """Suspend an active account; its Okta sessions end."""
        user = self._user(request)
        if user.status != "ACTIVE":
            raise refused("E0000001", "suspendUser", "Cannot suspend a user that is not active")
        self._turn(request, user, "SUSPENDED", "user.lifecycle.suspend", "Suspend Okta user")
        return answer({})

    @route(f"POST {USER}/lifecycle/unsuspend")
    def unsuspend(self, request: Request) -> Reply:
        """Make a suspended account active."""
        user = self._user(request)
        if user.status != "SUSPENDED":
            raise refused("E0000001", "unsuspendUser", "Cannot unsuspend a user that is not suspended")
        self._turn(request, user, "ACTIVE", "user.lifecycle.unsuspend", "Unsuspend Okta user")
        return answer({})

    @route(f"POST {USER}/lifecycle/unlock")
    def unlock(self, request: Request) -> Reply:
        """Unlock an account that Okta itself locked."""
        user = self._user(request)
        if user.status != "LOCKED_OUT" or user.source != "OKTA":
            raise refused("E0000032")
        self._turn(request, user, "ACTIVE", "user.account.unlock", "Unlock user account")
        return answer({})

    @route(f"POST {USER}/lifecycle/deactivate")
    def deactivate(self, request: Request) -> Reply:
        """Deprovision an account: its groups, apps, grants and tokens are lost."""
        user = self._user(request)
        if user.status == "DEPROVISIONED":
            raise refused("E0000038")
        self._turn(request, user, "DEPROVISIONED", "user.lifecycle.deactivate", "Deactivate Okta user")
        return answer({})

    @route(f"POST {USER}/lifecycle/activate")
    def activate(self, request: Request) -> Reply:
        """Activate an account that is staged or deprovisioned; nothing that it lost comes back."""
        user = self._user(request)
        if user.status not in {"STAGED", "DEPROVISIONED"}:
            raise refused("E0000016")
        self._turn(request, user, "PROVISIONED", "user.lifecycle.activate", "Activate Okta user")
        if request.query.get("sendEmail", "true").lower() != "false":
            return answer({})
        token = secrets.token_urlsafe(15)
        return answer({"activationUrl": f"{self.base}/welcome/{token}", "activationToken": token})

    def _password(self, request: Request, action: str) -> User:
        user = self._user(request)
        if user.source not in {"OKTA", "ACTIVE_DIRECTORY", "LDAP"}:
            raise refused("E0000001", action, f"The password is managed by the user's provider {user.source}")
        if user.status not in _PASSWORD:
            raise refused("E0000038")
        return user

    @route(f"POST {USER}/lifecycle/expire_password")
    def expire_password(self, request: Request) -> Reply:
        """Let the password expire: the user sets a new one at the next sign-in."""
        user = self._password(request, "expirePassword")
        self._turn(request, user, "PASSWORD_EXPIRED", "user.account.expire_password", "Expire user's password")
        return answer(self.user_row(user))

    @route(f"POST {USER}/lifecycle/expire_password_with_temp_password")
    def expire_with_temporary(self, request: Request) -> Reply:
        """Replace the password with a temporary one, which the answer tells."""
        user = self._password(request, "expirePassword")
        self._turn(request, user, "PASSWORD_EXPIRED", "user.account.expire_password", "Expire user's password")
        user.password_changed = self.state.now
        if request.query.get("revokeSessions", "").lower() == "true":
            self.end_sessions(request, user, oauth=False)
        return answer({"tempPassword": secrets.token_urlsafe(9)})

    @route(f"POST {USER}/lifecycle/reset_password")
    def reset_password(self, request: Request) -> Reply:
        """Make the password useless until the user has recovered it; `sendEmail` must be said."""
        send = request.query.get("sendEmail", "").lower()
        if send not in {"true", "false"}:
            raise refused("E0000001", "sendEmail", "sendEmail: The field cannot be left blank")
        user = self._password(request, "resetPassword")
        self._turn(request, user, "RECOVERY", "user.account.reset_password", "User reset password for Okta")
        if request.query.get("revokeSessions", "").lower() == "true":
            self.end_sessions(request, user, oauth=False)
        if send == "true":
            return answer({})
        return answer({"resetPasswordUrl": f"{self.base}/reset_password/{secrets.token_urlsafe(15)}"})

    @route(f"DELETE {OF_USER}/sessions")
    def clear_sessions(self, request: Request) -> Reply:
        """End every Okta session of an account, with `oauthTokens` its tokens too."""
        user = self._user(request)
        query = request.query
        self.end_sessions(
            request,
            user,
            oauth=query.get("oauthTokens", "").lower() == "true",
            forget=query.get("forgetDevices", "true").lower() == "true",
        )
        return Reply(204)

    def end_sessions(self, request: Request, user: User, *, oauth: bool, forget: bool = True) -> None:
        """End the sessions of an account."""
        self.state.ended_sessions.append({"user": user.id, "oauthTokens": oauth, "forgetDevices": forget})
        if oauth:
            self.state.revoked |= {token.id for token in self.apps.tokens(user.index)}
        self.note(request, "user.session.clear", "Clear user session", self.trail.person(user.index))


class _Mapped(Sequence[User]):
    """A sequence computed item by item."""

    def __init__(self, count: int, make: Callable[[int], User]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: int) -> User:  # type: ignore[override]
        return self._make(at)
