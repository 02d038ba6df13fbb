"""The loopback listener that a browser is sent back to after a sign-in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urlsplit

from casb_cli.core.errors import CasbError, SignInNeeded, UsageError

T = TypeVar("T")

_PAGE = (
    '<!doctype html><meta charset="utf-8"><title>casb</title>'
    '<body style="font-family:sans-serif;margin:4em"><h1>{title}</h1><p>{text}</p>'
)


class _Server(HTTPServer):
    def server_bind(self) -> None:
        # HTTPServer's own asks the name service for a host name, which may hang.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]


class Listener(Generic[T]):
    """Listens on 127.0.0.1 only, for one path, until `read` accepts a URL or refuses it for good.

    A request that is none of this sign-in's (`read` raises UsageError) is answered 400 and forgotten, so that
    another local page cannot end the wait.
    """

    def __init__(self, path: str, ports: Sequence[int], read: Callable[[str], T]) -> None:
        self._done = threading.Event()
        self._result: T | None = None
        self._refused: CasbError | None = None
        self._read = read
        self._path = path
        self._server = self._bind(ports)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="sign-in listener", daemon=True
        )

    @property
    def url(self) -> str:
        """The redirect URI."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def wait(self, timeout: float) -> T:
        """Return what was read within `timeout` seconds; raises SignInNeeded."""
        self._done.wait(timeout)
        if self._refused is not None:
            raise self._refused
        if self._result is None:
            raise SignInNeeded(f"no browser came back within {timeout:.0f} s")
        return self._result

    def _bind(self, ports: Sequence[int]) -> HTTPServer:
        for port in ports:
            try:
                return _Server(("127.0.0.1", port), self._handler())
            except OSError:  # taken: the next one is tried
                continue
        wanted = ", ".join(str(port) for port in ports)
        raise CasbError(
            f"could not listen on 127.0.0.1: the ports {wanted} are taken",
            hint="close the program that uses the port, or sign in with `--auth device`",
        )

    def _take(self, url: str) -> tuple[int, str, str]:
        if self._done.is_set():
            return 200, "Already done", "You can close this window."
        try:
            self._result = self._read(url)
        except UsageError as error:
            return 400, "Not this sign-in", error.message
        except CasbError as error:
            self._refused = error
            self._done.set()
            return 200, "Not connected", "Access was refused. The terminal says more. You can close this window."
        self._done.set()
        return 200, "Connected", "You can close this window and go back to the terminal."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                if urlsplit(self.path).path != listener._path:
                    self.send_error(404)
                    return
                status, title, text = listener._take(self.path)
                page = _PAGE.format(title=title, text=text).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Keep silent: the request line holds the code."""

        return Handler
