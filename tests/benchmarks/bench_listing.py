"""CPU and memory of listing files from a simulated provider into the store, against a floor.

The simulated provider is a process of its own, its limits switched off; the listing takes the way of `casb scan`:
the instance is connected by `casb connect`, opened from the configuration and listed by `Census`. The floor walks
the same pages and imports nothing of ours: httpx, a typed decode, one keyed upsert a row into SQLite. CPU is that
of the whole process (user and system), the peak is VmHWM; side by side in each of `--rounds` rounds, the middle
ratio counts. Run `python tests/benchmarks/bench_listing.py --app box --files 1000000`; the last lines are the
verdict, the exit code is 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

CPU_TARGET = 1.3
PEAK_TARGET = 100.0
GROWTH_TARGET = 10.0
SETTINGS = {"box": ["--field", "file_collaborators=inherit"]}
"""Box tells the collaborators of a file inside a shared folder by one call a file, which would drown the listing."""
_TABLE = "CREATE TABLE files (id TEXT PRIMARY KEY, name, path, size, modified, hash, version, sharing, owner)"
_UPSERT = (
    "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "name = excluded.name, path = excluded.path, size = excluded.size, modified = excluded.modified, "
    "hash = excluded.hash, version = excluded.version, sharing = excluded.sharing, owner = excluded.owner"
)
Rows = list[tuple[Any, ...]]


# The floor's own shapes: what a row needs, no more.


class Who(msgspec.Struct):
    id: str
    type: str = "user"
    login: str | None = None


class Link(msgspec.Struct):
    effective_access: str | None = None


class Version(msgspec.Struct):
    id: str


class Item(msgspec.Struct):
    type: str
    id: str
    name: str
    etag: str | None = None
    size: int | None = None
    sha1: str | None = None
    modified_at: str | None = None
    owned_by: Who | None = None
    shared_link: Link | None = None
    has_collaborations: bool | None = None
    is_externally_owned: bool | None = None
    file_version: Version | None = None


class Items(msgspec.Struct):
    entries: list[Item]
    next_marker: str | None = None


class Collaboration(msgspec.Struct):
    role: str
    accessible_by: Who | None = None


class Collaborations(msgspec.Struct):
    entries: list[Collaboration]


class User(msgspec.Struct):
    id: str
    login: str
    status: str


class Users(msgspec.Struct):
    entries: list[User]
    next_marker: str | None = None


class Repo(msgspec.Struct):
    id: int
    full_name: str
    default_branch: str
    visibility: str


class Entry(msgspec.Struct):
    path: str
    type: str
    sha: str
    size: int | None = None


class Tree(msgspec.Struct):
    tree: list[Entry]


FIELDS = (
    "type,id,etag,name,size,sha1,modified_at,owned_by,shared_link,has_collaborations,is_externally_owned,file_version"
)


def box_pages(http: Any, fields: dict[str, str], secrets: dict[str, str]) -> Iterator[Rows]:
    form = {
        "grant_type": "client_credentials",
        "client_id": fields["client_id"],
        "client_secret": secrets["client_secret"],
        "box_subject_type": "enterprise",
        "box_subject_id": fields["enterprise_id"],
    }
    api = fields["api_url"]
    token = http.post(f"{api}/oauth2/token", data=form).json()["access_token"]
    api += "/2.0"
    signed = {"authorization": f"Bearer {token}"}
    users, items = msgspec.json.Decoder(Users).decode, msgspec.json.Decoder(Items).decode
    people: list[User] = []
    marker: str | None = ""
    while marker is not None:
        query = {"usemarker": "true", "limit": "1000", "user_type": "managed", "fields": "id,type,login,status"}
        page = users(http.get(f"{api}/users", params={**query, "marker": marker}, headers=signed).content)
        people += page.entries
        marker = page.next_marker or None
    shared = msgspec.json.Decoder(Collaborations).decode
    own = {user.id for user in people}

    def reached(e: Item, headers: dict[str, str]) -> str:
        """Return `external` where somebody of another company collaborates: a page of its own."""
        if not e.has_collaborations or (e.shared_link and e.shared_link.effective_access == "open"):
            return "private"
        url = f"{api}/{e.type}s/{e.id}/collaborations"
        found = shared(http.get(url, params={"limit": "1000"}, headers=headers).content).entries
        others = [one.accessible_by for one in found if one.role != "owner"]
        foreign = (who is None or (who.type == "user" and who.id not in own) for who in others)
        return "external" if any(foreign) else "private"

    for user in people:
        if user.status == "inactive" or user.login.startswith("AutomationUser_"):
            continue
        headers = {**signed, "as-user": user.id}
        waiting = [("0", "", "private", False)]
        while waiting:
            folder, path, level, inherited = waiting.pop()
            marker = ""
            while marker is not None:
                query = {"usemarker": "true", "limit": "1000", "fields": FIELDS}
                query |= {"marker": marker} if marker else {}
                answer = http.get(f"{api}/folders/{folder}/items", params=query, headers=headers)
                if answer.status_code != 200:  # a user who has not finished setting up the account
                    break
                found = items(answer.content)
                rows: Rows = []
                for e in found.entries:
                    if e.is_externally_owned or e.owned_by is None or e.owned_by.id != user.id:
                        continue
                    where = f"{path}/{e.name}"
                    if e.type == "folder":
                        below = level if level == "external" else reached(e, headers)
                        waiting.append((e.id, where, below, inherited or bool(e.has_collaborations)))
                    elif e.type == "file":
                        access = e.shared_link.effective_access if e.shared_link else level
                        if e.has_collaborations and not inherited and level != "external":
                            access = reached(e, headers)
                        rows.append((e.id, e.name, where, e.size, e.modified_at, e.sha1, e.etag, access, user.login))
                yield rows
                marker = found.next_marker or None


def github_pages(http: Any, fields: dict[str, str], secrets: dict[str, str]) -> Iterator[Rows]:
    api, org = fields["api_url"], fields["organization"]
    signed = {"authorization": f"Bearer {secrets['token']}"}
    repos, tree = msgspec.json.Decoder(list[Repo]).decode, msgspec.json.Decoder(Tree).decode
    found: list[Repo] = []
    url = f"{api}/orgs/{org}/repos?per_page=100"
    while url:
        answer = http.get(url, headers=signed)
        found += repos(answer.content)
        url = answer.links.get("next", {}).get("url", "")
    for repo in found:
        if repo.visibility != "public":  # who from outside may read it
            query = {"affiliation": "outside", "per_page": "1"}
            http.get(f"{api}/repos/{repo.full_name}/collaborators", params=query, headers=signed)
        where = f"{api}/repos/{repo.full_name}/git/trees/{repo.default_branch}"
        answer = http.get(where, params={"recursive": "1"}, headers=signed)
        if answer.status_code == 409:
            continue
        rows: Rows = []
        for e in tree(answer.content).tree:
            if e.type == "blob":
                name, path = e.path.rpartition("/")[2], f"/{repo.full_name}/{e.path}"
                rows.append((f"{repo.id}:{e.path}", name, path, e.size, None, e.sha, e.sha, repo.visibility, org))
        yield rows


def floor(folder: Path, app: str, signin: dict[str, Any]) -> int:
    import httpx

    link = sqlite3.connect(folder / "floor.db", isolation_level=None)
    link.execute("PRAGMA journal_mode=WAL")
    link.execute("PRAGMA synchronous=NORMAL")
    link.execute(_TABLE)
    pages = {"box": box_pages, "github": github_pages}[app]
    with httpx.Client(timeout=60) as http:
        for rows in pages(http, signin["fields"], signin["secrets"]):
            link.execute("BEGIN IMMEDIATE")
            link.executemany(_UPSERT, rows)
            link.execute("COMMIT")
    return int(link.execute("SELECT count(*) FROM files").fetchone()[0])


def ours(folder: Path, app: str) -> int:
    from casb_cli.commands._session import environment, opened
    from casb_cli.core.capabilities import ListFiles
    from casb_cli.scan.census import Census
    from casb_cli.store.config import Config
    from casb_cli.store.store import Store

    config = Config.load().get(app, "bench")
    with Store(folder) as store, environment(store=store) as env, opened([config], env) as [instance]:
        taken = Census(instance, store, env.stop).take(ListFiles, inspect=True)
        if taken.lost:
            raise taken.lost[0].error
        return store.inventory.count(config.key, "file")


def peak_mib() -> float:
    # VmHWM, not ru_maxrss: the latter starts at the size of the process that launched this one.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def side(name: str, app: str) -> int:
    signin = json.load(sys.stdin)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        rows = floor(Path(folder), app, signin) if name == "floor" else ours(Path(folder), app)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"rows": rows, "cpu": cpu, "wall": time.perf_counter() - begun, "peak": peak_mib()}))
    return 0


class Sandbox:
    """A company of so many files, served by a process of its own and connected as `bench`."""

    def __init__(self, app: str, files: int, people: int) -> None:
        self.app, self.files, self.people = app, files, people

    def __enter__(self) -> Self:
        from casb_cli.apps import registry
        from casb_cli.commands import _sandbox
        from casb_cli.sandbox import process
        from casb_cli.sandbox.provider import Options

        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        os.environ["CASB_CONFIG_DIR"], os.environ["CASB_STATE_DIR"] = str(home / "config"), str(home / "state")
        (home / "state").mkdir(mode=0o700)
        options = {self.app: Options(unlimited=True)}
        plan = process.Plan(apps=(self.app,), people=self.people, files=self.files, options=options)
        self._started = process.start(plan, home / "state" / "sandbox" / "state.json", tied=True, wait=60)
        signins = self._started.state.signins[self.app]
        words = _sandbox.connect_words(registry.get(self.app), "bench", None, signins)
        words += SETTINGS.get(self.app, [])
        done = subprocess.run([sys.executable, "-m", "casb_cli", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        name, _ = _sandbox.method_of(registry.get(self.app), None, signins)
        floor_name = {"github": "token"}.get(self.app, name)
        self.signin = msgspec.to_builtins(signins[floor_name])
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()
        self._folder.cleanup()

    def run(self, name: str) -> dict[str, float]:
        words = [sys.executable, __file__, "--side", name, "--app", self.app]
        done = subprocess.run(words, input=json.dumps(self.signin), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        told: dict[str, float] = json.loads(done.stdout)
        per = told["cpu"] / max(told["rows"], 1) * 1e6
        print(
            f"{self.files:9,} files  {name:6} {told['rows']:9,} rows  {told['cpu']:7.2f} s CPU  {per:6.1f} us a row"
            f"  {told['wall']:6.1f} s  peak {told['peak']:6.1f} MiB",
            flush=True,
        )
        return told


def measured(app: str, files: int, people: int, rounds: int, sides: Iterable[str]) -> dict[str, list[dict[str, float]]]:
    with Sandbox(app, files, people) as sandbox:
        found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, runs in found.items():
                runs.append(sandbox.run(name))
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", choices=("github", "box"), default="box")
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--side", choices=("floor", "ours"))
    given = parser.parse_args()
    if given.side:
        return side(given.side, given.app)
    small = measured(given.app, max(given.files // 10, 1), given.people, 1, ("ours",))["ours"][0]
    large = measured(given.app, given.files, given.people, given.rounds, ("floor", "ours"))
    ratios = [mine["cpu"] / base["cpu"] for base, mine in zip(large["floor"], large["ours"], strict=True)]
    ratio, peak = statistics.median(ratios), max(run["peak"] for run in large["ours"])
    growth = peak - small["peak"]
    whole = all(run["rows"] == base["rows"] for base, run in zip(large["floor"], large["ours"], strict=True))
    verdicts = [
        (f"CPU {ratio:.2f} times the floor (at most {CPU_TARGET})", ratio <= CPU_TARGET),
        (f"peak {peak:.1f} MiB (at most {PEAK_TARGET:.0f})", peak <= PEAK_TARGET),
        (f"{growth:+.1f} MiB over a tenth of the files (at most {GROWTH_TARGET:.0f})", growth <= GROWTH_TARGET),
        ("as many rows as the floor", whole),
    ]
    for words, met in verdicts:
        print(f"{words}: {'ok' if met else 'MISSED'}")
    return 0 if all(met for _, met in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
