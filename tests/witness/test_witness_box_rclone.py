"""rclone's Box backend works against the simulated Box, which plays Box's own host names through a test CA."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
import rclonerun

from casb_cli.apps.box.sandbox import build
from casb_cli.sandbox.facts import PERSONAL_PLACE
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

WORLD = World(seed=13, people=40, files=120, events=240)
HOSTS = {"api.box.com": "api", "upload.box.com": "upload", "dl.boxcloud.com": "content"}

rclonerun.needed()


@pytest.fixture
def box():
    made = build(WORLD, Options(settings={"not_ready": "0"}))
    with serve([made]):
        yield made


@pytest.fixture
def rclone(box, tmp_path):
    """A function that runs rclone with a Box remote of given settings and returns what it prints."""
    with rclonerun.against(box, HOSTS, tmp_path, "direct", "box") as run:
        box.urls["content"] = "https://dl.boxcloud.com"
        yield run


def token_of(box, user):
    asked = {
        "grant_type": "client_credentials",
        "client_id": box.signin.client_id,
        "client_secret": box.signin.client_secret,
        "box_subject_type": "user",
        "box_subject_id": user,
    }
    return box.signin.token(urlencode(asked).encode())["access_token"]


def test_a_users_tree_with_hashes(box, rclone, witness):
    owner = box.company.holder(PERSONAL_PLACE)
    rows = json.loads(
        rclone("lsjson", "--recursive", "--hash", "--files-only", "direct:", access_token=token_of(box, owner))
    )
    truth = {row["path"][1:]: row for row in box.truth.files() if row["owner"] == owner}
    seen = {row["Path"]: row for row in rows}
    assert set(truth) <= set(seen)
    for path, row in truth.items():
        assert seen[path]["Size"] == row["size"]
        assert seen[path]["Hashes"]["sha1"] == row["sha1"]
    place = box.company.library.place(PERSONAL_PLACE)
    path = next(iter(row["path"][1:] for row in truth.values() if row["path"].startswith(f"/{place.name}/")))
    index = int(truth[path]["id"]) - int(box.company.file_id(0))
    assert rclone("cat", f"direct:{path}", access_token=token_of(box, owner)) == WORLD.library("box").content(index)
    witness(box, "GET /folders/{folder_id}/items", "GET /files/{file_id}/content", "GET content")


def test_the_apps_account_by_its_settings_file(box, rclone, tmp_path, witness):
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(box.signin.settings()))
    rclone("config", "create", "box", "box", f"box_config_file={settings}", "box_sub_type=enterprise")
    (tmp_path / "case.txt").write_text("evidence")
    rclone("copyto", str(tmp_path / "case.txt"), "box:case 1/evidence.txt")
    assert rclone("cat", "box:case 1/evidence.txt") == b"evidence"
    (tmp_path / "case.txt").write_text("tombstone, longer")
    rclone("copyto", str(tmp_path / "case.txt"), "box:case 1/evidence.txt")
    [item] = [item for item in box.state.items.values() if item.kind == "file"]
    assert [version.size for version in item.versions] == [8, 17]
    rclone("moveto", "box:case 1/evidence.txt", "box:case 2/moved.txt")
    assert rclone("lsf", "--recursive", "--files-only", "box:") == b"case 2/moved.txt\n"
    rclone("deletefile", "box:case 2/moved.txt")
    assert item.trashed is not None
    witness(box, "POST /oauth2/token", "POST /folders", "POST /files/content", "POST /files/{file_id}/content")
    witness(box, "PUT /files/{file_id}", "DELETE /files/{file_id}")
