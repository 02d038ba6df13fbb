"""`casb doctor` on a terminal: what is to be done is told whole, whatever the table cuts."""

from __future__ import annotations

import pytest

from casb_cli.connect import doctor
from casb_cli.ui.streams import streams

FIX = "grant the app " + ", ".join(f"permission_{number}:write" for number in range(30))


@pytest.fixture
def lacking(monkeypatch):
    check = doctor.Check(instance="github/prod", check="list activity", status="failed", detail="refused", fix=FIX)
    monkeypatch.setattr(doctor, "machine", lambda _env: [check])


def test_a_fix_is_told_whole_on_a_terminal(casb, lacking, monkeypatch):
    monkeypatch.setattr(type(streams), "out_tty", property(lambda _: True), raising=False)
    ran = casb("doctor")
    assert ran.code == 1
    assert f"github/prod, list activity: {FIX}" in ran.err


def test_a_fix_is_told_once_in_a_pipe(casb, lacking):
    ran = casb("doctor")
    assert (ran.out + ran.err).count(FIX) == 1
