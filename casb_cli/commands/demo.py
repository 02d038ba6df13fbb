"""`casb demo`: the main job from end to end, with no account anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands import _complete

if TYPE_CHECKING:
    from casb_cli.commands._demo import Stage

EXAMPLES = ("casb demo", "casb demo --app github", "casb demo --keep")

INSTANCE = "demo"
EXPOSED = "sharing == 'public'"
READ = (0, 3)
"""How reading may end: a provider that hides a part, such as a suspended user's files, makes it 3."""


def command(
    apps: Annotated[
        list[str] | None,
        typer.Option("--app", metavar="APP", help="Only this app; repeatable, globs.", autocompletion=_complete.apps),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the simulated providers running, and print how to use them.")
    ] = False,
) -> None:
    """Run the main job against simulated providers: connect, list, scan, quarantine, undo. Leaves nothing behind."""
    from casb_cli.commands import _sandbox
    from casb_cli.commands._demo import Stage

    _sandbox.require()
    chosen = _sandbox.simulated(apps)
    with Stage(chosen, keep=keep) as stage:
        titles = " and ".join(app.title for app in chosen)
        stage.say(
            f"Larkspur Instruments, an invented company of 40 people, uses {titles}.",
            "Both the company and the providers are simulated on this machine, with the",
            "providers' real paths, limits and errors. Nothing leaves this machine, and your",
            "own settings are not touched. After $ stands what you would type.",
        )
        files = _have_files(stage)
        _look(stage, files=files)
        if files:
            _act(stage)
        else:
            _act_on_account(stage)
        _end(stage)
        stage.done = True


def _have_files(stage: Stage) -> bool:
    from casb_cli.apps import registry
    from casb_cli.core.capabilities import ListFiles

    return any(issubclass(registry.load_connector(app), ListFiles) for app in stage.apps)


def _look(stage: Stage, *, files: bool) -> None:
    stage.heading("Connect an instance of each app", "Nothing counts as connected before the provider proved it.")
    for app in stage.apps:
        stage.run(*stage.connect_words(app, INSTANCE))
    stage.heading("Who is an administrator?")
    stage.run("list", "accounts", "--where", "is_admin", "--fields", "ref,login,name,status,mfa", codes=READ)
    if files:
        stage.heading("What is open to the world?")
        stage.run("list", "shares", "--where", EXPOSED, "--fields", "ref,file,who,role", "--limit", "10", codes=READ)
    else:
        stage.heading("Which apps and tokens have access?")
        stage.run("list", "grants", "--fields", "kind,name,principal,scopes", "--limit", "10", codes=READ)
    stage.heading("Scan everything", "Users, groups, privileges, activity, grants, sharing, and what is in the files.")
    stage.run("scan", codes=READ)
    if not files:
        return
    stage.heading(
        "What was found, in what the world can open?", "Matches are masked; their clear text is nowhere kept."
    )
    fields = "severity,detector,excerpt,file"
    stage.run("findings", "--where", EXPOSED, "--severity", "high", "--fields", fields, "--limit", "10")


def _act(stage: Stage) -> None:
    from casb_cli.core.errors import CasbError
    from casb_cli.ui.streams import streams

    ref = _worst_file(stage)
    before = _file(stage, ref)
    stage.heading("Quarantine one of these files", "First the plan, then the action; the state before is journalled.")
    stage.run("govern", "quarantine", ref, "--dry-run", *(() if streams.out_tty else ("--fields", "target,mode,after")))
    stage.run("govern", "quarantine", ref, "--yes", "--reason", "public secret", "--fields", "target,state")
    if _file(stage, ref) == before:
        raise CasbError(f"{ref} is as it was before the quarantine")
    stage.heading("The journal")
    stage.run("govern", "log", "--fields", "id,action,state,target")
    [done] = stage.rows("govern", "log")
    stage.heading("Undo it", "The inverse runs, and its effect is read back from the provider.")
    stage.run("govern", "undo", done["id"], "--yes", "--fields", "target,state")
    # Some providers give what comes back another id.
    [back] = [row["target_ref"] for row in stage.rows("govern", "log") if row["action"] == "undo"]
    if _file(stage, back) != before:
        raise CasbError(f"{ref} is not as it was before the quarantine")
    stage.say(f"proved: {back} has the content and the sharing that it had before")
    stage.run("govern", "log", "--fields", "id,action,state,target")


def _act_on_account(stage: Stage) -> None:
    """Where no app has files: suspend somebody and give the access back."""
    from casb_cli.core.errors import CasbError

    people = stage.rows("list", "accounts", "--where", "status == 'active' && is_admin == `false`")
    if not people:
        raise CasbError("nobody is there who is active and no administrator: the demo cannot go on")
    ref = str(min(row["ref"] for row in people))
    stage.heading("Suspend an account", "First the plan, then the action; the state before is journalled.")
    stage.run("govern", "suspend", ref, "--dry-run", "--fields", "target,mode,after")
    stage.run("govern", "suspend", ref, "--yes", "--reason", "left the company", "--fields", "target,state")
    if _status(stage, ref) == "active":
        raise CasbError(f"{ref} is as it was before")
    stage.heading("The journal")
    stage.run("govern", "log", "--fields", "id,action,state,target")
    [done] = stage.rows("govern", "log")
    stage.heading("Undo it", "The inverse runs, and its effect is read back from the provider.")
    stage.run("govern", "undo", done["id"], "--yes", "--fields", "target,state")
    if _status(stage, ref) != "active":
        raise CasbError(f"{ref} is not as it was before")
    stage.say(f"proved: {ref} may sign in as before")
    stage.run("govern", "log", "--fields", "id,action,state,target")


def _status(stage: Stage, ref: str) -> str | None:
    return next((str(row["status"]) for row in stage.rows("list", "accounts") if row["ref"] == ref), None)


def _worst_file(stage: Stage) -> str:
    """Return the ref of a public file with the most severe finding."""
    from casb_cli.core.errors import CasbError
    from casb_cli.core.models import SEVERITY_ORDER

    found = [row for row in stage.rows("findings", "--where", EXPOSED) if row["file_ref"]]
    if not found:
        raise CasbError("the scan found nothing in public files: the demo cannot go on")
    worst = min(found, key=lambda row: (-SEVERITY_ORDER[row["severity"]], row["app"], row["file_ref"]))
    return str(worst["file_ref"])


def _file(stage: Stage, ref: str) -> tuple[Any, ...]:
    """Return what tells whether a file is the same: where it is, its content, who can open it."""
    from casb_cli.core.errors import ObjectMissing, UnknownName

    try:
        [row] = stage.rows("show", ref)
    except (ObjectMissing, UnknownName):
        return ()
    return row["path"], row["hash"], row["size"], row["sharing"], row["trashed"]


def _end(stage: Stage) -> None:
    from casb_cli.commands._demo import exports

    if stage.keep:
        stage.heading(
            "Go on yourself", "The simulated providers go on running, until you stop them. In this shell:", ""
        )
        stage.say(*(f"    {line}" for line in exports(stage)), "")
        told = ("casb list grants", "casb matrix --live", "casb govern suspend --help", "casb sandbox status")
        stage.say("Then, for example:", "", *(f"    {line}" for line in told), "")
        stage.say("    casb sandbox stop          # ends it, and removes the demo's folder")
        return
    first = stage.apps[0].key
    stage.heading("What next", "The simulated providers and all that the demo kept are gone now. Then:", "")
    stage.say(
        *(
            f"    {line:40} # {told}"
            for line, told in (
                (f"casb connect {first} --print-setup", "what to create at the provider"),
                (f"casb connect {first} --instance prod", "connect the real one"),
                ("casb scan --due", "the line for cron"),
                ("casb demo --keep", "play with the simulated providers"),
            )
        )
    )
