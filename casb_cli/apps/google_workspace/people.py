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
        row, aliases, domains = _flat(user)
        self._users.add(*row)
        for address in aliases:
            self._aliases.add(address, user.id)
        for other in domains:
            self._domains.setdefault(other, set()).add(row[1].rpartition("@")[2])

    def holds(self, user: User) -> bool:
        """Tell whether a user is held just so, aliases too."""
        row, aliases, domains = _flat(user)
        return (
            self._users.find(0, user.id) == row
            and all(self._aliases.find(0, address) == (address, user.id) for address in aliases)
            and all(row[1].rpartition("@")[2] in self._domains.get(other, ()) for other in domains)
        )

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


def _flat(user: User) -> tuple[tuple[str, ...], list[str], list[str]]:
    """Return a user's row, aliases, and the domains in which the primary address has its like."""
    primary = user.primary_email.lower()
    name = primary.rpartition("@")[0]
    aliases = [address.lower() for address in user.aliases or ()]
    domains: list[str] = []
    for address in user.non_editable_aliases or ():
        same, _, other = address.lower().rpartition("@")
        if same == name:
            domains.append(other)
        else:
            aliases.append(address.lower())
    states = ((_SUSPENDED, user.suspended), (_ARCHIVED, user.archived), (_ADMIN, user.is_admin))
    marks = "".join(mark for mark, holds in states if holds)
    return (user.id, primary, marks, str(len(aliases) + len(domains))), aliases, domains
