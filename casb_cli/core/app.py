"""What an app's `__init__` declares: data only, so that listing the apps imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from casb_cli.core.errors import UnknownName

COMPONENTS_FIELD = "components"
"""The setting that names an instance's components, separated by commas."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One thing `connect` asks for: a setting kept in the config, or a secret kept by its source."""

    key: str
    prompt: str
    secret: bool = False
    required: bool = True
    help: str = ""
    default: str | None = None
    multiline: bool = False


class AuthMethod(msgspec.Struct, frozen=True, kw_only=True):
    """One way to sign in: its fields, whether it runs unattended, whether it stores rotating tokens."""

    key: str
    title: str
    fields: tuple[Field, ...]
    unattended: bool
    interactive: bool = False
    rotates: bool = False
    note: str = ""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """An edition of the provider that differs in what it can do."""

    key: str
    title: str


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an app that an instance may be connected with or without; `required` ones are always there.

    `brings` says what it enables, `needs` which permissions, `notes` what else (a licence, a setting).
    `abilities` are the keys of what it alone, or with others that name them too, brings; what none names is
    there in any case.
    """

    key: str
    title: str
    brings: str
    needs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    required: bool = False
    abilities: tuple[str, ...] = ()


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A published limit of one family of calls: `allowed` units in `window` seconds, `concurrency` at once.

    A call's family may be `name:part`: the limit of `name`, counted for each part (a region) apart.

    `per` is what the provider counts by; `one_may` what a single identity may use of a limit that all share, in the
    same window. `kind` is how the allowance comes back. `known` is false where the
    provider publishes no number: the governor then starts low and learns.
    """

    family: str
    allowed: float
    window: float
    concurrency: int
    per: Literal["instance", "user"] = "instance"
    one_may: float | None = None
    kind: Literal["fixed", "sliding", "bucket"] = "fixed"
    known: bool = True


class HeaderDialect(msgspec.Struct, frozen=True, kw_only=True):
    """How the provider tells its limits: header names, and what the numbers mean. Never guessed."""

    limit: str | None = None
    remaining: str | None = None
    reset: str | None = None
    reset_means: Literal["epoch-seconds", "epoch-millis", "seconds", "millis", "http-date", "rfc3339"] = "epoch-seconds"
    resource: str | None = None
    retry_after: str = "retry-after"
    retry_after_means: Literal["seconds", "millis", "http-date", "seconds-or-date"] = "seconds"


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A long quota, such as a month's calls; persisted and shown by `--estimate`."""

    key: str
    allowed: int | None
    period: Literal["hour", "day", "month"]
    note: str = ""


class App(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration of one app; `connector`, `rules` and `signin` are `module:name`, imported on use."""

    key: str
    title: str
    auth: tuple[AuthMethod, ...]
    common_fields: tuple[Field, ...]
    hosts: Mapping[str, str]
    """Named base URLs (`api`, `oauth`, `upload`) with their defaults; each is a settable field `<name>_url`."""
    content_hosts: tuple[str, ...] = ()
    """Hosts (or `.suffix`) that pre-authenticated downloads may redirect to, without any credential."""
    limits: tuple[Limit, ...] = ()
    dialect: HeaderDialect = HeaderDialect()
    budgets: tuple[Budget, ...] = ()
    variants: tuple[Variant, ...] = ()
    components: tuple[Component, ...] = ()
    """Parts that are chosen at connect; the choice is the setting `components`, none given is all of them."""
    products: tuple[str, ...] = ()
    """The several apps of a suite, as the field `product` of activity and files names them."""
    prerequisites: tuple[str, ...] = ()
    allow_list_hint: str = ""
    service_account_advice: str = ""
    connector: str
    signin: str
    setup: str
    """`module:function(method, needs, fields) -> str`: the exact settings to create, for the abilities wanted."""
    urls: str = ""
    """`module:function(fields) -> dict`: all base URLs, where they follow from other fields (an enterprise
    host); it honours `<name>_url` fields itself."""
    status: Literal["available", "preview"] = "available"
    """`preview`: complete by its own tests, but not every call is held against the provider's own SDK yet."""

    def method(self, key: str) -> AuthMethod | None:
        """Return the sign-in method of that key, if the app has it."""
        return next((m for m in self.auth if m.key == key), None)

    def switched_on(self, fields: Mapping[str, str]) -> frozenset[str]:
        """Return the components that an instance's settings choose; raises UnknownName for one there isn't."""
        known = {one.key for one in self.components}
        chosen = {one.strip() for one in fields.get(COMPONENTS_FIELD, "").split(",")} - {""}
        if strange := chosen - known:
            raise UnknownName(
                f"{self.key} has no component `{min(strange)}`",
                hint=f"components: {', '.join(one.key for one in self.components)}",
            )
        always = {one.key for one in self.components if one.required}
        return frozenset(chosen | always) if chosen else frozenset(known)

    def components_of(self, ability: str) -> tuple[str, ...]:
        """Return the components that bring an ability, by its key; none where it needs no choice."""
        return tuple(one.key for one in self.components if ability in one.abilities)


class CredentialSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One credential of an instance as the config keeps it: never a secret, only where each comes from."""

    name: str
    method: str
    purpose: Literal["read", "govern", "both"] = "both"
    fields: dict[str, str] = {}
    secrets: dict[str, str] = {}
    """Field key to source: `keyring`, `vault`, `env:NAME`, `file:PATH`, `command:ARGV`, `credential:NAME`."""
    tokens: Literal["keyring", "vault", "memory"] | None = None
    """Where obtained tokens live, settled once at connect: two places would hold diverging rotations."""
