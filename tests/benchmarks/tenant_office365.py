"""A big simulated tenant of Office 365 in this process, and a day's work of its people: an edit of one per cent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from casb_cli.apps.office365.sandbox import Office365
from casb_cli.apps.office365.sandbox_company import APP
from casb_cli.apps.office365.sandbox_objects import Permission
from casb_cli.apps.office365.sandbox_trail import AUDIT, SHAREPOINT, SIGN_IN
from casb_cli.apps.office365.sandbox_wire import when
from casb_cli.sandbox.facts import VERBS
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import Running, serve
from casb_cli.sandbox.wire import Request
from casb_cli.sandbox.world import World

MEMBERS = 0.85
"""Users of the tenant by each of the company's people: three quarters have an account, and a tenth as many guests."""
RECORDS = 0.276
"""Of the company's events of sixty days, the part that the three logs tell, each once."""
BUNDLE = 200
_LOGS = ((SIGN_IN, 0.45), (AUDIT, 0.3), (SHAREPOINT, 0.25))
_VERBS = {SIGN_IN: "sign-in", AUDIT: "member-added", SHAREPOINT: "edit"}


@contextlib.contextmanager
def tenant(*, users: int, groups: int, drives: int, files: int, records: int) -> Iterator[tuple[Office365, Running]]:
    """Serve a tenant of that size, its limits switched off."""
    world = World(
        people=round(users / MEMBERS), groups=groups, files=files, places=drives, events=round(records / RECORDS)
    )
    provider = Office365(world, Options(unlimited=True))
    with serve([provider]) as running:
        yield provider, running


def size(provider: Office365) -> dict[str, int]:
    """Return how much there is."""
    return {
        "users": provider.company.count,
        "groups": provider.company.group_count,
        "drives": len(provider.library.numbers),
        "files": provider.world.files,
        "records": round(provider.world.events * RECORDS),
    }


def edit(provider: Office365, share: float = 0.01) -> dict[str, int]:
    """Change so much of everything: content of files, users, members of groups, and new records of every log.

    Of the changed files one in a hundred is shared by a link as well, and as many other files go to the bin.
    """
    state, company, library = provider.state, provider.company, provider.library
    done = dict.fromkeys(("files", "shared", "deleted", "users", "groups", "records"), 0)
    step = round(1 / share)
    for index in range(step // 2, provider.world.files, step):
        item = state.keep(library.file(index))
        if done["files"] % 100 == 99:
            provider.bin(Request("DELETE", "", "", {}, b"", "api"), item)
            done["deleted"] += 1
        elif done["files"] % 100 == 49:
            link = Permission(id=f"link-{index}", kind="link", role="read", scope="organization", type="view")
            item.permissions = [*item.permissions, link]
            state.changed(item, sharing=True)
            done["shared"] += 1
        else:
            state.save(item, b"edited number %d\n" % index, item.by)
        done["files"] += 1
    for position in range(step // 2, company.count, step):
        user = state.user(company.index_at(position))
        if user is not None:
            state.change_user(user).enabled = not user.enabled
            done["users"] += 1
    for group in range(step // 2, company.group_count, step):
        members = state.members(group)
        state.change_members(group, [("user", company.index_at(group)), *members[1:]])
        done["groups"] += 1
    done["records"] = note(provider, round(provider.world.events * RECORDS * share))
    return done


def note(provider: Office365, count: int) -> int:
    """Have the logs tell so many new records, as of this moment."""
    trail, world, moment, told = provider.trail, provider.world, provider.now(), 0
    for log, part in _LOGS:
        verb = next(n for n, one in enumerate(VERBS) if one[1] == _VERBS[log])
        event = world.event(APP, world.events - len(VERBS) + verb - world.events % len(VERBS))
        row = {SIGN_IN: trail.sign_in, AUDIT: trail.audit}.get(log, lambda one: trail.record(one.index))(event)
        rows: list[dict[str, Any]] = []
        for _ in range(round(count * part)):
            number = 10**9 + told
            told += 1
            id_ = trail.ids.make(number)
            rows.append(
                {**row, "Id": id_, "CreationTime": when(moment)[:-1]}
                if log == SHAREPOINT
                else {**row, "id": id_, "createdDateTime" if log == SIGN_IN else "activityDateTime": when(moment)}
            )
        size = BUNDLE if log == SHAREPOINT else 1
        for start in range(0, len(rows), size):
            bundle = rows[start : start + size]
            trail.state.happened.append({"at": moment, "log": log, "row": bundle[0], "rows": bundle})
    return told
