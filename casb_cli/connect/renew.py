"""Permissions granted after connecting: read back anew, and saved as the instance's own where there are more of them.

Only what is gained is saved. What was lost stays as it was known, so that its loss is told until somebody accepts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from casb_cli.connect.open import Environment, load, open_credential
from casb_cli.connect.probe import ask
from casb_cli.connect.prove import abilities_of, expected_of, merged, own_permissions, wanted_scopes
from casb_cli.connect.standing import standing
from casb_cli.core.app import App, CredentialSpec
from casb_cli.core.capabilities import ABILITIES, Ability
from casb_cli.core.errors import ProviderError, Unsupported
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.store.config import edit

if TYPE_CHECKING:
    from casb_cli.apps.base import Connector
    from casb_cli.store.instances import InstanceConfig


@dataclass(frozen=True)
class Renewal:
    """What one credential may do now, beside what was known: permissions and abilities gained, permissions lost."""

    now: OwnPermissions
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def renew(config: InstanceConfig, spec: CredentialSpec, environment: Environment) -> tuple[InstanceConfig, Renewal]:
    """Ask what a credential may do, anew and of the same tenant; return the instance with what was gained, saved.

    The credential signs in by itself, asking for all that the abilities want: one that is in use may have been
    narrowed to what it was granted. Raises ProviderError, SignInNeeded, StoreError.
    """
    from casb_cli.apps import registry

    app = registry.get(config.app)
    connector_class: type[Connector] = load(app.connector)
    known = config.own.get(spec.name) or OwnPermissions()
    want = wanted_scopes(connector_class, abilities_of(connector_class), "oauth")
    opened = open_credential(app, config, spec, environment, want=want)
    try:
        connector = opened.connector
        tenant = connector.prove()
        told = own_permissions(opened, config)
        now = _still_refused(connector, known, told)
        if known.shortened and _sees_all(connector):
            now = msgspec.structs.replace(now, shortened=None)
        else:
            now = msgspec.structs.replace(now, shortened=known.shortened)
    finally:
        opened.close()
    same = config.tenant is not None and tenant.id == config.tenant.id
    before = config.tenant or tenant
    facts = merged(before, tenant) if same else before
    own = _with_gains(known, now) if same else known
    if (own, facts) == (known, before):
        return config, Renewal(now, (), _lost(known, told))
    on = app.switched_on(config.fields) if app.components else None
    grown = msgspec.structs.replace(config, tenant=facts, own={**config.own, spec.name: own})
    gained = tuple(scope for scope in own.granted if scope not in known.granted)
    if not gained:
        gained = _usable_now(connector_class, (before, known), (facts, own), on)
    return _saved(app, grown, spec.name), Renewal(now, gained, _lost(known, told))


def _lost(known: OwnPermissions, told: OwnPermissions) -> tuple[str, ...]:
    return tuple(sorted(set(known.granted) - set(told.granted)))


def _sees_all(connector: Connector) -> bool:
    try:
        connector.check_visibility()
    except ProviderError:
        return False
    return True


def _still_refused(connector: Connector, known: OwnPermissions, told: OwnPermissions) -> OwnPermissions:
    """Return what the provider tells with what was refused when it was tried, as far as it still is."""
    refused, proven = dict(told.refused), dict.fromkeys((*known.proven, *told.proven))
    for ability in ABILITIES:
        before = {entry: words for entry, words in known.refused.items() if entry.startswith(f"{ability.key} ")}
        if not before or not isinstance(connector, ability):
            continue
        try:
            found = ask(connector, ability)
        except (ProviderError, Unsupported):
            refused |= before  # refused as a whole, or not to be known now
            continue
        still = {f"{ability.key} {call}" for call in found}
        refused |= {entry: words for entry, words in before.items() if entry in still}
        if not found:
            proven[ability.key] = None
    return msgspec.structs.replace(told, refused=refused, proven=tuple(proven))


def _with_gains(known: OwnPermissions, now: OwnPermissions) -> OwnPermissions:
    """Return what was known with what is more of it now; what is less stays as it was."""
    if now.vocabulary != known.vocabulary or (known.complete and not now.complete):
        return known
    return msgspec.structs.replace(
        known,
        granted=tuple(dict.fromkeys((*known.granted, *now.granted))),
        complete=now.complete,
        proven=tuple(dict.fromkeys((*known.proven, *now.proven))),
        refused={entry: words for entry, words in known.refused.items() if entry in now.refused},
        shortened=now.shortened,
        expires=now.expires,
    )


def _usable_now(
    connector: type[Connector],
    before: tuple[Tenant, OwnPermissions],
    after: tuple[Tenant, OwnPermissions],
    on: frozenset[str] | None,
) -> tuple[str, ...]:
    """Return the titles of the abilities of which fewer calls are closed than before."""

    def closed(ability: type[Ability], facts: tuple[Tenant, OwnPermissions]) -> int:
        return len(standing(connector, ability, *facts, on).gaps)

    return tuple(one.title for one in abilities_of(connector) if closed(one, after) < closed(one, before))


def _saved(app: App, grown: InstanceConfig, credential: str) -> InstanceConfig:
    """Save what a credential gained, and that later scans are expected to deliver it; return the instance."""
    connector: type[Connector] = load(app.connector)
    with edit() as current:
        present = current.by_key(grown.key)
        if present is None or credential not in {spec.name for spec in present.credentials}:
            return grown  # removed meanwhile: nothing is left to be kept
        own = {**present.own, credential: grown.own[credential]}
        present = msgspec.structs.replace(present, tenant=grown.tenant, own=own)
        expected = tuple(sorted({*present.expected, *expected_of(connector, present)}))
        present = msgspec.structs.replace(present, expected=expected)
        current.replace(present)
    return present
