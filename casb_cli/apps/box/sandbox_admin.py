"""The simulated Box's administration: events, search, classifications, holds, devices, invitations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import msgspec

from casb_cli.apps.box.sandbox_auth import CONTENT
from casb_cli.apps.box.sandbox_items import Items
from casb_cli.apps.box.sandbox_objects import Item
from casb_cli.apps.box.sandbox_view import LABELS, TEMPLATE
from casb_cli.apps.box.sandbox_wire import (
    Refusal,
    boxed,
    fields_of,
    forbidden,
    insufficient_scope,
    invalid,
    limit_of,
    not_found,
    offset_of,
    when,
)
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import INVITED, LEAVER
from casb_cli.sandbox.wire import Reply, Request, answer, route

LABEL_KEY = "Box__Security__Classification__Key"
INVITE, PIN = 80_000_000, 81_000_000
SEARCHED = 20_000
"""How many files a search looks at: an index that lags behind, no census."""

_META = f"/metadata/enterprise/{TEMPLATE}"


class Admin(Items):
    """What administrators ask for."""

    # Events

    @route("GET /events", path="/2.0/events", paged=True)
    def list_events(self, request: Request) -> Reply:
        """Return a chunk of one of the two enterprise streams."""
        stream = request.query.get("stream_type", "all")
        if stream not in {"admin_logs", "admin_logs_streaming"}:
            if stream not in {"all", "changes", "sync"}:
                raise invalid("stream_type", f"Invalid value '{stream}'")
            return answer({"chunk_size": 0, "next_stream_position": 0, "entries": []})
        self.admin_only(request)
        return answer(self.trail.read(self.view(request), request.query, repeat=self.again(request)))

    @route("OPTIONS /events", path="/2.0/events", effect=False)
    def long_poll(self, request: Request) -> Reply:
        """Name the servers for long polling of user events; enterprise streams have none."""
        del request
        server = {
            "type": "realtime_server",
            "url": f"{self.urls.get('api', '')}/realtime",
            "ttl": "10",
            "max_retries": "10",
            "retry_timeout": 610,
        }
        return answer({"chunk_size": 1, "entries": [server]})

    # Search and links

    @route("GET /search", path="/2.0/search", paged=True)
    def search(self, request: Request) -> Reply:
        """Find files and folders by name among what the acting user sees."""
        query, user = request.query, request.who.user
        if query.get("scope") == "enterprise_content":
            if CONTENT not in request.who.token.scopes:
                raise insufficient_scope()
        elif query.get("scope", "user_content") != "user_content":
            raise invalid("scope", "Invalid value")
        term = query.get("query", "").casefold()
        if not term and not query.get("mdfilters"):
            reason = {"reason": "missing_parameter", "name": "query", "message": "query is required"}
            raise Refusal(400, "bad_request", context={"errors": [reason]})
        limit, offset = limit_of(query, 30, 200), offset_of(query)
        found = []
        for seen, item in enumerate(self._below(self.state.root(user))):
            if seen > SEARCHED:
                break
            if term in item.name.casefold() and query.get("type") in (None, item.kind):
                found.append(item)
        view = self.view(request)
        rows = [view.item(item, fields_of(query)) for item in found[offset : offset + limit]]
        kind = "search_results_items"
        return answer({"total_count": len(found), "entries": rows, "limit": limit, "offset": offset, "type": kind})

    def _below(self, items: list[Item]) -> Iterator[Item]:
        for item in items:
            yield item
            if item.kind == "folder":
                inner = (one for _, one in self.state.children(item.id))
                yield from self._below([one if isinstance(one, Item) else self.company.file(one) for one in inner])

    @route("GET /shared_items", path="/2.0/shared_items")
    def shared_item(self, request: Request) -> Reply:
        """Return what a shared link leads to, among what was touched and the places of the company."""
        values = parse_qs(request.headers.get("boxapi", ""))
        url = values.get("shared_link", [""])[0]
        for item in self._linked():
            if item.link is not None and item.link.url == url and item.trashed is None:
                if item.link.access != "open" and not self.state.managed(request.who.user):
                    raise forbidden()
                if item.link.access == "collaborators" and self.state.role(request.who.user, item) is None:
                    raise not_found("shared_link", "0")
                return answer(self.view(request).item(item, fields_of(request.query)))
        raise not_found("shared_link", "0")

    def _linked(self) -> Iterator[Item]:
        touched = self.state.items
        yield from (item for item in touched.values() if not item.gone)
        for folder in self.company.folders():
            found = self.company.item("folder", folder) if ("folder", folder) not in touched else None
            if found is not None:
                yield found
        for index in range(min(self.world.files, SEARCHED)):
            if ("file", self.company.file_id(index)) not in touched and self.company.library.own_exposure(index):
                yield self.company.file(index)

    # Classification

    @route(
        f"GET /metadata_templates/enterprise/{TEMPLATE}/schema",
        path=f"/2.0/metadata_templates/enterprise/{TEMPLATE}/schema",
    )
    def template(self, request: Request) -> Reply:
        """Return the classifications that the enterprise knows."""
        del request
        seed = self.world.seed
        options = [
            {
                "id": chance.uuid(seed, 731, number),
                "key": name,
                "staticConfig": {"classification": {"classificationDefinition": text, "colorID": number}},
            }
            for number, (name, (text, _)) in enumerate(LABELS.items())
        ]
        field = {
            "id": chance.uuid(seed, 732),
            "type": "enum",
            "key": LABEL_KEY,
            "displayName": "Classification",
            "hidden": False,
            "options": options,
        }
        return answer(
            {
                "id": chance.uuid(seed, 733),
                "type": "metadata_template",
                "templateKey": TEMPLATE,
                "scope": f"enterprise_{self.company.enterprise_id}",
                "displayName": "Classification",
                "hidden": False,
                "copyInstanceOnItemCopy": True,
                "fields": [field],
            }
        )

    @route(f"GET /files/{{file_id}}{_META}", path=f"/2.0/files/{{file_id}}{_META}")
    def get_label(self, request: Request) -> Reply:
        """Return a file's classification."""
        item = self.state.visible(request.who.user, "file", boxed(request.params["file_id"]))
        return answer(self._label(item))

    def _label(self, item: Item) -> dict[str, Any]:
        if item.label is None:
            raise Refusal(404, "instance_not_found", "Instance of this template doesn't exist on the file")
        return {
            LABEL_KEY: item.label,
            "$id": chance.uuid(self.world.seed, 734, int(item.id)),
            "$type": f"{TEMPLATE}-{chance.uuid(self.world.seed, 733)}",
            "$parent": f"file_{item.id}",
            "$typeVersion": 1,
            "$template": TEMPLATE,
            "$scope": f"enterprise_{self.company.enterprise_id}",
            "$version": 0,
            "$canEdit": True,
        }

    @route(f"POST /files/{{file_id}}{_META}", path=f"/2.0/files/{{file_id}}{_META}")
    def add_label(self, request: Request) -> Reply:
        """Classify a file that is not."""
        item = self._labelling(request)
        if item.label is not None:
            raise Refusal(409, "tuple_already_exists", "An instance of the template already exists on the file")
        item.label = _known_label(self.body(request).get(LABEL_KEY))
        self._note(request, "METADATA_INSTANCE_CREATE", item)
        return answer(self._label(item), 201)

    @route(f"PUT /files/{{file_id}}{_META}", path=f"/2.0/files/{{file_id}}{_META}")
    def change_label(self, request: Request) -> Reply:
        """Change a file's classification by a JSON patch."""
        item = self._labelling(request)
        self._label(item)
        if request.headers.get("content-type", "").split(";")[0] != "application/json-patch+json":
            raise Refusal(415)
        try:
            patch = msgspec.json.decode(request.body, type=list[dict[str, Any]])
        except msgspec.MsgspecError:
            raise Refusal(400, "bad_request", "The body is no array of JSON Patch operations") from None
        for step in patch:
            if step.get("op") == "test":
                if step.get("value") != item.label:
                    raise Refusal(400, "bad_request", "The test operation failed")
            elif (step.get("op"), step.get("path")) != ("replace", f"/{LABEL_KEY}"):
                raise Refusal(400, "bad_request", "The operation is not supported")
            else:
                item.label = _known_label(step.get("value"))
        self._note(request, "METADATA_INSTANCE_UPDATE", item)
        return answer(self._label(item))

    @route(f"DELETE /files/{{file_id}}{_META}", path=f"/2.0/files/{{file_id}}{_META}")
    def remove_label(self, request: Request) -> Reply:
        """Take a file's classification away."""
        item = self._labelling(request)
        self._label(item)
        item.label = None
        self._note(request, "METADATA_INSTANCE_DELETE", item)
        return Reply(204)

    def _labelling(self, request: Request) -> Item:
        item = self.state.visible(request.who.user, "file", boxed(request.params["file_id"]), "edit")
        return self.state.keep(item)

    # Governance add-ons, which the app is not authorized for unless told so

    @route("GET /legal_hold_policies", path="/2.0/legal_hold_policies", paged=True)
    def list_holds(self, request: Request) -> Reply:
        """List legal hold policies."""
        self.admin_only(request)
        rows = [hold for hold in self.state.holds.values() if hold["type"] == "legal_hold_policy"]
        return answer({"limit": limit_of(request.query, 100, 1000), "next_marker": "", "entries": rows})

    @route("POST /legal_hold_policies", path="/2.0/legal_hold_policies")
    def create_hold(self, request: Request) -> Reply:
        """Create a legal hold policy."""
        self.admin_only(request)
        data = self.body(request)
        name = str(data.get("policy_name", ""))
        if not name or not (data.get("is_ongoing") or data.get("filter_started_at")):
            raise Refusal(400)
        if any(hold.get("policy_name") == name for hold in self.state.holds.values()):
            raise Refusal(409, "conflict", "A policy with this name already exists")
        row = {
            "type": "legal_hold_policy",
            "id": self.state.new_id(),
            "policy_name": name,
            "description": str(data.get("description", "")),
            "status": "active",
            "created_by": self.view(request).mini(request.who.user),
            "created_at": self.moment(),
            "modified_at": self.moment(),
        }
        self.state.holds[str(row["id"])] = row
        self.trail.note("LEGAL_HOLD_POLICY_CREATE", request.who.user)
        return answer(row, 201)

    @route("GET /legal_hold_policy_assignments", path="/2.0/legal_hold_policy_assignments", paged=True)
    def list_assignments(self, request: Request) -> Reply:
        """List what is under one legal hold policy."""
        self.admin_only(request)
        policy = request.query.get("policy_id", "")
        if policy not in self.state.holds:
            raise Refusal(404)
        rows = [
            {key: value for key, value in hold.items() if key != "item"}
            for hold in self.state.holds.values()
            if hold.get("legal_hold_policy", {}).get("id") == policy
        ]
        return answer({"limit": limit_of(request.query, 100, 1000), "next_marker": "", "entries": rows})

    @route("POST /legal_hold_policy_assignments", path="/2.0/legal_hold_policy_assignments")
    def assign_hold(self, request: Request) -> Reply:
        """Put a file under a legal hold policy."""
        self.admin_only(request)
        data = self.body(request)
        policy, target = self.state.holds.get(str(data.get("policy_id"))), data.get("assign_to")
        if policy is None or not isinstance(target, dict):
            raise Refusal(404)
        id_ = self.state.new_id()
        row = {
            "type": "legal_hold_policy_assignment",
            "id": id_,
            "legal_hold_policy": {"type": "legal_hold_policy", "id": policy["id"]},
            "assigned_to": {"type": target.get("type"), "id": target.get("id")},
            "assigned_by": self.view(request).mini(request.who.user),
            "assigned_at": self.moment(),
            "deleted_at": None,
        }
        self.state.holds[id_] = {**row, "item": str(target.get("id"))}
        self.trail.note("LEGAL_HOLD_ASSIGNMENT_CREATE", request.who.user)
        return answer(row, 201)

    @route(
        "DELETE /legal_hold_policies/{legal_hold_policy_id}",
        path="/2.0/legal_hold_policies/{legal_hold_policy_id}",
    )
    @route(
        "DELETE /legal_hold_policy_assignments/{legal_hold_policy_assignment_id}",
        path="/2.0/legal_hold_policy_assignments/{legal_hold_policy_assignment_id}",
    )
    def delete_hold(self, request: Request) -> Reply:
        """Release a policy or an assignment."""
        self.admin_only(request)
        if self.state.holds.pop(boxed(next(iter(request.params.values()))), None) is None:
            raise Refusal(404)
        return Reply(202)

    @route("GET /retention_policies", path="/2.0/retention_policies", paged=True)
    def list_retention(self, request: Request) -> Reply:
        """List retention policies: there are none."""
        self.admin_only(request)
        return answer({"limit": limit_of(request.query, 100, 1000), "next_marker": "", "entries": []})

    # Devices, domains, invitations, folder locks

    @route(
        "GET /enterprises/{enterprise_id}/device_pinners",
        path="/2.0/enterprises/{enterprise_id}/device_pinners",
        paged=True,
    )
    def list_pins(self, request: Request) -> Reply:
        """List pinned devices: one, of a single colleague."""
        self.admin_only(request)
        if request.params["enterprise_id"] != self.company.enterprise_id:
            raise not_found("enterprise", request.params["enterprise_id"])
        owner = self.view(request).mini(self.company.user_id(LEAVER))
        row = {"type": "device_pinner", "id": str(PIN), "product_name": "iPad", "owned_by": owner}
        rows = [] if str(PIN) in self.state.ended else [row]
        order = [{"by": "id", "direction": "asc"}]
        limit = limit_of(request.query, 100, 1000)
        return answer({"limit": limit, "next_marker": None, "entries": rows, "order": order})

    @route("DELETE /device_pinners/{device_pinner_id}", path="/2.0/device_pinners/{device_pinner_id}")
    def delete_pin(self, request: Request) -> Reply:
        """Unpin a device."""
        self.admin_only(request)
        id_ = boxed(request.params["device_pinner_id"])
        if id_ != str(PIN) or id_ in self.state.ended:
            raise not_found("device_pinner", id_)
        self.state.ended.add(id_)
        self.trail.note("REMOVE_DEVICE_ASSOCIATION", request.who.user)
        return Reply(204)

    @route("GET /collaboration_whitelist_entries", path="/2.0/collaboration_whitelist_entries", paged=True)
    def list_domains(self, request: Request) -> Reply:
        """List the domains that collaboration is allowed with."""
        self.admin_only(request)
        enterprise = {"type": "enterprise", "id": self.company.enterprise_id, "name": self.world.name}
        rows = [
            {
                "type": "collaboration_whitelist_entry",
                "id": str(82_000_000 + number),
                "domain": domain,
                "direction": "both",
                "enterprise": enterprise,
                "created_at": when(self.company.now - 86_400 * 100),
            }
            for number, domain in enumerate(self.world.partner_domains)
        ]
        return answer({"limit": limit_of(request.query, 100, 1000), "next_marker": "", "entries": rows})

    @route("GET /invites/{invite_id}", path="/2.0/invites/{invite_id}")
    def get_invite(self, request: Request) -> Reply:
        """Return the invitation of somebody who has not set up the account."""
        self.admin_only(request)
        id_ = boxed(request.params["invite_id"])
        if id_ != str(INVITE):
            raise not_found("invite", id_)
        view, moment = self.view(request), when(self.company.now - 86_400 * 3)
        invited_to = {"type": "enterprise", "id": self.company.enterprise_id, "name": self.world.name}
        return answer(
            {
                "type": "invite",
                "id": id_,
                "invited_to": invited_to,
                "actionable_by": view.mini(self.company.user_id(INVITED)),
                "invited_by": view.mini(self.company.admin),
                "status": "pending",
                "created_at": moment,
                "modified_at": moment,
            }
        )

    @route("POST /folder_locks", path="/2.0/folder_locks")
    def lock_folder(self, request: Request) -> Reply:
        """Lock a folder against moving and deleting."""
        data = self.body(request)
        about = data.get("folder")
        id_ = boxed(about.get("id") if isinstance(about, dict) else None)
        item = self.state.visible(request.who.user, "folder", id_, "own")
        row = {
            "type": "folder_lock",
            "id": self.state.new_id(),
            "folder": self.view(request).item(item, ("etag", "sequence_id", "name")),
            "created_by": {"type": "user", "id": request.who.user},
            "created_at": self.moment(),
            "locked_operations": {"move": True, "delete": True},
            "lock_type": "freeze",
        }
        self.state.folder_locks[str(row["id"])] = row
        return answer(row)


def _known_label(value: Any) -> str:
    if value not in LABELS:
        raise Refusal(400, "schema_validation_failed", f"Invalid value '{value}'")
    return str(value)
