from __future__ import annotations

import csv
import io
import json
import re
import threading
from contextlib import contextmanager

import pytest
from harness import PATIENCE, wait_until
from hypothesis import given, settings
from hypothesis import strategies as st

from casb_cli.core.errors import UnknownName, UsageError
from casb_cli.core.models import Account, File, Membership
from casb_cli.ui.formats import json_text
from casb_cli.ui.output import Output, render_row, show
from casb_cli.ui.streams import ClosedPipe, Streams
from casb_cli.ui.table import cell

HOSTILE = (
    "\x1b[31mred\x1b]8;;https://evil.example\x07",
    "[bold red]markup[/]",
    "two\nlines\r\n",
    "=cmd()|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "-1",
    "\tTab",
    "'=quoted",
    "\u202egpj.exe",
    "\u2028sep\u2029",
    "\x9b31m",
    "nul\x00",
    'quo"te, comma',
    " padded ",
    "../..//%2F+",
    "日本語",
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def pipe():
    return Streams(stdout=io.StringIO(newline=""), stderr=io.StringIO())


@pytest.fixture
def tty(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return Streams(stdout=Terminal(newline=""), stderr=Terminal())


def told(streams):
    return streams.err.getvalue()


def printed(streams):
    text = streams.out.getvalue()
    streams.out.seek(0)
    streams.out.truncate()
    return text


def account(id_="1", **fields):
    return render_row(Account(id=id_, **fields), "box", "prod")


def output(to, format_="jsonl", **rest):
    return Output("account", format_, to=to, **rest)


def objects(streams):
    return [json.loads(line) for line in streams.out.getvalue().splitlines()]


def uncsv(value):
    """What docs tell a reader to do: one leading quote before a formula character is not there."""
    return value[1:] if re.match(r"'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", value) else value


# rows


def test_a_row_begins_with_its_reference_and_ends_with_what_is_unknown():
    row = account("1 0%", login="ann", mfa=None, unknown=("mfa",))
    assert list(row) == [
        "ref", "app", "instance", "id", "login", "email", "name", "status", "is_admin", "mfa", "external",
        "last_login", "created", "profile", "unknown",
    ]  # fmt: skip
    assert row["ref"] == "box:prod:account:1%200%25"
    assert row["unknown"] == ["mfa"]


def test_local_references_become_full_ones():
    row = render_row(Membership(id="7", group="g", group_ref="group:5", member_ref="account:a%20b"), "github", "x")
    assert row["group_ref"] == "github:x:group:5"
    assert row["member_ref"] == "github:x:account:a%20b"


def test_an_absent_reference_stays_null_and_internal_fields_stay_inside():
    row = render_row(File(id="1", locator={"branch": "main"}), "github", "x")
    assert row["owner_ref"] is None
    assert "locator" not in row


# choosing


def test_fields_are_printed_in_the_order_asked_for(pipe):
    output(pipe, fields="name, ref").write([account(name="Ann")])
    assert pipe.out.getvalue() == '{"name":"Ann","ref":"box:prod:account:1"}\n'


@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv"])
def test_an_unknown_field_is_refused_before_anything_is_printed(pipe, format_):
    with pytest.raises(UnknownName, match="`nope` is no field of account") as caught:
        output(pipe, format_=format_, fields="ref,nope")
    assert caught.value.exit_code == 2
    assert "last_login" in caught.value.hint
    assert pipe.out.getvalue() == ""


def test_no_field_at_all_is_refused(pipe):
    with pytest.raises(UsageError, match="names no field"):
        output(pipe, fields=" , ")


def test_the_limit_stops_reading_and_closes_the_source(pipe):
    closed = []

    def rows():
        try:
            for number in range(100):
                assert number < 3, "read beyond the limit"
                yield account(str(number))
        finally:
            closed.append(True)

    assert output(pipe, limit=3).write(rows()) == 3
    assert closed == [True]
    assert [row["id"] for row in objects(pipe)] == ["0", "1", "2"]


def test_the_limit_counts_printed_rows_not_read_ones(pipe):
    rows = [account(str(n), is_admin=n % 2 == 1) for n in range(10)]
    output(pipe, limit=2, where="is_admin").write(rows)
    assert [row["id"] for row in objects(pipe)] == ["1", "3"]


def test_pages_can_be_added_until_the_limit(pipe):
    out = output(pipe, limit=3)
    with out:
        assert out.add([account("1"), account("2")])
        assert not out.add([account("3"), account("4")])
        assert not out.add([account("5")])
    assert [row["id"] for row in objects(pipe)] == ["1", "2", "3"]


def test_rows_whose_deciding_field_is_unknown_are_left_out_and_counted(pipe):
    rows = [
        account("1", mfa=False),
        account("2", mfa=None, unknown=("mfa",)),
        account("3", mfa=None),
        account("4", mfa=True),
    ]
    out = output(pipe, where="!mfa")
    out.write(rows)
    assert [row["id"] for row in objects(pipe)] == ["1", "3"]
    assert out.left_out == 1
    assert told(pipe) == "warning: 1 row is left out: the provider doesn't tell `mfa` there\n"


# formats


def test_json_is_an_array_whatever_comes(pipe):
    output(pipe, format_="json").write([])
    assert json.loads(pipe.out.getvalue()) == []


def test_json_array_is_closed_when_the_source_fails_after_some_rows(pipe):
    def rows():
        yield account("1")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        output(pipe, format_="json").write(rows())
    assert [row["id"] for row in json.loads(pipe.out.getvalue())] == ["1"]


@pytest.mark.parametrize("format_", ["json", "csv", "table"])
def test_nothing_is_printed_when_the_source_fails_before_the_first_row(pipe, format_):
    def rows():
        raise RuntimeError("broken")
        yield

    with pytest.raises(RuntimeError):
        output(pipe, format_=format_).write(rows())
    assert pipe.out.getvalue() == ""


def test_csv_has_its_header_even_without_rows(pipe):
    output(pipe, format_="csv", fields="ref,login").write([])
    assert pipe.out.getvalue() == "ref,login\n"


def test_csv_writes_booleans_lists_and_nulls(pipe):
    output(pipe, format_="csv", fields="is_admin,mfa,profile,unknown").write(
        [account(is_admin=True, profile={"a": 1}, unknown=("mfa",)), account(is_admin=False)]
    )
    rows = list(csv.reader(io.StringIO(pipe.out.getvalue(), newline="")))
    assert rows[1:] == [["true", "", '{"a":1}', '["mfa"]'], ["false", "", "{}", ""]]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_keep_their_value_in_json_and_csv(pipe, name):
    output(pipe, format_="json", fields="name").write([account(name=name)])
    assert json.loads(pipe.out.getvalue()) == [{"name": name}]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", pipe.out.getvalue())
    printed(pipe)
    output(pipe, format_="csv", fields="name").write([account(name=name)])
    text = pipe.out.getvalue()
    [[header], [value]] = list(csv.reader(io.StringIO(text, newline="")))
    assert header == "name"
    assert uncsv(value) == name
    assert value[0] not in "=+-@\t\r\n"


@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_never_reach_a_terminal_raw(tty, format_, name):
    tty.color = "never"
    Output("account", format_, fields="ref,name,login", to=tty).write([account(name=name, login="END")])
    text = tty.out.getvalue()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)
    if format_ == "table":
        assert len(text.splitlines()) == 2  # a header and one line: no name begins another
    if name.startswith("[bold"):
        assert name in text  # markup is shown, not obeyed


@pytest.mark.parametrize("name", HOSTILE)
def test_a_piped_table_is_whole_and_one_line_a_row(pipe, name):
    long = name + "x" * 500
    output(pipe, format_="table").write([account("1", name=long), account("2", login="second")])
    lines = pipe.out.getvalue().splitlines()
    assert len(lines) == 3
    assert "x" * 500 in lines[1]
    assert "\x1b" not in pipe.out.getvalue()
    for field in ("REF", "PROFILE", "UNKNOWN", "EXTERNAL"):
        assert field in lines[0]


def test_a_table_tells_unknown_from_absent(pipe):
    output(pipe, format_="table", fields="login,mfa,email").write([account(login="ann", unknown=("mfa",))])
    assert pipe.out.getvalue().splitlines()[1].split() == ["ann", "?"]


def test_columns_stay_aligned(pipe):
    output(pipe, format_="table", fields="login,name").write(
        [account(login="a", name="x"), account(login="日本語", name="y"), account(login="longest", name="z")]
    )
    header, *rows = pipe.out.getvalue().splitlines()
    assert header == "LOGIN    NAME"
    assert rows == ["a        x", "日本語   y", "longest  z"]


def test_a_terminal_table_fits_its_width_and_says_what_it_hides(tty, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    tty.color = "never"
    row = account("12345", login="l" * 30, email="e" * 30, name="n" * 30, status="active", is_admin=True, mfa=True)
    Output("account", to=tty).write([row])
    assert all(len(line) <= 60 for line in tty.out.getvalue().splitlines())
    assert "box:prod:account:12345" in tty.out.getvalue()
    assert "not shown: " in told(tty)
    assert "--fields" in told(tty)


def test_of_a_long_path_a_terminal_shows_the_end(tty, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    tty.color = "never"

    def row(file):
        return {"severity": "high", "detector": "iban", "file": file, "place": "line 1", "excerpt": "****3000"}

    with Output("match", to=tty) as out:
        out.add([row("a.txt")])
        out.flush()  # what comes now has the widths that these rows settled
        out.add([row("/srv/share/日本語/archive-of-the-year-before/statement.pdf"), row("b.txt")])
    lines = tty.out.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert re.search(r"  …[^ ]*/statement\.pdf  line 1", lines[2])
    assert lines[2].index("line 1") == lines[3].index("line 1")


def test_a_terminal_table_has_colour_only_where_wanted(tty, monkeypatch):
    Output("account", to=tty).write([account(login="ann")])
    assert "\x1b[1m" in tty.out.getvalue()
    printed(tty)
    monkeypatch.setenv("NO_COLOR", "1")
    Output("account", to=tty).write([account(login="ann")])
    assert "\x1b" not in tty.out.getvalue()


@pytest.mark.parametrize("format_", ["table", "jsonl", "csv"])
def test_the_first_rows_show_before_the_last_page_arrives(pipe, format_):
    more = threading.Event()

    def rows():
        yield account("1", login="first")
        assert more.wait(PATIENCE)
        yield account("2", login="second")

    done = threading.Thread(target=lambda: output(pipe, format_=format_).write(rows()))
    done.start()
    wait_until(lambda: "first" in pipe.out.getvalue())
    seen = pipe.out.getvalue()
    more.set()
    done.join()
    assert "first" in seen
    assert "second" not in seen
    assert "second" in pipe.out.getvalue()


def test_a_thousand_rows_come_in_order_under_one_header(pipe):
    output(pipe, format_="table", fields="id,login").write(account(str(n), login=f"u{n}") for n in range(1000))
    lines = pipe.out.getvalue().splitlines()
    assert lines[0].split() == ["ID", "LOGIN"]
    assert [line.split()[0] for line in lines[1:]] == [str(n) for n in range(1000)]


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text):
        raise BrokenPipeError

    def flush(self):
        raise BrokenPipeError


@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv"])
def test_a_closed_pipe_ends_the_run_with_0(format_):
    with pytest.raises(ClosedPipe) as caught:
        output(Streams(stdout=Gone()), format_=format_).write(account(str(n)) for n in range(100_000))
    assert caught.value.code == 0


def test_one_row_in_full(pipe):
    show(account(login="ann", name="[b]x\n"), "account", fields="login,name,mfa", to=pipe)
    assert pipe.out.getvalue() == "login: ann\nname:  [b]x\\x0a\nmfa:\n"
    printed(pipe)
    show(account(login="ann"), "account", "json", fields="login", to=pipe)
    assert json.loads(pipe.out.getvalue()) == {"login": "ann"}


def test_what_holds_several_entries_stands_one_below_the_other(pipe):
    row = {"what": ["a, b", "c\n"], "counts": {"done": 4, "seen": None}, "short": ["x", "y"], "none": {}}
    show(row, "account", columns=tuple(row), to=pipe)
    assert pipe.out.getvalue() == (
        "what:   a, b\n        c\\x0a\ncounts: done: 4\n        seen:\nshort:  x, y\nnone:\n"
    )


def test_a_list_in_a_cell_tells_its_entries_apart():
    assert cell("x", {"x": ["main: app, both", "two: token, read"]}) == "main: app, both; two: token, read"
    assert cell("x", {"x": ["a", "b"]}) == "a, b"


TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "login": TEXT,
            "name": st.sampled_from(HOSTILE),
            "email": st.none(),
            "is_admin": st.none() | st.booleans(),
            "profile": st.dictionaries(TEXT, TEXT | st.integers() | st.none() | st.booleans(), max_size=3),
        }
    ),
    max_size=5,
)


@settings(max_examples=60)
@given(rows=ROWS)
def test_json_round_trips_exactly(rows):
    for format_ in ("json", "jsonl"):
        got = _printed(format_, rows)
        back = json.loads(got) if format_ == "json" else [json.loads(line) for line in got.split("\n")[:-1]]
        assert [{name: row[name] for name in rows[0]} if rows else row for row in back] == rows


@settings(max_examples=60)
@given(rows=ROWS)
def test_csv_round_trips_exactly(rows):
    back = list(csv.DictReader(io.StringIO(_printed("csv", rows), newline="")))
    assert len(back) == len(rows)
    for read, row in zip(back, rows, strict=True):
        assert uncsv(read["login"]) == row["login"]
        assert uncsv(read["name"]) == row["name"]
        assert json.loads(read["profile"]) == row["profile"]
        assert read["is_admin"] == {None: "", True: "true", False: "false"}[row["is_admin"]]


def _printed(format_, rows):
    streams = Streams(stdout=io.StringIO(newline=""), stderr=io.StringIO())
    Output("account", format_, to=streams).write(account(**row) for row in rows)
    return streams.out.getvalue()


def test_a_reference_is_never_cut_on_a_terminal_however_late_it_comes(tty):
    tty.color = "never"
    late = "x" * 200
    out = Output("account", fields="ref,login", to=tty)
    with out:
        out.add([account("1", login="first")])
        out.flush()
        out.add([account(late, login="later and longer")])
    assert f"box:prod:account:{late}" in tty.out.getvalue()
    assert "later and longer"[:8] in tty.out.getvalue()


def test_rows_push_the_live_display_aside_a_few_times_not_each(tty):
    class Live:
        paused_times = 0

        @contextmanager
        def paused(self):
            self.paused_times += 1
            yield

    tty.live = Live()
    Output("account", "jsonl", to=tty).write(account(str(n)) for n in range(2000))
    assert len(tty.out.getvalue().splitlines()) == 2000
    assert 1 <= tty.live.paused_times < 50


@pytest.mark.parametrize(
    "value", ["half \ud800 of a pair", 2**70, -(2**70), 2**64, 1e22, [None, True, {"1": "\x1b[31m"}]]
)
def test_json_carries_what_no_other_form_of_it_would(value):
    text = json_text({"a": value})
    assert json.loads(text) == {"a": value}
    assert text.isprintable()
