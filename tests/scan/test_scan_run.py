"""A scan, and what it says of itself: complete only where everything expected was looked at."""

from __future__ import annotations

import threading

import msgspec
import pytest
from scan_fake import ALL, FakeConnector, FakeInstance, FakePool, Provider, credential, own, refusal

from casb_cli.core.capabilities import ListTrash
from casb_cli.core.errors import ObjectMissing, StoreError, Unavailable
from casb_cli.core.exchange import Page
from casb_cli.core.models import File
from casb_cli.scan import feed
from casb_cli.scan.run import Options, Scan, due


@pytest.fixture
def provider():
    return Provider()


def scan(instance, store, *, stop=None, pool=None, **options):
    return Scan(instance, store, pool or FakePool(), stop or threading.Event(), Options(**options)).run()


def contents(provider):
    return [name for name in provider.calls if name.startswith("GET /content")]


def test_a_whole_scan_is_complete_and_keeps_everything(provider, store):
    instance = FakeInstance(provider)
    statement = scan(instance, store)
    assert statement.complete, statement
    assert statement.exit_code == 0
    assert {file.id for file in store.inventory.all_rows(instance.key, "file")} == {"a/1", "a/2", "b/1"}
    assert statement.inspected == {"done": 3}
    assert store.runs.list(instance.key)[0].state == "done"


def test_a_second_scan_reads_no_content_again_and_a_full_one_reads_all(provider, store):
    instance = FakeInstance(provider)
    scan(instance, store)
    provider.calls.clear()
    scan(instance, store)
    assert contents(provider) == []
    scan(instance, store, full=True)
    assert len(contents(provider)) == 3


def test_a_run_that_breaks_off_is_recorded_as_failed_never_as_complete(provider, store, monkeypatch):
    def broken(*_):
        raise StoreError("the disk is full")

    instance = FakeInstance(provider)
    monkeypatch.setattr(store.inventory, "end_listing", broken)
    with pytest.raises(StoreError):
        scan(instance, store)
    run = store.runs.list(instance.key)[0]
    assert run.state == "failed"
    assert run.statement["complete"] is False
    assert run.exit_code == 1


def test_a_credential_that_turned_blind_fails_what_it_serves_and_nothing_else(provider, store):
    specs = (credential("people"), credential("content"))
    owns = {"people": own("accounts", "grants", "tokens", "events"), "content": own("files", "content")}
    instance = FakeInstance(provider, specs=specs, owns=owns)
    provider.blind.add("content")
    statement = scan(instance, store)
    assert not statement.complete
    assert statement.exit_code == 3
    assert statement.seen["account"] == 1
    assert "file" not in statement.seen


def test_a_blindness_accepted_at_connect_is_stated_and_no_failure(provider, store):
    provider.blind.add("main")
    instance = FakeInstance(provider, owns={"main": own(*ALL, shortened="it sees a part only")})
    statement = scan(instance, store)
    assert statement.complete
    assert any("a part only" in text for text in statement.stated)


def test_an_instance_that_never_could_read_content_is_not_incomplete_for_it(provider, store):
    instance = FakeInstance(provider, owns={"main": own("accounts", "grants", "tokens", "events", "files")})
    statement = scan(instance, store)
    assert statement.lost == []
    assert statement.exit_code == 0
    assert any("content" in text for text in statement.stated)


def test_an_instance_without_accounts_is_scanned_for_what_it_may(provider, store):
    instance = FakeInstance(provider, owns={"main": own("files", "content")})
    statement = scan(instance, store)
    assert statement.exit_code == 0, statement
    assert statement.seen["file"] == 3


def test_a_permission_lost_since_connect_is_an_error(provider, store):
    instance = FakeInstance(provider)
    provider.refused["GET /accounts"] = refusal("GET /accounts")
    statement = scan(instance, store)
    assert statement.exit_code == 3
    assert "it is forbidden" in statement.lost[0]


def test_a_refused_renewal_of_the_token_is_never_taken_for_something_never_had(provider, store):
    instance = FakeInstance(provider)
    provider.refused["GET /accounts"] = refusal("POST /token")
    assert not scan(instance, store).complete


def test_a_call_refused_at_connect_already_is_stated_only(provider, store):
    provider.refused["GET /tokens"] = refusal("GET /tokens")
    instance = FakeInstance(provider, owns={"main": own("accounts", "grants", "events", "files", "content")})
    statement = scan(instance, store)
    assert statement.exit_code == 0, statement
    assert any("tokens" in text for text in statement.stated)


def test_denied_content_is_never_clean_and_is_read_once_it_may_be(provider, store):
    instance = FakeInstance(provider)
    provider.refused["GET /content"] = refusal("GET /content")
    statement = scan(instance, store)
    assert not statement.complete
    assert statement.files == {"failed: denied": 3}
    provider.refused.clear()
    with store.db.write() as link:
        link.execute("UPDATE inspections SET retry_at = 1")
    assert scan(instance, store).inspected == {"done": 3}


def test_a_repository_of_losses_alike_is_told_once_with_their_number(provider, store):
    provider.grants = {f"p{n}": [] for n in range(50)}
    for n in range(50):
        provider.refused[f"GET /p{n}"] = refusal("GET /apps")
    statement = scan(FakeInstance(provider), store)
    assert len([text for text in statement.lost if "it is forbidden" in text]) == 1
    assert any("49 more alike" in text for text in statement.lost)


def test_a_stop_while_alerts_are_read_resolves_none(provider, store):
    instance = FakeInstance(provider)
    provider.alerts = [msgspec.structs.replace(provider.alerts[0], id=f"f{n}") for n in range(3)]
    scan(instance, store)
    assert len(store.findings.list(instance.key)) == 3
    stop = threading.Event()
    provider.on["GET /alerts 1"] = stop.set
    scan(instance, store, stop=stop)
    assert len(store.findings.list(instance.key)) == 3


def test_an_alert_that_is_gone_is_resolved_by_a_complete_look(provider, store):
    instance = FakeInstance(provider)
    scan(instance, store)
    provider.alerts = []
    scan(instance, store)
    assert store.findings.list(instance.key) == []


def test_a_broken_inspection_of_one_instance_does_not_stop_the_others(provider, store):
    class Broken(FakePool):
        def submit(self, task, content):
            content.close()
            raise RuntimeError("no worker")

    stop = threading.Event()
    with pytest.raises(RuntimeError):
        scan(FakeInstance(provider), store, stop=stop, pool=Broken())
    assert not stop.is_set()


def test_files_listed_without_permission_are_listed_once_it_is_granted(provider, store):
    provider.refused["GET /files"] = refusal("GET /files")
    scan(FakeInstance(provider), store)
    provider.refused.clear()
    statement = scan(FakeInstance(provider), store)
    assert statement.seen["file"] == 3


def test_killed_between_the_feeds_position_and_the_listing_the_next_run_lists(provider, store, monkeypatch):
    instance = FakeInstance(provider)

    class Killed(BaseException):
        pass

    original = feed.mark_position

    def mark(census):
        original(census)
        raise Killed

    monkeypatch.setattr(feed, "mark_position", mark)
    with pytest.raises(Killed):
        scan(instance, store)
    monkeypatch.setattr(feed, "mark_position", original)
    statement = scan(instance, store)
    assert statement.seen["file"] == 3


def test_an_expired_feed_falls_back_to_a_full_listing_and_says_so(provider, store):
    instance = FakeInstance(provider)
    scan(instance, store)
    provider.expired.add("0")
    provider.files["a"]["a/9"] = b"new"
    statement = scan(instance, store)
    assert any("expired" in text for text in statement.stated)
    assert "a/9" in {file.id for file in store.inventory.all_rows(instance.key, "file")}


def test_what_the_feed_names_is_listed_anew_and_what_is_gone_ends(provider, store):
    instance = FakeInstance(provider)
    scan(instance, store)
    del provider.files["b"]
    provider.change("b")
    provider.files["a"]["a/1"] = b"changed"
    provider.change("a")
    provider.calls.clear()
    statement = scan(instance, store)
    assert statement.complete, statement
    assert {file.id for file in store.inventory.all_rows(instance.key, "file")} == {"a/1", "a/2"}
    assert contents(provider) == ["GET /content a/1"]


def test_a_part_that_cannot_be_listed_anew_holds_up_no_other_and_is_tried_again(provider, store):
    instance = FakeInstance(provider)
    scan(instance, store)
    provider.files["a"]["a/new"] = b"one"
    provider.change("a")
    provider.refused["GET /files a"] = refusal("GET /files", Unavailable)
    assert not scan(instance, store).complete
    assert store.runs.cursor(instance.key, "files")[0] == "1"
    del provider.files["b"]
    provider.change("b")
    assert not scan(instance, store).complete, "what is left to do must be told each time"
    kept = {file.id for file in store.inventory.all_rows(instance.key, "file")}
    assert "a/new" not in kept
    assert not [id_ for id_ in kept if id_.startswith("b/")], "a failing part holds up another"
    provider.refused.clear()
    assert scan(instance, store).complete
    assert "a/new" in {file.id for file in store.inventory.all_rows(instance.key, "file")}
    assert store.runs.cursor(instance.key, "files left") is None


def test_an_expired_position_in_the_audit_trail_is_a_gap_and_the_rest_is_read_at_once(provider, store):
    instance = FakeInstance(provider)
    scan(instance, store)
    provider.expired.add("1")
    provider.events = [*provider.events, msgspec.structs.replace(provider.events[0], id="e2")]
    statement = scan(instance, store)
    assert not statement.complete
    assert any("too old" in text for text in statement.gaps)
    assert {event.id for event in store.activity.events(instance.key)} == {"e1", "e2"}


def test_due_counts_whole_runs_that_ended_by_themselves(provider, store):
    instance = FakeInstance(provider)
    assert due(store, instance) == "scan"
    scan(instance, store, only=("accounts",))
    assert due(store, instance) == "scan"
    stop = threading.Event()
    provider.on["GET /accounts"] = stop.set
    scan(instance, store, stop=stop)
    provider.on.clear()
    assert due(store, instance) == "scan"
    scan(instance, store)
    assert due(store, instance) is None
    scan(instance, store, failed_only=True)
    assert store.runs.last_whole(instance.key).id == 3


def test_a_limited_run_is_not_incomplete_for_what_it_was_not_asked(provider, store):
    instance = FakeInstance(provider)
    provider.refused["GET /content"] = refusal("GET /content")
    scan(instance, store)
    assert scan(instance, store, only=("accounts",)).exit_code == 0


def test_without_any_credential_for_reading_the_scan_says_so(provider, store):
    instance = FakeInstance(provider, specs=(credential("acting", "govern"),))
    statement = scan(instance, store)
    assert statement.exit_code == 4
    assert not statement.complete


class WithTrash(FakeConnector, ListTrash):
    def list_trash(self, part, cursor):
        yield Page(items=[File(id="t/1", name="t", path="/t", size=3, hash="h:t", trashed=True)])

    def read_file(self, file):
        if file.trashed:
            raise ObjectMissing("it is in the trash", call="GET /content")
        return super().read_file(file)


def test_the_first_scan_settles_files_in_the_trash_like_all_others(provider, store):
    instance = FakeInstance(provider, connector=WithTrash)
    statement = scan(instance, store)
    assert statement.seen["file"] == 4
    assert "seen" not in statement.files, statement.files
    assert scan(instance, store).files == statement.files


def test_a_scan_that_sees_nothing_says_so_of_the_files_too(provider, store, capsys):
    from casb_cli.commands.scan import _Runner

    instance = FakeInstance(provider)
    first = scan(instance, store)
    _Runner._say(None, "box/prod", first)
    assert "box/prod: files: 3 inspected" in capsys.readouterr().err
    provider.blind.add("main")
    second = scan(instance, store)
    assert second.seen == {}
    _Runner._say(None, "box/prod", second)
    told = capsys.readouterr().err
    assert "no file was looked at; from earlier scans: 3 inspected" in told
    assert "box/prod: files:" not in told
