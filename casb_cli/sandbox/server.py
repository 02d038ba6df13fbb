"""Serves simulated providers on loopback, each base URL on a port of its own, all in one thread."""

from __future__ import annotations

import asyncio
import hmac
import importlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from casb_cli.core.errors import CasbError
from casb_cli.sandbox.faults import Fault
from casb_cli.sandbox.provider import Options, Outcome, Provider, Signin
from casb_cli.sandbox.wire import Reply, Request, answer
from casb_cli.sandbox.world import World

CONTROL = "/__sandbox__/"
"""Where a process outside controls the sandbox, with the header `x-sandbox-token`."""

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


class _Protocol(HttpToolsProtocol):
    """Hands each request its connection, so that a fault can close it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            scope["sandbox.connection"] = self.transport
            await inner(scope, receive, send)

        self.app = with_connection


class Running:
    """Providers being served: `provider(key)`, `token` for the control interface, `signins()` for connect."""

    def __init__(self, providers: Sequence[Provider], token: str) -> None:
        self.providers = {provider.key: provider for provider in providers}
        self.token = token
        self.where: dict[int, tuple[Provider, str]] = {}
        self.sockets: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._up = threading.Event()

    def provider(self, key: str) -> Provider:
        """Return the provider of an app."""
        return self.providers[key]

    def signins(self) -> dict[str, dict[str, Signin]]:
        """Return what signs in, by app and authentication method."""
        return {key: provider.credentials() for key, provider in self.providers.items()}

    def urls(self) -> dict[str, dict[str, str]]:
        """Return the base URLs by app and host name."""
        return {key: dict(provider.urls) for key, provider in self.providers.items()}

    def bind(self, host: str, ports: Mapping[str, int]) -> None:
        """Take a port for each base URL; `ports` may fix them (`github.api`), else the system chooses."""
        for provider in self.providers.values():
            for name in provider.hosts:
                # Named TCP, or asyncio leaves Nagle's algorithm on: 40 ms an answer.
                listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                wanted = ports.get(f"{provider.key}.{name}", 0)
                try:
                    listener.bind((host, wanted))
                except OSError as error:
                    listener.close()
                    raise CasbError(f"port {wanted} of {host} cannot be used: {error.strerror}") from None
                listener.listen(256)
                port = listener.getsockname()[1]
                self.where[port] = (provider, name)
                self.sockets.append(listener)
                provider.urls[name] = f"http://{host}:{port}"
            provider.bound()

    def start(self) -> None:
        """Serve in a thread; returns when requests are answered."""
        self._thread = threading.Thread(target=self.run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._up.wait(20):
            raise RuntimeError("the sandbox did not start within 20 s")

    def wait(self, seconds: float = 20.0) -> bool:
        """Wait until requests are answered; False when that took too long."""
        return self._up.wait(seconds)

    def run(self) -> None:
        """Serve until `stop`, in the calling thread; in the main thread SIGINT and SIGTERM end it too."""
        config = uvicorn.Config(
            self._answer,
            http=_Protocol,
            interface="asgi3",
            proxy_headers=False,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(self._up.set)
            runner.run(self._server.serve(sockets=self.sockets))

    def stop(self) -> None:
        """Stop serving and free the ports."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None and self._thread is not threading.current_thread():
            for _ in range(100):  # ten seconds in which this process runs: none of those that it was stopped for
                self._thread.join(0.1)
        for listener in self.sockets:
            listener.close()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        provider, host = self.where[scope["server"][1]]
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            headers,
            body,
            host,
        )
        if request.path.startswith(CONTROL):
            await _send(Outcome(reply=self._control(provider, request)), scope, send)
            return
        outcome = provider.handle(request)
        try:
            if outcome.delay:
                await asyncio.sleep(outcome.delay)
            await _send(outcome, scope, send)
        finally:
            if outcome.done is not None:
                outcome.done()

    def _control(self, provider: Provider, request: Request) -> Reply:
        if not hmac.compare_digest(request.headers.get("x-sandbox-token", ""), self.token):
            return answer({"message": "Not Found"}, 404)
        command = request.path.removeprefix(CONTROL)
        data = request.json()
        match command:
            case "calls":
                return answer(list(provider.calls))
            case "state":
                return answer(provider.snapshot())
            case "ping":
                pass
            case "stop" if self._server is not None:
                self._server.should_exit = True
            case "reset":
                provider.reset()
            case "faults":
                if "rate" in data:
                    provider.faults.randomly(data.pop("rate"), **data)
                else:
                    fault = msgspec.convert({"kind": data.pop("kind")}, Fault)
                    provider.faults.plan(data.pop("name"), fault.kind, **data)
            case "clear":
                provider.faults.clear()
            case "limits":
                for family, factor in data.items():
                    provider.limits[family].scale(float(factor))
            case _:
                return answer({"message": "no such command"}, 404)
        return answer({"done": command})


async def _send(outcome: Outcome, scope: Scope, send: Send) -> None:
    reply = outcome.reply
    if reply is None:
        await _close(scope)
        return
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    bodiless = reply.status in (204, 304)
    if reply.chunks is None and not bodiless:
        headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if bodiless or scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    if reply.chunks is None:
        if outcome.cut:
            half = reply.body[: len(reply.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _close(scope)
            return
        await send({"type": "http.response.body", "body": reply.body})
        return
    for number, chunk in enumerate(reply.chunks):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if outcome.cut and number:
            await _close(scope)
            return
    await send({"type": "http.response.body", "body": b""})


async def _close(scope: Scope) -> None:
    scope["sandbox.connection"].close()
    for _ in range(5):  # let the loop notice, so that uvicorn does not answer in our place
        await asyncio.sleep(0)


def build(apps: Iterable[str], world: World, options: Mapping[str, Options] | None = None) -> list[Provider]:
    """Return the simulated providers of some apps; each app's `sandbox` module has `build(world, options)`."""
    made = []
    for app in apps:
        module = importlib.import_module(f"casb_cli.apps.{app.replace('-', '_')}.sandbox")
        made.append(module.build(world, (options or {}).get(app, Options())))
    return made


@contextmanager
def serve(
    providers: Sequence[Provider], *, host: str = "127.0.0.1", ports: Mapping[str, int] | None = None
) -> Iterator[Running]:
    """Serve providers in a thread for the length of the block; each base URL gets a free port."""
    running = Running(providers, secrets.token_urlsafe(24))
    running.bind(host, ports or {})
    running.start()
    try:
        yield running
    finally:
        running.stop()
