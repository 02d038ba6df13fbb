"""rclone's OneDrive backend works against the simulated Office 365, which plays Microsoft's hosts through a test CA."""

from __future__ import annotations

import base64
import json

import pytest
import rclonerun

from casb_cli.apps.office365.sandbox import build
from casb_cli.sandbox.facts import LEAVER
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

WORLD = World(seed=13, people=20, files=80, events=48)
HOSTS = {"graph.microsoft.com": "api", "login.microsoftonline.com": "login"}
SCOPE = "https://graph.microsoft.com/.default"

FLAGGED = "setup-tool.bin"
"""The file that is taken for malware: nobody gets what it holds."""

rclonerun.needed()


@pytest.fixture(scope="module")
def served():
    made = build(WORLD)
    with serve([made]):
        yield made


@pytest.fixture
def rclone(office, tmp_path):
    """A function that runs rclone on a drive and returns what it prints."""
    signin = office.credentials()["secret"]
    form = {
        "grant_type": "client_credentials",
        "client_id": signin.fields["client_id"],
        "client_secret": signin.secrets["client_secret"],
        "scope": SCOPE,
    }
    given = office.signin.token(signin.fields["tenant"], form)["access_token"]
    token = {"access_token": given, "token_type": "Bearer", "expiry": "2099-01-01T00:00:00Z"}
    with rclonerun.against(office, HOSTS, tmp_path, "one", "onedrive") as started:

        def run(drive, *words, **settings):
            settings = {
                "drive_id": drive,
                "drive_type": "business",
                "client_id": signin.fields["client_id"],
                "token": json.dumps(token),
                "token_url": f"https://login.microsoftonline.com/{signin.fields['tenant']}/oauth2/v2.0/token",
                **settings,
            }
            return started(*words, **settings)

        yield run


def of_drive(office, drive):
    """Return the files of a drive by their id."""
    rows = office.truth.rows("file")
    return {key.partition("/")[2]: row for key, row in rows.items() if key.startswith(f"{drive}/")}


def leavers(office):
    return office.library.drive_of_person(LEAVER).id


def test_a_onedrive_is_listed_with_its_checksums_and_read(office, rclone, witness):
    drive = max((key.partition("/")[0] for key in office.truth.rows("file")), key=lambda d: len(of_drive(office, d)))
    rows = of_drive(office, drive)
    told = json.loads(rclone(drive, "lsjson", "--recursive", "--hash", "--files-only", "one:"))
    seen = {row["ID"].partition("#")[2] or row["ID"]: row for row in told}
    assert seen.keys() == rows.keys()
    for id_, row in rows.items():
        assert (seen[id_]["Size"], seen[id_]["MimeType"]) == (row["size"], row["mime"])
        assert seen[id_]["ModTime"][:19] == row["modified"][:19]
        digest = base64.b64decode(row["hash"].removeprefix("quickxor:"))
        assert seen[id_]["Hashes"]["quickxor"] in {digest.hex(), base64.b64encode(digest).decode()}
    path = next(row["Path"] for row in told if row["Path"].isascii() and row["Size"] and row["Name"] != FLAGGED)
    id_ = next(id_ for id_, row in seen.items() if row["Path"] == path)
    assert rclone(drive, "cat", f"one:{path}") == office.content(f"{drive}/{id_}")
    witness(
        office,
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/items/{itemId}/children",
        "GET /drives/{driveId}/items/{itemId}/content",
    )


def test_a_file_is_put_changed_copied_moved_and_deleted(office, rclone, tmp_path, witness):
    drive = leavers(office)
    note = tmp_path / "note.txt"
    note.write_text("evidence")
    rclone(drive, "copyto", str(note), "one:case 1/note.txt")
    assert rclone(drive, "cat", "one:case 1/note.txt") == b"evidence"
    note.write_text("a tombstone, longer")
    rclone(drive, "copyto", str(note), "one:case 1/note.txt")
    assert rclone(drive, "cat", "one:case 1/note.txt") == b"a tombstone, longer"
    item = next(one for one in office.state.items.values() if one.name == "note.txt")
    assert len(item.versions) == 2
    rclone(drive, "cleanup", "one:case 1")
    assert [office.state.bytes_of(one) for one in item.versions] == [b"a tombstone, longer"]
    rclone(drive, "copyto", "one:case 1/note.txt", "one:case 2/copy.txt")
    rclone(drive, "moveto", "one:case 1/note.txt", "one:case 2/moved.txt")
    assert rclone(drive, "lsf", "--recursive", "--files-only", "one:case 2") == b"copy.txt\nmoved.txt\n"
    assert rclone(drive, "cat", "one:case 2/copy.txt") == b"a tombstone, longer"
    rclone(drive, "deletefile", "one:case 2/moved.txt")
    assert rclone(drive, "lsf", "--files-only", "one:case 2") == b"copy.txt\n"
    assert "note.txt" not in {one.item.name for one in office.state.bin.values()}
    assert "moved.txt" in {one.item.name for one in office.state.bin.values()}
    witness(
        office,
        "POST /drives/{driveId}/items/{itemId}/children",
        "GET /drives/{driveId}/items/{itemId}/versions",
        "DELETE /drives/{driveId}/items/{itemId}/versions/{versionId}",
        "POST /drives/{driveId}/items/{itemId}/copy",
        "DELETE /drives/{driveId}/items/{itemId}",
    )


def test_a_large_file_goes_up_in_pieces(office, rclone, tmp_path):
    drive = leavers(office)
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(range(256)) * 20_000)
    rclone(drive, "copyto", str(large), "one:large.bin", chunk_size="1600k")
    item = next(one for one in office.state.items.values() if one.name == "large.bin")
    assert office.content(f"{drive}/{item.id}") == large.read_bytes()
    pieces = office.called("PUT /upload/{key}")
    assert [call.status for call in pieces] == [202, 202, 202, 201]


def test_a_file_is_shared_by_a_link(office, rclone, witness):
    drive = leavers(office)
    id_, row = next(
        (id_, row)
        for id_, row in sorted(of_drive(office, drive).items())
        if row["sharing"] == "private" and row["name"].isascii()
    )
    told = rclone(drive, "link", f"one:{row['path'][1:]}", link_scope="organization", link_type="view")
    item = office.state.items[id_]
    [link] = [one for one in item.permissions if one.kind == "link"]
    assert (link.scope, link.type) == ("organization", "view")
    assert told.startswith(b"https://")
    witness(office, "POST /drives/{driveId}/items/{itemId}/createLink")


def test_a_stale_token_is_renewed(office, rclone, witness):
    drive = leavers(office)
    office.signin.refresh["1.Arefresh"] = f"{SCOPE} offline_access"
    token = {
        "access_token": "old",
        "token_type": "Bearer",
        "refresh_token": "1.Arefresh",
        "expiry": "2020-01-01T00:00:00Z",
    }
    told = json.loads(rclone(drive, "lsjson", "one:", token=json.dumps(token)))
    assert told
    about = json.loads(rclone(drive, "about", "--json", "one:"))
    assert about["total"] > about["used"]
    witness(office, "POST /{tenant}/oauth2/v2.0/token", "GET /drives/{driveId}")
