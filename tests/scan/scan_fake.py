"""An instance whose provider is a table in memory: what it answers, and what it refuses, is the test's."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager

from casb_cli.apps.base import Connector, InstanceFacts
from casb_cli.connect.open import Credential, Environment, OpenInstance
from casb_cli.connect.prove import expected_of
from casb_cli.core.app import App, CredentialSpec
from casb_cli.core.capabilities import (
    FollowFiles,
    ListAccounts,
    ListActivity,
    ListFiles,
    ListFindings,
    ListGrants,
    Page,
    ReadFile,
    Window,
    needs,
)
from casb_cli.core.errors import CursorExpired, NotPermitted
from casb_cli.core.models import Account, Activity, File, Finding, Gone, OwnPermissions, Partition, Tenant
from casb_cli.scan.results import InspectResult
from casb_cli.store.instances import InstanceConfig

FAKE = App(
    key="fake",
    title="Fake",
    auth=(),
    common_fields=(),
    hosts={"api": "https://fake.test"},
    connector="",
    signin="",
    setup="",
)


class Provider:
    """What the imagined provider holds, and which calls it refuses (call: error)."""

    def __init__(self):
        self.accounts = [Account(id="1", login="ana")]
        self.files = {"a": {"a/1": b"one", "a/2": b"two"}, "b": {"b/1": b"three"}}
        self.grants = {"apps": ["g1"], "tokens": ["g2"]}
        self.events = [Activity(id="e1", time="2026-11-01T00:00:00Z")]
        self.alerts = [Finding(id="f1", detector="fake/secret", severity="high")]
        self.refused = {}
        self.blind = set()
        self.changes = []
        self.version = 0
        self.expired = set()
        self.calls = []
        self.on = {}

    def call(self, name):
        self.calls.append(name)
        if name in self.on:
            self.on[name]()
        if name in self.refused:
            raise self.refused[name]

    def change(self, part):
        """Note that a partition's files changed."""
        self.version += 1
        self.changes.append((self.version, part))


def refusal(call, kind=NotPermitted, words="it is forbidden"):
    """Return an error as a provider raises it."""
    return kind(words, call=call, status=403)


class FakeConnector(Connector, ListAccounts, ListGrants, ListActivity, ListFiles, ReadFile, ListFindings, FollowFiles):
    """Reads the table."""

    app = FAKE
    rules = None

    def __init__(self, provider, facts):
        super().__init__(None, facts)
        self.provider = provider

    def prove(self):
        return Tenant(id="t", name="t")

    def check_visibility(self):
        self.provider.call("visibility")
        if self.facts.method in self.provider.blind:
            raise NotPermitted("sees a part only")

    @classmethod
    def expand_scopes(cls, granted):
        return granted

    @needs("GET /accounts", any_of={"*": ["accounts"]})
    def list_accounts(self, part, cursor):
        self.provider.call("GET /accounts")
        yield Page(items=self.provider.accounts)

    @needs("GET /apps", any_of={"*": ["grants"]})
    @needs("GET /tokens", any_of={"*": ["tokens"]})
    def list_grants(self, part, cursor):
        from casb_cli.core.models import Grant

        if part.key == "":
            yield Page(items=(), more=[Partition(key=key) for key in self.provider.grants])
            return
        self.provider.call(f"GET /{part.key}")
        yield Page(items=[Grant(id=one) for one in self.provider.grants[part.key]])

    @needs("GET /events", any_of={"*": ["events"]})
    def list_activity(self, part, cursor, window: Window):
        self.provider.call(f"GET /events {cursor}")
        if cursor in self.provider.expired:
            raise CursorExpired("the position is too old", call="GET /events")
        start = int(cursor or 0)
        yield Page(items=self.provider.events[start:], cursor=str(len(self.provider.events)))

    @needs("GET /files", any_of={"*": ["files"]})
    def list_files(self, part, cursor):
        if part.key == "":
            self.provider.call("GET /files")
            yield Page(items=(), more=[self.part(key) for key in self.provider.files])
            return
        self.provider.call(f"GET /files {part.key}")
        yield Page(items=[self.file(part.key, id_) for id_ in self.provider.files[part.key]])

    def part(self, key):
        return Partition(key=key)

    def file(self, part, id_):
        content = self.provider.files[part][id_]
        return File(id=id_, name=id_, path=f"/{id_}", size=len(content), hash=f"h:{content.hex()}", sharing="private")

    @needs("GET /files", any_of={"*": ["files"]})
    def find_file(self, id_):
        return self.file(id_.partition("/")[0], id_)

    @needs("GET /content", any_of={"*": ["content"]})
    @contextmanager
    def read_file(self, file):
        self.provider.call(f"GET /content {file.id}")
        if "GET /content" in self.provider.refused:
            raise self.provider.refused["GET /content"]
        yield iter([self.provider.files[file.id.partition("/")[0]][file.id]])

    @needs("GET /alerts", any_of={"*": ["files"]})
    def list_findings(self, part, cursor):
        for at, alert in enumerate(self.provider.alerts):
            self.provider.call(f"GET /alerts {at}")
            yield Page(items=[alert])

    @needs("GET /changes", any_of={"*": ["files"]})
    def follow_start(self):
        self.provider.call("GET /changes now")
        return str(self.provider.version)

    @needs("GET /changes", any_of={"*": ["files"]})
    def follow_files(self, part, cursor):
        self.provider.call(f"GET /changes {cursor}")
        if cursor in self.provider.expired:
            raise CursorExpired("the position is too old", call="GET /changes")
        names = [name for version, name in self.provider.changes if version > int(cursor)]
        gone = [Gone(kind="partition", id=name) for name in names if name not in self.provider.files]
        more = [self.part(name) for name in names if name in self.provider.files]
        yield Page(items=gone, more=more, cursor=str(self.provider.version))


ALL = ("accounts", "grants", "tokens", "events", "files", "content")


def credential(name="main", purpose="both"):
    """Return a credential; its name is its sign-in method too."""
    return CredentialSpec(name=name, method=name, purpose=purpose)


def own(*granted, **more):
    """Return permissions as a provider told them."""
    return OwnPermissions(granted=granted, vocabulary="fake", complete=True, **more)


class FakeInstance(OpenInstance):
    """An instance of the imagined app, opened without a configuration."""

    def __init__(self, provider, *, specs=None, owns=None, connector=FakeConnector, name="prod", settings=None):
        specs = specs or (credential(),)
        owns = owns or {spec.name: own(*ALL) for spec in specs}
        config = InstanceConfig(
            app="fake",
            name=name,
            key=f"key-{name}",
            tenant=Tenant(id="t", name="t"),
            credentials=tuple(specs),
            own=owns,
            settings=settings or {},
        )
        import msgspec

        self.config = msgspec.structs.replace(config, expected=expected_of(connector, config))
        self.environment = Environment(secrets=None)
        self.app = FAKE
        self.connector_class = connector
        self._opened = {}
        import threading

        self._lock = threading.Lock()
        self._renewing, self._renewed, self._former = threading.Lock(), True, []
        self.provider = provider
        for spec in specs:
            facts = InstanceFacts(app="fake", name=name, method=spec.method, fields={}, urls={})
            self._opened[spec.name] = Credential(spec, connector(provider, facts), None, owns.get(spec.name), None)

    def calls(self):
        return {}

    def limits(self):
        return []

    def close(self):
        pass


class FakePool:
    """Inspects nothing: every content is clean."""

    detector_set = "d1"

    def __init__(self):
        self.seen = []

    def submit(self, task, content):
        self.seen.append(task.ref)
        content.close()
        done = Future()
        done.set_result(InspectResult(outcome="done"))
        return done
