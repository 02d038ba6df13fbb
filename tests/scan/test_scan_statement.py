"""The completeness statement: its exit code, and what counts as never had."""

from __future__ import annotations

import pytest
from scan_fake import ALL, FakeInstance, Provider, own, refusal

from casb_cli.core.capabilities import FollowFiles, ListAccounts, ListGrants, ReadFile
from casb_cli.core.errors import Throttled, Unavailable, Unsupported
from casb_cli.core.models import Notice
from casb_cli.scan.census import Lost, Taken
from casb_cli.scan.statement import Statement, never_had, state_lacks


@pytest.fixture
def instance():
    return FakeInstance(Provider())


def lost(*errors, rows=0, ability=ListAccounts):
    return Taken(ability, rows=rows, lost=[Lost(f"part{n}", error) for n, error in enumerate(errors)])


def test_nothing_lost_is_complete(instance):
    statement = Statement()
    statement.add(instance, Taken(ListAccounts, rows=3, gone=1))
    assert (statement.complete, statement.exit_code, statement.seen, statement.gone) == (
        True, 0, {"account": 3}, {"account": 1}
    )  # fmt: skip


def test_where_everything_failed_alike_its_own_code_stands(instance):
    statement = Statement()
    statement.add(instance, lost(refusal("GET /accounts", Unavailable), refusal("GET /accounts", Throttled, "slow")))
    assert statement.exit_code == 7
    statement.add(instance, lost(refusal("GET /accounts")))
    assert statement.exit_code == 3


def test_where_something_was_seen_it_is_partly_done(instance):
    statement = Statement()
    statement.add(instance, Taken(ListGrants, rows=1))
    statement.add(instance, lost(refusal("GET /accounts", Unavailable)))
    assert statement.exit_code == 3
    assert "part `part0`" in statement.lost[0]


@pytest.mark.parametrize(
    ("notice", "where", "complete"),
    [
        (Notice(code="gap", about="x"), "gaps", False),
        (Notice(code="not-visible", about="x"), "lost", False),
        (Notice(code="degraded", about="x", effect="degraded"), "stated", True),
        (Notice(code="unreachable", about="x"), "unreachable", True),
    ],
)
def test_a_notice_counts_by_what_it_hides(instance, notice, where, complete):
    statement = Statement()
    statement.add(instance, Taken(ListAccounts, rows=1, notices=[notice]))
    assert getattr(statement, where) == ["x"]
    assert statement.complete is complete


@pytest.mark.parametrize(
    "state",
    [{"stopped": True}, {"waiting": 1}, {"files": {"failed: denied": 1}}, {"lost": ["x"]}, {"gaps": ["x"]}],
)
def test_whatever_was_not_looked_at_is_not_complete(state):
    assert not Statement(**state).complete


def test_skipped_and_partial_files_are_counted_and_complete():
    assert Statement(files={"skipped: too-large": 3, "partial: timeout": 1, "done": 5}).complete


def test_never_had_is_what_was_not_expected_of_the_call():
    instance = FakeInstance(Provider(), owns={"main": own("grants", "accounts")})
    assert never_had(instance, ListGrants, refusal("GET /tokens"))
    assert not never_had(instance, ListGrants, refusal("GET /apps"))
    assert not never_had(instance, ListGrants, refusal("POST /token"))
    assert not never_had(instance, ListGrants, refusal("GET /tokens", Unavailable))
    assert never_had(instance, ReadFile, refusal(""))
    assert not never_had(instance, ListAccounts, refusal(""))


def test_an_instance_of_which_nothing_is_known_has_lost_whatever_is_refused():
    instance = FakeInstance(Provider(), owns={"main": own()})
    assert not never_had(instance, ListGrants, refusal("GET /tokens"))


def test_what_the_app_cannot_do_is_stated(instance):
    statement = Statement()
    statement.add(instance, Taken(FollowFiles, lost=[Lost("", Unsupported("it has no feed"))]))
    assert statement.stated == ["it has no feed"]
    assert statement.complete


def test_lacks_are_those_of_the_credential_that_serves():
    from scan_fake import credential

    specs = (credential("poor"), credential("rich"))
    instance = FakeInstance(Provider(), specs=specs, owns={"poor": own("accounts"), "rich": own(*ALL)})
    statement = Statement()
    state_lacks(statement, instance)
    assert statement.stated == []
    poor = FakeInstance(Provider(), owns={"main": own("accounts", "files")})
    state_lacks(statement, poor)
    assert any("read file content" in text and "content" in text for text in statement.stated)


def test_the_kept_form_holds_what_a_reader_needs():
    kept = Statement(seen={"file": 1}, lost=["x"], only=("files",)).as_dict()
    assert kept["complete"] is False
    assert set(kept) >= {"seen", "gone", "files", "inspected", "waiting", "lost", "stated", "gaps", "stopped", "only"}
