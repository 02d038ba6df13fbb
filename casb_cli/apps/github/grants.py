"""Apps, tokens and credentials that may reach the organization."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from casb_cli.apps.github import mapping
from casb_cli.apps.github.activity import LICENCE
from casb_cli.apps.github.common import PER_PAGE, GitHubBase
from casb_cli.apps.github.scopes import either
from casb_cli.core.capabilities import ListGrants, Page, needs
from casb_cli.core.errors import LicenceMissing, ObjectMissing
from casb_cli.core.models import Grant, Partition
from casb_cli.transport.paging import LinkHeader


class Grants(GitHubBase, ListGrants):
    """Matrix row 13."""

    @needs(
        "GET /orgs/{org}/installations",
        any_of=either(oauth=["admin:org", "read:org"], app=["organization_administration:read"]),
    )
    @needs(
        "GET /orgs/{org}/personal-access-tokens",
        any_of=either(app=["organization_personal_access_tokens:read"]),
    )
    @needs(
        "GET /orgs/{org}/personal-access-token-requests",
        any_of=either(app=["organization_personal_access_token_requests:read"]),
    )
    @needs(
        "GET /orgs/{org}/credential-authorizations",
        any_of=either(oauth=["read:org"], app=["organization_administration:read"]),
        licence=LICENCE,
    )
    def list_grants(self, part: Partition, cursor: str | None) -> Iterator[Page[Grant]]:
        if part.key == "":
            kinds = ("installations", "tokens", "token-requests", "credentials")
            yield Page(items=(), more=tuple(Partition(key=kind) for kind in kinds))
        elif part.key == "installations":
            call = self.get("/orgs/{org}/installations", query={"per_page": PER_PAGE})
            with self.hidden("installed apps are hidden from this credential"):
                for answer, after in self.client.pages(call, LinkHeader(), cursor):
                    found = answer.decode(mapping.Installations).installations
                    yield Page(items=[mapping.installation_grant(one) for one in found], cursor=after)
        elif part.key == "credentials":
            yield from self._credentials(cursor)
        else:
            requested = part.key == "token-requests"
            name = "/orgs/{org}/personal-access-token-requests" if requested else "/orgs/{org}/personal-access-tokens"
            with self.hidden("fine-grained tokens are shown to GitHub Apps only"):
                for grants, after in self.listed(name, mapping.TokenGrant, cursor=cursor):
                    rows = [mapping.token_grant(grant, requested=requested) for grant in grants]
                    yield Page(items=rows, cursor=after)

    def _credentials(self, cursor: str | None) -> Iterator[Page[Grant]]:
        name = "/orgs/{org}/credential-authorizations"
        try:
            for found, after in self.listed(name, mapping.CredentialAuthorization, cursor=cursor):
                yield Page(items=[mapping.credential_grant(one) for one in found], cursor=after)
        except ObjectMissing as error:
            plan = self.facts.tenant.plan if self.facts.tenant else None
            if plan in {None, "enterprise"}:
                with self.hidden("credential authorizations need SAML single sign-on, and an owner's credential"):
                    raise
            raise LicenceMissing(
                f"credential authorizations need {LICENCE}; this organization's plan is `{plan}`",
                needed=(LICENCE,),
                call=error.call,
                status=error.status,
            ) from error

    def credentials_of(self, login: str) -> list[mapping.CredentialAuthorization]:
        """Return the credentials that one member authorized for single sign-on, each once: a page may come twice."""
        query = {"login": login}
        name = "/orgs/{org}/credential-authorizations"
        pages = self.listed(name, mapping.CredentialAuthorization, query=query)
        return list({one.credential_id: one for found, _ in pages for one in found if one.login == login}.values())

    def find_credential(self, id_: str) -> mapping.CredentialAuthorization | None:
        """Return one authorized credential, or None when it is gone."""
        pages = self.listed("/orgs/{org}/credential-authorizations", mapping.CredentialAuthorization)
        return next((one for found, _ in pages for one in found if str(one.credential_id) == id_), None)

    def find_token(self, id_: str, *, requested: bool) -> mapping.TokenGrant | None:
        """Return one fine-grained token's access or request, or None when it is gone."""
        name = "/orgs/{org}/personal-access-token-requests" if requested else "/orgs/{org}/personal-access-tokens"
        pages = self.listed(name, mapping.TokenGrant)
        return next((one for found, _ in pages for one in found if str(one.id) == id_), None)

    def find_installation(self, id_: str) -> mapping.Installation | None:
        """Return one installed app, or None when it is gone."""
        call = self.get("/orgs/{org}/installations", query={"per_page": PER_PAGE})
        for answer, _ in self.client.pages(call, LinkHeader()):
            for one in answer.decode(mapping.Installations).installations:
                if str(one.id) == id_:
                    return one
        return None


def as_state(value: msgspec.Struct | None) -> dict[str, bool]:
    """Return the observed state of a grant: whether it is there."""
    return {"present": value is not None}
