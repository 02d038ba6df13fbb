from __future__ import annotations

import errno
import io
import json

import pytest

from casb_cli.core.errors import UsageError
from casb_cli.ui.streams import ClosedPipe, Streams


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def person(answers=""):
    return Streams(Terminal(answers), Terminal(), Terminal())


def cron():
    return Streams(io.StringIO(), io.StringIO(), io.StringIO())


@pytest.mark.parametrize(
    ("wish", "tty", "environ", "colour"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(monkeypatch, wish, tty, environ, colour):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    streams = person() if tty else cron()
    streams.color = wish
    assert streams.out_color is colour
    assert streams.err_color is colour


def test_notes_go_to_stderr_and_quiet_silences_them_but_no_warning():
    streams = cron()
    streams.note("one")
    streams.quiet = True
    streams.note("two")
    streams.warn("three")
    assert streams.err.getvalue() == "one\nwarning: three\n"
    assert streams.out.getvalue() == ""


def test_details_need_verbose():
    streams = cron()
    streams.detail("hidden")
    streams.verbose = 1
    streams.detail("shown")
    streams.detail("hidden", level=2)
    assert streams.err.getvalue() == "shown\n"


def test_foreign_text_in_a_message_cannot_steer_the_terminal_or_forge_a_line():
    streams = cron()
    streams.warn("file \x1b[2J\nerror: forged \u202e")
    assert streams.err.getvalue() == "warning: file \\x1b[2J\\x0aerror: forged \\u202e\n"


def test_under_json_every_message_is_an_object():
    streams = cron()
    streams.as_json = True
    streams.note("a\x1b")
    streams.warn("b")
    assert [json.loads(line) for line in streams.err.getvalue().splitlines()] == [
        {"note": "a\x1b"},
        {"warning": "b"},
    ]


def test_an_error_reads_message_blank_line_hint():
    streams = cron()
    streams.error("box/prod: could not list accounts", "run `casb doctor`")
    assert streams.err.getvalue() == "error: box/prod: could not list accounts\n\nhint: run `casb doctor`\n"


ASKS = {
    "prompt": lambda s: s.prompt("Client ID", "--field client_id=VALUE"),
    "prompt_secret": lambda s: s.prompt_secret("Client secret", "--secret client_secret=env:NAME"),
    "confirm": lambda s: s.confirm("Suspend 3 accounts?"),
    "choose": lambda s: s.choose("Sign in how", [("oauth", "browser"), ("token", "token")], "--auth METHOD"),
}
NAMED = {"prompt": "--field client_id=VALUE", "prompt_secret": "--secret client_secret=env:NAME",
         "confirm": "--yes", "choose": "--auth METHOD"}  # fmt: skip


@pytest.mark.parametrize("ask", ASKS)
def test_without_a_terminal_a_question_is_an_error_that_names_the_option(ask):
    with pytest.raises(UsageError) as caught:
        ASKS[ask](cron())
    assert NAMED[ask] in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("ask", ASKS)
def test_no_input_forbids_questions_on_a_terminal(ask):
    streams = person("y\n")
    streams.no_input = True
    with pytest.raises(UsageError, match="--no-input"):
        ASKS[ask](streams)
    assert streams.err.getvalue() == ""


@pytest.mark.parametrize("stdin", [True, False])
def test_a_question_needs_both_stdin_and_stderr_on_the_terminal(stdin):
    streams = Streams(Terminal("y\n") if stdin else io.StringIO("y\n"), Terminal(),
                      io.StringIO() if stdin else Terminal())  # fmt: skip
    with pytest.raises(UsageError):
        streams.confirm("Go on?")


def test_questions_are_asked_on_stderr_until_answered():
    streams = person("\n\nabc\n")
    assert streams.prompt("Client\x1b ID", "--field") == "abc"
    assert streams.out.getvalue() == ""
    assert "\x1b" not in streams.err.getvalue()


def test_a_default_is_taken_for_nothing():
    assert person("\n").prompt("Host", "--field", default="github.com") == "github.com"
    assert person("x\n").prompt("Host", "--field", default="github.com") == "x"


@pytest.mark.parametrize(("answer", "agreed"), [("y", True), ("YES", True), ("", False), ("n", False), ("yep", False)])
def test_only_yes_confirms(answer, agreed):
    assert person(answer + "\n").confirm("Go on?") is agreed


def test_yes_confirms_without_a_terminal():
    assert cron().confirm("Go on?", yes=True)


def test_end_of_input_is_no_consent():
    with pytest.raises(UsageError):
        person("").confirm("Go on?")


def test_choosing_by_number_or_key_asks_again_after_nonsense():
    choices = [("oauth", "in the browser"), ("token", "a token")]
    assert person("9\nnope\n2\n").choose("How", choices, "--auth") == "token"
    assert person("oauth\n").choose("How", choices, "--auth") == "oauth"


def test_a_closed_pipe_is_exit_0():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(ClosedPipe) as caught:
        Streams(stdout=Gone()).write("x")
    assert caught.value.code == 0


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_stderr_that_is_closed_or_full_does_not_stop_the_run(error):
    class Gone(io.StringIO):
        def write(self, text):
            raise error

    streams = Streams(stderr=Gone())
    streams.warn("nobody hears")
    assert not streams.quiet
