"""What each user granted to apps, and app passwords."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.google_workspace import mapping
from casb_cli.apps.google_workspace.common import DIRECTORY
from casb_cli.apps.google_workspace.directory import Directory
from casb_cli.apps.google_workspace.scopes import SECURITY, USERS, google
from casb_cli.core.capabilities import ListGrants, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Grant, Partition

_FIELDS = "nextPageToken,users(id,primaryEmail)"


class Grants(Directory, ListGrants):
    """Matrix row 13."""

    @needs(
        "GET /admin/directory/v1/users",
        "GET /admin/directory/v1/users/{userKey}/tokens",
        "GET /admin/directory/v1/users/{userKey}/asps",
        any_of=google((USERS, SECURITY)),
    )
    def list_grants(self, part: Partition, cursor: str | None) -> Iterator[Page[Grant]]:
        """Yield each user's tokens and app passwords, those of suspended users too; each user is a partition."""
        if part.key == "":
            for users, after in self.users(cursor, fields=_FIELDS):
                more = tuple(
                    Partition(key=f"user:{one.id}", data={"id": one.id, "login": one.primary_email}) for one in users
                )
                yield Page(items=(), cursor=after, more=more)
            return
        account, login = part.data["id"], part.data["login"]
        try:
            tokens = [mapping.token(account, login, one) for one in self.tokens(account)]
            passwords = [mapping.app_password(account, login, one) for one in self.app_passwords(account)]
        except ObjectMissing:
            yield Page(items=())  # deleted meanwhile
            return
        yield Page(items=[*tokens, *passwords])

    def tokens(self, account: str) -> list[mapping.Token]:
        """Return what one user granted to apps; the list has no pages. Raises ObjectMissing."""
        call = self.get(f"{DIRECTORY}/users/{{userKey}}/tokens", {"userKey": account})
        return self.read(call, mapping.Tokens).items or []

    def app_passwords(self, account: str) -> list[mapping.AppPassword]:
        """Return one user's app passwords; the list has no pages. Raises ObjectMissing."""
        call = self.get(f"{DIRECTORY}/users/{{userKey}}/asps", {"userKey": account})
        return self.read(call, mapping.AppPasswords).items or []
