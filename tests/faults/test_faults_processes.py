"""The real command line under kill -9, signals, closed pipes, and several at once: nothing lost, nobody left."""

from __future__ import annotations

import json
import random
import signal
import threading

import pytest
from harness import all_gone, assert_told, compare, listed, wait_until

from casb_cli.core.refs import parse
from casb_cli.store.config import Config


@pytest.fixture
def slow(connected):
    """Let each call take a moment, so that a signal meets the run in its middle."""
    before = connected.provider.options
    connected.provider.options = type(before)(latency=0.03)
    yield connected
    connected.provider.options = before


def started(stage, process, calls=5):
    """Wait until a run has made some calls."""
    since = len(stage.provider.calls)
    assert wait_until(lambda: len(stage.provider.calls) >= since + calls or process.process.poll() is not None)
    assert process.process.poll() is None, process.end()


def whole(stage):
    """Assert that the store holds the world and every finding."""
    for kind in ("account", "membership", "file", "share"):
        compare(listed(stage.list(kind, "--stored").rows, kind), stage.truth.rows(kind))
    found = stage.casb("findings", "--app", stage.app, "-o", "jsonl").rows
    own = {(parse(row["file_ref"]).id, row["detector"]): row for row in found if "/" not in row["detector"]}
    compare(own, stage.truth.rows("finding"))


MOMENTS = 4
"""Twenty-four over the suite, as there are six apps; more with every further one."""


def test_a_scan_killed_at_random_moments_is_completed_by_the_next(slow, casb_process):
    moments = random.Random(f"{slow.app} 20")
    left = []
    for _ in range(MOMENTS):
        process = casb_process("scan", "--app", slow.app)
        threading.Event().wait(moments.uniform(0.2, 2.0))
        left += process.family()
        process.kill()
        process.end()
    assert all_gone(left), [p for p in left if p.is_running()]
    run = slow.casb("scan", "--app", slow.app, "-o", "json", "-v")
    assert_told(run, slow.truth.hidden("file"))
    whole(slow)


@pytest.mark.any_app
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_a_scan_cleanly_and_the_next_goes_on(slow, casb_process, number, code):
    process = casb_process("scan", "--app", slow.app)
    started(slow, process)
    family = process.family()
    process.send(number)
    run = process.end()
    assert run.code == code, run
    assert "Traceback" not in run.err
    assert all_gone(family)
    [ended] = slow.casb("scans", "--limit", "1", "-o", "jsonl").rows
    assert (ended["state"], ended["lost"]) == ("stopped", []), "it was waited for"
    again = slow.casb("scan", "--app", slow.app, "-o", "json", "-v")
    assert_told(again, slow.truth.hidden("file"))
    whole(slow)


@pytest.mark.any_app
def test_a_second_scan_of_an_instance_says_so_and_exits_9(slow, casb_process):
    first = casb_process("scan", "--app", slow.app)
    started(slow, first)
    run = slow.casb("scan", "--app", slow.app)
    assert run.code == 9, run
    assert str(first.pid) in run.err
    assert slow.casb("scan", "--app", slow.app, "--due").code == 0
    assert_told(first.end(), slow.truth.hidden("file"))


def member(stage):
    """Return somebody who may be suspended: active, no administrator, no outsider."""
    rows = stage.truth.rows("account")
    own = {permissions.identity for permissions in stage.config.own.values()}
    return next(
        id_
        for id_, row in rows.items()
        if row.get("status") == "active"
        and not (row.get("is_admin") or row.get("external"))
        and f"account:{id_}" not in own
    )


@pytest.mark.any_app
def test_governing_does_not_wait_for_a_scan(slow, casb_process):
    scan = casb_process("scan", "--app", slow.app)
    started(slow, scan)
    since = len(slow.provider.calls)
    run = slow.casb("govern", "suspend", f"{slow.app}:prod:account:{member(slow)}", "--yes", "-o", "json")
    assert scan.process.poll() is None, "the scan ended before it could be in the way"
    assert run.code == 0, run
    assert json.loads(run.out)[0]["state"] == "changed"
    assert slow.effects(since)
    scan.end()


@pytest.mark.any_app
def test_one_broken_instance_of_five_stops_no_other(connected):
    from casb_cli.store.config import edit

    good = connected.config
    import msgspec

    with edit() as current:
        for number in range(4):
            copy = msgspec.structs.replace(good, key=f"{good.key[:-2]}{number:02}", name=f"copy{number}")
            if number == 1:
                urls = {f"{host}_url": "http://127.0.0.1:9" for host in connected.declared.hosts}
                copy = msgspec.structs.replace(copy, fields={**good.fields, **urls})
            current.add(copy, force=True)
    run = connected.casb("list", "groups", "-o", "jsonl", "--deadline", "10m")
    assert run.code == 3, run
    names = {row["instance"] for row in run.rows}
    assert names == {"prod", "copy0", "copy2", "copy3"}
    assert f"{connected.app}/copy1" in run.err


@pytest.mark.any_app
def test_a_closed_pipe_is_no_failure(connected, casb_process):
    process = casb_process("list", "accounts", "--app", connected.app, "-o", "jsonl").process
    assert process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait() == 0, err
    assert "Traceback" not in err


@pytest.mark.any_app
def test_four_connects_at_once_lose_nothing(stage, casb_process):
    runs = [
        casb_process("connect", stage.app, "--instance", f"n{n}", *stage.words(stage.methods[0]), "--force")
        for n in range(4)
    ]
    ended = [run.end() for run in runs]
    assert [run.code for run in ended] == [0, 0, 0, 0], ended
    assert {one.name for one in Config.load().instances} == {"n0", "n1", "n2", "n3"}


def test_a_failed_proof_saves_nothing(stage, home):
    signin = stage.signins[stage.methods[0]]
    wrong = {key: value[:-4] + "AAAA" for key, value in signin.secrets.items()}
    run = stage.connect(secrets=wrong)
    assert run.code != 0, run
    assert "Traceback" not in run.err
    assert not Config.load().instances
    for value in (*signin.secrets.values(), *wrong.values()):
        assert value not in run.err + run.out


def test_plain_http_to_another_machine_is_refused_at_connect(stage):
    urls = {f"{host}_url": "http://192.0.2.1:8080" for host in stage.declared.hosts}
    run = stage.connect(fields=urls)
    assert run.code not in {0, 7}, run
    assert "plain http" in run.err
    assert not Config.load().instances
    assert not stage.provider.calls


@pytest.mark.any_app
def test_a_home_that_cannot_be_written_is_an_error_and_connects_nothing(stage, casb_process):
    import resource

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    run = casb_process(
        "connect", stage.app, "--instance", "prod", *stage.words(stage.methods[0]), preexec_fn=full
    ).end()
    assert run.code not in {0, 3}, run
    assert "Connected" not in run.err
    assert not Config.load().instances
