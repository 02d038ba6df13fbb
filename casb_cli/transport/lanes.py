"""Connections: as many as are in use at once, each lent to one request at a time."""

from __future__ import annotations

import os
import ssl
import threading
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from casb_cli.transport.address import Origin

_MOST_IDLE = 100
_KEPT = 30.0
"""Seconds after which an unused connection is not used again."""


class Lanes:
    """HTTP clients of one connection each; thread-safe. Proxies and CA come from the environment, loopback goes direct.

    A pool that all threads share looks at each of its connections for every request, twice; here only the one lent
    is looked at. Of those left unused, the newest of the right host is lent first, and a hundred are kept.
    """

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._idle: list[tuple[Origin, httpx.Client]] = []
        # Made at once: what is wrong with proxies and certificates in the environment is no fault of a request.
        self._new: list[httpx.Client] = [self._made()]
        self._all: set[httpx.Client] = set(self._new)
        self._closed = False

    def take(self, origin: Origin) -> httpx.Client:
        """Lend a client that nobody else uses; raises RuntimeError after `close`."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the connections are closed")
            idle = self._idle
            for at in range(len(idle) - 1, -1, -1):
                if idle[at][0] == origin:
                    return idle.pop(at)[1]
            if self._new:
                return self._new.pop()
        made = self._made()
        with self._lock:
            self._all.add(made)
        return made

    def give(self, origin: Origin, lane: httpx.Client) -> None:
        """Take a client back."""
        spare = lane
        with self._lock:
            if not self._closed:
                self._idle.append((origin, lane))
                if len(self._idle) <= _MOST_IDLE:
                    return
                spare = self._idle.pop(0)[1]
            self._all.discard(spare)
        spare.close()

    def close(self) -> None:
        """Close every connection, those in use too."""
        with self._lock:
            self._closed = True
            lanes = list(self._all)
            self._all.clear()
            self._idle.clear()
            self._new.clear()
        for lane in lanes:
            lane.close()

    def _made(self) -> httpx.Client:
        return httpx.Client(
            transport=self._transport,
            verify=_trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=True,
            mounts={f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")},
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=1, keepalive_expiry=_KEPT),
            timeout=httpx.Timeout(60.0, connect=15.0),
        )


@lru_cache(maxsize=4)
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Return what certificates are checked by; reading a whole bundle of CAs is dear, so it is read once."""
    del file, folder  # httpx reads them from the environment
    return httpx.create_ssl_context()
