"""What a credential gained since it was connected is kept; what it lost stays known, to be told as lost."""

from __future__ import annotations

from casb_cli.connect import renew
from casb_cli.core.models import OwnPermissions


def own(*granted, **more):
    return OwnPermissions(granted=granted, vocabulary="oauth", complete=True, **more)


def test_a_gain_is_added_and_a_loss_is_not_forgotten():
    kept = renew._with_gains(own("a", "b"), own("b", "c"))
    assert kept.granted == ("a", "b", "c")


def test_what_was_refused_is_dropped_only_where_it_no_longer_is():
    known = own("a", refused={"list-grants GET /tokens": "no", "list-files GET /files": "no"})
    now = own("a", refused={"list-files GET /files": "no", "list-shares GET /shares": "new"})
    assert renew._with_gains(known, now).refused == {"list-files GET /files": "no"}


def test_what_the_provider_does_not_tell_now_takes_nothing_away():
    known = own("a")
    assert renew._with_gains(known, OwnPermissions(vocabulary="oauth")) == known
    assert renew._with_gains(known, OwnPermissions(granted=("x",), vocabulary="app", complete=True)) == known


def test_the_end_of_a_credential_is_the_one_told_now():
    assert renew._with_gains(own("a", expires="2026-12-01T00:00:00Z"), own("a")).expires is None
