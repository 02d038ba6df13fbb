"""Local files, folders and standard input, through the workers."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest
from scan_scanner import CARDS

from casb_cli.core.errors import UnknownName
from casb_cli.scan.detect import describe
from casb_cli.scan.detect.examples import card
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.inspect import inspect_stream
from casb_cli.scan.inspect_local import detect_paths, rows
from casb_cli.scan.workers import WorkerPool
from casb_cli.scan.workers_content import Content
from casb_cli.store.paths import cache_dir

NUMBER = card("4539")


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(key=b"k" * 32, cache_dir=str(cache_dir()), workers=2) as made:
        yield made


def test_a_folder_tells_of_the_files_in_it(pool, tmp_path):
    (tmp_path / "locales").mkdir()
    for folder in (tmp_path, tmp_path / "locales"):
        (folder / "app.yml").write_text("  password: Vygeneruj\n")
    found = list(detect_paths([str(tmp_path)], pool))
    assert [len(f.result.matches) for f in found] == [1, 0]


def test_folders_files_and_stdin_in_order(pool, tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x").write_text(f"card {NUMBER}")
    (tmp_path / "b" / "two.txt").write_text(f"x\ncard {NUMBER} and card {NUMBER}")
    (tmp_path / "a.txt").write_text("nothing")
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    (tmp_path / "na\nme").write_text("also nothing")
    found = list(detect_paths([str(tmp_path), "-"], pool, stdin=io.BytesIO(f"card {NUMBER}".encode())))
    assert [os.path.relpath(f.file, tmp_path) if f.file != "-" else "-" for f in found] == [
        "a.txt",
        "na\nme",
        "b/two.txt",
        "-",
    ]
    out = [row for f in found for row in rows(f)]
    assert [(row["file"].rsplit("/", 1)[-1], row["place"], row["start"], row["end"]) for row in out] == [
        ("two.txt", "line 2, column 6", 7, 23),
        ("two.txt", "line 2, column 32", 33, 49),
        ("-", "line 1, column 6", 5, 21),
    ]
    assert list(out[0]) == [
        "detector",
        "severity",
        "confidence",
        "excerpt",
        "file",
        "place",
        "start",
        "end",
        "count",
        "width",
        "fingerprint",
    ]
    assert NUMBER not in str(out)


def test_what_cannot_be_read_is_a_result(pool, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    found = list(detect_paths([str(tmp_path / "missing"), str(tmp_path / "pipe"), "/dev/zero"], pool))
    assert [(f.result.outcome, f.result.reason) for f in found] == [("skipped", "unreadable")] * 3
    assert found[0].result.detail == "No such file or directory"


def test_every_one_of_very_many_matches_is_told(pool, tmp_path):
    # More than all batches that wait at once, in more files than there are workers: none may wait for another.
    for name in "abcde":
        lines = (f"card {NUMBER}" if number % 3 else f"mail u{number}@example.org" for number in range(7_000))
        (tmp_path / name).write_text("\n".join(lines))
    starts, done = {}, []
    for found in detect_paths([str(tmp_path)], pool):
        assert found.file not in done
        done += [] if found.more else [found.file]
        for row in rows(found):
            if row["detector"] == "payment-card":
                starts.setdefault(row["file"], []).append(row["place"])
    assert [file.rsplit("/", 1)[-1] for file in done] == list("abcde")
    expected = [f"line {number + 1}, column 6" for number in range(7_000) if number % 3]
    assert all(starts[file] == expected for file in done)


def test_who_looks_no_further_leaves_no_worker_waiting(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(f"card {NUMBER}\n" * 6_000)
    with WorkerPool(key=b"k" * 32, cache_dir=str(cache_dir()), detectors=("payment-card",), workers=2) as pool:
        found = detect_paths([str(tmp_path)], pool)
        assert next(found).more
        found.close()


def test_what_is_left_out_is_counted():
    content = f"card {NUMBER}\n".encode() * 1_500
    result = inspect_stream(content, name="a.txt", scanner=CARDS, key=bytes(32), every=True)
    assert len(result.matches) == 1_000
    assert result.untold == {"payment-card": 500}


def test_many_files_do_not_exhaust_descriptors(pool, tmp_path):
    import resource

    for number in range(300):
        (tmp_path / f"{number:03}").write_text(f"card {NUMBER}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = len(list(Path("/dev/fd").iterdir())) + 60  # this process may hold many of other tests
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, most), hard))
    try:
        assert sum(len(f.result.matches) for f in detect_paths([str(tmp_path)], pool)) == 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_detectors_are_described():
    names = [row["id"] for row in describe.listed()]
    assert names == sorted(names)
    assert {
        "payment-card",
        "iban",
        "us-ssn",
        "email-bulk",
        "private-key",
        "aws-access-key",
        "github-token",
        "slack-token",
        "high-entropy-assignment",
    } <= set(names)
    about = describe.shown("iban")
    assert about["reference"] == "ISO 13616"
    with pytest.raises(UnknownName, match="nope"):
        describe.shown("nope")


def test_detectors_hold_to_their_examples():
    checks = list(describe.checked(("iban", "slack-token"), (), str(cache_dir())))
    assert {c.detector for c in checks} == {"iban", "slack-token"}
    assert {c.expected for c in checks} == {True, False}
    assert all(c.right for c in checks)


def test_a_name_that_is_no_text_is_inspected_and_named_exactly(pool, tmp_path):
    file = tmp_path / os.fsdecode(b"\xff\xe4.txt")
    file.write_text(f"card {NUMBER}")
    [found] = detect_paths([str(tmp_path)], pool)
    assert found.file == str(file)
    assert [row["detector"] for row in rows(found)] == ["payment-card"]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc")
def test_a_file_that_tells_no_size_is_read(pool):
    # The kernel writes the process's name on demand; the size of the file is told as 0.
    made_up = Path("/proc/self/comm")
    [found] = detect_paths([str(made_up)], pool)
    assert made_up.stat().st_size == 0
    assert (found.result.outcome, found.result.size) == ("done", len(made_up.read_bytes()))


def test_a_file_beyond_what_a_scan_fetches_is_inspected(pool, tmp_path):
    limits = Limits(max_size=1 << 20, wall=0.5, cpu=0.5)
    (tmp_path / "large.log").write_bytes(b"a line of a log\n" * (1 << 19) + f"card {NUMBER}\n".encode())
    [found] = detect_paths([str(tmp_path / "large.log")], pool, limits=limits)
    assert (found.result.outcome, [row["place"] for row in rows(found)]) == ("done", ["line 524289, column 6"])


def test_of_an_input_without_end_the_beginning_is_inspected(pool):
    stdin = io.BytesIO(f"card {NUMBER}\n".encode() + bytes(3 << 20))
    found = list(detect_paths(["-"], pool, stdin=stdin, limits=Limits(max_size=2 << 20)))
    assert (found[-1].result.outcome, found[-1].result.reason) == ("partial", "too-large")
    assert found[-1].result.detail == "only the first 2 MiB were read"
    assert [row["detector"] for one in found for row in rows(one)] == ["payment-card"]
    stdin = io.BytesIO(f"card {NUMBER}\n".encode().ljust(1 << 20, b"."))
    [found] = detect_paths(["-"], pool, stdin=stdin, limits=Limits(max_size=1 << 20))
    assert (found.result.outcome, found.result.size) == ("done", 1 << 20)


def test_no_room_for_what_is_read_from_a_pipe_is_told_as_that(pool, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Content, "write", full)
    [found] = detect_paths(["-"], pool, stdin=io.BytesIO(b"text"))
    assert (found.result.outcome, found.result.reason) == ("skipped", "unreadable")
    assert "TMPDIR" in found.result.detail


def test_one_end_of_input_is_enough(pool):
    class Terminal(io.RawIOBase):
        """Gives a line, then its end once: asked again it would wait for the person."""

        def __init__(self):
            self.gives = [f"card {NUMBER}\n".encode(), b""]

        def readable(self):
            return True

        def readinto(self, buffer):
            data = self.gives.pop(0)
            buffer[: len(data)] = data
            return len(data)

    [found] = detect_paths(["-"], pool, stdin=io.BufferedReader(Terminal()))
    assert [row["detector"] for row in rows(found)] == ["payment-card"]
