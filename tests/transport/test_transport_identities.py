from __future__ import annotations

import threading
from typing import ClassVar

import pytest

from casb_cli.core.errors import NotPermitted, SignInNeeded
from casb_cli.transport.auth.identities import ByIdentity
from casb_cli.transport.calls import INSTANCE, Call, as_user


class Keyed:
    """An authenticator that gives its own name, or refuses."""

    made: ClassVar = []

    def __init__(self, name):
        Keyed.made.append(name)
        self.name, self.signed = name, 0

    def headers(self, call):
        if self.name.startswith("gone"):
            raise SignInNeeded("Invalid email or User ID", code="invalid_grant", status=400)
        return {"Authorization": f"Bearer token-of-{self.name}"}

    def renew(self, call, used):
        return self.headers(call) is not None

    def sign_in(self, interaction):
        self.signed += 1

    def redact(self):
        return (f"token-of-{self.name}",)


def by_user(**more):
    Keyed.made = []
    return ByIdentity(Keyed, lambda call: call.identity.id or "main", "main", **more)


def call(user=None):
    return Call(name="GET /things", identity=as_user(user) if user else INSTANCE)


def test_each_identity_has_its_own_credential_made_once():
    signer = by_user()
    assert signer.headers(call("ann")) == {"Authorization": "Bearer token-of-ann"}
    assert signer.headers(call()) == {"Authorization": "Bearer token-of-main"}
    assert signer.headers(call("ann")) == {"Authorization": "Bearer token-of-ann"}
    assert Keyed.made == ["ann", "main"]
    assert set(signer.redact()) == {"token-of-ann", "token-of-main"}


def test_the_longest_unused_is_forgotten_and_the_first_never():
    signer = by_user(most=3)
    signer.sign_in(None)
    for name in ("a", "b", "a", "c", "d"):
        signer.headers(call(name))
    assert set(signer.redact()) == {"token-of-main", "token-of-c", "token-of-d"}
    signer.headers(call("a"))
    assert Keyed.made == ["main", "a", "b", "c", "d", "a"]


def test_one_user_who_cannot_be_acted_as_is_no_broken_connection():
    signer = by_user()
    for ask in (signer.headers, lambda one: signer.renew(one, {})):
        with pytest.raises(NotPermitted) as caught:
            ask(call("gone@x"))
        assert (caught.value.code, caught.value.status) == ("invalid_grant", 400)
        assert caught.value.words == "cannot act as gone@x: Invalid email or User ID"


def test_the_connections_own_refusal_is_one():
    signer = ByIdentity(Keyed, lambda _: "gone", "gone")
    with pytest.raises(SignInNeeded):
        signer.headers(call())


def test_threads_share_one_credential_each():
    signer, start = by_user(), threading.Barrier(8)

    def use():
        start.wait()
        signer.headers(call("ann"))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Keyed.made == ["ann"]
