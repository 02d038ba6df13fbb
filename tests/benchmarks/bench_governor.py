"""How much of a limit the governor uses, and how often it is refused: real time, real HTTP on loopback.

Run with `python tests/benchmarks/bench_governor.py [--seconds 65] [--limit 200] [--window 10]`. All scenarios
run at once; a line each is printed, and the exit code is 1 when a target is missed. Targets over at least 60 s
and six windows: headers tell the limit, 97 % used and at most 0.1 % refused; only Retry-After is given, 90 %
used and at most 1 % refused after the first ten seconds.
"""

from __future__ import annotations

import argparse
import math
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from casb_cli.core.app import App, HeaderDialect, Limit
from casb_cli.core.errors import Stopped, Throttled
from casb_cli.transport.calls import Call
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.rules import OK, ApiRules, Verdict

TELLING = HeaderDialect(limit="x-limit", remaining="x-remaining", reset="x-reset")
SILENT = HeaderDialect()
RULES = ApiRules(
    classify=lambda call, status, headers, body: Verdict("throttled", Throttled("limit")) if status == 429 else OK
)


class Limiter:
    """A fixed window or a token bucket, counting what it admits and refuses; `other` is the second client."""

    def __init__(self, kind: str, limit: float, window: float) -> None:
        self.kind, self.limit, self.window = kind, limit, window
        self.lock = threading.Lock()
        self.begun = time.time()
        self.level, self.at = float(limit), self.begun
        self.index, self.count = -1, 0
        self.capacity = float(limit) if kind == "bucket" else 0.0
        self.events: list[tuple[float, bool, bool]] = []

    def _advance(self, now: float) -> None:
        if self.kind == "bucket":
            gained = (now - self.at) * self.limit / self.window
            self.capacity += gained
            self.level, self.at = min(self.level + gained, self.limit), now
            return
        index = math.floor(now / self.window)
        if index != self.index:
            self.index, self.count = index, 0
            self.capacity += self.limit

    def take(self, *, other: bool = False) -> tuple[bool, dict[str, str]]:
        with self.lock:
            now = time.time()
            self._advance(now)
            left = self.level if self.kind == "bucket" else self.limit - self.count
            taken = left >= 1
            if taken:
                self.level -= 1
                self.count += 1
                left -= 1
            self.events.append((now - self.begun, taken, other))
            end = (math.floor(now / self.window) + 1) * self.window
            wait = (1 - left) * self.window / self.limit if self.kind == "bucket" else end - now
            told = {
                "x-limit": str(int(self.limit)),
                "x-remaining": str(max(int(left), 0)),
                "x-reset": str(math.ceil(end)),
            }
            return taken, {**told, "Retry-After": str(max(math.ceil(wait), 1))}

    def set_limit(self, limit: float) -> None:
        with self.lock:
            self._advance(time.time())
            self.limit = limit
            self.level = min(self.level, limit)


def serve(limiter: Limiter, *, telling: bool) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            taken, told = limiter.take()
            time.sleep(0.01)
            lines = [f"HTTP/1.1 {200 if taken else 429} X", f"Date: {formatdate(usegmt=True)}", "Content-Length: 2"]
            names = ["x-limit", "x-remaining", "x-reset"] if telling else []
            if not telling and not taken:
                names = ["Retry-After"]
            lines += [f"{name}: {told[name]}" for name in names]
            self.wfile.write(("\r\n".join(lines) + "\r\n\r\n{}").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def scenario(kind: str, told: bool, other: float, args: argparse.Namespace, changes: list[tuple[float, float]]) -> dict:
    if kind == "fixed":  # begin with a window, so that whole ones are counted
        time.sleep(args.window - time.time() % args.window + 0.05)
    limiter = Limiter(kind, args.limit, args.window)
    server = serve(limiter, telling=told)
    limit = Limit(family="core", allowed=args.limit, window=args.window, concurrency=16, kind=kind)
    app = App(
        key="bench", title="Bench", auth=(), common_fields=(), connector="", signin="", setup="",
        hosts={"api": f"http://127.0.0.1:{server.server_address[1]}"},
        limits=(limit,), dialect=TELLING if told else SILENT,
    )  # fmt: skip
    stop = threading.Event()
    client = Client(app, RULES, None, app.hosts, Governors(app, "bench", stop=stop), where="bench/x", stop=stop)

    def work() -> None:
        while not stop.is_set():
            try:
                client.send(Call(name="GET /"))
            except Stopped:
                return

    def second() -> None:
        while not stop.wait(args.window / args.limit / other):
            limiter.take(other=True)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(8)]
    if other:
        threads.append(threading.Thread(target=second, daemon=True))
    for thread in threads:
        thread.start()
    seconds = math.ceil(args.seconds / args.window) * args.window - 0.1 if kind == "fixed" else args.seconds
    for moment, value in [*changes, (seconds, 0.0)]:
        time.sleep(max(limiter.begun + moment - time.time(), 0))
        if value:
            limiter.set_limit(value)
    stop.set()
    for thread in threads:
        thread.join(10)
    with limiter.lock:
        limiter._advance(limiter.begun + seconds)
    client.close()
    server.shutdown()
    server.server_close()
    return report(kind, told, other, limiter, changed=bool(changes))


def report(kind: str, told: bool, other: float, limiter: Limiter, *, changed: bool) -> dict:
    ours = [(at, taken) for at, taken, foreign in limiter.events if not foreign]
    late = [taken for at, taken in ours if told or at >= 10]
    admitted = sum(taken for _, taken, _ in limiter.events)
    used, refused = admitted / limiter.capacity, 1 - sum(late) / max(len(late), 1)
    least, most = (0.97, 0.001) if told else (0.90, 0.01)
    return {
        "name": f"{kind:6} {'headers tell' if told else 'Retry-After only':16} "
        + ("limit halves and doubles" if changed else f"second client {other:.0%}"),
        "ours": sum(taken for _, taken in ours),
        "capacity": limiter.capacity,
        "used": used,
        "refused": refused,
        "met": used >= least and refused <= most,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=65)
    parser.add_argument("--limit", type=float, default=200)
    parser.add_argument("--window", type=float, default=10)
    args = parser.parse_args()
    plans = [(kind, told, other, []) for kind in ("fixed", "bucket") for told in (True, False) for other in (0.0, 0.3)]
    third = args.seconds / 3
    halving = [(third, args.limit / 2), (2 * third, args.limit)]
    plans += [("fixed", True, 0.0, halving), ("bucket", True, 0.0, halving)]
    rows: list[dict] = []
    threads = [
        threading.Thread(target=lambda plan=plan: rows.append(scenario(plan[0], plan[1], plan[2], args, plan[3])))
        for plan in plans
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for row in sorted(rows, key=lambda row: row["name"]):
        print(
            f"{row['name']:50} {row['ours']:6.0f} ours of {row['capacity']:7.0f}  used {row['used']:7.2%}"
            f"  refused {row['refused']:7.3%}  {'ok' if row['met'] else 'MISSED'}"
        )
    return 0 if len(rows) == len(plans) and all(row["met"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
