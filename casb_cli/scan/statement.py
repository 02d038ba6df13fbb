"""The completeness statement that ends every scan: what was seen, what was not, and why.

Held against what the instance was expected to deliver when it was connected: losing that is an error; what it
never had, or what is switched off, is stated and changes no exit code. A missing permission is never a finding
and never a clean result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from casb_cli.connect.open import OpenInstance
from casb_cli.connect.standing import Gap, costs, elsewhere
from casb_cli.core.capabilities import ABILITIES, Ability, ReadFile, needs_of
from casb_cli.core.errors import (
    CasbError,
    NotPermitted,
    PartlyDone,
    ProviderError,
    ScopeMissing,
    Unsupported,
    combined_exit_code,
)
from casb_cli.core.models import Notice
from casb_cli.scan.census import Lost, Taken


@dataclass
class Statement:
    """What one run saw of one instance."""

    seen: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    """Files by state, and by state and reason (`skipped: too-large`), over all that are present.

    Of those `without text` (`without text: unsupported in part`) none was missed.
    """
    inspected: dict[str, int] = field(default_factory=dict)
    """Files settled in this run, by state."""
    lost: list[str] = field(default_factory=list)
    """What was expected and could not be read: an error."""
    stated: list[str] = field(default_factory=list)
    """What the app has not, what this instance never had, or what is switched off."""
    denied: list[str] = field(default_factory=list)
    """Of what is stated, that for want of a permission or a licence: a person may want to grant it."""
    unreachable: list[str] = field(default_factory=list)
    """What the provider shows to nobody, such as a suspended user's files: not looked at, and no failure."""
    gaps: list[str] = field(default_factory=list)
    errors: list[CasbError] = field(default_factory=list)
    missed: dict[str, int] = field(default_factory=dict)
    """Files of which text was not, or not wholly, looked at, by state and reason."""
    remedies: list[str] = field(default_factory=list)
    """What would read what was left out of files, such as an extra or `--ocr`."""
    waiting: int = 0
    stopped: bool = False
    calls: dict[str, int] = field(default_factory=dict)
    """Calls that this run made, by credential and limit scope (`main:core`): what a later one will cost."""
    fresh: bool = False
    """Whether nothing that an earlier run had learned was used."""
    only: tuple[str, ...] = ()
    """The parts that this run was limited to."""
    taken_away: set[str] = field(default_factory=set)
    """Permissions that were held when the instance was connected, and are missed now."""
    _alike: dict[tuple[str, str, str], tuple[str, int]] = field(default_factory=dict, repr=False)
    """Parts lost for the same reason: the first one's text, and how many they are."""

    @property
    def complete(self) -> bool:
        """Whether everything that was expected was looked at."""
        failed = sum(count for state, count in self.files.items() if state.startswith("failed"))
        return not (self.lost or self.gaps or self.stopped or self.waiting or failed)

    @property
    def looked_at_nothing(self) -> bool:
        """Whether the run failed before anything was seen: what is told of files then stems from earlier ones."""
        return bool(self.lost) and not (self.seen or self.inspected)

    @property
    def exit_code(self) -> int:
        """The run's own exit code, findings apart."""
        if self.complete:
            return 0
        codes = [error.exit_code for error in self.errors]
        if codes and not self.seen:
            return combined_exit_code(codes)
        return PartlyDone.exit_code

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that the store keeps."""
        return {
            "complete": self.complete,
            "seen": self.seen,
            "gone": self.gone,
            "files": self.files,
            "inspected": self.inspected,
            "missed": self.missed,
            "remedies": self.remedies,
            "waiting": self.waiting,
            "lost": self.lost,
            "stated": self.stated,
            "denied": self.denied,
            "unreachable": self.unreachable,
            "gaps": self.gaps,
            "stopped": self.stopped,
            "calls": self.calls,
            "fresh": self.fresh,
            "only": self.only,
        }

    def add(self, instance: OpenInstance, taken: Taken) -> None:
        """Take over what became of one ability."""
        noun = taken.ability.yields
        if noun and (taken.rows or not (taken.lost or taken.only_changes)):
            self.seen[noun] = self.seen.get(noun, 0) + taken.rows
        if noun and taken.gone:
            self.gone[noun] = self.gone.get(noun, 0) + taken.gone
        for lost in taken.lost:
            self.lose(instance, taken.ability, lost)
        for notice in taken.notices:
            self._note(instance, notice)

    def lose(self, instance: OpenInstance, ability: type[Ability], lost: Lost) -> bool:
        """Take over what could not be read; False where the instance never could, which is stated only."""
        text = str(lost.error)
        if lost.partition:
            text = f"{ability.title}, part `{lost.partition}`: {text}"
        if isinstance(lost.error, Unsupported) or never_had(instance, ability, lost.error):
            self._alike_once(self.stated, ability, lost, text)
            return False
        if self._alike_once(self.lost, ability, lost, text):
            self.errors.append(lost.error)
            if isinstance(lost.error, ScopeMissing):
                self.miss(instance, lost.error.needed)
        return True

    def miss(self, instance: OpenInstance, scopes: Iterable[str]) -> None:
        """Note which of some permissions were taken away since the instance was connected."""
        self.taken_away.update(one for one in scopes if was_granted(instance, (one,)))

    def _alike_once(self, where: list[str], ability: type[Ability], lost: Lost, text: str) -> bool:
        """Note the first part of those lost for one reason, and count the others; True for the first."""
        words = lost.error.words if isinstance(lost.error, ProviderError) else lost.error.message
        key = (f"{ability.key} {lost.error.kind}", lost.call, words)
        first, count = self._alike.get(key, (text, 0))
        self._alike[key] = (first, count + 1)
        if not count:
            self._once(where, first)
            return True
        shown = first if count == 1 else f"{first}; {count - 1:,} more alike"
        if shown in where:
            where[where.index(shown)] = f"{first}; {count:,} more alike"
        return False

    def _note(self, instance: OpenInstance, notice: Notice) -> None:
        needed = f" (needs {', '.join(notice.needed)})" if notice.needed else ""
        text = f"{notice.about}{needed}"
        if notice.effect == "degraded":
            lost = notice.code == "scope-missing" and was_granted(instance, notice.needed)
            self._once(self.lost if lost else self.stated, text)
            if lost:
                self.miss(instance, notice.needed)
            if notice.code in {"scope-missing", "licence-missing"} and not lost:
                self._once(self.denied, text)
        elif notice.code == "unreachable":
            self._once(self.unreachable, text)
        elif notice.code == "gap":
            self._once(self.gaps, text)
        else:
            self._once(self.lost, text)

    @staticmethod
    def _once(where: list[str], text: str) -> None:
        if text not in where:
            where.append(text)


def never_had(instance: OpenInstance, ability: type[Ability], error: CasbError) -> bool:
    """Tell whether a refusal concerns what the instance could not do when it was connected either.

    A refused call that the ability does not declare (a token's renewal) was needed then too: it is a loss.
    """
    expected = instance.config.expected
    if not isinstance(error, NotPermitted) or not expected:
        return False
    call = error.call
    if not call:
        return not any(entry.startswith(f"{ability.key} ") for entry in expected)
    declared = {one for need in needs_of(instance.connector_class, ability) for one in need.calls}
    return call in declared and f"{ability.key} {call}" not in expected


def was_granted(instance: OpenInstance, scopes: tuple[str, ...]) -> bool:
    """Tell whether a credential held one of some scopes when it was connected: to miss it now is a loss."""
    expand = instance.connector_class.expand_scopes
    return any(expand(frozenset(own.granted)).intersection(scopes) for own in instance.config.own.values())


def state_losses(statement: Statement, instance: OpenInstance) -> None:
    """State each permission that was taken away, with the components and the lines of the matrix that it costs."""
    for scope in sorted(statement.taken_away):
        found: dict[str, list[str]] = {}
        for own in instance.config.own.values():
            found |= costs(instance.connector_class, frozenset({scope}), own, instance.on)
        told = [f"{title}: {', '.join(cells)}" if title else ", ".join(cells) for title, cells in found.items()]
        if told:
            text = f"the permission {scope} was taken away since {instance.label} was connected; it costs "
            statement.lost.append(text + "; ".join(told))


def state_lacks(statement: Statement, instance: OpenInstance) -> None:
    """State what the app or this instance's permissions never offered, so that silence is never read as clean."""
    connector = instance.connector_class
    statement.stated.extend(elsewhere(connector, instance.tenant))
    for ability in ABILITIES:
        if ability.changes or (ability.yields is None and ability is not ReadFile):
            continue
        if not issubclass(connector, ability):
            reason = connector.without.get(ability)
            if reason:
                statement.stated.append(f"{ability.title}: {reason}")
            continue
        if ability in connector.partial:
            statement.stated.append(f"{ability.title}: {connector.partial[ability]}")
        for gap in _gaps(instance, ability):
            needed = f" (needs {', '.join(gap.needed)})" if gap.needed else ""
            text = f"{ability.title}: {', '.join(gap.calls) or 'all'}: {gap.reason}{needed}"
            statement.stated.append(text)
            if gap.state in {"scope-missing", "licence-missing"}:
                statement.denied.append(text)


def _gaps(instance: OpenInstance, ability: type[Ability]) -> tuple[Gap, ...]:
    """Return what the credential that serves an ability lacks; of several that don't, the first one's."""
    try:
        return instance.choose(ability)[1].lacks
    except (NotPermitted, Unsupported):
        return instance.standing_of(ability, instance.specs("read")[0]).lacks
    except CasbError:
        return ()  # without any credential for reading, the run itself says so
