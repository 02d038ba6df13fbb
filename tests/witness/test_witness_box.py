"""Box's official SDK makes every call against the simulated Box and takes the answers as its own typed objects."""

from __future__ import annotations

import hashlib
import io
import json
import os
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from casb_cli.apps.box.sandbox import build
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    EXTERNAL_PLACE,
    LEAVER,
    PENDING_PLACE,
    PERSONAL_PLACE,
    PUBLIC_PLACE,
    SECOND_ADMIN,
)
from casb_cli.sandbox.limits import LimitSpec
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

try:
    import box_sdk_gen as sdk
    from box_sdk_gen.internal.null_value import null
    from box_sdk_gen.managers import (
        file_classifications,
        file_versions,
        files,
        folder_locks,
        folders,
        legal_hold_policy_assignments,
        shared_links_files,
        transfer,
        uploads,
        user_collaborations,
    )
    from box_sdk_gen.networking.network import NetworkSession
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"Box's SDK is not installed: {error}", allow_module_level=True)

WORLD = World(seed=11, people=40, files=240, events=240)
EVERYTHING = (
    "root_readwrite manage_managed_users manage_groups manage_enterprise_properties enterprise_content "
    "manage_legal_hold manage_data_retention"
)


@pytest.fixture
def box():
    made = build(WORLD, Options(settings={"scopes": EVERYTHING, "not_ready": "0"}))
    with serve([made]):
        yield made


def bases(box):
    urls = box.hosts_as_told()
    return sdk.BaseUrls(base_url=urls["api"], upload_url=urls["upload"], oauth_2_url=urls["account"])


def connected(box, session):
    """A client of the app's own account."""
    config = sdk.CCGConfig(
        client_id=box.signin.client_id,
        client_secret=box.signin.client_secret,
        enterprise_id=box.signin.enterprise_id,
    )
    return sdk.BoxClient(auth=sdk.BoxCCGAuth(config), network_session=session.with_custom_base_urls(bases(box)))


@pytest.fixture
def session(box):
    network = NetworkSession(base_urls=bases(box))
    yield network
    network.network_client.requests_session.close()


@pytest.fixture
def client(box, session):
    return connected(box, session)


@pytest.fixture
def owner(box):
    return box.company.holder(PERSONAL_PLACE)


@pytest.fixture
def as_owner(client, owner):
    return client.with_as_user_header(owner)


def file_in(box, place, position=0):
    return box.company.file_id(box.company.library.place(place).files[position])


# Sign-in


def test_client_credentials_for_a_user(box, session, witness):
    config = sdk.CCGConfig(
        client_id=box.signin.client_id, client_secret=box.signin.client_secret, user_id=box.company.admin
    )
    client = sdk.BoxClient(auth=sdk.BoxCCGAuth(config), network_session=session)
    me = client.users.get_user_me(fields=["role", "enterprise"])
    assert me.id == box.company.admin
    assert me.role.value == "admin"
    assert me.enterprise.id == box.company.enterprise_id
    witness(box, "POST /oauth2/token", "GET /users/me")


def test_settings_file(box, session, witness):
    settings = json.dumps(box.signin.settings())
    auth = sdk.BoxJWTAuth(sdk.JWTConfig.from_config_json_string(settings))
    client = sdk.BoxClient(auth=auth, network_session=session)
    assert client.users.get_user_me().id == box.company.service
    auth.revoke_token(network_session=session)
    witness(box, "POST /oauth2/token", "POST /oauth2/revoke")


def test_browser(box, session, witness):
    auth = sdk.BoxOAuth(sdk.OAuthConfig(client_id=box.signin.client_id, client_secret=box.signin.client_secret))
    asked = urlsplit(auth.get_authorize_url(options=sdk.GetAuthorizeUrlOptions(state="s9")))
    query = f"{asked.query}&redirect_uri=http://127.0.0.1:9/back"
    answer = httpx.get(f"{box.hosts_as_told()['account']}/authorize?{query}")
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["s9"]
    first = auth.get_tokens_authorization_code_grant(back["code"][0], network_session=session)
    client = sdk.BoxClient(auth=auth, network_session=session)
    assert client.users.get_user_me().id == box.company.admin
    second = auth.refresh_token(network_session=session)
    assert second.refresh_token != first.refresh_token
    witness(box, "POST /oauth2/token", "GET /authorize")


def test_a_lapsed_token_is_renewed(box, client, witness):
    client.users.get_user_me()
    box.signin.expire()
    assert client.users.get_user_me().id == box.company.service
    assert [call.status for call in box.called("GET /users/me")] == [200, 401, 200]
    witness(box, "GET /users/me")


# People


def test_users(box, client, owner, witness):
    found, marker = [], None
    while True:
        page = client.users.get_users(
            user_type="managed", usemarker=True, limit=10, marker=marker, fields=["login", "status", "role"]
        )
        found += page.entries
        marker = page.next_marker
        if not marker:
            break
    assert {u.id: u.login for u in found} == {i: a["login"] for i, a in box.truth.accounts().items()}
    assert client.users.get_user_by_id(owner).id == owner
    assert client.users.update_user_by_id(owner, status="inactive", fields=["status"]).status.value == "inactive"
    back = client.users.update_user_by_id(owner, status="active", is_password_reset_required=True)
    assert back.status.value == "active"
    second = box.company.user_id(SECOND_ADMIN)
    roles = [client.users.update_user_by_id(second, role=r, fields=["role"]).role.value for r in ("user", "coadmin")]
    assert roles == ["user", "coadmin"]
    assert client.email_aliases.get_user_email_aliases(owner).total_count == 0
    assert client.invites.get_invite_by_id("80000000").status == "pending"
    witness(box, "GET /users", "GET /users/{user_id}", "PUT /users/{user_id}")
    witness(box, "GET /users/{user_id}/email_aliases", "GET /invites/{invite_id}")


def test_groups(box, client, witness):
    groups = client.groups.get_groups(limit=1000).entries
    assert {g.id: g.name for g in groups} == {i: g["name"] for i, g in box.truth.groups().items()}
    found = {
        m.id: (m.group.id, m.user.id, m.role.value)
        for g in groups
        for m in client.memberships.get_group_memberships(g.id, limit=1000).entries
    }
    truth = box.truth.memberships()
    assert found == {i: (m["group"], m["member"], m["role"]) for i, m in truth.items()}
    assert client.groups.get_group_by_id(groups[0].id).name == groups[0].name
    member = next(iter(truth.values()))["member"]
    mine = client.memberships.get_user_memberships(member, limit=1000).entries
    assert {m.id for m in mine} == {i for i, m in truth.items() if m["member"] == member}
    shared = client.list_collaborations.get_group_collaborations(box.company.group_id(3)).entries
    assert {c.accessible_by.id for c in shared} == {box.company.group_id(3)}
    witness(box, "GET /groups", "GET /groups/{group_id}/memberships", "GET /groups/{group_id}")
    witness(box, "GET /users/{user_id}/memberships", "GET /groups/{group_id}/collaborations")


def test_sessions(box, client, owner, witness):
    login = box.state.user(owner).login
    assert client.session_termination.terminate_users_sessions([owner], [login]).message
    assert client.session_termination.terminate_groups_sessions([box.company.group_id(1)]).message
    assert owner in box.state.ended_sessions
    witness(box, "POST /users/terminate_sessions", "POST /groups/terminate_sessions")


def test_devices_and_domains(box, client, witness):
    pins = client.device_pinners.get_enterprise_device_pinners(box.company.enterprise_id).entries
    assert [pin.owned_by.id for pin in pins] == [box.company.user_id(LEAVER)]
    client.device_pinners.delete_device_pinner_by_id(pins[0].id)
    domains = client.collaboration_allowlist_entries.get_collaboration_whitelist_entries().entries
    assert [entry.domain for entry in domains] == list(WORLD.partner_domains)
    witness(box, "GET /enterprises/{enterprise_id}/device_pinners", "DELETE /device_pinners/{device_pinner_id}")
    witness(box, "GET /collaboration_whitelist_entries")


# Events


def test_events(box, client, witness):
    found, position = [], None
    while True:
        page = client.events.get_events(stream_type="admin_logs", stream_position=position, limit=100)
        if not page.chunk_size:
            break
        found += page.entries
        position = str(page.next_stream_position)
    assert [event.event_id for event in found] == [row["id"] for row in box.truth.activity()]
    now = client.events.get_events(stream_type="admin_logs_streaming", stream_position="now")
    assert now.chunk_size == 0
    assert client.events.get_events(stream_type="admin_logs", event_type=["LOGIN", "FAILED_LOGIN"]).entries
    assert client.events.get_events_with_long_polling().entries
    witness(box, "GET /events", "OPTIONS /events")


# Files


def test_tree_and_content(box, as_owner, owner, witness):
    root = as_owner.folders.get_folder_items("0", usemarker=True, limit=1000, fields=["name", "owned_by"])
    own = [entry.id for entry in root.entries if entry.owned_by["id"] == owner]
    assert box.company.folder_id(PERSONAL_PLACE) in own
    found, todo = {}, list(own)
    fields = ["name", "sha1", "size", "owned_by", "parent", "path_collection", "shared_link", "has_collaborations"]
    while todo:
        folder, marker = todo.pop(), None
        while True:
            page = as_owner.folders.get_folder_items(folder, usemarker=True, limit=5, marker=marker, fields=fields)
            for entry in page.entries:
                if entry.type.value == "folder":
                    todo.append(entry.id)
                else:
                    found[entry.id] = entry
            marker = page.next_marker
            if not marker:
                break
    truth = {row["id"]: row for row in box.truth.files() if row["owner"] == owner}
    assert {i: (e.name, e.sha_1, e.size) for i, e in found.items()} == {
        i: (row["name"], row["sha1"], row["size"]) for i, row in truth.items()
    }
    some = next(iter(found))
    assert hashlib.sha1(as_owner.downloads.download_file(some).read()).hexdigest() == found[some].sha_1
    assert as_owner.downloads.get_download_file_url(some).startswith(box.urls["content"])
    assert as_owner.files.get_file_by_id(some).name == found[some].name
    assert as_owner.folders.get_folder_by_id("0").name == "All Files"
    folder = as_owner.folders.get_folder_by_id(own[0])
    assert folder.item_collection.total_count == len(as_owner.folders.get_folder_items(own[0], limit=1000).entries)
    witness(box, "GET /folders/{folder_id}/items", "GET /files/{file_id}", "GET /folders/{folder_id}")
    witness(box, "GET /files/{file_id}/content", "GET content")


def test_content_that_is_not_ready_yet(session, witness):
    made = build(WORLD, Options(settings={"not_ready": "1"}))
    with serve([made]):
        client = connected(made, session).with_as_user_header(made.company.holder(PERSONAL_PLACE))
        index = made.company.library.place(PERSONAL_PLACE).files[0]
        data = client.downloads.download_file(made.company.file_id(index)).read()
        assert data == WORLD.library("box").content(index)
        assert [call.status for call in made.called("GET /files/{file_id}/content")] == [202, 302]
        witness(made, "GET /files/{file_id}/content")


def test_links(box, as_owner, witness):
    file = file_in(box, PERSONAL_PLACE, 1)
    links = as_owner.shared_links_files
    old = links.get_shared_link_for_file(file, "shared_link").shared_link
    assert old.effective_access.value == "open"
    found = links.find_file_for_shared_link(f"shared_link={old.url}")
    assert found.id == file
    tight = shared_links_files.UpdateSharedLinkOnFileSharedLink(access="company")
    assert links.update_shared_link_on_file(file, "shared_link", shared_link=tight).shared_link.url == old.url
    assert links.remove_shared_link_from_file(file, "shared_link", shared_link=null).shared_link is None
    new = shared_links_files.AddShareLinkToFileSharedLink(access="open", unshared_at=None)
    assert links.add_share_link_to_file(file, "shared_link", shared_link=new).shared_link.url != old.url
    folder = box.company.folder_id(PERSONAL_PLACE)
    gone = as_owner.shared_links_folders.remove_shared_link_from_folder(folder, "shared_link", shared_link=null)
    assert gone.shared_link is None
    witness(box, "PUT /files/{file_id}", "PUT /folders/{folder_id}", "GET /shared_items")


def test_a_bookmark(box, client, witness):
    holder = client.with_as_user_header(box.company.holder(PUBLIC_PLACE))
    folder = box.company.folder_id(PUBLIC_PLACE)
    rows = holder.folders.get_folder_items(folder, usemarker=True, limit=1000).entries
    [bookmark] = [row for row in rows if row.type.value == "web_link"]
    links = holder.shared_links_web_links
    assert links.remove_shared_link_from_web_link(bookmark.id, "shared_link", shared_link=null).id == bookmark.id
    witness(box, "PUT /web_links/{web_link_id}")


def test_lock_and_label(box, as_owner, witness):
    file = file_in(box, PERSONAL_PLACE)
    lock = files.UpdateFileByIdLock(access="lock", is_download_prevented=True)
    assert as_owner.files.update_file_by_id(file, lock=lock, fields=["lock"]).lock.is_download_prevented
    assert as_owner.files.update_file_by_id(file, lock=null, fields=["lock"]).lock is None
    labels = as_owner.file_classifications
    key = "Confidential"
    assert labels.add_classification_to_file(file, box_security_classification_key=key)
    patch = [file_classifications.UpdateClassificationOnFileRequestBody(value="Public")]
    assert labels.update_classification_on_file(file, patch).box_security_classification_key == "Public"
    assert labels.get_classification_on_file(file).box_security_classification_key == "Public"
    labels.delete_classification_from_file(file)
    options = as_owner.classifications.get_classification_template().fields[0].options
    assert key in {option.key for option in options}
    meta = "metadata/enterprise/securityClassification-6VMVochwUWo"
    witness(box, *(f"{method} /files/{{file_id}}/{meta}" for method in ("GET", "POST", "PUT", "DELETE")))
    witness(box, f"GET /metadata_{meta.partition('/')[2].join(('templates/', '/schema'))}")


def test_upload_overwrite_versions(box, as_owner, witness):
    attributes = uploads.UploadFileAttributes(name="fresh.txt", parent=uploads.UploadFileAttributesParentField(id="0"))
    may = as_owner.uploads.preflight_file_upload_check(
        name="fresh.txt", size=5, parent=uploads.PreflightFileUploadCheckParent(id="0")
    )
    assert may.upload_url.startswith(box.urls["upload"])
    digest = hashlib.sha1(b"first").hexdigest()
    [made] = as_owner.uploads.upload_file(attributes, io.BytesIO(b"first"), content_md_5=digest).entries
    assert made.sha_1 == digest
    [second] = as_owner.uploads.upload_file_version(
        made.id,
        uploads.UploadFileVersionAttributes(name="fresh.txt"),
        io.BytesIO(b"second"),
        if_match=made.etag,
    ).entries
    assert second.id == made.id
    versions = as_owner.file_versions
    [old] = versions.get_file_versions(made.id).entries
    assert old.sha_1 == digest
    assert versions.get_file_version_by_id(made.id, old.id).version_number == "1"
    kind = file_versions.PromoteFileVersionType.FILE_VERSION
    assert versions.promote_file_version(made.id, id=old.id, type=kind).sha_1 == digest
    versions.delete_file_version_by_id(made.id, old.id)
    assert versions.update_file_version_by_id(made.id, old.id, trashed_at=null).id == old.id
    copy = as_owner.files.copy_file(made.id, files.CopyFileParent(id="0"), name="copy.txt")
    assert as_owner.downloads.download_file(copy.id).read() == b"first"
    witness(box, "OPTIONS /files/content", "POST /files/content", "POST /files/{file_id}/content")
    witness(box, "GET /files/{file_id}/versions", "POST /files/{file_id}/versions/current")
    one = "/files/{file_id}/versions/{file_version_id}"
    witness(box, f"GET {one}", f"DELETE {one}", f"PUT {one}", "POST /files/{file_id}/copy")


def test_trash(box, as_owner, owner, witness):
    file = file_in(box, PERSONAL_PLACE, 2)
    as_owner.files.delete_file_by_id(file)
    page = as_owner.trashed_items.get_trashed_items(usemarker=True, limit=1000)
    mine = {i for i, row in box.truth.trash().items() if row["owner"] == owner} | {file}
    assert {entry.id for entry in page.entries} == mine
    assert as_owner.trashed_files.get_trashed_file_by_id(file).item_status.value == "trashed"
    assert as_owner.trashed_files.restore_file_from_trash(file).id == file
    as_owner.files.delete_file_by_id(file)
    as_owner.trashed_files.delete_trashed_file_by_id(file)
    folder = as_owner.folders.create_folder("passing", folders.CreateFolderParent(id="0"))
    as_owner.folders.delete_folder_by_id(folder.id, recursive=True)
    assert as_owner.trashed_folders.get_trashed_folder_by_id(folder.id).name == "passing"
    assert as_owner.trashed_folders.restore_folder_from_trash(folder.id).id == folder.id
    as_owner.folders.delete_folder_by_id(folder.id)
    as_owner.trashed_folders.delete_trashed_folder_by_id(folder.id)
    witness(box, "DELETE /files/{file_id}", "GET /folders/trash/items", "GET /files/{file_id}/trash")
    witness(box, "POST /files/{file_id}", "DELETE /files/{file_id}/trash", "DELETE /folders/{folder_id}")
    witness(box, "GET /folders/{folder_id}/trash", "POST /folders/{folder_id}", "POST /folders")
    witness(box, "DELETE /folders/{folder_id}/trash")


def test_refusals_are_the_sdks_errors(box, as_owner, witness):
    with pytest.raises(sdk.BoxAPIError) as caught:
        as_owner.files.get_file_by_id(box.company.draft(0).id + "0")
    assert caught.value.response_info.code == "not_found"
    file = file_in(box, PERSONAL_PLACE)
    with pytest.raises(sdk.BoxAPIError) as caught:
        as_owner.files.update_file_by_id(file, name="x", if_match="77")
    assert caught.value.response_info.status_code == 412
    assert as_owner.files.get_file_by_id(file).id == file
    witness(box, "GET /files/{file_id}")


# Collaborations and quarantine


def guest(item_kind, item, user, role="editor"):
    return {
        "item": user_collaborations.CreateCollaborationItem(type=item_kind, id=item),
        "accessible_by": user_collaborations.CreateCollaborationAccessibleBy(type="user", id=user),
        "role": role,
    }


def test_collaborations(box, client, witness):
    as_holder = client.with_as_user_header(box.company.holder(EXTERNAL_PLACE))
    folder = box.company.folder_id(EXTERNAL_PLACE)
    listed = as_holder.list_collaborations.get_folder_collaborations(folder).entries
    truth = {i: c for i, c in box.truth.collaborations().items() if c["item"] == ("folder", folder)}
    assert {c.id: (c.role.value, c.accessible_by.id) for c in listed} == {
        i: (c["role"], c["who"]) for i, c in truth.items()
    }
    file = file_in(box, EXTERNAL_PLACE)
    assert set(truth) <= {c.id for c in as_holder.list_collaborations.get_file_collaborations(file).entries}
    one = as_holder.user_collaborations.get_collaboration_by_id(listed[0].id)
    assert one.status.value == "accepted"
    new = as_holder.user_collaborations.create_collaboration(
        **guest("file", file, box.company.user_id(BREAK_GLASS), "viewer"), notify=False
    )
    changed = as_holder.user_collaborations.update_collaboration_by_id(new.id, role="editor")
    assert changed.role.value == "editor"
    as_holder.user_collaborations.delete_collaboration_by_id(new.id)
    assert client.list_collaborations.get_collaborations("pending").total_count == 0
    witness(box, "GET /folders/{folder_id}/collaborations", "GET /files/{file_id}/collaborations")
    witness(box, "GET /collaborations/{collaboration_id}", "POST /collaborations", "GET /collaborations")
    witness(box, "PUT /collaborations/{collaboration_id}", "DELETE /collaborations/{collaboration_id}")


def test_a_pending_guest(box, client, witness):
    as_holder = client.with_as_user_header(box.company.holder(PENDING_PLACE))
    rows = as_holder.list_collaborations.get_folder_collaborations(box.company.folder_id(PENDING_PLACE)).entries
    [pending] = [row for row in rows if row.status.value == "pending"]
    assert pending.invite_email == box.company.invitee
    assert pending.accessible_by is None
    witness(box, "GET /folders/{folder_id}/collaborations")


def test_quarantine(box, client, as_owner, owner, witness):
    file = file_in(box, PERSONAL_PLACE, 3)
    before = as_owner.files.get_file_by_id(file)
    case = client.folders.create_folder("case", folders.CreateFolderParent(id="0"))
    helper = client.user_collaborations.create_collaboration(**guest("folder", case.id, owner))
    moved = as_owner.files.update_file_by_id(file, parent=files.UpdateFileByIdParent(id=case.id), if_match=before.etag)
    assert moved.owned_by.id == box.company.service
    client.user_collaborations.delete_collaboration_by_id(helper.id)
    with pytest.raises(sdk.BoxAPIError) as caught:
        as_owner.files.get_file_by_id(file)
    assert caught.value.response_info.status_code == 404
    back = as_owner.user_collaborations.create_collaboration(**guest("folder", before.parent.id, box.company.service))
    client.files.update_file_by_id(file, parent=files.UpdateFileByIdParent(id=before.parent.id))
    as_owner.user_collaborations.delete_collaboration_by_id(back.id)
    after = as_owner.files.get_file_by_id(file)
    assert (after.owned_by.id, after.parent.id, after.sha_1) == (owner, before.parent.id, before.sha_1)
    witness(box, "POST /folders", "POST /collaborations", "PUT /files/{file_id}")
    witness(box, "DELETE /collaborations/{collaboration_id}")


def test_transfer_and_search(box, client, as_owner, owner, witness):
    other = box.company.user_id(BREAK_GLASS)
    found = as_owner.search.search_for_content(query="payroll", type="folder").entries
    assert box.company.folder_id(PERSONAL_PLACE) in {entry.id for entry in found}
    folder = client.transfer.transfer_owned_folder(owner, transfer.TransferOwnedFolderOwnedBy(id=other))
    inside = client.with_as_user_header(other).folders.get_folder_items(folder.id, limit=1000).entries
    assert box.company.folder_id(PERSONAL_PLACE) in {entry.id for entry in inside}
    witness(box, "PUT /users/{user_id}/folders/0", "GET /search")


def test_holds_and_locks(box, client, as_owner, witness):
    assert client.retention_policies.get_retention_policies().entries == []
    assert client.legal_hold_policies.get_legal_hold_policies(limit=1).entries == []
    policy = client.legal_hold_policies.create_legal_hold_policy("Case 1", is_ongoing=True)
    target = legal_hold_policy_assignments.CreateLegalHoldPolicyAssignmentAssignTo(
        type="file", id=file_in(box, PERSONAL_PLACE)
    )
    holds = client.legal_hold_policy_assignments
    made = holds.create_legal_hold_policy_assignment(policy.id, target)
    assert [row.id for row in holds.get_legal_hold_policy_assignments(policy.id).entries] == [made.id]
    holds.delete_legal_hold_policy_assignment_by_id(made.id)
    client.legal_hold_policies.delete_legal_hold_policy_by_id(policy.id)
    folder = folder_locks.CreateFolderLockFolder(type="folder", id=box.company.folder_id(PERSONAL_PLACE))
    assert as_owner.folder_locks.create_folder_lock(folder).locked_operations.move
    witness(box, "GET /retention_policies", "GET /legal_hold_policies", "POST /legal_hold_policies")
    witness(box, "POST /legal_hold_policy_assignments", "GET /legal_hold_policy_assignments")
    witness(box, "DELETE /legal_hold_policy_assignments/{legal_hold_policy_assignment_id}")
    witness(box, "DELETE /legal_hold_policies/{legal_hold_policy_id}", "POST /folder_locks")


def test_rate_limit_is_waited_out(session):
    limit = LimitSpec(kind="fixed", allowed=2, window=1)
    made = build(WORLD, Options(limits={"user": limit}))
    with serve([made]):
        client = connected(made, session)
        for _ in range(3):
            assert client.users.get_user_me().id == made.company.service
        assert 429 in {call.status for call in made.called("GET /users/me")}
