"""The simulated Directory's accounts, and what is bound to them: app tokens, app passwords, backup codes, sign-ins."""

from __future__ import annotations

import re
from typing import Any

from casb_cli.apps.google_workspace.sandbox_company import Asp, Token
from casb_cli.apps.google_workspace.sandbox_desk import Desk
from casb_cli.apps.google_workspace.sandbox_objects import User
from casb_cli.apps.google_workspace.sandbox_wire import (
    Refusal,
    flag,
    invalid,
    not_found,
    page_token,
    read_token,
    size_of,
    told,
    when,
)
from casb_cli.sandbox import chance
from casb_cli.sandbox.wire import Reply, Request, route

_TERM = re.compile(r"(\w+(?:\.\w+)?)(=|:)('[^']*'|\S+)")
_READ = ("USERS_RETRIEVE", "USERS_ALL")
_WRITABLE = frozenset({"suspended", "archived", "password", "changePasswordAtNextLogin", "hashFunction", "name"})
_KNOWN = _WRITABLE | {
    "kind", "id", "etag", "primaryEmail", "isAdmin", "isDelegatedAdmin", "lastLoginTime", "creationTime",
    "agreedToTerms", "orgUnitPath", "emails", "aliases", "recoveryEmail", "recoveryPhone", "isEnrolledIn2Sv",
    "isEnforcedIn2Sv", "includeInGlobalAddressList", "ipWhitelisted", "customerId", "isMailboxSetup",
    "nonEditableAliases", "isGuestUser", "suspensionReason", "suspensionTime", "organizations", "phones",
}  # fmt: skip


class Users(Desk):
    """Accounts."""

    def account(self, key: str, *, deleted: bool = False) -> User:
        """Return an account by id, address or alias; raises 404, also for a deleted one unless `deleted`."""
        index = self.state.index_of(key)
        user = None if index is None else self.state.user(index)
        if user is None or (user.deleted is not None and not deleted):
            raise not_found("userKey")
        return user

    def user_row(self, user: User, *, full: bool = True) -> dict[str, Any]:
        """Return an account as the Directory writes it."""
        row: dict[str, Any] = {
            "kind": "admin#directory#user",
            "id": user.id,
            "etag": f'"{chance.mix(user.index, user.passwords, int(user.suspended)):x}"',
            "primaryEmail": user.email,
            "name": {
                "givenName": user.given,
                "familyName": user.family,
                "fullName": f"{user.given} {user.family}" if user.family else user.given,
            },
            "isAdmin": user.super_admin,
            "isDelegatedAdmin": user.delegated and not user.super_admin,
            "lastLoginTime": when(user.last_login),
            "creationTime": when(user.created),
            "agreedToTerms": user.agreed,
            "suspended": user.suspended,
            "archived": user.archived,
            "changePasswordAtNextLogin": user.change_password,
            "ipWhitelisted": False,
            "emails": [
                {"address": user.email, "primary": True},
                *({"address": alias} for alias in user.aliases),
            ],
            "customerId": self.company.customer,
            "orgUnitPath": user.unit,
            "isMailboxSetup": user.drive,
            "isEnrolledIn2Sv": user.mfa,
            "isEnforcedIn2Sv": False,
            "includeInGlobalAddressList": True,
            "isGuestUser": False,
        }
        if user.aliases:
            row["aliases"] = list(user.aliases)
        if user.suspended:
            row["suspensionReason"] = user.suspension
            if user.suspended_at is not None:
                row["suspensionTime"] = when(user.suspended_at)
        if user.deleted is not None:
            row["deletionTime"] = when(user.deleted)
        if full:
            row["recoveryEmail"] = f"recovery{user.index}@mail.example"
            if user.unit != "/":
                row["organizations"] = [{"department": user.unit[1:], "primary": True, "customType": ""}]
        return row

    # Listing

    @route("GET /admin/directory/v1/users", host="admin", paged=True)
    def list_users(self, request: Request) -> Reply:
        """List accounts, or with `showDeleted` those deleted lately alone."""
        self.require(request, *_READ)
        query = request.query
        self.customer(query.get("customer")) if "domain" not in query else self._domain(query["domain"])
        size = size_of(request, "maxResults", 100, 500)
        scope = "&".join(f"{k}={v}" for k, v in sorted(query.items()) if k not in {"pageToken", "maxResults", "fields"})
        full = query.get("projection", "basic") == "full"
        wants = self._filter(query.get("query"))
        indices: Any = self.company.staff
        if flag(request, "showDeleted"):
            indices = [*self.company.deleted(), *(u.index for u in self.state.users.values() if u.deleted is not None)]
            indices = list(dict.fromkeys(indices))
        if "orderBy" in query:
            indices = self._sorted(indices, query["orderBy"], query.get("sortOrder", "ASCENDING"))
        start, turn = 0, 0
        if query.get("pageToken"):
            if request.fault == "expired-cursor":
                raise invalid("pageToken", "Invalid Input: pageToken")
            start, turn = read_token(query["pageToken"], "users", scope, 2)
        rows: list[dict[str, Any]] = []
        at = start
        while at < len(indices) and len(rows) < size:
            user = self.state.user(indices[at])
            at += 1
            if user is not None and (user.deleted is not None) == flag(request, "showDeleted") and wants(user):
                rows.append(self.user_row(user, full=full))
        body: dict[str, Any] = {"kind": "admin#directory#users", "etag": '"list"', "users": rows}
        if request.fault == "duplicate-page" and rows:
            body["nextPageToken"] = page_token("users", scope, start, turn + 1)
        elif at < len(indices):
            body["nextPageToken"] = page_token("users", scope, at, 0)
        if not rows:
            del body["users"]
        return told(request, body)

    def customer(self, key: str | None) -> None:
        """Refuse any customer but this one."""
        if key is None:
            raise Refusal(400, "badRequest", "Bad Request")
        if key not in ("my_customer", self.company.customer):
            raise forbidden_customer()

    def _domain(self, domain: str) -> None:
        if domain not in (self.company.domain, self.company.alias):
            raise not_found("domain")

    def _sorted(self, indices: Any, by: str, order: str) -> list[int]:
        def key(index: int) -> str:
            user = self.state.user(index)
            if user is None:
                return ""
            return {"email": user.email, "givenName": user.given, "familyName": user.family}[by].casefold()

        if by not in {"email", "givenName", "familyName"}:
            raise invalid("orderBy", f"Invalid value '{by}'")
        return sorted(indices, key=key, reverse=order.upper() == "DESCENDING")

    def _filter(self, text: str | None) -> Any:
        terms: list[tuple[str, str, str]] = []
        for term in re.findall(r"\w+(?:\.\w+)?[=:](?:'[^']*'|\S+)|\S+", text or ""):
            found = _TERM.fullmatch(term)
            if found is None:
                raise invalid("query", f"Invalid Input: {term}")
            terms.append((found[1], found[2], found[3].strip("'")))

        def wants(user: User) -> bool:
            return all(self._term(user, *term) for term in terms)

        return wants

    def _term(self, user: User, name: str, operator: str, value: str) -> bool:
        flags = {
            "isSuspended": user.suspended,
            "isAdmin": user.super_admin,
            "isDelegatedAdmin": user.delegated,
            "isArchived": user.archived,
            "isEnrolledIn2Sv": user.mfa,
        }
        if name in flags:
            return flags[name] == (value == "true")
        texts = {"email": user.email, "givenName": user.given, "familyName": user.family, "orgUnitPath": user.unit}
        if name not in texts:
            raise invalid("query", f"Invalid Input: {name}")
        have, want = texts[name].casefold(), value.casefold()
        if name == "orgUnitPath":
            return have == want or have.startswith(want.rstrip("/") + "/")
        if operator == "=":
            return have == want
        return have.startswith(want.rstrip("*")) if want.endswith("*") else want in have

    @route("GET /admin/directory/v1/users/{userKey}", host="admin")
    def get_user(self, request: Request) -> Reply:
        """Return an account."""
        self.require(request, *_READ)
        user = self.account(request.params["userKey"])
        return told(request, self.user_row(user, full=request.query.get("projection") == "full"))

    # Changing

    @route("PATCH /admin/directory/v1/users/{userKey}", host="admin")
    def patch_user(self, request: Request) -> Reply:
        """Change an account."""
        return self._change(request)

    @route("PUT /admin/directory/v1/users/{userKey}", host="admin")
    def put_user(self, request: Request) -> Reply:
        """Change an account: what is not told stays."""
        return self._change(request)

    def _change(self, request: Request) -> Reply:
        data = self.body(request)
        only_password = data.keys() <= {"password", "changePasswordAtNextLogin", "hashFunction"}
        self.require(request, "USERS_ALL", *(["USERS_RESET_PASSWORD"] if only_password else []))
        user = self.account(request.params["userKey"])
        self.require_over(request, user)
        if data.keys() - _KNOWN:
            raise Refusal(400, "invalid", f'Invalid JSON payload received. Unknown name "{min(data.keys() - _KNOWN)}"')
        user = self.state.change_user(user.index)
        who = request.who.index
        if "suspended" in data:
            self._suspend(user, data["suspended"], who)
        if isinstance(data.get("archived"), bool):
            user.archived = data["archived"]
        if "password" in data:
            password = data["password"]
            if not isinstance(password, str) or not 8 <= len(password) <= 100:
                raise invalid("password", "Invalid Password")
            user.passwords += 1
            self.trail.note_admin(who, "CHANGE_PASSWORD", "USER_SETTINGS", USER_EMAIL=user.email)
        asked = data.get("changePasswordAtNextLogin")
        if isinstance(asked, bool) and asked != user.change_password:
            user.change_password = asked
            self.trail.note_admin(
                who,
                "CHANGE_PASSWORD_ON_NEXT_LOGIN",
                "USER_SETTINGS",
                USER_EMAIL=user.email,
                NEW_VALUE=str(asked).lower(),
            )
        return told(request, self.user_row(user))

    def _suspend(self, user: User, wanted: Any, who: int | None) -> None:
        if not isinstance(wanted, bool):
            raise invalid("suspended", "Invalid Input: suspended")
        if user.suspended == wanted:
            return
        if user.index == who:
            raise Refusal(403, "forbidden", "Admin cannot suspend self")
        if not wanted and user.suspension != "ADMIN":
            raise Refusal(412, "adminCannotUnsuspend", "Admin is not authorized to unsuspend the user")
        user.suspended = wanted
        user.suspended_at = self.now() if wanted else None
        name = "SUSPEND_USER" if wanted else "UNSUSPEND_USER"
        self.trail.note_admin(who, name, "USER_SETTINGS", USER_EMAIL=user.email)

    @route("POST /admin/directory/v1/users/{userKey}/makeAdmin", host="admin")
    def make_admin(self, request: Request) -> Reply:
        """Make an account a super administrator, or no longer one."""
        self.require(request, "SUPER_ADMIN")
        status = self.body(request).get("status")
        if not isinstance(status, bool):
            raise Refusal(400, "required", "Missing required field: status")
        user = self.account(request.params["userKey"])
        if user.super_admin != status:
            user = self.state.change_user(user.index)
            user.super_admin = status
            name = "GRANT_ADMIN_PRIVILEGE" if status else "REVOKE_ADMIN_PRIVILEGE"
            self.trail.note_admin(request.who.index, name, "USER_SETTINGS", USER_EMAIL=user.email)
            self.super_changed(user)
        return Reply(204)

    def super_changed(self, user: User) -> None:
        """Be told that somebody became a super administrator or ceased to be one."""

    def _acted_upon(self, request: Request) -> User:
        self.require(request, "USER_SECURITY_ALL")
        user = self.account(request.params["userKey"])
        if request.method != "GET":
            self.require_over(request, user)
        return user

    @route("POST /admin/directory/v1/users/{userKey}/signOut", host="admin")
    def sign_out(self, request: Request) -> Reply:
        """End an account's sign-in sessions: app tokens and passwords stay."""
        user = self._acted_upon(request)
        user = self.state.change_user(user.index)
        user.signed_out += 1
        self.trail.note_admin(request.who.index, "SIGN_OUT_USER", "USER_SETTINGS", USER_EMAIL=user.email)
        return Reply(204)

    @route("POST /admin/directory/v1/users/{userKey}/twoStepVerification/turnOff", host="admin")
    def turn_off(self, request: Request) -> Reply:
        """Turn an account's second factor off."""
        user = self._acted_upon(request)
        if user.suspended:
            raise Refusal(400, "invalid", "Invalid Input: user is suspended")
        user = self.state.change_user(user.index)
        if user.mfa:
            user.mfa = False
            self.trail.note_admin(
                request.who.index, "TURN_OFF_2_STEP_VERIFICATION", "USER_SETTINGS", USER_EMAIL=user.email
            )
        return Reply(204)

    @route("GET /admin/directory/v1/users/{userKey}/verificationCodes", host="admin")
    def list_codes(self, request: Request) -> Reply:
        """List an account's backup codes."""
        user = self._acted_upon(request)
        rows = [
            {
                "kind": "admin#directory#verificationCode",
                "userId": user.id,
                "verificationCode": chance.number(8, self.world.seed, 861, user.index, n),
            }
            for n in range(user.codes if user.mfa else 0)
        ]
        return told(request, {"kind": "admin#directory#verificationCodesList"} | ({"items": rows} if rows else {}))

    @route("POST /admin/directory/v1/users/{userKey}/verificationCodes/invalidate", host="admin")
    def invalidate_codes(self, request: Request) -> Reply:
        """Make an account's backup codes void; refused for a suspended one."""
        user = self._acted_upon(request)
        if user.suspended:
            raise Refusal(400, "invalid", "Invalid Input: user is suspended")
        user = self.state.change_user(user.index)
        user.codes = 0
        return Reply(204)

    @route("POST /admin/directory/v1/users/{userKey}/verificationCodes/generate", host="admin")
    def generate_codes(self, request: Request) -> Reply:
        """Give an account new backup codes."""
        user = self.state.change_user(self._acted_upon(request).index)
        user.codes = 10
        return Reply(204)

    # Applications

    def tokens_of(self, user: User) -> list[Token]:
        """Return what an account permits to whom now."""
        return [one for one in self.company.tokens(user.index) if (user.index, one.client) not in self.state.revoked]

    def asps_of(self, user: User) -> list[Asp]:
        """Return an account's application-specific passwords now."""
        found = self.company.asps(user.index)
        return [one for one in found if (user.index, f"asp {one.code}") not in self.state.revoked]

    def _token_row(self, user: User, token: Token) -> dict[str, Any]:
        return {
            "kind": "admin#directory#token",
            "etag": '"token"',
            "clientId": token.client,
            "displayText": token.name,
            "anonymous": False,
            "nativeApp": token.native,
            "userKey": user.id,
            "scopes": list(token.scopes),
        }

    @route("GET /admin/directory/v1/users/{userKey}/tokens", host="admin")
    def list_tokens(self, request: Request) -> Reply:
        """List what an account permits to whom; `items` is missing where it's nothing."""
        user = self._acted_upon(request)
        rows = [self._token_row(user, token) for token in self.tokens_of(user)]
        return told(request, {"kind": "admin#directory#tokenList"} | ({"items": rows} if rows else {}))

    def _token(self, request: Request) -> tuple[User, Token]:
        user = self._acted_upon(request)
        for token in self.tokens_of(user):
            if token.client == request.params["clientId"]:
                return user, token
        raise not_found("clientId")

    @route("GET /admin/directory/v1/users/{userKey}/tokens/{clientId}", host="admin")
    def get_token(self, request: Request) -> Reply:
        """Return what an account permits to one application."""
        return told(request, self._token_row(*self._token(request)))

    @route("DELETE /admin/directory/v1/users/{userKey}/tokens/{clientId}", host="admin")
    def delete_token(self, request: Request) -> Reply:
        """Take back what an account permits to an application."""
        user, token = self._token(request)
        self.state.revoked.add((user.index, token.client))
        events = [
            {
                "type": "auth",
                "name": "revoke",
                "parameters": [
                    {"name": "app_name", "value": token.name},
                    {"name": "client_id", "value": token.client},
                ],
            }
        ]
        self.trail.note("token", user.index, events)
        return Reply(204)

    def _asp_row(self, user: User, asp: Asp) -> dict[str, Any]:
        return {
            "kind": "admin#directory#asp",
            "codeId": asp.code,
            "name": asp.name,
            "creationTime": str(asp.created),
            "lastTimeUsed": str(asp.used),
            "userKey": user.id,
        }

    @route("GET /admin/directory/v1/users/{userKey}/asps", host="admin")
    def list_asps(self, request: Request) -> Reply:
        """List an account's application-specific passwords."""
        user = self._acted_upon(request)
        rows = [self._asp_row(user, asp) for asp in self.asps_of(user)]
        return told(request, {"kind": "admin#directory#aspList"} | ({"items": rows} if rows else {}))

    def _asp(self, request: Request) -> tuple[User, Asp]:
        user = self._acted_upon(request)
        for asp in self.asps_of(user):
            if str(asp.code) == request.params["codeId"]:
                return user, asp
        raise not_found("codeId")

    @route("GET /admin/directory/v1/users/{userKey}/asps/{codeId}", host="admin")
    def get_asp(self, request: Request) -> Reply:
        """Return an application-specific password, without its secret."""
        return told(request, self._asp_row(*self._asp(request)))

    @route("DELETE /admin/directory/v1/users/{userKey}/asps/{codeId}", host="admin")
    def delete_asp(self, request: Request) -> Reply:
        """Delete an application-specific password."""
        user, asp = self._asp(request)
        self.state.revoked.add((user.index, f"asp {asp.code}"))
        self.trail.note_admin(request.who.index, "REVOKE_ASP", "USER_SETTINGS", USER_EMAIL=user.email)
        return Reply(204)


def forbidden_customer() -> Refusal:
    """Return the 403 of a customer that isn't the caller's."""
    return Refusal(403, "forbidden", "Not Authorized to access this resource/api")
