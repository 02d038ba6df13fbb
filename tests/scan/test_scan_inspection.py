"""Content: fetched once, in bulk where possible, and every file ends in a state with a reason."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from scan_fake import FakeConnector, FakeInstance, FakePool, Provider, refusal

from casb_cli.core.capabilities import ReadFile, Unscannable, needs
from casb_cli.core.errors import BadAnswer, ObjectMissing, SignInNeeded, Unavailable
from casb_cli.core.models import File
from casb_cli.scan.inspection import Inspector, findings_of
from casb_cli.scan.results import not_inspected


@pytest.fixture
def provider():
    return Provider()


def keep(store, instance, *files):
    store.inventory.write_changes(instance.key, files, feed="", cursor=None)


def file(id_, content=b"x", **more):
    return File(**{"id": id_, "name": id_, "size": len(content), "hash": f"h:{id_}", "sharing": "private", **more})


def inspect(store, instance, pool=None, **more):
    inspector = Inspector(instance, store, pool or FakePool(), threading.Event(), **more)
    inspector.run()
    return inspector


class Bulk(FakeConnector):
    """Reads files together; what `broken` names breaks off in the middle of the bulk."""

    broken = None
    alone: list = []  # noqa: RUF012 - each test sets its own

    def bulk_key(self, file):
        return "all"

    def read_many(self, files):
        for one in files:
            if one.id == self.broken:

                def chunks():
                    yield b"half"
                    raise Unavailable("the content broke off", call="GET /archive")

                yield one, chunks()
            else:
                yield one, iter([b"x"])

    @needs("GET /content", any_of={"*": ["content"]})
    @contextmanager
    def read_file(self, file):
        self.alone.append(file.id)
        yield iter([b"x"])


def test_a_bulk_that_breaks_off_leaves_no_file_unread(store, provider):
    class Broken(Bulk):
        broken, alone = "f3", []

    instance = FakeInstance(provider, connector=Broken)
    keep(store, instance, *(file(f"f{n}") for n in range(6)))
    assert inspect(store, instance).settled == {"done": 6}
    assert "f3" in Broken.alone
    assert store.files.waiting(instance.key) == 0


def test_the_most_exposed_files_are_read_first(store, provider):
    instance = FakeInstance(provider)
    provider.files = {level: {f"{level}/1": b"x"} for level in ("private", "internal", "external", "public")}
    keep(store, instance, *(file(f"{level}/1", sharing=level) for level in provider.files))
    import casb_cli.scan.inspection as module

    before, module.FETCHERS = module.FETCHERS, 1
    try:
        inspect(store, instance)
    finally:
        module.FETCHERS = before
    read = [name.split()[-1] for name in provider.calls if name.startswith("GET /content")]
    assert read[:2] == ["public/1", "external/1"]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Unscannable("symlink"), ("skipped", "symlink")),
        (refusal("GET /content", ObjectMissing), ("skipped", "vanished")),
        (refusal("GET /content"), ("failed", "denied")),
        (refusal("GET /content", Unavailable), ("failed", "unavailable")),
        (refusal("GET /content", BadAnswer), ("failed", "bad-answer")),
    ],
)
def test_each_way_to_fail_is_a_state_with_a_reason(store, provider, error, state):
    provider.refused["GET /content"] = error
    instance = FakeInstance(provider)
    keep(store, instance, file("a/1"))
    inspect(store, instance)
    assert store.files.summary(instance.key) == {state: 1}


def test_a_rejected_credential_ends_the_inspection_and_the_file_goes_on_waiting(store, provider):
    provider.refused["GET /content"] = refusal("GET /content", SignInNeeded)
    instance = FakeInstance(provider)
    keep(store, instance, file("a/1"))
    assert isinstance(inspect(store, instance).halted, SignInNeeded)
    assert store.files.waiting(instance.key) == 1


def test_what_is_too_large_or_empty_is_not_fetched(store, provider):
    instance = FakeInstance(provider)
    keep(store, instance, file("a/1", size=10_000), file("a/2", size=0))
    inspect(store, instance, max_fetch=100)
    assert store.files.summary(instance.key) == {("skipped", "too-large"): 1, ("done", None): 1}
    assert provider.calls == []


def test_a_clean_twin_is_not_fetched(store, provider):
    instance = FakeInstance(provider)
    keep(store, instance, file("a/1", hash="h:same"))
    inspect(store, instance)
    keep(store, instance, file("a/2", hash="h:same"))
    provider.calls.clear()
    inspect(store, instance)
    assert provider.calls == []
    inspect(store, instance, again=True)
    assert store.files.summary(instance.key) == {("done", None): 2}


def test_a_file_that_begins_to_wait_behind_the_position_is_read_in_the_same_run(store, provider):
    instance = FakeInstance(provider)
    provider.files = {"a": {f"a/{n}": b"x" for n in range(40)}}
    keep(store, instance, *(file(f"a/{n}") for n in range(40)))
    inspect(store, instance)
    inspector = Inspector(instance, store, FakePool(), threading.Event())
    more = threading.Event()

    def change():
        time.sleep(0.2)
        keep(store, instance, file("a/1", hash="h:new"))
        more.set()

    threading.Thread(target=change).start()
    inspector.run(until=lambda: not more.is_set())
    assert inspector.settled == {"done": 1}
    assert store.files.waiting(instance.key) == 0


def test_a_stop_leaves_the_rest_waiting_and_no_thread(store, provider):
    instance = FakeInstance(provider)
    provider.files = {"a": {f"a/{n}": b"x" for n in range(200)}}
    keep(store, instance, *(file(f"a/{n}") for n in range(200)))
    stop = threading.Event()
    provider.on = {f"GET /content a/{n}": stop.set for n in range(30, 40)}
    Inspector(instance, store, FakePool(), stop).run()
    assert 0 < store.files.waiting(instance.key) < 200
    assert not [one for one in threading.enumerate() if one.name.startswith("fetch")]


def test_an_app_without_content_inspects_nothing(store, provider):
    class Blind(FakeConnector):
        pass

    instance = FakeInstance(provider)
    instance.connector_class = object
    assert inspect(store, instance).settled == {}
    assert issubclass(Blind, ReadFile)


def test_findings_of_a_file_are_one_for_each_detector_with_the_worst_match():
    from casb_cli.scan.results import InspectResult, Match

    def match(detector, severity, fingerprint):
        fields = {
            "detector": detector, "severity": severity, "confidence": "high", "excerpt": f"***{fingerprint}",
            "place": "line 1", "start": 0, "end": 4, "length": 4, "fingerprint": fingerprint,
        }  # fmt: skip
        names = Match.__struct_fields__
        return Match(**{name: value for name, value in fields.items() if name in names})

    result = InspectResult(
        outcome="done", matches=(match("card", "low", "1"), match("card", "high", "2"), match("key", "low", "3")),
        totals={"card": 9},
    )  # fmt: skip
    found = {one.detector: one for one in findings_of(file("a/1"), result)}
    assert (found["card"].severity, found["card"].count, found["card"].excerpt) == ("high", 9, "***2")
    assert found["key"].count == 1
    assert len({one.id for one in found.values()}) == 2


def test_a_file_whose_worker_was_ended_by_a_stop_goes_on_waiting(store, provider):
    """Who interrupts a scan ends its workers: that says nothing of the files that these had."""
    stop = threading.Event()

    class Ended(FakePool):
        def submit(self, task, content):
            stop.set()
            done = super().submit(task, content)
            done._result = not_inspected("crashed", "killed")
            return done

    provider.files = {"a": {"a/1": b"x"}}
    instance = FakeInstance(provider)
    keep(store, instance, file("a/1"))
    Inspector(instance, store, Ended(), stop).run()
    assert store.files.waiting(instance.key) == 1
    assert inspect(store, instance).settled == {"done": 1}
