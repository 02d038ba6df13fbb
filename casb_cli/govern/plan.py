"""Plans: which objects, from which state to which, in which order, inside which limits. Nothing here changes anything.

A saved plan is JSON. It pins each object by id and by the state it was planned from, and carries the limits
that were agreed. `apply` plans each target anew and refuses it where the new plan differs, so what a file says
is compared with the provider and never carried out as it stands.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import msgspec

from casb_cli.core import clock
from casb_cli.core.anew import from_its_beginning
from casb_cli.core.capabilities import Change
from casb_cli.core.errors import CasbError, ProviderError, StateConflict, Stopped, UsageError
from casb_cli.core.models import Sharing
from casb_cli.core.refs import Ref, parse
from casb_cli.core.shapes import from_json
from casb_cli.govern.actions import ActionKind, action_kind
from casb_cli.govern.ports import Opened
from casb_cli.govern.record import Record

CAP = 25
"""How many objects one run may touch unless it is told otherwise."""

FORMAT = 1

WORKERS = 4
"""How many objects are planned at a time: planning only reads, and waits for the provider most of the time."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: an action on one object, with the action's own options (mode, role, sharing, expires)."""

    action: str
    ref: Ref
    options: dict[str, str] = {}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a run may do beyond the guards' defaults; a saved plan carries it."""

    max_targets: int = CAP
    own_account: bool = False
    last_admin: bool = False
    protected: bool = False


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a plan: the action, the change as planned, and what a later look must find again."""

    ref: str
    instance: str
    action: str
    change: Change
    options: dict[str, str] = {}
    case: str | None = None
    rank: int = 0
    resumes: str | None = None
    """The action of the journal that this one continues, stopped between its steps."""

    @property
    def local(self) -> str:
        """The object's reference within its instance."""
        return parse(self.ref).local

    @property
    def touched(self) -> tuple[str, ...]:
        """The local refs that are really changed, the object's own among them."""
        return tuple(dict.fromkeys((self.local, *self.change.touches)))

    @property
    def already(self) -> bool:
        """Whether the object already is as it shall be."""
        change = self.change
        if change.manual:
            return False
        there = bool(change.observable and change.after) and matches(change.before, change.after)
        return self.resumes is None and (there or not change.steps)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is about to do, in order; `digest` is the SHA-256 of all the rest."""

    id: str
    created: str
    targets: tuple[Target, ...]
    limits: Limits = Limits()
    reason: str | None = None
    format: int = FORMAT
    digest: str = ""

    @property
    def touched(self) -> tuple[tuple[str, str], ...]:
        """Every object that is really changed, as instance key and local ref, once each."""
        return tuple(
            dict.fromkeys(
                (target.instance, ref)
                for target in self.targets
                if not target.already and not target.change.manual
                for ref in target.touched
            )
        )


@dataclass
class Draft:
    """A plan, and the requests that could not be planned, each with its error."""

    plan: Plan
    problems: list[tuple[Request, CasbError]] = field(default_factory=list)


Open = Callable[[Ref], Opened]
Find = Callable[[str, str, str, dict[str, str]], Record | None]
"""Find an action of the journal: instance key, local ref, action, options."""


def new_id(prefix: str) -> str:
    """Return a fresh id such as `a-20261122-7f3k2m9q`: sortable by day, safe in a shell."""
    return f"{prefix}-{clock.now().strftime('%Y%m%d')}-{secrets.token_hex(5)}"


def build(
    requests: Iterable[Request],
    opened: Open,
    *,
    limits: Limits | None = None,
    reason: str | None = None,
    cases: Mapping[str, str] | None = None,
    resume: Find | None = None,
    standing: Find | None = None,
) -> Draft:
    """Return the plan for some requests, ordered so that none closes the door on the next; reads only.

    A request that can't be planned becomes a problem of the draft and stops no other. `cases` gives the
    correlation ids to use again, by full ref; `resume` finds the action of the journal to continue, if the
    same one stopped between its steps; `standing` the one that still holds, where doing it again would only
    bury its way back (a tombstone quarantined).
    """
    asked = [
        Request(action=action, ref=ref, options=dict(options))
        for action, ref, options in dict.fromkeys((r.action, r.ref, tuple(sorted(r.options.items()))) for r in requests)
    ]

    def plan_asked(request: Request) -> Target:
        kind = action_kind(request.action)
        check_kind(kind, request.ref)
        instance = opened(request.ref)
        where = (instance.key, request.ref.local, kind.key, request.options)
        if resume and (stopped := resume(*where)):
            return _continued(request, kind, stopped)
        if standing and kind.cased and (held := standing(*where)):
            return _held(request, kind, held)
        case = (cases or {}).get(str(request.ref)) or (new_id("c") if kind.cased else None)
        return plan_one(request, instance, case=case)

    targets, problems = _planned(plan_asked, asked)
    targets.sort(key=lambda target: target.rank)
    plan = Plan(
        id=new_id("r"),
        created=clock.now_text(),
        targets=tuple(targets),
        limits=limits or Limits(),
        reason=reason,
    )
    return Draft(sealed(plan), problems)


def _planned(
    work: Callable[[Request], Target], asked: list[Request]
) -> tuple[list[Target], list[tuple[Request, CasbError]]]:
    """Plan every request, several at a time, and return targets and problems in the order asked."""
    from concurrent.futures import ThreadPoolExecutor

    targets: list[Target] = []
    problems: list[tuple[Request, CasbError]] = []
    pool = ThreadPoolExecutor(max_workers=max(1, min(WORKERS, len(asked))), thread_name_prefix="plan")
    try:
        futures = [pool.submit(work, request) for request in asked]
        for request, future in zip(asked, futures, strict=True):
            try:
                targets.append(future.result())
            except Stopped:
                raise
            except CasbError as error:
                problems.append((request, _naming(error, request.ref)))
    finally:
        # After an interrupt nobody waits for what is still being read.
        pool.shutdown(wait=False, cancel_futures=True)
    return targets, problems


def _naming(error: CasbError, ref: Ref) -> CasbError:
    """Return the error with the object named, for among many nobody could tell which one it is about."""
    if not isinstance(error, ProviderError) and str(ref) not in error.message:
        error.message = f"{ref}: {error.message}"
        error.args = (error.message,)
    return error


def _continued(request: Request, kind: ActionKind, stopped: Record) -> Target:
    """Return the target that goes on with an action of the journal."""
    return Target(
        ref=str(request.ref),
        instance=stopped.instance,
        action=kind.key,
        change=stopped.change,
        options=request.options,
        case=stopped.case,
        rank=kind.rank,
        resumes=stopped.id,
    )


def _held(request: Request, kind: ActionKind, held: Record) -> Target:
    """Return the target that is already so, by an action of the journal."""
    return Target(
        ref=str(request.ref),
        instance=held.instance,
        action=kind.key,
        change=msgspec.structs.replace(held.change, before=held.after, steps=()),
        options=request.options,
        case=held.case,
        rank=kind.rank,
    )


def check_kind(kind: ActionKind, ref: Ref) -> None:
    """Raise UsageError unless the action acts on objects of the reference's kind."""
    if ref.kind not in kind.kinds:
        raise UsageError(
            f"`{kind.key}` acts on {' or '.join(f'{one}s' for one in kind.kinds)}; `{ref}` is none of them",
            hint=f"list what it can act on: casb list {kind.kinds[0]}s",
        )


def plan_one(request: Request, instance: Opened, *, case: str | None = None) -> Target:
    """Return the target of one request as its connector plans it."""
    kind = action_kind(request.action)
    ref = request.ref
    check_kind(kind, ref)
    where = f"{instance.app_key}/{instance.name}"
    connector = instance.connector(kind.ability)
    options: dict[str, Any] = dict(request.options)
    if unknown := set(options) - set(kind.options):
        raise UsageError(f"`{kind.key}` has no option {', '.join(sorted(unknown))}")
    _check_mode(connector, kind, options.get("mode"), where)
    if kind.key == "change-share":
        options = checked_share(options)
    if kind.cased:
        options["case"] = case
    try:
        change: Change = from_its_beginning(lambda: getattr(connector, kind.method)(ref.id, **options))
    except ProviderError as error:
        raise instance.explain(error, kind.ability, f"plan to {kind.key} {ref}") from None
    order = getattr(connector, "govern_order", {})
    return Target(
        ref=str(ref),
        instance=instance.key,
        action=kind.key,
        change=change,
        options=request.options,
        case=case,
        rank=order.get(kind.key, kind.rank),
    )


def checked_share(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be changed of a share, its end in our way of writing times; raises UsageError."""
    wanted = {name: value for name, value in options.items() if value}
    if not wanted:
        raise UsageError("nothing to change was named", hint="use --role, --sharing or --expires")
    levels = get_args(Sharing)
    if wanted.get("sharing", levels[0]) not in levels:
        raise UsageError(f"`{wanted['sharing']}` is no level of sharing", hint=f"one of: {', '.join(levels)}")
    expires = wanted.get("expires")
    if expires:
        when = clock.normalise(expires)
        if when is None:
            raise UsageError(f"`{expires}` is no RFC 3339 time", hint="write 2026-12-31T00:00:00Z")
        if clock.parse(when) <= clock.now():
            raise UsageError("the end of a share lies ahead", hint="to end it now: casb govern unshare REF")
        wanted["expires"] = when
    return wanted


def modes_of(connector: Any, kind: ActionKind) -> Mapping[str, str]:
    """Return the modes that a connector offers for an action, and what each does; empty where there is one way."""
    found: Mapping[str, str] = getattr(connector, f"{kind.key.replace('-', '_')}_modes", {})
    return found


def _check_mode(connector: Any, kind: ActionKind, mode: str | None, where: str) -> None:
    modes = modes_of(connector, kind)
    if mode is not None and mode not in modes:
        known = "; ".join(f"{name}: {what}" for name, what in modes.items())
        raise UsageError(
            f"{where}: `{kind.key}` has no mode `{mode}`",
            hint=f"modes are {known}" if known else "leave --mode out: there is one way only",
        )


def _canonical(plan: Plan) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(plan, digest=""), order="sorted")


def sealed(plan: Plan) -> Plan:
    """Return the plan with its digest."""
    return msgspec.structs.replace(plan, digest=hashlib.sha256(_canonical(plan)).hexdigest())


def save(plan: Plan, path: Path, write: Callable[[Path, bytes], None]) -> None:
    """Write a plan as indented JSON through `write`, which keeps it private to the user."""
    write(path, msgspec.json.format(msgspec.json.encode(sealed(plan)), indent=2) + b"\n")


def load(path: Path, *, approved: str | None = None) -> Plan:
    """Return the plan of a file; raises UsageError when it is none, was altered, or is not the approved one."""
    try:
        plan = from_json(path.read_bytes(), Plan)
    except OSError as error:
        raise UsageError(f"could not read the plan {path}: {error.strerror or error}") from None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{path} is no plan: {error}", hint="make one with `casb govern ACTION REF --plan FILE`"
        ) from None
    if plan.format != FORMAT:
        raise UsageError(f"{path} has the plan format {plan.format}; this casb reads {FORMAT}")
    if sealed(plan).digest != plan.digest:
        raise UsageError(f"{path} was altered after it was saved", hint="make the plan anew")
    if approved and approved.removeprefix("sha256:").lower() != plan.digest:
        raise UsageError(
            f"{path} is not the approved plan: its digest is sha256:{plan.digest}",
            hint="have this plan approved, or apply the one that was",
        )
    for target in plan.targets:
        check_kind(action_kind(target.action), parse(target.ref))
    return plan


def refresh(plan: Plan, opened: Open) -> Draft:
    """Return the plan as the providers are now: the same targets, planned anew.

    A target whose new plan differs from the saved one becomes a problem; one that has meanwhile reached its
    goal is kept as already so.
    """
    saved_of: dict[tuple[str, Ref], Target] = {}
    asked = []
    for saved in plan.targets:
        request = Request(action=saved.action, ref=parse(saved.ref), options=saved.options)
        asked.append(request)
        saved_of[(request.action, request.ref)] = saved

    def plan_again(request: Request) -> Target:
        saved = saved_of[(request.action, request.ref)]
        instance = opened(request.ref)
        where = f"{instance.app_key}/{instance.name}"
        if instance.key != saved.instance:
            raise StateConflict("the instance of that name is not the one that was planned for").at(where)
        now = plan_one(request, instance, case=saved.case)
        if not now.already and (differing := differences(saved.change, now.change)):
            raise StateConflict(
                f"{saved.ref} has changed since the plan was made: {', '.join(differing)}",
                hint="make the plan anew, and have it approved again",
            ).at(where)
        return now

    fresh, problems = _planned(plan_again, asked)
    return Draft(msgspec.structs.replace(plan, targets=tuple(fresh)), problems)


_PINNED = (
    "action",
    "target",
    "mode",
    "version",
    "before",
    "after",
    "steps",
    "inverse",
    "touches",
    "irreversible",
    "manual",
)


def differences(saved: Change, now: Change) -> list[str]:
    """Return which parts of a planned change are not what they were."""
    # What was saved went through JSON: tuples and other shapes compare only after the same journey.
    then = msgspec.to_builtins(saved)
    fresh = msgspec.json.decode(msgspec.json.encode(now))
    found = []
    for name in _PINNED:
        old, new = then.get(name), fresh.get(name)
        if msgspec.json.encode(old, order="sorted") == msgspec.json.encode(new, order="sorted"):
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += [f"{name}.{key}" for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
        else:
            found.append(name)
    return found


def matches(observed: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether an observed state is the wanted one, in all that the wanted one names."""
    return not differing_keys(observed, wanted)


def differing_keys(observed: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the keys of the wanted state that the observed one has otherwise."""
    seen = msgspec.to_builtins(dict(observed))
    return [key for key, value in msgspec.to_builtins(dict(wanted)).items() if seen.get(key) != value]
