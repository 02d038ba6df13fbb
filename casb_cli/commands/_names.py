"""The commands, by name: the only list of them, and the text of `casb --help`.

Imported before anything else on every start, so it imports nothing.
"""

from __future__ import annotations

COMMANDS = {
    "apps": "list the apps that can be connected",
    "matrix": "show what each app can do, and what is proven on each instance",
    "connect": "connect an instance of an app and prove the connection",
    "instances": "list, show, set, rename and remove instances",
    "doctor": "check credentials, permissions, keyring, store and network",
    "list": "list accounts, groups, privileges, activity, files, shares and grants",
    "show": "show one object in full",
    "scan": "scan users, groups, activity and files, and inspect content",
    "watch": "follow changes and inspect them in near real time",
    "findings": "list, show and suppress findings",
    "diff": "show what changed since an earlier scan",
    "scans": "list past scans and how complete they were",
    "detect": "inspect local files with the same detectors",
    "detectors": "list, show and test detectors",
    "edm": "find rows of a table of yours in files, without keeping its values",
    "fingerprint": "find copies of documents: forms filled in, templates copied in part",
    "govern": "suspend, quarantine, unshare, revoke; and undo",
    "schema": "describe the output fields of a kind of row",
    "sandbox": "serve simulated providers on this machine",
    "demo": "run the main job against simulated providers",
    "store": "show, prune and back up the local store",
    "completion": "print or install completion for the shell",
}

EXAMPLES = (
    "casb demo",
    "casb connect github --instance prod",
    "casb list accounts --where 'is_admin' --fields ref,login,mfa",
    "casb scan --due --fail-on high",
)


def root_help() -> str:
    """Return the text of `casb --help`."""
    width = max(map(len, COMMANDS)) + 2
    commands = "\n".join(f"  {name:{width}}{line}" for name, line in COMMANDS.items())
    examples = "\n".join(f"  {line}" for line in EXAMPLES)
    return f"""Usage: casb COMMAND [OPTIONS] [ARGS]...

A cloud access security broker for the terminal: see and govern every SaaS and
cloud account from this machine.

Commands:
{commands}

Options:
  --version   print the version
  -h, --help  print this help; after a command, that command's help with its
              options, examples and exit codes

Examples:
{examples}
"""
