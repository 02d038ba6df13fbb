"""Okta's official SDK, one call at a time: each returns its typed answer, or raises what the SDK calls an error."""

from __future__ import annotations

import asyncio
import json


class Sdk:
    """A client of the SDK: `sdk("list_users", limit=200)`."""

    def __init__(self, config):
        from okta.client import Client  # seconds of CPU time, for those processes that make calls with it

        self.client = Client(config | {"rateLimit": {"maxRetries": 2}})

    def whole(self, name, *args, **given):
        async def call():
            return await getattr(self.client, name)(*args, **given)

        found = asyncio.run(call())
        *data, reply, error = found
        if error:
            raise Refused(error)
        return (data[0] if data else None), reply

    def __call__(self, name, *args, **given):
        return self.whole(name, *args, **given)[0]

    def all(self, name, *args, **given):
        """Follow the SDK's own reading of the Link header."""
        from okta.pagination import PaginationHelper

        rows, after = [], None
        while True:
            page, reply = self.whole(name, *args, after=after, **given)
            rows += page
            after = PaginationHelper.extract_next_cursor(reply.headers)
            if not after:
                return rows

    def send(self, method, path, *, form=None, body=None):
        """Make a call that the SDK has no method for, through its own request executor."""

        async def call():
            executor = self.client.get_request_executor()
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
            request, error = await executor.create_request(method, path, body, headers, form, oauth=form is not None)
            return (None, None, error) if error else await executor.execute(request)

        _, text, error = asyncio.run(call())
        if error:
            raise Refused(error)
        return json.loads(text) if text else None


class Refused(Exception):
    """What the SDK hands back as an error."""

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


def token_client(okta, name):
    signin = okta.credentials()[name]
    return Sdk({"orgUrl": signin.fields["org_url"], "authorizationMode": "SSWS", "token": signin.secrets["token"]})


def named(row):
    """SDK enumerations and texts alike as text."""
    return getattr(row, "value", row)


def body_pages(sdk, name, *args):
    """Read a listing whose link to the next page is in the body."""
    found, after = [], None
    while True:
        page = sdk(name, *args, **({"after": after} if after else {}))
        found.append(page)
        following = page.links.next.href if page.links and page.links.next else None
        if not following:
            return found
        after = following.partition("after=")[2].partition("&")[0]
