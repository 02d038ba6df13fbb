"""Calls to the simulated Box without a socket, shared by its tests."""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit

from casb_cli.apps.box.sandbox import build
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.wire import Request
from casb_cli.sandbox.world import World

WORLD = World(seed=7, people=40, files=300, events=600)
TOKEN = "/oauth2/token"


class Caller:
    """Calls the provider without a socket."""

    def __init__(self, box, token=None):
        self.box = box
        self.bearer = token

    def raw(self, method, target, *, host="api", headers=None, body=b"", as_user=None):
        path, _, query = target.partition("?")
        sent = {k.lower(): v for k, v in (headers or {}).items()}
        if self.bearer:
            sent.setdefault("authorization", f"Bearer {self.bearer}")
        if as_user:
            sent["as-user"] = as_user
        return self.box.handle(Request(method, path, query, sent, body, host)).reply

    def __call__(self, method, target, data=None, *, expect=200, **more):
        body = json.dumps(data).encode() if data is not None else b""
        reply = self.raw(method, "/2.0" + target, body=body, **more)
        assert reply.status == expect, (reply.status, reply.body)
        return json.loads(reply.body) if reply.body else {}

    def refused(self, method, target, data=None, **more):
        body = json.dumps(data).encode() if data is not None else b""
        reply = self.raw(method, "/2.0" + target, body=body, **more)
        assert reply.status >= 400, reply.status
        return reply.status, json.loads(reply.body)["code"] if reply.body else ""

    def pages(self, target, **more):
        rows, marker = [], ""
        while True:
            page = self("GET", f"{target}&usemarker=true" + (f"&marker={marker}" if marker else ""), **more)
            rows += page["entries"]
            if not page["next_marker"]:
                return rows
            assert page["next_marker"] != marker, "a marker that stays the same leads nowhere"
            marker = page["next_marker"]


def form(**values):
    return urlencode(values).encode()


def sign_in(box, **values):
    given = {"client_id": box.signin.client_id, "client_secret": box.signin.client_secret, **values}
    reply = Caller(box).raw("POST", TOKEN, body=form(**given))
    return reply.status, json.loads(reply.body)


def ccg(box, subject=None):
    kind = "user" if subject else "enterprise"
    return sign_in(
        box,
        grant_type="client_credentials",
        box_subject_type=kind,
        box_subject_id=subject or box.company.enterprise_id,
    )


def served(**settings):
    box = build(WORLD, Options(settings={"not_ready": "0", **settings}))
    return box, Caller(box, ccg(box)[1]["access_token"])


def fresh():
    """A box in which every download is ready at once."""
    return build(WORLD, Options(settings={"not_ready": "0"}))


def file_in(box, place, position=0):
    return box.company.file_id(box.company.library.place(place).files[position])


def upload(call, name, parent, data=b"hello", *, target="/files/content", as_user=None, headers=None, order=None):
    edge = "edge4711"
    parts = {
        "attributes": b'Content-Disposition: form-data; name="attributes"\r\n\r\n'
        + json.dumps({"name": name} | ({"parent": {"id": parent}} if parent else {})).encode(),
        "file": b'Content-Disposition: form-data; name="file"; filename="x"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + data,
    }
    body = b"".join(b"--%b\r\n%b\r\n" % (edge.encode(), parts[p]) for p in order or ("attributes", "file"))
    body += b"--%b--\r\n" % edge.encode()
    sent = {"content-type": f"multipart/form-data; boundary={edge}", **(headers or {})}
    return call.raw("POST", f"/api/2.0{target}", host="upload", headers=sent, body=body, as_user=as_user)


def fetch(call, id_, *, as_user, query="", headers=None):
    reply = call.raw("GET", f"/2.0/files/{id_}/content{query}", as_user=as_user)
    assert reply.status == 302, (reply.status, reply.body)
    assert reply.body == b""
    path = urlsplit(reply.headers["location"]).path
    return Caller(call.box).raw("GET", path, host="content", headers=headers)


def walk(call, user, folder="0", fields="name,owned_by,parent,path_collection,shared_link,sha1,size"):
    for row in call.pages(f"/folders/{folder}/items?limit=9&fields={fields}", as_user=user):
        if row["type"] == "folder":
            yield row
            yield from walk(call, user, row["id"], fields)
        else:
            yield row
