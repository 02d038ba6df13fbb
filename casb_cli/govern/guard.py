"""What wants a flag of its own: casb's own account, the last administrator, protected objects, too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from casb_cli.core.capabilities import ListAccounts, ListGrants
from casb_cli.core.errors import CasbError, GuardRefused, Stopped
from casb_cli.core.refs import local, parse
from casb_cli.govern.actions import UNDO, action_kind
from casb_cli.govern.listed import pages
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
    holders = None if own and break_glass else _holders(acting, opened)
    for target in acting:
        instance = opened(parse(target.ref))
        concerned = _concerned(target, holders)
        if concerned is None:
            refusals.append((f"could not tell whose {target.ref} is", f"{OWN} {PROTECTED}"))
            continue
        if not own and instance.identities() & concerned:
            refusals.append((f"{target.ref} is, or belongs to, the account that casb signs in with", OWN))
        if not break_glass and (reason := _protected(target, concerned, protected)):
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


def _told_holder(target: Target) -> str | None:
    """Return the account behind a token, where the plan says it."""
    for state in (target.change.before, target.change.keeps):
        if isinstance(principal := state.get("principal_ref"), str):
            return principal
    return None


def _holders(acting: list[Target], opened: Open) -> dict[tuple[str, str], str | None]:
    """Return whose each token is that the plans don't say it of; one that could not be found out is left out."""
    silent: dict[str, list[Target]] = {}
    for target in acting:
        if parse(target.ref).kind == "grant" and _told_holder(target) is None:
            silent.setdefault(target.instance, []).append(target)
    found: dict[tuple[str, str], str | None] = {}
    for key, targets in silent.items():
        wanted = {target.local for target in targets}
        holders, complete = _listed_holders(opened(parse(targets[0].ref)), wanted)
        for ref in wanted:
            if ref in holders or complete:
                found[key, ref] = holders.get(ref)
    return found


def _listed_holders(instance: Opened, wanted: set[str]) -> tuple[dict[str, str | None], bool]:
    """Return the holders of some grants as the provider lists them, and whether all that was asked was told.

    Where the list names only a login, the account of that login is looked up.
    """
    found: dict[str, str | None] = {}
    logins: dict[str, str] = {}
    try:
        connector: ListGrants = instance.connector(ListGrants, govern=False)
        complete = True
        for page in pages(connector.list_grants):
            if page is None:
                complete = False  # a part that can't be read; the others may still hold it
                continue
            for row in page.items:
                if (ref := local("grant", row.id)) in wanted:
                    found[ref] = row.principal_ref
                    if row.principal_ref is None and row.principal:
                        logins[ref] = row.principal
            if len(found) == len(wanted):
                break
        if logins:
            accounts = _accounts_of(instance, set(logins.values()))
            found |= {ref: accounts.get(login) for ref, login in logins.items()}
    except Stopped:
        raise
    except CasbError:
        return {ref: holder for ref, holder in found.items() if holder}, False
    return found, complete


def _accounts_of(instance: Opened, logins: set[str]) -> dict[str, str]:
    connector: ListAccounts = instance.connector(ListAccounts, govern=False)
    found: dict[str, str] = {}
    for page in pages(connector.list_accounts_briefly, strict=True):
        for account in page.items if page else ():
            if account.login in logins:
                found[account.login] = local("account", account.id)
        if len(found) == len(logins):
            break
    return found


def _concerned(target: Target, holders: dict[tuple[str, str], str | None] | None) -> set[str] | None:
    """Return what an action changes and the account behind a token it takes away; None where nobody can tell."""
    holder = _told_holder(target)
    if holder is None and parse(target.ref).kind == "grant" and holders is not None:
        if (target.instance, target.local) not in holders:
            return None
        holder = holders[target.instance, target.local]
    return {*target.touched, *([holder] if holder else [])}


def _protected(target: Target, concerned: set[str], protected: Protected) -> str | None:
    for ref in sorted(concerned):
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
    found = False
    for page in pages(connector.list_accounts_briefly, strict=True):
        for account in page.items if page else ():
            if local("account", account.id) in going:
                found = found or account.is_admin is not False
            elif account.is_admin and account.status in {"active", None}:
                return True, True
    return found, False
