"""Connections: as many as are in use at once, each lent to one request at a time."""

from __future__ import annotations

import os
import ssl
import threading
from functools import lru_cache
from urllib.request import getproxies, proxy_bypass

from casb_cli.core.errors import UnsafeAddress
from casb_cli.transport.address import Origin
from casb_cli.transport.http import httpx

_MOST_IDLE = 24
_KEPT = 30.0
"""Seconds after which an unused connection is not used again."""


class Lanes:
    """Transports of one connection each; thread-safe. Proxies and CA come from the environment, loopback goes direct.

    A pool that all threads share looks at each of its connections for every request, twice, and httpx's client
    reads cookies, which nobody keeps here: half of what a call costs. Of the transports left unused, the newest
    for the right host is lent first, and a hundred are kept.
    """

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._idle: list[tuple[Origin, httpx.BaseTransport]] = []
        self._all: set[httpx.BaseTransport] = set() if transport is None else {transport}
        self._closed = False
        # Read at once: what is wrong with certificates in the environment is no fault of a request.
        names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
        self._trusted = _trust(*map(os.environ.get, names)) if transport is None else True

    def take(self, origin: Origin) -> httpx.BaseTransport:
        """Lend a transport that nobody else uses; raises RuntimeError after `close`."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the connections are closed")
            idle = self._idle
            for at in range(len(idle) - 1, -1, -1):
                if idle[at][0] == origin:
                    return idle.pop(at)[1]
        if self._transport is not None:
            return self._transport
        made = self._made(origin)
        with self._lock:
            self._all.add(made)
        return made

    def give(self, origin: Origin, lane: httpx.BaseTransport) -> None:
        """Take a transport back."""
        if lane is self._transport:
            return
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
        for lane in lanes:
            lane.close()

    def _made(self, origin: Origin) -> httpx.HTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=1, keepalive_expiry=_KEPT)
        try:
            return httpx.HTTPTransport(verify=self._trusted, proxy=_proxy(origin), limits=limits)
        except ImportError as error:  # a SOCKS proxy, which httpx leaves to another package
            raise UnsafeAddress(str(error)) from None


def _proxy(origin: Origin) -> httpx.Proxy | None:
    """Return what the environment says that requests to a host go through; raises UnsafeAddress where it is no URL."""
    if origin.loopback or proxy_bypass(origin.host):
        return None
    known = getproxies()
    url = known.get(origin.scheme) or known.get("all")
    if not url:
        return None
    try:
        return httpx.Proxy(url if "://" in url else f"http://{url}")
    except (ValueError, httpx.InvalidURL):
        raise UnsafeAddress("the proxy that the environment names is no usable URL") from None


@lru_cache(maxsize=4)
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Return what certificates are checked by; reading a whole bundle of CAs is dear, so it is read once."""
    del file, folder  # httpx reads them from the environment
    return httpx.create_ssl_context()
