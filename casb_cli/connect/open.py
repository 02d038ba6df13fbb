"""Opening instances: credentials become clients, clients become connectors, abilities find the one allowed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from casb_cli.apps import registry
from casb_cli.apps.base import Connector, InstanceFacts
from casb_cli.connect.standing import Standing, best, lacking, lacking_anywhere, standing, switched_off
from casb_cli.core.app import COMPONENTS_FIELD, App, CredentialSpec
from casb_cli.core.capabilities import Ability
from casb_cli.core.errors import (
    CasbError,
    ConfigError,
    LicenceMissing,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    ScopeMissing,
    SignInNeeded,
    Stopped,
    Unsupported,
)
from casb_cli.core.models import OwnPermissions, Row, Tenant
from casb_cli.core.protocols import RateMemory, TokenStore, Tracer
from casb_cli.store.instances import InstanceConfig
from casb_cli.store.secrets import Secrets
from casb_cli.store.tokens import open_tokens

if TYPE_CHECKING:
    from casb_cli.connect.renew import Renewal
    from casb_cli.transport.client import Client
    from casb_cli.transport.signin import Authenticator, Interaction

A = TypeVar("A", bound=Ability)
Purpose = Literal["read", "govern"]


def load(name: str) -> Any:
    """Return what `module:attribute` names."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def base_urls(app: App, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the app's base URLs with the instance's own in their place, without trailing slashes."""
    if app.urls:
        return cast("dict[str, str]", load(app.urls)(fields))
    return {name: (fields.get(f"{name}_url") or default).rstrip("/") for name, default in app.hosts.items()}


def quota_share(config: InstanceConfig) -> float:
    """Return the share of each limit that the instance's settings allow; raises ConfigError where it is none."""
    text = config.settings.get("quota_share", "1")
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ConfigError(
            f"{config.label}: `quota_share = {text}` is no share",
            hint=f"casb instances set {config.app}/{config.name} quota_share=0.9",
        )
    return share


@dataclass
class Environment:
    """What opening needs from outside: where secrets are, what rates were learned, how a run may be stopped."""

    secrets: Secrets
    rates: Callable[[str], RateMemory] | None = None
    """What was learned of an instance's limits, by instance key."""
    recall: Callable[[str, str, str], Row | None] | None = None
    """What earlier listings kept of an object, by instance key, kind and id."""
    tracer: Tracer | None = None
    told: Callable[[str], object] | None = None
    """Tells the user a sentence beside what was asked for."""
    stop: threading.Event = field(default_factory=threading.Event)
    quota_share: float = 1.0
    deadline: float | None = None
    transport: Any = None


@dataclass
class Credential:
    """One credential in use."""

    spec: CredentialSpec
    connector: Connector
    authenticator: Authenticator
    own: OwnPermissions | None
    signing_in: Client
    """The client that the sign-in itself uses, towards token endpoints."""

    def close(self) -> None:
        """Close every connection and keep what the governors learned."""
        self.signing_in.close()
        self.connector.client.close()


def open_credential(
    app: App,
    config: InstanceConfig,
    spec: CredentialSpec,
    environment: Environment,
    *,
    secret: Callable[[str], str] | None = None,
    tokens: TokenStore | None = None,
    want: tuple[str, ...] = (),
) -> Credential:
    """Return a credential ready for use; nothing has been sent yet.

    `secret` and `tokens` replace the configured sources while a connection is being proved.
    """
    from casb_cli.transport.client import Client
    from casb_cli.transport.governor import Governors
    from casb_cli.transport.signin import SigninContext

    method = app.method(spec.method)
    if method is None:
        raise SignInNeeded(
            f"{config.label}: credential `{spec.name}` uses `{spec.method}`, which {app.key} no longer has",
            hint=f"casb connect {app.key} --instance {config.name} --add --auth METHOD",
        )
    fields = {**config.fields, **spec.fields}
    urls = base_urls(app, fields)
    whole = {f.key: f.multiline for f in method.fields}
    connector_class: type[Connector] = load(app.connector)
    rules = connector_class.rules
    scope = f"{config.key}/{spec.name}"
    share = min(environment.quota_share, quota_share(config))
    common: dict[str, Any] = {
        "where": config.label,
        "tracer": environment.tracer,
        "stop": environment.stop,
        "quota_share": share,
        "deadline": environment.deadline,
        "transport": environment.transport,
    }
    memory = environment.rates(config.key) if environment.rates else None
    governors = Governors(app, scope, memory=memory, stop=environment.stop, share=share)
    plain = Client(app, rules, None, urls, governors, **common)
    own = config.own.get(spec.name)
    context = SigninContext(
        app=app.key,
        instance=config.name,
        method=spec.method,
        fields=fields,
        secret=secret
        or (lambda key: environment.secrets.read_spec(config.key, spec, key, whole=whole.get(key, False))),
        tokens=tokens or open_tokens(config.key, spec, environment.secrets),
        http=plain,
        urls=urls,
        want=want,
        granted=own.granted if own is not None and not want else (),
    )
    authenticator: Authenticator = load(app.signin)(context)
    client = Client(app, rules, authenticator, urls, governors, **common)
    facts = InstanceFacts(
        app=app.key, name=config.name, method=spec.method, fields=fields, urls=urls, tenant=config.tenant, own=own
    )
    connector = connector_class(client, facts)
    if environment.recall is not None:
        connector.recall = partial(environment.recall, config.key)
    return Credential(spec, connector, authenticator, own, plain)


class OpenInstance:
    """One instance with its credentials, opened on first use and closed together."""

    def __init__(self, config: InstanceConfig, environment: Environment) -> None:
        self.config = config
        self.environment = environment
        self.app = registry.get(config.app)
        self.connector_class: type[Connector] = load(self.app.connector)
        self._opened: dict[str, Credential] = {}
        self._former: list[Credential] = []
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._renewed = False

    @property
    def key(self) -> str:
        """The instance key, which survives a rename."""
        return self.config.key

    @property
    def name(self) -> str:
        """The instance's name."""
        return self.config.name

    @property
    def label(self) -> str:
        """`app/name`, as messages write it."""
        return self.config.label

    @property
    def tenant(self) -> Tenant:
        """The tenant's facts as proved at connect; an empty one where the instance was never proved."""
        return self.config.tenant or Tenant(id="", name=self.config.name)

    def credential(self, spec: CredentialSpec) -> Credential:
        """Return a credential of this instance ready for use."""
        with self._lock:
            if spec.name not in self._opened:
                self._opened[spec.name] = open_credential(self.app, self.config, spec, self.environment)
            return self._opened[spec.name]

    def specs(self, purpose: Purpose) -> tuple[CredentialSpec, ...]:
        """Return the credentials made for a purpose, in the order in which they were connected."""
        return tuple(spec for spec in self.config.credentials if spec.purpose in {purpose, "both"})

    def standing_of(self, ability: type[Ability], spec: CredentialSpec) -> Standing:
        """Return how an ability stands with one credential."""
        own = self.config.own.get(spec.name) or OwnPermissions()
        return standing(self.connector_class, ability, self.tenant, own, self.on)

    @property
    def on(self) -> frozenset[str] | None:
        """The components that are switched on; None where the app has none to choose."""
        return self.app.switched_on(self.config.fields) if self.app.components else None

    def cannot(self, ability: type[Ability]) -> str | None:
        """Return why this instance lacks an ability, whatever its credentials: the app's reason, or the choice."""
        if not issubclass(self.connector_class, ability):
            reason = self.connector_class.without.get(ability, "it is not part of this app's API")
            return f"{self.app.title} cannot {ability.title}: {reason}"
        off = switched_off(self.connector_class, ability, self.on)
        return f"cannot {ability.title}: {off}" if off else None

    def choose(self, ability: type[Ability], purpose: Purpose | None = None) -> tuple[CredentialSpec, Standing]:
        """Return the first credential that an ability is allowed with; raises Unsupported or NotPermitted.

        Of several that may, the one with the fewest gaps is taken.
        """
        reason = self.cannot(ability)
        if reason is not None:
            raise Unsupported(f"{self.label}: {reason}", hint=self._how_on(ability))
        purpose = purpose or ("govern" if ability.changes else "read")
        specs = self.specs(purpose)
        if not specs:
            raise SignInNeeded(
                f"{self.label} has no credential for the purpose `{purpose}`",
                hint=f"casb connect {self.app.key} --instance {self.name} --add --purpose {purpose}",
            )
        found = self._best(ability, specs)
        if found is None:
            # What was not allowed when it was connected may have been granted since: that is looked at once.
            self._look_for_grants()
            found = self._best(ability, specs)
        if found is None:
            raise self._refusal(ability, specs[0], self.standing_of(ability, specs[0]))
        return found

    def _best(
        self, ability: type[Ability], specs: tuple[CredentialSpec, ...]
    ) -> tuple[CredentialSpec, Standing] | None:
        return best(self.connector_class, ability, self.tenant, specs, self.config.own, self.on)

    def _look_for_grants(self) -> None:
        """Read the permissions of every credential back, once for as long as the instance is open."""
        with self._renewing:
            if self._renewed:
                return
            self._renewed = True
            for spec in self.config.credentials:
                try:
                    gained = self.renew(spec).gained
                except Stopped:
                    raise
                except CasbError:
                    continue  # the refusal, which stands then, says what to do
                if gained and self.environment.told is not None:
                    self.environment.told(
                        f"{self.label}: granted since it was connected, and kept: {', '.join(gained)}"
                    )

    def renew(self, spec: CredentialSpec) -> Renewal:
        """Read back what a credential may do now; what it gained is saved, and holds from here on.

        Raises ProviderError, SignInNeeded, StoreError.
        """
        from casb_cli.connect.renew import renew

        self._renewed = True
        config, renewal = renew(self.config, spec, self.environment)
        if config is not self.config:
            with self._lock:
                self.config = config
                # A token issued before holds none of it; whoever uses it now goes on.
                former = self._opened.pop(spec.name, None)
                if former is not None:
                    self._former.append(former)
        return renewal

    def _how_on(self, ability: type[Ability]) -> str | None:
        brought = self.app.components_of(ability.key)
        if self.on is None or not brought:
            return None
        chosen = ",".join(one.key for one in self.app.components if one.key in {*self.on, brought[0]})
        return f"casb instances set {self.label} {COMPONENTS_FIELD}={chosen}"

    def _refusal(self, ability: type[Ability], spec: CredentialSpec, refused: Standing) -> ProviderError:
        needed = tuple(dict.fromkeys(scope for gap in refused.gaps for scope in gap.needed))
        reason = "; ".join(dict.fromkeys(gap.reason for gap in refused.gaps)) or "it is not allowed"
        kind: type[NotPermitted] = {
            "scope-missing": ScopeMissing,
            "licence-missing": LicenceMissing,
        }.get(refused.state, NotPermitted)
        error = kind(
            f"credential `{spec.name}` {reason}",
            needed=needed,
            hint=f"casb doctor --app {self.app.key} --instance {self.name}",
        )
        error.at(self.label, ability.title)
        return error

    def explain(self, error: CasbError, ability: type[Ability], doing: str | None = None) -> CasbError:
        """Return the error with what was being done; a missing scope that the provider didn't name is named too.

        Some providers hide what may not be read behind "not found": where the permissions read back lack what the
        call needs, that is said instead; where they don't tell, it is said that it may be so.
        """
        if not isinstance(error, ProviderError):
            return error
        if isinstance(error, ScopeMissing) and not error.needed:
            error.needed = self._lacking(ability, error.call)
        elif isinstance(error, ObjectMissing) and not ability.changes:
            error = self._perhaps_hidden(error, ability)
        if isinstance(error, ScopeMissing) and error.needed:
            error.hint = error.hint or f"casb doctor --app {self.app.key} --instance {self.name}"
        return error.at(self.label, doing or ability.title)

    def _lacking(self, ability: type[Ability], call: str) -> tuple[str, ...]:
        """Return the scopes that a call needs, by the ability's own declaration before any other's."""
        kinds = {own.vocabulary for own in self.config.own.values()}
        return lacking(self.connector_class, ability, call, kinds) or lacking_anywhere(
            self.connector_class, call, kinds
        )

    def _perhaps_hidden(self, error: ObjectMissing, ability: type[Ability]) -> ProviderError:
        try:
            gaps = self.choose(ability)[1].gaps
        except CasbError:
            return error  # nothing may be read here at all, which is reported by itself
        for gap in gaps:
            if error.call in gap.calls and gap.state == "scope-missing" and gap.needed:
                known = {"call": error.call, "status": error.status, "request_id": error.request_id}
                return ScopeMissing(error.words, needed=gap.needed, **known)
        needed = self._lacking(ability, error.call)
        if needed:
            error.words += f", or hidden for want of {', '.join(needed)}"
        return error

    def connector_for(self, ability: type[A], purpose: Purpose | None = None) -> A:
        """Return the connector through which an ability is allowed; raises Unsupported or NotPermitted."""
        spec, _ = self.choose(ability, purpose)
        return cast("A", self.credential(spec).connector)

    def calls(self) -> dict[str, int]:
        """Return how many calls were answered since it was opened, by credential and limit scope (`main:core`)."""
        with self._lock:
            opened = dict(self._opened)
        return {
            f"{name}:{scope}": answers
            for name, credential in opened.items()
            for scope, answers in credential.connector.client.governors.answered().items()
        }

    def limits(self) -> Iterator[tuple[str, float, float | None]]:
        """Yield family, units used and allowance of the scope nearest to its limit, one for each family."""
        with self._lock:
            opened = list(self._opened.values())
        nearest: dict[str, tuple[float, float]] = {}
        for credential in opened:
            for row in credential.connector.client.governors.ledger():
                family = str(row["scope"]).partition("~")[0]
                used, allowed = float(row["used"] or 0), float(row["allowed"] or 0)
                before = nearest.get(family)
                if used and (before is None or used / max(allowed, 1) > before[0] / max(before[1], 1)):
                    nearest[family] = (used, allowed)
        for family, (used, allowed) in nearest.items():
            yield family, used, allowed or None

    def look(self, spec: CredentialSpec) -> str | None:
        """Return None where a credential sees the whole tenant, else what was accepted with `--force` at connect.

        Raises NotPermitted where it sees less than it did, and any other ProviderError.
        """
        known = (self.config.own.get(spec.name) or OwnPermissions()).shortened
        try:
            self.credential(spec).connector.check_visibility()
        except NotPermitted:
            if known is None:
                raise
            return known
        return None

    def close(self) -> None:
        """Close every connection and keep what the governors learned."""
        with self._lock:
            opened = [*self._former, *self._opened.values()]
            self._former, self._opened = [], {}
        for credential in opened:
            credential.close()


__all__ = ["Credential", "Environment", "Interaction", "OpenInstance", "base_urls", "load", "open_credential"]
