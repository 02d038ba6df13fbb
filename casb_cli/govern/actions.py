"""The closed list of what can be done to an object: one table, from which commands, plans and help follow."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from casb_cli.core.capabilities import ABILITIES, Actor, ability_methods
from casb_cli.core.errors import UsageError

UNDO = "undo"
"""The action under which the journal keeps the replay of an inverse."""


class ActionKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of action: what it acts on, the connector method that plans it, and its place in a run.

    Lower `rank` runs earlier: what needs a door open comes before what closes it. `lives_on` and
    `cannot_reach` complete the help: what may work some minutes more, and what stays out of reach.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    method: str
    rank: int
    options: tuple[str, ...] = ()
    cased: bool = False
    aliases: tuple[str, ...] = ()
    lives_on: str = ""
    cannot_reach: str = ""
    removes_admin: bool = False

    @property
    def ability(self) -> type[Actor]:
        """The ability whose method plans it."""
        return _ABILITY_OF[self.method]


_ABILITY_OF: dict[str, type[Actor]] = {
    method: ability for ability in ABILITIES if issubclass(ability, Actor) for method in ability_methods(ability)
}

ACTIONS: tuple[ActionKind, ...] = (
    ActionKind(
        key="unsuspend",
        title="give a suspended account its access back",
        kinds=("account",),
        method="plan_unsuspend",
        rank=0,
        cannot_reach="An account that was deleted, or that a directory keeps suspended.",
    ),
    ActionKind(
        key="restore",
        title="bring a file back from the trash or from quarantine",
        kinds=("file",),
        method="plan_restore",
        rank=10,
        cannot_reach="A file that was purged, or whose time in the trash has ended.",
    ),
    ActionKind(
        key="change-share",
        title="change a share's role, level or expiry",
        kinds=("share",),
        method="plan_change_share",
        rank=20,
        options=("role", "sharing", "expires"),
        lives_on="A page or download already open goes on until it is loaded again.",
        cannot_reach="Copies that somebody has already downloaded or forked.",
    ),
    ActionKind(
        key="unshare",
        title="remove one share",
        kinds=("share",),
        method="plan_remove_share",
        rank=21,
        lives_on="A page or download already open goes on until it is loaded again.",
        cannot_reach="Copies that somebody has already downloaded or forked.",
    ),
    ActionKind(
        key="make-private",
        title="remove every share wider than the company from a file",
        kinds=("file",),
        method="plan_make_private",
        rank=22,
        lives_on="A page or download already open goes on until it is loaded again.",
        cannot_reach="Copies that somebody has already downloaded or forked.",
    ),
    ActionKind(
        key="quarantine",
        title="put a file out of everybody's reach, to be restored later",
        kinds=("file",),
        method="plan_quarantine",
        rank=23,
        options=("mode",),
        cased=True,
        lives_on="A download already running ends; caches of the provider may serve the file some minutes more.",
        cannot_reach="Copies elsewhere: downloads, forks, older versions that the plan names.",
    ),
    ActionKind(
        key="overwrite",
        title="replace a file's content by a tombstone",
        kinds=("file",),
        method="plan_overwrite",
        rank=24,
        cased=True,
        lives_on="Caches of the provider may serve the former content some minutes more.",
        cannot_reach="Older versions where the provider keeps them; the plan says so.",
    ),
    ActionKind(
        key="trash",
        title="move a file to the trash",
        kinds=("file",),
        method="plan_trash",
        rank=25,
        lives_on="A download already running ends.",
        cannot_reach="Files under a retention policy or a legal hold.",
    ),
    ActionKind(
        key="revoke-leaked",
        title="have the provider revoke its own tokens that stand in a file",
        kinds=("file",),
        method="plan_revoke_leaked",
        rank=5,
        lives_on="The provider revokes within minutes and mails each token's owner.",
        cannot_reach="Tokens of other providers, and tokens inside documents or archives.",
    ),
    ActionKind(
        key="revoke-grant",
        title="revoke a token, key, credential or app installation",
        kinds=("grant",),
        method="plan_revoke_grant",
        rank=30,
        aliases=("revoke-token",),
        lives_on="An access token already issued may work until it expires, at most about an hour.",
        cannot_reach="Tokens that the provider does not list, and what was done with them already.",
    ),
    ActionKind(
        key="revoke-password",
        title="make an account choose a new password",
        kinds=("account",),
        method="plan_revoke_password",
        rank=40,
        options=("mode",),
        lives_on="Sessions already open go on: end them with `casb govern revoke-sessions`.",
        cannot_reach="People who sign in through single sign-on: their password lives in the directory.",
    ),
    ActionKind(
        key="suspend",
        title="take away an account's access",
        kinds=("account",),
        method="plan_suspend",
        rank=50,
        options=("mode",),
        lives_on="Access tokens and sessions may work some minutes more: add `casb govern revoke-sessions`.",
        cannot_reach="An account that a directory sync manages is given back by the next sync.",
        removes_admin=True,
    ),
    ActionKind(
        key="revoke-sessions",
        title="end an account's sessions",
        kinds=("account",),
        method="plan_revoke_sessions",
        rank=60,
        lives_on="The provider ends sessions in the background; access tokens may work until they expire.",
        cannot_reach="Sessions at the identity provider: end those there.",
    ),
)

_BY_NAME: dict[str, ActionKind] = {name: kind for kind in ACTIONS for name in (kind.key, *kind.aliases)}


def action_kind(name: str) -> ActionKind:
    """Return the action of that name or alias; raises UsageError."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UsageError(f"`{name}` is no action", hint="one of: " + ", ".join(kind.key for kind in ACTIONS)) from None


def permission_lines(kind: ActionKind, connectors: dict[str, type]) -> Iterator[str]:
    """Yield, per app and sign-in method, the permission that an action needs, from what the connectors declare."""
    for app, connector in sorted(connectors.items()):
        if not issubclass(connector, kind.ability):
            reason = getattr(connector, "without", {}).get(kind.ability)
            if reason:
                yield f"{app}: cannot ({reason})"
            continue
        wanted: dict[str, dict[str, None]] = {}
        for need in getattr(getattr(connector, kind.method), "__needs__", ()):
            notes = [*need.variant, *([need.licence] if need.licence else [])]
            only = f" ({', '.join(notes)} only)" if notes else ""
            for method, alternatives in need.any_of.items():
                scopes = " or ".join(" + ".join(alternative) for alternative in alternatives) or "none"
                wanted.setdefault(method, {})[scopes + only] = None
        for method, scopes_of in wanted.items():
            yield f"{app}, {'any sign-in' if method == '*' else method}: {'; '.join(scopes_of)}"
        partial = getattr(connector, "partial", {}).get(kind.ability)
        if partial:
            yield f"{app}, what is missing: {partial}"
