"""Who the customer's users are and which addresses they have, in little memory for a whole run."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from casb_cli.apps.google_workspace.mapping import User
from casb_cli.core.compact import Table

PEOPLE_FIELDS = "nextPageToken,users(id,primaryEmail,suspended,archived,isAdmin,aliases,nonEditableAliases)"
_SUSPENDED, _ARCHIVED, _ADMIN = "s", "a", "d"


class Person(msgspec.Struct, frozen=True, gc=False):
    """One user; the address is the primary one, in lower case."""

    id: str
    primary_email: str
    suspended: bool
    archived: bool
    is_admin: bool


class People:
    """All users, by id and by address, aliases too.

    An alias of a whole domain gives every user an address of the same name: it is held once, not for each user.
    """

    def __init__(self) -> None:
        self._users = Table(0, 1)
        self._aliases = Table(0)
        self._domains: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._users)

    def add(self, user: User) -> None:
        """Take over a user and the addresses; the first to have one keeps it."""
        primary = user.primary_email.lower()
        states = ((_SUSPENDED, user.suspended), (_ARCHIVED, user.archived), (_ADMIN, user.is_admin))
        self._users.add(user.id, primary, "".join(mark for mark, holds in states if holds))
        name, _, domain = primary.rpartition("@")
        for address in user.aliases or ():
            self._aliases.add(address.lower(), user.id)
        for address in user.non_editable_aliases or ():
            same, _, other = address.lower().rpartition("@")
            if same == name:
                self._domains.setdefault(other, set()).add(domain)
            else:
                self._aliases.add(address.lower(), user.id)

    def get(self, id_: str) -> Person | None:
        """Return a user by id, None where there is none."""
        row = self._users.find(0, id_)
        return Person(row[0], row[1], _SUSPENDED in row[2], _ARCHIVED in row[2], _ADMIN in row[2]) if row else None

    def id_of(self, address: str) -> str | None:
        """Return the id of the user with an address in lower case, None where nobody has it."""
        if (found := self._named(address)) is not None:
            return found
        name, _, domain = address.rpartition("@")
        alike = (self._named(f"{name}@{one}") for one in self._domains.get(domain, ()))
        return next(filter(None, alike), None)

    def _named(self, address: str) -> str | None:
        if (row := self._users.find(1, address)) is not None:
            return row[0]
        alias = self._aliases.find(0, address)
        return alias[1] if alias else None

    def addresses(self) -> Iterator[str]:
        """Yield the primary address of each user."""
        return (row[1] for row in self._users)
