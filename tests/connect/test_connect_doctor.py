"""The doctor names what is wrong with an instance and the exact thing to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import Stage

from casb_cli.connect import doctor
from casb_cli.connect.matrix import live_cells
from casb_cli.sandbox.provider import Options
from casb_cli.store.config import Config, edit


@pytest.fixture
def github(home, casb):
    with Stage("github", home, casb, people=12, files=20) as made:
        assert made.connect("prod", "token").code == 0
        yield made


def checks(stage, *more):
    run = stage.casb("doctor", "-o", "jsonl", *more)
    return run.code, {row["check"]: row for row in run.rows}


def test_a_sound_instance_signs_in_sees_all_and_keeps_time(github):
    code, found = checks(github)
    assert found["credential main"]["status"] == "ok"
    assert found["visibility"]["status"] == "ok"
    assert found["clock"]["status"] == "ok"
    assert found["permissions"]["status"] == "ok"
    assert found["store"]["status"] == "ok"
    assert found["list accounts"]["detail"].startswith("proven")
    assert code == 0


def test_a_missing_permission_is_named_with_what_to_add(github):
    _, found = checks(github)
    grants = found["view app permissions"]
    assert grants["status"] == "warning"
    assert "personal-access-tokens" in grants["detail"]


def test_what_a_part_of_an_ability_lacks_is_what_is_to_be_added(home, casb):
    scopes = "admin.directory.user.readonly admin.directory.user.security admin.directory.customer.readonly"
    options = Options(settings={"scopes": scopes})
    with Stage("google-workspace", home, casb, people=12, files=0, options=options) as stage:
        assert stage.connect("prod", "service-account").code == 0
        _, found = checks(stage)
    # Sign-outs may be sent, suspending may not: the one is no reason to leave out what the other lacks.
    suspending = found["suspend and unsuspend accounts"]
    assert (suspending["status"], suspending["fix"]) == (
        "warning",
        "add the permission https://www.googleapis.com/auth/admin.directory.user",
    )


def test_a_credential_whose_source_is_gone_fails_with_the_command_that_mends_it(github):
    spec = Config.load().get("github", "prod").credential("main")
    Path(spec.secrets["token"].removeprefix("file:")).unlink()
    code, found = checks(github)
    assert code == 1
    assert found["credential main"]["status"] == "failed"
    assert found["credential main"]["fix"]


def test_permissions_lost_since_connect_are_told(github):
    import msgspec

    with edit() as config:
        known = config.get("github", "prod")
        own = msgspec.structs.replace(known.own["main"], granted=(*known.own["main"].granted, "admin:gpg_key"))
        config.replace(msgspec.structs.replace(known, own={"main": own}))
    code, found = checks(github)
    assert code == 1
    assert "admin:gpg_key" in found["permissions"]["detail"]


def test_another_tenant_behind_the_same_address_is_noticed(github):
    import msgspec

    with edit() as config:
        known = config.get("github", "prod")
        config.replace(msgspec.structs.replace(known, tenant=msgspec.structs.replace(known.tenant, id="4711")))
    code, found = checks(github)
    assert code == 1
    assert "not to" in found["credential main"]["detail"]


def test_a_folder_open_to_others_is_a_failure(github, home):
    (home / "state").chmod(0o755)
    found = {check.check: check for check in doctor.machine(_environment())}
    (home / "state").chmod(0o700)
    assert found["state folder"].status == "failed"
    assert found["state folder"].fix == f"chmod 700 {home / 'state'}"


def test_a_missing_bundle_of_certificates_is_named(home, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary-word@proxy.test:3128")
    found = list(doctor.machine(_environment()))
    assert next(one for one in found if one.check == "certificate authorities").status == "failed"
    assert "canary-word" not in json.dumps([one.detail for one in found])


def _environment():
    from casb_cli.connect.open import Environment
    from casb_cli.store.secrets import Secrets

    return Environment(Secrets())


def test_the_live_matrix_shows_all_fifteen_lines_of_each_instance(github):
    cells = list(live_cells([], []))
    assert len(cells) == 15
    by_name = {cell["capability"]: cell for cell in cells}
    assert by_name["list accounts"]["live"] == "proven"
    assert by_name["list accounts"]["credential"] == "main"
    assert by_name["trash and overwrite"]["note"]


def test_what_only_another_variant_knows_is_said_once_and_is_no_warning(home, casb):
    with Stage("aws", home, casb, people=12, files=8) as made:
        assert made.connect("prod", fields={"member_role": ""}).code == 0
        run = made.casb("doctor", "-o", "jsonl")
        [variant] = [row for row in run.rows if row["check"] == "variant"]
        assert variant["status"] == "ok"
        assert variant["detail"].startswith("this is one account: calls that only the accounts of an organization know")
        assert not [row for row in run.rows if "exists only on" in row["detail"]]
        assert [row["check"] for row in run.rows if row["status"] == "warning" and row["instance"]] == []


def test_one_reason_for_much_that_an_app_lacks_is_said_once(home, casb):
    with Stage("okta", home, casb, people=12, files=8) as made:
        run = made.connect("prod")
        assert run.code == 0, run
        assert run.err.count("keeps no files of its users") == 1
        assert "list files, read file content" in run.err
