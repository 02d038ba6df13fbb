"""The simulated Box's accounts and teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from casb_cli.apps.box.sandbox_company import MEMBERSHIP
from casb_cli.apps.box.sandbox_desk import Desk
from casb_cli.apps.box.sandbox_objects import User
from casb_cli.apps.box.sandbox_wire import (
    Refusal,
    boxed,
    fields_of,
    flag,
    forbidden,
    invalid,
    limit_of,
    marker,
    not_found,
    offset_of,
    unmark,
)
from casb_cli.sandbox.wire import Reply, Request, answer, route

STATUSES = ("active", "inactive", "cannot_delete_edit", "cannot_delete_edit_upload")
_TEXTS = ("language", "timezone", "phone", "address")
_GROUP_STANDARD = ("name", "group_type", "created_at", "modified_at")


class People(Desk):
    """Users, groups, memberships, and the end of sessions."""

    @route("GET /users", path="/2.0/users", paged=True)
    def list_users(self, request: Request) -> Reply:
        """List managed users; external ones only by their exact address."""
        self.admin_only(request)
        query, view, fields = request.query, self.view(request), fields_of(request.query)
        kind, term = query.get("user_type", "managed"), query.get("filter_term", "")
        if kind not in {"all", "managed", "external"}:
            raise invalid("user_type", f"Invalid value '{kind}'")
        limit = limit_of(query, 100, 1000)
        staff: Sequence[int] = self.company.staff
        if term or kind == "external":
            found = self._matching(kind, term)
            rows = [view.user(user, fields) for user in found[:limit]]
            return answer({"total_count": len(found), "entries": rows, "limit": limit, "offset": 0})
        if flag(query, "usemarker"):
            repeated = self.again(request)
            start, turn = map(int, unmark(query["marker"], 2) if query.get("marker") else ("0", "0"))
            end = start + limit
            rows = [view.user(user, fields) for user in self._users(staff[start:end])]
            following = start if repeated else end
            more = marker(following, turn + 1 if repeated else 0) if following < len(staff) else ""
            return answer({"limit": limit, "next_marker": more, "entries": rows})
        if "marker" in query:
            raise invalid("marker", "A marker needs usemarker=true")
        offset = offset_of(query)
        rows = [view.user(user, fields) for user in self._users(staff[offset : offset + limit])]
        return answer({"total_count": len(staff), "entries": rows, "limit": limit, "offset": offset})

    def _users(self, people: Sequence[int]) -> list[User]:
        return [self.state.known_user(self.company.user_id(person)) for person in people]

    def _matching(self, kind: str, term: str) -> list[User]:
        if kind != "managed":
            exact = self.state.by_login(term)
            if exact is not None and exact.external:
                return [exact]
            if kind == "external":
                return []
        start = term.casefold()
        return [
            user
            for user in self._users(self.company.staff)
            if user.name.casefold().startswith(start) or user.login.casefold().startswith(start)
        ]

    @route("GET /users/me", path="/2.0/users/me")
    def get_me(self, request: Request) -> Reply:
        """Return the acting user."""
        user = self.state.known_user(request.who.user)
        return answer(self.view(request).user(user, fields_of(request.query)))

    @route("GET /users/{user_id}", path="/2.0/users/{user_id}")
    def get_user(self, request: Request) -> Reply:
        """Return one user of the enterprise."""
        self.admin_only(request)
        return answer(self.view(request).user(self._managed(request), fields_of(request.query)))

    def _managed(self, request: Request) -> User:
        id_ = boxed(request.params["user_id"])
        user = self.state.user(id_)
        if user is None or user.external:
            raise not_found("user", id_)
        return user

    @route("PUT /users/{user_id}", path="/2.0/users/{user_id}")
    def put_user(self, request: Request) -> Reply:
        """Change a user; nobody can change the primary administrator, nor can the app change its own status."""
        self.admin_only(request)
        user, data = self._managed(request), self.body(request)
        own_space = user.id == self.company.service and set(data) <= {"space_amount", "name"}
        if user.role == "admin" or (user.id == request.who.user and not own_space):
            raise forbidden()
        new = self._changed(user, data)
        self.state.users[user.id] = new
        if new.status == "inactive" and user.status != "inactive":
            self.signin.end_sessions(user.id)
        source = {"type": "user", "id": user.id, "name": new.name, "login": new.login}
        kind = "CHANGE_ADMIN_ROLE" if new.role != user.role else "EDIT_USER"
        if new != user:
            self.trail.note(kind, request.who.user, source)
        return answer(self.view(request).user(new, fields_of(request.query)))

    def _changed(self, user: User, data: dict[str, Any]) -> User:
        new = _copy(user)
        for name, value in data.items():
            match name:
                case "status":
                    if value not in STATUSES:
                        raise invalid(name, f"Invalid value '{value}'", code="invalid_parameter")
                    new.status = value
                case "role":
                    if value not in ("coadmin", "user"):
                        raise invalid(name, f"Invalid value '{value}'", code="invalid_parameter")
                    new.role = value
                case "is_password_reset_required":
                    new.reset_required = _flag(name, value)
                case "is_exempt_from_login_verification":
                    new.exempt = _flag(name, value)
                case "is_external_collab_restricted":
                    new.external_restricted = _flag(name, value)
                case "space_amount":
                    if not isinstance(value, int) or value < -1:
                        raise invalid(name, f"Invalid value '{value}'", code="invalid_parameter")
                    new.space_amount = value
                case "name" | "login" | "job_title":
                    setattr(new, name, str(value))
                case _ if name in _TEXTS:
                    new.other = {**new.other, name: str(value)}
                case "enterprise":
                    raise forbidden()
        new.modified = self.now()
        return new if _differs(user, new) else user

    @route("GET /users/{user_id}/memberships", path="/2.0/users/{user_id}/memberships", paged=True)
    def list_user_memberships(self, request: Request) -> Reply:
        """List the teams of one user."""
        self.admin_only(request)
        user = self._managed(request)
        found = [
            (group, person, leads)
            for group in range(self.world.groups)
            for person, leads in self.company.members(group)
            if self.company.user_id(person) == user.id
        ]
        return self._memberships(request, found)

    @route("GET /users/{user_id}/email_aliases", path="/2.0/users/{user_id}/email_aliases")
    def list_aliases(self, request: Request) -> Reply:
        """List the further addresses of one user: there are none."""
        self.admin_only(request)
        self._managed(request)
        return answer({"total_count": 0, "entries": []})

    @route("POST /users/terminate_sessions", path="/2.0/users/terminate_sessions")
    def end_user_sessions(self, request: Request) -> Reply:
        """Accept the end of all sessions of some users; both lists must be there."""
        self.admin_only(request)
        data = self.body(request)
        ids, logins = _texts(data, "user_ids"), _texts(data, "user_logins")
        if not ids and not logins:
            raise Refusal(400, "bad_request", "Users can not be NULL or EMPTY")
        found = {user.id for user in map(self.state.by_login, logins) if user is not None}
        known = {id_ for id_ in ids if self.state.managed(id_)}
        if len(known) < len(set(ids)) or len(found) < len({login.casefold() for login in logins}):
            raise Refusal(404)
        return self._terminated(sorted(known | found))

    @route("POST /groups/terminate_sessions", path="/2.0/groups/terminate_sessions")
    def end_group_sessions(self, request: Request) -> Reply:
        """Accept the end of all sessions of the members of some teams."""
        self.admin_only(request)
        groups = [self.company.group_of(id_) for id_ in _texts(self.body(request), "group_ids")]
        if not groups:
            raise Refusal(400, "bad_request", "Groups can not be NULL or EMPTY")
        if None in groups:
            raise Refusal(404)
        people = {person for group in groups if group is not None for person, _ in self.company.members(group)}
        return self._terminated(sorted(map(self.company.user_id, people)))

    def _terminated(self, users: list[str]) -> Reply:
        for user in users:
            self.state.ended_sessions.append(user)
            self.signin.end_sessions(user)
        message = "Request is successful, please check the admin events for the status of the job"
        return answer({"message": message}, 202)

    # Groups

    @route("GET /groups", path="/2.0/groups", paged=True)
    def list_groups(self, request: Request) -> Reply:
        """List teams by offset."""
        self.admin_only(request)
        view, fields = self.view(request), fields_of(request.query)
        limit, offset = limit_of(request.query, 100, 1000), offset_of(request.query)
        term = request.query.get("filter_term", "").casefold()
        found: Sequence[int] = range(self.world.groups)
        if term:
            found = [group for group in found if self.world.group(group).name.casefold().startswith(term)]
        rows = [view.group(group, fields or _GROUP_STANDARD) for group in found[offset : offset + limit]]
        return answer({"total_count": len(found), "entries": rows, "limit": limit, "offset": offset})

    def _group(self, request: Request) -> int:
        id_ = boxed(request.params["group_id"])
        group = self.company.group_of(id_)
        if group is None:
            raise not_found("group", id_)
        return group

    @route("GET /groups/{group_id}", path="/2.0/groups/{group_id}")
    def get_group(self, request: Request) -> Reply:
        """Return one team."""
        self.admin_only(request)
        return answer(self.view(request).group(self._group(request), fields_of(request.query) or _GROUP_STANDARD))

    @route("GET /groups/{group_id}/memberships", path="/2.0/groups/{group_id}/memberships", paged=True)
    def list_memberships(self, request: Request) -> Reply:
        """List the members of one team."""
        self.admin_only(request)
        group = self._group(request)
        return self._memberships(request, [(group, *member) for member in self.company.members(group)])

    def _memberships(self, request: Request, found: list[tuple[int, int, bool]]) -> Reply:
        view = self.view(request)
        limit, offset = limit_of(request.query, 100, 1000), offset_of(request.query)
        rows = [
            {
                "type": "group_membership",
                "id": membership_id(group, person),
                "user": view.mini(self.company.user_id(person)),
                "group": view.group(group),
                "role": "admin" if leads else "member",
            }
            for group, person, leads in found[offset : offset + limit]
        ]
        return answer({"total_count": len(found), "entries": rows, "limit": limit, "offset": offset})

    @route("GET /groups/{group_id}/collaborations", path="/2.0/groups/{group_id}/collaborations", paged=True)
    def list_group_collaborations(self, request: Request) -> Reply:
        """List what one team collaborates on."""
        self.admin_only(request)
        view, id_ = self.view(request), self.company.group_id(self._group(request))
        places = self.company.shared.get(("group", id_), [])
        items = [("folder", self.company.folder_id(place)) for place in places]
        items += [(c.kind, c.item) for c in self.state.collabs.values() if c.who == id_]
        found = [c for at in dict.fromkeys(items) for c in self.state.collabs_on(*at) if c.who == id_]
        limit, offset = limit_of(request.query, 100, 1000), offset_of(request.query)
        rows = [view.collab(collab) for collab in found[offset : offset + limit]]
        return answer({"total_count": len(found), "entries": rows, "limit": limit, "offset": offset})


def membership_id(group: int, person: int) -> str:
    """Return the id of a membership."""
    return str(MEMBERSHIP + group * 1_000_000 + person)


def _copy(user: User) -> User:
    return User(**{name: getattr(user, name) for name in user.__struct_fields__})


def _differs(old: User, new: User) -> bool:
    return any(getattr(old, name) != getattr(new, name) for name in old.__struct_fields__ if name != "modified")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid(name, f"Invalid value '{value}'", code="invalid_parameter")
    return value


def _texts(data: dict[str, Any], name: str) -> list[str]:
    values = data.get(name)
    if not isinstance(values, list):
        raise Refusal(400, "bad_request", f"{name} is required")
    if not all(isinstance(value, str) for value in values):
        raise Refusal(400, "bad_request", "User id format is string")
    return values
