"""A small Drive in memory that answers over httpx as its documentation says: who sees what, and what a move does."""

from __future__ import annotations

import hashlib
import json
import re
from urllib.parse import unquote

import httpx
from desk_frame import Alone, Recognised, client
from desk_frame import carry_out as carry_out
from desk_frame import rows as rows
from desk_frame import take_back as take_back

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.google_workspace import APP
from casb_cli.apps.google_workspace.changes import Follow
from casb_cli.apps.google_workspace.govern_sharing import GovernSharing
from casb_cli.apps.google_workspace.quarantine import Quarantine
from casb_cli.apps.google_workspace.rules import RULES
from casb_cli.apps.google_workspace.sharing import Sharing
from casb_cli.core.models import Tenant

ADMIN, ANN, BOB, EVE = "root@example.com", "ann@example.com", "bob@example.com", "eve@other.test"
FOLDER = "application/vnd.google-apps.folder"
RANK = {"reader": 0, "commenter": 1, "writer": 2, "fileOrganizer": 3, "organizer": 4, "owner": 5}


class OnlyDrive(Alone, GovernSharing, Quarantine, Sharing, Follow):
    """The parts under test alone."""

    app = APP
    rules = RULES


class Acting(Recognised):
    """A token that names whom it acts as, where a real one would hide it."""

    def headers(self, call):
        return {"Authorization": f"Bearer {call.identity.id or ADMIN}"}


def fail(status, reason, words="no"):
    body = {"error": {"code": status, "message": words, "errors": [{"reason": reason, "message": words}]}}
    return httpx.Response(status, json=body)


class Desk:
    """Items, their direct permissions and shared drives; `calls` are method, path, query and whom it acts as."""

    def __init__(self):
        self.people = {ADMIN: {}, ANN: {}, BOB: {}}
        self.items, self.perms, self.drives, self.revisions, self.content = {}, {}, {}, {}, {}
        self.calls, self.changes, self.shut = [], {}, {}
        self.made = 0
        for who in self.people:
            self.items[f"root-{who}"] = {"id": f"root-{who}", "name": "My Drive", "mimeType": FOLDER, "owner": who}
            self.perms[f"root-{who}"] = []

    # Building

    def add(self, id_, owner=ANN, parent=None, mime="text/plain", content=b"x", drive=None, **more):
        parent = parent or (drive or f"root-{owner}")
        self.items[id_] = {
            "id": id_,
            "name": more.pop("name", f"{id_}.txt"),
            "mimeType": mime,
            "parents": [parent],
            "owner": None if drive else owner,
            "driveId": drive,
            "trashed": False,
            "modifiedTime": "2026-11-20T08:00:00.000Z",
            "version": "1",
            **({} if drive else {"copyRequiresWriterPermission": False, "writersCanShare": True}),
            **more,
        }
        self.perms[id_] = []
        if not mime.startswith("application/vnd.google-apps."):
            self.put(id_, content)
        return id_

    def put(self, id_, content):
        self.content[id_] = content
        self.made += 1
        self.revisions.setdefault(id_, []).append(f"r{self.made}")

    def share(self, id_, type_="user", who=None, role="reader", **more):
        named = {"domain": {"domain": who}}.get(type_, {"emailAddress": who} if who else {})
        key = {"anyone": "anyoneWithLink"}.get(type_, f"p-{who}")
        self.perms[id_].append({"id": key, "type": type_, "role": role, **named, **more})
        return key

    def drive(self, id_, members, name=None):
        self.drives[id_] = {"id": id_, "name": name or id_, "createdTime": "2026-01-01T00:00:00Z"}
        self.perms[id_] = []
        for who, role in members.items():
            self.share(id_, who=who, role=role)
        return id_

    # Who sees what

    def above(self, id_):
        item = self.items.get(id_)
        return (item.get("parents") or [None])[0] if item else None

    def standing(self, id_):
        """All permissions on an item: id to permission, with where each stands."""
        found = {}
        at, direct = id_, True
        while at:
            for one in self.perms.get(at, ()):
                known = found.setdefault(one["id"], {**one, "permissionDetails": []})
                detail = {"permissionType": "file", "role": one["role"], "inherited": not direct}
                if not direct and self.items[id_].get("driveId"):
                    detail["inheritedFrom"] = at
                known["permissionDetails"].append(detail)
                if RANK[one["role"]] > RANK[known["role"]]:
                    known["role"] = one["role"]
            at, direct = self.above(at), False
        owner = self.items.get(id_, {}).get("owner")
        if owner:
            found[f"p-{owner}"] = {
                "id": f"p-{owner}",
                "type": "user",
                "role": "owner",
                "emailAddress": owner,
                "permissionDetails": [{"role": "owner", "inherited": False}],
            }
        return list(found.values())

    def role(self, who, id_):
        if id_ not in self.items and id_ not in self.drives:
            return None
        roles = [
            one["role"]
            for one in self.standing(id_)
            if one["type"] == "anyone"
            or one.get("emailAddress") == who
            or (one["type"] == "domain" and who.endswith(one["domain"]))
        ]
        return max(roles, key=RANK.__getitem__, default=None)

    def shown(self, id_, who):
        item = dict(self.items[id_])
        owner = item.pop("owner")
        if item.get("driveId"):
            item["hasAugmentedPermissions"] = bool(self.perms[id_])
        else:
            item.pop("driveId", None)
            item |= {"owners": [{"emailAddress": owner}], "ownedByMe": owner == who}
            item["permissions"] = self.standing(id_)
            item["shared"] = len(item["permissions"]) > 1
        if id_ in self.content:
            content = self.content[id_]
            item |= {"md5Checksum": hashlib.md5(content).hexdigest(), "size": str(len(content))}
            item["sha256Checksum"] = hashlib.sha256(content).hexdigest()
            item["headRevisionId"] = self.revisions[id_][-1]
        return item

    # Answering

    def __call__(self, request):
        who = request.headers.get("authorization", "Bearer ").removeprefix("Bearer ")
        path, query = request.url.path, dict(request.url.params)
        self.calls.append((request.method, path, query, who))
        body = json.loads(request.content) if "json" in request.headers.get("content-type", "") else request.content
        if who in self.shut and path.startswith("/drive"):
            return fail(403, self.shut[who])
        if path.startswith("/admin"):
            return self.directory(path)
        parts = [unquote(part) for part in path.removeprefix("/upload").removeprefix("/drive/v3/").split("/")]
        handler = getattr(self, f"{request.method.lower()}_{parts[0]}_{len(parts)}")
        return handler(who, parts[1:], query, body)

    def directory(self, path):
        if path.endswith("/domains"):
            return httpx.Response(200, json={"domains": [{"domainName": "example.com"}]})
        if "/customers/" in path:
            return httpx.Response(200, json={"id": "C01", "customerDomain": "example.com"})
        users = [{"id": f"u-{who}", "primaryEmail": who, **more} for who, more in self.people.items()]
        return httpx.Response(200, json={"users": users})

    def get_about_1(self, who, parts, query, body):
        return httpx.Response(200, json={"user": {"emailAddress": who}})

    def get_files_1(self, who, parts, query, body):
        found = []
        for id_, item in self.items.items():
            wanted = query.get("driveId")
            if wanted and self.role(who, wanted) is None:
                return fail(404, "notFound")
            here = item.get("driveId") == wanted if wanted else item["owner"] == who and not item.get("driveId")
            clauses = query["q"].split(" and ")
            if f"mimeType='{FOLDER}'" in clauses:
                here = here and item["mimeType"] == FOLDER
            for word in ("true", "false"):
                if f"trashed={word}" in clauses:
                    here = here and str(bool(item.get("trashed"))).lower() == word
            if here and not id_.startswith("root-"):
                found.append(self.shown(id_, who))
        size = int(query.get("pageSize", 100)) if not self.shut.get("small") else 2
        start = int(query.get("pageToken") or 0)
        answer = {"files": found[start : start + size]}
        if start + size < len(found):
            answer["nextPageToken"] = str(start + size)
        return httpx.Response(200, json=answer)

    def get_files_2(self, who, parts, query, body):
        [id_] = parts
        if id_ == "generateIds":
            self.made += 1
            return httpx.Response(200, json={"ids": [f"new{self.made}"]})
        id_ = f"root-{who}" if id_ == "root" else id_
        if id_ not in self.items or self.role(who, id_) is None:
            return fail(404, "notFound")
        if query.get("alt") == "media":
            return httpx.Response(200, content=self.content[id_])
        return httpx.Response(200, json=self.shown(id_, who))

    def post_files_1(self, who, parts, query, body):
        if body["id"] in self.items:
            return fail(409, "duplicate")
        [parent] = body["parents"]
        if RANK.get(self.role(who, parent), 0) < RANK["writer"]:
            return fail(404, "notFound")
        drive = parent if parent in self.drives else self.items[parent].get("driveId")
        self.add(body["id"], who, parent, body["mimeType"], b"", drive, name=body["name"])
        return httpx.Response(200, json={"id": body["id"]})

    def patch_files_2(self, who, parts, query, body):
        [id_] = parts
        role = self.role(who, id_)
        if id_ not in self.items or role is None:
            return fail(404, "notFound")
        if query.get("uploadType"):
            self.put(id_, body)
            return httpx.Response(200, json={"id": id_})
        if "addParents" in query:
            refused = self.moved(who, id_, query["addParents"], role)
            if refused is not None:
                return refused
        self.items[id_] |= body
        return httpx.Response(200, json={"id": id_})

    def moved(self, who, id_, to, role):
        item = self.items[id_]
        if item.get("trashed"):
            return fail(403, "cannotMoveTrashedItemIntoTeamDrive")
        target = to if to in self.drives else self.items[to].get("driveId") if to in self.items else None
        if self.role(who, to) is None:
            return fail(404, "notFound")
        if target and RANK[self.role(who, to)] < RANK["fileOrganizer"]:
            return fail(403, "insufficientFilePermissions")
        source = item.get("driveId")
        if source and source != target and RANK[self.role(who, source) or "reader"] < RANK["organizer"]:
            return fail(403, "insufficientFilePermissions")
        if not source and target and item["owner"] != who:
            owner_is_suspended = self.people[item["owner"]].get("suspended") and RANK[role] >= RANK["writer"]
            if not owner_is_suspended:
                return fail(403, "fileOwnerNotMemberOfTeamDrive")
        if not source and target:
            # Direct shares survive, and the former owner keeps access as the creator.
            self.share(id_, who=item["owner"], role="writer")
            item["owner"] = None
        if source and not target:
            self.perms[id_] = [one for one in self.perms[id_] if one.get("emailAddress") != who]
            item["owner"] = who
        item["driveId"], item["parents"] = target, [to]
        return None

    def delete_files_2(self, who, parts, query, body):
        [id_] = parts
        if self.items.pop(id_, None) is None:
            return fail(404, "notFound")
        return httpx.Response(204)

    def get_files_3(self, who, parts, query, body):
        id_, what = parts
        admin = query.get("useDomainAdminAccess") and id_ in self.drives and who == ADMIN
        if not admin and self.role(who, id_) is None:
            return fail(404, "notFound")
        if what == "permissions":
            return httpx.Response(200, json={"permissions": self.standing(id_)})
        if what == "revisions":
            return httpx.Response(200, json={"revisions": [{"id": one} for one in self.revisions[id_]]})
        raise AssertionError(parts)

    def post_files_3(self, who, parts, query, body):
        id_, _ = parts
        if query.get("transferOwnership"):
            assert "sendNotificationEmail" not in query
            if self.items[id_]["owner"] != who or body["role"] != "owner":
                return fail(403, "insufficientFilePermissions")
            self.perms[id_] = [one for one in self.perms[id_] if one.get("emailAddress") != body["emailAddress"]]
            self.share(id_, who=who, role="writer")
            self.items[id_] |= {"owner": body["emailAddress"], "parents": [f"root-{body['emailAddress']}"]}
            return httpx.Response(200, json={"id": "p"})
        assert (query.get("sendNotificationEmail") == "false") == (body["type"] in {"user", "group"})
        if not self.may_share(who, id_, query):
            return fail(403, "insufficientFilePermissions")
        name = body.get("emailAddress") or body.get("domain")
        if self.people.get(name, {}).get("suspended"):
            return fail(400, "invalidSharingRequest")
        more = {key: value for key, value in body.items() if key in {"expirationTime", "allowFileDiscovery"}}
        self.share(id_, body["type"], name, body["role"], **more)
        return httpx.Response(200, json=self.perms[id_][-1])

    def may_share(self, who, id_, query):
        if query.get("useDomainAdminAccess"):
            return id_ in self.drives and who == ADMIN
        return RANK.get(self.role(who, id_), 0) >= RANK["writer"]

    def _one(self, who, parts, query):
        id_, _, key = parts
        if not self.may_share(who, id_, query):
            return None, fail(404, "notFound")
        found = next((one for one in self.perms[id_] if one["id"] == key), None)
        if found is None:
            inherited = any(one["id"] == key for one in self.standing(id_))
            return None, fail(403, "cannotModifyInheritedPermission") if inherited else fail(404, "notFound")
        return found, None

    def delete_files_4(self, who, parts, query, body):
        if parts[1] == "revisions":
            self.revisions[parts[0]].remove(parts[2])
            return httpx.Response(204)
        found, refused = self._one(who, parts, query)
        if refused is None:
            self.perms[parts[0]].remove(found)
        return refused or httpx.Response(204)

    def patch_files_4(self, who, parts, query, body):
        found, refused = self._one(who, parts, query)
        if refused is None:
            found |= body
            if query.get("removeExpiration"):
                found.pop("expirationTime", None)
        return refused or httpx.Response(200, json=found)

    def get_drives_1(self, who, parts, query, body):
        drives = list(self.drives.values())
        if "q" in query:
            [name] = re.findall(r"name = '(.*)'", query["q"])
            drives = [one for one in drives if one["name"] == name]
        return httpx.Response(200, json={"drives": drives})

    def get_drives_2(self, who, parts, query, body):
        if parts[0] not in self.drives:
            return fail(404, "notFound")
        return httpx.Response(200, json=self.drives[parts[0]])

    def post_drives_1(self, who, parts, query, body):
        if query["requestId"] in self.drives:
            return fail(409, "duplicate")
        self.drive(query["requestId"], {who: "organizer"}, body["name"])
        return httpx.Response(200, json=self.drives[query["requestId"]])

    def patch_drives_2(self, who, parts, query, body):
        self.drives[parts[0]] |= body
        return httpx.Response(200, json=self.drives[parts[0]])

    def get_changes_2(self, who, parts, query, body):
        return httpx.Response(200, json={"startPageToken": "1"})

    def get_changes_1(self, who, parts, query, body):
        key = query.get("driveId") or who
        start = int(query["pageToken"]) - 1
        told = self.changes.get(key, [])[start:]
        changes = []
        for id_ in told:
            seen = id_ in self.items and self.role(who, id_) is not None
            one = {"changeType": "file", "fileId": id_, "removed": not seen}
            changes.append(one | ({"file": self.shown(id_, who)} if seen else {}))
        return httpx.Response(200, json={"changes": changes, "newStartPageToken": str(start + 1 + len(told))})


def opened(desk, method="service-account", **fields):
    """Return a connector whose provider is the desk."""
    urls = dict(APP.hosts)
    tenant = Tenant(id="C01", name="example.com", facts={"domain": "example.com"})
    facts = InstanceFacts("google-workspace", "t", method, {"subject": ADMIN, **fields}, urls, tenant=tenant)
    return OnlyDrive(client(desk, APP, RULES, Acting(), urls, "google/t"), facts)
