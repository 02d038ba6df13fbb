"""A credential that lacks a scope: what that hides is told by the scope's name, and never passes for an empty list.

Which scopes there are is read from the connectors' own `@needs`. A simulated provider that can grant less takes
`scopes` (what the app may use) or `deny` (single permissions taken away) among its settings.
"""

from __future__ import annotations

import json

import pytest
from acting import actions_of, candidates
from harness import SEED, Stage, compare, listed

from casb_cli.core.capabilities import ABILITIES, needs_of
from casb_cli.core.errors import NotPermitted, PartlyDone, Unsupported
from casb_cli.govern.actions import action_kind
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.world import World
from casb_cli.scan.run import PARTS

REFUSED = {PartlyDone.exit_code, NotPermitted.exit_code}
SCOPES = 6
"""Scopes that are tried for an app with more of them: spread over all, the first and the last among them."""
ACTIONS = 4


class Poor:
    """A stage whose credential can be made poorer while it is connected."""

    def __init__(self, stage, connector_class):
        self.stage = stage
        self.connector_class = connector_class
        [own] = stage.config.own.values()
        self.vocabulary = own.vocabulary
        self.granted = set(own.granted) or {scope for ability in ABILITIES for scope in self.scopes_of(ability)}
        self.listings = {
            ability.yields: ability
            for ability in ABILITIES
            if ability.key.startswith("list-")
            and ability.key not in {"list-trash", "list-findings"}
            and stage.has(ability)
        }

    def scopes_of(self, ability):
        """Return the scopes that an ability names in the vocabulary of the credential."""
        return {
            scope
            for need in needs_of(self.connector_class, ability)
            for alternative in need.any_of.get(self.vocabulary, need.any_of.get("*", ()))
            for scope in alternative
        }

    def implied(self, *scopes):
        return self.connector_class.expand_scopes(frozenset(scopes)) | set(scopes)

    def gone_with(self, scope):
        """Return the granted scopes that must go, so that one is lacking."""
        return frozenset(one for one in self.granted if scope in self.implied(one))

    def take_away(self, gone):
        """Let the provider take scopes away, as its administrator could at any time."""
        settings = self.stage.provider.options.settings
        settings.clear()
        if gone:
            settings.update(deny=" ".join(gone), scopes=" ".join(self.granted - gone))
        self.stage.provider.reset()

    def touched(self, gone, abilities):
        """Return those of some abilities that name a scope which is lacking then."""
        lacking = self.implied(*gone) - self.implied(*(self.granted - gone))
        return [ability for ability in abilities if lacking & self.scopes_of(ability)]

    def named(self, gone):
        return self.implied(*gone)


@pytest.fixture
def poor(app_key, connector_class, home, casb, hurried):
    world = World(seed=SEED, people=12, files=12, events=40)
    with Stage(app_key, home, casb, options=Options(settings={}), world=world) as stage, stage.brisk():
        assert stage.connect().code == 0
        yield Poor(stage, connector_class)


def reading(poor):
    """Return the sets of scopes that are each needed to read something, at most `SCOPES` of them."""
    wanted = {scope for parts in PARTS.values() for one in parts for scope in poor.scopes_of(one)}
    found = sorted({gone for scope in wanted if (gone := poor.gone_with(scope))}, key=sorted)
    step = max((len(found) - 1) / (SCOPES - 1), 1)
    return [found[round(place * step)] for place in range(min(SCOPES, len(found)))]


def told(run, names):
    return any(name in run.err for name in names)


def whole(run, kind, truth):
    """Hold rows against the world, and return whether none is missing and every field is known.

    A row that is there is right, or calls the field unknown itself.
    """
    found = listed(run.rows, kind)
    assert not found.keys() - truth.keys(), "rows that the world does not have"
    known = {
        key: {
            name: value
            for name, value in truth[key].items()
            if row.get(name) == value or name not in (row.get("unknown") or ())
        }
        for key, row in found.items()
    }
    compare(found, known)
    return found.keys() == truth.keys() and known == {key: truth[key] for key in found}


def read_all(poor, gone, kinds):
    """List some kinds without some scopes; return those of which something was hidden, each told by the name."""
    short = []
    for kind in kinds:
        run = poor.stage.list(kind)
        if run.code == 0 and whole(run, kind, poor.stage.truth.rows(kind)):
            continue
        short.append(kind)
        assert told(run, poor.named(gone)), (sorted(gone), kind, run)
        if run.code != 0:
            assert run.code in REFUSED, (sorted(gone), kind, run)
            assert not (run.code == NotPermitted.exit_code and run.rows), run
        else:
            rows = listed(run.rows, kind)
            assert rows.keys() == poor.stage.truth.rows(kind).keys(), (sorted(gone), kind, "rows are hidden", run.err)
    return short


def scanned(poor, parts):
    run = poor.stage.casb("scan", "--full", "--app", poor.stage.app, "--only", ",".join(parts), "-o", "json")
    return run, json.loads(run.out)[0]


def parts_of(abilities):
    return [name for name, part in PARTS.items() if set(part) & set(abilities)]


READERS = [ability for part in PARTS.values() for ability in part]


def test_a_scope_lost_since_connecting_is_an_error_by_name(poor):
    poor.take_away(frozenset())
    everything = scanned(poor, PARTS)[1]
    assert everything["state"] == "complete"
    for gone in reading(poor):
        poor.take_away(gone)
        readers = [one for one in poor.touched(gone, READERS) if poor.stage.has(one)]
        kinds = [one.yields for one in readers if poor.listings.get(one.yields) is one]
        short = read_all(poor, gone, kinds[:2])
        run, row = scanned(poor, parts_of(readers))
        if run.code == 0:
            assert not short, (sorted(gone), short, run)
            # What another scope allows too, or another call tells, is read as before.
            assert row["seen"].items() <= everything["seen"].items(), (sorted(gone), row, everything)
            assert not row["inspected"] or row["inspected"] == everything["inspected"], (sorted(gone), row)
            continue
        assert run.code in REFUSED, (sorted(gone), run)
        assert row["state"] == "partial", (sorted(gone), row)
        assert told(run, poor.named(gone)), (sorted(gone), run)


@pytest.fixture
def connected_without(poor, tmp_path, monkeypatch):
    """Connect in a home of its own without some scopes; returns the run."""

    def connect(gone):
        poor.take_away(gone)
        home = tmp_path / f"poor-{abs(hash(gone))}"
        home.mkdir()
        monkeypatch.setenv("CASB_CONFIG_DIR", str(home / "config"))
        monkeypatch.setenv("CASB_STATE_DIR", str(home / "state"))
        return poor.stage.connect()

    return connect


def test_what_a_poor_connection_never_had_is_said_by_name(poor, connected_without):
    for gone in reading(poor)[::2]:
        connected = connected_without(gone)
        if connected.code != 0:
            assert connected.code == NotPermitted.exit_code, connected
            assert told(connected, poor.named(gone)), connected
            continue
        readers = [one for one in poor.touched(gone, READERS) if poor.stage.has(one)]
        kinds = [one.yields for one in readers if poor.listings.get(one.yields) is one]
        short = read_all(poor, gone, kinds[:2])
        run, row = scanned(poor, parts_of(readers))
        assert run.code in {0, *REFUSED}, run
        if short:
            # Never expected, so no failure; but said, and not only to who asks for more words.
            assert told(run, poor.named(gone)), (sorted(gone), short, run)
            assert row["denied"] or row["lost"], (sorted(gone), row)


def usable(stage, ability):
    """Tell whether an ability is allowed by what was known when the instance was connected."""
    with stage.instance() as instance:
        return any(instance.standing_of(ability, spec).usable for spec in instance.config.credentials)


REFUSING = {}
"""By app the scopes without which a listing is refused as a whole, once they are found: each try connects anew."""


@pytest.mark.parametrize("by", ["the next use", "doctor"])
def test_what_is_granted_after_connecting_is_found_and_kept(poor, connected_without, by):
    """Nobody connects anew for a permission that was added: it is read back, saved, and expected from then on."""
    stage = poor.stage
    for gone in REFUSING.get(stage.app) or reading(poor):
        if connected_without(gone).code != 0:
            continue
        kinds = [one.yields for one in poor.touched(gone, READERS) if poor.listings.get(one.yields) is one]
        refused = next((kind for kind in kinds if not usable(stage, poor.listings[kind])), None)
        if refused is None:
            continue
        REFUSING[stage.app] = [gone]
        before = stage.config
        assert stage.list(refused).code == NotPermitted.exit_code
        assert stage.config == before, "nothing was granted, and something was saved"
        poor.take_away(frozenset())
        if by == "doctor":
            rows = stage.casb("doctor", "--instance", "prod", "-o", "jsonl").rows
            told_ = [row for row in rows if row["check"] == "permissions" and "granted since" in row["detail"]]
            assert [row["status"] for row in told_] == ["ok"], rows
            assert not [row for row in rows if row["detail"].startswith("scope-missing")], rows
        else:
            run = stage.list(refused)
            assert run.code == 0, run
            compare(listed(run.rows, refused), stage.truth.rows(refused))
            assert "granted since it was connected" in run.err
        after = stage.config
        assert set(before.expected) < set(after.expected)
        more = set(after.expected) - set(before.expected)
        assert [entry for entry in more if entry.startswith(f"{poor.listings[refused].key} ")], more
        assert after.credentials == before.credentials
        return
    pytest.skip(f"{stage.app} refuses no listing as a whole for want of one scope")


def test_an_action_without_its_scope_names_it_and_has_no_effect(poor):
    stage = poor.stage
    reads = {scope for one in READERS for scope in poor.scopes_of(one)}
    tried = 0
    for action in actions_of(stage):
        own = poor.scopes_of(action_kind(action).ability) - reads
        gone = frozenset().union(*(poor.gone_with(scope) for scope in own))
        refs = candidates(stage, action)
        if not gone or not refs or tried == ACTIONS:
            continue
        poor.take_away(gone)
        since = len(stage.provider.calls)
        run = stage.casb("govern", action, refs[0], "--yes", "-o", "jsonl")
        if run.code in {0, 2, Unsupported.exit_code}:
            continue  # already so, or it must be told more, or not this object
        tried += 1
        assert run.code == NotPermitted.exit_code, (action, sorted(gone), run)
        assert told(run, poor.named(gone)), (action, sorted(gone), run)
        assert not stage.effects(since), (action, sorted(gone), stage.effects(since))
        assert all(row["state"] == "failed" for row in run.rows), run
    if not tried:
        pytest.skip(f"{stage.app} has no scope that only actions need")
