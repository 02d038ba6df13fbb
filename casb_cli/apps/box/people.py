"""The managed users of an enterprise, in little memory for a whole run."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.box.mapping import User
from casb_cli.core.compact import Table

PEOPLE_FIELDS = "id,login,status,space_used"


class People:
    """Who the managed users are, by id and by login: of each only id, login, status and space used."""

    def __init__(self) -> None:
        self._users = Table(0, 1)

    def __len__(self) -> int:
        return len(self._users)

    def __contains__(self, id_: str) -> bool:
        return self._users.find(0, id_) is not None

    def add(self, user: User) -> None:
        """Take over a user."""
        login = user.login or ""
        self._users.add(user.id, login.lower(), login, user.status or "", str(user.space_used or 0))

    def get(self, id_: str) -> User | None:
        """Return a user by id, None where there is none."""
        row = self._users.find(0, id_)
        return _user(row) if row else None

    def has_login(self, login: str) -> bool:
        """Tell whether somebody signs in by this address, however it is written."""
        return bool(login) and self._users.find(1, login.lower()) is not None

    def by_content(self) -> Iterator[User]:
        """Yield all users, those with the most content first."""
        for _, id_ in sorted((-int(row[4]), row[0]) for row in self._users):
            if (user := self.get(id_)) is not None:
                yield user


def _user(row: tuple[str, ...]) -> User:
    id_, _, login, status, used = row
    return User(id=id_, login=login or None, status=status or None, space_used=int(used))
