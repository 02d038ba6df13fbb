from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from casb_cli.core.app import CredentialSpec
from casb_cli.core.errors import UnknownName, UsageError
from casb_cli.core.models import OwnPermissions
from casb_cli.store import instances
from casb_cli.store.instances import InstanceConfig, select

ALL = tuple(
    InstanceConfig(app=app, name=name)
    for app, name in [("github", "prod"), ("github", "lab"), ("box", "prod"), ("box", "eu-prod"), ("okta", "main")]
)


def labels(apps=(), names=()):
    return [instance.label for instance in select(ALL, apps, names)]


@pytest.mark.parametrize(
    ("apps", "names", "chosen"),
    [
        ((), (), ["github/prod", "github/lab", "box/prod", "box/eu-prod", "okta/main"]),
        (("box",), (), ["box/prod", "box/eu-prod"]),
        (("okta", "box"), (), ["box/prod", "box/eu-prod", "okta/main"]),
        (("*b*",), (), ["github/prod", "github/lab", "box/prod", "box/eu-prod"]),
        ((), ("prod",), ["github/prod", "box/prod"]),
        ((), ("*prod",), ["github/prod", "box/prod", "box/eu-prod"]),
        ((), ("lab", "main"), ["github/lab", "okta/main"]),
        (("box",), ("prod",), ["box/prod"]),
        ((), ("box/prod",), ["box/prod"]),
        ((), ("box:*",), ["box/prod", "box/eu-prod"]),
        ((), ("[lm]*",), ["github/lab", "okta/main"]),
    ],
)
def test_options_choose(apps, names, chosen):
    assert labels(apps, names) == chosen


@pytest.mark.parametrize(
    ("apps", "names", "words", "hint"),
    [
        ((), ("prdo",), "no instance is called `prdo`", "did you mean `prod`"),
        ((), ("prod", "zzz*"), "no instance is called `zzz*`", "known: eu-prod, lab, main, prod"),
        (("boxx",), (), "no connected app is called `boxx`", "did you mean `box`"),
        (("box",), ("lab",), "no instance of box is called `lab`", "known: eu-prod, prod"),
        ((), ("box/pord",), "no instance is called `box/pord`", "did you mean `box/prod`"),
        ((), ("PROD",), "no instance is called `PROD`", "known:"),
    ],
)
def test_a_name_that_nothing_has_is_told_with_what_there_is(apps, names, words, hint):
    with pytest.raises(UnknownName) as caught:
        labels(apps, names)
    assert words in caught.value.message
    assert hint in caught.value.hint


def test_nothing_connected():
    assert select((), (), ()) == ()
    with pytest.raises(UnknownName) as caught:
        select((), (), ("prod",))
    assert "none yet" in caught.value.hint


def test_keys_are_unique_and_fit_for_file_names():
    keys = {instances.new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(instances.KEY.fullmatch(key) for key in keys)


def test_with_credential_adds_or_replaces():
    base = InstanceConfig(app="box", name="b").with_credential(CredentialSpec(name="main", method="ccg"))
    both = base.with_credential(CredentialSpec(name="cron", method="jwt"), OwnPermissions(granted=("x",)))
    assert [spec.method for spec in both.credentials] == ["ccg", "jwt"]
    changed = both.with_credential(CredentialSpec(name="main", method="oauth"))
    assert [spec.method for spec in changed.credentials] == ["oauth", "jwt"]
    assert changed.own == {"cron": OwnPermissions(granted=("x",))}
    with pytest.raises(UnknownName, match="credential of box/b"):
        changed.credential("cronn")


def test_expiring_credentials_come_soonest_first():
    def instance(name, **expires):
        own = {credential: OwnPermissions(expires=when) for credential, when in expires.items()}
        return InstanceConfig(app="box", name=name, own=own)

    known = [
        instance("a", main="2026-12-31T00:00:00Z", cron=None),
        instance("b", main="2026-11-05T00:00:00Z", cron="2026-10-30T12:00:00Z"),
    ]
    now = datetime(2026, 11, 1, tzinfo=UTC)
    soon = instances.expiring(known, timedelta(days=14), now=now)
    assert [(e.instance, e.credential, e.days) for e in soon] == [("box/b", "cron", -2), ("box/b", "main", 4)]
    assert len(instances.expiring(known, timedelta(days=60), now=now)) == 3


def test_scans_are_due_every_twelve_hours_unless_set():
    assert InstanceConfig(app="box", name="b").scan_every == timedelta(hours=12)
    assert InstanceConfig(app="box", name="b", settings={"scan_every": "30m"}).scan_every == timedelta(minutes=30)
    with pytest.raises(UsageError):
        _ = InstanceConfig(app="box", name="b", settings={"scan_every": "often"}).scan_every
