"""`casb detect` over files whose truth is written here: planted values with right check digits, and their absence."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import zipfile

import pytest

CARD = "4539 1488 0343 6467"
"""Right by Luhn: 4+5+6+9+... of the doubled digits ends in 0; 6468 is wrong."""
FIELDS = ["detector", "severity", "confidence", "excerpt", "file", "place", "start", "end", "fingerprint"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "files"
    made.mkdir()
    (made / "card.txt").write_text(f"first line\nvisa card {CARD}\n")
    (made / "clean.txt").write_text(f"not a card: {CARD[:-1]}8\n")
    return made


def test_a_row_per_match_with_place_and_offsets(casb, folder):
    ran = casb("detect", folder, "-o", "jsonl")
    assert ran.code == 0, ran
    [row] = ran.rows
    assert list(row) == FIELDS
    assert (row["detector"], row["severity"], row["file"]) == ("payment-card", "high", str(folder / "card.txt"))
    assert (row["place"], row["start"], row["end"]) == ("line 2, column 11", 21, 40)
    assert row["excerpt"].endswith("6467")
    assert CARD not in ran.out + ran.err
    assert CARD.replace(" ", "") not in ran.out + ran.err
    assert "2 files, 1 match" in ran.err


def test_the_same_value_has_the_same_fingerprint_and_no_instance_is_needed(casb, folder):
    (folder / "again.csv").write_text(f"name,card\nx,{CARD.replace(' ', '')}\n")
    rows = casb("detect", folder, "-o", "jsonl").rows
    assert len(rows) == 2
    assert len({row["fingerprint"] for row in rows}) == 1


@pytest.mark.parametrize(("severity", "code"), [("critical", 0), ("high", 10), ("low", 10)])
def test_fail_on(casb, folder, severity, code):
    assert casb("detect", folder, "--fail-on", severity).code == code


def test_what_a_condition_leaves_out_does_not_count(casb, folder):
    ran = casb("detect", folder, "--fail-on", "low", "--where", "!ends_with(file, 'card.txt')", "-o", "jsonl")
    assert (ran.code, ran.rows) == (0, [])
    assert casb("detect", folder, "--fail-on", "low", "--where", "ends_with(file, 'card.txt')").code == 10


def test_a_severity_that_is_none(casb, folder):
    ran = casb("detect", folder, "--fail-on", "awful")
    assert ran.code == 2
    assert "critical" in ran.err


def test_standard_input(casb):
    ran = casb("detect", "-", "-o", "jsonl", "--fields", "file,start,end", stdin=f"card {CARD}")
    assert (ran.code, ran.out) == (0, '{"file":"-","start":5,"end":24}\n')


def test_standard_input_twice_is_refused(casb):
    assert casb("detect", "-", "-").code == 2


def test_a_missing_file_is_no_clean_file(casb, folder):
    ran = casb("detect", folder / "nowhere.txt")
    assert ran.code == 1
    assert "nowhere.txt: skipped: unreadable" in ran.err
    ran = casb("detect", folder, folder / "nowhere.txt", "-o", "jsonl")
    assert ran.code == 3
    assert len(ran.rows) == 1
    assert casb("detect", folder, folder / "nowhere.txt", "--fail-on", "high").code == 11


def test_what_holds_no_text_is_counted_and_not_missed(casb, folder):
    (folder / "empty.txt").write_bytes(b"")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    ran = casb("detect", folder)
    assert ran.code == 0
    assert "without text: 1 empty, 1 unsupported\n" in ran.err
    assert "not wholly inspected" not in ran.err, "all that there is was inspected, and the exit code says so"
    assert "picture.png" not in ran.err
    assert "picture.png: skipped: unsupported" in casb("detect", folder, "-v").err


def test_a_part_that_cannot_be_opened_makes_it_partial(casb, folder):
    with zipfile.ZipFile(folder / "two.zip", "w") as archive:
        archive.writestr("card.txt", f"card {CARD}")
        archive.writestr("broken.docx", b"PK\x03\x04 this is no archive at all")
    ran = casb("detect", folder / "two.zip", "-o", "jsonl")
    assert [row["place"] for row in ran.rows] == ["card.txt, line 1, column 6"]
    assert ran.code == 3, "a part of it was not inspected"
    assert "two.zip: partial" in ran.err


def test_a_part_that_holds_no_text_is_not_missed(casb, folder):
    with zipfile.ZipFile(folder / "three.zip", "w") as archive:
        archive.writestr("card.txt", f"card {CARD}")
        archive.writestr("a.class", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(range(256)))
        archive.writestr("empty", b"")
    ran = casb("detect", folder / "three.zip", "-o", "jsonl")
    assert len(ran.rows) == 1
    assert ran.code == 0
    assert "three.zip: partial" not in ran.err
    assert "without text: 1 unsupported in part" in ran.err, "it is counted all the same"
    assert "three.zip: a.class: unsupported" in casb("detect", folder / "three.zip", "-v").err


def test_only_the_detectors_that_were_asked_for(casb, folder):
    assert casb("detect", folder, "--detector", "iban", "-o", "jsonl").rows == []
    ran = casb("detect", folder, "--detector", "ibn")
    assert ran.code == 2
    assert "casb detectors list" in ran.err


def test_a_limit_says_that_the_look_ended_early(casb, folder):
    (folder / "two.txt").write_text(f"card {CARD}\ncard {CARD}\n")
    ran = casb("detect", folder / "card.txt", folder / "card.txt", "--limit", "1", "-o", "jsonl")
    assert len(ran.rows) == 1
    assert "ended at --limit: files after it were not inspected" in ran.err
    assert "the file has more matches" in casb("detect", folder / "two.txt", "--limit", "1").err
    assert "ended at --limit" not in casb("detect", folder / "two.txt", "--limit", "2").err
    assert "ended at --limit" not in casb("detect", folder / "card.txt", "--limit", "1").err


def test_a_limit_ends_the_look(casb, folder, monkeypatch):
    from casb_cli.scan import inspect_local

    opened = []
    real = inspect_local._content
    monkeypatch.setattr(inspect_local, "_content", lambda file, most: opened.append(file) or real(file, most))
    for number in range(300):
        (folder / f"z{number}.txt").write_text("x")
    assert casb("detect", folder, "--limit", "1", "--workers", "1").code == 0
    assert len(opened) < 200


@pytest.mark.parametrize(("gate", "code"), [((), 3), (("--fail-on", "high"), 11)])
def test_a_reader_that_goes_before_all_is_told_is_told_by_the_exit_code(folder, gate, code):
    for number in range(40):
        (folder / f"n{number}.txt").write_text(f"card {CARD}\n" * 200)
    arguments = " ".join([sys.executable, "-m", "casb_cli", "detect", str(folder), "-o", "jsonl", *gate])
    line = f"set -o pipefail; {arguments} | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "ended early" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("globs", "left"),
    [
        (["*.txt"], ["b/c.md", "b/d/e.md"]),
        (["c*"], ["a.txt", "b/d/e.md"]),
        (["b/d"], ["a.txt", "b/c.md"]),
        (["./b/*.md"], ["a.txt"]),
        (["d/", "a.txt"], ["b/c.md"]),
        (["b/a.txt", "B"], ["a.txt", "b/c.md", "b/d/e.md"]),
    ],
)
def test_what_is_excluded_is_left_out_and_counted(casb, tmp_path, globs, left):
    top = tmp_path / "top"
    (top / "b" / "d").mkdir(parents=True)
    for name in ("a.txt", "b/c.md", "b/d/e.md"):
        (top / name).write_text(f"card {CARD}")
    ran = casb("detect", f"{top}/", *(word for glob in globs for word in ("--exclude", glob)), "-o", "jsonl")
    assert [row["file"].removeprefix(f"{top}/") for row in ran.rows] == left
    assert ("left out by --exclude" in ran.err) == (len(left) < 3)
    assert casb("detect", top / "a.txt", "--exclude", "*", "-o", "jsonl").rows, "what was named is always inspected"


def test_what_has_no_content_is_left_out_of_folders(casb, folder):
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "socket"))
        (folder / "link").symlink_to("nowhere")
        ran = casb("detect", folder)
    assert ran.code == 0
    assert "2 files, 1 match" in ran.err


def test_a_pipe_given_by_name_is_read_to_its_end(casb, folder):
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb") as out:
        out.write(f"card {CARD}".encode())
        out.close()
        [row] = casb("detect", f"/dev/fd/{reading}", "-o", "jsonl").rows
    assert (row["file"], row["place"]) == (f"/dev/fd/{reading}", "line 1, column 6")
    os.mkfifo(folder / "pipe")

    def writer():
        with (folder / "pipe").open("wb", buffering=0) as out:  # opens when somebody reads
            out.write(b"card ")
            out.write(CARD.encode())

    late = threading.Thread(target=writer)
    late.start()
    ran = casb("detect", folder / "pipe", "-o", "jsonl")
    late.join()
    assert [one["place"] for one in ran.rows] == ["line 1, column 6"]


def test_what_cannot_be_read_to_an_end_is_told_at_once(casb, folder):
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "socket"))
        ran = casb("detect", folder / "pipe", folder / "socket", "/dev/zero", "/dev/null")
    assert ran.code == 1
    assert "pipe: skipped: unreadable: a pipe, and nothing writes to it" in ran.err
    assert "socket: skipped: unreadable: a socket" in ran.err
    assert "/dev/zero: skipped: unreadable: a device" in ran.err
    assert "/dev/null" not in ran.err, "it is empty, and nothing is missed"


def test_without_a_place_for_a_key_it_works_all_the_same(casb, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_STATE_DIR", "/proc/nowhere/state")
    monkeypatch.setenv("CASB_CONFIG_DIR", "/proc/nowhere/config")
    ran = casb("detect", folder, "--fail-on", "high", "-o", "jsonl")
    assert ran.code == 10
    assert "those of this run only" in ran.err
    ran = casb("detect", folder, "--baseline", tmp_path / "known.json")
    assert ran.code == 1
    assert "CASB_CONFIG_DIR" in ran.err


def test_a_key_that_is_there_needs_no_place_to_write(casb, folder, monkeypatch):
    first = casb("detect", folder, "-o", "jsonl").rows
    monkeypatch.setenv("CASB_STATE_DIR", "/proc/nowhere/state")
    ran = casb("detect", folder, "-o", "jsonl")
    assert ran.rows == first
    assert "warning" not in ran.err


@pytest.mark.parametrize("option", ["--baseline", "--detectors"])
def test_a_working_directory_that_is_gone(casb, folder, tmp_path, monkeypatch, option):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    ran = casb("detect", folder, option, "file")
    assert ran.code == 2
    assert "working directory no longer exists" in ran.err


def test_a_deadline_of_no_time_is_none(casb, folder):
    ran = casb("detect", folder, "--deadline", "0s")
    assert ran.code == 2
    assert "--deadline" in ran.err


def test_an_empty_path_is_no_folder_without_matches(casb, folder):
    ran = casb("detect", folder, "")
    assert ran.code == 2
    assert "unset" in ran.err


def test_a_look_that_is_broken_off_says_how_far_it_came(casb, folder, monkeypatch):
    from casb_cli.ui import output

    take = output.Output._take

    def interrupted(self, row):
        take(self, row)
        raise KeyboardInterrupt

    monkeypatch.setattr(output.Output, "_take", interrupted)
    ran = casb("detect", folder, "--fail-on", "high")
    assert ran.code == 130
    assert "ended early, after 1 file, 1 match: what comes behind was not inspected" in ran.err
    assert "payment-card" in ran.out


def test_a_closed_standard_input_is_no_clean_one(casb, monkeypatch):
    monkeypatch.setattr(sys, "__stdin__", None)
    ran = casb("detect", "-", "--fail-on", "low")
    assert ran.code == 2
    assert "closed" in ran.err
