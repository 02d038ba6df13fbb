"""What wants a flag of its own: casb's own account, the last administrator, protected objects, too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from casb_cli.core.capabilities import ListAccounts, Page
from casb_cli.core.errors import CasbError, GuardRefused
from casb_cli.core.models import ROOT, Account, Partition
from casb_cli.core.refs import local, parse
from casb_cli.govern.actions import UNDO, action_kind
from casb_cli.govern.plan import Limits, Open, Plan, Target
from casb_cli.govern.ports import Opened

Protected = Callable[[str, str], str | None]
"""Tell why an object (instance key, local ref) is protected, or None."""

OWN, LAST_ADMIN, PROTECTED = "--allow-own-account", "--allow-last-admin", "--allow-protected"


def check(plan: Plan, opened: Open, protected: Protected, *, limits: Limits | None = None) -> None:
    """Raise GuardRefused, naming every flag that is wanted, unless all of a plan is inside its limits.

    `limits` are given at the command line and widen what the plan carries; a plan's own cap is only raised.
    """
    asked = limits or Limits()
    own = plan.limits.own_account or asked.own_account
    last = plan.limits.last_admin or asked.last_admin
    break_glass = plan.limits.protected or asked.protected
    cap = max(plan.limits.max_targets, asked.max_targets) if limits else plan.limits.max_targets
    acting = [t for t in plan.targets if not t.already and not t.change.manual and _takes(t)]
    refusals: list[tuple[str, str]] = []
    touched = len(plan.touched)
    if touched > cap:
        refusals.append(
            (
                f"the plan touches {touched} objects, more than the cap of {cap}",
                f"--max-targets {touched}",
            )
        )
    for target in acting:
        instance = opened(parse(target.ref))
        if not own and (reason := _own(target, instance)):
            refusals.append((reason, OWN))
        if not break_glass and (reason := _protected(target, protected)):
            refusals.append((reason, PROTECTED))
    if not last:
        refusals += [(reason, LAST_ADMIN) for reason in _last_admins(acting, opened)]
    if refusals:
        flags = " ".join(dict.fromkeys(flag for _, flag in refusals))
        raise GuardRefused(
            "nothing was done: " + "; ".join(dict.fromkeys(reason for reason, _ in refusals)),
            hint=f"look again, and if it is meant: add {flags}",
        )


def _takes(target: Target) -> bool:
    """Tell whether an action may take something away: an undo gives back, save that of giving access back."""
    return target.action != UNDO or target.change.action == "unsuspend"


def _concerned(target: Target) -> set[str]:
    """Return what an action changes, and the principal behind a token that it takes away."""
    found = set(target.touched)
    for state in (target.change.before, target.change.keeps):
        principal = state.get("principal_ref")
        if isinstance(principal, str):
            found.add(principal)
    return found


def _own(target: Target, instance: Opened) -> str | None:
    if instance.identities() & _concerned(target):
        return f"{target.ref} is, or belongs to, the account that casb signs in with"
    return None


def _protected(target: Target, protected: Protected) -> str | None:
    for ref in sorted(_concerned(target)):
        if (why := protected(target.instance, ref)) is not None:
            about = target.ref if ref == target.local else f"{target.ref} (through {ref})"
            return f"{about} is protected" + (f": {why}" if why else "")
    return None


def _last_admins(acting: list[Target], opened: Open) -> list[str]:
    """Return a refusal for each instance whose last administrator the plan would take away."""
    leaving: dict[str, list[Target]] = {}
    for target in acting:
        if target.action == UNDO or action_kind(target.action).removes_admin:
            leaving.setdefault(target.instance, []).append(target)
    refusals = []
    for targets in leaving.values():
        if all(_is_admin(target.change) is False for target in targets):
            continue
        instance = opened(parse(targets[0].ref))
        going = {target.local for target in targets}
        try:
            found, stays = _admins(instance, going)
        except CasbError as error:
            refusals.append(
                f"{instance.app_key}/{instance.name}: could not tell whether an administrator remains ({error})"
            )
            continue
        told = any(_is_admin(target.change) for target in targets)
        if (found or told) and not stays:
            names = ", ".join(target.ref for target in targets)
            refusals.append(f"{names} would take away the last administrator")
    return refusals


def _is_admin(change: Any) -> bool | None:
    for state in (change.before, change.keeps):
        if isinstance(told := state.get("is_admin"), bool):
            return told
    return None


def _admins(instance: Opened, going: set[str]) -> tuple[bool, bool]:
    """Tell whether one of `going` may be an administrator, and whether another active one stays.

    The listing ends at the first that stays: a big company costs a page, not all of them.
    """
    connector: ListAccounts = instance.connector(ListAccounts, govern=False)
    queue: list[Partition] = [ROOT]
    seen: set[str] = set()
    found = False
    while queue:
        part = queue.pop()
        if part.key in seen:
            continue
        seen.add(part.key)
        page: Page[Account]
        for page in connector.list_accounts(part, None):
            queue += page.more
            for account in page.items:
                if local("account", account.id) in going:
                    found = found or account.is_admin is not False
                elif account.is_admin and account.status in {"active", None}:
                    return True, True
    return found, False
