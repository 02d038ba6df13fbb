from __future__ import annotations

import email
import io
import re
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
import python_calamine
from stdnum import iban, luhn
from stdnum.us import ssn

from casb_cli.sandbox import documents, names, planted
from casb_cli.sandbox.facts import (
    BREAK_GLASS,
    EMPTY_PLACE,
    EXTERNAL_PLACE,
    HOSTILE_PLACE,
    LEAVER,
    OWNER,
    PERSONAL_PLACE,
    PUBLIC_PLACE,
    SERVICE,
    SUSPENDED,
)
from casb_cli.sandbox.world import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world():
    return World(seed=5, now=NOW)


def text_of(kind, data):
    """Read a document the way its own readers do."""
    match kind:
        case "xlsx":
            sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Sheet1")
            return "\n".join(row[1] for row in sheet.to_python())
        case "docx" | "pptx":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                parts = [n for n in archive.namelist() if re.search(r"(document|slide\d+)\.xml$", n)]
                body = "\n".join(archive.read(n).decode() for n in sorted(parts, key=lambda n: (len(n), n)))
            lines = re.findall(r"<(?:w|a):t[^>]*>([^<]*)<", body)
            return "\n".join(lines).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        case "pdf":
            with pypdfium2.PdfDocument(data) as document:
                return "\n".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "\n")
        case "eml":
            return email.message_from_bytes(data).get_payload()[1].get_payload(decode=True).decode()
        case "zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return archive.read("inner/notes.txt").decode()
        case _:
            return data.decode()


def test_the_same_seed_is_the_same_company(world):
    again, other = World(seed=5, now=NOW), World(seed=6, now=NOW)
    library, twin = world.library("github"), again.library("github")
    assert all(library.content(i) == twin.content(i) for i in range(60))
    assert [world.person(i) for i in range(44)] == [again.person(i) for i in range(44)]
    assert [world.event("box", i) for i in range(50)] == [again.event("box", i) for i in range(50)]
    assert [library.content(i) for i in range(20)] != [other.library("github").content(i) for i in range(20)]
    assert library.content(3) != world.library("box").content(3)


def test_the_cast(world):
    assert world.person(OWNER).is_admin
    assert world.person(BREAK_GLASS).is_admin
    assert world.person(SERVICE).kind == "service"
    assert world.person(SUSPENDED).status == "suspended"
    assert world.person(LEAVER).status == "active"
    assert {world.person(i).external for i in world.externals()} == {True}
    people = [world.person(i) for i in range(world.people + world.contractors)]
    assert len({p.login for p in people}) == len(people)
    assert all(p.email.rpartition(".")[2] in {"test", "example"} for p in people)
    library = world.library("github")
    assert library.place(PUBLIC_PLACE).exposure == "public"
    assert library.place(EXTERNAL_PLACE).externals
    assert library.place(EMPTY_PLACE).count == 0


def test_people_span_the_apps(world):
    github, box = set(world.employees("github")), set(world.employees("box"))
    assert github & box > set(range(12))
    assert github - box
    assert box - github
    assert all(world.has_account("github", i) == (i in github) for i in range(world.people))
    assert all(world.has_account("box", i) == (i in box) for i in range(world.people))


def test_every_file_lies_in_exactly_one_place(world):
    library = world.library("box")
    held = [i for j in range(library.places) for i in library.place(j).files]
    assert sorted(held) == list(range(world.files))
    assert all(i in library.place(library.place_of(i)).files for i in range(world.files))


def test_paths_are_unique_in_a_place(world):
    library = world.library("github")
    for number in range(library.places):
        paths = [library.entry(i).path for i in library.place(number).files]
        assert len(set(paths)) == len(paths)


def test_hostile_names_are_there(world):
    found = "\n".join(world.library("github").entry(i).path for i in world.library("github").place(HOSTILE_PLACE).files)
    for name in names.hostile(control=True):
        assert name in found
    box = "".join(world.library("box").entry(i).name for i in world.library("box").place(HOSTILE_PLACE).files)
    assert not any(char in box for char in "/\\\x1b\n")


def test_documents_are_real_and_hold_their_lines(world):
    library, seen = world.library("github"), set()
    for index in range(world.files):
        kind = library.kind(index)
        text = text_of(kind, library.content(index))
        seen.add(kind)
        assert f" {index} of Larkspur Instruments" in text, kind
    assert seen == set(documents.MIME)


def test_known_answers_are_in_the_documents(world):
    patterns = {
        "payment-card": r"card number (\d{16})", "iban": r"to IBAN (DE\d{20})", "us-ssn": r"SSN: ([\d-]{11})",
        "email-bulk": r"(subscriber\.\w+\.\d+@readers\.example)", "private-key": r"(BEGIN RSA PRIVATE) KEY",
        "aws-access-key": r"aws_access_key_id = (AKIA[A-Z2-7]{16})",
        "aws-secret-key": r"aws_secret_access_key = ([0-9A-Za-z+/]{40})", "github-token": r"GITHUB_TOKEN=(ghp_\w{36})",
        "slack-token": r"SLACK_TOKEN=(xoxb-[\w-]+)",
        "high-entropy-assignment": r"api_secret = .{1,8}?([0-9A-Za-z]{40})",
    }  # fmt: skip
    assert set(patterns) == set(planted.DETECTORS)
    library, totals = world.library("github"), dict.fromkeys(patterns, 0)
    for index in range(world.files):
        text = text_of(library.kind(index), library.content(index))
        expected = {p.detector: p.count for p in library.planted(index)}
        for detector, pattern in patterns.items():
            found = re.findall(pattern, text)
            held = expected.get(detector, 0)
            assert len(found) == held, (index, detector, library.kind(index))
            totals[detector] += held
    assert all(totals.values())


def test_planted_numbers_pass_their_checks():
    for n in range(200):
        assert luhn.is_valid(planted.card(1, n))
        assert iban.is_valid(planted.iban(1, n))
        assert ssn.is_valid(planted.ssn(1, n))
        assert re.fullmatch(r"ghp_[0-9A-Za-z]{36}", planted.github_token(1, n))


def test_near_misses_pass_no_check():
    for n in range(300):
        line = planted.near_miss(1, n)
        for digits in re.findall(r"\b\d{16}\b", line):
            assert not luhn.is_valid(digits)
        for number in re.findall(r"\bDE\d{20}\b", line):
            assert not iban.is_valid(number)
        for number in re.findall(r"\b\d{3}-\d{2}-\d{4}\b", line):
            assert not ssn.is_valid(number)


def test_exposure_of_files(world):
    library = world.library("box")
    first = library.place(PERSONAL_PLACE).first
    own = [library.own_exposure(first + n) for n in range(4)]
    assert own == [None, "public", "internal", "external"]
    assert library.effective_exposure(first) == "private"
    assert library.effective_exposure(first + 1) == "public"
    assert library.effective_exposure(library.place(PUBLIC_PLACE).first) == "public"


def test_events_end_now_and_are_found_by_time(world):
    times = [world.event_time(i) for i in range(world.events)]
    assert times == sorted(times)
    assert times[-1] == world.now
    assert times[0] >= world.now - timedelta(days=60)
    for moment in (times[0], times[7], times[7] + timedelta(seconds=1), times[-1]):
        assert world.events_since(moment) == sum(t < moment for t in times)
    assert {world.event("github", i).kind for i in range(30)} == {"logon", "user", "admin"}


def test_a_huge_company_costs_nothing_until_asked():
    tracemalloc.start()
    world = World(people=100_000, files=1_000_000)
    library = world.library("github")
    for index in range(500_000, 502_000):
        library.entry(index)
        library.sums(index)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
    assert library.place(library.place_of(999_999)).files[-1] == 999_999
    assert world.person(99_999).email.endswith(".example")


def test_the_cast_must_fit():
    with pytest.raises(ValueError, match="at least 12"):
        World(people=3)
    assert list(World(files=0).library("box").place(0).files) == []
