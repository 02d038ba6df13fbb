"""An invented provider in memory for the engine's tests: it remembers every effect and misbehaves on order."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from casb_cli.core.capabilities import (
    Change,
    ChangeShare,
    ListAccounts,
    ListGrants,
    OverwriteFile,
    Page,
    QuarantineFile,
    RemoveShare,
    RevokeGrant,
    RevokePassword,
    RevokeSessions,
    Step,
    SuspendAccount,
    TrashFile,
    needs,
)
from casb_cli.core.errors import (
    CursorExpired,
    LostAnswer,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    Throttled,
    Unavailable,
    Unsupported,
)
from casb_cli.core.models import ROOT, Account, Grant, Partition

CANARY = "ghp_CanaryTokenThatMustStayInMemory0001"


class World:
    """The provider's truth. `faults` maps a step name to faults, used up in order; `effects` counts what was done.

    With a `path` every change is on disk at once, so that a killed process leaves what the provider would keep.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.data: dict[str, Any] = {
            "accounts": {
                "1": {"login": "root", "status": "active", "is_admin": True},
                "2": {"login": "ana", "status": "active", "is_admin": False},
                "3": {"login": "ben", "status": "active", "is_admin": False},
                "9": {"login": "casb", "status": "active", "is_admin": False},
            },
            "files": {
                "f1": {"place": "home", "link": "open", "etag": "1", "content": "pay"},
                "f2": {"place": "home", "link": None, "etag": "1", "content": "plan"},
            },
            "shares": {
                "s1": {"file": "f1", "role": "editor", "sharing": "public"},
                "s2": {"file": "f1", "role": "viewer", "sharing": "external"},
            },
            "grants": {"g1": {"principal": "2", "live": True, "secret": CANARY}},
            "effects": {},
            "log": [],
        }
        self.faults: dict[str, list[str]] = {}
        self.hook: Any = None
        if path is not None and path.exists():
            self.data = json.loads(path.read_text())

    def effect(self, name: str) -> None:
        self.data["effects"][name] = self.data["effects"].get(name, 0) + 1
        self.data["log"].append(name)

    @property
    def effects(self) -> Counter[str]:
        return Counter(self.data["effects"])

    def save(self) -> None:
        if self.path is not None:
            draft = self.path.with_suffix(".draft")
            draft.write_text(json.dumps(self.data))
            draft.replace(self.path)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None


class FakeConnector(
    ListAccounts,
    ListGrants,
    SuspendAccount,
    RevokePassword,
    RevokeSessions,
    RemoveShare,
    ChangeShare,
    QuarantineFile,
    TrashFile,
    OverwriteFile,
    RevokeGrant,
):
    """Every governing ability, each step an effect that `World` counts."""

    suspend_modes: ClassVar = {"full": "no access", "read-only": "may look"}

    tells = True

    def __init__(self, world: World) -> None:
        self.world = world

    # ---- reading

    def list_grants(self, part, cursor):
        if part == ROOT:
            yield Page(items=[], more=[Partition(key="refused"), Partition(key="tokens")])
        elif part.key == "refused":
            raise NotPermitted("not with this credential", status=403)
        else:
            yield Page(
                items=[
                    Grant(id=id_, kind="token", principal_ref=f"account:{g['principal']}")
                    for id_, g in self.world.grants.items()
                    if g["live"]
                ]
            )

    def list_accounts(self, part, cursor):
        assert part == ROOT
        rows = [
            Account(id=id_, login=a["login"], status=a["status"], is_admin=a["is_admin"])
            for id_, a in self.world.accounts.items()
        ]
        yield Page(items=rows)

    def _account(self, id_):
        try:
            return self.world.accounts[id_]
        except KeyError:
            raise ObjectMissing("no such user", call="GET /users/{id}", status=404) from None

    def observe(self, change, memo):
        _, _, id_ = change.target.partition(":")
        if change.action in {"suspend", "unsuspend"}:
            return {"status": self._account(id_)["status"]}
        if change.action in {"quarantine", "trash", "restore"}:
            file = self.world.files[id_]
            return {"place": file["place"], "link": file["link"]}
        if change.action == "overwrite":
            return {"etag": self.world.files[id_]["etag"]}
        if change.action in {"unshare", "change-share"}:
            share = self.world.shares.get(id_)
            return {"shared": bool(share), "role": share["role"] if share else None}
        if change.action == "make-private":
            return {"shares": sorted(s for s, v in self.world.shares.items() if v["file"] == id_)}
        if change.action == "revoke-grant":
            return {"live": self.world.grants[id_]["live"]}
        return {}

    # ---- planning

    def _status(self, action, id_, after, mode=None):
        account = self._account(id_)
        before = {"status": account["status"]}
        step, back = (
            Step(name="set-status", title=f"set {id_} {to}", args={"id": id_, "status": to})
            for to in (after, account["status"])
        )
        return Change(
            action=action,
            target=f"account:{id_}",
            target_name=account["login"],
            mode=mode,
            before=before,
            after={"status": after},
            steps=(step,),
            inverse=(back,),
            touches=(f"account:{id_}",),
            keeps={"is_admin": account["is_admin"]},
        )

    @needs("PUT /users/{id}", any_of={"token": ["manage_users"]})
    def plan_suspend(self, account, *, mode=None):
        return self._status("suspend", account, "suspended", mode)

    @needs("PUT /users/{id}", any_of={"token": ["manage_users"]})
    def plan_unsuspend(self, account):
        return self._status("unsuspend", account, "active")

    @needs("PUT /users/{id}")
    def plan_revoke_password(self, account):
        raise Unsupported("the directory keeps the passwords")

    @needs("POST /sessions", observable=False)
    def plan_revoke_sessions(self, account):
        return Change(
            action="revoke-sessions",
            target=f"account:{account}",
            target_name=self._account(account)["login"],
            steps=(Step(name="end-sessions", title="end sessions", args={"id": account}, repeatable=False),),
            irreversible="people sign in again",
            observable=False,
            touches=(f"account:{account}",),
        )

    @needs("DELETE /shares/{id}")
    def plan_remove_share(self, share):
        row = self.world.shares[share]
        return Change(
            action="unshare",
            target=f"share:{share}",
            target_name=share,
            before={"shared": True, "role": row["role"]},
            after={"shared": False},
            steps=(Step(name="unshare", title="remove share", args={"id": share}, repeatable=False),),
            inverse=(Step(name="share", title="share again", args={"id": share, "row": row}),),
            approximate="the new share has a new link",
            touches=(f"share:{share}", f"file:{row['file']}"),
        )

    @needs("DELETE /shares/{id}")
    def plan_make_private(self, file):
        shares = sorted(s for s, v in self.world.shares.items() if v["file"] == file)
        return Change(
            action="make-private",
            target=f"file:{file}",
            target_name=file,
            before={"shares": shares},
            after={"shares": []},
            steps=tuple(Step(name="unshare", title=f"remove {s}", args={"id": s}, repeatable=False) for s in shares),
            inverse=tuple(
                Step(name="share", title=f"share {s}", args={"id": s, "row": self.world.shares[s]}) for s in shares
            ),
            touches=(f"file:{file}", *(f"share:{s}" for s in shares)),
        )

    @needs("PUT /shares/{id}")
    def plan_change_share(self, share, *, role=None, sharing=None, expires=None):
        row = self.world.shares[share]
        return Change(
            action="change-share",
            target=f"share:{share}",
            target_name=share,
            before={"role": row["role"]},
            after={"role": role},
            steps=(Step(name="set-role", title="set role", args={"id": share, "role": role}),),
            inverse=(Step(name="set-role", title="set role", args={"id": share, "role": row["role"]}),),
            touches=(f"share:{share}", f"file:{row['file']}"),
        )

    @needs("PUT /files/{id}")
    def plan_quarantine(self, file, *, case, mode=None):
        row = self.world.files[file]
        return Change(
            action="quarantine",
            target=f"file:{file}",
            target_name=file,
            version=row["etag"],
            before={"place": row["place"], "link": row["link"]},
            after={"place": case, "link": None},
            steps=(
                Step(name="make-case", title="make the case folder", args={"case": case}, repeatable=False),
                Step(name="cut-link", title="remove the link", args={"id": file}),
                Step(name="move", title="move the file", args={"id": file}, repeatable=False),
            ),
            inverse=(
                Step(
                    name="move-back",
                    title="move the file back",
                    args={"id": file, "place": row["place"]},
                    undoes="move",
                ),
                Step(
                    name="link-back",
                    title="put the link back",
                    args={"id": file, "link": row["link"]},
                    undoes="cut-link",
                ),
            ),
            touches=(f"file:{file}",),
        )

    @needs("DELETE /files/{id}")
    def plan_trash(self, file):
        row = self.world.files[file]
        return Change(
            action="trash",
            target=f"file:{file}",
            target_name=file,
            before={"place": row["place"], "link": row["link"]},
            after={"place": "trash"},
            steps=(Step(name="move-back", title="trash", args={"id": file, "place": "trash"}),),
            inverse=(Step(name="move-back", title="untrash", args={"id": file, "place": row["place"]}),),
            touches=(f"file:{file}",),
        )

    @needs("POST /files/{id}")
    def plan_restore(self, file):
        row = self.world.files[file]
        return Change(
            action="restore",
            target=f"file:{file}",
            target_name=file,
            before={"place": row["place"], "link": row["link"]},
            after={"place": "home"},
            steps=(Step(name="move-back", title="untrash", args={"id": file, "place": "home"}),),
            inverse=(Step(name="move-back", title="trash", args={"id": file, "place": "trash"}),),
            touches=(f"file:{file}",),
        )

    @needs("PUT /files/{id}/content")
    def plan_overwrite(self, file, *, case):
        row = self.world.files[file]
        return Change(
            action="overwrite",
            target=f"file:{file}",
            target_name=file,
            version=row["etag"],
            before={"etag": row["etag"]},
            after={"etag": str(int(row["etag"]) + 1)},
            steps=(
                Step(
                    name="write",
                    title="write the tombstone",
                    args={"id": file, "etag": row["etag"], "text": f"removed, case {case}"},
                    repeatable=False,
                ),
            ),
            irreversible="the provider keeps no older version",
            touches=(f"file:{file}",),
        )

    @needs("POST /credentials/revoke")
    def plan_revoke_grant(self, grant):
        return Change(
            action="revoke-grant",
            target=f"grant:{grant}",
            target_name=grant,
            before={"live": self.world.grants[grant]["live"]},
            after={"live": False},
            steps=(
                Step(name="read-token", title="read the token again", args={"id": grant}),
                Step(name="kill-token", title="revoke the token", args={"id": grant}, repeatable=False),
            ),
            irreversible="a revoked token never works again",
            touches=(f"grant:{grant}",),
            keeps={"principal_ref": f"account:{self.world.grants[grant]['principal']}"} if self.tells else {},
        )

    # ---- acting

    def perform(self, step, memo):
        fault = (self.world.faults.get(step.name) or [None]).pop(0)
        if self.world.hook:
            self.world.hook("before", step.name)
        if fault == "refuse":
            raise NotPermitted(
                "not yours", call="PUT /x", status=403, hint=f"ask the owner for the right to {step.name}"
            )
        if fault == "busy":
            raise Throttled("slow down", call="PUT /x", status=429)
        if fault == "bug":
            raise KeyError(CANARY)
        if fault == "lost-before":
            raise LostAnswer("no answer", call="PUT /x")
        if fault == "503-before":
            raise Unavailable("down", call="PUT /x", status=503)
        if fault == "forgot-before":
            raise CursorExpired("the token has expired", call="GET /x", status=400)
        result = getattr(self, "_" + step.name.replace("-", "_"))(step.args, memo)
        if not step.name.startswith("read-"):
            self.world.effect(step.name)
        self.world.save()
        if self.world.hook:
            self.world.hook("after", step.name)
        if fault == "lost-after":
            raise LostAnswer("no answer", call="PUT /x")
        if fault == "503-after":
            raise Unavailable("down", call="PUT /x", status=503)
        if fault == "forgot-after":
            raise CursorExpired("the token has expired", call="GET /x", status=400)
        return result or {}

    def settle(self, step, memo):
        if step.name == "make-case":
            folder = self.world.data.setdefault("folders", {}).get(step.args["case"])
            if folder:
                memo["folder"] = folder
            return bool(folder)
        if step.name == "cut-link":
            return self.world.files[step.args["id"]]["link"] is None
        if step.name == "move":
            return self.world.files[step.args["id"]]["place"] != "home"
        if step.name == "kill-token":
            return not self.world.grants[step.args["id"]]["live"]
        return None

    def _set_status(self, args, memo):
        self.world.accounts[args["id"]]["status"] = args["status"]

    def _end_sessions(self, args, memo):
        pass

    def _unshare(self, args, memo):
        del self.world.shares[args["id"]]

    def _share(self, args, memo):
        self.world.shares[args["id"]] = args["row"]

    def _set_role(self, args, memo):
        self.world.shares[args["id"]]["role"] = args["role"]

    def _make_case(self, args, memo):
        folders = self.world.data.setdefault("folders", {})
        assert args["case"] not in folders, "the case folder was made twice"
        folders[args["case"]] = f"folder-{len(folders)}"
        return {"folder": folders[args["case"]], "case": args["case"]}

    def _cut_link(self, args, memo):
        self.world.files[args["id"]]["link"] = None

    def _move(self, args, memo):
        assert memo["folder"]
        case = next(c for c, folder in self.world.data["folders"].items() if folder == memo["folder"])
        self.world.files[args["id"]]["place"] = case

    def _move_back(self, args, memo):
        self.world.files[args["id"]]["place"] = args["place"]
        return self.world.data.get("moved back")

    def _link_back(self, args, memo):
        self.world.files[args["id"]]["link"] = args["link"]

    def _write(self, args, memo):
        file = self.world.files[args["id"]]
        assert file["etag"] == args["etag"]
        file["content"] = args["text"]
        file["etag"] = str(int(file["etag"]) + 1)

    def _read_token(self, args, memo):
        return {"_token": self.world.grants[args["id"]]["secret"]}

    def _kill_token(self, args, memo):
        assert memo["_token"] == CANARY
        self.world.grants[args["id"]]["live"] = False


class FakeInstance:
    """One open instance of the invented app."""

    app_key = "box"

    def __init__(self, world, *, key="i1", name="prod", own=("account:9",)):
        self.world, self.key, self.name, self._own = world, key, name, frozenset(own)

    def connector(self, ability, *, govern=True):
        return FakeConnector(self.world)

    def explain(self, error, ability, doing):
        return error.at(f"{self.app_key}/{self.name}", doing) if isinstance(error, ProviderError) else error

    def identities(self):
        return self._own


@dataclass(frozen=True)
class Event:
    time: str
    run: str
    action: str
    instance: str
    target: str
    event: str
    body: dict


class MemoryLedger:
    """The journal's promise, in memory: `crash_at` lets the process die after that many lines."""

    def __init__(self):
        self.lines: list[Event] = []
        self.crash_at: int | None = None

    def append(self, event, *, run, action, instance, target, body):
        if self.crash_at is not None and len(self.lines) >= self.crash_at:
            raise KeyboardInterrupt
        # What is journalled must survive JSON.
        body = json.loads(json.dumps(body))
        self.lines.append(
            Event(
                time="2020-01-01T00:00:00Z",
                run=run,
                action=action,
                instance=instance,
                target=target,
                event=event,
                body=body,
            )
        )

    def events(self, *, action=None, run=None, instance=None, target=None):
        for line in list(self.lines):
            if (
                action in (None, line.action)
                and run in (None, line.run)
                and instance in (None, line.instance)
                and target in (None, line.target)
            ):
                yield line

    def without_end(self, instance, end):
        last = {}
        for line in self.lines:
            if line.instance == instance:
                last[line.action] = line
        return [(line.action, line.target) for line in last.values() if line.event != end]


@contextmanager
def no_lock(instance, ref):
    yield
