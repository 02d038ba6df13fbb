"""Microsoft's own clients towards a simulated tenant: MSAL for tokens, the Graph SDK for every call of Graph."""

from __future__ import annotations

import asyncio
import json
import warnings
from datetime import UTC
from types import SimpleNamespace

import httpx
import msal
import pytest
import requests
from harness import PATIENCE
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.serialization import Parsable
from kiota_abstractions.store import BackedModel
from kiota_http.middleware.options import HeadersInspectionHandlerOption
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory
from msgraph_core.requests.batch_request_content import BatchRequestContent

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the SDK's own base class warns of itself when imported
    import kiota_abstractions.default_query_parameters  # noqa: F401

QUIET = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")
"""For every test: modules of the SDK warn of themselves when they are imported, which they are on first use."""
LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com/.default"
MANAGE = "https://manage.office.com/.default"
REFUSALS = {"XXX": ODataError}
TOLD_BESIDES = {"ServicePrincipal.createdDateTime", "Identity.email", "SharePointIdentity.email"}
"""What Microsoft answers though its schema, and so the SDK's types, do not declare it."""


class Login:
    """Plays Microsoft's sign-in host for MSAL, which takes an https authority only, from a local address."""

    def __init__(self, where):
        self._where = where.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def call(self, method, url, **given):
        return self._session.request(method, url, timeout=PATIENCE, **given)

    def _send(self, method, url, **given):
        found = self.call(method, url.replace(LOGIN, self._where, 1), **given)
        return SimpleNamespace(
            status_code=found.status_code, headers=found.headers, text=found.text.replace(self._where, LOGIN)
        )

    def get(self, url, **given):
        return self._send("GET", url, **given)

    def post(self, url, **given):
        return self._send("POST", url, **given)

    def close(self):
        self._session.close()


class Bearer(AuthenticationProvider):
    """Gives each request of the SDK the token that a function returns."""

    def __init__(self, token):
        self._token = token

    async def authenticate_request(self, request, additional_authentication_context=None):
        del additional_authentication_context
        request.headers.try_add("Authorization", f"Bearer {self._token()}")


class Graph:
    """The SDK's client in its own event loop: `graph(graph.client.users.get())`. Close it at the end."""

    def __init__(self, signin):
        self.fields = signin.fields
        self._secrets = signin.secrets
        self.login = Login(self.fields["login_url"])
        self._known = {}
        self._runner = asyncio.Runner()
        client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False)
        self._transport = client._transport  # which the SDK's own wrapper forgets to close
        made = GraphClientFactory.create_with_default_middleware(client=client, options=options)
        self._adapter = GraphRequestAdapter(Bearer(lambda: self.token(GRAPH)), made)
        self._adapter.base_url = f"{self.fields['api_url']}/v1.0"
        self.client = GraphServiceClient(request_adapter=self._adapter)

    def close(self):
        self._runner.run(self._transport.aclose())
        self._runner.close()
        self.login.close()

    def __call__(self, awaited):
        found = self._runner.run(awaited)
        assert set(undeclared(found)) <= TOLD_BESIDES
        return found

    def forget(self):
        """Sign in anew with the next call."""
        self._known = {}

    # Sign-in

    def application(self, tenant=None):
        """Return MSAL's application, by whichever proof the sign-in has; the tenant may be named by a domain."""
        return msal.ConfidentialClientApplication(
            self.fields["client_id"],
            authority=f"{LOGIN}/{tenant or self.fields['tenant']}",
            client_credential=self._proof(),
            http_client=self.login,
            instance_discovery=False,
        )

    def person(self):
        """Return MSAL's application of a signed-in person."""
        authority = f"{LOGIN}/{self.fields['tenant']}"
        client = self.fields["client_id"]
        return msal.PublicClientApplication(
            client, authority=authority, http_client=self.login, instance_discovery=False
        )

    def _proof(self):
        if "client_secret" in self._secrets:
            return self._secrets["client_secret"]
        if "token" in self._secrets:
            return {"client_assertion": lambda: self._secrets["token"]}
        key, mark, certificate = self._secrets["private_key"].partition("-----BEGIN CERTIFICATE-----")
        return {"private_key": key, "public_certificate": mark + certificate}

    def token(self, scope):
        """Return the application's access token for a scope."""
        if scope not in self._known:
            found = self.application().acquire_token_for_client(scopes=[scope])
            assert "access_token" in found, found
            self._known[scope] = found["access_token"]
        return self._known[scope]

    # Calls

    def with_headers(self, request, **query):
        """Make a call whose answer is told in its headers: `request(configuration)`; returns answer and headers."""
        option = HeadersInspectionHandlerOption(inspect_response_headers=True)
        found = self(request(RequestConfiguration(options=[option], **query)))
        return found, option.response_headers

    def all(self, builder, query=None, headers=None):
        """Return all rows of a listing, following the links that its pages give."""
        pages = list(self.pages(builder, query, headers))
        return [row for page in pages for row in page.value]

    def pages(self, builder, query=None, headers=None):
        """Yield the pages of a listing."""
        asked = RequestConfiguration(query_parameters=query)
        while True:
            for name, value in (headers or {}).items():
                asked.headers.add(name, value)
            page = self(builder.get(request_configuration=asked))
            yield page
            if not page.odata_next_link:
                return
            builder = builder.with_url(page.odata_next_link)
            asked = RequestConfiguration()

    def rows(self, builder, query=None):
        """Return all rows of a listing as they came: the SDK makes the calls, its types are left out.

        Reading them as objects takes the SDK some milliseconds each.
        """
        found, asked = [], builder.to_get_request_information(self.asked(query))
        while True:
            page = json.loads(self(self._adapter.send_primitive_async(asked, "bytes", REFUSALS)))
            found += page["value"]
            if "@odata.nextLink" not in page:
                return found
            asked = builder.with_url(page["@odata.nextLink"]).to_get_request_information()

    def plain(self, method, url, **given):
        """Make a call that is none of Graph's, without the SDK and without a token of its own."""
        return self.login.call(method, url, **given)

    def batch(self, requests, kind=None):
        """Make calls in one batch; returns the status and the body of each, in their order, as an object of `kind`.

        The answer is read here: the SDK's own reading loses every body that is an object.
        """
        content = BatchRequestContent()
        for one in requests:
            content.add_request_information(one)
        request = self(self.client.batch.to_post_request_information(content))
        told = json.loads(self(self._adapter.send_primitive_async(request, "bytes", {})))["responses"]
        found = {one["id"]: one for one in told}
        answers = [found[id_] for id_ in content.requests]
        return [
            (one["status"], one["body"] if kind is None else parsed(json.dumps(one["body"]).encode(), kind))
            for one in answers
        ]

    @staticmethod
    def asked(query):
        """Return the configuration of a single call with query parameters."""
        return RequestConfiguration(query_parameters=query)

    @staticmethod
    def headers(values):
        """Return the configuration of a single call with headers."""
        made = RequestConfiguration()
        for name, value in values.items():
            made.headers.add(name, value)
        return made

    @staticmethod
    def query(builder, **given):
        """Return the query parameters of a builder's own class, from their names: `top`, `select`, `filter`."""
        kinds = [value for name, value in vars(type(builder)).items() if name.endswith("GetQueryParameters")]
        return kinds[0](**given)


def stamp(moment):
    """Return a time of the SDK as casb's rows write it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(body, kind):
    """Return JSON as an object of the SDK."""
    return JsonParseNodeFactory().get_root_parse_node("application/json", body).get_object_value(kind)


def undeclared(value):
    """Yield the properties that the types of the SDK do not declare, as `Type.name`; annotations are none."""
    if isinstance(value, list):
        for one in value:
            yield from undeclared(one)
    elif isinstance(value, Parsable):
        held = value.backing_store.enumerate_() if isinstance(value, BackedModel) else vars(value).items()
        for name, inner in list(held):
            if name == "additional_data":
                yield from (f"{type(value).__name__}.{one}" for one in inner if "@" not in one)
            else:
                yield from undeclared(inner)
