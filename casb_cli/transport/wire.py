"""The wire: requests sent exactly as built, redirects followed by our own rules, bodies decoded in bounds."""

from __future__ import annotations

import logging
import re
import ssl
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from casb_cli import __version__
from casb_cli.core.errors import UnsafeAddress
from casb_cli.transport.address import Address, Hosts, Origin, join
from casb_cli.transport.http import httpx
from casb_cli.transport.lanes import Lanes

# Their log lines hold whole URLs and headers, which may be pre-authenticated.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

USER_AGENT = f"casb/{__version__}"
MAX_REDIRECTS = 5
_PIECE = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPS_METHOD = frozenset({307, 308})
_CROSS_HOST_HEADERS = frozenset({"accept", "accept-encoding", "user-agent", "range"})
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.InvalidURL,
)


class NetworkFault(Exception):
    """No whole answer came. `sent` says whether the provider may have received the request."""

    def __init__(self, words: str, *, sent: bool, certificate: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.sent = sent
        self.certificate = certificate


@dataclass(frozen=True)
class Request:
    """One request as it goes out; `files` are httpx's multipart parts."""

    method: str
    address: Address
    headers: Mapping[str, str]
    content: bytes | None = None
    files: list[Any] | None = field(default=None, repr=False)
    timeout: float = 60.0


def _fault(error: Exception, where: Origin | None) -> NetworkFault:
    cause: BaseException | None = error
    certificate = False
    while cause is not None and not certificate:
        certificate = isinstance(cause, ssl.SSLCertVerificationError)
        cause = cause.__cause__ or cause.__context__
    certificate = certificate or "CERTIFICATE_VERIFY_FAILED" in str(error)
    names: dict[type[Exception], str] = {
        httpx.ConnectTimeout: "no connection within the time allowed",
        httpx.ReadTimeout: "no answer within the time allowed",
        httpx.WriteTimeout: "the request could not be sent within the time allowed",
        httpx.PoolTimeout: "no free connection within the time allowed",
    }
    words = names.get(type(error)) or re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    words = f"{where}: {words}" if where is not None else words
    return NetworkFault(words, sent=not isinstance(error, _NEVER_SENT), certificate=certificate)


@contextmanager
def _faults(where: Origin | None = None) -> Iterator[None]:
    """Turn httpx's network errors into ours, outside the handler: theirs hold the request and its headers.

    `where` is named in the words: a call's name does not tell which host a firewall or a proxy is to let through.
    """
    fault: NetworkFault | None = None
    try:
        yield
    except (httpx.TransportError, httpx.StreamError, httpx.InvalidURL, zlib.error, OSError) as error:
        fault = _fault(error, where)
    if fault is not None:
        raise fault


class Response:
    """An answer whose body has not been read: `private` where it came over a pre-authenticated link.

    `told` are the headers that the call's own host gave last: those that speak of its limits.
    """

    def __init__(self, raw: httpx.Response, address: Address, *, private: bool, told: Mapping[str, str] | None) -> None:
        self._raw = raw
        self.status = raw.status_code
        self.headers = _lowered(raw.headers)
        self.address = address
        self.private = private
        self.told: Mapping[str, str] = self.headers if told is None else told

    def chunks(self) -> Iterator[bytes]:
        """Yield the decoded body in pieces of at most 64 KiB, however far it expands; raises NetworkFault."""
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"", "identity"}:
            decoder = None
        elif encoding in {"gzip", "x-gzip"}:
            decoder = zlib.decompressobj(wbits=31)
        else:
            raise NetworkFault(f"the answer comes in the encoding `{encoding}`, which was not asked for", sent=True)
        # Not iter_raw: it refuses an answer that a test transport gave whole.
        pieces = iter(self._raw.stream)  # type: ignore[arg-type]
        begun = False
        while True:
            data = None
            with _faults():
                data = next(pieces, None)
            if data is None:
                break
            begun = begun or bool(data)
            if decoder is None:
                for at in range(0, len(data), _PIECE):
                    yield data[at : at + _PIECE]
                continue
            while data:
                piece = b""
                with _faults():
                    piece = decoder.decompress(data, _PIECE)
                data = decoder.unconsumed_tail
                if decoder.eof:
                    data = decoder.unused_data
                    if data:
                        decoder = zlib.decompressobj(wbits=31)
                        begun = True
                if piece:
                    yield piece
        if decoder is None or not begun:
            return
        while not decoder.eof:
            piece = b""
            with _faults():
                piece = decoder.decompress(decoder.unconsumed_tail, _PIECE)
            if not piece:
                raise NetworkFault("the compressed answer ends too early", sent=True)
            yield piece


@lru_cache(maxsize=16)
def _timeout(seconds: float) -> dict[str, float | None]:
    return httpx.Timeout(seconds, connect=min(15.0, seconds)).as_dict()


def _lowered(headers: httpx.Headers) -> dict[str, str]:
    """Return headers by lower-case name, those that come twice joined; text is ASCII, UTF-8 or Latin-1."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode("utf-8")
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


@lru_cache(maxsize=64)
def _root(origin: Origin) -> httpx.URL:
    return httpx.URL(f"{origin}/")


class _ExactUrl(httpx.URL):
    """A URL that goes out as it was built: httpx's own would take `..` out of the path.

    The `target` extension does the same, but would reach a proxy as the target of CONNECT. httpx reads a URL
    character by character; here it reads the origin once, and the rest only where somebody asks for it.
    """

    def __init__(self, address: Address) -> None:
        super().__init__(_root(address.origin))
        self._address = address
        self._target = address.target.encode("ascii")

    @property
    def raw_path(self) -> bytes:
        return self._target

    @property
    def _whole(self) -> httpx.URL:
        return httpx.URL(self._address.url)

    @property
    def path(self) -> str:
        return self._whole.path

    @property
    def query(self) -> bytes:
        return self._whole.query

    @property
    def params(self) -> httpx.QueryParams:
        return self._whole.params

    def copy_with(self, **changes: Any) -> httpx.URL:
        return self._whole.copy_with(**changes)

    def __str__(self) -> str:
        return self._address.url


class Wire:
    """Requests of one instance on its own connections; thread-safe."""

    def __init__(self, hosts: Hosts, *, transport: httpx.BaseTransport | None = None) -> None:
        self._hosts = hosts
        self._lanes = Lanes(transport)

    def close(self) -> None:
        """Close every connection."""
        self._lanes.close()

    @contextmanager
    def exchange(self, request: Request, *, keep: tuple[int, ...] = (), follow: bool = True) -> Iterator[Response]:
        """Send, follow allowed redirects, and give the answer with its body still to be read.

        `keep` are redirect statuses to return as they are. Raises NetworkFault and UnsafeAddress.
        """
        own = request.address.origin
        private = False
        told: dict[str, str] = {}
        for _ in range(MAX_REDIRECTS + 1):
            with ExitStack() as stack:
                raw = None
                with _faults(request.address.origin):
                    raw = stack.enter_context(self._open(request))
                if raw is None:
                    raise NetworkFault("no answer", sent=True)
                location = raw.headers.get("location")
                if not follow or raw.status_code not in _REDIRECTS or raw.status_code in keep or not location:
                    yield Response(raw, request.address, private=private, told=told if private else None)
                    return
                if not private:
                    told = _lowered(raw.headers)
            request = self._redirected(request, raw.status_code, location)
            private = private or request.address.origin != own
        raise UnsafeAddress(f"more than {MAX_REDIRECTS} redirects in a row")

    @contextmanager
    def _open(self, request: Request) -> Iterator[httpx.Response]:
        body: dict[str, Any] = {"files": request.files} if request.files else {"content": request.content}
        url = _ExactUrl(request.address)
        built = httpx.Request(
            request.method,
            url,
            headers={"Connection": "keep-alive", **request.headers},
            extensions={"timeout": _timeout(request.timeout)},
            **body,
        )
        built.url = url
        origin = request.address.origin
        lane = self._lanes.take(origin)
        try:
            raw = lane.handle_request(built)
            try:
                yield raw
            finally:
                raw.close()
        finally:
            self._lanes.give(origin, lane)

    def _redirected(self, request: Request, status: int, location: str) -> Request:
        safe = request.method in {"GET", "HEAD"}
        if not safe and status not in _KEEPS_METHOD:
            raise UnsafeAddress(f"the provider redirects a {request.method} (HTTP {status}); it was not followed")
        address = join(request.address, location)
        if request.address.origin.scheme == "https" and address.origin.scheme != "https":
            raise UnsafeAddress(f"a redirect leads from https to plain http on {address.origin}")
        if address.origin == request.address.origin:
            return replace(request, address=address)
        if not safe or not self._hosts.is_content(address.origin):
            raise UnsafeAddress(
                f"a redirect leads to {address.origin}, which the app does not declare; it was not followed"
            )
        headers = {n: v for n, v in request.headers.items() if n.lower() in _CROSS_HOST_HEADERS}
        return replace(request, address=address, headers=headers)
