"""What one credential may do: four layers, of which the first that says no decides a cell.

Has code (the class), variant (tenant facts), switched on (components), allowed (permissions, licence). Where
the provider gives no way to know, the standing is `unverifiable`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from casb_cli.apps.base import Connector
from casb_cli.core.app import CredentialSpec
from casb_cli.core.capabilities import ABILITIES, MATRIX_ROWS, Ability, ListActivity, Need, needs_of
from casb_cli.core.models import OwnPermissions, Tenant

State = Literal["proven", "granted", "scope-missing", "licence-missing", "off", "unverifiable"]
USABLE: frozenset[State] = frozenset({"proven", "granted", "unverifiable"})


@dataclass(frozen=True)
class Gap:
    """Calls of an ability that this credential cannot make, and what would allow them."""

    calls: tuple[str, ...]
    state: State
    needed: tuple[str, ...]
    reason: str
    elsewhere: bool = False
    """Whether the calls exist on another variant of the provider only: then nothing is lacking here."""
    grantable: bool = False
    """Whether this credential could make the calls once it were given what is needed."""


@dataclass(frozen=True)
class Standing:
    """The standing of one ability: usable when at least one of its needs is met; `gaps` are the others."""

    state: State
    gaps: tuple[Gap, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the ability can be tried with this credential."""
        return self.state in USABLE

    @property
    def lacks(self) -> tuple[Gap, ...]:
        """The gaps that are one: what exists on another variant only is none."""
        return tuple(gap for gap in self.gaps if not gap.elsewhere)


def switched_off(connector: type[Connector], ability: type[Ability], on: frozenset[str] | None) -> str | None:
    """Return why an ability is off: none of the components that bring it is switched on; None where it isn't."""
    brought = connector.app.components_of(ability.key) if on is not None else ()
    if on is None or not brought or on.intersection(brought):
        return None
    names = " or ".join(f"`{name}`" for name in brought)
    return f"the component {names} is switched off"


def _need_state(
    connector: type[Connector],
    need: Need,
    tenant: Tenant,
    own: OwnPermissions,
    granted: frozenset[str],
    on: frozenset[str] | None,
) -> Gap | State:
    if on is not None and need.component is not None and need.component not in on:
        return Gap(need.calls, "off", (), f"the component `{need.component}` is switched off")
    if not connector.available(need.variant, tenant):
        return Gap(need.calls, "off", need.variant, f"exists only on {', '.join(need.variant)}", elsewhere=True)
    if need.licence and connector.licensed(need.licence, tenant) is False:
        return Gap(need.calls, "licence-missing", (need.licence,), f"needs {need.licence}")
    if not need.any_of or own.vocabulary == "*":
        return "granted" if not need.any_of else "unverifiable"
    alternatives = need.any_of.get(own.vocabulary, need.any_of.get("*"))
    if alternatives is None:
        kinds = " or ".join(sorted(need.any_of))
        scopes = next(iter(need.any_of.values()))[0]
        return Gap(need.calls, "scope-missing", scopes, f"only a credential of kind `{kinds}` may make this call")
    if not own.complete:
        return "unverifiable"
    missing = _cheapest(alternatives, granted)
    if not missing:
        return "granted"
    return Gap(need.calls, "scope-missing", missing, f"lacks {', '.join(missing)}", grantable=True)


def elsewhere(connector: type[Connector], tenant: Tenant) -> tuple[str, ...]:
    """Return in a sentence each what does not apply to a tenant, since it exists on another variant only."""
    titles = {one.key: one.title for one in connector.app.variants}
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for ability in ABILITIES:
        for need in needs_of(connector, ability) if issubclass(connector, ability) else ():
            if not connector.available(need.variant, tenant):
                found.setdefault(need.variant, {})[ability.title] = None
    here = titles.get(tenant.variant, tenant.variant)
    return tuple(
        f"this is {here}: calls that only {' or '.join(titles.get(one, one) for one in variants)} know do not apply,"
        f" which concerns: {', '.join(abilities)}"
        for variants, abilities in found.items()
    )


def _refused(need: Need, ability: type[Ability], own: OwnPermissions, granted: frozenset[str]) -> Gap | None:
    """Return the gap of a need of which a probe was refused, whatever the permissions say."""
    for call in need.calls:
        words = own.refused.get(f"{ability.key} {call}")
        if words is not None:
            alternatives = need.any_of.get(own.vocabulary, need.any_of.get("*", ()))
            return Gap(need.calls, "scope-missing", _cheapest(alternatives, granted), words)
    return None


def _cheapest(alternatives: Sequence[tuple[str, ...]], granted: frozenset[str]) -> tuple[str, ...]:
    """Return what of the alternative that lacks least is lacking; empty where one lacks nothing."""
    lacks = [tuple(scope for scope in one if scope not in granted) for one in alternatives]
    return min(lacks, key=len, default=())


def standing(
    connector: type[Connector],
    ability: type[Ability],
    tenant: Tenant,
    own: OwnPermissions,
    on: frozenset[str] | None = None,
) -> Standing:
    """Return how an ability stands for a credential, from permissions read back and tenant facts alone.

    `on` are the instance's components, None where nothing is chosen.
    """
    off = switched_off(connector, ability, on)
    if off is not None:
        return Standing("off", (Gap((), "off", (), off),))
    if ability.key in own.refused:
        gap = Gap((), "scope-missing", (), own.refused[ability.key])
        return Standing("scope-missing", (gap,))
    granted = connector.expand_scopes(frozenset(own.granted))
    found = [
        _refused(need, ability, own, granted) or _need_state(connector, need, tenant, own, granted, on)
        for need in needs_of(connector, ability)
    ]
    gaps = tuple(item for item in found if isinstance(item, Gap))
    states = [item for item in found if not isinstance(item, Gap)]
    if ability.key in own.proven and states:
        return Standing("proven", gaps)
    if not states:
        return Standing(gaps[0].state if gaps else "granted", gaps)
    return Standing("granted" if "granted" in states else "unverifiable", gaps)


def costs(
    connector: type[Connector], lost: frozenset[str], own: OwnPermissions, on: frozenset[str] | None = None
) -> dict[str, list[str]]:
    """Return what the loss of some permissions costs: the lines of the matrix, by the title of their component.

    The title is empty where an app is not made of components.
    """
    before = connector.expand_scopes(frozenset(own.granted))
    left = connector.expand_scopes(
        frozenset(one for one in own.granted if not lost & connector.expand_scopes(frozenset({one})))
    )
    components = {one.key: one for one in connector.app.components}
    found: dict[str, list[str]] = {}
    for ability in ABILITIES:
        for need in needs_of(connector, ability) if issubclass(connector, ability) else ():
            alternatives = need.any_of.get(own.vocabulary, need.any_of.get("*", ()))
            if not alternatives or _cheapest(alternatives, before) or not _cheapest(alternatives, left):
                continue
            component = components.get(need.component or "")
            if component is not None and on is not None and component.key not in on:
                continue
            told = ability is ListActivity and component is not None
            cell = component.brings if told and component else MATRIX_ROWS[ability.row]
            cells = found.setdefault(component.title if component else "", [])
            if cell not in cells:
                cells.append(cell)
    return found


def lacking(
    connector: type[Connector], ability: type[Ability], call: str, vocabularies: Iterable[str]
) -> tuple[str, ...]:
    """Return the scopes that a call of an ability needs by its declaration; empty where none is declared."""
    for need in needs_of(connector, ability):
        if call not in need.calls or not need.any_of:
            continue
        for kind in (*vocabularies, "*"):
            if kind in need.any_of:
                return tuple(need.any_of[kind][0])
    return ()


def lacking_anywhere(connector: type[Connector], call: str, vocabularies: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that a call needs by the declaration of whichever ability makes it."""
    kinds = tuple(vocabularies)
    found = (lacking(connector, one, call, kinds) for one in ABILITIES if issubclass(connector, one))
    return next(filter(None, found), ())


def best(
    connector: type[Connector],
    ability: type[Ability],
    tenant: Tenant,
    specs: Iterable[CredentialSpec],
    own: Mapping[str, OwnPermissions],
    on: frozenset[str] | None = None,
) -> tuple[CredentialSpec, Standing] | None:
    """Return the credential that serves an ability: the first usable one of those with the fewest gaps, or None.

    A permission that was read back or proved wins over one that cannot be verified.
    """
    found = [(spec, standing(connector, ability, tenant, own.get(spec.name) or OwnPermissions(), on)) for spec in specs]
    usable = [item for item in found if item[1].usable]
    return min(usable, key=lambda item: (len(item[1].gaps), item[1].state == "unverifiable"), default=None)


def expected_calls(
    connector: type[Connector],
    ability: type[Ability],
    tenant: Tenant,
    own: OwnPermissions,
    on: frozenset[str] | None = None,
) -> frozenset[str]:
    """Return the logical calls of an ability that this credential is expected to be able to make."""
    denied = {call for gap in standing(connector, ability, tenant, own, on).gaps for call in gap.calls}
    return frozenset(call for need in needs_of(connector, ability) for call in need.calls) - denied
