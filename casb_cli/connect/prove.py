"""Connecting: a credential is tried, the provider names the tenant, permissions are read back, then all is saved.

Nothing is saved before the proof, and nothing counts as connected if saving fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import msgspec

from casb_cli.apps import registry
from casb_cli.connect.open import Credential, Environment, base_urls, load, open_credential
from casb_cli.connect.probe import probed
from casb_cli.connect.standing import best, expected_calls, lacking_anywhere
from casb_cli.core import clock
from casb_cli.core.app import COMPONENTS_FIELD, App, CredentialSpec
from casb_cli.core.capabilities import ABILITIES, Ability, ReadOwnPermissions, needs_of
from casb_cli.core.errors import GuardRefused, NotPermitted, ProviderError, UsageError
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.store import sources
from casb_cli.store.config import Config, edit
from casb_cli.store.instances import InstanceConfig
from casb_cli.store.places import PlaceName, place_name
from casb_cli.store.tokens import KeptTokens, MemoryTokens

if TYPE_CHECKING:
    from casb_cli.apps.base import Connector
    from casb_cli.transport.signin import Interaction


@dataclass(frozen=True)
class GivenSecret:
    """One secret field: a source to be read each time, or a value to be kept in a place."""

    source: str
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Request:
    """What `connect` was asked for, complete: no prompt is left."""

    app: App
    instance: str
    method: str
    fields: Mapping[str, str]
    secrets: Mapping[str, GivenSecret]
    purpose: Literal["read", "govern", "both"] = "both"
    credential: str = "main"
    add: bool = False
    force: bool = False
    wanted: tuple[type[Ability], ...] = ()


@dataclass(frozen=True)
class Proof:
    """What the provider said: who the tenant is, and what the credential may do."""

    config: InstanceConfig
    spec: CredentialSpec
    tenant: Tenant
    own: OwnPermissions
    warnings: tuple[str, ...]
    tokens: MemoryTokens = field(repr=False, default_factory=MemoryTokens)


def wanted_scopes(connector: type[Connector], wanted: tuple[type[Ability], ...], vocabulary: str) -> tuple[str, ...]:
    """Return the scopes to ask for, so that each wanted ability is allowed; redundant ones are left out.

    Of alternatives the first declared is taken; a scope that another wanted one implies is dropped.
    """
    asked: list[str] = []
    for ability in wanted:
        for need in needs_of(connector, ability):
            alternatives = need.any_of.get(vocabulary, need.any_of.get("*", ()))
            if alternatives:
                asked += [scope for scope in alternatives[0] if scope not in asked]
    return tuple(
        scope
        for scope in asked
        if not any(other != scope and scope in connector.expand_scopes(frozenset({other})) for other in asked)
    )


def abilities_of(connector: type[Connector]) -> tuple[type[Ability], ...]:
    """Return the abilities that a connector class has."""
    return tuple(ability for ability in ABILITIES if issubclass(connector, ability))


def prove(request: Request, environment: Environment, interaction: Interaction | None) -> Proof:
    """Sign in, ask the provider who this is and what it may do; saves nothing. Raises ProviderError."""
    app = request.app
    connector_class: type[Connector] = load(app.connector)
    existing = Config.load().find(app.key, request.instance)
    if existing and not request.add:
        raise UsageError(
            f"there is an instance {existing.label} already",
            hint=f"choose another name, or add a credential with `casb connect {app.key}"
            f" --instance {request.instance} --add`",
        )
    if request.add and not existing:
        raise UsageError(
            f"there is no instance {app.key}/{request.instance} to add a credential to",
            hint=f"casb connect {app.key} --instance {request.instance}",
        )
    method = app.method(request.method)
    if method is None:
        raise UsageError(f"{app.key} has no sign-in method `{request.method}`")
    common = {f.key for f in app.common_fields} | {f"{name}_url" for name in app.hosts} | {COMPONENTS_FIELD}
    app.switched_on(request.fields)  # a component that there isn't is refused before anybody signs in
    shared = {key: value for key, value in request.fields.items() if key in common}
    config = existing or InstanceConfig(app=app.key, name=request.instance, fields=shared)
    if existing:
        _refuse_other_settings(app, existing, shared)
    spec = CredentialSpec(
        name=request.credential,
        method=request.method,
        purpose=request.purpose,
        fields={key: value for key, value in request.fields.items() if key not in config.fields},
        secrets={key: given.source for key, given in request.secrets.items()},
    )
    if existing and any(known.name == spec.name for known in existing.credentials) and not request.force:
        raise UsageError(
            f"{existing.label} has a credential `{spec.name}` already",
            hint="give this one another name with --credential NAME, or replace it with --force",
        )
    # Asked before anybody signs in: a token that can't be kept would be spent in vain.
    place = environment.secrets.token_place(spec, rotates=method.rotates, interactive=method.interactive)
    tokens = MemoryTokens()
    wanted = request.wanted or abilities_of(connector_class)
    opened = open_credential(
        app,
        config,
        spec,
        environment,
        secret=lambda key: _value(request.secrets, key, config, spec, environment),
        tokens=tokens,
        want=wanted_scopes(connector_class, wanted, "oauth"),
    )
    try:
        opened.authenticator.sign_in(interaction)
        tenant = _prove_tenant(opened)
        if existing and existing.tenant and existing.tenant.id != tenant.id:
            raise GuardRefused(
                f"this credential belongs to {tenant.name} ({tenant.id}),"
                f" but {existing.label} is {existing.tenant.name} ({existing.tenant.id})",
                hint="connect the other tenant as an instance of its own, without --add",
            )
        if existing and existing.tenant:
            tenant = merged(existing.tenant, tenant)
        facts = msgspec.structs.replace(config, tenant=tenant)
        opened = _with_tenant(opened, tenant)
        shortened = _visibility(opened, force=request.force)
        own = own_permissions(opened, config)
        if spec.purpose != "govern":
            own = probed(opened.connector, tenant, own)
        own = msgspec.structs.replace(own, shortened=shortened)
    finally:
        opened.close()
    facts = msgspec.structs.replace(facts, connected=clock.now_text())
    spec = msgspec.structs.replace(spec, tokens=place if tokens.load() else None)
    return Proof(facts.with_credential(spec, own), spec, tenant, own, (shortened,) if shortened else (), tokens)


def _refuse_other_settings(app: App, existing: InstanceConfig, shared: Mapping[str, str]) -> None:
    """Refuse an added credential's own idea of what all credentials share: it would be sent to another address."""
    defaults = {**app.hosts, **{field.key: field.default or "" for field in app.common_fields}}
    for key, value in shared.items():
        present = existing.fields.get(key) or defaults.get(key, "")
        if present.rstrip("/") != value.rstrip("/"):
            raise UsageError(
                f"all credentials of {existing.label} share `{key}`, which is {present or 'not set'}, not {value}",
                hint=f"leave it out, or change it first: casb instances set {existing.label} {key}={value}",
            )


def _value(
    secrets: Mapping[str, GivenSecret], key: str, config: InstanceConfig, spec: CredentialSpec, environment: Environment
) -> str:
    given = secrets.get(key)
    if given and given.value is not None:
        return given.value
    return environment.secrets.read_spec(config.key, spec, key)


def _prove_tenant(opened: Credential) -> Tenant:
    try:
        return opened.connector.prove()
    except ProviderError as error:
        error.at(f"{opened.connector.facts.app}/{opened.connector.facts.name}", "prove the connection")
        raise


def _with_tenant(opened: Credential, tenant: Tenant) -> Credential:
    connector = opened.connector
    facts = replace(connector.facts, tenant=tenant)
    return Credential(
        opened.spec, type(connector)(connector.client, facts), opened.authenticator, None, opened.signing_in
    )


def merged(known: Tenant, now: Tenant) -> Tenant:
    """Return the tenant as told now, with what only the instance's other credentials could read."""
    plan = now.plan if now.plan is not None else known.plan
    return msgspec.structs.replace(now, plan=plan, facts={**known.facts, **now.facts})


def _visibility(opened: Credential, *, force: bool) -> str | None:
    """Return None where the whole tenant is seen, else what is not, accepted with `--force`."""
    where = f"{opened.connector.facts.app}/{opened.connector.facts.name}"
    try:
        opened.connector.check_visibility()
    except NotPermitted as error:
        error.at(where, "see the whole tenant")
        error.needed = error.needed or lacking_anywhere(type(opened.connector), error.call, _vocabulary(opened))
        if not force:
            error.hint = f"{error.hint}; or connect as it is with --force" if error.hint else "connect with --force"
            raise
        return str(error)
    except ProviderError as error:
        raise error.at(where, "see the whole tenant") from None
    return None


def _vocabulary(opened: Credential) -> tuple[str, ...]:
    """Return by which names the credential's scopes are known, as far as it can say so."""
    if not isinstance(opened.connector, ReadOwnPermissions):
        return ()
    try:
        return (opened.connector.read_own_permissions().vocabulary,)
    except ProviderError:
        return ()  # it only helps to say what another refusal means


def own_permissions(opened: Credential, config: InstanceConfig) -> OwnPermissions:
    """Return what the provider tells of a credential's permissions; raises ProviderError."""
    if not isinstance(opened.connector, ReadOwnPermissions):
        return OwnPermissions()
    try:
        return opened.connector.read_own_permissions()
    except ProviderError as error:
        raise error.at(config.label, "read back its own permissions") from None


def _keep_tokens(key: str, spec: CredentialSpec, environment: Environment, tokens: MemoryTokens) -> None:
    name = place_name(spec.tokens)
    found = tokens.load()
    if name and found:
        KeptTokens(key, spec.name, environment.secrets.place(name)).save(found)


def save(proof: Proof, request: Request, environment: Environment) -> InstanceConfig:
    """Save secrets, then the instance; on failure what was kept is forgotten again. Raises StoreError."""
    connector: type[Connector] = load(request.app.connector)
    config = msgspec.structs.replace(proof.config, expected=expected_of(connector, proof.config))
    new = proof.spec.name not in {spec.name for spec in _known_credentials(request)}
    try:
        for key, given in request.secrets.items():
            place = _place(given.source)
            if given.value is not None and place:
                environment.secrets.write(config.key, proof.spec.name, key, place, given.value)
        _keep_tokens(config.key, proof.spec, environment, proof.tokens)
        with edit() as current:
            if request.add:
                known = current.get(config.app, config.name)
                merged = known.with_credential(proof.spec, proof.own)
                current.replace(
                    msgspec.structs.replace(
                        merged, tenant=proof.tenant, expected=expected_of(connector, merged), connected=config.connected
                    )
                )
            else:
                current.add(config, force=request.force)
    except BaseException:
        if new:
            environment.secrets.forget(config.key, (proof.spec,))
        raise
    return config


def _known_credentials(request: Request) -> tuple[CredentialSpec, ...]:
    existing = Config.load().find(request.app.key, request.instance) if request.add else None
    return existing.credentials if existing else ()


def moved(config: InstanceConfig, changed: InstanceConfig, environment: Environment) -> bool:
    """Prove an instance again whose settings lead to another address; False where they don't.

    Each credential must sign in there and meet the same tenant, before anything is saved. Raises ProviderError,
    GuardRefused.
    """
    app = registry.get(config.app)
    addresses = [
        (base_urls(app, {**config.fields, **s.fields}), base_urls(app, {**changed.fields, **s.fields}))
        for s in config.credentials
    ]
    if all(before == after for before, after in addresses):
        return False
    for spec in changed.credentials:
        opened = open_credential(app, changed, spec, environment, tokens=MemoryTokens())
        try:
            tenant = _prove_tenant(opened)
        finally:
            opened.close()
        if config.tenant and tenant.id != config.tenant.id:
            raise GuardRefused(
                f"credential `{spec.name}` meets {tenant.name} ({tenant.id}) there,"
                f" but {config.label} is {config.tenant.name} ({config.tenant.id})",
                hint=f"connect the other one as an instance of its own: casb connect {config.app} --instance NAME",
            )
    return True


def reread(config: InstanceConfig, environment: Environment) -> dict[str, OwnPermissions]:
    """Return what each credential of an instance may do, by its name, asked for anew; raises ProviderError."""
    app = registry.get(config.app)
    tenant = config.tenant or Tenant(id="", name=config.name)
    found: dict[str, OwnPermissions] = {}
    for spec in config.credentials:
        opened = open_credential(app, config, spec, environment)
        try:
            own = own_permissions(opened, config)
            if spec.purpose != "govern":
                own = probed(opened.connector, tenant, own)
        finally:
            opened.close()
        known = config.own.get(spec.name)
        found[spec.name] = msgspec.structs.replace(own, shortened=known.shortened if known else None)
    return found


def _place(source: str) -> PlaceName | None:
    return place_name(sources.parse(source).kind)


def expected_of(connector: type[Connector], config: InstanceConfig) -> tuple[str, ...]:
    """Return the logical calls that later scans are expected to be able to make.

    Each ability counts through the one credential that serves it, as in a scan.
    """
    readers = [spec for spec in config.credentials if spec.purpose in {"read", "both"}]
    tenant = config.tenant or Tenant(id="", name=config.name)
    on = connector.app.switched_on(config.fields) if connector.app.components else None
    calls: set[str] = set()
    for ability in abilities_of(connector):
        if ability.changes:
            continue
        found = best(connector, ability, tenant, readers, config.own, on)
        if found is not None:
            own = config.own.get(found[0].name) or OwnPermissions()
            calls |= {f"{ability.key} {call}" for call in expected_calls(connector, ability, tenant, own, on)}
    return tuple(sorted(calls))
