"""`casb connect --add`, and what `connect` says where nobody can be asked."""

from __future__ import annotations

import tomllib

import pytest
from harness import not_ready


@pytest.fixture
def prod(casb, home):
    """GitHub, simulated, connected as `prod` by its App; the source of a token's value."""
    if why := not_ready("github"):
        pytest.skip(why)
    assert casb("sandbox", "start", "--app", "github", "--people", "12", "--files", "20").code == 0
    assert casb("sandbox", "connect", "--app", "github", "--instance", "prod").code == 0
    assert casb("sandbox", "connect", "--app", "github", "--auth", "token", "--print").code == 0
    yield home / "state" / "sandbox" / "secrets" / "github-token-token"
    casb("sandbox", "stop")


def test_a_further_credential_needs_no_name_of_the_tenant(casb, home, prod):
    words = ("--add", "--auth", "token", "--purpose", "read", "--secret", f"token=file:{prod}")
    ran = casb("connect", "github", "--instance", "prod", *words)
    assert ran.code == 0, ran
    saved = tomllib.loads((home / "config" / "config.toml").read_text())["instances"]
    [instance] = saved
    main, added = instance["credentials"]
    assert added["fields"] == {"organization": main["fields"]["organization"]}


def test_an_instance_that_is_not_there_is_told_before_anything_is_asked(casb, prod):
    ran = casb("connect", "github", "--instance", "prdo", "--add", "--auth", "token", "--secret", f"token=file:{prod}")
    assert ran.code == 2
    assert "prdo" in ran.err
    assert "prod" in ran.err
    assert "organization" not in ran.err.lower()


@pytest.mark.parametrize(("place", "hint"), [("vault", "token=vault:stdin"), ("keyring", "token=stdin")])
def test_a_value_that_nobody_can_type_is_asked_for_by_an_option_that_works(casb, place, hint):
    words = ("--auth", "token", "--field", "organization=acme", "--secret", f"token={place}")
    ran = casb("connect", "github", "--instance", "prod", *words)
    assert ran.code == 2
    assert f"--secret {hint}" in ran.err
