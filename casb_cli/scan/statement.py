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
from casb_cli.core.capabilities import ABILITIES, Ability
from casb_cli.core.errors import (
    CasbError,
    NotPermitted,
    PartlyDone,
    ProviderError,
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
    """Files by state, and by state and reason (`skipped: too-large`), over all that are present."""
    inspected: dict[str, int] = field(default_factory=dict)
    """Files settled in this run, by state."""
    lost: list[str] = field(default_factory=list)
    """What was expected and could not be read: an error."""
    stated: list[str] = field(default_factory=list)
    """What this instance never had, or what is switched off."""
    unreachable: list[str] = field(default_factory=list)
    """What the provider shows to nobody, such as a suspended user's files: not looked at, and no failure."""
    gaps: list[str] = field(default_factory=list)
    errors: list[CasbError] = field(default_factory=list)
    waiting: int = 0
    stopped: bool = False
    calls: dict[str, int] = field(default_factory=dict)
    """Calls that this run made, by credential and limit scope (`main:core`): what a later one will cost."""
    fresh: bool = False
    """Whether nothing that an earlier run had learned was used."""
    only: tuple[str, ...] = ()
    """The parts that this run was limited to."""

    @property
    def complete(self) -> bool:
        """Whether everything that was expected was looked at."""
        failed = sum(count for state, count in self.files.items() if state.startswith("failed"))
        return not (self.lost or self.gaps or self.stopped or self.waiting or failed)

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
            "waiting": self.waiting,
            "lost": self.lost,
            "stated": self.stated,
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
        if noun and (taken.rows or not taken.lost):
            self.seen[noun] = self.seen.get(noun, 0) + taken.rows
        if noun and taken.gone:
            self.gone[noun] = self.gone.get(noun, 0) + taken.gone
        for lost in taken.lost:
            self._lose(instance, taken.ability, lost)
        for notice in taken.notices:
            self._note(notice)

    def _lose(self, instance: OpenInstance, ability: type[Ability], lost: Lost) -> None:
        text = str(lost.error)
        if lost.partition:
            text = f"{ability.title}, part `{lost.partition}`: {text}"
        if isinstance(lost.error, Unsupported) or _never_had(instance, ability, lost):
            self._once(self.stated, text)
        else:
            self._once(self.lost, text)
            self.errors.append(lost.error)

    def _note(self, notice: Notice) -> None:
        needed = f" (needs {', '.join(notice.needed)})" if notice.needed else ""
        text = f"{notice.about}{needed}"
        if notice.effect == "degraded":
            self._once(self.stated, text)
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


def _never_had(instance: OpenInstance, ability: type[Ability], lost: Lost) -> bool:
    """Tell whether a refusal concerns what the instance could not do when it was connected either."""
    if not isinstance(lost.error, NotPermitted):
        return False
    expected = instance.config.expected
    if lost.call:
        return f"{ability.key} {lost.call}" not in expected and any(True for _ in expected)
    return not any(entry.startswith(f"{ability.key} ") for entry in expected)


def state_lacks(statement: Statement, instance: OpenInstance) -> None:
    """State what the app or this instance's permissions never offered, so that silence is never read as clean."""
    connector = instance.connector_class
    for ability in ABILITIES:
        if ability.changes or ability.yields is None:
            continue
        if not issubclass(connector, ability):
            reason = connector.without.get(ability)
            if reason:
                statement.stated.append(f"{ability.title}: {reason}")
            continue
        if ability in connector.partial:
            statement.stated.append(f"{ability.title}: {connector.partial[ability]}")
        for spec in instance.specs("read")[:1]:
            for gap in instance.standing_of(ability, spec).gaps:
                needed = f" (needs {', '.join(gap.needed)})" if gap.needed else ""
                statement.stated.append(f"{ability.title}: {', '.join(gap.calls) or 'all'}: {gap.reason}{needed}")


def summarise(statements: Iterable[Statement]) -> int:
    """Return the exit code of several instances' statements."""
    codes = [statement.exit_code for statement in statements]
    return 0 if all(code == 0 for code in codes) else combined_exit_code(codes)


def first_error(statement: Statement) -> CasbError | None:
    """Return what went wrong first, for the message of a single instance."""
    return next((error for error in statement.errors if isinstance(error, ProviderError)), None)
