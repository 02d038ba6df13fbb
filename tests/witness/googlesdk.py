"""Google's own Python client, built from its discovery documents, towards a simulated Google."""

from __future__ import annotations

import json
from pathlib import Path

import google_auth_httplib2
import googleapiclient.discovery_cache
import httplib2
from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document
from harness import PATIENCE

DOCUMENTS = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
AT = "https://www.googleapis.com/auth/"
DIRECTORY = [
    AT + "admin.directory." + name
    for name in (
        "customer.readonly",
        "domain.readonly",
        "user",
        "group.readonly",
        "rolemanagement.readonly",
        "orgunit.readonly",
        "user.security",
    )
]
AUDIT = [AT + "admin.reports.audit.readonly"]
DRIVE = [AT + "drive"]


class Google:
    """Services of the client as any user, by the key of the service account that the simulation gave out."""

    def __init__(self, signin):
        self._hosts = {name: signin.fields[f"{name}_url"].rstrip("/") + "/" for name in ("api", "admin", "oauth")}
        self.subject = signin.fields["subject"]
        self._key = {**json.loads(signin.secrets["key"]), "token_uri": self._hosts["oauth"] + "token"}
        self._opened = []

    def close(self):
        """Close every connection that the services opened."""
        for http in self._opened:
            http.close()

    def refresh(self, credentials):
        """Obtain a token for credentials, through the client's own transport."""
        credentials.refresh(google_auth_httplib2.Request(self._plain()))
        return credentials

    def _plain(self):
        made = httplib2.Http(timeout=PATIENCE, proxy_info=None)
        self._opened.append(made)
        return made

    def credentials(self, scopes, subject=None):
        """Return the delegated credentials of google-auth."""
        made = service_account.Credentials.from_service_account_info(self._key, scopes=scopes)
        return made.with_subject(subject or self.subject)

    def service(self, document, host, scopes=None, subject=None):
        """Return the client of an API, its address alone replaced in the discovery document."""
        told = json.loads((DOCUMENTS / f"{document}.json").read_text())
        told["rootUrl"] = self._hosts[host]
        told["baseUrl"] = self._hosts[host] + told["servicePath"]
        told.pop("mtlsRootUrl", None)
        plain = self._plain()
        if scopes is None:
            return build_from_document(told, http=plain)
        http = google_auth_httplib2.AuthorizedHttp(self.credentials(scopes, subject), http=plain)
        return build_from_document(told, http=http)

    @property
    def directory(self):
        return self.service("admin.directory_v1", "admin", DIRECTORY)

    @property
    def reports(self):
        return self.service("admin.reports_v1", "admin", AUDIT)

    def drive(self, subject=None):
        return self.service("drive.v3", "api", DRIVE, subject)


def pages(resource, method, items, **given):
    """Return all rows of a listing, paged by the client's own `_next`."""
    found, request = [], getattr(resource, method)(**given)
    while request is not None:
        answer = request.execute(num_retries=0)
        found += answer.get(items, [])
        request = getattr(resource, f"{method}_next")(request, answer)
    return found
