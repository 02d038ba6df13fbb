"""Proving abilities on a connected instance: the first page of each reading ability is really asked for."""

from __future__ import annotations

from dataclasses import dataclass

from casb_cli.connect.open import OpenInstance
from casb_cli.connect.standing import Standing, State
from casb_cli.core import clock
from casb_cli.core.capabilities import ABILITIES, Ability, FollowFiles, ListActivity, ReadOwnPermissions, Window
from casb_cli.core.errors import CasbError, LicenceMissing, NotPermitted, ObjectMissing, Unsupported
from casb_cli.core.models import ROOT, Partition

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
        return Proven(ability, stands.state, spec.name, _gaps(stands))
    try:
        _ask(instance, ability)
    except LicenceMissing as error:
        return Proven(ability, "licence-missing", spec.name, error.words, error.needed)
    except NotPermitted as error:
        return Proven(ability, "scope-missing", spec.name, error.words, error.needed)
    except ObjectMissing:
        return Proven(ability, "unverifiable", spec.name, "there is nothing yet to try it on")
    except CasbError as error:
        return Proven(ability, "unverifiable", spec.name, str(error))
    return Proven(ability, "proven", spec.name, _gaps(stands))


def _gaps(stands: Standing) -> str | None:
    notes = [f"{', '.join(gap.calls)}: {gap.reason}" if gap.calls else gap.reason for gap in stands.gaps]
    return "; ".join(notes) or None


def _ask(instance: OpenInstance, ability: type[Ability]) -> None:
    connector = instance.connector_for(ability)
    if ability is ReadOwnPermissions:
        connector.read_own_permissions()  # type: ignore[attr-defined]
        return
    if ability is FollowFiles:
        connector.follow_start()  # type: ignore[attr-defined]
        return
    method = getattr(connector, ability.key.replace("-", "_"))
    denied = {call for gap in instance.standing_of(ability, instance.choose(ability)[0]).gaps for call in gap.calls}
    waiting: list[tuple[Partition, int]] = [(ROOT, 0)]
    refused: CasbError | None = None
    answered = False
    while waiting:
        part, depth = waiting.pop(0)
        extra = (Window(since=clock.text(clock.now())),) if ability is ListActivity else ()
        try:
            for page in method(part, None, *extra):
                answered = answered or bool(page.items) or part != ROOT
                if depth < _DEPTH:
                    waiting += [(more, depth + 1) for more in page.more[:_DEPTH]]
                break
        except NotPermitted as error:
            if error.call not in denied:
                refused = refused or error
        else:
            answered = answered or not waiting
    if refused is not None and not answered:
        raise refused


def prove_all(instance: OpenInstance) -> list[Proven]:
    """Return the standing of every ability of the app, in the matrix's order."""
    return [prove_ability(instance, one) for one in ABILITIES if issubclass(instance.connector_class, one)]
