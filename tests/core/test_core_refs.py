"""References: one safe word for any id, and back to exactly that id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casb_cli.core.errors import UsageError
from casb_cli.core.refs import KINDS, Ref, instance_name, local, parse
from casb_cli.core.text import ref_decode


@pytest.mark.parametrize(
    ("id_", "written"),
    [
        ("89", "89"),
        ("7:src/a b.txt", "7:src/a%20b.txt"),
        ("a:b:c", "a:b:c"),
        ("100%", "100%25"),
        ("x\ny\x1b[31m", "x%0Ay%1B[31m"),
        ("..//%2F+=cmd()", "..//%252F+=cmd()"),
        ("\u202eevil", "%E2%80%AEevil"),
    ],
)
def test_a_reference_is_one_safe_word(id_, written):
    ref = Ref("box", "prod", "file", id_)
    assert str(ref) == f"box:prod:file:{written}"
    assert parse(str(ref)) == ref


@given(st.text(min_size=1))
def test_any_id_comes_back_as_itself(id_):
    written = str(Ref("box", "prod", "file", id_))
    assert parse(written).id == id_
    assert len(written.split()) == 1


@pytest.mark.parametrize(
    "text", ["", "box", "box:prod:file", "box:prod:file:", ":prod:file:1", "box:Prod:file:1", "box:prod:thing:1",
             "box:prod:file:a%2"]
)  # fmt: skip
def test_what_is_no_full_reference_is_refused(text):
    with pytest.raises(UsageError):
        parse(text)


def test_every_kind_is_understood():
    for kind in KINDS:
        assert parse(f"box:prod:{kind}:1").local == local(kind, "1") == f"{kind}:1"


@pytest.mark.parametrize("name", ["prod", "a", "0", "eu-west.2_x", "a" * 64])
def test_a_name_of_an_instance(name):
    assert instance_name(name) == name


@pytest.mark.parametrize("name", ["", "Prod", "-a", ".a", "a b", "a:b", "a/b", "a" * 65, "ä", "a\n"])
def test_what_cannot_name_an_instance(name):
    with pytest.raises(UsageError):
        instance_name(name)


def test_a_stray_percent_is_refused():
    with pytest.raises(ValueError, match="hexadecimal"):
        ref_decode("50%")
