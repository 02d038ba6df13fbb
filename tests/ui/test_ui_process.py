from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
import threading

import pytest
from harness import PATIENCE, wait_until

from casb_cli.core.errors import (
    AmbiguousReference,
    CasbError,
    Locked,
    ProviderError,
    SignInNeeded,
    Throttled,
    Unsupported,
)
from casb_cli.ui import process
from casb_cli.ui.streams import ClosedPipe, reset


@pytest.fixture(autouse=True)
def restore():
    term, alarm = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
    core = resource.getrlimit(resource.RLIMIT_CORE)
    left, every = signal.setitimer(signal.ITIMER_REAL, 0)  # the time-out of the tests themselves
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGTERM, term)
    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, left, every)
    resource.setrlimit(resource.RLIMIT_CORE, core)
    reset()


def guarded(run, tmp_path, *args):
    return process.guarded(run, args, lambda: tmp_path)


def raising(error):
    def run():
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CasbError("x"), 1),
        (SignInNeeded("x"), 4),
        (Unsupported("x"), 6),
        (Throttled("x"), 7),
        (Locked("x"), 9),
        (KeyboardInterrupt(), 130),
        (process.Terminated(), 143),
        (ClosedPipe(), 0),
        (SystemExit(3), 3),
        (SystemExit(None), 0),
        (ZeroDivisionError("x"), 1),
        (RecursionError("x"), 1),
    ],
)
def test_every_end_has_its_code_and_no_traceback(tmp_path, capsys, error, code):
    assert guarded(raising(error), tmp_path) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_who_is_gone_takes_nothing_from_the_commands_own_code(tmp_path, monkeypatch):
    def gone():
        raise ClosedPipe

    monkeypatch.setattr(process.streams, "flush", gone)
    assert guarded(lambda: 10, tmp_path) == 10


@pytest.mark.parametrize("code", [0, 3, 10])
def test_the_commands_own_code_is_kept(tmp_path, code):
    assert guarded(lambda: code, tmp_path) == code
    assert guarded(lambda: None, tmp_path) == 0


def test_an_error_is_words_and_hint(tmp_path, capsys):
    error = ProviderError("no \x1b[31mway", status=403, request_id="r1", hint="run `casb doctor`")
    guarded(raising(error.at("box/prod", "list accounts")), tmp_path)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "error: box/prod: could not list accounts: no \\x1b[31mway (HTTP 403, request id r1)\n"
        "\nhint: run `casb doctor`\n"
    )


def test_an_ambiguous_reference_lists_its_candidates(tmp_path, capsys):
    guarded(raising(AmbiguousReference("two fit", candidates=("a:b:file:1", "a:b:file:2"))), tmp_path)
    assert capsys.readouterr().err == "error: two fit\n\nhint: say which:\n      a:b:file:1\n      a:b:file:2\n"


@pytest.mark.parametrize("args", [["-o", "json"], ["--output=jsonl"], ["-ojson"], ["--output", "json"]])
def test_under_json_the_error_is_one_object(tmp_path, capsys, args):
    code = guarded(raising(SignInNeeded("no\u202e", status=401, hint="h").at("box/prod")), tmp_path, "list", *args)
    told = json.loads(capsys.readouterr().err)
    assert code == 4
    assert told == {
        "error": "sign-in",
        "message": "box/prod: no\u202e (HTTP 401)",
        "exit_code": 4,
        "hint": "h",
        "where": "box/prod",
        "status": 401,
    }


@pytest.mark.parametrize(
    ("args", "environ", "wanted"),
    [
        ([], {}, False),
        ([], {"CASB_OUTPUT": "json"}, True),
        (["-o", "csv"], {"CASB_OUTPUT": "json"}, False),
        (["-o"], {}, False),
        (["show", "--", "-o", "json"], {}, False),
        (["--only", "json"], {}, False),
    ],
)
def test_whether_json_is_wanted(args, environ, wanted):
    assert process.wants_json(args, environ) is wanted


def test_what_nobody_foresaw_is_told_in_short_and_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("CASB_DEBUG", raising=False)
    assert guarded(raising(KeyError("token=s3cr3tvalue")), tmp_path) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: unexpected KeyError")
    assert "s3cr3tvalue" not in err
    [file] = tmp_path.iterdir()
    assert str(file) in err


def test_sigterm_lets_the_command_clean_up_and_ends_with_143(tmp_path, capsys):
    cleaned = []

    def run():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(PATIENCE)
        except KeyboardInterrupt:
            cleaned.append(True)
            raise

    assert guarded(run, tmp_path) == 143
    assert cleaned == [True]
    assert "terminated" in capsys.readouterr().err


def test_the_deadline_is_a_clean_stop_and_is_disarmed_at_the_end(tmp_path, capsys):
    def run():
        process.arm_deadline(0.05)
        threading.Event().wait(PATIENCE)

    assert guarded(run, tmp_path) == 143
    assert "deadline" in capsys.readouterr().err
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("deadline", [None, 30])
def test_an_alarm_that_the_caller_had_set_still_rings(tmp_path, deadline):
    rung = []
    signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    guarded(lambda: deadline and process.arm_deadline(deadline), tmp_path)
    assert 30 < signal.getitimer(signal.ITIMER_REAL)[0] <= PATIENCE
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    assert wait_until(lambda: rung == [signal.SIGALRM])
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_core_dumps_are_off_during_the_run(tmp_path):
    seen = []
    guarded(lambda: seen.append(resource.getrlimit(resource.RLIMIT_CORE)[0]), tmp_path)
    assert seen == [0]


def test_a_pipe_broken_elsewhere_is_no_success(tmp_path, capsys):
    assert guarded(raising(BrokenPipeError("worker")), tmp_path) == 1
    assert "unexpected BrokenPipeError" in capsys.readouterr().err


def test_text_that_the_locale_lacks_is_still_written(tmp_path, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert guarded(lambda: sys.stdout.write("é\ud800") and None, tmp_path) == 0
    sys.stdout.flush()
    assert raw.getvalue() == b"\xc3\xa9\\ud800"
