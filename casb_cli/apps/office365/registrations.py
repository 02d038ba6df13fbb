"""Who has registered MFA: a report of its own, joined to the users as both are read.

Neither list can be asked for single people at a bearable price, and nothing says that both have the same order.
So each is read a page at a time, and whoever both have told of goes on: the first rows come at once, and only
some thousands wait at a time. Disabled users are not in the report, which shows when it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from casb_cli.apps.office365.mapping import Registration, User
from casb_cli.core.compact import Seen
from casb_cli.core.errors import NotPermitted

WAITING = 5000
"""Users that wait for the report at most, but for one page of them."""


class Dated(NamedTuple):
    """A user, and whether sign-in dates could be read."""

    user: User
    signed_in: bool


class Registered:
    """The report of authentication methods, read as far as it was needed; `refused` where it may not be read."""

    def __init__(self, pages: Iterator[tuple[list[Registration], str | None]]) -> None:
        """`pages` come each with the link to the next; none is asked for before it is needed."""
        self._pages = pages
        self._yes, self._no = Seen(), Seen()
        self.over = False
        self.refused: NotPermitted | None = None

    def of(self, user: str) -> bool | None:
        """Tell whether a user has registered MFA; None where the report has not told."""
        return True if user in self._yes else False if user in self._no else None

    def read_on(self) -> bool:
        """Read another page; False where there is none, or where the report may not be read."""
        if self.over:
            return False
        try:
            page, after = next(self._pages, ((), None))
        except NotPermitted as error:
            self.refused, self.over = error, True
            return False
        self.over = after is None
        for one in page:
            if one.is_mfa_registered is not None:
                (self._yes if one.is_mfa_registered else self._no).add(one.id)
        return True

    def parted(self, users: list[Dated]) -> tuple[list[Dated], list[Dated]]:
        """Return those that can go on, and those of whom the report may tell yet."""
        if self.over:
            return users, []
        told: list[Dated] = []
        waiting: list[Dated] = []
        for one in users:
            (told if self.of(one.user.id) is not None else waiting).append(one)
        return told, waiting


def joined(
    users: Iterator[tuple[list[User], str | None, bool]], report: Registered
) -> Iterator[tuple[list[Dated], str | None]]:
    """Yield users of whom the report has told, or will not tell; with a cursor where nobody before it waits."""
    waiting: list[Dated] = []
    for found, after, signed_in in users:
        waiting += [Dated(one, signed_in) for one in found]
        report.read_on()
        told, waiting = report.parted(waiting)
        yield told, None if waiting else after
        while len(waiting) > WAITING and report.read_on():
            told, waiting = report.parted(waiting)
            yield told, None if waiting else after
    while waiting:
        report.read_on()
        told, waiting = report.parted(waiting)
        yield told, None
