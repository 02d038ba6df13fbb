"""The instances of the configuration, and how options choose among them."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.app import CredentialSpec
from casb_cli.core.errors import UnknownName
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.core.text import meant

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
"""An instance key: it becomes part of file names and of keyring entries."""


def new_key() -> str:
    """Return a new instance key: opaque, unique, fit for file names; it survives a rename."""
    return "i" + os.urandom(10).hex()


class InstanceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One connected instance, as the configuration keeps it. Never a secret."""

    key: str = msgspec.field(default_factory=new_key)
    app: str
    name: str
    connected: str = ""
    """When the connection was last proved: RFC 3339."""
    fields: dict[str, str] = {}
    """What `connect` asked for and is no secret: organization, client id, base URLs."""
    settings: dict[str, str] = {}
    """How the instance is treated: `scan_every = "12h"`, `quota_share = "0.9"`."""
    tables: dict[str, Any] = {}
    """Structured settings, such as report URLs with their field maps."""
    tenant: Tenant | None = None
    credentials: tuple[CredentialSpec, ...] = ()
    own: dict[str, OwnPermissions] = {}
    """By credential name: the permissions read back when it was connected."""
    expected: tuple[str, ...] = ()
    """Keys of the abilities that later scans are expected to deliver."""

    @property
    def label(self) -> str:
        """`app/name`, as messages write it."""
        return f"{self.app}/{self.name}"

    @property
    def scan_every(self) -> timedelta:
        """How often it is scanned; 12 hours unless set. Raises UsageError for a setting that is no duration."""
        return clock.duration(self.settings.get("scan_every", "12h"))

    def credential(self, name: str) -> CredentialSpec:
        """Return the credential of that name; raises UnknownName."""
        for spec in self.credentials:
            if spec.name == name:
                return spec
        raise unknown(f"credential of {self.label}", name, [spec.name for spec in self.credentials])

    def with_credential(self, spec: CredentialSpec, own: OwnPermissions | None = None) -> InstanceConfig:
        """Return the instance with this credential added, or put in the place of its namesake."""
        names = [known.name for known in self.credentials]
        credentials = list(self.credentials)
        if spec.name in names:
            credentials[names.index(spec.name)] = spec
        else:
            credentials.append(spec)
        permissions = {**self.own, spec.name: own} if own else self.own
        return msgspec.structs.replace(self, credentials=tuple(credentials), own=permissions)


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """A credential that ends, as the provider told at connect; `days` is negative where it is over."""

    instance: str
    credential: str
    when: str
    days: int


def expiring(
    instances: Sequence[InstanceConfig], within: timedelta, *, now: datetime | None = None
) -> tuple[Expiry, ...]:
    """Return the credentials that end within a time from now, or ended already; the soonest first."""
    moment = now or clock.now()
    found: list[tuple[datetime, Expiry]] = []
    for instance in instances:
        for name, own in instance.own.items():
            end = clock.parse(own.expires) if clock.normalise(own.expires) and own.expires else None
            if end and end - moment <= within:
                days = (end - moment) // timedelta(days=1)
                found.append((end, Expiry(instance=instance.label, credential=name, when=clock.text(end), days=days)))
    return tuple(expiry for _, expiry in sorted(found, key=lambda pair: pair[0]))


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownName:
    """Return the error for a name that nothing has: it lists what there is, and what comes close."""
    names = sorted(set(known))
    hint = meant(name, names, most=3, cutoff=0.5)
    hint += f"known: {', '.join(names)}" if names else "there is none yet"
    return UnknownName(f"no {what} is called `{name}`", hint=hint)


def _has_glob(pattern: str) -> bool:
    return any(char in pattern for char in "*?[")


def _fits(instance: InstanceConfig, pattern: str) -> bool:
    names = (instance.name, f"{instance.app}/{instance.name}", f"{instance.app}:{instance.name}")
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


def select(
    instances: Sequence[InstanceConfig], apps: Sequence[str] = (), names: Sequence[str] = ()
) -> tuple[InstanceConfig, ...]:
    """Return the instances that `--app` and `--instance` choose, in the order of the configuration.

    Patterns are names or globs; an instance may be written `name`, `app/name` or `app:name`. Several of one
    option add up, the two options narrow each other, none chooses all. A pattern that nothing fits raises
    UnknownName.
    """
    chosen = list(instances)
    for pattern in apps:
        if not any(fnmatch.fnmatchcase(instance.app, pattern) for instance in instances):
            what = "app with an instance" if _has_glob(pattern) else "connected app"
            raise unknown(what, pattern, [instance.app for instance in instances])
    if apps:
        chosen = [i for i in chosen if any(fnmatch.fnmatchcase(i.app, pattern) for pattern in apps)]
    for pattern in names:
        if not any(_fits(instance, pattern) for instance in chosen):
            what = f"instance of {', '.join(apps)}" if apps else "instance"
            raise unknown(what, pattern, [name for i in chosen for name in _written(i, pattern)])
    if names:
        chosen = [i for i in chosen if any(_fits(i, pattern) for pattern in names)]
    return tuple(chosen)


def _written(instance: InstanceConfig, pattern: str) -> tuple[str, ...]:
    """Return the instance's name in the form that the pattern uses, so that a near miss is recognised."""
    for mark in ("/", ":"):
        if mark in pattern:
            return (f"{instance.app}{mark}{instance.name}",)
    return (instance.name,)
