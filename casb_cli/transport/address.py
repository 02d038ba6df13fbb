"""Addresses: a call's exact URL, and which hosts may be talked to with and without a credential."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from casb_cli.core.errors import UnsafeAddress
from casb_cli.transport.calls import Call

_FIELD = re.compile(r"\{(\+?)([^{}]+)\}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_BAD_LINK = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_TARGET = re.compile(r"/[!\"$-\x3e@-\x7e]*")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: what decides whether a credential may go there."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        return self.host in _LOOPBACK


@dataclass(frozen=True)
class Address:
    """Where one request goes: an origin and the request target, sent as it is written here."""

    origin: Origin
    target: str

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"{self.origin}{self.target}"


def parse(link: str) -> Address:
    """Return the address that an absolute link names, its path untouched.

    Raises UnsafeAddress for anything but https (or http on loopback), for user information in the link, and
    for characters that clients and servers read differently.
    """
    if _BAD_LINK.search(link):
        raise UnsafeAddress("the link holds characters that no link may hold")
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        raise UnsafeAddress("the link cannot be read") from None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in _PORTS or not host:
        raise UnsafeAddress(f"only https links are followed, not `{scheme or 'no scheme'}`")
    if not _HOST.fullmatch(host):
        raise UnsafeAddress("the link names no valid host")
    if parts.username is not None or parts.password is not None:
        raise UnsafeAddress("the link holds a user name or password")
    origin = Origin(scheme, host, port if port is not None else _PORTS[scheme])
    if scheme == "http" and not origin.loopback:
        raise UnsafeAddress(f"plain http is refused except on this machine: {origin}")
    rest = link.split("://", 1)[1]
    cut = min((i for i in (rest.find(c) for c in "/?#") if i >= 0), default=len(rest))
    target = rest[cut:].split("#", 1)[0]
    if not target.startswith("/"):
        target = "/" + target
    return Address(origin, quote(target, safe="".join(chr(c) for c in range(0x21, 0x7F))))


def join(base: Address, location: str) -> Address:
    """Return where a redirect's `location` leads from `base`; raises UnsafeAddress."""
    if _BAD_LINK.search(location):
        raise UnsafeAddress("the redirect holds characters that no link may hold")
    if "://" in location.split("?", 1)[0]:
        return parse(location)
    if location.startswith("//"):
        return parse(f"{base.origin.scheme}:{location}")
    if location.startswith("/"):
        return parse(f"{base.origin}{location}")
    return parse(urljoin(base.url, location))


def expand(template: str, values: Mapping[str, str], *, raw: bool = False) -> str:
    """Return the path with each value percent-encoded whole; `{+value}` keeps `/`.

    Raises UnsafeAddress for an empty `{value}`, and for `.` and `..` unless `raw`.
    """

    def one(match: re.Match[str]) -> str:
        name = match[2]
        if name not in values:
            raise UnsafeAddress(f"the path `{template}` lacks a value for `{name}`")
        value = values[name]
        segments = value.split("/") if match[1] else [value]
        if not match[1] and not value:
            raise UnsafeAddress(f"the path `{template}` has an empty `{name}`")
        if not raw and any(segment in {".", ".."} for segment in segments):
            raise UnsafeAddress(f"`{name}` may not be or hold `.` or `..` in the path `{template}`")
        try:
            return "/".join(quote(segment, safe="") for segment in segments)
        except UnicodeEncodeError:
            raise UnsafeAddress(f"`{name}` is no valid text in the path `{template}`") from None

    return _FIELD.sub(one, template)


def _exact(target: str) -> str:
    """Return a path that was encoded by whoever made the call; raises UnsafeAddress where it cannot be one."""
    if not _TARGET.fullmatch(target):
        raise UnsafeAddress("the path of a call begins with `/` and is percent-encoded")
    return target


@lru_cache(maxsize=1024)
def _quoted(word: str) -> str:
    return quote(word, safe="")  # character by character, and most words come with every call


def query_text(query: Mapping[str, Any]) -> str:
    """Return the query string: lists repeat the name, booleans are lower case, None is left out."""
    pairs: list[str] = []
    for name, value in query.items():
        for item in value if isinstance(value, list | tuple) else (value,):
            if item is None:
                continue
            word = str(item).lower() if isinstance(item, bool) else str(item)
            pairs.append(f"{_quoted(name)}={_quoted(word)}")
    return "&".join(pairs)


class Hosts:
    """The addresses of one instance: its named bases, and the content hosts its app declares.

    A mapping that makes addresses as they are asked for (`__missing__`) is asked for each name once.
    """

    def __init__(self, urls: Mapping[str, str], content_hosts: Iterable[str]) -> None:
        self._urls = urls
        self._bases = {name: parse(url.rstrip("/") or url) for name, url in urls.items()}
        self._content = tuple(host.lower() for host in content_hosts)

    def base(self, name: str) -> Address:
        """Return the base of that name; raises UnsafeAddress where the instance has none."""
        known = self._bases.get(name)
        if known is None:
            try:
                url = self._urls[name]
            except KeyError:
                raise UnsafeAddress(f"the instance has no address for `{name}`") from None
            known = self._bases[name] = parse(url.rstrip("/") or url)
        return known

    def is_content(self, origin: Origin) -> bool:
        """Whether requests without any credential may go there."""
        if any(base.origin == origin for base in list(self._bases.values())):
            return True
        if origin.scheme != "https" or origin.port != 443:
            return False
        return any(
            origin.host == host or (host.startswith(".") and origin.host.endswith(host)) for host in self._content
        )

    def of(self, call: Call) -> Address:
        """Return a call's exact address; raises UnsafeAddress for a link that leaves the call's host.

        A call without identity may go to a content host, since it carries no credential.
        """
        base = self.base(call.host)
        query = query_text(call.query)
        if call.url is None:
            path = expand(call.template, call.path, raw=call.raw_path) if call.target is None else _exact(call.target)
            prefix = base.target if base.target != "/" else ""
            address = Address(base.origin, (prefix + path) or "/")
        else:
            address = parse(call.url)
            allowed = address.origin == base.origin or (
                call.identity.kind == "nobody" and self.is_content(address.origin)
            )
            if not allowed:
                raise UnsafeAddress(f"a link leads to {address.origin}, away from {base.origin}; it was not followed")
        if query:
            joint = "&" if "?" in address.target else "?"
            address = Address(address.origin, f"{address.target}{joint}{query}")
        return address
