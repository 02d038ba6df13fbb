"""A small tenant's drives in memory that answer over httpx as Graph's and SharePoint's pages say."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import httpx
import msgspec
from desk_frame import Alone, Recognised, client
from desk_frame import carry_out as carry_out
from desk_frame import rows as rows
from desk_frame import take_back as take_back

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.office365 import APP
from casb_cli.apps.office365.changes import Follow
from casb_cli.apps.office365.govern_sharing import GovernSharing
from casb_cli.apps.office365.quarantine import Quarantine
from casb_cli.apps.office365.rules import RULES
from casb_cli.apps.office365.sharing import Sharing
from casb_cli.apps.office365.urls import base_urls
from casb_cli.core.models import OwnPermissions

ANN, BOB, GUEST = "ann@contoso.example", "bob@contoso.example", "eve_other.example#EXT#@contoso.onmicrosoft.com"
TEAM = "11111111-0000-0000-0000-00000000team"
MY = "contoso-my.sharepoint.com,s1,w1"
SITE = "contoso.sharepoint.com,s2,w2"
HELD = "contoso.sharepoint.com,s9,w9"
WHEN = "2026-11-20T08:00:00Z"


class OnlyFiles(Alone, GovernSharing, Quarantine, Sharing, Follow):
    """The parts under test alone."""

    app = APP
    rules = RULES


class Signed(Recognised):
    """A credential that is recognised where it goes."""

    def headers(self, call):
        return {"Authorization": f"Bearer {call.host}"}


def fail(status, code, words="no", headers=None):
    return httpx.Response(status, json={"error": {"code": code, "message": words}}, headers=headers)


def quick(content):
    """Return a stand-in for a checksum: the desk's own, so that nothing is proved by the code under test."""
    from casb_cli.apps.office365.quickxor import quickxor  # held to known vectors elsewhere

    return quickxor(content)


class Desk:
    """Sites, drives, items, recycle bins; `calls` are method, decoded path and headers, inner ones of batches too."""

    def __init__(self):
        self.calls, self.batches, self.locked, self.refused = [], 0, set(), {}
        self.small, self.expired, self.made, self.now = 200, set(), 0, 0
        self.sites, self.drives, self.items, self.bins, self.gone = {}, {}, {}, {}, {}
        self.copies = {}
        self.site(MY, "https://contoso-my.sharepoint.com/personal/ann", "Ann", personal=True)
        self.site(SITE, "https://contoso.sharepoint.com/sites/Plans", "Plans")
        self.site(HELD, "https://contoso.sharepoint.com/sites/casb-quarantine", "casb-quarantine")
        person = {"user": {"id": "u-ann", "email": ANN, "displayName": "Ann"}}
        self.drive("b!ann", MY, "business", person, "OneDrive", "Documents")
        self.drive("b!lib", SITE, "documentLibrary", {"group": {"id": TEAM}}, "Dokumente", "Freigegebene Dokumente")
        self.drive("b!held", HELD, "documentLibrary", {}, "casb-quarantine", "Documents")

    def site(self, id_, url, name, personal=False):
        self.sites[id_] = {"id": id_, "webUrl": url, "displayName": name, "isPersonalSite": personal}
        self.bins[id_] = []

    def drive(self, id_, site, kind, owner, name, folder):
        url = f"{self.sites[site]['webUrl']}/{folder.replace(' ', '%20')}"
        self.drives[id_] = {"id": id_, "name": name, "driveType": kind, "owner": owner, "webUrl": url, "site": site}
        self.put(id_, f"root-{id_}", None, "root", folder=True)

    def put(self, drive, id_, parent=None, name=None, content=b"", folder=False, by="u-ann", **more):
        self.now += 1
        item = {"id": id_, "name": name or f"{id_}.txt", "parent": parent, "folder": folder, "perms": [], **more}
        item |= {"content": content, "versions": [content], "seq": self.now, "modified": WHEN, "by": by}
        if parent is None and not id_.startswith("root-"):
            item["parent"] = f"root-{drive}"
        self.items[drive, id_] = item
        return item

    def touch(self, drive, id_, **fields):
        self.now += 1
        self.items[drive, id_].update(fields, seq=self.now)

    def share(self, drive, id_, pid, link=None, to=None, roles=("read",), kind="user", **more):
        perm = {"id": pid, "roles": list(roles), **more}
        if link:
            scope, type_ = link
            perm["link"] = {"scope": scope, "type": type_, "webUrl": f"https://contoso.sharepoint.com/:t:/s/{pid}"}
            perm["grantedToIdentitiesV2"] = [{"user": {"email": one}} for one in to or ()]
        else:
            perm["grantedToV2"] = {kind: to if isinstance(to, dict) else {"id": f"u-{to}", "email": to}}
        self.items[drive, id_]["perms"].append(perm)
        self.touch(drive, id_)
        return perm

    # Answers

    def __call__(self, request):
        path = unquote(request.url.path)
        auth = request.headers.get("authorization")
        if request.url.host == "content.sharepoint.com":
            assert auth is None, "a credential went to a content host"
            self.calls.append((request.method, path, dict(request.headers)))
            if path.startswith("/monitor/"):
                return httpx.Response(200, json=self.copies.pop(path.rpartition("/")[2]))
            _, drive, id_ = path.strip("/").split("/")
            return httpx.Response(200, content=self.items[drive, id_]["content"])
        assert auth
        if path.startswith("/v1.0/$batch"):
            self.batches += 1
            return self.batch(json.loads(request.content))
        query = dict(request.url.params)
        body = request.content
        return self.answer(request.method, path.removeprefix("/v1.0"), query, body, request)

    def batch(self, body):
        assert len(body["requests"]) <= 20
        found = []
        for one in reversed(body["requests"]):  # in any order
            url = httpx.URL("https://graph.microsoft.com/v1.0" + one["url"])
            given = json.dumps(one.get("body") or {}).encode()
            path = unquote(url.path).removeprefix("/v1.0")
            answer = self.answer(one["method"], path, dict(url.params), given, None)
            inner = {"id": one["id"], "status": answer.status_code, "headers": dict(answer.headers)}
            if answer.content:
                inner["body"] = json.loads(answer.content)
            found.append(inner)
        return httpx.Response(200, json={"responses": found})

    def answer(self, method, path, query, body, request):
        self.calls.append((method, path, dict(request.headers) if request is not None else {}))
        for wanted, answer in self.refused.items():
            if re.search(wanted, f"{method} {path}"):
                return answer
        if "/_api/site/RecycleBin" in path:
            return self.recycle(method, path, body, request)
        for pattern, name in ROUTES:
            match = re.fullmatch(pattern, f"{method} {path}")
            if match:
                return getattr(self, name)(*match.groups(), query=query, body=body, request=request)
        return fail(404, "itemNotFound", path)

    def organization(self, **_):
        return httpx.Response(200, json={"value": [{"id": "t", "verifiedDomains": [{"name": "contoso.example"}]}]})

    def users(self, query, **_):
        guest = {"id": "u-eve", "userPrincipalName": GUEST, "mail": "eve@other.example"}
        people = [{"id": "u-ann", "userPrincipalName": ANN}, guest]
        return httpx.Response(200, json={"value": [guest] if "Guest" in query.get("$filter", "") else people})

    def groups(self, **_):
        return httpx.Response(200, json={"value": [{"id": TEAM, "resourceProvisioningOptions": ["Team"]}]})

    def all_sites(self, **_):
        return httpx.Response(200, json={"value": list(self.sites.values())})

    def site_drives(self, id_, **_):
        if id_ in self.locked:
            return fail(423, "resourceLocked", "the site is locked")
        found = [one for one in self.drives.values() if one["site"] == id_]
        return httpx.Response(200, json={"value": found})

    def one_drive(self, id_, **_):
        drive = self.drives.get(id_)
        if drive is None:
            return fail(404, "itemNotFound")
        site = self.sites[drive["site"]]
        _, site_id, web_id = drive["site"].split(",")
        ids = {"siteId": site_id, "webId": web_id, "siteUrl": site["webUrl"]}
        return httpx.Response(200, json={**drive, "sharePointIds": ids})

    def user_drive(self, id_, **_):
        return self.one_drive("b!ann") if id_ == "u-ann" else fail(404, "ResourceNotFound", "mysite not found")

    def shown(self, drive, item):
        out = {"id": item["id"], "name": item["name"], "lastModifiedDateTime": item["modified"]}
        out |= {"eTag": f'"{item["id"]},{item["seq"]}"', "cTag": f'"c:{item["id"]},{len(item["versions"])}"'}
        out["createdDateTime"] = item.get("created", "2026-01-01T00:00:00Z")
        out["createdBy"] = {"user": {"id": item["by"], "email": f"{item['by'].removeprefix('u-')}@contoso.example"}}
        out["size"] = len(item["content"])
        if item["parent"]:
            out["parentReference"] = {"driveId": drive, "id": item["parent"]}
        else:
            out["root"] = {}
        if item["folder"]:
            out["folder"] = {"childCount": 0}
        elif item.get("package"):
            out["package"] = {"type": item["package"]}
        else:
            out["file"] = {"mimeType": "text/plain", "hashes": {"quickXorHash": quick(item["content"])}}
        if item.get("malware"):
            out["malware"] = {"description": "bad"}
        # What a library's root is open to does not show on what lies in it.
        perms = [one for one in self.perms(drive, item["id"]) if "'root-" not in str(one.get("inheritedFrom"))]
        perms = [] if not item["parent"] else perms
        links = {one["link"]["scope"] for one in perms if "link" in one}
        if perms:
            scope = next((one for one in ("anonymous", "organization") if one in links), "users")
            out["shared"] = {"scope": scope}
        return out

    def perms(self, drive, id_):
        item, found, inherited = self.items[drive, id_], [], None
        while True:
            for one in item["perms"]:
                found.append({**one, "inheritedFrom": {"driveId": drive, "id": inherited}} if inherited else one)
            if not item["parent"]:
                return found
            item = self.items[drive, item["parent"]]
            inherited = item["id"]

    def by_hierarchy(self, drive, item):
        """Show an item as `Prefer: hierarchicalsharing` has it: sharing stands where it is given, and on the root."""
        out = self.shown(drive, item)
        if not item["parent"]:
            out["shared"] = {"scope": "users"} if item["perms"] else {}
        elif not item["perms"]:
            out.pop("shared", None)
            if item.get("unique"):
                out["shared"] = {}
        return out

    def delta(self, drive, query, request, **_):
        token = query.get("token", "")
        preferred = request.headers.get("prefer", "") if request is not None else ""
        show = self.by_hierarchy if "hierarchicalsharing" in preferred else self.shown
        if token in self.expired:
            where = f"https://graph.microsoft.com/v1.0/drives/{drive}/root/delta?token="
            return fail(410, "resyncChangesApplyDifferences", headers={"Location": where})
        link = f"https://graph.microsoft.com/v1.0/drives/{drive}/root/delta?token="
        if token == "latest":
            return httpx.Response(200, json={"value": [], "@odata.deltaLink": f"{link}{self.now}"})
        since, _, skip = token.partition("-")
        mine = [(i["seq"], show(drive, i)) for (d, _), i in self.items.items() if d == drive]
        if since:
            mine += [(s, {"id": i, "deleted": {"state": "deleted"}}) for (d, i), s in self.gone.items() if d == drive]
        mine = [one for seq, one in sorted(mine, key=lambda p: p[0]) if seq > int(since or 0)]
        start = int(skip or 0)
        page = {"value": [{**one} for one in mine[start : start + self.small]]}
        if start + self.small < len(mine):
            page["@odata.nextLink"] = f"{link}{since}-{start + self.small}"
        else:
            page["@odata.deltaLink"] = f"{link}{self.now}"
        return httpx.Response(200, json=page)

    def found(self, drive, id_):
        return self.items.get((drive, f"root-{drive}" if id_ is None else id_))

    def item(self, drive, id_=None, **_):
        item = self.found(drive, id_)
        return httpx.Response(200, json=self.shown(drive, item)) if item else fail(404, "itemNotFound")

    def permissions(self, drive, id_, **_):
        if self.found(drive, id_) is None:
            return fail(404, "itemNotFound")
        return httpx.Response(200, json={"value": self.perms(drive, id_)})

    def change_permission(self, method, drive, id_, pid, body, **_):
        own = self.items[drive, id_]["perms"]
        found = next((one for one in own if one["id"] == pid), None)
        if found is None:
            return fail(404, "itemNotFound")
        if method == "DELETE":
            own.remove(found)
            self.touch(drive, id_)
            return httpx.Response(204)
        found.update(json.loads(body))
        return httpx.Response(200, json=found)

    def invite(self, drive, id_, body, **_):
        asked = json.loads(body)
        assert asked["sendInvitation"] is False
        self.made += 1
        ends = {"expirationDateTime": asked["expirationDateTime"]} if "expirationDateTime" in asked else {}
        who = asked["recipients"][0]["email"]
        perm = self.share(drive, id_, f"p{self.made}", to=who, roles=asked["roles"], **ends)
        return httpx.Response(200, json={"value": [perm]})

    def create_link(self, drive, id_, body, **_):
        asked = json.loads(body)
        self.made += 1
        people = [one["email"] for one in asked.get("recipients", ())]
        roles = ["write" if asked["type"] == "edit" else "read"]
        perm = self.share(drive, id_, f"p{self.made}", link=(asked["scope"], asked["type"]), to=people, roles=roles)
        return httpx.Response(201, json=perm)

    def content(self, drive, id_, request, **_):
        if self.items[drive, id_].get("malware"):
            return fail(403, "malwareDetected", "The file is infected with a virus")
        return httpx.Response(302, headers={"Location": f"https://content.sharepoint.com/get/{drive}/{id_}"})

    def write(self, drive, id_, body, request, **_):
        item = self.items[drive, id_]
        if request.headers.get("if-match") not in {None, self.shown(drive, item)["eTag"]}:
            return fail(412, "preconditionFailed")
        self.touch(drive, id_, content=body, versions=[body, *item["versions"]])
        return httpx.Response(200, json=self.shown(drive, item))

    def write_new(self, drive, parent, name, body, **_):
        same = [i for (d, _), i in self.items.items() if (d, i["parent"], i["name"]) == (drive, parent, name)]
        self.made += 1
        item = same[0] if same else self.put(drive, f"n{self.made}", parent, name, body)
        return httpx.Response(201, json=self.shown(drive, item))

    def children(self, drive, id_, **_):
        found = [self.shown(d, i) for (d, _), i in self.items.items() if (d, i["parent"]) == (drive, id_)]
        return httpx.Response(200, json={"value": found})

    def new_child(self, drive, id_, body, **_):
        name = json.loads(body)["name"]
        if any((d, i["parent"], i["name"]) == (drive, id_, name) for (d, _), i in self.items.items()):
            return fail(409, "nameAlreadyExists")
        self.made += 1
        return httpx.Response(201, json=self.shown(drive, self.put(drive, f"n{self.made}", id_, name, folder=True)))

    def copy(self, drive, id_, body, **_):
        asked, source = json.loads(body), self.items[drive, id_]
        to = asked["parentReference"]
        self.made += 1
        new = self.put(to["driveId"], f"n{self.made}", to["id"], asked["name"], source["content"])
        if asked.get("includeAllVersionHistory"):
            new["versions"] = list(source["versions"])
        self.copies[f"{self.made}"] = {"status": "completed", "resourceId": new["id"]}
        where = f"https://content.sharepoint.com/monitor/{self.made}"
        return httpx.Response(202, headers={"Location": where})

    def forget(self, drive, id_):
        self.now += 1
        for key in [k for k, i in self.items.items() if k[0] == drive and i["parent"] == id_]:
            self.forget(*key)
        del self.items[drive, id_]
        self.gone[drive, id_] = self.now

    def delete(self, drive, id_, **_):
        if (drive, id_) not in self.items:
            return fail(404, "itemNotFound")
        item = self.items[drive, id_]
        folder, at = [], item
        while at["parent"]:
            at = self.items[drive, at["parent"]]
            folder.insert(0, at["name"])
        top = unquote(httpx.URL(self.drives[drive]["webUrl"]).path).strip("/")
        self.made += 1
        entry = {"Id": f"bin-{self.made}", "LeafName": item["name"], "DirName": "/".join([top, *folder[1:]])}
        entry |= {"Size": str(len(item["content"])), "ItemState": 1, "ItemType": 1, "DeletedDate": WHEN}
        self.bins[self.drives[drive]["site"]].append((entry, drive, dict(item)))
        self.forget(drive, id_)
        return httpx.Response(204)

    def purge(self, drive, id_, **_):
        if (drive, id_) not in self.items:
            return fail(404, "itemNotFound")
        self.forget(drive, id_)
        return httpx.Response(204)

    def recycle(self, method, path, body, request):
        assert request.headers["authorization"].startswith("Bearer sharepoint:contoso")
        at = path.partition("/_api")[0]
        site = next(i for i, one in self.sites.items() if unquote(httpx.URL(one["webUrl"]).path) == at)
        if method == "GET":
            return httpx.Response(200, json={"value": [entry for entry, _, _ in self.bins[site]]})
        for id_ in json.loads(body)["ids"]:
            one = next(found for found in self.bins[site] if found[0]["Id"] == id_)
            self.bins[site].remove(one)
            self.now += 1
            self.items[one[1], one[2]["id"]] = {**one[2], "seq": self.now}
            self.gone.pop((one[1], one[2]["id"]), None)
        return httpx.Response(200, json={})

    def versions(self, drive, id_, **_):
        count = len(self.items[drive, id_]["versions"])
        return httpx.Response(200, json={"value": [{"id": f"{n}.0"} for n in range(count, 0, -1)]})

    def delete_version(self, drive, id_, version, **_):
        versions = self.items[drive, id_]["versions"]
        at = len(versions) - int(version.partition(".")[0])
        assert at > 0, "the present version cannot be deleted"
        versions[at] = None
        if not any(versions[1:]):
            del versions[1:]
        return httpx.Response(204)

    def labels(self, drive, id_, **_):
        label = self.items[drive, id_].get("label")
        return httpx.Response(200, json={"labels": [{"sensitivityLabelId": label}] if label else []})

    def label_names(self, **_):
        return httpx.Response(200, json={"value": [{"id": "L1", "displayName": "Confidential"}]})


_ITEM = r"/drives/([^/]+)/items/([^/:]+)"
ROUTES = (
    (r"GET /organization", "organization"),
    (r"GET /users", "users"),
    (r"GET /groups", "groups"),
    (r"GET /sites/getAllSites", "all_sites"),
    (r"GET /sites", "all_sites"),
    (r"GET /sites/([^/]+)/drives", "site_drives"),
    (r"GET /users/([^/]+)/drive", "user_drive"),
    (r"GET /drives/([^/]+)", "one_drive"),
    (r"GET /drives/([^/]+)/root", "item"),
    (r"GET /drives/([^/]+)/root/delta", "delta"),
    (rf"GET {_ITEM}", "item"),
    (rf"DELETE {_ITEM}", "delete"),
    (rf"GET {_ITEM}/content", "content"),
    (rf"PUT {_ITEM}/content", "write"),
    (rf"PUT {_ITEM}:/(.+):/content", "write_new"),
    (rf"GET {_ITEM}/permissions", "permissions"),
    (rf"(PATCH|DELETE) {_ITEM}/permissions/([^/]+)", "change_permission"),
    (rf"POST {_ITEM}/invite", "invite"),
    (rf"POST {_ITEM}/createLink", "create_link"),
    (rf"GET {_ITEM}/children", "children"),
    (rf"POST {_ITEM}/children", "new_child"),
    (rf"POST {_ITEM}/copy", "copy"),
    (rf"POST {_ITEM}/permanentDelete", "purge"),
    (rf"GET {_ITEM}/versions", "versions"),
    (rf"DELETE {_ITEM}/versions/([^/]+)", "delete_version"),
    (rf"POST {_ITEM}/extractSensitivityLabels", "labels"),
    (r"GET /security/dataSecurityAndGovernance/sensitivityLabels", "label_names"),
)


def opened(desk, method="certificate", own=None, **fields):
    """Return a connector whose provider is the desk."""
    fields = {"tenant": "contoso.example", **fields}
    urls = base_urls(fields)
    wide = msgspec.structs.replace(
        APP, limits=tuple(msgspec.structs.replace(one, allowed=1e9) for one in APP.limits)
    )  # no test waits
    permissions = OwnPermissions(granted=own) if own else None
    facts = InstanceFacts("office365", "t", method, fields, urls, own=permissions)
    return OnlyFiles(client(desk, APP, RULES, Signed(), urls, "office365/t", governed=wide), facts)
