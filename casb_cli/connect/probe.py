"""Proving abilities on a connected instance: the first page of each reading ability is really asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from casb_cli.apps.base import Connector
from casb_cli.connect.open import OpenInstance
from casb_cli.connect.standing import Standing, State, standing
from casb_cli.core import clock
from casb_cli.core.capabilities import (
    ABILITIES,
    Ability,
    FollowFiles,
    ListActivity,
    ReadOwnPermissions,
    Window,
    needs_of,
)
from casb_cli.core.errors import (
    CasbError,
    LicenceMissing,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    Unsupported,
)
from casb_cli.core.models import ROOT, OwnPermissions, Partition, Tenant

_DEPTH = 2
"""How many partitions of a listing are looked into: a root often only names the parts."""


@dataclass(frozen=True)
class Proven:
    """What asking gave for one ability with one credential."""

    ability: type[Ability]
    state: State
    credential: str | None
    note: str | None = None
    needed: tuple[str, ...] = ()


def prove_ability(instance: OpenInstance, ability: type[Ability]) -> Proven:
    """Return the standing of an ability: reading ones by asking, changing ones by permissions alone."""
    try:
        spec, stands = instance.choose(ability)
    except Unsupported as error:
        return Proven(ability, "off", None, error.message)
    except NotPermitted as error:
        state: State = "licence-missing" if isinstance(error, LicenceMissing) else "scope-missing"
        return Proven(ability, state, None, error.words, error.needed)
    except CasbError as error:
        return Proven(ability, "unverifiable", None, error.message)
    if ability.changes or (ability.yields is None and ability is not ReadOwnPermissions):
        return Proven(ability, stands.state, spec.name, _gaps(stands), _to_grant(stands))
    connector = instance.connector_for(ability)
    denied = frozenset(call for gap in stands.gaps for call in gap.calls)
    try:
        refused = ask(connector, ability, denied)
    except LicenceMissing as error:
        return Proven(ability, "licence-missing", spec.name, error.words, error.needed)
    except NotPermitted as error:
        return Proven(ability, "scope-missing", spec.name, error.words, error.needed)
    except ObjectMissing:
        return Proven(ability, "unverifiable", spec.name, "there is nothing yet to try it on")
    except CasbError as error:
        return Proven(ability, "unverifiable", spec.name, str(error))
    notes = [_gaps(stands), *(f"{call}: {error.words}" for call, error in refused.items())]
    needed = (*_to_grant(stands), *(scope for error in refused.values() for scope in error.needed))
    return Proven(ability, "proven", spec.name, "; ".join(filter(None, notes)) or None, tuple(dict.fromkeys(needed)))


def _gaps(stands: Standing) -> str | None:
    notes = [f"{', '.join(gap.calls)}: {gap.reason}" if gap.calls else gap.reason for gap in stands.lacks]
    return "; ".join(notes) or None


def _to_grant(stands: Standing) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scope for gap in stands.lacks if gap.grantable for scope in gap.needed))


def ask(connector: Any, ability: type[Ability], denied: frozenset[str] = frozenset()) -> dict[str, NotPermitted]:
    """Ask for the first page of an ability and of each kind of its partitions; return the calls that were refused.

    Calls in `denied` are known to be refused and are no news. Raises NotPermitted where nothing was answered.
    """
    if ability is ReadOwnPermissions:
        connector.read_own_permissions()
        return {}
    if ability is FollowFiles:
        connector.follow_look()
        return {}
    with connector.only_trying():
        return _asked(connector, ability, denied)


def _asked(connector: Any, ability: type[Ability], denied: frozenset[str]) -> dict[str, NotPermitted]:
    method = getattr(connector, ability.key.replace("-", "_"))
    extra = (Window(since=clock.text(clock.now())),) if ability is ListActivity else ()
    waiting: list[tuple[Partition, int]] = [(ROOT, 0)]
    refused: dict[str, NotPermitted] = {}
    answered = False
    while waiting:
        part, depth = waiting.pop(0)
        try:
            for page in method(part, None, *extra):
                answered = answered or bool(page.items) or part != ROOT
                if depth < _DEPTH:
                    waiting += [(more, depth + 1) for more in _some_of_each_kind(page.more)]
                break
        except NotPermitted as error:
            if error.call not in denied:
                refused.setdefault(error.call, error)
        else:
            answered = answered or not waiting
    if refused and not answered:
        raise next(iter(refused.values()))
    return refused


def _some_of_each_kind(parts: Sequence[Partition]) -> list[Partition]:
    """Return a few partitions of each kind; the kind is what stands before the colon of a key."""
    kinds: Counter[str] = Counter()
    found = []
    for part in parts:
        kind = part.key.partition(":")[0]
        kinds[kind] += 1
        if kinds[kind] <= _DEPTH:
            found.append(part)
    return found


def probed(connector: Connector, tenant: Tenant, own: OwnPermissions) -> OwnPermissions:
    """Return the permissions with what asking proved of every reading ability, and which calls were refused.

    Only a refusal counts: what could not be tried, or failed for a passing reason, stays as it was.
    """
    proven, refused = dict.fromkeys(own.proven), dict(own.refused)
    on = connector.app.switched_on(connector.facts.fields) if connector.app.components else None
    for ability in ABILITIES:
        if ability.changes or ability.yields is None or not isinstance(connector, ability):
            continue
        stands = standing(type(connector), ability, tenant, own, on)
        if not stands.usable:
            continue
        try:
            found = ask(connector, ability, frozenset(call for gap in stands.gaps for call in gap.calls))
        except NotPermitted as error:
            found = {error.call: error}
        except (ProviderError, Unsupported):
            continue  # without a setting that is left out, for one, an ability is none of this instance
        declared = {call for need in needs_of(type(connector), ability) for call in need.calls}
        refused |= {f"{ability.key} {call}": error.words for call, error in found.items() if call in declared}
        if not found:
            proven[ability.key] = None
    return msgspec.structs.replace(own, proven=tuple(proven), refused=refused)


def prove_all(instance: OpenInstance) -> list[Proven]:
    """Return the standing of every ability of the app, in the matrix's order."""
    return [prove_ability(instance, one) for one in ABILITIES if issubclass(instance.connector_class, one)]
