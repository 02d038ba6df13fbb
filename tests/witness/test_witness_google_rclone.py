"""rclone's Drive backend works against the simulated Google, which plays Google's own host names through a test CA."""

from __future__ import annotations

import json

import pytest
import rclonerun

from casb_cli.apps.google_workspace.sandbox import build
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

WORLD = World(seed=13, people=20, files=80, events=240)
HOSTS = {"www.googleapis.com": "api", "oauth2.googleapis.com": "oauth"}

rclonerun.needed()


@pytest.fixture
def google():
    made = build(WORLD, Options())
    with serve([made]):
        yield made


@pytest.fixture
def rclone(google, tmp_path):
    """A function that runs rclone as a user of the company and returns what it prints."""
    robot = json.loads(google.credentials()["service-account"].secrets["key"])
    robot["token_uri"] = "https://oauth2.googleapis.com/token"
    with rclonerun.against(google, HOSTS, tmp_path, "drive", "drive") as started:

        def run(user, *words, **settings):
            settings = {
                "service_account_credentials": json.dumps(robot),
                "impersonate": user,
                "scope": "drive",
                "skip_shortcuts": "true",
                **settings,
            }
            return started(*words, **settings)

        yield run


def owned(google):
    """Return the rows of files with bytes by their owner's address."""
    found = {}
    for id_, row in google.truth.rows("file").items():
        if row.get("owner") and row["hash"]:
            found.setdefault(row["owner"], {})[row["path"][1:]] = {**row, "id": id_}
    return found


def plain(rows):
    """Return a path of plain characters: rclone shows others in its own writing."""
    return next(path for path in sorted(rows) if all(char.isalnum() or char in "/-." for char in path))


def test_a_my_drive_is_listed_and_read_as_its_owner(google, rclone, witness):
    rows = owned(google)
    owner = max(rows, key=lambda who: len(rows[who]))
    told = json.loads(rclone(owner, "lsjson", "--recursive", "--hash", "--files-only", "drive:", skip_gdocs="true"))
    seen = {row["ID"]: row for row in told}
    assert seen.keys() == {row["id"] for row in rows[owner].values()}
    for row in rows[owner].values():
        assert seen[row["id"]]["Size"] == row["size"]
        assert seen[row["id"]]["ModTime"][:19] == row["modified"][:19]
    path = plain(rows[owner])
    assert rclone(owner, "cat", f"drive:{path}") == google.content(rows[owner][path]["id"])
    witness(google, "GET /drive/v3/files", "GET /drive/v3/files/{fileId}", "POST /token")


def test_native_documents_are_told_by_what_they_can_be_exported_to(google, rclone, witness):
    documents = {
        id_: row
        for id_, row in google.truth.rows("file").items()
        if row.get("owner") and row["hash"] is None and google.content(id_)
    }
    owners = {row["owner"] for row in documents.values()}
    assert owners
    seen = {
        one["ID"]: one["Name"]
        for owner in owners
        for one in json.loads(rclone(owner, "lsjson", "--recursive", "--files-only", "drive:"))
    }
    assert documents.keys() <= seen.keys()
    assert {seen[id_].rpartition(".")[2] for id_ in documents} <= {"docx", "xlsx", "pptx"}
    witness(google, "GET /drive/v3/about")


def test_a_shared_drive_is_listed_written_and_emptied_by_a_manager(google, rclone, tmp_path, witness):
    drive = google.truth.drives()[0]
    manager = next(one.email for one in drive.members if one.role == "organizer" and one.type == "user")
    inside = {
        row["path"].removeprefix(f"/{drive.name}/"): row
        for row in google.truth.rows("file").values()
        if row["path"].startswith(f"/{drive.name}/") and not row.get("owner") and row["hash"]
    }
    settings = {"team_drive": drive.id, "skip_gdocs": "true"}
    told = json.loads(rclone(manager, "lsjson", "--recursive", "--files-only", "--hash", "drive:", **settings))
    assert len(told) == len(inside)
    note = tmp_path / "note.txt"
    note.write_text("evidence")
    rclone(manager, "copyto", str(note), "drive:case 1/note.txt", **settings)
    assert rclone(manager, "cat", "drive:case 1/note.txt", **settings) == b"evidence"
    note.write_text("a tombstone, longer")
    rclone(manager, "copyto", str(note), "drive:case 1/note.txt", **settings)
    assert rclone(manager, "cat", "drive:case 1/note.txt", **settings) == b"a tombstone, longer"
    rclone(manager, "moveto", "drive:case 1/note.txt", "drive:case 2/moved.txt", **settings)
    assert rclone(manager, "lsf", "--recursive", "--files-only", "drive:case 2", **settings) == b"moved.txt\n"
    rclone(manager, "deletefile", "drive:case 2/moved.txt", **settings)
    assert rclone(manager, "lsf", "--files-only", "drive:case 2", **settings) == b""
    trashed = rclone(manager, "lsf", "--files-only", "drive:case 2", trashed_only="true", **settings)
    assert trashed == b"moved.txt\n"
    rclone(manager, "delete", "drive:case 2", use_trash="false", trashed_only="true", **settings)
    witness(google, "PATCH /drive/v3/files/{fileId}", "POST /drive/v3/files", "DELETE /drive/v3/files/{fileId}")


def test_shared_drives_are_told_to_their_members(google, rclone, witness):
    drive = google.truth.drives()[0]
    manager = next(one.email for one in drive.members if one.role == "organizer" and one.type == "user")
    told = json.loads(rclone(manager, "backend", "drives", "drive:"))
    assert drive.id in {one["id"] for one in told}
    witness(google, "GET /drive/v3/drives")
