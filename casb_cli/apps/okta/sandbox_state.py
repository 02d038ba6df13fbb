"""What callers have changed in the simulated Okta, lying over the org as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from casb_cli.apps.okta.sandbox_apps import Grant
from casb_cli.apps.okta.sandbox_company import Company, User
from casb_cli.apps.okta.sandbox_wire import not_found


class State:
    """The overlay: accounts, apps, grants, tokens and events as they are now."""

    def __init__(self, company: Company, clock: Callable[[], float]) -> None:
        self.company = company
        self.clock = clock
        self.users: dict[int, User] = {}
        self.changed: dict[int, float] = {}
        self.apps: dict[str, str] = {}
        self.revoked: set[str] = set()
        self.granted: list[Grant] = []
        self.ended_sessions: list[dict[str, Any]] = []
        self.happened: list[dict[str, Any]] = []
        self._logins: dict[str, int] = {}

    @property
    def now(self) -> datetime:
        """The present moment, to the millisecond."""
        moment = datetime.fromtimestamp(self.clock(), UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def user(self, index: int) -> User:
        """Return an account as it is now."""
        return self.users.get(index) or self.company.user(index)

    def known_user(self, name: str, me: str | None = None) -> User:
        """Return the account of an id, a login or `me`; raises 404."""
        if name == "me" and me is not None:
            name = me
        index = self.company.person_of(name)
        if index is None:
            if not self._logins:
                self._logins = {self.company.world.person(i).email.casefold(): i for i in self.company.people()}
            index = self._logins.get(name.casefold())
        if index is None:
            raise not_found(name, "User")
        return self.user(index)

    def change(self, user: User, status: str) -> User:
        """Give an account another status; it is held from now on."""
        now = self.now
        self.users[user.index] = user
        self.changed[user.index] = self.clock()
        user.status = status
        user.status_changed = user.updated = now
        return user

    def members(self, number: int) -> Sequence[int]:
        """Return a group's members as they are now."""
        gone = {index for index, user in self.users.items() if user.status == "DEPROVISIONED"}
        members = self.company.members(number)
        return [index for index in members if index not in gone] if gone else members
