"""Google Drive: quarantine where a file may not be moved: copied away and trashed, and brought back."""

from __future__ import annotations

import contextlib

import pytest

from casb_cli.apps.base import InstanceFacts
from casb_cli.apps.google_workspace import APP
from casb_cli.apps.google_workspace.auth import signin
from casb_cli.apps.google_workspace.connector import GoogleWorkspace
from casb_cli.apps.google_workspace.rules import RULES
from casb_cli.core.errors import LostAnswer, StateConflict, Unsupported
from casb_cli.core.models import ROOT
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World
from casb_cli.store.tokens import MemoryTokens
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext

WORLD = World(seed=7, people=14, files=60, events=4)


@contextlib.contextmanager
def stage(barred=""):
    settings = {"barred_moves": barred} if barred else {}
    [provider] = build(["google-workspace"], WORLD, {"google-workspace": Options(settings=settings)})
    with serve([provider]) as running:
        known = running.signins()["google-workspace"]["service-account"]
        urls = {**APP.hosts, **provider.urls}
        governors = Governors(APP, "main")
        with Client(APP, RULES, None, urls, governors, where="google-workspace/prod") as plain:
            context = SigninContext(
                app="google-workspace",
                instance="prod",
                method="service-account",
                fields=known.fields,
                secret=lambda key: known.secrets[key],
                tokens=MemoryTokens(),
                http=plain,
                urls=urls,
            )
            with Client(APP, RULES, signin(context), urls, governors, where="google-workspace/prod") as client:
                facts = InstanceFacts("google-workspace", "prod", "service-account", known.fields, urls)
                yield provider, GoogleWorkspace(client, facts)


def files(google, method=None):
    waiting, found = [ROOT], []
    while waiting:
        for page in (method or google.list_files)(waiting.pop(), None):
            waiting += page.more
            found += page.items
    return found


def one(google, *, drive, mime="text/"):
    """A file of a shared drive, or of somebody's My Drive who is not the administrator."""
    for file in sorted(files(google), key=lambda one: one.id):
        own = file.owner and "@" in file.owner
        if (mime in (file.mime or "")) and bool(own) is not drive and file.owner != google.admin:
            return file
    raise AssertionError("the world has no such file")


def carry_out(google, change, memo=None, *, inverse=False):
    memo = dict(change.keeps) if memo is None else memo
    for step in change.inverse if inverse else change.steps:
        memo.update(google.perform(step, dict(memo)) or {})
    return memo


def state(provider):
    """What Drive holds of live files: where, whether trashed, and who has a permission of its own."""
    return {
        id_: (item.parent, item.trashed is not None, sorted(one.id for one in item.permissions))
        for id_, item in provider.state.items.items()
        if not item.gone and not item.folder
    }


@pytest.mark.parametrize("barred", ["drives", "my-drive"])
def test_what_may_not_be_moved_is_copied_and_trashed_and_comes_back(barred):
    with stage(barred) as (provider, google):
        file = one(google, drive=barred == "drives")
        change = google.plan_quarantine(file.id, case="c-1")
        assert change.mode == "copy"
        assert any("may not be moved" in said for said in change.side_effects)
        assert any("trash" in said for said in change.side_effects)
        memo = carry_out(google, change)
        assert google.observe(change, memo) == change.after
        copy = provider.state.items[memo["copy"]]
        assert (copy.drive, copy.name) == (memo["vault"], file.name)
        assert provider.state.items[file.id].trashed is not None
        again = carry_out(google, change, dict(memo))
        assert again["copy"] == memo["copy"], "every step may be repeated"
        carry_out(google, change, memo, inverse=True)
        assert google.observe(change, memo) == change.before
        assert provider.state.items[memo["copy"]].gone
        assert provider.state.items[file.id].trashed is None
        assert provider.state.items[file.id].parent == change.before["place"]


def test_the_way_may_be_chosen_and_a_way_that_is_barred_is_refused():
    with stage("drives") as (_, google):
        file = one(google, drive=True)
        with pytest.raises(StateConflict, match="may not be moved out"):
            google.plan_quarantine(file.id, case="c-1", mode="vault")
        mine = one(google, drive=False)
        assert google.plan_quarantine(mine.id, case="c-1").mode == "vault"
        assert google.plan_quarantine(mine.id, case="c-1", mode="copy").mode == "copy"


def test_what_may_be_neither_moved_nor_copied_is_refused_with_the_reason():
    with stage("my-drive") as (_, google):
        file = one(google, drive=False)
        locate = google.locate

        def kept(id_, fields, hints=()):
            found = locate(id_, fields, hints)
            found.item.capabilities.can_copy = False
            return found

        google.locate = kept
        with pytest.raises(StateConflict, match="be copied") as told:
            google.plan_quarantine(file.id, case="c-1")
        assert told.value.hint


def test_a_file_in_the_trash_is_copied_and_goes_back_to_the_trash():
    with stage("my-drive") as (provider, google):
        file = next(row for row in files(google, google.list_trash) if "@" in row.owner and row.owner != google.admin)
        change = google.plan_quarantine(file.id, case="c-1")
        assert change.mode == "copy"
        memo = carry_out(google, change)
        assert google.observe(change, memo) == change.after
        carry_out(google, change, memo, inverse=True)
        assert google.observe(change, memo) == change.before
        assert provider.state.items[file.id].trashed is not None


def test_a_copy_whose_answer_was_lost_is_found_again_and_not_made_twice():
    with stage("my-drive") as (provider, google):
        file = one(google, drive=False)
        change = google.plan_quarantine(file.id, case="c-1")
        memo = dict(change.keeps)
        lost = False
        for step in change.steps:
            if step.name == "copy-file":
                provider.faults.plan("POST /drive/v3/files/{fileId}/copy", "lost")
                with pytest.raises(LostAnswer):
                    google.perform(step, dict(memo))
                lost = google.settle(step, memo)
                continue
            memo.update(google.perform(step, dict(memo)) or {})
        assert lost is True
        copies = [i for i in provider.state.items.values() if i.drive == memo["vault"] and i.name == file.name]
        assert [item.id for item in copies] == [memo["copy"]]
        assert google.observe(change, memo) == change.after


def test_an_original_that_the_trash_lost_keeps_its_copy():
    with stage("my-drive") as (provider, google):
        file = one(google, drive=False)
        change = google.plan_quarantine(file.id, case="c-1")
        memo = carry_out(google, change)
        provider.state.items[file.id].gone = True
        with pytest.raises(StateConflict, match="its copy stays"):
            google.perform(next(step for step in change.inverse if step.name == "drop-copy"), memo)
        assert not provider.state.items[memo["copy"]].gone


def test_what_belongs_to_another_company_is_refused_with_the_reason():
    from google_drive_desk import ANN, EVE, Desk
    from test_apps_google_drive_governing import opened

    desk = Desk()
    desk.add("theirs", EVE, f"root-{ANN}")
    desk.share("theirs", who=ANN, role="writer")
    with pytest.raises(Unsupported, match=r"eve@other\.test, outside the customer") as told:
        opened(desk).plan_quarantine("theirs", case="c-1")
    assert told.value.hint
