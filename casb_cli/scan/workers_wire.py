"""What coordinator and worker say to each other: typed messages, never pickles.

A worker reads hostile files; were it taken over, unpickling its answer would hand it the coordinator and the
credentials there. A message that is not of the expected type ends the worker instead.
"""

from __future__ import annotations

import socket
import struct
from typing import TypeVar

import msgspec

from casb_cli.core.shapes import from_msgpack
from casb_cli.scan.detect.rules import Source
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.results import InspectResult

_LENGTH = struct.Struct(">I")
_LARGEST = 64 << 20

Message = TypeVar("Message")


class Hello(msgspec.Struct, frozen=True):
    """The first message to a worker: what it needs for all its tasks."""

    key: bytes
    detectors: tuple[str, ...]
    cache_dir: str | None
    memory: int
    own: tuple[Source, ...] = ()

    def __repr__(self) -> str:
        return "Hello(...)"  # the key stays out of tracebacks


class Ready(msgspec.Struct, frozen=True):
    """A worker's first message: the detector set it uses, and what it took away from itself."""

    detector_set: str
    isolation: dict[str, str]


class Job(msgspec.Struct, frozen=True):
    """One inspection. Content is `data`, or the descriptor sent along; `batches` are taken before the outcome."""

    name: str
    every: bool
    limits: Limits
    data: bytes | None = None
    reveal: bool = False
    batches: bool = False


class Jobs(msgspec.Struct, frozen=True):
    """One inspection, or several of small contents, which would cost more on the way than they take."""

    jobs: tuple[Job, ...]


class Taken(msgspec.Struct, frozen=True):
    """A worker has the jobs: from now on it alone is to blame."""


class Done(msgspec.Struct, frozen=True):
    """The outcomes of the first jobs or all; `leaving` when the worker ends itself after it, to give memory back.

    With `more` it is a batch of the only job's matches, and the outcome is to come.
    """

    results: tuple[InspectResult, ...]
    leaving: bool = False
    more: bool = False


def send(sock: socket.socket, message: msgspec.Struct, descriptor: int | None = None) -> None:
    """Send one message, and a descriptor along with it."""
    data = msgspec.msgpack.encode(message)
    if len(data) > _LARGEST:
        raise ValueError("a message is too large")
    if descriptor is None:
        sock.sendall(b"N" + _LENGTH.pack(len(data)) + data)
    else:
        socket.send_fds(sock, [b"F"], [descriptor])
        sock.sendall(_LENGTH.pack(len(data)) + data)


def receive(sock: socket.socket, kind: type[Message]) -> tuple[Message, int | None]:
    """Return the next message and the descriptor that came along; raises EOFError, msgspec.DecodeError."""
    # The mark that a descriptor comes with is received alone, as it was sent; any other with the length.
    head, descriptors, _, _ = socket.recv_fds(sock, 1 + _LENGTH.size, 1)
    if not head:
        raise EOFError
    size = _LENGTH.unpack(head[1:] + _exactly(sock, 1 + _LENGTH.size - len(head)))[0]
    if size > _LARGEST:
        raise EOFError
    return from_msgpack(_exactly(sock, size), kind), descriptors[0] if descriptors else None


def _exactly(sock: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = sock.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
